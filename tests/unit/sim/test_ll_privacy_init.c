/* SPDX-License-Identifier: MIT */
/*
 * An initiator with a resolving list (Core v5.4, Vol 6, Part B, 6.4), between an upper and a lower
 * tester:
 *
 * LT                                        UT: create connection to the peer's identity
 *  |   ADV_IND, AdvA = RPA of the peer IRK --->
 *  |   <-- CONNECT_IND, InitA = RPA of the local IRK, AdvA as received
 *  |                                         connected to the peer's identity
 */
#include "privacy_cases.h"
#include "rows.h"

/* A scan window without end. */
static struct ll_create_params create_params(struct bd_addr peer, uint8_t own_type, uint8_t policy)
{
    struct ll_create_params params = upper_create_params(peer, 24);

    params.scan_interval_625us = params.scan_window_625us = 0x4000;
    params.own_address_type = own_type;
    params.filter_policy = policy;
    return params;
}

static void create(struct privacy_room *p, struct bd_addr peer, uint8_t own_type, uint8_t policy)
{
    const struct ll_create_params params = create_params(peer, own_type, policy);

    assert_int_equal(ll_create_connection(p->ll, &params), 0);
    ll_room_run(&p->room, SIM_US(100));
}

static struct ll_connect_ind hear_connect_ind(struct privacy_room *p)
{
    const struct radio_rx *rx = lower_hear(&p->room, SIM_MS(1));
    struct ll_connect_ind ind;

    assert_int_equal(ll_connect_ind_decode(rx->pdu, rx->len, &ind), 0);
    return ind;
}

static void expect_connected(struct privacy_room *p, const struct ll_connect_ind *ind,
                             bool resolved, bool private)
{
    const struct upper_event *event = upper_expect(p->dut, UP_CONNECTED, SIM_MS(1));

    assert_true(event->info.central);
    expect_peer(event, ind->adv_a, resolved, private ? &ind->init_a : NULL);
}

/* --- whose advertising is answered --- */

static const struct who_row {
    const char *name;
    bool resolution;
    const uint8_t *irk; /* the peer's on the list; NULL: not listed */
    bool device_mode;
    uint8_t policy;
    uint8_t peer_type; /* as the host names it: 1, or 3 */
    enum kind kind;
    bool answered, resolved;
} whos[] = {
    {"RPA", true, peer_irk, false, 0, 1, RPA, true, true},
    {"RPA, type 3", true, peer_irk, false, 0, 3, RPA, true, true},
    {"RPA, by list", true, peer_irk, false, 1, 0, RPA, true, true},
    {"RPA, device privacy", true, peer_irk, true, 0, 1, RPA, true, true},
    {"identity, network privacy", true, peer_irk, false, 0, 1, IDENTITY, false, false},
    {"identity, network privacy, type 3", true, peer_irk, false, 0, 3, IDENTITY, false, false},
    {"identity, network privacy, by list", true, peer_irk, false, 1, 0, IDENTITY, false, false},
    {"identity, device privacy", true, peer_irk, true, 0, 1, IDENTITY, true, false},
    {"identity, device privacy, by list", true, peer_irk, true, 1, 0, IDENTITY, true, false},
    {"identity, no peer IRK", true, no_irk, false, 0, 1, IDENTITY, true, false},
    {"identity, not listed", true, NULL, false, 0, 1, IDENTITY, true, false},
    {"RPA, no peer IRK", true, no_irk, false, 0, 1, RPA, false, false},
    {"RPA, not listed", true, NULL, false, 0, 1, RPA, false, false},
    {"stranger's RPA", true, peer_irk, false, 0, 1, STRANGER_RPA, false, false},
    {"stranger's RPA, by list", true, peer_irk, false, 1, 0, STRANGER_RPA, false, false},
    {"RPA, no resolution", false, peer_irk, false, 0, 1, RPA, false, false},
    {"RPA, no resolution, by list", false, peer_irk, false, 1, 0, RPA, false, false},
    {"identity, no resolution", false, peer_irk, false, 0, 1, IDENTITY, true, false},
};

static void answered(void **state)
{
    const struct who_row *row = *state;
    struct bd_addr peer = peer_identity(), from = address_of(row->kind);
    struct privacy_room p;

    open_with(&p, row->resolution, row->irk, local_irk, row->device_mode);
    peer.type = row->peer_type;
    create(&p, peer, 2, row->policy);
    send_adv(&p, LL_ADV_IND, from, NULL, NULL, 0);
    if (row->answered) {
        const struct ll_connect_ind ind = hear_connect_ind(&p);

        assert_true(bd_addr_equal(&ind.adv_a, &from));
        assert_int_equal(made_by(local_irk, &ind.init_a), row->irk != NULL);
        expect_connected(&p, &ind, row->resolved, row->irk != NULL);
    } else {
        lower_expect_silence(&p.room, SIM_MS(5));
    }
    ll_room_close(&p.room);
}

/* --- InitA --- */

static const struct own_row {
    const char *name;
    uint8_t own_type, policy;
    bool listed;
    const uint8_t *local;
    bool has_static;
    enum own own;
} owns[] = {
    {"0", 0, 0, true, local_irk, true, PUBLIC},
    {"1", 1, 0, true, local_irk, true, STATIC},
    {"1, without", 1, 0, true, local_irk, false, REFUSED},
    {"2", 2, 0, true, local_irk, false, PRIVATE},
    {"2, by list", 2, 1, true, local_irk, false, PRIVATE},
    {"2, no local IRK", 2, 0, true, no_irk, true, PUBLIC},
    {"2, not listed", 2, 0, false, local_irk, true, PUBLIC},
    {"2, not listed, by list", 2, 1, false, local_irk, true, PUBLIC},
    {"3", 3, 0, true, local_irk, true, PRIVATE},
    {"3, without", 3, 0, true, local_irk, false, PRIVATE},
    {"3, by list", 3, 1, true, local_irk, true, PRIVATE},
    {"3, by list, without", 3, 1, true, local_irk, false, REFUSED},
    {"3, no local IRK", 3, 0, true, no_irk, true, STATIC},
    {"3, no local IRK, without", 3, 0, true, no_irk, false, REFUSED},
    {"3, not listed", 3, 0, false, local_irk, true, STATIC},
    {"3, not listed, without", 3, 0, false, local_irk, false, REFUSED},
};

static void own_address(void **state)
{
    const struct own_row *row = *state;
    const struct bd_addr fixed = static_address();
    const struct ll_create_params params =
        create_params(peer_identity(), row->own_type, row->policy);
    struct privacy_room p;

    open_with(&p, true, row->listed ? peer_irk : NULL, row->local, true);
    if (row->has_static)
        assert_int_equal(ll_set_random_address(p.ll, &fixed), 0);
    assert_int_equal(ll_create_connection(p.ll, &params), row->own == REFUSED ? 0x12 : 0);
    ll_room_run(&p.room, SIM_US(100));
    send_adv(&p, LL_ADV_IND, peer_identity(), NULL, NULL, 0);
    if (row->own == REFUSED) {
        lower_expect_silence(&p.room, SIM_MS(5));
    } else {
        const struct ll_connect_ind ind = hear_connect_ind(&p);

        expect_own(&ind.init_a, row->own);
        expect_connected(&p, &ind, false, row->own == PRIVATE);
    }
    ll_room_close(&p.room);
}

/* The period in which CONNECT_IND begins says which, while initiating goes on. */
static void own_address_changes(void **state)
{
    const sim_ns lead = SIM_US(50) + ll_air_time(RADIO_PHY_1M, 8) + LL_T_IFS;
    const struct bd_addr peer = peer_identity();
    (void)state;

    for (unsigned after = 0; after < 2; after++) {
        struct privacy_room p;
        struct bd_addr before;

        privacy_open(&p);
        const sim_ns change = ll_room_now(&p.room) + SIM_S(3);
        assert_int_equal(list_device(p.ll, peer, peer_irk, local_irk), 0);
        assert_int_equal(ll_set_address_resolution(p.ll, true), 0);
        assert_int_equal(ll_set_rpa_timeout(p.ll, 3), 0);
        assert_int_equal(ll_read_local_rpa(p.ll, &peer, &before), 0);
        create(&p, peer, 2, 0);
        sim_world_run_until(p.room.world, change - lead - (after ? 0 : 1));
        send_adv(&p, LL_ADV_IND, peer_rpa(1), NULL, NULL, 0);
        const struct radio_rx *rx = lower_hear(&p.room, SIM_MS(1));
        const struct bd_addr own = sender_of(rx);
        assert_int_equal(rx->start, change - (after ? 0 : 1));
        assert_true(made_by(local_irk, &own));
        assert_int_equal(bd_addr_equal(&own, &before), !after);
        upper_expect(p.dut, UP_CONNECTED, SIM_MS(1));
        ll_room_close(&p.room);
    }
}

/* --- directed --- */

enum target {
    OUR_PUBLIC,
    OUR_RPA,
    ANOTHERS_RPA,
    ZEROS_RPA, /* of an IRK of zeros, which is none */
};

static const struct directed_row {
    const char *name;
    uint8_t own_type;
    bool resolution;
    const uint8_t *local;
    enum kind kind; /* with device privacy */
    enum target target;
    bool answered;
} directeds[] = {
    {"at our RPA", 2, true, local_irk, RPA, OUR_RPA, true},
    {"identity at our RPA", 2, true, local_irk, IDENTITY, OUR_RPA, true},
    {"at another's RPA", 2, true, local_irk, RPA, ANOTHERS_RPA, false},
    {"stranger at our RPA", 2, true, local_irk, STRANGER_RPA, OUR_RPA, false},
    /* Whoever has our IRK does not call us by our identity. */
    {"at our identity", 2, true, local_irk, RPA, OUR_PUBLIC, false},
    {"at our identity, no local IRK", 2, true, no_irk, RPA, OUR_PUBLIC, true},
    {"at our RPA, no local IRK", 2, true, no_irk, RPA, OUR_RPA, false},
    {"at an RPA of zeros, no local IRK", 2, true, no_irk, RPA, ZEROS_RPA, false},
    {"at our identity, own 0", 0, true, local_irk, RPA, OUR_PUBLIC, true},
    {"at our RPA, own 0", 0, true, local_irk, RPA, OUR_RPA, true},
    {"at our RPA, no resolution", 2, false, local_irk, IDENTITY, OUR_RPA, false},
    {"at our identity, no resolution, own 0", 0, false, local_irk, IDENTITY, OUR_PUBLIC, true},
};

static void directed(void **state)
{
    const struct directed_row *row = *state;
    const struct bd_addr targets[] = {
        [OUR_PUBLIC] = upper_address(1),
        [OUR_RPA] = rpa_of(local_irk, 3),
        [ANOTHERS_RPA] = rpa_of(other_irk, 3),
        [ZEROS_RPA] = rpa_of(no_irk, 3),
    };
    struct privacy_room p;

    open_with(&p, row->resolution, peer_irk, row->local, true);
    create(&p, peer_identity(), row->own_type, 0);
    send_adv(&p, LL_ADV_DIRECT_IND, address_of(row->kind), &targets[row->target], NULL, 0);
    if (row->answered) {
        const bool private = row->own_type && row->local == local_irk;
        const struct ll_connect_ind ind = hear_connect_ind(&p);

        assert_int_equal(made_by(local_irk, &ind.init_a), private);
        /* 6.4: not by the address that it was called by. */
        if (private)
            assert_false(bd_addr_equal(&ind.init_a, &targets[row->target]));
        expect_connected(&p, &ind, row->kind == RPA, private);
    } else {
        lower_expect_silence(&p.room, SIM_MS(5));
    }
    ll_room_close(&p.room);
}

/* A host may name an address as it is on the air, whether the list resolves it or not. */
static void by_the_address_on_the_air(void **state)
{
    (void)state;

    for (unsigned resolution = 0; resolution < 2; resolution++) {
        struct privacy_room p;

        open_with(&p, resolution, peer_irk, local_irk, false);
        create(&p, peer_rpa(1), 0, 0);
        send_adv(&p, LL_ADV_IND, peer_rpa(2), NULL, NULL, 0);
        lower_expect_silence(&p.room, SIM_MS(1));
        send_adv(&p, LL_ADV_IND, peer_rpa(1), NULL, NULL, 0);
        const struct ll_connect_ind ind = hear_connect_ind(&p);
        expect_connected(&p, &ind, resolution, false);
        ll_room_close(&p.room);
    }
}

/* To one device, one connection: by identity, whichever addresses it takes. */
static void already_connected(void **state)
{
    const struct ll_create_params again = create_params(peer_identity(), 2, 0);
    struct privacy_room p;
    (void)state;

    open_with(&p, true, peer_irk, local_irk, false);
    create(&p, peer_identity(), 2, 0);
    send_adv(&p, LL_ADV_IND, peer_rpa(1), NULL, NULL, 0);
    const struct ll_connect_ind ind = hear_connect_ind(&p);
    expect_connected(&p, &ind, true, true);
    assert_int_equal(ll_create_connection(p.ll, &again), HCI_ERR_CONNECTION_ALREADY_EXISTS);
    create(&p, peer_identity(), 2, 1);
    for (uint8_t n = 0; n < 50; n++) {
        send_adv(&p, LL_ADV_IND, peer_rpa(n), NULL, NULL, 0);
        ll_room_run(&p.room, SIM_MS(2));
    }
    assert_int_equal(ll_create_connection_cancel(p.ll), 0);
    ll_room_close(&p.room);
}

/* The cancelled peer is told as it was named, less what the type says of the list. */
static void cancelled(void **state)
{
    struct bd_addr peer = peer_identity();
    struct privacy_room p;
    (void)state;

    open_with(&p, true, peer_irk, local_irk, false);
    peer.type = 3;
    create(&p, peer, 2, 0);
    assert_int_equal(ll_create_connection_cancel(p.ll), 0);
    const struct upper_event *event = upper_expect(p.dut, UP_CONNECTED, SIM_MS(1));
    peer = peer_identity();
    assert_int_equal(event->status, HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER);
    assert_true(bd_addr_equal(&event->info.peer, &peer));
    assert_false(event->info.peer_resolved);
    ll_room_close(&p.room);
}

/* Strangers' RPAs without end do not keep the peer out. */
static void flood(void **state)
{
    struct privacy_room p;
    (void)state;

    open_with(&p, true, peer_irk, local_irk, false);
    create(&p, peer_identity(), 2, 0);
    for (unsigned n = 0; n < 2000; n++) {
        send_adv(&p, LL_ADV_IND, nth_stranger(n), NULL, NULL, 0);
        lower_expect_silence(&p.room, SIM_MS(1));
    }
    send_adv(&p, LL_ADV_IND, peer_rpa(1), NULL, NULL, 0);
    const struct ll_connect_ind ind = hear_connect_ind(&p);
    expect_connected(&p, &ind, true, true);
    ll_room_close(&p.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_address_changes), cmocka_unit_test(by_the_address_on_the_air),
        cmocka_unit_test(already_connected),   cmocka_unit_test(cancelled),
        cmocka_unit_test(flood),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    failed += RUN_ROWS(whos, answered);
    failed += RUN_ROWS(owns, own_address);
    failed += RUN_ROWS(directeds, directed);
    return failed;
}
