/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "bgapi_client_internal.h"
#include "wire/adv.h"

/* The callback may begin another scan: the list is this one's. */
static void finish_scan(struct blr_bgapi *b, const struct client_call *call, int error)
{
    struct blr_bgapi_advertiser *found = b->found;
    const size_t count = b->found_count;

    b->found = NULL;
    b->found_count = b->found_room = 0;
    if (call->cb.scan)
        call->cb.scan(b, error, found, count, call->user);
    free(found);
}

/* NULL: out of memory, or there are too many. */
static struct blr_bgapi_advertiser *advertiser_of(struct blr_bgapi *b,
                                                  const struct bd_addr *address)
{
    for (size_t i = 0; i < b->found_count; i++)
        if (bd_addr_equal(&b->found[i].address, address))
            return &b->found[i];
    if (b->found_count == BLR_BGAPI_ADVERTISERS_MAX)
        return NULL;
    if (b->found_count == b->found_room) {
        const size_t room = b->found_room ? 2 * b->found_room : 16;
        struct blr_bgapi_advertiser *more = realloc(b->found, room * sizeof *more);
        if (!more)
            return NULL;
        b->found = more;
        b->found_room = room;
    }
    struct blr_bgapi_advertiser *advertiser = &b->found[b->found_count++];
    *advertiser =
        (struct blr_bgapi_advertiser){.address = *address, .adv_type = BGAPI_SCAN_RESPONSE};
    return advertiser;
}

static void heard(struct blr_bgapi_advertiser *advertiser, const struct bgapi_fields *fields,
                  sim_ns now)
{
    const size_t len =
        fields->data_len < BLR_BGAPI_ADV_SIZE ? fields->data_len : BLR_BGAPI_ADV_SIZE;
    char name[BLR_BGAPI_NAME_SIZE];

    advertiser->rssi_dbm = (int8_t)fields->number[BGAPI_RSSI];
    advertiser->bond = (uint8_t)fields->number[BGAPI_BOND];
    advertiser->packet_type = (uint8_t)fields->number[BGAPI_PACKET_TYPE];
    advertiser->heard_at = now;
    advertiser->count++;
    if (advertiser->packet_type == BGAPI_SCAN_RESPONSE) {
        advertiser->scan_response_len = (uint8_t)len;
        if (len)
            memcpy(advertiser->scan_response, fields->data, len);
    } else {
        advertiser->adv_type = advertiser->packet_type;
        advertiser->data_len = (uint8_t)len;
        if (len)
            memcpy(advertiser->data, fields->data, len);
    }
    if (ad_local_name(fields->data, len, name, sizeof name))
        memcpy(advertiser->name, name, sizeof name);
}

/* The scan is to end, then the call, with the error that there is. */
static void stopped(struct blr_bgapi *b, const struct bgapi_fields *fields)
{
    if (b->call.error)
        client_fail(b, b->call.error);
    else if (!client_refused(b, fields))
        client_finish(b, 0);
}

static void stop(struct blr_bgapi *b)
{
    const int error = b->call.error;

    client_command(b, BGAPI_GAP_END_PROCEDURE, &(struct bgapi_fields){.data = NULL}, stopped);
    if (error)
        b->call.error = error;
}

static bool take_report(struct blr_bgapi *b, const struct client_packet *packet)
{
    if (!packet->fields || !bgapi_is_event(packet->packet) ||
        packet->packet->code != BGAPI_EVT_GAP_SCAN_RESPONSE)
        return false;
    struct bd_addr address = packet->fields->address;
    const uint8_t bond = (uint8_t)packet->fields->number[BGAPI_BOND];

    address.type = packet->fields->number[BGAPI_ADDRESS_TYPE] & 1;
    if (bond != BGAPI_NO_BOND) {
        b->bonds[bond].known = true;
        b->bonds[bond].address = address;
    }
    struct blr_bgapi_advertiser *advertiser = advertiser_of(b, &address);
    if (!advertiser && b->found_count == BLR_BGAPI_ADVERTISERS_MAX)
        return true;
    if (!advertiser) {
        b->call.error = BLR_ERR_NO_MEMORY;
        stop(b);
        return true;
    }
    heard(advertiser, packet->fields, clock_now(b->config.clock));
    if (b->call.found_cb)
        b->call.found_cb(b, advertiser, b->call.user);
    return true;
}

static void scan_runs(struct blr_bgapi *b, const struct bgapi_fields *fields)
{
    if (client_refused(b, fields))
        return;
    client_await(b, 0, take_report, stop);
    /* Not a wait for an answer: as long as it was asked for. */
    clock_arm(b->config.clock, &b->timer, clock_now(b->config.clock) + b->call.time);
}

static void parameters_set(struct blr_bgapi *b, const struct bgapi_fields *fields)
{
    struct bgapi_fields discover = {.data = NULL};

    if (client_refused(b, fields))
        return;
    discover.number[BGAPI_MODE] = b->call.mode;
    client_command(b, BGAPI_GAP_DISCOVER, &discover, scan_runs);
}

static int check_scan(struct blr_bgapi *b, const struct blr_bgapi_scan_params *p)
{
    int error = client_check_time(b, "scan: timeout", p->timeout_ns);

    if (!error)
        error = client_check(b, "scan: scan_interval", p->scan_interval_625us, 4, 16384);
    if (!error)
        error =
            client_check(b, "scan: scan_window", p->scan_window_625us, 4, p->scan_interval_625us);
    if (!error)
        error = client_check(b, "scan: discover_mode", p->discover_mode, BGAPI_DISCOVER_LIMITED,
                             BGAPI_DISCOVER_OBSERVATION);
    return error;
}

int blr_bgapi_scan_async(struct blr_bgapi *b, const struct blr_bgapi_scan_params *params,
                         blr_bgapi_scan_cb *cb, void *user)
{
    static const struct blr_bgapi_scan_params defaults = BLR_BGAPI_SCAN_DEFAULTS;
    const struct blr_bgapi_scan_params *p = params ? params : &defaults;
    struct bgapi_fields fields = {.data = NULL};

    int error = check_scan(b, p);
    if (!error)
        error = client_begin(b, "scan", finish_scan, (union client_callback){.scan = cb}, user);
    if (error)
        return error;
    b->call.only_bgapi_error = true;
    b->call.found_cb = p->scan_cb;
    b->call.time = p->timeout_ns;
    b->call.mode = p->discover_mode;
    fields.number[BGAPI_INTERVAL] = p->scan_interval_625us;
    fields.number[BGAPI_WINDOW] = p->scan_window_625us;
    fields.number[BGAPI_ACTIVE] = p->active;
    client_command(b, BGAPI_GAP_SET_SCAN_PARAMETERS, &fields, parameters_set);
    return 0;
}
