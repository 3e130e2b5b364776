/* SPDX-License-Identifier: MIT */
/*
 * Receptions: where they live, how they end, and the order of those of one transmission. An
 * ordinary radio has one in itself; a sniffer takes as many as it needs from the medium, which
 * keeps what it once allocated.
 */
#include <stdlib.h>

#include "radio_medium.h"

struct radio_reception *radio_reception_new(struct radio *to)
{
    struct radio_medium *medium = to->medium;
    struct radio_reception *reception = &to->reception;

    if (to->window.any_frequency) {
        reception = medium->spare;
        if (reception)
            medium->spare = reception->next;
        else
            reception = malloc(sizeof *reception);
        if (!reception)
            return NULL;
    }
    reception->to = to;
    return reception;
}

void radio_reception_discard(struct radio_reception *reception)
{
    struct radio *to = reception->to;

    if (reception == &to->reception)
        return;
    reception->next = to->medium->spare;
    to->medium->spare = reception;
}

void radio_reception_end(struct radio_reception *reception)
{
    struct radio *to = reception->to;

    *reception->link = reception->next;
    if (reception->next)
        reception->next->link = reception->link;
    if (reception == &to->reception) {
        to->state = RADIO_IDLE;
        return;
    }
    *reception->side_link = reception->side_next;
    if (reception->side_next)
        reception->side_next->side_link = reception->side_link;
    if (!to->side && !to->listen_link)
        to->state = RADIO_IDLE;
    radio_reception_discard(reception);
}

static bool before(const struct radio_reception *a, const struct radio_reception *b)
{
    const struct radio *x = a->to;
    const struct radio *y = b->to;

    return x->actor->rank != y->actor->rank ? x->actor->rank < y->actor->rank : x->id < y->id;
}

static struct radio_reception *merge(struct radio_reception *a, struct radio_reception *b)
{
    struct radio_reception *head;
    struct radio_reception **tail = &head;

    while (a && b) {
        struct radio_reception **least = before(a, b) ? &a : &b;
        *tail = *least;
        tail = &(*least)->next;
        *least = *tail;
    }
    *tail = a ? a : b;
    return head;
}

static struct radio_reception *sort(struct radio_reception *list, size_t n)
{
    if (n < 2)
        return list;
    struct radio_reception *last = list;
    for (size_t i = 1; i < n / 2; i++)
        last = last->next;
    struct radio_reception *half = last->next;
    last->next = NULL;
    struct radio_reception *low = sort(list, n / 2);
    return merge(low, sort(half, n - n / 2));
}

static bool sorted(const struct radio_reception *list)
{
    for (; list && list->next; list = list->next) {
        if (!before(list, list->next))
            return false;
    }
    return true;
}

struct radio_reception *radio_receptions_sort(struct radio_reception *list, size_t n)
{
    return sorted(list) ? list : sort(list, n);
}
