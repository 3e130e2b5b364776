/* SPDX-License-Identifier: MIT */
/* Connection Parameter Update Request and Response, from both sides (Vol 3, Part A, 4.20, 4.21). */
#include <stdio.h>

#include "host_internal.h"
#include "host_story.h"
#include "rows.h"

static void told_update(struct blr_conn *conn, int error, void *user)
{
    host_story_log(user, "%u update %s\n", blr_conn_interval_1250us(conn),
                   error ? blr_strerror(error) : "ok");
}

/* --- a central is asked --- */

static bool is_asked(struct blr_conn *conn, const struct blr_conn_params *params, void *user)
{
    struct host_story *story = user;

    host_story_log(story, "%04x wants %u..%u %u %u\n", blr_conn_handle(conn),
                   params->interval_min_1250us, params->interval_max_1250us, params->latency,
                   params->timeout_10ms);
    if (story->hook)
        story->hook(story);
    return params->latency == 0;
}

static const struct blr_gap_listener listener = {.params_requested = is_asked};

struct request_row {
    const char *name;
    bool listens;
    const char *request; /* behind the header of the frame, the code, the identifier and 08 00 */
    bool accepted;
    const char *told, *command;
};

static const struct request_row request_rows[] = {
    {"nobody listens", false, "18 00 28 00 01 00 2c 01", true, "",
     "2013 40 00 18 00 28 00 01 00 2c 01 00 00 00 00"},
    {"accepted", true, "18 00 28 00 00 00 2c 01", true, "0040 wants 24..40 0 300\n",
     "2013 40 00 18 00 28 00 00 00 2c 01 00 00 00 00"},
    {"refused", true, "18 00 28 00 01 00 2c 01", false, "0040 wants 24..40 1 300\n", NULL},
    {"interval 5", true, "05 00 28 00 00 00 2c 01", false, "", NULL},
    {"interval 3201", true, "06 00 81 0c 00 00 80 0c", false, "", NULL},
    {"interval 0", true, "00 00 00 00 00 00 2c 01", false, "", NULL},
    {"intervals crossed", true, "28 00 18 00 00 00 2c 01", false, "", NULL},
    {"latency 500", true, "06 00 06 00 f4 01 80 0c", false, "", NULL},
    {"timeout 9", true, "06 00 06 00 00 00 09 00", false, "", NULL},
    {"timeout 3201", true, "06 00 06 00 00 00 81 0c", false, "", NULL},
    {"timeout 0", true, "06 00 06 00 00 00 00 00", false, "", NULL},
    {"timeout too short for the latency", false, "28 00 28 00 01 00 14 00", false, "", NULL},
};

static void central_is_asked(void **state)
{
    const struct request_row *row = *state;
    struct host_story story;
    char frame[96];

    host_story_up(&story);
    host_story_connect(&story, 0x40, BLR_CENTRAL);
    if (row->listens)
        blr_gap_listen(story.host, &listener, &story);
    snprintf(frame, sizeof frame, "0c 00 05 00 12 06 08 00 %s", row->request);
    host_story_acl(&story, 0x40, 2, frame);
    expect_told(&story, row->told);
    expect_acl(&story, row->accepted ? "0040 0 06 00 05 00 13 06 02 00 00 00"
                                     : "0040 0 06 00 05 00 13 06 02 00 01 00");
    if (row->accepted) {
        /* Again while the first is under way: it cannot be set in motion, so it is refused. */
        host_story_acl(&story, 0x40, 2, frame);
        expect_acl(&story, "0040 0 06 00 05 00 13 06 02 00 01 00");
        expect_answer(&story, row->command);
    }
    expect_no_command(&story);
    expect_no_acl(&story);
    host_story_free(&story);
}

static void lose_link(struct host_story *story)
{
    fake_controller_disconnected(&story->fake, 0x40, 0x08);
}

static void link_is_lost_while_asked(void **state)
{
    struct host_story *story = *state;

    host_story_connect(story, 0x40, BLR_CENTRAL);
    blr_gap_listen(story->host, &listener, story);
    story->hook = lose_link;
    host_story_acl(story, 0x40, 2, "0c 00 05 00 12 06 08 00 18 00 28 00 00 00 2c 01");
    expect_told(story, "0040 wants 24..40 0 300\n");
    expect_no_acl(story);
    expect_no_command(story);
}

/* --- a peripheral asks --- */

static const struct blr_conn_params wish = {24, 40, 1, 300};

#define REQUEST "0040 0 0c 00 05 00 12 01 08 00 18 00 28 00 01 00 2c 01"

/* Its controller, or the peer, cannot: `status` of the command, or of the event. */
static struct blr_conn *ask(struct host_story *story, uint8_t status, uint8_t event_status)
{
    struct blr_conn *conn = host_story_connect(story, 0x40, BLR_PERIPHERAL);

    story->fake.fails_opcode = status ? HCI_OP_LE_CONNECTION_UPDATE : 0;
    story->fake.fails_status = status;
    assert_int_equal(blr_gap_update_connection(conn, &wish, told_update, story), 0);
    expect_answer(story, "2013");
    if (event_status)
        host_story_event(story, "3e 0a 03 1a 40 00 28 00 00 00 a4 01");
    expect_told(story, "");
    assert_int_equal(blr_gap_update_connection(conn, &wish, told_update, story), BLR_ERR_BUSY);
    return conn;
}

struct answer_row {
    const char *name;
    uint8_t status, event_status;
    const char *frame; /* NULL: none */
    const char *told;  /* for it; empty: the request still waits */
};

#define UPDATED "3e 0a 03 00 40 00 1e 00 01 00 2c 01"

static const struct answer_row answer_rows[] = {
    {"accepted: the peer's controller lacks it", 0, 0x1A, "06 00 05 00 13 01 02 00 00 00", ""},
    {"accepted: the controller cannot", 0x11, 0, "06 00 05 00 13 01 02 00 00 00", ""},
    {"accepted: a controller of 4.0", 0x0C, 0, "06 00 05 00 13 01 02 00 00 00", ""},
    {"accepted: the controller knows it not", 0x01, 0, "06 00 05 00 13 01 02 00 00 00", ""},
    {"refused", 0x1A, 0, "06 00 05 00 13 01 02 00 01 00",
     "40 update Unacceptable Connection Parameters\n"},
    {"a reserved result", 0x1A, 0, "06 00 05 00 13 01 02 00 02 00",
     "40 update Unacceptable Connection Parameters\n"},
    {"not understood", 0x1A, 0, "06 00 05 00 01 01 02 00 00 00",
     "40 update Command Not Understood\n"},
    {"another identifier", 0x1A, 0, "06 00 05 00 13 02 02 00 01 00", ""},
    {"reject with another identifier", 0x1A, 0, "06 00 05 00 01 02 02 00 00 00", ""},
    {"cut short", 0x1A, 0, "05 00 05 00 13 01 01 00 01", ""},
    {"too long", 0x1A, 0, "07 00 05 00 13 01 03 00 01 00 00", ""},
    {"the answer to something else", 0x1A, 0, "08 00 05 00 07 01 04 00 40 00 40 00", ""},
    {"nothing", 0x1A, 0, NULL, ""},
};

static void peripheral_is_answered(void **state)
{
    const struct answer_row *row = *state;

    for (int updated = 0; updated < 2; updated++) {
        struct host_story story;
        host_story_up(&story);
        ask(&story, row->status, row->event_status);
        expect_acl(&story, REQUEST);
        if (row->frame)
            host_story_acl(&story, 0x40, 2, row->frame);
        expect_told(&story, row->told);
        if (!*row->told && updated) {
            host_story_event(&story, UPDATED);
            expect_told(&story, "30 update ok\n");
        } else if (!*row->told) {
            manual_clock_advance(&story.clock, SIM_S(30) - 1);
            expect_told(&story, "");
            manual_clock_advance(&story.clock, 1);
            expect_told(&story, "40 update Timed out\n");
        }
        /* Whatever comes now was asked for by nobody. */
        const uint32_t dropped = story.host->counters.dropped_pdus;
        host_story_acl(&story, 0x40, 2, "06 00 05 00 13 01 02 00 01 00");
        assert_int_equal(story.host->counters.dropped_pdus, dropped + 1);
        expect_told(&story, "");
        expect_no_acl(&story);
        host_story_free(&story);
    }
}

static void link_is_lost_meanwhile(void **state)
{
    struct host_story *story = *state;

    ask(story, 0x1A, 0);
    expect_acl(story, REQUEST);
    fake_controller_disconnected(&story->fake, 0x40, 0x08);
    expect_told(story, "40 update Not connected\ndisconnected 0040 08\n");
    assert_int_equal(story->clock.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(link_is_lost_while_asked),
        STORY(link_is_lost_meanwhile),
    };
    int failed = cmocka_run_group_tests_name("parameters by L2CAP", tests, NULL, NULL);
    failed += RUN_ROWS(request_rows, central_is_asked);
    return failed + RUN_ROWS(answer_rows, peripheral_is_answered);
}
