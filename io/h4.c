/* SPDX-License-Identifier: MIT */
#include "io/h4.h"

#include <string.h>

#include "wire/hci.h"
#include "wire/rd.h"

static size_t header_len(uint8_t type)
{
    switch (type) {
    case HCI_PACKET_EVENT:
        return 2;
    case HCI_PACKET_COMMAND:
    case HCI_PACKET_SCO:
        return 3;
    default:
        return 4;
    }
}

/* Of a whole header: how long the packet is. */
static size_t packet_len(uint8_t type, const uint8_t *header)
{
    const size_t len = header_len(type);
    struct rd r = rd_init(header, len);

    switch (type) {
    case HCI_PACKET_EVENT:
        rd_skip(&r, 1);
        return len + rd_u8(&r);
    case HCI_PACKET_COMMAND:
    case HCI_PACKET_SCO:
        rd_skip(&r, 2);
        return len + rd_u8(&r);
    case HCI_PACKET_ACL:
        rd_skip(&r, 2);
        return len + rd_u16(&r);
    default:
        /* ISO_Data_Load_Length has 14 bits (Vol 4, Part E, 5.4.5). */
        rd_skip(&r, 2);
        return len + (rd_u16(&r) & 0x3FFFU);
    }
}

static void begin(struct h4_reader *reader)
{
    reader->type = 0;
    reader->whole = false;
    reader->len = reader->want = 0;
}

void h4_reader_init(struct h4_reader *reader, unsigned accepts)
{
    reader->accepts = accepts;
    reader->lost = false;
    reader->matched = 0;
    reader->discarded = 0;
    begin(reader);
}

/* An octet while lost. True: it completes an HCI_Reset. */
static bool search(struct h4_reader *reader, uint8_t octet)
{
    static const uint8_t reset[] = {HCI_PACKET_COMMAND, HCI_OP_RESET & 0xFF, HCI_OP_RESET >> 8, 0};

    reader->discarded++;
    if (!(reader->accepts & H4_BIT(HCI_PACKET_COMMAND)))
        return false;
    /* The first octet is not among the others, so nothing shorter than all can overlap. */
    if (octet == reset[reader->matched])
        reader->matched++;
    else
        reader->matched = octet == reset[0];
    if (reader->matched < sizeof reset)
        return false;
    reader->discarded -= sizeof reset;
    reader->lost = false;
    reader->matched = 0;
    reader->type = HCI_PACKET_COMMAND;
    reader->len = reader->want = sizeof reset - 1;
    memcpy(reader->packet, reset + 1, reader->len);
    reader->whole = true;
    return true;
}

/* What has been taken of the packet is looked through as well: a reset may have begun in it. */
static enum h4_result lose(struct h4_reader *reader)
{
    uint8_t header[4];
    const uint8_t type = reader->type;
    const size_t len = reader->len;

    memcpy(header, reader->packet, len);
    begin(reader);
    reader->lost = true;
    reader->matched = 0;
    (void)search(reader, type);
    for (size_t i = 0; i < len; i++)
        (void)search(reader, header[i]);
    return H4_LOST;
}

static enum h4_result take_indicator(struct h4_reader *reader, uint8_t octet)
{
    reader->type = octet;
    if (octet < 32 && reader->accepts & H4_BIT(octet))
        return H4_MORE;
    return lose(reader);
}

/* As many octets as there are, up to `want` in the packet. */
static void fill(struct h4_reader *reader, size_t want, const uint8_t **bytes, size_t *len)
{
    const size_t missing = want - reader->len;
    const size_t n = missing < *len ? missing : *len;

    if (n)
        memcpy(reader->packet + reader->len, *bytes, n);
    reader->len += n;
    *bytes += n;
    *len -= n;
}

enum h4_result h4_read(struct h4_reader *reader, const uint8_t **bytes, size_t *len)
{
    if (reader->whole)
        begin(reader);
    while (*len && reader->lost) {
        const uint8_t octet = *(*bytes)++;
        --*len;
        if (search(reader, octet))
            return H4_PACKET;
    }
    if (*len == 0)
        return H4_MORE;
    if (!reader->type) {
        const uint8_t octet = *(*bytes)++;
        --*len;
        if (take_indicator(reader, octet) == H4_LOST)
            return H4_LOST;
    }
    if (!reader->want) {
        fill(reader, header_len(reader->type), bytes, len);
        if (reader->len < header_len(reader->type))
            return H4_MORE;
        reader->want = packet_len(reader->type, reader->packet);
        if (reader->want > sizeof reader->packet)
            return lose(reader);
    }
    fill(reader, reader->want, bytes, len);
    if (reader->len < reader->want)
        return H4_MORE;
    reader->whole = true;
    return H4_PACKET;
}
