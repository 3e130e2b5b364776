/* SPDX-License-Identifier: MIT */
/* What of the `Bluetooth` interface needs no air: constants, values, UUIDs, addresses as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "blueroom/bluetooth_gatt.h"
#include "rows.h"

/*
 * The numbers: AD types are the assigned ones (Core Specification Supplement, Part A, and Assigned
 * Numbers, 2.3), properties those of Core v5.4, Vol 3, Part G, 3.3.1.1, advertising types, filter
 * policies and channels those of Vol 4, Part E, 7.8.5, report types of 7.7.65.2; the others are
 * numbered as the ESP-IDF numbers them.
 */
static const struct constant {
    const char *name;
    int is, should;
} constants[] = {
/* clang-format off */
#define C(name, value) {#name, BLR_BT_##name, value}
    C(BLE, 1), C(INT_ANT, 0), C(EXT_ANT, 1), C(MAN_ANT, 2),
    C(CONN_ADV, 0), C(CONN_DIR_ADV, 1), C(DISC_ADV, 2), C(NON_CONN_ADV, 3), C(SCAN_RSP, 4),
    C(PUBLIC_ADDR, 0), C(RANDOM_ADDR, 1), C(PUBLIC_RPA_ADDR, 2), C(RANDOM_RPA_ADDR, 3),
    C(ADV_FLAG, 0x01), C(ADV_16SRV_PART, 0x02), C(ADV_T16SRV_CMPL, 0x03), C(ADV_16SRV_CMPL, 0x03),
    C(ADV_32SRV_PART, 0x04), C(ADV_32SRV_CMPL, 0x05), C(ADV_128SRV_PART, 0x06),
    C(ADV_128SRV_CMPL, 0x07), C(ADV_NAME_SHORT, 0x08), C(ADV_NAME_CMPL, 0x09), C(ADV_TX_PWR, 0x0A),
    C(ADV_DEV_CLASS, 0x0D), C(ADV_SERVICE_DATA, 0x16), C(ADV_APPEARANCE, 0x19),
    C(ADV_ADV_INT, 0x1A), C(ADV_32SERVICE_DATA, 0x20), C(ADV_128SERVICE_DATA, 0x21),
    C(ADV_MANUFACTURER_DATA, 0xFF),
    C(PROP_BROADCAST, 0x01), C(PROP_READ, 0x02), C(PROP_WRITE_NR, 0x04), C(PROP_WRITE, 0x08),
    C(PROP_NOTIFY, 0x10), C(PROP_INDICATE, 0x20), C(PROP_AUTH, 0x40), C(PROP_EXT_PROP, 0x80),
    C(NEW_ADV_EVENT, 0x01), C(CLIENT_CONNECTED, 0x02), C(CLIENT_DISCONNECTED, 0x04),
    C(CHAR_READ_EVENT, 0x08), C(CHAR_WRITE_EVENT, 0x10), C(CHAR_NOTIFY_EVENT, 0x20),
    C(CHAR_SUBSCRIBE_EVENT, 0x40),
    C(ADV_TYPE_IND, 0), C(ADV_TYPE_DIRECT_IND_HIGH, 1), C(ADV_TYPE_SCAN_IND, 2),
    C(ADV_TYPE_NONCONN_IND, 3), C(ADV_TYPE_DIRECT_IND_LOW, 4),
    C(BLE_ADDR_TYPE_PUBLIC, 0), C(BLE_ADDR_TYPE_RANDOM, 1), C(BLE_ADDR_TYPE_RPA_PUBLIC, 2),
    C(BLE_ADDR_TYPE_RPA_RANDOM, 3),
    C(ADV_CHNL_37, 1), C(ADV_CHNL_38, 2), C(ADV_CHNL_39, 4), C(ADV_CHNL_ALL, 7),
    C(ADV_FILTER_ALLOW_SCAN_ANY_CON_ANY, 0), C(ADV_FILTER_ALLOW_SCAN_WLST_CON_ANY, 1),
    C(ADV_FILTER_ALLOW_SCAN_ANY_CON_WLST, 2), C(ADV_FILTER_ALLOW_SCAN_WLST_CON_WLST, 3),
    C(TX_PWR_CONN, 0), C(TX_PWR_ADV, 9), C(TX_PWR_SCAN, 10), C(TX_PWR_DEFAULT, 11),
    C(TX_PWR_N12, 0), C(TX_PWR_N9, 1), C(TX_PWR_N6, 2), C(TX_PWR_N3, 3), C(TX_PWR_0, 4),
    C(TX_PWR_P3, 5), C(TX_PWR_P6, 6), C(TX_PWR_P9, 7),
    C(PERM_READ, 0x01), C(PERM_READ_ENCRYPTED, 0x02), C(PERM_READ_ENC_MITM, 0x04),
    C(PERM_WRITE, 0x10), C(PERM_WRITE_ENCRYPTED, 0x20), C(PERM_WRITE_ENC_MITM, 0x40),
    C(PERM_WRITE_SIGNED, 0x80),
#undef C
/* clang-format on */
};

static void a_constant(void **state)
{
    const struct constant *row = *state;

    assert_int_equal(row->is, row->should);
}

/* --- addresses as text --- */

static const struct mac_row {
    const char *name, *text;
    bool good;
} macs[] = {
    {"plain", "112233eeddff", true},
    {"upper case", "112233EEDDFF", true},
    {"colons", "11:22:33:ee:dd:ff", true},
    {"dashes", "11-22-33-EE-DD-FF", true},
    {"spaces", "11 22 33 ee dd ff", true},
    {"dots, as some print them", "1122.33ee.ddff", true},
    {"nothing", "", false},
    {"eleven digits", "112233eeddf", false},
    {"thirteen digits", "112233eeddff0", false},
    {"fourteen digits", "112233eeddff00", false},
    {"not hex", "112233eeddfg", false},
    {"in front", ":112233eeddff", false},
    {"behind", "112233eeddff:", false},
    {"two at once", "11::2233eeddff", false},
    {"within an octet", "1:12233eeddff", false},
    {"something else", "11_22_33_ee_dd_ff", false},
};

static void a_mac(void **state)
{
    static const uint8_t expected[6] = {0x11, 0x22, 0x33, 0xEE, 0xDD, 0xFF};
    static const uint8_t untouched[6] = {1, 2, 3, 4, 5, 6};
    const struct mac_row *row = *state;
    uint8_t mac[6] = {1, 2, 3, 4, 5, 6};

    assert_int_equal(blr_bluetooth_mac(row->text, mac), row->good ? 0 : BLR_ERR_INVALID);
    assert_memory_equal(mac, row->good ? expected : untouched, 6);
}

/* --- UUIDs and values --- */

static void uuids_are_integers_or_sixteen_bytes(void **state)
{
    uint32_t integer = 7;

    (void)state;
    struct blr_uuid uuid = blr_bluetooth_uuid(1234);
    assert_int_equal(uuid.size, 2);
    assert_memory_equal(uuid.octet, "\xD2\x04", 2);
    assert_true(blr_bluetooth_uuid_integer(&uuid, &integer));
    assert_int_equal(integer, 1234);
    uuid = blr_bluetooth_uuid(0xFFFF);
    assert_int_equal(uuid.size, 2);
    uuid = blr_bluetooth_uuid(0x10000);
    assert_int_equal(uuid.size, 4);
    assert_true(blr_bluetooth_uuid_integer(&uuid, &integer));
    assert_int_equal(integer, 0x10000);
    /* As they are sent; a tool prints them the other way round. */
    char text[BLR_UUID_TEXT_SIZE];
    uuid = blr_bluetooth_uuid_bytes("1234567890123456");
    assert_int_equal(uuid.size, 16);
    assert_memory_equal(uuid.octet, "1234567890123456", 16);
    assert_string_equal(blr_uuid_format(&uuid, text), "36353433-3231-3039-3837-363534333231");
    integer = 7;
    assert_false(blr_bluetooth_uuid_integer(&uuid, &integer));
    assert_int_equal(integer, 7);
    /* Sixteen bytes over the Base UUID are still sixteen bytes. */
    const struct blr_uuid heart_rate = blr_uuid16(0x180D);
    uuid.size = 16;
    blr_uuid_expand(&heart_rate, uuid.octet);
    assert_false(blr_bluetooth_uuid_integer(&uuid, &integer));
}

static void values_say_what_they_are(void **state)
{
    (void)state;
    assert_int_equal(blr_bluetooth_none().kind, BLR_BT_NONE);
    struct blr_bluetooth_value value = blr_bluetooth_integer(-3);
    assert_int_equal(value.kind, BLR_BT_INTEGER);
    assert_int_equal(value.integer, -3);
    value = blr_bluetooth_string("LoPy");
    assert_int_equal(value.kind, BLR_BT_STRING);
    assert_int_equal(value.len, 4);
    assert_memory_equal(value.octets, "LoPy", 4);
    value = blr_bluetooth_bytes("\0\1\2", 3);
    assert_int_equal(value.kind, BLR_BT_BYTES);
    assert_int_equal(value.len, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uuids_are_integers_or_sixteen_bytes),
        cmocka_unit_test(values_say_what_they_are),
    };
    int failed = RUN_ROWS(constants, a_constant);

    failed += RUN_ROWS(macs, a_mac);
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
