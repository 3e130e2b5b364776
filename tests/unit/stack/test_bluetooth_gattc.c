/* SPDX-License-Identifier: MIT */
/*
 * The GATT client of the `Bluetooth` interface against a server of the host's own interface: what
 * there is, and what can be done with it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "blueroom/gatt_client.h"
#include "blueroom/gatt_server.h"
#include "bluetooth_room.h"
#include "rows.h"

/* --- what there is --- */

static struct blr_service *serve(struct bluetooth_room *room, const struct blr_uuid *uuid,
                                 const struct blr_characteristic_def *defs, size_t count)
{
    struct blr_service *service;

    assert_int_equal(blr_service_new(room->sensor.host, uuid, true, 0, &service), 0);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(blr_service_add_characteristic(service, &defs[i], NULL), 0);
    assert_int_equal(blr_service_publish(service), 0);
    return service;
}

static const struct blr_uuid twins = {.octet = {0x34, 0x12}, .size = 2};
static const struct blr_uuid sixteen = {.octet = "1234567890123456", .size = 16};

static void services_and_characteristics(void **state)
{
    struct bluetooth_room *room = *state;
    const struct blr_characteristic_def defs[] = {
        {.uuid = {.octet = {1, 0x2A}, .size = 2}, .properties = GATT_PROP_READ},
        {.uuid = {.octet = {2, 0x2A}, .size = 2}, .properties = GATT_PROP_WRITE},
        {.uuid = {.octet = {1, 0x2A}, .size = 2}, .properties = GATT_PROP_NOTIFY},
    };

    serve(room, &twins, defs, 3);
    serve(room, &sixteen, defs, 0);
    serve(room, &twins, defs, 1);
    struct blr_gattc_connection *conn = bluetooth_room_connect(room);
    assert_null(blr_gattc_service_first(conn));
    assert_int_equal(blr_gattc_services(conn), 0);
    /* GAP and GATT, which every device has, and the three. */
    static const struct {
        uint16_t uuid; /* 0: sixteen bytes */
        unsigned instance;
    } expected[] = {{0x1800, 0}, {0x1801, 0}, {0x1234, 0}, {0, 0}, {0x1234, 1}};
    struct blr_gattc_service *service = blr_gattc_service_first(conn);
    for (size_t i = 0; i < 5; i++, service = blr_gattc_service_next(service)) {
        uint32_t integer = 0;
        assert_non_null(service);
        assert_ptr_equal(blr_gattc_service_connection(service), conn);
        assert_true(blr_gattc_service_isprimary(service));
        assert_int_equal(blr_gattc_service_instance(service), expected[i].instance);
        const struct blr_uuid *uuid = blr_gattc_service_uuid(service);
        assert_int_equal(blr_bluetooth_uuid_integer(uuid, &integer), expected[i].uuid != 0);
        assert_int_equal(integer, expected[i].uuid);
        if (!expected[i].uuid)
            assert_memory_equal(uuid->octet, "1234567890123456", 16);
    }
    assert_null(service);

    service = blr_gattc_service_find(conn, &twins);
    assert_null(blr_gattc_characteristic_first(service));
    assert_int_equal(blr_gattc_characteristics(service), 0);
    struct blr_gattc_characteristic *chr = blr_gattc_characteristic_first(service);
    for (size_t i = 0; i < 3; i++, chr = blr_gattc_characteristic_next(chr)) {
        assert_true(blr_uuid_equal(blr_gattc_characteristic_uuid(chr), &defs[i].uuid));
        assert_int_equal(blr_gattc_characteristic_properties(chr), defs[i].properties);
        assert_int_equal(blr_gattc_characteristic_instance(chr), i == 2);
        assert_ptr_equal(blr_gattc_characteristic_service(chr), service);
    }
    assert_null(chr);
    service = blr_gattc_service_find(conn, &sixteen);
    assert_int_equal(blr_gattc_characteristics(service), 0);
    assert_null(blr_gattc_characteristic_first(service));
    assert_null(blr_gattc_characteristic_find(service, &twins));
}

/* A service that has gone and another in its place: the old object stands for nothing any more. */
static void what_takes_the_place_of_another(void **state)
{
    struct bluetooth_room *room = *state;

    struct blr_service *old = serve(room, &twins, NULL, 0);
    const uint16_t handle = blr_service_handle(old);
    struct blr_gattc_connection *conn = bluetooth_room_connect(room);
    assert_int_equal(blr_gattc_services(conn), 0);
    struct blr_gattc_service *first = blr_gattc_service_find(conn, &twins);
    assert_non_null(first);
    blr_service_free(old);
    struct blr_service *other = serve(room, &sixteen, NULL, 0);
    assert_int_equal(blr_service_handle(other), handle);
    bluetooth_room_run(room, SIM_S(1));
    assert_int_equal(blr_gattc_services(conn), 0);
    assert_null(blr_gattc_service_find(conn, &twins));
    struct blr_gattc_service *second = blr_gattc_service_find(conn, &sixteen);
    assert_non_null(second);
    assert_null(blr_gattc_service_next(second));
    blr_service_free(other);
    serve(room, &twins, NULL, 0);
    bluetooth_room_run(room, SIM_S(1));
    assert_int_equal(blr_gattc_services(conn), 0);
    assert_ptr_equal(blr_gattc_service_find(conn, &twins), first);
    assert_null(blr_gattc_service_find(conn, &sixteen));
}

/* Many, in no time that grows with their square. */
static void a_thousand_services(void **state)
{
    struct bluetooth_room *room = *state;
    unsigned count = 0;

    for (unsigned i = 0; i < 1000; i++)
        serve(room, &twins, NULL, 0);
    struct blr_gattc_connection *conn = bluetooth_room_connect(room);
    for (unsigned round = 0; round < 2; round++) {
        assert_int_equal(blr_gattc_services(conn), 0);
        count = 0;
        struct blr_gattc_service *service = blr_gattc_service_find(conn, &twins), *last = NULL;
        for (; service; service = blr_gattc_service_next(service), count++)
            last = service;
        assert_int_equal(count, 1000);
        assert_int_equal(blr_gattc_service_instance(last), 999);
    }
}

/* --- values --- */

struct written {
    unsigned calls;
    size_t len;
};

static void was_written(struct blr_attribute *attr, struct blr_conn *conn, const uint8_t *value,
                        size_t len, void *user)
{
    struct written *written = user;

    (void)attr;
    (void)conn;
    (void)value;
    written->calls++;
    written->len = len;
}

static const struct blr_attribute_callbacks callbacks = {.written = was_written};

static const struct write_row {
    const char *name;
    uint8_t properties;
    struct blr_bluetooth_value value;
    size_t len; /* of the value as it is sent */
    int error;
} writes[] = {
#define BYTES_OF(n) {.kind = BLR_BT_BYTES, .octets = (const uint8_t[512]){0}, .len = n}
    {"an integer", GATT_PROP_WRITE, {.kind = BLR_BT_INTEGER, .integer = 0x1234}, 2, 0},
    {"a string",
     GATT_PROP_WRITE,
     {.kind = BLR_BT_STRING, .octets = (const uint8_t *)"abc", .len = 3},
     3,
     0},
    {"nothing at all", GATT_PROP_WRITE, BYTES_OF(0), 0, 0},
    {"all that one request holds", GATT_PROP_WRITE, BYTES_OF(197), 197, 0},
    {"one more, in parts", GATT_PROP_WRITE, BYTES_OF(198), 198, 0},
    {"512", GATT_PROP_WRITE, BYTES_OF(512), 512, 0},
    {"without a response", GATT_PROP_WRITE_WITHOUT_RESPONSE, BYTES_OF(5), 5, 0},
    {"all that one command holds", GATT_PROP_WRITE_WITHOUT_RESPONSE, BYTES_OF(197), 197, 0},
    {"more than a command holds",
     GATT_PROP_WRITE_WITHOUT_RESPONSE,
     BYTES_OF(198),
     0,
     BLR_ERR_TOO_LONG},
    {"both: with a response",
     GATT_PROP_WRITE | GATT_PROP_WRITE_WITHOUT_RESPONSE,
     BYTES_OF(512),
     512,
     0},
    {"one that cannot be written", GATT_PROP_READ, BYTES_OF(1), 0, BLR_ERR_ATT(0x03)},
    {"513",
     GATT_PROP_WRITE,
     {.kind = BLR_BT_BYTES, .octets = (const uint8_t *)"", .len = 513},
     0,
     BLR_ERR_TOO_LONG},
    {"NONE", GATT_PROP_WRITE, {.kind = BLR_BT_NONE}, 0, BLR_ERR_INVALID},
    {"-1", GATT_PROP_WRITE, {.kind = BLR_BT_INTEGER, .integer = -1}, 0, BLR_ERR_INVALID},
};

static void a_write(void **state)
{
    const struct write_row *row = *state;
    struct written written = {0};
    const struct blr_characteristic_def def = {
        .uuid = blr_uuid16(1),
        .properties = row->properties,
        .callbacks = &callbacks,
        .user = &written,
    };
    void *made;

    bluetooth_room_setup(&made);
    struct bluetooth_room *room = made;
    serve(room, &twins, &def, 1);
    struct blr_gattc_connection *conn = bluetooth_room_connect(room);
    assert_int_equal(blr_gatt_mtu(blr_gattc_conn(conn)), 200);
    struct blr_gattc_characteristic *chr = bluetooth_phone_finds(conn, 0x1234, 1);
    assert_int_equal(blr_gattc_write(chr, &row->value), row->error);
    bluetooth_room_run(room, SIM_MS(200));
    assert_int_equal(written.calls, !row->error);
    assert_int_equal(written.len, row->len);
    bluetooth_room_teardown(&made);
}

static void the_value_is_what_was_read_last(void **state)
{
    struct bluetooth_room *room = *state;
    uint8_t octets[512];
    const struct blr_characteristic_def defs[] = {
        {.uuid = blr_uuid16(1),
         .properties = GATT_PROP_READ,
         .value = octets,
         .value_len = sizeof octets},
        {.uuid = blr_uuid16(2), .properties = GATT_PROP_WRITE},
    };
    struct blr_bluetooth_value value;

    for (size_t i = 0; i < sizeof octets; i++)
        octets[i] = (uint8_t)(i * 7);
    serve(room, &twins, defs, 2);
    struct blr_gattc_connection *conn = bluetooth_room_connect(room);
    struct blr_gattc_characteristic *chr = bluetooth_phone_finds(conn, 0x1234, 1);
    assert_int_equal(blr_gattc_value(chr).kind, BLR_BT_NONE);
    assert_int_equal(blr_gattc_read(chr, &value), 0);
    expect_octets(value, octets, sizeof octets);
    assert_int_equal(blr_gattc_value(chr).kind, BLR_BT_BYTES);
    struct blr_gattc_characteristic *unreadable = blr_gattc_characteristic_next(chr);
    assert_int_equal(blr_gattc_read(unreadable, &value), BLR_ERR_ATT(0x02));
    assert_int_equal(value.kind, BLR_BT_NONE);
    /* What was read outlives the link; nothing else does. */
    assert_int_equal(blr_gattc_disconnect(conn), 0);
    expect_octets(blr_gattc_value(chr), octets, sizeof octets);
    const struct blr_bluetooth_value one = blr_bluetooth_integer(1);
    assert_int_equal(blr_gattc_read(chr, &value), BLR_ERR_NOT_CONNECTED);
    assert_int_equal(blr_gattc_write(chr, &one), BLR_ERR_NOT_CONNECTED);
    assert_int_equal(blr_gattc_callback(chr, 0, NULL, NULL), BLR_ERR_NOT_CONNECTED);
    assert_int_equal(blr_gattc_characteristics(blr_gattc_characteristic_service(chr)),
                     BLR_ERR_NOT_CONNECTED);
}

/* --- descriptors --- */

static void descriptors(void **state)
{
    struct bluetooth_room *room = *state;
    const struct blr_characteristic_def def = {.uuid = blr_uuid16(1),
                                               .properties = GATT_PROP_READ | GATT_PROP_NOTIFY};
    const struct blr_characteristic_def bare = {.uuid = blr_uuid16(2),
                                                .properties = GATT_PROP_READ};
    const struct blr_descriptor_def description = {
        .uuid = blr_uuid16(0x2901), .value = (const uint8_t *)"a name", .value_len = 6};
    const struct blr_uuid user_description = blr_uuid16(0x2901), cccd = blr_uuid16(0x2902),
                          none = blr_uuid16(0x2904), odd = {.size = 3};
    struct blr_service *service;
    uint8_t octets[4] = {0};
    size_t len;

    assert_int_equal(blr_service_new(room->sensor.host, &twins, true, 0, &service), 0);
    assert_int_equal(blr_service_add_characteristic(service, &def, NULL), 0);
    assert_int_equal(blr_service_add_descriptor(service, &description, NULL), 0);
    assert_int_equal(blr_service_add_characteristic(service, &bare, NULL), 0);
    assert_int_equal(blr_service_publish(service), 0);
    struct blr_gattc_characteristic *chr =
        bluetooth_phone_finds(bluetooth_room_connect(room), 0x1234, 1);
    /* As much as there is room for, and how much it would be. */
    assert_int_equal(blr_gattc_read_descriptor(chr, &user_description, octets, 4, &len), 0);
    assert_int_equal(len, 6);
    assert_memory_equal(octets, "a na", 4);
    assert_int_equal(blr_gattc_read_descriptor(chr, &cccd, octets, 4, &len), 0);
    assert_int_equal(len, 2);
    assert_int_equal(blr_gattc_read_descriptor(chr, &none, octets, 4, &len), BLR_ERR_NOT_FOUND);
    assert_int_equal(len, 0);
    assert_int_equal(blr_gattc_read_descriptor(chr, &odd, octets, 4, &len), BLR_ERR_INVALID);
    chr = blr_gattc_characteristic_next(chr);
    assert_int_equal(blr_gattc_read_descriptor(chr, &user_description, octets, 4, &len),
                     BLR_ERR_NOT_FOUND);
}

/* --- notifications --- */

static void heard(void *arg)
{
    struct bluetooth_room *room = arg;

    room->calls++;
}

static void refuses_to_be_heard(void **state)
{
    struct bluetooth_room *room = *state;
    const struct blr_characteristic_def defs[] = {
        {.uuid = blr_uuid16(1), .properties = GATT_PROP_READ},
        {.uuid = blr_uuid16(2), .properties = GATT_PROP_NOTIFY},
    };

    serve(room, &twins, defs, 2);
    struct blr_gattc_characteristic *chr =
        bluetooth_phone_finds(bluetooth_room_connect(room), 0x1234, 1);
    assert_int_equal(blr_gattc_callback(chr, BLR_BT_CHAR_NOTIFY_EVENT, heard, room),
                     BLR_ERR_UNSUPPORTED);
    assert_int_equal(blr_gattc_callback(chr, 0, NULL, NULL), 0);
    chr = blr_gattc_characteristic_next(chr);
    assert_int_equal(blr_gattc_callback(chr, BLR_BT_CHAR_READ_EVENT, heard, room),
                     BLR_ERR_INVALID);
    assert_int_equal(blr_gattc_callback(chr, 0, NULL, NULL), 0);
    assert_int_equal(blr_gattc_callback(chr, BLR_BT_CHAR_NOTIFY_EVENT, NULL, NULL), 0);
}

static void done(struct blr_gattc_characteristic *chr, int error, void *user)
{
    struct bluetooth_room *room = user;

    (void)chr;
    room->calls++;
    room->error = error;
}

static void gets_the_characteristic(void *arg)
{
    struct blr_gattc_characteristic *chr = arg;

    assert_int_equal(blr_gattc_value(chr).len, 1);
    assert_int_equal(blr_gattc_events(chr), BLR_BT_CHAR_NOTIFY_EVENT);
}

static void replaced_and_without_arg(void **state)
{
    struct bluetooth_room *room = *state;
    const struct blr_bluetooth_value one = blr_bluetooth_integer(1);

    struct blr_gatts_characteristic *served = bluetooth_sensor_serves(room, 0x1234, 1, 0);
    assert_int_equal(blr_gatts_set_value(served, &one), 0);
    struct blr_gattc_characteristic *chr =
        bluetooth_phone_finds(bluetooth_room_connect(room), 0x1234, 1);
    assert_int_equal(blr_gattc_callback_async(chr, BLR_BT_CHAR_NOTIFY_EVENT,
                                              gets_the_characteristic, NULL, done, room),
                     0);
    assert_int_equal(blr_gattc_callback_async(chr, 0, NULL, NULL, done, room), BLR_ERR_BUSY);
    bluetooth_room_run(room, SIM_S(1));
    assert_int_equal(room->calls, 1);
    assert_int_equal(room->error, 0);
    assert_int_equal(blr_gattc_events(chr), 0);
    assert_int_equal(blr_gattc_callback(chr, BLR_BT_CHAR_NOTIFY_EVENT, heard, room), 0);
    assert_int_equal(blr_gatts_set_value(served, &one), 0);
    bluetooth_room_run(room, SIM_S(1));
    assert_int_equal(room->calls, 2);
}

/* --- the link ends meanwhile --- */

static void service_done(struct blr_gattc_service *service, int error, void *user)
{
    (void)service;
    done(NULL, error, user);
}

static void conn_done(struct blr_gattc_connection *conn, int error, void *user)
{
    (void)conn;
    done(NULL, error, user);
}

static void descriptor_done(struct blr_gattc_characteristic *chr, int error,
                            struct blr_bluetooth_value value, void *user)
{
    assert_int_equal(value.kind, BLR_BT_NONE);
    done(chr, error, user);
}

/* Six calls wait; each is called back once, when the link ends or the object goes. */
static struct blr_gattc_connection *begin_everything(struct bluetooth_room *room)
{
    const struct blr_uuid uuid = blr_uuid16(0x2901);
    const struct blr_bluetooth_value one = blr_bluetooth_integer(1);

    (void)bluetooth_sensor_serves(room, 0x1234, 1, 0);
    struct blr_gattc_connection *conn = bluetooth_room_connect(room);
    struct blr_gattc_characteristic *chr = bluetooth_phone_finds(conn, 0x1234, 1);
    struct blr_gattc_service *service = blr_gattc_characteristic_service(chr);
    assert_int_equal(blr_gattc_services_async(conn, conn_done, room), 0);
    assert_int_equal(blr_gattc_characteristics_async(service, service_done, room), 0);
    assert_int_equal(blr_gattc_read_async(chr, done, room), 0);
    assert_int_equal(blr_gattc_write_async(chr, &one, done, room), 0);
    assert_int_equal(blr_gattc_read_descriptor_async(chr, &uuid, descriptor_done, room), 0);
    assert_int_equal(
        blr_gattc_callback_async(chr, BLR_BT_CHAR_NOTIFY_EVENT, heard, room, done, room), 0);
    assert_int_equal(room->calls, 0);
    return conn;
}

static void what_waits_when_the_link_ends(void **state)
{
    struct bluetooth_room *room = *state;

    struct blr_gattc_connection *conn = begin_everything(room);
    assert_int_equal(blr_gattc_disconnect(conn), 0);
    assert_int_equal(room->calls, 6);
    assert_int_equal(room->error, BLR_ERR_NOT_CONNECTED);
}

static void what_waits_when_the_object_goes(void **state)
{
    struct bluetooth_room *room = *state;

    struct blr_gattc_connection *conn = begin_everything(room);
    blr_gattc_connection_free(conn);
    assert_int_equal(room->calls, 6);
    assert_int_equal(room->error, BLR_ERR_CANCELLED);
    bluetooth_room_run(room, SIM_S(1));
    assert_int_equal(room->calls, 6);
}

static void what_waits_when_the_subscription_is_written(void **state)
{
    struct bluetooth_room *room = *state;

    (void)bluetooth_sensor_serves(room, 0x1234, 1, 0);
    struct blr_gattc_connection *conn = bluetooth_room_connect(room);
    struct blr_gattc_characteristic *chr = bluetooth_phone_finds(conn, 0x1234, 1);
    for (unsigned ms = 0; ms < 400; ms += 20) {
        room->calls = 0;
        assert_int_equal(
            blr_gattc_callback_async(chr, BLR_BT_CHAR_NOTIFY_EVENT, heard, room, done, room), 0);
        bluetooth_room_run(room, SIM_MS(ms));
        blr_gattc_connection_free(conn);
        assert_in_range(room->calls, 1, 2); /* done, and perhaps a value */
        bluetooth_room_run(room, SIM_S(1));
        conn = bluetooth_room_connect(room);
        chr = bluetooth_phone_finds(conn, 0x1234, 1);
    }
}

static void a_subscription_ends_with_the_link(void **state)
{
    struct bluetooth_room *room = *state;
    const struct blr_bluetooth_value one = blr_bluetooth_integer(1);

    struct blr_gatts_characteristic *served = bluetooth_sensor_serves(room, 0x1234, 1, 0);
    struct blr_gattc_connection *conn = bluetooth_room_connect(room);
    struct blr_gattc_characteristic *chr = bluetooth_phone_finds(conn, 0x1234, 1);
    assert_int_equal(blr_gattc_callback(chr, BLR_BT_CHAR_NOTIFY_EVENT, heard, room), 0);
    bluetooth_room_run(room, SIM_S(1));
    room->calls = 0;
    assert_int_equal(blr_gattc_disconnect(conn), 0);
    bluetooth_room_run(room, SIM_S(1));
    conn = bluetooth_room_connect(room);
    assert_int_equal(blr_gatts_set_value(served, &one), 0);
    bluetooth_room_run(room, SIM_S(1));
    assert_int_equal(room->calls, 0);
    chr = bluetooth_phone_finds(conn, 0x1234, 1);
    assert_int_equal(blr_gattc_callback(chr, BLR_BT_CHAR_NOTIFY_EVENT, heard, room), 0);
    assert_int_equal(blr_gatts_set_value(served, &one), 0);
    bluetooth_room_run(room, SIM_S(1));
    assert_int_equal(room->calls, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BLUETOOTH(services_and_characteristics),
        BLUETOOTH(what_takes_the_place_of_another),
        BLUETOOTH(a_thousand_services),
        BLUETOOTH(the_value_is_what_was_read_last),
        BLUETOOTH(descriptors),
        BLUETOOTH(refuses_to_be_heard),
        BLUETOOTH(replaced_and_without_arg),
        BLUETOOTH(what_waits_when_the_link_ends),
        BLUETOOTH(what_waits_when_the_object_goes),
        BLUETOOTH(what_waits_when_the_subscription_is_written),
        BLUETOOTH(a_subscription_ends_with_the_link),
    };
    const int failed = RUN_ROWS(writes, a_write);

    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
