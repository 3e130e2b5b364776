/* SPDX-License-Identifier: MIT */
/* One side of a connection that a raw radio holds: how it begins and ends, and what it sends. */
#include <string.h>

#include "adv.h"
#include "device.h"
#include "failure.h"
#include "raw.h"
#include "wire/hci.h"

enum { LINK_COST = 5000, LINK_MEMORY = 4 << 10 };

/* --- as the link tells --- */

static void connected(void *user)
{
    struct raw_link_object *object = user;
    const struct ll_connect_ind *ind = raw_link_connect_ind(object->link);

    object->connected = true;
    object->own = raw_link_central(object->link) ? ind->init_a : ind->adv_a;
    object->peer = raw_link_central(object->link) ? ind->adv_a : ind->init_a;
    signal_fire(&object->changed);
}

static void heard(void *user, const struct raw_link_rx *rx)
{
    raw_link_take(user, rx);
}

static void acked(void *user)
{
    struct raw_link_object *object = user;

    signal_fire(&object->changed);
}

static void closed(void *user, uint8_t reason)
{
    struct raw_link_object *object = user;

    object->closed = true;
    object->reason = reason;
    signal_fire(&object->changed);
    signal_fire(&object->pdus.signal);
}

struct raw_link_object *raw_link_self(lua_State *L, const char *call)
{
    return object_check(L, 1, &raw_link_type, call);
}

/* --- how it begins --- */

static struct raw_link_object *new_link(lua_State *L, struct raw *raw, const struct opts *opts)
{
    static const struct raw_link_ops ops = {
        .connected = connected, .heard = heard, .acked = acked, .closed = closed};
    const bool procedures = opts_bool(opts, "procedures", true);

    sandbox_charge(L, LINK_COST);
    sandbox_charge_memory(L, LINK_MEMORY);
    struct raw_link_object *object = run_alloc_or_raise(L, sizeof *object);
    object->raw = raw;
    object->on_heard = LUA_NOREF;
    object->procedures = procedures;
    object->link = raw_link_new(raw->radio, &ops, object);
    if (!object->link)
        luaL_error(L, "%s: out of memory", opts->call);
    /* From here on it is freed with the raw radio. In the order of making, as the medium has them.
     */
    struct raw_link_object **at = &raw->links;
    while (*at)
        at = &(*at)->next;
    *at = object;
    queue_init(&object->pdus, raw->run);
    queue_init(&object->frames, raw->run);
    return object;
}

/* A list of channel indices; absent: all. */
static void read_channels(const struct opts *opts, uint8_t map[static 5])
{
    lua_State *L = opts->L;
    char what[96];

    if (!opts_push(opts, "channels")) {
        memcpy(map, (const uint8_t[]){0xFF, 0xFF, 0xFF, 0xFF, 0x1F}, 5);
        return;
    }
    luaL_checktype(L, -1, LUA_TTABLE);
    for (lua_Integer i = 1; lua_rawgeti(L, -1, i) != LUA_TNIL; i++) {
        const lua_Integer channel = value_integer(L, -1, opts_what(opts, "channels", what), 0, 36);
        map[channel / 8] |= (uint8_t)(1U << channel % 8);
        lua_pop(L, 1);
    }
    lua_pop(L, 2);
}

static int wait_connected_k(lua_State *L, int status, lua_KContext context)
{
    struct task *task = (struct task *)context;
    struct raw_link_object *object = raw_link_self(L, "raw_link:wait_connected");

    (void)status;
    if (object->connected)
        return 1;
    if (object->closed)
        return failure_raise(L, BLR_ERR_CANCELLED, task->what, "the link was stopped");
    if (task_timed_out(task)) {
        /* device:connect() gives up as well; who advertises goes on. */
        if (lua_toboolean(L, 2))
            raw_link_stop(object->link);
        return failure_raise(L, BLR_ERR_TIMEOUT, task->what, "nobody connected");
    }
    return task_wait(task, &object->changed, wait_connected_k, context);
}

/* Waits for the link, at 1; gives it up at the timeout, or not. */
static int wait_connected(lua_State *L, struct task *task, sim_ns timeout, bool give_up)
{
    lua_settop(L, 1);
    lua_pushboolean(L, give_up);
    lua_pushvalue(L, 1);
    task_begin_wait(task, timeout);
    return wait_connected_k(L, LUA_OK, (lua_KContext)task);
}

static struct bd_addr read_peer(const struct opts *opts)
{
    struct bd_addr address = {0};

    if (!opts_push(opts, "to"))
        luaL_error(opts->L, "%s: to whom? (to = a device or an address)", opts->call);
    const struct device *device = object_test(opts->L, -1, &device_type);
    const struct raw *raw = object_test(opts->L, -1, &raw_type);
    if (device)
        address = *blr_host_address(room_device_host(device->room));
    else if (raw)
        address = raw->address;
    else if (!adv_test(opts->L, -1, &address))
        address = value_address(opts->L, -1, "raw:connect: to", opts_string(opts, "to_type", NULL));
    lua_pop(opts->L, 1);
    return address;
}

int raw_connect(lua_State *L)
{
    static const char call[] = "raw:connect";
    static const char *const known[] = {"access_address",
                                        "address",
                                        "address_type",
                                        "advertising_channel",
                                        "ch_sel",
                                        "channels",
                                        "crc_init",
                                        "hop",
                                        "interval",
                                        "latency",
                                        "procedures",
                                        "sca",
                                        "supervision_timeout",
                                        "timeout",
                                        "to",
                                        "to_type",
                                        "win_offset",
                                        "win_size",
                                        NULL};
    struct raw *raw = object_check(L, 1, &raw_type, call);
    const struct opts opts = opts_open(L, 2, call, known, false);
    struct ll_connect_ind ind = {
        .init_a = opts_has(&opts, "address") ? raw_address_option(&opts, "address") : raw->address,
        .adv_a = read_peer(&opts),
        .access_address = raw_packet_access_address(&opts, 0x71764129), /* as 2.1.2 wants them */
        .crc_init = (uint32_t)opts_integer(&opts, "crc_init", 0xABCDEF, 0, 0xFFFFFF),
        .win_size_1250us = (uint8_t)opts_integer(&opts, "win_size", 1, 0, 0xFF),
        .win_offset_1250us = opts_time_units(&opts, "win_offset", SIM_US(1250), "1.25 ms", 0),
        .interval_1250us = opts_time_units(&opts, "interval", SIM_US(1250), "1.25 ms", 24),
        .latency = (uint16_t)opts_integer(&opts, "latency", 0, 0, 0xFFFF),
        .timeout_10ms = opts_time_units(&opts, "supervision_timeout", SIM_MS(10), "10 ms", 420),
        .hop = (uint8_t)opts_integer(&opts, "hop", 7, 0, 31),
        .sca = (uint8_t)opts_integer(&opts, "sca", 7, 0, 7),
        .ch_sel = opts_bool(&opts, "ch_sel", false),
    };
    const sim_ns timeout = opts_time(&opts, "timeout", SIM_S(10));
    const uint8_t channel = (uint8_t)opts_integer(&opts, "advertising_channel", 37, 37, 39);
    struct task *task = task_current(L, "%s:connect", raw->name);

    read_channels(&opts, ind.channel_map);
    struct raw_link_object *object = new_link(L, raw, &opts);
    const int error = raw_link_initiate(object->link, &ind, channel);
    if (error == BLR_ERR_INVALID)
        return luaL_error(L, "%s: a link needs an interval and two channels at least", call);
    if (error)
        return failure_raise(L, error, task->what, NULL);
    object_push(L, &raw_link_type, object);
    lua_replace(L, 1);
    return wait_connected(L, task, timeout, true);
}

int raw_advertise(lua_State *L)
{
    static const char call[] = "raw:advertise";
    static const char *const known[] = {"address",    "address_type",  "ch_sel",
                                        "data",       "directed",      "interval",
                                        "procedures", "scan_response", NULL};
    struct raw *raw = object_check(L, 1, &raw_type, call);
    const struct opts opts = opts_open(L, 2, call, known, true);
    struct bd_addr directed = {0};
    struct raw_link_advertising advertising = {
        .address = opts_has(&opts, "address") ? raw_address_option(&opts, "address") : raw->address,
        .interval = opts_time(&opts, "interval", SIM_MS(100)),
        .ch_sel = opts_bool(&opts, "ch_sel", false),
    };

    advertising.data = opts_bytes(&opts, "data", &advertising.data_len, LL_LEGACY_ADV_DATA_MAX);
    advertising.scan_response =
        opts_bytes(&opts, "scan_response", &advertising.scan_response_len, LL_LEGACY_ADV_DATA_MAX);
    if (opts_push(&opts, "directed")) {
        const struct device *device = object_test(L, -1, &device_type);
        directed = device ? *blr_host_address(room_device_host(device->room))
                          : value_address(L, -1, "raw:advertise: directed", NULL);
        advertising.directed = &directed;
        lua_pop(L, 1);
    }
    struct raw_link_object *object = new_link(L, raw, &opts);
    const int error = raw_link_advertise(object->link, &advertising);
    if (error == BLR_ERR_INVALID)
        return luaL_error(L, "%s: an interval has 5 ms at least", call);
    if (error)
        return failure_raise(L, error, call, NULL);
    object_push(L, &raw_link_type, object);
    return 1;
}

static int link_wait_connected(lua_State *L)
{
    static const char call[] = "raw_link:wait_connected";
    struct raw_link_object *object = raw_link_self(L, call);
    const sim_ns timeout = task_timeout_argument(L, 2, call);
    struct task *task = task_current(L, "%s: %s", object->raw->name, call);

    return wait_connected(L, task, timeout, false);
}

/* --- how it ends --- */

int raw_link_wait(lua_State *L, const char *call, int timeout_at, lua_KFunction k)
{
    const struct raw_link_object *object = raw_link_self(L, call);
    const sim_ns timeout = task_timeout_argument(L, timeout_at, call);
    struct task *task = task_current(L, "%s: %s", object->raw->name, call);

    lua_settop(L, timeout_at - 1);
    task_begin_wait(task, timeout);
    return k(L, LUA_OK, (lua_KContext)task);
}

static int wait_closed_k(lua_State *L, int status, lua_KContext context)
{
    struct task *task = (struct task *)context;
    const struct raw_link_object *object = raw_link_self(L, "raw_link:wait_closed");

    (void)status;
    if (object->closed) {
        const char *name = hci_error_name(object->reason);
        lua_pushinteger(L, object->reason);
        lua_pushstring(L, name ? name : "unknown");
        return 2;
    }
    if (task_timed_out(task))
        return failure_raise(L, BLR_ERR_TIMEOUT, task->what, "the link is still there");
    return task_wait(task, &((struct raw_link_object *)object)->changed, wait_closed_k, context);
}

static int link_wait_closed(lua_State *L)
{
    return raw_link_wait(L, "raw_link:wait_closed", 2, wait_closed_k);
}

static int link_stop(lua_State *L)
{
    raw_link_stop(raw_link_self(L, "raw_link:stop")->link);
    return 0;
}

/* --- fields --- */

static struct raw_link_object *field_of(lua_State *L)
{
    return raw_link_self(L, "raw_link");
}

static const struct ll_connect_ind *ind_of(lua_State *L)
{
    const struct ll_connect_ind *ind = raw_link_connect_ind(field_of(L)->link);

    if (!ind)
        luaL_error(L, "raw_link: nobody has connected");
    return ind;
}

static int field_up(lua_State *L)
{
    lua_pushboolean(L, raw_link_up(field_of(L)->link));
    return 1;
}

static int field_reason(lua_State *L)
{
    const struct raw_link_object *object = field_of(L);

    if (object->closed)
        lua_pushinteger(L, object->reason);
    else
        lua_pushnil(L);
    return 1;
}

static int field_role(lua_State *L)
{
    lua_pushstring(L, raw_link_central(field_of(L)->link) ? "central" : "peripheral");
    return 1;
}

static int field_event(lua_State *L)
{
    lua_pushinteger(L, raw_link_event(field_of(L)->link));
    return 1;
}

static int field_pending(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)raw_link_pending(field_of(L)->link));
    return 1;
}

static int field_access_address(lua_State *L)
{
    lua_pushinteger(L, ind_of(L)->access_address);
    return 1;
}

static int field_crc_init(lua_State *L)
{
    lua_pushinteger(L, ind_of(L)->crc_init);
    return 1;
}

static int field_interval(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)(ind_of(L)->interval_1250us * SIM_US(1250)));
    return 1;
}

static int field_address(lua_State *L)
{
    ind_of(L);
    value_push_address(L, &field_of(L)->own);
    return 1;
}

static int field_peer(lua_State *L)
{
    ind_of(L);
    value_push_address(L, &field_of(L)->peer);
    return 1;
}

static int field_peer_type(lua_State *L)
{
    ind_of(L);
    lua_pushstring(L, field_of(L)->peer.type == BD_ADDR_RANDOM ? "random" : "public");
    return 1;
}

static int field_counts(lua_State *L)
{
    const struct raw_link_counts *counts = raw_link_counts(field_of(L)->link);
    const struct {
        const char *name;
        uint64_t count;
    } rows[] = {
        {"events", counts->events},     {"missed", counts->missed}, {"bad_crc", counts->bad_crc},
        {"repeated", counts->repeated}, {"sent", counts->sent},     {"resent", counts->resent},
    };

    lua_createtable(L, 0, 6);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        lua_pushinteger(L, (lua_Integer)rows[i].count);
        lua_setfield(L, -2, rows[i].name);
    }
    return 1;
}

static const char *title(void *user)
{
    const struct raw_link_object *object = user;

    return object->raw->name;
}

static const luaL_Reg methods[] = {
    {"answer", raw_link_answer},
    {"control", raw_link_tx_control},
    {"encrypt", raw_link_tx_encrypt},
    {"flush", raw_link_tx_flush},
    {"hold", raw_link_tx_hold},
    {"l2cap", raw_link_tx_l2cap},
    {"next", raw_link_next},
    {"next_control", raw_link_next_control},
    {"next_l2cap", raw_link_next_l2cap},
    {"on_heard", raw_link_on_heard},
    {"plain", raw_link_tx_plain},
    {"send", raw_link_tx_send},
    {"silence", raw_link_tx_silence},
    {"stop", link_stop},
    {"wait_closed", link_wait_closed},
    {"wait_connected", link_wait_connected},
    {NULL, NULL},
};

static const luaL_Reg fields[] = {
    {"access_address", field_access_address},
    {"address", field_address},
    {"counts", field_counts},
    {"crc_init", field_crc_init},
    {"event", field_event},
    {"interval", field_interval},
    {"peer", field_peer},
    {"peer_type", field_peer_type},
    {"pending", field_pending},
    {"reason", field_reason},
    {"role", field_role},
    {"up", field_up},
    {NULL, NULL},
};

const struct object_type raw_link_type = {"raw_link", methods, fields, title};
