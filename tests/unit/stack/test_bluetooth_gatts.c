/* SPDX-License-Identifier: MIT */
/*
 * The GATT server of the `Bluetooth` interface over the simulated air: what a client finds, reads,
 * writes and hears; and what the handlers are told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bluetooth_room.h"
#include "rows.h"
#include "wire/att.h"

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

/* --- services --- */

static const struct def_row {
    const char *name;
    struct blr_bluetooth_service_def def;
    int error;
} defs[] = {
    {"a 16-bit UUID", {.uuid = {.octet = {1}, .size = 2}, .nbr_chars = 1, .start = true}, 0},
    {"a 32-bit UUID", {.uuid = {.octet = {1}, .size = 4}, .nbr_chars = 1, .start = true}, 0},
    {"a UUID of sixteen bytes",
     {.uuid = {.octet = {1}, .size = 16}, .nbr_chars = 1, .start = true},
     0},
    {"a UUID of no size", {.nbr_chars = 1, .start = true}, BLR_ERR_INVALID},
    {"no characteristics", {.uuid = {.size = 2}, .start = true}, 0},
    {"1000 characteristics", {.uuid = {.size = 2}, .nbr_chars = 1000, .start = true}, 0},
    {"1001 characteristics",
     {.uuid = {.size = 2}, .nbr_chars = 1001, .start = true},
     BLR_ERR_INVALID},
    {"not started", {.uuid = {.size = 2}, .nbr_chars = 1}, 0},
};

static void a_service(void **state)
{
    const struct def_row *row = *state;
    struct blr_gatts_service *service;
    void *made;

    bluetooth_room_setup(&made);
    struct bluetooth_room *room = made;
    assert_int_equal(blr_bluetooth_service(room->sensor.bt, &row->def, &service), row->error);
    if (row->error)
        assert_null(service);
    else
        assert_int_equal(blr_gatts_service_started(service), row->def.start);
    bluetooth_room_teardown(&made);
}

static void service_defaults_are_the_documents(void **state)
{
    const struct blr_uuid uuid = blr_uuid16(0x180D);
    const struct blr_bluetooth_service_def def = blr_bluetooth_service_default(&uuid);
    const struct blr_gatts_characteristic_def chr = blr_gatts_characteristic_default(&uuid);

    (void)state;
    assert_true(def.isprimary && def.start);
    assert_int_equal(def.nbr_chars, 1);
    assert_int_equal(chr.permissions, BLR_BT_PERM_READ | BLR_BT_PERM_WRITE);
    assert_int_equal(chr.properties, BLR_BT_PROP_READ | BLR_BT_PROP_WRITE | BLR_BT_PROP_NOTIFY);
    assert_int_equal(chr.value.kind, BLR_BT_NONE);
}

static struct blr_gatts_service *make_service(struct bluetooth_room *room, uint16_t uuid,
                                              uint16_t nbr_chars, bool start)
{
    const struct blr_uuid u = blr_uuid16(uuid);
    struct blr_bluetooth_service_def def = blr_bluetooth_service_default(&u);
    struct blr_gatts_service *service;

    def.nbr_chars = nbr_chars;
    def.start = start;
    assert_int_equal(blr_bluetooth_service(room->sensor.bt, &def, &service), 0);
    return service;
}

static int add(struct blr_gatts_service *service, uint16_t uuid,
               struct blr_gatts_characteristic **chr)
{
    const struct blr_uuid u = blr_uuid16(uuid);
    const struct blr_gatts_characteristic_def def = blr_gatts_characteristic_default(&u);

    return blr_gatts_characteristic(service, &def, chr);
}

static void one_more_than_nbr_chars_is_refused(void **state)
{
    struct bluetooth_room *room = *state;

    struct blr_gatts_service *service = make_service(room, 0x1234, 2, true);
    assert_int_equal(add(service, 1, NULL), 0);
    assert_int_equal(add(service, 2, NULL), 0);
    assert_int_equal(add(service, 3, NULL), BLR_ERR_STATE);
    service = make_service(room, 0x1235, 0, false);
    assert_int_equal(add(service, 1, NULL), BLR_ERR_STATE);
}

static const struct chr_row {
    const char *name;
    struct blr_gatts_characteristic_def def;
    int error;
} chrs[] = {
#define CHR(what, error, ...) {what, {.uuid = {.size = 2}, __VA_ARGS__}, error}
    CHR("read", 0, .permissions = BLR_BT_PERM_READ, .properties = BLR_BT_PROP_READ),
    CHR("everything", 0, .permissions = 0xF7, .properties = 0xFF),
    CHR("nothing permitted", BLR_ERR_INVALID, .properties = BLR_BT_PROP_READ),
    CHR("permission 8", BLR_ERR_INVALID, .permissions = 8, .properties = BLR_BT_PROP_READ),
    CHR("property 256", BLR_ERR_INVALID, .permissions = BLR_BT_PERM_READ, .properties = 0x100),
    CHR("no properties", 0, .permissions = BLR_BT_PERM_READ),
    {"no UUID", {.permissions = BLR_BT_PERM_READ}, BLR_ERR_INVALID},
    CHR("too long a value", BLR_ERR_TOO_LONG, .permissions = BLR_BT_PERM_READ,
        .value = {.kind = BLR_BT_BYTES, .octets = (const uint8_t *)"", .len = 513}),
    CHR("a negative value", BLR_ERR_INVALID, .permissions = BLR_BT_PERM_READ,
        .value = {.kind = BLR_BT_INTEGER, .integer = -5}),
#undef CHR
};

static void a_characteristic(void **state)
{
    const struct chr_row *row = *state;
    struct blr_gatts_characteristic *chr;
    void *made;

    bluetooth_room_setup(&made);
    struct blr_gatts_service *service = make_service(made, 0x1234, 1, true);
    assert_int_equal(blr_gatts_characteristic(service, &row->def, &chr), row->error);
    if (!row->error) {
        assert_ptr_equal(blr_gatts_characteristic_service(chr), service);
        assert_true(blr_uuid_equal(blr_gatts_characteristic_uuid(chr), &row->def.uuid));
    }
    /* What was refused takes no place. */
    assert_int_equal(add(service, 7, NULL), row->error ? 0 : BLR_ERR_STATE);
    bluetooth_room_teardown(&made);
}

static void stopped_nobody_finds_it(void **state)
{
    struct bluetooth_room *room = *state;
    const struct blr_uuid uuid = blr_uuid16(0x1234);
    const struct blr_bluetooth_value five = blr_bluetooth_integer(5);
    const struct blr_bluetooth_value six = blr_bluetooth_integer(6);
    struct blr_gatts_characteristic *chr;
    struct blr_bluetooth_value value;

    struct blr_gatts_service *service = make_service(room, 0x1234, 2, true);
    assert_int_equal(blr_gatts_service_stop(service), 0);
    assert_false(blr_gatts_service_started(service));
    assert_int_equal(add(service, 1, &chr), 0);
    assert_int_equal(blr_gatts_set_value(chr, &five), 0);
    struct blr_gattc_connection *conn = bluetooth_room_connect(room);
    assert_int_equal(blr_gattc_services(conn), 0);
    assert_null(blr_gattc_service_find(conn, &uuid));

    assert_int_equal(blr_gatts_service_start(service), 0);
    assert_int_equal(blr_gatts_service_start(service), 0);
    (void)make_service(room, 0x1235, 1, true); /* behind it */
    struct blr_gattc_characteristic *found = bluetooth_phone_finds(conn, 0x1234, 1);
    assert_int_equal(blr_gattc_read(found, &value), 0);
    expect_octets(value, "\x05", 1);

    assert_int_equal(blr_gatts_service_stop(service), 0);
    assert_int_equal(blr_gatts_service_stop(service), 0);
    assert_int_equal(blr_gattc_read(found, NULL), BLR_ERR_ATT(ATT_ERR_INVALID_HANDLE));
    assert_int_equal(blr_gatts_set_value(chr, &six), 0);
    assert_int_equal(blr_gattc_services(conn), 0);
    assert_null(blr_gattc_service_find(conn, &uuid));

    /* Where it was, so that what the client knows is right again. */
    assert_int_equal(blr_gatts_service_start(service), 0);
    assert_int_equal(blr_gattc_read(found, &value), 0);
    expect_octets(value, "\x06", 1);
    blr_gatts_service_free(service);
    blr_gatts_service_free(NULL);
    assert_int_equal(blr_gattc_services(conn), 0);
    assert_null(blr_gattc_service_find(conn, &uuid));
}

/* A service that was stopped has no claim to its handles. */
static void another_may_stand_there_meanwhile(void **state)
{
    struct bluetooth_room *room = *state;

    struct blr_gatts_service *service = make_service(room, 0x1234, 1, true);
    assert_int_equal(add(service, 1, NULL), 0);
    assert_int_equal(blr_gatts_service_stop(service), 0);
    assert_int_equal(add(make_service(room, 0x1235, 1, true), 2, NULL), 0);
    assert_int_equal(blr_gatts_service_start(service), 0);
    struct blr_gattc_connection *conn = bluetooth_room_connect(room);
    assert_int_equal(blr_gattc_read(bluetooth_phone_finds(conn, 0x1235, 2), NULL), 0);
    assert_int_equal(blr_gattc_read(bluetooth_phone_finds(conn, 0x1234, 1), NULL), 0);
}

/* To a service that has started, and behind which stands another, with a client that looks on. */
static void characteristics_may_come_late(void **state)
{
    struct bluetooth_room *room = *state;
    struct blr_gatts_characteristic *late;

    struct blr_gatts_service *service = make_service(room, 0x1234, 3, true);
    assert_int_equal(add(service, 1, NULL), 0);
    struct blr_gatts_service *behind = make_service(room, 0x1235, 1, true);
    assert_int_equal(add(behind, 4, NULL), 0);
    struct blr_gattc_connection *conn = bluetooth_room_connect(room);
    struct blr_gattc_characteristic *first = bluetooth_phone_finds(conn, 0x1234, 1);
    struct blr_gattc_characteristic *other = bluetooth_phone_finds(conn, 0x1235, 4);
    assert_null(blr_gattc_characteristic_next(first));
    assert_int_equal(add(service, 2, &late), 0);
    assert_int_equal(add(service, 3, NULL), 0);
    bluetooth_room_run(room, SIM_MS(200));
    struct blr_gattc_characteristic *second = bluetooth_phone_finds(conn, 0x1234, 2);
    /* Objects stand for what they stood for. */
    assert_ptr_equal(bluetooth_phone_finds(conn, 0x1234, 1), first);
    assert_ptr_equal(blr_gattc_characteristic_next(first), second);
    assert_int_equal(blr_gattc_read(second, NULL), 0);
    assert_int_equal(blr_gattc_read(other, NULL), 0);
}

/* --- handlers --- */

static struct blr_bluetooth_value record(void *arg)
{
    struct bluetooth_room *room = arg;
    const unsigned events = blr_gatts_events(room->object);

    room->calls++;
    strcat(room->log, events & BLR_BT_CHAR_READ_EVENT ? "read " : "");
    strcat(room->log, events & BLR_BT_CHAR_WRITE_EVENT ? "write " : "");
    strcat(room->log, events & BLR_BT_CHAR_SUBSCRIBE_EVENT ? "subscribe " : "");
    return blr_bluetooth_string("never read");
}

static void a_written_value_is_told(void **state)
{
    struct bluetooth_room *room = *state;
    const struct blr_bluetooth_value hello = blr_bluetooth_string("hello");

    const struct blr_bluetooth_value seven = blr_bluetooth_integer(7);
    struct blr_gatts_characteristic *chr = bluetooth_sensor_serves(room, 0x1234, 1, 0);
    room->object = chr;
    assert_int_equal(blr_gatts_set_value(chr, &seven), 0);
    assert_int_equal(blr_gatts_callback(chr, BLR_BT_CHAR_WRITE_EVENT, record, room), 0);
    struct blr_gattc_characteristic *found =
        bluetooth_phone_finds(bluetooth_room_connect(room), 0x1234, 1);
    assert_int_equal(blr_gattc_write(found, &hello), 0);
    assert_string_equal(room->log, "write ");
    expect_octets(blr_gatts_value(chr), "hello", 5);
    assert_int_equal(blr_gatts_value(chr).kind, BLR_BT_BYTES);
    assert_int_equal(blr_gatts_value(chr).integer, 0);
    /* What a write's handler returns is nothing; reads are not told, but noted. */
    struct blr_bluetooth_value value;
    assert_int_equal(blr_gattc_read(found, &value), 0);
    expect_octets(value, "hello", 5);
    assert_int_equal(room->calls, 1);
    assert_int_equal(blr_gatts_events(chr), BLR_BT_CHAR_READ_EVENT);
    assert_int_equal(blr_gatts_events(chr), 0);
    assert_int_equal(blr_gatts_callback(chr, BLR_BT_CHAR_WRITE_EVENT, NULL, NULL), 0);
    assert_int_equal(blr_gattc_write(found, &hello), 0);
    assert_int_equal(room->calls, 1);
}

static void other_triggers_are_refused(void **state)
{
    struct bluetooth_room *room = *state;

    struct blr_gatts_characteristic *chr = bluetooth_sensor_serves(room, 0x1234, 1, 0);
    assert_int_equal(blr_gatts_callback(chr, BLR_BT_CHAR_NOTIFY_EVENT, record, room),
                     BLR_ERR_INVALID);
    assert_int_equal(blr_gatts_callback(chr, BLR_BT_NEW_ADV_EVENT, record, room), BLR_ERR_INVALID);
}

static struct blr_bluetooth_value answer(void *arg)
{
    struct bluetooth_room *room = arg;
    const struct blr_bluetooth_value *answers = room->object;

    return answers[room->calls++];
}

static void what_a_read_handler_returns_is_read(void **state)
{
    struct bluetooth_room *room = *state;
    const struct blr_bluetooth_value answers[] = {
        blr_bluetooth_none(),          blr_bluetooth_integer(0xF2),
        blr_bluetooth_none(),          blr_bluetooth_string("ABC DEF"),
        blr_bluetooth_integer(0x1234), blr_bluetooth_bytes(NULL, 0),
        blr_bluetooth_integer(-1), /* no value: as it is */
    };
    static const struct {
        size_t len;
        const char *octets;
    } read[] = {{1, "\x05"}, {1, "\xF2"}, {1, "\xF2"}, {7, "ABC DEF"}, {2, "\x12\x34"},
                {0, ""},     {0, ""}};
    const struct blr_bluetooth_value five = blr_bluetooth_integer(5);

    struct blr_gatts_characteristic *chr = bluetooth_sensor_serves(room, 0x1234, 1, 0);
    assert_int_equal(blr_gatts_set_value(chr, &five), 0);
    room->object = (void *)(uintptr_t)answers;
    assert_int_equal(blr_gatts_callback(chr, BLR_BT_CHAR_READ_EVENT, answer, room), 0);
    struct blr_gattc_characteristic *found =
        bluetooth_phone_finds(bluetooth_room_connect(room), 0x1234, 1);
    for (size_t i = 0; i < sizeof read / sizeof read[0]; i++) {
        struct blr_bluetooth_value value;
        assert_int_equal(blr_gattc_read(found, &value), 0);
        expect_octets(value, read[i].octets, read[i].len);
        expect_octets(blr_gatts_value(chr), read[i].octets, read[i].len);
    }
}

/* A value in parts is read once, and of one piece. */
static struct blr_bluetooth_value count_in_500(void *arg)
{
    struct bluetooth_room *room = arg;

    memset(room->log, '0' + (int)room->calls++, 500);
    return blr_bluetooth_bytes(room->log, 500);
}

static void a_long_value_is_of_one_piece(void **state)
{
    struct bluetooth_room *room = *state;
    struct blr_bluetooth_value value;

    struct blr_gatts_characteristic *chr = bluetooth_sensor_serves(room, 0x1234, 1, 0);
    assert_int_equal(blr_gatts_callback(chr, BLR_BT_CHAR_READ_EVENT, count_in_500, room), 0);
    struct blr_gattc_characteristic *found =
        bluetooth_phone_finds(bluetooth_room_connect(room), 0x1234, 1);
    assert_int_equal(blr_gattc_read(found, &value), 0);
    assert_int_equal(room->calls, 1);
    assert_int_equal(value.len, 500);
    for (size_t i = 0; i < value.len; i++)
        assert_int_equal(value.octets[i], '0');
}

/* --- notifications --- */

static void heard(void *arg)
{
    struct bluetooth_room *room = arg;
    const struct blr_bluetooth_value value = blr_gattc_value(room->object);

    room->calls++;
    for (size_t i = 0; i < value.len; i++)
        sprintf(room->log + strlen(room->log), "%02x", value.octets[i]);
    strcat(room->log, " ");
}

static const struct kind_row {
    const char *name;
    unsigned properties, subscribed;
} kinds[] = {
    {"notifications", BLR_BT_PROP_READ | BLR_BT_PROP_NOTIFY, BLR_BT_PROP_NOTIFY},
    {"indications", BLR_BT_PROP_READ | BLR_BT_PROP_INDICATE, BLR_BT_PROP_INDICATE},
    {"both: notifications", BLR_BT_PROP_NOTIFY | BLR_BT_PROP_INDICATE, BLR_BT_PROP_NOTIFY},
};

static void a_subscriber_hears(void **state)
{
    const struct kind_row *row = *state;
    const struct blr_bluetooth_value five = blr_bluetooth_integer(5),
                                     six = blr_bluetooth_integer(0x0678),
                                     seven = blr_bluetooth_integer(7);
    void *made;

    bluetooth_room_setup(&made);
    struct bluetooth_room *room = made;
    struct blr_gatts_characteristic *chr =
        bluetooth_sensor_serves(room, 0x1234, 1, row->properties);
    assert_int_equal(blr_gatts_set_value(chr, &five), 0);
    assert_int_equal(blr_gatts_subscribed(chr), 0);
    struct blr_gattc_characteristic *found =
        bluetooth_phone_finds(bluetooth_room_connect(room), 0x1234, 1);
    room->object = found;
    assert_int_equal(blr_gattc_callback(found, BLR_BT_CHAR_NOTIFY_EVENT, heard, room), 0);
    bluetooth_room_run(room, SIM_MS(200));
    /* Enabling sends the value as it is; setting it sends the new one. */
    assert_string_equal(room->log, "05 ");
    assert_int_equal(blr_gatts_subscribed(chr), row->subscribed);
    assert_int_equal(blr_gatts_events(chr), BLR_BT_CHAR_SUBSCRIBE_EVENT);
    assert_int_equal(blr_gatts_set_value(chr, &six), 0);
    bluetooth_room_run(room, SIM_MS(200));
    assert_string_equal(room->log, "05 0678 ");
    assert_int_equal(blr_gattc_events(found), BLR_BT_CHAR_NOTIFY_EVENT);
    assert_int_equal(blr_gattc_events(found), 0);

    assert_int_equal(blr_gattc_callback(found, 0, NULL, NULL), 0);
    assert_int_equal(blr_gatts_subscribed(chr), 0);
    assert_int_equal(blr_gatts_events(chr), BLR_BT_CHAR_SUBSCRIBE_EVENT);
    assert_int_equal(blr_gatts_set_value(chr, &seven), 0);
    bluetooth_room_run(room, SIM_MS(200));
    assert_string_equal(room->log, "05 0678 ");
    bluetooth_room_teardown(&made);
}

static void the_handler_is_told_of_subscriptions(void **state)
{
    struct bluetooth_room *room = *state;

    struct blr_gatts_characteristic *chr = bluetooth_sensor_serves(room, 0x1234, 1, 0);
    room->object = chr;
    assert_int_equal(blr_gatts_callback(chr, BLR_BT_CHAR_SUBSCRIBE_EVENT, record, room), 0);
    struct blr_gattc_connection *conn = bluetooth_room_connect(room);
    struct blr_gattc_characteristic *found = bluetooth_phone_finds(conn, 0x1234, 1);
    struct bluetooth_room quiet = {.object = found};
    assert_int_equal(blr_gattc_callback(found, BLR_BT_CHAR_NOTIFY_EVENT, heard, &quiet), 0);
    assert_string_equal(room->log, "subscribe ");
    assert_int_equal(blr_gattc_callback(found, BLR_BT_CHAR_NOTIFY_EVENT, NULL, NULL), 0);
    assert_string_equal(room->log, "subscribe subscribe ");
    assert_int_equal(blr_gattc_disconnect(conn), 0);
    assert_int_equal(blr_gatts_subscribed(chr), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(service_defaults_are_the_documents),
        BLUETOOTH(one_more_than_nbr_chars_is_refused),
        BLUETOOTH(stopped_nobody_finds_it),
        BLUETOOTH(another_may_stand_there_meanwhile),
        BLUETOOTH(characteristics_may_come_late),
        BLUETOOTH(a_written_value_is_told),
        BLUETOOTH(other_triggers_are_refused),
        BLUETOOTH(what_a_read_handler_returns_is_read),
        BLUETOOTH(a_long_value_is_of_one_piece),
        BLUETOOTH(the_handler_is_told_of_subscriptions),
    };
    int failed = RUN_ROWS(values, a_value_is_read_as_it_is_set);

    failed += RUN_ROWS(defs, a_service);
    failed += RUN_ROWS(chrs, a_characteristic);
    failed += RUN_ROWS(kinds, a_subscriber_hears);
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
