/* SPDX-License-Identifier: MIT */
/*
 * The world: the clock, the one queue of events, and the actors in it.
 *
 * Simultaneous events have a total order: (at, phase, rank of the actor, order of arming). The
 * rank is the actor's place among the names of all actors, bytewise, so that who was created or
 * armed first leaks nothing between devices. One world is one thread and owns all its state.
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/error.h"
#include "wire/time.h"
#include "wire/timer.h"

/* The physical order of what happens in one instant. */
enum sim_phase {
    SIM_PHASE_AIR_END,   /* a transmission ends, receivers are told */
    SIM_PHASE_AIR_START, /* a transmission begins */
    SIM_PHASE_LL,        /* link layers act */
    SIM_PHASE_HCI,       /* transports deliver */
    SIM_PHASE_HOST,      /* hosts' timers */
    SIM_PHASE_SCRIPT,    /* scripts resume */
};

struct sim_world;
struct radio;

/*
 * Somebody that events belong to: a device. Embedded in its owner, who keeps `name` (unique in the
 * world) alive from sim_actor_join() to sim_actor_leave() and has cancelled its timers before the
 * latter.
 */
struct sim_actor {
    struct sim_world *world;
    const char *name;
    struct sim_actor *prev, *next;  /* by name */
    struct sim_actor *left, *right; /* a search tree of the same */
    uint32_t weight;                /* who is higher in that */
    uint8_t held_phases;            /* sim_actor_hold() */
    uint64_t rank;                  /* rises with the names */
    sim_ns held_since;
    struct radio *radio; /* the last of its radios; the medium's */
};

/* seed: every random stream of the world derives from it. NULL when out of memory. */
struct sim_world *sim_world_new(uint64_t seed);

/* Every actor must have left. NULL is fine. */
void sim_world_free(struct sim_world *world);

uint64_t sim_world_seed(const struct sim_world *world);
sim_ns sim_world_now(const struct sim_world *world);

/* BLR_ERR_BUSY when the name is taken. Steps: the logarithm of the number of actors. */
int sim_actor_join(struct sim_actor *actor, struct sim_world *world, const char *name)
    BLR_MUST_CHECK;
void sim_actor_leave(struct sim_actor *actor);

/*
 * Part of an actor stands still: its events in the phases of the set (1 << enum sim_phase, ...)
 * wait for the release. Its timers stop: what was armed before the hold comes as long after the
 * release as it would have come after the hold, and what is armed meanwhile as long after the
 * release as it was armed for.
 */
void sim_actor_hold(struct sim_actor *actor, unsigned phases);
void sim_actor_release(struct sim_actor *actor);

/* The timer belongs to the actor and fires in the phase. Arm only after this. */
void sim_timer_init(struct timer *timer, struct sim_actor *actor, enum sim_phase phase, timer_fn *fn,
                    void *user);

/*
 * Arms or re-arms. A time in the past means now; within the present instant, a phase that is over
 * still runs, after what is being run. Cancelling an idle timer is fine.
 */
void sim_timer_arm(struct timer *timer, sim_ns at);
void sim_timer_cancel(struct timer *timer);

/* A clock (wire/timer.h) whose timers belong to the actor and fire in the phase. */
struct sim_clock {
    struct clock clock;
    struct sim_actor *actor;
    enum sim_phase phase;
};
void sim_clock_init(struct sim_clock *clock, struct sim_actor *actor, enum sim_phase phase);

/* Runs the next event if it is due at or before `limit`; false when there is none. */
bool sim_world_step(struct sim_world *world, sim_ns limit);

/* When the next event is due; SIM_NEVER when there is none. */
sim_ns sim_world_next(const struct sim_world *world);

/* Runs every event due at or before `deadline`, then sets the clock to it. */
void sim_world_run_until(struct sim_world *world, sim_ns deadline);

/*
 * Runs until done(user) holds, asked after each event. True when it does; false when the deadline
 * came first, at which the clock then stands.
 */
bool sim_world_run_while(struct sim_world *world, bool (*done)(void *user), void *user,
                         sim_ns deadline);

/* Events run since the beginning; for figures. */
uint64_t sim_world_events(const struct sim_world *world);

/* The medium that all radios of the world share (sim/radio.h). */
struct radio_medium *sim_world_medium(struct sim_world *world);

#endif
