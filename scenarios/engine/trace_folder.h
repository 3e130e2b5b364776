/* SPDX-License-Identifier: MIT */
/* Where the traces of a script go: TRACE_DIR/<script>/, or a folder of that for each scenario. */
#ifndef ENGINE_TRACE_FOLDER_H
#define ENGINE_TRACE_FOLDER_H

#include <stdbool.h>

#include "text.h"

/*
 * Adds the path of the folder of scenario `index` (from 0) of `count` to `path`, for a script with
 * that scenario_trace_name().
 */
void trace_folder_path(struct text *path, const char *trace_dir, const char *script, unsigned count,
                       unsigned index, const char *scenario);

/* Makes the folder and those above it. False: see errno. */
bool trace_folder_make(const char *path);

/*
 * Removes what earlier runs of the script have left: trace files, and the folders of scenarios when
 * nothing else is in them. What cannot be removed is left to those who write there.
 */
void trace_folder_clear(const char *trace_dir, const char *script);

#endif
