/* SPDX-License-Identifier: MIT */
/* Scanning, connecting and advertising of the Bluetooth interface. */
#include "bluetooth.h"

#include <string.h>

#include "adv.h"
#include "failure.h"

enum { SCANNED_DATA_MAX = 1650 }; /* of extended advertising: no data are longer */

/* --- scanning --- */

int bluetooth_start_scan(lua_State *L)
{
    static const char call[] = "bluetooth:start_scan";
    static const char *const names[] = {"timeout", NULL};
    enum { TIMEOUT = 2 };
    struct bluetooth *self = bluetooth_self(L, call);

    args_arrange(L, call, names, 0);
    const lua_Integer timeout_s =
        args_integer(L, TIMEOUT, call, "timeout", 0, INT32_MIN, INT32_MAX);
    if (timeout_s == 0)
        return luaL_error(L, "%s: timeout is a number of seconds, or -1 for ever; not %s", call,
                          lua_isnil(L, TIMEOUT) ? "nil" : "0");
    bluetooth_check(L, self, blr_bluetooth_start_scan(self->stack, (int32_t)timeout_s), call);
    return 0;
}

int bluetooth_stop_scan(lua_State *L)
{
    static const char call[] = "bluetooth:stop_scan";
    struct bluetooth *self = bluetooth_self(L, call);

    bluetooth_check(L, self, blr_bluetooth_stop_scan(self->stack), call);
    return 0;
}

int bluetooth_isscanning(lua_State *L)
{
    const struct bluetooth *self = bluetooth_self(L, "bluetooth:isscanning");

    lua_pushboolean(L, blr_bluetooth_isscanning(self->stack));
    return 1;
}

static const char *const adv_names[] = {"mac", "addr_type", "adv_type", "rssi", "data", NULL};

static int adv_index(lua_State *L)
{
    if (lua_type(L, 2) != LUA_TSTRING)
        return 0; /* behind the last position */
    return object_unknown_field(L, "an advertisement", lua_tostring(L, 2), adv_names);
}

/* A tuple with names: each value has its position as well. */
static void push_adv(lua_State *L, const struct blr_bluetooth_adv *adv)
{
    static const char metatable_key;
    static const luaL_Reg functions[] = {{"__index", adv_index}, {NULL, NULL}};

    luaL_checkstack(L, 8, NULL);
    lua_createtable(L, 5, 5);
    lua_pushlstring(L, (const char *)adv->mac, sizeof adv->mac);
    lua_rawseti(L, -2, 1);
    lua_pushinteger(L, adv->addr_type);
    lua_rawseti(L, -2, 2);
    lua_pushinteger(L, adv->adv_type);
    lua_rawseti(L, -2, 3);
    lua_pushinteger(L, adv->rssi);
    lua_rawseti(L, -2, 4);
    lua_pushlstring(L, (const char *)adv->data, adv->data_len);
    lua_rawseti(L, -2, 5);
    for (int i = 0; adv_names[i]; i++) {
        lua_rawgeti(L, -1, i + 1);
        lua_setfield(L, -2, adv_names[i]);
    }
    object_push_metatable(L, &metatable_key, "advertisement", functions);
    lua_setmetatable(L, -2);
}

int bluetooth_get_adv(lua_State *L)
{
    const struct bluetooth *self = bluetooth_self(L, "bluetooth:get_adv");
    struct blr_bluetooth_adv adv;

    if (blr_bluetooth_get_adv(self->stack, &adv))
        push_adv(L, &adv);
    else
        lua_pushnil(L);
    return 1;
}

int bluetooth_get_advertisements(lua_State *L)
{
    const struct bluetooth *self = bluetooth_self(L, "bluetooth:get_advertisements");
    struct blr_bluetooth_adv advs[BLR_BT_ADV_FIFO];
    const size_t count =
        blr_bluetooth_get_advertisements(self->stack, advs, sizeof advs / sizeof advs[0]);

    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        push_adv(L, &advs[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

int bluetooth_resolve_adv_data(lua_State *L)
{
    static const char call[] = "bluetooth:resolve_adv_data";
    static const char *const names[] = {"data", "data_type", NULL};
    enum { DATA = 2, TYPE };
    struct bluetooth *self = bluetooth_self(L, call);
    struct blr_bluetooth_value value = blr_bluetooth_none();
    size_t len;

    args_arrange(L, call, names, 0);
    if (lua_isnil(L, DATA) || lua_isnil(L, TYPE))
        return luaL_error(L, "%s: data and data_type are needed", call);
    const uint8_t *data = args_bytes(L, DATA, call, "data", &len, SCANNED_DATA_MAX);
    const unsigned type = bluetooth_choice(L, TYPE, call, "data_type", BLUETOOTH_ADV_DATA, 0);
    const int error = blr_bluetooth_resolve_adv_data(data, len, type, &value);
    if (error == BLR_ERR_NOT_FOUND)
        value = blr_bluetooth_none();
    else
        bluetooth_check(L, self, error, call);
    bluetooth_push_value(L, &value);
    return 1;
}

/* --- connecting --- */

/* Six octets, text, a device, or an advertisement of the engine's. */
static struct bd_addr read_peer(lua_State *L, const struct bluetooth *self, int index,
                                const char *call, const char *name)
{
    const struct device *device = object_test(L, index, &device_type);
    struct bd_addr address = {0};
    uint8_t mac[6];

    if (device)
        return *blr_host_address(room_device_host(device->room));
    if (adv_test(L, index, &address))
        return address;
    if (lua_type(L, index) != LUA_TSTRING)
        luaL_error(L, "%s: %s must be six octets, text such as \"112233eeddff\" or a device, got %s",
                   call, name, luaL_typename(L, index));
    const char *text = lua_tostring(L, index);
    const size_t len = lua_rawlen(L, index);
    if (len == sizeof mac)
        memcpy(mac, text, sizeof mac);
    else if (strlen(text) != len || blr_bluetooth_mac(text, mac) != 0)
        luaL_error(L, "%s: %s: '%s' is no address", call, name, text);
    return blr_bluetooth_peer(self->stack, mac);
}

static void connected(struct blr_bluetooth *stack, int error, struct blr_gattc_connection *conn,
                      void *user)
{
    struct task *task = user;

    (void)stack;
    task->outcome.object = conn;
    task_complete(task, error);
}

static int connect_done(lua_State *L, int status, lua_KContext context)
{
    struct task *task = (struct task *)context;
    struct bluetooth *self = object_check(L, 1, &bluetooth_type, "bluetooth:connect");

    task_done(L, status, context);
    bluetooth_push(L, self, &gattc_connection_type, task->outcome.object);
    return 1;
}

int bluetooth_connect(lua_State *L)
{
    static const char call[] = "bluetooth:connect";
    static const char *const names[] = {"mac_addr", "timeout", NULL};
    enum { MAC_ADDR = 2, TIMEOUT };
    struct bluetooth *self = bluetooth_self(L, call);

    args_arrange(L, call, names, MAC_ADDR);
    const struct bd_addr peer = read_peer(L, self, MAC_ADDR, call, "mac_addr");
    const uint32_t timeout_ms =
        (uint32_t)args_integer(L, TIMEOUT, call, "timeout", 0, 1, UINT32_MAX);
    struct task *task = bluetooth_task(L, self, call);
    bluetooth_check(L, self,
                    blr_bluetooth_connect_async(self->stack, &peer, timeout_ms, connected, task),
                    task->what);
    return task_await(task, connect_done, (lua_KContext)task);
}

/* --- advertising --- */

int bluetooth_set_advertisement(lua_State *L)
{
    static const char call[] = "bluetooth:set_advertisement";
    static const char *const names[] = {"name", "manufacturer_data", "service_data", "service_uuid",
                                        NULL};
    enum { NAME = 2, MANUFACTURER_DATA, SERVICE_DATA, SERVICE_UUID };
    struct bluetooth *self = bluetooth_self(L, call);
    struct blr_bluetooth_advertisement adv = {0};
    struct blr_uuid uuid;
    size_t len;

    args_arrange(L, call, names, 0);
    adv.name = (const char *)args_bytes(L, NAME, call, "name", &len, BLR_BT_VALUE_MAX);
    if (adv.name && strlen(adv.name) != len)
        return luaL_error(L, "%s: name must not have a zero in it", call);
    adv.manufacturer_data = args_bytes(L, MANUFACTURER_DATA, call, "manufacturer_data",
                                       &adv.manufacturer_data_len, BLR_BT_VALUE_MAX);
    adv.service_data = args_bytes(L, SERVICE_DATA, call, "service_data", &adv.service_data_len,
                                  BLR_BT_VALUE_MAX);
    if (!lua_isnil(L, SERVICE_UUID)) {
        uuid = bluetooth_uuid(L, SERVICE_UUID, call, "service_uuid");
        adv.service_uuid = &uuid;
    }
    const int error = blr_bluetooth_set_advertisement(self->stack, &adv);
    if (error == BLR_ERR_TOO_LONG)
        return failure_raise(L, error, call, "that fits neither the advertisement nor its response");
    bluetooth_check(L, self, error, call);
    return 0;
}

int bluetooth_set_advertisement_params(lua_State *L)
{
    static const char call[] = "bluetooth:set_advertisement_params";
    static const char *const names[] = {"adv_int_min",   "adv_int_max", "adv_type",
                                        "own_addr_type", "channel_map", "adv_filter_policy",
                                        "peer",          NULL};
    enum { INT_MIN_ = 2, INT_MAX_, ADV_TYPE, OWN_ADDR_TYPE, CHANNEL_MAP, POLICY, PEER };
    enum { LEAST = 0x20, MOST = 0x4000 };
    struct bluetooth *self = bluetooth_self(L, call);
    struct blr_bluetooth_adv_params params = blr_bluetooth_adv_params_default();

    args_arrange(L, call, names, PEER);
    params.adv_int_min = (uint16_t)args_integer(L, INT_MIN_, call, "adv_int_min",
                                                params.adv_int_min, LEAST, MOST);
    params.adv_int_max = (uint16_t)args_integer(L, INT_MAX_, call, "adv_int_max",
                                                params.adv_int_max, LEAST, MOST);
    if (params.adv_int_max < params.adv_int_min)
        return luaL_error(L, "%s: adv_int_max must not be below adv_int_min, got %d and %d", call,
                          params.adv_int_max, params.adv_int_min);
    params.adv_type =
        bluetooth_choice(L, ADV_TYPE, call, "adv_type", BLUETOOTH_ADV_TYPE, params.adv_type);
    params.own_addr_type = bluetooth_choice(L, OWN_ADDR_TYPE, call, "own_addr_type",
                                            BLUETOOTH_OWN_ADDR_TYPE, params.own_addr_type);
    params.channel_map =
        (uint8_t)bluetooth_bits(L, CHANNEL_MAP, call, "channel_map", BLUETOOTH_CHANNEL,
                                params.channel_map, BLR_BT_ADV_CHNL_ALL);
    if (params.channel_map == 0)
        return luaL_error(L, "%s: channel_map must not be empty", call);
    params.adv_filter_policy = bluetooth_choice(L, POLICY, call, "adv_filter_policy",
                                                BLUETOOTH_FILTER_POLICY, params.adv_filter_policy);
    if (!lua_isnil(L, PEER))
        params.peer = read_peer(L, self, PEER, call, "peer");
    bluetooth_check(L, self, blr_bluetooth_set_advertisement_params(self->stack, &params), call);
    return 0;
}

int bluetooth_set_accept_list(lua_State *L)
{
    static const char call[] = "bluetooth:set_accept_list";
    enum { PEERS = 2, MOST = 16 };
    struct bluetooth *self = bluetooth_self(L, call);
    struct bd_addr peers[MOST];

    if (lua_type(L, PEERS) != LUA_TTABLE)
        return luaL_error(L, "%s takes a list of addresses, got %s", call,
                          luaL_typename(L, PEERS));
    const size_t count = lua_rawlen(L, PEERS);
    if (count > MOST)
        return luaL_error(L, "%s: %d addresses, at most %d fit", call, (int)count, MOST);
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, PEERS, (lua_Integer)i + 1);
        peers[i] = read_peer(L, self, lua_gettop(L), call, "an address");
        lua_pop(L, 1);
    }
    bluetooth_check(L, self, blr_bluetooth_set_accept_list(self->stack, peers, count), call);
    return 0;
}

int bluetooth_advertise(lua_State *L)
{
    static const char call[] = "bluetooth:advertise";
    static const char *const names[] = {"on", NULL};
    struct bluetooth *self = bluetooth_self(L, call);

    args_arrange(L, call, names, 0);
    const bool on = args_bool(L, 2, call, "on", true);
    const int error = blr_bluetooth_advertise(self->stack, on);
    if (error == BLR_ERR_STATE && blr_bluetooth_initialised(self->stack))
        return failure_raise(L, error, call, "set_advertisement() comes first");
    bluetooth_check(L, self, error, call);
    return 0;
}
