/* SPDX-License-Identifier: MIT */
/*
 * The channels of connections: what the host says of them and what is in use (Core v5.4, Vol 4,
 * Part E, 7.8.19, 7.8.20).
 */
#include "host_internal.h"

#include <string.h>

/* --- classification --- */

static void finish_classify(struct blr_host *host, int error)
{
    struct gap_channels *channels = &host->channels;
    const bool active = channels->active;

    channels->active = false;
    if (active && channels->cb)
        channels->cb(host, error, channels->user);
}

static void classify_answered(void *user, int error, struct rd *ret)
{
    (void)ret;
    finish_classify(user, error);
}

int blr_gap_classify_channels(struct blr_host *host, const uint8_t map[static 5], blr_host_cb *cb,
                              void *user)
{
    struct gap_channels *channels = &host->channels;

    if (host->state != HOST_UP)
        return BLR_ERR_STATE;
    if (channels->active)
        return BLR_ERR_BUSY;
    channels->active = true;
    channels->cb = cb;
    channels->user = user;
    struct wr w = hci_command_begin(&channels->classify, HCI_OP_LE_SET_HOST_CHANNEL_CLASSIFICATION);
    wr_bytes(&w, map, 5);
    hci_command_submit(&host->driver, &channels->classify, &w);
    return 0;
}

void gap_channels_init(struct blr_host *host)
{
    hci_command_init(&host->channels.classify, classify_answered, host);
}

void gap_channels_fail(struct blr_host *host, int error)
{
    finish_classify(host, error);
}

/* --- the map of one connection --- */

static void finish_map(struct blr_conn *conn, int error, const uint8_t *map)
{
    if (conn_query_finish(conn, &conn->channel_map) && conn->channel_map_cb)
        conn->channel_map_cb(conn, error, error ? NULL : map, conn->channel_map.user);
}

static void map_answered(void *user, int error, struct rd *ret)
{
    struct blr_conn *conn = user;
    const uint16_t handle = rd_u16(ret);
    uint8_t map[5] = {0};

    rd_copy(ret, map, sizeof map);
    if (!error && handle != conn->handle)
        error = BLR_ERR_MALFORMED;
    finish_map(conn, error, map);
}

int blr_gap_read_channel_map(struct blr_conn *conn, blr_channel_map_cb *cb, void *user)
{
    const int error = conn_may_ask(conn, &conn->channel_map);

    if (error)
        return error;
    conn->channel_map_cb = cb;
    struct wr w = conn_query_begin(conn, &conn->channel_map, HCI_OP_LE_READ_CHANNEL_MAP, user);
    conn_query_submit(conn, &conn->channel_map, &w);
    return 0;
}

void gap_channels_conn_init(struct blr_conn *conn)
{
    hci_command_init(&conn->channel_map.command, map_answered, conn);
}

void gap_channels_conn_fail(struct blr_conn *conn, int error)
{
    finish_map(conn, error, NULL);
}
