/* SPDX-License-Identifier: MIT */
/*
 * UUIDs (Core v5.4, Vol 3, Part B, 2.5.1). Octets are in air order, least significant first. A UUID
 * keeps the width it was given; equality is by value, over the Bluetooth Base UUID.
 */
#ifndef WIRE_UUID_H
#define WIRE_UUID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/error.h"
#include "wire/rd.h"
#include "wire/wr.h"

struct blr_uuid {
    uint8_t octet[16]; /* the first `size` are valid */
    uint8_t size;      /* 2, 4 or 16 */
};

#define BLR_UUID_TEXT_SIZE 37

static inline struct blr_uuid blr_uuid16(uint16_t value)
{
    return (struct blr_uuid){.octet = {(uint8_t)value, (uint8_t)(value >> 8)}, .size = 2};
}

bool blr_uuid_equal(const struct blr_uuid *a, const struct blr_uuid *b);

/* The 16-bit value, or 0 if it has none (a 128-bit UUID over the Base UUID has one). */
uint16_t blr_uuid_as_u16(const struct blr_uuid *uuid);

/* The 128-bit form, air order. */
void blr_uuid_expand(const struct blr_uuid *uuid, uint8_t octet[static 16]);

/* "180d", "0000180d" or "12345678-1234-5678-1234-56789abcdef0"; returns text. */
char *blr_uuid_format(const struct blr_uuid *uuid, char text[static BLR_UUID_TEXT_SIZE]);

/* Four, eight or 32 hex digits, the last with dashes or without; optional 0x. BLR_ERR_INVALID. */
int blr_uuid_parse(const char *text, struct blr_uuid *uuid) BLR_MUST_CHECK;

/* Reads a UUID of `size` octets (2, 4 or 16; anything else fails the reader). */
struct blr_uuid rd_uuid(struct rd *r, size_t size);

static inline void wr_uuid(struct wr *w, const struct blr_uuid *uuid)
{
    wr_bytes(w, uuid->octet, uuid->size);
}

/* The assigned name of a 16-bit UUID ("Heart Rate"), or NULL. */
const char *blr_uuid_name(const struct blr_uuid *uuid);

#endif
