/* SPDX-License-Identifier: MIT */
/* Every allocation fails once: writers, readers and dumps are whole or not there. */
#define _XOPEN_SOURCE 700
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fail_alloc.h"
#include "rows.h"
#include "temp_dir.h"
#include "traces/dump.h"
#include "traces/reader.h"
#include "traces/writer.h"

static const uint8_t fragment[] = {0x40, 0x20, 5, 0, 0xFF, 0xFF, 4, 0, 0x1B};
static const uint8_t pdu[] = {0x02, 0x00};

struct writer_row {
    const char *name;
    int (*make)(const char *path, struct trace_writer **writer);
};

static const struct writer_row writer_rows[] = {
    {"btsnoop", trace_writer_btsnoop},
    {"air", trace_writer_air},
    {"air, raw", trace_writer_air_raw},
    {"sniffer", trace_writer_sniffer},
};

static void send(struct trace_sink *sink, sim_ns at)
{
    const struct trace_air_packet packet = {.start = at, .mhz = 2402, .phy = 1, .pdu = pdu,
                                            .len = sizeof pdu};

    if (sink->ops->hci)
        sink->ops->hci(sink, at, true, HCI_PACKET_ACL, fragment, sizeof fragment);
    if (sink->ops->air)
        sink->ops->air(sink, &packet);
}

/* A writer that could not be made leaves no file; one that could allocates nothing per packet. */
static void writers(void **state)
{
    const struct writer_row *row = *state;
    struct temp_dir dir;
    struct trace_writer *writer = NULL;
    char path[512];
    unsigned n;
    int error = BLR_ERR_NO_MEMORY;

    temp_dir_make(&dir);
    temp_dir_path(&dir, "trace", path);
    for (n = 1; error; n++) {
        fail_alloc_from(n);
        error = row->make(path, &writer);
        fail_alloc_from(0);
        assert_true(error == 0 || error == BLR_ERR_NO_MEMORY);
        assert_true(error == 0 || temp_dir_count(&dir) == 0);
    }
    assert_true(n > 3);
    const unsigned before = fail_alloc_count();
    for (sim_ns at = 0; at < 1000; at++)
        send(trace_writer_sink(writer), at);
    assert_int_equal(fail_alloc_count(), before);
    assert_int_equal(trace_writer_close(writer), 0);
    temp_dir_remove(&dir);
}

static void readers(void **state)
{
    struct temp_dir dir;
    struct trace_writer *writer;
    struct trace_reader *reader;
    struct trace_problem problem;
    char path[512];

    (void)state;
    temp_dir_make(&dir);
    assert_int_equal(trace_writer_btsnoop(temp_dir_path(&dir, "trace", path), &writer), 0);
    assert_int_equal(trace_writer_close(writer), 0);
    fail_alloc_from(1);
    assert_int_equal(trace_reader_open(path, &reader, &problem), BLR_ERR_NO_MEMORY);
    fail_alloc_from(0);
    assert_string_equal(problem.text, "out of memory");
    temp_dir_remove(&dir);
}

/* A line is whole or NULL, and the next one may come again. */
static void dumps(void **state)
{
    unsigned failures = 0;

    (void)state;
    for (unsigned n = 1;; n++) {
        fail_alloc_from(n);
        struct trace_dump *dump = trace_dump_new();
        const char *line = NULL;
        for (unsigned i = 0; dump && i < 3; i++)
            line = trace_dump_hci(dump, i, true, HCI_PACKET_ACL, fragment, sizeof fragment);
        const bool failed = fail_alloc_happened();
        fail_alloc_from(0);
        if (dump) {
            line = trace_dump_hci(dump, 3, true, HCI_PACKET_ACL, fragment, sizeof fragment);
            assert_non_null(line);
            assert_non_null(strstr(line, "[fragment 1: 5 of 65539] ffff04001b"));
        }
        trace_dump_free(dump);
        if (!failed)
            break;
        failures++;
    }
    assert_true(failures >= 4);
}

/* The same of a connection, which is remembered from its CONNECT_IND on. */
static void dumps_of_connections(void **state)
{
    static const uint8_t connect_ind[] = {
        0x85, 34,   0x01, 0,    0,    0xDC, 0x1B, 0,    0x0D, 0x18, 0,    0,
        0,    0xC0, 0x5D, 0x5A, 0x65, 0x50, 0x56, 0x34, 0x12, 2,    3,    0,
        0x28, 0,    0,    0,    0x2A, 0,    0xFF, 0xFF, 0xFF, 0xFF, 0x1F, 0xA7};
    const struct trace_air_packet packet = {.mhz = 2402, .phy = 1, .crc_valid = true,
                                            .access_address = 0x8E89BED6, .pdu = connect_ind,
                                            .len = sizeof connect_ind};
    unsigned failures = 0;

    (void)state;
    for (unsigned n = 1;; n++) {
        fail_alloc_from(n);
        struct trace_dump *dump = trace_dump_new();
        if (dump)
            (void)trace_dump_air(dump, &packet);
        const bool failed = fail_alloc_happened();
        fail_alloc_from(0);
        if (dump) {
            const char *line = trace_dump_air(dump, &packet);
            assert_non_null(line);
            assert_non_null(strstr(line, " hop=7 sca=50ppm"));
        }
        trace_dump_free(dump);
        if (!failed)
            break;
        failures++;
    }
    assert_true(failures >= 4); /* dump, text, table, link */
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(readers),
        cmocka_unit_test(dumps),
        cmocka_unit_test(dumps_of_connections),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) + RUN_ROWS(writer_rows, writers);
}
