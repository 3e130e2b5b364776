/* SPDX-License-Identifier: MIT */
/*
 * What attributes ask of a link (Core v5.4, Vol 3, Part C, 10.3): as the server, who may have what;
 * as the client, what is done about a refusal.
 */
#include "att.h"
#include "gatt_db.h"

uint8_t gatt_security_lack(const struct att_bearer *bearer, uint8_t level, uint8_t key_size)
{
    const struct att_security *security = bearer->config.security;

    if (level <= BLR_SECURITY_NONE)
        return 0;
    return security ? security->lack(bearer->config.conn, level, key_size)
                    : ATT_ERR_INSUFFICIENT_AUTHENTICATION;
}

/* --- the server --- */

bool gatt_security_may_send(const struct att_bearer *bearer, const struct blr_attribute *value)
{
    return !gatt_security_lack(bearer, value->read_level, value->key_size);
}

static void encrypted(struct blr_conn *conn, int error, void *user)
{
    struct att_bearer *bearer = user;

    (void)conn;
    bearer->server.encrypting = false;
    if (bearer->closed)
        return;
    if (error)
        gatt_server_not_secured(bearer, error);
    else
        gatt_server_secured(bearer);
}

int gatt_security_encrypt(struct att_bearer *bearer, const struct blr_attribute *value)
{
    const struct att_security *security = bearer->config.security;

    if (bearer->server.encrypting)
        return 0;
    if (!security)
        return BLR_ERR_STATE;
    const int error = security->encrypt(bearer->config.conn, value->read_level, value->key_size,
                                        encrypted, bearer);
    bearer->server.encrypting = error == 0;
    return error;
}

/* --- the client --- */

static void raised(struct blr_conn *conn, int error, void *user)
{
    (void)conn;
    gatt_client_raised(user, error);
}

/* Each repetition with a level more than the last: three times at most. */
bool gatt_security_raise(struct att_bearer *bearer, uint8_t code)
{
    const struct att_security *security = bearer->config.security;
    struct gatt_op *op = bearer->client.ops.first;

    if (!security || op->cancelled || op->raised == BLR_SECURITY_AUTHENTICATED_SC - 1)
        return false;
    if (code != ATT_ERR_INSUFFICIENT_AUTHENTICATION && code != ATT_ERR_INSUFFICIENT_ENCRYPTION)
        return false;
    bearer->client.raising = true;
    if (security->raise(bearer->config.conn, code, raised, bearer)) {
        bearer->client.raising = false;
        return false;
    }
    op->raised++;
    op->refusal = code;
    return true;
}
