/* SPDX-License-Identifier: MIT */
/* What a packet costs in a trace: written, read, and printed as a line. */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "traces/dump.h"
#include "traces/reader.h"
#include "traces/writer.h"

#define PACKETS 1000000U

/* A notification, an answer, credits and a report; then the like of them on the air. */
static const uint8_t ntf[] = {0x40, 0x20, 9, 0, 5, 0, 4, 0, 0x1B, 3, 0, 0, 0x48};
static const uint8_t done[] = {0x13, 5, 1, 0x40, 0, 1, 0};
static const uint8_t report[] = {0x3E, 31,  2,   1,   0,   1,   0x0D, 0x18, 0,    0,   0,
                                 0xC0, 19,  2,   1,   6,   3,   3,    0x0D, 0x18, 11,  9,
                                 'H',  'e', 'a', 'r', 't', ' ', 'R',  'a',  't',  'e', 0xC4};
static const uint8_t adv[] = {0x40, 25,  0x0D, 0x18, 0,    0,    0,   0xC0, 2,
                              1,    6,   3,    3,    0x0D, 0x18, 11,  9,    'H',
                              'e',  'a', 'r',  't',  ' ',  'R',  'a', 't',  'e'};
static const uint8_t data[] = {0x02, 9, 5, 0, 4, 0, 0x1B, 3, 0, 0, 0x48};
static const uint8_t empty[] = {0x01, 0};

static void send_hci(struct trace_sink *sink, unsigned i)
{
    const sim_ns at = SIM_US(100) * i;

    switch (i % 3) {
    case 0:
        sink->ops->hci(sink, at, true, HCI_PACKET_ACL, ntf, sizeof ntf);
        break;
    case 1:
        sink->ops->hci(sink, at, true, HCI_PACKET_EVENT, done, sizeof done);
        break;
    default:
        sink->ops->hci(sink, at, true, HCI_PACKET_EVENT, report, sizeof report);
        break;
    }
}

static void send_air(struct trace_sink *sink, unsigned i)
{
    static const uint8_t *const pdus[] = {adv, data, empty};
    static const size_t sizes[] = {sizeof adv, sizeof data, sizeof empty};
    const unsigned kind = i % 3;
    const struct trace_air_packet packet = {
        .start = SIM_US(1000) * i,
        .mhz = 2402,
        .phy = 1,
        .direction = kind ? AIR_CENTRAL_TO_PERIPHERAL : AIR_ADVERTISING,
        .crc_valid = true,
        .access_address = kind ? 0x50655A5DU : 0x8E89BED6U,
        .pdu = pdus[kind],
        .len = sizes[kind],
    };

    sink->ops->air(sink, &packet);
}

static void must(int error)
{
    if (error) {
        fprintf(stderr, "bench_traces: %s\n", blr_strerror(error));
        exit(2);
    }
}

static void trace(const char *path, const char *kind,
                  int (*make)(const char *path, struct trace_writer **writer),
                  void (*send)(struct trace_sink *sink, unsigned i))
{
    struct trace_writer *writer;
    struct trace_reader *reader = NULL;
    struct trace_problem problem;
    const struct trace_record *record;
    struct trace_dump *dump = trace_dump_new();
    char name[64];
    size_t octets = 0;
    double begin = bench_cpu_s();

    must(make(path, &writer));
    for (unsigned i = 0; i < PACKETS; i++)
        send(trace_writer_sink(writer), i);
    must(trace_writer_close(writer));
    snprintf(name, sizeof name, "trace_write_%s", kind);
    bench_print(name, (bench_cpu_s() - begin) / PACKETS * 1e9, "ns", "");

    begin = bench_cpu_s();
    must(dump ? trace_reader_open(path, &reader, &problem) : BLR_ERR_NO_MEMORY);
    do {
        size_t len = 0;
        must(trace_reader_next(reader, &record));
        if (record && !trace_dump_record(dump, record, &len))
            must(BLR_ERR_NO_MEMORY);
        octets += len;
    } while (record);
    snprintf(name, sizeof name, "trace_dump_%s_million", kind);
    bench_print(name, bench_cpu_s() - begin, "s", octets ? "under 2" : "nothing was printed");
    trace_reader_close(reader);
    trace_dump_free(dump);
}

int main(void)
{
    char path[] = "/tmp/blueroom-bench-XXXXXX";
    const int fd = mkstemp(path);

    if (fd < 0) {
        perror(path);
        return 2;
    }
    trace(path, "hci", trace_writer_btsnoop, send_hci);
    trace(path, "air", trace_writer_air, send_air);
    remove(path);
    return 0;
}
