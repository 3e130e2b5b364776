/* SPDX-License-Identifier: MIT */
/* expect(), expect_error(): the expectations of scenarios, which nothing catches. */
#ifndef ENGINE_EXPECT_H
#define ENGINE_EXPECT_H

#include <lauxlib.h>

extern const luaL_Reg expect_globals[];

#endif
