/* SPDX-License-Identifier: MIT */
#include "sim/raw_radio.h"

#include <stdlib.h>
#include <string.h>

#include "wire/crc24.h"

/* A growing ring of items that are all of one size. */
struct ring {
    uint8_t *items;
    size_t item_size, cap, first, count;
};

struct to_send {
    struct radio_packet packet;
    uint8_t pdu[LL_PDU_MAX], plain[LL_PDU_MAX];
};

struct kept {
    struct radio_rx rx;
    uint8_t pdu[LL_PDU_MAX];
};

struct followed {
    uint32_t access_address, crc_init;
};

struct raw_radio {
    struct sim_actor actor;
    char *name;
    struct radio sender, receiver;
    struct ring sends; /* struct to_send, after the one that the sender has */
    sim_ns sent_until;
    bool sending;
    struct radio_listen window;
    struct ring kept; /* struct kept */
    struct kept next; /* what raw_radio_next() gave last */
    uint64_t lost;
    struct followed *followed;
    size_t followed_count;
    raw_radio_rx_fn *on_rx;
    void *on_rx_user;
};

static void *ring_at(const struct ring *ring, size_t i)
{
    return ring->items + (ring->first + i) % ring->cap * ring->item_size;
}

/* A new last item, uninitialised; NULL when out of memory. */
static void *ring_push(struct ring *ring)
{
    if (ring->count == ring->cap) {
        const size_t cap = ring->cap ? ring->cap * 2 : 8;
        uint8_t *items = malloc(cap * ring->item_size);
        if (!items)
            return NULL;
        for (size_t i = 0; i < ring->count; i++)
            memcpy(items + i * ring->item_size, ring_at(ring, i), ring->item_size);
        free(ring->items);
        ring->items = items;
        ring->cap = cap;
        ring->first = 0;
    }
    return ring_at(ring, ring->count++);
}

/* Forgets the first item. */
static void ring_pop(struct ring *ring)
{
    ring->first = (ring->first + 1) % ring->cap;
    ring->count--;
}

static void sender_done(struct radio *radio, sim_ns end)
{
    struct raw_radio *raw = radio->user;

    (void)end;
    raw->sending = false;
    if (!raw->sends.count)
        return;
    struct to_send *next = ring_at(&raw->sends, 0);
    next->packet.pdu = next->pdu;
    next->packet.plain = next->packet.plain ? next->plain : NULL;
    /* Checked when it was queued, and its time has not passed: the one before just ended. */
    raw->sending = radio_transmit(radio, &next->packet) == 0;
    ring_pop(&raw->sends);
}

static void judge_crc(const struct raw_radio *raw, struct radio_rx *rx)
{
    for (size_t i = 0; i < raw->followed_count; i++) {
        if (raw->followed[i].access_address == rx->access_address)
            rx->crc_ok = crc24(raw->followed[i].crc_init, rx->pdu, rx->len) == rx->crc;
    }
}

static void receiver_rx(struct radio *radio, const struct radio_rx *rx)
{
    struct raw_radio *raw = radio->user;
    struct radio_rx heard = *rx;

    if (raw->window.any_access_address)
        judge_crc(raw, &heard);
    /* A packet that outlasts the window was the last one. */
    if (radio->state == RADIO_IDLE && rx->end <= raw->window.close) {
        raw->window.open = rx->end;
        if (radio_listen(radio, &raw->window))
            raw->lost++;
    }
    if (raw->on_rx) {
        raw->on_rx(raw->on_rx_user, &heard);
        return;
    }
    struct kept *kept = ring_push(&raw->kept);
    if (!kept) {
        raw->lost++;
        return;
    }
    kept->rx = heard;
    if (heard.len)
        memcpy(kept->pdu, heard.pdu, heard.len);
}

static const struct radio_ops sender_ops = {.tx_done = sender_done};
static const struct radio_ops receiver_ops = {.rx = receiver_rx};

struct raw_radio *raw_radio_new(struct sim_world *world, const char *name)
{
    const size_t size = strlen(name) + 1;
    struct raw_radio *raw = calloc(1, sizeof *raw);

    if (!raw)
        return NULL;
    raw->sends.item_size = sizeof(struct to_send);
    raw->kept.item_size = sizeof(struct kept);
    raw->name = malloc(size);
    if (!raw->name)
        goto out;
    memcpy(raw->name, name, size);
    if (sim_actor_join(&raw->actor, world, raw->name))
        goto out;
    radio_init(&raw->sender, &raw->actor, &sender_ops, raw);
    radio_init(&raw->receiver, &raw->actor, &receiver_ops, raw);
    return raw;
out:
    free(raw->name);
    free(raw);
    return NULL;
}

void raw_radio_free(struct raw_radio *raw)
{
    if (!raw)
        return;
    radio_fini(&raw->receiver);
    radio_fini(&raw->sender);
    sim_actor_leave(&raw->actor);
    free(raw->sends.items);
    free(raw->kept.items);
    free(raw->followed);
    free(raw->name);
    free(raw);
}

struct sim_actor *raw_radio_actor(struct raw_radio *raw)
{
    return &raw->actor;
}

struct radio *raw_radio_sender(struct raw_radio *raw)
{
    return &raw->sender;
}

struct radio *raw_radio_receiver(struct raw_radio *raw)
{
    return &raw->receiver;
}

int raw_radio_send(struct raw_radio *raw, const struct radio_packet *packet)
{
    if (packet->start < raw->sent_until)
        return BLR_ERR_INVALID;
    if (!raw->sending) {
        const int error = radio_transmit(&raw->sender, packet);
        if (error)
            return error;
        raw->sending = true;
    } else {
        const int error = radio_packet_check(packet, sim_world_now(raw->actor.world));
        if (error)
            return error;
        struct to_send *item = ring_push(&raw->sends);
        if (!item)
            return BLR_ERR_NO_MEMORY;
        item->packet = *packet;
        if (packet->len)
            memcpy(item->pdu, packet->pdu, packet->len);
        if (packet->plain)
            memcpy(item->plain, packet->plain, packet->plain_len);
    }
    raw->sent_until = packet->start + ll_air_time((enum radio_phy)packet->phy, packet->len);
    return 0;
}

int raw_radio_hear(struct raw_radio *raw, const struct radio_listen *window)
{
    struct radio_listen wanted = *window;

    wanted.want_crc = true;
    const int error = radio_listen(&raw->receiver, &wanted);
    if (!error)
        raw->window = wanted;
    return error;
}

int raw_radio_hear_all(struct raw_radio *raw)
{
    const struct radio_listen all = {
        .open = sim_world_now(raw->actor.world),
        .close = SIM_NEVER,
        .any_frequency = true,
        .any_access_address = true,
    };

    return raw_radio_hear(raw, &all);
}

void raw_radio_on_rx(struct raw_radio *raw, raw_radio_rx_fn *fn, void *user)
{
    raw->on_rx = fn;
    raw->on_rx_user = user;
}

const struct radio_rx *raw_radio_next(struct raw_radio *raw)
{
    if (!raw->kept.count)
        return NULL;
    raw->next = *(const struct kept *)ring_at(&raw->kept, 0);
    raw->next.rx.pdu = raw->next.pdu;
    ring_pop(&raw->kept);
    return &raw->next.rx;
}

uint64_t raw_radio_lost(const struct raw_radio *raw)
{
    return raw->lost;
}

int raw_radio_follow(struct raw_radio *raw, uint32_t access_address, uint32_t crc_init)
{
    for (size_t i = 0; i < raw->followed_count; i++) {
        if (raw->followed[i].access_address == access_address) {
            raw->followed[i].crc_init = crc_init;
            return 0;
        }
    }
    struct followed *more = realloc(raw->followed, (raw->followed_count + 1) * sizeof *more);
    if (!more)
        return BLR_ERR_NO_MEMORY;
    raw->followed = more;
    more[raw->followed_count++] =
        (struct followed){.access_address = access_address, .crc_init = crc_init};
    return 0;
}
