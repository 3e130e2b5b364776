/* SPDX-License-Identifier: MIT */
/*
 * The vocabulary of HCI (Core v5.4, Vol 4, Part E), written once: the controller's dispatcher, the
 * host's driver, the trace decoder, the error texts and the Supported Commands bits all come from
 * these tables.
 */
#ifndef WIRE_HCI_H
#define WIRE_HCI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * X(identifier, opcode, name, parameter length, octet and bit in Supported Commands (6.27; octet
 * 255: has none), length of the return parameters in Command Complete, or -1: Command Status)
 *
 * Host Number Of Completed Packets has a Command Complete only if it fails (7.3.40).
 *
 * Return parameters include the status. Lengths are exact; a row marked HCI_LEN_MIN is a minimum.
 * Rows stand in ascending order of their opcodes. That a row stands here promises nothing: what a
 * controller supports is what it has handlers for.
 *
 * The last rows are vendor specific: on other controllers their opcodes may mean something else.
 * Those from 0xFF80 on are this project's own, those below are understood by the controllers of
 * several makers (sim/hci_cmd_vendor.c).
 */
#define HCI_LEN_MIN 0x100

#define HCI_COMMANDS(X)                                                                            \
    X(DISCONNECT, 0x0406, "Disconnect", 3, 0, 5, -1)                                               \
    X(READ_REMOTE_VERSION_INFORMATION, 0x041D, "Read Remote Version Information", 2, 2, 7, -1)     \
    X(SET_EVENT_MASK, 0x0C01, "Set Event Mask", 8, 5, 6, 1)                                        \
    X(RESET, 0x0C03, "Reset", 0, 5, 7, 1)                                                          \
    X(READ_LOCAL_NAME, 0x0C14, "Read Local Name", 0, 7, 1, 249)                                    \
    X(READ_TRANSMIT_POWER_LEVEL, 0x0C2D, "Read Transmit Power Level", 3, 10, 2, 4)                 \
    X(SET_CONTROLLER_TO_HOST_FLOW_CONTROL, 0x0C31, "Set Controller To Host Flow Control", 1, 10,   \
      5, 1)                                                                                        \
    X(HOST_BUFFER_SIZE, 0x0C33, "Host Buffer Size", 7, 10, 6, 1)                                   \
    X(HOST_NUMBER_OF_COMPLETED_PACKETS, 0x0C35, "Host Number Of Completed Packets",                \
      HCI_LEN_MIN | 1, 10, 7, 1)                                                                   \
    X(SET_EVENT_MASK_PAGE_2, 0x0C63, "Set Event Mask Page 2", 8, 22, 2, 1)                         \
    X(READ_LE_HOST_SUPPORT, 0x0C6C, "Read LE Host Support", 0, 24, 5, 3)                           \
    X(WRITE_LE_HOST_SUPPORT, 0x0C6D, "Write LE Host Support", 2, 24, 6, 1)                         \
    X(READ_AUTHENTICATED_PAYLOAD_TIMEOUT, 0x0C7B, "Read Authenticated Payload Timeout", 2, 32, 4,  \
      5)                                                                                           \
    X(WRITE_AUTHENTICATED_PAYLOAD_TIMEOUT, 0x0C7C, "Write Authenticated Payload Timeout", 4, 32,   \
      5, 3)                                                                                        \
    X(READ_LOCAL_VERSION_INFORMATION, 0x1001, "Read Local Version Information", 0, 14, 3, 9)       \
    X(READ_LOCAL_SUPPORTED_COMMANDS, 0x1002, "Read Local Supported Commands", 0, 14, 4, 65)        \
    X(READ_LOCAL_SUPPORTED_FEATURES, 0x1003, "Read Local Supported Features", 0, 14, 5, 9)         \
    X(READ_LOCAL_EXTENDED_FEATURES, 0x1004, "Read Local Extended Features", 1, 14, 6, 11)          \
    X(READ_BUFFER_SIZE, 0x1005, "Read Buffer Size", 0, 14, 7, 8)                                   \
    X(READ_BD_ADDR, 0x1009, "Read BD_ADDR", 0, 15, 1, 7)                                           \
    X(READ_RSSI, 0x1405, "Read RSSI", 2, 15, 5, 4)                                                 \
    X(LE_SET_EVENT_MASK, 0x2001, "LE Set Event Mask", 8, 25, 0, 1)                                 \
    X(LE_READ_BUFFER_SIZE, 0x2002, "LE Read Buffer Size [v1]", 0, 25, 1, 4)                        \
    X(LE_READ_LOCAL_SUPPORTED_FEATURES, 0x2003, "LE Read Local Supported Features", 0, 25, 2, 9)   \
    X(LE_SET_RANDOM_ADDRESS, 0x2005, "LE Set Random Address", 6, 25, 4, 1)                         \
    X(LE_SET_ADVERTISING_PARAMETERS, 0x2006, "LE Set Advertising Parameters", 15, 25, 5, 1)        \
    X(LE_READ_ADVERTISING_PHYSICAL_CHANNEL_TX_POWER, 0x2007,                                       \
      "LE Read Advertising Physical Channel Tx Power", 0, 25, 6, 2)                                \
    X(LE_SET_ADVERTISING_DATA, 0x2008, "LE Set Advertising Data", 32, 25, 7, 1)                    \
    X(LE_SET_SCAN_RESPONSE_DATA, 0x2009, "LE Set Scan Response Data", 32, 26, 0, 1)                \
    X(LE_SET_ADVERTISING_ENABLE, 0x200A, "LE Set Advertising Enable", 1, 26, 1, 1)                 \
    X(LE_SET_SCAN_PARAMETERS, 0x200B, "LE Set Scan Parameters", 7, 26, 2, 1)                       \
    X(LE_SET_SCAN_ENABLE, 0x200C, "LE Set Scan Enable", 2, 26, 3, 1)                               \
    X(LE_CREATE_CONNECTION, 0x200D, "LE Create Connection", 25, 26, 4, -1)                         \
    X(LE_CREATE_CONNECTION_CANCEL, 0x200E, "LE Create Connection Cancel", 0, 26, 5, 1)             \
    X(LE_READ_FILTER_ACCEPT_LIST_SIZE, 0x200F, "LE Read Filter Accept List Size", 0, 26, 6, 2)     \
    X(LE_CLEAR_FILTER_ACCEPT_LIST, 0x2010, "LE Clear Filter Accept List", 0, 26, 7, 1)             \
    X(LE_ADD_DEVICE_TO_FILTER_ACCEPT_LIST, 0x2011, "LE Add Device To Filter Accept List", 7, 27,   \
      0, 1)                                                                                        \
    X(LE_REMOVE_DEVICE_FROM_FILTER_ACCEPT_LIST, 0x2012,                                            \
      "LE Remove Device From Filter Accept List", 7, 27, 1, 1)                                     \
    X(LE_CONNECTION_UPDATE, 0x2013, "LE Connection Update", 14, 27, 2, -1)                         \
    X(LE_SET_HOST_CHANNEL_CLASSIFICATION, 0x2014, "LE Set Host Channel Classification", 5, 27, 3,  \
      1)                                                                                           \
    X(LE_READ_CHANNEL_MAP, 0x2015, "LE Read Channel Map", 2, 27, 4, 8)                             \
    X(LE_READ_REMOTE_FEATURES, 0x2016, "LE Read Remote Features", 2, 27, 5, -1)                    \
    X(LE_ENCRYPT, 0x2017, "LE Encrypt", 32, 27, 6, 17)                                             \
    X(LE_RAND, 0x2018, "LE Rand", 0, 27, 7, 9)                                                     \
    X(LE_ENABLE_ENCRYPTION, 0x2019, "LE Enable Encryption", 28, 28, 0, -1)                         \
    X(LE_LONG_TERM_KEY_REQUEST_REPLY, 0x201A, "LE Long Term Key Request Reply", 18, 28, 1, 3)      \
    X(LE_LONG_TERM_KEY_REQUEST_NEGATIVE_REPLY, 0x201B,                                             \
    "LE Long Term Key Request Negative Reply", 2, 28, 2, 3)                                        \
    X(LE_READ_SUPPORTED_STATES, 0x201C, "LE Read Supported States", 0, 28, 3, 9)                   \
    X(LE_RECEIVER_TEST, 0x201D, "LE Receiver Test [v1]", 1, 28, 4, 1)                              \
    X(LE_TRANSMITTER_TEST, 0x201E, "LE Transmitter Test [v1]", 3, 28, 5, 1)                        \
    X(LE_TEST_END, 0x201F, "LE Test End", 0, 28, 6, 3)                                             \
    X(LE_REMOTE_CONNECTION_PARAMETER_REQUEST_REPLY, 0x2020,                                        \
      "LE Remote Connection Parameter Request Reply", 14, 33, 4, 3)                                \
    X(LE_REMOTE_CONNECTION_PARAMETER_REQUEST_NEGATIVE_REPLY, 0x2021,                               \
      "LE Remote Connection Parameter Request Negative Reply", 3, 33, 5, 3)                \
    X(LE_SET_DATA_LENGTH, 0x2022, "LE Set Data Length", 6, 33, 6, 3)                               \
    X(LE_READ_SUGGESTED_DEFAULT_DATA_LENGTH, 0x2023, "LE Read Suggested Default Data Length", 0,   \
      33, 7, 5)                                                                                    \
    X(LE_WRITE_SUGGESTED_DEFAULT_DATA_LENGTH, 0x2024, "LE Write Suggested Default Data Length", 4, \
      34, 0, 1)                                                                                    \
    X(LE_READ_LOCAL_P_256_PUBLIC_KEY, 0x2025, "LE Read Local P-256 Public Key", 0, 34, 1, -1)      \
    X(LE_GENERATE_DHKEY, 0x2026, "LE Generate DHKey [v1]", 64, 34, 2, -1)                          \
    X(LE_ADD_DEVICE_TO_RESOLVING_LIST, 0x2027, "LE Add Device To Resolving List", 39, 34, 3, 1)    \
    X(LE_REMOVE_DEVICE_FROM_RESOLVING_LIST, 0x2028, "LE Remove Device From Resolving List", 7,     \
    34, 4, 1)                                                                                      \
    X(LE_CLEAR_RESOLVING_LIST, 0x2029, "LE Clear Resolving List", 0, 34, 5, 1)                     \
    X(LE_READ_RESOLVING_LIST_SIZE, 0x202A, "LE Read Resolving List Size", 0, 34, 6, 2)             \
    X(LE_READ_PEER_RESOLVABLE_ADDRESS, 0x202B, "LE Read Peer Resolvable Address", 7, 34, 7, 7)     \
    X(LE_READ_LOCAL_RESOLVABLE_ADDRESS, 0x202C, "LE Read Local Resolvable Address", 7, 35, 0,      \
    7)                                                                                             \
    X(LE_SET_ADDRESS_RESOLUTION_ENABLE, 0x202D, "LE Set Address Resolution Enable", 1, 35, 1,      \
    1)                                                                                             \
    X(LE_SET_RESOLVABLE_PRIVATE_ADDRESS_TIMEOUT, 0x202E,                                           \
    "LE Set Resolvable Private Address Timeout", 2, 35, 2, 1)                                      \
    X(LE_READ_MAXIMUM_DATA_LENGTH, 0x202F, "LE Read Maximum Data Length", 0, 35, 3, 9)             \
    X(LE_READ_PHY, 0x2030, "LE Read PHY", 2, 35, 4, 5)                                             \
    X(LE_SET_DEFAULT_PHY, 0x2031, "LE Set Default PHY", 3, 35, 5, 1)                               \
    X(LE_SET_PHY, 0x2032, "LE Set PHY", 7, 35, 6, -1)                                              \
    X(LE_RECEIVER_TEST_V2, 0x2033, "LE Receiver Test [v2]", 3, 35, 7, 1)                           \
    X(LE_TRANSMITTER_TEST_V2, 0x2034, "LE Transmitter Test [v2]", 4, 36, 0, 1)                     \
    X(LE_SET_PRIVACY_MODE, 0x204E, "LE Set Privacy Mode", 8, 39, 2, 1)                             \
    X(LE_GENERATE_DHKEY_V2, 0x205E, "LE Generate DHKey [v2]", 65, 41, 2, -1)                       \
    X(VENDOR_WRITE_BD_ADDR, 0xFC06, "Vendor Write BD_ADDR", 6, 255, 0, 1)                          \
    X(VENDOR_WRITE_TX_POWER_LEVEL, 0xFC0E, "Vendor Write Tx Power Level", 4, 255, 0, 5)            \
    X(VENDOR_READ_TX_POWER_LEVEL, 0xFC0F, "Vendor Read Tx Power Level", 3, 255, 0, 5)              \
    X(BLUEROOM_SET_PUBLIC_ADDRESS, 0xFF80, "Blueroom Set Public Address", 6, 255, 0, 1)            \
    X(BLUEROOM_READ_VIRTUAL_TIME, 0xFF81, "Blueroom Read Virtual Time", 0, 255, 0, 9)              \
    X(BLUEROOM_READ_SEED, 0xFF82, "Blueroom Read Seed", 0, 255, 0, 9)

enum hci_opcode {
#define X(ident, opcode, name, len, octet, bit, ret) HCI_OP_##ident = opcode,
    HCI_COMMANDS(X)
#undef X
};

/* The place of each command in hci_command_table, to key tables of one's own by. */
enum hci_command_row {
#define X(ident, opcode, name, len, octet, bit, ret) HCI_ROW_##ident,
    HCI_COMMANDS(X)
#undef X
    HCI_COMMAND_ROWS
};

/* X(identifier, event code, name, exact parameter length, or HCI_LEN_MIN | minimum) */
#define HCI_EVENTS(X)                                                                              \
    X(DISCONNECTION_COMPLETE, 0x05, "Disconnection Complete", 4)                                   \
    X(ENCRYPTION_CHANGE, 0x08, "Encryption Change", 4)                                             \
    X(READ_REMOTE_VERSION_INFORMATION_COMPLETE, 0x0C, "Read Remote Version Information Complete",  \
      8)                                                                                           \
    X(COMMAND_COMPLETE, 0x0E, "Command Complete", HCI_LEN_MIN | 3)                                 \
    X(COMMAND_STATUS, 0x0F, "Command Status", 4)                                                   \
    X(HARDWARE_ERROR, 0x10, "Hardware Error", 1)                                                   \
    X(NUMBER_OF_COMPLETED_PACKETS, 0x13, "Number Of Completed Packets", HCI_LEN_MIN | 1)           \
    X(DATA_BUFFER_OVERFLOW, 0x1A, "Data Buffer Overflow", 1)                                       \
    X(ENCRYPTION_KEY_REFRESH_COMPLETE, 0x30, "Encryption Key Refresh Complete", 3)                 \
    X(LE_META, 0x3E, "LE Meta", HCI_LEN_MIN | 1)                                                   \
    X(AUTHENTICATED_PAYLOAD_TIMEOUT_EXPIRED, 0x57, "Authenticated Payload Timeout Expired", 2)

enum hci_event_code {
#define X(ident, code, name, len) HCI_EV_##ident = code,
    HCI_EVENTS(X)
#undef X
};

/* X(identifier, subevent code, name, parameter length behind the subevent code) */
#define HCI_LE_EVENTS(X)                                                                           \
    X(CONNECTION_COMPLETE, 0x01, "LE Connection Complete", 18)                                     \
    X(ADVERTISING_REPORT, 0x02, "LE Advertising Report", HCI_LEN_MIN | 11)                         \
    X(CONNECTION_UPDATE_COMPLETE, 0x03, "LE Connection Update Complete", 9)                        \
    X(READ_REMOTE_FEATURES_COMPLETE, 0x04, "LE Read Remote Features Complete", 11)                 \
    X(LONG_TERM_KEY_REQUEST, 0x05, "LE Long Term Key Request", 12)                                 \
    X(REMOTE_CONNECTION_PARAMETER_REQUEST, 0x06, "LE Remote Connection Parameter Request", 10)     \
    X(DATA_LENGTH_CHANGE, 0x07, "LE Data Length Change", 10)                                       \
    X(READ_LOCAL_P_256_PUBLIC_KEY_COMPLETE, 0x08, "LE Read Local P-256 Public Key Complete",       \
    65)                                                                                            \
    X(GENERATE_DHKEY_COMPLETE, 0x09, "LE Generate DHKey Complete", 33)                             \
    X(ENHANCED_CONNECTION_COMPLETE, 0x0A, "LE Enhanced Connection Complete [v1]", 30)              \
    X(DIRECTED_ADVERTISING_REPORT, 0x0B, "LE Directed Advertising Report", HCI_LEN_MIN | 17)       \
    X(PHY_UPDATE_COMPLETE, 0x0C, "LE PHY Update Complete", 5)                                      \
    X(CHANNEL_SELECTION_ALGORITHM, 0x14, "LE Channel Selection Algorithm", 3)

enum hci_le_event_code {
#define X(ident, code, name, len) HCI_LE_EV_##ident = code,
    HCI_LE_EVENTS(X)
#undef X
};

/* Controller error codes (Core v5.4, Vol 1, Part F, 1.3): X(identifier, code, name) */
#define HCI_ERRORS(X)                                                                              \
    X(SUCCESS, 0x00, "Success")                                                                    \
    X(UNKNOWN_HCI_COMMAND, 0x01, "Unknown HCI Command")                                            \
    X(UNKNOWN_CONNECTION_IDENTIFIER, 0x02, "Unknown Connection Identifier")                        \
    X(HARDWARE_FAILURE, 0x03, "Hardware Failure")                                                  \
    X(PAGE_TIMEOUT, 0x04, "Page Timeout")                                                          \
    X(AUTHENTICATION_FAILURE, 0x05, "Authentication Failure")                                      \
    X(PIN_OR_KEY_MISSING, 0x06, "PIN or Key Missing")                                              \
    X(MEMORY_CAPACITY_EXCEEDED, 0x07, "Memory Capacity Exceeded")                                  \
    X(CONNECTION_TIMEOUT, 0x08, "Connection Timeout")                                              \
    X(CONNECTION_LIMIT_EXCEEDED, 0x09, "Connection Limit Exceeded")                                \
    X(CONNECTION_ALREADY_EXISTS, 0x0B, "Connection Already Exists")                                \
    X(COMMAND_DISALLOWED, 0x0C, "Command Disallowed")                                              \
    X(CONNECTION_REJECTED_LIMITED_RESOURCES, 0x0D,                                                 \
      "Connection Rejected due to Limited Resources")                                              \
    X(CONNECTION_REJECTED_SECURITY, 0x0E, "Connection Rejected due to Security Reasons")           \
    X(CONNECTION_REJECTED_BD_ADDR, 0x0F, "Connection Rejected due to Unacceptable BD_ADDR")        \
    X(UNSUPPORTED_FEATURE_OR_PARAMETER_VALUE, 0x11, "Unsupported Feature or Parameter Value")      \
    X(INVALID_HCI_COMMAND_PARAMETERS, 0x12, "Invalid HCI Command Parameters")                      \
    X(REMOTE_USER_TERMINATED_CONNECTION, 0x13, "Remote User Terminated Connection")                \
    X(REMOTE_LOW_RESOURCES, 0x14,                                                                  \
      "Remote Device Terminated Connection due to Low Resources")                                  \
    X(REMOTE_POWER_OFF, 0x15, "Remote Device Terminated Connection due to Power Off")              \
    X(CONNECTION_TERMINATED_BY_LOCAL_HOST, 0x16, "Connection Terminated By Local Host")            \
    X(REPEATED_ATTEMPTS, 0x17, "Repeated Attempts")                                                \
    X(PAIRING_NOT_ALLOWED, 0x18, "Pairing Not Allowed")                                            \
    X(UNSUPPORTED_REMOTE_FEATURE, 0x1A, "Unsupported Remote Feature")                              \
    X(INVALID_LL_PARAMETERS, 0x1E, "Invalid LMP Parameters / Invalid LL Parameters")               \
    X(UNSPECIFIED_ERROR, 0x1F, "Unspecified Error")                                                \
    X(UNSUPPORTED_LL_PARAMETER_VALUE, 0x20,                                                        \
      "Unsupported LMP Parameter Value / Unsupported LL Parameter Value")                          \
    X(LL_RESPONSE_TIMEOUT, 0x22, "LMP Response Timeout / LL Response Timeout")                     \
    X(LL_PROCEDURE_COLLISION, 0x23, "LMP Error Transaction Collision / LL Procedure Collision")    \
    X(INSTANT_PASSED, 0x28, "Instant Passed")                                                      \
    X(PAIRING_WITH_UNIT_KEY_NOT_SUPPORTED, 0x29, "Pairing with Unit Key Not Supported")            \
    X(DIFFERENT_TRANSACTION_COLLISION, 0x2A, "Different Transaction Collision")                    \
    X(PARAMETER_OUT_OF_MANDATORY_RANGE, 0x30, "Parameter Out Of Mandatory Range")                  \
    X(CONTROLLER_BUSY, 0x3A, "Controller Busy")                                                    \
    X(UNACCEPTABLE_CONNECTION_PARAMETERS, 0x3B, "Unacceptable Connection Parameters")              \
    X(ADVERTISING_TIMEOUT, 0x3C, "Advertising Timeout")                                            \
    X(CONNECTION_TERMINATED_DUE_TO_MIC_FAILURE, 0x3D, "Connection Terminated due to MIC Failure")  \
    X(CONNECTION_FAILED_TO_BE_ESTABLISHED, 0x3E,                                                   \
      "Connection Failed to be Established / Synchronization Timeout")                             \
    X(UNKNOWN_ADVERTISING_IDENTIFIER, 0x42, "Unknown Advertising Identifier")                      \
    X(LIMIT_REACHED, 0x43, "Limit Reached")                                                        \
    X(OPERATION_CANCELLED_BY_HOST, 0x44, "Operation Cancelled by Host")                            \
    X(PACKET_TOO_LONG, 0x45, "Packet Too Long")

enum hci_error {
#define X(ident, code, name) HCI_ERR_##ident = code,
    HCI_ERRORS(X)
#undef X
};

/* Versions as HCI and the Link Layer number them (Assigned Numbers, 2.1). */
enum hci_version {
    HCI_VERSION_4_0 = 6,
    HCI_VERSION_4_1 = 7,
    HCI_VERSION_4_2 = 8,
    HCI_VERSION_5_0 = 9,
    HCI_VERSION_5_1 = 10,
    HCI_VERSION_5_4 = 13,
};

#define HCI_OPCODE_VENDOR 0xFC00U /* and up: OGF 0x3F (5.4.1) */

#define HCI_COMPANY_NONE 0xFFFFU /* for use in internal and interoperability tests */

#define HCI_MAX_COMMAND_SIZE (3 + 255)
#define HCI_MAX_EVENT_SIZE   (2 + 255)
#define HCI_HANDLE_MAX       0x0EFFU

/* Packet_Boundary_Flag of ACL data (5.4.2). */
enum hci_acl_pb {
    HCI_ACL_FIRST_NON_FLUSHABLE = 0, /* host to controller */
    HCI_ACL_CONTINUING = 1,
    HCI_ACL_FIRST_FLUSHABLE = 2, /* controller to host */
};

struct hci_command_info {
    uint16_t opcode;
    const char *name;
    uint16_t params_len; /* exact, or HCI_LEN_MIN | minimum */
    uint8_t octet, bit;  /* in Supported Commands; octet 255: none */
    int16_t return_len;  /* -1: answered by Command Status */
};

struct hci_event_info {
    uint8_t code;
    const char *name;
    uint16_t params_len;
};

/* The rows of HCI_COMMANDS, keyed by enum hci_command_row. */
extern const struct hci_command_info hci_command_table[HCI_COMMAND_ROWS];

/* Rows of the tables above, or NULL for what is not in them. */
const struct hci_command_info *hci_command_info(uint16_t opcode);
const struct hci_event_info *hci_event_info(uint8_t code);
const struct hci_event_info *hci_le_event_info(uint8_t subevent);

/* What a host may give as the reason when it ends a link (7.1.6). */
bool hci_disconnect_reason_valid(uint8_t reason);

static inline bool hci_len_allowed(uint16_t params_len, size_t len)
{
    return params_len & HCI_LEN_MIN ? len >= (params_len & 0xFFU) : len == params_len;
}

#endif
