/* SPDX-License-Identifier: MIT */
#include "wire/adv_check.h"

#include "wire/adv.h"
#include "wire/utf8.h"

struct check {
    const uint8_t *payload;
    size_t len;
    size_t limit; /* the octets that the PDU has room for */
    enum ad_anomaly_kind limit_kind;
    bool limit_told;
    uint8_t seen[256 / 8];
    ad_anomaly_fn *fn;
    void *user;
};

const char *ad_anomaly_name(enum ad_anomaly_kind kind)
{
    switch (kind) {
#define X(ident, name, text)                                                                       \
    case AD_ANOMALY_##ident:                                                                       \
        return name;
        AD_ANOMALIES(X)
#undef X
    }
    return "unknown";
}

const char *ad_anomaly_text(enum ad_anomaly_kind kind)
{
    switch (kind) {
#define X(ident, name, text)                                                                       \
    case AD_ANOMALY_##ident:                                                                       \
        return text;
        AD_ANOMALIES(X)
#undef X
    }
    return "unknown";
}

/* Tells of the limit once, before anything that comes behind it. */
static void tell_limit(struct check *check, size_t offset)
{
    const struct ad_anomaly over = {.offset = check->limit, .kind = check->limit_kind};

    if (check->limit_told || check->len <= check->limit || offset < check->limit)
        return;
    check->limit_told = true;
    check->fn(check->user, &over);
}

static void tell(struct check *check, enum ad_anomaly_kind kind, size_t offset)
{
    const struct ad_anomaly anomaly = {.offset = offset, .kind = kind};

    tell_limit(check, offset);
    check->fn(check->user, &anomaly);
}

static bool was_seen(const struct check *check, uint8_t type)
{
    return (check->seen[type / 8] >> type % 8 & 1) != 0;
}

/* The other form of a list or name that has a complete and an incomplete one, or 0. */
static uint8_t other_form(uint8_t type)
{
    return type >= AD_UUID16_INCOMPLETE && type <= AD_NAME_COMPLETE ? type ^ 1 : 0;
}

/* Octets that a structure of fixed length has (Supplement, Part A, 1), or 0. */
static size_t fixed_length(uint8_t type)
{
    switch (type) {
    case AD_TX_POWER_LEVEL:
    case AD_LE_ROLE:
    case AD_SECURITY_MANAGER_OOB_FLAGS:
        return 1;
    case AD_APPEARANCE:
    case AD_ADVERTISING_INTERVAL:
        return 2;
    case AD_CLASS_OF_DEVICE:
        return 3;
    case AD_CONNECTION_INTERVAL_RANGE:
        return 4;
    case AD_RESOLVABLE_SET_IDENTIFIER:
        return 6;
    case AD_LE_DEVICE_ADDRESS:
    case AD_CHANNEL_MAP_UPDATE:
        return 7;
    case AD_PAWR_TIMING:
        return 8;
    case AD_SIMPLE_PAIRING_HASH_C192:
    case AD_SIMPLE_PAIRING_RANDOMIZER_R192:
    case AD_SIMPLE_PAIRING_HASH_C256:
    case AD_SIMPLE_PAIRING_RANDOMIZER_R256:
    case AD_LE_SC_CONFIRMATION:
    case AD_LE_SC_RANDOM:
    case AD_BROADCAST_CODE:
        return 16;
    }
    return 0;
}

static bool has_value_length(const struct ad_structure *ad)
{
    const size_t fixed = fixed_length(ad->type);

    if (fixed > 0)
        return ad->len == fixed;
    switch (ad->type) {
    case AD_PUBLIC_TARGET_ADDRESS:
    case AD_RANDOM_TARGET_ADDRESS:
        return ad->len > 0 && ad->len % 6 == 0;
    case AD_ADVERTISING_INTERVAL_LONG:
        return ad->len == 3 || ad->len == 4;
    case AD_BROADCAST_NAME:
        return ad->len >= 4 && ad->len <= 128;
    case AD_ENCRYPTED_ADVERTISING_DATA: /* randomizer of 5, MIC of 4 octets */
        return ad->len >= 9;
    }
    return true;
}

static void check_uuid_list(struct check *check, const struct ad_structure *ad)
{
    const size_t width = ad_uuid_list_width(ad->type);

    if (width == 0 || ad->len % width == 0)
        return;
    tell(check,
         width == 2   ? AD_ANOMALY_UUID16_LIST_LENGTH
         : width == 4 ? AD_ANOMALY_UUID32_LIST_LENGTH
                      : AD_ANOMALY_UUID128_LIST_LENGTH,
         ad->offset);
}

static void check_name(struct check *check, const struct ad_structure *ad)
{
    const size_t data_offset = ad->offset + 2;
    size_t nul = 0;

    while (nul < ad->len && ad->data[nul] != 0)
        nul++;
    const size_t valid = utf8_valid(ad->data, ad->len);
    if (nul < ad->len && nul < valid)
        tell(check, AD_ANOMALY_NAME_NUL, data_offset + nul);
    if (valid < ad->len)
        tell(check, AD_ANOMALY_NAME_NOT_UTF8, data_offset + valid);
    if (nul < ad->len && nul >= valid)
        tell(check, AD_ANOMALY_NAME_NUL, data_offset + nul);
}

static void check_structure(struct check *check, const struct ad_structure *ad)
{
    if (ad->len == 0)
        tell(check, AD_ANOMALY_EMPTY_STRUCTURE, ad->offset);
    if (was_seen(check, ad->type))
        tell(check, AD_ANOMALY_REPEATED_TYPE, ad->offset);
    const uint8_t other = other_form(ad->type);
    if (other != 0 && was_seen(check, other))
        tell(check, AD_ANOMALY_COMPLETE_AND_INCOMPLETE, ad->offset);
    check->seen[ad->type / 8] |= (uint8_t)(1U << ad->type % 8);

    check_uuid_list(check, ad);
    if (ad->len < ad_service_data_width(ad->type))
        tell(check, AD_ANOMALY_SERVICE_DATA_SHORT, ad->offset);
    if (ad->type == AD_MANUFACTURER_DATA && ad->len < 2)
        tell(check, AD_ANOMALY_MANUFACTURER_DATA_SHORT, ad->offset);
    if (ad->type == AD_FLAGS && ad->len != 1)
        tell(check, AD_ANOMALY_FLAGS_LENGTH, ad->offset);
    if (!has_value_length(ad))
        tell(check, AD_ANOMALY_VALUE_LENGTH, ad->offset);
    if (ad->type == AD_NAME_SHORTENED || ad->type == AD_NAME_COMPLETE)
        check_name(check, ad);
}

/* Why the iteration ended at `offset`, before the end. */
static void check_end(struct check *check, size_t offset)
{
    size_t zeros = offset;

    while (zeros < check->len && check->payload[zeros] == 0)
        zeros++;
    if (zeros == offset)
        tell(check, AD_ANOMALY_LENGTH_PAST_END, offset);
    else if (zeros == check->len)
        tell(check, AD_ANOMALY_ZERO_PADDING, offset);
    else
        tell(check, AD_ANOMALY_EARLY_TERMINATION, offset);
}

void ad_check(const uint8_t *payload, size_t len, enum ad_pdu pdu, ad_anomaly_fn *fn, void *user)
{
    struct check check = {.payload = payload, .len = len, .fn = fn, .user = user};
    struct rd it = rd_init(payload, len);
    struct ad_structure ad;

    switch (pdu) {
    case AD_PDU_LEGACY:
        check.limit = AD_LEGACY_MAX;
        check.limit_kind = AD_ANOMALY_LONGER_THAN_LEGACY;
        break;
    case AD_PDU_EXTENDED:
        check.limit = AD_EXTENDED_MAX;
        check.limit_kind = AD_ANOMALY_LONGER_THAN_EXTENDED;
        break;
    }
    while (ad_next(&it, &ad))
        check_structure(&check, &ad);
    if (it.off < len)
        check_end(&check, it.off);
    tell_limit(&check, len);
}
