/* SPDX-License-Identifier: MIT */
/* Private addresses of a device. */
#include <string.h>

#include "device.h"
#include "failure.h"
#include "opts.h"
#include "security.h"

static enum blr_privacy_mode mode_word(lua_State *L, const char *word, const char *call)
{
    if (strcmp(word, "network") != 0 && strcmp(word, "device") != 0)
        luaL_error(L, "%s: a mode is \"network\" or \"device\", not '%s'", call, word);
    return word[0] == 'd' ? BLR_DEVICE_PRIVACY : BLR_NETWORK_PRIVACY;
}

void device_privacy_read(lua_State *L, int index, const char *call,
                         struct blr_privacy_params *params)
{
    static const char *const known[] = {"by_host", "mode", "on", "timeout", NULL};

    *params = (struct blr_privacy_params){.on = true, .mode = BLR_DEVICE_PRIVACY};
    if (lua_type(L, index) == LUA_TBOOLEAN) {
        params->on = lua_toboolean(L, index);
        return;
    }
    const struct opts opts = opts_open(L, index, call, known, false);
    const char *mode = opts_string(&opts, "mode", NULL);
    params->on = opts_bool(&opts, "on", true);
    params->by_host = opts_bool(&opts, "by_host", false);
    params->timeout_s = opts_time_units(&opts, "timeout", SIM_S(1), "a second", 0);
    if (mode)
        params->mode = mode_word(L, mode, call);
    if (opts_has(&opts, "timeout") && (params->timeout_s < 1 || params->timeout_s > 3600))
        luaL_error(L, "%s: timeout is 1 s to 3600 s", call);
}

int device_privacy(lua_State *L)
{
    static const char call[] = "device:privacy";
    struct device *device = device_self(L, call);
    struct blr_privacy_params params;

    device_privacy_read(L, 2, call, &params);
    struct task *task = task_current(L, "%s:privacy", device->name);
    task_start_operation(task);
    const int error = blr_privacy_set(device_host(device), &params, task_host_callback, task);
    if (error)
        return failure_raise(L, error, task->what, NULL);
    return task_await(task, task_done, (lua_KContext)task);
}

int device_privacy_mode(lua_State *L)
{
    static const char call[] = "device:privacy_mode";
    struct device *device = device_self(L, call);
    const struct bd_addr identity = identity_argument(L, 2, call);
    const char *mode = lua_type(L, 3) == LUA_TSTRING ? lua_tostring(L, 3) : "";
    const int error =
        blr_privacy_set_mode(device_host(device), &identity, mode_word(L, mode, call));

    if (error)
        return failure_raise(L, error, call, NULL);
    return 0;
}

int device_privacy_start(struct device *device, blr_host_cb *cb)
{
    device->security.wants_privacy = false; /* the host keeps it from now on */
    return blr_privacy_set(device_host(device), &device->security.privacy, cb, device);
}

int device_field_irk(lua_State *L)
{
    struct device *device = object_check(L, 1, &device_type, "device.irk");
    const uint8_t *irk = blr_privacy_irk(device_host(device));

    if (irk)
        lua_pushlstring(L, (const char *)irk, 16);
    else
        lua_pushnil(L);
    return 1;
}

int device_field_own_address(lua_State *L)
{
    struct device *device = object_check(L, 1, &device_type, "device.own_address");

    value_push_address(L, blr_privacy_own_address(device_host(device)));
    return 1;
}
