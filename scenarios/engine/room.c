/* SPDX-License-Identifier: MIT */
#include "engine/room.h"

#include <stdlib.h>

struct room_device {
    struct sim_controller *controller; /* NULL: it is outside */
    struct sim_outside *outside;
    struct blr_host *host;
    struct sim_clock clock;
    struct sim_stream random;
    bool started;
    int start_error;
};

static void draw(void *user, uint8_t *out, size_t len)
{
    struct room_device *device = user;

    sim_stream_bytes(&device->random, out, len);
}

int room_device_new(struct sim_world *world, const struct room_device_config *config,
                    struct room_device **device)
{
    struct room_device *self = calloc(1, sizeof *self);

    *device = NULL;
    if (!self)
        return BLR_ERR_NO_MEMORY;
    if (config->outside)
        self->outside = sim_outside_new(world, config->name);
    else
        self->controller = sim_controller_new(world, config->name, &config->profile);
    if (!self->controller && !self->outside)
        goto out;
    sim_clock_init(&self->clock, room_device_actor(self), SIM_PHASE_HOST);
    sim_stream_init(&self->random, sim_world_seed(world), config->name, "host");
    const struct blr_host_config host = {
        .clock = &self->clock.clock,
        .link = self->outside ? sim_outside_host_end(self->outside)
                              : sim_controller_host_end(self->controller),
        .random = draw,
        .random_user = self,
        .device_name = config->device_name ? config->device_name : config->name,
        .device_name_writable = config->device_name_writable,
        .appearance = config->appearance,
        .preferred = config->preferred,
        .mtu = config->mtu,
        .own_address_type = config->own_address_type,
        .random_address = config->random_address,
    };
    self->host = blr_host_new(&host);
    if (!self->host)
        goto out;
    *device = self;
    return 0;
out:
    room_device_free(self);
    return BLR_ERR_INVALID;
}

void room_device_free(struct room_device *device)
{
    if (!device)
        return;
    /* The host first: it gives up what it waits for while its clock and link are still there. */
    blr_host_free(device->host);
    sim_controller_free(device->controller);
    sim_outside_free(device->outside);
    free(device);
}

struct blr_host *room_device_host(struct room_device *device)
{
    return device->host;
}

struct sim_controller *room_device_controller(struct room_device *device)
{
    return device->controller;
}

struct sim_outside *room_device_outside(struct room_device *device)
{
    return device->outside;
}

struct sim_actor *room_device_actor(struct room_device *device)
{
    return device->outside ? sim_outside_actor(device->outside)
                           : sim_controller_actor(device->controller);
}

void room_device_trace(struct room_device *device, struct trace_sink *sink)
{
    if (device->outside)
        sim_outside_trace(device->outside, sink);
    else
        sim_controller_trace(device->controller, sink);
}

void room_device_freeze_host(struct room_device *device, bool frozen)
{
    if (device->outside)
        sim_outside_freeze_host(device->outside, frozen);
    else
        sim_controller_freeze_host(device->controller, frozen);
}

static void started(struct blr_host *host, int error, void *user)
{
    struct room_device *device = user;

    (void)host;
    device->started = true;
    device->start_error = error;
}

int room_device_start(struct room_device *device)
{
    struct sim_world *world = room_device_actor(device)->world;

    device->started = false;
    const int error = blr_host_start(device->host, started, device);
    if (error)
        return error;
    while (!device->started)
        if (!sim_world_step(world, SIM_NEVER))
            return BLR_ERR_TIMEOUT;
    return device->start_error;
}
