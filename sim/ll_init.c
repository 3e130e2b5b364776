/* SPDX-License-Identifier: MIT */
/*
 * The initiator (Core v5.4, Vol 6, Part B, 4.4.4): it scans like a scanner, and answers the
 * connectable advertising PDU of the peer, or of anybody on the filter accept list, with a
 * CONNECT_IND. The peer is known by its identity address, if that is resolved (6.4).
 */
#include "ll_internal.h"

/* --- what CONNECT_IND proposes --- */

static unsigned transitions(uint32_t bits, unsigned count)
{
    const uint32_t changes = bits ^ bits >> 1;
    unsigned n = 0;

    for (unsigned i = 0; i + 1 < count; i++)
        n += changes >> i & 1;
    return n;
}

static unsigned ones(uint32_t bits)
{
    unsigned n = 0;

    for (; bits; bits &= bits - 1)
        n++;
    return n;
}

static unsigned longest_run(uint32_t bits)
{
    unsigned longest = 1, run = 1;

    for (unsigned i = 1; i < 32; i++) {
        run = (bits >> i & 1) == (bits >> (i - 1) & 1) ? run + 1 : 1;
        if (run > longest)
            longest = run;
    }
    return longest;
}

/* The rules of 2.1.2, those for the LE Coded PHY included. */
bool ll_access_address_valid(uint32_t aa)
{
    const uint32_t octet = aa & 0xFF;

    return longest_run(aa) <= 6 && ones(aa ^ LL_ADVERTISING_ACCESS_ADDRESS) > 1 &&
           aa != octet * 0x01010101U && transitions(aa, 32) <= 24 &&
           transitions(aa >> 26, 6) >= 2 && ones(octet) >= 3 && transitions(aa, 16) <= 11;
}

static bool access_address_used(const struct ll *ll, uint32_t aa)
{
    for (unsigned i = 0; i < LL_CONN_MAX; i++) {
        if (ll->conn[i] && ll->conn[i]->access_address == aa)
            return true;
    }
    return false;
}

static uint32_t draw_access_address(struct ll_init *init)
{
    uint32_t aa;

    do
        aa = (uint32_t)sim_stream_u64(&init->stream);
    while (!ll_access_address_valid(aa) || access_address_used(init->ll, aa));
    return aa;
}

/*
 * An interval that another central connection has keeps their anchor points apart for good; else
 * the longest permitted.
 */
static uint16_t choose_interval(const struct ll_init *init)
{
    const struct ll_create_params *params = &init->params;

    for (unsigned i = 0; i < LL_CONN_MAX; i++) {
        const struct ll_conn *conn = init->ll->conn[i];

        if (conn && conn->central && conn->interval_1250us >= params->interval_min_1250us &&
            conn->interval_1250us <= params->interval_max_1250us)
            return conn->interval_1250us;
    }
    return params->interval_max_1250us;
}

static void propose(struct ll_init *init, const struct bd_addr *own, const struct bd_addr *peer,
                    bool ch_sel, sim_ns connect_ind_end)
{
    const uint16_t interval = choose_interval(init);
    const uint32_t crc_init = (uint32_t)sim_stream_u64(&init->stream) & 0xFFFFFF;
    const uint8_t hop = (uint8_t)(5 + sim_stream_below(&init->stream, 12));

    init->ind = (struct ll_connect_ind){
        .init_a = *own,
        .adv_a = *peer,
        .access_address = draw_access_address(init),
        .crc_init = crc_init,
        .win_size_1250us = 2,
        .win_offset_1250us = ll_conn_choose_offset(
            init->ll, NULL, connect_ind_end + LL_TRANSMIT_WINDOW_DELAY, interval),
        .interval_1250us = interval,
        .latency = init->params.latency,
        .timeout_10ms = init->params.timeout_10ms,
        .hop = hop,
        .sca = init->ll->profile.sca & 7,
        .ch_sel = ch_sel && ll_has_feature(init->ll, LL_FEATURE_CHANNEL_SELECTION_2),
    };
    memcpy(init->ind.channel_map, init->ll->channel_map, sizeof init->ind.channel_map);
}

/* --- the slot --- */

static void listen(struct ll_init *init)
{
    init->state = INIT_RX_ADV;
    ll_window_listen(&init->window);
}

static void init_begin(struct ll_slot *slot)
{
    listen(slot->user);
}

static void init_lost(struct ll_slot *slot)
{
    struct ll_init *init = slot->user;

    ll_window_next(&init->window);
}

static void init_stop(struct ll_slot *slot)
{
    struct ll_init *init = slot->user;

    init->state = INIT_RX_ADV;
}

static void init_tx_done(struct ll_slot *slot, sim_ns end)
{
    struct ll_init *init = slot->user;
    struct ll_conn *conn = init->spare;

    init->spare = NULL;
    ll_init_stop(init);
    ll_conn_start(conn, &init->ind, &init->parties, true, end);
}

/* A connectable PDU; says whose, and whom it is for if it says that itself. */
static bool connectable(const struct ll_adv_header *header, struct rd payload,
                        struct bd_addr *adv_a, struct bd_addr *target_a)
{
    *adv_a = rd_addr_octets(&payload, header->tx_add);
    switch (header->type) {
    case LL_ADV_IND:
        return rd_ok(&payload) && rd_left(&payload) <= LL_LEGACY_ADV_DATA_MAX;
    case LL_ADV_DIRECT_IND:
        *target_a = rd_addr_octets(&payload, header->rx_add);
        return rd_done(&payload);
    }
    return false;
}

/*
 * 6.4: a peer that knows this device by its RPAs directs at one of these. `own` is what answers:
 * with an RPA towards this peer, its own identity is nothing that the initiator is called by.
 */
static bool targets_us(const struct ll_init *init, const struct ll_who *advertiser,
                       const struct bd_addr *target_a, const struct ll_own *own)
{
    return bd_addr_equal(target_a, &own->address) ||
           ll_resolves_to_us(init->ll, advertiser->entry, target_a);
}

/* A host may also name an address as it is on the air. */
static bool wanted(const struct ll_init *init, const struct ll_who *advertiser,
                   const struct bd_addr *adv_a)
{
    const struct bd_addr *who = &advertiser->address;
    const bool named = init->params.filter_policy == 0
                           ? bd_addr_equal(who, &init->params.peer) ||
                                 bd_addr_equal(adv_a, &init->params.peer)
                           : ll_accepts(init->ll, who);

    return named && !advertiser->refused && !ll_conn_find_peer(init->ll, who);
}

/* Who is at both ends, if the PDU is one to be answered at that time. */
static bool answers(struct ll_init *init, const struct ll_adv_header *header, struct rd payload,
                    sim_ns at, struct bd_addr *adv_a, struct ll_own *own)
{
    struct bd_addr target_a;

    if (!connectable(header, payload, adv_a, &target_a))
        return false;
    const struct ll_who who = ll_who_is(init->ll, adv_a);

    if (!wanted(init, &who, adv_a) ||
        ll_own_address(init->ll, init->params.own_address_type, who.entry, at, own) != 0 ||
        (header->type == LL_ADV_DIRECT_IND && !targets_us(init, &who, &target_a, own)))
        return false;
    init->parties = ll_parties_of(&who, adv_a, own);
    return true;
}

static void init_rx(struct ll_slot *slot, const struct radio_rx *rx)
{
    struct ll_init *init = slot->user;
    const sim_ns start = rx->end + LL_T_IFS;
    const sim_ns end = start + ll_air_time(RADIO_PHY_1M, LL_CONNECT_IND_LEN);
    struct ll_adv_header header;
    struct rd payload;
    struct bd_addr adv_a;
    struct ll_own own;

    if (!ll_adv_pdu_read(rx, &header, &payload) ||
        !answers(init, &header, payload, start, &adv_a, &own) ||
        !ll_sched_free_until(&init->ll->sched, end)) {
        listen(init);
        return;
    }
    /* ADV_DIRECT_IND has the ChSel bit as ADV_IND has it (2.3.1). */
    propose(init, &own.address, &adv_a, header.ch_sel, end);

    uint8_t pdu[LL_CONNECT_IND_LEN];
    struct wr w = wr_init(pdu, sizeof pdu);

    ll_connect_ind_encode(&w, &init->ind);
    init->state = INIT_TX_CONNECT_IND;
    ll_send_advertising(init->ll, init->ll->scan_power_dbm, init->window.channel, start, pdu, w.len);
}

static void init_rx_timeout(struct ll_slot *slot)
{
    listen(slot->user);
}

static const struct ll_slot_ops init_ops = {
    .begin = init_begin,
    .lost = init_lost,
    .stop = init_stop,
    .tx_done = init_tx_done,
    .rx = init_rx,
    .rx_timeout = init_rx_timeout,
};

/* --- from above --- */

static void tell_cancelled(void *user)
{
    const struct ll_init *init = user;
    const struct ll_connection_info info = {
        .status = HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER,
        .central = true,
        .peer = init->params.peer,
    };

    init->ll->up->connected(init->ll->user, &info);
}

void ll_init_init(struct ll_init *init, struct ll *ll)
{
    *init = (struct ll_init){.ll = ll};
    ll_window_init(&init->window, ll, &init_ops, init);
    ll_stream_init(ll, &init->stream, "initiator");
    sim_timer_init(&init->cancelled, ll->actor, SIM_PHASE_LL, tell_cancelled, init);
}

void ll_init_reset(struct ll_init *init)
{
    ll_init_stop(init);
    sim_timer_cancel(&init->cancelled);
}

void ll_init_stop(struct ll_init *init)
{
    init->state = INIT_OFF;
    ll_window_stop(&init->window);
    ll_conn_free(init->spare);
    init->spare = NULL;
}

static bool in_range(const struct ll *ll, const struct ll_create_params *p)
{
    return p->scan_interval_625us >= 0x0004 && p->scan_interval_625us <= 0x4000 &&
           p->scan_window_625us >= 0x0004 && p->scan_window_625us <= p->scan_interval_625us &&
           p->filter_policy <= 1 && ll_address_type_known(ll, p->own_address_type) &&
           (p->filter_policy == 1 || ll_address_type_known(ll, p->peer.type)) &&
           p->interval_min_1250us <= p->interval_max_1250us &&
           ll_conn_params_valid(p->interval_min_1250us, p->latency, p->timeout_10ms) &&
           ll_conn_params_valid(p->interval_max_1250us, p->latency, p->timeout_10ms) &&
           p->min_ce_625us <= p->max_ce_625us;
}

/*
 * 7.8.12: there is an address to connect from, whoever comes: towards one peer, the entry's alone
 * will do.
 */
static uint8_t check_own_address(struct ll *ll, const struct ll_create_params *params)
{
    struct ll_resolving_entry *entry =
        params->filter_policy == 0 ? ll_resolving_find(ll, &params->peer) : NULL;
    struct ll_own own;

    return ll_own_address(ll, params->own_address_type, entry, ll_now(ll), &own);
}

uint8_t ll_create_connection(struct ll *ll, const struct ll_create_params *requested)
{
    struct ll_create_params asked = *requested;
    const struct ll_create_params *params = &asked;
    struct ll_init *init = &ll->init;

    if (init->state != INIT_OFF || timer_armed(&init->cancelled) || ll->test.state != TEST_OFF)
        return HCI_ERR_COMMAND_DISALLOWED;
    if (!in_range(ll, params))
        return HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS;
    /* 2 and 3 say that it is an identity address, which the list tells as well. */
    asked.peer.type &= 1;
    const uint8_t error = check_own_address(ll, params);
    if (error)
        return error;
    if (params->filter_policy == 0 && ll_conn_find_peer(ll, &params->peer))
        return HCI_ERR_CONNECTION_ALREADY_EXISTS;
    if (!ll_conn_room(ll))
        return HCI_ERR_CONNECTION_LIMIT_EXCEEDED;
    init->spare = ll_conn_new(ll);
    if (!init->spare)
        return HCI_ERR_MEMORY_CAPACITY_EXCEEDED;
    init->params = *params;
    init->state = INIT_RX_ADV;
    ll_window_start(&init->window, params->scan_interval_625us, params->scan_window_625us);
    return 0;
}

uint8_t ll_create_connection_cancel(struct ll *ll)
{
    struct ll_init *init = &ll->init;

    /* A CONNECT_IND on its way makes a connection. */
    if (init->state != INIT_RX_ADV)
        return HCI_ERR_COMMAND_DISALLOWED;
    ll_init_stop(init);
    sim_timer_arm(&init->cancelled, ll_now(ll));
    return 0;
}
