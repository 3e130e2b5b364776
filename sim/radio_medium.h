/* SPDX-License-Identifier: MIT */
/*
 * The medium's inside, shared by its files. In reading order: radio.c is what happens when (the
 * transceivers and the two events of a transmission), radio_reception.c who receives it,
 * radio_collision.c what disturbs it, radio_loss.c how strong it arrives, radio_rules.c what
 * scripts do to it, radio_medium.c who is told of it.
 */
#ifndef SIM_RADIO_MEDIUM_H
#define SIM_RADIO_MEDIUM_H

#include "sim/radio.h"

#define RADIO_MHZ_MIN     2400U
#define RADIO_MHZ_MAX     2483U
#define RADIO_FREQUENCIES (RADIO_MHZ_MAX - RADIO_MHZ_MIN + 1)

struct radio_interferer {
    uint16_t mhz, bandwidth_mhz;
    int16_t power_ddbm;
    sim_ns from, until;
};

struct radio_rules;
struct radio_loss_entry;

/* The packet whose receivers are being told: outlives its sender. */
struct radio_delivery {
    struct radio *sender; /* NULL once it has left the medium */
    bool tx_done_due;     /* the sender has not been used since */
    bool crc_known;
    uint32_t crc;
    struct radio_reception *receptions; /* not told yet */
    struct radio_packet packet;
    sim_ns end;
    uint8_t pdu[LL_PDU_MAX];
    uint8_t corrupted[LL_PDU_MAX];
};

struct radio_medium {
    struct sim_world *world;
    struct radio *all; /* by rank */
    struct radio *listeners[RADIO_FREQUENCIES];
    struct radio *sniffers;        /* those that listen on any frequency */
    struct radio *air;             /* transmissions on the air */
    struct radio_reception *spare; /* for sniffers */
    struct radio_delivery delivery;
    struct trace_sink *sink;
    radio_verdict_fn *observer;
    void *observer_user;
    struct radio_stats stats;
    uint32_t next_id;
    uint8_t exponent_tenths;
    struct radio_loss_entry *losses; /* open addressing; size is a power of two */
    uint32_t loss_size, loss_count;
    struct radio_interferer *interferers;
    size_t interferer_count, interferer_cap;
    struct radio_rules *rules; /* NULL while there never was one */
};

/* For the world. NULL when out of memory. Every radio must have left before the free. */
struct radio_medium *radio_medium_new(struct sim_world *world);
void radio_medium_free(struct radio_medium *medium);

/* --- radio.c --- */

/*
 * What a listening radio makes of a packet that begins: RADIO_HEARD when it can lock, as far as the
 * rules agree. Fills in power and margin. Changes nothing.
 */
enum radio_verdict radio_judge(const struct radio *tx, const struct radio *rx,
                               struct radio_reception *reception);

/* A reception that a stronger signal or its sender ended: its receiver listens on. */
void radio_reception_drop(struct radio *tx, struct radio_reception *reception,
                          enum radio_verdict verdict);

/* --- radio_reception.c --- */

/* For a radio that listens; linked nowhere. NULL when a sniffer's needs memory and there is none.
 */
struct radio_reception *radio_reception_new(struct radio *to);
/* Before it was linked anywhere. */
void radio_reception_discard(struct radio_reception *reception);
/* Its receiver is left idle, or still listening if it is a sniffer. */
void radio_reception_end(struct radio_reception *reception);
/* A list of n by the ranks of the receivers' actors. */
struct radio_reception *radio_receptions_sort(struct radio_reception *list, size_t n);

/* --- radio_medium.c --- */

void radio_medium_trace_start(struct radio_medium *medium, const struct radio *tx);
/* Counts a verdict; tells the observer of it when `tell` (and `from` is still there). */
/* Looks on: hears what is not for it. Whatever such a radio does, nobody else's figures change. */
static inline bool radio_looks_on(const struct radio *rx)
{
    return rx->window.any_frequency || rx->window.any_access_address;
}

static inline void radio_medium_count(struct radio_medium *medium, const struct radio *to,
                                      enum radio_verdict verdict)
{
    medium->stats.verdict[verdict] += !radio_looks_on(to);
}

void radio_medium_verdict(struct radio_medium *medium, const struct radio *from,
                          const struct radio *to, const struct radio_reception *reception,
                          enum radio_verdict verdict);
/* Tells the observer why each radio that does not receive the packet just begun does not. */
void radio_medium_explain(struct radio_medium *medium, const struct radio *tx);

/* --- radio_loss.c --- */

int16_t radio_power_at(const struct radio *tx, const struct radio *rx);
void radio_loss_forget(struct radio *radio);
void radio_loss_free(struct radio_medium *medium);

/* --- radio_collision.c --- */

/*
 * The worst margin of a packet that begins now against all that is on the air. What overlaps its
 * preamble or access address counts in `sync` as well.
 */
int16_t radio_collision_margin(const struct radio *tx, const struct radio *rx, int16_t power_ddbm,
                               int16_t *sync);
/* The margin of tx, which arrives at rx with a power, against another transmission. */
int16_t radio_collision_against(const struct radio *tx, const struct radio *rx, int16_t power_ddbm,
                                const struct radio *other);

/* --- radio_rules.c --- */

/* True when the rules lose the packet; sets reception->flips when they corrupt it. */
bool radio_rules_lose(struct radio_medium *medium, const struct radio *tx,
                      struct radio_reception *reception);
void radio_rules_free(struct radio_medium *medium);
uint64_t radio_rules_name_key(uint64_t seed, const char *name);
/* Flips one to eight bits of the PDU and the 24 of the CRC. */
void radio_flip_bits(struct sim_stream *stream, uint8_t *pdu, size_t len, uint32_t *crc);

#endif
