/* SPDX-License-Identifier: MIT */
/*
 * Arguments that have an order and names, as the reference documents' calls take them: by position,
 * by name in a table, or the first ones by position and the others by name in a table behind them.
 */
#ifndef ENGINE_ARGS_H
#define ENGINE_ARGS_H

#include "opts.h"

/*
 * Behind the object at 1, the arguments then stand at 2, 3, ... in the order of `names` (which ends
 * with NULL), nil where nothing was given, and nothing behind them. `any` is the index of the one
 * that may be a table itself, 0 if none may. Raises for an unknown name, for one that was given by
 * position already, and for more arguments than there are names.
 */
void args_arrange(lua_State *L, const char *call, const char *const *names, int any);

/* The argument at index, which has the name for messages; `otherwise` when it is nil. */
lua_Integer args_integer(lua_State *L, int index, const char *call, const char *name,
                         lua_Integer otherwise, lua_Integer low, lua_Integer high);
bool args_bool(lua_State *L, int index, const char *call, const char *name, bool otherwise);
/* NULL when it is nil. */
const uint8_t *args_bytes(lua_State *L, int index, const char *call, const char *name, size_t *len,
                          size_t max);
/* A function as a registry reference, or LUA_NOREF. */
int args_function(lua_State *L, int index, const char *call, const char *name);

#endif
