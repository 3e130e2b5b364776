/* SPDX-License-Identifier: MIT */
/* Devices that vanish, stand still and come back: power_off(), power_on(), freeze(), thaw(). */
#include "device.h"
#include "failure.h"

static struct sim_controller *controller_of(const struct device *device)
{
    return room_device_controller(device->room);
}

int device_power_off(lua_State *L)
{
    struct device *device = device_self(L, "device:power_off");
    struct task *task = task_current(L, "%s:power_off", device->name);

    device_must_be_inside(L, device, "device:power_off");
    if (device->power != POWER_ON)
        return luaL_error(L, "device:power_off: %s is off already", device->name);
    sim_controller_freeze_host(controller_of(device), false);
    sim_controller_power(controller_of(device), false);
    const int error = blr_host_controller_gone(device_host(device));
    if (error)
        return failure_raise(L, error, task->what, NULL);
    if (device->starter) /* what power_on() waits for will not come */
        task_complete(device->starter, BLR_ERR_IO);
    device->power = POWER_GOING;
    device->starter = task;
    task_start_operation(task);
    return task_await(task, task_done, (lua_KContext)task);
}

int device_power_on(lua_State *L)
{
    struct device *device = device_self(L, "device:power_on");
    struct task *task = task_current(L, "%s:power_on", device->name);

    if (device->power != POWER_OFF)
        return luaL_error(L, "device:power_on: %s is on already", device->name);
    sim_controller_power(controller_of(device), true);
    device->power = POWER_ON;
    device->starter = task;
    task_start_operation(task);
    const int error = device_start(device);
    if (error)
        return failure_raise(L, error, task->what, NULL);
    return task_await(task, task_done, (lua_KContext)task);
}

int device_freeze(lua_State *L)
{
    const struct device *device = device_self(L, "device:freeze");

    if (device->power != POWER_ON)
        return luaL_error(L, "device:freeze: %s is off", device->name);
    room_device_freeze_host(device->room, true);
    return 0;
}

int device_thaw(lua_State *L)
{
    const struct device *device = device_self(L, "device:thaw");

    room_device_freeze_host(device->room, false);
    return 0;
}

int device_field_powered(lua_State *L)
{
    const struct device *device = object_check(L, 1, &device_type, "device.powered");

    lua_pushboolean(L, device->power == POWER_ON);
    return 1;
}
