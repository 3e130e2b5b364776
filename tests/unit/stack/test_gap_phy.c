/* SPDX-License-Identifier: MIT */
/* PHYs and data lengths: what is sent, what is told, what the host remembers. */
#include "host_internal.h"
#include "host_story.h"
#include "rows.h"

#include "wire/ll.h"

static void told_phy(struct blr_conn *conn, int error, struct blr_conn_phys phys, void *user)
{
    (void)conn;
    host_story_log(user, "phys %u %u %s\n", phys.tx, phys.rx, error ? blr_strerror(error) : "ok");
}

static void told_length(struct blr_conn *conn, int error, void *user)
{
    (void)conn;
    host_story_log(user, "length %s\n", error ? blr_strerror(error) : "ok");
}

static const struct blr_phy_params want_2m = {.tx_phys = 2};

static void sets_phys(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = host_story_connect(story, 0x40, BLR_PERIPHERAL);
    const struct blr_phy_params coded = {.tx_phys = 4, .rx_phys = 3, .coding = 2};

    assert_int_equal(blr_gap_set_phy(conn, &want_2m, told_phy, story), 0);
    assert_int_equal(blr_gap_set_phy(conn, &want_2m, told_phy, story), BLR_ERR_BUSY);
    expect_answer(story, "2032 40 00 02 02 00 00 00");
    expect_told(story, "");
    host_story_event(story, "3e 06 0c 00 40 00 02 01");
    expect_told(story, "phys 2 1 ok\n");
    assert_int_equal(blr_gap_set_phy(conn, &coded, told_phy, story), 0);
    expect_answer(story, "2032 40 00 00 04 03 01 00");
    host_story_event(story, "3e 06 0c 1a 40 00 02 01");
    expect_told(story, "phys 2 1 Unsupported Remote Feature\n");
    expect_no_command(story);
}

static void is_refused_by_the_controller(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = host_story_connect(story, 0x40, BLR_CENTRAL);

    story->fake.fails_opcode = HCI_OP_LE_SET_PHY;
    story->fake.fails_status = HCI_ERR_UNSUPPORTED_FEATURE_OR_PARAMETER_VALUE;
    assert_int_equal(blr_gap_set_phy(conn, &want_2m, told_phy, story), 0);
    expect_answer(story, "2032 40 00 02 02 00 00 00");
    expect_told(story, "phys 1 1 Unsupported Feature or Parameter Value\n");
}

/* A PHY of the peer's doing; impossible ones; a link that is not there. */
static void changes_are_remembered(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = host_story_connect(story, 0x40, BLR_CENTRAL);

    host_story_event(story, "3e 06 0c 00 40 00 03 02");
    expect_told(story, "");
    assert_int_equal(blr_gap_read_phy(conn, told_phy, story), 0);
    assert_int_equal(blr_gap_read_phy(conn, told_phy, story), BLR_ERR_BUSY);
    expect_command(story, "2030 40 00");
    fake_controller_complete(&story->fake, HCI_OP_LE_READ_PHY, 0,
                             (const uint8_t *)"\x40\x00\x03\x02", 4);
    expect_told(story, "phys 3 2 ok\n");
    assert_int_equal(blr_gap_read_phy(conn, told_phy, story), 0);
    expect_command(story, "2030 40 00");
    fake_controller_complete(&story->fake, HCI_OP_LE_READ_PHY, 0,
                             (const uint8_t *)"\x40\x00\x00\x04", 4);
    expect_told(story, "phys 3 2 Malformed data\n");
    host_story_event(story, "3e 06 0c 00 40 00 00 02");
    host_story_event(story, "3e 06 0c 00 40 00 01 04");
    host_story_event(story, "3e 05 0c 00 40 00 01");
    assert_int_equal(story->host->counters.malformed_packets, 3);
    host_story_event(story, "3e 06 0c 00 41 00 01 01");
    assert_int_equal(story->host->counters.unexpected_packets, 1);
    expect_told(story, "");
}

static void sets_data_length(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = host_story_connect(story, 0x40, BLR_CENTRAL);
    const struct blr_data_length *length = blr_conn_data_length(conn);

    assert_int_equal(length->tx_octets, 27);
    assert_int_equal(length->rx_time_us, 328);
    assert_int_equal(blr_gap_set_data_length(conn, 251, 2120, told_length, story), 0);
    assert_int_equal(blr_gap_set_data_length(conn, 251, 2120, told_length, story), BLR_ERR_BUSY);
    expect_command(story, "2022 40 00 fb 00 48 08");
    fake_controller_complete(&story->fake, HCI_OP_LE_SET_DATA_LENGTH, 0,
                             (const uint8_t *)"\x40\x00", 2);
    expect_told(story, "length ok\n");
    host_story_event(story, "3e 0b 07 40 00 fb 00 48 08 64 00 90 01");
    assert_int_equal(length->tx_octets, 251);
    assert_int_equal(length->tx_time_us, 2120);
    assert_int_equal(length->rx_octets, 100);
    assert_int_equal(length->rx_time_us, 400);
    host_story_event(story, "3e 0b 07 41 00 fb 00 48 08 64 00 90 01");
    assert_int_equal(story->host->counters.unexpected_packets, 1);
}

static void link_is_lost_meanwhile(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = host_story_connect(story, 0x40, BLR_CENTRAL);

    assert_int_equal(blr_gap_set_phy(conn, &want_2m, told_phy, story), 0);
    assert_int_equal(blr_gap_read_phy(conn, told_phy, story), 0);
    assert_int_equal(blr_gap_set_data_length(conn, 100, 1000, told_length, story), 0);
    expect_answer(story, "2032 40 00 02 02 00 00 00");
    fake_controller_disconnected(&story->fake, 0x40, HCI_ERR_CONNECTION_TIMEOUT);
    expect_told(story, "phys 1 1 Not connected\nphys 1 1 Not connected\nlength Not connected\n"
                       "disconnected 0040 08\n");
}

struct range_row {
    const char *name;
    struct blr_phy_params phy;
    uint16_t octets, time_us;
    int phy_error, length_error;
};

static const struct range_row ranges[] = {
    {"least", {0, 0, 0}, 27, 328, 0, 0},
    {"most", {7, 7, 8}, 251, 17040, 0, 0},
    {"below", {8, 0, 0}, 26, 328, BLR_ERR_INVALID, BLR_ERR_INVALID},
    {"above", {1, 8, 0}, 252, 328, BLR_ERR_INVALID, BLR_ERR_INVALID},
    {"time below", {1, 1, 1}, 27, 327, BLR_ERR_INVALID, BLR_ERR_INVALID},
    {"time above", {1, 1, 9}, 27, 17041, BLR_ERR_INVALID, BLR_ERR_INVALID},
};

static void ranges_are_checked(void **state)
{
    const struct range_row *row = *state;
    struct host_story story;

    host_story_up(&story);
    struct blr_conn *conn = host_story_connect(&story, 0x40, BLR_CENTRAL);
    assert_int_equal(blr_gap_set_phy(conn, &row->phy, NULL, NULL), row->phy_error);
    assert_int_equal(blr_gap_set_data_length(conn, row->octets, row->time_us, NULL, NULL),
                     row->length_error);
    host_story_free(&story);
}

/* With the features come their events, and the longest packets for every link to come. */
static void bring_up_by_features(void **state)
{
    struct host_story *story = *state;

    story->fake.le_features = UINT64_C(1) << LL_FEATURE_DATA_LENGTH_EXTENSION;
    assert_int_equal(blr_host_start(story->host, told_started, story), 0);
    for (int i = 0; i < 8; i++)
        assert_true(fake_controller_answer(&story->fake));
    expect_answer(story, "2001 7f 00 00 00 00 00 00 00");
    expect_command(story, "202f ");
    fake_controller_complete(&story->fake, HCI_OP_LE_READ_MAXIMUM_DATA_LENGTH, 0,
                             (const uint8_t *)"\xFB\x00\x48\x08\xFB\x00\x48\x08", 8);
    expect_answer(story, "2024 fb 00 48 08");
    expect_told(story, "started ok\n");
}

static void bring_up_with_phys(void **state)
{
    struct host_story *story = *state;

    story->fake.le_features = UINT64_C(1) << LL_FEATURE_CODED_PHY;
    assert_int_equal(blr_host_start(story->host, told_started, story), 0);
    for (int i = 0; i < 8; i++)
        assert_true(fake_controller_answer(&story->fake));
    expect_answer(story, "2001 3f 08 00 00 00 00 00 00");
    expect_told(story, "started ok\n");
}

int main(void)
{
#define STOPPED(f) cmocka_unit_test_setup_teardown(f, host_story_setup_stopped, host_story_teardown)
    const struct CMUnitTest tests[] = {
        STORY(sets_phys),
        STORY(is_refused_by_the_controller),
        STORY(changes_are_remembered),
        STORY(sets_data_length),
        STORY(link_is_lost_meanwhile),
        STOPPED(bring_up_by_features),
        STOPPED(bring_up_with_phys),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);

    return failed + RUN_ROWS(ranges, ranges_are_checked);
}
