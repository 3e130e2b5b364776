/* SPDX-License-Identifier: MIT */
/*
 * The clock and the queue of events: a pairing heap whose links are in the timers themselves, so
 * that arming never allocates and cannot fail.
 *
 * A node's `prev` is its parent if it is the first child, else its left sibling.
 *
 * The actors: a list by name, and over it a treap, by name from left to right and by weight from
 * top to bottom. Ranks are numbers with gaps between them, which are spread anew over all actors
 * when there is no number left between two.
 */
#include "sim/world.h"

#include <stdlib.h>
#include <string.h>

#include "radio_medium.h"

struct sim_world {
    uint64_t seed;
    sim_ns now;
    uint64_t seq;
    uint64_t events;
    struct timer *heap;
    struct timer *held; /* due, but their actor stands still; the latest first */
    struct sim_actor *actors; /* the tree's top */
    uint32_t joined;          /* so far; for weights */
    struct radio_medium *medium;
};

/* timer->slot */
enum {
    SLOT_IDLE,
    SLOT_ARMED,
    SLOT_HELD,
};

static bool before(const struct timer *a, const struct timer *b)
{
    if (a->at != b->at)
        return a->at < b->at;
    if (a->phase != b->phase)
        return a->phase < b->phase;
    if (a->owner != b->owner) {
        const struct sim_actor *x = a->owner;
        const struct sim_actor *y = b->owner;
        return x->rank < y->rank;
    }
    return a->seq < b->seq;
}

/* Both are roots: no siblings. Either may be NULL. */
static struct timer *meld(struct timer *a, struct timer *b)
{
    if (!a)
        return b;
    if (!b)
        return a;
    if (before(b, a)) {
        struct timer *t = a;
        a = b;
        b = t;
    }
    b->prev = a;
    b->next = a->child;
    if (a->child)
        a->child->prev = b;
    a->child = b;
    return a;
}

/* Melds a list of siblings into one root: in pairs from the left, then from the right. */
static struct timer *meld_siblings(struct timer *first)
{
    struct timer *pairs = NULL;

    while (first) {
        struct timer *a = first;
        struct timer *b = a->next;
        first = b ? b->next : NULL;
        a->next = NULL;
        if (b)
            b->next = NULL;
        a = meld(a, b);
        a->next = pairs;
        pairs = a;
    }
    struct timer *root = NULL;
    while (pairs) {
        struct timer *a = pairs;
        pairs = a->next;
        a->next = NULL;
        root = meld(root, a);
    }
    if (root)
        root->prev = NULL;
    return root;
}

static void take_out_of_held(struct sim_world *world, struct timer *timer)
{
    if (timer->prev)
        timer->prev->next = timer->next;
    else
        world->held = timer->next;
    if (timer->next)
        timer->next->prev = timer->prev;
    timer->next = timer->prev = NULL;
    timer->slot = SLOT_IDLE;
}

static void take_out(struct sim_world *world, struct timer *timer)
{
    if (timer->slot == SLOT_HELD) {
        take_out_of_held(world, timer);
        return;
    }
    struct timer *children = meld_siblings(timer->child);

    if (timer == world->heap) {
        world->heap = children;
    } else {
        if (timer->prev->child == timer)
            timer->prev->child = timer->next;
        else
            timer->prev->next = timer->next;
        if (timer->next)
            timer->next->prev = timer->prev;
        world->heap = meld(world->heap, children);
    }
    timer->child = timer->next = timer->prev = NULL;
    timer->slot = SLOT_IDLE;
}

void sim_timer_init(struct timer *timer, struct sim_actor *actor, enum sim_phase phase, timer_fn *fn,
                    void *user)
{
    timer_init(timer, fn, user);
    timer->owner = actor;
    timer->phase = (uint8_t)phase;
}

static bool is_held(const struct timer *timer)
{
    const struct sim_actor *actor = timer->owner;

    return actor->held_phases >> timer->phase & 1;
}

static void hold(struct sim_world *world, struct timer *timer)
{
    timer->next = world->held;
    if (world->held)
        world->held->prev = timer;
    world->held = timer;
    timer->slot = SLOT_HELD;
}

void sim_timer_arm(struct timer *timer, sim_ns at)
{
    const struct sim_actor *actor = timer->owner;
    struct sim_world *world = actor->world;

    if (timer->slot)
        take_out(world, timer);
    timer->at = at < world->now ? world->now : at;
    timer->seq = world->seq++;
    if (is_held(timer)) {
        timer->at = actor->held_since + (timer->at - world->now);
        hold(world, timer);
        return;
    }
    timer->slot = SLOT_ARMED;
    world->heap = meld(world->heap, timer);
}

void sim_timer_cancel(struct timer *timer)
{
    if (timer->slot) {
        const struct sim_actor *actor = timer->owner;
        take_out(actor->world, timer);
    }
}

bool sim_world_step(struct sim_world *world, sim_ns limit)
{
    struct timer *timer = world->heap;

    if (!timer || timer->at > limit)
        return false;
    world->now = timer->at;
    take_out(world, timer);
    if (is_held(timer)) {
        hold(world, timer);
        return true;
    }
    world->events++;
    timer->fn(timer->user);
    return true;
}

void sim_actor_hold(struct sim_actor *actor, unsigned phases)
{
    if (!actor->held_phases)
        actor->held_since = actor->world->now;
    actor->held_phases = (uint8_t)phases;
}

/* Takes every timer out, those that are held too, into a list by `next`. */
static struct timer *take_all_out(struct sim_world *world)
{
    struct timer *all = NULL;

    while (world->heap || world->held) {
        struct timer *timer = world->heap ? world->heap : world->held;
        take_out(world, timer);
        timer->next = all;
        all = timer;
    }
    return all;
}

void sim_actor_release(struct sim_actor *actor)
{
    struct sim_world *world = actor->world;
    const sim_ns passed = world->now - actor->held_since;
    struct timer *all = take_all_out(world);

    while (all) {
        struct timer *timer = all;
        all = timer->next;
        timer->next = NULL;
        if (timer->owner == actor && is_held(timer)) {
            timer->at = timer->at < SIM_NEVER - passed ? timer->at + passed : SIM_NEVER;
        } else if (timer->at < world->now) {
            hold(world, timer); /* another actor's, which is held as well */
            continue;
        }
        timer->slot = SLOT_ARMED;
        world->heap = meld(world->heap, timer);
    }
    actor->held_phases = 0;
}

sim_ns sim_world_next(const struct sim_world *world)
{
    return world->heap ? world->heap->at : SIM_NEVER;
}

void sim_world_run_until(struct sim_world *world, sim_ns deadline)
{
    while (sim_world_step(world, deadline)) {
    }
    if (world->now < deadline)
        world->now = deadline;
}

bool sim_world_run_while(struct sim_world *world, bool (*done)(void *user), void *user,
                         sim_ns deadline)
{
    while (!done(user))
        if (!sim_world_step(world, deadline)) {
            if (world->now < deadline)
                world->now = deadline;
            return false;
        }
    return true;
}

struct sim_world *sim_world_new(uint64_t seed)
{
    struct sim_world *world = calloc(1, sizeof *world);

    if (!world)
        return NULL;
    world->seed = seed;
    world->medium = radio_medium_new(world);
    if (!world->medium) {
        free(world);
        return NULL;
    }
    return world;
}

void sim_world_free(struct sim_world *world)
{
    if (!world)
        return;
    radio_medium_free(world->medium);
    free(world);
}

uint64_t sim_world_seed(const struct sim_world *world)
{
    return world->seed;
}

sim_ns sim_world_now(const struct sim_world *world)
{
    return world->now;
}

uint64_t sim_world_events(const struct sim_world *world)
{
    return world->events;
}

struct radio_medium *sim_world_medium(struct sim_world *world)
{
    return world->medium;
}

/* --- actors --- */

/* Parts a tree into those before the name and those behind it. */
static void tree_split(struct sim_actor *node, const char *name, struct sim_actor **before,
                       struct sim_actor **behind)
{
    while (node) {
        if (strcmp(node->name, name) < 0) {
            *before = node;
            before = &node->right;
            node = node->right;
        } else {
            *behind = node;
            behind = &node->left;
            node = node->left;
        }
    }
    *before = NULL;
    *behind = NULL;
}

static struct sim_actor **tree_find(struct sim_actor **at, const char *name, uint32_t above_weight)
{
    while (*at && (*at)->weight > above_weight) {
        const int order = strcmp(name, (*at)->name);

        if (order == 0)
            break;
        at = order < 0 ? &(*at)->left : &(*at)->right;
    }
    return at;
}

static void tree_remove(struct sim_actor **at)
{
    struct sim_actor *left = (*at)->left, *right = (*at)->right;

    while (left && right) {
        if (left->weight > right->weight) {
            *at = left;
            at = &left->right;
            left = left->right;
        } else {
            *at = right;
            at = &right->left;
            right = right->left;
        }
    }
    *at = left ? left : right;
}

static void spread_ranks(struct sim_actor *first)
{
    uint64_t count = 0, rank = 0;

    while (first->prev)
        first = first->prev;
    for (const struct sim_actor *actor = first; actor; actor = actor->next)
        count++;
    for (struct sim_actor *actor = first; actor; actor = actor->next)
        actor->rank = rank += UINT64_MAX / (count + 1);
}

/* It stands between its neighbours in the list. */
static void take_rank(struct sim_actor *actor)
{
    const uint64_t step = UINT64_C(1) << 32; /* to leave room behind the last */
    const uint64_t low = actor->prev ? actor->prev->rank : 0;
    const uint64_t gap = (actor->next ? actor->next->rank : UINT64_MAX) - low;

    if (gap < 2)
        spread_ranks(actor);
    else
        actor->rank = low + (!actor->next && gap > step ? step : gap / 2);
}

int sim_actor_join(struct sim_actor *actor, struct sim_world *world, const char *name)
{
    struct sim_actor *prev = NULL, *next = NULL;

    for (struct sim_actor *node = world->actors; node;) {
        const int order = strcmp(name, node->name);

        if (order == 0)
            return BLR_ERR_BUSY;
        if (order < 0)
            next = node;
        else
            prev = node;
        node = order < 0 ? node->left : node->right;
    }
    *actor = (struct sim_actor){.world = world, .name = name, .prev = prev, .next = next};
    /* The multiples of the golden ratio: no order of joining makes a list of the tree. */
    actor->weight = ++world->joined * 0x9E3779B9U;
    struct sim_actor **at = tree_find(&world->actors, name, actor->weight);
    tree_split(*at, name, &actor->left, &actor->right);
    *at = actor;
    if (prev)
        prev->next = actor;
    if (next)
        next->prev = actor;
    take_rank(actor);
    return 0;
}

void sim_actor_leave(struct sim_actor *actor)
{
    struct sim_actor **at = tree_find(&actor->world->actors, actor->name, 0);

    if (*at != actor)
        return;
    tree_remove(at);
    if (actor->prev)
        actor->prev->next = actor->next;
    if (actor->next)
        actor->next->prev = actor->prev;
    actor->prev = actor->next = NULL;
}

static const struct sim_clock *sim_clock_of(const struct clock *clock)
{
    return (const struct sim_clock *)(const void *)((const char *)clock -
                                                    offsetof(struct sim_clock, clock));
}

static sim_ns clock_now_op(const struct clock *clock)
{
    return sim_clock_of(clock)->actor->world->now;
}

static void clock_arm_op(struct clock *clock, struct timer *timer, sim_ns at)
{
    const struct sim_clock *self = sim_clock_of(clock);

    timer->owner = self->actor;
    timer->phase = (uint8_t)self->phase;
    sim_timer_arm(timer, at);
}

static void clock_cancel_op(struct clock *clock, struct timer *timer)
{
    (void)clock;
    sim_timer_cancel(timer);
}

void sim_clock_init(struct sim_clock *clock, struct sim_actor *actor, enum sim_phase phase)
{
    static const struct clock_ops ops = {clock_now_op, clock_arm_op, clock_cancel_op};

    *clock = (struct sim_clock){.clock = {&ops}, .actor = actor, .phase = phase};
}
