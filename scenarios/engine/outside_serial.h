/* SPDX-License-Identifier: MIT */
/*
 * Serial ports outside the process (scenario_options.serials), for the clients of dongles: octets
 * between a client's end of a line and the server (io/).
 */
#ifndef ENGINE_OUTSIDE_SERIAL_H
#define ENGINE_OUTSIDE_SERIAL_H

#include "io/serve.h"
#include "run.h"

struct outside_serial;

/*
 * Declares them as ports of the room, all as those of a BLED112, so that they are found. NULL with
 * none, and out of memory, when the run is over.
 */
struct outside_serial *outside_serials_new(struct run *run);
/* NULL is fine. */
void outside_serials_free(struct outside_serial *serials);

/* The index-th is open. */
void outside_serial_plug(struct outside_serial *serials, size_t index, struct serve_port *port,
                         struct serve_plug *plug);
/* The port that plug() has named as the device is gone. False: it is no port. */
bool outside_serial_lost(struct outside_serial *serials, const void *device, const char *why);
void outside_serial_unplug(struct outside_serial *serials, const void *device);

#endif
