/* SPDX-License-Identifier: MIT */
/* The transmit power: Vendor Write Tx Power Level, and a controller that knows nothing of it. */
#include "host_story.h"
#include "rows.h"

static void told_power(struct blr_host *host, int error, int8_t dbm, void *user)
{
    (void)host;
    host_story_log(user, "power %d %s\n", dbm, error ? blr_strerror(error) : "ok");
}

static void answer(struct host_story *story, uint8_t status, const uint8_t *ret, size_t len)
{
    fake_controller_complete(&story->fake, HCI_OP_VENDOR_WRITE_TX_POWER_LEVEL, status, ret, len);
}

static void it_is_written(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = host_story_connect(story, 0x41, BLR_CENTRAL);

    assert_int_equal(blr_gap_set_tx_power(story->host, BLR_TX_POWER_ADVERTISING, NULL, -12,
                                          told_power, story),
                     0);
    assert_int_equal(blr_gap_set_tx_power(story->host, BLR_TX_POWER_SCANNING, NULL, 0, told_power,
                                          story),
                     BLR_ERR_BUSY);
    expect_command(story, "fc0e 00 00 00 f4");
    answer(story, 0, (const uint8_t[]){0, 0, 0, 0xF6}, 4);
    expect_told(story, "power -10 ok\n"); /* the nearest that it can */
    assert_int_equal(blr_gap_set_tx_power(story->host, BLR_TX_POWER_SCANNING, NULL, 9, NULL, NULL),
                     0);
    expect_command(story, "fc0e 01 00 00 09");
    answer(story, 0, (const uint8_t[]){1, 0, 0, 9}, 4);
    assert_int_equal(
        blr_gap_set_tx_power(story->host, BLR_TX_POWER_CONNECTION, conn, 3, told_power, story), 0);
    expect_command(story, "fc0e 02 41 00 03");
    answer(story, HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER, NULL, 0);
    expect_told(story, "power 0 Unknown Connection Identifier\n");
}

static void a_controller_without_it(void **state)
{
    struct host_story *story = *state;

    assert_int_equal(
        blr_gap_set_tx_power(story->host, BLR_TX_POWER_SCANNING, NULL, 9, told_power, story), 0);
    expect_command(story, "fc0e");
    answer(story, HCI_ERR_UNKNOWN_HCI_COMMAND, NULL, 0);
    expect_told(story, "power 0 Not supported\n");
}

static void an_answer_that_is_too_short(void **state)
{
    struct host_story *story = *state;

    assert_int_equal(
        blr_gap_set_tx_power(story->host, BLR_TX_POWER_SCANNING, NULL, 9, told_power, story), 0);
    expect_command(story, "fc0e");
    answer(story, 0, (const uint8_t[]){1, 0}, 2);
    expect_told(story, "power 0 Malformed data\n");
}

static void what_makes_no_sense(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = host_story_connect(story, 0x41, BLR_CENTRAL);

    assert_int_equal(
        blr_gap_set_tx_power(story->host, (enum blr_tx_power_of)3, NULL, 0, NULL, NULL),
        BLR_ERR_INVALID);
    assert_int_equal(
        blr_gap_set_tx_power(story->host, BLR_TX_POWER_CONNECTION, NULL, 0, NULL, NULL),
        BLR_ERR_INVALID);
    assert_int_equal(
        blr_gap_set_tx_power(story->host, BLR_TX_POWER_ADVERTISING, conn, 0, NULL, NULL),
        BLR_ERR_INVALID);
    expect_no_command(story);
}

static void it_is_read(void **state)
{
    struct host_story *story = *state;

    assert_int_equal(blr_gap_read_tx_power(story->host, told_power, story), 0);
    assert_int_equal(blr_gap_read_tx_power(story->host, told_power, story), BLR_ERR_BUSY);
    expect_command(story, "2007");
    fake_controller_complete(&story->fake, 0x2007, 0, (const uint8_t[]){0xFE}, 1);
    expect_told(story, "power -2 ok\n");
}

static void a_host_that_fails_meanwhile(void **state)
{
    struct host_story *story = *state;

    assert_int_equal(
        blr_gap_set_tx_power(story->host, BLR_TX_POWER_SCANNING, NULL, 9, told_power, story), 0);
    assert_int_equal(blr_gap_read_tx_power(story->host, told_power, story), 0);
    assert_int_equal(blr_host_controller_gone(story->host), 0);
    manual_clock_advance(&story->clock, SIM_MS(1));
    expect_told(story, "power 0 Input or output failed\npower 0 Input or output failed\n"
                       "failure Input or output failed\n");
    assert_int_equal(blr_gap_read_tx_power(story->host, told_power, story), BLR_ERR_STATE);
    assert_int_equal(
        blr_gap_set_tx_power(story->host, BLR_TX_POWER_SCANNING, NULL, 9, told_power, story),
        BLR_ERR_STATE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(it_is_written),        STORY(a_controller_without_it),
        STORY(what_makes_no_sense),  STORY(an_answer_that_is_too_short),
        STORY(it_is_read),           STORY(a_host_that_fails_meanwhile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
