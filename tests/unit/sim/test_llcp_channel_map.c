/* SPDX-License-Identifier: MIT */
/* Channel map update (Core v5.4, Vol 6, Part B, 5.1.2) between an upper and a lower tester. */
#include "link_tester.h"
#include "rows.h"

static const uint8_t all_channels[5] = {0xFF, 0xFF, 0xFF, 0xFF, 0x1F};

static void expect_map(const struct link_room *f, const uint8_t map[static 5])
{
    uint8_t read[5];

    assert_int_equal(ll_read_channel_map(f->upper->ll, 0, read), 0);
    assert_memory_equal(read, map, sizeof read);
}

struct map_row {
    const char *name;
    bool ch_sel;
    uint8_t map[5];
    uint16_t ahead;
};

static const struct map_row maps[] = {
    {"algorithm 1, two channels", false, {0x01, 0, 0, 0, 0x10}, 6},
    {"algorithm 1, every other", false, {0x55, 0x55, 0x55, 0x55, 0x15}, 6},
    {"algorithm 2, two channels", true, {0x01, 0, 0, 0, 0x10}, 6},
    {"algorithm 2, nine channels", true, {0x00, 0x06, 0xE0, 0x00, 0x1E}, 6},
    {"the next event", true, {0x0F, 0, 0, 0, 0}, 1},
    {"far ahead", false, {0x0F, 0, 0, 0, 0}, 150},
    {"the same map", false, {0xFF, 0xFF, 0xFF, 0xFF, 0x1F}, 6},
    {"reserved bits", false, {0x00, 0xFF, 0, 0, 0xE0}, 6},
};

/*
 * central (LT)              peripheral (IUT)
 *  |  LL_CHANNEL_MAP_IND -->
 *  |  events on the old channels ...
 *  |  from the instant on, events on the new channels ...
 */
static void peripheral_follows(void **state)
{
    const struct map_row *row = *state;
    struct ll_connect_ind ind = link_connect_ind(upper_address(1));
    uint8_t pdu[LINK_CONTROL_MAX], used[5];
    struct link_room f;

    ind.ch_sel = row->ch_sel;
    link_room_open_peripheral(&f, &ind);
    link_idle_events(&f, 3);
    const uint16_t instant = (uint16_t)(f.link.counter + 1 + row->ahead);
    link_send_control(&f.link, pdu, link_map_ind(pdu, row->map, instant));
    link_follow_map(&f.link, row->map, instant);
    if (row->ahead > 1)
        expect_map(&f, all_channels);
    while (f.link.counter != instant)
        link_idle_event(&f.link);
    memcpy(used, row->map, sizeof used);
    used[4] &= 0x1F;
    expect_map(&f, used);
    link_idle_events(&f, 200);
    upper_expect_none(f.upper);
    ll_room_close(&f.room);
}

/* The instant is the event that it comes in, which is over: the next uses the map. */
static void instant_is_now(void **state)
{
    const uint8_t map[5] = {0, 0xF0, 0, 0, 0};
    uint8_t pdu[LINK_CONTROL_MAX];
    struct link_room f;
    (void)state;

    link_room_open(&f, false, UINT64_MAX);
    const uint16_t now = (uint16_t)(f.link.counter + 1);
    link_send_control(&f.link, pdu, link_map_ind(pdu, map, now));
    assert_true(ll_chan_set_map(&f.link.chan, map));
    link_idle_events(&f, 40);
    ll_room_close(&f.room);
}

static void instant_past(void **state)
{
    uint8_t pdu[LINK_CONTROL_MAX];
    struct link_room f;
    (void)state;

    link_room_open(&f, false, UINT64_MAX);
    const size_t len = link_map_ind(pdu, all_channels, f.link.counter);
    link_begin(&f.link);
    link_send(&f.link, LL_LLID_CONTROL, pdu, len, false);
    assert_int_equal(upper_expect(f.upper, UP_DISCONNECTED, SIM_MS(40))->status,
                     HCI_ERR_INSTANT_PASSED);
    lower_expect_silence(&f.room, SIM_S(1));
    ll_room_close(&f.room);
}

struct bad_row {
    const char *name;
    uint8_t map[5];
};

static const struct bad_row bad[] = {
    {"no channel", {0, 0, 0, 0, 0}},
    {"one channel", {0, 0x80, 0, 0, 0}},
    {"advertising channels alone", {0, 0, 0, 0, 0xE0}},
};

static void bad_maps_end_the_connection(void **state)
{
    const struct bad_row *row = *state;
    const uint8_t terminate[] = {LL_TERMINATE_IND, HCI_ERR_INVALID_LL_PARAMETERS};
    uint8_t pdu[LINK_CONTROL_MAX];
    struct link_room f;

    link_room_open(&f, false, UINT64_MAX);
    const size_t len = link_map_ind(pdu, row->map, (uint16_t)(f.link.counter + 7));
    link_begin(&f.link);
    link_send(&f.link, LL_LLID_CONTROL, pdu, len, false);
    link_expect(&f.link, LL_LLID_CONTROL, terminate, sizeof terminate, false);
    link_begin(&f.link);
    link_send_empty(&f.link, false);
    assert_int_equal(upper_expect(f.upper, UP_DISCONNECTED, SIM_MS(40))->status,
                     HCI_ERR_INVALID_LL_PARAMETERS);
    ll_room_close(&f.room);
}

/* --- the central's --- */

/*
 * UT                   central (IUT)           peripheral (LT)
 *  classification ->      |
 *                         |  LL_CHANNEL_MAP_IND -->
 *                         |  from the sixth event after on: the new channels
 */
static void central_updates(void **state)
{
    const struct map_row *row = *state;
    uint8_t pdu[LINK_CONTROL_MAX], used[5];
    struct link_room f;

    link_room_open_central(&f, row->ch_sel);
    link_idle_event(&f.link);
    memcpy(used, row->map, sizeof used);
    used[4] &= 0x1F;
    assert_int_equal(ll_set_channel_classification(f.upper->ll, row->map), 0);
    ll_room_run(&f.room, 0);
    expect_map(&f, all_channels);
    if (memcmp(used, all_channels, sizeof used) != 0) {
        const uint16_t instant = (uint16_t)(f.link.counter + 7);
        link_expect_control(&f.link, pdu, link_map_ind(pdu, used, instant));
        link_follow_map(&f.link, used, instant);
        while (f.link.counter != (uint16_t)(instant - 2))
            link_idle_event(&f.link);
        expect_map(&f, all_channels);
    }
    link_idle_events(&f, 200);
    expect_map(&f, used);
    upper_expect_none(f.upper);
    ll_room_close(&f.room);
}

/* A host that changes its mind while a map waits for its instant: the last word is sent after. */
static void maps_take_turns(void **state)
{
    static const uint8_t first[5] = {0xFF, 0, 0, 0, 0}, second[5] = {0, 0xFF, 0, 0, 0},
                         third[5] = {0, 0, 0xFF, 0, 0};
    uint8_t pdu[LINK_CONTROL_MAX];
    struct link_room f;
    (void)state;

    link_room_open(&f, true, UINT64_MAX);
    assert_int_equal(ll_set_channel_classification(f.upper->ll, first), 0);
    ll_room_run(&f.room, 0);
    uint16_t instant = (uint16_t)(f.link.counter + 7);
    link_expect_control(&f.link, pdu, link_map_ind(pdu, first, instant));
    link_follow_map(&f.link, first, instant);
    assert_int_equal(ll_set_channel_classification(f.upper->ll, second), 0);
    assert_int_equal(ll_set_channel_classification(f.upper->ll, third), 0);
    while (f.link.counter != instant)
        link_idle_event(&f.link);
    instant = (uint16_t)(f.link.counter + 7);
    link_expect_control(&f.link, pdu, link_map_ind(pdu, third, instant));
    link_follow_map(&f.link, third, instant);
    link_idle_events(&f, 50);
    expect_map(&f, third);
    ll_room_close(&f.room);
}

/* It is for the central to say; a peripheral keeps the classification for other connections. */
static void peripheral_does_not_send_one(void **state)
{
    static const uint8_t map[5] = {0xFF, 0, 0, 0, 0};
    struct link_room f;
    (void)state;

    link_room_open(&f, false, UINT64_MAX);
    assert_int_equal(ll_set_channel_classification(f.upper->ll, map), 0);
    link_idle_events(&f, 20);
    expect_map(&f, all_channels);
    ll_room_close(&f.room);
}

/* A connection begins with what is left of the channels; Reset forgets the classification. */
static void new_connections_use_it(void **state)
{
    static const uint8_t map[5] = {0, 0x0F, 0, 0, 0};
    struct sim_controller_profile profile = upper_profile(1);
    struct ll_room room;
    struct link link;
    (void)state;

    ll_room_open(&room, 3);
    struct upper *upper = upper_new(&room, "iut", &profile);
    assert_int_equal(ll_set_channel_classification(upper->ll, map), 0);
    link_open_peripheral(&link, upper, true);
    assert_memory_equal(link.ind.channel_map, map, sizeof map);
    for (int i = 0; i < 30; i++)
        link_idle_event(&link);
    ll_reset(upper->ll);
    link_open_peripheral(&link, upper, true);
    assert_memory_equal(link.ind.channel_map, all_channels, sizeof all_channels);
    link_idle_event(&link);
    ll_room_close(&room);
}

static void classification_checked(void **state)
{
    const struct bad_row *row = *state;
    struct link_room f;

    link_room_open(&f, true, UINT64_MAX);
    assert_int_equal(ll_set_channel_classification(f.upper->ll, row->map),
                     HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS);
    link_idle_events(&f, 10);
    expect_map(&f, all_channels);
    ll_room_close(&f.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(instant_is_now),         cmocka_unit_test(instant_past),
        cmocka_unit_test(maps_take_turns),        cmocka_unit_test(peripheral_does_not_send_one),
        cmocka_unit_test(new_connections_use_it),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    failed += RUN_ROWS(maps, peripheral_follows);
    failed += RUN_ROWS(bad, bad_maps_end_the_connection);
    failed += RUN_ROWS(maps, central_updates);
    failed += RUN_ROWS(bad, classification_checked);
    return failed;
}
