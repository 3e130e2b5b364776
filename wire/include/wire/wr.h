/* SPDX-License-Identifier: MIT */
/*
 * Bounded writer of wire formats with sticky failure: write all fields, then ask wr_ok() once.
 * A write that does not fit writes nothing and fails the cursor. Integers are little-endian
 * unless the name says _be.
 */
#ifndef WIRE_WR_H
#define WIRE_WR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct wr {
    uint8_t *p;
    size_t cap;
    size_t len;
    bool failed;
};

static inline struct wr wr_init(uint8_t *p, size_t cap)
{
    return (struct wr){.p = p, .cap = cap};
}

static inline bool wr_ok(const struct wr *w)
{
    return !w->failed;
}

static inline size_t wr_left(const struct wr *w)
{
    return w->failed ? 0 : w->cap - w->len;
}

/* Room for n bytes, to be filled by the caller, or NULL (and failed). */
static inline uint8_t *wr_room(struct wr *w, size_t n)
{
    if (w->failed || n > w->cap - w->len) {
        w->failed = true;
        return NULL;
    }
    uint8_t *p = w->p + w->len;
    w->len += n;
    return p;
}

static inline void wr_bytes(struct wr *w, const uint8_t *bytes, size_t n)
{
    if (n == 0)
        return;
    uint8_t *p = wr_room(w, n);
    if (p)
        memcpy(p, bytes, n);
}

/* From the last to the first: between the two orders that keys and addresses stand in. */
static inline void wr_reversed(struct wr *w, const uint8_t *bytes, size_t n)
{
    if (n == 0)
        return;
    uint8_t *p = wr_room(w, n);
    if (!p)
        return;
    for (size_t i = 0; i < n; i++)
        p[i] = bytes[n - 1 - i];
}

static inline void wr_fill(struct wr *w, uint8_t value, size_t n)
{
    if (n == 0)
        return;
    uint8_t *p = wr_room(w, n);
    if (p)
        memset(p, value, n);
}

static inline void wr_u8(struct wr *w, uint8_t v)
{
    uint8_t *p = wr_room(w, 1);

    if (p)
        p[0] = v;
}

static inline void wr_i8(struct wr *w, int8_t v)
{
    wr_u8(w, (uint8_t)v);
}

static inline void wr_u16(struct wr *w, uint16_t v)
{
    uint8_t *p = wr_room(w, 2);

    if (p) {
        p[0] = (uint8_t)v;
        p[1] = (uint8_t)(v >> 8);
    }
}

static inline void wr_u16_be(struct wr *w, uint16_t v)
{
    wr_u16(w, (uint16_t)(v << 8 | v >> 8));
}

static inline void wr_u24(struct wr *w, uint32_t v)
{
    uint8_t *p = wr_room(w, 3);

    if (p) {
        p[0] = (uint8_t)v;
        p[1] = (uint8_t)(v >> 8);
        p[2] = (uint8_t)(v >> 16);
    }
}

static inline void wr_u32(struct wr *w, uint32_t v)
{
    uint8_t *p = wr_room(w, 4);

    if (p) {
        p[0] = (uint8_t)v;
        p[1] = (uint8_t)(v >> 8);
        p[2] = (uint8_t)(v >> 16);
        p[3] = (uint8_t)(v >> 24);
    }
}

static inline void wr_u32_be(struct wr *w, uint32_t v)
{
    wr_u32(w, v << 24 | (v & 0xFF00U) << 8 | (v >> 8 & 0xFF00U) | v >> 24);
}

static inline void wr_u64(struct wr *w, uint64_t v)
{
    wr_u32(w, (uint32_t)v);
    wr_u32(w, (uint32_t)(v >> 32));
}

static inline void wr_u64_be(struct wr *w, uint64_t v)
{
    wr_u32_be(w, (uint32_t)(v >> 32));
    wr_u32_be(w, (uint32_t)v);
}

#endif
