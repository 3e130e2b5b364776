/* SPDX-License-Identifier: MIT */
/*
 * One order for all tables: integers, then strings bytewise, then false and true. Lua seeds its
 * hashes by address and clock; what pairs() and next() show must not depend on them. table.sort()
 * is here as well: Lua's own picks pivots by the clock.
 */
#include <stdlib.h>
#include <string.h>

#include "sandbox.h"

struct key {
    int type;            /* LUA_TNUMBER, LUA_TSTRING, LUA_TBOOLEAN */
    lua_Integer integer; /* or the boolean */
    const char *text;    /* the table's own */
    size_t len;
};

static int class_of(const struct key *key)
{
    return key->type == LUA_TNUMBER ? 0 : key->type == LUA_TSTRING ? 1 : 2;
}

static int compare(const void *left, const void *right)
{
    const struct key *a = left;
    const struct key *b = right;

    if (a->type != b->type)
        return class_of(a) - class_of(b);
    if (a->type != LUA_TSTRING)
        return a->integer < b->integer ? -1 : a->integer > b->integer;
    const int order = memcmp(a->text, b->text, a->len < b->len ? a->len : b->len);
    if (order)
        return order;
    return a->len < b->len ? -1 : a->len > b->len;
}

/* The key at index, which must stay where it is while the key is used. */
static struct key read_key(lua_State *L, int index, const char *caller)
{
    struct key key = {.type = lua_type(L, index)};

    switch (key.type) {
    case LUA_TNUMBER:
        if (!lua_isinteger(L, index))
            break;
        key.integer = lua_tointeger(L, index);
        return key;
    case LUA_TSTRING:
        key.text = lua_tolstring(L, index, &key.len);
        return key;
    case LUA_TBOOLEAN:
        key.integer = lua_toboolean(L, index);
        return key;
    }
    luaL_error(L,
               "%s: a key of type %s has no place in the order of a table (integers, strings, "
               "booleans)",
               caller, luaL_typename(L, index));
    return key;
}

static void push_key(lua_State *L, const struct key *key)
{
    if (key->type == LUA_TNUMBER)
        lua_pushinteger(L, key->integer);
    else if (key->type == LUA_TSTRING)
        lua_pushlstring(L, key->text, key->len);
    else
        lua_pushboolean(L, (int)key->integer);
}

/* Upvalues: the table, its keys in order, how many were walked. */
static int walk(lua_State *L)
{
    lua_Integer at = lua_tointeger(L, lua_upvalueindex(3));

    for (;;) {
        if (lua_rawgeti(L, lua_upvalueindex(2), ++at) == LUA_TNIL)
            return 1;
        lua_pushvalue(L, -1);
        if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL)
            break;
        lua_pop(L, 2); /* taken out while walking */
    }
    lua_pushinteger(L, at);
    lua_replace(L, lua_upvalueindex(3));
    return 2;
}

/* Pushes a table of the keys of the table at index 1, in order. */
static void push_keys(lua_State *L)
{
    size_t count = 0, filled = 0;

    lua_pushnil(L);
    while (lua_next(L, 1)) {
        lua_pop(L, 1);
        count++;
    }
    sandbox_charge(L, count);
    struct key *keys = lua_newuserdatauv(L, count ? count * sizeof *keys : 1, 0);
    lua_pushnil(L);
    while (lua_next(L, 1)) {
        lua_pop(L, 1);
        keys[filled++] = read_key(L, -1, "pairs");
    }
    qsort(keys, count, sizeof *keys, compare);
    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        push_key(L, &keys[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_remove(L, -2);
}

static int order_pairs(lua_State *L)
{
    luaL_checkany(L, 1);
    if (luaL_getmetafield(L, 1, "__pairs") != LUA_TNIL) {
        lua_pushvalue(L, 1);
        lua_call(L, 1, 3);
        return 3;
    }
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_pushvalue(L, 1);
    push_keys(L);
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, walk, 3);
    return 1;
}

/* The least key above the one given: as many steps as there are keys. */
static int order_next(lua_State *L)
{
    struct key least = {.type = LUA_TNIL}, after = {.type = LUA_TNIL};
    uint64_t steps = 0;

    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 2);
    if (!lua_isnil(L, 2))
        after = read_key(L, 2, "next");
    lua_pushnil(L);
    while (lua_next(L, 1)) {
        lua_pop(L, 1);
        steps++;
        const struct key key = read_key(L, -1, "next");
        if (after.type != LUA_TNIL && compare(&key, &after) <= 0)
            continue;
        if (least.type == LUA_TNIL || compare(&key, &least) < 0)
            least = key;
    }
    sandbox_charge(L, steps);
    if (least.type == LUA_TNIL) {
        lua_pushnil(L);
        return 1;
    }
    push_key(L, &least);
    lua_pushvalue(L, -1);
    lua_rawget(L, 1);
    return 2;
}

/* --- table.sort: a stable merge sort of the list at 1 by the function at 2 (or <) --- */

static bool less(lua_State *L, int a, int b)
{
    if (lua_isnil(L, 2))
        return lua_compare(L, a, b, LUA_OPLT);
    lua_pushvalue(L, 2);
    lua_pushvalue(L, a < 0 ? a - 1 : a);
    lua_pushvalue(L, b < 0 ? b - 2 : b);
    lua_call(L, 2, 1);
    const bool result = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return result;
}

/* Merges from[low, middle) and from[middle, high) into to, both tables by index. */
static void merge(lua_State *L, int from, int to, lua_Integer low, lua_Integer middle,
                  lua_Integer high)
{
    lua_Integer left = low, right = middle;

    for (lua_Integer at = low; at < high; at++) {
        bool take_right = left >= middle;
        if (left < middle && right < high) {
            lua_rawgeti(L, from, right);
            lua_rawgeti(L, from, left);
            take_right = less(L, -2, -1);
            lua_pop(L, 2);
        }
        lua_rawgeti(L, from, take_right ? right++ : left++);
        lua_rawseti(L, to, at);
    }
}

static int order_sort(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    if (!lua_isnoneornil(L, 2))
        luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_settop(L, 2);
    const lua_Integer count = (lua_Integer)lua_rawlen(L, 1);
    lua_createtable(L, 0, 0);
    lua_createtable(L, 0, 0);
    for (lua_Integer i = 1; i <= count; i++) {
        if (lua_rawgeti(L, 1, i) == LUA_TNIL)
            return luaL_error(L, "table.sort: the list has a hole at %I", (LUAI_UACINT)i);
        lua_rawseti(L, 3, i);
    }
    int from = 3, to = 4;
    for (lua_Integer width = 1; width < count; width *= 2) {
        sandbox_charge(L, (uint64_t)count);
        for (lua_Integer low = 1; low <= count; low += 2 * width) {
            const lua_Integer middle = low + width <= count ? low + width : count + 1;
            const lua_Integer high = middle + width <= count ? middle + width : count + 1;
            merge(L, from, to, low, middle, high);
        }
        from = 7 - from;
        to = 7 - to;
    }
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, from, i);
        lua_rawseti(L, 1, i);
    }
    return 0;
}

void sandbox_open_order(lua_State *L)
{
    static const luaL_Reg own[] = {{"next", order_next}, {"pairs", order_pairs}, {NULL, NULL}};

    lua_pushglobaltable(L);
    luaL_setfuncs(L, own, 0);
    lua_getfield(L, -1, "table");
    lua_pushcfunction(L, order_sort);
    lua_setfield(L, -2, "sort");
    lua_pop(L, 2);
}
