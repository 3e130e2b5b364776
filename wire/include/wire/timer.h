/* SPDX-License-Identifier: MIT */
/*
 * The seam between code that waits and whoever owns time.
 *
 * A `struct timer` is embedded in its owner, who calls timer_init() once and cancels it before the
 * memory goes away: no allocation to arm or cancel. A `struct clock` is handed to code that must
 * not know whether time is virtual: the simulator's clocks arm timers in the host phase of one
 * device, a real program's clock would use its event loop.
 */
#ifndef WIRE_TIMER_H
#define WIRE_TIMER_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/time.h"

typedef void timer_fn(void *user);

struct timer {
    timer_fn *fn;
    void *user;
    const void *owner; /* set by the clock: who this timer belongs to in the order of events */
    sim_ns at;         /* valid while armed */
    uint64_t seq;      /* the clock's, as is all below */
    struct timer *child, *next, *prev;
    uint32_t slot;     /* 0 while idle */
    uint8_t phase;
};

struct clock;

struct clock_ops {
    sim_ns (*now)(const struct clock *clock);
    /* Arms or re-arms; a time in the past means now. Never calls the timer from within. */
    void (*arm)(struct clock *clock, struct timer *timer, sim_ns at);
    void (*cancel)(struct clock *clock, struct timer *timer);
};

struct clock {
    const struct clock_ops *ops;
};

static inline void timer_init(struct timer *timer, timer_fn *fn, void *user)
{
    *timer = (struct timer){.fn = fn, .user = user};
}

static inline bool timer_armed(const struct timer *timer)
{
    return timer->slot != 0;
}

static inline sim_ns clock_now(const struct clock *clock)
{
    return clock->ops->now(clock);
}

static inline void clock_arm(struct clock *clock, struct timer *timer, sim_ns at)
{
    clock->ops->arm(clock, timer, at);
}

static inline void clock_cancel(struct clock *clock, struct timer *timer)
{
    clock->ops->cancel(clock, timer);
}

#endif
