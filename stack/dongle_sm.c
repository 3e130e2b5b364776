/* SPDX-License-Identifier: MIT */
/*
 * BGAPI, class 5: the security manager. The bonds are the host's; here they have numbers. What the
 * host holds beyond BLR_DONGLE_BONDS, from a file that is not a dongle's, has none.
 */
#include "dongle_internal.h"

#include "blueroom/bond.h"
#include "blueroom/security.h"

enum {
    DEFAULT_KEY_SIZE = 7,
    /* Which keys a bond has, in bond_status. */
    KEY_LTK = 0x01,
    KEY_ADDRESS_PUBLIC = 0x02,
    KEY_ADDRESS_STATIC = 0x04,
    KEY_IRK = 0x08,
    KEY_EDIV_RAND = 0x10,
    KEY_CSRK = 0x20,
};

/* --- bonds --- */

uint8_t dongle_sm_bond_of(const struct blr_dongle *dongle, const struct bd_addr *identity)
{
    for (unsigned i = 0; i < BLR_DONGLE_BONDS; i++)
        if (dongle->bonds[i].used && bd_addr_equal(&dongle->bonds[i].identity, identity))
            return (uint8_t)i;
    return BGAPI_NO_BOND;
}

static bool has_room(const struct blr_dongle *dongle)
{
    for (unsigned i = 0; i < BLR_DONGLE_BONDS; i++)
        if (!dongle->bonds[i].used)
            return true;
    return false;
}

static void number_bond(struct blr_dongle *dongle, const struct bd_addr *identity)
{
    if (dongle_sm_bond_of(dongle, identity) != BGAPI_NO_BOND)
        return;
    for (unsigned i = 0; i < BLR_DONGLE_BONDS; i++) {
        struct dongle_bond *bond = &dongle->bonds[i];
        if (bond->used)
            continue;
        *bond = (struct dongle_bond){.used = true, .identity = *identity};
        return;
    }
}

/* The numbers follow what the host has. */
static void take_stock(struct blr_dongle *dongle)
{
    for (unsigned i = 0; i < BLR_DONGLE_BONDS; i++) {
        struct dongle_bond *bond = &dongle->bonds[i];
        bond->used = bond->used && blr_bond_find(dongle->host, &bond->identity);
    }
    for (const struct blr_bond *bond = NULL; (bond = blr_bond_next(dongle->host, bond));)
        number_bond(dongle, &bond->identity);
}

/* --- what pairings go by --- */

static int configure(struct blr_dongle *dongle, bool bonding)
{
    const struct dongle_security *security = &dongle->security;
    struct blr_security_config config = blr_security_config_default();

    config.io_capability = security->io_capability;
    config.mitm = security->mitm;
    config.min_key_size = security->min_key_size;
    config.bonding = bonding;
    config.secure_connections = false;
    return blr_security_configure(dongle->host, &config);
}

/* As a peer's own pairing finds it. */
static void configure_at_rest(struct blr_dongle *dongle)
{
    (void)!configure(dongle, dongle->security.bondable && has_room(dongle));
}

void dongle_sm_reset(struct blr_dongle *dongle)
{
    dongle->security = (struct dongle_security){
        .min_key_size = DEFAULT_KEY_SIZE,
        .io_capability = SMP_IO_NO_INPUT_NO_OUTPUT,
    };
    take_stock(dongle);
    configure_at_rest(dongle);
}

/* --- what the host tells --- */

static void tell_failed(struct blr_dongle *dongle, uint8_t number, uint16_t result)
{
    struct bgapi_fields event = {0};

    event.number[BGAPI_CONN] = number;
    event.number[BGAPI_RESULT] = result;
    dongle_tell(dongle, BGAPI_EVT_SM_BONDING_FAIL, &event);
}

void dongle_sm_refused(struct blr_dongle *dongle, const struct bgapi_fields *in, uint16_t result)
{
    tell_failed(dongle, (uint8_t)in->number[BGAPI_CONN], result);
}

static void display_passkey(struct blr_conn *conn, uint32_t passkey, void *user)
{
    const struct dongle_conn *c = blr_conn_user(conn);
    struct bgapi_fields event = {0};

    (void)user;
    if (!c)
        return;
    event.number[BGAPI_CONN] = c->number;
    event.number[BGAPI_PASSKEY] = passkey;
    dongle_tell(c->dongle, BGAPI_EVT_SM_PASSKEY_DISPLAY, &event);
}

static void enter_passkey(struct blr_conn *conn, void *user)
{
    const struct dongle_conn *c = blr_conn_user(conn);
    struct bgapi_fields event = {0};

    (void)user;
    if (!c)
        return;
    event.number[BGAPI_CONN] = c->number;
    dongle_tell(c->dongle, BGAPI_EVT_SM_PASSKEY_REQUEST, &event);
}

static void finished(struct blr_conn *conn, int error, const struct blr_pairing *pairing,
                     void *user)
{
    struct dongle_conn *c = blr_conn_user(conn);
    struct blr_dongle *dongle = user;

    take_stock(dongle);
    configure_at_rest(dongle);
    if (!c)
        return;
    if (error && !c->encrypting) {
        tell_failed(dongle, c->number, bgapi_result(error));
    } else if (!error && pairing->bonded) {
        c->announced = true;
        dongle_conn_tell_status(c, 0);
    }
}

static void changed(struct blr_conn *conn, int error, void *user)
{
    struct dongle_conn *c = blr_conn_user(conn);

    (void)user;
    if (!c || error)
        return;
    c->announced = true;
    dongle_conn_tell_status(c, 0);
}

void dongle_sm_listen(struct blr_dongle *dongle)
{
    static const struct blr_security_listener listener = {
        .display_passkey = display_passkey,
        .enter_passkey = enter_passkey,
        .finished = finished,
        .changed = changed,
    };

    blr_security_listen(dongle->host, &listener, dongle);
}

/* --- commands --- */

static void raised(struct blr_conn *conn, int error, void *user)
{
    struct dongle_conn *c = blr_conn_user(conn);

    (void)user;
    if (!c || !c->encrypting)
        return;
    c->encrypting = false;
    if (error)
        tell_failed(c->dongle, c->number, bgapi_result(error));
    else if (!c->announced)
        dongle_conn_tell_status(c, 0);
}

int dongle_encrypt_start(struct blr_dongle *dongle, const struct bgapi_fields *in,
                         struct bgapi_fields *out)
{
    const enum blr_security_level level =
        dongle->security.mitm ? BLR_SECURITY_AUTHENTICATED : BLR_SECURITY_ENCRYPTED;
    struct dongle_conn *c = dongle_conn_of(dongle, in);
    const bool bonding = in->number[BGAPI_BONDING] && dongle->security.bondable;
    const bool bonded = dongle_sm_bond_of(dongle, blr_conn_identity(c->conn)) != BGAPI_NO_BOND;

    (void)out;
    if (c->encrypting)
        return BGAPI_WRONG_STATE;
    if (bonding && !bonded && !has_room(dongle))
        return BGAPI_OUT_OF_BONDS;
    int error = configure(dongle, bonding);
    if (!error)
        error = blr_security_raise(c->conn, level, raised, dongle);
    c->encrypting = !error;
    c->announced = false;
    return bgapi_result(error);
}

int dongle_set_bondable_mode(struct blr_dongle *dongle, const struct bgapi_fields *in,
                             struct bgapi_fields *out)
{
    (void)out;
    if (in->number[BGAPI_BONDABLE] > 1)
        return BGAPI_INVALID_PARAMETER;
    dongle->security.bondable = in->number[BGAPI_BONDABLE];
    configure_at_rest(dongle);
    return BGAPI_OK;
}

int dongle_set_parameters(struct blr_dongle *dongle, const struct bgapi_fields *in,
                          struct bgapi_fields *out)
{
    const struct dongle_security before = dongle->security;

    (void)out;
    if (in->number[BGAPI_MITM] > 1 || in->number[BGAPI_MIN_KEY_SIZE] < 7 ||
        in->number[BGAPI_MIN_KEY_SIZE] > 16 ||
        in->number[BGAPI_IO_CAPABILITIES] > SMP_IO_KEYBOARD_DISPLAY)
        return BGAPI_INVALID_PARAMETER;
    dongle->security = (struct dongle_security){
        .bondable = before.bondable,
        .mitm = in->number[BGAPI_MITM],
        .min_key_size = (uint8_t)in->number[BGAPI_MIN_KEY_SIZE],
        .io_capability = (uint8_t)in->number[BGAPI_IO_CAPABILITIES],
    };
    configure_at_rest(dongle);
    return BGAPI_OK;
}

int dongle_passkey_entry(struct blr_dongle *dongle, const struct bgapi_fields *in,
                         struct bgapi_fields *out)
{
    const struct dongle_conn *c = dongle_conn_of(dongle, in);

    (void)out;
    return bgapi_result(blr_security_enter_passkey(c->conn, (uint32_t)in->number[BGAPI_PASSKEY]));
}

int dongle_delete_bonding(struct blr_dongle *dongle, const struct bgapi_fields *in,
                          struct bgapi_fields *out)
{
    const int64_t number = in->number[BGAPI_BOND];

    (void)out;
    if (number >= BLR_DONGLE_BONDS || !dongle->bonds[number].used)
        return BGAPI_INVALID_PARAMETER;
    const struct bd_addr identity = dongle->bonds[number].identity;
    const int error = blr_bond_delete(dongle->host, &identity);
    take_stock(dongle);
    configure_at_rest(dongle);
    return bgapi_result(error);
}

int dongle_get_bonds(struct blr_dongle *dongle, const struct bgapi_fields *in,
                     struct bgapi_fields *out)
{
    (void)in;
    take_stock(dongle);
    for (unsigned i = 0; i < BLR_DONGLE_BONDS; i++)
        out->number[BGAPI_COUNT] += dongle->bonds[i].used;
    return BGAPI_OK;
}

static uint8_t keys_of(const struct blr_bond *bond)
{
    const struct blr_bond_keys *keys = &bond->theirs;
    uint8_t set = bond->identity.type == BD_ADDR_PUBLIC ? KEY_ADDRESS_PUBLIC : KEY_ADDRESS_STATIC;

    if (keys->has_ltk)
        set |= bond->secure_connections ? KEY_LTK : KEY_LTK | KEY_EDIV_RAND;
    if (keys->has_irk)
        set |= KEY_IRK;
    if (keys->has_csrk)
        set |= KEY_CSRK;
    return set;
}

void dongle_sm_tell_bonds(struct blr_dongle *dongle, const struct bgapi_fields *in)
{
    (void)in;
    for (unsigned i = 0; i < BLR_DONGLE_BONDS; i++) {
        struct bgapi_fields event = {0};
        const struct blr_bond *bond =
            dongle->bonds[i].used ? blr_bond_find(dongle->host, &dongle->bonds[i].identity) : NULL;
        if (!bond)
            continue;
        event.number[BGAPI_BOND] = i;
        event.number[BGAPI_KEY_SIZE] = bond->key_size;
        event.number[BGAPI_MITM] = bond->authenticated;
        event.number[BGAPI_KEYS] = keys_of(bond);
        dongle_tell(dongle, BGAPI_EVT_SM_BOND_STATUS, &event);
    }
}
