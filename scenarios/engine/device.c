/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700
#include "device.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bluetooth.h"
#include "failure.h"
#include "opts.h"
#include "outside.h"
#include "place.h"
#include "traces/writer.h"

enum {
    DEVICE_COST = 20000,      /* instructions: starting takes some forty commands */
    DEVICE_MEMORY = 12 << 10, /* of its host and controller */
};

struct device *device_self(lua_State *L, const char *call)
{
    struct device *device = object_check(L, 1, &device_type, call);

    device_touch(device);
    return device;
}

void device_touch(struct device *device)
{
    device->touched = ++device->run->touches;
}

struct blr_host *device_host(struct device *device)
{
    return room_device_host(device->room);
}

void device_must_be_inside(lua_State *L, const struct device *device, const char *call)
{
    if (device->where)
        luaL_error(L, "%s: the controller of %s is outside (%s), and its radio not ours", call,
                   device->name, device->where);
}

/* --- declaring --- */

struct declaration {
    struct room_device_config config;
    struct blr_preferred_parameters preferred;
    bool asks; /* for what it prefers */
    struct radio_position position;
    lua_Integer sensitivity_dbm;
};

static void read_address(const struct opts *opts, struct declaration *declaration)
{
    struct room_device_config *config = &declaration->config;
    char what[96];

    if (!opts_push(opts, "address")) {
        if (opts_has(opts, "address_type"))
            luaL_error(opts->L, "device: address_type without an address");
        return;
    }
    const struct bd_addr address = value_address(opts->L, -1, opts_what(opts, "address", what),
                                                 opts_string(opts, "address_type", NULL));
    lua_pop(opts->L, 1);
    if (address.type == BD_ADDR_PUBLIC) {
        config->profile.address = address;
        return;
    }
    if (bd_addr_random_kind(&address) != 3)
        luaL_error(opts->L, "device: address: a static random address has its top two bits set");
    config->random_address = address;
    config->own_address_type = BD_ADDR_RANDOM;
}

/* The class that a clock of so many ppm belongs to (Core v5.4, Vol 6, Part B, 2.3.3.1). */
static uint8_t read_sca(const struct opts *opts, uint8_t usual)
{
    static const uint16_t worst[] = {500, 250, 150, 100, 75, 50, 30, 20};
    uint8_t sca = 7;

    if (!opts_has(opts, "sca"))
        return usual;
    const lua_Integer ppm = opts_integer(opts, "sca", 0, 0, 500);
    while (worst[sca] < ppm)
        sca--;
    return sca;
}

static struct opts read_declaration(lua_State *L, struct declaration *declaration)
{
    static const char *const known[] = {
        "acl_len",       "acl_packets",   "address",  "address_type",    "appearance",
        "device_name",   "drift",         "features", "max_connections", "min_used_channels",
        "mtu",           "name",          "name_writable", "pin",        "position",
        "power",         "preferred",     "privacy",  "sca",             "security",
        "sensitivity",   NULL,
    };
    const struct opts opts = opts_open(L, 1, "device", known, false);
    struct sim_controller_profile profile = sim_controller_profile_default();
    const char *name = place_name(&opts);

    profile.power_dbm = (int8_t)opts_integer(&opts, "power", profile.power_dbm, -127, 20);
    profile.acl_packets = (uint8_t)opts_integer(&opts, "acl_packets", profile.acl_packets, 1, 255);
    profile.acl_data_len = (uint16_t)opts_integer(&opts, "acl_len", profile.acl_data_len, 27, 251);
    profile.max_connections =
        (uint8_t)opts_integer(&opts, "max_connections", profile.max_connections, 1, 16);
    profile.le_features = opts_features(&opts, "features", profile.le_features);
    profile.min_used_channels = (uint8_t)opts_integer(&opts, "min_used_channels", 0, 2, 37);
    profile.drift_ppm = (int16_t)opts_integer(&opts, "drift", 0, -1000, 1000);
    profile.sca = read_sca(&opts, profile.sca);
    declaration->config = (struct room_device_config){
        .name = name,
        .profile = profile,
        .device_name = opts_string(&opts, "device_name", NULL),
        .device_name_writable = opts_bool(&opts, "name_writable", false),
        .appearance = (uint16_t)opts_integer(&opts, "appearance", 0, 0, 0xFFFF),
        .mtu = (uint16_t)opts_integer(&opts, "mtu", 0, 23, 517),
    };
    declaration->sensitivity_dbm = opts_integer(&opts, "sensitivity", 0, -127, 0);
    read_address(&opts, declaration);
    if (opts_push(&opts, "preferred")) {
        declaration->asks =
            preferred_read(L, lua_gettop(L), "device: preferred", &declaration->preferred);
        declaration->config.preferred = &declaration->preferred;
        lua_pop(L, 1);
    }
    declaration->position = place_position_option(&opts);
    return opts;
}

static void connected(struct blr_conn *link, void *user)
{
    conn_opened(user, link);
}

static void disconnected(struct blr_conn *link, uint8_t reason, void *user)
{
    conn_closed(user, link, reason);
}

static bool params_requested(struct blr_conn *conn, const struct blr_conn_params *params,
                             void *user)
{
    const struct device *device = user;

    (void)conn;
    (void)params;
    return !device->refuses_updates;
}

/* Its host knows that the power is off. */
static void gone(struct device *device)
{
    device->power = POWER_OFF;
    task_complete(device->starter, 0);
    device->starter = NULL;
}

static void up(struct blr_host *host, int error, void *user)
{
    struct device *device = user;
    const bool stays = !device->run->closing && device->power != POWER_GOING;

    (void)host;
    if (!error && stays && bluetooth_start(device, up))
        return;
    device->up = !error;
    if (device->run->closing)
        return;
    if (device->power == POWER_GOING) { /* it went while it started */
        if (error)
            gone(device);
        return;
    }
    if (error && device->where)
        outside_failed(device, SCENARIO_TROUBLE, error);
    else if (error)
        run_end(device->run, SCENARIO_TROUBLE, "%s: the host did not start: %s\n", device->name,
                blr_strerror(error));
    if (device->starter)
        task_complete(device->starter, error);
    device->starter = NULL;
}

/* Private from the beginning, if it is to be, so that nobody ever sees its identity. */
static void started(struct blr_host *host, int error, void *user)
{
    struct device *device = user;

    if (!error && device->power != POWER_GOING && device->security.wants_privacy) {
        error = device_privacy_start(device, up);
        if (!error)
            return;
    }
    up(host, error, device);
}

static void failed(struct blr_host *host, int error, void *user)
{
    struct device *device = user;

    (void)host;
    if (device->run->closing || device->run->over)
        return;
    device->up = false;
    if (device->power == POWER_GOING) {
        gone(device);
        return;
    }
    if (device->where)
        outside_failed(device, SCENARIO_FAILED, error);
    else
        run_end(device->run, SCENARIO_FAILED, "%s: its controller failed: %s\n", device->name,
                blr_strerror(error));
}

static void open_trace(struct device *device)
{
    struct run *run = device->run;

    if (!run_make_trace_folder(run))
        return;
    text_add(&device->trace_path, "%s/%s.btsnoop", run->trace_folder, device->name);
    if (trace_writer_btsnoop(text_get(&device->trace_path), &device->writer) != 0) {
        run_end(run, SCENARIO_TROUBLE, "%s: cannot be written: %s\n", text_get(&device->trace_path),
                strerror(errno));
        return;
    }
    text_add(&device->trace_part, "%s.part", text_get(&device->trace_path));
    device->trace_file.path = text_get(&device->trace_part);
    vitals_add_file(run->options->vitals, &device->trace_file);
    device->packets.file = trace_writer_sink(device->writer);
}

static void set_radio(struct device *device, const struct declaration *declaration)
{
    struct sim_controller *controller = room_device_controller(device->room);

    if (!controller)
        return;
    struct radio *radio = sim_controller_radio(controller);
    radio_set_position(radio, declaration->position);
    if (declaration->sensitivity_dbm)
        radio->sensitivity_ddbm = (int16_t)(declaration->sensitivity_dbm * 10);
}

int device_start(struct device *device)
{
    return blr_host_start(device_host(device), started, device);
}

static int declared(lua_State *L, int status, lua_KContext context)
{
    struct device *device = (struct device *)context;

    (void)status;
    object_push(L, &device_type, device);
    return 1;
}

int device_declare(lua_State *L)
{
    static const struct blr_gap_listener listener = {
        .connected = connected,
        .disconnected = disconnected,
        .params_requested = params_requested,
    };
    struct declaration declaration = {0};
    struct run *run = run_of(L);
    struct task *task = run->started ? task_current(L, "device") : NULL;

    const struct opts opts = read_declaration(L, &declaration);
    sandbox_charge(L, DEVICE_COST);
    sandbox_charge_memory(L, DEVICE_MEMORY);
    struct device *device = run_alloc_or_raise(L, sizeof *device);
    device->run = run;
    device->conns_end = &device->conns;
    device->services_end = &device->services;
    snprintf(device->name, sizeof device->name, "%s", declaration.config.name);
    device->where = outside_where(run, device->name);
    declaration.config.outside = device->where != NULL;
    if (device->where)
        outside_tell(device, &opts, &declaration.config);
    sim_stream_init(&device->stream, run->options->seed, device->name, "script");
    const int error = room_device_new(run->world, &declaration.config, &device->room);
    if (error)
        return luaL_error(L, "device: '%s' cannot be made: %s", device->name, blr_strerror(error));
    *run->devices_end = device;
    run->devices_end = &device->next;
    bond_store_open(&device->bonds, run, device_host(device), device->name);
    set_radio(device, &declaration);
    packets_init(&device->packets);
    room_device_trace(device->room, &device->packets.sink);
    open_trace(device);
    blr_gap_listen(device_host(device), &listener, device);
    blr_host_on_failure(device_host(device), failed, device);
    if (declaration.asks && blr_gap_prefer(device_host(device), &declaration.preferred, true) != 0)
        return luaL_error(L, "device: out of memory");
    device_security_declare(L, device, &opts);
    device->declared = true;
    if (device_start(device) != 0)
        return luaL_error(L, "device: '%s' cannot be started", device->name);
    if (!task)
        return declared(L, LUA_OK, (lua_KContext)device);
    device->starter = task;
    task_start_operation(task);
    return task_await(task, declared, (lua_KContext)device);
}

bool device_start_all(struct run *run)
{
    for (struct device *device = run->devices; device; device = device->next)
        while (device->declared && !device->up && !run->over)
            if (!sim_world_step(run->world, SIM_NEVER))
                run_end(run, SCENARIO_TROUBLE, "%s: the host did not start\n", device->name);
    return !run->over;
}

void device_publish_all(struct run *run)
{
    run->unpublished = false;
    for (struct device *device = run->devices; device && !run->over; device = device->next)
        server_publish(device);
}

void device_close_traces(struct run *run, bool keep)
{
    for (struct device *device = run->devices; device; device = device->next) {
        /* What the host says while it goes is no part of the story. */
        if (device->room)
            room_device_trace(device->room, NULL);
        if (!device->writer)
            continue;
        if (!keep)
            trace_writer_abort(device->writer);
        else if (trace_writer_close(device->writer) != 0)
            run_end(run, SCENARIO_TROUBLE, "%s: cannot be written: %s\n",
                    text_get(&device->trace_path), strerror(errno));
        device->writer = NULL;
    }
}

void device_remove_traces(struct run *run)
{
    for (struct device *device = run->devices; device; device = device->next)
        if (device->trace_path.len)
            unlink(text_get(&device->trace_path));
}

void device_close_all(struct run *run)
{
    for (struct device *device = run->devices; device; device = device->next) {
        scan_close(device);
        text_free(&device->trace_path);
        text_free(&device->trace_part);
        bluetooth_close(device);
        room_device_free(device->room);
        device->room = NULL;
        bond_store_close(&device->bonds);
    }
}

/* --- the type --- */

static int field_name(lua_State *L)
{
    const struct device *device = object_check(L, 1, &device_type, "device.name");

    lua_pushstring(L, device->name);
    return 1;
}

static int field_address(lua_State *L)
{
    struct device *device = object_check(L, 1, &device_type, "device.address");

    value_push_address(L, blr_host_address(device_host(device)));
    return 1;
}

static int field_address_type(lua_State *L)
{
    struct device *device = object_check(L, 1, &device_type, "device.address_type");
    const struct bd_addr *address = blr_host_address(device_host(device));

    lua_pushstring(L, address->type == BD_ADDR_RANDOM ? "random" : "public");
    return 1;
}

static int device_move(lua_State *L)
{
    struct device *device = device_self(L, "device:move");

    device_must_be_inside(L, device, "device:move");
    const struct radio_position position = place_position(L, 2, "device:move");

    radio_set_position(sim_controller_radio(room_device_controller(device->room)), position);
    return 0;
}

static const char *title(void *object)
{
    const struct device *device = object;

    return device->name;
}

static const luaL_Reg methods[] = {
    {"accept_updates", device_accept_updates},
    {"advertise", device_advertise},
    {"advertise_stop", device_advertise_stop},
    {"agent", device_agent},
    {"bond", device_bond},
    {"bonds", device_bonds},
    {"connect", device_connect},
    {"connections", device_connections},
    {"export_bonds", device_export_bonds},
    {"forget", device_forget},
    {"freeze", device_freeze},
    {"import_bonds", device_import_bonds},
    {"listen_l2cap", device_listen_l2cap},
    {"make_oob", device_make_oob},
    {"move", device_move},
    {"observe", device_observe},
    {"power_off", device_power_off},
    {"power_on", device_power_on},
    {"prefer", device_prefer},
    {"privacy", device_privacy},
    {"privacy_mode", device_privacy_mode},
    {"scan", device_scan},
    {"scan_all", device_scan_all},
    {"script", device_script},
    {"security", device_security},
    {"service", device_service},
    {"set_pin", device_set_pin},
    {"take_oob", device_take_oob},
    {"thaw", device_thaw},
    {"use_channels", device_use_channels},
    {"wait_connected", device_wait_connected},
    {NULL, NULL},
};

static const luaL_Reg fields[] = {
    {"address", field_address},
    {"address_type", field_address_type},
    {"advertising", device_field_advertising},
    {"irk", device_field_irk},
    {"name", field_name},
    {"own_address", device_field_own_address},
    {"powered", device_field_powered},
    {NULL, NULL},
};

const struct object_type device_type = {"device", methods, fields, title};
