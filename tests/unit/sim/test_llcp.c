/* SPDX-License-Identifier: MIT */
/* Control procedures (Core v5.4, Vol 6, Part B, 5) between an upper and a lower tester. */
#include "link_tester.h"
#include "rows.h"

/* What upper_profile() comes to: version 8, company 0x1234, subversion 0x5678. */
static const uint8_t our_version[] = {LL_VERSION_IND, 8, 0x34, 0x12, 0x78, 0x56};
static const uint8_t their_version[] = {LL_VERSION_IND, 9, 0x0F, 0x00, 0x02, 0x01};

/*
 * Connection parameters request, extended reject, peripheral-initiated features, ping, data length
 * extension, LE 2M, LE Coded, minimum used channels; channel selection #2 is not for the peer.
 */
#define OUR_FEATURES 0x1093F

/* --- version exchange --- */

static void expect_their_version(struct link_room *f)
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
    const struct link_role *row = *state;
    struct link_room f;

    link_room_open(&f, row->central, UINT64_MAX);
    assert_int_equal(ll_read_remote_version(f.upper->ll, 0), 0);
    assert_int_equal(ll_read_remote_version(f.upper->ll, 0), HCI_ERR_COMMAND_DISALLOWED);
    ll_room_run(&f.room, 0);
    assert_int_equal(ll_read_remote_version(f.upper->ll, 0), HCI_ERR_COMMAND_DISALLOWED);
    link_expect_control(&f.link, our_version, sizeof our_version);
    link_quiet_events(&f, 3);
    link_send_control(&f.link, their_version, sizeof their_version);
    expect_their_version(&f);
    assert_int_equal(ll_read_remote_version(f.upper->ll, 0), 0);
    upper_expect_none(f.upper); /* not within the call */
    ll_room_run(&f.room, 0);
    expect_their_version(&f);
    link_quiet_events(&f, 3);
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
    const struct link_role *row = *state;
    const uint8_t again[] = {LL_VERSION_IND, 7, 0x77, 0x00, 0x07, 0x00};
    struct link_room f;

    link_room_open(&f, row->central, UINT64_MAX);
    link_exchange_control(&f.link, their_version, sizeof their_version, our_version,
                          sizeof our_version);
    link_send_control(&f.link, again, sizeof again);
    link_quiet_events(&f, 3);
    assert_int_equal(ll_read_remote_version(f.upper->ll, 0), 0);
    ll_room_run(&f.room, 0);
    expect_their_version(&f);
    link_quiet_events(&f, 3);
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

static void ask_features(struct link_room *f, bool central)
{
    uint8_t pdu[9];

    assert_int_equal(ll_read_remote_features(f->upper->ll, 0), 0);
    ll_room_run(&f->room, 0);
    const size_t len =
        features_pdu(pdu, central ? LL_FEATURE_REQ : LL_PERIPHERAL_FEATURE_REQ, OUR_FEATURES);
    link_expect_control(&f->link, pdu, len);
}

static void features_asked(void **state)
{
    const struct link_role *row = *state;
    struct link_room f;
    uint8_t pdu[9];

    link_room_open(&f, row->central, UINT64_MAX);
    ask_features(&f, row->central);
    link_quiet_events(&f, 2);
    const size_t len = features_pdu(pdu, LL_FEATURE_RSP, 0x8000000000000104);
    link_send_control(&f.link, pdu, len);
    for (int i = 0; i < 2; i++) {
        const struct upper_event *event = upper_expect(f.upper, UP_FEATURES, 0);

        assert_int_equal(event->status, 0);
        assert_true(event->features == 0x8000000000000104);
        link_quiet_events(&f, 2);
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
    const struct link_role *row = *state;
    struct link_room f;
    uint8_t req[9], rsp[9];

    link_room_open(&f, row->central, UINT64_MAX);
    features_pdu(req, row->central ? LL_PERIPHERAL_FEATURE_REQ : LL_FEATURE_REQ,
                 0xFFFFFFFFFFFFFF04);
    features_pdu(rsp, LL_FEATURE_RSP, 0x10904);
    link_exchange_control(&f.link, req, sizeof req, rsp, sizeof rsp);
    assert_int_equal(ll_read_remote_features(f.upper->ll, 0), 0);
    ll_room_run(&f.room, 0);
    assert_true(upper_expect(f.upper, UP_FEATURES, 0)->features == 0xFFFFFFFFFFFFFF04);
    link_quiet_events(&f, 2);
    ll_room_close(&f.room);
}

static void peripheral_without_feature_may_not_ask(void **state)
{
    struct link_room f;
    (void)state;

    link_room_open(&f, false, 0);
    assert_int_equal(ll_features(f.upper->ll), 0);
    assert_int_equal(ll_read_remote_features(f.upper->ll, 0), HCI_ERR_COMMAND_DISALLOWED);
    link_quiet_events(&f, 2);
    ll_room_close(&f.room);
}

/* --- one local procedure after the other --- */

static void local_procedures_take_turns(void **state)
{
    const struct link_role *row = *state;
    struct link_room f;
    uint8_t req[9], rsp[9];

    link_room_open(&f, row->central, UINT64_MAX);
    assert_int_equal(ll_read_remote_features(f.upper->ll, 0), 0);
    assert_int_equal(ll_read_remote_version(f.upper->ll, 0), 0);
    ll_room_run(&f.room, 0);
    link_expect_control(&f.link, our_version, sizeof our_version);
    link_quiet_events(&f, 2);
    /* The peer's own procedure is answered meanwhile. */
    features_pdu(req, row->central ? LL_PERIPHERAL_FEATURE_REQ : LL_FEATURE_REQ, 0);
    features_pdu(rsp, LL_FEATURE_RSP, 0x10900);
    link_exchange_control(&f.link, req, sizeof req, rsp, sizeof rsp);
    link_send_control(&f.link, their_version, sizeof their_version);
    expect_their_version(&f);
    ll_room_run(&f.room, 0);
    assert_true(upper_expect(f.upper, UP_FEATURES, 0)->features == 0);
    link_quiet_events(&f, 2);
    ll_room_close(&f.room);
}

/* A control PDU goes before data, but between the fragments that are under way. */
static void control_before_data(void **state)
{
    static const uint8_t data[60] = {1};
    struct link_room f;
    (void)state;

    link_room_open(&f, false, UINT64_MAX);
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
    struct link_room f;
    uint8_t pdu[9];

    link_room_open(&f, row->central, UINT64_MAX);
    ask_features(&f, row->central);
    link_send_control(&f.link, row->pdu, row->len);
    if (row->status == 0xFF) {
        link_quiet_events(&f, 3);
        const size_t len = features_pdu(pdu, LL_FEATURE_RSP, 0);
        link_send_control(&f.link, pdu, len);
        assert_int_equal(upper_expect(f.upper, UP_FEATURES, 0)->status, 0);
    } else {
        assert_int_equal(upper_expect(f.upper, UP_FEATURES, 0)->status, row->status);
    }
    link_quiet_events(&f, 3);
    ll_room_close(&f.room);
}

static void ask_again(struct upper *upper, const struct upper_event *event)
{
    if (event->kind == UP_VERSION)
        assert_int_equal(ll_read_remote_version(upper->ll, event->handle),
                         HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER);
}

/* 5.2: the connection is lost 40 s after the request; who is told can ask no more. */
static void never_answered(void **state)
{
    const struct link_role *row = *state;
    struct link_room f;

    link_room_open(&f, row->central, UINT64_MAX);
    assert_int_equal(ll_read_remote_version(f.upper->ll, 0), 0);
    assert_int_equal(ll_read_remote_features(f.upper->ll, 0), 0);
    ll_room_run(&f.room, 0);
    f.upper->on_event = ask_again;
    const sim_ns asked = ll_room_now(&f.room);
    link_expect_control(&f.link, our_version, sizeof our_version);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(peripheral_without_feature_may_not_ask),
        cmocka_unit_test(control_before_data),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    failed += RUN_ROWS(link_roles, version_asked);
    failed += RUN_ROWS(link_roles, version_answered);
    failed += RUN_ROWS(link_roles, features_asked);
    failed += RUN_ROWS(link_roles, features_answered);
    failed += RUN_ROWS(link_roles, local_procedures_take_turns);
    failed += RUN_ROWS(refusals, refused);
    failed += RUN_ROWS(link_roles, never_answered);
    return failed;
}
