/* SPDX-License-Identifier: MIT */
#include "wire/adv_explain.h"

#include "wire/ll.h"

struct explain {
    const struct ad_structure *ad;
    struct rd r; /* over the data of `ad` */
    ad_field_fn *fn;
    void *user;
};

static void emit(const struct explain *to, const struct ad_field *field)
{
    to->fn(to->user, field);
}

static void number(const struct explain *to, const char *key, int64_t value, const char *unit)
{
    emit(to,
         &(struct ad_field){.kind = AD_FIELD_NUMBER, .key = key, .unit = unit, .number = value});
}

/* An assigned number, which people write in hex, and its name. */
static void assigned(const struct explain *to, const char *key, int64_t value, uint8_t hex_digits,
                     const char *name)
{
    emit(to, &(struct ad_field){.kind = AD_FIELD_NUMBER,
                                .key = key,
                                .number = value,
                                .hex_digits = hex_digits,
                                .name = name});
}

static void decimal(const struct explain *to, const char *key, int64_t value, uint8_t decimals,
                    const char *unit)
{
    emit(to, &(struct ad_field){.kind = AD_FIELD_NUMBER,
                                .key = key,
                                .unit = unit,
                                .number = value,
                                .decimals = decimals});
}

static void word(const struct explain *to, const char *key, const char *name)
{
    emit(to, &(struct ad_field){.kind = AD_FIELD_WORD, .key = key, .name = name});
}

static void text(const struct explain *to, const char *key, const uint8_t *bytes, size_t len)
{
    emit(to, &(struct ad_field){.kind = AD_FIELD_TEXT, .key = key, .bytes = bytes, .len = len});
}

static void octets(const struct explain *to, const char *key, const uint8_t *bytes, size_t len)
{
    if (len > 0)
        emit(to,
             &(struct ad_field){.kind = AD_FIELD_OCTETS, .key = key, .bytes = bytes, .len = len});
}

/* Everything that the reader has left. */
static void rest(struct explain *to, const char *key)
{
    const size_t left = rd_left(&to->r);

    octets(to, key, rd_bytes(&to->r, left), left);
}

static void uuid_field(const struct explain *to, const char *key, const struct blr_uuid *uuid)
{
    emit(to, &(struct ad_field){
                 .kind = AD_FIELD_UUID, .key = key, .uuid = *uuid, .name = blr_uuid_name(uuid)});
}

static void address(const struct explain *to, const char *key, const struct bd_addr *addr)
{
    emit(to, &(struct ad_field){.kind = AD_FIELD_ADDRESS,
                                .key = key,
                                .addr = *addr,
                                .name = addr->type == BD_ADDR_RANDOM ? "random" : "public"});
}

static void list(const struct explain *to, const char *key)
{
    emit(to, &(struct ad_field){.kind = AD_FIELD_LIST, .key = key});
}

static void list_end(const struct explain *to)
{
    emit(to, &(struct ad_field){.kind = AD_FIELD_LIST_END});
}

/* A list of the names of the bits that are set. */
static void bit_list(const struct explain *to, const char *key, uint8_t bits,
                     const char *const names[], size_t count)
{
    list(to, key);
    for (unsigned bit = 0; bit < 8; bit++)
        if (bits >> bit & 1)
            word(to, NULL, bit < count ? names[bit] : "reserved");
    list_end(to);
}

/* Supplement, Part A, 1.3 */
static void explain_flags(struct explain *to)
{
    static const char *const names[] = {
        "LE Limited Discoverable Mode",
        "LE General Discoverable Mode",
        "BR/EDR Not Supported",
        "Simultaneous LE and BR/EDR (Controller)",
        "Simultaneous LE and BR/EDR (Host)",
    };
    const uint8_t flags = rd_u8(&to->r);

    if (rd_ok(&to->r))
        bit_list(to, "flags", flags, names, sizeof names / sizeof names[0]);
}

static void explain_uuids(struct explain *to)
{
    const size_t width = ad_uuid_list_width(to->ad->type);

    list(to, "uuids");
    while (rd_left(&to->r) >= width) {
        const struct blr_uuid uuid = rd_uuid(&to->r, width);
        uuid_field(to, NULL, &uuid);
    }
    list_end(to);
}

static void explain_eddystone_tlm(const struct explain *to, const struct ad_eddystone *beacon)
{
    number(to, "version", beacon->tlm.version, NULL);
    if (beacon->tlm.version != 0) {
        octets(to, "encrypted", beacon->tlm.encrypted, sizeof beacon->tlm.encrypted);
        number(to, "salt", beacon->tlm.salt, NULL);
        number(to, "integrity", beacon->tlm.integrity, NULL);
        return;
    }
    /* Zero volts and -128 degrees stand for "not supported". */
    if (beacon->tlm.battery_mv != 0)
        number(to, "battery_mv", beacon->tlm.battery_mv, "mV");
    if (beacon->tlm.temperature_256th_c != INT16_MIN)
        decimal(to, "temperature_c", (int64_t)beacon->tlm.temperature_256th_c * 390625, 8, "C");
    number(to, "advertisements", beacon->tlm.advertisements, NULL);
    decimal(to, "uptime_s", beacon->tlm.uptime_100ms, 1, "s");
}

static void explain_eddystone(const struct explain *to, const struct ad_eddystone *beacon)
{
    switch ((enum ad_eddystone_frame)beacon->frame) {
    case AD_EDDYSTONE_UID:
        word(to, "beacon", "Eddystone-UID");
        number(to, "tx_power_dbm", beacon->tx_power_dbm, "dBm");
        octets(to, "namespace", beacon->uid.name_space, sizeof beacon->uid.name_space);
        octets(to, "instance", beacon->uid.instance, sizeof beacon->uid.instance);
        break;
    case AD_EDDYSTONE_URL:
        word(to, "beacon", "Eddystone-URL");
        number(to, "tx_power_dbm", beacon->tx_power_dbm, "dBm");
        text(to, "url", (const uint8_t *)beacon->url, strlen(beacon->url));
        break;
    case AD_EDDYSTONE_TLM:
        word(to, "beacon", "Eddystone-TLM");
        explain_eddystone_tlm(to, beacon);
        break;
    case AD_EDDYSTONE_EID:
        word(to, "beacon", "Eddystone-EID");
        number(to, "tx_power_dbm", beacon->tx_power_dbm, "dBm");
        octets(to, "eid", beacon->eid, sizeof beacon->eid);
        break;
    }
}

static void explain_service_data(struct explain *to)
{
    const struct blr_uuid uuid = rd_uuid(&to->r, ad_service_data_width(to->ad->type));
    struct ad_eddystone beacon;

    if (!rd_ok(&to->r))
        return;
    uuid_field(to, "uuid", &uuid);
    if (ad_eddystone_decode(to->ad, &beacon))
        explain_eddystone(to, &beacon);
    else
        rest(to, "data");
}

static void explain_manufacturer(struct explain *to)
{
    const uint16_t company = rd_u16(&to->r);
    struct ad_ibeacon ibeacon;
    struct ad_altbeacon altbeacon;

    if (!rd_ok(&to->r))
        return;
    assigned(to, "company", company, 4, ad_company_name(company));
    if (ad_ibeacon_decode(to->ad, &ibeacon)) {
        struct blr_uuid uuid = {.size = 16};
        for (size_t i = 0; i < 16; i++)
            uuid.octet[i] = ibeacon.uuid[15 - i];
        word(to, "beacon", "iBeacon");
        uuid_field(to, "uuid", &uuid);
        number(to, "major", ibeacon.major, NULL);
        number(to, "minor", ibeacon.minor, NULL);
        number(to, "measured_power_dbm", ibeacon.measured_power_dbm, "dBm");
    } else if (ad_altbeacon_decode(to->ad, &altbeacon)) {
        word(to, "beacon", "AltBeacon");
        octets(to, "id", altbeacon.id, sizeof altbeacon.id);
        number(to, "reference_rssi_dbm", altbeacon.reference_rssi_dbm, "dBm");
        number(to, "reserved", altbeacon.reserved, NULL);
    } else {
        rest(to, "data");
    }
}

/* Supplement, Part A, 1.9: units of 1.25 ms; 0xFFFF: no specific value. */
static void interval_ms(const struct explain *to, const char *key, uint16_t interval_1250us)
{
    if (interval_1250us == 0xFFFF)
        word(to, key, "any");
    else
        decimal(to, key, (int64_t)interval_1250us * 125, 2, "ms");
}

static void explain_interval_range(struct explain *to)
{
    const uint16_t min_1250us = rd_u16(&to->r);
    const uint16_t max_1250us = rd_u16(&to->r);

    if (!rd_done(&to->r))
        return;
    interval_ms(to, "min_interval_ms", min_1250us);
    interval_ms(to, "max_interval_ms", max_1250us);
}

/* Supplement, Part A, 1.15: two octets, or three or four in the long form, of 0.625 ms. */
static void explain_advertising_interval(struct explain *to)
{
    const size_t size = rd_left(&to->r);
    const uint32_t interval_625us = size == 2   ? rd_u16(&to->r)
                                    : size == 3 ? rd_u24(&to->r)
                                                : rd_u32(&to->r);

    if (rd_done(&to->r))
        decimal(to, "interval_ms", (int64_t)interval_625us * 625, 3, "ms");
}

static void explain_targets(struct explain *to)
{
    const uint8_t type = to->ad->type == AD_RANDOM_TARGET_ADDRESS ? BD_ADDR_RANDOM : BD_ADDR_PUBLIC;

    if (rd_left(&to->r) == 0 || rd_left(&to->r) % 6 != 0)
        return;
    list(to, "addresses");
    while (rd_left(&to->r) > 0) {
        const struct bd_addr addr = rd_addr_octets(&to->r, type);
        address(to, NULL, &addr);
    }
    list_end(to);
}

/* Supplement, Part A, 1.16 */
static void explain_device_address(struct explain *to)
{
    struct bd_addr addr = rd_addr_octets(&to->r, BD_ADDR_PUBLIC);
    const uint8_t kind = rd_u8(&to->r);

    if (!rd_done(&to->r))
        return;
    addr.type = kind & 1 ? BD_ADDR_RANDOM : BD_ADDR_PUBLIC;
    address(to, "address", &addr);
}

/* Supplement, Part A, 1.17 */
static void explain_role(struct explain *to)
{
    static const char *const names[] = {
        "Only Peripheral Role supported",
        "Only Central Role supported",
        "Peripheral and Central Role supported, Peripheral Role preferred",
        "Peripheral and Central Role supported, Central Role preferred",
    };
    const uint8_t role = rd_u8(&to->r);

    if (rd_done(&to->r))
        assigned(to, "role", role, 2, role < sizeof names / sizeof names[0] ? names[role] : NULL);
}

/* Supplement, Part A, 1.7.2 */
static void explain_oob_flags(struct explain *to)
{
    static const char *const names[] = {
        "OOB data present",
        "LE supported (Host)",
        "Simultaneous LE and BR/EDR (Host)",
        "random address",
    };
    const uint8_t flags = rd_u8(&to->r);

    if (rd_done(&to->r))
        bit_list(to, "flags", flags, names, sizeof names / sizeof names[0]);
}

/* Supplement, Part A, 1.18: the scheme is one UTF-8 character, by the URI scheme table. */
static void explain_uri(struct explain *to)
{
    static const char *const schemes[] = {
        NULL,    "",      "aaa:",   "aaas:", "about:",  "acap:", "acct:", "cap:",
        "cid:",  "coap:", "coaps:", "crid:", "data:",   "dav:",  "dict:", "dns:",
        "file:", "ftp:",  "geo:",   "go:",   "gopher:", "h323:", "http:", "https:",
    };

    if (rd_left(&to->r) == 0)
        return;
    const uint8_t *all = rd_bytes(&to->r, rd_left(&to->r));
    const size_t len = to->r.len;
    const char *scheme = all[0] < sizeof schemes / sizeof schemes[0] ? schemes[all[0]] : NULL;
    if (!scheme) {
        text(to, "uri", all, len);
        return;
    }
    uint8_t uri[8 + 255];
    const size_t scheme_len = strlen(scheme);
    memcpy(uri, scheme, scheme_len);
    memcpy(uri + scheme_len, all + 1, len - 1);
    text(to, "uri", uri, scheme_len + len - 1);
}

static void explain_features(struct explain *to)
{
    unsigned bit = 0;

    list(to, "features");
    while (rd_left(&to->r) > 0) {
        const uint8_t octet = rd_u8(&to->r);
        for (unsigned end = bit + 8; bit < end; bit++) {
            const char *name = ll_feature_name(bit);
            if (octet >> (bit % 8) & 1)
                word(to, NULL, name ? name : "reserved");
        }
    }
    list_end(to);
}

/* Supplement, Part A, 1.23: encrypted payload between a randomizer and a MIC. */
static void explain_encrypted(struct explain *to)
{
    if (rd_left(&to->r) < 9)
        return;
    octets(to, "randomizer", rd_bytes(&to->r, 5), 5);
    const size_t len = rd_left(&to->r) - 4;
    octets(to, "payload", rd_bytes(&to->r, len), len);
    octets(to, "mic", rd_bytes(&to->r, 4), 4);
}

/* Vol 6, Part B, 2.3.4.8 */
static void explain_channel_map(struct explain *to)
{
    const uint8_t *map = rd_bytes(&to->r, 5);
    const uint16_t instant = rd_u16(&to->r);

    if (!rd_done(&to->r))
        return;
    octets(to, "channel_map", map, 5);
    number(to, "instant", instant, NULL);
}

static void explain_name(struct explain *to)
{
    text(to, "name", to->ad->data, to->ad->len);
}

static void explain_tx_power(struct explain *to)
{
    const int8_t power_dbm = rd_i8(&to->r);

    if (rd_done(&to->r))
        number(to, "tx_power_dbm", power_dbm, "dBm");
}

static void explain_appearance(struct explain *to)
{
    const uint16_t appearance = rd_u16(&to->r);

    if (rd_done(&to->r))
        assigned(to, "appearance", appearance, 4, ad_appearance_name(appearance));
}

static void explain_class_of_device(struct explain *to)
{
    const uint32_t device_class = rd_u24(&to->r);

    if (rd_done(&to->r))
        assigned(to, "class_of_device", device_class, 6, NULL);
}

static const struct {
    uint8_t type;
    void (*explain)(struct explain *to);
} meanings[] = {
    {AD_FLAGS, explain_flags},
    {AD_UUID16_INCOMPLETE, explain_uuids},
    {AD_UUID16_COMPLETE, explain_uuids},
    {AD_UUID32_INCOMPLETE, explain_uuids},
    {AD_UUID32_COMPLETE, explain_uuids},
    {AD_UUID128_INCOMPLETE, explain_uuids},
    {AD_UUID128_COMPLETE, explain_uuids},
    {AD_NAME_SHORTENED, explain_name},
    {AD_NAME_COMPLETE, explain_name},
    {AD_TX_POWER_LEVEL, explain_tx_power},
    {AD_CLASS_OF_DEVICE, explain_class_of_device},
    {AD_SECURITY_MANAGER_OOB_FLAGS, explain_oob_flags},
    {AD_CONNECTION_INTERVAL_RANGE, explain_interval_range},
    {AD_SOLICITATION_UUID16, explain_uuids},
    {AD_SOLICITATION_UUID128, explain_uuids},
    {AD_SERVICE_DATA_UUID16, explain_service_data},
    {AD_PUBLIC_TARGET_ADDRESS, explain_targets},
    {AD_RANDOM_TARGET_ADDRESS, explain_targets},
    {AD_APPEARANCE, explain_appearance},
    {AD_ADVERTISING_INTERVAL, explain_advertising_interval},
    {AD_LE_DEVICE_ADDRESS, explain_device_address},
    {AD_LE_ROLE, explain_role},
    {AD_SOLICITATION_UUID32, explain_uuids},
    {AD_SERVICE_DATA_UUID32, explain_service_data},
    {AD_SERVICE_DATA_UUID128, explain_service_data},
    {AD_URI, explain_uri},
    {AD_LE_SUPPORTED_FEATURES, explain_features},
    {AD_CHANNEL_MAP_UPDATE, explain_channel_map},
    {AD_ADVERTISING_INTERVAL_LONG, explain_advertising_interval},
    {AD_BROADCAST_NAME, explain_name},
    {AD_ENCRYPTED_ADVERTISING_DATA, explain_encrypted},
    {AD_MANUFACTURER_DATA, explain_manufacturer},
};

void ad_explain(const struct ad_structure *ad, ad_field_fn *fn, void *user)
{
    struct explain to = {.ad = ad, .r = rd_init(ad->data, ad->len), .fn = fn, .user = user};

    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
        if (meanings[i].type == ad->type)
            meanings[i].explain(&to);
}
