/* SPDX-License-Identifier: MIT */
/*
 * The life of a `Bluetooth` object: every option with its range, what answers before init and after
 * deinit, what deinit ends and gives back, and when a call may not wait.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "blueroom/gatt_client.h"
#include "blueroom/security.h"
#include "bluetooth_room.h"
#include "rows.h"

/* --- options --- */

static void defaults_are_the_documents(void **state)
{
    const struct blr_bluetooth_options options = blr_bluetooth_options_default();

    (void)state;
    assert_int_equal(options.id, 0);
    assert_int_equal(options.mode, BLR_BT_BLE);
    assert_int_equal(options.antenna, BLR_BT_INT_ANT);
    assert_true(options.modem_sleep && options.privacy && options.secure_connections);
    assert_false(options.secure || options.pad_adv_data);
    assert_null(options.pin);
    assert_int_equal(options.mtu, 200);
}

static const struct option_row {
    const char *name;
    struct blr_bluetooth_options options;
    int error;
} option_rows[] = {
#define ROW(what, error, ...) {what, {.mode = BLR_BT_BLE, .mtu = 200, __VA_ARGS__}, error}
    ROW("id 0", 0, .id = 0),
    ROW("id 1", BLR_ERR_INVALID, .id = 1),
    ROW("id -1", BLR_ERR_INVALID, .id = -1),
    {"mode 0", {.mtu = 200}, BLR_ERR_INVALID},
    {"mode 2", {.mode = (enum blr_bluetooth_mode)2, .mtu = 200}, BLR_ERR_INVALID},
    ROW("external antenna", 0, .antenna = BLR_BT_EXT_ANT),
    ROW("antenna switch", 0, .antenna = BLR_BT_MAN_ANT),
    ROW("antenna 3", BLR_ERR_INVALID, .antenna = (enum blr_bluetooth_antenna)3),
    ROW("modem sleep", 0, .modem_sleep = true),
    ROW("secure", 0, .secure = true),
    ROW("a PIN of one digit", 0, .pin = "7"),
    ROW("a PIN of six digits", 0, .pin = "987654"),
    ROW("a PIN of no digits", BLR_ERR_INVALID, .pin = ""),
    ROW("a PIN of seven digits", BLR_ERR_INVALID, .pin = "1234567"),
    ROW("a PIN of letters", BLR_ERR_INVALID, .pin = "12a4"),
    ROW("a negative PIN", BLR_ERR_INVALID, .pin = "-123"),
    ROW("a PIN with a space", BLR_ERR_INVALID, .pin = "12 4"),
    ROW("no Secure Connections", 0, .secure_connections = false),
    {"MTU 22", {.mode = BLR_BT_BLE, .mtu = 22}, BLR_ERR_INVALID},
    {"MTU 23", {.mode = BLR_BT_BLE, .mtu = 23}, 0},
    {"MTU 200", {.mode = BLR_BT_BLE, .mtu = 200}, 0},
    {"MTU 201", {.mode = BLR_BT_BLE, .mtu = 201}, BLR_ERR_INVALID},
    {"MTU 0", {.mode = BLR_BT_BLE, .mtu = 0}, BLR_ERR_INVALID},
#undef ROW
};

/* What is taken can be read; after what is refused, the defaults still do. */
static void an_option(void **state)
{
    const struct option_row *row = *state;
    void *made;

    bluetooth_room_setup_off(&made);
    struct bluetooth_room *room = made;
    assert_int_equal(blr_bluetooth_init(room->phone.bt, &row->options), row->error);
    assert_int_equal(blr_bluetooth_initialised(room->phone.bt), !row->error);
    if (row->error) {
        assert_int_equal(blr_bluetooth_init(room->phone.bt, NULL), 0);
    } else {
        const struct blr_bluetooth_options *taken = blr_bluetooth_options(room->phone.bt);
        assert_int_equal(taken->antenna, row->options.antenna);
        assert_int_equal(taken->modem_sleep, row->options.modem_sleep);
        assert_int_equal(taken->secure, row->options.secure);
        assert_int_equal(taken->secure_connections, row->options.secure_connections);
        assert_int_equal(taken->mtu, row->options.mtu);
    }
    bluetooth_room_teardown(&made);
}

static void a_short_pin_has_zeros_in_front(void **state)
{
    struct bluetooth_room *room = *state;
    struct blr_bluetooth_options options = bluetooth_plain_options();

    options.pin = "1234";
    assert_int_equal(blr_bluetooth_init(room->phone.bt, &options), 0);
    assert_string_equal(blr_bluetooth_options(room->phone.bt)->pin, "001234");
    /* Off and on again with what it had. */
    assert_int_equal(blr_bluetooth_deinit(room->phone.bt), 0);
    assert_int_equal(blr_bluetooth_init(room->phone.bt, blr_bluetooth_options(room->phone.bt)), 0);
    assert_string_equal(blr_bluetooth_options(room->phone.bt)->pin, "001234");
}

static void privacy_hides_the_address(void **state)
{
    struct bluetooth_room *room = *state;
    struct blr_bluetooth_adv adv;

    assert_int_equal(blr_bluetooth_init(room->sensor.bt, NULL), 0);
    assert_int_equal(blr_bluetooth_init(room->phone.bt, NULL), 0);
    bluetooth_sensor_advertises(room, "x");
    assert_int_equal(blr_bluetooth_start_scan(room->phone.bt, 1), 0);
    bluetooth_room_run(room, SIM_S(1));
    assert_true(blr_bluetooth_get_adv(room->phone.bt, &adv));
    assert_int_equal(adv.addr_type, BLR_BT_RANDOM_ADDR);
    assert_int_equal(adv.mac[0] >> 6, 1); /* resolvable, Core v5.4, Vol 6, Part B, 1.3.2.2 */
}

static void the_mtu_is_what_both_offer(void **state)
{
    struct bluetooth_room *room = *state;
    struct blr_bluetooth_options options = bluetooth_plain_options();

    options.mtu = 77;
    assert_int_equal(blr_bluetooth_init(room->sensor.bt, &options), 0);
    options.mtu = 200;
    assert_int_equal(blr_bluetooth_init(room->phone.bt, &options), 0);
    struct blr_gattc_connection *conn = bluetooth_room_connect(room);
    assert_int_equal(blr_gatt_mtu(blr_gattc_conn(conn)), 77);
}

static void without_secure_connections_pairing_is_legacy(void **state)
{
    struct bluetooth_room *room = *state;
    struct blr_bluetooth_options options = bluetooth_plain_options();

    options.secure_connections = false;
    assert_int_equal(blr_bluetooth_init(room->phone.bt, &options), 0);
    assert_false(blr_security_config_of(room->phone.host)->secure_connections);
    assert_int_equal(blr_bluetooth_deinit(room->phone.bt), 0);
    options.secure_connections = true;
    assert_int_equal(blr_bluetooth_init(room->phone.bt, &options), 0);
    assert_true(blr_security_config_of(room->phone.host)->secure_connections);
}

/* --- states --- */

static const uint8_t somebody[6] = {0x11, 0x22, 0x33, 0xEE, 0xDD, 0xFF};

static void everything_is_refused(struct bluetooth_room *room)
{
    struct blr_bluetooth *bt = room->phone.bt;
    const struct bd_addr peer = {.octet = {1}};
    const struct blr_uuid uuid = blr_uuid16(0x180D);
    const struct blr_bluetooth_service_def def = blr_bluetooth_service_default(&uuid);
    struct blr_gattc_connection *conn;
    struct blr_gatts_service *service;
    struct blr_bluetooth_adv adv;
    enum blr_bluetooth_tx_power_level level;

    assert_false(blr_bluetooth_initialised(bt));
    assert_int_equal(blr_bluetooth_deinit(bt), BLR_ERR_STATE);
    assert_int_equal(blr_bluetooth_callback(bt, 0, NULL, NULL), BLR_ERR_STATE);
    assert_int_equal(blr_bluetooth_events(bt), 0);
    assert_int_equal(blr_bluetooth_start_scan(bt, 1), BLR_ERR_STATE);
    assert_int_equal(blr_bluetooth_stop_scan(bt), BLR_ERR_STATE);
    assert_false(blr_bluetooth_isscanning(bt));
    assert_false(blr_bluetooth_get_adv(bt, &adv));
    assert_int_equal(blr_bluetooth_get_advertisements(bt, &adv, 1), 0);
    assert_int_equal(blr_bluetooth_adv_dropped(bt), 0);
    assert_int_equal(blr_bluetooth_connect(bt, somebody, 10, &conn), BLR_ERR_STATE);
    assert_null(conn);
    assert_int_equal(blr_bluetooth_connect_string(bt, "112233eeddff", 10, &conn), BLR_ERR_STATE);
    assert_int_equal(blr_bluetooth_connect_peer(bt, &peer, 10, &conn), BLR_ERR_STATE);
    assert_int_equal(blr_bluetooth_connect_cancel(bt), BLR_ERR_STATE);
    assert_int_equal(blr_bluetooth_set_advertisement(bt, NULL), BLR_ERR_STATE);
    assert_int_equal(blr_bluetooth_set_advertisement_params(bt, NULL), BLR_ERR_STATE);
    assert_int_equal(blr_bluetooth_set_accept_list(bt, NULL, 0), BLR_ERR_STATE);
    assert_int_equal(blr_bluetooth_advertise(bt, true), BLR_ERR_STATE);
    assert_false(blr_bluetooth_isadvertising(bt));
    assert_false(blr_bluetooth_client_connected(bt));
    assert_int_equal(blr_bluetooth_disconnect_client(bt), BLR_ERR_STATE);
    assert_int_equal(blr_bluetooth_set_pin(bt, "1"), BLR_ERR_STATE);
    assert_int_equal(blr_bluetooth_service(bt, &def, &service), BLR_ERR_STATE);
    assert_null(service);
    assert_int_equal(blr_bluetooth_tx_power(bt, BLR_BT_TX_PWR_ADV, &level), BLR_ERR_STATE);
    assert_int_equal(blr_bluetooth_set_tx_power(bt, BLR_BT_TX_PWR_ADV, BLR_BT_TX_PWR_0),
                     BLR_ERR_STATE);
}

static void before_init_everything_is_refused(void **state)
{
    everything_is_refused(*state);
}

static void after_deinit_everything_is_refused(void **state)
{
    struct bluetooth_room *room = *state;

    assert_int_equal(blr_bluetooth_deinit(room->phone.bt), 0);
    everything_is_refused(room);
    assert_int_equal(blr_bluetooth_init(room->phone.bt, NULL), 0);
    assert_int_equal(blr_bluetooth_start_scan(room->phone.bt, 1), 0);
}

static void no_object_without_a_host(void **state)
{
    const struct blr_bluetooth_config config = {0};

    (void)state;
    assert_null(blr_bluetooth_new(&config));
    blr_bluetooth_free(NULL);
}

static void init_twice_is_refused(void **state)
{
    struct bluetooth_room *room = *state;

    assert_int_equal(blr_bluetooth_init(room->phone.bt, NULL), BLR_ERR_BUSY);
}

static void a_host_that_is_not_started(void **state)
{
    struct bluetooth_room *room = *state;
    const struct room_device_config config = {.name = "third",
                                              .profile = sim_controller_profile_default()};
    struct room_device *device;

    assert_int_equal(room_device_new(room->world, &config, &device), 0);
    const struct blr_bluetooth_config bluetooth = {.host = room_device_host(device)};
    struct blr_bluetooth *bt = blr_bluetooth_new(&bluetooth);
    assert_int_equal(blr_bluetooth_init_async(bt, NULL, NULL, NULL), BLR_ERR_STATE);
    blr_bluetooth_free(bt);
    room_device_free(device);
}

static void ignore_done(struct blr_host *host, int error, void *user)
{
    (void)host;
    (void)error;
    (void)user;
}

/* Privacy cannot be changed meanwhile; without that change there is nothing against it. */
static void a_host_that_somebody_else_uses(void **state)
{
    struct bluetooth_room *room = *state;
    const struct blr_adv_params params = {.kind = BLR_ADV_NON_CONNECTABLE};
    const struct blr_bluetooth_options plain = bluetooth_plain_options();

    assert_int_equal(blr_gap_advertise(room->phone.host, &params, ignore_done, NULL), 0);
    bluetooth_room_run(room, SIM_MS(100));
    assert_int_equal(blr_bluetooth_init(room->phone.bt, NULL), BLR_ERR_STATE);
    assert_int_equal(blr_bluetooth_init(room->phone.bt, &plain), 0);
    assert_true(blr_gap_advertising(room->phone.host));
}

/* --- deinit --- */

static void deinit_ends_everything(void **state)
{
    struct bluetooth_room *room = *state;
    struct blr_bluetooth *bt = room->sensor.bt;

    struct blr_gatts_characteristic *chr = bluetooth_sensor_serves(room, 0x180D, 0x2A37, 0);
    struct blr_gattc_connection *conn = bluetooth_room_connect(room);
    struct blr_gattc_characteristic *found = bluetooth_phone_finds(conn, 0x180D, 0x2A37);
    assert_int_equal(blr_bluetooth_start_scan(bt, -1), 0);
    bluetooth_room_run(room, SIM_MS(100));
    assert_int_equal(blr_bluetooth_deinit(bt), 0);
    assert_false(blr_gap_scanning(room->sensor.host));
    assert_false(blr_gap_advertising(room->sensor.host));
    assert_null(blr_conn_first(room->sensor.host));
    bluetooth_room_run(room, SIM_S(1));
    assert_false(blr_gattc_isconnected(conn));
    assert_int_equal(blr_gattc_read(found, NULL), BLR_ERR_NOT_CONNECTED);
    const struct blr_bluetooth_value one = blr_bluetooth_integer(1);
    assert_int_equal(blr_gatts_set_value(chr, &one), BLR_ERR_STATE);
    struct blr_gatts_service *service = blr_gatts_characteristic_service(chr);
    assert_int_equal(blr_gatts_service_start(service), BLR_ERR_STATE);
    assert_false(blr_gatts_service_started(service));
    /* What was of before stays so. */
    assert_int_equal(blr_bluetooth_init(bt, NULL), 0);
    assert_int_equal(blr_gatts_service_start(service), BLR_ERR_STATE);
    assert_int_equal(blr_gatts_service_stop(service), BLR_ERR_STATE);
    assert_int_equal(blr_gatts_callback(chr, 0, NULL, NULL), BLR_ERR_STATE);
    assert_int_equal(blr_gatts_set_value(chr, &one), BLR_ERR_STATE);
}

static void nobody(struct blr_bluetooth *bt, int error, struct blr_gattc_connection *conn,
                   void *user)
{
    (void)bt;
    (void)error;
    (void)conn;
    (void)user;
}

/* Each time one event later, until the client was there before. */
static void a_client_that_comes_during_deinit(void **state)
{
    const struct blr_bluetooth_options plain = bluetooth_plain_options();
    struct bluetooth_room *room = *state;
    bool came = false;

    for (unsigned steps = 0; !came; steps++) {
        if (!blr_bluetooth_initialised(room->sensor.bt))
            assert_int_equal(blr_bluetooth_init(room->sensor.bt, &plain), 0);
        bluetooth_sensor_advertises(room, NULL);
        assert_int_equal(blr_bluetooth_connect_async(room->phone.bt,
                                                     blr_host_address(room->sensor.host), 1000,
                                                     nobody, NULL),
                         0);
        for (unsigned i = 0; i < steps; i++)
            sim_world_step(room->world, SIM_NEVER);
        came = blr_bluetooth_client_connected(room->sensor.bt);
        assert_int_equal(blr_bluetooth_deinit(room->sensor.bt), 0);
        assert_null(blr_conn_first(room->sensor.host));
        bluetooth_room_run(room, SIM_S(3));
        assert_null(blr_conn_first(room->sensor.host));
    }
}

static void deinit_gives_back_what_it_found(void **state)
{
    struct bluetooth_room *room = *state;
    struct blr_security_config config = blr_security_config_default();
    struct blr_bluetooth_options options = blr_bluetooth_options_default();

    config.io_capability = SMP_IO_KEYBOARD_DISPLAY;
    assert_int_equal(blr_security_configure(room->phone.host, &config), 0);
    options.pin = "1";
    options.mtu = 50;
    assert_int_equal(blr_bluetooth_init(room->phone.bt, &options), 0);
    assert_true(blr_privacy_on(room->phone.host));
    assert_int_equal(blr_host_mtu(room->phone.host), 50);
    assert_int_equal(blr_security_config_of(room->phone.host)->io_capability,
                     SMP_IO_DISPLAY_ONLY);
    assert_int_equal(blr_bluetooth_deinit(room->phone.bt), 0);
    assert_false(blr_privacy_on(room->phone.host));
    assert_int_equal(blr_host_mtu(room->phone.host), 247);
    assert_int_equal(blr_security_config_of(room->phone.host)->io_capability,
                     SMP_IO_KEYBOARD_DISPLAY);
}

static void told(struct blr_bluetooth *bt, int error, void *user)
{
    struct bluetooth_room *room = user;

    room->calls++;
    room->error = error;
    room->object = bt;
}

static void told_connect(struct blr_bluetooth *bt, int error, struct blr_gattc_connection *conn,
                         void *user)
{
    assert_null(conn);
    told(bt, error, user);
}

static void deinit_cancels_a_connecting_attempt(void **state)
{
    struct bluetooth_room *room = *state;
    const struct bd_addr nobody = {.octet = {9, 9, 9}};

    assert_int_equal(
        blr_bluetooth_connect_async(room->phone.bt, &nobody, 0, told_connect, room), 0);
    bluetooth_room_run(room, SIM_MS(100));
    assert_int_equal(blr_bluetooth_deinit(room->phone.bt), 0);
    assert_int_equal(room->calls, 1);
    assert_int_equal(room->error, BLR_ERR_CANCELLED);
}

static void free_calls_back_what_is_pending(void **state)
{
    struct bluetooth_room *room = *state;
    const struct bd_addr nobody = {.octet = {9, 9, 9}};
    struct bluetooth_side third;

    bluetooth_side_open(room, &third, "third");
    assert_int_equal(blr_bluetooth_init_async(third.bt, NULL, told, room), 0);
    blr_bluetooth_free(third.bt);
    assert_int_equal(room->calls, 1);
    assert_int_equal(room->error, BLR_ERR_CANCELLED);
    bluetooth_room_run(room, SIM_S(1));
    const struct blr_bluetooth_config config = {.host = third.host};
    third.bt = blr_bluetooth_new(&config);
    assert_int_equal(blr_bluetooth_init_async(third.bt, NULL, NULL, NULL), 0);
    bluetooth_room_run(room, SIM_S(1));
    assert_int_equal(blr_bluetooth_start_scan(third.bt, -1), 0);
    assert_int_equal(blr_bluetooth_set_advertisement(third.bt, NULL), 0);
    assert_int_equal(blr_bluetooth_advertise(third.bt, true), 0);
    assert_int_equal(blr_bluetooth_connect_async(third.bt, &nobody, 0, told_connect, room), 0);
    blr_bluetooth_free(third.bt);
    third.bt = NULL;
    assert_int_equal(room->calls, 2);
    assert_int_equal(room->error, BLR_ERR_CANCELLED);
    bluetooth_room_run(room, SIM_S(1));
    assert_false(blr_gap_scanning(third.host));
    assert_false(blr_gap_advertising(third.host));
    bluetooth_side_close(&third);
}

static void a_controller_that_fails_ends_it(void **state)
{
    struct bluetooth_room *room = *state;

    struct blr_gattc_connection *conn = bluetooth_room_connect(room);
    assert_int_equal(blr_bluetooth_start_scan(room->phone.bt, -1), 0);
    bluetooth_room_run(room, SIM_MS(100));
    assert_int_equal(blr_host_controller_gone(room->phone.host), 0);
    bluetooth_room_run(room, SIM_MS(100));
    assert_false(blr_bluetooth_initialised(room->phone.bt));
    assert_int_equal(blr_bluetooth_error(room->phone.bt), BLR_ERR_IO);
    assert_int_equal(blr_bluetooth_error(room->phone.bt), 0);
    assert_false(blr_gattc_isconnected(conn));
    assert_int_equal(room_device_start(room->phone.device), 0);
    const struct blr_bluetooth_options plain = bluetooth_plain_options();
    assert_int_equal(blr_bluetooth_init(room->phone.bt, &plain), 0);
    assert_int_equal(blr_bluetooth_start_scan(room->phone.bt, -1), 0);
}

/* --- waiting --- */

static void without_wait_nothing_blocks(void **state)
{
    struct bluetooth_room *room = *state;
    const struct blr_bluetooth_config config = {.host = room->phone.host};

    blr_bluetooth_free(room->phone.bt);
    room->phone.bt = blr_bluetooth_new(&config);
    assert_int_equal(blr_bluetooth_init(room->phone.bt, NULL), BLR_ERR_UNSUPPORTED);
    assert_int_equal(blr_bluetooth_sleep(room->phone.bt, 1), BLR_ERR_UNSUPPORTED);
    assert_int_equal(blr_bluetooth_init_async(room->phone.bt, NULL, told, room), 0);
    assert_int_equal(room->calls, 0); /* never from within */
    bluetooth_room_run(room, SIM_S(1));
    assert_int_equal(room->calls, 1);
    assert_int_equal(room->error, 0);
}

static void heard(void *arg)
{
    struct bluetooth_room *room = arg;

    room->calls++;
    room->error = blr_bluetooth_sleep(room->phone.bt, SIM_MS(1));
    assert_int_equal(blr_bluetooth_connect(room->phone.bt, somebody, 1,
                                           (struct blr_gattc_connection **)&room->object),
                     BLR_ERR_STATE);
}

static void no_call_waits_inside_a_handler(void **state)
{
    struct bluetooth_room *room = *state;

    bluetooth_sensor_advertises(room, "x");
    assert_int_equal(
        blr_bluetooth_callback(room->phone.bt, BLR_BT_NEW_ADV_EVENT, heard, room), 0);
    assert_int_equal(blr_bluetooth_start_scan(room->phone.bt, 1), 0);
    bluetooth_room_run(room, SIM_S(1));
    assert_true(room->calls > 0);
    assert_int_equal(room->error, BLR_ERR_STATE);
}

static bool stands_still(void *user)
{
    (void)user;
    return false;
}

/* And whoever gave up waiting is not called any more. */
static void a_world_that_stands_still(void **state)
{
    struct bluetooth_room *room = *state;
    const struct blr_bluetooth_config config = {.host = room->phone.host, .wait = stands_still};

    blr_bluetooth_free(room->phone.bt);
    bluetooth_room_run(room, SIM_S(1));
    room->phone.bt = blr_bluetooth_new(&config);
    assert_int_equal(blr_bluetooth_init(room->phone.bt, NULL), BLR_ERR_TIMEOUT);
    assert_int_equal(blr_bluetooth_sleep(room->phone.bt, SIM_S(1)), BLR_ERR_TIMEOUT);
    bluetooth_room_run(room, SIM_S(2));
    assert_true(blr_bluetooth_initialised(room->phone.bt));
}

static void sleep_takes_its_time(void **state)
{
    struct bluetooth_room *room = *state;
    const sim_ns before = sim_world_now(room->world);

    assert_int_equal(blr_bluetooth_sleep(room->phone.bt, SIM_MS(50)), 0);
    assert_true(sim_world_now(room->world) == before + SIM_MS(50));
}

static void sleep_has_no_end(void **state)
{
    struct bluetooth_room *room = *state;

    assert_int_equal(blr_bluetooth_sleep(room->phone.bt, SIM_NEVER), BLR_ERR_TIMEOUT);
    assert_int_equal(blr_bluetooth_sleep(room->phone.bt, SIM_NEVER - 1), BLR_ERR_TIMEOUT);
    assert_true(sim_world_now(room->world) < SIM_S(1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_the_documents),
        cmocka_unit_test(no_object_without_a_host),
        BLUETOOTH_OFF(a_short_pin_has_zeros_in_front),
        BLUETOOTH_OFF(privacy_hides_the_address),
        BLUETOOTH_OFF(the_mtu_is_what_both_offer),
        BLUETOOTH_OFF(without_secure_connections_pairing_is_legacy),
        BLUETOOTH_OFF(before_init_everything_is_refused),
        BLUETOOTH(after_deinit_everything_is_refused),
        BLUETOOTH(init_twice_is_refused),
        BLUETOOTH_OFF(a_host_that_is_not_started),
        BLUETOOTH_OFF(a_host_that_somebody_else_uses),
        BLUETOOTH(deinit_ends_everything),
        BLUETOOTH(a_client_that_comes_during_deinit),
        BLUETOOTH_OFF(deinit_gives_back_what_it_found),
        BLUETOOTH(deinit_cancels_a_connecting_attempt),
        BLUETOOTH(free_calls_back_what_is_pending),
        BLUETOOTH(a_controller_that_fails_ends_it),
        BLUETOOTH_OFF(without_wait_nothing_blocks),
        BLUETOOTH(no_call_waits_inside_a_handler),
        BLUETOOTH_OFF(a_world_that_stands_still),
        BLUETOOTH(sleep_takes_its_time),
        BLUETOOTH(sleep_has_no_end),
    };
    const int failed = RUN_ROWS(option_rows, an_option);

    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
