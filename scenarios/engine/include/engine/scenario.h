/* SPDX-License-Identifier: MIT */
/*
 * Scenario scripts: runs each scenario of a script in a world of its own.
 *
 * A file is run once per scenario that it declares: what stands outside scenario() is declared anew
 * each time, with the same seed. scenarios/README.md documents what a script can say.
 */
#ifndef ENGINE_SCENARIO_H
#define ENGINE_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/vitals.h"
#include "sim/radio.h"
#include "wire/time.h"

struct room_serve_options;

/* A device that is not on a controller of ours: where its own is, as io/serve.h has it. */
struct scenario_controller {
    const char *device;
    const char *where;
};

/* A serial port of the room that is outside: a name for scripts, and where it is, as above. */
struct scenario_serial {
    const char *name;
    const char *where;
};

enum scenario_result {
    SCENARIO_PASSED,
    SCENARIO_FAILED,  /* an expectation failed, or an operation that the story counts on */
    SCENARIO_TROUBLE, /* the script does not run, a limit was reached, a trace cannot be written */
};

/* One scenario that was run. What it points to lives until the call returns. */
struct scenario_report {
    const char *name; /* NULL: the script did not get as far as a scenario */
    enum scenario_result result;
    const char *text; /* what went wrong, lines ended by \n; empty when passed */
    const char *skipped; /* why it was not run, which counts as passed; else NULL */
    sim_ns ended;     /* virtual time */
    uint64_t events;
    struct radio_stats radio; /* what became of all that was sent */
};

struct scenario_options {
    uint64_t seed;
    const char *trace_dir; /* traces go to TRACE_DIR/<script>/; NULL: none */
    bool air;              /* with trace_dir: air.pcap and air-raw.pcap as well */
    const char *bonds_dir; /* bonds last in BONDS_DIR/<script>/<device>.bonds; NULL: they do not */
    /* Limits of each scenario; 0: 200 million instructions, 64 MiB, one hour. */
    uint64_t max_instructions;
    size_t max_memory;
    sim_ns max_time;
    const struct room_serve_options *serve; /* set by room_serve() alone (engine/serve.h) */
    /*
     * With one or more of these or of what follows, virtual time is the wall's, times `speed`. The devices are those that stand
     * outside scenario(); a name that is not among them is trouble.
     */
    const struct scenario_controller *controllers;
    size_t controller_count;
    /* Likewise ports, with a dongle at each, for BGAPIBackend. */
    const struct scenario_serial *serials;
    size_t serial_count;
    uint64_t speed; /* 1 to SERVE_MAX_SPEED */
    bool *interrupted; /* set when a signal ends such a run; no further scenario begins. Or NULL */
    struct vitals *vitals; /* for a watchdog in another thread; may be NULL */
    void (*report)(void *user, const struct scenario_report *report);
    /* Trouble that a scenario goes on with: a line, ended by \n. May be NULL. */
    void (*warn)(void *user, const char *text);
    /* What of the script has no effect, and why: a line as above. No trouble. May be NULL. */
    void (*note)(void *user, const char *text);
    /* What the script logs; may be NULL. */
    void (*log)(void *user, const char *line);
    void *user;
};

/* Runs every scenario of the file. Returns the worst result. */
enum scenario_result scenario_run_file(const char *path, const struct scenario_options *options);

/*
 * The same for a text in memory. `name` is what messages show; lib_dir, where require() looks, may
 * be NULL.
 */
enum scenario_result scenario_run_text(const char *name, const char *text, size_t len,
                                       const char *lib_dir, const struct scenario_options *options);

/* The folder of traces that a script's runs use: its name without folders and ".lua". */
void scenario_trace_name(const char *path, char name[static 128]);

#endif
