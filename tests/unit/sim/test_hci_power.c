/* SPDX-License-Identifier: MIT */
/*
 * Vendor Write Tx Power Level over the real Link Layer: what is set is heard at the other end, by
 * whom it was set for and nobody else, until Reset, and the other commands tell the truth of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hci_device.h"
#include "ll.h"
#include "sim/radio.h"

static int setup(void **state)
{
    struct sim_controller_profile profile = sim_controller_profile_default();

    profile.power_dbm = 4;
    *state = hci_room_new(1, &profile);
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

/* Sets, and expects what is selected and read back. */
static void set(struct hci_room *room, uint8_t who, uint16_t handle, int8_t dbm, int8_t selected)
{
    const uint8_t low = (uint8_t)handle, high = (uint8_t)(handle >> 8);
    uint8_t ret[4];

    assert_int_equal(hci_tester_command(&room->host, HCI_OP_VENDOR_WRITE_TX_POWER_LEVEL,
                                        BYTES(who, low, high, (uint8_t)dbm), ret),
                     0);
    assert_memory_equal(ret, ((uint8_t[]){who, low, high, (uint8_t)selected}), 4);
    assert_int_equal(hci_tester_command(&room->host, HCI_OP_VENDOR_READ_TX_POWER_LEVEL,
                                        BYTES(who, low, high), ret),
                     0);
    assert_memory_equal(ret, ((uint8_t[]){who, low, high, (uint8_t)selected}), 4);
}

static void advertise(struct hci_tester *host, uint8_t enable)
{
    if (enable)
        command(host, HCI_OP_LE_SET_ADVERTISING_PARAMETERS,
                BYTES(0x20, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0));
    command(host, HCI_OP_LE_SET_ADVERTISING_ENABLE, &enable, 1);
}

static int8_t heard(struct hci_room *room)
{
    command(&room->peer_host, HCI_OP_LE_SET_SCAN_PARAMETERS, BYTES(0, 0x10, 0, 0x10, 0, 0, 0));
    command(&room->peer_host, HCI_OP_LE_SET_SCAN_ENABLE, BYTES(1, 1));
    const struct hci_tester_packet report =
        hci_tester_le_event(&room->peer_host, HCI_LE_EV_ADVERTISING_REPORT, SIM_S(1));
    command(&room->peer_host, HCI_OP_LE_SET_SCAN_ENABLE, BYTES(0, 0));
    const unsigned rssi = report.bytes[report.len - 1];
    return (int8_t)(rssi < 128 ? (int)rssi : (int)rssi - 256);
}

static int8_t advertising_power(struct hci_room *room)
{
    uint8_t dbm;

    assert_int_equal(hci_tester_command(&room->host,
                                        HCI_OP_LE_READ_ADVERTISING_PHYSICAL_CHANNEL_TX_POWER, NULL,
                                        0, &dbm),
                     0);
    return (int8_t)(dbm < 128 ? (int)dbm : (int)dbm - 256);
}

static void advertising_is_heard_so_much_weaker(void **state)
{
    struct hci_room *room = *state;

    advertise(&room->host, 1);
    const int8_t before = heard(room);
    assert_int_equal(advertising_power(room), 4);
    set(room, LL_POWER_ADVERTISING, 0, -12, -12);
    assert_int_equal(heard(room), before - 16);
    assert_int_equal(advertising_power(room), -12);
    set(room, LL_POWER_SCANNING, 0, 9, 9);
    assert_int_equal(heard(room), before - 16);
}

static void ends_of_the_range(void **state)
{
    struct hci_room *room = *state;

    set(room, LL_POWER_ADVERTISING, 0, 20, 20);
    set(room, LL_POWER_ADVERTISING, 0, 21, 20);
    set(room, LL_POWER_ADVERTISING, 0, -128, -128);
    set(room, LL_POWER_ADVERTISING, 0, 127, 4);
}

static void scanning_asks_with_its_own_power(void **state)
{
    struct hci_room *room = *state;
    const struct radio *radio = sim_controller_radio(room->dut);

    advertise(&room->peer_host, 1);
    set(room, LL_POWER_SCANNING, 0, -9, -9);
    command(&room->host, HCI_OP_LE_SET_SCAN_PARAMETERS, BYTES(1, 0x10, 0, 0x10, 0, 0, 0));
    command(&room->host, HCI_OP_LE_SET_SCAN_ENABLE, BYTES(1, 1));
    hci_tester_run(&room->host, SIM_MS(200));
    assert_int_equal(radio->power_ddbm, -90);
}

static void connect(struct hci_room *room)
{
    uint8_t create[25] = {0x10, 0, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                          0,    6, 0,    6, 0, 0, 0, 100};
    struct hci_tester_packet complete;

    advertise(&room->host, 1);
    memcpy(create + 6, sim_controller_address(room->dut)->octet, 6);
    command(&room->peer_host, HCI_OP_LE_CREATE_CONNECTION, create, sizeof create);
    complete = hci_tester_le_event(&room->host, HCI_LE_EV_CONNECTION_COMPLETE, SIM_S(1));
    room->handle = (uint16_t)(complete.bytes[4] | complete.bytes[5] << 8);
    complete = hci_tester_le_event(&room->peer_host, HCI_LE_EV_CONNECTION_COMPLETE, SIM_S(1));
    room->peer_handle = (uint16_t)(complete.bytes[4] | complete.bytes[5] << 8);
    hci_tester_run(&room->host, SIM_MS(100));
}

static int8_t link_rssi(struct hci_room *room)
{
    uint8_t ret[3];

    hci_tester_run(&room->host, SIM_MS(100));
    assert_int_equal(hci_tester_command(&room->peer_host, HCI_OP_READ_RSSI,
                                        BYTES((uint8_t)room->peer_handle,
                                              (uint8_t)(room->peer_handle >> 8)),
                                        ret),
                     0);
    return (int8_t)(ret[2] < 128 ? (int)ret[2] : (int)ret[2] - 256);
}

static void a_link_has_a_power_of_its_own(void **state)
{
    struct hci_room *room = *state;
    uint8_t ret[3];

    set(room, LL_POWER_ADVERTISING, 0, -12, -12);
    connect(room);
    const uint8_t low = (uint8_t)room->handle, high = (uint8_t)(room->handle >> 8);
    const int8_t before = link_rssi(room);
    set(room, LL_POWER_CONNECTION, room->handle, -6, -6);
    assert_int_equal(link_rssi(room), before - 10);
    assert_int_equal(
        hci_tester_command(&room->host, HCI_OP_READ_TRANSMIT_POWER_LEVEL, BYTES(low, high, 0), ret),
        0);
    assert_memory_equal(ret, ((uint8_t[]){low, high, (uint8_t)-6}), 3);
    assert_int_equal(
        hci_tester_command(&room->host, HCI_OP_READ_TRANSMIT_POWER_LEVEL, BYTES(low, high, 1), ret),
        0);
    assert_memory_equal(ret, ((uint8_t[]){low, high, 20}), 3);
}

static void reset_takes_it_back(void **state)
{
    struct hci_room *room = *state;

    set(room, LL_POWER_ADVERTISING, 0, -12, -12);
    command(&room->host, HCI_OP_RESET, NULL, 0);
    assert_int_equal(advertising_power(room), 4);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(advertising_is_heard_so_much_weaker),
        TEST(ends_of_the_range),
        TEST(scanning_asks_with_its_own_power),
        TEST(a_link_has_a_power_of_its_own),
        TEST(reset_takes_it_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
