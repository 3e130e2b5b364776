/* SPDX-License-Identifier: MIT */
#include "host_internal.h"

#include "wire/ll.h"

#include <string.h>

/* Peer_Identity_Address of the entry by which undirected advertising gets its addresses. */
static const struct bd_addr nobody = {.type = BD_ADDR_PUBLIC};

bool privacy_by_controller(const struct blr_host *host)
{
    const struct privacy *privacy = &host->privacy;

    return (host->le_features >> LL_FEATURE_PRIVACY & 1) && !privacy->by_host && !privacy->broken;
}

/* --- the list as it shall be --- */

/*
 * False: there is nothing that the list could do for this bond, nor is there if its peer goes by
 * the identity that has an entry of another meaning.
 */
static bool entry_of_bond(struct blr_host *host, const struct blr_bond *bond,
                          struct privacy_entry *entry)
{
    if (bd_addr_equal(&bond->identity, &nobody))
        return false;
    *entry = (struct privacy_entry){.identity = bond->identity, .mode = bond->privacy_mode};
    if (bond->theirs.has_irk)
        memcpy(entry->peer_irk, bond->theirs.irk, sizeof entry->peer_irk);
    if (host->privacy.on)
        memcpy(entry->local_irk, bond->ours.has_irk ? bond->ours.irk : security_irk(host),
               sizeof entry->local_irk);
    return bond->theirs.has_irk || host->privacy.on;
}

static struct privacy_entry entry_of_nobody(struct blr_host *host)
{
    struct privacy_entry entry = {.identity = nobody, .mode = BLR_NETWORK_PRIVACY};

    memcpy(entry.local_irk, security_irk(host), sizeof entry.local_irk);
    return entry;
}

/* Identity and keys; the mode is changed without taking the entry out. */
static bool same_keys(const struct privacy_entry *a, const struct privacy_entry *b)
{
    return bd_addr_equal(&a->identity, &b->identity) &&
           memcmp(a->peer_irk, b->peer_irk, sizeof a->peer_irk) == 0 &&
           memcmp(a->local_irk, b->local_irk, sizeof a->local_irk) == 0;
}

static bool shall_be(struct blr_host *host, const struct privacy_entry *entry)
{
    struct privacy_entry wanted;

    if (!privacy_by_controller(host))
        return false;
    if (bd_addr_equal(&entry->identity, &nobody)) {
        if (!host->privacy.on)
            return false;
        wanted = entry_of_nobody(host);
        return same_keys(entry, &wanted);
    }
    const struct blr_bond *bond = blr_bond_find(host, &entry->identity);
    return bond && entry_of_bond(host, bond, &wanted) && same_keys(entry, &wanted);
}

/* --- the list as it is --- */

static struct privacy_entry *find(struct privacy *privacy, const struct bd_addr *identity)
{
    for (unsigned i = 0; i < privacy->entry_count; i++) {
        if (bd_addr_equal(&privacy->entries[i].identity, identity))
            return &privacy->entries[i];
    }
    return NULL;
}

bool privacy_has_entry(const struct blr_host *host, const struct bd_addr *identity)
{
    const struct privacy *privacy = &host->privacy;

    for (unsigned i = 0; i < privacy->entry_count; i++) {
        if (bd_addr_equal(&privacy->entries[i].identity, identity))
            return privacy->resolves && !privacy->entries[i].refused;
    }
    return false;
}

static unsigned in_controller(const struct privacy *privacy)
{
    unsigned count = 0;

    for (unsigned i = 0; i < privacy->entry_count; i++)
        count += !privacy->entries[i].refused;
    return count;
}

static void drop(struct privacy *privacy, const struct bd_addr *identity)
{
    struct privacy_entry *entry = find(privacy, identity);

    if (entry)
        *entry = privacy->entries[--privacy->entry_count];
}

/* --- what is to be told --- */

static enum privacy_task removal(struct blr_host *host)
{
    struct privacy *privacy = &host->privacy;

    for (unsigned i = 0; i < privacy->entry_count;) {
        privacy->entry = privacy->entries[i];
        if (shall_be(host, &privacy->entry))
            i++;
        else if (privacy->entry.refused)
            drop(privacy, &privacy->entry.identity);
        else
            return PRIVACY_REMOVE;
    }
    return PRIVACY_NOTHING;
}

/* What this entry, which shall be, still wants. */
static enum privacy_task wish(struct blr_host *host, const struct privacy_entry *wanted)
{
    struct privacy *privacy = &host->privacy;
    const struct privacy_entry *entry = find(privacy, &wanted->identity);

    privacy->entry = *wanted;
    if (!entry)
        return privacy->entry_count < PRIVACY_ENTRIES &&
                       in_controller(privacy) < privacy->list_size
                   ? PRIVACY_ADD
                   : PRIVACY_NOTHING;
    return entry->mode != wanted->mode && !entry->refused && privacy->has_modes ? PRIVACY_SET_MODE
                                                                                : PRIVACY_NOTHING;
}

static enum privacy_task addition(struct blr_host *host)
{
    struct privacy_entry wanted;
    enum privacy_task task = PRIVACY_NOTHING;

    if (!privacy_by_controller(host))
        return task;
    if (host->privacy.on) {
        wanted = entry_of_nobody(host);
        task = wish(host, &wanted);
    }
    for (const struct blr_bond *bond = blr_bond_next(host, NULL); bond && task == PRIVACY_NOTHING;
         bond = blr_bond_next(host, bond)) {
        if (entry_of_bond(host, bond, &wanted))
            task = wish(host, &wanted);
    }
    return task;
}

static bool takes(const struct privacy_own *own, bool live, uint8_t *kind)
{
    if (live && own->random != PRIVACY_RANDOM_ANY)
        *kind = own->random;
    return live && own->random != PRIVACY_RANDOM_ANY;
}

/* What whoever advertises, scans or connects takes; privacy_choose() sees to it that they agree. */
static uint8_t wanted_random(const struct blr_host *host)
{
    uint8_t kind = PRIVACY_RANDOM_ANY;

    if (!takes(&host->adv.own, gap_switch_live(&host->adv.sw), &kind) &&
        !takes(&host->scan.own, gap_switch_live(&host->scan.sw), &kind))
        (void)takes(&host->connect.own, host->connect.state != GAP_CONNECT_IDLE, &kind);
    return kind;
}

static enum privacy_task new_random(struct blr_host *host)
{
    struct privacy *privacy = &host->privacy;
    const uint8_t kind = wanted_random(host);

    if (kind == PRIVACY_RANDOM_ANY || privacy->random_error)
        return PRIVACY_NOTHING;
    if (kind == privacy->random_kind && (!privacy->stale || kind == PRIVACY_RANDOM_IDENTITY))
        return PRIVACY_NOTHING;
    privacy->new_kind = kind;
    return PRIVACY_SET_RANDOM;
}

enum privacy_task privacy_next(struct blr_host *host)
{
    struct privacy *privacy = &host->privacy;
    enum privacy_task task = removal(host);

    if (task == PRIVACY_NOTHING)
        task = addition(host);
    if (task == PRIVACY_NOTHING && privacy_by_controller(host) && privacy->on &&
        privacy->controller_timeout_s != privacy->timeout_s)
        task = PRIVACY_SET_TIMEOUT;
    if (task == PRIVACY_NOTHING && privacy->resolves != (in_controller(privacy) > 0))
        task = PRIVACY_RESOLVE;
    if (task == PRIVACY_NOTHING)
        task = new_random(host);
    privacy->task = task;
    return task;
}

/* --- telling --- */

static void wr_identity(struct wr *w, const struct bd_addr *identity)
{
    wr_u8(w, identity->type);
    wr_addr_octets(w, identity);
}

static void submit(struct blr_host *host, const struct wr *w)
{
    hci_command_submit(&host->driver, &host->privacy.command, w);
}

/* One that cannot be made is one that the controller does not take. */
static void send_random(struct blr_host *host)
{
    struct privacy *privacy = &host->privacy;
    const int error = privacy_draw(host, privacy->new_kind, &privacy->new_random);

    if (error) {
        privacy->random_error = error;
        privacy->new_random = privacy->random;
    }
    struct wr w = hci_command_begin(&privacy->command, HCI_OP_LE_SET_RANDOM_ADDRESS);
    wr_addr_octets(&w, &privacy->new_random);
    submit(host, &w);
}

void privacy_send(struct blr_host *host)
{
    struct privacy *privacy = &host->privacy;
    const struct privacy_entry *entry = &privacy->entry;
    struct wr w;

    switch (privacy->task) {
    case PRIVACY_NOTHING:
        break;
    case PRIVACY_REMOVE:
        w = hci_command_begin(&privacy->command, HCI_OP_LE_REMOVE_DEVICE_FROM_RESOLVING_LIST);
        wr_identity(&w, &entry->identity);
        submit(host, &w);
        break;
    case PRIVACY_ADD:
        w = hci_command_begin(&privacy->command, HCI_OP_LE_ADD_DEVICE_TO_RESOLVING_LIST);
        wr_identity(&w, &entry->identity);
        wr_reversed(&w, entry->peer_irk, sizeof entry->peer_irk);
        wr_reversed(&w, entry->local_irk, sizeof entry->local_irk);
        submit(host, &w);
        break;
    case PRIVACY_SET_MODE:
        w = hci_command_begin(&privacy->command, HCI_OP_LE_SET_PRIVACY_MODE);
        wr_identity(&w, &entry->identity);
        wr_u8(&w, entry->mode);
        submit(host, &w);
        break;
    case PRIVACY_SET_TIMEOUT:
        w = hci_command_begin(&privacy->command, HCI_OP_LE_SET_RESOLVABLE_PRIVATE_ADDRESS_TIMEOUT);
        wr_u16(&w, privacy->timeout_s);
        submit(host, &w);
        break;
    case PRIVACY_RESOLVE:
        w = hci_command_begin(&privacy->command, HCI_OP_LE_SET_ADDRESS_RESOLUTION_ENABLE);
        wr_u8(&w, !privacy->resolves);
        submit(host, &w);
        break;
    case PRIVACY_SET_RANDOM:
        send_random(host);
        break;
    }
}

/* A new entry is of network privacy mode (7.8.77). */
static void added(struct privacy *privacy, int error)
{
    struct privacy_entry *entry = &privacy->entries[privacy->entry_count++];

    *entry = privacy->entry;
    entry->mode = BLR_NETWORK_PRIVACY;
    entry->refused = error != 0;
}

static void random_set(struct blr_host *host, int error)
{
    struct privacy *privacy = &host->privacy;

    if (error)
        privacy->random_error = error;
    if (!privacy->random_error) {
        privacy->random = privacy->new_random;
        privacy->random_kind = privacy->new_kind;
        privacy->stale = false;
    }
    if (privacy->random_kind == PRIVACY_RANDOM_IDENTITY)
        clock_cancel(host->clock, &privacy->renew);
    else
        clock_arm(host->clock, &privacy->renew,
                  clock_now(host->clock) + SIM_S((sim_ns)privacy->timeout_s));
}

/*
 * What the controller refuses is not asked again: an entry stays out and its bond is resolved by
 * the host, a mode stays what it was, and without resolution the host does everything.
 */
void privacy_answered(struct blr_host *host, int error)
{
    struct privacy *privacy = &host->privacy;
    struct privacy_entry *entry;

    switch (privacy->task) {
    case PRIVACY_NOTHING:
        break;
    case PRIVACY_REMOVE:
        drop(privacy, &privacy->entry.identity);
        break;
    case PRIVACY_ADD:
        added(privacy, error);
        break;
    case PRIVACY_SET_MODE:
        entry = find(privacy, &privacy->entry.identity);
        if (entry)
            entry->mode = privacy->entry.mode;
        break;
    case PRIVACY_SET_TIMEOUT:
        privacy->controller_timeout_s = privacy->timeout_s;
        break;
    case PRIVACY_RESOLVE:
        if (error && !privacy->resolves) {
            privacy->broken = true;
            for (unsigned i = 0; i < privacy->entry_count; i++)
                privacy->entries[i].refused = true;
        } else {
            privacy->resolves = !privacy->resolves;
        }
        break;
    case PRIVACY_SET_RANDOM:
        random_set(host, error);
        break;
    }
}
