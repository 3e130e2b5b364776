/* SPDX-License-Identifier: MIT */
/* Values that came and wait to be taken by a script: notifications, writes, advertising reports. */
#ifndef ENGINE_QUEUE_H
#define ENGINE_QUEUE_H

#include "task.h"

struct queue_item {
    struct queue_item *next;
    sim_ns at;
    void *from; /* whatever the queue's owner means by it */
    uint32_t tag;
    size_t len;
    uint8_t bytes[];
};

struct queue {
    struct queue_item *first, **end;
    size_t count;
    struct run *run;
    bool overflowed; /* more came than a script may leave unread */
    struct signal signal;
    struct queue *next; /* all of the run */
};

/* Embedded in memory of run_alloc(). */
void queue_init(struct queue *queue, struct run *run);
/* Puts a copy at the end and wakes those who wait. */
void queue_put(struct queue *queue, struct run *run, void *from, uint32_t tag, const uint8_t *bytes,
               size_t len);
/* The first item, taken out: the caller frees it with free(). NULL: empty. */
struct queue_item *queue_take(struct queue *queue);
/* The first item that the function says yes to, taken out as above; NULL: none. */
struct queue_item *queue_take_if(struct queue *queue,
                                 bool (*wanted)(const struct queue_item *item, void *user),
                                 void *user);
void queue_clear(struct queue *queue);

#endif
