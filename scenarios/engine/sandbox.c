/* SPDX-License-Identifier: MIT */
#include "sandbox.h"

#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    HOOK_INSTRUCTIONS = 1000,
    COLLECT_FROM = 1 << 20, /* bytes: less is not worth collecting */
    COPIED_BYTES = 256,     /* as long as an instruction: string.rep() and its like are not free */
};

static const char too_much_memory[] = "the script uses too much memory";

/* The registry key of the table of all metatables in use: its keys, weak. */
static const char metatables_key;

struct sandbox *sandbox_of(lua_State *L)
{
    struct sandbox *sandbox;

    memcpy(&sandbox, lua_getextraspace(L), sizeof sandbox);
    return sandbox;
}

void sandbox_doom(struct sandbox *sandbox, enum sandbox_doom doom, const char *text)
{
    if (sandbox->doom != SANDBOX_ALIVE)
        return;
    sandbox->doom = doom;
    snprintf(sandbox->doom_text, sizeof sandbox->doom_text, "%s", text);
}

int sandbox_raise(lua_State *L)
{
    /* A value whose making cannot fail. */
    lua_pushlightuserdata(L, sandbox_of(L));
    return lua_error(L);
}

static size_t room_left(const struct sandbox *sandbox)
{
    return sandbox->config.max_memory - sandbox->memory - sandbox->outside;
}

/*
 * Memory as the limit allows. Lua collects once when it is refused and asks again; a request that
 * is refused twice ends the script.
 */
static void *allocate(void *user, void *block, size_t old_size, size_t new_size)
{
    struct sandbox *sandbox = user;
    const size_t old = block ? old_size : 0;

    if (new_size == 0) {
        free(block);
        sandbox->memory -= old;
        return NULL;
    }
    sandbox->instructions += new_size / COPIED_BYTES;
    if (new_size > old && new_size - old > room_left(sandbox)) {
        sandbox->emergency = true;
        if (sandbox->refused_size == new_size && sandbox->refused_block == block)
            sandbox_doom(sandbox, SANDBOX_LIMIT, too_much_memory);
        sandbox->refused_size = new_size;
        sandbox->refused_block = block;
        return NULL;
    }
    void *moved = realloc(block, new_size);
    if (!moved)
        return NULL;
    sandbox->memory = sandbox->memory - old + new_size;
    if (new_size > old)
        sandbox->refused_size = 0;
    return moved;
}

static void doom_at(lua_State *L, lua_Debug *ar, const char *text)
{
    char message[sizeof sandbox_of(L)->doom_text];

    if (lua_getinfo(L, "Sl", ar) && ar->currentline > 0)
        snprintf(message, sizeof message, "%s:%d: %s", ar->short_src, ar->currentline, text);
    else
        snprintf(message, sizeof message, "%s", text);
    sandbox_doom(sandbox_of(L), SANDBOX_LIMIT, message);
}

void sandbox_watch_metatable(lua_State *L, int index)
{
    index = lua_absindex(L, index);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &metatables_key);
    lua_pushvalue(L, index);
    lua_pushboolean(L, 1);
    lua_rawset(L, -3);
    lua_pop(L, 1);
}

/* Whether a metatable in use has __mode, which setmetatable() has refused but a later write not. */
static bool weak_table_exists(lua_State *L)
{
    bool found = false;

    if (!lua_checkstack(L, 4))
        return false;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &metatables_key);
    lua_pushnil(L);
    while (!found && lua_next(L, -2)) {
        lua_pop(L, 1);
        lua_pushliteral(L, "__mode");
        found = lua_rawget(L, -2) != LUA_TNIL;
        lua_pop(L, found ? 2 : 1);
    }
    lua_pop(L, 1);
    return found;
}

void sandbox_collect(lua_State *L)
{
    struct sandbox *sandbox = sandbox_of(L);

    if (!sandbox->emergency && sandbox->memory < sandbox->collect_at)
        return;
    sandbox->emergency = false;
    if (weak_table_exists(L)) {
        sandbox_doom(sandbox, SANDBOX_LIMIT, "weak tables (__mode) are not available to scripts");
        return;
    }
    lua_gc(L, LUA_GCCOLLECT);
    sandbox->collect_at = sandbox->memory > COLLECT_FROM / 2 ? sandbox->memory * 2 : COLLECT_FROM;
    const size_t most = sandbox->config.max_memory - sandbox->outside;
    if (sandbox->collect_at > most)
        sandbox->collect_at = most - most / 8;
}

static void hook(lua_State *L, lua_Debug *ar)
{
    struct sandbox *sandbox = sandbox_of(L);
    char text[64];

    vitals_beat(sandbox->config.vitals);
    sandbox->instructions += HOOK_INSTRUCTIONS;
    if (sandbox->doom == SANDBOX_ALIVE) {
        if (sandbox->instructions > sandbox->config.max_instructions) {
            snprintf(text, sizeof text, "more than %llu instructions",
                     (unsigned long long)sandbox->config.max_instructions);
            doom_at(L, ar, text);
        } else {
            sandbox_collect(L);
        }
    }
    if (sandbox->doom != SANDBOX_ALIVE) {
        /* From here on each instruction, so that no handler does anything of note. */
        lua_sethook(L, hook, LUA_MASKCOUNT, 1);
        sandbox_raise(L);
    }
}

void sandbox_charge(lua_State *L, uint64_t instructions)
{
    struct sandbox *sandbox = sandbox_of(L);
    lua_Debug ar;
    char text[64];

    sandbox->instructions += instructions;
    if (sandbox->doom == SANDBOX_ALIVE &&
        sandbox->instructions > sandbox->config.max_instructions) {
        snprintf(text, sizeof text, "more than %llu instructions",
                 (unsigned long long)sandbox->config.max_instructions);
        if (lua_getstack(L, 1, &ar))
            doom_at(L, &ar, text);
        else
            sandbox_doom(sandbox, SANDBOX_LIMIT, text);
    }
    if (sandbox->doom != SANDBOX_ALIVE)
        sandbox_raise(L);
}

bool sandbox_account(struct sandbox *sandbox, size_t bytes)
{
    if (bytes > room_left(sandbox)) {
        sandbox->emergency = true;
        lua_gc(sandbox->L, LUA_GCCOLLECT);
    }
    if (bytes > room_left(sandbox)) {
        sandbox_doom(sandbox, SANDBOX_LIMIT, too_much_memory);
        return false;
    }
    sandbox->outside += bytes;
    return true;
}

void sandbox_return(struct sandbox *sandbox, size_t bytes)
{
    sandbox->outside -= bytes;
}

void sandbox_charge_memory(lua_State *L, size_t bytes)
{
    if (!sandbox_account(sandbox_of(L), bytes))
        sandbox_raise(L);
}

bool sandbox_doomed_by(lua_State *L, int status)
{
    struct sandbox *sandbox = sandbox_of(L);

    if (status == LUA_ERRMEM)
        sandbox_doom(sandbox, SANDBOX_LIMIT,
                     sandbox->refused_size ? too_much_memory : "out of memory");
    return sandbox->doom != SANDBOX_ALIVE;
}

int sandbox_protected(lua_State *L, lua_CFunction function, void *argument, int results)
{
    if (!lua_checkstack(L, results + 8))
        return LUA_ERRMEM;
    /* Neither push allocates. */
    lua_pushcfunction(L, function);
    lua_pushlightuserdata(L, argument);
    return lua_pcall(L, 1, results, 0);
}

int sandbox_load(lua_State *L, const char *text, size_t len, const char *name)
{
    char chunk[128];

    if (len > 0 && text[0] == LUA_SIGNATURE[0]) {
        lua_pushfstring(L, "%s:1: this is bytecode, and scripts are text", name);
        return LUA_ERRSYNTAX;
    }
    snprintf(chunk, sizeof chunk, "@%s", name);
    return luaL_loadbufferx(L, text, len, chunk, "t");
}

static int open_all(lua_State *L)
{
    /* Weak keys: the engine may do what a script may not, since nothing is seen of it. */
    lua_newtable(L);
    lua_createtable(L, 0, 1);
    lua_pushliteral(L, "k");
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &metatables_key);

    sandbox_open_libraries(L);
    sandbox_open_base(L);
    sandbox_open_order(L);
    return 0;
}

int sandbox_open(struct sandbox *sandbox, const struct sandbox_config *config)
{
    *sandbox = (struct sandbox){.config = *config, .collect_at = COLLECT_FROM};
    sandbox->L = lua_newstate(allocate, sandbox);
    if (!sandbox->L)
        return BLR_ERR_NO_MEMORY;
    memcpy(lua_getextraspace(sandbox->L), &sandbox, sizeof sandbox);
    lua_gc(sandbox->L, LUA_GCSTOP);
    lua_pushcfunction(sandbox->L, open_all);
    if (lua_pcall(sandbox->L, 0, 0, 0) != LUA_OK) {
        sandbox_close(sandbox);
        return BLR_ERR_NO_MEMORY;
    }
    lua_sethook(sandbox->L, hook, LUA_MASKCOUNT, HOOK_INSTRUCTIONS);
    return 0;
}

void sandbox_close(struct sandbox *sandbox)
{
    if (sandbox->L)
        lua_close(sandbox->L);
    sandbox->L = NULL;
}
