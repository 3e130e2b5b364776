/* SPDX-License-Identifier: MIT */
/* What engine/serve.h promises, by a run whose time somebody else drives. */
#include "engine/serve.h"

#include <string.h>

#include "place.h"
#include "run_internal.h"

bool served_name_good(const char *name)
{
    return place_name_good(name, strlen(name));
}

enum scenario_result room_serve(const struct room_serve_options *options)
{
    struct scenario_options scenario = options->scenario;

    scenario.max_instructions = UINT64_MAX / 2;
    scenario.max_time = SIM_NEVER - 1;
    scenario.serve = options;
    if (options->script)
        return scenario_run_file(options->script, &scenario);
    return scenario_run_text("serve.lua", "", 0, NULL, &scenario);
}
