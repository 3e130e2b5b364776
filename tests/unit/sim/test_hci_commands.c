/* SPDX-License-Identifier: MIT */
/* Each command: its parameters, its lengths, its return parameters, its errors. */
#include "face_fixture.h"
#include "rows.h"

/* A command as it should be, what it asks of the Link Layer, and what it returns. */
struct row {
    const char *name;
    uint16_t opcode;
    const char *params;
    const char *request;  /* NULL: none */
    const char *returned; /* behind the status */
    size_t params_len, returned_len;
};

#define NAMED(name, params, request, returned)                                                     \
    {                                                                                              \
#name, HCI_OP_##name, params, request, returned, sizeof params - 1, sizeof returned - 1    \
    }

/* clang-format off */
static const struct row rows[] = {
    NAMED(DISCONNECT, "\x40\x00\x13", "disconnect", ""),
    NAMED(READ_REMOTE_VERSION_INFORMATION, "\x40\x00", "read_remote_version", ""),
    NAMED(SET_EVENT_MASK, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x3F", NULL, ""),
    NAMED(RESET, "", "reset", ""),
    NAMED(READ_TRANSMIT_POWER_LEVEL, "\x40\x00\x01", NULL, "\x40\x00\x14"),
    NAMED(SET_EVENT_MASK_PAGE_2, "\x00\x00\x80\x00\x00\x00\x00\x00", NULL, ""),
    NAMED(READ_AUTHENTICATED_PAYLOAD_TIMEOUT, "\x40\x00", NULL, "\x40\x00\xB8\x0B"),
    NAMED(WRITE_AUTHENTICATED_PAYLOAD_TIMEOUT, "\x40\x00\x64\x00", "write_payload_timeout",
          "\x40\x00"),
    NAMED(READ_LOCAL_VERSION_INFORMATION, "", NULL, "\x0A\x00\x00\x0A\xFF\xFF\x00\x00"),
    NAMED(READ_LOCAL_SUPPORTED_COMMANDS, "", NULL,
          "\x20\x00\x80\x00\x00\xC0\x00\x00\x00\x00\xE4\x00\x00\x00\x38\x22"
          "\x00\x00\x00\x00\x00\x00\x04\x00\x00\xF7\xFF\xFF\x7F\x00\x00\x00"
          "\x30\xF0\xFF\xFF\x01\x00\x00\x04\x00\x04\x00\x00\x00\x00\x00\x00"
          "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
    NAMED(READ_LOCAL_SUPPORTED_FEATURES, "", NULL, "\x00\x00\x00\x00\x60\x00\x00\x00"),
    NAMED(READ_BD_ADDR, "", NULL, "\x01\x00\x00\xDC\x1B\x00"),
    NAMED(READ_RSSI, "\x40\x00", "read_rssi", "\x40\x00\xC4"),
    NAMED(LE_SET_EVENT_MASK, "\x1F\x00\x00\x00\x00\x00\x00\x00", NULL, ""),
    NAMED(LE_READ_BUFFER_SIZE, "", NULL, "\xFB\x00\x08"),
    NAMED(LE_READ_LOCAL_SUPPORTED_FEATURES, "", NULL, "\xFF\x49\x00\x00\x00\x00\x00\x00"),
    NAMED(LE_SET_RANDOM_ADDRESS, "\x01\x02\x03\x04\x05\xC6", "set_random_address", ""),
    NAMED(LE_SET_ADVERTISING_PARAMETERS,
          "\xA0\x00\xF0\x00\x02\x01\x00\x11\x12\x13\x14\x15\x16\x05\x03", "adv_set_params", ""),
    NAMED(LE_READ_ADVERTISING_PHYSICAL_CHANNEL_TX_POWER, "", NULL, "\x04"),
    NAMED(LE_SET_ADVERTISING_DATA,
          "\x03\x02\x01\x06____________________________", "adv_set_data", ""),
    NAMED(LE_SET_SCAN_RESPONSE_DATA,
          "\x1F\x1E\xFF" "abcdefghijklmnopqrstuvwxyz.:;", "adv_set_scan_response", ""),
    NAMED(LE_SET_ADVERTISING_ENABLE, "\x01", "adv_enable", ""),
    NAMED(LE_SET_SCAN_PARAMETERS, "\x01\x10\x00\x08\x00\x01\x02", "scan_set_params", ""),
    NAMED(LE_SET_SCAN_ENABLE, "\x01\x01", "scan_enable", ""),
    NAMED(LE_CREATE_CONNECTION,
          "\x60\x00\x30\x00\x00\x01\x21\x22\x23\x24\x25\xE6\x01"
          "\x06\x00\x0C\x00\x03\x00\xC8\x00\x02\x00\x04\x00", "create_connection", ""),
    NAMED(LE_CREATE_CONNECTION_CANCEL, "", "create_connection_cancel", ""),
    NAMED(LE_READ_FILTER_ACCEPT_LIST_SIZE, "", NULL, "\x10"),
    NAMED(LE_CLEAR_FILTER_ACCEPT_LIST, "", "accept_list_clear", ""),
    NAMED(LE_ADD_DEVICE_TO_FILTER_ACCEPT_LIST, "\x01\x31\x32\x33\x34\x35\x36", "accept_list_add",
          ""),
    NAMED(LE_REMOVE_DEVICE_FROM_FILTER_ACCEPT_LIST, "\x00\x41\x42\x43\x44\x45\x46",
          "accept_list_remove", ""),
    NAMED(LE_CONNECTION_UPDATE,
          "\x40\x00\x06\x00\x0C\x00\x03\x00\xC8\x00\x02\x00\x04\x00", "connection_update", ""),
    NAMED(LE_SET_HOST_CHANNEL_CLASSIFICATION, "\xFF\xFE\xFD\xFC\x1F",
          "set_channel_classification", ""),
    NAMED(LE_READ_CHANNEL_MAP, "\x40\x00", "read_channel_map", "\x40\x00\xFF\xFE\xFD\xFC\x1F"),
    NAMED(LE_READ_REMOTE_FEATURES, "\x40\x00", "read_remote_features", ""),
    /* The sample of AES in tests/vectors/crypto.txt; HCI has it the other way round. */
    NAMED(LE_ENCRYPT,
          "\x3C\x4F\xCF\x09\x88\x15\xF7\xAB\xA6\xD2\xAE\x28\x16\x15\x7E\x2B"
          "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", NULL,
          "\x6F\x54\x1B\xB9\x47\xF0\x42\x3E\xB3\x99\xB8\x1A\x0C\x6B\xF7\x7D"),
    NAMED(LE_READ_SUPPORTED_STATES, "", NULL, "\xFF\xFF\xFF\xFF\xFF\x03\x00\x00"),
    NAMED(LE_RECEIVER_TEST, "\x27", "test_receive", ""),
    NAMED(LE_TRANSMITTER_TEST, "\x27\xFF\x07", "test_transmit", ""),
    NAMED(LE_TEST_END, "", "test_end", "\x01\x02"),
    NAMED(LE_RECEIVER_TEST_V2, "\x27\x03\x00", "test_receive", ""),
    NAMED(LE_TRANSMITTER_TEST_V2, "\x26\xFE\x06\x04", "test_transmit", ""),
    NAMED(LE_REMOTE_CONNECTION_PARAMETER_REQUEST_REPLY,
          "\x40\x00\x06\x00\x0C\x00\x03\x00\xC8\x00\x02\x00\x04\x00", "param_request_reply",
          "\x40\x00"),
    NAMED(LE_REMOTE_CONNECTION_PARAMETER_REQUEST_NEGATIVE_REPLY, "\x40\x00\x3B",
          "param_request_negative_reply", "\x40\x00"),
    NAMED(LE_SET_DATA_LENGTH, "\x40\x00\xFB\x00\x48\x08", "set_data_length", "\x40\x00"),
    NAMED(LE_READ_SUGGESTED_DEFAULT_DATA_LENGTH, "", NULL, "\x64\x00\x80\x03"),
    NAMED(LE_WRITE_SUGGESTED_DEFAULT_DATA_LENGTH, "\xFB\x00\x48\x08", "suggest_data_length", ""),
    NAMED(LE_ADD_DEVICE_TO_RESOLVING_LIST,
          "\x01\x61\x62\x63\x64\x65\xE6" "0123456789abcdef" "ABCDEFGHIJKLMNOP",
          "resolving_add", ""),
    NAMED(LE_REMOVE_DEVICE_FROM_RESOLVING_LIST, "\x01\x61\x62\x63\x64\x65\xE6",
          "resolving_remove", ""),
    NAMED(LE_CLEAR_RESOLVING_LIST, "", "resolving_clear", ""),
    NAMED(LE_READ_RESOLVING_LIST_SIZE, "", NULL, "\x08"),
    NAMED(LE_READ_PEER_RESOLVABLE_ADDRESS, "\x00\x61\x62\x63\x64\x65\x66", "read_peer_rpa",
          "\x51\x52\x53\x54\x55\x56"),
    NAMED(LE_READ_LOCAL_RESOLVABLE_ADDRESS, "\x00\x61\x62\x63\x64\x65\x66", "read_local_rpa",
          "\x51\x52\x53\x54\x55\x56"),
    NAMED(LE_SET_ADDRESS_RESOLUTION_ENABLE, "\x01", "set_address_resolution", ""),
    NAMED(LE_SET_RESOLVABLE_PRIVATE_ADDRESS_TIMEOUT, "\x0E\x0D", "set_rpa_timeout", ""),
    NAMED(LE_SET_PRIVACY_MODE, "\x00\x61\x62\x63\x64\x65\x66\x01", "set_privacy_mode", ""),
    NAMED(LE_READ_MAXIMUM_DATA_LENGTH, "", NULL, "\xFB\x00\x48\x08\xFB\x00\x48\x08"),
    NAMED(LE_ENABLE_ENCRYPTION,
          "\x40\x00\x01\x02\x03\x04\x05\x06\x07\x08\x34\x12"
          "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A\x0B\x0C\x0D\x0E\x0F",
          "enable_encryption", ""),
    NAMED(LE_LONG_TERM_KEY_REQUEST_REPLY,
          "\x40\x00"
          "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A\x0B\x0C\x0D\x0E\x0F",
          "long_term_key_reply", "\x40\x00"),
    NAMED(LE_LONG_TERM_KEY_REQUEST_NEGATIVE_REPLY, "\x40\x00", "long_term_key_negative_reply",
          "\x40\x00"),
    NAMED(LE_READ_PHY, "\x40\x00", NULL, "\x40\x00\x02\x03"),
    NAMED(LE_SET_DEFAULT_PHY, "\x01\x04\x03", "set_default_phy", ""),
    NAMED(LE_READ_LOCAL_P_256_PUBLIC_KEY, "", NULL, ""),
    NAMED(LE_SET_PHY, "\x40\x00\x02\x00\x02\x01\x00", "set_phy", ""),
    NAMED(VENDOR_WRITE_BD_ADDR, "\x71\x72\x73\x74\x75\x76", "set_public_address", ""),
    NAMED(VENDOR_WRITE_TX_POWER_LEVEL, "\x02\x40\x00\xF4", "set_tx_power", "\x02\x40\x00\xF4"),
    NAMED(VENDOR_READ_TX_POWER_LEVEL, "\x00\x00\x00", NULL, "\x00\x00\x00\x04"),
    NAMED(BLUEROOM_SET_PUBLIC_ADDRESS, "\x71\x72\x73\x74\x75\x76", "set_public_address", ""),
    NAMED(BLUEROOM_READ_VIRTUAL_TIME, "", NULL, "\xA0\x86\x01\x00\x00\x00\x00\x00"),
    NAMED(BLUEROOM_READ_SEED, "", NULL, "\x07\x00\x00\x00\x00\x00\x00\x00"),
};
/* clang-format on */
#define ROWS (sizeof rows / sizeof rows[0])

static struct fixture *addressed(void)
{
    struct sim_controller_profile profile = sim_controller_profile_default();

    profile.address = (struct bd_addr){.octet = {0x01, 0x00, 0x00, 0xDC, 0x1B, 0x00}};
    return fixture_new(&profile);
}

static int setup_addressed(void **state)
{
    *state = addressed();
    return 0;
}

static void as_it_should_be(void **state)
{
    const struct row *row = *state;
    struct fixture *f = addressed();
    uint8_t ret[252];

    assert_int_equal(hci_tester_command(&f->host, row->opcode, (const uint8_t *)row->params,
                                        row->params_len, ret),
                     HCI_ERR_SUCCESS);
    if (hci_command_info(row->opcode)->return_len >= 0) {
        assert_int_equal(hci_command_info(row->opcode)->return_len, 1 + row->returned_len);
        assert_memory_equal(ret, row->returned, row->returned_len);
    }
    assert_int_equal(f->ll->requests, row->request ? 1 : 0);
    if (row->request)
        assert_string_equal(f->ll->request, row->request);
    hci_tester_expect_none(&f->host);
    fixture_free(f);
}

/* LE Rand alone returns what no table can hold. */
static void rand_is_random_and_repeatable(void **state)
{
    struct fixture *f = *state, *again = addressed();
    uint8_t first[8], second[8], same[8];

    assert_int_equal(hci_tester_command(&f->host, HCI_OP_LE_RAND, NULL, 0, first), 0);
    assert_int_equal(hci_tester_command(&f->host, HCI_OP_LE_RAND, NULL, 0, second), 0);
    assert_memory_not_equal(first, second, 8);
    assert_int_equal(hci_tester_command(&again->host, HCI_OP_LE_RAND, NULL, 0, same), 0);
    assert_memory_equal(first, same, 8);
    fixture_free(again);
}

/* The answer that the command's row names, with the status, and zeros behind it. */
static void expect_answer(struct fixture *f, uint16_t opcode, uint8_t status)
{
    const struct hci_command_info *info = hci_command_info(opcode);
    uint8_t expected[257] = {0};
    size_t len = 6;
    const sim_ns at = sim_world_now(f->world) + SIM_US(200);

    if (info->return_len < 0) {
        memcpy(expected,
               (const uint8_t[]){0x0F, 4, status, 1, (uint8_t)opcode, (uint8_t)(opcode >> 8)}, 6);
    } else {
        len = 5U + (size_t)info->return_len;
        memcpy(expected,
               (const uint8_t[]){0x0E, (uint8_t)(len - 2), 1, (uint8_t)opcode,
                                 (uint8_t)(opcode >> 8), status},
               6);
    }
    hci_tester_expect(&f->host, at, HCI_PACKET_EVENT, expected, len);
}

static bool supported(struct fixture *f, const struct hci_command_info *info)
{
    uint8_t octets[64];

    assert_int_equal(
        hci_tester_command(&f->host, HCI_OP_READ_LOCAL_SUPPORTED_COMMANDS, NULL, 0, octets), 0);
    return info->opcode >= HCI_OPCODE_VENDOR ||
           (info->octet < sizeof octets && octets[info->octet] >> info->bit & 1);
}

static void every_other_length_is_refused(void **state)
{
    struct fixture *f = *state;

    f->ll->answer = HCI_ERR_HARDWARE_FAILURE; /* must not show */
    for (size_t i = 0; i < HCI_COMMAND_ROWS; i++) {
        const struct hci_command_info *info = &hci_command_table[i];
        uint8_t zeros[255] = {0};
        if (!supported(f, info))
            continue;
        for (size_t len = 0; len <= 255; len++) {
            if (hci_len_allowed(info->params_len, len))
                continue;
            hci_tester_send_command(&f->host, info->opcode, zeros, len);
            expect_answer(f, info->opcode, HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS);
        }
    }
    assert_int_equal(f->ll->requests, 0);
    hci_tester_expect_none(&f->host);
}

/* Parameter_Total_Length is right for the command, but not for the packet, or the reverse. */
static void packet_and_length_must_agree(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < ROWS; i++) {
        const struct row *row = &rows[i];
        for (int off = -1; off <= 1; off += 2) {
            uint8_t packet[64] = {(uint8_t)row->opcode, (uint8_t)(row->opcode >> 8)};
            if (row->params_len == 0 && off < 0)
                continue;
            packet[2] = (uint8_t)row->params_len;
            hci_tester_send(&f->host, HCI_PACKET_COMMAND, packet,
                            (size_t)(3 + (int)row->params_len + off));
            expect_answer(f, row->opcode, HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS);
            packet[2] = (uint8_t)((int)row->params_len + off);
            hci_tester_send(&f->host, HCI_PACKET_COMMAND, packet, 3 + row->params_len);
            expect_answer(f, row->opcode, HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS);
        }
        /* An opcode without even a length. */
        hci_tester_send(&f->host, HCI_PACKET_COMMAND,
                        BYTES((uint8_t)row->opcode, (uint8_t)(row->opcode >> 8)));
        expect_answer(f, row->opcode, HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS);
    }
    assert_int_equal(f->ll->requests, 0);
}

static void without_an_opcode_there_is_no_answer(void **state)
{
    struct fixture *f = *state;

    hci_tester_send(&f->host, HCI_PACKET_COMMAND, NULL, 0);
    hci_tester_send(&f->host, HCI_PACKET_COMMAND, BYTES(3));
    hci_tester_send(&f->host, HCI_PACKET_SCO, BYTES(0x40, 0, 0));
    hci_tester_send(&f->host, HCI_PACKET_EVENT, BYTES(0x0E, 0));
    hci_tester_send(&f->host, HCI_PACKET_ISO, BYTES(0x40, 0, 0, 0));
    hci_tester_send(&f->host, (enum hci_packet_type)0, BYTES(3, 12, 0));
    hci_tester_send(&f->host, (enum hci_packet_type)0xFF, BYTES(3, 12, 0));
    hci_tester_run(&f->host, SIM_S(1));
    hci_tester_expect_none(&f->host);
    assert_int_equal(sim_controller_stats(f->controller)->packets_ignored, 7);
    assert_int_equal(f->ll->requests, 0);
}

/* An error of the Link Layer is the command's. */
static void errors_are_passed_on(void **state)
{
    static const uint8_t errors[] = {
        HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER,
        HCI_ERR_MEMORY_CAPACITY_EXCEEDED,
        HCI_ERR_CONNECTION_LIMIT_EXCEEDED,
        HCI_ERR_CONNECTION_ALREADY_EXISTS,
        HCI_ERR_COMMAND_DISALLOWED,
        HCI_ERR_UNSUPPORTED_FEATURE_OR_PARAMETER_VALUE,
        HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS,
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < ROWS; i++) {
        const struct row *row = &rows[i];
        if (!row->request || row->opcode == HCI_OP_RESET)
            continue;
        for (size_t j = 0; j < sizeof errors; j++) {
            uint8_t ret[252];
            f->ll->answer = errors[j];
            assert_int_equal(hci_tester_command(&f->host, row->opcode, (const uint8_t *)row->params,
                                                row->params_len, ret),
                             errors[j]);
        }
    }
}

/* What the face itself refuses, before the Link Layer is asked. */
static const struct refused {
    const char *name;
    uint16_t opcode;
    uint8_t params[32];
    uint8_t status;
    uint8_t returned[3];
} refused[] = {
    {"advertising data of 32", HCI_OP_LE_SET_ADVERTISING_DATA, {32}, 0x12, {0}},
    {"advertising data of 255", HCI_OP_LE_SET_ADVERTISING_DATA, {255}, 0x12, {0}},
    {"scan response of 32", HCI_OP_LE_SET_SCAN_RESPONSE_DATA, {32}, 0x12, {0}},
    {"advertising enable 2", HCI_OP_LE_SET_ADVERTISING_ENABLE, {2}, 0x12, {0}},
    {"scan enable 2", HCI_OP_LE_SET_SCAN_ENABLE, {2, 0}, 0x12, {0}},
    {"filter duplicates 2", HCI_OP_LE_SET_SCAN_ENABLE, {1, 2}, 0x12, {0}},
    {"address resolution 2", HCI_OP_LE_SET_ADDRESS_RESOLUTION_ENABLE, {2}, 0x12, {0}},
    {"power of no connection", HCI_OP_READ_TRANSMIT_POWER_LEVEL, {0x41, 0, 0}, 0x02, {0x41, 0, 0}},
    {"power type 2", HCI_OP_READ_TRANSMIT_POWER_LEVEL, {0x40, 0, 2}, 0x12, {0x40, 0, 0}},
};

static void the_face_refuses(void **state)
{
    const struct refused *row = *state;
    struct fixture *f = addressed();
    const struct hci_command_info *info = hci_command_info(row->opcode);
    uint8_t ret[252];

    assert_int_equal(hci_tester_command(&f->host, row->opcode, row->params, info->params_len, ret),
                     row->status);
    assert_memory_equal(ret, row->returned, (size_t)info->return_len - 1);
    assert_int_equal(f->ll->requests, 0);
    fixture_free(f);
}

/* The handle that is not known comes back beside its error; what else there would be is zero. */
static void unknown_handles_come_back(void **state)
{
    struct fixture *f = *state;
    uint8_t ret[8];

    assert_int_equal(hci_tester_command(&f->host, HCI_OP_READ_RSSI, BYTES(0xFF, 0xFF), ret), 2);
    assert_memory_equal(ret, "\xFF\xFF\x00", 3);
    assert_int_equal(hci_tester_command(&f->host, HCI_OP_LE_READ_CHANNEL_MAP, BYTES(1, 0), ret), 2);
    assert_memory_equal(ret, "\x01\x00\x00\x00\x00\x00\x00", 7);
    assert_int_equal(hci_tester_command(&f->host, HCI_OP_DISCONNECT, BYTES(1, 0, 0x13), NULL), 2);
    assert_int_equal(
        hci_tester_command(&f->host, HCI_OP_LE_READ_REMOTE_FEATURES, BYTES(1, 0), NULL), 2);
    assert_int_equal(
        hci_tester_command(&f->host, HCI_OP_READ_REMOTE_VERSION_INFORMATION, BYTES(1, 0), NULL), 2);
}

static const uint8_t reversed_key[16] = {15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0};

/* What a row's command said, where another row's overwrites it. */
static void expect_decoded(const struct ll *ll, uint16_t opcode)
{
    if (opcode == HCI_OP_LE_SET_RANDOM_ADDRESS) {
        assert_memory_equal(ll->address.octet, "\x01\x02\x03\x04\x05\xC6", 6);
        assert_int_equal(ll->address.type, BD_ADDR_RANDOM);
    } else if (opcode == HCI_OP_LE_SET_ADVERTISING_DATA) {
        assert_int_equal(ll->data_len, 3);
        assert_memory_equal(ll->data, "\x02\x01\x06", 3);
    } else if (opcode == HCI_OP_LE_SET_SCAN_RESPONSE_DATA) {
        assert_int_equal(ll->data_len, 31);
        assert_memory_equal(ll->data + 2, "abcdefghijklmnopqrstuvwxyz.:;", 29);
    } else if (opcode == HCI_OP_LE_ADD_DEVICE_TO_FILTER_ACCEPT_LIST) {
        assert_memory_equal(ll->address.octet, "\x31\x32\x33\x34\x35\x36", 6);
        assert_int_equal(ll->address.type, BD_ADDR_RANDOM);
    } else if (opcode == HCI_OP_LE_ADD_DEVICE_TO_RESOLVING_LIST) {
        assert_memory_equal(ll->address.octet, "\x61\x62\x63\x64\x65\xE6", 6);
        assert_int_equal(ll->address.type, BD_ADDR_RANDOM);
        assert_memory_equal(ll->peer_irk, "0123456789abcdef", 16);
        assert_memory_equal(ll->local_irk, "ABCDEFGHIJKLMNOP", 16);
    } else if (opcode == HCI_OP_LE_REMOVE_DEVICE_FROM_FILTER_ACCEPT_LIST) {
        assert_memory_equal(ll->address.octet, "\x41\x42\x43\x44\x45\x46", 6);
        assert_int_equal(ll->address.type, BD_ADDR_PUBLIC);
    } else if (opcode == HCI_OP_LE_SET_PRIVACY_MODE) {
        assert_memory_equal(ll->address.octet, "\x61\x62\x63\x64\x65\x66", 6);
        assert_int_equal(ll->address.type, BD_ADDR_PUBLIC);
        assert_int_equal(ll->privacy_mode, 1);
    } else if (opcode == HCI_OP_LE_LONG_TERM_KEY_REQUEST_REPLY) {
        assert_memory_equal(ll->data, reversed_key, 16);
    } else if (opcode == HCI_OP_VENDOR_WRITE_BD_ADDR) {
        assert_memory_equal(ll->public_address.octet, "\x71\x72\x73\x74\x75\x76", 6);
        assert_int_equal(ll->public_address.type, BD_ADDR_PUBLIC);
    } else if (opcode == HCI_OP_VENDOR_WRITE_TX_POWER_LEVEL) {
        assert_int_equal(ll->handle, 0x0040);
        assert_int_equal(ll->power_of, LL_POWER_CONNECTION);
    } else if (opcode == HCI_OP_LE_TRANSMITTER_TEST_V2) {
        assert_int_equal(ll->test.channel, 0x26);
        assert_int_equal(ll->test.length, 0xFE);
        assert_int_equal(ll->test.payload, 6);
        assert_int_equal(ll->test.phy, 4);
    } else if (opcode == HCI_OP_DISCONNECT) {
        assert_int_equal(ll->handle, 0x0040);
        assert_int_equal(ll->reason, 0x13);
    }
}

/* Where each octet of the parameters ends up. */
static void parameters_are_decoded(void **state)
{
    struct fixture *f = *state;
    const struct ll *ll = f->ll;

    for (size_t i = 0; i < ROWS; i++) {
        uint8_t ret[252];
        hci_tester_command(&f->host, rows[i].opcode, (const uint8_t *)rows[i].params,
                           rows[i].params_len, ret);
        expect_decoded(ll, rows[i].opcode);
    }
    assert_int_equal(ll->rpa_timeout_s, 0x0D0E);
    assert_true(ll->encrypt.rand == 0x0807060504030201);
    assert_int_equal(ll->encrypt.ediv, 0x1234);
    assert_memory_equal(ll->encrypt.ltk, reversed_key, 16);
    assert_true(ll->enable && ll->filter_duplicates);
    assert_int_equal(ll->adv.interval_min_625us, 0x00A0);
    assert_int_equal(ll->adv.interval_max_625us, 0x00F0);
    assert_int_equal(ll->adv.type, 2);
    assert_int_equal(ll->adv.own_address_type, 1);
    assert_int_equal(ll->adv.peer.type, 0);
    assert_memory_equal(ll->adv.peer.octet, "\x11\x12\x13\x14\x15\x16", 6);
    assert_int_equal(ll->adv.channel_map, 5);
    assert_int_equal(ll->adv.filter_policy, 3);
    assert_int_equal(ll->scan.type, 1);
    assert_int_equal(ll->scan.interval_625us, 0x0010);
    assert_int_equal(ll->scan.window_625us, 0x0008);
    assert_int_equal(ll->scan.own_address_type, 1);
    assert_int_equal(ll->scan.filter_policy, 2);
    assert_int_equal(ll->create.scan_interval_625us, 0x0060);
    assert_int_equal(ll->create.scan_window_625us, 0x0030);
    assert_int_equal(ll->create.filter_policy, 0);
    assert_int_equal(ll->create.peer.type, 1);
    assert_memory_equal(ll->create.peer.octet, "\x21\x22\x23\x24\x25\xE6", 6);
    assert_int_equal(ll->create.own_address_type, 1);
    assert_int_equal(ll->create.interval_min_1250us, 6);
    assert_int_equal(ll->create.interval_max_1250us, 12);
    assert_int_equal(ll->create.latency, 3);
    assert_int_equal(ll->create.timeout_10ms, 200);
    assert_int_equal(ll->create.min_ce_625us, 2);
    assert_int_equal(ll->create.max_ce_625us, 4);
}

/* Disabling ignores Filter_Duplicates (7.8.11). */
static void scan_disable_ignores_the_filter(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(hci_tester_command(&f->host, HCI_OP_LE_SET_SCAN_ENABLE, BYTES(0, 7), NULL), 0);
    assert_false(f->ll->enable);
}

/* One credit is all a host has; without one, commands are still answered, in order. */
static void commands_without_credit_are_answered_in_order(void **state)
{
    struct fixture *f = *state;

    for (unsigned i = 0; i < 100; i++) {
        hci_tester_send_command(&f->host, HCI_OP_LE_CLEAR_FILTER_ACCEPT_LIST, NULL, 0);
        hci_tester_send_command(&f->host, HCI_OP_DISCONNECT, BYTES(0x40, 0, 0x13));
    }
    for (unsigned i = 0; i < 100; i++) {
        hci_tester_expect(&f->host, SIM_US(200), HCI_PACKET_EVENT,
                          BYTES(0x0E, 4, 1, 0x10, 0x20, 0));
        hci_tester_expect(&f->host, SIM_US(200), HCI_PACKET_EVENT, BYTES(0x0F, 4, 0, 1, 6, 4));
    }
}

static void one_connection_has_fewer_states(void **state)
{
    struct sim_controller_profile profile = sim_controller_profile_default();
    uint8_t ret[8];

    (void)state;
    profile.max_connections = 1;
    struct fixture *f = fixture_new(&profile);
    assert_int_equal(hci_tester_command(&f->host, HCI_OP_LE_READ_SUPPORTED_STATES, NULL, 0, ret),
                     0);
    assert_memory_equal(ret, "\xFF\xFF\xFF\xEF\x00\x00\x00\x00", 8);
    fixture_free(f);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_addressed, teardown)
    const struct CMUnitTest tests[] = {
        TEST(rand_is_random_and_repeatable),
        TEST(every_other_length_is_refused),
        TEST(packet_and_length_must_agree),
        TEST(without_an_opcode_there_is_no_answer),
        TEST(errors_are_passed_on),
        TEST(unknown_handles_come_back),
        TEST(parameters_are_decoded),
        TEST(scan_disable_ignores_the_filter),
        TEST(commands_without_credit_are_answered_in_order),
        cmocka_unit_test(one_connection_has_fewer_states),
    };
    int failed = RUN_ROWS(rows, as_it_should_be);

    failed += RUN_ROWS(refused, the_face_refuses);
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
