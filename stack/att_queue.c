/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "att_queue.h"

#define HEADER_SIZE  3U /* length, kind */
#define UNBOUND_PDUS 2U /* of full size; of shorter ones as many more as fit */
#define BOUND_KINDS  3U /* of full size; a confirmation is one octet */

int att_queue_init(struct att_queue *queue, uint16_t mtu)
{
    const size_t record = HEADER_SIZE + (size_t)mtu;
    const size_t cap = (BOUND_KINDS + UNBOUND_PDUS) * record + HEADER_SIZE + 1U;

    *queue = (struct att_queue){.ring = malloc(cap), .cap = cap};
    queue->unbound_cap = UNBOUND_PDUS * record;
    return queue->ring ? 0 : BLR_ERR_NO_MEMORY;
}

void att_queue_fini(struct att_queue *queue)
{
    free(queue->ring);
    *queue = (struct att_queue){0};
}

void att_queue_clear(struct att_queue *queue)
{
    queue->head = queue->len = queue->unbound_len = 0;
    queue->kinds = 0;
}

static uint8_t octet_at(const struct att_queue *queue, size_t offset)
{
    const size_t i = queue->head + offset;

    return queue->ring[i < queue->cap ? i : i - queue->cap];
}

static void append(struct att_queue *queue, uint8_t octet)
{
    const size_t i = queue->head + queue->len;

    queue->ring[i < queue->cap ? i : i - queue->cap] = octet;
    queue->len++;
}

static size_t first_len(const struct att_queue *queue)
{
    return (size_t)octet_at(queue, 0) | (size_t)octet_at(queue, 1) << 8;
}

int att_queue_push(struct att_queue *queue, enum att_send_kind kind, const uint8_t *pdu, size_t len)
{
    const size_t record = HEADER_SIZE + len;

    if (kind == ATT_SEND_UNBOUND) {
        if (record > queue->unbound_cap - queue->unbound_len)
            return BLR_ERR_AGAIN;
        queue->unbound_len += record;
    } else {
        if (queue->kinds & 1U << kind)
            return BLR_ERR_STATE;
        queue->kinds |= 1U << kind;
    }
    append(queue, (uint8_t)len);
    append(queue, (uint8_t)(len >> 8));
    append(queue, (uint8_t)kind);
    for (size_t i = 0; i < len; i++)
        append(queue, pdu[i]);
    return 0;
}

size_t att_queue_peek(const struct att_queue *queue, uint8_t *pdu)
{
    if (queue->len == 0)
        return 0;
    const size_t len = first_len(queue);
    for (size_t i = 0; i < len; i++)
        pdu[i] = octet_at(queue, HEADER_SIZE + i);
    return len;
}

void att_queue_pop(struct att_queue *queue)
{
    const size_t record = HEADER_SIZE + first_len(queue);
    const unsigned kind = octet_at(queue, 2);

    if (kind == ATT_SEND_UNBOUND)
        queue->unbound_len -= record;
    else
        queue->kinds &= ~(1U << kind);
    queue->head = (queue->head + record) % queue->cap;
    queue->len -= record;
}
