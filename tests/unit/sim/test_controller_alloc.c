/* SPDX-License-Identifier: MIT */
/* Every allocation of a controller fails once: nothing leaks, nothing is lost without a word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fail_alloc.h"
#include "hci_device.h"

static int setup(void **state)
{
    *state = hci_device_new();
    return 0;
}

static int teardown(void **state)
{
    fail_alloc_from(0);
    hci_device_free(*state);
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
    struct hci_device *device = *state;

    fail_alloc_from(1);
    assert_int_equal(hci_link_send(device->host.end, HCI_PACKET_COMMAND, BYTES(3, 12, 0)),
                     BLR_ERR_NO_MEMORY);
    fail_alloc_from(0);
    assert_int_equal(hci_tester_command(&device->host, HCI_OP_RESET, NULL, 0, NULL), 0);
    /* With packets under way, a ring that cannot grow is full, and has room later. */
    fail_alloc_from(1);
    const uint8_t acl[200] = {0};
    int error = 0;
    while (error == 0)
        error = hci_link_send(device->host.end, HCI_PACKET_ACL, acl, sizeof acl);
    assert_int_equal(error, BLR_ERR_AGAIN);
    assert_true(fail_alloc_happened());
    hci_tester_run(&device->host, SIM_MS(1));
    assert_int_equal(device->host.writable, 1);
    hci_tester_expect_none(&device->host);
}

/* An answer that could not be kept: Hardware Error comes before the next event. */
static void a_lost_event_is_a_hardware_error(void **state)
{
    struct hci_device *device = *state;

    hci_tester_send_command(&device->host, HCI_OP_RESET, NULL, 0);
    fail_alloc_from(1);
    hci_tester_run(&device->host, SIM_MS(1));
    hci_tester_expect_none(&device->host);
    assert_true(fail_alloc_happened());
    fail_alloc_from(0);
    const sim_ns at = sim_world_now(device->world) + SIM_US(200);
    hci_tester_send_command(&device->host, HCI_OP_LE_CLEAR_FILTER_ACCEPT_LIST, NULL, 0);
    hci_tester_expect(&device->host, at, HCI_PACKET_EVENT, BYTES(0x10, 1, 1));
    hci_tester_expect(&device->host, at, HCI_PACKET_EVENT, BYTES(0x0E, 4, 1, 0x10, 0x20, 0));
    hci_tester_send_command(&device->host, HCI_OP_LE_CLEAR_FILTER_ACCEPT_LIST, NULL, 0);
    hci_tester_next(&device->host, SIM_S(1));
    hci_tester_run(&device->host, SIM_MS(1));
    hci_tester_expect_none(&device->host);
}

/*
 * Two controllers, a connection, data: once the first second is over nothing is allocated, whether
 * advertising and scanning or connected.
 */
static void a_steady_state_allocates_nothing(void **state)
{
    struct hci_device *device = *state;
    const struct sim_controller_profile profile = sim_controller_profile_default();
    struct hci_tester *peer = calloc(1, sizeof *peer);

    assert_non_null(peer);
    struct sim_controller *controller =
        hci_tester_controller(peer, device->world, "peer", &profile);
    hci_tester_bring_up(&device->host);
    hci_tester_bring_up(peer);
    hci_tester_command(peer, HCI_OP_LE_SET_ADVERTISING_ENABLE, BYTES(1), NULL);
    hci_tester_command(&device->host, HCI_OP_LE_SET_SCAN_ENABLE, BYTES(1, 0), NULL);
    hci_tester_run(peer, SIM_S(2));
    unsigned before = fail_alloc_count();
    hci_tester_run(peer, SIM_S(10));
    assert_int_equal(fail_alloc_count(), before);

    uint8_t create[25] = {0x10, 0, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 24, 0, 24, 0, 0, 0, 100};
    memcpy(create + 6, sim_controller_address(controller)->octet, 6);
    hci_tester_command(&device->host, HCI_OP_LE_SET_SCAN_ENABLE, BYTES(0, 0), NULL);
    hci_tester_command(&device->host, HCI_OP_LE_CREATE_CONNECTION, create, sizeof create, NULL);
    hci_tester_le_event(&device->host, HCI_LE_EV_CONNECTION_COMPLETE, SIM_S(5));
    for (unsigned i = 0; i < 100; i++) {
        const uint8_t data[60] = {56, 0, 4, 0};
        hci_tester_send_acl(&device->host, 0, data, sizeof data);
        hci_tester_send_acl(peer, 0, data, sizeof data);
        hci_tester_event(&device->host, HCI_EV_NUMBER_OF_COMPLETED_PACKETS, SIM_S(1));
        hci_tester_event(peer, HCI_EV_NUMBER_OF_COMPLETED_PACKETS, SIM_S(1));
        device->host.count = peer->count = 0; /* the data itself */
        if (i == 10)
            before = fail_alloc_count();
    }
    assert_int_equal(fail_alloc_count(), before);
    sim_controller_free(controller);
    free(peer);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_controller_is_whole_or_not_there),
        TEST(a_host_is_told_at_once),
        TEST(a_lost_event_is_a_hardware_error),
        TEST(a_steady_state_allocates_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
