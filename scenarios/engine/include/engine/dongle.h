/* SPDX-License-Identifier: MIT */
/*
 * A BGAPI dongle of a room in C: a virtual controller, our host, the dongle on top of it, and the
 * serial line to whoever uses it.
 *
 * The line is as deterministic as all else in a room: octets cross it after a latency in virtual
 * time, those together that have gathered by then, as a USB frame takes them. Each direction holds
 * ROOM_DONGLE_LINE octets, then a send is refused with BLR_ERR_AGAIN.
 */
#ifndef ENGINE_DONGLE_H
#define ENGINE_DONGLE_H

#include "blueroom/dongle.h"
#include "engine/room.h"
#include "wire/byte_link.h"

#define ROOM_DONGLE_LINE    4096U
#define ROOM_DONGLE_LATENCY SIM_MS(1)

struct room_dongle;

struct room_dongle_config {
    struct room_device_config device; /* its mtu is the dongle's own: 23 */
    sim_ns latency_ns;                /* of the line, each way; 0: ROOM_DONGLE_LATENCY */
    bool boot_event;                  /* as in struct blr_dongle_config, as the next two are */
    void (*started)(void *user, int error);
    void *user;
};

/*
 * Returns 0 and the dongle, or an error code. Nothing is sent before room_dongle_start(), which is
 * to be called once: bonds that are to be there are imported before.
 */
int room_dongle_new(struct sim_world *world, const struct room_dongle_config *config,
                    struct room_dongle **dongle) BLR_MUST_CHECK;
/* Brings it up as the world runs; commands wait until it is. */
int room_dongle_start(struct room_dongle *dongle) BLR_MUST_CHECK;
void room_dongle_free(struct room_dongle *dongle);

/*
 * The client's end of the line, for him to attach to. While nobody is attached, what the dongle
 * says is lost.
 */
struct byte_link_end *room_dongle_port(struct room_dongle *dongle);
/*
 * The port is opened: what was said to nobody is gone, and the dongle says nothing before the first
 * command. To be called before the client attaches.
 */
void room_dongle_open(struct room_dongle *dongle);

struct blr_host *room_dongle_host(struct room_dongle *dongle);
struct sim_controller *room_dongle_controller(struct room_dongle *dongle);
/* NULL before room_dongle_start(). */
struct blr_dongle *room_dongle_stack(struct room_dongle *dongle);

/* As blr_dongle_owes(), and octets that are on the line. */
bool room_dongle_owes(const struct room_dongle *dongle);

#endif
