/* SPDX-License-Identifier: MIT */
/* tx_power() of the `Bluetooth` interface: the level is heard at the other end as RSSI. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bluetooth_room.h"
#include "host_story.h"
#include "rows.h"

static const struct level_row {
    const char *name;
    enum blr_bluetooth_tx_power_level level;
    int dbm;
} levels[] = {
    {"N12", BLR_BT_TX_PWR_N12, -12}, {"N9", BLR_BT_TX_PWR_N9, -9}, {"N6", BLR_BT_TX_PWR_N6, -6},
    {"N3", BLR_BT_TX_PWR_N3, -3},    {"0", BLR_BT_TX_PWR_0, 0},    {"P3", BLR_BT_TX_PWR_P3, 3},
    {"P6", BLR_BT_TX_PWR_P6, 6},     {"P9", BLR_BT_TX_PWR_P9, 9},
};

static int heard(struct bluetooth_room *room)
{
    struct blr_bluetooth_adv adv;

    while (blr_bluetooth_get_adv(room->phone.bt, &adv))
        continue;
    bluetooth_room_run(room, SIM_MS(500));
    assert_true(blr_bluetooth_get_adv(room->phone.bt, &adv));
    return adv.rssi;
}

/* Devices send with 0 dBm before anything is set. */
static void a_level_is_heard(void **state)
{
    const struct level_row *row = *state;
    enum blr_bluetooth_tx_power_level level;
    void *made;

    bluetooth_room_setup(&made);
    struct bluetooth_room *room = made;
    bluetooth_sensor_advertises(room, "x");
    assert_int_equal(blr_bluetooth_start_scan(room->phone.bt, -1), 0);
    const int before = heard(room);
    assert_int_equal(blr_bluetooth_set_tx_power(room->sensor.bt, BLR_BT_TX_PWR_ADV, row->level), 0);
    assert_int_equal(heard(room), before + row->dbm);
    assert_int_equal(blr_bluetooth_tx_power(room->sensor.bt, BLR_BT_TX_PWR_ADV, &level), 0);
    assert_int_equal(level, row->level);
    /* Not of the others. */
    assert_int_equal(blr_bluetooth_tx_power(room->sensor.bt, BLR_BT_TX_PWR_CONN, &level), 0);
    assert_int_equal(level, BLR_BT_TX_PWR_0);
    bluetooth_room_teardown(&made);
}

static void got_rssi(struct blr_conn *conn, int error, int8_t rssi_dbm, void *user)
{
    (void)conn;
    assert_int_equal(error, 0);
    *(int *)user = rssi_dbm;
}

static int rssi_of(struct bluetooth_room *room, struct blr_conn *conn)
{
    int rssi = 127;

    bluetooth_room_run(room, SIM_S(1));
    assert_int_equal(blr_gap_read_rssi(conn, got_rssi, &rssi), 0);
    bluetooth_room_run(room, SIM_MS(10));
    return rssi;
}

/* What the sensor's end of the link hears of the phone's. */
static int link_rssi(struct bluetooth_room *room)
{
    return rssi_of(room, blr_conn_first(room->sensor.host));
}

static void a_link_and_the_links_to_come(void **state)
{
    struct bluetooth_room *room = *state;
    struct blr_bluetooth *bt = room->phone.bt;

    struct blr_gattc_connection *conn = bluetooth_room_connect(room);
    const int before = link_rssi(room);
    assert_int_equal(blr_bluetooth_set_tx_power(bt, BLR_BT_TX_PWR_CONN, BLR_BT_TX_PWR_N9), 0);
    assert_int_equal(link_rssi(room), before - 9);
    assert_int_equal(blr_gattc_disconnect(conn), 0);
    bluetooth_room_run(room, SIM_S(1));
    (void)bluetooth_room_connect(room);
    assert_int_equal(link_rssi(room), before - 9);
}

/* The same of a client's link, which the server sends on. */
static void of_a_client_that_comes(void **state)
{
    struct bluetooth_room *room = *state;

    struct blr_gattc_connection *conn = bluetooth_room_connect(room);
    const int before = rssi_of(room, blr_gattc_conn(conn));
    assert_int_equal(blr_gattc_disconnect(conn), 0);
    bluetooth_room_run(room, SIM_S(1));
    assert_int_equal(
        blr_bluetooth_set_tx_power(room->sensor.bt, BLR_BT_TX_PWR_CONN, BLR_BT_TX_PWR_P6), 0);
    conn = bluetooth_room_connect(room);
    assert_int_equal(rssi_of(room, blr_gattc_conn(conn)), before + 6);
}

static void the_default_is_for_those_that_are_not_set(void **state)
{
    struct bluetooth_room *room = *state;
    struct blr_bluetooth *bt = room->sensor.bt;
    enum blr_bluetooth_tx_power_level level;

    bluetooth_sensor_advertises(room, "x");
    assert_int_equal(blr_bluetooth_start_scan(room->phone.bt, -1), 0);
    const int before = heard(room);
    assert_int_equal(blr_bluetooth_set_tx_power(bt, BLR_BT_TX_PWR_SCAN, BLR_BT_TX_PWR_P9), 0);
    assert_int_equal(blr_bluetooth_set_tx_power(bt, BLR_BT_TX_PWR_DEFAULT, BLR_BT_TX_PWR_N6), 0);
    assert_int_equal(heard(room), before - 6);
    assert_int_equal(blr_bluetooth_tx_power(bt, BLR_BT_TX_PWR_ADV, &level), 0);
    assert_int_equal(level, BLR_BT_TX_PWR_N6);
    assert_int_equal(blr_bluetooth_tx_power(bt, BLR_BT_TX_PWR_DEFAULT, &level), 0);
    assert_int_equal(level, BLR_BT_TX_PWR_N6);
    assert_int_equal(blr_bluetooth_tx_power(bt, BLR_BT_TX_PWR_SCAN, &level), 0);
    assert_int_equal(level, BLR_BT_TX_PWR_P9);
}

static void deinit_takes_it_back(void **state)
{
    struct bluetooth_room *room = *state;
    const struct blr_bluetooth_options plain = bluetooth_plain_options();
    enum blr_bluetooth_tx_power_level level;

    bluetooth_sensor_advertises(room, "x");
    assert_int_equal(blr_bluetooth_start_scan(room->phone.bt, -1), 0);
    const int before = heard(room);
    assert_int_equal(
        blr_bluetooth_set_tx_power(room->sensor.bt, BLR_BT_TX_PWR_DEFAULT, BLR_BT_TX_PWR_N12), 0);
    assert_int_equal(blr_bluetooth_deinit(room->sensor.bt), 0);
    assert_int_equal(blr_bluetooth_init(room->sensor.bt, &plain), 0);
    assert_int_equal(blr_bluetooth_tx_power(room->sensor.bt, BLR_BT_TX_PWR_ADV, &level), 0);
    assert_int_equal(level, BLR_BT_TX_PWR_0);
    bluetooth_sensor_advertises(room, "x");
    assert_int_equal(heard(room), before);
}

static void told(struct blr_bluetooth *bt, int error, void *user)
{
    struct bluetooth_room *room = user;

    (void)bt;
    room->calls++;
    room->error = error;
}

static void what_is_no_type_and_no_level(void **state)
{
    struct bluetooth_room *room = *state;
    struct blr_bluetooth *bt = room->phone.bt;
    enum blr_bluetooth_tx_power_level level;

    assert_int_equal(
        blr_bluetooth_tx_power(bt, (enum blr_bluetooth_tx_power_type)1, &level), BLR_ERR_INVALID);
    assert_int_equal(blr_bluetooth_set_tx_power(bt, (enum blr_bluetooth_tx_power_type)12,
                                                BLR_BT_TX_PWR_0),
                     BLR_ERR_INVALID);
    assert_int_equal(blr_bluetooth_set_tx_power(bt, BLR_BT_TX_PWR_ADV,
                                                (enum blr_bluetooth_tx_power_level)8),
                     BLR_ERR_INVALID);
    assert_int_equal(blr_bluetooth_set_tx_power_async(bt, BLR_BT_TX_PWR_ADV, BLR_BT_TX_PWR_P3,
                                                      told, room),
                     0);
    assert_int_equal(blr_bluetooth_set_tx_power_async(bt, BLR_BT_TX_PWR_ADV, BLR_BT_TX_PWR_P3,
                                                      told, room),
                     BLR_ERR_BUSY);
    assert_int_equal(room->calls, 0);
    bluetooth_room_run(room, SIM_MS(10));
    assert_int_equal(room->calls, 1);
    assert_int_equal(room->error, 0);
}

static void a_client_has_come(void *arg)
{
    struct bluetooth_room *room = arg;

    room->object = room; /* it has */
    room->error = blr_bluetooth_set_tx_power_async(room->sensor.bt, BLR_BT_TX_PWR_CONN,
                                                   BLR_BT_TX_PWR_P9, told, room);
    assert_int_equal(room->error, 0);
    room->error = -1;
}

/* What the object tells the controller by itself keeps nobody from calling. */
static void while_a_new_link_is_told_its_power(void **state)
{
    struct bluetooth_room *room = *state;
    struct blr_bluetooth *bt = room->sensor.bt;

    assert_int_equal(blr_bluetooth_set_tx_power(bt, BLR_BT_TX_PWR_CONN, BLR_BT_TX_PWR_N12), 0);
    struct blr_gattc_connection *conn = bluetooth_room_connect(room);
    const int before = rssi_of(room, blr_gattc_conn(conn));
    assert_int_equal(blr_gattc_disconnect(conn), 0);
    bluetooth_room_run(room, SIM_S(1));
    assert_int_equal(
        blr_bluetooth_callback(bt, BLR_BT_CLIENT_CONNECTED, a_client_has_come, room), 0);
    conn = bluetooth_room_connect(room);
    assert_ptr_equal(room->object, room);
    assert_int_equal(rssi_of(room, blr_gattc_conn(conn)), before + 21);
    assert_int_equal(room->calls, 1);
    assert_int_equal(room->error, 0);
}

/* --- a controller that has no such command --- */

static void answered(struct blr_bluetooth *bt, int error, void *user)
{
    (void)bt;
    *(int *)user = error;
}

static const struct type_row {
    const char *name;
    enum blr_bluetooth_tx_power_type type;
} types[] = {
    {"connections, of which there are none", BLR_BT_TX_PWR_CONN},
    {"advertising", BLR_BT_TX_PWR_ADV},
    {"scanning", BLR_BT_TX_PWR_SCAN},
    {"default", BLR_BT_TX_PWR_DEFAULT},
};

static void a_controller_that_does_not_tell(void **state)
{
    struct host_story *story = *state;
    const struct blr_bluetooth_config config = {.host = story->host};
    const struct blr_bluetooth_options plain = bluetooth_plain_options();
    enum blr_bluetooth_tx_power_level level;
    int error = -1;

    struct blr_bluetooth *bt = blr_bluetooth_new(&config);
    assert_int_equal(blr_bluetooth_init_async(bt, &plain, answered, &error), 0);
    expect_command(story, "2007");
    fake_controller_complete(&story->fake, 0x2007, 0x01, NULL, 0);
    assert_int_equal(error, 0);
    assert_int_equal(blr_bluetooth_tx_power(bt, BLR_BT_TX_PWR_ADV, &level), 0);
    assert_int_equal(level, BLR_BT_TX_PWR_0);
    blr_bluetooth_free(bt);
}

static void unsupported(void **state)
{
    const struct type_row *row = *state;
    const struct blr_bluetooth_options plain = bluetooth_plain_options();
    enum blr_bluetooth_tx_power_level level;
    void *made;
    int error = -1;

    host_story_setup_up(&made);
    struct host_story *story = made;
    const struct blr_bluetooth_config config = {.host = story->host};
    struct blr_bluetooth *bt = blr_bluetooth_new(&config);
    assert_int_equal(blr_bluetooth_init_async(bt, &plain, answered, &error), 0);
    expect_command(story, "2007");
    fake_controller_complete(&story->fake, 0x2007, 0, (const uint8_t[]){7}, 1);
    assert_int_equal(error, 0);
    error = -1;
    assert_int_equal(
        blr_bluetooth_set_tx_power_async(bt, row->type, BLR_BT_TX_PWR_N9, answered, &error), 0);
    const struct fake_packet *command = fake_controller_command(&story->fake);
    assert_int_equal(command->opcode, 0xFC0E);
    fake_controller_complete(&story->fake, 0xFC0E, 0x01, NULL, 0);
    assert_int_equal(error, BLR_ERR_UNSUPPORTED);
    assert_int_equal(blr_bluetooth_tx_power(bt, row->type, &level), 0);
    assert_int_equal(level, BLR_BT_TX_PWR_P6); /* the nearest to its own 7 dBm, as before */
    expect_no_command(story);
    blr_bluetooth_free(bt);
    host_story_teardown(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BLUETOOTH(a_link_and_the_links_to_come),
        BLUETOOTH(of_a_client_that_comes),
        BLUETOOTH(the_default_is_for_those_that_are_not_set),
        BLUETOOTH(deinit_takes_it_back),
        BLUETOOTH(what_is_no_type_and_no_level),
        BLUETOOTH(while_a_new_link_is_told_its_power),
        STORY(a_controller_that_does_not_tell),
    };
    int failed = RUN_ROWS(levels, a_level_is_heard);

    failed += RUN_ROWS(types, unsupported);
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
