/* SPDX-License-Identifier: MIT */
/* Advertising (Core v5.4, Vol 6, Part B, 4.4.2) between an upper and a lower tester. */
#include "link_tester.h"
#include "rows.h"

#define INTERVAL SIM_MS(100)

static const uint8_t data[] = {0x02, 0x01, 0x06};
static const uint8_t response[] = {0x03, 0x09, 'h', 'r'};

struct fixture {
    struct ll_room room;
    struct upper *adv;
    uint8_t pdu[LL_PDU_MAX]; /* the advertising PDU to come */
    size_t len;
};

static void start(struct fixture *f, struct ll_adv_params params)
{
    static const uint8_t pdu_types[] = {[0] = LL_ADV_IND, [2] = LL_ADV_SCAN_IND,
                                        [3] = LL_ADV_NONCONN_IND};
    const struct sim_controller_profile profile = upper_profile(1);

    ll_room_open(&f->room, 7);
    f->adv = upper_new(&f->room, "adv", &profile);
    f->len = lower_adv_pdu(f->pdu, pdu_types[params.type], upper_address(1), NULL, data,
                           sizeof data);
    if (params.type == 0)
        f->pdu[0] |= 0x20; /* ChSel */
    assert_int_equal(ll_adv_set_params(f->adv->ll, &params), 0);
    assert_int_equal(ll_adv_set_data(f->adv->ll, data, sizeof data), 0);
    assert_int_equal(ll_adv_set_scan_response(f->adv->ll, response, sizeof response), 0);
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
 *  |   <-- ADV_NONCONN_IND 37
 *  |   <-- ADV_NONCONN_IND 38      at most 10 ms after the one before
 *  |   <-- ADV_NONCONN_IND 39
 *  |       (advInterval + 0 to 10 ms from the first)
 *  |   <-- ADV_NONCONN_IND 37 ...
 *  |  disable
 *  |       silence
 */
static void events_and_delays(void **state)
{
    struct fixture f;
    sim_ns last = 0, least = SIM_S(1), most = 0;
    (void)state;

    start(&f, upper_adv_params(3, 160));
    for (int event = 0; event < 200; event++) {
        const struct radio_rx *rx = expect_pdu(&f, SIM_MS(111), 37);
        const sim_ns first = rx->start;

        if (event > 0) {
            const sim_ns delay = first - last - INTERVAL;

            least = delay < least ? delay : least;
            most = delay > most ? delay : most;
        }
        last = first;
        rx = expect_pdu(&f, SIM_MS(10), 38);
        const sim_ns second = rx->start;
        assert_true(second - first <= SIM_MS(10));
        rx = expect_pdu(&f, SIM_MS(10), 39);
        assert_true(rx->start - second <= SIM_MS(10));
    }
    assert_true(most <= SIM_MS(10) && most > SIM_MS(9) && least < SIM_MS(1));
    assert_int_equal(ll_adv_enable(f.adv->ll, false), 0);
    lower_expect_silence(&f.room, SIM_S(1));
    ll_room_close(&f.room);
}

/* Disabled while a PDU is on the air: it is cut off, and nothing follows. */
static void disabled_in_the_middle(void **state)
{
    struct fixture f;
    (void)state;

    start(&f, upper_adv_params(0, 160));
    const sim_ns begun = expect_pdu(&f, SIM_MS(20), 37)->end;
    assert_int_equal(begun, ll_room_now(&f.room));
    ll_room_run(&f.room, SIM_US(400)); /* in the PDU on channel 38 */
    assert_int_equal(ll_adv_enable(f.adv->ll, false), 0);
    lower_expect_silence(&f.room, SIM_S(1));
    ll_room_close(&f.room);
}

struct map_row {
    const char *name;
    uint8_t map, channel[4];
};

static const struct map_row maps[] = {
    {"37", 1, {37, 37, 37}},         {"38", 2, {38, 38, 38}},     {"39", 4, {39, 39, 39}},
    {"37 and 38", 3, {37, 38, 37}},  {"37 and 39", 5, {37, 39, 37}},
    {"38 and 39", 6, {38, 39, 38}},  {"all", 7, {37, 38, 39}},
};

static void channel_map(void **state)
{
    const struct map_row *row = *state;
    struct ll_adv_params params = upper_adv_params(0, 160);
    struct fixture f;

    params.channel_map = row->map;
    start(&f, params);
    for (int i = 0; i < 3; i++)
        expect_pdu(&f, SIM_MS(111), row->channel[i]);
    ll_room_close(&f.room);
}

/*
 * UT                       LT
 *  |   <-- ADV_IND 37
 *  |   SCAN_REQ 37 -->             T_IFS after it
 *  |   <-- SCAN_RSP 37             T_IFS after that
 *  |   <-- ADV_IND 38
 *  |   <-- ADV_IND 39
 */
static void scan_request_is_answered(void **state)
{
    const uint8_t types[] = {0, 2};
    (void)state;

    for (size_t i = 0; i < sizeof types; i++) {
        struct fixture f;
        uint8_t req[LL_PDU_MAX], rsp[LL_PDU_MAX];
        const struct bd_addr own = upper_address(1);
        const size_t req_len =
            lower_adv_pdu(req, LL_SCAN_REQ, lower_address(), &own, NULL, 0);
        const size_t rsp_len =
            lower_adv_pdu(rsp, LL_SCAN_RSP, own, NULL, response, sizeof response);

        start(&f, upper_adv_params(types[i], 160));
        const sim_ns at = expect_pdu(&f, SIM_MS(20), 37)->end + LL_T_IFS;
        lower_send_adv(&f.room, 37, at, req, req_len);
        const struct radio_rx *rx = lower_expect_adv(&f.room, SIM_MS(1), rsp, rsp_len);
        assert_int_equal(rx->start, at + ll_air_time(RADIO_PHY_1M, req_len) + LL_T_IFS);
        assert_int_equal(ll_mhz_channel(rx->mhz), 37);
        expect_pdu(&f, SIM_MS(10), 38);
        expect_pdu(&f, SIM_MS(10), 39);
        lower_expect_silence(&f.room, SIM_MS(90));
        ll_room_close(&f.room);
    }
}

struct request_row {
    const char *name;
    uint8_t type;        /* Advertising_Type */
    int shift_us;        /* off T_IFS by this */
    uint8_t adv_octet;   /* of the AdvA asked for */
    uint8_t pdu_type;
    size_t len;          /* bytes on the air; 0: as they should be */
    int8_t header_length; /* 0: as it should be */
    bool answered;
};

static const struct request_row requests[] = {
    {"on time", 0, 0, 1, LL_SCAN_REQ, 0, 0, true},
    {"2 us late", 0, 2, 1, LL_SCAN_REQ, 0, 0, true},
    {"2 us early", 0, -2, 1, LL_SCAN_REQ, 0, 0, true},
    {"5 us late", 0, 5, 1, LL_SCAN_REQ, 0, 0, false},
    {"5 us early", 0, -5, 1, LL_SCAN_REQ, 0, 0, false},
    {"for another", 0, 0, 2, LL_SCAN_REQ, 0, 0, false},
    {"to a non-connectable advertiser", 3, 0, 1, LL_SCAN_REQ, 0, 0, false},
    {"of a reserved type", 0, 0, 1, 0x0B, 0, 0, false},
    {"a SCAN_RSP", 0, 0, 1, LL_SCAN_RSP, 0, 0, false},
    {"header alone", 0, 0, 1, LL_SCAN_REQ, 2, 0, false},
    {"half a header", 0, 0, 1, LL_SCAN_REQ, 1, 0, false},
    {"one address, length agreeing", 0, 0, 1, LL_SCAN_REQ, 8, 6, false},
    {"one octet short", 0, 0, 1, LL_SCAN_REQ, 13, 0, false},
    {"one octet short, length agreeing", 0, 0, 1, LL_SCAN_REQ, 13, 11, false},
    {"one octet long", 0, 0, 1, LL_SCAN_REQ, 15, 0, false},
    {"one octet long, length agreeing", 0, 0, 1, LL_SCAN_REQ, 15, 13, false},
    {"as long as can be", 0, 0, 1, LL_SCAN_REQ, 257, -1, false},
};

static void request(void **state)
{
    const struct request_row *row = *state;
    struct fixture f;
    uint8_t req[LL_PDU_MAX] = {0};
    const struct bd_addr target = upper_address(row->adv_octet);
    size_t len = lower_adv_pdu(req, row->pdu_type, lower_address(), &target, NULL, 0);

    start(&f, upper_adv_params(row->type, 160));
    if (row->len)
        len = row->len;
    if (row->header_length)
        req[1] = (uint8_t)row->header_length;
    const sim_ns end = expect_pdu(&f, SIM_MS(20), 37)->end;
    lower_send_adv(&f.room, 37, end + LL_T_IFS + SIM_US(row->shift_us + 100) - SIM_US(100), req,
                   len);
    if (row->answered)
        assert_int_equal(lower_hear(&f.room, SIM_MS(3))->pdu[0] & 0x0F, LL_SCAN_RSP);
    if (row->len != 257 && row->type != 3) /* those lie over the next PDU */
        expect_pdu(&f, SIM_MS(10), 38);
    expect_pdu(&f, SIM_MS(10), row->len == 257 || row->type == 3 ? 38 : 39);
    ll_room_run(&f.room, SIM_MS(50));
    ll_room_close(&f.room);
}

struct policy_row {
    const char *name;
    uint8_t policy;
    bool listed, scan_answered, connects;
};

static const struct policy_row policies[] = {
    {"any, not listed", 0, false, true, true},
    {"scans from the list, not listed", 1, false, false, true},
    {"scans from the list, listed", 1, true, true, true},
    {"connections from the list, not listed", 2, false, true, false},
    {"connections from the list, listed", 2, true, true, true},
    {"both from the list, not listed", 3, false, false, false},
    {"both from the list, listed", 3, true, true, true},
};

static void filter_policy(void **state)
{
    const struct policy_row *row = *state;
    struct ll_adv_params params = upper_adv_params(0, 160);
    struct fixture f;
    uint8_t pdu[LL_PDU_MAX];
    const struct bd_addr own = upper_address(1);
    const struct bd_addr lower = lower_address();
    /* The same octets with the other type are somebody else. */
    struct bd_addr other = lower;

    other.type = BD_ADDR_PUBLIC;
    params.filter_policy = row->policy;
    start(&f, params);
    assert_int_equal(ll_adv_enable(f.adv->ll, false), 0);
    assert_int_equal(ll_accept_list_add(f.adv->ll, row->listed ? &lower : &other), 0);
    assert_int_equal(ll_adv_enable(f.adv->ll, true), 0);
    size_t len = lower_adv_pdu(pdu, LL_SCAN_REQ, lower, &own, NULL, 0);
    lower_send_adv(&f.room, 37, expect_pdu(&f, SIM_MS(20), 37)->end + LL_T_IFS, pdu, len);
    if (row->scan_answered)
        assert_int_equal(lower_hear(&f.room, SIM_MS(1))->pdu[0] & 0x0F, LL_SCAN_RSP);
    const struct ll_connect_ind ind = link_connect_ind(own);
    struct wr w = wr_init(pdu, sizeof pdu);
    ll_connect_ind_encode(&w, &ind);
    lower_send_adv(&f.room, 38, expect_pdu(&f, SIM_MS(20), 38)->end + LL_T_IFS, pdu, w.len);
    if (row->connects)
        upper_expect(f.adv, UP_CONNECTED, SIM_MS(1));
    else
        expect_pdu(&f, SIM_MS(10), 39);
    ll_room_close(&f.room);
}

/* --- CONNECT_IND --- */

enum spoil {
    SPOIL_NOTHING,
    SPOIL_HOP,
    SPOIL_INTERVAL,
    SPOIL_WIN_SIZE,
    SPOIL_WIN_OFFSET,
    SPOIL_LATENCY,
    SPOIL_TIMEOUT,
    SPOIL_MAP,
    SPOIL_ADV_A,
    SPOIL_LEN,
    SPOIL_HEADER_LENGTH,
};

struct connect_row {
    const char *name;
    enum spoil spoil;
    uint16_t value;
    bool connects;
};

static const struct connect_row connects[] = {
    {"as it should be", SPOIL_NOTHING, 0, true},
    {"hop 0", SPOIL_HOP, 0, false},
    {"hop 4", SPOIL_HOP, 4, false},
    {"hop 5", SPOIL_HOP, 5, true},
    {"hop 16", SPOIL_HOP, 16, true},
    {"hop 17", SPOIL_HOP, 17, false},
    {"interval 0", SPOIL_INTERVAL, 0, false},
    {"interval 5", SPOIL_INTERVAL, 5, false},
    {"interval 6", SPOIL_INTERVAL, 6, true},
    {"interval 3201", SPOIL_INTERVAL, 3201, false},
    {"interval 65535", SPOIL_INTERVAL, 65535, false},
    {"window size 0", SPOIL_WIN_SIZE, 0, false},
    {"window size 8", SPOIL_WIN_SIZE, 8, true},
    {"window size 9", SPOIL_WIN_SIZE, 9, false},
    {"window offset of an interval", SPOIL_WIN_OFFSET, 24, true},
    {"window offset beyond the interval", SPOIL_WIN_OFFSET, 25, false},
    {"latency 16, just too long for the timeout", SPOIL_LATENCY, 16, false},
    {"latency 15, just short enough", SPOIL_LATENCY, 15, true},
    {"latency 500", SPOIL_LATENCY, 500, false},
    {"timeout 0", SPOIL_TIMEOUT, 0, false},
    {"timeout 9", SPOIL_TIMEOUT, 9, false},
    {"timeout 10", SPOIL_TIMEOUT, 10, true},
    {"timeout 3201", SPOIL_TIMEOUT, 3201, false},
    {"no channel", SPOIL_MAP, 0x00, false},
    {"one channel", SPOIL_MAP, 0x01, false},
    {"two channels", SPOIL_MAP, 0x03, true},
    {"another advertiser", SPOIL_ADV_A, 2, false},
    {"one octet short", SPOIL_LEN, 35, false},
    {"one octet long", SPOIL_LEN, 37, false},
    {"header alone", SPOIL_LEN, 2, false},
    {"nothing", SPOIL_LEN, 0, false},
    {"header says 33", SPOIL_HEADER_LENGTH, 33, false},
    {"header says 35", SPOIL_HEADER_LENGTH, 35, false},
};

static void spoil(struct ll_connect_ind *ind, const struct connect_row *row)
{
    switch (row->spoil) {
    case SPOIL_HOP:
        ind->hop = (uint8_t)row->value;
        break;
    case SPOIL_INTERVAL:
        ind->interval_1250us = row->value;
        break;
    case SPOIL_WIN_SIZE:
        ind->win_size_1250us = (uint8_t)row->value;
        break;
    case SPOIL_WIN_OFFSET:
        ind->win_offset_1250us = row->value;
        break;
    case SPOIL_LATENCY:
        ind->latency = row->value;
        break;
    case SPOIL_TIMEOUT:
        ind->timeout_10ms = row->value;
        break;
    case SPOIL_MAP:
        memset(ind->channel_map, 0, sizeof ind->channel_map);
        ind->channel_map[2] = (uint8_t)row->value;
        break;
    case SPOIL_ADV_A:
        ind->adv_a = upper_address((uint8_t)row->value);
        break;
    case SPOIL_NOTHING:
    case SPOIL_LEN:
    case SPOIL_HEADER_LENGTH:
        break;
    }
}

/*
 * UT                       LT
 *  |   <-- ADV_IND 37
 *  |   CONNECT_IND 37 -->
 *  connected, and no ADV_IND any more; or ADV_IND on 38 as if nothing had been sent
 */
static void connect_ind(void **state)
{
    const struct connect_row *row = *state;
    struct ll_connect_ind ind = link_connect_ind(upper_address(1));
    struct fixture f;
    uint8_t pdu[LL_PDU_MAX] = {0};
    struct wr w = wr_init(pdu, sizeof pdu);

    spoil(&ind, row);
    start(&f, upper_adv_params(0, 160));
    ll_connect_ind_encode(&w, &ind);
    if (row->spoil == SPOIL_HEADER_LENGTH)
        pdu[1] = (uint8_t)row->value;
    const size_t len = row->spoil == SPOIL_LEN ? row->value : w.len;
    const sim_ns at = expect_pdu(&f, SIM_MS(20), 37)->end + LL_T_IFS;
    lower_send_adv(&f.room, 37, at, pdu, len);
    if (row->connects) {
        const struct upper_event *event = upper_expect(f.adv, UP_CONNECTED, SIM_MS(1));

        assert_int_equal(event->at, at + ll_air_time(RADIO_PHY_1M, len));
        assert_int_equal(event->status, 0);
        assert_int_equal(event->info.interval_1250us, ind.interval_1250us);
        assert_int_equal(event->info.latency, ind.latency);
        assert_int_equal(event->info.timeout_10ms, ind.timeout_10ms);
        assert_int_equal(event->info.sca, ind.sca);
        assert_true(bd_addr_equal(&event->info.peer, &ind.init_a));
        /* Six intervals without a packet. */
        const struct upper_event *end = upper_expect(f.adv, UP_DISCONNECTED, SIM_S(30));
        assert_int_equal(end->status, HCI_ERR_CONNECTION_FAILED_TO_BE_ESTABLISHED);
        assert_int_equal(end->at, at + ll_air_time(RADIO_PHY_1M, len) +
                                      6 * SIM_US(1250) * ind.interval_1250us);
        lower_expect_silence(&f.room, SIM_MS(500));
    } else {
        expect_pdu(&f, SIM_MS(10), 38);
        expect_pdu(&f, SIM_MS(10), 39);
        expect_pdu(&f, SIM_MS(111), 37);
    }
    ll_room_close(&f.room);
}

static void scannable_and_nonconnectable_do_not_connect(void **state)
{
    const uint8_t types[] = {2, 3};
    (void)state;

    for (size_t i = 0; i < sizeof types; i++) {
        const struct ll_connect_ind ind = link_connect_ind(upper_address(1));
        struct fixture f;
        uint8_t pdu[LL_PDU_MAX];
        struct wr w = wr_init(pdu, sizeof pdu);

        start(&f, upper_adv_params(types[i], 160));
        ll_connect_ind_encode(&w, &ind);
        lower_send_adv(&f.room, 37, expect_pdu(&f, SIM_MS(20), 37)->end + LL_T_IFS, pdu, w.len);
        expect_pdu(&f, SIM_MS(10), 38);
        lower_forget(&f.room);
        ll_room_run(&f.room, SIM_S(1));
        ll_room_close(&f.room);
    }
}

/* Nobody gets a second connection; others do. */
static void connected_peer_is_not_connected_again(void **state)
{
    struct ll_connect_ind ind = link_connect_ind(upper_address(1));
    struct fixture f;
    uint8_t pdu[LL_PDU_MAX];
    (void)state;

    start(&f, upper_adv_params(0, 160));
    for (int i = 0; i < 3; i++) {
        struct wr w = wr_init(pdu, sizeof pdu);

        ind.init_a.octet[0] = i == 2 ? 0x77 : 0x11;
        ind.access_address ^= i == 2 ? 2 : 0;
        ll_connect_ind_encode(&w, &ind);
        lower_send_adv(&f.room, 37, expect_pdu(&f, SIM_MS(111), 37)->end + LL_T_IFS, pdu, w.len);
        if (i != 1) {
            assert_int_equal(upper_expect(f.adv, UP_CONNECTED, SIM_MS(1))->handle, i / 2);
            assert_int_equal(ll_adv_enable(f.adv->ll, true), 0);
        } else {
            expect_pdu(&f, SIM_MS(10), 38);
            expect_pdu(&f, SIM_MS(10), 39);
        }
    }
    ll_room_close(&f.room);
}

/* New data are in the next PDU; lengths over 31 are refused. */
static void data_changes_while_advertising(void **state)
{
    static const uint8_t other[LL_LEGACY_ADV_DATA_MAX + 1] = {30, 0xFF};
    struct fixture f;
    (void)state;

    start(&f, upper_adv_params(0, 160));
    expect_pdu(&f, SIM_MS(20), 37);
    lower_forget(&f.room);
    ll_room_run(&f.room, SIM_MS(50));
    lower_forget(&f.room);
    assert_int_equal(ll_adv_set_data(f.adv->ll, other, sizeof other),
                     HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS);
    assert_int_equal(ll_adv_set_data(f.adv->ll, other, LL_LEGACY_ADV_DATA_MAX), 0);
    f.len = lower_adv_pdu(f.pdu, LL_ADV_IND, upper_address(1), NULL, other,
                          LL_LEGACY_ADV_DATA_MAX);
    f.pdu[0] |= 0x20;
    expect_pdu(&f, SIM_MS(111), 37);
    ll_room_close(&f.room);
}

static void random_address_is_used(void **state)
{
    const struct bd_addr random = {.octet = {1, 2, 3, 4, 5, 0xC0}, .type = BD_ADDR_RANDOM};
    struct ll_adv_params params = upper_adv_params(3, 160);
    struct fixture f;
    (void)state;

    start(&f, params);
    assert_int_equal(ll_set_random_address(f.adv->ll, &random), HCI_ERR_COMMAND_DISALLOWED);
    assert_int_equal(ll_adv_enable(f.adv->ll, false), 0);
    params.own_address_type = 1;
    assert_int_equal(ll_adv_set_params(f.adv->ll, &params), 0);
    assert_int_equal(ll_adv_enable(f.adv->ll, true), HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS);
    lower_expect_silence(&f.room, SIM_MS(200));
    assert_int_equal(ll_set_random_address(f.adv->ll, &random), 0);
    assert_int_equal(ll_adv_enable(f.adv->ll, true), 0);
    f.len = lower_adv_pdu(f.pdu, LL_ADV_NONCONN_IND, random, NULL, data, sizeof data);
    expect_pdu(&f, SIM_MS(20), 37);
    ll_room_close(&f.room);
}

struct params_row {
    const char *name;
    struct ll_adv_params params;
    uint8_t error;
};

#define ADV_PARAMS(...) {.interval_min_625us = 160, .interval_max_625us = 160, .channel_map = 7, \
                         __VA_ARGS__}

static const struct params_row bad_params[] = {
    {"interval 0x1F", {.interval_min_625us = 0x1F, .interval_max_625us = 0x20, .channel_map = 7},
     0x12},
    {"interval 0x20", {.interval_min_625us = 0x20, .interval_max_625us = 0x20, .channel_map = 7},
     0},
    {"interval 0x4001", {.interval_min_625us = 160, .interval_max_625us = 0x4001,
     .channel_map = 7}, 0x12},
    {"minimum over maximum", {.interval_min_625us = 161, .interval_max_625us = 160,
     .channel_map = 7}, 0x12},
    {"type 1", ADV_PARAMS(.type = 1), 0},
    {"type 4", ADV_PARAMS(.type = 4), 0},
    {"type 5", ADV_PARAMS(.type = 5), 0x12},
    {"own address type 3", ADV_PARAMS(.own_address_type = 3), 0},
    {"own address type 4", ADV_PARAMS(.own_address_type = 4), 0x12},
    {"peer address type 2", ADV_PARAMS(.peer.type = 2), 0x12},
    {"filter policy 4", ADV_PARAMS(.filter_policy = 4), 0x12},
    {"no channel", {.interval_min_625us = 160, .interval_max_625us = 160}, 0x12},
    {"a fourth channel", {.interval_min_625us = 160, .interval_max_625us = 160,
     .channel_map = 0x0F}, 0x12},
};

static void parameters_checked(void **state)
{
    const struct params_row *row = *state;
    struct fixture f;

    start(&f, upper_adv_params(3, 160));
    assert_int_equal(ll_adv_set_params(f.adv->ll, &row->params), HCI_ERR_COMMAND_DISALLOWED);
    assert_int_equal(ll_adv_enable(f.adv->ll, false), 0);
    assert_int_equal(ll_adv_set_params(f.adv->ll, &row->params), row->error);
    ll_room_close(&f.room);
}

/* Enabling twice changes nothing; a reset stops everything and forgets the data. */
static void enabled_twice_and_reset(void **state)
{
    struct fixture f;
    (void)state;

    start(&f, upper_adv_params(0, 160));
    assert_int_equal(ll_adv_enable(f.adv->ll, true), 0);
    expect_pdu(&f, SIM_MS(20), 37);
    ll_reset(f.adv->ll);
    lower_expect_silence(&f.room, SIM_S(3));
    assert_int_equal(ll_adv_enable(f.adv->ll, true), 0);
    f.len = lower_adv_pdu(f.pdu, LL_ADV_IND, upper_address(1), NULL, NULL, 0);
    f.pdu[0] |= 0x20;
    expect_pdu(&f, SIM_MS(20), 37);
    expect_pdu(&f, SIM_MS(20), 38);
    expect_pdu(&f, SIM_MS(20), 39);
    lower_expect_silence(&f.room, SIM_MS(1270));
    ll_room_close(&f.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_and_delays),
        cmocka_unit_test(disabled_in_the_middle),
        cmocka_unit_test(scan_request_is_answered),
        cmocka_unit_test(scannable_and_nonconnectable_do_not_connect),
        cmocka_unit_test(connected_peer_is_not_connected_again),
        cmocka_unit_test(data_changes_while_advertising),
        cmocka_unit_test(random_address_is_used),
        cmocka_unit_test(enabled_twice_and_reset),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    failed += RUN_ROWS(maps, channel_map);
    failed += RUN_ROWS(requests, request);
    failed += RUN_ROWS(policies, filter_policy);
    failed += RUN_ROWS(connects, connect_ind);
    failed += RUN_ROWS(bad_params, parameters_checked);
    return failed;
}
