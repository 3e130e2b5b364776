/* SPDX-License-Identifier: MIT */
/* The values of a characteristic elsewhere, its descriptors, and what it notifies. */
#include "att.h"
#include "bluetooth_internal.h"

enum { WRITE_HEADER = 3 }; /* of ATT_WRITE_REQ */

static struct blr_gattc_connection *connection_of(const struct blr_gattc_characteristic *chr)
{
    return chr->service->conn;
}

static int begin(struct blr_gattc_characteristic *chr, enum gattc_kind kind, void *user,
                 struct gattc_op **op)
{
    const int error = gattc_may_ask(connection_of(chr));

    if (error)
        return error;
    *op = gattc_op_new(connection_of(chr), kind, user);
    if (!*op)
        return BLR_ERR_NO_MEMORY;
    (*op)->chr = chr;
    return 0;
}

/* No server has a longer one; of one that says so, the rest is not kept. */
static void keep(struct blr_gattc_characteristic *chr, const uint8_t *value, size_t len)
{
    struct wr w = wr_init(chr->value, sizeof chr->value);

    wr_bytes(&w, value, len > sizeof chr->value ? sizeof chr->value : len);
    chr->len = (uint16_t)w.len;
    chr->has_value = true;
}

struct blr_bluetooth_value blr_gattc_value(const struct blr_gattc_characteristic *chr)
{
    return chr->has_value ? blr_bluetooth_bytes(chr->value, chr->len) : blr_bluetooth_none();
}

/* --- read and write --- */

static void value_read(struct blr_conn *link, int error, const uint8_t *value, size_t len,
                       void *user)
{
    struct gattc_op *op = user;

    (void)link;
    if (!error)
        keep(op->chr, value, len);
    gattc_op_finish(op, error, NULL, 0);
}

int blr_gattc_read_async(struct blr_gattc_characteristic *chr, blr_gattc_characteristic_done *cb,
                         void *user)
{
    struct gattc_op *op;
    int error = begin(chr, GATTC_READ, user, &op);

    if (error)
        return error;
    op->cb.chr = cb;
    error = blr_gatt_read_long(op->conn->link, chr->found.value, value_read, op);
    return error ? gattc_op_drop(op, error) : 0;
}

static void written(struct blr_conn *link, int error, void *user)
{
    (void)link;
    gattc_op_finish(user, error, NULL, 0);
}

static bool command_alone(const struct blr_gattc_characteristic *chr)
{
    return (chr->found.properties & (BLR_BT_PROP_WRITE | BLR_BT_PROP_WRITE_NR)) ==
           BLR_BT_PROP_WRITE_NR;
}

static int send_value(struct gattc_op *op, const uint8_t *octets, size_t len)
{
    struct blr_conn *link = op->conn->link;
    const uint16_t handle = op->chr->found.value;

    if (command_alone(op->chr)) {
        const int error = blr_gatt_write_without_response(link, handle, octets, len);
        if (!error)
            gattc_op_later(op, 0);
        return error;
    }
    if (len + WRITE_HEADER > blr_gatt_mtu(link))
        return blr_gatt_write_long(link, handle, octets, len, written, op);
    return blr_gatt_write(link, handle, octets, len, written, op);
}

int blr_gattc_write_async(struct blr_gattc_characteristic *chr,
                          const struct blr_bluetooth_value *value,
                          blr_gattc_characteristic_done *cb, void *user)
{
    uint8_t scratch[4];
    const uint8_t *octets = NULL;
    size_t len = 0;
    struct gattc_op *op;

    int error = gattc_may_ask(connection_of(chr));
    if (!error)
        error = bluetooth_value_octets(value, scratch, &octets, &len);
    if (!error)
        error = begin(chr, GATTC_WRITE, user, &op);
    if (error)
        return error;
    op->cb.chr = cb;
    error = send_value(op, octets, len);
    return error ? gattc_op_drop(op, error) : 0;
}

/* --- descriptors --- */

/* Those behind the value; BLR_ERR_NOT_FOUND: there is no room for any. */
static int look_for_descriptors(struct gattc_op *op, blr_gatt_descriptors_cb *cb)
{
    const struct blr_gatt_characteristic *found = &op->chr->found;

    if (found->end <= found->value)
        return BLR_ERR_NOT_FOUND;
    return blr_gatt_discover_descriptors(op->conn->link, (uint16_t)(found->value + 1U),
                                         found->end, cb, op);
}

static uint16_t pick(const struct blr_gatt_descriptor *descriptors, size_t count,
                     const struct blr_uuid *uuid)
{
    for (size_t i = 0; i < count; i++) {
        if (blr_uuid_equal(&descriptors[i].uuid, uuid))
            return descriptors[i].handle;
    }
    return 0;
}

static void descriptor_read(struct blr_conn *link, int error, const uint8_t *value, size_t len,
                            void *user)
{
    (void)link;
    gattc_op_finish(user, error, value, len);
}

static void descriptors_found(struct blr_conn *link, int error,
                              const struct blr_gatt_descriptor *descriptors, size_t count,
                              void *user)
{
    struct gattc_op *op = user;
    const uint16_t handle = error ? 0 : pick(descriptors, count, &op->uuid);

    if (!error && handle == 0)
        error = BLR_ERR_NOT_FOUND;
    if (!error) {
        op->kind = GATTC_READ_DESCRIPTOR;
        error = blr_gatt_read_long(link, handle, descriptor_read, op);
    }
    if (error)
        gattc_op_finish(op, error, NULL, 0);
}

int blr_gattc_read_descriptor_async(struct blr_gattc_characteristic *chr,
                                    const struct blr_uuid *uuid, blr_gattc_descriptor_cb *cb,
                                    void *user)
{
    struct gattc_op *op;

    if (!bluetooth_uuid_valid(uuid))
        return BLR_ERR_INVALID;
    int error = begin(chr, GATTC_DESCRIPTORS, user, &op);
    if (error)
        return error;
    op->cb.descriptor = cb;
    op->uuid = *uuid;
    error = look_for_descriptors(op, descriptors_found);
    if (error == BLR_ERR_NOT_FOUND) {
        gattc_op_later(op, error);
        return 0;
    }
    return error ? gattc_op_drop(op, error) : 0;
}

/* --- notifications --- */

static void notified(struct blr_conn *link, uint16_t handle, bool indication, const uint8_t *value,
                     size_t len, void *user)
{
    struct blr_gattc_characteristic *chr = user;

    (void)link;
    (void)handle;
    (void)indication;
    keep(chr, value, len);
    chr->events |= BLR_BT_CHAR_NOTIFY_EVENT;
    if (chr->handler)
        bluetooth_call(connection_of(chr)->bt, chr->handler, chr->arg);
}

static struct gattc_op *subscribing_op(const struct blr_gattc_characteristic *chr)
{
    struct gattc_op *op = connection_of(chr)->ops;

    while (op && (op->chr != chr || op->kind != GATTC_SUBSCRIBE))
        op = op->next;
    return op;
}

static void finish_callback(struct gattc_op *op, int error)
{
    struct blr_gattc_characteristic *chr = op->chr;

    chr->busy = false;
    if (error && op->kind != GATTC_UNSUBSCRIBE) {
        chr->subscription = NULL;
        chr->handler = NULL;
    }
    gattc_op_finish(op, error, NULL, 0);
}

static void subscribed(struct blr_conn *link, int error, void *user)
{
    struct gattc_op *op = subscribing_op(user);

    (void)link;
    if (op)
        finish_callback(op, error);
}

static void unsubscribed(struct blr_conn *link, int error, void *user)
{
    (void)link;
    finish_callback(user, error);
}

static int subscribe(struct gattc_op *op)
{
    struct blr_gattc_characteristic *chr = op->chr;
    const bool notifies = chr->found.properties & BLR_BT_PROP_NOTIFY;

    op->kind = GATTC_SUBSCRIBE;
    return blr_gatt_subscribe(op->conn->link, chr->found.value, chr->cccd,
                              notifies ? GATT_CCCD_NOTIFICATION : GATT_CCCD_INDICATION, notified,
                              subscribed, chr, &chr->subscription);
}

static void cccd_found(struct blr_conn *link, int error,
                       const struct blr_gatt_descriptor *descriptors, size_t count, void *user)
{
    const struct blr_uuid uuid = blr_uuid16(GATT_UUID_CCCD);
    struct gattc_op *op = user;

    (void)link;
    if (!error)
        op->chr->cccd = pick(descriptors, count, &uuid);
    if (!error && op->chr->cccd == 0)
        error = BLR_ERR_UNSUPPORTED;
    if (!error)
        error = subscribe(op);
    if (error)
        finish_callback(op, error);
}

static int begin_subscribing(struct gattc_op *op)
{
    struct blr_gattc_characteristic *chr = op->chr;

    if (chr->subscription) {
        chr->busy = false;
        gattc_op_later(op, 0);
        return 0;
    }
    if (chr->cccd)
        return subscribe(op);
    const int error = look_for_descriptors(op, cccd_found);
    return error == BLR_ERR_NOT_FOUND ? BLR_ERR_UNSUPPORTED : error;
}

static int begin_unsubscribing(struct gattc_op *op)
{
    struct blr_gattc_characteristic *chr = op->chr;
    struct blr_subscription *subscription = chr->subscription;

    op->kind = GATTC_UNSUBSCRIBE;
    if (!subscription) {
        chr->busy = false;
        gattc_op_later(op, 0);
        return 0;
    }
    const int error = blr_gatt_unsubscribe(subscription, unsubscribed, op);
    if (!error)
        chr->subscription = NULL;
    return error;
}

int blr_gattc_callback_async(struct blr_gattc_characteristic *chr, unsigned trigger,
                             blr_bluetooth_handler *handler, void *arg,
                             blr_gattc_characteristic_done *cb, void *user)
{
    const bool wanted = handler && trigger;
    blr_bluetooth_handler *const before = chr->handler;
    struct gattc_op *op;

    int error = gattc_may_ask(connection_of(chr));
    if (error)
        return error;
    if (trigger & ~(unsigned)BLR_BT_CHAR_NOTIFY_EVENT)
        return BLR_ERR_INVALID;
    if (wanted && !(chr->found.properties & (BLR_BT_PROP_NOTIFY | BLR_BT_PROP_INDICATE)))
        return BLR_ERR_UNSUPPORTED;
    if (chr->busy)
        return BLR_ERR_BUSY;
    error = begin(chr, GATTC_FIND_CCCD, user, &op);
    if (error)
        return error;
    op->cb.chr = cb;
    chr->busy = true;
    chr->handler = wanted ? handler : NULL;
    error = wanted ? begin_subscribing(op) : begin_unsubscribing(op);
    if (error) {
        chr->busy = false;
        chr->handler = before;
        return gattc_op_drop(op, error);
    }
    if (wanted)
        chr->arg = arg ? arg : chr;
    return 0;
}

unsigned blr_gattc_events(struct blr_gattc_characteristic *chr)
{
    const unsigned events = chr->events;

    chr->events = 0;
    return events;
}

/* On a link that is told to end, the peer need not be told of this. */
static void forget(const struct blr_gattc_connection *conn, struct blr_gattc_characteristic *chr)
{
    if (conn->link && chr->subscription)
        gatt_subscription_mute(chr->subscription);
    chr->subscription = NULL;
    chr->handler = NULL;
    chr->busy = false;
}

void gattc_forget_subscriptions(struct blr_gattc_connection *conn)
{
    for (struct blr_gattc_service *service = conn->services; service; service = service->next) {
        for (struct blr_gattc_characteristic *chr = service->characteristics; chr; chr = chr->next)
            forget(conn, chr);
    }
}
