/* SPDX-License-Identifier: MIT */
/*
 * Connection parameters by way of L2CAP (Core v5.4, Vol 3, Part A, 4.20 and 4.21; Part C, 9.3.9):
 * what a peripheral falls back on when the controllers have no procedure of their own, and what a
 * central is asked by such a peripheral. One request at a time is under way; the update that
 * follows from it is the central's.
 */
#include "host_internal.h"

bool l2cap_params_waits_for(const struct blr_conn *conn, uint8_t identifier)
{
    return conn->update_identifier == identifier;
}

/* --- the peripheral --- */

static void unanswered(void *user)
{
    gap_params_finish(user, BLR_ERR_TIMEOUT);
}

static void arm(struct blr_conn *conn)
{
    struct clock *clock = conn->host->clock;

    clock_arm(clock, &conn->update_timer, clock_now(clock) + L2CAP_RTX);
}

int l2cap_params_ask(struct blr_conn *conn, const struct blr_conn_params *params)
{
    const uint8_t identifier = l2cap_signal_identifier(conn);
    uint8_t data[8];
    struct wr w = wr_init(data, sizeof data);

    wr_u16(&w, params->interval_min_1250us);
    wr_u16(&w, params->interval_max_1250us);
    wr_u16(&w, params->latency);
    wr_u16(&w, params->timeout_10ms);
    const int error =
        l2cap_signal_send(conn, L2CAP_CONNECTION_PARAMETER_UPDATE_REQ, identifier, &w);
    if (error)
        return error;
    conn->update_identifier = identifier;
    arm(conn);
    return 0;
}

/* Accepted: what is awaited now is the update itself, for as long again. */
void l2cap_params_rsp(struct blr_conn *conn, uint8_t identifier, struct rd *r)
{
    const uint16_t result = rd_u16(r);

    if (!l2cap_params_waits_for(conn, identifier)) {
        conn->host->counters.dropped_pdus++;
        return;
    }
    conn->update_identifier = 0;
    if (result == L2CAP_UPDATE_ACCEPTED)
        arm(conn);
    else
        gap_params_finish(conn, BLR_ERR_HCI(HCI_ERR_UNACCEPTABLE_CONNECTION_PARAMETERS));
}

bool l2cap_params_rejected(struct blr_conn *conn, uint8_t identifier, int error)
{
    if (!l2cap_params_waits_for(conn, identifier))
        return false;
    gap_params_finish(conn, error);
    return true;
}

/* --- the central --- */

/* Those that it cannot set in motion now, it has not accepted. */
void l2cap_params_req(struct blr_conn *conn, uint8_t identifier, struct rd *r)
{
    struct blr_host *host = conn->host;
    struct blr_conn_params params;
    params.interval_min_1250us = rd_u16(r);
    params.interval_max_1250us = rd_u16(r);
    params.latency = rd_u16(r);
    params.timeout_10ms = rd_u16(r);
    uint8_t data[2];
    struct wr w = wr_init(data, sizeof data);

    if (conn->role != BLR_CENTRAL) {
        l2cap_signal_reject(conn, identifier);
        return;
    }
    const bool wanted = gap_params_wanted(conn, &params);
    /* The listener may have let time pass. */
    if (!conn_exists(host, conn))
        return;
    const bool accepted = wanted && blr_gap_update_connection(conn, &params, NULL, NULL) == 0;
    wr_u16(&w, accepted ? L2CAP_UPDATE_ACCEPTED : L2CAP_UPDATE_REJECTED);
    if (l2cap_signal_send(conn, L2CAP_CONNECTION_PARAMETER_UPDATE_RSP, identifier, &w))
        host->counters.dropped_answers++;
}

/* --- both --- */

void l2cap_params_stop(struct blr_conn *conn)
{
    conn->update_identifier = 0;
    clock_cancel(conn->host->clock, &conn->update_timer);
}

void l2cap_params_init(struct blr_conn *conn)
{
    timer_init(&conn->update_timer, unanswered, conn);
}
