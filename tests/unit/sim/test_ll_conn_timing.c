/* SPDX-License-Identifier: MIT */
/*
 * When a peripheral listens (Core v5.4, Vol 6, Part B, 4.2.4, 4.5.1, 4.5.3): transmit window, window
 * widening, latency. The lower tester is its central.
 */
#include "link_tester.h"
#include "rows.h"

/* One packet, heard or not; the anchor point of what follows moves with it. */
static void send_and_close(struct link_room *f, bool heard)
{
    link_send_empty(&f->link, false);
    if (heard) {
        link_expect_empty(&f->link);
        link_idle_events(f, 10);
    } else {
        lower_expect_silence(&f->room, SIM_MS(25));
    }
    ll_room_close(&f->room);
}

/* --- the transmit window --- */

struct window_row {
    const char *name;
    uint8_t win_size;
    uint16_t win_offset;
    int64_t shift_us; /* of the first packet, from the beginning of the window */
    unsigned missed;  /* events before it */
    bool heard;
};

static const struct window_row windows[] = {
    {"at its beginning", 1, 0, 0, 0, true},
    {"at its end", 1, 0, 1250, 0, true},
    {"a larger one's end", 8, 3, 10000, 0, true},
    {"early within the widening", 1, 0, -16, 0, true},
    {"too early", 1, 0, -18, 0, false},
    {"late within the widening", 1, 0, 1266, 0, true},
    {"too late", 1, 0, 1268, 0, false},
    {"in the second event", 1, 5, 700, 1, true},
    {"in the sixth event", 1, 5, 1250, 5, true},
    /* 100 ppm of 30 ms and the delay before: 3 us more. */
    {"in the second event, widened", 1, 0, 1250 + 16 + 3, 1, true},
    {"in the second event, beyond", 1, 0, 1250 + 16 + 5, 1, false},
};

/*
 * CONNECT_IND -->
 *     (1.25 ms, offset)
 * first packet -->     somewhere in the window
 * <-- its answer
 * next packet -->      exactly one interval after the first
 */
static void transmit_window(void **state)
{
    const struct window_row *row = *state;
    struct ll_connect_ind ind = link_connect_ind(upper_address(1));
    struct link_room f;

    ind.win_size_1250us = row->win_size;
    ind.win_offset_1250us = row->win_offset;
    link_room_open_peripheral(&f, &ind);
    if (row->missed)
        link_skip(&f.link, row->missed);
    f.link.anchor += SIM_US(row->shift_us + 100) - SIM_US(100);
    link_begin(&f.link);
    send_and_close(&f, row->heard);
}

/* --- window widening --- */

struct widening_row {
    const char *name;
    unsigned missed;
    uint8_t sca; /* the central's */
    int64_t shift_us;
    bool heard;
};

/* 50 ppm here and 50 or 500 ppm there, of 30 ms an event, and 16 us (4.2.4). */
static const struct widening_row widenings[] = {
    {"next event, early", 0, 5, -18, true},
    {"next event, too early", 0, 5, -20, false},
    {"next event, late", 0, 5, 18, true},
    {"next event, too late", 0, 5, 20, false},
    {"after 10 events, early", 9, 5, -45, true},
    {"after 10 events, too early", 9, 5, -47, false},
    {"after 10 events, late", 9, 5, 45, true},
    {"after 10 events, too late", 9, 5, 47, false},
    {"500 ppm, after 10 events, late", 9, 0, 180, true},
    {"500 ppm, after 10 events, too late", 9, 0, 182, false},
};

static void widening(void **state)
{
    const struct widening_row *row = *state;
    struct ll_connect_ind ind = link_connect_ind(upper_address(1));
    struct link_room f;

    ind.sca = row->sca;
    link_room_open_peripheral(&f, &ind);
    link_idle_event(&f.link);
    link_skip(&f.link, 1 + row->missed);
    f.link.anchor += SIM_US(row->shift_us + 200) - SIM_US(200);
    send_and_close(&f, row->heard);
}

/* Once a packet was heard the transmit window is of no account any more. */
static void window_ends_with_the_first_packet(void **state)
{
    struct ll_connect_ind ind = link_connect_ind(upper_address(1));
    struct link_room f;
    (void)state;

    ind.win_size_1250us = 8;
    link_room_open_peripheral(&f, &ind);
    link_idle_event(&f.link);
    link_begin(&f.link);
    f.link.anchor += SIM_US(100);
    link_send_empty(&f.link, false);
    link_expect_nothing(&f.link);
    f.link.anchor -= SIM_US(100);
    link_idle_event(&f.link);
    ll_room_close(&f.room);
}

/* A packet with a bad CRC moves the anchor point as well. */
static void bad_crc_moves_the_anchor(void **state)
{
    const uint8_t pdu[] = {0x01, 0x00};
    struct link_room f;
    (void)state;

    link_room_open_peripheral(&f, NULL);
    link_idle_event(&f.link);
    for (int i = 0; i < 10; i++) {
        link_begin(&f.link);
        f.link.anchor += SIM_US(18);
        link_send_raw(&f.link, pdu, sizeof pdu, true);
        link_expect_empty(&f.link);
        assert_true(f.link.acked == (i == 0) || !f.link.acked);
    }
    for (int i = 0; i < 10; i++)
        link_idle_event(&f.link);
    ll_room_close(&f.room);
}

/* --- peripheral latency --- */

/*
 * With latency 3 the peripheral answers in every fourth event; when its host has something to
 * say, in the next one.
 */
static void peripheral_latency(void **state)
{
    static const uint8_t data[] = {1, 2, 3};
    struct ll_connect_ind ind = link_connect_ind(upper_address(1));
    struct link_room f;
    (void)state;

    ind.latency = 3;
    link_room_open_peripheral(&f, &ind);
    for (int i = 0; i < 5; i++) {
        link_idle_event(&f.link);
        for (int asleep = 0; asleep < 3; asleep++) {
            link_begin(&f.link);
            link_send_empty(&f.link, false);
            link_expect_nothing(&f.link);
        }
    }
    link_idle_event(&f.link);
    lower_expect_silence(&f.room, SIM_MS(20));
    assert_int_equal(ll_acl_send(f.upper->ll, 0, true, data, sizeof data), 0);
    link_begin(&f.link);
    link_send_empty(&f.link, false);
    link_expect(&f.link, LL_LLID_START, data, sizeof data, false);
    /* Not acknowledged yet: it stays awake. */
    link_idle_event(&f.link);
    upper_expect(f.upper, UP_COMPLETED, 0);
    for (int asleep = 0; asleep < 3; asleep++) {
        link_begin(&f.link);
        link_send_empty(&f.link, false);
        link_expect_nothing(&f.link);
    }
    link_idle_event(&f.link);
    /* A packet that is missed must not be followed by sleep. */
    link_skip(&f.link, 5);
    link_send_empty(&f.link, false);
    link_expect_empty(&f.link);
    ll_room_close(&f.room);
}

/* --- latency and the rest --- */

static void open_with_latency(struct link_room *f, uint16_t latency)
{
    struct ll_connect_ind ind = link_connect_ind(upper_address(1));

    ind.latency = latency;
    link_room_open_peripheral(f, &ind);
    link_idle_event(&f->link);
}

struct asleep_row {
    const char *name;
    int64_t shift_us;
    bool heard;
};

/* 100 ppm of the four intervals since the last anchor point, and 16 us: 28 us (4.2.4). */
static const struct asleep_row asleeps[] = {
    {"early", -27, true},
    {"too early", -29, false},
    {"late", 27, true},
    {"too late", 29, false},
};

/* The window grows with the events that are slept through. */
static void widening_grows_asleep(void **state)
{
    const struct asleep_row *row = *state;
    struct link_room f;

    open_with_latency(&f, 3);
    link_skip(&f.link, 4);
    f.link.anchor += SIM_US(row->shift_us + 100) - SIM_US(100);
    link_send_empty(&f.link, false);
    if (row->heard)
        link_expect_empty(&f.link);
    else
        lower_expect_silence(&f.room, SIM_MS(25));
    ll_room_close(&f.room);
}

/* 4.5.1: it sleeps only when all that it said was heard. */
static void awake_until_acknowledged(void **state)
{
    static const uint8_t data[] = {1, 2, 3};
    struct link_room f;
    (void)state;

    open_with_latency(&f, 3);
    assert_int_equal(ll_acl_send(f.upper->ll, 0, true, data, sizeof data), 0);
    for (int i = 0; i < 5; i++) {
        link_begin(&f.link);
        link_send_empty(&f.link, false);
        link_expect(&f.link, LL_LLID_START, data, sizeof data, false);
        assert_true(f.link.new_data);
        if (i < 4)
            f.link.nesn = !f.link.nesn; /* the central did not hear it */
    }
    link_idle_event(&f.link);
    upper_expect(f.upper, UP_COMPLETED, 0);
    for (int asleep = 0; asleep < 3; asleep++) {
        link_begin(&f.link);
        link_send_empty(&f.link, false);
        link_expect_nothing(&f.link);
    }
    link_idle_event(&f.link);
    ll_room_close(&f.room);
}

/* What the central asked for is answered at once; until the answer is acknowledged, it is awake. */
static void awake_to_answer(void **state)
{
    static const uint8_t version[] = {LL_VERSION_IND, 0x08, 0xFF, 0xFF, 0, 0};
    struct link_room f;
    (void)state;

    open_with_latency(&f, 3);
    link_skip(&f.link, 4);
    link_send(&f.link, LL_LLID_CONTROL, version, sizeof version, false);
    for (int i = 0; i < 3; i++) {
        link_hear(&f.link);
        assert_int_equal(f.link.header.llid, LL_LLID_CONTROL);
        assert_int_equal(f.link.pdu[2], LL_VERSION_IND);
        f.link.nesn = !f.link.nesn;
        link_begin(&f.link);
        link_send_empty(&f.link, false);
    }
    ll_room_close(&f.room);
}

/* The central has more to say: the peripheral stays while the MD bit stands. */
static void awake_for_more_data(void **state)
{
    struct link_room f;
    (void)state;

    open_with_latency(&f, 3);
    for (int i = 0; i < 3; i++) {
        link_skip(&f.link, i == 0 ? 4 : 1);
        link_send_empty(&f.link, true);
        link_expect_empty(&f.link);
    }
    ll_room_close(&f.room);
}

/* A central that goes silent is waited for in every event, and given up by supervision. */
static void silence_after_sleep(void **state)
{
    struct link_room f;
    (void)state;

    open_with_latency(&f, 15);
    const sim_ns heard = f.link.anchor + ll_air_time(RADIO_PHY_1M, 2);
    const struct upper_event *event = upper_expect(f.upper, UP_DISCONNECTED, SIM_S(2));

    assert_int_equal(event->status, HCI_ERR_CONNECTION_TIMEOUT);
    assert_int_equal(event->at, heard + SIM_S(1));
    ll_room_close(&f.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(window_ends_with_the_first_packet),
        cmocka_unit_test(bad_crc_moves_the_anchor),
        cmocka_unit_test(peripheral_latency),
        cmocka_unit_test(awake_until_acknowledged),
        cmocka_unit_test(awake_to_answer),
        cmocka_unit_test(awake_for_more_data),
        cmocka_unit_test(silence_after_sleep),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    failed += RUN_ROWS(windows, transmit_window);
    failed += RUN_ROWS(widenings, widening);
    failed += RUN_ROWS(asleeps, widening_grows_asleep);
    return failed;
}
