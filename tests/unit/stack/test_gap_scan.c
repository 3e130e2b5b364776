/* SPDX-License-Identifier: MIT */
#include "hex.h"
#include "host_internal.h"
#include "host_story.h"
#include "rows.h"

static void scan(struct host_story *story, const struct blr_scan_params *params)
{
    assert_int_equal(blr_gap_scan(story->host, params, told_report, told_scan, story), 0);
}

static void scanning(struct host_story *story)
{
    const struct blr_scan_params params = {.active = true};

    scan(story, &params);
    fake_controller_answer_all(&story->fake);
    expect_told(story, "scan ok\n");
    assert_true(blr_gap_scanning(story->host));
}

/* The parameters of LE Advertising Report behind the subevent code. */
static void send_reports(struct host_story *story, const char *hex)
{
    uint8_t params[255] = {HCI_LE_EV_ADVERTISING_REPORT};
    const size_t len = hex_read(hex, params + 1, sizeof params - 1);

    fake_controller_event(&story->fake, HCI_EV_LE_META, params, 1 + len);
}

#define REPORT      "00 01 01 00 00 00 00 c0 03 02 01 06 c4"
#define REPORT_TEXT "report 0 C0:00:00:00:00:01 1 -60 [02 01 06]\n"

static void starts_and_stops(void **state)
{
    struct host_story *story = *state;
    const struct blr_scan_params params = {.filter_duplicates = true};

    scan(story, &params);
    assert_false(blr_gap_scanning(story->host));
    expect_answer(story, "200b 00 60 00 60 00 00 00");
    expect_told(story, "");
    expect_answer(story, "200c 01 01");
    expect_told(story, "scan ok\n");
    assert_true(blr_gap_scanning(story->host));
    assert_int_equal(blr_gap_scan(story->host, &params, NULL, NULL, NULL), BLR_ERR_BUSY);
    assert_int_equal(blr_gap_scan_stop(story->host, told_scan_stop, story), 0);
    expect_answer(story, "200c 00 00");
    expect_told(story, "scan_stop ok\n");
    assert_false(blr_gap_scanning(story->host));
    expect_no_command(story);
}

static void with_other_parameters(void **state)
{
    struct host_story *story = *state;
    const struct blr_scan_params params = {
        .active = true, .interval_625us = 0x4000, .window_625us = 4};

    scan(story, &params);
    expect_answer(story, "200b 01 00 40 04 00 00 00");
    expect_answer(story, "200c 01 00");
    expect_told(story, "scan ok\n");
}

static void refused_by_the_controller(void **state)
{
    struct host_story *story = *state;
    const struct blr_scan_params params = {.active = true};

    story->fake.fails_opcode = HCI_OP_LE_SET_SCAN_ENABLE;
    story->fake.fails_status = HCI_ERR_COMMAND_DISALLOWED;
    scan(story, &params);
    fake_controller_answer_all(&story->fake);
    expect_told(story, "scan Command Disallowed\n");
    assert_false(blr_gap_scanning(story->host));
    send_reports(story, "01 " REPORT);
    expect_told(story, "");
}

static void reports_come(void **state)
{
    struct host_story *story = *state;

    scanning(story);
    send_reports(story, "01 " REPORT);
    expect_told(story, REPORT_TEXT);
    send_reports(story, "02 04 00 02 00 00 00 dc 00 00 7f " REPORT);
    expect_told(story, "report 4 00:DC:00:00:00:02 0 127 []\n" REPORT_TEXT);
    /* Identity addresses, public and random. */
    send_reports(story, "02 03 02 02 00 00 00 dc 00 00 14 02 03 02 00 00 00 dc c0 00 81");
    expect_told(story,
                "report 3 00:DC:00:00:00:02 0 20 []\nreport 2 C0:DC:00:00:00:02 1 -127 []\n");
    assert_int_equal(story->host->counters.malformed_packets, 0);
}

static void report_overtakes_the_answer(void **state)
{
    struct host_story *story = *state;
    const struct blr_scan_params params = {.active = true};

    scan(story, &params);
    expect_answer(story, "200b");
    send_reports(story, "01 " REPORT);
    expect_told(story, REPORT_TEXT);
    expect_answer(story, "200c");
    expect_told(story, "scan ok\n");
}

static void none_after_the_stop(void **state)
{
    struct host_story *story = *state;

    scanning(story);
    assert_int_equal(blr_gap_scan_stop(story->host, told_scan_stop, story), 0);
    send_reports(story, "01 " REPORT);
    expect_told(story, "");
    expect_answer(story, "200c 00 00");
    expect_told(story, "scan_stop ok\n");
}

static void stop_in_callback(struct host_story *story)
{
    story->hook = NULL;
    assert_int_equal(blr_gap_scan_stop(story->host, told_scan_stop, story), 0);
}

static void stopped_by_the_first_of_two(void **state)
{
    struct host_story *story = *state;

    scanning(story);
    story->hook = stop_in_callback;
    send_reports(story, "02 " REPORT " " REPORT);
    expect_told(story, REPORT_TEXT);
    expect_answer(story, "200c 00 00");
    expect_told(story, "scan_stop ok\n");
}

static void stopped_while_starting(void **state)
{
    struct host_story *story = *state;
    const struct blr_scan_params params = {.active = true};

    scan(story, &params);
    assert_int_equal(blr_gap_scan_stop(story->host, told_scan_stop, story), 0);
    assert_int_equal(blr_gap_scan(story->host, &params, NULL, NULL, NULL), BLR_ERR_BUSY);
    send_reports(story, "01 " REPORT);
    expect_answer(story, "200b");
    expect_told(story, "scan Cancelled\n");
    expect_answer(story, "200c 00 00");
    expect_told(story, "scan_stop ok\n");
}

/* All three at once. */
static void while_advertising_and_connected(void **state)
{
    struct host_story *story = *state;
    const struct blr_adv_params adv = {.kind = BLR_ADV_CONNECTABLE};

    host_story_connect(story, 0x40, BLR_CENTRAL);
    assert_int_equal(blr_gap_advertise(story->host, &adv, told_advertise, story), 0);
    const struct blr_scan_params params = {.active = true};
    scan(story, &params);
    fake_controller_answer_all(&story->fake);
    expect_told(story, "scan ok\nadvertise ok\n");
    assert_true(blr_gap_scanning(story->host) && blr_gap_advertising(story->host));
    host_story_connect(story, 0x41, BLR_PERIPHERAL);
    assert_true(blr_gap_scanning(story->host));
    assert_false(blr_gap_advertising(story->host));
    send_reports(story, "01 " REPORT);
    expect_told(story, REPORT_TEXT);
}

struct bad_report {
    const char *name, *hex, *told;
};

static const struct bad_report bad_reports[] = {
    {"none", "00 00 00 00 00 00 00 00 00 00 00", ""},
    {"fewer than it says", "02 " REPORT, REPORT_TEXT},
    {"more than it says", "01 " REPORT " 00", REPORT_TEXT},
    {"cut in the data", "01 00 01 01 00 00 00 00 c0 03 02 01", ""},
    {"without RSSI", "01 00 01 01 00 00 00 00 c0 03 02 01 06", ""},
    {"event type 5", "01 05 01 01 00 00 00 00 c0 00 c4", ""},
    {"address type 4", "01 00 04 01 00 00 00 00 c0 00 c4", ""},
    {"32 octets of data",
     "01 00 01 01 00 00 00 00 c0 20 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
     "00 00 00 00 00 00 00 00 00 00 00 c4",
     ""},
};

static void bad_report_is_counted(void **state)
{
    const struct bad_report *row = *state;
    struct host_story story;

    host_story_up(&story);
    scanning(&story);
    send_reports(&story, row->hex);
    expect_told(&story, row->told);
    assert_int_equal(story.host->counters.malformed_packets, 1);
    host_story_free(&story);
}

struct refused_row {
    const char *name;
    uint16_t interval, window;
};

static const struct refused_row refused_rows[] = {
    {"window over interval", 16, 17},
    {"window under 2.5 ms", 16, 3},
    {"interval over 10.24 s", 0x4001, 4},
    {"no window", 16, 0},
    {"no interval", 0, 16},
};

static void refuses(void **state)
{
    const struct refused_row *row = *state;
    const struct blr_scan_params params = {.interval_625us = row->interval,
                                           .window_625us = row->window};
    struct host_story story;

    host_story_up(&story);
    assert_int_equal(blr_gap_scan(story.host, &params, NULL, NULL, NULL), BLR_ERR_INVALID);
    expect_no_command(&story);
    host_story_free(&story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(starts_and_stops),
        STORY(with_other_parameters),
        STORY(refused_by_the_controller),
        STORY(reports_come),
        STORY(report_overtakes_the_answer),
        STORY(none_after_the_stop),
        STORY(stopped_by_the_first_of_two),
        STORY(stopped_while_starting),
        STORY(while_advertising_and_connected),
    };
    int failed = cmocka_run_group_tests_name("scanning", tests, NULL, NULL);
    failed += RUN_ROWS(bad_reports, bad_report_is_counted);
    return failed + RUN_ROWS(refused_rows, refuses);
}
