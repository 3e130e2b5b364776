/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700
#include "run.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "device.h"
#include "outside.h"
#include "outside_serial.h"
#include "queue.h"
#include "raw.h"
#include "run_internal.h"
#include "script_dongle.h"
#include "served.h"
#include "sim/radio.h"
#include "trace_folder.h"

#define DEFAULT_INSTRUCTIONS UINT64_C(200000000)
#define DEFAULT_MEMORY       ((size_t)64 << 20)
#define DEFAULT_TIME         SIM_S(3600)

/* Instructions for each object that a script makes. */
enum { OBJECT_COST = 200 };

struct run_block {
    struct run_block *next;
    max_align_t memory[];
};

struct run *run_of(lua_State *L)
{
    return sandbox_of(L)->config.user;
}

void run_end(struct run *run, enum scenario_result result, const char *format, ...)
{
    char text[512];
    va_list args;

    if (run->over)
        return;
    run->over = true;
    run->result = result;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    text_add(&run->report, "%s", text);
}

void run_out_of_memory(struct run *run)
{
    run_end(run, SCENARIO_TROUBLE, "out of memory\n");
    sandbox_doom(&run->sandbox, SANDBOX_STOPPED, "out of memory");
}

bool run_account(struct run *run, size_t bytes)
{
    if (sandbox_account(&run->sandbox, bytes))
        return true;
    run_end(run, SCENARIO_TROUBLE, "%s%s: %s\n", run->source->folder, run->source->name,
            run->sandbox.doom_text);
    return false;
}

static void *alloc_block(struct run *run, size_t size)
{
    struct run_block *block = calloc(1, sizeof *block + size);

    if (!block) {
        run_out_of_memory(run);
        return NULL;
    }
    block->next = run->blocks;
    run->blocks = block;
    return block->memory;
}

void *run_alloc(struct run *run, size_t size)
{
    return run_account(run, sizeof(struct run_block) + size) ? alloc_block(run, size) : NULL;
}

void *run_alloc_or_raise(lua_State *L, size_t size)
{
    sandbox_charge(L, OBJECT_COST);
    sandbox_charge_memory(L, sizeof(struct run_block) + size);
    void *memory = alloc_block(run_of(L), size);

    if (!memory)
        sandbox_raise(L);
    return memory;
}

struct text *run_scratch(lua_State *L, int which)
{
    struct text *text = &run_of(L)->scratch[which];

    text_free(text);
    return text;
}

/* --- traces --- */

static void air_trouble(struct run *run, int error, const char *path)
{
    run_end(run, SCENARIO_TROUBLE, "%s: cannot be written: %s\n", path,
            error == BLR_ERR_IO ? strerror(errno) : blr_strerror(error));
}

bool run_make_trace_folder(struct run *run)
{
    if (!run->trace_folder || run->over)
        return false;
    if (run->trace_folder_made)
        return true;
    if (!trace_folder_make(run->trace_folder)) {
        run_end(run, SCENARIO_TROUBLE, "%s: cannot be made: %s\n", run->trace_folder,
                strerror(errno));
        return false;
    }
    run->trace_folder_made = true;
    if (!run->options->air)
        return true;
    const char *failed;
    const int error = air_trace_open(&run->air, run->trace_folder, run->options->vitals, &failed);
    if (error) {
        air_trouble(run, error, failed);
        return false;
    }
    radio_medium_trace(sim_world_medium(run->world), &run->air.sink);
    return true;
}

static void close_air(struct run *run, bool keep)
{
    const char *failed;

    radio_medium_trace(sim_world_medium(run->world), NULL);
    const int error = air_trace_close(&run->air, keep, &failed);
    if (error)
        air_trouble(run, error, failed);
}

/* Closes all files. Should one fail, none is left: half of what was asked looks like the whole. */
static void close_traces(struct run *run)
{
    const bool keep = run->result != SCENARIO_TROUBLE;

    /* A failed close is trouble even though the verdict was given. */
    run->over = false;
    const enum scenario_result verdict = run->result;
    vitals_forget(run->options->vitals);
    close_air(run, keep);
    device_close_traces(run, keep);
    dongle_close_traces(run, keep);
    served_close_traces(run, keep);
    sniffer_close_traces(run, keep);
    if (!run->over)
        run->result = verdict;
    run->over = true;
    if (run->result != SCENARIO_TROUBLE)
        return;
    air_trace_remove(&run->air);
    device_remove_traces(run);
    dongle_remove_traces(run);
    served_remove_traces(run);
    sniffer_remove_traces(run);
}

/* --- from file to verdict --- */

/* Whose script or callback runs; NULL: the body. */
static struct device *running_device(const struct run *run)
{
    return run->current ? run->current->device : run->callback_device;
}

static uint64_t draw(void *user)
{
    struct run *run = user;

    /* Each device's scripts have a stream of their own. */
    struct device *device = running_device(run);
    return sim_stream_u64(device ? &device->stream : &run->stream);
}

static void log_line(void *user, lua_State *L, const char *line)
{
    struct run *run = user;
    struct text text = {0};

    (void)L;
    if (!run->options->log || run->list)
        return;
    text_add_time(&text, sim_world_now(run->world));
    const struct device *device = running_device(run);
    text_add(&text, "  %s%s%s", device ? device->name : "", device ? ": " : "", line);
    run->options->log(run->options->user, text_get(&text));
    text_free(&text);
}

static int open_globals(lua_State *L)
{
    globals_open(L);
    run_of(L)->callback_L = lua_newthread(L);
    luaL_ref(L, LUA_REGISTRYINDEX);
    return 0;
}

static bool open_run(struct run *run)
{
    const struct scenario_options *options = run->options;
    const struct sandbox_config config = {
        .max_instructions =
            options->max_instructions ? options->max_instructions : DEFAULT_INSTRUCTIONS,
        .max_memory = options->max_memory ? options->max_memory : DEFAULT_MEMORY,
        .lib_dir = run->source->lib_dir,
        .random = draw,
        .log = log_line,
        .user = run,
        .vitals = options->vitals,
    };

    run->devices_end = &run->devices;
    run->raws_end = &run->raws;
    run->tasks_end = &run->tasks;
    run->body = LUA_NOREF;
    run->max_time = options->max_time ? options->max_time : DEFAULT_TIME;
    run->world = sim_world_new(options->seed);
    if (run->world && sandbox_open(&run->sandbox, &config) == 0 &&
        sim_actor_join(&run->actor, run->world, "") == 0) {
        run->actor_joined = true;
        sim_stream_init(&run->stream, options->seed, "", "script");
        run->outside_serials = outside_serials_new(run);
        if (sandbox_protected(run->sandbox.L, open_globals, NULL, 0) == LUA_OK)
            return true;
    }
    run_end(run, SCENARIO_TROUBLE, "%s: out of memory\n", run->source->name);
    return false;
}

static int load_file_level(lua_State *L)
{
    const struct source *source = run_of(L)->source;
    lua_State *thread = lua_newthread(L);

    if (sandbox_load(thread, source->text, source->len, source->name) == LUA_OK)
        return 1;
    lua_xmove(thread, L, 1);
    return lua_error(L);
}

/* What stands in the file outside scenario(). */
static void run_file_level(struct run *run)
{
    lua_State *L = run->sandbox.L;
    int results;

    int status = sandbox_protected(L, load_file_level, NULL, 1);
    if (status == LUA_OK) {
        lua_State *thread = lua_tothread(L, -1);
        status = lua_resume(thread, NULL, 0, &results);
        if (!run->over && (status != LUA_OK || run->sandbox.doom != SANDBOX_ALIVE))
            task_report_error(run, thread, status);
    } else {
        task_report_error(run, L, status);
    }
    /* The thread stays on the stack: what it made is in use. */
    if (!run->over && run->declared == 0 && !run->options->serve)
        run_end(run, SCENARIO_TROUBLE, "%s%s: declares no scenario\n", run->source->folder,
                run->source->name);
}

static int start_body(lua_State *L)
{
    lua_rawgeti(L, LUA_REGISTRYINDEX, run_of(L)->body);
    task_new(L, NULL, 0);
    return 0;
}

void run_end_waiting(struct run *run, const char *why)
{
    text_add(&run->report, "%s%s: %s\n", run->source->folder, run->source->name, why);
    report_waiting(run);
    text_add(&run->report, "  time:     ");
    text_add_time(&run->report, sim_world_now(run->world));
    text_add(&run->report, "\n");
    report_packets(run);
    run_end(run, SCENARIO_TROUBLE, "%s", "");
}

static void run_world(struct run *run)
{
    while (!run->over) {
        vitals_beat(run->options->vitals);
        if (sim_world_step(run->world, run->max_time))
            continue;
        if (sim_world_next(run->world) == SIM_NEVER) {
            run_end_waiting(run, "deadlock: every script waits, and nothing can happen any more");
            return;
        }
        sim_world_run_until(run->world, run->max_time);
        run_end_waiting(run, "the scenario has not ended within its limit of virtual time");
    }
}

static void run_body(struct run *run)
{
    lua_State *L = run->sandbox.L;

    const bool paced = run->options->controller_count || run->options->serial_count;

    if (paced ? !outside_start(run) : !device_start_all(run))
        return;
    device_publish_all(run);
    run->started = true;
    if (run->body != LUA_NOREF && sandbox_protected(L, start_body, NULL, 0) != LUA_OK)
        run_end(run, SCENARIO_TROUBLE, "%s: out of memory\n", run->source->name);
    if (run->options->serve)
        served_drive(run, run->options->serve);
    else if (run->outside)
        outside_drive(run);
    else
        run_world(run);
}

/* Coroutines that are left end: what they are to close is closed. */
static void end_tasks(struct run *run)
{
    run->closing = true;
    for (struct task *task = run->tasks; task; task = task->next) {
        if (task->timer.owner)
            sim_timer_cancel(&task->timer);
        run->callback_device = task->device;
        if (task->L && task->state == TASK_WAITING)
            lua_resetthread(task->L);
    }
    run->callback_device = NULL;
}

static void close_run(struct run *run)
{
    for (struct queue *queue = run->queues; queue; queue = queue->next)
        queue_clear(queue);
    sandbox_close(&run->sandbox);
    for (struct task *task = run->tasks, *next; task; task = next) {
        next = task->next;
        task_free(task);
    }
    if (run->actor_joined)
        sim_actor_leave(&run->actor);
    sim_world_free(run->world);
    for (struct run_block *block = run->blocks, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    air_trace_free(&run->air);
    text_free(&run->report);
    text_free(&run->scratch[0]);
    text_free(&run->scratch[1]);
}

static enum scenario_result conclude(struct run *run)
{
    const struct scenario_options *options = run->options;
    struct radio_stats radio = {0};

    end_tasks(run);
    if (run->world)
        radio = *radio_medium_stats(sim_world_medium(run->world));
    if (run->world) {
        close_traces(run);
        backend_close_all(run);
        dongle_close_all(run);
        outside_close(run->outside);
        outside_serials_free(run->outside_serials);
        device_close_all(run);
        served_close_all(run);
        raw_close_all(run);
    }
    const enum scenario_result result = run->result;
    const struct scenario_report report = {
        .name = run->name,
        .result = result,
        .text = text_get(&run->report),
        .ended = run->world ? sim_world_now(run->world) : 0,
        .events = run->world ? sim_world_events(run->world) : 0,
        .radio = radio,
    };
    if (options->report && (!run->list || result != SCENARIO_PASSED))
        options->report(options->user, &report);
    close_run(run);
    return result;
}

enum scenario_result run_list(const struct source *source, const struct scenario_options *options,
                              struct scenario_list *list)
{
    struct run run = {.options = options, .source = source, .list = list};

    if (open_run(&run))
        run_file_level(&run);
    if (!run.over)
        outside_check_names(&run);
    return conclude(&run);
}

enum scenario_result run_scenario(const struct source *source,
                                  const struct scenario_options *options, unsigned index,
                                  const char *name, const char *trace_folder)
{
    struct run run = {
        .options = options,
        .source = source,
        .wanted = index,
        .name = name,
        .trace_folder = trace_folder,
    };

    if (open_run(&run))
        run_file_level(&run);
    if (!run.over)
        run_body(&run);
    return conclude(&run);
}
