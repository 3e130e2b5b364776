/* SPDX-License-Identifier: MIT */
/* What changes a connection that stands: its parameters and its channels. */
#include "conn.h"
#include "failure.h"
#include "opts.h"

#define DATA_CHANNELS 37

/* --- parameters --- */

static void updated(struct blr_conn *link, int error, void *user)
{
    (void)link;
    task_complete(user, error);
}

static int nothing_done(lua_State *L, int status, lua_KContext context)
{
    struct task *task = (struct task *)context;

    (void)status;
    if (task->outcome.error)
        return failure_raise(L, task->outcome.error, task->what, NULL);
    return 0;
}

int conn_update(lua_State *L)
{
    static const char call[] = "conn:update";
    static const char *const known[] = {"interval", "interval_max", "latency",
                                        "supervision_timeout", NULL};
    struct conn *conn = conn_self(L, 1, call);
    const struct opts opts = opts_open(L, 2, call, known, false);
    struct task *task = task_current(L, "%s: conn:update", conn->device->name);
    struct blr_conn *link = conn_link(L, conn, task->what);
    const uint16_t interval = opts_time_units(&opts, "interval", SIM_US(1250), "1.25 ms",
                                              blr_conn_interval_1250us(link));
    const struct blr_conn_params params = {
        .interval_min_1250us = interval,
        .interval_max_1250us =
            opts_time_units(&opts, "interval_max", SIM_US(1250), "1.25 ms", interval),
        .latency = (uint16_t)opts_integer(&opts, "latency", blr_conn_latency(link), 0, 499),
        .timeout_10ms = opts_time_units(&opts, "supervision_timeout", SIM_MS(10), "10 ms",
                                        blr_conn_timeout_10ms(link)),
    };

    task_start_operation(task);
    const int error = blr_gap_update_connection(link, &params, updated, task);
    if (error)
        return failure_raise(L, error, task->what, NULL);
    return task_await(task, nothing_done, (lua_KContext)task);
}

int device_accept_updates(lua_State *L)
{
    struct device *device = device_self(L, "device:accept_updates");

    luaL_checktype(L, 2, LUA_TBOOLEAN);
    device->refuses_updates = !lua_toboolean(L, 2);
    return 0;
}

/* --- what a peripheral prefers --- */

/* A time of so many units, in its range; 0xFFFF when absent: any will do. */
static uint16_t read_units(const struct opts *opts, const char *field, sim_ns unit,
                           const char *unit_text, uint16_t low, uint16_t otherwise)
{
    const uint16_t units = opts_time_units(opts, field, unit, unit_text, otherwise);

    if (units != otherwise && (units < low || units > 3200))
        luaL_error(opts->L, "%s: %s is out of range", opts->call, field);
    return units;
}

/* GAP's Peripheral Preferred Connection Parameters (Core v5.4, Vol 3, Part C, 12.3). */
bool preferred_read(lua_State *L, int index, const char *call,
                    struct blr_preferred_parameters *preferred)
{
    static const char *const known[] = {"ask", "interval", "interval_max", "latency",
                                        "supervision_timeout", NULL};
    static const char interval_unit[] = "1.25 ms";
    const struct opts opts = opts_open(L, index, call, known, false);
    const uint16_t low = read_units(&opts, "interval", SIM_US(1250), interval_unit, 6, 0xFFFF);

    preferred->interval_min_1250us = low;
    preferred->interval_max_1250us =
        read_units(&opts, "interval_max", SIM_US(1250), interval_unit, 6, low);
    preferred->latency = (uint16_t)opts_integer(&opts, "latency", 0, 0, 499);
    preferred->timeout_10ms =
        read_units(&opts, "supervision_timeout", SIM_MS(10), "10 ms", 10, 0xFFFF);
    if (low > preferred->interval_max_1250us && low != 0xFFFF)
        luaL_error(L, "%s: interval_max is below interval", call);
    return opts_bool(&opts, "ask", false);
}

int device_prefer(lua_State *L)
{
    static const char call[] = "device:prefer";
    struct device *device = device_self(L, call);
    struct blr_preferred_parameters preferred;
    bool asks = false;

    if (!lua_isnoneornil(L, 2))
        asks = preferred_read(L, 2, call, &preferred);
    const int error = blr_gap_prefer(device_host(device),
                                     lua_isnoneornil(L, 2) ? NULL : &preferred, asks);
    if (error)
        return failure_raise(L, error, call, NULL);
    return 0;
}

/* --- channels --- */

/* A list of channel indices at 2; nil: all. */
static void read_channels(lua_State *L, uint8_t map[static 5])
{
    if (lua_isnoneornil(L, 2)) {
        for (int channel = 0; channel < DATA_CHANNELS; channel++)
            map[channel / 8] |= (uint8_t)(1U << channel % 8);
        return;
    }
    luaL_checktype(L, 2, LUA_TTABLE);
    for (lua_Integer i = 1; lua_rawgeti(L, 2, i) != LUA_TNIL; i++) {
        const lua_Integer channel = value_integer(L, -1, "device:use_channels: a channel", 0,
                                                  DATA_CHANNELS - 1);
        map[channel / 8] |= (uint8_t)(1U << channel % 8);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

int device_use_channels(lua_State *L)
{
    struct device *device = device_self(L, "device:use_channels");
    struct task *task = task_current(L, "%s:use_channels", device->name);
    uint8_t map[5] = {0};

    read_channels(L, map);
    task_start_operation(task);
    const int error = blr_gap_classify_channels(device_host(device), map, task_host_callback,
                                                task);
    if (error)
        return failure_raise(L, error, task->what, NULL);
    return task_await(task, nothing_done, (lua_KContext)task);
}

static void got_map(struct blr_conn *link, int error, const uint8_t *map, void *user)
{
    (void)link;
    task_complete_data(user, error, map, 1, 5);
}

static int map_done(lua_State *L, int status, lua_KContext context)
{
    struct task *task = (struct task *)context;
    lua_Integer count = 0;

    (void)status;
    if (task->outcome.error)
        return failure_raise(L, task->outcome.error, task->what, NULL);
    const uint8_t *map = task->outcome.data;
    lua_newtable(L);
    for (int channel = 0; channel < DATA_CHANNELS; channel++) {
        if (!(map[channel / 8] >> channel % 8 & 1))
            continue;
        lua_pushinteger(L, channel);
        lua_rawseti(L, -2, ++count);
    }
    return 1;
}

int conn_channels(lua_State *L)
{
    struct conn *conn = conn_self(L, 1, "conn:channels");
    struct task *task = task_current(L, "%s: conn:channels", conn->device->name);

    task_start_operation(task);
    const int error = blr_gap_read_channel_map(conn_link(L, conn, task->what), got_map, task);
    if (error)
        return failure_raise(L, error, task->what, NULL);
    return task_await(task, map_done, (lua_KContext)task);
}
