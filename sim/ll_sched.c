/* SPDX-License-Identifier: MIT */
#include "ll_sched.h"

#include <assert.h>

static unsigned urgency(const struct ll_slot *slot)
{
    return (unsigned)slot->priority + slot->losses;
}

static void count_loss(struct ll_slot *slot)
{
    if (slot->losses < UINT8_MAX)
        slot->losses++;
}

static void arm(struct ll_sched *sched)
{
    if (sched->running)
        return;
    if (!sched->queue)
        sim_timer_cancel(&sched->timer);
    else if (!timer_armed(&sched->timer) || sched->timer.at != sched->queue->wake)
        sim_timer_arm(&sched->timer, sched->queue->wake);
}

static void unlink_slot(struct ll_slot **list, const struct ll_slot *slot)
{
    for (; *list; list = &(*list)->next) {
        if (*list == slot) {
            *list = slot->next;
            return;
        }
    }
}

static void wait_in_background(struct ll_sched *sched, struct ll_slot *slot)
{
    struct ll_slot **at = &sched->waiting;

    while (*at)
        at = &(*at)->next;
    slot->next = NULL;
    *at = slot;
    slot->place = LL_SLOT_WAITING;
}

static void hold(struct ll_sched *sched, struct ll_slot *slot)
{
    sched->holder = slot;
    slot->place = LL_SLOT_HOLDING;
    if (slot->background)
        slot->losses = 0;
    slot->ops->begin(slot);
}

/* Takes the radio from its holder, if there is one. */
static void interrupt(struct ll_sched *sched)
{
    struct ll_slot *slot = sched->holder;

    if (!slot)
        return;
    sched->holder = NULL;
    slot->place = LL_SLOT_IDLE;
    radio_stop(sched->radio);
    if (slot->background)
        wait_in_background(sched, slot);
    else
        count_loss(slot);
    slot->ops->stop(slot);
}

/* Somebody more urgent holds the radio or will want it before this reservation ends. */
static bool outranked(const struct ll_sched *sched, const struct ll_slot *slot)
{
    const struct ll_slot *holder = sched->holder;

    if (holder && !holder->background && urgency(holder) >= urgency(slot))
        return true;
    for (const struct ll_slot *other = sched->queue; other && other->wake < slot->end;
         other = other->next) {
        if (!other->background && urgency(other) > urgency(slot))
            return true;
    }
    return false;
}

static void background_due(struct ll_sched *sched, struct ll_slot *slot)
{
    const struct ll_slot *holder = sched->holder;

    if (holder && (!holder->background || urgency(holder) >= urgency(slot))) {
        if (holder->background)
            count_loss(slot);
        wait_in_background(sched, slot);
        return;
    }
    interrupt(sched);
    hold(sched, slot);
}

static void due(void *user)
{
    struct ll_sched *sched = user;
    const sim_ns now = sim_world_now(sched->world);

    sched->running = true;
    while (sched->queue && sched->queue->wake <= now) {
        struct ll_slot *slot = sched->queue;

        sched->queue = slot->next;
        slot->place = LL_SLOT_IDLE;
        if (slot->background) {
            background_due(sched, slot);
        } else if (outranked(sched, slot)) {
            count_loss(slot);
            slot->ops->lost(slot);
        } else {
            interrupt(sched);
            hold(sched, slot);
        }
    }
    sched->running = false;
    arm(sched);
}

/* Gives a free radio to the most urgent background slot whose time has not run out. */
static void resume_background(struct ll_sched *sched)
{
    const sim_ns now = sim_world_now(sched->world);

    while (sched->waiting && !sched->holder) {
        struct ll_slot *best = sched->waiting;

        for (struct ll_slot *slot = best->next; slot; slot = slot->next) {
            if (urgency(slot) > urgency(best))
                best = slot;
        }
        unlink_slot(&sched->waiting, best);
        best->place = LL_SLOT_IDLE;
        if (best->end <= now)
            best->ops->lost(best);
        else
            hold(sched, best);
    }
}

void ll_sched_init(struct ll_sched *sched, struct sim_actor *actor, struct radio *radio)
{
    *sched = (struct ll_sched){.world = actor->world, .radio = radio};
    sim_timer_init(&sched->timer, actor, SIM_PHASE_LL, due, sched);
}

void ll_sched_fini(struct ll_sched *sched)
{
    assert(!sched->queue && !sched->waiting && !sched->holder);
    sim_timer_cancel(&sched->timer);
}

void ll_slot_init(struct ll_slot *slot, const struct ll_slot_ops *ops, void *user)
{
    *slot = (struct ll_slot){.ops = ops, .user = user};
}

void ll_sched_reserve(struct ll_sched *sched, struct ll_slot *slot, sim_ns start, sim_ns end)
{
    struct ll_slot **at = &sched->queue;

    assert(slot->place == LL_SLOT_IDLE);
    slot->start = start;
    slot->end = end;
    slot->wake = slot->background || start < LL_SCHED_LEAD ? start : start - LL_SCHED_LEAD;
    while (*at && (*at)->wake <= slot->wake)
        at = &(*at)->next;
    slot->next = *at;
    *at = slot;
    slot->place = LL_SLOT_QUEUED;
    arm(sched);
}

void ll_sched_cancel(struct ll_sched *sched, struct ll_slot *slot)
{
    const enum ll_slot_place place = slot->place;

    slot->place = LL_SLOT_IDLE;
    slot->losses = 0;
    switch (place) {
    case LL_SLOT_IDLE:
        break;
    case LL_SLOT_QUEUED:
        unlink_slot(&sched->queue, slot);
        arm(sched);
        break;
    case LL_SLOT_WAITING:
        unlink_slot(&sched->waiting, slot);
        break;
    case LL_SLOT_HOLDING:
        radio_stop(sched->radio);
        sched->holder = NULL;
        resume_background(sched);
        break;
    }
}

void ll_sched_release(struct ll_sched *sched, struct ll_slot *slot)
{
    assert(sched->holder == slot);
    /* Not before: one that is interrupted again and again has got nothing either. */
    slot->losses = 0;
    sched->holder = NULL;
    slot->place = LL_SLOT_IDLE;
    resume_background(sched);
}

bool ll_sched_extend(struct ll_sched *sched, struct ll_slot *slot, sim_ns until)
{
    for (const struct ll_slot *other = sched->queue; other && other->wake < until;
         other = other->next) {
        if (!other->background && urgency(other) >= urgency(slot))
            return false;
    }
    if (slot->end < until)
        slot->end = until;
    return true;
}

bool ll_sched_free_until(const struct ll_sched *sched, sim_ns until)
{
    for (const struct ll_slot *other = sched->queue; other && other->wake < until;
         other = other->next) {
        if (!other->background)
            return false;
    }
    return true;
}
