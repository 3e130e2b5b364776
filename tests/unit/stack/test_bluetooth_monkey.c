/* SPDX-License-Identifier: MIT */
/*
 * Two devices whose programs call anything at any time: each call that was taken is called back
 * exactly once, whatever happens, nothing is touched that is gone (the sanitizers look), and in the
 * end both devices work as on the first day.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bluetooth_room.h"
#include "sim/stream.h"

enum { SEEDS = 60, STEPS = 400, SERVICES = 4 };

struct monkey {
    struct bluetooth_room room;
    struct sim_stream random;
    int pending; /* calls that were taken and not called back */
    unsigned taken;
    struct blr_gattc_connection *conn; /* that was made last */
    struct blr_gatts_service *services[SERVICES];
    struct blr_gatts_characteristic *chr;
    bool freeing; /* objects that callbacks could use are gone, or going */
};

static unsigned draw(struct monkey *monkey, unsigned below)
{
    return (unsigned)sim_stream_below(&monkey->random, below);
}

/* --- what comes back --- */

static void took(struct monkey *monkey, int error)
{
    if (error)
        return;
    monkey->pending++;
    monkey->taken++;
}

static void meddle(struct monkey *monkey);

static void over(void *user)
{
    struct monkey *monkey = user;

    monkey->pending--;
    assert_true(monkey->pending >= 0);
    if (!monkey->freeing)
        meddle(monkey);
}

static void done(struct blr_bluetooth *bt, int error, void *user)
{
    (void)bt;
    (void)error;
    over(user);
}

static void connected(struct blr_bluetooth *bt, int error, struct blr_gattc_connection *conn,
                      void *user)
{
    struct monkey *monkey = user;

    (void)bt;
    assert_int_equal(error == 0, conn != NULL);
    if (conn)
        monkey->conn = conn;
    over(user);
}

static void conn_done(struct blr_gattc_connection *conn, int error, void *user)
{
    (void)conn;
    (void)error;
    over(user);
}

static void service_done(struct blr_gattc_service *service, int error, void *user)
{
    (void)service;
    (void)error;
    over(user);
}

static void chr_done(struct blr_gattc_characteristic *chr, int error, void *user)
{
    (void)chr;
    (void)error;
    over(user);
}

static void descriptor_done(struct blr_gattc_characteristic *chr, int error,
                            struct blr_bluetooth_value value, void *user)
{
    (void)chr;
    assert_true(!error || value.kind == BLR_BT_NONE);
    over(user);
}

/* Handlers and callbacks call things as well: whatever may be called, but what waits or frees. */
static void meddle(struct monkey *monkey)
{
    struct blr_bluetooth *phone = monkey->room.phone.bt, *sensor = monkey->room.sensor.bt;
    struct blr_gatts_service *service = monkey->services[draw(monkey, SERVICES)];
    const struct blr_bluetooth_value value = blr_bluetooth_integer(draw(monkey, 70000));
    struct blr_bluetooth_adv adv;

    (void)blr_bluetooth_get_adv(phone, &adv);
    switch (draw(monkey, 100)) {
    case 0:
    case 1:
        (void)!blr_bluetooth_disconnect_client(sensor);
        break;
    case 2:
        (void)!blr_bluetooth_stop_scan(phone);
        break;
    case 3:
        if (draw(monkey, 8) == 0)
            took(monkey,
                 blr_bluetooth_deinit_async(draw(monkey, 2) ? phone : sensor, done, monkey));
        break;
    case 4:
        if (draw(monkey, 8) == 0)
            (void)!blr_bluetooth_set_pin(sensor, "1");
        break;
    case 5:
    case 6:
        if (service)
            (void)!blr_gatts_service_stop(service);
        break;
    case 7:
    case 8:
        if (service)
            (void)!blr_gatts_service_start(service);
        break;
    case 9:
        if (monkey->chr)
            (void)!blr_gatts_set_value(monkey->chr, &value);
        break;
    case 10:
        took(monkey, blr_bluetooth_set_tx_power_async(
                         sensor, BLR_BT_TX_PWR_CONN,
                         (enum blr_bluetooth_tx_power_level)draw(monkey, 8), done, monkey));
        break;
    case 11:
        (void)!blr_bluetooth_advertise(sensor, draw(monkey, 2));
        break;
    case 12:
        (void)!blr_bluetooth_connect_cancel(phone);
        break;
    case 13:
        if (monkey->conn)
            took(monkey, blr_gattc_disconnect_async(monkey->conn, conn_done, monkey));
        break;
    default:
        break;
    }
}

static void happened(void *arg)
{
    meddle(arg);
}

static struct blr_bluetooth_value answer(void *arg)
{
    struct monkey *monkey = arg;

    meddle(monkey);
    return draw(monkey, 2) ? blr_bluetooth_integer(draw(monkey, 70000)) : blr_bluetooth_none();
}

/* --- what it does --- */

static void on_the_radio(struct monkey *monkey, unsigned what)
{
    struct blr_bluetooth *phone = monkey->room.phone.bt, *sensor = monkey->room.sensor.bt;
    struct blr_bluetooth_adv_params params = blr_bluetooth_adv_params_default();

    switch (what) {
    case 0:
        (void)!blr_bluetooth_start_scan(phone, (int)draw(monkey, 3) - 1);
        break;
    case 1:
        (void)!blr_bluetooth_stop_scan(phone);
        break;
    case 2:
        params.adv_type = (enum blr_bluetooth_adv_type)draw(monkey, 5);
        params.adv_filter_policy = (enum blr_bluetooth_filter_policy)(draw(monkey, 8) / 5);
        params.own_addr_type = (enum blr_bluetooth_own_addr_type)draw(monkey, 4);
        if (draw(monkey, 2))
            params.peer = *blr_host_address(monkey->room.phone.host);
        (void)!blr_bluetooth_set_advertisement_params(sensor, draw(monkey, 4) ? NULL : &params);
        break;
    case 3:
        (void)!blr_bluetooth_set_advertisement(sensor, NULL);
        (void)!blr_bluetooth_advertise(sensor, draw(monkey, 4) != 0);
        break;
    case 4:
        (void)!blr_bluetooth_disconnect_client(sensor);
        break;
    case 5:
        took(monkey, blr_bluetooth_set_tx_power_async(
                         draw(monkey, 2) ? phone : sensor,
                         (enum blr_bluetooth_tx_power_type)(draw(monkey, 4) + 8),
                         (enum blr_bluetooth_tx_power_level)draw(monkey, 9), done, monkey));
        break;
    default:
        (void)!blr_bluetooth_callback(phone, BLR_BT_NEW_ADV_EVENT, happened, monkey);
        (void)!blr_bluetooth_callback(sensor, BLR_BT_CLIENT_CONNECTED | BLR_BT_CLIENT_DISCONNECTED,
                                      happened, monkey);
        (void)!blr_bluetooth_set_accept_list(sensor, NULL, 0);
        break;
    }
}

static void of_life_and_links(struct monkey *monkey, unsigned what)
{
    struct blr_bluetooth *bt = draw(monkey, 2) ? monkey->room.phone.bt : monkey->room.sensor.bt;
    const struct bd_addr *peer = blr_privacy_own_address(monkey->room.sensor.host);
    struct blr_bluetooth_options options = bluetooth_plain_options();

    switch (what) {
    case 0:
    case 1:
    case 2:
        took(monkey, blr_bluetooth_connect_async(monkey->room.phone.bt, peer,
                                                 draw(monkey, 3000), connected, monkey));
        break;
    case 3:
        (void)!blr_bluetooth_connect_cancel(monkey->room.phone.bt);
        break;
    case 4:
        options.privacy = draw(monkey, 2);
        options.secure = draw(monkey, 2);
        took(monkey, blr_bluetooth_init_async(bt, &options, done, monkey));
        break;
    case 5:
        if (draw(monkey, 8) == 0)
            took(monkey, blr_bluetooth_deinit_async(bt, done, monkey));
        break;
    case 6:
        if (draw(monkey, 16) == 0)
            (void)!blr_bluetooth_set_pin(monkey->room.sensor.bt, "123456");
        break;
    default:
        if (monkey->conn && draw(monkey, 4) == 0)
            took(monkey, blr_gattc_disconnect_async(monkey->conn, conn_done, monkey));
        break;
    }
}

static void as_client(struct monkey *monkey, unsigned what)
{
    const struct blr_uuid uuid = blr_uuid16(0x1234), name = blr_uuid16(0x2902);
    const struct blr_bluetooth_value value = blr_bluetooth_integer(draw(monkey, 70000));
    struct blr_gattc_connection *conn = monkey->conn;

    if (!conn || (!blr_gattc_isconnected(conn) && draw(monkey, 4)))
        return;
    struct blr_gattc_service *service = blr_gattc_service_find(conn, &uuid);
    struct blr_gattc_characteristic *chr =
        service ? blr_gattc_characteristic_first(service) : NULL;
    if (what == 0 || !service)
        took(monkey, blr_gattc_services_async(conn, conn_done, monkey));
    else if (what == 1 || !chr)
        took(monkey, blr_gattc_characteristics_async(service, service_done, monkey));
    else if (what == 2)
        took(monkey, blr_gattc_read_async(chr, chr_done, monkey));
    else if (what == 3)
        took(monkey, blr_gattc_write_async(chr, &value, chr_done, monkey));
    else if (what == 4)
        took(monkey, blr_gattc_read_descriptor_async(chr, &name, descriptor_done, monkey));
    else if (what == 5)
        took(monkey, blr_gattc_callback_async(chr, BLR_BT_CHAR_NOTIFY_EVENT * draw(monkey, 2),
                                              happened, monkey, chr_done, monkey));
    else if (draw(monkey, 8) == 0) {
        blr_gattc_connection_free(conn); /* whose callbacks call it still */
        monkey->conn = NULL;
    }
}

static void as_server(struct monkey *monkey, unsigned what)
{
    const struct blr_uuid uuid = blr_uuid16(0x1234);
    struct blr_bluetooth_service_def def = blr_bluetooth_service_default(&uuid);
    const struct blr_gatts_characteristic_def chr = blr_gatts_characteristic_default(&uuid);
    const struct blr_bluetooth_value value = blr_bluetooth_integer(draw(monkey, 70000));
    struct blr_gatts_service **place = &monkey->services[draw(monkey, SERVICES)];

    if (!*place) {
        def.nbr_chars = 2;
        (void)!blr_bluetooth_service(monkey->room.sensor.bt, &def, place);
    } else if (what == 0) {
        if (monkey->chr && blr_gatts_characteristic_service(monkey->chr) == *place)
            monkey->chr = NULL;
        blr_gatts_service_free(*place);
        *place = NULL;
    } else if (what == 1) {
        (void)!(draw(monkey, 2) ? blr_gatts_service_start(*place) : blr_gatts_service_stop(*place));
    } else if (what == 2 && blr_gatts_characteristic(*place, &chr, &monkey->chr) == 0) {
        (void)!blr_gatts_callback(monkey->chr, BLR_BT_CHAR_READ_EVENT | BLR_BT_CHAR_WRITE_EVENT |
                                      BLR_BT_CHAR_SUBSCRIBE_EVENT,
                                  answer, monkey);
    } else if (monkey->chr) {
        (void)!blr_gatts_set_value(monkey->chr, &value);
    }
}

static void step(struct monkey *monkey)
{
    const unsigned kind = draw(monkey, 4);
    const unsigned what = draw(monkey, 8);

    if (kind == 0)
        on_the_radio(monkey, what);
    else if (kind == 1)
        of_life_and_links(monkey, what);
    else if (kind == 2)
        as_client(monkey, what);
    else
        as_server(monkey, what);
    const unsigned pause = draw(monkey, 4);
    if (pause)
        bluetooth_room_run(&monkey->room, SIM_MS(pause == 3 ? draw(monkey, 400) : pause));
}

/* After whatever was: off, and then everything as it should be. */
static void as_on_the_first_day(struct monkey *monkey)
{
    const struct blr_bluetooth_options plain = bluetooth_plain_options();
    struct bluetooth_room *room = &monkey->room;

    for (unsigned i = 0; i < 2; i++) {
        struct blr_bluetooth *bt = i ? room->phone.bt : room->sensor.bt;
        if (blr_bluetooth_initialised(bt))
            assert_int_equal(blr_bluetooth_deinit(bt), 0);
        assert_int_equal(blr_bluetooth_init(bt, &plain), 0);
    }
    assert_int_equal(monkey->pending, 0);
    (void)bluetooth_sensor_serves(room, 0x1235, 1, 0);
    struct blr_gattc_connection *conn = bluetooth_room_connect(room);
    assert_int_equal(blr_gattc_read(bluetooth_phone_finds(conn, 0x1235, 1), NULL), 0);
}

static unsigned play(unsigned seed, bool ends_well)
{
    const struct blr_bluetooth_options plain = bluetooth_plain_options();
    struct monkey monkey = {.pending = 0};

    bluetooth_room_open(&monkey.room);
    sim_stream_init(&monkey.random, seed, "monkey", "test");
    took(&monkey, blr_bluetooth_init_async(monkey.room.phone.bt, &plain, done, &monkey));
    took(&monkey, blr_bluetooth_init_async(monkey.room.sensor.bt, &plain, done, &monkey));
    for (unsigned i = 0; i < STEPS; i++)
        step(&monkey);
    if (ends_well) {
        bluetooth_room_run(&monkey.room, SIM_S(60));
        as_on_the_first_day(&monkey);
    }
    monkey.freeing = true;
    blr_bluetooth_free(monkey.room.phone.bt);
    blr_bluetooth_free(monkey.room.sensor.bt);
    assert_int_equal(monkey.pending, 0);
    monkey.room.phone.bt = monkey.room.sensor.bt = NULL;
    bluetooth_room_run(&monkey.room, SIM_S(10));
    bluetooth_room_close(&monkey.room);
    return monkey.taken;
}

static void play_all(unsigned first, bool ends_well)
{
    unsigned taken = 0;

    for (unsigned seed = first; seed < first + SEEDS; seed++)
        taken += play(seed, ends_well);
    print_message("%u calls were taken\n", taken);
    assert_true(taken > SEEDS * STEPS / 20);
}

static void anything_at_any_time(void **state)
{
    (void)state;
    play_all(1, true);
}

static void freed_in_the_middle(void **state)
{
    (void)state;
    play_all(SEEDS + 1, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(anything_at_any_time),
        cmocka_unit_test(freed_in_the_middle),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
