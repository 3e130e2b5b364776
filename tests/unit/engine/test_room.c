/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/room.h"

static struct room_device *device(struct sim_world *world, const char *name)
{
    const struct room_device_config config = {.name = name,
                                              .profile = sim_controller_profile_default()};
    struct room_device *device;

    assert_int_equal(room_device_new(world, &config, &device), 0);
    return device;
}

static void test_starts(void **state)
{
    struct sim_world *world = sim_world_new(1);
    struct room_device *a = device(world, "a");

    (void)state;
    assert_int_equal(room_device_start(a), 0);
    assert_true(sim_world_now(world) > 0);
    assert_true(bd_addr_equal(blr_host_address(room_device_host(a)),
                              sim_controller_address(room_device_controller(a))));
    room_device_free(a);
    sim_world_free(world);
}

/* The address follows from seed and name alone. */
static void test_addresses(void **state)
{
    struct bd_addr address[3];

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct sim_world *world = sim_world_new(i == 2 ? 2 : 1);
        struct room_device *other = i == 1 ? device(world, "another") : NULL;
        struct room_device *a = device(world, "a");
        address[i] = *sim_controller_address(room_device_controller(a));
        room_device_free(a);
        room_device_free(other);
        sim_world_free(world);
    }
    assert_true(bd_addr_equal(&address[0], &address[1]));
    assert_false(bd_addr_equal(&address[0], &address[2]));
}

static void test_random_address(void **state)
{
    struct sim_world *world = sim_world_new(1);
    struct room_device_config config = {
        .name = "a",
        .profile = sim_controller_profile_default(),
        .random_address = {{1, 2, 3, 4, 5, 0xC0}, BD_ADDR_RANDOM},
        .own_address_type = BD_ADDR_RANDOM,
    };
    struct room_device *a;

    (void)state;
    assert_int_equal(room_device_new(world, &config, &a), 0);
    assert_int_equal(room_device_start(a), 0);
    assert_true(bd_addr_equal(blr_host_address(room_device_host(a)), &config.random_address));
    room_device_free(a);
    sim_world_free(world);
}

static void test_one_name_once(void **state)
{
    struct sim_world *world = sim_world_new(1);
    struct room_device *a = device(world, "a"), *again = a;
    const struct room_device_config config = {.name = "a",
                                              .profile = sim_controller_profile_default()};

    (void)state;
    assert_int_not_equal(room_device_new(world, &config, &again), 0);
    assert_null(again);
    room_device_free(a);
    room_device_free(NULL);
    sim_world_free(world);
}

/* A host that is freed before it is up, and one that starts twice. */
static void test_starting_is_once(void **state)
{
    struct sim_world *world = sim_world_new(1);
    struct room_device *a = device(world, "a"), *b = device(world, "b");

    (void)state;
    assert_int_equal(room_device_start(a), 0);
    assert_int_not_equal(room_device_start(a), 0);
    room_device_free(b);
    room_device_free(a);
    sim_world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_starts),           cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_random_address),   cmocka_unit_test(test_one_name_once),
        cmocka_unit_test(test_starting_is_once),
    };

    return cmocka_run_group_tests_name("room", tests, NULL, NULL);
}
