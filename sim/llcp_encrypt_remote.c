/* SPDX-License-Identifier: MIT */
/*
 * Encryption start and pause (Core v5.4, Vol 6, Part B, 5.1.3) in the peripheral: its host is asked
 * for the key. See llcp_encrypt.c for the sequence.
 */
#include "ll_internal.h"

/* A local request that the peer had before LL_ENC_REQ may still be rejected. */
static bool answers_ours(const struct ll_conn *conn, uint8_t opcode)
{
    return (opcode == LL_REJECT_IND || opcode == LL_REJECT_EXT_IND) &&
           conn->llcp.running != LLCP_NONE && !conn->encrypt.rx_on;
}

bool llcp_encrypt_remote_expects(const struct ll_conn *conn, uint8_t opcode)
{
    const struct ll_encrypt *encrypt = &conn->encrypt;

    switch (encrypt->remote) {
    case ENCRYPT_REMOTE_NONE:
        return true;
    case REMOTE_WAIT_RX_PAUSE_ENC_RSP:
        /* In clear: it is the answer to ours, so that it has come before this. */
        return opcode == LL_PAUSE_ENC_RSP && !encrypt->rx_on;
    case REMOTE_WAIT_RX_ENC_REQ:
        return opcode == LL_ENC_REQ;
    case REMOTE_WAIT_HOST_KEY:
        return answers_ours(conn, opcode);
    case REMOTE_WAIT_RX_START_ENC_RSP:
        /* Encrypted, as the answer to LL_START_ENC_REQ. */
        return (opcode == LL_START_ENC_RSP && encrypt->rx_on) || answers_ours(conn, opcode);
    case REMOTE_WAIT_TX_START_ENC_RSP:
    case REMOTE_WAIT_TX_REFUSAL:
        return false;
    }
    return false;
}

static void enter(struct ll_conn *conn, enum llcp_encrypt_remote_state state, bool peers_turn)
{
    conn->encrypt.remote = state;
    conn->encrypt.remote_due = peers_turn ? ll_now(conn->ll) + LLCP_RESPONSE_TIMEOUT : SIM_NEVER;
    llcp_arm(conn);
}

static void send_opcode(struct ll_conn *conn, enum ll_control_opcode opcode)
{
    struct llcp_queued pdu;
    const struct wr w = llcp_pdu_begin(&pdu, opcode);

    llcp_pdu_send(conn, &pdu, &w);
}

/* --- pause --- */

void llcp_pause_enc_req(struct ll_conn *conn, struct rd *ctr_data)
{
    (void)ctr_data;
    if (!conn->encrypt.on) {
        llcp_unknown_send(conn, LL_PAUSE_ENC_REQ);
        return;
    }
    send_opcode(conn, LL_PAUSE_ENC_RSP);
    enter(conn, REMOTE_WAIT_RX_PAUSE_ENC_RSP, true);
}

void llcp_pause_enc_rsp_remote(struct ll_conn *conn)
{
    if (conn->encrypt.remote == REMOTE_WAIT_RX_PAUSE_ENC_RSP)
        enter(conn, REMOTE_WAIT_RX_ENC_REQ, true);
}

/* --- start --- */

/* 5.1.3.1: there is no key. After a pause the link cannot go on. */
static void refuse(struct ll_conn *conn)
{
    enter(conn, REMOTE_WAIT_TX_REFUSAL, false);
    if (conn->encrypt.paused)
        llcp_terminate_self(conn, HCI_ERR_PIN_OR_KEY_MISSING);
    else
        llcp_reject_send(conn, LL_ENC_REQ, HCI_ERR_PIN_OR_KEY_MISSING);
}

static void send_enc_rsp(struct ll_conn *conn)
{
    const struct ll_session *session = &conn->encrypt.session;
    struct llcp_queued pdu;
    struct wr w = llcp_pdu_begin(&pdu, LL_ENC_RSP);

    ll_encrypt_contribute(conn);
    wr_bytes(&w, session->skd_p, sizeof session->skd_p);
    wr_bytes(&w, session->iv_p, sizeof session->iv_p);
    llcp_pdu_send(conn, &pdu, &w);
}

void llcp_enc_req(struct ll_conn *conn, struct rd *ctr_data)
{
    struct ll_encrypt *encrypt = &conn->encrypt;
    struct ll_key_request request = {.handle = conn->handle};

    if (!ll_has_feature(conn->ll, LL_FEATURE_ENCRYPTION)) {
        llcp_reject_send(conn, LL_ENC_REQ, HCI_ERR_UNSUPPORTED_REMOTE_FEATURE);
        return;
    }
    if (encrypt->on && encrypt->remote != REMOTE_WAIT_RX_ENC_REQ) {
        /* Not without a pause (5.1.3.2). */
        llcp_reject_send(conn, LL_ENC_REQ, HCI_ERR_COMMAND_DISALLOWED);
        return;
    }
    request.rand = rd_u64(ctr_data);
    request.ediv = rd_u16(ctr_data);
    rd_copy(ctr_data, encrypt->session.skd_c, sizeof encrypt->session.skd_c);
    rd_copy(ctr_data, encrypt->session.iv_c, sizeof encrypt->session.iv_c);
    send_enc_rsp(conn);
    enter(conn, REMOTE_WAIT_HOST_KEY, false);
    if (!conn->ll->up->key_requested(conn->ll->user, &request))
        refuse(conn);
}

void llcp_start_enc_rsp_remote(struct ll_conn *conn)
{
    const bool refreshed = conn->encrypt.paused;

    if (conn->encrypt.remote != REMOTE_WAIT_RX_START_ENC_RSP)
        return;
    send_opcode(conn, LL_START_ENC_RSP);
    enter(conn, REMOTE_WAIT_TX_START_ENC_RSP, false);
    ll_encrypt_established(conn);
    if (refreshed)
        conn->ll->up->key_refreshed(conn->ll->user, 0, conn->handle);
    else
        conn->ll->up->encryption_changed(conn->ll->user, 0, conn->handle, true);
}

/* --- from above (Vol 4, Part E, 7.8.25, 7.8.26) --- */

uint8_t ll_long_term_key_reply(struct ll *ll, uint16_t handle, const uint8_t ltk[static 16])
{
    struct ll_conn *conn = ll_conn_find(ll, handle);

    if (!conn)
        return HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER;
    if (conn->encrypt.remote != REMOTE_WAIT_HOST_KEY)
        return HCI_ERR_COMMAND_DISALLOWED;
    if (ll_encrypt_key(conn, ltk) != 0) {
        enter(conn, REMOTE_WAIT_TX_REFUSAL, false);
        llcp_terminate_self(conn, HCI_ERR_REMOTE_LOW_RESOURCES);
        return 0;
    }
    send_opcode(conn, LL_START_ENC_REQ);
    enter(conn, REMOTE_WAIT_RX_START_ENC_RSP, true);
    return 0;
}

uint8_t ll_long_term_key_negative_reply(struct ll *ll, uint16_t handle)
{
    struct ll_conn *conn = ll_conn_find(ll, handle);

    if (!conn)
        return HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER;
    if (conn->encrypt.remote != REMOTE_WAIT_HOST_KEY)
        return HCI_ERR_COMMAND_DISALLOWED;
    refuse(conn);
    return 0;
}
