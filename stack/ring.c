/* SPDX-License-Identifier: MIT */
#include "ring.h"

#include "wire/rd.h"

/* How many of `len` octets from `at` lie before the end of the memory. */
static size_t before_end(const struct ring *ring, size_t at, size_t len)
{
    return len < ring->size - at ? len : ring->size - at;
}

void ring_put(struct ring *ring, const uint8_t *bytes, size_t len)
{
    const size_t at = (ring->head + ring->used) % ring->size;
    const size_t n = before_end(ring, at, len);
    struct wr end = wr_init(ring->bytes + at, n);
    struct wr start = wr_init(ring->bytes, len - n);

    wr_bytes(&end, bytes, n);
    wr_bytes(&start, bytes + n, len - n);
    ring->used += (uint32_t)len;
}

void ring_peek(const struct ring *ring, size_t skip, size_t len, struct wr *w)
{
    const size_t at = (ring->head + skip) % ring->size;
    const size_t n = before_end(ring, at, len);

    wr_bytes(w, ring->bytes + at, n);
    wr_bytes(w, ring->bytes, len - n);
}

uint16_t ring_peek_u16(const struct ring *ring)
{
    uint8_t octets[2];
    struct wr w = wr_init(octets, sizeof octets);

    ring_peek(ring, 0, sizeof octets, &w);
    struct rd r = rd_init(octets, sizeof octets);
    return rd_u16(&r);
}

void ring_drop(struct ring *ring, size_t len)
{
    ring->head = (uint32_t)((ring->head + len) % ring->size);
    ring->used -= (uint32_t)len;
}
