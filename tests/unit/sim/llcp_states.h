/* SPDX-License-Identifier: MIT */
/*
 * A link in each state that its control procedures (Core v5.4, Vol 6, Part B, 5.1) can be in: into
 * the state, and from there to the procedure's end. For tests of what may come in between.
 */
#ifndef LLCP_STATES_H
#define LLCP_STATES_H

#include "link_tester.h"

#define ALL_FEATURES 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF
#define HOST_DECLINES HCI_ERR_UNACCEPTABLE_CONNECTION_PARAMETERS

enum state {
    IDLE,
    OUR_VERSION,   /* LL_VERSION_IND was sent, and so on: the peer's answer is due */
    OUR_FEATURES,
    OUR_PARAMS,
    OUR_LENGTH,
    OUR_PHY,
    THEIR_PARAMS,  /* LL_CONNECTION_PARAM_REQ came, the host has not replied */
    PARAMS_AGREED, /* peripheral: LL_CONNECTION_PARAM_RSP was sent */
    PHY_AGREED,    /* peripheral: LL_PHY_RSP was sent */
    UPDATE_AHEAD,  /* its instant is to come */
    MAP_AHEAD,
    PHY_AHEAD,
    TWICE,         /* idle, but for the same PDU before it */
    STATES,
};

struct hostile {
    struct link_room room;
    bool central;
    enum state state;
    uint16_t instant; /* of what is ahead */
};

static const struct ll_update_params wish = {
    .interval_min_1250us = 40, .interval_max_1250us = 40, .timeout_10ms = 200};
static const struct ll_phy_params only_2m = {.tx_phys = 0x02, .rx_phys = 0x02};
static const struct link_params wished = {40, 40, 0, 200, 0, 0};
static const uint8_t some_channels[5] = {0xFF, 0xFF, 0, 0, 0};

/* --- PDUs --- */

static void send_control(struct hostile *f, const uint8_t *pdu, size_t len)
{
    link_send_control(&f->room.link, pdu, len);
}

static void hear_control(struct hostile *f, const uint8_t *begin, size_t len)
{
    const struct link *link = &f->room.link;

    link_hear(&f->room.link);
    assert_int_equal(link->header.llid, LL_LLID_CONTROL);
    assert_true(link->header.length >= len);
    assert_memory_equal(link->pdu + 2, begin, len);
}

/* The IUT's next PDU is a control PDU that begins so; it is acknowledged. */
static void expect_control(struct hostile *f, const uint8_t *begin, size_t len)
{
    struct link *link = &f->room.link;

    link_begin(link);
    if (link->central)
        link_send_empty(link, false);
    hear_control(f, begin, len);
    if (!link->central)
        link_send_empty(link, false);
    link_expect_nothing(link);
    if (link->central)
        link_idle_event(link);
}

/* A peripheral answers at once, a central in its next event. */
static void exchange(struct hostile *f, const uint8_t *pdu, size_t len, const uint8_t *begin,
                     size_t begin_len)
{
    struct link *link = &f->room.link;

    if (!link->central) {
        send_control(f, pdu, len);
        expect_control(f, begin, begin_len);
        return;
    }
    link_begin(link);
    link_send(link, LL_LLID_CONTROL, pdu, len, false);
    hear_control(f, begin, begin_len);
    assert_true(link->acked);
    link_expect_nothing(link);
    link_idle_event(link);
}

static void expect_opcode(struct hostile *f, uint8_t opcode)
{
    expect_control(f, &opcode, 1);
}

static void expect_reject(struct hostile *f, uint8_t error)
{
    const uint8_t reject[] = {LL_REJECT_EXT_IND, LL_CONNECTION_PARAM_REQ, error};

    expect_control(f, reject, sizeof reject);
}

static void run_to_instant(struct hostile *f)
{
    while (f->room.link.counter != f->instant)
        link_idle_event(&f->room.link);
}

/* --- into a state, and out of it --- */

/* The tester, being the central, tells of a change so many events ahead; it will follow. */
static void announce_update(struct hostile *f, unsigned ahead)
{
    const struct link_update update = {1, 0, 40, 0, 200, (uint16_t)(f->room.link.counter + ahead)};
    uint8_t pdu[LINK_CONTROL_MAX];

    send_control(f, pdu, link_update_ind(pdu, &update));
    link_follow_update(&f->room.link, &update, 0);
    f->instant = update.instant;
}

static void announce_map(struct hostile *f, unsigned ahead)
{
    const uint16_t instant = (uint16_t)(f->room.link.counter + ahead);
    uint8_t pdu[LINK_CONTROL_MAX];

    send_control(f, pdu, link_map_ind(pdu, some_channels, instant));
    link_follow_map(&f->room.link, some_channels, instant);
    f->instant = instant;
}

static void announce_phy(struct hostile *f, uint8_t phys, unsigned ahead)
{
    const uint16_t instant = (uint16_t)(f->room.link.counter + ahead);
    const uint8_t pdu[] = {LL_PHY_UPDATE_IND, phys, phys, (uint8_t)instant,
                           (uint8_t)(instant >> 8)};

    send_control(f, pdu, sizeof pdu);
    f->instant = instant;
}

/* The IUT, being the central, does; the tester will follow. */
static void take_announcement(struct hostile *f, uint8_t opcode)
{
    struct link *link = &f->room.link;

    expect_opcode(f, opcode);
    struct rd r = rd_init(link->pdu + 3, link->header.length - 1U);
    if (opcode == LL_CHANNEL_MAP_IND) {
        rd_skip(&r, 5);
        f->instant = rd_u16(&r);
        link_follow_map(link, some_channels, f->instant);
    } else if (opcode == LL_PHY_UPDATE_IND) {
        rd_skip(&r, 2);
        f->instant = rd_u16(&r);
    } else {
        const struct link_update update = link_update_read(&r);

        f->instant = update.instant;
        link_follow_update(link, &update, 0);
    }
    assert_true(rd_ok(&r));
}

static void ask_params(struct hostile *f)
{
    uint8_t pdu[LINK_CONTROL_MAX];

    send_control(f, pdu, link_param_pdu(pdu, LL_CONNECTION_PARAM_REQ, &wished));
    upper_expect(f->room.upper, UP_PARAM_REQUEST, 0);
}

static void agree(struct hostile *f)
{
    ask_params(f);
    assert_int_equal(ll_param_request_reply(f->room.upper->ll, 0, &wish), 0);
}

/* PHY_REQ to PHY_RSP at a peripheral. */
static void agree_phy(struct hostile *f)
{
    static const uint8_t req[] = {LL_PHY_REQ, 0x02, 0x02};
    const uint8_t rsp = LL_PHY_RSP;

    exchange(f, req, sizeof req, &rsp, 1);
}

static void ask_phy(struct hostile *f)
{
    assert_int_equal(ll_set_phy(f->room.upper->ll, 0, &only_2m), 0);
    expect_opcode(f, LL_PHY_REQ);
}

static void enter_phy_ahead(struct hostile *f)
{
    static const uint8_t rsp[] = {LL_PHY_RSP, 0x02, 0x02};

    if (f->central) {
        ask_phy(f);
        send_control(f, rsp, sizeof rsp);
        take_announcement(f, LL_PHY_UPDATE_IND);
    } else {
        agree_phy(f);
        announce_phy(f, 0x02, 20);
    }
}

/* From the instant on, both ends are on the other PHY. */
static void leave_phy_ahead(struct hostile *f)
{
    f->instant--;
    run_to_instant(f);
    f->room.link.tx_phy = RADIO_PHY_2M;
    f->room.link.rx_phy = RADIO_PHY_2M;
    link_idle_event(&f->room.link);
    assert_int_equal(upper_expect(f->room.upper, UP_PHY, 0)->status, 0);
}

static void enter(struct hostile *f)
{
    struct ll *ll = f->room.upper->ll;

    switch (f->state) {
    case IDLE:
    case TWICE:
    case STATES:
        return;
    case OUR_VERSION:
        assert_int_equal(ll_read_remote_version(ll, 0), 0);
        expect_opcode(f, LL_VERSION_IND);
        return;
    case OUR_FEATURES:
        assert_int_equal(ll_read_remote_features(ll, 0), 0);
        expect_opcode(f, f->central ? LL_FEATURE_REQ : LL_PERIPHERAL_FEATURE_REQ);
        return;
    case OUR_PARAMS:
        assert_int_equal(ll_connection_update(ll, 0, &wish), 0);
        expect_opcode(f, LL_CONNECTION_PARAM_REQ);
        return;
    case OUR_LENGTH:
        assert_int_equal(ll_set_data_length(ll, 0, (struct ll_data_length){251, 2120}), 0);
        expect_opcode(f, LL_LENGTH_REQ);
        return;
    case OUR_PHY:
        ask_phy(f);
        return;
    case THEIR_PARAMS:
        ask_params(f);
        return;
    case PARAMS_AGREED:
        agree(f);
        expect_opcode(f, LL_CONNECTION_PARAM_RSP);
        return;
    case PHY_AGREED:
        agree_phy(f);
        return;
    case UPDATE_AHEAD:
        if (f->central) {
            agree(f);
            take_announcement(f, LL_CONNECTION_UPDATE_IND);
        } else {
            announce_update(f, 20);
        }
        return;
    case MAP_AHEAD:
        if (f->central) {
            assert_int_equal(ll_set_channel_classification(ll, some_channels), 0);
            take_announcement(f, LL_CHANNEL_MAP_IND);
        } else {
            announce_map(f, 20);
        }
        return;
    case PHY_AHEAD:
        enter_phy_ahead(f);
        return;
    }
}

/* The host is told how its procedure ended. */
static void expect_told(struct hostile *f, uint8_t status)
{
    struct upper *upper = f->room.upper;

    switch (f->state) {
    case OUR_VERSION:
        assert_int_equal(upper_expect(upper, UP_VERSION, 0)->status, status);
        return;
    case OUR_FEATURES:
        assert_int_equal(upper_expect(upper, UP_FEATURES, 0)->status, status);
        return;
    case OUR_PARAMS:
        assert_int_equal(upper_expect(upper, UP_UPDATED, 0)->status, status);
        return;
    case OUR_LENGTH: /* of changes alone */
        if (status == 0)
            assert_int_equal(upper_expect(upper, UP_LENGTH, 0)->lengths.tx.octets, 251);
        return;
    case PHY_AHEAD:
        if (!f->central)
            return; /* the peer's */
        /* fallthrough */
    case OUR_PHY:
        assert_int_equal(upper_expect(upper, UP_PHY, 0)->status, status);
        return;
    case IDLE:
    case THEIR_PARAMS:
    case PARAMS_AGREED:
    case PHY_AGREED:
    case UPDATE_AHEAD:
    case MAP_AHEAD:
    case TWICE:
    case STATES:
        return;
    }
}

static void decline(struct hostile *f)
{
    assert_int_equal(ll_param_request_negative_reply(f->room.upper->ll, 0, HOST_DECLINES), 0);
    expect_reject(f, HOST_DECLINES);
}

/* What was under way when the hostile PDU came goes on to its end. */
static void leave(struct hostile *f)
{
    static const uint8_t version[] = {LL_VERSION_IND, 9, 1, 0, 2, 0};
    static const uint8_t features[] = {LL_FEATURE_RSP, ALL_FEATURES};
    static const uint8_t length[] = {LL_LENGTH_RSP, 251, 0, 0x48, 0x08, 251, 0, 0x48, 0x08};
    static const uint8_t reject[] = {LL_REJECT_EXT_IND, LL_CONNECTION_PARAM_REQ, HOST_DECLINES};
    static const uint8_t reject_phy[] = {LL_REJECT_EXT_IND, LL_PHY_REQ, HOST_DECLINES};

    switch (f->state) {
    case IDLE:
    case TWICE:
    case STATES:
        return;
    case OUR_VERSION:
        send_control(f, version, sizeof version);
        expect_told(f, 0);
        return;
    case OUR_FEATURES:
        send_control(f, features, sizeof features);
        expect_told(f, 0);
        return;
    case OUR_PARAMS:
        send_control(f, reject, sizeof reject);
        expect_told(f, HOST_DECLINES);
        return;
    case OUR_LENGTH:
        send_control(f, length, sizeof length);
        expect_told(f, 0);
        return;
    case OUR_PHY:
        send_control(f, reject_phy, sizeof reject_phy);
        expect_told(f, HOST_DECLINES);
        return;
    case THEIR_PARAMS:
        decline(f);
        return;
    case PARAMS_AGREED:
        announce_update(f, 8);
        run_to_instant(f);
        assert_int_equal(upper_expect(f->room.upper, UP_UPDATED, 0)->status, 0);
        return;
    case UPDATE_AHEAD:
        run_to_instant(f);
        assert_int_equal(upper_expect(f->room.upper, UP_UPDATED, 0)->status, 0);
        return;
    case MAP_AHEAD:
        run_to_instant(f);
        return;
    case PHY_AGREED:
        announce_phy(f, 0, 0);
        return;
    case PHY_AHEAD:
        leave_phy_ahead(f);
        return;
    }
}

#endif
