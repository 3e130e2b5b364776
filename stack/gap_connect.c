/* SPDX-License-Identifier: MIT */
/*
 * Creating connections (Core v5.4, Vol 3, Part C, 9.3; Vol 4, Part E, 7.7.65.1, 7.8.12, 7.8.13).
 *
 * An attempt is given up by its timeout or by the application, both with LE Create Connection
 * Cancel, whose answer is followed by LE Connection Complete. In between, the connection may come
 * about nevertheless: after a timeout it is taken; after blr_gap_connect_cancel() it is ended at
 * once, and nobody is told of it, since the application has been promised that none will come.
 */
#include "host_internal.h"

enum {
    SCAN_INTERVAL_625US = 96, /* 60 ms, half of it listening, which leaves room for a scan */
    SCAN_WINDOW_625US = 48,
    INTERVAL_DEFAULT_MIN_1250US = 24, /* 30 to 50 ms: Vol 3, Part C, Appendix A */
    INTERVAL_DEFAULT_MAX_1250US = 40,
};

struct whom_to_tell {
    blr_connect_cb *cb;
    void *user;
};

/* The attempt is over; whoever is told may begin another. */
static struct whom_to_tell end_attempt(struct blr_host *host)
{
    struct gap_connect *connect = &host->connect;

    connect->state = GAP_CONNECT_IDLE;
    clock_cancel(host->clock, &connect->timeout);
    hci_command_forget(&host->driver, &connect->create);
    hci_command_forget(&host->driver, &connect->cancel);
    return (struct whom_to_tell){connect->cb, connect->user};
}

static void tell(struct blr_host *host, struct whom_to_tell whom, struct blr_conn *conn, int error)
{
    if (whom.cb)
        whom.cb(host, conn, error, whom.user);
}

static void fail_attempt(struct blr_host *host, int error)
{
    tell(host, end_attempt(host), NULL, error);
}

static void send_cancel(struct blr_host *host)
{
    struct gap_connect *connect = &host->connect;

    connect->state = WAIT_CANCEL_COMPLETE;
    const struct wr w = hci_command_begin(&connect->cancel, HCI_OP_LE_CREATE_CONNECTION_CANCEL);
    hci_command_submit(&host->driver, &connect->cancel, &w);
}

static void give_up(struct blr_host *host, int error)
{
    host->connect.give_up = error;
    switch (host->connect.state) {
    case WAIT_CONNECTION_COMPLETE:
        send_cancel(host);
        break;
    case WAIT_CREATE_CONNECTION_STATUS: /* there may be nothing to cancel yet */
    case WAIT_CANCEL_COMPLETE:
    case WAIT_CANCELLED_CONNECTION_COMPLETE:
    case GAP_CONNECT_IDLE:
        break;
    }
}

static void create_answered(void *user, int error, struct rd *ret)
{
    struct blr_host *host = user;

    (void)ret;
    if (error) {
        fail_attempt(host, host->connect.give_up ? host->connect.give_up : error);
        return;
    }
    host->connect.state = WAIT_CONNECTION_COMPLETE;
    if (host->connect.give_up)
        send_cancel(host);
}

/*
 * LE Connection Complete follows, or was on its way already (the answer then is Command
 * Disallowed). A controller that sends none is not waited for longer than for a command's answer.
 */
static void cancel_answered(void *user, int error, struct rd *ret)
{
    struct blr_host *host = user;
    struct gap_connect *connect = &host->connect;

    (void)error;
    (void)ret;
    connect->state = WAIT_CANCELLED_CONNECTION_COMPLETE;
    clock_arm(host->clock, &connect->timeout, clock_now(host->clock) + HCI_COMMAND_TIMEOUT);
}

static void timed_out(void *user)
{
    struct blr_host *host = user;

    if (host->connect.state == WAIT_CANCELLED_CONNECTION_COMPLETE)
        fail_attempt(host, host->connect.give_up);
    else if (!host->connect.give_up)
        give_up(host, BLR_ERR_TIMEOUT);
}

static bool defaults(struct blr_connect_params *params)
{
    if (params->interval_min_1250us == 0 && params->interval_max_1250us == 0) {
        params->interval_min_1250us = INTERVAL_DEFAULT_MIN_1250US;
        params->interval_max_1250us = INTERVAL_DEFAULT_MAX_1250US;
    }
    struct blr_conn_params full = {params->interval_min_1250us, params->interval_max_1250us,
                                   params->latency, params->timeout_10ms};
    gap_params_default_timeout(&full);
    params->timeout_10ms = full.timeout_10ms;
    return gap_params_valid(&full) && params->peer.type <= BD_ADDR_RANDOM;
}

static void send_create(struct blr_host *host, const struct blr_connect_params *params)
{
    struct wr w = hci_command_begin(&host->connect.create, HCI_OP_LE_CREATE_CONNECTION);

    wr_u16(&w, SCAN_INTERVAL_625US);
    wr_u16(&w, SCAN_WINDOW_625US);
    wr_u8(&w, 0); /* the peer that is named, not the filter accept list */
    wr_u8(&w, params->peer.type);
    wr_addr_octets(&w, &params->peer);
    wr_u8(&w, host->own_address_type);
    wr_u16(&w, params->interval_min_1250us);
    wr_u16(&w, params->interval_max_1250us);
    wr_u16(&w, params->latency);
    wr_u16(&w, params->timeout_10ms);
    wr_fill(&w, 0, 4); /* no wish for the length of connection events */
    hci_command_submit(&host->driver, &host->connect.create, &w);
}

int blr_gap_connect(struct blr_host *host, const struct blr_connect_params *params,
                    blr_connect_cb *cb, void *user)
{
    struct gap_connect *connect = &host->connect;
    struct blr_connect_params full = *params;

    if (host->state != HOST_UP)
        return BLR_ERR_STATE;
    if (!defaults(&full))
        return BLR_ERR_INVALID;
    if (connect->state != GAP_CONNECT_IDLE)
        return BLR_ERR_BUSY;
    connect->state = WAIT_CREATE_CONNECTION_STATUS;
    connect->give_up = 0;
    connect->cb = cb;
    connect->user = user;
    if (full.timeout_ns)
        clock_arm(host->clock, &connect->timeout, clock_now(host->clock) + full.timeout_ns);
    send_create(host, &full);
    return 0;
}

int blr_gap_connect_cancel(struct blr_host *host)
{
    if (host->state != HOST_UP || host->connect.state == GAP_CONNECT_IDLE)
        return BLR_ERR_STATE;
    give_up(host, BLR_ERR_CANCELLED);
    return 0;
}

void gap_connect_init(struct blr_host *host)
{
    hci_command_init(&host->connect.create, create_answered, host);
    hci_command_init(&host->connect.cancel, cancel_answered, host);
    timer_init(&host->connect.timeout, timed_out, host);
}

void gap_connect_fail(struct blr_host *host, int error)
{
    if (host->connect.state != GAP_CONNECT_IDLE)
        fail_attempt(host, error);
}

/* --- LE Connection Complete --- */

static bool awaited(const struct gap_connect *connect)
{
    switch (connect->state) {
    case WAIT_CONNECTION_COMPLETE:
    case WAIT_CANCEL_COMPLETE:
    case WAIT_CANCELLED_CONNECTION_COMPLETE:
        return true;
    case GAP_CONNECT_IDLE:
    case WAIT_CREATE_CONNECTION_STATUS:
        return false;
    }
    return false;
}

static struct blr_conn *made(struct blr_host *host, const struct conn_info *info)
{
    struct blr_conn *conn = conn_new(host, info);

    if (!conn)
        conn_refuse(host, info->handle, HCI_ERR_REMOTE_LOW_RESOURCES);
    else if (host->listener && host->listener->connected)
        host->listener->connected(conn, host->listener_user);
    return conn;
}

static void central_complete(struct blr_host *host, const struct conn_info *info)
{
    struct gap_connect *connect = &host->connect;

    if (!awaited(connect)) {
        host->counters.unexpected_packets++;
        conn_refuse(host, info->handle, HCI_ERR_REMOTE_USER_TERMINATED_CONNECTION);
    } else if (connect->give_up == BLR_ERR_CANCELLED) {
        conn_refuse(host, info->handle, HCI_ERR_REMOTE_USER_TERMINATED_CONNECTION);
        fail_attempt(host, BLR_ERR_CANCELLED);
    } else {
        const struct whom_to_tell whom = end_attempt(host);
        struct blr_conn *conn = made(host, info);
        tell(host, whom, conn, conn ? 0 : BLR_ERR_NO_MEMORY);
    }
}

static void failed_to_complete(struct blr_host *host, uint8_t status)
{
    if (status == HCI_ERR_ADVERTISING_TIMEOUT) {
        if (!gap_adv_timed_out(host))
            host->counters.unexpected_packets++;
    } else if (!awaited(&host->connect)) {
        host->counters.unexpected_packets++;
    } else {
        fail_attempt(host, host->connect.give_up ? host->connect.give_up : BLR_ERR_HCI(status));
    }
}

void gap_connection_complete(struct blr_host *host, struct rd *r)
{
    struct conn_info info = {0};
    const uint8_t status = rd_u8(r);
    info.handle = rd_u16(r);
    const uint8_t role = rd_u8(r);
    const uint8_t peer_type = rd_u8(r);
    info.peer_air = rd_addr_octets(r, peer_type & 1U);
    info.interval_1250us = rd_u16(r);
    info.latency = rd_u16(r);
    info.timeout_10ms = rd_u16(r);
    info.own_air = *blr_host_address(host);
    info.identity = info.peer_air;
    info.role = role ? BLR_PERIPHERAL : BLR_CENTRAL;

    if (status) {
        failed_to_complete(host, status);
    } else if (!hci_handle_valid(info.handle) || role > BLR_PERIPHERAL) {
        host->counters.malformed_packets++;
    } else if (conn_find(host, info.handle)) {
        host->counters.unexpected_packets++;
    } else if (info.role == BLR_CENTRAL) {
        central_complete(host, &info);
    } else {
        gap_adv_connected(host);
        (void)made(host, &info);
    }
}
