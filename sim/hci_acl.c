/* SPDX-License-Identifier: MIT */
/* ACL data (Core v5.4, Vol 4, Part E, 5.4.2) and what the host is told of its buffers (4.1.1). */
#include <assert.h>

#include "hci_face.h"

#define ACL_HEADER    4
#define LINK_TYPE_ACL 0x01 /* of Data Buffer Overflow (7.7.26) */

static void tell_overflow(struct hci_face *face)
{
    struct hci_event event;

    if (!hci_event_begin(face, &event, HCI_EV_DATA_BUFFER_OVERFLOW))
        return;
    wr_u8(&event.w, LINK_TYPE_ACL);
    hci_event_send(face, &event);
}

/*
 * On LE-U a host sends the start of an L2CAP PDU as 00b and what continues it as 01b; there is no
 * automatically flushable start (10b), no complete PDU (11b), no broadcast. A start is never empty,
 * since the air has no such PDU (Vol 6, Part B, 2.4.1), nor is a continuation worth sending then.
 * What breaks these rules has no event to answer it: it is dropped and counted, and its credit is
 * not given back, because Number Of Completed Packets is for what the peer acknowledged.
 */
void hci_acl_from_host(struct hci_face *face, const uint8_t *packet, size_t len)
{
    struct rd r = rd_init(packet, len);
    const uint16_t handle_flags = rd_u16(&r);
    const uint16_t data_len = rd_u16(&r);
    const uint16_t handle = handle_flags & 0x0FFFU;
    const unsigned pb = handle_flags >> 12 & 3U, bc = handle_flags >> 14;
    const size_t left = rd_left(&r);
    const uint8_t *data = rd_bytes(&r, left);

    if (!rd_ok(&r) || data_len != left || data_len == 0 || bc != 0 ||
        data_len > face->profile->acl_data_len ||
        (pb != HCI_ACL_FIRST_NON_FLUSHABLE && pb != HCI_ACL_CONTINUING) ||
        !ll_handle_known(face->ll, handle)) {
        face->stats.acl_refused++;
        return;
    }
    const uint8_t status =
        ll_acl_send(face->ll, handle, pb == HCI_ACL_FIRST_NON_FLUSHABLE, data, data_len);
    if (status == HCI_ERR_SUCCESS)
        return;
    face->stats.acl_refused++;
    if (status == HCI_ERR_MEMORY_CAPACITY_EXCEEDED)
        tell_overflow(face);
}

bool hci_acl_give(struct hci_face *face, const struct hci_host_data *data)
{
    const unsigned pb = data->start ? HCI_ACL_FIRST_FLUSHABLE : HCI_ACL_CONTINUING;
    uint8_t packet[ACL_HEADER + 255];
    struct wr w = wr_init(packet, sizeof packet);

    wr_u16(&w, (uint16_t)(data->handle | pb << 12));
    wr_u16(&w, (uint16_t)data->len);
    wr_bytes(&w, data->bytes, data->len);
    assert(wr_ok(&w)); /* no data PDU has more than 255 octets */
    return hci_transport_spare(face->transport, w.len) &&
           hci_link_send(hci_transport_controller_end(face->transport), HCI_PACKET_ACL, packet,
                         w.len) == 0;
}

bool hci_acl_to_host(void *user, uint16_t handle, bool start, const uint8_t *data, size_t len)
{
    struct hci_face *face = user;
    const struct hci_host_data received = {handle, start, data, len};

    if (hci_host_flow_give(face, &received))
        return true;
    face->stats.acl_withheld++;
    return false;
}

/* --- Number Of Completed Packets (7.7.19) --- */

static struct hci_completed *find_completed(struct hci_face *face, uint16_t handle)
{
    for (uint8_t i = 0; i < face->completed_len; i++) {
        if (face->completed[i].handle == handle)
            return &face->completed[i];
    }
    return NULL;
}

void hci_acl_completed(void *user, uint16_t handle, uint16_t count)
{
    struct hci_face *face = user;
    struct hci_completed *completed = find_completed(face, handle);

    if (!completed) {
        /* There are no more handles than connections, and each is forgotten when it ends. */
        assert(face->completed_len < SIM_CONTROLLER_MAX_CONNECTIONS);
        completed = &face->completed[face->completed_len++];
        *completed = (struct hci_completed){.handle = handle};
    }
    completed->packets = (uint16_t)(completed->packets + count);
    if (!timer_armed(&face->completed_timer))
        sim_timer_arm(&face->completed_timer, sim_world_now(face->transport->actor->world));
}

void hci_acl_forget(struct hci_face *face, uint16_t handle)
{
    struct hci_completed *completed = find_completed(face, handle);

    hci_host_flow_forget(&face->host_flow, handle);
    if (!completed)
        return;
    for (; completed < face->completed + face->completed_len - 1; completed++)
        completed[0] = completed[1];
    face->completed_len--;
}

void hci_acl_tell_completed(void *user)
{
    struct hci_face *face = user;
    struct hci_event event;

    if (face->completed_len == 0 ||
        !hci_event_begin(face, &event, HCI_EV_NUMBER_OF_COMPLETED_PACKETS))
        return;
    wr_u8(&event.w, face->completed_len);
    for (uint8_t i = 0; i < face->completed_len; i++) {
        wr_u16(&event.w, face->completed[i].handle);
        wr_u16(&event.w, face->completed[i].packets);
    }
    face->completed_len = 0;
    hci_event_send(face, &event);
}
