/* SPDX-License-Identifier: MIT */
/*
 * Signed writes (Core v5.4, Vol 3, Part F, 3.3.1, 3.4.5.4; Part C, 10.4; Part H, 2.4.5): instead of
 * encrypting a link, a command is signed with a key of the bond and a counter that never comes
 * again. On an encrypted link nothing is signed.
 */
#include "att_server.h"
#include "wire/smp_crypto.h"

enum { MAC_SIZE = 8 };

/* SignCounter and MAC behind a message. BLR_ERR_NO_MEMORY. */
static int sign(const uint8_t csrk[static 16], uint32_t counter, struct wr *w)
{
    uint8_t mac[MAC_SIZE];
    const int error = smp_sign(csrk, w->p, w->len, counter, mac);

    wr_u32(w, counter);
    wr_bytes(w, mac, sizeof mac);
    return error;
}

static bool signed_by(const uint8_t csrk[static 16], uint32_t counter, struct rd message,
                      const uint8_t mac[static MAC_SIZE])
{
    uint8_t whole[BLR_GATT_MAX_MTU], expected[MAC_SIZE];
    struct wr w = wr_init(whole, sizeof whole);
    const size_t len = rd_left(&message);

    wr_u8(&w, ATT_OP_SIGNED_WRITE_CMD);
    wr_bytes(&w, rd_bytes(&message, len), len);
    return smp_sign(csrk, whole, w.len, counter, expected) == 0 &&
           memcmp(expected, mac, sizeof expected) == 0;
}

bool gatt_signed_verify(struct att_bearer *bearer, struct rd *r)
{
    const struct att_security *security = bearer->config.security;
    struct blr_conn *conn = bearer->config.conn;
    struct blr_bond *bond = security ? security->bond(conn) : NULL;
    const struct rd message = rd_sub(r, rd_left(r) - GATT_SIGNATURE_SIZE);
    const uint32_t counter = rd_u32(r);
    const uint8_t *mac = rd_bytes(r, MAC_SIZE);

    if (!bond || !bond->theirs.has_csrk || security->encrypted(conn))
        return false;
    /* The last counter of all would leave no next. */
    if (counter < bond->theirs.sign_counter || counter == UINT32_MAX ||
        !signed_by(bond->theirs.csrk, counter, message, mac))
        return false;
    bond->theirs.sign_counter = counter + 1;
    security->bond_changed(conn);
    return true;
}

/* The counter is used up before the command goes, so that it is never used again. */
static int write_signed(struct att_bearer *bearer, struct blr_bond *bond, struct wr *w)
{
    struct blr_bond_keys *ours = &bond->ours;

    if (!ours->has_csrk || ours->sign_counter == UINT32_MAX)
        return BLR_ERR_STATE;
    if (wr_left(w) < GATT_SIGNATURE_SIZE)
        return BLR_ERR_TOO_LONG;
    const int error = sign(ours->csrk, ours->sign_counter, w);
    if (error)
        return error;
    ours->sign_counter++;
    bearer->config.security->bond_changed(bearer->config.conn);
    return att_bearer_send(bearer, ATT_SEND_UNBOUND, w->p, w->len);
}

int blr_gatt_write_signed(struct blr_conn *conn, uint16_t handle, const uint8_t *value, size_t len)
{
    struct att_bearer *bearer = conn_att_bearer(conn);
    uint8_t pdu[BLR_GATT_MAX_MTU];

    if (!bearer)
        return BLR_ERR_NOT_CONNECTED;
    const struct att_security *security = bearer->config.security;
    if (security && security->encrypted(conn))
        return blr_gatt_write_without_response(conn, handle, value, len);
    struct blr_bond *bond = security ? security->bond(conn) : NULL;
    if (!bond)
        return BLR_ERR_STATE;
    struct wr w = wr_init(pdu, bearer->mtu);
    wr_u8(&w, ATT_OP_SIGNED_WRITE_CMD);
    wr_u16(&w, handle);
    wr_bytes(&w, value, len);
    return wr_ok(&w) ? write_signed(bearer, bond, &w) : BLR_ERR_TOO_LONG;
}
