/* SPDX-License-Identifier: MIT */
/*
 * The command table, and what is asked of every command before its handler sees it. In this order:
 *
 *   1. there is an opcode: a packet without one cannot be answered and is ignored. (Hardware Error
 *      is for H4 that lost its synchronization, Vol 4, Part A, 4; packets cannot lose it.)
 *   2. the opcode is known, that is, it has a handler and this controller what it is about: else
 *      Unknown HCI Command (0x01).
 *   3. the length agrees, both Parameter_Total_Length with the packet and with the command's
 *      own: else Invalid HCI Command Parameters (0x12).
 *   4. (Where legacy and extended advertising commands will exclude each other, 3.1.1: a rule on
 *      rows, not in handlers.)
 *   5. the handler: ranges and state, in the order of the command's section.
 *
 * A command is done with before the next is looked at, so there is always a credit for one
 * more (Num_HCI_Command_Packets, 4.4), and a host that sends without credit is served in order.
 * Host Number Of Completed Packets is answered only if it fails. An error is told in the event that the command is answered with (4.5); an unknown command has
 * none, so it is told in Command Status.
 */
#include <assert.h>

#include "hci_face.h"
#include "wire/ll.h"

#define CREDITS 1

/* Keyed by the rows of wire/hci.h; one without a handler is not supported. */
static hci_handler *const handlers[HCI_COMMAND_ROWS] = {
    [HCI_ROW_DISCONNECT] = hci_cmd_disconnect,
    [HCI_ROW_READ_REMOTE_VERSION_INFORMATION] = hci_cmd_read_remote_version_information,
    [HCI_ROW_SET_EVENT_MASK] = hci_cmd_set_event_mask,
    [HCI_ROW_RESET] = hci_cmd_reset,
    [HCI_ROW_READ_TRANSMIT_POWER_LEVEL] = hci_cmd_read_transmit_power_level,
    [HCI_ROW_SET_CONTROLLER_TO_HOST_FLOW_CONTROL] = hci_cmd_set_controller_to_host_flow_control,
    [HCI_ROW_HOST_BUFFER_SIZE] = hci_cmd_host_buffer_size,
    [HCI_ROW_HOST_NUMBER_OF_COMPLETED_PACKETS] = hci_cmd_host_number_of_completed_packets,
    [HCI_ROW_SET_EVENT_MASK_PAGE_2] = hci_cmd_set_event_mask_page_2,
    [HCI_ROW_READ_AUTHENTICATED_PAYLOAD_TIMEOUT] = hci_cmd_read_authenticated_payload_timeout,
    [HCI_ROW_WRITE_AUTHENTICATED_PAYLOAD_TIMEOUT] = hci_cmd_write_authenticated_payload_timeout,
    [HCI_ROW_READ_LOCAL_VERSION_INFORMATION] = hci_cmd_read_local_version_information,
    [HCI_ROW_READ_LOCAL_SUPPORTED_COMMANDS] = hci_cmd_read_local_supported_commands,
    [HCI_ROW_READ_LOCAL_SUPPORTED_FEATURES] = hci_cmd_read_local_supported_features,
    [HCI_ROW_READ_BD_ADDR] = hci_cmd_read_bd_addr,
    [HCI_ROW_READ_RSSI] = hci_cmd_read_rssi,
    [HCI_ROW_LE_SET_EVENT_MASK] = hci_cmd_le_set_event_mask,
    [HCI_ROW_LE_READ_BUFFER_SIZE] = hci_cmd_le_read_buffer_size,
    [HCI_ROW_LE_READ_LOCAL_SUPPORTED_FEATURES] = hci_cmd_le_read_local_supported_features,
    [HCI_ROW_LE_SET_RANDOM_ADDRESS] = hci_cmd_le_set_random_address,
    [HCI_ROW_LE_SET_ADVERTISING_PARAMETERS] = hci_cmd_le_set_advertising_parameters,
    [HCI_ROW_LE_READ_ADVERTISING_PHYSICAL_CHANNEL_TX_POWER] =
        hci_cmd_le_read_advertising_physical_channel_tx_power,
    [HCI_ROW_LE_SET_ADVERTISING_DATA] = hci_cmd_le_set_advertising_data,
    [HCI_ROW_LE_SET_SCAN_RESPONSE_DATA] = hci_cmd_le_set_scan_response_data,
    [HCI_ROW_LE_SET_ADVERTISING_ENABLE] = hci_cmd_le_set_advertising_enable,
    [HCI_ROW_LE_SET_SCAN_PARAMETERS] = hci_cmd_le_set_scan_parameters,
    [HCI_ROW_LE_SET_SCAN_ENABLE] = hci_cmd_le_set_scan_enable,
    [HCI_ROW_LE_CREATE_CONNECTION] = hci_cmd_le_create_connection,
    [HCI_ROW_LE_CREATE_CONNECTION_CANCEL] = hci_cmd_le_create_connection_cancel,
    [HCI_ROW_LE_READ_FILTER_ACCEPT_LIST_SIZE] = hci_cmd_le_read_filter_accept_list_size,
    [HCI_ROW_LE_CLEAR_FILTER_ACCEPT_LIST] = hci_cmd_le_clear_filter_accept_list,
    [HCI_ROW_LE_ADD_DEVICE_TO_FILTER_ACCEPT_LIST] = hci_cmd_le_add_device_to_filter_accept_list,
    [HCI_ROW_LE_REMOVE_DEVICE_FROM_FILTER_ACCEPT_LIST] =
        hci_cmd_le_remove_device_from_filter_accept_list,
    [HCI_ROW_LE_CONNECTION_UPDATE] = hci_cmd_le_connection_update,
    [HCI_ROW_LE_SET_HOST_CHANNEL_CLASSIFICATION] = hci_cmd_le_set_host_channel_classification,
    [HCI_ROW_LE_READ_CHANNEL_MAP] = hci_cmd_le_read_channel_map,
    [HCI_ROW_LE_READ_REMOTE_FEATURES] = hci_cmd_le_read_remote_features,
    [HCI_ROW_LE_ENCRYPT] = hci_cmd_le_encrypt,
    [HCI_ROW_LE_RAND] = hci_cmd_le_rand,
    [HCI_ROW_LE_ENABLE_ENCRYPTION] = hci_cmd_le_enable_encryption,
    [HCI_ROW_LE_LONG_TERM_KEY_REQUEST_REPLY] = hci_cmd_le_long_term_key_request_reply,
    [HCI_ROW_LE_LONG_TERM_KEY_REQUEST_NEGATIVE_REPLY] =
        hci_cmd_le_long_term_key_request_negative_reply,
    [HCI_ROW_LE_READ_SUPPORTED_STATES] = hci_cmd_le_read_supported_states,
    [HCI_ROW_LE_RECEIVER_TEST] = hci_cmd_le_receiver_test,
    [HCI_ROW_LE_TRANSMITTER_TEST] = hci_cmd_le_transmitter_test,
    [HCI_ROW_LE_TEST_END] = hci_cmd_le_test_end,
    [HCI_ROW_LE_REMOTE_CONNECTION_PARAMETER_REQUEST_REPLY] =
        hci_cmd_le_remote_connection_parameter_request_reply,
    [HCI_ROW_LE_REMOTE_CONNECTION_PARAMETER_REQUEST_NEGATIVE_REPLY] =
        hci_cmd_le_remote_connection_parameter_request_negative_reply,
    [HCI_ROW_LE_SET_DATA_LENGTH] = hci_cmd_le_set_data_length,
    [HCI_ROW_LE_READ_SUGGESTED_DEFAULT_DATA_LENGTH] =
        hci_cmd_le_read_suggested_default_data_length,
    [HCI_ROW_LE_WRITE_SUGGESTED_DEFAULT_DATA_LENGTH] =
        hci_cmd_le_write_suggested_default_data_length,
    [HCI_ROW_LE_READ_LOCAL_P_256_PUBLIC_KEY] = hci_cmd_le_read_local_p_256_public_key,
    [HCI_ROW_LE_GENERATE_DHKEY] = hci_cmd_le_generate_dhkey,
    [HCI_ROW_LE_ADD_DEVICE_TO_RESOLVING_LIST] = hci_cmd_le_add_device_to_resolving_list,
    [HCI_ROW_LE_REMOVE_DEVICE_FROM_RESOLVING_LIST] = hci_cmd_le_remove_device_from_resolving_list,
    [HCI_ROW_LE_CLEAR_RESOLVING_LIST] = hci_cmd_le_clear_resolving_list,
    [HCI_ROW_LE_READ_RESOLVING_LIST_SIZE] = hci_cmd_le_read_resolving_list_size,
    [HCI_ROW_LE_READ_PEER_RESOLVABLE_ADDRESS] = hci_cmd_le_read_peer_resolvable_address,
    [HCI_ROW_LE_READ_LOCAL_RESOLVABLE_ADDRESS] = hci_cmd_le_read_local_resolvable_address,
    [HCI_ROW_LE_SET_ADDRESS_RESOLUTION_ENABLE] = hci_cmd_le_set_address_resolution_enable,
    [HCI_ROW_LE_SET_RESOLVABLE_PRIVATE_ADDRESS_TIMEOUT] =
        hci_cmd_le_set_resolvable_private_address_timeout,
    [HCI_ROW_LE_READ_MAXIMUM_DATA_LENGTH] = hci_cmd_le_read_maximum_data_length,
    [HCI_ROW_LE_READ_PHY] = hci_cmd_le_read_phy,
    [HCI_ROW_LE_SET_DEFAULT_PHY] = hci_cmd_le_set_default_phy,
    [HCI_ROW_LE_SET_PHY] = hci_cmd_le_set_phy,
    [HCI_ROW_LE_RECEIVER_TEST_V2] = hci_cmd_le_receiver_test_v2,
    [HCI_ROW_LE_TRANSMITTER_TEST_V2] = hci_cmd_le_transmitter_test_v2,
    [HCI_ROW_LE_SET_PRIVACY_MODE] = hci_cmd_le_set_privacy_mode,
    [HCI_ROW_LE_GENERATE_DHKEY_V2] = hci_cmd_le_generate_dhkey_v2,
    [HCI_ROW_VENDOR_WRITE_BD_ADDR] = hci_cmd_set_public_address,
    [HCI_ROW_VENDOR_WRITE_TX_POWER_LEVEL] = hci_cmd_write_tx_power_level,
    [HCI_ROW_VENDOR_READ_TX_POWER_LEVEL] = hci_cmd_read_tx_power_level,
    [HCI_ROW_BLUEROOM_SET_PUBLIC_ADDRESS] = hci_cmd_set_public_address,
    [HCI_ROW_BLUEROOM_READ_VIRTUAL_TIME] = hci_cmd_read_virtual_time,
    [HCI_ROW_BLUEROOM_READ_SEED] = hci_cmd_read_seed,
};

/* Those of profiles with dual_mode_commands alone. */
static hci_handler *const dual_mode_handlers[HCI_COMMAND_ROWS] = {
    [HCI_ROW_READ_LOCAL_NAME] = hci_cmd_read_local_name,
    [HCI_ROW_READ_LE_HOST_SUPPORT] = hci_cmd_read_le_host_support,
    [HCI_ROW_WRITE_LE_HOST_SUPPORT] = hci_cmd_write_le_host_support,
    [HCI_ROW_READ_LOCAL_EXTENDED_FEATURES] = hci_cmd_read_local_extended_features,
    [HCI_ROW_READ_BUFFER_SIZE] = hci_cmd_read_buffer_size,
};

/* One of these LE features must be claimed (the conditions of Table 3.1); 0: none need be. */
#define FEATURE(name) (UINT64_C(1) << LL_FEATURE_##name)
#define PHYS          (FEATURE(2M_PHY) | FEATURE(CODED_PHY))
static const uint64_t needed_features[HCI_COMMAND_ROWS] = {
    [HCI_ROW_READ_AUTHENTICATED_PAYLOAD_TIMEOUT] = FEATURE(PING),
    [HCI_ROW_WRITE_AUTHENTICATED_PAYLOAD_TIMEOUT] = FEATURE(PING),
    [HCI_ROW_LE_ENABLE_ENCRYPTION] = FEATURE(ENCRYPTION),
    [HCI_ROW_LE_LONG_TERM_KEY_REQUEST_REPLY] = FEATURE(ENCRYPTION),
    [HCI_ROW_LE_LONG_TERM_KEY_REQUEST_NEGATIVE_REPLY] = FEATURE(ENCRYPTION),
    [HCI_ROW_LE_REMOTE_CONNECTION_PARAMETER_REQUEST_REPLY] =
        FEATURE(CONNECTION_PARAMETERS_REQUEST),
    [HCI_ROW_LE_REMOTE_CONNECTION_PARAMETER_REQUEST_NEGATIVE_REPLY] =
        FEATURE(CONNECTION_PARAMETERS_REQUEST),
    [HCI_ROW_LE_SET_DATA_LENGTH] = FEATURE(DATA_LENGTH_EXTENSION),
    [HCI_ROW_LE_READ_SUGGESTED_DEFAULT_DATA_LENGTH] = FEATURE(DATA_LENGTH_EXTENSION),
    [HCI_ROW_LE_WRITE_SUGGESTED_DEFAULT_DATA_LENGTH] = FEATURE(DATA_LENGTH_EXTENSION),
    [HCI_ROW_LE_READ_MAXIMUM_DATA_LENGTH] = FEATURE(DATA_LENGTH_EXTENSION),
    [HCI_ROW_LE_ADD_DEVICE_TO_RESOLVING_LIST] = FEATURE(PRIVACY),
    [HCI_ROW_LE_REMOVE_DEVICE_FROM_RESOLVING_LIST] = FEATURE(PRIVACY),
    [HCI_ROW_LE_CLEAR_RESOLVING_LIST] = FEATURE(PRIVACY),
    [HCI_ROW_LE_READ_RESOLVING_LIST_SIZE] = FEATURE(PRIVACY),
    [HCI_ROW_LE_READ_PEER_RESOLVABLE_ADDRESS] = FEATURE(PRIVACY),
    [HCI_ROW_LE_READ_LOCAL_RESOLVABLE_ADDRESS] = FEATURE(PRIVACY),
    [HCI_ROW_LE_SET_ADDRESS_RESOLUTION_ENABLE] = FEATURE(PRIVACY),
    [HCI_ROW_LE_SET_RESOLVABLE_PRIVATE_ADDRESS_TIMEOUT] = FEATURE(PRIVACY),
    [HCI_ROW_LE_SET_PRIVACY_MODE] = FEATURE(PRIVACY),
    [HCI_ROW_LE_READ_PHY] = PHYS,
    [HCI_ROW_LE_SET_DEFAULT_PHY] = PHYS,
    [HCI_ROW_LE_SET_PHY] = PHYS,
    [HCI_ROW_LE_RECEIVER_TEST_V2] = PHYS,
    [HCI_ROW_LE_TRANSMITTER_TEST_V2] = PHYS,
};

/* The HCI version with which a command came, of those younger than the features they belong to. */
static const uint8_t introduced[HCI_COMMAND_ROWS] = {
    [HCI_ROW_LE_SET_PRIVACY_MODE] = HCI_VERSION_5_0,
    [HCI_ROW_LE_GENERATE_DHKEY_V2] = HCI_VERSION_5_1,
};

/* NULL: this controller does not have the command. */
static hci_handler *handler_of(const struct hci_face *face, size_t row)
{
    if (introduced[row] > face->profile->hci_version)
        return NULL;
    if (needed_features[row] && !(needed_features[row] & ll_features(face->ll)))
        return NULL;
    if (face->profile->dual_mode_commands && dual_mode_handlers[row])
        return dual_mode_handlers[row];
    return handlers[row];
}

void hci_supported_commands(const struct hci_face *face, struct wr *ret)
{
    uint8_t *octets = wr_room(ret, 64);

    if (!octets)
        return;
    memset(octets, 0, 64);
    for (size_t i = 0; i < HCI_COMMAND_ROWS; i++) {
        const struct hci_command_info *row = &hci_command_table[i];
        if (handler_of(face, i) && row->octet < 64)
            octets[row->octet] |= (uint8_t)(1U << row->bit);
    }
}

static void answer_status(struct hci_face *face, uint16_t opcode, uint8_t status)
{
    struct hci_event event;

    if (!hci_event_begin(face, &event, HCI_EV_COMMAND_STATUS))
        return;
    wr_u8(&event.w, status);
    wr_u8(&event.w, CREDITS);
    wr_u16(&event.w, opcode);
    hci_event_send(face, &event);
}

/* Runs the handler, if the lengths agree, and answers as the row says. */
static void run_command(struct hci_face *face, const struct hci_command_info *row,
                        hci_handler *handler, struct rd *params, bool length_agrees)
{
    uint8_t returned[255];
    struct wr ret = wr_init(returned, sizeof returned);
    uint8_t status = HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS;

    if (length_agrees) {
        face->in_command = true;
        status = handler(face, params, &ret);
        face->in_command = false;
    }
    if (row->return_len < 0) {
        answer_status(face, row->opcode, status);
        return;
    }
    struct hci_event event;
    if ((status == HCI_ERR_SUCCESS && row->opcode == HCI_OP_HOST_NUMBER_OF_COMPLETED_PACKETS) ||
        !hci_event_begin(face, &event, HCI_EV_COMMAND_COMPLETE))
        return;
    const size_t behind_status = (size_t)row->return_len - 1;
    assert(wr_ok(&ret) && ret.len <= behind_status);
    wr_u8(&event.w, CREDITS);
    wr_u16(&event.w, row->opcode);
    wr_u8(&event.w, status);
    wr_bytes(&event.w, returned, ret.len);
    wr_fill(&event.w, 0, behind_status - ret.len);
    hci_event_send(face, &event);
}

void hci_command_received(struct hci_face *face, const uint8_t *packet, size_t len)
{
    struct rd r = rd_init(packet, len);
    const uint16_t opcode = rd_u16(&r);

    if (!rd_ok(&r)) {
        face->stats.packets_ignored++;
        return;
    }
    const struct hci_command_info *row = hci_command_info(opcode);
    hci_handler *handler = row ? handler_of(face, (size_t)(row - hci_command_table)) : NULL;
    if (!handler) {
        answer_status(face, opcode, HCI_ERR_UNKNOWN_HCI_COMMAND);
        return;
    }
    const uint8_t params_len = rd_u8(&r);
    const bool length_agrees =
        rd_ok(&r) && rd_left(&r) == params_len && hci_len_allowed(row->params_len, params_len);
    run_command(face, row, handler, &r, length_agrees);
}
