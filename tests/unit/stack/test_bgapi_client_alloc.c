/* SPDX-License-Identifier: MIT */
/* Memory of the BGAPI client: each allocation fails once, is told, and nothing is lost. */
#include <string.h>

#include "bgapi_story.h"
#include "fail_alloc.h"
#include "hex.h"
#include "rows.h"

#define ADDRESS "0d18000000c0"

/* The story's own steps allocate: these octets come without it. */
static void say(struct bgapi_story *story, const char *text)
{
    uint8_t bytes[600];
    const size_t len = hex_read(text, bytes, sizeof bytes);

    story->end.party->received(story->end.user, bytes, len);
}

static void ended(struct blr_bgapi *bgapi, int error, void *user)
{
    (void)bgapi;
    *(int *)user = error;
}

static const struct blr_bgapi_port *no_port(void *user, size_t index)
{
    (void)user;
    (void)index;
    return NULL;
}

static void a_client_without_memory(void **state)
{
    struct bgapi_story *story = *state;
    const struct blr_bgapi_config config = {.clock = &story->clock.clock, .port = no_port};

    fail_alloc_from(1);
    assert_null(blr_bgapi_new(&config));
    assert_true(fail_alloc_happened());
    fail_alloc_from(0);
}

static void connected(struct blr_bgapi *bgapi, struct blr_bgapi_device *device, int error,
                      void *user)
{
    (void)device;
    ended(bgapi, error, user);
}

static void a_device_without_memory(void **state)
{
    struct bgapi_story *story = *state;
    struct bd_addr address = {.octet = {1, 2, 3, 4, 5, 6}};
    int told = -1;

    bgapi_story_play(story, bgapi_story_started);
    fail_alloc_from(1);
    assert_int_equal(blr_bgapi_connect_async(story->bgapi, &address, NULL, connected, &told),
                     BLR_ERR_NO_MEMORY);
    fail_alloc_from(0);
    assert_int_equal(told, -1);
    bgapi_story_end(story);
    bgapi_story_play(story, bgapi_story_connected);
    bgapi_story_end(story);
}

static void scanned(struct blr_bgapi *bgapi, int error,
                    const struct blr_bgapi_advertiser *advertisers, size_t count, void *user)
{
    (void)advertisers;
    (void)count;
    ended(bgapi, error, user);
}

static void a_scan_without_memory(void **state)
{
    struct bgapi_story *story = *state;
    int told = -1;

    bgapi_story_play(story, bgapi_story_started);
    assert_int_equal(blr_bgapi_scan_async(story->bgapi, NULL, scanned, &told), 0);
    bgapi_story_play(story, "> 0005 0607 4b00 3200 01\n< 0002 0607 0000\n> 0001 0602 02\n"
                            "< 0002 0602 0000\n");
    fail_alloc_from(1);
    say(story, "800b 0600 c8 00 " ADDRESS " 01 05 00");
    fail_alloc_from(0);
    bgapi_story_play(story, "> 0000 0604\n");
    say(story, "800b 0600 c8 00 " ADDRESS " 01 05 00 0002 0604 0000");
    assert_int_equal(told, BLR_ERR_NO_MEMORY);
    bgapi_story_end(story);
}

static void discovered(struct blr_bgapi_device *device, int error,
                       const struct blr_bgapi_characteristic *characteristics, size_t count,
                       void *user)
{
    (void)characteristics;
    (void)count;
    ended(blr_bgapi_device_client(device), error, user);
}

/* One allocation for what comes, two for what is made of it. */
static void a_discovery_without_memory(void **state)
{
    struct bgapi_story *story = *state;
    int told = -1;
    unsigned n = 0;

    bgapi_story_play(story, bgapi_story_started);
    bgapi_story_play(story, bgapi_story_connected);
    while (told != 0) {
        told = -1;
        assert_int_equal(
            blr_bgapi_discover_characteristics_async(story->device, 0, discovered, &told), 0);
        bgapi_story_play(story, "> 0005 0403 00 0100 ffff\n");
        fail_alloc_from(++n);
        say(story, "0003 0403 00 0000 8006 0404 00 0100 02 0328 8006 0404 00 0200 02 372a"
                   "8006 0404 00 0300 02 0229 8005 0401 00 0000 0000");
        assert_int_equal(told, fail_alloc_happened() ? BLR_ERR_NO_MEMORY : 0);
        fail_alloc_from(0);
    }
    assert_int_equal(n, 4);
    bgapi_story_end(story);
}

static void subscribed(struct blr_bgapi_device *device, int error, void *user)
{
    ended(blr_bgapi_device_client(device), error, user);
}

static void heard(struct blr_bgapi_device *device, uint16_t handle, const uint8_t *value,
                  size_t len, void *user)
{
    (void)device;
    (void)handle;
    (void)value;
    (void)len;
    (void)user;
}

static void a_subscription_without_memory(void **state)
{
    struct bgapi_story *story = *state;
    const struct blr_uuid uuid = blr_uuid16(0x2A37);
    int told = -1;

    bgapi_story_play(story, bgapi_story_started);
    bgapi_story_play(story, bgapi_story_connected);
    bgapi_story_play(story, bgapi_story_discovered);
    assert_int_equal(
        blr_bgapi_subscribe_async(story->device, &uuid, false, heard, NULL, subscribed, &told), 0);
    fail_alloc_from(1);
    manual_clock_advance(&story->clock, 0);
    assert_true(fail_alloc_happened());
    fail_alloc_from(0);
    assert_int_equal(told, BLR_ERR_NO_MEMORY);
    bgapi_story_end(story);
}

/* Values come and go without any. */
static void what_is_steady_allocates_nothing(void **state)
{
    struct bgapi_story *story = *state;

    bgapi_story_play(story, bgapi_story_started);
    bgapi_story_play(story, bgapi_story_connected);
    bgapi_story_play(story, bgapi_story_discovered);
    bgapi_story_play(story, "! subscribe 2a37\n+ 0\n> 0006 0405 00 0400 02 0100\n"
                            "< 0003 0405 00 0000\n< 8005 0401 00 0000 0400\n= subscribe 0\n");
    const unsigned before = fail_alloc_count();
    for (int i = 0; i < 100; i++) {
        say(story, "8006 0405 00 0300 01 01 3c");
        say(story, "8006 0405 00 0600 01 01 3c");
        story->log_len = story->log_read;
    }
    assert_int_equal(fail_alloc_count(), before);
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, bgapi_story_setup, bgapi_story_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(a_client_without_memory),       STORY(a_device_without_memory),
        STORY(a_scan_without_memory),         STORY(a_discovery_without_memory),
        STORY(a_subscription_without_memory), STORY(what_is_steady_allocates_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
