/* SPDX-License-Identifier: MIT */
/* Directed advertising (Core v5.4, Vol 6, Part B, 4.4.2.4) between an upper and a lower tester. */
#include "link_tester.h"
#include "rows.h"

enum {
    DIRECT_HIGH = 1, /* Advertising_Type */
    DIRECT_LOW = 4,
};

#define HIGH_DUTY_TIME SIM_MS(1280)
#define HIGH_DUTY_GAP  SIM_US(3750)

struct fixture {
    struct ll_room room;
    struct upper *adv;
    sim_ns enabled;
    uint8_t pdu[LL_PDU_MAX]; /* the ADV_DIRECT_IND to come */
    size_t len;
};

static struct ll_adv_params directed_params(uint8_t type)
{
    struct ll_adv_params params = upper_adv_params(type, type == DIRECT_HIGH ? 0 : 160);

    params.peer = lower_address();
    return params;
}

static void start(struct fixture *f, const struct ll_adv_params *params)
{
    static const uint8_t data[] = {0x02, 0x01, 0x06};
    const struct sim_controller_profile profile = upper_profile(1);

    ll_room_open(&f->room, 7);
    f->adv = upper_new(&f->room, "adv", &profile);
    f->len = lower_adv_pdu(f->pdu, LL_ADV_DIRECT_IND, upper_address(1), &params->peer, NULL, 0);
    f->pdu[0] |= 0x20; /* ChSel */
    f->enabled = ll_room_now(&f->room);
    assert_int_equal(ll_adv_set_params(f->adv->ll, params), 0);
    assert_int_equal(ll_adv_set_data(f->adv->ll, data, sizeof data), 0);
    assert_int_equal(ll_adv_enable(f->adv->ll, true), 0);
}

static const struct radio_rx *expect_pdu(struct fixture *f, sim_ns within, uint8_t channel)
{
    const struct radio_rx *rx = lower_expect_adv(&f->room, within, f->pdu, f->len);

    assert_int_equal(ll_mhz_channel(rx->mhz), channel);
    return rx;
}

/*
 * UT: enable               LT
 *  |   <-- ADV_DIRECT_IND 37, 38, 39    again and again, 3.75 ms apart at most on each channel
 *  |       1.28 s after enable:
 *  connected, status 0x3C; silence
 */
static void high_duty_cycle(void **state)
{
    const struct ll_adv_params params = directed_params(DIRECT_HIGH);
    struct fixture f;
    sim_ns last[40] = {0};
    unsigned events = 0;
    (void)state;

    start(&f, &params);
    while (f.adv->count == 0) {
        for (uint8_t channel = 37; channel <= 39; channel++) {
            const struct radio_rx *rx = expect_pdu(&f, HIGH_DUTY_GAP, channel);

            assert_true(rx->start - (last[channel] ? last[channel] : f.enabled) <= HIGH_DUTY_GAP);
            last[channel] = rx->start;
        }
        events++;
        if (last[37] + HIGH_DUTY_GAP > f.enabled + HIGH_DUTY_TIME)
            ll_room_run(&f.room, f.enabled + HIGH_DUTY_TIME - ll_room_now(&f.room));
    }
    const struct upper_event *event = upper_expect(f.adv, UP_CONNECTED, 0);
    assert_int_equal(event->at, f.enabled + HIGH_DUTY_TIME);
    assert_int_equal(event->status, HCI_ERR_ADVERTISING_TIMEOUT);
    assert_false(event->info.central);
    assert_true(bd_addr_equal(&event->info.peer, &params.peer));
    assert_true(events >= 340);
    lower_expect_silence(&f.room, SIM_S(3));
    /* It has ended: parameters may be set, and it begins anew. */
    assert_int_equal(ll_adv_set_params(f.adv->ll, &params), 0);
    assert_int_equal(ll_adv_enable(f.adv->ll, true), 0);
    expect_pdu(&f, SIM_MS(1), 37);
    assert_int_equal(ll_adv_enable(f.adv->ll, false), 0);
    lower_expect_silence(&f.room, SIM_S(3));
    ll_room_close(&f.room);
}

/* Answers in vain on each channel do not stretch the gaps beyond 3.75 ms. */
static void high_duty_cycle_disturbed(void **state)
{
    const struct ll_adv_params params = directed_params(DIRECT_HIGH);
    const struct bd_addr other = upper_address(9);
    struct fixture f;
    uint8_t req[LL_PDU_MAX];
    sim_ns last[40] = {0};
    (void)state;

    const size_t len = lower_adv_pdu(req, LL_SCAN_REQ, other, &params.peer, NULL, 0);
    start(&f, &params);
    for (unsigned event = 0; event < 100; event++) {
        for (uint8_t channel = 37; channel <= 39; channel++) {
            const struct radio_rx *rx = expect_pdu(&f, HIGH_DUTY_GAP, channel);

            assert_true(event == 0 || rx->start - last[channel] <= HIGH_DUTY_GAP);
            last[channel] = rx->start;
            if (event % 2)
                lower_send_adv(&f.room, channel, rx->end + LL_T_IFS, req, len);
        }
    }
    ll_room_close(&f.room);
}

/*
 * In ordinary events, 100 ms and advDelay apart, without end; not with the host's data, and a
 * SCAN_REQ is not answered.
 */
static void low_duty_cycle(void **state)
{
    const struct ll_adv_params params = directed_params(DIRECT_LOW);
    const struct bd_addr own = upper_address(1);
    struct fixture f;
    uint8_t req[LL_PDU_MAX];
    sim_ns last = 0;
    (void)state;

    const size_t len = lower_adv_pdu(req, LL_SCAN_REQ, lower_address(), &own, NULL, 0);
    start(&f, &params);
    for (unsigned event = 0; event < 50; event++) {
        const struct radio_rx *rx = expect_pdu(&f, SIM_MS(111), 37);
        const sim_ns first = rx->start;

        if (last)
            assert_in_range(first - last, SIM_MS(100), SIM_MS(110));
        last = first;
        lower_send_adv(&f.room, 37, rx->end + LL_T_IFS, req, len);
        rx = expect_pdu(&f, SIM_MS(10), 38);
        const sim_ns second = rx->start;
        assert_true(second - first <= SIM_MS(10));
        assert_true(expect_pdu(&f, SIM_MS(10), 39)->start - second <= SIM_MS(10));
    }
    ll_room_close(&f.room);
}

/* --- who is answered --- */

struct who_row {
    const char *name;
    uint8_t type, policy;
    bool target, listed, ch_sel, connects;
};

static const struct who_row whos[] = {
    {"high: its target", DIRECT_HIGH, 0, true, false, true, true},
    {"high: its target, algorithm #1", DIRECT_HIGH, 0, true, false, false, true},
    {"high: another", DIRECT_HIGH, 0, false, false, true, false},
    {"high: its target, not on the list", DIRECT_HIGH, 3, true, false, true, true},
    {"high: another, on the list", DIRECT_HIGH, 3, false, true, true, false},
    {"low: its target", DIRECT_LOW, 0, true, false, true, true},
    {"low: another", DIRECT_LOW, 0, false, false, true, false},
    {"low: its target, not on the list", DIRECT_LOW, 2, true, false, true, true},
    {"low: another, on the list", DIRECT_LOW, 2, false, true, true, false},
};

static void who_connects(void **state)
{
    const struct who_row *row = *state;
    struct ll_adv_params params = directed_params(row->type);
    struct ll_connect_ind ind = link_connect_ind(upper_address(1));
    struct fixture f;
    uint8_t pdu[LL_PDU_MAX];
    struct wr w = wr_init(pdu, sizeof pdu);

    params.filter_policy = row->policy;
    ind.ch_sel = row->ch_sel;
    if (!row->target)
        ind.init_a.octet[0] ^= 1;
    start(&f, &params);
    if (row->listed) {
        assert_int_equal(ll_adv_enable(f.adv->ll, false), 0);
        assert_int_equal(ll_accept_list_add(f.adv->ll, &ind.init_a), 0);
        assert_int_equal(ll_adv_enable(f.adv->ll, true), 0);
    }
    ll_connect_ind_encode(&w, &ind);
    const sim_ns at = expect_pdu(&f, SIM_MS(20), 37)->end + LL_T_IFS;
    lower_send_adv(&f.room, 37, at, pdu, w.len);
    if (row->connects) {
        const struct upper_event *event = upper_expect(f.adv, UP_CONNECTED, SIM_MS(1));

        assert_int_equal(event->at, at + ll_air_time(RADIO_PHY_1M, w.len));
        assert_int_equal(event->status, 0);
        assert_int_equal(event->info.channel_selection_2, row->ch_sel);
        /* No timeout comes after it. */
        assert_int_equal(upper_expect(f.adv, UP_DISCONNECTED, SIM_S(2))->status,
                         HCI_ERR_CONNECTION_FAILED_TO_BE_ESTABLISHED);
        lower_expect_silence(&f.room, SIM_S(2));
    } else {
        expect_pdu(&f, SIM_MS(10), 38);
        expect_pdu(&f, SIM_MS(10), 39);
        expect_pdu(&f, SIM_MS(111), 37);
    }
    ll_room_close(&f.room);
}

/* The type of TargetA counts too: the same octets as a public address are somebody else. */
static void type_of_the_target(void **state)
{
    struct ll_adv_params params = directed_params(DIRECT_LOW);
    const struct ll_connect_ind ind = link_connect_ind(upper_address(1));
    struct fixture f;
    uint8_t pdu[LL_PDU_MAX];
    struct wr w = wr_init(pdu, sizeof pdu);
    (void)state;

    params.peer.type = BD_ADDR_PUBLIC;
    start(&f, &params);
    ll_connect_ind_encode(&w, &ind);
    lower_send_adv(&f.room, 37, expect_pdu(&f, SIM_MS(20), 37)->end + LL_T_IFS, pdu, w.len);
    expect_pdu(&f, SIM_MS(10), 38);
    ll_room_close(&f.room);
}

/* Data that was set before and meanwhile is there when undirected advertising follows. */
static void data_survive(void **state)
{
    static const uint8_t data[] = {0x03, 0x09, 'h', 'r'};
    const struct ll_adv_params params = directed_params(DIRECT_LOW);
    const struct ll_adv_params after = upper_adv_params(3, 160);
    struct fixture f;
    uint8_t pdu[LL_PDU_MAX];
    (void)state;

    start(&f, &params);
    expect_pdu(&f, SIM_MS(20), 37);
    assert_int_equal(ll_adv_set_data(f.adv->ll, data, sizeof data), 0);
    expect_pdu(&f, SIM_MS(20), 38);
    assert_int_equal(ll_adv_enable(f.adv->ll, false), 0);
    assert_int_equal(ll_adv_set_params(f.adv->ll, &after), 0);
    assert_int_equal(ll_adv_enable(f.adv->ll, true), 0);
    const size_t len =
        lower_adv_pdu(pdu, LL_ADV_NONCONN_IND, upper_address(1), NULL, data, sizeof data);
    lower_expect_adv(&f.room, SIM_MS(20), pdu, len);
    ll_room_close(&f.room);
}

/* Reset and disable end the high duty cycle without a word. */
static void ended_early(void **state)
{
    const struct ll_adv_params params = directed_params(DIRECT_HIGH);
    (void)state;

    for (int reset = 0; reset < 2; reset++) {
        struct fixture f;

        start(&f, &params);
        ll_room_run(&f.room, SIM_MS(500));
        lower_forget(&f.room);
        if (reset)
            ll_reset(f.adv->ll);
        else
            assert_int_equal(ll_adv_enable(f.adv->ll, false), 0);
        lower_expect_silence(&f.room, SIM_S(3));
        ll_room_close(&f.room);
    }
}

/* --- two link layers --- */

struct pair_row {
    const char *name;
    uint8_t type;
    bool by_list;
};

static const struct pair_row pairs[] = {
    {"high", DIRECT_HIGH, false},
    {"high, initiator by its list", DIRECT_HIGH, true},
    {"low", DIRECT_LOW, false},
    {"low, initiator by its list", DIRECT_LOW, true},
};

/* A stranger that wants the same advertiser gets nothing; the target is connected. */
static void target_and_stranger(void **state)
{
    const struct pair_row *row = *state;
    struct ll_room room;
    struct sim_controller_profile profile = upper_profile(1);
    struct ll_adv_params params = directed_params(row->type);
    struct ll_create_params create = upper_create_params(upper_address(1), 24);
    const struct bd_addr advertiser = upper_address(1);

    ll_room_open(&room, 3);
    struct upper *adv = upper_new(&room, "adv", &profile);
    profile = upper_profile(2);
    struct upper *target = upper_new(&room, "target", &profile);
    profile = upper_profile(3);
    struct upper *stranger = upper_new(&room, "stranger", &profile);
    upper_create(stranger, advertiser, 24);
    params.peer = upper_address(2);
    assert_int_equal(ll_adv_set_params(adv->ll, &params), 0);
    assert_int_equal(ll_adv_enable(adv->ll, true), 0);
    ll_room_run(&room, SIM_MS(500));
    upper_expect_none(stranger);
    if (row->by_list) {
        assert_int_equal(ll_accept_list_add(target->ll, &advertiser), 0);
        create.filter_policy = 1;
    }
    assert_int_equal(ll_create_connection(target->ll, &create), 0);
    assert_int_equal(upper_expect(target, UP_CONNECTED, SIM_S(2))->status, 0);
    assert_int_equal(upper_expect(adv, UP_CONNECTED, SIM_MS(1))->status, 0);
    ll_room_run(&room, SIM_S(5));
    ll_room_close(&room);
}

struct report_row {
    const char *name;
    uint8_t target; /* number of the upper address that it is directed at; the scanner is 2 */
    uint8_t policy;
    bool listed, reported;
};

static const struct report_row reports[] = {
    {"at us", 2, 0, false, true},
    {"at another", 3, 0, false, false},
    {"at us, from the list", 2, 1, true, true},
    {"at us, not from the list", 2, 1, false, false},
    {"at another, from the list", 3, 1, true, false},
};

static void scanner_reports(void **state)
{
    const struct report_row *row = *state;
    struct ll_room room;
    struct sim_controller_profile profile = upper_profile(1);
    struct ll_adv_params params = directed_params(DIRECT_LOW);
    struct ll_scan_params scan = {
        .type = 1, .interval_625us = 16, .window_625us = 16, .filter_policy = row->policy};
    const struct bd_addr advertiser = upper_address(1);

    ll_room_open(&room, 3);
    struct upper *adv = upper_new(&room, "adv", &profile);
    profile = upper_profile(2);
    struct upper *scanner = upper_new(&room, "scanner", &profile);
    params.peer = upper_address(row->target);
    if (row->listed)
        assert_int_equal(ll_accept_list_add(scanner->ll, &advertiser), 0);
    assert_int_equal(ll_scan_set_params(scanner->ll, &scan), 0);
    assert_int_equal(ll_scan_enable(scanner->ll, true, true), 0);
    assert_int_equal(ll_adv_set_params(adv->ll, &params), 0);
    assert_int_equal(ll_adv_enable(adv->ll, true), 0);
    ll_room_run(&room, SIM_S(1));
    if (row->reported) {
        const struct upper_event *event = upper_expect(scanner, UP_ADV_REPORT, 0);

        assert_int_equal(event->report.pdu_type, LL_ADV_DIRECT_IND);
        assert_true(bd_addr_equal(&event->report.address, &advertiser));
        assert_int_equal(event->report.data_len, 0);
    }
    ll_room_close(&room);
}

/* --- parameters --- */

static void params(void **state)
{
    const struct sim_controller_profile profile = upper_profile(1);
    struct ll_adv_params high = directed_params(DIRECT_HIGH), low = directed_params(DIRECT_LOW);
    struct ll_room room;
    (void)state;

    ll_room_open(&room, 1);
    struct upper *adv = upper_new(&room, "adv", &profile);
    /* The intervals count for the low duty cycle alone. */
    low.interval_min_625us = low.interval_max_625us = 0;
    assert_int_equal(ll_adv_set_params(adv->ll, &low), HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS);
    high.peer.type = 2;
    assert_int_equal(ll_adv_set_params(adv->ll, &high), HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS);
    high.peer.type = BD_ADDR_PUBLIC;
    high.channel_map = 0;
    assert_int_equal(ll_adv_set_params(adv->ll, &high), HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS);
    high.channel_map = 7;
    assert_int_equal(ll_adv_set_params(adv->ll, &high), 0);
    ll_room_close(&room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(high_duty_cycle),     cmocka_unit_test(high_duty_cycle_disturbed),
        cmocka_unit_test(low_duty_cycle),      cmocka_unit_test(type_of_the_target),
        cmocka_unit_test(data_survive),        cmocka_unit_test(ended_early),
        cmocka_unit_test(params),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    failed += RUN_ROWS(whos, who_connects);
    failed += RUN_ROWS(pairs, target_and_stranger);
    failed += RUN_ROWS(reports, scanner_reports);
    return failed;
}
