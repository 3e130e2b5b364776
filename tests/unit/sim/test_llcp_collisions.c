/* SPDX-License-Identifier: MIT */
/* Procedures that collide (Core v5.4, Vol 6, Part B, 5.3) between an upper and a lower tester. */
#include "link_tester.h"
#include "rows.h"

#define PARAMETERS_REQUEST (UINT64_C(1) << LL_FEATURE_CONNECTION_PARAMETERS_REQUEST)

static const struct ll_update_params wish = {
    .interval_min_1250us = 40, .interval_max_1250us = 40, .timeout_10ms = 300};
static const struct link_params wished = {40, 40, 0, 300, 0, 0};
static const uint8_t some_channels[5] = {0xFF, 0xFF, 0, 0, 0};

static size_t request(const struct link_room *f, uint8_t *pdu)
{
    struct link_params params = wished;

    params.reference = (uint16_t)(f->link.counter + 1);
    return link_param_pdu(pdu, LL_CONNECTION_PARAM_REQ, &params);
}

/* What our central begins, and what the tester's end must then do at the instant. */
enum ours {
    OUR_PARAMETERS,
    OUR_UPDATE,
    OUR_MAP,
};

struct central_row {
    const char *name;
    enum ours ours;
    uint8_t error; /* that the peer's LL_CONNECTION_PARAM_REQ is rejected with */
};

static const struct central_row centrals[] = {
    {"request and request", OUR_PARAMETERS, HCI_ERR_LL_PROCEDURE_COLLISION},
    {"update and request", OUR_UPDATE, HCI_ERR_DIFFERENT_TRANSACTION_COLLISION},
    {"map and request", OUR_MAP, HCI_ERR_DIFFERENT_TRANSACTION_COLLISION},
};

/* The tester's peripheral tells what it can, in octet 0. */
static void tell_features(struct link_room *f, uint8_t features)
{
    const uint8_t pdu[9] = {LL_PERIPHERAL_FEATURE_REQ, features};

    link_begin(&f->link);
    link_expect_empty(&f->link);
    link_send(&f->link, LL_LLID_CONTROL, pdu, sizeof pdu, false);
    link_expect_nothing(&f->link);
    link_begin(&f->link);
    link_hear(&f->link);
    assert_int_equal(f->link.pdu[2], LL_FEATURE_RSP);
    link_send_empty(&f->link, false);
    link_expect_nothing(&f->link);
}

/*
 * UT                 central (IUT)           peripheral (LT)
 *  request A ->       |
 *                     |  PDU of A -->
 *                     |  <-- LL_CONNECTION_PARAM_REQ
 *                     |  LL_REJECT_EXT_IND -->
 *                     |  A goes on as if nothing had been
 */
static void central_wins(void **state)
{
    const struct central_row *row = *state;
    const uint8_t reject[] = {LL_REJECT_EXT_IND, LL_CONNECTION_PARAM_REQ, row->error};
    struct link_update update = {2, 0, 40, 0, 300, 0};
    uint8_t pdu[LINK_CONTROL_MAX], req[LINK_CONTROL_MAX];
    struct link_room f;
    size_t len = 0;

    link_room_open(&f, true, UINT64_MAX);
    /* That the peer claims not to know the request makes our central dictate at once. */
    if (row->ours == OUR_UPDATE)
        tell_features(&f, 0x0C);
    if (row->ours == OUR_MAP)
        assert_int_equal(ll_set_channel_classification(f.upper->ll, some_channels), 0);
    else
        assert_int_equal(ll_connection_update(f.upper->ll, 0, &wish), 0);
    ll_room_run(&f.room, 0);
    update.instant = (uint16_t)(f.link.counter + 7);
    switch (row->ours) {
    case OUR_PARAMETERS:
        len = request(&f, pdu);
        break;
    case OUR_UPDATE:
        len = link_update_ind(pdu, &update);
        break;
    case OUR_MAP:
        len = link_map_ind(pdu, some_channels, update.instant);
        break;
    }
    link_begin(&f.link);
    link_expect(&f.link, LL_LLID_CONTROL, pdu, len, false);
    link_send(&f.link, LL_LLID_CONTROL, req, request(&f, req), false);
    link_expect_nothing(&f.link);
    link_expect_control(&f.link, reject, sizeof reject);
    if (row->ours == OUR_PARAMETERS) {
        link_idle_events(&f, 2);
        link_send_control(&f.link, pdu, link_param_pdu(pdu, LL_CONNECTION_PARAM_RSP, &wished));
        update.instant = (uint16_t)(f.link.counter + 7);
        link_expect_control(&f.link, pdu, link_update_ind(pdu, &update));
    }
    if (row->ours == OUR_MAP)
        link_follow_map(&f.link, some_channels, update.instant);
    else
        link_follow_update(&f.link, &update, 0);
    while (f.link.counter != update.instant)
        link_idle_event(&f.link);
    if (row->ours != OUR_MAP)
        assert_int_equal(upper_expect(f.upper, UP_UPDATED, 0)->status, 0);
    link_idle_events(&f, 20);
    /* Now the peer's turn has come. */
    link_send_control(&f.link, req, request(&f, req));
    if (row->ours == OUR_MAP)
        upper_expect(f.upper, UP_PARAM_REQUEST, 0);
    ll_room_close_dirty(&f.room);
}

/* To a peer that does not know LL_REJECT_EXT_IND. */
static void reject_without_extension(void **state)
{
    const uint8_t reject[] = {LL_REJECT_IND, HCI_ERR_DIFFERENT_TRANSACTION_COLLISION};
    uint8_t pdu[LINK_CONTROL_MAX];
    struct link_room f;
    (void)state;

    link_room_open(&f, true, UINT64_MAX);
    tell_features(&f, 0x0A);
    assert_int_equal(ll_set_channel_classification(f.upper->ll, some_channels), 0);
    link_begin(&f.link);
    link_hear(&f.link);
    assert_int_equal(f.link.pdu[2], LL_CHANNEL_MAP_IND);
    link_send(&f.link, LL_LLID_CONTROL, pdu, request(&f, pdu), false);
    link_expect_nothing(&f.link);
    link_expect_control(&f.link, reject, sizeof reject);
    ll_room_close(&f.room);
}

/* --- the peripheral gives way --- */

enum theirs {
    THEIR_PARAMETERS,
    THEIR_UPDATE,
    THEIR_MAP,
};

struct peripheral_row {
    const char *name;
    enum theirs theirs;
    uint8_t error;
};

static const struct peripheral_row peripherals[] = {
    {"request and request", THEIR_PARAMETERS, HCI_ERR_LL_PROCEDURE_COLLISION},
    {"request and map", THEIR_MAP, HCI_ERR_DIFFERENT_TRANSACTION_COLLISION},
};

/*
 * UT                 peripheral (IUT)        central (LT)
 *  update ->          |
 *                     |  <-- PDU of B
 *                     |  LL_CONNECTION_PARAM_REQ -->
 *                     |  <-- LL_REJECT_EXT_IND
 *  <- update failed   |
 *                     |  B goes on
 */
static void peripheral_gives_way(void **state)
{
    const struct peripheral_row *row = *state;
    const uint8_t reject[] = {LL_REJECT_EXT_IND, LL_CONNECTION_PARAM_REQ, row->error};
    uint8_t pdu[LINK_CONTROL_MAX], req[LINK_CONTROL_MAX];
    struct link_room f;

    link_room_open(&f, false, UINT64_MAX);
    const uint16_t instant = (uint16_t)(f.link.counter + 20);
    const size_t len =
        row->theirs == THEIR_MAP ? link_map_ind(pdu, some_channels, instant) : request(&f, pdu);
    assert_int_equal(ll_connection_update(f.upper->ll, 0, &wish), 0);
    ll_room_run(&f.room, 0);
    link_begin(&f.link);
    link_send(&f.link, LL_LLID_CONTROL, pdu, len, false);
    f.link.counter--; /* written in the event before the one that it is sent in */
    const size_t req_len = request(&f, req);
    f.link.counter++;
    link_expect(&f.link, LL_LLID_CONTROL, req, req_len, false);
    link_expect_nothing(&f.link);
    if (row->theirs == THEIR_PARAMETERS)
        upper_expect(f.upper, UP_PARAM_REQUEST, 0);
    upper_expect_none(f.upper);
    link_send_control(&f.link, reject, sizeof reject);
    assert_int_equal(upper_expect(f.upper, UP_UPDATED, 0)->status, row->error);
    if (row->theirs == THEIR_MAP) {
        link_follow_map(&f.link, some_channels, instant);
        /* While it lasts, no other is begun. */
        assert_int_equal(ll_connection_update(f.upper->ll, 0, &wish), 0);
        while (f.link.counter != instant - 1)
            link_idle_event(&f.link);
        link_expect_control(&f.link, req, request(&f, req));
    } else {
        struct link_params rsp = wished;
        assert_int_equal(ll_param_request_reply(f.upper->ll, 0, &wish), 0);
        rsp.reference = (uint16_t)(f.link.counter + 1);
        link_expect_control(&f.link, pdu, link_param_pdu(pdu, LL_CONNECTION_PARAM_RSP, &rsp));
        struct link_update update = {1, 0, 40, 0, 300, (uint16_t)(f.link.counter + 7)};
        link_send_control(&f.link, pdu, link_update_ind(pdu, &update));
        link_follow_update(&f.link, &update, 0);
        while (f.link.counter != update.instant)
            link_idle_event(&f.link);
        assert_int_equal(upper_expect(f.upper, UP_UPDATED, 0)->status, 0);
    }
    link_idle_events(&f, 20);
    ll_room_close(&f.room);
}

/* The central did not wait for the request: its update is as good an answer, the reject is late. */
static void update_crosses_request(void **state)
{
    const uint8_t reject[] = {LL_REJECT_EXT_IND, LL_CONNECTION_PARAM_REQ,
                              HCI_ERR_DIFFERENT_TRANSACTION_COLLISION};
    struct link_update update = {1, 0, 32, 0, 200, 0};
    uint8_t pdu[LINK_CONTROL_MAX];
    struct link_room f;
    (void)state;

    link_room_open(&f, false, UINT64_MAX);
    update.instant = (uint16_t)(f.link.counter + 10);
    assert_int_equal(ll_connection_update(f.upper->ll, 0, &wish), 0);
    ll_room_run(&f.room, 0);
    link_begin(&f.link);
    link_send(&f.link, LL_LLID_CONTROL, pdu, link_update_ind(pdu, &update), false);
    link_hear(&f.link);
    assert_int_equal(f.link.pdu[2], LL_CONNECTION_PARAM_REQ);
    link_expect_nothing(&f.link);
    link_follow_update(&f.link, &update, 0);
    link_send_control(&f.link, reject, sizeof reject);
    upper_expect_none(f.upper);
    while (f.link.counter != update.instant)
        link_idle_event(&f.link);
    const struct upper_event *event = upper_expect(f.upper, UP_UPDATED, 0);
    assert_int_equal(event->status, 0);
    assert_int_equal(event->update.interval_1250us, 32);
    link_idle_events(&f, 5);
    ll_room_close(&f.room);
}

/* --- what no correct peer does --- */

struct twice_row {
    const char *name;
    enum theirs first, second;
    uint8_t reason; /* of the disconnection; 0: the second is rejected with 0x23 */
};

static const struct twice_row twice[] = {
    {"update twice", THEIR_UPDATE, THEIR_UPDATE, HCI_ERR_LL_PROCEDURE_COLLISION},
    {"map twice", THEIR_MAP, THEIR_MAP, HCI_ERR_LL_PROCEDURE_COLLISION},
    {"update, map", THEIR_UPDATE, THEIR_MAP, HCI_ERR_DIFFERENT_TRANSACTION_COLLISION},
    {"map, update", THEIR_MAP, THEIR_UPDATE, HCI_ERR_DIFFERENT_TRANSACTION_COLLISION},
    {"request, update before its answer", THEIR_PARAMETERS, THEIR_UPDATE,
     HCI_ERR_DIFFERENT_TRANSACTION_COLLISION},
    {"request twice", THEIR_PARAMETERS, THEIR_PARAMETERS, 0},
};

static size_t theirs_pdu(const struct link_room *f, uint8_t *pdu, enum theirs theirs)
{
    const struct link_update update = {1, 0, 40, 0, 300, (uint16_t)(f->link.counter + 20)};

    switch (theirs) {
    case THEIR_PARAMETERS:
        return request(f, pdu);
    case THEIR_UPDATE:
        return link_update_ind(pdu, &update);
    case THEIR_MAP:
        return link_map_ind(pdu, some_channels, update.instant);
    }
    return 0;
}

static void second_before_the_first_is_over(void **state)
{
    const struct twice_row *row = *state;
    const uint8_t reject[] = {LL_REJECT_EXT_IND, LL_CONNECTION_PARAM_REQ,
                              HCI_ERR_LL_PROCEDURE_COLLISION};
    const uint8_t declined[] = {LL_REJECT_EXT_IND, LL_CONNECTION_PARAM_REQ, 0x3B};
    uint8_t pdu[LINK_CONTROL_MAX];
    struct link_room f;

    link_room_open(&f, false, UINT64_MAX);
    link_send_control(&f.link, pdu, theirs_pdu(&f, pdu, row->first));
    if (row->first == THEIR_PARAMETERS)
        upper_expect(f.upper, UP_PARAM_REQUEST, 0);
    link_idle_events(&f, 2);
    const size_t len = theirs_pdu(&f, pdu, row->second);
    link_begin(&f.link);
    link_send(&f.link, LL_LLID_CONTROL, pdu, len, false);
    if (row->reason) {
        assert_int_equal(upper_expect(f.upper, UP_DISCONNECTED, SIM_MS(40))->status, row->reason);
        lower_expect_silence(&f.room, SIM_S(1));
    } else {
        link_expect(&f.link, LL_LLID_CONTROL, reject, sizeof reject, false);
        link_expect_nothing(&f.link);
        /* The first stands. */
        assert_int_equal(ll_param_request_negative_reply(f.upper->ll, 0, 0x3B), 0);
        link_expect_control(&f.link, declined, sizeof declined);
    }
    ll_room_close_dirty(&f.room);
}

/* The peer took our procedure up, and now begins one of its own in the midst of it. */
static void peer_begins_another_in_the_midst(void **state)
{
    uint8_t pdu[LINK_CONTROL_MAX];
    struct link_room f;
    (void)state;

    link_room_open(&f, true, UINT64_MAX);
    assert_int_equal(ll_connection_update(f.upper->ll, 0, &wish), 0);
    ll_room_run(&f.room, 0);
    link_expect_control(&f.link, pdu, request(&f, pdu));
    link_send_control(&f.link, pdu, link_param_pdu(pdu, LL_CONNECTION_PARAM_RSP, &wished));
    link_begin(&f.link);
    link_hear(&f.link);
    assert_int_equal(f.link.pdu[2], LL_CONNECTION_UPDATE_IND);
    link_send(&f.link, LL_LLID_CONTROL, pdu, request(&f, pdu), false);
    assert_int_equal(upper_expect(f.upper, UP_UPDATED, SIM_MS(1))->status,
                     HCI_ERR_LL_PROCEDURE_COLLISION);
    assert_int_equal(upper_expect(f.upper, UP_DISCONNECTED, 0)->status,
                     HCI_ERR_LL_PROCEDURE_COLLISION);
    ll_room_close(&f.room);
}

/* --- turns --- */

/* Two of ours with instants, one without: they take turns, that without an instant need not wait.
 */
static void local_procedures_take_turns(void **state)
{
    const uint8_t version[] = {LL_VERSION_IND, 8, 0x34, 0x12, 0x78, 0x56};
    struct link_update update = {2, 0, 40, 0, 300, 0};
    uint8_t pdu[LINK_CONTROL_MAX];
    struct link_room f;
    (void)state;

    link_room_open(&f, true, UINT64_MAX & ~PARAMETERS_REQUEST);
    assert_int_equal(ll_set_channel_classification(f.upper->ll, some_channels), 0);
    assert_int_equal(ll_connection_update(f.upper->ll, 0, &wish), 0);
    assert_int_equal(ll_read_remote_version(f.upper->ll, 0), 0);
    ll_room_run(&f.room, 0);
    link_expect_control(&f.link, version, sizeof version);
    link_send_control(&f.link, version, sizeof version);
    upper_expect(f.upper, UP_VERSION, 0);
    update.instant = (uint16_t)(f.link.counter + 7);
    link_expect_control(&f.link, pdu, link_update_ind(pdu, &update));
    link_follow_update(&f.link, &update, 0);
    while (f.link.counter != update.instant)
        link_idle_event(&f.link);
    upper_expect(f.upper, UP_UPDATED, 0);
    const uint16_t instant = (uint16_t)(f.link.counter + 7);
    link_expect_control(&f.link, pdu, link_map_ind(pdu, some_channels, instant));
    link_follow_map(&f.link, some_channels, instant);
    link_idle_events(&f, 40);
    ll_room_close(&f.room);
}

/* Termination waits for nothing, and nothing begins after it. */
static void termination_overrides(void **state)
{
    const uint8_t terminate[] = {LL_TERMINATE_IND, 0x13};
    uint8_t pdu[LINK_CONTROL_MAX];
    struct link_room f;
    (void)state;

    link_room_open(&f, true, UINT64_MAX);
    assert_int_equal(ll_connection_update(f.upper->ll, 0, &wish), 0);
    ll_room_run(&f.room, 0);
    link_expect_control(&f.link, pdu, request(&f, pdu));
    assert_int_equal(ll_set_channel_classification(f.upper->ll, some_channels), 0);
    assert_int_equal(ll_disconnect(f.upper->ll, 0, 0x13), 0);
    link_begin(&f.link);
    link_expect(&f.link, LL_LLID_CONTROL, terminate, sizeof terminate, false);
    link_send_empty(&f.link, false);
    assert_int_equal(upper_expect(f.upper, UP_UPDATED, SIM_MS(1))->status, 0x16);
    assert_int_equal(upper_expect(f.upper, UP_DISCONNECTED, 0)->status, 0x16);
    lower_expect_silence(&f.room, SIM_S(1));
    ll_room_close(&f.room);
}

static void nothing_begins_after_termination(void **state)
{
    const uint8_t terminate[] = {LL_TERMINATE_IND, 0x13};
    struct link_room f;
    (void)state;

    link_room_open(&f, true, UINT64_MAX);
    assert_int_equal(ll_disconnect(f.upper->ll, 0, 0x13), 0);
    assert_int_equal(ll_set_channel_classification(f.upper->ll, some_channels), 0);
    assert_int_equal(ll_connection_update(f.upper->ll, 0, &wish), 0);
    ll_room_run(&f.room, 0);
    link_begin(&f.link);
    link_expect(&f.link, LL_LLID_CONTROL, terminate, sizeof terminate, false);
    link_send_empty(&f.link, false);
    assert_int_equal(upper_expect(f.upper, UP_UPDATED, SIM_MS(1))->status, 0x16);
    assert_int_equal(upper_expect(f.upper, UP_DISCONNECTED, 0)->status, 0x16);
    lower_expect_silence(&f.room, SIM_S(1));
    ll_room_close(&f.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reject_without_extension),
        cmocka_unit_test(update_crosses_request),
        cmocka_unit_test(peer_begins_another_in_the_midst),
        cmocka_unit_test(local_procedures_take_turns),
        cmocka_unit_test(termination_overrides),
        cmocka_unit_test(nothing_begins_after_termination),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    failed += RUN_ROWS(centrals, central_wins);
    failed += RUN_ROWS(peripherals, peripheral_gives_way);
    failed += RUN_ROWS(twice, second_before_the_first_is_over);
    return failed;
}
