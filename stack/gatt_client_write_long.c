/* SPDX-License-Identifier: MIT */
/* Long and reliable writes (Core v5.4, Vol 3, Part G, 4.9.4, 4.9.5, 4.12.4). */
#include "att.h"

#define PREPARE_HEADER_SIZE 5U /* opcode, handle, offset */

/*
 * The octets of the operation are the writes one behind the other, each with its handle and its
 * length. `at` is where the present one stands, `offset` how much of it has been prepared.
 */
enum { RECORD_HEADER_SIZE = 4 };

enum phase {
    WAIT_PREPARE_WRITE_RSP,
    WAIT_EXECUTE_WRITE_RSP,
    WAIT_CANCELLED_RSP, /* of an Execute Write that empties the server's queue */
};

struct part {
    uint16_t handle;
    const uint8_t *bytes;
    size_t len;
    bool last; /* of its write */
};

static struct part next_part(const struct gatt_op *op, uint16_t mtu)
{
    struct rd r = rd_init(op->bytes + op->at, op->len - op->at);
    const uint16_t handle = rd_u16(&r);
    const size_t left = (size_t)rd_u16(&r) - op->offset;
    const size_t room = mtu - PREPARE_HEADER_SIZE;

    return (struct part){
        .handle = handle,
        .bytes = op->bytes + op->at + RECORD_HEADER_SIZE + op->offset,
        .len = left < room ? left : room,
        .last = left <= room,
    };
}

static void request(const struct gatt_op *op, struct wr *w)
{
    if (op->phase != WAIT_PREPARE_WRITE_RSP) {
        wr_u8(w, ATT_OP_EXECUTE_WRITE_REQ);
        wr_u8(w, op->phase == WAIT_EXECUTE_WRITE_RSP);
        return;
    }
    const struct part part = next_part(op, op->bearer->mtu);
    wr_u8(w, ATT_OP_PREPARE_WRITE_REQ);
    wr_u16(w, part.handle);
    wr_u16(w, op->offset);
    wr_bytes(w, part.bytes, part.len);
}

/* What has been queued is taken back, then the operation ends with the error. */
static int give_up(struct gatt_op *op, int error)
{
    op->error = error;
    op->phase = WAIT_CANCELLED_RSP;
    return GATT_OP_MORE;
}

static bool same(const struct part *part, uint16_t offset, struct rd *r)
{
    const uint16_t handle = rd_u16(r);
    const uint16_t at = rd_u16(r);
    const size_t len = rd_left(r);
    const uint8_t *bytes = rd_bytes(r, len);

    return handle == part->handle && at == offset && len == part->len &&
           (len == 0 || memcmp(bytes, part->bytes, len) == 0);
}

static int prepared(struct gatt_op *op, struct rd *r)
{
    const struct part part = next_part(op, op->bearer->client.request_mtu);

    if (op->verify && !same(&part, op->offset, r))
        return give_up(op, BLR_ERR_MALFORMED);
    op->offset = (uint16_t)(op->offset + part.len);
    if (part.last) {
        op->at += RECORD_HEADER_SIZE + (size_t)op->offset;
        op->offset = 0;
    }
    if (op->at == op->len)
        op->phase = WAIT_EXECUTE_WRITE_RSP;
    return GATT_OP_MORE;
}

static int response(struct gatt_op *op, struct rd *r)
{
    switch ((enum phase)op->phase) {
    case WAIT_PREPARE_WRITE_RSP:
        return prepared(op, r);
    case WAIT_EXECUTE_WRITE_RSP:
        return 0;
    case WAIT_CANCELLED_RSP:
        break;
    }
    return op->error;
}

/* After an Execute Write the queue is empty either way (Part F, 3.4.6.3). */
static int refused(struct gatt_op *op, uint8_t code)
{
    const int error = BLR_ERR_ATT(code);

    switch ((enum phase)op->phase) {
    case WAIT_PREPARE_WRITE_RSP:
        return op->at || op->offset ? give_up(op, error) : error;
    case WAIT_EXECUTE_WRITE_RSP:
        return error;
    case WAIT_CANCELLED_RSP:
        break;
    }
    return op->error;
}

static int abandoned(struct gatt_op *op)
{
    return give_up(op, BLR_ERR_CANCELLED);
}

static int start(struct gatt_op *op, const struct blr_gatt_write_item *items, size_t count)
{
    size_t size = 0;

    for (size_t i = 0; i < count; i++)
        size += RECORD_HEADER_SIZE + items[i].len;
    uint8_t *room = gatt_op_grow(op, size);
    if (!room) {
        gatt_op_free(op);
        return BLR_ERR_NO_MEMORY;
    }
    struct wr w = wr_init(room, size);
    for (size_t i = 0; i < count; i++) {
        wr_u16(&w, items[i].handle);
        wr_u16(&w, (uint16_t)items[i].len);
        wr_bytes(&w, items[i].value, items[i].len);
    }
    return gatt_client_start(op);
}

static const struct gatt_procedure procedure = {
    .request = request,
    .response = response,
    .refused = refused,
    .abandoned = abandoned,
    .done = gatt_write_done,
};

static int write_items(struct blr_conn *conn, const struct blr_gatt_write_item *items, size_t count,
                       bool verify, blr_gatt_done_cb *cb, void *user)
{
    int error;

    if (count == 0)
        return BLR_ERR_INVALID;
    for (size_t i = 0; i < count; i++) {
        if (items[i].len > ATT_MAX_VALUE)
            return BLR_ERR_TOO_LONG;
    }
    struct gatt_op *op = gatt_client_op(conn, &procedure, user, &error);
    if (!op)
        return error;
    op->cb.done = cb;
    op->verify = verify;
    return start(op, items, count);
}

int blr_gatt_write_long(struct blr_conn *conn, uint16_t handle, const uint8_t *value, size_t len,
                        blr_gatt_done_cb *cb, void *user)
{
    const struct blr_gatt_write_item item = {.handle = handle, .value = value, .len = len};

    return write_items(conn, &item, 1, false, cb, user);
}

int blr_gatt_write_reliable(struct blr_conn *conn, const struct blr_gatt_write_item *items,
                            size_t count, blr_gatt_done_cb *cb, void *user)
{
    return write_items(conn, items, count, true, cb, user);
}
