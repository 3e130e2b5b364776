/* SPDX-License-Identifier: MIT */
#include "packets.h"

#include <stddef.h>
#include <string.h>

#include "traces/dump.h"

static struct packets *packets_of(struct trace_sink *sink)
{
    return (struct packets *)(void *)((char *)sink - offsetof(struct packets, sink));
}

static void keep(struct trace_sink *sink, sim_ns at, bool to_host, enum hci_packet_type type,
                 const uint8_t *packet, size_t len)
{
    struct packets *packets = packets_of(sink);
    struct packets_entry *entry = &packets->last[packets->count++ % PACKETS_KEPT];

    entry->at = at;
    entry->to_host = to_host;
    entry->type = (uint8_t)type;
    entry->len = len;
    memcpy(entry->bytes, packet, len < PACKETS_OCTETS ? len : PACKETS_OCTETS);
    if (packets->file)
        packets->file->ops->hci(packets->file, at, to_host, type, packet, len);
}

void packets_init(struct packets *packets)
{
    static const struct trace_sink_ops ops = {.hci = keep};

    *packets = (struct packets){.sink.ops = &ops};
}

void packets_show(const struct packets *packets, struct text *text)
{
    const uint64_t first = packets->count > PACKETS_KEPT ? packets->count - PACKETS_KEPT : 0;
    struct trace_dump *dump = trace_dump_new();

    for (uint64_t i = first; dump && i < packets->count; i++) {
        const struct packets_entry *entry = &packets->last[i % PACKETS_KEPT];
        const size_t len = entry->len < PACKETS_OCTETS ? entry->len : PACKETS_OCTETS;
        const char *line = trace_dump_hci(dump, entry->at, entry->to_host,
                                          (enum hci_packet_type)entry->type, entry->bytes, len);
        if (line)
            text_add(text, "  %s\n", line);
    }
    trace_dump_free(dump);
}
