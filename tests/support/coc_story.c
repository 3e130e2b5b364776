/* SPDX-License-Identifier: MIT */
#include "coc_story.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "hex.h"

static void told(struct host_story *story)
{
    if (story->hook)
        story->hook(story);
}

static void opened(struct blr_l2cap_channel *channel, void *user)
{
    host_story_log(user, "opened %04x\n", blr_l2cap_local_cid(channel));
    told(user);
}

static void received(struct blr_l2cap_channel *channel, const uint8_t *sdu, size_t len, void *user)
{
    char hex[3 * 600];

    assert_true(len < 600);
    host_story_log(user, "sdu %04x [%s]\n", blr_l2cap_local_cid(channel),
                   hex_write(sdu, len, hex, sizeof hex));
    told(user);
}

static void drained(struct blr_l2cap_channel *channel, void *user)
{
    host_story_log(user, "drained %04x\n", blr_l2cap_local_cid(channel));
    told(user);
}

static void closed(struct blr_l2cap_channel *channel, int error, void *user)
{
    host_story_log(user, "closed %04x %s\n", blr_l2cap_local_cid(channel), blr_strerror(error));
    told(user);
}

void coc_story_up(struct host_story *story)
{
    host_story_new(story, 0);
    story->fake.acl_len = 251;
    story->fake.acl_packets = 16;
    assert_int_equal(blr_host_start(story->host, told_started, story), 0);
    fake_controller_answer_all(&story->fake);
    host_story_connect(story, COC_LINK, BLR_CENTRAL);
}

int coc_story_setup(void **state)
{
    struct host_story *story = malloc(sizeof *story);

    assert_non_null(story);
    coc_story_up(story);
    *state = story;
    return 0;
}

struct blr_l2cap_params coc_story_params(struct host_story *story)
{
    static const struct blr_l2cap_ops ops = {
        .opened = opened, .received = received, .drained = drained, .closed = closed};

    return (struct blr_l2cap_params){.ops = &ops, .user = story};
}

struct blr_l2cap_channel *coc_story_ask(struct host_story *story,
                                        const struct blr_l2cap_params *params)
{
    struct blr_l2cap_channel *channel = NULL;

    assert_int_equal(blr_l2cap_connect(blr_conn_first(story->host), 0x80, params, &channel), 0);
    assert_non_null(channel);
    assert_non_null(fake_controller_acl(&story->fake));
    return channel;
}

struct blr_l2cap_channel *coc_story_open(struct host_story *story,
                                         const struct blr_l2cap_params *params, uint16_t mtu,
                                         uint16_t mps, uint16_t credits)
{
    struct blr_l2cap_channel *channel = coc_story_ask(story, params);
    char answer[64];

    snprintf(answer, sizeof answer, "15 01 0a 00 50 00 %02x %02x %02x %02x %02x %02x 00 00",
             mtu & 0xFFU, mtu >> 8U, mps & 0xFFU, mps >> 8U, credits & 0xFFU, credits >> 8U);
    coc_story_send(story, L2CAP_CID_LE_SIGNALING, answer);
    coc_story_completed(story, 1);
    expect_told(story, "opened 0040\n");
    return channel;
}

void coc_story_send(struct host_story *story, uint16_t cid, const char *hex)
{
    uint8_t data[1024], frame[1024 + L2CAP_HEADER_SIZE];
    struct wr w = wr_init(frame, sizeof frame);
    const size_t len = hex_read(hex, data, sizeof data);

    wr_u16(&w, (uint16_t)len);
    wr_u16(&w, cid);
    wr_bytes(&w, data, len);
    fake_controller_send_acl(&story->fake, COC_LINK, HCI_ACL_FIRST_FLUSHABLE, frame, w.len);
}

void coc_story_expect(struct host_story *story, uint16_t cid, const char *hex)
{
    const struct fake_packet *packet = fake_controller_acl(&story->fake);
    char sent[3 * FAKE_PACKET_SIZE + 2] = "nothing";

    if (packet) {
        struct rd r = rd_init(packet->bytes, packet->len);
        rd_skip(&r, 4);
        const uint16_t len = rd_u16(&r);
        assert_int_equal(rd_u16(&r), cid);
        assert_int_equal(rd_left(&r), len);
        hex_write(rd_bytes(&r, len), len, sent, sizeof sent);
    }
    assert_string_equal(sent, hex);
}

void coc_story_completed(struct host_story *story, uint16_t count)
{
    fake_controller_completed(&story->fake, COC_LINK, count);
}
