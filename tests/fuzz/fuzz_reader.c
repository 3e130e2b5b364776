/* SPDX-License-Identifier: MIT */
/* A file of any bytes: read, and each record printed. */
#define _XOPEN_SOURCE 700
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traces/dump.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct trace_problem problem;
    struct trace_reader *reader;
    const struct trace_record *record;
    /* fmemopen wants octets that could be written and at least one of them. */
    uint8_t *copy = malloc(size + 1);
    FILE *file = copy ? fmemopen(copy, size ? size : 1, "rb") : NULL;
    struct trace_dump *dump = trace_dump_new();

    if (copy && size)
        memcpy(copy, data, size);
    if (copy)
        copy[size] = 0;
    if (file && dump && trace_reader_open_stream(file, &reader, &problem) == 0) {
        while (trace_reader_next(reader, &record) == 0 && record) {
            size_t len;
            const char *line = trace_dump_record(dump, record, &len);
            if (line && (strlen(line) != len || strchr(line, '\n')))
                abort(); /* one line a packet, and text alone */
        }
        trace_reader_close(reader);
    } else if (file && !dump) {
        fclose(file);
    }
    trace_dump_free(dump);
    free(copy);
    return 0;
}
