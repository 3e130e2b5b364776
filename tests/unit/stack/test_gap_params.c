/* SPDX-License-Identifier: MIT */
/* Connection parameters: changed by the host, by the peer, asked for by the peer. */
#include "host_internal.h"
#include "host_story.h"
#include "rows.h"

static void told_update(struct blr_conn *conn, int error, void *user)
{
    host_story_log(user, "%u update %s\n", blr_conn_interval_1250us(conn),
                   error ? blr_strerror(error) : "ok");
}

static const struct blr_conn_params wish = {24, 40, 1, 300};

static void asks(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = host_story_connect(story, 0x40, BLR_CENTRAL);

    assert_int_equal(blr_gap_update_connection(conn, &wish, told_update, story), 0);
    assert_int_equal(blr_gap_update_connection(conn, &wish, told_update, story), BLR_ERR_BUSY);
    expect_answer(story, "2013 40 00 18 00 28 00 01 00 2c 01 00 00 00 00");
    expect_told(story, "");
    host_story_event(story, "3e 0a 03 00 40 00 1e 00 01 00 2c 01");
    expect_told(story, "30 update ok\n");
    assert_int_equal(blr_conn_latency(conn), 1);
    assert_int_equal(blr_conn_timeout_10ms(conn), 300);
    /* Told to nobody, and for no link of ours. */
    host_story_event(story, "3e 0a 03 00 40 00 28 00 01 00 2c 01");
    assert_int_equal(blr_conn_interval_1250us(conn), 40);
    host_story_event(story, "3e 0a 03 00 41 00 28 00 01 00 2c 01");
    expect_told(story, "");
    expect_no_command(story);
}

static void is_refused_by_the_peer(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = host_story_connect(story, 0x40, BLR_PERIPHERAL);

    assert_int_equal(blr_gap_update_connection(conn, &wish, told_update, story), 0);
    expect_answer(story, "2013");
    host_story_event(story, "3e 0a 03 3b 40 00 28 00 00 00 2a 00");
    expect_told(story, "40 update Unacceptable Connection Parameters\n");
    assert_int_equal(blr_conn_timeout_10ms(conn), 420);
}

static void is_refused_by_the_controller(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = host_story_connect(story, 0x40, BLR_CENTRAL);

    story->fake.fails_opcode = HCI_OP_LE_CONNECTION_UPDATE;
    story->fake.fails_status = HCI_ERR_UNSUPPORTED_REMOTE_FEATURE;
    assert_int_equal(blr_gap_update_connection(conn, &wish, told_update, story), 0);
    expect_answer(story, "2013");
    expect_told(story, "40 update Unsupported Remote Feature\n");
    story->fake.fails_opcode = 0;
    assert_int_equal(blr_gap_update_connection(conn, &wish, NULL, NULL), 0);
    expect_answer(story, "2013");
    host_story_event(story, "3e 0a 03 00 40 00 1e 00 01 00 2c 01");
    expect_told(story, "");
}

static void link_is_lost_meanwhile(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = host_story_connect(story, 0x40, BLR_PERIPHERAL);

    assert_int_equal(blr_gap_update_connection(conn, &wish, told_update, story), 0);
    fake_controller_disconnected(&story->fake, 0x40, HCI_ERR_CONNECTION_TIMEOUT);
    expect_told(story, "40 update Not connected\ndisconnected 0040 08\n");
    host_story_event(story, "3e 0a 03 00 40 00 1e 00 01 00 2c 01");
    expect_told(story, "");
}

struct range_row {
    const char *name;
    struct blr_conn_params params;
    bool valid;
    uint16_t timeout; /* that is sent */
};

static const struct range_row ranges[] = {
    {"least", {6, 6, 0, 10}, true, 10},
    {"most", {3200, 3200, 0, 3200}, true, 3200},
    {"usual timeout", {24, 40, 0, 0}, true, 420},
    {"timeout by the interval", {800, 800, 2, 0}, true, 601},
    {"interval below", {5, 40, 0, 100}, false, 0},
    {"interval above", {40, 3201, 0, 3200}, false, 0},
    {"intervals crossed", {41, 40, 0, 100}, false, 0},
    {"no interval", {0, 0, 0, 0}, false, 0},
    {"latency above", {6, 6, 500, 3200}, false, 0},
    {"timeout below", {6, 6, 0, 9}, false, 0},
    {"timeout above", {6, 6, 0, 3201}, false, 0},
    {"timeout as long as two events", {40, 40, 1, 20}, false, 0},
    {"timeout just longer", {40, 40, 1, 21}, true, 21},
};

static void ranges_are_checked(void **state)
{
    const struct range_row *row = *state;
    struct host_story story;

    host_story_up(&story);
    struct blr_conn *conn = host_story_connect(&story, 0x40, BLR_CENTRAL);
    assert_int_equal(blr_gap_update_connection(conn, &row->params, told_update, &story),
                     row->valid ? 0 : BLR_ERR_INVALID);
    if (row->valid) {
        const struct fake_packet *sent = fake_controller_command(&story.fake);
        assert_int_equal(sent->opcode, HCI_OP_LE_CONNECTION_UPDATE);
        assert_int_equal(sent->bytes[8] | sent->bytes[9] << 8, row->timeout);
    }
    expect_no_command(&story);
    host_story_free(&story);
}

/* --- the peer's --- */

static bool is_asked(struct blr_conn *conn, const struct blr_conn_params *params, void *user)
{
    host_story_log(user, "%04x wants %u..%u %u %u\n", blr_conn_handle(conn),
                   params->interval_min_1250us, params->interval_max_1250us, params->latency,
                   params->timeout_10ms);
    return params->latency == 0;
}

static void is_told(struct blr_conn *conn, void *user)
{
    host_story_log(user, "changed %u %u %u\n", blr_conn_interval_1250us(conn),
                   blr_conn_latency(conn), blr_conn_timeout_10ms(conn));
}

static const struct blr_gap_listener listener = {
    .params_requested = is_asked,
    .params_changed = is_told,
};

struct request_row {
    const char *name;
    bool listens;
    const char *event, *told, *reply;
};

static const struct request_row requests[] = {
    {"nobody listens", false, "3e 0b 06 40 00 18 00 28 00 01 00 2c 01", "",
     "2020 40 00 18 00 28 00 01 00 2c 01 00 00 00 00"},
    {"accepted", true, "3e 0b 06 40 00 18 00 28 00 00 00 2c 01", "0040 wants 24..40 0 300\n",
     "2020 40 00 18 00 28 00 00 00 2c 01 00 00 00 00"},
    {"refused", true, "3e 0b 06 40 00 18 00 28 00 01 00 2c 01", "0040 wants 24..40 1 300\n",
     "2021 40 00 3b"},
    {"out of range", true, "3e 0b 06 40 00 05 00 28 00 00 00 2c 01", "", "2021 40 00 3b"},
    {"no timeout", false, "3e 0b 06 40 00 18 00 28 00 00 00 00 00", "", "2021 40 00 3b"},
    {"of no link", true, "3e 0b 06 41 00 18 00 28 00 00 00 2c 01", "", NULL},
    {"too short", true, "3e 0a 06 40 00 18 00 28 00 00 00 2c", "", NULL},
};

static void peer_asks(void **state)
{
    const struct request_row *row = *state;
    struct host_story story;

    host_story_up(&story);
    host_story_connect(&story, 0x40, BLR_CENTRAL);
    if (row->listens)
        blr_gap_listen(story.host, &listener, &story);
    host_story_event(&story, row->event);
    expect_told(&story, row->told);
    if (row->reply) {
        /* Another one before the answer is answered: dropped. */
        host_story_event(&story, row->event);
        expect_told(&story, "");
        expect_answer(&story, row->reply);
        expect_no_command(&story);
        host_story_event(&story, row->event);
        expect_answer(&story, row->reply);
    }
    expect_no_command(&story);
    host_story_free(&story);
}

static void changes_are_told(void **state)
{
    struct host_story *story = *state;

    host_story_connect(story, 0x40, BLR_PERIPHERAL);
    blr_gap_listen(story->host, &listener, story);
    host_story_event(story, "3e 0a 03 00 40 00 1e 00 01 00 2c 01");
    expect_told(story, "changed 30 1 300\n");
    host_story_event(story, "3e 0a 03 00 40 00 1e 00 01 00 2c 01");
    host_story_event(story, "3e 0a 03 3b 40 00 1f 00 01 00 2c 01");
    expect_told(story, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(asks),
        STORY(is_refused_by_the_peer),
        STORY(is_refused_by_the_controller),
        STORY(link_is_lost_meanwhile),
        STORY(changes_are_told),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    failed += RUN_ROWS(ranges, ranges_are_checked);
    failed += RUN_ROWS(requests, peer_asks);
    return failed;
}
