/* SPDX-License-Identifier: MIT */
/* A hundred pairings: scenarios/pairing_matrix.lua as it stands, script engine and all. */
#include "bench.h"

#include "engine/scenario.h"

#define PAIRINGS 100

static void note_end(void *user, const struct scenario_report *report)
{
    sim_ns *ended = user;

    *ended = report->ended;
}

int main(void)
{
    sim_ns ended = 0;
    const struct scenario_options options = {.report = note_end, .user = &ended};
    const double start = bench_cpu_s();

    if (scenario_run_file("scenarios/pairing_matrix.lua", &options) != SCENARIO_PASSED)
        return 2;
    const double took = bench_cpu_s() - start;
    bench_print("pairing matrix, 100 pairings", took * 1e3, "ms", "well under 1000");
    bench_print("  each, with connecting and leaving", took * 1e3 / PAIRINGS, "ms", "");
    bench_print("  virtual time", (double)ended / 1e9, "s", "");
    return 0;
}
