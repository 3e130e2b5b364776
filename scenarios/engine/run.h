/* SPDX-License-Identifier: MIT */
/*
 * One scenario being run: its world, its Lua state, its devices and its tasks.
 *
 * Reading order: script.c (a file, scenario by scenario), run.c (one scenario from world to
 * verdict), task.c (coroutines and what they wait for), device.c, then a file a theme: adv.c,
 * scan.c, conn.c, client.c, subscription.c, server.c, security.c, raw.c, faults.c, expect.c.
 * report.c words failures.
 *
 * Scripts run in SIM_PHASE_SCRIPT alone, never within a callback of a host: a callback notes what
 * came and wakes the task, whose timer resumes it. (The exceptions are those of callback.h, which
 * cannot wait.) All objects that a script can hold live until the
 * scenario ends.
 */
#ifndef ENGINE_RUN_H
#define ENGINE_RUN_H

#include "air_trace.h"
#include "blueroom/host.h"
#include "engine/scenario.h"
#include "sandbox.h"
#include "sim/stream.h"
#include "sim/world.h"
#include "text.h"

struct declared_end;
struct adapter;
struct device;
struct outside;
struct outside_serial;
struct queue;
struct raw;
struct run_block;
struct scenario_list;
struct script_dongle;
struct serial_port;
struct served;
struct task;

enum { NAME_SIZE = 65 };

struct source {
    const char *name;   /* "heart_rate.lua": what messages show */
    const char *folder; /* "scenarios/", as given by the caller, or "" */
    const char *lib_dir;
    const char *text;
    size_t len;
};

struct run {
    const struct scenario_options *options;
    const struct source *source;
    struct sandbox sandbox;
    struct sim_world *world;
    struct sim_actor actor; /* the scenario's own: its name is empty, so that it comes first */
    bool actor_joined;
    struct sim_stream stream; /* of the body's math.random */
    struct device *devices, **devices_end;
    struct raw *raws, **raws_end; /* raw radios and sniffers */
    struct declared_end *declared_ends; /* where such may come, in the order of the file */
    struct outside_serial *outside_serials; /* ports outside the process */
    struct served *served; /* hosts outside the process */
    struct outside *outside; /* controllers outside the process */
    struct task *tasks, **tasks_end;
    struct task *current;
    lua_State *callback_L;          /* where on_read and its like run */
    struct device *callback_device; /* whose callback runs; NULL: none does */
    unsigned wanted, declared;  /* scenarios: the index of the one to run, and how many there are */
    const char *name;           /* of the one to run; NULL while listing */
    struct scenario_list *list; /* filled while listing, else NULL */
    int body;                   /* registry reference of the function to run */
    sim_ns max_time;
    bool started; /* the body runs: scripts may wait */
    bool over;
    bool closing;
    bool unpublished; /* a service was declared since the last resume */
    uint64_t touches;
    enum scenario_result result;
    struct text report;
    const char *trace_folder; /* NULL: no traces */
    bool trace_folder_made;
    struct air_trace air;
    struct text scratch[2];
    struct run_block *blocks; /* of run_alloc() */
    struct queue *queues;
    struct script_dongle *dongles;
    struct serial_port *serial_ports; /* in the order in which they were declared */
    struct adapter *adapters;         /* of BGAPIBackend */
};

struct run *run_of(lua_State *L);

/* Zeroed memory that lives as long as the run, or NULL (and the run is over). */
void *run_alloc(struct run *run, size_t size);
/* The same, raising in L: what a call of a script makes. */
void *run_alloc_or_raise(lua_State *L, size_t size);

/* Counts memory against the script's limit. False: too much, and the run is over. */
bool run_account(struct run *run, size_t bytes) BLR_MUST_CHECK;

/* One of two texts, empty: the run's, so that an error of Lua does not lose its memory. */
struct text *run_scratch(lua_State *L, int which);

/*
 * Makes the folder for traces, and the air's trace, on first use. False when there are none to be
 * written, or when that failed and the run is over.
 */
bool run_make_trace_folder(struct run *run);

/* The run is over with this result, unless it was over before. The text is one or more lines. */
void run_end(struct run *run, enum scenario_result result, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* That as trouble, with `why` and what all scripts wait for. */
void run_end_waiting(struct run *run, const char *why);

/* Ends the run and dooms its script, for want of memory in the engine itself. */
void run_out_of_memory(struct run *run);

/* --- report.c --- */

/* Adds to run->report: the error on top of L's stack, the lines it came through, the line's text,
 * the time, the last packets. */
void report_error(struct run *run, lua_State *L, const char *message);
/* The packets alone. */
void report_packets(struct run *run);
/* For each task that waits: what for and where. */
void report_waiting(struct run *run);

#endif
