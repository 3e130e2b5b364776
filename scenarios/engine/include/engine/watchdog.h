/* SPDX-License-Identifier: MIT */
/*
 * The one wall clock of the house: a thread that watches a counter. A script's own code counts it
 * up as it runs; a C function that never returns (string.find with a pathological pattern) does
 * not, and nothing within Lua can end it.
 */
#ifndef ENGINE_WATCHDOG_H
#define ENGINE_WATCHDOG_H

#include <stdatomic.h>

struct watchdog;

/*
 * Calls hung(user) in its own thread when the counter has stood still for `seconds`. NULL: out of
 * memory or threads.
 */
struct watchdog *watchdog_start(const atomic_uint_fast64_t *heartbeat, unsigned seconds,
                                void (*hung)(void *user), void *user);

/* Ends the watch; hung() is not called any more. NULL is fine. */
void watchdog_stop(struct watchdog *watchdog);

#endif
