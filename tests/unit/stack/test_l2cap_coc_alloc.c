/* SPDX-License-Identifier: MIT */
/* Credit-based channels when memory is short, and what they allocate when it is not. */
#include "coc_story.h"
#include "fail_alloc.h"
#include "host_internal.h"
#include "rows.h"

#define REQUEST "14 09 0a 00 80 00 41 00 00 01 40 00 03 00"

static enum l2cap_connect_result accept(struct blr_conn *conn,
                                        const struct blr_l2cap_request *request,
                                        struct blr_l2cap_params *params, void *user)
{
    (void)conn;
    (void)request;
    *params = coc_story_params(user);
    return L2CAP_CONNECT_SUCCESSFUL;
}

static void no_memory_is_no_resources(void **state)
{
    struct host_story *story = *state;

    story->fake.in_place = true;
    assert_int_equal(blr_l2cap_listen(story->host, 0x80, accept, story), 0);
    fail_alloc_from(1);
    coc_story_send(story, L2CAP_CID_LE_SIGNALING, REQUEST);
    fail_alloc_from(0);
    coc_story_expect(story, L2CAP_CID_LE_SIGNALING, "15 09 0a 00 00 00 00 00 00 00 00 00 04 00");
    expect_told(story, "");
    coc_story_send(story, L2CAP_CID_LE_SIGNALING, REQUEST);
    expect_told(story, "opened 0040\n");
}

static void no_memory_for_what_we_ask(void **state)
{
    struct host_story *story = *state;
    const struct blr_l2cap_params params = coc_story_params(story);

    fail_alloc_from(1);
    const int listening = blr_l2cap_listen(story->host, 0x80, accept, story);
    const int error = blr_l2cap_connect(blr_conn_first(story->host), 0x80, &params, NULL);
    fail_alloc_from(0);
    assert_int_equal(listening, BLR_ERR_NO_MEMORY);
    assert_int_equal(error, BLR_ERR_NO_MEMORY);
    expect_no_acl(story);
}

static void packets_allocate_nothing(void **state)
{
    struct host_story *story = *state;
    const struct blr_l2cap_params params = coc_story_params(story);
    const uint8_t sdu[60] = {0};
    struct blr_l2cap_channel *channel = coc_story_open(story, &params, 60, 23, 300);

    story->fake.in_place = true;
    const unsigned before = fail_alloc_count();
    for (int i = 0; i < 100; i++) {
        assert_int_equal(blr_l2cap_send(channel, sdu, sizeof sdu), 0);
        coc_story_send(story, 0x40, "01 00 aa");
        while (fake_controller_acl(&story->fake))
            coc_story_completed(story, 1);
        story->log_len = 0;
    }
    assert_int_equal(fail_alloc_count(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        COC_STORY(no_memory_is_no_resources),
        COC_STORY(no_memory_for_what_we_ask),
        COC_STORY(packets_allocate_nothing),
    };
    return cmocka_run_group_tests_name("channels and memory", tests, NULL, NULL);
}
