/* SPDX-License-Identifier: MIT */
/*
 * Connection parameters request (Core v5.4, Vol 6, Part B, 5.1.7) as this end begins it, when its
 * host wants a connection update and both ends know the procedure. The central asks with
 * LL_CONNECTION_PARAM_REQ, the peripheral answers with LL_CONNECTION_PARAM_RSP; the peripheral
 * asks with the same PDU; either way the central's LL_CONNECTION_UPDATE_IND does it.
 */
#include "ll_internal.h"

/* --- the two PDUs that look alike (2.4.2.16, 2.4.2.17) --- */

#define NO_OFFSET 0xFFFFU
#define OFFSETS   6U

bool llcp_params_read(struct rd *ctr_data, struct llcp_params *params)
{
    params->interval_min_1250us = rd_u16(ctr_data);
    params->interval_max_1250us = rd_u16(ctr_data);
    params->latency = rd_u16(ctr_data);
    params->timeout_10ms = rd_u16(ctr_data);
    const uint8_t periodicity_1250us = rd_u8(ctr_data);

    /* Where the anchor points had better be: ReferenceConnEventCount and the offsets are hints. */
    return params->interval_min_1250us <= params->interval_max_1250us &&
           periodicity_1250us <= params->interval_max_1250us &&
           ll_conn_params_valid(params->interval_min_1250us, params->latency,
                                params->timeout_10ms) &&
           ll_conn_params_valid(params->interval_max_1250us, params->latency,
                                params->timeout_10ms);
}

void llcp_params_send(struct ll_conn *conn, enum ll_control_opcode opcode,
                      const struct llcp_params *params)
{
    struct llcp_queued pdu;
    struct wr w = llcp_pdu_begin(&pdu, opcode);

    wr_u16(&w, params->interval_min_1250us);
    wr_u16(&w, params->interval_max_1250us);
    wr_u16(&w, params->latency);
    wr_u16(&w, params->timeout_10ms);
    wr_u8(&w, 0); /* PreferredPeriodicity: none */
    wr_u16(&w, conn->counter);
    for (unsigned i = 0; i < OFFSETS; i++)
        wr_u16(&w, NO_OFFSET);
    llcp_pdu_send(conn, &pdu, &w);
}

/* --- the local procedure --- */

static bool start(struct ll_conn *conn)
{
    llcp_params_send(conn, LL_CONNECTION_PARAM_REQ, &conn->llcp.asked);
    return true;
}

/* To a peer that does not know the procedure, or whose host does not, the central dictates. */
static void failed(struct ll_conn *conn, uint8_t error)
{
    if (conn->central && error == HCI_ERR_UNSUPPORTED_REMOTE_FEATURE && !conn->llcp.ended)
        llcp_want(conn, LLCP_CONNECTION_UPDATE);
    else
        llcp_update_tell(conn, error);
}

const struct llcp_procedure llcp_connection_parameters = {
    .start = start,
    .failed = failed,
    .request = LL_CONNECTION_PARAM_REQ,
    .peripheral_request = LL_CONNECTION_PARAM_REQ,
    .instant = true,
};

/* What the peripheral answered lies within what was asked; false: there is nothing in common. */
static bool agree(const struct llcp_params *asked, struct llcp_params *answer)
{
    if (answer->interval_min_1250us < asked->interval_min_1250us)
        answer->interval_min_1250us = asked->interval_min_1250us;
    if (answer->interval_max_1250us > asked->interval_max_1250us)
        answer->interval_max_1250us = asked->interval_max_1250us;
    return answer->interval_min_1250us <= answer->interval_max_1250us;
}

void llcp_connection_param_rsp(struct ll_conn *conn, struct rd *ctr_data)
{
    struct llcp_params answer;
    uint8_t error = 0;

    if (!llcp_is_running(conn, LLCP_CONNECTION_PARAMETERS) || conn->llcp.taken_up)
        return;
    conn->llcp.taken_up = true;
    if (!llcp_params_read(ctr_data, &answer))
        error = HCI_ERR_INVALID_LL_PARAMETERS;
    else if (!agree(&conn->llcp.asked, &answer))
        error = HCI_ERR_UNSUPPORTED_LL_PARAMETER_VALUE;
    if (error) {
        llcp_reject_send(conn, LL_CONNECTION_PARAM_RSP, error);
        llcp_completed(conn, LLCP_CONNECTION_PARAMETERS);
        llcp_update_tell(conn, error);
        return;
    }
    conn->llcp.update_told = true;
    llcp_update_send(conn, &answer);
}

/* --- from above --- */

bool ll_update_params_valid(const struct ll_update_params *params)
{
    return params->interval_min_1250us <= params->interval_max_1250us &&
           params->min_ce_625us <= params->max_ce_625us &&
           ll_conn_params_valid(params->interval_min_1250us, params->latency,
                                params->timeout_10ms) &&
           ll_conn_params_valid(params->interval_max_1250us, params->latency,
                                params->timeout_10ms);
}

uint8_t ll_connection_update(struct ll *ll, uint16_t handle, const struct ll_update_params *params)
{
    struct ll_conn *conn = ll_conn_find(ll, handle);

    if (!conn)
        return HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER;
    if (!ll_update_params_valid(params))
        return HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS;
    const bool ours = ll_has_feature(ll, LL_FEATURE_CONNECTION_PARAMETERS_REQUEST);
    const bool theirs = !conn->llcp.features_known ||
                        conn->llcp.features >> LL_FEATURE_CONNECTION_PARAMETERS_REQUEST & 1;
    if (!conn->central && !ours)
        return HCI_ERR_COMMAND_DISALLOWED;
    if (!conn->central && !theirs)
        return HCI_ERR_UNSUPPORTED_REMOTE_FEATURE;
    if (llcp_under_way(conn, LLCP_CONNECTION_PARAMETERS) || llcp_under_way(conn, LLCP_CONNECTION_UPDATE))
        return HCI_ERR_COMMAND_DISALLOWED;
    conn->llcp.asked = (struct llcp_params){
        .interval_min_1250us = params->interval_min_1250us,
        .interval_max_1250us = params->interval_max_1250us,
        .latency = params->latency,
        .timeout_10ms = params->timeout_10ms,
    };
    return llcp_request(conn, ours && theirs ? LLCP_CONNECTION_PARAMETERS
                                             : LLCP_CONNECTION_UPDATE);
}
