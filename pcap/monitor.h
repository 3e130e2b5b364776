/* SPDX-License-Identifier: MIT */
/* The opcodes of the Linux Bluetooth monitor (btsnoop datalink 2001). */
#ifndef MONITOR_H
#define MONITOR_H

#include <stdbool.h>
#include <stdint.h>

struct monitor_opcode {
    const char *name;
    uint8_t packet_type; /* enum hci_packet_type; 0: no packet */
    bool to_host;
    bool text; /* what it carries is text */
};

/* NULL for one that is not known. */
const struct monitor_opcode *monitor_opcode(uint16_t opcode);

#endif
