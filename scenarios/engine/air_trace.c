/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700
#include "air_trace.h"

#include <errno.h>
#include <unistd.h>

#include "traces/writer.h"

static void both(struct trace_sink *sink, const struct trace_air_packet *packet)
{
    struct air_trace *trace = (struct air_trace *)(void *)sink; /* sink is its first member */

    for (size_t i = 0; i < AIR_VIEWS; i++) {
        struct trace_sink *view = trace_writer_sink(trace->views[i].writer);
        view->ops->air(view, packet);
    }
}

int air_trace_open(struct air_trace *trace, const char *folder, struct vitals *vitals,
                   const char **failed)
{
    static const struct trace_sink_ops ops = {.air = both};
    static const struct {
        const char *name;
        int (*open)(const char *path, struct trace_writer **writer);
    } views[AIR_VIEWS] = {
        {"air.pcap", trace_writer_air},
        {"air-raw.pcap", trace_writer_air_raw},
    };

    for (size_t i = 0; i < AIR_VIEWS; i++) {
        struct air_view *view = &trace->views[i];
        text_add(&view->path, "%s/%s", folder, views[i].name);
        text_add(&view->part, "%s.part", text_get(&view->path));
    }
    for (size_t i = 0; i < AIR_VIEWS; i++) {
        struct air_view *view = &trace->views[i];
        const int error = view->part.failed || view->path.failed
                              ? BLR_ERR_NO_MEMORY
                              : views[i].open(text_get(&view->path), &view->writer);
        if (error) {
            view->writer = NULL;
            *failed = text_get(&view->path);
            return error;
        }
        view->file.path = text_get(&view->part);
        vitals_add_file(vitals, &view->file);
    }
    trace->sink.ops = &ops;
    return BLR_OK;
}

int air_trace_close(struct air_trace *trace, bool keep, const char **failed)
{
    int first = BLR_OK, reason = 0;

    for (size_t i = 0; i < AIR_VIEWS; i++) {
        struct air_view *view = &trace->views[i];
        struct trace_writer *writer = view->writer;
        view->writer = NULL;
        if (!writer)
            continue;
        if (!keep || first) {
            trace_writer_abort(writer);
            continue;
        }
        first = trace_writer_close(writer);
        if (first) {
            reason = errno;
            *failed = text_get(&view->path);
        }
    }
    errno = reason;
    return first;
}

void air_trace_remove(struct air_trace *trace)
{
    for (size_t i = 0; i < AIR_VIEWS; i++)
        if (trace->views[i].path.len)
            unlink(text_get(&trace->views[i].path));
}

void air_trace_free(struct air_trace *trace)
{
    for (size_t i = 0; i < AIR_VIEWS; i++) {
        text_free(&trace->views[i].path);
        text_free(&trace->views[i].part);
    }
}
