/* SPDX-License-Identifier: MIT */
/*
 * Bluetooth device addresses (Core v5.4, Vol 6, Part B, 1.3). Octets are kept in air and HCI
 * order, least significant first; text is the usual most-significant-first "C0:00:00:00:18:0D".
 */
#ifndef WIRE_ADDR_H
#define WIRE_ADDR_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "wire/error.h"
#include "wire/rd.h"
#include "wire/wr.h"

enum bd_addr_type {
    BD_ADDR_PUBLIC = 0,
    BD_ADDR_RANDOM = 1,
};

struct bd_addr {
    uint8_t octet[6];
    uint8_t type; /* enum bd_addr_type */
};

#define BD_ADDR_TEXT_SIZE 18

static inline bool bd_addr_equal(const struct bd_addr *a, const struct bd_addr *b)
{
    return a->type == b->type && memcmp(a->octet, b->octet, sizeof a->octet) == 0;
}

/* Writes "C0:00:00:00:18:0D" and a NUL; returns text. */
char *bd_addr_format(const struct bd_addr *addr, char text[static BD_ADDR_TEXT_SIZE]);

/*
 * Parses 12 hex digits, with colons between octets or without. The type is not in the text: it is
 * set to BD_ADDR_PUBLIC. Returns BLR_ERR_INVALID and leaves *addr alone for anything else.
 */
int bd_addr_parse(const char *text, struct bd_addr *addr) BLR_MUST_CHECK;

/* The two most significant bits of a random address (1.3.2): static 3, resolvable 1, else 0. */
static inline unsigned bd_addr_random_kind(const struct bd_addr *addr)
{
    return addr->octet[5] >> 6;
}

/* A resolvable private address, whoever resolves it. */
static inline bool bd_addr_resolvable(const struct bd_addr *addr)
{
    return addr->type == BD_ADDR_RANDOM && bd_addr_random_kind(addr) == 1;
}

static inline struct bd_addr rd_addr_octets(struct rd *r, uint8_t type)
{
    struct bd_addr addr = {.type = type};

    rd_copy(r, addr.octet, sizeof addr.octet);
    return addr;
}

/* Its type before it, as HCI and SMP have addresses; any octet is taken for a type. */
static inline struct bd_addr rd_addr_typed(struct rd *r)
{
    const uint8_t type = rd_u8(r);

    return rd_addr_octets(r, type);
}

static inline void wr_addr_octets(struct wr *w, const struct bd_addr *addr)
{
    wr_bytes(w, addr->octet, sizeof addr->octet);
}

#endif
