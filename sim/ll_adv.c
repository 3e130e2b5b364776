/* SPDX-License-Identifier: MIT */
/*
 * Legacy advertising (Core v5.4, Vol 6, Part B, 4.4.2): one advertising set.
 *
 * An advertising event is one reservation of the radio: on each channel of the map the PDU, then,
 * for connectable and scannable types, an ear at T_IFS. A SCAN_REQ or CONNECT_IND that is answered
 * makes the event longer; where the radio is wanted by somebody more urgent, the event is closed
 * early (4.4.2.3 permits it).
 *
 * ADV_DIRECT_IND (4.4.2.4) listens to its target's CONNECT_IND alone. With a low duty cycle it is
 * sent in ordinary events; with a high one in events that follow each other at once, for
 * HIGH_DUTY_TIME in all, after which the host is told that nobody came.
 *
 * With a resolvable private address (6.2), AdvA and TargetA may change from event to event, never
 * within one.
 */
#include <assert.h>
#include <string.h>

#include "ll_internal.h"

/* From the end of listening, or of a PDU that nobody answers, to the next channel's PDU. */
#define CHANNEL_CHANGE SIM_US(150)

#define ADV_DELAY_MAX SIM_MS(10)

/*
 * 4.4.2.4.3: from one PDU to the next on the same channel at most 3.75 ms. What is left to that is
 * for two packets that come on other channels in vain and delay the PDUs after them.
 */
#define HIGH_DUTY_INTERVAL SIM_US(3000)
#define HIGH_DUTY_TIME     SIM_MS(1280)

/* Advertising_Type of HCI (Core v5.4, Vol 4, Part E, 7.8.5). */
enum adv_type {
    TYPE_IND = 0,
    TYPE_DIRECT_HIGH = 1,
    TYPE_SCAN_IND = 2,
    TYPE_NONCONN_IND = 3,
    TYPE_DIRECT_LOW = 4,
};

static bool high_duty(const struct ll_adv *adv)
{
    return adv->params.type == TYPE_DIRECT_HIGH;
}

static bool directed(const struct ll_adv *adv)
{
    return high_duty(adv) || adv->params.type == TYPE_DIRECT_LOW;
}

static bool connectable(const struct ll_adv *adv)
{
    return adv->params.type == TYPE_IND || directed(adv);
}

static bool scannable(const struct ll_adv *adv)
{
    return adv->params.type == TYPE_IND || adv->params.type == TYPE_SCAN_IND;
}

bool ll_adv_enabled(const struct ll_adv *adv)
{
    return adv->state != ADV_OFF;
}

/* --- the PDUs --- */

static uint8_t pdu_type(uint8_t adv_type)
{
    switch (adv_type) {
    case TYPE_SCAN_IND:
        return LL_ADV_SCAN_IND;
    case TYPE_NONCONN_IND:
        return LL_ADV_NONCONN_IND;
    }
    return LL_ADV_IND;
}

static void write_header(const struct ll_adv *adv, uint8_t *pdu, uint8_t type, uint8_t data_len)
{
    struct wr w = wr_init(pdu, LL_ADV_PDU_MAX);
    const struct ll_adv_header header = {
        .type = type,
        .ch_sel = type == LL_ADV_IND && ll_has_feature(adv->ll, LL_FEATURE_CHANNEL_SELECTION_2),
        .tx_add = adv->own.address.type == BD_ADDR_RANDOM,
        .length = (uint8_t)(sizeof adv->own.address.octet + data_len),
    };

    wr_ll_adv_header(&w, &header);
    wr_addr_octets(&w, &adv->own.address);
}

static void write_directed(struct ll_adv *adv)
{
    struct wr w = wr_init(adv->directed, sizeof adv->directed);
    const struct ll_adv_header header = {
        .type = LL_ADV_DIRECT_IND,
        .ch_sel = ll_has_feature(adv->ll, LL_FEATURE_CHANNEL_SELECTION_2),
        .tx_add = adv->own.address.type == BD_ADDR_RANDOM,
        .rx_add = adv->target.type == BD_ADDR_RANDOM,
        .length = LL_ADV_DIRECT_LEN - 2,
    };

    wr_ll_adv_header(&w, &header);
    wr_addr_octets(&w, &adv->own.address);
    wr_addr_octets(&w, &adv->target);
}

static void write_headers(struct ll_adv *adv)
{
    write_header(adv, adv->pdu, pdu_type(adv->params.type), adv->data_len);
    write_header(adv, adv->response, LL_SCAN_RSP, adv->response_len);
    write_directed(adv);
}

/*
 * AdvA and TargetA of an event that begins then. With Own_Address_Type 2 and 3 the peer says which
 * IRKs make them (Core v5.4, Vol 4, Part E, 7.8.5).
 */
static uint8_t choose_addresses(struct ll_adv *adv, sim_ns at)
{
    const uint8_t own_type = adv->params.own_address_type;
    struct ll_resolving_entry *entry =
        own_type > BD_ADDR_RANDOM ? ll_resolving_find(adv->ll, &adv->params.peer) : NULL;
    struct bd_addr target = adv->params.peer;
    struct ll_own own;
    uint8_t error = ll_own_address(adv->ll, own_type, entry, at, &own);

    if (error == 0 && entry && directed(adv))
        error = ll_target_address(adv->ll, entry, at, &target);
    if (error)
        return error;
    adv->own = own;
    adv->target = target;
    return 0;
}

/* 6.2: other addresses if their time has come; where there are none, the old ones stay. */
static void renew_addresses(struct ll_adv *adv)
{
    if (adv->params.own_address_type > BD_ADDR_RANDOM &&
        choose_addresses(adv, adv->slot.start) == 0)
        write_headers(adv);
}

static size_t pdu_len(uint8_t data_len)
{
    return 2U + 6U + data_len;
}

static size_t adv_pdu_len(const struct ll_adv *adv)
{
    return directed(adv) ? LL_ADV_DIRECT_LEN : pdu_len(adv->data_len);
}

/* --- the advertising event --- */

static uint8_t next_channel(const struct ll_adv *adv, uint8_t from)
{
    for (uint8_t channel = from; channel <= 39; channel++) {
        if (adv->params.channel_map >> (channel - 37) & 1)
            return channel;
    }
    return 0;
}

static bool listens(const struct ll_adv *adv)
{
    return scannable(adv) || connectable(adv);
}

/* How long the PDU of one channel takes, with listening. */
static sim_ns channel_time(const struct ll_adv *adv)
{
    const sim_ns air = ll_air_time(RADIO_PHY_1M, adv_pdu_len(adv));

    return listens(adv) ? air + LL_T_IFS + LL_JITTER : air;
}

/* No event that ends then, with a CONNECT_IND in answer to it, fits into the high duty cycle. */
static bool high_duty_over(const struct ll_adv *adv, sim_ns event_end)
{
    return timer_armed(&adv->high_duty_end) &&
           event_end + ll_air_time(RADIO_PHY_1M, LL_CONNECT_IND_LEN) > adv->high_duty_end.at;
}

static void reserve(struct ll_adv *adv, sim_ns start)
{
    sim_ns length = 0;

    for (uint8_t channel = 37; (channel = next_channel(adv, channel)); channel++)
        length += channel_time(adv) + CHANNEL_CHANGE;
    adv->state = ADV_WAIT_EVENT;
    if (high_duty_over(adv, start + length))
        return; /* until its timer ends it */
    ll_sched_reserve(&adv->ll->sched, &adv->slot, start, start + length);
}

/* The next event begins advInterval + advDelay after the start of this one (4.4.2.2.1). */
static sim_ns next_start(struct ll_adv *adv)
{
    if (high_duty(adv)) {
        /* What was lost to others is not made up for. */
        const sim_ns earliest = ll_now(adv->ll) + LL_SCHED_LEAD;
        const sim_ns next = adv->slot.start + HIGH_DUTY_INTERVAL;

        return next > earliest ? next : earliest;
    }
    const sim_ns interval = SIM_US(625) * adv->params.interval_min_625us;
    const sim_ns delay = sim_stream_below(&adv->delay, (uint32_t)ADV_DELAY_MAX + 1);

    return adv->slot.start + ll_sleep(adv->ll, interval + delay);
}

static void reserve_next(struct ll_adv *adv)
{
    reserve(adv, next_start(adv));
}

static void close_event(struct ll_adv *adv)
{
    ll_sched_release(&adv->ll->sched, &adv->slot);
    reserve_next(adv);
}

static void send_on(struct ll_adv *adv, uint8_t channel, sim_ns start)
{
    adv->channel = channel;
    adv->state = ADV_TX_PDU;
    ll_send_advertising(adv->ll, adv->ll->adv_power_dbm, channel, start,
                        directed(adv) ? adv->directed : adv->pdu, adv_pdu_len(adv));
}

static void next_pdu(struct ll_adv *adv)
{
    const uint8_t channel = next_channel(adv, (uint8_t)(adv->channel + 1));
    const sim_ns start = ll_now(adv->ll) + CHANNEL_CHANGE;

    if (channel && ll_sched_extend(&adv->ll->sched, &adv->slot, start + channel_time(adv)))
        send_on(adv, channel, start);
    else
        close_event(adv);
}

static void adv_begin(struct ll_slot *slot)
{
    struct ll_adv *adv = slot->user;

    renew_addresses(adv);
    send_on(adv, next_channel(adv, 37), slot->start);
}

static void adv_moved_on(struct ll_slot *slot)
{
    reserve_next(slot->user);
}

static void adv_tx_done(struct ll_slot *slot, sim_ns end)
{
    struct ll_adv *adv = slot->user;

    if (adv->state == ADV_TX_PDU && listens(adv)) {
        adv->state = ADV_RX_REQUEST;
        ll_listen_advertising(adv->ll, adv->channel, end + LL_T_IFS - LL_JITTER,
                              end + LL_T_IFS + LL_JITTER);
        return;
    }
    next_pdu(adv);
}

static void adv_rx_timeout(struct ll_slot *slot)
{
    next_pdu(slot->user);
}

/* --- what comes in answer --- */

/* Advertising filter policy (4.3.2): bit 0 for scan requests, bit 1 for connection requests. */
static bool allowed(const struct ll_adv *adv, const struct ll_who *who, unsigned policy_bit)
{
    return !(adv->params.filter_policy >> policy_bit & 1) || ll_accepts(adv->ll, &who->address);
}

static bool scan_req_for_us(struct ll_adv *adv, const struct ll_adv_header *header,
                            struct rd payload)
{
    const struct bd_addr scan_a = rd_addr_octets(&payload, header->tx_add);
    const struct bd_addr adv_a = rd_addr_octets(&payload, header->rx_add);

    if (!rd_done(&payload) || !bd_addr_equal(&adv_a, &adv->own.address))
        return false;
    const struct ll_who who = ll_who_is(adv->ll, &scan_a);

    return !who.refused && allowed(adv, &who, 0);
}

/*
 * A directed advertiser looks at its target and not at the filter policy (7.8.5): at whose it is,
 * or at TargetA itself where nothing is resolved.
 */
static bool may_connect(const struct ll_adv *adv, const struct ll_who *who)
{
    if (who->refused)
        return false;
    if (!directed(adv))
        return allowed(adv, who, 1);
    return bd_addr_equal(&who->address, &adv->params.peer) ||
           bd_addr_equal(&who->address, &adv->target);
}

static bool connect_ind_for_us(struct ll_adv *adv, const struct radio_rx *rx,
                               struct ll_connect_ind *ind, struct ll_parties *parties)
{
    if (ll_connect_ind_decode(rx->pdu, rx->len, ind) != 0 ||
        !bd_addr_equal(&ind->adv_a, &adv->own.address))
        return false;
    const struct ll_who who = ll_who_is(adv->ll, &ind->init_a);

    *parties = ll_parties_of(&who, &ind->init_a, &adv->own);
    return may_connect(adv, &who) && ll_connect_ind_valid(ind) &&
           !ll_conn_find_peer(adv->ll, &who.address);
}

static void become_peripheral(struct ll_adv *adv, struct ll_connect_ind *ind,
                              const struct ll_parties *parties, sim_ns end)
{
    struct ll *ll = adv->ll;
    struct ll_conn *conn = adv->spare;

    adv->spare = NULL;
    adv->state = ADV_OFF;
    sim_timer_cancel(&adv->high_duty_end);
    ll_sched_cancel(&ll->sched, &adv->slot);
    /* Algorithm #2 only if both sides asked for it (4.5.8). */
    ind->ch_sel = ind->ch_sel && ll_has_feature(ll, LL_FEATURE_CHANNEL_SELECTION_2);
    ll_conn_start(conn, ind, parties, false, end);
}

static void adv_rx(struct ll_slot *slot, const struct radio_rx *rx)
{
    struct ll_adv *adv = slot->user;
    struct ll_adv_header header;
    struct rd payload;
    struct ll_connect_ind ind;
    struct ll_parties parties;

    if (ll_adv_pdu_read(rx, &header, &payload)) {
        if (header.type == LL_SCAN_REQ && scannable(adv) && scan_req_for_us(adv, &header, payload)) {
            const size_t len = pdu_len(adv->response_len);
            const sim_ns start = rx->end + LL_T_IFS;

            if (ll_sched_extend(&adv->ll->sched, slot,
                                start + ll_air_time(RADIO_PHY_1M, len))) {
                adv->state = ADV_TX_SCAN_RSP;
                ll_send_advertising(adv->ll, adv->ll->adv_power_dbm, adv->channel, start,
                                    adv->response, len);
                return;
            }
        } else if (header.type == LL_CONNECT_IND && connectable(adv) &&
                   connect_ind_for_us(adv, rx, &ind, &parties)) {
            become_peripheral(adv, &ind, &parties, rx->end);
            return;
        }
    }
    next_pdu(adv);
}

static const struct ll_slot_ops adv_ops = {
    .begin = adv_begin,
    .lost = adv_moved_on,
    .stop = adv_moved_on,
    .tx_done = adv_tx_done,
    .rx = adv_rx,
    .rx_timeout = adv_rx_timeout,
};

/* --- from above --- */

/* 1.28 s of high duty cycle brought nobody (Core v5.4, Vol 4, Part E, 7.8.9). */
static void high_duty_failed(void *user)
{
    struct ll_adv *adv = user;
    const struct ll_connection_info info = {
        .status = HCI_ERR_ADVERTISING_TIMEOUT,
        .peer = adv->params.peer,
    };

    ll_adv_stop(adv);
    adv->ll->up->connected(adv->ll->user, &info);
}

void ll_adv_init(struct ll_adv *adv, struct ll *ll)
{
    *adv = (struct ll_adv){.ll = ll};
    ll_slot_init(&adv->slot, &adv_ops, adv);
    sim_timer_init(&adv->high_duty_end, ll->actor, SIM_PHASE_LL, high_duty_failed, adv);
    adv->slot.priority = LL_PRIORITY_ADVERTISING;
    ll_stream_init(ll, &adv->delay, "advDelay");
    ll_adv_reset(adv);
}

void ll_adv_reset(struct ll_adv *adv)
{
    ll_adv_stop(adv);
    adv->params = (struct ll_adv_params){
        /* The defaults of 7.8.5. */
        .interval_min_625us = 0x0800,
        .interval_max_625us = 0x0800,
        .channel_map = 0x07,
    };
    adv->data_len = 0;
    adv->response_len = 0;
}

void ll_adv_stop(struct ll_adv *adv)
{
    adv->state = ADV_OFF;
    sim_timer_cancel(&adv->high_duty_end);
    ll_sched_cancel(&adv->ll->sched, &adv->slot);
    ll_conn_free(adv->spare);
    adv->spare = NULL;
}

uint8_t ll_adv_set_params(struct ll *ll, const struct ll_adv_params *params)
{
    if (ll_adv_enabled(&ll->adv))
        return HCI_ERR_COMMAND_DISALLOWED;
    /* With a high duty cycle the intervals are not used (7.8.5). */
    if (params->type != TYPE_DIRECT_HIGH &&
        (params->interval_min_625us < 0x0020 || params->interval_max_625us > 0x4000 ||
         params->interval_min_625us > params->interval_max_625us))
        return HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS;
    if (params->type > TYPE_DIRECT_LOW || !ll_address_type_known(ll, params->own_address_type) ||
        params->peer.type > BD_ADDR_RANDOM || params->channel_map == 0 ||
        params->channel_map > 0x07 || params->filter_policy > 3)
        return HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS;
    ll->adv.params = *params;
    return 0;
}

static uint8_t set_data(uint8_t *pdu, uint8_t *data_len, const uint8_t *data, size_t len)
{
    if (len > LL_LEGACY_ADV_DATA_MAX)
        return HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS;
    if (len)
        memcpy(pdu + pdu_len(0), data, len);
    *data_len = (uint8_t)len;
    return 0;
}

uint8_t ll_adv_set_data(struct ll *ll, const uint8_t *data, size_t len)
{
    const uint8_t error = set_data(ll->adv.pdu, &ll->adv.data_len, data, len);

    write_headers(&ll->adv);
    return error;
}

uint8_t ll_adv_set_scan_response(struct ll *ll, const uint8_t *data, size_t len)
{
    const uint8_t error = set_data(ll->adv.response, &ll->adv.response_len, data, len);

    write_headers(&ll->adv);
    return error;
}

uint8_t ll_adv_enable(struct ll *ll, bool enable)
{
    struct ll_adv *adv = &ll->adv;

    if (!enable) {
        ll_adv_stop(adv);
        return 0;
    }
    if (ll_adv_enabled(adv))
        return 0;
    if (ll->test.state != TEST_OFF)
        return HCI_ERR_COMMAND_DISALLOWED;
    const uint8_t error = choose_addresses(adv, ll_now(ll));
    if (error)
        return error;
    if (connectable(adv)) {
        if (!ll_conn_room(ll))
            return HCI_ERR_CONNECTION_LIMIT_EXCEEDED;
        adv->spare = ll_conn_new(ll);
        if (!adv->spare)
            return HCI_ERR_MEMORY_CAPACITY_EXCEEDED;
    }
    write_headers(adv);
    if (high_duty(adv)) {
        sim_timer_arm(&adv->high_duty_end, ll_now(ll) + HIGH_DUTY_TIME);
        reserve(adv, ll_now(ll) + LL_SCHED_LEAD);
        return 0;
    }
    /* A random delay before the first event, so that devices enabled together do not collide. */
    const sim_ns delay = sim_stream_below(&adv->delay, (uint32_t)ADV_DELAY_MAX + 1);
    reserve(adv, ll_now(ll) + LL_SCHED_LEAD + delay);
    return 0;
}
