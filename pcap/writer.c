/* SPDX-License-Identifier: MIT */
/* The life of a trace writer, whatever its format. */
#include <errno.h>
#include <stdlib.h>

#include "writer_file.h"

int writer_new(const char *path, struct trace_writer **writer)
{
    struct trace_writer *w = calloc(1, sizeof *w);

    if (!w)
        return BLR_ERR_NO_MEMORY;
    const int error = part_file_open(&w->part, path);
    if (error) {
        const int reason = errno;
        free(w);
        errno = reason;
        return error;
    }
    *writer = w;
    return BLR_OK;
}

void writer_drop(struct trace_writer *writer)
{
    const int reason = errno;

    if (writer->part.file)
        (void)fclose(writer->part.file);
    part_file_discard(&writer->part);
    free(writer);
    errno = reason;
}

struct trace_sink *trace_writer_sink(struct trace_writer *writer)
{
    return &writer->sink;
}

int trace_writer_close(struct trace_writer *writer)
{
    const int reason = writer->close(writer);
    int error = BLR_ERR_IO;

    if (!writer->error)
        writer->error = reason;
    errno = writer->error;
    if (writer->error)
        part_file_discard(&writer->part);
    else
        error = part_file_commit(&writer->part);
    const int kept = errno;
    free(writer);
    errno = kept;
    return error;
}

void trace_writer_abort(struct trace_writer *writer)
{
    if (!writer)
        return;
    (void)writer->close(writer);
    part_file_discard(&writer->part);
    free(writer);
}
