/* SPDX-License-Identifier: MIT */
/*
 * The client of the `Bluetooth` interface's server: who comes and goes, one at a time, advertising
 * meanwhile; the PIN and what a secure server asks for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "blueroom/bond.h"
#include "blueroom/security.h"
#include "bluetooth_room.h"
#include "rows.h"
#include "wire/hci.h"

/* --- who comes and goes --- */

static void came_or_went(void *arg)
{
    struct bluetooth_room *room = arg;
    const unsigned events = blr_bluetooth_events(room->sensor.bt);

    strcat(room->log, events & BLR_BT_CLIENT_CONNECTED ? "connected " : "");
    strcat(room->log, events & BLR_BT_CLIENT_DISCONNECTED ? "disconnected " : "");
}

static void watch(struct bluetooth_room *room)
{
    assert_int_equal(blr_bluetooth_callback(room->sensor.bt,
                                            BLR_BT_CLIENT_CONNECTED | BLR_BT_CLIENT_DISCONNECTED,
                                            came_or_went, room),
                     0);
}

static void a_client_is_told_of(void **state)
{
    struct bluetooth_room *room = *state;

    watch(room);
    assert_false(blr_bluetooth_client_connected(room->sensor.bt));
    struct blr_gattc_connection *conn = bluetooth_room_connect(room);
    assert_string_equal(room->log, "connected ");
    assert_int_equal(blr_gattc_disconnect(conn), 0);
    bluetooth_room_run(room, SIM_S(1));
    assert_string_equal(room->log, "connected disconnected ");
    assert_false(blr_bluetooth_client_connected(room->sensor.bt));
}

/* This device's own connections to others are no clients. */
static void a_server_is_no_client(void **state)
{
    struct bluetooth_room *room = *state;

    (void)bluetooth_room_connect(room);
    assert_false(blr_bluetooth_client_connected(room->phone.bt));
    assert_int_equal(blr_bluetooth_events(room->phone.bt), 0);
    assert_int_equal(blr_bluetooth_disconnect_client(room->phone.bt), BLR_ERR_NOT_CONNECTED);
}

static void advertising_pauses_for_a_client(void **state)
{
    struct bluetooth_room *room = *state;

    struct blr_gattc_connection *conn = bluetooth_room_connect(room);
    assert_false(blr_gap_advertising(room->sensor.host));
    assert_true(blr_bluetooth_isadvertising(room->sensor.bt));
    assert_int_equal(blr_gattc_disconnect(conn), 0);
    bluetooth_room_run(room, SIM_S(1));
    assert_true(blr_gap_advertising(room->sensor.host));
    (void)bluetooth_room_connect(room);
}

static void only_if_it_was_on(void **state)
{
    struct bluetooth_room *room = *state;

    struct blr_gattc_connection *conn = bluetooth_room_connect(room);
    assert_int_equal(blr_bluetooth_advertise(room->sensor.bt, false), 0);
    assert_int_equal(blr_gattc_disconnect(conn), 0);
    bluetooth_room_run(room, SIM_S(1));
    assert_false(blr_gap_advertising(room->sensor.host));
}

static void asked_for_meanwhile_it_waits(void **state)
{
    struct bluetooth_room *room = *state;

    struct blr_gattc_connection *conn = bluetooth_room_connect(room);
    assert_int_equal(blr_bluetooth_advertise(room->sensor.bt, false), 0);
    assert_int_equal(blr_bluetooth_advertise(room->sensor.bt, true), 0);
    bluetooth_room_run(room, SIM_S(1));
    assert_false(blr_gap_advertising(room->sensor.host));
    assert_int_equal(blr_gattc_disconnect(conn), 0);
    bluetooth_room_run(room, SIM_S(1));
    assert_true(blr_gap_advertising(room->sensor.host));
}

static void disconnect_client_closes(void **state)
{
    struct bluetooth_room *room = *state;

    struct blr_gattc_connection *conn = bluetooth_room_connect(room);
    assert_int_equal(blr_bluetooth_disconnect_client(room->sensor.bt), 0);
    assert_int_equal(blr_bluetooth_disconnect_client(room->sensor.bt), 0); /* on its way */
    bluetooth_room_run(room, SIM_S(1));
    assert_false(blr_gattc_isconnected(conn));
    assert_int_equal(blr_bluetooth_disconnect_client(room->sensor.bt), BLR_ERR_NOT_CONNECTED);
}

static void done(struct blr_host *host, int error, void *user)
{
    (void)host;
    *(int *)user = error;
}

/* It comes in through advertising that is not this object's. */
static void a_second_client_is_closed(void **state)
{
    struct bluetooth_room *room = *state;
    const struct blr_adv_params params = {.kind = BLR_ADV_CONNECTABLE};
    struct bluetooth_side third;
    struct blr_gattc_connection *conn, *second;
    int error = -1;

    watch(room);
    bluetooth_side_open(room, &third, "third");
    assert_int_equal(blr_bluetooth_init(third.bt, NULL), 0);
    conn = bluetooth_room_connect(room);
    assert_int_equal(blr_gap_advertise(room->sensor.host, &params, done, &error), 0);
    bluetooth_room_run(room, SIM_MS(50));
    assert_int_equal(error, 0);
    (void)!blr_bluetooth_connect_peer(third.bt, blr_host_address(room->sensor.host), 5000, &second);
    bluetooth_room_run(room, SIM_S(1));
    assert_null(blr_conn_first(third.host));
    assert_true(blr_gattc_isconnected(conn));
    assert_true(blr_bluetooth_client_connected(room->sensor.bt));
    assert_string_equal(room->log, "connected ");
    bluetooth_side_close(&third);
}

/* Whoever was connected before this object began is its client. */
static void a_client_of_before_init(void **state)
{
    struct bluetooth_room *room = *state;
    const struct blr_adv_params params = {.kind = BLR_ADV_CONNECTABLE};
    const struct blr_bluetooth_options plain = bluetooth_plain_options();
    struct blr_gattc_connection *conn;
    int error = -1;

    assert_int_equal(blr_bluetooth_init(room->phone.bt, &plain), 0);
    assert_int_equal(blr_gap_advertise(room->sensor.host, &params, done, &error), 0);
    assert_int_equal(blr_bluetooth_connect_peer(room->phone.bt,
                                                blr_host_address(room->sensor.host), 5000, &conn),
                     0);
    assert_int_equal(blr_bluetooth_init(room->sensor.bt, &plain), 0);
    assert_true(blr_bluetooth_client_connected(room->sensor.bt));
    assert_int_equal(blr_bluetooth_events(room->sensor.bt), BLR_BT_CLIENT_CONNECTED);
    assert_int_equal(blr_bluetooth_disconnect_client(room->sensor.bt), 0);
    bluetooth_room_run(room, SIM_S(1));
    assert_false(blr_gattc_isconnected(conn));
}

/* --- a secure server --- */

static void enter(struct blr_conn *conn, void *user)
{
    assert_int_equal(blr_security_enter_passkey(conn, *(const uint32_t *)user), 0);
}

static void init_both(struct bluetooth_room *room, const struct blr_bluetooth_options *options)
{
    const struct blr_bluetooth_options plain = bluetooth_plain_options();

    assert_int_equal(blr_bluetooth_init(room->phone.bt, &plain), 0);
    assert_int_equal(blr_bluetooth_init(room->sensor.bt, options), 0);
}

/* The phone's user has a keyboard, and types what the sticker says. */
static void give_a_keyboard(struct bluetooth_room *room, const uint32_t *passkey)
{
    static const struct blr_security_listener listener = {.enter_passkey = enter};
    struct blr_security_config config = *blr_security_config_of(room->phone.host);

    config.io_capability = SMP_IO_KEYBOARD_ONLY;
    config.mitm = true;
    assert_int_equal(blr_security_configure(room->phone.host, &config), 0);
    blr_security_listen(room->phone.host, &listener, (void *)(uintptr_t)passkey);
}

static void secure_encrypts(void **state)
{
    struct bluetooth_room *room = *state;
    struct blr_bluetooth_options options = bluetooth_plain_options();

    options.secure = true;
    init_both(room, &options);
    (void)bluetooth_sensor_serves(room, 0x180F, 0x2A19, 0);
    struct blr_gattc_connection *conn = bluetooth_room_connect(room);
    bluetooth_room_run(room, SIM_S(2)); /* the server has asked, and the client's host paired */
    assert_int_equal(blr_conn_security(blr_gattc_conn(conn)), BLR_SECURITY_ENCRYPTED);
    struct blr_gattc_characteristic *chr = bluetooth_phone_finds(conn, 0x180F, 0x2A19);
    assert_int_equal(blr_gattc_read(chr, NULL), 0);
}

static void insecure_does_not(void **state)
{
    struct bluetooth_room *room = *state;

    (void)bluetooth_sensor_serves(room, 0x180F, 0x2A19, 0);
    struct blr_gattc_connection *conn = bluetooth_room_connect(room);
    bluetooth_room_run(room, SIM_S(2));
    assert_int_equal(blr_conn_security(blr_gattc_conn(conn)), BLR_SECURITY_NONE);
    assert_int_equal(blr_gattc_read(bluetooth_phone_finds(conn, 0x180F, 0x2A19), NULL), 0);
}

static const struct pin_row {
    const char *name, *pin;
    uint32_t typed;
    bool secure_connections;
    int error;
} pins[] = {
    {"the right PIN", "1234", 1234, true, 0},
    {"the right PIN, legacy pairing", "987654", 987654, false, 0},
    {"the wrong PIN", "1234", 4321, true, BLR_ERR_ATT(0x05)},
};

static void a_pin(void **state)
{
    const struct pin_row *row = *state;
    struct blr_bluetooth_options options = bluetooth_plain_options();
    struct blr_bluetooth_value value;
    void *made;

    bluetooth_room_setup_off(&made);
    struct bluetooth_room *room = made;
    options.pin = row->pin;
    options.secure_connections = row->secure_connections;
    init_both(room, &options);
    give_a_keyboard(room, &row->typed);
    (void)bluetooth_sensor_serves(room, 0x180F, 0x2A19, 0);
    struct blr_gattc_connection *conn = bluetooth_room_connect(room);
    struct blr_gattc_characteristic *chr = bluetooth_phone_finds(conn, 0x180F, 0x2A19);
    assert_int_equal(blr_gattc_read(chr, &value), row->error);
    const struct blr_bluetooth_value one = blr_bluetooth_integer(1);
    if (!row->error) {
        assert_int_equal(blr_conn_security(blr_gattc_conn(conn)),
                         row->secure_connections ? BLR_SECURITY_AUTHENTICATED_SC
                                                 : BLR_SECURITY_AUTHENTICATED);
        assert_int_equal(blr_gattc_write(chr, &one), 0);
    }
    bluetooth_room_teardown(&made);
}

static void a_client_that_cannot_type_gets_nothing(void **state)
{
    struct bluetooth_room *room = *state;
    struct blr_bluetooth_options options = bluetooth_plain_options();

    options.pin = "1234";
    init_both(room, &options);
    (void)bluetooth_sensor_serves(room, 0x180F, 0x2A19, 0);
    struct blr_gattc_connection *conn = bluetooth_room_connect(room);
    struct blr_gattc_characteristic *chr = bluetooth_phone_finds(conn, 0x180F, 0x2A19);
    const struct blr_bluetooth_value one = blr_bluetooth_integer(1);
    assert_int_equal(blr_gattc_read(chr, NULL), BLR_ERR_ATT(0x05));
    assert_int_equal(blr_gattc_write(chr, &one), BLR_ERR_ATT(0x05));
}

static void set_pin_forgets_ends_and_stops(void **state)
{
    struct bluetooth_room *room = *state;
    struct blr_bluetooth_options options = bluetooth_plain_options();
    const uint32_t old = 1234, now = 5;

    options.pin = "1234";
    init_both(room, &options);
    give_a_keyboard(room, &old);
    struct blr_gatts_characteristic *served = bluetooth_sensor_serves(room, 0x180F, 0x2A19, 0);
    const struct blr_bluetooth_value seven = blr_bluetooth_integer(7);
    assert_int_equal(blr_gatts_set_value(served, &seven), 0);
    struct blr_gattc_connection *conn = bluetooth_room_connect(room);
    assert_int_equal(blr_gattc_read(bluetooth_phone_finds(conn, 0x180F, 0x2A19), NULL), 0);
    assert_non_null(blr_bond_next(room->sensor.host, NULL));

    assert_int_equal(blr_bluetooth_set_pin(room->sensor.bt, "x"), BLR_ERR_INVALID);
    assert_int_equal(blr_bluetooth_set_pin(room->sensor.bt, NULL), BLR_ERR_INVALID);
    assert_non_null(blr_bond_next(room->sensor.host, NULL));
    assert_int_equal(blr_bluetooth_set_pin(room->sensor.bt, "5"), 0);
    assert_string_equal(blr_bluetooth_options(room->sensor.bt)->pin, "000005");
    assert_null(blr_bond_next(room->sensor.host, NULL));
    bluetooth_room_run(room, SIM_S(2));
    assert_false(blr_gattc_isconnected(conn));
    assert_false(blr_gap_advertising(room->sensor.host));
    assert_false(blr_bluetooth_isadvertising(room->sensor.bt));

    /* The phone has to forget as well, and to be told the new one. */
    blr_bond_delete_all(room->phone.host);
    give_a_keyboard(room, &now);
    struct blr_bluetooth_value value;
    conn = bluetooth_room_connect(room);
    struct blr_gattc_characteristic *chr = bluetooth_phone_finds(conn, 0x180F, 0x2A19);
    assert_int_equal(blr_gattc_read(chr, &value), 0);
    expect_octets(value, "\x07", 1);
}

static void set_pin_makes_a_server_secure(void **state)
{
    struct bluetooth_room *room = *state;

    (void)bluetooth_sensor_serves(room, 0x180F, 0x2A19, 0);
    assert_int_equal(blr_bluetooth_set_pin(room->sensor.bt, "123456"), 0);
    struct blr_gattc_connection *conn = bluetooth_room_connect(room);
    struct blr_gattc_characteristic *chr = bluetooth_phone_finds(conn, 0x180F, 0x2A19);
    assert_int_equal(blr_gattc_read(chr, NULL), BLR_ERR_ATT(0x05));
}

static void init_with_a_pin_keeps_bonds(void **state)
{
    struct bluetooth_room *room = *state;
    struct blr_bluetooth_options options = bluetooth_plain_options();
    const uint32_t pin = 1234;

    options.pin = "1234";
    init_both(room, &options);
    give_a_keyboard(room, &pin);
    (void)bluetooth_sensor_serves(room, 0x180F, 0x2A19, 0);
    struct blr_gattc_connection *conn = bluetooth_room_connect(room);
    assert_int_equal(blr_gattc_read(bluetooth_phone_finds(conn, 0x180F, 0x2A19), NULL), 0);
    assert_int_equal(blr_bluetooth_deinit(room->sensor.bt), 0);
    assert_int_equal(blr_bluetooth_init(room->sensor.bt, &options), 0);
    assert_non_null(blr_bond_next(room->sensor.host, NULL));
}

/* --- permissions of a characteristic, on a server that is not secure as a whole --- */

static const struct permission_row {
    const char *name;
    unsigned permissions;
    int read, written; /* what comes of it for a client that pairs as it can, without a PIN */
    enum blr_security_level level; /* of the link behind that */
} permission_rows[] = {
    {"read", BLR_BT_PERM_READ, 0, BLR_ERR_ATT(0x03), BLR_SECURITY_NONE},
    {"write", BLR_BT_PERM_WRITE, BLR_ERR_ATT(0x02), 0, BLR_SECURITY_NONE},
    {"read encrypted", BLR_BT_PERM_READ_ENCRYPTED | BLR_BT_PERM_WRITE, 0, 0,
     BLR_SECURITY_ENCRYPTED},
    {"write encrypted", BLR_BT_PERM_READ | BLR_BT_PERM_WRITE_ENCRYPTED, 0, 0,
     BLR_SECURITY_ENCRYPTED},
    {"read authenticated", BLR_BT_PERM_READ_ENC_MITM | BLR_BT_PERM_WRITE, BLR_ERR_ATT(0x05), 0,
     BLR_SECURITY_ENCRYPTED},
    {"write authenticated", BLR_BT_PERM_READ | BLR_BT_PERM_WRITE_ENC_MITM, 0, BLR_ERR_ATT(0x05),
     BLR_SECURITY_ENCRYPTED},
};

static void a_permission(void **state)
{
    const struct permission_row *row = *state;
    const struct blr_uuid uuid = blr_uuid16(0x1234);
    const struct blr_bluetooth_service_def def = blr_bluetooth_service_default(&uuid);
    struct blr_gatts_characteristic_def what = blr_gatts_characteristic_default(&uuid);
    const struct blr_bluetooth_value one = blr_bluetooth_integer(1);
    struct blr_gatts_service *service;
    void *made;

    bluetooth_room_setup(&made);
    struct bluetooth_room *room = made;
    what.permissions = row->permissions;
    assert_int_equal(blr_bluetooth_service(room->sensor.bt, &def, &service), 0);
    assert_int_equal(blr_gatts_characteristic(service, &what, NULL), 0);
    struct blr_gattc_connection *conn = bluetooth_room_connect(room);
    struct blr_gattc_characteristic *chr = bluetooth_phone_finds(conn, 0x1234, 0x1234);
    assert_int_equal(blr_gattc_read(chr, NULL), row->read);
    assert_int_equal(blr_gattc_write(chr, &one), row->written);
    assert_int_equal(blr_conn_security(blr_gattc_conn(conn)), row->level);
    bluetooth_room_teardown(&made);
}

/*
 * Whom a bond knows is heard by its identity, and found by it: private as both are, the address of
 * the air changes each time.
 */
static void a_bonded_peer_is_heard_by_its_identity(void **state)
{
    struct bluetooth_room *room = *state;
    struct blr_bluetooth_options options = blr_bluetooth_options_default();
    struct blr_gattc_connection *conn;
    struct blr_bluetooth_adv adv;

    options.secure = true;
    assert_int_equal(blr_bluetooth_init(room->phone.bt, NULL), 0);
    assert_int_equal(blr_bluetooth_init(room->sensor.bt, &options), 0);
    bluetooth_sensor_advertises(room, "x");
    assert_int_equal(blr_bluetooth_start_scan(room->phone.bt, -1), 0);
    bluetooth_room_run(room, SIM_S(1));
    assert_true(blr_bluetooth_get_adv(room->phone.bt, &adv));
    assert_int_equal(adv.addr_type, BLR_BT_RANDOM_ADDR);
    assert_int_equal(blr_bluetooth_connect(room->phone.bt, adv.mac, 5000, &conn), 0);
    bluetooth_room_run(room, SIM_S(3));
    assert_true(blr_conn_bonded(blr_gattc_conn(conn)));
    assert_int_equal(blr_gattc_disconnect(conn), 0);
    while (blr_bluetooth_get_adv(room->phone.bt, &adv))
        continue;
    bluetooth_room_run(room, SIM_S(2));
    assert_true(blr_bluetooth_get_adv(room->phone.bt, &adv));
    assert_int_equal(adv.addr_type, BLR_BT_PUBLIC_RPA_ADDR);
    const struct bd_addr peer = blr_bluetooth_peer(room->phone.bt, adv.mac);
    assert_true(bd_addr_equal(&peer, blr_host_address(room->sensor.host)));
    assert_int_equal(blr_bluetooth_connect(room->phone.bt, adv.mac, 5000, &conn), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BLUETOOTH(a_client_is_told_of),
        BLUETOOTH(a_server_is_no_client),
        BLUETOOTH(advertising_pauses_for_a_client),
        BLUETOOTH(only_if_it_was_on),
        BLUETOOTH(asked_for_meanwhile_it_waits),
        BLUETOOTH(disconnect_client_closes),
        BLUETOOTH(a_second_client_is_closed),
        BLUETOOTH_OFF(a_client_of_before_init),
        BLUETOOTH_OFF(secure_encrypts),
        BLUETOOTH(insecure_does_not),
        BLUETOOTH_OFF(a_client_that_cannot_type_gets_nothing),
        BLUETOOTH_OFF(set_pin_forgets_ends_and_stops),
        BLUETOOTH(set_pin_makes_a_server_secure),
        BLUETOOTH_OFF(init_with_a_pin_keeps_bonds),
        BLUETOOTH_OFF(a_bonded_peer_is_heard_by_its_identity),
    };
    int failed = RUN_ROWS(pins, a_pin);

    failed += RUN_ROWS(permission_rows, a_permission);
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
