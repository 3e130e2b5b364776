/* SPDX-License-Identifier: MIT */
/* The meaning of AD structures, written out as "KEY=VALUE ..." with (names) and [lists]. */
#include "rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hex.h"
#include "wire/adv_explain.h"
#include "wire/hex.h"

struct written {
    char text[2048];
    size_t len;
};

static void write_text(struct written *to, const char *text)
{
    const size_t len = strlen(text);

    assert_true(len < sizeof to->text - to->len);
    memcpy(to->text + to->len, text, len + 1);
    to->len += len;
}

static void write_value(struct written *to, const struct ad_field *field)
{
    char text[600] = "";

    switch (field->kind) {
    case AD_FIELD_NUMBER:
        snprintf(text, sizeof text, "%" PRId64 "%s%.0d", field->number, field->decimals ? "e-" : "",
                 field->decimals);
        break;
    case AD_FIELD_WORD:
        snprintf(text, sizeof text, "%s", field->name);
        break;
    case AD_FIELD_TEXT:
        snprintf(text, sizeof text, "'%.*s'", (int)field->len, (const char *)field->bytes);
        break;
    case AD_FIELD_OCTETS:
        hex_format(text, field->bytes, field->len);
        break;
    case AD_FIELD_UUID:
        blr_uuid_format(&field->uuid, text);
        break;
    case AD_FIELD_ADDRESS:
        bd_addr_format(&field->addr, text);
        break;
    case AD_FIELD_LIST:
    case AD_FIELD_LIST_END:
        break;
    }
    write_text(to, text);
    if (field->name && field->kind != AD_FIELD_WORD) {
        snprintf(text, sizeof text, "(%s)", field->name);
        write_text(to, text);
    }
}

static void write_field(void *user, const struct ad_field *field)
{
    struct written *to = user;
    const char last = to->len > 0 ? to->text[to->len - 1] : '[';

    if (field->kind == AD_FIELD_LIST_END) {
        assert_null(field->key);
        write_text(to, "]");
        return;
    }
    if (last != '[')
        write_text(to, " ");
    if (field->key) {
        write_text(to, field->key);
        write_text(to, "=");
    }
    if (field->kind == AD_FIELD_LIST)
        write_text(to, "[");
    else
        write_value(to, field);
}

struct row {
    const char *name;
    uint8_t type;
    const char *data;
    const char *meaning;
};

static const struct row rows[] = {
    {"flags", AD_FLAGS, "06", "flags=[LE General Discoverable Mode BR/EDR Not Supported]"},
    {"no flags", AD_FLAGS, "00", "flags=[]"},
    {"reserved flags", AD_FLAGS, "81", "flags=[LE Limited Discoverable Mode reserved]"},
    {"flags of no octet", AD_FLAGS, "", ""},
    {"16-bit list", AD_UUID16_COMPLETE, "0d180899", "uuids=[180d(Heart Rate) 9908]"},
    {"16-bit list with an octet too many", AD_UUID16_INCOMPLETE, "0d1801",
     "uuids=[180d(Heart Rate)]"},
    {"empty list", AD_UUID32_COMPLETE, "", "uuids=[]"},
    {"32-bit list", AD_UUID32_COMPLETE, "0f180000", "uuids=[0000180f(Battery)]"},
    {"128-bit solicitation", AD_SOLICITATION_UUID128, "f0debc9a785634127856341278563412",
     "uuids=[12345678-1234-5678-1234-56789abcdef0]"},
    {"name", AD_NAME_COMPLETE, "4142", "name='AB'"},
    {"tx power", AD_TX_POWER_LEVEL, "f4", "tx_power_dbm=-12"},
    {"tx power of two octets", AD_TX_POWER_LEVEL, "f400", ""},
    {"appearance", AD_APPEARANCE, "4103", "appearance=833(Heart Rate Sensor: Heart Rate Belt)"},
    {"appearance, reserved", AD_APPEARANCE, "ffff", "appearance=65535"},
    {"class of device", AD_CLASS_OF_DEVICE, "040424", "class_of_device=2360324"},
    {"interval range", AD_CONNECTION_INTERVAL_RANGE, "0600800c",
     "min_interval_ms=750e-2 max_interval_ms=400000e-2"},
    {"interval range, any maximum", AD_CONNECTION_INTERVAL_RANGE, "0600ffff",
     "min_interval_ms=750e-2 max_interval_ms=any"},
    {"advertising interval", AD_ADVERTISING_INTERVAL, "a000", "interval_ms=100000e-3"},
    {"long advertising interval", AD_ADVERTISING_INTERVAL_LONG, "000001",
     "interval_ms=40960000e-3"},
    {"longest advertising interval", AD_ADVERTISING_INTERVAL_LONG, "ffffffff",
     "interval_ms=2684354559375e-3"},
    {"public target", AD_PUBLIC_TARGET_ADDRESS, "0d1800000001",
     "addresses=[01:00:00:00:18:0D(public)]"},
    {"random targets", AD_RANDOM_TARGET_ADDRESS, "0d18000000c0010000000040",
     "addresses=[C0:00:00:00:18:0D(random) 40:00:00:00:00:01(random)]"},
    {"device address", AD_LE_DEVICE_ADDRESS, "0d18000000c001", "address=C0:00:00:00:18:0D(random)"},
    {"role", AD_LE_ROLE, "00", "role=0(Only Peripheral Role supported)"},
    {"role, reserved", AD_LE_ROLE, "04", "role=4"},
    {"OOB flags", AD_SECURITY_MANAGER_OOB_FLAGS, "09", "flags=[OOB data present random address]"},
    {"URI", AD_URI, "172f2f61", "uri='https://a'"},
    {"URI without scheme", AD_URI, "0161623a63", "uri='ab:c'"},
    {"URI of another scheme", AD_URI, "c4803a", "uri='\xC4\x80:'"},
    {"features", AD_LE_SUPPORTED_FEATURES, "2101",
     "features=[LE Encryption "
     "LE Data Packet Length Extension LE 2M PHY]"},
    {"a feature far behind the known", AD_LE_SUPPORTED_FEATURES, "00000000000000000080",
     "features=[reserved]"},
    {"channel map", AD_CHANNEL_MAP_UPDATE, "ffffffff1f3412", "channel_map=ffffffff1f instant=4660"},
    {"encrypted data", AD_ENCRYPTED_ADVERTISING_DATA, "01020304055566778899aa",
     "randomizer=0102030405 payload=5566 mic=778899aa"},
    {"encrypted data without payload", AD_ENCRYPTED_ADVERTISING_DATA, "010203040506070809",
     "randomizer=0102030405 mic=06070809"},
    {"service data", AD_SERVICE_DATA_UUID16, "0f1864", "uuid=180f(Battery) data=64"},
    {"service data without data", AD_SERVICE_DATA_UUID32, "0f180000", "uuid=0000180f(Battery)"},
    {"service data too short", AD_SERVICE_DATA_UUID16, "0f", ""},
    {"manufacturer data", AD_MANUFACTURER_DATA, "590001",
     "company=89(Nordic Semiconductor ASA) data=01"},
    {"manufacturer data of a stranger", AD_MANUFACTURER_DATA, "feff", "company=65534"},
    {"manufacturer data too short", AD_MANUFACTURER_DATA, "4c", ""},
    {"iBeacon", AD_MANUFACTURER_DATA, "4c000215ebefd08370a247c89837e7b5634df52565823d1acc",
     "company=76(Apple, Inc.) beacon=iBeacon uuid=ebefd083-70a2-47c8-9837-e7b5634df525 "
     "major=25986 minor=15642 measured_power_dbm=-52"},
    {"AltBeacon", AD_MANUFACTURER_DATA, "1801beac2f234454cf6d4a0fadf2f4911ba9ffa600010002c509",
     "company=280(Radius Networks, Inc.) beacon=AltBeacon "
     "id=2f234454cf6d4a0fadf2f4911ba9ffa600010002 reference_rssi_dbm=-59 reserved=9"},
    {"Eddystone-UID", AD_SERVICE_DATA_UUID16, "aafe00e3123456789012346789010000000000010000",
     "uuid=feaa(Eddystone (Google LLC)) beacon=Eddystone-UID tx_power_dbm=-29 "
     "namespace=12345678901234678901 instance=000000000001"},
    {"Eddystone-URL", AD_SERVICE_DATA_UUID16, "aafe10f8036769746875620063697472757a",
     "uuid=feaa(Eddystone (Google LLC)) beacon=Eddystone-URL tx_power_dbm=-8 "
     "url='https://github.com/citruz'"},
    {"Eddystone-TLM", AD_SERVICE_DATA_UUID16, "aafe20000b1847110000146700002ac4",
     "uuid=feaa(Eddystone (Google LLC)) beacon=Eddystone-TLM version=0 battery_mv=2840 "
     "temperature_c=7106640625e-8 advertisements=5223 uptime_s=10948e-1"},
    {"Eddystone-TLM without sensors", AD_SERVICE_DATA_UUID16, "aafe2000000080000000146700002ac4",
     "uuid=feaa(Eddystone (Google LLC)) beacon=Eddystone-TLM version=0 advertisements=5223 "
     "uptime_s=10948e-1"},
    {"Eddystone-TLM, encrypted", AD_SERVICE_DATA_UUID16, "aafe2001414141414141414141414141deadbeff",
     "uuid=feaa(Eddystone (Google LLC)) beacon=Eddystone-TLM version=1 "
     "encrypted=414141414141414141414141 salt=57005 integrity=48895"},
    {"Eddystone-EID", AD_SERVICE_DATA_UUID16, "aafe30e34549445f74657374",
     "uuid=feaa(Eddystone (Google LLC)) beacon=Eddystone-EID tx_power_dbm=-29 "
     "eid=4549445f74657374"},
    {"Eddystone of unknown frame", AD_SERVICE_DATA_UUID16, "aafe40",
     "uuid=feaa(Eddystone (Google LLC)) data=40"},
    {"a type without a known meaning", AD_BIGINFO, "01", ""},
    {"a type that is not assigned", 0xC8, "01", ""},
};

static void means(void **state)
{
    const struct row *row = *state;
    size_t len;
    uint8_t *data = hex_exact(row->data, &len);
    const struct ad_structure ad = {.type = row->type, .data = data, .len = (uint8_t)len};
    struct written written = {.len = 0};

    ad_explain(&ad, write_field, &written);
    free(data);
    assert_string_equal(written.text, row->meaning);
}

static void count_field(void *user, const struct ad_field *field)
{
    size_t *depth = user;

    if (field->kind == AD_FIELD_LIST)
        ++*depth;
    else if (field->kind == AD_FIELD_LIST_END)
        --*depth;
    assert_true(*depth <= 1);
}

static void any_type_of_any_length(void **state)
{
    (void)state;
    for (unsigned type = 0; type < 256; type++) {
        for (size_t len = 0; len <= 254; len += len < 40 ? 1 : 107) {
            uint8_t *exact = malloc(len ? len : 1);
            size_t depth = 0;
            assert_non_null(exact);
            memset(exact, 0xFF, len ? len : 1);
            const struct ad_structure ad = {
                .type = (uint8_t)type, .data = exact, .len = (uint8_t)len};
            ad_explain(&ad, count_field, &depth);
            assert_int_equal(depth, 0);
            free(exact);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(any_type_of_any_length)};

    return RUN_ROWS(rows, means) + cmocka_run_group_tests(tests, NULL, NULL);
}
