/* SPDX-License-Identifier: MIT */
/*
 * LE Ping (Core v5.4, Vol 6, Part B, 5.1.8) as it is answered, and the authenticated payload
 * timeout of a connection. The timer of that name (5.4) runs on encrypted connections, and only for
 * its sake is a ping sent; without encryption there is nothing to time.
 */
#include "ll_internal.h"

void llcp_ping_req(struct ll_conn *conn, struct rd *ctr_data)
{
    struct llcp_queued pdu;
    const struct wr w = llcp_pdu_begin(&pdu, LL_PING_RSP);

    (void)ctr_data;
    llcp_pdu_send(conn, &pdu, &w);
}

/* Nobody asked. */
void llcp_ping_rsp(struct ll_conn *conn, struct rd *ctr_data)
{
    (void)conn;
    (void)ctr_data;
}

/* --- from above (Vol 4, Part E, 7.3.93, 7.3.94) --- */

uint8_t ll_read_payload_timeout(const struct ll *ll, uint16_t handle, uint16_t *timeout_10ms)
{
    const struct ll_conn *conn = ll_conn_find(ll, handle);

    if (!conn)
        return HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER;
    *timeout_10ms = conn->payload_timeout_10ms;
    return 0;
}

/* At least as long as the peripheral may be silent by its latency. */
uint8_t ll_write_payload_timeout(struct ll *ll, uint16_t handle, uint16_t timeout_10ms)
{
    struct ll_conn *conn = ll_conn_find(ll, handle);

    if (!conn)
        return HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER;
    if (timeout_10ms == 0 || timeout_10ms * 8U < conn->interval_1250us * (1U + conn->latency))
        return HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS;
    conn->payload_timeout_10ms = timeout_10ms;
    return 0;
}
