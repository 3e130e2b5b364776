/* SPDX-License-Identifier: MIT */
/*
 * Bonds: what two devices remember of a pairing (Core v5.4, Vol 3, Part C, 9.4), by the identity of
 * the peer. A host keeps them in memory; whoever wants them to last gives it a store.
 */
#ifndef BLUEROOM_BOND_H
#define BLUEROOM_BOND_H

#include "blueroom/gap.h"

#define BLR_BOND_MAX_CCCDS 32

/* What one end has distributed. Octets most significant first; of Secure Connections ediv is 0. */
struct blr_bond_keys {
    bool has_ltk, has_irk, has_csrk;
    uint8_t ltk[16]; /* masked to the key size */
    uint16_t ediv;
    uint8_t rand[8];
    uint8_t irk[16];
    uint8_t csrk[16];
    uint32_t sign_counter; /* ours: the next to send; the peer's: the least that is accepted */
};

struct blr_bond_cccd {
    uint16_t handle, bits;
};

struct blr_bond {
    struct bd_addr identity;
    bool secure_connections, authenticated;
    uint8_t key_size;
    /*
     * Legacy: `ours` encrypts when this host is the peripheral, `theirs` when it is the central.
     * Secure Connections: the same LTK in both.
     */
    struct blr_bond_keys ours, theirs;
    uint8_t privacy_mode; /* enum blr_privacy_mode */
    /* What the peer has configured as a client of our GATT server (Part G, 2.4). */
    uint8_t client_features;
    bool unaware;              /* of a change of the database */
    uint8_t database_hash[16]; /* of the database that it knew (Part G, 7.3), as it is sent */
    uint8_t cccd_count;
    struct blr_bond_cccd cccds[BLR_BOND_MAX_CCCDS];
};

/* In the order in which they were made. NULL: no more. Valid until a bond comes or goes. */
const struct blr_bond *blr_bond_next(const struct blr_host *host, const struct blr_bond *bond);
const struct blr_bond *blr_bond_find(const struct blr_host *host, const struct bd_addr *identity);
/*
 * Forgets a bond; a link to that peer stays as it is, but will not be encrypted with it again.
 * BLR_ERR_NOT_FOUND.
 */
int blr_bond_delete(struct blr_host *host, const struct bd_addr *identity) BLR_MUST_CHECK;
void blr_bond_delete_all(struct blr_host *host);

/*
 * One bond, or all of them, as text: lines of "name = value", documented in the README, the last of
 * them a checksum. Returns the length without the NUL that ends it; more than `size` - 1: it did
 * not fit, nothing was written.
 */
size_t blr_bond_export(const struct blr_bond *bond, char *text, size_t size);
size_t blr_bonds_export(const struct blr_host *host, char *text, size_t size);

/* What is wrong with a text, and where. */
struct blr_bond_trouble {
    unsigned line;    /* from 1 */
    const char *what; /* static */
};
/*
 * Adds the bonds of a text; one of the same identity is replaced. All or nothing:
 * BLR_ERR_MALFORMED, with *trouble filled in. BLR_ERR_NO_MEMORY.
 */
int blr_bonds_import(struct blr_host *host, const char *text, size_t len,
                     struct blr_bond_trouble *trouble) BLR_MUST_CHECK;

/*
 * A place where bonds last. `save` is handed the whole text whenever something has changed, and
 * answers 0 or why it could not keep it; that is told by `failed`, and the bonds stay in memory.
 */
struct blr_bond_store {
    int (*save)(void *user, const char *text, size_t len);
    void (*failed)(void *user, int error);
};
/* The store outlives the host; NULL: none. What it holds is to be imported before. */
void blr_bond_set_store(struct blr_host *host, const struct blr_bond_store *store, void *user);

#endif
