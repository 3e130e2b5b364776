/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "host_internal.h"
#include "host_story.h"
#include "rows.h"

static void stop_both(struct host_story *story)
{
    assert_int_equal(blr_gap_advertise_stop(story->host, told_advertise_stop, story), 0);
    assert_int_equal(blr_gap_scan_stop(story->host, told_scan_stop, story), 0);
}

static void one_command_at_a_time(void **state)
{
    struct host_story *story = *state;

    story->fake.credits = 5;
    fake_controller_complete(&story->fake, 0, 0, NULL, 0);
    stop_both(story);
    expect_answer(story, "200a 00");
    expect_told(story, "advertise_stop ok\n");
    expect_command(story, "200c 00 00");
    expect_no_command(story);
    fake_controller_complete(&story->fake, HCI_OP_LE_SET_SCAN_ENABLE, 0, NULL, 0);
    expect_told(story, "scan_stop ok\n");
}

static void waits_for_a_credit(void **state)
{
    struct host_story *story = *state;

    story->fake.credits = 0;
    stop_both(story);
    expect_answer(story, "200a 00");
    expect_no_command(story);
    host_story_event(story, "0e 03 00 00 00"); /* no credit yet */
    expect_no_command(story);
    host_story_event(story, "0e 03 01 00 00");
    expect_command(story, "200c 00 00");
}

static void credit_by_command_status(void **state)
{
    struct host_story *story = *state;

    story->fake.credits = 0;
    stop_both(story);
    expect_answer(story, "200a 00");
    host_story_event(story, "0f 04 00 01 00 00");
    expect_command(story, "200c 00 00");
}

static void credit_never_comes(void **state)
{
    struct host_story *story = *state;

    story->fake.credits = 0;
    stop_both(story);
    expect_answer(story, "200a 00");
    expect_told(story, "advertise_stop ok\n");
    manual_clock_advance(&story->clock, HCI_COMMAND_TIMEOUT - 1);
    expect_told(story, "");
    manual_clock_advance(&story->clock, 1);
    expect_told(story, "scan_stop Timed out\nfailure Timed out\n");
}

static void answer_never_comes(void **state)
{
    struct host_story *story = *state;

    stop_both(story);
    expect_command(story, "200a 00");
    manual_clock_advance(&story->clock, HCI_COMMAND_TIMEOUT - 1);
    expect_told(story, "");
    manual_clock_advance(&story->clock, 1);
    expect_told(story, "advertise_stop Timed out\nscan_stop Timed out\nfailure Timed out\n");
    assert_int_equal(blr_gap_advertise_stop(story->host, NULL, NULL), BLR_ERR_STATE);
    /* Too late. */
    fake_controller_complete(&story->fake, HCI_OP_LE_SET_ADVERTISING_ENABLE, 0, NULL, 0);
    expect_told(story, "");
    expect_no_command(story);
}

static void time_counts_from_each_sending(void **state)
{
    struct host_story *story = *state;

    stop_both(story);
    manual_clock_advance(&story->clock, HCI_COMMAND_TIMEOUT - 1);
    expect_answer(story, "200a 00");
    manual_clock_advance(&story->clock, HCI_COMMAND_TIMEOUT - 1);
    expect_answer(story, "200c 00 00");
    expect_told(story, "advertise_stop ok\nscan_stop ok\n");
    manual_clock_advance(&story->clock, SIM_S(3600));
    expect_told(story, "");
}

static void answers_to_other_commands_are_ignored(void **state)
{
    struct host_story *story = *state;

    stop_both(story);
    expect_command(story, "200a 00");
    fake_controller_complete(&story->fake, HCI_OP_LE_SET_SCAN_ENABLE, 0, NULL, 0);
    fake_controller_status(&story->fake, HCI_OP_DISCONNECT, 0);
    expect_told(story, "");
    expect_no_command(story);
    assert_int_equal(story->host->driver.unexpected_answers, 2);
    fake_controller_complete(&story->fake, HCI_OP_LE_SET_ADVERTISING_ENABLE, 0, NULL, 0);
    expect_told(story, "advertise_stop ok\n");
}

static void refused_by_complete(void **state)
{
    struct host_story *story = *state;

    stop_both(story);
    story->fake.fails_opcode = HCI_OP_LE_SET_ADVERTISING_ENABLE;
    story->fake.fails_status = HCI_ERR_COMMAND_DISALLOWED;
    expect_answer(story, "200a 00");
    expect_told(story, "advertise_stop Command Disallowed\n");
    expect_answer(story, "200c 00 00");
    expect_told(story, "scan_stop ok\n");
}

/* A controller may answer by status what it does not know (7.7.15). */
static void refused_by_status(void **state)
{
    struct host_story *story = *state;

    stop_both(story);
    expect_command(story, "200a 00");
    fake_controller_status(&story->fake, HCI_OP_LE_SET_ADVERTISING_ENABLE,
                           HCI_ERR_UNKNOWN_HCI_COMMAND);
    expect_told(story, "advertise_stop Unknown HCI Command\n");
    expect_command(story, "200c 00 00");
}

static void begun_by_status_is_not_complete(void **state)
{
    struct host_story *story = *state;

    stop_both(story);
    expect_command(story, "200a 00");
    fake_controller_status(&story->fake, HCI_OP_LE_SET_ADVERTISING_ENABLE, 0);
    expect_told(story, "");
    fake_controller_complete(&story->fake, HCI_OP_LE_SET_ADVERTISING_ENABLE, 0, NULL, 0);
    expect_told(story, "advertise_stop ok\n");
}

static void complete_where_status_is_due(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = host_story_connect(story, 0x40, BLR_PERIPHERAL);

    assert_int_equal(blr_gap_read_remote_version(conn, told_version, story), 0);
    expect_command(story, "041d 40 00");
    fake_controller_complete(&story->fake, HCI_OP_READ_REMOTE_VERSION_INFORMATION, 0, NULL, 0);
    expect_told(story, "");
    fake_controller_complete(&story->fake, HCI_OP_READ_REMOTE_VERSION_INFORMATION,
                             HCI_ERR_COMMAND_DISALLOWED, NULL, 0);
    expect_told(story, "version Command Disallowed\n");
}

static void return_parameters_too_short(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = host_story_connect(story, 0x40, BLR_PERIPHERAL);

    story->fake.short_opcode = HCI_OP_READ_RSSI;
    assert_int_equal(blr_gap_read_rssi(conn, told_rssi, story), 0);
    expect_answer(story, "1405 40 00");
    char text[64] = "0 dBm rssi ";
    strcat(strcat(text, blr_strerror(BLR_ERR_MALFORMED)), "\n");
    expect_told(story, text);
}

static void answer_without_status(void **state)
{
    struct host_story *story = *state;

    assert_int_equal(blr_gap_advertise_stop(story->host, told_advertise_stop, story), 0);
    expect_command(story, "200a 00");
    host_story_event(story, "0e 03 01 0a 20");
    char text[64] = "advertise_stop ";
    strcat(strcat(text, blr_strerror(BLR_ERR_MALFORMED)), "\n");
    expect_told(story, text);
}

static void waits_for_the_link(void **state)
{
    struct host_story *story = *state;

    story->fake.room = 0;
    stop_both(story);
    expect_no_command(story);
    story->fake.room = 1;
    fake_controller_writable(&story->fake);
    expect_command(story, "200a 00");
    expect_told(story, "");
}

static void link_stays_full(void **state)
{
    struct host_story *story = *state;

    story->fake.room = 0;
    assert_int_equal(blr_gap_advertise_stop(story->host, told_advertise_stop, story), 0);
    manual_clock_advance(&story->clock, HCI_COMMAND_TIMEOUT);
    expect_told(story, "advertise_stop Timed out\nfailure Timed out\n");
}

/* The call has returned 0 by the time of the callback. */
static void link_refuses(void **state)
{
    struct host_story *story = *state;
    char text[128];

    story->fake.send_error = BLR_ERR_IO;
    assert_int_equal(blr_gap_advertise_stop(story->host, told_advertise_stop, story), 0);
    assert_int_equal(blr_gap_scan_stop(story->host, told_scan_stop, story), 0);
    expect_told(story, "");
    manual_clock_advance(&story->clock, 0);
    snprintf(text, sizeof text, "advertise_stop %s\nscan_stop %s\nfailure %s\n",
             blr_strerror(BLR_ERR_IO), blr_strerror(BLR_ERR_IO), blr_strerror(BLR_ERR_IO));
    expect_told(story, text);
}

static void hardware_error(void **state)
{
    struct host_story *story = *state;

    host_story_connect(story, 0x40, BLR_PERIPHERAL);
    stop_both(story);
    expect_command(story, "200a 00");
    host_story_event(story, "10 01 42");
    /* Nothing that it says is to be trusted any more. */
    host_story_event(story, "0e 04 01 0a 20 00");
    host_story_event(story, "3e 13 01 00 41 00 01 00 01 00 00 00 00 c0 28 00 00 00 a4 01 05");
    host_story_acl(story, 0x40, 2, "01 00 06 00 0b");
    assert_int_equal(story->host->counters.unexpected_packets, 3);
    expect_told(story, "");
    manual_clock_advance(&story->clock, 0);
    expect_told(story, "advertise_stop Hardware Failure\nscan_stop Hardware Failure\n"
                       "disconnected 0040 03\nfailure Hardware Failure\n");
    assert_null(blr_conn_first(story->host));
}

struct bad_event {
    const char *name, *packet;
    bool malformed; /* else unexpected */
};

static const struct bad_event bad_events[] = {
    {"nothing at all", "", true},
    {"a code without a length", "0e", true},
    {"shorter than its length", "0e 04 01 0a 20", true},
    {"longer than its length", "0e 03 01 0a 20 00", true},
    {"an event that there is not", "ff 00", false},
    {"an event without a handler", "1a 01 01", false},
    {"command complete too short", "0e 02 01 0a", true},
    {"command status too short", "0f 03 00 01 0a", true},
    {"command status too long", "0f 05 00 01 0a 20 00", true},
    {"hardware error without a code", "10 00", true},
    {"completed packets without a count", "13 00", true},
    {"completed packets, fewer than it says", "13 05 02 40 00 01 00", true},
    {"completed packets, more than it says", "13 05 00 40 00 01 00", true},
    {"completed packets of nobody", "13 05 01 41 00 01 00", false},
    {"LE meta without a subevent", "3e 00", true},
    {"LE subevent that there is not", "3e 01 ff", false},
    {"connection complete too short", "3e 12 01 00 40 00 00 00 01 00 00 00 00 c0 28 00 00 00 a4 01",
     true},
    {"connection complete with an impossible handle",
     "3e 13 01 00 00 0f 00 00 01 00 00 00 00 c0 28 00 00 00 a4 01 05", true},
    {"connection complete with an impossible role",
     "3e 13 01 00 41 00 02 00 01 00 00 00 00 c0 28 00 00 00 a4 01 05", true},
    {"connection complete with a handle in use",
     "3e 13 01 00 40 00 01 00 01 00 00 00 00 c0 28 00 00 00 a4 01 05", false},
    {"connection failed, that nobody asked for",
     "3e 13 01 02 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00", false},
    {"disconnection of nobody", "05 04 00 41 00 13", false},
    {"version of nobody", "0c 08 00 41 00 08 ff ff 00 00", false},
    {"features of nobody", "3e 0c 04 00 41 00 01 00 00 00 00 00 00 00", false},
    {"update of nobody", "3e 0a 03 00 41 00 28 00 00 00 a4 01", false},
    {"a report while not scanning", "3e 0c 02 01 00 00 01 00 00 00 00 c0 00 c4", false},
};

static void bad_event_is_counted(void **state)
{
    const struct bad_event *row = *state;
    struct host_story story;

    host_story_up(&story);
    host_story_connect(&story, 0x40, BLR_PERIPHERAL);
    const struct host_counters before = story.host->counters;
    host_story_event(&story, row->packet);
    const struct host_counters *after = &story.host->counters;
    assert_int_equal(after->malformed_packets - before.malformed_packets, row->malformed ? 1 : 0);
    assert_int_equal(after->unexpected_packets - before.unexpected_packets, row->malformed ? 0 : 1);
    expect_told(&story, "");
    expect_no_command(&story);
    manual_clock_advance(&story.clock, SIM_S(10));
    expect_told(&story, "");
    assert_non_null(blr_conn_first(story.host));
    host_story_free(&story);
}

static void packets_of_other_types_are_counted(void **state)
{
    struct host_story *story = *state;

    fake_controller_send(&story->fake, HCI_PACKET_COMMAND, NULL, 0);
    fake_controller_send(&story->fake, HCI_PACKET_SCO, NULL, 0);
    fake_controller_send(&story->fake, HCI_PACKET_ISO, NULL, 0);
    assert_int_equal(story->host->counters.unexpected_packets, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(one_command_at_a_time),
        STORY(waits_for_a_credit),
        STORY(credit_by_command_status),
        STORY(credit_never_comes),
        STORY(answer_never_comes),
        STORY(time_counts_from_each_sending),
        STORY(answers_to_other_commands_are_ignored),
        STORY(refused_by_complete),
        STORY(refused_by_status),
        STORY(begun_by_status_is_not_complete),
        STORY(complete_where_status_is_due),
        STORY(return_parameters_too_short),
        STORY(answer_without_status),
        STORY(waits_for_the_link),
        STORY(link_stays_full),
        STORY(link_refuses),
        STORY(hardware_error),
        STORY(packets_of_other_types_are_counted),
    };
    const int failed = cmocka_run_group_tests_name("driver", tests, NULL, NULL);
    return failed + RUN_ROWS(bad_events, bad_event_is_counted);
}
