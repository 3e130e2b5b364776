/* SPDX-License-Identifier: MIT */
/* A serial line within a room, as engine/dongle.h says. */
#ifndef ENGINE_BYTE_LINE_H
#define ENGINE_BYTE_LINE_H

#include <stdbool.h>

#include "engine/dongle.h"
#include "sim/world.h"

struct byte_line;

/* One direction. `end` is its sender's; what is sent there comes out at the end of `reverse`. */
struct byte_pipe {
    struct byte_link_end end;
    struct byte_line *line;
    struct byte_pipe *reverse;
    struct timer timer;
    size_t used;
    size_t wanted; /* room that a refused send needs; 0: none was refused */
    bool held;     /* the receiver has left some */
    uint8_t octets[ROOM_DONGLE_LINE];
};

struct byte_line {
    struct sim_actor *actor;
    sim_ns latency_ns;
    struct byte_pipe up;   /* its end is the client's */
    struct byte_pipe down; /* its end is the dongle's */
};

/* The actor has joined and outlives the line. Allocates nothing. */
void byte_line_init(struct byte_line *line, struct sim_actor *actor, sim_ns latency_ns);
/* What is under way is dropped, as what is sent from now on. */
void byte_line_fini(struct byte_line *line);

/* What is on the way in this direction is dropped. */
void byte_line_flush(struct byte_pipe *pipe);

/* Octets are under way that time alone brings there. */
bool byte_line_busy(const struct byte_line *line);

#endif
