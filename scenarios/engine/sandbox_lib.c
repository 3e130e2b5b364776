/* SPDX-License-Identifier: MIT */
/*
 * The libraries as a script has them: lists of what stays, so that a new Lua brings in nothing by
 * itself, and replacements for what depends on the machine.
 */
#include <lualib.h>
#include <string.h>

#include "sandbox.h"

/* Calls the function in upvalue 1 with all arguments. */
static int call_original(lua_State *L)
{
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

/* string.format(): no %p, and no address through %s. */
static int lib_format(lua_State *L)
{
    int argument = 1;

    for (const char *c = luaL_checkstring(L, 1); *c; c++) {
        if (*c != '%')
            continue;
        if (*++c == '%')
            continue;
        c += strspn(c, "-+ #0123456789.");
        argument++;
        if (*c == 'p')
            return luaL_error(L, "string.format: %%p is not available to scripts");
        if (*c == 's' && argument <= lua_gettop(L)) {
            sandbox_tostring(L, argument);
            lua_replace(L, argument);
        }
        if (!*c)
            break;
    }
    return call_original(L);
}

/* string.pack() and its like: little-endian as Bluetooth is, whatever the machine. */
static int lib_pack(lua_State *L)
{
    lua_pushfstring(L, "<%s", luaL_checkstring(L, 1));
    lua_replace(L, 1);
    return call_original(L);
}

static void wrap(lua_State *L, const char *name, lua_CFunction function)
{
    lua_getfield(L, -1, name);
    lua_pushcclosure(L, function, 1);
    lua_setfield(L, -2, name);
}

static uint64_t draw(lua_State *L)
{
    const struct sandbox *sandbox = sandbox_of(L);

    return sandbox->config.random(sandbox->config.user);
}

/* Uniform in 0 to span, both included: draws above the last whole number of spans are refused. */
static uint64_t draw_to(lua_State *L, uint64_t span)
{
    uint64_t value = draw(L);

    if (span == UINT64_MAX)
        return value;
    const uint64_t refused = (0 - (span + 1)) % (span + 1);
    while (value < refused)
        value = draw(L);
    return value % (span + 1);
}

static int lib_random(lua_State *L)
{
    lua_Integer low = 1, high;

    switch (lua_gettop(L)) {
    case 0:
        /* 53 bits make every double in [0, 1) that is a multiple of 2^-53. */
        lua_pushnumber(L, (lua_Number)(draw(L) >> 11) * 0x1p-53);
        return 1;
    case 1:
        high = luaL_checkinteger(L, 1);
        break;
    case 2:
        low = luaL_checkinteger(L, 1);
        high = luaL_checkinteger(L, 2);
        break;
    default:
        return luaL_error(L, "math.random: wrong number of arguments");
    }
    luaL_argcheck(L, low <= high, lua_gettop(L), "interval is empty");
    const uint64_t span = (uint64_t)high - (uint64_t)low;
    lua_pushinteger(L, (lua_Integer)((uint64_t)low + draw_to(L, span)));
    return 1;
}

static void open_string(lua_State *L)
{
    static const char *const kept[] = {
        "byte", "char",     "find", "format",  "gmatch", "gsub",   "len",   "lower", "match",
        "pack", "packsize", "rep",  "reverse", "sub",    "unpack", "upper", NULL,
    };

    luaL_requiref(L, LUA_STRLIBNAME, luaopen_string, 1);
    sandbox_keep_only(L, kept);
    wrap(L, "format", lib_format);
    wrap(L, "pack", lib_pack);
    wrap(L, "packsize", lib_pack);
    wrap(L, "unpack", lib_pack);
    lua_pushliteral(L, "");
    lua_getmetatable(L, -1);
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 3);
}

void sandbox_open_libraries(lua_State *L)
{
    static const char *const table[] = {
        "concat", "insert", "move", "pack", "remove", "unpack", NULL,
    };
    /* Nothing of libm whose last digit is its maker's choice: exp, log, sin and the like. */
    static const char *const math[] = {
        "abs",        "ceil", "floor", "fmod", "huge",      "max",  "maxinteger", "min",
        "mininteger", "modf", "pi",    "sqrt", "tointeger", "type", "ult",        NULL,
    };
    static const char *const utf8[] = {
        "char", "charpattern", "codepoint", "codes", "len", "offset", NULL,
    };

    open_string(L);
    luaL_requiref(L, LUA_TABLIBNAME, luaopen_table, 1);
    sandbox_keep_only(L, table);
    luaL_requiref(L, LUA_UTF8LIBNAME, luaopen_utf8, 1);
    sandbox_keep_only(L, utf8);
    luaL_requiref(L, LUA_MATHLIBNAME, luaopen_math, 1);
    sandbox_keep_only(L, math);
    lua_pushcfunction(L, lib_random);
    lua_setfield(L, -2, "random");
    lua_pop(L, 3);
}
