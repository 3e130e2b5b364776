/* SPDX-License-Identifier: MIT */
/*
 * The meaning of an AD structure as a sequence of fields, the same for text, JSON and scripts:
 * flags by name, UUIDs with their assigned names, beacons taken apart.
 */
#ifndef WIRE_ADV_EXPLAIN_H
#define WIRE_ADV_EXPLAIN_H

#include <stddef.h>
#include <stdint.h>

#include "wire/addr.h"
#include "wire/adv.h"
#include "wire/uuid.h"

enum ad_field_kind {
    AD_FIELD_NUMBER,   /* number, decimals, name */
    AD_FIELD_WORD,     /* name: a fixed word of ours */
    AD_FIELD_TEXT,     /* bytes: meant as UTF-8, but any octets may come */
    AD_FIELD_OCTETS,   /* bytes */
    AD_FIELD_UUID,     /* uuid, name */
    AD_FIELD_ADDRESS,  /* addr; its type is known if `name` says so ("public", "random") */
    AD_FIELD_LIST,     /* fields without key follow */
    AD_FIELD_LIST_END,
};

struct ad_field {
    enum ad_field_kind kind;
    const char *key;  /* "major"; NULL inside a list and at its end */
    const char *unit; /* "dBm", or NULL */
    const char *name; /* of the number or UUID, or NULL */
    int64_t number;   /* the value times ten to the power of `decimals` */
    uint8_t decimals;
    uint8_t hex_digits; /* how many a person writes this number with; 0: in decimal */
    const uint8_t *bytes;
    size_t len;
    struct blr_uuid uuid;
    struct bd_addr addr;
};

typedef void ad_field_fn(void *user, const struct ad_field *field);

/*
 * Calls fn for each field in turn; what a field points to lives until fn returns. No call at all
 * for a structure without a meaning that is known here, or too short or long to have it.
 */
void ad_explain(const struct ad_structure *ad, ad_field_fn *fn, void *user);

#endif
