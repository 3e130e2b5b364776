/* SPDX-License-Identifier: MIT */
/* device:script(), and the script that it returns. */
#include "device.h"
#include "failure.h"

int device_script(lua_State *L)
{
    struct device *device = device_self(L, "device:script");

    if (lua_type(L, 2) != LUA_TFUNCTION)
        return luaL_error(L, "device:script takes a function, got %s", luaL_typename(L, 2));
    if (run_of(L)->closing)
        return luaL_error(L, "device:script: the scenario is over");
    struct task *task = task_new(L, device, lua_gettop(L) - 2);
    object_push(L, &script_type, task);
    return 1;
}

static int joined(lua_State *L, int status, lua_KContext context)
{
    struct task *task = (struct task *)context;
    struct task *other = object_check(L, 1, &script_type, "script:join");

    (void)status;
    if (other->state == TASK_DONE) {
        luaL_checkstack(L, other->results, NULL);
        const int first = lua_gettop(other->L) - other->results + 1;
        for (int i = 0; i < other->results; i++) {
            lua_pushvalue(other->L, first + i);
            lua_xmove(other->L, L, 1);
        }
        return other->results;
    }
    if (task_timed_out(task))
        return failure_raise(L, BLR_ERR_TIMEOUT, task->what, NULL);
    return task_wait(task, &other->finished, joined, context);
}

static int script_join(lua_State *L)
{
    struct task *other = object_check(L, 1, &script_type, "script:join");
    const sim_ns timeout = task_timeout_argument(L, 2, "script:join");
    struct task *task = task_current(L, "script:join");

    if (other == task)
        return luaL_error(L, "script:join: a script cannot wait for itself");
    lua_settop(L, 1);
    task_begin_wait(task, timeout);
    return joined(L, LUA_OK, (lua_KContext)task);
}

static int field_done(lua_State *L)
{
    const struct task *task = object_check(L, 1, &script_type, "script.done");

    lua_pushboolean(L, task->state == TASK_DONE);
    return 1;
}

static const char *title(void *object)
{
    const struct task *task = object;

    return task->device ? task->device->name : "";
}

static const luaL_Reg methods[] = {{"join", script_join}, {NULL, NULL}};
static const luaL_Reg fields[] = {{"done", field_done}, {NULL, NULL}};

const struct object_type script_type = {"script", methods, fields, title};
