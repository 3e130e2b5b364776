/* SPDX-License-Identifier: MIT */
/*
 * Channel map update (Core v5.4, Vol 6, Part B, 5.1.2): the central's LL_CHANNEL_MAP_IND, from
 * what its host says of the channels (Vol 4, Part E, 7.8.19).
 */
#include <string.h>

#include "ll_internal.h"

static void leaves(struct ll_conn *conn, uint16_t instant, struct llcp_queued *pdu)
{
    struct wr w = llcp_pdu_begin(pdu, LL_CHANNEL_MAP_IND);

    wr_bytes(&w, conn->llcp.map, sizeof conn->llcp.map);
    wr_u16(&w, instant);
}

static void apply(struct ll_conn *conn, bool late)
{
    (void)late;
    /* Checked when it was taken. */
    (void)ll_chan_set_map(&conn->chan, conn->llcp.map);
}

static void done(struct ll_conn *conn)
{
    if (conn->central)
        llcp_completed(conn, LLCP_CHANNEL_MAP_UPDATE);
    else
        llcp_remote_end(conn);
}

static const struct llcp_instant_ops instant_ops = {
    .leaves = leaves,
    .apply = apply,
    .done = done,
};

/* --- central --- */

static bool start(struct ll_conn *conn)
{
    struct llcp_queued pdu;

    if (memcmp(conn->ll->channel_map, conn->chan.map, sizeof conn->chan.map) == 0)
        return false; /* changed there and back while others ran */
    struct wr w = llcp_pdu_begin(&pdu, LL_CHANNEL_MAP_IND);
    memcpy(conn->llcp.map, conn->ll->channel_map, sizeof conn->llcp.map);
    wr_fill(&w, 0, 7);
    llcp_pdu_send_instant(conn, &pdu, &w, &instant_ops);
    return true;
}

/* No host waits for it. */
static void failed(struct ll_conn *conn, uint8_t error)
{
    (void)conn;
    (void)error;
}

const struct llcp_procedure llcp_channel_map_update = {
    .start = start,
    .failed = failed,
    .request = LL_CHANNEL_MAP_IND,
    .peripheral_request = LL_CHANNEL_MAP_IND,
    .instant = true,
};

uint8_t ll_set_channel_classification(struct ll *ll, const uint8_t map[static 5])
{
    struct ll_chan chan = {0};

    if (!ll_chan_set_map(&chan, map))
        return HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS;
    memcpy(ll->channel_map, chan.map, sizeof ll->channel_map);
    for (unsigned i = 0; i < LL_CONN_MAX; i++) {
        if (ll->conn[i] && ll->conn[i]->central)
            llcp_want(ll->conn[i], LLCP_CHANNEL_MAP_UPDATE);
    }
    return 0;
}

/* --- peripheral --- */

/* As with a connection update: a map that cannot be followed ends the connection. */
void llcp_channel_map_ind(struct ll_conn *conn, struct rd *ctr_data)
{
    struct ll_chan chan = {0};
    uint8_t map[5] = {0};

    rd_copy(ctr_data, map, sizeof map);
    const uint16_t instant = rd_u16(ctr_data);

    if (!llcp_instant_take(conn, instant, &instant_ops))
        return;
    if (!ll_chan_set_map(&chan, map)) {
        conn->llcp.instant.ops = NULL;
        llcp_terminate_self(conn, HCI_ERR_INVALID_LL_PARAMETERS);
        return;
    }
    memcpy(conn->llcp.map, map, sizeof map);
    llcp_remote_begin(conn, LLCP_CHANNEL_MAP_UPDATE);
}
