/* SPDX-License-Identifier: MIT */
/* What the benchmarks share: a wall clock, and one way to print a figure. */
#ifndef SUPPORT_BENCH_H
#define SUPPORT_BENCH_H

#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L /* clock_gettime; set before any other header where it matters */
#endif

#include <stdio.h>
#include <time.h>

/* Processor time of this thread in seconds: what else the machine does stays out of the figures. */
static inline double bench_cpu_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* goal: as text, "" for none */
static inline void bench_print(const char *name, double value, const char *unit, const char *goal)
{
    printf("%-44s %12.2f %-16s %s\n", name, value, unit, goal);
    fflush(stdout);
}

#endif
