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

static struct ll_room *room_of(const struct link *link)
{
    return link->user;
}

static void link_start(struct link *link, struct ll_room *room, const struct ll_connect_ind *ind,
                       bool central, sim_ns end)
{
    link->user = room;
    assert_true(link_init(link, ind, central, end));
    assert_int_equal(raw_radio_follow(room->lower, ind->access_address, ind->crc_init), 0);
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
    link_start(link, room, ind, true, start + ll_air_time(RADIO_PHY_1M, w.len));
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
    link_start(link, room, &ind, false, rx->end);
    const struct upper_event *event = upper_expect(central, UP_CONNECTED, SIM_MS(1));
    assert_int_equal(event->status, 0);
    assert_true(event->info.central);
}

/* Called at the first packet of an event; the next event follows when this one is over. */
void link_begin(struct link *link)
{
    if (link->last_end)
        link_skip(link, 1);
}

void link_send_raw(struct link *link, const uint8_t *pdu, size_t len, bool bad_crc)
{
    const sim_ns start = link_next_start(link);
    struct radio_packet packet = link_packet(link, start, pdu, len);

    packet.bad_crc = bad_crc;
    lower_send(room_of(link), &packet);
    link->last_end = start + ll_air_time(link->tx_phy, len);
}

void link_send(struct link *link, uint8_t llid, const void *payload, size_t len, bool md)
{
    uint8_t pdu[LL_PDU_MAX];
    const size_t pdu_len = link_pdu(link, pdu, llid, payload, len, md);

    assert_int_not_equal(pdu_len, 0);
    link_send_raw(link, pdu, pdu_len, false);
}

void link_send_empty(struct link *link, bool md)
{
    link_send(link, LL_LLID_CONTINUATION, NULL, 0, md);
}

void link_hear(struct link *link)
{
    const sim_ns expected = link_next_start(link);
    const struct radio_rx *rx =
        lower_hear(room_of(link), expected + SIM_MS(3) - ll_room_now(room_of(link)));

    assert_int_equal(rx->access_address, link->ind.access_address);
    assert_true(rx->crc_ok);
    assert_int_equal(ll_mhz_channel(rx->mhz), link->channel);
    assert_int_equal(rx->start, expected);
    assert_int_equal(rx->phy, link->rx_phy);
    assert_true(link_heard(link, rx));
    assert_int_equal(rx->len, link->header.length + 2U);
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

    lower_expect_silence(room_of(link), until - ll_room_now(room_of(link)));
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
