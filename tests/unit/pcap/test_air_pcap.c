/* SPDX-License-Identifier: MIT */
/* The air trace as written: the pseudo-header of DLT 256 octet by octet. */
#define _XOPEN_SOURCE 700
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "rows.h"
#include "temp_dir.h"
#include "traces/writer.h"
#include "wire/ll.h"

/* The classic pcap header in the writer's own byte order, with nanosecond stamps. */
#define FILE_HEADER_SIZE   24U
#define RECORD_HEADER_SIZE 16U

static const uint8_t pdu[] = {0x02, 0x01, 0xAA};

struct row {
    const char *name;
    struct trace_air_packet packet;
    uint8_t bytes[21];
    size_t len;
};

#define PACKET(mhz_, phy_, dir, dbm, valid, aa)                                                    \
    {.mhz = mhz_, .phy = phy_, .direction = dir, .power_dbm = dbm, .crc_valid = valid,             \
     .access_address = aa, .crc = 0x800001, .pdu = pdu, .len = sizeof pdu}

/* The CRC 0x800001 goes out position 23 first: octets 01 00 80 as a receiver stores them. */
static const struct row rows[] = {
    {"advertising on index 37, RF channel 0",
     PACKET(2402, RADIO_PHY_1M, AIR_ADVERTISING, -20, true, 0x8E89BED6),
     {0, 0xEC, 0, 0, 0xD6, 0xBE, 0x89, 0x8E, 0x13, 0x0C, 0xD6, 0xBE, 0x89, 0x8E, 0x02, 0x01, 0xAA,
      0x01, 0x00, 0x80}, 20},
    {"index 38, RF channel 12", PACKET(2426, RADIO_PHY_1M, AIR_ADVERTISING, 0, true, 0x8E89BED6),
     {12, 0, 0, 0, 0xD6, 0xBE, 0x89, 0x8E, 0x13, 0x0C, 0xD6, 0xBE, 0x89, 0x8E, 0x02, 0x01, 0xAA,
      0x01, 0x00, 0x80}, 20},
    {"index 39, RF channel 39", PACKET(2480, RADIO_PHY_1M, AIR_ADVERTISING, 0, true, 0x8E89BED6),
     {39, 0, 0, 0, 0xD6, 0xBE, 0x89, 0x8E, 0x13, 0x0C, 0xD6, 0xBE, 0x89, 0x8E, 0x02, 0x01, 0xAA,
      0x01, 0x00, 0x80}, 20},
    {"a bad CRC", PACKET(2480, RADIO_PHY_1M, AIR_ADVERTISING, 0, false, 0x8E89BED6),
     {39, 0, 0, 0, 0xD6, 0xBE, 0x89, 0x8E, 0x13, 0x04, 0xD6, 0xBE, 0x89, 0x8E, 0x02, 0x01, 0xAA,
      0x01, 0x00, 0x80}, 20},
    {"central to peripheral, 2M",
     PACKET(2404, RADIO_PHY_2M, AIR_CENTRAL_TO_PERIPHERAL, 8, true, 0x50655A5D),
     {1, 8, 0, 0, 0x5D, 0x5A, 0x65, 0x50, 0x13, 0x4D, 0x5D, 0x5A, 0x65, 0x50, 0x02, 0x01, 0xAA,
      0x01, 0x00, 0x80}, 20},
    {"peripheral to central, coded S=8",
     PACKET(2404, RADIO_PHY_CODED_S8, AIR_PERIPHERAL_TO_CENTRAL, 0, true, 0x50655A5D),
     {1, 0, 0, 0, 0x5D, 0x5A, 0x65, 0x50, 0x93, 0x8D, 0x5D, 0x5A, 0x65, 0x50, 0, 0x02, 0x01, 0xAA,
      0x01, 0x00, 0x80}, 21},
    {"coded S=2", PACKET(2404, RADIO_PHY_CODED_S2, AIR_PERIPHERAL_TO_CENTRAL, 0, true, 0x50655A5D),
     {1, 0, 0, 0, 0x5D, 0x5A, 0x65, 0x50, 0x93, 0x8D, 0x5D, 0x5A, 0x65, 0x50, 1, 0x02, 0x01, 0xAA,
      0x01, 0x00, 0x80}, 21},
};

static uint32_t host_u32(const uint8_t *bytes)
{
    uint32_t v;

    memcpy(&v, bytes, sizeof v);
    return v;
}

typedef int open_fn(const char *path, struct trace_writer **writer);

static uint8_t *write_view(open_fn *open, const struct trace_air_packet *packet, size_t *len)
{
    struct temp_dir dir;
    struct trace_writer *writer;
    char path[512];

    temp_dir_make(&dir);
    temp_dir_path(&dir, "air.pcap", path);
    assert_int_equal(open(path, &writer), 0);
    struct trace_sink *sink = trace_writer_sink(writer);
    sink->ops->air(sink, packet);
    assert_false(file_exists(path));
    assert_int_equal(trace_writer_close(writer), 0);
    uint8_t *bytes = file_read(path, len);
    assert_non_null(bytes);
    assert_int_equal(temp_dir_count(&dir), 1);
    temp_dir_remove(&dir);
    return bytes;
}

static uint8_t *write_one(const struct trace_air_packet *packet, size_t *len)
{
    return write_view(trace_writer_air, packet, len);
}

static void writes_row(void **state)
{
    const struct row *row = *state;
    size_t len;
    uint8_t *bytes = write_one(&row->packet, &len);

    assert_int_equal(len, FILE_HEADER_SIZE + RECORD_HEADER_SIZE + row->len);
    assert_memory_equal(bytes + FILE_HEADER_SIZE + RECORD_HEADER_SIZE, row->bytes, row->len);
    free(bytes);
}

/* LL_START_ENC_RSP of the sample data (Core v5.4, Vol 6, Part C, 1), and what it says. */
static const uint8_t sealed[] = {0x0F, 0x05, 0x9F, 0xCD, 0xA7, 0xF4, 0x48};
static const uint8_t opened[] = {0x0F, 0x01, 0x06};

struct view_row {
    const char *name;
    open_fn *open;
    bool encrypted, mic_valid;
    uint16_t flags;
    bool decoded;
};

static const struct view_row view_rows[] = {
    {"decoded: sent in clear", trace_writer_air, false, false, 0x0D13, false},
    {"decoded: the MIC is right", trace_writer_air, true, true, 0x3D1B, true},
    {"decoded: the MIC is wrong", trace_writer_air, true, false, 0x1D1B, true},
    {"raw: sent in clear", trace_writer_air_raw, false, false, 0x0D13, false},
    {"raw: encrypted", trace_writer_air_raw, true, true, 0x0D13, false},
    {"sniffer: knows no plaintext", trace_writer_sniffer, true, true, 0x0D13, false},
};

static void writes_view(void **state)
{
    const struct view_row *row = *state;
    const struct trace_air_packet packet = {
        .mhz = 2404, .phy = RADIO_PHY_1M, .direction = AIR_CENTRAL_TO_PERIPHERAL,
        .crc_valid = true, .access_address = 0x50655A5D, .crc = 0x800001, .pdu = sealed,
        .len = sizeof sealed, .plain = row->encrypted ? opened : NULL,
        .plain_len = sizeof opened, .mic_valid = row->mic_valid};
    const uint8_t *pdu_wanted = row->decoded ? opened : sealed;
    const size_t pdu_len = row->decoded ? sizeof opened : sizeof sealed;
    size_t len;
    uint8_t *bytes = write_view(row->open, &packet, &len);
    const uint8_t *record = bytes + FILE_HEADER_SIZE + RECORD_HEADER_SIZE;

    assert_int_equal(len, FILE_HEADER_SIZE + RECORD_HEADER_SIZE + 14 + pdu_len + 3);
    assert_int_equal(record[8] | record[9] << 8, row->flags);
    assert_memory_equal(record + 14, pdu_wanted, pdu_len);
    assert_memory_equal(record + 14 + pdu_len, "\x01\x00\x80", 3); /* the CRC that was sent */
    free(bytes);
}

static void headers(void **state)
{
    struct trace_air_packet packet = rows[0].packet;
    size_t len;

    (void)state;
    packet.start = SIM_S(61) + 7;
    uint8_t *bytes = write_one(&packet, &len);
    assert_int_equal(host_u32(bytes), 0xA1B23C4D); /* nanoseconds */
    assert_int_equal(host_u32(bytes + 20), 256);   /* the link type */
    assert_int_equal(host_u32(bytes + 24), 1577836800 + 61);
    assert_int_equal(host_u32(bytes + 28), 7);
    assert_int_equal(host_u32(bytes + 32), 20);
    assert_int_equal(host_u32(bytes + 36), 20);
    free(bytes);
}

static void longest_pdu(void **state)
{
    static const uint8_t longest[LL_PDU_MAX];
    struct trace_air_packet packet = rows[5].packet;
    size_t len;

    (void)state;
    packet.pdu = longest;
    packet.len = sizeof longest;
    uint8_t *bytes = write_one(&packet, &len);
    assert_int_equal(len, FILE_HEADER_SIZE + RECORD_HEADER_SIZE + 10 + 4 + 1 + LL_PDU_MAX + 3);
    free(bytes);
}

/* What cannot be written honestly fails the whole trace. */
static void refused(const struct trace_air_packet *packet, int reason)
{
    struct temp_dir dir;
    struct trace_writer *writer;
    char path[512];

    temp_dir_make(&dir);
    assert_int_equal(trace_writer_air(temp_dir_path(&dir, "air.pcap", path), &writer), 0);
    struct trace_sink *sink = trace_writer_sink(writer);
    sink->ops->air(sink, packet);
    sink->ops->air(sink, &rows[0].packet);
    errno = 0;
    assert_int_equal(trace_writer_close(writer), BLR_ERR_IO);
    assert_int_equal(errno, reason);
    assert_int_equal(temp_dir_count(&dir), 0);
    temp_dir_remove(&dir);
}

static void too_long_or_too_late(void **state)
{
    static const uint8_t longer[LL_PDU_MAX + 1];
    struct trace_air_packet packet = rows[5].packet;

    (void)state;
    packet.pdu = longer;
    packet.len = sizeof longer;
    refused(&packet, EMSGSIZE);
    packet = rows[0].packet;
    packet.start = SIM_S(INT32_MAX);
    refused(&packet, EOVERFLOW);
}

static void full_disk(void **state)
{
    const unsigned packets = *(const unsigned *)*state;
    struct temp_dir dir;
    struct trace_writer *writer;
    char path[512], part[512];

    temp_dir_make(&dir);
    temp_dir_path(&dir, "air.pcap", path);
    temp_dir_path(&dir, "air.pcap.part", part);
    assert_int_equal(symlink("/dev/full", part), 0);
    assert_int_equal(trace_writer_air(path, &writer), 0);
    struct trace_sink *sink = trace_writer_sink(writer);
    for (unsigned i = 0; i < packets; i++)
        sink->ops->air(sink, &rows[0].packet);
    errno = 0;
    assert_int_equal(trace_writer_close(writer), BLR_ERR_IO);
    assert_int_equal(errno, ENOSPC);
    assert_int_equal(temp_dir_count(&dir), 0);
    temp_dir_remove(&dir);
    assert_int_equal(trace_writer_air("/nonexistent/air.pcap", &writer), BLR_ERR_IO);
    assert_int_equal(errno, ENOENT);
}

static void abort_leaves_nothing(void **state)
{
    struct temp_dir dir;
    struct trace_writer *writer;
    char path[512];

    (void)state;
    temp_dir_make(&dir);
    assert_int_equal(trace_writer_air(temp_dir_path(&dir, "a", path), &writer), 0);
    trace_writer_abort(writer);
    assert_int_equal(temp_dir_count(&dir), 0);
    temp_dir_remove(&dir);
}

int main(void)
{
    static unsigned none = 0, many = 5000;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers),
        cmocka_unit_test(longest_pdu),
        cmocka_unit_test(too_long_or_too_late),
        cmocka_unit_test(abort_leaves_nothing),
        {"full_disk: header alone", full_disk, NULL, NULL, &none},
        {"full_disk: many packets", full_disk, NULL, NULL, &many},
    };

    return cmocka_run_group_tests(tests, NULL, NULL) + RUN_ROWS(rows, writes_row) +
           RUN_ROWS(view_rows, writes_view);
}
