/* SPDX-License-Identifier: MIT */
/*
 * The connection parameters request (Core v5.4, Vol 6, Part B, 5.1.7) between an upper and a lower
 * tester.
 */
#include "link_tester.h"
#include "rows.h"

#define PARAMETERS_REQUEST (UINT64_C(1) << LL_FEATURE_CONNECTION_PARAMETERS_REQUEST)

static const struct ll_update_params wish = {
    .interval_min_1250us = 32, .interval_max_1250us = 40, .latency = 1, .timeout_10ms = 300};
static const struct link_params wished = {32, 40, 1, 300, 0, 0};

/* What is asked names the event that it was written in. */
static size_t ask_pdu(const struct link_room *f, uint8_t *pdu)
{
    struct link_params params = wished;

    params.reference = (uint16_t)(f->link.counter + 1);
    return link_param_pdu(pdu, LL_CONNECTION_PARAM_REQ, &params);
}

static void ask(struct link_room *f)
{
    uint8_t pdu[LINK_CONTROL_MAX];

    assert_int_equal(ll_connection_update(f->upper->ll, 0, &wish), 0);
    ll_room_run(&f->room, 0);
    link_expect_control(&f->link, pdu, ask_pdu(f, pdu));
}

/* The central under test dictates what was agreed upon, and both move. */
static void expect_update(struct link_room *f, uint16_t interval, uint16_t latency,
                          uint16_t timeout, bool told)
{
    struct link_update update = {2, 0, interval, latency, timeout, 0};
    uint8_t pdu[LINK_CONTROL_MAX];

    update.instant = (uint16_t)(f->link.counter + 7);
    link_expect_control(&f->link, pdu, link_update_ind(pdu, &update));
    link_follow_update(&f->link, &update, 0);
    while (f->link.counter != update.instant)
        link_idle_event(&f->link);
    if (told) {
        const struct upper_event *event = upper_expect(f->upper, UP_UPDATED, 0);
        assert_int_equal(event->status, 0);
        assert_int_equal(event->update.interval_1250us, interval);
        assert_int_equal(event->update.latency, latency);
        assert_int_equal(event->update.timeout_10ms, timeout);
    }
    upper_expect_none(f->upper);
    link_idle_events(f, 3);
}

/* The lower tester does, as the central. */
static void dictate(struct link_room *f, uint16_t interval, uint16_t latency, uint16_t timeout)
{
    struct link_update update = {1, 2, interval, latency, timeout, 0};
    uint8_t pdu[LINK_CONTROL_MAX];

    update.instant = (uint16_t)(f->link.counter + 7);
    link_send_control(&f->link, pdu, link_update_ind(pdu, &update));
    link_follow_update(&f->link, &update, 0);
    while (f->link.counter != update.instant)
        link_idle_event(&f->link);
}

/* --- ours --- */

struct answer_row {
    const char *name;
    struct link_params answer;
    uint16_t interval; /* that comes of it; 0: refused, with */
    uint8_t error;
};

static const struct answer_row answers[] = {
    {"all of it", {32, 40, 1, 300, 0, 0}, 40, 0},
    {"a part", {34, 36, 1, 300, 0, 0}, 36, 0},
    {"more", {6, 100, 1, 300, 0, 0}, 40, 0},
    {"another latency", {32, 40, 0, 100, 0, 0}, 40, 0},
    {"shorter alone", {6, 31, 1, 300, 0, 0}, 0, HCI_ERR_UNSUPPORTED_LL_PARAMETER_VALUE},
    {"longer alone", {41, 80, 1, 300, 0, 0}, 0, HCI_ERR_UNSUPPORTED_LL_PARAMETER_VALUE},
    {"crossed", {40, 32, 1, 300, 0, 0}, 0, HCI_ERR_INVALID_LL_PARAMETERS},
    {"interval 0", {0, 0, 1, 300, 0, 0}, 0, HCI_ERR_INVALID_LL_PARAMETERS},
    {"timeout too short", {32, 40, 1, 9, 0, 0}, 0, HCI_ERR_INVALID_LL_PARAMETERS},
};

/*
 * UT                   central (IUT)           peripheral (LT)
 *  connection update ->   |
 *                         |  LL_CONNECTION_PARAM_REQ -->
 *                         |  <-- LL_CONNECTION_PARAM_RSP
 *                         |  LL_CONNECTION_UPDATE_IND --> (or LL_REJECT_EXT_IND)
 *  <- update complete     |  instant
 */
static void central_asks(void **state)
{
    const struct answer_row *row = *state;
    const uint8_t reject[] = {LL_REJECT_EXT_IND, LL_CONNECTION_PARAM_RSP, row->error};
    uint8_t pdu[LINK_CONTROL_MAX];
    struct link_room f;

    link_room_open(&f, true, UINT64_MAX);
    ask(&f);
    assert_int_equal(ll_connection_update(f.upper->ll, 0, &wish), HCI_ERR_COMMAND_DISALLOWED);
    link_idle_events(&f, 3);
    upper_expect_none(f.upper);
    link_send_control(&f.link, pdu, link_param_pdu(pdu, LL_CONNECTION_PARAM_RSP, &row->answer));
    if (row->interval) {
        expect_update(&f, row->interval, row->answer.latency, row->answer.timeout_10ms, true);
    } else {
        const struct upper_event *event = upper_expect(f.upper, UP_UPDATED, 0);
        assert_int_equal(event->status, row->error);
        assert_int_equal(event->update.interval_1250us, 24);
        link_expect_control(&f.link, reject, sizeof reject);
        link_idle_events(&f, 10);
    }
    ll_room_close(&f.room);
}

/*
 * UT                   peripheral (IUT)        central (LT)
 *  connection update ->   |
 *                         |  LL_CONNECTION_PARAM_REQ -->
 *                         |  <-- LL_CONNECTION_UPDATE_IND
 *  <- update complete     |  instant
 */
static void peripheral_asks(void **state)
{
    struct link_room f;
    (void)state;

    link_room_open(&f, false, UINT64_MAX);
    ask(&f);
    link_idle_events(&f, 3);
    dictate(&f, 36, 0, 300);
    const struct upper_event *event = upper_expect(f.upper, UP_UPDATED, 0);
    assert_int_equal(event->status, 0);
    assert_int_equal(event->update.interval_1250us, 36);
    /* Told although nothing has changed, because it asked. */
    ask(&f);
    dictate(&f, 36, 0, 300);
    assert_int_equal(upper_expect(f.upper, UP_UPDATED, 0)->status, 0);
    link_idle_events(&f, 5);
    ll_room_close(&f.room);
}

/* --- ours, refused --- */

struct refusal_row {
    const char *name;
    bool central;
    uint8_t pdu[3];
    size_t len;
    uint8_t status; /* 0: the central dictates instead */
};

static const struct refusal_row refusals[] = {
    {"central, unknown", true, {LL_UNKNOWN_RSP, LL_CONNECTION_PARAM_REQ}, 2, 0},
    {"central, the host is not asked",
     true,
     {LL_REJECT_EXT_IND, LL_CONNECTION_PARAM_REQ, 0x1A},
     3,
     0},
    {"central, the host does not want",
     true,
     {LL_REJECT_EXT_IND, LL_CONNECTION_PARAM_REQ, 0x3B},
     3,
     0x3B},
    {"central, rejected", true, {LL_REJECT_IND, 0x3B}, 2, 0x3B},
    {"peripheral, unknown", false, {LL_UNKNOWN_RSP, LL_CONNECTION_PARAM_REQ}, 2, 0x1A},
    {"peripheral, rejected", false, {LL_REJECT_EXT_IND, LL_CONNECTION_PARAM_REQ, 0x3B}, 3, 0x3B},
    {"peripheral, collided", false, {LL_REJECT_EXT_IND, LL_CONNECTION_PARAM_REQ, 0x2A}, 3, 0x2A},
};

static void refused(void **state)
{
    const struct refusal_row *row = *state;
    struct link_room f;

    link_room_open(&f, row->central, UINT64_MAX);
    ask(&f);
    link_send_control(&f.link, row->pdu, row->len);
    if (row->status == 0) {
        ll_room_run(&f.room, 0);
        expect_update(&f, 40, 1, 300, true);
    } else {
        assert_int_equal(upper_expect(f.upper, UP_UPDATED, 0)->status, row->status);
        link_idle_events(&f, 10);
        ask(&f); /* it may be tried again */
    }
    ll_room_close(&f.room);
}

/* Nobody answers: the connection is lost after 40 s (5.2). */
static void never_answered(void **state)
{
    const struct link_role *row = *state;
    struct link_room f;

    link_room_open(&f, row->central, UINT64_MAX);
    const sim_ns asked = ll_room_now(&f.room);
    ask(&f);
    while (f.link.anchor + SIM_MS(31) < asked + SIM_S(40))
        link_idle_event(&f.link);
    const struct upper_event *event = upper_expect(f.upper, UP_UPDATED, SIM_MS(70));
    assert_int_equal(event->status, HCI_ERR_LL_RESPONSE_TIMEOUT);
    assert_int_equal(event->at, asked + SIM_S(40));
    assert_int_equal(upper_expect(f.upper, UP_DISCONNECTED, 0)->status,
                     HCI_ERR_LL_RESPONSE_TIMEOUT);
    ll_room_close_dirty(&f.room);
}

struct wrong_row {
    const char *name;
    struct ll_update_params params;
};

#define PARAMS(min, max, lat, timeout, ce_min, ce_max)                                             \
    {                                                                                              \
        min, max, lat, timeout, ce_min, ce_max                                                     \
    }

static const struct wrong_row wrong[] = {
    {"interval 0", PARAMS(0, 40, 0, 100, 0, 0)},
    {"interval below", PARAMS(5, 40, 0, 100, 0, 0)},
    {"interval above", PARAMS(6, 3201, 0, 3200, 0, 0)},
    {"intervals crossed", PARAMS(41, 40, 0, 100, 0, 0)},
    {"latency above", PARAMS(6, 6, 500, 3200, 0, 0)},
    {"timeout below", PARAMS(6, 6, 0, 9, 0, 0)},
    {"timeout above", PARAMS(6, 6, 0, 3201, 0, 0)},
    {"timeout shorter than latency allows", PARAMS(40, 80, 4, 100, 0, 0)},
    {"event lengths crossed", PARAMS(6, 6, 0, 100, 2, 1)},
};

static void wishes_checked(void **state)
{
    const struct wrong_row *row = *state;
    struct link_room f;

    link_room_open(&f, true, UINT64_MAX);
    assert_int_equal(ll_connection_update(f.upper->ll, 0, &row->params),
                     HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS);
    assert_int_equal(ll_connection_update(f.upper->ll, 1, &wish),
                     HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER);
    assert_int_equal(ll_param_request_reply(f.upper->ll, 1, &wish),
                     HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER);
    assert_int_equal(ll_param_request_negative_reply(f.upper->ll, 1, 0x3B),
                     HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER);
    assert_int_equal(ll_param_request_reply(f.upper->ll, 0, &wish), HCI_ERR_COMMAND_DISALLOWED);
    assert_int_equal(ll_param_request_negative_reply(f.upper->ll, 0, 0x3B),
                     HCI_ERR_COMMAND_DISALLOWED);
    link_idle_events(&f, 10);
    ll_room_close(&f.room);
}

/* A peripheral whose Link Layer does not know the procedure, or that knows the peer's does not. */
static void peripheral_cannot_ask(void **state)
{
    uint8_t pdu[9] = {LL_FEATURE_REQ, 0x0C}, answer[9] = {LL_FEATURE_RSP, 0x0C};
    struct link_room f;
    (void)state;

    link_room_open(&f, false, UINT64_MAX & ~PARAMETERS_REQUEST);
    assert_int_equal(ll_connection_update(f.upper->ll, 0, &wish), HCI_ERR_COMMAND_DISALLOWED);
    ll_room_close(&f.room);
    link_room_open(&f, false, UINT64_MAX);
    link_begin(&f.link);
    link_send(&f.link, LL_LLID_CONTROL, pdu, sizeof pdu, false);
    link_hear(&f.link);
    assert_memory_equal(f.link.pdu + 2, answer, 2);
    link_expect_nothing(&f.link);
    assert_int_equal(ll_connection_update(f.upper->ll, 0, &wish),
                     HCI_ERR_UNSUPPORTED_REMOTE_FEATURE);
    link_idle_events(&f, 5);
    ll_room_close(&f.room);
}

/* --- the peer's --- */

static void be_asked(struct link_room *f, const struct link_params *params)
{
    uint8_t pdu[LINK_CONTROL_MAX];

    link_send_control(&f->link, pdu, link_param_pdu(pdu, LL_CONNECTION_PARAM_REQ, params));
    const struct upper_event *event = upper_expect(f->upper, UP_PARAM_REQUEST, 0);
    assert_int_equal(event->handle, 0);
    assert_int_equal(event->request.interval_min_1250us, params->interval_min_1250us);
    assert_int_equal(event->request.interval_max_1250us, params->interval_max_1250us);
    assert_int_equal(event->request.latency, params->latency);
    assert_int_equal(event->request.timeout_10ms, params->timeout_10ms);
}

/*
 * UT                   IUT                     LT
 *                       |  <-- LL_CONNECTION_PARAM_REQ
 *  <- parameter request |
 *  reply ->             |
 *                       |  LL_CONNECTION_PARAM_RSP -->     (peripheral; then the central dictates)
 *                       |  LL_CONNECTION_UPDATE_IND -->    (central)
 *  <- update complete   |  instant
 */
static void host_agrees(void **state)
{
    const struct link_role *row = *state;
    struct link_params rsp = {32, 36, 0, 200, 0, 0};
    const struct ll_update_params reply = {
        .interval_min_1250us = 32, .interval_max_1250us = 36, .timeout_10ms = 200};
    uint8_t pdu[LINK_CONTROL_MAX];
    struct link_room f;

    link_room_open(&f, row->central, UINT64_MAX);
    be_asked(&f, &wished);
    link_idle_events(&f, 3);
    assert_int_equal(ll_param_request_reply(f.upper->ll, 0, &reply), 0);
    assert_int_equal(ll_param_request_reply(f.upper->ll, 0, &reply), HCI_ERR_COMMAND_DISALLOWED);
    if (row->central) {
        expect_update(&f, 36, 0, 200, true);
    } else {
        rsp.reference = (uint16_t)(f.link.counter + 1);
        link_expect_control(&f.link, pdu, link_param_pdu(pdu, LL_CONNECTION_PARAM_RSP, &rsp));
        link_idle_events(&f, 3);
        dictate(&f, 36, 0, 200);
        assert_int_equal(upper_expect(f.upper, UP_UPDATED, 0)->update.interval_1250us, 36);
    }
    link_idle_events(&f, 3);
    /* All of it is over: another may begin. */
    be_asked(&f, &wished);
    ll_room_close(&f.room);
}

static void host_declines(void **state)
{
    const struct link_role *row = *state;
    const uint8_t reject[] = {LL_REJECT_EXT_IND, LL_CONNECTION_PARAM_REQ, 0x3B};
    struct link_room f;

    link_room_open(&f, row->central, UINT64_MAX);
    for (int i = 0; i < 2; i++) {
        be_asked(&f, &wished);
        assert_int_equal(ll_param_request_negative_reply(f.upper->ll, 0, 0),
                         HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS);
        assert_int_equal(ll_param_request_negative_reply(f.upper->ll, 0, 0x3B), 0);
        assert_int_equal(ll_param_request_negative_reply(f.upper->ll, 0, 0x3B),
                         HCI_ERR_COMMAND_DISALLOWED);
        link_expect_control(&f.link, reject, sizeof reject);
        link_idle_events(&f, 3);
    }
    ll_room_close(&f.room);
}

struct request_row {
    const char *name;
    bool central;
    struct link_params request;
    uint8_t error; /* that it is rejected with at once */
};

static const struct request_row requests[] = {
    {"interval 0", false, {0, 40, 0, 300, 0, 0}, 0x1E},
    {"interval below", true, {5, 40, 0, 300, 0, 0}, 0x1E},
    {"interval above", false, {40, 3201, 0, 3200, 0, 0}, 0x1E},
    {"intervals crossed", true, {40, 32, 0, 300, 0, 0}, 0x1E},
    {"latency above", false, {6, 6, 500, 3200, 0, 0}, 0x1E},
    {"timeout below", true, {32, 40, 0, 9, 0, 0}, 0x1E},
    {"timeout above", true, {32, 40, 0, 3201, 0, 0}, 0x1E},
    {"timeout shorter than latency allows", false, {32, 40, 9, 100, 0, 0}, 0x1E},
    {"periodicity above the interval", false, {32, 40, 0, 300, 41, 0}, 0x1E},
    {"the host does not want to be asked", false, {32, 40, 0, 300, 0, 0}, 0x1A},
    {"nor the central's", true, {32, 40, 0, 300, 0, 0}, 0x1A},
};

static void rejected_at_once(void **state)
{
    const struct request_row *row = *state;
    const uint8_t reject[] = {LL_REJECT_EXT_IND, LL_CONNECTION_PARAM_REQ, row->error};
    uint8_t pdu[LINK_CONTROL_MAX];
    struct link_room f;

    link_room_open(&f, row->central, UINT64_MAX);
    f.upper->refuse_params = row->error == HCI_ERR_UNSUPPORTED_REMOTE_FEATURE;
    const size_t len = link_param_pdu(pdu, LL_CONNECTION_PARAM_REQ, &row->request);
    link_begin(&f.link);
    if (row->central) {
        link_expect_empty(&f.link);
        link_send(&f.link, LL_LLID_CONTROL, pdu, len, false);
        link_expect_nothing(&f.link);
        link_expect_control(&f.link, reject, sizeof reject);
    } else {
        link_send(&f.link, LL_LLID_CONTROL, pdu, len, false);
        link_expect(&f.link, LL_LLID_CONTROL, reject, sizeof reject, false);
        link_expect_nothing(&f.link);
    }
    link_idle_events(&f, 5);
    ll_room_close(&f.room);
}

/* Only anchor points would move: that is no business of the host's. */
static void host_not_asked_for_what_is(void **state)
{
    const struct link_role *row = *state;
    const struct link_params request = {20, 40, 0, 100, 20, 0};
    struct link_params rsp = {20, 40, 0, 100, 0, 0};
    uint8_t pdu[LINK_CONTROL_MAX];
    struct link_room f;

    link_room_open(&f, row->central, UINT64_MAX);
    if (!row->central) {
        const size_t len = link_param_pdu(pdu, LL_CONNECTION_PARAM_REQ, &request);
        link_begin(&f.link);
        link_send(&f.link, LL_LLID_CONTROL, pdu, len, false);
        rsp.reference = f.link.counter;
        link_expect(&f.link, LL_LLID_CONTROL, pdu,
                    link_param_pdu(pdu, LL_CONNECTION_PARAM_RSP, &rsp), false);
        link_expect_nothing(&f.link);
        link_idle_events(&f, 1);
        dictate(&f, 24, 0, 100);
    } else {
        link_send_control(&f.link, pdu, link_param_pdu(pdu, LL_CONNECTION_PARAM_REQ, &request));
        expect_update(&f, 24, 0, 100, false);
    }
    link_idle_events(&f, 5);
    ll_room_close(&f.room);
}

/* The answer was sent, the central does not act on it: 40 s (5.2). */
static void central_never_dictates(void **state)
{
    uint8_t pdu[LINK_CONTROL_MAX];
    struct link_params rsp = wished;
    struct link_room f;
    (void)state;

    link_room_open(&f, false, UINT64_MAX);
    be_asked(&f, &wished);
    link_idle_events(&f, 100); /* the host takes its time, which is not the peer's fault */
    const sim_ns replied = ll_room_now(&f.room);
    assert_int_equal(ll_param_request_reply(f.upper->ll, 0, &wish), 0);
    rsp.reference = (uint16_t)(f.link.counter + 1);
    link_expect_control(&f.link, pdu, link_param_pdu(pdu, LL_CONNECTION_PARAM_RSP, &rsp));
    while (f.link.anchor + SIM_MS(31) < replied + SIM_S(40))
        link_idle_event(&f.link);
    const struct upper_event *event = upper_expect(f.upper, UP_DISCONNECTED, SIM_MS(70));
    assert_int_equal(event->status, HCI_ERR_LL_RESPONSE_TIMEOUT);
    assert_int_equal(event->at, replied + SIM_S(40));
    ll_room_close_dirty(&f.room);
}

/* A rejection of what the central has not acknowledged is none: it goes on. */
static void rejected_untaken(void **state)
{
    const uint8_t reject[] = {LL_REJECT_EXT_IND, LL_CONNECTION_PARAM_RSP,
                              HCI_ERR_INVALID_LL_PARAMETERS};
    uint8_t pdu[LINK_CONTROL_MAX];
    struct link_room f;
    (void)state;

    link_room_open(&f, false, UINT64_MAX);
    be_asked(&f, &wished);
    assert_int_equal(ll_param_request_reply(f.upper->ll, 0, &wish), 0);
    link_swap_control(&f.link, NULL, 0, LL_CONNECTION_PARAM_RSP);
    f.link.nesn = !f.link.nesn; /* as if it had been lost */
    link_swap_control(&f.link, reject, sizeof reject, LL_CONNECTION_PARAM_RSP);
    link_idle_event(&f.link);
    link_swap_control(&f.link, pdu, link_param_pdu(pdu, LL_CONNECTION_PARAM_REQ, &wished),
                      LL_REJECT_EXT_IND);
    link_idle_events(&f, 3);
    ll_room_close(&f.room);
}

/* The host replied with what the central cannot have (5.1.7.1): another procedure may begin. */
static void central_rejects_the_answer(void **state)
{
    const uint8_t reject[] = {LL_REJECT_EXT_IND, LL_CONNECTION_PARAM_RSP,
                              HCI_ERR_INVALID_LL_PARAMETERS};
    uint8_t pdu[LINK_CONTROL_MAX];
    struct link_params rsp = wished;
    struct link_room f;
    (void)state;

    link_room_open(&f, false, UINT64_MAX);
    be_asked(&f, &wished);
    /* What is not there yet cannot have been rejected. */
    link_send_control(&f.link, reject, sizeof reject);
    assert_int_equal(ll_param_request_reply(f.upper->ll, 0, &wish), 0);
    rsp.reference = (uint16_t)(f.link.counter + 1);
    link_expect_control(&f.link, pdu, link_param_pdu(pdu, LL_CONNECTION_PARAM_RSP, &rsp));
    link_send_control(&f.link, reject, sizeof reject);
    be_asked(&f, &wished);
    ll_room_close(&f.room);
}

/* An answer that nobody asked for, one that comes twice: nothing comes of it. */
static void answers_out_of_turn(void **state)
{
    uint8_t pdu[LINK_CONTROL_MAX];
    struct link_room f;
    (void)state;

    link_room_open(&f, true, UINT64_MAX);
    const size_t len = link_param_pdu(pdu, LL_CONNECTION_PARAM_RSP, &wished);
    link_send_control(&f.link, pdu, len);
    link_idle_events(&f, 5);
    ask(&f);
    link_send_control(&f.link, pdu, len);
    struct link_update update = {2, 0, 40, 1, 300, 0};
    uint8_t ind[LINK_CONTROL_MAX];
    update.instant = (uint16_t)(f.link.counter + 7);
    link_expect_control(&f.link, ind, link_update_ind(ind, &update));
    link_follow_update(&f.link, &update, 0);
    link_send_control(&f.link, pdu, len);
    const uint8_t reject[] = {LL_REJECT_EXT_IND, LL_CONNECTION_PARAM_REQ, 0x3B};
    link_send_control(&f.link, reject, sizeof reject);
    while (f.link.counter != update.instant)
        link_idle_event(&f.link);
    assert_int_equal(upper_expect(f.upper, UP_UPDATED, 0)->status, 0);
    link_idle_events(&f, 5);
    ll_room_close(&f.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(peripheral_asks),
        cmocka_unit_test(peripheral_cannot_ask),
        cmocka_unit_test(central_never_dictates),
        cmocka_unit_test(answers_out_of_turn),
        cmocka_unit_test(central_rejects_the_answer),
        cmocka_unit_test(rejected_untaken),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    failed += RUN_ROWS(answers, central_asks);
    failed += RUN_ROWS(refusals, refused);
    failed += RUN_ROWS(link_roles, never_answered);
    failed += RUN_ROWS(wrong, wishes_checked);
    failed += RUN_ROWS(link_roles, host_agrees);
    failed += RUN_ROWS(link_roles, host_declines);
    failed += RUN_ROWS(requests, rejected_at_once);
    failed += RUN_ROWS(link_roles, host_not_asked_for_what_is);
    return failed;
}
