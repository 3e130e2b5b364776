/* SPDX-License-Identifier: MIT */
/* Opening and closing credit-based channels: every command from every side, in every state. */
#include <stdio.h>

#include "coc_story.h"
#include "host_internal.h"
#include "l2cap_coc.h"
#include "rows.h"

enum { SIGNALING = L2CAP_CID_LE_SIGNALING };

/* --- the peer asks --- */

struct listening {
    struct host_story *story;
    enum l2cap_connect_result result;
    struct blr_l2cap_params params;
    bool loses_link;
};

static enum l2cap_connect_result accept(struct blr_conn *conn,
                                        const struct blr_l2cap_request *request,
                                        struct blr_l2cap_params *params, void *user)
{
    struct listening *listening = user;

    (void)conn;
    host_story_log(listening->story, "asked %04x %u %u %u\n", request->spsm, request->mtu,
                   request->mps, request->credits);
    if (listening->loses_link)
        fake_controller_disconnected(&listening->story->fake, COC_LINK, 0x08);
    *params = listening->params;
    return listening->result;
}

static void listen(struct listening *listening, struct host_story *story)
{
    *listening = (struct listening){.story = story, .params = coc_story_params(story)};
    listening->params.mtu = 100;
    listening->params.mps = 50;
    listening->params.credits = 7;
    assert_int_equal(blr_l2cap_listen(story->host, 0x80, accept, listening), 0);
}

struct asked_row {
    const char *name, *request, *answer, *told;
    enum l2cap_connect_result result;
    uint16_t mtu; /* of our side, if not the usual one */
};

#define ASKED  "asked 0080 256 64 3\n"
#define REFUSE "15 09 0a 00 00 00 00 00 00 00 00 00 "

static const struct asked_row asked_rows[] = {
    {"accepted", "14 09 0a 00 80 00 41 00 00 01 40 00 03 00",
     "15 09 0a 00 40 00 64 00 32 00 07 00 00 00", ASKED "opened 0040\n", 0, 0},
    {"with the smallest sizes and no credits", "14 09 0a 00 80 00 7f 00 17 00 17 00 00 00",
     "15 09 0a 00 40 00 64 00 32 00 07 00 00 00", "asked 0080 23 23 0\nopened 0040\n", 0, 0},
    {"with the largest sizes", "14 09 0a 00 80 00 40 00 ff ff fd ff ff ff",
     "15 09 0a 00 40 00 64 00 32 00 07 00 00 00", "asked 0080 65535 65533 65535\nopened 0040\n", 0,
     0},
    {"another SPSM", "14 09 0a 00 81 00 41 00 00 01 40 00 03 00", REFUSE "02 00", "", 0, 0},
    {"SPSM 0", "14 09 0a 00 00 00 41 00 00 01 40 00 03 00", REFUSE "02 00", "", 0, 0},
    {"SPSM 256", "14 09 0a 00 00 01 41 00 00 01 40 00 03 00", REFUSE "02 00", "", 0, 0},
    {"a fixed CID", "14 09 0a 00 80 00 04 00 00 01 40 00 03 00", REFUSE "09 00", "", 0, 0},
    {"CID 0", "14 09 0a 00 80 00 00 00 00 01 40 00 03 00", REFUSE "09 00", "", 0, 0},
    {"a CID beyond those of LE", "14 09 0a 00 80 00 80 00 00 01 40 00 03 00", REFUSE "09 00", "", 0,
     0},
    {"MTU 22", "14 09 0a 00 80 00 41 00 16 00 40 00 03 00", REFUSE "0b 00", "", 0, 0},
    {"MPS 22", "14 09 0a 00 80 00 41 00 00 01 16 00 03 00", REFUSE "0b 00", "", 0, 0},
    {"MPS 65534", "14 09 0a 00 80 00 41 00 00 01 fe ff 03 00", REFUSE "0b 00", "", 0, 0},
    {"refused: no resources", "14 09 0a 00 80 00 41 00 00 01 40 00 03 00", REFUSE "04 00", ASKED,
     L2CAP_CONNECT_NO_RESOURCES, 0},
    {"refused: authentication", "14 09 0a 00 80 00 41 00 00 01 40 00 03 00", REFUSE "05 00", ASKED,
     L2CAP_CONNECT_INSUFFICIENT_AUTHENTICATION, 0},
    {"refused: encryption", "14 09 0a 00 80 00 41 00 00 01 40 00 03 00", REFUSE "08 00", ASKED,
     L2CAP_CONNECT_INSUFFICIENT_ENCRYPTION, 0},
    {"accepted with an impossible MTU", "14 09 0a 00 80 00 41 00 00 01 40 00 03 00", REFUSE "04 00",
     ASKED, 0, 22},
};

static void is_asked(void **state)
{
    const struct asked_row *row = *state;
    struct host_story story;
    struct listening listening;

    coc_story_up(&story);
    listen(&listening, &story);
    listening.result = row->result;
    if (row->mtu)
        listening.params.mtu = row->mtu;
    coc_story_send(&story, SIGNALING, row->request);
    coc_story_expect(&story, SIGNALING, row->answer);
    expect_no_acl(&story);
    expect_told(&story, row->told);
    host_story_free(&story);
}

#define REQUEST_41 "14 09 0a 00 80 00 41 00 00 01 40 00 03 00"

/* The same request again, as if its answer had not come. */
static void source_is_allocated_once(void **state)
{
    struct host_story *story = *state;
    struct listening listening;

    listen(&listening, story);
    coc_story_send(story, SIGNALING, REQUEST_41);
    coc_story_expect(story, SIGNALING, "15 09 0a 00 40 00 64 00 32 00 07 00 00 00");
    coc_story_send(story, SIGNALING, REQUEST_41);
    coc_story_expect(story, SIGNALING, REFUSE "0a 00");
    expect_told(story, ASKED "opened 0040\n");
    /* It may be used again when that channel has ended. */
    coc_story_send(story, SIGNALING, "06 0a 04 00 40 00 41 00");
    coc_story_expect(story, SIGNALING, "07 0a 04 00 40 00 41 00");
    expect_told(story, "closed 0040 Remote User Terminated Connection\n");
    coc_story_send(story, SIGNALING, REQUEST_41);
    coc_story_expect(story, SIGNALING, "15 09 0a 00 40 00 64 00 32 00 07 00 00 00");
    expect_told(story, ASKED "opened 0040\n");
}

static void sixty_four_and_no_more(void **state)
{
    struct host_story *story = *state;
    struct listening listening;
    char request[64];

    listen(&listening, story);
    for (unsigned cid = 0x40; cid <= 0x7F; cid++) {
        snprintf(request, sizeof request, "14 09 0a 00 80 00 %02x 00 00 01 40 00 03 00", cid);
        coc_story_send(story, SIGNALING, request);
        assert_non_null(fake_controller_acl(&story->fake));
        coc_story_completed(story, 1);
    }
    const struct blr_l2cap_params params = coc_story_params(story);
    assert_int_equal(blr_l2cap_connect(blr_conn_first(story->host), 0x81, &params, NULL),
                     BLR_ERR_NO_MEMORY);
    struct blr_l2cap_channel *channel = coc_of(blr_conn_first(story->host)->channels->next);
    assert_int_equal(blr_l2cap_local_cid(channel), 0x40);
    assert_int_equal(blr_l2cap_remote_cid(channel), 0x40);
    assert_int_equal(blr_l2cap_spsm(channel), 0x80);
    assert_int_equal(blr_l2cap_remote_mtu(channel), 256);
    assert_int_equal(blr_l2cap_remote_mps(channel), 64);
    assert_ptr_equal(blr_l2cap_conn(channel), blr_conn_first(story->host));
}

static void listeners_come_and_go(void **state)
{
    struct host_story *story = *state;
    struct listening listening;

    listen(&listening, story);
    assert_int_equal(blr_l2cap_listen(story->host, 0x80, accept, &listening), BLR_ERR_BUSY);
    assert_int_equal(blr_l2cap_listen(story->host, 0, accept, &listening), BLR_ERR_INVALID);
    assert_int_equal(blr_l2cap_listen(story->host, 0x100, accept, &listening), BLR_ERR_INVALID);
    assert_int_equal(blr_l2cap_listen(story->host, 0x81, NULL, NULL), BLR_ERR_INVALID);
    blr_l2cap_unlisten(story->host, 0x81);
    coc_story_send(story, SIGNALING, REQUEST_41);
    assert_non_null(fake_controller_acl(&story->fake));
    blr_l2cap_unlisten(story->host, 0x80);
    coc_story_send(story, SIGNALING, "14 09 0a 00 80 00 42 00 00 01 40 00 03 00");
    coc_story_expect(story, SIGNALING, REFUSE "02 00");
    expect_told(story, ASKED "opened 0040\n");
    coc_story_send(story, 0x40, "01 00 aa");
    expect_told(story, "sdu 0040 [aa]\n");
}

static void link_lost_while_being_asked(void **state)
{
    struct host_story *story = *state;
    struct listening listening;

    listen(&listening, story);
    listening.loses_link = true;
    coc_story_send(story, SIGNALING, REQUEST_41);
    expect_told(story, ASKED "disconnected 0040 08\n");
    expect_no_acl(story);
}

/* --- we ask --- */

struct answer_row {
    const char *name, *answer, *told;
    const char *sent; /* for it; NULL: nothing */
    unsigned dropped;
};

static const struct answer_row answer_rows[] = {
    {"accepted", "15 01 0a 00 50 00 17 00 17 00 00 00 00 00", "opened 0040\n", NULL, 0},
    {"refused: no such SPSM", "15 01 0a 00 00 00 00 00 00 00 00 00 02 00",
     "closed 0040 SPSM not supported\n", NULL, 0},
    {"refused: resources", "15 01 0a 00 00 00 00 00 00 00 00 00 04 00",
     "closed 0040 No resources available\n", NULL, 0},
    {"refused: authentication", "15 01 0a 00 00 00 00 00 00 00 00 00 05 00",
     "closed 0040 Insufficient authentication\n", NULL, 0},
    {"refused: authorization", "15 01 0a 00 00 00 00 00 00 00 00 00 06 00",
     "closed 0040 Insufficient authorization\n", NULL, 0},
    {"refused: key size", "15 01 0a 00 00 00 00 00 00 00 00 00 07 00",
     "closed 0040 Encryption key size too short\n", NULL, 0},
    {"refused: encryption", "15 01 0a 00 00 00 00 00 00 00 00 00 08 00",
     "closed 0040 Insufficient encryption\n", NULL, 0},
    {"refused: reserved result", "15 01 0a 00 00 00 00 00 00 00 00 00 00 01",
     "closed 0040 Unknown L2CAP connection result\n", NULL, 0},
    {"another identifier", "15 02 0a 00 50 00 17 00 17 00 00 00 00 00", "", NULL, 1},
    {"identifier 0", "15 00 0a 00 50 00 17 00 17 00 00 00 00 00", "", NULL, 1},
    {"cut short", "15 01 08 00 50 00 17 00 17 00 00 00", "", NULL, 1},
    {"the answer to something else", "07 01 04 00 50 00 40 00", "", NULL, 1},
    {"a fixed CID", "15 01 0a 00 04 00 17 00 17 00 00 00 00 00", "closed 0040 Malformed data\n",
     NULL, 0},
    {"a CID beyond those of LE", "15 01 0a 00 80 00 17 00 17 00 00 00 00 00",
     "closed 0040 Malformed data\n", NULL, 0},
    {"MTU 22", "15 01 0a 00 50 00 16 00 17 00 00 00 00 00", "", "06 02 04 00 50 00 40 00", 0},
    {"MPS 22", "15 01 0a 00 50 00 17 00 16 00 00 00 00 00", "", "06 02 04 00 50 00 40 00", 0},
    {"MPS 65535", "15 01 0a 00 50 00 17 00 ff ff 00 00 00 00", "", "06 02 04 00 50 00 40 00", 0},
    {"not understood", "01 01 02 00 00 00", "closed 0040 Command Not Understood\n", NULL, 0},
    {"reject with a reserved reason", "01 01 02 00 ff ff", "closed 0040 Unknown L2CAP error\n",
     NULL, 0},
    {"reject of something else", "01 02 02 00 00 00", "", NULL, 1},
    {"credits before it is open", "16 01 04 00 50 00 01 00", "", "01 01 06 00 02 00 00 00 50 00",
     0},
    {"end before it is open", "06 01 04 00 40 00 50 00", "", NULL, 1},
};

static void is_answered(void **state)
{
    const struct answer_row *row = *state;
    struct host_story story;

    coc_story_up(&story);
    struct blr_l2cap_params params = coc_story_params(&story);
    params.mtu = 256;
    params.mps = 64;
    params.credits = 3;
    assert_int_equal(blr_l2cap_connect(blr_conn_first(story.host), 0x25, &params, NULL), 0);
    coc_story_expect(&story, SIGNALING, "14 01 0a 00 25 00 40 00 00 01 40 00 03 00");
    coc_story_send(&story, SIGNALING, row->answer);
    if (row->sent)
        coc_story_expect(&story, SIGNALING, row->sent);
    expect_no_acl(&story);
    expect_told(&story, row->told);
    assert_int_equal(story.host->counters.dropped_pdus, row->dropped);
    host_story_free(&story);
}

static void same_remote_channel_twice(void **state)
{
    struct host_story *story = *state;
    const struct blr_l2cap_params params = coc_story_params(story);

    coc_story_open(story, &params, 23, 23, 1);
    coc_story_ask(story, &params);
    coc_story_send(story, SIGNALING, "15 02 0a 00 50 00 17 00 17 00 00 00 00 00");
    expect_told(story, "closed 0041 Malformed data\n");
}

static void never_answered(void **state)
{
    struct host_story *story = *state;
    const struct blr_l2cap_params params = coc_story_params(story);

    coc_story_ask(story, &params);
    manual_clock_advance(&story->clock, SIM_S(30) - 1);
    expect_told(story, "");
    manual_clock_advance(&story->clock, 1);
    expect_told(story, "closed 0040 Timed out\n");
    coc_story_send(story, SIGNALING, "15 01 0a 00 50 00 17 00 17 00 00 00 00 00");
    expect_told(story, "");
    expect_no_acl(story);
}

static void given_up_before_the_answer(void **state)
{
    struct host_story *story = *state;
    const struct blr_l2cap_params params = coc_story_params(story);

    struct blr_l2cap_channel *channel = coc_story_ask(story, &params);
    const uint8_t sdu[1] = {0};
    assert_int_equal(blr_l2cap_send(channel, sdu, 1), BLR_ERR_STATE);
    assert_int_equal(blr_l2cap_give_credits(channel, 1), BLR_ERR_STATE);
    assert_int_equal(blr_l2cap_disconnect(channel), 0);
    assert_int_equal(blr_l2cap_disconnect(channel), BLR_ERR_BUSY);
    expect_told(story, "");
    coc_story_send(story, SIGNALING, "15 01 0a 00 50 00 17 00 17 00 00 00 00 00");
    coc_story_expect(story, SIGNALING, "06 02 04 00 50 00 40 00");
    coc_story_send(story, SIGNALING, "07 02 04 00 50 00 40 00");
    expect_told(story, "closed 0040 Cancelled\n");
    channel = coc_story_ask(story, &params);
    assert_int_equal(blr_l2cap_disconnect(channel), 0);
    coc_story_send(story, SIGNALING, "15 03 0a 00 00 00 00 00 00 00 00 00 02 00");
    expect_told(story, "closed 0040 Cancelled\n");
    channel = coc_story_ask(story, &params);
    assert_int_equal(blr_l2cap_disconnect(channel), 0);
    manual_clock_advance(&story->clock, SIM_S(30));
    expect_told(story, "closed 0040 Cancelled\n");
}

static void impossible_requests(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = blr_conn_first(story->host);
    const struct blr_l2cap_params good = coc_story_params(story);
    struct blr_l2cap_params bad = good;

    assert_int_equal(blr_l2cap_connect(conn, 0, &good, NULL), BLR_ERR_INVALID);
    assert_int_equal(blr_l2cap_connect(conn, 0x100, &good, NULL), BLR_ERR_INVALID);
    bad.mtu = 22;
    assert_int_equal(blr_l2cap_connect(conn, 0x80, &bad, NULL), BLR_ERR_INVALID);
    bad = good;
    bad.mps = 22;
    assert_int_equal(blr_l2cap_connect(conn, 0x80, &bad, NULL), BLR_ERR_INVALID);
    bad.mps = 248;
    assert_int_equal(blr_l2cap_connect(conn, 0x80, &bad, NULL), BLR_ERR_INVALID);
    bad = good;
    bad.ops = NULL;
    assert_int_equal(blr_l2cap_connect(conn, 0x80, &bad, NULL), BLR_ERR_INVALID);
    expect_no_acl(story);
}

/* Requests that wait keep their identifiers from being given again. */
static void identifiers(void **state)
{
    struct host_story *story = *state;
    const struct blr_l2cap_params params = coc_story_params(story);
    struct blr_conn *conn = blr_conn_first(story->host);

    coc_story_ask(story, &params);
    for (unsigned expected = 2; expected <= 255; expected++)
        assert_int_equal(l2cap_signal_identifier(conn), expected);
    assert_int_equal(l2cap_signal_identifier(conn), 2); /* not 0, and not 1 */
}

/* --- the end --- */

struct end_row {
    const char *name;
    const char *command, *answer, *told;
};

static const struct end_row end_rows[] = {
    {"by the peer", "06 05 04 00 40 00 50 00", "07 05 04 00 40 00 50 00",
     "closed 0040 Remote User Terminated Connection\n"},
    {"of another channel", "06 05 04 00 41 00 50 00", "01 05 06 00 02 00 41 00 50 00", ""},
    {"with another source", "06 05 04 00 40 00 51 00", NULL, ""},
    {"answered without being asked", "07 05 04 00 50 00 40 00", NULL, ""},
    {"of a fixed channel", "06 05 04 00 04 00 04 00", "01 05 06 00 02 00 04 00 04 00", ""},
    {"cut short", "06 05 03 00 40 00 50", "01 05 02 00 00 00", ""},
};

static void ends(void **state)
{
    const struct end_row *row = *state;
    struct host_story story;

    coc_story_up(&story);
    const struct blr_l2cap_params params = coc_story_params(&story);
    coc_story_open(&story, &params, 23, 23, 1);
    coc_story_send(&story, SIGNALING, row->command);
    if (row->answer)
        coc_story_expect(&story, SIGNALING, row->answer);
    expect_no_acl(&story);
    expect_told(&story, row->told);
    host_story_free(&story);
}

static const struct end_row our_end_rows[] = {
    {"answered", "07 02 04 00 50 00 40 00", NULL, "closed 0040 Success\n"},
    {"rejected: there is no such channel", "01 02 06 00 02 00 50 00 40 00", NULL,
     "closed 0040 Success\n"},
    {"the peer ends it as well", "06 05 04 00 40 00 50 00", "07 05 04 00 40 00 50 00",
     "closed 0040 Success\n"},
    {"answered for another channel", "07 02 04 00 51 00 40 00", NULL, ""},
    {"answered with our channel wrong", "07 02 04 00 50 00 41 00", NULL, ""},
    {"answered with another identifier", "07 03 04 00 50 00 40 00", NULL, ""},
    {"answered with something else", "15 02 0a 00 51 00 17 00 17 00 00 00 00 00", NULL, ""},
    {"cut short", "07 02 03 00 50 00 40", NULL, ""},
};

static void we_end(void **state)
{
    const struct end_row *row = *state;
    struct host_story story;
    const uint8_t sdu[1] = {0};

    coc_story_up(&story);
    const struct blr_l2cap_params params = coc_story_params(&story);
    struct blr_l2cap_channel *channel = coc_story_open(&story, &params, 23, 23, 0);
    assert_int_equal(blr_l2cap_send(channel, sdu, 1), 0);
    assert_int_equal(blr_l2cap_disconnect(channel), 0);
    assert_int_equal(blr_l2cap_disconnect(channel), BLR_ERR_BUSY);
    coc_story_expect(&story, SIGNALING, "06 02 04 00 50 00 40 00");
    coc_story_send(&story, SIGNALING, "16 06 04 00 50 00 01 00");
    coc_story_send(&story, SIGNALING, row->command);
    if (row->answer)
        coc_story_expect(&story, SIGNALING, row->answer);
    expect_no_acl(&story);
    expect_told(&story, row->told);
    if (!*row->told) {
        manual_clock_advance(&story.clock, SIM_S(30));
        expect_told(&story, "closed 0040 Success\n");
    }
    host_story_free(&story);
}

/* The link goes in each state, and the host. */
static void link_is_lost(void **state)
{
    struct host_story *story = *state;
    const struct blr_l2cap_params params = coc_story_params(story);

    coc_story_open(story, &params, 23, 23, 1);
    coc_story_ask(story, &params);
    struct blr_l2cap_channel *channel = coc_story_ask(story, &params);
    coc_story_send(story, SIGNALING, "15 03 0a 00 51 00 17 00 17 00 00 00 00 00");
    assert_int_equal(blr_l2cap_disconnect(channel), 0);
    expect_told(story, "opened 0042\n");
    fake_controller_disconnected(&story->fake, COC_LINK, 0x08);
    expect_told(story, "closed 0040 Not connected\nclosed 0041 Not connected\n"
                       "closed 0042 Not connected\ndisconnected 0040 08\n");
}

static void host_goes(void **state)
{
    struct host_story *story = *state;
    const struct blr_l2cap_params params = coc_story_params(story);

    coc_story_open(story, &params, 23, 23, 1);
    coc_story_ask(story, &params);
    blr_host_free(story->host);
    expect_told(story, "closed 0040 Cancelled\nclosed 0041 Cancelled\n");
    assert_int_equal(story->clock.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        COC_STORY(source_is_allocated_once),
        COC_STORY(sixty_four_and_no_more),
        COC_STORY(listeners_come_and_go),
        COC_STORY(link_lost_while_being_asked),
        COC_STORY(same_remote_channel_twice),
        COC_STORY(never_answered),
        COC_STORY(given_up_before_the_answer),
        COC_STORY(impossible_requests),
        COC_STORY(identifiers),
        COC_STORY(link_is_lost),
        cmocka_unit_test_setup_teardown(host_goes, coc_story_setup, host_story_teardown_freed),
    };
    int failed = cmocka_run_group_tests_name("opening and closing", tests, NULL, NULL);
    failed += RUN_ROWS(asked_rows, is_asked);
    failed += RUN_ROWS(answer_rows, is_answered);
    failed += RUN_ROWS(end_rows, ends);
    return failed + RUN_ROWS(our_end_rows, we_end);
}
