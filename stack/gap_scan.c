/* SPDX-License-Identifier: MIT */
/* Legacy scanning (Core v5.4, Vol 3, Part C, 9.2; Vol 4, Part E, 7.7.65.2, 7.8.10, 7.8.11). */
#include "host_internal.h"

enum {
    INTERVAL_MIN_625US = 0x0004,
    INTERVAL_MAX_625US = 0x4000,
    INTERVAL_DEFAULT_625US = 96, /* 60 ms */
    EVENT_TYPE_MAX = 4,          /* SCAN_RSP */
    ADDRESS_TYPE_MAX = 3,        /* random identity */
};

static void build_params(struct blr_host *host, struct wr *w)
{
    const struct blr_scan_params *params = &host->scan.params;

    wr_u8(w, params->active);
    wr_u16(w, params->interval_625us);
    wr_u16(w, params->window_625us);
    wr_u8(w, host->own_address_type);
    wr_u8(w, 0); /* filter policy: everybody */
}

static void build_on(struct blr_host *host, struct wr *w)
{
    wr_u8(w, 1);
    wr_u8(w, host->scan.params.filter_duplicates);
}

static void build_off(struct blr_host *host, struct wr *w)
{
    (void)host;
    wr_u16(w, 0);
}

static int is_on(struct blr_host *host, struct rd *ret)
{
    (void)ret;
    host->scan.sw.on = true;
    return 0;
}

static int is_off(struct blr_host *host, struct rd *ret)
{
    (void)ret;
    host->scan.sw.on = false;
    return 0;
}

static const struct hci_step start_steps[] = {
    {HCI_OP_LE_SET_SCAN_PARAMETERS, NULL, build_params, NULL},
    {HCI_OP_LE_SET_SCAN_ENABLE, NULL, build_on, is_on},
};

static const struct hci_step stop_step = {HCI_OP_LE_SET_SCAN_ENABLE, NULL, build_off, is_off};

static bool times_valid(const struct blr_scan_params *params)
{
    if (params->interval_625us == 0 && params->window_625us == 0)
        return true;
    return params->window_625us >= INTERVAL_MIN_625US &&
           params->window_625us <= params->interval_625us &&
           params->interval_625us <= INTERVAL_MAX_625US;
}

int blr_gap_scan(struct blr_host *host, const struct blr_scan_params *params,
                 blr_adv_report_cb *report, blr_host_cb *started, void *user)
{
    struct gap_scan *scan = &host->scan;

    if (host->state != HOST_UP)
        return BLR_ERR_STATE;
    if (!times_valid(params))
        return BLR_ERR_INVALID;
    if (scan->sw.on || gap_switch_busy(&scan->sw))
        return BLR_ERR_BUSY;
    scan->params = *params;
    if (params->interval_625us == 0) {
        scan->params.interval_625us = INTERVAL_DEFAULT_625US;
        scan->params.window_625us = INTERVAL_DEFAULT_625US;
    }
    scan->report = report;
    scan->user = user;
    return gap_switch_start(&scan->sw, start_steps, sizeof start_steps / sizeof start_steps[0],
                            started, user);
}

int blr_gap_scan_stop(struct blr_host *host, blr_host_cb *cb, void *user)
{
    if (host->state != HOST_UP)
        return BLR_ERR_STATE;
    return gap_switch_stop(&host->scan.sw, cb, user);
}

bool blr_gap_scanning(const struct blr_host *host)
{
    return host->scan.sw.on;
}

void gap_scan_init(struct blr_host *host)
{
    gap_switch_init(&host->scan.sw, &host->driver, host, &stop_step);
}

/* A report may overtake the answer to the command that started the scan; it counts all the same. */
static bool wants_reports(const struct gap_scan *scan)
{
    switch (scan->sw.state) {
    case GAP_SWITCH_IDLE:
        return scan->sw.on;
    case GAP_SWITCH_STARTING:
        return !scan->sw.stop_wanted;
    case GAP_SWITCH_STOPPING:
        return false;
    }
    return false;
}

/* One report; false if it is not one. */
static bool read_report(struct rd *r, struct blr_adv_report *report)
{
    report->event_type = rd_u8(r);
    const uint8_t address_type = rd_u8(r);
    /* An identity address is of the same kind as the one it stands for. */
    report->address = rd_addr_octets(r, address_type & 1U);
    report->data_len = rd_u8(r);
    report->data = rd_bytes(r, report->data_len);
    report->rssi_dbm = rd_i8(r);
    return rd_ok(r) && report->event_type <= EVENT_TYPE_MAX && address_type <= ADDRESS_TYPE_MAX &&
           report->data_len <= GAP_ADV_DATA_MAX;
}

void gap_scan_report(struct blr_host *host, struct rd *r)
{
    const uint8_t count = rd_u8(r);

    for (unsigned i = 0; i < count; i++) {
        struct blr_adv_report report;
        if (!read_report(r, &report)) {
            host->counters.malformed_packets++;
            return;
        }
        if (!wants_reports(&host->scan)) {
            host->counters.unexpected_packets++;
            return;
        }
        if (host->scan.report)
            host->scan.report(host, &report, host->scan.user);
    }
    if (count == 0 || rd_left(r) > 0)
        host->counters.malformed_packets++;
}
