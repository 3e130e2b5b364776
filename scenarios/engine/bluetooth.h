/* SPDX-License-Identifier: MIT */
/*
 * The Bluetooth interface of the reference documents in scripts: blueroom/bluetooth.h.
 *
 * bluetooth.c (the object of a device), bluetooth_radio.c (scanning, connecting, advertising),
 * bluetooth_client.c (what a connection offers), bluetooth_server.c (services), bluetooth_names.c
 * (the global Bluetooth and its constants).
 */
#ifndef ENGINE_BLUETOOTH_H
#define ENGINE_BLUETOOTH_H

#include "args.h"
#include "blueroom/bluetooth_gatt.h"
#include "device.h"
#include "handler.h"

/*
 * A connection, service or characteristic of the stack's as a script has it. The stack keeps its own
 * as long as the struct blr_bluetooth lives, so these live as long as the scenario.
 */
struct bluetooth_object {
    struct bluetooth *owner;
    void *thing;            /* the stack's */
    struct handler handler; /* a client's characteristic: who hears of notifications */
    /* A server's characteristic: whom clients' requests are told to, and what it returned last. */
    int function, argument; /* registry references, LUA_NOREF */
    struct blr_bluetooth_value answer;
    uint8_t *octets; /* of the answer: BLR_BT_VALUE_MAX of them */
};

/* The object of a device. */
struct bluetooth {
    struct device *device;
    struct blr_bluetooth *stack;
    struct blr_bluetooth_options options; /* of an init() that waits for the host to be up */
    char pin[8];                          /* theirs */
    bool initialise;                      /* when the host is up */
    blr_host_cb *started;                 /* waits for that */
    bool initialising;                    /* by a script */
    struct signal initialised;            /* or not: that is over */
    struct handler handler;
};

/* The object that a method is called on: notes that its device is in use. */
struct bluetooth *bluetooth_self(lua_State *L, const char *call);
struct bluetooth_object *bluetooth_object_self(lua_State *L, const struct object_type *type,
                                               const char *call);
/* Pushes the object that stands for one of the stack's. */
void bluetooth_push(lua_State *L, struct bluetooth *owner, const struct object_type *type,
                    void *thing);
/* The task that waits in a method. */
struct task *bluetooth_task(lua_State *L, const struct bluetooth *owner, const char *call);
/* Raises unless error is 0. */
void bluetooth_check(lua_State *L, const struct bluetooth *owner, int error, const char *call);

/*
 * The host of a device is up. True: it has an object that was made outside scenario(), which is
 * being initialised; the callback comes when it is, its user the device.
 */
bool bluetooth_start(struct device *device, blr_host_cb *cb);
/* Before the device's host goes. */
void bluetooth_close(struct device *device);

/* --- arguments and results --- */

/* An integer, sixteen octets as they are sent, or text in one of the forms of blr_uuid_parse(). */
struct blr_uuid bluetooth_uuid(lua_State *L, int index, const char *call, const char *name);
/* An integer, or sixteen octets. */
void bluetooth_push_uuid(lua_State *L, const struct blr_uuid *uuid);
/* An integer from 0 to 0xFFFFFFFF, or octets, which stay the script's string. */
struct blr_bluetooth_value bluetooth_value(lua_State *L, int index, const char *call);
/* As a result: an integer, a string, nil. */
void bluetooth_push_value(lua_State *L, const struct blr_bluetooth_value *value);

/* --- the global and its constants: bluetooth_names.c --- */

enum bluetooth_group {
    BLUETOOTH_MODE,
    BLUETOOTH_ANTENNA,
    BLUETOOTH_HEARD_TYPE,
    BLUETOOTH_ADDR_TYPE,
    BLUETOOTH_ADV_DATA,
    BLUETOOTH_PROPERTY,
    BLUETOOTH_PERMISSION,
    BLUETOOTH_EVENT,
    BLUETOOTH_POWER_TYPE,
    BLUETOOTH_POWER_LEVEL,
    BLUETOOTH_ADV_TYPE,
    BLUETOOTH_OWN_ADDR_TYPE,
    BLUETOOTH_CHANNEL,
    BLUETOOTH_FILTER_POLICY,
};

struct bluetooth_constant {
    const char *name;
    enum bluetooth_group group;
    unsigned value;
};
extern const struct bluetooth_constant bluetooth_constants[];
extern const size_t bluetooth_constant_count; /* Bluetooth.timeout is besides */

/* Puts the global Bluetooth into the table on top of the stack. */
void bluetooth_open(lua_State *L);

/* One of a group, or bits of it within `known`; nil: `otherwise`. Raises with their names. */
unsigned bluetooth_choice(lua_State *L, int index, const char *call, const char *name,
                          enum bluetooth_group group, unsigned otherwise);
unsigned bluetooth_bits(lua_State *L, int index, const char *call, const char *name,
                        enum bluetooth_group group, unsigned otherwise, unsigned known);

/* --- methods by file --- */

int bluetooth_declare(lua_State *L); /* bluetooth.c: Bluetooth(device, ...) */

int bluetooth_start_scan(lua_State *L); /* bluetooth_radio.c */
int bluetooth_stop_scan(lua_State *L);
int bluetooth_isscanning(lua_State *L);
int bluetooth_get_adv(lua_State *L);
int bluetooth_get_advertisements(lua_State *L);
int bluetooth_resolve_adv_data(lua_State *L);
int bluetooth_connect(lua_State *L);
int bluetooth_set_advertisement(lua_State *L);
int bluetooth_set_advertisement_params(lua_State *L);
int bluetooth_set_accept_list(lua_State *L);
int bluetooth_advertise(lua_State *L);
int bluetooth_service(lua_State *L); /* bluetooth_server.c */

#endif
