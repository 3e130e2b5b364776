/* SPDX-License-Identifier: MIT */
#include "host_internal.h"
#include "host_story.h"
#include "rows.h"

static void start(struct host_story *story)
{
    assert_int_equal(blr_host_start(story->host, told_started, story), 0);
}

/* --- configuration --- */

struct config_row {
    const char *name;
    bool no_clock, no_link;
    uint16_t mtu;
    uint8_t type;
    uint8_t address[6];
    bool valid;
};

static const struct config_row config_rows[] = {
    {.name = "defaults", .valid = true},
    {.name = "no clock", .no_clock = true},
    {.name = "no link", .no_link = true},
    {.name = "MTU 22", .mtu = 22},
    {.name = "MTU 23", .mtu = 23, .valid = true},
    {.name = "MTU 517", .mtu = 517, .valid = true},
    {.name = "MTU 518", .mtu = 518},
    {.name = "address type 2", .type = 2},
    {.name = "static", .type = 1, .address = {1, 0, 0, 0, 0, 0xC0}, .valid = true},
    {.name = "static of zeros", .type = 1, .address = {0, 0, 0, 0, 0, 0xC0}},
    {.name = "static of ones", .type = 1, .address = {255, 255, 255, 255, 255, 255}},
    {.name = "almost all ones",
     .type = 1,
     .address = {254, 255, 255, 255, 255, 255},
     .valid = true},
    {.name = "non-resolvable", .type = 1, .address = {1, 2, 3, 4, 5, 6}, .valid = true},
    {.name = "of no kind", .type = 1, .address = {1, 2, 3, 4, 5, 0x86}},
};

static void config_is_checked(void **state)
{
    const struct config_row *row = *state;
    struct manual_clock clock;
    struct fake_controller fake;
    struct blr_host_config config = {.mtu = row->mtu, .own_address_type = row->type};

    manual_clock_init(&clock);
    fake_controller_init(&fake);
    config.clock = row->no_clock ? NULL : &clock.clock;
    config.link = row->no_link ? NULL : &fake.end;
    struct rd r = rd_init(row->address, sizeof row->address);
    config.random_address = rd_addr_octets(&r, BD_ADDR_RANDOM);
    struct blr_host *host = blr_host_new(&config);
    assert_int_equal(host != NULL, row->valid);
    blr_host_free(host);
    assert_null(fake.end.party);
}

/* --- bring-up --- */

static void brings_up_in_order(void **state)
{
    struct host_story *story = *state;

    expect_no_command(story);
    start(story);
    expect_answer(story, "0c03 ");
    expect_answer(story, "1001 ");
    expect_answer(story, "1002 ");
    expect_answer(story, "1003 ");
    expect_answer(story, "2003 ");
    expect_answer(story, "2002 ");
    expect_answer(story, "1009 ");
    expect_answer(story, "0c01 90 88 00 00 00 80 00 20");
    expect_told(story, "");
    expect_answer(story, "2001 3f 00 00 00 00 00 00 00");
    expect_no_command(story);
    expect_told(story, "started ok\n");
    assert_true(bd_addr_equal(blr_host_address(story->host), &story->fake.address));
    assert_ptr_equal(blr_host_clock(story->host), &story->clock.clock);
    assert_int_equal(blr_host_start(story->host, NULL, NULL), BLR_ERR_BUSY);
    manual_clock_advance(&story->clock, SIM_S(100));
    expect_told(story, "");
}

static void sets_its_random_address(void **state)
{
    struct host_story story;
    const struct bd_addr address = {.octet = {1, 2, 3, 4, 5, 0xC6}, .type = BD_ADDR_RANDOM};
    const struct blr_host_config config = {.clock = &story.clock.clock,
                                           .link = &story.fake.end,
                                           .own_address_type = BD_ADDR_RANDOM,
                                           .random_address = address};

    (void)state;
    manual_clock_init(&story.clock);
    fake_controller_init(&story.fake);
    story.host = blr_host_new(&config);
    assert_non_null(story.host);
    assert_int_equal(blr_host_start(story.host, NULL, NULL), 0);
    for (int i = 0; i < 9; i++)
        fake_controller_answer(&story.fake);
    expect_answer(&story, "2005 01 02 03 04 05 c6");
    expect_no_command(&story);
    assert_int_equal(story.host->state, HOST_UP);
    assert_true(bd_addr_equal(blr_host_address(story.host), &address));
    const struct blr_adv_params params = {.kind = BLR_ADV_NON_CONNECTABLE};
    assert_int_equal(blr_gap_advertise(story.host, &params, NULL, NULL), 0);
    expect_command(&story, "2006 a0 00 a0 00 03 01 00 00 00 00 00 00 00 07 00");
    host_story_free(&story);
}

static void shares_the_buffers_of_br_edr(void **state)
{
    struct host_story *story = *state;

    story->fake.acl_len = 0;
    story->fake.acl_packets = 0;
    story->fake.shared_acl_len = 1021;
    start(story);
    for (int i = 0; i < 6; i++)
        fake_controller_answer(&story->fake);
    story->fake.acl_packets = 9;
    expect_answer(story, "1005 ");
    fake_controller_answer_all(&story->fake);
    expect_told(story, "started ok\n");
    assert_int_equal(story->host->acl.fragment, 251);
    assert_int_equal(story->host->acl.free, 9);
}

static void tried_again_after_a_refusal(void **state)
{
    struct host_story *story = *state;

    story->fake.fails_opcode = HCI_OP_LE_SET_EVENT_MASK;
    story->fake.fails_status = HCI_ERR_UNKNOWN_HCI_COMMAND;
    start(story);
    fake_controller_answer_all(&story->fake);
    expect_told(story, "started Unknown HCI Command\n");
    assert_int_equal(blr_gap_advertise_stop(story->host, NULL, NULL), BLR_ERR_STATE);
    story->fake.fails_opcode = 0;
    start(story);
    fake_controller_answer_all(&story->fake);
    expect_told(story, "started ok\n");
}

struct bring_up_row {
    const char *name;
    uint16_t fails, is_short, is_silent;
    uint8_t version, acl_len;
    bool no_le, no_buffers;
    const char *told;
};

static const struct bring_up_row bring_up_rows[] = {
    {.name = "Reset fails", .fails = 0x0C03, .told = "started Hardware Failure\n"},
    {.name = "version fails", .fails = 0x1001, .told = "started Hardware Failure\n"},
    {.name = "commands fail", .fails = 0x1002, .told = "started Hardware Failure\n"},
    {.name = "features fail", .fails = 0x1003, .told = "started Hardware Failure\n"},
    {.name = "LE features fail", .fails = 0x2003, .told = "started Hardware Failure\n"},
    {.name = "LE buffers fail", .fails = 0x2002, .told = "started Hardware Failure\n"},
    {.name = "address fails", .fails = 0x1009, .told = "started Hardware Failure\n"},
    {.name = "event mask fails", .fails = 0x0C01, .told = "started Hardware Failure\n"},
    {.name = "LE event mask fails", .fails = 0x2001, .told = "started Hardware Failure\n"},
    {.name = "Reset is silent", .is_silent = 0x0C03, .told = "started Timed out\n"},
    {.name = "LE event mask is silent", .is_silent = 0x2001, .told = "started Timed out\n"},
    {.name = "commands too short", .is_short = 0x1002, .told = "started Malformed data\n"},
    {.name = "address too short", .is_short = 0x1009, .told = "started Malformed data\n"},
    {.name = "version 3.0", .version = 5, .told = "started Not supported\n"},
    {.name = "no Low Energy", .no_le = true, .told = "started Not supported\n"},
    {.name = "buffers of 26", .acl_len = 26, .told = "started Malformed data\n"},
    {.name = "no buffers", .no_buffers = true, .told = "started Malformed data\n"},
};

static void bring_up_fails(void **state)
{
    const struct bring_up_row *row = *state;
    struct host_story story;

    host_story_new(&story, 0);
    story.fake.fails_opcode = row->fails;
    story.fake.fails_status = HCI_ERR_HARDWARE_FAILURE;
    story.fake.short_opcode = row->is_short;
    story.fake.silent_opcode = row->is_silent;
    if (row->version)
        story.fake.hci_version = row->version;
    if (row->acl_len)
        story.fake.acl_len = row->acl_len;
    if (row->no_buffers)
        story.fake.acl_packets = 0;
    if (row->no_le)
        story.fake.lmp_features = 0;
    start(&story);
    fake_controller_answer_all(&story.fake);
    manual_clock_advance(&story.clock, HCI_COMMAND_TIMEOUT);
    expect_told(&story, row->told);
    expect_no_command(&story);
    assert_int_equal(story.host->state, HOST_OFF);
    host_story_free(&story);
}

/* --- failure --- */

static void restart(struct host_story *story)
{
    story->hook = NULL;
    start(story);
}

static void restarts_from_the_failure_callback(void **state)
{
    struct host_story *story = *state;
    const uint8_t code = 0;

    fake_controller_event(&story->fake, HCI_EV_HARDWARE_ERROR, &code, 1);
    story->hook = restart;
    manual_clock_advance(&story->clock, 0);
    expect_told(story, "failure Hardware Failure\n");
    expect_answer(story, "0c03 ");
    fake_controller_answer_all(&story->fake);
    expect_told(story, "started ok\n");
}

static void forgets_what_ran_before(void **state)
{
    struct host_story *story = *state;
    const struct blr_adv_params adv = {.kind = BLR_ADV_CONNECTABLE};
    const struct blr_scan_params scan = {.active = false};
    const uint8_t code = 0;

    assert_int_equal(blr_gap_advertise(story->host, &adv, told_advertise, story), 0);
    assert_int_equal(blr_gap_scan(story->host, &scan, told_report, told_scan, story), 0);
    fake_controller_answer_all(&story->fake);
    expect_told(story, "scan ok\nadvertise ok\n");
    fake_controller_event(&story->fake, HCI_EV_HARDWARE_ERROR, &code, 1);
    fake_controller_event(&story->fake, HCI_EV_HARDWARE_ERROR, &code, 1);
    manual_clock_advance(&story->clock, 0);
    expect_told(story, "failure Hardware Failure\n");
    assert_false(blr_gap_advertising(story->host));
    assert_false(blr_gap_scanning(story->host));
    start(story);
    fake_controller_answer_all(&story->fake);
    assert_int_equal(blr_gap_scan(story->host, &scan, told_report, told_scan, story), 0);
    fake_controller_answer_all(&story->fake);
    expect_told(story, "started ok\nscan ok\n");
}

static void begin_everything(struct host_story *story, struct blr_conn *conn)
{
    const struct blr_adv_params adv = {.kind = BLR_ADV_CONNECTABLE};
    const struct blr_scan_params scan = {.active = false};
    const struct blr_connect_params connect = {.peer = host_story_peer(0x55)};

    assert_int_equal(blr_gap_advertise(story->host, &adv, told_advertise, story), 0);
    assert_int_equal(blr_gap_advertise_stop(story->host, told_advertise_stop, story), 0);
    assert_int_equal(blr_gap_scan(story->host, &scan, told_report, told_scan, story), 0);
    assert_int_equal(blr_gap_scan_stop(story->host, told_scan_stop, story), 0);
    assert_int_equal(blr_gap_connect(story->host, &connect, told_connect, story), 0);
    assert_int_equal(blr_gap_read_rssi(conn, told_rssi, story), 0);
    assert_int_equal(blr_gap_read_remote_version(conn, told_version, story), 0);
    assert_int_equal(blr_gap_read_remote_features(conn, told_features, story), 0);
}

static void everything_ends_when_the_controller_fails(void **state)
{
    struct host_story *story = *state;

    begin_everything(story, host_story_connect(story, 0x40, BLR_PERIPHERAL));
    manual_clock_advance(&story->clock, HCI_COMMAND_TIMEOUT);
    expect_told(story, "advertise Timed out\nadvertise_stop Timed out\nscan Timed out\n"
                       "scan_stop Timed out\nconnect Timed out\n0 dBm rssi Not connected\n"
                       "version Not connected\n0 features Not connected\n"
                       "disconnected 0040 03\nfailure Timed out\n");
    assert_null(blr_conn_first(story->host));
}

static void everything_ends_when_the_host_is_freed(void **state)
{
    struct host_story *story = *state;

    begin_everything(story, host_story_connect(story, 0x40, BLR_PERIPHERAL));
    host_story_free(story);
    expect_told(story, "advertise Cancelled\nadvertise_stop Cancelled\nscan Cancelled\n"
                       "scan_stop Cancelled\nconnect Cancelled\n0 dBm rssi Cancelled\n"
                       "version Cancelled\n0 features Cancelled\n");
}

static void freed_while_starting(void **state)
{
    struct host_story *story = *state;

    start(story);
    assert_int_equal(blr_host_start(story->host, NULL, NULL), BLR_ERR_BUSY);
    fake_controller_answer(&story->fake);
    host_story_free(story);
    expect_told(story, "started Cancelled\n");
}

static void freed_between_error_and_failure(void **state)
{
    struct host_story *story = *state;
    const uint8_t code = 0;

    fake_controller_event(&story->fake, HCI_EV_HARDWARE_ERROR, &code, 1);
    host_story_free(story);
    expect_told(story, "");
}

/* Nothing may be begun while things end. */
static void try_everything(struct host_story *story)
{
    const struct blr_adv_params adv = {.kind = BLR_ADV_CONNECTABLE};
    const struct blr_scan_params scan = {.active = false};
    const struct blr_connect_params connect = {.peer = host_story_peer(0x55)};

    assert_int_equal(blr_host_start(story->host, NULL, NULL), BLR_ERR_STATE);
    assert_int_equal(blr_gap_advertise(story->host, &adv, NULL, NULL), BLR_ERR_STATE);
    assert_int_equal(blr_gap_advertise_stop(story->host, NULL, NULL), BLR_ERR_STATE);
    assert_int_equal(blr_gap_scan(story->host, &scan, NULL, NULL, NULL), BLR_ERR_STATE);
    assert_int_equal(blr_gap_scan_stop(story->host, NULL, NULL), BLR_ERR_STATE);
    assert_int_equal(blr_gap_connect(story->host, &connect, NULL, NULL), BLR_ERR_STATE);
    assert_int_equal(blr_gap_connect_cancel(story->host), BLR_ERR_STATE);
    for (struct blr_conn *c = blr_conn_first(story->host); c; c = blr_conn_next(c)) {
        assert_int_equal(blr_gap_disconnect(c, 0x13), BLR_ERR_STATE);
        assert_int_equal(blr_gap_read_rssi(c, NULL, NULL), BLR_ERR_STATE);
    }
    if (story->log_len > 100)
        story->hook = NULL;
}

static void nothing_begins_while_things_end(void **state)
{
    struct host_story *story = *state;

    begin_everything(story, host_story_connect(story, 0x40, BLR_PERIPHERAL));
    host_story_connect(story, 0x41, BLR_PERIPHERAL);
    story->hook = try_everything;
    manual_clock_advance(&story->clock, HCI_COMMAND_TIMEOUT);
    assert_null(story->hook);
}

static void not_before_it_is_up(void **state)
{
    struct host_story *story = *state;
    const struct bd_addr peer = host_story_peer(1);

    assert_int_equal(blr_gap_advertise_stop(story->host, NULL, NULL), BLR_ERR_STATE);
    start(story);
    assert_int_equal(blr_gap_advertise_stop(story->host, NULL, NULL), BLR_ERR_STATE);
    /* What the controller says of a time before the Reset is of no use. */
    fake_controller_connected(&story->fake, 0, 1, BLR_PERIPHERAL, &peer);
    host_story_acl(story, 1, 2, "01 00 04 00 0a");
    assert_null(blr_conn_first(story->host));
    assert_int_equal(story->host->counters.unexpected_packets, 2);
}

int main(void)
{
#define FROM_STOPPED(f)                                                                            \
    cmocka_unit_test_setup_teardown(f, host_story_setup_stopped, host_story_teardown)
#define FREES(f, setup) cmocka_unit_test_setup_teardown(f, setup, host_story_teardown_freed)
    const struct CMUnitTest tests[] = {
        FROM_STOPPED(brings_up_in_order),
        cmocka_unit_test(sets_its_random_address),
        FROM_STOPPED(shares_the_buffers_of_br_edr),
        FROM_STOPPED(tried_again_after_a_refusal),
        STORY(restarts_from_the_failure_callback),
        STORY(forgets_what_ran_before),
        STORY(everything_ends_when_the_controller_fails),
        FREES(everything_ends_when_the_host_is_freed, host_story_setup_up),
        FREES(freed_while_starting, host_story_setup_stopped),
        FREES(freed_between_error_and_failure, host_story_setup_up),
        STORY(nothing_begins_while_things_end),
        FROM_STOPPED(not_before_it_is_up),
    };
    int failed = cmocka_run_group_tests_name("host", tests, NULL, NULL);
    failed += RUN_ROWS(config_rows, config_is_checked);
    return failed + RUN_ROWS(bring_up_rows, bring_up_fails);
}
