/* SPDX-License-Identifier: MIT */
/* Phase 1: what both sides have and want (Core v5.4, Vol 3, Part H, 2.3 and 3.5.1, 3.5.2). */
#include "smp_internal.h"

#define OUR_KEYS (SMP_DIST_ENC_KEY | SMP_DIST_ID_KEY | SMP_DIST_SIGN_KEY)
#define ALL_KEYS (OUR_KEYS | SMP_DIST_LINK_KEY)
#define MOST_OOB 1U /* of the OOB data flag (Table 3.5) */

/* A Pairing Request or Response. */
struct features {
    uint8_t io_capability, oob, auth_req, max_key_size, initiator_keys, responder_keys;
};

static struct features read_features(const uint8_t pdu[static SMP_PDU_SIZE])
{
    struct rd r = rd_init(pdu, SMP_PDU_SIZE);
    struct features f;

    rd_skip(&r, 1);
    f.io_capability = rd_u8(&r);
    f.oob = rd_u8(&r);
    f.auth_req = rd_u8(&r);
    f.max_key_size = rd_u8(&r);
    f.initiator_keys = rd_u8(&r) & ALL_KEYS;
    f.responder_keys = rd_u8(&r) & ALL_KEYS;
    return f;
}

static void write_features(uint8_t pdu[static SMP_PDU_SIZE], enum smp_code code,
                           const struct features *f)
{
    struct wr w = wr_init(pdu, SMP_PDU_SIZE);

    wr_u8(&w, (uint8_t)code);
    wr_u8(&w, f->io_capability);
    wr_u8(&w, f->oob);
    wr_u8(&w, f->auth_req);
    wr_u8(&w, f->max_key_size);
    wr_u8(&w, f->initiator_keys);
    wr_u8(&w, f->responder_keys);
}

static int send_features(struct smp *smp, uint8_t pdu[static SMP_PDU_SIZE])
{
    struct wr w = wr_init(pdu, SMP_PDU_SIZE);

    w.len = SMP_PDU_SIZE;
    return smp_send(smp, &w);
}

void smp_io_cap(const struct smp *smp, bool initiator, uint8_t io_cap[static 3])
{
    const struct features f = read_features(initiator ? smp->run.preq : smp->run.pres);

    io_cap[0] = f.auth_req;
    io_cap[1] = f.oob;
    io_cap[2] = f.io_capability;
}

/* --- what this side wants --- */

static uint8_t min_key_size(const struct smp_setup *setup)
{
    return setup->config.min_key_size ? setup->config.min_key_size : SMP_MIN_KEY_OCTETS;
}

static uint8_t max_key_size(const struct smp_setup *setup)
{
    return setup->config.max_key_size ? setup->config.max_key_size : SMP_MAX_KEY_OCTETS;
}

static uint8_t required_level(const struct smp_setup *setup)
{
    return setup->config.only_secure_connections ? BLR_SECURITY_AUTHENTICATED_SC
                                                 : setup->required_level;
}

bool smp_setup_valid(const struct smp_setup *setup)
{
    return setup->config.io_capability <= SMP_IO_KEYBOARD_DISPLAY &&
           setup->required_level <= BLR_SECURITY_AUTHENTICATED_SC &&
           min_key_size(setup) >= SMP_MIN_KEY_OCTETS && max_key_size(setup) <= SMP_MAX_KEY_OCTETS &&
           min_key_size(setup) <= max_key_size(setup) &&
           (!setup->passkey || *setup->passkey <= SMP_PASSKEY_MAX);
}

/* CT2 stays 0: no key is carried over to another transport. */
static uint8_t own_auth_req(const struct smp_setup *setup)
{
    const struct blr_security_config *config = &setup->config;
    uint8_t auth_req = 0;

    if (config->bonding)
        auth_req |= SMP_AUTH_BONDING;
    if (setup->mitm || config->mitm || required_level(setup) >= BLR_SECURITY_AUTHENTICATED)
        auth_req |= SMP_AUTH_MITM;
    if (config->secure_connections || config->only_secure_connections)
        auth_req |= SMP_AUTH_SC;
    if (config->keypress)
        auth_req |= SMP_AUTH_KEYPRESS;
    return auth_req;
}

/* Keys are for bonds: who makes none neither gives nor takes any. */
static uint8_t own_keys(const struct smp_setup *setup, uint8_t keys)
{
    return setup->config.bonding ? keys & OUR_KEYS : 0;
}

static bool bonding(const struct features *f)
{
    return (f->auth_req & SMP_AUTH_BONDING_MASK) == SMP_AUTH_BONDING;
}

/* --- what both together have --- */

static int check_range(const struct features *f)
{
    if (f->io_capability > SMP_IO_KEYBOARD_DISPLAY || f->oob > MOST_OOB ||
        f->max_key_size > SMP_MAX_KEY_OCTETS)
        return smp_refusal(SMP_REASON_INVALID_PARAMETERS);
    return 0;
}

/* Whether what the flags promise is there. */
static int check_oob(const struct smp *smp, const struct features *own, const struct features *peer)
{
    const struct smp_setup *setup = &smp->setup;

    if (smp->run.method.method != BLR_OOB)
        return 0;
    const bool theirs = smp->run.sc ? setup->oob_sc : setup->oob_legacy;
    const bool ours = !smp->run.sc || setup->oob_ours.secure_connections;
    return (own->oob && !theirs) || (peer->oob && !ours) ? smp_refusal(SMP_REASON_OOB_NOT_AVAILABLE)
                                                         : 0;
}

static int check_level(const struct smp *smp)
{
    const uint8_t level = required_level(&smp->setup);
    const bool authenticated = smp->run.method.method != BLR_JUST_WORKS;

    if (level >= BLR_SECURITY_AUTHENTICATED && !authenticated)
        return smp_refusal(SMP_REASON_AUTHENTICATION_REQUIREMENTS);
    if (level < BLR_SECURITY_AUTHENTICATED_SC)
        return 0;
    if (!smp->run.sc)
        return smp_refusal(SMP_REASON_AUTHENTICATION_REQUIREMENTS);
    return smp->run.key_size < SMP_MAX_KEY_OCTETS ? smp_refusal(SMP_REASON_ENCRYPTION_KEY_SIZE) : 0;
}

static struct smp_features for_method(const struct features *f)
{
    return (struct smp_features){
        .io_capability = f->io_capability,
        .oob = f->oob,
        .mitm = f->auth_req & SMP_AUTH_MITM,
    };
}

/* preq and pres are known. */
static int agree(struct smp *smp)
{
    struct smp_run *run = &smp->run;
    const struct features a = read_features(run->preq), b = read_features(run->pres);
    const struct smp_features initiator = for_method(&a), responder = for_method(&b);
    const uint8_t both = a.auth_req & b.auth_req;

    run->sc = both & SMP_AUTH_SC;
    run->keypress = both & SMP_AUTH_KEYPRESS;
    run->bonded = bonding(&a) && bonding(&b);
    run->method = smp_choose_method(smp->central, run->sc, &initiator, &responder);
    run->key_size = a.max_key_size < b.max_key_size ? a.max_key_size : b.max_key_size;
    run->initiator_keys = b.initiator_keys & OUR_KEYS;
    run->responder_keys = b.responder_keys & OUR_KEYS;
    if (run->key_size < min_key_size(&smp->setup))
        return smp_refusal(SMP_REASON_ENCRYPTION_KEY_SIZE);
    const int error = smp->central ? check_oob(smp, &a, &b) : check_oob(smp, &b, &a);
    return error ? error : check_level(smp);
}

static int begin_phase_2(struct smp *smp)
{
    smp->run.agreed = true;
    return smp->run.sc ? smp_sc_begin(smp) : smp_legacy_begin(smp);
}

/* --- the central --- */

/* Which kind it will be is not known yet: the flag speaks of whatever there is. */
int smp_request(struct smp *smp)
{
    const struct smp_setup *setup = &smp->setup;
    const uint8_t auth_req = own_auth_req(setup);
    const struct features f = {
        .io_capability = setup->config.io_capability,
        .oob = setup->oob_legacy || (setup->oob_sc && auth_req & SMP_AUTH_SC),
        .auth_req = auth_req,
        .max_key_size = max_key_size(setup),
        .initiator_keys = own_keys(setup, setup->config.send_keys),
        .responder_keys = own_keys(setup, setup->config.accept_keys),
    };

    smp->state = SMP_WAIT_PAIRING_RESPONSE;
    write_features(smp->run.preq, SMP_PAIRING_REQUEST, &f);
    return send_features(smp, smp->run.preq);
}

int smp_response_received(struct smp *smp, struct rd *r)
{
    smp->run.pres[0] = SMP_PAIRING_RESPONSE;
    rd_copy(r, smp->run.pres + 1, SMP_PDU_SIZE - 1);
    const struct features asked = read_features(smp->run.preq);
    const struct features f = read_features(smp->run.pres);

    int error = check_range(&f);
    /* It may take away from what was offered, but not add to it (3.5.2). */
    if (!error &&
        ((f.initiator_keys & ~asked.initiator_keys) || (f.responder_keys & ~asked.responder_keys)))
        error = smp_refusal(SMP_REASON_INVALID_PARAMETERS);
    if (!error)
        error = agree(smp);
    return error ? error : begin_phase_2(smp);
}

/* --- the peripheral --- */

int smp_security_request(struct smp *smp)
{
    uint8_t pdu[2];
    struct wr w = wr_init(pdu, sizeof pdu);

    wr_u8(&w, SMP_SECURITY_REQUEST);
    wr_u8(&w, own_auth_req(&smp->setup));
    const int error = smp_send(smp, &w);
    if (error)
        return error;
    smp->asked = true;
    smp_restart_timer(smp);
    return 0;
}

static int respond(struct smp *smp)
{
    const struct smp_setup *setup = &smp->setup;
    const struct features asked = read_features(smp->run.preq);
    const uint8_t auth_req = own_auth_req(setup);
    const bool sc = auth_req & asked.auth_req & SMP_AUTH_SC;
    const struct features f = {
        .io_capability = setup->config.io_capability,
        .oob = sc ? setup->oob_sc : setup->oob_legacy,
        .auth_req = auth_req,
        .max_key_size = max_key_size(setup),
        .initiator_keys = asked.initiator_keys & own_keys(setup, setup->config.accept_keys),
        .responder_keys = asked.responder_keys & own_keys(setup, setup->config.send_keys),
    };

    write_features(smp->run.pres, SMP_PAIRING_RESPONSE, &f);
    int error = agree(smp);
    if (!error)
        error = send_features(smp, smp->run.pres);
    return error ? error : begin_phase_2(smp);
}

/*
 * The owner's answer, if he has not asked for this pairing himself. He may let time pass: then the
 * peer may have given up, and what it sent meanwhile was refused.
 */
static bool decide(struct smp *smp, const struct features *f)
{
    const bool asked = smp->asked;

    smp->asked = false;
    if (asked)
        return true;
    struct smp_setup setup = {.required_level = 0};
    smp->state = SMP_DECIDING;
    smp->error = 0;
    smp_restart_timer(smp);
    const bool accepted =
        smp->ops->requested(smp->user, bonding(f), f->auth_req & SMP_AUTH_MITM, &setup);
    if (smp->freed)
        return false;
    smp->state = SMP_IDLE;
    smp->setup = setup;
    return accepted;
}

int smp_request_received(struct smp *smp, struct rd *r)
{
    uint8_t preq[SMP_PDU_SIZE] = {SMP_PAIRING_REQUEST};
    const sim_ns now = clock_now(smp->clock);

    rd_copy(r, preq + 1, SMP_PDU_SIZE - 1);
    const struct features f = read_features(preq);
    const int error = check_range(&f);
    if (error)
        return error;
    if (!smp_attempts_allow(&smp->attempts, now))
        return smp_refusal(SMP_REASON_REPEATED_ATTEMPTS);
    smp->error = 0;
    const bool accepted = decide(smp, &f);
    const int meanwhile = smp->error;
    if (!accepted) {
        clock_cancel(smp->clock, &smp->timeout);
        return smp->freed || meanwhile ? 0 : smp_refusal(SMP_REASON_PAIRING_NOT_SUPPORTED);
    }
    smp->state = SMP_WAIT_CONFIRM;
    if (meanwhile) {
        smp_end(smp, meanwhile);
        return 0;
    }
    memcpy(smp->run.preq, preq, sizeof preq);
    if (!smp_setup_valid(&smp->setup))
        return smp_refusal(SMP_REASON_UNSPECIFIED_REASON);
    return respond(smp);
}
