/* SPDX-License-Identifier: MIT */
/* Initiating (Core v5.4, Vol 6, Part B, 4.4.4) between an upper and a lower tester. */
#include "link_tester.h"
#include "ll_internal.h"
#include "rows.h"

struct fixture {
    struct ll_room room;
    struct upper *init;
    uint8_t adv[LL_PDU_MAX];
    size_t adv_len;
};

static void open_room(struct fixture *f)
{
    const struct sim_controller_profile profile = upper_profile(1);

    ll_room_open(&f->room, 21);
    f->init = upper_new(&f->room, "init", &profile);
    f->adv_len = lower_adv_pdu(f->adv, LL_ADV_IND, lower_address(), NULL, NULL, 0);
}

static sim_ns send_adv(struct fixture *f, uint8_t channel)
{
    const sim_ns start = ll_room_now(&f->room) + SIM_US(50);

    lower_send_adv(&f->room, channel, start, f->adv, f->adv_len);
    return start + ll_air_time(RADIO_PHY_1M, f->adv_len);
}

static struct ll_connect_ind expect_connect_ind(struct fixture *f, sim_ns adv_end)
{
    const struct radio_rx *rx = lower_hear(&f->room, SIM_MS(1));
    struct ll_connect_ind ind;

    assert_int_equal(rx->start, adv_end + LL_T_IFS);
    assert_int_equal(rx->access_address, LL_ADVERTISING_ACCESS_ADDRESS);
    assert_int_equal(ll_connect_ind_decode(rx->pdu, rx->len, &ind), 0);
    return ind;
}

/*
 * UT                IUT                LT
 *  create ->         |
 *                    |  <-- ADV_IND 37
 *                    |  CONNECT_IND 37, T_IFS -->
 *  <- connected      |
 */
static void connects(void **state)
{
    struct fixture f;
    (void)state;

    open_room(&f);
    struct ll_create_params params = upper_create_params(lower_address(), 24);
    params.interval_min_1250us = 6;
    params.latency = 2;
    params.timeout_10ms = 321;
    assert_int_equal(ll_create_connection(f.init->ll, &params), 0);
    lower_expect_silence(&f.room, SIM_US(100));
    const struct ll_connect_ind ind = expect_connect_ind(&f, send_adv(&f, 37));
    const struct bd_addr own = upper_address(1), peer = lower_address();
    assert_true(bd_addr_equal(&ind.init_a, &own));
    assert_true(bd_addr_equal(&ind.adv_a, &peer));
    assert_int_equal(ind.interval_1250us, 24);
    assert_int_equal(ind.latency, 2);
    assert_int_equal(ind.timeout_10ms, 321);
    assert_int_equal(ind.sca, 5);
    assert_false(ind.ch_sel);
    assert_true(ll_connect_ind_valid(&ind));
    assert_true(ll_access_address_valid(ind.access_address));
    const struct upper_event *event = upper_expect(f.init, UP_CONNECTED, 0);
    assert_int_equal(event->status, 0);
    assert_int_equal(event->handle, 0);
    assert_true(event->info.central);
    assert_true(bd_addr_equal(&event->info.peer, &peer));
    assert_int_equal(event->info.interval_1250us, 24);
    assert_int_equal(event->info.latency, 2);
    assert_int_equal(event->info.timeout_10ms, 321);
    assert_int_equal(event->info.sca, 0);
    /* It has stopped initiating. */
    assert_int_equal(ll_create_connection_cancel(f.init->ll), HCI_ERR_COMMAND_DISALLOWED);
    ll_room_close(&f.room);
}

/* --- who is answered --- */

struct adv_row {
    const char *name;
    uint8_t type;
    size_t data_len;
    uint8_t policy;
    bool from_peer, listed;
    int header_length; /* -1: as it should be */
    bool answered;
};

static const struct adv_row advs[] = {
    {"the peer", LL_ADV_IND, 0, 0, true, false, -1, true},
    {"the peer, 31 octets", LL_ADV_IND, 31, 0, true, false, -1, true},
    {"the peer, 32 octets", LL_ADV_IND, 32, 0, true, false, -1, false},
    {"another", LL_ADV_IND, 0, 0, false, false, -1, false},
    {"not connectable", LL_ADV_NONCONN_IND, 0, 0, true, false, -1, false},
    {"scannable", LL_ADV_SCAN_IND, 0, 0, true, false, -1, false},
    {"a SCAN_RSP", LL_SCAN_RSP, 0, 0, true, false, -1, false},
    {"a reserved type", 9, 0, 0, true, false, -1, false},
    {"length disagrees", LL_ADV_IND, 0, 0, true, false, 7, false},
    {"directed at another", LL_ADV_DIRECT_IND, 6, 0, true, false, -1, false},
    {"on the list", LL_ADV_IND, 0, 1, true, true, -1, true},
    {"the peer, but not on the list", LL_ADV_IND, 0, 1, true, false, -1, false},
};

static void answered(void **state)
{
    const struct adv_row *row = *state;
    const uint8_t zeros[32] = {0};
    struct bd_addr from = lower_address(), other = from;
    struct fixture f;

    open_room(&f);
    other.octet[5] ^= 1;
    struct ll_create_params params = upper_create_params(from, 24);
    params.filter_policy = row->policy;
    assert_int_equal(ll_accept_list_add(f.init->ll, row->listed ? &from : &other), 0);
    assert_int_equal(ll_create_connection(f.init->ll, &params), 0);
    if (!row->from_peer)
        from.type = BD_ADDR_PUBLIC;
    f.adv_len = lower_adv_pdu(f.adv, row->type, from, NULL, zeros, row->data_len);
    if (row->header_length >= 0)
        f.adv[1] = (uint8_t)row->header_length;
    const sim_ns end = send_adv(&f, 37);
    if (row->answered) {
        expect_connect_ind(&f, end);
        upper_expect(f.init, UP_CONNECTED, 0);
    } else {
        lower_expect_silence(&f.room, SIM_MS(5));
    }
    ll_room_close(&f.room);
}

static void directed_at_us(void **state)
{
    const struct bd_addr own = upper_address(1);
    struct fixture f;
    (void)state;

    open_room(&f);
    upper_create(f.init, lower_address(), 24);
    f.adv_len = lower_adv_pdu(f.adv, LL_ADV_DIRECT_IND, lower_address(), &own, NULL, 0);
    f.adv[0] |= 0x20;
    assert_true(expect_connect_ind(&f, send_adv(&f, 37)).ch_sel);
    upper_expect(f.init, UP_CONNECTED, 0);
    ll_room_close(&f.room);
}

struct ch_sel_row {
    const char *name;
    uint64_t features;
    bool offered, used;
};

static const struct ch_sel_row ch_sels[] = {
    {"both can", UINT64_MAX, true, true},
    {"the advertiser cannot", UINT64_MAX, false, false},
    {"we cannot", 0, true, false},
};

static void channel_selection(void **state)
{
    const struct ch_sel_row *row = *state;
    struct sim_controller_profile profile = upper_profile(1);
    struct fixture f;

    open_room(&f);
    profile.le_features = row->features;
    profile.address = upper_address(2);
    struct upper *init = upper_new(&f.room, "other", &profile);
    upper_create(init, lower_address(), 24);
    if (row->offered)
        f.adv[0] |= 0x20;
    assert_int_equal(expect_connect_ind(&f, send_adv(&f, 37)).ch_sel, row->used);
    assert_int_equal(upper_expect(init, UP_CONNECTED, 0)->info.channel_selection_2, row->used);
    ll_room_close(&f.room);
}

/* --- access addresses (2.1.2) --- */

struct aa_row {
    const char *name;
    uint32_t aa;
    bool valid;
};

static const struct aa_row access_addresses[] = {
    {"a good one", 0x71764129, true},
    {"another", 0x5A3C96B4, true},
    {"advertising", 0x8E89BED6, false},
    {"one bit from advertising", 0x8E89BED7, false},
    {"one other bit from advertising", 0x0E89BED6, false},
    {"two bits from advertising", 0x8E89BE9E, true},
    {"seven zeros", 0x71604029, false},
    {"seven ones", 0x713F8129, false},
    {"six ones", 0x713F4129, true},
    {"equal octets", 0x4B4B4B4B, false},
    {"25 transitions", 0x55555549, false},
    {"one transition in the top six bits", 0x1C964B29, false},
    {"two ones in the low octet", 0x71764128, false},
    {"12 transitions in the low half", 0x7176554B, false},
    {"11 transitions in the low half", 0x7176558B, true},
};

static void access_address(void **state)
{
    const struct aa_row *row = *state;

    assert_int_equal(ll_access_address_valid(row->aa), row->valid);
}

/* The rules bit by bit, as they are written. */
static bool by_the_book(uint32_t aa)
{
    unsigned run = 0, all = 0, top = 0, low = 0, ones = 0, differ = 0;

    for (unsigned i = 0; i < 32; i++) {
        const unsigned bit = aa >> i & 1;

        run = i > 0 && bit == (aa >> (i - 1) & 1) ? run + 1 : 1;
        if (run > 6)
            return false;
        if (i > 0 && bit != (aa >> (i - 1) & 1)) {
            all++;
            top += i > 26;
            low += i < 16;
        }
        ones += i < 8 && bit;
        differ += bit != (0x8E89BED6 >> i & 1);
    }
    const uint8_t octet = (uint8_t)aa;
    return differ > 1 && all <= 24 && top >= 2 && low <= 11 && ones >= 3 &&
           !((uint8_t)(aa >> 8) == octet && (uint8_t)(aa >> 16) == octet &&
             (uint8_t)(aa >> 24) == octet);
}

static void access_addresses_by_the_book(void **state)
{
    struct sim_stream stream;
    unsigned valid = 0;
    (void)state;

    sim_stream_init(&stream, 1, "test", "aa");
    for (int i = 0; i < 200000; i++) {
        const uint32_t aa = (uint32_t)sim_stream_u64(&stream);

        assert_int_equal(ll_access_address_valid(aa), by_the_book(aa));
        valid += by_the_book(aa);
    }
    assert_true(valid > 1000);
}

/* Many connections: hops, offsets and access addresses are drawn, and differ. */
static void proposals_vary(void **state)
{
    unsigned hops = 0;
    uint32_t last = 0;
    (void)state;

    for (uint64_t seed = 0; seed < 200; seed++) {
        const struct sim_controller_profile profile = upper_profile(1);
        struct fixture f;

        ll_room_open(&f.room, seed);
        f.init = upper_new(&f.room, "init", &profile);
        f.adv_len = lower_adv_pdu(f.adv, LL_ADV_IND, lower_address(), NULL, NULL, 0);
        upper_create(f.init, lower_address(), 24);
        const struct ll_connect_ind ind = expect_connect_ind(&f, send_adv(&f, 37));
        assert_true(ll_connect_ind_valid(&ind));
        assert_true(by_the_book(ind.access_address));
        assert_int_not_equal(ind.access_address, last);
        last = ind.access_address;
        hops |= 1U << ind.hop;
        ll_room_close_dirty(&f.room);
    }
    assert_int_equal(hops, 0x1FFE0); /* 5 to 16, each of them */
}

/* --- cancel --- */

static void cancelled(void **state)
{
    const struct bd_addr peer = lower_address();
    struct fixture f;
    (void)state;

    open_room(&f);
    assert_int_equal(ll_create_connection_cancel(f.init->ll), HCI_ERR_COMMAND_DISALLOWED);
    upper_create(f.init, peer, 24);
    lower_expect_silence(&f.room, SIM_MS(5));
    assert_int_equal(ll_create_connection_cancel(f.init->ll), 0);
    upper_expect_none(f.init); /* not within the call */
    const struct upper_event *event = upper_expect(f.init, UP_CONNECTED, 0);
    assert_int_equal(event->status, HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER);
    assert_true(bd_addr_equal(&event->info.peer, &peer));
    send_adv(&f, 37);
    lower_expect_silence(&f.room, SIM_S(1));
    /* And again, to the end. */
    upper_create(f.init, peer, 24);
    expect_connect_ind(&f, send_adv(&f, 37));
    assert_int_equal(upper_expect(f.init, UP_CONNECTED, 0)->status, 0);
    ll_room_close(&f.room);
}

/* With a CONNECT_IND on its way it is too late; the connection comes. */
static void cancelled_too_late(void **state)
{
    struct fixture f;
    (void)state;

    open_room(&f);
    upper_create(f.init, lower_address(), 24);
    const sim_ns end = send_adv(&f, 37);
    ll_room_run(&f.room, end + SIM_US(100) - ll_room_now(&f.room));
    assert_int_equal(ll_create_connection_cancel(f.init->ll), HCI_ERR_COMMAND_DISALLOWED);
    ll_room_run(&f.room, SIM_US(100));
    assert_int_equal(ll_create_connection_cancel(f.init->ll), HCI_ERR_COMMAND_DISALLOWED);
    expect_connect_ind(&f, end);
    assert_int_equal(upper_expect(f.init, UP_CONNECTED, 0)->status, 0);
    ll_room_close(&f.room);
}

/* --- requests --- */

struct params_row {
    const char *name;
    size_t offset, size; /* the field that is changed */
    uint16_t value;
    uint8_t error;
};

#define FIELD(member)                                                                              \
    offsetof(struct ll_create_params, member), sizeof(((struct ll_create_params *)0)->member)

static const struct params_row parameters[] = {
    {"as they should be", FIELD(latency), 0, 0},
    {"scan interval 3", FIELD(scan_interval_625us), 3, 0x12},
    {"scan interval 0x4001", FIELD(scan_interval_625us), 0x4001, 0x12},
    {"scan window 3", FIELD(scan_window_625us), 3, 0x12},
    {"scan window over interval", FIELD(scan_window_625us), 17, 0x12},
    {"filter policy 2", FIELD(filter_policy), 2, 0x12},
    {"peer address type 4", FIELD(peer.type), 4, 0x12},
    {"own address type 4", FIELD(own_address_type), 4, 0x12},
    {"own address random, but none is set", FIELD(own_address_type), 1, 0x12},
    {"minimum interval 5", FIELD(interval_min_1250us), 5, 0x12},
    {"minimum over maximum", FIELD(interval_min_1250us), 25, 0x12},
    {"maximum interval 3201", FIELD(interval_max_1250us), 3201, 0x12},
    {"latency 500", FIELD(latency), 500, 0x12},
    {"latency just too long", FIELD(latency), 16, 0x12},
    {"latency just short enough", FIELD(latency), 15, 0},
    {"timeout 9", FIELD(timeout_10ms), 9, 0x12},
    {"timeout 3201", FIELD(timeout_10ms), 3201, 0x12},
    {"timeout of two intervals", FIELD(timeout_10ms), 6, 0x12},
    {"minimum event length over maximum", FIELD(min_ce_625us), 1, 0x12},
};

static void parameters_checked(void **state)
{
    const struct params_row *row = *state;
    struct ll_create_params params = upper_create_params(lower_address(), 24);
    struct fixture f;

    open_room(&f);
    const uint8_t octets[2] = {(uint8_t)row->value, (uint8_t)(row->value >> 8)};
    memcpy((uint8_t *)&params + row->offset, octets, row->size);
    assert_int_equal(ll_create_connection(f.init->ll, &params), row->error);
    if (row->error == 0) {
        params = upper_create_params(upper_address(9), 24);
        assert_int_equal(ll_create_connection(f.init->ll, &params), HCI_ERR_COMMAND_DISALLOWED);
    }
    ll_room_close(&f.room);
}

static void to_a_connected_peer(void **state)
{
    struct fixture f;
    struct link link;
    (void)state;

    open_room(&f);
    link_open_peripheral(&link, f.init, false);
    struct ll_create_params params = upper_create_params(lower_address(), 24);
    assert_int_equal(ll_create_connection(f.init->ll, &params),
                     HCI_ERR_CONNECTION_ALREADY_EXISTS);
    /* By the list it is passed over. */
    params.filter_policy = 1;
    params.scan_interval_625us = 0x4000;
    params.scan_window_625us = 0x4000;
    assert_int_equal(ll_accept_list_add(f.init->ll, &params.peer), 0);
    assert_int_equal(ll_create_connection(f.init->ll, &params), 0);
    link_idle_event(&link);
    send_adv(&f, 37);
    lower_expect_silence(&f.room, SIM_MS(10));
    /* Another one on it is not. */
    const struct bd_addr other = upper_address(9);
    assert_int_equal(ll_create_connection_cancel(f.init->ll), 0);
    upper_expect(f.init, UP_CONNECTED, 0);
    assert_int_equal(ll_accept_list_add(f.init->ll, &other), 0);
    assert_int_equal(ll_create_connection(f.init->ll, &params), 0);
    f.adv_len = lower_adv_pdu(f.adv, LL_ADV_IND, other, NULL, NULL, 0);
    expect_connect_ind(&f, send_adv(&f, 37));
    assert_int_equal(upper_expect(f.init, UP_CONNECTED, 0)->handle, 1);
    ll_room_close(&f.room);
}

static void limit_of_connections(void **state)
{
    struct sim_controller_profile profile = upper_profile(2);
    struct fixture f;
    struct link link;
    (void)state;

    open_room(&f);
    profile.max_connections = 1;
    struct upper *init = upper_new(&f.room, "small", &profile);
    upper_create(init, lower_address(), 24);
    /* The one place is taken by the connection in the making. */
    const struct ll_adv_params adv = upper_adv_params(0, 160);
    assert_int_equal(ll_adv_set_params(init->ll, &adv), 0);
    assert_int_equal(ll_adv_enable(init->ll, true), HCI_ERR_CONNECTION_LIMIT_EXCEEDED);
    assert_int_equal(ll_create_connection_cancel(init->ll), 0);
    upper_expect(init, UP_CONNECTED, 0);
    link_open_peripheral(&link, init, false);
    const struct ll_create_params params = upper_create_params(upper_address(9), 24);
    assert_int_equal(ll_create_connection(init->ll, &params), HCI_ERR_CONNECTION_LIMIT_EXCEEDED);
    assert_int_equal(ll_adv_enable(init->ll, true), HCI_ERR_CONNECTION_LIMIT_EXCEEDED);
    ll_room_close(&f.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connects),
        cmocka_unit_test(directed_at_us),
        cmocka_unit_test(access_addresses_by_the_book),
        cmocka_unit_test(proposals_vary),
        cmocka_unit_test(cancelled),
        cmocka_unit_test(cancelled_too_late),
        cmocka_unit_test(to_a_connected_peer),
        cmocka_unit_test(limit_of_connections),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    failed += RUN_ROWS(advs, answered);
    failed += RUN_ROWS(ch_sels, channel_selection);
    failed += RUN_ROWS(access_addresses, access_address);
    failed += RUN_ROWS(parameters, parameters_checked);
    return failed;
}
