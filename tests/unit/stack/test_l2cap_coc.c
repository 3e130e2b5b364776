/* SPDX-License-Identifier: MIT */
/* SDUs through a credit-based channel; opening and closing is test_l2cap_coc_signal.c's. */
#include <stdio.h>
#include <string.h>

#include "coc_story.h"
#include "host_internal.h"
#include "rows.h"

enum { SIGNALING = L2CAP_CID_LE_SIGNALING };

/* --- out --- */

struct out_row {
    const char *name;
    uint16_t mtu, mps, credits; /* the peer's */
    size_t len;                 /* of an SDU of octets 01 02 03 ... */
    const char *frames[4];
    size_t left; /* octets that still wait */
};

static const struct out_row out_rows[] = {
    {"empty", 23, 23, 1, 0, {"00 00"}, 0},
    {"one octet", 23, 23, 1, 1, {"01 00 01"}, 0},
    {"just one frame",
     64,
     23,
     9,
     21,
     {"15 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13 14 15"},
     0},
    {"one octet more",
     64,
     23,
     9,
     22,
     {"16 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13 14 15", "16"},
     0},
    {"without credits", 64, 23, 0, 4, {NULL}, 6},
    {"with one credit of two",
     64,
     23,
     1,
     22,
     {"16 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13 14 15"},
     1},
};

static void is_cut(void **state)
{
    const struct out_row *row = *state;
    struct host_story story;
    uint8_t sdu[64];

    coc_story_up(&story);
    const struct blr_l2cap_params params = coc_story_params(&story);
    struct blr_l2cap_channel *channel =
        coc_story_open(&story, &params, row->mtu, row->mps, row->credits);
    for (size_t i = 0; i < sizeof sdu; i++)
        sdu[i] = (uint8_t)(i + 1);
    assert_int_equal(blr_l2cap_send(channel, sdu, row->len), 0);
    memset(sdu, 0, sizeof sdu);
    for (size_t i = 0; i < 4 && row->frames[i]; i++)
        coc_story_expect(&story, 0x50, row->frames[i]);
    expect_no_acl(&story);
    assert_int_equal(blr_l2cap_queued(channel), row->left);
    expect_told(&story, "");
    if (row->left) {
        coc_story_send(&story, SIGNALING, "16 01 04 00 50 00 02 00");
        assert_non_null(fake_controller_acl(&story.fake));
        expect_no_acl(&story);
        expect_told(&story, "drained 0040\n");
    }
    host_story_free(&story);
}

static void credits_are_spent_and_added_up(void **state)
{
    struct host_story *story = *state;
    const struct blr_l2cap_params params = coc_story_params(story);
    struct blr_l2cap_channel *channel = coc_story_open(story, &params, 64, 64, 2);
    const uint8_t sdu[3] = {1, 2, 3};

    for (int i = 0; i < 5; i++)
        assert_int_equal(blr_l2cap_send(channel, sdu, sizeof sdu), 0);
    coc_story_expect(story, 0x50, "03 00 01 02 03");
    coc_story_expect(story, 0x50, "03 00 01 02 03");
    expect_no_acl(story);
    coc_story_send(story, SIGNALING, "16 01 04 00 50 00 01 00");
    coc_story_expect(story, 0x50, "03 00 01 02 03");
    expect_no_acl(story);
    expect_told(story, "");
    coc_story_send(story, SIGNALING, "16 02 04 00 50 00 fd ff");
    coc_story_expect(story, 0x50, "03 00 01 02 03");
    coc_story_expect(story, 0x50, "03 00 01 02 03");
    expect_no_acl(story);
    expect_told(story, "drained 0040\n");
    assert_int_equal(blr_l2cap_tx_credits(channel), 0xFFFB);
    /* As many as there may be, and no more (10.1). */
    coc_story_send(story, SIGNALING, "16 03 04 00 50 00 04 00");
    assert_int_equal(blr_l2cap_tx_credits(channel), 0xFFFF);
    expect_no_acl(story);
    coc_story_send(story, SIGNALING, "16 04 04 00 50 00 01 00");
    coc_story_expect(story, SIGNALING, "06 02 04 00 50 00 40 00");
    assert_int_equal(blr_l2cap_send(channel, sdu, sizeof sdu), BLR_ERR_NOT_CONNECTED);
    expect_told(story, "");
    coc_story_send(story, SIGNALING, "07 02 04 00 50 00 40 00");
    expect_told(story, "closed 0040 Malformed data\n");
}

static void credits_of_nothing_are_ignored(void **state)
{
    struct host_story *story = *state;
    const struct blr_l2cap_params params = coc_story_params(story);
    struct blr_l2cap_channel *channel = coc_story_open(story, &params, 64, 64, 2);

    coc_story_send(story, SIGNALING, "16 01 04 00 50 00 00 00");
    expect_no_acl(story);
    assert_int_equal(blr_l2cap_tx_credits(channel), 2);
    assert_int_equal(story->host->counters.dropped_pdus, 1);
    expect_told(story, "");
}

static void queue_is_bounded(void **state)
{
    struct host_story *story = *state;
    struct blr_l2cap_params params = coc_story_params(story);
    uint8_t sdu[32] = {0};

    params.queue = 34;
    struct blr_l2cap_channel *channel = coc_story_open(story, &params, 40, 64, 0);
    assert_int_equal(blr_l2cap_send(channel, sdu, 33), BLR_ERR_TOO_LONG); /* for the queue */
    assert_int_equal(blr_l2cap_send(channel, sdu, 32), 0);
    assert_int_equal(blr_l2cap_send(channel, sdu, 0), BLR_ERR_AGAIN);
    expect_told(story, "");
    coc_story_send(story, SIGNALING, "16 01 04 00 50 00 01 00");
    expect_told(story, "drained 0040\n");
    assert_int_equal(blr_l2cap_send(channel, sdu, 32), 0);
}

static void mtu_of_the_peer_is_kept(void **state)
{
    struct host_story *story = *state;
    const struct blr_l2cap_params params = coc_story_params(story);
    struct blr_l2cap_channel *channel = coc_story_open(story, &params, 30, 64, 5);
    const uint8_t sdu[31] = {0};

    assert_int_equal(blr_l2cap_send(channel, sdu, 31), BLR_ERR_TOO_LONG);
    assert_int_equal(blr_l2cap_send(channel, sdu, 30), 0);
}

/* The link's queue is full: the channel goes on when there is room, and no credit is lost. */
static void waits_for_the_link(void **state)
{
    struct host_story *story = *state;
    struct blr_l2cap_params params = coc_story_params(story);
    uint8_t sdu[200];
    unsigned frames = 0;

    params.queue = 10000;
    struct blr_l2cap_channel *channel = coc_story_open(story, &params, 200, 202, 60);
    memset(sdu, 0x5A, sizeof sdu);
    for (int i = 0; i < 49; i++)
        assert_int_equal(blr_l2cap_send(channel, sdu, sizeof sdu), 0);
    assert_true(blr_l2cap_queued(channel) > 0);
    for (;;) {
        const struct fake_packet *packet = fake_controller_acl(&story->fake);
        if (!packet)
            break;
        assert_int_equal(packet->len, 4 + 4 + 202);
        frames++;
        coc_story_completed(story, 1);
    }
    assert_int_equal(frames, 49);
    assert_int_equal(blr_l2cap_tx_credits(channel), 60 - 49);
    expect_told(story, "drained 0040\n");
}

/* --- in --- */

struct in_row {
    const char *name;
    uint16_t mtu, mps, credits; /* ours */
    const char *frames[5];
    const char *told;
    bool ended;
};

#define TWENTY "01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13 14"

static const struct in_row in_rows[] = {
    {"empty", 23, 23, 9, {"00 00"}, "sdu 0040 []\n", false},
    {"one octet", 23, 23, 9, {"01 00 aa"}, "sdu 0040 [aa]\n", false},
    {"in two", 23, 23, 9, {"03 00 aa bb", "cc"}, "sdu 0040 [aa bb cc]\n", false},
    {"its length alone, then the rest", 23, 23, 9, {"02 00", "aa bb"}, "sdu 0040 [aa bb]\n", false},
    {"with an empty frame inside", 23, 23, 9, {"02 00 aa", "", "bb"}, "sdu 0040 [aa bb]\n", false},
    {"two, one after the other",
     23,
     23,
     9,
     {"01 00 aa", "02 00 bb", "cc"},
     "sdu 0040 [aa]\nsdu 0040 [bb cc]\n",
     false},
    {"as long as the MTU",
     23,
     30,
     9,
     {"17 00 " TWENTY " 15 16 17"},
     "sdu 0040 [" TWENTY " 15 16 17]\n",
     false},
    {"longer than the MTU", 23, 30, 9, {"18 00 " TWENTY " 15 16 17 18"}, "", true},
    {"longer than the MTU by its first frame", 23, 23, 9, {"18 00"}, "", true},
    {"as long as the MPS", 64, 23, 9, {"15 00 " TWENTY " 15"}, "sdu 0040 [" TWENTY " 15]\n", false},
    {"longer than the MPS", 64, 23, 9, {"16 00 " TWENTY " 15 16"}, "", true},
    {"more than its length", 23, 23, 9, {"01 00 aa bb"}, "", true},
    {"more than its length in the second", 23, 23, 9, {"02 00 aa", "bb cc"}, "", true},
    {"no length", 23, 23, 9, {""}, "", true},
    {"half of a length", 23, 23, 9, {"01"}, "", true},
    {"one frame more than credits",
     23,
     23,
     2,
     {"00 00", "00 00", "00 00"},
     "sdu 0040 []\nsdu 0040 []\n",
     true},
    {"without any credit", 23, 23, 0, {"00 00"}, "", true},
};

/* Credits are not given back, so that all that is sent is about the frames. */
static void is_joined(void **state)
{
    const struct in_row *row = *state;
    struct host_story story;

    coc_story_up(&story);
    struct blr_l2cap_params params = coc_story_params(&story);
    params.mtu = row->mtu;
    params.mps = row->mps;
    params.credits = row->credits;
    params.manual_credits = true;
    coc_story_open(&story, &params, 23, 23, 1);
    for (size_t i = 0; i < 5 && row->frames[i]; i++)
        coc_story_send(&story, 0x40, row->frames[i]);
    expect_told(&story, row->told);
    if (row->ended) {
        coc_story_expect(&story, SIGNALING, "06 02 04 00 50 00 40 00");
        /* Nothing more is heard of it until it has ended. */
        coc_story_send(&story, 0x40, "01 00 aa");
        coc_story_send(&story, SIGNALING, "16 07 04 00 50 00 ff ff");
        expect_told(&story, "");
        coc_story_send(&story, SIGNALING, "07 02 04 00 50 00 40 00");
        expect_told(&story, "closed 0040 Malformed data\n");
    }
    expect_no_acl(&story);
    host_story_free(&story);
}

static void longer_than_any_frame_ends_it(void **state)
{
    struct host_story *story = *state;
    const struct blr_l2cap_params params = coc_story_params(story);
    uint8_t frame[4 + 248] = {248, 0, 0x40, 0, 100, 1};

    coc_story_open(story, &params, 23, 23, 1);
    fake_controller_send_acl(&story->fake, COC_LINK, 2, frame, 250);
    fake_controller_send_acl(&story->fake, COC_LINK, 1, frame, 2);
    coc_story_expect(story, SIGNALING, "06 02 04 00 50 00 40 00");
    expect_told(story, "");
}

static void credits_are_given_back(void **state)
{
    struct host_story *story = *state;
    struct blr_l2cap_params params = coc_story_params(story);

    params.credits = 4;
    struct blr_l2cap_channel *channel = coc_story_open(story, &params, 23, 23, 1);
    coc_story_send(story, 0x40, "00 00");
    expect_no_acl(story);
    assert_int_equal(blr_l2cap_rx_credits(channel), 3);
    coc_story_send(story, 0x40, "00 00");
    coc_story_expect(story, SIGNALING, "16 02 04 00 40 00 02 00");
    assert_int_equal(blr_l2cap_rx_credits(channel), 4);
    expect_no_acl(story);
}

/* The SDU of 512 octets that the default stands for, in frames of 247: 3 of them, for two SDUs. */
static void default_credits_are_for_two(void **state)
{
    struct host_story *story = *state;
    const struct blr_l2cap_params params = coc_story_params(story);

    assert_int_equal(blr_l2cap_connect(blr_conn_first(story->host), 0x80, &params, NULL), 0);
    coc_story_expect(story, SIGNALING, "14 01 0a 00 80 00 40 00 00 02 f7 00 06 00");
}

static void credits_by_hand(void **state)
{
    struct host_story *story = *state;
    struct blr_l2cap_params params = coc_story_params(story);

    params.manual_credits = true;
    struct blr_l2cap_channel *channel = coc_story_open(story, &params, 23, 23, 1);
    assert_int_equal(blr_l2cap_rx_credits(channel), 0);
    assert_int_equal(blr_l2cap_give_credits(channel, 0), BLR_ERR_INVALID);
    assert_int_equal(blr_l2cap_give_credits(channel, 65535), 0);
    coc_story_expect(story, SIGNALING, "16 02 04 00 40 00 ff ff");
    assert_int_equal(blr_l2cap_give_credits(channel, 1), BLR_ERR_INVALID);
    coc_story_send(story, 0x40, "01 00 aa");
    expect_told(story, "sdu 0040 [aa]\n");
    expect_no_acl(story);
    assert_int_equal(blr_l2cap_give_credits(channel, 1), 0);
    coc_story_expect(story, SIGNALING, "16 03 04 00 40 00 01 00");
}

/* Data that nobody acknowledges does not keep credits and goodbyes from being queued. */
static void signals_pass_a_full_queue(void **state)
{
    struct host_story *story = *state;
    struct blr_l2cap_params params = coc_story_params(story);
    struct blr_conn *conn = blr_conn_first(story->host);
    const uint8_t sdu[200] = {0};

    params.queue = 20000;
    params.credits = 2;
    struct blr_l2cap_channel *channel = coc_story_open(story, &params, 200, 202, 100);
    while (blr_l2cap_send(channel, sdu, sizeof sdu) == 0) {
    }
    const uint32_t used = conn->tx.queue.used;
    coc_story_send(story, 0x40, "00 00");
    assert_int_equal(conn->tx.queue.used, used + 12);
    assert_int_equal(blr_l2cap_rx_credits(channel), 2);
    assert_int_equal(blr_l2cap_disconnect(channel), 0);
    assert_int_equal(conn->tx.queue.used, used + 24);
}

/* What must be said waits for room, and is said then. */
static void signals_wait_for_room(void **state)
{
    struct host_story *story = *state;
    struct blr_l2cap_params params = coc_story_params(story);
    struct blr_conn *conn = blr_conn_first(story->host);

    params.credits = 2;
    struct blr_l2cap_channel *channel = coc_story_open(story, &params, 23, 23, 0);
    while (story->host->counters.dropped_answers == 0)
        coc_story_send(story, SIGNALING, "7e 01 00 00");
    coc_story_send(story, 0x40, "00 00");
    assert_int_equal(blr_l2cap_rx_credits(channel), 1);
    while (conn->tx.queue.used) {
        while (fake_controller_acl(&story->fake)) {
        }
        coc_story_completed(story, 8);
    }
    assert_int_equal(blr_l2cap_rx_credits(channel), 2);
}

/* --- in callbacks --- */

static void ends_it(struct host_story *story)
{
    struct blr_l2cap_channel *channel = story->user;

    story->hook = NULL;
    assert_int_equal(blr_l2cap_disconnect(channel), 0);
    coc_story_send(story, SIGNALING, "07 02 04 00 50 00 40 00");
}

static void loses_the_link(struct host_story *story)
{
    story->hook = NULL;
    fake_controller_disconnected(&story->fake, COC_LINK, 0x08);
}

struct hook_row {
    const char *name;
    void (*hook)(struct host_story *story);
    const char *told;
};

static const struct hook_row hook_rows[] = {
    {"the channel ends", ends_it, "closed 0040 Success\n"},
    {"the link is lost", loses_the_link, "closed 0040 Not connected\ndisconnected 0040 08\n"},
};

/* Within each callback the channel may go. */
static void may_go_within(void **state)
{
    const struct hook_row *row = *state;
    const uint8_t sdu[4] = {0};

    for (int when = 0; when < 2; when++) {
        struct host_story story;
        char told[256];
        coc_story_up(&story);
        struct blr_l2cap_params params = coc_story_params(&story);
        params.credits = 1;
        struct blr_l2cap_channel *channel = coc_story_open(&story, &params, 64, 64, 0);
        story.user = channel;
        story.hook = row->hook;
        if (when == 0) {
            coc_story_send(&story, 0x40, "00 00");
            snprintf(told, sizeof told, "sdu 0040 []\n%s", row->told);
        } else {
            assert_int_equal(blr_l2cap_send(channel, sdu, sizeof sdu), 0);
            coc_story_send(&story, SIGNALING, "16 01 04 00 50 00 01 00");
            snprintf(told, sizeof told, "drained 0040\n%s", row->told);
        }
        expect_told(&story, told);
        host_story_free(&story);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        COC_STORY(credits_are_spent_and_added_up),
        COC_STORY(credits_of_nothing_are_ignored),
        COC_STORY(queue_is_bounded),
        COC_STORY(mtu_of_the_peer_is_kept),
        COC_STORY(waits_for_the_link),
        COC_STORY(longer_than_any_frame_ends_it),
        COC_STORY(credits_are_given_back),
        COC_STORY(default_credits_are_for_two),
        COC_STORY(credits_by_hand),
        COC_STORY(signals_pass_a_full_queue),
        COC_STORY(signals_wait_for_room),
    };
    int failed = cmocka_run_group_tests_name("credit-based channels", tests, NULL, NULL);
    failed += RUN_ROWS(out_rows, is_cut);
    failed += RUN_ROWS(in_rows, is_joined);
    return failed + RUN_ROWS(hook_rows, may_go_within);
}
