/* SPDX-License-Identifier: MIT */
/*
 * The libraries as a script has them: lists of what stays, so that a new Lua brings in nothing by
 * itself, and replacements for what depends on the machine.
 */
#include <lualib.h>
#include <stdio.h>
#include <string.h>

#include "sandbox.h"

enum { OCTETS_PER_INSTRUCTION = 16 };

/*
 * The function in upvalue 1, with the stack as it is. In this very frame, since none of them has
 * upvalues of its own: so that messages have the place and the name that the script called.
 */
static int call_original(lua_State *L)
{
    return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

/* Tells a watchdog where a function is called that may take longer than anybody waits. */
static void enter(lua_State *L)
{
    struct vitals *vitals = sandbox_of(L)->config.vitals;
    char place[VITALS_PLACE_SIZE];
    lua_Debug ar;

    if (!vitals || !lua_getstack(L, 1, &ar) || !lua_getinfo(L, "Sl", &ar) || ar.currentline <= 0)
        return;
    snprintf(place, sizeof place, "%s:%d", ar.short_src, ar.currentline);
    vitals_enter(vitals, place);
}

static int left(lua_State *L, int results)
{
    vitals_enter(sandbox_of(L)->config.vitals, NULL);
    return results;
}

/* Instructions for the octets of a subject, whatever the pattern makes of them. */
static int lib_pattern(lua_State *L)
{
    if (lua_type(L, 1) == LUA_TSTRING)
        sandbox_charge(L, lua_rawlen(L, 1) / OCTETS_PER_INSTRUCTION);
    enter(L);
    return left(L, call_original(L));
}

/* Upvalue: an iterator that string.gmatch() made. */
static int next_match(lua_State *L)
{
    lua_settop(L, 0);
    lua_pushvalue(L, lua_upvalueindex(1));
    enter(L);
    lua_call(L, 0, LUA_MULTRET);
    return left(L, lua_gettop(L));
}

static int lib_gmatch(lua_State *L)
{
    const int results = lib_pattern(L);

    lua_pushcclosure(L, next_match, results);
    return 1;
}

/* table.insert() and table.remove() at a position move all behind it. */
static int lib_shift(lua_State *L)
{
    const bool inserts = lua_gettop(L) == 3;

    if (lua_type(L, 1) == LUA_TTABLE && lua_isinteger(L, 2) && (inserts || lua_gettop(L) == 2)) {
        const lua_Integer count = (lua_Integer)lua_rawlen(L, 1);
        const lua_Integer at = lua_tointeger(L, 2);
        if (at >= 1 && at < count)
            sandbox_charge(L, (uint64_t)(count - at));
    }
    return call_original(L);
}

/* table.concat(), table.unpack(), table.move(): from argument 2 or 3 to the next. */
static int lib_range(lua_State *L)
{
    const int from = (int)lua_tointeger(L, lua_upvalueindex(2));
    const lua_Integer first = luaL_optinteger(L, from, 1);
    const lua_Integer last = lua_isnoneornil(L, from + 1) && lua_type(L, 1) == LUA_TTABLE
                                 ? (lua_Integer)lua_rawlen(L, 1)
                                 : luaL_optinteger(L, from + 1, 0);

    if (last > first)
        sandbox_charge(L, (uint64_t)last - (uint64_t)first);
    return call_original(L);
}

/* string.rep(): nothing, however often, takes no time. */
static int lib_rep(lua_State *L)
{
    size_t len, separator = 0;

    luaL_checklstring(L, 1, &len);
    luaL_optlstring(L, 3, "", &separator);
    if (len == 0 && separator == 0) {
        luaL_checkinteger(L, 2);
        lua_pushliteral(L, "");
        return 1;
    }
    return call_original(L);
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

/* For lib_range(): the arguments `from` and from + 1 are the first and the last place. */
static void wrap_range(lua_State *L, const char *name, int from)
{
    lua_getfield(L, -1, name);
    lua_pushinteger(L, from);
    lua_pushcclosure(L, lib_range, 2);
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
    wrap(L, "find", lib_pattern);
    wrap(L, "format", lib_format);
    wrap(L, "gmatch", lib_gmatch);
    wrap(L, "gsub", lib_pattern);
    wrap(L, "match", lib_pattern);
    wrap(L, "rep", lib_rep);
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
    wrap(L, "insert", lib_shift);
    wrap(L, "remove", lib_shift);
    wrap_range(L, "concat", 3);
    wrap_range(L, "move", 2);
    wrap_range(L, "unpack", 2);
    luaL_requiref(L, LUA_UTF8LIBNAME, luaopen_utf8, 1);
    sandbox_keep_only(L, utf8);
    wrap(L, "codepoint", lib_pattern);
    wrap(L, "len", lib_pattern);
    wrap(L, "offset", lib_pattern);
    luaL_requiref(L, LUA_MATHLIBNAME, luaopen_math, 1);
    sandbox_keep_only(L, math);
    lua_pushcfunction(L, lib_random);
    lua_setfield(L, -2, "random");
    lua_pop(L, 3);
}
