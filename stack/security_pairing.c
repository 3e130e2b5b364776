/* SPDX-License-Identifier: MIT */
/*
 * Between the Security Manager Protocol and the host (Core v5.4, Vol 3, Part H, 2.3, 2.4; Part C,
 * 10.3, 10.5).
 *
 * A pairing may not leave less than there is: where a bond is authenticated, it must be
 * authenticated again, by Secure Connections if the bond is by these, and with a key no shorter. So
 * nobody gets rid of a bond by claiming its address, not even when this host has asked for
 * security. An application that wants it otherwise asks for a new pairing, or deletes the bond.
 */
#include "host_internal.h"

static struct blr_host *host_of(const struct blr_conn *conn)
{
    return conn->host;
}

/* --- what a pairing goes by --- */

static void keep_strength(const struct blr_conn *conn, struct smp_setup *setup)
{
    const struct blr_bond *bond = bonds_find(conn->host, &conn->identity);

    if (!bond || !bond->authenticated)
        return;
    const struct security_key key = {
        .size = bond->key_size,
        .authenticated = true,
        .secure_connections = bond->secure_connections,
    };
    if (security_level_of(&key) > setup->required_level)
        setup->required_level = security_level_of(&key);
    if (key.size > setup->config.min_key_size)
        setup->config.min_key_size = key.size;
}

static void fill_setup(struct blr_conn *conn, bool mitm, uint8_t level, struct smp_setup *setup)
{
    const struct host_security *security = &host_of(conn)->security;

    *setup = (struct smp_setup){
        .config = security->config,
        .mitm = mitm || security->config.mitm,
        .required_level = level,
        .own = conn->own_air,
        .peer = conn->peer_air,
        .identity = *blr_host_address(conn->host),
    };
    if (security->config.only_secure_connections)
        setup->required_level = BLR_SECURITY_AUTHENTICATED_SC;
    security_fill_secrets(conn, setup);
}

static bool may_pair(const struct blr_host *host)
{
    return host->random && !host->security.config.refuse;
}

static int start(struct blr_conn *conn, const struct smp_setup *setup)
{
    struct clock *clock = host_of(conn)->clock;
    struct smp *smp = security_smp(conn);

    if (!smp)
        return BLR_ERR_NO_MEMORY;
    const int error = smp_pair(smp, setup);
    if (!error && conn->role == BLR_PERIPHERAL) {
        conn->security.state = WAIT_SECURITY_OF_CENTRAL;
        clock_arm(clock, &conn->security.timeout, clock_now(clock) + SECURITY_TIMEOUT);
    }
    return error;
}

int security_pair(struct blr_conn *conn, uint8_t level, bool anew)
{
    struct smp_setup setup;

    if (!may_pair(conn->host))
        return BLR_ERR_UNSUPPORTED;
    conn->security.anew = anew;
    fill_setup(conn, level >= BLR_SECURITY_AUTHENTICATED, level, &setup);
    if (!anew)
        keep_strength(conn, &setup);
    return start(conn, &setup);
}

/* --- what the protocol asks and tells; `user` is the connection --- */

static void draw(void *user, uint8_t *out, size_t len)
{
    security_draw(host_of(user), out, len);
}

static const struct blr_security_listener *listener_of(const struct blr_conn *conn, void **user)
{
    static const struct blr_security_listener nobody = {0};
    const struct host_security *security = &host_of(conn)->security;

    *user = security->listener_user;
    return security->listener ? security->listener : &nobody;
}

/* What the application says to a pairing that the peer wants. */
static bool welcome(struct blr_conn *conn, bool bonding, bool mitm)
{
    void *user;
    const struct blr_security_listener *listener = listener_of(conn, &user);

    if (!may_pair(conn->host))
        return false;
    if (!listener->requested)
        return true;
    conn_hold(conn);
    const bool wanted = listener->requested(conn, bonding, mitm, user) && !conn->closed;
    conn_release(conn);
    return wanted;
}

static bool requested(void *user, bool bonding, bool mitm, struct smp_setup *setup)
{
    struct blr_conn *conn = user;

    conn->security.anew = false;
    conn_hold(conn);
    const bool wanted = welcome(conn, bonding, mitm);
    if (wanted) {
        fill_setup(conn, false, 0, setup);
        keep_strength(conn, setup);
    }
    conn_release(conn);
    return wanted;
}

static uint8_t reason_of(int error)
{
    return error == BLR_ERR_SMP(SMP_REASON_REPEATED_ATTEMPTS) ? SMP_REASON_REPEATED_ATTEMPTS
                                                              : SMP_REASON_UNSPECIFIED_REASON;
}

static uint8_t pair_for_peer(struct blr_conn *conn, uint8_t auth_req)
{
    const bool mitm = auth_req & SMP_AUTH_MITM;
    struct smp_setup setup;

    conn->security.anew = false;
    if (!welcome(conn, auth_req & SMP_AUTH_BONDING_MASK, mitm))
        return conn->closed ? 0 : SMP_REASON_PAIRING_NOT_SUPPORTED;
    if (security_busy(conn)) /* the application had the same idea */
        return 0;
    fill_setup(conn, mitm, 0, &setup);
    keep_strength(conn, &setup);
    const int error = start(conn, &setup);
    return error ? reason_of(error) : 0;
}

/* 2.4.6: with a key that suffices the link is encrypted, else there is a pairing. */
static uint8_t security_requested(void *user, uint8_t auth_req)
{
    struct blr_conn *conn = user;
    const uint8_t level =
        auth_req & SMP_AUTH_MITM ? BLR_SECURITY_AUTHENTICATED : BLR_SECURITY_ENCRYPTED;
    struct security_key key;

    if (conn->security.encrypted && blr_conn_security(conn) >= level)
        return 0;
    if (security_busy(conn)) /* what runs is the answer */
        return 0;
    if (security_bond_key(conn, &key) && security_level_of(&key) >= level)
        return security_encrypt(conn, &key) ? SMP_REASON_UNSPECIFIED_REASON : 0;
    conn_hold(conn);
    const uint8_t reason = pair_for_peer(conn, auth_req);
    conn_release(conn);
    return reason;
}

static void display_passkey(void *user, uint32_t passkey)
{
    void *whom;
    const struct blr_security_listener *listener = listener_of(user, &whom);

    if (listener->display_passkey)
        listener->display_passkey(user, passkey, whom);
}

static void enter_passkey(void *user)
{
    void *whom;
    struct blr_conn *conn = user;
    const struct blr_security_listener *listener = listener_of(conn, &whom);

    if (listener->enter_passkey)
        listener->enter_passkey(conn, whom);
    else
        (void)!smp_fail(conn->security.smp, SMP_REASON_PASSKEY_ENTRY_FAILED);
}

static void compare(void *user, uint32_t value)
{
    void *whom;
    struct blr_conn *conn = user;
    const struct blr_security_listener *listener = listener_of(conn, &whom);

    if (listener->compare)
        listener->compare(conn, value, whom);
    else
        (void)!smp_confirm(conn->security.smp, false);
}

static void keypress(void *user, uint8_t type)
{
    void *whom;
    const struct blr_security_listener *listener = listener_of(user, &whom);

    if (listener->keypress)
        listener->keypress(user, type, whom);
}

static void encrypt(void *user, const uint8_t value[static 16], uint8_t size)
{
    struct blr_conn *conn = user;
    const struct blr_pairing pairing = smp_pairing(conn->security.smp);
    struct security_key key = {
        .size = size,
        .authenticated = pairing.authenticated,
        .secure_connections = pairing.secure_connections,
        .of_pairing = true,
    };

    memcpy(key.value, value, sizeof key.value);
    if (conn->role == BLR_PERIPHERAL) {
        conn->security.pairing_key = key;
        conn->security.has_pairing_key = true;
    } else if (security_encrypt(conn, &key)) {
        (void)!smp_fail(conn->security.smp, SMP_REASON_UNSPECIFIED_REASON);
    }
}

/* --- the end --- */

static bool weaker(const struct blr_pairing *pairing, const struct blr_bond *bond)
{
    if (pairing->authenticated != bond->authenticated)
        return bond->authenticated;
    if (!bond->authenticated)
        return false;
    return pairing->key_size < bond->key_size ||
           (bond->secure_connections && !pairing->secure_connections);
}

/*
 * The peer says that it is somebody who has a stronger bond. What the application asked for was a
 * new pairing with the peer that it knew to be at the other end, not with any other.
 */
static bool claims_too_much(const struct blr_conn *conn, const struct smp_outcome *outcome)
{
    const struct bd_addr *claimed =
        outcome->has_identity ? &outcome->bond.identity : &conn->identity;
    const struct blr_bond *present = bonds_find(conn->host, claimed);
    const bool meant = conn->security.anew && bd_addr_equal(claimed, &conn->identity);

    return present && !meant && weaker(&outcome->pairing, present);
}

/* False: it could not be kept. */
static bool keep_bond(struct blr_conn *conn, const struct smp_outcome *outcome)
{
    struct blr_host *host = conn->host;
    struct blr_bond bond = outcome->bond;

    if (!outcome->has_identity)
        bond.identity = conn->identity;
    const struct blr_bond *present = bonds_find(host, &bond.identity);
    bond.secure_connections = outcome->pairing.secure_connections;
    bond.authenticated = outcome->pairing.authenticated;
    bond.key_size = outcome->pairing.key_size;
    bond.privacy_mode = present ? present->privacy_mode : (uint8_t)privacy_default_mode(host);
    if (bonds_put(host, &bond))
        return false;
    conn->identity = bond.identity;
    gatt_bond_made(conn->att);
    bonds_changed(host);
    return true;
}

static void take_outcome(struct blr_conn *conn, const struct smp_outcome *outcome,
                         struct blr_pairing *pairing)
{
    const struct bd_addr before = conn->identity;
    const bool believed = !claims_too_much(conn, outcome);
    struct security_key key;

    *pairing = outcome->pairing;
    if (pairing->method == BLR_OOB)
        security_oob_used(conn->host);
    if (pairing->bonded)
        pairing->bonded = believed && keep_bond(conn, outcome);
    conn->identity = before;
    if (outcome->has_identity && believed)
        security_identified(conn, &outcome->bond.identity);
    conn->security.in_use.of_bond = pairing->bonded && security_bond_key(conn, &key);
}

static void finished(void *user, int error, const struct smp_outcome *outcome)
{
    struct blr_conn *conn = user;
    struct conn_security *security = &conn->security;
    struct blr_pairing pairing;
    void *whom;

    security->has_pairing_key = false;
    if (security->state == WAIT_SECURITY_OF_CENTRAL) {
        security->state = SECURITY_IDLE;
        clock_cancel(host_of(conn)->clock, &security->timeout);
    }
    conn_hold(conn);
    if (!error)
        take_outcome(conn, outcome, &pairing);
    const struct blr_security_listener *listener = listener_of(conn, &whom);
    if (listener->finished)
        listener->finished(conn, error, error ? NULL : &pairing, whom);
    if (!error && !conn->closed)
        gatt_server_secured(conn->att);
    if (!conn->closed)
        security_over(conn, error, !error);
    conn_release(conn);
}

static const struct smp_ops ops = {
    .random = draw,
    .requested = requested,
    .security_requested = security_requested,
    .display_passkey = display_passkey,
    .enter_passkey = enter_passkey,
    .compare = compare,
    .keypress = keypress,
    .encrypt = encrypt,
    .finished = finished,
};

/* --- the channel --- */

/* Who failed is not let off by making another link (2.3.6). */
static struct security_attempts *attempts_of(const struct blr_conn *conn)
{
    struct host_security *security = &host_of(conn)->security;

    for (unsigned i = 0; i < SECURITY_ATTEMPTS; i++) {
        if (bd_addr_equal(&security->attempts[i].peer, &conn->identity))
            return &security->attempts[i];
    }
    return NULL;
}

struct smp *security_smp(struct blr_conn *conn)
{
    struct conn_security *security = &conn->security;
    const struct security_attempts *attempts = attempts_of(conn);

    if (security->smp || conn->closed)
        return security->smp;
    security->smp = smp_new(conn->host->clock, conn->role == BLR_CENTRAL, &ops, conn);
    if (!security->smp)
        return NULL;
    if (attempts)
        smp_set_attempts(security->smp, &attempts->attempts);
    struct l2cap_channel *channel = smp_channel(security->smp);
    channel->cid = channel->peer_cid = L2CAP_CID_SMP;
    l2cap_channel_plug(conn, channel);
    return security->smp;
}

static void refuse(struct blr_conn *conn, enum smp_reason reason)
{
    uint8_t answer[2];
    struct wr w = wr_init(answer, sizeof answer);

    wr_u8(&w, SMP_PAIRING_FAILED);
    wr_u8(&w, (uint8_t)reason);
    l2cap_answer(conn, L2CAP_CID_SMP, &w);
}

/*
 * Before there is a pairing, only the two that ask for one need one (3.5.5); everything else would
 * be part of it, or an answer, and gets none.
 */
bool security_smp_received(struct blr_conn *conn, const uint8_t *sdu, size_t len)
{
    struct rd r = rd_init(sdu, len);
    const uint8_t code = rd_u8(&r);

    if (conn->security.smp)
        return true;
    if (code != SMP_PAIRING_REQUEST && code != SMP_SECURITY_REQUEST)
        conn->host->counters.dropped_pdus++;
    else if (!may_pair(conn->host))
        refuse(conn, SMP_REASON_PAIRING_NOT_SUPPORTED);
    else if (!security_smp(conn))
        refuse(conn, SMP_REASON_UNSPECIFIED_REASON);
    else
        return true;
    return false;
}

static void keep_attempts(struct blr_conn *conn)
{
    struct host_security *security = &conn->host->security;
    struct security_attempts *place = attempts_of(conn);

    if (!place)
        place = &security->attempts[security->next_attempts++ % SECURITY_ATTEMPTS];
    place->peer = conn->identity;
    place->attempts = smp_attempts(conn->security.smp);
}

void security_pairing_closed(struct blr_conn *conn, int error)
{
    struct smp *smp = conn->security.smp;

    if (!smp)
        return;
    smp_closed(smp, error);
    if (smp_attempts(smp).failures || attempts_of(conn))
        keep_attempts(conn);
    l2cap_channel_unplug(conn, smp_channel(smp));
    conn->security.smp = NULL;
    smp_free(smp);
}

/* --- what the application answers --- */

int blr_security_fail(struct blr_conn *conn, uint8_t reason)
{
    struct smp *smp = conn->security.smp;

    return smp && smp_running(smp) ? smp_fail(smp, reason) : BLR_ERR_STATE;
}

int blr_security_enter_passkey(struct blr_conn *conn, uint32_t passkey)
{
    if (passkey > SMP_PASSKEY_MAX)
        return BLR_ERR_INVALID;
    return conn->security.smp ? smp_enter_passkey(conn->security.smp, passkey) : BLR_ERR_STATE;
}

int blr_security_confirm(struct blr_conn *conn, bool equal)
{
    return conn->security.smp ? smp_confirm(conn->security.smp, equal) : BLR_ERR_STATE;
}

int blr_security_keypress(struct blr_conn *conn, uint8_t type)
{
    return conn->security.smp ? smp_keypress(conn->security.smp, type) : BLR_ERR_STATE;
}
