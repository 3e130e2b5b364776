/* SPDX-License-Identifier: MIT */
/* The object of a device: how it is made, what it is set up with, and what happens to it. */
#include "bluetooth.h"

#include <stdio.h>
#include <string.h>

#include "failure.h"

enum {
    OBJECT_MEMORY = 4 << 10, /* what the stack's takes */
    THING_MEMORY = 512,      /* one of its connections, services, characteristics */
};

/* Registry key: the objects by what they stand for. */
static const char things_key;

struct bluetooth *bluetooth_self(lua_State *L, const char *call)
{
    struct bluetooth *self = object_check(L, 1, &bluetooth_type, call);

    device_touch(self->device);
    return self;
}

struct bluetooth_object *bluetooth_object_self(lua_State *L, const struct object_type *type,
                                               const char *call)
{
    struct bluetooth_object *self = object_check(L, 1, type, call);

    device_touch(self->owner->device);
    return self;
}

static struct bluetooth_object *new_object(lua_State *L, struct bluetooth *owner, void *thing)
{
    sandbox_charge_memory(L, THING_MEMORY);
    struct bluetooth_object *object = run_alloc_or_raise(L, sizeof *object);

    object->owner = owner;
    object->thing = thing;
    object->function = object->argument = LUA_NOREF;
    handler_init(&object->handler, owner->device, "gattc_characteristic:callback");
    return object;
}

void bluetooth_push(lua_State *L, struct bluetooth *owner, const struct object_type *type,
                    void *thing)
{
    luaL_checkstack(L, 8, NULL);
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &things_key) != LUA_TTABLE) {
        lua_pop(L, 1);
        lua_newtable(L);
        lua_pushvalue(L, -1);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &things_key);
    }
    if (lua_rawgetp(L, -1, thing) == LUA_TNIL) {
        lua_pop(L, 1);
        lua_pushlightuserdata(L, new_object(L, owner, thing));
        lua_pushvalue(L, -1);
        lua_rawsetp(L, -3, thing);
    }
    object_push(L, type, lua_touserdata(L, -1));
    lua_replace(L, -3);
    lua_pop(L, 1);
}

struct task *bluetooth_task(lua_State *L, const struct bluetooth *owner, const char *call)
{
    struct task *task = task_current(L, "%s: %s", owner->device->name, call);

    task_start_operation(task);
    return task;
}

void bluetooth_check(lua_State *L, const struct bluetooth *owner, int error, const char *call)
{
    if (error == BLR_ERR_STATE && !blr_bluetooth_initialised(owner->stack))
        failure_raise(L, error, call, "it has to be initialised first");
    else if (error)
        failure_raise(L, error, call, NULL);
}

/* --- values --- */

struct blr_uuid bluetooth_uuid(lua_State *L, int index, const char *call, const char *name)
{
    const struct opts opts = {.call = call};
    char what[96];

    if (lua_type(L, index) == LUA_TSTRING && lua_rawlen(L, index) == 16)
        return blr_bluetooth_uuid_bytes(lua_tostring(L, index));
    return value_uuid(L, index, opts_what(&opts, name, what));
}

void bluetooth_push_uuid(lua_State *L, const struct blr_uuid *uuid)
{
    uint32_t integer;

    if (blr_bluetooth_uuid_integer(uuid, &integer))
        lua_pushinteger(L, integer);
    else
        lua_pushlstring(L, (const char *)uuid->octet, uuid->size);
}

struct blr_bluetooth_value bluetooth_value(lua_State *L, int index, const char *call)
{
    size_t len;

    if (lua_type(L, index) == LUA_TNUMBER) {
        const struct opts opts = {.call = call};
        char what[96];
        return blr_bluetooth_integer(
            value_integer(L, index, opts_what(&opts, "value", what), 0, UINT32_MAX));
    }
    if (lua_type(L, index) != LUA_TSTRING)
        luaL_error(L, "%s: value must be an integer or a string of octets, got %s", call,
                   luaL_typename(L, index));
    const uint8_t *octets = args_bytes(L, index, call, "value", &len, BLR_BT_VALUE_MAX);
    return blr_bluetooth_bytes(octets, len);
}

void bluetooth_push_value(lua_State *L, const struct blr_bluetooth_value *value)
{
    switch (value->kind) {
    case BLR_BT_NONE:
        lua_pushnil(L);
        break;
    case BLR_BT_INTEGER:
        lua_pushinteger(L, value->integer);
        break;
    case BLR_BT_STRING:
    case BLR_BT_BYTES:
        lua_pushlstring(L, value->len ? (const char *)value->octets : "", value->len);
        break;
    }
}

/* --- init --- */

static const char *const init_names[] = {
    "id",  "mode",   "antenna",      "modem_sleep", "pin", "privacy", "secure_connections",
    "mtu", "secure", "pad_adv_data", NULL,
};
enum { ID = 2, MODE, ANTENNA, MODEM_SLEEP, PIN, PRIVACY, SECURE_CONNECTIONS, MTU, SECURE, PAD };

/* "1234" or 1234; the digits go to `pin`. NULL: none. */
static const char *read_pin(lua_State *L, int index, const char *call, char pin[static 8])
{
    enum { DIGITS = 6 };

    if (lua_isnil(L, index))
        return NULL;
    if (lua_type(L, index) == LUA_TNUMBER) {
        const lua_Integer number = args_integer(L, index, call, "pin", 0, 0, 999999);
        snprintf(pin, 8, "%u", (unsigned)number);
        return pin;
    }
    if (lua_type(L, index) != LUA_TSTRING)
        luaL_error(L, "%s: pin must be an integer or a string of digits, got %s", call,
                   luaL_typename(L, index));
    const char *digits = lua_tostring(L, index);
    const size_t len = lua_rawlen(L, index);
    if (len < 1 || len > DIGITS || strspn(digits, "0123456789") != len)
        luaL_error(L, "%s: pin has one to six digits, not '%s'", call, digits);
    memcpy(pin, digits, len + 1);
    return pin;
}

static struct blr_bluetooth_options read_options(lua_State *L, const char *call, char pin[static 8])
{
    struct blr_bluetooth_options options = blr_bluetooth_options_default();

    args_arrange(L, call, init_names, 0);
    if (args_integer(L, ID, call, "id", 0, INT32_MIN, INT32_MAX) != 0)
        luaL_error(L, "%s: id must be 0, there is one radio", call);
    options.mode = bluetooth_choice(L, MODE, call, "mode", BLUETOOTH_MODE, options.mode);
    options.antenna =
        bluetooth_choice(L, ANTENNA, call, "antenna", BLUETOOTH_ANTENNA, options.antenna);
    options.modem_sleep = args_bool(L, MODEM_SLEEP, call, "modem_sleep", options.modem_sleep);
    options.pin = read_pin(L, PIN, call, pin);
    options.privacy = args_bool(L, PRIVACY, call, "privacy", options.privacy);
    options.secure_connections =
        args_bool(L, SECURE_CONNECTIONS, call, "secure_connections", options.secure_connections);
    options.mtu = (uint16_t)args_integer(L, MTU, call, "mtu", options.mtu, 23, 200);
    options.secure = args_bool(L, SECURE, call, "secure", options.secure);
    options.pad_adv_data = args_bool(L, PAD, call, "pad_adv_data", options.pad_adv_data);
    return options;
}

static void done(struct blr_bluetooth *stack, int error, void *user)
{
    (void)stack;
    task_complete(user, error);
}

static void initialised(struct blr_bluetooth *stack, int error, void *user)
{
    struct task *task = user;
    struct bluetooth *self = task->outcome.object;

    self->initialising = false;
    signal_fire(&self->initialised);
    done(stack, error, task);
}

/* Ends the call with the object at 1 as its result. */
static int made(lua_State *L, int status, lua_KContext context)
{
    task_done(L, status, context);
    lua_settop(L, 1);
    return 1;
}

static int init(lua_State *L, struct bluetooth *self, const char *call,
                const struct blr_bluetooth_options *options, lua_KFunction k)
{
    struct task *task = bluetooth_task(L, self, call);
    task->outcome.object = self;
    const int error = blr_bluetooth_init_async(self->stack, options, initialised, task);

    if (error == BLR_ERR_BUSY)
        return failure_raise(L, error, task->what, "it is initialised, or about to be");
    if (error)
        return failure_raise(L, error, task->what, NULL);
    self->initialising = true;
    return task_await(task, k, (lua_KContext)task);
}

static int bluetooth_init(lua_State *L)
{
    static const char call[] = "bluetooth:init";
    struct bluetooth *self = bluetooth_self(L, call);
    char pin[8];
    const struct blr_bluetooth_options options = read_options(L, call, pin);

    return init(L, self, call, &options, task_done);
}

static int bluetooth_deinit(lua_State *L)
{
    static const char call[] = "bluetooth:deinit";
    struct bluetooth *self = bluetooth_self(L, call);
    struct task *task = bluetooth_task(L, self, call);

    bluetooth_check(L, self, blr_bluetooth_deinit_async(self->stack, done, task), task->what);
    return task_await(task, task_done, (lua_KContext)task);
}

/* --- Bluetooth(device, ...) --- */

static struct bluetooth *object_of(lua_State *L, struct device *device)
{
    if (device->bluetooth)
        return device->bluetooth;
    sandbox_charge_memory(L, OBJECT_MEMORY);
    struct bluetooth *self = run_alloc_or_raise(L, sizeof *self);
    const struct blr_bluetooth_config config = {.host = device_host(device)};
    self->device = device;
    self->stack = blr_bluetooth_new(&config);
    if (!self->stack)
        luaL_error(L, "Bluetooth: out of memory");
    handler_init(&self->handler, device, "bluetooth:callback");
    device->bluetooth = self;
    return self;
}

/* The object at 1, when another script has initialised it. */
static int made_meanwhile(lua_State *L, int status, lua_KContext context)
{
    struct task *task = (struct task *)context;
    struct bluetooth *self = object_check(L, 1, &bluetooth_type, "Bluetooth");

    (void)status;
    if (self->initialising)
        return task_wait(task, &self->initialised, made_meanwhile, context);
    bluetooth_check(L, self, blr_bluetooth_initialised(self->stack) ? 0 : BLR_ERR_STATE,
                    task->what);
    return 1;
}

int bluetooth_declare(lua_State *L)
{
    static const char call[] = "Bluetooth";
    struct device *device = object_check(L, 1, &device_type, call);
    struct run *run = run_of(L);
    char pin[8];
    const bool plain = lua_gettop(L) == 1;
    const struct blr_bluetooth_options options = read_options(L, call, pin);

    device_touch(device);
    if (run->closing)
        return luaL_error(L, "%s: the scenario is over", call);
    struct bluetooth *self = object_of(L, device);
    object_push(L, &bluetooth_type, self);
    lua_replace(L, 1);
    lua_settop(L, 1);
    if (plain && (blr_bluetooth_initialised(self->stack) || self->initialise))
        return 1;
    if (plain && self->initialising) {
        struct task *task = bluetooth_task(L, self, call);
        task_begin_wait(task, SIM_NEVER);
        return made_meanwhile(L, LUA_OK, (lua_KContext)task);
    }
    if (run->started)
        return init(L, self, call, &options, made);
    if (self->initialise)
        return luaL_error(L, "%s: %s has been set up above", call, device->name);
    self->options = options;
    if (options.pin)
        memcpy(self->pin, pin, sizeof self->pin);
    self->options.pin = options.pin ? self->pin : NULL;
    self->initialise = true;
    return 1;
}

/* --- before the scenario begins, and after it --- */

static void started(struct blr_bluetooth *stack, int error, void *user)
{
    struct bluetooth *self = user;
    struct run *run = self->device->run;

    (void)stack;
    if (error && !run->closing)
        run_end(run, SCENARIO_TROUBLE, "Bluetooth: %s cannot be initialised: %s\n",
                self->device->name, blr_strerror(error));
    self->started(device_host(self->device), error, self->device);
}

bool bluetooth_start(struct device *device, blr_host_cb *cb)
{
    struct bluetooth *self = device->bluetooth;

    if (!self || !self->initialise)
        return false;
    self->initialise = false;
    self->started = cb;
    const int error = blr_bluetooth_init_async(self->stack, &self->options, started, self);
    if (error)
        started(self->stack, error, self);
    return true;
}

void bluetooth_close(struct device *device)
{
    if (!device->bluetooth)
        return;
    blr_bluetooth_free(device->bluetooth->stack);
    device->bluetooth = NULL;
}

/* --- events --- */

static void happened(void *arg)
{
    handler_call(arg);
}

static int bluetooth_callback(lua_State *L)
{
    static const char call[] = "bluetooth:callback";
    static const char *const names[] = {"trigger", "handler", "arg", NULL};
    enum { TRIGGER = 2, HANDLER, ARG };
    struct bluetooth *self = bluetooth_self(L, call);

    args_arrange(L, call, names, ARG);
    const unsigned trigger =
        bluetooth_bits(L, TRIGGER, call, "trigger", BLUETOOTH_EVENT, 0,
                       BLR_BT_NEW_ADV_EVENT | BLR_BT_CLIENT_CONNECTED | BLR_BT_CLIENT_DISCONNECTED);
    const int function = args_function(L, HANDLER, call, "handler");
    const int error =
        blr_bluetooth_callback(self->stack, trigger, function == LUA_NOREF ? NULL : happened,
                               &self->handler);
    if (error)
        luaL_unref(L, LUA_REGISTRYINDEX, function);
    bluetooth_check(L, self, error, call);
    handler_set(L, &self->handler, function, lua_isnil(L, ARG) ? 1 : ARG);
    return 0;
}

static int bluetooth_events(lua_State *L)
{
    const struct bluetooth *self = bluetooth_self(L, "bluetooth:events");

    lua_pushinteger(L, blr_bluetooth_events(self->stack));
    return 1;
}

static int bluetooth_error(lua_State *L)
{
    const struct bluetooth *self = bluetooth_self(L, "bluetooth:error");
    const int error = blr_bluetooth_error(self->stack);

    if (error)
        lua_pushstring(L, blr_strerror(error));
    else
        lua_pushnil(L);
    return 1;
}

/* --- the rest --- */

static int bluetooth_set_pin(lua_State *L)
{
    static const char call[] = "bluetooth:set_pin";
    static const char *const names[] = {"pin", NULL};
    struct bluetooth *self = bluetooth_self(L, call);
    char pin[8];

    args_arrange(L, call, names, 0);
    if (!read_pin(L, 2, call, pin))
        return luaL_error(L, "%s: a pin is needed", call);
    bluetooth_check(L, self, blr_bluetooth_set_pin(self->stack, pin), call);
    return 0;
}

static int bluetooth_disconnect_client(lua_State *L)
{
    static const char call[] = "bluetooth:disconnect_client";
    struct bluetooth *self = bluetooth_self(L, call);

    bluetooth_check(L, self, blr_bluetooth_disconnect_client(self->stack), call);
    return 0;
}

static int bluetooth_tx_power(lua_State *L)
{
    static const char call[] = "bluetooth:tx_power";
    static const char *const names[] = {"type", "level", NULL};
    enum { TYPE = 2, LEVEL };
    struct bluetooth *self = bluetooth_self(L, call);
    enum blr_bluetooth_tx_power_level level;

    args_arrange(L, call, names, 0);
    if (lua_isnil(L, TYPE))
        return luaL_error(L, "%s: a type is needed", call);
    const enum blr_bluetooth_tx_power_type type =
        bluetooth_choice(L, TYPE, call, "type", BLUETOOTH_POWER_TYPE, 0);
    if (lua_isnil(L, LEVEL)) {
        bluetooth_check(L, self, blr_bluetooth_tx_power(self->stack, type, &level), call);
        lua_pushinteger(L, level);
        return 1;
    }
    level = bluetooth_choice(L, LEVEL, call, "level", BLUETOOTH_POWER_LEVEL, 0);
    struct task *task = bluetooth_task(L, self, call);
    bluetooth_check(
        L, self, blr_bluetooth_set_tx_power_async(self->stack, type, level, done, task),
        task->what);
    return task_await(task, task_done, (lua_KContext)task);
}

/* --- fields and the type --- */

static const struct bluetooth *field_self(lua_State *L, const char *call)
{
    return object_check(L, 1, &bluetooth_type, call);
}

static int field_advertising(lua_State *L)
{
    lua_pushboolean(L,
                    blr_bluetooth_isadvertising(field_self(L, "bluetooth.advertising")->stack));
    return 1;
}

static int field_client_connected(lua_State *L)
{
    lua_pushboolean(
        L, blr_bluetooth_client_connected(field_self(L, "bluetooth.client_connected")->stack));
    return 1;
}

static int field_device(lua_State *L)
{
    object_push(L, &device_type, field_self(L, "bluetooth.device")->device);
    return 1;
}

static int field_dropped(lua_State *L)
{
    lua_pushinteger(L, blr_bluetooth_adv_dropped(field_self(L, "bluetooth.dropped")->stack));
    return 1;
}

static int field_initialised(lua_State *L)
{
    lua_pushboolean(L, blr_bluetooth_initialised(field_self(L, "bluetooth.initialised")->stack));
    return 1;
}

static int field_options(lua_State *L)
{
    const struct blr_bluetooth_options *options =
        blr_bluetooth_options(field_self(L, "bluetooth.options")->stack);

    lua_createtable(L, 0, 10);
    value_set_integer(L, "id", options->id);
    value_set_integer(L, "mode", (lua_Integer)options->mode);
    value_set_integer(L, "antenna", (lua_Integer)options->antenna);
    value_set_boolean(L, "modem_sleep", options->modem_sleep);
    if (options->pin) {
        lua_pushstring(L, options->pin);
        lua_setfield(L, -2, "pin");
    }
    value_set_boolean(L, "privacy", options->privacy);
    value_set_boolean(L, "secure_connections", options->secure_connections);
    value_set_integer(L, "mtu", options->mtu);
    value_set_boolean(L, "secure", options->secure);
    value_set_boolean(L, "pad_adv_data", options->pad_adv_data);
    return 1;
}

static const luaL_Reg methods[] = {
    {"advertise", bluetooth_advertise},
    {"callback", bluetooth_callback},
    {"connect", bluetooth_connect},
    {"deinit", bluetooth_deinit},
    {"disconnect_client", bluetooth_disconnect_client},
    {"error", bluetooth_error},
    {"events", bluetooth_events},
    {"get_adv", bluetooth_get_adv},
    {"get_advertisements", bluetooth_get_advertisements},
    {"init", bluetooth_init},
    {"isscanning", bluetooth_isscanning},
    {"resolve_adv_data", bluetooth_resolve_adv_data},
    {"service", bluetooth_service},
    {"set_accept_list", bluetooth_set_accept_list},
    {"set_advertisement", bluetooth_set_advertisement},
    {"set_advertisement_params", bluetooth_set_advertisement_params},
    {"set_pin", bluetooth_set_pin},
    {"start_scan", bluetooth_start_scan},
    {"stop_scan", bluetooth_stop_scan},
    {"tx_power", bluetooth_tx_power},
    {NULL, NULL},
};

static const luaL_Reg fields[] = {
    {"advertising", field_advertising},
    {"client_connected", field_client_connected},
    {"device", field_device},
    {"dropped", field_dropped},
    {"initialised", field_initialised},
    {"options", field_options},
    {NULL, NULL},
};

static const char *title(void *object)
{
    const struct bluetooth *self = object;

    return self->device->name;
}

const struct object_type bluetooth_type = {"bluetooth", methods, fields, title};
