/* SPDX-License-Identifier: MIT */
/* The containers: btsnoop read here, pcap and pcapng read by libpcap. */
#define _DEFAULT_SOURCE /* libpcap's headers want u_char; ftello */
#include "traces/reader.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "btsnoop.h"
#include "reader_record.h"
#include "writer_file.h"

#define PCAP_FILE_HEADER_SIZE   24U
#define PCAP_RECORD_HEADER_SIZE 16U

struct trace_reader {
    int (*next)(struct trace_reader *reader, bool *got);
    FILE *file;   /* libpcap's to close if there is a pcap */
    pcap_t *pcap; /* NULL: btsnoop */
    bool asks;    /* record headers have no one size: the stream knows the offset */
    uint32_t datalink;
    uint64_t offset; /* of the record that is read next */
    int error;       /* sticky */
    struct trace_problem problem;
    struct trace_record record;
    uint8_t bytes[TRACE_RECORD_MAX];
};

static int fail(struct trace_reader *reader, int error, uint64_t offset, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static int fail(struct trace_reader *reader, int error, uint64_t offset, const char *format, ...)
{
    va_list args;

    reader->error = error;
    reader->problem.offset = offset;
    va_start(args, format);
    vsnprintf(reader->problem.text, sizeof reader->problem.text, format, args);
    va_end(args);
    return error;
}

/* seconds * 10^9 + ns since the Unix epoch, as time since world zero; saturated. */
static int64_t since_world_zero(int64_t seconds, int64_t ns)
{
    const int64_t edge = seconds < 0 ? INT64_MIN : INT64_MAX;
    int64_t at;

    if (__builtin_sub_overflow(seconds, TRACE_WORLD_ZERO_UNIX_S, &seconds) ||
        __builtin_mul_overflow(seconds, INT64_C(1000000000), &at) ||
        __builtin_add_overflow(at, ns, &at))
        return edge;
    return at;
}

/* Reads exactly `want` octets; *got tells how many there were. An error of the stream is fatal. */
static int read_octets(struct trace_reader *reader, uint8_t *out, size_t want, size_t *got)
{
    errno = 0;
    *got = fread(out, 1, want, reader->file);
    if (*got < want && ferror(reader->file))
        return fail(reader, BLR_ERR_IO, reader->offset + *got, "%s",
                    errno ? strerror(errno) : "read error");
    return BLR_OK;
}

static void btsnoop_record(struct trace_reader *reader, uint32_t flags, size_t len)
{
    struct rd r = rd_init(reader->bytes, len);

    switch ((enum btsnoop_datalink)reader->datalink) {
    case BTSNOOP_HCI:
        record_hci(&reader->record, flags, &r);
        break;
    case BTSNOOP_H4:
        record_h4(&reader->record, flags & BTSNOOP_RECEIVED, &r);
        break;
    case BTSNOOP_MONITOR:
        record_monitor(&reader->record, flags, &r);
        break;
    }
}

static int btsnoop_next(struct trace_reader *reader, bool *got)
{
    uint8_t header[BTSNOOP_RECORD_HEADER_SIZE];
    size_t n;
    int error = read_octets(reader, header, sizeof header, &n);

    if (error)
        return error;
    *got = n > 0;
    if (n == 0)
        return BLR_OK;
    if (n < sizeof header)
        return fail(reader, BLR_ERR_MALFORMED, reader->offset,
                    "truncated: a record header of %zu of %zu octets", n, sizeof header);

    struct rd r = rd_init(header, sizeof header);
    const uint32_t original = rd_u32_be(&r);
    const uint32_t included = rd_u32_be(&r);
    const uint32_t flags = rd_u32_be(&r);
    rd_skip(&r, 4); /* cumulative drops */
    const uint64_t stamp = rd_u64_be(&r);
    if (included > TRACE_RECORD_MAX)
        return fail(reader, BLR_ERR_MALFORMED, reader->offset + 4,
                    "a record of %u octets; none has more than %u", included, TRACE_RECORD_MAX);
    if (included > original)
        return fail(reader, BLR_ERR_MALFORMED, reader->offset,
                    "a record holds %u octets of a packet that has %u", included, original);
    error = read_octets(reader, reader->bytes, included, &n);
    if (error)
        return error;
    if (n < included)
        return fail(reader, BLR_ERR_MALFORMED, reader->offset + sizeof header,
                    "truncated: %zu octets of a record of %u", n, included);

    /* Stamps are signed, and some files have negative ones: the division rounds down. */
    const int64_t us = (int64_t)stamp;
    int64_t second = us / 1000000, left = us % 1000000;
    if (left < 0) {
        left += 1000000;
        second -= 1;
    }
    reader->record.at_ns = since_world_zero(second - BTSNOOP_UNIX_EPOCH_US / 1000000, left * 1000);
    reader->record.cut = original - included;
    reader->offset += sizeof header + included;
    btsnoop_record(reader, flags, included);
    return BLR_OK;
}

static int btsnoop_open(struct trace_reader *reader)
{
    uint8_t header[BTSNOOP_FILE_HEADER_SIZE];
    size_t n;
    const int error = read_octets(reader, header, sizeof header, &n);

    if (error)
        return error;
    struct rd r = rd_init(header, n);
    rd_skip(&r, sizeof BTSNOOP_MAGIC);
    const uint32_t version = rd_u32_be(&r);
    reader->datalink = rd_u32_be(&r);
    if (!rd_ok(&r))
        return fail(reader, BLR_ERR_MALFORMED, n,
                    "truncated: a btsnoop header of %zu of %zu octets", n, sizeof header);
    if (version != BTSNOOP_VERSION)
        return fail(reader, BLR_ERR_UNSUPPORTED, 8, "btsnoop version %u; version 1 is read",
                    version);
    if (reader->datalink != BTSNOOP_HCI && reader->datalink != BTSNOOP_H4 &&
        reader->datalink != BTSNOOP_MONITOR)
        return fail(reader, BLR_ERR_UNSUPPORTED, 12,
                    "btsnoop datalink %u; 1001, 1002 and 2001 are read", reader->datalink);
    reader->offset = sizeof header;
    reader->next = btsnoop_next;
    return BLR_OK;
}

static uint64_t stream_offset(struct trace_reader *reader)
{
    const off_t at = ftello(reader->file);

    return at < 0 ? 0 : (uint64_t)at;
}

static void pcap_record(struct trace_reader *reader, const uint8_t *bytes, size_t len)
{
    struct rd r = rd_init(bytes, len);

    if (reader->datalink == DLT_BLUETOOTH_LE_LL_WITH_PHDR)
        record_le_phdr(&reader->record, &r);
    else if (reader->datalink == DLT_BLUETOOTH_LE_LL)
        record_le(&reader->record, &r);
    else
        record_h4_phdr(&reader->record, &r);
}

static int pcap_read(struct trace_reader *reader, bool *got)
{
    struct pcap_pkthdr *header;
    const u_char *bytes;

    if (reader->asks)
        reader->offset = stream_offset(reader);
    const int status = pcap_next_ex(reader->pcap, &header, &bytes);
    *got = status == 1;
    if (status == PCAP_ERROR_BREAK) /* the end */
        return BLR_OK;
    if (status != 1)
        return fail(reader, ferror(reader->file) ? BLR_ERR_IO : BLR_ERR_MALFORMED, reader->offset,
                    "%s", pcap_geterr(reader->pcap));
    if (header->caplen > TRACE_RECORD_MAX)
        return fail(reader, BLR_ERR_MALFORMED, reader->offset,
                    "a record of %u octets; none has more than %u", header->caplen,
                    TRACE_RECORD_MAX);
    reader->record.at_ns = since_world_zero(header->ts.tv_sec, header->ts.tv_usec);
    reader->record.cut = header->len > header->caplen ? header->len - header->caplen : 0;
    reader->offset += PCAP_RECORD_HEADER_SIZE + header->caplen;
    pcap_record(reader, bytes, header->caplen);
    return BLR_OK;
}

static int pcap_start(struct trace_reader *reader, bool asks, uint64_t datalink_offset)
{
    char text[PCAP_ERRBUF_SIZE] = "";

    reader->asks = asks;
    reader->pcap =
        pcap_fopen_offline_with_tstamp_precision(reader->file, PCAP_TSTAMP_PRECISION_NANO, text);
    if (!reader->pcap)
        return fail(reader, ferror(reader->file) ? BLR_ERR_IO : BLR_ERR_MALFORMED,
                    stream_offset(reader), "%s", text);
    const int datalink = pcap_datalink(reader->pcap);
    const char *name = pcap_datalink_val_to_name(datalink);
    if (datalink != DLT_BLUETOOTH_LE_LL_WITH_PHDR && datalink != DLT_BLUETOOTH_LE_LL &&
        datalink != DLT_BLUETOOTH_HCI_H4_WITH_PHDR)
        return fail(reader, BLR_ERR_UNSUPPORTED, datalink_offset,
                    "datalink %d (%s); 201, 251 and 256 are read", datalink,
                    name ? name : "unknown");
    reader->datalink = (uint32_t)datalink;
    reader->offset = PCAP_FILE_HEADER_SIZE;
    reader->next = pcap_read;
    return BLR_OK;
}

static int open_container(struct trace_reader *reader)
{
    static const uint8_t classic[][4] = {
        {0xA1, 0xB2, 0xC3, 0xD4}, {0xD4, 0xC3, 0xB2, 0xA1}, {0xA1, 0xB2, 0x3C, 0x4D},
        {0x4D, 0x3C, 0xB2, 0xA1}, {0xA1, 0xB2, 0xCD, 0x34}, {0x34, 0xCD, 0xB2, 0xA1},
    };
    static const uint8_t ng[4] = {0x0A, 0x0D, 0x0D, 0x0A};
    uint8_t magic[sizeof BTSNOOP_MAGIC];
    size_t n;
    const int error = read_octets(reader, magic, sizeof magic, &n);

    if (error)
        return error;
    if (fseek(reader->file, 0, SEEK_SET) != 0)
        return fail(reader, BLR_ERR_IO, 0, "%s", strerror(errno));
    if (n == sizeof magic && memcmp(magic, BTSNOOP_MAGIC, sizeof magic) == 0)
        return btsnoop_open(reader);
    if (n >= 4 && memcmp(magic, ng, sizeof ng) == 0)
        return pcap_start(reader, true, 0);
    for (size_t i = 0; n >= 4 && i < sizeof classic / sizeof classic[0]; i++)
        if (memcmp(magic, classic[i], 4) == 0)
            return pcap_start(reader, i >= 4, 20); /* the last two: a variant of Linux 2.2's */
    return fail(reader, BLR_ERR_MALFORMED, 0,
                n ? "not a trace: neither btsnoop nor pcap nor pcapng" : "an empty file");
}

int trace_reader_open_stream(FILE *file, struct trace_reader **reader,
                             struct trace_problem *problem)
{
    struct trace_reader *r = calloc(1, sizeof *r);

    if (!r) {
        fclose(file);
        *problem = (struct trace_problem){.text = "out of memory"};
        return BLR_ERR_NO_MEMORY;
    }
    r->file = file;
    const int error = open_container(r);
    if (error) {
        *problem = r->problem;
        trace_reader_close(r);
        return error;
    }
    *reader = r;
    return BLR_OK;
}

int trace_reader_open(const char *path, struct trace_reader **reader, struct trace_problem *problem)
{
    FILE *file = fopen(path, "rb");

    if (!file) {
        *problem = (struct trace_problem){0};
        snprintf(problem->text, sizeof problem->text, "%s", strerror(errno));
        return BLR_ERR_IO;
    }
    return trace_reader_open_stream(file, reader, problem);
}

void trace_reader_close(struct trace_reader *reader)
{
    if (!reader)
        return;
    if (reader->pcap)
        pcap_close(reader->pcap);
    else
        fclose(reader->file);
    free(reader);
}

int trace_reader_next(struct trace_reader *reader, const struct trace_record **record)
{
    bool got = false;

    *record = NULL;
    if (reader->error)
        return reader->error;
    const int error = reader->next(reader, &got);
    if (!error && got)
        *record = &reader->record;
    return error;
}

const struct trace_problem *trace_reader_problem(const struct trace_reader *reader)
{
    return &reader->problem;
}
