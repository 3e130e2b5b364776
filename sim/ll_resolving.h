/* SPDX-License-Identifier: MIT */
/*
 * The resolving list (Core v5.4, Vol 6, Part B, 4.7 and 6): who is behind an address on the air,
 * and which resolvable private addresses (RPAs) this Link Layer uses itself.
 *
 * The RPAs that it generates are made when they are asked for, and made anew when they are asked
 * for in a later period: periods of the RPA timeout follow each other from the moment in which the
 * device was added. So no timer runs, and who sends a packet in the first instant of a period sends
 * the new address.
 *
 * Addresses that come from the air are resolved by an AES for each entry with a peer IRK; the last
 * results are kept, so that an advertiser costs that once for each of its addresses, and of its
 * target's. Nothing is spent, memory neither, by those who never put anybody on the list.
 */
#ifndef SIM_LL_RESOLVING_H
#define SIM_LL_RESOLVING_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/stream.h"
#include "wire/addr.h"
#include "wire/smp_crypto.h"
#include "wire/time.h"

struct ll;

struct ll_resolving_entry {
    struct bd_addr peer; /* its identity address */
    /* Most significant octet first; all zeros: has none. */
    uint8_t peer_irk[SMP_KEY_SIZE], local_irk[SMP_KEY_SIZE];
    bool has_peer_irk, has_local_irk;
    bool device_privacy; /* else network privacy */
    bool made_local, made_target, seen;
    uint8_t local[6];  /* the RPA that this device shows to the peer */
    uint8_t target[6]; /* the RPA that it calls the peer by (TargetA) */
    uint8_t seen_rpa[6]; /* the last that came from the peer */
    uint8_t called[6];   /* the last RPA by which the peer called somebody, */
    bool was_called, called_us; /* and whether that was this device */
    sim_ns since;        /* the period's begin */
};

#define LL_RESOLVED_SETS 64U
#define LL_RESOLVED_WAYS 4U

/* An RPA resolved of late. */
struct ll_resolved {
    uint8_t octet[6];
    uint16_t result; /* 0: nothing, 1: by nobody, from 2: by that entry */
};

/* Allocated with the first entry, for good. */
struct ll_resolving_table {
    struct ll_resolved resolved[LL_RESOLVED_SETS][LL_RESOLVED_WAYS];
    uint8_t oldest[LL_RESOLVED_SETS];
    struct ll_resolving_entry entry[]; /* profile.resolving_list_size of them */
};

struct ll_resolving {
    struct ll_resolving_table *table; /* NULL: nobody was ever on the list */
    uint8_t count;
    bool enabled; /* LE Set Address Resolution Enable */
    uint16_t timeout_s;
    struct sim_stream stream;
};

/* Who sent something, as far as the list tells. Valid until the list is changed. */
struct ll_who {
    struct bd_addr address; /* its identity if that is known, else as on the air */
    struct ll_resolving_entry *entry; /* NULL: not on the list */
    bool resolved; /* on the air it had an RPA, which was resolved */
    bool refused;  /* it showed its identity, which network privacy forbids */
};

/* An address of this device. */
struct ll_own {
    struct bd_addr address;
    bool generated; /* an RPA made here */
};

void ll_resolving_init(struct ll *ll);
void ll_resolving_fini(struct ll *ll);
void ll_resolving_reset(struct ll *ll);

/* The entry of an identity address; NULL: none. */
struct ll_resolving_entry *ll_resolving_find(const struct ll *ll, const struct bd_addr *peer);

struct ll_who ll_who_is(struct ll *ll, const struct bd_addr *address);

/* Whether the entry's local IRK resolves the address, as far as resolution is enabled. */
bool ll_resolves_to_us(const struct ll *ll, struct ll_resolving_entry *entry,
                       const struct bd_addr *address);

/*
 * The address for an Own_Address_Type at the time `at`, towards the peer of the entry (NULL: none,
 * or nobody in particular): with 2 and 3 an RPA of the entry's local IRK, or without one the public
 * or random address. HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS: there is no random address;
 * HCI_ERR_MEMORY_CAPACITY_EXCEEDED: an RPA could not be made.
 */
uint8_t ll_own_address(struct ll *ll, uint8_t own_address_type, struct ll_resolving_entry *entry,
                       sim_ns at, struct ll_own *own);

/* An RPA of the peer for TargetA, or its identity address without an IRK; errors as above. */
uint8_t ll_target_address(struct ll *ll, struct ll_resolving_entry *entry, sim_ns at,
                          struct bd_addr *target);

#endif
