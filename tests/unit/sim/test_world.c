/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "sim/stream.h"
#include "sim/world.h"

#define TIMERS 512

struct firing {
    struct timer timer;
    int id;
    struct log *log;
};

struct log {
    struct sim_world *world;
    int ids[4 * TIMERS];
    sim_ns at[4 * TIMERS];
    size_t count;
};

static void fired(void *user)
{
    struct firing *f = user;

    assert_false(timer_armed(&f->timer));
    f->log->ids[f->log->count] = f->id;
    f->log->at[f->log->count++] = sim_world_now(f->log->world);
}

static void firing_init(struct firing *f, struct sim_actor *actor, enum sim_phase phase, int id,
                        struct log *log)
{
    sim_timer_init(&f->timer, actor, phase, fired, f);
    f->id = id;
    f->log = log;
}

static void join(struct sim_actor *actor, struct sim_world *world, const char *name)
{
    assert_int_equal(sim_actor_join(actor, world, name), 0);
}

/* The order is (at, phase, rank by name, order of arming), whoever joined or armed first. */
static void test_total_order(void **state)
{
    (void)state;
    struct sim_world *world = sim_world_new(1);
    struct log log = {.world = world};
    struct sim_actor zoe, amy, bob;
    struct firing f[7];

    join(&zoe, world, "zoe");
    join(&amy, world, "amy");
    firing_init(&f[0], &zoe, SIM_PHASE_LL, 4, &log);
    firing_init(&f[1], &amy, SIM_PHASE_LL, 1, &log);
    firing_init(&f[2], &amy, SIM_PHASE_LL, 2, &log);
    firing_init(&f[3], &zoe, SIM_PHASE_AIR_END, 0, &log);
    firing_init(&f[4], &amy, SIM_PHASE_SCRIPT, 5, &log);
    firing_init(&f[5], &zoe, SIM_PHASE_AIR_END, 6, &log);
    for (size_t i = 0; i < 5; i++)
        sim_timer_arm(&f[i].timer, 100);
    sim_timer_arm(&f[5].timer, 101);
    /* A latecomer between two names, while events are pending. */
    join(&bob, world, "bob");
    firing_init(&f[6], &bob, SIM_PHASE_LL, 3, &log);
    sim_timer_arm(&f[6].timer, 100);
    sim_world_run_until(world, 100);
    assert_int_equal(log.count, 6);
    sim_world_run_until(world, 1000);
    assert_int_equal(log.count, 7);
    for (int i = 0; i < 7; i++)
        assert_int_equal(log.ids[i], i);
    assert_int_equal(log.at[6], 101);
    assert_int_equal(sim_world_now(world), 1000);
    assert_int_equal(sim_world_events(world), 7);
    sim_actor_leave(&zoe);
    sim_actor_leave(&amy);
    sim_actor_leave(&bob);
    sim_world_free(world);
}

static void test_names_are_unique(void **state)
{
    (void)state;
    struct sim_world *world = sim_world_new(1);
    struct sim_actor a, b;

    join(&a, world, "a");
    assert_int_equal(sim_actor_join(&b, world, "a"), BLR_ERR_BUSY);
    sim_actor_leave(&a);
    join(&b, world, "a");
    sim_actor_leave(&b);
    sim_world_free(world);
}

static void test_past_means_now(void **state)
{
    (void)state;
    struct sim_world *world = sim_world_new(1);
    struct log log = {.world = world};
    struct sim_actor a;
    struct firing f;

    join(&a, world, "a");
    firing_init(&f, &a, SIM_PHASE_LL, 0, &log);
    sim_world_run_until(world, 50);
    sim_timer_arm(&f.timer, 10);
    assert_false(sim_world_step(world, 49));
    assert_true(sim_world_step(world, 50));
    assert_int_equal(log.at[0], 50);
    sim_timer_arm(&f.timer, 60);
    sim_timer_arm(&f.timer, 70);
    sim_timer_cancel(&f.timer);
    sim_timer_cancel(&f.timer);
    assert_false(timer_armed(&f.timer));
    assert_false(sim_world_step(world, SIM_NEVER));
    sim_actor_leave(&a);
    sim_world_free(world);
}

static int by_time(const void *a, const void *b)
{
    const sim_ns x = *(const sim_ns *)a;
    const sim_ns y = *(const sim_ns *)b;

    return x < y ? -1 : x > y;
}

/* Many timers armed, moved and cancelled at random fire in order, each as often as it should. */
static void test_heap_against_sort(void **state)
{
    (void)state;
    struct sim_world *world = sim_world_new(7);
    struct log *log = calloc(1, sizeof *log);
    struct firing *f = calloc(TIMERS, sizeof *f);
    sim_ns expected[TIMERS];
    size_t count = 0;
    struct sim_stream random;
    struct sim_actor a;

    log->world = world;
    join(&a, world, "a");
    sim_stream_init(&random, 7, "test", "heap");
    for (int i = 0; i < TIMERS; i++)
        firing_init(&f[i], &a, SIM_PHASE_LL, i, log);
    for (int round = 0; round < 10 * TIMERS; round++) {
        struct firing *one = &f[sim_stream_below(&random, TIMERS)];
        if (sim_stream_below(&random, 4) == 0)
            sim_timer_cancel(&one->timer);
        else
            sim_timer_arm(&one->timer, sim_stream_below(&random, 5000));
    }
    for (int i = 0; i < TIMERS; i++)
        if (timer_armed(&f[i].timer))
            expected[count++] = f[i].timer.at;
    qsort(expected, count, sizeof expected[0], by_time);
    sim_world_run_until(world, 5000);
    assert_int_equal(log->count, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(log->at[i], expected[i]);
    sim_actor_leave(&a);
    sim_world_free(world);
    free(f);
    free(log);
}

static bool two_fired(void *user)
{
    const struct log *log = user;
    return log->count == 2;
}

static void test_run_while(void **state)
{
    (void)state;
    struct sim_world *world = sim_world_new(1);
    struct log log = {.world = world};
    struct sim_actor a;
    struct firing f[3];

    join(&a, world, "a");
    for (int i = 0; i < 3; i++) {
        firing_init(&f[i], &a, SIM_PHASE_HOST, i, &log);
        sim_timer_arm(&f[i].timer, (sim_ns)i * 10);
    }
    assert_true(sim_world_run_while(world, two_fired, &log, 100));
    assert_int_equal(sim_world_now(world), 10);
    log.count = 3;
    assert_false(sim_world_run_while(world, two_fired, &log, 100));
    assert_int_equal(sim_world_now(world), 100);
    sim_actor_leave(&a);
    sim_world_free(world);
}

static void test_clock_seam(void **state)
{
    (void)state;
    struct sim_world *world = sim_world_new(1);
    struct log log = {.world = world};
    struct sim_actor a;
    struct sim_clock clock;
    struct firing f = {.log = &log};

    join(&a, world, "a");
    sim_clock_init(&clock, &a, SIM_PHASE_HOST);
    timer_init(&f.timer, fired, &f);
    clock_arm(&clock.clock, &f.timer, 5);
    assert_true(timer_armed(&f.timer));
    clock_cancel(&clock.clock, &f.timer);
    clock_arm(&clock.clock, &f.timer, 6);
    sim_world_run_until(world, 6);
    assert_int_equal(clock_now(&clock.clock), 6);
    assert_int_equal(log.count, 1);
    sim_actor_leave(&a);
    sim_world_free(world);
}

/* Streams: the same words give the same numbers; any other word gives others. */
static void test_streams(void **state)
{
    (void)state;
    static const struct {
        uint64_t seed;
        const char *device, *purpose;
    } row[] = {{1, "a", "b"}, {2, "a", "b"}, {1, "ab", ""}, {1, "", "ab"}, {1, "b", "a"}};
    enum { ROWS = sizeof row / sizeof row[0] };
    uint64_t first[ROWS];

    for (int i = 0; i < ROWS; i++) {
        struct sim_stream s, again;
        sim_stream_init(&s, row[i].seed, row[i].device, row[i].purpose);
        sim_stream_init(&again, row[i].seed, row[i].device, row[i].purpose);
        first[i] = sim_stream_u64(&s);
        assert_true(first[i] == sim_stream_u64(&again));
        for (int j = 0; j < i; j++)
            assert_true(first[i] != first[j]);
    }
}

/* Drawn once and kept: a change of the generator would change every trace there is. */
static void test_stream_is_pinned(void **state)
{
    (void)state;
    struct sim_stream s;
    uint8_t bytes[11];
    static const uint8_t pinned[11] = {0x46, 0x8B, 0x69, 0x69, 0xE9, 0xB5, 0xE8, 0x78, 0x20, 0xAA, 0x54};
    uint32_t seen[7] = {0};

    sim_stream_init(&s, 1, "hrm", "advDelay");
    sim_stream_bytes(&s, bytes, sizeof bytes);
    assert_memory_equal(bytes, pinned, sizeof bytes);
    for (int i = 0; i < 7000; i++)
        seen[sim_stream_below(&s, 7)]++;
    for (int i = 0; i < 7; i++)
        assert_in_range(seen[i], 850, 1150);
    assert_int_equal(sim_stream_below(&s, 0), 0);
    assert_int_equal(sim_stream_below(&s, 1), 0);
}

/*
 * What was armed before its actor was held comes as much later; other phases and other actors do
 * not care.
 */
static void test_hold(void **state)
{
    (void)state;
    struct sim_world *world = sim_world_new(1);
    struct log log = {.world = world};
    struct sim_actor amy, bob;
    struct firing f[7];

    join(&amy, world, "amy");
    join(&bob, world, "bob");
    firing_init(&f[0], &amy, SIM_PHASE_HOST, 0, &log);
    firing_init(&f[1], &amy, SIM_PHASE_HCI, 1, &log);
    firing_init(&f[2], &amy, SIM_PHASE_LL, 2, &log);
    firing_init(&f[3], &bob, SIM_PHASE_HOST, 3, &log);
    firing_init(&f[4], &amy, SIM_PHASE_HOST, 4, &log);
    firing_init(&f[5], &amy, SIM_PHASE_HOST, 5, &log);
    firing_init(&f[6], &amy, SIM_PHASE_HOST, 6, &log);
    for (int i = 0; i < 4; i++)
        sim_timer_arm(&f[i].timer, SIM_MS(20));
    sim_timer_arm(&f[4].timer, SIM_MS(40));
    sim_timer_arm(&f[5].timer, SIM_MS(200));
    sim_timer_arm(&f[6].timer, SIM_MS(30));
    sim_world_run_until(world, SIM_MS(10));
    sim_actor_hold(&amy, 1U << SIM_PHASE_HOST | 1U << SIM_PHASE_HCI);
    sim_world_run_until(world, SIM_MS(50));
    sim_actor_hold(&amy, 1U << SIM_PHASE_HOST | 1U << SIM_PHASE_HCI);
    assert_int_equal(log.count, 2);
    assert_int_equal(log.ids[0], 2);
    assert_int_equal(log.ids[1], 3);
    assert_true(timer_armed(&f[6].timer));
    sim_timer_cancel(&f[6].timer); /* out of the middle of those that wait */
    assert_false(timer_armed(&f[6].timer));
    sim_world_run_until(world, SIM_MS(110));
    sim_actor_release(&amy);
    sim_world_run_until(world, SIM_S(1));
    const int ids[] = {2, 3, 1, 0, 4, 5};
    const sim_ns at[] = {SIM_MS(20),  SIM_MS(20),  SIM_MS(120),
                         SIM_MS(120), SIM_MS(140), SIM_MS(300)};
    assert_int_equal(log.count, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(log.ids[i], ids[i]);
        assert_int_equal(log.at[i], at[i]);
    }
    /* Armed again while it waits, it is not due any more. */
    sim_timer_arm(&f[0].timer, SIM_S(1) + 1);
    sim_actor_hold(&amy, 1U << SIM_PHASE_HOST);
    sim_world_run_until(world, SIM_S(2));
    sim_timer_arm(&f[0].timer, SIM_S(3));
    sim_actor_release(&amy);
    sim_world_run_until(world, SIM_S(4));
    assert_int_equal(log.count, 7);
    assert_int_equal(log.at[6], SIM_S(3));
    /* Armed while held for a second: a second after the release. Another that is held stays so. */
    sim_actor_hold(&amy, 1U << SIM_PHASE_HOST);
    sim_actor_hold(&bob, 1U << SIM_PHASE_HOST);
    sim_world_run_until(world, SIM_S(5));
    sim_timer_arm(&f[0].timer, SIM_S(6));
    sim_timer_arm(&f[3].timer, SIM_S(6));
    sim_world_run_until(world, SIM_S(7));
    sim_actor_release(&amy);
    sim_world_run_until(world, SIM_S(8));
    assert_int_equal(log.count, 8);
    assert_int_equal(log.at[7], SIM_S(8));
    sim_actor_release(&bob);
    sim_world_run_until(world, SIM_S(9));
    assert_int_equal(log.count, 9);
    assert_int_equal(log.at[8], SIM_S(9));
    sim_actor_leave(&amy);
    sim_actor_leave(&bob);
    sim_world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_total_order),   cmocka_unit_test(test_names_are_unique),
        cmocka_unit_test(test_past_means_now), cmocka_unit_test(test_heap_against_sort),
        cmocka_unit_test(test_hold),
        cmocka_unit_test(test_run_while),     cmocka_unit_test(test_clock_seam),
        cmocka_unit_test(test_streams),       cmocka_unit_test(test_stream_is_pinned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
