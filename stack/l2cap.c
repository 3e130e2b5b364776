/* SPDX-License-Identifier: MIT */
/*
 * L2CAP's fixed channels on an LE link (Core v5.4, Vol 3, Part A, 2.1 and 3.1): ATT is a channel
 * object, and so is SMP as soon as there is something of it; signalling is answered here. A PDU for
 * any other channel is discarded.
 */
#include "host_internal.h"

void l2cap_answer(struct blr_conn *conn, uint16_t cid, const struct wr *w)
{
    if (acl_send(conn, cid, w->p, w->len))
        conn->host->counters.dropped_answers++;
}

static void channel_received(struct blr_conn *conn, uint16_t cid, const uint8_t *sdu, size_t kept,
                             size_t len)
{
    struct l2cap_channel *channel = conn->channels;

    while (channel && channel->cid != cid)
        channel = channel->next;
    if (channel && kept == len && len <= channel->mtu) {
        channel->ops->received(channel, sdu, len);
        return;
    }
    conn->host->counters.dropped_pdus++;
    if (channel && channel->ops->overlong)
        channel->ops->overlong(channel);
}

void l2cap_received(struct blr_conn *conn, uint16_t cid, const uint8_t *sdu, size_t kept,
                    size_t len)
{
    switch (cid) {
    case L2CAP_CID_LE_SIGNALING:
        l2cap_signal_received(conn, sdu, kept, len);
        break;
    case L2CAP_CID_SMP:
        if (security_smp_received(conn, sdu, kept))
            channel_received(conn, cid, sdu, kept, len);
        break;
    default:
        channel_received(conn, cid, sdu, kept, len);
        break;
    }
}

/* They take turns: the one that is told is the last to be told again. */
void l2cap_writable(struct blr_conn *conn)
{
    struct l2cap_channel **at = &conn->channels;

    while (*at && !(*at)->wants_writable)
        at = &(*at)->next;
    struct l2cap_channel *channel = *at;
    if (!channel) {
        conn->tx.refused = false;
        return;
    }
    l2cap_channel_unplug(conn, channel);
    l2cap_channel_plug(conn, channel);
    channel->ops->writable(channel);
}

static int channel_send(struct l2cap_channel *channel, const uint8_t *sdu, size_t len)
{
    struct blr_conn *conn = channel->link;
    const int error = acl_send(conn, channel->peer_cid, sdu, len);

    if (error == BLR_ERR_AGAIN) {
        channel->wants_writable = true;
        acl_wait_for_room(conn, len);
    }
    return error;
}

void l2cap_channel_plug(struct blr_conn *conn, struct l2cap_channel *channel)
{
    struct l2cap_channel **end = &conn->channels;

    while (*end)
        end = &(*end)->next;
    channel->link = conn;
    channel->send = channel_send;
    channel->next = NULL;
    channel->wants_writable = false;
    *end = channel;
}

void l2cap_channel_unplug(struct blr_conn *conn, struct l2cap_channel *channel)
{
    struct l2cap_channel **at = &conn->channels;

    while (*at && *at != channel)
        at = &(*at)->next;
    if (*at)
        *at = channel->next;
    channel->next = NULL;
}

static void bearer_broken(struct blr_conn *conn, int error)
{
    (void)error;
    /* Whatever keeps this from being sent ends the link as well. */
    (void)!blr_gap_disconnect(conn, HCI_ERR_REMOTE_USER_TERMINATED_CONNECTION);
}

int l2cap_conn_opened(struct blr_conn *conn)
{
    const struct att_bearer_config config = {
        .clock = conn->host->clock,
        .db = conn->host->db,
        .conn = conn,
        .mtu = conn->mtu,
        .security = &security_att,
        .broken = bearer_broken,
    };

    conn->att = att_bearer_new(&config);
    if (!conn->att)
        return BLR_ERR_NO_MEMORY;
    struct l2cap_channel *channel = att_bearer_channel(conn->att);
    channel->cid = L2CAP_CID_ATT;
    channel->peer_cid = L2CAP_CID_ATT;
    l2cap_channel_plug(conn, channel);
    return 0;
}
