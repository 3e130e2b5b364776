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

static struct queue_item *take_at(struct queue *queue, struct queue_item **at)
{
    struct queue_item *item = *at;

    *at = item->next;
    if (!item->next)
        queue->end = at;
    queue->count--;
    sandbox_return(&queue->run->sandbox, sizeof *item + item->len);
    return item;
}

struct queue_item *queue_take(struct queue *queue)
{
    return queue->first ? take_at(queue, &queue->first) : NULL;
}

struct queue_item *queue_take_if(struct queue *queue,
                                 bool (*wanted)(const struct queue_item *item, void *user),
                                 void *user)
{
    for (struct queue_item **at = &queue->first; *at; at = &(*at)->next)
        if (wanted(*at, user))
            return take_at(queue, at);
    return NULL;
}

void queue_clear(struct queue *queue)
{
    for (struct queue_item *item; (item = queue_take(queue));)
        free(item);
}
