/* SPDX-License-Identifier: MIT */
/* Connecting by the `Bluetooth` interface: addresses, timeouts, what fails, how it ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "blueroom/gatt_client.h"
#include "bluetooth_room.h"
#include "wire/hci.h"

static void mac_of(const struct blr_host *host, uint8_t mac[static 6])
{
    struct wr w = wr_init(mac, 6);

    wr_reversed(&w, blr_host_address(host)->octet, 6);
}

/* --- whom --- */

static void by_octets_and_by_text(void **state)
{
    struct bluetooth_room *room = *state;
    struct blr_gattc_connection *conn;
    char text[BD_ADDR_TEXT_SIZE];
    uint8_t mac[6];

    bluetooth_sensor_advertises(room, "x");
    mac_of(room->sensor.host, mac);
    assert_int_equal(blr_bluetooth_connect(room->phone.bt, mac, 5000, &conn), 0);
    assert_true(blr_gattc_isconnected(conn));
    assert_true(bd_addr_equal(blr_gattc_peer(conn), blr_host_address(room->sensor.host)));
    assert_non_null(blr_gattc_conn(conn));
    assert_int_equal(blr_gattc_disconnect(conn), 0);
    assert_false(blr_gattc_isconnected(conn));
    assert_null(blr_gattc_conn(conn));
    bluetooth_room_run(room, SIM_MS(100));
    bd_addr_format(blr_host_address(room->sensor.host), text);
    assert_int_equal(blr_bluetooth_connect_string(room->phone.bt, text, 5000, &conn), 0);
    assert_int_equal(blr_bluetooth_connect_string(room->phone.bt, "11:22", 5000, &conn),
                     BLR_ERR_INVALID);
    assert_null(conn);
}

/* A private address is no public one: it takes a scan to know. */
static void of_the_type_that_was_heard(void **state)
{
    struct bluetooth_room *room = *state;
    struct blr_gattc_connection *conn;
    struct blr_bluetooth_adv adv;
    uint8_t mac[6];

    assert_int_equal(blr_bluetooth_init(room->phone.bt, NULL), 0);
    assert_int_equal(blr_bluetooth_init(room->sensor.bt, NULL), 0);
    bluetooth_sensor_advertises(room, "x");
    mac_of(room->sensor.host, mac);
    assert_int_equal(blr_bluetooth_connect(room->phone.bt, mac, 1000, &conn), BLR_ERR_TIMEOUT);
    assert_int_equal(blr_bluetooth_start_scan(room->phone.bt, -1), 0);
    bluetooth_room_run(room, SIM_S(1));
    assert_true(blr_bluetooth_get_adv(room->phone.bt, &adv));
    assert_int_equal(blr_bluetooth_connect(room->phone.bt, adv.mac, 5000, &conn), 0);
    assert_int_equal(blr_gattc_peer(conn)->type, BD_ADDR_RANDOM);
    /* A scan goes on beside it. */
    assert_true(blr_bluetooth_isscanning(room->phone.bt));
}

/* --- time --- */

static const uint8_t nobody[6] = {0x11, 0x22, 0x33, 0xEE, 0xDD, 0xFF};

static void a_timeout_is_its_own_error(void **state)
{
    struct bluetooth_room *room = *state;
    struct blr_gattc_connection *conn;
    const sim_ns before = sim_world_now(room->world);

    assert_int_equal(blr_bluetooth_connect(room->phone.bt, nobody, 1500, &conn), BLR_ERR_TIMEOUT);
    assert_null(conn);
    assert_in_range(sim_world_now(room->world) - before, SIM_MS(1500), SIM_MS(1510));
    /* And another may be tried at once. */
    bluetooth_sensor_advertises(room, "x");
    assert_int_equal(blr_bluetooth_connect_peer(room->phone.bt,
                                                blr_host_address(room->sensor.host), 1500, &conn),
                     0);
}

struct attempt {
    unsigned calls;
    int error;
    struct blr_gattc_connection *conn;
    struct bluetooth_room *room;
    bool again; /* tries again from within */
};

static void ended(struct blr_bluetooth *bt, int error, struct blr_gattc_connection *conn,
                  void *user)
{
    struct attempt *attempt = user;

    attempt->calls++;
    attempt->error = error;
    attempt->conn = conn;
    if (!attempt->again)
        return;
    attempt->again = false;
    assert_int_equal(blr_bluetooth_connect_async(
                         bt, blr_host_address(attempt->room->sensor.host), 5000, ended, attempt),
                     0);
}

static void without_a_timeout_it_waits(void **state)
{
    struct bluetooth_room *room = *state;
    const struct bd_addr peer = *blr_host_address(room->sensor.host);
    struct attempt attempt = {0};

    assert_int_equal(blr_bluetooth_connect_async(room->phone.bt, &peer, 0, ended, &attempt), 0);
    assert_int_equal(blr_bluetooth_connect_async(room->phone.bt, &peer, 0, ended, &attempt),
                     BLR_ERR_BUSY);
    bluetooth_room_run(room, SIM_S(600));
    assert_int_equal(attempt.calls, 0);
    bluetooth_sensor_advertises(room, "x");
    bluetooth_room_run(room, SIM_S(1));
    assert_int_equal(attempt.calls, 1);
    assert_int_equal(attempt.error, 0);
    assert_true(blr_gattc_isconnected(attempt.conn));
}

static void cancelled(void **state)
{
    struct bluetooth_room *room = *state;
    const struct bd_addr peer = *blr_host_address(room->sensor.host);
    struct attempt attempt = {.room = room, .again = true};

    assert_int_equal(blr_bluetooth_connect_cancel(room->phone.bt), BLR_ERR_STATE);
    assert_int_equal(blr_bluetooth_connect_async(room->phone.bt, &peer, 0, ended, &attempt), 0);
    bluetooth_room_run(room, SIM_MS(10));
    assert_int_equal(blr_bluetooth_connect_cancel(room->phone.bt), 0);
    assert_int_equal(blr_bluetooth_connect_cancel(room->phone.bt), BLR_ERR_STATE);
    assert_int_equal(attempt.calls, 0);
    bluetooth_room_run(room, SIM_MS(10));
    assert_int_equal(attempt.calls, 1);
    assert_int_equal(attempt.error, BLR_ERR_CANCELLED);
    /* The callback has begun another. */
    bluetooth_sensor_advertises(room, "x");
    bluetooth_room_run(room, SIM_S(1));
    assert_int_equal(attempt.calls, 2);
    assert_true(blr_gattc_isconnected(attempt.conn));
}

/*
 * A peer whose host says nothing to the exchange of the MTU: the timeout is for both. The link is
 * ended then.
 */
static void the_timeout_covers_the_exchange(void **state)
{
    struct bluetooth_room *room = *state;
    struct sim_actor *peer = sim_controller_actor(room_device_controller(room->sensor.device));
    struct attempt attempt = {0};

    bluetooth_sensor_advertises(room, "x");
    bluetooth_room_run(room, SIM_MS(50));
    const sim_ns before = sim_world_now(room->world);
    assert_int_equal(blr_bluetooth_connect_async(room->phone.bt,
                                                 blr_host_address(room->sensor.host), 2000, ended,
                                                 &attempt),
                     0);
    sim_actor_hold(peer, 1U << SIM_PHASE_HOST | 1U << SIM_PHASE_HCI);
    while (!blr_conn_first(room->phone.host))
        assert_true(sim_world_step(room->world, SIM_NEVER));
    assert_true(sim_world_now(room->world) - before < SIM_MS(1000));
    while (attempt.calls == 0)
        assert_true(sim_world_step(room->world, SIM_NEVER));
    assert_int_equal(attempt.error, BLR_ERR_TIMEOUT);
    assert_true(sim_world_now(room->world) == before + SIM_MS(2000));
    assert_null(attempt.conn);
    bluetooth_room_run(room, SIM_S(10));
    assert_null(blr_conn_first(room->phone.host));
    sim_actor_release(peer);
    bluetooth_room_run(room, SIM_S(1));
    assert_int_equal(attempt.calls, 1);
}

/* And a link that breaks meanwhile says why. */
static void a_link_that_does_not_last(void **state)
{
    struct bluetooth_room *room = *state;
    struct attempt attempt = {0};

    bluetooth_sensor_advertises(room, "x");
    bluetooth_room_run(room, SIM_MS(50));
    assert_int_equal(blr_bluetooth_connect_async(room->phone.bt,
                                                 blr_host_address(room->sensor.host), 0, ended,
                                                 &attempt),
                     0);
    while (!blr_conn_first(room->phone.host))
        assert_true(sim_world_step(room->world, SIM_NEVER));
    sim_controller_power(room_device_controller(room->sensor.device), false);
    bluetooth_room_run(room, SIM_S(10));
    assert_int_equal(attempt.calls, 1);
    assert_int_equal(attempt.error, BLR_ERR_HCI(HCI_ERR_CONNECTION_FAILED_TO_BE_ESTABLISHED));
}

/* --- the end --- */

static void gone(struct blr_gattc_connection *conn, uint8_t reason, void *user)
{
    struct bluetooth_room *room = user;

    assert_false(blr_gattc_isconnected(conn));
    room->calls++;
    room->error = reason;
}

static void the_peer_may_end_it(void **state)
{
    struct bluetooth_room *room = *state;

    struct blr_gattc_connection *conn = bluetooth_room_connect(room);
    blr_gattc_on_gone(conn, gone, room);
    assert_int_equal(blr_bluetooth_disconnect_client(room->sensor.bt), 0);
    bluetooth_room_run(room, SIM_S(1));
    assert_int_equal(room->calls, 1);
    assert_int_equal(room->error, HCI_ERR_REMOTE_USER_TERMINATED_CONNECTION);
    assert_int_equal(blr_gattc_disconnect(conn), BLR_ERR_NOT_CONNECTED);
    assert_int_equal(blr_gattc_services(conn), BLR_ERR_NOT_CONNECTED);
}

static void done(struct blr_gattc_connection *conn, int error, void *user)
{
    struct bluetooth_room *room = user;

    (void)conn;
    room->calls++;
    room->error = error;
}

static void disconnecting_twice(void **state)
{
    struct bluetooth_room *room = *state;

    struct blr_gattc_connection *conn = bluetooth_room_connect(room);
    assert_int_equal(blr_gattc_disconnect_async(conn, done, room), 0);
    assert_int_equal(blr_gattc_disconnect_async(conn, done, room), BLR_ERR_BUSY);
    assert_int_equal(room->calls, 0);
    bluetooth_room_run(room, SIM_S(1));
    assert_int_equal(room->calls, 1);
    assert_int_equal(room->error, 0);
}

static void free_ends_the_link(void **state)
{
    struct bluetooth_room *room = *state;

    struct blr_gattc_connection *conn = bluetooth_room_connect(room);
    assert_int_equal(blr_gattc_services_async(conn, done, room), 0);
    blr_gattc_connection_free(conn);
    assert_int_equal(room->calls, 1);
    assert_int_equal(room->error, BLR_ERR_CANCELLED);
    bluetooth_room_run(room, SIM_S(1));
    assert_int_equal(room->calls, 1);
    assert_false(blr_bluetooth_client_connected(room->sensor.bt));
    conn = bluetooth_room_connect(room);
    assert_int_equal(blr_gattc_disconnect_async(conn, done, room), 0);
    blr_gattc_connection_free(conn);
    assert_int_equal(room->calls, 2);
    assert_int_equal(room->error, BLR_ERR_CANCELLED);
    blr_gattc_connection_free(NULL);
}

static void asks_again(struct blr_gattc_connection *conn, int error, void *user)
{
    struct bluetooth_room *room = user;

    assert_int_equal(error, BLR_ERR_CANCELLED);
    room->calls++;
    room->error = blr_gattc_services_async(conn, asks_again, room);
    assert_int_equal(blr_gattc_disconnect_async(conn, asks_again, room), BLR_ERR_NOT_CONNECTED);
}

static void freeing_takes_no_more_calls(void **state)
{
    struct bluetooth_room *room = *state;

    struct blr_gattc_connection *conn = bluetooth_room_connect(room);
    assert_int_equal(blr_gattc_services_async(conn, asks_again, room), 0);
    blr_gattc_connection_free(conn);
    assert_int_equal(room->calls, 1);
    assert_int_equal(room->error, BLR_ERR_NOT_CONNECTED);
}

static void several_servers_at_once(void **state)
{
    struct bluetooth_room *room = *state;
    struct bluetooth_side third;
    struct blr_gattc_connection *one, *two;
    const struct blr_bluetooth_options plain = bluetooth_plain_options();

    bluetooth_side_open(room, &third, "third");
    assert_int_equal(blr_bluetooth_init(third.bt, &plain), 0);
    assert_int_equal(blr_bluetooth_set_advertisement(third.bt, NULL), 0);
    assert_int_equal(blr_bluetooth_advertise(third.bt, true), 0);
    one = bluetooth_room_connect(room);
    assert_int_equal(
        blr_bluetooth_connect_peer(room->phone.bt, blr_host_address(third.host), 5000, &two), 0);
    assert_true(blr_gattc_isconnected(one) && blr_gattc_isconnected(two));
    assert_int_equal(blr_gattc_services(one), 0);
    assert_int_equal(blr_gattc_services(two), 0);
    assert_int_equal(blr_gattc_disconnect(one), 0);
    assert_true(blr_gattc_isconnected(two));
    bluetooth_side_close(&third);
}

static void whom_one_is_connected_to_already(void **state)
{
    struct bluetooth_room *room = *state;
    struct blr_gattc_connection *conn;

    (void)bluetooth_room_connect(room);
    assert_int_equal(blr_bluetooth_connect_peer(room->phone.bt,
                                                blr_host_address(room->sensor.host), 1000, &conn),
                     BLR_ERR_HCI(HCI_ERR_CONNECTION_ALREADY_EXISTS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BLUETOOTH(by_octets_and_by_text),
        BLUETOOTH_OFF(of_the_type_that_was_heard),
        BLUETOOTH(a_timeout_is_its_own_error),
        BLUETOOTH(without_a_timeout_it_waits),
        BLUETOOTH(cancelled),
        BLUETOOTH(the_timeout_covers_the_exchange),
        BLUETOOTH(a_link_that_does_not_last),
        BLUETOOTH(the_peer_may_end_it),
        BLUETOOTH(disconnecting_twice),
        BLUETOOTH(free_ends_the_link),
        BLUETOOTH(freeing_takes_no_more_calls),
        BLUETOOTH(several_servers_at_once),
        BLUETOOTH(whom_one_is_connected_to_already),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
