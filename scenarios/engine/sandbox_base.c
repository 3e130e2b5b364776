/* SPDX-License-Identifier: MIT */
/* The basic functions as a script has them, and require(). */
#include <lualib.h>
#include <stdio.h>
#include <string.h>

#include "sandbox.h"

enum {
    MAX_LIBRARY = 1 << 18,
    PRINT_COST = 200, /* instructions, and one for each 16 octets */
};

const char *sandbox_tostring(lua_State *L, int index)
{
    index = lua_absindex(L, index);
    if (luaL_getmetafield(L, index, "__tostring") != LUA_TNIL) {
        lua_pop(L, 1);
        return luaL_tolstring(L, index, NULL);
    }
    switch (lua_type(L, index)) {
    case LUA_TNIL:
    case LUA_TBOOLEAN:
    case LUA_TNUMBER:
    case LUA_TSTRING:
        return luaL_tolstring(L, index, NULL);
    }
    if (luaL_getmetafield(L, index, "__name") == LUA_TSTRING)
        return lua_tostring(L, -1);
    lua_pushstring(L, luaL_typename(L, index));
    return lua_tostring(L, -1);
}

static int base_tostring(lua_State *L)
{
    luaL_checkany(L, 1);
    sandbox_tostring(L, 1);
    return 1;
}

static int base_print(lua_State *L)
{
    struct sandbox *sandbox = sandbox_of(L);
    const int count = lua_gettop(L);
    luaL_Buffer line;

    luaL_buffinit(L, &line);
    for (int i = 1; i <= count; i++) {
        if (i > 1)
            luaL_addchar(&line, '\t');
        sandbox_tostring(L, i);
        luaL_addvalue(&line);
    }
    luaL_pushresult(&line);
    sandbox_charge(L, PRINT_COST + lua_rawlen(L, -1) / 16);
    if (sandbox->config.log)
        sandbox->config.log(sandbox->config.user, L, lua_tostring(L, -1));
    return 0;
}

/* --- errors: nothing catches a doomed script --- */

/* The registry key of what error() or assert() raised last; its own address stands for nil. */
static const char raised_key;

bool sandbox_raised_by_script(lua_State *L, int index)
{
    index = lua_absindex(L, index);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &raised_key);
    const bool was_nil = lua_touserdata(L, -1) == &raised_key;
    const bool equal = lua_isnil(L, index) ? was_nil : lua_rawequal(L, index, -1);
    lua_pop(L, 1);
    return equal;
}

static int raise_top(lua_State *L)
{
    if (lua_isnil(L, -1))
        lua_pushlightuserdata(L, (void *)(uintptr_t)&raised_key);
    else
        lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &raised_key);
    return lua_error(L);
}

static int base_error(lua_State *L)
{
    const int level = (int)luaL_optinteger(L, 2, 1);

    lua_settop(L, 1);
    if (lua_type(L, 1) == LUA_TSTRING && level > 0) {
        luaL_where(L, level);
        lua_insert(L, 1);
        lua_concat(L, 2);
    }
    return raise_top(L);
}

static int base_assert(lua_State *L)
{
    luaL_checkany(L, 1);
    if (lua_toboolean(L, 1))
        return lua_gettop(L);
    if (lua_gettop(L) == 1) {
        luaL_where(L, 1);
        lua_pushliteral(L, "assertion failed");
        lua_concat(L, 2);
    } else {
        lua_settop(L, 2);
    }
    return raise_top(L);
}

/*
 * An error that is caught in a coroutine gives back the C stack but not Lua's: a function that
 * catches its own failing and calls itself again would fill Lua's stack, and each further error
 * take as long as the stack is deep.
 */
void sandbox_check_depth(lua_State *L, const char *call)
{
    enum { MAX_DEPTH = 400 };
    lua_Debug ar;

    if (lua_getstack(L, MAX_DEPTH, &ar))
        luaL_error(L, "%s: more than %d calls within each other", call, (int)MAX_DEPTH);
}

static int finish_call(lua_State *L, int status, lua_KContext skip)
{
    const bool failed = status != LUA_OK && status != LUA_YIELD;

    if (sandbox_doomed_by(L, failed ? status : LUA_OK))
        return sandbox_raise(L);
    if (failed) {
        sandbox_charge(L, SANDBOX_CAUGHT_COST);
        lua_pushboolean(L, 0);
        lua_pushvalue(L, -2);
        return 2;
    }
    return lua_gettop(L) - (int)skip;
}

static int base_pcall(lua_State *L)
{
    luaL_checkany(L, 1);
    sandbox_check_depth(L, "pcall");
    lua_pushboolean(L, 1);
    lua_insert(L, 1);
    return finish_call(L, lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 0, 0, finish_call), 0);
}

/*
 * Stands before the script's message handler: when the hook raises, hooks are off while the handler
 * runs, and it could stay there for ever.
 */
static int guarded_handler(lua_State *L)
{
    if (sandbox_doomed_by(L, LUA_OK))
        return 1;
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, 1, 1);
    return 1;
}

static int base_xpcall(lua_State *L)
{
    const int count = lua_gettop(L);

    luaL_checktype(L, 2, LUA_TFUNCTION);
    sandbox_check_depth(L, "xpcall");
    lua_pushvalue(L, 2);
    lua_pushcclosure(L, guarded_handler, 1);
    lua_replace(L, 2);
    lua_pushboolean(L, 1); /* the first result */
    lua_pushvalue(L, 1);
    lua_rotate(L, 3, 2); /* function, handler, true, function, arguments */
    return finish_call(L, lua_pcallk(L, count - 2, LUA_MULTRET, 2, 2, finish_call), 2);
}

/* --- metatables --- */

static void refuse_field(lua_State *L, int index, const char *field)
{
    lua_pushstring(L, field);
    if (lua_rawget(L, index) != LUA_TNIL)
        luaL_error(L, "setmetatable: %s is not available to scripts", field);
    lua_pop(L, 1);
}

static int base_setmetatable(lua_State *L)
{
    const int type = lua_type(L, 2);

    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_argexpected(L, type == LUA_TNIL || type == LUA_TTABLE, 2, "nil or table");
    if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL)
        return luaL_error(L, "cannot change a protected metatable");
    if (type == LUA_TTABLE) {
        refuse_field(L, 2, "__gc");
        refuse_field(L, 2, "__mode");
        sandbox_watch_metatable(L, 2);
    }
    lua_settop(L, 2);
    lua_setmetatable(L, 1);
    return 1;
}

/* --- require --- */

static bool plain_name(const char *name, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", name[i]) ||
            !name[i])
            return false;
    return len > 0 && len <= 64;
}

/* Pushes the text of the file, or nil. Lua's memory throughout: an error loses nothing. */
static void push_file(lua_State *L, const char *path)
{
    char *room = lua_newuserdatauv(L, MAX_LIBRARY + 1, 0);
    FILE *file = fopen(path, "rb");
    size_t size = 0;
    bool good = false;

    if (file) {
        size = fread(room, 1, MAX_LIBRARY + 1, file);
        good = !ferror(file) && size <= MAX_LIBRARY;
        fclose(file);
    }
    if (good)
        lua_pushlstring(L, room, size);
    else
        lua_pushnil(L);
}

static int base_require(lua_State *L)
{
    const char *lib_dir = sandbox_of(L)->config.lib_dir;
    size_t len;
    const char *name = luaL_checklstring(L, 1, &len);

    if (!plain_name(name, len))
        return luaL_error(L, "require: a library's name has letters, digits and '_' only");
    lua_settop(L, 1);
    lua_pushvalue(L, lua_upvalueindex(1)); /* 2: what is loaded */
    switch (lua_getfield(L, 2, name)) {
    case LUA_TNIL:
        break;
    case LUA_TLIGHTUSERDATA:
        return luaL_error(L, "require: library '%s' requires itself", name);
    default:
        return 1;
    }
    if (!lib_dir)
        return luaL_error(L, "require: there is no library folder 'lib' beside the script");
    push_file(L, lua_pushfstring(L, "%s/%s.lua", lib_dir, name));
    const char *text = lua_tolstring(L, -1, &len);
    if (!text)
        return luaL_error(L, "require: no library '%s' (lib/%s.lua)", name, name);
    if (sandbox_load(L, text, len, lua_pushfstring(L, "lib/%s.lua", name)) != LUA_OK)
        return lua_error(L);
    lua_pushlightuserdata(L, L);
    lua_setfield(L, 2, name);
    lua_pushstring(L, name);
    lua_call(L, 1, 1);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        lua_pushboolean(L, 1);
    }
    lua_pushvalue(L, -1);
    lua_setfield(L, 2, name);
    return 1;
}

/* --- the global table --- */

static int no_such_global(lua_State *L)
{
    return luaL_error(L, "there is no global '%s'", sandbox_tostring(L, 2));
}

void sandbox_keep_only(lua_State *L, const char *const *names)
{
    const int table = lua_gettop(L);

    lua_pushnil(L);
    while (lua_next(L, table)) {
        bool keep = false;
        lua_pop(L, 1);
        for (size_t i = 0; names[i] && !keep; i++)
            keep = lua_type(L, -1) == LUA_TSTRING && strcmp(lua_tostring(L, -1), names[i]) == 0;
        if (!keep) {
            lua_pushvalue(L, -1);
            lua_pushnil(L);
            lua_rawset(L, table);
        }
    }
}

void sandbox_open_base(lua_State *L)
{
    static const char *const kept[] = {
        "_G",     "_VERSION", "getmetatable", "ipairs", "math",     "rawget", "rawequal", "rawlen",
        "rawset", "select",   "string",       "table",  "tonumber", "type",   "utf8",     NULL,
    };
    static const luaL_Reg own[] = {
        {"assert", base_assert},
        {"error", base_error},
        {"pcall", base_pcall},
        {"print", base_print},
        {"setmetatable", base_setmetatable},
        {"tostring", base_tostring},
        {"xpcall", base_xpcall},
        {NULL, NULL},
    };

    luaL_requiref(L, LUA_GNAME, luaopen_base, 1);
    sandbox_keep_only(L, kept);
    luaL_setfuncs(L, own, 0);
    lua_newtable(L);
    lua_pushcclosure(L, base_require, 1);
    lua_setfield(L, -2, "require");

    lua_createtable(L, 0, 2);
    lua_pushcfunction(L, no_such_global);
    lua_setfield(L, -2, "__index");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_pop(L, 1);
}
