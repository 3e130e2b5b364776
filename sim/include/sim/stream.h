/* SPDX-License-Identifier: MIT */
/*
 * Named random streams: (seed, device name, purpose) gives a stream of its own, so that a new
 * device, a sniffer or a trace changes nobody else's numbers. Not for cryptography in the real
 * world: reproducible by design.
 */
#ifndef SIM_STREAM_H
#define SIM_STREAM_H

#include <stddef.h>
#include <stdint.h>

struct sim_stream {
    uint64_t state[4]; /* xoshiro256** */
};

void sim_stream_init(struct sim_stream *stream, uint64_t seed, const char *device,
                     const char *purpose);
/*
 * A stream from a number in place of names, for what must not depend on earlier draws; and such a
 * number made of two.
 */
void sim_stream_init_key(struct sim_stream *stream, uint64_t key);
uint64_t sim_stream_mix(uint64_t a, uint64_t b);
uint64_t sim_stream_u64(struct sim_stream *stream);
/* Uniform in 0 to bound - 1; bound of 0 gives 0. */
uint32_t sim_stream_below(struct sim_stream *stream, uint32_t bound);
void sim_stream_bytes(struct sim_stream *stream, uint8_t *out, size_t len);

#endif
