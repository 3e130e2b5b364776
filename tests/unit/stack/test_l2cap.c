/* SPDX-License-Identifier: MIT */
#include "blueroom/gatt_client.h"
#include "host_internal.h"
#include "host_story.h"
#include "rows.h"

static void att_is_plugged_in(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = host_story_connect(story, 0x40, BLR_PERIPHERAL);

    assert_ptr_equal(conn->channels, att_bearer_channel(conn->att));
    /* ATT_EXCHANGE_MTU_REQ and its response (Vol 3, Part F, 3.4.2). */
    host_story_acl(story, 0x40, 2, "03 00 04 00 02 00 02");
    expect_acl(story, "0040 0 03 00 04 00 03 f7 00");
    assert_int_equal(blr_gatt_mtu(conn), 247);
}

static void appearance_may_change(void **state)
{
    struct host_story *story = *state;

    host_story_connect(story, 0x40, BLR_PERIPHERAL);
    assert_int_equal(blr_host_set_appearance(story->host, 0x0341), 0);
    /* ATT_READ_BY_TYPE_REQ of Appearance. */
    host_story_acl(story, 0x40, 2, "07 00 04 00 08 01 00 ff ff 01 2a");
    expect_acl(story, "0040 0 06 00 04 00 09 04 05 00 41 03");
}

static void att_longer_than_its_mtu_is_dropped(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = host_story_connect(story, 0x40, BLR_PERIPHERAL);
    uint8_t frame[4 + 248] = {248, 0, 4, 0, 0x0A, 1};

    fake_controller_send_acl(&story->fake, 0x40, 2, frame, sizeof frame);
    expect_no_acl(story);
    assert_int_equal(story->host->counters.dropped_pdus, 1);
    assert_false(conn->closed);
    expect_no_command(story);
}

/* A transaction is not answered for 30 s: the bearer is dead, and with it the link. */
static void broken_bearer_ends_the_link(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = host_story_connect(story, 0x40, BLR_CENTRAL);

    assert_int_equal(blr_gatt_exchange_mtu(conn, NULL, NULL), 0);
    expect_acl(story, "0040 0 03 00 04 00 02 f7 00");
    manual_clock_advance(&story->clock, SIM_S(30));
    expect_answer(story, "0406 40 00 13");
    fake_controller_disconnected(&story->fake, 0x40, 0x16);
    expect_told(story, "disconnected 0040 16\n");
}

struct pdu_row {
    const char *name, *hex, *answer;
};

static const struct pdu_row pdu_rows[] = {
    /* Vol 3, Part H, 3.5.1 and 3.5.5 */
    {"Pairing Request", "07 00 06 00 01 03 00 00 10 00 00", "0040 0 02 00 06 00 05 05"},
    {"Pairing Request cut short", "01 00 06 00 01", "0040 0 02 00 06 00 05 05"},
    {"Security Request", "02 00 06 00 0b 01", "0040 0 02 00 06 00 05 05"},
    {"Pairing Failed is not answered", "02 00 06 00 05 05", NULL},
    {"Pairing Random out of the blue", "01 00 06 00 04", NULL},
    {"an SMP code that there is not", "01 00 06 00 0f", NULL},
    {"an empty SMP PDU", "00 00 06 00", NULL},
    /* Vol 3, Part A, 2.1 */
    {"channel 0", "01 00 00 00 0a", NULL},
    {"the signalling channel of BR/EDR", "04 00 01 00 7e 01 00 00", NULL},
    {"channel 7", "01 00 07 00 0a", NULL},
    {"a dynamic channel", "04 00 40 00 02 00 00 00", NULL},
    {"channel 65535", "01 00 ff ff 0a", NULL},
};

static void is_answered(void **state)
{
    const struct pdu_row *row = *state;
    struct host_story story;

    host_story_up(&story);
    host_story_connect(&story, 0x40, BLR_PERIPHERAL);
    host_story_acl(&story, 0x40, 2, row->hex);
    if (row->answer)
        expect_acl(&story, row->answer);
    expect_no_acl(&story);
    expect_no_command(&story);
    assert_int_equal(story.host->counters.dropped_pdus, row->answer ? 0 : 1);
    host_story_free(&story);
}

/* A peer that asks and never acknowledges cannot make the queue grow. */
static void answers_are_bounded(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = host_story_connect(story, 0x40, BLR_PERIPHERAL);

    for (int i = 0; i < 2000; i++)
        host_story_acl(story, 0x40, 2, "02 00 06 00 0b 01");
    assert_true(conn->tx.queue.used <= CONN_TX_QUEUE);
    assert_true(story->host->counters.dropped_answers > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(att_is_plugged_in),
        STORY(appearance_may_change),
        STORY(att_longer_than_its_mtu_is_dropped),
        STORY(broken_bearer_ends_the_link),
        STORY(answers_are_bounded),
    };
    const int failed = cmocka_run_group_tests_name("L2CAP", tests, NULL, NULL);
    return failed + RUN_ROWS(pdu_rows, is_answered);
}
