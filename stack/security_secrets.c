/* SPDX-License-Identifier: MIT */
/*
 * What pairings are made of besides random numbers (Core v5.4, Vol 3, Part H, 2.3.5.6). Drawn are:
 * the IRK (16 octets) before the first pairing; before each a CSRK (16), and then what smp.h says;
 * for out of band data the private key (32), r (16) and the temporary key (16).
 */
#include "host_internal.h"
#include "wire/smp_crypto.h"

void security_draw(struct blr_host *host, uint8_t *out, size_t len)
{
    host->random(host->random_user, out, len);
}

/* Drawn when it is needed first. What bonded peers have been given is not another one now. */
const uint8_t *security_irk(struct blr_host *host)
{
    struct host_security *security = &host->security;
    const struct blr_bond *bond = NULL;

    if (security->fixes_irk)
        return security->fixed_irk;
    if (security->has_irk)
        return security->irk;
    while ((bond = blr_bond_next(host, bond)) && !bond->ours.has_irk)
        ;
    if (bond)
        memcpy(security->irk, bond->ours.irk, sizeof security->irk);
    else
        security_draw(host, security->irk, sizeof security->irk);
    security->has_irk = true;
    return security->irk;
}

/* A key for signing is each peer's own, so that none of them can sign for another. */
static void fill_csrk(struct blr_host *host, uint8_t csrk[static 16])
{
    if (host->security.fixes_csrk)
        memcpy(csrk, host->security.fixed_csrk, 16);
    else
        security_draw(host, csrk, 16);
}

/*
 * A temporary key is of use to both; here to its maker, if he has heard nothing from the peer. The
 * flag of the request is the same for both kinds of pairing, so that of Secure Connections counts
 * where they are possible.
 */
static void fill_oob(const struct host_security *security, struct smp_setup *setup)
{
    if (security->has_ours)
        setup->oob_ours = security->ours;
    if (security->has_theirs) {
        setup->oob_theirs = security->theirs;
        setup->oob_legacy = security->theirs.legacy;
        setup->oob_sc = security->theirs.secure_connections;
    } else if (security->has_ours && !security->config.secure_connections) {
        setup->oob_theirs.legacy = true;
        memcpy(setup->oob_theirs.tk, security->ours.tk, sizeof setup->oob_theirs.tk);
        setup->oob_legacy = true;
    }
}

void security_fill_secrets(struct blr_conn *conn, struct smp_setup *setup)
{
    struct host_security *security = &conn->host->security;

    memcpy(setup->irk, security_irk(conn->host), sizeof setup->irk);
    fill_csrk(conn->host, setup->csrk);
    fill_oob(security, setup);
    if (security->has_ours)
        setup->private_key = security->oob_private_key;
    else if (security->fixes_private_key && !security->config.use_debug_key)
        setup->private_key = security->fixed_private_key;
    if (security->fixes_random)
        setup->random = security->fixed_random;
    if (security->has_pin)
        setup->passkey = &security->pin;
    else if (security->fixes_passkey)
        setup->passkey = &security->fixed_passkey;
}

/* --- out of band --- */

void security_oob_used(struct blr_host *host)
{
    struct host_security *security = &host->security;

    security->has_ours = security->has_theirs = false;
    memset(security->oob_private_key, 0, sizeof security->oob_private_key);
    memset(&security->ours, 0, sizeof security->ours);
    memset(&security->theirs, 0, sizeof security->theirs);
}

/* The debug key is no random number, so that none is fixed in its place. */
static int choose_private_key(struct blr_host *host, uint8_t key[static 32])
{
    const struct host_security *security = &host->security;

    if (security->config.use_debug_key)
        memcpy(key, crypto_p256_debug_private, 32);
    else if (security->fixes_private_key)
        memcpy(key, security->fixed_private_key, 32);
    else
        return smp_draw_private_key(host->random, host->random_user, key);
    return 0;
}

static int commit(struct blr_host *host, struct blr_oob *oob, const uint8_t key[static 32])
{
    uint8_t public_key[CRYPTO_P256_POINT_SIZE];

    if (host->security.fixes_random)
        memcpy(oob->r, host->security.fixed_random, sizeof oob->r);
    else
        security_draw(host, oob->r, sizeof oob->r);
    const int error = crypto_p256_public(key, public_key);
    return error ? error : smp_f4(public_key, public_key, oob->r, 0, oob->c);
}

int blr_security_make_oob(struct blr_host *host, struct blr_oob *oob)
{
    struct host_security *security = &host->security;
    struct blr_oob made = {.legacy = true, .secure_connections = true};
    uint8_t key[32];

    if (!host->random)
        return BLR_ERR_UNSUPPORTED;
    int error = choose_private_key(host, key);
    if (!error)
        error = commit(host, &made, key);
    if (error)
        return error;
    security_draw(host, made.tk, sizeof made.tk);
    memcpy(security->oob_private_key, key, sizeof key);
    security->ours = made;
    security->has_ours = true;
    *oob = made;
    return 0;
}

void blr_security_take_oob(struct blr_host *host, const struct blr_oob *oob)
{
    host->security.has_theirs = oob != NULL;
    host->security.theirs = oob ? *oob : (struct blr_oob){0};
}

/* --- the PIN --- */

/* False: not 1 to 6 decimal digits. */
static bool read_pin(const char *text, uint32_t *pin)
{
    const size_t len = strlen(text);

    *pin = 0;
    if (len == 0 || len > 6)
        return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return false;
        *pin = 10 * *pin + (uint32_t)(*text - '0');
    }
    return true;
}

int blr_security_show_pin(struct blr_host *host, const char *text)
{
    struct host_security *security = &host->security;
    uint32_t pin;

    if (!text) {
        security->has_pin = false;
        return 0;
    }
    if (!read_pin(text, &pin))
        return BLR_ERR_INVALID;
    security->has_pin = true;
    security->pin = pin;
    security->config.mitm = true;
    security->config.io_capability = SMP_IO_DISPLAY_ONLY;
    return 0;
}

int blr_security_set_pin(struct blr_host *host, const char *text)
{
    const int error = blr_security_show_pin(host, text);

    if (error || !text)
        return error;
    blr_bond_delete_all(host);
    for (struct blr_conn *conn = host->conns; conn; conn = conn->next) {
        /* Before the link has ended, what runs could still come to a bond by the old PIN. */
        (void)!blr_security_fail(conn, SMP_REASON_UNSPECIFIED_REASON);
        (void)!blr_gap_disconnect(conn, HCI_ERR_REMOTE_USER_TERMINATED_CONNECTION);
    }
    /* What is stopping already, or not up, needs no stop. */
    if (blr_gap_advertising(host) || gap_switch_busy(&host->adv.sw))
        (void)!blr_gap_advertise_stop(host, NULL, NULL);
    return 0;
}

/* --- what a test fixes --- */

static bool copy(uint8_t *to, const uint8_t *from, size_t len)
{
    if (from)
        memcpy(to, from, len);
    return from != NULL;
}

int blr_security_fix(struct blr_host *host, const struct blr_security_fixed *fixed)
{
    struct host_security *s = &host->security;

    if (fixed->private_key && !crypto_p256_private_valid(fixed->private_key))
        return BLR_ERR_INVALID;
    if (fixed->passkey && *fixed->passkey > SMP_PASSKEY_MAX)
        return BLR_ERR_INVALID;
    s->fixes_private_key = copy(s->fixed_private_key, fixed->private_key, 32);
    s->fixes_random = copy(s->fixed_random, fixed->random, 16);
    s->fixes_irk = copy(s->fixed_irk, fixed->irk, 16);
    s->fixes_csrk = copy(s->fixed_csrk, fixed->csrk, 16);
    s->fixes_passkey = fixed->passkey != NULL;
    if (fixed->passkey)
        s->fixed_passkey = *fixed->passkey;
    privacy_irk_changed(host);
    return 0;
}
