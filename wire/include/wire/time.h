/* SPDX-License-Identifier: MIT */
/*
 * Virtual time: nanoseconds since the world began, which every trace calls 2020-01-01T00:00:00Z.
 */
#ifndef WIRE_TIME_H
#define WIRE_TIME_H

#include <stdint.h>

typedef uint64_t sim_ns;

#define SIM_US(n)  ((sim_ns)(n) * 1000U)
#define SIM_MS(n)  ((sim_ns)(n) * 1000000U)
#define SIM_S(n)   ((sim_ns)(n) * 1000000000U)
#define SIM_NEVER  UINT64_MAX

#endif
