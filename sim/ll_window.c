/* SPDX-License-Identifier: MIT */
/*
 * Scan intervals and windows (Core v5.4, Vol 6, Part B, 4.4.3): once per interval a window on the
 * next primary advertising channel. A window is a background reservation: it is interrupted by
 * whatever else the controller does and goes on afterwards. A packet whose preamble came before
 * the window's end is received to its own end.
 */
#include "ll_internal.h"

static void rotate(struct ll_window *window)
{
    window->channel = window->channel == 39 ? 37 : (uint8_t)(window->channel + 1);
}

void ll_window_init(struct ll_window *window, struct ll *ll, const struct ll_slot_ops *ops,
                    void *user)
{
    *window = (struct ll_window){.ll = ll};
    ll_slot_init(&window->slot, ops, user);
    window->slot.background = true;
    window->slot.priority = LL_PRIORITY_BACKGROUND;
}

void ll_window_start(struct ll_window *window, uint16_t interval_625us, uint16_t window_625us)
{
    const sim_ns now = ll_now(window->ll);

    window->interval = ll_sleep(window->ll, SIM_US(625) * interval_625us);
    window->length = SIM_US(625) * window_625us;
    window->channel = 37;
    ll_sched_reserve(&window->ll->sched, &window->slot, now, now + window->length);
}

void ll_window_stop(struct ll_window *window)
{
    ll_sched_cancel(&window->ll->sched, &window->slot);
}

void ll_window_next(struct ll_window *window)
{
    const sim_ns now = ll_now(window->ll);
    sim_ns start = window->slot.start;

    do {
        start += window->interval;
        rotate(window);
    } while (start + window->length <= now);
    ll_sched_reserve(&window->ll->sched, &window->slot, start, start + window->length);
}

void ll_window_listen(struct ll_window *window)
{
    const sim_ns now = ll_now(window->ll);

    if (now < window->slot.end) {
        ll_listen_advertising(window->ll, window->channel, now, window->slot.end);
        return;
    }
    ll_sched_release(&window->ll->sched, &window->slot);
    ll_window_next(window);
}
