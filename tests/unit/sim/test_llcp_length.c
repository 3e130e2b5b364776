/* SPDX-License-Identifier: MIT */
/*
 * Data Length Update (Core v5.4, Vol 6, Part B, 4.5.10, 5.1.9) between an upper and a lower tester:
 * both ends' procedures, what becomes of the lengths, and fragments.
 */
#include "link_tester.h"
#include "rows.h"

static uint8_t data[251];

static const struct ll_data_length least = {27, 328}, most = {251, 2120};
static const uint8_t unknown_rsp[] = {LL_UNKNOWN_RSP, LL_LENGTH_REQ};

/* No LE Coded: 2120 us are the most. */
#define FEATURES (UINT64_C(1) << LL_FEATURE_DATA_LENGTH_EXTENSION | UINT64_C(0x0C))

static size_t length_pdu(uint8_t pdu[static 9], uint8_t opcode, struct ll_data_length rx,
                         struct ll_data_length tx)
{
    struct wr w = wr_init(pdu, 9);

    wr_u8(&w, opcode);
    wr_u16(&w, rx.octets);
    wr_u16(&w, rx.time_us);
    wr_u16(&w, tx.octets);
    wr_u16(&w, tx.time_us);
    return w.len;
}

static void expect_lengths(struct link_room *f, struct ll_data_length tx, struct ll_data_length rx)
{
    const struct upper_event *event = upper_expect(f->upper, UP_LENGTH, 0);

    assert_int_equal(event->handle, 0);
    assert_int_equal(event->lengths.tx.octets, tx.octets);
    assert_int_equal(event->lengths.tx.time_us, tx.time_us);
    assert_int_equal(event->lengths.rx.octets, rx.octets);
    assert_int_equal(event->lengths.rx.time_us, rx.time_us);
}

/* The peer asks for this much; ours answers that it can receive the most and sends `own`. */
static void peer_asks(struct link_room *f, struct ll_data_length rx, struct ll_data_length tx,
                      struct ll_data_length own)
{
    uint8_t req[9], rsp[9];

    length_pdu(req, LL_LENGTH_REQ, rx, tx);
    length_pdu(rsp, LL_LENGTH_RSP, most, own);
    link_exchange_control(&f->link, req, sizeof req, rsp, sizeof rsp);
}

static void set_most(struct link_room *f)
{
    assert_int_equal(ll_set_data_length(f->upper->ll, 0, most), 0);
    ll_room_run(&f->room, 0);
}

static void expect_request(struct link_room *f, struct ll_data_length rx, struct ll_data_length tx)
{
    uint8_t pdu[9];

    length_pdu(pdu, LL_LENGTH_REQ, rx, tx);
    link_expect_control(&f->link, pdu, sizeof pdu);
}

static void peer_answers(struct link_room *f, struct ll_data_length rx, struct ll_data_length tx)
{
    uint8_t pdu[9];

    length_pdu(pdu, LL_LENGTH_RSP, rx, tx);
    link_send_control(&f->link, pdu, sizeof pdu);
}

static void ask_most(struct link_room *f)
{
    set_most(f);
    expect_request(f, most, most);
}

/* The most each way, agreed by our request. */
static void agree_on_most(struct link_room *f)
{
    ask_most(f);
    peer_answers(f, most, most);
    expect_lengths(f, most, most);
}

/*
 * UT                   IUT                 LT
 *  set data length ->   |
 *                       |  LL_LENGTH_REQ -->
 *                       |  <-- LL_LENGTH_RSP
 *  <- lengths           |
 *  set data length ->   |    (the same: nothing on the air, nothing told)
 */
static void asked(void **state)
{
    const struct link_role *row = *state;
    const struct ll_data_length rx = {100, 2120}, tx = {60, 592};
    struct link_room f;

    link_room_open(&f, row->central, FEATURES);
    ask_most(&f);
    link_quiet_events(&f, 3);
    peer_answers(&f, rx, tx);
    expect_lengths(&f, rx, tx);
    set_most(&f);
    link_quiet_events(&f, 3);
    peer_answers(&f, rx, tx); /* nobody asked: nothing comes of it */
    link_quiet_events(&f, 3);
    ll_room_close(&f.room);
}

/* Both begin at once: each answers the other (5.1.9), and one event tells of it. */
static void both_ask(void **state)
{
    const struct link_role *row = *state;
    struct link_room f;

    link_room_open(&f, row->central, FEATURES);
    ask_most(&f);
    peer_asks(&f, most, most, most);
    expect_lengths(&f, most, most);
    peer_answers(&f, most, most);
    link_quiet_events(&f, 3);
    ll_room_close(&f.room);
}

/* The host changes its mind while the procedure runs: it runs once more. */
static void changed_meanwhile(void **state)
{
    const struct link_role *row = *state;
    const struct ll_data_length less = {50, 400};
    struct link_room f;

    link_room_open(&f, row->central, FEATURES);
    ask_most(&f);
    assert_int_equal(ll_set_data_length(f.upper->ll, 0, less), 0);
    peer_answers(&f, most, most);
    expect_lengths(&f, most, most);
    expect_request(&f, most, less);
    peer_answers(&f, most, most);
    expect_lengths(&f, less, most);
    link_quiet_events(&f, 3);
    ll_room_close(&f.room);
}

/* A peer that does not know it, or refuses, is not asked again (5.1.9). */
static void refused(void **state)
{
    const struct link_role *row = *state;
    struct link_room f;

    link_room_open(&f, row->central, FEATURES);
    ask_most(&f);
    link_send_control(&f.link, unknown_rsp, sizeof unknown_rsp);
    link_quiet_events(&f, 2);
    assert_int_equal(ll_set_data_length(f.upper->ll, 0, (struct ll_data_length){80, 800}), 0);
    link_quiet_events(&f, 3);
    ll_room_close(&f.room);
}

/* What the peer's features lack is not asked for. */
static void unfeatured(void **state)
{
    const struct link_role *row = *state;
    struct link_room f;
    uint8_t req[9] = {row->central ? LL_PERIPHERAL_FEATURE_REQ : LL_FEATURE_REQ};
    const uint8_t rsp[9] = {LL_FEATURE_RSP};

    link_room_open(&f, row->central, FEATURES);
    link_exchange_control(&f.link, req, sizeof req, rsp, sizeof rsp);
    set_most(&f);
    link_quiet_events(&f, 3);
    ll_room_close(&f.room);
}

static void never_answered(void **state)
{
    const struct link_role *row = *state;
    struct link_room f;

    link_room_open(&f, row->central, FEATURES);
    set_most(&f);
    const sim_ns at = ll_room_now(&f.room);
    expect_request(&f, most, most);
    while (f.link.anchor + SIM_MS(31) < at + SIM_S(40))
        link_idle_event(&f.link);
    const struct upper_event *event = upper_expect(f.upper, UP_DISCONNECTED, SIM_MS(60));
    assert_int_equal(event->status, HCI_ERR_LL_RESPONSE_TIMEOUT);
    assert_int_equal(event->at, at + SIM_S(40));
    lower_forget(&f.room);
    ll_room_close(&f.room);
}

/* --- a peer's values --- */

struct value_row {
    const char *name;
    struct ll_data_length rx, tx;         /* the peer's */
    struct ll_data_length our_tx, our_rx; /* effective, with the most on our side */
};

static const struct value_row values[] = {
    {"the most", {251, 2120}, {251, 2120}, {251, 2120}, {251, 2120}},
    {"in between", {28, 336}, {250, 2112}, {28, 336}, {250, 2112}},
    {"more than there is", {252, 17041}, {0xFFFF, 0xFFFF}, {251, 2120}, {251, 2120}},
    {"octets below", {26, 2120}, {0, 2120}, {27, 2120}, {27, 2120}},
    {"times below", {251, 327}, {251, 0}, {251, 328}, {251, 328}},
    {"coded times", {251, 17040}, {251, 17040}, {251, 2120}, {251, 2120}},
};

static void peer_values(void **state)
{
    const struct value_row *row = *state;

    for (int central = 0; central < 2; central++) {
        struct link_room f;

        link_room_open(&f, central, FEATURES);
        agree_on_most(&f);
        peer_asks(&f, least, least, most);
        expect_lengths(&f, least, least);
        peer_asks(&f, row->rx, row->tx, most);
        expect_lengths(&f, row->our_tx, row->our_rx);
        peer_asks(&f, row->rx, row->tx, most);
        link_quiet_events(&f, 2); /* the same: nothing is told */
        ll_room_close(&f.room);
    }
}

/* Events that the peer causes wait for room, as data does. */
static void no_room(void **state)
{
    struct link_room f;
    uint8_t pdu[9], rsp[9];
    (void)state;

    link_room_open(&f, false, FEATURES);
    f.upper->no_room = true;
    length_pdu(pdu, LL_LENGTH_REQ, most, most);
    for (int i = 0; i < 3; i++) {
        link_event(&f.link, LL_LLID_CONTROL, pdu, sizeof pdu);
        assert_false(f.link.acked);
    }
    upper_expect_none(f.upper);
    f.upper->no_room = false;
    length_pdu(rsp, LL_LENGTH_RSP, most, least);
    link_exchange_control(&f.link, pdu, sizeof pdu, rsp, sizeof rsp);
    expect_lengths(&f, least, most);
    ll_room_close(&f.room);
}

/* --- the host's values (Vol 4, Part E, 7.8.33, 7.8.35) --- */

struct host_row {
    const char *name;
    struct ll_data_length tx;
    uint8_t status;
    struct ll_data_length taken;
};

static const struct host_row host_values[] = {
    {"least", {27, 328}, 0, {27, 328}},           {"most", {251, 2120}, 0, {251, 2120}},
    {"coded time", {251, 17040}, 0, {251, 2120}}, {"octets below", {26, 328}, 0x12, {0, 0}},
    {"octets above", {252, 328}, 0x12, {0, 0}},   {"time below", {27, 327}, 0x12, {0, 0}},
    {"time above", {27, 17041}, 0x12, {0, 0}},    {"zeros", {0, 0}, 0x12, {0, 0}},
};

static void host_value(void **state)
{
    const struct host_row *row = *state;
    struct link_room f;

    link_room_open(&f, false, FEATURES);
    struct ll *ll = f.upper->ll;
    assert_int_equal(ll_set_data_length(ll, 0, row->tx), row->status);
    assert_int_equal(ll_set_data_length(ll, 1, row->tx), HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER);
    assert_int_equal(ll_suggest_data_length(ll, row->tx), row->status);
    const struct ll_data_length suggested = ll_suggested_data_length(ll);
    assert_int_equal(suggested.octets, row->status ? 27 : row->taken.octets);
    assert_int_equal(suggested.time_us, row->status ? 328 : row->taken.time_us);
    const struct ll_data_length maximum = ll_maximum_data_length(ll);
    assert_int_equal(maximum.octets, 251);
    assert_int_equal(maximum.time_us, 2120);
    ll_reset(ll);
    assert_int_equal(ll_suggested_data_length(ll).octets, 27);
    lower_forget(&f.room);
    ll_room_close(&f.room);
}

/* What was suggested is asked for as soon as there is a connection (4.5.10), unless the peer did.
 */
static void suggested(void **state)
{
    const struct link_role *row = *state;
    struct sim_controller_profile profile = upper_profile(1);
    struct link_room f;

    profile.le_features = FEATURES;
    ll_room_open(&f.room, 3);
    f.upper = upper_new(&f.room, "iut", &profile);
    assert_int_equal(ll_suggest_data_length(f.upper->ll, most), 0);
    if (row->central) {
        link_open_peripheral(&f.link, f.upper, false);
    } else {
        const struct ll_connect_ind ind = link_connect_ind(upper_address(1));
        link_open_central(&f.link, f.upper, &ind);
    }
    expect_request(&f, most, most);
    peer_answers(&f, most, most);
    expect_lengths(&f, most, most);
    link_quiet_events(&f, 2);
    ll_room_close(&f.room);
}

/* --- data --- */

static void send(struct link_room *f, size_t len)
{
    assert_int_equal(ll_acl_send(f->upper->ll, 0, true, data, len), 0);
}

struct fragment_row {
    const char *name;
    struct ll_data_length rx; /* of the peer */
    uint8_t first;            /* fragment of 251 octets */
};

/* A packet of n octets takes (10 + n) * 8 us on LE 1M without a MIC. */
static const struct fragment_row fragments[] = {
    {"all of it", {251, 2120}, 251},
    {"by octets", {130, 2120}, 130},
    {"by time, to the microsecond", {251, 1120}, 130},
    {"by time, a microsecond less", {251, 1119}, 129},
    {"never less than 27", {27, 328}, 27},
};

static void fragmented(void **state)
{
    const struct fragment_row *row = *state;

    for (int central = 0; central < 2; central++) {
        struct link_room f;

        link_room_open(&f, central, FEATURES);
        agree_on_most(&f);
        if (row->first < 251) {
            peer_asks(&f, row->rx, most, most);
            upper_expect(f.upper, UP_LENGTH, 0);
        }
        send(&f, 251);
        link_begin(&f.link);
        for (size_t at = 0; at < 251;) {
            const size_t len = 251 - at < row->first ? 251 - at : row->first;

            if (!central)
                link_send_empty(&f.link, false);
            link_expect(&f.link, at ? LL_LLID_CONTINUATION : LL_LLID_START, data + at, len,
                        at + len < 251);
            if (central)
                link_send_empty(&f.link, false);
            at += len;
        }
        if (!central)
            link_idle_event(&f.link);
        upper_expect(f.upper, UP_COMPLETED, SIM_MS(5));
        ll_room_close(&f.room);
    }
}

/* As many as were agreed on come in, one more does not fit any PDU. */
static void received(void **state)
{
    const struct link_role *row = *state;
    struct link_room f;

    link_room_open(&f, row->central, FEATURES);
    peer_asks(&f, least, (struct ll_data_length){100, 2120}, least);
    expect_lengths(&f, least, (struct ll_data_length){100, 2120});
    link_event(&f.link, LL_LLID_START, data, 100);
    assert_int_equal(upper_expect(f.upper, UP_ACL, 0)->len, 100);
    if (!row->central) {
        /* Longer than agreed: as if its CRC were bad, it is not acknowledged. */
        link_begin(&f.link);
        link_send(&f.link, LL_LLID_START, data, 101, false);
        link_hear(&f.link);
        assert_false(f.link.acked);
        upper_expect_none(f.upper);
    }
    ll_room_close(&f.room);
}

/*
 * The peer asks to send less, and has not had the answer yet when it sends as much as before: it
 * has to be taken, or neither end would ever hear of anything else again.
 */
static void less_from_now_on(void **state)
{
    const struct link_role *row = *state;
    struct link_room f;
    uint8_t req[9], rsp[9];

    link_room_open(&f, row->central, FEATURES);
    peer_asks(&f, least, most, least);
    expect_lengths(&f, least, most);
    length_pdu(req, LL_LENGTH_REQ, least, least);
    length_pdu(rsp, LL_LENGTH_RSP, most, least);
    link_begin(&f.link);
    if (!row->central) {
        link_send(&f.link, LL_LLID_CONTROL, req, sizeof req, true);
        link_expect(&f.link, LL_LLID_CONTROL, rsp, sizeof rsp, false);
        f.link.nesn = !f.link.nesn; /* as if it had been lost */
        link_send(&f.link, LL_LLID_START, data, 251, false);
    } else {
        link_expect_empty(&f.link);
        link_send(&f.link, LL_LLID_CONTROL, req, sizeof req, true);
        link_expect(&f.link, LL_LLID_CONTROL, rsp, sizeof rsp, false);
        f.link.nesn = !f.link.nesn;
        link_send(&f.link, LL_LLID_START, data, 251, false);
        link_begin(&f.link);
    }
    link_expect(&f.link, LL_LLID_CONTROL, rsp, sizeof rsp, false);
    assert_true(f.link.acked);
    expect_lengths(&f, least, least);
    assert_int_equal(upper_expect(f.upper, UP_ACL, 0)->len, 251);
    if (row->central)
        link_send_empty(&f.link, false);
    link_idle_events(&f, 3);
    ll_room_close(&f.room);
}

/*
 * A PDU that was lost is sent again as it was, though less was agreed on meanwhile; what follows it
 * heeds that (4.5.10).
 */
static void retransmission_keeps_its_length(void **state)
{
    struct link_room f;
    uint8_t req[9], rsp[9];
    (void)state;

    link_room_open(&f, false, FEATURES);
    agree_on_most(&f);
    send(&f, 251);
    send(&f, 251);
    link_begin(&f.link);
    link_send_empty(&f.link, false);
    link_expect(&f.link, LL_LLID_START, data, 251, true);
    f.link.nesn = !f.link.nesn; /* as if it had been lost */
    length_pdu(req, LL_LENGTH_REQ, least, most);
    link_send(&f.link, LL_LLID_CONTROL, req, sizeof req, false);
    link_expect(&f.link, LL_LLID_START, data, 251, true);
    expect_lengths(&f, least, most);
    link_send_empty(&f.link, false);
    length_pdu(rsp, LL_LENGTH_RSP, most, most);
    upper_expect(f.upper, UP_COMPLETED, SIM_MS(5));
    link_expect(&f.link, LL_LLID_CONTROL, rsp, sizeof rsp, true);
    link_send_empty(&f.link, false);
    link_expect(&f.link, LL_LLID_START, data, 27, true);
    ll_room_close(&f.room);
}

/* --- two Link Layers, and loss --- */

static void through_loss(void **state)
{
    const struct radio_rule rule = {
        .kind = RADIO_RULE_DATA, .action = RADIO_RULE_LOSE, .chance_ppm = 300000};
    struct sim_controller_profile one = upper_profile(1), two = upper_profile(2);
    struct ll_room room;
    uint32_t id;
    uint64_t octets = 0;
    (void)state;

    ll_room_open(&room, 5);
    struct upper *central = upper_new(&room, "central", &one);
    struct upper *peripheral = upper_new(&room, "peripheral", &two);
    assert_int_equal(ll_suggest_data_length(central->ll, (struct ll_data_length){200, 17040}), 0);
    assert_int_equal(ll_suggest_data_length(peripheral->ll, most), 0);
    upper_connect(central, peripheral, 24);
    assert_int_equal(radio_medium_add_rule(sim_world_medium(room.world), &rule, &id), 0);
    central->keep_nothing = true;
    peripheral->keep_nothing = true;
    for (int i = 0; i < 300; i++) {
        const size_t len = 1U + (unsigned)i % 251U;

        assert_int_equal(ll_acl_send(central->ll, 0, true, data, len), 0);
        assert_int_equal(ll_acl_send(peripheral->ll, 0, true, data, len), 0);
        octets += len;
        ll_room_run(&room, SIM_MS(200));
    }
    ll_room_run(&room, SIM_S(2));
    assert_int_equal(central->acl_octets, octets);
    assert_int_equal(peripheral->acl_octets, octets);
    assert_int_equal(central->completed, 300);
    assert_int_equal(peripheral->completed, 300);
    lower_forget(&room);
    ll_room_close_dirty(&room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_room),
        cmocka_unit_test(retransmission_keeps_its_length),
        cmocka_unit_test(through_loss),
    };

    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)i;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    failed += RUN_ROWS(link_roles, asked);
    failed += RUN_ROWS(link_roles, both_ask);
    failed += RUN_ROWS(link_roles, changed_meanwhile);
    failed += RUN_ROWS(link_roles, refused);
    failed += RUN_ROWS(link_roles, unfeatured);
    failed += RUN_ROWS(link_roles, never_answered);
    failed += RUN_ROWS(values, peer_values);
    failed += RUN_ROWS(host_values, host_value);
    failed += RUN_ROWS(link_roles, suggested);
    failed += RUN_ROWS(fragments, fragmented);
    failed += RUN_ROWS(link_roles, received);
    failed += RUN_ROWS(link_roles, less_from_now_on);
    return failed;
}
