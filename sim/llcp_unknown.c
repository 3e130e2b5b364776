/* SPDX-License-Identifier: MIT */
/*
 * What is not understood (Core v5.4, Vol 6, Part B, 2.4.2): LL_UNKNOWN_RSP in both directions, and
 * the peer's rejections.
 */
#include "ll_internal.h"

void llcp_unknown_send(struct ll_conn *conn, uint8_t opcode)
{
    struct llcp_queued pdu;
    struct wr w = llcp_pdu_begin(&pdu, LL_UNKNOWN_RSP);

    wr_u8(&w, opcode);
    llcp_pdu_send(conn, &pdu, &w);
}

/* 2.4.2.18: to a peer whose features are not known yet, what names the PDU says more. */
void llcp_reject_send(struct ll_conn *conn, uint8_t opcode, uint8_t error)
{
    const bool extended =
        ll_has_feature(conn->ll, LL_FEATURE_EXTENDED_REJECT) &&
        (!conn->llcp.features_known || conn->llcp.features >> LL_FEATURE_EXTENDED_REJECT & 1);
    struct llcp_queued pdu;
    struct wr w = llcp_pdu_begin(&pdu, extended ? LL_REJECT_EXT_IND : LL_REJECT_IND);

    if (extended)
        wr_u8(&w, opcode);
    wr_u8(&w, error);
    llcp_pdu_send(conn, &pdu, &w);
}

/*
 * What has come to its instant goes on whatever the peer says of it, and what the peer has not
 * taken yet it cannot refuse.
 */
static bool may_be_refused(const struct ll_conn *conn)
{
    const bool own_instant = conn->llcp.instant.ops && conn->llcp.remote == LLCP_NONE;

    return conn->llcp.running != LLCP_NONE && !own_instant &&
           !llcp_unacked(conn, llcp_running_request(conn));
}

static bool concerns_running(const struct ll_conn *conn, uint8_t opcode)
{
    return may_be_refused(conn) && llcp_running_request(conn) == opcode;
}

void llcp_unknown_rsp(struct ll_conn *conn, struct rd *ctr_data)
{
    const uint8_t opcode = rd_u8(ctr_data);

    if (concerns_running(conn, opcode))
        llcp_failed(conn, HCI_ERR_UNSUPPORTED_REMOTE_FEATURE);
}

/* An error code of 0 would tell the host that it succeeded. */
static uint8_t rejection(uint8_t error)
{
    return error ? error : HCI_ERR_UNSPECIFIED_ERROR;
}

void llcp_reject_ind(struct ll_conn *conn, struct rd *ctr_data)
{
    const uint8_t error = rd_u8(ctr_data);

    if (may_be_refused(conn))
        llcp_failed(conn, rejection(error));
}

void llcp_reject_ext_ind(struct ll_conn *conn, struct rd *ctr_data)
{
    const uint8_t opcode = rd_u8(ctr_data);
    const uint8_t error = rd_u8(ctr_data);

    if (concerns_running(conn, opcode))
        llcp_failed(conn, rejection(error));
    else if (opcode == LL_CONNECTION_PARAM_RSP)
        llcp_params_rejected(conn);
}
