/* SPDX-License-Identifier: MIT */
/* What each client configured, and what it is sent unasked (Core v5.4, Vol 3, Part G, 4.10). */
#include <stdlib.h>

#include "att.h"
#include "gatt_db.h"

#define HEADER_SIZE 3U /* opcode, handle */

/* --- configuration --- */

static struct gatt_cccd *find_cccd(const struct gatt_server *server,
                                   const struct blr_attribute *value)
{
    for (size_t i = 0; i < server->cccd_count; i++) {
        if (server->cccds[i].value == value)
            return &server->cccds[i];
    }
    return NULL;
}

uint16_t gatt_server_cccd(const struct att_bearer *bearer, const struct blr_attribute *value)
{
    const struct gatt_cccd *cccd = find_cccd(&bearer->server, value);

    return cccd ? cccd->bits : 0;
}

int gatt_server_reserve_cccds(struct att_bearer *bearer, size_t count)
{
    struct gatt_server *server = &bearer->server;
    size_t cap = server->cccd_cap ? server->cccd_cap : 4;

    if (count <= server->cccd_cap - server->cccd_count)
        return 0;
    while (count > cap - server->cccd_count)
        cap *= 2;
    struct gatt_cccd *cccds = realloc(server->cccds, cap * sizeof *cccds);
    if (!cccds)
        return BLR_ERR_NO_MEMORY;
    server->cccds = cccds;
    server->cccd_cap = cap;
    return 0;
}

void gatt_server_set_cccd(struct att_bearer *bearer, const struct blr_attribute *value,
                          uint16_t bits)
{
    struct gatt_server *server = &bearer->server;
    struct gatt_cccd *cccd = find_cccd(server, value);

    if (!cccd && bits && server->cccd_count < server->cccd_cap) {
        cccd = &server->cccds[server->cccd_count++];
        cccd->value = value;
    }
    if (cccd && bits)
        cccd->bits = bits;
    else if (cccd)
        *cccd = server->cccds[--server->cccd_count];
}

static struct att_bearer *bearer_of(const struct blr_attribute *attr, const struct blr_conn *conn)
{
    struct att_bearer *bearer = attr->service->db->bearers;

    while (bearer && bearer->config.conn != conn)
        bearer = bearer->next;
    return bearer;
}

uint16_t blr_attribute_cccd(const struct blr_attribute *attr, const struct blr_conn *conn)
{
    const struct att_bearer *bearer = bearer_of(attr, conn);

    return bearer ? gatt_server_cccd(bearer, attr) : 0;
}

/* Why a value cannot be sent to a client, or 0. */
static int check_sending(const struct blr_attribute *attr, uint8_t property, size_t len)
{
    if (attr->kind != GATT_VALUE || !(attr->properties & property))
        return BLR_ERR_INVALID;
    if (len > ATT_MAX_VALUE)
        return BLR_ERR_TOO_LONG;
    return attr->handle ? 0 : BLR_ERR_STATE;
}

static int send_value(struct att_bearer *bearer, const struct blr_attribute *attr,
                      enum att_opcode opcode, const uint8_t *value, size_t len)
{
    uint8_t pdu[BLR_GATT_MAX_MTU];
    struct wr w = wr_init(pdu, bearer->mtu);
    const size_t room = bearer->mtu - HEADER_SIZE;

    wr_u8(&w, (uint8_t)opcode);
    wr_u16(&w, attr->handle);
    wr_bytes(&w, value, len < room ? len : room);
    return att_bearer_send(
        bearer, opcode == ATT_OP_HANDLE_VALUE_IND ? ATT_SEND_INDICATION : ATT_SEND_UNBOUND, pdu,
        w.len);
}

/* --- notifications --- */

int blr_gatt_notify(struct blr_attribute *attr, struct blr_conn *conn, const uint8_t *value,
                    size_t len)
{
    int error = check_sending(attr, GATT_PROP_NOTIFY, len);

    if (error)
        return error;
    if (conn) {
        struct att_bearer *bearer = bearer_of(attr, conn);
        if (!bearer)
            return BLR_ERR_NOT_CONNECTED;
        if (!(gatt_server_cccd(bearer, attr) & GATT_CCCD_NOTIFICATION))
            return BLR_ERR_STATE;
        return send_value(bearer, attr, ATT_OP_HANDLE_VALUE_NTF, value, len);
    }
    for (struct att_bearer *bearer = attr->service->db->bearers; bearer; bearer = bearer->next) {
        if (!att_bearer_usable(bearer) ||
            !(gatt_server_cccd(bearer, attr) & GATT_CCCD_NOTIFICATION))
            continue;
        const int one = send_value(bearer, attr, ATT_OP_HANDLE_VALUE_NTF, value, len);
        if (!error)
            error = one;
    }
    return error;
}

/* --- indications --- */

/* Out of the list already; the last that is done with it. */
static void finish(struct gatt_op *op, int error)
{
    if (op->attr && op->cb.indicate)
        op->cb.indicate(op->attr, op->bearer->config.conn, error, op->user);
    gatt_op_free(op);
}

static int send_first(struct att_bearer *bearer)
{
    struct gatt_server *server = &bearer->server;
    const struct gatt_op *op = server->indications.first;

    if (!(gatt_server_cccd(bearer, op->attr) & GATT_CCCD_INDICATION))
        return BLR_ERR_CANCELLED;
    const int error = send_value(bearer, op->attr, ATT_OP_HANDLE_VALUE_IND, op->bytes, op->len);
    if (error)
        return error;
    struct clock *clock = bearer->config.clock;
    server->awaits_confirmation = true;
    clock_arm(clock, &server->timer, clock_now(clock) + ATT_TRANSACTION_TIMEOUT_NS);
    return 0;
}

/* Sends what waits, as far as it may. */
static void pump(struct att_bearer *bearer)
{
    struct gatt_server *server = &bearer->server;

    while (!server->awaits_confirmation && server->indications.first && att_bearer_usable(bearer)) {
        const int error = send_first(bearer);
        if (error)
            finish(gatt_op_take(&server->indications), error);
    }
}

int blr_gatt_indicate(struct blr_attribute *attr, struct blr_conn *conn, const uint8_t *value,
                      size_t len, blr_indicate_cb *cb, void *user)
{
    int error = check_sending(attr, GATT_PROP_INDICATE, len);

    if (error)
        return error;
    struct att_bearer *bearer = bearer_of(attr, conn);
    if (!bearer || !att_bearer_usable(bearer))
        return BLR_ERR_NOT_CONNECTED;
    if (!(gatt_server_cccd(bearer, attr) & GATT_CCCD_INDICATION))
        return BLR_ERR_STATE;
    struct gatt_op *op = gatt_op_new(bearer);
    if (!op)
        return BLR_ERR_NO_MEMORY;
    error = gatt_op_add(op, value, len);
    if (error) {
        gatt_op_free(op);
        return error;
    }
    op->attr = attr;
    op->cb.indicate = cb;
    op->user = user;
    struct gatt_server *server = &bearer->server;
    gatt_op_append(&server->indications, op);
    if (server->indications.first != op)
        return 0;
    error = send_first(bearer);
    if (error)
        gatt_op_free(gatt_op_take(&server->indications));
    return error;
}

/* Only what has been sent is confirmed; anything else is ignored (Part F, 3.4.7.3). */
void gatt_server_confirmed(struct att_bearer *bearer)
{
    struct gatt_server *server = &bearer->server;

    if (!server->awaits_confirmation)
        return;
    server->awaits_confirmation = false;
    clock_cancel(bearer->config.clock, &server->timer);
    finish(gatt_op_take(&server->indications), 0);
    pump(bearer);
}

static void timed_out(void *user)
{
    att_bearer_break(user, BLR_ERR_TIMEOUT);
}

void gatt_server_init(struct att_bearer *bearer)
{
    timer_init(&bearer->server.timer, timed_out, bearer);
}

void gatt_server_close(struct att_bearer *bearer, int error)
{
    struct gatt_server *server = &bearer->server;

    clock_cancel(bearer->config.clock, &server->timer);
    server->awaits_confirmation = false;
    for (struct gatt_op *op; (op = gatt_op_take(&server->indications));)
        finish(op, error);
}

/*
 * Calls back one indication of the service, and says whether there was one. That which awaits its
 * confirmation stays in the list, for the peer still owes it.
 */
static bool cancel_one(struct att_bearer *bearer, const struct blr_service *service)
{
    struct gatt_op_list *list = &bearer->server.indications;
    struct gatt_op *previous = NULL, *op = list->first;

    while (op && !(op->attr && op->attr->service == service)) {
        previous = op;
        op = op->next;
    }
    if (!op)
        return false;
    if (op == list->first && bearer->server.awaits_confirmation) {
        struct blr_attribute *attr = op->attr;
        op->attr = NULL;
        if (op->cb.indicate)
            op->cb.indicate(attr, bearer->config.conn, BLR_ERR_CANCELLED, op->user);
        return true;
    }
    if (previous)
        previous->next = op->next;
    else
        list->first = op->next;
    if (list->last == op)
        list->last = previous;
    finish(op, BLR_ERR_CANCELLED);
    return true;
}

void gatt_server_forget(struct gatt_db *db, const struct blr_service *service)
{
    struct att_bearer *bearer = db->bearers;

    for (bearer = db->bearers; bearer; bearer = bearer->next) {
        struct gatt_server *server = &bearer->server;
        for (size_t i = server->cccd_count; i-- > 0;) {
            if (server->cccds[i].value->service == service)
                server->cccds[i] = server->cccds[--server->cccd_count];
        }
        att_prepared_forget(server->prepared, service);
    }
    /* From the beginning after each callback: it may have changed any list. */
    for (bearer = db->bearers; bearer;) {
        att_bearer_hold(bearer);
        const bool cancelled = cancel_one(bearer, service);
        struct att_bearer *next = cancelled ? db->bearers : bearer->next;
        att_bearer_release(bearer);
        bearer = next;
    }
}
