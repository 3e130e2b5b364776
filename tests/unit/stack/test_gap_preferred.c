/* SPDX-License-Identifier: MIT */
/* What a peripheral prefers its links to be, and asking for it. */
#include <stdio.h>

#include "host_internal.h"
#include "host_story.h"
#include "rows.h"

static const struct blr_preferred_parameters wish = {80, 96, 2, 400};

static void wait(struct host_story *story, sim_ns span)
{
    manual_clock_advance(&story->clock, span);
}

static void a_peripheral_asks_after_the_pause(void **state)
{
    struct host_story *story = *state;

    assert_int_equal(blr_gap_prefer(story->host, &wish, true), 0);
    host_story_connect(story, 0x40, BLR_PERIPHERAL);
    host_story_connect(story, 0x41, BLR_CENTRAL);
    wait(story, BLR_GAP_PAUSE_PERIPHERAL - 1);
    expect_no_command(story);
    wait(story, 1);
    expect_answer(story, "2013 40 00 50 00 60 00 02 00 90 01 00 00 00 00");
    host_story_event(story, "3e 0a 03 00 40 00 50 00 02 00 90 01");
    wait(story, SIM_S(60));
    expect_no_command(story);
}

static void nobody_asks_unless_told_to(void **state)
{
    struct host_story *story = *state;

    assert_int_equal(blr_gap_prefer(story->host, &wish, false), 0);
    host_story_connect(story, 0x40, BLR_PERIPHERAL);
    wait(story, SIM_S(60));
    expect_no_command(story);
    /* From now on, and on links that there are. */
    assert_int_equal(blr_gap_prefer(story->host, &wish, true), 0);
    wait(story, BLR_GAP_PAUSE_PERIPHERAL - 1);
    assert_int_equal(blr_gap_prefer(story->host, NULL, true), 0);
    wait(story, SIM_S(60));
    expect_no_command(story);
}

/* host_story_connect() makes links of 50 ms (40), latency 0, 4.2 s (420). */
struct row {
    const char *name;
    struct blr_preferred_parameters wish;
    const char *command; /* NULL: it is so already */
};

static const struct row rows[] = {
    {"as it is", {40, 40, 0, 420}, NULL},
    {"any of a range", {30, 50, 0, 0xFFFF}, NULL},
    {"no wish", {0xFFFF, 0xFFFF, 0, 0xFFFF}, NULL},
    {"another latency", {0xFFFF, 0xFFFF, 4, 0xFFFF}, "2013 40 00 28 00 28 00 04 00 a4 01"},
    {"another timeout", {40, 40, 0, 500}, "2013 40 00 28 00 28 00 00 00 f4 01"},
    {"at least", {60, 0xFFFF, 0, 0xFFFF}, "2013 40 00 3c 00 3c 00 00 00 a4 01"},
    {"at most", {0xFFFF, 20, 0, 0xFFFF}, "2013 40 00 14 00 14 00 00 00 a4 01"},
};

static void asks_for(void **state)
{
    const struct row *row = *state;
    void *opened = NULL;
    char command[64];

    assert_int_equal(host_story_setup_up(&opened), 0);
    struct host_story *story = opened;
    assert_int_equal(blr_gap_prefer(story->host, &row->wish, true), 0);
    host_story_connect(story, 0x40, BLR_PERIPHERAL);
    wait(story, BLR_GAP_PAUSE_PERIPHERAL);
    if (row->command) {
        snprintf(command, sizeof command, "%s 00 00 00 00", row->command);
        expect_answer(story, command);
    }
    expect_no_command(story);
    assert_int_equal(host_story_teardown(&opened), 0);
}

static void no_link_no_question(void **state)
{
    struct host_story *story = *state;

    assert_int_equal(blr_gap_prefer(story->host, &wish, true), 0);
    host_story_connect(story, 0x40, BLR_PERIPHERAL);
    host_story_event(story, "05 04 00 40 00 13");
    wait(story, SIM_S(60));
    expect_no_command(story);
    /* An update that the application has begun is left alone. */
    struct blr_conn *conn = host_story_connect(story, 0x41, BLR_PERIPHERAL);
    const struct blr_conn_params params = {24, 24, 0, 300};
    assert_int_equal(blr_gap_update_connection(conn, &params, NULL, NULL), 0);
    expect_answer(story, "2013");
    wait(story, BLR_GAP_PAUSE_PERIPHERAL);
    expect_no_command(story);
}

static void is_refused(void **state)
{
    static const struct blr_preferred_parameters bad[] = {
        {5, 40, 0, 420},    {40, 3201, 0, 420}, {41, 40, 0, 420},
        {40, 40, 500, 420}, {40, 40, 0, 9},     {40, 40, 0, 3201},
    };
    struct host_story *story = *state;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(blr_gap_prefer(story->host, &bad[i], true), BLR_ERR_INVALID);
    host_story_connect(story, 0x40, BLR_PERIPHERAL);
    wait(story, SIM_S(60));
    expect_no_command(story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(a_peripheral_asks_after_the_pause),
        STORY(nobody_asks_unless_told_to),
        STORY(no_link_no_question),
        STORY(is_refused),
    };

    const int failed = RUN_ROWS(rows, asks_for);
    return failed + cmocka_run_group_tests_name("gap preferred", tests, NULL, NULL);
}
