/* SPDX-License-Identifier: MIT */
/* Advertising data: iteration, lookups and builders. */
#include "rows.h"

#include <stdlib.h>
#include <string.h>

#include "hex.h"
#include "wire/adv.h"

struct walk_row {
    const char *name;
    const char *payload;
    const char *types; /* of the structures that are read, in hex */
    size_t stops_at;
};

static const struct walk_row walks[] = {
    {"nothing", "", "", 0},
    {"two structures", "02010603030d18", "0103", 7},
    {"a structure without data", "0101020a04", "010a", 5},
    {"early termination", "02010600020a04", "01", 3},
    {"length past the end", "0201060309", "01", 3},
    {"length past the end by one", "020106030941", "01", 3},
    {"length past the end at once", "0e09414243", "", 0},
    {"the longest structure does not fit", "ff", "", 0},
};

static void walks_as_far_as_it_can(void **state)
{
    const struct walk_row *row = *state;
    uint8_t payload[64], types[64];
    const size_t len = hex_read(row->payload, payload, sizeof payload);
    const size_t count = hex_read(row->types, types, sizeof types);
    struct rd it = rd_init(payload, len);
    struct ad_structure ad;
    size_t n = 0;

    while (ad_next(&it, &ad)) {
        assert_true(n < count);
        assert_int_equal(ad.type, types[n]);
        assert_ptr_equal(ad.data, payload + ad.offset + 2);
        assert_true(ad.offset + 2 + ad.len <= len);
        n++;
    }
    assert_int_equal(n, count);
    assert_int_equal(it.off, row->stops_at);
    assert_false(ad_next(&it, &ad));
    assert_int_equal(it.off, row->stops_at);
}

static void longest_structure(void **state)
{
    uint8_t payload[256] = {255, AD_MANUFACTURER_DATA};
    struct rd it = rd_init(payload, sizeof payload);
    struct ad_structure ad;

    (void)state;
    assert_true(ad_next(&it, &ad));
    assert_int_equal(ad.len, 254);
    assert_true(rd_done(&it));
}

struct name_row {
    const char *name;
    const char *payload;
    size_t size;
    const char *expected; /* NULL: none */
};

static const struct name_row names[] = {
    {"complete", "030941420302aabb", 32, "AB"},
    {"shortened", "03084142", 32, "AB"},
    {"complete before shortened", "03084142020943", 32, "C"},
    {"empty", "0109", 32, ""},
    {"none", "020106", 32, NULL},
    {"behind an early termination", "00030941", 32, NULL},
    {"fits exactly", "0409414243", 4, "ABC"},
    {"cut", "0409414243", 3, "AB"},
    {"cut before a character of two octets", "0409 41c3a9", 3, "A"},
    {"cut before a character of four octets", "0609 41f09f9880", 5, "A"},
    {"cut behind a character", "0609 c3a9414243", 3, "\xC3\xA9"},
    {"room for the NUL alone", "0409414243", 1, ""},
    {"no room", "0409414243", 0, NULL},
};

static void local_name(void **state)
{
    const struct name_row *row = *state;
    char name[32];
    uint8_t payload[64];

    const size_t len = hex_read(row->payload, payload, sizeof payload);
    memset(name, '?', sizeof name);
    assert_int_equal(ad_local_name(payload, len, name, row->size), row->expected != NULL);
    if (row->expected)
        assert_string_equal(name, row->expected);
    for (size_t i = row->size; i < sizeof name; i++)
        assert_int_equal(name[i], '?');
}

struct service_row {
    const char *name;
    const char *payload;
    const char *uuid;
    bool listed;
};

static const struct service_row services[] = {
    {"16-bit, complete", "05030f180d18", "180d", true},
    {"16-bit, incomplete", "03020d18", "180d", true},
    {"16-bit, other", "03030f18", "180d", false},
    {"32-bit", "0505443322 11", "11223344", true},
    {"16-bit in a 32-bit list", "05050d180000", "180d", true},
    {"16-bit in a 128-bit list", "1107fb349b5f80000080001000000d180000", "180d", true},
    {"128-bit", "1106f0debc9a785634127856341278563412", "12345678-1234-5678-1234-56789abcdef0",
     true},
    {"the octet left over is no UUID", "04030f180d", "180d", false},
    {"across two entries", "05030018 0d18", "0d00", false},
    {"service data is not a list", "03160d18", "180d", false},
    {"solicitation is not a list of services", "03140d18", "180d", false},
    {"behind other structures", "02010602 0a0403030d18", "180d", true},
    {"behind an error", "00 03030d18", "180d", false},
};

static void has_service(void **state)
{
    const struct service_row *row = *state;
    struct blr_uuid uuid;
    uint8_t payload[64];

    const size_t len = hex_read(row->payload, payload, sizeof payload);
    assert_int_equal(blr_uuid_parse(row->uuid, &uuid), 0);
    assert_int_equal(ad_has_service(payload, len, &uuid), row->listed);
}

static void find_takes_the_first(void **state)
{
    static const uint8_t payload[] = {2, 1, 6, 2, 10, 4, 2, 10, 5};
    struct ad_structure ad;

    (void)state;
    assert_true(ad_find(payload, sizeof payload, AD_TX_POWER_LEVEL, &ad));
    assert_int_equal(ad.offset, 3);
    assert_int_equal(ad.data[0], 4);
    assert_false(ad_find(payload, sizeof payload, AD_URI, &ad));
}

static void builds_a_heart_rate_sensor(void **state)
{
    struct blr_uuid uuids[4] = {blr_uuid16(0x180D), {.size = 0}, blr_uuid16(0x180F), {.size = 0}};
    uint8_t out[128], expected[128];
    struct wr w = wr_init(out, sizeof out);

    (void)state;
    assert_int_equal(blr_uuid_parse("12345678-1234-5678-1234-56789abcdef0", &uuids[1]), 0);
    assert_int_equal(blr_uuid_parse("11223344", &uuids[3]), 0);
    ad_wr_flags(&w, AD_FLAG_LE_GENERAL_DISCOVERABLE | AD_FLAG_BR_EDR_NOT_SUPPORTED);
    ad_wr_services(&w, uuids, 4);
    ad_wr_name(&w, "Heart");
    ad_wr_manufacturer(&w, 0x0059, (const uint8_t *)"\x01\x02", 2);
    ad_wr_service_data(&w, &uuids[2], (const uint8_t *)"\x64", 1);
    ad_wr_service_data(&w, &uuids[3], NULL, 0);
    ad_wr_service_data(&w, &uuids[1], (const uint8_t *)"\x07", 1);
    assert_true(wr_ok(&w));
    const size_t len = hex_read("020106"
                                "05030d180f18"
                                "050544332211"
                                "1107f0debc9a785634127856341278563412"
                                "06094865617274"
                                "05ff59000102"
                                "04160f1864"
                                "052044332211"
                                "1221f0debc9a78563412785634127856341207",
                                expected, sizeof expected);
    assert_int_equal(w.len, len);
    assert_memory_equal(out, expected, len);
}

static void a_structure_fits_whole_or_not_at_all(void **state)
{
    const struct blr_uuid uuid = blr_uuid16(0x180D);

    (void)state;
    for (size_t cap = 0; cap < 4; cap++) {
        uint8_t out[4];
        struct wr list = wr_init(out, cap), data = wr_init(out, cap), name = wr_init(out, cap);
        ad_wr_services(&list, &uuid, 1);
        ad_wr_service_data(&data, &uuid, NULL, 0);
        ad_wr_name(&name, "AB");
        assert_false(wr_ok(&list) || wr_ok(&data) || wr_ok(&name));
        assert_int_equal(list.len + data.len + name.len, 0);
    }
}

static void longer_than_a_length_octet_fails(void **state)
{
    static const uint8_t zeros[512];
    uint8_t out[1024];
    const struct blr_uuid uuid = blr_uuid16(0x180D);
    struct wr fits = wr_init(out, sizeof out), long_by_one = fits, huge = fits;
    struct wr company = fits, company_long = fits, service = fits, service_long = fits;

    (void)state;
    ad_wr(&fits, AD_URI, zeros, 254);
    assert_true(wr_ok(&fits));
    assert_int_equal(fits.len, 256);
    ad_wr(&long_by_one, AD_URI, zeros, 255);
    assert_false(wr_ok(&long_by_one));
    ad_wr(&huge, AD_URI, zeros, SIZE_MAX);
    assert_false(wr_ok(&huge));
    ad_wr_manufacturer(&company, 1, zeros, 252);
    assert_true(wr_ok(&company));
    ad_wr_manufacturer(&company_long, 1, zeros, SIZE_MAX);
    assert_false(wr_ok(&company_long));
    ad_wr_service_data(&service, &uuid, zeros, 252);
    assert_true(wr_ok(&service));
    ad_wr_service_data(&service_long, &uuid, zeros, SIZE_MAX);
    assert_false(wr_ok(&service_long));
}

static void no_services_no_list(void **state)
{
    uint8_t out[4];
    struct wr w = wr_init(out, sizeof out);

    (void)state;
    ad_wr_services(&w, NULL, 0);
    assert_true(wr_ok(&w));
    assert_int_equal(w.len, 0);
}

static void names_of_numbers(void **state)
{
    (void)state;
    assert_string_equal(ad_type_name(AD_FLAGS), "Flags");
    assert_string_equal(ad_type_name(AD_UUID16_COMPLETE),
                        "Complete List of 16-bit Service or Service Class UUIDs");
    assert_string_equal(ad_type_name(0xFF), "Manufacturer Specific Data");
    assert_null(ad_type_name(0x00));
    assert_null(ad_type_name(0xFE));
    assert_string_equal(ad_company_name(0x0000), "Ericsson AB");
    assert_string_equal(ad_company_name(0x004C), "Apple, Inc.");
    assert_string_equal(ad_company_name(0x0499), "Ruuvi Innovations Ltd.");
    assert_string_equal(ad_company_name(0xFFFF), "none (reserved for tests)");
    assert_null(ad_company_name(0xFFFE));
    assert_string_equal(ad_appearance_name(0x0000), "Unknown");
    assert_string_equal(ad_appearance_name(0x0341), "Heart Rate Sensor: Heart Rate Belt");
    assert_string_equal(ad_appearance_name(0x037F), "Heart Rate Sensor");
    assert_string_equal(ad_appearance_name(0x1444),
                        "Outdoor Sports Activity: Location and Navigation Pod");
    assert_null(ad_appearance_name(0xFFFF));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(longest_structure),
        cmocka_unit_test(find_takes_the_first),
        cmocka_unit_test(builds_a_heart_rate_sensor),
        cmocka_unit_test(a_structure_fits_whole_or_not_at_all),
        cmocka_unit_test(longer_than_a_length_octet_fails),
        cmocka_unit_test(no_services_no_list),
        cmocka_unit_test(names_of_numbers),
    };
    int failed = RUN_ROWS(walks, walks_as_far_as_it_can);

    failed += RUN_ROWS(names, local_name);
    failed += RUN_ROWS(services, has_service);
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
