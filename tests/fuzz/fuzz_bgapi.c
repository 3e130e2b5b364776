/* SPDX-License-Identifier: MIT */
/*
 * A stream of any octets, in pieces of any size: which packets come out does not depend on the
 * pieces, what decodes encodes to the same octets, and the reader always finds its way back. The
 * first octet chooses the pieces.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/bgapi.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    uint64_t sum, packets, skipped, octets;
};

static void note(struct seen *seen, uint8_t octet)
{
    seen->sum = (seen->sum ^ octet) * UINT64_C(0x100000001B3);
}

static void round_trip(enum bgapi_kind kind, const struct bgapi_packet *packet)
{
    struct bgapi_fields fields;
    uint8_t out[BGAPI_PACKET_MAX];
    struct wr w = wr_init(out, sizeof out);

    if (bgapi_decode(kind, packet->code, packet->payload, packet->len, &fields) != 0)
        return;
    if (bgapi_encode(kind, packet->code, &fields, &w) != 0 ||
        w.len != BGAPI_HEADER_SIZE + packet->len ||
        memcmp(out + BGAPI_HEADER_SIZE, packet->payload, packet->len) != 0)
        abort();
}

static void feed(struct bgapi_reader *reader, struct seen *seen, const uint8_t *bytes, size_t len)
{
    struct bgapi_packet packet;

    while (bgapi_read(reader, &bytes, &len, &packet)) {
        seen->packets++;
        seen->octets += BGAPI_HEADER_SIZE + packet.len;
        note(seen, packet.first);
        note(seen, BGAPI_CODE_CLASS(packet.code));
        note(seen, BGAPI_CODE_ID(packet.code));
        for (size_t i = 0; i < packet.len; i++)
            note(seen, packet.payload[i]);
        round_trip(BGAPI_COMMAND, &packet);
        round_trip(BGAPI_RESPONSE, &packet);
        round_trip(BGAPI_EVENT, &packet);
    }
    if (len)
        abort();
}

static struct seen read_all(const uint8_t *data, size_t size, size_t piece)
{
    static const uint8_t hello[] = {0x00, 0x00, 0x00, 0x01};
    uint8_t flush[BGAPI_PACKET_MAX];
    struct bgapi_reader reader;
    struct seen seen = {0};

    bgapi_reader_init(&reader);
    for (size_t at = 0; at < size; at += piece)
        feed(&reader, &seen, data + at, piece < size - at ? piece : size - at);
    seen.skipped = reader.skipped;
    if (seen.octets + seen.skipped > size)
        abort();
    memset(flush, 0xFF, sizeof flush);
    feed(&reader, &seen, flush, sizeof flush);
    const uint64_t packets = seen.packets;
    feed(&reader, &seen, hello, sizeof hello);
    if (seen.packets != packets + 1)
        abort();
    return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const struct seen whole = read_all(data + 1, size - 1, size);
    const struct seen pieces = read_all(data + 1, size - 1, 1 + (size_t)data[0]);
    if (whole.sum != pieces.sum || whole.packets != pieces.packets ||
        whole.skipped != pieces.skipped)
        abort();
    return 0;
}
