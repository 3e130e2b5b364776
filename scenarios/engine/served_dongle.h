/* SPDX-License-Identifier: MIT */
/*
 * A BGAPI dongle behind an end. It is there from the beginning, whoever has its port open, as a
 * real one is: with its connections, and with its bonds in a file if it has one.
 */
#ifndef ENGINE_SERVED_DONGLE_H
#define ENGINE_SERVED_DONGLE_H

#include "engine/dongle.h"
#include "engine/serve.h"

struct run;
struct served_dongle;

/* NULL: the run is over. `name` lives as long as it. */
struct served_dongle *served_dongle_new(struct run *run, const struct served_end *end,
                                        const char *name);
void served_dongle_free(struct served_dongle *dongle);

void served_dongle_plug(struct served_dongle *dongle, struct serve_port *port,
                        struct serve_plug *plug);
void served_dongle_unplug(struct served_dongle *dongle);

struct sim_controller *served_dongle_controller(struct served_dongle *dongle);
/* Its client is owed something that takes time. */
bool served_dongle_owes(const struct served_dongle *dongle);

#endif
