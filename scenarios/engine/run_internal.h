/* SPDX-License-Identifier: MIT */
/* Between run.c (one scenario) and script.c (a file). */
#ifndef ENGINE_RUN_INTERNAL_H
#define ENGINE_RUN_INTERNAL_H

#include "run.h"

/* The scenarios that a file declares, found by running what stands outside them. */
struct scenario_entry {
    char *name;
    bool own_air; /* it is about our own radio */
};

struct scenario_list {
    unsigned count;
    struct scenario_entry *entries;
};

/* Reports only when the file does not get that far. */
enum scenario_result run_list(const struct source *source, const struct scenario_options *options,
                              struct scenario_list *list);

/* Runs one of them; traces go to the folder, which need not exist yet. Reports. */
enum scenario_result run_scenario(const struct source *source,
                                  const struct scenario_options *options, unsigned index,
                                  const char *name, const char *trace_folder);

/* --- globals.c --- */

/* Puts the engine's global functions into the state. */
void globals_open(lua_State *L);

#endif
