/* SPDX-License-Identifier: MIT */
/* The ends that are served: those that the room's file names, then those of who runs it. */
#ifndef ENGINE_SERVED_ENDS_H
#define ENGINE_SERVED_ENDS_H

#include <lauxlib.h>
#include <lua.h>

#include "engine/serve.h"
#include "run.h"

/* One that the file names: serve { pty = "/tmp/hci0", name = "phone" }. */
struct declared_end {
    struct declared_end *next;
    struct served_end end;
};

/* All of them in one list, which the caller frees. */
struct served_end_list {
    struct served_end *ends;
    size_t count;
};

/* False: out of memory, no end at all, or two that cannot be told apart; the run is over. */
bool served_ends_join(struct run *run, const struct room_serve_options *options,
                      struct served_end_list *list) BLR_MUST_CHECK;

/* "pty", "bgapi". */
const char *served_end_word(const struct served_end *end);

/* Whether an end of the file, or of who runs it, has that name. */
bool served_ends_have(const struct run *run, const char *name);

/* The global function. */
extern const luaL_Reg served_globals[];

#endif
