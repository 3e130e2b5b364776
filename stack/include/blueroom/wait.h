/* SPDX-License-Identifier: MIT */
/*
 * What calls that wait for an answer are handed in order to wait: whoever owns time lets the world
 * run. In a room that is sim_world_run_while(); in a program with real links its event loop.
 *
 * A call that waits is a thin layer above one that calls back, which has a timeout of its own. It
 * must not be made from within a callback of the world that it lets run.
 */
#ifndef BLUEROOM_WAIT_H
#define BLUEROOM_WAIT_H

#include <stdbool.h>

#include "wire/time.h"

struct blr_wait {
    /*
     * Lets the world run until done(done_user) holds, asked after each event: true. False: the
     * deadline came first, at which the clock then stands; SIM_NEVER: nothing can happen any more,
     * or whoever owns time is ending.
     */
    bool (*until)(void *user, bool (*done)(void *done_user), void *done_user, sim_ns deadline);
    void *user;
};

#endif
