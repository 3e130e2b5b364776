/* SPDX-License-Identifier: MIT */
#include "host_internal.h"

#include <stdlib.h>

struct blr_conn *conn_new(struct blr_host *host, const struct conn_info *info)
{
    /* Of the fixed channels' SDUs the longest are ATT's, or SMP's public keys. */
    const uint16_t longest = host->mtu > SMP_MTU ? host->mtu : SMP_MTU;
    const uint16_t capacity = (uint16_t)(L2CAP_HEADER_SIZE + longest);

    if (host->conn_count == HOST_MAX_CONNECTIONS)
        return NULL;
    struct blr_conn *conn = calloc(1, sizeof *conn + capacity);
    if (!conn)
        return NULL;
    conn->host = host;
    conn->holds = 1;
    conn->mtu = host->mtu;
    conn->handle = info->handle;
    conn->role = info->role;
    conn->own_air = info->own_air;
    conn->peer_air = info->peer_air;
    conn->identity = info->identity;
    conn->identified = info->identified;
    conn->interval_1250us = info->interval_1250us;
    conn->latency = info->latency;
    conn->timeout_10ms = info->timeout_10ms;
    conn->rx.capacity = capacity;
    conn->rx.buffer = conn->rx_buffer;
    gap_conn_init(conn);
    security_conn_init(conn);
    if (l2cap_conn_opened(conn)) {
        free(conn);
        return NULL;
    }
    struct blr_conn **end = &host->conns;
    while (*end)
        end = &(*end)->next;
    *end = conn;
    host->conn_count++;
    acl_conn_opened(conn);
    gatt_bond_identified(conn->att);
    return conn;
}

void conn_hold(struct blr_conn *conn)
{
    conn->holds++;
}

void conn_release(struct blr_conn *conn)
{
    if (--conn->holds == 0)
        free(conn);
}

bool conn_exists(const struct blr_host *host, const struct blr_conn *conn)
{
    const struct blr_conn *other = host->conns;

    while (other && other != conn)
        other = other->next;
    return other != NULL;
}

struct blr_conn *conn_find(const struct blr_host *host, uint16_t handle)
{
    struct blr_conn *conn = host->conns;

    while (conn && conn->handle != handle)
        conn = conn->next;
    return conn;
}

struct blr_conn *conn_of_event(struct blr_host *host, uint16_t handle)
{
    struct blr_conn *conn = conn_find(host, handle);

    if (!conn)
        host->counters.unexpected_packets++;
    return conn;
}

int conn_may_ask(const struct blr_conn *conn, const struct conn_query *query)
{
    if (conn->closed)
        return BLR_ERR_NOT_CONNECTED;
    if (conn->host->state != HOST_UP)
        return BLR_ERR_STATE;
    return query->active ? BLR_ERR_BUSY : 0;
}

struct wr conn_query_begin(struct blr_conn *conn, struct conn_query *query, uint16_t opcode,
                           void *user)
{
    query->active = true;
    query->user = user;
    struct wr w = hci_command_begin(&query->command, opcode);
    wr_u16(&w, conn->handle);
    return w;
}

void conn_query_submit(struct blr_conn *conn, struct conn_query *query, const struct wr *w)
{
    hci_command_submit(&conn->host->driver, &query->command, w);
}

bool conn_query_finish(struct blr_conn *conn, struct conn_query *query)
{
    const bool active = query->active;

    query->active = false;
    hci_command_forget(&conn->host->driver, &query->command);
    return active;
}

static void unlink_conn(struct blr_conn *conn)
{
    struct blr_conn **at = &conn->host->conns;

    while (*at != conn)
        at = &(*at)->next;
    *at = conn->next;
    conn->next = NULL;
    conn->host->conn_count--;
}

void conn_close(struct blr_conn *conn, int error, uint8_t reason)
{
    acl_conn_closed(conn);
    unlink_conn(conn);
    conn->closed = true;
    gap_conn_fail(conn, error);
    security_conn_closed(conn, error);
    l2cap_conn_closed(conn, error);
    att_bearer_close(conn->att, error);
    if (error != BLR_ERR_CANCELLED)
        gap_tell_disconnected(conn, reason);
    conn->channels = NULL;
    att_bearer_free(conn->att);
    conn->att = NULL;
    conn_release(conn);
}

/* --- links that the host did not take --- */

static void refuse_next(struct blr_host *host)
{
    struct refused_links *refused = &host->refused;

    if (refused->count == 0 || refused->command.pending)
        return;
    struct wr w = hci_command_begin(&refused->command, HCI_OP_DISCONNECT);
    wr_u16(&w, refused->link[0].handle);
    wr_u8(&w, refused->link[0].reason);
    hci_command_submit(&host->driver, &refused->command, &w);
}

/* Refused or not, there is nothing more to be done about it. */
static void refused_answered(void *user, int error, struct rd *ret)
{
    struct blr_host *host = user;
    struct refused_links *refused = &host->refused;

    (void)error;
    (void)ret;
    refused->count--;
    for (unsigned i = 0; i < refused->count; i++)
        refused->link[i] = refused->link[i + 1];
    refuse_next(host);
}

void conn_refuse_init(struct blr_host *host)
{
    hci_command_init(&host->refused.command, refused_answered, host);
}

void conn_refuse(struct blr_host *host, uint16_t handle, uint8_t reason)
{
    struct refused_links *refused = &host->refused;

    host->counters.refused_links++;
    /* Only a controller that makes links faster than it answers commands gets beyond this. */
    if (refused->count == HOST_MAX_REFUSED)
        return;
    refused->link[refused->count++] = (struct refused_link){handle, reason};
    refuse_next(host);
}

/* --- what the application sees --- */

struct blr_conn *blr_conn_first(struct blr_host *host)
{
    return host->conns;
}

struct blr_conn *blr_conn_next(struct blr_conn *conn)
{
    return conn->next;
}

struct blr_host *blr_conn_host(const struct blr_conn *conn)
{
    return conn->host;
}

uint16_t blr_conn_handle(const struct blr_conn *conn)
{
    return conn->handle;
}

enum blr_role blr_conn_role(const struct blr_conn *conn)
{
    return conn->role;
}

const struct bd_addr *blr_conn_own_address(const struct blr_conn *conn)
{
    return &conn->own_air;
}

const struct bd_addr *blr_conn_peer(const struct blr_conn *conn)
{
    return &conn->peer_air;
}

uint16_t blr_conn_interval_1250us(const struct blr_conn *conn)
{
    return conn->interval_1250us;
}

uint16_t blr_conn_latency(const struct blr_conn *conn)
{
    return conn->latency;
}

uint16_t blr_conn_timeout_10ms(const struct blr_conn *conn)
{
    return conn->timeout_10ms;
}

void *blr_conn_user(const struct blr_conn *conn)
{
    return conn->user;
}

void blr_conn_set_user(struct blr_conn *conn, void *user)
{
    conn->user = user;
}

struct att_bearer *conn_att_bearer(const struct blr_conn *conn)
{
    return conn->att;
}
