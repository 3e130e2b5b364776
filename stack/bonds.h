/* SPDX-License-Identifier: MIT */
/*
 * Bonds from inside: the host's list of them (bonds.c), and as text (bond_text.c; bond_parse.c).
 */
#ifndef STACK_BONDS_H
#define STACK_BONDS_H

#include "blueroom/bond.h"

enum { HOST_MAX_BONDS = 256 }; /* that a pairing may add; an import as many as it likes */

struct bond_entry {
    struct blr_bond bond; /* first: a bond is its entry */
    struct bond_entry *next;
};

struct host_bonds {
    struct bond_entry *first;
    size_t count;
    const struct blr_bond_store *store;
    void *store_user;
    char *text; /* for the store; grows */
    size_t text_size;
};

void bonds_fini(struct blr_host *host);
/* For changes, to be followed by bonds_changed(). */
struct blr_bond *bonds_find(const struct blr_host *host, const struct bd_addr *identity);
/*
 * Adds a copy, or replaces the one of that identity in its place. BLR_ERR_NO_MEMORY, also when
 * there are too many.
 */
int bonds_put(struct blr_host *host, const struct blr_bond *bond) BLR_MUST_CHECK;
/* Tells the store, and the controller. */
void bonds_changed(struct blr_host *host);

/* Parses a text: a list that the caller frees; nothing of it on an error. */
int bond_parse(const char *text, size_t len, struct bond_entry **list,
               struct blr_bond_trouble *trouble) BLR_MUST_CHECK;
void bond_list_free(struct bond_entry *list);

/*
 * The first line of a text, and what the last holds behind its name: the CRC of everything before
 * it (wire/crc24.h), preset as for advertising.
 */
#define BOND_TEXT_FIRST "blueroom_bonds = 1\n"
uint32_t bond_checksum(const char *text, size_t len);

#endif
