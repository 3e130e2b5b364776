/* SPDX-License-Identifier: MIT */
/*
 * The one scheduler of a controller's radio.
 *
 * Each role (an advertising set, the scanner, the initiator, every connection) embeds a slot. It
 * reserves [start, end) for its slot; LL_SCHED_LEAD before the start it is given the radio
 * (begin), or told that somebody else has it (lost). While it holds the radio, what the radio
 * reports comes to its slot. It gives the radio back with ll_sched_release().
 *
 * Who wins: of two reservations that overlap, the one with the higher urgency, which is the slot's
 * priority plus the number of reservations in a row that it lost or was interrupted in, so that
 * nobody starves; of equal ones, the earlier. A holder is interrupted (stop) by a more urgent reservation alone.
 *
 * A background slot (scanning, initiating) takes what the others leave of its reservation: it is
 * stopped whenever a reservation comes and begun again, as long as its time lasts, when the radio
 * is free. Background slots share among themselves by the same urgency.
 */
#ifndef SIM_LL_SCHED_H
#define SIM_LL_SCHED_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/radio.h"
#include "sim/world.h"

/* How long before its air time everything is prepared. A reservation includes it. */
#define LL_SCHED_LEAD SIM_US(10)

struct ll_slot;

struct ll_slot_ops {
    /* The radio is the slot's until it releases it. For background slots, again and again. */
    void (*begin)(struct ll_slot *slot);
    /* The reservation is gone without a begin; reserve another. */
    void (*lost)(struct ll_slot *slot);
    /*
     * The radio is taken away and stopped. A background slot will be begun again; any other
     * reserves anew.
     */
    void (*stop)(struct ll_slot *slot);
    void (*tx_done)(struct ll_slot *slot, sim_ns end);
    void (*rx)(struct ll_slot *slot, const struct radio_rx *rx);
    void (*rx_timeout)(struct ll_slot *slot);
};

enum ll_slot_place {
    LL_SLOT_IDLE,
    LL_SLOT_QUEUED,  /* its reservation is to come */
    LL_SLOT_WAITING, /* background: its time has come, but somebody else holds the radio */
    LL_SLOT_HOLDING,
};

struct ll_slot {
    const struct ll_slot_ops *ops;
    void *user;
    struct ll_slot *next;
    sim_ns start, end; /* the reservation; read by the owner */
    sim_ns wake;       /* when the reservation comes up: start less the lead */
    uint8_t priority;  /* the owner's, to be set before reserving */
    uint8_t losses;    /* reservations lost or interrupted in a row */
    bool background;
    uint8_t place; /* enum ll_slot_place */
};

/* Priorities; the gaps say how many losses in a row lift one over the next. */
enum ll_priority {
    LL_PRIORITY_BACKGROUND = 0,
    LL_PRIORITY_ADVERTISING = 2,
    LL_PRIORITY_CONNECTION = 5,
    LL_PRIORITY_CONNECTION_URGENT = 10, /* being established, or near its supervision timeout */
};

struct ll_sched {
    struct sim_world *world;
    struct radio *radio;
    struct timer timer;
    struct ll_slot *queue;   /* by wake */
    struct ll_slot *waiting; /* background slots, in the order of coming */
    struct ll_slot *holder;
    bool running; /* within the timer: arming is left to its end */
};

void ll_sched_init(struct ll_sched *sched, struct sim_actor *actor, struct radio *radio);
/* Every slot must have been cancelled. */
void ll_sched_fini(struct ll_sched *sched);

void ll_slot_init(struct ll_slot *slot, const struct ll_slot_ops *ops, void *user);

/*
 * Reserves [start, end). The slot must be idle. A start less than the lead ahead is the caller's
 * mistake for slots that transmit; background slots may start now.
 */
void ll_sched_reserve(struct ll_sched *sched, struct ll_slot *slot, sim_ns start, sim_ns end);

/* Wherever the slot is, it is idle after this; a holder's radio is stopped. No callback comes. */
void ll_sched_cancel(struct ll_sched *sched, struct ll_slot *slot);

/* The holder is done. Another slot may begin from within this call. */
void ll_sched_release(struct ll_sched *sched, struct ll_slot *slot);

/*
 * The holder wants the radio until then; false when somebody as urgent has reserved time before.
 * Others in its way will lose when their time comes.
 */
bool ll_sched_extend(struct ll_sched *sched, struct ll_slot *slot, sim_ns until);

/* No reservation, background ones not counted, comes up before then. */
bool ll_sched_free_until(const struct ll_sched *sched, sim_ns until);

#endif
