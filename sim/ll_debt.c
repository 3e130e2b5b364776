/* SPDX-License-Identifier: MIT */
/* Who waits for whom between the Link Layer and its host. */
#include "ll_internal.h"

/* The peer has asked for what the host alone can answer. */
static bool waits_for_host(const struct ll_conn *conn)
{
    return conn->encrypt.remote == REMOTE_WAIT_HOST_KEY ||
           conn->llcp.remote_params == WAIT_HOST_REPLY;
}

/* A procedure runs, in either direction; data is queued; or the connection is about to end. */
static bool owes(const struct ll_conn *conn)
{
    const struct llcp *llcp = &conn->llcp;

    return conn->acl_first || conn->sent == LL_TX_DATA || conn->sent == LL_TX_CONTROL ||
           llcp->running != LLCP_NONE || llcp->wanted || llcp->queue_count ||
           llcp->remote != LLCP_NONE || llcp->instant.ops || llcp->terminate_due != SIM_NEVER ||
           llcp->terminate_reason || conn->encrypt.remote != ENCRYPT_REMOTE_NONE;
}

enum sim_controller_debt ll_debt(const struct ll *ll)
{
    bool owing = ll->init.state != INIT_OFF || timer_armed(&ll->init.cancelled);

    for (size_t i = 0; i < LL_CONN_MAX; i++) {
        const struct ll_conn *conn = ll->conn[i];
        if (!conn)
            continue;
        if (waits_for_host(conn))
            return SIM_CONTROLLER_WAITS;
        owing = owing || owes(conn);
    }
    return owing ? SIM_CONTROLLER_OWES : SIM_CONTROLLER_IDLE;
}
