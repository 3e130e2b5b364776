/* SPDX-License-Identifier: MIT */
/* The adapter: start, address, scans, connections, bonds. */
#include "backend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "callback.h"
#include "failure.h"

/* --- ports --- */

void serial_port_add(struct run *run, struct serial_port *port)
{
    struct serial_port **at = &run->serial_ports;

    while (*at)
        at = &(*at)->next;
    port->next = NULL;
    *at = port;
}

static const struct blr_bgapi_port *port_at(void *user, size_t index)
{
    const struct adapter *adapter = user;
    const struct serial_port *port = adapter->run->serial_ports;

    while (port && index--)
        port = port->next;
    return port ? &port->port : NULL;
}

/* --- calls --- */

int backend_raise(lua_State *L, int error, enum blr_bgapi_error_kind cause, const char *text,
                  const char *what)
{
    const char *colon = strstr(text, ": ");
    const struct failure failure = {
        .layer = "bgapi",
        .name = blr_bgapi_error_name(blr_bgapi_error_kind(error)),
        .code = error >= BLR_ERR_BGAPI(0) ? error - BLR_ERR_BGAPI(0) : bgapi_result(error),
        .cause = cause ? blr_bgapi_error_name(cause) : NULL,
    };

    return failure_raise_as(L, &failure, what, colon ? colon + 2 : text);
}

struct backend_call *backend_begin(lua_State *L, const char *what)
{
    struct task *task = task_current(L, "%s", what);
    struct backend_call *call = lua_newuserdatauv(L, sizeof *call, 0);

    *call = (struct backend_call){.task = task, .function = LUA_NOREF};
    task_start_operation(task);
    return call;
}

int backend_await(lua_State *L, struct adapter *adapter, struct backend_call *call, int error,
                  lua_KFunction k)
{
    if (error) {
        luaL_unref(L, LUA_REGISTRYINDEX, call->function);
        return backend_raise(L, error, blr_bgapi_error_cause(adapter->bgapi),
                             blr_bgapi_error_text(adapter->bgapi), call->task->what);
    }
    adapter->call = call;
    return task_await(call->task, k, (lua_KContext)call);
}

struct backend_call *backend_ended(struct adapter *adapter, int error)
{
    struct backend_call *call = adapter->call;

    adapter->call = NULL;
    if (!call || !error)
        return call;
    call->cause = blr_bgapi_error_cause(adapter->bgapi);
    snprintf(call->text, sizeof call->text, "%s", blr_bgapi_error_text(adapter->bgapi));
    return call;
}

void backend_check(lua_State *L, const struct backend_call *call)
{
    const int error = call->task->outcome.error;

    luaL_unref(L, LUA_REGISTRYINDEX, call->function);
    if (error)
        backend_raise(L, error, call->cause, call->text, call->task->what);
}

int backend_done(lua_State *L, int status, lua_KContext context)
{
    (void)status;
    backend_check(L, (const struct backend_call *)context);
    return 0;
}

static void plain_done(struct blr_bgapi *bgapi, int error, void *user)
{
    struct backend_call *call = backend_ended(user, error);

    (void)bgapi;
    if (call)
        task_complete(call->task, error);
}

/* --- arguments --- */

sim_ns backend_seconds(const struct opts *opts, const char *field, sim_ns otherwise)
{
    char what[96];

    if (!opts_push(opts, field))
        return otherwise;
    const lua_Integer time =
        value_scaled(opts->L, -1, opts_what(opts, field, what), SIM_S(1), 0, INT64_MAX);
    lua_pop(opts->L, 1);
    return (sim_ns)time;
}

int backend_integer(const struct opts *opts, const char *field, int otherwise)
{
    return (int)opts_integer(opts, field, otherwise, INT32_MIN, INT32_MAX);
}

static struct adapter *self(lua_State *L, const char *call)
{
    return object_check(L, 1, &adapter_type, call);
}

/* --- what the dongle tells unasked --- */

struct told {
    const struct blr_bgapi_device *device;
    lua_Integer number;
    bool answered;
    uint32_t answer;
};

static int push_told(lua_State *L, void *user)
{
    const struct told *told = user;

    value_push_address(L, blr_bgapi_device_address(told->device));
    lua_pushinteger(L, told->number);
    return 2;
}

static void take_passkey(lua_State *L, void *user)
{
    struct told *told = user;

    told->answered = !lua_isnil(L, -1);
    if (told->answered)
        told->answer = (uint32_t)value_integer(L, -1, "on_passkey_request", 0, 999999);
}

static void tell(struct adapter *adapter, int function, struct told *told, bool asks)
{
    const struct callback callback = {
        .function = function,
        .push = push_told,
        .take = asks ? take_passkey : NULL,
        .user = told,
    };

    callback_run(adapter->run, &callback);
}

static void disconnected(struct blr_bgapi_device *device, uint16_t reason, void *user)
{
    struct adapter *adapter = user;
    struct told told = {.device = device, .number = reason};

    tell(adapter, adapter->on_disconnected, &told, false);
}

static void passkey_display(struct blr_bgapi_device *device, uint32_t passkey, void *user)
{
    struct adapter *adapter = user;
    struct told told = {.device = device, .number = passkey};

    tell(adapter, adapter->on_passkey_display, &told, false);
}

static bool passkey_request(struct blr_bgapi_device *device, uint32_t *passkey, void *user)
{
    struct adapter *adapter = user;
    struct told told = {.device = device};

    tell(adapter, adapter->on_passkey_request, &told, true);
    *passkey = told.answer;
    return told.answered;
}

static const struct blr_bgapi_listener listener = {
    .disconnected = disconnected,
    .passkey_display = passkey_display,
    .passkey_request = passkey_request,
};

/* --- its life --- */

static void take_port(const struct opts *opts, const char *call, struct adapter *adapter)
{
    size_t len = 0;
    const char *port = opts_string(opts, "serial_port", &len);

    if (port && (len == 0 || len >= sizeof adapter->serial_port || strlen(port) != len))
        luaL_error(opts->L, "%s: serial_port is a name of 1 to %d letters", call,
                   PORT_NAME_SIZE - 1);
    if (port)
        memcpy(adapter->serial_port, port, len + 1);
    adapter->receive_queue_timeout_ns =
        backend_seconds(opts, "receive_queue_timeout", adapter->receive_queue_timeout_ns);
}

int backend_declare(lua_State *L)
{
    static const char *const known[] = {"on_disconnected",    "on_passkey_display",
                                        "on_passkey_request", "receive_queue_timeout",
                                        "serial_port",        NULL};
    struct run *run = run_of(L);
    const struct opts opts = opts_open(L, 1, "BGAPIBackend", known, true);
    struct adapter *adapter = run_alloc_or_raise(L, sizeof *adapter);

    sandbox_charge_memory(L, 16384); /* the client's own */
    adapter->run = run;
    adapter->receive_queue_timeout_ns = SIM_MS(100);
    take_port(&opts, "BGAPIBackend", adapter);
    adapter->on_disconnected = opts_function(&opts, "on_disconnected");
    adapter->on_passkey_display = opts_function(&opts, "on_passkey_display");
    adapter->on_passkey_request = opts_function(&opts, "on_passkey_request");
    sim_clock_init(&adapter->clock, &run->actor, SIM_PHASE_HOST);
    const struct blr_bgapi_config config = {
        .clock = &adapter->clock.clock,
        .port = port_at,
        .port_user = adapter,
        .listener = &listener,
        .listener_user = adapter,
    };
    adapter->bgapi = blr_bgapi_new(&config);
    if (!adapter->bgapi)
        return luaL_error(L, "out of memory");
    adapter->next = run->adapters;
    run->adapters = adapter;
    object_push(L, &adapter_type, adapter);
    return 1;
}

/* Calls that wait have been ended by now: nobody is told. */
void backend_close_all(struct run *run)
{
    for (struct adapter *adapter = run->adapters; adapter; adapter = adapter->next) {
        adapter->call = NULL;
        blr_bgapi_free(adapter->bgapi);
        adapter->bgapi = NULL;
    }
}

static int adapter_start(lua_State *L)
{
    static const char *const known[] = {"delay_after_reset_s", "receive_queue_timeout", "reset",
                                        "serial_port", NULL};
    struct blr_bgapi_start_params params = BLR_BGAPI_START_DEFAULTS;
    struct adapter *adapter = self(L, "adapter:start");
    const struct opts opts = opts_open(L, 2, "adapter:start", known, true);
    struct backend_call *call = backend_begin(L, "adapter:start");

    take_port(&opts, "adapter:start", adapter);
    if (adapter->serial_port[0])
        params.serial_port = adapter->serial_port;
    params.reset = opts_bool(&opts, "reset", params.reset);
    params.delay_after_reset_ns =
        backend_seconds(&opts, "delay_after_reset_s", params.delay_after_reset_ns);
    params.receive_queue_timeout_ns = adapter->receive_queue_timeout_ns;
    return backend_await(L, adapter, call,
                         blr_bgapi_start_async(adapter->bgapi, &params, plain_done, adapter),
                         backend_done);
}

static int adapter_stop(lua_State *L)
{
    struct adapter *adapter = self(L, "adapter:stop");
    struct backend_call *call = backend_begin(L, "adapter:stop");

    return backend_await(L, adapter, call,
                         blr_bgapi_stop_async(adapter->bgapi, plain_done, adapter), backend_done);
}

static void mac_done(struct blr_bgapi *bgapi, int error, const struct bd_addr *address, void *user)
{
    struct backend_call *call = backend_ended(user, error);

    (void)bgapi;
    if (call)
        task_complete_data(call->task, error, address, 1, sizeof *address);
}

static int push_mac(lua_State *L, int status, lua_KContext context)
{
    const struct backend_call *call = (const struct backend_call *)context;

    (void)status;
    backend_check(L, call);
    value_push_address(L, call->task->outcome.data);
    return 1;
}

static int adapter_get_mac(lua_State *L)
{
    struct adapter *adapter = self(L, "adapter:get_mac");
    struct backend_call *call = backend_begin(L, "adapter:get_mac");

    return backend_await(L, adapter, call,
                         blr_bgapi_get_mac_async(adapter->bgapi, mac_done, adapter), push_mac);
}

static int adapter_disable_advertising(lua_State *L)
{
    struct adapter *adapter = self(L, "adapter:disable_advertising");
    struct backend_call *call = backend_begin(L, "adapter:disable_advertising");

    return backend_await(L, adapter, call,
                         blr_bgapi_disable_advertising_async(adapter->bgapi, plain_done, adapter),
                         backend_done);
}

/* --- connecting --- */

static void connect_done(struct blr_bgapi *bgapi, struct blr_bgapi_device *device, int error,
                         void *user)
{
    struct backend_call *call = backend_ended(user, error);

    (void)bgapi;
    if (!call)
        return;
    call->task->outcome.object = device;
    task_complete(call->task, error);
}

static int push_device(lua_State *L, int status, lua_KContext context)
{
    const struct backend_call *call = (const struct backend_call *)context;

    (void)status;
    backend_check(L, call);
    object_push(L, &ble_device_type,
                backend_device(L, self(L, "adapter:connect"), call->task->outcome.object));
    return 1;
}

static int adapter_connect(lua_State *L)
{
    static const char *const known[] = {"address_type",
                                        "interval_max",
                                        "interval_min",
                                        "latency",
                                        "supervision_timeout",
                                        "timeout",
                                        NULL};
    struct blr_bgapi_connect_params params = BLR_BGAPI_CONNECT_DEFAULTS;
    struct adapter *adapter = self(L, "adapter:connect");
    const struct opts opts = opts_open(L, 3, "adapter:connect", known, true);
    const char *type = opts_string(&opts, "address_type", NULL);
    const struct bd_addr address =
        value_address(L, 2, "adapter:connect: address", type ? type : "public");
    struct backend_call *call = backend_begin(L, "adapter:connect");

    params.address_type = address.type;
    params.timeout_ns = backend_seconds(&opts, "timeout", params.timeout_ns);
    params.interval_min_1250us = backend_integer(&opts, "interval_min", params.interval_min_1250us);
    params.interval_max_1250us = backend_integer(&opts, "interval_max", params.interval_max_1250us);
    params.supervision_timeout_10ms =
        backend_integer(&opts, "supervision_timeout", params.supervision_timeout_10ms);
    params.latency = backend_integer(&opts, "latency", params.latency);
    return backend_await(
        L, adapter, call,
        blr_bgapi_connect_async(adapter->bgapi, &address, &params, connect_done, adapter),
        push_device);
}

/* By the number that the dongle has for the connection, as the document has it. */
static int adapter_discover_characteristics(lua_State *L)
{
    static const char call[] = "adapter:discover_characteristics";
    struct adapter *adapter = self(L, call);
    const lua_Integer handle =
        value_integer(L, 2, "adapter:discover_characteristics: connection_handle", 0, UINT8_MAX);

    for (struct ble_device *device = adapter->devices; device; device = device->next)
        if (blr_bgapi_device_connected(device->device) &&
            blr_bgapi_device_handle(device->device) == handle)
            return backend_discover(L, device, 3, call);
    return backend_raise(L, BLR_ERR_NOT_CONNECTED, BLR_BGAPI_NO_ERROR, "no such connection", call);
}

/* --- bonds --- */

static int adapter_set_bondable(lua_State *L)
{
    struct adapter *adapter = self(L, "adapter:set_bondable");

    if (!lua_isboolean(L, 2))
        return luaL_error(L, "adapter:set_bondable: bondable is true or false, got %s",
                          luaL_typename(L, 2));
    const bool bondable = lua_toboolean(L, 2);
    struct backend_call *call = backend_begin(L, "adapter:set_bondable");
    return backend_await(
        L, adapter, call,
        blr_bgapi_set_bondable_async(adapter->bgapi, bondable, plain_done, adapter), backend_done);
}

static int adapter_clear_bond(lua_State *L)
{
    struct adapter *adapter = self(L, "adapter:clear_bond");
    const bool all = lua_isnoneornil(L, 2);
    struct bd_addr address = {.type = BD_ADDR_PUBLIC};

    if (!all)
        address = value_address(L, 2, "adapter:clear_bond: address", NULL);
    struct backend_call *call = backend_begin(L, "adapter:clear_bond");
    return backend_await(
        L, adapter, call,
        blr_bgapi_clear_bond_async(adapter->bgapi, all ? NULL : &address, plain_done, adapter),
        backend_done);
}

/* --- constants --- */

const struct backend_constant backend_constants[] = {
    {"BLEAddressType", "public", "public", 0},
    {"BLEAddressType", "random", "random", 0},
    {NULL, "BGAPIError", "BGAPIError", 0},
    {NULL, "ExpectedResponseTimeout", "ExpectedResponseTimeout", 0},
    {NULL, "NotConnectedError", "NotConnectedError", 0},
    {NULL, "BLED112_PRODUCT_ID", NULL, BLR_BLED112_PRODUCT_ID},
    {NULL, "BLED112_VENDOR_ID", NULL, BLR_BLED112_VENDOR_ID},
    {NULL, NULL, NULL, 0},
};

/* What is not there must not be asked for by name: a global that does not exist is an error. */
static void push_table(lua_State *L, const char *name)
{
    lua_pushstring(L, name);
    if (lua_rawget(L, -2) == LUA_TTABLE)
        return;
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, name);
}

void backend_open(lua_State *L)
{
    for (const struct backend_constant *constant = backend_constants; constant->name; constant++) {
        if (constant->table)
            push_table(L, constant->table);
        if (constant->text)
            lua_pushstring(L, constant->text);
        else
            lua_pushinteger(L, constant->number);
        lua_setfield(L, -2, constant->name);
        if (constant->table)
            lua_pop(L, 1);
    }
}

/* --- the type --- */

static int field_started(lua_State *L)
{
    lua_pushboolean(L, blr_bgapi_started(self(L, "adapter.started")->bgapi));
    return 1;
}

static const luaL_Reg methods[] = {
    {"clear_bond", adapter_clear_bond},
    {"connect", adapter_connect},
    {"disable_advertising", adapter_disable_advertising},
    {"discover_characteristics", adapter_discover_characteristics},
    {"expect", adapter_expect},
    {"expect_any", adapter_expect_any},
    {"get_mac", adapter_get_mac},
    {"scan", adapter_scan},
    {"send_command", adapter_send_command},
    {"set_bondable", adapter_set_bondable},
    {"start", adapter_start},
    {"stop", adapter_stop},
    {NULL, NULL},
};
static const luaL_Reg fields[] = {{"started", field_started}, {NULL, NULL}};

const struct object_type adapter_type = {"adapter", methods, fields, NULL};
