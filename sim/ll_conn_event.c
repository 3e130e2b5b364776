/* SPDX-License-Identifier: MIT */
/*
 * Connection events (Core v5.4, Vol 6, Part B, 4.5.1, 4.5.6): central and peripheral send in turn,
 * T_IFS apart, until neither has more data, a packet is missing, two in a row are corrupted, or
 * the radio's time is up.
 */
#include <assert.h>

#include "ll_internal.h"

/* --- sending and listening --- */

static void transmit(struct ll_conn *conn, sim_ns start)
{
    struct ll_tx_pdu pdu;

    ll_conn_tx_pdu(conn, start, &pdu);
    const struct radio_packet packet = {
        .start = start,
        .mhz = conn->mhz,
        .phy = (uint8_t)conn->tx_phy,
        .direction = conn->central ? AIR_CENTRAL_TO_PERIPHERAL : AIR_PERIPHERAL_TO_CENTRAL,
        .access_address = conn->access_address,
        .crc_init = conn->crc_init,
        .pdu = pdu.bytes,
        .len = pdu.len,
        .plain = pdu.plain_len ? pdu.plain : NULL,
        .plain_len = pdu.plain_len,
        .mic_valid = pdu.plain_len != 0,
    };
    ll_use_power(conn->ll, conn->power_dbm);
    const int error = radio_transmit(&conn->ll->radio, &packet);

    assert(error == 0);
    (void)error;
    conn->state = CONN_TX;
}

static void listen(struct ll_conn *conn, sim_ns open, sim_ns close)
{
    const struct radio_listen window = {
        .open = open,
        .close = close,
        .mhz = conn->mhz,
        .phy = (uint8_t)conn->rx_phy,
        .access_address = conn->access_address,
        .crc_init = conn->crc_init,
    };
    const int error = radio_listen(&conn->ll->radio, &window);

    assert(error == 0);
    (void)error;
    conn->state = CONN_RX;
}

/* --- the course of an event --- */

static void close_event(struct ll_conn *conn)
{
    ll_sched_release(&conn->ll->sched, &conn->slot);
    ll_conn_next_event(conn);
}

static void event_begin(struct ll_slot *slot)
{
    struct ll_conn *conn = slot->user;

    conn->heard = false;
    conn->valid = false;
    conn->peer_md = false;
    conn->crc_errors = 0;
    conn->mhz = ll_channel_mhz(ll_chan_select(&conn->chan, conn->counter));
    if (conn->central) {
        transmit(conn, conn->anchor);
    } else {
        const sim_ns widening = ll_conn_widening(conn, conn->anchor);

        listen(conn, conn->anchor - widening, conn->anchor + conn->window + widening);
    }
}

/* The event was not held, or cut short. */
static void event_skipped(struct ll_slot *slot)
{
    struct ll_conn *conn = slot->user;

    conn->valid = false;
    ll_conn_next_event(conn);
}

/* With the MIC. */
static size_t rx_octets(const struct ll_conn *conn, uint16_t octets)
{
    return octets + (conn->encrypt.rx_on ? LL_MIC_SIZE : 0U);
}

/*
 * What the next exchange takes. The central sends first, and one with no more data than that is
 * taken to answer with an empty PDU; the peripheral hears first, and it is the central's business
 * that there is time for more than an empty PDU.
 */
static sim_ns exchange_time(const struct ll_conn *conn)
{
    const size_t len = 2U + (conn->central && conn->peer_md ? rx_octets(conn, conn->length.rx.octets) : 0U);

    return ll_conn_tx_time(conn) + LL_T_IFS + LL_JITTER + ll_air_time(conn->rx_phy, len);
}

/* Whether one more exchange from `from` on fits in before our own next event and those of others. */
static bool time_left(struct ll_conn *conn, sim_ns from)
{
    const sim_ns until = from + exchange_time(conn);

    return until <= ll_conn_event_limit(conn) &&
           ll_sched_extend(&conn->ll->sched, &conn->slot, until);
}

static void event_tx_done(struct ll_slot *slot, sim_ns end)
{
    struct ll_conn *conn = slot->user;
    const sim_ns expected = end + LL_T_IFS;

    if (conn->llcp.terminate_reason) {
        /* What was sent acknowledged the LL_TERMINATE_IND (5.1.6). */
        ll_conn_end(conn, conn->llcp.terminate_reason);
        return;
    }
    /* The central always listens. The peripheral does while there is more data, or may be. */
    if (!conn->central && !((conn->md || conn->peer_md || conn->crc_errors) &&
                            time_left(conn, expected))) {
        close_event(conn);
        return;
    }
    listen(conn, expected - LL_JITTER, expected + LL_JITTER);
}

static void event_rx_timeout(struct ll_slot *slot)
{
    close_event(slot->user);
}

/* --- a packet --- */

/*
 * A PDU as it should be: what cannot be one counts as corrupted. It may be as long as was ever
 * agreed on: a peer that asked to send less may not have had the answer yet (5.1.9).
 */
static bool read_pdu(const struct ll_conn *conn, const struct radio_rx *rx,
                     struct ll_data_header *header, struct rd *payload)
{
    struct rd r = rd_init(rx->pdu, rx->len);

    *header = rd_ll_data_header(&r);
    *payload = r;
    return rx->crc_ok && rd_ok(&r) && rd_left(&r) == header->length &&
           header->length <= rx_octets(conn, conn->most_rx_octets);
}

/* The payload of a PDU that was not seen before. False: no room for it, it must come again. */
static bool accept(struct ll_conn *conn, uint8_t llid, const uint8_t *data, size_t len)
{
    if (llid != LL_LLID_CONTROL && len > 0 && llcp_encrypt_strict(conn)) {
        llcp_encrypt_unexpected(conn);
        return false;
    }
    switch (llid) {
    case LL_LLID_CONTROL:
        if (!llcp_ready(conn, data, len))
            return false;
        llcp_received(conn, data, len);
        return true;
    case LL_LLID_START:
    case LL_LLID_CONTINUATION:
        /* A continuation of no octets is an empty PDU; a start of none is nothing either. */
        if (len == 0)
            return true;
        return conn->ll->up->acl_received(conn->ll->user, conn->handle, llid == LL_LLID_START,
                                          data, len);
    }
    /* LLID 0 is reserved: acknowledged and ignored. */
    return true;
}

/*
 * The same of a PDU as it was received. Empty ones are never encrypted (Part E, 1); nothing is used
 * of one whose MIC is wrong.
 */
static bool open_and_accept(struct ll_conn *conn, const struct ll_data_header *header,
                            struct rd payload, uint8_t first_octet)
{
    const size_t len = rd_left(&payload);
    const uint8_t *data = rd_bytes(&payload, len);
    uint8_t plain[LL_PDU_MAX];

    if (len == 0 || !conn->encrypt.rx_on)
        return accept(conn, header->llid, data, len);
    if (!ll_encrypt_open(conn, first_octet, data, len, plain)) {
        conn->end_reason = HCI_ERR_CONNECTION_TERMINATED_DUE_TO_MIC_FAILURE;
        return false;
    }
    if (!accept(conn, header->llid, plain, len - LL_MIC_SIZE))
        return false;
    ll_encrypt_opened(conn);
    return true;
}

/* 4.5.9 */
static void take_pdu(struct ll_conn *conn, const struct radio_rx *rx,
                     const struct ll_data_header *header, struct rd payload)
{
    conn->valid = true;
    conn->heard_at = rx->end;
    conn->rssi_dbm = rx->rssi_dbm;
    conn->peer_md = header->md;
    if (!conn->established)
        ll_conn_established(conn);
    if (header->nesn != conn->sn) {
        conn->sn = !conn->sn;
        ll_conn_tx_acked(conn);
    }
    if (header->sn == conn->nesn && open_and_accept(conn, header, payload, rx->pdu[0]))
        conn->nesn = !conn->nesn;
}

static void event_rx(struct ll_slot *slot, const struct radio_rx *rx)
{
    struct ll_conn *conn = slot->user;
    const sim_ns reply = rx->end + LL_T_IFS;
    struct ll_data_header header;
    struct rd payload;

    if (!conn->central && !conn->heard) {
        /* 4.5.1: the anchor point is the first packet's, its CRC good or not. */
        conn->anchor = rx->start;
        conn->synced = rx->start;
        conn->window = 0;
    }
    conn->heard = true;
    if (read_pdu(conn, rx, &header, &payload)) {
        conn->crc_errors = 0;
        take_pdu(conn, rx, &header, payload);
    } else {
        conn->crc_errors++;
    }
    if (conn->end_reason) {
        ll_conn_end(conn, conn->end_reason);
        return;
    }
    if (conn->crc_errors >= 2) {
        close_event(conn);
        return;
    }
    /* The peripheral answers always. The central goes on while there is more data. */
    if (!conn->central || ((conn->md || conn->peer_md) && time_left(conn, reply)))
        transmit(conn, reply);
    else
        close_event(conn);
}

const struct ll_slot_ops ll_conn_slot_ops = {
    .begin = event_begin,
    .lost = event_skipped,
    .stop = event_skipped,
    .tx_done = event_tx_done,
    .rx = event_rx,
    .rx_timeout = event_rx_timeout,
};
