/* SPDX-License-Identifier: MIT */
/* Faults of the radio: lose(), corrupt(), interferer(), path_loss(); and radio_stats(). */
#ifndef ENGINE_FAULTS_H
#define ENGINE_FAULTS_H

#include <lauxlib.h>

extern const luaL_Reg faults_globals[];

#endif
