/* SPDX-License-Identifier: MIT */
/*
 * Phase 2 of LE legacy pairing (Core v5.4, Vol 3, Part H, 2.3.5.2 to 2.3.5.5):
 *
 *   initiator                      responder
 *     |------ Pairing Confirm ------->|   Mconfirm = c1(TK, Mrand)
 *     |<----- Pairing Confirm --------|   Sconfirm = c1(TK, Srand)
 *     |------ Pairing Random -------->|   Mrand: checked
 *     |<----- Pairing Random ---------|   Srand: checked
 *     STK = s1(TK, Srand, Mrand)
 */
#include "smp_internal.h"

static int confirm_value(const struct smp *smp, const uint8_t nonce[static SMP_KEY_SIZE],
                         uint8_t confirm[static SMP_KEY_SIZE])
{
    const struct smp_parties parties = smp_parties_of(smp);

    return smp_c1(smp->run.tk, nonce, smp->run.preq, smp->run.pres, &parties, confirm);
}

static int make_confirm(struct smp *smp)
{
    smp_draw_nonce(smp);
    return confirm_value(smp, smp->run.own_nonce, smp->run.own_confirm);
}

/*
 * c1 gives both sides the same value for the same number, so that a peer which only sends back what
 * it heard would pass: equal values fail (2.3.5.5).
 */
static int check_reflection(const struct smp *smp)
{
    return memcmp(smp->run.own_confirm, smp->run.peer_confirm, SMP_KEY_SIZE) == 0
               ? smp_refusal(SMP_REASON_CONFIRM_VALUE_FAILED)
               : 0;
}

static int initiate(struct smp *smp)
{
    smp->state = SMP_WAIT_CONFIRM;
    const int error = make_confirm(smp);

    return error ? error : smp_send_value(smp, SMP_PAIRING_CONFIRM, smp->run.own_confirm);
}

static int respond(struct smp *smp)
{
    smp->state = SMP_WAIT_RANDOM;
    int error = make_confirm(smp);

    if (!error)
        error = check_reflection(smp);
    return error ? error : smp_send_value(smp, SMP_PAIRING_CONFIRM, smp->run.own_confirm);
}

int smp_legacy_begin(struct smp *smp)
{
    struct smp_run *run = &smp->run;
    int error = 0;

    if (run->method.method == BLR_OOB)
        memcpy(run->tk, smp->setup.oob_theirs.tk, sizeof run->tk);
    smp_passkey_begin(smp);
    if (!smp->central)
        smp->state = SMP_WAIT_CONFIRM;
    else if (run->asking)
        smp->state = SMP_WAIT_PASSKEY;
    else
        error = initiate(smp);
    if (!error)
        smp_passkey_put(smp);
    return error;
}

int smp_legacy_passkey_entered(struct smp *smp)
{
    if (smp->state != SMP_WAIT_PASSKEY)
        return 0;
    return smp->central ? initiate(smp) : respond(smp);
}

int smp_legacy_confirm_received(struct smp *smp)
{
    if (smp->run.asking) {
        smp->state = SMP_WAIT_PASSKEY;
        return 0;
    }
    if (!smp->central)
        return respond(smp);
    const int error = check_reflection(smp);
    if (error)
        return error;
    smp->state = SMP_WAIT_RANDOM;
    return smp_send_value(smp, SMP_PAIRING_RANDOM, smp->run.own_nonce);
}

static int verify(const struct smp *smp)
{
    uint8_t confirm[SMP_KEY_SIZE];
    const int error = confirm_value(smp, smp->run.peer_nonce, confirm);

    if (error)
        return error;
    return memcmp(confirm, smp->run.peer_confirm, sizeof confirm) == 0
               ? 0
               : smp_refusal(SMP_REASON_CONFIRM_VALUE_FAILED);
}

int smp_legacy_random_received(struct smp *smp)
{
    struct smp_run *run = &smp->run;
    const uint8_t *mrand = smp->central ? run->own_nonce : run->peer_nonce;
    const uint8_t *srand = smp->central ? run->peer_nonce : run->own_nonce;

    int error = verify(smp);
    if (!error && !smp->central)
        error = smp_send_value(smp, SMP_PAIRING_RANDOM, run->own_nonce);
    if (!error)
        error = smp_s1(run->tk, srand, mrand, run->key);
    if (error)
        return error;
    smp_mask_key(smp, run->key);
    smp_encrypt(smp);
    return 0;
}
