/* SPDX-License-Identifier: MIT */
#include "wire/att.h"

const struct att_pdu_info *att_pdu_info(uint8_t opcode)
{
    switch (opcode) {
#define X(ident, code, text, min, max)                                                             \
    case code: {                                                                                   \
        static const struct att_pdu_info row = {                                                   \
            .opcode = code, .name = text, .min_len = min, .max_len = max};                         \
        return &row;                                                                               \
    }
        ATT_PDUS(X)
#undef X
    }
    return NULL;
}

enum att_pdu_kind att_pdu_kind(uint8_t opcode)
{
    switch (opcode) {
    case ATT_OP_HANDLE_VALUE_NTF:
    case ATT_OP_MULTIPLE_HANDLE_VALUE_NTF:
        return ATT_NOTIFICATION;
    case ATT_OP_HANDLE_VALUE_IND:
        return ATT_INDICATION;
    case ATT_OP_HANDLE_VALUE_CFM:
        return ATT_CONFIRMATION;
    }
    if (opcode & ATT_COMMAND_FLAG)
        return ATT_COMMAND;
    /* Each request of 3.4 is even, and its response is the number above. */
    return att_pdu_info(opcode) && opcode % 2 ? ATT_RESPONSE : ATT_REQUEST;
}
