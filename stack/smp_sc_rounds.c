/* SPDX-License-Identifier: MIT */
/*
 * Passkey entry of LE Secure Connections (Core v5.4, Vol 3, Part H, 2.3.5.6.3): twenty rounds, one
 * bit of the passkey each, the least significant first.
 *
 *   initiator                      responder
 *     |------ Pairing Confirm ------->|   Cai = f4(PKa, PKb, Nai, 0x80 | bit)
 *     |<----- Pairing Confirm --------|   Cbi = f4(PKb, PKa, Nbi, 0x80 | bit)
 *     |------ Pairing Random -------->|   Nai
 *     |<----- Pairing Random ---------|   Nbi
 */
#include "smp_internal.h"

static uint8_t round_bit(const struct smp *smp)
{
    return (uint8_t)(0x80U | (smp->run.passkey >> smp->run.round & 1U));
}

static int begin_round(struct smp *smp)
{
    smp->state = SMP_WAIT_CONFIRM;
    return smp->central ? smp_sc_send_confirm(smp, round_bit(smp)) : 0;
}

int smp_rounds_begin(struct smp *smp)
{
    int error = 0;

    smp_passkey_begin(smp);
    if (smp->run.asking && smp->central)
        smp->state = SMP_WAIT_PASSKEY;
    else
        error = begin_round(smp);
    if (!error)
        smp_passkey_put(smp);
    return error;
}

static int respond(struct smp *smp)
{
    smp->state = SMP_WAIT_RANDOM;
    return smp_sc_send_confirm(smp, round_bit(smp));
}

int smp_rounds_passkey_entered(struct smp *smp)
{
    if (smp->state != SMP_WAIT_PASSKEY)
        return 0;
    return smp->central ? begin_round(smp) : respond(smp);
}

int smp_rounds_confirm_received(struct smp *smp)
{
    if (smp->run.asking) {
        smp->state = SMP_WAIT_PASSKEY;
        return 0;
    }
    if (!smp->central)
        return respond(smp);
    smp->state = SMP_WAIT_RANDOM;
    return smp_send_value(smp, SMP_PAIRING_RANDOM, smp->run.own_nonce);
}

int smp_rounds_random_received(struct smp *smp)
{
    int error = smp_sc_verify(smp, round_bit(smp));

    if (!error && !smp->central)
        error = smp_send_value(smp, SMP_PAIRING_RANDOM, smp->run.own_nonce);
    if (error)
        return error;
    smp->run.round++;
    return smp->run.round == SMP_PASSKEY_ROUNDS ? smp_sc_authenticated(smp) : begin_round(smp);
}
