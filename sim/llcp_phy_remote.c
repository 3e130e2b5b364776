/* SPDX-License-Identifier: MIT */
/*
 * PHY update (Core v5.4, Vol 6, Part B, 5.1.10) as the peer begins it: the central answers its
 * LL_PHY_REQ with LL_PHY_UPDATE_IND, the peripheral with LL_PHY_RSP, and LL_PHY_UPDATE_IND must
 * follow. What either likes is what its host said last.
 */
#include "ll_internal.h"

void llcp_phy_req(struct ll_conn *conn, struct rd *ctr_data)
{
    const struct ll_phy_masks theirs = llcp_phy_read(ctr_data);

    llcp_remote_begin(conn, LLCP_PHY_UPDATE);
    llcp_remote_await(conn); /* the central's own PDU, until it has been sent */
    if (conn->central)
        llcp_phy_decide(conn, theirs);
    else
        llcp_phy_send(conn, LL_PHY_RSP);
}
