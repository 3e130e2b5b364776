/* SPDX-License-Identifier: MIT */
/*
 * The errors that each command's section in Core v5.4, Vol 4, Part E names, with the real Link
 * Layer: a value out of its range, and a state in which the command is disallowed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hci_device.h"
#include "rows.h"

/* What each command is sent with, but for what a row patches. Towards a device that is not there.
 */
static const struct {
    uint16_t opcode;
    uint8_t params[32], len;
} valid[] = {
    {HCI_OP_LE_SET_RANDOM_ADDRESS, {1, 2, 3, 4, 5, 0xC6}, 6},
    {HCI_OP_LE_SET_ADVERTISING_PARAMETERS, {0xA0, 0, 0xA0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7}, 15},
    {HCI_OP_LE_SET_ADVERTISING_DATA, {3, 2, 1, 6}, 32},
    {HCI_OP_LE_SET_SCAN_RESPONSE_DATA, {3, 2, 1, 6}, 32},
    {HCI_OP_LE_SET_ADVERTISING_ENABLE, {1}, 1},
    {HCI_OP_LE_SET_SCAN_PARAMETERS, {1, 0x10, 0, 0x10, 0, 0, 0}, 7},
    {HCI_OP_LE_SET_SCAN_ENABLE, {1, 0}, 2},
    {HCI_OP_LE_CREATE_CONNECTION,
     {0x60, 0, 0x30, 0, 0, 0, 9, 9, 9, 9, 9, 9, 0, 24, 0, 40, 0, 0, 0, 100, 0},
     25},
    {HCI_OP_LE_CREATE_CONNECTION_CANCEL, {0}, 0},
    {HCI_OP_LE_CLEAR_FILTER_ACCEPT_LIST, {0}, 0},
    {HCI_OP_LE_ADD_DEVICE_TO_FILTER_ACCEPT_LIST, {0, 9, 9, 9, 9, 9, 9}, 7},
    {HCI_OP_LE_REMOVE_DEVICE_FROM_FILTER_ACCEPT_LIST, {0, 9, 9, 9, 9, 9, 9}, 7},
    {HCI_OP_LE_CONNECTION_UPDATE, {0, 0, 24, 0, 40, 0, 0, 0, 100, 0}, 14},
    {HCI_OP_LE_REMOTE_CONNECTION_PARAMETER_REQUEST_REPLY,
     {0, 0, 24, 0, 40, 0, 0, 0, 100, 0},
     14},
    {HCI_OP_LE_REMOTE_CONNECTION_PARAMETER_REQUEST_NEGATIVE_REPLY, {0, 0, 0x3B}, 3},
    {HCI_OP_LE_SET_HOST_CHANNEL_CLASSIFICATION, {0xFF, 0xFF, 0xFF, 0xFF, 0x1F}, 5},
    {HCI_OP_LE_READ_CHANNEL_MAP, {0, 0}, 2},
    {HCI_OP_LE_READ_REMOTE_FEATURES, {0, 0}, 2},
    {HCI_OP_READ_REMOTE_VERSION_INFORMATION, {0, 0}, 2},
    {HCI_OP_READ_RSSI, {0, 0}, 2},
    {HCI_OP_READ_TRANSMIT_POWER_LEVEL, {0, 0, 0}, 3},
    {HCI_OP_VENDOR_WRITE_TX_POWER_LEVEL, {0, 0, 0, 0}, 4},
    {HCI_OP_VENDOR_READ_TX_POWER_LEVEL, {0, 0, 0}, 3},
    {HCI_OP_DISCONNECT, {0, 0, 0x13}, 3},
    {HCI_OP_LE_SET_DATA_LENGTH, {0, 0, 0xFB, 0, 0x48, 8}, 6},
    {HCI_OP_LE_WRITE_SUGGESTED_DEFAULT_DATA_LENGTH, {0xFB, 0, 0x48, 8}, 4},
    {HCI_OP_LE_ENABLE_ENCRYPTION, {0}, 28},
    {HCI_OP_LE_LONG_TERM_KEY_REQUEST_REPLY, {0}, 18},
    {HCI_OP_LE_LONG_TERM_KEY_REQUEST_NEGATIVE_REPLY, {0}, 2},
    {HCI_OP_LE_READ_PHY, {0, 0}, 2},
    {HCI_OP_LE_SET_DEFAULT_PHY, {0, 1, 1}, 3},
    {HCI_OP_LE_SET_PHY, {0, 0, 3}, 7},
    {HCI_OP_READ_AUTHENTICATED_PAYLOAD_TIMEOUT, {0, 0}, 2},
    {HCI_OP_WRITE_AUTHENTICATED_PAYLOAD_TIMEOUT, {0, 0, 100, 0}, 4},
};

enum state {
    IDLE,
    ADVERTISING,          /* connectable, filter policy 0 */
    ADVERTISING_FILTERED, /* and 3: by the accept list */
    SCANNING,
    SCANNING_FILTERED,
    INITIATING,
    INITIATING_FILTERED,
    LIST_FULL,
};

struct row {
    const char *name;
    uint16_t opcode;
    enum state state;
    uint8_t at, patch_len, patch[4];
    uint8_t status;
};

#define RANGE(name, ident, at, status, ...)                                                        \
    {                                                                                              \
        name, HCI_OP_##ident, IDLE, at, sizeof((uint8_t[]){__VA_ARGS__}), {__VA_ARGS__}, status    \
    }
#define STATE(name, ident, state, status)                                                          \
    {                                                                                              \
        name, HCI_OP_##ident, state, 0, 0, {0}, status                                             \
    }

/* clang-format off */
static const struct row rows[] = {
    STATE("random address", LE_SET_RANDOM_ADDRESS, IDLE, 0),
    STATE("random address, advertising", LE_SET_RANDOM_ADDRESS, ADVERTISING, 0x0C),
    STATE("random address, scanning", LE_SET_RANDOM_ADDRESS, SCANNING, 0x0C),
    STATE("random address, initiating", LE_SET_RANDOM_ADDRESS, INITIATING, 0x0C),

    STATE("adv parameters", LE_SET_ADVERTISING_PARAMETERS, IDLE, 0),
    STATE("adv parameters, advertising", LE_SET_ADVERTISING_PARAMETERS, ADVERTISING, 0x0C),
    STATE("adv parameters, scanning", LE_SET_ADVERTISING_PARAMETERS, SCANNING, 0),
    RANGE("adv interval 20 ms", LE_SET_ADVERTISING_PARAMETERS, 0, 0, 0x20, 0),
    RANGE("adv interval below", LE_SET_ADVERTISING_PARAMETERS, 0, 0x12, 0x1F, 0),
    RANGE("adv interval 10.24 s", LE_SET_ADVERTISING_PARAMETERS, 2, 0, 0, 0x40),
    RANGE("adv interval above", LE_SET_ADVERTISING_PARAMETERS, 2, 0x12, 1, 0x40),
    RANGE("adv intervals crossed", LE_SET_ADVERTISING_PARAMETERS, 0, 0x12, 0xA1, 0),
    RANGE("adv type scannable", LE_SET_ADVERTISING_PARAMETERS, 4, 0, 2),
    RANGE("adv type non-connectable", LE_SET_ADVERTISING_PARAMETERS, 4, 0, 3),
    RANGE("adv type reserved", LE_SET_ADVERTISING_PARAMETERS, 4, 0x12, 5),
    RANGE("adv own address reserved", LE_SET_ADVERTISING_PARAMETERS, 5, 0x12, 4),
    RANGE("adv peer address reserved", LE_SET_ADVERTISING_PARAMETERS, 6, 0x12, 2),
    RANGE("adv no channel", LE_SET_ADVERTISING_PARAMETERS, 13, 0x12, 0),
    RANGE("adv one channel", LE_SET_ADVERTISING_PARAMETERS, 13, 0, 4),
    RANGE("adv channel reserved", LE_SET_ADVERTISING_PARAMETERS, 13, 0x12, 8),
    RANGE("adv filter policy 3", LE_SET_ADVERTISING_PARAMETERS, 14, 0, 3),
    RANGE("adv filter policy reserved", LE_SET_ADVERTISING_PARAMETERS, 14, 0x12, 4),

    STATE("adv data, advertising", LE_SET_ADVERTISING_DATA, ADVERTISING, 0),
    RANGE("adv data of 31", LE_SET_ADVERTISING_DATA, 0, 0, 31),
    RANGE("adv data of 32", LE_SET_ADVERTISING_DATA, 0, 0x12, 32),
    STATE("scan response, advertising", LE_SET_SCAN_RESPONSE_DATA, ADVERTISING, 0),
    RANGE("scan response of 32", LE_SET_SCAN_RESPONSE_DATA, 0, 0x12, 32),
    STATE("adv enable", LE_SET_ADVERTISING_ENABLE, IDLE, 0),
    STATE("adv enable again", LE_SET_ADVERTISING_ENABLE, ADVERTISING, 0),
    STATE("adv enable, initiating", LE_SET_ADVERTISING_ENABLE, INITIATING, 0),
    RANGE("adv disable when off", LE_SET_ADVERTISING_ENABLE, 0, 0, 0),
    RANGE("adv enable reserved", LE_SET_ADVERTISING_ENABLE, 0, 0x12, 2),

    STATE("scan parameters", LE_SET_SCAN_PARAMETERS, IDLE, 0),
    STATE("scan parameters, scanning", LE_SET_SCAN_PARAMETERS, SCANNING, 0x0C),
    STATE("scan parameters, advertising", LE_SET_SCAN_PARAMETERS, ADVERTISING, 0),
    RANGE("scan type reserved", LE_SET_SCAN_PARAMETERS, 0, 0x12, 2),
    RANGE("scan interval below", LE_SET_SCAN_PARAMETERS, 1, 0x12, 3, 0, 3, 0),
    RANGE("scan interval least", LE_SET_SCAN_PARAMETERS, 1, 0, 4, 0, 4, 0),
    RANGE("scan interval most", LE_SET_SCAN_PARAMETERS, 1, 0, 0, 0x40, 0, 0x40),
    RANGE("scan interval above", LE_SET_SCAN_PARAMETERS, 1, 0x12, 1, 0x40, 0, 0x40),
    RANGE("scan window below", LE_SET_SCAN_PARAMETERS, 3, 0x12, 3, 0),
    RANGE("scan window over interval", LE_SET_SCAN_PARAMETERS, 3, 0x12, 0x11, 0),
    RANGE("scan own address reserved", LE_SET_SCAN_PARAMETERS, 5, 0x12, 4),
    RANGE("scan filter policy reserved", LE_SET_SCAN_PARAMETERS, 6, 0x12, 4),
    STATE("scan enable again", LE_SET_SCAN_ENABLE, SCANNING, 0),
    RANGE("scan disable when off", LE_SET_SCAN_ENABLE, 0, 0, 0),
    RANGE("scan enable reserved", LE_SET_SCAN_ENABLE, 0, 0x12, 2),
    RANGE("scan duplicates reserved", LE_SET_SCAN_ENABLE, 1, 0x12, 2),

    STATE("set data length of no connection", LE_SET_DATA_LENGTH, IDLE, 0x02),
    STATE("suggested length", LE_WRITE_SUGGESTED_DEFAULT_DATA_LENGTH, IDLE, 0),
    RANGE("suggested octets below", LE_WRITE_SUGGESTED_DEFAULT_DATA_LENGTH, 0, 0x12, 26, 0),
    RANGE("suggested octets above", LE_WRITE_SUGGESTED_DEFAULT_DATA_LENGTH, 0, 0x12, 252, 0),
    RANGE("suggested time below", LE_WRITE_SUGGESTED_DEFAULT_DATA_LENGTH, 2, 0x12, 0x47, 1),
    RANGE("suggested time most", LE_WRITE_SUGGESTED_DEFAULT_DATA_LENGTH, 2, 0, 0x90, 0x42),
    RANGE("suggested time above", LE_WRITE_SUGGESTED_DEFAULT_DATA_LENGTH, 2, 0x12, 0x91, 0x42),
    STATE("encryption of no connection", LE_ENABLE_ENCRYPTION, IDLE, 0x02),
    STATE("key for no connection", LE_LONG_TERM_KEY_REQUEST_REPLY, IDLE, 0x02),
    STATE("no key for no connection", LE_LONG_TERM_KEY_REQUEST_NEGATIVE_REPLY, IDLE, 0x02),
    STATE("read PHY of no connection", LE_READ_PHY, IDLE, 0x02),
    STATE("set PHY of no connection", LE_SET_PHY, IDLE, 0x02),
    STATE("default PHY", LE_SET_DEFAULT_PHY, IDLE, 0),
    RANGE("default PHYs, none to send on", LE_SET_DEFAULT_PHY, 1, 0x12, 0),
    RANGE("default PHYs, reserved bit", LE_SET_DEFAULT_PHY, 2, 0x11, 8),
    RANGE("default PHYs, no preference", LE_SET_DEFAULT_PHY, 0, 0, 3, 0xFF, 0),
    STATE("payload timeout of no connection", READ_AUTHENTICATED_PAYLOAD_TIMEOUT, IDLE, 0x02),
    STATE("set that of no connection", WRITE_AUTHENTICATED_PAYLOAD_TIMEOUT, IDLE, 0x02),

    STATE("create", LE_CREATE_CONNECTION, IDLE, 0),
    STATE("create, initiating", LE_CREATE_CONNECTION, INITIATING, 0x0C),
    STATE("create, scanning", LE_CREATE_CONNECTION, SCANNING, 0),
    STATE("create, advertising", LE_CREATE_CONNECTION, ADVERTISING, 0),
    RANGE("create scan interval below", LE_CREATE_CONNECTION, 0, 0x12, 3, 0, 3, 0),
    RANGE("create scan interval above", LE_CREATE_CONNECTION, 0, 0x12, 1, 0x40),
    RANGE("create scan window below", LE_CREATE_CONNECTION, 2, 0x12, 3, 0),
    RANGE("create scan window over", LE_CREATE_CONNECTION, 2, 0x12, 0x61, 0),
    RANGE("create filter policy reserved", LE_CREATE_CONNECTION, 4, 0x12, 2),
    RANGE("create peer type reserved", LE_CREATE_CONNECTION, 5, 0x12, 4),
    RANGE("create own type reserved", LE_CREATE_CONNECTION, 12, 0x12, 4),
    RANGE("create interval least", LE_CREATE_CONNECTION, 13, 0, 6, 0),
    RANGE("create interval below", LE_CREATE_CONNECTION, 13, 0x12, 5, 0),
    RANGE("create interval above", LE_CREATE_CONNECTION, 15, 0x12, 0x81, 0x0C),
    RANGE("create intervals crossed", LE_CREATE_CONNECTION, 13, 0x12, 41, 0),
    RANGE("create latency most", LE_CREATE_CONNECTION, 17, 0x12, 0xF3, 1), /* timeout too short */
    RANGE("create latency above", LE_CREATE_CONNECTION, 17, 0x12, 0xF4, 1),
    RANGE("create latency fits timeout", LE_CREATE_CONNECTION, 17, 0, 8, 0),
    RANGE("create latency over timeout", LE_CREATE_CONNECTION, 17, 0x12, 9, 0),
    RANGE("create timeout just too short", LE_CREATE_CONNECTION, 17, 0x12, 9, 0, 100, 0),
    RANGE("create timeout just enough", LE_CREATE_CONNECTION, 17, 0, 9, 0, 101, 0),
    RANGE("create timeout below", LE_CREATE_CONNECTION, 19, 0x12, 9, 0),
    RANGE("create timeout most", LE_CREATE_CONNECTION, 19, 0, 0x80, 0x0C),
    RANGE("create timeout above", LE_CREATE_CONNECTION, 19, 0x12, 0x81, 0x0C),
    STATE("cancel nothing", LE_CREATE_CONNECTION_CANCEL, IDLE, 0x0C),
    STATE("cancel", LE_CREATE_CONNECTION_CANCEL, INITIATING, 0),

    STATE("list clear", LE_CLEAR_FILTER_ACCEPT_LIST, IDLE, 0),
    STATE("list clear, advertising", LE_CLEAR_FILTER_ACCEPT_LIST, ADVERTISING, 0),
    STATE("list clear, in use by adv", LE_CLEAR_FILTER_ACCEPT_LIST, ADVERTISING_FILTERED, 0x0C),
    STATE("list clear, in use by scan", LE_CLEAR_FILTER_ACCEPT_LIST, SCANNING_FILTERED, 0x0C),
    STATE("list clear, in use by init", LE_CLEAR_FILTER_ACCEPT_LIST, INITIATING_FILTERED, 0x0C),
    STATE("list add", LE_ADD_DEVICE_TO_FILTER_ACCEPT_LIST, IDLE, 0),
    STATE("list add, initiating", LE_ADD_DEVICE_TO_FILTER_ACCEPT_LIST, INITIATING, 0),
    STATE("list add, in use", LE_ADD_DEVICE_TO_FILTER_ACCEPT_LIST, SCANNING_FILTERED, 0x0C),
    STATE("list add, full", LE_ADD_DEVICE_TO_FILTER_ACCEPT_LIST, LIST_FULL, 0x07),
    RANGE("list add type reserved", LE_ADD_DEVICE_TO_FILTER_ACCEPT_LIST, 0, 0x12, 2),
    STATE("list remove", LE_REMOVE_DEVICE_FROM_FILTER_ACCEPT_LIST, LIST_FULL, 0),
    STATE("list remove, in use", LE_REMOVE_DEVICE_FROM_FILTER_ACCEPT_LIST, INITIATING_FILTERED,
          0x0C),
    RANGE("list remove type reserved", LE_REMOVE_DEVICE_FROM_FILTER_ACCEPT_LIST, 0, 0x12, 2),

    STATE("channel classification", LE_SET_HOST_CHANNEL_CLASSIFICATION, IDLE, 0),
    STATE("channel classification, initiating", LE_SET_HOST_CHANNEL_CLASSIFICATION, INITIATING, 0),
    RANGE("two channels", LE_SET_HOST_CHANNEL_CLASSIFICATION, 0, 0, 3, 0, 0, 0),
    RANGE("reserved channels", LE_SET_HOST_CHANNEL_CLASSIFICATION, 4, 0, 0xFF),
    RANGE("update a reserved handle", LE_CONNECTION_UPDATE, 0, 0x02, 0xFF, 0xFF),
    STATE("update nobody", LE_CONNECTION_UPDATE, IDLE, 0x02),
    STATE("reply to nobody", LE_REMOTE_CONNECTION_PARAMETER_REQUEST_REPLY, IDLE, 0x02),
    STATE("refuse nobody", LE_REMOTE_CONNECTION_PARAMETER_REQUEST_NEGATIVE_REPLY, IDLE, 0x02),
    STATE("channel map of nobody", LE_READ_CHANNEL_MAP, IDLE, 0x02),
    STATE("features of nobody", LE_READ_REMOTE_FEATURES, IDLE, 0x02),
    STATE("version of nobody", READ_REMOTE_VERSION_INFORMATION, IDLE, 0x02),
    STATE("RSSI of nobody", READ_RSSI, IDLE, 0x02),
    STATE("power for nobody", READ_TRANSMIT_POWER_LEVEL, IDLE, 0x02),
    RANGE("power of advertising", VENDOR_WRITE_TX_POWER_LEVEL, 0, 0, 0),
    RANGE("power of scanning", VENDOR_WRITE_TX_POWER_LEVEL, 0, 0, 1),
    RANGE("power of nobody's link", VENDOR_WRITE_TX_POWER_LEVEL, 0, 0x02, 2),
    RANGE("power of something else", VENDOR_WRITE_TX_POWER_LEVEL, 0, 0x12, 3),
    RANGE("power, read, of nobody's link", VENDOR_READ_TX_POWER_LEVEL, 0, 0x02, 2),
    RANGE("power, read, of something else", VENDOR_READ_TX_POWER_LEVEL, 0, 0x12, 0xFF),
    STATE("disconnect nobody", DISCONNECT, IDLE, 0x02),
    RANGE("disconnect a reserved handle", DISCONNECT, 0, 0x02, 0xFF, 0xFF),
};
/* clang-format on */

static uint8_t send_valid(struct hci_tester *host, uint16_t opcode, size_t at, const uint8_t *patch,
                          size_t patch_len)
{
    for (size_t i = 0; i < sizeof valid / sizeof valid[0]; i++) {
        if (valid[i].opcode != opcode)
            continue;
        uint8_t params[32];
        memcpy(params, valid[i].params, sizeof params);
        if (patch_len)
            memcpy(params + at, patch, patch_len);
        return hci_tester_command(host, opcode, params, valid[i].len, NULL);
    }
    fail_msg("no valid parameters for 0x%04x", opcode);
    return 0xFF;
}

static void enable(struct hci_tester *host, uint16_t set_opcode, uint8_t policy_at, uint8_t policy,
                   uint16_t enable_opcode)
{
    assert_int_equal(send_valid(host, set_opcode, policy_at, &policy, 1), 0);
    assert_int_equal(send_valid(host, enable_opcode, 0, NULL, 0), 0);
}

static void enter(struct hci_tester *host, enum state state)
{
    const uint8_t by_list = 1;

    switch (state) {
    case IDLE:
        break;
    case ADVERTISING:
    case ADVERTISING_FILTERED:
        enable(host, HCI_OP_LE_SET_ADVERTISING_PARAMETERS, 14, state == ADVERTISING ? 0 : 3,
               HCI_OP_LE_SET_ADVERTISING_ENABLE);
        break;
    case SCANNING:
    case SCANNING_FILTERED:
        enable(host, HCI_OP_LE_SET_SCAN_PARAMETERS, 6, state == SCANNING ? 0 : 1,
               HCI_OP_LE_SET_SCAN_ENABLE);
        break;
    case INITIATING:
        assert_int_equal(send_valid(host, HCI_OP_LE_CREATE_CONNECTION, 0, NULL, 0), 0);
        break;
    case INITIATING_FILTERED:
        assert_int_equal(send_valid(host, HCI_OP_LE_CREATE_CONNECTION, 4, &by_list, 1), 0);
        break;
    case LIST_FULL:
        for (uint8_t i = 10; i < 26; i++)
            assert_int_equal(send_valid(host, HCI_OP_LE_ADD_DEVICE_TO_FILTER_ACCEPT_LIST, 1, &i, 1),
                             0);
        break;
    }
}

static struct hci_device *brought_up(void)
{
    struct hci_device *device = hci_device_new();

    hci_tester_bring_up(&device->host);
    return device;
}

static void answers_with(void **state)
{
    const struct row *row = *state;
    struct hci_device *device = brought_up();

    enter(&device->host, row->state);
    assert_int_equal(send_valid(&device->host, row->opcode, row->at, row->patch, row->patch_len),
                     row->status);
    /* An unused random address is nobody's business; nothing comes of an absent peer. */
    hci_tester_run(&device->host, SIM_MS(50));
    if (row->opcode != HCI_OP_LE_CREATE_CONNECTION_CANCEL)
        hci_tester_expect_none(&device->host);
    hci_device_free(device);
}

/* 7.8.9, 7.8.11, 7.8.12: a random own address that was never set. */
static void a_random_address_must_have_been_set(void **state)
{
    struct hci_device *device = brought_up();
    struct hci_tester *host = &device->host;
    const uint8_t random = 1;

    (void)state;
    assert_int_equal(send_valid(host, HCI_OP_LE_SET_ADVERTISING_PARAMETERS, 5, &random, 1), 0);
    assert_int_equal(send_valid(host, HCI_OP_LE_SET_SCAN_PARAMETERS, 5, &random, 1), 0);
    for (unsigned round = 0; round < 2; round++) {
        const uint8_t status = round ? 0 : HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS;
        assert_int_equal(send_valid(host, HCI_OP_LE_CREATE_CONNECTION, 12, &random, 1), status);
        assert_int_equal(send_valid(host, HCI_OP_LE_SET_ADVERTISING_ENABLE, 0, NULL, 0), status);
        assert_int_equal(send_valid(host, HCI_OP_LE_SET_SCAN_ENABLE, 0, NULL, 0), status);
        if (round == 0)
            assert_int_equal(send_valid(host, HCI_OP_LE_SET_RANDOM_ADDRESS, 0, NULL, 0), 0);
    }
    hci_device_free(device);
}

/* Reset takes back what was set: the address, the parameters, the list, and what was running. */
static void reset_takes_it_all_back(void **state)
{
    struct hci_device *device = brought_up();
    struct hci_tester *host = &device->host;
    const uint8_t random = 1;

    (void)state;
    assert_int_equal(send_valid(host, HCI_OP_LE_SET_RANDOM_ADDRESS, 0, NULL, 0), 0);
    enter(host, LIST_FULL);
    enter(host, ADVERTISING_FILTERED);
    enter(host, SCANNING_FILTERED);
    enter(host, INITIATING_FILTERED);
    assert_int_equal(hci_tester_command(host, HCI_OP_RESET, NULL, 0, NULL), 0);
    assert_int_equal(send_valid(host, HCI_OP_LE_CREATE_CONNECTION, 12, &random, 1),
                     HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS);
    assert_int_equal(send_valid(host, HCI_OP_LE_CREATE_CONNECTION_CANCEL, 0, NULL, 0),
                     HCI_ERR_COMMAND_DISALLOWED);
    enter(host, LIST_FULL);
    enter(host, ADVERTISING);
    enter(host, SCANNING);
    enter(host, INITIATING);
    hci_device_free(device);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_random_address_must_have_been_set),
        cmocka_unit_test(reset_takes_it_all_back),
    };
    const int failed = RUN_ROWS(rows, answers_with);

    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
