/* SPDX-License-Identifier: MIT */
#include "host_internal.h"
#include "host_story.h"
#include "rows.h"

#define PEER_TEXT "C0:00:00:00:00:40"

static void connect_with(struct host_story *story, sim_ns timeout_ns)
{
    const struct blr_connect_params params = {.peer = host_story_peer(0x40),
                                              .timeout_ns = timeout_ns};

    assert_int_equal(blr_gap_connect(story->host, &params, told_connect, story), 0);
}

static void created(struct host_story *story)
{
    expect_answer(story,
                  "200d 60 00 30 00 00 01 40 00 00 00 00 c0 00 18 00 28 00 00 00 a4 01 00 00 "
                  "00 00");
}

static void complete(struct host_story *story, uint8_t status)
{
    const struct bd_addr peer = host_story_peer(status ? 0 : 0x40);

    fake_controller_connected(&story->fake, status, status ? 0 : 0x40, BLR_CENTRAL, &peer);
}

static void expect_idle(struct host_story *story)
{
    expect_no_command(story);
    manual_clock_advance(&story->clock, SIM_S(100));
    expect_told(story, "");
    expect_no_command(story);
    assert_int_equal(story->host->connect.state, GAP_CONNECT_IDLE);
}

static void connects(void **state)
{
    struct host_story *story = *state;

    connect_with(story, SIM_S(1));
    created(story);
    expect_told(story, "");
    complete(story, 0);
    expect_told(story, "connected 0040 central " PEER_TEXT "\nconnect ok\n");
    const struct blr_conn *conn = blr_conn_first(story->host);
    const struct bd_addr peer = host_story_peer(0x40);
    assert_true(bd_addr_equal(blr_conn_peer(conn), &peer));
    assert_int_equal(blr_conn_handle(conn), 0x40);
    assert_int_equal(blr_conn_role(conn), BLR_CENTRAL);
    assert_int_equal(blr_conn_interval_1250us(conn), 40);
    assert_int_equal(blr_conn_latency(conn), 0);
    assert_int_equal(blr_conn_timeout_10ms(conn), 420);
    assert_ptr_equal(blr_conn_host(conn), story->host);
    expect_idle(story);
}

static void one_attempt_at_a_time(void **state)
{
    struct host_story *story = *state;
    const struct blr_connect_params params = {.peer = host_story_peer(0x41)};

    connect_with(story, 0);
    assert_int_equal(blr_gap_connect(story->host, &params, NULL, NULL), BLR_ERR_BUSY);
    created(story);
    assert_int_equal(blr_gap_connect(story->host, &params, NULL, NULL), BLR_ERR_BUSY);
    complete(story, 0);
    expect_told(story, "connected 0040 central " PEER_TEXT "\nconnect ok\n");
    assert_int_equal(blr_gap_connect(story->host, &params, NULL, NULL), 0);
    expect_command(story, "200d 60 00 30 00 00 01 41 00 00 00 00 c0 00 18 00 28 00 00 00 a4 01 00 "
                          "00 00 00");
}

static void refused_by_the_controller(void **state)
{
    struct host_story *story = *state;

    story->fake.fails_opcode = HCI_OP_LE_CREATE_CONNECTION;
    story->fake.fails_status = HCI_ERR_CONNECTION_ALREADY_EXISTS;
    connect_with(story, SIM_S(1));
    created(story);
    expect_told(story, "connect Connection Already Exists\n");
    expect_idle(story);
}

static void fails_later(void **state)
{
    struct host_story *story = *state;

    connect_with(story, SIM_S(1));
    created(story);
    complete(story, HCI_ERR_CONNECTION_LIMIT_EXCEEDED);
    expect_told(story, "connect Connection Limit Exceeded\n");
    expect_idle(story);
}

static void times_out(void **state)
{
    struct host_story *story = *state;

    connect_with(story, SIM_S(1));
    created(story);
    manual_clock_advance(&story->clock, SIM_S(1) - 1);
    expect_no_command(story);
    manual_clock_advance(&story->clock, 1);
    expect_told(story, "");
    expect_answer(story, "200e ");
    expect_told(story, "");
    complete(story, HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER);
    expect_told(story, "connect Timed out\n");
    expect_idle(story);
}

/* Without a timeout it waits, as the controller does. */
static void waits_for_ever(void **state)
{
    struct host_story *story = *state;

    connect_with(story, 0);
    created(story);
    manual_clock_advance(&story->clock, SIM_S(100000));
    expect_told(story, "");
    expect_no_command(story);
    complete(story, 0);
    expect_told(story, "connected 0040 central " PEER_TEXT "\nconnect ok\n");
}

static void completes_as_the_time_is_up(void **state)
{
    struct host_story *story = *state;

    connect_with(story, SIM_S(1));
    created(story);
    manual_clock_advance(&story->clock, SIM_S(1));
    complete(story, 0);
    expect_told(story, "connected 0040 central " PEER_TEXT "\nconnect ok\n");
    story->fake.fails_opcode = HCI_OP_LE_CREATE_CONNECTION_CANCEL;
    story->fake.fails_status = HCI_ERR_COMMAND_DISALLOWED;
    expect_answer(story, "200e ");
    expect_idle(story);
    assert_non_null(blr_conn_first(story->host));
}

static void times_out_before_it_is_created(void **state)
{
    struct host_story *story = *state;

    connect_with(story, SIM_MS(1));
    manual_clock_advance(&story->clock, SIM_MS(1));
    created(story);
    expect_answer(story, "200e ");
    complete(story, HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER);
    expect_told(story, "connect Timed out\n");
    expect_idle(story);
}

static void cancelled(void **state)
{
    struct host_story *story = *state;

    assert_int_equal(blr_gap_connect_cancel(story->host), BLR_ERR_STATE);
    connect_with(story, SIM_S(1));
    created(story);
    assert_int_equal(blr_gap_connect_cancel(story->host), 0);
    assert_int_equal(blr_gap_connect_cancel(story->host), 0); /* no harm in saying it twice */
    expect_told(story, "");
    expect_answer(story, "200e ");
    expect_told(story, "");
    assert_int_equal(blr_gap_connect_cancel(story->host), 0);
    complete(story, HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER);
    expect_told(story, "connect Cancelled\n");
    expect_idle(story);
}

static void cancelled_before_it_is_refused(void **state)
{
    struct host_story *story = *state;

    story->fake.fails_opcode = HCI_OP_LE_CREATE_CONNECTION;
    story->fake.fails_status = HCI_ERR_COMMAND_DISALLOWED;
    connect_with(story, SIM_S(1));
    assert_int_equal(blr_gap_connect_cancel(story->host), 0);
    created(story);
    expect_told(story, "connect Cancelled\n");
    expect_idle(story);
}

/* No connection comes of an attempt that was cancelled: the one that there is, is ended. */
static void completes_as_it_is_cancelled(void **state)
{
    struct host_story *story = *state;

    connect_with(story, SIM_S(1));
    created(story);
    assert_int_equal(blr_gap_connect_cancel(story->host), 0);
    complete(story, 0);
    expect_told(story, "connect Cancelled\n");
    assert_null(blr_conn_first(story->host));
    story->fake.fails_opcode = HCI_OP_LE_CREATE_CONNECTION_CANCEL;
    story->fake.fails_status = HCI_ERR_COMMAND_DISALLOWED;
    expect_answer(story, "200e ");
    expect_answer(story, "0406 40 00 13");
    host_story_acl(story, 0x40, 2, "01 00 04 00 0a");
    fake_controller_disconnected(&story->fake, 0x40, HCI_ERR_CONNECTION_TERMINATED_BY_LOCAL_HOST);
    expect_no_acl(story);
    expect_idle(story);
}

static void cancelled_after_the_time_is_up(void **state)
{
    struct host_story *story = *state;

    connect_with(story, SIM_S(1));
    created(story);
    manual_clock_advance(&story->clock, SIM_S(1));
    assert_int_equal(blr_gap_connect_cancel(story->host), 0);
    complete(story, 0);
    expect_told(story, "connect Cancelled\n");
    assert_null(blr_conn_first(story->host));
}

/* The answer to the cancel comes first, then the connection that was on its way. */
static void completes_after_the_cancel_was_refused(void **state)
{
    struct host_story *story = *state;

    story->fake.fails_opcode = HCI_OP_LE_CREATE_CONNECTION_CANCEL;
    story->fake.fails_status = HCI_ERR_COMMAND_DISALLOWED;
    connect_with(story, SIM_S(1));
    created(story);
    manual_clock_advance(&story->clock, SIM_S(1));
    expect_answer(story, "200e ");
    expect_told(story, "");
    complete(story, 0);
    expect_told(story, "connected 0040 central " PEER_TEXT "\nconnect ok\n");
    expect_idle(story);
}

static void nothing_follows_the_cancel(void **state)
{
    struct host_story *story = *state;

    connect_with(story, SIM_S(1));
    created(story);
    assert_int_equal(blr_gap_connect_cancel(story->host), 0);
    expect_answer(story, "200e ");
    manual_clock_advance(&story->clock, HCI_COMMAND_TIMEOUT);
    expect_told(story, "connect Cancelled\n");
    /* Too late: nobody waits for it any more. */
    complete(story, 0);
    expect_told(story, "");
    expect_answer(story, "0406 40 00 13");
    expect_idle(story);
}

static void unasked_for(void **state)
{
    struct host_story *story = *state;

    complete(story, 0);
    expect_told(story, "");
    expect_answer(story, "0406 40 00 13");
    connect_with(story, 0);
    complete(story, 0); /* before Command Status */
    created(story);
    expect_answer(story, "0406 40 00 13");
    expect_told(story, "");
    assert_int_equal(story->host->counters.refused_links, 2);
}

static void more_refusals_than_it_keeps(void **state)
{
    struct host_story *story = *state;
    const struct bd_addr peer = host_story_peer(1);

    for (uint16_t handle = 1; handle <= HOST_MAX_REFUSED + 3; handle++)
        fake_controller_connected(&story->fake, 0, handle, BLR_CENTRAL, &peer);
    fake_controller_answer_all(&story->fake);
    assert_int_equal(story->host->counters.refused_links, HOST_MAX_REFUSED + 3);
    assert_int_equal(story->host->refused.count, 0);
    expect_idle(story);
}

static void at_most_64_connections(void **state)
{
    struct host_story *story = *state;

    for (uint16_t handle = 1; handle <= HOST_MAX_CONNECTIONS; handle++)
        host_story_connect(story, handle, BLR_PERIPHERAL);
    const struct bd_addr peer = host_story_peer(0x70);
    fake_controller_connected(&story->fake, 0, 0x70, BLR_PERIPHERAL, &peer);
    expect_told(story, "");
    expect_answer(story, "0406 70 00 14");
    uint16_t handle = 1;
    for (struct blr_conn *c = blr_conn_first(story->host); c; c = blr_conn_next(c))
        assert_int_equal(blr_conn_handle(c), handle++);
    assert_int_equal(handle, HOST_MAX_CONNECTIONS + 1);
}

static void another_in_connected(struct host_story *story)
{
    const struct blr_connect_params params = {.peer = host_story_peer(0x41)};

    story->hook = NULL; /* the first attempt is over, though it has not been called back */
    assert_int_equal(blr_gap_connect_cancel(story->host), BLR_ERR_STATE);
    assert_int_equal(blr_gap_disconnect(blr_conn_first(story->host), 0x13), 0);
    assert_int_equal(blr_gap_connect(story->host, &params, told_connect, story), 0);
}

static void another_before_it_is_called_back(void **state)
{
    struct host_story *story = *state;

    connect_with(story, 0);
    created(story);
    story->hook = another_in_connected;
    complete(story, 0);
    assert_null(story->hook);
    expect_told(story, "connected 0040 central " PEER_TEXT "\nconnect ok\n");
    expect_answer(story, "0406 40 00 13");
    expect_answer(story, "200d");
    fake_controller_disconnected(&story->fake, 0x40, HCI_ERR_CONNECTION_TERMINATED_BY_LOCAL_HOST);
    expect_told(story, "disconnected 0040 16\n");
    complete(story, HCI_ERR_CONNECTION_LIMIT_EXCEEDED);
    expect_told(story, "connect Connection Limit Exceeded\n");
}

static void connect_again(struct host_story *story)
{
    story->hook = NULL;
    connect_with(story, 0);
}

static void again_from_its_own_callback(void **state)
{
    struct host_story *story = *state;

    connect_with(story, SIM_S(1));
    created(story);
    story->hook = connect_again;
    complete(story, HCI_ERR_CONNECTION_LIMIT_EXCEEDED);
    expect_told(story, "connect Connection Limit Exceeded\n");
    created(story);
    complete(story, 0);
    expect_told(story, "connected 0040 central " PEER_TEXT "\nconnect ok\n");
}

/* Created, but nothing was heard from the peer (Vol 6, Part B, 4.5). */
static void not_established(void **state)
{
    struct host_story *story = *state;

    connect_with(story, SIM_S(1));
    created(story);
    complete(story, 0);
    expect_told(story, "connected 0040 central " PEER_TEXT "\nconnect ok\n");
    fake_controller_disconnected(&story->fake, 0x40, HCI_ERR_CONNECTION_FAILED_TO_BE_ESTABLISHED);
    expect_told(story, "disconnected 0040 3e\n");
    assert_null(blr_conn_first(story->host));
}

struct params_row {
    const char *name;
    uint16_t min, max, latency, timeout;
    uint8_t peer_type;
    int error;
    uint16_t sent_timeout;
};

static const struct params_row params_rows[] = {
    {"defaults", 0, 0, 0, 0, 1, 0, 420},
    {"public peer", 0, 0, 0, 0, 0, 0, 420},
    {"peer of no type", 0, 0, 0, 0, 2, BLR_ERR_INVALID, 0},
    {"shortest interval", 6, 6, 0, 10, 1, 0, 10},
    {"interval too short", 5, 6, 0, 0, 1, BLR_ERR_INVALID, 0},
    {"longest interval", 6, 3200, 0, 0, 1, 0, 801},
    {"interval too long", 6, 3201, 0, 0, 1, BLR_ERR_INVALID, 0},
    {"interval the wrong way round", 7, 6, 0, 0, 1, BLR_ERR_INVALID, 0},
    {"half an interval", 0, 6, 0, 0, 1, BLR_ERR_INVALID, 0},
    {"latency makes it longer", 40, 40, 99, 0, 1, 0, 1001},
    {"latency 500", 6, 6, 500, 0, 1, BLR_ERR_INVALID, 0},
    {"latency beyond any timeout", 3200, 3200, 499, 0, 1, BLR_ERR_INVALID, 0},
    {"timeout just long enough", 40, 40, 3, 41, 1, 0, 41},
    {"timeout not longer than two events", 40, 40, 3, 40, 1, BLR_ERR_INVALID, 0},
    {"timeout under 100 ms", 6, 6, 0, 9, 1, BLR_ERR_INVALID, 0},
    {"timeout 32 s", 6, 6, 0, 3200, 1, 0, 3200},
    {"timeout over 32 s", 6, 6, 0, 3201, 1, BLR_ERR_INVALID, 0},
};

static void params_are_checked(void **state)
{
    const struct params_row *row = *state;
    struct host_story story;
    struct blr_connect_params params = {.interval_min_1250us = row->min,
                                        .interval_max_1250us = row->max,
                                        .latency = row->latency,
                                        .timeout_10ms = row->timeout};

    host_story_up(&story);
    params.peer.type = row->peer_type;
    assert_int_equal(blr_gap_connect(story.host, &params, NULL, NULL), row->error);
    const struct fake_packet *command = fake_controller_command(&story.fake);
    assert_int_equal(command != NULL, row->error == 0);
    if (command) {
        struct rd r = rd_init(command->bytes, command->len);
        rd_skip(&r, 19);
        assert_int_equal(rd_u16(&r), row->sent_timeout);
        assert_int_equal(command->bytes[5], row->peer_type);
    }
    host_story_free(&story);
}

static void gone_in_connected(struct host_story *story)
{
    story->hook = NULL;
    fake_controller_disconnected(&story->fake, 0x40, 0x3E);
}

/* The application lets time pass in connected(), until the link has gone. */
static void gone_before_it_is_called_back(void **state)
{
    struct host_story *story = *state;
    const struct bd_addr peer = host_story_peer(0x40);
    const struct blr_connect_params params = {.peer = peer};

    assert_int_equal(blr_gap_connect(story->host, &params, told_connect, story), 0);
    expect_answer(story, "200d");
    story->hook = gone_in_connected;
    fake_controller_connected(&story->fake, 0, 0x40, BLR_CENTRAL, &peer);
    expect_told(story, "connected 0040 central C0:00:00:00:00:40\n"
                       "disconnected 0040 3e\n"
                       "connect Not connected\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(connects),
        STORY(one_attempt_at_a_time),
        STORY(refused_by_the_controller),
        STORY(fails_later),
        STORY(times_out),
        STORY(waits_for_ever),
        STORY(completes_as_the_time_is_up),
        STORY(times_out_before_it_is_created),
        STORY(cancelled),
        STORY(cancelled_before_it_is_refused),
        STORY(completes_as_it_is_cancelled),
        STORY(cancelled_after_the_time_is_up),
        STORY(completes_after_the_cancel_was_refused),
        STORY(nothing_follows_the_cancel),
        STORY(unasked_for),
        STORY(more_refusals_than_it_keeps),
        STORY(at_most_64_connections),
        STORY(another_before_it_is_called_back),
        STORY(again_from_its_own_callback),
        STORY(not_established),
        STORY(gone_before_it_is_called_back),
    };
    const int failed = cmocka_run_group_tests_name("connecting", tests, NULL, NULL);
    return failed + RUN_ROWS(params_rows, params_are_checked);
}
