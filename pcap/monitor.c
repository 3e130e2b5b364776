/* SPDX-License-Identifier: MIT */
#include "monitor.h"

#include <stddef.h>

#include "wire/hci_link.h"

/* By opcode, as the kernel numbers them (include/net/bluetooth/hci_mon.h). */
static const struct monitor_opcode opcodes[] = {
    {.name = "New Index"},
    {.name = "Delete Index"},
    {.name = "Command", .packet_type = HCI_PACKET_COMMAND},
    {.name = "Event", .packet_type = HCI_PACKET_EVENT, .to_host = true},
    {.name = "ACL TX", .packet_type = HCI_PACKET_ACL},
    {.name = "ACL RX", .packet_type = HCI_PACKET_ACL, .to_host = true},
    {.name = "SCO TX", .packet_type = HCI_PACKET_SCO},
    {.name = "SCO RX", .packet_type = HCI_PACKET_SCO, .to_host = true},
    {.name = "Open Index"},
    {.name = "Close Index"},
    {.name = "Index Information"},
    {.name = "Vendor Diagnostics"},
    {.name = "System Note", .text = true},
    {.name = "User Logging"},
    {.name = "Control Open"},
    {.name = "Control Close"},
    {.name = "Control Command"},
    {.name = "Control Event"},
    {.name = "ISO TX", .packet_type = HCI_PACKET_ISO},
    {.name = "ISO RX", .packet_type = HCI_PACKET_ISO, .to_host = true},
};

const struct monitor_opcode *monitor_opcode(uint16_t opcode)
{
    if (opcode >= sizeof opcodes / sizeof opcodes[0])
        return NULL;
    return &opcodes[opcode];
}
