/* SPDX-License-Identifier: MIT */
/*
 * Phase 2 of LE Secure Connections (Core v5.4, Vol 3, Part H, 2.3.5.6):
 *
 *   initiator                      responder
 *     |------ Public Key ------------>|
 *     |<----- Public Key -------------|
 *     |                               |   Just Works, Numeric Comparison:
 *     |<----- Pairing Confirm --------|   Cb = f4(PKb, PKa, Nb, 0)
 *     |------ Pairing Random -------->|   Na; out of band, this comes first
 *     |<----- Pairing Random ---------|   Nb
 *     |                               |   passkey entry: smp_sc_rounds.c
 *     |------ DHKey Check ----------->|   Ea
 *     |<----- DHKey Check ------------|   Eb
 */
#include "smp_internal.h"

/* A random source that never yields a private key must not keep us for ever. */
#define KEY_DRAWS 16

/* --- public keys (2.3.5.6.1) --- */

int smp_draw_private_key(smp_random *random, void *user, uint8_t key[static CRYPTO_P256_SIZE])
{
    for (int i = 0; i < KEY_DRAWS; i++) {
        random(user, key, CRYPTO_P256_SIZE);
        if (crypto_p256_private_valid(key))
            return 0;
    }
    return BLR_ERR_UNSUPPORTED;
}

static int make_key_pair(struct smp *smp)
{
    const struct smp_setup *setup = &smp->setup;
    uint8_t *key = smp->run.own_private;
    int error = 0;

    if (setup->private_key)
        memcpy(key, setup->private_key, CRYPTO_P256_SIZE);
    else if (setup->config.use_debug_key)
        memcpy(key, crypto_p256_debug_private, CRYPTO_P256_SIZE);
    else
        error = smp_draw_private_key(smp->ops->random, smp->user, key);
    return error ? error : crypto_p256_public(key, smp->run.own_public);
}

static int send_public_key(struct smp *smp)
{
    uint8_t pdu[1 + CRYPTO_P256_POINT_SIZE];
    struct wr w = wr_init(pdu, sizeof pdu);

    wr_u8(&w, SMP_PAIRING_PUBLIC_KEY);
    wr_reversed(&w, smp->run.own_public, CRYPTO_P256_SIZE);
    wr_reversed(&w, smp->run.own_public + CRYPTO_P256_SIZE, CRYPTO_P256_SIZE);
    return smp_send(smp, &w);
}

static bool is_debug_key(const uint8_t key[static CRYPTO_P256_POINT_SIZE])
{
    return memcmp(key, crypto_p256_debug_public, CRYPTO_P256_POINT_SIZE) == 0;
}

/*
 * A point of the curve, not the debug key unless that is accepted, and not our own key or its
 * negative sent back, with which a peer that knows nothing would have every proof of ours to offer.
 * The debug key alone may be everybody's.
 */
static int check_public_key(struct smp *smp)
{
    struct smp_run *run = &smp->run;
    const bool debug = is_debug_key(run->peer_public);

    if (debug && !smp->setup.config.accept_debug_key)
        return smp_refusal(SMP_REASON_INVALID_PARAMETERS);
    if (!debug && memcmp(run->own_public, run->peer_public, CRYPTO_P256_SIZE) == 0)
        return smp_refusal(SMP_REASON_INVALID_PARAMETERS);
    const int error = crypto_p256_dhkey(run->own_private, run->peer_public, run->dhkey);
    return error == BLR_ERR_INVALID ? smp_refusal(SMP_REASON_INVALID_PARAMETERS) : error;
}

/* What came out of band commits the peer to its key (2.3.5.6.4). */
static int check_oob(const struct smp *smp)
{
    const struct smp_setup *setup = &smp->setup;
    const uint8_t *key = smp->run.peer_public;
    uint8_t confirm[SMP_KEY_SIZE];
    uint8_t io_cap[3];

    smp_io_cap(smp, smp->central, io_cap);
    if (smp->run.method.method != BLR_OOB || !io_cap[1])
        return 0;
    const int error = smp_f4(key, key, setup->oob_theirs.r, 0, confirm);
    if (error)
        return error;
    return memcmp(confirm, setup->oob_theirs.c, sizeof confirm) == 0
               ? 0
               : smp_refusal(SMP_REASON_CONFIRM_VALUE_FAILED);
}

int smp_sc_begin(struct smp *smp)
{
    smp->state = SMP_WAIT_PUBLIC_KEY;
    if (!smp->central)
        return 0;
    const int error = make_key_pair(smp);
    return error ? error : send_public_key(smp);
}

static int begin_authentication(struct smp *smp)
{
    switch (smp->run.method.method) {
    case BLR_PASSKEY_ENTRY:
        return smp_rounds_begin(smp);
    case BLR_JUST_WORKS:
    case BLR_NUMERIC_COMPARISON:
        smp->state = smp->central ? SMP_WAIT_CONFIRM : SMP_WAIT_RANDOM;
        return smp->central ? 0 : smp_sc_send_confirm(smp, 0);
    case BLR_OOB:
        smp->state = SMP_WAIT_RANDOM;
        if (!smp->central)
            return 0;
        smp_draw_nonce(smp);
        return smp_send_value(smp, SMP_PAIRING_RANDOM, smp->run.own_nonce);
    }
    return BLR_ERR_INVALID;
}

int smp_sc_public_key_received(struct smp *smp, struct rd *r)
{
    struct smp_run *run = &smp->run;

    rd_reversed(r, run->peer_public, CRYPTO_P256_SIZE);
    rd_reversed(r, run->peer_public + CRYPTO_P256_SIZE, CRYPTO_P256_SIZE);
    int error = smp->central ? 0 : make_key_pair(smp);
    if (!error)
        error = check_public_key(smp);
    if (!error)
        error = check_oob(smp);
    if (!error && !smp->central)
        error = send_public_key(smp);
    return error ? error : begin_authentication(smp);
}

/* --- confirm values and nonces --- */

int smp_sc_send_confirm(struct smp *smp, uint8_t z)
{
    struct smp_run *run = &smp->run;

    smp_draw_nonce(smp);
    const int error =
        smp_f4(run->own_public, run->peer_public, run->own_nonce, z, run->own_confirm);
    return error ? error : smp_send_value(smp, SMP_PAIRING_CONFIRM, run->own_confirm);
}

int smp_sc_verify(struct smp *smp, uint8_t z)
{
    const struct smp_run *run = &smp->run;
    uint8_t confirm[SMP_KEY_SIZE];
    const int error = smp_f4(run->peer_public, run->own_public, run->peer_nonce, z, confirm);

    if (error)
        return error;
    return memcmp(confirm, run->peer_confirm, sizeof confirm) == 0
               ? 0
               : smp_refusal(SMP_REASON_CONFIRM_VALUE_FAILED);
}

/* In Just Works and Numeric Comparison only the responder sends one. */
int smp_sc_confirm_received(struct smp *smp)
{
    if (smp->run.method.method == BLR_PASSKEY_ENTRY)
        return smp_rounds_confirm_received(smp);
    smp_draw_nonce(smp);
    smp->state = SMP_WAIT_RANDOM;
    return smp_send_value(smp, SMP_PAIRING_RANDOM, smp->run.own_nonce);
}

static int ask_to_compare(struct smp *smp)
{
    const struct smp_run *run = &smp->run;
    const bool c = smp->central;
    uint32_t value;
    const int error =
        smp_g2(c ? run->own_public : run->peer_public, c ? run->peer_public : run->own_public,
               c ? run->own_nonce : run->peer_nonce, c ? run->peer_nonce : run->own_nonce, &value);

    if (error)
        return error;
    smp->run.asking = true;
    smp->state = c ? SMP_WAIT_COMPARE : SMP_WAIT_DHKEY_CHECK;
    smp->ops->compare(smp->user, value);
    return 0;
}

/* The responder has yet to send its own: out of band it has not even drawn it. */
static int answer_random(struct smp *smp)
{
    if (smp->run.method.method == BLR_OOB)
        smp_draw_nonce(smp);
    return smp_send_value(smp, SMP_PAIRING_RANDOM, smp->run.own_nonce);
}

int smp_sc_random_received(struct smp *smp)
{
    const enum blr_pairing_method method = smp->run.method.method;
    int error = 0;

    if (method == BLR_PASSKEY_ENTRY)
        return smp_rounds_random_received(smp);
    if (!smp->central)
        error = answer_random(smp);
    else if (method != BLR_OOB)
        error = smp_sc_verify(smp, 0);
    if (error)
        return error;
    return method == BLR_NUMERIC_COMPARISON ? ask_to_compare(smp) : smp_sc_authenticated(smp);
}

/* --- authentication stage 2: DHKey checks (2.3.5.6.5) --- */

static int derive_keys(struct smp *smp)
{
    struct smp_run *run = &smp->run;
    const struct smp_parties parties = smp_parties_of(smp);
    const bool c = smp->central;
    const int error = smp_f5(run->dhkey, c ? run->own_nonce : run->peer_nonce,
                             c ? run->peer_nonce : run->own_nonce, &parties, run->mackey, run->key);

    smp_mask_key(smp, run->key);
    return error;
}

/*
 * The r of the check that one side makes: the passkey; or what the other side has given away out of
 * band, if this one has it; or zeros.
 */
static void check_r(const struct smp *smp, bool own, uint8_t r[static SMP_KEY_SIZE])
{
    const struct smp_setup *setup = &smp->setup;
    uint8_t io_cap[3];

    memset(r, 0, SMP_KEY_SIZE);
    smp_io_cap(smp, own == smp->central, io_cap);
    if (smp->run.method.method == BLR_PASSKEY_ENTRY)
        memcpy(r, smp->run.tk, SMP_KEY_SIZE);
    else if (smp->run.method.method == BLR_OOB && io_cap[1])
        memcpy(r, own ? setup->oob_theirs.r : setup->oob_ours.r, SMP_KEY_SIZE);
}

static int make_check(const struct smp *smp, bool own, uint8_t check[static SMP_KEY_SIZE])
{
    const struct smp_run *run = &smp->run;
    const struct smp_setup *setup = &smp->setup;
    uint8_t r[SMP_KEY_SIZE], io_cap[3];

    check_r(smp, own, r);
    smp_io_cap(smp, own == smp->central, io_cap);
    return smp_f6(run->mackey, own ? run->own_nonce : run->peer_nonce,
                  own ? run->peer_nonce : run->own_nonce, r, io_cap,
                  own ? &setup->own : &setup->peer, own ? &setup->peer : &setup->own, check);
}

static int send_check(struct smp *smp)
{
    uint8_t check[SMP_KEY_SIZE];
    const int error = make_check(smp, true, check);

    return error ? error : smp_send_value(smp, SMP_PAIRING_DHKEY_CHECK, check);
}

int smp_sc_authenticated(struct smp *smp)
{
    const int error = derive_keys(smp);

    if (error)
        return error;
    smp->state = SMP_WAIT_DHKEY_CHECK;
    return smp->central ? send_check(smp) : 0;
}

static int verify_check(struct smp *smp)
{
    uint8_t check[SMP_KEY_SIZE];
    int error = make_check(smp, false, check);

    if (error)
        return error;
    if (memcmp(check, smp->run.peer_check, sizeof check) != 0)
        return smp_refusal(SMP_REASON_DHKEY_CHECK_FAILED);
    if (!smp->central)
        error = send_check(smp);
    if (!error)
        smp_encrypt(smp);
    return error;
}

/* Until the responder's user has answered, the initiator's check waits. */
int smp_sc_check_received(struct smp *smp, struct rd *r)
{
    rd_reversed(r, smp->run.peer_check, SMP_KEY_SIZE);
    if (!smp->run.asking)
        return verify_check(smp);
    smp->state = SMP_WAIT_COMPARE;
    return 0;
}

int smp_sc_compared(struct smp *smp)
{
    const bool check_waits = !smp->central && smp->state == SMP_WAIT_COMPARE;
    const int error = smp_sc_authenticated(smp);

    return !error && check_waits ? verify_check(smp) : error;
}
