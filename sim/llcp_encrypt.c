/* SPDX-License-Identifier: MIT */
/*
 * Encryption start and pause (Core v5.4, Vol 6, Part B, 5.1.3) in the central, whose host asks for
 * both. An encrypted link is paused and started again with a new key (5.1.3.2).
 *
 *   central                        peripheral
 *     LL_PAUSE_ENC_REQ   --->                     encrypted
 *                        <---  LL_PAUSE_ENC_RSP   encrypted
 *     LL_PAUSE_ENC_RSP   --->
 *     LL_ENC_REQ         --->
 *                        <---  LL_ENC_RSP
 *                        <---  LL_START_ENC_REQ
 *     LL_START_ENC_RSP   --->                     encrypted
 *                        <---  LL_START_ENC_RSP   encrypted
 *
 * And what both roles have in common.
 */
#include <string.h>

#include "ll_internal.h"

/* --- for the engine --- */

bool llcp_encrypt_pdu(uint8_t opcode)
{
    return (opcode >= LL_ENC_REQ && opcode <= LL_START_ENC_RSP) || opcode == LL_PAUSE_ENC_REQ ||
           opcode == LL_PAUSE_ENC_RSP;
}

void llcp_encrypt_unexpected(struct ll_conn *conn)
{
    conn->end_reason = HCI_ERR_CONNECTION_TERMINATED_DUE_TO_MIC_FAILURE;
}

bool llcp_encrypt_strict(const struct ll_conn *conn)
{
    switch (conn->encrypt.local) {
    case ENCRYPT_NONE:
        return conn->encrypt.remote != ENCRYPT_REMOTE_NONE;
    case WAIT_RX_PAUSE_ENC_RSP:
        return false;
    case WAIT_RX_ENC_RSP:
        return conn->encrypt.paused;
    case WAIT_RX_START_ENC_REQ:
    case WAIT_RX_START_ENC_RSP:
        return true;
    }
    return false;
}

bool llcp_encrypt_expects(const struct ll_conn *conn, uint8_t opcode)
{
    const bool rejection = opcode == LL_REJECT_IND || opcode == LL_REJECT_EXT_IND;

    if (opcode == LL_TERMINATE_IND)
        return true;
    switch (conn->encrypt.local) {
    case ENCRYPT_NONE:
        return llcp_encrypt_remote_expects(conn, opcode);
    case WAIT_RX_PAUSE_ENC_RSP:
        return true;
    case WAIT_RX_ENC_RSP:
        return opcode == LL_ENC_RSP;
    case WAIT_RX_START_ENC_REQ:
        /* After a pause there is no way back to a link in clear: the peripheral terminates. */
        return opcode == LL_START_ENC_REQ || (rejection && !conn->encrypt.paused);
    case WAIT_RX_START_ENC_RSP:
        return opcode == LL_START_ENC_RSP;
    }
    return false;
}

static bool refuses_encryption(const struct ll_conn *conn, const uint8_t *payload)
{
    return conn->encrypt.remote == REMOTE_WAIT_TX_REFUSAL &&
           (payload[0] == LL_REJECT_IND ||
            (payload[0] == LL_REJECT_EXT_IND && payload[1] == LL_ENC_REQ));
}

bool llcp_encrypt_may_send(const struct ll_conn *conn, const uint8_t *payload)
{
    return !conn->encrypt.holds || llcp_encrypt_pdu(payload[0]) || payload[0] == LL_TERMINATE_IND ||
           refuses_encryption(conn, payload);
}

/* The procedure is over in the peripheral, and others may go on. */
static void remote_over(struct ll_conn *conn)
{
    conn->encrypt.remote = ENCRYPT_REMOTE_NONE;
    conn->encrypt.holds = false;
    llcp_arm(conn);
}

/*
 * What was queued before the procedure's first PDU goes before it; what comes after is held back
 * until the procedure is over.
 */
void llcp_encrypt_leaves(struct ll_conn *conn, const uint8_t *payload)
{
    const uint8_t opcode = payload[0];

    if (opcode == LL_ENC_REQ || opcode == LL_ENC_RSP || opcode == LL_PAUSE_ENC_REQ ||
        opcode == LL_PAUSE_ENC_RSP)
        conn->encrypt.holds = true;
    else if (opcode == LL_START_ENC_RSP && !conn->central)
        remote_over(conn);
}

/*
 * The peripheral: from the moment in which the central has LL_START_ENC_REQ, it sends and expects
 * ciphertext; from that in which it has LL_PAUSE_ENC_RSP, plaintext.
 */
void llcp_encrypt_acked(struct ll_conn *conn, const uint8_t *payload)
{
    if (conn->central)
        return;
    if (payload[0] == LL_START_ENC_REQ) {
        ll_encrypt_set(conn, true);
    } else if (payload[0] == LL_PAUSE_ENC_RSP) {
        ll_encrypt_set(conn, false);
        conn->encrypt.paused = true;
        llcp_payload_stop(conn);
    } else if (refuses_encryption(conn, payload) && !conn->encrypt.paused) {
        remote_over(conn);
    }
}

/* --- the local procedure --- */

/* Each PDU of it gives the peer its time again (5.2). */
static void send_next(struct ll_conn *conn, struct llcp_queued *pdu, const struct wr *w)
{
    conn->llcp.response_due = ll_now(conn->ll) + LLCP_RESPONSE_TIMEOUT;
    llcp_pdu_send(conn, pdu, w);
    llcp_arm(conn);
}

static void send_opcode(struct ll_conn *conn, enum ll_control_opcode opcode)
{
    struct llcp_queued pdu;
    const struct wr w = llcp_pdu_begin(&pdu, opcode);

    send_next(conn, &pdu, &w);
}

static void send_enc_req(struct ll_conn *conn)
{
    const struct ll_encrypt *encrypt = &conn->encrypt;
    struct llcp_queued pdu;
    struct wr w = llcp_pdu_begin(&pdu, LL_ENC_REQ);

    ll_encrypt_contribute(conn);
    wr_u64(&w, encrypt->rand);
    wr_u16(&w, encrypt->ediv);
    wr_bytes(&w, encrypt->session.skd_c, sizeof encrypt->session.skd_c);
    wr_bytes(&w, encrypt->session.iv_c, sizeof encrypt->session.iv_c);
    send_next(conn, &pdu, &w);
    conn->encrypt.local = WAIT_RX_ENC_RSP;
}

static void over(struct ll_conn *conn)
{
    conn->encrypt.local = ENCRYPT_NONE;
    conn->encrypt.holds = false;
    memset(conn->encrypt.ltk, 0, sizeof conn->encrypt.ltk);
}

static void start_failed(struct ll_conn *conn, uint8_t error)
{
    over(conn);
    conn->ll->up->encryption_changed(conn->ll->user, error, conn->handle, false);
}

static void pause_failed(struct ll_conn *conn, uint8_t error)
{
    over(conn);
    conn->ll->up->key_refreshed(conn->ll->user, error, conn->handle);
}

static bool start(struct ll_conn *conn)
{
    if (conn->llcp.features_known && !(conn->llcp.features >> LL_FEATURE_ENCRYPTION & 1)) {
        start_failed(conn, HCI_ERR_UNSUPPORTED_REMOTE_FEATURE);
        return false;
    }
    send_enc_req(conn);
    return true;
}

static bool pause(struct ll_conn *conn)
{
    send_opcode(conn, LL_PAUSE_ENC_REQ);
    conn->encrypt.local = WAIT_RX_PAUSE_ENC_RSP;
    return true;
}

const struct llcp_procedure llcp_encryption_start = {
    .start = start,
    .failed = start_failed,
    .request = LL_ENC_REQ,
    .peripheral_request = LL_ENC_REQ, /* not the peripheral's: never begun there */
};

const struct llcp_procedure llcp_encryption_pause = {
    .start = pause,
    .failed = pause_failed,
    .request = LL_PAUSE_ENC_REQ,
    .peripheral_request = LL_PAUSE_ENC_REQ,
};

/* --- PDUs; those that nobody waits for have no effect --- */

/*
 * What comes before the peer has acknowledged its question is no answer. Behind LL_PAUSE_ENC_RSP
 * there is always LL_ENC_REQ.
 */
static bool waits_for(const struct ll_conn *conn, enum llcp_encrypt_state state)
{
    return conn->encrypt.local == state && !llcp_unacked(conn, LL_PAUSE_ENC_REQ) &&
           !llcp_unacked(conn, LL_ENC_REQ) && !llcp_unacked(conn, LL_START_ENC_RSP);
}

void llcp_pause_enc_rsp(struct ll_conn *conn, struct rd *ctr_data)
{
    (void)ctr_data;
    if (!conn->central) {
        llcp_pause_enc_rsp_remote(conn);
        return;
    }
    if (!waits_for(conn, WAIT_RX_PAUSE_ENC_RSP))
        return;
    ll_encrypt_set(conn, false);
    llcp_payload_stop(conn);
    conn->encrypt.paused = true;
    send_opcode(conn, LL_PAUSE_ENC_RSP);
    send_enc_req(conn);
}

void llcp_enc_rsp(struct ll_conn *conn, struct rd *ctr_data)
{
    struct ll_session *session = &conn->encrypt.session;

    if (!waits_for(conn, WAIT_RX_ENC_RSP))
        return;
    rd_copy(ctr_data, session->skd_p, sizeof session->skd_p);
    rd_copy(ctr_data, session->iv_p, sizeof session->iv_p);
    conn->encrypt.local = WAIT_RX_START_ENC_REQ;
}

void llcp_start_enc_req(struct ll_conn *conn, struct rd *ctr_data)
{
    (void)ctr_data;
    if (!waits_for(conn, WAIT_RX_START_ENC_REQ))
        return;
    if (ll_encrypt_key(conn, conn->encrypt.ltk) != 0) {
        /* The peer expects ciphertext from now on, so that nothing can be said to it. */
        conn->end_reason = HCI_ERR_MEMORY_CAPACITY_EXCEEDED;
        return;
    }
    ll_encrypt_set(conn, true);
    send_opcode(conn, LL_START_ENC_RSP);
    conn->encrypt.local = WAIT_RX_START_ENC_RSP;
}

void llcp_start_enc_rsp(struct ll_conn *conn, struct rd *ctr_data)
{
    const bool refreshed = conn->encrypt.paused;

    (void)ctr_data;
    if (!conn->central) {
        llcp_start_enc_rsp_remote(conn);
        return;
    }
    if (!waits_for(conn, WAIT_RX_START_ENC_RSP))
        return;
    over(conn);
    ll_encrypt_established(conn);
    llcp_completed(conn, refreshed ? LLCP_ENCRYPTION_PAUSE : LLCP_ENCRYPTION_START);
    if (refreshed)
        conn->ll->up->key_refreshed(conn->ll->user, 0, conn->handle);
    else
        conn->ll->up->encryption_changed(conn->ll->user, 0, conn->handle, true);
}

/* --- from above (Vol 4, Part E, 7.8.24) --- */

uint8_t ll_enable_encryption(struct ll *ll, uint16_t handle, const struct ll_encrypt_params *params)
{
    struct ll_conn *conn = ll_conn_find(ll, handle);

    if (!conn)
        return HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER;
    if (!ll_has_feature(ll, LL_FEATURE_ENCRYPTION))
        return HCI_ERR_UNSUPPORTED_FEATURE_OR_PARAMETER_VALUE;
    if (!conn->central || llcp_under_way(conn, LLCP_ENCRYPTION_START) ||
        llcp_under_way(conn, LLCP_ENCRYPTION_PAUSE))
        return HCI_ERR_COMMAND_DISALLOWED;
    conn->encrypt.rand = params->rand;
    conn->encrypt.ediv = params->ediv;
    memcpy(conn->encrypt.ltk, params->ltk, sizeof conn->encrypt.ltk);
    return llcp_request(conn, conn->encrypt.on ? LLCP_ENCRYPTION_PAUSE : LLCP_ENCRYPTION_START);
}
