/* SPDX-License-Identifier: MIT */
/*
 * A room device in C: a virtual controller, or a place for one outside, with our host on top, joined
 * to a world. What scenario scripts, tests and benchmarks build their rooms from.
 */
#ifndef ENGINE_ROOM_H
#define ENGINE_ROOM_H

#include "blueroom/gap.h"
#include "blueroom/host.h"
#include "sim/controller.h"
#include "sim/outside.h"
#include "sim/stream.h"

struct room_device;

struct room_device_config {
    const char *name;                      /* unique in the world; copied */
    struct sim_controller_profile profile; /* sim_controller_profile_default() and changes */
    bool outside; /* it has no controller of ours, and the profile is not looked at */
    struct bd_addr random_address;         /* used when own_address_type is random */
    uint8_t own_address_type;
    const char *device_name; /* GAP Device Name; NULL: the name */
    bool device_name_writable;
    uint16_t appearance;
    const struct blr_preferred_parameters *preferred; /* NULL: GAP does not tell */
    uint16_t mtu; /* 0: the host's default */
};

/* Returns 0 and the device, or an error code. Nothing is sent before blr_host_start(). */
int room_device_new(struct sim_world *world, const struct room_device_config *config,
                    struct room_device **device) BLR_MUST_CHECK;
void room_device_free(struct room_device *device);

struct blr_host *room_device_host(struct room_device *device);
/* One of the two is NULL. */
struct sim_controller *room_device_controller(struct room_device *device);
struct sim_outside *room_device_outside(struct room_device *device);

/* Of either. */
struct sim_actor *room_device_actor(struct room_device *device);
void room_device_trace(struct room_device *device, struct trace_sink *sink);
void room_device_freeze_host(struct room_device *device, bool frozen);

/* Starts the host and runs the world until it is up. Returns what blr_host_start() came to. */
int room_device_start(struct room_device *device) BLR_MUST_CHECK;

#endif
