/* SPDX-License-Identifier: MIT */
#include "sim/outside.h"

#include <stdlib.h>
#include <string.h>

#include "hci_transport.h"

/* The way to whoever has the controller takes its own time, in the wall's clock. */
enum { LATENCY_NS = 1 };

struct sim_outside {
    struct sim_actor actor;
    struct hci_transport transport;
    char name[];
};

struct sim_outside *sim_outside_new(struct sim_world *world, const char *name)
{
    const size_t size = strlen(name) + 1;
    struct sim_outside *outside = calloc(1, sizeof *outside + size);

    if (!outside)
        return NULL;
    memcpy(outside->name, name, size);
    if (sim_actor_join(&outside->actor, world, outside->name) != 0) {
        free(outside);
        return NULL;
    }
    hci_transport_init(&outside->transport, &outside->actor, LATENCY_NS, LATENCY_NS);
    return outside;
}

void sim_outside_free(struct sim_outside *outside)
{
    if (!outside)
        return;
    hci_transport_fini(&outside->transport);
    sim_actor_leave(&outside->actor);
    free(outside);
}

struct hci_link_end *sim_outside_host_end(struct sim_outside *outside)
{
    return hci_transport_host_end(&outside->transport);
}

struct hci_link_end *sim_outside_far_end(struct sim_outside *outside)
{
    return hci_transport_controller_end(&outside->transport);
}

void sim_outside_full(struct sim_outside *outside, bool full)
{
    hci_transport_controller_full(&outside->transport, full);
}

void sim_outside_freeze_host(struct sim_outside *outside, bool frozen)
{
    hci_transport_freeze_host(&outside->transport, frozen);
}

void sim_outside_trace(struct sim_outside *outside, struct trace_sink *sink)
{
    hci_transport_trace(&outside->transport, sink);
}

struct sim_actor *sim_outside_actor(struct sim_outside *outside)
{
    return &outside->actor;
}
