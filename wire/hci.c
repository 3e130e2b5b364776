/* SPDX-License-Identifier: MIT */
/* Lookups in the tables of wire/hci.h. */
#include "wire/hci.h"

const struct hci_command_info hci_command_table[HCI_COMMAND_ROWS] = {
#define X(ident, opcode, name, len, octet, bit, ret) {opcode, name, len, octet, bit, ret},
    HCI_COMMANDS(X)
#undef X
};

#define X(ident, code, name, len) {code, name, len},
static const struct hci_event_info events[] = {HCI_EVENTS(X)};
static const struct hci_event_info le_events[] = {HCI_LE_EVENTS(X)};
#undef X

const struct hci_command_info *hci_command_info(uint16_t opcode)
{
    size_t low = 0, high = HCI_COMMAND_ROWS;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (hci_command_table[middle].opcode < opcode)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == HCI_COMMAND_ROWS || hci_command_table[low].opcode != opcode)
        return NULL;
    return &hci_command_table[low];
}

static const struct hci_event_info *find_event(const struct hci_event_info *rows, size_t count,
                                               uint8_t code)
{
    for (size_t i = 0; i < count; i++) {
        if (rows[i].code == code)
            return &rows[i];
    }
    return NULL;
}

const struct hci_event_info *hci_event_info(uint8_t code)
{
    return find_event(events, sizeof events / sizeof events[0], code);
}

const struct hci_event_info *hci_le_event_info(uint8_t subevent)
{
    return find_event(le_events, sizeof le_events / sizeof le_events[0], subevent);
}

bool hci_disconnect_reason_valid(uint8_t reason)
{
    switch (reason) {
    case HCI_ERR_AUTHENTICATION_FAILURE:
    case HCI_ERR_REMOTE_USER_TERMINATED_CONNECTION:
    case HCI_ERR_REMOTE_LOW_RESOURCES:
    case HCI_ERR_REMOTE_POWER_OFF:
    case HCI_ERR_UNSUPPORTED_REMOTE_FEATURE:
    case HCI_ERR_PAIRING_WITH_UNIT_KEY_NOT_SUPPORTED:
    case HCI_ERR_UNACCEPTABLE_CONNECTION_PARAMETERS:
        return true;
    default:
        return false;
    }
}
