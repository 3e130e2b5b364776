/* SPDX-License-Identifier: MIT */
/*
 * The `Bluetooth` interface from inside. In reading order:
 *
 *   bluetooth.c            lifetime, init and deinit, what the host tells
 *   bluetooth_events.c     handlers and flags, values, UUIDs, small things
 *   bluetooth_scan.c       scanning and the FIFO; bluetooth_resolve.c: advertising data
 *   bluetooth_advertise.c  advertising and whom it is for
 *   bluetooth_client.c     the one client of the server, and the PIN
 *   bluetooth_connect.c    connections to servers
 *   bluetooth_power.c      the transmit power
 *   bluetooth_gattc*.c     services and characteristics of a server elsewhere
 *   bluetooth_gatts*.c     those of this one
 *   bluetooth_wait.c       the blocking form of everything that has an asynchronous one
 *
 * Calls that return at once set what is wanted; *_run() looks at what is, and asks the host for the
 * next step, one at a time; the answer to that comes back to *_run(). So nothing is lost that is
 * asked for while something else is under way.
 *
 * Whoever hands the object to the host for a callback holds it (bluetooth_hold()), and the callback
 * begins with bluetooth_answered(): the object may have been freed meanwhile.
 */
#ifndef STACK_BLUETOOTH_INTERNAL_H
#define STACK_BLUETOOTH_INTERNAL_H

#include "blueroom/bluetooth.h"
#include "blueroom/bluetooth_gatt.h"
#include "blueroom/gatt_client.h"
#include "blueroom/gatt_server.h"
#include "blueroom/host.h"
#include "blueroom/privacy.h"
#include "blueroom/security.h"

enum bluetooth_state {
    BLUETOOTH_OFF,
    BLUETOOTH_STARTING, /* init waits for the controller */
    BLUETOOTH_ON,
    BLUETOOTH_STOPPING, /* deinit waits for what ends */
};

enum {
    BLUETOOTH_HEARD = 64,
    BLUETOOTH_PIN = 6,
    BLUETOOTH_ACCEPT = 16,
    BLUETOOTH_POWERS = 4, /* bluetooth_power.c */
};

struct bluetooth_scan {
    bool wanted, running, busy;
    struct timer end;
    struct blr_bluetooth_adv fifo[BLR_BT_ADV_FIFO];
    unsigned head, count;
    uint32_t dropped;
    struct bd_addr heard[BLUETOOTH_HEARD]; /* the one heard last at `heard_last` */
    unsigned heard_count, heard_last;
};

struct bluetooth_advertising {
    bool wanted, running, busy;
    bool configured; /* set_advertisement() was called */
    bool stale;      /* what is on the air is not what was set last */
    uint8_t data[BLR_BT_ADV_DATA], scan_response[BLR_BT_ADV_DATA];
    uint8_t data_len, scan_response_len;
    struct blr_bluetooth_adv_params params;
    struct bd_addr accept[BLUETOOTH_ACCEPT];
    uint8_t accept_count;
    bool accept_stale;
};

/* What the controller was told for one link. */
struct bluetooth_link_power {
    bool told;
    int8_t dbm;
};

struct bluetooth_client {
    struct blr_conn *conn; /* NULL: none */
    struct bluetooth_link_power power;
    struct bd_addr last;
    bool has_last;
};

enum bluetooth_connect_stage {
    CONNECT_IDLE,
    WAIT_LINK,
    WAIT_MTU,
    WAIT_LINK_END, /* it broke while the MTU was exchanged: why is told in a moment */
};

struct bluetooth_connect {
    enum bluetooth_connect_stage stage;
    bool cancelled;
    struct blr_gattc_connection *conn;
    struct timer timeout;
    sim_ns deadline; /* 0: none */
    blr_bluetooth_connect_cb *cb;
    void *user;
};

struct bluetooth_power {
    int8_t own_dbm; /* the controller's, before anything was set */
    bool set[BLUETOOTH_POWERS];
    int8_t dbm[BLUETOOTH_POWERS];
    struct bluetooth_link_power adv, scan;
    bool busy;
    bool for_call; /* the write under way is the waiting call's */
    struct bluetooth_link_power *told; /* of the write under way; NULL: a probe, or a link that is
                                          gone */
    int8_t telling_dbm;
    /* The call that waits. */
    bool asked, probes, was_set;
    unsigned type;
    int8_t was_dbm;
    blr_bluetooth_done *cb;
    void *user;
};

struct blr_bluetooth {
    struct blr_host *host;
    bool (*wait)(void *user);
    void *wait_user;
    unsigned holds;  /* the owner, and each callback that is awaited from the host */
    bool freed;
    unsigned inside; /* handlers and callbacks that have not returned */
    enum bluetooth_state state;
    int error;
    struct blr_bluetooth_options options;
    char pin[BLUETOOTH_PIN + 1];
    bool taken; /* the host's configuration, and this is how it was found: */
    struct blr_security_config found_security;
    uint16_t found_mtu;
    bool changed_privacy, restoring; /* the host's; it is being changed back */
    struct blr_gap_listening listening;
    blr_bluetooth_done *done; /* of init or deinit */
    void *done_user;
    struct timer later; /* deinit looks whether all has ended */

    unsigned events, trigger;
    blr_bluetooth_handler *handler;
    void *handler_arg;

    struct bluetooth_scan scan;
    struct bluetooth_advertising adv;
    struct bluetooth_client client;
    struct bluetooth_connect connect;
    struct bluetooth_power power;
    struct blr_gattc_connection *connections;
    struct blr_gatts_service *services, **services_end; /* by creation */
};

/* --- bluetooth.c --- */

static inline void bluetooth_hold(struct blr_bluetooth *bt)
{
    bt->holds++;
}
/* One callback of the host has come. False: the object was freed, do nothing. */
bool bluetooth_answered(struct blr_bluetooth *bt);

static inline bool bluetooth_on(const struct blr_bluetooth *bt)
{
    return bt->state == BLUETOOTH_ON;
}
/* Of what went on behind a call: for blr_bluetooth_error(). */
void bluetooth_note(struct blr_bluetooth *bt, int error);
/* Something has ended that deinit may wait for. */
void bluetooth_settled(struct blr_bluetooth *bt);
void bluetooth_call_done(struct blr_bluetooth *bt, blr_bluetooth_done *cb, int error, void *user);

static inline sim_ns bluetooth_now(const struct blr_bluetooth *bt)
{
    return clock_now(blr_host_clock(bt->host));
}

/* --- bluetooth_events.c --- */

/* It has happened: notes it, and calls the handler that wants to know. */
void bluetooth_happened(struct blr_bluetooth *bt, unsigned event);
/* Calls a handler of the object or of what belongs to it. */
void bluetooth_call(struct blr_bluetooth *bt, blr_bluetooth_handler *handler, void *arg);
/* The octets that a value is on the air; up to four go to `scratch`. BLR_ERR_INVALID, _TOO_LONG. */
int bluetooth_value_octets(const struct blr_bluetooth_value *value, uint8_t scratch[static 4],
                           const uint8_t **octets, size_t *len) BLR_MUST_CHECK;
bool bluetooth_uuid_valid(const struct blr_uuid *uuid);

/* --- bluetooth_scan.c --- */

void bluetooth_scan_init(struct blr_bluetooth *bt);
void bluetooth_scan_clear(struct blr_bluetooth *bt);
void bluetooth_scan_end(struct blr_bluetooth *bt);
/* The host has failed: nothing runs, and nothing will be answered. */
void bluetooth_scan_failed(struct blr_bluetooth *bt);

/* --- bluetooth_advertise.c --- */

void bluetooth_adv_clear(struct blr_bluetooth *bt);
/* What is on the air is made what it should be. 0, or why it cannot be begun. */
int bluetooth_adv_run(struct blr_bluetooth *bt);
void bluetooth_adv_end(struct blr_bluetooth *bt);
/* It ended by itself: a client has connected, or its time is over. */
void bluetooth_adv_stopped(struct blr_bluetooth *bt);
void bluetooth_adv_timed_out(struct blr_bluetooth *bt);

/* --- bluetooth_client.c --- */

/* A link to this device's server. */
void bluetooth_client_connected(struct blr_bluetooth *bt, struct blr_conn *conn);
/* False: it was not the client's. */
bool bluetooth_client_disconnected(struct blr_bluetooth *bt, const struct blr_conn *conn);
/* One to six digits, with zeros in front. */
int bluetooth_read_pin(const char *text, char pin[static BLUETOOTH_PIN + 1]) BLR_MUST_CHECK;
/* What the server asks of links: enum blr_security_level, 0: nothing. */
uint8_t bluetooth_level(const struct blr_bluetooth *bt);

/* --- bluetooth_connect.c --- */

void bluetooth_connect_init(struct blr_bluetooth *bt);
/* The attempt, if there is one, is called back with this error. */
void bluetooth_connect_end(struct blr_bluetooth *bt, int error);
/* False: it is none of the connections'. */
bool bluetooth_connection_gone(struct blr_bluetooth *bt, struct blr_conn *link, uint8_t reason);

/* --- bluetooth_power.c --- */

void bluetooth_power_clear(struct blr_bluetooth *bt);
void bluetooth_power_run(struct blr_bluetooth *bt);
/* The link is gone. */
void bluetooth_power_forget(struct blr_bluetooth *bt, const struct bluetooth_link_power *power);
/* As before anything was set. */
void bluetooth_power_restore(struct blr_bluetooth *bt);
void bluetooth_power_end(struct blr_bluetooth *bt, int error);

/* --- bluetooth_gattc.c --- */

enum gattc_kind {
    GATTC_SERVICES,
    GATTC_CHARACTERISTICS,
    GATTC_READ,
    GATTC_WRITE,
    GATTC_DESCRIPTORS, /* and then: */
    GATTC_READ_DESCRIPTOR,
    GATTC_FIND_CCCD, /* and then: */
    GATTC_SUBSCRIBE,
    GATTC_UNSUBSCRIBE,
};

/* One call that waits for the peer. Its address is the `user` of the host's procedures. */
struct gattc_op {
    struct gattc_op *next;
    struct blr_gattc_connection *conn;
    struct blr_gattc_service *service;
    struct blr_gattc_characteristic *chr;
    enum gattc_kind kind;
    struct timer later; /* for what is over without the air */
    int error;
    union {
        blr_gattc_done *conn;
        blr_gattc_service_done *service;
        blr_gattc_characteristic_done *chr;
        blr_gattc_descriptor_cb *descriptor;
    } cb;
    void *user;
    struct blr_uuid uuid; /* of the descriptor */
};

struct blr_gattc_characteristic {
    struct blr_gattc_characteristic *next; /* by handle */
    struct blr_gattc_service *service;
    bool listed; /* the peer had it when it was asked last */
    struct blr_gatt_characteristic found;
    bool has_value;
    uint16_t len;
    uint8_t value[BLR_BT_VALUE_MAX];
    unsigned events;
    uint16_t cccd; /* its handle; 0: not known yet */
    bool busy; /* blr_gattc_callback_async() runs */
    struct blr_subscription *subscription;
    blr_bluetooth_handler *handler;
    void *arg;
};

struct blr_gattc_service {
    struct blr_gattc_service *next; /* by handle */
    struct blr_gattc_connection *conn;
    bool listed;
    struct blr_gatt_service found;
    struct blr_gattc_characteristic *characteristics;
};

struct blr_gattc_connection {
    struct blr_gattc_connection *next;
    struct blr_bluetooth *bt;
    struct blr_conn *link; /* NULL: gone */
    struct bd_addr peer;
    struct bluetooth_link_power power;
    struct blr_gattc_service *services;
    struct gattc_op *ops;
    blr_gattc_done *disconnect_cb;
    void *disconnect_user;
    bool disconnecting;
    bool freeing; /* nothing is taken any more */
    blr_gattc_gone *gone;
    void *gone_user;
};

/* 0, or why nothing can be asked of the peer. */
int gattc_may_ask(const struct blr_gattc_connection *conn) BLR_MUST_CHECK;
struct gattc_op *gattc_op_new(struct blr_gattc_connection *conn, enum gattc_kind kind, void *user);
/* It could not be begun. Returns the error. */
int gattc_op_drop(struct gattc_op *op, int error) BLR_MUST_CHECK;
/* Is over with this error, later. */
void gattc_op_later(struct gattc_op *op, int error);
/* Calls back and frees it; `value` of a descriptor. */
void gattc_op_finish(struct gattc_op *op, int error, const uint8_t *value, size_t len);
/* Ends all, with BLR_ERR_CANCELLED from within. */
void gattc_cancel_all(struct blr_gattc_connection *conn);
/* Its subscriptions are gone with the link, or are to be. */
void gattc_forget_subscriptions(struct blr_gattc_connection *conn);
void gattc_free_services(struct blr_gattc_connection *conn);

/* --- bluetooth_gatts.c --- */

struct blr_gatts_characteristic {
    struct blr_gatts_characteristic *next;
    struct blr_gatts_service *service;
    struct blr_attribute *attr; /* NULL while the service is stopped */
    struct blr_uuid uuid;
    unsigned permissions, properties;
    enum blr_bluetooth_kind kind; /* as it was set */
    int64_t integer;
    uint16_t len;
    uint8_t value[BLR_BT_VALUE_MAX];
    unsigned events, trigger;
    blr_gatts_handler *handler;
    void *arg;
};

struct blr_gatts_service {
    struct blr_gatts_service *next;
    struct blr_bluetooth *bt;
    struct blr_service *service; /* of the host; NULL: stopped */
    uint16_t handle;             /* where it was; 0: never started */
    struct blr_uuid uuid;
    bool isprimary, dead;        /* of before a deinit */
    uint16_t nbr_chars, count;
    struct blr_gatts_characteristic *first, *last;
};

/* Nobody sees them from now on, and they stay so. */
void gatts_end_all(struct blr_bluetooth *bt);
/* What the server wants of links has changed: those that are started say so. */
int gatts_secure_all(struct blr_bluetooth *bt) BLR_MUST_CHECK;
void gatts_free_all(struct blr_bluetooth *bt);

/* --- bluetooth_gatts_value.c --- */

extern const struct blr_attribute_callbacks gatts_callbacks;
int gatts_keep(struct blr_gatts_characteristic *chr,
               const struct blr_bluetooth_value *value) BLR_MUST_CHECK;

/* --- bluetooth_wait.c --- */

/* Whoever waits with `user` does not any more: no callback comes to him. */
void bluetooth_forget(struct blr_bluetooth *bt, const void *user);

#endif
