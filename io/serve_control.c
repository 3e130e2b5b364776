/* SPDX-License-Identifier: MIT */
/*
 * Who owns time in lockstep: a line protocol on a Unix socket, one request a line, one answer a
 * line. Times are decimal nanoseconds.
 *
 *   now         the virtual time
 *   advance NS  runs the room so far; answers the time reached, when every octet due has been
 *               written to its client
 *   step NS     as that, but returns at the end of the first instant at which something has gone to
 *               a client
 *
 * What cannot be done is answered with "error " and why. What was written to an H4 end before a
 * request is acted on before time moves. While a client does not read what is due to it, time
 * stands, for the room must not depend on how fast it reads.
 *
 * What was asked is done, whether or not somebody waits for the answer. A party that goes leaves
 * time to the next one when all that it asked is done.
 */
#define _GNU_SOURCE /* POLLRDHUP */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serve_internal.h"

static void pump(struct serve *serve);

/* --- the client --- */

static void client_closed(uv_handle_t *handle)
{
    struct serve *serve = handle->data;

    serve->control.connected = false;
    control_hear(serve);
}

static void drop_client(struct serve *serve)
{
    struct control *control = &serve->control;

    control->state = CONTROL_IDLE;
    control->left = control->len = 0;
    control->too_long = control->reading = control->ended = control->mute = false;
    if (!uv_is_closing((uv_handle_t *)&control->client))
        uv_close((uv_handle_t *)&control->client, client_closed);
}

static void answered(uv_write_t *write, int status)
{
    struct serve *serve = write->data;

    serve->control.answering = false;
    if (status == UV_ECANCELED)
        return; /* it is being closed */
    serve->control.mute = status < 0;
    pump(serve);
}

static void answer(struct serve *serve, const char *format, uint64_t number)
{
    struct control *control = &serve->control;
    const int len = snprintf(control->answer, sizeof control->answer, format, number);
    const uv_buf_t buf = uv_buf_init(control->answer, (unsigned)len);

    if (control->mute)
        return;
    control->write.data = serve;
    control->answering = true;
    if (uv_write(&control->write, (uv_stream_t *)&control->client, &buf, 1, answered) != 0) {
        control->answering = false;
        control->mute = true;
    }
}

/* --- requests --- */

/* Digits alone, and no more than there is time left. */
static bool read_span(const char *text, sim_ns now, sim_ns *span)
{
    uint64_t number = 0;

    if (!*text)
        return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return false;
        const unsigned digit = (unsigned)(*text - '0');
        if (number > (UINT64_MAX - digit) / 10)
            return false;
        number = number * 10 + digit;
    }
    *span = number;
    return number < SIM_NEVER - now;
}

static void request(struct serve *serve, const char *line)
{
    struct control *control = &serve->control;
    const sim_ns now = serve->room->now(serve->user);
    const bool step = strncmp(line, "step ", 5) == 0;
    sim_ns span;

    if (strcmp(line, "now") == 0) {
        answer(serve, "%" PRIu64 "\n", now);
        return;
    }
    if (!step && strncmp(line, "advance ", 8) != 0) {
        answer(serve, "error no such request: now, advance NS, step NS\n", 0);
        return;
    }
    if (!read_span(line + (step ? 5 : 8), now, &span)) {
        answer(serve, "error not a number of nanoseconds that are left\n", 0);
        return;
    }
    control->early = step;
    control->target = now + span;
    control->state = CONTROL_ASKED;
}

static void take_line(struct serve *serve)
{
    struct control *control = &serve->control;
    size_t len = control->len;

    control->len = 0;
    if (control->too_long) {
        control->too_long = false;
        answer(serve, "error the line is too long\n", 0);
        return;
    }
    if (len && control->line[len - 1] == '\r')
        len--;
    control->line[len] = '\0';
    /* A NUL ends the text for us, but not for whoever sent it. */
    if (strlen(control->line) != len)
        control->line[0] = '\0';
    request(serve, control->line);
}

static void alloc_in(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct serve *serve = handle->data;

    (void)suggested;
    *buf = uv_buf_init(serve->control.in, sizeof serve->control.in);
}

static void was_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buf)
{
    struct serve *serve = stream->data;

    (void)buf;
    if (count < 0) {
        serve->control.ended = true;
    } else {
        serve->control.at = serve->control.in;
        serve->control.left = (size_t)count;
    }
    pump(serve);
}

/* One request at a time: the next when the last is answered. */
static void pump(struct serve *serve)
{
    struct control *control = &serve->control;
    uv_stream_t *stream = (uv_stream_t *)&control->client;

    while (control->left && control->state == CONTROL_IDLE && !control->answering) {
        const char c = *control->at++;
        control->left--;
        if (c == '\n')
            take_line(serve);
        else if (control->len < sizeof control->line - 1)
            control->line[control->len++] = c;
        else
            control->too_long = true;
    }
    if (!control->connected || uv_is_closing((uv_handle_t *)stream))
        return;
    if (control->ended && !control->left && control->state == CONTROL_IDLE && !control->answering) {
        drop_client(serve);
        return;
    }
    const bool reading = !control->left && !control->ended;
    if (reading == control->reading)
        return;
    control->reading = reading;
    if (!reading)
        uv_read_stop(stream);
    else if (uv_read_start(stream, alloc_in, was_read) != 0)
        drop_client(serve);
}

/* --- moving time --- */

/* True: there is more to do at once. */
static bool run_towards(struct serve *serve)
{
    struct control *control = &serve->control;

    for (unsigned i = 0; i < 256; i++) {
        if (serve->some_gone)
            return true;
        if (serve->writing || serve->room->over(serve->user))
            return false;
        if (control->early && serve->wrote)
            control->target = serve->room->now(serve->user);
        if (serve->room->step(serve->user, control->target))
            continue;
        serve->room->run_until(serve->user, control->target);
        control->state = CONTROL_IDLE;
        answer(serve, "%" PRIu64 "\n", control->target);
        pump(serve);
        return control->state != CONTROL_IDLE;
    }
    return true;
}

bool control_run(struct serve *serve)
{
    struct control *control = &serve->control;

    switch (control->state) {
    case CONTROL_IDLE:
        return false;
    case CONTROL_ASKED:
        /*
         * Who has come by now is let in, and what he has written is read. A look at the loop lets
         * in one of them, or all: that differs between versions of libuv.
         */
        do {
            serve->came = false;
            uv_run(&serve->loop, UV_RUN_NOWAIT);
        } while (serve->came && control->state == CONTROL_ASKED && !serve->stop);
        if (control->state != CONTROL_ASKED)
            return true;
        serve_drain(serve);
        serve->wrote = false;
        control->state = CONTROL_RUNNING;
        return run_towards(serve);
    case CONTROL_RUNNING:
        return run_towards(serve);
    }
    return false;
}

/* --- its life --- */

static void refused_closed(uv_handle_t *handle)
{
    free(handle);
}

/* Time has one owner. False: there is no memory for it. */
static bool refuse(struct serve *serve, uv_stream_t *listener)
{
    static const char words[] = "error time has an owner already\n";
    uv_pipe_t *pipe = calloc(1, sizeof *pipe);

    if (!pipe)
        return false;
    if (uv_pipe_init(&serve->loop, pipe, 0) != 0) {
        free(pipe);
        return false;
    }
    const uv_buf_t buf = uv_buf_init((char *)(uintptr_t)words, sizeof words - 1);
    if (uv_accept(listener, (uv_stream_t *)pipe) == 0)
        (void)uv_try_write((uv_stream_t *)pipe, &buf, 1);
    uv_close((uv_handle_t *)pipe, refused_closed);
    return true;
}

/* The client has gone, or will ask nothing behind what is not read yet. */
static bool is_ending(const struct control *control)
{
    uv_os_fd_t fd;

    if (control->ended || uv_is_closing((const uv_handle_t *)&control->client) ||
        uv_fileno((const uv_handle_t *)&control->client, &fd) != 0)
        return true;
    struct pollfd pollfd = {.fd = fd, .events = POLLRDHUP};
    return poll(&pollfd, 1, 0) > 0 && (pollfd.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

static void came(uv_stream_t *listener, int status)
{
    struct serve *serve = listener->data;
    struct control *control = &serve->control;

    if (status < 0)
        return;
    if (control->connected && is_ending(control)) {
        control->deaf = true; /* until what his predecessor asked is done */
        return;
    }
    if (control->connected) {
        if (!refuse(serve, listener)) {
            control->deaf = true;
            serve_hear_later(serve);
        }
        return;
    }
    if (uv_pipe_init(&serve->loop, &control->client, 0) != 0)
        return;
    control->client.data = serve;
    control->connected = true;
    if (uv_accept(listener, (uv_stream_t *)&control->client) == 0)
        pump(serve);
    else
        drop_client(serve);
}

void control_hear(struct serve *serve)
{
    struct control *control = &serve->control;

    if (!control->deaf)
        return;
    control->deaf = false;
    came((uv_stream_t *)&control->listener, 0);
}

int control_open(struct serve *serve, char trouble[static SERVE_TROUBLE_SIZE])
{
    struct control *control = &serve->control;

    if (uv_pipe_init(&serve->loop, &control->listener, 0) != 0)
        return serve_trouble(trouble, BLR_ERR_NO_MEMORY, "out of memory");
    control->listening = true;
    control->listener.data = serve;
    return unix_listen(&control->listener, &control->file, serve->config->control, came, trouble);
}

void control_close(struct serve *serve)
{
    struct control *control = &serve->control;

    if (control->connected)
        drop_client(serve);
    unix_unlink(&control->file);
    if (control->listening)
        uv_close((uv_handle_t *)&control->listener, NULL);
    control->listening = control->deaf = false;
}
