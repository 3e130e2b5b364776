/* SPDX-License-Identifier: MIT */
#include "bluetooth_internal.h"

#include <string.h>

enum {
    INTERVAL_625US = 80, /* 50 ms */
    WINDOW_625US = 48,   /* 30 ms */
};

static int run(struct blr_bluetooth *bt) BLR_MUST_CHECK;

/* --- the FIFO --- */

static void remember(struct bluetooth_scan *scan, const struct bd_addr *address)
{
    for (unsigned i = 0; i < scan->heard_count; i++) {
        if (memcmp(scan->heard[i].octet, address->octet, sizeof address->octet) == 0) {
            scan->heard[i].type = address->type;
            return;
        }
    }
    if (scan->heard_count < BLUETOOTH_HEARD)
        scan->heard_last = scan->heard_count++;
    else
        scan->heard_last = (scan->heard_last + 1) % BLUETOOTH_HEARD;
    scan->heard[scan->heard_last] = *address;
}

static void fill(const struct blr_bluetooth *bt, struct blr_bluetooth_adv *adv,
                 const struct blr_adv_report *report)
{
    struct wr mac = wr_init(adv->mac, sizeof adv->mac);
    struct wr data = wr_init(adv->data, sizeof adv->data);

    memset(adv, 0, sizeof *adv);
    wr_reversed(&mac, report->identity.octet, sizeof report->identity.octet);
    adv->addr_type = (uint8_t)(report->identity.type + (report->resolved ? 2 : 0));
    adv->adv_type = report->event_type;
    adv->rssi = report->rssi_dbm;
    wr_bytes(&data, report->data, report->data_len);
    adv->data_len = bt->options.pad_adv_data ? BLR_BT_ADV_DATA : (uint8_t)data.len;
}

static void heard(struct blr_host *host, const struct blr_adv_report *report, void *user)
{
    struct blr_bluetooth *bt = user;
    struct bluetooth_scan *scan = &bt->scan;

    (void)host;
    if (bt->freed || !scan->wanted)
        return;
    remember(scan, &report->identity);
    if (scan->count == BLR_BT_ADV_FIFO) {
        scan->dropped++;
        return;
    }
    fill(bt, &scan->fifo[(scan->head + scan->count) % BLR_BT_ADV_FIFO], report);
    scan->count++;
    bluetooth_happened(bt, BLR_BT_NEW_ADV_EVENT);
}

bool blr_bluetooth_get_adv(struct blr_bluetooth *bt, struct blr_bluetooth_adv *adv)
{
    struct bluetooth_scan *scan = &bt->scan;

    if (!bluetooth_on(bt) || scan->count == 0)
        return false;
    *adv = scan->fifo[scan->head];
    scan->head = (scan->head + 1) % BLR_BT_ADV_FIFO;
    scan->count--;
    return true;
}

size_t blr_bluetooth_get_advertisements(struct blr_bluetooth *bt, struct blr_bluetooth_adv *advs,
                                        size_t max)
{
    size_t count = 0;

    while (count < max && blr_bluetooth_get_adv(bt, &advs[count]))
        count++;
    return count;
}

uint32_t blr_bluetooth_adv_dropped(const struct blr_bluetooth *bt)
{
    return bluetooth_on(bt) ? bt->scan.dropped : 0;
}

struct bd_addr blr_bluetooth_peer(const struct blr_bluetooth *bt, const uint8_t mac[static 6])
{
    const struct bluetooth_scan *scan = &bt->scan;
    struct bd_addr peer = {.type = BD_ADDR_PUBLIC};
    struct wr w = wr_init(peer.octet, sizeof peer.octet);

    wr_reversed(&w, mac, 6);
    for (unsigned i = 0; i < scan->heard_count; i++) {
        if (memcmp(scan->heard[i].octet, peer.octet, sizeof peer.octet) == 0)
            return scan->heard[i];
    }
    return peer;
}

/* --- on and off --- */

static void begin_failed(struct blr_bluetooth *bt, int error)
{
    bt->scan.wanted = false;
    clock_cancel(blr_host_clock(bt->host), &bt->scan.end);
    bluetooth_note(bt, error);
}

static void go_on(struct blr_bluetooth *bt)
{
    const int error = run(bt);

    if (error)
        begin_failed(bt, error);
    bluetooth_settled(bt);
}

static void started(struct blr_host *host, int error, void *user)
{
    struct blr_bluetooth *bt = user;

    (void)host;
    if (!bluetooth_answered(bt))
        return;
    bt->scan.busy = false;
    bt->scan.running = !error;
    if (error)
        begin_failed(bt, error);
    go_on(bt);
}

/* What the controller has against the end of a scan cannot be mended: it is taken for the end. */
static void stopped(struct blr_host *host, int error, void *user)
{
    struct blr_bluetooth *bt = user;

    (void)host;
    if (!bluetooth_answered(bt))
        return;
    bt->scan.busy = false;
    bt->scan.running = false;
    bluetooth_note(bt, error);
    go_on(bt);
}

static int begin(struct blr_bluetooth *bt)
{
    const struct blr_scan_params params = {
        .active = true,
        .interval_625us = INTERVAL_625US,
        .window_625us = WINDOW_625US,
    };

    return blr_gap_scan(bt->host, &params, heard, started, bt);
}

static int run(struct blr_bluetooth *bt)
{
    struct bluetooth_scan *scan = &bt->scan;

    if (scan->busy || scan->wanted == scan->running)
        return 0;
    const int error =
        scan->wanted ? begin(bt) : blr_gap_scan_stop(bt->host, stopped, bt);
    if (!error) {
        bluetooth_hold(bt);
        scan->busy = true;
    } else if (!scan->wanted) {
        scan->running = false; /* somebody else has stopped it, or the host has failed */
    }
    return scan->wanted ? error : 0;
}

static void time_over(void *user)
{
    struct blr_bluetooth *bt = user;

    bt->scan.wanted = false;
    go_on(bt);
}

int blr_bluetooth_start_scan(struct blr_bluetooth *bt, int32_t timeout_s)
{
    struct bluetooth_scan *scan = &bt->scan;

    if (!bluetooth_on(bt))
        return BLR_ERR_STATE;
    if (timeout_s == 0)
        return BLR_ERR_INVALID;
    if (scan->wanted)
        return BLR_ERR_BUSY;
    scan->wanted = true;
    const int error = run(bt);
    if (error) {
        scan->wanted = false;
        return error;
    }
    if (timeout_s > 0)
        clock_arm(blr_host_clock(bt->host), &scan->end,
                  bluetooth_now(bt) + SIM_S((sim_ns)timeout_s));
    return 0;
}

int blr_bluetooth_stop_scan(struct blr_bluetooth *bt)
{
    if (!bluetooth_on(bt))
        return BLR_ERR_STATE;
    bluetooth_scan_end(bt);
    return 0;
}

bool blr_bluetooth_isscanning(const struct blr_bluetooth *bt)
{
    return bluetooth_on(bt) && bt->scan.wanted;
}

void bluetooth_scan_end(struct blr_bluetooth *bt)
{
    bt->scan.wanted = false;
    clock_cancel(blr_host_clock(bt->host), &bt->scan.end);
    (void)!run(bt);
}

void bluetooth_scan_failed(struct blr_bluetooth *bt)
{
    bt->scan.wanted = bt->scan.running = false;
    clock_cancel(blr_host_clock(bt->host), &bt->scan.end);
}

void bluetooth_scan_clear(struct blr_bluetooth *bt)
{
    bt->scan.head = bt->scan.count = 0;
    bt->scan.dropped = 0;
    bt->scan.heard_count = 0;
}

void bluetooth_scan_init(struct blr_bluetooth *bt)
{
    timer_init(&bt->scan.end, time_over, bt);
}
