/* SPDX-License-Identifier: MIT */
/*
 * What a script can hold: objects of the engine, each of a type with methods and fields. An object
 * is one userdata for as long as the scenario runs, so that it equals itself.
 *
 * The tables of types and of global functions are what scenarios/README.md documents; a test
 * compares them.
 */
#ifndef ENGINE_OBJECT_H
#define ENGINE_OBJECT_H

#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>

struct object_type {
    const char *name;        /* "device": what messages and the README call it */
    const luaL_Reg *methods; /* called as object:method(...) */
    const luaL_Reg *fields;  /* read as object.field; called with the object; may be NULL */
    const char *(*title)(void *object); /* "phone", for tostring and messages; may be NULL */
};

extern const struct object_type device_type, conn_type, service_type, characteristic_type,
    descriptor_type, subscription_type, observer_type, server_service_type,
    server_characteristic_type, server_descriptor_type, script_type, fault_type, expectation_type,
    l2cap_listener_type, channel_type, raw_type, raw_link_type, sniffer_type, bluetooth_type,
    gattc_connection_type, gattc_service_type, gattc_characteristic_type, gatts_service_type,
    gatts_characteristic_type, adapter_type, ble_device_type,
    dongle_type;

/* Every type, NULL at the end; and every global function of the engine. */
extern const struct object_type *const object_types[];
extern const luaL_Reg *const object_globals[];
/* Global tables of functions; without a name at the end. */
struct object_table {
    const char *name;
    const luaL_Reg *functions;
};
extern const struct object_table object_tables[];

/* Pushes the object, making its userdata when there is none yet. */
void object_push(lua_State *L, const struct object_type *type, void *object);

/* Pushes a new userdata of the type with no object behind it but `values` user values. */
void object_push_own(lua_State *L, const struct object_type *type, int values);

/* The object at index, or an error that names the call. */
void *object_check(lua_State *L, int index, const struct object_type *type, const char *call);

/* The object at index if it is one of that type, else NULL. */
void *object_test(lua_State *L, int index, const struct object_type *type);

/*
 * Pushes the metatable that the registry keeps under `key`; when there is none yet, makes it: the
 * functions, a name for messages, and locked.
 */
void object_push_metatable(lua_State *L, const void *key, const char *name,
                           const luaL_Reg *functions);

/* Whether the value at index is a table with the metatable of that key. */
bool object_has_metatable(lua_State *L, int index, const void *key);

/* For tables with a metatable of ours (advertisements, errors): refuses unknown fields. */
int object_unknown_field(lua_State *L, const char *type, const char *field,
                         const char *const *known);

#endif
