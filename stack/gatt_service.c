/* SPDX-License-Identifier: MIT */
/* Building services and giving them handles (Core v5.4, Vol 3, Part G, 3). */
#include <stdlib.h>

#include "att.h"
#include "gatt_db.h"

static void destroy_attributes(struct blr_attribute *attr)
{
    while (attr) {
        struct blr_attribute *next = attr->next;
        free(attr->large);
        free(attr);
        attr = next;
    }
}

void gatt_service_destroy(struct blr_service *service)
{
    destroy_attributes(service->first);
    free(service);
}

static struct blr_attribute *attribute_new(struct blr_service *service,
                                           enum gatt_attribute_kind kind,
                                           const struct blr_uuid *uuid)
{
    struct blr_attribute *attr = calloc(1, sizeof *attr);

    if (!attr)
        return NULL;
    attr->service = service;
    attr->kind = (uint8_t)kind;
    attr->uuid = gatt_uuid_for_air(uuid);
    attr->permissions = BLR_PERM_READ;
    return attr;
}

/* Appends a chain of attributes. */
static void append(struct blr_service *service, struct blr_attribute *attr)
{
    if (service->last)
        service->last->next = attr;
    else
        service->first = attr;
    for (; attr; attr = attr->next) {
        service->last = attr;
        service->count++;
    }
}

/* Behind the declaration and the includes that are there (Part G, 3.1). */
static void append_include(struct blr_service *service, struct blr_attribute *attr)
{
    struct blr_attribute *before = service->first;

    while (before->next && before->next->kind == GATT_INCLUDE)
        before = before->next;
    attr->next = before->next;
    before->next = attr;
    if (service->last == before)
        service->last = attr;
    service->count++;
}

static bool valid_uuid(const struct blr_uuid *uuid)
{
    return uuid->size == 2 || uuid->size == 4 || uuid->size == 16;
}

int gatt_service_new(struct gatt_db *db, const struct blr_uuid *uuid, bool primary, uint16_t handle,
                     struct blr_service **out)
{
    const struct blr_uuid type =
        blr_uuid16(primary ? GATT_UUID_PRIMARY_SERVICE : GATT_UUID_SECONDARY_SERVICE);

    if (!valid_uuid(uuid))
        return BLR_ERR_INVALID;
    struct blr_service *service = calloc(1, sizeof *service);
    if (!service)
        return BLR_ERR_NO_MEMORY;
    struct blr_attribute *declaration = attribute_new(service, GATT_SERVICE_DECLARATION, &type);
    if (!declaration) {
        free(service);
        return BLR_ERR_NO_MEMORY;
    }
    declaration->fixed_len = true;
    service->db = db;
    service->uuid = gatt_uuid_for_air(uuid);
    service->wanted_handle = handle;
    append(service, declaration);
    service->next = db->services;
    service->link = &db->services;
    if (service->next)
        service->next->link = &service->next;
    db->services = service;
    *out = service;
    return 0;
}

int blr_service_new(struct blr_host *host, const struct blr_uuid *uuid, bool primary,
                    uint16_t handle, struct blr_service **service)
{
    return gatt_service_new(host_gatt_db(host), uuid, primary, handle, service);
}

static uint8_t implied_permissions(uint8_t properties)
{
    uint8_t permissions = 0;

    if (properties & GATT_PROP_READ)
        permissions |= BLR_PERM_READ;
    if (properties & (GATT_PROP_WRITE | GATT_PROP_WRITE_WITHOUT_RESPONSE))
        permissions |= BLR_PERM_WRITE;
    if (properties & GATT_PROP_AUTHENTICATED_SIGNED_WRITES)
        permissions |= BLR_PERM_SIGNED_WRITE;
    return permissions;
}

/* What characteristic values and descriptors have in common. */
static int add_value(struct blr_attribute *attr, uint16_t max_len, const uint8_t *value, size_t len)
{
    attr->max_len = max_len ? max_len : ATT_MAX_VALUE;
    return blr_attribute_set(attr, value, len);
}

static int check_building(const struct blr_service *service, const struct blr_uuid *uuid,
                          uint16_t max_len, const uint8_t *value, size_t value_len)
{
    if (service->published && service->reserved == 0)
        return BLR_ERR_STATE;
    if (!valid_uuid(uuid) || max_len > ATT_MAX_VALUE || (value_len && !value))
        return BLR_ERR_INVALID;
    return 0;
}

/* A chain takes the handles that a published service has kept for it. */
static int join_published(struct blr_service *service, struct blr_attribute *chain)
{
    const uint16_t start = (uint16_t)(service->last->handle + 1U);
    uint16_t count = 0;

    for (struct blr_attribute *attr = chain; attr; attr = attr->next) {
        if (attr->wanted_handle)
            return BLR_ERR_INVALID;
        attr->handle = (uint16_t)(start + count++);
    }
    if (count > service->reserved)
        return BLR_ERR_STATE;
    const int error = gatt_db_insert(service->db, chain, count);
    if (error)
        return error;
    service->reserved = (uint16_t)(service->reserved - count);
    append(service, chain);
    gatt_caching_changed(service->db, start, service->last->handle);
    return 0;
}

static int join(struct blr_service *service, struct blr_attribute *chain)
{
    if (service->published)
        return join_published(service, chain);
    append(service, chain);
    return 0;
}

static bool security_valid(uint8_t read_level, uint8_t write_level, uint8_t key_size)
{
    if (read_level > BLR_SECURITY_AUTHENTICATED_SC || write_level > BLR_SECURITY_AUTHENTICATED_SC)
        return false;
    if (read_level <= BLR_SECURITY_NONE && write_level <= BLR_SECURITY_NONE)
        return key_size == 0;
    return key_size <= SMP_MAX_KEY_OCTETS;
}

static struct blr_attribute *cccd_new(struct blr_attribute *value)
{
    const struct blr_uuid type = blr_uuid16(GATT_UUID_CCCD);
    struct blr_attribute *attr = attribute_new(value->service, GATT_CCCD, &type);

    if (attr) {
        attr->value = value;
        attr->fixed_len = true;
        attr->permissions = BLR_PERM_READ | BLR_PERM_WRITE;
        /* Who may not read the value may not have it sent; what is configured is no secret. */
        attr->write_level = value->read_level;
        attr->key_size = value->key_size;
    }
    return attr;
}

int blr_service_add_characteristic(struct blr_service *service,
                                   const struct blr_characteristic_def *def,
                                   struct blr_attribute **out)
{
    const struct blr_uuid type = blr_uuid16(GATT_UUID_CHARACTERISTIC);

    int error = check_building(service, &def->uuid, def->max_len, def->value, def->value_len);
    if (error)
        return error;
    if (def->handle == 1 || /* no room for its declaration, let alone the service's */
        !security_valid(def->read_level, def->write_level, def->key_size))
        return BLR_ERR_INVALID;
    error = BLR_ERR_NO_MEMORY;
    struct blr_attribute *declaration =
        attribute_new(service, GATT_CHARACTERISTIC_DECLARATION, &type);
    if (!declaration)
        return error;
    declaration->fixed_len = true;
    declaration->properties = def->properties;
    declaration->wanted_handle = def->handle ? (uint16_t)(def->handle - 1) : 0;

    struct blr_attribute *value = attribute_new(service, GATT_VALUE, &def->uuid);
    declaration->next = value;
    if (!value)
        goto fail;
    value->properties = def->properties;
    value->permissions = def->permissions ? def->permissions : implied_permissions(def->properties);
    value->read_level = def->read_level;
    value->write_level = def->write_level;
    value->key_size = def->key_size;
    value->fixed_len = def->fixed_len;
    value->callbacks = def->callbacks;
    value->user = def->user;
    if (def->properties & (GATT_PROP_NOTIFY | GATT_PROP_INDICATE)) {
        value->next = cccd_new(value);
        if (!value->next)
            goto fail;
    }
    error = add_value(value, def->max_len, def->value, def->value_len);
    if (!error)
        error = join(service, declaration);
    if (error)
        goto fail;
    if (out)
        *out = value;
    return 0;
fail:
    destroy_attributes(declaration);
    return error;
}

int blr_service_add_descriptor(struct blr_service *service, const struct blr_descriptor_def *def,
                               struct blr_attribute **out)
{
    int error = check_building(service, &def->uuid, def->max_len, def->value, def->value_len);
    if (error)
        return error;
    if (service->count == 1 || blr_uuid_as_u16(&def->uuid) == GATT_UUID_CCCD ||
        !security_valid(def->read_level, def->write_level, def->key_size))
        return BLR_ERR_INVALID;
    struct blr_attribute *attr = attribute_new(service, GATT_DESCRIPTOR, &def->uuid);
    if (!attr)
        return BLR_ERR_NO_MEMORY;
    if (def->permissions)
        attr->permissions = def->permissions;
    attr->read_level = def->read_level;
    attr->write_level = def->write_level;
    attr->key_size = def->key_size;
    attr->wanted_handle = def->handle;
    attr->callbacks = def->callbacks;
    attr->user = def->user;
    error = add_value(attr, def->max_len, def->value, def->value_len);
    if (!error)
        error = join(service, attr);
    if (error) {
        destroy_attributes(attr);
        return error;
    }
    if (out)
        *out = attr;
    return 0;
}

int blr_service_include(struct blr_service *service, struct blr_service *included)
{
    const struct blr_uuid type = blr_uuid16(GATT_UUID_INCLUDE);

    if (service->published || !included->published)
        return BLR_ERR_STATE;
    if (service->db != included->db)
        return BLR_ERR_INVALID;
    struct blr_attribute *attr = attribute_new(service, GATT_INCLUDE, &type);
    if (!attr)
        return BLR_ERR_NO_MEMORY;
    attr->fixed_len = true;
    attr->included = included;
    included->mentions++;
    append_include(service, attr);
    return 0;
}

/* The last handle if the service began at `start`; 0 if its wishes cannot be met there. */
static uint32_t last_handle(const struct blr_service *service, uint32_t start)
{
    uint32_t next = start;

    for (const struct blr_attribute *attr = service->first; attr; attr = attr->next, next++) {
        if (attr->wanted_handle && attr->wanted_handle < next)
            return 0;
        if (attr->wanted_handle)
            next = attr->wanted_handle;
    }
    next += service->reserved;
    return next - 1 <= UINT16_MAX ? next - 1 : 0;
}

int blr_service_reserve(struct blr_service *service, uint16_t handles)
{
    if (service->published)
        return BLR_ERR_STATE;
    service->reserved = handles;
    return 0;
}

/* Services have no handle in common, so that who has the last attribute below it ends last. */
static uint32_t behind(const struct gatt_db *db, uint32_t handle)
{
    const struct blr_attribute *attr = gatt_db_before(db, handle);

    return attr ? attr->service->end + 1U : 1U;
}

static bool fits(const struct blr_service *service, uint32_t start)
{
    const uint32_t end = last_handle(service, start);

    return end && behind(service->db, start) <= start &&
           !gatt_db_from(service->db, start, (uint16_t)end);
}

/* Behind all others; if there is no room left, in the lowest gap. 0: nowhere. */
static uint32_t place(const struct blr_service *service)
{
    const struct gatt_db *db = service->db;

    if (service->wanted_handle)
        return fits(service, service->wanted_handle) ? service->wanted_handle : 0;
    uint32_t start = behind(db, UINT16_MAX + 1U);
    if (start < GATT_FIRST_HANDLE)
        start = GATT_FIRST_HANDLE;
    if (fits(service, start))
        return start;
    start = fits(service, GATT_FIRST_HANDLE) ? GATT_FIRST_HANDLE : 0;
    for (const struct blr_service *other = db->services; other; other = other->next) {
        const uint32_t next = other->end + 1U;
        if (other->published && next >= GATT_FIRST_HANDLE && (!start || next < start) &&
            fits(service, next))
            start = next;
    }
    return start;
}

int blr_service_publish(struct blr_service *service)
{
    if (service->published)
        return BLR_ERR_STATE;
    const uint32_t start = place(service);
    if (start == 0)
        return BLR_ERR_INVALID;
    uint32_t next = start;
    for (struct blr_attribute *attr = service->first; attr; attr = attr->next) {
        attr->handle = attr->wanted_handle ? attr->wanted_handle : (uint16_t)next;
        next = attr->handle + 1U;
    }
    const int error = gatt_db_insert(service->db, service->first, service->count);
    if (error) {
        for (struct blr_attribute *attr = service->first; attr; attr = attr->next)
            attr->handle = 0;
        return error;
    }
    service->start = (uint16_t)start;
    service->end = (uint16_t)(next - 1 + service->reserved);
    service->published = true;
    gatt_caching_changed(service->db, service->start, service->end);
    return 0;
}

uint16_t blr_service_handle(const struct blr_service *service)
{
    return service->start;
}

static struct blr_attribute **find_include(struct blr_service *owner,
                                           const struct blr_service *included)
{
    struct blr_attribute **p = &owner->first->next;

    while (*p && (*p)->kind == GATT_INCLUDE && (*p)->included != included)
        p = &(*p)->next;
    return *p && (*p)->kind == GATT_INCLUDE ? p : NULL;
}

/*
 * A service goes, and with it what others say of it: the range grows by theirs. Their declarations
 * join its attributes, whose memory stays as long as somebody may look at it.
 */
static void drop_includes_of(struct blr_service *included, uint16_t *start, uint16_t *end)
{
    struct gatt_db *db = included->db;

    for (struct blr_service *owner = db->services; owner && included->mentions;
         owner = owner->next) {
        for (struct blr_attribute **p; (p = find_include(owner, included));) {
            struct blr_attribute *attr = *p;
            *p = attr->next;
            if (owner->last == attr)
                for (owner->last = owner->first; owner->last->next;)
                    owner->last = owner->last->next;
            owner->count--;
            included->mentions--;
            if (attr->handle) {
                gatt_db_remove_one(db, attr);
                *start = owner->start < *start ? owner->start : *start;
                *end = owner->end > *end ? owner->end : *end;
            }
            attr->handle = 0;
            attr->next = NULL;
            append(included, attr);
        }
    }
}

static void take_out(struct blr_service *service)
{
    *service->link = service->next;
    if (service->next)
        service->next->link = service->link;
    for (struct blr_attribute *attr = service->first->next; attr && attr->kind == GATT_INCLUDE;
         attr = attr->next)
        attr->included->mentions--;
}

void blr_service_free(struct blr_service *service)
{
    if (!service)
        return;
    struct gatt_db *db = service->db;
    take_out(service);
    gatt_db_enter(db);
    if (service->published) {
        gatt_db_remove(db, service);
        service->published = false;
        for (struct blr_attribute *attr = service->first; attr; attr = attr->next)
            attr->handle = 0;
        uint16_t start = service->start, end = service->end;
        drop_includes_of(service, &start, &end);
        if (db->service_changed)
            gatt_caching_changed(db, start, end);
        gatt_server_forget(db, service);
    }
    service->next = db->buried;
    db->buried = service;
    gatt_db_leave(db);
}
