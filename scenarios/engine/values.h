/* SPDX-License-Identifier: MIT */
/*
 * Values between Lua and C: times, UUIDs, addresses, octets, and how a value is shown. `what` names
 * the argument in messages: "device:scan: timeout".
 */
#ifndef ENGINE_VALUES_H
#define ENGINE_VALUES_H

#include <lauxlib.h>
#include <lua.h>

#include "text.h"
#include "wire/addr.h"
#include "wire/time.h"
#include "wire/uuid.h"

/* A time as ms() and its like make it: a whole number of nanoseconds. */
sim_ns value_time(lua_State *L, int index, const char *what);

/*
 * A number times `scale` as a whole number, exactly as it is written: 0.29 times 100 is 29. Raises
 * when it is not whole or outside low to high.
 */
lua_Integer value_scaled(lua_State *L, int index, const char *what, lua_Integer scale,
                         lua_Integer low, lua_Integer high);

lua_Integer value_integer(lua_State *L, int index, const char *what, lua_Integer low,
                          lua_Integer high);

/* 0x180D, or text in one of the forms that blr_uuid_parse() takes. */
struct blr_uuid value_uuid(lua_State *L, int index, const char *what);
/* An integer for 16 and 32 bits, else text. */
void value_push_uuid(lua_State *L, const struct blr_uuid *uuid);

/*
 * "C0:00:00:00:18:0D". The type comes from `type_text` ("public", "random") or, when that is NULL,
 * from the address: random if it could be a static random one (both top bits set).
 */
struct bd_addr value_address(lua_State *L, int index, const char *what, const char *type_text);
void value_push_address(lua_State *L, const struct bd_addr *address);

const uint8_t *value_bytes(lua_State *L, int index, const char *what, size_t *len, size_t max);

/* Fields of the table on top of the stack. */
void value_set_integer(lua_State *L, const char *field, lua_Integer value);
void value_set_boolean(lua_State *L, const char *field, bool value);
void value_set_bytes(lua_State *L, const char *field, const uint8_t *bytes, size_t len);

/* A value as failures show it: numbers in decimal and hex, strings quoted and in hex, tables with
 * their keys in order. */
void value_show(lua_State *L, int index, struct text *text);

/* Deep equality: numbers by value, tables key by key. */
bool value_equal(lua_State *L, int a, int b);

#endif
