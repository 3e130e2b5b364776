/* SPDX-License-Identifier: MIT */
/* Advertising, as a script asks for it and as a script sees it. */
#include "adv.h"

#include <string.h>

#include "device.h"
#include "failure.h"
#include "opts.h"
#include "wire/adv.h"

enum { DEFAULT_FLAGS = AD_FLAG_LE_GENERAL_DISCOVERABLE | AD_FLAG_BR_EDR_NOT_SUPPORTED };

/* --- building a payload --- */

static void wr_services(const struct opts *opts, struct wr *w)
{
    struct blr_uuid uuids[16];
    lua_State *L = opts->L;
    size_t count = 0;

    if (!opts_push(opts, "services"))
        return;
    if (lua_type(L, -1) != LUA_TTABLE)
        luaL_error(L, "%s: services must be a list of UUIDs, got %s", opts->call,
                   luaL_typename(L, -1));
    const lua_Integer listed = (lua_Integer)lua_rawlen(L, -1);
    if (listed > 16)
        luaL_error(L, "%s: services: more than an advertisement holds", opts->call);
    for (lua_Integer i = 1; i <= listed; i++) {
        char what[96];
        lua_rawgeti(L, -1, i);
        uuids[count++] = value_uuid(L, -1, opts_what(opts, "services", what));
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    ad_wr_services(w, uuids, count);
}

static void wr_manufacturer(const struct opts *opts, struct wr *w)
{
    static const char *const known[] = {"company", "data", NULL};
    size_t len;

    if (!opts_push(opts, "manufacturer"))
        return;
    const struct opts inner =
        opts_open(opts->L, -1, "device:advertise: manufacturer", known, false);
    const uint16_t company = (uint16_t)opts_integer(&inner, "company", 0xFFFF, 0, 0xFFFF);
    const uint8_t *data = opts_bytes(&inner, "data", &len, AD_LEGACY_MAX);
    ad_wr_manufacturer(w, company, data, len);
    lua_pop(opts->L, 1);
}

static void wr_service_data(const struct opts *opts, struct wr *w)
{
    static const char *const known[] = {"data", "uuid", NULL};
    struct blr_uuid uuid;
    size_t len;

    if (!opts_push(opts, "service_data"))
        return;
    const struct opts inner =
        opts_open(opts->L, -1, "device:advertise: service_data", known, false);
    if (!opts_uuid(&inner, "uuid", &uuid))
        luaL_error(opts->L, "%s: a uuid is needed", inner.call);
    const uint8_t *data = opts_bytes(&inner, "data", &len, AD_LEGACY_MAX);
    ad_wr_service_data(w, &uuid, data, len);
    lua_pop(opts->L, 1);
}

static void wr_ibeacon(const struct opts *opts, struct wr *w)
{
    static const char *const known[] = {"major", "measured_power", "minor", "uuid", NULL};
    struct blr_uuid uuid;
    struct ad_ibeacon beacon;
    uint8_t octets[16];

    if (!opts_push(opts, "ibeacon"))
        return;
    const struct opts inner = opts_open(opts->L, -1, "device:advertise: ibeacon", known, false);
    if (!opts_uuid(&inner, "uuid", &uuid) || uuid.size != 16)
        luaL_error(opts->L, "%s: a uuid of 128 bits is needed", inner.call);
    blr_uuid_expand(&uuid, octets);
    for (size_t i = 0; i < 16; i++)
        beacon.uuid[i] = octets[15 - i];
    beacon.major = (uint16_t)opts_integer(&inner, "major", 0, 0, 0xFFFF);
    beacon.minor = (uint16_t)opts_integer(&inner, "minor", 0, 0, 0xFFFF);
    beacon.measured_power_dbm = (int8_t)opts_integer(&inner, "measured_power", -59, -128, 127);
    ad_wr_ibeacon(w, &beacon);
    lua_pop(opts->L, 1);
}

static bool has_structures(const struct opts *opts)
{
    static const char *const fields[] = {
        "appearance", "flags",        "ibeacon",  "manufacturer",
        "name",       "service_data", "services", "tx_power",
    };

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (opts_has(opts, fields[i]))
            return true;
    return false;
}

/* Writes the structures that the options name. Flags go first, and only where they may be. */
static void wr_structures(const struct opts *opts, bool default_flags, struct wr *w)
{
    if (default_flags || opts_has(opts, "flags"))
        ad_wr_flags(w, (uint8_t)opts_integer(opts, "flags", DEFAULT_FLAGS, 0, 0xFF));
    wr_services(opts, w);
    wr_ibeacon(opts, w);
    wr_manufacturer(opts, w);
    wr_service_data(opts, w);
    if (opts_has(opts, "appearance")) {
        const lua_Integer value = opts_integer(opts, "appearance", 0, 0, 0xFFFF);
        const uint8_t octets[] = {(uint8_t)value, (uint8_t)(value >> 8)};
        ad_wr(w, AD_APPEARANCE, octets, sizeof octets);
    }
    if (opts_has(opts, "tx_power")) {
        const uint8_t octet = (uint8_t)opts_integer(opts, "tx_power", 0, -128, 127);
        ad_wr(w, AD_TX_POWER_LEVEL, &octet, 1);
    }
    size_t len;
    const char *name = opts_string(opts, "name", &len);
    if (name && strlen(name) != len)
        luaL_error(opts->L, "%s: name: there is a zero in it", opts->call);
    if (name)
        ad_wr_name(w, name);
    if (!wr_ok(w))
        luaL_error(opts->L,
                   "%s: these structures do not fit %d octets (what need not be there can "
                   "stand in scan_response)",
                   opts->call, (int)AD_LEGACY_MAX);
}

/* Raw octets, or structures: the scan response of an advertisement. */
static void wr_scan_response(const struct opts *opts, struct wr *w)
{
    static const char *const known[] = {
        "appearance",   "flags",    "ibeacon",  "manufacturer", "name",
        "service_data", "services", "tx_power", NULL,
    };
    size_t len;

    if (!opts_push(opts, "scan_response"))
        return;
    if (lua_type(opts->L, -1) == LUA_TSTRING) {
        lua_pop(opts->L, 1);
        const uint8_t *data = opts_bytes(opts, "scan_response", &len, AD_LEGACY_MAX);
        wr_bytes(w, data, len);
        return;
    }
    const struct opts inner =
        opts_open(opts->L, -1, "device:advertise: scan_response", known, false);
    wr_structures(&inner, false, w);
    lua_pop(opts->L, 1);
}

static uint8_t read_channels(const struct opts *opts)
{
    lua_State *L = opts->L;
    uint8_t map = 0;

    if (!opts_push(opts, "channels"))
        return 0;
    if (lua_type(L, -1) != LUA_TTABLE || lua_rawlen(L, -1) == 0)
        luaL_error(L, "%s: channels must be a list such as { 37, 39 }", opts->call);
    const lua_Integer count = (lua_Integer)lua_rawlen(L, -1);
    for (lua_Integer i = 1; i <= count; i++) {
        char what[96];
        lua_rawgeti(L, -1, i);
        map |=
            (uint8_t)(1U << (value_integer(L, -1, opts_what(opts, "channels", what), 37, 39) - 37));
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return map;
}

static int start_advertising(lua_State *L, struct device *device,
                             const struct blr_adv_params *params)
{
    struct task *task = task_current(L, "%s:advertise", device->name);

    task_start_operation(task);
    const int error = blr_gap_advertise(device_host(device), params, task_host_callback, task);
    if (error)
        return failure_raise(L, error, task->what, NULL);
    return task_await(task, task_done, (lua_KContext)task);
}

/* ADV_DIRECT_IND, which carries nothing but two addresses. */
static int advertise_directed(lua_State *L, struct device *device, const char *call)
{
    static const char *const known[] = {
        "channels", "directed", "high_duty", "interval", "interval_max", "own_address", NULL,
    };
    const struct opts opts = opts_open(L, 2, call, known, true);
    struct blr_adv_params params = {.channel_map = read_channels(&opts),
                                    .own_address = own_address_option(&opts)};
    char what[96];

    opts_push(&opts, "directed");
    const struct device *target = object_test(L, -1, &device_type);
    params.peer = target ? *blr_host_address(device_host((struct device *)target))
                         : value_address(L, -1, opts_what(&opts, "directed", what), NULL);
    lua_pop(L, 1);
    const bool high_duty = opts_bool(&opts, "high_duty", false);
    if (high_duty && (opts_has(&opts, "interval") || opts_has(&opts, "interval_max")))
        return luaL_error(L, "%s: high_duty takes no interval", call);
    params.kind = high_duty ? BLR_ADV_DIRECTED_HIGH_DUTY : BLR_ADV_DIRECTED;
    params.interval_min_625us = opts_time_units(&opts, "interval", SIM_US(625), "0.625 ms", 160);
    params.interval_max_625us =
        opts_time_units(&opts, "interval_max", SIM_US(625), "0.625 ms", params.interval_min_625us);
    return start_advertising(L, device, &params);
}

static bool is_directed(lua_State *L, int index)
{
    if (lua_type(L, index) != LUA_TTABLE)
        return false;
    lua_pushliteral(L, "directed");
    const bool directed = lua_rawget(L, index) != LUA_TNIL;
    lua_pop(L, 1);
    return directed;
}

int device_advertise(lua_State *L)
{
    static const char call[] = "device:advertise";
    static const char *const known[] = {
        "appearance",    "channels",     "connectable",  "data",        "flags",     "ibeacon",
        "interval",      "interval_max", "manufacturer", "name",        "own_address", "scannable",
        "scan_response", "service_data", "services",     "tx_power",    NULL,
    };
    struct device *device = device_self(L, call);
    uint8_t data[AD_LEGACY_MAX], response[AD_LEGACY_MAX];
    struct wr w = wr_init(data, sizeof data), answer = wr_init(response, sizeof response);
    size_t len;

    if (is_directed(L, 2))
        return advertise_directed(L, device, call);
    const struct opts opts = opts_open(L, 2, call, known, true);
    const bool connectable = opts_bool(&opts, "connectable", true);
    const bool scannable =
        opts_bool(&opts, "scannable", connectable || opts_has(&opts, "scan_response"));
    if (connectable && !scannable)
        return luaL_error(L, "%s: a legacy advertisement that is connectable is scannable", call);
    if (!scannable && opts_has(&opts, "scan_response"))
        return luaL_error(L, "%s: a scan_response needs scannable", call);
    if (opts_has(&opts, "data")) {
        if (has_structures(&opts))
            return luaL_error(L, "%s: data is the whole payload: nothing else can stand beside it",
                              call);
        const uint8_t *raw = opts_bytes(&opts, "data", &len, AD_LEGACY_MAX);
        wr_bytes(&w, raw, len);
    } else {
        wr_structures(&opts, true, &w);
    }
    wr_scan_response(&opts, &answer);
    const uint16_t interval = opts_time_units(&opts, "interval", SIM_US(625), "0.625 ms", 160);
    const struct blr_adv_params params = {
        .kind = connectable ? BLR_ADV_CONNECTABLE
                : scannable ? BLR_ADV_SCANNABLE
                            : BLR_ADV_NON_CONNECTABLE,
        .interval_min_625us = interval,
        .interval_max_625us =
            opts_time_units(&opts, "interval_max", SIM_US(625), "0.625 ms", interval),
        .channel_map = read_channels(&opts),
        .data = data,
        .data_len = w.len,
        .scan_response = response,
        .scan_response_len = answer.len,
        .own_address = own_address_option(&opts),
    };
    return start_advertising(L, device, &params);
}

int device_advertise_stop(lua_State *L)
{
    struct device *device = device_self(L, "device:advertise_stop");
    struct task *task = task_current(L, "%s:advertise_stop", device->name);

    task_start_operation(task);
    const int error = blr_gap_advertise_stop(device_host(device), task_host_callback, task);
    if (error)
        return failure_raise(L, error, task->what, NULL);
    return task_await(task, task_done, (lua_KContext)task);
}

int device_field_advertising(lua_State *L)
{
    struct device *device = object_check(L, 1, &device_type, "device.advertising");

    lua_pushboolean(L, blr_gap_advertising(device_host(device)));
    return 1;
}
