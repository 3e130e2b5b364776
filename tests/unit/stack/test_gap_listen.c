/* SPDX-License-Identifier: MIT */
/* Several listeners: all are told, in their order, and may come and go meanwhile. */
#include "blueroom/host.h"
#include "host_story.h"
#include "rows.h"

struct further {
    struct blr_gap_listening listening; /* first */
    struct host_story *story;
    const char *name;
    bool refuses;
    struct further *drops, *adds; /* as soon as it is told of anything */
};

static void told(struct further *further, const char *what)
{
    struct blr_host *host = further->story->host;

    host_story_log(further->story, "%s: %s\n", further->name, what);
    if (further->drops)
        blr_gap_listen_no_more(host, &further->drops->listening);
    if (further->adds)
        blr_gap_listen_also(host, &further->adds->listening);
    further->drops = further->adds = NULL;
}

static void connected(struct blr_conn *conn, void *user)
{
    (void)conn;
    told(user, "connected");
}

static void disconnected(struct blr_conn *conn, uint8_t reason, void *user)
{
    (void)conn;
    assert_int_equal(reason, HCI_ERR_CONNECTION_TIMEOUT);
    told(user, "disconnected");
}

static void timed_out(struct blr_host *host, void *user)
{
    (void)host;
    told(user, "timed out");
}

static bool requested(struct blr_conn *conn, const struct blr_conn_params *params, void *user)
{
    struct further *further = user;

    (void)conn;
    assert_int_equal(params->interval_min_1250us, 0x10);
    told(further, "requested");
    return !further->refuses;
}

static void failed(struct blr_host *host, int error, void *user)
{
    (void)host;
    assert_int_equal(error, BLR_ERR_IO);
    told(user, "failed");
}

static const struct blr_gap_listener listener = {
    .connected = connected,
    .disconnected = disconnected,
    .advertising_timed_out = timed_out,
    .params_requested = requested,
    .host_failed = failed,
};

static struct further make(struct host_story *story, const char *name)
{
    return (struct further){.story = story, .name = name};
}

static void listen(struct further *further)
{
    further->listening = (struct blr_gap_listening){.listener = &listener, .user = further};
    blr_gap_listen_also(further->story->host, &further->listening);
}

static void link_comes(struct host_story *story, uint16_t handle, enum blr_role role)
{
    static const struct bd_addr peer = {.type = BD_ADDR_PUBLIC};

    fake_controller_connected(&story->fake, 0, handle, (uint8_t)role, &peer);
}

static void disconnect(struct host_story *story, uint16_t handle)
{
    fake_controller_disconnected(&story->fake, handle, HCI_ERR_CONNECTION_TIMEOUT);
}

static void all_are_told_in_order(void **state)
{
    struct host_story *story = *state;
    struct further a = make(story, "a"), b = make(story, "b");

    listen(&a);
    listen(&b);
    link_comes(story, 0x40, BLR_PERIPHERAL);
    expect_told(story, "connected 0040 peripheral 00:00:00:00:00:00\na: connected\nb: connected\n");
    disconnect(story, 0x40);
    expect_told(story, "disconnected 0040 08\na: disconnected\nb: disconnected\n");
    blr_gap_listen_no_more(story->host, &a.listening);
    blr_gap_listen_no_more(story->host, &a.listening);
    link_comes(story, 0x41, BLR_PERIPHERAL);
    expect_told(story, "connected 0041 peripheral 00:00:00:00:00:00\nb: connected\n");
}

static void one_may_go_while_it_is_told(void **state)
{
    struct host_story *story = *state;
    struct further a = make(story, "a"), b = make(story, "b"), c = make(story, "c");

    listen(&a);
    listen(&b);
    listen(&c);
    a.drops = &a;
    b.drops = &c;
    link_comes(story, 0x40, BLR_PERIPHERAL);
    expect_told(story, "connected 0040 peripheral 00:00:00:00:00:00\n"
                       "a: connected\nb: connected\n");
    disconnect(story, 0x40);
    expect_told(story, "disconnected 0040 08\nb: disconnected\n");
}

/* It hears of what comes next. */
static void one_may_come_while_others_are_told(void **state)
{
    struct host_story *story = *state;
    struct further a = make(story, "a"), b = make(story, "b");

    b.listening = (struct blr_gap_listening){.listener = &listener, .user = &b};
    listen(&a);
    a.adds = &b;
    link_comes(story, 0x40, BLR_PERIPHERAL);
    expect_told(story, "connected 0040 peripheral 00:00:00:00:00:00\n"
                       "a: connected\n");
    disconnect(story, 0x40);
    expect_told(story, "disconnected 0040 08\na: disconnected\nb: disconnected\n");
}

static void without_a_first_listener(void **state)
{
    struct host_story *story = *state;
    struct further a = make(story, "a");

    blr_gap_listen(story->host, NULL, NULL);
    listen(&a);
    link_comes(story, 0x40, BLR_PERIPHERAL);
    expect_told(story, "a: connected\n");
}

static void one_that_is_against_it_is_enough(void **state)
{
    struct host_story *story = *state;
    struct further a = make(story, "a"), b = make(story, "b");

    listen(&a);
    listen(&b);
    link_comes(story, 0x40, BLR_PERIPHERAL);
    expect_told(story, "connected 0040 peripheral 00:00:00:00:00:00\n"
                       "a: connected\nb: connected\n");
    /* LE Remote Connection Parameter Request: 20 ms, latency 0, 1 s. */
    host_story_event(story, "3e 0b 06 40 00 10 00 10 00 00 00 64 00");
    expect_told(story, "a: requested\nb: requested\n");
    expect_answer(story, "2020");
    a.refuses = true;
    host_story_event(story, "3e 0b 06 40 00 10 00 10 00 00 00 64 00");
    expect_told(story, "a: requested\n");
    expect_answer(story, "2021");
}

static void a_failure_is_told_before_the_owner_hears(void **state)
{
    struct host_story *story = *state;
    struct further a = make(story, "a");

    listen(&a);
    blr_host_on_failure(story->host, told_failure, story);
    assert_int_equal(blr_host_controller_gone(story->host), 0);
    manual_clock_advance(&story->clock, SIM_MS(1));
    expect_told(story, "a: failed\nfailure Input or output failed\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(all_are_told_in_order),
        STORY(one_may_go_while_it_is_told),
        STORY(one_may_come_while_others_are_told),
        STORY(without_a_first_listener),
        STORY(one_that_is_against_it_is_enough),
        STORY(a_failure_is_told_before_the_owner_hears),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
