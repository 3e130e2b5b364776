/* SPDX-License-Identifier: MIT */
/*
 * Tasks: the body of a scenario, and each device:script(). A task is a Lua coroutine with a timer
 * in SIM_PHASE_SCRIPT that belongs to its device, so that tasks that are ready in one instant
 * resume in the order of their devices' names, the body first.
 *
 * A task waits for one thing at a time: the callback of a host operation (task_start_operation()
 * and task_await()), or a condition that a signal announces (task_begin_wait() and task_wait()).
 */
#ifndef ENGINE_TASK_H
#define ENGINE_TASK_H

#include "run.h"

/* Tasks that wait for something to happen. Waking is not a promise: each looks for itself. */
struct signal {
    struct task *first;
};

enum task_state {
    TASK_READY,
    TASK_RUNNING,
    TASK_WAITING,
    TASK_DONE,
};

/* What the callback of a host operation brought. */
struct outcome {
    bool done;
    int error;
    uint64_t number;
    void *data;   /* malloc'ed copy of what came */
    size_t count; /* octets or elements */
    void *object;
};

struct task {
    struct run *run;
    struct task *next;
    lua_State *L;
    int anchor;            /* registry reference of the coroutine */
    struct device *device; /* NULL: the body */
    enum task_state state;
    bool background; /* a handler's: nobody expects it to come to an end, or to begin */
    struct timer timer;
    struct signal *signal;
    struct task *signal_next;
    sim_ns deadline;
    char what[96]; /* "phone:scan": for messages */
    struct outcome outcome;
    struct signal finished;
    int arguments; /* on the stack of L until the first resume */
    int results;   /* on the stack of L when done */
    int step;      /* of a call in several operations; 0 at its beginning */
};

/* The function and `arguments` values are taken from L's stack. Raises when out of memory. */
struct task *task_new(lua_State *L, struct device *device, int arguments);
void task_free(struct task *task);

/*
 * Reports the error on top of a coroutine that ended with it, and ends the run with the result that
 * kind of error has.
 */
void task_report_error(struct run *run, lua_State *L, int status);

/* The task that runs L now. Raises when there is none that may wait here. */
struct task *task_current(lua_State *L, const char *what_format, ...)
    __attribute__((format(printf, 2, 3)));

void signal_fire(struct signal *signal);

/* --- conditions --- */

/* SIM_NEVER when the argument is absent or nil. Raises for what is no time. */
sim_ns task_timeout_argument(lua_State *L, int index, const char *call);
void task_begin_wait(struct task *task, sim_ns timeout);
bool task_timed_out(const struct task *task);
/* Yields until the signal or the deadline, then continues with k. */
int task_wait(struct task *task, struct signal *signal, lua_KFunction k, lua_KContext context);

/* --- host operations --- */

/* Call before starting an operation whose callback has the task as its user. */
void task_start_operation(struct task *task);
/* Yields until the callback came. */
int task_await(struct task *task, lua_KFunction k, lua_KContext context);
/* Continuations of calls that return nothing, or the outcome's number. They raise its error. */
int task_done(lua_State *L, int status, lua_KContext context);
int task_number(lua_State *L, int status, lua_KContext context);
/* What callbacks do: note the outcome (data is copied) and wake the task. */
void task_complete(struct task *task, int error);
void task_complete_number(struct task *task, int error, uint64_t number);
void task_complete_data(struct task *task, int error, const void *data, size_t count, size_t size);
/* A blr_host_cb whose user is the task. */
void task_host_callback(struct blr_host *host, int error, void *user);

#endif
