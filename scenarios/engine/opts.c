/* SPDX-License-Identifier: MIT */
#include "opts.h"

#include <stdio.h>
#include <string.h>

#include "wire/ll.h"

static bool listed(const char *const *known, const char *name)
{
    for (; *known; known++)
        if (strcmp(*known, name) == 0)
            return true;
    return false;
}

static void refuse(lua_State *L, const char *call, const char *field, const char *const *known)
{
    luaL_Buffer list;

    luaL_buffinit(L, &list);
    for (size_t i = 0; known[i]; i++) {
        if (i)
            luaL_addstring(&list, ", ");
        luaL_addstring(&list, known[i]);
    }
    luaL_pushresult(&list);
    luaL_error(L, "%s: unknown field '%s' (known: %s)", call, field, lua_tostring(L, -1));
}

struct opts opts_open(lua_State *L, int index, const char *call, const char *const *known,
                      bool optional)
{
    struct opts opts = {.L = L, .call = call};
    const char *unknown = NULL;

    if (optional && lua_isnoneornil(L, index))
        return opts;
    if (lua_type(L, index) != LUA_TTABLE)
        luaL_error(L, "%s takes a table of named arguments, got %s", call, luaL_typename(L, index));
    opts.index = lua_absindex(L, index);
    luaL_checkstack(L, 8, NULL);
    /* Of several unknown ones the bytewise least, since the table's order is not ours. */
    lua_pushnil(L);
    while (lua_next(L, opts.index)) {
        lua_pop(L, 1);
        if (lua_type(L, -1) != LUA_TSTRING)
            luaL_error(L, "%s: arguments have names, such as { name = ... }", call);
        const char *name = lua_tostring(L, -1);
        if (!listed(known, name) && (!unknown || strcmp(name, unknown) < 0))
            unknown = name;
    }
    if (unknown)
        refuse(L, call, unknown, known);
    return opts;
}

bool opts_push(const struct opts *opts, const char *field)
{
    if (!opts->index)
        return false;
    lua_pushstring(opts->L, field);
    if (lua_rawget(opts->L, opts->index) != LUA_TNIL)
        return true;
    lua_pop(opts->L, 1);
    return false;
}

bool opts_has(const struct opts *opts, const char *field)
{
    if (!opts_push(opts, field))
        return false;
    lua_pop(opts->L, 1);
    return true;
}

const char *opts_what(const struct opts *opts, const char *field, char what[static 96])
{
    snprintf(what, 96, "%s: %s", opts->call, field);
    return what;
}

sim_ns opts_time(const struct opts *opts, const char *field, sim_ns otherwise)
{
    char what[96];

    if (!opts_push(opts, field))
        return otherwise;
    const sim_ns time = value_time(opts->L, -1, opts_what(opts, field, what));
    lua_pop(opts->L, 1);
    return time;
}

static uint16_t time_units(lua_State *L, int index, const char *what, sim_ns unit,
                           const char *unit_text)
{
    const sim_ns time = value_time(L, index, what);

    if (time % unit || time / unit > UINT16_MAX)
        luaL_error(L, "%s must be a multiple of %s, and at most 65535 of them; times are written as "
                   "ms(20) or s(1)", what, unit_text);
    return (uint16_t)(time / unit);
}

uint16_t opts_time_units(const struct opts *opts, const char *field, sim_ns unit,
                         const char *unit_text, uint16_t otherwise)
{
    char what[96];

    if (!opts_push(opts, field))
        return otherwise;
    const uint16_t units = time_units(opts->L, -1, opts_what(opts, field, what), unit, unit_text);
    lua_pop(opts->L, 1);
    return units;
}

lua_Integer opts_integer(const struct opts *opts, const char *field, lua_Integer otherwise,
                         lua_Integer low, lua_Integer high)
{
    char what[96];

    if (!opts_push(opts, field))
        return otherwise;
    const lua_Integer value = value_integer(opts->L, -1, opts_what(opts, field, what), low, high);
    lua_pop(opts->L, 1);
    return value;
}

static unsigned feature_bit(const struct opts *opts, const char *what)
{
    unsigned bit = 0;

    if (lua_type(opts->L, -1) != LUA_TSTRING)
        luaL_error(opts->L, "%s must be a number or a list of names", what);
    if (!ll_feature_bit(lua_tostring(opts->L, -1), &bit))
        luaL_error(opts->L, "%s: no feature is called '%s'", what, lua_tostring(opts->L, -1));
    return bit;
}

uint64_t opts_features(const struct opts *opts, const char *field, uint64_t otherwise)
{
    uint64_t features = 0;
    char what[96];

    if (!opts_push(opts, field))
        return otherwise;
    opts_what(opts, field, what);
    if (lua_type(opts->L, -1) == LUA_TTABLE)
        for (lua_Integer i = 1; lua_rawgeti(opts->L, -1, i) != LUA_TNIL; i++) {
            features |= UINT64_C(1) << feature_bit(opts, what);
            lua_pop(opts->L, 1);
        }
    else
        features = (uint64_t)value_integer(opts->L, -1, what, 0, INT64_MAX);
    lua_pop(opts->L, 1);
    return features;
}

bool opts_bool(const struct opts *opts, const char *field, bool otherwise)
{
    if (!opts_push(opts, field))
        return otherwise;
    if (lua_type(opts->L, -1) != LUA_TBOOLEAN)
        luaL_error(opts->L, "%s: %s must be true or false, got %s", opts->call, field,
                   luaL_typename(opts->L, -1));
    const bool value = lua_toboolean(opts->L, -1);
    lua_pop(opts->L, 1);
    return value;
}

const char *opts_string(const struct opts *opts, const char *field, size_t *len)
{
    if (!opts_push(opts, field))
        return NULL;
    if (lua_type(opts->L, -1) != LUA_TSTRING)
        luaL_error(opts->L, "%s: %s must be a string, got %s", opts->call, field,
                   luaL_typename(opts->L, -1));
    const char *text = lua_tolstring(opts->L, -1, len);
    lua_pop(opts->L, 1);
    return text;
}

const uint8_t *opts_bytes(const struct opts *opts, const char *field, size_t *len, size_t max)
{
    char what[96];

    *len = 0;
    if (!opts_push(opts, field))
        return NULL;
    const uint8_t *bytes = value_bytes(opts->L, -1, opts_what(opts, field, what), len, max);
    lua_pop(opts->L, 1);
    return bytes;
}

void opts_octets(const struct opts *opts, const char *field, uint8_t *out, size_t size)
{
    size_t len;
    const uint8_t *octets = opts_bytes(opts, field, &len, size);

    if (!octets || len != size)
        luaL_error(opts->L, "%s: %s has %I octets", opts->call, field, (LUAI_UACINT)size);
    memcpy(out, octets, size);
}

bool opts_uuid(const struct opts *opts, const char *field, struct blr_uuid *uuid)
{
    char what[96];

    if (!opts_push(opts, field))
        return false;
    *uuid = value_uuid(opts->L, -1, opts_what(opts, field, what));
    lua_pop(opts->L, 1);
    return true;
}

int opts_function(const struct opts *opts, const char *field)
{
    if (!opts_push(opts, field))
        return LUA_NOREF;
    if (lua_type(opts->L, -1) != LUA_TFUNCTION)
        luaL_error(opts->L, "%s: %s must be a function, got %s", opts->call, field,
                   luaL_typename(opts->L, -1));
    return luaL_ref(opts->L, LUA_REGISTRYINDEX);
}
