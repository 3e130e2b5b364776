/* SPDX-License-Identifier: MIT */
/*
 * The sandbox: a Lua state that keeps the promise of equal bytes.
 *
 * What a script can call gives the same answer on every machine and in every run, and no script
 * escapes its limits: whoever exceeds one is doomed, and from then on every instruction and every
 * pcall() of the state raises again, so that nothing catches it. (A C function that never returns
 * is beyond the reach of Lua; see watchdog.h.)
 *
 * Garbage is collected at points of our choosing only, where no weak table may exist: when a script
 * collects, it sees nothing of it.
 *
 * Map: sandbox.c (state, limits), sandbox_base.c (basic functions), sandbox_order.c (the order of
 * pairs, next and table.sort), sandbox_lib.c (string, table, math, utf8).
 */
#ifndef ENGINE_SANDBOX_H
#define ENGINE_SANDBOX_H

#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/vitals.h"
#include "wire/error.h"

struct sandbox_config {
    uint64_t max_instructions;
    size_t max_memory;
    const char *lib_dir; /* where require() looks, outlives the sandbox; NULL: nothing is found */
    uint64_t (*random)(void *user);                          /* 64 random bits for math.random */
    void (*log)(void *user, lua_State *L, const char *text); /* print(); may be NULL */
    void *user;
    struct vitals *vitals; /* told as instructions go by; may be NULL */
};

/* Why a state is doomed. */
enum sandbox_doom {
    SANDBOX_ALIVE,
    SANDBOX_LIMIT,   /* instructions, memory or a forbidden construct: see doom_text */
    SANDBOX_STOPPED, /* its owner ended it with sandbox_doom() */
};

struct sandbox {
    struct sandbox_config config;
    lua_State *L;
    size_t memory;  /* Lua's */
    size_t outside; /* sandbox_account() */
    size_t collect_at;
    uint64_t instructions;
    const void *refused_block; /* the allocation refused last: asked for again, it is final */
    size_t refused_size;
    bool emergency; /* Lua has collected on its own, because memory was short */
    enum sandbox_doom doom;
    char doom_text[256]; /* "heart_rate.lua:7: more than ..."; without position for memory */
};

/* 0 or BLR_ERR_NO_MEMORY. The sandbox must stay where it is until sandbox_close(). */
int sandbox_open(struct sandbox *sandbox, const struct sandbox_config *config) BLR_MUST_CHECK;
void sandbox_close(struct sandbox *sandbox);

struct sandbox *sandbox_of(lua_State *L);

/*
 * Loads source text as a function on top of the stack, under the name that messages show. Returns
 * as luaL_loadbufferx(), bytecode refused.
 */
int sandbox_load(lua_State *L, const char *text, size_t len, const char *name);

/* Accounts for work beyond the counted instructions; raises when that exceeds the limit. */
void sandbox_charge(lua_State *L, uint64_t instructions);

/*
 * Accounts for memory that the script made others take; false, and the script doomed, when that
 * exceeds the limit. May collect garbage. sandbox_return() when it is freed before the script ends.
 */
bool sandbox_account(struct sandbox *sandbox, size_t bytes) BLR_MUST_CHECK;
void sandbox_return(struct sandbox *sandbox, size_t bytes);

/* The same, raising. */
void sandbox_charge_memory(lua_State *L, size_t bytes);

/* Collects garbage if enough has come together. Not for use within a Lua call that holds pointers.
 */
void sandbox_collect(lua_State *L);

/* Ends the script: from now on nothing runs in this state. Does not raise by itself. */
void sandbox_doom(struct sandbox *sandbox, enum sandbox_doom doom, const char *text);

/* Raises the doom of a doomed state. */
int sandbox_raise(lua_State *L);

/* As luaL_tolstring(), but never an address: "table" for a table without __tostring. */
const char *sandbox_tostring(lua_State *L, int index);

/*
 * After lua_pcallk() or lua_resume() returned an error: raising again is the caller's duty when
 * this returns true.
 */
bool sandbox_doomed_by(lua_State *L, int status);

/*
 * Calls function(argument as light userdata) where an error of Lua ends: for code that no coroutine
 * runs. Returns as lua_pcall(), with `results` results or the error on the stack.
 */
int sandbox_protected(lua_State *L, lua_CFunction function, void *argument, int results);

/* Instructions for each error caught: unwinding takes more than the handful that raised it. */
enum { SANDBOX_CAUGHT_COST = 500 };

/* Raises where calls are nested too deep for one more that catches errors. */
void sandbox_check_depth(lua_State *L, const char *call);

/* Whether the error value at index came from the script's own error() or assert(). */
bool sandbox_raised_by_script(lua_State *L, int index);

/* --- between the sandbox's files --- */

/* No garbage is collected any more, but the script doomed, once this metatable has __mode. */
void sandbox_watch_metatable(lua_State *L, int index);

/* Takes everything out of the table on top of the stack but the names listed, NULL at the end. */
void sandbox_keep_only(lua_State *L, const char *const *names);

void sandbox_open_base(lua_State *L);
void sandbox_open_order(lua_State *L);
void sandbox_open_libraries(lua_State *L);

#endif
