/* SPDX-License-Identifier: MIT */
/* A device that an adapter is connected to: BGAPIBLEDevice. */
#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "callback.h"

struct ble_device *backend_device(lua_State *L, struct adapter *adapter,
                                  struct blr_bgapi_device *device)
{
    struct ble_device *known = adapter->devices;

    while (known && known->device != device)
        known = known->next;
    if (known)
        return known;
    known = run_alloc_or_raise(L, sizeof *known);
    known->adapter = adapter;
    known->device = device;
    known->next = adapter->devices;
    adapter->devices = known;
    return known;
}

static struct ble_device *self(lua_State *L, const char *call)
{
    return object_check(L, 1, &ble_device_type, call);
}

static void device_done(struct blr_bgapi_device *device, int error, void *user)
{
    struct backend_call *call = backend_ended(user, error);

    (void)device;
    if (call)
        task_complete(call->task, error);
}

static int device_disconnect(lua_State *L)
{
    struct ble_device *device = self(L, "ble_device:disconnect");
    struct backend_call *call = backend_begin(L, "ble_device:disconnect");

    return backend_await(L, device->adapter, call,
                         blr_bgapi_disconnect_async(device->device, device_done, device->adapter),
                         backend_done);
}

/* --- RSSI --- */

static void rssi_done(struct blr_bgapi_device *device, int error, bool available, int8_t rssi_dbm,
                      void *user)
{
    struct backend_call *call = backend_ended(user, error);

    (void)device;
    if (!call)
        return;
    call->available = available;
    call->rssi_dbm = rssi_dbm;
    task_complete(call->task, error);
}

static int push_rssi(lua_State *L, int status, lua_KContext context)
{
    const struct backend_call *call = (const struct backend_call *)context;

    (void)status;
    backend_check(L, call);
    if (call->available)
        lua_pushinteger(L, call->rssi_dbm);
    else
        lua_pushnil(L);
    return 1;
}

static int device_get_rssi(lua_State *L)
{
    struct ble_device *device = self(L, "ble_device:get_rssi");
    struct backend_call *call = backend_begin(L, "ble_device:get_rssi");

    return backend_await(L, device->adapter, call,
                         blr_bgapi_get_rssi_async(device->device, rssi_done, device->adapter),
                         push_rssi);
}

/* --- characteristics --- */

/* A characteristic, or a descriptor of the one before. */
struct entry {
    struct blr_uuid uuid;
    uint16_t handle;
    bool descriptor;
};

static void discover_done(struct blr_bgapi_device *device, int error,
                          const struct blr_bgapi_characteristic *characteristics, size_t count,
                          void *user)
{
    struct backend_call *call = backend_ended(user, error);
    size_t entries = 0, at = 0;

    (void)device;
    if (!call)
        return;
    for (size_t i = 0; i < count; i++)
        entries += 1 + characteristics[i].descriptor_count;
    struct entry *list = calloc(entries + 1, sizeof *list);
    for (size_t i = 0; list && i < count; i++) {
        const struct blr_bgapi_characteristic *c = &characteristics[i];
        list[at++] = (struct entry){c->uuid, c->handle, false};
        for (size_t d = 0; d < c->descriptor_count; d++)
            list[at++] = (struct entry){c->descriptors[d].uuid, c->descriptors[d].handle, true};
    }
    task_complete_data(call->task, list ? error : BLR_ERR_NO_MEMORY, list, entries, sizeof *list);
    free(list);
}

/* The table of all, at the top; the descriptors of the last one are behind it meanwhile. */
static void add_entry(lua_State *L, const struct entry *entry)
{
    value_push_uuid(L, &entry->uuid);
    if (entry->descriptor) {
        lua_pushinteger(L, entry->handle);
        lua_rawset(L, -3);
        return;
    }
    lua_createtable(L, 0, 3);
    value_push_uuid(L, &entry->uuid);
    lua_setfield(L, -2, "uuid");
    value_set_integer(L, "handle", entry->handle);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, "descriptors");
    lua_replace(L, -4); /* the last one's */
    lua_rawset(L, -4);
}

static int push_characteristics(lua_State *L, int status, lua_KContext context)
{
    const struct backend_call *call = (const struct backend_call *)context;
    const struct outcome *outcome = &call->task->outcome;
    const struct entry *list = outcome->data;

    (void)status;
    backend_check(L, call);
    lua_newtable(L);
    lua_newtable(L); /* in the place of descriptors */
    for (size_t i = 0; i < outcome->count; i++)
        add_entry(L, &list[i]);
    lua_pop(L, 1);
    return 1;
}

int backend_discover(lua_State *L, struct ble_device *device, int index, const char *what)
{
    static const char *const known[] = {"timeout", NULL};
    const struct opts opts = opts_open(L, index, what, known, true);
    const sim_ns timeout = backend_seconds(&opts, "timeout", BLR_BGAPI_DISCOVER_TIMEOUT);
    struct backend_call *call = backend_begin(L, what);

    return backend_await(L, device->adapter, call,
                         blr_bgapi_discover_characteristics_async(device->device, timeout,
                                                                  discover_done, device->adapter),
                         push_characteristics);
}

static int device_discover_characteristics(lua_State *L)
{
    struct ble_device *device = self(L, "ble_device:discover_characteristics");

    return backend_discover(L, device, 2, "ble_device:discover_characteristics");
}

/* --- values --- */

static void read_done(struct blr_bgapi_device *device, int error, const uint8_t *value, size_t len,
                      void *user)
{
    struct backend_call *call = backend_ended(user, error);

    (void)device;
    if (call)
        task_complete_data(call->task, error, value, len, 1);
}

static int push_value(lua_State *L, int status, lua_KContext context)
{
    const struct backend_call *call = (const struct backend_call *)context;
    const struct outcome *outcome = &call->task->outcome;

    (void)status;
    backend_check(L, call);
    lua_pushlstring(L, outcome->data ? outcome->data : "", outcome->count);
    return 1;
}

static int device_char_read(lua_State *L)
{
    struct ble_device *device = self(L, "ble_device:char_read");
    const struct blr_uuid uuid = value_uuid(L, 2, "ble_device:char_read: uuid");
    struct backend_call *call = backend_begin(L, "ble_device:char_read");

    return backend_await(
        L, device->adapter, call,
        blr_bgapi_char_read_async(device->device, &uuid, read_done, device->adapter), push_value);
}

static int device_char_read_long(lua_State *L)
{
    struct ble_device *device = self(L, "ble_device:char_read_long");
    const struct blr_uuid uuid = value_uuid(L, 2, "ble_device:char_read_long: uuid");
    struct backend_call *call = backend_begin(L, "ble_device:char_read_long");

    return backend_await(
        L, device->adapter, call,
        blr_bgapi_char_read_long_async(device->device, &uuid, read_done, device->adapter),
        push_value);
}

static int device_char_write(lua_State *L)
{
    static const char *const known[] = {"wait_for_response", NULL};
    struct ble_device *device = self(L, "ble_device:char_write");
    const struct blr_uuid uuid = value_uuid(L, 2, "ble_device:char_write: uuid");
    size_t len;
    const uint8_t *value = value_bytes(L, 3, "ble_device:char_write: value", &len, SIZE_MAX);
    const struct opts opts = opts_open(L, 4, "ble_device:char_write", known, true);
    const bool wait = opts_bool(&opts, "wait_for_response", true);
    struct backend_call *call = backend_begin(L, "ble_device:char_write");

    return backend_await(L, device->adapter, call,
                         blr_bgapi_char_write_async(device->device, &uuid, value, len, wait,
                                                    device_done, device->adapter),
                         backend_done);
}

/* --- subscriptions --- */

struct ble_subscription {
    struct run *run;
    int function;
};

struct ble_value {
    uint16_t handle;
    const uint8_t *octets;
    size_t len;
};

static int push_received(lua_State *L, void *user)
{
    const struct ble_value *value = user;

    lua_pushinteger(L, value->handle);
    lua_pushlstring(L, (const char *)value->octets, value->len);
    return 2;
}

static void received(struct blr_bgapi_device *device, uint16_t handle, const uint8_t *octets,
                     size_t len, void *user)
{
    const struct ble_subscription *subscription = user;
    struct ble_value value = {handle, octets, len};
    const struct callback callback = {
        .function = subscription->function, .push = push_received, .user = &value};

    (void)device;
    callback_run(subscription->run, &callback);
}

static int device_subscribe(lua_State *L)
{
    static const char *const known[] = {"callback", "indication", NULL};
    struct ble_device *device = self(L, "ble_device:subscribe");
    const struct blr_uuid uuid = value_uuid(L, 2, "ble_device:subscribe: uuid");
    const struct opts opts = opts_open(L, 3, "ble_device:subscribe", known, true);
    const bool indication = opts_bool(&opts, "indication", false);
    struct backend_call *call = backend_begin(L, "ble_device:subscribe");
    struct ble_subscription *subscription = run_alloc_or_raise(L, sizeof *subscription);

    subscription->run = run_of(L);
    subscription->function = opts_function(&opts, "callback");
    return backend_await(L, device->adapter, call,
                         blr_bgapi_subscribe_async(device->device, &uuid, indication, received,
                                                   subscription, device_done, device->adapter),
                         backend_done);
}

static int device_unsubscribe(lua_State *L)
{
    struct ble_device *device = self(L, "ble_device:unsubscribe");
    const struct blr_uuid uuid = value_uuid(L, 2, "ble_device:unsubscribe: uuid");
    struct backend_call *call = backend_begin(L, "ble_device:unsubscribe");

    return backend_await(
        L, device->adapter, call,
        blr_bgapi_unsubscribe_async(device->device, &uuid, device_done, device->adapter),
        backend_done);
}

/* --- bonding --- */

static int device_bond(lua_State *L)
{
    static const char *const known[] = {"permanent", NULL};
    struct ble_device *device = self(L, "ble_device:bond");
    const struct opts opts = opts_open(L, 2, "ble_device:bond", known, true);
    const bool permanent = opts_bool(&opts, "permanent", false);
    struct backend_call *call = backend_begin(L, "ble_device:bond");

    return backend_await(
        L, device->adapter, call,
        blr_bgapi_bond_async(device->device, permanent, device_done, device->adapter),
        backend_done);
}

static int device_passkey_entry(lua_State *L)
{
    static const char call[] = "ble_device:passkey_entry";
    struct ble_device *device = self(L, call);
    const lua_Integer passkey =
        value_integer(L, 2, "ble_device:passkey_entry: passkey", 0, UINT32_MAX);
    const int error = blr_bgapi_passkey_entry(device->device, (uint32_t)passkey);

    if (error)
        return backend_raise(L, error, BLR_BGAPI_NO_ERROR,
                             blr_bgapi_error_text(device->adapter->bgapi), call);
    return 0;
}

/* --- the type --- */

static int field_address(lua_State *L)
{
    value_push_address(L, blr_bgapi_device_address(self(L, "ble_device.address")->device));
    return 1;
}

static int field_address_type(lua_State *L)
{
    const struct bd_addr *address =
        blr_bgapi_device_address(self(L, "ble_device.address_type")->device);

    lua_pushstring(L, address->type == BD_ADDR_RANDOM ? "random" : "public");
    return 1;
}

static int field_bond_handle(lua_State *L)
{
    const uint8_t bond = blr_bgapi_device_bond(self(L, "ble_device.bond_handle")->device);

    if (bond == BGAPI_NO_BOND)
        lua_pushnil(L);
    else
        lua_pushinteger(L, bond);
    return 1;
}

static int field_connected(lua_State *L)
{
    lua_pushboolean(L, blr_bgapi_device_connected(self(L, "ble_device.connected")->device));
    return 1;
}

static int field_connection_handle(lua_State *L)
{
    lua_pushinteger(L, blr_bgapi_device_handle(self(L, "ble_device.connection_handle")->device));
    return 1;
}

static int field_encrypted(lua_State *L)
{
    lua_pushboolean(L, blr_bgapi_device_encrypted(self(L, "ble_device.encrypted")->device));
    return 1;
}

static int field_interval(lua_State *L)
{
    lua_pushinteger(L, blr_bgapi_device_interval_1250us(self(L, "ble_device.interval")->device));
    return 1;
}

static int field_latency(lua_State *L)
{
    lua_pushinteger(L, blr_bgapi_device_latency(self(L, "ble_device.latency")->device));
    return 1;
}

static int field_supervision_timeout(lua_State *L)
{
    lua_pushinteger(
        L, blr_bgapi_device_timeout_10ms(self(L, "ble_device.supervision_timeout")->device));
    return 1;
}

static const char *title(void *object)
{
    const struct ble_device *device = object;

    return blr_bgapi_device_connected(device->device) ? "connected" : "not connected";
}

static const luaL_Reg methods[] = {
    {"bond", device_bond},
    {"char_read", device_char_read},
    {"char_read_long", device_char_read_long},
    {"char_write", device_char_write},
    {"disconnect", device_disconnect},
    {"discover_characteristics", device_discover_characteristics},
    {"get_rssi", device_get_rssi},
    {"passkey_entry", device_passkey_entry},
    {"subscribe", device_subscribe},
    {"unsubscribe", device_unsubscribe},
    {NULL, NULL},
};
static const luaL_Reg fields[] = {
    {"address", field_address},
    {"address_type", field_address_type},
    {"bond_handle", field_bond_handle},
    {"connected", field_connected},
    {"connection_handle", field_connection_handle},
    {"encrypted", field_encrypted},
    {"interval", field_interval},
    {"latency", field_latency},
    {"supervision_timeout", field_supervision_timeout},
    {NULL, NULL},
};

const struct object_type ble_device_type = {"ble_device", methods, fields, title};
