/* SPDX-License-Identifier: MIT */
/* The MTU exchange, reading and writing (Core v5.4, Vol 3, Part G, 4.3, 4.8, 4.9, 4.12). */
#include "att.h"
#include "gatt_db.h"

#define WRITE_HEADER_SIZE 3U /* opcode, handle */

void gatt_value_done(struct gatt_op *op, struct blr_conn *conn, int error)
{
    if (op->cb.value)
        op->cb.value(conn, error, error ? NULL : op->bytes, error ? 0 : op->len, op->user);
}

static int take_rest(struct gatt_op *op, struct rd *r)
{
    const size_t len = rd_left(r);

    return gatt_op_add(op, rd_bytes(r, len), len);
}

/* --- MTU --- */

static void mtu_request(const struct gatt_op *op, struct wr *w)
{
    wr_u8(w, ATT_OP_EXCHANGE_MTU_REQ);
    wr_u16(w, op->bearer->config.mtu);
}

static int mtu_response(struct gatt_op *op, struct rd *r)
{
    const uint16_t theirs = rd_u16(r);

    if (theirs < ATT_DEFAULT_MTU)
        return BLR_ERR_MALFORMED;
    att_bearer_set_mtu(op->bearer, theirs);
    return 0;
}

static void mtu_done(struct gatt_op *op, struct blr_conn *conn, int error)
{
    struct gatt_client *client = &op->bearer->client;

    /* Cancelled before it was sent: it may be tried again. */
    if (error == BLR_ERR_CANCELLED && client->ops.first != op)
        client->mtu_exchanged = false;
    if (op->cb.mtu)
        op->cb.mtu(conn, error, op->bearer->mtu, op->user);
}

int blr_gatt_exchange_mtu(struct blr_conn *conn, blr_gatt_mtu_cb *cb, void *user)
{
    static const struct gatt_procedure procedure = {
        .request = mtu_request,
        .response = mtu_response,
        .done = mtu_done,
    };
    struct att_bearer *bearer = conn_att_bearer(conn);
    if (bearer && bearer->client.mtu_exchanged)
        return BLR_ERR_STATE;
    int error;
    struct gatt_op *op = gatt_client_op(conn, &procedure, user, &error);
    if (!op)
        return error;
    op->cb.mtu = cb;
    error = gatt_client_start(op);
    bearer->client.mtu_exchanged = error == 0;
    return error;
}

/* --- reading --- */

static void read_request(const struct gatt_op *op, struct wr *w)
{
    wr_u8(w, ATT_OP_READ_REQ);
    wr_u16(w, op->handle);
}

static int start_read(struct blr_conn *conn, const struct gatt_procedure *procedure,
                      uint16_t handle, blr_gatt_value_cb *cb, void *user)
{
    int error;
    struct gatt_op *op = gatt_client_op(conn, procedure, user, &error);

    if (!op)
        return error;
    op->handle = handle;
    op->cb.value = cb;
    return gatt_client_start(op);
}

int blr_gatt_read(struct blr_conn *conn, uint16_t handle, blr_gatt_value_cb *cb, void *user)
{
    static const struct gatt_procedure procedure = {
        .request = read_request,
        .response = take_rest,
        .done = gatt_value_done,
    };

    return start_read(conn, &procedure, handle, cb, user);
}

/* The first part is read as any value is, which a server grants that has no long ones. */
static void read_long_request(const struct gatt_op *op, struct wr *w)
{
    if (op->len == 0) {
        read_request(op, w);
        return;
    }
    wr_u8(w, ATT_OP_READ_BLOB_REQ);
    wr_u16(w, op->handle);
    wr_u16(w, (uint16_t)op->len);
}

/* A part that does not fill its response is the last (4.8.3). */
static int read_long_response(struct gatt_op *op, struct rd *r)
{
    const size_t len = rd_left(r);
    const int error = take_rest(op, r);

    if (error)
        return error;
    if (op->len > ATT_MAX_VALUE)
        return BLR_ERR_MALFORMED;
    if (len < op->bearer->client.request_mtu - 1U || op->len == ATT_MAX_VALUE)
        return 0;
    return GATT_OP_MORE;
}

/* A value that just filled its responses has no more parts. */
static int read_long_refused(struct gatt_op *op, uint8_t code)
{
    const bool end = code == ATT_ERR_INVALID_OFFSET || code == ATT_ERR_ATTRIBUTE_NOT_LONG;

    return end && op->len ? 0 : BLR_ERR_ATT(code);
}

int blr_gatt_read_long(struct blr_conn *conn, uint16_t handle, blr_gatt_value_cb *cb, void *user)
{
    static const struct gatt_procedure procedure = {
        .request = read_long_request,
        .response = read_long_response,
        .refused = read_long_refused,
        .done = gatt_value_done,
    };

    return start_read(conn, &procedure, handle, cb, user);
}

static void read_by_uuid_request(const struct gatt_op *op, struct wr *w)
{
    wr_u8(w, ATT_OP_READ_BY_TYPE_REQ);
    wr_u16(w, op->handle);
    wr_u16(w, op->end);
    wr_uuid(w, &op->uuid);
}

static int read_by_uuid_response(struct gatt_op *op, struct rd *r)
{
    const uint8_t size = rd_u8(r);

    if (size < 2 || rd_left(r) == 0 || rd_left(r) % size)
        return BLR_ERR_MALFORMED;
    const uint16_t handle = rd_u16(r);
    if (handle < op->handle || handle > op->end)
        return BLR_ERR_MALFORMED;
    return gatt_op_add(op, rd_bytes(r, size - 2U), size - 2U);
}

int blr_gatt_read_by_uuid(struct blr_conn *conn, uint16_t start, uint16_t end,
                          const struct blr_uuid *uuid, blr_gatt_value_cb *cb, void *user)
{
    static const struct gatt_procedure procedure = {
        .request = read_by_uuid_request,
        .response = read_by_uuid_response,
        .done = gatt_value_done,
    };
    if (start == 0 || start > end)
        return BLR_ERR_INVALID;
    int error;
    struct gatt_op *op = gatt_client_op(conn, &procedure, user, &error);
    if (!op)
        return error;
    op->handle = start;
    op->end = end;
    op->uuid = gatt_uuid_for_air(uuid);
    op->cb.value = cb;
    return gatt_client_start(op);
}

/* --- writing --- */

void gatt_write_request(const struct gatt_op *op, struct wr *w)
{
    wr_u8(w, ATT_OP_WRITE_REQ);
    wr_u16(w, op->handle);
    wr_bytes(w, op->bytes, op->len);
}

int gatt_write_response(struct gatt_op *op, struct rd *r)
{
    (void)op;
    (void)r;
    return 0;
}

void gatt_write_done(struct gatt_op *op, struct blr_conn *conn, int error)
{
    if (op->cb.done)
        op->cb.done(conn, error, op->user);
}

int blr_gatt_write(struct blr_conn *conn, uint16_t handle, const uint8_t *value, size_t len,
                   blr_gatt_done_cb *cb, void *user)
{
    static const struct gatt_procedure procedure = {
        .request = gatt_write_request,
        .response = gatt_write_response,
        .done = gatt_write_done,
    };
    if (len > blr_gatt_mtu(conn) - WRITE_HEADER_SIZE)
        return BLR_ERR_TOO_LONG;
    int error;
    struct gatt_op *op = gatt_client_op(conn, &procedure, user, &error);
    if (!op)
        return error;
    error = gatt_op_add(op, value, len);
    if (error) {
        gatt_op_free(op);
        return error;
    }
    op->handle = handle;
    op->cb.done = cb;
    return gatt_client_start(op);
}

int blr_gatt_write_without_response(struct blr_conn *conn, uint16_t handle, const uint8_t *value,
                                    size_t len)
{
    struct att_bearer *bearer = conn_att_bearer(conn);
    uint8_t pdu[BLR_GATT_MAX_MTU];

    if (!bearer)
        return BLR_ERR_NOT_CONNECTED;
    struct wr w = wr_init(pdu, bearer->mtu);
    wr_u8(&w, ATT_OP_WRITE_CMD);
    wr_u16(&w, handle);
    wr_bytes(&w, value, len);
    return wr_ok(&w) ? att_bearer_send(bearer, ATT_SEND_UNBOUND, pdu, w.len) : BLR_ERR_TOO_LONG;
}
