/* SPDX-License-Identifier: MIT */
/*
 * What another thread, a watchdog, may look at while a scenario runs: whether it gets ahead, where
 * it was last, and which files have to go should it never return.
 */
#ifndef ENGINE_VITALS_H
#define ENGINE_VITALS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { VITALS_PLACE_WORDS = 10, VITALS_PLACE_SIZE = VITALS_PLACE_WORDS * 8 };

/* A file without its final name. Embedded in its owner, who keeps both until vitals_forget(). */
struct vitals_file {
    struct vitals_file *next;
    const char *path;
};

/* All zero to begin with. */
struct vitals {
    atomic_uint_fast64_t beats;                     /* counted up as the scenario gets ahead */
    atomic_uint_fast64_t place[VITALS_PLACE_WORDS]; /* of vitals_enter(), text; empty: nowhere */
    atomic_bool files_held;                         /* lock of files */
    struct vitals_file *files;
};

/* --- for the thread that runs the scenario; NULL is fine --- */

void vitals_beat(struct vitals *vitals);

/* A call begins that may never return: "bad.lua:3". NULL: it has returned. */
void vitals_enter(struct vitals *vitals, const char *place);

void vitals_add_file(struct vitals *vitals, struct vitals_file *file);

/* From now on no file is removed. Does not return when vitals_end() was called. */
void vitals_forget(struct vitals *vitals);

/* --- for the other thread; nothing of it allocates or waits for long --- */

/* Where the scenario is, "" when that is not known. */
void vitals_place(struct vitals *vitals, char place[static VITALS_PLACE_SIZE]);

/* Removes the files. The program must be ended after this. */
void vitals_end(struct vitals *vitals);

#endif
