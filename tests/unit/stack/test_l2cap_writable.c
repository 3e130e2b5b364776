/* SPDX-License-Identifier: MIT */
/* Who is told that there is room in a link's queue, and what he may do then. */
#include <string.h>

#include "host_internal.h"
#include "host_story.h"
#include "rows.h"

static const uint8_t pattern[100] = {0};

static void let_go(struct host_story *story)
{
    fake_controller_completed(&story->fake, 0x40, 4);
    while (fake_controller_acl(&story->fake)) {
    }
}

struct waiting {
    struct l2cap_channel channel;
    unsigned writable;
};

static void count_writable(struct l2cap_channel *channel)
{
    ((struct waiting *)(void *)channel)->writable++;
}

struct rude {
    struct l2cap_channel channel;
    struct host_story *story;
    struct l2cap_channel *gone[3]; /* what it ends, itself among them */
    unsigned told;
};

static void ends_channels(struct l2cap_channel *channel)
{
    struct rude *rude = (struct rude *)(void *)channel;
    struct blr_conn *conn = channel->link;

    rude->told++;
    for (size_t i = 0; i < 3; i++) {
        l2cap_channel_unplug(conn, rude->gone[i]);
        memset(rude->gone[i], 0xA5, sizeof *rude->gone[i]);
    }
}

/* Lets time pass, in which this link and the next one end. */
static void loses_links(struct l2cap_channel *channel)
{
    struct rude *rude = (struct rude *)(void *)channel;
    struct blr_conn *conn = channel->link;

    rude->told++;
    l2cap_channel_unplug(conn, channel);
    fake_controller_disconnected(&rude->story->fake, 0x40, 0x13);
    fake_controller_disconnected(&rude->story->fake, 0x41, 0x13);
}

static void fill_queue(struct l2cap_channel *channel)
{
    while (l2cap_send(channel, pattern, sizeof pattern) == 0) {
    }
    assert_true(channel->wants_writable);
}

static void told_may_end_other_channels(void **state)
{
    static const struct l2cap_channel_ops rude_ops = {.writable = ends_channels};
    static const struct l2cap_channel_ops ops = {.writable = count_writable};
    struct host_story *story = *state;
    struct blr_conn *conn = host_story_connect(story, 0x40, BLR_CENTRAL);
    struct waiting before = {.channel = {.ops = &ops, .cid = 0x41}};
    struct waiting after = {.channel = {.ops = &ops, .cid = 0x43}};
    struct rude rude = {.channel = {.ops = &rude_ops, .cid = 0x42}, .story = story};

    rude.gone[0] = &before.channel;
    rude.gone[1] = &rude.channel;
    rude.gone[2] = &after.channel;
    l2cap_channel_plug(conn, &before.channel);
    l2cap_channel_plug(conn, &rude.channel);
    l2cap_channel_plug(conn, &after.channel);
    fill_queue(&rude.channel);
    before.channel.wants_writable = false;
    after.channel.wants_writable = true;
    while (conn->tx.queue.used) {
        let_go(story);
    }
    assert_int_equal(rude.told, 1);
    assert_int_equal(before.writable + after.writable, 0);
}

static void told_may_outlive_the_link(void **state)
{
    static const struct l2cap_channel_ops ops = {.writable = loses_links};
    struct host_story *story = *state;
    struct blr_conn *conn = host_story_connect(story, 0x40, BLR_CENTRAL);
    struct rude rude = {.channel = {.ops = &ops, .cid = 0x42}, .story = story};

    host_story_connect(story, 0x41, BLR_CENTRAL);
    l2cap_channel_plug(conn, &rude.channel);
    fill_queue(&rude.channel);
    fill_queue(conn->channels);
    while (rude.told == 0) {
        let_go(story);
    }
    expect_told(story, "disconnected 0040 13\ndisconnected 0041 13\n");
    assert_null(blr_conn_first(story->host));
}

/* The first to be told fills the queue again; next time it is the other's turn. */
static void refill(struct l2cap_channel *channel)
{
    ((struct waiting *)(void *)channel)->writable++;
    fill_queue(channel);
}

static void channels_take_turns(void **state)
{
    static const struct l2cap_channel_ops ops = {.writable = refill};
    struct host_story *story = *state;
    struct blr_conn *conn = host_story_connect(story, 0x40, BLR_CENTRAL);
    struct waiting a = {.channel = {.ops = &ops, .cid = 0x41}};
    struct waiting b = {.channel = {.ops = &ops, .cid = 0x42}};

    l2cap_channel_plug(conn, &a.channel);
    l2cap_channel_plug(conn, &b.channel);
    fill_queue(&a.channel);
    fill_queue(&b.channel);
    for (int i = 0; a.writable + b.writable < 10; i++) {
        assert_true(i < 10000);
        let_go(story);
    }
    assert_int_equal(a.writable, 5);
    assert_int_equal(b.writable, 5);
    l2cap_channel_unplug(conn, &a.channel);
    l2cap_channel_unplug(conn, &b.channel);
}

/* One that needs all of the queue is told when all of it is there, and not before. */
static void waits_for_enough_room(void **state)
{
    static const struct l2cap_channel_ops ops = {.writable = count_writable};
    struct host_story *story = *state;
    struct blr_conn *conn = host_story_connect(story, 0x40, BLR_CENTRAL);
    struct waiting waiting = {.channel = {.ops = &ops, .cid = 0x41}};
    const uint8_t sdu[CONN_TX_QUEUE - L2CAP_HEADER_SIZE] = {0};

    l2cap_channel_plug(conn, &waiting.channel);
    fill_queue(&waiting.channel);
    assert_int_equal(l2cap_send(&waiting.channel, sdu, sizeof sdu), BLR_ERR_AGAIN);
    while (waiting.writable == 0) {
        assert_int_not_equal(conn->tx.queue.used, 0);
        let_go(story);
    }
    assert_int_equal(conn->tx.queue.used, 0);
    l2cap_channel_unplug(conn, &waiting.channel);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(told_may_end_other_channels),
        STORY(told_may_outlive_the_link),
        STORY(channels_take_turns),
        STORY(waits_for_enough_room),
    };
    return cmocka_run_group_tests_name("room in the queue", tests, NULL, NULL);
}
