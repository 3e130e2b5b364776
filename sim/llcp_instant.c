/* SPDX-License-Identifier: MIT */
/*
 * Procedures with an instant (Core v5.4, Vol 6, Part B, 5.5): the central names the event in which
 * something changes, both ends change it in that event.
 */
#include <assert.h>

#include "ll_internal.h"

void llcp_pdu_send_instant(struct ll_conn *conn, struct llcp_queued *pdu, const struct wr *w,
                           const struct llcp_instant_ops *ops)
{
    assert(conn->central && !conn->llcp.instant.ops);
    conn->llcp.instant = (struct llcp_instant){.ops = ops, .done_at = SIM_NEVER};
    pdu->instant = true;
    llcp_pdu_send(conn, pdu, w);
}

void llcp_instant_leaves(struct ll_conn *conn, struct llcp_queued *pdu)
{
    struct llcp *llcp = &conn->llcp;

    pdu->instant = false;
    /* 5.1.1: six events that the peripheral listens to, which may be one in 1 + latency. */
    llcp->instant.at = (uint16_t)(conn->counter + 6U * (1U + conn->latency));
    llcp->instant.known = true;
    llcp->instant.ops->leaves(conn, llcp->instant.at, pdu);
    llcp->response_due = SIM_NEVER;
    llcp->remote_due = SIM_NEVER;
    llcp_arm(conn);
}

bool llcp_instant_take(struct ll_conn *conn, uint16_t instant, const struct llcp_instant_ops *ops)
{
    if ((uint16_t)(instant - conn->counter) >= 32767) {
        conn->end_reason = HCI_ERR_INSTANT_PASSED;
        return false;
    }
    conn->llcp.instant = (struct llcp_instant){
        .ops = ops,
        .known = true,
        .at = instant,
        .done_at = SIM_NEVER,
    };
    return true;
}

static void apply_instant(struct ll_conn *conn, bool late)
{
    struct llcp_instant *instant = &conn->llcp.instant;

    instant->applied = true;
    instant->done_at = late ? ll_now(conn->ll) : conn->anchor;
    instant->ops->apply(conn, late);
    llcp_arm(conn);
}

static bool at_instant(const struct ll_conn *conn)
{
    const struct llcp_instant *instant = &conn->llcp.instant;

    return instant->ops && instant->known && !instant->applied && instant->at == conn->counter;
}

void llcp_event_over(struct ll_conn *conn)
{
    if (at_instant(conn))
        apply_instant(conn, true);
}

void llcp_event_reached(struct ll_conn *conn)
{
    if (at_instant(conn))
        apply_instant(conn, false);
}

void llcp_instant_done(struct ll_conn *conn)
{
    const struct llcp_instant_ops *ops = conn->llcp.instant.ops;

    conn->llcp.instant.ops = NULL;
    conn->llcp.instant.done_at = SIM_NEVER;
    ops->done(conn);
}
