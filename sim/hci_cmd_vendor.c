/* SPDX-License-Identifier: MIT */
/*
 * Vendor specific commands (OGF 0x3F: Core v5.4, Vol 4, Part E, 5.4.1), for those who test a host.
 * They are the only ones, and every other opcode of the group is unknown; Supported Commands has no
 * bits for them.
 *
 *   0xFC06 Vendor Write BD_ADDR, 0xFF80 Blueroom Set Public Address: the same under two opcodes,
 *     the first of which Zephyr's controllers and others have.
 *     Parameters: BD_ADDR (6 octets, least significant first), not all zeros.
 *     Command Disallowed while advertising, scanning, initiating, connected or in test mode.
 *     The address outlives HCI_Reset, as with Zephyr, and ends with the controller's power.
 *   0xFC0E Vendor Write Tx Power Level, 0xFC0F Vendor Read Tx Power Level: Zephyr's.
 *     Parameters: of whom (0 advertising, 1 scanning and connecting, 2 a connection; 1 octet), the
 *     connection's handle (2 octets, of no meaning for the others), and of the first the power in
 *     dBm (1 octet, signed; over 20 is 20, and 127 the controller's own).
 *     Returned: both of them again, and the power in force. Until HCI_Reset, or the link's end.
 *   0xFF81 Blueroom Read Virtual Time: nanoseconds since the world began (8 octets), as the
 *     controller takes the command.
 *   0xFF82 Blueroom Read Seed: of the world (8 octets).
 */
#include "hci_face.h"

uint8_t hci_cmd_set_public_address(struct hci_face *face, struct rd *params, struct wr *ret)
{
    static const struct bd_addr none = {.type = BD_ADDR_PUBLIC};
    const struct bd_addr address = rd_addr_octets(params, BD_ADDR_PUBLIC);

    (void)ret;
    if (bd_addr_equal(&address, &none))
        return HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS;
    return ll_set_public_address(face->ll, &address);
}

static uint8_t answer_power(struct wr *ret, uint8_t who, uint16_t handle, uint8_t status,
                            int8_t dbm)
{
    wr_u8(ret, who);
    wr_u16(ret, handle);
    wr_i8(ret, dbm);
    return status;
}

uint8_t hci_cmd_write_tx_power_level(struct hci_face *face, struct rd *params, struct wr *ret)
{
    const uint8_t who = rd_u8(params);
    const uint16_t handle = rd_u16(params);
    const int8_t wanted_dbm = rd_i8(params);
    int8_t dbm = 0;
    const uint8_t status = ll_set_tx_power(face->ll, who, handle, wanted_dbm, &dbm);

    return answer_power(ret, who, handle, status, dbm);
}

uint8_t hci_cmd_read_tx_power_level(struct hci_face *face, struct rd *params, struct wr *ret)
{
    const uint8_t who = rd_u8(params);
    const uint16_t handle = rd_u16(params);
    int8_t dbm = 0;
    const uint8_t status = ll_read_tx_power(face->ll, who, handle, &dbm);

    return answer_power(ret, who, handle, status, dbm);
}

uint8_t hci_cmd_read_virtual_time(struct hci_face *face, struct rd *params, struct wr *ret)
{
    (void)params;
    wr_u64(ret, sim_world_now(face->transport->actor->world));
    return HCI_ERR_SUCCESS;
}

uint8_t hci_cmd_read_seed(struct hci_face *face, struct rd *params, struct wr *ret)
{
    (void)params;
    wr_u64(ret, sim_world_seed(face->transport->actor->world));
    return HCI_ERR_SUCCESS;
}
