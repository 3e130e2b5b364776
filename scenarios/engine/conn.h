/* SPDX-License-Identifier: MIT */
/* What the files of connections and of the GATT client share. */
#ifndef ENGINE_CONN_H
#define ENGINE_CONN_H

#include "device.h"

/* The connection that a method is called on: notes that its device is in use. */
struct conn *conn_self(lua_State *L, int index, const char *call);
/* The stack's link, or an error that says why it is gone. */
struct blr_conn *conn_link(lua_State *L, const struct conn *conn, const char *what);

int conn_l2cap(lua_State *L);           /* l2cap.c */
int conn_notify_multiple(lua_State *L); /* server_multiple.c */

/* Services, characteristics and descriptors as the client has found them. */
struct client_descriptor {
    struct client_descriptor *next;
    struct client_characteristic *characteristic;
    struct blr_gatt_descriptor info;
};

struct client_characteristic {
    struct client_characteristic *next;
    struct client_service *service;
    struct blr_gatt_characteristic info;
    struct client_descriptor *descriptors;
    bool has_descriptors; /* they are known, even if there are none */
};

struct client_service {
    struct client_service *next;
    struct conn *conn;
    struct blr_gatt_service info;
    struct client_characteristic *characteristics;
    bool has_characteristics;
};

/* Methods of conn in client.c and client_value.c. */
int conn_characteristic(lua_State *L);
int conn_service(lua_State *L);
int conn_services(lua_State *L);
int conn_exchange_mtu(lua_State *L);
int conn_read(lua_State *L);
int conn_read_by_uuid(lua_State *L);
int conn_read_long(lua_State *L);
int conn_read_multiple(lua_State *L);
int conn_write(lua_State *L);
int conn_write_signed(lua_State *L);
int conn_write_without_response(lua_State *L);

/* Methods in client_long.c. */
int conn_forget_services(lua_State *L);
int conn_read_multiple_variable(lua_State *L);
int conn_set_client_features(lua_State *L);
int conn_write_long(lua_State *L);
int conn_write_reliable(lua_State *L);
int service_includes(lua_State *L);
int characteristic_write_long(lua_State *L);
int descriptor_write_long(lua_State *L);

/* Methods of conn in link.c. */
int conn_channels(lua_State *L);
int conn_update(lua_State *L);

/* Methods of conn in conn_phy.c. */
int conn_data_length(lua_State *L);
int conn_phy(lua_State *L);
int conn_set_phy(lua_State *L);

/* Methods of characteristic and descriptor in client_value.c and subscription.c. */
int characteristic_read(lua_State *L);
int characteristic_read_long(lua_State *L);
int characteristic_write(lua_State *L);
int characteristic_write_signed(lua_State *L);
int characteristic_write_without_response(lua_State *L);
int characteristic_subscribe(lua_State *L);
int descriptor_read(lua_State *L);
int descriptor_read_long(lua_State *L);
int descriptor_write(lua_State *L);

/* Writes the value at `index` by one of the host's two ways, and waits for it: ends the call. */
typedef int client_write_fn(struct blr_conn *conn, uint16_t handle, const uint8_t *value,
                            size_t len, blr_gatt_done_cb *cb, void *user);
int client_write(lua_State *L, client_write_fn *write, struct conn *conn, uint16_t handle,
                 int index, const char *call);

/* Arguments that are handles. */
uint16_t client_handle_argument(lua_State *L, int index, const char *call);
/* A list of at least two; returns how many. */
size_t client_handles_argument(lua_State *L, int index, const char *call, uint16_t *handles,
                               size_t max);

/* A service that another includes, which may be a secondary one: no call finds it by its UUID. */
struct client_service *client_included_service(lua_State *L, struct conn *conn,
                                               const struct blr_gatt_service *info);

/*
 * The descriptors of a characteristic, discovered when they are not known yet. Returns only when
 * they are; else it yields, and k is to call it again. To be called once a step.
 */
void client_need_descriptors(lua_State *L, struct task *task,
                             struct client_characteristic *characteristic, lua_KFunction k);

#endif
