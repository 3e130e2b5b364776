/* SPDX-License-Identifier: MIT */
/*
 * The GATT server of the `Bluetooth` interface over the simulated air: what a client finds, reads,
 * writes and hears; and what the handlers are told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bluetooth_room.h"
#include "rows.h"

/* --- values --- */

static const struct value_row {
    const char *name;
    struct blr_bluetooth_value value;
    int error;
    size_t len;
    uint8_t octets[8];
} values[] = {
    {"0", {.kind = BLR_BT_INTEGER, .integer = 0}, 0, 1, {0}},
    {"123", {.kind = BLR_BT_INTEGER, .integer = 123}, 0, 1, {123}},
    {"255", {.kind = BLR_BT_INTEGER, .integer = 255}, 0, 1, {255}},
    {"256", {.kind = BLR_BT_INTEGER, .integer = 256}, 0, 2, {1, 0}},
    {"0x1234", {.kind = BLR_BT_INTEGER, .integer = 0x1234}, 0, 2, {0x12, 0x34}},
    {"0xFFFF", {.kind = BLR_BT_INTEGER, .integer = 0xFFFF}, 0, 2, {0xFF, 0xFF}},
    {"0x10000", {.kind = BLR_BT_INTEGER, .integer = 0x10000}, 0, 4, {0, 1, 0, 0}},
    {"0xFFFFFFFF", {.kind = BLR_BT_INTEGER, .integer = 0xFFFFFFFF}, 0, 4, {255, 255, 255, 255}},
    {"0x100000000", {.kind = BLR_BT_INTEGER, .integer = 0x100000000}, BLR_ERR_INVALID, 0, {0}},
    {"-1", {.kind = BLR_BT_INTEGER, .integer = -1}, BLR_ERR_INVALID, 0, {0}},
    {"a string",
     {.kind = BLR_BT_STRING, .octets = (const uint8_t *)"ABC DEF", .len = 7},
     0,
     7,
     "ABC DEF"},
    {"bytes", {.kind = BLR_BT_BYTES, .octets = (const uint8_t *)"\0\1", .len = 2}, 0, 2, {0, 1}},
    {"no bytes", {.kind = BLR_BT_BYTES}, 0, 0, {0}},
    {"bytes from nowhere", {.kind = BLR_BT_BYTES, .len = 1}, BLR_ERR_INVALID, 0, {0}},
    {"513 octets",
     {.kind = BLR_BT_BYTES, .octets = (const uint8_t *)"", .len = 513},
     BLR_ERR_TOO_LONG,
     0,
     {0}},
    {"nothing", {.kind = BLR_BT_NONE}, BLR_ERR_INVALID, 0, {0}},
    {"no kind", {.kind = (enum blr_bluetooth_kind)9}, BLR_ERR_INVALID, 0, {0}},
};

static void a_value_is_read_as_it_is_set(void **state)
{
    const struct value_row *row = *state;
    void *made;

    bluetooth_room_setup(&made);
    struct bluetooth_room *room = made;
    struct blr_gatts_characteristic *chr = bluetooth_sensor_serves(room, 0x180F, 0x2A19, 0);
    assert_int_equal(blr_gatts_set_value(chr, &row->value), row->error);
    expect_octets(blr_gatts_value(chr), row->octets, row->len);
    if (!row->error) {
        assert_int_equal(blr_gatts_value(chr).kind, row->value.kind);
        assert_true(blr_gatts_value(chr).integer == row->value.integer);
    }
    struct blr_gattc_characteristic *remote =
        bluetooth_phone_finds(bluetooth_room_connect(room), 0x180F, 0x2A19);
    struct blr_bluetooth_value read;
    assert_int_equal(blr_gattc_read(remote, &read), 0);
    expect_octets(read, row->octets, row->len);
    bluetooth_room_teardown(&made);
}

int main(void)
{
    return RUN_ROWS(values, a_value_is_read_as_it_is_set);
}
