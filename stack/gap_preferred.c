/* SPDX-License-Identifier: MIT */
#include "gap_preferred.h"

#include "blueroom/gatt_server.h"
#include "host_internal.h"

/* Where the characteristic stands if the host was told to have it (gatt_db.c). */
#define PREFERRED_HANDLE 0x0007U

/* --- asking the central --- */

/* What is asked for: where there is no wish, it stays as it is. */
static struct blr_conn_params wish(const struct blr_conn *conn)
{
    const struct blr_preferred_parameters *p = &conn->host->preferred;
    struct blr_conn_params params = {
        .interval_min_1250us = p->interval_min_1250us,
        .interval_max_1250us = p->interval_max_1250us,
        .latency = p->latency,
        .timeout_10ms = p->timeout_10ms == GATT_NO_PREFERENCE ? 0 : p->timeout_10ms,
    };

    if (params.interval_max_1250us == GATT_NO_PREFERENCE)
        params.interval_max_1250us = params.interval_min_1250us == GATT_NO_PREFERENCE ||
                                             params.interval_min_1250us < conn->interval_1250us
                                         ? conn->interval_1250us
                                         : params.interval_min_1250us;
    if (params.interval_min_1250us == GATT_NO_PREFERENCE)
        params.interval_min_1250us = params.interval_max_1250us < conn->interval_1250us
                                         ? params.interval_max_1250us
                                         : conn->interval_1250us;
    return params;
}

static bool satisfied(const struct blr_conn *conn, const struct blr_conn_params *params)
{
    const uint16_t timeout_10ms = conn->host->preferred.timeout_10ms;

    return conn->interval_1250us >= params->interval_min_1250us &&
           conn->interval_1250us <= params->interval_max_1250us &&
           conn->latency == params->latency &&
           (timeout_10ms == GATT_NO_PREFERENCE || conn->timeout_10ms == timeout_10ms);
}

static void ask(void *user)
{
    struct blr_conn *conn = user;
    const struct blr_conn_params params = wish(conn);

    if (!conn->host->asks_preferred || satisfied(conn, &params))
        return;
    /* A wish that no central could fulfil, or an update under way, is left at that. */
    (void)!blr_gap_update_connection(conn, &params, NULL, NULL);
}

static void arm(struct blr_conn *conn)
{
    struct clock *clock = conn->host->clock;

    if (conn->role == BLR_PERIPHERAL && conn->host->asks_preferred)
        clock_arm(clock, &conn->preferred_timer, clock_now(clock) + BLR_GAP_PAUSE_PERIPHERAL);
}

void gap_preferred_init(struct blr_conn *conn)
{
    timer_init(&conn->preferred_timer, ask, conn);
    arm(conn);
}

void gap_preferred_stop(struct blr_conn *conn)
{
    clock_cancel(conn->host->clock, &conn->preferred_timer);
}

/* --- for applications --- */

static int tell(struct blr_host *host)
{
    const struct blr_uuid uuid = blr_uuid16(GATT_UUID_PERIPHERAL_PREFERRED_CONNECTION_PARAMETERS);
    struct blr_attribute *attr = blr_attribute_find(host, PREFERRED_HANDLE);
    uint8_t octets[8];
    struct wr w = wr_init(octets, sizeof octets);

    if (!attr || !blr_uuid_equal(blr_attribute_uuid(attr), &uuid))
        return 0;
    gatt_preferences_write(&w, &host->preferred);
    return blr_attribute_set(attr, octets, w.len);
}

int blr_gap_prefer(struct blr_host *host, const struct blr_preferred_parameters *preferred,
                   bool ask_central)
{
    static const struct blr_preferred_parameters none = {GATT_NO_PREFERENCE, GATT_NO_PREFERENCE, 0,
                                                         GATT_NO_PREFERENCE};
    const struct blr_preferred_parameters *wanted = preferred ? preferred : &none;

    if (!gatt_preferences_valid(wanted))
        return BLR_ERR_INVALID;
    const struct blr_preferred_parameters before = host->preferred;
    host->preferred = *wanted;
    const int error = tell(host);
    if (error) {
        host->preferred = before;
        return error;
    }
    host->asks_preferred = preferred && ask_central;
    for (struct blr_conn *conn = host->conns; conn; conn = conn->next) {
        gap_preferred_stop(conn);
        arm(conn);
    }
    return 0;
}
