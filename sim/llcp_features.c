/* SPDX-License-Identifier: MIT */
/*
 * Feature exchange (Core v5.4, Vol 6, Part B, 5.1.4), started by the central with LL_FEATURE_REQ
 * or, where both ends claim it, by the peripheral with LL_PERIPHERAL_FEATURE_REQ. What was once
 * learned of the peer is not asked again.
 */
#include "ll_internal.h"

/* Bits that are not for the peer (4.6, "Masked to Peer"). */
#define MASKED                                                                                     \
    (1ULL << LL_FEATURE_PRIVACY | 1ULL << 7 | 1ULL << 12 | 1ULL << 13 |                            \
     1ULL << LL_FEATURE_CHANNEL_SELECTION_2)

static uint64_t own_features(const struct ll_conn *conn)
{
    return ll_features(conn->ll) & ~MASKED;
}

static void send_features(struct ll_conn *conn, enum ll_control_opcode opcode, uint64_t features)
{
    struct llcp_queued pdu;
    struct wr w = llcp_pdu_begin(&pdu, opcode);

    wr_u64(&w, features);
    llcp_pdu_send(conn, &pdu, &w);
}

static void tell(struct ll_conn *conn, uint8_t status)
{
    conn->ll->up->remote_features(conn->ll->user, status, conn->handle, conn->llcp.features);
}

static bool start(struct ll_conn *conn)
{
    if (conn->llcp.features_known) {
        tell(conn, 0);
        return false;
    }
    send_features(conn, conn->central ? LL_FEATURE_REQ : LL_PERIPHERAL_FEATURE_REQ,
                  own_features(conn));
    return true;
}

const struct llcp_procedure llcp_feature_exchange = {
    .start = start,
    .failed = tell,
    .request = LL_FEATURE_REQ,
    .peripheral_request = LL_PERIPHERAL_FEATURE_REQ,
};

static void learn(struct ll_conn *conn, struct rd *ctr_data)
{
    conn->llcp.features = rd_u64(ctr_data);
    conn->llcp.features_known = true;
    llcp_min_used_channels_consider(conn);
}

void llcp_feature_req(struct ll_conn *conn, struct rd *ctr_data)
{
    learn(conn, ctr_data);
    /* Octet 0 says what both can do, the others what we can (2.4.2.10). */
    send_features(conn, LL_FEATURE_RSP,
                  own_features(conn) & (conn->llcp.features | ~(uint64_t)0xFF));
}

void llcp_feature_rsp(struct ll_conn *conn, struct rd *ctr_data)
{
    if (!llcp_is_running(conn, LLCP_FEATURE_EXCHANGE))
        return;
    learn(conn, ctr_data);
    llcp_completed(conn, LLCP_FEATURE_EXCHANGE);
    tell(conn, 0);
}
