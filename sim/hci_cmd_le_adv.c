/* SPDX-License-Identifier: MIT */
/* Legacy advertising commands (Core v5.4, Vol 4, Part E, 7.8.5 to 7.8.9). */
#include "hci_face.h"
#include "wire/ll.h"

uint8_t hci_cmd_le_set_advertising_parameters(struct hci_face *face, struct rd *params,
                                              struct wr *ret)
{
    struct ll_adv_params adv = {0};

    (void)ret;
    adv.interval_min_625us = rd_u16(params);
    adv.interval_max_625us = rd_u16(params);
    adv.type = rd_u8(params);
    adv.own_address_type = rd_u8(params);
    adv.peer = rd_addr_typed(params);
    adv.channel_map = rd_u8(params);
    adv.filter_policy = rd_u8(params);
    return ll_adv_set_params(face->ll, &adv);
}

uint8_t hci_cmd_le_read_advertising_physical_channel_tx_power(struct hci_face *face,
                                                              struct rd *params, struct wr *ret)
{
    int8_t dbm = 0;
    const uint8_t status = ll_read_tx_power(face->ll, LL_POWER_ADVERTISING, 0, &dbm);

    (void)params;
    wr_i8(ret, dbm);
    return status;
}

/* A length and 31 octets, of which the length says how many count. */
static uint8_t set_data(struct hci_face *face, struct rd *params,
                        uint8_t (*set)(struct ll *ll, const uint8_t *data, size_t len))
{
    const uint8_t len = rd_u8(params);
    const uint8_t *data = rd_bytes(params, LL_LEGACY_ADV_DATA_MAX);

    if (!data || len > LL_LEGACY_ADV_DATA_MAX)
        return HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS;
    return set(face->ll, data, len);
}

uint8_t hci_cmd_le_set_advertising_data(struct hci_face *face, struct rd *params, struct wr *ret)
{
    (void)ret;
    return set_data(face, params, ll_adv_set_data);
}

uint8_t hci_cmd_le_set_scan_response_data(struct hci_face *face, struct rd *params, struct wr *ret)
{
    (void)ret;
    return set_data(face, params, ll_adv_set_scan_response);
}

uint8_t hci_cmd_le_set_advertising_enable(struct hci_face *face, struct rd *params, struct wr *ret)
{
    const uint8_t enable = rd_u8(params);

    (void)ret;
    if (enable > 1)
        return HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS;
    return ll_adv_enable(face->ll, enable);
}
