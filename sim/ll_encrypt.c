/* SPDX-License-Identifier: MIT */
#include "ll_encrypt.h"

#include <assert.h>
#include <string.h>

#include "ll_internal.h"

int ll_encrypt_init(struct ll_conn *conn)
{
    struct ll_encrypt *encrypt = &conn->encrypt;

    encrypt->remote_due = SIM_NEVER;
    llcp_payload_init(conn);
    if (!ll_has_feature(conn->ll, LL_FEATURE_ENCRYPTION))
        return 0;
    encrypt->cipher = ll_cipher_new();
    return encrypt->cipher ? 0 : BLR_ERR_NO_MEMORY;
}

void ll_encrypt_fini(struct ll_conn *conn)
{
    llcp_payload_stop(conn);
    ll_cipher_free(conn->encrypt.cipher);
}

/* --- the session --- */

void ll_encrypt_contribute(struct ll_conn *conn)
{
    struct ll *ll = conn->ll;
    struct ll_session *session = &conn->encrypt.session;
    uint8_t *skd = conn->central ? session->skd_c : session->skd_p;
    uint8_t *iv = conn->central ? session->iv_c : session->iv_p;

    sim_stream_bytes(&ll->session_stream, skd, sizeof session->skd_c);
    sim_stream_bytes(&ll->session_stream, iv, sizeof session->iv_c);
    if (!ll->session_fixed)
        return;
    memcpy(skd, ll->fixed_skd, sizeof session->skd_c);
    memcpy(iv, ll->fixed_iv, sizeof session->iv_c);
}

void ll_fix_session(struct ll *ll, const uint8_t skd[static 8], const uint8_t iv[static 4])
{
    ll->session_fixed = true;
    memcpy(ll->fixed_skd, skd, sizeof ll->fixed_skd);
    memcpy(ll->fixed_iv, iv, sizeof ll->fixed_iv);
}

int ll_encrypt_key(struct ll_conn *conn, const uint8_t ltk[static 16])
{
    struct ll_encrypt *encrypt = &conn->encrypt;
    uint8_t key[16];
    const int error = ll_session_key(ltk, &encrypt->session, key);

    if (error)
        return error;
    encrypt->tx_counter = 0;
    encrypt->rx_counter = 0;
    return ll_cipher_start(encrypt->cipher, key, &encrypt->session);
}

void ll_encrypt_set(struct ll_conn *conn, bool on)
{
    conn->encrypt.tx_on = on;
    conn->encrypt.rx_on = on;
}

void ll_encrypt_established(struct ll_conn *conn)
{
    conn->encrypt.on = true;
    conn->encrypt.paused = false;
    llcp_payload_start(conn);
}

/* --- PDUs --- */

/*
 * Part E, 2.1: a number is used once with a key. Whoever is out of numbers cannot go on, and as no
 * PDU with a valid MIC can follow, both ends see the same.
 */
static void end_at_last(struct ll_conn *conn, uint64_t counter)
{
    if (counter >= LL_PACKET_COUNTER_END)
        conn->end_reason = HCI_ERR_CONNECTION_TERMINATED_DUE_TO_MIC_FAILURE;
}

void ll_encrypt_number(struct ll_encrypt *encrypt)
{
    encrypt->sent_counter = encrypt->tx_counter++;
}

size_t ll_encrypt_seal(struct ll_conn *conn, uint8_t header, const uint8_t *plain, size_t len,
                       uint8_t *out)
{
    const struct ll_cipher_pdu pdu = {
        .counter = conn->encrypt.sent_counter,
        .from_central = conn->central,
        .header = header,
    };
    const int error = ll_cipher_seal(conn->encrypt.cipher, &pdu, plain, len, out);

    /* The cipher has a key and the counter is in range: there is nothing that could go wrong. */
    assert(error == 0);
    (void)error;
    return len + LL_MIC_SIZE;
}

bool ll_encrypt_open(struct ll_conn *conn, uint8_t header, const uint8_t *sealed, size_t len,
                     uint8_t *plain)
{
    struct ll_encrypt *encrypt = &conn->encrypt;
    const struct ll_cipher_pdu pdu = {
        .counter = encrypt->rx_counter,
        .from_central = !conn->central,
        .header = header,
    };

    if (ll_cipher_open(encrypt->cipher, &pdu, sealed, len, plain) != 0)
        return false;
    encrypt->authenticated_at = ll_now(conn->ll);
    return true;
}

void ll_encrypt_opened(struct ll_conn *conn)
{
    end_at_last(conn, ++conn->encrypt.rx_counter);
}

void ll_encrypt_acked(struct ll_conn *conn)
{
    end_at_last(conn, conn->encrypt.tx_counter);
}
