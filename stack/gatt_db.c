/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "att.h"
#include "gatt_db.h"

#define GAP_HANDLE  0x0001U
#define GATT_HANDLE 0x0008U
#define GATT_HANDLE_BEHIND_PREFERENCES 0x000AU

#define DEVICE_NAME_HANDLE 0x0003U

#define DEVICE_NAME_MAX 248U /* Vol 3, Part C, 12.1 */

/* The index of the first attribute at or above a handle. */
static size_t lower_bound(const struct gatt_db *db, uint32_t handle)
{
    size_t low = 0, high = db->count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (db->attributes[middle]->handle < handle)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct blr_attribute *gatt_db_find(const struct gatt_db *db, uint16_t handle)
{
    return handle ? gatt_db_from(db, handle, handle) : NULL;
}

struct blr_attribute *gatt_db_from(const struct gatt_db *db, uint32_t start, uint16_t end)
{
    const size_t i = lower_bound(db, start);

    return i < db->count && db->attributes[i]->handle <= end ? db->attributes[i] : NULL;
}

struct blr_attribute *gatt_db_before(const struct gatt_db *db, uint32_t handle)
{
    const size_t i = lower_bound(db, handle);

    return i ? db->attributes[i - 1] : NULL;
}

static bool has_type(const struct blr_attribute *attr, const struct blr_uuid *type)
{
    if (attr->uuid.size == type->size)
        return memcmp(attr->uuid.octet, type->octet, type->size) == 0;
    return blr_uuid_equal(&attr->uuid, type);
}

struct blr_attribute *gatt_db_from_type(const struct gatt_db *db, uint32_t start, uint16_t end,
                                        const struct blr_uuid *type)
{
    for (size_t i = lower_bound(db, start); i < db->count; i++) {
        struct blr_attribute *attr = db->attributes[i];
        if (attr->handle > end)
            return NULL;
        if (has_type(attr, type))
            return attr;
    }
    return NULL;
}

int gatt_db_insert(struct gatt_db *db, struct blr_attribute *first, size_t count)
{
    if (db->count + count > db->cap) {
        size_t cap = db->cap ? db->cap : 8;
        while (cap < db->count + count)
            cap *= 2;
        struct blr_attribute **attributes = realloc(db->attributes, cap * sizeof *db->attributes);
        if (!attributes)
            return BLR_ERR_NO_MEMORY;
        db->attributes = attributes;
        db->cap = cap;
    }
    const size_t at = lower_bound(db, first->handle);
    struct blr_attribute **place = db->attributes + at;
    memmove(place + count, place, (db->count - at) * sizeof *place);
    for (struct blr_attribute *attr = first; attr; attr = attr->next)
        *place++ = attr;
    db->count += count;
    return 0;
}

void gatt_db_remove(struct gatt_db *db, struct blr_service *service)
{
    const size_t at = lower_bound(db, service->start);
    struct blr_attribute **place = db->attributes + at;

    db->count -= service->count;
    memmove(place, place + service->count, (db->count - at) * sizeof *place);
}

void gatt_db_remove_one(struct gatt_db *db, const struct blr_attribute *attr)
{
    struct blr_attribute **place = db->attributes + lower_bound(db, attr->handle);

    db->count--;
    memmove(place, place + 1, (size_t)(db->attributes + db->count - place) * sizeof *place);
}

void gatt_db_enter(struct gatt_db *db)
{
    db->entered++;
}

void gatt_db_leave(struct gatt_db *db)
{
    if (--db->entered)
        return;
    while (db->buried) {
        struct blr_service *service = db->buried;
        db->buried = service->next;
        service->next = NULL;
        gatt_service_destroy(service);
    }
}

void gatt_db_attach(struct gatt_db *db, struct att_bearer *bearer)
{
    struct att_bearer **last = &db->bearers;

    while (*last)
        last = &(*last)->next;
    *last = bearer;
    bearer->next = NULL;
}

void gatt_db_detach(struct gatt_db *db, struct att_bearer *bearer)
{
    for (struct att_bearer **p = &db->bearers; *p; p = &(*p)->next) {
        if (*p == bearer) {
            *p = bearer->next;
            return;
        }
    }
}

static int add_readable(struct blr_service *service, uint16_t uuid, const uint8_t *value,
                        size_t len)
{
    const struct blr_characteristic_def def = {
        .uuid = blr_uuid16(uuid),
        .properties = GATT_PROP_READ,
        .max_len = (uint16_t)(len ? len : 1),
        .value = value,
        .value_len = len,
    };
    struct blr_attribute *attr;

    return blr_service_add_characteristic(service, &def, &attr);
}

static bool valid_interval(uint16_t interval_1250us)
{
    return (interval_1250us >= 6 && interval_1250us <= 3200) || interval_1250us == GATT_NO_PREFERENCE;
}

bool gatt_preferences_valid(const struct blr_preferred_parameters *p)
{
    if (!valid_interval(p->interval_min_1250us) || !valid_interval(p->interval_max_1250us))
        return false;
    if (p->interval_min_1250us > p->interval_max_1250us && p->interval_min_1250us != GATT_NO_PREFERENCE)
        return false;
    if (p->timeout_10ms != GATT_NO_PREFERENCE && (p->timeout_10ms < 10 || p->timeout_10ms > 3200))
        return false;
    return p->latency <= 499;
}

void gatt_preferences_write(struct wr *w, const struct blr_preferred_parameters *preferred)
{
    wr_u16(w, preferred->interval_min_1250us);
    wr_u16(w, preferred->interval_max_1250us);
    wr_u16(w, preferred->latency);
    wr_u16(w, preferred->timeout_10ms);
}

static int add_preferences(struct blr_service *service, const struct blr_preferred_parameters *p)
{
    uint8_t octets[8];
    struct wr w = wr_init(octets, sizeof octets);

    if (!gatt_preferences_valid(p))
        return BLR_ERR_INVALID;
    gatt_preferences_write(&w, p);
    return add_readable(service, GATT_UUID_PERIPHERAL_PREFERRED_CONNECTION_PARAMETERS, octets,
                        w.len);
}

/* Vol 3, Part C, 12: the first two characteristics are mandatory. */
static int add_gap(struct gatt_db *db, const char *device_name, uint16_t appearance,
                   const struct blr_preferred_parameters *preferred)
{
    const struct blr_uuid uuid = blr_uuid16(GATT_UUID_GAP_SERVICE);
    const uint8_t octets[2] = {(uint8_t)appearance, (uint8_t)(appearance >> 8)};
    struct blr_service *service;

    int error = gatt_service_new(db, &uuid, true, GAP_HANDLE, &service);
    if (error)
        return error;
    error = add_readable(service, GATT_UUID_DEVICE_NAME, (const uint8_t *)device_name,
                         strlen(device_name));
    if (!error)
        error = add_readable(service, GATT_UUID_APPEARANCE, octets, sizeof octets);
    if (!error && preferred)
        error = add_preferences(service, preferred);
    /* 12.4: this host resolves private addresses. */
    if (!error)
        error = add_readable(service, GATT_UUID_CENTRAL_ADDRESS_RESOLUTION, &(uint8_t){1}, 1);
    return error ? error : blr_service_publish(service);
}

/* Part G, 7. There is no Enhanced ATT bearer, so no Server Supported Features (7.4). */
static int add_gatt(struct gatt_db *db, uint16_t handle)
{
    static const struct {
        uint16_t uuid;
        uint8_t properties;
        enum gatt_attribute_kind kind;
    } rows[] = {
        {GATT_UUID_SERVICE_CHANGED, GATT_PROP_INDICATE, GATT_VALUE},
        {GATT_UUID_CLIENT_SUPPORTED_FEATURES, GATT_PROP_READ | GATT_PROP_WRITE,
         GATT_CLIENT_FEATURES_VALUE},
        {GATT_UUID_DATABASE_HASH, GATT_PROP_READ, GATT_DATABASE_HASH_VALUE},
    };
    const struct blr_uuid uuid = blr_uuid16(GATT_UUID_GATT_SERVICE);
    struct blr_service *service;

    int error = gatt_service_new(db, &uuid, true, handle, &service);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0] && !error; i++) {
        const struct blr_characteristic_def def = {
            .uuid = blr_uuid16(rows[i].uuid),
            .properties = rows[i].properties,
            .fixed_len = true,
            .max_len = 1,
        };
        struct blr_attribute *attr;
        error = blr_service_add_characteristic(service, &def, &attr);
        if (!error)
            attr->kind = (uint8_t)rows[i].kind;
        if (!error && rows[i].kind == GATT_VALUE)
            db->service_changed = attr;
    }
    return error ? error : blr_service_publish(service);
}

struct gatt_db *gatt_db_new(const char *device_name, uint16_t appearance,
                            const struct blr_preferred_parameters *preferred)
{
    if (strlen(device_name) > DEVICE_NAME_MAX)
        return NULL;
    struct gatt_db *db = calloc(1, sizeof *db);
    if (!db)
        return NULL;
    const uint16_t gatt = preferred ? GATT_HANDLE_BEHIND_PREFERENCES : GATT_HANDLE;
    if (add_gap(db, device_name, appearance, preferred) != 0 || add_gatt(db, gatt) != 0) {
        gatt_db_free(db);
        return NULL;
    }
    return db;
}

void gatt_db_let_name_be_written(struct gatt_db *db)
{
    struct blr_attribute *name = gatt_db_find(db, DEVICE_NAME_HANDLE);
    struct blr_attribute *declaration = gatt_db_find(db, DEVICE_NAME_HANDLE - 1U);

    name->properties = declaration->properties = GATT_PROP_READ | GATT_PROP_WRITE;
    name->permissions = BLR_PERM_READ | BLR_PERM_WRITE;
    name->max_len = DEVICE_NAME_MAX;
}

void gatt_db_free(struct gatt_db *db)
{
    if (!db)
        return;
    while (db->services)
        blr_service_free(db->services);
    free(db->attributes);
    free(db);
}
