/* SPDX-License-Identifier: MIT */
/* UUIDs as text, by value and on the wire. */
#include "rows.h"

#include "wire/uuid.h"

#define LONG_UUID "12345678-1234-5678-1234-56789abcdef0"

struct text_row {
    const char *name;
    const char *text;
    const char *formatted; /* NULL: refused */
};

static const struct text_row texts[] = {
    {"16 bits", "180d", "180d"},
    {"16 bits, upper case", "180D", "180d"},
    {"0x", "0x180D", "180d"},
    {"0X", "0X180D", "180d"},
    {"32 bits", "0000180d", "0000180d"},
    {"128 bits", LONG_UUID, LONG_UUID},
    {"128 bits, 0x", "0x" LONG_UUID, LONG_UUID},
    {"128 bits without dashes", "1234567812345678123456789ABCDEF0", LONG_UUID},
    {"empty", "", NULL},
    {"0x alone", "0x", NULL},
    {"three digits", "180", NULL},
    {"five digits", "0180d", NULL},
    {"not hex", "180g", NULL},
    {"space", "180d ", NULL},
    {"a dash at the end", "12345678-", NULL},
    {"dash in a 32-bit one", "1234-5678", NULL},
    {"one dash only", "12345678-123456781234567890abcdef", NULL},
    {"three dashes", "12345678-1234-5678-123456789abcdef0", NULL},
    {"dash in the wrong place", "1234567-81234-5678-1234-56789abcdef0", NULL},
    {"31 digits", "12345678-1234-5678-1234-56789abcdef", NULL},
    {"33 digits", LONG_UUID "0", NULL},
    {"two dashes together", "12345678--1234-5678-1234-6789abcdef0", NULL},
};

static void parses_or_refuses(void **state)
{
    const struct text_row *row = *state;
    struct blr_uuid uuid = blr_uuid16(0xABCD);
    char text[BLR_UUID_TEXT_SIZE];

    if (row->formatted) {
        assert_int_equal(blr_uuid_parse(row->text, &uuid), 0);
        assert_string_equal(blr_uuid_format(&uuid, text), row->formatted);
    } else {
        assert_int_equal(blr_uuid_parse(row->text, &uuid), BLR_ERR_INVALID);
        assert_int_equal(blr_uuid_as_u16(&uuid), 0xABCD);
    }
}

struct equal_row {
    const char *name;
    const char *a, *b;
    bool equal;
};

static const struct equal_row equals[] = {
    {"16 and 16", "180d", "180d", true},
    {"16 and other 16", "180d", "180f", false},
    {"16 and 32", "180d", "0000180d", true},
    {"16 and 128", "180d", "0000180d-0000-1000-8000-00805f9b34fb", true},
    {"32 and 128", "1234180d", "1234180d-0000-1000-8000-00805f9b34fb", true},
    {"16 and 32 with high bits", "180d", "0001180d", false},
    {"16 and a stranger's 128", "180d", "0000180d-0000-1000-8000-00805f9b34fc", false},
};

static void equality_is_by_value(void **state)
{
    const struct equal_row *row = *state;
    struct blr_uuid a, b;

    assert_int_equal(blr_uuid_parse(row->a, &a), 0);
    assert_int_equal(blr_uuid_parse(row->b, &b), 0);
    assert_int_equal(blr_uuid_equal(&a, &b), row->equal);
    assert_int_equal(blr_uuid_equal(&b, &a), row->equal);
}

static void as_u16(void **state)
{
    struct blr_uuid uuid;

    (void)state;
    assert_int_equal(blr_uuid_parse("0000180d-0000-1000-8000-00805f9b34fb", &uuid), 0);
    assert_int_equal(blr_uuid_as_u16(&uuid), 0x180D);
    assert_int_equal(blr_uuid_parse("0000180d", &uuid), 0);
    assert_int_equal(blr_uuid_as_u16(&uuid), 0x180D);
    assert_int_equal(blr_uuid_parse("0001180d", &uuid), 0);
    assert_int_equal(blr_uuid_as_u16(&uuid), 0);
    assert_int_equal(blr_uuid_parse(LONG_UUID, &uuid), 0);
    assert_int_equal(blr_uuid_as_u16(&uuid), 0);
}

static void expands_in_air_order(void **state)
{
    static const uint8_t expected[16] = {0xFB, 0x34, 0x9B, 0x5F, 0x80, 0x00, 0x00, 0x80,
                                         0x00, 0x10, 0x00, 0x00, 0x0D, 0x18, 0x00, 0x00};
    const struct blr_uuid uuid = blr_uuid16(0x180D);
    uint8_t octet[16];

    (void)state;
    blr_uuid_expand(&uuid, octet);
    assert_memory_equal(octet, expected, 16);
}

static void reads_the_widths_that_exist(void **state)
{
    static const uint8_t bytes[32] = {0x0D, 0x18};

    (void)state;
    for (size_t size = 0; size <= 32; size++) {
        struct rd r = rd_init(bytes, size);
        const struct blr_uuid uuid = rd_uuid(&r, size);
        const bool exists = size == 2 || size == 4 || size == 16;
        assert_int_equal(rd_done(&r), exists);
        assert_int_equal(uuid.size, exists ? size : 0);
    }

    struct rd cut = rd_init(bytes, 15);
    assert_int_equal(rd_uuid(&cut, 16).size, 0);
    assert_false(rd_ok(&cut));
}

static void writes_what_it_read(void **state)
{
    struct blr_uuid uuid;
    uint8_t out[16];
    struct wr w = wr_init(out, sizeof out);
    struct rd r = rd_init(out, sizeof out);

    (void)state;
    assert_int_equal(blr_uuid_parse(LONG_UUID, &uuid), 0);
    wr_uuid(&w, &uuid);
    assert_true(wr_ok(&w));
    assert_int_equal(out[0], 0xF0);
    const struct blr_uuid back = rd_uuid(&r, 16);
    assert_true(blr_uuid_equal(&uuid, &back));
}

struct name_row {
    const char *name;
    uint16_t value;
    const char *assigned;
};

static const struct name_row names[] = {
    {"first of the table", 0x0001, "SDP"},
    {"service", 0x180D, "Heart Rate"},
    {"declaration", 0x2803, "Characteristic"},
    {"descriptor", 0x2902, "Client Characteristic Configuration"},
    {"characteristic", 0x2A37, "Heart Rate Measurement"},
    {"newer characteristic", 0x2B2A, "Database Hash"},
    {"member", 0xFEAA, "Eddystone (Google LLC)"},
    {"last of the table", 0xFFFD, "Fast IDentity Online Alliance (FIDO)"},
    {"not assigned", 0x9999, NULL},
    {"zero", 0x0000, NULL},
    {"the highest", 0xFFFF, NULL},
};

static void names_are_found(void **state)
{
    const struct name_row *row = *state;
    const struct blr_uuid uuid = blr_uuid16(row->value);

    if (row->assigned)
        assert_string_equal(blr_uuid_name(&uuid), row->assigned);
    else
        assert_null(blr_uuid_name(&uuid));
}

static void name_of_a_long_form(void **state)
{
    struct blr_uuid uuid;

    (void)state;
    assert_int_equal(blr_uuid_parse("0000180f-0000-1000-8000-00805f9b34fb", &uuid), 0);
    assert_string_equal(blr_uuid_name(&uuid), "Battery");
    assert_int_equal(blr_uuid_parse(LONG_UUID, &uuid), 0);
    assert_null(blr_uuid_name(&uuid));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_u16),
        cmocka_unit_test(expands_in_air_order),
        cmocka_unit_test(reads_the_widths_that_exist),
        cmocka_unit_test(writes_what_it_read),
        cmocka_unit_test(name_of_a_long_form),
    };
    int failed = RUN_ROWS(texts, parses_or_refuses);

    failed += RUN_ROWS(equals, equality_is_by_value);
    failed += RUN_ROWS(names, names_are_found);
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
