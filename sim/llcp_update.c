/* SPDX-License-Identifier: MIT */
/*
 * Connection update (Core v5.4, Vol 6, Part B, 5.1.1), which the central begins with
 * LL_CONNECTION_UPDATE_IND: at the instant a transmit window opens, in which the first event with
 * the new parameters begins. It also ends the connection parameters request procedure (5.1.7).
 */
#include "ll_internal.h"

#define WIN_SIZE_1250US 2U /* as after a CONNECT_IND; every interval allows it */

/* The host is told when it asked or something has changed (Vol 4, Part E, 7.7.65.3). */
void llcp_update_tell(struct ll_conn *conn, uint8_t status)
{
    const struct ll_update_info info = {
        .status = status,
        .handle = conn->handle,
        .interval_1250us = conn->interval_1250us,
        .latency = conn->latency,
        .timeout_10ms = conn->timeout_10ms,
    };

    conn->llcp.update_told = false;
    conn->ll->up->updated(conn->ll->user, &info);
}

/* --- the instant, at either end --- */

/* Central: where the transmit window will open, now that the instant is known. */
static void leaves(struct ll_conn *conn, uint16_t instant, struct llcp_queued *pdu)
{
    struct llcp_update *update = &conn->llcp.update;
    const uint16_t events = (uint16_t)(instant - conn->counter);
    const sim_ns interval = ll_sleep(conn->ll, SIM_US(1250) * conn->interval_1250us);
    struct wr w = llcp_pdu_begin(pdu, LL_CONNECTION_UPDATE_IND);

    update->win_offset_1250us =
        ll_conn_choose_offset(conn->ll, conn, conn->anchor + interval * events,
                              update->interval_1250us);
    wr_u8(&w, update->win_size_1250us);
    wr_u16(&w, update->win_offset_1250us);
    wr_u16(&w, update->interval_1250us);
    wr_u16(&w, update->latency);
    wr_u16(&w, update->timeout_10ms);
    wr_u16(&w, instant);
}

static void apply(struct ll_conn *conn, bool late)
{
    const struct llcp_update *update = &conn->llcp.update;

    if (update->interval_1250us != conn->interval_1250us || update->latency != conn->latency ||
        update->timeout_10ms != conn->timeout_10ms)
        conn->llcp.update_told = true;
    ll_conn_set_params(conn, update->interval_1250us, update->latency, update->timeout_10ms);
    if (late)
        return; /* its first event is over, and was heard */
    conn->anchor += ll_sleep(conn->ll, SIM_US(1250) * update->win_offset_1250us);
    conn->window = conn->central ? 0 : SIM_US(1250) * update->win_size_1250us;
}

static void done(struct ll_conn *conn)
{
    const bool tell = conn->llcp.update_told;

    if (conn->llcp.remote == LLCP_CONNECTION_UPDATE ||
        conn->llcp.remote == LLCP_CONNECTION_PARAMETERS)
        llcp_remote_end(conn);
    else if (llcp_is_running(conn, LLCP_CONNECTION_UPDATE))
        llcp_completed(conn, LLCP_CONNECTION_UPDATE);
    else if (llcp_is_running(conn, LLCP_CONNECTION_PARAMETERS))
        llcp_completed(conn, LLCP_CONNECTION_PARAMETERS);
    if (tell)
        llcp_update_tell(conn, 0);
}

static const struct llcp_instant_ops instant_ops = {
    .leaves = leaves,
    .apply = apply,
    .done = done,
};

/* --- central --- */

void llcp_update_send(struct ll_conn *conn, const struct llcp_params *params)
{
    const uint16_t now = conn->interval_1250us;
    const bool keep = now >= params->interval_min_1250us && now <= params->interval_max_1250us;
    struct llcp_queued pdu;
    struct wr w = llcp_pdu_begin(&pdu, LL_CONNECTION_UPDATE_IND);

    conn->llcp.update = (struct llcp_update){
        .win_size_1250us = WIN_SIZE_1250US,
        .interval_1250us = keep ? now : params->interval_max_1250us,
        .latency = params->latency,
        .timeout_10ms = params->timeout_10ms,
    };
    wr_fill(&w, 0, 11);
    llcp_pdu_send_instant(conn, &pdu, &w, &instant_ops);
}

static bool start(struct ll_conn *conn)
{
    conn->llcp.update_told = true;
    llcp_update_send(conn, &conn->llcp.asked);
    return true;
}

const struct llcp_procedure llcp_connection_update = {
    .start = start,
    .failed = llcp_update_tell,
    .request = LL_CONNECTION_UPDATE_IND,
    .peripheral_request = LL_CONNECTION_PARAM_REQ, /* it has no other */
    .instant = true,
};

/* --- peripheral --- */

static bool update_valid(const struct llcp_update *update)
{
    return ll_conn_params_valid(update->interval_1250us, update->latency, update->timeout_10ms) &&
           update->win_size_1250us >= 1 && update->win_size_1250us <= 8 &&
           update->win_size_1250us < update->interval_1250us &&
           update->win_offset_1250us <= update->interval_1250us;
}

/*
 * The indication cannot be rejected, and at the instant the central will be gone: parameters that
 * no connection may have end this one.
 */
void llcp_connection_update_ind(struct ll_conn *conn, struct rd *ctr_data)
{
    struct llcp_update update;

    update.win_size_1250us = rd_u8(ctr_data);
    update.win_offset_1250us = rd_u16(ctr_data);
    update.interval_1250us = rd_u16(ctr_data);
    update.latency = rd_u16(ctr_data);
    update.timeout_10ms = rd_u16(ctr_data);
    const uint16_t instant = rd_u16(ctr_data);

    if (!llcp_instant_take(conn, instant, &instant_ops))
        return;
    if (!update_valid(&update)) {
        conn->llcp.instant.ops = NULL;
        llcp_terminate_self(conn, HCI_ERR_INVALID_LL_PARAMETERS);
        return;
    }
    conn->llcp.update = update;
    if (llcp_is_running(conn, LLCP_CONNECTION_PARAMETERS) && conn->llcp.remote == LLCP_NONE) {
        conn->llcp.response_due = SIM_NEVER;
        conn->llcp.update_told = true; /* our host asked */
    } else {
        llcp_remote_begin(conn, LLCP_CONNECTION_UPDATE);
    }
    llcp_arm(conn);
}
