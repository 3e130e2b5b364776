/* SPDX-License-Identifier: MIT */
/* Between the server (io/), which carries packets and paces time, and hosts of the room. */
#define _XOPEN_SOURCE 700
#include "outside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/serve.h"
#include "outside_serial.h"

struct outside {
    struct run *run;
    struct serve *serve;
    struct serve_end *ends; /* as options->controllers, then options->serials */
    struct serve_config config;
    bool starting;
};

/* --- devices --- */

const char *outside_where(const struct run *run, const char *name)
{
    const struct scenario_options *options = run->options;

    /* While the file is listed nothing leaves the process; within a scenario it is too late. */
    if (run->list || run->started)
        return NULL;
    for (size_t i = 0; i < options->controller_count; i++)
        if (strcmp(options->controllers[i].device, name) == 0)
            return options->controllers[i].where;
    return NULL;
}

void outside_tell(const struct device *device, const struct opts *opts,
                  const struct room_device_config *config)
{
    static const char *const fields[] = {
        "address", "position", "power", "sensitivity", "acl_len", "acl_packets",
        "max_connections", "drift", "sca", "features", "min_used_channels",
    };
    const struct scenario_options *options = device->run->options;
    struct text list = {0}, line = {0};

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        /* A random address is the host's to choose. */
        if (!opts_has(opts, fields[i]) || (i == 0 && config->own_address_type == BD_ADDR_RANDOM))
            continue;
        text_add(&list, "%s%s", list.len ? ", " : "", fields[i]);
    }
    if (list.len && options->note) {
        text_add(&line, "%s: its controller is outside (%s), and has its own: %s\n", device->name,
                 device->where, text_get(&list));
        options->note(options->user, text_get(&line));
    }
    text_free(&list);
    text_free(&line);
}

static const struct device *find(const struct run *run, const char *name)
{
    const struct device *device = run->devices;

    while (device && strcmp(device->name, name) != 0)
        device = device->next;
    return device;
}

void outside_check_names(struct run *run)
{
    const struct scenario_options *options = run->options;
    struct text names = {0};

    for (const struct device *device = run->devices; device; device = device->next)
        text_add(&names, "%s%s", names.len ? ", " : "", device->name);
    for (size_t i = 0; i < options->controller_count; i++)
        if (!find(run, options->controllers[i].device))
            run_end(run, SCENARIO_TROUBLE,
                    "%s%s: --controller: no device outside its scenarios is called '%s'; there %s "
                    "%s\n",
                    run->source->folder, run->source->name, options->controllers[i].device,
                    run->devices && !run->devices->next ? "is" : "are",
                    names.len ? text_get(&names) : "none");
    text_free(&names);
}

void outside_failed(struct device *device, enum scenario_result result, int error)
{
    struct run *run = device->run;

    if (run->over)
        return;
    if (*device->lost)
        run_end(run, result, "%s: its controller (%s) is lost: %s\n", device->name, device->where,
                device->lost);
    else if (error == BLR_ERR_TIMEOUT)
        run_end(run, result, "%s: its controller (%s) does not answer\n", device->name,
                device->where);
    else
        run_end(run, result, "%s: its controller (%s) failed: %s\n", device->name, device->where,
                blr_strerror(error));
    report_packets(run);
}

static void lose(struct outside *outside, struct device *device, const char *why)
{
    if (!*device->lost)
        snprintf(device->lost, sizeof device->lost, "%s", why);
    /* A host that is started tells failed() or up(), an event later. */
    if (blr_host_controller_gone(device_host(device)) != 0)
        outside_failed(device, outside->starting ? SCENARIO_TROUBLE : SCENARIO_FAILED, BLR_ERR_IO);
}

/* --- what the server asks --- */

static struct sim_world *world_of(void *user)
{
    return ((struct outside *)user)->run->world;
}

static sim_ns now(void *user)
{
    return sim_world_now(world_of(user));
}

/* At least every second of the wall's: so that the watchdog sees that all is well. */
static sim_ns next(void *user)
{
    const struct outside *outside = user;
    const sim_ns look = now(user) + SIM_S(1) * outside->run->options->speed;
    const sim_ns due = sim_world_next(world_of(user));

    return due < look ? due : look;
}

static sim_ns within_limit(const struct outside *outside, sim_ns at)
{
    return outside->starting || at < outside->run->max_time ? at : outside->run->max_time;
}

static bool step(void *user, sim_ns limit)
{
    return sim_world_step(world_of(user), within_limit(user, limit));
}

static void run_until(void *user, sim_ns deadline)
{
    sim_world_run_until(world_of(user), within_limit(user, deadline));
}

static bool over(void *user)
{
    const struct outside *outside = user;
    struct run *run = outside->run;

    vitals_beat(run->options->vitals);
    if (run->over)
        return true;
    if (outside->starting) {
        for (const struct device *device = run->devices; device; device = device->next)
            if (device->declared && !device->up)
                return false;
        return true;
    }
    if (now(user) >= run->max_time)
        run_end_waiting(run, "the scenario has not ended within its limit of virtual time");
    return run->over;
}

static bool debt(void *user, uint64_t wall_ms, uint64_t *again_ms)
{
    (void)user;
    (void)wall_ms;
    (void)again_ms;
    return true; /* of no interest to this clock */
}

static int plug(void *user, size_t end, unsigned number, struct serve_port *port,
                struct serve_plug *plug)
{
    struct outside *outside = user;
    struct device *device = outside->run->devices;

    const size_t controllers = outside->run->options->controller_count;

    (void)number;
    if (end >= controllers) {
        outside_serial_plug(outside->run->outside_serials, end - controllers, port, plug);
        return 0;
    }
    while (strcmp(device->name, outside->run->options->controllers[end].device) != 0)
        device = device->next;
    plug->device = device;
    plug->link = sim_outside_far_end(room_device_outside(device->room));
    return 0;
}

static void unplug(void *user, void *device)
{
    outside_serial_unplug(((struct outside *)user)->run->outside_serials, device);
}

static void lost(void *user, void *device, const char *why)
{
    struct outside *outside = user;

    if (!outside_serial_lost(outside->run->outside_serials, device, why))
        lose(outside, device, why);
}

static void far_full(void *user, void *device, bool full)
{
    (void)user;
    sim_outside_full(room_device_outside(((struct device *)device)->room), full);
}

static void lost_sync(void *user, void *device)
{
    lose(user, device, "what it sends is no HCI (H4)");
}

/* --- the run --- */

static bool prepare(struct run *run)
{
    static const struct serve_room room = {
        .now = now,
        .next = next,
        .step = step,
        .run_until = run_until,
        .over = over,
        .debt = debt,
        .plug = plug,
        .unplug = unplug,
        .host_full = far_full,
        .lost_sync = lost_sync,
        .lost = lost,
    };
    const struct scenario_options *options = run->options;
    struct outside *outside = calloc(1, sizeof *outside);

    run->outside = outside;
    if (!outside)
        return false;
    outside->run = run;
    const size_t count = options->controller_count + options->serial_count;
    outside->ends = calloc(count, sizeof *outside->ends);
    if (!outside->ends)
        return false;
    for (size_t i = 0; i < options->controller_count; i++)
        outside->ends[i] = (struct serve_end){
            .kind = SERVE_CONTROLLER,
            .where = options->controllers[i].where,
            .word = options->controllers[i].device,
        };
    for (size_t i = 0; i < options->serial_count; i++)
        outside->ends[options->controller_count + i] = (struct serve_end){
            .kind = SERVE_CONTROLLER,
            .where = options->serials[i].where,
            .word = options->serials[i].name,
        };
    outside->config = (struct serve_config){
        .ends = outside->ends,
        .end_count = count,
        .clock = SERVE_REALTIME,
        .lag = true,
        .speed = options->speed,
        .room = &room,
        .room_user = outside,
    };
    return true;
}

/* Until over() says so. */
static void drive(struct outside *outside)
{
    struct run *run = outside->run;
    char trouble[SERVE_TROUBLE_SIZE];

    if (serve_run(outside->serve, trouble) != 0) {
        run_end(run, SCENARIO_TROUBLE, "%s\n", trouble);
    } else if (!over(outside)) {
        if (run->options->interrupted)
            *run->options->interrupted = true;
        run_end_waiting(run, "interrupted");
    }
}

bool outside_start(struct run *run)
{
    char trouble[SERVE_TROUBLE_SIZE];

    if (!prepare(run)) {
        run_out_of_memory(run);
        return false;
    }
    run->outside->starting = true;
    if (serve_open(&run->outside->config, &run->outside->serve, trouble) != 0)
        run_end(run, SCENARIO_TROUBLE, "%s\n", trouble);
    else
        drive(run->outside);
    run->outside->starting = false;
    return !run->over;
}

void outside_drive(struct run *run)
{
    drive(run->outside);
}

void outside_close(struct outside *outside)
{
    if (!outside)
        return;
    serve_close(outside->serve);
    free(outside->ends);
    free(outside);
}
