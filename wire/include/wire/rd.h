/* SPDX-License-Identifier: MIT */
/*
 * Bounded reader of wire formats with sticky failure: read all fields, then ask rd_ok() or
 * rd_done() once. A failed read yields zero and leaves the cursor failed; nothing beyond the
 * bytes given is ever touched. Integers are little-endian unless the name says _be.
 */
#ifndef WIRE_RD_H
#define WIRE_RD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct rd {
    const uint8_t *p;
    size_t len;
    size_t off;
    bool failed;
};

static inline struct rd rd_init(const uint8_t *p, size_t len)
{
    return (struct rd){.p = p, .len = len};
}

static inline size_t rd_left(const struct rd *r)
{
    return r->failed ? 0 : r->len - r->off;
}

/* Every read so far was within the bytes. */
static inline bool rd_ok(const struct rd *r)
{
    return !r->failed;
}

/* Every read so far was within the bytes, and nothing is left over. */
static inline bool rd_done(const struct rd *r)
{
    return !r->failed && r->off == r->len;
}

/* The next n bytes in place, or NULL (and failed). n of 0 yields a valid pointer. */
static inline const uint8_t *rd_bytes(struct rd *r, size_t n)
{
    static const uint8_t nothing[1];

    if (r->failed || n > r->len - r->off) {
        r->failed = true;
        return NULL;
    }
    if (n == 0)
        return r->p ? r->p + r->off : nothing;
    const uint8_t *p = r->p + r->off;
    r->off += n;
    return p;
}

static inline void rd_skip(struct rd *r, size_t n)
{
    (void)rd_bytes(r, n);
}

/* Copies n bytes; zeros when there are fewer. */
static inline void rd_copy(struct rd *r, uint8_t *out, size_t n)
{
    const uint8_t *p = rd_bytes(r, n);

    if (n == 0)
        return;
    if (p)
        memcpy(out, p, n);
    else
        memset(out, 0, n);
}

/* Copies n bytes, the last first; zeros when there are fewer. */
static inline void rd_reversed(struct rd *r, uint8_t *out, size_t n)
{
    const uint8_t *p = rd_bytes(r, n);

    for (size_t i = 0; i < n; i++)
        out[i] = p ? p[n - 1 - i] : 0;
}

static inline uint8_t rd_u8(struct rd *r)
{
    const uint8_t *p = rd_bytes(r, 1);

    return p ? p[0] : 0;
}

static inline int8_t rd_i8(struct rd *r)
{
    const uint8_t v = rd_u8(r);

    return (int8_t)(v < 128 ? v : v - 256);
}

static inline uint16_t rd_u16(struct rd *r)
{
    const uint8_t *p = rd_bytes(r, 2);

    if (!p)
        return 0;
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint16_t rd_u16_be(struct rd *r)
{
    const uint8_t *p = rd_bytes(r, 2);

    if (!p)
        return 0;
    return (uint16_t)(p[0] << 8 | p[1]);
}

static inline int16_t rd_i16_be(struct rd *r)
{
    const uint16_t v = rd_u16_be(r);

    return (int16_t)(v < 0x8000 ? v : v - 0x10000);
}

static inline uint32_t rd_u24(struct rd *r)
{
    const uint8_t *p = rd_bytes(r, 3);

    return p ? (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 : 0;
}

static inline uint32_t rd_u32(struct rd *r)
{
    const uint8_t *p = rd_bytes(r, 4);

    return p ? (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24
             : 0;
}

static inline uint32_t rd_u32_be(struct rd *r)
{
    const uint8_t *p = rd_bytes(r, 4);

    return p ? (uint32_t)p[3] | (uint32_t)p[2] << 8 | (uint32_t)p[1] << 16 | (uint32_t)p[0] << 24
             : 0;
}

static inline uint64_t rd_u64(struct rd *r)
{
    const uint32_t low = rd_u32(r);
    const uint32_t high = rd_u32(r);

    return (uint64_t)high << 32 | low;
}

static inline uint64_t rd_u64_be(struct rd *r)
{
    const uint32_t high = rd_u32_be(r);
    const uint32_t low = rd_u32_be(r);

    return (uint64_t)high << 32 | low;
}

/* A reader over the next n bytes, which this one steps over; failed if there are fewer. */
static inline struct rd rd_sub(struct rd *r, size_t n)
{
    const uint8_t *p = rd_bytes(r, n);
    struct rd sub = rd_init(p, p ? n : 0);

    sub.failed = p == NULL;
    return sub;
}

#endif
