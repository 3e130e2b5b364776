/* SPDX-License-Identifier: MIT */
/* Connection update (Core v5.4, Vol 6, Part B, 5.1.1) between an upper and a lower tester. */
#include "link_tester.h"
#include "rows.h"

#define PARAMETERS_REQUEST (UINT64_C(1) << LL_FEATURE_CONNECTION_PARAMETERS_REQUEST)

/* Runs up to the instant's event, which is the next one; then the update is told, not before. */
static void expect_update(struct link_room *f, const struct link_update *update)
{
    while (f->link.counter != (uint16_t)(update->instant - 1))
        link_idle_event(&f->link);
    /* 5.1.1: counted with the old interval. */
    const sim_ns at = f->link.anchor + SIM_US(1250) * f->link.ind.interval_1250us;

    upper_expect_none(f->upper);
    ll_room_run(&f->room, at - 1 - ll_room_now(&f->room));
    upper_expect_none(f->upper);
    const struct upper_event *event = upper_expect(f->upper, UP_UPDATED, 1);
    assert_int_equal(event->at, at);
    assert_int_equal(event->status, 0);
    assert_int_equal(event->handle, 0);
    assert_int_equal(event->update.interval_1250us, update->interval_1250us);
    assert_int_equal(event->update.latency, update->latency);
    assert_int_equal(event->update.timeout_10ms, update->timeout_10ms);
}

/* The central's indication, whose instant is so many events after the one that it is sent in. */
static size_t make_update(const struct link_room *f, uint8_t pdu[static LINK_CONTROL_MAX],
                          struct link_update *update, unsigned ahead)
{
    update->instant = (uint16_t)(f->link.counter + 1 + ahead);
    return link_update_ind(pdu, update);
}

static void send_update(struct link_room *f, struct link_update *update, unsigned ahead)
{
    uint8_t pdu[LINK_CONTROL_MAX];

    link_send_control(&f->link, pdu, make_update(f, pdu, update, ahead));
}

/* The host's command, and the indication that comes of it. */
static void ask_update(struct link_room *f, const struct ll_update_params *params)
{
    assert_int_equal(ll_connection_update(f->upper->ll, 0, params), 0);
    ll_room_run(&f->room, 0);
}

static void hear_update(struct link_room *f, struct link_update *update, unsigned ahead)
{
    uint8_t pdu[LINK_CONTROL_MAX];

    link_expect_control(&f->link, pdu, make_update(f, pdu, update, ahead));
}

/* --- the peripheral follows --- */

struct follow_row {
    const char *name;
    struct link_update update; /* the instant is relative to the event that it is sent in */
    sim_ns late;
    bool ch_sel;
};

static const struct follow_row follows[] = {
    {"longer interval", {2, 0, 80, 0, 100, 6}, 0, false},
    {"shorter interval", {2, 0, 6, 0, 100, 6}, 0, false},
    {"algorithm 2", {2, 3, 40, 0, 100, 6}, 0, true},
    {"same interval, new anchor", {1, 7, 24, 0, 50, 6}, 0, false},
    {"greatest offset", {1, 32, 32, 0, 100, 6}, 0, false},
    {"end of the window", {8, 5, 32, 0, 100, 6}, SIM_MS(10), false},
    {"middle of the window", {4, 1, 32, 0, 100, 9}, SIM_US(3333), false},
    {"next event", {1, 0, 12, 0, 100, 1}, 0, false},
    {"far instant", {1, 2, 12, 0, 100, 200}, 0, false},
    {"other timeout", {1, 0, 24, 0, 3200, 6}, 0, false},
};

/*
 * central (LT)              peripheral (IUT)             UT
 *  |  LL_CONNECTION_UPDATE_IND -->
 *  |  events with the old interval ...
 *  |                          |                instant: connection update ->
 *  |  in the transmit window -->
 *  |  <-- T_IFS after
 *  |  events with the new interval, counted from there ...
 */
static void peripheral_follows(void **state)
{
    const struct follow_row *row = *state;
    struct ll_connect_ind ind = link_connect_ind(upper_address(1));
    struct link_update update = row->update;
    struct link_room f;

    ind.ch_sel = row->ch_sel;
    link_room_open_peripheral(&f, &ind);
    link_idle_events(&f, 3);
    send_update(&f, &update, row->update.instant);
    link_follow_update(&f.link, &update, row->late);
    expect_update(&f, &update);
    link_idle_events(&f, 50);
    upper_expect_none(f.upper);
    ll_room_close(&f.room);
}

/* The transmit window is over: a packet then is not heard; the next window comes an interval on. */
static void peripheral_waits_for_the_next_window(void **state)
{
    struct link_update update = {2, 3, 40, 0, 100, 0};
    struct link_room f;
    (void)state;

    link_room_open(&f, false, UINT64_MAX);
    send_update(&f, &update, 6);
    link_follow_update(&f.link, &update, SIM_US(2 * 1250 + 100));
    expect_update(&f, &update);
    link_begin(&f.link);
    link_send_empty(&f.link, false);
    link_expect_nothing(&f.link);
    /* In the second window, at its beginning. */
    f.link.anchor -= SIM_US(2 * 1250 + 100);
    link_idle_events(&f, 10);
    ll_room_close(&f.room);
}

/* The supervision timeout begins anew at the instant, with its new length. */
static void supervision_restarts(void **state)
{
    struct link_update update = {1, 0, 40, 0, 40, 0};
    struct link_room f;
    (void)state;

    link_room_open(&f, false, UINT64_MAX);
    send_update(&f, &update, 6);
    expect_update(&f, &update);
    const sim_ns instant = ll_room_now(&f.room);
    const struct upper_event *event = upper_expect(f.upper, UP_DISCONNECTED, SIM_S(2));
    assert_int_equal(event->status, HCI_ERR_CONNECTION_TIMEOUT);
    assert_int_equal(event->at, instant + SIM_MS(400));
    ll_room_close(&f.room);
}

/* With latency, the peripheral hears every event from the indication on, and the instant's. */
static void latency_waits_until_the_instant(void **state)
{
    struct link_update update = {1, 2, 24, 4, 200, 0};
    struct link_room f;
    (void)state;

    link_room_open(&f, false, UINT64_MAX);
    send_update(&f, &update, 10);
    link_follow_update(&f.link, &update, 0);
    expect_update(&f, &update);
    link_idle_event(&f.link);
    /* Then four may be left out. */
    link_begin(&f.link);
    link_send_empty(&f.link, false);
    link_expect_nothing(&f.link);
    link_skip(&f.link, 4);
    link_idle_event(&f.link);
    ll_room_close(&f.room);
}

/* A peripheral that may sleep does not, from the indication to the instant (5.1.1). */
static void sleeper_stays_awake(void **state)
{
    struct ll_connect_ind ind = link_connect_ind(upper_address(1));
    struct link_update update = {1, 2, 24, 4, 200, 0};
    struct link_room f;
    (void)state;

    ind.latency = 4;
    link_room_open_peripheral(&f, &ind);
    link_idle_event(&f.link);
    link_skip(&f.link, 5);
    send_update(&f, &update, 11);
    link_follow_update(&f.link, &update, 0);
    expect_update(&f, &update);
    link_idle_event(&f.link);
    ll_room_close(&f.room);
}

/* Nothing changes: the host need not know. */
static void anchor_alone_moves_untold(void **state)
{
    struct link_update update = {1, 5, 24, 0, 100, 0};
    struct link_room f;
    (void)state;

    link_room_open(&f, false, UINT64_MAX);
    send_update(&f, &update, 6);
    link_follow_update(&f.link, &update, 0);
    link_idle_events(&f, 20);
    upper_expect_none(f.upper);
    ll_room_close(&f.room);
}

/* While the host's transport is full, the indication is not acknowledged, and comes again. */
static void not_taken_without_room(void **state)
{
    struct link_update update = {1, 0, 40, 0, 100, 0};
    uint8_t pdu[LINK_CONTROL_MAX];
    struct link_room f;
    (void)state;

    link_room_open(&f, false, UINT64_MAX);
    const size_t len = make_update(&f, pdu, &update, 11);
    f.upper->no_room = true;
    for (int i = 0; i < 3; i++) {
        link_event(&f.link, LL_LLID_CONTROL, pdu, len);
        assert_false(f.link.acked);
    }
    f.upper->no_room = false;
    link_send_control(&f.link, pdu, len);
    link_follow_update(&f.link, &update, 0);
    expect_update(&f, &update);
    link_idle_events(&f, 3);
    ll_room_close(&f.room);
}

/* --- instants (5.5) --- */

struct instant_row {
    const char *name;
    uint16_t ahead;
    uint8_t reason; /* 0: the connection lives */
};

static const struct instant_row instants[] = {
    {"one ahead", 1, 0},
    {"the last that is ahead", 32766, 0},
    {"the first that is past", 32767, 0x28},
    {"one past", 65535, 0x28},
};

static void instants_past(void **state)
{
    const struct instant_row *row = *state;
    struct link_update update = {1, 0, 40, 0, 100, 0};
    uint8_t pdu[LINK_CONTROL_MAX];
    struct link_room f;

    link_room_open(&f, false, UINT64_MAX);
    const size_t len = make_update(&f, pdu, &update, row->ahead);
    link_begin(&f.link);
    link_send(&f.link, LL_LLID_CONTROL, pdu, len, false);
    if (row->reason) {
        const struct upper_event *event = upper_expect(f.upper, UP_DISCONNECTED, SIM_MS(40));
        assert_int_equal(event->status, row->reason);
        assert_int_equal(event->at, f.link.last_end);
        lower_expect_silence(&f.room, SIM_S(1));
    } else {
        link_expect_empty(&f.link);
        link_expect_nothing(&f.link);
    }
    if (row->ahead == 1) {
        link_follow_update(&f.link, &update, 0);
        expect_update(&f, &update);
        link_idle_events(&f, 3);
    }
    ll_room_close(&f.room);
}

/* The instant is the event that the indication comes in: its first packet was the anchor. */
static void instant_is_now(void **state)
{
    struct link_update update = {1, 3, 40, 0, 100, 0};
    struct link_room f;
    (void)state;

    link_room_open(&f, false, UINT64_MAX);
    send_update(&f, &update, 0);
    assert_int_equal(upper_expect(f.upper, UP_UPDATED, 0)->update.interval_1250us, 40);
    f.link.ind.interval_1250us = 40;
    link_idle_events(&f, 5);
    ll_room_close(&f.room);
}

/* Event counters wrap, instants with them. */
static void instant_wraps(void **state)
{
    struct link_update update = {1, 3, 7, 0, 100, 2};
    uint8_t pdu[LINK_CONTROL_MAX];
    struct link_room f;
    (void)state;

    link_room_open(&f, false, UINT64_MAX);
    while (f.link.counter != 65530)
        link_idle_event(&f.link);
    link_send_control(&f.link, pdu, link_update_ind(pdu, &update));
    link_follow_update(&f.link, &update, 0);
    expect_update(&f, &update);
    link_idle_events(&f, 5);
    ll_room_close(&f.room);
}

/* --- what no connection may have --- */

struct bad_row {
    const char *name;
    struct link_update update;
};

static const struct bad_row bad[] = {
    {"interval 0", {1, 0, 0, 0, 100, 6}},
    {"interval below", {1, 0, 5, 0, 100, 6}},
    {"interval above", {1, 0, 3201, 0, 3200, 6}},
    {"latency above", {1, 0, 6, 500, 3200, 6}},
    {"timeout below", {1, 0, 6, 0, 9, 6}},
    {"timeout above", {1, 0, 6, 0, 3201, 6}},
    {"timeout shorter than latency allows", {1, 0, 80, 4, 100, 6}},
    {"window of nothing", {0, 0, 24, 0, 100, 6}},
    {"window over 10 ms", {9, 0, 24, 0, 100, 6}},
    {"window as long as the interval", {6, 0, 6, 0, 100, 6}},
    {"offset beyond the interval", {1, 25, 24, 0, 100, 6}},
};

/*
 * central (LT)              peripheral (IUT)             UT
 *  |  LL_CONNECTION_UPDATE_IND -->
 *  |  <-- LL_TERMINATE_IND (0x1E)
 *  |  acknowledged -->        |               disconnected (0x1E) ->
 */
static void bad_parameters_end_the_connection(void **state)
{
    const struct bad_row *row = *state;
    const uint8_t terminate[] = {LL_TERMINATE_IND, HCI_ERR_INVALID_LL_PARAMETERS};
    struct link_update update = row->update;
    uint8_t pdu[LINK_CONTROL_MAX];
    struct link_room f;

    link_room_open(&f, false, UINT64_MAX);
    const size_t len = make_update(&f, pdu, &update, row->update.instant);
    link_begin(&f.link);
    link_send(&f.link, LL_LLID_CONTROL, pdu, len, false);
    link_expect(&f.link, LL_LLID_CONTROL, terminate, sizeof terminate, false);
    link_begin(&f.link);
    link_send_empty(&f.link, false);
    assert_int_equal(upper_expect(f.upper, UP_DISCONNECTED, SIM_MS(40))->status,
                     HCI_ERR_INVALID_LL_PARAMETERS);
    lower_expect_silence(&f.room, SIM_S(1));
    ll_room_close(&f.room);
}

/* --- the central's --- */

struct central_row {
    const char *name;
    struct ll_update_params params;
    uint16_t interval; /* that it chooses */
    uint16_t ahead;
};

static const struct central_row centrals[] = {
    {"longer", {.interval_min_1250us = 60, .interval_max_1250us = 80, .timeout_10ms = 200}, 80, 6},
    {"shorter", {.interval_min_1250us = 6, .interval_max_1250us = 6, .timeout_10ms = 10}, 6, 6},
    {"the present one will do",
     {.interval_min_1250us = 6, .interval_max_1250us = 80, .timeout_10ms = 300},
     24,
     6},
    {"latency",
     {.interval_min_1250us = 24, .interval_max_1250us = 24, .latency = 3, .timeout_10ms = 300},
     24,
     6},
};

/*
 * UT                 central (IUT)           peripheral (LT)
 *  connection update -> |
 *                       |  LL_CONNECTION_UPDATE_IND -->
 *                       |  six events with the old interval, the first included
 *  <- update complete   |  the event with the new, at the window's beginning
 */
static void central_updates(void **state)
{
    const struct central_row *row = *state;
    struct link_update update = {2, 0, row->interval, row->params.latency, row->params.timeout_10ms,
                                 0};
    struct link_room f;

    link_room_open(&f, true, UINT64_MAX & ~PARAMETERS_REQUEST);
    assert_int_equal(ll_connection_update(f.upper->ll, 0, &row->params), 0);
    assert_int_equal(ll_connection_update(f.upper->ll, 0, &row->params),
                     HCI_ERR_COMMAND_DISALLOWED);
    ll_room_run(&f.room, 0);
    assert_int_equal(ll_connection_update(f.upper->ll, 0, &row->params),
                     HCI_ERR_COMMAND_DISALLOWED);
    hear_update(&f, &update, row->ahead);
    link_follow_update(&f.link, &update, 0);
    expect_update(&f, &update);
    link_idle_events(&f, 30);
    /* Once more, from there: latency puts the instant off. */
    ask_update(&f, &row->params);
    hear_update(&f, &update, 6U * (1U + row->params.latency));
    expect_update(&f, &update);
    link_idle_events(&f, 3);
    ll_room_close(&f.room);
}

/* An instant that lies more than 40 s ahead, for latency's sake, is no answer that is missing. */
static void instant_beyond_the_response_timeout(void **state)
{
    const struct ll_update_params sleepy = {
        .interval_min_1250us = 24, .interval_max_1250us = 24, .latency = 250, .timeout_10ms = 2000};
    struct link_update update = {2, 0, 24, 250, 2000, 0};
    struct link_room f;
    (void)state;

    link_room_open(&f, true, UINT64_MAX & ~PARAMETERS_REQUEST);
    for (int round = 0; round < 2; round++) {
        ask_update(&f, &sleepy);
        hear_update(&f, &update, round == 0 ? 6 : 6 * 251);
        link_follow_update(&f.link, &update, 0);
        expect_update(&f, &update);
        link_idle_events(&f, 3);
    }
    ll_room_close(&f.room);
}

/* Not acknowledged, it is sent again as it was; at the instant the central moves all the same. */
static void central_does_not_wait_for_the_acknowledgement(void **state)
{
    const struct ll_update_params params = {
        .interval_min_1250us = 40, .interval_max_1250us = 40, .timeout_10ms = 100};
    struct link_update update = {2, 0, 40, 0, 100, 0};
    uint8_t pdu[LINK_CONTROL_MAX];
    struct link_room f;
    (void)state;

    link_room_open(&f, true, UINT64_MAX & ~PARAMETERS_REQUEST);
    ask_update(&f, &params);
    const size_t len = make_update(&f, pdu, &update, 6);
    link_follow_update(&f.link, &update, 0);
    for (int i = 0; i < 10; i++) {
        link_begin(&f.link);
        link_expect(&f.link, LL_LLID_CONTROL, pdu, len, false);
        f.link.nesn = !f.link.nesn;
        link_send_empty(&f.link, false);
        link_expect_nothing(&f.link);
    }
    assert_int_equal(upper_expect(f.upper, UP_UPDATED, 0)->status, 0);
    ll_room_close(&f.room);
}

/* The instant counts from the event that it is first sent in, however long that had to wait. */
static void instant_chosen_when_sent(void **state)
{
    const struct ll_update_params params = {
        .interval_min_1250us = 40, .interval_max_1250us = 40, .timeout_10ms = 100};
    static const uint8_t data[5] = {1, 2, 3, 4, 5};
    struct link_update update = {2, 0, 40, 0, 100, 0};
    uint8_t pdu[LINK_CONTROL_MAX];
    struct link_room f;
    (void)state;

    link_room_open(&f, true, UINT64_MAX & ~PARAMETERS_REQUEST);
    assert_int_equal(ll_acl_send(f.upper->ll, 0, true, data, sizeof data), 0);
    for (int i = 0; i < 20; i++) {
        link_begin(&f.link);
        link_hear(&f.link);
        assert_int_equal(f.link.header.llid, LL_LLID_START);
        f.link.nesn = !f.link.nesn; /* and not a word */
        link_expect_nothing(&f.link);
        if (i == 0)
            assert_int_equal(ll_connection_update(f.upper->ll, 0, &params), 0);
    }
    link_begin(&f.link);
    link_hear(&f.link);
    link_send_empty(&f.link, false);
    update.instant = (uint16_t)(f.link.counter + 6);
    link_expect(&f.link, LL_LLID_CONTROL, pdu, link_update_ind(pdu, &update), false);
    upper_expect(f.upper, UP_COMPLETED, 0);
    link_send_empty(&f.link, false);
    link_follow_update(&f.link, &update, 0);
    expect_update(&f, &update);
    link_idle_events(&f, 3);
    ll_room_close(&f.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(peripheral_waits_for_the_next_window),
        cmocka_unit_test(supervision_restarts),
        cmocka_unit_test(latency_waits_until_the_instant),
        cmocka_unit_test(sleeper_stays_awake),
        cmocka_unit_test(instant_beyond_the_response_timeout),
        cmocka_unit_test(anchor_alone_moves_untold),
        cmocka_unit_test(not_taken_without_room),
        cmocka_unit_test(instant_is_now),
        cmocka_unit_test(instant_wraps),
        cmocka_unit_test(central_does_not_wait_for_the_acknowledgement),
        cmocka_unit_test(instant_chosen_when_sent),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    failed += RUN_ROWS(follows, peripheral_follows);
    failed += RUN_ROWS(instants, instants_past);
    failed += RUN_ROWS(bad, bad_parameters_end_the_connection);
    failed += RUN_ROWS(centrals, central_updates);
    return failed;
}
