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

    server->dirty = true;
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

/* Part C, 10.3.1.1: a link is encrypted before it carries what it may not carry otherwise. */
static bool may_notify(struct att_bearer *bearer, const struct blr_attribute *attr)
{
    if (!(gatt_server_cccd(bearer, attr) & GATT_CCCD_NOTIFICATION) || gatt_caching_mute(bearer))
        return false;
    if (gatt_security_may_send(bearer, attr))
        return true;
    (void)!gatt_security_encrypt(bearer, attr);
    return false;
}

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
        if (!may_notify(bearer, attr))
            return BLR_ERR_STATE;
        return send_value(bearer, attr, ATT_OP_HANDLE_VALUE_NTF, value, len);
    }
    for (struct att_bearer *bearer = attr->service->db->bearers; bearer; bearer = bearer->next) {
        if (!att_bearer_usable(bearer) || !may_notify(bearer, attr))
            continue;
        const int one = send_value(bearer, attr, ATT_OP_HANDLE_VALUE_NTF, value, len);
        if (!error)
            error = one;
    }
    return error;
}

static int check_item(struct att_bearer *bearer, const struct blr_gatt_notify_item *item)
{
    const int error = check_sending(item->attr, GATT_PROP_NOTIFY, item->len);

    if (error)
        return error;
    return may_notify(bearer, item->attr) ? 0 : BLR_ERR_STATE;
}

int blr_gatt_notify_multiple(struct blr_conn *conn, const struct blr_gatt_notify_item *items,
                             size_t count)
{
    struct att_bearer *bearer = conn_att_bearer(conn);
    uint8_t pdu[BLR_GATT_MAX_MTU];

    if (count < 2)
        return BLR_ERR_INVALID;
    if (!bearer)
        return BLR_ERR_NOT_CONNECTED;
    struct wr w = wr_init(pdu, bearer->mtu);
    wr_u8(&w, ATT_OP_MULTIPLE_HANDLE_VALUE_NTF);
    for (size_t i = 0; i < count; i++) {
        const int error = check_item(bearer, &items[i]);
        if (error)
            return error;
        wr_u16(&w, items[i].attr->handle);
        wr_u16(&w, (uint16_t)items[i].len);
        wr_bytes(&w, items[i].value, items[i].len);
    }
    if (!(bearer->server.features & GATT_CLIENT_MULTIPLE_NOTIFICATIONS))
        return BLR_ERR_UNSUPPORTED;
    return wr_ok(&w) ? att_bearer_send(bearer, ATT_SEND_UNBOUND, pdu, w.len) : BLR_ERR_TOO_LONG;
}

/* --- indications --- */

/* Out of the list already; the last that is done with it. */
static void finish(struct gatt_op *op, int error)
{
    if (op->attr && op->cb.indicate)
        op->cb.indicate(op->attr, op->bearer->config.conn, error, op->user);
    gatt_op_free(op);
}

static void await_confirmation(struct att_bearer *bearer)
{
    struct clock *clock = bearer->config.clock;

    bearer->server.awaits_confirmation = true;
    clock_arm(clock, &bearer->server.timer, clock_now(clock) + ATT_TRANSACTION_TIMEOUT_NS);
}

/* Or encrypts the link for it, and then it waits as well. */
static int send_first(struct att_bearer *bearer)
{
    struct gatt_server *server = &bearer->server;
    const struct gatt_op *op = server->indications.first;

    if (!(gatt_server_cccd(bearer, op->attr) & GATT_CCCD_INDICATION))
        return BLR_ERR_CANCELLED;
    if (!gatt_security_may_send(bearer, op->attr))
        return gatt_security_encrypt(bearer, op->attr);
    const int error = send_value(bearer, op->attr, ATT_OP_HANDLE_VALUE_IND, op->bytes, op->len);
    if (error)
        return error;
    await_confirmation(bearer);
    return 0;
}

void gatt_server_send_changed(struct att_bearer *bearer)
{
    struct gatt_server *server = &bearer->server;
    struct blr_attribute *attr = bearer->config.db->service_changed;
    uint8_t range[2 * sizeof(uint16_t)];
    struct wr w = wr_init(range, sizeof range);

    if (server->changed_end == 0 || server->awaits_confirmation)
        return;
    wr_u16(&w, server->changed_start);
    wr_u16(&w, server->changed_end);
    server->changed_start = server->changed_end = 0;
    if (!(gatt_server_cccd(bearer, attr) & GATT_CCCD_INDICATION) ||
        send_value(bearer, attr, ATT_OP_HANDLE_VALUE_IND, range, w.len) != 0)
        return;
    server->changed_under_way = true;
    await_confirmation(bearer);
}

/* Sends what waits, as far as it may: that the database has changed before all else. */
void gatt_server_resume(struct att_bearer *bearer)
{
    struct gatt_server *server = &bearer->server;

    gatt_server_send_changed(bearer);
    while (!server->awaits_confirmation && !server->encrypting && !gatt_caching_mute(bearer) &&
           server->indications.first && att_bearer_usable(bearer)) {
        const int error = send_first(bearer);
        if (error)
            finish(gatt_op_take(&server->indications), error);
    }
}

void gatt_server_secured(struct att_bearer *bearer)
{
    if (!bearer || bearer->closed)
        return;
    att_bearer_hold(bearer);
    gatt_server_resume(bearer);
    att_bearer_release(bearer);
}

/* What would still wait for it comes to an end; the others go on. */
void gatt_server_not_secured(struct att_bearer *bearer, int error)
{
    struct gatt_server *server = &bearer->server;

    att_bearer_hold(bearer);
    while (server->indications.first && !server->awaits_confirmation &&
           !gatt_security_may_send(bearer, server->indications.first->attr))
        finish(gatt_op_take(&server->indications), error);
    gatt_server_resume(bearer);
    att_bearer_release(bearer);
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
    if (server->indications.first != op || server->awaits_confirmation || server->encrypting ||
        gatt_caching_mute(bearer))
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
    if (server->changed_under_way) {
        server->changed_under_way = false;
        if (server->changed_end == 0) /* nothing more has changed meanwhile */
            gatt_caching_aware(bearer);
    } else {
        finish(gatt_op_take(&server->indications), 0);
    }
    gatt_server_resume(bearer);
    gatt_bond_save(bearer);
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
    server->awaits_confirmation = server->changed_under_way = false;
    server->changed_end = 0;
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
    struct gatt_op *op = list->first;

    while (op && !(op->attr && op->attr->service == service))
        op = op->next;
    if (!op)
        return false;
    if (op == list->first && bearer->server.awaits_confirmation &&
        !bearer->server.changed_under_way) {
        struct blr_attribute *attr = op->attr;
        op->attr = NULL;
        if (op->cb.indicate)
            op->cb.indicate(attr, bearer->config.conn, BLR_ERR_CANCELLED, op->user);
        return true;
    }
    gatt_op_remove(list, op);
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
