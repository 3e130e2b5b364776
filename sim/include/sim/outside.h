/* SPDX-License-Identifier: MIT */
/*
 * A controller that is not in the world: somebody outside has it, and whoever carries its packets
 * attaches to the far end. To its host nothing differs but that its radio is elsewhere: the same
 * link, an actor with the device's name, a trace at the host's end.
 *
 * What comes from outside arrives at the host a nanosecond after the instant at which it was handed
 * in; time must not have passed that instant's events (io/serve.h keeps to that).
 */
#ifndef SIM_OUTSIDE_H
#define SIM_OUTSIDE_H

#include <stdbool.h>

#include "sim/world.h"
#include "wire/hci_link.h"
#include "wire/trace_sink.h"

struct sim_outside;

/* NULL: out of memory, or the name (copied) is taken. */
struct sim_outside *sim_outside_new(struct sim_world *world, const char *name);
void sim_outside_free(struct sim_outside *outside);

struct hci_link_end *sim_outside_host_end(struct sim_outside *outside);
struct hci_link_end *sim_outside_far_end(struct sim_outside *outside);

/* The far end takes nothing more until told otherwise; what the host sends waits. */
void sim_outside_full(struct sim_outside *outside, bool full);

/* As sim_controller_freeze_host() and sim_controller_trace() do it. */
void sim_outside_freeze_host(struct sim_outside *outside, bool frozen);
void sim_outside_trace(struct sim_outside *outside, struct trace_sink *sink);

struct sim_actor *sim_outside_actor(struct sim_outside *outside);

#endif
