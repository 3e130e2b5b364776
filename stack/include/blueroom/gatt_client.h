/* SPDX-License-Identifier: MIT */
/*
 * GATT client procedures on one connection (Core v5.4, Vol 3, Part G, 4). They are queued per ATT
 * bearer and run one at a time, in the order called. Errors: BLR_ERR_ATT(code) of an
 * ATT_ERROR_RSP; BLR_ERR_TIMEOUT when the peer has not answered for 30 s, after which the bearer is
 * dead and the link is closed; BLR_ERR_NOT_CONNECTED; BLR_ERR_MALFORMED for a response that makes
 * no sense: a wrong length, handles that do not increase or are out of the range asked for. A
 * response that nobody asked for is ignored.
 *
 * With blr_security_config.automatic, a procedure that the peer refuses with Insufficient
 * Authentication or Insufficient Encryption waits until the link has been paired or encrypted, a
 * level higher each time, and goes on where it was; if that fails, it ends with what the peer said.
 *
 * Callbacks may be NULL. Results are handed on only when the whole procedure succeeded.
 */
#ifndef BLUEROOM_GATT_CLIENT_H
#define BLUEROOM_GATT_CLIENT_H

#include "blueroom/gap.h"
#include "wire/att.h"
#include "wire/uuid.h"

#define BLR_GATT_MAX_MTU 517U /* more would only carry values longer than 512 octets */

/*
 * Cancels the procedures of a connection that were begun with this `user`, subscriptions being
 * written included: each is called back with BLR_ERR_CANCELLED from within. A request that is on the
 * air cannot be taken back: its response is awaited and ignored, queued writes are then taken back,
 * and only then the next procedure begins. Returns how many were cancelled.
 */
size_t blr_gatt_cancel(struct blr_conn *conn, const void *user);

/* The MTU in force on the connection's ATT bearer: 23 until exchanged. */
uint16_t blr_gatt_mtu(const struct blr_conn *conn);

typedef void blr_gatt_mtu_cb(struct blr_conn *conn, int error, uint16_t mtu, void *user);
/* Exchange MTU (4.3.1), with the host's configured MTU. Once per connection: BLR_ERR_STATE. */
int blr_gatt_exchange_mtu(struct blr_conn *conn, blr_gatt_mtu_cb *cb, void *user) BLR_MUST_CHECK;

struct blr_gatt_service {
    uint16_t start, end; /* handles, inclusive */
    struct blr_uuid uuid;
};
typedef void blr_gatt_services_cb(struct blr_conn *conn, int error,
                                  const struct blr_gatt_service *services, size_t count,
                                  void *user);
/* All primary services (4.4.1), or with a UUID those of that UUID (4.4.2). None is not an error. */
int blr_gatt_discover_services(struct blr_conn *conn, const struct blr_uuid *uuid,
                               blr_gatt_services_cb *cb, void *user) BLR_MUST_CHECK;

struct blr_gatt_include {
    uint16_t declaration;
    struct blr_gatt_service service; /* which may include others itself */
};
typedef void blr_gatt_includes_cb(struct blr_conn *conn, int error,
                                  const struct blr_gatt_include *includes, size_t count,
                                  void *user);
/*
 * The services included between two handles (4.5.1). Of those with a 128-bit UUID the declaration
 * is read as well, for an include does not tell it.
 */
int blr_gatt_find_included(struct blr_conn *conn, uint16_t start, uint16_t end,
                           blr_gatt_includes_cb *cb, void *user) BLR_MUST_CHECK;

struct blr_gatt_characteristic {
    uint16_t declaration, value; /* handles */
    uint16_t end;                /* last handle that may hold a descriptor of it */
    uint8_t properties;
    struct blr_uuid uuid;
};
typedef void blr_gatt_characteristics_cb(struct blr_conn *conn, int error,
                                         const struct blr_gatt_characteristic *characteristics,
                                         size_t count, void *user);
/* All characteristics between two handles (4.6.1). */
int blr_gatt_discover_characteristics(struct blr_conn *conn, uint16_t start, uint16_t end,
                                      blr_gatt_characteristics_cb *cb, void *user) BLR_MUST_CHECK;

struct blr_gatt_descriptor {
    uint16_t handle;
    struct blr_uuid uuid;
};
typedef void blr_gatt_descriptors_cb(struct blr_conn *conn, int error,
                                     const struct blr_gatt_descriptor *descriptors, size_t count,
                                     void *user);
/* All descriptors between two handles (4.7.1). */
int blr_gatt_discover_descriptors(struct blr_conn *conn, uint16_t start, uint16_t end,
                                  blr_gatt_descriptors_cb *cb, void *user) BLR_MUST_CHECK;

typedef void blr_gatt_value_cb(struct blr_conn *conn, int error, const uint8_t *value, size_t len,
                               void *user);
/* Read Characteristic Value or Descriptor (4.8.1, 4.12.1): at most MTU - 1 octets. */
int blr_gatt_read(struct blr_conn *conn, uint16_t handle, blr_gatt_value_cb *cb,
                  void *user) BLR_MUST_CHECK;
/* Read Long (4.8.3): the whole value, with as many ATT_READ_BLOB_REQ as it takes. */
int blr_gatt_read_long(struct blr_conn *conn, uint16_t handle, blr_gatt_value_cb *cb,
                       void *user) BLR_MUST_CHECK;
/* Read Using Characteristic UUID (4.8.2): the first match's value. */
int blr_gatt_read_by_uuid(struct blr_conn *conn, uint16_t start, uint16_t end,
                          const struct blr_uuid *uuid, blr_gatt_value_cb *cb,
                          void *user) BLR_MUST_CHECK;
/* Read Multiple (4.8.4): the values run together. */
int blr_gatt_read_multiple(struct blr_conn *conn, const uint16_t *handles, size_t count,
                           blr_gatt_value_cb *cb, void *user) BLR_MUST_CHECK;

struct blr_gatt_value {
    uint16_t handle;
    const uint8_t *value;
    size_t len;       /* what came of it */
    size_t whole_len; /* more than came: read it alone for the rest */
};
typedef void blr_gatt_values_cb(struct blr_conn *conn, int error,
                                const struct blr_gatt_value *values, size_t count, void *user);
/*
 * Read Multiple Variable Length (4.8.5): values of any length, at least two, told apart. Those for
 * which the response had no room are missing at the end.
 */
int blr_gatt_read_multiple_variable(struct blr_conn *conn, const uint16_t *handles, size_t count,
                                    blr_gatt_values_cb *cb, void *user) BLR_MUST_CHECK;

typedef void blr_gatt_done_cb(struct blr_conn *conn, int error, void *user);
/* Write Characteristic Value or Descriptor (4.9.3, 4.12.3). BLR_ERR_TOO_LONG: over MTU - 3. */
int blr_gatt_write(struct blr_conn *conn, uint16_t handle, const uint8_t *value, size_t len,
                   blr_gatt_done_cb *cb, void *user) BLR_MUST_CHECK;
/*
 * Write Long (4.9.4, of descriptors 4.12.4): in as many parts as it takes, none of which has any
 * effect before the last came. BLR_ERR_TOO_LONG: over 512 octets. When a part is refused, those
 * before it are taken back before the callback comes.
 */
int blr_gatt_write_long(struct blr_conn *conn, uint16_t handle, const uint8_t *value, size_t len,
                        blr_gatt_done_cb *cb, void *user) BLR_MUST_CHECK;

struct blr_gatt_write_item {
    uint16_t handle;
    const uint8_t *value;
    size_t len;
};
/*
 * Reliable Writes (4.9.5): several values, long ones too, all or none. Each part is compared with
 * what the server has understood; when they differ, all is taken back: BLR_ERR_MALFORMED.
 */
int blr_gatt_write_reliable(struct blr_conn *conn, const struct blr_gatt_write_item *items,
                            size_t count, blr_gatt_done_cb *cb, void *user) BLR_MUST_CHECK;
/*
 * Write Without Response (4.9.1). It does not wait for its turn: it is handed to the link at once,
 * or queued in a small buffer; BLR_ERR_AGAIN when that is full too. BLR_ERR_TOO_LONG: over MTU - 3.
 */
int blr_gatt_write_without_response(struct blr_conn *conn, uint16_t handle, const uint8_t *value,
                                    size_t len) BLR_MUST_CHECK;

/*
 * Signed Write Without Response (4.9.2): as that, with a signature by the key that the bond holds
 * for it, which this host has given the peer; on an encrypted link as that alone. BLR_ERR_STATE: no
 * bond, no such key, or it has signed 2^32 - 1 times. BLR_ERR_TOO_LONG: over MTU - 15.
 */
int blr_gatt_write_signed(struct blr_conn *conn, uint16_t handle, const uint8_t *value,
                          size_t len) BLR_MUST_CHECK;

/*
 * Client Supported Features (7.2, enum gatt_client_feature): finds the characteristic and sets these
 * bits besides those that are set. The Database Hash (7.3) is read by blr_gatt_read_by_uuid(). A
 * server without them: BLR_ERR_ATT(ATT_ERR_ATTRIBUTE_NOT_FOUND).
 */
int blr_gatt_set_client_features(struct blr_conn *conn, uint8_t features, blr_gatt_done_cb *cb,
                                 void *user) BLR_MUST_CHECK;

/*
 * One request of ATT as it is, opcode first, and its response without the opcode (Part F, 3.4): for
 * those who put procedures together themselves. It waits its turn as the others do. BLR_ERR_INVALID:
 * no request, or Exchange MTU, which concerns the bearer; BLR_ERR_TOO_LONG: over the MTU.
 */
int blr_gatt_request(struct blr_conn *conn, const uint8_t *pdu, size_t len, blr_gatt_value_cb *cb,
                     void *user) BLR_MUST_CHECK;

typedef void blr_gatt_writable_cb(struct blr_conn *conn, void *user);
/*
 * Called when there is room again after blr_gatt_write_without_response() or blr_gatt_notify() has
 * answered BLR_ERR_AGAIN; once for each time that it was full. NULL: no more.
 */
void blr_gatt_on_writable(struct blr_conn *conn, blr_gatt_writable_cb *cb, void *user);

typedef void blr_gatt_notify_cb(struct blr_conn *conn, uint16_t handle, bool indication,
                                const uint8_t *value, size_t len, void *user);
/*
 * Hears every value that the peer notifies or indicates, whoever wrote its CCCD, before those who
 * have subscribed. NULL: nobody any more.
 */
void blr_gatt_on_notification(struct blr_conn *conn, blr_gatt_notify_cb *cb, void *user);

struct blr_subscription;
/*
 * Writes the CCCD (bit 0 notifications, bit 1 indications; at least one) and from then on hands on
 * what comes of those kinds for `value_handle`; `done` tells how the write went (on an error the
 * subscription is gone). Ends with the connection, or by blr_gatt_unsubscribe(). A Multiple
 * Handle Value Notification is handed on value by value. Indications are confirmed by the stack,
 * also those that nobody subscribed to. Several subscriptions may share a
 * CCCD: each write sets what those that live ask for together.
 */
int blr_gatt_subscribe(struct blr_conn *conn, uint16_t value_handle, uint16_t cccd_handle,
                       uint16_t cccd, blr_gatt_notify_cb *notify, blr_gatt_done_cb *done,
                       void *user, struct blr_subscription **subscription) BLR_MUST_CHECK;
/*
 * Writes the CCCD again, to 0 if no other subscription shares it. With a return of 0 the notify
 * callback is not called any more from now on, and the subscription is gone.
 */
int blr_gatt_unsubscribe(struct blr_subscription *subscription, blr_gatt_done_cb *done,
                         void *user) BLR_MUST_CHECK;

#endif
