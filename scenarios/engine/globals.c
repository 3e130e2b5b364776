/* SPDX-License-Identifier: MIT */
/* The global functions of the engine: scenario(), time, logging, octets. */
#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "bluetooth.h"
#include "crypto_box.h"
#include "device.h"
#include "expect.h"
#include "failure.h"
#include "faults.h"
#include "opts.h"
#include "raw.h"
#include "run_internal.h"
#include "script_dongle.h"
#include "served_ends.h"
#include "wire/hex.h"

enum { SCENARIO_COST = 1000 };

/* --- scenarios --- */

static void remember(lua_State *L, struct scenario_list *list, const char *name, size_t len,
                     bool own_air)
{
    sandbox_charge(L, SCENARIO_COST + list->count);
    sandbox_charge_memory(L, sizeof *list->entries + len + 1);
    for (unsigned i = 0; i < list->count; i++)
        if (strcmp(list->entries[i].name, name) == 0)
            luaL_error(L, "scenario: there is a scenario '%s' already", name);
    struct scenario_entry *entries = realloc(list->entries, (list->count + 1) * sizeof *entries);
    if (!entries)
        luaL_error(L, "out of memory");
    list->entries = entries;
    char *copy = malloc(len + 1);
    if (!copy)
        luaL_error(L, "out of memory");
    memcpy(copy, name, len + 1);
    entries[list->count++] = (struct scenario_entry){.name = copy, .own_air = own_air};
}

static int global_scenario(lua_State *L)
{
    static const char *const known[] = {"own_air", "time_limit", NULL};
    struct run *run = run_of(L);
    const int function = lua_gettop(L) < 3 ? 2 : 3;
    size_t len;

    if (run->started)
        return luaL_error(L, "scenario: a scenario cannot stand within another");
    if (lua_type(L, 1) != LUA_TSTRING)
        return luaL_error(L, "scenario: the first argument is its name, got %s",
                          luaL_typename(L, 1));
    const char *name = lua_tolstring(L, 1, &len);
    bool plain = len > 0 && len <= 200;
    for (size_t i = 0; i < len && plain; i++)
        plain = (unsigned char)name[i] >= 0x20 && name[i] != 0x7F;
    if (!plain)
        return luaL_error(L, "scenario: a name is one line of 1 to 200 characters");
    if (lua_type(L, function) != LUA_TFUNCTION)
        return luaL_error(L, "scenario: the last argument is a function, got %s",
                          luaL_typename(L, function));
    sim_ns limit = 0;
    bool own_air = false;
    if (function == 3) {
        const struct opts opts = opts_open(L, 2, "scenario", known, false);
        limit = opts_time(&opts, "time_limit", 0);
        own_air = opts_bool(&opts, "own_air", false);
    }
    if (run->list) {
        remember(L, run->list, name, len, own_air);
    } else if (run->declared == run->wanted) {
        lua_pushvalue(L, function);
        run->body = luaL_ref(L, LUA_REGISTRYINDEX);
        if (limit)
            run->max_time = limit;
    }
    run->declared++;
    return 0;
}

/* --- time --- */

static int scaled_time(lua_State *L, const char *call, lua_Integer scale)
{
    luaL_checkany(L, 1);
    lua_pushinteger(L, value_scaled(L, 1, call, scale, 0, LUA_MAXINTEGER));
    return 1;
}

static int global_ns(lua_State *L)
{
    return scaled_time(L, "ns", 1);
}

static int global_us(lua_State *L)
{
    return scaled_time(L, "us", 1000);
}

static int global_ms(lua_State *L)
{
    return scaled_time(L, "ms", 1000000);
}

static int global_s(lua_State *L)
{
    return scaled_time(L, "s", 1000000000);
}

static int global_now(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)sim_world_now(run_of(L)->world));
    return 1;
}

static int slept(lua_State *L, int status, lua_KContext context)
{
    struct task *task = (struct task *)context;

    (void)L;
    (void)status;
    if (!task_timed_out(task))
        return task_wait(task, NULL, slept, context);
    return 0;
}

static int global_sleep(lua_State *L)
{
    const sim_ns time = value_time(L, 1, "sleep: its argument");
    struct task *task = task_current(L, "sleep");

    task_begin_wait(task, time);
    return task_wait(task, NULL, slept, (lua_KContext)task);
}

/* --- octets --- */

static int global_hex(lua_State *L)
{
    size_t len;
    const uint8_t *octets = value_bytes(L, 1, "hex: its argument", &len, SIZE_MAX);
    luaL_Buffer text;

    luaL_buffinit(L, &text);
    for (size_t i = 0; i < len; i++) {
        char pair[3];
        hex_format(pair, &octets[i], 1);
        if (i)
            luaL_addchar(&text, ' ');
        luaL_addlstring(&text, pair, 2);
    }
    luaL_pushresult(&text);
    return 1;
}

static int global_bytes(lua_State *L)
{
    size_t len;
    const uint8_t *digits = value_bytes(L, 1, "bytes: its argument", &len, SIZE_MAX);
    luaL_Buffer octets;
    int high = -1;

    luaL_buffinit(L, &octets);
    for (size_t i = 0; i < len; i++) {
        const int digit = hex_digit((char)digits[i]);
        if (digit < 0 && (high >= 0 || !strchr(" \t\n:-", digits[i]) || !digits[i]))
            return luaL_error(L, "bytes: character %I is no pair of hex digits",
                              (LUAI_UACINT)i + 1);
        if (digit < 0)
            continue;
        if (high < 0) {
            high = digit;
            continue;
        }
        luaL_addchar(&octets, (char)(high << 4 | digit));
        high = -1;
    }
    if (high >= 0)
        return luaL_error(L, "bytes: an odd number of hex digits");
    luaL_pushresult(&octets);
    return 1;
}

static int global_log(lua_State *L)
{
    lua_getglobal(L, "print");
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, 0);
    return 0;
}

static const luaL_Reg functions[] = {
    {"BGAPIBackend", backend_declare},
    {"bytes", global_bytes},
    {"device", device_declare},
    {"dongle", dongle_declare},
    {"hex", global_hex},
    {"log", global_log},
    {"ms", global_ms},
    {"now", global_now},
    {"ns", global_ns},
    {"s", global_s},
    {"scenario", global_scenario},
    {"sleep", global_sleep},
    {"us", global_us},
    {NULL, NULL},
};

const luaL_Reg *const object_globals[] = {functions, expect_globals, faults_globals, raw_globals,
                                          served_globals,
                                          NULL};

const struct object_table object_tables[] = {{"crypto", crypto_functions}, {NULL, NULL}};

void globals_open(lua_State *L)
{
    lua_pushglobaltable(L);
    for (size_t i = 0; object_globals[i]; i++)
        luaL_setfuncs(L, object_globals[i], 0);
    for (size_t i = 0; object_tables[i].name; i++) {
        lua_newtable(L);
        luaL_setfuncs(L, object_tables[i].functions, 0);
        lua_setfield(L, -2, object_tables[i].name);
    }
    backend_open(L);
    bluetooth_open(L);
    lua_pop(L, 1);
}
