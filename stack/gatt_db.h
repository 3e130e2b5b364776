/* SPDX-License-Identifier: MIT */
/*
 * The attribute database of a host (Core v5.4, Vol 3, Part F, 3.2 and Part G, 2.6): services and
 * their attributes, sorted by handle.
 *
 * Services may go at any time, also from within a callback about one of their attributes. Whoever
 * calls back stands between gatt_db_enter() and gatt_db_leave(): what is freed meanwhile is out of
 * the database at once (its attributes have handle 0), but its memory stays until the last has
 * left.
 */
#ifndef STACK_GATT_DB_H
#define STACK_GATT_DB_H

#include "att_bearer.h"
#include "blueroom/gatt_server.h"
#include "wire/rd.h"

/* Values up to this length cost no allocation of their own. */
#define GATT_SMALL_VALUE 16U

/* The longest declaration: of a characteristic with a 128-bit UUID. */
#define GATT_DECLARATION_MAX 19U

/*
 * The GAP and the GATT service fill what is below this handle, and two more with preferred
 * parameters: the handles of an application's services stay what they are.
 */
#define GATT_FIRST_HANDLE 0x0010U

enum gatt_attribute_kind {
    GATT_SERVICE_DECLARATION,
    GATT_INCLUDE,
    GATT_CHARACTERISTIC_DECLARATION, /* the next attribute is its value */
    GATT_VALUE,                      /* the next attribute may be its CCCD */
    GATT_CCCD,
    GATT_DESCRIPTOR,
    GATT_CLIENT_FEATURES_VALUE, /* each client's own */
    GATT_DATABASE_HASH_VALUE,
};

struct blr_attribute {
    struct blr_service *service;
    struct blr_attribute *next;  /* in its service */
    union {
        struct blr_attribute *value;  /* of a CCCD: the characteristic's value */
        struct blr_service *included; /* of an include */
    };
    const struct blr_attribute_callbacks *callbacks;
    void *user;
    uint8_t *large; /* the value when it is longer than `small` */
    uint16_t handle, wanted_handle;
    uint16_t len, max_len, cap;
    uint8_t kind;
    uint8_t permissions;
    uint8_t properties;
    uint8_t read_level, write_level, key_size;
    bool fixed_len;
    struct blr_uuid uuid;
    uint8_t small[GATT_SMALL_VALUE];
};

struct blr_service {
    struct gatt_db *db;
    struct blr_service *next, **link; /* what points to it in the list */
    struct blr_attribute *first, *last;
    size_t count;
    struct blr_uuid uuid;
    uint16_t wanted_handle;
    uint16_t reserved;   /* handles kept free behind the last attribute */
    uint16_t start, end; /* 0 until published; `end` with what is reserved */
    bool published;
    unsigned mentions; /* declarations of others that include it */
};

struct gatt_db {
    struct blr_attribute **attributes; /* of published services, by handle */
    size_t count, cap;
    struct blr_service *services; /* published or not */
    struct blr_service *buried;
    unsigned entered;
    struct att_bearer *bearers;
    struct blr_attribute *service_changed;
};

void gatt_db_enter(struct gatt_db *db);
void gatt_db_leave(struct gatt_db *db);

/* The bearers of all clients, so that values can be notified to them. */
void gatt_db_attach(struct gatt_db *db, struct att_bearer *bearer);
void gatt_db_detach(struct gatt_db *db, struct att_bearer *bearer);

/* The attribute at a handle, or NULL. */
struct blr_attribute *gatt_db_find(const struct gatt_db *db, uint16_t handle);
/* The first attribute from a handle to `end`, both included, or NULL. */
struct blr_attribute *gatt_db_from(const struct gatt_db *db, uint32_t start, uint16_t end);
/* The same, with that type. */
struct blr_attribute *gatt_db_from_type(const struct gatt_db *db, uint32_t start, uint16_t end,
                                        const struct blr_uuid *type);

/* The last attribute below a handle, or NULL. */
struct blr_attribute *gatt_db_before(const struct gatt_db *db, uint32_t handle);

/* Takes a chain of `count` attributes into the array, whose handles are neighbours there. */
int gatt_db_insert(struct gatt_db *db, struct blr_attribute *first, size_t count) BLR_MUST_CHECK;
/* Takes a published service's attributes out of it. */
void gatt_db_remove(struct gatt_db *db, struct blr_service *service);
/* Takes one attribute of a published service out of the array. */
void gatt_db_remove_one(struct gatt_db *db, const struct blr_attribute *attr);

/* --- gatt_service.c --- */

int gatt_service_new(struct gatt_db *db, const struct blr_uuid *uuid, bool primary, uint16_t handle,
                     struct blr_service **service) BLR_MUST_CHECK;
/* The memory of a service that is in no list. */
void gatt_service_destroy(struct blr_service *service);

/* --- gatt_attribute.c --- */

/* A value as one client reads it; valid until the attribute changes. */
struct gatt_value {
    const uint8_t *bytes;
    size_t len;
    bool fixed_len;
    uint8_t scratch[GATT_DECLARATION_MAX];
};

/* Bytes of a UUID in ATT: two, or 16 (Part F, 3.2.1). */
struct blr_uuid gatt_uuid_for_air(const struct blr_uuid *uuid);

enum gatt_write_kind {
    GATT_WRITE_REQUEST, /* and parts of long writes */
    GATT_WRITE_COMMAND,
    GATT_WRITE_SIGNED, /* by a command whose signature is right */
};

/*
 * Checks in the order of Part F, 3.2.5: what the link's security lacks, authorization, permission,
 * then the callback. Returns 0 or an ATT error. Between gatt_db_enter() and gatt_db_leave().
 */
uint8_t gatt_attribute_read(struct att_bearer *bearer, struct blr_attribute *attr, uint16_t offset,
                            struct gatt_value *value);
uint8_t gatt_attribute_write(struct att_bearer *bearer, struct blr_attribute *attr,
                             enum gatt_write_kind kind, const uint8_t *bytes, size_t len);

/*
 * What a write consists of, in this order: whether this client may write; whether the value may
 * be, for which room is made; the application's word; the storing, which cannot fail when there is
 * room (of a CCCD: gatt_server_reserve_cccds()).
 */
uint8_t gatt_attribute_may_write(struct att_bearer *bearer, struct blr_attribute *attr,
                                 enum gatt_write_kind kind);
uint8_t gatt_attribute_accept(struct att_bearer *bearer, struct blr_attribute *attr,
                              const uint8_t *bytes, size_t len);
uint8_t gatt_attribute_ask(struct att_bearer *bearer, struct blr_attribute *attr,
                           const uint8_t *bytes, size_t len);
void gatt_attribute_store(struct att_bearer *bearer, struct blr_attribute *attr,
                          const uint8_t *bytes, size_t len);
uint16_t gatt_attribute_max_len(const struct blr_attribute *attr);
/* The value, unasked and unchecked. */
void gatt_attribute_value(const struct att_bearer *bearer, const struct blr_attribute *attr,
                          struct gatt_value *value);

/* --- gatt_caching.c --- */

/* Part G, 7.3.1, as it is sent. BLR_ERR_NO_MEMORY. */
int gatt_db_hash(const struct gatt_db *db, uint8_t hash[static 16]) BLR_MUST_CHECK;
uint8_t gatt_caching_read_hash(struct att_bearer *bearer, struct gatt_value *value);
/* Attributes have come or gone between two handles: no client that is connected knows of it. */
void gatt_caching_changed(struct gatt_db *db, uint16_t start, uint16_t end);
/* Before each request. */
void gatt_caching_request(struct att_bearer *bearer);
void gatt_caching_aware(struct att_bearer *bearer);
/*
 * A client that asked for robust caching does not know of a change: it gets no notifications and
 * indications but of Service Changed.
 */
bool gatt_caching_mute(const struct att_bearer *bearer);
/* A request is to be answered Database Out Of Sync, a command to be ignored. */
bool gatt_caching_out_of_sync(struct att_bearer *bearer, uint8_t opcode, struct rd in);

/* --- gatt_server.c --- */

/* Indicates what has changed, unless an indication is under way. */
void gatt_server_send_changed(struct att_bearer *bearer);
/* Sends the indications that wait, as far as they may be. */
void gatt_server_resume(struct att_bearer *bearer);

/* What this client configured for a characteristic. */
uint16_t gatt_server_cccd(const struct att_bearer *bearer, const struct blr_attribute *value);
/* Room for so many more. BLR_ERR_NO_MEMORY */
int gatt_server_reserve_cccds(struct att_bearer *bearer, size_t count) BLR_MUST_CHECK;
/* Where there is room. */
void gatt_server_set_cccd(struct att_bearer *bearer, const struct blr_attribute *value,
                          uint16_t bits);
/* The attributes of a service are about to go. */
void gatt_server_forget(struct gatt_db *db, const struct blr_service *service);

#endif
