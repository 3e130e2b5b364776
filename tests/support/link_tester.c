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
    assert_true(link->mic_ok);
    assert_int_equal(link->len, link->header.length + 2U);
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

void link_swap(struct link *link, const uint8_t *pdu, size_t len)
{
    const uint8_t llid = len ? LL_LLID_CONTROL : LL_LLID_CONTINUATION;

    link_begin(link);
    if (link->central) {
        link_send(link, llid, pdu, len, false);
        link_hear(link);
    } else {
        link_hear(link);
        link_send(link, llid, pdu, len, false);
    }
    link_expect_nothing(link);
}

void link_swap_control(struct link *link, const uint8_t *pdu, size_t len, uint8_t expected)
{
    link_swap(link, pdu, len);
    assert_int_equal(link->header.llid, LL_LLID_CONTROL);
    assert_true(link->header.length > 0);
    assert_int_equal(link->pdu[2], expected);
}

void link_swap_empty(struct link *link, const uint8_t *pdu, size_t len)
{
    link_swap(link, pdu, len);
    assert_int_equal(link->header.llid, LL_LLID_CONTINUATION);
    assert_int_equal(link->header.length, 0);
}

void link_idle_event(struct link *link)
{
    link_event(link, LL_LLID_CONTINUATION, NULL, 0);
}

/* --- encryption --- */

const uint8_t link_ltk[16] = {0x4C, 0x68, 0x38, 0x41, 0x39, 0xF5, 0x74, 0xD8,
                              0x36, 0xBC, 0xF3, 0x4E, 0x9D, 0xFB, 0x01, 0xBF};

struct ll_encrypt_params link_encrypt_params(void)
{
    struct ll_encrypt_params params = {.rand = 1, .ediv = 2};

    memcpy(params.ltk, link_ltk, sizeof params.ltk);
    return params;
}

void link_agree(struct link *link)
{
    static const uint8_t skd[8] = {LINK_SKD}, iv[4] = {LINK_IV};
    struct ll_session *session = &link->session;

    assert_true(link_take_session(link));
    memcpy(link->central ? session->skd_c : session->skd_p, skd, sizeof skd);
    memcpy(link->central ? session->iv_c : session->iv_p, iv, sizeof iv);
    assert_int_equal(link_key(link, link_ltk), 0);
}

/* The tester is the central. */
static void start_as_central(struct link *link, struct upper *upper, enum upper_kind told)
{
    static const uint8_t start_rsp[] = {LL_START_ENC_RSP};

    link_swap_control(link, LINK_ENC_REQ, LL_ENC_RSP);
    link_agree(link);
    upper_expect(upper, UP_KEY_REQUEST, 0);
    link_idle_event(link);
    assert_int_equal(ll_long_term_key_reply(upper->ll, 0, link_ltk), 0);
    link_swap_control(link, NULL, 0, LL_START_ENC_REQ);
    link_seal(link, true);
    link_swap_control(link, start_rsp, 1, LL_START_ENC_RSP);
    assert_int_equal(upper_expect(upper, told, 0)->status, 0);
    link_idle_event(link);
}

static void start_as_peripheral(struct link *link, struct upper *upper, enum upper_kind told)
{
    static const uint8_t start_req[] = {LL_START_ENC_REQ}, start_rsp[] = {LL_START_ENC_RSP};

    link_agree(link);
    link_swap_empty(link, LINK_ENC_RSP);
    link_swap_empty(link, start_req, 1);
    link_seal(link, true);
    link_swap_control(link, start_rsp, 1, LL_START_ENC_RSP);
    assert_int_equal(upper_expect(upper, told, 0)->status, 0);
    link_idle_event(link);
}

static void pause_as_central(struct link *link)
{
    static const uint8_t pause_req[] = {LL_PAUSE_ENC_REQ}, pause_rsp[] = {LL_PAUSE_ENC_RSP};

    link_swap_control(link, pause_req, 1, LL_PAUSE_ENC_RSP);
    link_seal(link, false);
    link_swap_empty(link, pause_rsp, 1);
}

void link_hear_restart(struct link *link)
{
    static const uint8_t pause_rsp[] = {LL_PAUSE_ENC_RSP};

    link_begin(link);
    link_expect(link, LL_LLID_CONTROL, pause_rsp, 1, true);
    link_send_empty(link, false);
    link_hear(link);
    assert_int_equal(link->pdu[2], LL_ENC_REQ);
    link_send_empty(link, false);
    link_expect_nothing(link);
}

static void pause_as_peripheral(struct link *link)
{
    static const uint8_t pause_rsp[] = {LL_PAUSE_ENC_RSP};

    link_swap_control(link, NULL, 0, LL_PAUSE_ENC_REQ);
    link_swap_empty(link, pause_rsp, 1);
    link_seal(link, false);
    link_hear_restart(link);
}

void link_encrypt(struct link *link, struct upper *upper)
{
    const struct ll_encrypt_params params = link_encrypt_params();
    const bool pause = link->tx_sealed;
    const enum upper_kind told = pause ? UP_REFRESHED : UP_ENCRYPTION;

    if (link->central) {
        if (pause)
            pause_as_central(link);
        start_as_central(link, upper, told);
        return;
    }
    assert_int_equal(ll_enable_encryption(upper->ll, 0, &params), 0);
    if (pause)
        pause_as_peripheral(link);
    else
        link_swap_control(link, NULL, 0, LL_ENC_REQ);
    start_as_peripheral(link, upper, told);
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
