/* SPDX-License-Identifier: MIT */
/*
 * An advertiser with resolvable private addresses (Core v5.4, Vol 6, Part B, 6.2), between an upper
 * and a lower tester:
 *
 * UT: resolving list, own address type      LT
 *  |   <-- ADV_IND, AdvA = RPA of the local IRK
 *  |   SCAN_REQ or CONNECT_IND, ScanA or InitA = RPA of the peer IRK --->
 *  |   <-- SCAN_RSP, AdvA as before; or connected, with the peer's identity
 */
#include "link_tester.h"
#include "privacy_cases.h"
#include "rows.h"

enum {
    DIRECT_HIGH = 1, /* Advertising_Type */
    DIRECT_LOW = 4,
};

static struct ll_adv_params private_params(uint8_t type, uint8_t own_type)
{
    struct ll_adv_params params = upper_adv_params(type, 160);

    params.own_address_type = own_type;
    params.peer = peer_identity();
    return params;
}

static void advertise(struct privacy_room *p, const struct ll_adv_params *params)
{
    assert_int_equal(ll_adv_set_params(p->ll, params), 0);
    assert_int_equal(ll_adv_enable(p->ll, true), 0);
}

static const struct radio_rx *hear_type(struct privacy_room *p, uint8_t type, sim_ns within)
{
    const struct radio_rx *rx = lower_hear(&p->room, within);

    assert_int_equal(rx->pdu[0] & 0x0F, type);
    return rx;
}

/* --- AdvA --- */

static const struct own_row {
    const char *name;
    uint8_t own_type;
    bool listed;
    const uint8_t *peer_irk, *local_irk;
    bool has_static;
    enum own own;
} owns[] = {
    {"0", 0, true, peer_irk, local_irk, true, PUBLIC},
    {"1", 1, true, peer_irk, local_irk, true, STATIC},
    {"1, without", 1, true, peer_irk, local_irk, false, REFUSED},
    {"2", 2, true, peer_irk, local_irk, true, PRIVATE},
    {"2, the peer has no IRK", 2, true, no_irk, local_irk, true, PRIVATE},
    {"2, no local IRK", 2, true, peer_irk, no_irk, true, PUBLIC},
    {"2, not listed", 2, false, NULL, NULL, true, PUBLIC},
    {"3", 3, true, peer_irk, local_irk, true, PRIVATE},
    {"3, no random address", 3, true, peer_irk, local_irk, false, PRIVATE},
    {"3, no local IRK", 3, true, peer_irk, no_irk, true, STATIC},
    {"3, no local IRK, without", 3, true, peer_irk, no_irk, false, REFUSED},
    {"3, not listed", 3, false, NULL, NULL, true, STATIC},
    {"3, not listed, without", 3, false, NULL, NULL, false, REFUSED},
};

static void own_address(void **state)
{
    const struct own_row *row = *state;
    const struct ll_adv_params params = private_params(0, row->own_type);
    const struct bd_addr fixed = static_address();
    struct privacy_room p;

    privacy_open(&p);
    if (row->listed)
        assert_int_equal(list_device(p.ll, peer_identity(), row->peer_irk, row->local_irk), 0);
    if (row->has_static)
        assert_int_equal(ll_set_random_address(p.ll, &fixed), 0);
    assert_int_equal(ll_adv_set_params(p.ll, &params), 0);
    assert_int_equal(ll_adv_enable(p.ll, true), row->own == REFUSED ? 0x12 : 0);
    if (row->own == REFUSED) {
        lower_expect_silence(&p.room, SIM_S(1));
    } else {
        const struct bd_addr own = sender_of(hear_type(&p, LL_ADV_IND, SIM_MS(20)));

        expect_own(&own, row->own);
    }
    ll_room_close(&p.room);
}

/*
 * The address of each event is that of the period in which it begins, to the nanosecond; it stays
 * within the event, and SCAN_RSP has the same.
 */
static void changes_with_the_timeout(void **state)
{
    const struct ll_adv_params params = private_params(0, 2);
    const struct bd_addr scanner = upper_address(9);
    struct privacy_room p;
    struct bd_addr last = {0};
    sim_ns period = 0, event = 0;
    unsigned periods = 0;
    (void)state;

    privacy_open(&p);
    const sim_ns added = ll_room_now(&p.room);
    assert_int_equal(list_device(p.ll, peer_identity(), peer_irk, local_irk), 0);
    assert_int_equal(ll_set_rpa_timeout(p.ll, 1), 0);
    ll_room_run(&p.room, SIM_MS(234));
    advertise(&p, &params);
    for (unsigned i = 0; i < 300; i++) {
        const struct radio_rx *rx = hear_type(&p, LL_ADV_IND, SIM_MS(111));
        const struct bd_addr own = sender_of(rx);

        if (ll_mhz_channel(rx->mhz) == 37)
            event = rx->start;
        assert_true(made_by(local_irk, &own));
        assert_int_equal(periods && bd_addr_equal(&own, &last),
                         periods && (event - added) / SIM_S(1) == period);
        period = (event - added) / SIM_S(1);
        periods += !bd_addr_equal(&own, &last);
        last = own;
        answer_adv(&p, rx, LL_SCAN_REQ, scanner, &own, NULL, 0);
        const struct bd_addr rsp = sender_of(hear_type(&p, LL_SCAN_RSP, SIM_MS(1)));
        assert_true(bd_addr_equal(&rsp, &own));
    }
    assert_in_range(periods, 10, 12);
    ll_room_close(&p.room);
}

/*
 * An event that straddles a change: the RPA of its first PDU in all three. With the period ending
 * between two of its PDUs; then one that begins in the very instant.
 */
static void one_event_one_address(void **state)
{
    const struct ll_adv_params params = private_params(3, 2);
    struct privacy_room p;
    (void)state;

    for (unsigned exact = 0; exact < 2; exact++) {
        sim_ns first;

        /* Where the first event falls is the seed's doing: look, then begin anew around it. */
        privacy_open(&p);
        assert_int_equal(list_device(p.ll, peer_identity(), peer_irk, local_irk), 0);
        ll_room_run(&p.room, SIM_S(2));
        advertise(&p, &params);
        first = hear_type(&p, LL_ADV_NONCONN_IND, SIM_MS(20))->start;
        ll_room_close(&p.room);

        privacy_open(&p);
        sim_world_run_until(p.room.world, first - SIM_S(1) + (exact ? 0 : 1));
        assert_int_equal(list_device(p.ll, peer_identity(), peer_irk, local_irk), 0);
        assert_int_equal(ll_set_rpa_timeout(p.ll, 1), 0);
        sim_world_run_until(p.room.world, SIM_S(3));
        const struct bd_addr peer = peer_identity();
        struct bd_addr before, after;
        assert_int_equal(ll_read_local_rpa(p.ll, &peer, &before), 0);
        advertise(&p, &params);
        for (unsigned i = 0; i < 3; i++) {
            const struct radio_rx *rx = hear_type(&p, LL_ADV_NONCONN_IND, SIM_MS(20));
            const struct bd_addr own = sender_of(rx);

            if (i == 0)
                assert_int_equal(rx->start, first);
            assert_int_equal(bd_addr_equal(&own, &before), !exact);
        }
        assert_int_equal(ll_read_local_rpa(p.ll, &peer, &after), 0);
        assert_false(bd_addr_equal(&before, &after));
        ll_room_close(&p.room);
    }
}

/* --- who is heard --- */

static const struct who_row {
    const char *name;
    bool resolution;
    const uint8_t *irk; /* the peer's on the list; NULL: not listed */
    bool device_mode;
    uint8_t policy; /* 0, or 3: accept list, which holds the identity */
    enum kind kind;
    bool answered, resolved;
} whos[] = {
    {"RPA", true, peer_irk, false, 0, RPA, true, true},
    {"RPA, by list", true, peer_irk, false, 3, RPA, true, true},
    {"RPA, device privacy", true, peer_irk, true, 3, RPA, true, true},
    {"identity, network privacy", true, peer_irk, false, 0, IDENTITY, false, false},
    {"identity, network privacy, by list", true, peer_irk, false, 3, IDENTITY, false, false},
    {"identity, device privacy", true, peer_irk, true, 0, IDENTITY, true, false},
    {"identity, device privacy, by list", true, peer_irk, true, 3, IDENTITY, true, false},
    {"identity, no peer IRK", true, no_irk, false, 0, IDENTITY, true, false},
    {"identity, no peer IRK, by list", true, no_irk, false, 3, IDENTITY, true, false},
    {"identity, not listed", true, NULL, false, 3, IDENTITY, true, false},
    {"RPA, no peer IRK", true, no_irk, false, 0, RPA, true, false},
    {"RPA, no peer IRK, by list", true, no_irk, false, 3, RPA, false, false},
    {"RPA, not listed, by list", true, NULL, false, 3, RPA, false, false},
    {"stranger's RPA", true, peer_irk, false, 0, STRANGER_RPA, true, false},
    {"stranger's RPA, by list", true, peer_irk, false, 3, STRANGER_RPA, false, false},
    {"stranger", true, peer_irk, false, 0, STRANGER, true, false},
    {"stranger, by list", true, peer_irk, false, 3, STRANGER, false, false},
    {"RPA, no resolution", false, peer_irk, false, 0, RPA, true, false},
    {"RPA, no resolution, by list", false, peer_irk, false, 3, RPA, false, false},
    {"identity, no resolution", false, peer_irk, false, 0, IDENTITY, true, false},
    {"identity, no resolution, by list", false, peer_irk, false, 3, IDENTITY, true, false},
};

static void scan_requests(void **state)
{
    const struct who_row *row = *state;
    struct ll_adv_params params = private_params(2, 2);
    struct privacy_room p;

    open_with(&p, row->resolution, row->irk, local_irk, row->device_mode);
    params.filter_policy = row->policy;
    advertise(&p, &params);
    const struct radio_rx *rx = hear_type(&p, LL_ADV_SCAN_IND, SIM_MS(20));
    const struct bd_addr own = sender_of(rx), from = address_of(row->kind);
    answer_adv(&p, rx, LL_SCAN_REQ, from, &own, NULL, 0);
    rx = hear_type(&p, row->answered ? LL_SCAN_RSP : LL_ADV_SCAN_IND, SIM_MS(2));
    const struct bd_addr again = sender_of(rx);
    assert_true(bd_addr_equal(&again, &own));
    ll_room_close(&p.room);
}

/* Answers an advertising PDU by a CONNECT_IND of that address. */
static void request(struct privacy_room *p, const struct radio_rx *rx, struct bd_addr from)
{
    struct ll_connect_ind ind = link_connect_ind(sender_of(rx));
    uint8_t pdu[LL_PDU_MAX];
    struct wr w = wr_init(pdu, sizeof pdu);

    ind.init_a = from;
    ll_connect_ind_encode(&w, &ind);
    lower_send_adv(&p->room, ll_mhz_channel(rx->mhz), rx->end + LL_T_IFS, pdu, w.len);
    ll_room_run(&p->room, LL_T_IFS + ll_air_time(RADIO_PHY_1M, w.len) + SIM_US(10));
}

static void expect_connected(struct privacy_room *p, struct bd_addr from, bool resolved,
                             const struct bd_addr *own)
{
    expect_peer(upper_expect(p->dut, UP_CONNECTED, 0), from, resolved, own);
}

static void connect_requests(void **state)
{
    const struct who_row *row = *state;
    struct ll_adv_params params = private_params(0, 2);
    const struct bd_addr public = upper_address(1);
    struct privacy_room p;

    open_with(&p, row->resolution, row->irk, local_irk, row->device_mode);
    params.filter_policy = row->policy;
    advertise(&p, &params);
    const struct radio_rx *rx = hear_type(&p, LL_ADV_IND, SIM_MS(20));
    const struct bd_addr own = sender_of(rx), from = address_of(row->kind);
    request(&p, rx, from);
    if (row->answered)
        expect_connected(&p, from, row->resolved, bd_addr_equal(&own, &public) ? NULL : &own);
    else
        hear_type(&p, LL_ADV_IND, SIM_MS(2));
    ll_room_close(&p.room);
}

/* Its RPA of the period before is nobody's any more. */
static void old_address(void **state)
{
    const struct ll_adv_params params = private_params(0, 2);
    struct privacy_room p;
    (void)state;

    privacy_open(&p);
    assert_int_equal(list_device(p.ll, peer_identity(), peer_irk, local_irk), 0);
    assert_int_equal(ll_set_rpa_timeout(p.ll, 1), 0);
    advertise(&p, &params);
    const struct bd_addr old = sender_of(hear_type(&p, LL_ADV_IND, SIM_MS(20)));
    ll_room_run(&p.room, SIM_S(1));
    lower_forget(&p.room);
    const struct radio_rx *rx = hear_type(&p, LL_ADV_IND, SIM_MS(111));
    answer_adv(&p, rx, LL_SCAN_REQ, upper_address(9), &old, NULL, 0);
    hear_type(&p, LL_ADV_IND, SIM_MS(20));
    ll_room_close(&p.room);
}

/* Connected under one address, a device is not connected to again under another. */
static void one_connection_to_a_peer(void **state)
{
    const struct ll_adv_params params = private_params(0, 2);
    struct privacy_room p;
    (void)state;

    privacy_open(&p);
    assert_int_equal(list_device(p.ll, peer_identity(), peer_irk, local_irk), 0);
    assert_int_equal(ll_set_address_resolution(p.ll, true), 0);
    advertise(&p, &params);
    const struct radio_rx *rx = hear_type(&p, LL_ADV_IND, SIM_MS(20));
    const struct bd_addr own = sender_of(rx);
    request(&p, rx, peer_rpa(1));
    expect_connected(&p, peer_rpa(1), true, &own);
    assert_int_equal(ll_adv_enable(p.ll, true), 0);
    request(&p, hear_type(&p, LL_ADV_IND, SIM_MS(20)), peer_rpa(2));
    upper_expect_none(p.dut);
    ll_room_close(&p.room);
}

/* --- directed --- */

static const struct directed_row {
    const char *name;
    uint8_t type, own_type;
    bool resolution;
    const uint8_t *irk; /* NULL: not listed */
    bool device_mode;
    bool private_target;
    enum kind kind;
    bool connects;
} directeds[] = {
    {"high: RPA", DIRECT_HIGH, 2, true, peer_irk, false, true, RPA, true},
    {"low: RPA", DIRECT_LOW, 2, true, peer_irk, false, true, RPA, true},
    {"low: RPA, type 3", DIRECT_LOW, 3, true, peer_irk, false, true, RPA, true},
    {"low: identity, network privacy", DIRECT_LOW, 2, true, peer_irk, false, true, IDENTITY, false},
    {"low: identity, device privacy", DIRECT_LOW, 2, true, peer_irk, true, true, IDENTITY, true},
    {"low: stranger's RPA", DIRECT_LOW, 2, true, peer_irk, true, true, STRANGER_RPA, false},
    {"low: stranger", DIRECT_LOW, 2, true, peer_irk, true, true, STRANGER, false},
    {"low: RPA, no resolution", DIRECT_LOW, 2, false, peer_irk, false, true, RPA, false},
    {"low: identity, no peer IRK", DIRECT_LOW, 2, true, no_irk, false, false, IDENTITY, true},
    {"low: RPA, no peer IRK", DIRECT_LOW, 2, true, no_irk, false, false, RPA, false},
    {"low: identity, not listed", DIRECT_LOW, 2, true, NULL, false, false, IDENTITY, true},
    {"low: RPA, public own", DIRECT_LOW, 0, true, peer_irk, false, false, RPA, true},
    {"low: identity, public own, network privacy", DIRECT_LOW, 0, true, peer_irk, false, false,
     IDENTITY, false},
    {"low: identity, public own, device privacy", DIRECT_LOW, 0, true, peer_irk, true, false,
     IDENTITY, true},
};

static void directed(void **state)
{
    const struct directed_row *row = *state;
    const struct ll_adv_params params = private_params(row->type, row->own_type);
    const struct bd_addr peer = peer_identity(), public = upper_address(1);
    struct privacy_room p;

    open_with(&p, row->resolution, row->irk, local_irk, row->device_mode);
    advertise(&p, &params);
    const struct radio_rx *rx = hear_type(&p, LL_ADV_DIRECT_IND, SIM_MS(20));
    const struct bd_addr own = sender_of(rx), target = target_of(rx), from = address_of(row->kind);
    assert_int_equal(made_by(local_irk, &own), row->own_type && row->irk);
    assert_int_equal(made_by(peer_irk, &target), row->private_target);
    assert_int_equal(bd_addr_equal(&target, &peer), !row->private_target);
    request(&p, rx, from);
    if (row->connects)
        expect_connected(&p, from, row->kind == RPA, bd_addr_equal(&own, &public) ? NULL : &own);
    else
        hear_type(&p, LL_ADV_DIRECT_IND, SIM_MS(2));
    ll_room_close(&p.room);
}

/* Where nothing is resolved, the target may still answer as what it was called. */
static void by_the_target_itself(void **state)
{
    const struct ll_adv_params params = private_params(DIRECT_LOW, 2);
    struct privacy_room p;
    (void)state;

    privacy_open(&p);
    assert_int_equal(list_device(p.ll, peer_identity(), peer_irk, no_irk), 0);
    advertise(&p, &params);
    const struct radio_rx *rx = hear_type(&p, LL_ADV_DIRECT_IND, SIM_MS(20));
    const struct bd_addr target = target_of(rx);
    request(&p, rx, target);
    expect_connected(&p, target, false, NULL);
    ll_room_close(&p.room);
}

/* Both addresses change with the timeout; with a high duty cycle within its 1.28 s. */
static void directed_changes(void **state)
{
    const struct ll_adv_params params = private_params(DIRECT_HIGH, 2);
    struct bd_addr own[2] = {0}, target[2] = {0};
    struct privacy_room p;
    unsigned changes = 0;
    (void)state;

    privacy_open(&p);
    const sim_ns added = ll_room_now(&p.room);
    assert_int_equal(list_device(p.ll, peer_identity(), peer_irk, local_irk), 0);
    assert_int_equal(ll_set_rpa_timeout(p.ll, 1), 0);
    advertise(&p, &params);
    while (ll_room_now(&p.room) < added + SIM_MS(1200)) {
        const struct radio_rx *rx = hear_type(&p, LL_ADV_DIRECT_IND, SIM_MS(4));

        if (ll_mhz_channel(rx->mhz) == 37 && rx->start >= added + SIM_S(1))
            changes = 1;
        if (!own[changes].type) {
            own[changes] = sender_of(rx);
            target[changes] = target_of(rx);
        }
        const struct bd_addr now = sender_of(rx), to = target_of(rx);
        assert_true(bd_addr_equal(&now, &own[changes]) && bd_addr_equal(&to, &target[changes]));
    }
    assert_true(made_by(local_irk, &own[1]) && made_by(peer_irk, &target[1]));
    assert_false(bd_addr_equal(&own[0], &own[1]));
    assert_false(bd_addr_equal(&target[0], &target[1]));
    upper_expect(p.dut, UP_CONNECTED, SIM_MS(200));
    ll_room_close(&p.room);
}

/* --- the list is changed while nothing is resolved --- */

static void entry_removed(void **state)
{
    const struct ll_adv_params params = private_params(0, 3);
    const struct bd_addr peer = peer_identity();
    struct privacy_room p;
    (void)state;

    privacy_open(&p);
    assert_int_equal(list_device(p.ll, peer, peer_irk, local_irk), 0);
    advertise(&p, &params);
    const struct bd_addr own = sender_of(hear_type(&p, LL_ADV_IND, SIM_MS(20)));
    assert_int_equal(ll_resolving_remove(p.ll, &peer), 0);
    ll_room_run(&p.room, SIM_MS(50));
    lower_forget(&p.room);
    /* There is no random address either: the old one stays. */
    const struct bd_addr after = sender_of(hear_type(&p, LL_ADV_IND, SIM_MS(111)));
    assert_true(bd_addr_equal(&own, &after));
    ll_room_close(&p.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes_with_the_timeout), cmocka_unit_test(one_event_one_address),
        cmocka_unit_test(old_address),              cmocka_unit_test(one_connection_to_a_peer),
        cmocka_unit_test(by_the_target_itself),     cmocka_unit_test(directed_changes),
        cmocka_unit_test(entry_removed),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    failed += RUN_ROWS(owns, own_address);
    failed += RUN_ROWS(whos, scan_requests);
    failed += RUN_ROWS(whos, connect_requests);
    failed += RUN_ROWS(directeds, directed);
    return failed;
}
