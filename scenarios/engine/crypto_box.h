/* SPDX-License-Identifier: MIT */
#ifndef ENGINE_CRYPTO_BOX_H
#define ENGINE_CRYPTO_BOX_H

#include <lauxlib.h>

/* The functions of the global table `crypto`. */
extern const luaL_Reg crypto_functions[];

#endif
