/* SPDX-License-Identifier: MIT */
/*
 * What the trace writers share. Reading order of this folder: traces/writer.h, writer.c (the life
 * of a writer), btsnoop.c and air_pcap.c (the formats as written), reader.c (the formats as read),
 * dump.c (one line a packet) and its layers dump_*.c.
 */
#ifndef WRITER_FILE_H
#define WRITER_FILE_H

#include "part_file.h"
#include "traces/writer.h"

/* 2020-01-01T00:00:00Z, where virtual time begins, in seconds of the Unix epoch. */
#define TRACE_WORLD_ZERO_UNIX_S INT64_C(1577836800)

/* How one format ends: flushes and closes part.file. Returns 0, or an errno. */
typedef int writer_close_fn(struct trace_writer *writer);

struct trace_writer {
    struct trace_sink sink; /* first: sinks are handed out and come back */
    struct part_file part;
    writer_close_fn *close;
    void *format; /* the format's own */
    int error;    /* errno of the first write that failed; nothing is written behind it */
};

/* Allocates a writer and opens its part. */
int writer_new(const char *path, struct trace_writer **writer) BLR_MUST_CHECK;
/* Closes the stream of a writer whose format could not be set up, and frees it. Keeps errno. */
void writer_drop(struct trace_writer *writer);

static inline struct trace_writer *writer_of(struct trace_sink *sink)
{
    return (struct trace_writer *)(void *)sink;
}

#endif
