/* SPDX-License-Identifier: MIT */
/* Connections (Core v5.4, Vol 6, Part B, 4.5) between an upper and a lower tester. */
#include "link_tester.h"
#include "rows.h"

#define INTERVAL SIM_MS(30)
#define TIMEOUT  SIM_S(1)

/* --- idle events --- */

struct idle_row {
    const char *name;
    bool central; /* the Link Layer under test */
    bool ch_sel;
    uint8_t map[5];
};

static const struct idle_row idle_rows[] = {
    {"peripheral, algorithm 1, all channels", false, false, {0xFF, 0xFF, 0xFF, 0xFF, 0x1F}},
    {"peripheral, algorithm 1, two channels", false, false, {0x08, 0, 0, 0, 0x04}},
    {"peripheral, algorithm 2, all channels", false, true, {0xFF, 0xFF, 0xFF, 0xFF, 0x1F}},
    {"peripheral, algorithm 2, nine channels", false, true, {0x00, 0x06, 0xE0, 0x00, 0x1E}},
    {"central, algorithm 1", true, false, {0}},
    {"central, algorithm 2", true, true, {0}},
};

/*
 * central                   peripheral
 *  |   empty, anchor point -->
 *  |   <-- empty, T_IFS after
 *  ... 200 events on the channels of the algorithm, nothing else on the air
 */
static void idle_events(void **state)
{
    const struct idle_row *row = *state;
    struct ll_connect_ind ind = link_connect_ind(upper_address(1));
    struct link_room f;

    ind.ch_sel = row->ch_sel;
    memcpy(ind.channel_map, row->map, sizeof row->map);
    if (row->central)
        link_room_open_central(&f, row->ch_sel);
    else
        link_room_open_peripheral(&f, &ind);
    assert_int_equal(f.link.ind.ch_sel, row->ch_sel);
    for (int event = 0; event < 200; event++) {
        link_idle_event(&f.link);
        assert_true(f.link.new_data);
        assert_true(row->central ? event == 0 || f.link.acked : f.link.acked);
    }
    uint8_t map[5];
    assert_int_equal(ll_read_channel_map(f.upper->ll, 0, map), 0);
    assert_memory_equal(map, f.link.ind.channel_map, sizeof map);
    ll_room_close(&f.room);
}

/* --- loss --- */

/*
 * central (lower)           peripheral
 *  |   bad CRC -->
 *  |   <-- answer, NESN as before
 *  |   bad CRC -->          the second in a row: the event is over
 *  |   nothing
 */
static void two_bad_crcs_close_the_event(void **state)
{
    struct link_room f;
    (void)state;

    link_room_open_peripheral(&f, NULL);
    link_idle_event(&f.link);
    link_begin(&f.link);
    const uint8_t pdu[] = {(uint8_t)(0x01 | f.link.nesn << 2 | f.link.sn << 3 | 0x10), 0x00};
    link_send_raw(&f.link, pdu, sizeof pdu, true);
    link_expect_empty(&f.link);
    assert_false(f.link.acked);
    link_send_raw(&f.link, pdu, sizeof pdu, true);
    link_expect_nothing(&f.link);
    /* The next event goes on where this one failed. */
    link_idle_event(&f.link);
    assert_true(f.link.acked);
    ll_room_close(&f.room);
}

static void good_crc_between_keeps_the_event(void **state)
{
    struct link_room f;
    (void)state;

    link_room_open_peripheral(&f, NULL);
    link_begin(&f.link);
    for (int i = 0; i < 5; i++) {
        const uint8_t pdu[] = {(uint8_t)(0x01 | f.link.nesn << 2 | f.link.sn << 3 | 0x10), 0x00};

        link_send_raw(&f.link, pdu, sizeof pdu, true);
        link_expect_empty(&f.link);
        assert_false(f.link.acked);
        link_send_empty(&f.link, true);
        link_expect_empty(&f.link);
        assert_true(f.link.acked);
    }
    link_idle_event(&f.link);
    ll_room_close(&f.room);
}

/* Without MD the event is over after one exchange: what comes then is not heard. */
static void more_data_keeps_the_event_open(void **state)
{
    struct link_room f;
    (void)state;

    link_room_open_peripheral(&f, NULL);
    link_begin(&f.link);
    for (int i = 0; i < 40; i++) {
        link_send_empty(&f.link, true);
        link_expect_empty(&f.link);
    }
    link_send_empty(&f.link, false);
    link_expect_empty(&f.link);
    link_send_empty(&f.link, false);
    link_expect_nothing(&f.link);
    ll_room_close(&f.room);
}

/* What the peer said of more data in one event counts for nothing in the next. */
static void more_data_is_forgotten(void **state)
{
    const uint8_t pdu[] = {0x01, 0x00};
    struct link_room f;
    (void)state;

    link_room_open_central(&f, false);
    link_begin(&f.link);
    link_expect_empty(&f.link);
    link_send_empty(&f.link, true);
    link_expect_empty(&f.link);
    link_expect_nothing(&f.link); /* nor is the central answered */
    link_begin(&f.link);
    link_expect_empty(&f.link);
    link_send_raw(&f.link, pdu, sizeof pdu, true);
    link_expect_nothing(&f.link);
    ll_room_close(&f.room);
}

/* The peripheral says MD for longer than the interval: the central stops before its next anchor. */
static void central_ends_the_event_in_time(void **state)
{
    struct link_room f;
    unsigned exchanges = 0;
    (void)state;

    link_room_open_central(&f, false);
    for (int event = 0; event < 3; event++) {
        link_begin(&f.link);
        const sim_ns next = f.link.anchor + INTERVAL;

        /* The central may begin when it can be sure to end: it sends an empty PDU. */
        exchanges = 0;
        do {
            link_expect_empty(&f.link);
            link_send_empty(&f.link, true);
            exchanges++;
        } while (f.link.last_end + LL_T_IFS + SIM_US(80 + 150 + 2 + 296 + 150) <= next);
        lower_expect_silence(&f.room, next - ll_room_now(&f.room));
        assert_true(exchanges > 60);
    }
    ll_room_close(&f.room);
}

/* --- supervision --- */

struct silence_row {
    const char *name;
    bool central;
    unsigned events;       /* before the silence */
    uint16_t timeout_10ms; /* 0: that of every test */
    bool spoiled;          /* the tester goes on, but each CRC is wrong */
};

static const struct silence_row silences[] = {
    {"peripheral", false, 5, 0, false},
    {"peripheral, one event", false, 1, 0, false},
    {"peripheral, less than six intervals", false, 1, 11, false},
    {"peripheral, wrong CRCs", false, 5, 0, true},
    {"central", true, 5, 0, false},
    {"central, one event", true, 1, 0, false},
    {"central, wrong CRCs", true, 5, 0, true},
};

static void spoiled_event(struct link *link)
{
    const uint8_t pdu[] = {(uint8_t)(0x01 | link->nesn << 2 | link->sn << 3), 0x00};

    link_begin(link);
    if (!link->central)
        link_expect_empty(link);
    link_send_raw(link, pdu, sizeof pdu, true);
    if (link->central)
        link_expect_empty(link);
    link_expect_nothing(link);
}

static void supervision_timeout(void **state)
{
    const struct silence_row *row = *state;
    struct ll_connect_ind ind = link_connect_ind(upper_address(1));
    struct link_room f;

    if (row->timeout_10ms)
        ind.timeout_10ms = row->timeout_10ms;
    if (row->central)
        link_room_open_central(&f, false);
    else
        link_room_open_peripheral(&f, &ind);
    for (unsigned i = 0; i < row->events; i++)
        link_idle_event(&f.link);
    /* What the Link Layer heard last: for a central the tester's answer, else its packet before. */
    const sim_ns last =
        row->central ? f.link.last_end : f.link.last_end - SIM_US(80) - LL_T_IFS;
    while (row->spoiled && f.link.anchor + 2 * INTERVAL < last + TIMEOUT)
        spoiled_event(&f.link);
    const struct upper_event *event = upper_expect(f.upper, UP_DISCONNECTED, SIM_S(2));
    assert_int_equal(event->status, HCI_ERR_CONNECTION_TIMEOUT);
    assert_int_equal(event->at, last + SIM_MS(10) * ind.timeout_10ms);
    assert_false(ll_handle_known(f.upper->ll, 0));
    lower_forget(&f.room);
    lower_expect_silence(&f.room, SIM_S(1));
    ll_room_close(&f.room);
}

/*
 * central                 peripheral (lower)
 *  |  CONNECT_IND -->
 *  |  empty -->           six times at most, never answered
 *  disconnected(0x3E) six intervals after CONNECT_IND
 */
static void central_not_established(void **state)
{
    struct link_room f;
    unsigned heard = 0;
    (void)state;

    link_room_open_central(&f, false);
    const sim_ns created = f.link.anchor - SIM_US(1250) * (1U + f.link.ind.win_offset_1250us);
    while (f.link.anchor + SIM_US(80) < created + 6 * INTERVAL) {
        link_expect_empty(&f.link);
        assert_false(f.link.header.sn);
        assert_false(f.link.header.nesn);
        heard++;
        link_skip(&f.link, 1);
    }
    assert_int_equal(heard, 6);
    const struct upper_event *event = upper_expect(f.upper, UP_DISCONNECTED, INTERVAL);
    assert_int_equal(event->status, HCI_ERR_CONNECTION_FAILED_TO_BE_ESTABLISHED);
    assert_int_equal(event->at, created + 6 * INTERVAL);
    lower_expect_silence(&f.room, SIM_S(1));
    ll_room_close(&f.room);
}

/* Packets whose CRC is wrong do not establish a connection. */
static void bad_crc_does_not_establish(void **state)
{
    const uint8_t pdu[] = {0x01, 0x00};
    struct link_room f;
    (void)state;

    link_room_open_peripheral(&f, NULL);
    for (int i = 0; i < 6; i++) {
        link_begin(&f.link);
        link_send_raw(&f.link, pdu, sizeof pdu, true);
        link_expect_empty(&f.link);
    }
    assert_int_equal(upper_expect(f.upper, UP_DISCONNECTED, SIM_MS(40))->status,
                     HCI_ERR_CONNECTION_FAILED_TO_BE_ESTABLISHED);
    ll_room_close(&f.room);
}

/* In the sixth event it is not too late. */
static void established_at_the_last_moment(void **state)
{
    struct link_room f;
    (void)state;

    link_room_open_peripheral(&f, NULL);
    link_skip(&f.link, 5);
    for (int i = 0; i < 20; i++)
        link_idle_event(&f.link);
    ll_room_close(&f.room);
}

/* --- hostile packets --- */

struct hostile_row {
    const char *name;
    uint8_t header; /* LLID; sequence numbers are put in */
    uint8_t length; /* what the header says */
    size_t payload; /* what follows */
    bool truncated; /* one octet of header alone */
    bool acked;
};

static const struct hostile_row hostiles[] = {
    {"LLID 0, empty", 0, 0, 0, false, true},
    {"LLID 0, 27 octets", 0, 27, 27, false, true},
    {"start of no octets", 2, 0, 0, false, true},
    {"control PDU of no octets", 3, 0, 0, false, true},
    {"28 octets", 2, 28, 28, false, false},
    {"255 octets", 2, 255, 255, false, false},
    {"length one too large", 2, 6, 5, false, false},
    {"length one too small", 2, 4, 5, false, false},
    {"length 0 with payload", 1, 0, 27, false, false},
    {"no payload where 251 are promised", 2, 251, 0, false, false},
    {"half a header", 2, 0, 0, true, false},
    {"reserved header bits", 0xE1, 0, 0, false, true},
};

/* The answer comes in any case, and acknowledges what was a PDU; nothing goes up. */
static void hostile(void **state)
{
    const struct hostile_row *row = *state;
    uint8_t pdu[LL_PDU_MAX] = {0};
    struct link_room f;

    link_room_open_peripheral(&f, NULL);
    link_idle_event(&f.link);
    link_begin(&f.link);
    pdu[0] = (uint8_t)(row->header | f.link.nesn << 2 | f.link.sn << 3);
    pdu[1] = row->length;
    link_send_raw(&f.link, pdu, row->truncated ? 1 : 2 + row->payload, false);
    link_expect_empty(&f.link);
    assert_int_equal(f.link.acked, row->acked);
    /* A packet that was none leaves the event open for another try. */
    lower_expect_silence(&f.room, SIM_MS(1));
    link_idle_event(&f.link);
    assert_true(f.link.acked);
    ll_room_close(&f.room);
}

/* An acknowledgement of what was never sent is believed, and harms nothing. */
static void acknowledges_what_was_not_sent(void **state)
{
    struct link_room f;
    (void)state;

    link_room_open_peripheral(&f, NULL);
    for (int i = 0; i < 20; i++) {
        link_begin(&f.link);
        const uint8_t pdu[] = {(uint8_t)(0x01 | (i & 1) << 2 | (i >> 1 & 1) << 3), 0x00};

        link_send_raw(&f.link, pdu, sizeof pdu, false);
        link_hear(&f.link);
        lower_expect_silence(&f.room, SIM_MS(1));
    }
    upper_expect_none(f.upper);
    ll_room_close(&f.room);
}

/* --- requests --- */

static void unknown_handles(void **state)
{
    const uint16_t handles[] = {1, 15, 16, 0x0EFF, 0xFFFF};
    struct link_room f;
    uint8_t map[5];
    int8_t rssi;
    (void)state;

    link_room_open_peripheral(&f, NULL);
    struct ll *ll = f.upper->ll;
    for (size_t i = 0; i < sizeof handles / sizeof handles[0]; i++) {
        const uint16_t handle = handles[i];

        assert_false(ll_handle_known(ll, handle));
        assert_int_equal(ll_disconnect(ll, handle, 0x13), 0x02);
        assert_int_equal(ll_read_remote_version(ll, handle), 0x02);
        assert_int_equal(ll_read_remote_features(ll, handle), 0x02);
        assert_int_equal(ll_read_rssi(ll, handle, &rssi), 0x02);
        assert_int_equal(ll_read_channel_map(ll, handle, map), 0x02);
        assert_int_equal(ll_acl_send(ll, handle, true, map, 1), 0x02);
    }
    assert_int_equal(ll_read_rssi(ll, 0, &rssi), 0);
    assert_int_equal(rssi, 127);
    link_idle_event(&f.link);
    assert_int_equal(ll_read_rssi(ll, 0, &rssi), 0);
    assert_int_equal(rssi, -20);
    ll_room_close(&f.room);
}

static void reset_ends_the_connection(void **state)
{
    struct link_room f;
    (void)state;

    link_room_open_central(&f, true);
    link_idle_event(&f.link);
    link_begin(&f.link);
    link_expect_empty(&f.link);
    ll_reset(f.upper->ll); /* while it waits for the answer */
    lower_expect_silence(&f.room, SIM_S(2));
    assert_false(ll_handle_known(f.upper->ll, 0));
    ll_room_close(&f.room);
}

/* --- link layer against link layer --- */

static void both_ends_fail_to_establish(void **state)
{
    const struct sim_controller_profile a = upper_profile(1), b = upper_profile(2);
    const struct radio_rule deaf = {.action = RADIO_RULE_LOSE, .kind = RADIO_RULE_DATA};
    struct ll_room room;
    uint32_t id;
    (void)state;

    ll_room_open(&room, 1);
    struct upper *central = upper_new(&room, "central", &a);
    struct upper *peripheral = upper_new(&room, "peripheral", &b);
    assert_int_equal(radio_medium_add_rule(sim_world_medium(room.world), &deaf, &id), 0);
    upper_advertise(peripheral);
    upper_create(central, upper_address(2), 24);
    const sim_ns created = upper_expect(central, UP_CONNECTED, SIM_S(1))->at;
    assert_int_equal(upper_expect(peripheral, UP_CONNECTED, 0)->at, created);
    const struct upper_event *event = upper_expect(central, UP_DISCONNECTED, SIM_S(1));
    assert_int_equal(event->status, HCI_ERR_CONNECTION_FAILED_TO_BE_ESTABLISHED);
    assert_int_equal(event->at, created + 6 * INTERVAL);
    event = upper_expect(peripheral, UP_DISCONNECTED, 0);
    assert_int_equal(event->status, HCI_ERR_CONNECTION_FAILED_TO_BE_ESTABLISHED);
    assert_int_equal(event->at, created + 6 * INTERVAL);
    ll_room_close(&room);
}

/* One direction fails: who hears nothing gives up first, the other a timeout after the last. */
static void one_direction_is_lost(void **state)
{
    const struct sim_controller_profile a = upper_profile(1), b = upper_profile(2);
    const struct radio_rule mute = {
        .action = RADIO_RULE_LOSE, .kind = RADIO_RULE_DATA, .from = "peripheral", .to = "central"};
    struct ll_room room;
    uint32_t id;
    (void)state;

    ll_room_open(&room, 1);
    struct upper *central = upper_new(&room, "central", &a);
    struct upper *peripheral = upper_new(&room, "peripheral", &b);
    upper_connect(central, peripheral, 24);
    ll_room_run(&room, SIM_S(1));
    assert_int_equal(radio_medium_add_rule(sim_world_medium(room.world), &mute, &id), 0);
    const sim_ns muted = ll_room_now(&room);
    const sim_ns first = upper_expect(central, UP_DISCONNECTED, SIM_S(2))->at;
    assert_true(first > muted + TIMEOUT - INTERVAL && first <= muted + TIMEOUT);
    const sim_ns second = upper_expect(peripheral, UP_DISCONNECTED, SIM_S(2))->at;
    assert_true(second > first + TIMEOUT - 2 * INTERVAL && second <= first + TIMEOUT);
    ll_room_close(&room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_bad_crcs_close_the_event),
        cmocka_unit_test(good_crc_between_keeps_the_event),
        cmocka_unit_test(more_data_keeps_the_event_open),
        cmocka_unit_test(more_data_is_forgotten),
        cmocka_unit_test(central_ends_the_event_in_time),
        cmocka_unit_test(central_not_established),
        cmocka_unit_test(bad_crc_does_not_establish),
        cmocka_unit_test(established_at_the_last_moment),
        cmocka_unit_test(acknowledges_what_was_not_sent),
        cmocka_unit_test(unknown_handles),
        cmocka_unit_test(reset_ends_the_connection),
        cmocka_unit_test(both_ends_fail_to_establish),
        cmocka_unit_test(one_direction_is_lost),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    failed += RUN_ROWS(idle_rows, idle_events);
    failed += RUN_ROWS(silences, supervision_timeout);
    failed += RUN_ROWS(hostiles, hostile);
    return failed;
}
