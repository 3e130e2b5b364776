/* SPDX-License-Identifier: MIT */
#include "script_dongle.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "backend.h"
#include "bond_store.h"
#include "engine/dongle.h"
#include "engine/vitals.h"
#include "place.h"
#include "sim/controller.h"
#include "text.h"
#include "traces/writer.h"

enum {
    DONGLE_COST = 20000,       /* instructions, as a device */
    DONGLE_MEMORY = 24 * 1024, /* with its line */
};

struct script_dongle {
    struct script_dongle *next;
    struct run *run;
    char name[NAME_SIZE];
    char port_name[PORT_NAME_SIZE];
    struct room_dongle *room;
    struct serial_port port;
    struct bond_store bonds;
    struct trace_writer *writer;
    struct text path, part;
    struct vitals_file file;
};

static void started(void *user, int error)
{
    const struct script_dongle *dongle = user;

    if (error && !dongle->run->closing)
        run_end(dongle->run, SCENARIO_TROUBLE, "%s: the dongle did not start: %s\n", dongle->name,
                blr_strerror(error));
}

static void opened(void *user)
{
    room_dongle_open(user);
}

/* --- the declaration --- */

static void take_port(const struct opts *opts, struct script_dongle *dongle)
{
    struct run *run = dongle->run;
    size_t len = 0;
    unsigned count = 0;
    const char *name = opts_string(opts, "port", &len);

    if (name && (len == 0 || len >= sizeof dongle->port_name || strlen(name) != len))
        luaL_error(opts->L, "dongle: port is a name of 1 to %d letters", PORT_NAME_SIZE - 1);
    for (const struct script_dongle *other = run->dongles; other; other = other->next)
        count++;
    if (name)
        memcpy(dongle->port_name, name, len + 1);
    else
        snprintf(dongle->port_name, sizeof dongle->port_name, "/dev/ttyACM%u", count);
    for (const struct serial_port *other = run->serial_ports; other; other = other->next)
        if (strcmp(other->port.name, dongle->port_name) == 0)
            luaL_error(opts->L, "dongle: there is a port %s already", dongle->port_name);
}

static struct room_dongle_config read_config(const struct opts *opts, struct script_dongle *dongle)
{
    struct room_dongle_config config = {
        .device = {.name = dongle->name, .profile = sim_controller_profile_default()},
        .boot_event = opts_bool(opts, "boot_event", false),
        .started = started,
        .user = dongle,
    };
    struct sim_controller_profile *profile = &config.device.profile;
    char what[96];

    profile->power_dbm = (int8_t)opts_integer(opts, "power", profile->power_dbm, -127, 20);
    if (opts_push(opts, "address")) {
        profile->address = value_address(opts->L, -1, opts_what(opts, "address", what), "public");
        lua_pop(opts->L, 1);
    }
    return config;
}

static void open_trace(struct script_dongle *dongle)
{
    struct run *run = dongle->run;

    if (!run_make_trace_folder(run))
        return;
    text_add(&dongle->path, "%s/%s.btsnoop", run->trace_folder, dongle->name);
    if (trace_writer_btsnoop(text_get(&dongle->path), &dongle->writer) != 0) {
        run_end(run, SCENARIO_TROUBLE, "%s: cannot be written: %s\n", text_get(&dongle->path),
                strerror(errno));
        return;
    }
    text_add(&dongle->part, "%s.part", text_get(&dongle->path));
    dongle->file.path = text_get(&dongle->part);
    vitals_add_file(run->options->vitals, &dongle->file);
    sim_controller_trace(room_dongle_controller(dongle->room), trace_writer_sink(dongle->writer));
}

static void make_port(struct script_dongle *dongle)
{
    dongle->port.port = (struct blr_bgapi_port){
        .name = dongle->port_name,
        .vendor_id = BLR_BLED112_VENDOR_ID,
        .product_id = BLR_BLED112_PRODUCT_ID,
        .end = room_dongle_port(dongle->room),
        .open = opened,
        .user = dongle->room,
    };
    serial_port_add(dongle->run, &dongle->port);
}

/* It starts as the world runs; who opens its port at once has his commands wait. */
int dongle_declare(lua_State *L)
{
    static const char *const known[] = {"address",  "boot_event", "name", "port",
                                        "position", "power",      NULL};
    struct run *run = run_of(L);
    const struct opts opts = opts_open(L, 1, "dongle", known, false);
    const char *name = place_name(&opts);
    const struct radio_position position = place_position_option(&opts);

    sandbox_charge(L, DONGLE_COST);
    sandbox_charge_memory(L, DONGLE_MEMORY);
    struct script_dongle *dongle = run_alloc_or_raise(L, sizeof *dongle);
    dongle->run = run;
    snprintf(dongle->name, sizeof dongle->name, "%s", name);
    take_port(&opts, dongle);
    const struct room_dongle_config config = read_config(&opts, dongle);
    int error = room_dongle_new(run->world, &config, &dongle->room);
    if (error)
        return luaL_error(L, "dongle: '%s' cannot be made: %s", dongle->name, blr_strerror(error));
    dongle->next = run->dongles;
    run->dongles = dongle;
    radio_set_position(dongle_radio(dongle), position);
    bond_store_open(&dongle->bonds, run, room_dongle_host(dongle->room), dongle->name);
    open_trace(dongle);
    make_port(dongle);
    error = room_dongle_start(dongle->room);
    if (error)
        return luaL_error(L, "dongle: '%s' cannot be started: %s", dongle->name,
                          blr_strerror(error));
    object_push(L, &dongle_type, dongle);
    return 1;
}

/* --- for the run --- */

void dongle_close_traces(struct run *run, bool keep)
{
    for (struct script_dongle *dongle = run->dongles; dongle; dongle = dongle->next) {
        sim_controller_trace(room_dongle_controller(dongle->room), NULL);
        if (!dongle->writer)
            continue;
        if (!keep)
            trace_writer_abort(dongle->writer);
        else if (trace_writer_close(dongle->writer) != 0)
            run_end(run, SCENARIO_TROUBLE, "%s: cannot be written: %s\n", text_get(&dongle->path),
                    strerror(errno));
        dongle->writer = NULL;
    }
}

void dongle_remove_traces(struct run *run)
{
    for (struct script_dongle *dongle = run->dongles; dongle; dongle = dongle->next)
        if (dongle->path.len)
            unlink(text_get(&dongle->path));
}

void dongle_close_all(struct run *run)
{
    for (struct script_dongle *dongle = run->dongles; dongle; dongle = dongle->next) {
        text_free(&dongle->path);
        text_free(&dongle->part);
        room_dongle_free(dongle->room);
        dongle->room = NULL;
        bond_store_close(&dongle->bonds);
    }
}

const char *dongle_name(const struct script_dongle *dongle)
{
    return dongle->name;
}

struct radio *dongle_radio(const struct script_dongle *dongle)
{
    return sim_controller_radio(room_dongle_controller(dongle->room));
}

const struct script_dongle *dongle_named(const struct run *run, const char *name)
{
    const struct script_dongle *dongle = run->dongles;

    while (dongle && strcmp(dongle->name, name) != 0)
        dongle = dongle->next;
    return dongle;
}

/* --- the type --- */

static int dongle_move(lua_State *L)
{
    struct script_dongle *dongle = object_check(L, 1, &dongle_type, "dongle:move");
    const struct radio_position position = place_position(L, 2, "dongle:move");

    radio_set_position(dongle_radio(dongle), position);
    return 0;
}

static int field_name(lua_State *L)
{
    const struct script_dongle *dongle = object_check(L, 1, &dongle_type, "dongle.name");

    lua_pushstring(L, dongle->name);
    return 1;
}

static int field_port(lua_State *L)
{
    const struct script_dongle *dongle = object_check(L, 1, &dongle_type, "dongle.port");

    lua_pushstring(L, dongle->port_name);
    return 1;
}

static const char *title(void *object)
{
    return dongle_name(object);
}

static const luaL_Reg methods[] = {{"move", dongle_move}, {NULL, NULL}};
static const luaL_Reg fields[] = {{"name", field_name}, {"port", field_port}, {NULL, NULL}};

const struct object_type dongle_type = {"dongle", methods, fields, title};
