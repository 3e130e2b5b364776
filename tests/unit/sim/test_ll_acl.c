/* SPDX-License-Identifier: MIT */
/*
 * ACL data (Core v5.4, Vol 6, Part B, 4.5.9, and the controller's buffers): fragments,
 * acknowledgement, retransmission, flow control.
 */
#include "link_tester.h"
#include "rows.h"

/* Octets to send: their own positions. */
#define ROW(n)                                                                                     \
    n, n + 1, n + 2, n + 3, n + 4, n + 5, n + 6, n + 7, n + 8, n + 9, n + 10, n + 11, n + 12,      \
        n + 13, n + 14, n + 15
static const uint8_t data[64] = {ROW(0), ROW(16), ROW(32), ROW(48)};

static void send(struct link_room *f, size_t len)
{
    assert_int_equal(ll_acl_send(f->upper->ll, 0, true, data, len), 0);
}

static void expect_completed(struct link_room *f)
{
    const struct upper_event *event = upper_expect(f->upper, UP_COMPLETED, 0);

    assert_int_equal(event->handle, 0);
    assert_int_equal(event->count, 1);
}

/*
 * central (lower)          peripheral
 *  |  empty -->                           with 60 octets in its buffer
 *  |  <-- start, 27 octets, MD
 *  |  empty -->
 *  |  <-- continuation, 27 octets, MD
 *  |  empty -->
 *  |  <-- continuation, 6 octets
 *  |  empty -->                           in the next event: the last is acknowledged
 *  |                       completed
 */
static void peripheral_sends_fragments(void **state)
{
    struct link_room f;
    (void)state;

    link_room_open(&f, false, UINT64_MAX);
    send(&f, 60);
    link_begin(&f.link);
    link_send_empty(&f.link, false);
    link_expect(&f.link, LL_LLID_START, data, 27, true);
    link_send_empty(&f.link, false);
    link_expect(&f.link, LL_LLID_CONTINUATION, data + 27, 27, true);
    link_send_empty(&f.link, false);
    link_expect(&f.link, LL_LLID_CONTINUATION, data + 54, 6, false);
    upper_expect_none(f.upper);
    link_idle_event(&f.link);
    expect_completed(&f);
    link_idle_event(&f.link);
    ll_room_close(&f.room);
}

static void central_sends_fragments(void **state)
{
    struct link_room f;
    (void)state;

    link_room_open(&f, true, UINT64_MAX);
    send(&f, 54);
    assert_int_equal(ll_acl_send(f.upper->ll, 0, false, data, 1), 0);
    link_begin(&f.link);
    link_expect(&f.link, LL_LLID_START, data, 27, true);
    link_send_empty(&f.link, false);
    link_expect(&f.link, LL_LLID_CONTINUATION, data + 27, 27, true);
    upper_expect_none(f.upper);
    link_send_empty(&f.link, false);
    link_expect(&f.link, LL_LLID_CONTINUATION, data, 1, false);
    expect_completed(&f);
    link_send_empty(&f.link, false);
    link_expect_nothing(&f.link);
    expect_completed(&f);
    ll_room_close(&f.room);
}

/* What the host gives while an event runs goes out in it, if the event is still open. */
static void data_joins_the_event(void **state)
{
    struct link_room f;
    (void)state;

    link_room_open(&f, false, UINT64_MAX);
    send(&f, 27);
    link_begin(&f.link);
    link_send_empty(&f.link, true);
    link_expect(&f.link, LL_LLID_START, data, 27, false);
    send(&f, 2);
    link_send_empty(&f.link, false);
    link_expect(&f.link, LL_LLID_START, data, 2, false);
    expect_completed(&f);
    link_idle_event(&f.link);
    expect_completed(&f);
    ll_room_close(&f.room);
}

static void received_in_both_roles(void **state)
{
    (void)state;
    for (int central = 0; central < 2; central++) {
        struct link_room f;
        const struct upper_event *event;

        link_room_open(&f, central, UINT64_MAX);
        link_event(&f.link, LL_LLID_START, data, 27);
        event = upper_expect(f.upper, UP_ACL, 0);
        assert_true(event->start);
        assert_int_equal(event->handle, 0);
        assert_int_equal(event->len, 27);
        assert_memory_equal(event->data, data, 27);
        link_event(&f.link, LL_LLID_CONTINUATION, data, 1);
        event = upper_expect(f.upper, UP_ACL, 0);
        assert_false(event->start);
        assert_int_equal(event->len, 1);
        link_idle_event(&f.link);
        ll_room_close(&f.room);
    }
}

/* A PDU that comes again, its number unchanged, is acknowledged again and not given up twice. */
static void repetition_is_ignored(void **state)
{
    struct link_room f;
    (void)state;

    link_room_open(&f, false, UINT64_MAX);
    link_event(&f.link, LL_LLID_START, data, 5);
    upper_expect(f.upper, UP_ACL, 0);
    assert_true(f.link.acked);
    f.link.sn = !f.link.sn; /* as if the answer had been missed */
    for (int i = 0; i < 3; i++) {
        link_event(&f.link, LL_LLID_START, data, 5);
        assert_true(f.link.acked);
        f.link.sn = !f.link.sn;
        upper_expect_none(f.upper);
    }
    ll_room_close(&f.room);
}

struct retransmission_row {
    const char *name;
    bool central;
    unsigned lost;    /* times that the tester does not acknowledge */
    bool missing;     /* its packets are missing altogether, else they say "again" */
};

static const struct retransmission_row retransmissions[] = {
    {"peripheral, asked again once", false, 1, false},
    {"peripheral, asked again ten times", false, 10, false},
    {"peripheral, events missing", false, 3, true},
    {"central, asked again once", true, 1, false},
    {"central, asked again ten times", true, 10, false},
    {"central, answers missing", true, 3, true},
};

/*
 * The second of three fragments is not acknowledged: it alone is repeated, the same octets with the
 * same number, and the third follows.
 */
static void retransmission(void **state)
{
    const struct retransmission_row *row = *state;
    struct link_room f;

    link_room_open(&f, row->central, UINT64_MAX);
    send(&f, 60);
    link_begin(&f.link);
    if (!row->central)
        link_send_empty(&f.link, false);
    link_expect(&f.link, LL_LLID_START, data, 27, true);
    link_send_empty(&f.link, false);
    link_expect(&f.link, LL_LLID_CONTINUATION, data + 27, 27, true);
    const bool number = f.link.header.sn;
    f.link.nesn = !f.link.nesn; /* not received */
    for (unsigned i = 0; i < row->lost; i++) {
        if (row->missing) {
            if (row->central) {
                link_expect_nothing(&f.link);
                link_skip(&f.link, 1);
            } else {
                link_expect_nothing(&f.link);
                link_skip(&f.link, 2);
                link_send_empty(&f.link, false);
            }
        } else {
            link_send_empty(&f.link, false);
        }
        link_expect(&f.link, LL_LLID_CONTINUATION, data + 27, 27, true);
        assert_int_equal(f.link.header.sn, number);
        assert_true(f.link.new_data);
        if (i + 1 < row->lost)
            f.link.nesn = !f.link.nesn;
    }
    upper_expect_none(f.upper);
    link_send_empty(&f.link, false);
    link_expect(&f.link, LL_LLID_CONTINUATION, data + 54, 6, false);
    assert_int_not_equal(f.link.header.sn, number);
    upper_expect_none(f.upper);
    if (row->central)
        link_send_empty(&f.link, false);
    else
        link_idle_event(&f.link);
    ll_room_run(&f.room, SIM_MS(1));
    expect_completed(&f);
    ll_room_close(&f.room);
}

/* An empty PDU that was not acknowledged is repeated before data: SN belongs to it. */
static void empty_pdu_is_repeated(void **state)
{
    struct link_room f;
    (void)state;

    link_room_open(&f, false, UINT64_MAX);
    f.link.nesn = !f.link.nesn;
    send(&f, 5);
    link_begin(&f.link);
    link_send_empty(&f.link, false);
    link_expect(&f.link, LL_LLID_CONTINUATION, NULL, 0, true);
    link_send_empty(&f.link, false);
    link_expect(&f.link, LL_LLID_START, data, 5, false);
    link_idle_event(&f.link);
    expect_completed(&f);
    ll_room_close(&f.room);
}

/*
 * central (lower)          peripheral      host
 *  |  data -->                |            no room
 *  |  <-- not acknowledged
 *  |  the same again -->                   no room
 *  |  <-- not acknowledged
 *  |  the same again -->                   room
 *  |  <-- acknowledged        acl_received, once
 */
static void flow_control(void **state)
{
    struct link_room f;
    (void)state;

    link_room_open(&f, false, UINT64_MAX);
    f.upper->refuse_acl = true;
    for (int i = 0; i < 5; i++) {
        link_event(&f.link, LL_LLID_START, data, 9);
        assert_false(f.link.acked);
    }
    /* Empty and control PDUs need no room. */
    link_idle_event(&f.link);
    assert_true(f.link.acked);
    upper_expect_none(f.upper);
    link_event(&f.link, LL_LLID_START, data, 9);
    assert_false(f.link.acked);
    f.upper->refuse_acl = false;
    link_event(&f.link, LL_LLID_START, data, 9);
    assert_true(f.link.acked);
    assert_int_equal(upper_expect(f.upper, UP_ACL, 0)->len, 9);
    link_idle_event(&f.link);
    ll_room_close(&f.room);
}

/* The buffers are the controller's; nothing is completed once the connection is gone. */
static void buffers(void **state)
{
    struct link_room f;
    (void)state;

    link_room_open(&f, false, UINT64_MAX);
    assert_int_equal(ll_acl_send(f.upper->ll, 0, true, data, 0),
                     HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 8; i++)
            send(&f, sizeof data);
        assert_int_equal(ll_acl_send(f.upper->ll, 0, true, data, 1),
                         HCI_ERR_MEMORY_CAPACITY_EXCEEDED);
        assert_int_equal(upper_expect(f.upper, UP_DISCONNECTED, SIM_S(2))->status,
                         HCI_ERR_CONNECTION_TIMEOUT);
        lower_forget(&f.room);
        if (round == 0) {
            struct ll_connect_ind ind = link_connect_ind(upper_address(1));

            ind.access_address = 0x5A3C96B4;
            link_open_central(&f.link, f.upper, &ind);
            link_idle_event(&f.link);
        }
    }
    ll_room_close(&f.room);
}

/* --- link layer against link layer --- */

struct stream {
    struct ll_room room;
    struct upper *from, *to;
    uint32_t sent, received; /* packets numbered in their first four octets */
    uint32_t seed, limit;
    size_t len;
    uint16_t handle;
    size_t in_packet;
};

static void refill(struct stream *s)
{
    uint8_t packet[251];

    while (s->sent < s->limit) {
        struct wr w = wr_init(packet, s->len);

        wr_u32(&w, s->sent);
        wr_fill(&w, (uint8_t)s->sent, s->len - 4);
        if (ll_acl_send(s->from->ll, s->handle, true, packet, s->len) != 0)
            break;
        s->sent++;
    }
}

static struct stream *stream_of(struct upper *upper)
{
    return (struct stream *)((char *)upper->room - offsetof(struct stream, room));
}

static void sender_event(struct upper *upper, const struct upper_event *event)
{
    assert_int_equal(event->kind, UP_COMPLETED);
    refill(stream_of(upper));
}

static void receiver_event(struct upper *upper, const struct upper_event *event)
{
    struct stream *s = stream_of(upper);
    struct rd r = rd_init(event->data, event->len);

    assert_int_equal(event->kind, UP_ACL);
    assert_int_equal(event->start, s->in_packet == 0);
    if (event->start)
        assert_int_equal(rd_u32(&r), s->received);
    while (rd_left(&r) > 0)
        assert_int_equal(rd_u8(&r), (uint8_t)s->received);
    s->in_packet += event->len;
    assert_true(s->in_packet <= s->len);
    if (s->in_packet == s->len) {
        s->in_packet = 0;
        s->received++;
    }
}

static void stream_open(struct stream *s, bool from_central, size_t len, uint32_t limit)
{
    const struct sim_controller_profile a = upper_profile(1), b = upper_profile(2);

    memset(s, 0, sizeof *s);
    ll_room_open(&s->room, 11);
    raw_radio_free(s->room.lower); /* it would keep everything that it hears */
    s->room.lower = NULL;
    struct upper *central = upper_new(&s->room, "central", &a);
    struct upper *peripheral = upper_new(&s->room, "peripheral", &b);
    upper_connect(central, peripheral, 24);
    s->from = from_central ? central : peripheral;
    s->to = from_central ? peripheral : central;
    s->from->on_event = sender_event;
    s->to->on_event = receiver_event;
    s->from->keep_nothing = true;
    s->to->keep_nothing = true;
    s->len = len;
    s->limit = limit;
    refill(s);
}

struct stream_row {
    const char *name;
    bool from_central;
    size_t len;
    uint32_t lose_ppm, corrupt_ppm; /* in both directions */
    uint32_t least; /* packets in 10 s */
};

/*
 * 27 octets: 328 us with header, T_IFS, an empty PDU of 80 us, T_IFS: 676 us; 30 ms hold 43 of
 * these with room for the next event's preparation. A lost packet ends the event, a corrupted one does not.
 */
static const struct stream_row streams[] = {
    {"one PDU a packet, from the peripheral", false, 27, 0, 0, 14200},
    {"one PDU a packet, from the central", true, 27, 0, 0, 14200},
    {"ten PDUs a packet, from the peripheral", false, 251, 0, 0, 1420},
    {"ten PDUs a packet, from the central", true, 251, 0, 0, 1420},
    {"10 % lost, from the peripheral", false, 100, 100000, 0, 300},
    {"10 % lost, from the central", true, 100, 100000, 0, 300},
    {"10 % corrupted, from the peripheral", false, 100, 0, 100000, 1000},
    {"10 % corrupted, from the central", true, 100, 0, 100000, 1000},
    {"30 % lost or corrupted, from the central", true, 60, 150000, 150000, 100},
};

static void add_chance(struct ll_room *room, enum radio_rule_action action, uint32_t ppm)
{
    const struct radio_rule rule = {.action = action, .kind = RADIO_RULE_DATA, .chance_ppm = ppm};
    uint32_t id;

    if (ppm)
        assert_int_equal(radio_medium_add_rule(sim_world_medium(room->world), &rule, &id), 0);
}

/* Everything arrives once and in order, whatever is lost; and as fast as the air permits. */
static void stream(void **state)
{
    const struct stream_row *row = *state;
    struct stream *s = malloc(sizeof *s);

    assert_non_null(s);
    stream_open(s, row->from_central, row->len, UINT32_MAX);
    add_chance(&s->room, RADIO_RULE_LOSE, row->lose_ppm);
    add_chance(&s->room, RADIO_RULE_CORRUPT, row->corrupt_ppm);
    ll_room_run(&s->room, SIM_S(10));
    if (s->received < row->least)
        fail_msg("%u packets", s->received);
    assert_true(s->received >= s->from->completed);
    assert_true(s->received <= s->sent);
    ll_room_close(&s->room);
    free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(peripheral_sends_fragments),
        cmocka_unit_test(central_sends_fragments),
        cmocka_unit_test(data_joins_the_event),
        cmocka_unit_test(received_in_both_roles),
        cmocka_unit_test(repetition_is_ignored),
        cmocka_unit_test(empty_pdu_is_repeated),
        cmocka_unit_test(flow_control),
        cmocka_unit_test(buffers),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    failed += RUN_ROWS(retransmissions, retransmission);
    failed += RUN_ROWS(streams, stream);
    return failed;
}
