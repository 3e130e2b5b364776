/* SPDX-License-Identifier: MIT */
/* Scanning (Core v5.4, Vol 6, Part B, 4.4.3) between an upper and a lower tester. */
#include "rows.h"
#include "scan_room.h"

/* --- windows --- */

struct window_row {
    const char *name;
    uint16_t interval_625us, window_625us;
    uint64_t at_us; /* when the PDU begins, from the enabling */
    uint8_t channel;
    bool heard;
};

/* A window opens in SIM_PHASE_LL of its instant, when packets of that instant have begun. */
static const struct window_row windows[] = {
    {"beginning of the first window", 160, 16, 1, 37, true},
    {"the other channels are deaf", 160, 16, 1, 38, false},
    {"end of the first window", 160, 16, 10000, 37, true},
    {"after the first window", 160, 16, 10001, 37, false},
    {"between windows", 160, 16, 50000, 38, false},
    {"second window", 160, 16, 100001, 38, true},
    {"second window's end", 160, 16, 110000, 38, true},
    {"third window", 160, 16, 205000, 39, true},
    {"fourth window", 160, 16, 300001, 37, true},
    {"continuous, first channel", 16, 16, 9999, 37, true},
    {"continuous, second channel", 16, 16, 10001, 38, true},
    {"continuous, third channel", 16, 16, 20001, 39, true},
    {"continuous, after a minute", 16, 16, 60000001, 37, true},
    {"longest interval", 0x4000, 4, 10240001, 38, true},
};

static void window(void **state)
{
    const struct window_row *row = *state;
    const struct ll_scan_params params = {.interval_625us = row->interval_625us,
                                          .window_625us = row->window_625us};
    struct fixture f;

    open_room(&f);
    const sim_ns start = ll_room_now(&f.room) + SIM_US(row->at_us);
    lower_send_adv(&f.room, row->channel, start, f.adv, f.adv_len);
    assert_int_equal(ll_scan_set_params(f.scan->ll, &params), 0);
    assert_int_equal(ll_scan_enable(f.scan->ll, true, false), 0);
    ll_room_run(&f.room, SIM_US(row->at_us) + SIM_MS(1));
    if (row->heard)
        expect_report(&f, LL_ADV_IND, sizeof data);
    ll_room_close(&f.room);
}

/* --- passive --- */

struct pdu_row {
    const char *name;
    uint8_t type;
    size_t data_len;   /* of zeros, behind AdvA */
    int header_length; /* -1: as it should be */
    size_t len;        /* on the air; 0: as it should be */
    bool bad_crc, reported;
};

static const struct pdu_row pdus[] = {
    {"ADV_IND", LL_ADV_IND, 3, -1, 0, false, true},
    {"ADV_IND without data", LL_ADV_IND, 0, -1, 0, false, true},
    {"ADV_IND, 31 octets", LL_ADV_IND, 31, -1, 0, false, true},
    {"ADV_IND, 32 octets", LL_ADV_IND, 32, -1, 0, false, false},
    {"ADV_IND, 249 octets", LL_ADV_IND, 249, -1, 0, false, false},
    {"ADV_NONCONN_IND", LL_ADV_NONCONN_IND, 3, -1, 0, false, true},
    {"ADV_SCAN_IND", LL_ADV_SCAN_IND, 3, -1, 0, false, true},
    {"SCAN_RSP that was not asked for", LL_SCAN_RSP, 3, -1, 0, false, false},
    {"SCAN_REQ", LL_SCAN_REQ, 6, -1, 0, false, false},
    {"CONNECT_IND", LL_CONNECT_IND, 28, -1, 0, false, false},
    {"ADV_EXT_IND", LL_ADV_EXT_IND, 3, -1, 0, false, false},
    {"reserved type 8", 8, 3, -1, 0, false, false},
    {"reserved type 15", 15, 3, -1, 0, false, false},
    {"bad CRC", LL_ADV_IND, 3, -1, 0, true, false},
    {"length too large", LL_ADV_IND, 3, 10, 0, false, false},
    {"length too small", LL_ADV_IND, 3, 8, 0, false, false},
    {"AdvA cut short", LL_ADV_IND, 0, 5, 7, false, false},
    {"nothing behind the header", LL_ADV_IND, 0, 0, 2, false, false},
    {"header alone", LL_ADV_IND, 0, 6, 2, false, false},
    {"half a header", LL_ADV_IND, 0, 0, 1, false, false},
    {"directed at another", LL_ADV_DIRECT_IND, 6, -1, 0, false, false},
    {"directed, too long", LL_ADV_DIRECT_IND, 7, -1, 0, false, false},
    {"directed, too short", LL_ADV_DIRECT_IND, 5, -1, 0, false, false},
};

static void passive(void **state)
{
    const struct pdu_row *row = *state;
    const uint8_t zeros[LL_PDU_MAX] = {0};
    struct fixture f;

    open_room(&f);
    upper_scan(f.scan, false, false);
    f.adv_len = lower_adv_pdu(f.adv, row->type, lower_address(), NULL, zeros, row->data_len);
    if (row->header_length >= 0)
        f.adv[1] = (uint8_t)row->header_length;
    if (row->len)
        f.adv_len = row->len;
    const struct radio_packet packet = {
        .start = ll_room_now(&f.room) + SIM_US(10),
        .mhz = 2402,
        .phy = RADIO_PHY_1M,
        .access_address = LL_ADVERTISING_ACCESS_ADDRESS,
        .crc_init = CRC24_INIT_ADVERTISING,
        .pdu = f.adv,
        .len = f.adv_len,
        .bad_crc = row->bad_crc,
    };
    assert_int_equal(raw_radio_send(f.room.lower, &packet), 0);
    lower_expect_silence(&f.room, SIM_MS(5));
    if (row->reported) {
        const struct upper_event *event = upper_expect(f.scan, UP_ADV_REPORT, 0);

        assert_int_equal(event->report.pdu_type, row->type);
        assert_int_equal(event->report.data_len, row->data_len);
        assert_int_equal(event->at, packet.start + ll_air_time(RADIO_PHY_1M, f.adv_len));
    }
    ll_room_close(&f.room);
}

static void directed_at_us(void **state)
{
    const struct bd_addr own = upper_address(1);
    struct fixture f;
    (void)state;

    open_room(&f);
    upper_scan(f.scan, true, false);
    f.adv_len = lower_adv_pdu(f.adv, LL_ADV_DIRECT_IND, lower_address(), &own, NULL, 0);
    send_adv(&f, 37);
    lower_expect_silence(&f.room, SIM_MS(5));
    expect_report(&f, LL_ADV_DIRECT_IND, 0);
    ll_room_close(&f.room);
}

/* --- active --- */

/*
 * LT                        IUT
 *  |  ADV_IND 37 -->         |
 *  |                         |  report
 *  |  <-- SCAN_REQ 37, T_IFS |
 *  |  SCAN_RSP 37, T_IFS --> |
 *  |                         |  report, apart
 */
static void active(void **state)
{
    const uint8_t types[] = {LL_ADV_IND, LL_ADV_SCAN_IND};
    (void)state;

    for (size_t i = 0; i < sizeof types; i++) {
        struct fixture f;

        open_room(&f);
        make_pdus(&f, types[i], lower_address());
        upper_scan(f.scan, true, false);
        send_adv(&f, 37);
        const struct upper_event *event = expect_report(&f, types[i], sizeof data);
        const struct radio_rx *rx = lower_expect_adv(&f.room, SIM_MS(1), f.req, f.req_len);
        assert_int_equal(rx->start, event->at + LL_T_IFS);
        assert_int_equal(rx->mhz, 2402);
        lower_send_adv(&f.room, 37, rx->end + LL_T_IFS, f.rsp, f.rsp_len);
        expect_report(&f, LL_SCAN_RSP, 2);
        lower_expect_silence(&f.room, SIM_MS(5));
        ll_room_close(&f.room);
    }
}

static void not_scannable_is_not_asked(void **state)
{
    struct fixture f;
    (void)state;

    open_room(&f);
    make_pdus(&f, LL_ADV_NONCONN_IND, lower_address());
    upper_scan(f.scan, true, false);
    send_adv(&f, 37);
    lower_expect_silence(&f.room, SIM_MS(5));
    expect_report(&f, LL_ADV_NONCONN_IND, sizeof data);
    ll_room_close(&f.room);
}

enum spoil {
    SPOIL_ADDRESS,
    SPOIL_TYPE,
    SPOIL_LENGTH,
    SPOIL_LONG,
    SPOIL_LATE,
};

struct response_row {
    const char *name;
    enum spoil spoil;
};

static const struct response_row responses[] = {
    {"from another", SPOIL_ADDRESS},       {"ADV_IND instead", SPOIL_TYPE},
    {"length disagrees", SPOIL_LENGTH},    {"32 octets of data", SPOIL_LONG},
    {"10 us late", SPOIL_LATE},
};

static void bad_response(void **state)
{
    const struct response_row *row = *state;
    const uint8_t zeros[32] = {0};
    struct fixture f;

    open_room(&f);
    upper_scan(f.scan, true, false);
    send_adv(&f, 37);
    sim_ns at = lower_expect_adv(&f.room, SIM_MS(1), f.req, f.req_len)->end + LL_T_IFS;
    expect_report(&f, LL_ADV_IND, sizeof data);
    switch (row->spoil) {
    case SPOIL_ADDRESS:
        f.rsp[3] ^= 1;
        break;
    case SPOIL_TYPE:
        f.rsp[0] = (uint8_t)((f.rsp[0] & 0xF0) | LL_ADV_IND);
        break;
    case SPOIL_LENGTH:
        f.rsp[1]++;
        break;
    case SPOIL_LONG:
        f.rsp_len = lower_adv_pdu(f.rsp, LL_SCAN_RSP, lower_address(), NULL, zeros, 32);
        break;
    case SPOIL_LATE:
        at += SIM_US(10);
        break;
    }
    lower_send_adv(&f.room, 37, at, f.rsp, f.rsp_len);
    lower_expect_silence(&f.room, SIM_MS(3));
    /* It goes on as before. */
    send_adv(&f, 37);
    expect_report(&f, LL_ADV_IND, sizeof data);
    ll_room_run(&f.room, SIM_MS(1));
    ll_room_close(&f.room);
}

/* --- filters --- */

struct policy_row {
    const char *name;
    uint8_t policy;
    bool listed, reported;
};

static const struct policy_row policies[] = {
    {"anybody", 0, false, true},
    {"the list, not on it", 1, false, false},
    {"the list, on it", 1, true, true},
};

static void filter_policy(void **state)
{
    const struct policy_row *row = *state;
    const struct ll_scan_params params = {
        .type = 1, .interval_625us = 16, .window_625us = 16, .filter_policy = row->policy};
    const struct bd_addr lower = lower_address();
    struct bd_addr other = lower;
    struct fixture f;

    open_room(&f);
    other.type = BD_ADDR_PUBLIC;
    assert_int_equal(ll_accept_list_add(f.scan->ll, row->listed ? &lower : &other), 0);
    assert_int_equal(ll_scan_set_params(f.scan->ll, &params), 0);
    assert_int_equal(ll_scan_enable(f.scan->ll, true, false), 0);
    send_adv(&f, 37);
    if (row->reported) {
        expect_report(&f, LL_ADV_IND, sizeof data);
        lower_expect_adv(&f.room, SIM_MS(1), f.req, f.req_len);
    }
    lower_expect_silence(&f.room, SIM_MS(3));
    ll_room_close(&f.room);
}

/* Each advertiser once, its scan response once; then it is not asked any more. */
static void duplicates_are_filtered(void **state)
{
    const struct ll_scan_params params = {
        .type = 1, .interval_625us = 0x4000, .window_625us = 0x4000};
    struct fixture f;
    (void)state;

    open_room(&f);
    assert_int_equal(ll_scan_set_params(f.scan->ll, &params), 0);
    assert_int_equal(ll_scan_enable(f.scan->ll, true, true), 0);
    send_adv(&f, 37);
    expect_report(&f, LL_ADV_IND, sizeof data);
    lower_expect_adv(&f.room, SIM_MS(1), f.req, f.req_len); /* not answered */
    ll_room_run(&f.room, SIM_MS(1));
    send_adv(&f, 37); /* not reported, but asked again */
    const sim_ns end = lower_expect_adv(&f.room, SIM_MS(2), f.req, f.req_len)->end;
    lower_send_adv(&f.room, 37, end + LL_T_IFS, f.rsp, f.rsp_len);
    expect_report(&f, LL_SCAN_RSP, 2);
    for (int i = 0; i < 5; i++) {
        send_adv(&f, 37);
        lower_expect_silence(&f.room, SIM_MS(2));
    }
    /* Enabled again, it begins anew. */
    assert_int_equal(ll_scan_enable(f.scan->ll, true, true), 0);
    send_adv(&f, 37);
    expect_report(&f, LL_ADV_IND, sizeof data);
    ll_room_close_dirty(&f.room);
}

/* A hundred advertisers are kept apart; the table is bounded, so that a thousand are not. */
static void many_advertisers(void **state)
{
    const struct ll_scan_params params = {.interval_625us = 0x4000, .window_625us = 0x4000};
    struct fixture f;
    (void)state;

    open_room(&f);
    f.scan->keep_nothing = true;
    assert_int_equal(ll_scan_set_params(f.scan->ll, &params), 0);
    assert_int_equal(ll_scan_enable(f.scan->ll, true, true), 0);
    for (unsigned i = 0; i < 300; i++) {
        struct bd_addr advertiser = lower_address();

        advertiser.octet[0] = (uint8_t)(i % 100);
        make_pdus(&f, LL_ADV_NONCONN_IND, advertiser);
        send_adv(&f, 37);
        ll_room_run(&f.room, SIM_MS(1));
    }
    assert_int_equal(f.scan->reports, 100);
    for (unsigned i = 0; i < 2000; i++) {
        struct bd_addr advertiser = lower_address();

        advertiser.octet[0] = (uint8_t)i;
        advertiser.octet[1] = (uint8_t)(i / 256 % 4 + 1);
        make_pdus(&f, LL_ADV_NONCONN_IND, advertiser);
        send_adv(&f, 37);
        ll_room_run(&f.room, SIM_MS(1));
    }
    assert_true(f.scan->reports >= 1100);
    ll_room_close(&f.room);
}

/* --- requests --- */

struct params_row {
    const char *name;
    struct ll_scan_params params;
    uint8_t error;
};

static const struct params_row parameters[] = {
    {"type 2", {.type = 2, .interval_625us = 16, .window_625us = 16}, 0x12},
    {"interval 3", {.interval_625us = 3, .window_625us = 3}, 0x12},
    {"interval 4", {.interval_625us = 4, .window_625us = 4}, 0},
    {"interval 0x4001", {.interval_625us = 0x4001, .window_625us = 16}, 0x12},
    {"interval 0x4000", {.interval_625us = 0x4000, .window_625us = 0x4000}, 0},
    {"window 3", {.interval_625us = 16, .window_625us = 3}, 0x12},
    {"window over interval", {.interval_625us = 16, .window_625us = 17}, 0x12},
    {"own address type 3", {.interval_625us = 16, .window_625us = 16, .own_address_type = 3}, 0},
    {"own address type 4", {.interval_625us = 16, .window_625us = 16, .own_address_type = 4}, 0x12},
    {"filter policy 3", {.interval_625us = 16, .window_625us = 16, .filter_policy = 3}, 0},
    {"filter policy 4", {.interval_625us = 16, .window_625us = 16, .filter_policy = 4}, 0x12},
};

static void parameters_checked(void **state)
{
    const struct params_row *row = *state;
    struct fixture f;

    open_room(&f);
    upper_scan(f.scan, false, false);
    assert_int_equal(ll_scan_set_params(f.scan->ll, &row->params), HCI_ERR_COMMAND_DISALLOWED);
    assert_int_equal(ll_scan_enable(f.scan->ll, false, false), 0);
    assert_int_equal(ll_scan_enable(f.scan->ll, false, false), 0);
    assert_int_equal(ll_scan_set_params(f.scan->ll, &row->params), row->error);
    ll_room_close(&f.room);
}

static void random_address(void **state)
{
    const struct bd_addr random = {.octet = {1, 2, 3, 4, 5, 0xC0}, .type = BD_ADDR_RANDOM};
    const struct bd_addr lower = lower_address();
    const struct ll_scan_params params = {
        .type = 1, .interval_625us = 16, .window_625us = 16, .own_address_type = 1};
    struct fixture f;
    (void)state;

    open_room(&f);
    assert_int_equal(ll_scan_set_params(f.scan->ll, &params), 0);
    assert_int_equal(ll_scan_enable(f.scan->ll, true, false),
                     HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS);
    assert_int_equal(ll_set_random_address(f.scan->ll, &random), 0);
    assert_int_equal(ll_scan_enable(f.scan->ll, true, false), 0);
    assert_int_equal(ll_set_random_address(f.scan->ll, &random), HCI_ERR_COMMAND_DISALLOWED);
    send_adv(&f, 37);
    f.req_len = lower_adv_pdu(f.req, LL_SCAN_REQ, random, &lower, NULL, 0);
    lower_expect_adv(&f.room, SIM_MS(1), f.req, f.req_len);
    expect_report(&f, LL_ADV_IND, sizeof data);
    ll_room_close(&f.room);
}

/* Disabled in each state: nothing is reported or sent any more. */
static void disabled(void **state)
{
    (void)state;
    for (unsigned us = 0; us < 1000; us += 50) {
        struct fixture f;

        open_room(&f);
        upper_scan(f.scan, true, false);
        send_adv(&f, 37);
        ll_room_run(&f.room, SIM_US(us));
        assert_int_equal(ll_scan_enable(f.scan->ll, false, false), 0);
        upper_forget(f.scan);
        lower_forget(&f.room);
        lower_expect_silence(&f.room, SIM_S(1));
        ll_room_close(&f.room);
    }
}

static void disable_from_report(struct upper *upper, const struct upper_event *event)
{
    (void)event;
    assert_int_equal(ll_scan_enable(upper->ll, false, false), 0);
}

static void disabled_by_its_report(void **state)
{
    struct fixture f;
    (void)state;

    open_room(&f);
    f.scan->on_event = disable_from_report;
    upper_scan(f.scan, true, false);
    send_adv(&f, 37);
    lower_expect_silence(&f.room, SIM_S(1));
    expect_report(&f, LL_ADV_IND, sizeof data);
    ll_room_close(&f.room);
}

static void restart_from_report(struct upper *upper, const struct upper_event *event)
{
    (void)event;
    assert_int_equal(ll_scan_enable(upper->ll, false, false), 0);
    assert_int_equal(ll_scan_enable(upper->ll, true, false), 0);
}

static void restarted_by_its_report(void **state)
{
    struct fixture f;
    (void)state;

    open_room(&f);
    f.scan->on_event = restart_from_report;
    upper_scan(f.scan, true, false);
    for (int i = 0; i < 5; i++) {
        send_adv(&f, 37);
        lower_expect_silence(&f.room, SIM_MS(1)); /* the SCAN_REQ is taken back */
        expect_report(&f, LL_ADV_IND, sizeof data);
    }
    ll_room_close(&f.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(directed_at_us),
        cmocka_unit_test(active),
        cmocka_unit_test(not_scannable_is_not_asked),
        cmocka_unit_test(duplicates_are_filtered),
        cmocka_unit_test(many_advertisers),
        cmocka_unit_test(random_address),
        cmocka_unit_test(disabled),
        cmocka_unit_test(disabled_by_its_report),
        cmocka_unit_test(restarted_by_its_report),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    failed += RUN_ROWS(windows, window);
    failed += RUN_ROWS(pdus, passive);
    failed += RUN_ROWS(responses, bad_response);
    failed += RUN_ROWS(policies, filter_policy);
    failed += RUN_ROWS(parameters, parameters_checked);
    return failed;
}
