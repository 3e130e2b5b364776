/* SPDX-License-Identifier: MIT */
/* The GATT server of the Bluetooth interface: services, and characteristics that clients read. */
#include <string.h>

#include "bluetooth.h"
#include "callback.h"
#include "failure.h"

enum { ATTRIBUTE_MEMORY = 256 }; /* what the host's database takes for one */

/* --- services --- */

int bluetooth_service(lua_State *L)
{
    static const char call[] = "bluetooth:service";
    static const char *const names[] = {"uuid", "isprimary", "nbr_chars", "start", NULL};
    enum { UUID = 2, ISPRIMARY, NBR_CHARS, START };
    enum { MOST_CHARS = 1000 };
    struct bluetooth *self = bluetooth_self(L, call);
    struct blr_gatts_service *service;

    args_arrange(L, call, names, 0);
    const struct blr_uuid uuid = bluetooth_uuid(L, UUID, call, "uuid");
    struct blr_bluetooth_service_def def = blr_bluetooth_service_default(&uuid);
    def.isprimary = args_bool(L, ISPRIMARY, call, "isprimary", def.isprimary);
    def.nbr_chars = (uint16_t)args_integer(L, NBR_CHARS, call, "nbr_chars", def.nbr_chars, 0,
                                           MOST_CHARS);
    def.start = args_bool(L, START, call, "start", def.start);
    sandbox_charge_memory(L, ATTRIBUTE_MEMORY);
    bluetooth_check(L, self, blr_bluetooth_service(self->stack, &def, &service), call);
    bluetooth_push(L, self, &gatts_service_type, service);
    return 1;
}

static struct bluetooth_object *service_self(lua_State *L, const char *call)
{
    return bluetooth_object_self(L, &gatts_service_type, call);
}

static int service_characteristic(lua_State *L)
{
    static const char call[] = "gatts_service:characteristic";
    static const char *const names[] = {"uuid", "permissions", "properties", "value", NULL};
    enum { UUID = 2, PERMISSIONS, PROPERTIES, VALUE };
    enum { ALL_PERMISSIONS = 0xF7, ALL_PROPERTIES = 0xFF };
    struct bluetooth_object *self = service_self(L, call);
    struct blr_gatts_characteristic *chr;

    args_arrange(L, call, names, 0);
    const struct blr_uuid uuid = bluetooth_uuid(L, UUID, call, "uuid");
    struct blr_gatts_characteristic_def def = blr_gatts_characteristic_default(&uuid);
    def.permissions = bluetooth_bits(L, PERMISSIONS, call, "permissions", BLUETOOTH_PERMISSION,
                                     def.permissions, ALL_PERMISSIONS);
    def.properties = bluetooth_bits(L, PROPERTIES, call, "properties", BLUETOOTH_PROPERTY,
                                    def.properties, ALL_PROPERTIES);
    if (!lua_isnil(L, VALUE))
        def.value = bluetooth_value(L, VALUE, call);
    sandbox_charge_memory(L, ATTRIBUTE_MEMORY);
    const int error = blr_gatts_characteristic(self->thing, &def, &chr);
    if (error == BLR_ERR_STATE && blr_bluetooth_initialised(self->owner->stack))
        return failure_raise(L, error, call, "the service has as many as its nbr_chars says");
    bluetooth_check(L, self->owner, error, call);
    bluetooth_push(L, self->owner, &gatts_characteristic_type, chr);
    return 1;
}

static int service_start(lua_State *L)
{
    static const char call[] = "gatts_service:start";
    struct bluetooth_object *self = service_self(L, call);

    bluetooth_check(L, self->owner, blr_gatts_service_start(self->thing), call);
    return 0;
}

static int service_stop(lua_State *L)
{
    static const char call[] = "gatts_service:stop";
    struct bluetooth_object *self = service_self(L, call);

    bluetooth_check(L, self->owner, blr_gatts_service_stop(self->thing), call);
    return 0;
}

static int service_field_started(lua_State *L)
{
    lua_pushboolean(L, blr_gatts_service_started(service_self(L, "gatts_service.started")->thing));
    return 1;
}

/* --- characteristics --- */

static struct bluetooth_object *characteristic_self(lua_State *L, const char *call)
{
    return bluetooth_object_self(L, &gatts_characteristic_type, call);
}

/* A notification that the link's queue has no room for waits until it has, where one can wait. */
static int set_value_k(lua_State *L, int status, lua_KContext context)
{
    static const char call[] = "gatts_characteristic:value";
    struct bluetooth_object *self = characteristic_self(L, call);
    const struct blr_bluetooth_value value = bluetooth_value(L, 2, call);
    const struct run *run = run_of(L);

    (void)status;
    (void)context;
    const int error = blr_gatts_set_value(self->thing, &value);
    if (error == BLR_ERR_AGAIN && run->current && run->current->L == L && lua_isyieldable(L)) {
        struct task *task = bluetooth_task(L, self->owner, call);
        task_begin_wait(task, SIM_MS(10));
        return task_wait(task, NULL, set_value_k, 0);
    }
    bluetooth_check(L, self->owner, error, call);
    return 0;
}

/* Gets it, or sets it. */
static int characteristic_value(lua_State *L)
{
    static const char call[] = "gatts_characteristic:value";
    static const char *const names[] = {"value", NULL};
    struct bluetooth_object *self = characteristic_self(L, call);

    args_arrange(L, call, names, 0);
    if (lua_isnil(L, 2)) {
        const struct blr_bluetooth_value value = blr_gatts_value(self->thing);
        bluetooth_push_value(L, &value);
        return 1;
    }
    return set_value_k(L, LUA_OK, 0);
}

static int push_argument(lua_State *L, void *user)
{
    const struct bluetooth_object *self = user;

    lua_rawgeti(L, LUA_REGISTRYINDEX, self->argument);
    return 1;
}

/* The string goes with Lua's stack: it is kept until the stack has copied it. */
static void take_answer(lua_State *L, void *user)
{
    struct bluetooth_object *self = user;
    size_t len;

    if (lua_isnil(L, -1))
        return;
    if (lua_type(L, -1) == LUA_TNUMBER) {
        const lua_Integer number = lua_tointeger(L, -1);
        if (!lua_isinteger(L, -1) || number < 0 || number > UINT32_MAX)
            callback_wrong_result(L, self->function, "a whole number from 0 to 4294967295");
        self->answer = blr_bluetooth_integer(number);
        return;
    }
    if (lua_type(L, -1) != LUA_TSTRING)
        callback_wrong_result(L, self->function, "an integer, a string or nothing");
    const char *octets = lua_tolstring(L, -1, &len);
    if (len > BLR_BT_VALUE_MAX)
        callback_wrong_result(L, self->function, "a string of at most 512 octets");
    memcpy(self->octets, octets, len);
    self->answer = blr_bluetooth_bytes(self->octets, len);
}

static struct blr_bluetooth_value asked(void *arg)
{
    struct bluetooth_object *self = arg;
    const struct callback callback = {
        .function = self->function,
        .device = self->owner->device,
        .push = push_argument,
        .take = take_answer,
        .user = self,
    };

    self->answer = blr_bluetooth_none();
    return callback_run(self->owner->device->run, &callback) ? self->answer : blr_bluetooth_none();
}

static int characteristic_callback(lua_State *L)
{
    static const char call[] = "gatts_characteristic:callback";
    static const char *const names[] = {"trigger", "handler", "arg", NULL};
    enum { TRIGGER = 2, HANDLER, ARG };
    struct bluetooth_object *self = characteristic_self(L, call);

    args_arrange(L, call, names, ARG);
    const unsigned trigger = bluetooth_bits(
        L, TRIGGER, call, "trigger", BLUETOOTH_EVENT, 0,
        BLR_BT_CHAR_READ_EVENT | BLR_BT_CHAR_WRITE_EVENT | BLR_BT_CHAR_SUBSCRIBE_EVENT);
    if (!self->octets)
        self->octets = run_alloc_or_raise(L, BLR_BT_VALUE_MAX);
    const int function = args_function(L, HANDLER, call, "handler");
    const int error = blr_gatts_callback(self->thing, trigger,
                                         function == LUA_NOREF ? NULL : asked, self);
    if (error)
        luaL_unref(L, LUA_REGISTRYINDEX, function);
    bluetooth_check(L, self->owner, error, call);
    luaL_unref(L, LUA_REGISTRYINDEX, self->function);
    luaL_unref(L, LUA_REGISTRYINDEX, self->argument);
    self->function = function;
    lua_pushvalue(L, lua_isnil(L, ARG) ? 1 : ARG);
    self->argument = luaL_ref(L, LUA_REGISTRYINDEX);
    return 0;
}

static int characteristic_events(lua_State *L)
{
    const struct bluetooth_object *self = characteristic_self(L, "gatts_characteristic:events");

    lua_pushinteger(L, blr_gatts_events(self->thing));
    return 1;
}

static int characteristic_uuid(lua_State *L)
{
    const struct bluetooth_object *self = characteristic_self(L, "gatts_characteristic:uuid");

    bluetooth_push_uuid(L, blr_gatts_characteristic_uuid(self->thing));
    return 1;
}

static int characteristic_field_subscribed(lua_State *L)
{
    const struct bluetooth_object *self =
        characteristic_self(L, "gatts_characteristic.subscribed");

    lua_pushinteger(L, blr_gatts_subscribed(self->thing));
    return 1;
}

/* --- types --- */

static const luaL_Reg service_methods[] = {
    {"characteristic", service_characteristic},
    {"start", service_start},
    {"stop", service_stop},
    {NULL, NULL},
};

static const luaL_Reg service_fields[] = {
    {"started", service_field_started},
    {NULL, NULL},
};

const struct object_type gatts_service_type = {"gatts_service", service_methods, service_fields,
                                               NULL};

static const luaL_Reg characteristic_methods[] = {
    {"callback", characteristic_callback},
    {"events", characteristic_events},
    {"uuid", characteristic_uuid},
    {"value", characteristic_value},
    {NULL, NULL},
};

static const luaL_Reg characteristic_fields[] = {
    {"subscribed", characteristic_field_subscribed},
    {NULL, NULL},
};

const struct object_type gatts_characteristic_type = {
    "gatts_characteristic", characteristic_methods, characteristic_fields, NULL};
