/* SPDX-License-Identifier: MIT */
/* What ATT and GATT ask of a link's security (att_bearer.h). */
#include "host_internal.h"
#include "wire/att.h"

static uint8_t lack(const struct blr_conn *conn, uint8_t level, uint8_t key_size)
{
    switch (security_lack(conn, level, key_size)) {
    case SECURITY_ENOUGH:
        return 0;
    case SECURITY_LACKS_AUTHENTICATION:
        return ATT_ERR_INSUFFICIENT_AUTHENTICATION;
    case SECURITY_LACKS_ENCRYPTION:
        return ATT_ERR_INSUFFICIENT_ENCRYPTION;
    case SECURITY_LACKS_KEY_SIZE:
        return ATT_ERR_ENCRYPTION_KEY_SIZE_TOO_SHORT;
    }
    return ATT_ERR_INSUFFICIENT_AUTHENTICATION;
}

static struct blr_bond *bond(const struct blr_conn *conn)
{
    return bonds_find(conn->host, &conn->identity);
}

static void bond_changed(const struct blr_conn *conn)
{
    bonds_changed(conn->host);
}

/*
 * Part C, 10.3.2: without a key a link is paired, with one encrypted; if that was not enough, it is
 * paired again for the next level.
 */
static int raise(struct blr_conn *conn, uint8_t code, att_security_cb *cb, void *user)
{
    const uint8_t level = (uint8_t)blr_conn_security(conn);

    if (!conn->host->security.config.automatic)
        return BLR_ERR_UNSUPPORTED;
    if (level == BLR_SECURITY_AUTHENTICATED_SC ||
        (code == ATT_ERR_INSUFFICIENT_ENCRYPTION && conn->security.encrypted))
        return BLR_ERR_STATE;
    return security_ask(conn, CALLER_CLIENT, SECURITY_RAISE, level + 1, cb, user);
}

static int encrypt(struct blr_conn *conn, uint8_t level, uint8_t key_size, att_security_cb *cb,
                   void *user)
{
    struct security_key key;

    if (conn->security.encrypted || !security_bond_key(conn, &key) ||
        security_level_of(&key) < level || key.size < key_size)
        return BLR_ERR_STATE;
    return security_ask(conn, CALLER_SERVER, SECURITY_RAISE, level, cb, user);
}

const struct att_security security_att = {
    .encrypted = blr_conn_encrypted,
    .lack = lack,
    .bond = bond,
    .bond_changed = bond_changed,
    .raise = raise,
    .encrypt = encrypt,
};
