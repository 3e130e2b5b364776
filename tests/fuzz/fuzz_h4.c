/* SPDX-License-Identifier: MIT */
/*
 * A stream of any octets, in pieces of any size: what comes out of the reader does not depend on
 * the pieces, and an HCI_Reset is always found. The first octet chooses the side and the pieces.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "io/h4.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What came out, as a sum over types, lengths and octets in their order. */
struct seen {
    uint64_t sum, packets, losses, discarded;
};

static void note(struct seen *seen, uint8_t octet)
{
    seen->sum = (seen->sum ^ octet) * UINT64_C(0x100000001B3);
}

static void feed(struct h4_reader *reader, struct seen *seen, const uint8_t *bytes, size_t len)
{
    for (;;) {
        const enum h4_result result = h4_read(reader, &bytes, &len);
        if (result == H4_MORE)
            break;
        note(seen, (uint8_t)result);
        if (result == H4_LOST) {
            seen->losses++;
            continue;
        }
        if (reader->len > H4_PACKET_MAX || !(reader->accepts & H4_BIT(reader->type)))
            abort();
        seen->packets++;
        note(seen, reader->type);
        for (size_t i = 0; i < reader->len; i++)
            note(seen, reader->packet[i]);
    }
    if (len)
        abort();
}

static struct seen read_all(const uint8_t *data, size_t size, unsigned accepts, size_t piece)
{
    struct h4_reader *reader = malloc(sizeof *reader);
    struct seen seen = {0};

    if (!reader)
        abort();
    h4_reader_init(reader, accepts);
    for (size_t at = 0; at < size; at += piece)
        feed(reader, &seen, data + at, piece < size - at ? piece : size - at);
    seen.discarded = reader->discarded;
    if (reader->lost) { /* whatever came before, this is found */
        static const uint8_t reset[] = {0x55, 0x01, 0x03, 0x0C, 0x00};
        const uint64_t packets = seen.packets;
        if (accepts & H4_BIT(HCI_PACKET_COMMAND)) {
            feed(reader, &seen, reset, sizeof reset);
            if (reader->lost || seen.packets != packets + 1)
                abort();
        }
    }
    free(reader);
    return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const unsigned accepts = data[0] & 0x80 ? H4_FROM_CONTROLLER : H4_FROM_HOST;
    const size_t piece = 1 + (data[0] & 0x7F);
    const struct seen whole = read_all(data + 1, size - 1, accepts, size);
    const struct seen pieces = read_all(data + 1, size - 1, accepts, piece);
    if (whole.sum != pieces.sum || whole.packets != pieces.packets ||
        whole.losses != pieces.losses || whole.discarded != pieces.discarded)
        abort();
    return 0;
}
