/* SPDX-License-Identifier: MIT */
/*
 * ACL termination (Core v5.4, Vol 6, Part B, 5.1.6). Who asks ends the connection when the
 * LL_TERMINATE_IND is acknowledged or a supervision timeout after asking; who is asked, when the
 * acknowledgement has been sent. It waits for no other procedure.
 */
#include "ll_internal.h"

static void terminate(struct ll_conn *conn, uint8_t reason, uint8_t told)
{
    struct llcp_queued pdu;
    struct wr w = llcp_pdu_begin(&pdu, LL_TERMINATE_IND);

    wr_u8(&w, reason);
    llcp_pdu_send(conn, &pdu, &w);
    conn->llcp.terminate_told = told;
    conn->llcp.terminate_due = ll_now(conn->ll) + SIM_MS(10) * conn->timeout_10ms;
    llcp_arm(conn);
}

uint8_t llcp_terminate_start(struct ll_conn *conn, uint8_t reason)
{
    if (!hci_disconnect_reason_valid(reason))
        return HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS;
    if (conn->llcp.terminate_due != SIM_NEVER)
        return HCI_ERR_COMMAND_DISALLOWED;
    terminate(conn, reason, HCI_ERR_CONNECTION_TERMINATED_BY_LOCAL_HOST);
    return 0;
}

void llcp_terminate_self(struct ll_conn *conn, uint8_t reason)
{
    if (conn->llcp.terminate_due == SIM_NEVER)
        terminate(conn, reason, reason);
}

void llcp_terminate_ind(struct ll_conn *conn, struct rd *ctr_data)
{
    const uint8_t reason = rd_u8(ctr_data);

    conn->llcp.terminate_reason = reason ? reason : HCI_ERR_REMOTE_USER_TERMINATED_CONNECTION;
}
