/* SPDX-License-Identifier: MIT */
/*
 * xoshiro256** (Blackman and Vigna), its state filled by SplitMix64 from a hash of seed, device
 * name and purpose.
 */
#include "sim/stream.h"

static uint64_t splitmix64(uint64_t *x)
{
    uint64_t z = *x += 0x9E3779B97F4A7C15U;

    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9U;
    z = (z ^ z >> 27) * 0x94D049BB133111EBU;
    return z ^ z >> 31;
}

/* FNV-1a over the text and a terminator, so that ("ab", "c") and ("a", "bc") differ. */
static uint64_t hash_text(uint64_t hash, const char *text)
{
    for (const char *c = text; *c; c++)
        hash = (hash ^ (uint8_t)*c) * 0x100000001B3U;
    return (hash ^ 0xFFU) * 0x100000001B3U;
}

void sim_stream_init(struct sim_stream *stream, uint64_t seed, const char *device,
                     const char *purpose)
{
    uint64_t x = splitmix64(&seed) ^ 0xCBF29CE484222325U;

    x = hash_text(x, device);
    x = hash_text(x, purpose);
    sim_stream_init_key(stream, x);
}

void sim_stream_init_key(struct sim_stream *stream, uint64_t key)
{
    for (size_t i = 0; i < 4; i++)
        stream->state[i] = splitmix64(&key);
}

uint64_t sim_stream_mix(uint64_t a, uint64_t b)
{
    uint64_t x = splitmix64(&a) ^ b;

    return splitmix64(&x);
}

static uint64_t rotl(uint64_t x, unsigned k)
{
    return x << k | x >> (64 - k);
}

uint64_t sim_stream_u64(struct sim_stream *stream)
{
    uint64_t *const s = stream->state;
    const uint64_t result = rotl(s[1] * 5, 7) * 9;
    const uint64_t t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotl(s[3], 45);
    return result;
}

uint32_t sim_stream_below(struct sim_stream *stream, uint32_t bound)
{
    /* Draws below 2^64 mod bound are refused, so that the rest is a whole number of bounds. */
    if (bound == 0)
        return 0;
    const uint64_t refused = (0 - (uint64_t)bound) % bound;
    uint64_t draw;
    do
        draw = sim_stream_u64(stream);
    while (draw < refused);
    return (uint32_t)(draw % bound);
}

void sim_stream_bytes(struct sim_stream *stream, uint8_t *out, size_t len)
{
    uint64_t word = 0;

    for (size_t i = 0; i < len; i++) {
        if (i % 8 == 0)
            word = sim_stream_u64(stream);
        out[i] = (uint8_t)word;
        word >>= 8;
    }
}
