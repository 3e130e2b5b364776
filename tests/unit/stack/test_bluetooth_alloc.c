/* SPDX-License-Identifier: MIT */
/*
 * Each allocation of the `Bluetooth` interface fails once, from a story that uses all of it: every
 * call returns an error or works, what is pending is called back, and nothing is lost.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bluetooth_room.h"
#include "fail_alloc.h"

static struct blr_bluetooth_value nothing(void *arg)
{
    (void)arg;
    return blr_bluetooth_none();
}

static void ignore(void *arg)
{
    (void)arg;
}

static int serve(struct blr_bluetooth *bt)
{
    const struct blr_uuid uuid = blr_uuid16(0x1234);
    const struct blr_bluetooth_value value = blr_bluetooth_string("longer than what is small");
    const struct blr_bluetooth_service_def def = blr_bluetooth_service_default(&uuid);
    struct blr_gatts_characteristic_def what = blr_gatts_characteristic_default(&uuid);
    struct blr_gatts_characteristic *chr;
    struct blr_gatts_service *service;

    what.value = value;
    what.properties |= BLR_BT_PROP_EXT_PROP;
    int error = blr_bluetooth_service(bt, &def, &service);
    if (!error)
        error = blr_gatts_characteristic(service, &what, &chr);
    if (!error)
        error = blr_gatts_callback(chr, BLR_BT_CHAR_READ_EVENT, nothing, NULL);
    if (!error)
        error = blr_gatts_set_value(chr, &value);
    if (!error)
        error = blr_bluetooth_set_advertisement(bt, NULL);
    if (!error)
        error = blr_bluetooth_set_accept_list(bt, NULL, 0);
    return error ? error : blr_bluetooth_advertise(bt, true);
}

static int use(struct blr_gattc_connection *conn)
{
    const struct blr_uuid uuid = blr_uuid16(0x1234), extended = blr_uuid16(0x2900);
    const struct blr_bluetooth_value value = blr_bluetooth_string("0123456789");
    uint8_t octets[2];
    size_t len;

    int error = blr_gattc_services(conn);
    if (error)
        return error;
    struct blr_gattc_service *service = blr_gattc_service_find(conn, &uuid);
    if (!service)
        return BLR_ERR_NOT_FOUND;
    error = blr_gattc_characteristics(service);
    if (error)
        return error;
    struct blr_gattc_characteristic *chr = blr_gattc_characteristic_find(service, &uuid);
    if (!chr)
        return BLR_ERR_NOT_FOUND;
    error = blr_gattc_read(chr, NULL);
    if (!error)
        error = blr_gattc_write(chr, &value);
    if (!error)
        error = blr_gattc_read_descriptor(chr, &extended, octets, sizeof octets, &len);
    if (!error)
        error = blr_gattc_callback(chr, BLR_BT_CHAR_NOTIFY_EVENT, ignore, NULL);
    return error ? error : blr_gattc_disconnect(conn);
}

static int story(struct bluetooth_room *room)
{
    struct blr_bluetooth *phone = room->phone.bt, *sensor = room->sensor.bt;
    struct blr_gattc_connection *conn;

    int error = blr_bluetooth_init(sensor, NULL);
    if (!error)
        error = blr_bluetooth_init(phone, NULL);
    if (!error)
        error = serve(sensor);
    if (!error)
        error = blr_bluetooth_set_tx_power(sensor, BLR_BT_TX_PWR_DEFAULT, BLR_BT_TX_PWR_N12);
    if (!error)
        error = blr_bluetooth_start_scan(phone, -1);
    if (error)
        return error;
    bluetooth_room_run(room, SIM_S(1));
    struct blr_bluetooth_adv adv;
    if (!blr_bluetooth_get_adv(phone, &adv))
        return BLR_ERR_NOT_FOUND;
    error = blr_bluetooth_connect(phone, adv.mac, 3000, &conn);
    if (!error)
        error = use(conn);
    if (!error)
        error = blr_bluetooth_deinit(phone);
    return error;
}

static bool step(void *user)
{
    return sim_world_step(user, SIM_NEVER);
}

/* The room stands before anything fails; of each object its making as well. */
static int renew(struct bluetooth_room *room, struct bluetooth_side *side)
{
    const struct blr_bluetooth_config config = {
        .host = side->host, .wait = step, .wait_user = room->world};

    blr_bluetooth_free(side->bt);
    side->bt = blr_bluetooth_new(&config);
    return side->bt ? 0 : BLR_ERR_NO_MEMORY;
}

static void each_allocation_fails(void **state)
{
    unsigned tried = 0;
    bool happened = true;

    (void)state;
    for (unsigned n = 1; happened; n++) {
        struct bluetooth_room room;
        bluetooth_room_open(&room);
        fail_alloc_from(n);
        int error = renew(&room, &room.phone);
        if (!error)
            error = renew(&room, &room.sensor);
        if (!error)
            error = story(&room);
        happened = fail_alloc_happened();
        fail_alloc_from(0);
        assert_true(happened || !error);
        bluetooth_room_run(&room, SIM_S(40));
        bluetooth_room_close(&room);
        tried = n;
    }
    print_message("%u allocations\n", tried);
    assert_true(tried > 30);
}

/* A characteristic that the host has a part of already when memory ends: no trace of it is left. */
static void a_characteristic_half_made(void **state)
{
    const struct blr_uuid uuid = blr_uuid16(0x1234);
    struct blr_bluetooth_service_def def = blr_bluetooth_service_default(&uuid);
    struct blr_gatts_characteristic_def what = blr_gatts_characteristic_default(&uuid);
    bool happened = true;

    (void)state;
    def.nbr_chars = 2;
    what.value = blr_bluetooth_string("longer than what is small");
    for (unsigned n = 1; happened; n++) {
        struct blr_gatts_service *service;
        struct blr_gatts_characteristic *chr = NULL;
        void *made;
        bluetooth_room_setup(&made);
        struct bluetooth_room *room = made;
        assert_int_equal(blr_bluetooth_service(room->sensor.bt, &def, &service), 0);
        what.properties &= ~(unsigned)BLR_BT_PROP_EXT_PROP;
        assert_int_equal(blr_gatts_characteristic(service, &what, NULL), 0);
        what.properties |= BLR_BT_PROP_EXT_PROP;
        fail_alloc_from(n);
        const int error = blr_gatts_characteristic(service, &what, &chr);
        happened = fail_alloc_happened();
        fail_alloc_from(0);
        assert_int_equal(error, happened ? BLR_ERR_NO_MEMORY : 0);
        if (!blr_gatts_service_started(service)) /* no memory for it either */
            assert_int_equal(blr_gatts_service_start(service), 0);
        struct blr_gattc_characteristic *found =
            bluetooth_phone_finds(bluetooth_room_connect(room), 0x1234, 0x1234);
        struct blr_gattc_characteristic *next = blr_gattc_characteristic_next(found);
        assert_int_equal(blr_gattc_read(found, NULL), 0);
        assert_true(happened == (next == NULL));
        if (next)
            assert_int_equal(blr_gattc_read(next, NULL), 0);
        bluetooth_room_teardown(&made);
    }
}

/* What two objects cost, and a connection with what was found. */
static void costs(void **state)
{
    struct bluetooth_room room;

    (void)state;
    bluetooth_room_open(&room);
    const struct blr_bluetooth_config config = {.host = room.phone.host};
    blr_bluetooth_free(room.phone.bt);
    const size_t before = fail_alloc_octets();
    room.phone.bt = blr_bluetooth_new(&config);
    const size_t object = fail_alloc_octets() - before;
    print_message("an object: %zu octets\n", object);
    assert_true(object < 4096);
    bluetooth_room_close(&room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_allocation_fails),
        cmocka_unit_test(a_characteristic_half_made),
        cmocka_unit_test(costs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
