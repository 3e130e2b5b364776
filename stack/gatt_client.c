/* SPDX-License-Identifier: MIT */
/* The queue of operations, and the one request under way (Core v5.4, Vol 3, Part F, 3.3.2). */
#include "att.h"

uint16_t blr_gatt_mtu(const struct blr_conn *conn)
{
    const struct att_bearer *bearer = conn_att_bearer(conn);

    return bearer ? bearer->mtu : ATT_DEFAULT_MTU;
}

void blr_gatt_on_writable(struct blr_conn *conn, blr_gatt_writable_cb *cb, void *user)
{
    struct att_bearer *bearer = conn_att_bearer(conn);

    if (!bearer)
        return;
    bearer->client.writable = cb;
    bearer->client.writable_user = user;
}

struct gatt_op *gatt_client_op(struct blr_conn *conn, const struct gatt_procedure *procedure,
                               void *user, int *error)
{
    struct att_bearer *bearer = conn_att_bearer(conn);

    *error = BLR_ERR_NOT_CONNECTED;
    if (!bearer || !att_bearer_usable(bearer))
        return NULL;
    struct gatt_op *op = gatt_op_new(bearer);
    *error = BLR_ERR_NO_MEMORY;
    if (!op)
        return NULL;
    *error = 0;
    op->procedure = procedure;
    op->user = user;
    return op;
}

static int send_request(struct gatt_op *op)
{
    struct att_bearer *bearer = op->bearer;
    struct gatt_client *client = &bearer->client;
    uint8_t pdu[BLR_GATT_MAX_MTU];
    struct wr w = wr_init(pdu, bearer->mtu);

    op->procedure->request(op, &w);
    if (!wr_ok(&w))
        return BLR_ERR_TOO_LONG;
    const int error = att_bearer_send(bearer, ATT_SEND_REQUEST, pdu, w.len);
    if (error)
        return error;
    client->request = pdu[0];
    client->request_mtu = bearer->mtu;
    clock_arm(bearer->config.clock, &client->timer,
              clock_now(bearer->config.clock) + ATT_TRANSACTION_TIMEOUT_NS);
    return 0;
}

/* Out of the list already. */
static void finish(struct gatt_op *op, int error)
{
    if (!op->cancelled)
        op->procedure->done(op, op->bearer->config.conn, error);
    gatt_op_free(op);
}

/* Begins what waits, as far as it may. */
static void pump(struct att_bearer *bearer)
{
    struct gatt_client *client = &bearer->client;

    while (!client->request && !client->raising && client->ops.first &&
           att_bearer_usable(bearer)) {
        const int error = send_request(client->ops.first);
        if (error)
            finish(gatt_op_take(&client->ops), error);
    }
}

int gatt_client_start(struct gatt_op *op)
{
    struct gatt_client *client = &op->bearer->client;

    gatt_op_append(&client->ops, op);
    if (client->ops.first != op)
        return 0;
    const int error = send_request(op);
    if (error)
        gatt_op_free(gatt_op_take(&client->ops));
    return error;
}

/* What an ATT_ERROR_RSP comes to; its opcode has been compared. */
static int refused(struct gatt_op *op, uint8_t code)
{
    return op->procedure->refused ? op->procedure->refused(op, code) : BLR_ERR_ATT(code);
}

/* With what the response, or its refusal, comes to: another request, or the end. */
static void go_on(struct att_bearer *bearer, int result)
{
    struct gatt_client *client = &bearer->client;
    struct gatt_op *op = client->ops.first;

    if (result == GATT_OP_MORE && op->cancelled)
        result = op->procedure->abandoned ? op->procedure->abandoned(op) : BLR_ERR_CANCELLED;
    if (result == GATT_OP_MORE)
        result = send_request(op);
    if (client->request)
        return;
    finish(gatt_op_take(&client->ops), result);
    pump(bearer);
}

void gatt_client_response(struct att_bearer *bearer, const uint8_t *pdu, size_t len,
                          bool well_formed)
{
    struct gatt_client *client = &bearer->client;
    struct rd r = rd_init(pdu, len);
    const uint8_t opcode = rd_u8(&r);

    if (!client->request)
        return;
    if (opcode == ATT_OP_ERROR_RSP ? well_formed && pdu[1] != client->request
                                   : opcode != client->request + 1U)
        return; /* to a request that we did not send */
    clock_cancel(bearer->config.clock, &client->timer);
    client->request = 0;

    struct gatt_op *op = client->ops.first;
    int result = BLR_ERR_MALFORMED;
    if (well_formed && opcode == ATT_OP_ERROR_RSP) {
        rd_skip(&r, 3); /* the request's opcode, the handle in error */
        const uint8_t code = rd_u8(&r);
        if (gatt_security_raise(bearer, code))
            return;
        result = refused(op, code);
    } else if (well_formed) {
        result = op->procedure->response(op, &r);
    }
    go_on(bearer, result);
}

void gatt_client_raised(struct att_bearer *bearer, int error)
{
    struct gatt_client *client = &bearer->client;

    if (!client->raising)
        return;
    client->raising = false;
    att_bearer_hold(bearer);
    go_on(bearer, error ? refused(client->ops.first, client->ops.first->refusal) : GATT_OP_MORE);
    att_bearer_release(bearer);
}

static struct gatt_op *next_to_cancel(const struct gatt_client *client)
{
    struct gatt_op *op = client->ops.first;

    while (op && !(op->to_cancel && !op->cancelled))
        op = op->next;
    return op;
}

/* What callbacks begin meanwhile is not meant, and was not marked. */
size_t blr_gatt_cancel(struct blr_conn *conn, const void *user)
{
    struct att_bearer *bearer = conn_att_bearer(conn);
    size_t count = 0;

    if (!bearer || bearer->closed)
        return 0;
    struct gatt_client *client = &bearer->client;
    for (struct gatt_op *op = client->ops.first; op; op = op->next)
        op->to_cancel = op->to_cancel || op->user == user;
    att_bearer_hold(bearer);
    for (struct gatt_op *op; (op = next_to_cancel(client)); count++) {
        if (op == client->ops.first && (client->request || client->raising)) {
            op->cancelled = true;
            op->procedure->done(op, conn, BLR_ERR_CANCELLED);
        } else {
            gatt_op_remove(&client->ops, op);
            finish(op, BLR_ERR_CANCELLED);
        }
    }
    att_bearer_release(bearer);
    return count;
}

static void timed_out(void *user)
{
    att_bearer_break(user, BLR_ERR_TIMEOUT);
}

void gatt_client_init(struct att_bearer *bearer)
{
    timer_init(&bearer->client.timer, timed_out, bearer);
}

void gatt_client_close(struct att_bearer *bearer, int error)
{
    struct gatt_client *client = &bearer->client;

    clock_cancel(bearer->config.clock, &client->timer);
    client->request = 0;
    client->raising = false;
    client->writable = NULL;
    for (struct gatt_op *op; (op = gatt_op_take(&client->ops));)
        finish(op, error);
}
