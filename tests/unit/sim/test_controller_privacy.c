/* SPDX-License-Identifier: MIT */
/*
 * LL Privacy by raw HCI, over the real Link Layer (Core v5.4, Vol 4, Part E, 7.8.38 to 7.8.45,
 * 7.8.77, 7.7.65.10, 7.7.65.11): what the commands refuse, and
 *
 *   phone (central)                        lock (peripheral)
 *     | resolving list, resolution on         | resolving list, resolution on
 *     | scan: LE Advertising Report, type 2 <-| advertise, own address type 2
 *     | create connection ---- CONNECT_IND -->|
 *     | LE Enhanced Connection Complete       | LE Enhanced Connection Complete
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
#include "wire/smp_crypto.h"

static const uint8_t phone_address[6] = {0x01, 0x00, 0x00, 0xDC, 0x1B, 0x00};
static const uint8_t lock_address[6] = {0x02, 0x00, 0x00, 0xDC, 0x1B, 0x00};
/* As HCI has them. */
static const uint8_t phone_irk[16] = "phone's own IRK!", lock_irk[16] = "lock's own IRK!!";

static void command(struct hci_tester *tester, uint16_t opcode, const uint8_t *params, size_t len)
{
    assert_int_equal(hci_tester_command(tester, opcode, params, len, NULL), HCI_ERR_SUCCESS);
}

static uint8_t add(struct hci_tester *tester, uint8_t type, const uint8_t address[static 6],
                   const uint8_t peer[static 16], const uint8_t local[static 16])
{
    uint8_t params[39] = {type};

    memcpy(params + 1, address, 6);
    memcpy(params + 7, peer, 16);
    memcpy(params + 23, local, 16);
    return hci_tester_command(tester, HCI_OP_LE_ADD_DEVICE_TO_RESOLVING_LIST, params, 39, NULL);
}

/* --- fields out of range --- */

/* {0, 9...} is on the list, without anything known of its addresses. */
static const struct range_row {
    const char *name;
    uint16_t opcode;
    uint8_t params[8];
    size_t len;
    uint8_t status;
} ranges[] = {
    {"remove", HCI_OP_LE_REMOVE_DEVICE_FROM_RESOLVING_LIST, {0, 9, 9, 9, 9, 9, 9}, 7, 0},
    {"remove of type 2", HCI_OP_LE_REMOVE_DEVICE_FROM_RESOLVING_LIST, {2, 9, 9, 9, 9, 9, 9}, 7,
     0x12},
    {"remove of type 255", HCI_OP_LE_REMOVE_DEVICE_FROM_RESOLVING_LIST, {255, 9, 9, 9, 9, 9, 9}, 7,
     0x12},
    {"remove another", HCI_OP_LE_REMOVE_DEVICE_FROM_RESOLVING_LIST, {1, 9, 9, 9, 9, 9, 9}, 7, 0x02},
    {"peer's, none", HCI_OP_LE_READ_PEER_RESOLVABLE_ADDRESS, {0, 9, 9, 9, 9, 9, 9}, 7, 0x02},
    {"peer's of type 2", HCI_OP_LE_READ_PEER_RESOLVABLE_ADDRESS, {2, 9, 9, 9, 9, 9, 9}, 7, 0x12},
    {"peer's, another", HCI_OP_LE_READ_PEER_RESOLVABLE_ADDRESS, {0, 8, 9, 9, 9, 9, 9}, 7, 0x02},
    {"local", HCI_OP_LE_READ_LOCAL_RESOLVABLE_ADDRESS, {0, 9, 9, 9, 9, 9, 9}, 7, 0},
    {"local of type 2", HCI_OP_LE_READ_LOCAL_RESOLVABLE_ADDRESS, {2, 9, 9, 9, 9, 9, 9}, 7, 0x12},
    {"local, another", HCI_OP_LE_READ_LOCAL_RESOLVABLE_ADDRESS, {0, 8, 9, 9, 9, 9, 9}, 7, 0x02},
    {"resolution 1", HCI_OP_LE_SET_ADDRESS_RESOLUTION_ENABLE, {1}, 1, 0},
    {"resolution 2", HCI_OP_LE_SET_ADDRESS_RESOLUTION_ENABLE, {2}, 1, 0x12},
    {"resolution 255", HCI_OP_LE_SET_ADDRESS_RESOLUTION_ENABLE, {255}, 1, 0x12},
    {"timeout 0", HCI_OP_LE_SET_RESOLVABLE_PRIVATE_ADDRESS_TIMEOUT, {0, 0}, 2, 0x12},
    {"timeout 1", HCI_OP_LE_SET_RESOLVABLE_PRIVATE_ADDRESS_TIMEOUT, {1, 0}, 2, 0},
    {"timeout 1 h", HCI_OP_LE_SET_RESOLVABLE_PRIVATE_ADDRESS_TIMEOUT, {0x10, 0x0E}, 2, 0},
    {"timeout above", HCI_OP_LE_SET_RESOLVABLE_PRIVATE_ADDRESS_TIMEOUT, {0x11, 0x0E}, 2, 0x12},
    {"mode 0", HCI_OP_LE_SET_PRIVACY_MODE, {0, 9, 9, 9, 9, 9, 9, 0}, 8, 0},
    {"mode 1", HCI_OP_LE_SET_PRIVACY_MODE, {0, 9, 9, 9, 9, 9, 9, 1}, 8, 0},
    {"mode 2", HCI_OP_LE_SET_PRIVACY_MODE, {0, 9, 9, 9, 9, 9, 9, 2}, 8, 0x12},
    {"mode of type 2", HCI_OP_LE_SET_PRIVACY_MODE, {2, 9, 9, 9, 9, 9, 9, 0}, 8, 0x12},
    {"mode of another", HCI_OP_LE_SET_PRIVACY_MODE, {0, 8, 9, 9, 9, 9, 9, 0}, 8, 0x02},
    {"size", HCI_OP_LE_READ_RESOLVING_LIST_SIZE, {0}, 0, 0},
    {"clear", HCI_OP_LE_CLEAR_RESOLVING_LIST, {0}, 0, 0},
};

static void in_range(void **state)
{
    static const uint8_t nines[6] = {9, 9, 9, 9, 9, 9};
    const struct range_row *row = *state;
    struct hci_device *device = hci_device_new();
    uint8_t ret[6] = {0};

    hci_tester_bring_up(&device->host);
    assert_int_equal(add(&device->host, 0, nines, lock_irk, phone_irk), 0);
    assert_int_equal(hci_tester_command(&device->host, row->opcode, row->params, row->len, ret),
                     row->status);
    if (row->opcode == HCI_OP_LE_READ_LOCAL_RESOLVABLE_ADDRESS)
        assert_int_equal(ret[5] >> 6, row->status ? 0 : 1);
    if (row->opcode == HCI_OP_LE_READ_RESOLVING_LIST_SIZE)
        assert_int_equal(ret[0], 8);
    hci_tester_expect_none(&device->host);
    hci_device_free(device);
}

/* --- two of them --- */

struct pair {
    struct sim_world *world;
    struct sim_controller *phone, *lock;
    struct hci_tester p, l;
};

/* All events; who knows whom; resolution on; addresses for one second. */
static void set_up_host(struct hci_tester *tester, const uint8_t peer[static 6],
                        const uint8_t peer_irk[static 16], const uint8_t local_irk[static 16])
{
    hci_tester_bring_up(tester);
    command(tester, HCI_OP_LE_SET_EVENT_MASK, BYTES(0xFF, 0xFF, 0, 0, 0, 0, 0, 0));
    assert_int_equal(add(tester, 0, peer, peer_irk, local_irk), 0);
    command(tester, HCI_OP_LE_SET_ADDRESS_RESOLUTION_ENABLE, BYTES(1));
    command(tester, HCI_OP_LE_SET_RESOLVABLE_PRIVATE_ADDRESS_TIMEOUT, BYTES(1, 0));
}

static int setup(void **state)
{
    struct sim_controller_profile profile = sim_controller_profile_default();
    struct pair *pair = calloc(1, sizeof *pair);

    assert_non_null(pair);
    pair->world = sim_world_new(3);
    assert_non_null(pair->world);
    memcpy(profile.address.octet, phone_address, 6);
    pair->phone = hci_tester_controller(&pair->p, pair->world, "phone", &profile);
    memcpy(profile.address.octet, lock_address, 6);
    pair->lock = hci_tester_controller(&pair->l, pair->world, "lock", &profile);
    set_up_host(&pair->p, lock_address, lock_irk, phone_irk);
    set_up_host(&pair->l, phone_address, phone_irk, lock_irk);
    *state = pair;
    return 0;
}

static int teardown(void **state)
{
    struct pair *pair = *state;

    sim_controller_free(pair->phone);
    sim_controller_free(pair->lock);
    sim_world_free(pair->world);
    free(pair);
    return 0;
}

static void advertise(struct pair *pair, uint8_t type)
{
    uint8_t params[15] = {0xA0, 0, 0xA0, 0, type, 2, 0};

    memcpy(params + 7, phone_address, 6);
    params[13] = 7;
    command(&pair->l, HCI_OP_LE_SET_ADVERTISING_PARAMETERS, params, sizeof params);
    command(&pair->l, HCI_OP_LE_SET_ADVERTISING_ENABLE, BYTES(1));
}

static bool resolves(const uint8_t irk_lsb[static 16], const uint8_t octets[static 6])
{
    struct bd_addr address = {.type = BD_ADDR_RANDOM};
    uint8_t irk[16];
    bool resolved = false;

    for (unsigned i = 0; i < 16; i++)
        irk[i] = irk_lsb[15 - i];
    memcpy(address.octet, octets, 6);
    assert_int_equal(smp_rpa_resolves(irk, &address, &resolved), 0);
    return resolved;
}

static const uint8_t create_params[25] = {0x60, 0, 0x60, 0, 0, 0, 2, 0, 0, 0xDC, 0x1B, 0, 2,
                                          24,   0, 24,   0, 0, 0, 100, 0, 0, 0, 0, 0};

static void found_and_connected(void **state)
{
    struct pair *pair = *state;
    uint8_t rpa[6], peer[7] = {0};

    advertise(pair, 0);
    command(&pair->p, HCI_OP_LE_SET_SCAN_PARAMETERS, BYTES(0, 0x10, 0, 0x10, 0, 2, 0));
    command(&pair->p, HCI_OP_LE_SET_SCAN_ENABLE, BYTES(1, 1));
    struct hci_tester_packet got = hci_tester_next(&pair->p, SIM_MS(500));
    assert_int_equal(got.bytes[2], HCI_LE_EV_ADVERTISING_REPORT);
    assert_int_equal(got.bytes[5], 2); /* a public identity, resolved */
    assert_memory_equal(got.bytes + 6, lock_address, 6);
    /* Three changes of address later it is the same device still. */
    hci_tester_run(&pair->p, SIM_S(3));
    hci_tester_expect_none(&pair->p);
    command(&pair->p, HCI_OP_LE_SET_SCAN_ENABLE, BYTES(0, 0));
    hci_tester_send_command(&pair->p, HCI_OP_LE_CREATE_CONNECTION, create_params, 25);
    assert_int_equal(hci_tester_next(&pair->p, SIM_MS(1)).bytes[0], HCI_EV_COMMAND_STATUS);
    got = hci_tester_next(&pair->p, SIM_S(1));
    const struct hci_tester_packet other = hci_tester_next(&pair->l, SIM_MS(1));
    assert_int_equal(got.len, 33);
    assert_memory_equal(got.bytes, ((const uint8_t[]){0x3E, 31, 0x0A, 0, 0, 0, 0, 2}), 8);
    assert_memory_equal(got.bytes + 8, lock_address, 6);
    assert_memory_equal(got.bytes + 26, ((const uint8_t[]){24, 0, 0, 0, 100, 0, 0}), 7);
    assert_int_equal(other.len, 33);
    assert_memory_equal(other.bytes, ((const uint8_t[]){0x3E, 31, 0x0A, 0, 0, 0, 1, 2}), 8);
    assert_memory_equal(other.bytes + 8, phone_address, 6);
    /* One's local RPA is the other's peer RPA. */
    assert_memory_equal(got.bytes + 14, other.bytes + 20, 6);
    assert_memory_equal(got.bytes + 20, other.bytes + 14, 6);
    assert_true(resolves(phone_irk, got.bytes + 14));
    assert_true(resolves(lock_irk, got.bytes + 20));
    memcpy(peer + 1, lock_address, 6);
    assert_int_equal(
        hci_tester_command(&pair->p, HCI_OP_LE_READ_PEER_RESOLVABLE_ADDRESS, peer, 7, rpa), 0);
    assert_memory_equal(rpa, got.bytes + 20, 6);
}

/* The phone does not resolve; its host, which wants extended filtering, may. */
static void directed_report(void **state)
{
    struct pair *pair = *state;

    command(&pair->p, HCI_OP_LE_SET_ADDRESS_RESOLUTION_ENABLE, BYTES(0));
    command(&pair->p, HCI_OP_LE_SET_SCAN_PARAMETERS, BYTES(0, 0x10, 0, 0x10, 0, 0, 2));
    command(&pair->p, HCI_OP_LE_SET_SCAN_ENABLE, BYTES(1, 1));
    advertise(pair, 4);
    const struct hci_tester_packet got = hci_tester_next(&pair->p, SIM_MS(500));
    assert_int_equal(got.len, 20);
    assert_memory_equal(got.bytes, ((const uint8_t[]){0x3E, 18, 0x0B, 1, 1, 1}), 6);
    assert_true(resolves(lock_irk, got.bytes + 6));
    assert_int_equal(got.bytes[12], 1);
    assert_true(resolves(phone_irk, got.bytes + 13));
}

/* Power off and on: an empty list, the default timeout, no resolution; and it can begin anew. */
static void power_off(void **state)
{
    struct pair *pair = *state;
    uint8_t rpa[6], peer[7] = {0};

    memcpy(peer + 1, phone_address, 6);
    advertise(pair, 1);
    hci_tester_run(&pair->l, SIM_MS(100));
    sim_controller_power(pair->lock, false);
    hci_tester_run(&pair->l, SIM_S(2));
    sim_controller_power(pair->lock, true);
    assert_int_equal(
        hci_tester_command(&pair->l, HCI_OP_LE_READ_LOCAL_RESOLVABLE_ADDRESS, peer, 7, rpa), 0x02);
    hci_tester_expect_none(&pair->l);
    set_up_host(&pair->l, phone_address, phone_irk, lock_irk);
    found_and_connected(state);
}

/* 7.8.9: nobody came; which peer had been called is told by its identity. */
static void nobody_came(void **state)
{
    struct pair *pair = *state;

    for (unsigned i = 0; i < 3; i++) {
        advertise(pair, 1);
        hci_tester_run(&pair->l, SIM_S(2));
        const struct hci_tester_packet got = hci_tester_next(&pair->l, 0);
        assert_int_equal(got.bytes[2], HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE);
        assert_int_equal(got.bytes[3], HCI_ERR_ADVERTISING_TIMEOUT);
        assert_int_equal(got.bytes[7], 0);
        assert_memory_equal(got.bytes + 8, phone_address, 6);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(found_and_connected),
        TEST(directed_report),
        TEST(power_off),
        TEST(nobody_came),
    };
    const int failed = RUN_ROWS(ranges, in_range);

    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
