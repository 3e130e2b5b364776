/* SPDX-License-Identifier: MIT */
/* The filter accept list and the advertising filter policy. */
#include "host_story.h"
#include "rows.h"

static void told_accept(struct blr_host *host, int error, void *user)
{
    (void)host;
    host_story_log(user, "accept %s\n", error ? blr_strerror(error) : "ok");
}

static const struct bd_addr peers[] = {
    {{1, 2, 3, 4, 5, 6}, BD_ADDR_PUBLIC},
    {{7, 8, 9, 10, 11, 0xC0}, BD_ADDR_RANDOM},
};

static void it_is_cleared_and_filled(void **state)
{
    struct host_story *story = *state;

    assert_int_equal(blr_gap_set_accept_list(story->host, peers, 2, told_accept, story), 0);
    assert_int_equal(blr_gap_set_accept_list(story->host, peers, 2, told_accept, story),
                     BLR_ERR_BUSY);
    expect_answer(story, "2010");
    expect_answer(story, "2011 00 01 02 03 04 05 06");
    expect_told(story, "");
    expect_answer(story, "2011 01 07 08 09 0a 0b c0");
    expect_told(story, "accept ok\n");
    expect_no_command(story);
    assert_int_equal(blr_gap_set_accept_list(story->host, NULL, 0, NULL, NULL), 0);
    expect_answer(story, "2010");
    expect_no_command(story);
}

static void the_most_and_one_more(void **state)
{
    struct host_story *story = *state;
    struct bd_addr many[BLR_GAP_ACCEPT_MAX + 1] = {{{0}, 0}};

    assert_int_equal(blr_gap_set_accept_list(story->host, many, BLR_GAP_ACCEPT_MAX + 1, told_accept,
                                             story),
                     BLR_ERR_TOO_LONG);
    assert_int_equal(
        blr_gap_set_accept_list(story->host, many, BLR_GAP_ACCEPT_MAX, told_accept, story), 0);
    expect_answer(story, "2010");
    for (unsigned i = 0; i < BLR_GAP_ACCEPT_MAX; i++)
        expect_answer(story, "2011 00 00 00 00 00 00 00");
    expect_told(story, "accept ok\n");
    many[4].type = 2;
    assert_int_equal(blr_gap_set_accept_list(story->host, many, 5, told_accept, story),
                     BLR_ERR_INVALID);
}

static void what_the_controller_has_no_room_for(void **state)
{
    struct host_story *story = *state;

    story->fake.fails_opcode = HCI_OP_LE_ADD_DEVICE_TO_FILTER_ACCEPT_LIST;
    story->fake.fails_status = HCI_ERR_MEMORY_CAPACITY_EXCEEDED;
    assert_int_equal(blr_gap_set_accept_list(story->host, peers, 2, told_accept, story), 0);
    expect_answer(story, "2010");
    expect_answer(story, "2011");
    expect_told(story, "accept Memory Capacity Exceeded\n");
    expect_no_command(story);
}

static void not_while_it_is_used(void **state)
{
    struct host_story *story = *state;
    struct blr_adv_params params = {.filter = BLR_ADV_FILTER_BOTH};

    assert_int_equal(blr_gap_advertise(story->host, &params, told_advertise, story), 0);
    expect_answer(story, "2006 a0 00 a0 00 00 00 00 00 00 00 00 00 00 07 03");
    fake_controller_answer_all(&story->fake);
    expect_told(story, "advertise ok\n");
    assert_int_equal(blr_gap_set_accept_list(story->host, peers, 1, told_accept, story),
                     BLR_ERR_STATE);
    params.filter = BLR_ADV_FILTER_NONE;
    assert_int_equal(blr_gap_advertise(story->host, &params, told_advertise, story), 0);
    fake_controller_answer_all(&story->fake);
    expect_told(story, "advertise ok\n");
    assert_int_equal(blr_gap_set_accept_list(story->host, peers, 1, told_accept, story), 0);
    fake_controller_answer_all(&story->fake);
    expect_told(story, "accept ok\n");
}

static void a_host_that_fails_meanwhile(void **state)
{
    struct host_story *story = *state;

    assert_int_equal(blr_gap_set_accept_list(story->host, peers, 2, told_accept, story), 0);
    assert_int_equal(blr_host_controller_gone(story->host), 0);
    manual_clock_advance(&story->clock, SIM_MS(1));
    expect_told(story, "accept Input or output failed\nfailure Input or output failed\n");
    assert_int_equal(blr_gap_set_accept_list(story->host, peers, 2, told_accept, story),
                     BLR_ERR_STATE);
}

static const struct filter_row {
    const char *name;
    struct blr_adv_params params;
    int error;
} filters[] = {
    {"scan", {.filter = BLR_ADV_FILTER_SCAN}, 0},
    {"connect", {.filter = BLR_ADV_FILTER_CONNECT}, 0},
    {"4", {.filter = (enum blr_adv_filter)4}, BLR_ERR_INVALID},
    {"directed", {.kind = BLR_ADV_DIRECTED, .filter = BLR_ADV_FILTER_SCAN}, BLR_ERR_INVALID},
};

static void a_filter(void **state)
{
    const struct filter_row *row = *state;
    void *made;

    host_story_setup_up(&made);
    struct host_story *story = made;
    assert_int_equal(blr_gap_advertise(story->host, &row->params, told_advertise, story),
                     row->error);
    host_story_teardown(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(it_is_cleared_and_filled),
        STORY(the_most_and_one_more),
        STORY(what_the_controller_has_no_room_for),
        STORY(not_while_it_is_used),
        STORY(a_host_that_fails_meanwhile),
    };
    const int failed = RUN_ROWS(filters, a_filter);

    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
