/* SPDX-License-Identifier: MIT */
/* The vocabulary of L2CAP on LE (Core v5.4, Vol 3, Part A). */
#ifndef WIRE_L2CAP_H
#define WIRE_L2CAP_H

#define L2CAP_HEADER_SIZE 4U
#define L2CAP_LE_MIN_MTU  23U

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

/* The specification's name of a signalling code, or NULL. */
const char *l2cap_signal_name(unsigned code);

#endif
