/* SPDX-License-Identifier: MIT */
/*
 * The scheduler of the radio: alone with slots that only say what happens to them, and in link
 * layers that do several things at once.
 */
#include <stdio.h>

#include "link_tester.h"
#include "ll_internal.h"
#include "rows.h"

/* --- slots that say what happens --- */

struct bench {
    struct sim_world *world;
    struct sim_actor actor;
    struct radio radio;
    struct ll_sched sched;
    char log[1024];
    size_t len;
};

struct story {
    struct ll_slot slot;
    struct bench *bench;
    char name;
    bool stays; /* keeps the radio until it is stopped; else gives it back at once */
    sim_ns again; /* reserves anew after this when lost or stopped; 0: not */
    sim_ns length;
};

static void note(struct story *s, const char *what)
{
    struct bench *b = s->bench;
    const unsigned long long us = sim_world_now(b->world) / 1000;

    b->len += (size_t)snprintf(b->log + b->len, sizeof b->log - b->len, "%llu %s %c\n", us, what,
                               s->name);
    assert_true(b->len < sizeof b->log);
}

static void story_begin(struct ll_slot *slot)
{
    struct story *s = slot->user;

    note(s, "begin");
    if (!s->stays)
        ll_sched_release(&s->bench->sched, slot);
}

static void again(struct story *s)
{
    if (s->again)
        ll_sched_reserve(&s->bench->sched, &s->slot, s->slot.start + s->again,
                         s->slot.start + s->again + s->length);
}

static void story_lost(struct ll_slot *slot)
{
    note(slot->user, "lost");
    again(slot->user);
}

static void story_stop(struct ll_slot *slot)
{
    struct story *s = slot->user;

    note(s, "stop");
    if (!slot->background)
        again(s);
}

static const struct ll_slot_ops story_ops = {
    .begin = story_begin,
    .lost = story_lost,
    .stop = story_stop,
};

static void bench_open(struct bench *b)
{
    static const struct radio_ops no_ops;

    *b = (struct bench){0};
    b->world = sim_world_new(1);
    assert_non_null(b->world);
    assert_int_equal(sim_actor_join(&b->actor, b->world, "device"), 0);
    radio_init(&b->radio, &b->actor, &no_ops, NULL);
    ll_sched_init(&b->sched, &b->actor, &b->radio);
}

static void bench_close(struct bench *b)
{
    ll_sched_fini(&b->sched);
    radio_fini(&b->radio);
    sim_actor_leave(&b->actor);
    sim_world_free(b->world);
}

static struct story story_of(struct bench *b, char name, uint8_t priority, bool stays)
{
    struct story s = {.bench = b, .name = name, .stays = stays};

    ll_slot_init(&s.slot, &story_ops, NULL);
    s.slot.priority = priority;
    return s;
}

static void reserve_us(struct story *s, uint64_t start, uint64_t end)
{
    s->slot.user = s;
    s->length = SIM_US(end - start);
    ll_sched_reserve(&s->bench->sched, &s->slot, SIM_US(start), SIM_US(end));
}

static void expect_log(struct bench *b, uint64_t until_us, const char *log)
{
    sim_world_run_until(b->world, SIM_US(until_us));
    assert_string_equal(b->log, log);
    b->len = 0;
    b->log[0] = '\0';
}

/* Prepared the lead of 10 us ahead. */
static void begins_ahead(void **state)
{
    struct bench b;
    (void)state;

    bench_open(&b);
    struct story a = story_of(&b, 'a', 1, false);
    struct story c = story_of(&b, 'c', 1, false);
    reserve_us(&c, 2000, 3000);
    reserve_us(&a, 1000, 1990);
    expect_log(&b, 5000, "990 begin a\n1990 begin c\n");
    bench_close(&b);
}

struct clash_row {
    const char *name;
    uint8_t a, b;           /* priorities */
    uint64_t b_start;       /* a has [1000, 2000) */
    bool b_late;            /* b is reserved when a has begun */
    const char *log;
};

static const struct clash_row clashes[] = {
    {"equal: the earlier", 5, 5, 1500, false, "990 begin a\n1490 lost b\n"},
    {"the later is more urgent", 5, 6, 1500, false, "990 lost a\n1490 begin b\n"},
    {"the earlier is more urgent", 6, 5, 1500, false, "990 begin a\n1490 lost b\n"},
    {"too late for a decision: interrupted", 5, 6, 1500, true,
     "990 begin a\n1490 stop a\n1490 begin b\n"},
    {"too late, and not more urgent", 5, 5, 1500, true, "990 begin a\n1490 lost b\n"},
};

static void clash(void **state)
{
    const struct clash_row *row = *state;
    struct bench b;

    bench_open(&b);
    struct story one = story_of(&b, 'a', row->a, true);
    struct story two = story_of(&b, 'b', row->b, true);
    reserve_us(&one, 1000, 2000);
    if (row->b_late)
        sim_world_run_until(b.world, SIM_US(1000));
    reserve_us(&two, row->b_start, row->b_start + 500);
    expect_log(&b, 2600, row->log);
    ll_sched_cancel(&b.sched, &one.slot);
    ll_sched_cancel(&b.sched, &two.slot);
    bench_close(&b);
}

/* Two that always overlap take turns; one of little priority wins now and then. */
static void nobody_starves(void **state)
{
    static const uint8_t priorities[][2] = {{5, 5}, {5, 2}, {10, 0}};
    (void)state;

    for (size_t i = 0; i < 3; i++) {
        struct bench b;
        unsigned begun[2] = {0};

        bench_open(&b);
        struct story s[2] = {story_of(&b, 'a', priorities[i][0], true),
                             story_of(&b, 'b', priorities[i][1], true)};
        for (int k = 0; k < 2; k++)
            s[k].again = SIM_US(1000);
        reserve_us(&s[0], 1000, 1500);
        reserve_us(&s[1], 1100, 1600);
        for (uint64_t event = 1; event <= 120; event++) {
            sim_world_run_until(b.world, SIM_US(1000 * event + 600));
            for (unsigned k = 0; k < 2; k++) {
                if (b.sched.holder == &s[k].slot) {
                    begun[k]++;
                    ll_sched_release(&b.sched, &s[k].slot);
                    again(&s[k]);
                }
            }
            b.len = 0;
        }
        assert_int_equal(begun[0] + begun[1], 120);
        assert_true(begun[0] >= 50);
        assert_true(begun[1] >= 9);
        for (int k = 0; k < 2; k++)
            ll_sched_cancel(&b.sched, &s[k].slot);
        bench_close(&b);
    }
}

/*
 * bg  |==========....=====....==|
 * a             |----|
 * b                       |--|
 */
static void background_fills_the_gaps(void **state)
{
    struct bench b;
    (void)state;

    bench_open(&b);
    struct story bg = story_of(&b, 'g', 0, true);
    struct story one = story_of(&b, 'a', 5, true);
    bg.slot.background = true;
    reserve_us(&bg, 0, 10000);
    reserve_us(&one, 3000, 4000);
    expect_log(&b, 3500, "0 begin g\n2990 stop g\n2990 begin a\n");
    ll_sched_release(&b.sched, &one.slot);
    reserve_us(&one, 6000, 12000);
    expect_log(&b, 8000, "3500 begin g\n5990 stop g\n5990 begin a\n");
    /* Its time runs out while it waits. */
    sim_world_run_until(b.world, SIM_US(11000));
    ll_sched_release(&b.sched, &one.slot);
    expect_log(&b, 20000, "11000 lost g\n");
    bench_close(&b);
}

static void backgrounds_take_turns(void **state)
{
    struct bench b;
    (void)state;

    bench_open(&b);
    struct story one = story_of(&b, 'a', 0, true), two = story_of(&b, 'b', 0, true);
    one.slot.background = two.slot.background = true;
    reserve_us(&one, 0, 1000);
    reserve_us(&two, 0, 1000);
    expect_log(&b, 999, "0 begin a\n");
    /* b lost one: it takes over when it asks again, and a waits for what is left. */
    ll_sched_cancel(&b.sched, &two.slot);
    two.slot.losses = 1;
    reserve_us(&two, 1000, 2000);
    expect_log(&b, 1500, "1000 stop a\n1000 begin b\n");
    ll_sched_release(&b.sched, &two.slot);
    expect_log(&b, 3000, "1500 lost a\n");
    bench_close(&b);
}

static void extension(void **state)
{
    struct bench b;
    (void)state;

    bench_open(&b);
    struct story one = story_of(&b, 'a', 5, true), two = story_of(&b, 'b', 5, true);
    struct story low = story_of(&b, 'l', 2, true);
    reserve_us(&one, 1000, 1500);
    reserve_us(&low, 2000, 2100);
    reserve_us(&two, 3000, 3500);
    sim_world_run_until(b.world, SIM_US(1000));
    assert_true(ll_sched_extend(&b.sched, &one.slot, SIM_US(2500)));
    assert_true(ll_sched_extend(&b.sched, &one.slot, SIM_US(2990)));
    assert_false(ll_sched_extend(&b.sched, &one.slot, SIM_US(2991)));
    assert_true(ll_sched_free_until(&b.sched, SIM_US(1990)));
    assert_false(ll_sched_free_until(&b.sched, SIM_US(1991)));
    expect_log(&b, 2900, "990 begin a\n1990 lost l\n");
    ll_sched_release(&b.sched, &one.slot);
    expect_log(&b, 3100, "2990 begin b\n");
    ll_sched_cancel(&b.sched, &two.slot);
    bench_close(&b);
}

/* --- link layers that do several things at once --- */

/*
 * One controller advertises, scans and holds a connection in each role; two others keep it busy.
 * Nothing is lost that should not be.
 */
static void everything_at_once(void **state)
{
    const struct sim_controller_profile p1 = upper_profile(1), p2 = upper_profile(2),
                                        p3 = upper_profile(3), p4 = upper_profile(4);
    struct ll_room room;
    (void)state;

    ll_room_open(&room, 17);
    raw_radio_free(room.lower);
    room.lower = NULL;
    struct upper *busy = upper_new(&room, "busy", &p1);
    struct upper *sensor = upper_new(&room, "sensor", &p2);
    struct upper *phone = upper_new(&room, "phone", &p3);
    struct upper *watcher = upper_new(&room, "watcher", &p4);
    upper_connect(busy, sensor, 24);
    upper_connect(phone, busy, 17);
    busy->keep_nothing = watcher->keep_nothing = true;
    sensor->keep_nothing = phone->keep_nothing = true;
    const struct ll_adv_params adv = upper_adv_params(3, 160);
    assert_int_equal(ll_adv_set_params(busy->ll, &adv), 0);
    assert_int_equal(ll_adv_enable(busy->ll, true), 0);
    assert_int_equal(ll_adv_set_params(sensor->ll, &adv), 0);
    assert_int_equal(ll_adv_enable(sensor->ll, true), 0);
    upper_scan(busy, true, false);
    upper_scan(watcher, true, false);
    for (int i = 0; i < 100; i++) {
        const uint8_t data[20] = {(uint8_t)i};

        assert_int_equal(ll_acl_send(sensor->ll, 0, true, data, sizeof data), 0);
        assert_int_equal(ll_acl_send(phone->ll, 0, true, data, sizeof data), 0);
        assert_int_equal(ll_acl_send(busy->ll, 0, true, data, sizeof data), 0);
        assert_int_equal(ll_acl_send(busy->ll, 1, true, data, sizeof data), 0);
        ll_room_run(&room, SIM_MS(200));
    }
    assert_true(ll_handle_known(busy->ll, 0) && ll_handle_known(busy->ll, 1));
    assert_int_equal(busy->acl_pdus, 200);
    assert_int_equal(sensor->acl_pdus, 100);
    assert_int_equal(phone->acl_pdus, 100);
    assert_int_equal(busy->completed, 200);
    /* 190 advertising events of each in 20 s: the watcher hears nearly all of both. */
    assert_true(watcher->reports > 300);
    assert_true(busy->reports > 130);
    ll_room_close(&room);
}

/* A connection gives way to advertising rarely, and is urgent where its life depends on it. */
static void priorities(void **state)
{
    const struct ll_connect_ind ind = link_connect_ind(upper_address(1));
    struct link_room r;
    (void)state;

    link_room_open_peripheral(&r, &ind);
    const struct ll_slot *slot = &r.upper->ll->conn[0]->slot;
    assert_int_equal(slot->priority, LL_PRIORITY_CONNECTION_URGENT);
    link_idle_event(&r.link);
    assert_int_equal(slot->priority, LL_PRIORITY_CONNECTION);
    /* The timeout of 1 s comes three intervals of 30 ms after the 30th missed event. */
    ll_room_run(&r.room, SIM_MS(890));
    assert_int_equal(slot->priority, LL_PRIORITY_CONNECTION);
    ll_room_run(&r.room, SIM_MS(40));
    assert_int_equal(slot->priority, LL_PRIORITY_CONNECTION_URGENT);
    ll_room_close(&r.room);
}

static void advertising_beside_a_connection(void **state)
{
    const struct sim_controller_profile p1 = upper_profile(1), p2 = upper_profile(2);
    struct ll_room room;
    unsigned missed = 0, events = 0;
    (void)state;

    ll_room_open(&room, 23);
    struct upper *central = upper_new(&room, "central", &p1);
    struct upper *both = upper_new(&room, "both", &p2);
    upper_connect(central, both, 6);
    const struct ll_adv_params adv = upper_adv_params(0, 32);
    assert_int_equal(ll_adv_set_params(both->ll, &adv), 0);
    assert_int_equal(ll_adv_enable(both->ll, true), 0);
    lower_forget(&room);
    ll_room_run(&room, SIM_S(20));
    unsigned advertised = 0;
    uint8_t last = AIR_PERIPHERAL_TO_CENTRAL;
    for (const struct radio_rx *rx; (rx = raw_radio_next(room.lower));) {
        advertised += rx->direction == AIR_ADVERTISING && rx->mhz == 2402;
        if (rx->direction == AIR_ADVERTISING)
            continue;
        events += rx->direction == AIR_CENTRAL_TO_PERIPHERAL;
        missed += rx->direction == AIR_CENTRAL_TO_PERIPHERAL &&
                  last == AIR_CENTRAL_TO_PERIPHERAL;
        last = rx->direction;
    }
    assert_int_equal(events, 2667);
    /* Some 800 advertising events are due, a quarter of which would meet the connection. */
    assert_true(advertised > 500);
    assert_true(missed < 30);
    ll_room_close(&room);
}

/* A central with twelve peripherals, then each of them with data in both directions. */
static void twelve_connections(void **state)
{
    enum { COUNT = 12 };
    static const char *const names[COUNT] = {"p0", "p1", "p2", "p3", "p4",  "p5",
                                             "p6", "p7", "p8", "p9", "p10", "p11"};
    struct ll_room *room = malloc(sizeof *room);
    struct upper *peripheral[COUNT];
    const struct sim_controller_profile profile = upper_profile(1);
    (void)state;

    assert_non_null(room);
    ll_room_open(room, 31);
    raw_radio_free(room->lower);
    room->lower = NULL;
    struct upper *central = upper_new(room, "central", &profile);
    for (uint8_t i = 0; i < COUNT; i++) {
        const struct sim_controller_profile p = upper_profile((uint8_t)(i + 2));

        peripheral[i] = upper_new(room, names[i], &p);
        upper_connect(central, peripheral[i], 40);
    }
    central->keep_nothing = true;
    /* The anchor points lie apart: no event is lost in ten seconds. */
    const uint64_t before = radio_medium_stats(sim_world_medium(room->world))->sent;
    ll_room_run(room, SIM_S(10));
    const uint64_t sent = radio_medium_stats(sim_world_medium(room->world))->sent - before;
    assert_true(sent >= COUNT * 2 * 199 && sent <= COUNT * 2 * 201);
    for (uint16_t i = 0; i < COUNT; i++) {
        const uint8_t data[27] = {(uint8_t)i};

        peripheral[i]->keep_nothing = true;
        for (int k = 0; k < 8; k++)
            assert_int_equal(ll_acl_send(peripheral[i]->ll, 0, true, data, sizeof data), 0);
        if (i < 8)
            assert_int_equal(ll_acl_send(central->ll, i, true, data, sizeof data), 0);
    }
    ll_room_run(room, SIM_S(2));
    assert_int_equal(central->acl_pdus, 8 * COUNT);
    assert_int_equal(central->completed, 8);
    for (unsigned i = 0; i < COUNT; i++) {
        assert_int_equal(peripheral[i]->acl_pdus, i < 8);
        assert_int_equal(peripheral[i]->completed, 8);
    }
    ll_room_close(room);
    free(room);
}

/* Mixed roles and intervals that drift through each other: skipped events, but nobody is lost. */
static void ten_of_mixed_roles(void **state)
{
    enum { COUNT = 10 };
    static const char *const names[COUNT] = {"d0", "d1", "d2", "d3", "d4",
                                             "d5", "d6", "d7", "d8", "d9"};
    static const uint16_t intervals[COUNT] = {6, 8, 9, 12, 15, 17, 24, 31, 40, 41};
    struct ll_room *room = malloc(sizeof *room);
    const struct sim_controller_profile profile = upper_profile(1);
    (void)state;

    assert_non_null(room);
    ll_room_open(room, 33);
    raw_radio_free(room->lower);
    room->lower = NULL;
    struct upper *hub = upper_new(room, "hub", &profile);
    for (uint8_t i = 0; i < COUNT; i++) {
        const struct sim_controller_profile p = upper_profile((uint8_t)(i + 2));
        struct upper *other = upper_new(room, names[i], &p);

        if (i % 2)
            upper_connect(hub, other, intervals[i]);
        else
            upper_connect(other, hub, intervals[i]);
    }
    hub->keep_nothing = true;
    for (int round = 0; round < 50; round++) {
        for (unsigned i = 0; i < COUNT; i++) {
            const uint8_t data[27] = {(uint8_t)round};

            room->upper[i + 1].keep_nothing = true;
            assert_int_equal(ll_acl_send(room->upper[i + 1].ll, 0, true, data, sizeof data), 0);
        }
        ll_room_run(room, SIM_MS(500));
    }
    assert_int_equal(hub->acl_pdus, 50 * COUNT);
    for (uint16_t i = 0; i < COUNT; i++) {
        assert_true(ll_handle_known(hub->ll, i));
        assert_int_equal(room->upper[i + 1].completed, 50);
    }
    ll_room_close(room);
    free(room);
}

/* Scanning and initiating at once: both hear what they wait for. */
static void scanning_while_initiating(void **state)
{
    const struct sim_controller_profile p1 = upper_profile(1), p2 = upper_profile(2),
                                        p3 = upper_profile(3);
    struct ll_room room;
    (void)state;

    ll_room_open(&room, 19);
    struct upper *central = upper_new(&room, "central", &p1);
    struct upper *beacon = upper_new(&room, "beacon", &p2);
    struct upper *sensor = upper_new(&room, "sensor", &p3);
    const struct ll_adv_params adv = upper_adv_params(3, 160);
    assert_int_equal(ll_adv_set_params(beacon->ll, &adv), 0);
    assert_int_equal(ll_adv_enable(beacon->ll, true), 0);
    central->keep_nothing = true;
    upper_scan(central, false, false);
    upper_create(central, upper_address(3), 24);
    ll_room_run(&room, SIM_S(10));
    /* Half of the time each; the beacon is on all three channels in an event. */
    assert_true(central->reports > 30);
    upper_advertise(sensor);
    assert_int_equal(upper_expect(sensor, UP_CONNECTED, SIM_S(3))->status, 0);
    ll_room_close_dirty(&room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(begins_ahead),
        cmocka_unit_test(nobody_starves),
        cmocka_unit_test(background_fills_the_gaps),
        cmocka_unit_test(backgrounds_take_turns),
        cmocka_unit_test(extension),
        cmocka_unit_test(priorities),
        cmocka_unit_test(advertising_beside_a_connection),
        cmocka_unit_test(everything_at_once),
        cmocka_unit_test(twelve_connections),
        cmocka_unit_test(ten_of_mixed_roles),
        cmocka_unit_test(scanning_while_initiating),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    failed += RUN_ROWS(clashes, clash);
    return failed;
}
