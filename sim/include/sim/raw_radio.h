/* SPDX-License-Identifier: MIT */
/*
 * A raw radio: the lower tester. It sends any PDU at any instant on any channel, hears one channel
 * or all of them, and keeps what it heard. Sending and hearing are two transceivers, so that it
 * hears while it sends (but never itself).
 */
#ifndef SIM_RAW_RADIO_H
#define SIM_RAW_RADIO_H

#include "sim/radio.h"

struct raw_radio;

typedef void raw_radio_rx_fn(void *user, const struct radio_rx *rx);

/* Joins the world as a device of that name (copied). NULL: out of memory or the name is taken. */
struct raw_radio *raw_radio_new(struct sim_world *world, const char *name);
void raw_radio_free(struct raw_radio *raw);

struct sim_actor *raw_radio_actor(struct raw_radio *raw);

/* The transceivers, to set power, position, sensitivity; and for rules. */
struct radio *raw_radio_sender(struct raw_radio *raw);
struct radio *raw_radio_receiver(struct raw_radio *raw);

/*
 * As radio_transmit(), but queues: any number of packets at increasing, non-overlapping times
 * (BLR_ERR_INVALID otherwise). BLR_ERR_NO_MEMORY.
 */
int raw_radio_send(struct raw_radio *raw, const struct radio_packet *packet) BLR_MUST_CHECK;

/*
 * As radio_listen(); reopens by itself after each packet until the window closes. CRCs are always
 * filled in.
 */
int raw_radio_hear(struct raw_radio *raw, const struct radio_listen *window) BLR_MUST_CHECK;

/* Every frequency, PHY and access address, from now on, packets side by side. */
int raw_radio_hear_all(struct raw_radio *raw) BLR_MUST_CHECK;

/*
 * Called for each packet heard, in the instant it ends: a reply sent for rx->end + LL_T_IFS is on
 * time. NULL: packets are kept for raw_radio_next().
 */
void raw_radio_on_rx(struct raw_radio *raw, raw_radio_rx_fn *fn, void *user);

/*
 * The oldest kept packet, removed; NULL when there is none. Valid until the next call on this
 * radio. (CRC: crc_init of a data channel must be known: see raw_radio_follow.)
 */
const struct radio_rx *raw_radio_next(struct raw_radio *raw);

/* Packets that were heard, but there was no memory to keep them. */
uint64_t raw_radio_lost(const struct raw_radio *raw);

/* hear_all judges CRCs of this access address by this crc_init (else by the sender's own). */
int raw_radio_follow(struct raw_radio *raw, uint32_t access_address,
                     uint32_t crc_init) BLR_MUST_CHECK;

#endif
