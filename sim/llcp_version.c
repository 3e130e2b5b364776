/* SPDX-License-Identifier: MIT */
/*
 * Version exchange (Core v5.4, Vol 6, Part B, 5.1.5): each end sends LL_VERSION_IND once in a
 * connection at most. A host that asks again is answered from what came then.
 */
#include "ll_internal.h"

static void send_version_ind(struct ll_conn *conn)
{
    const struct sim_controller_profile *profile = &conn->ll->profile;
    struct llcp_queued pdu;
    struct wr w = llcp_pdu_begin(&pdu, LL_VERSION_IND);

    wr_u8(&w, profile->hci_version);
    wr_u16(&w, profile->company);
    wr_u16(&w, profile->subversion);
    conn->llcp.version_sent = true;
    llcp_pdu_send(conn, &pdu, &w);
}

static void tell(struct ll_conn *conn, uint8_t status)
{
    conn->ll->up->remote_version(conn->ll->user, status, conn->handle, &conn->llcp.version);
}

static bool start(struct ll_conn *conn)
{
    if (conn->llcp.version_known) {
        tell(conn, 0);
        return false;
    }
    if (!conn->llcp.version_sent)
        send_version_ind(conn);
    return true;
}

const struct llcp_procedure llcp_version_exchange = {
    .start = start,
    .failed = tell,
    .request = LL_VERSION_IND,
    .peripheral_request = LL_VERSION_IND,
};

void llcp_version_ind(struct ll_conn *conn, struct rd *ctr_data)
{
    struct ll_version version;

    version.version = rd_u8(ctr_data);
    version.company = rd_u16(ctr_data);
    version.subversion = rd_u16(ctr_data);
    if (conn->llcp.version_known)
        return; /* the peer should not have sent it twice: the first holds */
    conn->llcp.version = version;
    conn->llcp.version_known = true;
    if (!conn->llcp.version_sent)
        send_version_ind(conn);
    if (llcp_is_running(conn, LLCP_VERSION_EXCHANGE)) {
        llcp_completed(conn, LLCP_VERSION_EXCHANGE);
        tell(conn, 0);
    }
}
