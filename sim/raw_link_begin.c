/* SPDX-License-Identifier: MIT */
/* How a raw link comes to be: CONNECT_IND sent, or advertised for and taken. */
#include <string.h>

#include "raw_link_internal.h"
#include "wire/crc24.h"

static sim_ns now_of(const struct raw_link *link)
{
    return sim_world_now(raw_radio_actor(link->raw)->world);
}

/* A link can be kept with it: at least two channels, and time passes. */
static bool can_be_kept(const struct ll_connect_ind *ind)
{
    struct link trial = {0};

    return ind->interval_1250us > 0 && link_init(&trial, ind, true, 0);
}

static int send_adv(struct raw_link *link, sim_ns start, const uint8_t *pdu, size_t len)
{
    const struct radio_packet packet = {
        .start = start,
        .mhz = ll_channel_mhz(link->channel),
        .phy = RADIO_PHY_1M,
        .access_address = LL_ADVERTISING_ACCESS_ADDRESS,
        .crc_init = CRC24_INIT_ADVERTISING,
        .pdu = pdu,
        .len = len,
    };

    return radio_transmit(&link->radio, &packet);
}

static int listen_adv(struct raw_link *link, sim_ns open, sim_ns close)
{
    const struct radio_listen window = {
        .open = open,
        .close = close,
        .mhz = ll_channel_mhz(link->channel),
        .phy = RADIO_PHY_1M,
        .access_address = LL_ADVERTISING_ACCESS_ADDRESS,
        .crc_init = CRC24_INIT_ADVERTISING,
    };

    return radio_listen(&link->radio, &window);
}

/* --- central to be --- */

int raw_link_initiate(struct raw_link *link, const struct ll_connect_ind *ind, uint8_t channel)
{
    if (link->state != RAW_LINK_NEW)
        return BLR_ERR_STATE;
    if (channel < 37 || channel > 39 || !can_be_kept(ind))
        return BLR_ERR_INVALID;
    link->ind = *ind;
    link->channel = channel;
    const int error = listen_adv(link, now_of(link), SIM_NEVER);
    if (!error)
        link->state = RAW_LINK_WAIT_RX_ADV_IND;
    return error;
}

static void hear_advertiser(struct raw_link *link, const struct radio_rx *rx)
{
    struct rd r = rd_init(rx->pdu, rx->len);
    const struct ll_adv_header header = rd_ll_adv_header(&r);
    const struct bd_addr from = rd_addr_octets(&r, header.tx_add);
    uint8_t pdu[LL_PDU_MAX];
    struct wr w = wr_init(pdu, sizeof pdu);
    bool wanted = rx->crc_ok && rd_ok(&r) &&
                  (header.type == LL_ADV_IND || header.type == LL_ADV_DIRECT_IND) &&
                  bd_addr_equal(&from, &link->ind.adv_a);

    if (wanted && header.type == LL_ADV_DIRECT_IND) {
        const struct bd_addr to = rd_addr_octets(&r, header.rx_add);
        wanted = rd_ok(&r) && bd_addr_equal(&to, &link->ind.init_a);
    }
    if (wanted) {
        link->ind.ch_sel = link->ind.ch_sel && header.ch_sel;
        ll_connect_ind_encode(&w, &link->ind);
        if (send_adv(link, rx->end + LL_T_IFS, pdu, w.len) == 0) {
            link->state = RAW_LINK_TX_CONNECT_IND;
            return;
        }
    }
    if (listen_adv(link, rx->end, SIM_NEVER) != 0)
        raw_link_close(link, 0);
}

/* --- peripheral to be --- */

static void copy_data(uint8_t to[static LL_LEGACY_ADV_DATA_MAX], const uint8_t **from, size_t len)
{
    if (len)
        memcpy(to, *from, len);
    *from = to;
}

int raw_link_advertise(struct raw_link *link, const struct raw_link_advertising *advertising)
{
    if (link->state != RAW_LINK_NEW)
        return BLR_ERR_STATE;
    if (advertising->data_len > LL_LEGACY_ADV_DATA_MAX ||
        advertising->scan_response_len > LL_LEGACY_ADV_DATA_MAX || advertising->channels > 7 ||
        advertising->interval < SIM_MS(5))
        return BLR_ERR_INVALID;
    link->adv = *advertising;
    if (!link->adv.channels)
        link->adv.channels = 7;
    if (advertising->directed) {
        link->directed = *advertising->directed;
        link->adv.directed = &link->directed;
    }
    copy_data(link->data, &link->adv.data, link->adv.data_len);
    copy_data(link->response, &link->adv.scan_response, link->adv.scan_response_len);
    link->state = RAW_LINK_ADVERTISING;
    link->adv_event = now_of(link) + SIM_US(10);
    link->channel = 36;
    sim_timer_arm(&link->timer, link->adv_event - SIM_US(5));
    return 0;
}

static size_t adv_pdu(const struct raw_link *link, uint8_t pdu[static LL_PDU_MAX], bool response)
{
    const struct raw_link_advertising *adv = &link->adv;
    const struct bd_addr *to = response ? NULL : adv->directed;
    const size_t len = response ? adv->scan_response_len : to ? 6U : adv->data_len;
    struct wr w = wr_init(pdu, LL_PDU_MAX);
    const struct ll_adv_header header = {
        .type = response ? LL_SCAN_RSP
                : to     ? LL_ADV_DIRECT_IND
                         : LL_ADV_IND,
        .ch_sel = adv->ch_sel && !response,
        .tx_add = adv->address.type == BD_ADDR_RANDOM,
        .rx_add = to && to->type == BD_ADDR_RANDOM,
        .length = (uint8_t)(6U + len),
    };

    wr_ll_adv_header(&w, &header);
    wr_addr_octets(&w, &adv->address);
    if (to)
        wr_addr_octets(&w, to);
    else
        wr_bytes(&w, response ? adv->scan_response : adv->data, len);
    return w.len;
}

/* On the next channel of the event, or on the first of the next event. */
static void advertise_on(struct raw_link *link, sim_ns start)
{
    uint8_t pdu[LL_PDU_MAX];

    do
        link->channel++;
    while (link->channel <= 39 && !(link->adv.channels >> (link->channel - 37) & 1));
    if (link->channel > 39) {
        link->channel = 36;
        link->adv_event += link->adv.interval;
        sim_timer_arm(&link->timer, link->adv_event - SIM_US(5));
        return;
    }
    const size_t len = adv_pdu(link, pdu, false);
    if (send_adv(link, start, pdu, len) != 0)
        raw_link_close(link, 0);
}

static void hear_initiator(struct raw_link *link, const struct radio_rx *rx)
{
    struct rd r = rd_init(rx->pdu, rx->len);
    const struct ll_adv_header header = rd_ll_adv_header(&r);
    const struct bd_addr from = rd_addr_octets(&r, header.tx_add);
    const struct bd_addr to = rd_addr_octets(&r, header.rx_add);
    const bool for_us = rx->crc_ok && rd_ok(&r) && bd_addr_equal(&to, &link->adv.address);
    uint8_t pdu[LL_PDU_MAX];

    if (for_us && header.type == LL_CONNECT_IND &&
        ll_connect_ind_decode(rx->pdu, rx->len, &link->ind) == 0 && can_be_kept(&link->ind) &&
        (!link->adv.directed || bd_addr_equal(&from, link->adv.directed))) {
        link->ind.ch_sel = link->ind.ch_sel && link->adv.ch_sel;
        raw_link_begin(link, false, rx->end);
        return;
    }
    if (for_us && header.type == LL_SCAN_REQ && !link->adv.directed) {
        const size_t len = adv_pdu(link, pdu, true);
        link->answering = send_adv(link, rx->end + LL_T_IFS, pdu, len) == 0;
        if (link->answering)
            return;
    }
    advertise_on(link, rx->end + SIM_US(300));
}

/* --- the events of both --- */

void raw_link_begin_tx_done(struct raw_link *link, sim_ns end)
{
    if (link->state == RAW_LINK_TX_CONNECT_IND) {
        raw_link_begin(link, true, end);
    } else if (link->answering) {
        link->answering = false;
        advertise_on(link, end + SIM_US(300));
    } else if (listen_adv(link, end + LL_T_IFS - SIM_US(2), end + LL_T_IFS + SIM_US(2)) != 0) {
        raw_link_close(link, 0);
    }
}

void raw_link_begin_rx(struct raw_link *link, const struct radio_rx *rx)
{
    if (link->state == RAW_LINK_WAIT_RX_ADV_IND)
        hear_advertiser(link, rx);
    else if (link->state == RAW_LINK_ADVERTISING)
        hear_initiator(link, rx);
}

void raw_link_begin_rx_timeout(struct raw_link *link)
{
    if (link->state == RAW_LINK_ADVERTISING)
        advertise_on(link, now_of(link) + SIM_US(100));
}

void raw_link_begin_timer(struct raw_link *link)
{
    if (link->state == RAW_LINK_ADVERTISING)
        advertise_on(link, link->adv_event);
}

int raw_link_take_over(struct raw_link *link, const struct ll_connect_ind *ind, bool central,
                       sim_ns end)
{
    if (link->state != RAW_LINK_NEW)
        return BLR_ERR_STATE;
    if (!can_be_kept(ind) || end + SIM_US(1250) < now_of(link))
        return BLR_ERR_INVALID;
    link->ind = *ind;
    raw_link_begin(link, central, end);
    return 0;
}
