/* SPDX-License-Identifier: MIT */
/*
 * GATT of the `Bluetooth` interface (blueroom/bluetooth.h, whose rules hold here): GATTCConnection,
 * GATTCService, GATTCCharacteristic for a client, GATTSService, GATTSCharacteristic for a server.
 */
#ifndef BLUEROOM_BLUETOOTH_GATT_H
#define BLUEROOM_BLUETOOTH_GATT_H

#include "blueroom/bluetooth.h"

/* Characteristic properties; bits, as in the declaration (Core v5.4, Vol 3, Part G, 3.3.1.1). */
enum blr_bluetooth_property {
    BLR_BT_PROP_BROADCAST = 0x01,
    BLR_BT_PROP_READ = 0x02,
    BLR_BT_PROP_WRITE_NR = 0x04,
    BLR_BT_PROP_WRITE = 0x08,
    BLR_BT_PROP_NOTIFY = 0x10,
    BLR_BT_PROP_INDICATE = 0x20,
    BLR_BT_PROP_AUTH = 0x40,
    BLR_BT_PROP_EXT_PROP = 0x80,
};

/* What a client may do; bits, numbered as the ESP-IDF numbers them. */
enum blr_bluetooth_permission {
    BLR_BT_PERM_READ = 0x001,
    BLR_BT_PERM_READ_ENCRYPTED = 0x002,  /* on an encrypted link */
    BLR_BT_PERM_READ_ENC_MITM = 0x004,   /* on one that was paired with authentication */
    BLR_BT_PERM_WRITE = 0x010,
    BLR_BT_PERM_WRITE_ENCRYPTED = 0x020,
    BLR_BT_PERM_WRITE_ENC_MITM = 0x040,
    BLR_BT_PERM_WRITE_SIGNED = 0x080,
};

#define BLR_BT_VALUE_MAX 512U

/* --- client: the connection --- */

struct blr_gattc_service;
struct blr_gattc_characteristic;

bool blr_gattc_isconnected(const struct blr_gattc_connection *conn);
/* The peer, by the address that it was connected by. */
const struct bd_addr *blr_gattc_peer(const struct blr_gattc_connection *conn);
/* The link of the host, for what this interface does not have; NULL when it is gone. */
struct blr_conn *blr_gattc_conn(const struct blr_gattc_connection *conn);

typedef void blr_gattc_done(struct blr_gattc_connection *conn, int error, void *user);

/* The callback comes, with 0, when the link is gone. BLR_ERR_NOT_CONNECTED when it is already. */
int blr_gattc_disconnect_async(struct blr_gattc_connection *conn, blr_gattc_done *cb,
                               void *user) BLR_MUST_CHECK;
int blr_gattc_disconnect(struct blr_gattc_connection *conn) BLR_MUST_CHECK;
/*
 * Called once when the link is gone, whoever ended it (reason: an HCI error code), after all that
 * was pending. NULL: nobody.
 */
typedef void blr_gattc_gone(struct blr_gattc_connection *conn, uint8_t reason, void *user);
void blr_gattc_on_gone(struct blr_gattc_connection *conn, blr_gattc_gone *cb, void *user);
/*
 * Frees the object with its services and characteristics, its link ended if need be; what is
 * pending comes with BLR_ERR_CANCELLED from within. Not from within a callback of it. NULL is fine.
 */
void blr_gattc_connection_free(struct blr_gattc_connection *conn);

/*
 * Finds the primary services. They are then walked in the order of their handles with first and
 * next. A call again asks the peer again: an object that was there before stands for the same
 * service still, and one that the peer has no longer is in the list no longer.
 */
int blr_gattc_services_async(struct blr_gattc_connection *conn, blr_gattc_done *cb,
                             void *user) BLR_MUST_CHECK;
int blr_gattc_services(struct blr_gattc_connection *conn) BLR_MUST_CHECK;
struct blr_gattc_service *blr_gattc_service_first(const struct blr_gattc_connection *conn);
struct blr_gattc_service *blr_gattc_service_next(const struct blr_gattc_service *service);
/* The first of this UUID, or NULL. */
struct blr_gattc_service *blr_gattc_service_find(const struct blr_gattc_connection *conn,
                                                 const struct blr_uuid *uuid);

/* --- client: a service --- */

struct blr_gattc_connection *blr_gattc_service_connection(const struct blr_gattc_service *service);
/* Always, for others are not looked for. */
bool blr_gattc_service_isprimary(const struct blr_gattc_service *service);
/* One of 32 bits has been heard as sixteen bytes: so it is sent (Vol 3, Part F, 3.2.1). */
const struct blr_uuid *blr_gattc_service_uuid(const struct blr_gattc_service *service);
/* Which of those with this UUID on the peer it is, from 0. */
unsigned blr_gattc_service_instance(const struct blr_gattc_service *service);

typedef void blr_gattc_service_done(struct blr_gattc_service *service, int error, void *user);
/* Finds the characteristics; the rest as blr_gattc_services(). */
int blr_gattc_characteristics_async(struct blr_gattc_service *service, blr_gattc_service_done *cb,
                                    void *user) BLR_MUST_CHECK;
int blr_gattc_characteristics(struct blr_gattc_service *service) BLR_MUST_CHECK;
struct blr_gattc_characteristic *blr_gattc_characteristic_first(
    const struct blr_gattc_service *service);
struct blr_gattc_characteristic *blr_gattc_characteristic_next(
    const struct blr_gattc_characteristic *chr);
struct blr_gattc_characteristic *blr_gattc_characteristic_find(
    const struct blr_gattc_service *service, const struct blr_uuid *uuid);

/* --- client: a characteristic --- */

struct blr_gattc_service *blr_gattc_characteristic_service(
    const struct blr_gattc_characteristic *chr);
const struct blr_uuid *blr_gattc_characteristic_uuid(const struct blr_gattc_characteristic *chr);
unsigned blr_gattc_characteristic_instance(const struct blr_gattc_characteristic *chr);
unsigned blr_gattc_characteristic_properties(const struct blr_gattc_characteristic *chr);

typedef void blr_gattc_characteristic_done(struct blr_gattc_characteristic *chr, int error,
                                           void *user);
/*
 * Reads the value, a long one in parts, which blr_gattc_value() has then. What the peer refuses is
 * BLR_ERR_ATT(code); where that is for want of encryption the link is paired first.
 */
int blr_gattc_read_async(struct blr_gattc_characteristic *chr, blr_gattc_characteristic_done *cb,
                         void *user) BLR_MUST_CHECK;
/* `value` (may be NULL) as from blr_gattc_value(). */
int blr_gattc_read(struct blr_gattc_characteristic *chr,
                   struct blr_bluetooth_value *value) BLR_MUST_CHECK;
/*
 * What was read or notified last, as bytes, without asking the peer; NONE when nothing was. Points
 * into the characteristic until the next.
 */
struct blr_bluetooth_value blr_gattc_value(const struct blr_gattc_characteristic *chr);

/*
 * Writes; the callback comes with the peer's response. One that takes writes without a response
 * alone (PROP_WRITE_NR without PROP_WRITE) is sent a command: BLR_ERR_TOO_LONG over the MTU - 3,
 * and BLR_ERR_AGAIN when the link's queue is full. BLR_ERR_TOO_LONG: over 512 octets;
 * BLR_ERR_INVALID: NONE, or an integer outside 0 to 0xFFFFFFFF.
 */
int blr_gattc_write_async(struct blr_gattc_characteristic *chr,
                          const struct blr_bluetooth_value *value,
                          blr_gattc_characteristic_done *cb, void *user) BLR_MUST_CHECK;
int blr_gattc_write(struct blr_gattc_characteristic *chr,
                    const struct blr_bluetooth_value *value) BLR_MUST_CHECK;

/* `value` lives until the callback returns; NONE unless error is 0. */
typedef void blr_gattc_descriptor_cb(struct blr_gattc_characteristic *chr, int error,
                                     struct blr_bluetooth_value value, void *user);
/* The first descriptor of that UUID (0x2901, say). BLR_ERR_NOT_FOUND: it has none. */
int blr_gattc_read_descriptor_async(struct blr_gattc_characteristic *chr,
                                    const struct blr_uuid *uuid, blr_gattc_descriptor_cb *cb,
                                    void *user) BLR_MUST_CHECK;
/* Up to `size` octets of it to `octets`; `len` is what it has. */
int blr_gattc_read_descriptor(struct blr_gattc_characteristic *chr, const struct blr_uuid *uuid,
                              uint8_t *octets, size_t size, size_t *len) BLR_MUST_CHECK;

/*
 * BLR_BT_CHAR_NOTIFY_EVENT: subscribes (notifications, or indications if the peer has no others),
 * and calls `handler` with each that comes, its value in blr_gattc_value(). `arg` NULL: the
 * characteristic. Handler NULL, or trigger 0: unsubscribes. The callback comes when the peer has
 * said to it; an event may come before. It ends with the link. Another bit: BLR_ERR_INVALID; a
 * characteristic that neither notifies nor indicates, or has no CCCD: BLR_ERR_UNSUPPORTED;
 * BLR_ERR_BUSY while one call runs.
 */
int blr_gattc_callback_async(struct blr_gattc_characteristic *chr, unsigned trigger,
                             blr_bluetooth_handler *handler, void *arg,
                             blr_gattc_characteristic_done *cb, void *user) BLR_MUST_CHECK;
int blr_gattc_callback(struct blr_gattc_characteristic *chr, unsigned trigger,
                       blr_bluetooth_handler *handler, void *arg) BLR_MUST_CHECK;
/* The events since the last call; clears them. */
unsigned blr_gattc_events(struct blr_gattc_characteristic *chr);

/* --- server: a service --- */

struct blr_gatts_characteristic;

/*
 * Started, it can be found; stopped, nobody sees it, and its characteristics keep their values. It
 * is what it is: starting what runs is fine. BLR_ERR_INVALID: no handles are left.
 */
int blr_gatts_service_start(struct blr_gatts_service *service) BLR_MUST_CHECK;
int blr_gatts_service_stop(struct blr_gatts_service *service) BLR_MUST_CHECK;
bool blr_gatts_service_started(const struct blr_gatts_service *service);
/* Stops it and frees it with its characteristics; not from within their handlers. NULL is fine. */
void blr_gatts_service_free(struct blr_gatts_service *service);

struct blr_gatts_characteristic_def {
    struct blr_uuid uuid;
    /* READ and WRITE; of a secure server with the encryption, of one with a PIN with the
     * authentication that it wants, whatever is said here. */
    unsigned permissions; /* enum blr_bluetooth_permission, one of them at least */
    unsigned properties;  /* READ, WRITE and NOTIFY */
    struct blr_bluetooth_value value; /* NONE: no octets; copied */
};

struct blr_gatts_characteristic_def blr_gatts_characteristic_default(const struct blr_uuid *uuid);
/*
 * At any time, of a started service as well. BLR_ERR_STATE: the service has all the characteristics
 * that its nbr_chars says; BLR_ERR_INVALID, BLR_ERR_TOO_LONG of a value; BLR_ERR_NO_MEMORY, after
 * which the service is as it was, or stopped if there was no memory for that. `chr` may be NULL.
 */
int blr_gatts_characteristic(struct blr_gatts_service *service,
                             const struct blr_gatts_characteristic_def *def,
                             struct blr_gatts_characteristic **chr) BLR_MUST_CHECK;

/* --- server: a characteristic --- */

struct blr_gatts_service *blr_gatts_characteristic_service(
    const struct blr_gatts_characteristic *chr);
const struct blr_uuid *blr_gatts_characteristic_uuid(const struct blr_gatts_characteristic *chr);

/*
 * As it was set: an integer, a string or bytes; bytes when a client has written it. Points into the
 * characteristic until it changes. An integer has its octets here as well: big-endian, 1, 2 or 4,
 * the fewest that hold it.
 */
struct blr_bluetooth_value blr_gatts_value(const struct blr_gatts_characteristic *chr);
/*
 * Sets it; a client that has subscribed is notified, or sent an indication if it wants those alone.
 * BLR_ERR_INVALID: NONE, or an integer outside 0 to 0xFFFFFFFF; BLR_ERR_TOO_LONG: over 512 octets;
 * BLR_ERR_AGAIN: it is set, and the link's queue has no room for the notification.
 */
int blr_gatts_set_value(struct blr_gatts_characteristic *chr,
                        const struct blr_bluetooth_value *value) BLR_MUST_CHECK;

/*
 * Runs within the client's request. What it returns for a read event, and no other, becomes the
 * value that is read; NONE: as it is. An integer, string or bytes that cannot be a value: as it is.
 * What it points to is copied as soon as it returns, so it is no local variable.
 */
typedef struct blr_bluetooth_value blr_gatts_handler(void *arg);

/*
 * CHAR_READ_EVENT: before a client reads. CHAR_WRITE_EVENT: it has written, and the value is there.
 * CHAR_SUBSCRIBE_EVENT: it has subscribed or unsubscribed (blr_gatts_subscribed()); it is then sent
 * the current value. `arg` NULL: the characteristic; handler NULL, or no trigger: none is called.
 * Other bits: BLR_ERR_INVALID.
 */
int blr_gatts_callback(struct blr_gatts_characteristic *chr, unsigned trigger,
                       blr_gatts_handler *handler, void *arg) BLR_MUST_CHECK;
/* The events since the last call; clears them. */
unsigned blr_gatts_events(struct blr_gatts_characteristic *chr);
/* What the client has subscribed to: BLR_BT_PROP_NOTIFY, BLR_BT_PROP_INDICATE, both or 0. */
unsigned blr_gatts_subscribed(const struct blr_gatts_characteristic *chr);

#endif
