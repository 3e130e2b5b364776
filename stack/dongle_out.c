/* SPDX-License-Identifier: MIT */
/* What the dongle says: packets in a ring, sent as far as the client reads. */
#include "dongle_internal.h"

/* The packet at the head of a ring. */
static size_t head(const struct ring *ring, uint8_t packet[static BGAPI_PACKET_MAX])
{
    struct wr header = wr_init(packet, BGAPI_HEADER_SIZE);

    ring_peek(ring, 0, BGAPI_HEADER_SIZE, &header);
    const size_t len = BGAPI_HEADER_SIZE + packet[1];
    struct wr whole = wr_init(packet, BGAPI_PACKET_MAX);
    ring_peek(ring, 0, len, &whole);
    return len;
}

void dongle_flush(struct blr_dongle *dongle)
{
    uint8_t packet[BGAPI_PACKET_MAX];

    while (dongle->out.used) {
        const size_t len = head(&dongle->out, packet);
        if (byte_link_send(dongle->line, packet, len) == BLR_ERR_AGAIN)
            return;
        ring_drop(&dongle->out, len);
    }
}

static void put(struct blr_dongle *dongle, const struct wr *w, size_t spare)
{
    if (dongle->closed)
        return;
    if (ring_room(&dongle->out) < w->len + spare) {
        dongle->stats.events_dropped++;
        return;
    }
    ring_put(&dongle->out, w->p, w->len);
    dongle_flush(dongle);
}

void dongle_respond(struct blr_dongle *dongle, uint16_t code, const struct bgapi_fields *fields)
{
    uint8_t packet[BGAPI_PACKET_MAX];
    struct wr w = wr_init(packet, sizeof packet);

    if (bgapi_encode(BGAPI_RESPONSE, code, fields, &w) == 0)
        put(dongle, &w, 0);
}

void dongle_respond_result(struct blr_dongle *dongle, uint8_t first, uint16_t code, uint16_t result)
{
    const uint8_t payload[] = {(uint8_t)result, (uint8_t)(result >> 8)};
    uint8_t packet[BGAPI_PACKET_MAX];
    struct wr w = wr_init(packet, sizeof packet);

    if (bgapi_encode_raw(first, code, payload, sizeof payload, &w) == 0)
        put(dongle, &w, 0);
}

static bool event(const struct blr_dongle *dongle, uint16_t code, const struct bgapi_fields *fields,
                  struct wr *w)
{
    return !dongle->quiet && bgapi_encode(BGAPI_EVENT, code, fields, w) == 0;
}

void dongle_tell(struct blr_dongle *dongle, uint16_t code, const struct bgapi_fields *fields)
{
    uint8_t packet[BGAPI_PACKET_MAX];
    struct wr w = wr_init(packet, sizeof packet);

    if (event(dongle, code, fields, &w))
        put(dongle, &w, 0);
}

void dongle_mention(struct blr_dongle *dongle, uint16_t code, const struct bgapi_fields *fields)
{
    uint8_t packet[BGAPI_PACKET_MAX];
    struct wr w = wr_init(packet, sizeof packet);

    if (event(dongle, code, fields, &w))
        put(dongle, &w, OUT_FOR_EVENTS);
}

void dongle_mention_of_conn(struct dongle_conn *c, uint16_t code, const struct bgapi_fields *fields)
{
    struct blr_dongle *dongle = c->dongle;
    uint8_t packet[BGAPI_PACKET_MAX];
    struct wr w = wr_init(packet, sizeof packet);

    if (!event(dongle, code, fields, &w))
        return;
    if (c->known)
        put(dongle, &w, OUT_FOR_EVENTS);
    else if (ring_room(&c->held) >= w.len)
        ring_put(&c->held, packet, w.len);
    else
        dongle->stats.events_dropped++;
}

void dongle_release_held(struct dongle_conn *c)
{
    uint8_t packet[BGAPI_PACKET_MAX];

    c->known = true;
    while (c->held.used) {
        const size_t len = head(&c->held, packet);
        const struct wr w = {.p = packet, .cap = sizeof packet, .len = len};
        ring_drop(&c->held, len);
        put(c->dongle, &w, OUT_FOR_EVENTS);
    }
}
