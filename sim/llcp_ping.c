/* SPDX-License-Identifier: MIT */
/*
 * LE Ping (Core v5.4, Vol 6, Part B, 5.1.8), and the authenticated payload timeout of a connection
 * (5.4). That runs while the connection is encrypted, from each packet with a valid MIC; for its
 * sake alone a ping is sent, in time for the answer to come before the timeout.
 */
#include "ll_internal.h"

void llcp_ping_req(struct ll_conn *conn, struct rd *ctr_data)
{
    struct llcp_queued pdu;
    const struct wr w = llcp_pdu_begin(&pdu, LL_PING_RSP);

    (void)ctr_data;
    llcp_pdu_send(conn, &pdu, &w);
}

/* --- the local procedure --- */

static bool start(struct ll_conn *conn)
{
    struct llcp_queued pdu;
    const struct wr w = llcp_pdu_begin(&pdu, LL_PING_REQ);

    if (!conn->encrypt.tx_on)
        return false; /* the encryption was paused meanwhile */
    llcp_pdu_send(conn, &pdu, &w);
    return true;
}

/* No host waits for it; and that the peer does not know it was authenticated as well. */
static void failed(struct ll_conn *conn, uint8_t error)
{
    (void)conn;
    (void)error;
}

const struct llcp_procedure llcp_ping = {
    .start = start,
    .failed = failed,
    .request = LL_PING_REQ,
    .peripheral_request = LL_PING_REQ,
};

void llcp_ping_rsp(struct ll_conn *conn, struct rd *ctr_data)
{
    (void)ctr_data;
    if (llcp_is_running(conn, LLCP_PING))
        llcp_completed(conn, LLCP_PING);
}

/* --- the timeout --- */

#define ROOM_AGAIN  SIM_MS(100) /* when to see again whether the host can be told */
#define PING_EVENTS 6U          /* to ask and answer in, as many as procedures with instants have */

static sim_ns payload_timeout(const struct ll_conn *conn)
{
    return SIM_MS(10) * conn->payload_timeout_10ms;
}

/* How long before the timeout the ping is to be sent. */
static sim_ns ping_ahead(const struct ll_conn *conn)
{
    const sim_ns listens = SIM_US(1250) * conn->interval_1250us * (1U + conn->latency);
    const sim_ns half = payload_timeout(conn) / 2;

    return PING_EVENTS * listens < half ? PING_EVENTS * listens : half;
}

static bool peer_knows(const struct ll_conn *conn)
{
    return !conn->llcp.features_known || conn->llcp.features >> LL_FEATURE_PING & 1;
}

/*
 * The timer is not armed anew for each packet: it looks when it was due at first. A host without
 * room to hear of a timeout hears of it later.
 */
static void payload_due(void *user)
{
    struct ll_conn *conn = user;
    struct ll_encrypt *encrypt = &conn->encrypt;
    const sim_ns now = ll_now(conn->ll);
    sim_ns due = encrypt->authenticated_at + payload_timeout(conn);

    if (now >= due && !conn->ll->up->room(conn->ll->user)) {
        sim_timer_arm(&encrypt->payload_timer, now + ROOM_AGAIN);
        return;
    }
    if (now >= due) {
        encrypt->authenticated_at = now;
        due = now + payload_timeout(conn);
        conn->ll->up->payload_timeout(conn->ll->user, conn->handle);
    }
    const sim_ns ping_at = due - ping_ahead(conn);
    if (now < ping_at) {
        sim_timer_arm(&encrypt->payload_timer, ping_at);
        return;
    }
    sim_timer_arm(&encrypt->payload_timer, due);
    if (peer_knows(conn) && !llcp_is_running(conn, LLCP_PING))
        llcp_want(conn, LLCP_PING);
}

void llcp_payload_init(struct ll_conn *conn)
{
    sim_timer_init(&conn->encrypt.payload_timer, conn->ll->actor, SIM_PHASE_LL, payload_due, conn);
}

void llcp_payload_start(struct ll_conn *conn)
{
    const sim_ns now = ll_now(conn->ll);

    conn->encrypt.authenticated_at = now;
    if (ll_has_feature(conn->ll, LL_FEATURE_PING))
        sim_timer_arm(&conn->encrypt.payload_timer, now + payload_timeout(conn) - ping_ahead(conn));
}

void llcp_payload_stop(struct ll_conn *conn)
{
    sim_timer_cancel(&conn->encrypt.payload_timer);
}

/* --- from above (Vol 4, Part E, 7.3.93, 7.3.94) --- */

uint8_t ll_read_payload_timeout(const struct ll *ll, uint16_t handle, uint16_t *timeout_10ms)
{
    const struct ll_conn *conn = ll_conn_find(ll, handle);

    if (!conn)
        return HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER;
    *timeout_10ms = conn->payload_timeout_10ms;
    return 0;
}

/* At least as long as the peripheral may be silent by its latency. */
uint8_t ll_write_payload_timeout(struct ll *ll, uint16_t handle, uint16_t timeout_10ms)
{
    struct ll_conn *conn = ll_conn_find(ll, handle);

    if (!conn)
        return HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER;
    if (timeout_10ms == 0 || timeout_10ms * 8U < conn->interval_1250us * (1U + conn->latency))
        return HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS;
    conn->payload_timeout_10ms = timeout_10ms;
    if (timer_armed(&conn->encrypt.payload_timer))
        llcp_payload_start(conn);
    return 0;
}
