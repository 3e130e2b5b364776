/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "host_internal.h"

struct blr_bond *bonds_find(const struct blr_host *host, const struct bd_addr *identity)
{
    struct bond_entry *entry = host->security.bonds.first;

    while (entry && !bd_addr_equal(&entry->bond.identity, identity))
        entry = entry->next;
    return entry ? &entry->bond : NULL;
}

const struct blr_bond *blr_bond_find(const struct blr_host *host, const struct bd_addr *identity)
{
    return bonds_find(host, identity);
}

const struct blr_bond *blr_bond_next(const struct blr_host *host, const struct blr_bond *bond)
{
    const struct bond_entry *entry = host->security.bonds.first;

    if (bond)
        entry = ((const struct bond_entry *)(const void *)bond)->next;
    return entry ? &entry->bond : NULL;
}

static void append(struct host_bonds *bonds, struct bond_entry *entry)
{
    struct bond_entry **end = &bonds->first;

    while (*end)
        end = &(*end)->next;
    entry->next = NULL;
    *end = entry;
    bonds->count++;
}

int bonds_put(struct blr_host *host, const struct blr_bond *bond)
{
    struct host_bonds *bonds = &host->security.bonds;
    struct blr_bond *present = bonds_find(host, &bond->identity);

    if (present) {
        *present = *bond;
        return 0;
    }
    if (bonds->count >= HOST_MAX_BONDS)
        return BLR_ERR_NO_MEMORY;
    struct bond_entry *entry = malloc(sizeof *entry);
    if (!entry)
        return BLR_ERR_NO_MEMORY;
    entry->bond = *bond;
    append(bonds, entry);
    return 0;
}

void bond_list_free(struct bond_entry *list)
{
    while (list) {
        struct bond_entry *next = list->next;
        free(list);
        list = next;
    }
}

int blr_bond_delete(struct blr_host *host, const struct bd_addr *identity)
{
    struct host_bonds *bonds = &host->security.bonds;
    struct bond_entry **at = &bonds->first;

    while (*at && !bd_addr_equal(&(*at)->bond.identity, identity))
        at = &(*at)->next;
    struct bond_entry *entry = *at;
    if (!entry)
        return BLR_ERR_NOT_FOUND;
    *at = entry->next;
    bonds->count--;
    free(entry);
    bonds_changed(host);
    return 0;
}

void blr_bond_delete_all(struct blr_host *host)
{
    struct host_bonds *bonds = &host->security.bonds;

    if (!bonds->first)
        return;
    bond_list_free(bonds->first);
    bonds->first = NULL;
    bonds->count = 0;
    bonds_changed(host);
}

int blr_bonds_import(struct blr_host *host, const char *text, size_t len,
                     struct blr_bond_trouble *trouble)
{
    struct bond_entry *list;
    const int error = bond_parse(text, len, &list, trouble);

    if (error)
        return error;
    if (!list)
        return 0;
    while (list) {
        struct bond_entry *entry = list;
        struct blr_bond *present = bonds_find(host, &entry->bond.identity);
        list = entry->next;
        if (present) {
            *present = entry->bond;
            free(entry);
        } else {
            append(&host->security.bonds, entry);
        }
    }
    bonds_changed(host);
    return 0;
}

/* --- the store --- */

void blr_bond_set_store(struct blr_host *host, const struct blr_bond_store *store, void *user)
{
    host->security.bonds.store = store;
    host->security.bonds.store_user = user;
}

/* Whole, in memory that is kept for the next time. */
static int write_text(struct blr_host *host, size_t *len)
{
    struct host_bonds *bonds = &host->security.bonds;

    *len = blr_bonds_export(host, bonds->text, bonds->text_size);
    if (*len < bonds->text_size)
        return 0;
    char *text = realloc(bonds->text, 2 * *len + 1);
    if (!text)
        return BLR_ERR_NO_MEMORY;
    bonds->text = text;
    bonds->text_size = 2 * *len + 1;
    *len = blr_bonds_export(host, text, bonds->text_size);
    return 0;
}

void bonds_changed(struct blr_host *host)
{
    struct host_bonds *bonds = &host->security.bonds;
    const struct blr_bond_store *store = bonds->store;
    size_t len;

    privacy_run(host);
    if (!store)
        return;
    int error = write_text(host, &len);
    if (!error)
        error = store->save(bonds->store_user, bonds->text, len);
    if (error && store->failed)
        store->failed(bonds->store_user, error);
}

void bonds_fini(struct blr_host *host)
{
    struct host_bonds *bonds = &host->security.bonds;

    bond_list_free(bonds->first);
    bonds->first = NULL;
    free(bonds->text);
    bonds->text = NULL;
}
