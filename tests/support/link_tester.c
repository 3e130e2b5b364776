/* SPDX-License-Identifier: MIT */
#include "link_tester.h"

struct ll_connect_ind link_connect_ind(struct bd_addr peer)
{
    return (struct ll_connect_ind){
        .init_a = lower_address(),
        .adv_a = peer,
        .access_address = 0x71764129, /* within the rules of 2.1.2 */
        .crc_init = 0xABCDEF,
        .win_size_1250us = 1,
        .interval_1250us = 24,
        .timeout_10ms = 100,
        .channel_map = {0xFF, 0xFF, 0xFF, 0xFF, 0x1F},
        .hop = 7,
        .sca = 5,
    };
}

static void link_start(struct link *link, struct ll_room *room, const struct ll_connect_ind *ind,
                       sim_ns end)
{
    *link = (struct link){
        .room = room, .ind = *ind, .tx_phy = RADIO_PHY_1M, .rx_phy = RADIO_PHY_1M};
    link->anchor = end + SIM_US(1250) + SIM_US(1250) * ind->win_offset_1250us;
    ll_chan_init(&link->chan, ind->ch_sel, ind->hop, ind->access_address);
    assert_true(ll_chan_set_map(&link->chan, ind->channel_map));
    assert_int_equal(raw_radio_follow(room->lower, ind->access_address, ind->crc_init), 0);
    link->channel = ll_chan_select(&link->chan, 0);
}

void link_open_central(struct link *link, struct upper *peripheral,
                       const struct ll_connect_ind *ind)
{
    struct ll_room *room = peripheral->room;
    uint8_t pdu[LL_PDU_MAX];
    struct wr w = wr_init(pdu, sizeof pdu);

    upper_advertise(peripheral);
    const struct radio_rx *adv = lower_hear(room, SIM_MS(200));
    const uint8_t channel = ll_mhz_channel(adv->mhz);
    const sim_ns start = adv->end + LL_T_IFS;

    ll_connect_ind_encode(&w, ind);
    lower_send_adv(room, channel, start, pdu, w.len);
    link_start(link, room, ind, start + ll_air_time(RADIO_PHY_1M, w.len));
    link->central = true;
    const struct upper_event *event = upper_expect(peripheral, UP_CONNECTED, SIM_MS(1));
    assert_int_equal(event->status, 0);
    assert_false(event->info.central);
}

void link_open_peripheral(struct link *link, struct upper *central, bool ch_sel)
{
    struct ll_room *room = central->room;
    uint8_t pdu[LL_PDU_MAX];
    const size_t len = lower_adv_pdu(pdu, LL_ADV_IND, lower_address(), NULL, NULL, 0);
    struct ll_connect_ind ind;

    if (ch_sel)
        pdu[0] |= 0x20;
    upper_create(central, lower_address(), 24);
    lower_send_adv(room, 37, ll_room_now(room) + SIM_US(100), pdu, len);
    const struct radio_rx *rx = lower_hear(room, SIM_MS(1));
    assert_int_equal(ll_connect_ind_decode(rx->pdu, rx->len, &ind), 0);
    link_start(link, room, &ind, rx->end);
    const struct upper_event *event = upper_expect(central, UP_CONNECTED, SIM_MS(1));
    assert_int_equal(event->status, 0);
    assert_true(event->info.central);
}

static void link_at_instant(struct link *link)
{
    struct link_instant *instant = &link->instant;

    if (instant->update) {
        link->anchor += SIM_US(1250) * instant->win_offset_1250us + instant->late;
        link->ind.interval_1250us = instant->interval_1250us;
    }
    if (instant->map)
        assert_true(ll_chan_set_map(&link->chan, instant->channel_map));
    *instant = (struct link_instant){0};
}

void link_skip(struct link *link, unsigned events)
{
    for (; events > 0; events--) {
        link->counter++;
        link->anchor += SIM_US(1250) * link->ind.interval_1250us;
        if (link->counter == link->instant.at)
            link_at_instant(link);
    }
    link->channel = ll_chan_select(&link->chan, link->counter);
    link->last_end = 0;
}

/* Called at the first packet of an event; the next event follows when this one is over. */
void link_begin(struct link *link)
{
    if (link->last_end)
        link_skip(link, 1);
}

void link_send_raw(struct link *link, const uint8_t *pdu, size_t len, bool bad_crc)
{
    const sim_ns start = link->last_end ? link->last_end + LL_T_IFS : link->anchor;

    lower_send(link->room, &(struct radio_packet){
                                .start = start,
                                .mhz = ll_channel_mhz(link->channel),
                                .phy = (uint8_t)link->tx_phy,
                                .direction = link->central ? AIR_CENTRAL_TO_PERIPHERAL
                                                           : AIR_PERIPHERAL_TO_CENTRAL,
                                .access_address = link->ind.access_address,
                                .crc_init = link->ind.crc_init,
                                .pdu = pdu,
                                .len = len,
                                .bad_crc = bad_crc,
                            });
    link->last_end = start + ll_air_time(link->tx_phy, len);
}

void link_send(struct link *link, uint8_t llid, const void *payload, size_t len, bool md)
{
    uint8_t pdu[LL_PDU_MAX];
    struct wr w = wr_init(pdu, sizeof pdu);
    const struct ll_data_header header = {
        .llid = llid, .nesn = link->nesn, .sn = link->sn, .md = md, .length = (uint8_t)len};

    wr_ll_data_header(&w, &header);
    wr_bytes(&w, payload, len);
    assert_true(wr_ok(&w));
    link_send_raw(link, pdu, w.len, false);
}

void link_send_empty(struct link *link, bool md)
{
    link_send(link, LL_LLID_CONTINUATION, NULL, 0, md);
}

void link_hear(struct link *link)
{
    const bool first = link->last_end == 0;
    const sim_ns expected = first ? link->anchor : link->last_end + LL_T_IFS;
    const struct radio_rx *rx =
        lower_hear(link->room, expected + SIM_MS(3) - ll_room_now(link->room));
    struct rd r = rd_init(rx->pdu, rx->len);

    assert_int_equal(rx->access_address, link->ind.access_address);
    assert_true(rx->crc_ok);
    assert_int_equal(ll_mhz_channel(rx->mhz), link->channel);
    assert_int_equal(rx->start, expected);
    assert_int_equal(rx->phy, link->rx_phy);
    link->header = rd_ll_data_header(&r);
    assert_true(rd_ok(&r) && rd_left(&r) == link->header.length);
    memcpy(link->pdu, rx->pdu, rx->len);
    link->len = rx->len;
    link->start = rx->start;
    link->last_end = rx->end;
    link->acked = link->header.nesn != link->sn;
    if (link->acked)
        link->sn = !link->sn;
    link->new_data = link->header.sn == link->nesn;
    if (link->new_data)
        link->nesn = !link->nesn;
}

void link_expect(struct link *link, uint8_t llid, const void *payload, size_t len, bool md)
{
    link_hear(link);
    assert_int_equal(link->header.llid, llid);
    assert_int_equal(link->header.length, len);
    if (len)
        assert_memory_equal(link->pdu + 2, payload, len);
    assert_int_equal(link->header.md, md);
}

void link_expect_empty(struct link *link)
{
    link_expect(link, LL_LLID_CONTINUATION, NULL, 0, false);
}

void link_expect_nothing(struct link *link)
{
    const sim_ns until = link->last_end + LL_T_IFS + SIM_US(100);

    lower_expect_silence(link->room, until - ll_room_now(link->room));
}

void link_event(struct link *link, uint8_t llid, const void *payload, size_t len)
{
    link_begin(link);
    if (link->central) {
        link_send(link, llid, payload, len, false);
        link_expect_empty(link);
    } else {
        link_expect_empty(link);
        link_send(link, llid, payload, len, false);
    }
    link_expect_nothing(link);
}

void link_idle_event(struct link *link)
{
    link_event(link, LL_LLID_CONTINUATION, NULL, 0);
}

/* --- control PDUs --- */

void link_expect_control(struct link *link, const uint8_t *pdu, size_t len)
{
    link_begin(link);
    if (link->central)
        link_send_empty(link, false);
    link_expect(link, LL_LLID_CONTROL, pdu, len, false);
    if (!link->central)
        link_send_empty(link, false);
    link_expect_nothing(link);
    if (link->central)
        link_idle_event(link);
}

void link_send_control(struct link *link, const uint8_t *pdu, size_t len)
{
    link_event(link, LL_LLID_CONTROL, pdu, len);
    assert_true(!link->central || link->acked);
}

void link_exchange_control(struct link *link, const uint8_t *pdu, size_t len,
                           const uint8_t *answer, size_t answer_len)
{
    if (!link->central) {
        link_send_control(link, pdu, len);
        link_expect_control(link, answer, answer_len);
        return;
    }
    link_begin(link);
    link_send(link, LL_LLID_CONTROL, pdu, len, false);
    link_expect(link, LL_LLID_CONTROL, answer, answer_len, false);
    assert_true(link->acked);
    link_expect_nothing(link);
    link_idle_event(link);
}

size_t link_update_ind(uint8_t pdu[static LINK_CONTROL_MAX], const struct link_update *update)
{
    struct wr w = wr_init(pdu, LINK_CONTROL_MAX);

    wr_u8(&w, LL_CONNECTION_UPDATE_IND);
    wr_u8(&w, update->win_size_1250us);
    wr_u16(&w, update->win_offset_1250us);
    wr_u16(&w, update->interval_1250us);
    wr_u16(&w, update->latency);
    wr_u16(&w, update->timeout_10ms);
    wr_u16(&w, update->instant);
    return w.len;
}

size_t link_map_ind(uint8_t pdu[static LINK_CONTROL_MAX], const uint8_t map[static 5],
                    uint16_t instant)
{
    struct wr w = wr_init(pdu, LINK_CONTROL_MAX);

    wr_u8(&w, LL_CHANNEL_MAP_IND);
    wr_bytes(&w, map, 5);
    wr_u16(&w, instant);
    return w.len;
}

size_t link_param_pdu(uint8_t pdu[static LINK_CONTROL_MAX], uint8_t opcode,
                      const struct link_params *params)
{
    struct wr w = wr_init(pdu, LINK_CONTROL_MAX);

    wr_u8(&w, opcode);
    wr_u16(&w, params->interval_min_1250us);
    wr_u16(&w, params->interval_max_1250us);
    wr_u16(&w, params->latency);
    wr_u16(&w, params->timeout_10ms);
    wr_u8(&w, params->periodicity_1250us);
    wr_u16(&w, params->reference);
    wr_fill(&w, 0xFF, 12);
    return w.len;
}

void link_follow_update(struct link *link, const struct link_update *update, sim_ns late)
{
    link->instant = (struct link_instant){
        .update = true,
        .at = update->instant,
        .win_offset_1250us = update->win_offset_1250us,
        .interval_1250us = update->interval_1250us,
        .late = late,
    };
}

void link_follow_map(struct link *link, const uint8_t map[static 5], uint16_t instant)
{
    link->instant = (struct link_instant){.map = true, .at = instant};
    memcpy(link->instant.channel_map, map, 5);
}

/* --- a room with one connection --- */

static void room_open(struct link_room *r, uint64_t features)
{
    struct sim_controller_profile profile = upper_profile(1);

    profile.le_features = features;
    ll_room_open(&r->room, 3);
    r->upper = upper_new(&r->room, "iut", &profile);
}

void link_room_open_peripheral(struct link_room *r, const struct ll_connect_ind *ind)
{
    const struct ll_connect_ind usual = link_connect_ind(upper_address(1));

    room_open(r, UINT64_MAX);
    link_open_central(&r->link, r->upper, ind ? ind : &usual);
}

void link_room_open_central(struct link_room *r, bool ch_sel)
{
    room_open(r, UINT64_MAX);
    link_open_peripheral(&r->link, r->upper, ch_sel);
}

void link_room_open(struct link_room *r, bool central, uint64_t features)
{
    const struct ll_connect_ind ind = link_connect_ind(upper_address(1));

    room_open(r, features);
    if (central)
        link_open_peripheral(&r->link, r->upper, false);
    else
        link_open_central(&r->link, r->upper, &ind);
    link_idle_event(&r->link);
}

void link_idle_events(struct link_room *r, unsigned events)
{
    while (events-- > 0)
        link_idle_event(&r->link);
}

void link_quiet_events(struct link_room *r, unsigned events)
{
    link_idle_events(r, events);
    upper_expect_none(r->upper);
}

const struct link_role link_roles[2] = {{"central", true}, {"peripheral", false}};
