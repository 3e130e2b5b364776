/* SPDX-License-Identifier: MIT */
/* Direct test mode (Core v5.4, Vol 4, Part E, 7.8.28 to 7.8.30). */
#include "hci_face.h"

uint8_t hci_cmd_le_receiver_test(struct hci_face *face, struct rd *params, struct wr *ret)
{
    (void)ret;
    return ll_test_receive(face->ll, rd_u8(params), RADIO_PHY_1M);
}

/*
 * Here a PHY is 1 to 3: the receiver of LE Coded hears both codings. A transmitter with a stable
 * modulation index means nothing to this radio, which claims no such feature.
 */
uint8_t hci_cmd_le_receiver_test_v2(struct hci_face *face, struct rd *params, struct wr *ret)
{
    const uint8_t channel = rd_u8(params);
    const uint8_t phy = rd_u8(params);
    const uint8_t modulation_index = rd_u8(params);

    (void)ret;
    if (phy > RADIO_PHY_CODED_S8 || modulation_index > 1)
        return HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS;
    if (modulation_index == 1)
        return HCI_ERR_UNSUPPORTED_FEATURE_OR_PARAMETER_VALUE;
    return ll_test_receive(face->ll, channel, phy);
}

static struct ll_test_packets read_packets(struct rd *params)
{
    struct ll_test_packets packets = {.phy = RADIO_PHY_1M};

    packets.channel = rd_u8(params);
    packets.length = rd_u8(params);
    packets.payload = rd_u8(params);
    return packets;
}

uint8_t hci_cmd_le_transmitter_test(struct hci_face *face, struct rd *params, struct wr *ret)
{
    const struct ll_test_packets packets = read_packets(params);

    (void)ret;
    return ll_test_transmit(face->ll, &packets);
}

/* PHY: 1 to 4, LE Coded with S=8 and with S=2. */
uint8_t hci_cmd_le_transmitter_test_v2(struct hci_face *face, struct rd *params, struct wr *ret)
{
    struct ll_test_packets packets = read_packets(params);

    (void)ret;
    packets.phy = rd_u8(params);
    return ll_test_transmit(face->ll, &packets);
}

uint8_t hci_cmd_le_test_end(struct hci_face *face, struct rd *params, struct wr *ret)
{
    uint16_t received = 0;
    const uint8_t status = ll_test_end(face->ll, &received);

    (void)params;
    wr_u16(ret, received);
    return status;
}
