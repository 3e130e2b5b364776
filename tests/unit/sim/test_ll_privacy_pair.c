/* SPDX-License-Identifier: MIT */
/*
 * Two Link Layers that know each other by IRKs alone (Core v5.4, Vol 6, Part B, 6), and a stranger:
 *
 * central                                   peripheral
 *  |  <--- ADV_IND or ADV_DIRECT_IND: AdvA (and TargetA) are RPAs
 *  |  CONNECT_IND: InitA is an RPA too --->
 *  connected to an identity                  connected to an identity
 */
#include "privacy_room.h"
#include "rows.h"

struct pair {
    struct ll_room room;
    struct upper *central, *peripheral, *stranger;
};

/* The central at upper_address(1) has local_irk, the peripheral at (2) peer_irk. */
static void open_pair(struct pair *p)
{
    const struct sim_controller_profile central = upper_profile(1), peripheral = upper_profile(2),
                                        stranger = upper_profile(3);

    ll_room_open(&p->room, 5);
    p->central = upper_new(&p->room, "central", &central);
    p->peripheral = upper_new(&p->room, "peripheral", &peripheral);
    p->stranger = upper_new(&p->room, "stranger", &stranger);
    assert_int_equal(list_device(p->central->ll, upper_address(2), peer_irk, local_irk), 0);
    assert_int_equal(list_device(p->peripheral->ll, upper_address(1), local_irk, peer_irk), 0);
    for (unsigned i = 0; i < 2; i++) {
        struct upper *upper = i ? p->central : p->peripheral;
        const struct bd_addr other = upper_address(i ? 2 : 1);

        assert_int_equal(ll_set_address_resolution(upper->ll, true), 0);
        assert_int_equal(ll_accept_list_add(upper->ll, &other), 0);
    }
}

static void advertise(struct pair *p, uint8_t type, uint8_t policy)
{
    struct ll_adv_params params = upper_adv_params(type, 160);

    params.own_address_type = 2;
    params.peer = upper_address(1);
    params.filter_policy = policy;
    assert_int_equal(ll_adv_set_params(p->peripheral->ll, &params), 0);
    assert_int_equal(ll_adv_enable(p->peripheral->ll, true), 0);
}

static void create(struct pair *p, uint8_t policy)
{
    struct ll_create_params params = upper_create_params(upper_address(2), 24);

    params.own_address_type = 2;
    params.filter_policy = policy;
    assert_int_equal(ll_create_connection(p->central->ll, &params), 0);
}

/* Each knows the other's identity, and both name the same two RPAs, which were new. */
static void expect_connected(struct pair *p, uint8_t rpas[2][6])
{
    const struct bd_addr central = upper_address(1), peripheral = upper_address(2);
    const struct upper_event *c = upper_expect(p->central, UP_CONNECTED, SIM_S(2));
    const struct upper_event *s = upper_expect(p->peripheral, UP_CONNECTED, SIM_MS(1));
    struct bd_addr rpa = {.type = BD_ADDR_RANDOM};

    assert_int_equal(c->status, 0);
    assert_int_equal(s->status, 0);
    assert_true(c->info.peer_resolved && bd_addr_equal(&c->info.peer, &peripheral));
    assert_true(s->info.peer_resolved && bd_addr_equal(&s->info.peer, &central));
    assert_memory_equal(c->info.local_rpa, s->info.peer_rpa, 6);
    assert_memory_equal(s->info.local_rpa, c->info.peer_rpa, 6);
    memcpy(rpa.octet, c->info.local_rpa, 6);
    assert_true(made_by(local_irk, &rpa));
    memcpy(rpa.octet, s->info.local_rpa, 6);
    assert_true(made_by(peer_irk, &rpa));
    assert_int_equal(ll_read_peer_rpa(p->central->ll, &peripheral, &rpa), 0);
    assert_memory_equal(rpa.octet, s->info.local_rpa, 6);
    assert_memory_not_equal(rpas[0], c->info.local_rpa, 6);
    assert_memory_not_equal(rpas[1], s->info.local_rpa, 6);
    memcpy(rpas[0], c->info.local_rpa, 6);
    memcpy(rpas[1], s->info.local_rpa, 6);
}

/* Again and again, each time under other addresses. */
static const struct connect_row {
    const char *name;
    uint8_t type, adv_policy, init_policy;
} connects[] = {
    {"undirected", 0, 0, 0},
    {"undirected, by lists", 0, 3, 1},
    {"directed, high", 1, 0, 0},
    {"directed, low", 4, 0, 0},
    {"directed, by list", 4, 3, 1},
};

static void connect(void **state)
{
    const struct connect_row *row = *state;
    uint8_t rpas[2][6] = {{0}};
    struct pair p;

    open_pair(&p);
    assert_int_equal(ll_set_rpa_timeout(p.central->ll, 2), 0);
    assert_int_equal(ll_set_rpa_timeout(p.peripheral->ll, 2), 0);
    for (unsigned i = 0; i < 10; i++) {
        advertise(&p, row->type, row->adv_policy);
        create(&p, row->init_policy);
        expect_connected(&p, rpas);
        assert_int_equal(ll_acl_send(p.central->ll, 0, true, (const uint8_t *)"hello", 5), 0);
        assert_int_equal(upper_expect(p.peripheral, UP_ACL, SIM_S(1))->len, 5);
        upper_expect(p.central, UP_COMPLETED, SIM_S(1));
        /* A change of address does not touch a connection. */
        ll_room_run(&p.room, SIM_S(3));
        assert_int_equal(ll_disconnect(p.central->ll, 0, 0x13), 0);
        upper_expect(p.central, UP_DISCONNECTED, SIM_S(1));
        upper_expect(p.peripheral, UP_DISCONNECTED, SIM_S(1));
    }
    ll_room_close(&p.room);
}

/* Both change every second, in turn, while one advertises and the other scans actively. */
static void scan_through_changes(void **state)
{
    const struct bd_addr peripheral = upper_address(2);
    const struct ll_scan_params params = {
        .type = 1, .interval_625us = 16, .window_625us = 16, .own_address_type = 2};
    struct pair p;
    struct bd_addr rpa, last = {0};
    unsigned changes = 0;
    (void)state;

    open_pair(&p);
    assert_int_equal(ll_set_rpa_timeout(p.peripheral->ll, 1), 0);
    ll_room_run(&p.room, SIM_MS(500));
    assert_int_equal(ll_set_rpa_timeout(p.central->ll, 1), 0);
    advertise(&p, 2, 3);
    assert_int_equal(ll_scan_set_params(p.central->ll, &params), 0);
    assert_int_equal(ll_scan_enable(p.central->ll, true, false), 0);
    for (unsigned i = 0; i < 100; i++) {
        static const uint8_t types[] = {LL_ADV_SCAN_IND, LL_SCAN_RSP};

        for (unsigned j = 0; j < 2; j++) {
            const struct upper_event *event = upper_expect(p.central, UP_ADV_REPORT, SIM_MS(230));

            assert_int_equal(event->report.pdu_type, types[j]);
            assert_true(event->report.resolved);
            assert_true(bd_addr_equal(&event->report.address, &peripheral));
        }
        assert_int_equal(ll_read_peer_rpa(p.central->ll, &peripheral, &rpa), 0);
        changes += !bd_addr_equal(&rpa, &last);
        last = rpa;
    }
    assert_in_range(changes, 9, 13);
    ll_room_close(&p.room);
}

/* Whoever has no IRK sees addresses without end, gets no answer, and is nobody's peer. */
static void stranger(void **state)
{
    const struct ll_scan_params params = {.type = 1, .interval_625us = 16, .window_625us = 16};
    struct pair p;
    struct bd_addr last = {0};
    unsigned addresses = 0;
    (void)state;

    open_pair(&p);
    assert_int_equal(ll_set_rpa_timeout(p.peripheral->ll, 1), 0);
    advertise(&p, 0, 3);
    assert_int_equal(ll_scan_set_params(p.stranger->ll, &params), 0);
    assert_int_equal(ll_scan_enable(p.stranger->ll, true, true), 0);
    ll_room_run(&p.room, SIM_MS(10500));
    while (p.stranger->count) {
        const struct upper_event *event = upper_expect(p.stranger, UP_ADV_REPORT, 0);

        assert_int_equal(event->report.pdu_type, LL_ADV_IND);
        assert_false(event->report.resolved);
        assert_true(made_by(peer_irk, &event->report.address));
        last = event->report.address;
        addresses++;
    }
    assert_int_equal(addresses, 11);
    assert_int_equal(ll_scan_enable(p.stranger->ll, false, true), 0);
    upper_create(p.stranger, last, 24);
    ll_room_run(&p.room, SIM_MS(300));
    /* The peripheral heard nothing that concerned it; the stranger's link comes to nothing. */
    upper_expect_none(p.peripheral);
    upper_expect(p.stranger, UP_CONNECTED, 0);
    upper_expect(p.stranger, UP_DISCONNECTED, SIM_S(1));
    ll_room_close(&p.room);
}

/* Reset in the middle of it: silence, and the next owner of the list begins from nothing. */
static void reset_while_advertising(void **state)
{
    uint8_t rpas[2][6] = {{0}};
    struct pair p;
    (void)state;

    open_pair(&p);
    advertise(&p, 1, 0);
    lower_hear(&p.room, SIM_MS(20));
    ll_reset(p.peripheral->ll);
    lower_forget(&p.room);
    lower_expect_silence(&p.room, SIM_S(2));
    create(&p, 0);
    ll_room_run(&p.room, SIM_S(1));
    assert_int_equal(list_device(p.peripheral->ll, upper_address(1), local_irk, peer_irk), 0);
    assert_int_equal(ll_set_address_resolution(p.peripheral->ll, true), 0);
    advertise(&p, 0, 0);
    expect_connected(&p, rpas);
    ll_room_close(&p.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scan_through_changes),
        cmocka_unit_test(stranger),
        cmocka_unit_test(reset_while_advertising),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    failed += RUN_ROWS(connects, connect);
    return failed;
}
