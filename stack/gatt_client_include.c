/* SPDX-License-Identifier: MIT */
/* Find Included Services (Core v5.4, Vol 3, Part G, 4.5.1). */
#include "att.h"
#include "gatt_db.h"

enum phase {
    WAIT_INCLUDES_RSP,
    WAIT_DECLARATION_RSP, /* of the included service that `at` counts, for its 128-bit UUID */
};

static size_t count_of(const struct gatt_op *op)
{
    return op->len / sizeof(struct blr_gatt_include);
}

static struct blr_gatt_include get(const struct gatt_op *op, size_t i)
{
    struct blr_gatt_include item;

    memcpy(&item, op->bytes + i * sizeof item, sizeof item);
    return item;
}

static void request(const struct gatt_op *op, struct wr *w)
{
    if (op->phase == WAIT_DECLARATION_RSP) {
        wr_u8(w, ATT_OP_READ_REQ);
        wr_u16(w, get(op, op->at).service.start);
        return;
    }
    wr_u8(w, ATT_OP_READ_BY_TYPE_REQ);
    wr_u16(w, op->handle);
    wr_u16(w, op->end);
    wr_u16(w, GATT_UUID_INCLUDE);
}

/* Asks for the next UUID that is missing, then for more includes behind the last. */
static int next_step(struct gatt_op *op)
{
    const size_t count = count_of(op);

    while (op->at < count && get(op, op->at).service.uuid.size)
        op->at++;
    if (op->at < count) {
        op->phase = WAIT_DECLARATION_RSP;
        return GATT_OP_MORE;
    }
    op->phase = WAIT_INCLUDES_RSP;
    return gatt_range_go_on(op, get(op, count - 1).declaration);
}

static int includes(struct gatt_op *op, struct rd *r)
{
    const uint8_t size = rd_u8(r);
    uint32_t next = op->handle;

    if ((size != 6 && size != 8) || !gatt_whole_list(r, size))
        return BLR_ERR_MALFORMED;
    while (rd_left(r)) {
        struct blr_gatt_include item = {0};
        item.declaration = rd_u16(r);
        item.service.start = rd_u16(r);
        item.service.end = rd_u16(r);
        if (size == 8)
            item.service.uuid = rd_uuid(r, 2);
        if (item.declaration < next || item.declaration > op->end || item.service.start == 0 ||
            item.service.start > item.service.end)
            return BLR_ERR_MALFORMED;
        next = item.declaration + 1U;
        const int error = gatt_op_add(op, (const uint8_t *)&item, sizeof item);
        if (error)
            return error;
    }
    return next_step(op);
}

static int declaration(struct gatt_op *op, struct rd *r)
{
    struct blr_gatt_include item = get(op, op->at);

    item.service.uuid = rd_uuid(r, rd_left(r));
    if (!rd_done(r) || item.service.uuid.size == 4)
        return BLR_ERR_MALFORMED;
    memcpy(op->bytes + op->at * sizeof item, &item, sizeof item);
    return next_step(op);
}

static int response(struct gatt_op *op, struct rd *r)
{
    switch ((enum phase)op->phase) {
    case WAIT_INCLUDES_RSP:
        return includes(op, r);
    case WAIT_DECLARATION_RSP:
        break;
    }
    return declaration(op, r);
}

static int refused(struct gatt_op *op, uint8_t code)
{
    return op->phase == WAIT_INCLUDES_RSP ? gatt_range_refused(op, code) : BLR_ERR_ATT(code);
}

static void done(struct gatt_op *op, struct blr_conn *conn, int error)
{
    size_t count;
    const struct blr_gatt_include *items =
        gatt_results(op, error, sizeof(struct blr_gatt_include), &count);

    if (op->cb.includes)
        op->cb.includes(conn, error, items, count, op->user);
}

int blr_gatt_find_included(struct blr_conn *conn, uint16_t start, uint16_t end,
                           blr_gatt_includes_cb *cb, void *user)
{
    static const struct gatt_procedure procedure = {
        .request = request,
        .response = response,
        .refused = refused,
        .done = done,
    };
    int error;
    struct gatt_op *op = gatt_range_op(conn, &procedure, start, end, user, &error);

    if (!op)
        return error;
    op->cb.includes = cb;
    return gatt_client_start(op);
}
