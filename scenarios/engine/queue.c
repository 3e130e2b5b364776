/* SPDX-License-Identifier: MIT */
#include "queue.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_ITEMS = 100000 };

void queue_init(struct queue *queue, struct run *run)
{
    *queue = (struct queue){.end = &queue->first, .run = run, .next = run->queues};
    run->queues = queue;
}

void queue_put(struct queue *queue, struct run *run, void *from, uint32_t tag, const uint8_t *bytes,
               size_t len)
{
    if (queue->count >= MAX_ITEMS) {
        queue->overflowed = true;
        return;
    }
    if (!run_account(run, sizeof(struct queue_item) + len))
        return;
    struct queue_item *item = malloc(sizeof *item + len);
    if (!item) {
        run_out_of_memory(run);
        return;
    }
    *item =
        (struct queue_item){.at = sim_world_now(run->world), .from = from, .tag = tag, .len = len};
    if (len)
        memcpy(item->bytes, bytes, len);
    *queue->end = item;
    queue->end = &item->next;
    queue->count++;
    signal_fire(&queue->signal);
}

struct queue_item *queue_take(struct queue *queue)
{
    struct queue_item *item = queue->first;

    if (!item)
        return NULL;
    queue->first = item->next;
    if (!queue->first)
        queue->end = &queue->first;
    queue->count--;
    sandbox_return(&queue->run->sandbox, sizeof *item + item->len);
    return item;
}

void queue_clear(struct queue *queue)
{
    for (struct queue_item *item; (item = queue_take(queue));)
        free(item);
}
