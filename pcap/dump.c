/* SPDX-License-Identifier: MIT */
/* One line a packet: the time, then what the layers say. */
#include "traces/dump.h"

#include <stdlib.h>

#include "layers.h"
#include "monitor.h"

#define NS_PER_S   INT64_C(1000000000)
#define NS_PER_DAY (86400 * NS_PER_S)

struct trace_dump *trace_dump_new(void)
{
    return calloc(1, sizeof(struct trace_dump));
}

void trace_dump_free(struct trace_dump *dump)
{
    if (!dump)
        return;
    link_table_fini(&dump->links);
    text_fini(&dump->text);
    free(dump);
}

/* Sinks are told virtual time, whenever they begin. */
static void count_from_world_zero(struct trace_dump *d)
{
    d->started = true;
    d->zero_ns = 0;
}

/* Seconds, and microseconds or nanoseconds: HCI traces have no more than the former. */
static void begin(struct trace_dump *d, int64_t at_ns, bool nanoseconds)
{
    struct text *text = &d->text;

    if (!d->started) {
        d->started = true;
        d->zero_ns = at_ns >= 0 && at_ns < NS_PER_DAY ? 0 : at_ns;
    }
    text->len = 0;
    text->failed = false;
    (void)text_room(text, 256);

    const bool before = at_ns < d->zero_ns;
    const uint64_t ns =
        before ? (uint64_t)d->zero_ns - (uint64_t)at_ns : (uint64_t)at_ns - (uint64_t)d->zero_ns;
    const uint64_t second = ns / (uint64_t)NS_PER_S, left = ns % (uint64_t)NS_PER_S;
    if (before) { /* a clock that stepped back */
        text_char(text, '-');
        text_udec(text, second, 5, ' ');
    } else {
        text_udec(text, second, 6, ' ');
    }
    text_char(text, '.');
    if (nanoseconds)
        text_udec(text, left, 9, '0');
    else
        text_udec(text, left / 1000, 6, '0');
    text_char(text, ' ');
}

static void monitor(struct trace_dump *d, const struct trace_record *record)
{
    const struct monitor_opcode *known = monitor_opcode(record->monitor.opcode);
    const uint8_t *bytes = record->monitor.bytes;
    size_t len = record->monitor.len;

    text_str(&d->text, "- NOTE ");
    if (known) {
        text_str(&d->text, known->name);
    } else {
        text_str(&d->text, "opcode=");
        text_0x(&d->text, record->monitor.opcode, 4);
    }
    if (len == 0)
        return;
    if (known && known->text) {
        if (bytes[len - 1] == 0)
            len--;
        text_char(&d->text, ' ');
        text_quoted(&d->text, bytes, len);
    } else {
        dump_key(d, "data");
        text_octets(&d->text, bytes, len);
    }
}

static void broken(struct trace_dump *d, const struct trace_record *record)
{
    struct rd r = rd_init(record->broken.bytes, record->broken.len);

    d->origin = record->broken.bytes;
    text_str(&d->text, "- ???");
    rd_skip(&r, record->broken.offset);
    dump_malformed(d, record->broken.what, &r);
    if (record->broken.offset) {
        dump_key(d, "before");
        text_octets(&d->text, record->broken.bytes, record->broken.offset);
    }
}

static const char *end(struct trace_dump *d, size_t cut, size_t *len)
{
    if (cut) {
        text_str(&d->text, " [cut: ");
        text_udec(&d->text, cut, 0, ' ');
        text_str(&d->text, " octets were not recorded]");
    }
    if (len)
        *len = d->text.len;
    return text_end(&d->text);
}

const char *trace_dump_record(struct trace_dump *dump, const struct trace_record *record,
                              size_t *len)
{
    begin(dump, record->at_ns, record->kind == TRACE_AIR);
    if (record->has_adapter && record->adapter != UINT16_MAX) {
        text_str(&dump->text, "hci");
        text_udec(&dump->text, record->adapter, 0, ' ');
        text_char(&dump->text, ' ');
    }
    switch (record->kind) {
    case TRACE_HCI:
        dump_hci_packet(dump, record->has_adapter ? record->adapter : 0, &record->hci);
        break;
    case TRACE_AIR:
        dump_air_packet(dump, &record->air);
        break;
    case TRACE_MONITOR:
        monitor(dump, record);
        break;
    case TRACE_BROKEN:
        broken(dump, record);
        break;
    }
    return end(dump, record->cut, len);
}

const char *trace_dump_hci(struct trace_dump *dump, sim_ns at, bool to_host,
                           enum hci_packet_type type, const uint8_t *packet, size_t len)
{
    const struct trace_hci_record hci = {
        .to_host = to_host, .type = (uint8_t)type, .packet = packet, .len = len};

    count_from_world_zero(dump);
    begin(dump, (int64_t)at, false);
    dump_hci_packet(dump, 0, &hci);
    return end(dump, 0, NULL);
}

const char *trace_dump_air(struct trace_dump *dump, const struct trace_air_packet *packet)
{
    struct trace_air_record air = {
        .packet = *packet, .has_channel = true, .has_power = true, .crc_checked = true};

    if (packet->plain) {
        air.packet.pdu = packet->plain;
        air.packet.len = packet->plain_len;
        air.decrypted = air.mic_checked = true;
    }
    count_from_world_zero(dump);
    begin(dump, (int64_t)packet->start, true);
    dump_air_packet(dump, &air);
    return end(dump, 0, NULL);
}
