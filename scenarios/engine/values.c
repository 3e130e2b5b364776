/* SPDX-License-Identifier: MIT */
#include "values.h"

#include <stdio.h>
#include <string.h>

#include "object.h"
#include "sandbox.h"
#include "wire/hex.h"

enum { SHOWN_OCTETS = 64, SHOWN_DEPTH = 4, SHOWN_ENTRIES = 32, EQUAL_DEPTH = 100 };

sim_ns value_time(lua_State *L, int index, const char *what)
{
    if (!lua_isinteger(L, index) || lua_type(L, index) != LUA_TNUMBER)
        luaL_error(L, "%s must be a time such as ms(100), got %s", what,
                   lua_type(L, index) == LUA_TNUMBER ? "a fraction" : luaL_typename(L, index));
    const lua_Integer ns = lua_tointeger(L, index);
    if (ns < 0)
        luaL_error(L, "%s must not be negative", what);
    return (sim_ns)ns;
}

lua_Integer value_integer(lua_State *L, int index, const char *what, lua_Integer low,
                          lua_Integer high)
{
    int whole = 0;
    const lua_Integer value = lua_tointegerx(L, index, &whole);

    if (lua_type(L, index) != LUA_TNUMBER)
        luaL_error(L, "%s must be a number, got %s", what, luaL_typename(L, index));
    if (!whole || value < low || value > high)
        luaL_error(L, "%s must be a whole number from %I to %I, got %s", what, (LUAI_UACINT)low,
                   (LUAI_UACINT)high, luaL_tolstring(L, index, NULL));
    return value;
}

lua_Integer value_scaled(lua_State *L, int index, const char *what, lua_Integer scale,
                         lua_Integer low, lua_Integer high)
{
    if (lua_type(L, index) != LUA_TNUMBER)
        luaL_error(L, "%s must be a number, got %s", what, luaL_typename(L, index));
    if (lua_isinteger(L, index)) {
        const lua_Integer value = lua_tointeger(L, index);
        if (value >= low / scale && value <= high / scale)
            return value * scale;
    } else {
        const lua_Number value = lua_tonumber(L, index);
        const lua_Number scaled = value * (lua_Number)scale;
        if (scaled > (lua_Number)low - 1 && scaled < (lua_Number)high + 1 && scaled > -0x1p53 &&
            scaled < 0x1p53) {
            const lua_Integer whole = (lua_Integer)(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
            /* The number nearest to a whole multiple: so that is what was meant. */
            if (whole >= low && whole <= high && (lua_Number)whole / (lua_Number)scale == value)
                return whole;
            return luaL_error(L, "%s: %s is not a whole multiple of 1/%I", what,
                              luaL_tolstring(L, index, NULL), (LUAI_UACINT)scale);
        }
    }
    return luaL_error(L, "%s: %s is out of range", what, luaL_tolstring(L, index, NULL));
}

struct blr_uuid value_uuid(lua_State *L, int index, const char *what)
{
    struct blr_uuid uuid = {.size = 2};

    if (lua_isinteger(L, index) && lua_type(L, index) == LUA_TNUMBER) {
        const lua_Integer value = lua_tointeger(L, index);
        if (value < 0 || value > 0xFFFFFFFF)
            luaL_error(L, "%s: a UUID as a number has 16 or 32 bits", what);
        if (value > 0xFFFF)
            uuid.size = 4;
        for (unsigned i = 0; i < uuid.size; i++)
            uuid.octet[i] = (uint8_t)(value >> 8 * i);
    } else if (lua_type(L, index) != LUA_TSTRING) {
        luaL_error(L, "%s must be a UUID such as 0x180D or \"180d\", got %s", what,
                   luaL_typename(L, index));
    } else if (blr_uuid_parse(lua_tostring(L, index), &uuid) != 0) {
        luaL_error(L, "%s: '%s' is not a UUID", what, lua_tostring(L, index));
    }
    return uuid;
}

void value_push_uuid(lua_State *L, const struct blr_uuid *uuid)
{
    char text[BLR_UUID_TEXT_SIZE];
    uint32_t value = 0;

    if (uuid->size == 16) {
        lua_pushstring(L, blr_uuid_format(uuid, text));
        return;
    }
    for (unsigned i = 0; i < uuid->size; i++)
        value |= (uint32_t)uuid->octet[i] << 8 * i;
    lua_pushinteger(L, value);
}

struct bd_addr value_address(lua_State *L, int index, const char *what, const char *type_text)
{
    struct bd_addr address;

    if (lua_type(L, index) != LUA_TSTRING)
        luaL_error(L, "%s must be an address such as \"C0:00:00:00:18:0D\", got %s", what,
                   luaL_typename(L, index));
    if (bd_addr_parse(lua_tostring(L, index), &address) != 0)
        luaL_error(L, "%s: '%s' is not an address", what, lua_tostring(L, index));
    address.type = BD_ADDR_PUBLIC;
    if (!type_text)
        address.type = bd_addr_random_kind(&address) == 3 ? BD_ADDR_RANDOM : BD_ADDR_PUBLIC;
    else if (strcmp(type_text, "random") == 0)
        address.type = BD_ADDR_RANDOM;
    else if (strcmp(type_text, "public") != 0)
        luaL_error(L, "%s: the type of an address is \"public\" or \"random\", not '%s'", what,
                   type_text);
    return address;
}

void value_push_address(lua_State *L, const struct bd_addr *address)
{
    char text[BD_ADDR_TEXT_SIZE];

    lua_pushstring(L, bd_addr_format(address, text));
}

const uint8_t *value_bytes(lua_State *L, int index, const char *what, size_t *len, size_t max)
{
    if (lua_type(L, index) != LUA_TSTRING)
        luaL_error(L, "%s must be a string of octets, got %s", what, luaL_typename(L, index));
    const char *bytes = lua_tolstring(L, index, len);
    if (*len > max)
        luaL_error(L, "%s: %I octets, at most %I fit", what, (LUAI_UACINT)*len, (LUAI_UACINT)max);
    return (const uint8_t *)bytes;
}

void value_set_integer(lua_State *L, const char *field, lua_Integer value)
{
    lua_pushinteger(L, value);
    lua_setfield(L, -2, field);
}

void value_set_boolean(lua_State *L, const char *field, bool value)
{
    lua_pushboolean(L, value);
    lua_setfield(L, -2, field);
}

void value_set_bytes(lua_State *L, const char *field, const uint8_t *bytes, size_t len)
{
    lua_pushlstring(L, (const char *)bytes, len);
    lua_setfield(L, -2, field);
}

/* --- showing --- */

static void show_string(lua_State *L, int index, struct text *text)
{
    size_t len;
    const char *bytes = lua_tolstring(L, index, &len);
    const size_t shown = len < SHOWN_OCTETS ? len : SHOWN_OCTETS;

    text_add_quoted(text, bytes, shown);
    if (len == 0)
        return;
    text_add(text, " (");
    text_add_hex(text, (const uint8_t *)bytes, shown);
    if (shown < len)
        text_add(text, " ... %zu octets", len);
    text_add(text, ")");
}

static void show(lua_State *L, int index, struct text *text, int depth);

/* The key below the top, unless it is the next of a list. */
static void show_key(lua_State *L, struct text *text, lua_Integer next)
{
    if (lua_type(L, -2) == LUA_TSTRING) {
        text_add(text, "%s = ", lua_tostring(L, -2));
    } else if (!lua_isinteger(L, -2) || lua_tointeger(L, -2) != next) {
        text_add(text, "[%s] = ", luaL_tolstring(L, -2, NULL));
        lua_pop(L, 1);
    }
}

static void show_table(lua_State *L, int index, struct text *text, int depth)
{
    size_t shown = 0;

    if (depth >= SHOWN_DEPTH) {
        text_add(text, "{...}");
        return;
    }
    /* In the order of pairs(), by calling it: one order for all. */
    luaL_checkstack(L, 8, NULL);
    lua_getglobal(L, "pairs");
    lua_pushvalue(L, index);
    if (lua_pcall(L, 1, 1, 0) != LUA_OK) {
        lua_pop(L, 1);
        text_add(text, "{...}");
        return;
    }
    const int iterator = lua_gettop(L);
    text_add(text, "{");
    for (;;) {
        lua_pushvalue(L, iterator);
        lua_call(L, 0, 2);
        if (lua_isnil(L, -2))
            break;
        text_add(text, "%s", shown ? ", " : "");
        if (shown++ >= SHOWN_ENTRIES) {
            text_add(text, "...");
            break;
        }
        show_key(L, text, (lua_Integer)shown);
        show(L, lua_gettop(L), text, depth + 1);
        lua_pop(L, 2);
    }
    lua_settop(L, iterator - 1);
    text_add(text, "}");
}

static void show(lua_State *L, int index, struct text *text, int depth)
{
    switch (lua_type(L, index)) {
    case LUA_TSTRING:
        show_string(L, index, text);
        return;
    case LUA_TNUMBER:
        text_add(text, "%s", luaL_tolstring(L, index, NULL));
        lua_pop(L, 1);
        if (lua_isinteger(L, index) && lua_tointeger(L, index) > 9)
            text_add(text, " (0x%llx)", (unsigned long long)lua_tointeger(L, index));
        return;
    case LUA_TTABLE:
        if (luaL_getmetafield(L, index, "__tostring") == LUA_TNIL) {
            show_table(L, index, text, depth);
            return;
        }
        lua_pop(L, 1);
        break;
    }
    text_add(text, "%s", sandbox_tostring(L, index));
    lua_pop(L, 1);
}

void value_show(lua_State *L, int index, struct text *text)
{
    show(L, lua_absindex(L, index), text, 0);
}

/* --- equality --- */

static bool equal(lua_State *L, int a, int b, int depth)
{
    bool same = true;

    if (lua_compare(L, a, b, LUA_OPEQ))
        return true;
    if (lua_type(L, a) != LUA_TTABLE || lua_type(L, b) != LUA_TTABLE || depth >= EQUAL_DEPTH)
        return false;
    luaL_checkstack(L, 8, NULL);
    /* Which difference is found first does not matter. */
    size_t left = 0, right = 0;
    lua_pushnil(L);
    while (same && lua_next(L, a)) {
        left++;
        lua_pushvalue(L, -2);
        lua_rawget(L, b);
        same = equal(L, lua_gettop(L) - 1, lua_gettop(L), depth + 1);
        lua_pop(L, same ? 2 : 3);
    }
    if (!same)
        return false;
    lua_pushnil(L);
    while (lua_next(L, b)) {
        lua_pop(L, 1);
        right++;
    }
    return left == right;
}

bool value_equal(lua_State *L, int a, int b)
{
    return equal(L, lua_absindex(L, a), lua_absindex(L, b), 0);
}
