/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "host_internal.h"
#include "host_story.h"
#include "rows.h"

static const uint8_t flags[] = {2, 1, 6};

static void advertise(struct host_story *story)
{
    const struct blr_adv_params params = {
        .kind = BLR_ADV_CONNECTABLE, .data = flags, .data_len = sizeof flags};

    assert_int_equal(blr_gap_advertise(story->host, &params, told_advertise, story), 0);
}

static void advertising(struct host_story *story)
{
    advertise(story);
    fake_controller_answer_all(&story->fake);
    expect_told(story, "advertise ok\n");
    assert_true(blr_gap_advertising(story->host));
}

#define ZEROS_28                                                                                   \
    " 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"

static void starts_and_stops(void **state)
{
    struct host_story *story = *state;

    advertise(story);
    assert_false(blr_gap_advertising(story->host));
    expect_answer(story, "2006 a0 00 a0 00 00 00 00 00 00 00 00 00 00 07 00");
    expect_answer(story, "2008 03 02 01 06" ZEROS_28);
    expect_answer(story, "2009 00 00 00 00" ZEROS_28);
    expect_told(story, "");
    expect_answer(story, "200a 01");
    expect_told(story, "advertise ok\n");
    assert_true(blr_gap_advertising(story->host));
    assert_int_equal(blr_gap_advertise_stop(story->host, told_advertise_stop, story), 0);
    assert_true(blr_gap_advertising(story->host));
    expect_answer(story, "200a 00");
    expect_told(story, "advertise_stop ok\n");
    assert_false(blr_gap_advertising(story->host));
    expect_no_command(story);
}

static void full_data_of_both_kinds(void **state)
{
    struct host_story *story = *state;
    uint8_t data[31], scan_response[31];
    memset(data, 0x11, sizeof data);
    memset(scan_response, 0x22, sizeof scan_response);
    const struct blr_adv_params params = {.kind = BLR_ADV_SCANNABLE,
                                          .interval_min_625us = 0x20,
                                          .interval_max_625us = 0x4000,
                                          .channel_map = 5,
                                          .data = data,
                                          .data_len = sizeof data,
                                          .scan_response = scan_response,
                                          .scan_response_len = sizeof scan_response};

    assert_int_equal(blr_gap_advertise(story->host, &params, told_advertise, story), 0);
    memset(data, 0, sizeof data); /* it has been copied */
    memset(scan_response, 0, sizeof scan_response);
    expect_answer(story, "2006 20 00 00 40 02 00 00 00 00 00 00 00 00 05 00");
    expect_answer(story,
                  "2008 1f 11 11 11 11 11 11 11 11 11 11 11 11 11 11 11 11 11 11 11 11 11 11 "
                  "11 11 11 11 11 11 11 11 11");
    expect_answer(story,
                  "2009 1f 22 22 22 22 22 22 22 22 22 22 22 22 22 22 22 22 22 22 22 22 22 22 "
                  "22 22 22 22 22 22 22 22 22");
    expect_answer(story, "200a 01");
    expect_told(story, "advertise ok\n");
}

/* Parameters cannot be changed while the controller advertises (Vol 4, Part E, 7.8.5). */
static void restarts_with_other_parameters(void **state)
{
    struct host_story *story = *state;
    const struct blr_adv_params params = {.kind = BLR_ADV_NON_CONNECTABLE};

    advertising(story);
    assert_int_equal(blr_gap_advertise(story->host, &params, told_advertise, story), 0);
    expect_answer(story, "200a 00");
    expect_answer(story, "2006 a0 00 a0 00 03 00 00 00 00 00 00 00 00 07 00");
    expect_answer(story, "2008");
    expect_answer(story, "2009");
    expect_answer(story, "200a 01");
    expect_told(story, "advertise ok\n");
    assert_true(blr_gap_advertising(story->host));
}

static void restart_fails(void **state)
{
    struct host_story *story = *state;

    advertising(story);
    story->fake.fails_opcode = HCI_OP_LE_SET_ADVERTISING_PARAMETERS;
    story->fake.fails_status = HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS;
    advertise(story);
    expect_answer(story, "200a 00");
    expect_answer(story, "2006");
    expect_told(story, "advertise Invalid HCI Command Parameters\n");
    expect_no_command(story);
    assert_false(blr_gap_advertising(story->host));
}

static void one_at_a_time(void **state)
{
    struct host_story *story = *state;
    const struct blr_adv_params params = {.kind = BLR_ADV_SCANNABLE};

    advertise(story);
    assert_int_equal(blr_gap_advertise(story->host, &params, told_advertise, story), BLR_ERR_BUSY);
    expect_answer(story, "2006 a0 00 a0 00 00 00 00 00 00 00 00 00 00 07 00");
    fake_controller_answer_all(&story->fake);
    expect_told(story, "advertise ok\n");
    assert_int_equal(blr_gap_advertise_stop(story->host, told_advertise_stop, story), 0);
    assert_int_equal(blr_gap_advertise_stop(story->host, NULL, NULL), BLR_ERR_BUSY);
    assert_int_equal(blr_gap_advertise(story->host, &params, NULL, NULL), BLR_ERR_BUSY);
    expect_answer(story, "200a 00");
    expect_told(story, "advertise_stop ok\n");
}

static void stopped_while_starting(void **state)
{
    struct host_story *story = *state;

    advertise(story);
    expect_answer(story, "2006");
    assert_int_equal(blr_gap_advertise_stop(story->host, told_advertise_stop, story), 0);
    assert_int_equal(blr_gap_advertise_stop(story->host, NULL, NULL), BLR_ERR_BUSY);
    expect_told(story, "");
    expect_answer(story, "2008");
    expect_told(story, "advertise Cancelled\n");
    expect_answer(story, "200a 00");
    expect_told(story, "advertise_stop ok\n");
    expect_no_command(story);
}

/* The last command got through, yet the start was taken back before. */
static void stopped_at_the_last_moment(void **state)
{
    struct host_story *story = *state;

    advertise(story);
    expect_answer(story, "2006");
    expect_answer(story, "2008");
    expect_answer(story, "2009");
    assert_int_equal(blr_gap_advertise_stop(story->host, told_advertise_stop, story), 0);
    expect_answer(story, "200a 01");
    expect_told(story, "advertise Cancelled\n");
    assert_true(blr_gap_advertising(story->host));
    expect_answer(story, "200a 00");
    expect_told(story, "advertise_stop ok\n");
    assert_false(blr_gap_advertising(story->host));
}

static void stopping_what_does_not_run(void **state)
{
    struct host_story *story = *state;

    assert_int_equal(blr_gap_advertise_stop(story->host, told_advertise_stop, story), 0);
    expect_told(story, "");
    expect_answer(story, "200a 00");
    expect_told(story, "advertise_stop ok\n");
}

static void ends_when_a_central_connects(void **state)
{
    struct host_story *story = *state;
    const struct bd_addr peer = host_story_peer(0x40);

    advertising(story);
    fake_controller_connected(&story->fake, 0, 0x40, BLR_PERIPHERAL, &peer);
    expect_told(story, "connected 0040 peripheral C0:00:00:00:00:40\n");
    assert_false(blr_gap_advertising(story->host));
    advertise(story); /* again, with the link up; nothing is to be stopped first */
    expect_answer(story, "2006");
    fake_controller_answer_all(&story->fake);
    expect_told(story, "advertise ok\n");
}

static void again_from_the_callback(struct host_story *story)
{
    story->hook = NULL;
    advertise(story);
}

static void begins_again_in_a_callback(void **state)
{
    struct host_story *story = *state;
    const struct bd_addr peer = host_story_peer(0x40);

    advertising(story);
    fake_controller_connected(&story->fake, 0, 0x40, BLR_PERIPHERAL, &peer);
    expect_told(story, "connected 0040 peripheral C0:00:00:00:00:40\n");
    story->hook = again_from_the_callback;
    fake_controller_disconnected(&story->fake, 0x40, 0x13);
    expect_told(story, "disconnected 0040 13\n");
    fake_controller_answer_all(&story->fake);
    expect_told(story, "advertise ok\n");
}

/* --- directed --- */

static void advertise_directed(struct host_story *story, enum blr_adv_kind kind)
{
    const struct blr_adv_params params = {.kind = kind, .peer = host_story_peer(0x40)};

    assert_int_equal(blr_gap_advertise(story->host, &params, told_advertise, story), 0);
}

static void directed_high_duty(void **state)
{
    struct host_story *story = *state;
    const struct bd_addr peer = host_story_peer(0x40);

    advertise_directed(story, BLR_ADV_DIRECTED_HIGH_DUTY);
    expect_answer(story, "2006 a0 00 a0 00 01 00 01 40 00 00 00 00 c0 07 00");
    expect_answer(story, "200a 01");
    expect_told(story, "advertise ok\n");
    fake_controller_connected(&story->fake, HCI_ERR_ADVERTISING_TIMEOUT, 0, BLR_PERIPHERAL, &peer);
    expect_told(story, "advertising timed out\n");
    assert_false(blr_gap_advertising(story->host));
    assert_int_equal(story->host->counters.unexpected_packets, 0);
    /* Told twice, it is a lie. */
    fake_controller_connected(&story->fake, HCI_ERR_ADVERTISING_TIMEOUT, 0, BLR_PERIPHERAL, &peer);
    expect_told(story, "");
    assert_int_equal(story->host->counters.unexpected_packets, 1);
}

/* It neither times out nor takes away an attempt to connect that runs beside it. */
static void directed_low_duty(void **state)
{
    struct host_story *story = *state;
    const struct bd_addr peer = host_story_peer(0x40);

    advertise_directed(story, BLR_ADV_DIRECTED);
    expect_answer(story, "2006 a0 00 a0 00 04 00 01 40 00 00 00 00 c0 07 00");
    expect_answer(story, "200a 01");
    expect_told(story, "advertise ok\n");
    fake_controller_connected(&story->fake, HCI_ERR_ADVERTISING_TIMEOUT, 0, BLR_PERIPHERAL, &peer);
    expect_told(story, "");
    assert_true(blr_gap_advertising(story->host));
    assert_int_equal(story->host->counters.unexpected_packets, 1);
    fake_controller_connected(&story->fake, 0, 0x40, BLR_PERIPHERAL, &peer);
    expect_told(story, "connected 0040 peripheral C0:00:00:00:00:40\n");
    assert_false(blr_gap_advertising(story->host));
}

struct refused_row {
    const char *name;
    struct blr_adv_params params;
    int error;
};

static const uint8_t some[32];

static const struct refused_row refused_rows[] = {
    {"32 octets of data", {.data = some, .data_len = 32}, BLR_ERR_TOO_LONG},
    {"32 octets of response", {.scan_response = some, .scan_response_len = 32}, BLR_ERR_TOO_LONG},
    {"data from nowhere", {.data_len = 1}, BLR_ERR_INVALID},
    {"response from nowhere", {.scan_response_len = 1}, BLR_ERR_INVALID},
    {"a fourth channel", {.channel_map = 8}, BLR_ERR_INVALID},
    {"no such kind", {.kind = (enum blr_adv_kind)5}, BLR_ERR_INVALID},
    {"directed with data",
     {.kind = BLR_ADV_DIRECTED, .data = some, .data_len = 1},
     BLR_ERR_INVALID},
    {"directed with a response",
     {.kind = BLR_ADV_DIRECTED_HIGH_DUTY, .scan_response = some, .scan_response_len = 1},
     BLR_ERR_INVALID},
    {"directed at no kind of address",
     {.kind = BLR_ADV_DIRECTED, .peer = {.type = 2}},
     BLR_ERR_INVALID},
    {"interval under 20 ms", {.interval_min_625us = 31, .interval_max_625us = 40}, BLR_ERR_INVALID},
    {"interval over 10.24 s",
     {.interval_min_625us = 32, .interval_max_625us = 0x4001},
     BLR_ERR_INVALID},
    {"interval the wrong way round",
     {.interval_min_625us = 41, .interval_max_625us = 40},
     BLR_ERR_INVALID},
    {"half an interval", {.interval_min_625us = 160}, BLR_ERR_INVALID},
};

static void refuses(void **state)
{
    const struct refused_row *row = *state;
    struct host_story story;

    host_story_up(&story);
    assert_int_equal(blr_gap_advertise(story.host, &row->params, told_advertise, &story),
                     row->error);
    expect_no_command(&story);
    host_story_free(&story);
    expect_told(&story, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(starts_and_stops),
        STORY(full_data_of_both_kinds),
        STORY(restarts_with_other_parameters),
        STORY(restart_fails),
        STORY(one_at_a_time),
        STORY(stopped_while_starting),
        STORY(stopped_at_the_last_moment),
        STORY(stopping_what_does_not_run),
        STORY(ends_when_a_central_connects),
        STORY(begins_again_in_a_callback),
        STORY(directed_high_duty),
        STORY(directed_low_duty),
    };
    const int failed = cmocka_run_group_tests_name("advertising", tests, NULL, NULL);
    return failed + RUN_ROWS(refused_rows, refuses);
}
