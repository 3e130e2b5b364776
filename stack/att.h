/* SPDX-License-Identifier: MIT */
/*
 * Inside ATT and GATT (Core v5.4, Vol 3, Part F and Part G): one bearer's state, and what its parts
 * ask of each other. In reading order:
 *
 *   att_bearer.c    routing of PDUs, MTU, timeouts, the end of a bearer; att_queue.c what waits
 *   att_server.c    requests and commands of the peer: the table; att_server_{find,read,write,
 *                   prepare}.c
 *   gatt_db.c       attributes by handle; gatt_service.c building; gatt_attribute.c values
 *   gatt_server.c   what each client configured, notifications and indications to it
 *   gatt_security.c who may read and write what, and hear of it; gatt_bond.c what outlives a link
 *   gatt_signed.c   signed writes, both ways
 *   gatt_caching.c  the hash, and which clients know that the database has changed
 *   gatt_client.c   our requests: the queue of operations; gatt_client_{discover,include,
 *                   value,multiple,write_long,features}.c
 *   gatt_subscribe.c  notifications and indications from the peer
 *
 * Callbacks of the application run from within a received PDU, a timer or att_bearer_close(), and
 * may do anything, also run the world until the link is gone: whoever calls one holds the bearer,
 * and looks at `closed` afterwards.
 */
#ifndef STACK_ATT_H
#define STACK_ATT_H

#include "att_bearer.h"
#include "att_prepare.h"
#include "att_queue.h"
#include "blueroom/bond.h"
#include "blueroom/gatt_client.h"
#include "blueroom/gatt_server.h"
#include "gatt_op.h"
#include "wire/att.h"

/* Part F, 3.3.3: for a request and its response, an indication and its confirmation. */
#define ATT_TRANSACTION_TIMEOUT_NS SIM_S(30)

/* What one client configured: present when not zero. */
struct gatt_cccd {
    const struct blr_attribute *value; /* the characteristic's */
    uint16_t bits;
};

/* The server's side of one bearer. */
struct gatt_server {
    struct gatt_cccd *cccds;
    size_t cccd_count, cccd_cap;
    struct gatt_op_list indications; /* the first is under way when
                                        `awaits_confirmation` and not `changed_under_way` */
    bool awaits_confirmation;
    struct timer timer;
    bool mtu_exchanged;
    struct att_prepared *prepared; /* NULL until something was */
    uint8_t features;              /* enum gatt_client_feature of this client */
    bool unaware;                  /* of a change of the database (Part G, 2.5.2.1) */
    bool told_out_of_sync, hash_read; /* since then */
    uint16_t changed_start, changed_end; /* to be indicated; 0: nothing */
    bool restored;  /* its bond, if it has one, and this agree */
    bool dirty;     /* there is something for the bond */
    bool encrypting; /* values wait for that */
    bool changed_under_way;              /* what awaits its confirmation is Service Changed */
};

/* The client's side of one bearer. */
struct gatt_client {
    struct gatt_op_list ops; /* the first is under way */
    uint8_t request;         /* opcode of the request that awaits its response; 0: none */
    uint16_t request_mtu;    /* the MTU when it was sent */
    struct timer timer;
    bool mtu_exchanged;
    bool raising; /* the first operation waits for more security, to be repeated */
    struct blr_subscription *subscriptions;
    unsigned notifying; /* callbacks of subscriptions that run: none is freed meanwhile */
    blr_gatt_notify_cb *notified; /* hears everything */
    void *notified_user;
    blr_gatt_writable_cb *writable;
    void *writable_user;
    bool wants_writable;
};

struct att_bearer {
    struct l2cap_channel channel; /* first: the channel is the bearer's only face to the link */
    struct att_bearer_config config;
    struct att_bearer *next; /* in the database, by age */
    unsigned holds;
    uint16_t mtu; /* in force */
    bool closed;
    int death; /* why it will be closed: an error, or 0 */
    struct timer death_timer;
    struct att_queue queue;
    struct gatt_op *spare_ops;
    unsigned spare_op_count;
    struct gatt_server server;
    struct gatt_client client;
};

/* --- att_bearer.c --- */

/* Keeps the memory from going away while callbacks run. */
void att_bearer_hold(struct att_bearer *bearer);
void att_bearer_release(struct att_bearer *bearer);

/* Neither closed nor about to be. */
bool att_bearer_usable(const struct att_bearer *bearer);

/*
 * Sends a PDU, or queues it when the link is full. BLR_ERR_AGAIN for ATT_SEND_UNBOUND when the
 * queue is full as well; BLR_ERR_NOT_CONNECTED; BLR_ERR_STATE when one of the kind is queued.
 */
int att_bearer_send(struct att_bearer *bearer, enum att_send_kind kind, const uint8_t *pdu,
                    size_t len) BLR_MUST_CHECK;

/* Ends the bearer, later: pending operations get `error`, then the connection is told. */
void att_bearer_break(struct att_bearer *bearer, int error);

/* Sets what is in force after an exchange: the smaller of both, neither of them under 23. */
void att_bearer_set_mtu(struct att_bearer *bearer, uint16_t theirs);

/* --- gatt_security.c --- */

/* An ATT error if the link is not good enough for that; 0. */
uint8_t gatt_security_lack(const struct att_bearer *bearer, uint8_t level, uint8_t key_size);
/* The server may send the value to this client. */
bool gatt_security_may_send(const struct att_bearer *bearer, const struct blr_attribute *value);
/* It may not: encrypts the link, which may help. Nonzero: it would not. */
int gatt_security_encrypt(struct att_bearer *bearer, const struct blr_attribute *value);
/* The peer refused the first operation with that: true if it waits to be repeated. */
bool gatt_security_raise(struct att_bearer *bearer, uint8_t code);

/* --- gatt_bond.c --- */

/* Keeps what has changed, if there is somewhere to keep it. */
void gatt_bond_save(struct att_bearer *bearer);

/* --- the server's side --- */

/* A request or command; info is NULL for an opcode of no specification. */
void att_server_received(struct att_bearer *bearer, const struct att_pdu_info *info,
                         const uint8_t *pdu, size_t len);
void gatt_server_init(struct att_bearer *bearer);
void gatt_server_confirmed(struct att_bearer *bearer);
/* Values waited for encryption, which has failed. */
void gatt_server_not_secured(struct att_bearer *bearer, int error);
/* Every indication is called back with `error`. */
void gatt_server_close(struct att_bearer *bearer, int error);

/* --- the client's side --- */

void gatt_client_init(struct att_bearer *bearer);
/* A response, whose length is as the table says or not. */
void gatt_client_response(struct att_bearer *bearer, const uint8_t *pdu, size_t len,
                          bool well_formed);
/* The first operation is repeated, or with an error ends. */
void gatt_client_raised(struct att_bearer *bearer, int error);
void gatt_client_close(struct att_bearer *bearer, int error);
/* An ATT_HANDLE_VALUE_NTF or ATT_HANDLE_VALUE_IND. */
void gatt_subscribe_received(struct att_bearer *bearer, const uint8_t *pdu, size_t len);
void gatt_subscribe_close(struct att_bearer *bearer);
/* Hands nothing on any more; the peer is not told. */
struct blr_subscription;
void gatt_subscription_mute(struct blr_subscription *subscription);

#endif
