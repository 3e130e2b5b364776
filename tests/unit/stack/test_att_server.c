/* SPDX-License-Identifier: MIT */
/* Requests and commands against a fixed database: bytes in, bytes out (Vol 3, Part F, 3.4). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "att_bearer.h"
#include "att_database.h"
#include "att_pair.h"
#include "blueroom/gatt_client.h"
#include "rows.h"
#include "wire/att.h"

#define UUID_OWN  "000102030405060708090A0B0C0D0E0F"
#define UUID_TEXT "101112131415161718191A1B1C1D1E1F"
/* 2803 over the Bluetooth Base UUID */
#define UUID_2803_LONG "FB349B5F80000080001000000328 0000"
#define UUID_2800_LONG "FB349B5F80000080001000000028 0000"

struct row {
    const char *name;
    const char *request;
    const char *response; /* "" when there shall be none */
};

static const struct row rows[] = {
    /* 3.3: what is not supported, and wrong lengths */
    {"an unknown even opcode", "3E 01 02", "01 3E 0000 06"},
    {"an unknown odd opcode", "25", "01 25 0000 06"},
    {"opcode 0", "00", "01 00 0000 06"},
    {"an unknown opcode with the signature flag", "8A 1200", "01 8A 0000 06"},
    {"an unknown command", "7F 01 02", ""},
    {"an unknown command with a signature", "FF", ""},
    {"a Signed Write command", "D2 2200 01 000000000000000000000000", ""},
    {"a response that nobody asked for", "0B 01", ""},
    {"an Error Response that nobody asked for", "01 0A 0100 0A", ""},
    {"a confirmation of nothing", "1E", ""},
    {"an opcode alone", "0A", "01 0A 0000 04"},
    {"a request that is too short", "0A 12", "01 0A 0000 04"},
    {"a request that is too long", "0A 1200 00", "01 0A 0000 04"},
    {"a request over the MTU", "12 2200 000102030405060708090A0B0C0D0E0F1011121314",
     "01 12 0000 04"},
    {"a command that is too short", "52 22", ""},

    /* 3.4.2.1 */
    {"Exchange MTU", "02 6400", "03 6400"},
    {"Exchange MTU, the client takes the least", "02 1700", "03 6400"},
    {"Exchange MTU under the least", "02 1600", "01 02 0000 04"},
    {"Exchange MTU of 0", "02 0000", "01 02 0000 04"},
    {"Exchange MTU, short", "02 64", "01 02 0000 04"},

    /* 3.4.3.1 */
    {"Find Information", "04 1100 FFFF", "05 01 1100 0328 1200 192A 1300 0229 1400 0129 2000 0028"},
    {"Find Information of one", "04 1200 1200", "05 01 1200 192A"},
    {"Find Information ends at another UUID size", "04 2100 FFFF", "05 01 2100 0328"},
    {"Find Information of a 128-bit UUID", "04 2200 FFFF", "05 02 2200" UUID_TEXT},
    {"Find Information in a gap", "04 1500 1F00", "01 04 1500 0A"},
    {"Find Information behind all", "04 3900 FFFF", "01 04 3900 0A"},
    {"Find Information from 0", "04 0000 FFFF", "01 04 0000 01"},
    {"Find Information backwards", "04 1200 1100", "01 04 1200 01"},
    {"Find Information, short", "04 1200 11", "01 04 0000 04"},
    {"Find Information, long", "04 1200 1300 00", "01 04 0000 04"},

    /* 3.4.3.3 */
    {"Find By Type Value", "06 0100 FFFF 0028 0F18", "07 1000 1400"},
    {"Find By Type Value, 128-bit value", "06 0100 FFFF 0028" UUID_OWN, "07 2000 2B00"},
    {"Find By Type Value over the MTU", "06 0100 FFFF 0028" UUID_OWN "10", "01 06 0000 04"},
    {"Find By Type Value of no group", "06 0100 FFFF 0129 6C6576656C", "07 1400 1400"},
    {"Find By Type Value, a part of it", "06 0100 FFFF 0129 6C6576", "01 06 0100 0A"},
    {"Find By Type Value, no value", "06 0100 FFFF 05FF", "07 3200 3200"},
    {"Find By Type Value, not readable", "06 0100 FFFF 01FF", "01 06 0100 0A"},
    {"Find By Type Value, no such service", "06 0100 FFFF 0028 0D18", "01 06 0100 0A"},
    {"Find By Type Value, only the beginning is the same", "06 0100 FFFF 0028 0F19",
     "01 06 0100 0A"},
    {"Find By Type Value from 0", "06 0000 FFFF 0028 0F18", "01 06 0000 01"},
    {"Find By Type Value backwards", "06 0200 0100 0028 0F18", "01 06 0200 01"},
    {"Find By Type Value, short", "06 0100 FFFF 00", "01 06 0000 04"},

    /* 3.4.4.1 */
    {"Read By Type", "08 0100 FFFF 0328",
     "09 07 0200 02 0300 002A 0400 02 0500 012A 0600 02 0700 A62A"},
    {"Read By Type, 128-bit form of the type", "08 0D00 FFFF" UUID_2803_LONG,
     "09 07 0E00 02 0F00 2A2B 1100 32 1200 192A"},
    {"Read By Type ends at another length", "08 2100 FFFF 0328", "09 15 2100 0A 2200" UUID_TEXT},
    {"Read By Type, a 128-bit type", "08 0100 FFFF" UUID_TEXT,
     "09 15 2200 000102030405060708090A0B0C0D0E0F101112"},
    {"Read By Type, empty values", "08 0100 3300 05FF", "09 02 3200"},
    {"Read By Type, values of other lengths end it", "08 0100 FFFF 05FF", "09 02 3200"},
    {"Read By Type ends before what cannot be read", "08 3300 FFFF 05FF", "09 04 3400 0707"},
    {"Read By Type, the first cannot be read", "08 3500 FFFF 05FF", "01 08 3600 02"},
    {"Read By Type, the first wants authorization", "08 0100 FFFF 02FF", "01 08 2600 08"},
    {"Read By Type, the first answers an application error", "08 0100 FFFF 03FF", "01 08 2800 80"},
    {"Read By Type, none", "08 0100 FFFF 3412", "01 08 0100 0A"},
    {"Read By Type from 0", "08 0000 FFFF 0328", "01 08 0000 01"},
    {"Read By Type backwards", "08 0300 0200 0328", "01 08 0300 01"},
    {"Read By Type with a 32-bit type", "08 0100 FFFF 03280000", "01 08 0000 04"},
    {"Read By Type with 15 octets of type", "08 0100 FFFF 000102030405060708090A0B0C0D0E",
     "01 08 0000 04"},
    {"Read By Type with 17 octets of type", "08 0100 FFFF" UUID_OWN "10", "01 08 0000 04"},

    /* 3.4.4.3 */
    {"Read", "0A 1200", "0B 64"},
    {"Read the device name", "0A 0300", "0B 626C7565726F6F6D"},
    {"Read the appearance", "0A 0500", "0B 4103"},
    {"Read a service declaration", "0A 2000", "0B" UUID_OWN},
    {"Read a secondary service declaration", "0A 3000", "0B FEFF"},
    {"Read a characteristic declaration", "0A 2100", "0B 0A 2200" UUID_TEXT},
    {"Read a CCCD never written", "0A 1300", "0B 0000"},
    {"Read an empty value", "0A 3200", "0B"},
    {"Read as much as fits", "0A 2200", "0B 000102030405060708090A0B0C0D0E0F101112131415"},
    {"Read handle 0", "0A 0000", "01 0A 0000 01"},
    {"Read in a gap", "0A 1F00", "01 0A 1F00 01"},
    {"Read behind all", "0A FFFF", "01 0A FFFF 01"},
    {"Read what may only be written", "0A 2400", "01 0A 2400 02"},
    {"Read without authorization", "0A 2600", "01 0A 2600 08"},
    {"Read, an application error", "0A 2800", "01 0A 2800 80"},
    {"Read what may only be notified", "0A 2A00", "01 0A 2A00 02"},

    /* 3.4.4.5 */
    {"Read Blob", "0C 2200 1600", "0D 161718191A1B1C1D1E1F2021222324252627"},
    {"Read Blob from 0", "0C 2200 0000", "0D 000102030405060708090A0B0C0D0E0F101112131415"},
    {"Read Blob at the end", "0C 2200 2800", "0D"},
    {"Read Blob behind the end", "0C 2200 2900", "01 0C 2200 07"},
    {"Read Blob far behind the end", "0C 2200 FFFF", "01 0C 2200 07"},
    {"Read Blob of a short fixed value", "0C 1200 0000", "01 0C 1200 0B"},
    {"Read Blob of a short fixed value, behind its end", "0C 1200 0200", "01 0C 1200 07"},
    {"Read Blob of a short value", "0C 1400 0300", "0D 656C"},
    {"Read Blob of a long fixed value", "0C 3800 2A01", "0D 0707"},
    {"Read Blob of no attribute", "0C 1500 0000", "01 0C 1500 01"},
    {"Read Blob of what may only be written", "0C 2400 FFFF", "01 0C 2400 02"},
    {"Read Blob without authorization", "0C 2600 FFFF", "01 0C 2600 08"},
    {"Read Blob, an application error", "0C 2800 0000", "01 0C 2800 80"},
    {"Read Blob, short", "0C 2200 00", "01 0C 0000 04"},

    /* 3.4.4.7 */
    {"Read Multiple", "0E 1200 0500 1200", "0F 64 4103 64"},
    {"Read Multiple, as much as fits", "0E 1200 2200",
     "0F 64 000102030405060708090A0B0C0D0E0F1011121314"},
    {"Read Multiple, full before the last", "0E 2200 1200",
     "0F 000102030405060708090A0B0C0D0E0F101112131415"},
    {"Read Multiple, one does not exist", "0E 1200 1500 2400", "01 0E 1500 01"},
    {"Read Multiple, one cannot be read", "0E 1200 2400 1500", "01 0E 2400 02"},
    {"Read Multiple, one wants authorization", "0E 1200 2600", "01 0E 2600 08"},
    {"Read Multiple of one", "0E 1200", "01 0E 0000 04"},
    {"Read Multiple of two and a half", "0E 1200 0500 12", "01 0E 0000 04"},
    {"Read Multiple of three and a half", "0E 1200 0500 1200 12", "01 0E 0000 04"},

    /* 3.4.4.11 */
    {"Read Multiple Variable", "20 1200 3200 0500", "21 0100 64 0000 0200 4103"},
    {"Read Multiple Variable, the last one cut", "20 1200 2200",
     "21 0100 64 2800 000102030405060708090A0B0C0D0E0F10"},
    {"Read Multiple Variable, full before the last", "20 2200 1200",
     "21 2800 000102030405060708090A0B0C0D0E0F10111213"},
    {"Read Multiple Variable of empty values", "20 3200 3200", "21 0000 0000"},
    {"Read Multiple Variable, one does not exist", "20 1200 1500 2400", "01 20 1500 01"},
    {"Read Multiple Variable, an error behind what fits", "20 2200 1500", "01 20 1500 01"},
    {"Read Multiple Variable, one cannot be read", "20 1200 2400 1500", "01 20 2400 02"},
    {"Read Multiple Variable, one wants authorization", "20 1200 2600", "01 20 2600 08"},
    {"Read Multiple Variable, an application error", "20 1200 2800", "01 20 2800 80"},
    {"Read Multiple Variable of one", "20 1200", "01 20 0000 04"},
    {"Read Multiple Variable of two and a half", "20 1200 0500 12", "01 20 0000 04"},

    /* 3.4.4.9 */
    {"Read By Group Type", "10 0100 FFFF 0028",
     "11 06 0100 0700 0018 0800 0F00 0118 1000 1400 0F18"},
    {"Read By Group Type, 128-bit services", "10 1500 FFFF 0028", "11 14 2000 2B00" UUID_OWN},
    {"Read By Group Type of secondary services", "10 0100 FFFF 0128", "11 06 3000 3800 FEFF"},
    {"Read By Group Type, 128-bit form of the type", "10 0200 0F00" UUID_2800_LONG,
     "11 06 0800 0F00 0118"},
    {"Read By Group Type, only the beginning is in range", "10 1000 1000 0028",
     "11 06 1000 1400 0F18"},
    {"Read By Group Type, none", "10 2100 FFFF 0028", "01 10 2100 0A"},
    {"Read By Group Type of characteristics", "10 0100 FFFF 0328", "01 10 0100 10"},
    {"Read By Group Type of a 128-bit type", "10 0100 FFFF" UUID_TEXT, "01 10 0100 10"},
    {"Read By Group Type from 0", "10 0000 FFFF 0028", "01 10 0000 01"},
    {"Read By Group Type backwards", "10 0500 0100 0328", "01 10 0500 01"},
    {"Read By Group Type with a 32-bit type", "10 0100 FFFF 00280000", "01 10 0000 04"},
    {"Read By Group Type, short", "10 0100 FFFF 00", "01 10 0000 04"},

    /* 3.4.5.1 */
    {"Write", "12 2200 AABB", "13"},
    {"Write nothing", "12 2400", "13"},
    {"Write the longest", "12 2400 01020304", "13"},
    {"Write too long", "12 2400 0102030405", "01 12 2400 0D"},
    {"Write handle 0", "12 0000 01", "01 12 0000 01"},
    {"Write in a gap", "12 1500 01", "01 12 1500 01"},
    {"Write what may only be read", "12 1200 01", "01 12 1200 03"},
    {"Write a declaration", "12 1100 01", "01 12 1100 03"},
    {"Write without authorization", "12 2600 01", "01 12 2600 08"},
    {"Write, an application error", "12 2800 01", "01 12 2800 81"},
    {"Write a CCCD", "12 1300 0300", "13"},
    {"Write a CCCD, reserved bits", "12 1300 01FF", "13"},
    {"Write a CCCD too short", "12 1300 01", "01 12 1300 0D"},
    {"Write a CCCD too long", "12 1300 010000", "01 12 1300 0D"},
    {"Write a CCCD, nothing", "12 1300", "01 12 1300 0D"},
    {"Write a CCCD with what the characteristic lacks", "12 2B00 0200", "01 12 2B00 13"},
    {"Write, short", "12 22", "01 12 0000 04"},

    /* 3.4.5.3: no command is ever answered */
    {"Write Command", "52 2400 01", ""},
    {"Write Command to no attribute", "52 1500 01", ""},
    {"Write Command to what may only be read", "52 1200 01", ""},
    {"Write Command too long", "52 2400 0102030405", ""},
};

struct fixture {
    struct manual_clock clock;
    struct att_end end;
    struct att_database database;
};

static void set_up(struct fixture *f)
{
    manual_clock_init(&f->clock);
    att_end_open(&f->end, &f->clock, 100);
    att_database_build(&f->database, &f->end.host);
}

static void test_row(void **state)
{
    const struct row *row = *state;
    struct fixture f;

    set_up(&f);
    att_end_hear(&f.end, row->request);
    assert_att_sent(&f.end, row->response);
    assert_att_sent(&f.end, "");
    assert_int_equal(f.clock.count, 0); /* no timer runs */
    /* The next request is answered as ever. */
    att_end_hear(&f.end, "0A 1400");
    assert_att_sent(&f.end, "0B 6C6576656C");
    att_end_close(&f.end);
}

static void test_written_values_stay(void **state)
{
    struct fixture f;
    (void)state;

    set_up(&f);
    att_end_hear(&f.end, "12 2200 AABB");
    assert_att_sent(&f.end, "13");
    att_end_hear(&f.end, "0A 2200");
    assert_att_sent(&f.end, "0B AABB");
    att_end_hear(&f.end, "52 2200 CC");
    att_end_hear(&f.end, "0A 2200");
    assert_att_sent(&f.end, "0B CC");
    att_end_hear(&f.end, "12 2200");
    assert_att_sent(&f.end, "13");
    att_end_hear(&f.end, "0A 2200");
    assert_att_sent(&f.end, "0B");
    /* What is refused changes nothing. */
    att_end_hear(&f.end, "12 2400 010203");
    assert_att_sent(&f.end, "13");
    att_end_hear(&f.end, "52 2400 0102030405");
    size_t len;
    blr_attribute_value(f.database.short_value, &len);
    assert_int_equal(len, 3);
    att_end_close(&f.end);
}

static void test_fixed_length(void **state)
{
    struct fixture f;
    (void)state;

    set_up(&f);
    att_database_add_fixed(&f.end.host, "ab");
    att_end_hear(&f.end, "12 4200 01");
    assert_att_sent(&f.end, "01 12 4200 0D");
    att_end_hear(&f.end, "12 4200 010203");
    assert_att_sent(&f.end, "01 12 4200 0D");
    att_end_hear(&f.end, "12 4200 0102");
    assert_att_sent(&f.end, "13");
    /* As long as one response carries is not long; one octet more is. */
    uint8_t value[23] = {0};
    struct blr_attribute *attr = blr_attribute_find(&f.end.host, 0x42);
    assert_int_equal(blr_attribute_set(attr, value, 22), 0);
    att_end_hear(&f.end, "0C 4200 1600");
    assert_att_sent(&f.end, "01 0C 4200 0B");
    assert_int_equal(blr_attribute_set(attr, value, 23), 0);
    att_end_hear(&f.end, "0C 4200 1600");
    assert_att_sent(&f.end, "0D 00");
    att_end_close(&f.end);
}

static void test_find_several(void **state)
{
    struct fixture f;
    struct blr_service *service;
    const struct blr_uuid uuid = blr_uuid16(0x180F);
    (void)state;

    set_up(&f);
    for (unsigned i = 0; i < 6; i++) {
        assert_int_equal(blr_service_new(&f.end.host, &uuid, true, 0, &service), 0);
        assert_int_equal(blr_service_publish(service), 0);
    }
    att_end_hear(&f.end, "06 0100 FFFF 0028 0F18");
    assert_att_sent(&f.end, "07 1000 1400 3900 3900 3A00 3A00 3B00 3B00 3C00 3C00");
    att_end_hear(&f.end, "06 3D00 FFFF 0028 0F18");
    assert_att_sent(&f.end, "07 3D00 3D00 3E00 3E00");
    att_end_close(&f.end);
}

static void test_mtu_applies_after_the_response(void **state)
{
    struct fixture f;
    (void)state;

    set_up(&f);
    assert_int_equal(blr_gatt_mtu(&f.end.conn), 23);
    att_end_hear(&f.end, "02 2900");
    assert_att_sent(&f.end, "03 6400");
    assert_int_equal(blr_gatt_mtu(&f.end.conn), 41);
    att_end_hear(&f.end, "0A 2200");
    assert_att_sent(&f.end, "0B 000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F"
                            "2021222324252627");
    /* Asked again: the same answer, nothing changes. */
    att_end_hear(&f.end, "02 6400");
    assert_att_sent(&f.end, "03 6400");
    assert_int_equal(blr_gatt_mtu(&f.end.conn), 41);
    att_end_close(&f.end);
}

static void test_lists_stay_under_256(void **state)
{
    struct fixture f;
    uint8_t expected[257] = {ATT_OP_READ_BY_TYPE_RSP, 255, 0x38, 0x00};
    (void)state;

    manual_clock_init(&f.clock);
    att_end_open(&f.end, &f.clock, 517);
    att_database_build(&f.database, &f.end.host);
    att_end_hear(&f.end, "02 0502");
    assert_att_sent(&f.end, "03 0502");
    att_end_hear(&f.end, "08 0100 FFFF 06FF");
    assert_int_equal(f.end.sent[0].len, sizeof expected);
    for (size_t i = 4; i < sizeof expected; i++)
        expected[i] = 7;
    assert_memory_equal(f.end.sent[0].bytes, expected, sizeof expected);
    att_end_close(&f.end);
}

static void test_subscribed_after_the_response(void **state)
{
    struct fixture f;
    (void)state;

    set_up(&f);
    att_end_hear(&f.end, "12 1300 0300");
    assert_att_sent(&f.end, "13");
    assert_int_equal(f.database.subscribed, 1);
    assert_int_equal(f.database.subscribed_cccd, 3);
    att_end_hear(&f.end, "0A 1300");
    assert_att_sent(&f.end, "0B 0300");
    att_end_hear(&f.end, "12 1300 0080"); /* a reserved bit alone */
    assert_att_sent(&f.end, "13");
    assert_int_equal(f.database.subscribed_cccd, 0);
    att_end_hear(&f.end, "12 1300 05");
    assert_att_sent(&f.end, "01 12 1300 0D");
    assert_int_equal(f.database.subscribed, 2);
    att_end_hear(&f.end, "52 1300 0100"); /* a command configures as well */
    assert_int_equal(f.database.subscribed_cccd, 1);
    att_end_close(&f.end);
}

int main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test(test_written_values_stay),
        cmocka_unit_test(test_fixed_length),
        cmocka_unit_test(test_find_several),
        cmocka_unit_test(test_mtu_applies_after_the_response),
        cmocka_unit_test(test_lists_stay_under_256),
        cmocka_unit_test(test_subscribed_after_the_response),
    };
    const int failed = RUN_ROWS(rows, test_row);

    return failed + cmocka_run_group_tests_name("sequences", others, NULL, NULL);
}
