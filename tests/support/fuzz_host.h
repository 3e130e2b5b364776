/* SPDX-License-Identifier: MIT */
/*
 * What the fuzz targets of the host share: an application that calls anything, and holds the host
 * to its promise that each operation it accepts is called back exactly once, and never from within
 * the call. What does not hold ends the program.
 */
#ifndef TESTS_FUZZ_HOST_H
#define TESTS_FUZZ_HOST_H

#include "blueroom/gap.h"

#include "fake_controller.h"
#include "manual_clock.h"

struct fuzz_host {
    struct manual_clock clock;
    struct fake_controller fake;
    struct blr_host *host;
    unsigned pending;    /* operations accepted and not yet called back */
    unsigned links;      /* told of and not yet ended */
    uint8_t drawn;       /* the last octet of its random numbers, which count up */
    bool calling;        /* a call is under way: no callback may come */
    uint8_t in_callback; /* what to call from within the next callback; 0: nothing */
};

/* A host that has not been started, with a service of its own. */
void fuzz_host_new(struct fuzz_host *fuzz);

/* Frees it; everything must have been called back. */
void fuzz_host_free(struct fuzz_host *fuzz);

/* Starts it and brings it up. */
void fuzz_host_up(struct fuzz_host *fuzz);

/* One call into the host, chosen by `what`; it may be refused. */
void fuzz_host_call(struct fuzz_host *fuzz, uint8_t what);

#endif
