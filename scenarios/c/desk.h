/* SPDX-License-Identifier: MIT */
/*
 * A desk with devices on it, for programs that use the `Bluetooth` interface in C: a world in
 * virtual time, and in it devices of a controller, a host and a `Bluetooth` object each. Blocking
 * calls let this world run. What cannot be on a desk ends the program.
 */
#ifndef SCENARIOS_C_DESK_H
#define SCENARIOS_C_DESK_H

#include <stdio.h>
#include <stdlib.h>

#include "blueroom/bluetooth_gatt.h"
#include "engine/room.h"
#include "sim/world.h"

enum { DESK_DEVICES = 8 };

struct desk {
    struct sim_world *world;
    struct desk_device {
        struct room_device *device;
        struct blr_bluetooth *bt;
    } devices[DESK_DEVICES];
    unsigned count;
};

/* Ends the program with the error, if it is one. */
static inline void must(int error, const char *what)
{
    if (!error)
        return;
    fprintf(stderr, "%s: %s\n", what, blr_strerror(error));
    exit(1);
}

static inline void desk_open(struct desk *desk, uint64_t seed)
{
    *desk = (struct desk){.world = sim_world_new(seed)};
    must(desk->world ? 0 : BLR_ERR_NO_MEMORY, "a world");
}

static inline bool desk_step(void *world)
{
    return sim_world_step(world, SIM_NEVER);
}

/* A device that is switched on; its Bluetooth object is not initialised yet. */
static inline struct blr_bluetooth *desk_add(struct desk *desk, const char *name)
{
    const struct room_device_config config = {
        .name = name, .profile = sim_controller_profile_default()};
    struct desk_device *place = &desk->devices[desk->count];

    must(desk->count < DESK_DEVICES ? 0 : BLR_ERR_TOO_LONG, name);
    must(room_device_new(desk->world, &config, &place->device), name);
    must(room_device_start(place->device), name);
    const struct blr_bluetooth_config bluetooth = {
        .host = room_device_host(place->device), .wait = desk_step, .wait_user = desk->world};
    place->bt = blr_bluetooth_new(&bluetooth);
    must(place->bt ? 0 : BLR_ERR_NO_MEMORY, name);
    desk->count++;
    return place->bt;
}

static inline void desk_close(struct desk *desk)
{
    for (unsigned i = 0; i < desk->count; i++) {
        blr_bluetooth_free(desk->devices[i].bt);
        room_device_free(desk->devices[i].device);
    }
    sim_world_free(desk->world);
}

#endif
