/* SPDX-License-Identifier: MIT */
#include "place.h"

#include <string.h>

#include "device.h"
#include "raw.h"
#include "script_dongle.h"
#include "served_ends.h"

/* Names go into file names and into the order of events. */
bool place_name_good(const char *name, size_t len)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";

    return len > 0 && len < NAME_SIZE && name[0] != '.' && strlen(name) == len &&
           strspn(name, allowed) == len;
}

bool place_name_taken(const struct run *run, const char *name)
{
    for (const struct device *device = run->devices; device; device = device->next)
        if (strcmp(device->name, name) == 0)
            return true;
    for (const struct raw *raw = run->raws; raw; raw = raw->next)
        if (strcmp(raw->name, name) == 0)
            return true;
    return dongle_named(run, name) != NULL;
}

const char *place_name(const struct opts *opts)
{
    size_t len = 0;
    const char *name = opts_string(opts, "name", &len);

    if (!name)
        luaL_error(opts->L, "%s: a %s has a name", opts->call, opts->call);
    if (!place_name_good(name, len))
        luaL_error(opts->L,
                   "%s: a name has 1 to 64 letters, digits, '_', '-' and '.' and does not begin "
                   "with '.'",
                   opts->call);
    if (place_name_taken(run_of(opts->L), name))
        luaL_error(opts->L, "%s: there is a device '%s' already", opts->call, name);
    if (served_ends_have(run_of(opts->L), name))
        luaL_error(opts->L, "%s: there is an end '%s' already", opts->call, name);
    return name;
}

struct radio_position place_position(lua_State *L, int index, const char *what)
{
    static const char *const axes[] = {"x", "y", "z", NULL};
    int32_t mm[3] = {0};

    if (lua_type(L, index) != LUA_TTABLE)
        luaL_error(L, "%s must be metres, such as { x = 1.5, y = 0 }, got %s", what,
                   luaL_typename(L, index));
    const struct opts opts = opts_open(L, index, what, axes, false);
    for (int i = 0; i < 3; i++) {
        char text[96];
        if (!opts_push(&opts, axes[i]))
            continue;
        mm[i] = (int32_t)value_scaled(L, -1, opts_what(&opts, axes[i], text), 1000, -10000000,
                                      10000000);
        lua_pop(L, 1);
    }
    return (struct radio_position){mm[0], mm[1], mm[2]};
}

struct radio_position place_position_option(const struct opts *opts)
{
    struct radio_position position = {0};
    char what[96];

    if (!opts_push(opts, "position"))
        return position;
    position = place_position(opts->L, lua_gettop(opts->L), opts_what(opts, "position", what));
    lua_pop(opts->L, 1);
    return position;
}

const char *place_name_of(lua_State *L, int index)
{
    const struct device *device = object_test(L, index, &device_type);

    const struct script_dongle *dongle = object_test(L, index, &dongle_type);

    if (device)
        return device->name;
    if (dongle)
        return dongle_name(dongle);
    const struct raw *raw = object_test(L, index, &raw_type);
    if (!raw)
        raw = object_test(L, index, &sniffer_type);
    return raw ? raw->name : NULL;
}

struct radio *place_next_radio(lua_State *L, int index, const struct radio *radio)
{
    const struct device *device = object_test(L, index, &device_type);

    if (device) {
        device_must_be_inside(L, device, "path_loss");
        return radio ? NULL : sim_controller_radio(room_device_controller(device->room));
    }
    const struct script_dongle *dongle = object_test(L, index, &dongle_type);
    if (dongle)
        return radio ? NULL : dongle_radio(dongle);
    const struct raw *raw = object_test(L, index, &raw_type);
    if (!raw)
        raw = object_test(L, index, &sniffer_type);
    return raw ? raw_next_radio(raw, radio) : NULL;
}
