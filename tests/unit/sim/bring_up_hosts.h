/* SPDX-License-Identifier: MIT */
/*
 * What hosts say to a controller between Reset and readiness: facts about their sources, named at
 * each table. A step with a condition is one that the host sends if the controller claims
 * something; those for what this controller must not claim stand here so that a claim is noticed.
 * Where parameters follow from answers they are those for the default profile.
 */
#ifndef BRING_UP_HOSTS_H
#define BRING_UP_HOSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/hci.h"

enum bring_up_when {
    ALWAYS,
    COMMAND,    /* the bit is set in Supported Commands */
    LE_FEATURE, /* in the LE features */
    LMP_FEATURE,
    NOT_LMP_FEATURE,
};

struct bring_up_step {
    uint16_t opcode;
    const char *params;
    size_t params_len;
    enum bring_up_when when;
    unsigned bit;
    bool optional; /* sent all the same, and Unknown HCI Command is taken well */
};

/* What came of it. */
struct bring_up_learned {
    uint8_t commands[64];
    uint64_t lmp_features, le_features;
    uint8_t hci_version;
    uint8_t bd_addr[6];
    uint16_t acl_len;
    uint8_t acl_count;
    uint16_t tx_octets, tx_us; /* of LE Read Maximum Data Length */
    uint8_t accept_list, resolving_list;
};

#define P(params)         params, sizeof params - 1
#define BIT(octet, bit)   ((octet)*8U + (bit))
#define SEND(op, params)  {op, P(params), ALWAYS, 0, false}
#define IF(op, params, when, bit) {op, P(params), when, bit, false}
#define TRY(op, params)   {op, P(params), ALWAYS, 0, true}

#define BR_EDR_NOT_SUPPORTED 37 /* LMP features, Vol 2, Part C, 3.3 */
#define LE_SUPPORTED         38

/* Of other commands than ours. */
enum {
    OP_WRITE_DEFAULT_LINK_POLICY = 0x080F,
    OP_READ_STORED_LINK_KEY = 0x0C0D,
    OP_DELETE_STORED_LINK_KEY = 0x0C12,
    OP_READ_PAGE_SCAN_ACTIVITY = 0x0C1B,
    OP_READ_CLASS_OF_DEVICE = 0x0C23,
    OP_READ_VOICE_SETTING = 0x0C25,
    OP_WRITE_INQUIRY_MODE = 0x0C45,
    OP_READ_PAGE_SCAN_TYPE = 0x0C46,
    OP_WRITE_SIMPLE_PAIRING_MODE = 0x0C56,
    OP_READ_DEFAULT_ERRONEOUS_DATA = 0x0C5A,
    OP_READ_LOCAL_CODECS = 0x100B,
    OP_READ_LOCAL_PAIRING_OPTIONS = 0x100C,
    OP_READ_LOCAL_CODECS_V2 = 0x100D,
    OP_GET_MWS_TRANSPORT_CONFIG = 0x140C,
    OP_LE_READ_MAXIMUM_ADVERTISING_DATA_LENGTH = 0x203A,
    OP_LE_READ_NUMBER_OF_ADVERTISING_SETS = 0x203B,
    OP_LE_READ_PERIODIC_ADVERTISER_LIST_SIZE = 0x204A,
    OP_LE_READ_TRANSMIT_POWER = 0x204B,
    OP_LE_READ_BUFFER_SIZE_V2 = 0x2060,
    OP_LE_SET_HOST_FEATURE = 0x2074,
    OP_ZEPHYR_READ_VERSION_INFORMATION = 0xFC01,
};

/* Linux 6.1: net/bluetooth/hci_sync.c, hci_init1_sync() to hci_init4_sync(), then power on. */
static const struct bring_up_step linux_steps[] = {
    SEND(HCI_OP_RESET, ""),
    SEND(HCI_OP_READ_LOCAL_SUPPORTED_FEATURES, ""),
    SEND(HCI_OP_READ_LOCAL_VERSION_INFORMATION, ""),
    SEND(HCI_OP_READ_BD_ADDR, ""),
    SEND(HCI_OP_READ_LOCAL_SUPPORTED_COMMANDS, ""),
    IF(OP_WRITE_SIMPLE_PAIRING_MODE, "\x01", LMP_FEATURE, 51),
    IF(OP_WRITE_INQUIRY_MODE, "\x02", LMP_FEATURE, 30),
    IF(HCI_OP_READ_LOCAL_EXTENDED_FEATURES, "\x01", LMP_FEATURE, 63),
    IF(HCI_OP_READ_BUFFER_SIZE, "", NOT_LMP_FEATURE, BR_EDR_NOT_SUPPORTED),
    IF(OP_READ_CLASS_OF_DEVICE, "", NOT_LMP_FEATURE, BR_EDR_NOT_SUPPORTED),
    IF(HCI_OP_READ_LOCAL_NAME, "", NOT_LMP_FEATURE, BR_EDR_NOT_SUPPORTED),
    IF(OP_READ_VOICE_SETTING, "", NOT_LMP_FEATURE, BR_EDR_NOT_SUPPORTED),
    IF(HCI_OP_LE_READ_LOCAL_SUPPORTED_FEATURES, "", LMP_FEATURE, LE_SUPPORTED),
    IF(HCI_OP_LE_READ_BUFFER_SIZE, "", LMP_FEATURE, LE_SUPPORTED),
    IF(OP_LE_READ_BUFFER_SIZE_V2, "", COMMAND, BIT(41, 5)),
    IF(HCI_OP_LE_READ_SUPPORTED_STATES, "", LMP_FEATURE, LE_SUPPORTED),
    SEND(HCI_OP_SET_EVENT_MASK, "\x90\xE8\x04\x02\x00\x80\x00\x20"),
    IF(OP_READ_STORED_LINK_KEY, "\x00\x00\x00\x00\x00\x00\x01", COMMAND, BIT(6, 5)),
    IF(OP_WRITE_DEFAULT_LINK_POLICY, "\x00\x00", COMMAND, BIT(5, 4)),
    IF(OP_READ_PAGE_SCAN_ACTIVITY, "", COMMAND, BIT(8, 0)),
    IF(OP_READ_DEFAULT_ERRONEOUS_DATA, "", COMMAND, BIT(18, 2)),
    IF(OP_READ_PAGE_SCAN_TYPE, "", COMMAND, BIT(13, 0)),
    IF(HCI_OP_LE_SET_EVENT_MASK, "\xFF\x0F\x08\x00\x00\x00\x00\x00", LMP_FEATURE, LE_SUPPORTED),
    IF(HCI_OP_LE_READ_ADVERTISING_PHYSICAL_CHANNEL_TX_POWER, "", COMMAND, BIT(25, 6)),
    IF(OP_LE_READ_TRANSMIT_POWER, "", COMMAND, BIT(38, 7)),
    IF(HCI_OP_LE_READ_FILTER_ACCEPT_LIST_SIZE, "", COMMAND, BIT(26, 6)),
    IF(HCI_OP_LE_CLEAR_FILTER_ACCEPT_LIST, "", COMMAND, BIT(26, 7)),
    IF(HCI_OP_LE_READ_RESOLVING_LIST_SIZE, "", COMMAND, BIT(34, 6)),
    IF(HCI_OP_LE_CLEAR_RESOLVING_LIST, "", COMMAND, BIT(34, 5)),
    IF(HCI_OP_LE_SET_RESOLVABLE_PRIVATE_ADDRESS_TIMEOUT, "\x84\x03", COMMAND, BIT(35, 2)),
    IF(HCI_OP_LE_READ_MAXIMUM_DATA_LENGTH, "", LE_FEATURE, 5),
    IF(HCI_OP_LE_READ_SUGGESTED_DEFAULT_DATA_LENGTH, "", LE_FEATURE, 5),
    IF(OP_LE_READ_NUMBER_OF_ADVERTISING_SETS, "", LE_FEATURE, 12),
    IF(HCI_OP_WRITE_LE_HOST_SUPPORT, "\x01\x00", NOT_LMP_FEATURE, BR_EDR_NOT_SUPPORTED),
    IF(OP_LE_SET_HOST_FEATURE, "\x20\x01", LE_FEATURE, 28),
    IF(OP_DELETE_STORED_LINK_KEY, "\x00\x00\x00\x00\x00\x00\x01", COMMAND, BIT(6, 7)),
    IF(HCI_OP_SET_EVENT_MASK_PAGE_2, "\x00\x00\x80\x00\x00\x00\x00\x00", COMMAND, BIT(22, 2)),
    IF(OP_READ_LOCAL_CODECS, "", COMMAND, BIT(29, 5)),
    IF(OP_READ_LOCAL_CODECS_V2, "", COMMAND, BIT(45, 2)),
    IF(OP_READ_LOCAL_PAIRING_OPTIONS, "", COMMAND, BIT(41, 3)),
    IF(OP_GET_MWS_TRANSPORT_CONFIG, "", COMMAND, BIT(30, 3)),
    IF(HCI_OP_LE_WRITE_SUGGESTED_DEFAULT_DATA_LENGTH, "\xFB\x00\x90\x42", LE_FEATURE, 5),
    IF(HCI_OP_LE_SET_DEFAULT_PHY, "\x00\x01\x01", COMMAND, BIT(35, 5)),
};

/*
 * Zephyr 3.7: subsys/bluetooth/host/hci_core.c (hci_init()) and ecc.c, as a central and peripheral
 * with SMP, privacy and flow control towards the host. Without an answer it takes Zephyr's own
 * vendor commands for missing.
 */
static const struct bring_up_step zephyr_steps[] = {
    SEND(HCI_OP_RESET, ""),
    SEND(HCI_OP_READ_LOCAL_SUPPORTED_FEATURES, ""),
    SEND(HCI_OP_READ_LOCAL_VERSION_INFORMATION, ""),
    SEND(HCI_OP_READ_LOCAL_SUPPORTED_COMMANDS, ""),
    SEND(HCI_OP_LE_READ_LOCAL_SUPPORTED_FEATURES, ""),
    SEND(HCI_OP_LE_READ_BUFFER_SIZE, ""),
    IF(HCI_OP_WRITE_LE_HOST_SUPPORT, "\x01\x00", NOT_LMP_FEATURE, BR_EDR_NOT_SUPPORTED),
    IF(HCI_OP_LE_READ_SUPPORTED_STATES, "", COMMAND, BIT(28, 3)),
    IF(HCI_OP_LE_READ_MAXIMUM_DATA_LENGTH, "", LE_FEATURE, 5),
    IF(HCI_OP_LE_WRITE_SUGGESTED_DEFAULT_DATA_LENGTH, "\xFB\x00\x90\x42", LE_FEATURE, 5),
    IF(HCI_OP_LE_SET_RESOLVABLE_PRIVATE_ADDRESS_TIMEOUT, "\x84\x03", LE_FEATURE, 6),
    IF(HCI_OP_LE_READ_RESOLVING_LIST_SIZE, "", LE_FEATURE, 6),
    SEND(HCI_OP_LE_SET_EVENT_MASK, "\xFE\x0B\x00\x00\x00\x00\x00\x00"),
    IF(HCI_OP_READ_BUFFER_SIZE, "", NOT_LMP_FEATURE, BR_EDR_NOT_SUPPORTED),
    IF(HCI_OP_HOST_BUFFER_SIZE, "\x45\x00\x00\x06\x00\x00\x00", COMMAND, BIT(10, 6)),
    IF(HCI_OP_SET_CONTROLLER_TO_HOST_FLOW_CONTROL, "\x01", COMMAND, BIT(10, 5)),
    SEND(HCI_OP_SET_EVENT_MASK, "\x90\x88\x00\x02\x00\x80\x00\x20"),
    IF(HCI_OP_READ_BD_ADDR, "", COMMAND, BIT(15, 1)),
    TRY(OP_ZEPHYR_READ_VERSION_INFORMATION, ""),
    IF(HCI_OP_LE_RAND, "", COMMAND, BIT(27, 7)),
    IF(HCI_OP_LE_READ_LOCAL_P_256_PUBLIC_KEY, "", COMMAND, BIT(34, 1)),
};

/* Apache NimBLE 1.7: nimble/host/src/ble_hs_startup.c, ble_hs_pvcy.c, ble_hs_flow.c. */
static const struct bring_up_step nimble_steps[] = {
    SEND(HCI_OP_RESET, ""),
    SEND(HCI_OP_READ_LOCAL_VERSION_INFORMATION, ""),
    SEND(HCI_OP_READ_LOCAL_SUPPORTED_FEATURES, ""),
    SEND(HCI_OP_SET_EVENT_MASK, "\x90\x80\x00\x02\x00\x80\x00\x20"),
    SEND(HCI_OP_SET_EVENT_MASK_PAGE_2, "\x00\x00\x80\x00\x00\x00\x00\x00"), /* from 4.1 on */
    SEND(HCI_OP_LE_SET_EVENT_MASK, "\x7F\xFE\x0F\x00\x00\x00\x00\x00"),
    SEND(HCI_OP_LE_READ_BUFFER_SIZE, ""),
    SEND(HCI_OP_LE_READ_LOCAL_SUPPORTED_FEATURES, ""),
    SEND(HCI_OP_READ_BD_ADDR, ""),
    SEND(HCI_OP_LE_SET_ADDRESS_RESOLUTION_ENABLE, "\x00"),
    SEND(HCI_OP_LE_CLEAR_RESOLVING_LIST, ""),
    SEND(HCI_OP_LE_SET_ADDRESS_RESOLUTION_ENABLE, "\x01"),
    /* An entry for a peer of address 0, to carry its own IRK. */
    SEND(HCI_OP_LE_ADD_DEVICE_TO_RESOLVING_LIST,
         "\x00\x00\x00\x00\x00\x00\x00" "its own identity" "its own identity"),
    SEND(HCI_OP_LE_SET_PRIVACY_MODE, "\x00\x00\x00\x00\x00\x00\x00\x01"),
    SEND(HCI_OP_SET_CONTROLLER_TO_HOST_FLOW_CONTROL, "\x01"),
    SEND(HCI_OP_HOST_BUFFER_SIZE, "\xFF\x00\x00\x18\x00\x00\x00"),
    SEND(HCI_OP_LE_RAND, ""),
    SEND(HCI_OP_LE_SET_RANDOM_ADDRESS, "\x01\x02\x03\x04\x05\xC6"),
};

/*
 * BTstack 1.6: src/hci.c, hci_initializing_run(), then what src/ble/sm.c asks for. The name is
 * asked for to tell chips apart, and may be missing.
 */
static const struct bring_up_step btstack_steps[] = {
    SEND(HCI_OP_RESET, ""),
    SEND(HCI_OP_READ_LOCAL_VERSION_INFORMATION, ""),
    TRY(HCI_OP_READ_LOCAL_NAME, ""),
    SEND(HCI_OP_READ_LOCAL_SUPPORTED_COMMANDS, ""),
    SEND(HCI_OP_READ_BD_ADDR, ""),
    IF(HCI_OP_READ_BUFFER_SIZE, "", COMMAND, BIT(14, 7)),
    SEND(HCI_OP_READ_LOCAL_SUPPORTED_FEATURES, ""),
    SEND(HCI_OP_SET_EVENT_MASK, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x3F"),
    IF(HCI_OP_SET_EVENT_MASK_PAGE_2, "\x00\x00\x80\x02\x00\x00\x00\x00", COMMAND, BIT(22, 2)),
    IF(HCI_OP_LE_READ_BUFFER_SIZE, "", LMP_FEATURE, LE_SUPPORTED),
    IF(HCI_OP_WRITE_LE_HOST_SUPPORT, "\x01\x00", NOT_LMP_FEATURE, BR_EDR_NOT_SUPPORTED),
    IF(HCI_OP_LE_SET_EVENT_MASK, "\xFF\x09\x08\x00\x00\x00\x00\x00", LMP_FEATURE, LE_SUPPORTED),
    IF(HCI_OP_LE_READ_MAXIMUM_DATA_LENGTH, "", COMMAND, BIT(35, 3)),
    IF(HCI_OP_LE_WRITE_SUGGESTED_DEFAULT_DATA_LENGTH, "\xFB\x00\x48\x08", COMMAND, BIT(34, 0)),
    IF(HCI_OP_LE_READ_FILTER_ACCEPT_LIST_SIZE, "", LMP_FEATURE, LE_SUPPORTED),
    IF(OP_LE_READ_MAXIMUM_ADVERTISING_DATA_LENGTH, "", COMMAND, BIT(36, 6)),
    IF(HCI_OP_LE_SET_SCAN_PARAMETERS, "\x01\xE0\x01\x30\x00\x00\x00", LMP_FEATURE, LE_SUPPORTED),
    IF(HCI_OP_LE_READ_RESOLVING_LIST_SIZE, "", COMMAND, BIT(34, 6)),
    SEND(HCI_OP_LE_RAND, ""),
    IF(HCI_OP_LE_ENCRYPT, "sixteen octets ksixteen octets d", COMMAND, BIT(27, 6)),
    IF(HCI_OP_LE_READ_LOCAL_P_256_PUBLIC_KEY, "", COMMAND, BIT(34, 1)),
    SEND(HCI_OP_LE_SET_RANDOM_ADDRESS, "\x01\x02\x03\x04\x05\xC6"),
};

/* Bumble 0.0.2xx: bumble/host.py, Host.reset(), then bumble/device.py, Device.power_on(). */
static const struct bring_up_step bumble_steps[] = {
    SEND(HCI_OP_RESET, ""),
    SEND(HCI_OP_READ_LOCAL_SUPPORTED_COMMANDS, ""),
    IF(HCI_OP_LE_READ_LOCAL_SUPPORTED_FEATURES, "", COMMAND, BIT(25, 2)),
    IF(HCI_OP_READ_LOCAL_VERSION_INFORMATION, "", COMMAND, BIT(14, 3)),
    IF(HCI_OP_READ_LOCAL_EXTENDED_FEATURES, "\x00", COMMAND, BIT(14, 6)),
    IF(HCI_OP_READ_LOCAL_SUPPORTED_FEATURES, "", COMMAND, BIT(14, 5)),
    SEND(HCI_OP_SET_EVENT_MASK, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x3F"),
    IF(HCI_OP_SET_EVENT_MASK_PAGE_2, "\x00\x00\x80\x02\x00\x00\x00\x00", COMMAND, BIT(22, 2)),
    SEND(HCI_OP_LE_SET_EVENT_MASK, "\xFF\xFF\xFF\xFF\x07\x00\x00\x00"),
    IF(HCI_OP_READ_BUFFER_SIZE, "", COMMAND, BIT(14, 7)),
    IF(OP_LE_READ_BUFFER_SIZE_V2, "", COMMAND, BIT(41, 5)),
    IF(HCI_OP_LE_READ_BUFFER_SIZE, "", COMMAND, BIT(25, 1)),
    IF(HCI_OP_LE_READ_SUGGESTED_DEFAULT_DATA_LENGTH, "", COMMAND, BIT(33, 7)),
    IF(HCI_OP_LE_WRITE_SUGGESTED_DEFAULT_DATA_LENGTH, "\xFB\x00\x48\x08", COMMAND, BIT(34, 0)),
    IF(OP_LE_READ_NUMBER_OF_ADVERTISING_SETS, "", COMMAND, BIT(36, 7)),
    IF(OP_LE_READ_MAXIMUM_ADVERTISING_DATA_LENGTH, "", COMMAND, BIT(36, 6)),
    SEND(HCI_OP_READ_BD_ADDR, ""),
    IF(HCI_OP_WRITE_LE_HOST_SUPPORT, "\x01\x00", COMMAND, BIT(24, 6)),
    SEND(HCI_OP_LE_SET_RANDOM_ADDRESS, "\x01\x02\x03\x04\x05\xC6"),
    IF(HCI_OP_LE_CLEAR_RESOLVING_LIST, "", LE_FEATURE, 6),
    IF(HCI_OP_LE_SET_ADDRESS_RESOLUTION_ENABLE, "\x01", LE_FEATURE, 6),
};

/*
 * @stoprocent/noble 2.8.0 on a serial path, up to "poweredOn" and what is under way then: as it was
 * recorded, which tests/interop/node/test_noble_bleno.py does again. Each answer to a Reset, of
 * which it sends three, begins a part of it anew, and but for those it does not wait for answers;
 * whether LE Host Support is there does not matter to it.
 */
static const struct bring_up_step noble_steps[] = {
    SEND(HCI_OP_RESET, ""),
    SEND(HCI_OP_RESET, ""),
    SEND(HCI_OP_RESET, ""),
    SEND(HCI_OP_LE_READ_LOCAL_SUPPORTED_FEATURES, ""),
    SEND(HCI_OP_SET_EVENT_MASK, "\xFF\xFF\xFB\xFF\x07\xF8\xBF\x3D"),
    SEND(HCI_OP_LE_SET_EVENT_MASK, "\x5F\x00\x00\x00\x00\x00\x00\x00"),
    SEND(HCI_OP_READ_LOCAL_VERSION_INFORMATION, ""),
    SEND(HCI_OP_READ_BD_ADDR, ""),
    SEND(HCI_OP_SET_EVENT_MASK, "\xFF\xFF\xFB\xFF\x07\xF8\xBF\x3D"),
    SEND(HCI_OP_LE_SET_EVENT_MASK, "\x5F\x00\x00\x00\x00\x00\x00\x00"),
    SEND(HCI_OP_READ_LOCAL_VERSION_INFORMATION, ""),
    SEND(HCI_OP_READ_BD_ADDR, ""),
    SEND(HCI_OP_LE_READ_MAXIMUM_DATA_LENGTH, ""),
    SEND(HCI_OP_SET_EVENT_MASK, "\xFF\xFF\xFB\xFF\x07\xF8\xBF\x3D"),
    SEND(HCI_OP_LE_SET_EVENT_MASK, "\x5F\x00\x00\x00\x00\x00\x00\x00"),
    SEND(HCI_OP_READ_LOCAL_VERSION_INFORMATION, ""),
    TRY(HCI_OP_WRITE_LE_HOST_SUPPORT, "\x01\x00"),
    TRY(HCI_OP_READ_LE_HOST_SUPPORT, ""),
    SEND(HCI_OP_LE_READ_BUFFER_SIZE, ""),
    SEND(HCI_OP_READ_BD_ADDR, ""),
    SEND(HCI_OP_LE_SET_SCAN_ENABLE, "\x00\x01"),
    SEND(HCI_OP_LE_SET_SCAN_PARAMETERS, "\x01\x12\x00\x12\x00\x00\x00"),
    SEND(HCI_OP_LE_SET_SCAN_ENABLE, "\x00\x01"),
    SEND(HCI_OP_LE_SET_SCAN_PARAMETERS, "\x01\x12\x00\x12\x00\x00\x00"),
    SEND(HCI_OP_LE_SET_SCAN_ENABLE, "\x00\x01"),
    SEND(HCI_OP_LE_SET_SCAN_PARAMETERS, "\x01\x12\x00\x12\x00\x00\x00"),
};

/* @stoprocent/bleno 0.12.4, the same. */
static const struct bring_up_step bleno_steps[] = {
    SEND(HCI_OP_RESET, ""),
    SEND(HCI_OP_SET_EVENT_MASK, "\xFF\xFF\xFB\xFF\x07\xF8\xBF\x3D"),
    SEND(HCI_OP_LE_SET_EVENT_MASK, "\x1F\x00\x00\x00\x00\x00\x00\x00"),
    SEND(HCI_OP_READ_LOCAL_VERSION_INFORMATION, ""),
    TRY(HCI_OP_WRITE_LE_HOST_SUPPORT, "\x01\x00"),
    TRY(HCI_OP_READ_LE_HOST_SUPPORT, ""),
    SEND(HCI_OP_READ_BD_ADDR, ""),
    SEND(HCI_OP_LE_READ_BUFFER_SIZE, ""),
    SEND(HCI_OP_LE_SET_ADVERTISING_ENABLE, "\x00"),
    SEND(HCI_OP_LE_SET_ADVERTISING_PARAMETERS,
         "\xA0\x00\xA0\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x07\x00"),
};

/*
 * Android 13: system/gd/hci/controller.cc, Controller::impl::Start(), as far as it is sent to every
 * controller. It is made for BR/EDR and LE and aborts where an answer is not there: this is a
 * controller with dual_mode_commands.
 */
static const struct bring_up_step android_steps[] = {
    SEND(HCI_OP_RESET, ""),
    SEND(HCI_OP_SET_EVENT_MASK, "\xFF\xFF\xFF\xFF\xFF\xFF\xBF\x3D"),
    SEND(HCI_OP_WRITE_LE_HOST_SUPPORT, "\x01\x00"),
    SEND(HCI_OP_READ_LOCAL_NAME, ""),
    SEND(HCI_OP_READ_LOCAL_VERSION_INFORMATION, ""),
    SEND(HCI_OP_READ_LOCAL_SUPPORTED_COMMANDS, ""),
    SEND(HCI_OP_LE_READ_LOCAL_SUPPORTED_FEATURES, ""),
    SEND(HCI_OP_LE_READ_SUPPORTED_STATES, ""),
    SEND(HCI_OP_READ_LOCAL_EXTENDED_FEATURES, "\x00"),
    SEND(HCI_OP_READ_LOCAL_EXTENDED_FEATURES, "\x01"), /* up to the last page that it was told */
    SEND(HCI_OP_LE_SET_EVENT_MASK, "\xFF\xFF\x7F\x00\x00\x00\x00\x00"),
    SEND(HCI_OP_READ_BUFFER_SIZE, ""),
    IF(OP_LE_READ_BUFFER_SIZE_V2, "", COMMAND, BIT(41, 5)),
    SEND(HCI_OP_LE_READ_BUFFER_SIZE, ""),
    IF(OP_READ_LOCAL_CODECS, "", COMMAND, BIT(29, 5)),
    SEND(HCI_OP_LE_READ_FILTER_ACCEPT_LIST_SIZE, ""),
    IF(HCI_OP_LE_READ_RESOLVING_LIST_SIZE, "", COMMAND, BIT(34, 6)),
    IF(HCI_OP_LE_READ_MAXIMUM_DATA_LENGTH, "", COMMAND, BIT(35, 3)),
    IF(HCI_OP_LE_READ_SUGGESTED_DEFAULT_DATA_LENGTH, "", COMMAND, BIT(33, 7)),
    IF(OP_LE_READ_MAXIMUM_ADVERTISING_DATA_LENGTH, "", COMMAND, BIT(36, 6)),
    IF(OP_LE_READ_NUMBER_OF_ADVERTISING_SETS, "", COMMAND, BIT(36, 7)),
    IF(OP_LE_READ_PERIODIC_ADVERTISER_LIST_SIZE, "", COMMAND, BIT(38, 6)),
    SEND(HCI_OP_READ_BD_ADDR, ""),
    SEND(HCI_OP_LE_RAND, ""),
    SEND(HCI_OP_LE_SET_RANDOM_ADDRESS, "\x01\x02\x03\x04\x05\xC6"),
};

#endif
