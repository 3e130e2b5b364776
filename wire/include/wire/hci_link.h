/* SPDX-License-Identifier: MIT */
/*
 * The one seam between a controller and a host: packets with a type, both ways, in order.
 *
 * A transport (in-process with latency, or a socket speaking H4) owns two ends. Each party attaches
 * to the end it is handed. A packet sent into one end arrives at the other later, never within the
 * call and never in the same instant. Packet bytes are those behind the H4 indicator, header
 * included (Core v5.4, Vol 4, Part E, 5.4).
 */
#ifndef WIRE_HCI_LINK_H
#define WIRE_HCI_LINK_H

#include <stddef.h>
#include <stdint.h>

#include "wire/error.h"

/* The H4 packet indicators (Vol 4, Part A, 2). */
enum hci_packet_type {
    HCI_PACKET_COMMAND = 1,
    HCI_PACKET_ACL = 2,
    HCI_PACKET_SCO = 3,
    HCI_PACKET_EVENT = 4,
    HCI_PACKET_ISO = 5,
};

struct hci_link_end;

struct hci_link_ops {
    int (*send)(struct hci_link_end *end, enum hci_packet_type type, const uint8_t *packet,
                size_t len);
};

/* What the attached party implements. `packet` lives until the call returns. */
struct hci_link_party {
    void (*received)(void *user, enum hci_packet_type type, const uint8_t *packet, size_t len);
    /* There is room again after a send was refused. May be NULL. */
    void (*writable)(void *user);
};

struct hci_link_end {
    const struct hci_link_ops *ops;     /* the transport's */
    const struct hci_link_party *party; /* NULL while nobody is attached: packets are dropped */
    void *user;
};

static inline void hci_link_attach(struct hci_link_end *end, const struct hci_link_party *party,
                                   void *user)
{
    end->party = party;
    end->user = user;
}

/*
 * Sends a copy of the packet. Returns 0; BLR_ERR_AGAIN when the transport is full (the party's
 * writable() is called when there is room); BLR_ERR_TOO_LONG for a packet that can never fit;
 * BLR_ERR_NO_MEMORY when nothing is under way either, so that no writable() would come.
 */
BLR_MUST_CHECK static inline int hci_link_send(struct hci_link_end *end, enum hci_packet_type type,
                                               const uint8_t *packet, size_t len)
{
    return end->ops->send(end, type, packet, len);
}

#endif
