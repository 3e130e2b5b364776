/* SPDX-License-Identifier: MIT */
/* Values: where they are kept, and who may read and write them (Core v5.4, Vol 3, Part F, 3.2). */
#include <stdlib.h>

#include "att.h"
#include "gatt_db.h"

struct blr_uuid gatt_uuid_for_air(const struct blr_uuid *uuid)
{
    if (uuid->size != 4)
        return *uuid;
    struct blr_uuid air = {.size = 16};
    blr_uuid_expand(uuid, air.octet);
    return air;
}

static uint8_t *storage(struct blr_attribute *attr)
{
    return attr->large ? attr->large : attr->small;
}

/* Room for a value of that length; what was there stays. Grown room is never given back. */
static int reserve(struct blr_attribute *attr, size_t len)
{
    if (len <= (attr->large ? attr->cap : GATT_SMALL_VALUE))
        return 0;
    size_t cap = 2 * GATT_SMALL_VALUE;
    while (cap < len)
        cap *= 2;
    if (cap > attr->max_len)
        cap = attr->max_len;
    uint8_t *large = realloc(attr->large, cap);
    if (!large)
        return BLR_ERR_NO_MEMORY;
    if (!attr->large)
        memcpy(large, attr->small, sizeof attr->small);
    attr->large = large;
    attr->cap = (uint16_t)cap;
    return 0;
}

static void store(struct blr_attribute *attr, const uint8_t *bytes, size_t len)
{
    if (len)
        memmove(storage(attr), bytes, len); /* an application may set a value from itself */
    attr->len = (uint16_t)len;
}

int blr_attribute_set(struct blr_attribute *attr, const uint8_t *value, size_t len)
{
    if (attr->kind != GATT_VALUE && attr->kind != GATT_DESCRIPTOR)
        return BLR_ERR_INVALID;
    if (len > attr->max_len)
        return BLR_ERR_TOO_LONG;
    const int error = reserve(attr, len);
    if (error)
        return error;
    store(attr, value, len);
    return 0;
}

uint16_t blr_attribute_handle(const struct blr_attribute *attr)
{
    return attr->handle;
}

const struct blr_uuid *blr_attribute_uuid(const struct blr_attribute *attr)
{
    return &attr->uuid;
}

void *blr_attribute_user(const struct blr_attribute *attr)
{
    return attr->user;
}

const uint8_t *blr_attribute_value(const struct blr_attribute *attr, size_t *len)
{
    *len = attr->len;
    return attr->large ? attr->large : attr->small;
}

struct blr_attribute *blr_attribute_find(struct blr_host *host, uint16_t handle)
{
    return gatt_db_find(host_gatt_db(host), handle);
}

/*
 * "A server shall check authentication and authorization requirements before any other check"
 * (Part F, 3.2.5), so that a client learns nothing else of an attribute that is not for it: first
 * what the link lacks, so that the application is asked only about clients who have it.
 */
static uint8_t authorize(struct att_bearer *bearer, struct blr_attribute *attr)
{
    if (!(attr->permissions & BLR_PERM_AUTHORIZATION))
        return 0;
    if (!attr->callbacks || !attr->callbacks->authorize)
        return ATT_ERR_INSUFFICIENT_AUTHORIZATION;
    const uint8_t error = attr->callbacks->authorize(attr, bearer->config.conn, attr->user);
    if (error)
        return error;
    return attr->handle ? 0 : ATT_ERR_INVALID_HANDLE; /* the callback removed its service */
}

void gatt_attribute_value(const struct att_bearer *bearer, const struct blr_attribute *attr,
                          struct gatt_value *value)
{
    struct wr w = wr_init(value->scratch, sizeof value->scratch);

    value->fixed_len = attr->fixed_len;
    switch ((enum gatt_attribute_kind)attr->kind) {
    case GATT_SERVICE_DECLARATION:
        wr_uuid(&w, &attr->service->uuid);
        break;
    case GATT_INCLUDE: /* Part G, 3.2: the UUID when it is short */
        wr_u16(&w, attr->included->start);
        wr_u16(&w, attr->included->end);
        if (attr->included->uuid.size == 2)
            wr_uuid(&w, &attr->included->uuid);
        break;
    case GATT_CHARACTERISTIC_DECLARATION:
        wr_u8(&w, attr->properties);
        wr_u16(&w, attr->next->handle);
        wr_uuid(&w, &attr->next->uuid);
        break;
    case GATT_CCCD:
        wr_u16(&w, gatt_server_cccd(bearer, attr->value));
        break;
    case GATT_CLIENT_FEATURES_VALUE:
        wr_u8(&w, bearer->server.features);
        break;
    case GATT_DATABASE_HASH_VALUE: /* gatt_caching_read_hash() */
        break;
    case GATT_VALUE:
    case GATT_DESCRIPTOR:
        value->bytes = blr_attribute_value(attr, &value->len);
        return;
    }
    value->bytes = value->scratch;
    value->len = w.len;
}

static bool asks_before_read(const struct blr_attribute *attr, uint16_t offset)
{
    const struct blr_attribute_callbacks *callbacks = attr->callbacks;

    return callbacks && callbacks->read && (offset == 0 || !callbacks->read_once);
}

uint8_t gatt_attribute_read(struct att_bearer *bearer, struct blr_attribute *attr, uint16_t offset,
                            struct gatt_value *value)
{
    uint8_t error = gatt_security_lack(bearer, attr->read_level, attr->key_size);
    if (!error)
        error = authorize(bearer, attr);
    if (error)
        return error;
    if (!(attr->permissions & BLR_PERM_READ))
        return ATT_ERR_READ_NOT_PERMITTED;
    if (asks_before_read(attr, offset)) {
        error = attr->callbacks->read(attr, bearer->config.conn, attr->user);
        if (error)
            return error;
        if (!attr->handle)
            return ATT_ERR_INVALID_HANDLE;
    }
    if (attr->kind == GATT_DATABASE_HASH_VALUE)
        return gatt_caching_read_hash(bearer, value);
    gatt_attribute_value(bearer, attr, value);
    return 0;
}

uint16_t gatt_attribute_max_len(const struct blr_attribute *attr)
{
    return attr->kind == GATT_CCCD ? 2 : attr->max_len;
}

/* On an encrypted link, where nothing is signed, a command does (Part C, 10.4). */
static bool write_permitted(const struct att_bearer *bearer, const struct blr_attribute *attr,
                            enum gatt_write_kind kind)
{
    const struct att_security *security = bearer->config.security;
    const bool signable = attr->permissions & BLR_PERM_SIGNED_WRITE;

    switch (kind) {
    case GATT_WRITE_REQUEST:
        break;
    case GATT_WRITE_COMMAND:
        if (signable && security && security->encrypted(bearer->config.conn))
            return true;
        break;
    case GATT_WRITE_SIGNED:
        return signable;
    }
    return attr->permissions & BLR_PERM_WRITE;
}

/* A signature is worth what the pairing was that brought its key (Part C, 10.2.2). */
static uint8_t lack_of_signature(const struct att_bearer *bearer, const struct blr_attribute *attr)
{
    const struct blr_bond *bond = bearer->config.security->bond(bearer->config.conn);
    const uint8_t level =
        bond && bond->authenticated ? BLR_SECURITY_AUTHENTICATED : BLR_SECURITY_ENCRYPTED;

    return attr->write_level > level ? ATT_ERR_INSUFFICIENT_AUTHENTICATION : 0;
}

uint8_t gatt_attribute_may_write(struct att_bearer *bearer, struct blr_attribute *attr,
                                 enum gatt_write_kind kind)
{
    uint8_t error = kind == GATT_WRITE_SIGNED
                        ? lack_of_signature(bearer, attr)
                        : gatt_security_lack(bearer, attr->write_level, attr->key_size);
    if (!error)
        error = authorize(bearer, attr);
    if (error)
        return error;
    return write_permitted(bearer, attr, kind) ? 0 : ATT_ERR_WRITE_NOT_PERMITTED;
}

/* Part G, 3.3.3.3: only what the characteristic can do may be configured. */
static uint8_t accept_cccd(const struct blr_attribute *attr, const uint8_t *bytes)
{
    const uint8_t properties = attr->value->properties;

    if ((bytes[0] & GATT_CCCD_NOTIFICATION && !(properties & GATT_PROP_NOTIFY)) ||
        (bytes[0] & GATT_CCCD_INDICATION && !(properties & GATT_PROP_INDICATE)))
        return ATT_ERR_VALUE_NOT_ALLOWED;
    return 0;
}

uint8_t gatt_attribute_accept(struct att_bearer *bearer, struct blr_attribute *attr,
                              const uint8_t *bytes, size_t len)
{
    struct gatt_value present;

    /* 3.4.5.1 lets a shorter value into a fixed length; whose length is fixed wants it whole. */
    if (attr->fixed_len) {
        gatt_attribute_value(bearer, attr, &present);
        if (len != present.len)
            return ATT_ERR_INVALID_ATTRIBUTE_VALUE_LENGTH;
    }
    if (len > gatt_attribute_max_len(attr))
        return ATT_ERR_INVALID_ATTRIBUTE_VALUE_LENGTH;
    if (attr->kind == GATT_CCCD)
        return accept_cccd(attr, bytes);
    if (attr->kind == GATT_CLIENT_FEATURES_VALUE) /* 7.2: a client never takes back a feature */
        return bearer->server.features & ~bytes[0] ? ATT_ERR_VALUE_NOT_ALLOWED : 0;
    return reserve(attr, len) ? ATT_ERR_INSUFFICIENT_RESOURCES : 0;
}

uint8_t gatt_attribute_ask(struct att_bearer *bearer, struct blr_attribute *attr,
                           const uint8_t *bytes, size_t len)
{
    if (!attr->callbacks || !attr->callbacks->write)
        return 0;
    return attr->callbacks->write(attr, bearer->config.conn, bytes, len, attr->user);
}

void gatt_attribute_store(struct att_bearer *bearer, struct blr_attribute *attr,
                          const uint8_t *bytes, size_t len)
{
    if (attr->kind == GATT_CLIENT_FEATURES_VALUE) {
        bearer->server.features = bytes[0] & GATT_CLIENT_FEATURES;
        bearer->server.dirty = true;
        return;
    }
    if (attr->kind != GATT_CCCD) {
        store(attr, bytes, len);
        return;
    }
    struct rd r = rd_init(bytes, len);
    const uint16_t bits = rd_u16(&r) & GATT_CCCD_BITS; /* the others are reserved: ignored */
    if (attr->handle)
        gatt_server_set_cccd(bearer, attr->value, bits);
}

uint8_t gatt_attribute_write(struct att_bearer *bearer, struct blr_attribute *attr,
                             enum gatt_write_kind kind, const uint8_t *bytes, size_t len)
{
    uint8_t error = gatt_attribute_may_write(bearer, attr, kind);
    if (!error)
        error = gatt_attribute_accept(bearer, attr, bytes, len);
    if (!error && attr->kind == GATT_CCCD && !gatt_server_cccd(bearer, attr->value) &&
        gatt_server_reserve_cccds(bearer, 1) != 0)
        error = ATT_ERR_INSUFFICIENT_RESOURCES;
    if (!error)
        error = gatt_attribute_ask(bearer, attr, bytes, len);
    if (!error)
        gatt_attribute_store(bearer, attr, bytes, len);
    return error;
}
