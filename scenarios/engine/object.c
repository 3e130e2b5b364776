/* SPDX-License-Identifier: MIT */
#include "object.h"

#include <stdlib.h>
#include <string.h>

#include "sandbox.h"

enum { MAX_NAMES = 128 }; /* of one type, for messages */

struct object {
    const struct object_type *type;
    void *pointer;
};

/* Registry keys: the table of all objects by pointer. */
static const char objects_key;

const struct object_type *const object_types[] = {
    &device_type,
    &conn_type,
    &service_type,
    &characteristic_type,
    &descriptor_type,
    &subscription_type,
    &l2cap_listener_type,
    &channel_type,
    &observer_type,
    &server_service_type,
    &server_characteristic_type,
    &server_descriptor_type,
    &raw_type,
    &raw_link_type,
    &sniffer_type,
    &script_type,
    &bluetooth_type,
    &gattc_connection_type,
    &gattc_service_type,
    &gattc_characteristic_type,
    &gatts_service_type,
    &gatts_characteristic_type,
    &dongle_type,
    &adapter_type,
    &ble_device_type,
    &fault_type,
    &expectation_type,
    NULL,
};

static struct object *to_object(lua_State *L, int index)
{
    return lua_type(L, index) == LUA_TUSERDATA ? lua_touserdata(L, index) : NULL;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Raises: "device has no 'scna' (it has: address, advertise, ...)". */
static int no_such(lua_State *L, const char *type, const char *field, const char **names,
                   size_t count)
{
    luaL_Buffer list;

    qsort(names, count, sizeof *names, compare_names);
    luaL_buffinit(L, &list);
    for (size_t i = 0; i < count; i++) {
        if (i)
            luaL_addstring(&list, ", ");
        luaL_addstring(&list, names[i]);
    }
    luaL_pushresult(&list);
    return luaL_error(L, "%s has no '%s' (it has: %s)", type, field, lua_tostring(L, -1));
}

int object_unknown_field(lua_State *L, const char *type, const char *field,
                         const char *const *known)
{
    const char *names[MAX_NAMES];
    size_t count = 0;

    for (; known[count] && count < MAX_NAMES; count++)
        names[count] = known[count];
    return no_such(L, type, field, names, count);
}

static lua_CFunction find(const luaL_Reg *list, const char *name)
{
    for (; list && list->name; list++)
        if (strcmp(list->name, name) == 0)
            return list->func;
    return NULL;
}

static int object_index(lua_State *L)
{
    const struct object *object = to_object(L, 1);
    const char *name = sandbox_tostring(L, 2);
    const struct object_type *type = object->type;
    const char *names[MAX_NAMES];
    size_t count = 0;
    lua_CFunction function = find(type->methods, name);

    if (function) {
        lua_pushcfunction(L, function);
        return 1;
    }
    function = find(type->fields, name);
    if (function) {
        lua_settop(L, 1);
        return function(L);
    }
    for (const luaL_Reg *entry = type->methods; entry && entry->name && count < MAX_NAMES; entry++)
        names[count++] = entry->name;
    for (const luaL_Reg *entry = type->fields; entry && entry->name && count < MAX_NAMES; entry++)
        names[count++] = entry->name;
    return no_such(L, type->name, name, names, count);
}

static int object_newindex(lua_State *L)
{
    const struct object *object = to_object(L, 1);

    return luaL_error(L, "%s: '%s' cannot be set", object->type->name, sandbox_tostring(L, 2));
}

static int object_tostring(lua_State *L)
{
    const struct object *object = to_object(L, 1);

    if (object->type->title)
        lua_pushfstring(L, "%s %s", object->type->name, object->type->title(object->pointer));
    else
        lua_pushstring(L, object->type->name);
    return 1;
}

void object_push_metatable(lua_State *L, const void *key, const char *name,
                           const luaL_Reg *functions)
{
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, key) == LUA_TTABLE)
        return;
    lua_pop(L, 1);
    lua_createtable(L, 0, 5);
    luaL_setfuncs(L, functions, 0);
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pushstring(L, name);
    lua_setfield(L, -2, "__name");
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, key);
}

bool object_has_metatable(lua_State *L, int index, const void *key)
{
    if (lua_type(L, index) != LUA_TTABLE || !lua_getmetatable(L, index))
        return false;
    lua_rawgetp(L, LUA_REGISTRYINDEX, key);
    const bool same = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return same;
}

static void push_type(lua_State *L, const struct object_type *type)
{
    static const luaL_Reg functions[] = {
        {"__index", object_index},
        {"__newindex", object_newindex},
        {"__tostring", object_tostring},
        {NULL, NULL},
    };

    object_push_metatable(L, type, type->name, functions);
}

void object_push(lua_State *L, const struct object_type *type, void *pointer)
{
    luaL_checkstack(L, 6, NULL);
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &objects_key) != LUA_TTABLE) {
        lua_pop(L, 1);
        lua_newtable(L);
        lua_pushvalue(L, -1);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &objects_key);
    }
    if (lua_rawgetp(L, -1, pointer) == LUA_TNIL) {
        lua_pop(L, 1);
        struct object *object = lua_newuserdatauv(L, sizeof *object, 0);
        *object = (struct object){type, pointer};
        push_type(L, type);
        lua_setmetatable(L, -2);
        lua_pushvalue(L, -1);
        lua_rawsetp(L, -3, pointer);
    }
    lua_remove(L, -2);
}

void object_push_own(lua_State *L, const struct object_type *type, int values)
{
    luaL_checkstack(L, 6, NULL);
    struct object *object = lua_newuserdatauv(L, sizeof *object, values);
    *object = (struct object){type, NULL};
    push_type(L, type);
    lua_setmetatable(L, -2);
}

void *object_test(lua_State *L, int index, const struct object_type *type)
{
    const struct object *object = to_object(L, index);

    return object && object->type == type ? object->pointer : NULL;
}

void *object_check(lua_State *L, int index, const struct object_type *type, const char *call)
{
    const struct object *object = to_object(L, index);

    if (object && object->type == type)
        return object->pointer;
    const char *got = object ? object->type->name : luaL_typename(L, index);
    if (index == 1 && strchr(call, ':'))
        luaL_error(L, "%s is called with ':' on an object of type %s, got %s", call, type->name,
                   got);
    luaL_error(L, "%s: argument %d must be a %s, got %s", call, index == 1 ? 1 : index - 1,
               type->name, got);
    return NULL;
}
