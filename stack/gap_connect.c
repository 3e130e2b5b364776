/* SPDX-License-Identifier: MIT */
/*
 * Creating connections (Core v5.4, Vol 3, Part C, 9.3; Vol 4, Part E, 7.7.65.1, 7.8.12, 7.8.13).
 *
 * An attempt is given up by its timeout or by the application, both with LE Create Connection
 * Cancel, whose answer is followed by LE Connection Complete. In between, the connection may come
 * about nevertheless: after a timeout it is taken; after blr_gap_connect_cancel() it is ended at
 * once, and nobody is told of it, since the application has been promised that none will come.
 *
 * A peer with private addresses that the controller does not resolve is looked for by scanning; the
 * connection is made to the address that was heard, and if it does not come about, the peer is
 * looked for anew: it may have another by now.
 */
#include "host_internal.h"

enum {
    SCAN_INTERVAL_625US = 96, /* 60 ms, half of it listening, which leaves room for a scan */
    SCAN_WINDOW_625US = 48,
    INTERVAL_DEFAULT_MIN_1250US = 24, /* 30 to 50 ms: Vol 3, Part C, Appendix A */
    INTERVAL_DEFAULT_MAX_1250US = 40,
    REPORT_ADV_IND = 0, /* those that can be answered by a connection (7.7.65.2) */
    REPORT_ADV_DIRECT_IND = 1,
    IDENTITY_TYPE = 2, /* added to the type of an address: it stands for private ones */
};

/* How long an address that was heard is tried. */
#define FOUND_FOR SIM_S(2)

struct whom_to_tell {
    blr_connect_cb *cb;
    void *user;
};

/* The attempt is over; whoever is told may begin another. */
static struct whom_to_tell end_attempt(struct blr_host *host)
{
    struct gap_connect *connect = &host->connect;

    const bool searching = connect->state == WAIT_PEER || connect->state == WAIT_SCAN_END;
    const struct whom_to_tell whom = {connect->cb, connect->user};

    connect->state = GAP_CONNECT_IDLE;
    connect->pausing = false;
    clock_cancel(host->clock, &connect->timeout);
    clock_cancel(host->clock, &connect->again);
    hci_command_forget(&host->driver, &connect->create);
    hci_command_forget(&host->driver, &connect->cancel);
    if (searching && host->state == HOST_UP)
        (void)gap_scan_search_end(host);
    return whom;
}

static void tell(struct blr_host *host, struct whom_to_tell whom, struct blr_conn *conn, int error)
{
    if (whom.cb)
        whom.cb(host, conn, error, whom.user);
}

static void fail_attempt(struct blr_host *host, int error)
{
    tell(host, end_attempt(host), NULL, error);
    gap_settled(host);
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
    case GAP_CONNECT_HELD: /* nothing has been asked of the controller */
    case WAIT_PEER:
    case WAIT_SCAN_END:
        clock_arm(host->clock, &host->connect.timeout, clock_now(host->clock));
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
    else if (host->connect.found)
        clock_arm(host->clock, &host->connect.again, clock_now(host->clock) + FOUND_FOR);
    gap_settled(host);
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

/* It was cancelled, and no connection came of it. */
static void cancelled(struct blr_host *host)
{
    struct gap_connect *connect = &host->connect;

    if (connect->give_up || !connect->pausing) {
        fail_attempt(host, connect->give_up ? connect->give_up
                                            : BLR_ERR_HCI(HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER));
        return;
    }
    connect->pausing = false;
    connect->state = GAP_CONNECT_HELD;
    clock_cancel(host->clock, &connect->timeout);
    clock_cancel(host->clock, &connect->again);
    if (connect->deadline)
        clock_arm(host->clock, &connect->timeout, connect->deadline);
    if (privacy_running(&host->privacy))
        gap_settled(host);
    else
        gap_connect_release(host, 0);
}

static void timed_out(void *user)
{
    struct blr_host *host = user;
    const int error = host->connect.give_up ? host->connect.give_up : BLR_ERR_TIMEOUT;

    switch (host->connect.state) {
    case GAP_CONNECT_HELD:
    case WAIT_PEER:
    case WAIT_SCAN_END:
        fail_attempt(host, error);
        break;
    case WAIT_CANCELLED_CONNECTION_COMPLETE:
        cancelled(host);
        break;
    case WAIT_CREATE_CONNECTION_STATUS:
    case WAIT_CONNECTION_COMPLETE:
    case WAIT_CANCEL_COMPLETE:
        if (!host->connect.give_up)
            give_up(host, error);
        break;
    case GAP_CONNECT_IDLE:
        break;
    }
}

static void search_again(void *user)
{
    struct blr_host *host = user;

    if (host->connect.state != WAIT_CONNECTION_COMPLETE)
        return;
    host->connect.pausing = true;
    send_cancel(host);
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

/* A controller without LE Set Privacy Mode wants to be told that it is an identity (7.8.12). */
static uint8_t peer_type(const struct blr_host *host)
{
    const struct bd_addr *peer = &host->connect.peer_air;
    const bool identity = !host->privacy.has_modes && privacy_has_entry(host, peer);

    return (uint8_t)(peer->type + (identity ? IDENTITY_TYPE : 0));
}

static void send_create(struct blr_host *host)
{
    struct gap_connect *connect = &host->connect;
    const struct blr_connect_params *params = &connect->params;
    struct wr w = hci_command_begin(&connect->create, HCI_OP_LE_CREATE_CONNECTION);

    connect->state = WAIT_CREATE_CONNECTION_STATUS;
    host->privacy.own = *privacy_address(host, &connect->own);
    wr_u16(&w, SCAN_INTERVAL_625US);
    wr_u16(&w, SCAN_WINDOW_625US);
    wr_u8(&w, 0); /* the peer that is named, not the filter accept list */
    wr_u8(&w, peer_type(host));
    wr_addr_octets(&w, &connect->peer_air);
    wr_u8(&w, connect->own.type);
    wr_u16(&w, params->interval_min_1250us);
    wr_u16(&w, params->interval_max_1250us);
    wr_u16(&w, params->latency);
    wr_u16(&w, params->timeout_10ms);
    wr_fill(&w, 0, 4); /* no wish for the length of connection events */
    hci_command_submit(&host->driver, &connect->create, &w);
}

/* --- looking for the peer --- */

void gap_connect_heard(struct blr_host *host, const struct blr_adv_report *report)
{
    struct gap_connect *connect = &host->connect;

    if (connect->state != WAIT_PEER || connect->give_up ||
        report->event_type > REPORT_ADV_DIRECT_IND ||
        !bd_addr_equal(&report->identity, &connect->params.peer))
        return;
    connect->peer_air = report->address;
    connect->found = true;
    connect->state = WAIT_SCAN_END;
    gap_connect_go_on(host);
}

void gap_connect_search_failed(struct blr_host *host, int error)
{
    if (host->connect.state == WAIT_PEER)
        fail_attempt(host, host->connect.give_up ? host->connect.give_up : error);
}

void gap_connect_go_on(struct blr_host *host)
{
    struct gap_connect *connect = &host->connect;

    if (host->state != HOST_UP)
        return;
    if (connect->state == WAIT_PEER && !privacy_running(&host->privacy)) {
        gap_scan_search(host, false);
    } else if (connect->state == WAIT_SCAN_END && gap_scan_search_end(host)) {
        if (privacy_running(&host->privacy))
            connect->state = GAP_CONNECT_HELD;
        else
            send_create(host);
    }
}

bool gap_connect_settled(const struct gap_connect *connect)
{
    switch (connect->state) {
    case GAP_CONNECT_IDLE:
    case GAP_CONNECT_HELD:
    case WAIT_PEER:
    case WAIT_SCAN_END:
    case WAIT_CONNECTION_COMPLETE:
        return true;
    case WAIT_CREATE_CONNECTION_STATUS:
    case WAIT_CANCEL_COMPLETE:
    case WAIT_CANCELLED_CONNECTION_COMPLETE:
        return false;
    }
    return false;
}

bool gap_connect_pause(struct blr_host *host)
{
    if (host->connect.state != WAIT_CONNECTION_COMPLETE)
        return false;
    host->connect.pausing = true;
    send_cancel(host);
    return true;
}

void gap_connect_release(struct blr_host *host, int error)
{
    struct gap_connect *connect = &host->connect;

    if (connect->state != GAP_CONNECT_HELD)
        return;
    if (error || connect->give_up) {
        fail_attempt(host, error ? error : connect->give_up);
    } else if (privacy_must_search(host, &connect->params.peer)) {
        connect->state = WAIT_PEER;
        gap_scan_search(host, true);
    } else {
        connect->found = false;
        connect->peer_air = connect->params.peer;
        send_create(host);
    }
}

/* --- what the application calls --- */

/* Of a bonded peer whatever address it is called by, its identity. */
static void name_peer(struct blr_host *host)
{
    struct gap_connect *connect = &host->connect;
    const struct blr_bond *bond = privacy_resolve(host, &connect->params.peer);

    if (bond)
        connect->params.peer = bond->identity;
}

int blr_gap_connect(struct blr_host *host, const struct blr_connect_params *params,
                    blr_connect_cb *cb, void *user)
{
    struct gap_connect *connect = &host->connect;
    struct blr_connect_params full = *params;
    struct privacy_own own;

    if (host->state != HOST_UP)
        return BLR_ERR_STATE;
    if (!defaults(&full) || params->own_address == BLR_OWN_NON_RESOLVABLE)
        return BLR_ERR_INVALID;
    if (connect->state != GAP_CONNECT_IDLE)
        return BLR_ERR_BUSY;
    const int error =
        privacy_choose(host, PRIVACY_CONNECT, params->own_address, &params->peer, &own);
    if (error)
        return error;
    connect->state = GAP_CONNECT_HELD;
    connect->params = full;
    connect->own = own;
    connect->give_up = 0;
    connect->cb = cb;
    connect->user = user;
    connect->deadline = full.timeout_ns ? clock_now(host->clock) + full.timeout_ns : 0;
    if (connect->deadline)
        clock_arm(host->clock, &connect->timeout, connect->deadline);
    name_peer(host);
    privacy_run(host);
    if (!privacy_running(&host->privacy))
        gap_connect_release(host, 0);
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
    timer_init(&host->connect.again, search_again, host);
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
    case GAP_CONNECT_HELD:
    case WAIT_PEER:
    case WAIT_SCAN_END:
    case WAIT_CREATE_CONNECTION_STATUS:
        return false;
    }
    return false;
}

/* NULL, and why, if there is none; the application may have let it go already. */
static struct blr_conn *made(struct blr_host *host, const struct conn_info *info, int *error)
{
    struct blr_conn *conn = conn_new(host, info);

    *error = conn ? 0 : BLR_ERR_NO_MEMORY;
    if (!conn) {
        conn_refuse(host, info->handle, HCI_ERR_REMOTE_LOW_RESOURCES);
        return NULL;
    }
    conn_hold(conn);
    gap_tell_connected(conn);
    if (info->identified && !conn->closed)
        security_tell_identified(conn);
    gatt_server_secured(conn->att); /* what a bonded peer has to be told */
    if (conn->closed)
        *error = BLR_ERR_NOT_CONNECTED;
    conn_release(conn);
    return *error ? NULL : conn;
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
        int error;
        struct blr_conn *conn = made(host, info, &error);
        tell(host, whom, conn, error);
        gap_settled(host);
    }
}

static void failed_to_complete(struct blr_host *host, uint8_t status)
{
    if (status == HCI_ERR_ADVERTISING_TIMEOUT) {
        if (!gap_adv_timed_out(host))
            host->counters.unexpected_packets++;
    } else if (!awaited(&host->connect)) {
        host->counters.unexpected_packets++;
    } else if (host->connect.pausing && !host->connect.give_up) {
        cancelled(host);
    } else {
        fail_attempt(host, host->connect.give_up ? host->connect.give_up : BLR_ERR_HCI(status));
    }
}

/* An address that is given beside another one, or zeros (7.7.65.10). */
static bool is_given(const struct bd_addr *address)
{
    static const struct bd_addr none = {.type = BD_ADDR_RANDOM};

    return !bd_addr_equal(address, &none);
}

static void identify(struct blr_host *host, struct conn_info *info)
{
    const struct blr_bond *bond = NULL;

    if (!info->identified)
        bond = privacy_resolve(host, &info->peer_air);
    if (bond)
        info->identity = bond->identity;
    info->identified = info->identified || bond;
    host->privacy.own = info->own_air;
}

/* `r` stands at Status; of an Enhanced event there are two private addresses more. */
static void complete(struct blr_host *host, struct rd *r, bool enhanced)
{
    struct conn_info info = {0};
    struct bd_addr local = {.type = BD_ADDR_RANDOM}, peer = local;
    const uint8_t status = rd_u8(r);
    info.handle = rd_u16(r);
    const uint8_t role = rd_u8(r);
    const uint8_t peer_type = rd_u8(r);
    info.identity = rd_addr_octets(r, peer_type & 1U);
    if (enhanced) {
        local = rd_addr_octets(r, BD_ADDR_RANDOM);
        peer = rd_addr_octets(r, BD_ADDR_RANDOM);
    }
    info.interval_1250us = rd_u16(r);
    info.latency = rd_u16(r);
    info.timeout_10ms = rd_u16(r);
    info.role = role ? BLR_PERIPHERAL : BLR_CENTRAL;
    info.identified = peer_type >= IDENTITY_TYPE;
    info.peer_air = is_given(&peer) ? peer : info.identity;
    info.own_air = is_given(&local)
                       ? local
                       : *privacy_address(host, role ? &host->adv.own : &host->connect.own);

    if (status) {
        failed_to_complete(host, status);
    } else if (!hci_handle_valid(info.handle) || role > BLR_PERIPHERAL) {
        host->counters.malformed_packets++;
    } else if (conn_find(host, info.handle)) {
        host->counters.unexpected_packets++;
    } else if (info.role == BLR_CENTRAL) {
        identify(host, &info);
        central_complete(host, &info);
    } else {
        identify(host, &info);
        gap_adv_connected(host);
        int error;
        (void)made(host, &info, &error);
    }
}

void gap_connection_complete(struct blr_host *host, struct rd *r)
{
    complete(host, r, false);
}

void gap_enhanced_connection_complete(struct blr_host *host, struct rd *r)
{
    complete(host, r, true);
}
