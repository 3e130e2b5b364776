/* SPDX-License-Identifier: MIT */
/* The vocabulary of L2CAP on LE (Core v5.4, Vol 3, Part A). */
#ifndef WIRE_L2CAP_H
#define WIRE_L2CAP_H

#define L2CAP_HEADER_SIZE 4U
#define L2CAP_LE_MIN_MTU  23U

/* Channels by number on LE (2.1, Table 2.3), and what LE credit-based ones are asked for by (4.22). */
#define L2CAP_CID_DYNAMIC_FIRST 0x0040U
#define L2CAP_CID_DYNAMIC_LAST  0x007FU
#define L2CAP_SPSM_FIRST        0x0001U
#define L2CAP_SPSM_LAST         0x00FFU

/* Of LE credit-based channels (3.4.2, 4.22, 10.1). */
#define L2CAP_SDU_LENGTH_SIZE 2U
#define L2CAP_LE_MIN_MPS      23U
#define L2CAP_LE_MAX_MPS      65533U
#define L2CAP_MAX_CREDITS     65535U

enum l2cap_cid {
    L2CAP_CID_ATT = 0x0004,
    L2CAP_CID_LE_SIGNALING = 0x0005,
    L2CAP_CID_SMP = 0x0006,
};

/* X(identifier, code, name) (4, Table 4.2) */
#define L2CAP_SIGNALS(X)                                                                           \
    X(COMMAND_REJECT_RSP, 0x01, "Command Reject Response")                                         \
    X(DISCONNECTION_REQ, 0x06, "Disconnection Request")                                            \
    X(DISCONNECTION_RSP, 0x07, "Disconnection Response")                                           \
    X(CONNECTION_PARAMETER_UPDATE_REQ, 0x12, "Connection Parameter Update Request")                \
    X(CONNECTION_PARAMETER_UPDATE_RSP, 0x13, "Connection Parameter Update Response")               \
    X(LE_CREDIT_BASED_CONNECTION_REQ, 0x14, "LE Credit Based Connection Request")                  \
    X(LE_CREDIT_BASED_CONNECTION_RSP, 0x15, "LE Credit Based Connection Response")                 \
    X(FLOW_CONTROL_CREDIT_IND, 0x16, "Flow Control Credit Indication")

enum l2cap_signal {
#define X(ident, code, name) L2CAP_##ident = code,
    L2CAP_SIGNALS(X)
#undef X
};

enum l2cap_reject_reason {
    L2CAP_REJECT_NOT_UNDERSTOOD = 0,
    L2CAP_REJECT_MTU_EXCEEDED = 1,
    L2CAP_REJECT_INVALID_CID = 2,
};

/* X(identifier, result, name) of an LE credit-based connection (4.23, Table 4.17) */
#define L2CAP_CONNECT_RESULTS(X)                                                                   \
    X(SUCCESSFUL, 0x0000, "Connection successful")                                                 \
    X(SPSM_NOT_SUPPORTED, 0x0002, "SPSM not supported")                                            \
    X(NO_RESOURCES, 0x0004, "No resources available")                                              \
    X(INSUFFICIENT_AUTHENTICATION, 0x0005, "Insufficient authentication")                          \
    X(INSUFFICIENT_AUTHORIZATION, 0x0006, "Insufficient authorization")                            \
    X(KEY_SIZE_TOO_SHORT, 0x0007, "Encryption key size too short")                                 \
    X(INSUFFICIENT_ENCRYPTION, 0x0008, "Insufficient encryption")                                  \
    X(INVALID_SOURCE_CID, 0x0009, "Invalid Source CID")                                            \
    X(SOURCE_CID_ALLOCATED, 0x000A, "Source CID already allocated")                                \
    X(UNACCEPTABLE_PARAMETERS, 0x000B, "Unacceptable parameters")

enum l2cap_connect_result {
#define X(ident, result, name) L2CAP_CONNECT_##ident = result,
    L2CAP_CONNECT_RESULTS(X)
#undef X
};

/* Of L2CAP_CONNECTION_PARAMETER_UPDATE_RSP (4.21). */
enum l2cap_update_result {
    L2CAP_UPDATE_ACCEPTED = 0,
    L2CAP_UPDATE_REJECTED = 1,
};

/* The specification's name of a result of an LE credit-based connection, or NULL. */
const char *l2cap_connect_result_name(unsigned result);

/* The specification's name of a signalling code, or NULL. */
const char *l2cap_signal_name(unsigned code);

#endif
