/* SPDX-License-Identifier: MIT */
/* dongle { ... }: a BGAPI dongle of a scenario, at a serial port of the room. */
#ifndef ENGINE_SCRIPT_DONGLE_H
#define ENGINE_SCRIPT_DONGLE_H

#include "object.h"
#include "run.h"

struct script_dongle;

int dongle_declare(lua_State *L);
/* Those of device.h, for dongles. */
void dongle_close_traces(struct run *run, bool keep);
void dongle_remove_traces(struct run *run);
void dongle_close_all(struct run *run);

const char *dongle_name(const struct script_dongle *dongle);
struct radio *dongle_radio(const struct script_dongle *dongle);
/* NULL: there is none of that name. */
const struct script_dongle *dongle_named(const struct run *run, const char *name);

#endif
