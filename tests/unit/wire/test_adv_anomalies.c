/* SPDX-License-Identifier: MIT */
/* Each anomaly of advertising data with its offset, in made payloads and in real ones. */
#include "rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hex.h"
#include "vectors.h"
#include "wire/adv.h"
#include "wire/adv_check.h"

struct found {
    char text[4096]; /* "KIND@OFFSET KIND@OFFSET" or "none" */
    size_t last_offset;
    size_t count;
    bool ordered;
};

static void add_anomaly(void *user, const struct ad_anomaly *anomaly)
{
    struct found *found = user;
    const size_t len = strlen(found->text);

    if (found->count++ > 0 && anomaly->offset < found->last_offset)
        found->ordered = false;
    found->last_offset = anomaly->offset;
    snprintf(found->text + len, sizeof found->text - len, "%s%s@%zu", len ? " " : "",
             ad_anomaly_name(anomaly->kind), anomaly->offset);
}

static struct found check(const uint8_t *payload, size_t len, enum ad_pdu pdu)
{
    struct found found = {.ordered = true};
    /* An exact allocation, so that the sanitizer sees a read past the end. */
    uint8_t *exact = malloc(len ? len : 1);

    assert_non_null(exact);
    if (len > 0)
        memcpy(exact, payload, len);
    ad_check(exact, len, pdu, add_anomaly, &found);
    free(exact);
    if (found.count == 0)
        strcpy(found.text, "none");
    return found;
}

struct row {
    const char *name;
    const char *payload;
    const char *anomalies;
};

static const struct row rows[] = {
    {"nothing", "", "none"},
    {"flags", "020106", "none"},
    {"32 octets, the last a zero",
     "1e0930313233343536373839303132333435363738393031323334353637380"
     "0",
     "longer-than-legacy@31 zero-padding@31"},
    {"exactly 31 octets",
     "1e0930313233343536373839303132333435363738393031323334353637"
     "38",
     "none"},
    {"one zero at the end", "02010600", "zero-padding@3"},
    {"zeros only", "000000", "zero-padding@0"},
    {"zero padding", "0201060000000000", "zero-padding@3"},
    {"zero length, then data", "020106000201", "early-termination@3"},
    {"zero length, more zeros, then data", "0201060000000001", "early-termination@3"},
    {"length past the end", "020106050941", "length-past-end@3"},
    {"length past the end by two", "0201060309", "length-past-end@3"},
    {"length past the end by one", "020106030941", "length-past-end@3"},
    {"length alone", "02", "length-past-end@0"},
    {"length of 255", "ff09", "length-past-end@0"},
    {"structure of length 1", "02010601ff", "empty-structure@3 manufacturer-data-short@3"},
    {"empty list of UUIDs", "0103", "empty-structure@0"},
    {"empty name", "0109", "empty-structure@0"},
    {"repeated type", "020106020104", "repeated-type@3"},
    {"repeated twice", "020106020104020105", "repeated-type@3 repeated-type@6"},
    {"repeated type 0xFF", "03ff4c0003ff5900", "repeated-type@4"},
    {"complete and incomplete list", "03020d1803030f18", "complete-and-incomplete@4"},
    {"complete and shortened name", "020941020841", "complete-and-incomplete@3"},
    {"lists of two widths", "03030d18050544332211", "none"},
    {"solicitation beside a list", "03030d1803140d18", "none"},
    {"NUL inside a name", "0409410042", "name-nul@3"},
    {"NUL ends a name", "0309410002010a", "name-nul@3"},
    {"NUL in a shortened name", "02080002010a", "name-nul@2"},
    {"name of UTF-8", "0509c3a96162", "none"},
    {"name of Latin-1", "0409e96162", "name-not-utf8@2"},
    {"name cut inside a character", "030941c3", "name-not-utf8@3"},
    {"name with an overlong form", "0309c080", "name-not-utf8@2"},
    {"name with an overlong form of three", "0409e09fbf", "name-not-utf8@2"},
    {"name with an overlong form of four", "0509f08fbfbf", "name-not-utf8@2"},
    {"name with the first of three and four", "0809e0a080f0908080", "none"},
    {"name with the last of Unicode", "0509f48fbfbf", "none"},
    {"name with a surrogate", "0409eda080", "name-not-utf8@2"},
    {"name beyond Unicode", "0509f4908080", "name-not-utf8@2"},
    {"NUL before bad UTF-8", "03090080", "name-nul@2 name-not-utf8@3"},
    {"bad UTF-8 before NUL", "03098000", "name-not-utf8@2 name-nul@3"},
    {"16-bit list of 3 octets", "04030d1801", "uuid16-list-length@0"},
    {"16-bit solicitation of 1 octet", "02140d", "uuid16-list-length@0"},
    {"32-bit list of 5 octets", "060501020304ff", "uuid32-list-length@0"},
    {"32-bit solicitation of 2 octets", "031f0102", "uuid32-list-length@0"},
    {"128-bit list of 15 octets", "1006000102030405060708090a0b0c0d0e", "uuid128-list-length@0"},
    {"128-bit solicitation of 1 octet", "021500", "uuid128-list-length@0"},
    {"manufacturer data of 1 octet", "02ff4c", "manufacturer-data-short@0"},
    {"manufacturer data of 2 octets", "03ff4c00", "none"},
    {"flags without octet", "0101", "empty-structure@0 flags-length@0"},
    {"flags of two octets", "03010600", "flags-length@0"},
    {"service data of 1 octet", "021601", "service-data-short@0"},
    {"service data, UUID alone", "03160f18", "none"},
    {"32-bit service data of 3 octets", "0420010203", "service-data-short@0"},
    {"128-bit service data of 15 octets", "1021000102030405060708090a0b0c0d0e",
     "service-data-short@0"},
    {"tx power of 2 octets", "030a0000", "value-length@0"},
    {"appearance of 1 octet", "021900", "value-length@0"},
    {"interval range of 3 octets", "0412060006", "value-length@0"},
    {"interval range", "05120600100c", "none"},
    {"role of 2 octets", "031c0001", "value-length@0"},
    {"target address of 7 octets", "081701020304050607", "value-length@0"},
    {"two target addresses", "0d18010203040506010203040506", "none"},
    {"long interval of 2 octets", "032f0001", "value-length@0"},
    {"long interval of 3 octets", "042f000100", "none"},
    {"broadcast name of 3 octets", "0430414243", "value-length@0"},
    {"encrypted data of 8 octets", "09310001020304050607", "value-length@0"},
    {"type that is not assigned", "02c800", "none"},
    {"several", "0201060203aa020941000000", "uuid16-list-length@3 zero-padding@9"},
};

static void made_payload(void **state)
{
    const struct row *row = *state;
    uint8_t payload[256];
    const size_t len = hex_read(row->payload, payload, sizeof payload);
    const struct found found = check(payload, len, AD_PDU_LEGACY);

    assert_string_equal(found.text, row->anomalies);
    assert_true(found.ordered);
}

static void real_payload(void **state)
{
    const struct vector *vector = *state;
    uint8_t payload[256];
    const size_t len = vector_octets(vector, "payload", payload, sizeof payload);
    const struct found found = check(payload, len, AD_PDU_LEGACY);

    assert_string_equal(found.text, vector_text(vector, "anomalies"));
    assert_true(found.ordered);
}

static void a_real_payload_cut_off_anywhere(void **state)
{
    const struct vector *vector = *state;
    uint8_t payload[256];
    const size_t len = vector_octets(vector, "payload", payload, sizeof payload);

    for (size_t cut = 0; cut < len; cut++)
        assert_true(check(payload, cut, AD_PDU_LEGACY).ordered);
}

static void limit_of_legacy(void **state)
{
    uint8_t payload[64] = {63, AD_MANUFACTURER_DATA, 0x4C};

    (void)state;
    assert_string_equal(check(payload, 64, AD_PDU_LEGACY).text, "longer-than-legacy@31");
    assert_string_equal(check(payload, 64, AD_PDU_EXTENDED).text, "none");
}

static void limit_comes_before_what_is_behind_it(void **state)
{
    /* Manufacturer data to octet 33, then a flags structure without data. */
    uint8_t payload[36] = {33, AD_MANUFACTURER_DATA, 0x4C};

    (void)state;
    payload[34] = 1;
    payload[35] = AD_FLAGS;
    assert_string_equal(check(payload, 36, AD_PDU_LEGACY).text,
                        "longer-than-legacy@31 empty-structure@34 flags-length@34");
}

static void limit_of_extended(void **state)
{
    uint8_t payload[AD_EXTENDED_MAX + 1] = {0};
    size_t off = 0;

    (void)state;
    /* Eight structures of 200 octets, and one to the end, of types that do not repeat. */
    for (uint8_t type = 0x60; off < sizeof payload; type++) {
        const size_t left = sizeof payload - off;
        payload[off] = (uint8_t)(left > 200 ? 199 : left - 1);
        payload[off + 1] = type;
        off += payload[off] + 1U;
    }
    assert_string_equal(check(payload, sizeof payload, AD_PDU_EXTENDED).text,
                        "longer-than-extended@1650");
    payload[8 * 200]--;
    assert_string_equal(check(payload, AD_EXTENDED_MAX, AD_PDU_EXTENDED).text, "none");
}

static void each_kind_has_a_name_and_a_text(void **state)
{
    static const enum ad_anomaly_kind kinds[] = {
#define X(ident, kind, text) AD_ANOMALY_##ident,
        AD_ANOMALIES(X)
#undef X
    };
    const size_t count = sizeof kinds / sizeof kinds[0];

    (void)state;
    for (size_t i = 0; i < count; i++) {
        assert_string_not_equal(ad_anomaly_name(kinds[i]), "unknown");
        assert_string_not_equal(ad_anomaly_text(kinds[i]), "unknown");
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(ad_anomaly_name(kinds[i]), ad_anomaly_name(kinds[k]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limit_of_legacy),
        cmocka_unit_test(limit_comes_before_what_is_behind_it),
        cmocka_unit_test(limit_of_extended),
        cmocka_unit_test(each_kind_has_a_name_and_a_text),
    };
    struct vectors field = vectors_load("adv/field.txt");
    int failed = RUN_ROWS(rows, made_payload);

    failed += RUN_ROWS_N(field.records, field.count, real_payload);
    failed += RUN_ROWS_N(field.records, field.count, a_real_payload_cut_off_anywhere);
    failed += cmocka_run_group_tests(tests, NULL, NULL);
    vectors_free(&field);
    return failed;
}
