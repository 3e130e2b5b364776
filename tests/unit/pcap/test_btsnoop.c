/* SPDX-License-Identifier: MIT */
/* btsnoop as written, octet by octet, and what becomes of it when the disk is full. */
#define _XOPEN_SOURCE 700
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "rows.h"
#include "temp_dir.h"
#include "traces/writer.h"

/* Version 1, datalink 1002. */
#define FILE_HEADER 'b', 't', 's', 'n', 'o', 'o', 'p', 0, 0, 0, 0, 1, 0, 0, 0x03, 0xEA

/* 2020-01-01 is 0x00DCDDB30F2F8000 + 1577836800 * 10^6 = 0x00E278BBD129C000 microseconds. */
#define ZERO_HIGH 0x00, 0xE2, 0x78, 0xBB

struct row {
    const char *name;
    sim_ns at;
    bool to_host;
    enum hci_packet_type type;
    uint8_t packet[4];
    size_t len;
    uint8_t record[29];
    size_t record_len;
};

static const struct row rows[] = {
    {"command at time zero", 0, false, HCI_PACKET_COMMAND, {0x03, 0x0C, 0x00}, 3,
     {0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, 0, ZERO_HIGH, 0xD1, 0x29, 0xC0, 0x00, 1, 0x03,
      0x0C, 0x00}, 28},
    {"event, nanoseconds truncated", 1999, true, HCI_PACKET_EVENT, {0x10, 0x01, 0x00}, 3,
     {0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0, 3, 0, 0, 0, 0, ZERO_HIGH, 0xD1, 0x29, 0xC0, 0x01, 4, 0x10,
      0x01, 0x00}, 28},
    {"data to the controller", SIM_S(1), false, HCI_PACKET_ACL, {0x40, 0x00, 0x00, 0x00}, 4,
     {0, 0, 0, 5, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, ZERO_HIGH, 0xD1, 0x39, 0x02, 0x40, 2, 0x40,
      0x00, 0x00, 0x00}, 29},
    {"data to the host", SIM_S(1), true, HCI_PACKET_ACL, {0x40, 0x00, 0x00, 0x00}, 4,
     {0, 0, 0, 5, 0, 0, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0, ZERO_HIGH, 0xD1, 0x39, 0x02, 0x40, 2, 0x40,
      0x00, 0x00, 0x00}, 29},
    {"isochronous data", 0, true, HCI_PACKET_ISO, {0x40, 0x00, 0x00, 0x00}, 4,
     {0, 0, 0, 5, 0, 0, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0, ZERO_HIGH, 0xD1, 0x29, 0xC0, 0x00, 5, 0x40,
      0x00, 0x00, 0x00}, 29},
};

static void writes_row(void **state)
{
    static const uint8_t header[] = {FILE_HEADER};
    const struct row *row = *state;
    struct temp_dir dir;
    struct trace_writer *writer;
    char path[512], part[512];
    size_t len;

    temp_dir_make(&dir);
    temp_dir_path(&dir, "a.btsnoop", path);
    temp_dir_path(&dir, "a.btsnoop.part", part);
    assert_int_equal(trace_writer_btsnoop(path, &writer), 0);
    struct trace_sink *sink = trace_writer_sink(writer);
    sink->ops->hci(sink, row->at, row->to_host, row->type, row->packet, row->len);
    assert_false(file_exists(path));
    assert_true(file_exists(part));
    assert_int_equal(trace_writer_close(writer), 0);
    assert_false(file_exists(part));

    uint8_t *bytes = file_read(path, &len);
    assert_int_equal(len, sizeof header + row->record_len);
    assert_memory_equal(bytes, header, sizeof header);
    assert_memory_equal(bytes + sizeof header, row->record, row->record_len);
    free(bytes);
    temp_dir_remove(&dir);
}

static void abort_leaves_nothing(void **state)
{
    struct temp_dir dir;
    struct trace_writer *writer;
    char path[512];

    (void)state;
    trace_writer_abort(NULL);
    temp_dir_make(&dir);
    assert_int_equal(trace_writer_btsnoop(temp_dir_path(&dir, "a", path), &writer), 0);
    trace_writer_abort(writer);
    assert_int_equal(temp_dir_count(&dir), 0);
    temp_dir_remove(&dir);
}

static void unwritable_directory(void **state)
{
    struct trace_writer *writer;

    (void)state;
    errno = 0;
    assert_int_equal(trace_writer_btsnoop("/nonexistent/a.btsnoop", &writer), BLR_ERR_IO);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(trace_writer_btsnoop("/dev/null/a.btsnoop", &writer), BLR_ERR_IO);
    assert_int_equal(errno, ENOTDIR);
}

/* An existing trace survives a newer one that could not be written. */
static void full_disk(void **state)
{
    static const uint8_t packet[256];
    const unsigned packets = *(const unsigned *)*state;
    struct temp_dir dir;
    struct trace_writer *writer;
    char path[512], part[512];
    size_t len;

    temp_dir_make(&dir);
    temp_dir_path(&dir, "a", path);
    temp_dir_path(&dir, "a.part", part);
    file_write(path, "old", 3);
    assert_int_equal(symlink("/dev/full", part), 0);
    assert_int_equal(trace_writer_btsnoop(path, &writer), 0);
    struct trace_sink *sink = trace_writer_sink(writer);
    for (unsigned i = 0; i < packets; i++)
        sink->ops->hci(sink, i, true, HCI_PACKET_ACL, packet, sizeof packet);
    errno = 0;
    assert_int_equal(trace_writer_close(writer), BLR_ERR_IO);
    assert_int_equal(errno, ENOSPC);
    assert_int_equal(temp_dir_count(&dir), 1);
    uint8_t *bytes = file_read(path, &len);
    assert_int_equal(len, 3);
    assert_memory_equal(bytes, "old", 3);
    free(bytes);
    temp_dir_remove(&dir);
}

static void file_size_limit(void **state)
{
    static const uint8_t packet[256];
    struct rlimit limit, old;
    struct temp_dir dir;
    struct trace_writer *writer;
    char path[512];

    (void)state;
    temp_dir_make(&dir);
    assert_int_equal(trace_writer_btsnoop(temp_dir_path(&dir, "a", path), &writer), 0);
    struct trace_sink *sink = trace_writer_sink(writer);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    limit = old;
    limit.rlim_cur = 50000;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    for (unsigned i = 0; i < 1000; i++)
        sink->ops->hci(sink, i, true, HCI_PACKET_ACL, packet, sizeof packet);
    const int error = trace_writer_close(writer);
    const int reason = errno;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, handler);
    assert_int_equal(error, BLR_ERR_IO);
    assert_int_equal(reason, EFBIG);
    assert_int_equal(temp_dir_count(&dir), 0);
    temp_dir_remove(&dir);
}

/* The name is taken by a directory: the part goes away, the directory stays. */
static void name_is_a_directory(void **state)
{
    struct temp_dir dir;
    struct trace_writer *writer;
    char path[512];

    (void)state;
    temp_dir_make(&dir);
    temp_dir_path(&dir, "sub", path);
    struct temp_dir sub;
    snprintf(sub.path, sizeof sub.path, "%.200s/sub-XXXXXX", dir.path);
    assert_non_null(mkdtemp(sub.path));
    assert_int_equal(trace_writer_btsnoop(sub.path, &writer), 0);
    assert_int_equal(trace_writer_close(writer), BLR_ERR_IO);
    assert_int_equal(temp_dir_count(&dir), 1);
    temp_dir_remove(&sub);
    temp_dir_remove(&dir);
}

int main(void)
{
    static unsigned none = 0, many = 1000;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(abort_leaves_nothing),
        cmocka_unit_test(unwritable_directory),
        cmocka_unit_test(file_size_limit),
        cmocka_unit_test(name_is_a_directory),
        {"full_disk: header alone", full_disk, NULL, NULL, &none},
        {"full_disk: many packets", full_disk, NULL, NULL, &many},
    };

    return cmocka_run_group_tests(tests, NULL, NULL) + RUN_ROWS(rows, writes_row);
}
