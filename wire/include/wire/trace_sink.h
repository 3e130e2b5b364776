/* SPDX-License-Identifier: MIT */
/*
 * The seam from anything to a trace. A sink is told of packets and changes nothing: with or
 * without one, each party sees the same bytes at the same time.
 */
#ifndef WIRE_TRACE_SINK_H
#define WIRE_TRACE_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/hci_link.h"
#include "wire/time.h"

/* Who sent an air packet, as the LL pseudo-header of DLT 256 tells it. */
enum air_direction {
    AIR_ADVERTISING = 0, /* a primary advertising channel PDU, or unknown */
    AIR_CENTRAL_TO_PERIPHERAL = 2,
    AIR_PERIPHERAL_TO_CENTRAL = 3,
};

struct trace_air_packet {
    sim_ns start; /* first bit of the preamble */
    uint16_t mhz;
    uint8_t phy;         /* enum radio_phy in wire/ll.h */
    uint8_t direction;   /* enum air_direction */
    int8_t power_dbm;    /* at the transmitter (omniscient), or RSSI at a sniffer */
    bool crc_valid;
    uint32_t access_address;
    uint32_t crc;        /* 24 bits as the shift register holds them, see wire/crc24.h */
    const uint8_t *pdu;  /* header and payload, dewhitened */
    size_t len;
    /*
     * What an encrypted PDU says: its header, of which the length is that of the plaintext, and the
     * plaintext. NULL: it was sent in clear, or nobody can tell.
     */
    const uint8_t *plain;
    size_t plain_len;
    bool mic_valid; /* of a PDU with `plain`: the MIC that was sent is the right one */
};

struct trace_sink;

struct trace_sink_ops {
    /* A packet crossed the host's end of an HCI link. Either may be NULL. */
    void (*hci)(struct trace_sink *sink, sim_ns at, bool to_host, enum hci_packet_type type,
                const uint8_t *packet, size_t len);
    void (*air)(struct trace_sink *sink, const struct trace_air_packet *packet);
};

struct trace_sink {
    const struct trace_sink_ops *ops;
};

#endif
