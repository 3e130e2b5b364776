/* SPDX-License-Identifier: MIT */
/* Notifications and indications from the peer (Core v5.4, Vol 3, Part G, 4.10, 4.11). */
#include <stdlib.h>

#include "att.h"

struct blr_subscription {
    struct blr_subscription *next; /* by age */
    struct att_bearer *bearer;
    uint16_t value_handle, cccd_handle;
    uint16_t cccd;
    blr_gatt_notify_cb *notify;
    void *user;
    bool writing; /* its first write is under way */
    bool ended;
};

/* Frees those that ended, unless somebody still looks at them. */
static void sweep(struct gatt_client *client)
{
    if (client->notifying)
        return;
    for (struct blr_subscription **p = &client->subscriptions; *p;) {
        struct blr_subscription *subscription = *p;
        if (subscription->ended && !subscription->writing) {
            *p = subscription->next;
            free(subscription);
        } else {
            p = &subscription->next;
        }
    }
}

/* What the living subscriptions of a CCCD ask for together, one excepted. */
static uint16_t asked_for(const struct gatt_client *client, uint16_t cccd_handle,
                          const struct blr_subscription *except)
{
    uint16_t bits = 0;

    for (const struct blr_subscription *s = client->subscriptions; s; s = s->next) {
        if (s->cccd_handle == cccd_handle && s != except && !s->ended)
            bits |= s->cccd;
    }
    return bits;
}

static int write_cccd(struct gatt_op *op, uint16_t handle, uint16_t bits)
{
    const uint8_t octets[2] = {(uint8_t)bits, (uint8_t)(bits >> 8)};

    op->handle = handle;
    const int error = gatt_op_add(op, octets, sizeof octets);
    if (error) {
        gatt_op_free(op);
        return error;
    }
    return gatt_client_start(op);
}

static void done(struct gatt_op *op, struct blr_conn *conn, int error)
{
    struct blr_subscription *subscription = op->subscription;

    if (subscription && error)
        subscription->ended = true;
    if (op->cb.done)
        op->cb.done(conn, error, op->user);
    if (subscription) {
        subscription->writing = false;
        sweep(&op->bearer->client);
    }
}

static const struct gatt_procedure procedure = {
    .request = gatt_write_request,
    .response = gatt_write_response,
    .done = done,
};

int blr_gatt_subscribe(struct blr_conn *conn, uint16_t value_handle, uint16_t cccd_handle,
                       uint16_t cccd, blr_gatt_notify_cb *notify, blr_gatt_done_cb *done_cb,
                       void *user, struct blr_subscription **out)
{
    if (cccd == 0 || cccd & ~GATT_CCCD_BITS)
        return BLR_ERR_INVALID;
    int error;
    struct gatt_op *op = gatt_client_op(conn, &procedure, user, &error);
    if (!op)
        return error;
    struct blr_subscription *subscription = calloc(1, sizeof *subscription);
    if (!subscription) {
        gatt_op_free(op);
        return BLR_ERR_NO_MEMORY;
    }
    *subscription = (struct blr_subscription){
        .value_handle = value_handle,
        .cccd_handle = cccd_handle,
        .cccd = cccd,
        .notify = notify,
        .user = user,
        .writing = true,
    };
    struct gatt_client *client = &op->bearer->client;
    op->cb.done = done_cb;
    op->subscription = subscription;
    error = write_cccd(op, cccd_handle, cccd | asked_for(client, cccd_handle, NULL));
    if (error) {
        free(subscription);
        return error;
    }
    struct blr_subscription **last = &client->subscriptions;
    while (*last)
        last = &(*last)->next;
    *last = subscription;
    subscription->bearer = op->bearer;
    if (out)
        *out = subscription;
    return 0;
}

void gatt_subscription_mute(struct blr_subscription *subscription)
{
    subscription->notify = NULL;
}

int blr_gatt_unsubscribe(struct blr_subscription *subscription, blr_gatt_done_cb *done_cb,
                         void *user)
{
    struct att_bearer *bearer = subscription->bearer;
    int error;

    if (subscription->ended)
        return BLR_ERR_STATE;
    struct gatt_op *op = gatt_client_op(bearer->config.conn, &procedure, user, &error);
    if (!op)
        return error;
    op->cb.done = done_cb;
    const uint16_t rest = asked_for(&bearer->client, subscription->cccd_handle, subscription);
    error = write_cccd(op, subscription->cccd_handle, rest);
    if (error)
        return error;
    subscription->ended = true;
    sweep(&bearer->client);
    return 0;
}

void blr_gatt_on_notification(struct blr_conn *conn, blr_gatt_notify_cb *cb, void *user)
{
    struct att_bearer *bearer = conn_att_bearer(conn);

    if (!bearer)
        return;
    bearer->client.notified = cb;
    bearer->client.notified_user = user;
}

/* An indication is confirmed whatever becomes of it (Part F, 3.4.7.2). */
static void confirm(struct att_bearer *bearer)
{
    const uint8_t pdu[1] = {ATT_OP_HANDLE_VALUE_CFM};
    const int error = att_bearer_send(bearer, ATT_SEND_CONFIRMATION, pdu, sizeof pdu);

    /* A confirmation waits already: the server did not wait for it (Part F, 3.3.2). */
    if (error == BLR_ERR_STATE)
        att_bearer_break(bearer, BLR_ERR_MALFORMED);
    else if (error)
        att_bearer_break(bearer, error);
}

/* Those that a callback adds come behind the last, and wait for the next value. */
static void hand_on(struct att_bearer *bearer, bool indication, uint16_t handle,
                    const uint8_t *value, size_t len)
{
    struct gatt_client *client = &bearer->client;
    const uint16_t kind = indication ? GATT_CCCD_INDICATION : GATT_CCCD_NOTIFICATION;
    struct blr_subscription *last = client->subscriptions;

    while (last && last->next)
        last = last->next;
    client->notifying++;
    if (client->notified)
        client->notified(bearer->config.conn, handle, indication, value, len,
                         client->notified_user);
    for (struct blr_subscription *s = client->subscriptions; s && last; s = s->next) {
        if (s->value_handle == handle && s->cccd & kind && !s->ended && s->notify)
            s->notify(bearer->config.conn, handle, indication, value, len, s->user);
        if (s == last)
            break;
    }
    client->notifying--;
    sweep(client);
}

/* A list of handle, length and value (Part F, 3.4.7.4); what is cut short is not handed on. */
static void hand_on_list(struct att_bearer *bearer, struct rd *r)
{
    while (rd_left(r)) {
        const uint16_t handle = rd_u16(r);
        const uint16_t len = rd_u16(r);
        const uint8_t *value = rd_bytes(r, len);
        if (!rd_ok(r) || bearer->closed)
            return;
        hand_on(bearer, false, handle, value, len);
    }
}

void gatt_subscribe_received(struct att_bearer *bearer, const uint8_t *pdu, size_t len)
{
    struct rd r = rd_init(pdu, len);
    const uint8_t opcode = rd_u8(&r);

    if (opcode == ATT_OP_MULTIPLE_HANDLE_VALUE_NTF) {
        hand_on_list(bearer, &r);
        return;
    }
    const uint16_t handle = rd_u16(&r);
    const size_t value_len = rd_left(&r);
    const bool indication = opcode == ATT_OP_HANDLE_VALUE_IND;
    if (indication)
        confirm(bearer);
    hand_on(bearer, indication, handle, rd_bytes(&r, value_len), value_len);
}

void gatt_subscribe_close(struct att_bearer *bearer)
{
    for (struct blr_subscription *s = bearer->client.subscriptions; s; s = s->next)
        s->ended = true;
    sweep(&bearer->client);
}
