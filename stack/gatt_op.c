/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "att.h"

/* More than this is not kept: one for each kind of steady stream. */
#define SPARE_OPS      4U
#define SPARE_OP_BYTES 512U

struct gatt_op *gatt_op_new(struct att_bearer *bearer)
{
    struct gatt_op *op = bearer->spare_ops;

    if (!op) {
        op = calloc(1, sizeof *op);
        if (op)
            op->bearer = bearer;
        return op;
    }
    bearer->spare_ops = op->next;
    bearer->spare_op_count--;
    *op = (struct gatt_op){.bearer = bearer, .bytes = op->bytes, .cap = op->cap};
    return op;
}

static void destroy(struct gatt_op *op)
{
    free(op->bytes);
    free(op);
}

void gatt_op_free(struct gatt_op *op)
{
    struct att_bearer *bearer = op->bearer;

    if (bearer->closed || bearer->spare_op_count == SPARE_OPS) {
        destroy(op);
        return;
    }
    if (op->cap > SPARE_OP_BYTES) {
        free(op->bytes);
        op->bytes = NULL;
        op->cap = 0;
    }
    op->next = bearer->spare_ops;
    bearer->spare_ops = op;
    bearer->spare_op_count++;
}

void gatt_op_free_spares(struct att_bearer *bearer)
{
    while (bearer->spare_ops) {
        struct gatt_op *op = bearer->spare_ops;
        bearer->spare_ops = op->next;
        destroy(op);
    }
    bearer->spare_op_count = 0;
}

void gatt_op_append(struct gatt_op_list *list, struct gatt_op *op)
{
    op->next = NULL;
    if (list->last)
        list->last->next = op;
    else
        list->first = op;
    list->last = op;
}

void gatt_op_remove(struct gatt_op_list *list, struct gatt_op *op)
{
    struct gatt_op *previous = NULL;

    for (struct gatt_op *one = list->first; one != op; one = one->next)
        previous = one;
    if (previous)
        previous->next = op->next;
    else
        list->first = op->next;
    if (list->last == op)
        list->last = previous;
    op->next = NULL;
}

struct gatt_op *gatt_op_take(struct gatt_op_list *list)
{
    struct gatt_op *op = list->first;

    if (!op)
        return NULL;
    gatt_op_remove(list, op);
    return op;
}

void *gatt_op_grow(struct gatt_op *op, size_t n)
{
    if (n > op->cap - op->len) {
        size_t cap = op->cap ? op->cap : 32;
        while (n > cap - op->len)
            cap *= 2;
        uint8_t *bytes = realloc(op->bytes, cap);
        if (!bytes)
            return NULL;
        op->bytes = bytes;
        op->cap = cap;
    }
    void *room = op->bytes + op->len;
    op->len += n;
    return room;
}

int gatt_op_add(struct gatt_op *op, const uint8_t *bytes, size_t n)
{
    if (n == 0)
        return 0;
    void *room = gatt_op_grow(op, n);
    if (!room)
        return BLR_ERR_NO_MEMORY;
    memcpy(room, bytes, n);
    return 0;
}
