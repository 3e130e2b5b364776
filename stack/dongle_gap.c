/* SPDX-License-Identifier: MIT */
/*
 * BGAPI, class 6: advertising, discovery, connecting. One of discovery and connecting at a time,
 * until it is ended; advertising goes on beside them.
 */
#include "dongle_internal.h"

#include <string.h>

#include "wire/adv.h"

enum {
    SCAN_INTERVAL = 75, /* 0.625 ms */
    SCAN_WINDOW = 50,
    SCAN_MIN = 4,
    SCAN_MAX = 0x4000,
    INTERVAL_MIN = 6,
    INTERVAL_MAX = 3200,
    TIMEOUT_MIN = 10,
    ALREADY_CONNECTED = 0x0B, /* Vol 1, Part F: ACL Connection Already Exists */
    FLAG_LIMITED = 0x01,
    FLAG_GENERAL = 0x02,
    FLAG_NO_BR_EDR = 0x04,
    SHORTENED_NAME = 0x08,
};

enum discoverable {
    NON_DISCOVERABLE,
    LIMITED_DISCOVERABLE,
    GENERAL_DISCOVERABLE,
    BROADCAST,
};

enum connectable {
    NON_CONNECTABLE,
    DIRECTED_CONNECTABLE, /* to nobody in particular: refused */
    UNDIRECTED_CONNECTABLE,
    SCANNABLE_NON_CONNECTABLE,
};

/* --- advertising --- */

static void finish(struct blr_dongle *dongle, uint16_t code, int error)
{
    struct bgapi_fields out = {0};

    if (dongle_awaits(dongle, code))
        dongle_finish(dongle, bgapi_result(error), &out);
    dongle_settle(dongle);
}

static void mode_set(struct blr_host *host, int error, void *user)
{
    struct blr_dongle *dongle = user;

    (void)host;
    dongle->switching = false;
    finish(dongle, BGAPI_GAP_SET_MODE, error);
}

static enum blr_adv_kind kind_of(int64_t connect)
{
    switch ((enum connectable)connect) {
    case UNDIRECTED_CONNECTABLE:
        return BLR_ADV_CONNECTABLE;
    case SCANNABLE_NON_CONNECTABLE:
        return BLR_ADV_SCANNABLE;
    case NON_CONNECTABLE:
    case DIRECTED_CONNECTABLE:
        break;
    }
    return BLR_ADV_NON_CONNECTABLE;
}

static void write_data(const struct blr_dongle *dongle, int64_t discover, struct wr *w)
{
    switch ((enum discoverable)discover) {
    case NON_DISCOVERABLE:
        ad_wr_flags(w, FLAG_NO_BR_EDR);
        break;
    case LIMITED_DISCOVERABLE:
        ad_wr_flags(w, FLAG_LIMITED | FLAG_NO_BR_EDR);
        break;
    case GENERAL_DISCOVERABLE:
        ad_wr_flags(w, FLAG_GENERAL | FLAG_NO_BR_EDR);
        break;
    case BROADCAST:
        break;
    }
    if (dongle->name_cut)
        ad_wr(w, SHORTENED_NAME, (const uint8_t *)dongle->name, strlen(dongle->name));
    else
        ad_wr_name(w, dongle->name);
}

int dongle_set_mode(struct blr_dongle *dongle, const struct bgapi_fields *in,
                    struct bgapi_fields *out)
{
    const int64_t discover = in->number[BGAPI_DISCOVER], connect = in->number[BGAPI_CONNECT];
    uint8_t data[31];
    struct wr w = wr_init(data, sizeof data);
    int error;

    (void)out;
    if (discover > BROADCAST || connect > SCANNABLE_NON_CONNECTABLE ||
        connect == DIRECTED_CONNECTABLE)
        return BGAPI_INVALID_PARAMETER;
    if (discover == NON_DISCOVERABLE && connect == NON_CONNECTABLE) {
        error = blr_gap_advertise_stop(dongle->host, mode_set, dongle);
    } else {
        write_data(dongle, discover, &w);
        const struct blr_adv_params params = {
            .kind = kind_of(connect),
            .data = data,
            .data_len = w.len,
        };
        error = blr_gap_advertise(dongle->host, &params, mode_set, dongle);
    }
    dongle->switching = !error;
    return error ? bgapi_result(error) : DONGLE_LATER;
}

/* --- discovery --- */

static uint8_t packet_type(uint8_t event_type)
{
    switch (event_type) {
    case 2: /* ADV_SCAN_IND */
        return BGAPI_SCAN_DISCOVERABLE;
    case 3: /* ADV_NONCONN_IND */
        return BGAPI_SCAN_NON_CONNECTABLE;
    case 4:
        return BGAPI_SCAN_RESPONSE;
    default: /* ADV_IND, and ADV_DIRECT_IND, which has no type of its own here */
        return BGAPI_SCAN_CONNECTABLE;
    }
}

static void reported(struct blr_host *host, const struct blr_adv_report *report, void *user)
{
    struct blr_dongle *dongle = user;
    struct bgapi_fields event = {.data = report->data, .data_len = report->data_len};

    (void)host;
    if (!dongle->discovering)
        return;
    if (dongle->discover_mode != BGAPI_DISCOVER_OBSERVATION &&
        !gap_found_take(&dongle->found, report))
        return;
    event.number[BGAPI_RSSI] = report->rssi_dbm;
    event.number[BGAPI_PACKET_TYPE] = packet_type(report->event_type);
    event.address = report->address;
    event.number[BGAPI_ADDRESS_TYPE] = report->address.type;
    event.number[BGAPI_BOND] = dongle_sm_bond_of(dongle, &report->identity);
    dongle_mention(dongle, BGAPI_EVT_GAP_SCAN_RESPONSE, &event);
}

static void scanning(struct blr_host *host, int error, void *user)
{
    struct blr_dongle *dongle = user;

    (void)host;
    finish(dongle, BGAPI_GAP_DISCOVER, error);
    dongle->discovering = !error; /* what was reported before the response is not told */
}

int dongle_discover(struct blr_dongle *dongle, const struct bgapi_fields *in,
                    struct bgapi_fields *out)
{
    const int64_t mode = in->number[BGAPI_MODE];

    (void)out;
    if (mode > BGAPI_DISCOVER_OBSERVATION)
        return BGAPI_INVALID_PARAMETER;
    if (dongle->discovering || dongle->connecting)
        return BGAPI_WRONG_STATE;
    dongle->discover_mode = (uint8_t)mode;
    dongle->found.limited = mode == BGAPI_DISCOVER_LIMITED;
    dongle->found.count = 0;
    const int error = blr_gap_scan(dongle->host, &dongle->scan, reported, scanning, dongle);
    return error ? bgapi_result(error) : DONGLE_LATER;
}

int dongle_set_scan_parameters(struct blr_dongle *dongle, const struct bgapi_fields *in,
                               struct bgapi_fields *out)
{
    const int64_t interval = in->number[BGAPI_INTERVAL], window = in->number[BGAPI_WINDOW];

    (void)out;
    if (interval < SCAN_MIN || interval > SCAN_MAX || window < SCAN_MIN || window > interval ||
        in->number[BGAPI_ACTIVE] > 1)
        return BGAPI_INVALID_PARAMETER;
    dongle->scan = (struct blr_scan_params){
        .active = in->number[BGAPI_ACTIVE],
        .interval_625us = (uint16_t)interval,
        .window_625us = (uint16_t)window,
    };
    return BGAPI_OK;
}

/* --- connecting --- */

static void connection_made(struct blr_host *host, struct blr_conn *conn, int error, void *user)
{
    struct blr_dongle *dongle = user;
    struct dongle_conn *c = dongle->connecting;

    (void)host;
    (void)conn;
    if (error && c && !c->conn) {
        const uint8_t number = c->number;
        dongle->connecting = NULL;
        dongle_conn_release(c);
        if (error != BLR_ERR_CANCELLED)
            dongle_conn_tell_disconnected(dongle, number, bgapi_result(error));
    }
    if (error)
        dongle_gap_attempt_over(dongle);
}

void dongle_gap_attempt_over(struct blr_dongle *dongle)
{
    finish(dongle, BGAPI_GAP_END_PROCEDURE, 0);
}

int dongle_gap_connect(struct blr_dongle *dongle)
{
    dongle->attempts++;
    return blr_gap_connect(dongle->host, &dongle->attempt, connection_made, dongle);
}

/* Zeros would be the host's own choice. */
static bool good_connection(const struct blr_connect_params *params)
{
    return params->peer.type <= BD_ADDR_RANDOM && params->interval_min_1250us >= INTERVAL_MIN &&
           params->interval_max_1250us <= INTERVAL_MAX &&
           params->interval_min_1250us <= params->interval_max_1250us &&
           params->timeout_10ms >= TIMEOUT_MIN;
}

int dongle_connect_direct(struct blr_dongle *dongle, const struct bgapi_fields *in,
                          struct bgapi_fields *out)
{
    struct blr_connect_params params = {
        .peer = in->address,
        .interval_min_1250us = (uint16_t)in->number[BGAPI_INTERVAL_MIN],
        .interval_max_1250us = (uint16_t)in->number[BGAPI_INTERVAL_MAX],
        .latency = (uint16_t)in->number[BGAPI_LATENCY],
        .timeout_10ms = (uint16_t)in->number[BGAPI_TIMEOUT],
    };

    params.peer.type = (uint8_t)in->number[BGAPI_ADDRESS_TYPE];
    if (!good_connection(&params))
        return BGAPI_INVALID_PARAMETER;
    /* The shortest that it may be: clients wait no more than a second for a pairing. */
    params.interval_max_1250us = params.interval_min_1250us;
    if (dongle->discovering || dongle->connecting)
        return BGAPI_WRONG_STATE;
    if (dongle_conn_with(dongle, &params.peer))
        return BGAPI_HCI_BASE + ALREADY_CONNECTED;
    struct dongle_conn *c = dongle_conn_reserve(dongle);
    if (!c)
        return BGAPI_OUT_OF_MEMORY;
    dongle->attempt = params;
    dongle->attempts = 0;
    const int error = dongle_gap_connect(dongle);
    if (error) {
        dongle_conn_release(c);
        return bgapi_result(error);
    }
    dongle->connecting = c;
    out->number[BGAPI_CONN] = c->number;
    return BGAPI_OK;
}

/* --- their end --- */

static void scan_stopped(struct blr_host *host, int error, void *user)
{
    struct blr_dongle *dongle = user;

    (void)host;
    dongle->stopping = false;
    finish(dongle, BGAPI_GAP_END_PROCEDURE, error);
}

static int stop_scan(struct blr_dongle *dongle)
{
    dongle->discovering = false;
    const int error = blr_gap_scan_stop(dongle->host, scan_stopped, dongle);
    dongle->stopping = !error;
    return error;
}

int dongle_end_procedure(struct blr_dongle *dongle, const struct bgapi_fields *in,
                         struct bgapi_fields *out)
{
    int error;

    (void)in;
    (void)out;
    if (dongle->discovering)
        error = stop_scan(dongle);
    else if (dongle->connecting && dongle->connecting->conn)
        error = dongle_conn_abandon(dongle);
    else if (dongle->connecting)
        error = blr_gap_connect_cancel(dongle->host);
    else
        return BGAPI_WRONG_STATE;
    return error ? bgapi_result(error) : DONGLE_LATER;
}

void dongle_gap_reset(struct blr_dongle *dongle)
{
    dongle->scan = (struct blr_scan_params){
        .interval_625us = SCAN_INTERVAL,
        .window_625us = SCAN_WINDOW,
    };
    if (dongle->discovering)
        (void)!stop_scan(dongle);
    if (dongle->connecting)
        (void)!blr_gap_connect_cancel(dongle->host);
    if (dongle->up && blr_gap_advertise_stop(dongle->host, mode_set, dongle) == 0)
        dongle->switching = true;
}

bool dongle_gap_settled(const struct blr_dongle *dongle)
{
    return !dongle->connecting && !dongle->stopping && !dongle->switching;
}
