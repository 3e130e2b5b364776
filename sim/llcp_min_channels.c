/* SPDX-License-Identifier: MIT */
/*
 * Minimum number of used channels (Core v5.4, Vol 6, Part B, 5.1.11): a peripheral whose profile
 * has such a number tells it to the central, once, when both are known to have the feature. There
 * is no answer; the procedure is over when the indication is acknowledged.
 */
#include "ll_internal.h"

#define ALL_PHYS 0x07U /* 1M, 2M, Coded */

static bool start(struct ll_conn *conn)
{
    struct llcp_queued pdu;
    struct wr w = llcp_pdu_begin(&pdu, LL_MIN_USED_CHANNELS_IND);

    wr_u8(&w, ALL_PHYS);
    wr_u8(&w, conn->ll->profile.min_used_channels);
    llcp_pdu_send(conn, &pdu, &w);
    return true;
}

/* No host waits for it. */
static void failed(struct ll_conn *conn, uint8_t error)
{
    (void)conn;
    (void)error;
}

const struct llcp_procedure llcp_min_used_channels = {
    .start = start,
    .failed = failed,
    .request = LL_MIN_USED_CHANNELS_IND, /* not the central's: never begun there */
    .peripheral_request = LL_MIN_USED_CHANNELS_IND,
};

void llcp_min_used_channels_consider(struct ll_conn *conn)
{
    const bool both = ll_has_feature(conn->ll, LL_FEATURE_MIN_USED_CHANNELS) &&
                      conn->llcp.features >> LL_FEATURE_MIN_USED_CHANNELS & 1;

    if (conn->central || !both || !conn->ll->profile.min_used_channels ||
        conn->llcp.min_channels_told)
        return;
    conn->llcp.min_channels_told = true;
    llcp_want(conn, LLCP_MIN_USED_CHANNELS);
}

void llcp_min_used_channels_acked(struct ll_conn *conn)
{
    if (llcp_is_running(conn, LLCP_MIN_USED_CHANNELS))
        llcp_completed(conn, LLCP_MIN_USED_CHANNELS);
}

/*
 * A central should use that many channels. This one always uses all that its host leaves it, which
 * it must not go beyond (Vol 4, Part E, 7.8.19): nothing is to be done.
 */
void llcp_min_used_channels_ind(struct ll_conn *conn, struct rd *ctr_data)
{
    (void)conn;
    (void)ctr_data;
}
