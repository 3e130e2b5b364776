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

struct blr_conn;
struct blr_host;
struct blr_preferred_parameters;
struct att_bearer;
struct gatt_db;

/*
 * The attribute database of a host, the GAP and GATT services in it; `preferred` may be NULL. NULL:
 * out of memory, a name of more than 248 octets, or preferences out of range. Every bearer is freed
 * before its database.
 */
struct gatt_db *gatt_db_new(const char *device_name, uint16_t appearance,
                            const struct blr_preferred_parameters *preferred);
void gatt_db_free(struct gatt_db *db);
/* Clients may write the Device Name (Vol 3, Part C, 12.1). Before there are any. */
void gatt_db_let_name_be_written(struct gatt_db *db);

struct att_bearer_config {
    struct clock *clock;
    struct gatt_db *db;
    struct blr_conn *conn;
    uint16_t mtu; /* what this host offers in the MTU exchange */
    /* The bearer is dead (a transaction timed out, or the peer broke ATT): end the link. */
    void (*broken)(struct blr_conn *conn, int error);
};

struct att_bearer *att_bearer_new(const struct att_bearer_config *config);
struct l2cap_channel *att_bearer_channel(struct att_bearer *bearer);

/* Every pending operation is called back with `error`; nothing more can be started. */
void att_bearer_close(struct att_bearer *bearer, int error);
void att_bearer_free(struct att_bearer *bearer);

/* --- provided by the lower half --- */

struct gatt_db *host_gatt_db(const struct blr_host *host);
struct att_bearer *conn_att_bearer(const struct blr_conn *conn);

#endif
