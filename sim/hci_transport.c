/* SPDX-License-Identifier: MIT */
#include "hci_transport.h"

#include <stdlib.h>
#include <string.h>

/* --- the ring of bytes; its capacity is a power of two --- */

static void ring_read(const struct hci_pipe *pipe, size_t offset, void *out, size_t len)
{
    const size_t from = (pipe->head + offset) & (pipe->capacity - 1);
    const size_t first = len < pipe->capacity - from ? len : pipe->capacity - from;

    memcpy(out, pipe->bytes + from, first);
    memcpy((uint8_t *)out + first, pipe->bytes, len - first);
}

static void ring_append(struct hci_pipe *pipe, const void *in, size_t len)
{
    const size_t to = (pipe->head + pipe->used) & (pipe->capacity - 1);
    const size_t first = len < pipe->capacity - to ? len : pipe->capacity - to;

    memcpy(pipe->bytes + to, in, first);
    memcpy(pipe->bytes, (const uint8_t *)in + first, len - first);
    pipe->used += len;
}

static void ring_drop(struct hci_pipe *pipe, size_t len)
{
    pipe->used -= len;
    pipe->head = pipe->used ? (pipe->head + len) & (pipe->capacity - 1) : 0;
}

static int ring_grow(struct hci_pipe *pipe, size_t need)
{
    size_t capacity = pipe->capacity ? pipe->capacity : HCI_TRANSPORT_START;

    while (capacity < pipe->used + need)
        capacity *= 2;
    uint8_t *bytes = malloc(capacity);
    if (!bytes)
        return BLR_ERR_NO_MEMORY;
    if (pipe->used)
        ring_read(pipe, 0, bytes, pipe->used);
    free(pipe->bytes);
    pipe->bytes = bytes;
    pipe->capacity = capacity;
    pipe->head = 0;
    return 0;
}

/* --- sending --- */

static void trace_hci(const struct hci_transport *transport, bool to_host,
                      enum hci_packet_type type, const uint8_t *packet, size_t len)
{
    struct trace_sink *sink = transport->trace;

    if (sink && sink->ops->hci) {
        const sim_ns now = sim_world_now(transport->actor->world);
        sink->ops->hci(sink, now, to_host, type, packet, len);
    }
}

static int pipe_send(struct hci_link_end *end, enum hci_packet_type type, const uint8_t *packet,
                     size_t len)
{
    struct hci_pipe *pipe = (struct hci_pipe *)end; /* `end` is its first member */
    struct hci_transport *transport = pipe->transport;
    const size_t need = hci_transport_cost(len);

    if (len > HCI_TRANSPORT_PACKET_MAX)
        return BLR_ERR_TOO_LONG;
    if (transport->off)
        return 0;
    if (need > HCI_TRANSPORT_BOUND - pipe->used) {
        pipe->wanted = need;
        return BLR_ERR_AGAIN;
    }
    if (need > pipe->capacity - pipe->used && ring_grow(pipe, need) != 0) {
        if (pipe->used == 0)
            return BLR_ERR_NO_MEMORY;
        pipe->wanted = need;
        return BLR_ERR_AGAIN;
    }
    const struct hci_record record = {
        .at = sim_world_now(transport->actor->world) + pipe->latency_ns,
        .len = (uint16_t)len,
        .type = (uint8_t)type,
    };
    const bool first = pipe->used == 0;
    ring_append(pipe, &record, sizeof record);
    if (len)
        ring_append(pipe, packet, len);
    if (first)
        sim_timer_arm(&pipe->timer, record.at);
    if (pipe == &transport->to_controller)
        trace_hci(transport, false, type, packet, len);
    return 0;
}

static const struct hci_link_ops pipe_ops = {.send = pipe_send};

/* --- delivery --- */

/* The sender whose packet was refused is told once there is room for that packet. */
static void tell_writable(struct hci_pipe *pipe)
{
    const struct hci_link_party *party = pipe->end.party;

    if (pipe->wanted == 0 || pipe->wanted > HCI_TRANSPORT_BOUND - pipe->used)
        return;
    pipe->wanted = 0;
    if (party && party->writable)
        party->writable(pipe->end.user);
}

static void pipe_deliver(void *user)
{
    struct hci_pipe *pipe = user;
    struct hci_transport *transport = pipe->transport;
    struct hci_pipe *to_host = &transport->to_host;
    struct hci_record record;
    uint8_t packet[HCI_TRANSPORT_PACKET_MAX];

    if (pipe != to_host && transport->reserve > HCI_TRANSPORT_BOUND - to_host->used) {
        transport->held = true;
        return;
    }
    if (pipe->full) {
        pipe->stalled = true;
        return;
    }
    ring_read(pipe, 0, &record, sizeof record);
    ring_read(pipe, sizeof record, packet, record.len);
    ring_drop(pipe, hci_transport_cost(record.len));
    if (pipe->used) {
        struct hci_record next;
        ring_read(pipe, 0, &next, sizeof next);
        sim_timer_arm(&pipe->timer, next.at);
    }
    if (pipe == to_host) {
        if (transport->held) {
            transport->held = false;
            sim_timer_arm(&transport->to_controller.timer, sim_world_now(transport->actor->world));
        }
        trace_hci(transport, true, record.type, packet, record.len);
    }
    const struct hci_link_end *receiver = &pipe->reverse->end;
    if (receiver->party)
        receiver->party->received(receiver->user, record.type, packet, record.len);
    tell_writable(pipe);
}

/* --- lifetime --- */

static void pipe_init(struct hci_pipe *pipe, struct hci_transport *transport,
                      struct hci_pipe *reverse, sim_ns latency_ns)
{
    *pipe = (struct hci_pipe){
        .end.ops = &pipe_ops,
        .transport = transport,
        .reverse = reverse,
        .latency_ns = latency_ns,
    };
    sim_timer_init(&pipe->timer, transport->actor, SIM_PHASE_HCI, pipe_deliver, pipe);
}

void hci_transport_init(struct hci_transport *transport, struct sim_actor *actor,
                        sim_ns to_controller_ns, sim_ns to_host_ns)
{
    *transport = (struct hci_transport){.actor = actor};
    pipe_init(&transport->to_controller, transport, &transport->to_host, to_controller_ns);
    pipe_init(&transport->to_host, transport, &transport->to_controller, to_host_ns);
}

static void pipe_fini(struct hci_pipe *pipe)
{
    sim_timer_cancel(&pipe->timer);
    free(pipe->bytes);
    pipe->bytes = NULL;
}

void hci_transport_fini(struct hci_transport *transport)
{
    pipe_fini(&transport->to_controller);
    pipe_fini(&transport->to_host);
}

static void pipe_empty(struct hci_pipe *pipe)
{
    sim_timer_cancel(&pipe->timer);
    pipe->head = pipe->used = pipe->wanted = 0;
    pipe->stalled = false;
}

void hci_transport_power(struct hci_transport *transport, bool on)
{
    transport->off = !on;
    transport->held = false;
    pipe_empty(&transport->to_controller);
    pipe_empty(&transport->to_host);
}

static void pipe_full(struct hci_pipe *pipe, bool full)
{
    pipe->full = full;
    if (full || !pipe->stalled)
        return;
    pipe->stalled = false;
    sim_timer_arm(&pipe->timer, sim_world_now(pipe->transport->actor->world));
}

void hci_transport_host_full(struct hci_transport *transport, bool full)
{
    pipe_full(&transport->to_host, full);
}

void hci_transport_controller_full(struct hci_transport *transport, bool full)
{
    pipe_full(&transport->to_controller, full);
}

void hci_transport_freeze_host(struct hci_transport *transport, bool frozen)
{
    if (frozen)
        sim_actor_hold(transport->actor, 1U << SIM_PHASE_HCI | 1U << SIM_PHASE_HOST);
    else
        sim_actor_release(transport->actor);
}

void hci_transport_trace(struct hci_transport *transport, struct trace_sink *sink)
{
    transport->trace = sink;
}

void hci_transport_set_reserve(struct hci_transport *transport, size_t bytes)
{
    transport->reserve = bytes;
}
