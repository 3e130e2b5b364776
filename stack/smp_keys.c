/* SPDX-License-Identifier: MIT */
/*
 * Phase 3: distribution of keys on the encrypted link (Core v5.4, Vol 3, Part H, 2.4.3 and 3.6.1).
 * The responder sends all of its own first, the initiator when it has got them; each in the order
 * of enum smp_key_pdu.
 */
#include "smp_internal.h"

uint8_t smp_keys_due(const struct smp *smp)
{
    const unsigned left = smp->run.to_get;

    return (uint8_t)(left & (0U - left));
}

/* Secure Connections have made the LTK already. */
static uint8_t pdus_of(const struct smp *smp, uint8_t keys)
{
    uint8_t pdus = 0;

    if ((keys & SMP_DIST_ENC_KEY) && !smp->run.sc)
        pdus |= SMP_KEY_ENCRYPTION | SMP_KEY_CENTRAL_IDENTIFICATION;
    if (keys & SMP_DIST_ID_KEY)
        pdus |= SMP_KEY_IDENTITY | SMP_KEY_IDENTITY_ADDRESS;
    if (keys & SMP_DIST_SIGN_KEY)
        pdus |= SMP_KEY_SIGNING;
    return pdus;
}

static void draw_ltk(struct smp *smp)
{
    struct blr_bond_keys *ours = &smp->run.ours;
    uint8_t ediv[2] = {0};
    struct rd r = rd_init(ediv, sizeof ediv);

    smp->ops->random(smp->user, ours->ltk, sizeof ours->ltk);
    smp_mask_key(smp, ours->ltk);
    smp->ops->random(smp->user, ediv, sizeof ediv);
    ours->ediv = rd_u16_be(&r);
    smp->ops->random(smp->user, ours->rand, sizeof ours->rand);
    ours->has_ltk = true;
}

static int send_central_identification(struct smp *smp)
{
    uint8_t pdu[11];
    struct wr w = wr_init(pdu, sizeof pdu);

    wr_u8(&w, SMP_CENTRAL_IDENTIFICATION);
    wr_u16(&w, smp->run.ours.ediv);
    wr_reversed(&w, smp->run.ours.rand, sizeof smp->run.ours.rand);
    return smp_send(smp, &w);
}

static int send_identity_address(struct smp *smp)
{
    uint8_t pdu[8];
    struct wr w = wr_init(pdu, sizeof pdu);

    wr_u8(&w, SMP_IDENTITY_ADDRESS_INFORMATION);
    wr_u8(&w, smp->setup.identity.type);
    wr_addr_octets(&w, &smp->setup.identity);
    return smp_send(smp, &w);
}

bool smp_is_irk(const uint8_t irk[static SMP_KEY_SIZE])
{
    static const uint8_t none[SMP_KEY_SIZE];

    return memcmp(irk, none, sizeof none) != 0;
}

static int send_key(struct smp *smp, enum smp_key_pdu pdu)
{
    struct blr_bond_keys *ours = &smp->run.ours;

    switch (pdu) {
    case SMP_KEY_ENCRYPTION:
        draw_ltk(smp);
        return smp_send_value(smp, SMP_ENCRYPTION_INFORMATION, ours->ltk);
    case SMP_KEY_CENTRAL_IDENTIFICATION:
        return send_central_identification(smp);
    case SMP_KEY_IDENTITY:
        memcpy(ours->irk, smp->setup.irk, sizeof ours->irk);
        ours->has_irk = smp_is_irk(ours->irk);
        return smp_send_value(smp, SMP_IDENTITY_INFORMATION, ours->irk);
    case SMP_KEY_IDENTITY_ADDRESS:
        return send_identity_address(smp);
    case SMP_KEY_SIGNING:
        ours->has_csrk = true;
        memcpy(ours->csrk, smp->setup.csrk, sizeof ours->csrk);
        return smp_send_value(smp, SMP_SIGNING_INFORMATION, ours->csrk);
    }
    return BLR_ERR_INVALID;
}

static int send_keys(struct smp *smp)
{
    while (smp->run.to_send) {
        const unsigned left = smp->run.to_send;
        const unsigned first = left & (0U - left);
        smp->run.to_send = (uint8_t)(left & ~first);
        const int error = send_key(smp, (enum smp_key_pdu)first);
        if (error)
            return error;
    }
    smp_keys_check(smp);
    return 0;
}

int smp_keys_begin(struct smp *smp)
{
    struct smp_run *run = &smp->run;
    const uint8_t ours = smp->central ? run->initiator_keys : run->responder_keys;
    const uint8_t theirs = smp->central ? run->responder_keys : run->initiator_keys;

    smp->state = SMP_WAIT_KEYS;
    run->to_send = pdus_of(smp, ours);
    run->to_get = pdus_of(smp, theirs);
    return smp->central && run->to_get ? 0 : send_keys(smp);
}

int smp_keys_received(struct smp *smp, enum smp_key_pdu pdu)
{
    smp->run.to_get &= (uint8_t) ~(unsigned)pdu;
    return smp->run.to_get ? 0 : send_keys(smp);
}

void smp_keys_check(struct smp *smp)
{
    if (smp->state == SMP_WAIT_KEYS && !smp->run.to_get && !smp->run.to_send && !smp->queued)
        smp_end(smp, 0);
}

struct blr_pairing smp_pairing(const struct smp *smp)
{
    const struct smp_run *run = &smp->run;

    return (struct blr_pairing){
        .method = run->method.method,
        .secure_connections = run->sc,
        .authenticated = run->method.method != BLR_JUST_WORKS,
        .bonded = run->bonded,
        .key_size = run->key_size,
    };
}

/* Of Secure Connections both sides have the same LTK, which no EDIV and Rand name. */
void smp_outcome_of(const struct smp *smp, struct smp_outcome *outcome)
{
    const struct smp_run *run = &smp->run;
    const struct blr_pairing pairing = smp_pairing(smp);

    *outcome = (struct smp_outcome){
        .pairing = pairing,
        .has_identity = run->has_identity,
        .bond = {.identity = run->has_identity ? run->identity : smp->setup.peer,
                 .secure_connections = run->sc,
                 .authenticated = pairing.authenticated,
                 .key_size = run->key_size,
                 .ours = run->ours,
                 .theirs = run->theirs},
    };
    if (!run->sc)
        return;
    outcome->bond.ours.has_ltk = true;
    outcome->bond.theirs.has_ltk = true;
    memcpy(outcome->bond.ours.ltk, run->key, SMP_KEY_SIZE);
    memcpy(outcome->bond.theirs.ltk, run->key, SMP_KEY_SIZE);
}
