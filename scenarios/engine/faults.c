/* SPDX-License-Identifier: MIT */
#include "faults.h"

#include <string.h>

#include "device.h"
#include "failure.h"
#include "opts.h"
#include "place.h"

struct fault {
    uint32_t id;
    bool removed;
};

/* The radio keeps it, and asks it for each packet. */
static void charge(lua_State *L)
{
    enum { INSTRUCTIONS = 5000, BYTES = 256 };

    sandbox_charge(L, INSTRUCTIONS);
    sandbox_charge_memory(L, BYTES);
}

static struct radio_medium *medium_of(lua_State *L)
{
    return sim_world_medium(run_of(L)->world);
}

/* A device, or a device's name. NULL: any. */
static const char *device_name(const struct opts *opts, const char *field)
{
    const char *name;

    if (!opts_push(opts, field))
        return NULL;
    name = place_name_of(opts->L, -1);
    if (!name) {
        if (lua_type(opts->L, -1) != LUA_TSTRING)
            luaL_error(opts->L, "%s: %s must be a device or its name, got %s", opts->call, field,
                       luaL_typename(opts->L, -1));
        name = lua_tostring(opts->L, -1);
        if (!place_name_taken(run_of(opts->L), name))
            luaL_error(opts->L, "%s: %s: there is no device '%s'", opts->call, field, name);
    }
    lua_pop(opts->L, 1);
    return name;
}

static enum radio_rule_kind read_kind(const struct opts *opts)
{
    const char *kind = opts_string(opts, "kind", NULL);

    if (!kind)
        return RADIO_RULE_ANY;
    if (strcmp(kind, "advertising") == 0)
        return RADIO_RULE_ADVERTISING;
    if (strcmp(kind, "data") == 0)
        return RADIO_RULE_DATA;
    luaL_error(opts->L, "%s: kind is \"advertising\" or \"data\", not '%s'", opts->call, kind);
    return RADIO_RULE_ANY;
}

static uint32_t read_chance(const struct opts *opts)
{
    char what[96];

    if (!opts_push(opts, "chance"))
        return 0;
    const lua_Integer ppm =
        value_scaled(opts->L, -1, opts_what(opts, "chance", what), 1000000, 1, 1000000);
    lua_pop(opts->L, 1);
    return (uint32_t)ppm;
}

static int add_rule(lua_State *L, const char *call, enum radio_rule_action action)
{
    static const char *const known[] = {
        "after", "before", "chance", "channel", "count", "from", "kind", "skip", "to", NULL,
    };
    const struct opts opts = opts_open(L, 1, call, known, true);
    struct radio_rule rule = {
        .action = action,
        .kind = read_kind(&opts),
        .from = device_name(&opts, "from"),
        .to = device_name(&opts, "to"),
        .after = opts_time(&opts, "after", 0),
        .before = opts_time(&opts, "before", 0),
        .skip = (uint32_t)opts_integer(&opts, "skip", 0, 0, UINT32_MAX),
        .count = (uint32_t)opts_integer(&opts, "count", 0, 1, UINT32_MAX),
        .chance_ppm = read_chance(&opts),
    };

    if (opts_has(&opts, "channel")) {
        const uint8_t channel = (uint8_t)opts_integer(&opts, "channel", 0, 0, 39);
        rule.mhz_low = rule.mhz_high = ll_channel_mhz(channel);
    }
    charge(L);
    struct fault *fault = run_alloc_or_raise(L, sizeof *fault);
    const int error = radio_medium_add_rule(medium_of(L), &rule, &fault->id);
    if (error)
        return failure_raise(L, error, call, NULL);
    object_push(L, &fault_type, fault);
    return 1;
}

static int global_lose(lua_State *L)
{
    return add_rule(L, "lose", RADIO_RULE_LOSE);
}

static int global_corrupt(lua_State *L)
{
    return add_rule(L, "corrupt", RADIO_RULE_CORRUPT);
}

static int fault_remove(lua_State *L)
{
    struct fault *fault = object_check(L, 1, &fault_type, "fault:remove");

    if (!fault->removed)
        radio_medium_remove_rule(medium_of(L), fault->id);
    fault->removed = true;
    return 0;
}

static int global_interferer(lua_State *L)
{
    static const char call[] = "interferer";
    static const char *const known[] = {
        "after", "before", "channel", "mhz", "power", "width", NULL,
    };
    const struct opts opts = opts_open(L, 1, call, known, false);
    uint16_t mhz = (uint16_t)opts_integer(&opts, "mhz", 0, 2400, 2483);

    if (opts_has(&opts, "channel") == opts_has(&opts, "mhz"))
        return luaL_error(L, "%s: either a channel or mhz is needed", call);
    if (!mhz)
        mhz = ll_channel_mhz((uint8_t)opts_integer(&opts, "channel", 0, 0, 39));
    charge(L);
    const int error = radio_medium_add_interferer(
        medium_of(L), mhz, (uint16_t)opts_integer(&opts, "width", 2, 1, 84),
        (int16_t)(opts_integer(&opts, "power", -40, -127, 20) * 10),
        opts_time(&opts, "after", sim_world_now(run_of(L)->world)),
        opts_time(&opts, "before", SIM_NEVER));
    if (error)
        return failure_raise(L, error, call, NULL);
    return 0;
}

static int global_path_loss(lua_State *L)
{
    static const char call[] = "path_loss";
    int error = 0;

    for (int i = 1; i <= 2; i++)
        if (!place_name_of(L, i))
            object_check(L, i, &device_type, call);
    const lua_Integer loss = value_scaled(L, 3, "path_loss: the loss in dB", 10, 0, 3000);
    if (lua_rawequal(L, 1, 2))
        return luaL_error(L, "path_loss: two devices are needed");
    for (struct radio *a = NULL; !error && (a = place_next_radio(L, 1, a));) {
        for (struct radio *b = NULL; !error && (b = place_next_radio(L, 2, b));) {
            charge(L);
            error = radio_set_path_loss(a, b, (int16_t)loss);
        }
    }
    if (error)
        return failure_raise(L, error, call, NULL);
    return 0;
}

/* The name of a verdict as a field: "lost by rule" is lost_by_rule. */
static void push_verdict_name(lua_State *L, enum radio_verdict verdict)
{
    char name[32];
    size_t len = 0;

    for (const char *from = radio_verdict_name(verdict); *from && len < sizeof name - 1; from++)
        name[len++] = *from == ' ' ? '_' : *from;
    lua_pushlstring(L, name, len);
}

static int global_radio_stats(lua_State *L)
{
    const struct radio_stats *stats = radio_medium_stats(medium_of(L));

    lua_createtable(L, 0, RADIO_VERDICTS + 1);
    lua_pushinteger(L, (lua_Integer)stats->sent);
    lua_setfield(L, -2, "sent");
    for (int verdict = 0; verdict < RADIO_VERDICTS; verdict++) {
        push_verdict_name(L, (enum radio_verdict)verdict);
        lua_pushinteger(L, (lua_Integer)stats->verdict[verdict]);
        lua_rawset(L, -3);
    }
    return 1;
}

const luaL_Reg faults_globals[] = {
    {"corrupt", global_corrupt},     {"interferer", global_interferer},   {"lose", global_lose},
    {"path_loss", global_path_loss}, {"radio_stats", global_radio_stats}, {NULL, NULL},
};

static const luaL_Reg methods[] = {{"remove", fault_remove}, {NULL, NULL}};

const struct object_type fault_type = {"fault", methods, NULL, NULL};
