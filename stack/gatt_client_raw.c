/* SPDX-License-Identifier: MIT */
/* Requests of ATT as they are (Core v5.4, Vol 3, Part F, 3.4). */
#include "att.h"

static void request(const struct gatt_op *op, struct wr *w)
{
    wr_bytes(w, op->bytes, op->len);
}

static int response(struct gatt_op *op, struct rd *r)
{
    const size_t len = rd_left(r);

    op->len = 0;
    return gatt_op_add(op, rd_bytes(r, len), len);
}

static bool good(const uint8_t *pdu, size_t len)
{
    const struct att_pdu_info *info = len ? att_pdu_info(pdu[0]) : NULL;

    return info && att_pdu_kind(pdu[0]) == ATT_REQUEST && pdu[0] != ATT_OP_EXCHANGE_MTU_REQ &&
           len >= info->min_len && (!info->max_len || len <= info->max_len);
}

int blr_gatt_request(struct blr_conn *conn, const uint8_t *pdu, size_t len, blr_gatt_value_cb *cb,
                     void *user)
{
    static const struct gatt_procedure procedure = {
        .request = request,
        .response = response,
        .done = gatt_value_done,
    };
    int error;

    if (!good(pdu, len))
        return BLR_ERR_INVALID;
    if (len > blr_gatt_mtu(conn))
        return BLR_ERR_TOO_LONG;
    struct gatt_op *op = gatt_client_op(conn, &procedure, user, &error);
    if (!op)
        return error;
    error = gatt_op_add(op, pdu, len);
    if (error) {
        gatt_op_free(op);
        return error;
    }
    op->cb.value = cb;
    return gatt_client_start(op);
}
