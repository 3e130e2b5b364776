/* SPDX-License-Identifier: MIT */
/*
 * A room that is served: controllers for hosts outside the process, and beside them the devices of
 * a script. The script declares one scenario, whose body makes its devices do what they are to do;
 * when it has returned they go on. (It may have none, and name ends alone.) An expectation that
 * fails ends the service.
 */
#ifndef ENGINE_SERVE_H
#define ENGINE_SERVE_H

#include "engine/scenario.h"
#include "io/serve.h"
#include "sim/controller.h"
#include "sim/radio.h"

/* Who comes to one end. */
struct served_end {
    struct serve_end end;
    /*
     * The first client is the device of that name, the others have "-2" and so on behind it. Empty:
     * "tcp-1", "tcp-2", or where several ends are of a kind "tcp2-1" and so on for the second;
     * "bgapi-1", "bgapi-2" for dongles.
     */
    char name[65];
    struct sim_controller_profile profile; /* an address is the first client's alone */
    struct radio_position position;
    /*
     * Not a controller, but a BGAPI dongle on it (engine/dongle.h), there from the beginning; the
     * end is SERVE_PTY.
     */
    bool dongle;
    const char *bonds; /* of a dongle: the file where they last; NULL: they go with the server */
    bool boot_event;   /* of a dongle */
};

struct room_serve_options {
    /* seed, trace_dir, air, report, warn, log and user; limits of time and instructions are not. */
    struct scenario_options scenario;
    const char *script; /* NULL: the room is empty at first, traces go to TRACE_DIR/serve/ */
    /* Behind those that the script names. */
    const struct served_end *ends;
    size_t end_count;
    enum serve_clock clock;
    uint64_t speed;
    const char *control;
    /* SERVE_FAST: how long, by the wall, time stands for a client who was asked; 0: for ever. */
    uint64_t patience_ms;
    /* Each end as it is open, then "ready"; scenario.user comes with it. */
    void (*opened)(void *user, const char *line);
};

/* Two ends that could be told one from the other; else `trouble` says why not. */
bool served_ends_apart(const struct served_end *a, const struct served_end *b, char *trouble,
                       size_t size);

/* A name as devices may have it: it goes into file names. */
bool served_name_good(const char *name);

/* Serves until it is interrupted, which is SCENARIO_PASSED, or a script or trouble ends it. */
enum scenario_result room_serve(const struct room_serve_options *options);

#endif
