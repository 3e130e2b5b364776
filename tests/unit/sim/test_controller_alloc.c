/* SPDX-License-Identifier: MIT */
/* Every allocation of a controller fails once: nothing leaks, nothing is lost without a word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fail_alloc.h"
#include "hci_tester.h"
#include "hci_transport.h"
#include "sim/controller.h"

struct fixture {
    struct sim_world *world;
    struct sim_controller *controller;
    struct hci_tester host;
};

static int setup(void **state)
{
    const struct sim_controller_profile profile = sim_controller_profile_default();
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    f->world = sim_world_new(1);
    assert_non_null(f->world);
    f->controller = sim_controller_new(f->world, "dut", &profile);
    assert_non_null(f->controller);
    hci_tester_init(&f->host, f->world, sim_controller_host_end(f->controller));
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    fail_alloc_from(0);
    sim_controller_free(f->controller);
    sim_world_free(f->world);
    free(f);
    return 0;
}

static void a_controller_is_whole_or_not_there(void **state)
{
    const struct sim_controller_profile profile = sim_controller_profile_default();
    struct sim_world *world = sim_world_new(1);
    struct sim_controller *controller = NULL;
    unsigned n = 0;

    (void)state;
    assert_non_null(world);
    for (n = 1; !controller; n++) {
        fail_alloc_from(n);
        controller = sim_controller_new(world, "dut", &profile);
        assert_true(controller || fail_alloc_happened());
        fail_alloc_from(0);
    }
    assert_true(n > 2);
    sim_controller_free(controller);
    sim_world_free(world);
}

/* The host's first packet needs the ring; without memory it is told so and nothing happened. */
static void a_host_is_told_at_once(void **state)
{
    struct fixture *f = *state;

    fail_alloc_from(1);
    assert_int_equal(hci_link_send(f->host.end, HCI_PACKET_COMMAND, BYTES(3, 12, 0)),
                     BLR_ERR_NO_MEMORY);
    fail_alloc_from(0);
    assert_int_equal(hci_tester_command(&f->host, HCI_OP_RESET, NULL, 0, NULL), 0);
    /* With packets under way, a ring that cannot grow is full, and has room later. */
    fail_alloc_from(1);
    const uint8_t acl[200] = {0};
    int error = 0;
    while (error == 0)
        error = hci_link_send(f->host.end, HCI_PACKET_ACL, acl, sizeof acl);
    assert_int_equal(error, BLR_ERR_AGAIN);
    assert_true(fail_alloc_happened());
    hci_tester_run(&f->host, SIM_MS(1));
    assert_int_equal(f->host.writable, 1);
    hci_tester_expect_none(&f->host);
}

/* An answer that could not be kept: Hardware Error comes before the next event. */
static void a_lost_event_is_a_hardware_error(void **state)
{
    struct fixture *f = *state;

    hci_tester_send_command(&f->host, HCI_OP_RESET, NULL, 0);
    fail_alloc_from(1);
    hci_tester_run(&f->host, SIM_MS(1));
    hci_tester_expect_none(&f->host);
    assert_true(fail_alloc_happened());
    fail_alloc_from(0);
    const sim_ns at = sim_world_now(f->world) + SIM_US(200);
    hci_tester_send_command(&f->host, HCI_OP_LE_CLEAR_FILTER_ACCEPT_LIST, NULL, 0);
    hci_tester_expect(&f->host, at, HCI_PACKET_EVENT, BYTES(0x10, 1, 1));
    hci_tester_expect(&f->host, at, HCI_PACKET_EVENT, BYTES(0x0E, 4, 1, 0x10, 0x20, 0));
    hci_tester_send_command(&f->host, HCI_OP_LE_CLEAR_FILTER_ACCEPT_LIST, NULL, 0);
    hci_tester_next(&f->host, SIM_S(1));
    hci_tester_run(&f->host, SIM_MS(1));
    hci_tester_expect_none(&f->host);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_controller_is_whole_or_not_there),
        TEST(a_host_is_told_at_once),
        TEST(a_lost_event_is_a_hardware_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
