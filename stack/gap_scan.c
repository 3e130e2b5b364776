/* SPDX-License-Identifier: MIT */
/* Legacy scanning (Core v5.4, Vol 3, Part C, 9.2; Vol 4, Part E, 7.7.65.2, 7.8.10, 7.8.11). */
#include "host_internal.h"

#include "wire/ll.h"

enum {
    INTERVAL_MIN_625US = 0x0004,
    INTERVAL_MAX_625US = 0x4000,
    INTERVAL_DEFAULT_625US = 96, /* 60 ms */
    EVENT_TYPE_DIRECT = 1,
    EVENT_TYPE_MAX = 4,   /* SCAN_RSP */
    ADDRESS_TYPE_MAX = 3, /* random identity */
    /* Basic filter policies of 7.8.10; the second lets directed advertising to any private address
     * through, which this host resolves itself. */
    FILTER_NONE = 0,
    FILTER_NONE_AND_DIRECTED = 2,
};

static uint8_t filter_policy(const struct blr_host *host)
{
    const bool can = host->le_features >> LL_FEATURE_EXTENDED_SCANNER_FILTER_POLICIES & 1;

    return can && host->privacy.on && !privacy_by_controller(host) ? FILTER_NONE_AND_DIRECTED
                                                                   : FILTER_NONE;
}

static void build_params(struct blr_host *host, struct wr *w)
{
    const struct blr_scan_params *params = &host->scan.params;

    wr_u8(w, params->active);
    wr_u16(w, params->interval_625us);
    wr_u16(w, params->window_625us);
    host->privacy.own = *privacy_address(host, &host->scan.own);
    wr_u8(w, host->scan.own.type);
    wr_u8(w, filter_policy(host));
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
    host->scan.sw.paused = false;
    return 0;
}

static bool scans(const struct blr_host *host)
{
    return host->scan.sw.on;
}

static const struct hci_step start_steps[] = {
    {HCI_OP_LE_SET_SCAN_ENABLE, scans, build_off, is_off},
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

static int start(struct blr_host *host, blr_host_cb *started, void *user)
{
    return privacy_start(host, &host->scan.sw, &host->scan.own, start_steps,
                         sizeof start_steps / sizeof start_steps[0], started, user);
}

int blr_gap_scan(struct blr_host *host, const struct blr_scan_params *params,
                 blr_adv_report_cb *report, blr_host_cb *started, void *user)
{
    struct gap_scan *scan = &host->scan;
    struct privacy_own own;

    if (host->state != HOST_UP)
        return BLR_ERR_STATE;
    if (!times_valid(params))
        return BLR_ERR_INVALID;
    if (blr_gap_scanning(host) || gap_switch_busy(&scan->sw))
        return BLR_ERR_BUSY;
    const int error = privacy_choose(host, PRIVACY_SCAN, params->own_address, NULL, &own);
    if (error)
        return error;
    scan->own = own;
    scan->params = *params;
    if (params->interval_625us == 0) {
        scan->params.interval_625us = INTERVAL_DEFAULT_625US;
        scan->params.window_625us = INTERVAL_DEFAULT_625US;
    }
    scan->app = true;
    scan->report = report;
    scan->user = user;
    return start(host, started, user);
}

int blr_gap_scan_stop(struct blr_host *host, blr_host_cb *cb, void *user)
{
    if (host->state != HOST_UP)
        return BLR_ERR_STATE;
    return gap_switch_stop(&host->scan.sw, cb, user);
}

bool blr_gap_scanning(const struct blr_host *host)
{
    return host->scan.sw.on && host->scan.app;
}

/* --- looking for a peer --- */

/* Who takes the scan back sees to what follows. */
static void search_started(struct blr_host *host, int error, void *user)
{
    (void)user;
    if (error && error != BLR_ERR_CANCELLED)
        gap_connect_search_failed(host, error);
}

void gap_scan_search(struct blr_host *host, bool again)
{
    struct gap_scan *scan = &host->scan;

    if (gap_switch_busy(&scan->sw))
        return;
    if (!scan->sw.on) {
        scan->app = false;
        scan->own = host->connect.own;
        scan->params = (struct blr_scan_params){.interval_625us = INTERVAL_DEFAULT_625US,
                                                .window_625us = INTERVAL_DEFAULT_625US};
        (void)!start(host, search_started, NULL);
    } else if (again && scan->params.filter_duplicates) {
        (void)!start(host, search_started, NULL);
    }
}

bool gap_scan_search_end(struct blr_host *host)
{
    struct gap_switch *sw = &host->scan.sw;

    if (!host->scan.app && gap_switch_live(sw))
        (void)!gap_switch_stop(sw, NULL, NULL);
    return host->scan.app || !(sw->on || gap_switch_busy(sw));
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
    report->resolved = address_type > BD_ADDR_RANDOM;
    report->data_len = rd_u8(r);
    report->data = rd_bytes(r, report->data_len);
    report->rssi_dbm = rd_i8(r);
    return rd_ok(r) && report->event_type <= EVENT_TYPE_MAX && address_type <= ADDRESS_TYPE_MAX &&
           report->data_len <= GAP_ADV_DATA_MAX;
}

/* 7.7.65.11, whose addresses stand in place of data; false if it is not one. */
static bool read_directed_report(struct rd *r, struct blr_adv_report *report,
                                 struct bd_addr *target)
{
    report->event_type = rd_u8(r);
    const uint8_t address_type = rd_u8(r);
    report->address = rd_addr_octets(r, address_type & 1U);
    report->resolved = address_type > BD_ADDR_RANDOM;
    const uint8_t target_type = rd_u8(r);
    *target = rd_addr_octets(r, target_type & 1U);
    report->data_len = 0;
    report->data = rd_bytes(r, 0);
    report->rssi_dbm = rd_i8(r);
    return rd_ok(r) && report->event_type == EVENT_TYPE_DIRECT &&
           address_type <= ADDRESS_TYPE_MAX && target_type == BD_ADDR_RANDOM;
}

static void identify(const struct blr_host *host, struct blr_adv_report *report)
{
    const struct blr_bond *bond = NULL;

    if (!report->resolved)
        bond = privacy_resolve_heard(host, &report->address);
    report->resolved = report->resolved || bond;
    report->identity = bond ? bond->identity : report->address;
}

/* False: reports are not wanted any more, or at all. */
static bool tell(struct blr_host *host, struct blr_adv_report *report)
{
    struct gap_scan *scan = &host->scan;

    if (!wants_reports(scan)) {
        host->counters.unexpected_packets++;
        return false;
    }
    identify(host, report);
    if (!report->resolved && privacy_ignores(host, &report->address))
        return true;
    gap_connect_heard(host, report);
    if (scan->app && wants_reports(scan) && scan->report)
        scan->report(host, report, scan->user);
    return true;
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
        if (!tell(host, &report))
            return;
    }
    if (count == 0 || rd_left(r) > 0)
        host->counters.malformed_packets++;
}

void gap_scan_directed_report(struct blr_host *host, struct rd *r)
{
    const uint8_t count = rd_u8(r);

    for (unsigned i = 0; i < count; i++) {
        struct blr_adv_report report;
        struct bd_addr target;
        if (!read_directed_report(r, &report, &target)) {
            host->counters.malformed_packets++;
            return;
        }
        if (privacy_resolves_to_us(host, &target) && !tell(host, &report))
            return;
    }
    if (count == 0 || rd_left(r) > 0)
        host->counters.malformed_packets++;
}
