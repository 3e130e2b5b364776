/* SPDX-License-Identifier: MIT */
/*
 * The HCI transport inside the process: an hci_link with two ends.
 *
 * Each direction has a latency of its own, and keeps order. A packet is delivered in SIM_PHASE_HCI
 * of the instant it was sent in plus the latency, one packet an event; the latency is at least one
 * nanosecond, so that nothing arrives in the instant that caused it. Each direction holds its
 * packets in a ring of bytes that starts at HCI_TRANSPORT_START and doubles up to
 * HCI_TRANSPORT_BOUND; then a send is refused with BLR_ERR_AGAIN, and writable() comes once, after
 * the delivery that made room for what was refused. When memory to grow is denied, the present size
 * is the bound; with nothing in the ring, so that no delivery will come, the answer is
 * BLR_ERR_NO_MEMORY.
 *
 * Towards the controller there is flow control as a wire has it: while the ring towards the host
 * has less room than the controller's reserve, packets from the host wait. Either party can also
 * say that it takes nothing for now.
 *
 * The trace is tapped at the host's end: what the host sends when it sends it, what comes to the
 * host when it arrives.
 */
#ifndef SIM_HCI_TRANSPORT_H
#define SIM_HCI_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/world.h"
#include "wire/hci_link.h"
#include "wire/timer.h"
#include "wire/trace_sink.h"

#define HCI_TRANSPORT_START      256U /* powers of two */
#define HCI_TRANSPORT_BOUND      16384U
#define HCI_TRANSPORT_PACKET_MAX 2048U /* header included; longer: BLR_ERR_TOO_LONG */

/* What a ring keeps in front of each packet. */
struct hci_record {
    sim_ns at; /* when to deliver */
    uint16_t len;
    uint8_t type; /* enum hci_packet_type */
};

struct hci_transport;

/* One direction. `end` is its sender's; what is sent there comes out at the end of `reverse`. */
struct hci_pipe {
    struct hci_link_end end;
    struct hci_transport *transport;
    struct hci_pipe *reverse;
    struct timer timer;
    sim_ns latency_ns;
    uint8_t *bytes;
    size_t capacity, head, used;
    size_t wanted; /* room that a refused send needs; 0: none was refused */
    bool full;     /* the receiver takes nothing */
    bool stalled;  /* the packet at the head waits for that */
};

struct hci_transport {
    struct sim_actor *actor;
    struct hci_pipe to_controller; /* its end is the host's */
    struct hci_pipe to_host;       /* its end is the controller's */
    struct trace_sink *trace;
    size_t reserve;
    bool off;
    bool held; /* the packet at the head of to_controller waits for room in to_host */
};

/* Latencies are at least 1. The actor has joined and outlives the transport. Allocates nothing. */
void hci_transport_init(struct hci_transport *transport, struct sim_actor *actor,
                        sim_ns to_controller_ns, sim_ns to_host_ns);
/* What is still under way is dropped. */
void hci_transport_fini(struct hci_transport *transport);

static inline struct hci_link_end *hci_transport_host_end(struct hci_transport *transport)
{
    return &transport->to_controller.end;
}

static inline struct hci_link_end *hci_transport_controller_end(struct hci_transport *transport)
{
    return &transport->to_host.end;
}

/* Off: what is under way is dropped, and what is sent goes nowhere, until it is on again. */
void hci_transport_power(struct hci_transport *transport, bool on);

/*
 * The other half of the flow control: the host, or the controller, takes no packet until it is told
 * otherwise, and what is due waits.
 */
void hci_transport_host_full(struct hci_transport *transport, bool full);
void hci_transport_controller_full(struct hci_transport *transport, bool full);

/* The host stands still: nothing crosses either way, and its timers wait. */
void hci_transport_freeze_host(struct hci_transport *transport, bool frozen);

/* NULL: none. */
void hci_transport_trace(struct hci_transport *transport, struct trace_sink *sink);

/*
 * Bytes of the ring towards the host that must be free for a packet of the host to be delivered,
 * counted by hci_transport_cost(). At most HCI_TRANSPORT_BOUND.
 */
void hci_transport_set_reserve(struct hci_transport *transport, size_t bytes);

/* What a packet of that length takes in a ring. */
static inline size_t hci_transport_cost(size_t len)
{
    return sizeof(struct hci_record) + len;
}

/* Something is under way that time alone brings there. */
static inline bool hci_transport_busy(const struct hci_transport *transport)
{
    return !transport->to_host.full && (transport->to_controller.used || transport->to_host.used);
}

/* Whether a packet of that length fits towards the host and leaves the reserve free. */
static inline bool hci_transport_spare(const struct hci_transport *transport, size_t len)
{
    return transport->to_host.used + hci_transport_cost(len) + transport->reserve <=
           HCI_TRANSPORT_BOUND;
}

#endif
