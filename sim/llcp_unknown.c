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

static bool concerns_running(const struct ll_conn *conn, uint8_t opcode)
{
    return conn->llcp.running != LLCP_NONE && llcp_running_request(conn) == opcode;
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

    if (conn->llcp.running != LLCP_NONE)
        llcp_failed(conn, rejection(error));
}

void llcp_reject_ext_ind(struct ll_conn *conn, struct rd *ctr_data)
{
    const uint8_t opcode = rd_u8(ctr_data);
    const uint8_t error = rd_u8(ctr_data);

    if (concerns_running(conn, opcode))
        llcp_failed(conn, rejection(error));
}
