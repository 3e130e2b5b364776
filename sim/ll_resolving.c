/* SPDX-License-Identifier: MIT */
#include "ll_resolving.h"

#include <stdlib.h>
#include <string.h>

#include "ll_internal.h"

#define RPA_TIMEOUT_DEFAULT 0x0384 /* 7.8.45, in seconds */
#define RPA_TIMEOUT_MAX     0x0E10

#define KIND_STATIC 3 /* bd_addr_random_kind() */

/* ll_resolved.result */
enum {
    BY_NOTHING,
    BY_NOBODY,
    BY_FIRST_ENTRY,
};

void ll_resolving_init(struct ll *ll)
{
    ll_stream_init(ll, &ll->resolving.stream, "rpa");
    ll_resolving_reset(ll);
}

void ll_resolving_fini(struct ll *ll)
{
    free(ll->resolving.table);
}

void ll_resolving_reset(struct ll *ll)
{
    ll->resolving.count = 0;
    ll->resolving.enabled = false;
    ll->resolving.timeout_s = RPA_TIMEOUT_DEFAULT;
}

/* --- resolving --- */

/* Where the library has no memory, the address stays unresolved. */
static bool irk_resolves(const uint8_t irk[static SMP_KEY_SIZE], const struct bd_addr *address)
{
    bool resolved = false;

    return smp_rpa_resolves(irk, address, &resolved) == 0 && resolved;
}

static unsigned resolve(const struct ll_resolving *list, const struct bd_addr *address)
{
    const struct ll_resolving_entry *entry = list->table->entry;

    for (unsigned i = 0; i < list->count; i++) {
        if (entry[i].has_peer_irk && irk_resolves(entry[i].peer_irk, address))
            return BY_FIRST_ENTRY + i;
    }
    return BY_NOBODY;
}

/* Resolves what was not resolved of late. */
static unsigned result_for(struct ll_resolving *list, const struct bd_addr *address)
{
    const unsigned set = (address->octet[0] ^ address->octet[3]) % LL_RESOLVED_SETS;
    struct ll_resolved *way = list->table->resolved[set];

    for (unsigned i = 0; i < LL_RESOLVED_WAYS; i++) {
        if (way[i].result != BY_NOTHING &&
            memcmp(way[i].octet, address->octet, sizeof address->octet) == 0)
            return way[i].result;
    }
    uint8_t *oldest = &list->table->oldest[set];
    way += *oldest;
    *oldest = (uint8_t)((*oldest + 1) % LL_RESOLVED_WAYS);
    memcpy(way->octet, address->octet, sizeof address->octet);
    way->result = (uint16_t)resolve(list, address);
    return way->result;
}

static struct ll_resolving_entry *find_by_rpa(struct ll_resolving *list,
                                              const struct bd_addr *address)
{
    const unsigned result = result_for(list, address);

    return result == BY_NOBODY ? NULL : &list->table->entry[result - BY_FIRST_ENTRY];
}

struct ll_resolving_entry *ll_resolving_find(const struct ll *ll, const struct bd_addr *peer)
{
    const struct ll_resolving *list = &ll->resolving;

    for (unsigned i = 0; i < list->count; i++) {
        if (bd_addr_equal(&list->table->entry[i].peer, peer))
            return &list->table->entry[i];
    }
    return NULL;
}

struct ll_who ll_who_is(struct ll *ll, const struct bd_addr *address)
{
    struct ll_resolving *list = &ll->resolving;
    struct ll_who who = {.address = *address};

    if (list->count == 0)
        return who;
    if (!bd_addr_resolvable(address)) {
        who.entry = ll_resolving_find(ll, address);
        /* 4.7: whoever has given us an IRK and wants network privacy is known by RPAs alone. */
        who.refused = list->enabled && who.entry && who.entry->has_peer_irk &&
                      !who.entry->device_privacy;
        return who;
    }
    who.entry = list->enabled ? find_by_rpa(list, address) : NULL;
    if (who.entry) {
        who.address = who.entry->peer;
        who.resolved = true;
        who.entry->seen = true;
        memcpy(who.entry->seen_rpa, address->octet, sizeof address->octet);
    }
    return who;
}

/* An advertiser calls by the same RPA for a whole period: the last result is kept. */
bool ll_resolves_to_us(const struct ll *ll, struct ll_resolving_entry *entry,
                       const struct bd_addr *address)
{
    if (!ll->resolving.enabled || !entry || !entry->has_local_irk || !bd_addr_resolvable(address))
        return false;
    if (!entry->was_called || memcmp(entry->called, address->octet, sizeof entry->called) != 0) {
        memcpy(entry->called, address->octet, sizeof entry->called);
        entry->was_called = true;
        entry->called_us = irk_resolves(entry->local_irk, address);
    }
    return entry->called_us;
}

struct ll_parties ll_parties_of(const struct ll_who *who, const struct bd_addr *on_air,
                                const struct ll_own *own)
{
    struct ll_parties parties = {.peer = who->address, .peer_resolved = who->resolved};

    if (who->resolved)
        memcpy(parties.peer_rpa, on_air->octet, sizeof parties.peer_rpa);
    if (own->generated)
        memcpy(parties.local_rpa, own->address.octet, sizeof parties.local_rpa);
    return parties;
}

/* --- generating --- */

/* 1.3.2.2: of the 22 random bits of prand at least one is 0 and at least one is 1. */
static int make_rpa(struct ll *ll, const uint8_t irk[static SMP_KEY_SIZE], uint8_t octets[static 6])
{
    const uint32_t all = 0x3FFFFF;
    struct bd_addr rpa;
    uint32_t bits;

    do
        bits = (uint32_t)sim_stream_u64(&ll->resolving.stream) & all;
    while (bits == 0 || bits == all);
    const uint8_t prand[3] = {(uint8_t)(bits >> 16), (uint8_t)(bits >> 8), (uint8_t)bits};
    const int error = smp_rpa_make(irk, prand, &rpa);

    if (error == 0)
        memcpy(octets, rpa.octet, sizeof rpa.octet);
    return error;
}

/* 6.1: what was made in an earlier period is used no more. */
static void begin_period(const struct ll *ll, struct ll_resolving_entry *entry, sim_ns at)
{
    const sim_ns timeout = SIM_S(1) * ll->resolving.timeout_s;

    if (at < entry->since || at - entry->since < timeout)
        return;
    entry->since += (at - entry->since) / timeout * timeout;
    entry->made_local = false;
    entry->made_target = false;
}

static uint8_t rpa_of_period(struct ll *ll, const uint8_t irk[static SMP_KEY_SIZE], bool *made,
                             uint8_t octets[static 6], struct bd_addr *address)
{
    if (!*made && make_rpa(ll, irk, octets) != 0)
        return HCI_ERR_MEMORY_CAPACITY_EXCEEDED;
    *made = true;
    address->type = BD_ADDR_RANDOM;
    memcpy(address->octet, octets, sizeof address->octet);
    return 0;
}

static uint8_t local_rpa(struct ll *ll, struct ll_resolving_entry *entry, sim_ns at,
                         struct bd_addr *address)
{
    begin_period(ll, entry, at);
    return rpa_of_period(ll, entry->local_irk, &entry->made_local, entry->local, address);
}

uint8_t ll_target_address(struct ll *ll, struct ll_resolving_entry *entry, sim_ns at,
                          struct bd_addr *target)
{
    if (!entry->has_peer_irk) {
        *target = entry->peer;
        return 0;
    }
    begin_period(ll, entry, at);
    return rpa_of_period(ll, entry->peer_irk, &entry->made_target, entry->target, target);
}

uint8_t ll_own_address(struct ll *ll, uint8_t own_address_type, struct ll_resolving_entry *entry,
                       sim_ns at, struct ll_own *own)
{
    own->generated = own_address_type > BD_ADDR_RANDOM && entry && entry->has_local_irk;
    if (own->generated)
        return local_rpa(ll, entry, at, &own->address);
    if ((own_address_type & 1) == BD_ADDR_PUBLIC) {
        own->address = ll->profile.address;
        return 0;
    }
    if (!ll->has_random_address)
        return HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS;
    own->address = ll->random_address;
    return 0;
}

/* --- from above --- */

/* 7.8.38 to 7.8.40, 7.8.77: not while somebody resolves by the list. */
static bool list_in_use(const struct ll *ll)
{
    return ll->resolving.enabled && ll_radio_used(ll);
}

static bool read_irk(uint8_t irk[static SMP_KEY_SIZE], const uint8_t lsb_first[static SMP_KEY_SIZE])
{
    uint8_t any = 0;

    for (unsigned i = 0; i < SMP_KEY_SIZE; i++) {
        irk[i] = lsb_first[SMP_KEY_SIZE - 1 - i];
        any |= irk[i];
    }
    return any != 0;
}

static bool is_identity(const struct bd_addr *address)
{
    return address->type == BD_ADDR_PUBLIC ||
           (address->type == BD_ADDR_RANDOM && bd_addr_random_kind(address) == KIND_STATIC);
}

/* Whom addresses resolve to is different from now on. An empty list is not asked. */
static void forget_results(struct ll_resolving *list)
{
    memset(list->table->resolved, 0, sizeof list->table->resolved);
}

static bool known_already(const struct ll *ll, const struct ll_resolving_entry *entry)
{
    const struct ll_resolving *list = &ll->resolving;

    for (unsigned i = 0; i < list->count; i++) {
        const struct ll_resolving_entry *known = &list->table->entry[i];

        if (bd_addr_equal(&known->peer, &entry->peer) ||
            (entry->has_peer_irk &&
             memcmp(known->peer_irk, entry->peer_irk, SMP_KEY_SIZE) == 0))
            return true;
    }
    return false;
}

/* There is memory for one entry more. */
static bool have_room(struct ll *ll)
{
    struct ll_resolving *list = &ll->resolving;
    const size_t size = ll->profile.resolving_list_size;

    if (list->count >= size)
        return false;
    if (!list->table)
        list->table = calloc(1, sizeof *list->table + size * sizeof *list->table->entry);
    return list->table != NULL;
}

uint8_t ll_resolving_add(struct ll *ll, const struct bd_addr *peer,
                         const uint8_t peer_irk[static 16], const uint8_t local_irk[static 16])
{
    struct ll_resolving_entry entry = {.peer = *peer, .since = ll_now(ll)};

    if (list_in_use(ll))
        return HCI_ERR_COMMAND_DISALLOWED;
    if (!is_identity(peer))
        return HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS;
    entry.has_peer_irk = read_irk(entry.peer_irk, peer_irk);
    entry.has_local_irk = read_irk(entry.local_irk, local_irk);
    if (known_already(ll, &entry))
        return HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS;
    if (!have_room(ll))
        return HCI_ERR_MEMORY_CAPACITY_EXCEEDED;
    ll->resolving.table->entry[ll->resolving.count++] = entry;
    forget_results(&ll->resolving);
    return 0;
}

/* The entry that a command names, if it may be changed now. */
static uint8_t find_to_change(const struct ll *ll, const struct bd_addr *peer,
                              struct ll_resolving_entry **entry)
{
    if (list_in_use(ll))
        return HCI_ERR_COMMAND_DISALLOWED;
    if (peer->type > BD_ADDR_RANDOM)
        return HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS;
    *entry = ll_resolving_find(ll, peer);
    return *entry ? 0 : HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER;
}

uint8_t ll_resolving_remove(struct ll *ll, const struct bd_addr *peer)
{
    struct ll_resolving_entry *entry;
    const uint8_t error = find_to_change(ll, peer, &entry);

    if (error)
        return error;
    *entry = ll->resolving.table->entry[--ll->resolving.count];
    forget_results(&ll->resolving);
    return 0;
}

uint8_t ll_resolving_clear(struct ll *ll)
{
    if (list_in_use(ll))
        return HCI_ERR_COMMAND_DISALLOWED;
    ll->resolving.count = 0;
    return 0;
}

uint8_t ll_set_privacy_mode(struct ll *ll, const struct bd_addr *peer, uint8_t mode)
{
    struct ll_resolving_entry *entry;
    const uint8_t error = find_to_change(ll, peer, &entry);

    if (error == HCI_ERR_COMMAND_DISALLOWED)
        return error;
    if (mode > LL_PRIVACY_DEVICE)
        return HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS;
    if (error)
        return error;
    entry->device_privacy = mode == LL_PRIVACY_DEVICE;
    return 0;
}

uint8_t ll_read_peer_rpa(struct ll *ll, const struct bd_addr *peer, struct bd_addr *rpa)
{
    if (peer->type > BD_ADDR_RANDOM)
        return HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS;
    const struct ll_resolving_entry *entry = ll_resolving_find(ll, peer);
    if (!entry || !entry->seen)
        return HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER;
    rpa->type = BD_ADDR_RANDOM;
    memcpy(rpa->octet, entry->seen_rpa, sizeof rpa->octet);
    return 0;
}

uint8_t ll_read_local_rpa(struct ll *ll, const struct bd_addr *peer, struct bd_addr *rpa)
{
    if (peer->type > BD_ADDR_RANDOM)
        return HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS;
    struct ll_resolving_entry *entry = ll_resolving_find(ll, peer);
    if (!entry || !entry->has_local_irk)
        return HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER;
    return local_rpa(ll, entry, ll_now(ll), rpa);
}

uint8_t ll_set_address_resolution(struct ll *ll, bool enable)
{
    /* 7.8.44: whether it is enabled or not. */
    if (ll_radio_used(ll))
        return HCI_ERR_COMMAND_DISALLOWED;
    ll->resolving.enabled = enable;
    return 0;
}

uint8_t ll_set_rpa_timeout(struct ll *ll, uint16_t timeout_s)
{
    if (timeout_s == 0 || timeout_s > RPA_TIMEOUT_MAX)
        return HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS;
    ll->resolving.timeout_s = timeout_s;
    return 0;
}
