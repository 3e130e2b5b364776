/* SPDX-License-Identifier: MIT */
/* What runs is paused while the controller is told something, and goes on; nobody is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "privacy_story.h"

static const struct bd_addr stranger = {.octet = {9, 0, 0, 0, 0, 0xC0}, .type = BD_ADDR_RANDOM};

static int set_up(void **state)
{
    struct host_story *story = malloc(sizeof *story);

    assert_non_null(story);
    privacy_story_up(story, STORY_LL_PRIVACY, NULL);
    *state = story;
    return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, host_story_teardown)

static void advertise(struct host_story *story, enum blr_adv_kind kind)
{
    const struct blr_adv_params params = {.kind = kind, .peer = stranger};

    assert_int_equal(blr_gap_advertise(story->host, &params, told_advertise, story), 0);
}

static void scan(struct host_story *story)
{
    const struct blr_scan_params params = {.filter_duplicates = true};

    assert_int_equal(blr_gap_scan(story->host, &params, told_report, told_scan, story), 0);
}

static void connect(struct host_story *story, sim_ns timeout_ns)
{
    const struct blr_connect_params params = {.peer = stranger, .timeout_ns = timeout_ns};

    assert_int_equal(blr_gap_connect(story->host, &params, told_connect, story), 0);
}

static void all_three(struct host_story *story)
{
    advertise(story, BLR_ADV_CONNECTABLE);
    scan(story);
    connect(story, 0);
    fake_controller_answer_all(&story->fake);
    expect_told(story, "scan ok\nadvertise ok\n");
}

static void new_bond(struct host_story *story)
{
    privacy_story_bond(story, 0x40, BLR_NETWORK_PRIVACY);
}

static void cancelled(struct host_story *story)
{
    privacy_story_connected(story, HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER, 0, BLR_CENTRAL, 0,
                            &stranger, NULL, NULL);
}

/* Up to the point at which everything is quiet. */
static void paused(struct host_story *story)
{
    new_bond(story);
    expect_answer(story, "200a 00");
    expect_answer(story, "200c 00 00");
    expect_answer(story, "200e");
    expect_no_command(story);
    assert_true(blr_gap_advertising(story->host));
    assert_true(blr_gap_scanning(story->host));
}

static void all_three_are_paused(void **state)
{
    struct host_story *story = *state;

    all_three(story);
    paused(story);
    cancelled(story);
    expect_add(story, 0x40, false);
    expect_answer(story, "202d 01");
    expect_answer(story, "200c 01 01");
    expect_answer(story, "200a 01");
    expect_answer(story, "200d");
    expect_no_command(story);
    expect_told(story, "");
    assert_true(blr_gap_advertising(story->host));
    assert_true(blr_gap_scanning(story->host));
}

/* The cancelling came too late: a connection like any other, and nothing to go on with. */
static void a_central_gets_through(void **state)
{
    struct host_story *story = *state;

    all_three(story);
    paused(story);
    privacy_story_connected(story, 0, 0x10, BLR_CENTRAL, 1, &stranger, NULL, NULL);
    expect_told(story, "connected 0010 central C0:00:00:00:00:09\nconnect ok\n");
    expect_add(story, 0x40, false);
    expect_answer(story, "202d 01");
    expect_answer(story, "200c 01 01");
    expect_answer(story, "200a 01");
    expect_no_command(story);
}

static void a_peripheral_gets_through(void **state)
{
    struct host_story *story = *state;

    advertise(story, BLR_ADV_CONNECTABLE);
    fake_controller_answer_all(&story->fake);
    new_bond(story);
    privacy_story_connected(story, 0, 0x10, BLR_PERIPHERAL, 1, &stranger, NULL, NULL);
    assert_false(blr_gap_advertising(story->host));
    expect_answer(story, "200a 00");
    expect_add(story, 0x40, false);
    expect_answer(story, "202d 01");
    expect_no_command(story);
    expect_told(story, "advertise ok\nconnected 0010 peripheral C0:00:00:00:00:09\n");
}

/* --- the application meanwhile --- */

static void starts_wait(void **state)
{
    struct host_story *story = *state;

    advertise(story, BLR_ADV_NON_CONNECTABLE);
    fake_controller_answer_all(&story->fake);
    new_bond(story);
    scan(story);
    connect(story, 0);
    advertise(story, BLR_ADV_CONNECTABLE); /* anew, with other parameters */
    expect_answer(story, "200a 00");
    expect_add(story, 0x40, false);
    expect_told(story, "advertise ok\n");
    expect_answer(story, "202d 01");
    expect_answer(story, "200b");
    expect_answer(story, "200a 00");
    expect_answer(story, "200d");
    fake_controller_answer_all(&story->fake);
    expect_told(story, "scan ok\nadvertise ok\n");
    expect_no_command(story);
}

static void stops_wait(void **state)
{
    struct host_story *story = *state;

    all_three(story);
    paused(story);
    assert_int_equal(blr_gap_advertise_stop(story->host, told_advertise_stop, story), 0);
    assert_int_equal(blr_gap_scan_stop(story->host, told_scan_stop, story), 0);
    assert_int_equal(blr_gap_scan_stop(story->host, told_scan_stop, story), BLR_ERR_BUSY);
    assert_int_equal(blr_gap_connect_cancel(story->host), 0);
    expect_told(story, "");
    cancelled(story);
    expect_told(story, "connect Cancelled\n");
    expect_add(story, 0x40, false);
    expect_answer(story, "202d 01");
    expect_answer(story, "200c 00 00");
    expect_answer(story, "200a 00");
    expect_told(story, "scan_stop ok\nadvertise_stop ok\n");
    expect_no_command(story);
}

/* A start that has been taken back before it was sent is never sent. */
static void a_start_is_taken_back(void **state)
{
    struct host_story *story = *state;

    new_bond(story);
    scan(story);
    assert_int_equal(blr_gap_scan_stop(story->host, told_scan_stop, story), 0);
    expect_add(story, 0x40, false);
    expect_answer(story, "202d 01");
    expect_told(story, "scan Cancelled\n");
    expect_answer(story, "200c 00 00");
    expect_told(story, "scan_stop ok\n");
    expect_no_command(story);
}

/* And again, for what has come up meanwhile. */
static void a_bond_comes_while_it_goes_on(void **state)
{
    struct host_story *story = *state;

    advertise(story, BLR_ADV_CONNECTABLE);
    fake_controller_answer_all(&story->fake);
    new_bond(story);
    expect_answer(story, "200a 00");
    expect_add(story, 0x40, false);
    expect_answer(story, "202d 01");
    privacy_story_bond(story, 0x41, BLR_NETWORK_PRIVACY);
    expect_answer(story, "200a 01");
    expect_answer(story, "200a 00");
    expect_add(story, 0x41, false);
    expect_answer(story, "200a 01");
    expect_no_command(story);
    assert_true(blr_gap_advertising(story->host));
}

static void what_is_under_way_is_waited_for(void **state)
{
    struct host_story *story = *state;

    scan(story);
    new_bond(story);
    expect_answer(story, "200b");
    expect_answer(story, "200c 01 01");
    expect_told(story, "scan ok\n");
    expect_answer(story, "200c 00 00");
    expect_add(story, 0x40, false);
    expect_answer(story, "202d 01");
    expect_answer(story, "200c 01 01");
    expect_no_command(story);
}

static void an_attempt_times_out(void **state)
{
    struct host_story *story = *state;

    connect(story, SIM_S(1));
    fake_controller_answer_all(&story->fake);
    new_bond(story);
    expect_answer(story, "200e");
    manual_clock_advance(&story->clock, SIM_MS(1500));
    expect_told(story, ""); /* the controller is being asked */
    cancelled(story);
    expect_add(story, 0x40, false);
    manual_clock_advance(&story->clock, 0);
    expect_told(story, "connect Timed out\n");
    expect_answer(story, "202d 01");
    expect_no_command(story);
}

static void an_attempt_is_cancelled_while_it_is_held(void **state)
{
    struct host_story *story = *state;

    new_bond(story);
    connect(story, 0);
    assert_int_equal(blr_gap_connect_cancel(story->host), 0);
    expect_told(story, ""); /* not from within */
    manual_clock_advance(&story->clock, 0);
    expect_told(story, "connect Cancelled\n");
    expect_add(story, 0x40, false);
    expect_answer(story, "202d 01");
    expect_no_command(story);
}

/* LE Connection Complete never comes: two seconds, as ever. */
static void the_end_of_an_attempt_is_not_told(void **state)
{
    struct host_story *story = *state;

    connect(story, 0);
    fake_controller_answer_all(&story->fake);
    new_bond(story);
    expect_answer(story, "200e");
    manual_clock_advance(&story->clock, SIM_S(2));
    expect_add(story, 0x40, false);
    expect_answer(story, "202d 01");
    expect_answer(story, "200d");
    expect_told(story, "");
}

/* --- directed advertising at high duty --- */

static void high_duty_is_waited_for(void **state)
{
    struct host_story *story = *state;

    advertise(story, BLR_ADV_DIRECTED_HIGH_DUTY);
    fake_controller_answer_all(&story->fake);
    new_bond(story);
    scan(story);
    expect_no_command(story);
    privacy_story_connected(story, HCI_ERR_ADVERTISING_TIMEOUT, 0, BLR_PERIPHERAL, 0, &stranger,
                            NULL, NULL);
    expect_told(story, "advertise ok\nadvertising timed out\n");
    expect_add(story, 0x40, false);
    expect_answer(story, "202d 01");
    expect_answer(story, "200b");
}

/* What is on the air has no end of its own, though what shall come has. */
static void high_duty_in_place_of_another(void **state)
{
    struct host_story *story = *state;
    const struct blr_adv_params params = {.kind = BLR_ADV_DIRECTED_HIGH_DUTY,
                                          .peer = stranger,
                                          .own_address = BLR_OWN_RESOLVABLE};

    advertise(story, BLR_ADV_CONNECTABLE);
    fake_controller_answer_all(&story->fake);
    expect_told(story, "advertise ok\n");
    assert_int_equal(blr_gap_advertise(story->host, &params, told_advertise, story), 0);
    expect_answer(story, "200a 00");
    fake_controller_answer_all(&story->fake);
    expect_told(story, "advertise ok\n");
    assert_true(blr_gap_advertising(story->host));
}

/* --- what the controller refuses --- */

static void advertising_does_not_go_on(void **state)
{
    struct host_story *story = *state;

    advertise(story, BLR_ADV_CONNECTABLE);
    fake_controller_answer_all(&story->fake);
    new_bond(story);
    expect_answer(story, "200a 00");
    expect_answer(story, "2027");
    story->fake.fails_opcode = HCI_OP_LE_SET_ADVERTISING_ENABLE;
    story->fake.fails_status = HCI_ERR_CONNECTION_LIMIT_EXCEEDED;
    expect_answer(story, "202d 01");
    expect_answer(story, "200a 01");
    expect_told(story, "advertise ok\nadvertising timed out\n");
    assert_false(blr_gap_advertising(story->host));
    expect_no_command(story);
}

static void a_random_address_is_refused(void **state)
{
    struct host_story *story = *state;
    const struct blr_adv_params params = {.own_address = BLR_OWN_RESOLVABLE};
    const struct blr_connect_params to = {.peer = stranger, .own_address = BLR_OWN_RESOLVABLE};

    story->fake.fails_opcode = HCI_OP_LE_SET_RANDOM_ADDRESS;
    story->fake.fails_status = HCI_ERR_COMMAND_DISALLOWED;
    assert_int_equal(blr_gap_advertise(story->host, &params, told_advertise, story), 0);
    expect_answer(story, "2005");
    expect_told(story, "advertise Command Disallowed\n");
    expect_no_command(story);
    assert_int_equal(blr_gap_connect(story->host, &to, told_connect, story), 0);
    expect_answer(story, "2005");
    expect_told(story, "connect Command Disallowed\n");
    expect_no_command(story);
}

/* Nothing to draw from any more: the same. */
static void no_address_is_to_be_had(void **state)
{
    struct host_story *story = *state;
    const struct blr_scan_params params = {.own_address = BLR_OWN_NON_RESOLVABLE};

    assert_int_equal(blr_gap_scan(story->host, &params, NULL, told_scan, story), 0);
    fake_controller_answer_all(&story->fake);
    expect_told(story, "scan ok\n");
    story->host->random = NULL;
    manual_clock_advance(&story->clock, SIM_S(BLR_RPA_TIMEOUT_S));
    fake_controller_answer_all(&story->fake);
    expect_told(story, "");
    assert_true(blr_gap_scanning(story->host)); /* under the old one */
}

static void the_controller_goes(void **state)
{
    struct host_story *story = *state;

    all_three(story);
    paused(story);
    assert_int_equal(blr_gap_advertise_stop(story->host, told_advertise_stop, story), 0);
    assert_int_equal(blr_host_controller_gone(story->host), 0);
    manual_clock_advance(&story->clock, 0);
    expect_told(story, "advertise_stop Input or output failed\nconnect Input or output failed\n"
                       "failure Input or output failed\n");
    assert_false(blr_gap_advertising(story->host));
    assert_false(blr_gap_scanning(story->host));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_three_are_paused),
        TEST(a_central_gets_through),
        TEST(a_peripheral_gets_through),
        TEST(starts_wait),
        TEST(stops_wait),
        TEST(a_start_is_taken_back),
        TEST(a_bond_comes_while_it_goes_on),
        TEST(what_is_under_way_is_waited_for),
        TEST(an_attempt_times_out),
        TEST(an_attempt_is_cancelled_while_it_is_held),
        TEST(the_end_of_an_attempt_is_not_told),
        TEST(high_duty_is_waited_for),
        TEST(high_duty_in_place_of_another),
        TEST(advertising_does_not_go_on),
        TEST(a_random_address_is_refused),
        TEST(no_address_is_to_be_had),
        TEST(the_controller_goes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
