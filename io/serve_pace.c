/* SPDX-License-Identifier: MIT */
/*
 * The clocks. Events of the room always run in the room's own order; a clock says only how far
 * virtual time may go. Waking late therefore reorders nothing: what was due meanwhile runs first,
 * and what came from outside is stamped with the time at which the room then stands.
 */
#define _XOPEN_SOURCE 700
#include <errno.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "serve_internal.h"

/* Events at a stretch, before the loop is looked at again. */
enum { STRETCH = 256 };

/* How far time may be behind the wall's before the rest is given up, where that is wanted. */
#define LAG_NS UINT64_C(5000000)

static void timer_due(uv_poll_t *poll, int status, int events)
{
    const struct serve *serve = poll->data;
    uint64_t count;

    (void)status;
    (void)events;
    /* Only so that it is no longer readable. */
    if (read(serve->timer_fd, &count, sizeof count) < 0 && errno != EAGAIN)
        return;
}

int pace_open(struct serve *serve)
{
    serve->base = serve->room->now(serve->user);
    serve->wall = uv_hrtime();
    if (serve->config->clock != SERVE_REALTIME)
        return 0;
    /* The loop's own timers count milliseconds, HCI takes a tenth of one. */
    serve->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (serve->timer_fd < 0)
        return -errno;
    const int error = uv_poll_init(&serve->loop, &serve->timer, serve->timer_fd);
    if (error)
        return error;
    serve->timer_open = true;
    serve->timer.data = serve;
    return uv_poll_start(&serve->timer, UV_READABLE, timer_due);
}

/* Where virtual time is to be now. */
static sim_ns present(const struct serve *serve)
{
    const uint64_t passed = uv_hrtime() - serve->wall;
    const uint64_t speed = serve->config->speed;

    if (passed > (SIM_NEVER - 1 - serve->base) / speed)
        return SIM_NEVER - 1;
    return serve->base + passed * speed;
}

/* False: events are left that are due by then. */
static bool catch_up(struct serve *serve, sim_ns until)
{
    for (unsigned i = 0; i < STRETCH; i++) {
        if (serve->room->over(serve->user))
            return true;
        if (!serve->room->step(serve->user, until)) {
            serve->room->run_until(serve->user, until);
            return true;
        }
    }
    return false;
}

static void arm(const struct serve *serve)
{
    const sim_ns next = serve->room->next(serve->user);
    struct itimerspec spec = {{0, 0}, {0, 0}};

    if (next != SIM_NEVER) {
        const uint64_t speed = serve->config->speed;
        const uint64_t ahead = next > serve->base ? next - serve->base : 0;
        const uint64_t at = serve->wall + ahead / speed + (ahead % speed != 0);
        spec.it_value.tv_sec = (time_t)(at / 1000000000U);
        spec.it_value.tv_nsec = (long)(at % 1000000000U);
    }
    (void)timerfd_settime(serve->timer_fd, TFD_TIMER_ABSTIME, &spec, NULL);
}

/*
 * What has come by now comes before what is due by now. Should the room be far behind, as after a
 * time in which the machine was busy elsewhere, it goes on from where it stands.
 */
static void look_back(struct serve *serve)
{
    const sim_ns now = present(serve);
    const sim_ns next = serve->room->next(serve->user);

    serve_drain(serve);
    if (next < now && (now - next) / serve->config->speed > LAG_NS) {
        serve->base = next;
        serve->wall = uv_hrtime();
    }
}

static bool run_realtime(struct serve *serve)
{
    if (serve->config->lag)
        look_back(serve);
    if (!catch_up(serve, present(serve)))
        return true;
    arm(serve);
    return false;
}

static void asked_again(uv_timer_t *timer)
{
    (void)timer; /* the loop has come round, and pace_run() follows */
}

/* As room->debt(). */
static bool owes(struct serve *serve)
{
    const uint64_t wall_ms = uv_now(&serve->loop);
    uint64_t again_ms = SIM_NEVER;
    const bool debt = serve->room->debt(serve->user, wall_ms, &again_ms);

    if (!debt && again_ms != SIM_NEVER)
        (void)uv_timer_start(&serve->patience, asked_again,
                             again_ms > wall_ms ? again_ms - wall_ms : 0, 0);
    return debt;
}

/* The instant in which the debt was paid is run to its end. */
static bool may_step(struct serve *serve)
{
    const struct serve_room *room = serve->room;

    return !room->over(serve->user) &&
           (room->next(serve->user) == room->now(serve->user) || owes(serve));
}

static bool run_fast(struct serve *serve)
{
    for (unsigned i = 0; i < STRETCH; i++) {
        if (serve->some_gone)
            return true;
        if (!may_step(serve) || !serve->room->step(serve->user, SIM_NEVER))
            return false;
    }
    return true;
}

bool pace_run(struct serve *serve)
{
    switch (serve->config->clock) {
    case SERVE_REALTIME:
        return run_realtime(serve);
    case SERVE_FAST:
        return run_fast(serve);
    case SERVE_LOCKSTEP:
        return control_run(serve);
    }
    return false;
}

void pace_input(struct serve *serve)
{
    if (serve->config->clock != SERVE_REALTIME)
        return;
    if (!serve->config->lag) {
        (void)catch_up(serve, present(serve));
        return;
    }
    /* Nothing is due before that, and what comes now arrives before what is due then. */
    const sim_ns now = present(serve);
    const sim_ns next = serve->room->next(serve->user);
    const sim_ns until = next <= now ? next - 1 : now;
    if (next > 0 && until > serve->room->now(serve->user))
        serve->room->run_until(serve->user, until);
}
