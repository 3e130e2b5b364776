/* SPDX-License-Identifier: MIT */
/* GATTCConnection: made, ended, freed. */
#include "bluetooth_internal.h"

#include <stdlib.h>

#include "wire/hci.h"

static void unlink_connection(struct blr_gattc_connection *conn)
{
    struct blr_gattc_connection **at = &conn->bt->connections;

    while (*at != conn)
        at = &(*at)->next;
    *at = conn->next;
}

static void end_link(struct blr_conn *link)
{
    (void)!blr_gap_disconnect(link, HCI_ERR_REMOTE_USER_TERMINATED_CONNECTION);
}

/* --- making one --- */

/* The attempt is over: the connection, or why there is none. */
static void finish(struct blr_bluetooth *bt, int error)
{
    struct bluetooth_connect *connect = &bt->connect;
    struct blr_gattc_connection *conn = connect->conn;
    blr_bluetooth_connect_cb *cb = connect->cb;

    clock_cancel(blr_host_clock(bt->host), &connect->timeout);
    connect->stage = CONNECT_IDLE;
    connect->conn = NULL;
    if (error) {
        unlink_connection(conn);
        if (conn->link)
            end_link(conn->link);
        bluetooth_power_forget(bt, &conn->power);
        free(conn);
        conn = NULL;
    }
    if (cb) {
        bt->inside++;
        cb(bt, error, conn, connect->user);
        bt->inside--;
    }
    bluetooth_settled(bt);
}

static void timed_out(void *user)
{
    struct blr_bluetooth *bt = user;
    struct blr_conn *link = bt->connect.conn->link;

    bt->connect.stage = CONNECT_IDLE; /* so that the end of the exchange is not heard */
    if (link)
        blr_gatt_cancel(link, bt->connect.conn);
    finish(bt, BLR_ERR_TIMEOUT);
}

/* A peer without it, or one that has asked for it itself, is as good. */
static void exchanged(struct blr_conn *link, int error, uint16_t mtu, void *user)
{
    const struct blr_gattc_connection *conn = user;
    struct blr_bluetooth *bt = conn->bt;

    (void)link;
    (void)mtu;
    if (bt->connect.stage != WAIT_MTU)
        return;
    if (error == BLR_ERR_NOT_CONNECTED || error == BLR_ERR_TIMEOUT)
        bt->connect.stage = WAIT_LINK_END;
    else
        finish(bt, 0);
}

static void connected(struct blr_host *host, struct blr_conn *link, int error, void *user)
{
    struct blr_bluetooth *bt = user;
    struct bluetooth_connect *connect = &bt->connect;

    (void)host;
    if (!bluetooth_answered(bt)) {
        if (link)
            end_link(link);
        return;
    }
    if (error || connect->cancelled) {
        if (link)
            end_link(link);
        finish(bt, connect->cancelled ? BLR_ERR_CANCELLED : error);
        return;
    }
    connect->conn->link = link;
    bluetooth_power_run(bt);
    connect->stage = WAIT_MTU;
    if (connect->deadline)
        clock_arm(blr_host_clock(bt->host), &connect->timeout, connect->deadline);
    if (blr_gatt_exchange_mtu(link, exchanged, connect->conn) != 0)
        finish(bt, 0);
}

static struct blr_gattc_connection *connection_new(struct blr_bluetooth *bt,
                                                   const struct bd_addr *peer)
{
    struct blr_gattc_connection *conn = calloc(1, sizeof *conn);
    struct blr_gattc_connection **end = &bt->connections;

    if (!conn)
        return NULL;
    conn->bt = bt;
    conn->peer = *peer;
    while (*end)
        end = &(*end)->next;
    *end = conn;
    return conn;
}

int blr_bluetooth_connect_async(struct blr_bluetooth *bt, const struct bd_addr *peer,
                                uint32_t timeout_ms, blr_bluetooth_connect_cb *cb, void *user)
{
    struct bluetooth_connect *connect = &bt->connect;
    const struct blr_connect_params params = {
        .peer = *peer,
        .timeout_ns = SIM_MS((sim_ns)timeout_ms),
    };

    if (!bluetooth_on(bt))
        return BLR_ERR_STATE;
    if (connect->stage != CONNECT_IDLE)
        return BLR_ERR_BUSY;
    struct blr_gattc_connection *conn = connection_new(bt, peer);
    if (!conn)
        return BLR_ERR_NO_MEMORY;
    const int error = blr_gap_connect(bt->host, &params, connected, bt);
    if (error) {
        unlink_connection(conn);
        free(conn);
        return error;
    }
    bluetooth_hold(bt);
    connect->stage = WAIT_LINK;
    connect->cancelled = false;
    connect->conn = conn;
    connect->deadline = timeout_ms ? bluetooth_now(bt) + params.timeout_ns : 0;
    connect->cb = cb;
    connect->user = user;
    return 0;
}

int blr_bluetooth_connect_cancel(struct blr_bluetooth *bt)
{
    struct bluetooth_connect *connect = &bt->connect;

    if (!bluetooth_on(bt) || connect->stage == CONNECT_IDLE || connect->cancelled)
        return BLR_ERR_STATE;
    connect->cancelled = true;
    if (connect->stage == WAIT_LINK)
        return blr_gap_connect_cancel(bt->host);
    /* What is being exchanged ends with the link. */
    end_link(connect->conn->link);
    return 0;
}

void bluetooth_connect_end(struct blr_bluetooth *bt, int error)
{
    struct bluetooth_connect *connect = &bt->connect;

    switch (connect->stage) {
    case CONNECT_IDLE:
        return;
    case WAIT_LINK:
        /* With an error of its own the host has called back, or will. */
        connect->cancelled = true;
        (void)!blr_gap_connect_cancel(bt->host);
        if (!bt->freed)
            return;
        break;
    case WAIT_MTU:
    case WAIT_LINK_END:
        break;
    }
    connect->stage = CONNECT_IDLE;
    if (connect->conn->link)
        blr_gatt_cancel(connect->conn->link, connect->conn);
    finish(bt, error);
}

void bluetooth_connect_init(struct blr_bluetooth *bt)
{
    timer_init(&bt->connect.timeout, timed_out, bt);
}

/* --- its end --- */

static void tell_gone(struct blr_gattc_connection *conn, uint8_t reason)
{
    struct blr_bluetooth *bt = conn->bt;
    blr_gattc_done *cb = conn->disconnecting ? conn->disconnect_cb : NULL;

    conn->disconnecting = false;
    bt->inside++;
    if (cb)
        cb(conn, 0, conn->disconnect_user);
    if (conn->gone)
        conn->gone(conn, reason, conn->gone_user);
    bt->inside--;
}

bool bluetooth_connection_gone(struct blr_bluetooth *bt, struct blr_conn *link, uint8_t reason)
{
    struct blr_gattc_connection *conn = bt->connections;

    while (conn && conn->link != link)
        conn = conn->next;
    if (!conn)
        return false;
    conn->link = NULL;
    gattc_forget_subscriptions(conn);
    bluetooth_power_forget(bt, &conn->power);
    if (conn == bt->connect.conn)
        finish(bt, bt->connect.cancelled ? BLR_ERR_CANCELLED : BLR_ERR_HCI(reason));
    else
        tell_gone(conn, reason);
    return true;
}

int gattc_may_ask(const struct blr_gattc_connection *conn)
{
    if (!bluetooth_on(conn->bt))
        return BLR_ERR_STATE;
    return conn->link && !conn->freeing ? 0 : BLR_ERR_NOT_CONNECTED;
}

int blr_gattc_disconnect_async(struct blr_gattc_connection *conn, blr_gattc_done *cb, void *user)
{
    int error = gattc_may_ask(conn);

    if (error)
        return error;
    if (conn->disconnecting)
        return BLR_ERR_BUSY;
    error = blr_gap_disconnect(conn->link, HCI_ERR_REMOTE_USER_TERMINATED_CONNECTION);
    if (error && error != BLR_ERR_BUSY)
        return error;
    conn->disconnecting = true;
    conn->disconnect_cb = cb;
    conn->disconnect_user = user;
    return 0;
}

void blr_gattc_connection_free(struct blr_gattc_connection *conn)
{
    if (!conn)
        return;
    struct blr_bluetooth *bt = conn->bt;
    struct blr_conn *link = conn->link;
    conn->freeing = true; /* what is cancelled may ask again */
    gattc_cancel_all(conn);
    gattc_forget_subscriptions(conn);
    if (conn->disconnecting && conn->disconnect_cb) {
        bt->inside++;
        conn->disconnect_cb(conn, BLR_ERR_CANCELLED, conn->disconnect_user);
        bt->inside--;
    }
    conn->link = NULL;
    if (link)
        end_link(link);
    bluetooth_power_forget(bt, &conn->power);
    unlink_connection(conn);
    gattc_free_services(conn);
    free(conn);
}

/* --- what it is --- */

bool blr_gattc_isconnected(const struct blr_gattc_connection *conn)
{
    return bluetooth_on(conn->bt) && conn->link;
}

const struct bd_addr *blr_gattc_peer(const struct blr_gattc_connection *conn)
{
    return &conn->peer;
}

struct blr_conn *blr_gattc_conn(const struct blr_gattc_connection *conn)
{
    return conn->link;
}

void blr_gattc_on_gone(struct blr_gattc_connection *conn, blr_gattc_gone *cb, void *user)
{
    conn->gone = cb;
    conn->gone_user = user;
}
