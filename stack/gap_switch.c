/* SPDX-License-Identifier: MIT */
#include "gap_switch.h"

static void call(struct gap_switch *sw, blr_host_cb *cb, void *user, int error)
{
    if (cb)
        cb(sw->sequence.host, error, user);
}

static void run(struct gap_switch *sw, const struct hci_step *steps, size_t count)
{
    if (sw->held) {
        sw->deferred = steps;
        sw->deferred_count = count;
    } else {
        hci_sequence_start(&sw->sequence, steps, count);
    }
}

static void run_stop(struct gap_switch *sw)
{
    sw->state = GAP_SWITCH_STOPPING;
    sw->stop_wanted = false;
    run(sw, sw->stop, 1);
}

static void sequence_done(void *user, int error)
{
    struct gap_switch *sw = user;

    switch (sw->state) {
    case GAP_SWITCH_STARTING:
        if (sw->stop_wanted) {
            run_stop(sw);
            error = BLR_ERR_CANCELLED;
        } else {
            sw->state = GAP_SWITCH_IDLE;
        }
        call(sw, sw->start_cb, sw->start_user, error);
        break;
    case GAP_SWITCH_STOPPING:
        sw->state = GAP_SWITCH_IDLE;
        call(sw, sw->stop_cb, sw->stop_user, error);
        break;
    case GAP_SWITCH_IDLE:
        break;
    }
    gap_settled(sw->sequence.host);
}

void gap_switch_init(struct gap_switch *sw, struct hci_driver *driver, struct blr_host *host,
                     const struct hci_step *stop)
{
    *sw = (struct gap_switch){.stop = stop};
    hci_sequence_init(&sw->sequence, driver, host, sequence_done, sw);
}

int gap_switch_start(struct gap_switch *sw, const struct hci_step *steps, size_t count,
                     blr_host_cb *cb, void *user)
{
    if (gap_switch_busy(sw))
        return BLR_ERR_BUSY;
    sw->state = GAP_SWITCH_STARTING;
    sw->start_cb = cb;
    sw->start_user = user;
    run(sw, steps, count);
    return 0;
}

int gap_switch_stop(struct gap_switch *sw, blr_host_cb *cb, void *user)
{
    if (sw->stop_wanted || sw->state == GAP_SWITCH_STOPPING)
        return BLR_ERR_BUSY;
    sw->stop_cb = cb;
    sw->stop_user = user;
    if (sw->state == GAP_SWITCH_STARTING) {
        sw->stop_wanted = true;
        if (!sw->deferred)
            hci_sequence_abandon(&sw->sequence);
    } else {
        run_stop(sw);
    }
    return 0;
}

void gap_switch_release(struct gap_switch *sw, int error)
{
    const struct hci_step *steps = sw->deferred;

    sw->held = false;
    sw->deferred = NULL;
    if (!steps)
        return;
    if (sw->state == GAP_SWITCH_STARTING && error)
        sw->on = sw->on && !sw->paused;
    sw->paused = false;
    if (sw->state == GAP_SWITCH_STARTING && (error || sw->stop_wanted))
        sequence_done(sw, error);
    else
        hci_sequence_start(&sw->sequence, steps, sw->deferred_count);
}

void gap_switch_fail(struct gap_switch *sw, int error)
{
    const enum gap_switch_state state = sw->state;
    const bool stopping = sw->stop_wanted || state == GAP_SWITCH_STOPPING;

    sw->state = GAP_SWITCH_IDLE;
    sw->stop_wanted = false;
    sw->on = false;
    sw->paused = false;
    sw->held = false;
    sw->deferred = NULL;
    if (state == GAP_SWITCH_STARTING)
        call(sw, sw->start_cb, sw->start_user, error);
    if (stopping)
        call(sw, sw->stop_cb, sw->stop_user, error);
}
