/* SPDX-License-Identifier: MIT */
/* How failures are worded. */
#include <stdlib.h>
#include <string.h>

#include "device.h"

enum { SHOWN_DEVICES = 3, SHOWN_LEVELS = 10 };

/*
 * Scripts know themselves by a name without folders, so that nothing in them depends on where they
 * lie; a reader wants to find the file.
 */
static void add_place(struct run *run, const char *place)
{
    text_add(&run->report, "%s%s", run->source->folder, place);
}

static bool begins_with_place(const struct run *run, const char *message)
{
    const size_t len = strlen(run->source->name);

    return (strncmp(message, run->source->name, len) == 0 && message[len] == ':') ||
           strncmp(message, "lib/", 4) == 0;
}

/* The next script line on the stack from *level on: false when there is none. */
static bool next_place(lua_State *L, int *level, lua_Debug *ar)
{
    while (lua_getstack(L, *level, ar)) {
        ++*level;
        if (lua_getinfo(L, "Sl", ar) && ar->currentline > 0)
            return true;
    }
    return false;
}

/* The text of a line of the script itself. */
static void add_line(struct run *run, const char *file, int line)
{
    const char *at = run->source->text;
    const char *end = at + run->source->len;

    if (strcmp(file, run->source->name) != 0)
        return;
    for (int i = 1; i < line && at < end; i++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        at = newline ? newline + 1 : end;
    }
    const char *stop = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;
    size_t len = (size_t)((stop ? stop : end) - at);
    while (len && (*at == ' ' || *at == '\t'))
        at++, len--;
    if (len && at[len - 1] == '\r')
        len--;
    if (!len)
        return;
    text_add(&run->report, "  line:     ");
    text_add_bytes(&run->report, at, len < 200 ? len : 200);
    text_add(&run->report, "\n");
}

void report_error(struct run *run, lua_State *L, const char *message)
{
    lua_Debug ar;
    int level = 0;
    const bool placed = next_place(L, &level, &ar);

    if (begins_with_place(run, message)) {
        add_place(run, message);
    } else {
        if (placed) {
            add_place(run, ar.short_src);
            text_add(&run->report, ":%d: ", ar.currentline);
        } else {
            add_place(run, run->source->name);
            text_add(&run->report, ": ");
        }
        text_add(&run->report, "%s", message);
    }
    text_add(&run->report, "\n");
    if (placed)
        add_line(run, ar.short_src, ar.currentline);
    for (int shown = 0; placed && shown < SHOWN_LEVELS && next_place(L, &level, &ar); shown++) {
        text_add(&run->report, "  called:   ");
        add_place(run, ar.short_src);
        text_add(&run->report, ":%d\n", ar.currentline);
    }
    if (!run->started)
        return;
    text_add(&run->report, "  time:     ");
    text_add_time(&run->report, sim_world_now(run->world));
    text_add(&run->report, "\n");
    report_packets(run);
}

/* The devices that the script used last are those concerned. */
void report_packets(struct run *run)
{
    uint64_t below = UINT64_MAX;

    for (int shown = 0; shown < SHOWN_DEVICES; shown++) {
        struct device *last = NULL;
        for (struct device *device = run->devices; device; device = device->next)
            if (device->touched && device->touched < below &&
                (!last || device->touched > last->touched))
                last = device;
        if (!last)
            return;
        below = last->touched;
        if (!last->packets.count)
            continue;
        text_add(&run->report, "last packets of %s:\n", last->name);
        packets_show(&last->packets, &run->report);
    }
}

void report_waiting(struct run *run)
{
    for (struct task *task = run->tasks; task; task = task->next) {
        lua_Debug ar;
        int level = 0;
        if (task->state != TASK_WAITING)
            continue;
        text_add(&run->report, "  %s%s waits in %s", task->device ? "a script of " : "the scenario",
                 task->device ? task->device->name : "", task->what);
        if (next_place(task->L, &level, &ar)) {
            text_add(&run->report, " at ");
            add_place(run, ar.short_src);
            text_add(&run->report, ":%d", ar.currentline);
        }
        text_add(&run->report, "\n");
    }
}
