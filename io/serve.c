/* SPDX-License-Identifier: MIT */
/* The server's life and its loop. */
#define _XOPEN_SOURCE 700
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "serve_internal.h"

enum {
    HEAR_AGAIN_MS = 20,
    AWAKE_NS = 50000,
    SHORT_CUTS = 64,
    NAPS = 1000,
};

int serve_trouble(char trouble[static SERVE_TROUBLE_SIZE], int error, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(trouble, SERVE_TROUBLE_SIZE, format, args);
    va_end(args);
    return error;
}

void serve_reap(struct serve *serve)
{
    if (!serve->some_gone)
        return;
    serve->some_gone = false;
    for (size_t i = 0; i < serve->config->end_count; i++) {
        struct end *end = &serve->ends[i];
        for (struct serve_port *port = end->ports, *next; port; port = next) {
            next = port->next;
            if (!port->gone)
                continue;
            if (end->kind == SERVE_CONTROLLER)
                controller_lost(port);
            port_drop(port);
            if (end->kind == SERVE_PTY) {
                pty_forget(end);
                pty_look(end);
            } else if (end->kind == SERVE_VHCI)
                serve->stop = true; /* the kernel's controller does not come back */
        }
    }
}

void serve_drain(struct serve *serve)
{
    for (size_t i = 0; i < serve->config->end_count; i++) {
        struct end *end = &serve->ends[i];
        pty_look(end);
        serve_reap(serve);
        for (struct serve_port *port = end->ports; port; port = port->next)
            port_pump(port);
        serve_reap(serve);
        pty_look(end);
        if (end->kind == SERVE_PTY)
            for (struct serve_port *port = end->ports; port; port = port->next)
                port_pump(port);
    }
    serve_reap(serve);
}

static void hear(uv_timer_t *timer)
{
    struct serve *serve = timer->data;

    control_hear(serve);
    for (size_t i = 0; i < serve->config->end_count; i++)
        end_hear(&serve->ends[i]);
}

void serve_hear_later(struct serve *serve)
{
    (void)uv_timer_start(&serve->later, hear, HEAR_AGAIN_MS, 0);
}

static void interrupted(uv_signal_t *handle, int number)
{
    struct serve *serve = handle->data;

    (void)number;
    serve->stop = true;
}

static int watch_signals(struct serve *serve)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        uv_signal_t *handle = &serve->signals[i];
        if (uv_signal_init(&serve->loop, handle) != 0)
            return BLR_ERR_NO_MEMORY;
        serve->signal_count++;
        handle->data = serve;
        if (uv_signal_start(handle, interrupted, numbers[i]) != 0)
            return BLR_ERR_IO;
    }
    return 0;
}

static int open_all(struct serve *serve, char trouble[static SERVE_TROUBLE_SIZE])
{
    const struct serve_config *config = serve->config;

    if (watch_signals(serve) != 0)
        return serve_trouble(trouble, BLR_ERR_IO, "signals cannot be watched");
    uv_timer_init(&serve->loop, &serve->later);
    uv_timer_init(&serve->loop, &serve->patience);
    serve->later.data = serve;
    serve->timers_open = true;
    int error = pace_open(serve);
    if (error)
        return serve_trouble(trouble, BLR_ERR_IO, "no timer: %s", uv_strerror(error));
    if (config->clock == SERVE_LOCKSTEP) {
        error = control_open(serve, trouble);
        if (error)
            return error;
    }
    for (size_t i = 0; i < config->end_count; i++) {
        error = end_open(&serve->ends[i], trouble);
        if (error)
            return error;
    }
    return 0;
}

int serve_open(const struct serve_config *config, struct serve **out,
               char trouble[static SERVE_TROUBLE_SIZE])
{
    struct serve *serve = calloc(1, sizeof *serve);

    *out = NULL;
    trouble[0] = '\0';
    if (!serve)
        return serve_trouble(trouble, BLR_ERR_NO_MEMORY, "out of memory");
    serve->config = config;
    serve->room = config->room;
    serve->user = config->room_user;
    serve->timer_fd = -1;
    serve->ends = calloc(config->end_count + 1, sizeof *serve->ends);
    if (!serve->ends || uv_loop_init(&serve->loop) != 0) {
        serve_close(serve);
        return serve_trouble(trouble, BLR_ERR_NO_MEMORY, "out of memory");
    }
    serve->loop_open = true;
    for (size_t i = 0; i < config->end_count; i++) {
        serve->ends[i].serve = serve;
        serve->ends[i].index = i;
        serve->ends[i].kind = config->ends[i].kind;
        serve->ends[i].fd = serve->ends[i].mark = serve->ends[i].watch = -1;
    }
    const int error = open_all(serve, trouble);
    if (error) {
        serve_close(serve);
        return error;
    }
    *out = serve;
    return 0;
}

/*
 * In fast time a host's next packet comes while we would fall asleep, and waking up takes several
 * times what an answer does. So for a moment we look again and again, and let others have the
 * processor in between: at first where the last packet came from, which is no matter of the loop,
 * and now and then, or when nothing is there, by the loop.
 *
 * On a machine that is busy elsewhere the others keep the processor for milliseconds, while who is
 * woken gets it at once. So when it took long to come back, we fall asleep the next times.
 */
static void stay_awake(struct serve *serve)
{
    uint64_t now = uv_hrtime(), until = 0;

    do {
        sched_yield();
        if (uv_hrtime() - now > AWAKE_NS)
            serve->naps = NAPS;
        if (serve->latest && ++serve->short_cuts % SHORT_CUTS && port_look(serve->latest))
            return;
        uv_run(&serve->loop, UV_RUN_NOWAIT);
        if (serve->came_in || serve->stop)
            return;
        now = uv_hrtime();
        if (!until)
            until = now + AWAKE_NS;
    } while (now < until);
}

/* What the loop has done may be work for the room. */
static void look(struct serve *serve, bool more)
{
    if (!more && serve->config->clock == SERVE_FAST && serve->came_in) {
        serve->came_in = false;
        if (!serve->naps) {
            stay_awake(serve);
            return;
        }
        serve->naps--;
    }
    uv_run(&serve->loop, more ? UV_RUN_NOWAIT : UV_RUN_ONCE);
}

int serve_run(struct serve *serve, char trouble[static SERVE_TROUBLE_SIZE])
{
    while (!serve->stop && !serve->room->over(serve->user)) {
        const bool more = pace_run(serve) || serve->some_gone;
        serve_reap(serve); /* whose end may be work for the room */
        if (!serve->stop && !serve->room->over(serve->user))
            look(serve, more);
        serve_reap(serve);
    }
    trouble[0] = '\0';
    return 0;
}

void serve_close(struct serve *serve)
{
    if (!serve)
        return;
    if (serve->loop_open) {
        control_close(serve);
        for (size_t i = 0; i < serve->config->end_count; i++)
            end_close(&serve->ends[i]);
        for (unsigned i = 0; i < serve->signal_count; i++)
            uv_close((uv_handle_t *)&serve->signals[i], NULL);
        if (serve->timers_open) {
            uv_close((uv_handle_t *)&serve->later, NULL);
            uv_close((uv_handle_t *)&serve->patience, NULL);
        }
        if (serve->timer_open)
            uv_close((uv_handle_t *)&serve->timer, NULL);
        uv_run(&serve->loop, UV_RUN_DEFAULT);
        (void)uv_loop_close(&serve->loop);
    }
    if (serve->timer_fd >= 0)
        close(serve->timer_fd);
    free(serve->ends);
    free(serve);
}
