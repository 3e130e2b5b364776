/* SPDX-License-Identifier: MIT */
/*
 * H4: HCI packets on a stream of octets, each behind an indicator of its type (Core v5.4, Vol 4,
 * Part A, 2).
 *
 * The reader takes a stream in pieces of any size and of any content. A type that its side does not
 * accept, or a length over H4_PACKET_MAX, means that the two sides have lost their synchronization
 * (Vol 4, Part A, 4): the reader says so once, and from then on discards everything up to the four
 * octets of an HCI_Reset command, which it yields as a packet and with which all is well again. A
 * reader of what a controller says stays lost: it is for its host to begin anew.
 */
#ifndef IO_H4_H
#define IO_H4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/hci_link.h"

/* The longest packet, header included, indicator not: what hci_link takes. */
#define H4_PACKET_MAX 2048U

/* Sets of packet types: bit 1 << enum hci_packet_type. */
#define H4_BIT(type)     (1U << (type))
#define H4_FROM_HOST                                                                               \
    (H4_BIT(HCI_PACKET_COMMAND) | H4_BIT(HCI_PACKET_ACL) | H4_BIT(HCI_PACKET_SCO) |                \
     H4_BIT(HCI_PACKET_ISO))
#define H4_FROM_CONTROLLER                                                                         \
    (H4_BIT(HCI_PACKET_EVENT) | H4_BIT(HCI_PACKET_ACL) | H4_BIT(HCI_PACKET_SCO) |                  \
     H4_BIT(HCI_PACKET_ISO))

enum h4_result {
    H4_MORE,   /* all octets were taken, and there is no whole packet in them */
    H4_PACKET, /* reader->type, ->packet, ->len: valid until the next call */
    H4_LOST,   /* synchronization is lost; said once, discarding begins */
};

struct h4_reader {
    unsigned accepts;
    bool lost;
    uint8_t type; /* enum hci_packet_type; 0: the next octet is an indicator */
    uint8_t matched; /* while lost: so many octets of HCI_Reset have come */
    bool whole;      /* the packet was yielded: the next call begins another */
    size_t len, want; /* want: 0 until the header is whole */
    uint64_t discarded; /* octets, since the beginning */
    uint8_t packet[H4_PACKET_MAX];
};

/* accepts: H4_FROM_HOST or H4_FROM_CONTROLLER. */
void h4_reader_init(struct h4_reader *reader, unsigned accepts);

/*
 * Takes octets up to the end of a packet, of the loss of synchronization, or of all of them;
 * *bytes and *len step over what was taken. Call again until H4_MORE.
 */
enum h4_result h4_read(struct h4_reader *reader, const uint8_t **bytes, size_t *len);

#endif
