/* SPDX-License-Identifier: MIT */
/*
 * The resolving list by itself (Core v5.4, Vol 4, Part E, 7.8.38 to 7.8.45, 7.8.77): what may be
 * put on it and when, and the life of the addresses that are made from it.
 */
#include "privacy_cases.h"
#include "rows.h"

static struct bd_addr address(uint8_t first, uint8_t last, uint8_t type)
{
    return (struct bd_addr){.octet = {first, 2, 3, 4, 5, last}, .type = type};
}

/* --- adding --- */

static const struct add_row {
    const char *name;
    struct bd_addr peer;
    const uint8_t *peer_irk, *local_irk;
    uint8_t status;
} adds[] = {
    {"public", {{9, 2, 3, 4, 5, 6}, 0}, other_irk, local_irk, 0},
    {"static", {{9, 2, 3, 4, 5, 0xFF}, 1}, other_irk, local_irk, 0},
    {"no peer IRK", {{9, 2, 3, 4, 5, 6}, 0}, no_irk, local_irk, 0},
    {"no local IRK", {{9, 2, 3, 4, 5, 6}, 0}, other_irk, no_irk, 0},
    {"no IRK at all", {{9, 2, 3, 4, 5, 6}, 0}, no_irk, no_irk, 0},
    {"resolvable", {{9, 2, 3, 4, 5, 0x46}, 1}, other_irk, local_irk, 0x12},
    {"non-resolvable", {{9, 2, 3, 4, 5, 0x06}, 1}, other_irk, local_irk, 0x12},
    {"reserved kind", {{9, 2, 3, 4, 5, 0x86}, 1}, other_irk, local_irk, 0x12},
    {"type 2", {{9, 2, 3, 4, 5, 6}, 2}, other_irk, local_irk, 0x12},
    {"type 255", {{9, 2, 3, 4, 5, 0xC6}, 255}, other_irk, local_irk, 0x12},
    /* {1, ...} is on the list, with peer_irk; {2, ...} is without an IRK. */
    {"the same again", {{1, 2, 3, 4, 5, 6}, 0}, peer_irk, local_irk, 0x12},
    {"the same, other IRKs", {{1, 2, 3, 4, 5, 6}, 0}, other_irk, other_irk, 0x12},
    {"the same octets, random", {{1, 2, 3, 4, 5, 0xC6}, 1}, other_irk, local_irk, 0},
    {"another's IRK", {{9, 2, 3, 4, 5, 6}, 0}, peer_irk, local_irk, 0x12},
};

static void added(void **state)
{
    const struct add_row *row = *state;
    struct privacy_room p;

    privacy_open(&p);
    assert_int_equal(list_device(p.ll, address(1, 6, 0), peer_irk, local_irk), 0);
    assert_int_equal(list_device(p.ll, address(2, 6, 0), no_irk, no_irk), 0);
    assert_int_equal(list_device(p.ll, row->peer, row->peer_irk, row->local_irk), row->status);
    /* What was refused is not on it, and what was taken can be removed once. */
    const bool there = row->status == 0 || row->peer.octet[0] == 1;
    const uint8_t absent = row->peer.type > 1 ? 0x12 : 0x02;
    assert_int_equal(ll_resolving_remove(p.ll, &row->peer), there ? 0 : absent);
    assert_int_equal(ll_resolving_remove(p.ll, &row->peer), absent);
    ll_room_close(&p.room);
}

static void capacity(void **state)
{
    struct privacy_room p;
    struct bd_addr peer = address(0, 6, 0);
    uint8_t irk[16] = {1};
    (void)state;

    privacy_open(&p);
    for (uint8_t round = 0; round < 2; round++) {
        for (uint8_t i = 0; i < 8; i++) {
            peer.octet[0] = irk[1] = i;
            assert_int_equal(list_device(p.ll, peer, irk, local_irk), 0);
        }
        peer.octet[0] = irk[1] = 8;
        assert_int_equal(list_device(p.ll, peer, irk, local_irk),
                         HCI_ERR_MEMORY_CAPACITY_EXCEEDED);
        /* Whoever is on it already is told so, full or not. */
        peer.octet[0] = 7;
        assert_int_equal(list_device(p.ll, peer, irk, local_irk),
                         HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS);
        peer.octet[0] = 3;
        assert_int_equal(ll_resolving_remove(p.ll, &peer), 0);
        peer.octet[0] = 8;
        assert_int_equal(list_device(p.ll, peer, irk, local_irk), 0);
        assert_int_equal(ll_resolving_clear(p.ll), 0);
    }
    ll_room_close(&p.room);
}

/* --- when --- */

enum activity {
    NOTHING,
    ADVERTISES,
    SCANS,
    INITIATES,
};

static void begin(struct privacy_room *p, enum activity activity)
{
    switch (activity) {
    case NOTHING:
        break;
    case ADVERTISES:
        upper_advertise(p->dut);
        break;
    case SCANS:
        upper_scan(p->dut, false, false);
        break;
    case INITIATES:
        upper_create(p->dut, lower_address(), 24);
        break;
    }
}

static const struct when_row {
    const char *name;
    enum activity activity;
    bool enabled;
    uint8_t change; /* the answer to what changes the list */
    uint8_t enable; /* and to LE Set Address Resolution Enable */
} whens[] = {
    {"idle", NOTHING, false, 0, 0},
    {"idle, enabled", NOTHING, true, 0, 0},
    {"advertising", ADVERTISES, false, 0, 0x0C},
    {"advertising, enabled", ADVERTISES, true, 0x0C, 0x0C},
    {"scanning", SCANS, false, 0, 0x0C},
    {"scanning, enabled", SCANS, true, 0x0C, 0x0C},
    {"initiating", INITIATES, false, 0, 0x0C},
    {"initiating, enabled", INITIATES, true, 0x0C, 0x0C},
};

static void allowed(void **state)
{
    const struct when_row *row = *state;
    const struct bd_addr known = address(1, 6, 0), unknown = address(7, 6, 0);
    struct bd_addr rpa;
    struct privacy_room p;

    privacy_open(&p);
    assert_int_equal(list_device(p.ll, known, peer_irk, local_irk), 0);
    assert_int_equal(ll_set_address_resolution(p.ll, row->enabled), 0);
    begin(&p, row->activity);
    assert_int_equal(ll_set_privacy_mode(p.ll, &known, 1), row->change);
    assert_int_equal(ll_set_privacy_mode(p.ll, &known, 2), row->change ? 0x0C : 0x12);
    assert_int_equal(ll_set_privacy_mode(p.ll, &unknown, 0), row->change ? 0x0C : 0x02);
    assert_int_equal(ll_resolving_remove(p.ll, &unknown), row->change ? 0x0C : 0x02);
    assert_int_equal(list_device(p.ll, address(2, 6, 0), other_irk, local_irk), row->change);
    /* These at any time. */
    assert_int_equal(ll_read_local_rpa(p.ll, &known, &rpa), 0);
    assert_int_equal(ll_read_peer_rpa(p.ll, &known, &rpa), 0x02);
    assert_int_equal(ll_set_rpa_timeout(p.ll, 10), 0);
    assert_int_equal(ll_resolving_remove(p.ll, &known), row->change);
    assert_int_equal(ll_resolving_clear(p.ll), row->change);
    assert_int_equal(ll_set_address_resolution(p.ll, true), row->enable);
    assert_int_equal(ll_set_address_resolution(p.ll, false), row->enable);
    ll_room_close(&p.room);
}

static void timeout_range(void **state)
{
    struct privacy_room p;
    (void)state;

    privacy_open(&p);
    assert_int_equal(ll_set_rpa_timeout(p.ll, 0), 0x12);
    assert_int_equal(ll_set_rpa_timeout(p.ll, 1), 0);
    assert_int_equal(ll_set_rpa_timeout(p.ll, 0x0E10), 0);
    assert_int_equal(ll_set_rpa_timeout(p.ll, 0x0E11), 0x12);
    assert_int_equal(ll_set_rpa_timeout(p.ll, 0xFFFF), 0x12);
    ll_room_close(&p.room);
}

/* --- local addresses --- */

static struct bd_addr local_rpa(struct privacy_room *p, struct bd_addr peer)
{
    struct bd_addr rpa;

    assert_int_equal(ll_read_local_rpa(p->ll, &peer, &rpa), 0);
    assert_int_equal(rpa.type, BD_ADDR_RANDOM);
    assert_true(bd_addr_resolvable(&rpa));
    return rpa;
}

static void local_addresses(void **state)
{
    const struct bd_addr a = address(1, 6, 0), b = address(2, 0xC6, 1), c = address(3, 6, 0);
    struct bd_addr rpa;
    struct privacy_room p, again;
    (void)state;

    privacy_open(&p);
    privacy_open(&again);
    assert_int_equal(ll_read_local_rpa(p.ll, &a, &rpa), 0x02);
    assert_int_equal(list_device(p.ll, a, peer_irk, local_irk), 0);
    assert_int_equal(list_device(p.ll, b, other_irk, local_irk), 0);
    assert_int_equal(list_device(p.ll, c, no_irk, no_irk), 0);
    const struct bd_addr to_a = local_rpa(&p, a), to_b = local_rpa(&p, b);
    assert_true(made_by(local_irk, &to_a));
    assert_true(made_by(local_irk, &to_b));
    /* Two peers of one IRK cannot tell by their addresses that they know the same device. */
    assert_false(bd_addr_equal(&to_a, &to_b));
    assert_int_equal(ll_read_local_rpa(p.ll, &c, &rpa), 0x02);
    rpa = (struct bd_addr){.octet = {1}, .type = 2};
    assert_int_equal(ll_read_local_rpa(p.ll, &rpa, &rpa), 0x12);
    rpa.type = 2;
    assert_int_equal(ll_read_peer_rpa(p.ll, &rpa, &rpa), 0x12);
    /* The same seed and name: the same addresses. */
    assert_int_equal(list_device(again.ll, a, peer_irk, local_irk), 0);
    const struct bd_addr same = local_rpa(&again, a);
    assert_true(bd_addr_equal(&same, &to_a));
    ll_room_close(&p.room);
    ll_room_close(&again.room);
}

/* At that time, the address for the peer is another one than *rpa, or still the same. */
static void expect_rpa(struct privacy_room *p, struct bd_addr peer, sim_ns at, bool another,
                       struct bd_addr *rpa)
{
    sim_world_run_until(p->room.world, at);
    const struct bd_addr now = local_rpa(p, peer);
    assert_int_equal(bd_addr_equal(rpa, &now), !another);
    assert_true(made_by(local_irk, &now));
    *rpa = now;
}

/* Periods follow each other from the moment of adding, whenever somebody looks. */
static void local_addresses_change(void **state)
{
    const struct bd_addr peer = address(1, 6, 0);
    struct privacy_room p;
    (void)state;

    privacy_open(&p);
    const sim_ns added = ll_room_now(&p.room);
    assert_int_equal(list_device(p.ll, peer, peer_irk, local_irk), 0);
    struct bd_addr rpa = local_rpa(&p, peer);
    /* The default: 900 s. */
    expect_rpa(&p, peer, added + SIM_S(900) - 1, false, &rpa);
    expect_rpa(&p, peer, added + SIM_S(900), true, &rpa);
    /* Nobody looks for four periods. */
    expect_rpa(&p, peer, added + SIM_S(5400) - 1, true, &rpa);
    expect_rpa(&p, peer, added + SIM_S(5400), true, &rpa);
    ll_room_close(&p.room);
}

/* A new timeout counts for the address in use: it may be too old at once, or last longer. */
static void timeout_changed(void **state)
{
    const struct bd_addr peer = address(1, 6, 0);
    struct privacy_room p;
    (void)state;

    privacy_open(&p);
    const sim_ns added = ll_room_now(&p.room);
    assert_int_equal(list_device(p.ll, peer, peer_irk, local_irk), 0);
    struct bd_addr rpa = local_rpa(&p, peer);
    assert_int_equal(ll_set_rpa_timeout(p.ll, 3600), 0);
    expect_rpa(&p, peer, added + SIM_S(1000), false, &rpa);
    assert_int_equal(ll_set_rpa_timeout(p.ll, 300), 0);
    expect_rpa(&p, peer, added + SIM_S(1000), true, &rpa);
    expect_rpa(&p, peer, added + SIM_S(1200) - 1, false, &rpa);
    expect_rpa(&p, peer, added + SIM_S(1200), true, &rpa);
    ll_room_close(&p.room);
}

/* --- peers' addresses --- */

static void hear(struct privacy_room *p, struct bd_addr from)
{
    send_adv(p, LL_ADV_NONCONN_IND, from, NULL, NULL, 0);
    ll_room_run(&p->room, SIM_US(500));
}

static void expect_from(struct privacy_room *p, struct bd_addr who, bool resolved)
{
    const struct upper_event *event = upper_expect(p->dut, UP_ADV_REPORT, 0);

    assert_true(bd_addr_equal(&event->report.address, &who));
    assert_int_equal(event->report.resolved, resolved);
}

static void scan_one_channel(struct privacy_room *p)
{
    const struct ll_scan_params params = {.interval_625us = 0x4000, .window_625us = 0x4000};

    assert_int_equal(ll_scan_set_params(p->ll, &params), 0);
    assert_int_equal(ll_scan_enable(p->ll, true, false), 0);
    ll_room_run(&p->room, SIM_US(100));
}

/* The last that was heard from each, and nothing of those that are gone. */
static void peer_addresses(void **state)
{
    const struct bd_addr a = address(1, 6, 0), b = address(2, 0xC6, 1);
    struct privacy_room p;
    struct bd_addr rpa;
    (void)state;

    privacy_open(&p);
    assert_int_equal(list_device(p.ll, a, peer_irk, no_irk), 0);
    assert_int_equal(list_device(p.ll, b, other_irk, no_irk), 0);
    assert_int_equal(ll_set_address_resolution(p.ll, true), 0);
    scan_one_channel(&p);
    assert_int_equal(ll_read_peer_rpa(p.ll, &a, &rpa), 0x02);
    for (uint8_t n = 0; n < 40; n++) {
        const struct bd_addr of_a = peer_rpa(n), of_b = rpa_of(other_irk, n);

        for (unsigned i = 0; i < 2; i++) {
            hear(&p, of_a);
            expect_from(&p, a, true);
            assert_int_equal(ll_read_peer_rpa(p.ll, &a, &rpa), 0);
            assert_true(bd_addr_equal(&rpa, &of_a));
        }
        hear(&p, of_b);
        expect_from(&p, b, true);
        assert_int_equal(ll_read_peer_rpa(p.ll, &b, &rpa), 0);
        assert_true(bd_addr_equal(&rpa, &of_b));
    }
    /* Removed, and listed again: what was resolved before is resolved anew. */
    const struct bd_addr of_a = peer_rpa(39), of_b = rpa_of(other_irk, 39);
    assert_int_equal(ll_scan_enable(p.ll, false, false), 0);
    assert_int_equal(ll_resolving_remove(p.ll, &a), 0);
    scan_one_channel(&p);
    hear(&p, of_a);
    expect_from(&p, of_a, false);
    hear(&p, of_b);
    expect_from(&p, b, true);
    assert_int_equal(ll_read_peer_rpa(p.ll, &a, &rpa), 0x02);
    assert_int_equal(ll_scan_enable(p.ll, false, false), 0);
    assert_int_equal(list_device(p.ll, a, peer_irk, no_irk), 0);
    assert_int_equal(ll_read_peer_rpa(p.ll, &a, &rpa), 0x02);
    scan_one_channel(&p);
    hear(&p, of_a);
    expect_from(&p, a, true);
    assert_int_equal(ll_scan_enable(p.ll, false, false), 0);
    assert_int_equal(ll_resolving_clear(p.ll), 0);
    scan_one_channel(&p);
    hear(&p, of_a);
    expect_from(&p, of_a, false);
    hear(&p, of_b);
    expect_from(&p, of_b, false);
    ll_room_close(&p.room);
}

/* No IRK is not an IRK of zeros: whoever makes addresses of that is nobody. */
static void zeros(void **state)
{
    const struct bd_addr rpa = rpa_of(no_irk, 1);
    struct privacy_room p;
    (void)state;

    privacy_open(&p);
    assert_int_equal(list_device(p.ll, address(1, 6, 0), no_irk, no_irk), 0);
    assert_int_equal(list_device(p.ll, address(2, 6, 0), peer_irk, no_irk), 0);
    assert_int_equal(ll_set_address_resolution(p.ll, true), 0);
    scan_one_channel(&p);
    hear(&p, rpa);
    expect_from(&p, rpa, false);
    ll_room_close(&p.room);
}

/* More addresses than are remembered, ours among them: each is told as whose it is. */
static void flood(void **state)
{
    const struct bd_addr peer = address(1, 6, 0);
    struct privacy_room p;
    (void)state;

    privacy_open(&p);
    assert_int_equal(list_device(p.ll, peer, peer_irk, no_irk), 0);
    assert_int_equal(ll_set_address_resolution(p.ll, true), 0);
    scan_one_channel(&p);
    for (unsigned n = 0; n < 3000; n++) {
        const struct bd_addr stranger = nth_stranger(n);

        hear(&p, stranger);
        expect_from(&p, stranger, false);
        if (n % 50 == 0) {
            hear(&p, peer_rpa(3));
            expect_from(&p, peer, true);
        }
    }
    ll_room_close(&p.room);
}

/* Reset: an empty list, resolution off, the default timeout. */
static void forgotten(void **state)
{
    const struct bd_addr peer = address(1, 6, 0), rpa = peer_rpa(1);
    struct bd_addr before, after;
    struct privacy_room p;
    (void)state;

    privacy_open(&p);
    assert_int_equal(list_device(p.ll, peer, peer_irk, local_irk), 0);
    assert_int_equal(ll_set_privacy_mode(p.ll, &peer, LL_PRIVACY_DEVICE), 0);
    assert_int_equal(ll_set_address_resolution(p.ll, true), 0);
    assert_int_equal(ll_set_rpa_timeout(p.ll, 1), 0);
    scan_one_channel(&p);
    hear(&p, rpa);
    expect_from(&p, peer, true);
    ll_reset(p.ll);
    assert_int_equal(ll_read_peer_rpa(p.ll, &peer, &after), 0x02);
    assert_int_equal(ll_read_local_rpa(p.ll, &peer, &after), 0x02);
    assert_int_equal(list_device(p.ll, peer, peer_irk, local_irk), 0);
    before = local_rpa(&p, peer);
    scan_one_channel(&p);
    hear(&p, rpa);
    expect_from(&p, rpa, false);
    ll_room_run(&p.room, SIM_S(10));
    after = local_rpa(&p, peer);
    assert_true(bd_addr_equal(&before, &after));
    assert_int_equal(ll_scan_enable(p.ll, false, false), 0);
    /* Network privacy again. */
    assert_int_equal(ll_set_address_resolution(p.ll, true), 0);
    scan_one_channel(&p);
    hear(&p, peer);
    ll_room_close(&p.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(capacity),        cmocka_unit_test(timeout_range),
        cmocka_unit_test(local_addresses), cmocka_unit_test(local_addresses_change),
        cmocka_unit_test(zeros),
        cmocka_unit_test(timeout_changed), cmocka_unit_test(peer_addresses),
        cmocka_unit_test(flood),           cmocka_unit_test(forgotten),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    failed += RUN_ROWS(adds, added);
    failed += RUN_ROWS(whens, allowed);
    return failed;
}
