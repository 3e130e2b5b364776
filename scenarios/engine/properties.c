/* SPDX-License-Identifier: MIT */
#include "properties.h"

#include <string.h>

#include "blueroom/gatt_server.h"
#include "wire/smp.h"

struct word {
    const char *name;
    uint8_t bit;
};

static const struct word properties[] = {
    {"broadcast", GATT_PROP_BROADCAST},
    {"read", GATT_PROP_READ},
    {"write_without_response", GATT_PROP_WRITE_WITHOUT_RESPONSE},
    {"write", GATT_PROP_WRITE},
    {"notify", GATT_PROP_NOTIFY},
    {"indicate", GATT_PROP_INDICATE},
    {"authenticated_signed_writes", GATT_PROP_AUTHENTICATED_SIGNED_WRITES},
    {"extended_properties", GATT_PROP_EXTENDED_PROPERTIES},
    {NULL, 0},
};

static const struct word permissions[] = {
    {"read", BLR_PERM_READ},
    {"write", BLR_PERM_WRITE},
    {"authorization", BLR_PERM_AUTHORIZATION},
    {"signed_write", BLR_PERM_SIGNED_WRITE},
    {NULL, 0},
};

static const struct word keys[] = {
    {"enc", SMP_DIST_ENC_KEY},
    {"id", SMP_DIST_ID_KEY},
    {"sign", SMP_DIST_SIGN_KEY},
    {NULL, 0},
};

void properties_push(lua_State *L, uint8_t bits)
{
    lua_Integer count = 0;

    lua_newtable(L);
    for (const struct word *word = properties; word->name; word++) {
        if (!(bits & word->bit))
            continue;
        lua_pushstring(L, word->name);
        lua_rawseti(L, -2, ++count);
    }
}

static uint8_t bit_of(lua_State *L, const struct word *words, const char *name, size_t len,
                      const char *what)
{
    for (; words->name; words++)
        if (strlen(words->name) == len && memcmp(words->name, name, len) == 0)
            return words->bit;
    lua_pushlstring(L, name, len);
    luaL_error(L, "%s: there is no '%s'", what, lua_tostring(L, -1));
    return 0;
}

static uint8_t read_words(lua_State *L, int index, const struct word *words, const char *what)
{
    static const char separators[] = " ,|\t\n";
    uint8_t bits = 0;

    index = lua_absindex(L, index);
    if (lua_type(L, index) == LUA_TSTRING) {
        const char *at = lua_tostring(L, index);
        while (*(at += strspn(at, separators))) {
            const size_t len = strcspn(at, separators);
            bits |= bit_of(L, words, at, len, what);
            at += len;
        }
        return bits;
    }
    if (lua_type(L, index) != LUA_TTABLE)
        luaL_error(L, "%s must be words such as \"read, notify\", got %s", what,
                   luaL_typename(L, index));
    const lua_Integer count = (lua_Integer)lua_rawlen(L, index);
    for (lua_Integer i = 1; i <= count; i++) {
        size_t len;
        if (lua_rawgeti(L, index, i) != LUA_TSTRING)
            luaL_error(L, "%s must be a list of words", what);
        const char *name = lua_tolstring(L, -1, &len);
        bits |= bit_of(L, words, name, len, what);
        lua_pop(L, 1);
    }
    return bits;
}

uint8_t properties_read(lua_State *L, int index, const char *what)
{
    return read_words(L, index, properties, what);
}

uint8_t permissions_read(lua_State *L, int index, const char *what)
{
    return read_words(L, index, permissions, what);
}

uint8_t keys_read(lua_State *L, int index, const char *what)
{
    return read_words(L, index, keys, what);
}
