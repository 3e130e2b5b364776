/* SPDX-License-Identifier: MIT */
/*
 * What changes a connection that stands: its parameters and its channels (Core v5.4, Vol 4, Part E,
 * 7.8.18, 7.8.19, 7.8.31, 7.8.32).
 */
#include "hci_face.h"

static struct ll_update_params read_params(struct rd *params)
{
    struct ll_update_params update;

    update.interval_min_1250us = rd_u16(params);
    update.interval_max_1250us = rd_u16(params);
    update.latency = rd_u16(params);
    update.timeout_10ms = rd_u16(params);
    update.min_ce_625us = rd_u16(params);
    update.max_ce_625us = rd_u16(params);
    return update;
}

uint8_t hci_cmd_le_connection_update(struct hci_face *face, struct rd *params, struct wr *ret)
{
    const uint16_t handle = rd_u16(params);
    const struct ll_update_params update = read_params(params);

    (void)ret;
    return ll_connection_update(face->ll, handle, &update);
}

uint8_t hci_cmd_le_remote_connection_parameter_request_reply(struct hci_face *face,
                                                             struct rd *params, struct wr *ret)
{
    const uint16_t handle = rd_u16(params);
    const struct ll_update_params update = read_params(params);

    wr_u16(ret, handle);
    return ll_param_request_reply(face->ll, handle, &update);
}

uint8_t hci_cmd_le_remote_connection_parameter_request_negative_reply(struct hci_face *face,
                                                                      struct rd *params,
                                                                      struct wr *ret)
{
    const uint16_t handle = rd_u16(params);
    const uint8_t reason = rd_u8(params);

    wr_u16(ret, handle);
    return ll_param_request_negative_reply(face->ll, handle, reason);
}

uint8_t hci_cmd_le_set_host_channel_classification(struct hci_face *face, struct rd *params,
                                                   struct wr *ret)
{
    uint8_t map[5] = {0};

    (void)ret;
    rd_copy(params, map, sizeof map);
    return ll_set_channel_classification(face->ll, map);
}
