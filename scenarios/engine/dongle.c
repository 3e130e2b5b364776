/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700 /* strdup() */
#include "engine/dongle.h"

#include <stdlib.h>
#include <string.h>

#include "byte_line.h"
#include "wire/att.h"

struct room_dongle {
    struct room_dongle_config config;
    char *name;
    struct room_device *device;
    struct blr_dongle *stack;
    struct byte_line line;
};

int room_dongle_new(struct sim_world *world, const struct room_dongle_config *config,
                    struct room_dongle **dongle)
{
    struct room_dongle *self = calloc(1, sizeof *self);
    struct room_device_config device = config->device;

    *dongle = NULL;
    if (!self)
        return BLR_ERR_NO_MEMORY;
    self->config = *config;
    self->name = strdup(device.device_name ? device.device_name : device.name);
    device.mtu = ATT_DEFAULT_MTU;
    const int error =
        self->name ? room_device_new(world, &device, &self->device) : BLR_ERR_NO_MEMORY;
    if (error) {
        free(self->name);
        free(self);
        return error;
    }
    byte_line_init(&self->line, sim_controller_actor(room_device_controller(self->device)),
                   config->latency_ns ? config->latency_ns : ROOM_DONGLE_LATENCY);
    *dongle = self;
    return 0;
}

int room_dongle_start(struct room_dongle *dongle)
{
    const struct blr_dongle_config config = {
        .host = room_device_host(dongle->device),
        .line = &dongle->line.down.end,
        .name = dongle->name,
        .boot_event = dongle->config.boot_event,
        .started = dongle->config.started,
        .user = dongle->config.user,
    };

    if (dongle->stack)
        return BLR_ERR_STATE;
    dongle->stack = blr_dongle_new(&config);
    return dongle->stack ? 0 : BLR_ERR_NO_MEMORY;
}

void room_dongle_free(struct room_dongle *dongle)
{
    if (!dongle)
        return;
    if (dongle->stack)
        blr_dongle_close(dongle->stack);
    byte_line_fini(&dongle->line);
    room_device_free(dongle->device);
    blr_dongle_free(dongle->stack);
    free(dongle->name);
    free(dongle);
}

struct byte_link_end *room_dongle_port(struct room_dongle *dongle)
{
    return &dongle->line.up.end;
}

void room_dongle_open(struct room_dongle *dongle)
{
    byte_line_flush(&dongle->line.down);
    if (dongle->stack)
        blr_dongle_opened(dongle->stack);
}

struct blr_host *room_dongle_host(struct room_dongle *dongle)
{
    return room_device_host(dongle->device);
}

struct sim_controller *room_dongle_controller(struct room_dongle *dongle)
{
    return room_device_controller(dongle->device);
}

struct blr_dongle *room_dongle_stack(struct room_dongle *dongle)
{
    return dongle->stack;
}

bool room_dongle_owes(const struct room_dongle *dongle)
{
    return byte_line_busy(&dongle->line) || (dongle->stack && blr_dongle_owes(dongle->stack));
}
