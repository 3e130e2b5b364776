/* SPDX-License-Identifier: MIT */
/* What devices, raw radios and sniffers have in common: a name, and a place in the room. */
#ifndef ENGINE_PLACE_H
#define ENGINE_PLACE_H

#include "opts.h"
#include "run.h"
#include "sim/radio.h"

/* Whether it may be a name; it has so many characters. */
bool place_name_good(const char *name, size_t len);
/* The field `name`, good and free; raises if not. The string is the table's. */
const char *place_name(const struct opts *opts);

/* A table { x =, y =, z = } in metres at index. */
struct radio_position place_position(lua_State *L, int index, const char *what);
/* The field `position`, or the origin. */
struct radio_position place_position_option(const struct opts *opts);

/* The next radio of whoever the value at index is (a device, a raw radio, a sniffer) behind
 * `radio`; the first for NULL. NULL at the end, and for other values. */
struct radio *place_next_radio(lua_State *L, int index, const struct radio *radio);
/* His name, or NULL for other values. */
const char *place_name_of(lua_State *L, int index);
/* Whether somebody has that name. */
bool place_name_taken(const struct run *run, const char *name);

#endif
