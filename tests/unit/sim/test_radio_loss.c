/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "radio_room.h"
#include "rows.h"

static struct radio_room *open_room(void)
{
    struct radio_room *room = malloc(sizeof *room);

    assert_non_null(room);
    radio_room_open(room, 1);
    return room;
}

static void close_room(struct radio_room *room)
{
    radio_room_close(room);
    free(room);
}

/* 40 dB at 1 m; tenths of dB computed by hand from 40 + n * 10 * log10(d). */
static const struct distance_row {
    const char *name;
    struct radio_position a, b;
    uint8_t exponent_tenths;
    int16_t loss_ddb;
} distance_rows[] = {
    {"nowhere apart", {0, 0, 0}, {0, 0, 0}, 20, 200},
    {"0.1 m", {0, 0, 0}, {100, 0, 0}, 20, 200},
    {"0.2 m", {0, 0, 0}, {200, 0, 0}, 20, 260},
    {"0.5 m", {0, 0, 0}, {0, 500, 0}, 20, 340},
    {"1 m", {0, 0, 0}, {0, 0, 1000}, 20, 400},
    {"1 m, beside the origin", {-400, 70, 5}, {600, 70, 5}, 20, 400},
    {"2 m", {0, 0, 0}, {2000, 0, 0}, 20, 460},
    {"3-4-5 m", {3000, 0, 0}, {0, 4000, 0}, 20, 540},
    {"10 m", {0, 0, 0}, {10000, 0, 0}, 20, 600},
    {"100 m", {0, 0, 0}, {100000, 0, 0}, 20, 800},
    {"10 m indoors", {0, 0, 0}, {10000, 0, 0}, 35, 750},
    {"0.1 m indoors", {0, 0, 0}, {1, 0, 0}, 35, 50},
    {"no loss by distance", {0, 0, 0}, {10000, 0, 0}, 0, 400},
    {"from end to end", {INT32_MIN, 0, 0}, {INT32_MAX, 0, 0}, 20, 1666},
    {"all corners, steepest",
     {INT32_MIN, INT32_MIN, INT32_MIN},
     {INT32_MAX, INT32_MAX, INT32_MAX},
     255,
     17154},
};

static void test_distance(void **state)
{
    const struct distance_row *row = *state;
    struct radio_room *room = open_room();
    struct room_radio a, b;

    room_radio_join(&a, room, "a");
    room_radio_join(&b, room, "b");
    radio_set_position(&a.radio, row->a);
    radio_set_position(&b.radio, row->b);
    radio_medium_set_exponent(room->medium, row->exponent_tenths);
    const int16_t loss = radio_path_loss(&a.radio, &b.radio);
    if (loss != row->loss_ddb)
        fail_msg("%s: %d, not %d", row->name, loss, row->loss_ddb);
    assert_int_equal(radio_path_loss(&b.radio, &a.radio), loss);
    room_radio_leave(&a);
    room_radio_leave(&b);
    close_room(room);
}

/* Farther is never stronger, and ten times as far is 20 dB, to 0.1 dB. */
static void test_distance_is_monotonic(void **state)
{
    struct radio_room *room = open_room();
    struct room_radio a, b;
    int16_t last = 0;
    (void)state;

    room_radio_join(&a, room, "a");
    room_radio_join(&b, room, "b");
    for (int32_t mm = 100; mm < 100000; mm += 7) {
        radio_set_position(&b.radio, (struct radio_position){mm, 0, 0});
        const int16_t loss = radio_path_loss(&a.radio, &b.radio);
        assert_true(loss >= last);
        last = loss;
        radio_set_position(&b.radio, (struct radio_position){mm * 10, 0, 0});
        const int decade = radio_path_loss(&a.radio, &b.radio) - loss;
        assert_true(decade >= 199 && decade <= 201);
    }
    room_radio_leave(&a);
    room_radio_leave(&b);
    close_room(room);
}

#define MANY 40

static void test_matrix(void **state)
{
    static const char *const names[MANY] = {
        "00", "01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12", "13",
        "14", "15", "16", "17", "18", "19", "20", "21", "22", "23", "24", "25", "26", "27",
        "28", "29", "30", "31", "32", "33", "34", "35", "36", "37", "38", "39"};
    struct radio_room *room = open_room();
    struct room_radio *radios = calloc(MANY, sizeof *radios);
    (void)state;

    for (int i = 0; i < MANY; i++)
        room_radio_join(&radios[i], room, names[i]);
    for (int i = 0; i < MANY; i++) {
        for (int j = i + 1; j < MANY; j++) {
            if ((i + j) % 3)
                assert_int_equal(
                    radio_set_path_loss(&radios[j].radio, &radios[i].radio, (int16_t)(i * 100 - j)),
                    0);
        }
    }
    /* One leaves, one comes back as another, one entry changes. */
    room_radio_leave(&radios[7]);
    room_radio_join(&radios[7], room, names[7]);
    assert_int_equal(radio_set_path_loss(&radios[1].radio, &radios[3].radio, 1234), 0);
    for (int i = 0; i < MANY; i++) {
        for (int j = i + 1; j < MANY; j++) {
            int expected = (i + j) % 3 ? i * 100 - j : 200;
            if (i == 7 || j == 7)
                expected = 200;
            if (i == 1 && j == 3)
                expected = 1234;
            assert_int_equal(radio_path_loss(&radios[i].radio, &radios[j].radio), expected);
            assert_int_equal(radio_path_loss(&radios[j].radio, &radios[i].radio), expected);
        }
    }
    assert_int_equal(radio_set_path_loss(&radios[1].radio, &radios[1].radio, 1), BLR_ERR_INVALID);
    for (int i = 0; i < MANY; i++)
        room_radio_leave(&radios[i]);
    free(radios);
    close_room(room);
}

/* RSSI is rounded to the nearest dB and stays within what HCI can say. */
static const struct rssi_row {
    const char *name;
    int16_t power_ddbm, loss_ddb;
    int rssi_dbm;
} rssi_rows[] = {
    {"exact", 0, 400, -40},
    {"0.4 dB below", 0, 404, -40},
    {"0.5 dB below", 0, 405, -41},
    {"0.4 dB above", 0, 396, -40},
    {"10 dBm", 100, 400, -30},
    {"above 0 dBm, half", 0, -50, 5},
    {"above 0 dBm, up", 0, -54, 5},
    {"above 0 dBm, down", 0, -44, 4},
    {"above what HCI can say", 1000, 0, 20},
    {"lowest that HCI can say", 0, 1270, -127},
    {"below what HCI can say", 0, 1280, -127},
    {"greatest sum", INT16_MAX, INT16_MIN, 20},
    {"-4 dBm", -40, 400, -44},
    {"least power", INT16_MIN, 0, -127},
    {"least sum", INT16_MIN, INT16_MAX, -127},
};

static void test_rssi(void **state)
{
    const struct rssi_row *row = *state;
    struct radio_room *room = open_room();
    struct room_radio a, b;
    const struct radio_packet packet = room_packet(0, 3);
    const struct radio_listen window = room_window(0, 0);
    room_radio_join(&a, room, "a");
    room_radio_join(&b, room, "b");
    a.radio.power_ddbm = row->power_ddbm;
    b.radio.sensitivity_ddbm = INT16_MIN;
    assert_int_equal(radio_set_path_loss(&a.radio, &b.radio, row->loss_ddb), 0);
    room_radio_hear(&b, &window);
    room_radio_send(&a, &packet);
    radio_room_run(room, SIM_S(1));
    assert_int_equal(b.rx.len, 3);
    assert_int_equal(b.rx.rssi_dbm, row->rssi_dbm);
    room_radio_leave(&a);
    room_radio_leave(&b);
    close_room(room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {

        cmocka_unit_test(test_distance_is_monotonic),
        cmocka_unit_test(test_matrix),

    };

    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    failed += RUN_ROWS(distance_rows, test_distance);
    failed += RUN_ROWS(rssi_rows, test_rssi);
    return failed;
}
