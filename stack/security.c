/* SPDX-License-Identifier: MIT */
#include "host_internal.h"

/* --- configuration --- */

struct blr_security_config blr_security_config_default(void)
{
    const uint8_t keys = SMP_DIST_ENC_KEY | SMP_DIST_ID_KEY | SMP_DIST_SIGN_KEY;

    return (struct blr_security_config){
        .io_capability = SMP_IO_NO_INPUT_NO_OUTPUT,
        .bonding = true,
        .secure_connections = true,
        .min_key_size = SMP_MIN_KEY_OCTETS,
        .max_key_size = SMP_MAX_KEY_OCTETS,
        .send_keys = keys,
        .accept_keys = keys,
    };
}

static bool config_valid(const struct blr_security_config *config)
{
    const uint8_t keys = SMP_DIST_ENC_KEY | SMP_DIST_ID_KEY | SMP_DIST_SIGN_KEY | SMP_DIST_LINK_KEY;

    if (config->io_capability > SMP_IO_KEYBOARD_DISPLAY)
        return false;
    if (config->min_key_size < SMP_MIN_KEY_OCTETS || config->max_key_size > SMP_MAX_KEY_OCTETS ||
        config->min_key_size > config->max_key_size)
        return false;
    if (config->only_secure_connections && !config->secure_connections)
        return false;
    return !(config->send_keys & ~keys) && !(config->accept_keys & ~keys);
}

int blr_security_configure(struct blr_host *host, const struct blr_security_config *config)
{
    struct blr_security_config full = *config;

    if (full.min_key_size == 0)
        full.min_key_size = SMP_MIN_KEY_OCTETS;
    if (full.max_key_size == 0)
        full.max_key_size = SMP_MAX_KEY_OCTETS;
    if (!config_valid(&full))
        return BLR_ERR_INVALID;
    host->security.config = full;
    return 0;
}

const struct blr_security_config *blr_security_config_of(const struct blr_host *host)
{
    return &host->security.config;
}

void blr_security_listen(struct blr_host *host, const struct blr_security_listener *listener,
                         void *user)
{
    host->security.listener = listener;
    host->security.listener_user = user;
}

void security_init(struct blr_host *host)
{
    host->security.config = blr_security_config_default();
}

void security_fini(struct blr_host *host)
{
    bonds_fini(host);
}

/* --- what is told --- */

void security_tell_changed(struct blr_conn *conn, int error)
{
    const struct blr_security_listener *listener = conn->host->security.listener;

    if (listener && listener->changed)
        listener->changed(conn, error, conn->host->security.listener_user);
}

void security_identified(struct blr_conn *conn, const struct bd_addr *identity)
{
    conn->identified = true;
    if (bd_addr_equal(&conn->identity, identity))
        return;
    conn->identity = *identity;
    gatt_bond_identified(conn->att);
    security_tell_identified(conn);
}

void security_tell_identified(struct blr_conn *conn)
{
    const struct blr_security_listener *listener = conn->host->security.listener;

    if (listener && listener->identified)
        listener->identified(conn, conn->host->security.listener_user);
}

/* --- who waits --- */

static void call_over(struct blr_conn *conn, struct security_call *call, int error)
{
    struct clock *clock = conn->host->clock;

    call->over = true;
    call->error = error;
    if (!timer_armed(&conn->security.tell))
        clock_arm(clock, &conn->security.tell, clock_now(clock));
}

static void tell(struct blr_conn *conn, struct security_call *call, int error)
{
    const struct security_call over = *call;

    *call = (struct security_call){0};
    if (over.cb)
        over.cb(conn, error, over.user);
}

/* Never from within the call that begins something (blueroom/host.h). */
static void tell_all(void *user)
{
    struct blr_conn *conn = user;

    conn_hold(conn);
    for (unsigned i = 0; i < SECURITY_CALLERS && !conn->closed; i++) {
        struct security_call *call = &conn->security.calls[i];
        if (call->over)
            tell(conn, call, call->error);
    }
    conn_release(conn);
}

bool security_busy(const struct blr_conn *conn)
{
    const struct conn_security *security = &conn->security;

    return security->state != SECURITY_IDLE || (security->smp && smp_running(security->smp));
}

static int begin_refresh(struct blr_conn *conn)
{
    struct security_key bond;

    /* Of legacy pairing the peer may have forgotten the short term key, when there is an LTK. */
    if (security_bond_key(conn, &bond) &&
        security_level_of(&bond) >= security_level_of(&conn->security.in_use))
        return security_encrypt(conn, &bond);
    if (conn->security.in_use.of_bond) /* which has been deleted */
        return BLR_ERR_STATE;
    return security_encrypt(conn, &conn->security.in_use);
}

static int begin_raise(struct blr_conn *conn, uint8_t level)
{
    struct security_key bond;

    if (conn->role == BLR_CENTRAL && security_bond_key(conn, &bond) &&
        security_level_of(&bond) >= level)
        return security_encrypt(conn, &bond);
    return security_pair(conn, level, false);
}

static int begin(struct blr_conn *conn, struct security_call *call)
{
    call->begun = true;
    switch (call->wish) {
    case SECURITY_RAISE:
        return begin_raise(conn, call->level);
    case SECURITY_PAIR:
        return security_pair(conn, 0, true);
    case SECURITY_REFRESH:
        return begin_refresh(conn);
    }
    return BLR_ERR_INVALID;
}

static bool reached(const struct blr_conn *conn, const struct security_call *call, bool paired)
{
    switch (call->wish) {
    case SECURITY_RAISE:
        return blr_conn_security(conn) >= call->level;
    case SECURITY_PAIR: /* a central that encrypts with its bond has answered as well */
        return paired || conn->role == BLR_PERIPHERAL;
    case SECURITY_REFRESH:
        return true;
    }
    return true;
}

static void begin_or_fail(struct blr_conn *conn, struct security_call *call)
{
    const int error = begin(conn, call);

    if (error)
        call_over(conn, call, error);
}

void security_over(struct blr_conn *conn, int error, bool paired)
{
    for (unsigned i = 0; i < SECURITY_CALLERS; i++) {
        struct security_call *call = &conn->security.calls[i];
        if (!call->active || call->over)
            continue;
        if (!error && reached(conn, call, paired))
            call_over(conn, call, 0);
        else if (call->begun || error)
            call_over(conn, call,
                      error ? error : BLR_ERR_SMP(SMP_REASON_AUTHENTICATION_REQUIREMENTS));
        else if (!security_busy(conn))
            begin_or_fail(conn, call);
    }
}

static int check(const struct blr_conn *conn, const struct security_call *call)
{
    if (conn->closed)
        return BLR_ERR_NOT_CONNECTED;
    if (conn->host->state != HOST_UP)
        return BLR_ERR_STATE;
    return call->active ? BLR_ERR_BUSY : 0;
}

int security_ask(struct blr_conn *conn, enum security_caller caller, enum security_wish wish,
                 uint8_t level, blr_security_cb *cb, void *user)
{
    struct security_call *call = &conn->security.calls[caller];
    int error = check(conn, call);

    if (error)
        return error;
    *call = (struct security_call){
        .active = true, .wish = wish, .level = level, .cb = cb, .user = user};
    if (wish == SECURITY_RAISE && blr_conn_security(conn) >= level) {
        call_over(conn, call, 0);
        return 0;
    }
    if (security_busy(conn))
        return 0;
    error = begin(conn, call);
    if (error)
        *call = (struct security_call){0};
    return error;
}

int blr_security_raise(struct blr_conn *conn, enum blr_security_level level, blr_security_cb *cb,
                       void *user)
{
    const int error = check(conn, &conn->security.calls[CALLER_APPLICATION]);

    if (error)
        return error;
    if (level < BLR_SECURITY_NONE || level > BLR_SECURITY_AUTHENTICATED_SC)
        return BLR_ERR_INVALID;
    if (security_busy(conn))
        return BLR_ERR_BUSY;
    return security_ask(conn, CALLER_APPLICATION, SECURITY_RAISE, (uint8_t)level, cb, user);
}

int blr_security_pair(struct blr_conn *conn, blr_security_cb *cb, void *user)
{
    const int error = check(conn, &conn->security.calls[CALLER_APPLICATION]);

    if (error)
        return error;
    if (security_busy(conn))
        return BLR_ERR_BUSY;
    return security_ask(conn, CALLER_APPLICATION, SECURITY_PAIR, 0, cb, user);
}

int blr_security_refresh(struct blr_conn *conn, blr_security_cb *cb, void *user)
{
    const int error = check(conn, &conn->security.calls[CALLER_APPLICATION]);

    if (error)
        return error;
    if (conn->role != BLR_CENTRAL || !conn->security.encrypted)
        return BLR_ERR_STATE;
    if (security_busy(conn))
        return BLR_ERR_BUSY;
    return security_ask(conn, CALLER_APPLICATION, SECURITY_REFRESH, 0, cb, user);
}

/* The central has not done what it was asked for, or the controller says nothing. */
static void timed_out(void *user)
{
    struct blr_conn *conn = user;

    conn->security.state = SECURITY_IDLE;
    if (!security_busy(conn))
        security_over(conn, BLR_ERR_TIMEOUT, false);
}

void security_conn_init(struct blr_conn *conn)
{
    timer_init(&conn->security.timeout, timed_out, conn);
    timer_init(&conn->security.tell, tell_all, conn);
    security_link_init(conn);
}

void security_conn_closed(struct blr_conn *conn, int error)
{
    struct conn_security *security = &conn->security;

    clock_cancel(conn->host->clock, &security->timeout);
    security_link_fail(conn);
    security_pairing_closed(conn, error);
    clock_cancel(conn->host->clock, &security->tell);
    for (unsigned i = 0; i < SECURITY_CALLERS; i++) {
        struct security_call *call = &security->calls[i];
        if (call->active)
            tell(conn, call, call->over ? call->error : error);
    }
}

/* --- the link as it is --- */

enum blr_security_level blr_conn_security(const struct blr_conn *conn)
{
    return conn->security.encrypted
               ? (enum blr_security_level)security_level_of(&conn->security.in_use)
               : BLR_SECURITY_NONE;
}

uint8_t blr_conn_key_size(const struct blr_conn *conn)
{
    return conn->security.encrypted ? conn->security.in_use.size : 0;
}

bool blr_conn_encrypted(const struct blr_conn *conn)
{
    return conn->security.encrypted;
}

bool blr_conn_bonded(const struct blr_conn *conn)
{
    return bonds_find(conn->host, &conn->identity) != NULL;
}

const struct bd_addr *blr_conn_identity(const struct blr_conn *conn)
{
    return &conn->identity;
}
