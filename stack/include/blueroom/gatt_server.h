/* SPDX-License-Identifier: MIT */
/*
 * GATT server: the attribute database of a host (Core v5.4, Vol 3, Part G, 2 to 4; ATT of Part F).
 *
 * A service is built (new, characteristics, descriptors) and then published, which gives it its
 * handles and makes it visible; that may happen at any time. Every host has the GAP and the GATT
 * service from the beginning, below handle 0x0010 (0x0012 if GAP tells of preferred parameters);
 * what asks for no handle comes behind.
 *
 * A client may queue 64 parts with 1024 octets in all; beyond, Prepare Write answers Prepare Queue
 * Full. What was queued goes with the link. A signed command is taken on a link that is not
 * encrypted, if the client's bond has a key for it and its counter has not been used (Part F,
 * 3.4.5.4), else ignored.
 *
 * A client that is connected when services come or go is sent Service Changed if it has asked for
 * it. One that has asked for robust caching (Client Supported Features) is refused with Database
 * Out Of Sync, and hears no values, until it knows of the change (2.5.2.1). Of a bonded client the
 * CCCDs, features and awareness are kept, at most 32 of the first: they come back as soon as the
 * link's peer is known, and what it changes is kept once the link is encrypted, so that nobody
 * changes them in its name. If the database has become another meanwhile, it is told.
 */
#ifndef BLUEROOM_GATT_SERVER_H
#define BLUEROOM_GATT_SERVER_H

#include "blueroom/security.h"
#include "wire/att.h"
#include "wire/uuid.h"

struct blr_service;
struct blr_attribute; /* a characteristic's value, or a descriptor */

/*
 * Bits; without BLR_PERM_READ a read answers Read Not Permitted, and so on. Authorization is
 * checked before anything else (Part F, 3.2.5).
 */
enum blr_permission {
    BLR_PERM_READ = 0x01,
    BLR_PERM_WRITE = 0x02,
    BLR_PERM_AUTHORIZATION = 0x04, /* asks the authorize callback; without one: refused */
    BLR_PERM_SIGNED_WRITE = 0x08,  /* by a signed command, or a command on an encrypted link */
};

/*
 * Dynamic values. A callback returns 0 or an ATT error code (application errors 0x80 to 0x9F
 * included). It may call anything, blr_service_free() of its own service included. All run from
 * within the client's request, `read` for each request that reads (each part of a long value).
 */
struct blr_attribute_callbacks {
    /* Before a read: may set the value with blr_attribute_set(), which the client then gets. */
    uint8_t (*read)(struct blr_attribute *attr, struct blr_conn *conn, void *user);
    /*
     * Before a write takes effect: refuse it, or answer 0 and the value will be stored. Of what a
     * client has queued (Prepare Write, Execute Write) each attribute is asked once, with the whole
     * value that all parts come to; nothing is stored unless all of them answer 0.
     */
    uint8_t (*write)(struct blr_attribute *attr, struct blr_conn *conn, const uint8_t *value,
                     size_t len, void *user);
    /* The value was stored; the response comes behind. */
    void (*written)(struct blr_attribute *attr, struct blr_conn *conn, const uint8_t *value,
                    size_t len, void *user);
    /*
     * After a CCCD of this characteristic was written (enum gatt_cccd_bit), whether or not it
     * changed; the response has been sent. Not called when a client disconnects, which resets it,
     * nor when that of a bonded client comes back.
     */
    void (*subscribed)(struct blr_attribute *attr, struct blr_conn *conn, uint16_t cccd,
                       void *user);
    uint8_t (*authorize)(struct blr_attribute *attr, struct blr_conn *conn, void *user);
    bool read_once; /* `read` comes before the first part of a long value alone */
};

struct blr_characteristic_def {
    struct blr_uuid uuid;
    uint8_t properties;   /* enum gatt_property; NOTIFY or INDICATE brings a CCCD with it */
    uint8_t permissions;  /* enum blr_permission; 0: what the properties imply */
    /*
     * enum blr_security_level that the link must have (0: none), and the key size where there is a
     * level (0: any); else Insufficient Authentication, Insufficient Encryption when there is a key
     * for the link, Encryption Key Size Too Short (Part C, 10.3.1). Who is to hear of a value must
     * be able to read it: its CCCD is written with `read_level`, and what it says holds on links of
     * that level alone.
     */
    uint8_t read_level, write_level;
    uint8_t key_size;
    uint16_t max_len;     /* of the value; 0: 512 */
    bool fixed_len;       /* a write must have exactly the length of the present value */
    const uint8_t *value; /* the first value */
    size_t value_len;
    uint16_t handle; /* asks for this value handle (declaration is one below); 0: the next */
    const struct blr_attribute_callbacks *callbacks; /* outlives the host; may be NULL */
    void *user;
};

struct blr_descriptor_def {
    struct blr_uuid uuid;
    uint8_t permissions; /* 0: BLR_PERM_READ */
    uint8_t read_level, write_level, key_size;
    uint16_t max_len;    /* the rest as above */
    const uint8_t *value;
    size_t value_len;
    uint16_t handle;
    const struct blr_attribute_callbacks *callbacks;
    void *user;
};

/* `handle`: asks for this declaration handle at publishing; 0: the next free one. */
int blr_service_new(struct blr_host *host, const struct blr_uuid *uuid, bool primary,
                    uint16_t handle, struct blr_service **service) BLR_MUST_CHECK;

/*
 * Keeps so many handles free behind the attributes that the service has when it is published: for
 * what is added later, and for nobody else. Of an unpublished service: BLR_ERR_STATE.
 */
int blr_service_reserve(struct blr_service *service, uint16_t handles) BLR_MUST_CHECK;

/*
 * To an unpublished service, or one with enough handles reserved (else BLR_ERR_STATE) and asking
 * for none; clients are told as they are of a new service. BLR_ERR_INVALID: a max_len over 512;
 * BLR_ERR_TOO_LONG: a value over max_len. `attr` may be NULL. Here and below, what fails leaves
 * everything as it was.
 */
int blr_service_add_characteristic(struct blr_service *service,
                                   const struct blr_characteristic_def *def,
                                   struct blr_attribute **attr) BLR_MUST_CHECK;
/* To the characteristic added last. The CCCD is there by itself: BLR_ERR_INVALID. */
int blr_service_add_descriptor(struct blr_service *service, const struct blr_descriptor_def *def,
                               struct blr_attribute **attr) BLR_MUST_CHECK;
/*
 * Says that the service includes another of the same host (3.2), which is published already, here
 * and below an unpublished one: else BLR_ERR_STATE. The declaration stands before all
 * characteristics, and goes when the included service goes.
 */
int blr_service_include(struct blr_service *service, struct blr_service *included) BLR_MUST_CHECK;
/* Handles that overlap others, do not increase or do not suffice: BLR_ERR_INVALID. */
int blr_service_publish(struct blr_service *service) BLR_MUST_CHECK;

/*
 * Takes it out of the database (published or not) and frees it and its attributes. Indications of
 * them that wait are called back with BLR_ERR_CANCELLED from within. NULL is fine.
 */
void blr_service_free(struct blr_service *service);

uint16_t blr_service_handle(const struct blr_service *service);  /* 0 before publishing */
uint16_t blr_attribute_handle(const struct blr_attribute *attr); /* 0 before publishing */
const struct blr_uuid *blr_attribute_uuid(const struct blr_attribute *attr);
void *blr_attribute_user(const struct blr_attribute *attr);
const uint8_t *blr_attribute_value(const struct blr_attribute *attr, size_t *len);
/* Sets the value locally; notifies nobody. BLR_ERR_TOO_LONG. */
int blr_attribute_set(struct blr_attribute *attr, const uint8_t *value, size_t len) BLR_MUST_CHECK;
/* A published attribute by handle, or NULL. */
struct blr_attribute *blr_attribute_find(struct blr_host *host, uint16_t handle);
/* The CCCD of this client, 0 if never written. */
uint16_t blr_attribute_cccd(const struct blr_attribute *attr, const struct blr_conn *conn);

/*
 * ATT_HANDLE_VALUE_NTF to one client, or with conn NULL to all that have subscribed; cut to the
 * MTU - 3. A client that has not subscribed, or does not know of a change, or whose link lacks the
 * value's read_level: BLR_ERR_STATE (with conn NULL: skipped); of the last, encryption is asked for
 * if the client has a bond that suffices (Part C, 10.3.1.1). Does not
 * change the stored value. BLR_ERR_INVALID: not a characteristic that notifies; BLR_ERR_AGAIN: the
 * buffers of that client are full (see blr_gatt_on_writable()). With conn NULL, the first error is
 * returned when all others have been served.
 */
int blr_gatt_notify(struct blr_attribute *attr, struct blr_conn *conn, const uint8_t *value,
                    size_t len) BLR_MUST_CHECK;

struct blr_gatt_notify_item {
    struct blr_attribute *attr;
    const uint8_t *value;
    size_t len;
};
/*
 * Several notifications in one ATT_MULTIPLE_HANDLE_VALUE_NTF, at least two. BLR_ERR_UNSUPPORTED: the
 * client has not said that it takes them; BLR_ERR_TOO_LONG: they do not fit; the rest as above.
 */
int blr_gatt_notify_multiple(struct blr_conn *conn, const struct blr_gatt_notify_item *items,
                             size_t count) BLR_MUST_CHECK;

/*
 * The confirmation, or BLR_ERR_TIMEOUT after 30 s, or BLR_ERR_NOT_CONNECTED; BLR_ERR_CANCELLED when
 * the service or the client's subscription went before it was sent. Queued per client; what a
 * client does not hear since the database has changed waits until it knows, and what its link lacks
 * security for until it is encrypted, or that has failed (with its error). Where there is no bond
 * that would suffice: BLR_ERR_STATE.
 */
typedef void blr_indicate_cb(struct blr_attribute *attr, struct blr_conn *conn, int error,
                             void *user);
int blr_gatt_indicate(struct blr_attribute *attr, struct blr_conn *conn, const uint8_t *value,
                      size_t len, blr_indicate_cb *cb, void *user) BLR_MUST_CHECK;

#endif
