/* SPDX-License-Identifier: MIT */
/*
 * Vendor commands over the real Link Layer: the address that is set is the one on the air, and
 * nothing changes it while somebody may know it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hci_device.h"
#include "rows.h"

#define SEED 0x0123456789ABCDEFU

static const uint8_t other_address[6] = {0x06, 0x05, 0x04, 0x03, 0x02, 0x00};

static int setup(void **state)
{
    const struct sim_controller_profile profile = sim_controller_profile_default();

    *state = hci_room_new(SEED, &profile);
    return 0;
}

static int teardown(void **state)
{
    hci_room_free(*state);
    return 0;
}

static void command(struct hci_tester *host, uint16_t opcode, const uint8_t *params, size_t len)
{
    assert_int_equal(hci_tester_command(host, opcode, params, len, NULL), HCI_ERR_SUCCESS);
}

static void expect_address(struct hci_room *room, const uint8_t *address)
{
    uint8_t read[6];

    assert_int_equal(hci_tester_command(&room->host, HCI_OP_READ_BD_ADDR, NULL, 0, read), 0);
    assert_memory_equal(read, address, 6);
    assert_memory_equal(sim_controller_address(room->dut)->octet, address, 6);
}

/* The same by both opcodes. */
static const struct setter {
    const char *name;
    uint16_t opcode;
} setters[] = {
    {"as Zephyr's controllers have it", HCI_OP_VENDOR_WRITE_BD_ADDR},
    {"our own", HCI_OP_BLUEROOM_SET_PUBLIC_ADDRESS},
};

static void advertise(struct hci_tester *host)
{
    command(host, HCI_OP_LE_SET_ADVERTISING_PARAMETERS,
            BYTES(0x20, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0));
    command(host, HCI_OP_LE_SET_ADVERTISING_ENABLE, BYTES(1));
}

static void scan(struct hci_tester *host)
{
    command(host, HCI_OP_LE_SET_SCAN_PARAMETERS, BYTES(0, 0x10, 0, 0x10, 0, 0, 0));
    command(host, HCI_OP_LE_SET_SCAN_ENABLE, BYTES(1, 0));
}

static void it_is_on_the_air(void **state)
{
    const struct setter *row = *state;
    void *made = NULL;

    setup(&made);
    struct hci_room *room = made;
    command(&room->host, row->opcode, other_address, 6);
    expect_address(room, other_address);
    advertise(&room->host);
    scan(&room->peer_host);
    const struct hci_tester_packet report =
        hci_tester_le_event(&room->peer_host, HCI_LE_EV_ADVERTISING_REPORT, SIM_S(1));
    assert_int_equal(report.bytes[5], BD_ADDR_PUBLIC);
    assert_memory_equal(report.bytes + 6, other_address, 6);
    teardown(&made);
}

static void connect(struct hci_room *room)
{
    uint8_t create[25] = {0x10, 0, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                          0,    6, 0,    6, 0, 0, 0, 100};

    memcpy(create + 6, sim_controller_address(room->dut)->octet, 6);
    advertise(&room->host);
    command(&room->peer_host, HCI_OP_LE_CREATE_CONNECTION, create, sizeof create);
    hci_tester_le_event(&room->host, HCI_LE_EV_CONNECTION_COMPLETE, SIM_S(1));
    hci_tester_le_event(&room->host, HCI_LE_EV_CHANNEL_SELECTION_ALGORITHM, SIM_S(1));
}

static void advertises(struct hci_room *room)
{
    advertise(&room->host);
}

static void scans(struct hci_room *room)
{
    scan(&room->host);
}

static void initiates(struct hci_room *room)
{
    command(&room->host, HCI_OP_LE_CREATE_CONNECTION,
            BYTES(0x10, 0, 0x10, 0, 0, 0, 9, 9, 9, 9, 9, 9, 0, 6, 0, 6, 0, 0, 0, 100, 0, 0, 0, 0,
                  0));
}

static void is_connected(struct hci_room *room)
{
    connect(room);
}

static const struct busy {
    const char *name;
    void (*begin)(struct hci_room *room);
} busy[] = {
    {"advertising", advertises},
    {"scanning", scans},
    {"initiating", initiates},
    {"connected", is_connected},
};

/* Refused, and after a Reset it goes. */
static void not_while_it_is_in_use(void **state)
{
    const struct busy *row = *state;
    void *made = NULL;

    setup(&made);
    struct hci_room *room = made;
    uint8_t before[6];
    memcpy(before, sim_controller_address(room->dut)->octet, 6);
    row->begin(room);
    for (size_t i = 0; i < sizeof setters / sizeof setters[0]; i++)
        assert_int_equal(
            hci_tester_command(&room->host, setters[i].opcode, other_address, 6, NULL),
            HCI_ERR_COMMAND_DISALLOWED);
    expect_address(room, before);
    command(&room->host, HCI_OP_RESET, NULL, 0);
    command(&room->host, HCI_OP_VENDOR_WRITE_BD_ADDR, other_address, 6);
    expect_address(room, other_address);
    teardown(&made);
}

static void it_outlives_reset_but_not_power(void **state)
{
    struct hci_room *room = *state;
    uint8_t before[6];

    memcpy(before, sim_controller_address(room->dut)->octet, 6);
    command(&room->host, HCI_OP_VENDOR_WRITE_BD_ADDR, other_address, 6);
    command(&room->host, HCI_OP_RESET, NULL, 0);
    expect_address(room, other_address);
    sim_controller_power(room->dut, false);
    sim_controller_power(room->dut, true);
    expect_address(room, before);
}

static void zeros_are_no_address(void **state)
{
    struct hci_room *room = *state;
    uint8_t before[6];

    memcpy(before, sim_controller_address(room->dut)->octet, 6);
    assert_int_equal(hci_tester_command(&room->host, HCI_OP_VENDOR_WRITE_BD_ADDR,
                                        BYTES(0, 0, 0, 0, 0, 0), NULL),
                     HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS);
    expect_address(room, before);
}

static uint64_t read_u64(struct hci_room *room, uint16_t opcode)
{
    uint8_t octets[8];
    uint64_t value = 0;

    assert_int_equal(hci_tester_command(&room->host, opcode, NULL, 0, octets), 0);
    for (size_t i = 8; i > 0; i--)
        value = value << 8 | octets[i - 1];
    return value;
}

/* The time at which the command came to the controller, 100 us after it was sent. */
static void time_and_seed_are_the_worlds(void **state)
{
    struct hci_room *room = *state;

    hci_tester_run(&room->host, SIM_S(5000));
    const sim_ns sent = sim_world_now(room->world);
    assert_true(read_u64(room, HCI_OP_BLUEROOM_READ_VIRTUAL_TIME) == sent + SIM_US(100));
    assert_true(read_u64(room, HCI_OP_BLUEROOM_READ_SEED) == SEED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(it_outlives_reset_but_not_power),
        TEST(zeros_are_no_address),
        TEST(time_and_seed_are_the_worlds),
    };
    int failed = RUN_ROWS(setters, it_is_on_the_air);

    failed += RUN_ROWS(busy, not_while_it_is_in_use);
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
