/* SPDX-License-Identifier: MIT */
/* adapter:scan() */
#include <string.h>

#include "adv.h"
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

/* Of the dongle's kinds of packets, the event types of HCI. */
static uint8_t event_type(uint8_t packet_type)
{
    switch ((enum bgapi_scan_packet)packet_type) {
    case BGAPI_SCAN_CONNECTABLE:
        return 0;
    case BGAPI_SCAN_DISCOVERABLE:
        return 2;
    case BGAPI_SCAN_NON_CONNECTABLE:
        return 3;
    case BGAPI_SCAN_RESPONSE:
        return 4;
    }
    return UINT8_MAX;
}

static void push_advertiser(lua_State *L, const struct blr_bgapi_advertiser *advertiser)
{
    struct adv adv = {
        .address = advertiser->address,
        .identity = advertiser->address,
        .event_type = event_type(advertiser->adv_type),
        .rssi_dbm = advertiser->rssi_dbm,
        .has_response = advertiser->scan_response_len > 0,
        .data_len = advertiser->data_len,
        .response_len = advertiser->scan_response_len,
        .at = advertiser->heard_at,
        .count = advertiser->count,
    };

    memcpy(adv.data, advertiser->data, sizeof adv.data);
    memcpy(adv.response, advertiser->scan_response, sizeof adv.response);
    adv_push(L, &adv);
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
