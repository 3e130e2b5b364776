/* SPDX-License-Identifier: MIT */
/* Between the server (io/) and the room: a controller for each client that comes. */
#define _XOPEN_SOURCE 700
#include "served.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device.h"
#include "place.h"
#include "served_dongle.h"
#include "served_ends.h"
#include "sim/controller.h"
#include "traces/writer.h"

/* Longer than any supervision timeout (Core v5.4, Vol 6, Part B, 4.5.2). */
#define MOURNING SIM_S(33)

/* And than a peer waits for an answer before that (5.2). */
#define DESPAIR SIM_S(41 + 33)

struct drive {
    struct run *run;
    const struct room_serve_options *options;
    struct served_end_list ends;
    sim_ns mourn_until; /* somebody has gone or is as good as, and his peers have to notice */
};

/* --- names --- */

/* The end's place among those of its kind, from 1. */
static unsigned ordinal(const struct served_end_list *list, size_t end)
{
    unsigned count = 1;

    for (size_t i = 0; i < end; i++)
        count += strcmp(served_end_word(&list->ends[i]), served_end_word(&list->ends[end])) == 0;
    return count;
}

static void name_client(const struct served_end_list *list, struct served *served)
{
    const struct served_end *end = &list->ends[served->end];
    const unsigned place = ordinal(list, served->end);
    const char *kind = served_end_word(end);
    const bool many = end->end.kind == SERVE_TCP || end->end.kind == SERVE_UNIX;

    if (*end->name && served->number == 1)
        snprintf(served->name, sizeof served->name, "%s", end->name);
    else if (*end->name)
        snprintf(served->name, sizeof served->name, "%s-%u", end->name, served->number);
    else if (!many)
        snprintf(served->name, sizeof served->name, "%s-%u", kind, place);
    else if (place == 1)
        snprintf(served->name, sizeof served->name, "%s-%u", kind, served->number);
    else
        snprintf(served->name, sizeof served->name, "%s%u-%u", kind, place, served->number);
}

/* --- traces --- */

static bool open_trace(struct run *run, struct served *served)
{
    if (!run_make_trace_folder(run))
        return !run->over;
    text_add(&served->path, "%s/%s.btsnoop", run->trace_folder, served->name);
    text_add(&served->part, "%s.part", text_get(&served->path));
    if (trace_writer_btsnoop(text_get(&served->path), &served->writer) != 0) {
        run_end(run, SCENARIO_TROUBLE, "%s: cannot be written: %s\n", text_get(&served->path),
                strerror(errno));
        return false;
    }
    served->file.path = text_get(&served->part);
    vitals_add_file(run->options->vitals, &served->file);
    return true;
}

static struct sim_controller *controller_of(const struct served *served)
{
    return served->dongle ? served_dongle_controller(served->dongle) : served->controller;
}

void served_close_traces(struct run *run, bool keep)
{
    for (struct served *served = run->served; served; served = served->next) {
        if (controller_of(served))
            sim_controller_trace(controller_of(served), NULL);
        if (!served->writer)
            continue;
        if (!keep)
            trace_writer_abort(served->writer);
        else if (trace_writer_close(served->writer) != 0)
            run_end(run, SCENARIO_TROUBLE, "%s: cannot be written: %s\n", text_get(&served->path),
                    strerror(errno));
        served->writer = NULL;
    }
}

void served_remove_traces(struct run *run)
{
    for (struct served *served = run->served; served; served = served->next)
        if (served->path.len)
            unlink(text_get(&served->path));
}

void served_close_all(struct run *run)
{
    for (struct served *served = run->served, *next; served; served = next) {
        next = served->next;
        served_dongle_free(served->dongle);
        sim_controller_free(served->controller);
        text_free(&served->path);
        text_free(&served->part);
        free(served);
    }
    run->served = NULL;
}

/* --- clients --- */

static struct served *served_of(struct drive *drive, size_t end, unsigned number)
{
    struct run *run = drive->run;
    struct served **at = &run->served;

    for (; *at; at = &(*at)->next)
        if ((*at)->end == end && (*at)->number == number)
            return *at;
    struct served *served = calloc(1, sizeof *served);
    if (!served)
        return NULL;
    served->end = end;
    served->number = number;
    name_client(&drive->ends, served);
    *at = served;
    return served;
}

static void turn_away(const struct run *run, const char *name, const char *why)
{
    struct text text = {0};

    text_add(&text, "%s: a client was turned away: %s\n", name, why);
    if (run->options->warn)
        run->options->warn(run->options->user, text_get(&text));
    text_free(&text);
}

static int plug(void *user, size_t end, unsigned number, struct serve_port *port,
                struct serve_plug *plug)
{
    struct drive *drive = user;
    struct run *run = drive->run;
    const struct served_end *config = &drive->ends.ends[end];
    struct sim_controller_profile profile = config->profile;
    struct served *served = served_of(drive, end, number);

    if (!served)
        return BLR_ERR_NO_MEMORY;
    plug->device = served;
    if (served->dongle) {
        served_dongle_plug(served->dongle, port, plug);
        return 0;
    }
    if (number > 1)
        profile.address = (struct bd_addr){.type = BD_ADDR_PUBLIC};
    served->controller = sim_controller_new(run->world, served->name, &profile);
    if (!served->controller) {
        turn_away(run, served->name,
                  place_name_taken(run, served->name) ? "there is a device of that name"
                                                      : "no controller can be made");
        return BLR_ERR_BUSY;
    }
    radio_set_position(sim_controller_radio(served->controller), config->position);
    if (!served->writer && !open_trace(run, served))
        return BLR_ERR_IO; /* and the run is over */
    if (served->writer)
        sim_controller_trace(served->controller, trace_writer_sink(served->writer));
    plug->link = sim_controller_host_end(served->controller);
    return 0;
}

static void mourn(struct drive *drive, sim_ns span)
{
    const sim_ns until = sim_world_now(drive->run->world) + span;

    if (until > drive->mourn_until)
        drive->mourn_until = until;
}

static void unplug(void *user, void *device)
{
    struct drive *drive = user;
    struct served *served = device;

    if (served->dongle) {
        served_dongle_unplug(served->dongle);
        return;
    }
    if (sim_controller_connections(served->controller))
        mourn(drive, MOURNING);
    sim_controller_free(served->controller);
    served->controller = NULL;
}

static void host_full(void *user, void *device, bool full)
{
    (void)user;
    sim_controller_host_full(((struct served *)device)->controller, full);
}

static void lost_sync(void *user, void *device)
{
    (void)user;
    sim_controller_lost_sync(((struct served *)device)->controller);
}

/* --- time --- */

static sim_ns now(void *user)
{
    return sim_world_now(((struct drive *)user)->run->world);
}

static sim_ns next(void *user)
{
    return sim_world_next(((struct drive *)user)->run->world);
}

static bool step(void *user, sim_ns limit)
{
    return sim_world_step(((struct drive *)user)->run->world, limit);
}

static void run_until(void *user, sim_ns deadline)
{
    sim_world_run_until(((struct drive *)user)->run->world, deadline);
}

static bool over(void *user)
{
    return ((struct drive *)user)->run->over;
}

/* His controller waits for his answer. True: time stands for him. */
static bool stands_for(struct drive *drive, struct served *served, uint64_t wall_ms,
                       uint64_t *again_ms)
{
    const uint64_t patience_ms = drive->options->patience_ms;

    if (!served->asked) {
        served->asked = true;
        served->since_ms = wall_ms;
    }
    if (!patience_ms)
        return true;
    if (served->given_up)
        return false;
    if (wall_ms - served->since_ms >= patience_ms) {
        served->given_up = true;
        mourn(drive, DESPAIR);
        return false;
    }
    if (served->since_ms + patience_ms < *again_ms)
        *again_ms = served->since_ms + patience_ms;
    return true;
}

/* What is on its way from and to our hosts, who answer in virtual time: nobody waits for them. */
static bool room_owes(const struct run *run)
{
    for (const struct device *device = run->devices; device; device = device->next) {
        const struct sim_controller *controller =
            device->room ? room_device_controller(device->room) : NULL;
        if (controller && sim_controller_debt(controller) != SIM_CONTROLLER_IDLE)
            return true;
    }
    for (const struct served *served = run->served; served; served = served->next) {
        if (served->dongle && (served_dongle_owes(served->dongle) ||
                               sim_controller_debt(controller_of(served)) != SIM_CONTROLLER_IDLE))
            return true;
    }
    return false;
}

/*
 * Somebody is owed something, and no peer's patience runs while a host thinks about its answer: only
 * what commands and events take, a fraction of a millisecond, passes then, or a program that is both
 * hosts would wait for itself. Who has lost his peer is owed the news, which the supervision timeout
 * brings, as is the peer of a host that does not answer at all, whose own patience then runs out.
 */
static bool debt(void *user, uint64_t wall_ms, uint64_t *again_ms)
{
    struct drive *drive = user;
    bool owes = false, stands = false, carries = false;

    for (struct served *served = drive->run->served; served; served = served->next) {
        const enum sim_controller_debt debt =
            served->controller ? sim_controller_debt(served->controller) : SIM_CONTROLLER_IDLE;
        if (debt != SIM_CONTROLLER_WAITS && debt != SIM_CONTROLLER_CARRIES)
            served->asked = served->given_up = false;
        switch (debt) {
        case SIM_CONTROLLER_IDLE:
            break;
        case SIM_CONTROLLER_OWES:
            owes = true;
            break;
        case SIM_CONTROLLER_CARRIES:
            carries = true;
            break;
        case SIM_CONTROLLER_WAITS:
            stands = stands_for(drive, served, wall_ms, again_ms) || stands;
            break;
        }
    }
    return carries || (!stands && (owes || sim_world_now(drive->run->world) < drive->mourn_until ||
                                   room_owes(drive->run)));
}

/* --- the service --- */

static void open_dongles(struct drive *drive)
{
    struct run *run = drive->run;

    for (size_t i = 0; i < drive->ends.count && !run->over; i++) {
        const struct served_end *end = &drive->ends.ends[i];
        struct served *served = end->dongle ? served_of(drive, i, 1) : NULL;
        if (end->dongle && !served)
            run_out_of_memory(run);
        if (!served)
            continue;
        served->dongle = served_dongle_new(run, end, served->name);
        if (served->dongle && open_trace(run, served) && served->writer)
            sim_controller_trace(controller_of(served), trace_writer_sink(served->writer));
    }
}

void served_drive(struct run *run, const struct room_serve_options *options)
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
        .host_full = host_full,
        .lost_sync = lost_sync,
    };
    struct drive drive = {.run = run, .options = options};
    char trouble[SERVE_TROUBLE_SIZE];
    struct serve *serve = NULL;

    if (!served_ends_join(run, options, &drive.ends)) {
        free(drive.ends.ends);
        return;
    }
    struct serve_end *ends = calloc(drive.ends.count, sizeof *ends);
    if (!ends)
        run_out_of_memory(run);
    for (size_t i = 0; ends && i < drive.ends.count; i++)
        ends[i] = drive.ends.ends[i].end;
    const struct serve_config config = {
        .ends = ends,
        .end_count = drive.ends.count,
        .clock = options->clock,
        .speed = options->speed,
        .control = options->control,
        .room = &room,
        .room_user = &drive,
        .opened = options->opened,
        .user = options->scenario.user,
    };
    if (run->trace_folder)
        (void)run_make_trace_folder(run);
    open_dongles(&drive);
    int error = run->over ? 0 : serve_open(&config, &serve, trouble);
    if (!error && !run->over) {
        if (options->opened)
            options->opened(options->scenario.user, "ready");
        error = serve_run(serve, trouble);
    }
    if (error)
        run_end(run, SCENARIO_TROUBLE, "%s\n", trouble);
    serve_close(serve);
    free(ends);
    free(drive.ends.ends);
}
