/* SPDX-License-Identifier: MIT */
/*
 * A clock (wire/timer.h) that stands still until a test moves it. Timers due in one instant run in
 * the order in which they were armed; a timer armed for now or the past runs at the next advance.
 */
#ifndef TESTS_MANUAL_CLOCK_H
#define TESTS_MANUAL_CLOCK_H

#include "wire/timer.h"

enum { MANUAL_CLOCK_TIMERS = 512 };

struct manual_clock {
    struct clock clock; /* hand out &manual.clock */
    sim_ns now;
    struct timer *timers[MANUAL_CLOCK_TIMERS]; /* armed ones, in the order in which they will run */
    uint32_t count;
};

/* Time zero, nothing armed. */
void manual_clock_init(struct manual_clock *manual);

/* Runs what is due within the next `ns`, each timer at its own time, then stands `ns` later. */
void manual_clock_advance(struct manual_clock *manual, sim_ns ns);

/* Runs the next timer, at its time; false when none is armed. */
bool manual_clock_step(struct manual_clock *manual);

#endif
