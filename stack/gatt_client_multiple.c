/* SPDX-License-Identifier: MIT */
/* Reading several values at once (Core v5.4, Vol 3, Part G, 4.8.4, 4.8.5). */
#include "att.h"
#include "gatt_db.h"

/* Makes an operation whose octets are the handles, as the request carries them. */
static struct gatt_op *handles_op(struct blr_conn *conn, const struct gatt_procedure *procedure,
                                  const uint16_t *handles, size_t count, void *user, int *error)
{
    *error = count < 2 ? BLR_ERR_INVALID : BLR_ERR_TOO_LONG;
    if (count < 2 || count > (blr_gatt_mtu(conn) - 1U) / 2)
        return NULL;
    struct gatt_op *op = gatt_client_op(conn, procedure, user, error);
    if (!op)
        return NULL;
    uint8_t *room = gatt_op_grow(op, 2 * count);
    if (!room) {
        gatt_op_free(op);
        *error = BLR_ERR_NO_MEMORY;
        return NULL;
    }
    struct wr w = wr_init(room, 2 * count);
    for (size_t i = 0; i < count; i++)
        wr_u16(&w, handles[i]);
    return op;
}

/* --- Read Multiple --- */

static void read_multiple_request(const struct gatt_op *op, struct wr *w)
{
    wr_u8(w, ATT_OP_READ_MULTIPLE_REQ);
    wr_bytes(w, op->bytes, op->len);
}

static int read_multiple_response(struct gatt_op *op, struct rd *r)
{
    const size_t len = rd_left(r);

    op->len = 0; /* the handles have done their work */
    return gatt_op_add(op, rd_bytes(r, len), len);
}

int blr_gatt_read_multiple(struct blr_conn *conn, const uint16_t *handles, size_t count,
                           blr_gatt_value_cb *cb, void *user)
{
    static const struct gatt_procedure procedure = {
        .request = read_multiple_request,
        .response = read_multiple_response,
        .done = gatt_value_done,
    };
    int error;
    struct gatt_op *op = handles_op(conn, &procedure, handles, count, user, &error);

    if (!op)
        return error;
    op->cb.value = cb;
    return gatt_client_start(op);
}

/* --- Read Multiple Variable Length --- */

static void read_variable_request(const struct gatt_op *op, struct wr *w)
{
    wr_u8(w, ATT_OP_READ_MULTIPLE_VARIABLE_REQ);
    wr_bytes(w, op->bytes, op->len);
}

/*
 * Part F, 3.4.4.12: a length before each value; the last value may have been cut. `at` counts the
 * results, whose records come first in the octets, with an offset for an address until the end.
 */
static int read_variable_response(struct gatt_op *op, struct rd *r)
{
    uint16_t handles[BLR_GATT_MAX_MTU / 2];
    const size_t asked = op->len / 2, size = rd_left(r);
    const uint8_t *list = rd_bytes(r, size);
    struct rd values = rd_init(list, size), asking = rd_init(op->bytes, op->len);
    size_t count = 0;

    for (size_t i = 0; i < asked; i++)
        handles[i] = rd_u16(&asking);
    op->len = 0;
    for (; count < asked && rd_left(&values); count++) {
        struct blr_gatt_value item = {.handle = handles[count]};
        item.whole_len = rd_u16(&values);
        if (!rd_ok(&values))
            return BLR_ERR_MALFORMED;
        item.len = item.whole_len < rd_left(&values) ? item.whole_len : rd_left(&values);
        rd_skip(&values, item.len);
        const int error = gatt_op_add(op, (const uint8_t *)&item, sizeof item);
        if (error)
            return error;
    }
    op->at = count;
    return rd_left(&values) ? BLR_ERR_MALFORMED : gatt_op_add(op, list, size);
}

static void read_variable_done(struct gatt_op *op, struct blr_conn *conn, int error)
{
    struct blr_gatt_value *values = (struct blr_gatt_value *)(void *)op->bytes;
    const size_t count = error ? 0 : op->at;
    const uint8_t *next = count ? op->bytes + count * sizeof *values : NULL;

    for (size_t i = 0; i < count; i++) {
        values[i].value = next + sizeof(uint16_t);
        next = values[i].value + values[i].len;
    }
    if (op->cb.values)
        op->cb.values(conn, error, count ? values : NULL, count, op->user);
}

int blr_gatt_read_multiple_variable(struct blr_conn *conn, const uint16_t *handles, size_t count,
                                    blr_gatt_values_cb *cb, void *user)
{
    static const struct gatt_procedure procedure = {
        .request = read_variable_request,
        .response = read_variable_response,
        .done = read_variable_done,
    };
    int error;
    struct gatt_op *op = handles_op(conn, &procedure, handles, count, user, &error);

    if (!op)
        return error;
    op->cb.values = cb;
    return gatt_client_start(op);
}
