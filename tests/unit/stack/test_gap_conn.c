/* SPDX-License-Identifier: MIT */
#include "blueroom/gatt_client.h"
#include "host_internal.h"
#include "host_story.h"
#include "rows.h"

static void disconnects(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = host_story_connect(story, 0x40, BLR_PERIPHERAL);

    assert_int_equal(blr_gap_disconnect(conn, 0x15), 0);
    assert_int_equal(blr_gap_disconnect(conn, 0x13), BLR_ERR_BUSY);
    expect_answer(story, "0406 40 00 15");
    assert_int_equal(blr_gap_disconnect(conn, 0x13), BLR_ERR_BUSY);
    expect_told(story, "");
    fake_controller_disconnected(&story->fake, 0x40, HCI_ERR_CONNECTION_TERMINATED_BY_LOCAL_HOST);
    expect_told(story, "disconnected 0040 16\n");
    assert_null(blr_conn_first(story->host));
    expect_no_command(story);
}

static void peer_disconnects_before_the_command_goes(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = host_story_connect(story, 0x40, BLR_PERIPHERAL);

    assert_int_equal(blr_gap_advertise_stop(story->host, told_advertise_stop, story), 0);
    assert_int_equal(blr_gap_disconnect(conn, 0x13), 0);
    fake_controller_disconnected(&story->fake, 0x40, HCI_ERR_REMOTE_USER_TERMINATED_CONNECTION);
    expect_told(story, "disconnected 0040 13\n");
    /* Others take its place in the queue. */
    assert_int_equal(blr_gap_scan_stop(story->host, told_scan_stop, story), 0);
    expect_answer(story, "200a 00");
    expect_answer(story, "200c 00 00");
    expect_no_command(story);
    expect_told(story, "advertise_stop ok\nscan_stop ok\n");
}

/* The commands of a link that goes leave the queue, wherever they stand in it. */
static void commands_of_two_links_are_mixed(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *a = host_story_connect(story, 0x40, BLR_PERIPHERAL);
    struct blr_conn *b = host_story_connect(story, 0x41, BLR_PERIPHERAL);

    assert_int_equal(blr_gap_read_rssi(a, told_rssi, story), 0);
    assert_int_equal(blr_gap_read_rssi(b, told_rssi, story), 0);
    assert_int_equal(blr_gap_read_remote_version(a, told_version, story), 0);
    assert_int_equal(blr_gap_read_remote_version(b, told_version, story), 0);
    assert_int_equal(blr_gap_read_remote_features(a, told_features, story), 0);
    fake_controller_disconnected(&story->fake, 0x40, HCI_ERR_CONNECTION_TIMEOUT);
    expect_told(story, "0 dBm rssi Not connected\nversion Not connected\n"
                       "0 features Not connected\ndisconnected 0040 08\n");
    assert_int_equal(blr_gap_disconnect(b, 0x13), 0);
    expect_answer(story, "1405 40 00"); /* on its way; the answer is dropped */
    expect_answer(story, "1405 41 00");
    expect_answer(story, "041d 41 00");
    expect_answer(story, "0406 41 00 13");
    expect_no_command(story);
    expect_told(story, "-60 dBm rssi ok\n");
}

static void peer_disconnects_while_the_command_is_under_way(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = host_story_connect(story, 0x40, BLR_PERIPHERAL);

    assert_int_equal(blr_gap_disconnect(conn, 0x13), 0);
    assert_int_equal(blr_gap_advertise_stop(story->host, told_advertise_stop, story), 0);
    expect_command(story, "0406 40 00 13");
    fake_controller_disconnected(&story->fake, 0x40, HCI_ERR_REMOTE_USER_TERMINATED_CONNECTION);
    expect_told(story, "disconnected 0040 13\n");
    fake_controller_status(&story->fake, HCI_OP_DISCONNECT, HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER);
    expect_answer(story, "200a 00");
    expect_told(story, "advertise_stop ok\n");
}

/* The controller knows of no such link: then there is none, whatever we thought. */
static void controller_knows_no_such_link(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = host_story_connect(story, 0x40, BLR_PERIPHERAL);

    story->fake.fails_opcode = HCI_OP_DISCONNECT;
    story->fake.fails_status = HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER;
    assert_int_equal(blr_gap_disconnect(conn, 0x13), 0);
    expect_answer(story, "0406 40 00 13");
    expect_told(story, "disconnected 0040 16\n");
    assert_null(blr_conn_first(story->host));
}

static void disconnection_refused_and_tried_again(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = host_story_connect(story, 0x40, BLR_PERIPHERAL);

    story->fake.fails_opcode = HCI_OP_DISCONNECT;
    story->fake.fails_status = HCI_ERR_COMMAND_DISALLOWED;
    assert_int_equal(blr_gap_disconnect(conn, 0x13), 0);
    expect_answer(story, "0406 40 00 13");
    expect_told(story, "");
    story->fake.fails_opcode = 0;
    assert_int_equal(blr_gap_disconnect(conn, 0x13), 0);
    expect_answer(story, "0406 40 00 13");
    host_story_event(story, "05 04 0c 40 00 13"); /* it failed in the end */
    expect_told(story, "");
    assert_int_equal(blr_gap_disconnect(conn, 0x13), 0);
}

struct reason_row {
    const char *name;
    uint8_t reason;
    int error;
};

/* Vol 4, Part E, 7.1.6 */
static const struct reason_row reason_rows[] = {
    {"success", 0x00, BLR_ERR_INVALID},
    {"authentication failure", 0x05, 0},
    {"connection timeout", 0x08, BLR_ERR_INVALID},
    {"remote user", 0x13, 0},
    {"low resources", 0x14, 0},
    {"power off", 0x15, 0},
    {"by local host", 0x16, BLR_ERR_INVALID},
    {"unsupported remote feature", 0x1A, 0},
    {"unit key", 0x29, 0},
    {"unacceptable parameters", 0x3B, 0},
    {"MIC failure", 0x3D, BLR_ERR_INVALID},
};

static void reason_is_checked(void **state)
{
    const struct reason_row *row = *state;
    struct host_story story;

    host_story_up(&story);
    struct blr_conn *conn = host_story_connect(&story, 0x40, BLR_PERIPHERAL);
    assert_int_equal(blr_gap_disconnect(conn, row->reason), row->error);
    assert_int_equal(story.fake.commands.count, row->error ? 0 : 1);
    host_story_free(&story);
}

static void reads_rssi(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = host_story_connect(story, 0x40, BLR_PERIPHERAL);

    assert_int_equal(blr_gap_read_rssi(conn, told_rssi, story), 0);
    assert_int_equal(blr_gap_read_rssi(conn, told_rssi, story), BLR_ERR_BUSY);
    expect_told(story, "");
    expect_answer(story, "1405 40 00");
    expect_told(story, "-60 dBm rssi ok\n");
    story->fake.fails_opcode = HCI_OP_READ_RSSI;
    story->fake.fails_status = HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER;
    assert_int_equal(blr_gap_read_rssi(conn, told_rssi, story), 0);
    expect_answer(story, "1405 40 00");
    expect_told(story, "0 dBm rssi Unknown Connection Identifier\n");
}

static void rssi_of_another_link(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = host_story_connect(story, 0x40, BLR_PERIPHERAL);
    const uint8_t ret[] = {0x41, 0x00, 0xC4};

    assert_int_equal(blr_gap_read_rssi(conn, told_rssi, story), 0);
    expect_command(story, "1405 40 00");
    fake_controller_complete(&story->fake, HCI_OP_READ_RSSI, 0, ret, sizeof ret);
    expect_told(story, "0 dBm rssi Malformed data\n");
}

static void reads_version_and_features(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = host_story_connect(story, 0x40, BLR_CENTRAL);

    assert_int_equal(blr_gap_read_remote_version(conn, told_version, story), 0);
    assert_int_equal(blr_gap_read_remote_features(conn, told_features, story), 0);
    assert_int_equal(blr_gap_read_remote_version(conn, NULL, NULL), BLR_ERR_BUSY);
    expect_answer(story, "041d 40 00");
    expect_answer(story, "2016 40 00");
    expect_told(story, "");
    host_story_event(story, "3e 0c 04 00 40 00 ff 01 00 00 00 00 00 80");
    expect_told(story, "80000000000001ff features ok\n");
    host_story_event(story, "0c 08 00 40 00 0d ff ff 34 12");
    expect_told(story, "13 ffff 1234 version ok\n");
    /* Nobody asked. */
    host_story_event(story, "0c 08 00 40 00 0d ff ff 34 12");
    host_story_event(story, "3e 0c 04 00 40 00 ff 01 00 00 00 00 00 80");
    expect_told(story, "");
}

static void version_and_features_fail(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = host_story_connect(story, 0x40, BLR_CENTRAL);

    assert_int_equal(blr_gap_read_remote_version(conn, told_version, story), 0);
    assert_int_equal(blr_gap_read_remote_features(conn, told_features, story), 0);
    fake_controller_answer_all(&story->fake);
    host_story_event(story, "3e 0c 04 1a 40 00 00 00 00 00 00 00 00 00");
    host_story_event(story, "0c 08 08 40 00 00 00 00 00 00");
    expect_told(story, "0 features Unsupported Remote Feature\nversion Connection Timeout\n");
    story->fake.fails_opcode = HCI_OP_LE_READ_REMOTE_FEATURES;
    story->fake.fails_status = HCI_ERR_COMMAND_DISALLOWED;
    assert_int_equal(blr_gap_read_remote_features(conn, told_features, story), 0);
    fake_controller_answer_all(&story->fake);
    expect_told(story, "0 features Command Disallowed\n");
}

static void event_overtakes_the_status(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = host_story_connect(story, 0x40, BLR_CENTRAL);

    assert_int_equal(blr_gap_read_remote_version(conn, told_version, story), 0);
    expect_command(story, "041d 40 00");
    host_story_event(story, "0c 08 00 40 00 08 0f 00 00 00");
    expect_told(story, "8 000f 0000 version ok\n");
    assert_int_equal(blr_gap_read_remote_version(conn, told_version, story), 0);
    fake_controller_status(&story->fake, HCI_OP_READ_REMOTE_VERSION_INFORMATION, 0);
    expect_answer(story, "041d 40 00");
    host_story_event(story, "0c 08 00 40 00 08 0f 00 00 00");
    expect_told(story, "8 000f 0000 version ok\n");
}

static void told_mtu(struct blr_conn *conn, int error, uint16_t mtu, void *user)
{
    (void)conn;
    (void)mtu;
    host_story_log(user, "mtu %s\n", blr_strerror(error));
}

/* Called in disconnected(), when everything has been called back. */
static void too_late(struct host_story *story)
{
    if (!story->log_len || !blr_conn_first(story->host))
        return;
    assert_int_equal(blr_conn_handle(blr_conn_first(story->host)), 0x41);
}

static void everything_ends_with_the_link(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = host_story_connect(story, 0x40, BLR_CENTRAL);

    host_story_connect(story, 0x41, BLR_CENTRAL);
    assert_int_equal(blr_gap_read_rssi(conn, told_rssi, story), 0);
    assert_int_equal(blr_gap_read_remote_version(conn, told_version, story), 0);
    assert_int_equal(blr_gap_read_remote_features(conn, told_features, story), 0);
    assert_int_equal(blr_gatt_exchange_mtu(conn, told_mtu, story), 0);
    expect_command(story, "1405 40 00");
    story->hook = too_late;
    fake_controller_disconnected(&story->fake, 0x40, HCI_ERR_CONNECTION_TIMEOUT);
    story->hook = NULL;
    expect_told(story, "0 dBm rssi Not connected\nversion Not connected\n"
                       "0 features Not connected\nmtu Not connected\ndisconnected 0040 08\n");
    assert_int_equal(blr_conn_handle(blr_conn_first(story->host)), 0x41);
}

static void refused_while_it_ends(struct host_story *story)
{
    struct blr_conn *conn = story->user;

    assert_int_equal(blr_gap_read_rssi(conn, NULL, NULL), BLR_ERR_NOT_CONNECTED);
    assert_int_equal(blr_gap_read_remote_version(conn, NULL, NULL), BLR_ERR_NOT_CONNECTED);
    assert_int_equal(blr_gap_read_remote_features(conn, NULL, NULL), BLR_ERR_NOT_CONNECTED);
    assert_int_equal(blr_gap_disconnect(conn, 0x13), BLR_ERR_NOT_CONNECTED);
    assert_int_equal(l2cap_send(conn->channels, NULL, 0), BLR_ERR_NOT_CONNECTED);
    assert_ptr_equal(blr_conn_user(conn), story);
}

static void nothing_begins_on_a_link_that_ends(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = host_story_connect(story, 0x40, BLR_CENTRAL);

    assert_null(blr_conn_user(conn));
    blr_conn_set_user(conn, story);
    assert_int_equal(blr_gap_read_rssi(conn, told_rssi, story), 0);
    story->user = conn;
    story->hook = refused_while_it_ends;
    fake_controller_disconnected(&story->fake, 0x40, HCI_ERR_CONNECTION_TIMEOUT);
    expect_told(story, "0 dBm rssi Not connected\ndisconnected 0040 08\n");
}

static void parameters_are_updated(void **state)
{
    struct host_story *story = *state;
    const struct blr_conn *conn = host_story_connect(story, 0x40, BLR_CENTRAL);

    host_story_event(story, "3e 0a 03 3b 40 00 07 00 01 00 20 00");
    assert_int_equal(blr_conn_interval_1250us(conn), 40);
    host_story_event(story, "3e 0a 03 00 40 00 07 00 01 00 20 00");
    assert_int_equal(blr_conn_interval_1250us(conn), 7);
    assert_int_equal(blr_conn_latency(conn), 1);
    assert_int_equal(blr_conn_timeout_10ms(conn), 32);
}

static void listed_by_creation(void **state)
{
    struct host_story *story = *state;

    host_story_connect(story, 3, BLR_CENTRAL);
    host_story_connect(story, 1, BLR_PERIPHERAL);
    host_story_connect(story, 2, BLR_CENTRAL);
    fake_controller_disconnected(&story->fake, 1, 0x13);
    host_story_connect(story, 1, BLR_PERIPHERAL);
    struct blr_conn *conn = blr_conn_first(story->host);
    assert_int_equal(blr_conn_handle(conn), 3);
    assert_int_equal(blr_conn_handle(conn = blr_conn_next(conn)), 2);
    assert_int_equal(blr_conn_handle(conn = blr_conn_next(conn)), 1);
    assert_null(blr_conn_next(conn));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(disconnects),
        STORY(peer_disconnects_before_the_command_goes),
        STORY(commands_of_two_links_are_mixed),
        STORY(peer_disconnects_while_the_command_is_under_way),
        STORY(controller_knows_no_such_link),
        STORY(disconnection_refused_and_tried_again),
        STORY(reads_rssi),
        STORY(rssi_of_another_link),
        STORY(reads_version_and_features),
        STORY(version_and_features_fail),
        STORY(event_overtakes_the_status),
        STORY(everything_ends_with_the_link),
        STORY(nothing_begins_on_a_link_that_ends),
        STORY(parameters_are_updated),
        STORY(listed_by_creation),
    };
    const int failed = cmocka_run_group_tests_name("connection", tests, NULL, NULL);
    return failed + RUN_ROWS(reason_rows, reason_is_checked);
}
