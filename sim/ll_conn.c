/* SPDX-License-Identifier: MIT */
/*
 * A connection's life: from CONNECT_IND to its end, its anchor points, supervision, and the
 * requests from above that concern one connection.
 */
#include "ll_conn.h"

#include <assert.h>
#include <stdlib.h>

#include "ll_internal.h"

/* --- finding --- */

static unsigned conns_made(const struct ll *ll)
{
    unsigned count = (ll->adv.spare ? 1U : 0U) + (ll->init.spare ? 1U : 0U);

    for (unsigned i = 0; i < LL_CONN_MAX; i++)
        count += ll->conn[i] != NULL;
    return count;
}

bool ll_conn_room(const struct ll *ll)
{
    return conns_made(ll) < ll->profile.max_connections;
}

struct ll_conn *ll_conn_find(const struct ll *ll, uint16_t handle)
{
    return handle < LL_CONN_MAX ? ll->conn[handle] : NULL;
}

struct ll_conn *ll_conn_find_peer(const struct ll *ll, const struct bd_addr *peer)
{
    for (unsigned i = 0; i < LL_CONN_MAX; i++) {
        if (ll->conn[i] && bd_addr_equal(&ll->conn[i]->peer, peer))
            return ll->conn[i];
    }
    return NULL;
}

/* --- the rules for parameters --- */

bool ll_conn_params_valid(uint16_t interval_1250us, uint16_t latency, uint16_t timeout_10ms)
{
    /* 4.5.2: the timeout is larger than (1 + latency) * interval * 2; here in units of 1.25 ms. */
    return interval_1250us >= 6 && interval_1250us <= 3200 && latency <= 499 &&
           timeout_10ms >= 10 && timeout_10ms <= 3200 &&
           timeout_10ms * 8U > (1U + latency) * interval_1250us * 2U;
}

bool ll_connect_ind_valid(const struct ll_connect_ind *ind)
{
    struct ll_chan chan = {0};

    /* 4.5.3: the transmit window is at most 10 ms and less than the interval. */
    return ll_conn_params_valid(ind->interval_1250us, ind->latency, ind->timeout_10ms) &&
           ind->win_size_1250us >= 1 && ind->win_size_1250us <= 8 &&
           ind->win_size_1250us < ind->interval_1250us &&
           ind->win_offset_1250us <= ind->interval_1250us && ind->hop >= 5 && ind->hop <= 16 &&
           ll_chan_set_map(&chan, ind->channel_map);
}

/* --- time --- */

static sim_ns interval_of(const struct ll_conn *conn)
{
    return SIM_US(1250) * conn->interval_1250us;
}

/* The same as this device's sleep clock measures it out. */
static sim_ns interval_slept(const struct ll_conn *conn)
{
    return ll_sleep(conn->ll, interval_of(conn));
}

static uint32_t sca_ppm(uint8_t sca)
{
    static const uint16_t worst[8] = {500, 250, 150, 100, 75, 50, 30, 20}; /* 4.2.2 */

    return worst[sca & 7];
}

sim_ns ll_conn_widening(const struct ll_conn *conn, sim_ns at)
{
    /* 4.2.4, and the deviation of 16 us that 4.2.2 grants a sleep clock. */
    const uint32_t ppm = sca_ppm(conn->peer_sca) + sca_ppm(conn->ll->profile.sca);

    return (at - conn->synced) * ppm / 1000000 + SIM_US(16);
}

sim_ns ll_conn_event_limit(const struct ll_conn *conn)
{
    const sim_ns next = conn->anchor + interval_slept(conn);
    const sim_ns prepare = LL_SCHED_LEAD + (conn->central ? 0 : ll_conn_widening(conn, next));

    /* 4.5.1: closed T_IFS before the next anchor point at the latest. */
    return next - (prepare > LL_T_IFS ? prepare : LL_T_IFS);
}

sim_ns ll_conn_exchange_time(const struct ll_conn *conn)
{
    const size_t tx_mic = conn->encrypt.tx_on ? LL_MIC_SIZE : 0;
    const size_t rx_mic = conn->encrypt.rx_on ? LL_MIC_SIZE : 0;

    return ll_air_time(conn->tx_phy, 2U + LL_DATA_LEN_MIN + tx_mic) + LL_T_IFS + LL_JITTER +
           ll_air_time(conn->rx_phy, 2U + LL_DATA_LEN_MIN + rx_mic);
}

static sim_ns supervision_timeout(const struct ll_conn *conn)
{
    return SIM_MS(10) * conn->timeout_10ms;
}

/* When the connection is lost if nothing comes (4.5.2). */
static sim_ns supervision_due(const struct ll_conn *conn)
{
    if (!conn->established)
        return conn->created + 6 * interval_of(conn);
    return conn->heard_at + supervision_timeout(conn);
}

static uint8_t priority(const struct ll_conn *conn)
{
    /* A connection that is not established, or has not long to live, must not lose its events. */
    if (!conn->established || conn->anchor + 3 * interval_of(conn) > supervision_due(conn))
        return LL_PRIORITY_CONNECTION_URGENT;
    return LL_PRIORITY_CONNECTION;
}

static void reserve(struct ll_conn *conn)
{
    struct ll_sched *sched = &conn->ll->sched;
    sim_ns start = conn->anchor;
    sim_ns end = conn->anchor + ll_conn_exchange_time(conn);

    if (!conn->central) {
        const sim_ns widening = ll_conn_widening(conn, conn->anchor);

        start -= widening;
        end += widening + conn->window;
    }
    conn->state = CONN_WAIT_EVENT;
    conn->slot.priority = priority(conn);
    ll_sched_reserve(sched, &conn->slot, start, end);
}

static void step(struct ll_conn *conn)
{
    conn->counter++;
    conn->anchor += interval_slept(conn);
    llcp_event_reached(conn);
}

/* Events that the peripheral leaves out (4.5.1): none while anything is to be said. */
static uint16_t events_to_skip(const struct ll_conn *conn)
{
    if (conn->central || !conn->valid || conn->peer_md || ll_conn_tx_pending(conn) ||
        llcp_busy(conn))
        return 0;
    return conn->latency;
}

/* The start of the slot lies far enough ahead to be prepared. */
static bool in_time(const struct ll_conn *conn)
{
    const sim_ns early = conn->central ? 0 : ll_conn_widening(conn, conn->anchor);

    return conn->anchor >= ll_now(conn->ll) + LL_SCHED_LEAD + early;
}

void ll_conn_next_event(struct ll_conn *conn)
{
    llcp_event_over(conn);
    llcp_phy_event_over(conn);
    do
        step(conn);
    while (!in_time(conn));
    for (conn->skipped = events_to_skip(conn); conn->skipped > 0; conn->skipped--) {
        /* Latency must not eat up the supervision timeout. */
        if (conn->anchor + conn->skipped * interval_of(conn) < supervision_due(conn))
            break;
    }
    for (uint16_t i = 0; i < conn->skipped; i++)
        step(conn);
    /* 4.2.4: where widening would meet the next event's, the connection is considered lost. */
    if (!conn->central &&
        ll_conn_widening(conn, conn->anchor) >= interval_of(conn) / 2 - LL_T_IFS)
        sim_timer_arm(&conn->supervision, ll_now(conn->ll));
    else
        reserve(conn);
}

void ll_conn_wake(struct ll_conn *conn)
{
    if (conn->skipped == 0 || conn->slot.place != LL_SLOT_QUEUED)
        return;
    ll_sched_cancel(&conn->ll->sched, &conn->slot);
    while (conn->skipped > 0) {
        conn->skipped--;
        conn->counter--;
        conn->anchor -= interval_slept(conn);
        if (!in_time(conn)) {
            step(conn);
            break;
        }
    }
    conn->skipped = 0;
    reserve(conn);
}

static void supervise(void *user)
{
    struct ll_conn *conn = user;
    const sim_ns due = supervision_due(conn);
    const bool lost = !conn->central && conn->slot.place == LL_SLOT_IDLE;

    /* The timer is not armed anew for each packet: it looks when it was due at first. */
    if (ll_now(conn->ll) < due && !lost)
        sim_timer_arm(&conn->supervision, due);
    else
        ll_conn_end(conn, conn->established ? HCI_ERR_CONNECTION_TIMEOUT
                                            : HCI_ERR_CONNECTION_FAILED_TO_BE_ESTABLISHED);
}

void ll_conn_established(struct ll_conn *conn)
{
    conn->established = true;
    /* It was armed for six intervals, which may be longer than what counts from now on. */
    if (conn->supervision.at > supervision_due(conn))
        sim_timer_arm(&conn->supervision, supervision_due(conn));
}

void ll_conn_set_params(struct ll_conn *conn, uint16_t interval_1250us, uint16_t latency,
                        uint16_t timeout_10ms)
{
    conn->interval_1250us = interval_1250us;
    conn->latency = latency;
    conn->timeout_10ms = timeout_10ms;
    conn->heard_at = conn->anchor;
    sim_timer_arm(&conn->supervision, supervision_due(conn));
}

/* --- where to put a new central connection --- */

static sim_ns greatest_common_divisor(sim_ns a, sim_ns b)
{
    while (b) {
        const sim_ns rest = a % b;

        a = b;
        b = rest;
    }
    return a;
}

/* How many connections' events would meet those of one that begins at `anchor`. */
static unsigned clashes(const struct ll *ll, const struct ll_conn *self, sim_ns anchor,
                        sim_ns interval, sim_ns length)
{
    unsigned count = 0;

    for (unsigned i = 0; i < LL_CONN_MAX; i++) {
        const struct ll_conn *other = ll->conn[i];

        if (!other || other == self)
            continue;
        const sim_ns period = greatest_common_divisor(interval, interval_of(other));
        const sim_ns mine = anchor % period;
        const sim_ns theirs = other->anchor % period;
        const sim_ns after = (mine + period - theirs) % period; /* ours follows theirs by this */
        count += after < length || period - after < length;
    }
    return count;
}

uint16_t ll_conn_choose_offset(const struct ll *ll, const struct ll_conn *self, sim_ns earliest,
                               uint16_t interval_1250us)
{
    /* It may become encrypted. */
    const struct ll_conn shape = {.tx_phy = RADIO_PHY_1M,
                                  .rx_phy = RADIO_PHY_1M,
                                  .encrypt = {.tx_on = true, .rx_on = true}};
    /* A quarter of a millisecond lets peripherals' windows widen. */
    const sim_ns length = ll_conn_exchange_time(&shape) + LL_SCHED_LEAD + SIM_US(250);
    const sim_ns interval = SIM_US(1250) * interval_1250us;
    const uint16_t tries = interval_1250us < 256 ? interval_1250us : 256;
    unsigned fewest = LL_CONN_MAX + 1;
    uint16_t best = 0;

    for (uint16_t offset = 0; offset < tries && fewest > 0; offset++) {
        const unsigned n = clashes(ll, self, earliest + SIM_US(1250) * offset, interval, length);

        if (n < fewest) {
            fewest = n;
            best = offset;
        }
    }
    return best;
}

/* --- life --- */

struct ll_conn *ll_conn_new(struct ll *ll)
{
    struct ll_conn *conn = calloc(1, sizeof *conn);

    if (!conn)
        return NULL;
    conn->ll = ll;
    conn->power_dbm = ll->profile.power_dbm;
    conn->handle = LL_CONN_MAX;
    conn->tx_phy = RADIO_PHY_1M;
    conn->rx_phy = RADIO_PHY_1M;
    conn->phy_wanted = ll->default_phy;
    conn->payload_timeout_10ms = 3000; /* Vol 4, Part E, 7.3.94 */
    ll_slot_init(&conn->slot, &ll_conn_slot_ops, conn);
    sim_timer_init(&conn->supervision, ll->actor, SIM_PHASE_LL, supervise, conn);
    llcp_init(conn);
    if (ll_encrypt_init(conn) != 0) {
        free(conn);
        return NULL;
    }
    return conn;
}

void ll_conn_free(struct ll_conn *conn)
{
    if (!conn)
        return;
    ll_sched_cancel(&conn->ll->sched, &conn->slot);
    sim_timer_cancel(&conn->supervision);
    sim_timer_cancel(&conn->llcp.timer);
    ll_conn_tx_flush(conn);
    ll_encrypt_fini(conn);
    if (conn->handle < LL_CONN_MAX)
        conn->ll->conn[conn->handle] = NULL;
    free(conn);
}

static void take_handle(struct ll_conn *conn)
{
    uint16_t handle = 0;

    while (conn->ll->conn[handle])
        handle++;
    assert(handle < LL_CONN_MAX);
    conn->handle = handle;
    conn->ll->conn[handle] = conn;
}

void ll_conn_start(struct ll_conn *conn, const struct ll_connect_ind *ind,
                   const struct ll_parties *parties, bool central, sim_ns created)
{
    struct ll *ll = conn->ll;

    take_handle(conn);
    conn->central = central;
    conn->peer = parties->peer;
    conn->access_address = ind->access_address;
    conn->crc_init = ind->crc_init;
    conn->interval_1250us = ind->interval_1250us;
    conn->latency = ind->latency;
    conn->timeout_10ms = ind->timeout_10ms;
    conn->peer_sca = ind->sca; /* a central does not need the peripheral's, which it is not told */
    conn->created = created;
    conn->heard_at = created;
    conn->synced = created;
    conn->anchor = created + ll_sleep(ll, LL_TRANSMIT_WINDOW_DELAY +
                                              SIM_US(1250) * ind->win_offset_1250us);
    conn->window = central ? 0 : SIM_US(1250) * ind->win_size_1250us;
    ll_chan_init(&conn->chan, ind->ch_sel, ind->hop, ind->access_address);
    const bool usable = ll_chan_set_map(&conn->chan, ind->channel_map);
    assert(usable);
    (void)usable;
    sim_timer_arm(&conn->supervision, supervision_due(conn));
    reserve(conn);
    llcp_length_init(conn);

    struct ll_connection_info info = {
        .handle = conn->handle,
        .central = central,
        .peer = parties->peer,
        .peer_resolved = parties->peer_resolved,
        .interval_1250us = conn->interval_1250us,
        .latency = conn->latency,
        .timeout_10ms = conn->timeout_10ms,
        .sca = central ? 0 : ind->sca,
        .channel_selection_2 = ind->ch_sel,
    };
    memcpy(info.local_rpa, parties->local_rpa, sizeof info.local_rpa);
    memcpy(info.peer_rpa, parties->peer_rpa, sizeof info.peer_rpa);
    ll->up->connected(ll->user, &info);
    /* The host may have thought again while the CONNECT_IND was on its way. */
    if (central && memcmp(conn->chan.map, ll->channel_map, sizeof ll->channel_map) != 0)
        llcp_want(conn, LLCP_CHANNEL_MAP_UPDATE);
}

void ll_conn_end(struct ll_conn *conn, uint8_t reason)
{
    struct ll *ll = conn->ll;
    const uint16_t handle = conn->handle;

    /* Whoever is told of a procedure's end can ask for nothing more on this connection. */
    ll->conn[handle] = NULL;
    llcp_ended(conn, reason);
    ll_conn_free(conn);
    ll->up->disconnected(ll->user, handle, reason);
}

/* --- from above --- */

bool ll_handle_known(const struct ll *ll, uint16_t handle)
{
    return ll_conn_find(ll, handle) != NULL;
}

uint8_t ll_disconnect(struct ll *ll, uint16_t handle, uint8_t reason)
{
    struct ll_conn *conn = ll_conn_find(ll, handle);

    if (!conn)
        return HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER;
    return llcp_terminate_start(conn, reason);
}

uint8_t ll_read_remote_version(struct ll *ll, uint16_t handle)
{
    struct ll_conn *conn = ll_conn_find(ll, handle);

    if (!conn)
        return HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER;
    return llcp_request(conn, LLCP_VERSION_EXCHANGE);
}

uint8_t ll_read_remote_features(struct ll *ll, uint16_t handle)
{
    struct ll_conn *conn = ll_conn_find(ll, handle);

    if (!conn)
        return HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER;
    if (!conn->central && !ll_has_feature(ll, LL_FEATURE_PERIPHERAL_FEATURES_EXCHANGE))
        return HCI_ERR_COMMAND_DISALLOWED;
    return llcp_request(conn, LLCP_FEATURE_EXCHANGE);
}

uint8_t ll_read_rssi(struct ll *ll, uint16_t handle, int8_t *rssi_dbm)
{
    const struct ll_conn *conn = ll_conn_find(ll, handle);

    if (!conn)
        return HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER;
    /* 127: not available (7.5.4). */
    *rssi_dbm = conn->established ? conn->rssi_dbm : 127;
    return 0;
}

uint8_t ll_read_channel_map(struct ll *ll, uint16_t handle, uint8_t map[static 5])
{
    const struct ll_conn *conn = ll_conn_find(ll, handle);

    if (!conn)
        return HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER;
    memcpy(map, conn->chan.map, sizeof conn->chan.map);
    return 0;
}
