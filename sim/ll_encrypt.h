/* SPDX-License-Identifier: MIT */
/*
 * Encryption of one connection (Core v5.4, Vol 6, Part B, 5.1.3, 5.4 and Part E).
 *
 * ll_encrypt.c turns PDUs into ciphertext and back and counts them; llcp_encrypt.c is the procedure
 * in the central, which begins it, llcp_encrypt_remote.c in the peripheral; llcp_ping.c times
 * authenticated payloads.
 *
 * The cipher is made with the connection, so that nothing from the air needs memory.
 */
#ifndef SIM_LL_ENCRYPT_H
#define SIM_LL_ENCRYPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/error.h"
#include "wire/ll.h"
#include "wire/ll_cipher.h"
#include "wire/rd.h"
#include "wire/timer.h"

struct ll_conn;

/* The central: what it waits for. */
enum llcp_encrypt_state {
    ENCRYPT_NONE,
    WAIT_RX_PAUSE_ENC_RSP,
    WAIT_RX_ENC_RSP,
    WAIT_RX_START_ENC_REQ,
    WAIT_RX_START_ENC_RSP,
};

/* The peripheral. */
enum llcp_encrypt_remote_state {
    ENCRYPT_REMOTE_NONE,
    REMOTE_WAIT_RX_PAUSE_ENC_RSP,
    REMOTE_WAIT_RX_ENC_REQ, /* paused */
    REMOTE_WAIT_HOST_KEY,
    REMOTE_WAIT_RX_START_ENC_RSP,
    REMOTE_WAIT_TX_START_ENC_RSP,
    REMOTE_WAIT_TX_REFUSAL, /* there is no key: a rejection, or after a pause the end */
};

struct ll_encrypt {
    struct ll_cipher *cipher; /* NULL: the feature is not claimed */
    struct ll_session session;
    uint8_t ltk[16]; /* most significant octet first; the central's, until it is used */
    uint64_t rand;
    uint16_t ediv;
    enum llcp_encrypt_state local;
    enum llcp_encrypt_remote_state remote;
    sim_ns remote_due; /* the peer's next PDU of the procedure, in the peripheral; or SIM_NEVER */
    bool on;           /* the hosts take the link for encrypted; so too while it is paused */
    bool paused;       /* both LL_PAUSE_ENC_RSP of the procedure under way were sent, or are due */
    bool holds;        /* no PDU but those of the procedure may be begun (5.1.3.1) */
    bool tx_on, rx_on; /* PDUs begun and new ones received from now on are ciphertext */

    /* Part E, 2.1: of the next PDU each way; and of the one that carries sn. */
    uint64_t tx_counter, rx_counter, sent_counter;

    sim_ns authenticated_at; /* when the last packet with a valid MIC came (5.4) */
    struct timer payload_timer;
};

/* --- ll_encrypt.c --- */

/* For a connection that is being made. BLR_ERR_NO_MEMORY. */
int ll_encrypt_init(struct ll_conn *conn) BLR_MUST_CHECK;
void ll_encrypt_fini(struct ll_conn *conn);

/* Our part of the session, random. */
void ll_encrypt_contribute(struct ll_conn *conn);
/* Both parts are there: counters at zero, the key that follows from the LTK. BLR_ERR_NO_MEMORY. */
int ll_encrypt_key(struct ll_conn *conn, const uint8_t ltk[static 16]) BLR_MUST_CHECK;
void ll_encrypt_set(struct ll_conn *conn, bool on);
/* The procedure is over and the link encrypted. */
void ll_encrypt_established(struct ll_conn *conn);

/* What a PDU with a payload of `len` octets, begun now, grows by. */
static inline size_t ll_encrypt_mic(const struct ll_encrypt *encrypt, size_t len)
{
    return encrypt->tx_on && len > 0 ? LL_MIC_SIZE : 0;
}

/* A new PDU that is to be encrypted takes its number; what carries sn from now on has it. */
void ll_encrypt_number(struct ll_encrypt *encrypt);
/* The PDU of that number: `header` is its first octet. Returns its length, the MIC included. */
size_t ll_encrypt_seal(struct ll_conn *conn, uint8_t header, const uint8_t *plain, size_t len,
                       uint8_t *out);
/* A new PDU, not empty; false: its MIC is wrong. `len` counts the MIC, `plain` has no room for it.
 */
bool ll_encrypt_open(struct ll_conn *conn, uint8_t header, const uint8_t *sealed, size_t len,
                     uint8_t *plain);
/* That PDU was taken. */
void ll_encrypt_opened(struct ll_conn *conn);
/* The PDU that carried sn was acknowledged. */
void ll_encrypt_acked(struct ll_conn *conn);

/* --- llcp_encrypt.c, for the engine --- */

/*
 * Only PDUs of the procedure are expected of the peer; what else comes ends the connection
 * (5.1.3.1, 5.1.3.2).
 */
bool llcp_encrypt_strict(const struct ll_conn *conn);
/* In that case: whether this is one that may come. */
bool llcp_encrypt_expects(const struct ll_conn *conn, uint8_t opcode);
bool llcp_encrypt_remote_expects(const struct ll_conn *conn, uint8_t opcode);
/* Whether a control PDU of our own may be begun. */
bool llcp_encrypt_may_send(const struct ll_conn *conn, const uint8_t *payload);
/* A control PDU is sent for the first time; it was acknowledged. */
void llcp_encrypt_leaves(struct ll_conn *conn, const uint8_t *payload);
void llcp_encrypt_acked(struct ll_conn *conn, const uint8_t *payload);
/* One of the procedure's own. */
bool llcp_encrypt_pdu(uint8_t opcode);
/* The peer did what it must not: the connection ends at once. */
void llcp_encrypt_unexpected(struct ll_conn *conn);

/* --- PDU handlers --- */

void llcp_enc_req(struct ll_conn *conn, struct rd *ctr_data);
void llcp_enc_rsp(struct ll_conn *conn, struct rd *ctr_data);
void llcp_start_enc_req(struct ll_conn *conn, struct rd *ctr_data);
void llcp_start_enc_rsp(struct ll_conn *conn, struct rd *ctr_data);
void llcp_start_enc_rsp_remote(struct ll_conn *conn);
void llcp_pause_enc_req(struct ll_conn *conn, struct rd *ctr_data);
void llcp_pause_enc_rsp(struct ll_conn *conn, struct rd *ctr_data);
void llcp_pause_enc_rsp_remote(struct ll_conn *conn);

/* --- llcp_ping.c --- */

/* The connection has become encrypted: payloads are timed from now on. */
void llcp_payload_start(struct ll_conn *conn);
void llcp_payload_stop(struct ll_conn *conn);
void llcp_payload_init(struct ll_conn *conn);

#endif
