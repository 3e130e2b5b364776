/* SPDX-License-Identifier: MIT */
/*
 * Connections (Core v5.4, Vol 4, Part E, 7.1.6, 7.1.23, 7.3.35, 7.3.93, 7.3.94, 7.5.4, 7.8.12,
 * 7.8.13, 7.8.20, 7.8.21). A handle that is no connection's, reserved values included, is Unknown
 * Connection Identifier.
 */
#include "hci_face.h"

uint8_t hci_cmd_disconnect(struct hci_face *face, struct rd *params, struct wr *ret)
{
    const uint16_t handle = rd_u16(params);
    const uint8_t reason = rd_u8(params);

    (void)ret;
    return ll_disconnect(face->ll, handle, reason);
}

uint8_t hci_cmd_read_remote_version_information(struct hci_face *face, struct rd *params,
                                                struct wr *ret)
{
    const uint16_t handle = rd_u16(params);

    (void)ret;
    return ll_read_remote_version(face->ll, handle);
}

/* Type: 0 the current level, 1 the maximum. */
uint8_t hci_cmd_read_transmit_power_level(struct hci_face *face, struct rd *params, struct wr *ret)
{
    const uint16_t handle = rd_u16(params);
    const uint8_t type = rd_u8(params);
    int8_t dbm = 0;

    wr_u16(ret, handle);
    if (type > 1)
        return HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS;
    const uint8_t status = ll_read_tx_power(face->ll, LL_POWER_CONNECTION, handle, &dbm);
    if (!status)
        wr_i8(ret, type == 0 ? dbm : LL_POWER_MAX_DBM);
    return status;
}

uint8_t hci_cmd_read_rssi(struct hci_face *face, struct rd *params, struct wr *ret)
{
    const uint16_t handle = rd_u16(params);
    int8_t rssi_dbm = 0;
    const uint8_t status = ll_read_rssi(face->ll, handle, &rssi_dbm);

    wr_u16(ret, handle);
    wr_i8(ret, rssi_dbm);
    return status;
}

uint8_t hci_cmd_read_authenticated_payload_timeout(struct hci_face *face, struct rd *params,
                                                   struct wr *ret)
{
    const uint16_t handle = rd_u16(params);
    uint16_t timeout_10ms = 0;
    const uint8_t status = ll_read_payload_timeout(face->ll, handle, &timeout_10ms);

    wr_u16(ret, handle);
    wr_u16(ret, timeout_10ms);
    return status;
}

uint8_t hci_cmd_write_authenticated_payload_timeout(struct hci_face *face, struct rd *params,
                                                    struct wr *ret)
{
    const uint16_t handle = rd_u16(params);
    const uint16_t timeout_10ms = rd_u16(params);

    wr_u16(ret, handle);
    return ll_write_payload_timeout(face->ll, handle, timeout_10ms);
}

uint8_t hci_cmd_le_create_connection(struct hci_face *face, struct rd *params, struct wr *ret)
{
    struct ll_create_params create = {0};

    (void)ret;
    create.scan_interval_625us = rd_u16(params);
    create.scan_window_625us = rd_u16(params);
    create.filter_policy = rd_u8(params);
    create.peer = rd_addr_typed(params);
    create.own_address_type = rd_u8(params);
    create.interval_min_1250us = rd_u16(params);
    create.interval_max_1250us = rd_u16(params);
    create.latency = rd_u16(params);
    create.timeout_10ms = rd_u16(params);
    create.min_ce_625us = rd_u16(params);
    create.max_ce_625us = rd_u16(params);
    return ll_create_connection(face->ll, &create);
}

uint8_t hci_cmd_le_create_connection_cancel(struct hci_face *face, struct rd *params,
                                            struct wr *ret)
{
    (void)params;
    (void)ret;
    return ll_create_connection_cancel(face->ll);
}

uint8_t hci_cmd_le_read_channel_map(struct hci_face *face, struct rd *params, struct wr *ret)
{
    const uint16_t handle = rd_u16(params);
    uint8_t map[5] = {0};
    const uint8_t status = ll_read_channel_map(face->ll, handle, map);

    wr_u16(ret, handle);
    wr_bytes(ret, map, sizeof map);
    return status;
}

uint8_t hci_cmd_le_read_remote_features(struct hci_face *face, struct rd *params, struct wr *ret)
{
    const uint16_t handle = rd_u16(params);

    (void)ret;
    return ll_read_remote_features(face->ll, handle);
}
