/* SPDX-License-Identifier: MIT */
/* adapter:scan() */
#include <string.h>

#include "backend.h"
#include "callback.h"

static int push_found(lua_State *L, void *user)
{
    const struct blr_bgapi_advertiser *found = user;
    const bool response = found->packet_type == BGAPI_SCAN_RESPONSE;

    value_push_address(L, &found->address);
    lua_pushstring(L, found->name);
    lua_pushinteger(L, found->rssi_dbm);
    lua_pushlstring(L, (const char *)(response ? found->scan_response : found->data),
                    response ? found->scan_response_len : found->data_len);
    return 4;
}

static void found(struct blr_bgapi *bgapi, const struct blr_bgapi_advertiser *advertiser,
                  void *user)
{
    struct adapter *adapter = user;

    (void)bgapi;
    if (!adapter->call)
        return;
    const struct callback callback = {
        .function = adapter->call->function,
        .push = push_found,
        .user = (void *)advertiser,
    };
    callback_run(adapter->run, &callback);
}

static void scan_done(struct blr_bgapi *bgapi, int error,
                      const struct blr_bgapi_advertiser *advertisers, size_t count, void *user)
{
    struct backend_call *call = backend_ended(user, error);

    (void)bgapi;
    if (call)
        task_complete_data(call->task, error, advertisers, count, sizeof *advertisers);
}

static void push_advertiser(lua_State *L, const struct blr_bgapi_advertiser *advertiser)
{
    lua_createtable(L, 0, 8);
    value_push_address(L, &advertiser->address);
    lua_setfield(L, -2, "address");
    lua_pushstring(L, advertiser->address.type == BD_ADDR_RANDOM ? "random" : "public");
    lua_setfield(L, -2, "address_type");
    lua_pushstring(L, advertiser->name);
    lua_setfield(L, -2, "name");
    value_set_integer(L, "rssi", advertiser->rssi_dbm);
    value_set_bytes(L, "data", advertiser->data, advertiser->data_len);
    value_set_bytes(L, "scan_response", advertiser->scan_response, advertiser->scan_response_len);
    if (advertiser->bond != BGAPI_NO_BOND)
        value_set_integer(L, "bond", advertiser->bond);
}

static int push_scan(lua_State *L, int status, lua_KContext context)
{
    const struct backend_call *call = (const struct backend_call *)context;
    const struct outcome *outcome = &call->task->outcome;
    const struct blr_bgapi_advertiser *advertisers = outcome->data;

    (void)status;
    backend_check(L, call);
    lua_createtable(L, (int)outcome->count, 0);
    for (size_t i = 0; i < outcome->count; i++) {
        push_advertiser(L, &advertisers[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

static enum bgapi_discover_mode discover_mode(const struct opts *opts)
{
    static const char *const names[] = {"limited", "general", "observation"};
    const char *mode = opts_string(opts, "discover_mode", NULL);

    for (int i = 0; mode && i < 3; i++)
        if (strcmp(mode, names[i]) == 0)
            return (enum bgapi_discover_mode)i;
    if (mode)
        luaL_error(opts->L,
                   "adapter:scan: discover_mode is limited, general or observation, got %s", mode);
    return BGAPI_DISCOVER_OBSERVATION;
}

int adapter_scan(lua_State *L)
{
    static const char *const known[] = {"active",      "discover_mode", "scan_cb", "scan_interval",
                                        "scan_window", "timeout",       NULL};
    struct blr_bgapi_scan_params params = BLR_BGAPI_SCAN_DEFAULTS;
    struct adapter *adapter = object_check(L, 1, &adapter_type, "adapter:scan");
    const struct opts opts = opts_open(L, 2, "adapter:scan", known, true);
    struct backend_call *call = backend_begin(L, "adapter:scan");

    params.timeout_ns = backend_seconds(&opts, "timeout", params.timeout_ns);
    params.scan_interval_625us =
        backend_integer(&opts, "scan_interval", params.scan_interval_625us);
    params.scan_window_625us = backend_integer(&opts, "scan_window", params.scan_window_625us);
    params.active = opts_bool(&opts, "active", params.active);
    params.discover_mode = discover_mode(&opts);
    call->function = opts_function(&opts, "scan_cb");
    params.scan_cb = call->function == LUA_NOREF ? NULL : found;
    return backend_await(L, adapter, call,
                         blr_bgapi_scan_async(adapter->bgapi, &params, scan_done, adapter),
                         push_scan);
}
