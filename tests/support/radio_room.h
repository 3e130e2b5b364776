/* SPDX-License-Identifier: MIT */
/*
 * Bare radios in a world, for tests of the medium: what they hear is logged as text, a line a
 * callback ("168000 rx bob crc -40 02 00"), so that a test compares whole stories.
 */
#ifndef SUPPORT_RADIO_ROOM_H
#define SUPPORT_RADIO_ROOM_H

#include "sim/radio.h"

#define RADIO_ROOM_LOG (1U << 18)

struct radio_room {
    struct sim_world *world;
    struct radio_medium *medium;
    char log[RADIO_ROOM_LOG];
    size_t log_len;
    /* Verdicts, "start from>to verdict power margin", once radio_room_observe() was called. */
    char verdicts[RADIO_ROOM_LOG];
    size_t verdicts_len;
};

enum radio_room_event { ROOM_TX_DONE, ROOM_RX, ROOM_TIMEOUT };

struct room_radio;
typedef void room_radio_hook(struct room_radio *radio, enum radio_room_event event);

struct room_radio {
    struct sim_actor actor;
    struct radio radio;
    struct radio_room *room;
    room_radio_hook *hook; /* called after logging; NULL: nothing more happens */
    void *hook_user;
    struct radio_rx rx; /* the last, without its bytes */
};

void radio_room_open(struct radio_room *room, uint64_t seed);
void radio_room_close(struct radio_room *room);
void radio_room_observe(struct radio_room *room, bool on);
void radio_room_run(struct radio_room *room, sim_ns until);
/* Forgets what was logged. */
void radio_room_clear(struct radio_room *room);

/* The name must be a literal. */
void room_radio_join(struct room_radio *radio, struct radio_room *room, const char *name);
void room_radio_leave(struct room_radio *radio);

/* A room of two, seed 1. */
struct radio_pair {
    struct radio_room room;
    struct room_radio amy, bob;
};
struct radio_pair *radio_pair_open(void);
void radio_pair_close(struct radio_pair *pair);

/* An LE 1M advertising packet of `len` octets 0, 1, 2... on 2402 MHz, to be varied. */
struct radio_packet room_packet(sim_ns start, size_t len);
/* A window for it. */
struct radio_listen room_window(sim_ns open, sim_ns close);

/* Both assert that the radio agrees. */
void room_radio_send(struct room_radio *radio, const struct radio_packet *packet);
void room_radio_hear(struct room_radio *radio, const struct radio_listen *window);

/* Compare what was logged since the last clear, which they do. */
#define assert_room_log(room, expected)      assert_room_text(room, (room)->log, expected)
#define assert_room_verdicts(room, expected) assert_room_text(room, (room)->verdicts, expected)
void assert_room_text(struct radio_room *room, const char *text, const char *expected);

#endif
