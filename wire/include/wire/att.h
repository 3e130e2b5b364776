/* SPDX-License-Identifier: MIT */
/* The vocabulary of ATT and GATT (Core v5.4, Vol 3, Part F and Part G). */
#ifndef WIRE_ATT_H
#define WIRE_ATT_H

#include <stddef.h>
#include <stdint.h>

#define ATT_DEFAULT_MTU 23U
#define ATT_MAX_VALUE   512U

/* X(identifier, opcode, name, shortest PDU with its opcode, longest or 0 for the MTU) (Part F, 3.4) */
#define ATT_PDUS(X)                                                                                \
    X(ERROR_RSP, 0x01, "ATT_ERROR_RSP", 5, 5)                                                      \
    X(EXCHANGE_MTU_REQ, 0x02, "ATT_EXCHANGE_MTU_REQ", 3, 3)                                        \
    X(EXCHANGE_MTU_RSP, 0x03, "ATT_EXCHANGE_MTU_RSP", 3, 3)                                        \
    X(FIND_INFORMATION_REQ, 0x04, "ATT_FIND_INFORMATION_REQ", 5, 5)                                \
    X(FIND_INFORMATION_RSP, 0x05, "ATT_FIND_INFORMATION_RSP", 6, 0)                                \
    X(FIND_BY_TYPE_VALUE_REQ, 0x06, "ATT_FIND_BY_TYPE_VALUE_REQ", 7, 0)                            \
    X(FIND_BY_TYPE_VALUE_RSP, 0x07, "ATT_FIND_BY_TYPE_VALUE_RSP", 5, 0)                            \
    X(READ_BY_TYPE_REQ, 0x08, "ATT_READ_BY_TYPE_REQ", 7, 21)                                       \
    X(READ_BY_TYPE_RSP, 0x09, "ATT_READ_BY_TYPE_RSP", 4, 0)                                        \
    X(READ_REQ, 0x0A, "ATT_READ_REQ", 3, 3)                                                        \
    X(READ_RSP, 0x0B, "ATT_READ_RSP", 1, 0)                                                        \
    X(READ_BLOB_REQ, 0x0C, "ATT_READ_BLOB_REQ", 5, 5)                                              \
    X(READ_BLOB_RSP, 0x0D, "ATT_READ_BLOB_RSP", 1, 0)                                              \
    X(READ_MULTIPLE_REQ, 0x0E, "ATT_READ_MULTIPLE_REQ", 5, 0)                                      \
    X(READ_MULTIPLE_RSP, 0x0F, "ATT_READ_MULTIPLE_RSP", 1, 0)                                      \
    X(READ_BY_GROUP_TYPE_REQ, 0x10, "ATT_READ_BY_GROUP_TYPE_REQ", 7, 21)                           \
    X(READ_BY_GROUP_TYPE_RSP, 0x11, "ATT_READ_BY_GROUP_TYPE_RSP", 6, 0)                            \
    X(WRITE_REQ, 0x12, "ATT_WRITE_REQ", 3, 0)                                                      \
    X(WRITE_RSP, 0x13, "ATT_WRITE_RSP", 1, 1)                                                      \
    X(PREPARE_WRITE_REQ, 0x16, "ATT_PREPARE_WRITE_REQ", 5, 0)                                      \
    X(PREPARE_WRITE_RSP, 0x17, "ATT_PREPARE_WRITE_RSP", 5, 0)                                      \
    X(EXECUTE_WRITE_REQ, 0x18, "ATT_EXECUTE_WRITE_REQ", 2, 2)                                      \
    X(EXECUTE_WRITE_RSP, 0x19, "ATT_EXECUTE_WRITE_RSP", 1, 1)                                      \
    X(HANDLE_VALUE_NTF, 0x1B, "ATT_HANDLE_VALUE_NTF", 3, 0)                                        \
    X(HANDLE_VALUE_IND, 0x1D, "ATT_HANDLE_VALUE_IND", 3, 0)                                        \
    X(HANDLE_VALUE_CFM, 0x1E, "ATT_HANDLE_VALUE_CFM", 1, 1)                                        \
    X(READ_MULTIPLE_VARIABLE_REQ, 0x20, "ATT_READ_MULTIPLE_VARIABLE_REQ", 5, 0)                    \
    X(READ_MULTIPLE_VARIABLE_RSP, 0x21, "ATT_READ_MULTIPLE_VARIABLE_RSP", 5, 0)                    \
    X(MULTIPLE_HANDLE_VALUE_NTF, 0x23, "ATT_MULTIPLE_HANDLE_VALUE_NTF", 9, 0)                      \
    X(WRITE_CMD, 0x52, "ATT_WRITE_CMD", 3, 0)                                                      \
    X(SIGNED_WRITE_CMD, 0xD2, "ATT_SIGNED_WRITE_CMD", 15, 0)

enum att_opcode {
#define X(ident, opcode, name, min, max) ATT_OP_##ident = opcode,
    ATT_PDUS(X)
#undef X
};

/* X(identifier, code, name) (Part F, 3.4.1.1; the last four: Core Specification Supplement, B) */
#define ATT_ERRORS(X)                                                                              \
    X(INVALID_HANDLE, 0x01, "Invalid Handle")                                                      \
    X(READ_NOT_PERMITTED, 0x02, "Read Not Permitted")                                              \
    X(WRITE_NOT_PERMITTED, 0x03, "Write Not Permitted")                                            \
    X(INVALID_PDU, 0x04, "Invalid PDU")                                                            \
    X(INSUFFICIENT_AUTHENTICATION, 0x05, "Insufficient Authentication")                            \
    X(REQUEST_NOT_SUPPORTED, 0x06, "Request Not Supported")                                        \
    X(INVALID_OFFSET, 0x07, "Invalid Offset")                                                      \
    X(INSUFFICIENT_AUTHORIZATION, 0x08, "Insufficient Authorization")                              \
    X(PREPARE_QUEUE_FULL, 0x09, "Prepare Queue Full")                                              \
    X(ATTRIBUTE_NOT_FOUND, 0x0A, "Attribute Not Found")                                            \
    X(ATTRIBUTE_NOT_LONG, 0x0B, "Attribute Not Long")                                              \
    X(ENCRYPTION_KEY_SIZE_TOO_SHORT, 0x0C, "Encryption Key Size Too Short")                        \
    X(INVALID_ATTRIBUTE_VALUE_LENGTH, 0x0D, "Invalid Attribute Value Length")                      \
    X(UNLIKELY_ERROR, 0x0E, "Unlikely Error")                                                      \
    X(INSUFFICIENT_ENCRYPTION, 0x0F, "Insufficient Encryption")                                    \
    X(UNSUPPORTED_GROUP_TYPE, 0x10, "Unsupported Group Type")                                      \
    X(INSUFFICIENT_RESOURCES, 0x11, "Insufficient Resources")                                      \
    X(DATABASE_OUT_OF_SYNC, 0x12, "Database Out Of Sync")                                          \
    X(VALUE_NOT_ALLOWED, 0x13, "Value Not Allowed")                                                \
    X(WRITE_REQUEST_REJECTED, 0xFC, "Write Request Rejected")                                      \
    X(CCCD_IMPROPERLY_CONFIGURED, 0xFD,                                                            \
      "Client Characteristic Configuration Descriptor Improperly Configured")                      \
    X(PROCEDURE_ALREADY_IN_PROGRESS, 0xFE, "Procedure Already in Progress")                        \
    X(OUT_OF_RANGE, 0xFF, "Out of Range")

enum att_error {
#define X(ident, code, name) ATT_ERR_##ident = code,
    ATT_ERRORS(X)
#undef X
};

/* Attribute types of GATT (Part G, 3.4). */
enum gatt_uuid {
    GATT_UUID_GAP_SERVICE = 0x1800,
    GATT_UUID_GATT_SERVICE = 0x1801,
    GATT_UUID_PRIMARY_SERVICE = 0x2800,
    GATT_UUID_SECONDARY_SERVICE = 0x2801,
    GATT_UUID_INCLUDE = 0x2802,
    GATT_UUID_CHARACTERISTIC = 0x2803,
    GATT_UUID_EXTENDED_PROPERTIES = 0x2900,
    GATT_UUID_USER_DESCRIPTION = 0x2901,
    GATT_UUID_CCCD = 0x2902,
    GATT_UUID_SCCD = 0x2903,
    GATT_UUID_PRESENTATION_FORMAT = 0x2904,
    GATT_UUID_AGGREGATE_FORMAT = 0x2905,
    GATT_UUID_DEVICE_NAME = 0x2A00,
    GATT_UUID_APPEARANCE = 0x2A01,
    GATT_UUID_PERIPHERAL_PREFERRED_CONNECTION_PARAMETERS = 0x2A04,
    GATT_UUID_SERVICE_CHANGED = 0x2A05,
    GATT_UUID_CENTRAL_ADDRESS_RESOLUTION = 0x2AA6,
    GATT_UUID_CLIENT_SUPPORTED_FEATURES = 0x2B29,
    GATT_UUID_DATABASE_HASH = 0x2B2A,
};

/* Characteristic properties (Part G, 3.3.1.1). */
enum gatt_property {
    GATT_PROP_BROADCAST = 0x01,
    GATT_PROP_READ = 0x02,
    GATT_PROP_WRITE_WITHOUT_RESPONSE = 0x04,
    GATT_PROP_WRITE = 0x08,
    GATT_PROP_NOTIFY = 0x10,
    GATT_PROP_INDICATE = 0x20,
    GATT_PROP_AUTHENTICATED_SIGNED_WRITES = 0x40,
    GATT_PROP_EXTENDED_PROPERTIES = 0x80,
};

/* Client Characteristic Configuration (Part G, 3.3.3.3); the other bits are reserved. */
enum gatt_cccd_bit {
    GATT_CCCD_NOTIFICATION = 0x0001,
    GATT_CCCD_INDICATION = 0x0002,
};

#define GATT_CCCD_BITS (GATT_CCCD_NOTIFICATION | GATT_CCCD_INDICATION)

/* Client Supported Features (Part G, 7.2); the other bits are reserved. */
enum gatt_client_feature {
    GATT_CLIENT_ROBUST_CACHING = 0x01,
    GATT_CLIENT_ENHANCED_ATT_BEARER = 0x02,
    GATT_CLIENT_MULTIPLE_NOTIFICATIONS = 0x04,
};

#define GATT_CLIENT_FEATURES                                                                       \
    (GATT_CLIENT_ROBUST_CACHING | GATT_CLIENT_ENHANCED_ATT_BEARER |                                \
     GATT_CLIENT_MULTIPLE_NOTIFICATIONS)

struct att_pdu_info {
    uint8_t opcode;
    const char *name;
    uint16_t min_len;
    uint16_t max_len; /* 0: the MTU */
};

/* The row of an opcode, or NULL. */
const struct att_pdu_info *att_pdu_info(uint8_t opcode);

/* Bit 6 of an opcode (Part F, 3.3.1): a command, which is never answered. */
#define ATT_COMMAND_FLAG 0x40U

enum att_pdu_kind {
    ATT_REQUEST,
    ATT_RESPONSE,
    ATT_COMMAND,
    ATT_NOTIFICATION,
    ATT_INDICATION,
    ATT_CONFIRMATION,
};

/*
 * The kind of a PDU (Part F, 3.3). An opcode that the table lacks is a command if it has the
 * command flag, and otherwise a request, to be answered Request Not Supported.
 */
enum att_pdu_kind att_pdu_kind(uint8_t opcode);

#endif
