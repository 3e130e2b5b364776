/* SPDX-License-Identifier: MIT */
/* The controllers that hosts outside the process have, and their traces. */
#ifndef ENGINE_SERVED_H
#define ENGINE_SERVED_H

#include "engine/serve.h"
#include "engine/vitals.h"
#include "run.h"

/* One name of an end. It stays when its client goes, and with it the trace. */
struct served {
    struct served *next;
    size_t end;
    unsigned number;
    char name[NAME_SIZE + 16];
    struct sim_controller *controller; /* NULL: nobody is there, or a dongle is */
    struct served_dongle *dongle;
    bool asked;      /* it waits for its host's answer, */
    bool given_up;   /* and time does not stand for it any more */
    uint64_t since_ms; /* the wall's time */
    struct trace_writer *writer;
    struct text path, part;
    struct vitals_file file;
};

/* Lets time pass for hosts outside, until the run is over or they are served no longer. */
void served_drive(struct run *run, const struct room_serve_options *options);

/* Stops tracing; the files get their names, or are dropped. */
void served_close_traces(struct run *run, bool keep);
void served_remove_traces(struct run *run);
void served_close_all(struct run *run);

#endif
