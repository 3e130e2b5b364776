/* SPDX-License-Identifier: MIT */
/* A queue of octets in memory of its owner, for frames and SDUs that wait to be sent. */
#ifndef STACK_RING_H
#define STACK_RING_H

#include <stddef.h>
#include <stdint.h>

#include "wire/wr.h"

struct ring {
    uint8_t *bytes;
    uint32_t size;
    uint32_t head, used;
};

static inline size_t ring_room(const struct ring *ring)
{
    return ring->size - ring->used;
}

/* Appends; there must be room. */
void ring_put(struct ring *ring, const uint8_t *bytes, size_t len);
/* Copies `len` octets that begin `skip` behind the head; so many must be there. */
void ring_peek(const struct ring *ring, size_t skip, size_t len, struct wr *w);
uint16_t ring_peek_u16(const struct ring *ring);
/* Takes them away from the head. */
void ring_drop(struct ring *ring, size_t len);

#endif
