/* SPDX-License-Identifier: MIT */
/*
 * Actors and radios keep the order of the names, in whichever order they come and go: ranks, the
 * list of actors, the list of radios.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "radio_medium.h"
#include "rows.h"
#include "sim/stream.h"
#include "sim/world.h"

#define ACTORS 600U

struct device {
    struct sim_actor actor;
    struct radio radio[2];
    unsigned radios;
    bool here;
    char name[80];
};

struct room {
    struct sim_world *world;
    struct device device[ACTORS];
    struct device *by_name[ACTORS];
};

static const struct radio_ops ops;

static int compare(const void *a, const void *b)
{
    const struct device *const *x = a, *const *y = b;

    return strcmp((*x)->name, (*y)->name);
}

static void check_order(struct room *room)
{
    const struct radio *radio = room->world ? sim_world_medium(room->world)->all : NULL;
    const struct sim_actor *last = NULL;

    for (unsigned i = 0; i < ACTORS; i++) {
        const struct device *device = room->by_name[i];

        if (!device->here)
            continue;
        assert_ptr_equal(device->actor.prev, last);
        assert_true(!last || (last->rank < device->actor.rank && last->next == &device->actor));
        last = &device->actor;
        for (unsigned j = 0; j < device->radios; j++) {
            assert_ptr_equal(radio, &device->radio[j]);
            radio = radio->all_next;
        }
    }
    assert_null(radio);
    assert_true(!last || !last->next);
}

static void set_radios(struct device *device, unsigned radios)
{
    while (device->radios < radios)
        radio_init(&device->radio[device->radios++], &device->actor, &ops, NULL);
    while (device->radios > radios)
        radio_fini(&device->radio[--device->radios]);
}

static void join(struct room *room, struct device *device, unsigned radios)
{
    assert_int_equal(sim_actor_join(&device->actor, room->world, device->name), 0);
    device->here = true;
    device->radios = 0;
    set_radios(device, radios);
}

static void leave(struct device *device)
{
    set_radios(device, 0);
    sim_actor_leave(&device->actor);
    device->here = false;
}

static void name_up(char *name, size_t size, unsigned n)
{
    snprintf(name, size, "d%04u", n);
}

static void name_counted(char *name, size_t size, unsigned n)
{
    snprintf(name, size, "d%u", n);
}

static void name_down(char *name, size_t size, unsigned n)
{
    snprintf(name, size, "d%04u", ACTORS - n);
}

static void name_mixed(char *name, size_t size, unsigned n)
{
    snprintf(name, size, "%08x", n * 0x9E3779B1U);
}

/* Each between the two before it: no gap between ranks lasts. */
static void name_between(char *name, size_t size, unsigned n)
{
    snprintf(name, size, "%c%04u", n % 2 ? 'b' : 'a', n % 2 ? ACTORS - n : n);
}

static const struct row {
    const char *name;
    void (*make)(char *name, size_t size, unsigned n);
} rows[] = {
    {"ascending", name_up},   {"counted", name_counted}, {"descending", name_down},
    {"mixed", name_mixed},    {"between", name_between},
};

static void in_order(void **state)
{
    const struct row *row = *state;
    struct room *room = calloc(1, sizeof *room);
    struct sim_stream stream;

    assert_non_null(room);
    room->world = sim_world_new(1);
    assert_non_null(room->world);
    sim_stream_init(&stream, 1, row->name, "actors");
    for (unsigned i = 0; i < ACTORS; i++) {
        row->make(room->device[i].name, sizeof room->device[i].name, i);
        room->by_name[i] = &room->device[i];
    }
    qsort(room->by_name, ACTORS, sizeof room->by_name[0], compare);
    for (unsigned i = 0; i < ACTORS; i++) {
        join(room, &room->device[i], i % 3);
        check_order(room);
    }
    /* They come and go, and their radios too. */
    for (unsigned i = 0; i < 2000; i++) {
        struct device *device = &room->device[sim_stream_below(&stream, ACTORS)];
        struct sim_actor again;

        if (device->here && sim_stream_below(&stream, 2)) {
            set_radios(device, sim_stream_below(&stream, 3));
        } else if (device->here) {
            assert_int_equal(sim_actor_join(&again, room->world, device->name), BLR_ERR_BUSY);
            leave(device);
        } else {
            join(room, device, sim_stream_below(&stream, 3));
        }
        if (i % 50 == 0)
            check_order(room);
    }
    for (unsigned i = 0; i < ACTORS; i++) {
        if (room->device[i].here)
            leave(&room->device[i]);
    }
    check_order(room);
    sim_world_free(room->world);
    free(room);
}

int main(void)
{
    return RUN_ROWS(rows, in_order);
}
