/* SPDX-License-Identifier: MIT */
/* Services that keep handles for what is added later. */
#include "blueroom/gatt_server.h"
#include "gatt_db.h"
#include "host_story.h"
#include "rows.h"

static const struct blr_uuid uuid = {.octet = {0x34, 0x12}, .size = 2};

static struct blr_service *make(struct host_story *story, uint16_t reserved)
{
    struct blr_service *service;

    assert_int_equal(blr_service_new(story->host, &uuid, true, 0, &service), 0);
    assert_int_equal(blr_service_reserve(service, reserved), 0);
    assert_int_equal(blr_service_publish(service), 0);
    return service;
}

static int add(struct blr_service *service, uint8_t properties, struct blr_attribute **attr)
{
    const struct blr_characteristic_def def = {.uuid = uuid, .properties = properties};

    return blr_service_add_characteristic(service, &def, attr);
}

static void what_is_reserved_is_nobody_elses(void **state)
{
    struct host_story *story = *state;
    struct blr_attribute *attr, *late;

    struct blr_service *first = make(story, 5);
    struct blr_service *second = make(story, 2);
    const uint16_t start = blr_service_handle(first);
    assert_int_equal(blr_service_handle(second), start + 6);
    assert_int_equal(add(second, GATT_PROP_READ, &attr), 0);
    assert_int_equal(blr_attribute_handle(attr), start + 8);
    assert_int_equal(add(first, GATT_PROP_READ | GATT_PROP_NOTIFY, &attr), 0);
    assert_int_equal(blr_attribute_handle(attr), start + 2);
    assert_int_equal(add(first, GATT_PROP_READ, &late), 0);
    assert_int_equal(blr_attribute_handle(late), start + 5);
    assert_ptr_equal(blr_attribute_find(story->host, (uint16_t)(start + 5)), late);
    assert_int_equal(add(first, GATT_PROP_READ, &attr), BLR_ERR_STATE);
    assert_int_equal(add(second, GATT_PROP_READ, &attr), BLR_ERR_STATE);
    blr_service_free(first);
    assert_null(blr_attribute_find(story->host, (uint16_t)(start + 5)));
    assert_non_null(blr_attribute_find(story->host, (uint16_t)(start + 8)));
}

static void not_enough_is_none(void **state)
{
    struct host_story *story = *state;
    struct blr_attribute *attr;

    struct blr_service *service = make(story, 2);
    assert_int_equal(add(service, GATT_PROP_READ | GATT_PROP_NOTIFY, &attr), BLR_ERR_STATE);
    assert_int_equal(add(service, GATT_PROP_READ, &attr), 0);
}

static void a_descriptor_and_handles_that_are_asked_for(void **state)
{
    struct host_story *story = *state;
    const struct blr_descriptor_def name = {.uuid = {.octet = {0x01, 0x29}, .size = 2}};
    struct blr_descriptor_def wanted = name;
    struct blr_attribute *attr;

    struct blr_service *service = make(story, 3);
    const uint16_t start = blr_service_handle(service);
    assert_int_equal(add(service, GATT_PROP_READ, NULL), 0);
    wanted.handle = (uint16_t)(start + 3);
    assert_int_equal(blr_service_add_descriptor(service, &wanted, NULL), BLR_ERR_INVALID);
    assert_int_equal(blr_service_add_descriptor(service, &name, &attr), 0);
    assert_int_equal(blr_attribute_handle(attr), start + 3);
    assert_int_equal(blr_service_add_descriptor(service, &name, &attr), BLR_ERR_STATE);
}

static void not_of_a_published_service_nor_beyond_the_last_handle(void **state)
{
    struct host_story *story = *state;
    struct blr_service *service;

    assert_int_equal(blr_service_reserve(make(story, 0), 1), BLR_ERR_STATE);
    assert_int_equal(blr_service_new(story->host, &uuid, true, 0, &service), 0);
    assert_int_equal(blr_service_reserve(service, UINT16_MAX), 0);
    assert_int_equal(blr_service_publish(service), BLR_ERR_INVALID);
    assert_int_equal(blr_service_handle(service), 0);
    assert_int_equal(blr_service_reserve(service, 1), 0);
    assert_int_equal(blr_service_publish(service), 0);
}

/* A square of their number would be minutes. */
static void as_many_as_there_are_handles(void **state)
{
    static struct blr_service *services[UINT16_MAX - GATT_FIRST_HANDLE + 1];
    enum { COUNT = sizeof services / sizeof services[0], HOLE = 0x1234 };
    struct host_story *story = *state;
    struct blr_service *late;

    for (size_t i = 0; i < COUNT; i++) {
        services[i] = make(story, 0);
        assert_int_equal(blr_service_handle(services[i]), GATT_FIRST_HANDLE + i);
    }
    assert_int_equal(blr_service_new(story->host, &uuid, true, 0, &late), 0);
    assert_int_equal(blr_service_publish(late), BLR_ERR_INVALID);
    blr_service_free(services[HOLE]);
    blr_service_free(services[2 * HOLE]);
    assert_int_equal(blr_service_reserve(late, 1), 0);
    assert_int_equal(blr_service_publish(late), BLR_ERR_INVALID);
    blr_service_free(services[2 * HOLE + 1]);
    assert_int_equal(blr_service_publish(late), 0);
    assert_int_equal(blr_service_handle(late), GATT_FIRST_HANDLE + 2 * HOLE);
    services[HOLE] = make(story, 0);
    assert_int_equal(blr_service_handle(services[HOLE]), GATT_FIRST_HANDLE + HOLE);
}

static void the_mtu_of_links_to_come(void **state)
{
    struct host_story *story = *state;

    assert_int_equal(blr_host_set_mtu(story->host, 22), BLR_ERR_INVALID);
    assert_int_equal(blr_host_set_mtu(story->host, 518), BLR_ERR_INVALID);
    assert_int_equal(blr_host_set_mtu(story->host, 23), 0);
    assert_int_equal(blr_host_mtu(story->host), 23);
    host_story_connect(story, 0x40, BLR_PERIPHERAL);
    assert_int_equal(blr_host_set_mtu(story->host, 517), 0);
    /* Exchange MTU: a link keeps what it was made with. */
    host_story_acl(story, 0x40, 2, "03 00 04 00 02 05 02");
    expect_acl(story, "0040 0 03 00 04 00 03 17 00");
    host_story_connect(story, 0x41, BLR_PERIPHERAL);
    host_story_acl(story, 0x41, 2, "03 00 04 00 02 05 02");
    expect_acl(story, "0041 0 03 00 04 00 03 05 02");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(what_is_reserved_is_nobody_elses),
        STORY(not_enough_is_none),
        STORY(a_descriptor_and_handles_that_are_asked_for),
        STORY(not_of_a_published_service_nor_beyond_the_last_handle),
        STORY(as_many_as_there_are_handles),
        STORY(the_mtu_of_links_to_come),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
