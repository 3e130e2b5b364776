/* SPDX-License-Identifier: MIT */
#include "manual_clock.h"

#include <stdio.h>
#include <stdlib.h>

static struct manual_clock *manual_of(const struct clock *clock)
{
    return (struct manual_clock *)(uintptr_t)clock;
}

static sim_ns manual_now(const struct clock *clock)
{
    return manual_of(clock)->now;
}

static void manual_cancel(struct clock *clock, struct timer *timer)
{
    struct manual_clock *manual = manual_of(clock);

    if (!timer_armed(timer))
        return;
    for (uint32_t i = timer->slot; i < manual->count; i++) {
        manual->timers[i - 1] = manual->timers[i];
        manual->timers[i - 1]->slot = i;
    }
    manual->count--;
    timer->slot = 0;
}

static void manual_arm(struct clock *clock, struct timer *timer, sim_ns at)
{
    struct manual_clock *manual = manual_of(clock);

    manual_cancel(clock, timer);
    if (manual->count == MANUAL_CLOCK_TIMERS) {
        fprintf(stderr, "manual_clock: more than %d timers\n", MANUAL_CLOCK_TIMERS);
        abort();
    }
    timer->at = at < manual->now ? manual->now : at;
    uint32_t i = manual->count++;
    for (; i > 0 && manual->timers[i - 1]->at > timer->at; i--) {
        manual->timers[i] = manual->timers[i - 1];
        manual->timers[i]->slot = i + 1;
    }
    manual->timers[i] = timer;
    timer->slot = i + 1;
}

static const struct clock_ops manual_ops = {
    .now = manual_now,
    .arm = manual_arm,
    .cancel = manual_cancel,
};

void manual_clock_init(struct manual_clock *manual)
{
    *manual = (struct manual_clock){.clock.ops = &manual_ops};
}

bool manual_clock_step(struct manual_clock *manual)
{
    if (manual->count == 0)
        return false;
    struct timer *timer = manual->timers[0];
    manual->now = timer->at;
    manual_cancel(&manual->clock, timer);
    timer->fn(timer->user);
    return true;
}

void manual_clock_advance(struct manual_clock *manual, sim_ns ns)
{
    const sim_ns end = ns > SIM_NEVER - manual->now ? SIM_NEVER : manual->now + ns;

    while (manual->count && manual->timers[0]->at <= end)
        manual_clock_step(manual);
    manual->now = end;
}
