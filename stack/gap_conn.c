/* SPDX-License-Identifier: MIT */
/*
 * What can be asked about a connection, and its end (Core v5.4, Vol 4, Part E, 7.1.6, 7.1.23,
 * 7.5.4, 7.8.21; events 7.7.5, 7.7.12, 7.7.65.4).
 *
 * Version and features take a command, answered by Command Status, and then an event, which may
 * overtake that answer.
 */
#include "gap_preferred.h"
#include "host_internal.h"

/* --- queries --- */

static int ask(struct blr_conn *conn, struct conn_query *query, uint16_t opcode, void *user)
{
    struct wr w = conn_query_begin(conn, query, opcode, user);

    conn_query_submit(conn, query, &w);
    return 0;
}

static void finish_rssi(struct blr_conn *conn, int error, int8_t rssi_dbm)
{
    if (conn_query_finish(conn, &conn->rssi) && conn->rssi_cb)
        conn->rssi_cb(conn, error, rssi_dbm, conn->rssi.user);
}

static void finish_version(struct blr_conn *conn, int error,
                           const struct blr_remote_version *version)
{
    if (conn_query_finish(conn, &conn->version) && conn->version_cb)
        conn->version_cb(conn, error, error ? NULL : version, conn->version.user);
}

static void finish_features(struct blr_conn *conn, int error, uint64_t features)
{
    if (conn_query_finish(conn, &conn->features) && conn->features_cb)
        conn->features_cb(conn, error, error ? 0 : features, conn->features.user);
}

int blr_gap_read_rssi(struct blr_conn *conn, blr_rssi_cb *cb, void *user)
{
    const int error = conn_may_ask(conn, &conn->rssi);

    if (error)
        return error;
    conn->rssi_cb = cb;
    return ask(conn, &conn->rssi, HCI_OP_READ_RSSI, user);
}

int blr_gap_read_remote_version(struct blr_conn *conn, blr_remote_version_cb *cb, void *user)
{
    const int error = conn_may_ask(conn, &conn->version);

    if (error)
        return error;
    conn->version_cb = cb;
    return ask(conn, &conn->version, HCI_OP_READ_REMOTE_VERSION_INFORMATION, user);
}

int blr_gap_read_remote_features(struct blr_conn *conn, blr_remote_features_cb *cb, void *user)
{
    const int error = conn_may_ask(conn, &conn->features);

    if (error)
        return error;
    conn->features_cb = cb;
    return ask(conn, &conn->features, HCI_OP_LE_READ_REMOTE_FEATURES, user);
}

static void rssi_answered(void *user, int error, struct rd *ret)
{
    struct blr_conn *conn = user;
    const uint16_t handle = rd_u16(ret);
    const int8_t rssi_dbm = rd_i8(ret);

    if (!error && handle != conn->handle)
        error = BLR_ERR_MALFORMED;
    finish_rssi(conn, error, error ? 0 : rssi_dbm);
}

static void version_answered(void *user, int error, struct rd *ret)
{
    (void)ret;
    if (error)
        finish_version(user, error, NULL);
}

static void features_answered(void *user, int error, struct rd *ret)
{
    (void)ret;
    if (error)
        finish_features(user, error, 0);
}

void gap_remote_version_complete(struct blr_host *host, struct rd *r)
{
    const uint8_t status = rd_u8(r);
    const uint16_t handle = rd_u16(r);
    struct blr_remote_version version;
    version.version = rd_u8(r);
    version.company = rd_u16(r);
    version.subversion = rd_u16(r);
    struct blr_conn *conn = conn_of_event(host, handle);

    if (conn)
        finish_version(conn, status ? BLR_ERR_HCI(status) : 0, &version);
}

void gap_remote_features_complete(struct blr_host *host, struct rd *r)
{
    const uint8_t status = rd_u8(r);
    const uint16_t handle = rd_u16(r);
    const uint64_t features = rd_u64(r);
    struct blr_conn *conn = conn_of_event(host, handle);

    if (conn)
        finish_features(conn, status ? BLR_ERR_HCI(status) : 0, features);
}

/* --- the connection itself --- */

int blr_gap_disconnect(struct blr_conn *conn, uint8_t reason)
{
    if (conn->closed)
        return BLR_ERR_NOT_CONNECTED;
    if (conn->host->state != HOST_UP)
        return BLR_ERR_STATE;
    if (!hci_disconnect_reason_valid(reason))
        return BLR_ERR_INVALID;
    if (conn->disconnecting)
        return BLR_ERR_BUSY;
    conn->disconnecting = true;
    struct wr w = hci_command_begin(&conn->disconnect, HCI_OP_DISCONNECT);
    wr_u16(&w, conn->handle);
    wr_u8(&w, reason);
    hci_command_submit(&conn->host->driver, &conn->disconnect, &w);
    return 0;
}

/* Accepted, and then Disconnection Complete comes; or the controller knows of no such link. */
static void disconnect_answered(void *user, int error, struct rd *ret)
{
    struct blr_conn *conn = user;
    struct blr_host *host = conn->host;

    (void)ret;
    if (error == BLR_ERR_HCI(HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER)) {
        conn_close(conn, BLR_ERR_NOT_CONNECTED, HCI_ERR_CONNECTION_TERMINATED_BY_LOCAL_HOST);
        acl_run(host);
    } else if (error) {
        conn->disconnecting = false;
    }
}

void gap_disconnection_complete(struct blr_host *host, struct rd *r)
{
    const uint8_t status = rd_u8(r);
    const uint16_t handle = rd_u16(r);
    const uint8_t reason = rd_u8(r);
    struct blr_conn *conn = conn_of_event(host, handle);

    if (!conn)
        return;
    if (status) {
        conn->disconnecting = false;
        return;
    }
    conn_close(conn, BLR_ERR_NOT_CONNECTED, reason);
    acl_run(host);
}

void gap_conn_init(struct blr_conn *conn)
{
    hci_command_init(&conn->disconnect, disconnect_answered, conn);
    hci_command_init(&conn->rssi.command, rssi_answered, conn);
    hci_command_init(&conn->version.command, version_answered, conn);
    hci_command_init(&conn->features.command, features_answered, conn);
    gap_params_init(conn);
    gap_preferred_init(conn);
    gap_channels_conn_init(conn);
    gap_phy_init(conn);
}

void gap_conn_fail(struct blr_conn *conn, int error)
{
    hci_command_forget(&conn->host->driver, &conn->disconnect);
    finish_rssi(conn, error, 0);
    finish_version(conn, error, NULL);
    finish_features(conn, error, 0);
    gap_preferred_stop(conn);
    gap_params_fail(conn, error);
    gap_channels_conn_fail(conn, error);
    gap_phy_fail(conn, error);
}
