/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700
#include "engine/vitals.h"

#include <sched.h>
#include <string.h>
#include <unistd.h>

void vitals_beat(struct vitals *vitals)
{
    if (vitals)
        atomic_fetch_add_explicit(&vitals->beats, 1, memory_order_relaxed);
}

void vitals_enter(struct vitals *vitals, const char *place)
{
    uint64_t words[VITALS_PLACE_WORDS] = {0};

    if (!vitals)
        return;
    if (!place) {
        atomic_store_explicit(&vitals->place[0], 0, memory_order_relaxed);
        return;
    }
    const size_t len = strlen(place);
    memcpy(words, place, len < sizeof words ? len : sizeof words - 1);
    for (size_t i = 0; i < VITALS_PLACE_WORDS; i++)
        atomic_store_explicit(&vitals->place[i], words[i], memory_order_relaxed);
}

void vitals_place(struct vitals *vitals, char place[static VITALS_PLACE_SIZE])
{
    for (size_t i = 0; i < VITALS_PLACE_WORDS; i++) {
        const uint64_t word = atomic_load_explicit(&vitals->place[i], memory_order_relaxed);
        memcpy(place + i * sizeof word, &word, sizeof word);
    }
    place[VITALS_PLACE_SIZE - 1] = '\0';
}

static void hold(struct vitals *vitals)
{
    while (atomic_exchange(&vitals->files_held, true))
        sched_yield();
}

void vitals_add_file(struct vitals *vitals, struct vitals_file *file)
{
    if (!vitals)
        return;
    hold(vitals);
    file->next = vitals->files;
    vitals->files = file;
    atomic_store(&vitals->files_held, false);
}

void vitals_forget(struct vitals *vitals)
{
    if (!vitals)
        return;
    hold(vitals);
    vitals->files = NULL;
    atomic_store(&vitals->files_held, false);
}

void vitals_end(struct vitals *vitals)
{
    /* Never let go of: whoever runs on in spite of all makes no file its final one. */
    hold(vitals);
    for (const struct vitals_file *file = vitals->files; file; file = file->next)
        unlink(file->path);
}
