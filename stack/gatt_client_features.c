/* SPDX-License-Identifier: MIT */
/* Telling the server what this client can take (Core v5.4, Vol 3, Part G, 7.2). */
#include "att.h"
#include "gatt_db.h"

enum phase {
    WAIT_HANDLE_RSP, /* to the search for the characteristic's value */
    WAIT_WRITE_RSP,
};

static void request(const struct gatt_op *op, struct wr *w)
{
    if (op->phase == WAIT_WRITE_RSP) {
        gatt_write_request(op, w);
        return;
    }
    wr_u8(w, ATT_OP_READ_BY_TYPE_REQ);
    wr_u16(w, 0x0001);
    wr_u16(w, 0xFFFF);
    wr_u16(w, GATT_UUID_CLIENT_SUPPORTED_FEATURES);
}

/* What is set already stays set, for a bit is never taken back. */
static int response(struct gatt_op *op, struct rd *r)
{
    if (op->phase == WAIT_WRITE_RSP)
        return 0;
    const uint8_t size = rd_u8(r);
    if (size < 3 || !gatt_whole_list(r, size))
        return BLR_ERR_MALFORMED;
    op->handle = rd_u16(r);
    const uint8_t *value = rd_bytes(r, size - 2U);
    const uint8_t wanted = op->bytes[0];
    op->len = 0;
    const int error = gatt_op_add(op, value, size - 2U);
    if (error)
        return error;
    op->bytes[0] |= wanted;
    op->phase = WAIT_WRITE_RSP;
    return op->handle ? GATT_OP_MORE : BLR_ERR_MALFORMED;
}

int blr_gatt_set_client_features(struct blr_conn *conn, uint8_t features, blr_gatt_done_cb *cb,
                                 void *user)
{
    static const struct gatt_procedure procedure = {
        .request = request,
        .response = response,
        .done = gatt_write_done,
    };
    int error;

    if (features == 0 || features & ~GATT_CLIENT_FEATURES)
        return BLR_ERR_INVALID;
    struct gatt_op *op = gatt_client_op(conn, &procedure, user, &error);
    if (!op)
        return error;
    error = gatt_op_add(op, &features, 1);
    if (error) {
        gatt_op_free(op);
        return error;
    }
    op->cb.done = cb;
    return gatt_client_start(op);
}
