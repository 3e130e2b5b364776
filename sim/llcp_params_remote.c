/* SPDX-License-Identifier: MIT */
/*
 * Connection parameters request (Core v5.4, Vol 6, Part B, 5.1.7) as the peer begins it. The host
 * is asked, unless nothing would change for it; then the central answers with
 * LL_CONNECTION_UPDATE_IND and the peripheral with LL_CONNECTION_PARAM_RSP, or either refuses.
 */
#include "ll_internal.h"

/* Only anchor points would move. */
static bool changes_nothing(const struct ll_conn *conn, const struct llcp_params *params)
{
    return conn->interval_1250us >= params->interval_min_1250us &&
           conn->interval_1250us <= params->interval_max_1250us &&
           conn->latency == params->latency && conn->timeout_10ms == params->timeout_10ms;
}

static void agree(struct ll_conn *conn, const struct llcp_params *params)
{
    if (conn->central) {
        conn->llcp.remote_params = REMOTE_PARAMS_NONE;
        conn->llcp.update_told = false;
        llcp_remote_await(conn); /* until it has been sent */
        llcp_update_send(conn, params);
        return;
    }
    conn->llcp.remote_params = WAIT_RX_CONNECTION_UPDATE_IND;
    llcp_params_send(conn, LL_CONNECTION_PARAM_RSP, params);
    llcp_remote_await(conn);
}

static void refuse(struct ll_conn *conn, uint8_t error)
{
    llcp_reject_send(conn, LL_CONNECTION_PARAM_REQ, error);
    llcp_remote_end(conn);
}

void llcp_connection_param_req(struct ll_conn *conn, struct rd *ctr_data)
{
    struct llcp_params params;

    if (!llcp_params_read(ctr_data, &params)) {
        llcp_reject_send(conn, LL_CONNECTION_PARAM_REQ, HCI_ERR_INVALID_LL_PARAMETERS);
        return;
    }
    llcp_remote_begin(conn, LLCP_CONNECTION_PARAMETERS);
    if (changes_nothing(conn, &params)) {
        agree(conn, &params);
        return;
    }
    const struct ll_param_request request = {
        .handle = conn->handle,
        .interval_min_1250us = params.interval_min_1250us,
        .interval_max_1250us = params.interval_max_1250us,
        .latency = params.latency,
        .timeout_10ms = params.timeout_10ms,
    };
    conn->llcp.remote_params = WAIT_HOST_REPLY;
    if (!conn->ll->up->param_requested(conn->ll->user, &request))
        refuse(conn, HCI_ERR_UNSUPPORTED_REMOTE_FEATURE);
}

/* 5.1.7.1: that ends the procedure, as LL_CONNECTION_UPDATE_IND would. */
void llcp_params_rejected(struct ll_conn *conn)
{
    if (conn->llcp.remote_params == WAIT_RX_CONNECTION_UPDATE_IND && !conn->llcp.instant.ops &&
        !llcp_unacked(conn, LL_CONNECTION_PARAM_RSP))
        llcp_remote_end(conn);
}

/* --- the host's answer --- */

uint8_t ll_param_request_reply(struct ll *ll, uint16_t handle,
                               const struct ll_update_params *params)
{
    struct ll_conn *conn = ll_conn_find(ll, handle);

    if (!conn)
        return HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER;
    if (!ll_update_params_valid(params))
        return HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS;
    if (conn->llcp.remote_params != WAIT_HOST_REPLY)
        return HCI_ERR_COMMAND_DISALLOWED;
    const struct llcp_params answer = {
        .interval_min_1250us = params->interval_min_1250us,
        .interval_max_1250us = params->interval_max_1250us,
        .latency = params->latency,
        .timeout_10ms = params->timeout_10ms,
    };
    agree(conn, &answer);
    return 0;
}

uint8_t ll_param_request_negative_reply(struct ll *ll, uint16_t handle, uint8_t reason)
{
    struct ll_conn *conn = ll_conn_find(ll, handle);

    if (!conn)
        return HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER;
    if (reason == 0) /* not an error */
        return HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS;
    if (conn->llcp.remote_params != WAIT_HOST_REPLY)
        return HCI_ERR_COMMAND_DISALLOWED;
    refuse(conn, reason);
    return 0;
}
