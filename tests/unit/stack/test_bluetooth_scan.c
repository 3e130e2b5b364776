/* SPDX-License-Identifier: MIT */
/* Scanning by the `Bluetooth` interface: its time, the FIFO, what an advertisement holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bluetooth_room.h"
#include "rows.h"

static void only_zero_is_no_timeout(void **state)
{
    struct bluetooth_room *room = *state;
    struct blr_bluetooth *bt = room->phone.bt;

    assert_int_equal(blr_bluetooth_start_scan(bt, 0), BLR_ERR_INVALID);
    assert_false(blr_bluetooth_isscanning(bt));
    assert_int_equal(blr_bluetooth_start_scan(bt, 1), 0);
    assert_int_equal(blr_bluetooth_start_scan(bt, 1), BLR_ERR_BUSY);
    assert_int_equal(blr_bluetooth_stop_scan(bt), 0);
    assert_int_equal(blr_bluetooth_start_scan(bt, INT32_MAX), 0);
    assert_int_equal(blr_bluetooth_stop_scan(bt), 0);
    assert_int_equal(blr_bluetooth_start_scan(bt, INT32_MIN), 0);
}

static void it_ends_after_its_seconds(void **state)
{
    struct bluetooth_room *room = *state;
    struct blr_bluetooth *bt = room->phone.bt;

    assert_int_equal(blr_bluetooth_start_scan(bt, 3), 0);
    assert_true(blr_bluetooth_isscanning(bt));
    bluetooth_room_run(room, SIM_S(3) - 1);
    assert_true(blr_bluetooth_isscanning(bt));
    assert_true(blr_gap_scanning(room->phone.host));
    bluetooth_room_run(room, 1);
    assert_false(blr_bluetooth_isscanning(bt));
    bluetooth_room_run(room, SIM_MS(10));
    assert_false(blr_gap_scanning(room->phone.host));
    assert_int_equal(blr_bluetooth_error(bt), 0);
}

static void without_end_it_goes_on(void **state)
{
    struct bluetooth_room *room = *state;
    struct blr_bluetooth *bt = room->phone.bt;

    assert_int_equal(blr_bluetooth_start_scan(bt, -1), 0);
    bluetooth_room_run(room, SIM_S(3600));
    assert_true(blr_bluetooth_isscanning(bt));
    assert_int_equal(blr_bluetooth_stop_scan(bt), 0);
    assert_false(blr_bluetooth_isscanning(bt));
    assert_int_equal(blr_bluetooth_stop_scan(bt), 0);
    bluetooth_room_run(room, SIM_MS(10));
    assert_false(blr_gap_scanning(room->phone.host));
}

/* A call is never lost because the one before is still on its way to the controller. */
static void stopped_and_started_at_once(void **state)
{
    struct bluetooth_room *room = *state;
    struct blr_bluetooth *bt = room->phone.bt;

    assert_int_equal(blr_bluetooth_start_scan(bt, -1), 0);
    assert_int_equal(blr_bluetooth_stop_scan(bt), 0);
    assert_int_equal(blr_bluetooth_start_scan(bt, -1), 0);
    bluetooth_room_run(room, SIM_S(1));
    assert_true(blr_gap_scanning(room->phone.host));
    assert_int_equal(blr_bluetooth_stop_scan(bt), 0);
    assert_int_equal(blr_bluetooth_start_scan(bt, -1), 0);
    assert_int_equal(blr_bluetooth_stop_scan(bt), 0);
    bluetooth_room_run(room, SIM_S(1));
    assert_false(blr_gap_scanning(room->phone.host));
}

static void what_an_advertisement_holds(void **state)
{
    struct bluetooth_room *room = *state;
    struct blr_bluetooth *bt = room->phone.bt;
    const uint8_t *octets = blr_host_address(room->sensor.host)->octet;
    struct blr_bluetooth_adv adv;

    bluetooth_sensor_advertises(room, "LoPy");
    assert_int_equal(blr_bluetooth_start_scan(bt, 1), 0);
    bluetooth_room_run(room, SIM_S(1));
    assert_true(blr_bluetooth_get_adv(bt, &adv));
    for (unsigned i = 0; i < 6; i++)
        assert_int_equal(adv.mac[i], octets[5 - i]);
    assert_int_equal(adv.addr_type, BLR_BT_PUBLIC_ADDR);
    assert_int_equal(adv.adv_type, BLR_BT_CONN_ADV);
    assert_in_range(-adv.rssi, 1, 100);
    assert_int_equal(adv.data_len, 9);
    assert_memory_equal(adv.data, "\x02\x01\x06\x05\x09LoPy", 9);
    for (unsigned i = 9; i < BLR_BT_ADV_DATA; i++)
        assert_int_equal(adv.data[i], 0);
    /* And the scan response, which only an active scan brings. */
    assert_true(blr_bluetooth_get_adv(bt, &adv));
    assert_int_equal(adv.adv_type, BLR_BT_SCAN_RSP);
    assert_int_equal(adv.data_len, 0);
}

static void padded_to_31_by_an_option(void **state)
{
    struct bluetooth_room *room = *state;
    struct blr_bluetooth_options options = bluetooth_plain_options();
    struct blr_bluetooth_adv adv;
    struct blr_bluetooth_value name;

    assert_int_equal(blr_bluetooth_init(room->sensor.bt, &options), 0);
    options.pad_adv_data = true;
    assert_int_equal(blr_bluetooth_init(room->phone.bt, &options), 0);
    bluetooth_sensor_advertises(room, "LoPy");
    assert_int_equal(blr_bluetooth_start_scan(room->phone.bt, 1), 0);
    bluetooth_room_run(room, SIM_S(1));
    assert_true(blr_bluetooth_get_adv(room->phone.bt, &adv));
    assert_int_equal(adv.data_len, 31);
    assert_int_equal(
        blr_bluetooth_resolve_adv_data(adv.data, adv.data_len, BLR_BT_ADV_NAME_CMPL, &name), 0);
    expect_octets(name, "LoPy", 4);
}

static const struct type_row {
    const char *name;
    enum blr_bluetooth_adv_type type;
    uint8_t heard;
} types[] = {
    {"ADV_IND", BLR_BT_ADV_TYPE_IND, BLR_BT_CONN_ADV},
    {"ADV_SCAN_IND", BLR_BT_ADV_TYPE_SCAN_IND, BLR_BT_DISC_ADV},
    {"ADV_NONCONN_IND", BLR_BT_ADV_TYPE_NONCONN_IND, BLR_BT_NON_CONN_ADV},
};

static void a_type_is_told(void **state)
{
    const struct type_row *row = *state;
    struct blr_bluetooth_adv_params params = blr_bluetooth_adv_params_default();
    struct blr_bluetooth_adv adv;
    void *made;

    bluetooth_room_setup(&made);
    struct bluetooth_room *room = made;
    params.adv_type = row->type;
    assert_int_equal(blr_bluetooth_set_advertisement_params(room->sensor.bt, &params), 0);
    bluetooth_sensor_advertises(room, "x");
    assert_int_equal(blr_bluetooth_start_scan(room->phone.bt, 1), 0);
    bluetooth_room_run(room, SIM_S(1));
    assert_true(blr_bluetooth_get_adv(room->phone.bt, &adv));
    assert_int_equal(adv.adv_type, row->heard);
    bluetooth_room_teardown(&made);
}

/* --- the FIFO --- */

/* Each advertisement says which one it is; what is heard first stays, what is more is counted. */
static void the_newest_is_dropped_when_it_is_full(void **state)
{
    struct bluetooth_room *room = *state;
    struct blr_bluetooth *bt = room->phone.bt;
    struct blr_bluetooth_adv first, again, advs[40];

    bluetooth_sensor_advertises(room, "x");
    assert_int_equal(blr_bluetooth_start_scan(bt, -1), 0);
    bluetooth_room_run(room, SIM_S(5));
    const uint32_t dropped = blr_bluetooth_adv_dropped(bt);
    assert_true(dropped > 16);
    bluetooth_sensor_advertises(room, "y");
    bluetooth_room_run(room, SIM_S(1));
    assert_true(blr_bluetooth_adv_dropped(bt) > dropped);
    assert_int_equal(blr_bluetooth_get_advertisements(bt, &first, 1), 1);
    assert_int_equal(blr_bluetooth_get_advertisements(bt, advs, 40), BLR_BT_ADV_FIFO - 1);
    for (unsigned i = 0; i < BLR_BT_ADV_FIFO - 1; i++) {
        if (advs[i].adv_type == BLR_BT_CONN_ADV)
            assert_int_equal(advs[i].data[advs[i].data_len - 1], 'x');
    }
    assert_false(blr_bluetooth_get_adv(bt, &again));
    assert_int_equal(blr_bluetooth_get_advertisements(bt, advs, 40), 0);
    /* There is room again. */
    bluetooth_room_run(room, SIM_S(1));
    assert_true(blr_bluetooth_get_adv(bt, &again));
    assert_int_equal(again.data[again.data_len - 1], 'y');
}

static void what_was_heard_stays_after_the_scan(void **state)
{
    struct bluetooth_room *room = *state;
    struct blr_bluetooth *bt = room->phone.bt;
    struct blr_bluetooth_adv adv;

    bluetooth_sensor_advertises(room, "x");
    assert_int_equal(blr_bluetooth_start_scan(bt, 1), 0);
    bluetooth_room_run(room, SIM_S(2));
    assert_int_equal(blr_bluetooth_start_scan(bt, 1), 0);
    assert_true(blr_bluetooth_get_adv(bt, &adv));
    /* A new life begins with nothing. */
    assert_int_equal(blr_bluetooth_deinit(bt), 0);
    assert_int_equal(blr_bluetooth_init(bt, NULL), 0);
    assert_false(blr_bluetooth_get_adv(bt, &adv));
    assert_int_equal(blr_bluetooth_adv_dropped(bt), 0);
}

static void nothing_is_heard_after_stop(void **state)
{
    struct bluetooth_room *room = *state;
    struct blr_bluetooth *bt = room->phone.bt;
    struct blr_bluetooth_adv advs[BLR_BT_ADV_FIFO];

    bluetooth_sensor_advertises(room, "x");
    assert_int_equal(blr_bluetooth_start_scan(bt, -1), 0);
    bluetooth_room_run(room, SIM_MS(500));
    assert_int_equal(blr_bluetooth_stop_scan(bt), 0);
    (void)blr_bluetooth_get_advertisements(bt, advs, BLR_BT_ADV_FIFO);
    bluetooth_room_run(room, SIM_S(1));
    assert_int_equal(blr_bluetooth_get_advertisements(bt, advs, BLR_BT_ADV_FIFO), 0);
}

/* Stopped at each event in turn: what is on its way from the controller then is not heard. */
static void nothing_is_heard_that_was_on_its_way(void **state)
{
    struct bluetooth_room *room = *state;
    struct blr_bluetooth *bt = room->phone.bt;
    struct blr_bluetooth_adv adv;

    bluetooth_sensor_advertises(room, "x");
    for (unsigned steps = 0; steps < 60; steps++) {
        assert_int_equal(blr_bluetooth_start_scan(bt, -1), 0);
        for (unsigned i = 0; i < steps; i++)
            sim_world_step(room->world, SIM_NEVER);
        assert_int_equal(blr_bluetooth_stop_scan(bt), 0);
        while (blr_bluetooth_get_adv(bt, &adv))
            continue;
        bluetooth_room_run(room, SIM_MS(10));
        assert_false(blr_bluetooth_get_adv(bt, &adv));
    }
}

/* --- the event --- */

static void heard(void *arg)
{
    struct bluetooth_room *room = arg;
    struct blr_bluetooth_adv adv;

    room->calls++;
    room->error |= (int)blr_bluetooth_events(room->phone.bt);
    assert_true(blr_bluetooth_get_adv(room->phone.bt, &adv));
    if (room->calls == 5)
        assert_int_equal(blr_bluetooth_stop_scan(room->phone.bt), 0);
}

static void the_handler_may_take_it_and_stop(void **state)
{
    struct bluetooth_room *room = *state;

    bluetooth_sensor_advertises(room, "x");
    assert_int_equal(
        blr_bluetooth_callback(room->phone.bt, BLR_BT_NEW_ADV_EVENT, heard, room), 0);
    assert_int_equal(blr_bluetooth_start_scan(room->phone.bt, -1), 0);
    bluetooth_room_run(room, SIM_S(5));
    assert_int_equal(room->calls, 5);
    assert_int_equal(room->error, BLR_BT_NEW_ADV_EVENT);
    assert_int_equal(blr_bluetooth_events(room->phone.bt), 0);
}

static void gets_the_object(void *arg)
{
    struct blr_bluetooth *bt = arg;

    assert_int_equal(blr_bluetooth_stop_scan(bt), 0);
}

static void without_arg_it_is_the_object(void **state)
{
    struct bluetooth_room *room = *state;

    bluetooth_sensor_advertises(room, "x");
    assert_int_equal(
        blr_bluetooth_callback(room->phone.bt, BLR_BT_NEW_ADV_EVENT, gets_the_object, NULL), 0);
    assert_int_equal(blr_bluetooth_start_scan(room->phone.bt, -1), 0);
    bluetooth_room_run(room, SIM_S(1));
    assert_false(blr_bluetooth_isscanning(room->phone.bt));
}

static void removed_handlers_and_other_triggers(void **state)
{
    struct bluetooth_room *room = *state;
    struct blr_bluetooth *bt = room->phone.bt;

    assert_int_equal(blr_bluetooth_callback(bt, BLR_BT_CHAR_READ_EVENT, heard, room),
                     BLR_ERR_INVALID);
    assert_int_equal(blr_bluetooth_callback(bt, 0x80000000U, heard, room), BLR_ERR_INVALID);
    bluetooth_sensor_advertises(room, "x");
    assert_int_equal(blr_bluetooth_start_scan(bt, -1), 0);
    assert_int_equal(blr_bluetooth_callback(bt, BLR_BT_CLIENT_CONNECTED, heard, room), 0);
    bluetooth_room_run(room, SIM_S(1));
    assert_int_equal(blr_bluetooth_callback(bt, BLR_BT_NEW_ADV_EVENT, NULL, NULL), 0);
    bluetooth_room_run(room, SIM_S(1));
    assert_int_equal(room->calls, 0);
    /* Without a handler the flag is there all the same. */
    assert_int_equal(blr_bluetooth_events(bt), BLR_BT_NEW_ADV_EVENT);
    assert_int_equal(blr_bluetooth_events(bt), 0);
}

/* --- who it was --- */

static void the_type_of_whom_was_heard(void **state)
{
    struct bluetooth_room *room = *state;
    static const uint8_t stranger[6] = {0xC0, 1, 2, 3, 4, 5};
    struct blr_bluetooth_adv adv;

    assert_int_equal(blr_bluetooth_init(room->sensor.bt, NULL), 0); /* private */
    assert_int_equal(blr_bluetooth_init(room->phone.bt, NULL), 0);
    bluetooth_sensor_advertises(room, "x");
    assert_int_equal(blr_bluetooth_start_scan(room->phone.bt, 1), 0);
    bluetooth_room_run(room, SIM_S(1));
    assert_true(blr_bluetooth_get_adv(room->phone.bt, &adv));
    const struct bd_addr peer = blr_bluetooth_peer(room->phone.bt, adv.mac);
    assert_int_equal(peer.type, BD_ADDR_RANDOM);
    assert_int_equal(peer.octet[5], adv.mac[0]);
    assert_int_equal(blr_bluetooth_peer(room->phone.bt, stranger).type, BD_ADDR_PUBLIC);
}

static void somebody_else_scans_already(void **state)
{
    struct bluetooth_room *room = *state;
    const struct blr_scan_params params = {0};

    assert_int_equal(blr_gap_scan(room->phone.host, &params, NULL, NULL, NULL), 0);
    bluetooth_room_run(room, SIM_MS(10));
    assert_int_equal(blr_bluetooth_start_scan(room->phone.bt, 1), BLR_ERR_BUSY);
    assert_false(blr_bluetooth_isscanning(room->phone.bt));
    assert_true(blr_gap_scanning(room->phone.host));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BLUETOOTH(only_zero_is_no_timeout),
        BLUETOOTH(it_ends_after_its_seconds),
        BLUETOOTH(without_end_it_goes_on),
        BLUETOOTH(stopped_and_started_at_once),
        BLUETOOTH(what_an_advertisement_holds),
        BLUETOOTH_OFF(padded_to_31_by_an_option),
        BLUETOOTH(the_newest_is_dropped_when_it_is_full),
        BLUETOOTH(what_was_heard_stays_after_the_scan),
        BLUETOOTH(nothing_is_heard_after_stop),
        BLUETOOTH(nothing_is_heard_that_was_on_its_way),
        BLUETOOTH(the_handler_may_take_it_and_stop),
        BLUETOOTH(without_arg_it_is_the_object),
        BLUETOOTH(removed_handlers_and_other_triggers),
        BLUETOOTH_OFF(the_type_of_whom_was_heard),
        BLUETOOTH(somebody_else_scans_already),
    };
    const int failed = RUN_ROWS(types, a_type_is_told);

    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
