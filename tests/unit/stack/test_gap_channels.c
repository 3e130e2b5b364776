/* SPDX-License-Identifier: MIT */
/* Channels: the host's classification, and what a connection uses. */
#include "host_internal.h"
#include "host_story.h"
#include "rows.h"

static const uint8_t some[5] = {0x01, 0x02, 0x03, 0x04, 0x05};

static void told_classified(struct blr_host *host, int error, void *user)
{
    (void)host;
    host_story_log(user, "classified %s\n", error ? blr_strerror(error) : "ok");
}

static void told_map(struct blr_conn *conn, int error, const uint8_t *map, void *user)
{
    (void)conn;
    if (map)
        host_story_log(user, "map %02x%02x%02x%02x%02x\n", map[0], map[1], map[2], map[3], map[4]);
    else
        host_story_log(user, "no map %s\n", blr_strerror(error));
}

static void classifies(void **state)
{
    struct host_story *story = *state;

    assert_int_equal(blr_gap_classify_channels(story->host, some, told_classified, story), 0);
    assert_int_equal(blr_gap_classify_channels(story->host, some, told_classified, story),
                     BLR_ERR_BUSY);
    expect_told(story, "");
    expect_answer(story, "2014 01 02 03 04 05");
    expect_told(story, "classified ok\n");
    story->fake.fails_opcode = HCI_OP_LE_SET_HOST_CHANNEL_CLASSIFICATION;
    story->fake.fails_status = HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS;
    assert_int_equal(blr_gap_classify_channels(story->host, some, told_classified, story), 0);
    expect_answer(story, "2014");
    expect_told(story, "classified Invalid HCI Command Parameters\n");
    assert_int_equal(blr_gap_classify_channels(story->host, some, NULL, NULL), 0);
    expect_answer(story, "2014");
    expect_told(story, "");
}

static void reads_the_map(void **state)
{
    static const uint8_t map[] = {0x40, 0, 0xFF, 0, 0xFF, 0, 0x1F}, other[] = {0x41, 0, 0xFF};
    struct host_story *story = *state;
    struct blr_conn *conn = host_story_connect(story, 0x40, BLR_CENTRAL);

    assert_int_equal(blr_gap_read_channel_map(conn, told_map, story), 0);
    assert_int_equal(blr_gap_read_channel_map(conn, told_map, story), BLR_ERR_BUSY);
    expect_command(story, "2015 40 00");
    fake_controller_complete(&story->fake, HCI_OP_LE_READ_CHANNEL_MAP, 0, map, sizeof map);
    expect_told(story, "map ff00ff001f\n");
    assert_int_equal(blr_gap_read_channel_map(conn, told_map, story), 0);
    expect_command(story, "2015 40 00");
    fake_controller_complete(&story->fake, HCI_OP_LE_READ_CHANNEL_MAP, 0, other, sizeof other);
    expect_told(story, "no map Malformed data\n");
    assert_int_equal(blr_gap_read_channel_map(conn, told_map, story), 0);
    fake_controller_disconnected(&story->fake, 0x40, HCI_ERR_CONNECTION_TIMEOUT);
    expect_told(story, "no map Not connected\ndisconnected 0040 08\n");
}

static void the_host_fails_meanwhile(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = host_story_connect(story, 0x40, BLR_CENTRAL);

    assert_int_equal(blr_gap_classify_channels(story->host, some, told_classified, story), 0);
    assert_int_equal(blr_gap_read_channel_map(conn, told_map, story), 0);
    host_story_event(story, "10 01 00");
    manual_clock_advance(&story->clock, 0);
    expect_told(story, "classified Hardware Failure\nno map Not connected\ndisconnected 0040 03\n"
                       "failure Hardware Failure\n");
    assert_int_equal(blr_gap_classify_channels(story->host, some, NULL, NULL), BLR_ERR_STATE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(classifies),
        STORY(reads_the_map),
        STORY(the_host_fails_meanwhile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
