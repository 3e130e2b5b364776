/* SPDX-License-Identifier: MIT */
/*
 * Controller-to-host flow control (Core v5.4, Vol 4, Part E, 4.2, 7.3.38 to 7.3.40): received data
 * go to the host in pieces as long as its buffers, and only while it has a free one. What finds
 * none stays unacknowledged on the air; the peer sends the same PDU again, of which the pieces that
 * the host has already are then left out.
 */
#include <assert.h>

#include "hci_face.h"

#define DATA_LEN_MIN 27U /* what every LE host takes */
#define FLOW_ACL     1U  /* Flow_Control_Enable: ACL data, bit 0; synchronous data, bit 1 */

static struct hci_host_share *find(struct hci_host_flow *flow, uint16_t handle)
{
    for (uint8_t i = 0; i < flow->shares; i++) {
        if (flow->share[i].handle == handle)
            return &flow->share[i];
    }
    return NULL;
}

static struct hci_host_share *find_or_add(struct hci_host_flow *flow, uint16_t handle)
{
    struct hci_host_share *share = find(flow, handle);

    if (share)
        return share;
    /* There are no more handles than connections, and each is forgotten when it ends. */
    assert(flow->shares < SIM_CONTROLLER_MAX_CONNECTIONS);
    share = &flow->share[flow->shares++];
    *share = (struct hci_host_share){.handle = handle};
    return share;
}

void hci_host_flow_reset(struct hci_host_flow *flow)
{
    *flow = (struct hci_host_flow){.data_len = UINT16_MAX};
}

void hci_host_flow_forget(struct hci_host_flow *flow, uint16_t handle)
{
    struct hci_host_share *share = find(flow, handle);

    if (!share)
        return;
    /* 4.2: the host's buffers of a connection that has ended count as free. */
    flow->held = (uint16_t)(flow->held - share->held);
    *share = flow->share[--flow->shares];
}

bool hci_host_flow_give(struct hci_face *face, const struct hci_host_data *data)
{
    struct hci_host_flow *flow = &face->host_flow;

    if (!flow->on && data->len <= flow->data_len)
        return hci_acl_give(face, data);
    struct hci_host_share *share = find_or_add(flow, data->handle);
    for (; share->given < data->len;) {
        const size_t left = data->len - share->given;
        const struct hci_host_data piece = {
            .handle = data->handle,
            .start = data->start && share->given == 0,
            .bytes = data->bytes + share->given,
            .len = left < flow->data_len ? left : flow->data_len,
        };

        if ((flow->on && flow->held >= flow->packets) || !hci_acl_give(face, &piece))
            return false;
        share->given = (uint16_t)(share->given + piece.len);
        if (flow->on) {
            share->held++;
            flow->held++;
        }
    }
    share->given = 0;
    return true;
}

/* --- commands --- */

uint8_t hci_cmd_set_controller_to_host_flow_control(struct hci_face *face, struct rd *params,
                                                    struct wr *ret)
{
    const uint8_t enable = rd_u8(params);
    const bool on = enable & FLOW_ACL;

    (void)ret;
    if (enable > 3)
        return HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS;
    if (on == face->host_flow.on)
        return HCI_ERR_SUCCESS;
    /*
     * 7.3.38: not while connected. The host may say afterwards how much it can hold (7.3.39), as
     * some do; nothing goes to it until then.
     */
    if (face->connections)
        return HCI_ERR_COMMAND_DISALLOWED;
    face->host_flow.on = on;
    return HCI_ERR_SUCCESS;
}

/* There are no synchronous data on LE; what the host says of them is not looked at. */
uint8_t hci_cmd_host_buffer_size(struct hci_face *face, struct rd *params, struct wr *ret)
{
    const uint16_t data_len = rd_u16(params);

    rd_skip(params, 1);
    const uint16_t packets = rd_u16(params);
    (void)ret;
    if (data_len < DATA_LEN_MIN || packets == 0)
        return HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS;
    face->host_flow.data_len = data_len;
    face->host_flow.packets = packets;
    return HCI_ERR_SUCCESS;
}

/*
 * 7.3.40: answered only if something is wrong with it, and then nothing of it counts. It needs no
 * credit and may come at any time.
 */
uint8_t hci_cmd_host_number_of_completed_packets(struct hci_face *face, struct rd *params,
                                                 struct wr *ret)
{
    struct hci_host_flow flow = face->host_flow;
    const uint8_t handles = rd_u8(params);

    (void)ret;
    if (rd_left(params) != 4U * handles)
        return HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS;
    if (!flow.on)
        return HCI_ERR_SUCCESS; /* 7.3.38: ignored */
    for (unsigned i = 0; i < handles; i++) {
        const uint16_t handle = rd_u16(params);
        const uint16_t packets = rd_u16(params);
        struct hci_host_share *share = find(&flow, handle);

        if (!share || packets > share->held)
            return HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS;
        share->held = (uint16_t)(share->held - packets);
        flow.held = (uint16_t)(flow.held - packets);
    }
    face->host_flow = flow;
    return HCI_ERR_SUCCESS;
}
