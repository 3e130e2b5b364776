/* SPDX-License-Identifier: MIT */
/* iBeacon, AltBeacon (specification 1.0) and Eddystone (protocol specification). */
#include "wire/adv.h"

#define COMPANY_APPLE     0x004CU
#define IBEACON_TYPE      0x0215U /* type and length, as they follow each other */
#define ALTBEACON_CODE    0xBEACU
#define IBEACON_SIZE      25U
#define ALTBEACON_SIZE    26U
#define EDDYSTONE_MAX     (3U + AD_EDDYSTONE_URL_MAX)
#define EDDYSTONE_SCHEMES 4U
#define EDDYSTONE_CODES   14U

static const char *const url_scheme[EDDYSTONE_SCHEMES] = {"http://www.", "https://www.", "http://",
                                                          "https://"};
static const char *const url_code[EDDYSTONE_CODES] = {
    ".com/", ".org/", ".edu/", ".net/", ".info/", ".biz/", ".gov/",
    ".com",  ".org",  ".edu",  ".net",  ".info",  ".biz",  ".gov",
};

bool ad_ibeacon_decode(const struct ad_structure *ad, struct ad_ibeacon *beacon)
{
    struct rd r = rd_init(ad->data, ad->len);
    const uint16_t company = rd_u16(&r);
    const uint16_t type = rd_u16_be(&r);
    struct ad_ibeacon parsed;

    rd_copy(&r, parsed.uuid, sizeof parsed.uuid);
    parsed.major = rd_u16_be(&r);
    parsed.minor = rd_u16_be(&r);
    parsed.measured_power_dbm = rd_i8(&r);
    if (!rd_done(&r) || ad->type != AD_MANUFACTURER_DATA || company != COMPANY_APPLE ||
        type != IBEACON_TYPE)
        return false;
    *beacon = parsed;
    return true;
}

void ad_wr_ibeacon(struct wr *w, const struct ad_ibeacon *beacon)
{
    uint8_t data[IBEACON_SIZE - 2];
    struct wr d = wr_init(data, sizeof data);

    wr_u16_be(&d, IBEACON_TYPE);
    wr_bytes(&d, beacon->uuid, sizeof beacon->uuid);
    wr_u16_be(&d, beacon->major);
    wr_u16_be(&d, beacon->minor);
    wr_i8(&d, beacon->measured_power_dbm);
    ad_wr_manufacturer(w, COMPANY_APPLE, data, d.len);
}

bool ad_altbeacon_decode(const struct ad_structure *ad, struct ad_altbeacon *beacon)
{
    struct rd r = rd_init(ad->data, ad->len);
    struct ad_altbeacon parsed = {.company = rd_u16(&r)};
    const uint16_t code = rd_u16_be(&r);

    rd_copy(&r, parsed.id, sizeof parsed.id);
    parsed.reference_rssi_dbm = rd_i8(&r);
    parsed.reserved = rd_u8(&r);
    if (!rd_done(&r) || ad->type != AD_MANUFACTURER_DATA || code != ALTBEACON_CODE)
        return false;
    *beacon = parsed;
    return true;
}

void ad_wr_altbeacon(struct wr *w, const struct ad_altbeacon *beacon)
{
    uint8_t data[ALTBEACON_SIZE - 2];
    struct wr d = wr_init(data, sizeof data);

    wr_u16_be(&d, ALTBEACON_CODE);
    wr_bytes(&d, beacon->id, sizeof beacon->id);
    wr_i8(&d, beacon->reference_rssi_dbm);
    wr_u8(&d, beacon->reserved);
    ad_wr_manufacturer(w, beacon->company, data, d.len);
}

/* Appends text and keeps `out` NUL ended; false if it does not fit. */
static bool append(char out[static AD_URL_TEXT_SIZE], size_t *len, const char *text, size_t n)
{
    if (n >= AD_URL_TEXT_SIZE - *len)
        return false;
    memcpy(out + *len, text, n);
    *len += n;
    out[*len] = '\0';
    return true;
}

static bool is_plain_url_octet(uint8_t c)
{
    return c > 0x20 && c < 0x7F;
}

static bool decode_url(struct rd *r, char url[static AD_URL_TEXT_SIZE])
{
    const uint8_t scheme = rd_u8(r);
    size_t len = 0;

    if (!rd_ok(r) || scheme >= EDDYSTONE_SCHEMES || rd_left(r) > AD_EDDYSTONE_URL_MAX)
        return false;
    if (!append(url, &len, url_scheme[scheme], strlen(url_scheme[scheme])))
        return false;
    while (rd_left(r) > 0) {
        const uint8_t c = rd_u8(r);
        const char plain = (char)c;
        if (c < EDDYSTONE_CODES) {
            if (!append(url, &len, url_code[c], strlen(url_code[c])))
                return false;
        } else if (!is_plain_url_octet(c) || !append(url, &len, &plain, 1)) {
            return false;
        }
    }
    return true;
}

static void decode_tlm(struct rd *r, struct ad_eddystone *beacon)
{
    beacon->tlm.version = rd_u8(r);
    if (beacon->tlm.version == 0) {
        beacon->tlm.battery_mv = rd_u16_be(r);
        beacon->tlm.temperature_256th_c = rd_i16_be(r);
        beacon->tlm.advertisements = rd_u32_be(r);
        beacon->tlm.uptime_100ms = rd_u32_be(r);
    } else if (beacon->tlm.version == 1) {
        rd_copy(r, beacon->tlm.encrypted, sizeof beacon->tlm.encrypted);
        beacon->tlm.salt = rd_u16_be(r);
        beacon->tlm.integrity = rd_u16_be(r);
    } else {
        r->failed = true;
    }
}

bool ad_eddystone_decode(const struct ad_structure *ad, struct ad_eddystone *beacon)
{
    struct rd r = rd_init(ad->data, ad->len);
    const uint16_t uuid = rd_u16(&r);
    struct ad_eddystone parsed = {.frame = rd_u8(&r)};

    if (ad->type != AD_SERVICE_DATA_UUID16 || !rd_ok(&r) || uuid != AD_EDDYSTONE_UUID)
        return false;
    if (parsed.frame != AD_EDDYSTONE_TLM)
        parsed.tx_power_dbm = rd_i8(&r);
    switch (parsed.frame) {
    case AD_EDDYSTONE_UID:
        rd_copy(&r, parsed.uid.name_space, sizeof parsed.uid.name_space);
        rd_copy(&r, parsed.uid.instance, sizeof parsed.uid.instance);
        if (rd_left(&r) > 0)
            rd_skip(&r, 2);
        break;
    case AD_EDDYSTONE_URL:
        if (!decode_url(&r, parsed.url))
            return false;
        break;
    case AD_EDDYSTONE_TLM:
        decode_tlm(&r, &parsed);
        break;
    case AD_EDDYSTONE_EID:
        rd_copy(&r, parsed.eid, sizeof parsed.eid);
        break;
    default:
        return false;
    }
    if (!rd_done(&r))
        return false;
    *beacon = parsed;
    return true;
}

/* The longest row that text begins with, or count. */
static size_t longest_prefix(const char *const rows[], size_t count, const char *text)
{
    size_t best = count, best_len = 0;

    for (size_t i = 0; i < count; i++) {
        const size_t len = strlen(rows[i]);
        if (len > best_len && strncmp(text, rows[i], len) == 0) {
            best = i;
            best_len = len;
        }
    }
    return best;
}

static void encode_url(struct wr *w, const char *url)
{
    const size_t scheme = longest_prefix(url_scheme, EDDYSTONE_SCHEMES, url);

    if (scheme == EDDYSTONE_SCHEMES) {
        w->failed = true;
        return;
    }
    wr_u8(w, (uint8_t)scheme);
    for (url += strlen(url_scheme[scheme]); *url != '\0';) {
        const size_t code = longest_prefix(url_code, EDDYSTONE_CODES, url);
        if (code < EDDYSTONE_CODES) {
            wr_u8(w, (uint8_t)code);
            url += strlen(url_code[code]);
        } else {
            if (!is_plain_url_octet((uint8_t)*url))
                w->failed = true;
            wr_u8(w, (uint8_t)*url++);
        }
    }
}

static void encode_tlm(struct wr *w, const struct ad_eddystone *beacon)
{
    wr_u8(w, beacon->tlm.version);
    if (beacon->tlm.version == 0) {
        wr_u16_be(w, beacon->tlm.battery_mv);
        wr_u16_be(w, (uint16_t)beacon->tlm.temperature_256th_c);
        wr_u32_be(w, beacon->tlm.advertisements);
        wr_u32_be(w, beacon->tlm.uptime_100ms);
    } else {
        wr_bytes(w, beacon->tlm.encrypted, sizeof beacon->tlm.encrypted);
        wr_u16_be(w, beacon->tlm.salt);
        wr_u16_be(w, beacon->tlm.integrity);
    }
}

void ad_wr_eddystone(struct wr *w, const struct ad_eddystone *beacon)
{
    const struct blr_uuid uuid = blr_uuid16(AD_EDDYSTONE_UUID);
    uint8_t data[EDDYSTONE_MAX];
    struct wr d = wr_init(data, sizeof data);

    wr_u8(&d, beacon->frame);
    if (beacon->frame != AD_EDDYSTONE_TLM)
        wr_i8(&d, beacon->tx_power_dbm);
    switch (beacon->frame) {
    case AD_EDDYSTONE_UID:
        wr_bytes(&d, beacon->uid.name_space, sizeof beacon->uid.name_space);
        wr_bytes(&d, beacon->uid.instance, sizeof beacon->uid.instance);
        wr_u16(&d, 0);
        break;
    case AD_EDDYSTONE_URL:
        encode_url(&d, beacon->url);
        break;
    case AD_EDDYSTONE_TLM:
        encode_tlm(&d, beacon);
        break;
    case AD_EDDYSTONE_EID:
        wr_bytes(&d, beacon->eid, sizeof beacon->eid);
        break;
    default:
        d.failed = true;
    }
    if (wr_ok(&d))
        ad_wr_service_data(w, &uuid, data, d.len);
    else
        w->failed = true;
}
