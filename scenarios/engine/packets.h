/* SPDX-License-Identifier: MIT */
/*
 * A trace sink for one device: keeps its last packets for failure reports, and hands all on to a
 * trace file.
 */
#ifndef ENGINE_PACKETS_H
#define ENGINE_PACKETS_H

#include "text.h"
#include "wire/trace_sink.h"

enum { PACKETS_KEPT = 10, PACKETS_OCTETS = 264 };

struct packets_entry {
    sim_ns at;
    bool to_host;
    uint8_t type; /* enum hci_packet_type */
    size_t len;
    uint8_t bytes[PACKETS_OCTETS]; /* as many as fit */
};

struct packets {
    struct trace_sink sink;
    struct trace_sink *file; /* NULL: none */
    uint64_t count;
    struct packets_entry last[PACKETS_KEPT];
};

void packets_init(struct packets *packets);
/* One line a packet, decoded, each with two spaces before it. */
void packets_show(const struct packets *packets, struct text *text);

#endif
