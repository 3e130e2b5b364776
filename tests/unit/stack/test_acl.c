/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "hex.h"
#include "host_internal.h"
#include "host_story.h"
#include "rows.h"

/* --- out --- */

static const uint8_t pattern[600] = {0};

static void fill(uint8_t *sdu, size_t len, uint8_t first)
{
    for (size_t i = 0; i < len; i++)
        sdu[i] = (uint8_t)(first + i);
}

static int send_len(struct blr_conn *conn, size_t len)
{
    return l2cap_send(conn->channels, pattern, len);
}

static unsigned take_acl(struct host_story *story)
{
    unsigned n = 0;

    while (fake_controller_acl(&story->fake))
        n++;
    return n;
}

struct fragment_row {
    const char *name;
    uint16_t acl_len;
    size_t sdu_len;
    const char *lengths; /* of the fragments, as octets in hex */
};

static const struct fragment_row fragment_rows[] = {
    {"empty", 27, 0, "04"},
    {"one octet", 27, 1, "05"},
    {"just fits", 27, 23, "1b"},
    {"one too many", 27, 24, "1b 01"},
    {"three full ones", 27, 77, "1b 1b 1b"},
    {"MTU 247 by 27", 27, 247, "1b 1b 1b 1b 1b 1b 1b 1b 1b 08"},
    {"MTU 247 by 251", 251, 247, "fb"},
    {"MTU 517 by 251", 251, 517, "fb fb 13"},
    {"no more than 251 at a time", 1021, 517, "fb fb 13"},
};

static void is_fragmented(void **state)
{
    const struct fragment_row *row = *state;
    uint8_t lengths[16], sdu[600], got[600];
    const size_t count = hex_read(row->lengths, lengths, sizeof lengths);
    struct wr w = wr_init(got, sizeof got);
    struct host_story story;

    host_story_new(&story, 517);
    story.fake.acl_len = row->acl_len;
    story.fake.acl_packets = 16;
    assert_int_equal(blr_host_start(story.host, NULL, NULL), 0);
    fake_controller_answer_all(&story.fake);
    struct blr_conn *conn = host_story_connect(&story, 0x0EFF, BLR_CENTRAL);
    fill(sdu, row->sdu_len, 1);
    assert_int_equal(l2cap_send(conn->channels, sdu, row->sdu_len), 0);
    memset(sdu, 0, sizeof sdu);
    for (size_t i = 0; i < count; i++) {
        const struct fake_packet *packet = fake_controller_acl(&story.fake);
        assert_non_null(packet);
        struct rd r = rd_init(packet->bytes, packet->len);
        assert_int_equal(rd_u16(&r), i ? 0x1EFF : 0x0EFF);
        assert_int_equal(rd_u16(&r), lengths[i]);
        assert_int_equal(rd_left(&r), lengths[i]);
        wr_bytes(&w, rd_bytes(&r, lengths[i]), lengths[i]);
    }
    expect_no_acl(&story);
    struct rd r = rd_init(got, w.len);
    assert_int_equal(rd_u16(&r), row->sdu_len);
    assert_int_equal(rd_u16(&r), L2CAP_CID_ATT);
    fill(sdu, row->sdu_len, 1);
    assert_memory_equal(rd_bytes(&r, row->sdu_len), sdu, row->sdu_len);
    assert_true(rd_done(&r));
    host_story_free(&story);
}

static void keeps_to_the_buffers(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = host_story_connect(story, 0x40, BLR_CENTRAL);

    for (int i = 0; i < 7; i++)
        assert_int_equal(send_len(conn, 1), 0);
    assert_int_equal(take_acl(story), 4);
    fake_controller_completed(&story->fake, 0x40, 1);
    assert_int_equal(take_acl(story), 1);
    fake_controller_completed(&story->fake, 0x40, 4);
    assert_int_equal(take_acl(story), 2);
    fake_controller_completed(&story->fake, 0x40, 2);
    assert_int_equal(story->host->acl.free, 4);
    assert_int_equal(take_acl(story), 0);
}

static void completed_of_nobody(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = host_story_connect(story, 0x40, BLR_CENTRAL);

    for (int i = 0; i < 6; i++)
        assert_int_equal(send_len(conn, 1), 0);
    assert_int_equal(take_acl(story), 4);
    fake_controller_completed(&story->fake, 0x41, 2);
    fake_controller_completed(&story->fake, 0xFFFF, 2);
    assert_int_equal(take_acl(story), 0);
    assert_int_equal(story->host->acl.free, 0);
}

static void more_completed_than_sent(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = host_story_connect(story, 0x40, BLR_CENTRAL);

    assert_int_equal(send_len(conn, 1), 0);
    fake_controller_completed(&story->fake, 0x40, 0xFFFF);
    fake_controller_completed(&story->fake, 0x40, 1);
    assert_int_equal(story->host->acl.free, 4);
    assert_int_equal(story->host->counters.excess_completed, 2);
    for (int i = 0; i < 9; i++)
        assert_int_equal(send_len(conn, 1), 0);
    assert_int_equal(take_acl(story), 1 + 4);
}

/* Two handles in one event. */
static void completed_for_two(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *a = host_story_connect(story, 0x40, BLR_CENTRAL);
    struct blr_conn *b = host_story_connect(story, 0x41, BLR_CENTRAL);

    for (int i = 0; i < 2; i++) {
        assert_int_equal(send_len(a, 1), 0);
        assert_int_equal(send_len(b, 1), 0);
    }
    assert_int_equal(story->host->acl.free, 0);
    host_story_event(story, "13 09 02 40 00 02 00 41 00 01 00");
    assert_int_equal(story->host->acl.free, 3);
}

/* No Number Of Completed Packets comes for a link that is gone (7.7.19, 7.7.5). */
static void buffers_come_back_with_the_disconnection(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *a = host_story_connect(story, 0x40, BLR_CENTRAL);

    for (int i = 0; i < 6; i++)
        assert_int_equal(send_len(a, 1), 0);
    assert_int_equal(take_acl(story), 4);
    struct blr_conn *b = host_story_connect(story, 0x41, BLR_CENTRAL);
    for (int i = 0; i < 6; i++)
        assert_int_equal(send_len(b, 1), 0);
    assert_int_equal(take_acl(story), 0);
    fake_controller_disconnected(&story->fake, 0x40, 0x08);
    for (int i = 0; i < 4; i++)
        expect_acl(story, "0041 0 01 00 04 00 00");
    expect_no_acl(story);
    fake_controller_disconnected(&story->fake, 0x41, 0x08);
    assert_int_equal(story->host->acl.free, 4);
    assert_int_equal(story->host->acl.idle, 0);
}

/* A peer that acknowledges nothing leaves the others a buffer. */
static void one_stuck_link_does_not_stop_another(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *stuck = host_story_connect(story, 0x40, BLR_CENTRAL);
    struct blr_conn *fine = host_story_connect(story, 0x41, BLR_CENTRAL);

    for (int i = 0; i < 20; i++)
        assert_int_equal(send_len(stuck, 1), 0);
    assert_int_equal(take_acl(story), 3);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(send_len(fine, 1), 0);
        expect_acl(story, "0041 0 01 00 04 00 00");
        fake_controller_completed(&story->fake, 0x41, 1);
        expect_no_acl(story);
    }
}

static void links_take_turns(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conns[3];

    for (uint16_t i = 0; i < 3; i++)
        conns[i] = host_story_connect(story, (uint16_t)(0x40 + i), BLR_CENTRAL);
    story->fake.room = 0;
    for (int i = 0; i < 3; i++)
        assert_int_equal(send_len(conns[i], 50), 0);
    story->fake.room = FAKE_QUEUE;
    fake_controller_writable(&story->fake);
    for (int turn = 0; turn < 2; turn++) {
        uint16_t handles = 0;
        while (story->fake.acl.count) {
            const struct fake_packet *packet = fake_controller_acl(&story->fake);
            handles |= (uint16_t)(1U << (packet->bytes[0] & 3));
            fake_controller_completed(&story->fake, packet->bytes[0], 1);
            if (handles == 7)
                break;
        }
        assert_int_equal(handles, 7);
    }
    expect_no_acl(story);
}

/* One buffer comes free at a time: whoever's it was does not get it back before the others. */
static void turns_outlast_a_pause(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conns[3];

    for (uint16_t i = 0; i < 3; i++)
        conns[i] = host_story_connect(story, (uint16_t)(0x40 + i), BLR_CENTRAL);
    for (int i = 0; i < 30; i++)
        assert_int_equal(send_len(conns[i % 3], 1), 0);
    assert_int_equal(take_acl(story), 4);
    fake_controller_completed(&story->fake, 0x40, 1);
    expect_acl(story, "0041 0 01 00 04 00 00");
    fake_controller_completed(&story->fake, 0x41, 1);
    expect_acl(story, "0042 0 01 00 04 00 00");
    fake_controller_completed(&story->fake, 0x42, 1);
    expect_acl(story, "0040 0 01 00 04 00 00");
    /* One that has nothing in the controller comes before its turn. */
    fake_controller_completed(&story->fake, 0x42, 1);
    expect_acl(story, "0042 0 01 00 04 00 00");
    expect_no_acl(story);
}

static void waits_for_the_link(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = host_story_connect(story, 0x40, BLR_CENTRAL);

    story->fake.room = 1;
    assert_int_equal(send_len(conn, 24), 0);
    expect_acl(story,
               "0040 0 18 00 04 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
               "00 00 00");
    expect_no_acl(story);
    fake_controller_writable(&story->fake);
    expect_acl(story, "0040 1 00");
    assert_int_equal(story->host->acl.free, 2);
}

static void link_refuses(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = host_story_connect(story, 0x40, BLR_CENTRAL);

    story->fake.send_error = BLR_ERR_TOO_LONG;
    assert_int_equal(send_len(conn, 1), 0);
    assert_int_equal(send_len(conn, 1), 0);
    expect_told(story, "");
    manual_clock_advance(&story->clock, 0);
    expect_told(story, "disconnected 0040 03\nfailure Too long\n");
}

/* --- the queue --- */

struct waiting {
    struct l2cap_channel channel;
    unsigned writable;
};

static void count_writable(struct l2cap_channel *channel)
{
    ((struct waiting *)(void *)channel)->writable++;
}

static void queue_is_bounded(void **state)
{
    static const struct l2cap_channel_ops ops = {.writable = count_writable};
    struct host_story *story = *state;
    struct blr_conn *conn = host_story_connect(story, 0x40, BLR_CENTRAL);
    struct l2cap_channel *att = conn->channels;
    struct waiting waiting = {.channel = *att};
    unsigned queued = 0;

    waiting.channel.ops = &ops;
    conn->channels = &waiting.channel;
    int error;
    while ((error = send_len(conn, 23)) == 0)
        queued++;
    assert_int_equal(error, BLR_ERR_AGAIN);
    assert_int_equal(queued, 4 + CONN_TX_QUEUE / 27);
    assert_true(waiting.channel.wants_writable);
    unsigned got = take_acl(story);
    while (waiting.writable == 0) {
        fake_controller_completed(&story->fake, 0x40, 1);
        got += take_acl(story);
    }
    assert_true(conn->tx.queue.used <= CONN_TX_QUEUE / 2);
    assert_false(waiting.channel.wants_writable);
    assert_int_equal(send_len(conn, 23), 0);
    queued++;
    while (got < queued) {
        fake_controller_completed(&story->fake, 0x40, 2);
        const unsigned n = take_acl(story);
        assert_int_not_equal(n, 0);
        got += n;
    }
    assert_int_equal(waiting.writable, 1);
    assert_int_equal(conn->tx.queue.used, 0);
    conn->channels = att;
}

static void longer_than_the_queue(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = host_story_connect(story, 0x40, BLR_CENTRAL);
    uint8_t sdu[CONN_TX_QUEUE - L2CAP_HEADER_SIZE + 1] = {0};

    assert_int_equal(l2cap_send(conn->channels, sdu, sizeof sdu), BLR_ERR_TOO_LONG);
    assert_int_equal(l2cap_send(conn->channels, sdu, sizeof sdu - 1), 0);
    assert_int_equal(l2cap_send(conn->channels, sdu, sizeof sdu - 1), BLR_ERR_AGAIN);
}

/* --- in: an unknown signalling command is what shows that a PDU arrived --- */

#define PDU_A   "06 00 05 00 7e 01 02 00 aa bb"
#define PDU_B   "04 00 05 00 7e 02 00 00"
#define ANSWERS "0040 0 06 00 05 00 01 "

struct fragment {
    unsigned pb;
    const char *hex;
};

struct reassembly_row {
    const char *name;
    struct fragment in[6];
    const char *answers; /* identifiers rejected */
    unsigned dropped, unexpected, malformed;
};

static const struct reassembly_row reassembly_rows[] = {
    {"whole", {{2, PDU_A}}, "01", 0, 0, 0},
    {"whole, as a host would send it", {{0, PDU_A}}, "01", 0, 0, 0},
    {"one after the other", {{2, PDU_A}, {2, PDU_B}}, "01 02", 0, 0, 0},
    {"in two", {{2, "06 00 05 00 7e 01"}, {1, "02 00 aa bb"}}, "01", 0, 0, 0},
    {"octet by octet",
     {{2, "04"}, {1, "00"}, {1, "05"}, {1, "00"}, {1, "7e 02"}, {1, "00 00"}},
     "02",
     0,
     0,
     0},
    {"header in two", {{2, "04 00 05"}, {1, "00 7e 02 00 00"}}, "02", 0, 0, 0},
    {"a start while another is unfinished", {{2, "06 00 05 00 7e 01"}, {2, PDU_B}}, "02", 1, 0, 0},
    {"a start in two while another is unfinished",
     {{2, "06 00 05 00 7e 01"}, {2, "04 00 05 00"}, {1, "7e 02 00 00"}},
     "02",
     1,
     0,
     0},
    {"a continuation without a start", {{1, PDU_A}, {2, PDU_B}}, "02", 0, 1, 0},
    {"a continuation after the end", {{2, PDU_A}, {1, "00"}, {2, PDU_B}}, "01 02", 0, 1, 0},
    {"more than the length at once", {{2, PDU_A " cc"}, {2, PDU_B}}, "02", 1, 0, 0},
    {"more than the length later",
     {{2, "06 00 05 00 7e 01"}, {1, "02 00 aa bb cc"}, {1, "00"}, {2, PDU_B}},
     "02",
     1,
     1,
     0},
    {"an empty start", {{2, ""}, {2, PDU_B}}, "02", 0, 0, 1},
    {"complete in itself (PB 3)", {{3, PDU_A}, {2, PDU_B}}, "02", 0, 0, 1},
    {"broadcast", {{2 | 4, PDU_A}, {2, PDU_B}}, "02", 0, 0, 1},
};

static void is_reassembled(void **state)
{
    const struct reassembly_row *row = *state;
    struct host_story story;
    uint8_t answers[4];
    const size_t count = hex_read(row->answers, answers, sizeof answers);

    host_story_up(&story);
    host_story_connect(&story, 0x40, BLR_PERIPHERAL);
    for (size_t i = 0; i < 6 && row->in[i].hex; i++)
        host_story_acl(&story, 0x40, row->in[i].pb, row->in[i].hex);
    for (size_t i = 0; i < count; i++) {
        char text[64];
        char hex[4];
        strcpy(text, ANSWERS);
        strcat(strcat(text, hex_write(&answers[i], 1, hex, sizeof hex)), " 02 00 00 00");
        expect_acl(&story, text);
    }
    expect_no_acl(&story);
    assert_int_equal(story.host->counters.dropped_pdus, row->dropped);
    assert_int_equal(story.host->counters.unexpected_packets, row->unexpected);
    assert_int_equal(story.host->counters.malformed_packets, row->malformed);
    host_story_free(&story);
}

struct bad_packet {
    const char *name, *hex;
    bool malformed;
};

static const struct bad_packet bad_packets[] = {
    {"nothing at all", "", true},
    {"half a header", "40 20 0a", true},
    {"shorter than its length", "40 20 0a 00 06 00 05 00 7e 01 02 00 aa", true},
    {"longer than its length", "40 20 09 00 " PDU_A, true},
    {"an impossible handle", "00 2f 0a 00 " PDU_A, true},
    {"the handle of nobody", "41 20 0a 00 " PDU_A, false},
};

static void bad_packet_is_counted(void **state)
{
    const struct bad_packet *row = *state;
    struct host_story story;
    uint8_t packet[64];
    const size_t len = hex_read(row->hex, packet, sizeof packet);

    host_story_up(&story);
    host_story_connect(&story, 0x40, BLR_PERIPHERAL);
    fake_controller_send(&story.fake, HCI_PACKET_ACL, packet, len);
    expect_no_acl(&story);
    assert_int_equal(story.host->counters.malformed_packets, row->malformed ? 1 : 0);
    assert_int_equal(story.host->counters.unexpected_packets, row->malformed ? 0 : 1);
    host_story_free(&story);
}

/* 65,535 octets are announced and come: they are counted off, and the next PDU is heard. */
static void longer_than_anybody_takes(void **state)
{
    struct host_story *story = *state;
    uint8_t data[251] = {0};
    size_t left = 4 + 0xFFFF;

    host_story_connect(story, 0x40, BLR_PERIPHERAL);
    hex_read("ff ff 04 00 02", data, sizeof data);
    for (unsigned pb = 2; left; pb = 1) {
        const size_t len = left < sizeof data ? left : sizeof data;
        fake_controller_send_acl(&story->fake, 0x40, pb, data, len);
        left -= len;
    }
    expect_no_acl(story);
    assert_int_equal(story->host->counters.dropped_pdus, 1);
    host_story_acl(story, 0x40, 2, PDU_B);
    expect_acl(story, ANSWERS "02 02 00 00 00");
}

static void two_links_are_reassembled_apart(void **state)
{
    struct host_story *story = *state;

    host_story_connect(story, 0x40, BLR_PERIPHERAL);
    host_story_connect(story, 0x41, BLR_PERIPHERAL);
    host_story_acl(story, 0x40, 2, "06 00 05 00 7e 01");
    host_story_acl(story, 0x41, 2, "04 00 05 00 7e");
    host_story_acl(story, 0x40, 1, "02 00 aa bb");
    host_story_acl(story, 0x41, 1, "02 00 00");
    expect_acl(story, ANSWERS "01 02 00 00 00");
    expect_acl(story, "0041 0 06 00 05 00 01 02 02 00 00 00");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(keeps_to_the_buffers),
        STORY(completed_of_nobody),
        STORY(more_completed_than_sent),
        STORY(completed_for_two),
        STORY(buffers_come_back_with_the_disconnection),
        STORY(one_stuck_link_does_not_stop_another),
        STORY(links_take_turns),
        STORY(turns_outlast_a_pause),
        STORY(waits_for_the_link),
        STORY(link_refuses),
        STORY(queue_is_bounded),
        STORY(longer_than_the_queue),
        STORY(longer_than_anybody_takes),
        STORY(two_links_are_reassembled_apart),
    };
    int failed = cmocka_run_group_tests_name("ACL", tests, NULL, NULL);
    failed += RUN_ROWS(fragment_rows, is_fragmented);
    failed += RUN_ROWS(reassembly_rows, is_reassembled);
    return failed + RUN_ROWS(bad_packets, bad_packet_is_counted);
}
