/* SPDX-License-Identifier: MIT */
/*
 * ACL data (Core v5.4, Vol 4, Part E, 4.1, 5.4.2, 7.7.19; Vol 3, Part A, 7.2).
 *
 * Out: each connection has a queue of whole L2CAP PDUs. Connections take turns, one fragment each,
 * as long as the controller has buffers. A connection that has packets in the controller already
 * leaves one buffer for each that has none, so that a peer who never acknowledges holds up nobody
 * else (as long as there are no more connections than buffers).
 *
 * In: a PDU that comes whole is handed on where it lies; otherwise it is put together in the
 * connection's buffer. Of an over-long one only the beginning is kept, for the answer to a
 * signalling command.
 */
#include "host_internal.h"

enum {
    ACL_HEADER_SIZE = 4,
    ACL_COMPLETE_PB = 3,
};

/* --- out --- */

/* The length of the frame at the head of the queue, header included. */
static uint16_t first_pdu(const struct conn_tx *tx)
{
    return (uint16_t)(ring_peek_u16(&tx->queue) + L2CAP_HEADER_SIZE);
}

/* Sends one fragment; false if the link is full. */
static bool send_fragment(struct blr_conn *conn)
{
    struct host_acl *acl = &conn->host->acl;
    struct conn_tx *tx = &conn->tx;
    const bool first = tx->pdu_left == 0;
    const uint16_t left = first ? first_pdu(tx) : tx->pdu_left;
    const uint16_t len = left < acl->fragment ? left : acl->fragment;
    const unsigned pb = first ? HCI_ACL_FIRST_NON_FLUSHABLE : HCI_ACL_CONTINUING;
    uint8_t packet[ACL_HEADER_SIZE + ACL_FRAGMENT_MAX];
    struct wr w = wr_init(packet, sizeof packet);

    wr_u16(&w, (uint16_t)(conn->handle | pb << 12));
    wr_u16(&w, len);
    ring_peek(&tx->queue, 0, len, &w);
    if (hci_driver_send_acl(&conn->host->driver, packet, w.len))
        return false;
    ring_drop(&tx->queue, len);
    tx->pdu_left = (uint16_t)(left - len);
    if (tx->in_flight++ == 0)
        acl->idle--;
    acl->free--;
    return true;
}

static bool may_send(const struct blr_conn *conn)
{
    const struct host_acl *acl = &conn->host->acl;

    if (conn->tx.queue.used == 0)
        return false;
    return conn->tx.in_flight == 0 ? acl->free > 0 : acl->free > acl->idle;
}

static struct blr_conn *after(const struct blr_conn *conn)
{
    return conn->next ? conn->next : conn->host->conns;
}

static void send_queued(struct blr_host *host)
{
    struct blr_conn *conn = host->acl.turn ? host->acl.turn : host->conns;

    for (unsigned passed = 0; passed < host->conn_count; conn = after(conn)) {
        if (!may_send(conn)) {
            passed++;
            continue;
        }
        if (!send_fragment(conn))
            break;
        passed = 0;
    }
    host->acl.turn = conn;
}

int acl_send(struct blr_conn *conn, uint16_t cid, const uint8_t *sdu, size_t len)
{
    struct conn_tx *tx = &conn->tx;
    uint8_t header[L2CAP_HEADER_SIZE];
    struct wr w = wr_init(header, sizeof header);

    if (conn->closed)
        return BLR_ERR_NOT_CONNECTED;
    if (len > CONN_TX_QUEUE - sizeof header)
        return BLR_ERR_TOO_LONG;
    /* What is queued of data must not keep the link from being managed. */
    const size_t kept_free = cid == L2CAP_CID_LE_SIGNALING ? 0 : CONN_TX_SIGNALS;
    if (len + sizeof header + kept_free > ring_room(&tx->queue))
        return BLR_ERR_AGAIN;
    wr_u16(&w, (uint16_t)len);
    wr_u16(&w, cid);
    ring_put(&tx->queue, header, sizeof header);
    ring_put(&tx->queue, sdu, len);
    send_queued(conn->host);
    return 0;
}

void acl_wait_for_room(struct blr_conn *conn, size_t len)
{
    struct conn_tx *tx = &conn->tx;
    const size_t room = len + L2CAP_HEADER_SIZE;
    const size_t resume_at = room < CONN_TX_QUEUE / 2 ? CONN_TX_QUEUE / 2 : CONN_TX_QUEUE - room;

    if (!tx->refused || resume_at < tx->resume_at)
        tx->resume_at = (uint16_t)resume_at;
    tx->refused = true;
}

static struct blr_conn *first_with_room(const struct blr_host *host)
{
    struct blr_conn *conn = host->conns;

    while (conn && (!conn->tx.refused || conn->tx.queue.used > conn->tx.resume_at))
        conn = conn->next;
    return conn;
}

void acl_run(struct blr_host *host)
{
    struct blr_conn *conn;

    send_queued(host);
    /*
     * Whoever is told may end channels and links, or let time pass and hear that they have ended,
     * so each time the search begins anew. It ends: one channel less waits after each, and one that
     * is refused again is so because it has filled the queue beyond where it would be told.
     */
    while ((conn = first_with_room(host)))
        l2cap_writable(conn);
}

static void give_back(struct blr_conn *conn, uint16_t packets)
{
    struct host_acl *acl = &conn->host->acl;

    if (packets == 0)
        return;
    acl->free = (uint16_t)(acl->free + packets);
    conn->tx.in_flight = (uint16_t)(conn->tx.in_flight - packets);
    if (conn->tx.in_flight == 0)
        acl->idle++;
}

void acl_completed(struct blr_host *host, uint16_t handle, uint16_t count)
{
    struct blr_conn *conn = conn_of_event(host, handle);

    if (!conn)
        return;
    if (count > conn->tx.in_flight) {
        host->counters.excess_completed++;
        count = conn->tx.in_flight;
    }
    give_back(conn, count);
}

void acl_conn_opened(struct blr_conn *conn)
{
    conn->tx.queue.bytes = conn->tx.memory;
    conn->tx.queue.size = sizeof conn->tx.memory;
    conn->host->acl.idle++;
}

void acl_conn_closed(struct blr_conn *conn)
{
    struct host_acl *acl = &conn->host->acl;

    give_back(conn, conn->tx.in_flight);
    conn->tx.queue.used = 0;
    acl->idle--;
    if (acl->turn == conn)
        acl->turn = conn->next;
}

/* --- in --- */

static void drop_pdu(struct blr_conn *conn)
{
    conn->rx.active = false;
    conn->host->counters.dropped_pdus++;
}

/* `frame` has `kept` octets of a frame of `len`. */
static void deliver(struct blr_conn *conn, const uint8_t *frame, size_t kept, size_t len)
{
    struct rd r = rd_init(frame, kept);

    rd_skip(&r, 2);
    const uint16_t cid = rd_u16(&r);
    const size_t sdu_kept = rd_left(&r);
    l2cap_received(conn, cid, rd_bytes(&r, sdu_kept), sdu_kept, len - L2CAP_HEADER_SIZE);
}

/* By its header, of which the length field is there. */
static uint32_t frame_len(struct rd frame)
{
    return rd_u16(&frame) + L2CAP_HEADER_SIZE;
}

/* Adds to the PDU that is coming; hands it on when it is whole. */
static void reassemble(struct blr_conn *conn, struct rd *r)
{
    struct conn_rx *rx = &conn->rx;
    const size_t len = rd_left(r);
    const size_t room = rx->got < rx->capacity ? rx->capacity - rx->got : 0;
    struct wr w = wr_init(rx->buffer + (rx->capacity - room), room);

    wr_bytes(&w, rd_bytes(r, len), len < room ? len : room);
    rx->got += (uint32_t)len;
    if (rx->got < L2CAP_HEADER_SIZE)
        return;
    const uint32_t expected = frame_len(rd_init(rx->buffer, L2CAP_HEADER_SIZE));
    if (rx->got > expected) {
        drop_pdu(conn);
    } else if (rx->got == expected) {
        rx->active = false;
        deliver(conn, rx->buffer, expected < rx->capacity ? expected : rx->capacity, expected);
    }
}

static void start_received(struct blr_conn *conn, struct rd *r)
{
    const size_t len = rd_left(r);

    if (conn->rx.active)
        drop_pdu(conn);
    if (len >= L2CAP_HEADER_SIZE && frame_len(*r) == len) {
        deliver(conn, rd_bytes(r, len), len, len);
        return;
    }
    conn->rx.active = true;
    conn->rx.got = 0;
    reassemble(conn, r);
}

static void continuation_received(struct blr_conn *conn, struct rd *r)
{
    if (conn->rx.active)
        reassemble(conn, r);
    else
        conn->host->counters.unexpected_packets++;
}

void acl_received(struct blr_host *host, const uint8_t *packet, size_t len)
{
    struct rd r = rd_init(packet, len);
    const uint16_t field = rd_u16(&r);
    const uint16_t data_len = rd_u16(&r);
    const uint16_t handle = field & 0x0FFFU;
    const unsigned pb = field >> 12 & 3U;
    const unsigned bc = field >> 14;

    if (host->state != HOST_UP || host->failure) {
        host->counters.unexpected_packets++;
        return;
    }
    if (!rd_ok(&r) || rd_left(&r) != data_len || data_len == 0 || !hci_handle_valid(handle) ||
        pb == ACL_COMPLETE_PB || bc != 0) {
        host->counters.malformed_packets++;
        return;
    }
    struct blr_conn *conn = conn_find(host, handle);
    if (!conn)
        host->counters.unexpected_packets++;
    else if (pb == HCI_ACL_CONTINUING)
        continuation_received(conn, &r);
    else
        start_received(conn, &r); /* 00 is a host's, but controllers have been known to send it */
}
