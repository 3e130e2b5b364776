/* SPDX-License-Identifier: MIT */
#include "args.h"

enum { FIRST = 2 };

static const char *what_of(const char *call, const char *name, char what[static 96])
{
    const struct opts opts = {.call = call};

    return opts_what(&opts, name, what);
}

/* Whether the last argument is a table of names. */
static bool has_names(lua_State *L, int any)
{
    const int top = lua_gettop(L);

    if (top < FIRST || lua_type(L, top) != LUA_TTABLE || top == any)
        return false;
    if (!lua_getmetatable(L, top))
        return true;
    lua_pop(L, 1); /* an advertisement, an error */
    return false;
}

void args_arrange(lua_State *L, const char *call, const char *const *names, int any)
{
    struct opts opts = {.L = L, .call = call};
    int given = lua_gettop(L), count = 0;

    luaL_checkstack(L, 24, NULL);
    while (names[count])
        count++;
    const bool named = has_names(L, any);
    if (named) {
        opts = opts_open(L, given, call, names, false);
        given--;
    }
    if (given >= FIRST + count)
        luaL_error(L, "%s takes at most %d arguments, got %d", call, count, given - FIRST + 1);
    for (int i = given < FIRST ? FIRST : given + 1; named && i < FIRST + count; i++)
        if (!opts_push(&opts, names[i - FIRST]))
            lua_pushnil(L);
    for (int i = FIRST; named && i <= given; i++)
        if (opts_has(&opts, names[i - FIRST]))
            luaL_error(L, "%s: %s is given twice", call, names[i - FIRST]);
    if (named)
        lua_remove(L, given + 1);
    lua_settop(L, FIRST + count - 1);
}

lua_Integer args_integer(lua_State *L, int index, const char *call, const char *name,
                         lua_Integer otherwise, lua_Integer low, lua_Integer high)
{
    char what[96];

    if (lua_isnil(L, index))
        return otherwise;
    return value_integer(L, index, what_of(call, name, what), low, high);
}

bool args_bool(lua_State *L, int index, const char *call, const char *name, bool otherwise)
{
    if (lua_isnil(L, index))
        return otherwise;
    if (lua_type(L, index) != LUA_TBOOLEAN)
        luaL_error(L, "%s: %s must be true or false, got %s", call, name, luaL_typename(L, index));
    return lua_toboolean(L, index);
}

const uint8_t *args_bytes(lua_State *L, int index, const char *call, const char *name, size_t *len,
                          size_t max)
{
    char what[96];

    *len = 0;
    if (lua_isnil(L, index))
        return NULL;
    return value_bytes(L, index, what_of(call, name, what), len, max);
}

int args_function(lua_State *L, int index, const char *call, const char *name)
{
    if (lua_isnil(L, index))
        return LUA_NOREF;
    if (lua_type(L, index) != LUA_TFUNCTION)
        luaL_error(L, "%s: %s must be a function, got %s", call, name, luaL_typename(L, index));
    lua_pushvalue(L, index);
    return luaL_ref(L, LUA_REGISTRYINDEX);
}
