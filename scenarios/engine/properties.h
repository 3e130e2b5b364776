/* SPDX-License-Identifier: MIT */
/* Words for bits: characteristic properties, attribute permissions, keys to distribute. */
#ifndef ENGINE_PROPERTIES_H
#define ENGINE_PROPERTIES_H

#include <lauxlib.h>
#include <stdint.h>

/* Pushes the list of the properties' names, in the order of their bits. */
void properties_push(lua_State *L, uint8_t properties);

/* The value at index: "read, notify" or { "read", "notify" }. Raises for a word that is none. */
uint8_t properties_read(lua_State *L, int index, const char *what);
/* The same for "read", "write", "authorization", "signed_write": enum blr_permission. */
uint8_t permissions_read(lua_State *L, int index, const char *what);
/* The same for "enc", "id", "sign": enum smp_key_distribution. */
uint8_t keys_read(lua_State *L, int index, const char *what);

#endif
