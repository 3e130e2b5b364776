/* SPDX-License-Identifier: MIT */
/*
 * Connection parameters: which ones there may be, changing them (Core v5.4, Vol 4, Part E, 7.8.18;
 * event 7.7.65.3), and what the peer wants them to be (7.7.65.6, 7.8.31, 7.8.32).
 */
#include "host_internal.h"

enum {
    INTERVAL_MIN_1250US = 6,
    INTERVAL_MAX_1250US = 3200,
    LATENCY_MAX = 499,
    TIMEOUT_MIN_10MS = 10,
    TIMEOUT_MAX_10MS = 3200,
    TIMEOUT_DEFAULT_10MS = 420,
};

/* The supervision timeout must exceed twice the time between two events (7.8.12), in 10 ms. */
static uint32_t least_timeout_10ms(const struct blr_conn_params *params)
{
    return (1U + params->latency) * params->interval_max_1250us / 4U + 1U;
}

bool gap_params_valid(const struct blr_conn_params *params)
{
    return params->interval_min_1250us >= INTERVAL_MIN_1250US &&
           params->interval_max_1250us <= INTERVAL_MAX_1250US &&
           params->interval_min_1250us <= params->interval_max_1250us &&
           params->latency <= LATENCY_MAX && params->timeout_10ms >= TIMEOUT_MIN_10MS &&
           params->timeout_10ms <= TIMEOUT_MAX_10MS &&
           params->timeout_10ms >= least_timeout_10ms(params);
}

void gap_params_default_timeout(struct blr_conn_params *params)
{
    const uint32_t least = least_timeout_10ms(params);

    if (params->timeout_10ms == 0 && least <= TIMEOUT_MAX_10MS)
        params->timeout_10ms =
            least > TIMEOUT_DEFAULT_10MS ? (uint16_t)least : TIMEOUT_DEFAULT_10MS;
}

/* --- ours --- */

void gap_params_finish(struct blr_conn *conn, int error)
{
    const bool active = conn_query_finish(conn, &conn->update);

    l2cap_params_stop(conn);
    if (active && conn->update_cb)
        conn->update_cb(conn, error, conn->update.user);
}

static void write_params(struct wr *w, const struct blr_conn_params *params)
{
    wr_u16(w, params->interval_min_1250us);
    wr_u16(w, params->interval_max_1250us);
    wr_u16(w, params->latency);
    wr_u16(w, params->timeout_10ms);
    wr_fill(w, 0, 4); /* no wish for the length of connection events */
}

int blr_gap_update_connection(struct blr_conn *conn, const struct blr_conn_params *params,
                              blr_conn_update_cb *cb, void *user)
{
    struct blr_conn_params full = *params;

    if (conn->closed)
        return BLR_ERR_NOT_CONNECTED;
    if (conn->host->state != HOST_UP)
        return BLR_ERR_STATE;
    gap_params_default_timeout(&full);
    if (!gap_params_valid(&full))
        return BLR_ERR_INVALID;
    if (conn->update.active)
        return BLR_ERR_BUSY;
    conn->update_cb = cb;
    conn->update_params = full;
    struct wr w = conn_query_begin(conn, &conn->update, HCI_OP_LE_CONNECTION_UPDATE, user);
    write_params(&w, &full);
    conn_query_submit(conn, &conn->update, &w);
    return 0;
}

/* The controllers, or one of them, have no procedure by which a peripheral may ask. */
static bool lacks_procedure(int error)
{
    return error == BLR_ERR_HCI(HCI_ERR_UNKNOWN_HCI_COMMAND) ||
           error == BLR_ERR_HCI(HCI_ERR_COMMAND_DISALLOWED) ||
           error == BLR_ERR_HCI(HCI_ERR_UNSUPPORTED_FEATURE_OR_PARAMETER_VALUE) ||
           error == BLR_ERR_HCI(HCI_ERR_UNSUPPORTED_REMOTE_FEATURE);
}

/* A peripheral then asks the central's host (Vol 3, Part A, 4.20). */
static void update_failed(struct blr_conn *conn, int error)
{
    if (conn->update.active && conn->role == BLR_PERIPHERAL && lacks_procedure(error))
        error = l2cap_params_ask(conn, &conn->update_params);
    if (error)
        gap_params_finish(conn, error);
}

static void update_answered(void *user, int error, struct rd *ret)
{
    (void)ret;
    if (error)
        update_failed(user, error);
}

/*
 * The event does not say who asked. One that the peer caused while ours waits is taken for the
 * answer, as the parameters that hold are then those that it names.
 */
void gap_connection_update_complete(struct blr_host *host, struct rd *r)
{
    const uint8_t status = rd_u8(r);
    const uint16_t handle = rd_u16(r);
    const uint16_t interval = rd_u16(r);
    const uint16_t latency = rd_u16(r);
    const uint16_t timeout = rd_u16(r);
    struct blr_conn *conn = conn_of_event(host, handle);

    if (!conn)
        return;
    const bool changed = status == 0 && (conn->interval_1250us != interval ||
                                         conn->latency != latency || conn->timeout_10ms != timeout);
    if (changed) {
        conn->interval_1250us = interval;
        conn->latency = latency;
        conn->timeout_10ms = timeout;
        gap_tell_params_changed(conn);
        /* Who may have let time pass. */
        if (!conn_exists(host, conn))
            return;
    }
    if (status)
        update_failed(conn, BLR_ERR_HCI(status));
    else
        gap_params_finish(conn, 0);
}

/* --- the peer's --- */

static void refuse(struct blr_conn *conn)
{
    struct wr w = hci_command_begin(&conn->params_reply,
                                    HCI_OP_LE_REMOTE_CONNECTION_PARAMETER_REQUEST_NEGATIVE_REPLY);

    wr_u16(&w, conn->handle);
    wr_u8(&w, HCI_ERR_UNACCEPTABLE_CONNECTION_PARAMETERS);
    hci_command_submit(&conn->host->driver, &conn->params_reply, &w);
}

static void accept(struct blr_conn *conn, const struct blr_conn_params *params)
{
    struct wr w =
        hci_command_begin(&conn->params_reply, HCI_OP_LE_REMOTE_CONNECTION_PARAMETER_REQUEST_REPLY);

    wr_u16(&w, conn->handle);
    write_params(&w, params);
    hci_command_submit(&conn->host->driver, &conn->params_reply, &w);
}

bool gap_params_wanted(struct blr_conn *conn, const struct blr_conn_params *params)
{
    return gap_params_valid(params) && gap_ask_params(conn, params);
}

void gap_remote_params_request(struct blr_host *host, struct rd *r)
{
    const uint16_t handle = rd_u16(r);
    struct blr_conn_params params;
    params.interval_min_1250us = rd_u16(r);
    params.interval_max_1250us = rd_u16(r);
    params.latency = rd_u16(r);
    params.timeout_10ms = rd_u16(r);
    struct blr_conn *conn = conn_find(host, handle);

    /* One at a time: the controller asks again when the last is answered. */
    if (!conn || conn->params_reply.pending) {
        host->counters.unexpected_packets++;
        return;
    }
    const bool wanted = gap_params_wanted(conn, &params);
    if (!conn_exists(host, conn))
        return;
    if (wanted)
        accept(conn, &params);
    else
        refuse(conn);
}

/* The request may be gone by now, with its link or by a collision: nothing is left to be done. */
static void reply_answered(void *user, int error, struct rd *ret)
{
    (void)user;
    (void)error;
    (void)ret;
}

void gap_params_init(struct blr_conn *conn)
{
    l2cap_params_init(conn);
    hci_command_init(&conn->update.command, update_answered, conn);
    hci_command_init(&conn->params_reply, reply_answered, conn);
}

void gap_params_fail(struct blr_conn *conn, int error)
{
    hci_command_forget(&conn->host->driver, &conn->params_reply);
    gap_params_finish(conn, error);
}
