/* SPDX-License-Identifier: MIT */
/*
 * What the server keeps of a bonded client (Core v5.4, Vol 3, Part G, 2.5.2, 3.3.3.3, 7.2): its
 * CCCDs, its features, and the hash of the database that it knows. Whoever is at the other end of a
 * link that is not encrypted may only make use of it; it is kept when the link is encrypted.
 */
#include "att.h"
#include "gatt_db.h"

static struct blr_bond *bond_of(const struct att_bearer *bearer)
{
    const struct att_security *security = bearer->config.security;

    return security ? security->bond(bearer->config.conn) : NULL;
}

/* A descriptor that is at that handle no more has gone with its service. */
static void restore_cccd(struct att_bearer *bearer, const struct blr_bond_cccd *kept)
{
    struct blr_attribute *attr = gatt_db_find(bearer->config.db, kept->handle);

    if (attr && attr->kind == GATT_CCCD && gatt_server_reserve_cccds(bearer, 1) == 0)
        gatt_server_set_cccd(bearer, attr->value, kept->bits);
}

static bool database_is_new(const struct att_bearer *bearer, const struct blr_bond *bond)
{
    static const uint8_t unknown[sizeof bond->database_hash] = {0};
    uint8_t hash[sizeof bond->database_hash];

    if (memcmp(bond->database_hash, unknown, sizeof unknown) == 0)
        return false;
    return gatt_db_hash(bearer->config.db, hash) != 0 ||
           memcmp(hash, bond->database_hash, sizeof hash) != 0;
}

static void restore(struct att_bearer *bearer, const struct blr_bond *bond)
{
    struct gatt_server *server = &bearer->server;

    server->restored = true;
    server->features |= bond->client_features;
    for (unsigned i = 0; i < bond->cccd_count; i++)
        restore_cccd(bearer, &bond->cccds[i]);
    server->dirty = false;
    if (!bond->unaware && !database_is_new(bearer, bond))
        return;
    server->unaware = true;
    if (gatt_server_cccd(bearer, bearer->config.db->service_changed) & GATT_CCCD_INDICATION) {
        server->changed_start = 0x0001; /* nobody remembers where (7.1) */
        server->changed_end = 0xFFFF;
    }
}

static void keep_cccds(const struct gatt_server *server, struct blr_bond *bond)
{
    bond->cccd_count = 0;
    for (size_t i = 0; i < server->cccd_count; i++) {
        const struct gatt_cccd *cccd = &server->cccds[i];
        const struct blr_attribute *descriptor = cccd->value->next;
        if (bond->cccd_count == BLR_BOND_MAX_CCCDS)
            return;
        bond->cccds[bond->cccd_count++] =
            (struct blr_bond_cccd){.handle = descriptor->handle, .bits = cccd->bits};
    }
}

static void keep(struct att_bearer *bearer, struct blr_bond *bond)
{
    struct gatt_server *server = &bearer->server;
    uint8_t hash[sizeof bond->database_hash];

    server->dirty = false;
    bond->client_features = server->features;
    bond->unaware = server->unaware;
    if (!server->unaware && gatt_db_hash(bearer->config.db, hash) == 0)
        memcpy(bond->database_hash, hash, sizeof hash);
    keep_cccds(server, bond);
}

void gatt_bond_save(struct att_bearer *bearer)
{
    const struct att_security *security = bearer->config.security;

    if (!bearer->server.dirty || bearer->closed || !security ||
        !security->encrypted(bearer->config.conn))
        return;
    struct blr_bond *bond = bond_of(bearer);
    if (!bond)
        return;
    keep(bearer, bond);
    security->bond_changed(bearer->config.conn);
}

void gatt_bond_identified(struct att_bearer *bearer)
{
    const struct blr_bond *bond = bearer ? bond_of(bearer) : NULL;

    if (bond && !bearer->server.restored)
        restore(bearer, bond);
}

void gatt_bond_encrypted(struct att_bearer *bearer)
{
    gatt_bond_identified(bearer);
    if (bearer)
        gatt_bond_save(bearer);
}

void gatt_bond_made(struct att_bearer *bearer)
{
    struct blr_bond *bond = bearer ? bond_of(bearer) : NULL;

    if (!bond)
        return;
    bearer->server.restored = true;
    keep(bearer, bond);
}
