/* SPDX-License-Identifier: MIT */
/* Handlers and flags; values and UUIDs as the documents have them. */
#include "bluetooth_internal.h"

#include "wire/hex.h"

#include <string.h>

/* --- values --- */

struct blr_bluetooth_value blr_bluetooth_string(const char *text)
{
    return (struct blr_bluetooth_value){
        .kind = BLR_BT_STRING, .octets = (const uint8_t *)text, .len = strlen(text)};
}

/* Big-endian in 1, 2 or 4 octets, the fewest that hold it. */
static int integer_octets(int64_t integer, uint8_t scratch[static 4], size_t *len)
{
    struct wr w = wr_init(scratch, 4);

    if (integer < 0 || integer > UINT32_MAX)
        return BLR_ERR_INVALID;
    if (integer <= UINT8_MAX)
        wr_u8(&w, (uint8_t)integer);
    else if (integer <= UINT16_MAX)
        wr_u16_be(&w, (uint16_t)integer);
    else
        wr_u32_be(&w, (uint32_t)integer);
    *len = w.len;
    return 0;
}

int bluetooth_value_octets(const struct blr_bluetooth_value *value, uint8_t scratch[static 4],
                           const uint8_t **octets, size_t *len)
{
    switch (value->kind) {
    case BLR_BT_NONE:
        break;
    case BLR_BT_INTEGER:
        *octets = scratch;
        return integer_octets(value->integer, scratch, len);
    case BLR_BT_STRING:
    case BLR_BT_BYTES:
        if (value->len > BLR_BT_VALUE_MAX)
            return BLR_ERR_TOO_LONG;
        if (value->len && !value->octets)
            return BLR_ERR_INVALID;
        *octets = value->octets;
        *len = value->len;
        return 0;
    }
    return BLR_ERR_INVALID;
}

/* --- UUIDs --- */

struct blr_uuid blr_bluetooth_uuid(uint32_t integer)
{
    struct blr_uuid uuid = {.size = integer > UINT16_MAX ? 4 : 2};
    struct wr w = wr_init(uuid.octet, sizeof uuid.octet);

    wr_u32(&w, integer);
    return uuid;
}

struct blr_uuid blr_bluetooth_uuid_bytes(const void *octets)
{
    struct blr_uuid uuid = {.size = 16};

    memcpy(uuid.octet, octets, sizeof uuid.octet);
    return uuid;
}

bool blr_bluetooth_uuid_integer(const struct blr_uuid *uuid, uint32_t *integer)
{
    struct rd r = rd_init(uuid->octet, uuid->size);

    if (uuid->size == 16)
        return false;
    *integer = uuid->size == 4 ? rd_u32(&r) : rd_u16(&r);
    return true;
}

bool bluetooth_uuid_valid(const struct blr_uuid *uuid)
{
    return uuid->size == 2 || uuid->size == 4 || uuid->size == 16;
}

/* --- events --- */

void bluetooth_call(struct blr_bluetooth *bt, blr_bluetooth_handler *handler, void *arg)
{
    bt->inside++;
    handler(arg);
    bt->inside--;
}

void bluetooth_happened(struct blr_bluetooth *bt, unsigned event)
{
    if (!bluetooth_on(bt))
        return;
    bt->events |= event;
    if (bt->handler && bt->trigger & event)
        bluetooth_call(bt, bt->handler, bt->handler_arg);
}

int blr_bluetooth_callback(struct blr_bluetooth *bt, unsigned trigger,
                           blr_bluetooth_handler *handler, void *arg)
{
    if (!bluetooth_on(bt))
        return BLR_ERR_STATE;
    if (trigger & ~(unsigned)(BLR_BT_NEW_ADV_EVENT | BLR_BT_CLIENT_CONNECTED |
                              BLR_BT_CLIENT_DISCONNECTED))
        return BLR_ERR_INVALID;
    bt->trigger = trigger;
    bt->handler = handler;
    bt->handler_arg = arg ? arg : bt;
    return 0;
}

unsigned blr_bluetooth_events(struct blr_bluetooth *bt)
{
    const unsigned events = bt->events;

    bt->events = 0;
    return events;
}

void bluetooth_note(struct blr_bluetooth *bt, int error)
{
    if (!bt->error)
        bt->error = error;
}

int blr_bluetooth_error(struct blr_bluetooth *bt)
{
    const int error = bt->error;

    bt->error = 0;
    return error;
}

/* --- addresses as text --- */

int blr_bluetooth_mac(const char *text, uint8_t mac[static 6])
{
    uint8_t octets[6];
    size_t digits = 0;
    bool separated = true; /* nothing may stand before the first octet */

    for (; *text; text++) {
        const int digit = hex_digit(*text);
        if (digit >= 0) {
            if (digits == 2 * sizeof octets)
                return BLR_ERR_INVALID;
            octets[digits / 2] =
                (uint8_t)(digits % 2 ? octets[digits / 2] << 4 | digit : digit);
            digits++;
            separated = false;
        } else if (!strchr(":- .", *text) || separated || digits % 2) {
            return BLR_ERR_INVALID;
        } else {
            separated = true;
        }
    }
    if (digits != 2 * sizeof octets || separated)
        return BLR_ERR_INVALID;
    memcpy(mac, octets, sizeof octets);
    return 0;
}
