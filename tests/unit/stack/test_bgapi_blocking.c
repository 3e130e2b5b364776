/* SPDX-License-Identifier: MIT */
/* The calls of the BGAPI client that wait: the world that they let run plays a story, a step each.
 */
#include "blueroom/bgapi_blocking.h"

#include <string.h>

#include "bgapi_story.h"
#include "rows.h"

#define ADDRESS "0d18000000c0"

struct world {
    struct bgapi_story story;
    const char *next; /* what is left to happen */
    struct blr_bgapi *bgapi;
    int within; /* what a call from within a callback answered */
};

static bool run(void *user)
{
    struct world *world = user;
    char line[400];
    const size_t len = strcspn(world->next, "\n");

    if (!*world->next)
        return false;
    assert_true(len < sizeof line);
    memcpy(line, world->next, len);
    line[len] = '\0';
    world->next += len + (world->next[len] == '\n');
    bgapi_story_play(&world->story, line);
    return true;
}

static const struct blr_bgapi_port *port_at(void *user, size_t index)
{
    const struct world *world = user;

    return index < world->story.port_count ? &world->story.ports[index] : NULL;
}

static void world_new(struct world *world)
{
    memset(world, 0, sizeof *world);
    world->next = "";
    bgapi_story_new(&world->story);
    const struct blr_bgapi_config config = {
        .clock = &world->story.clock.clock,
        .port = port_at,
        .port_user = world,
        .wait = run,
        .wait_user = world,
    };
    world->bgapi = blr_bgapi_new(&config);
    assert_non_null(world->bgapi);
    world->next = "+ 0\n> 0001 0000 00\n+ 1000\n> 0002 0601 0000\n< 0002 0601 0000\n"
                  "> 0001 0501 00\n< 0000 0501\n> 0000 0604\n< 0002 0604 0000\n";
    assert_int_equal(blr_bgapi_start(world->bgapi, NULL), 0);
    assert_true(blr_bgapi_started(world->bgapi));
}

static struct blr_bgapi_device *world_connect(struct world *world)
{
    struct bd_addr address;
    struct blr_bgapi_device *device = NULL;

    assert_int_equal(bd_addr_parse("C0:00:00:00:18:0D", &address), 0);
    world->next = "> 000f 0603 " ADDRESS " 00 3c00 4c00 6400 0000\n< 0003 0603 0000 00\n"
                  "< 8010 0300 00 05 " ADDRESS " 00 4c00 6400 0000 ff\n";
    assert_int_equal(blr_bgapi_connect(world->bgapi, &address, NULL, &device), 0);
    return device;
}

static void world_free(struct world *world)
{
    assert_string_equal(world->next, "");
    bgapi_story_end(&world->story);
    blr_bgapi_free(world->bgapi);
    bgapi_story_free(&world->story);
}

static void found(struct blr_bgapi *bgapi, const struct blr_bgapi_advertiser *advertiser,
                  void *user)
{
    struct world *world = user;
    struct bd_addr address;

    (void)advertiser;
    world->within = blr_bgapi_get_mac(bgapi, &address);
}

static void calls_of_the_adapter(void **state)
{
    struct world world;
    struct bd_addr address;
    struct blr_bgapi_advertiser advertisers[1];
    struct blr_bgapi_scan_params scan = BLR_BGAPI_SCAN_DEFAULTS;
    struct blr_bgapi_reply reply;
    const uint8_t hello[] = {0x00, 0x00, 0x00, 0x01};
    const struct blr_bgapi_expected event = {BGAPI_EVENT, BGAPI_EVT_SM_BONDING_FAIL};
    size_t count = 0;

    (void)state;
    world_new(&world);
    world.next = "> 0000 0002\n< 0006 0002 010203040506\n";
    assert_int_equal(blr_bgapi_get_mac(world.bgapi, &address), 0);
    assert_int_equal(address.octet[5], 6);
    world.next = "> 0002 0601 0000\n< 0002 0601 0000\n";
    assert_int_equal(blr_bgapi_disable_advertising(world.bgapi), 0);
    scan.scan_cb = found;
    world.next = "> 0005 0607 4b00 3200 01\n< 0002 0607 0000\n> 0001 0602 02\n< 0002 0602 0000\n"
                 "< 800b 0600 c8 00 " ADDRESS " 01 ff 00\n"
                 "< 800b 0600 c8 00 0e18000000c0 01 ff 00\n+ 10000\n> 0000 0604\n"
                 "< 0002 0604 0000\n";
    assert_int_equal(blr_bgapi_scan(world.bgapi, &scan, advertisers, 1, &count, &world), 0);
    assert_int_equal(count, 1);
    assert_int_equal(advertisers[0].rssi_dbm, -56);
    assert_int_equal(world.within, BLR_ERR_STATE);
    world.next = "> 0001 0501 01\n< 0000 0501\n";
    assert_int_equal(blr_bgapi_set_bondable(world.bgapi, true), 0);
    world.next = "> 0000 0505\n< 0001 0505 00\n";
    assert_int_equal(blr_bgapi_clear_bond(world.bgapi, NULL), 0);
    world.next = "> 0000 0001\n< 0000 0001\n";
    assert_int_equal(blr_bgapi_send_command(world.bgapi, hello, sizeof hello, &reply), 0);
    assert_int_equal(reply.code, 0x0001);
    assert_int_equal(reply.len, 0);
    world.next = "> 0000 0001\n< 8003 0501 00 0503\n";
    assert_int_equal(blr_bgapi_expect(world.bgapi, event, hello, sizeof hello, 0, &reply),
                     BLR_ERR_BGAPI(0x0305));
    assert_int_equal(reply.kind, BGAPI_EVENT);
    assert_int_equal(reply.len, 3);
    world.next = "+ 0\n+ 1000\n";
    assert_int_equal(blr_bgapi_expect_any(world.bgapi, &event, 1, 0, true, &reply),
                     BLR_ERR_TIMEOUT);
    world.next = "+ 499\n+ 1\n";
    assert_int_equal(blr_bgapi_sleep(world.bgapi, SIM_MS(500)), 0);
    world.next = "+ 0\n";
    assert_int_equal(blr_bgapi_stop(world.bgapi), 0);
    world_free(&world);
}

static void heard(struct blr_bgapi_device *device, uint16_t handle, const uint8_t *value,
                  size_t len, void *user)
{
    (void)device;
    (void)value;
    (void)len;
    *(uint16_t *)user = handle;
}

static void calls_of_a_device(void **state)
{
    struct world world;
    const struct blr_uuid rate = blr_uuid16(0x2A37);
    const struct blr_bgapi_characteristic *characteristics = NULL;
    uint8_t value[1] = {0};
    size_t len = 0, count = 0;
    bool available = true;
    int8_t rssi_dbm = 1;
    uint16_t handle = 0;

    (void)state;
    world_new(&world);
    struct blr_bgapi_device *device = world_connect(&world);
    world.next = "> 0005 0403 00 0100 ffff\n< 0003 0403 00 0000\n< 8006 0404 00 0200 02 0328\n"
                 "< 8006 0404 00 0300 02 372a\n< 8006 0404 00 0400 02 0229\n"
                 "< 8005 0401 00 0000 0000\n";
    assert_int_equal(blr_bgapi_discover_characteristics(device, 0, &characteristics, &count), 0);
    assert_int_equal(count, 1);
    assert_int_equal(characteristics[0].descriptors[0].handle, 4);
    world.next = "+ 0\n> 0003 0404 00 0300\n< 0003 0404 00 0000\n< 8007 0405 00 0300 00 02 0748\n";
    assert_int_equal(blr_bgapi_char_read(device, &rate, value, sizeof value, &len), 0);
    assert_int_equal(len, 2);
    assert_int_equal(value[0], 7);
    world.next = "+ 0\n> 0003 0408 00 0300\n< 0003 0408 00 0000\n< 8006 0405 00 0300 04 01 08\n"
                 "< 8005 0401 00 0000 0300\n";
    assert_int_equal(blr_bgapi_char_read_long(device, &rate, value, sizeof value, &len), 0);
    assert_int_equal(value[0], 8);
    world.next = "+ 0\n> 0005 0405 00 0300 01 08\n< 0003 0405 00 0000\n< 8005 0401 00 0304 0300\n";
    assert_int_equal(blr_bgapi_char_write(device, &rate, value, 1, true), BLR_ERR_BGAPI(0x0403));
    world.next = "+ 0\n> 0006 0405 00 0400 02 0100\n< 0003 0405 00 0000\n"
                 "< 8005 0401 00 0000 0400\n";
    assert_int_equal(blr_bgapi_subscribe(device, &rate, false, heard, &handle), 0);
    bgapi_story_play(&world.story, "< 8006 0405 00 0300 01 01 3c\n");
    assert_int_equal(handle, 3);
    world.next = "+ 0\n> 0006 0405 00 0400 02 0000\n< 0003 0405 00 0000\n"
                 "< 8005 0401 00 0000 0400\n";
    assert_int_equal(blr_bgapi_unsubscribe(device, &rate), 0);
    world.next = "> 0001 0301 00\n< 0002 0301 00 c4\n";
    assert_int_equal(blr_bgapi_get_rssi(device, &available, &rssi_dbm), 0);
    assert_true(available);
    assert_int_equal(rssi_dbm, -60);
    world.next = "> 0002 0500 00 00\n< 0003 0500 00 0000\n"
                 "< 8010 0300 00 03 " ADDRESS " 00 4c00 6400 0000 ff\n";
    assert_int_equal(blr_bgapi_bond(device, false), 0);
    world.next = "> 0001 0300 00\n< 0003 0300 00 0000\n< 8003 0304 00 1602\n";
    assert_int_equal(blr_bgapi_disconnect(device), 0);
    assert_int_equal(blr_bgapi_disconnect(device), BLR_ERR_NOT_CONNECTED);
    world_free(&world);
}

/* Nothing will ever happen: the call is taken back, and another may follow. */
static void a_world_that_stands_still(void **state)
{
    struct world world;
    struct bd_addr address;

    (void)state;
    world_new(&world);
    world.next = "> 0000 0002\n";
    assert_int_equal(blr_bgapi_get_mac(world.bgapi, &address), BLR_ERR_CANCELLED);
    assert_string_equal(blr_bgapi_error_text(world.bgapi), "get_mac: nothing happens any more");
    assert_int_equal(blr_bgapi_sleep(world.bgapi, SIM_S(1)), BLR_ERR_CANCELLED);
    world.next = "> 0000 0002\n< 0006 0002 010203040506\n";
    assert_int_equal(blr_bgapi_get_mac(world.bgapi, &address), 0);
    world_free(&world);
}

static void nothing_to_wait_with(void **state)
{
    struct bgapi_story story;
    struct bd_addr address;

    (void)state;
    bgapi_story_new(&story);
    assert_int_equal(blr_bgapi_start(story.bgapi, NULL), BLR_ERR_UNSUPPORTED);
    assert_int_equal(blr_bgapi_get_mac(story.bgapi, &address), BLR_ERR_UNSUPPORTED);
    bgapi_story_free(&story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_of_the_adapter),
        cmocka_unit_test(calls_of_a_device),
        cmocka_unit_test(a_world_that_stands_still),
        cmocka_unit_test(nothing_to_wait_with),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
