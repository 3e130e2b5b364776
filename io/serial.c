/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700
#include "io/serial.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "serve_internal.h"

struct serial {
    struct byte_link_end end;
    struct clock clock;
    uv_loop_t loop;
    uv_poll_t poll;
    uv_timer_t timer;
    int fd;
    uint64_t begun;
    struct timer *armed; /* by time, then as they were armed */
    bool held;           /* the party takes nothing for now */
    bool refused;        /* a send: the party is told when there is room */
    bool lost;
    size_t in_at, in_len, out_len;
    uint8_t in[512], out[4096];
};

/* --- the clock --- */

static struct serial *of_clock(const struct clock *clock)
{
    return (struct serial *)(void *)((char *)(uintptr_t)clock - offsetof(struct serial, clock));
}

static sim_ns now(const struct clock *clock)
{
    return uv_hrtime() - of_clock(clock)->begun;
}

static void cancel(struct clock *clock, struct timer *timer)
{
    struct timer **at = &of_clock(clock)->armed;

    while (*at && *at != timer)
        at = &(*at)->next;
    if (*at)
        *at = timer->next;
    timer->slot = 0;
}

static void arm(struct clock *clock, struct timer *timer, sim_ns when)
{
    struct timer **at = &of_clock(clock)->armed;

    cancel(clock, timer);
    while (*at && (*at)->at <= when)
        at = &(*at)->next;
    timer->at = when;
    timer->slot = 1;
    timer->next = *at;
    *at = timer;
}

/* Whether one was. */
static bool run_due(struct serial *serial)
{
    const sim_ns present = now(&serial->clock);
    struct timer *timer = serial->armed;

    if (!timer || timer->at > present)
        return false;
    cancel(&serial->clock, timer);
    timer->fn(timer->user);
    return true;
}

/* --- the line --- */

static struct serial *of_end(struct byte_link_end *end)
{
    return (struct serial *)(void *)((char *)end - offsetof(struct serial, end));
}

static void lose(struct serial *serial)
{
    serial->lost = true;
    serial->out_len = 0;
    (void)uv_poll_stop(&serial->poll);
}

/* As much as the port takes. */
static void flush(struct serial *serial)
{
    const ssize_t written = write(serial->fd, serial->out, serial->out_len);

    if (written < 0 && errno != EAGAIN && errno != EINTR) {
        lose(serial);
    } else if (written > 0) {
        serial->out_len -= (size_t)written;
        memmove(serial->out, serial->out + written, serial->out_len);
    }
}

static int line_send(struct byte_link_end *end, const uint8_t *bytes, size_t len)
{
    struct serial *serial = of_end(end);

    if (serial->lost)
        return BLR_ERR_IO;
    if (len > sizeof serial->out)
        return BLR_ERR_TOO_LONG;
    if (len > sizeof serial->out - serial->out_len) {
        serial->refused = true;
        return BLR_ERR_AGAIN;
    }
    memcpy(serial->out + serial->out_len, bytes, len);
    serial->out_len += len;
    flush(serial);
    return serial->lost ? BLR_ERR_IO : 0;
}

static void line_resume(struct byte_link_end *end)
{
    of_end(end)->held = false;
}

/* Whether there was anything that the party wanted. */
static bool hand_over(struct serial *serial)
{
    const size_t left = serial->in_len - serial->in_at;

    if (left == 0 || serial->held)
        return false;
    const struct byte_link_party *party = serial->end.party;
    serial->held = true; /* unless it resumes from within */
    const size_t taken =
        party ? party->received(serial->end.user, serial->in + serial->in_at, left) : left;
    serial->in_at += taken;
    if (serial->in_at == serial->in_len)
        serial->held = false;
    return true;
}

static void look(uv_poll_t *poll, int status, int events)
{
    struct serial *serial = poll->data;

    if (status < 0) {
        lose(serial);
        return;
    }
    if (events & UV_WRITABLE)
        flush(serial);
    if (!(events & (UV_READABLE | UV_DISCONNECT)) || serial->in_at < serial->in_len)
        return;
    const ssize_t len = read(serial->fd, serial->in, sizeof serial->in);
    serial->in_at = 0;
    serial->in_len = len > 0 ? (size_t)len : 0;
    if (len == 0 || (len < 0 && errno != EAGAIN && errno != EINTR))
        lose(serial);
}

/* --- waiting --- */

static void nothing(uv_timer_t *timer)
{
    (void)timer;
}

/* What the port may tell of. */
static int wanted(const struct serial *serial)
{
    int events = serial->in_at == serial->in_len ? UV_READABLE | UV_DISCONNECT : 0;

    if (serial->out_len > 0)
        events |= UV_WRITABLE;
    return serial->lost ? 0 : events;
}

/* One turn of the loop: until the port or the first timer wants something. */
static void turn(struct serial *serial)
{
    const int events = wanted(serial);

    if (events && uv_poll_start(&serial->poll, events, look) != 0)
        lose(serial);
    else if (!events)
        (void)uv_poll_stop(&serial->poll);
    (void)uv_timer_stop(&serial->timer);
    if (serial->armed) {
        const sim_ns present = now(&serial->clock);
        const sim_ns left = serial->armed->at > present ? serial->armed->at - present : 0;
        uv_update_time(&serial->loop);
        (void)uv_timer_start(&serial->timer, nothing, (left + SIM_MS(1) - 1) / SIM_MS(1), 0);
    }
    (void)uv_run(&serial->loop, UV_RUN_ONCE);
}

bool serial_wait(void *user)
{
    struct serial *serial = user;

    while (!hand_over(serial) && !run_due(serial)) {
        if (serial->refused && serial->out_len < sizeof serial->out && serial->end.party) {
            serial->refused = false;
            if (serial->end.party->writable) {
                serial->end.party->writable(serial->end.user);
                return true;
            }
        }
        if (!serial->armed && !wanted(serial))
            return false;
        turn(serial);
    }
    return true;
}

/* --- its life --- */

int serial_open(const char *path, struct serial **serial)
{
    static const struct byte_link_ops line = {.send = line_send, .resume = line_resume};
    static const struct clock_ops time = {.now = now, .arm = arm, .cancel = cancel};
    struct serial *made = calloc(1, sizeof *made);

    if (!made)
        return BLR_ERR_NO_MEMORY;
    made->end.ops = &line;
    made->clock.ops = &time;
    made->begun = uv_hrtime();
    made->fd = terminal_open(path);
    if (made->fd < 0) {
        errno = -made->fd;
        free(made);
        return BLR_ERR_IO;
    }
    if (uv_loop_init(&made->loop) != 0) {
        close(made->fd);
        free(made);
        return BLR_ERR_NO_MEMORY;
    }
    (void)uv_timer_init(&made->loop, &made->timer);
    const int error = uv_poll_init(&made->loop, &made->poll, made->fd);
    made->poll.data = made;
    if (error) {
        uv_close((uv_handle_t *)&made->timer, NULL);
        (void)uv_run(&made->loop, UV_RUN_DEFAULT);
        (void)uv_loop_close(&made->loop);
        close(made->fd);
        free(made);
        errno = -error;
        return BLR_ERR_IO;
    }
    *serial = made;
    return 0;
}

void serial_close(struct serial *serial)
{
    if (!serial)
        return;
    while (serial->armed)
        cancel(&serial->clock, serial->armed);
    uv_close((uv_handle_t *)&serial->poll, NULL);
    uv_close((uv_handle_t *)&serial->timer, NULL);
    (void)uv_run(&serial->loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&serial->loop);
    close(serial->fd);
    free(serial);
}

struct byte_link_end *serial_end(struct serial *serial)
{
    return &serial->end;
}

struct clock *serial_clock(struct serial *serial)
{
    return &serial->clock;
}

bool serial_lost(const struct serial *serial)
{
    return serial->lost;
}
