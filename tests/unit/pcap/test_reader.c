/* SPDX-License-Identifier: MIT */
/* Traces as read: what the writers wrote comes back, and files of every kind of wrong are told. */
#define _XOPEN_SOURCE 700
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rows.h"
#include "temp_dir.h"
#include "traces/reader.h"
#include "traces/writer.h"
#include "wire/ll.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Version and datalink behind the magic. */
#define SNOOP(version, datalink)                                                                   \
    'b', 't', 's', 'n', 'o', 'o', 'p', 0, 0, 0, 0, version, 0, 0, (uint8_t)((datalink) >> 8),         \
        (uint8_t)((datalink) & 0xFF)
/* Lengths, flags, no drops, the first instant of the Unix epoch. */
#define RECORD(original, included, flags)                                                          \
    0, 0, 0, original, 0, 0, 0, included, 0, 0, 0, flags, 0, 0, 0, 0, 0x00, 0xDC, 0xDD, 0xB3,      \
        0x0F, 0x2F, 0x80, 0x00

/* Little-endian classic pcap of microseconds, version 2.4, snap length 65535. */
#define PCAP(datalink)                                                                             \
    0xD4, 0xC3, 0xB2, 0xA1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0,                  \
        (uint8_t)((datalink) & 0xFF), (uint8_t)((datalink) >> 8), 0, 0
#define PCAP_RECORD(len) 1, 0, 0, 0, 2, 0, 0, 0, len, 0, 0, 0, len, 0, 0, 0

struct bad {
    const char *name;
    uint8_t bytes[128];
    size_t len;
    unsigned records; /* read before the trouble */
    int error;
    uint64_t offset;
    const char *text;
};

#define BAD(title, records, error, offset, text, ...)                                              \
    {title, {__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}), records, error, offset, text}

static const struct bad bads[] = {
    {"no octet", {0}, 0, 0, BLR_ERR_MALFORMED, 0, "an empty file"},
    BAD("another file", 0, BLR_ERR_MALFORMED, 0, "not a trace", 'h', 'e', 'l', 'l', 'o', 0, 1, 2, 3),
    BAD("three octets", 0, BLR_ERR_MALFORMED, 0, "not a trace", 0xD4, 0xC3, 0xB2),
    BAD("a magic cut short", 0, BLR_ERR_MALFORMED, 0, "not a trace", 'b', 't', 's', 'n', 'o', 'o'),
    BAD("a btsnoop header cut short", 0, BLR_ERR_MALFORMED, 12, "truncated", 'b', 't', 's', 'n',
        'o', 'o', 'p', 0, 0, 0, 0, 1),
    BAD("btsnoop version 2", 0, BLR_ERR_UNSUPPORTED, 8, "version 2", SNOOP(2, 1002)),
    BAD("btsnoop datalink 1003", 0, BLR_ERR_UNSUPPORTED, 12, "datalink 1003", SNOOP(1, 1003)),
    BAD("a record header cut short", 0, BLR_ERR_MALFORMED, 16, "3 of 24", SNOOP(1, 1002), 0, 0, 0),
    BAD("a record cut short", 0, BLR_ERR_MALFORMED, 40, "2 octets of a record of 4",
        SNOOP(1, 1002), RECORD(4, 4, 2), 1, 3),
    BAD("the second record cut short", 1, BLR_ERR_MALFORMED, 68, "0 octets of a record of 9",
        SNOOP(1, 1002), RECORD(4, 4, 2), 1, 3, 12, 0, RECORD(9, 9, 0)),
    BAD("a record of four gigabytes", 0, BLR_ERR_MALFORMED, 20, "4294967295 octets",
        SNOOP(1, 1002), 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0),
    BAD("a record longer than the longest", 0, BLR_ERR_MALFORMED, 20, "65553 octets",
        SNOOP(1, 1002), 0, 1, 0, 0x11, 0, 1, 0, 0x11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0),
    BAD("more included than there was", 0, BLR_ERR_MALFORMED, 16, "5 octets of a packet that has 4",
        SNOOP(1, 1002), RECORD(4, 5, 2), 1, 3, 12, 0, 0),
    BAD("a pcap header cut short", 0, BLR_ERR_MALFORMED, 5, "truncated", 0xD4, 0xC3, 0xB2, 0xA1, 2),
    BAD("an unknown pcap version", 0, BLR_ERR_MALFORMED, 24, "version", 0xD4, 0xC3, 0xB2, 0xA1, 9,
        0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 1, 0, 0),
    BAD("Ethernet", 0, BLR_ERR_UNSUPPORTED, 20, "datalink 1 (EN10MB)", PCAP(1)),
    BAD("PPI", 0, BLR_ERR_UNSUPPORTED, 20, "datalink 192", PCAP(192)),
    BAD("a pcap record header cut short", 0, BLR_ERR_MALFORMED, 24, "truncated", PCAP(256), 1, 0),
    BAD("a pcap record cut short", 0, BLR_ERR_MALFORMED, 24, "truncated", PCAP(256),
        PCAP_RECORD(20), 1, 2, 3),
    BAD("a pcap record of four gigabytes", 0, BLR_ERR_MALFORMED, 24, "", PCAP(256), 1, 0, 0, 0, 2, 0,
        0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF),
    BAD("the second pcap record cut short", 1, BLR_ERR_MALFORMED, 45, "truncated", PCAP(251),
        PCAP_RECORD(5), 1, 2, 3, 4, 5, 1),
    BAD("pcapng with no section", 0, BLR_ERR_MALFORMED, 4, "", 0x0A, 0x0D, 0x0D, 0x0A),
    BAD("pcapng with a block of no length", 0, BLR_ERR_MALFORMED, 12, "", 0x0A, 0x0D, 0x0D, 0x0A, 0,
        0, 0, 0, 0x4D, 0x3C, 0x2B, 0x1A),
    BAD("pcapng with a block of four gigabytes", 0, BLR_ERR_MALFORMED, 12, "", 0x0A, 0x0D, 0x0D,
        0x0A, 0xFC, 0xFF, 0xFF, 0xFF, 0x4D, 0x3C, 0x2B, 0x1A),
};

static FILE *stream_of(const void *bytes, size_t len)
{
    FILE *file = tmpfile();

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    rewind(file);
    return file;
}

static struct trace_reader *open_good(const void *bytes, size_t len)
{
    struct trace_reader *reader;
    struct trace_problem problem;

    assert_int_equal(trace_reader_open_stream(stream_of(bytes, len), &reader, &problem), 0);
    return reader;
}

static void tells_trouble(void **state)
{
    const struct bad *bad = *state;
    struct trace_problem problem = {0};
    struct trace_reader *reader = NULL;
    const struct trace_record *record;
    unsigned records = 0;
    int error = trace_reader_open_stream(stream_of(bad->bytes, bad->len), &reader, &problem);

    while (!error) {
        error = trace_reader_next(reader, &record);
        assert_true(error || record); /* no clean end */
        if (error)
            problem = *trace_reader_problem(reader);
        else
            records++;
    }
    assert_int_equal(error, bad->error);
    assert_int_equal(records, bad->records);
    assert_non_null(strstr(problem.text, bad->text));
    assert_true(problem.text[0]);
    assert_int_equal(problem.offset, bad->offset);
    if (reader) {
        assert_int_equal(trace_reader_next(reader, &record), bad->error); /* for good */
        assert_null(record);
    }
    trace_reader_close(reader);
}

static void files_that_are_not_there(void **state)
{
    struct trace_problem problem;
    struct trace_reader *reader;

    (void)state;
    assert_int_equal(trace_reader_open("/nonexistent/a", &reader, &problem), BLR_ERR_IO);
    assert_string_equal(problem.text, "No such file or directory");
    assert_int_equal(trace_reader_open("/", &reader, &problem), BLR_ERR_IO);
    assert_string_equal(problem.text, "Is a directory");
}

static void no_records(void **state)
{
    static const uint8_t snoop[] = {SNOOP(1, 1002)}, pcap[] = {PCAP(256)};
    const struct trace_record *record;

    (void)state;
    struct trace_reader *reader = open_good(snoop, sizeof snoop);
    assert_int_equal(trace_reader_next(reader, &record), 0);
    assert_null(record);
    assert_int_equal(trace_reader_next(reader, &record), 0);
    assert_null(record);
    trace_reader_close(reader);
    reader = open_good(pcap, sizeof pcap);
    assert_int_equal(trace_reader_next(reader, &record), 0);
    assert_null(record);
    trace_reader_close(reader);
    trace_reader_close(NULL);
}

/* A record of nothing is told as broken, and the one behind it is read. */
static void record_of_nothing(void **state)
{
    static const uint8_t bytes[] = {SNOOP(1, 1002),   RECORD(7, 0, 3), RECORD(5, 4, 3), 4,
                                    0x10,             0x01,            0x00};
    const struct trace_record *record;
    struct trace_reader *reader = open_good(bytes, sizeof bytes);

    (void)state;
    assert_int_equal(trace_reader_next(reader, &record), 0);
    assert_int_equal(record->kind, TRACE_BROKEN);
    assert_int_equal(record->cut, 7);
    assert_int_equal(record->broken.len, 0);
    assert_int_equal(trace_reader_next(reader, &record), 0);
    assert_int_equal(record->kind, TRACE_HCI);
    assert_int_equal(record->cut, 1);
    assert_int_equal(record->hci.type, HCI_PACKET_EVENT);
    assert_true(record->hci.to_host);
    assert_int_equal(record->hci.len, 3);
    /* 1970 is fifty years before the world. */
    assert_true(record->at_ns == -INT64_C(1577836800) * 1000000000);
    trace_reader_close(reader);
}

struct snoop_row {
    const char *name;
    uint8_t file[48];
    size_t len;
    int kind;
    uint8_t type;
    bool to_host;
    int adapter;
    int opcode;
};

#define SNOOP_ROW(title, kind, type, to_host, adapter, opcode, ...)                                \
    {title,   {__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}), kind, type, to_host, adapter, \
     opcode}
#define MONITOR(adapter, opcode)                                                                   \
    SNOOP(1, 2001), 0, 0, 0, 1, 0, 0, 0, 1, 0, adapter, 0, opcode, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,   \
        0, 0, 0xAB

static const struct snoop_row snoop_rows[] = {
    SNOOP_ROW("1001 command", TRACE_HCI, 1, false, -1, 0, SNOOP(1, 1001), RECORD(1, 1, 2), 0xAB),
    SNOOP_ROW("1001 event", TRACE_HCI, 4, true, -1, 0, SNOOP(1, 1001), RECORD(1, 1, 3), 0xAB),
    SNOOP_ROW("1001 data sent", TRACE_HCI, 2, false, -1, 0, SNOOP(1, 1001), RECORD(1, 1, 0), 0xAB),
    SNOOP_ROW("1001 data received", TRACE_HCI, 2, true, -1, 0, SNOOP(1, 1001), RECORD(1, 1, 1),
              0xAB),
    SNOOP_ROW("1002 takes the type from the indicator", TRACE_HCI, 5, false, -1, 0, SNOOP(1, 1002),
              RECORD(2, 2, 2), 5, 0xAB),
    SNOOP_ROW("monitor command", TRACE_HCI, 1, false, 2, 0, MONITOR(2, 2)),
    SNOOP_ROW("monitor event", TRACE_HCI, 4, true, 0, 0, MONITOR(0, 3)),
    SNOOP_ROW("monitor ACL sent", TRACE_HCI, 2, false, 0, 0, MONITOR(0, 4)),
    SNOOP_ROW("monitor ACL received", TRACE_HCI, 2, true, 0, 0, MONITOR(0, 5)),
    SNOOP_ROW("monitor SCO sent", TRACE_HCI, 3, false, 0, 0, MONITOR(0, 6)),
    SNOOP_ROW("monitor ISO received", TRACE_HCI, 5, true, 0, 0, MONITOR(0, 19)),
    SNOOP_ROW("monitor note", TRACE_MONITOR, 0, false, 1, 12, MONITOR(1, 12)),
    SNOOP_ROW("monitor opcode of the future", TRACE_MONITOR, 0, false, 1, 99, MONITOR(1, 99)),
};

static void reads_snoop_row(void **state)
{
    const struct snoop_row *row = *state;
    const struct trace_record *record;
    struct trace_reader *reader = open_good(row->file, row->len);

    assert_int_equal(trace_reader_next(reader, &record), 0);
    assert_non_null(record);
    assert_int_equal(record->kind, row->kind);
    assert_int_equal(record->has_adapter ? record->adapter : -1, row->adapter);
    if (record->kind == TRACE_HCI) {
        assert_int_equal(record->hci.type, row->type);
        assert_int_equal(record->hci.to_host, row->to_host);
        assert_int_equal(record->hci.len, 1);
        assert_int_equal(record->hci.packet[0], 0xAB);
    } else {
        assert_int_equal(record->monitor.opcode, row->opcode);
        assert_int_equal(record->monitor.len, 1);
        assert_int_equal(record->monitor.bytes[0], 0xAB);
    }
    trace_reader_close(reader);
}

struct broken_row {
    const char *name;
    uint16_t datalink;
    uint8_t record[24];
    uint8_t len;
    const char *what;
    size_t offset;
};

/* Pseudo-header of DLT 256: dewhitened, CRC checked and valid, LE 1M. */
#define PHDR(phy) 0, 0, 0, 0, 1, 2, 3, 4, 0x01, (uint8_t)(0x0C | (phy) << 6)

static const struct broken_row broken_rows[] = {
    {"256, nothing", 256, {0}, 0, "pseudo-header", 0},
    {"256, nine octets of pseudo-header", 256, {0}, 9, "pseudo-header", 8},
    {"256, no access address", 256, {PHDR(0), 1, 2, 3}, 13, "access address", 10},
    {"256, no CRC", 256, {PHDR(0), 1, 2, 3, 4, 5, 6}, 16, "CRC", 14},
    {"256, coded without an indicator", 256, {PHDR(2), 1, 2, 3, 4}, 14, "access address", 14},
    {"256, coded with a reserved indicator", 256, {PHDR(2), 1, 2, 3, 4, 2, 0, 0, 0}, 18,
     "coding indicator", 15},
    {"251, nothing", 251, {0}, 0, "access address", 0},
    {"251, two octets behind the address", 251, {1, 2, 3, 4, 5, 6}, 6, "CRC", 4},
    {"201, three octets", 201, {0, 0, 0}, 3, "direction", 0},
    {"201, a direction of 2", 201, {0, 0, 0, 2, 1}, 5, "direction", 4},
    {"201, no indicator", 201, {0, 0, 0, 1}, 4, "packet indicator", 4},
};

static void tells_broken_row(void **state)
{
    const struct broken_row *row = *state;
    const uint8_t header[] = {PCAP(row->datalink)};
    const uint8_t record_header[] = {PCAP_RECORD(row->len)};
    const struct trace_record *record;
    uint8_t file[sizeof header + 2 * (sizeof record_header + sizeof row->record)];
    struct wr w = wr_init(file, sizeof file);

    wr_bytes(&w, header, sizeof header);
    for (int i = 0; i < 2; i++) {
        wr_bytes(&w, record_header, sizeof record_header);
        wr_bytes(&w, row->record, row->len);
    }
    struct trace_reader *reader = open_good(file, w.len);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(trace_reader_next(reader, &record), 0);
        assert_non_null(record);
        assert_int_equal(record->kind, TRACE_BROKEN);
        assert_string_equal(record->broken.what, row->what);
        assert_int_equal(record->broken.offset, row->offset);
        assert_int_equal(record->broken.len, row->len);
        assert_memory_equal(record->broken.bytes, row->record, row->len);
    }
    assert_int_equal(trace_reader_next(reader, &record), 0);
    assert_null(record);
    trace_reader_close(reader);
}

static void le_without_pseudo_header(void **state)
{
    static const uint8_t bytes[] = {PCAP(251), PCAP_RECORD(9), 0xD6, 0xBE, 0x89, 0x8E, 0x00, 0x00,
                                    0x01,      0x00,           0x80};
    const struct trace_record *record;
    struct trace_reader *reader = open_good(bytes, sizeof bytes);

    (void)state;
    assert_int_equal(trace_reader_next(reader, &record), 0);
    assert_int_equal(record->kind, TRACE_AIR);
    assert_false(record->air.has_channel);
    assert_false(record->air.has_power);
    assert_false(record->air.crc_checked);
    assert_true(record->air.packet.crc_valid);
    assert_int_equal(record->air.packet.access_address, LL_ADVERTISING_ACCESS_ADDRESS);
    assert_int_equal(record->air.packet.crc, 0x800001);
    assert_int_equal(record->air.packet.len, 2);
    trace_reader_close(reader);
}

/* Both byte orders, microseconds and nanoseconds, and pcapng tell the same instant. */
static void stamps(void **state)
{
    static const uint8_t big_nano[] = {
        0xA1, 0xB2, 0x3C, 0x4D, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 201,
        0x5E, 0x0B, 0xE1, 0x00, 0x00, 0x00, 0x00, 0x07, 0, 0, 0, 5, 0, 0, 0, 5, 0, 0, 0, 1, 4};
    static const uint8_t little_micro[] = {
        PCAP(201), 0x00, 0xE1, 0x0B, 0x5E, 0x07, 0x00, 0x00, 0x00, 5, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0,
        0, 1};
    const struct trace_record *record;
    struct trace_reader *reader = open_good(big_nano, sizeof big_nano);

    (void)state;
    assert_int_equal(trace_reader_next(reader, &record), 0);
    assert_int_equal(record->at_ns, 7);
    assert_int_equal(record->cut, 0);
    assert_int_equal(record->hci.type, 4);
    assert_true(record->hci.to_host);
    trace_reader_close(reader);

    reader = open_good(little_micro, sizeof little_micro);
    assert_int_equal(trace_reader_next(reader, &record), 0);
    assert_int_equal(record->at_ns, 7000);
    assert_int_equal(record->cut, 1);
    assert_int_equal(record->hci.type, 1);
    assert_false(record->hci.to_host);
    trace_reader_close(reader);
}

struct stamp_row {
    const char *name;
    uint8_t stamp[8];
    int64_t at_ns;
};

static const struct stamp_row stamp_rows[] = {
    {"world zero", {0x00, 0xE2, 0x78, 0xBB, 0xD1, 0x29, 0xC0, 0x00}, 0},
    {"a microsecond before", {0x00, 0xE2, 0x78, 0xBB, 0xD1, 0x29, 0xBF, 0xFF}, -1000},
    {"the largest", {0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, INT64_MAX},
    {"the smallest", {0x80, 0, 0, 0, 0, 0, 0, 0}, INT64_MIN},
    {"the year 0", {0}, INT64_MIN},
};

static void reads_stamp_row(void **state)
{
    const struct stamp_row *row = *state;
    uint8_t bytes[] = {SNOOP(1, 1002), RECORD(1, 1, 0), 9};
    const struct trace_record *record;

    memcpy(bytes + 16 + 16, row->stamp, 8);
    struct trace_reader *reader = open_good(bytes, sizeof bytes);
    assert_int_equal(trace_reader_next(reader, &record), 0);
    assert_true(record->at_ns == row->at_ns);
    trace_reader_close(reader);
}

static uint32_t draw(uint32_t *state)
{
    *state = *state * 1664525U + 1013904223U;
    return *state >> 8;
}

static void hci_round_trip(void **state)
{
    static uint8_t packet[65535 + 4];
    struct temp_dir dir;
    char path[512];
    struct trace_writer *writer;
    struct trace_reader *reader;
    struct trace_problem problem;
    const struct trace_record *record;

    (void)state;
    temp_dir_make(&dir);
    assert_int_equal(trace_writer_btsnoop(temp_dir_path(&dir, "a", path), &writer), 0);
    struct trace_sink *sink = trace_writer_sink(writer);
    for (size_t i = 0; i < sizeof packet; i++)
        packet[i] = (uint8_t)(i * 7);
    for (unsigned pass = 0; pass < 2; pass++) {
        uint32_t seed = 1;
        for (unsigned i = 0; i < 200; i++) {
            const enum hci_packet_type type = (enum hci_packet_type)(1 + draw(&seed) % 5);
            const bool to_host = draw(&seed) & 1;
            const size_t len = i == 7 ? sizeof packet : draw(&seed) % 300;
            const sim_ns at = SIM_US(draw(&seed));
            if (pass == 0) {
                sink->ops->hci(sink, at, to_host, type, packet, len);
                continue;
            }
            assert_int_equal(trace_reader_next(reader, &record), 0);
            assert_int_equal(record->kind, TRACE_HCI);
            assert_int_equal(record->at_ns, at);
            assert_int_equal(record->hci.type, type);
            assert_int_equal(record->hci.to_host, to_host);
            assert_int_equal(record->hci.len, len);
            assert_memory_equal(record->hci.packet, packet, len);
        }
        if (pass == 0) {
            assert_int_equal(trace_writer_close(writer), 0);
            assert_int_equal(trace_reader_open(path, &reader, &problem), 0);
        }
    }
    trace_reader_close(reader);
    temp_dir_remove(&dir);
}

static const uint8_t pdu[LL_PDU_MAX] = {0x02, 0xFF, 1, 2, 3}, plain[LL_PDU_MAX] = {0x03, 9};

static struct trace_air_packet nth_packet(unsigned i, uint32_t *seed)
{
    static const uint16_t mhz[] = {2402, 2404, 2426, 2440, 2478, 2480};
    struct trace_air_packet packet = {.pdu = pdu, .mhz = mhz[i % COUNT(mhz)]};

    packet.start = draw(seed);
    packet.phy = (uint8_t)(1 + draw(seed) % 4);
    packet.direction = (uint8_t)((i % 3) ? 1 + i % 3 : 0);
    packet.power_dbm = (int8_t)(draw(seed) % 200 - 100);
    packet.crc_valid = draw(seed) & 1;
    packet.access_address = draw(seed);
    packet.crc = draw(seed);
    packet.len = draw(seed) % (LL_PDU_MAX + 1);
    packet.plain = draw(seed) & 1 ? plain : NULL;
    packet.plain_len = draw(seed) % (LL_PDU_MAX + 1);
    packet.mic_valid = packet.plain && draw(seed) & 1;
    return packet;
}

static void expect_packet(const struct trace_record *record, const struct trace_air_packet *packet)
{
    assert_int_equal(record->kind, TRACE_AIR);
    const struct trace_air_packet *got = &record->air.packet;
    assert_int_equal(record->at_ns, packet->start);
    assert_int_equal(got->mhz, packet->mhz);
    assert_int_equal(got->phy, packet->phy);
    assert_int_equal(got->direction, packet->direction);
    assert_int_equal(got->power_dbm, packet->power_dbm);
    assert_int_equal(got->crc_valid, packet->crc_valid);
    assert_int_equal(got->access_address, packet->access_address);
    assert_int_equal(got->crc, packet->crc);
    const size_t len = packet->plain ? packet->plain_len : packet->len;
    assert_int_equal(got->len, len);
    assert_memory_equal(got->pdu, packet->plain ? plain : pdu, len);
    assert_int_equal(record->air.decrypted, packet->plain != NULL);
    assert_int_equal(record->air.mic_checked, packet->plain != NULL);
    assert_int_equal(got->mic_valid, packet->mic_valid);
    assert_true(record->air.has_channel && record->air.has_power);
    assert_true(record->air.crc_checked && !record->air.whitened);
}

static void air_round_trip(void **state)
{
    struct temp_dir dir;
    char path[512];
    struct trace_writer *writer;
    struct trace_reader *reader;
    struct trace_problem problem;
    const struct trace_record *record;

    (void)state;
    temp_dir_make(&dir);
    assert_int_equal(trace_writer_air(temp_dir_path(&dir, "a", path), &writer), 0);
    struct trace_sink *sink = trace_writer_sink(writer);
    for (unsigned pass = 0; pass < 2; pass++) {
        uint32_t seed = 1;
        for (unsigned i = 0; i < 200; i++) {
            const struct trace_air_packet packet = nth_packet(i, &seed);

            if (pass == 0) {
                sink->ops->air(sink, &packet);
                continue;
            }
            assert_int_equal(trace_reader_next(reader, &record), 0);
            expect_packet(record, &packet);
        }
        if (pass == 0) {
            assert_int_equal(trace_writer_close(writer), 0);
            assert_int_equal(trace_reader_open(path, &reader, &problem), 0);
        }
    }
    trace_reader_close(reader);
    temp_dir_remove(&dir);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_that_are_not_there), cmocka_unit_test(no_records),
        cmocka_unit_test(record_of_nothing),        cmocka_unit_test(le_without_pseudo_header),
        cmocka_unit_test(stamps),                   cmocka_unit_test(hci_round_trip),
        cmocka_unit_test(air_round_trip),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    failed += RUN_ROWS(bads, tells_trouble);
    failed += RUN_ROWS(snoop_rows, reads_snoop_row);
    failed += RUN_ROWS(broken_rows, tells_broken_row);
    failed += RUN_ROWS(stamp_rows, reads_stamp_row);
    return failed;
}
