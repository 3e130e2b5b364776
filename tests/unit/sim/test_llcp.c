/* SPDX-License-Identifier: MIT */
/* Control procedures (Core v5.4, Vol 6, Part B, 5) between an upper and a lower tester. */
#include "ll_tester.h"
#include "rows.h"

/* What upper_profile() comes to: version 8, company 0x1234, subversion 0x5678. */
static const uint8_t our_version[] = {LL_VERSION_IND, 8, 0x34, 0x12, 0x78, 0x56};
static const uint8_t their_version[] = {LL_VERSION_IND, 9, 0x0F, 0x00, 0x02, 0x01};

/* Extended reject and peripheral-initiated features; channel selection #2 is not for the peer. */
#define OUR_FEATURES 0x0C

struct fixture {
    struct ll_room room;
    struct upper *upper;
    struct link link;
};

static void open_with(struct fixture *f, bool central, uint64_t features)
{
    struct sim_controller_profile profile = upper_profile(1);
    const struct ll_connect_ind ind = link_connect_ind(upper_address(1));

    profile.le_features = features;
    ll_room_open(&f->room, 9);
    f->upper = upper_new(&f->room, "iut", &profile);
    if (central)
        link_open_peripheral(&f->link, f->upper, false);
    else
        link_open_central(&f->link, f->upper, &ind);
    link_idle_event(&f->link);
}

static void open_link(struct fixture *f, bool central)
{
    open_with(f, central, UINT64_MAX);
}

/* One event in which the Link Layer under test sends a control PDU, which is acknowledged. */
static void expect_control(struct fixture *f, const uint8_t *pdu, size_t len)
{
    link_begin(&f->link);
    if (f->link.central)
        link_send_empty(&f->link, false);
    link_expect(&f->link, LL_LLID_CONTROL, pdu, len, false);
    if (!f->link.central)
        link_send_empty(&f->link, false);
    link_expect_nothing(&f->link);
    if (f->link.central)
        link_idle_event(&f->link);
}

/* One event in which it receives one, and has nothing to say to it. */
static void send_control(struct fixture *f, const uint8_t *pdu, size_t len)
{
    link_event(&f->link, LL_LLID_CONTROL, pdu, len);
    assert_true(!f->link.central || f->link.acked);
}

/* It receives one and answers: a peripheral at once, a central in its next event. */
static void exchange(struct fixture *f, const uint8_t *pdu, size_t len, const uint8_t *answer,
                     size_t answer_len)
{
    if (!f->link.central) {
        send_control(f, pdu, len);
        expect_control(f, answer, answer_len);
        return;
    }
    link_begin(&f->link);
    link_send(&f->link, LL_LLID_CONTROL, pdu, len, false);
    link_expect(&f->link, LL_LLID_CONTROL, answer, answer_len, false);
    assert_true(f->link.acked);
    link_expect_nothing(&f->link);
    link_idle_event(&f->link);
}

static void expect_quiet_events(struct fixture *f, unsigned events)
{
    while (events-- > 0)
        link_idle_event(&f->link);
    upper_expect_none(f->upper);
}

/* --- version exchange --- */

struct role_row {
    const char *name;
    bool central; /* the Link Layer under test */
};

static const struct role_row roles[] = {{"central", true}, {"peripheral", false}};

static void expect_their_version(struct fixture *f)
{
    const struct upper_event *event = upper_expect(f->upper, UP_VERSION, 0);

    assert_int_equal(event->status, 0);
    assert_int_equal(event->handle, 0);
    assert_int_equal(event->version.version, 9);
    assert_int_equal(event->version.company, 0x000F);
    assert_int_equal(event->version.subversion, 0x0102);
}

/*
 * UT                IUT                LT
 *  read version ->   |
 *                    |  LL_VERSION_IND -->
 *                    |  <-- LL_VERSION_IND
 *  <- version        |
 *  read version ->   |
 *  <- version        |    (nothing on the air)
 */
static void version_asked(void **state)
{
    const struct role_row *row = *state;
    struct fixture f;

    open_link(&f, row->central);
    assert_int_equal(ll_read_remote_version(f.upper->ll, 0), 0);
    assert_int_equal(ll_read_remote_version(f.upper->ll, 0), HCI_ERR_COMMAND_DISALLOWED);
    ll_room_run(&f.room, 0);
    assert_int_equal(ll_read_remote_version(f.upper->ll, 0), HCI_ERR_COMMAND_DISALLOWED);
    expect_control(&f, our_version, sizeof our_version);
    expect_quiet_events(&f, 3);
    send_control(&f, their_version, sizeof their_version);
    expect_their_version(&f);
    assert_int_equal(ll_read_remote_version(f.upper->ll, 0), 0);
    upper_expect_none(f.upper); /* not within the call */
    ll_room_run(&f.room, 0);
    expect_their_version(&f);
    expect_quiet_events(&f, 3);
    ll_room_close(&f.room);
}

/*
 * UT                IUT                LT
 *                    |  <-- LL_VERSION_IND
 *                    |  LL_VERSION_IND -->
 *                    |  <-- LL_VERSION_IND     (it should not; nothing comes of it)
 *  read version ->   |
 *  <- version        |    (nothing on the air)
 */
static void version_answered(void **state)
{
    const struct role_row *row = *state;
    const uint8_t again[] = {LL_VERSION_IND, 7, 0x77, 0x00, 0x07, 0x00};
    struct fixture f;

    open_link(&f, row->central);
    exchange(&f, their_version, sizeof their_version, our_version, sizeof our_version);
    send_control(&f, again, sizeof again);
    expect_quiet_events(&f, 3);
    assert_int_equal(ll_read_remote_version(f.upper->ll, 0), 0);
    ll_room_run(&f.room, 0);
    expect_their_version(&f);
    expect_quiet_events(&f, 3);
    ll_room_close(&f.room);
}

/* --- feature exchange --- */

static size_t features_pdu(uint8_t *pdu, uint8_t opcode, uint64_t features)
{
    struct wr w = wr_init(pdu, 9);

    wr_u8(&w, opcode);
    wr_u64(&w, features);
    return w.len;
}

static void features_asked(void **state)
{
    const struct role_row *row = *state;
    struct fixture f;
    uint8_t pdu[9];

    open_link(&f, row->central);
    assert_int_equal(ll_read_remote_features(f.upper->ll, 0), 0);
    ll_room_run(&f.room, 0);
    size_t len = features_pdu(pdu, row->central ? LL_FEATURE_REQ : LL_PERIPHERAL_FEATURE_REQ,
                              OUR_FEATURES);
    expect_control(&f, pdu, len);
    expect_quiet_events(&f, 2);
    len = features_pdu(pdu, LL_FEATURE_RSP, 0x8000000000000104);
    send_control(&f, pdu, len);
    for (int i = 0; i < 2; i++) {
        const struct upper_event *event = upper_expect(f.upper, UP_FEATURES, 0);

        assert_int_equal(event->status, 0);
        assert_true(event->features == 0x8000000000000104);
        expect_quiet_events(&f, 2);
        if (i == 0) {
            /* Known by now. */
            assert_int_equal(ll_read_remote_features(f.upper->ll, 0), 0);
            upper_expect_none(f.upper);
            ll_room_run(&f.room, 0);
        }
    }
    ll_room_close(&f.room);
}

/* Octet 0 of the answer is what both can; what we learned we need not ask for. */
static void features_answered(void **state)
{
    const struct role_row *row = *state;
    struct fixture f;
    uint8_t req[9], rsp[9];

    open_link(&f, row->central);
    features_pdu(req, row->central ? LL_PERIPHERAL_FEATURE_REQ : LL_FEATURE_REQ,
                 0xFFFFFFFFFFFFFF04);
    features_pdu(rsp, LL_FEATURE_RSP, 0x04);
    exchange(&f, req, sizeof req, rsp, sizeof rsp);
    assert_int_equal(ll_read_remote_features(f.upper->ll, 0), 0);
    ll_room_run(&f.room, 0);
    assert_true(upper_expect(f.upper, UP_FEATURES, 0)->features == 0xFFFFFFFFFFFFFF04);
    expect_quiet_events(&f, 2);
    ll_room_close(&f.room);
}

static void peripheral_without_feature_may_not_ask(void **state)
{
    struct fixture f;
    (void)state;

    open_with(&f, false, 0);
    assert_int_equal(ll_features(f.upper->ll), 0);
    assert_int_equal(ll_read_remote_features(f.upper->ll, 0), HCI_ERR_COMMAND_DISALLOWED);
    expect_quiet_events(&f, 2);
    ll_room_close(&f.room);
}

/* --- one local procedure after the other --- */

static void local_procedures_take_turns(void **state)
{
    const struct role_row *row = *state;
    struct fixture f;
    uint8_t req[9], rsp[9];

    open_link(&f, row->central);
    assert_int_equal(ll_read_remote_features(f.upper->ll, 0), 0);
    assert_int_equal(ll_read_remote_version(f.upper->ll, 0), 0);
    ll_room_run(&f.room, 0);
    expect_control(&f, our_version, sizeof our_version);
    expect_quiet_events(&f, 2);
    /* The peer's own procedure is answered meanwhile. */
    features_pdu(req, row->central ? LL_PERIPHERAL_FEATURE_REQ : LL_FEATURE_REQ, 0);
    features_pdu(rsp, LL_FEATURE_RSP, 0);
    exchange(&f, req, sizeof req, rsp, sizeof rsp);
    send_control(&f, their_version, sizeof their_version);
    expect_their_version(&f);
    ll_room_run(&f.room, 0);
    assert_true(upper_expect(f.upper, UP_FEATURES, 0)->features == 0);
    expect_quiet_events(&f, 2);
    ll_room_close(&f.room);
}

/* A control PDU goes before data, but between the fragments that are under way. */
static void control_before_data(void **state)
{
    static const uint8_t data[60] = {1};
    struct fixture f;
    (void)state;

    open_link(&f, false);
    assert_int_equal(ll_acl_send(f.upper->ll, 0, true, data, sizeof data), 0);
    link_begin(&f.link);
    link_send_empty(&f.link, false);
    link_expect(&f.link, LL_LLID_START, data, 27, true);
    assert_int_equal(ll_read_remote_version(f.upper->ll, 0), 0);
    ll_room_run(&f.room, 0);
    link_send_empty(&f.link, false);
    link_expect(&f.link, LL_LLID_CONTROL, our_version, sizeof our_version, true);
    link_send_empty(&f.link, false);
    link_expect(&f.link, LL_LLID_CONTINUATION, data + 27, 27, true);
    link_send(&f.link, LL_LLID_CONTROL, their_version, sizeof their_version, false);
    link_expect(&f.link, LL_LLID_CONTINUATION, data + 54, 6, false);
    expect_their_version(&f);
    link_idle_event(&f.link);
    upper_expect(f.upper, UP_COMPLETED, 0);
    ll_room_close(&f.room);
}

/* --- refusals, and nothing at all --- */

struct refusal_row {
    const char *name;
    bool central;
    uint8_t pdu[3];
    size_t len;
    uint8_t status; /* of remote_features(); 0xFF: ignored */
};

static const struct refusal_row refusals[] = {
    {"unknown", true, {LL_UNKNOWN_RSP, LL_FEATURE_REQ}, 2, 0x1A},
    {"unknown, peripheral", false, {LL_UNKNOWN_RSP, LL_PERIPHERAL_FEATURE_REQ}, 2, 0x1A},
    {"another opcode unknown", true, {LL_UNKNOWN_RSP, LL_PERIPHERAL_FEATURE_REQ}, 2, 0xFF},
    {"unknown, too long", true, {LL_UNKNOWN_RSP, LL_FEATURE_REQ, 0}, 3, 0xFF},
    {"unknown, too short", true, {LL_UNKNOWN_RSP}, 1, 0xFF},
    {"rejected", true, {LL_REJECT_IND, 0x1F}, 2, 0x1F},
    {"rejected for no reason", true, {LL_REJECT_IND, 0}, 2, 0x1F},
    {"rejected, too short", true, {LL_REJECT_IND}, 1, 0xFF},
    {"rejected, extended", true, {LL_REJECT_EXT_IND, LL_FEATURE_REQ, 0x3B}, 3, 0x3B},
    {"another rejected", true, {LL_REJECT_EXT_IND, LL_VERSION_IND, 0x3B}, 3, 0xFF},
};

static void refused(void **state)
{
    const struct refusal_row *row = *state;
    struct fixture f;
    uint8_t pdu[9];

    open_link(&f, row->central);
    assert_int_equal(ll_read_remote_features(f.upper->ll, 0), 0);
    ll_room_run(&f.room, 0);
    size_t len = features_pdu(pdu, row->central ? LL_FEATURE_REQ : LL_PERIPHERAL_FEATURE_REQ,
                              OUR_FEATURES);
    expect_control(&f, pdu, len);
    send_control(&f, row->pdu, row->len);
    if (row->status == 0xFF) {
        expect_quiet_events(&f, 3);
        len = features_pdu(pdu, LL_FEATURE_RSP, 0);
        send_control(&f, pdu, len);
        assert_int_equal(upper_expect(f.upper, UP_FEATURES, 0)->status, 0);
    } else {
        assert_int_equal(upper_expect(f.upper, UP_FEATURES, 0)->status, row->status);
    }
    expect_quiet_events(&f, 3);
    ll_room_close(&f.room);
}

/* 5.2: the connection is lost 40 s after the request. */
static void never_answered(void **state)
{
    const struct role_row *row = *state;
    struct fixture f;

    open_link(&f, row->central);
    assert_int_equal(ll_read_remote_version(f.upper->ll, 0), 0);
    assert_int_equal(ll_read_remote_features(f.upper->ll, 0), 0);
    ll_room_run(&f.room, 0);
    const sim_ns asked = ll_room_now(&f.room);
    expect_control(&f, our_version, sizeof our_version);
    while (f.link.anchor + SIM_MS(31) < asked + SIM_S(40))
        link_idle_event(&f.link);
    ll_room_run(&f.room, asked + SIM_S(40) - 1 - ll_room_now(&f.room));
    upper_expect_none(f.upper);
    const struct upper_event *event = upper_expect(f.upper, UP_VERSION, 1);
    assert_int_equal(event->status, HCI_ERR_LL_RESPONSE_TIMEOUT);
    assert_int_equal(event->at, asked + SIM_S(40));
    assert_int_equal(upper_expect(f.upper, UP_FEATURES, 0)->status, HCI_ERR_LL_RESPONSE_TIMEOUT);
    assert_int_equal(upper_expect(f.upper, UP_DISCONNECTED, 0)->status,
                     HCI_ERR_LL_RESPONSE_TIMEOUT);
    lower_forget(&f.room);
    lower_expect_silence(&f.room, SIM_S(1));
    ll_room_close(&f.room);
}

/* --- termination --- */

/*
 * UT                IUT                LT
 *  disconnect ->     |
 *                    |  LL_TERMINATE_IND -->
 *                    |  <-- not acknowledged
 *                    |  LL_TERMINATE_IND -->
 *                    |  <-- acknowledged
 *  <- disconnected   |    0x16
 */
static void terminates(void **state)
{
    const struct role_row *row = *state;
    const uint8_t pdu[] = {LL_TERMINATE_IND, 0x13};
    struct fixture f;

    open_link(&f, row->central);
    assert_int_equal(ll_disconnect(f.upper->ll, 0, 0x13), 0);
    assert_int_equal(ll_disconnect(f.upper->ll, 0, 0x13), HCI_ERR_COMMAND_DISALLOWED);
    for (int i = 0; i < 2; i++) {
        link_begin(&f.link);
        if (!row->central)
            link_send_empty(&f.link, false);
        link_expect(&f.link, LL_LLID_CONTROL, pdu, sizeof pdu, false);
        if (i == 0)
            f.link.nesn = !f.link.nesn;
        if (row->central)
            link_send_empty(&f.link, false);
        upper_expect_none(f.upper);
    }
    if (!row->central) {
        link_begin(&f.link);
        link_send_empty(&f.link, false);
    }
    const struct upper_event *event = upper_expect(f.upper, UP_DISCONNECTED, SIM_MS(31));
    assert_int_equal(event->status, HCI_ERR_CONNECTION_TERMINATED_BY_LOCAL_HOST);
    assert_int_equal(event->at, f.link.last_end);
    lower_expect_silence(&f.room, SIM_S(2));
    ll_room_close(&f.room);
}

/* Never acknowledged: it is over a supervision timeout after it was asked for (5.1.6). */
static void termination_times_out(void **state)
{
    const struct role_row *row = *state;
    const uint8_t pdu[] = {LL_TERMINATE_IND, 0x15};
    struct fixture f;

    open_link(&f, row->central);
    const sim_ns asked = ll_room_now(&f.room);
    assert_int_equal(ll_disconnect(f.upper->ll, 0, 0x15), 0);
    while (f.link.anchor + SIM_MS(31) < asked + SIM_S(1)) {
        link_begin(&f.link);
        if (!row->central)
            link_send_empty(&f.link, false);
        link_expect(&f.link, LL_LLID_CONTROL, pdu, sizeof pdu, false);
        f.link.nesn = !f.link.nesn;
        if (row->central)
            link_send_empty(&f.link, false);
        link_expect_nothing(&f.link);
    }
    const struct upper_event *event = upper_expect(f.upper, UP_DISCONNECTED, SIM_MS(40));
    assert_int_equal(event->status, HCI_ERR_CONNECTION_TERMINATED_BY_LOCAL_HOST);
    assert_int_equal(event->at, asked + SIM_S(1));
    lower_forget(&f.room);
    lower_expect_silence(&f.room, SIM_S(1));
    ll_room_close(&f.room);
}

/* Asked for by the peer: it is over when the acknowledgement has been sent. */
static void terminated(void **state)
{
    const struct role_row *row = *state;
    const uint8_t pdu[] = {LL_TERMINATE_IND, 0x14};
    struct fixture f;

    open_link(&f, row->central);
    link_begin(&f.link);
    if (row->central) {
        link_expect_empty(&f.link);
        link_send(&f.link, LL_LLID_CONTROL, pdu, sizeof pdu, false);
        link_begin(&f.link);
        link_expect_empty(&f.link);
    } else {
        link_send(&f.link, LL_LLID_CONTROL, pdu, sizeof pdu, false);
        link_expect_empty(&f.link);
    }
    assert_true(f.link.acked);
    const struct upper_event *event = upper_expect(f.upper, UP_DISCONNECTED, 0);
    assert_int_equal(event->status, 0x14);
    assert_int_equal(event->at, f.link.last_end);
    lower_expect_silence(&f.room, SIM_S(2));
    ll_room_close(&f.room);
}

/* Data that waits is not sent any more, procedures that wait are told. */
static void termination_drops_what_waits(void **state)
{
    static const uint8_t data[27] = {1};
    const uint8_t pdu[] = {LL_TERMINATE_IND, 0x13};
    struct fixture f;
    (void)state;

    open_link(&f, false);
    assert_int_equal(ll_acl_send(f.upper->ll, 0, true, data, sizeof data), 0);
    assert_int_equal(ll_disconnect(f.upper->ll, 0, 0x13), 0);
    assert_int_equal(ll_acl_send(f.upper->ll, 0, true, data, sizeof data), 0);
    link_begin(&f.link);
    link_send_empty(&f.link, false);
    link_expect(&f.link, LL_LLID_CONTROL, pdu, sizeof pdu, false);
    link_begin(&f.link);
    link_send_empty(&f.link, false);
    assert_int_equal(upper_expect(f.upper, UP_DISCONNECTED, SIM_MS(31))->status, 0x16);
    lower_expect_silence(&f.room, SIM_S(2));
    ll_room_close(&f.room);
}

struct reason_row {
    const char *name;
    uint8_t reason, error;
};

static const struct reason_row reasons[] = {
    {"0x00", 0x00, 0x12}, {"0x05", 0x05, 0},    {"0x08", 0x08, 0x12}, {"0x13", 0x13, 0},
    {"0x14", 0x14, 0},    {"0x15", 0x15, 0},    {"0x16", 0x16, 0x12}, {"0x1A", 0x1A, 0},
    {"0x29", 0x29, 0},    {"0x3B", 0x3B, 0},    {"0x3E", 0x3E, 0x12}, {"0xFF", 0xFF, 0x12},
};

static void reason_checked(void **state)
{
    const struct reason_row *row = *state;
    struct fixture f;

    open_link(&f, false);
    assert_int_equal(ll_disconnect(f.upper->ll, 0, row->reason), row->error);
    ll_room_close(&f.room);
}

/* --- what cannot be understood --- */

/* Every opcode with every length but its own, in both roles: the peer hears that it is unknown. */
static bool unanswered(uint8_t opcode)
{
    return opcode == LL_UNKNOWN_RSP || opcode == LL_REJECT_IND || opcode == LL_REJECT_EXT_IND;
}

static void wrong_lengths(void **state)
{
    const struct role_row *row = *state;
    struct fixture f;

    open_link(&f, row->central);
    for (unsigned opcode = 0; opcode < 256; opcode++) {
        uint8_t right = 0xFF;
        const char *name = ll_control_name((uint8_t)opcode, &right);
        /* All lengths for the known ones, some for the others. */
        for (uint8_t len = 0; len <= 26; len = (uint8_t)(len + (name ? 1 : 13))) {
            uint8_t pdu[27] = {(uint8_t)opcode};
            const uint8_t unknown[] = {LL_UNKNOWN_RSP, (uint8_t)opcode};

            if (name && len == right)
                continue;
            if (unanswered((uint8_t)opcode)) {
                send_control(&f, pdu, 1U + len);
                expect_quiet_events(&f, 1);
            } else {
                exchange(&f, pdu, 1U + len, unknown, sizeof unknown);
            }
        }
    }
    expect_quiet_events(&f, 3);
    ll_room_close(&f.room);
}

enum answer {
    NOTHING,
    UNKNOWN,
    SOMETHING, /* tested above */
};

struct opcode_row {
    uint8_t opcode;
    enum answer from_central, from_peripheral;
};

static const struct opcode_row opcodes[] = {
    {LL_CONNECTION_UPDATE_IND, UNKNOWN, UNKNOWN},
    {LL_CHANNEL_MAP_IND, UNKNOWN, UNKNOWN},
    {LL_TERMINATE_IND, SOMETHING, SOMETHING},
    {LL_ENC_REQ, UNKNOWN, UNKNOWN},
    {LL_ENC_RSP, UNKNOWN, UNKNOWN},
    {LL_START_ENC_REQ, UNKNOWN, UNKNOWN},
    {LL_START_ENC_RSP, UNKNOWN, UNKNOWN},
    {LL_UNKNOWN_RSP, NOTHING, NOTHING},
    {LL_FEATURE_REQ, SOMETHING, UNKNOWN},
    {LL_FEATURE_RSP, NOTHING, NOTHING},
    {LL_PAUSE_ENC_REQ, UNKNOWN, UNKNOWN},
    {LL_PAUSE_ENC_RSP, UNKNOWN, UNKNOWN},
    {LL_VERSION_IND, SOMETHING, SOMETHING},
    {LL_REJECT_IND, NOTHING, NOTHING},
    {LL_PERIPHERAL_FEATURE_REQ, UNKNOWN, SOMETHING},
    {LL_CONNECTION_PARAM_REQ, UNKNOWN, UNKNOWN},
    {LL_CONNECTION_PARAM_RSP, UNKNOWN, UNKNOWN},
    {LL_REJECT_EXT_IND, NOTHING, NOTHING},
    {LL_PING_REQ, UNKNOWN, UNKNOWN},
    {LL_PING_RSP, UNKNOWN, UNKNOWN},
    {LL_LENGTH_REQ, UNKNOWN, UNKNOWN},
    {LL_LENGTH_RSP, UNKNOWN, UNKNOWN},
    {LL_PHY_REQ, UNKNOWN, UNKNOWN},
    {LL_PHY_RSP, UNKNOWN, UNKNOWN},
    {LL_PHY_UPDATE_IND, UNKNOWN, UNKNOWN},
    {LL_MIN_USED_CHANNELS_IND, UNKNOWN, UNKNOWN},
};

/* Every opcode with its own length while nothing is asked for. */
static void right_lengths(void **state)
{
    const struct role_row *row = *state;
    struct fixture f;

    open_link(&f, row->central);
    for (size_t i = 0; i < sizeof opcodes / sizeof opcodes[0]; i++) {
        const enum answer answer =
            row->central ? opcodes[i].from_peripheral : opcodes[i].from_central;
        uint8_t pdu[27] = {opcodes[i].opcode};
        const uint8_t unknown[] = {LL_UNKNOWN_RSP, opcodes[i].opcode};
        uint8_t len = 0;

        if (answer == SOMETHING)
            continue;
        assert_non_null(ll_control_name(opcodes[i].opcode, &len));
        if (answer == UNKNOWN) {
            exchange(&f, pdu, 1U + len, unknown, sizeof unknown);
        } else {
            send_control(&f, pdu, 1U + len);
            expect_quiet_events(&f, 1);
        }
    }
    ll_room_close(&f.room);
}

/* What is not claimed is unknown. */
static void unclaimed_features_are_unknown(void **state)
{
    const uint8_t req[9] = {LL_PERIPHERAL_FEATURE_REQ};
    const uint8_t reject[] = {LL_REJECT_EXT_IND, 0, 0};
    const uint8_t unknown_req[] = {LL_UNKNOWN_RSP, LL_PERIPHERAL_FEATURE_REQ};
    const uint8_t unknown_reject[] = {LL_UNKNOWN_RSP, LL_REJECT_EXT_IND};
    struct fixture f;
    (void)state;

    open_with(&f, true, 0);
    exchange(&f, req, sizeof req, unknown_req, sizeof unknown_req);
    exchange(&f, reject, sizeof reject, unknown_reject, sizeof unknown_reject);
    ll_room_close(&f.room);
}

/*
 * A peer that asks and never acknowledges: two answers wait, then its questions are not
 * acknowledged either; what our host wants still finds room.
 */
static void flood(void **state)
{
    const uint8_t question[] = {0x77};
    const uint8_t answer[] = {LL_UNKNOWN_RSP, 0x77};
    const uint8_t terminate[] = {LL_TERMINATE_IND, 0x13};
    struct fixture f;
    unsigned acked = 0;
    (void)state;

    open_link(&f, false);
    /* The empty PDU that was sent last holds the number until it is acknowledged. */
    f.link.nesn = !f.link.nesn;
    for (int i = 0; i < 10; i++) {
        link_begin(&f.link);
        link_send(&f.link, LL_LLID_CONTROL, question, sizeof question, false);
        link_hear(&f.link);
        acked += f.link.acked;
        f.link.nesn = !f.link.nesn;
        lower_expect_silence(&f.room, SIM_MS(1));
    }
    assert_int_equal(acked, 2);
    assert_int_equal(ll_read_remote_version(f.upper->ll, 0), 0);
    ll_room_run(&f.room, 0);
    assert_int_equal(ll_disconnect(f.upper->ll, 0, 0x13), 0);
    f.link.nesn = !f.link.nesn;
    link_begin(&f.link);
    link_send_empty(&f.link, true);
    link_expect(&f.link, LL_LLID_CONTROL, answer, sizeof answer, true);
    link_send_empty(&f.link, true);
    link_expect(&f.link, LL_LLID_CONTROL, answer, sizeof answer, true);
    link_send_empty(&f.link, true);
    link_expect(&f.link, LL_LLID_CONTROL, our_version, sizeof our_version, true);
    link_send_empty(&f.link, true);
    link_expect(&f.link, LL_LLID_CONTROL, terminate, sizeof terminate, false);
    link_send_empty(&f.link, true);
    assert_int_equal(upper_expect(f.upper, UP_VERSION, SIM_MS(1))->status, 0x16);
    assert_int_equal(upper_expect(f.upper, UP_DISCONNECTED, 0)->status, 0x16);
    ll_room_close(&f.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(peripheral_without_feature_may_not_ask),
        cmocka_unit_test(control_before_data),
        cmocka_unit_test(termination_drops_what_waits),
        cmocka_unit_test(unclaimed_features_are_unknown),
        cmocka_unit_test(flood),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    failed += RUN_ROWS(roles, version_asked);
    failed += RUN_ROWS(roles, version_answered);
    failed += RUN_ROWS(roles, features_asked);
    failed += RUN_ROWS(roles, features_answered);
    failed += RUN_ROWS(roles, local_procedures_take_turns);
    failed += RUN_ROWS(refusals, refused);
    failed += RUN_ROWS(roles, never_answered);
    failed += RUN_ROWS(roles, terminates);
    failed += RUN_ROWS(roles, termination_times_out);
    failed += RUN_ROWS(roles, terminated);
    failed += RUN_ROWS(reasons, reason_checked);
    failed += RUN_ROWS(roles, wrong_lengths);
    failed += RUN_ROWS(roles, right_lengths);
    return failed;
}
