/* SPDX-License-Identifier: MIT */
/*
 * Encryption in the midst of other control procedures (Core v5.4, Vol 6, Part B, 5.1.3.1, 5.2, 5.3):
 * the central's LL_ENC_REQ may come in any state of the peripheral's, and with an instant ahead;
 * the central's own wait for each other. What was under way goes on when the link is encrypted.
 */
#include "llcp_states.h"

#include "rows.h"

struct others_row {
    const char *name;
    enum state state;
};

#define ROW(state) {#state, state}

static void open_state(struct hostile *f, bool central, enum state state)
{
    f->central = central;
    f->state = state;
    link_room_open(&f->room, central, UINT64_MAX);
    enter(f);
}

static void expect_works(struct hostile *f)
{
    const uint8_t probe[] = {0x50}, answer[] = {LL_UNKNOWN_RSP, 0x50};

    upper_expect_none(f->room.upper);
    link_exchange_control(&f->room.link, probe, sizeof probe, answer, sizeof answer);
    link_quiet_events(&f->room, 3);
}

static void close_state(struct hostile *f)
{
    link_forget_key(&f->room.link);
    ll_room_close(&f->room.room);
}

static const struct others_row of_peripheral[] = {
    ROW(OUR_VERSION),  ROW(OUR_FEATURES),  ROW(OUR_PARAMS), ROW(OUR_LENGTH),
    ROW(OUR_PHY),      ROW(THEIR_PARAMS),  ROW(PARAMS_AGREED), ROW(PHY_AGREED),
    ROW(UPDATE_AHEAD), ROW(MAP_AHEAD),     ROW(PHY_AHEAD),
};

/* The tester is the central, whose turn it is: it encrypts first, and answers afterwards. */
static void peripheral_is_encrypted(void **state)
{
    const struct others_row *row = *state;
    struct hostile f;

    open_state(&f, false, row->state);
    link_encrypt(&f.room.link, f.room.upper);
    leave(&f);
    expect_works(&f);
    close_state(&f);
}

/* The same, and the key changed as well. */
static void peripheral_is_refreshed(void **state)
{
    const struct others_row *row = *state;
    struct hostile f = {.state = row->state};

    link_room_open(&f.room, false, UINT64_MAX);
    link_encrypt(&f.room.link, f.room.upper);
    enter(&f);
    link_encrypt(&f.room.link, f.room.upper);
    leave(&f);
    expect_works(&f);
    close_state(&f);
}

static const struct others_row of_central[] = {
    ROW(OUR_VERSION), ROW(OUR_FEATURES), ROW(OUR_PARAMS), ROW(OUR_LENGTH), ROW(OUR_PHY),
};

/* One procedure of a device's own at a time (5.2): encryption comes when the other is over. */
static void central_waits(void **state)
{
    const struct ll_encrypt_params params = link_encrypt_params();
    const struct others_row *row = *state;
    struct hostile f;

    open_state(&f, true, row->state);
    struct link *link = &f.room.link;
    assert_int_equal(ll_enable_encryption(f.room.upper->ll, 0, &params), 0);
    assert_int_equal(ll_enable_encryption(f.room.upper->ll, 0, &params), 0x0C);
    link_quiet_events(&f.room, 3);
    leave(&f);
    link_swap_control(link, NULL, 0, LL_ENC_REQ);
    link_agree(link);
    close_state(&f);
}

/*
 * The peripheral has asked for other parameters, and the central's host replies while encryption is
 * under way: LL_CONNECTION_UPDATE_IND waits for its end.
 */
static void update_is_held_back(void **state)
{
    static const uint8_t start_req[] = {LL_START_ENC_REQ}, start_rsp[] = {LL_START_ENC_RSP};
    const struct ll_encrypt_params params = link_encrypt_params();
    struct hostile f;

    (void)state;
    open_state(&f, true, THEIR_PARAMS);
    struct link *link = &f.room.link;
    struct ll *ll = f.room.upper->ll;
    assert_int_equal(ll_enable_encryption(ll, 0, &params), 0);
    link_swap_control(link, NULL, 0, LL_ENC_REQ);
    link_agree(link);
    assert_int_equal(ll_param_request_reply(ll, 0, &wish), 0);
    link_quiet_events(&f.room, 3);
    link_swap_empty(link, LINK_ENC_RSP);
    link_swap_empty(link, start_req, 1);
    link_seal(link, true);
    link_swap_control(link, start_rsp, 1, LL_START_ENC_RSP);
    assert_int_equal(upper_expect(f.room.upper, UP_ENCRYPTION, 0)->status, 0);
    f.state = UPDATE_AHEAD;
    take_announcement(&f, LL_CONNECTION_UPDATE_IND);
    leave(&f);
    expect_works(&f);
    close_state(&f);
}

/*
 * A central that had the peripheral's request before it began may reject it in between (5.1.3.1):
 * that is no intruder.
 */
static void rejected_meanwhile(void **state)
{
    static const uint8_t start_rsp[] = {LL_START_ENC_RSP},
                         reject[] = {LL_REJECT_EXT_IND, LL_CONNECTION_PARAM_REQ, HOST_DECLINES};
    struct hostile f;

    (void)state;
    open_state(&f, false, OUR_PARAMS);
    struct link *link = &f.room.link;
    link_swap_control(link, LINK_ENC_REQ, LL_ENC_RSP);
    link_agree(link);
    upper_expect(f.room.upper, UP_KEY_REQUEST, 0);
    link_swap_empty(link, reject, sizeof reject);
    assert_int_equal(upper_expect(f.room.upper, UP_UPDATED, 0)->status, HOST_DECLINES);
    assert_int_equal(ll_long_term_key_reply(f.room.upper->ll, 0, link_ltk), 0);
    link_swap_control(link, NULL, 0, LL_START_ENC_REQ);
    link_seal(link, true);
    link_swap_control(link, start_rsp, 1, LL_START_ENC_RSP);
    assert_int_equal(upper_expect(f.room.upper, UP_ENCRYPTION, 0)->status, 0);
    link_idle_event(link);
    expect_works(&f);
    close_state(&f);
}

/*
 * Two answers may wait for the end of encryption; what comes then is not acknowledged, so that there
 * is always room for the PDUs of the procedure.
 */
static void answers_that_wait(void **state)
{
    static const uint8_t ping[] = {LL_PING_REQ}, start_req[] = {LL_START_ENC_REQ},
                         start_rsp[] = {LL_START_ENC_RSP};
    const struct ll_encrypt_params params = link_encrypt_params();
    struct hostile f;

    (void)state;
    open_state(&f, true, IDLE);
    struct link *link = &f.room.link;
    assert_int_equal(ll_enable_encryption(f.room.upper->ll, 0, &params), 0);
    link_swap_control(link, NULL, 0, LL_ENC_REQ);
    link_agree(link);
    for (int i = 0; i < 6; i++) {
        link_swap_empty(link, ping, 1);
        /* The acknowledgement is in what comes next. */
        assert_int_equal(link->acked, i <= 2);
    }
    link_swap_empty(link, LINK_ENC_RSP);
    link_swap_empty(link, start_req, 1);
    link_seal(link, true);
    link_swap_control(link, start_rsp, 1, LL_START_ENC_RSP);
    assert_int_equal(upper_expect(f.room.upper, UP_ENCRYPTION, 0)->status, 0);
    link_begin(link);
    for (int i = 0; i < 2; i++) {
        link_hear(link);
        assert_int_equal(link->pdu[2], LL_PING_RSP);
        link_send_empty(link, false);
    }
    link_expect_nothing(link);
    expect_works(&f);
    close_state(&f);
}

/*
 * What the host has to be told of waits for room there, as data does: the key request, and at both
 * ends the news that the link is encrypted.
 */
static void host_without_room(void **state)
{
    static const uint8_t start_req[] = {LL_START_ENC_REQ}, start_rsp[] = {LL_START_ENC_RSP};
    const struct link_role *row = *state;
    const struct ll_encrypt_params params = link_encrypt_params();
    struct hostile f;

    open_state(&f, row->central, IDLE);
    struct link *link = &f.room.link;
    struct ll *ll = f.room.upper->ll;
    f.room.upper->no_room = true;
    if (row->central) {
        assert_int_equal(ll_enable_encryption(ll, 0, &params), 0);
        link_swap_control(link, NULL, 0, LL_ENC_REQ);
        link_agree(link);
        link_swap_empty(link, LINK_ENC_RSP);
        link_swap_empty(link, start_req, 1);
        link_seal(link, true);
        link_swap_control(link, start_rsp, 1, LL_START_ENC_RSP);
        link_swap_empty(link, NULL, 0);
    } else {
        link_swap_empty(link, LINK_ENC_REQ);
        assert_false(link->acked);
        upper_expect_none(f.room.upper);
        f.room.upper->no_room = false;
        link_swap_control(link, LINK_ENC_REQ, LL_ENC_RSP);
        link_agree(link);
        upper_expect(f.room.upper, UP_KEY_REQUEST, 0);
        f.room.upper->no_room = true;
        assert_int_equal(ll_long_term_key_reply(ll, 0, link_ltk), 0);
        link_swap_control(link, NULL, 0, LL_START_ENC_REQ);
        link_seal(link, true);
        link_swap_empty(link, start_rsp, 1);
    }
    assert_false(link->acked);
    upper_expect_none(f.room.upper);
    f.room.upper->no_room = false;
    link_swap(link, start_rsp, 1);
    assert_int_equal(upper_expect(f.room.upper, UP_ENCRYPTION, 0)->status, 0);
    link_idle_event(link);
    expect_works(&f);
    close_state(&f);
}

/* A peripheral makes no use of its latency while the central waits for its host's key. */
static void listens_while_asked(void **state)
{
    struct ll_connect_ind ind = link_connect_ind(upper_address(1));
    struct hostile f = {0};

    (void)state;
    ind.latency = 4;
    link_room_open_peripheral(&f.room, &ind);
    struct link *link = &f.room.link;
    link_swap_control(link, LINK_ENC_REQ, LL_ENC_RSP);
    link_agree(link);
    upper_expect(f.room.upper, UP_KEY_REQUEST, 0);
    link_quiet_events(&f.room, 7);
    assert_int_equal(ll_long_term_key_reply(f.room.upper->ll, 0, link_ltk), 0);
    link_swap_control(link, NULL, 0, LL_START_ENC_REQ);
    close_state(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(update_is_held_back),
        cmocka_unit_test(rejected_meanwhile),
        cmocka_unit_test(answers_that_wait),
        cmocka_unit_test(listens_while_asked),
    };
    int failed = RUN_ROWS(of_peripheral, peripheral_is_encrypted);

    failed += RUN_ROWS(of_peripheral, peripheral_is_refreshed);
    failed += RUN_ROWS(of_central, central_waits);
    failed += RUN_ROWS(link_roles, host_without_room);
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
