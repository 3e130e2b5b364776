/* SPDX-License-Identifier: MIT */
/* The values of this device's characteristics, and what their handlers are told. */
#include "bluetooth_internal.h"

static struct blr_bluetooth *owner(const struct blr_gatts_characteristic *chr)
{
    return chr->service->bt;
}

/* Copied by the last octet first or the first: what is kept may be what is given. */
static void copy(struct blr_gatts_characteristic *chr, const uint8_t *octets, size_t len)
{
    if (len)
        memmove(chr->value, octets, len);
    chr->len = (uint16_t)len;
}

int gatts_keep(struct blr_gatts_characteristic *chr, const struct blr_bluetooth_value *value)
{
    uint8_t scratch[4];
    const uint8_t *octets = NULL;
    size_t len = 0;
    const int error = bluetooth_value_octets(value, scratch, &octets, &len);

    if (error)
        return error;
    chr->kind = value->kind;
    chr->integer = value->kind == BLR_BT_INTEGER ? value->integer : 0;
    copy(chr, octets, len);
    return 0;
}

struct blr_bluetooth_value blr_gatts_value(const struct blr_gatts_characteristic *chr)
{
    return (struct blr_bluetooth_value){
        .kind = chr->kind, .integer = chr->integer, .octets = chr->value, .len = chr->len};
}

/* --- what clients hear --- */

static uint16_t cccd_of(const struct blr_gatts_characteristic *chr)
{
    const struct blr_conn *client = owner(chr)->client.conn;

    return client && chr->attr ? blr_attribute_cccd(chr->attr, client) : 0;
}

/* To the client, as it wants it. One whose link lacks security is not told; that is no error. */
static int tell(struct blr_gatts_characteristic *chr)
{
    struct blr_conn *client = owner(chr)->client.conn;
    const uint16_t cccd = cccd_of(chr);
    int error = 0;

    if (cccd & GATT_CCCD_NOTIFICATION)
        error = blr_gatt_notify(chr->attr, client, chr->value, chr->len);
    else if (cccd & GATT_CCCD_INDICATION)
        error = blr_gatt_indicate(chr->attr, client, chr->value, chr->len, NULL, NULL);
    return error == BLR_ERR_STATE || error == BLR_ERR_NOT_CONNECTED ? 0 : error;
}

int blr_gatts_set_value(struct blr_gatts_characteristic *chr,
                        const struct blr_bluetooth_value *value)
{
    if (!bluetooth_on(owner(chr)) || chr->service->dead)
        return BLR_ERR_STATE;
    int error = gatts_keep(chr, value);
    if (error || !chr->attr)
        return error;
    error = blr_attribute_set(chr->attr, chr->value, chr->len);
    return error ? error : tell(chr);
}

unsigned blr_gatts_subscribed(const struct blr_gatts_characteristic *chr)
{
    const uint16_t cccd = cccd_of(chr);

    return (cccd & GATT_CCCD_NOTIFICATION ? BLR_BT_PROP_NOTIFY : 0U) |
           (cccd & GATT_CCCD_INDICATION ? BLR_BT_PROP_INDICATE : 0U);
}

/* --- events --- */

int blr_gatts_callback(struct blr_gatts_characteristic *chr, unsigned trigger,
                       blr_gatts_handler *handler, void *arg)
{
    if (!bluetooth_on(owner(chr)) || chr->service->dead)
        return BLR_ERR_STATE;
    if (trigger & ~(unsigned)(BLR_BT_CHAR_READ_EVENT | BLR_BT_CHAR_WRITE_EVENT |
                              BLR_BT_CHAR_SUBSCRIBE_EVENT))
        return BLR_ERR_INVALID;
    chr->trigger = trigger;
    chr->handler = handler;
    chr->arg = arg ? arg : chr;
    return 0;
}

unsigned blr_gatts_events(struct blr_gatts_characteristic *chr)
{
    const unsigned events = chr->events;

    chr->events = 0;
    return events;
}

static struct blr_bluetooth_value happened(struct blr_gatts_characteristic *chr, unsigned event)
{
    struct blr_bluetooth *bt = owner(chr);
    struct blr_bluetooth_value answer = blr_bluetooth_none();

    chr->events |= event;
    if (chr->handler && chr->trigger & event) {
        bt->inside++;
        answer = chr->handler(chr->arg);
        bt->inside--;
    }
    return answer;
}

/* What cannot be a value, or for which there is no memory, leaves the value as it was. */
static uint8_t on_read(struct blr_attribute *attr, struct blr_conn *conn, void *user)
{
    struct blr_gatts_characteristic *chr = user;
    const struct blr_bluetooth_value answer = happened(chr, BLR_BT_CHAR_READ_EVENT);

    (void)conn;
    if (answer.kind != BLR_BT_NONE && chr->attr == attr && gatts_keep(chr, &answer) == 0)
        (void)!blr_attribute_set(attr, chr->value, chr->len);
    return 0;
}

static void on_written(struct blr_attribute *attr, struct blr_conn *conn, const uint8_t *value,
                       size_t len, void *user)
{
    struct blr_gatts_characteristic *chr = user;

    (void)attr;
    (void)conn;
    chr->kind = BLR_BT_BYTES;
    chr->integer = 0;
    copy(chr, value, len);
    (void)happened(chr, BLR_BT_CHAR_WRITE_EVENT);
}

static void on_subscribed(struct blr_attribute *attr, struct blr_conn *conn, uint16_t cccd,
                          void *user)
{
    struct blr_gatts_characteristic *chr = user;

    (void)happened(chr, BLR_BT_CHAR_SUBSCRIBE_EVENT);
    if (cccd && chr->attr == attr && conn == owner(chr)->client.conn)
        bluetooth_note(owner(chr), tell(chr));
}

const struct blr_attribute_callbacks gatts_callbacks = {
    .read = on_read,
    .written = on_written,
    .subscribed = on_subscribed,
    .read_once = true,
};
