/* SPDX-License-Identifier: MIT */
/*
 * LE Ping (Core v5.4, Vol 6, Part B, 5.1.8) and the authenticated payload timeout (5.4; Vol 4, Part
 * E, 7.3.93, 7.3.94), for the sake of which it is sent.
 */
#include "llcp_encrypt_states.h"
#include "rows.h"

static const uint8_t req[] = {LL_PING_REQ}, rsp[] = {LL_PING_RSP};

/* Each one is answered; an answer to nothing is nothing. */
static void answered(void **state)
{
    const struct link_role *row = *state;
    struct link_room f;

    link_room_open(&f, row->central, UINT64_MAX);
    for (int i = 0; i < 3; i++)
        link_exchange_control(&f.link, req, sizeof req, rsp, sizeof rsp);
    link_send_control(&f.link, rsp, sizeof rsp);
    link_quiet_events(&f, 3);
    ll_room_close(&f.room);
}

static void unclaimed(void **state)
{
    const struct link_role *row = *state;
    const uint8_t unknown[] = {LL_UNKNOWN_RSP, LL_PING_REQ};
    struct link_room f;

    link_room_open(&f, row->central, 0);
    link_exchange_control(&f.link, req, sizeof req, unknown, sizeof unknown);
    link_quiet_events(&f, 3);
    ll_room_close(&f.room);
}

struct timeout_row {
    const char *name;
    uint16_t latency, timeout_10ms;
    uint8_t status;
};

/* The interval is 30 ms. */
static const struct timeout_row timeouts[] = {
    {"none", 0, 0, 0x12},
    {"below the interval", 0, 2, 0x12},
    {"the interval", 0, 3, 0},
    {"below the silence of latency", 9, 29, 0x12},
    {"the silence of latency", 9, 30, 0},
    {"most", 9, 0xFFFF, 0},
};

static void timeout_written(void **state)
{
    const struct timeout_row *row = *state;
    struct ll_connect_ind ind = link_connect_ind(upper_address(1));
    struct link_room f;
    uint16_t now = 0;

    ind.latency = row->latency;
    link_room_open_peripheral(&f, &ind);
    struct ll *ll = f.upper->ll;
    assert_int_equal(ll_read_payload_timeout(ll, 1, &now), 0x02);
    assert_int_equal(ll_write_payload_timeout(ll, 1, row->timeout_10ms), 0x02);
    assert_int_equal(ll_write_payload_timeout(ll, 0, row->timeout_10ms), row->status);
    assert_int_equal(ll_read_payload_timeout(ll, 0, &now), 0);
    assert_int_equal(now, row->status ? 3000 : row->timeout_10ms);
    ll_room_close(&f.room);
}

/* --- the timeout of an encrypted link --- */

#define TIMEOUT_10MS 100U
#define TIMEOUT      SIM_S(1)
#define PING_AT      (TIMEOUT - 6 * SIM_MS(30)) /* six events before it */

static void open_timed(struct hostile *f, bool central, uint64_t features)
{
    *f = (struct hostile){.central = central};
    link_room_open(&f->room, central, features);
    assert_int_equal(ll_write_payload_timeout(f->room.upper->ll, 0, TIMEOUT_10MS), 0);
    link_encrypt(&f->room.link, f->room.upper);
}

static sim_ns now(const struct hostile *f)
{
    return ll_room_now(&f->room.room);
}

/* Empty PDUs go each way until something else comes; returns how long that took. */
static sim_ns idle_until_heard(struct hostile *f)
{
    const sim_ns begin = now(f);

    do
        link_swap(&f->room.link, NULL, 0);
    while (f->room.link.header.length == 0);
    return now(f) - begin;
}

static void idle_for(struct hostile *f, sim_ns span)
{
    const sim_ns until = now(f) + span;

    while (now(f) < until)
        link_idle_event(&f->room.link);
}

static void expect_ping(struct hostile *f, sim_ns after)
{
    const sim_ns took = idle_until_heard(f);

    assert_int_equal(f->room.link.pdu[2], LL_PING_REQ);
    assert_int_equal(f->room.link.header.length, 1);
    /* Some events lie between what was heard last and where the count began. */
    assert_true(took <= after + SIM_MS(35) && took + 4 * SIM_MS(35) >= after);
}

static void pinged_in_time(void **state)
{
    const struct link_role *row = *state;
    struct hostile f;

    open_timed(&f, row->central, UINT64_MAX);
    for (int i = 0; i < 5; i++) {
        expect_ping(&f, PING_AT);
        link_send_control(&f.room.link, rsp, sizeof rsp);
    }
    expect_works(&f);
    hostile_close(&f);
}

/* The host hears of it when time is up, and each time that it is again; then the peer is gone. */
static void ping_not_answered(void **state)
{
    const struct link_role *row = *state;
    struct hostile f;

    open_timed(&f, row->central, UINT64_MAX);
    expect_ping(&f, PING_AT);
    const sim_ns latest = now(&f) + SIM_S(40);
    sim_ns last = 0;
    for (int i = 0; i < 5; i++) {
        upper_expect_none(f.room.upper);
        idle_for(&f, i == 0 ? 6 * SIM_MS(30) + SIM_MS(30) : TIMEOUT);
        const sim_ns at = upper_expect(f.room.upper, UP_PAYLOAD_TIMEOUT, 0)->at;
        assert_true(i == 0 || at == last + TIMEOUT);
        last = at;
    }
    f.room.upper->keep_nothing = true;
    idle_for(&f, latest - now(&f) - SIM_MS(200));
    f.room.upper->keep_nothing = false;
    ll_room_run(&f.room.room, latest - now(&f));
    lower_forget(&f.room.room);
    while (f.room.upper->count > 1)
        upper_expect(f.room.upper, UP_PAYLOAD_TIMEOUT, 0);
    assert_int_equal(upper_expect(f.room.upper, UP_DISCONNECTED, 0)->status,
                     HCI_ERR_LL_RESPONSE_TIMEOUT);
    hostile_close(&f);
}

/* Payloads with a MIC will do; nobody need ask. Empty PDUs have none. */
static void payloads_will_do(void **state)
{
    static const uint8_t data[] = {1, 2, 3};
    const struct link_role *row = *state;
    struct hostile f;

    open_timed(&f, row->central, UINT64_MAX);
    f.room.upper->keep_nothing = true;
    for (int i = 0; i < 10; i++) {
        link_event(&f.room.link, LL_LLID_START, data, sizeof data);
        idle_for(&f, SIM_MS(700));
    }
    f.room.upper->keep_nothing = false;
    expect_ping(&f, PING_AT - SIM_MS(700));
    link_send_control(&f.room.link, rsp, sizeof rsp);
    hostile_close(&f);
}

/* The peer's LL_UNKNOWN_RSP has a MIC as well. */
static void ping_unknown(void **state)
{
    static const uint8_t unknown[] = {LL_UNKNOWN_RSP, LL_PING_REQ};
    const struct link_role *row = *state;
    struct hostile f;

    open_timed(&f, row->central, UINT64_MAX);
    for (int i = 0; i < 3; i++) {
        expect_ping(&f, PING_AT);
        link_send_control(&f.room.link, unknown, sizeof unknown);
    }
    expect_works(&f);
    hostile_close(&f);
}

/* A peer that is known not to know it is not asked: the host hears. */
static void peer_without_ping(void **state)
{
    static const uint8_t features[] = {LL_FEATURE_REQ, 0x01, 0, 0, 0, 0, 0, 0, 0};
    struct hostile f;

    (void)state;
    open_timed(&f, false, UINT64_MAX);
    link_swap_control(&f.room.link, features, sizeof features, LL_FEATURE_RSP);
    idle_for(&f, TIMEOUT - SIM_MS(60));
    upper_expect_none(f.room.upper);
    idle_for(&f, SIM_MS(90));
    upper_expect(f.room.upper, UP_PAYLOAD_TIMEOUT, 0);
    expect_works(&f);
    hostile_close(&f);
}

struct quiet_row {
    const char *name;
    bool central, encrypted;
    uint64_t features;
};

static const struct quiet_row quiets[] = {
    {"central, in clear", true, false, UINT64_MAX},
    {"peripheral, in clear", false, false, UINT64_MAX},
    {"central, LE Ping not claimed", true, true, ~(1ULL << LL_FEATURE_PING)},
    {"peripheral, LE Ping not claimed", false, true, ~(1ULL << LL_FEATURE_PING)},
};

static void nothing_to_time(void **state)
{
    const struct quiet_row *row = *state;
    struct hostile f = {.central = row->central};

    link_room_open(&f.room, row->central, row->features);
    assert_int_equal(ll_write_payload_timeout(f.room.upper->ll, 0, TIMEOUT_10MS), 0);
    if (row->encrypted)
        link_encrypt(&f.room.link, f.room.upper);
    link_quiet_events(&f.room, 100);
    hostile_close(&f);
}

/* The default is 30 s. Another holds from when it is written. */
static void timeout_changed(void **state)
{
    const struct link_role *row = *state;
    struct hostile f = {.central = row->central};

    link_room_open(&f.room, row->central, UINT64_MAX);
    link_encrypt(&f.room.link, f.room.upper);
    idle_for(&f, SIM_S(5));
    assert_int_equal(ll_write_payload_timeout(f.room.upper->ll, 0, TIMEOUT_10MS), 0);
    expect_ping(&f, PING_AT);
    link_send_control(&f.room.link, rsp, sizeof rsp);
    assert_int_equal(ll_write_payload_timeout(f.room.upper->ll, 0, 3000), 0);
    expect_ping(&f, SIM_S(30) - 6 * SIM_MS(30));
    link_send_control(&f.room.link, rsp, sizeof rsp);
    hostile_close(&f);
}

/* While the encryption is paused there is nothing to time, and no PDU of ours may go. */
static void paused(void **state)
{
    const struct link_role *row = *state;
    struct hostile f;

    hostile_open(&f, row->central, row->central ? (unsigned)C_ENCRYPTED : (unsigned)P_ENCRYPTED);
    assert_int_equal(ll_write_payload_timeout(f.room.upper->ll, 0, TIMEOUT_10MS), 0);
    while (f.state != (row->central ? (unsigned)C_PAUSED : (unsigned)P_PAUSED))
        advance(&f);
    link_quiet_events(&f.room, 100);
    leave(&f);
    expect_ping(&f, PING_AT);
    link_send_control(&f.room.link, rsp, sizeof rsp);
    hostile_close(&f);
}

/* A host that has no room hears of it later. */
static void told_when_there_is_room(void **state)
{
    const struct link_role *row = *state;
    struct hostile f;

    open_timed(&f, row->central, UINT64_MAX);
    expect_ping(&f, PING_AT);
    f.room.upper->no_room = true;
    idle_for(&f, SIM_S(3));
    upper_expect_none(f.room.upper);
    f.room.upper->no_room = false;
    idle_for(&f, SIM_MS(150));
    upper_expect(f.room.upper, UP_PAYLOAD_TIMEOUT, 0);
    link_send_control(&f.room.link, rsp, sizeof rsp);
    hostile_close(&f);
}

int main(void)
{
    int failed = RUN_ROWS(link_roles, answered);

    failed += RUN_ROWS(link_roles, unclaimed);
    failed += RUN_ROWS(timeouts, timeout_written);
    failed += RUN_ROWS(link_roles, pinged_in_time);
    failed += RUN_ROWS(link_roles, ping_not_answered);
    failed += RUN_ROWS(link_roles, payloads_will_do);
    failed += RUN_ROWS(link_roles, ping_unknown);
    failed += RUN_ROWS(quiets, nothing_to_time);
    failed += RUN_ROWS(link_roles, timeout_changed);
    failed += RUN_ROWS(link_roles, paused);
    failed += RUN_ROWS(link_roles, told_when_there_is_room);
    const struct CMUnitTest tests[] = {cmocka_unit_test(peer_without_ping)};
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
