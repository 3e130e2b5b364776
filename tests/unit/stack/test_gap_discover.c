/* SPDX-License-Identifier: MIT */
/* Limited and general discovery, limited discoverable mode, name discovery. */
#include "hex.h"
#include "host_internal.h"
#include "host_story.h"
#include "rows.h"

static void told_discover(struct blr_host *host, int error, void *user)
{
    struct host_story *story = user;

    (void)host;
    host_story_log(story, "discover %s\n", error ? blr_strerror(error) : "ok");
}

static void told_name(struct blr_conn *conn, int error, const uint8_t *name, size_t len, void *user)
{
    (void)conn;
    (void)name;
    host_story_log(user, "name %s %u\n", error ? blr_strerror(error) : "ok", (unsigned)len);
}

static int discover(struct host_story *story, bool limited, sim_ns duration_ns)
{
    return blr_gap_discover(story->host, limited, duration_ns, told_report, told_discover, story);
}

/* As far as the controller: active, 30 ms of every 30 ms, without duplicates. */
static void expect_scan(struct host_story *story)
{
    expect_answer(story, "200b 01 30 00 30 00 00 00");
    expect_answer(story, "200c 01 01");
}

static void send_report(struct host_story *story, unsigned event_type, unsigned peer,
                        const char *data)
{
    uint8_t octets[31], packet[64];
    struct wr w = wr_init(packet, sizeof packet);
    const size_t len = hex_read(data, octets, sizeof octets);

    wr_u8(&w, HCI_LE_EV_ADVERTISING_REPORT);
    wr_u8(&w, 1);
    wr_u8(&w, (uint8_t)event_type);
    wr_u8(&w, BD_ADDR_RANDOM);
    const struct bd_addr address = host_story_peer((uint16_t)peer);
    wr_addr_octets(&w, &address);
    wr_u8(&w, (uint8_t)len);
    wr_bytes(&w, octets, len);
    wr_u8(&w, 0xC4);
    fake_controller_event(&story->fake, HCI_EV_LE_META, packet, w.len);
}

struct flags_row {
    const char *name, *data;
    bool general, limited; /* found by these procedures */
};

static const struct flags_row flags_rows[] = {
    {"general", "02 01 06", true, false},
    {"limited", "02 01 05", true, true},
    {"both", "02 01 07", true, true},
    {"neither", "02 01 04", false, false},
    {"no Flags", "02 0a 00", false, false},
    {"no data", "", false, false},
    {"Flags without an octet", "01 01", false, false},
    {"Flags cut short", "02 01", false, false},
    {"Flags of two octets", "03 01 01 00", true, true},
    {"behind other data", "02 0a 00 02 01 05", true, true},
};

static void flags_are_checked(void **state)
{
    const struct flags_row *row = *state;

    for (int limited = 0; limited < 2; limited++) {
        struct host_story story;
        host_story_up(&story);
        assert_int_equal(discover(&story, limited, 0), 0);
        expect_scan(&story);
        send_report(&story, 0, 1, row->data);
        assert_int_equal(story.log_len > 0, limited ? row->limited : row->general);
        host_story_free(&story);
    }
}

static void ends_by_itself(void **state)
{
    struct host_story *story = *state;

    assert_int_equal(discover(story, false, 0), 0);
    assert_int_equal(discover(story, false, 0), BLR_ERR_BUSY);
    expect_scan(story);
    manual_clock_advance(&story->clock, SIM_MS(10240) - 1);
    expect_no_command(story);
    manual_clock_advance(&story->clock, 1);
    expect_told(story, "");
    send_report(story, 0, 1, "02 01 06");
    expect_answer(story, "200c 00 00");
    expect_told(story, "discover ok\n");
    assert_int_equal(discover(story, true, SIM_S(1)), 0);
    expect_scan(story);
    manual_clock_advance(&story->clock, SIM_S(1));
    expect_answer(story, "200c 00 00");
    expect_told(story, "discover ok\n");
}

/* A scan response says no Flags: it counts if its sender has been found. */
static void scan_responses_follow(void **state)
{
    struct host_story *story = *state;

    assert_int_equal(discover(story, false, 0), 0);
    expect_scan(story);
    send_report(story, 4, 1, "02 09 41");
    send_report(story, 0, 2, "02 01 04");
    send_report(story, 4, 2, "02 09 42");
    expect_told(story, "");
    send_report(story, 0, 3, "02 01 06");
    send_report(story, 4, 3, "02 09 43");
    expect_told(story, "report 0 C0:00:00:00:00:03 1 -60 [02 01 06]\n"
                       "report 4 C0:00:00:00:00:03 1 -60 [02 09 43]\n");
    for (unsigned peer = 4; peer < 70; peer++)
        send_report(story, 0, peer, "02 01 06");
    story->log_len = 0;
    send_report(story, 4, 66, "02 09 44");
    expect_told(story, "report 4 C0:00:00:00:00:42 1 -60 [02 09 44]\n");
    send_report(story, 4, 67, "02 09 44");
    expect_told(story, "");
}

static void is_cancelled(void **state)
{
    struct host_story *story = *state;

    assert_int_equal(blr_gap_discover_cancel(story->host), BLR_ERR_STATE);
    assert_int_equal(discover(story, false, 0), 0);
    expect_scan(story);
    assert_int_equal(blr_gap_discover_cancel(story->host), 0);
    assert_int_equal(blr_gap_discover_cancel(story->host), BLR_ERR_BUSY);
    send_report(story, 0, 1, "02 01 06");
    expect_told(story, "");
    expect_answer(story, "200c 00 00");
    expect_told(story, "discover Cancelled\n");
    /* And before it has begun. */
    assert_int_equal(discover(story, false, 0), 0);
    assert_int_equal(blr_gap_discover_cancel(story->host), 0);
    fake_controller_answer_all(&story->fake);
    expect_told(story, "discover Cancelled\n");
    assert_false(blr_gap_scanning(story->host));
}

static void fails_to_begin(void **state)
{
    struct host_story *story = *state;
    const struct blr_scan_params params = {0};

    story->fake.fails_opcode = HCI_OP_LE_SET_SCAN_ENABLE;
    story->fake.fails_status = HCI_ERR_COMMAND_DISALLOWED;
    assert_int_equal(discover(story, false, 0), 0);
    fake_controller_answer_all(&story->fake);
    expect_told(story, "discover Command Disallowed\n");
    story->fake.fails_opcode = 0;
    assert_int_equal(blr_gap_scan(story->host, &params, NULL, NULL, NULL), 0);
    assert_int_equal(discover(story, false, 0), BLR_ERR_BUSY);
}

/* Somebody stops the scan: the procedure still ends when it should. */
static void scan_is_stopped_by_another(void **state)
{
    struct host_story *story = *state;

    assert_int_equal(discover(story, false, 0), 0);
    expect_scan(story);
    assert_int_equal(blr_gap_scan_stop(story->host, NULL, NULL), 0);
    expect_answer(story, "200c 00 00");
    expect_told(story, "");
    manual_clock_advance(&story->clock, SIM_S(11));
    fake_controller_answer_all(&story->fake);
    expect_told(story, "discover ok\n");
}

struct failure_row {
    const char *name;
    unsigned commands; /* answered before the controller fails */
    bool cancel;
};

static const struct failure_row failure_rows[] = {
    {"before the parameters", 0, false},    {"before it scans", 1, false},
    {"while it scans", 2, false},           {"while it is cancelled", 2, true},
    {"cancelled before it scans", 1, true},
};

static void controller_fails(void **state)
{
    const struct failure_row *row = *state;
    struct host_story story;

    host_story_up(&story);
    assert_int_equal(discover(&story, false, 0), 0);
    for (unsigned i = 0; i < row->commands; i++)
        fake_controller_answer(&story.fake);
    if (row->cancel)
        assert_int_equal(blr_gap_discover_cancel(story.host), 0);
    host_story_event(&story, "10 01 00");
    manual_clock_advance(&story.clock, 0);
    expect_told(&story, row->cancel ? "discover Cancelled\nfailure Hardware Failure\n"
                                    : "discover Hardware Failure\nfailure Hardware Failure\n");
    assert_int_equal(story.clock.count, 0);
    host_story_free(&story);
}

/* --- limited discoverable mode --- */

static void limited_mode_ends(void **state)
{
    static const uint8_t limited[] = {2, 1, 5}, general[] = {2, 1, 6};
    struct host_story *story = *state;
    struct blr_adv_params params = {.kind = BLR_ADV_CONNECTABLE, .data = limited, .data_len = 3};

    assert_int_equal(blr_gap_advertise(story->host, &params, NULL, NULL), 0);
    fake_controller_answer_all(&story->fake);
    manual_clock_advance(&story->clock, SIM_S(180) - 1);
    expect_no_command(story);
    manual_clock_advance(&story->clock, 1);
    expect_told(story, "");
    expect_answer(story, "200a 00");
    expect_told(story, "advertising timed out\n");
    assert_false(blr_gap_advertising(story->host));
    /* Not so when a central comes, nor in general discoverable mode. */
    assert_int_equal(blr_gap_advertise(story->host, &params, NULL, NULL), 0);
    fake_controller_answer_all(&story->fake);
    host_story_connect(story, 0x40, BLR_PERIPHERAL);
    assert_int_equal(story->clock.count, 0);
    params.data = general;
    assert_int_equal(blr_gap_advertise(story->host, &params, NULL, NULL), 0);
    fake_controller_answer_all(&story->fake);
    assert_int_equal(story->clock.count, 0);
}

/* --- names --- */

static void name_is_read(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = host_story_connect(story, 0x40, BLR_CENTRAL);

    assert_int_equal(blr_gap_read_name(conn, told_name, story), 0);
    expect_acl(story, "0040 0 07 00 04 00 08 01 00 ff ff 00 2a");
    host_story_acl(story, 0x40, 2, "06 00 04 00 09 04 03 00 48 69");
    expect_told(story, "name ok 2\n");
    assert_int_equal(blr_gap_read_name(conn, told_name, story), 0);
    fake_controller_disconnected(&story->fake, 0x40, 0x08);
    expect_told(story, "name Not connected 0\ndisconnected 0040 08\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(ends_by_itself), STORY(scan_responses_follow),      STORY(is_cancelled),
        STORY(fails_to_begin), STORY(scan_is_stopped_by_another), STORY(limited_mode_ends),
        STORY(name_is_read),
    };
    int failed = cmocka_run_group_tests_name("discovery", tests, NULL, NULL);
    failed += RUN_ROWS(flags_rows, flags_are_checked);
    return failed + RUN_ROWS(failure_rows, controller_fails);
}
