/* SPDX-License-Identifier: MIT */
/*
 * Trace files, read: btsnoop (datalinks 1001, 1002 and the Linux monitor's 2001), pcap and pcapng
 * (DLT 256, Bluetooth LE LL with pseudo-header; 251, without; 201, HCI H4 with direction).
 *
 * Files are hostile. No size in one is trusted for an allocation: a record over TRACE_RECORD_MAX
 * octets, a file that ends within a record or a datalink that is not in the list ends the reading
 * with an error and the offset. A record that is whole but cannot be what its datalink says is
 * handed over as TRACE_BROKEN, and reading goes on.
 */
#ifndef TRACES_READER_H
#define TRACES_READER_H

#include <stdint.h>
#include <stdio.h>

#include "wire/error.h"
#include "wire/trace_sink.h"

/* The H4 indicator, the ACL header, 65535 octets, and some for a pseudo-header. */
#define TRACE_RECORD_MAX 65552U

enum trace_record_kind {
    TRACE_HCI,
    TRACE_AIR,
    TRACE_MONITOR, /* what the Linux monitor records besides packets */
    TRACE_BROKEN,
};

struct trace_hci_record {
    bool to_host;
    uint8_t type;          /* enum hci_packet_type or any other octet */
    const uint8_t *packet; /* behind the indicator */
    size_t len;
};

/* What the recorder says of an air packet; fields of `packet` it does not know are zero. */
struct trace_air_record {
    struct trace_air_packet packet; /* direction: the 3-bit field of the pseudo-header */
    bool has_channel;               /* mhz and phy too */
    bool has_power;
    bool whitened; /* still */
    bool decrypted;
    bool mic_checked; /* packet.mic_valid tells */
    bool crc_checked;
};

struct trace_record {
    enum trace_record_kind kind;
    bool has_adapter; /* the Linux monitor numbers adapters */
    uint16_t adapter;
    int64_t at_ns; /* since 2020-01-01T00:00:00Z; saturated */
    size_t cut;    /* octets the packet had and the record has not */
    union {
        struct trace_hci_record hci;
        struct trace_air_record air;
        struct {
            uint16_t opcode;
            const uint8_t *bytes;
            size_t len;
        } monitor;
        struct {
            const char *what; /* the field that is not there or makes no sense */
            size_t offset;    /* where, in bytes */
            const uint8_t *bytes;
            size_t len;
        } broken;
    };
};

/* Why reading ended: words, and where in the file. */
struct trace_problem {
    uint64_t offset;
    char text[192];
};

struct trace_reader;

/*
 * Opens a file. BLR_ERR_IO, BLR_ERR_MALFORMED (no trace), BLR_ERR_UNSUPPORTED (a datalink or a
 * version that is not read), BLR_ERR_NO_MEMORY: then *problem says more.
 */
int trace_reader_open(const char *path, struct trace_reader **reader,
                      struct trace_problem *problem) BLR_MUST_CHECK;
/* The same from a seekable stream, which is closed in any case. */
int trace_reader_open_stream(FILE *file, struct trace_reader **reader,
                             struct trace_problem *problem) BLR_MUST_CHECK;
void trace_reader_close(struct trace_reader *reader);

/*
 * The next record, which lives until the next call; NULL at the end of the file. Returns 0, or an
 * error as above, and again on every further call.
 */
int trace_reader_next(struct trace_reader *reader,
                      const struct trace_record **record) BLR_MUST_CHECK;

/* After an error of trace_reader_next(). */
const struct trace_problem *trace_reader_problem(const struct trace_reader *reader);

#endif
