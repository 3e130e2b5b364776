/* SPDX-License-Identifier: MIT */
#include "handler.h"

#include <lauxlib.h>
#include <stdio.h>

#include "device.h"

void handler_init(struct handler *handler, struct device *device, const char *what)
{
    *handler = (struct handler){
        .device = device,
        .function = LUA_NOREF,
        .argument = LUA_NOREF,
    };
    snprintf(handler->what, sizeof handler->what, "%s", what);
}

/* The coroutine: calls what is due, then waits for more. Never returns. */
static int serve(lua_State *L, int status, lua_KContext context)
{
    struct handler *handler = (struct handler *)context;
    struct task *task = handler->device->run->current;

    (void)status;
    lua_settop(L, 1);
    while (handler->pending) {
        handler->pending--;
        lua_rawgeti(L, LUA_REGISTRYINDEX, handler->function);
        lua_rawgeti(L, LUA_REGISTRYINDEX, handler->argument);
        lua_callk(L, 1, 0, context, serve);
    }
    snprintf(task->what, sizeof task->what, "%s", handler->what);
    task->deadline = SIM_NEVER;
    return task_wait(task, &handler->called, serve, context);
}

static int begin(lua_State *L)
{
    return serve(L, LUA_OK, (lua_KContext)lua_touserdata(L, 1));
}

void handler_set(lua_State *L, struct handler *handler, int function, int argument_index)
{
    luaL_checkstack(L, 4, NULL);
    lua_pushvalue(L, argument_index);
    const int argument = luaL_ref(L, LUA_REGISTRYINDEX);
    luaL_unref(L, LUA_REGISTRYINDEX, handler->function);
    luaL_unref(L, LUA_REGISTRYINDEX, handler->argument);
    handler->function = function;
    handler->argument = argument;
    handler->pending = 0;
    if (function == LUA_NOREF || handler->task)
        return;
    lua_pushcfunction(L, begin);
    lua_pushlightuserdata(L, handler);
    handler->task = task_new(L, handler->device, 1);
    handler->task->background = true;
}

void handler_call(struct handler *handler)
{
    struct run *run = handler->device->run;

    if (handler->function == LUA_NOREF || run->closing || run->over)
        return;
    handler->pending++;
    signal_fire(&handler->called);
}
