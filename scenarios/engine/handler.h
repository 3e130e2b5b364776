/* SPDX-License-Identifier: MIT */
/*
 * Functions of a script that are called when something has happened, and may wait: unlike those of
 * callback.h they run in a coroutine of their own, in SIM_PHASE_SCRIPT of the same instant. What
 * happens while one waits is told when it has returned, a call each.
 */
#ifndef ENGINE_HANDLER_H
#define ENGINE_HANDLER_H

#include "task.h"

struct handler {
    struct device *device;
    int function, argument; /* registry references; LUA_NOREF: nobody is called, nil */
    struct task *task;      /* NULL: none was ever set */
    struct signal called;
    uint64_t pending; /* calls that are due */
    char what[64];
};

/* Embedded in memory of run_alloc(). `what` is for messages: "bluetooth:callback". */
void handler_init(struct handler *handler, struct device *device, const char *what);

/*
 * From now on this function (a registry reference, or LUA_NOREF) is called with the value at index.
 * Calls of the one before that are still due are dropped. Raises when out of memory.
 */
void handler_set(lua_State *L, struct handler *handler, int function, int argument_index);

/* It has happened once. May be called at any time, from callbacks of a host too. */
void handler_call(struct handler *handler);

#endif
