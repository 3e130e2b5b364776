/* SPDX-License-Identifier: MIT */
/*
 * Encryption of a link, as the controller does it for the host. A central begins; a peripheral is
 * asked for the key, and both hear how it went. Which key it was is what the level follows from, so
 * an Encryption Change for which there was none is not believed.
 */
#include "host_internal.h"

uint8_t security_level_of(const struct security_key *key)
{
    if (!key->authenticated)
        return BLR_SECURITY_ENCRYPTED;
    return key->secure_connections && key->size == SMP_MAX_KEY_OCTETS
               ? BLR_SECURITY_AUTHENTICATED_SC
               : BLR_SECURITY_AUTHENTICATED;
}

/* Part H, 2.4.4.2: legacy keys are those of whoever is the peripheral. */
bool security_bond_key(const struct blr_conn *conn, struct security_key *key)
{
    const struct blr_security_config *config = &conn->host->security.config;
    const struct blr_bond *bond = bonds_find(conn->host, &conn->identity);

    if (!bond)
        return false;
    const struct blr_bond_keys *keys = conn->role == BLR_CENTRAL ? &bond->theirs : &bond->ours;
    if (!keys->has_ltk)
        return false;
    *key = (struct security_key){
        .ediv = keys->ediv,
        .size = bond->key_size,
        .authenticated = bond->authenticated,
        .secure_connections = bond->secure_connections,
        .of_bond = true,
    };
    memcpy(key->value, keys->ltk, sizeof key->value);
    memcpy(key->rand, keys->rand, sizeof key->rand);
    /* It may have been made under a laxer configuration (Part C, 10.2.4). */
    if (config->only_secure_connections && security_level_of(key) != BLR_SECURITY_AUTHENTICATED_SC)
        return false;
    return key->size >= config->min_key_size;
}

enum security_lack security_lack(const struct blr_conn *conn, uint8_t level, uint8_t key_size)
{
    struct security_key key;

    if (level <= BLR_SECURITY_NONE && key_size == 0)
        return SECURITY_ENOUGH;
    if (!conn->security.encrypted)
        return security_bond_key(conn, &key) ? SECURITY_LACKS_ENCRYPTION
                                             : SECURITY_LACKS_AUTHENTICATION;
    if (blr_conn_security(conn) < level)
        return SECURITY_LACKS_AUTHENTICATION;
    return conn->security.in_use.size < key_size ? SECURITY_LACKS_KEY_SIZE : SECURITY_ENOUGH;
}

/* --- how it went --- */

static void encrypted(struct blr_conn *conn)
{
    struct conn_security *security = &conn->security;

    security->in_use = security->pending;
    security->encrypted = true;
    if (security->in_use.of_pairing)
        security->has_pairing_key = false;
    security->in_use.of_pairing = false;
}

/* `status` of HCI; of the key that is pending. */
static void over(struct blr_conn *conn, uint8_t status)
{
    struct conn_security *security = &conn->security;
    const bool of_pairing = security->pending.of_pairing;
    const int error = status ? BLR_ERR_HCI(status) : 0;

    security->has_pending = false;
    if (!status)
        encrypted(conn);
    /* What a peripheral has asked for may still come, by a pairing. */
    if (security->state == WAIT_ENCRYPTION_CHANGE || !status) {
        security->state = SECURITY_IDLE;
        clock_cancel(conn->host->clock, &security->timeout);
    }
    conn_hold(conn);
    if (!status && !of_pairing)
        gatt_bond_encrypted(conn->att);
    security_tell_changed(conn, error);
    /* While a pairing waits for its own key to be used, no other is of interest (smp.h). */
    if (!conn->closed && security->smp && (of_pairing || !security->has_pairing_key))
        smp_encrypted(security->smp, status);
    if (!conn->closed && !status)
        gatt_server_secured(conn->att);
    if (!conn->closed && !security_busy(conn))
        security_over(conn, error, false);
    conn_release(conn);
}

/* --- central: LE Enable Encryption (7.8.24) --- */

int security_encrypt(struct blr_conn *conn, const struct security_key *key)
{
    struct conn_security *security = &conn->security;
    struct clock *clock = conn->host->clock;

    if (security->command.pending || security->has_pending)
        return BLR_ERR_BUSY;
    security->pending = *key;
    security->has_pending = true;
    security->state = WAIT_ENCRYPTION_CHANGE;
    clock_arm(clock, &security->timeout, clock_now(clock) + SECURITY_TIMEOUT);
    struct wr w = hci_command_begin(&security->command, HCI_OP_LE_ENABLE_ENCRYPTION);
    wr_u16(&w, conn->handle);
    wr_reversed(&w, key->rand, sizeof key->rand);
    wr_u16(&w, key->ediv);
    wr_reversed(&w, key->value, sizeof key->value);
    hci_command_submit(&conn->host->driver, &security->command, &w);
    return 0;
}

static uint8_t status_of(int error)
{
    return error > BLR_ERR_BASE_HCI && error < BLR_ERR_BASE_ATT ? (uint8_t)(error & 0xFF)
                                                                : HCI_ERR_UNSPECIFIED_ERROR;
}

/* Encryption Change follows, unless it was refused. */
static void enable_answered(void *user, int error, struct rd *ret)
{
    struct blr_conn *conn = user;

    (void)ret;
    if (error && conn->security.has_pending)
        over(conn, status_of(error));
}

/* --- peripheral: LE Long Term Key Request (7.7.65.5, 7.8.25, 7.8.26) --- */

static bool names(const struct security_key *key, uint16_t ediv, const uint8_t rand[static 8])
{
    return key->ediv == ediv && memcmp(key->rand, rand, sizeof key->rand) == 0;
}

/*
 * Of the pairing that runs, once it has come to its key, and then no other: the keys that follow
 * are not to be told under an older one (Part H, 2.4.3). Else of one that made no bond, or of the
 * bond: whichever is meant.
 */
static bool find_key(const struct blr_conn *conn, uint16_t ediv, const uint8_t rand[static 8],
                     struct security_key *key)
{
    const struct conn_security *security = &conn->security;

    if (security->has_pairing_key)
        *key = security->pairing_key;
    else if (security->encrypted && !security->in_use.of_bond &&
             names(&security->in_use, ediv, rand))
        *key = security->in_use;
    else if (!security_bond_key(conn, key))
        return false;
    return names(key, ediv, rand);
}

static void reply(struct blr_conn *conn, const struct security_key *key)
{
    struct conn_security *security = &conn->security;
    struct wr w = hci_command_begin(&security->command, HCI_OP_LE_LONG_TERM_KEY_REQUEST_REPLY);

    security->pending = *key;
    security->has_pending = true;
    wr_u16(&w, conn->handle);
    wr_reversed(&w, key->value, sizeof key->value);
    hci_command_submit(&conn->host->driver, &security->command, &w);
}

static void reply_negatively(struct blr_conn *conn)
{
    struct conn_security *security = &conn->security;
    struct wr w =
        hci_command_begin(&security->command, HCI_OP_LE_LONG_TERM_KEY_REQUEST_NEGATIVE_REPLY);

    wr_u16(&w, conn->handle);
    hci_command_submit(&conn->host->driver, &security->command, &w);
}

void security_ltk_request(struct blr_host *host, struct rd *r)
{
    struct conn_security *security;
    struct security_key key;
    uint8_t rand[8];
    const uint16_t handle = rd_u16(r);
    rd_reversed(r, rand, sizeof rand);
    const uint16_t ediv = rd_u16(r);
    struct blr_conn *conn = conn_of_event(host, handle);

    if (!conn)
        return;
    security = &conn->security;
    /* A controller asks peripherals alone, and not again before it has its answer. */
    if (conn->role != BLR_PERIPHERAL || security->command.pending) {
        host->counters.unexpected_packets++;
        return;
    }
    if (find_key(conn, ediv, rand, &key))
        reply(conn, &key);
    else
        reply_negatively(conn);
}

/* The link may be gone meanwhile; else Encryption Change follows a key. */
static void reply_answered(void *user, int error, struct rd *ret)
{
    struct blr_conn *conn = user;
    const bool with_key = conn->security.command.opcode == HCI_OP_LE_LONG_TERM_KEY_REQUEST_REPLY;

    (void)ret;
    if (error && with_key && conn->security.has_pending)
        over(conn, status_of(error));
}

/* --- events --- */

/* The link has lost its encryption, which no LE controller should say of one that goes on. */
static void encryption_off(struct blr_conn *conn)
{
    if (!conn->security.encrypted) {
        conn->host->counters.unexpected_packets++;
        return;
    }
    conn->security.encrypted = false;
    security_tell_changed(conn, 0);
}

void security_encryption_change(struct blr_host *host, struct rd *r)
{
    const uint8_t status = rd_u8(r);
    const uint16_t handle = rd_u16(r);
    const uint8_t enabled = rd_u8(r);
    struct blr_conn *conn = conn_of_event(host, handle);

    if (!conn)
        return;
    if (enabled > 1)
        host->counters.malformed_packets++;
    else if (!status && !enabled)
        encryption_off(conn);
    else if (!conn->security.has_pending)
        host->counters.unexpected_packets++;
    else
        over(conn, status);
}

void security_key_refresh_complete(struct blr_host *host, struct rd *r)
{
    const uint8_t status = rd_u8(r);
    const uint16_t handle = rd_u16(r);
    struct blr_conn *conn = conn_of_event(host, handle);

    if (!conn)
        return;
    if (!conn->security.has_pending || !conn->security.encrypted)
        host->counters.unexpected_packets++;
    else
        over(conn, status);
}

void security_link_init(struct blr_conn *conn)
{
    hci_command_init(&conn->security.command,
                     conn->role == BLR_CENTRAL ? enable_answered : reply_answered, conn);
}

void security_link_fail(struct blr_conn *conn)
{
    conn->security.has_pending = conn->security.encrypted = false;
    hci_command_forget(&conn->host->driver, &conn->security.command);
}
