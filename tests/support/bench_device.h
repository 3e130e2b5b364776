/* SPDX-License-Identifier: MIT */
/* Room devices for benchmarks: whatever fails ends the program. */
#ifndef SUPPORT_BENCH_DEVICE_H
#define SUPPORT_BENCH_DEVICE_H

#include "blueroom/gap.h"
#include "engine/room.h"
#include "sim/world.h"

/* Nonzero: says what failed and ends the program with status 2. */
void bench_must(int error, const char *what);

/* With the default profile, its host up. */
struct room_device *bench_device(struct sim_world *world, const char *name);

/* Flags and a name, every 100 ms. */
void bench_advertise(struct room_device *advertiser, enum blr_adv_kind kind);

/* A blr_host_cb that wants no error. */
void bench_ignore(struct blr_host *host, int error, void *user);

#endif
