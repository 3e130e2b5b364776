/* SPDX-License-Identifier: MIT */
/*
 * What can be started with several commands and stopped with one, the same for advertising and
 * scanning. One start and one stop at a time; a stop while a start is under way abandons it: the
 * start is called back with BLR_ERR_CANCELLED, even if it got through, and then the stop is done.
 *
 * A switch that is held takes starts and stops, and sends them when it is released.
 */
#ifndef STACK_GAP_SWITCH_H
#define STACK_GAP_SWITCH_H

#include "blueroom/host.h"
#include "hci_sequence.h"

enum gap_switch_state {
    GAP_SWITCH_IDLE,
    GAP_SWITCH_STARTING,
    GAP_SWITCH_STOPPING,
};

struct gap_switch {
    struct hci_sequence sequence;
    const struct hci_step *stop; /* one step */
    enum gap_switch_state state;
    bool on;     /* the controller does it, as far as it has told; kept by the steps' answers */
    bool paused; /* it is on, and the controller does not do it at present */
    bool stop_wanted;
    bool held;
    const struct hci_step *deferred; /* to be sent when released */
    size_t deferred_count;
    blr_host_cb *start_cb, *stop_cb;
    void *start_user, *stop_user;
};

void gap_switch_init(struct gap_switch *sw, struct hci_driver *driver, struct blr_host *host,
                     const struct hci_step *stop);

/* BLR_ERR_BUSY while a start or stop is under way. */
int gap_switch_start(struct gap_switch *sw, const struct hci_step *steps, size_t count,
                     blr_host_cb *cb, void *user) BLR_MUST_CHECK;

/* BLR_ERR_BUSY while a stop is under way. Stopping what is off is fine. */
int gap_switch_stop(struct gap_switch *sw, blr_host_cb *cb, void *user) BLR_MUST_CHECK;

static inline bool gap_switch_busy(const struct gap_switch *sw)
{
    return sw->state != GAP_SWITCH_IDLE;
}

/* On, or about to be. */
static inline bool gap_switch_live(const struct gap_switch *sw)
{
    return sw->on || (sw->state == GAP_SWITCH_STARTING && !sw->stop_wanted);
}

static inline void gap_switch_hold(struct gap_switch *sw)
{
    sw->held = true;
}

/* None of its commands is under way. */
static inline bool gap_switch_settled(const struct gap_switch *sw)
{
    return sw->state == GAP_SWITCH_IDLE || sw->deferred;
}

/* Goes on; a start that was deferred fails if `error` is not 0. Not from within a start. */
void gap_switch_release(struct gap_switch *sw, int error);

/* The controller is gone: calls back what is pending. */
void gap_switch_fail(struct gap_switch *sw, int error);

/* Of the host's: a switch, or an attempt to connect, has come to rest. */
void gap_settled(struct blr_host *host);

#endif
