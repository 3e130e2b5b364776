/* SPDX-License-Identifier: MIT */
/*
 * Limited and general discovery, and name discovery (Core v5.4, Vol 3, Part C, 9.2.5 to 9.2.7): a
 * scan of which the reports are looked through for those who say that they want to be found.
 */
#include "blueroom/gatt_client.h"
#include "host_internal.h"

#include "wire/adv.h"

enum {
    INTERVAL_625US = 48, /* TGAP(scan_fast_interval), TGAP(scan_fast_window): 30 ms each */
    EVENT_TYPE_SCAN_RSP = 4,
    FLAG_LIMITED = 0x01, /* CSS, Part A, 1.3 */
    FLAG_GENERAL = 0x02,
    DEVICE_NAME = 0x2A00,
};

static void finish(struct blr_host *host, int error)
{
    struct gap_discover *discover = &host->discover;

    if (!discover->active)
        return;
    discover->active = false;
    clock_cancel(host->clock, &discover->end);
    if (discover->done)
        discover->done(host, error, discover->user);
}

static void stopped(struct blr_host *host, int error, void *user)
{
    (void)user;
    finish(host, host->discover.give_up ? BLR_ERR_CANCELLED : error);
}

static void over(void *user)
{
    struct blr_host *host = user;

    /* If the scan is being stopped by somebody else, that is as good. */
    if (blr_gap_scan_stop(host, stopped, NULL))
        finish(host, 0);
}

static void started(struct blr_host *host, int error, void *user)
{
    struct gap_discover *discover = &host->discover;

    (void)user;
    if (!error)
        clock_arm(host->clock, &discover->end, clock_now(host->clock) + discover->duration_ns);
    else if (!discover->give_up)
        finish(host, error);
}

/* --- who is found --- */

static bool is_known(const struct gap_found *found, const struct bd_addr *address)
{
    for (unsigned i = 0; i < found->count; i++) {
        if (bd_addr_equal(&found->known[i], address))
            return true;
    }
    return false;
}

static bool wants_to_be_found(const struct gap_found *found, const struct blr_adv_report *report)
{
    const uint8_t wanted = found->limited ? FLAG_LIMITED : FLAG_LIMITED | FLAG_GENERAL;
    struct ad_structure flags;

    return ad_find(report->data, report->data_len, AD_FLAGS, &flags) && flags.len > 0 &&
           flags.data[0] & wanted;
}

bool gap_found_take(struct gap_found *found, const struct blr_adv_report *report)
{
    const bool known = is_known(found, &report->address);

    /* Flags stand in advertising data alone; a scan response belongs to who was found before. */
    if (report->event_type == EVENT_TYPE_SCAN_RSP ? !known : !wants_to_be_found(found, report))
        return false;
    if (!known && found->count < GAP_FOUND_KNOWN)
        found->known[found->count++] = report->address;
    return true;
}

static void reported(struct blr_host *host, const struct blr_adv_report *report, void *user)
{
    struct gap_discover *discover = &host->discover;

    (void)user;
    if (!discover->active || discover->give_up)
        return;
    if (gap_found_take(&discover->known, report) && discover->found)
        discover->found(host, report, discover->user);
}

/* --- what the application calls --- */

int blr_gap_discover(struct blr_host *host, bool limited, sim_ns duration_ns,
                     blr_adv_report_cb *found, blr_host_cb *done, void *user)
{
    static const struct blr_scan_params params = {.active = true,
                                                  .interval_625us = INTERVAL_625US,
                                                  .window_625us = INTERVAL_625US,
                                                  .filter_duplicates = true};
    struct gap_discover *discover = &host->discover;

    if (host->state != HOST_UP)
        return BLR_ERR_STATE;
    if (discover->active)
        return BLR_ERR_BUSY;
    const int error = blr_gap_scan(host, &params, reported, started, NULL);
    if (error)
        return error;
    discover->active = true;
    discover->give_up = false;
    discover->duration_ns = duration_ns ? duration_ns : BLR_GAP_DISCOVERY_TIME;
    discover->found = found;
    discover->done = done;
    discover->user = user;
    discover->known.limited = limited;
    discover->known.count = 0;
    return 0;
}

int blr_gap_discover_cancel(struct blr_host *host)
{
    struct gap_discover *discover = &host->discover;

    if (host->state != HOST_UP || !discover->active)
        return BLR_ERR_STATE;
    if (discover->give_up)
        return BLR_ERR_BUSY;
    const int error = blr_gap_scan_stop(host, stopped, NULL);
    if (error)
        return error;
    discover->give_up = true;
    clock_cancel(host->clock, &discover->end);
    return 0;
}

int blr_gap_read_name(struct blr_conn *conn, blr_name_cb *cb, void *user)
{
    const struct blr_uuid uuid = blr_uuid16(DEVICE_NAME);

    return blr_gatt_read_by_uuid(conn, 0x0001, 0xFFFF, &uuid, cb, user);
}

void gap_discover_init(struct blr_host *host)
{
    timer_init(&host->discover.end, over, host);
}

void gap_discover_fail(struct blr_host *host, int error)
{
    finish(host, error);
}
