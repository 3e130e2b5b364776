/* SPDX-License-Identifier: MIT */
/*
 * What is odd about advertising data, each anomaly with its offset. Most of them break a rule of
 * Core v5.4, Vol 3, Part C, 11 or of the Core Specification Supplement, Part A; the others are
 * allowed but read differently by the parsers in the field.
 */
#ifndef WIRE_ADV_CHECK_H
#define WIRE_ADV_CHECK_H

#include <stddef.h>
#include <stdint.h>

/*
 * X(identifier, kind, text). The kind is a stable name for programs. The offset is that of the
 * length octet of the structure concerned, unless the comment says otherwise. One structure may
 * show several kinds.
 */
#define AD_ANOMALIES(X)                                                                            \
    /* the first of the zeros */                                                                   \
    X(ZERO_PADDING, "zero-padding", "zeros to the end of the data")                                \
    X(EARLY_TERMINATION, "early-termination", "a length of zero, and data behind it")              \
    X(LENGTH_PAST_END, "length-past-end", "the length runs past the end of the data")              \
    X(EMPTY_STRUCTURE, "empty-structure", "a length of one: an AD type without data")              \
    X(REPEATED_TYPE, "repeated-type", "this AD type came before")                                  \
    X(COMPLETE_AND_INCOMPLETE, "complete-and-incomplete",                                          \
      "the complete and the incomplete form of one list or name")                                  \
    /* the first NUL, which is inside the name or ends it */                                       \
    X(NAME_NUL, "name-nul", "NUL inside a name")                                                   \
    /* the first octet that is not UTF-8 */                                                        \
    X(NAME_NOT_UTF8, "name-not-utf8", "a name that is not UTF-8")                                  \
    X(UUID16_LIST_LENGTH, "uuid16-list-length", "a 16-bit UUID list, not a multiple of 2 octets")  \
    X(UUID32_LIST_LENGTH, "uuid32-list-length", "a 32-bit UUID list, not a multiple of 4 octets")  \
    X(UUID128_LIST_LENGTH, "uuid128-list-length",                                                  \
      "a 128-bit UUID list, not a multiple of 16 octets")                                          \
    X(MANUFACTURER_DATA_SHORT, "manufacturer-data-short",                                          \
      "manufacturer data too short for a company identifier")                                      \
    X(SERVICE_DATA_SHORT, "service-data-short", "service data too short for its UUID")             \
    X(FLAGS_LENGTH, "flags-length", "flags that are not one octet")                                \
    X(VALUE_LENGTH, "value-length", "not the length that this AD type has")                        \
    /* the first octet too many */                                                                 \
    X(LONGER_THAN_LEGACY, "longer-than-legacy", "more than the 31 octets of legacy advertising")   \
    X(LONGER_THAN_EXTENDED, "longer-than-extended",                                                \
      "more than the 1650 octets of extended advertising")

enum ad_anomaly_kind {
#define X(ident, kind, text) AD_ANOMALY_##ident,
    AD_ANOMALIES(X)
#undef X
};

struct ad_anomaly {
    size_t offset;
    enum ad_anomaly_kind kind;
};

/* "zero-padding" */
const char *ad_anomaly_name(enum ad_anomaly_kind kind);

/* "zeros to the end of the data" */
const char *ad_anomaly_text(enum ad_anomaly_kind kind);

/* What the payload was sent as, which limits its length. */
enum ad_pdu {
    AD_PDU_LEGACY,
    AD_PDU_EXTENDED,
};

typedef void ad_anomaly_fn(void *user, const struct ad_anomaly *anomaly);

/* Calls fn once for each anomaly, by rising offset. */
void ad_check(const uint8_t *payload, size_t len, enum ad_pdu pdu, ad_anomaly_fn *fn, void *user);

#endif
