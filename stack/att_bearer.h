/* SPDX-License-Identifier: MIT */
/*
 * The seam between the lower half of the host (HCI, L2CAP, GAP) and the upper (ATT, GATT). The
 * connection makes one ATT bearer per LE link, plugs the bearer's channel in as L2CAP_CID_ATT, and
 * closes and frees it when the link is gone. The bearer routes requests and commands to the GATT
 * server, and responses, notifications, indications to the GATT client (Core v5.4, Vol 3, Part F,
 * 3.3). It knows its connection only as a pointer to hand to callbacks.
 */
#ifndef STACK_ATT_BEARER_H
#define STACK_ATT_BEARER_H

#include "l2cap.h"
#include "wire/timer.h"
#include "wire/wr.h"

struct blr_conn;
struct blr_host;
struct blr_preferred_parameters;
struct att_bearer;
struct blr_bond;
struct gatt_db;

typedef void att_security_cb(struct blr_conn *conn, int error, void *user);

/*
 * The attribute database of a host, the GAP and GATT services in it; `preferred` may be NULL. NULL:
 * out of memory, a name of more than 248 octets, or preferences out of range. Every bearer is freed
 * before its database.
 */
struct gatt_db *gatt_db_new(const char *device_name, uint16_t appearance,
                            const struct blr_preferred_parameters *preferred);
void gatt_db_free(struct gatt_db *db);
/* Vol 3, Part C, 12.3: whether a host may prefer that, and the characteristic's value. */
#define GATT_NO_PREFERENCE 0xFFFFU
bool gatt_preferences_valid(const struct blr_preferred_parameters *preferred);
void gatt_preferences_write(struct wr *w, const struct blr_preferred_parameters *preferred);
/* Clients may write the Device Name (Vol 3, Part C, 12.1). Before there are any. */
void gatt_db_let_name_be_written(struct gatt_db *db);

/*
 * What ATT and GATT ask of the link's security (security_att.c). The errors are ATT's own codes.
 */
struct att_security {
    bool (*encrypted)(const struct blr_conn *conn);
    /* What is wrong with a request for something of that level and key size; 0: nothing. */
    uint8_t (*lack)(const struct blr_conn *conn, uint8_t level, uint8_t key_size);
    /* The peer's, to be changed in what is GATT's, and then told; NULL: none. */
    struct blr_bond *(*bond)(const struct blr_conn *conn);
    void (*bond_changed)(const struct blr_conn *conn);
    /*
     * The peer has refused a request of the client's with this code: raises the security so that
     * it may be repeated. Nonzero: not to be raised, or not by itself.
     */
    int (*raise)(struct blr_conn *conn, uint8_t code, att_security_cb *cb, void *user);
    /* Encrypts with the bond's key, or asks the central to. Nonzero: that would not suffice. */
    int (*encrypt)(struct blr_conn *conn, uint8_t level, uint8_t key_size, att_security_cb *cb,
                   void *user);
};

struct att_bearer_config {
    struct clock *clock;
    struct gatt_db *db;
    struct blr_conn *conn;
    uint16_t mtu; /* what this host offers in the MTU exchange */
    const struct att_security *security; /* NULL: a link that is never encrypted */
    /* The bearer is dead (a transaction timed out, or the peer broke ATT): end the link. */
    void (*broken)(struct blr_conn *conn, int error);
};

struct att_bearer *att_bearer_new(const struct att_bearer_config *config);
struct l2cap_channel *att_bearer_channel(struct att_bearer *bearer);

/* Every pending operation is called back with `error`; nothing more can be started. */
void att_bearer_close(struct att_bearer *bearer, int error);
void att_bearer_free(struct att_bearer *bearer);

/* --- gatt_bond.c: told by the lower half; `bearer` may be NULL --- */

/* The peer is known: if it has a bond, what it configured in earlier links holds. */
void gatt_bond_identified(struct att_bearer *bearer);
/* The link is encrypted with a bond's key: as that, and from now on changes are kept. */
void gatt_bond_encrypted(struct att_bearer *bearer);
/* The peer has a new bond, which takes over what it has configured in this link. */
void gatt_bond_made(struct att_bearer *bearer);
/* More may be sent than before. */
void gatt_server_secured(struct att_bearer *bearer);

/* --- provided by the lower half --- */

struct gatt_db *host_gatt_db(const struct blr_host *host);
struct att_bearer *conn_att_bearer(const struct blr_conn *conn);

#endif
