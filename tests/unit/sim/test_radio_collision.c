/* SPDX-License-Identifier: MIT */
/*
 * amy sends to bob, cat disturbs; the path losses put bob's margin where a row wants it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "radio_room.h"
#include "rows.h"

#define LEN   20
#define START SIM_US(100)

struct trio {
    struct radio_room room;
    struct room_radio amy, bob, cat;
};

static struct trio *trio_open(int16_t cat_loss_ddb)
{
    struct trio *t = malloc(sizeof *t);

    assert_non_null(t);
    radio_room_open(&t->room, 1);
    room_radio_join(&t->amy, &t->room, "amy");
    room_radio_join(&t->bob, &t->room, "bob");
    room_radio_join(&t->cat, &t->room, "cat");
    assert_int_equal(radio_set_path_loss(&t->amy.radio, &t->bob.radio, 400), 0);
    assert_int_equal(radio_set_path_loss(&t->cat.radio, &t->bob.radio, cat_loss_ddb), 0);
    radio_room_observe(&t->room, true);
    return t;
}

static void trio_close(struct trio *t)
{
    room_radio_leave(&t->cat);
    room_radio_leave(&t->bob);
    room_radio_leave(&t->amy);
    radio_room_close(&t->room);
    free(t);
}

/* What amy's packet came to at bob, without the time: "heard -400". */
static const char *fate(struct trio *t)
{
    char *at = strstr(t->room.verdicts, "amy>bob ");

    assert_non_null(at);
    at += strlen("amy>bob ");
    at[strcspn(at, "\n")] = '\0';
    return at;
}

static struct radio_packet disturbance(sim_ns start, uint8_t phy, uint16_t mhz)
{
    struct radio_packet packet = room_packet(start, LEN);

    packet.phy = phy;
    packet.mhz = mhz;
    packet.access_address = 0x12345678;
    return packet;
}

/* Core v5.4, Vol 6, Part A, 4.2: co-channel, adjacent channels, and all that are farther away. */
static const struct ratio {
    const char *name;
    uint8_t phy;
    int offset_mhz;
    int ratio_ddb;
} ratios[] = {
    {"1M co-channel", RADIO_PHY_1M, 0, 210},
    {"1M +1", RADIO_PHY_1M, 1, 150},
    {"1M -1", RADIO_PHY_1M, -1, 150},
    {"1M +2", RADIO_PHY_1M, 2, -170},
    {"1M -2", RADIO_PHY_1M, -2, -170},
    {"1M +3", RADIO_PHY_1M, 3, -270},
    {"1M far away", RADIO_PHY_1M, 40, -270},
    {"2M co-channel", RADIO_PHY_2M, 0, 210},
    {"2M +1: counts as co-channel", RADIO_PHY_2M, 1, 210},
    {"2M +2", RADIO_PHY_2M, 2, 150},
    {"2M -2", RADIO_PHY_2M, -2, 150},
    {"2M +4", RADIO_PHY_2M, 4, -170},
    {"2M -6", RADIO_PHY_2M, -6, -270},
    {"2M far away", RADIO_PHY_2M, 39, -270},
    {"S8 co-channel", RADIO_PHY_CODED_S8, 0, 120},
    {"S8 +1", RADIO_PHY_CODED_S8, 1, 60},
    {"S8 -2", RADIO_PHY_CODED_S8, -2, -260},
    {"S8 +3", RADIO_PHY_CODED_S8, 3, -360},
    {"S2 co-channel", RADIO_PHY_CODED_S2, 0, 170},
    {"S2 -1", RADIO_PHY_CODED_S2, -1, 110},
    {"S2 +2", RADIO_PHY_CODED_S2, 2, -210},
    {"S2 far away", RADIO_PHY_CODED_S2, 20, -310},
};

enum when { BEFORE, DURING_SYNC, AFTER_SYNC };

static void try_ratio(const struct ratio *row, enum when when, int missing_ddb)
{
    struct trio *t = trio_open((int16_t)(400 + row->ratio_ddb - missing_ddb));
    const bool coded = row->phy >= RADIO_PHY_CODED_S8;
    const sim_ns sync = coded ? SIM_US(336) : row->phy == RADIO_PHY_2M ? SIM_US(24) : SIM_US(40);
    struct radio_packet packet = room_packet(START, LEN);
    struct radio_listen window = room_window(0, START);
    sim_ns start = START - SIM_US(1);

    packet.phy = window.phy = row->phy;
    packet.mhz = window.mhz = 2440;
    if (when == DURING_SYNC)
        start = START + sync - 1;
    if (when == AFTER_SYNC)
        start = START + sync;
    const struct radio_packet other =
        disturbance(start, row->phy, (uint16_t)(2440 + row->offset_mhz));
    room_radio_hear(&t->bob, &window);
    room_radio_send(&t->amy, &packet);
    room_radio_send(&t->cat, &other);
    radio_room_run(&t->room, SIM_S(1));
    const char *expected = missing_ddb ? "collided -400 -1" : "heard -400";
    if (strcmp(fate(t), expected) != 0)
        fail_msg("%s, %d, %d: %s", row->name, (int)when, missing_ddb, fate(t));
    /* Heard whole; or garbled; or not at all, with the window closed by then. */
    assert_int_equal(strstr(t->room.log, "rx bob ok -40") != NULL, !missing_ddb);
    assert_int_equal(strstr(t->room.log, "rx bob bad -40") != NULL,
                     missing_ddb && when == AFTER_SYNC);
    assert_int_equal(strstr(t->room.log, "timeout bob") != NULL, missing_ddb && when != AFTER_SYNC);
    trio_close(t);
}

static void test_ratio(void **state)
{
    for (int when = BEFORE; when <= AFTER_SYNC; when++) {
        try_ratio(*state, (enum when)when, 0);
        try_ratio(*state, (enum when)when, 1);
    }
}

/* What ends as the packet begins, or begins as it ends, does not overlap it. */
static const struct touching_row {
    const char *name;
    sim_ns start;
    const char *fate;
} touching_rows[] = {
    {"ends at the start", START - SIM_US(224), "heard -400"},
    {"ends 1 ns later", START - SIM_US(224) + 1, "collided -400 -610"},
    {"begins at the end", START + SIM_US(224), "heard -400"},
    {"begins 1 ns earlier", START + SIM_US(224) - 1, "collided -400 -610"},
};

static void test_touching(void **state)
{
    const struct touching_row *row = *state;
    struct trio *t = trio_open(0);
    /* 400 us on: the first row begins before START. */
    struct radio_packet packet = room_packet(START + SIM_US(400), LEN);
    const struct radio_packet other = disturbance(row->start + SIM_US(400), RADIO_PHY_1M, 2402);
    const struct radio_listen window = room_window(0, SIM_MS(1));
    room_radio_hear(&t->bob, &window);
    room_radio_send(&t->amy, &packet);
    room_radio_send(&t->cat, &other);
    radio_room_run(&t->room, SIM_S(1));
    if (strcmp(fate(t), row->fate) != 0)
        fail_msg("%s: %s", row->name, fate(t));
    trio_close(t);
}

/* Two packets that begin together: the stronger wins whoever's name comes first, or neither does.
 */
static const struct capture_row {
    const char *name;
    int16_t amy_ddbm, cat_ddbm;
    sim_ns cat_later;
    const char *log;
} capture_rows[] = {
    {"amy stronger", 210, 0, 0, "88000 rx bob ok"},
    {"cat stronger", 0, 210, 0, "88000 rx bob ok"},
    {"amy not enough", 209, 0, 0, "5000000 timeout bob"},
    {"cat not enough", 0, 209, 0, "5000000 timeout bob"},
    {"cat stronger, within amy's access address", 0, 210, 39999, "127999 rx bob ok"},
    {"cat stronger, after amy's access address", 0, 210, 40000, "88000 rx bob bad"},
    {"equal", 0, 0, 100, "5000000 timeout bob"},
};

static void test_capture(void **state)
{
    const struct capture_row *row = *state;
    struct trio *t = trio_open(400);
    const struct radio_packet first = room_packet(0, 3);
    const struct radio_packet second = room_packet(row->cat_later, 3);
    const struct radio_listen window = room_window(0, SIM_MS(5));
    t->amy.radio.power_ddbm = row->amy_ddbm;
    t->cat.radio.power_ddbm = row->cat_ddbm;
    room_radio_hear(&t->bob, &window);
    room_radio_send(&t->amy, &first);
    room_radio_send(&t->cat, &second);
    radio_room_run(&t->room, SIM_S(1));
    const char *story = strstr(t->room.log, row->log);
    if (!story)
        fail_msg("%s: %s", row->name, t->room.log);
    /* Once. */
    assert_null(strstr(story + strlen(row->log), "bob"));
    trio_close(t);
}

/* A garbled packet differs from what was sent in one to eight bits, the same ones every time. */
static void test_garbled(void **state)
{
    char last[256] = "";
    (void)state;

    for (int i = 0; i < 2; i++) {
        struct trio *t = trio_open(400);
        const struct radio_packet packet = room_packet(0, LEN);
        const struct radio_packet other = disturbance(SIM_US(100), RADIO_PHY_1M, 2402);
        const struct radio_listen window = room_window(0, 0);
        room_radio_hear(&t->bob, &window);
        room_radio_send(&t->amy, &packet);
        room_radio_send(&t->cat, &other);
        radio_room_run(&t->room, SIM_US(224));
        const char *line = strstr(t->room.log, "224000 rx bob bad -40");
        assert_non_null(line);
        assert_null(strstr(line, "00 01 02 03 04 05 06 07 08 09 00 00 00 00 00 00 00 00 00 00"));
        if (i)
            assert_string_equal(last, line);
        snprintf(last, sizeof last, "%s", line);
        trio_close(t);
    }
}

/* --- interferers --- */

static const struct interferer_row {
    const char *name;
    uint16_t mhz, bandwidth_mhz;
    int16_t power_ddbm;
    sim_ns from, until;
    const char *fate;
} interferer_rows[] = {
    {"on the carrier, as strong as it may be", 2440, 1, -610, 0, SIM_NEVER, "heard -400"},
    {"on the carrier, 0.1 dB more", 2440, 1, -609, 0, SIM_NEVER, "collided -400 -1"},
    {"wide, carrier at its edge", 2450, 20, -609, 0, SIM_NEVER, "collided -400 -1"},
    {"wide, carrier at its lower edge", 2430, 20, -609, 0, SIM_NEVER, "collided -400 -1"},
    {"odd width, half a MHz off: as 1 MHz", 2450, 19, -549, 0, SIM_NEVER, "collided -400 -1"},
    {"1 MHz off the edge, enough", 2451, 20, -549, 0, SIM_NEVER, "collided -400 -1"},
    {"1 MHz off the edge", 2451, 20, -550, 0, SIM_NEVER, "heard -400"},
    {"2 MHz off the edge", 2452, 20, -229, 0, SIM_NEVER, "collided -400 -1"},
    {"far away, strong", 2400, 2, -129, 0, SIM_NEVER, "collided -400 -1"},
    {"far away", 2400, 2, -130, 0, SIM_NEVER, "heard -400"},
    {"over when it begins", 2440, 1, 0, 0, START, "heard -400"},
    {"over 1 ns later", 2440, 1, 0, 0, START + 1, "collided -400 -610"},
    {"begins at the end", 2440, 1, 0, START + SIM_US(224), SIM_NEVER, "heard -400"},
    {"begins 1 ns earlier", 2440, 1, 0, START + SIM_US(224) - 1, SIM_NEVER, "collided -400 -610"},
    {"a short burst in the payload", 2440, 1, 0, START + SIM_US(80), START + SIM_US(81),
     "collided -400 -610"},
    {"never there", 2440, 1, 0, START, START, "heard -400"},
};

static void test_interferer(void **state)
{
    const struct interferer_row *row = *state;
    for (int late = 0; late < 2; late++) {
        struct trio *t = trio_open(400);
        struct radio_packet packet = room_packet(START, LEN);
        struct radio_listen window = room_window(0, START);
        packet.mhz = window.mhz = 2440;
        room_radio_hear(&t->bob, &window);
        room_radio_send(&t->amy, &packet);
        /* Announced before, or with the packet on the air: the same comes of it. */
        if (late)
            radio_room_run(&t->room, START);
        assert_int_equal(radio_medium_add_interferer(t->room.medium, row->mhz, row->bandwidth_mhz,
                                                     row->power_ddbm, row->from, row->until),
                         0);
        radio_room_run(&t->room, SIM_S(1));
        if (strcmp(fate(t), row->fate) != 0)
            fail_msg("%s, %d: %s", row->name, late, fate(t));
        const bool heard = strncmp(row->fate, "heard", 5) == 0;
        const bool sync = !heard && row->from < START + SIM_US(40);
        assert_int_equal(strstr(t->room.log, "rx bob ok") != NULL, heard);
        assert_int_equal(strstr(t->room.log, "timeout bob") != NULL, sync);
        assert_int_equal(strstr(t->room.log, "rx bob bad") != NULL, !heard && !sync);
        trio_close(t);
    }
}

/* Thousands of bursts, each over before the next is announced, take no room. */
static void test_many_bursts(void **state)
{
    struct trio *t = trio_open(400);
    (void)state;

    for (sim_ns at = 0; at < 5000; at++) {
        radio_room_run(&t->room, at);
        assert_int_equal(radio_medium_add_interferer(t->room.medium, 2402, 1, 0, at, at + 1), 0);
    }
    for (unsigned i = 0; i < 20; i++)
        assert_int_equal(radio_medium_add_interferer(t->room.medium, 2402, 1, (int16_t)-1000,
                                                     SIM_US(10), SIM_NEVER),
                         0);
    const struct radio_packet packet = room_packet(5000, 3);
    const struct radio_listen window = room_window(5000, 5000);
    room_radio_hear(&t->bob, &window);
    room_radio_send(&t->amy, &packet);
    radio_room_run(&t->room, SIM_S(1));
    assert_string_equal(fate(t), "heard -400");
    trio_close(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_garbled),
        cmocka_unit_test(test_many_bursts),
    };

    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    failed += RUN_ROWS(ratios, test_ratio);
    failed += RUN_ROWS(touching_rows, test_touching);
    failed += RUN_ROWS(capture_rows, test_capture);
    failed += RUN_ROWS(interferer_rows, test_interferer);
    return failed;
}
