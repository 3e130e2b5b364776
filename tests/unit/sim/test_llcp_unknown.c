/* SPDX-License-Identifier: MIT */
/*
 * Control PDUs that cannot be understood (Core v5.4, Vol 6, Part B, 2.4.2): every opcode with wrong
 * lengths, in the wrong role, or when nobody asked for it.
 */
#include "link_tester.h"
#include "rows.h"

/* What upper_profile() comes to: version 8, company 0x1234, subversion 0x5678. */
static const uint8_t our_version[] = {LL_VERSION_IND, 8, 0x34, 0x12, 0x78, 0x56};

/* Every opcode with every length but its own, in both roles: the peer hears that it is unknown. */
static bool unanswered(uint8_t opcode)
{
    return opcode == LL_UNKNOWN_RSP || opcode == LL_REJECT_IND || opcode == LL_REJECT_EXT_IND;
}

static void wrong_lengths(void **state)
{
    const struct link_role *row = *state;
    struct link_room f;

    link_room_open(&f, row->central, UINT64_MAX);
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
                link_send_control(&f.link, pdu, 1U + len);
                link_quiet_events(&f, 1);
            } else {
                link_exchange_control(&f.link, pdu, 1U + len, unknown, sizeof unknown);
            }
        }
    }
    link_quiet_events(&f, 3);
    ll_room_close(&f.room);
}

enum answer {
    NOTHING,
    UNKNOWN,
    SOMETHING, /* tested with the procedure */
};

struct opcode_row {
    uint8_t opcode;
    enum answer from_central, from_peripheral;
};

static const struct opcode_row opcodes[] = {
    {LL_CONNECTION_UPDATE_IND, SOMETHING, UNKNOWN},
    {LL_CHANNEL_MAP_IND, SOMETHING, UNKNOWN},
    {LL_TERMINATE_IND, SOMETHING, SOMETHING},
    {LL_ENC_REQ, SOMETHING, UNKNOWN},
    {LL_ENC_RSP, UNKNOWN, NOTHING},
    {LL_START_ENC_REQ, UNKNOWN, NOTHING},
    {LL_START_ENC_RSP, NOTHING, NOTHING},
    {LL_UNKNOWN_RSP, NOTHING, NOTHING},
    {LL_FEATURE_REQ, SOMETHING, UNKNOWN},
    {LL_FEATURE_RSP, NOTHING, NOTHING},
    {LL_PAUSE_ENC_REQ, UNKNOWN, UNKNOWN},
    {LL_PAUSE_ENC_RSP, NOTHING, NOTHING},
    {LL_VERSION_IND, SOMETHING, SOMETHING},
    {LL_REJECT_IND, NOTHING, NOTHING},
    {LL_PERIPHERAL_FEATURE_REQ, UNKNOWN, SOMETHING},
    {LL_CONNECTION_PARAM_REQ, SOMETHING, SOMETHING},
    {LL_CONNECTION_PARAM_RSP, UNKNOWN, NOTHING},
    {LL_REJECT_EXT_IND, NOTHING, NOTHING},
    {LL_PING_REQ, SOMETHING, SOMETHING},
    {LL_PING_RSP, NOTHING, NOTHING},
    {LL_LENGTH_REQ, SOMETHING, SOMETHING},
    {LL_LENGTH_RSP, NOTHING, NOTHING},
    {LL_PHY_REQ, SOMETHING, SOMETHING},
    {LL_PHY_RSP, UNKNOWN, NOTHING},
    {LL_PHY_UPDATE_IND, NOTHING, UNKNOWN},
    {LL_MIN_USED_CHANNELS_IND, UNKNOWN, NOTHING},
};

/* Every opcode with its own length while nothing is asked for. */
static void right_lengths(void **state)
{
    const struct link_role *row = *state;
    struct link_room f;

    link_room_open(&f, row->central, UINT64_MAX);
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
            link_exchange_control(&f.link, pdu, 1U + len, unknown, sizeof unknown);
        } else {
            link_send_control(&f.link, pdu, 1U + len);
            link_quiet_events(&f, 1);
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
    struct link_room f;
    (void)state;

    link_room_open(&f, true, 0);
    link_exchange_control(&f.link, req, sizeof req, unknown_req, sizeof unknown_req);
    link_exchange_control(&f.link, reject, sizeof reject, unknown_reject, sizeof unknown_reject);
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
    struct link_room f;
    unsigned acked = 0;
    (void)state;

    link_room_open(&f, false, UINT64_MAX);
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
        cmocka_unit_test(unclaimed_features_are_unknown),
        cmocka_unit_test(flood),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    failed += RUN_ROWS(link_roles, wrong_lengths);
    failed += RUN_ROWS(link_roles, right_lengths);
    return failed;
}
