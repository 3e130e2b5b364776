/* SPDX-License-Identifier: MIT */
/* What is on the air, written in both views at once: air.pcap decoded, air-raw.pcap as sent. */
#ifndef ENGINE_AIR_TRACE_H
#define ENGINE_AIR_TRACE_H

#include "engine/vitals.h"
#include "text.h"
#include "wire/error.h"
#include "wire/trace_sink.h"

enum { AIR_VIEWS = 2 };

struct air_view {
    struct trace_writer *writer;
    struct text path, part;
    struct vitals_file file;
};

/* All zero to begin with. */
struct air_trace {
    struct trace_sink sink;
    struct air_view views[AIR_VIEWS];
};

/*
 * Opens both files in a folder; from then on `sink` writes to both. Nonzero, an error of
 * traces/writer.h: *failed is the path that cannot be written, and air_trace_close() is due.
 */
int air_trace_open(struct air_trace *trace, const char *folder, struct vitals *vitals,
                   const char **failed) BLR_MUST_CHECK;

/* Closes what is open, to keep or to drop. Nonzero as above, errno too, of the first that failed. */
int air_trace_close(struct air_trace *trace, bool keep, const char **failed) BLR_MUST_CHECK;

/* Removes the files of both names, whoever wrote them; none if they were never opened. */
void air_trace_remove(struct air_trace *trace);

void air_trace_free(struct air_trace *trace);

#endif
