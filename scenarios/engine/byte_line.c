/* SPDX-License-Identifier: MIT */
#include "byte_line.h"

#include <string.h>

static void arm(struct byte_pipe *pipe, sim_ns delay_ns)
{
    sim_timer_arm(&pipe->timer, sim_world_now(pipe->line->actor->world) + delay_ns);
}

static int pipe_send(struct byte_link_end *end, const uint8_t *bytes, size_t len)
{
    struct byte_pipe *pipe = (struct byte_pipe *)end; /* `end` is its first member */

    if (len > sizeof pipe->octets)
        return BLR_ERR_TOO_LONG;
    if (!pipe->line->actor || len == 0)
        return 0;
    if (len > sizeof pipe->octets - pipe->used) {
        pipe->wanted = len;
        return BLR_ERR_AGAIN;
    }
    memcpy(pipe->octets + pipe->used, bytes, len);
    pipe->used += len;
    if (!timer_armed(&pipe->timer) && !pipe->held)
        arm(pipe, pipe->line->latency_ns);
    return 0;
}

/* The receiver at `end` takes octets again. */
static void pipe_resume(struct byte_link_end *end)
{
    struct byte_pipe *pipe = ((struct byte_pipe *)end)->reverse;

    if (!pipe->held)
        return;
    pipe->held = false;
    arm(pipe, 0);
}

static const struct byte_link_ops pipe_ops = {.send = pipe_send, .resume = pipe_resume};

static void tell_writable(struct byte_pipe *pipe)
{
    const struct byte_link_party *sender = pipe->end.party;

    if (pipe->wanted == 0 || pipe->wanted > sizeof pipe->octets - pipe->used)
        return;
    pipe->wanted = 0;
    if (sender && sender->writable)
        sender->writable(pipe->end.user);
}

static void deliver(void *user)
{
    struct byte_pipe *pipe = user;
    const struct byte_link_end *to = &pipe->reverse->end;
    size_t taken = pipe->used;

    if (pipe->used == 0)
        return;

    /* Whoever is told to go on meanwhile has the timer armed. */
    pipe->held = true;
    if (to->party)
        taken = to->party->received(to->user, pipe->octets, pipe->used);
    pipe->used -= taken;
    memmove(pipe->octets, pipe->octets + taken, pipe->used);
    if (pipe->used == 0)
        pipe->held = false;
    tell_writable(pipe);
}

static void pipe_init(struct byte_pipe *pipe, struct byte_line *line, struct byte_pipe *reverse)
{
    pipe->end = (struct byte_link_end){.ops = &pipe_ops};
    pipe->line = line;
    pipe->reverse = reverse;
    pipe->used = pipe->wanted = 0;
    pipe->held = false;
    sim_timer_init(&pipe->timer, line->actor, SIM_PHASE_HCI, deliver, pipe);
}

void byte_line_init(struct byte_line *line, struct sim_actor *actor, sim_ns latency_ns)
{
    line->actor = actor;
    line->latency_ns = latency_ns;
    pipe_init(&line->up, line, &line->down);
    pipe_init(&line->down, line, &line->up);
}

void byte_line_fini(struct byte_line *line)
{
    sim_timer_cancel(&line->up.timer);
    sim_timer_cancel(&line->down.timer);
    line->up.used = line->down.used = 0;
    line->up.held = line->down.held = false;
    line->actor = NULL;
}

void byte_line_flush(struct byte_pipe *pipe)
{
    pipe->used = 0;
    pipe->held = false;
    sim_timer_cancel(&pipe->timer);
    tell_writable(pipe);
}

bool byte_line_busy(const struct byte_line *line)
{
    return timer_armed(&line->up.timer) || timer_armed(&line->down.timer);
}
