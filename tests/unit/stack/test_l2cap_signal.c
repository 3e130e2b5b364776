/* SPDX-License-Identifier: MIT */
#include "hex.h"
#include "host_internal.h"
#include "host_story.h"
#include "rows.h"

struct signal_row {
    const char *name;
    enum blr_role role;
    const char *frame;  /* without the L2CAP header */
    const char *answer; /* the same; NULL: none */
};

/* Core v5.4, Vol 3, Part A, 4 */
static const struct signal_row rows[] = {
    {"empty", BLR_CENTRAL, "", NULL},
    {"a code alone", BLR_CENTRAL, "7e", NULL},
    {"no length", BLR_CENTRAL, "7e 01 00", NULL},
    {"identifier 0", BLR_CENTRAL, "7e 00 00 00", NULL},
    {"unknown code", BLR_CENTRAL, "7e 01 00 00", "01 01 02 00 00 00"},
    {"code 0", BLR_CENTRAL, "00 05 00 00", "01 05 02 00 00 00"},
    {"unknown code with data", BLR_CENTRAL, "ff ff 03 00 01 02 03", "01 ff 02 00 00 00"},
    {"length too great", BLR_CENTRAL, "7e 01 01 00", "01 01 02 00 00 00"},
    {"length too small", BLR_CENTRAL, "06 01 03 00 40 00 41 00", "01 01 02 00 00 00"},
    {"echo request, of BR/EDR", BLR_PERIPHERAL, "08 09 00 00", "01 09 02 00 00 00"},
    {"information request, of BR/EDR", BLR_PERIPHERAL, "0a 09 02 00 02 00", "01 09 02 00 00 00"},
    {"two commands in one frame", BLR_CENTRAL, "7e 01 00 00 7e 02 00 00", "01 01 02 00 00 00"},
    {"two good commands in one frame", BLR_CENTRAL,
     "06 01 04 00 40 00 41 00 06 02 04 00 40 00 41 00", "01 01 02 00 00 00"},
    {"as long as the MTU", BLR_CENTRAL,
     "7e 01 13 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00", "01 01 02 00 00 00"},
    {"longer than the MTU", BLR_CENTRAL,
     "7e 01 14 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00",
     "01 01 04 00 01 00 17 00"},
    {"two commands, longer than the MTU", BLR_CENTRAL,
     "06 07 04 00 40 00 41 00 06 08 04 00 40 00 41 00 06 09 04 00 40 00 41 00",
     "01 07 04 00 01 00 17 00"},
    {"command reject", BLR_CENTRAL, "01 01 02 00 00 00", NULL},
    {"disconnection response", BLR_CENTRAL, "07 01 04 00 40 00 41 00", NULL},
    {"parameter update response", BLR_PERIPHERAL, "13 01 02 00 00 00", NULL},
    {"credit based connection response", BLR_PERIPHERAL,
     "15 01 0a 00 00 00 00 00 00 00 00 00 00 00", NULL},
    {"disconnection of no channel", BLR_CENTRAL, "06 03 04 00 40 00 41 00",
     "01 03 06 00 02 00 40 00 41 00"},
    {"disconnection cut short", BLR_CENTRAL, "06 03 02 00 40 00", "01 03 02 00 00 00"},
    {"credits for no channel", BLR_CENTRAL, "16 04 04 00 40 00 01 00",
     "01 04 06 00 02 00 00 00 40 00"},
    {"credit based connection request to nobody", BLR_PERIPHERAL,
     "14 05 0a 00 80 00 40 00 17 00 17 00 01 00", "15 05 0a 00 00 00 00 00 00 00 00 00 02 00"},
    {"credit based connection request cut short", BLR_PERIPHERAL,
     "14 05 09 00 80 00 40 00 17 00 17 00 01", "01 05 02 00 00 00"},
    {"credit based connection request too long", BLR_PERIPHERAL,
     "14 05 0b 00 80 00 40 00 17 00 17 00 01 00 00", "01 05 02 00 00 00"},
    {"credits cut short", BLR_CENTRAL, "16 04 03 00 40 00 01", "01 04 02 00 00 00"},
    {"disconnection too long", BLR_CENTRAL, "06 03 05 00 40 00 41 00 00", "01 03 02 00 00 00"},
    {"disconnection response cut short", BLR_CENTRAL, "07 01 03 00 40 00 41", NULL},
    {"command reject cut short", BLR_CENTRAL, "01 01 01 00 00", NULL},
    {"command reject too long", BLR_CENTRAL, "01 01 07 00 02 00 40 00 41 00 00", NULL},
    {"response longer than the MTU", BLR_CENTRAL,
     "13 01 14 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00", NULL},
    {"parameter update request to a peripheral", BLR_PERIPHERAL,
     "12 06 08 00 06 00 0c 00 00 00 c8 00", "01 06 02 00 00 00"},
    {"parameter update request cut short", BLR_CENTRAL, "12 06 07 00 06 00 0c 00 00 00 c8",
     "01 06 02 00 00 00"},
};

static void is_answered(void **state)
{
    const struct signal_row *row = *state;
    struct host_story story;
    uint8_t data[64];
    uint8_t frame[64];
    struct wr w = wr_init(frame, sizeof frame);
    const size_t len = hex_read(row->frame, data, sizeof data);

    wr_u16(&w, (uint16_t)len);
    wr_u16(&w, L2CAP_CID_LE_SIGNALING);
    wr_bytes(&w, data, len);
    host_story_up(&story);
    host_story_connect(&story, 0x40, row->role);
    fake_controller_send_acl(&story.fake, 0x40, 2, frame, w.len);
    const struct fake_packet *packet = fake_controller_acl(&story.fake);
    assert_int_equal(packet != NULL, row->answer != NULL);
    if (packet) {
        char text[128];
        struct rd r = rd_init(packet->bytes, packet->len);
        rd_skip(&r, 4);
        const uint16_t answer_len = rd_u16(&r);
        assert_int_equal(rd_u16(&r), L2CAP_CID_LE_SIGNALING);
        assert_int_equal(rd_left(&r), answer_len);
        assert_string_equal(hex_write(rd_bytes(&r, answer_len), answer_len, text, sizeof text),
                            row->answer);
    }
    expect_no_acl(&story);
    expect_no_command(&story);
    host_story_free(&story);
}

/* Only the beginning of such a frame is kept; it is enough to answer. */
static void longer_than_the_buffer(void **state)
{
    struct host_story *story = *state;
    uint8_t data[254] = {0};

    host_story_connect(story, 0x40, BLR_CENTRAL);
    hex_read("f0 02 05 00 7e 2a ec 02", data, sizeof data);
    fake_controller_send_acl(&story->fake, 0x40, 2, data, 251);
    fake_controller_send_acl(&story->fake, 0x40, 1, data, 251);
    expect_no_acl(story);
    fake_controller_send_acl(&story->fake, 0x40, 1, data, 4 + 0x2F0 - 2 * 251);
    expect_acl(story, "0040 0 08 00 05 00 01 2a 04 00 01 00 17 00");
}

int main(void)
{
    const struct CMUnitTest tests[] = {STORY(longer_than_the_buffer)};
    const int failed = cmocka_run_group_tests_name("signalling", tests, NULL, NULL);
    return failed + RUN_ROWS(rows, is_answered);
}
