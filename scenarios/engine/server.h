/* SPDX-License-Identifier: MIT */
/* The GATT server of a device: what its files share. */
#ifndef ENGINE_SERVER_H
#define ENGINE_SERVER_H

#include "device.h"
#include "queue.h"

struct server_attribute {
    struct server_attribute *next; /* of the service */
    struct server_service *service;
    struct blr_attribute *handle;  /* NULL: the service was removed */
    bool can_notify, can_indicate; /* both false for a descriptor */
    /* Registry references, or LUA_NOREF. */
    int on_read, on_write, on_subscribe, on_authorize;
    bool keeps_writes;
    struct queue writes;
    struct conn *writer; /* of the write that was taken last */
    struct signal subscribed;
};

struct server_service {
    struct server_service *next; /* of the device */
    struct device *device;
    struct blr_service *handle; /* NULL: removed */
    bool published;
    struct server_attribute *attributes;
    struct server_attribute *last; /* the characteristic declared last */
    char where[128];               /* the script's line */
};

/* What the stack calls: on_read and its like of a server_attribute, which is the user. */
extern const struct blr_attribute_callbacks server_callbacks;

/* An attribute that is still there, or an error. */
struct blr_attribute *server_handle(lua_State *L, const struct server_attribute *attribute,
                                    const char *call);

/* Methods of server_characteristic in server_value.c. */
int server_characteristic_value(lua_State *L);
int server_characteristic_set(lua_State *L);
int server_characteristic_notify(lua_State *L);
int server_characteristic_indicate(lua_State *L);
int server_characteristic_next_write(lua_State *L);
int server_characteristic_wait_subscribed(lua_State *L);
int server_descriptor_value(lua_State *L);
int server_descriptor_set(lua_State *L);

#endif
