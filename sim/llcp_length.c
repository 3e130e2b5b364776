/* SPDX-License-Identifier: MIT */
/*
 * Data Length Update (Core v5.4, Vol 6, Part B, 5.1.9) and the lengths that it is about (4.5.10).
 * Either end may begin it at any time, both at once included; each tells the other all that it
 * would like to send and is able to receive. What a connection may carry changes when the peer's
 * answer is here or our own is queued: control PDUs go before data, so that the peer knows before
 * it sees a longer PDU.
 */
#include "ll_internal.h"

#define OCTETS_MAX        251U
#define TIME_UNCODED_MAX  2120U /* 251 octets and a MIC on LE 1M */
#define TIME_CODED_MAX    17040U
#define TIME_CODED_MIN    2704U /* 27 octets and a MIC on LE Coded, S=8 */

static struct ll_data_length minimum(void)
{
    return (struct ll_data_length){LL_DATA_LEN_MIN, LL_DATA_TIME_MIN_US};
}

struct ll_data_length ll_maximum_data_length(const struct ll *ll)
{
    if (!ll_has_feature(ll, LL_FEATURE_DATA_LENGTH_EXTENSION))
        return minimum();
    return (struct ll_data_length){
        .octets = OCTETS_MAX,
        .time_us = ll_has_feature(ll, LL_FEATURE_CODED_PHY) ? TIME_CODED_MAX : TIME_UNCODED_MAX,
    };
}

static bool equal(const struct ll_data_length *a, const struct ll_data_length *b)
{
    return a->octets == b->octets && a->time_us == b->time_us;
}

static bool both_equal(const struct ll_data_lengths *a, const struct ll_data_lengths *b)
{
    return equal(&a->tx, &b->tx) && equal(&a->rx, &b->rx);
}

static uint16_t lesser(uint16_t a, uint16_t b)
{
    return a < b ? a : b;
}

/* connEffectiveMax... of one direction. LE Coded carries the least PDU whatever was agreed. */
static struct ll_data_length effective(struct ll_data_length a, struct ll_data_length b,
                                       enum radio_phy phy)
{
    struct ll_data_length length = {lesser(a.octets, b.octets), lesser(a.time_us, b.time_us)};
    const bool coded = phy == RADIO_PHY_CODED_S8 || phy == RADIO_PHY_CODED_S2;

    if (coded && length.time_us < TIME_CODED_MIN)
        length.time_us = TIME_CODED_MIN;
    return length;
}

void llcp_length_update(struct ll_conn *conn)
{
    const struct ll_data_lengths *own = &conn->told_length, *remote = &conn->remote_length;
    const struct ll_data_lengths now = {
        .tx = effective(own->tx, remote->rx, conn->tx_phy),
        .rx = effective(own->rx, remote->tx, conn->rx_phy),
    };

    if (both_equal(&now, &conn->length))
        return;
    conn->length = now;
    if (now.rx.octets > conn->most_rx_octets)
        conn->most_rx_octets = now.rx.octets;
    /* Another PHY changes times even where none are agreed on; then no host expects to hear. */
    if (!ll_has_feature(conn->ll, LL_FEATURE_DATA_LENGTH_EXTENSION))
        return;
    conn->ll->up->data_length(conn->ll->user, conn->handle, &conn->length);
}

void llcp_length_init(struct ll_conn *conn)
{
    const struct ll_data_length least = minimum();

    conn->length = (struct ll_data_lengths){least, least};
    conn->most_rx_octets = least.octets;
    conn->told_length = conn->length;
    conn->remote_length = conn->length;
    conn->own_length.tx = conn->ll->suggested_length;
    conn->own_length.rx = ll_maximum_data_length(conn->ll);
    if (!equal(&conn->own_length.tx, &least))
        llcp_want(conn, LLCP_DATA_LENGTH);
}

/* --- the procedure, begun here --- */

static void send_lengths(struct ll_conn *conn, enum ll_control_opcode opcode)
{
    const struct ll_data_lengths *own = &conn->own_length;
    struct llcp_queued pdu;
    struct wr w = llcp_pdu_begin(&pdu, opcode);

    wr_u16(&w, own->rx.octets);
    wr_u16(&w, own->rx.time_us);
    wr_u16(&w, own->tx.octets);
    wr_u16(&w, own->tx.time_us);
    conn->told_length = *own;
    llcp_pdu_send(conn, &pdu, &w);
}

/* The peer may have asked meanwhile, and so knows already. */
static bool start(struct ll_conn *conn)
{
    const struct llcp *llcp = &conn->llcp;

    if (both_equal(&conn->told_length, &conn->own_length) || llcp->length_refused ||
        (llcp->features_known && !(llcp->features >> LL_FEATURE_DATA_LENGTH_EXTENSION & 1)))
        return false;
    send_lengths(conn, LL_LENGTH_REQ);
    return true;
}

/* The host is told of changes alone, so of nothing here. It is not asked again (5.1.9). */
static void failed(struct ll_conn *conn, uint8_t error)
{
    (void)error;
    conn->llcp.length_refused = true;
}

const struct llcp_procedure llcp_data_length = {
    .start = start,
    .failed = failed,
    .request = LL_LENGTH_REQ,
    .peripheral_request = LL_LENGTH_REQ,
};

/* --- PDUs --- */

/* What lies outside the ranges of 2.4.2.21 counts as the end of the range that it passed. */
static uint16_t within(uint16_t value, uint16_t low, uint16_t high)
{
    if (value < low)
        return low;
    return value > high ? high : value;
}

static struct ll_data_length read_length(struct rd *ctr_data)
{
    const uint16_t octets = rd_u16(ctr_data);
    const uint16_t time_us = rd_u16(ctr_data);

    return (struct ll_data_length){
        .octets = within(octets, LL_DATA_LEN_MIN, OCTETS_MAX),
        .time_us = within(time_us, LL_DATA_TIME_MIN_US, TIME_CODED_MAX),
    };
}

static void learn(struct ll_conn *conn, struct rd *ctr_data)
{
    conn->remote_length.rx = read_length(ctr_data);
    conn->remote_length.tx = read_length(ctr_data);
    llcp_length_update(conn);
}

void llcp_length_req(struct ll_conn *conn, struct rd *ctr_data)
{
    send_lengths(conn, LL_LENGTH_RSP);
    learn(conn, ctr_data);
}

void llcp_length_rsp(struct ll_conn *conn, struct rd *ctr_data)
{
    if (!llcp_is_running(conn, LLCP_DATA_LENGTH))
        return;
    learn(conn, ctr_data);
    llcp_completed(conn, LLCP_DATA_LENGTH);
}

/* --- from above --- */

/* 7.8.33, 7.8.35 */
static bool host_length_valid(const struct ll_data_length *length)
{
    return length->octets >= LL_DATA_LEN_MIN && length->octets <= OCTETS_MAX &&
           length->time_us >= LL_DATA_TIME_MIN_US && length->time_us <= TIME_CODED_MAX;
}

static struct ll_data_length supported(const struct ll *ll, const struct ll_data_length *length)
{
    const struct ll_data_length most = ll_maximum_data_length(ll);

    return (struct ll_data_length){
        .octets = lesser(length->octets, most.octets),
        .time_us = lesser(length->time_us, most.time_us),
    };
}

uint8_t ll_set_data_length(struct ll *ll, uint16_t handle, struct ll_data_length tx)
{
    struct ll_conn *conn = ll_conn_find(ll, handle);

    if (!conn)
        return HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER;
    if (!host_length_valid(&tx))
        return HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS;
    conn->own_length.tx = supported(ll, &tx);
    llcp_want(conn, LLCP_DATA_LENGTH);
    return 0;
}

uint8_t ll_suggest_data_length(struct ll *ll, struct ll_data_length tx)
{
    if (!host_length_valid(&tx))
        return HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS;
    ll->suggested_length = supported(ll, &tx);
    return 0;
}

struct ll_data_length ll_suggested_data_length(const struct ll *ll)
{
    return ll->suggested_length;
}
