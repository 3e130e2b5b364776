/* SPDX-License-Identifier: MIT */
/*
 * What a connection sends: control PDUs first, then the fragments of HCI ACL data packets, else
 * empty PDUs; each one until it is acknowledged (Core v5.4, Vol 6, Part B, 4.5.9). And the
 * controller's ACL data buffers.
 */
#include <stdlib.h>
#include <string.h>

#include "ll_internal.h"

/* --- the buffers --- */

int ll_acl_pool_init(struct ll_acl_pool *pool, uint8_t count, uint16_t size)
{
    *pool = (struct ll_acl_pool){0};
    if (count == 0 || size == 0)
        return 0;
    pool->bufs = calloc(count, sizeof *pool->bufs);
    pool->bytes = malloc((size_t)count * size);
    if (!pool->bufs || !pool->bytes) {
        ll_acl_pool_fini(pool);
        return BLR_ERR_NO_MEMORY;
    }
    for (unsigned i = 0; i < count; i++) {
        pool->bufs[i].data = pool->bytes + (size_t)i * size;
        pool->bufs[i].next = pool->free;
        pool->free = &pool->bufs[i];
    }
    return 0;
}

void ll_acl_pool_fini(struct ll_acl_pool *pool)
{
    free(pool->bufs);
    free(pool->bytes);
    *pool = (struct ll_acl_pool){0};
}

static void pop_acl(struct ll_conn *conn)
{
    struct ll_acl_pool *pool = &conn->ll->acl;
    struct ll_acl_buf *buf = conn->acl_first;

    conn->acl_first = buf->next;
    if (!conn->acl_first)
        conn->acl_last = NULL;
    buf->next = pool->free;
    pool->free = buf;
}

void ll_conn_tx_flush(struct ll_conn *conn)
{
    while (conn->acl_first)
        pop_acl(conn);
}

uint8_t ll_acl_send(struct ll *ll, uint16_t handle, bool start, const uint8_t *data, size_t len)
{
    struct ll_conn *conn = ll_conn_find(ll, handle);
    struct ll_acl_buf *buf = ll->acl.free;

    if (!conn)
        return HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER;
    if (len == 0 || len > ll->profile.acl_data_len)
        return HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS;
    if (!buf)
        return HCI_ERR_MEMORY_CAPACITY_EXCEEDED;
    ll->acl.free = buf->next;
    memcpy(buf->data, data, len);
    buf->next = NULL;
    buf->len = (uint16_t)len;
    buf->sent = 0;
    buf->start = start;
    if (conn->acl_last)
        conn->acl_last->next = buf;
    else
        conn->acl_first = buf;
    conn->acl_last = buf;
    ll_conn_wake(conn);
    return 0;
}

/* --- PDUs --- */

/* After an LL_TERMINATE_IND nothing else is begun (5.1.6); while encryption is, nor data (5.1.3). */
static bool data_allowed(const struct ll_conn *conn)
{
    return conn->llcp.terminate_due == SIM_NEVER && !conn->encrypt.holds;
}

bool ll_conn_tx_pending(const struct ll_conn *conn)
{
    return llcp_to_send(conn) || (conn->acl_first && data_allowed(conn));
}

/*
 * How long the next fragment of the data is (4.5.10). Whatever the peer permits, what goes each way
 * must leave room for the other in an interval.
 */
static uint8_t fragment_len(const struct ll_conn *conn)
{
    const unsigned left = (unsigned)(conn->acl_first->len - conn->acl_first->sent);
    const sim_ns half = SIM_US(625) * conn->interval_1250us - LL_T_IFS - LL_JITTER;
    const sim_ns allowed = SIM_US(1) * conn->length.tx.time_us;
    const sim_ns most = allowed < half ? allowed : half;
    unsigned len = left < conn->length.tx.octets ? left : conn->length.tx.octets;

    const size_t overhead = 2U + ll_encrypt_mic(&conn->encrypt, len);

    while (len > LL_DATA_LEN_MIN && ll_air_time(conn->tx_phy, overhead + len) > most)
        len--;
    return (uint8_t)len;
}

struct choice {
    enum ll_tx_kind kind;
    uint8_t len;
};

static struct choice choose(const struct ll_conn *conn)
{
    const struct llcp_queued *control = llcp_to_send(conn);

    if (conn->sent != LL_TX_NONE)
        return (struct choice){conn->sent, conn->sent_len};
    if (control)
        return (struct choice){LL_TX_CONTROL, control->len};
    if (conn->acl_first && data_allowed(conn))
        return (struct choice){LL_TX_DATA, fragment_len(conn)};
    return (struct choice){LL_TX_EMPTY, 0};
}

/* How long that PDU is on the air. */
static sim_ns choice_time(const struct ll_conn *conn, struct choice choice)
{
    const size_t resealed = conn->sent_sealed ? LL_MIC_SIZE : 0;
    const size_t mic = conn->sent == LL_TX_NONE ? ll_encrypt_mic(&conn->encrypt, choice.len)
                                                : resealed;

    return ll_air_time(conn->tx_phy, 2U + choice.len + mic);
}

sim_ns ll_conn_tx_time(const struct ll_conn *conn)
{
    return choice_time(conn, choose(conn));
}

/*
 * New data that came after it was decided that the event goes on may be too long for what is left
 * of it; the first exchange always fits.
 */
static void begin_pdu(struct ll_conn *conn, sim_ns start)
{
    struct choice choice = choose(conn);

    if (conn->sent != LL_TX_NONE)
        return;
    if (choice.kind == LL_TX_DATA &&
        start + choice_time(conn, choice) > ll_conn_event_limit(conn))
        choice = (struct choice){LL_TX_EMPTY, 0};
    if (choice.kind == LL_TX_CONTROL)
        llcp_leaves(conn);
    conn->sent = choice.kind;
    conn->sent_len = choice.len;
    conn->sent_sealed = ll_encrypt_mic(&conn->encrypt, choice.len) != 0;
    if (conn->sent_sealed)
        ll_encrypt_number(&conn->encrypt);
}

/* Whether there is more behind the PDU that is being sent. */
static bool more_data(const struct ll_conn *conn)
{
    const struct ll_acl_buf *buf = conn->acl_first;

    if (llcp_more_to_send(conn, conn->sent == LL_TX_CONTROL))
        return true;
    if (!buf || !data_allowed(conn))
        return false;
    return conn->sent != LL_TX_DATA || buf->next || buf->sent + conn->sent_len < buf->len;
}

/* What is sent again is the same but for NESN and MD, which the MIC does not cover (Part E, 2.2). */
static void seal(struct ll_conn *conn, struct ll_data_header *header, const uint8_t *payload,
                 struct ll_tx_pdu *pdu)
{
    struct wr plain = wr_init(pdu->plain, sizeof pdu->plain);
    struct wr w = wr_init(pdu->bytes, sizeof pdu->bytes);

    wr_ll_data_header(&plain, header);
    wr_bytes(&plain, payload, header->length);
    header->length = (uint8_t)(header->length + LL_MIC_SIZE);
    wr_ll_data_header(&w, header);
    pdu->plain_len = plain.len;
    pdu->len = w.len + ll_encrypt_seal(conn, pdu->bytes[0], payload, conn->sent_len,
                                       pdu->bytes + w.len);
}

void ll_conn_tx_pdu(struct ll_conn *conn, sim_ns start, struct ll_tx_pdu *pdu)
{
    struct wr w = wr_init(pdu->bytes, sizeof pdu->bytes);
    struct ll_data_header header = {.llid = LL_LLID_CONTINUATION};
    const uint8_t *payload = NULL;

    begin_pdu(conn, start);
    switch (conn->sent) {
    case LL_TX_NONE:
    case LL_TX_EMPTY:
        break;
    case LL_TX_DATA:
        payload = conn->acl_first->data + conn->acl_first->sent;
        if (conn->acl_first->start && conn->acl_first->sent == 0)
            header.llid = LL_LLID_START;
        break;
    case LL_TX_CONTROL:
        payload = llcp_in_flight(conn)->bytes;
        header.llid = LL_LLID_CONTROL;
        break;
    }
    conn->md = more_data(conn);
    header.md = conn->md;
    header.sn = conn->sn;
    header.nesn = conn->nesn;
    header.length = conn->sent_len;
    if (conn->sent_sealed) {
        seal(conn, &header, payload, pdu);
        return;
    }
    wr_ll_data_header(&w, &header);
    wr_bytes(&w, payload, conn->sent_len);
    pdu->len = w.len;
    pdu->plain_len = 0;
}

void ll_conn_tx_acked(struct ll_conn *conn)
{
    const enum ll_tx_kind kind = conn->sent;

    conn->sent = LL_TX_NONE;
    if (conn->sent_sealed)
        ll_encrypt_acked(conn);
    conn->sent_sealed = false;
    switch (kind) {
    case LL_TX_NONE:
    case LL_TX_EMPTY:
        break;
    case LL_TX_DATA:
        conn->acl_first->sent = (uint16_t)(conn->acl_first->sent + conn->sent_len);
        if (conn->acl_first->sent == conn->acl_first->len) {
            pop_acl(conn);
            conn->ll->up->acl_completed(conn->ll->user, conn->handle, 1);
        }
        break;
    case LL_TX_CONTROL:
        llcp_acked(conn);
        break;
    }
}
