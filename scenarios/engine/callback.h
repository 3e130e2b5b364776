/* SPDX-License-Identifier: MIT */
/*
 * Functions of a script that are called at once, in the middle of what the world does: on_read and
 * its like, and what raw radios do in the very instant. They cannot wait. One that fails ends the
 * scenario.
 */
#ifndef ENGINE_CALLBACK_H
#define ENGINE_CALLBACK_H

#include "run.h"

struct callback {
    int function;          /* registry reference; LUA_NOREF: nothing happens */
    struct device *device; /* whose it is; NULL: nobody's */
    int (*push)(lua_State *L, void *user);  /* pushes the arguments, returns how many */
    void (*take)(lua_State *L, void *user); /* looks at the one result, on top; NULL: none wanted */
    void *user;
};

/* True: it was called, returned, and its result was taken. False: none, or the run is over. */
bool callback_run(struct run *run, const struct callback *callback);

/* Raises, with the place of the function: it has returned, and is on no stack any more. */
void callback_wrong_result(lua_State *L, int function, const char *why);

#endif
