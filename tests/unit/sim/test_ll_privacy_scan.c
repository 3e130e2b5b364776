/* SPDX-License-Identifier: MIT */
/*
 * A scanner with a resolving list (Core v5.4, Vol 6, Part B, 4.3.3 and 6.3), between an upper and a
 * lower tester:
 *
 * LT                                        UT: scans, own address type 2
 *  |   ADV_IND, AdvA = RPA of the peer IRK --->
 *  |                                         report with the peer's identity
 *  |   <-- SCAN_REQ, ScanA = RPA of the local IRK, AdvA as received
 *  |   SCAN_RSP --->
 *  |                                         report with the peer's identity
 */
#include "privacy_cases.h"
#include "rows.h"

static const uint8_t data[] = {0x02, 0x01, 0x06};

static void scan(struct privacy_room *p, bool active, uint8_t own_type, uint8_t policy,
                 bool filter_duplicates)
{
    /* One window that does not end. */
    const struct ll_scan_params params = {.type = active,
                                          .interval_625us = 0x4000,
                                          .window_625us = 0x4000,
                                          .own_address_type = own_type,
                                          .filter_policy = policy};

    assert_int_equal(ll_scan_set_params(p->ll, &params), 0);
    assert_int_equal(ll_scan_enable(p->ll, true, filter_duplicates), 0);
    ll_room_run(&p->room, SIM_US(100));
}

static sim_ns send(struct privacy_room *p, struct bd_addr from)
{
    return send_adv(p, LL_ADV_IND, from, NULL, data, sizeof data);
}

static void expect_report(struct privacy_room *p, uint8_t type, struct bd_addr who, bool resolved)
{
    const struct upper_event *event = upper_expect(p->dut, UP_ADV_REPORT, SIM_MS(1));

    assert_int_equal(event->report.pdu_type, type);
    assert_true(bd_addr_equal(&event->report.address, &who));
    assert_int_equal(event->report.resolved, resolved);
}

/* --- who is reported --- */

static const struct who_row {
    const char *name;
    bool resolution;
    const uint8_t *irk; /* the peer's on the list; NULL: not listed */
    bool device_mode;
    uint8_t policy; /* 1, 3: by the accept list, which holds the identity */
    enum kind kind;
    bool reported, resolved;
} whos[] = {
    {"RPA", true, peer_irk, false, 0, RPA, true, true},
    {"RPA, by list", true, peer_irk, false, 1, RPA, true, true},
    {"RPA, extended", true, peer_irk, false, 2, RPA, true, true},
    {"RPA, extended by list", true, peer_irk, false, 3, RPA, true, true},
    {"RPA, device privacy", true, peer_irk, true, 0, RPA, true, true},
    {"identity, network privacy", true, peer_irk, false, 0, IDENTITY, false, false},
    {"identity, network privacy, by list", true, peer_irk, false, 1, IDENTITY, false, false},
    {"identity, device privacy", true, peer_irk, true, 0, IDENTITY, true, false},
    {"identity, device privacy, by list", true, peer_irk, true, 1, IDENTITY, true, false},
    {"identity, no peer IRK", true, no_irk, false, 1, IDENTITY, true, false},
    {"identity, not listed", true, NULL, false, 1, IDENTITY, true, false},
    {"identity, no resolution", false, peer_irk, false, 1, IDENTITY, true, false},
    {"RPA, no peer IRK", true, no_irk, false, 0, RPA, true, false},
    {"RPA, no peer IRK, by list", true, no_irk, false, 1, RPA, false, false},
    {"RPA, not listed", true, NULL, false, 0, RPA, true, false},
    {"RPA, no resolution", false, peer_irk, false, 0, RPA, true, false},
    {"RPA, no resolution, by list", false, peer_irk, false, 1, RPA, false, false},
    {"stranger's RPA", true, peer_irk, false, 0, STRANGER_RPA, true, false},
    {"stranger's RPA, by list", true, peer_irk, false, 3, STRANGER_RPA, false, false},
    {"non-resolvable", true, peer_irk, false, 0, NON_RESOLVABLE, true, false},
    {"non-resolvable, by list", true, peer_irk, false, 1, NON_RESOLVABLE, false, false},
};

static void reported(void **state)
{
    const struct who_row *row = *state;
    struct privacy_room p;

    open_with(&p, row->resolution, row->irk, local_irk, row->device_mode);
    scan(&p, false, 0, row->policy, false);
    send(&p, address_of(row->kind));
    if (row->reported)
        expect_report(&p, LL_ADV_IND,
                      row->resolved ? peer_identity() : address_of(row->kind), row->resolved);
    ll_room_run(&p.room, SIM_MS(5));
    ll_room_close(&p.room);
}

/* --- directed --- */

enum target {
    OUR_PUBLIC,   /* the scanner's address */
    OUR_RPA,      /* of the local IRK */
    ANOTHERS_RPA, /* of another's */
    ANOTHER,      /* another's static address */
};

static const struct directed_row {
    const char *name;
    bool resolution;
    uint8_t policy;
    enum kind kind;
    enum target target;
    bool reported, as_unresolved;
} directeds[] = {
    {"at us", true, 0, RPA, OUR_PUBLIC, true, false},
    {"at our RPA", true, 0, RPA, OUR_RPA, true, false},
    {"at another's RPA", true, 0, RPA, ANOTHERS_RPA, false, false},
    {"at another", true, 0, RPA, ANOTHER, false, false},
    {"at us, extended", true, 2, RPA, OUR_PUBLIC, true, false},
    {"at our RPA, extended", true, 2, RPA, OUR_RPA, true, false},
    {"at another's RPA, extended", true, 2, RPA, ANOTHERS_RPA, true, true},
    {"at another, extended", true, 2, RPA, ANOTHER, false, false},
    {"at another's RPA, extended by list", true, 3, RPA, ANOTHERS_RPA, true, true},
    {"stranger at our RPA", true, 0, STRANGER_RPA, OUR_RPA, false, false},
    {"stranger at our RPA, extended", true, 2, STRANGER_RPA, OUR_RPA, true, true},
    {"stranger at our RPA, extended by list", true, 3, STRANGER_RPA, OUR_RPA, false, false},
    {"identity at our RPA, network privacy", true, 2, IDENTITY, OUR_RPA, false, false},
    {"at our RPA, no resolution", false, 0, RPA, OUR_RPA, false, false},
    {"at our RPA, no resolution, extended", false, 2, RPA, OUR_RPA, true, true},
    {"identity at our RPA, no resolution, by list", false, 3, IDENTITY, OUR_RPA, true, true},
    {"at us, no resolution", false, 0, RPA, OUR_PUBLIC, true, false},
};

static void directed(void **state)
{
    const struct directed_row *row = *state;
    const struct bd_addr targets[] = {
        [OUR_PUBLIC] = upper_address(1),
        [OUR_RPA] = rpa_of(local_irk, 9),
        [ANOTHERS_RPA] = rpa_of(other_irk, 9),
        [ANOTHER] = static_address(),
    };
    const bool resolved = row->resolution && row->kind == RPA;
    const struct bd_addr *target = &targets[row->target];
    const struct bd_addr who = resolved ? peer_identity() : address_of(row->kind);
    struct privacy_room p;

    open_with(&p, row->resolution, peer_irk, local_irk, false);
    /* Own type 2: the address that it would fall back to is still its own. */
    scan(&p, false, 2, row->policy, false);
    send_adv(&p, LL_ADV_DIRECT_IND, address_of(row->kind), target, NULL, 0);
    if (row->reported) {
        const struct upper_event *event = upper_expect(p.dut, UP_ADV_REPORT, SIM_MS(1));

        assert_int_equal(event->report.pdu_type, LL_ADV_DIRECT_IND);
        assert_true(bd_addr_equal(&event->report.address, &who));
        assert_int_equal(event->report.resolved, resolved);
        assert_int_equal(event->target.type != 0, row->as_unresolved);
        if (row->as_unresolved)
            assert_true(bd_addr_equal(&event->target, target));
    }
    ll_room_run(&p.room, SIM_MS(5));
    ll_room_close(&p.room);
}

/* --- ScanA --- */

static const struct own_row {
    const char *name;
    uint8_t own_type;
    bool resolution;
    const uint8_t *local; /* its IRK on the list; NULL: not listed */
    enum kind kind;
    enum own own;
} owns[] = {
    {"0", 0, true, local_irk, RPA, PUBLIC},
    {"1", 1, true, local_irk, RPA, STATIC},
    {"2", 2, true, local_irk, RPA, PRIVATE},
    {"3", 3, true, local_irk, RPA, PRIVATE},
    {"2, to an identity", 2, true, local_irk, IDENTITY, PRIVATE},
    {"2, to an identity, no resolution", 2, false, local_irk, IDENTITY, PRIVATE},
    {"2, to an RPA, no resolution", 2, false, local_irk, RPA, PUBLIC},
    {"2, no local IRK", 2, true, no_irk, RPA, PUBLIC},
    {"3, no local IRK", 3, true, no_irk, RPA, STATIC},
    {"2, not listed", 2, true, NULL, RPA, PUBLIC},
    {"2, to a stranger", 2, true, local_irk, STRANGER_RPA, PUBLIC},
    {"3, to a stranger", 3, true, local_irk, NON_RESOLVABLE, STATIC},
};

static void scan_address(void **state)
{
    const struct own_row *row = *state;
    const struct bd_addr fixed = static_address();
    const struct bd_addr peer = peer_identity(), adv_a = address_of(row->kind);
    const bool resolved = row->kind == RPA && row->resolution && row->local;
    const struct bd_addr who = resolved ? peer : adv_a;
    struct privacy_room p;

    privacy_open(&p);
    if (row->local) {
        assert_int_equal(list_device(p.ll, peer, peer_irk, row->local), 0);
        assert_int_equal(ll_set_privacy_mode(p.ll, &peer, LL_PRIVACY_DEVICE), 0);
    }
    assert_int_equal(ll_set_random_address(p.ll, &fixed), 0);
    assert_int_equal(ll_set_address_resolution(p.ll, row->resolution), 0);
    scan(&p, true, row->own_type, 0, true);
    const sim_ns end = send(&p, adv_a);
    const struct radio_rx *rx = lower_hear(&p.room, SIM_MS(1));
    assert_int_equal(rx->start, end + LL_T_IFS);
    assert_int_equal(rx->pdu[0] & 0x0F, LL_SCAN_REQ);
    const struct bd_addr own = sender_of(rx), named = target_of(rx);
    assert_true(bd_addr_equal(&named, &adv_a));
    expect_own(&own, row->own);
    answer_adv(&p, rx, LL_SCAN_RSP, adv_a, NULL, data, sizeof data);
    expect_report(&p, LL_ADV_IND, who, resolved);
    expect_report(&p, LL_SCAN_RSP, who, resolved);
    ll_room_close(&p.room);
}

/* 7.8.11: with 1 and 3 there must be a random address, whatever the list says. */
static void random_address_missing(void **state)
{
    struct privacy_room p;
    (void)state;

    privacy_open(&p);
    assert_int_equal(list_device(p.ll, peer_identity(), peer_irk, local_irk), 0);
    for (uint8_t type = 0; type < 4; type++) {
        const struct ll_scan_params params = {
            .interval_625us = 16, .window_625us = 16, .own_address_type = type};

        assert_int_equal(ll_scan_set_params(p.ll, &params), 0);
        assert_int_equal(ll_scan_enable(p.ll, true, false), type & 1 ? 0x12 : 0);
        assert_int_equal(ll_scan_enable(p.ll, false, false), 0);
    }
    ll_room_close(&p.room);
}

/* ScanA is that of the period in which SCAN_REQ begins, while scanning goes on. */
static void scan_address_changes(void **state)
{
    struct privacy_room p;
    struct bd_addr last = {0};
    (void)state;

    privacy_open(&p);
    const sim_ns added = ll_room_now(&p.room);
    assert_int_equal(list_device(p.ll, peer_identity(), peer_irk, local_irk), 0);
    assert_int_equal(ll_set_address_resolution(p.ll, true), 0);
    assert_int_equal(ll_set_rpa_timeout(p.ll, 1), 0);
    scan(&p, true, 2, 0, false);
    for (unsigned period = 1; period <= 4; period++) {
        /* The last SCAN_REQ of one period, and the first of the next. */
        for (unsigned first = 0; first < 2; first++) {
            const size_t len = 2 + 6 + sizeof data;
            const sim_ns at = added + SIM_S(1) * period - LL_T_IFS -
                              ll_air_time(RADIO_PHY_1M, len) - SIM_US(50) +
                              (first ? SIM_MS(2) : 0) - (first ? 0 : 1);

            sim_world_run_until(p.room.world, at);
            send(&p, peer_rpa(1));
            const struct radio_rx *rx = lower_hear(&p.room, SIM_MS(1));
            const struct bd_addr own = sender_of(rx);

            assert_true(made_by(local_irk, &own));
            if (!first)
                assert_int_equal(rx->start, added + SIM_S(1) * period - 1);
            if (last.type)
                assert_int_equal(bd_addr_equal(&own, &last), !first);
            last = own;
            answer_adv(&p, rx, LL_SCAN_RSP, peer_rpa(1), NULL, NULL, 0);
            expect_report(&p, LL_ADV_IND, peer_identity(), true);
            expect_report(&p, LL_SCAN_RSP, peer_identity(), true);
        }
    }
    ll_room_close(&p.room);
}

/* --- duplicates, and who answers --- */

/* Under a new RPA it is the same advertiser; its SCAN_RSP too. */
static void duplicates_by_identity(void **state)
{
    struct privacy_room p;
    (void)state;

    open_with(&p, true, peer_irk, local_irk, false);
    scan(&p, false, 0, 0, true);
    for (uint8_t n = 0; n < 20; n++) {
        send(&p, peer_rpa(n));
        if (n == 0)
            expect_report(&p, LL_ADV_IND, peer_identity(), true);
        ll_room_run(&p.room, SIM_MS(1));
        upper_expect_none(p.dut);
        send(&p, rpa_of(other_irk, n));
        expect_report(&p, LL_ADV_IND, rpa_of(other_irk, n), false);
    }
    ll_room_close(&p.room);
}

/* The answer comes from the address that was asked, not from another one of the same device. */
static void answered_under_another_address(void **state)
{
    struct privacy_room p;
    (void)state;

    open_with(&p, true, peer_irk, local_irk, false);
    scan(&p, true, 2, 0, true);
    send(&p, peer_rpa(1));
    const struct radio_rx *rx = lower_hear(&p.room, SIM_MS(1));
    answer_adv(&p, rx, LL_SCAN_RSP, peer_rpa(2), NULL, data, sizeof data);
    expect_report(&p, LL_ADV_IND, peer_identity(), true);
    ll_room_run(&p.room, SIM_MS(5));
    ll_room_close(&p.room);
}

/* A controller without the features: 2 and 3 are out of range. */
static void without_the_features(void **state)
{
    struct sim_controller_profile profile = upper_profile(1);
    struct ll_scan_params params = {.interval_625us = 16, .window_625us = 16};
    struct ll_adv_params adv = upper_adv_params(0, 160);
    struct ll_room room;
    (void)state;

    ll_room_open(&room, 1);
    profile.le_features = 0;
    struct upper *none = upper_new(&room, "none", &profile);
    profile.le_features = UINT64_MAX;
    profile.resolving_list_size = 0;
    struct upper *no_list = upper_new(&room, "no list", &profile);
    assert_int_equal(ll_features(none->ll), 0);
    assert_false(ll_features(no_list->ll) >> LL_FEATURE_PRIVACY & 1);
    struct upper *const uppers[] = {none, no_list};
    for (unsigned i = 0; i < 2; i++) {
        struct ll_create_params create = upper_create_params(lower_address(), 24);

        params.own_address_type = adv.own_address_type = create.own_address_type = 2;
        assert_int_equal(ll_scan_set_params(uppers[i]->ll, &params), 0x12);
        assert_int_equal(ll_adv_set_params(uppers[i]->ll, &adv), 0x12);
        assert_int_equal(ll_create_connection(uppers[i]->ll, &create), 0x12);
        create.own_address_type = 0;
        create.peer.type = 3;
        assert_int_equal(ll_create_connection(uppers[i]->ll, &create), 0x12);
        params.own_address_type = 0;
        params.filter_policy = 2;
        assert_int_equal(ll_scan_set_params(uppers[i]->ll, &params), i ? 0 : 0x12);
        params.filter_policy = 0;
    }
    assert_int_equal(list_device(no_list->ll, peer_identity(), peer_irk, local_irk), 0x07);
    ll_room_close(&room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_address_missing), cmocka_unit_test(scan_address_changes),
        cmocka_unit_test(duplicates_by_identity), cmocka_unit_test(answered_under_another_address),
        cmocka_unit_test(without_the_features),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    failed += RUN_ROWS(whos, reported);
    failed += RUN_ROWS(directeds, directed);
    failed += RUN_ROWS(owns, scan_address);
    return failed;
}
