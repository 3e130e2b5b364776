/* SPDX-License-Identifier: MIT */
/*
 * What a wire to a controller may do to it: its host takes nothing more, its synchronization is
 * lost; and what whoever owns time is told: who waits for whom.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hci_tester.h"
#include "sim/controller.h"

#define TRIP SIM_US(100)

struct fixture {
    struct sim_world *world;
    struct sim_controller *a, *b;
    struct hci_tester ha, hb;
};

static struct sim_controller *controller_new(struct sim_world *world, const char *name,
                                             uint8_t octet)
{
    struct sim_controller_profile profile = sim_controller_profile_default();

    memset(profile.address.octet, octet, 6);
    struct sim_controller *controller = sim_controller_new(world, name, &profile);
    assert_non_null(controller);
    return controller;
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    f->world = sim_world_new(5);
    assert_non_null(f->world);
    f->a = controller_new(f->world, "a", 0xA0);
    f->b = controller_new(f->world, "b", 0xB0);
    hci_tester_init(&f->ha, f->world, sim_controller_host_end(f->a));
    hci_tester_init(&f->hb, f->world, sim_controller_host_end(f->b));
    hci_tester_bring_up(&f->ha);
    hci_tester_bring_up(&f->hb);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    sim_controller_free(f->a);
    sim_controller_free(f->b);
    sim_world_free(f->world);
    free(f);
    return 0;
}

static void connect_pair(struct fixture *f)
{
    static const uint8_t create[25] = {0x60, 0,    0x60, 0,    0, 0,  0xB0, 0xB0, 0xB0,
                                       0xB0, 0xB0, 0xB0, 0,    24, 0, 24,   0,    0,
                                       0,    100,  0};

    assert_int_equal(hci_tester_command(&f->hb, HCI_OP_LE_SET_ADVERTISING_ENABLE, BYTES(1), NULL),
                     0);
    assert_int_equal(sim_controller_debt(f->a), SIM_CONTROLLER_IDLE);
    assert_int_equal(
        hci_tester_command(&f->ha, HCI_OP_LE_CREATE_CONNECTION, create, sizeof create, NULL), 0);
    assert_int_equal(sim_controller_debt(f->a), SIM_CONTROLLER_OWES);
    hci_tester_le_event(&f->ha, HCI_LE_EV_CONNECTION_COMPLETE, SIM_S(2));
    hci_tester_le_event(&f->hb, HCI_LE_EV_CONNECTION_COMPLETE, SIM_S(2));
    hci_tester_run(&f->ha, SIM_MS(200));
    f->ha.count = f->hb.count = 0;
}

/* Nothing is lost: what is due waits, and comes in its order. */
static void full_host(void **state)
{
    struct fixture *f = *state;

    sim_controller_host_full(f->a, true);
    hci_tester_send_command(&f->ha, HCI_OP_READ_BD_ADDR, NULL, 0);
    hci_tester_send_command(&f->ha, HCI_OP_RESET, NULL, 0);
    hci_tester_run(&f->ha, SIM_S(1));
    hci_tester_expect_none(&f->ha);
    assert_int_equal(sim_controller_debt(f->a), SIM_CONTROLLER_IDLE);
    const sim_ns now = sim_world_now(f->world);
    sim_controller_host_full(f->a, false);
    assert_int_equal(sim_controller_debt(f->a), SIM_CONTROLLER_CARRIES);
    hci_tester_run(&f->ha, 0);
    hci_tester_expect(&f->ha, now, HCI_PACKET_EVENT,
                      BYTES(0x0E, 10, 1, 0x09, 0x10, 0, 0xA0, 0xA0, 0xA0, 0xA0, 0xA0, 0xA0));
    hci_tester_expect(&f->ha, now, HCI_PACKET_EVENT, BYTES(0x0E, 4, 1, 0x03, 0x0C, 0));
    assert_int_equal(sim_controller_debt(f->a), SIM_CONTROLLER_IDLE);
}

/* Full and ready again before anything is due. */
static void full_for_a_moment(void **state)
{
    struct fixture *f = *state;

    hci_tester_send_command(&f->ha, HCI_OP_RESET, NULL, 0);
    sim_controller_host_full(f->a, true);
    sim_controller_host_full(f->a, false);
    const sim_ns now = sim_world_now(f->world);
    hci_tester_run(&f->ha, SIM_MS(1));
    hci_tester_expect(&f->ha, now + 2 * TRIP, HCI_PACKET_EVENT,
                      BYTES(0x0E, 4, 1, 0x03, 0x0C, 0));
    hci_tester_expect_none(&f->ha);
}

static void lost_sync(void **state)
{
    struct fixture *f = *state;
    const sim_ns now = sim_world_now(f->world);

    sim_controller_lost_sync(f->a);
    hci_tester_run(&f->ha, SIM_MS(1));
    hci_tester_expect(&f->ha, now + TRIP, HCI_PACKET_EVENT, BYTES(0x10, 1, 2));
    hci_tester_expect_none(&f->ha);
}

/* 7.3.1: bit 15. */
static void lost_sync_masked(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(hci_tester_command(&f->ha, HCI_OP_SET_EVENT_MASK,
                                        BYTES(0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF),
                                        NULL),
                     0);
    sim_controller_lost_sync(f->a);
    hci_tester_run(&f->ha, SIM_MS(1));
    hci_tester_expect_none(&f->ha);
}

static void debts(void **state)
{
    struct fixture *f = *state;

    connect_pair(f);
    assert_int_equal(sim_controller_connections(f->a), 1);
    assert_int_equal(sim_controller_debt(f->a), SIM_CONTROLLER_IDLE);
    assert_int_equal(sim_controller_debt(f->b), SIM_CONTROLLER_IDLE);
    hci_tester_send_acl(&f->ha, 0x0000, BYTES(1, 0, 4, 0, 0x55));
    assert_int_equal(sim_controller_debt(f->a), SIM_CONTROLLER_CARRIES);
    hci_tester_event(&f->ha, HCI_EV_NUMBER_OF_COMPLETED_PACKETS, SIM_S(1));
    hci_tester_run(&f->ha, SIM_MS(100));
    assert_int_equal(sim_controller_debt(f->a), SIM_CONTROLLER_IDLE);
    f->hb.count = 0;
    /* The peripheral's host is asked for a key, and time is measured for it. */
    uint8_t encrypt[28] = {0};
    assert_int_equal(hci_tester_command(&f->ha, HCI_OP_LE_ENABLE_ENCRYPTION, encrypt,
                                        sizeof encrypt, NULL), 0);
    assert_int_equal(sim_controller_debt(f->a), SIM_CONTROLLER_OWES);
    while (sim_controller_debt(f->b) != SIM_CONTROLLER_CARRIES) /* the question is on its way */
        assert_true(sim_world_step(f->world, SIM_NEVER));
    hci_tester_le_event(&f->hb, HCI_LE_EV_LONG_TERM_KEY_REQUEST, SIM_S(1));
    assert_int_equal(sim_controller_debt(f->b), SIM_CONTROLLER_WAITS);
    assert_int_equal(hci_tester_command(&f->hb, HCI_OP_LE_LONG_TERM_KEY_REQUEST_NEGATIVE_REPLY,
                                        BYTES(0, 0), NULL), 0);
    assert_int_equal(sim_controller_debt(f->b), SIM_CONTROLLER_OWES);
    hci_tester_event(&f->ha, HCI_EV_ENCRYPTION_CHANGE, SIM_S(1));
    hci_tester_run(&f->ha, SIM_MS(100));
    assert_int_equal(sim_controller_debt(f->a), SIM_CONTROLLER_IDLE);
    assert_int_equal(sim_controller_debt(f->b), SIM_CONTROLLER_IDLE);
    assert_int_equal(hci_tester_command(&f->ha, HCI_OP_DISCONNECT, BYTES(0, 0, 0x13), NULL), 0);
    assert_int_equal(sim_controller_debt(f->a), SIM_CONTROLLER_OWES);
    hci_tester_event(&f->ha, HCI_EV_DISCONNECTION_COMPLETE, SIM_S(2));
    hci_tester_event(&f->hb, HCI_EV_DISCONNECTION_COMPLETE, SIM_S(2));
    assert_int_equal(sim_controller_debt(f->a), SIM_CONTROLLER_IDLE);
    assert_int_equal(sim_controller_debt(f->b), SIM_CONTROLLER_IDLE);
    assert_int_equal(sim_controller_connections(f->a), 0);
}

/* A cancelled connection is told of; a key pair takes its time. */
static void debts_without_a_peer(void **state)
{
    struct fixture *f = *state;
    static const uint8_t create[25] = {0x60, 0, 0x60, 0, 0, 0, 1, 1, 1,   1, 1, 1, 0,
                                       24,   0, 24,   0, 0, 0, 100};

    assert_int_equal(
        hci_tester_command(&f->ha, HCI_OP_LE_CREATE_CONNECTION, create, sizeof create, NULL), 0);
    hci_tester_run(&f->ha, SIM_S(5));
    assert_int_equal(sim_controller_debt(f->a), SIM_CONTROLLER_OWES);
    assert_int_equal(hci_tester_command(&f->ha, HCI_OP_LE_CREATE_CONNECTION_CANCEL, NULL, 0, NULL),
                     0);
    hci_tester_le_event(&f->ha, HCI_LE_EV_CONNECTION_COMPLETE, SIM_S(1));
    assert_int_equal(sim_controller_debt(f->a), SIM_CONTROLLER_IDLE);
    assert_int_equal(
        hci_tester_command(&f->ha, HCI_OP_LE_READ_LOCAL_P_256_PUBLIC_KEY, NULL, 0, NULL), 0);
    assert_int_equal(sim_controller_debt(f->a), SIM_CONTROLLER_OWES);
    hci_tester_le_event(&f->ha, HCI_LE_EV_READ_LOCAL_P_256_PUBLIC_KEY_COMPLETE, SIM_S(1));
    assert_int_equal(sim_controller_debt(f->a), SIM_CONTROLLER_IDLE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(full_host), TEST(full_for_a_moment), TEST(lost_sync),
        TEST(lost_sync_masked), TEST(debts), TEST(debts_without_a_peer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
