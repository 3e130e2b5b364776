/* SPDX-License-Identifier: MIT */
#include "task.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "failure.h"
#include "object.h"
#include "values.h"

enum {
    START_COST = 1000, /* instructions: as many may pass before the hook counts a new coroutine */
    RESUME_COST = 50,
};

static void unlink_signal(struct task *task)
{
    if (!task->signal)
        return;
    struct task **at = &task->signal->first;
    while (*at && *at != task)
        at = &(*at)->signal_next;
    if (*at)
        *at = task->signal_next;
    task->signal = NULL;
    task->signal_next = NULL;
}

static void wake(struct task *task)
{
    if (!task->run->closing && task->state != TASK_DONE)
        sim_timer_arm(&task->timer, sim_world_now(task->run->world));
}

void signal_fire(struct signal *signal)
{
    for (struct task *task = signal->first; task; task = task->signal_next)
        wake(task);
}

/*
 * The body has returned, so the scenario is over. A script that never ran at all would have tested
 * nothing: the author has forgotten to wait for it.
 */
static void finish_body(struct run *run)
{
    if (run->options->serve)
        return; /* the room goes on for those who come */
    for (struct task *task = run->tasks; task; task = task->next)
        if (task->state == TASK_READY && !task->background)
            run_end(run, SCENARIO_TROUBLE,
                    "%s%s: the scenario returned before a script of %s began (wait for it with "
                    "join())\n",
                    run->source->folder, run->source->name, task->device->name);
    run_end(run, SCENARIO_PASSED, "%s", "");
}

/* The error value at 2 in words, and what it means for the verdict. */
static int judge(lua_State *L)
{
    enum scenario_result *result = lua_touserdata(L, 1);

    *result = failure_is_expected_kind(L, 2) ? SCENARIO_FAILED : SCENARIO_TROUBLE;
    sandbox_tostring(L, 2);
    return 1;
}

void task_report_error(struct run *run, lua_State *L, int status)
{
    lua_State *judge_L = run->sandbox.L;
    enum scenario_result result = SCENARIO_TROUBLE;

    if (sandbox_doomed_by(L, status)) {
        if (run->sandbox.doom == SANDBOX_LIMIT)
            report_error(run, L, run->sandbox.doom_text);
        run_end(run, SCENARIO_TROUBLE, "%s", "");
        return;
    }
    /* The coroutine is dead, its stack is only looked at: the words are found elsewhere. */
    if (!lua_checkstack(judge_L, 8) || !lua_checkstack(L, 1)) {
        run_out_of_memory(run);
        return;
    }
    lua_pushvalue(L, -1);
    if (L != judge_L)
        lua_xmove(L, judge_L, 1);
    lua_pushcfunction(judge_L, judge);
    lua_insert(judge_L, -2);
    lua_pushlightuserdata(judge_L, &result);
    lua_insert(judge_L, -2);
    if (lua_pcall(judge_L, 2, 1, 0) == LUA_OK)
        report_error(run, L, lua_tostring(judge_L, -1));
    else
        report_error(run, L, "an error that cannot be shown");
    lua_pop(judge_L, 1);
    run_end(run, result, "%s", "");
}

/* The coroutine has returned, failed, or was ended by the doom of the script. */
static void finish(struct task *task, int status, int results)
{
    struct run *run = task->run;

    task->state = TASK_DONE;
    task->results = status == LUA_OK ? results : 0;
    if (run->over)
        return;
    if (status != LUA_OK || run->sandbox.doom != SANDBOX_ALIVE) {
        task_report_error(run, task->L, status);
        return;
    }
    signal_fire(&task->finished);
    if (!task->device)
        finish_body(run);
}

static void resume(void *user)
{
    struct task *task = user;
    struct run *run = task->run;
    const int arguments = task->arguments;
    int results = 0;

    unlink_signal(task);
    task->arguments = 0;
    task->state = TASK_RUNNING;
    run->current = task;
    run->sandbox.instructions += RESUME_COST;
    sandbox_collect(run->sandbox.L);
    const int status = lua_resume(task->L, NULL, arguments, &results);
    run->current = NULL;
    if (status == LUA_YIELD) {
        lua_pop(task->L, results);
        task->state = TASK_WAITING;
    } else {
        finish(task, status, results);
    }
    if (!run->over && run->unpublished)
        device_publish_all(run);
}

struct task *task_new(lua_State *L, struct device *device, int arguments)
{
    struct run *run = run_of(L);

    /* Before there is anything to lose: a charge may raise. */
    sandbox_charge(L, START_COST);
    sandbox_charge_memory(L, sizeof(struct task));
    struct task *task = calloc(1, sizeof *task);
    if (!task) {
        luaL_error(L, "out of memory");
        return NULL;
    }
    /* Known to the run before anything can raise, so that it is freed. */
    task->run = run;
    task->device = device;
    task->anchor = LUA_NOREF;
    task->state = TASK_READY;
    *run->tasks_end = task;
    run->tasks_end = &task->next;
    struct sim_actor *actor = device ? room_device_actor(device->room) : &run->actor;
    sim_timer_init(&task->timer, actor, SIM_PHASE_SCRIPT, resume, task);
    task->L = lua_newthread(L);
    task->anchor = luaL_ref(L, LUA_REGISTRYINDEX);
    if (!lua_checkstack(task->L, arguments + 4))
        luaL_error(L, "too many arguments");
    lua_xmove(L, task->L, arguments + 1);
    task->arguments = arguments;
    sim_timer_arm(&task->timer, sim_world_now(run->world));
    return task;
}

void task_free(struct task *task)
{
    if (!task)
        return;
    if (task->timer.owner)
        sim_timer_cancel(&task->timer);
    free(task->outcome.data);
    free(task);
}

struct task *task_current(lua_State *L, const char *what_format, ...)
{
    struct run *run = run_of(L);
    struct task *task = run->current;
    char what[sizeof task->what];
    va_list args;

    va_start(args, what_format);
    vsnprintf(what, sizeof what, what_format, args);
    va_end(args);
    if (run->closing)
        luaL_error(L, "%s: the scenario is over", what);
    if (!run->started)
        luaL_error(L, "%s waits, which only a scenario or a device's script can do", what);
    if (!task || task->L != L || !lua_isyieldable(L))
        luaL_error(L, "%s waits, which a callback cannot do", what);
    memcpy(task->what, what, sizeof what);
    task->step = 0;
    return task;
}

/* --- conditions --- */

sim_ns task_timeout_argument(lua_State *L, int index, const char *call)
{
    char what[96];

    if (lua_isnoneornil(L, index))
        return SIM_NEVER;
    snprintf(what, sizeof what, "%s: timeout", call);
    return value_time(L, index, what);
}

void task_begin_wait(struct task *task, sim_ns timeout)
{
    const sim_ns now = sim_world_now(task->run->world);

    task->deadline = timeout >= SIM_NEVER - now ? SIM_NEVER : now + timeout;
}

bool task_timed_out(const struct task *task)
{
    return sim_world_now(task->run->world) >= task->deadline;
}

int task_wait(struct task *task, struct signal *signal, lua_KFunction k, lua_KContext context)
{
    if (signal) {
        struct task **at = &signal->first;
        while (*at)
            at = &(*at)->signal_next;
        *at = task;
        task->signal = signal;
    }
    if (task->deadline != SIM_NEVER)
        sim_timer_arm(&task->timer, task->deadline);
    return lua_yieldk(task->L, 0, context, k);
}

/* --- host operations --- */

void task_start_operation(struct task *task)
{
    free(task->outcome.data);
    task->outcome = (struct outcome){0};
}

int task_await(struct task *task, lua_KFunction k, lua_KContext context)
{
    return lua_yieldk(task->L, 0, context, k);
}

int task_done(lua_State *L, int status, lua_KContext context)
{
    struct task *task = (struct task *)context;

    (void)status;
    if (task->outcome.error)
        return failure_raise(L, task->outcome.error, task->what, NULL);
    return 0;
}

int task_number(lua_State *L, int status, lua_KContext context)
{
    struct task *task = (struct task *)context;

    task_done(L, status, context);
    lua_pushinteger(L, (lua_Integer)task->outcome.number);
    return 1;
}

void task_complete(struct task *task, int error)
{
    task->outcome.done = true;
    task->outcome.error = error;
    wake(task);
}

void task_complete_number(struct task *task, int error, uint64_t number)
{
    task->outcome.number = number;
    task_complete(task, error);
}

void task_complete_data(struct task *task, int error, const void *data, size_t count, size_t size)
{
    if (!error && count) {
        task->outcome.data = malloc(count * size);
        if (task->outcome.data) {
            memcpy(task->outcome.data, data, count * size);
            task->outcome.count = count;
        } else {
            error = BLR_ERR_NO_MEMORY;
        }
    }
    task_complete(task, error);
}

void task_host_callback(struct blr_host *host, int error, void *user)
{
    (void)host;
    task_complete(user, error);
}
