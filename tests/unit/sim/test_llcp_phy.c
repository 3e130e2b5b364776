/* SPDX-License-Identifier: MIT */
/*
 * PHY update (Core v5.4, Vol 6, Part B, 5.1.10) between an upper and a lower tester: both ends'
 * procedures in both roles, what the central decides, and the instant. Both testers and the link
 * change PHY in the same event; from then on each packet's air time and T_IFS are checked on the
 * new one.
 */
#include "link_tester.h"
#include "rows.h"

#define M1    0x01
#define M2    0x02
#define CODED 0x04
#define ALL   0x07

/* The profile's features, less those that have nothing to do with this. */
#define FEATURES                                                                                   \
    (UINT64_C(0x0C) | UINT64_C(1) << LL_FEATURE_2M_PHY | UINT64_C(1) << LL_FEATURE_CODED_PHY)

struct role_row {
    const char *name;
    bool central; /* the Link Layer under test */
};

static const struct role_row roles[] = {{"central", true}, {"peripheral", false}};

static void expect_quiet_events(struct link_room *f, unsigned events)
{
    while (events-- > 0)
        link_idle_event(&f->link);
    upper_expect_none(f->upper);
}

static uint8_t set_phy(struct link_room *f, uint8_t tx, uint8_t rx, uint16_t options)
{
    const struct ll_phy_params params = {
        .all_phys = (uint8_t)((tx ? 0 : 1) | (rx ? 0 : 2)),
        .tx_phys = tx,
        .rx_phys = rx,
        .options = options,
    };
    const uint8_t status = ll_set_phy(f->upper->ll, 0, &params);

    ll_room_run(&f->room, 0);
    return status;
}

static void expect_told(struct link_room *f, uint8_t status, uint8_t tx, uint8_t rx)
{
    const struct upper_event *event = upper_expect(f->upper, UP_PHY, 0);
    struct ll_phy_masks phys;

    assert_int_equal(event->status, status);
    assert_int_equal(event->handle, 0);
    assert_int_equal(event->phys.tx, tx);
    assert_int_equal(event->phys.rx, rx);
    assert_int_equal(ll_read_phy(f->upper->ll, 0, &phys), 0);
    assert_int_equal(phys.tx, tx);
    assert_int_equal(phys.rx, rx);
}

/* As HCI numbers them. */
static uint8_t number(enum radio_phy phy)
{
    return phy == RADIO_PHY_CODED_S2 ? 3 : (uint8_t)phy;
}

/* Up to the instant; there the host is told, and `tx` and `rx` (of the link under test) begin. */
static void follow(struct link_room *f, uint16_t instant, enum radio_phy tx, enum radio_phy rx)
{
    while (f->link.counter != (uint16_t)(instant - 1))
        link_idle_event(&f->link);
    const sim_ns at = f->link.anchor + SIM_US(1250) * f->link.ind.interval_1250us;

    upper_expect_none(f->upper);
    ll_room_run(&f->room, at - 1 - ll_room_now(&f->room));
    upper_expect_none(f->upper);
    ll_room_run(&f->room, 1);
    expect_told(f, 0, number(tx), number(rx));
    f->link.rx_phy = tx;
    f->link.tx_phy = rx;
    expect_quiet_events(f, 5);
}

/* An LL_PHY_UPDATE_IND of the central under test; returns its instant. */
static uint16_t expect_decision(struct link_room *f, uint8_t c_to_p, uint8_t p_to_c)
{
    link_begin(&f->link);
    link_hear(&f->link);
    assert_int_equal(f->link.header.llid, LL_LLID_CONTROL);
    assert_int_equal(f->link.header.length, 5);
    assert_int_equal(f->link.pdu[2], LL_PHY_UPDATE_IND);
    assert_int_equal(f->link.pdu[3], c_to_p);
    assert_int_equal(f->link.pdu[4], p_to_c);
    const uint16_t instant = (uint16_t)(f->link.pdu[5] | f->link.pdu[6] << 8);
    if (c_to_p || p_to_c)
        assert_int_equal(instant, f->link.counter + 6);
    else
        assert_int_equal(instant, 0);
    link_send_empty(&f->link, false);
    link_expect_nothing(&f->link);
    return instant;
}

static size_t update_ind(uint8_t pdu[static 5], uint8_t c_to_p, uint8_t p_to_c, uint16_t instant)
{
    struct wr w = wr_init(pdu, 5);

    wr_u8(&w, LL_PHY_UPDATE_IND);
    wr_u8(&w, c_to_p);
    wr_u8(&w, p_to_c);
    wr_u16(&w, instant);
    return w.len;
}

/* --- what the central decides --- */

struct decision_row {
    const char *name;
    uint8_t tx, rx;             /* our host's, 0: no preference */
    uint8_t peer_tx, peer_rx;   /* the peripheral's */
    uint16_t options;
    uint8_t c_to_p, p_to_c;     /* decided */
    enum radio_phy now_tx, now_rx;
};

static const struct decision_row decisions[] = {
    {"2M both ways", M2, M2, ALL, ALL, 0, M2, M2, RADIO_PHY_2M, RADIO_PHY_2M},
    {"no preference", 0, 0, M1 | M2, M1 | M2, 0, M2, M2, RADIO_PHY_2M, RADIO_PHY_2M},
    {"coded, S=8", CODED, CODED, ALL, ALL, 0, CODED, CODED, RADIO_PHY_CODED_S8,
     RADIO_PHY_CODED_S8},
    {"coded, S=2 liked", CODED, CODED, ALL, ALL, LL_PHY_PREFER_S2, CODED, CODED,
     RADIO_PHY_CODED_S2, RADIO_PHY_CODED_S8},
    {"coded, S=8 liked", CODED, CODED, CODED, CODED, LL_PHY_PREFER_S8, CODED, CODED,
     RADIO_PHY_CODED_S8, RADIO_PHY_CODED_S8},
    {"two directions", M2, CODED, ALL, ALL, 0, M2, CODED, RADIO_PHY_2M, RADIO_PHY_CODED_S8},
    {"one direction", M2, M1, ALL, ALL, 0, M2, 0, RADIO_PHY_2M, RADIO_PHY_1M},
    {"the other", M2, M2, M2, M1, 0, 0, M2, RADIO_PHY_1M, RADIO_PHY_2M},
    {"nothing in common", M2, M2, CODED, CODED, 0, 0, 0, RADIO_PHY_1M, RADIO_PHY_1M},
    {"as it is", M1, M1, ALL, ALL, 0, 0, 0, RADIO_PHY_1M, RADIO_PHY_1M},
    {"the peer likes nothing", 0, 0, 0, 0, 0, 0, 0, RADIO_PHY_1M, RADIO_PHY_1M},
    {"reserved bits", 0, 0, 0xF8, 0xF8 | M2, 0, M2, 0, RADIO_PHY_2M, RADIO_PHY_1M},
};

/*
 * UT            central (IUT)           peripheral (LT)
 *  set PHY ->    |  LL_PHY_REQ -->
 *                |  <-- LL_PHY_RSP
 *                |  LL_PHY_UPDATE_IND -->
 *                |  ... six events on
 *  <- told       |  on the new PHYs
 */
static void central_asks(void **state)
{
    const struct decision_row *row = *state;
    const uint8_t req[] = {LL_PHY_REQ, row->tx ? row->tx : ALL, row->rx ? row->rx : ALL};
    const uint8_t rsp[] = {LL_PHY_RSP, row->peer_tx, row->peer_rx};
    struct link_room f;

    link_room_open(&f, true, FEATURES);
    assert_int_equal(set_phy(&f, row->tx, row->rx, row->options), 0);
    assert_int_equal(set_phy(&f, row->tx, row->rx, row->options), HCI_ERR_COMMAND_DISALLOWED);
    link_expect_control(&f.link, req, sizeof req);
    expect_quiet_events(&f, 2);
    link_send_control(&f.link, rsp, sizeof rsp);
    if (!row->c_to_p && !row->p_to_c)
        expect_told(&f, 0, 1, 1);
    const uint16_t instant = expect_decision(&f, row->c_to_p, row->p_to_c);
    if (row->c_to_p || row->p_to_c)
        follow(&f, instant, row->now_tx, row->now_rx);
    expect_quiet_events(&f, 8);
    ll_room_close(&f.room);
}

/* The peripheral asks: the central's own host has said what it likes, or nothing. */
static void central_answers(void **state)
{
    const struct decision_row *row = *state;
    const struct ll_phy_params like = {
        .all_phys = (uint8_t)((row->tx ? 0 : 1) | (row->rx ? 0 : 2)),
        .tx_phys = row->tx,
        .rx_phys = row->rx,
    };
    const uint8_t req[] = {LL_PHY_REQ, row->peer_tx, row->peer_rx};
    struct sim_controller_profile profile = upper_profile(1);
    struct link_room f;

    if (row->options)
        return; /* a default has none */
    profile.le_features = FEATURES;
    ll_room_open(&f.room, 3);
    f.upper = upper_new(&f.room, "iut", &profile);
    assert_int_equal(ll_set_default_phy(f.upper->ll, &like), 0);
    link_open_peripheral(&f.link, f.upper, false);
    expect_quiet_events(&f, 2);
    link_send_control(&f.link, req, sizeof req);
    const uint16_t instant = expect_decision(&f, row->c_to_p, row->p_to_c);
    if (row->c_to_p || row->p_to_c)
        follow(&f, instant, row->now_tx, row->now_rx);
    expect_quiet_events(&f, 8);
    ll_room_close(&f.room);
}

/* --- what the peripheral follows --- */

struct follow_row {
    const char *name;
    uint8_t c_to_p, p_to_c;
    enum radio_phy now_tx, now_rx; /* of the peripheral */
    uint16_t events;               /* from the LL_PHY_UPDATE_IND to the instant */
};

static const struct follow_row follows[] = {
    {"2M both ways", M2, M2, RADIO_PHY_2M, RADIO_PHY_2M, 6},
    {"2M to it", M2, 0, RADIO_PHY_1M, RADIO_PHY_2M, 6},
    {"2M from it", 0, M2, RADIO_PHY_2M, RADIO_PHY_1M, 6},
    {"coded", CODED, CODED, RADIO_PHY_CODED_S8, RADIO_PHY_CODED_S8, 6},
    {"coded and 2M", CODED, M2, RADIO_PHY_2M, RADIO_PHY_CODED_S8, 6},
    {"reserved bits", 0xF8 | M2, 0xF8, RADIO_PHY_1M, RADIO_PHY_2M, 6},
    {"the next event", M2, M2, RADIO_PHY_2M, RADIO_PHY_2M, 1},
    {"far off", M2, M2, RADIO_PHY_2M, RADIO_PHY_2M, 300},
};

static void peripheral_asks(void **state)
{
    const struct follow_row *row = *state;
    const uint8_t req[] = {LL_PHY_REQ, M2, CODED};
    struct link_room f;
    uint8_t ind[5];

    link_room_open(&f, false, FEATURES);
    assert_int_equal(set_phy(&f, M2, CODED, 0), 0);
    link_expect_control(&f.link, req, sizeof req);
    const uint16_t instant = (uint16_t)(f.link.counter + 1 + row->events);
    link_send_control(&f.link, ind, update_ind(ind, row->c_to_p, row->p_to_c, instant));
    follow(&f, instant, row->now_tx, row->now_rx);
    ll_room_close(&f.room);
}

static void peripheral_answers(void **state)
{
    const struct follow_row *row = *state;
    const uint8_t req[] = {LL_PHY_REQ, ALL, ALL}, rsp[] = {LL_PHY_RSP, ALL, ALL};
    struct link_room f;
    uint8_t ind[5];

    link_room_open(&f, false, FEATURES);
    link_exchange_control(&f.link, req, sizeof req, rsp, sizeof rsp);
    const uint16_t instant = (uint16_t)(f.link.counter + 1 + row->events);
    link_send_control(&f.link, ind, update_ind(ind, row->c_to_p, row->p_to_c, instant));
    follow(&f, instant, row->now_tx, row->now_rx);
    ll_room_close(&f.room);
}

static void peripheral_told_of_no_change(void **state)
{
    const uint8_t req[] = {LL_PHY_REQ, M2, M2}, rsp[] = {LL_PHY_RSP, M2, M2};
    struct link_room f;
    uint8_t ind[5];
    (void)state;

    link_room_open(&f, false, FEATURES);
    update_ind(ind, 0, 0, 0);
    assert_int_equal(set_phy(&f, M2, M2, 0), 0);
    link_expect_control(&f.link, req, sizeof req);
    link_send_control(&f.link, ind, sizeof ind);
    expect_told(&f, 0, 1, 1);
    /* The peer's own: its host alone hears of it. */
    link_exchange_control(&f.link, req, sizeof req, rsp, sizeof rsp);
    link_send_control(&f.link, ind, sizeof ind);
    expect_quiet_events(&f, 2);
    link_send_control(&f.link, ind, sizeof ind); /* nobody asked */
    expect_quiet_events(&f, 2);
    /* Another procedure can begin. */
    assert_int_equal(set_phy(&f, M2, M2, 0), 0);
    link_expect_control(&f.link, req, sizeof req);
    ll_room_close(&f.room);
}

/* --- bad values --- */

struct bad_row {
    const char *name;
    uint8_t c_to_p, p_to_c;
    int events; /* to the instant */
    uint8_t reason;
    bool unsupported; /* the Link Layer under test has LE 2M alone */
};

static const struct bad_row bad[] = {
    {"two PHYs", M1 | M2, M2, 6, HCI_ERR_INVALID_LL_PARAMETERS, false},
    {"all PHYs back", M2, ALL, 6, HCI_ERR_INVALID_LL_PARAMETERS, false},
    {"one that it has not", CODED, 0, 6, HCI_ERR_INVALID_LL_PARAMETERS, true},
    {"instant just passed", M2, M2, -1, HCI_ERR_INSTANT_PASSED, false},
    {"instant long passed", M2, M2, -32000, HCI_ERR_INSTANT_PASSED, false},
};

static void bad_indication(void **state)
{
    const struct bad_row *row = *state;
    const uint8_t terminate[] = {LL_TERMINATE_IND, row->reason};
    struct link_room f;
    uint8_t ind[5];

    link_room_open(&f, false,
                   row->unsupported ? UINT64_C(1) << LL_FEATURE_2M_PHY : FEATURES);
    update_ind(ind, row->c_to_p, row->p_to_c, (uint16_t)(f.link.counter + 1 + row->events));
    link_begin(&f.link);
    link_send(&f.link, LL_LLID_CONTROL, ind, sizeof ind, false);
    if (row->reason == HCI_ERR_INVALID_LL_PARAMETERS) {
        link_expect(&f.link, LL_LLID_CONTROL, terminate, sizeof terminate, false);
        link_begin(&f.link);
        link_send_empty(&f.link, false);
    }
    assert_int_equal(upper_expect(f.upper, UP_DISCONNECTED, SIM_MS(40))->status, row->reason);
    lower_forget(&f.room);
    ll_room_close(&f.room);
}

struct host_row {
    const char *name;
    struct ll_phy_params params;
    uint8_t status;
    uint8_t default_status; /* of LE Set Default PHY */
};

static const struct host_row host_values[] = {
    {"no preference", {3, 0, 0, 0}, 0, 0},
    {"no preference wins", {3, 0xFF, 0xFF, 0}, 0, 0},
    {"1M and 2M", {0, M1 | M2, M2, 0}, 0, 0},
    {"no tx PHY", {0, 0, M1, 0}, 0x12, 0x12},
    {"no rx PHY", {1, 0, 0, 0}, 0x12, 0x12},
    {"tx coded, which it has not", {0, CODED, M1, 0}, 0x11, 0x11},
    {"rx reserved", {1, 0, 0x08, 0}, 0x11, 0x11},
    {"options reserved", {3, 0, 0, 3}, 0x12, 0},
};

static void host_value(void **state)
{
    const struct host_row *row = *state;
    struct ll_phy_masks phys;
    struct link_room f;

    link_room_open(&f, false, UINT64_C(1) << LL_FEATURE_2M_PHY);
    assert_int_equal(ll_set_default_phy(f.upper->ll, &row->params), row->default_status);
    assert_int_equal(ll_set_phy(f.upper->ll, 1, &row->params), 0x02);
    assert_int_equal(ll_read_phy(f.upper->ll, 1, &phys), 0x02);
    assert_int_equal(ll_set_phy(f.upper->ll, 0, &row->params), row->status);
    ll_room_close(&f.room);
}

/* --- refusals, collisions, silence --- */

struct refusal_row {
    const char *name;
    uint8_t pdu[3];
    size_t len;
    uint8_t status;
};

static const struct refusal_row refusals[] = {
    {"unknown", {LL_UNKNOWN_RSP, LL_PHY_REQ}, 2, 0x1A},
    {"rejected", {LL_REJECT_EXT_IND, LL_PHY_REQ, 0x1E}, 3, 0x1E},
    {"collided", {LL_REJECT_EXT_IND, LL_PHY_REQ, 0x23}, 3, 0x23},
};

static void refused(void **state)
{
    const struct refusal_row *row = *state;

    for (int central = 0; central < 2; central++) {
        const uint8_t req[] = {LL_PHY_REQ, M2, M2};
        struct link_room f;

        link_room_open(&f, central, FEATURES);
        assert_int_equal(set_phy(&f, M2, M2, 0), 0);
        link_expect_control(&f.link, req, sizeof req);
        link_send_control(&f.link, row->pdu, row->len);
        expect_told(&f, row->status, 1, 1);
        expect_quiet_events(&f, 3);
        ll_room_close(&f.room);
    }
}

/* The peer's features say neither LE 2M nor LE Coded: nothing goes on the air. */
static void unfeatured(void **state)
{
    const struct role_row *row = *state;
    const uint8_t req[9] = {row->central ? LL_PERIPHERAL_FEATURE_REQ : LL_FEATURE_REQ, 0xFF};
    struct link_room f;
    uint8_t rsp[9] = {LL_FEATURE_RSP, 0x0C, 0x09};

    link_room_open(&f, row->central, FEATURES);
    link_exchange_control(&f.link, req, sizeof req, rsp, sizeof rsp);
    assert_int_equal(set_phy(&f, M2, M2, 0), 0);
    expect_told(&f, HCI_ERR_UNSUPPORTED_REMOTE_FEATURE, 1, 1);
    expect_quiet_events(&f, 3);
    ll_room_close(&f.room);
}

/* 5.3: both ask at once. The central's goes on, the peripheral's is rejected. */
static void collision_at_the_central(void **state)
{
    const uint8_t req[] = {LL_PHY_REQ, M2, M2}, rsp[] = {LL_PHY_RSP, ALL, ALL};
    const uint8_t reject[] = {LL_REJECT_EXT_IND, LL_PHY_REQ, HCI_ERR_LL_PROCEDURE_COLLISION};
    struct link_room f;
    (void)state;

    link_room_open(&f, true, FEATURES);
    assert_int_equal(set_phy(&f, M2, M2, 0), 0);
    link_expect_control(&f.link, req, sizeof req);
    link_exchange_control(&f.link, req, sizeof req, reject, sizeof reject);
    link_send_control(&f.link, rsp, sizeof rsp);
    follow(&f, expect_decision(&f, M2, M2), RADIO_PHY_2M, RADIO_PHY_2M);
    ll_room_close(&f.room);
}

static void collision_at_the_peripheral(void **state)
{
    const uint8_t req[] = {LL_PHY_REQ, M2, M2}, rsp[] = {LL_PHY_RSP, M2, M2};
    const uint8_t reject[] = {LL_REJECT_EXT_IND, LL_PHY_REQ, HCI_ERR_LL_PROCEDURE_COLLISION};
    struct link_room f;
    uint8_t ind[5];
    (void)state;

    link_room_open(&f, false, FEATURES);
    assert_int_equal(set_phy(&f, M2, M2, 0), 0);
    link_expect_control(&f.link, req, sizeof req);
    link_exchange_control(&f.link, req, sizeof req, rsp, sizeof rsp);
    link_send_control(&f.link, reject, sizeof reject);
    expect_told(&f, HCI_ERR_LL_PROCEDURE_COLLISION, 1, 1);
    const uint16_t instant = (uint16_t)(f.link.counter + 7);
    link_send_control(&f.link, ind, update_ind(ind, M2, M2, instant));
    follow(&f, instant, RADIO_PHY_2M, RADIO_PHY_2M);
    ll_room_close(&f.room);
}

static void never_answered(void **state)
{
    const struct role_row *row = *state;
    const uint8_t req[] = {LL_PHY_REQ, M2, M2};
    struct link_room f;

    link_room_open(&f, row->central, FEATURES);
    assert_int_equal(set_phy(&f, M2, M2, 0), 0);
    const sim_ns at = ll_room_now(&f.room);
    link_expect_control(&f.link, req, sizeof req);
    while (f.link.anchor + SIM_MS(31) < at + SIM_S(40))
        link_idle_event(&f.link);
    const struct upper_event *event = upper_expect(f.upper, UP_PHY, SIM_MS(60));
    assert_int_equal(event->status, HCI_ERR_LL_RESPONSE_TIMEOUT);
    assert_int_equal(event->at, at + SIM_S(40));
    assert_int_equal(upper_expect(f.upper, UP_DISCONNECTED, 0)->status,
                     HCI_ERR_LL_RESPONSE_TIMEOUT);
    lower_forget(&f.room);
    ll_room_close(&f.room);
}

/* The peripheral answered LL_PHY_REQ and the central's decision never comes. */
static void never_decided(void **state)
{
    const uint8_t req[] = {LL_PHY_REQ, M2, M2}, rsp[] = {LL_PHY_RSP, ALL, ALL};
    struct link_room f;
    (void)state;

    link_room_open(&f, false, FEATURES);
    link_begin(&f.link);
    link_send(&f.link, LL_LLID_CONTROL, req, sizeof req, false);
    const sim_ns at = f.link.last_end;
    link_expect(&f.link, LL_LLID_CONTROL, rsp, sizeof rsp, false);
    while (f.link.anchor + SIM_MS(31) < at + SIM_S(40))
        link_idle_event(&f.link);
    const struct upper_event *event = upper_expect(f.upper, UP_DISCONNECTED, SIM_MS(60));
    assert_int_equal(event->status, HCI_ERR_LL_RESPONSE_TIMEOUT);
    assert_int_equal(event->at, at + SIM_S(40));
    lower_forget(&f.room);
    ll_room_close(&f.room);
}

/* --- with data lengths --- */

/*
 * On LE Coded the effective times are 2704 us at least (4.5.10), and the host hears of it; back on
 * LE 1M they are what they were.
 */
static void times_change_with_the_phy(void **state)
{
    const uint8_t req[] = {LL_PHY_REQ, ALL, ALL}, rsp[] = {LL_PHY_RSP, ALL, ALL};
    static const uint8_t phys[] = {CODED, M1};
    struct link_room f;
    (void)state;

    link_room_open(&f, false,
                   FEATURES | UINT64_C(1) << LL_FEATURE_DATA_LENGTH_EXTENSION);
    for (int i = 0; i < 2; i++) {
        uint8_t ind[5];

        link_exchange_control(&f.link, req, sizeof req, rsp, sizeof rsp);
        const uint16_t instant = (uint16_t)(f.link.counter + 7);
        link_send_control(&f.link, ind, update_ind(ind, phys[i], phys[i], instant));
        while (f.link.counter != (uint16_t)(instant - 1))
            link_idle_event(&f.link);
        f.link.rx_phy = f.link.tx_phy = i == 0 ? RADIO_PHY_CODED_S8 : RADIO_PHY_1M;
        link_idle_event(&f.link);
        expect_told(&f, 0, i == 0 ? 3 : 1, i == 0 ? 3 : 1);
        const struct upper_event *event = upper_expect(f.upper, UP_LENGTH, 0);
        assert_int_equal(event->lengths.tx.octets, 27);
        assert_int_equal(event->lengths.tx.time_us, i == 0 ? 2704 : 328);
        assert_int_equal(event->lengths.rx.octets, 27);
        assert_int_equal(event->lengths.rx.time_us, i == 0 ? 2704 : 328);
        expect_quiet_events(&f, 2);
    }
    ll_room_close(&f.room);
}

/* Two Link Layers with the longest PDUs at the shortest interval, on each PHY: all arrives. */
static void longest_on_each_phy(void **state)
{
    static const uint8_t phys[] = {M2, CODED, M1, CODED};
    static const uint8_t data[251] = {1, 2, 3};
    struct sim_controller_profile one = upper_profile(1), two = upper_profile(2);
    struct ll_room room;
    uint64_t packets = 0;
    (void)state;

    ll_room_open(&room, 5);
    struct upper *central = upper_new(&room, "central", &one);
    struct upper *peripheral = upper_new(&room, "peripheral", &two);
    const struct ll_data_length most = ll_maximum_data_length(central->ll);
    assert_int_equal(most.time_us, 17040);
    assert_int_equal(ll_suggest_data_length(central->ll, most), 0);
    assert_int_equal(ll_suggest_data_length(peripheral->ll, most), 0);
    upper_connect(central, peripheral, 6);
    central->keep_nothing = true;
    peripheral->keep_nothing = true;
    for (size_t i = 0; i < sizeof phys; i++) {
        const struct ll_phy_params params = {
            .tx_phys = phys[i],
            .rx_phys = phys[i],
            .options = i == 3 ? LL_PHY_PREFER_S2 : LL_PHY_PREFER_S8,
        };

        assert_int_equal(ll_set_phy(central->ll, 0, &params), 0);
        for (int n = 0; n < 40; n++) {
            assert_int_equal(ll_acl_send(central->ll, 0, true, data, sizeof data), 0);
            assert_int_equal(ll_acl_send(peripheral->ll, 0, true, data, sizeof data), 0);
            packets++;
            ll_room_run(&room, SIM_MS(120));
        }
        struct ll_phy_masks now;
        assert_int_equal(ll_read_phy(central->ll, 0, &now), 0);
        assert_int_equal(now.tx, phys[i] == CODED ? 3 : phys[i]);
        assert_int_equal(now.rx, now.tx);
    }
    ll_room_run(&room, SIM_S(1));
    assert_int_equal(central->completed, packets);
    assert_int_equal(peripheral->completed, packets);
    assert_int_equal(central->acl_octets, packets * sizeof data);
    assert_int_equal(peripheral->acl_octets, packets * sizeof data);
    lower_forget(&room);
    ll_room_close_dirty(&room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(peripheral_told_of_no_change),
        cmocka_unit_test(collision_at_the_central),
        cmocka_unit_test(collision_at_the_peripheral),
        cmocka_unit_test(never_decided),
        cmocka_unit_test(times_change_with_the_phy),
        cmocka_unit_test(longest_on_each_phy),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    failed += RUN_ROWS(decisions, central_asks);
    failed += RUN_ROWS(decisions, central_answers);
    failed += RUN_ROWS(follows, peripheral_asks);
    failed += RUN_ROWS(follows, peripheral_answers);
    failed += RUN_ROWS(bad, bad_indication);
    failed += RUN_ROWS(host_values, host_value);
    failed += RUN_ROWS(refusals, refused);
    failed += RUN_ROWS(roles, unfeatured);
    failed += RUN_ROWS(roles, never_answered);
    return failed;
}
