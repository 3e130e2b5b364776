/* SPDX-License-Identifier: MIT */
#include "failure.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "object.h"

/* Registry key of the metatable of errors. */
static const char metatable_key;

static const char *layer_of(int error)
{
    switch ((unsigned)error & ~0xFFU) {
    case BLR_ERR_BASE_OWN:
        return "host";
    case BLR_ERR_BASE_HCI:
        return "hci";
    case BLR_ERR_BASE_ATT:
        return "att";
    case BLR_ERR_BASE_SMP:
        return "smp";
    case BLR_ERR_BASE_L2CAP:
    case BLR_ERR_BASE_L2CAP_CONNECT:
        return "l2cap";
    }
    return "unknown";
}

static int failure_tostring(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_pushliteral(L, "text");
    lua_rawget(L, 1);
    if (!lua_isstring(L, -1))
        lua_pushliteral(L, "error");
    return 1;
}

static int failure_index(lua_State *L)
{
    static const char *const known[] = {"cause", "code", "layer", "name", "text", "what", NULL};

    return object_unknown_field(L, "an error", sandbox_tostring(L, 2), known);
}

static void push_metatable(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"__index", failure_index},
        {"__tostring", failure_tostring},
        {NULL, NULL},
    };

    object_push_metatable(L, &metatable_key, "error", functions);
}

int failure_raise(lua_State *L, int error, const char *what, const char *detail, ...)
{
    const char *layer = layer_of(error);
    const int code = error & 0xFF;
    char more[256] = "", number[32] = "";
    va_list args;

    if (detail) {
        va_start(args, detail);
        vsnprintf(more, sizeof more, detail, args);
        va_end(args);
    }
    if (strcmp(layer, "host") != 0)
        snprintf(number, sizeof number, " (%s 0x%02x)", layer, (unsigned)code);
    luaL_checkstack(L, 8, NULL);
    lua_createtable(L, 0, 5);
    lua_pushinteger(L, code);
    lua_setfield(L, -2, "code");
    lua_pushstring(L, layer);
    lua_setfield(L, -2, "layer");
    lua_pushstring(L, blr_strerror(error));
    lua_setfield(L, -2, "name");
    lua_pushstring(L, what);
    lua_setfield(L, -2, "what");
    luaL_where(L, 1);
    lua_pushfstring(L, "%s: %s%s%s%s", what, blr_strerror(error), number, detail ? ": " : "", more);
    lua_concat(L, 2);
    lua_setfield(L, -2, "text");
    push_metatable(L);
    lua_setmetatable(L, -2);
    return lua_error(L);
}

int failure_raise_as(lua_State *L, const struct failure *failure, const char *what,
                     const char *text)
{
    luaL_checkstack(L, 8, NULL);
    lua_createtable(L, 0, 6);
    lua_pushinteger(L, failure->code);
    lua_setfield(L, -2, "code");
    lua_pushstring(L, failure->layer);
    lua_setfield(L, -2, "layer");
    lua_pushstring(L, failure->name);
    lua_setfield(L, -2, "name");
    lua_pushstring(L, what);
    lua_setfield(L, -2, "what");
    if (failure->cause)
        lua_pushstring(L, failure->cause);
    else
        lua_pushboolean(L, false);
    lua_setfield(L, -2, "cause");
    luaL_where(L, 1);
    lua_pushfstring(L, "%s: %s: %s", what, failure->name, text);
    lua_concat(L, 2);
    lua_setfield(L, -2, "text");
    push_metatable(L);
    lua_setmetatable(L, -2);
    return lua_error(L);
}

static bool is_failure(lua_State *L, int index)
{
    return object_has_metatable(L, index, &metatable_key);
}

bool failure_is_expected_kind(lua_State *L, int index)
{
    return is_failure(L, index) || sandbox_raised_by_script(L, index);
}

bool failure_test(lua_State *L, int index, const char **layer, lua_Integer *code, const char **name)
{
    index = lua_absindex(L, index);
    if (!is_failure(L, index))
        return false;
    /* The strings stay alive in the table. */
    lua_getfield(L, index, "layer");
    lua_getfield(L, index, "code");
    lua_getfield(L, index, "name");
    *layer = lua_tostring(L, -3);
    *code = lua_tointeger(L, -2);
    *name = lua_tostring(L, -1);
    lua_pop(L, 3);
    return *layer && *name;
}
