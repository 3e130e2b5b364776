/* SPDX-License-Identifier: MIT */
#include "callback.h"

#include "failure.h"
#include "task.h"

void callback_wrong_result(lua_State *L, int function, const char *why)
{
    lua_Debug ar;

    lua_rawgeti(L, LUA_REGISTRYINDEX, function);
    lua_getinfo(L, ">S", &ar);
    luaL_error(L, "%s:%d: what this function returned cannot be taken (%s): %s", ar.short_src,
               ar.linedefined, luaL_typename(L, -1), why);
}

/* The lines are those of the callback while its stack is still there. */
static int report_from_callback(lua_State *L)
{
    struct run *run = run_of(L);

    if (sandbox_doomed_by(L, LUA_OK) || run->over)
        return 1;
    const enum scenario_result result =
        failure_is_expected_kind(L, 1) ? SCENARIO_FAILED : SCENARIO_TROUBLE;
    report_error(run, L, sandbox_tostring(L, 1));
    run_end(run, result, "%s", "");
    return 1;
}

static int run_callback(lua_State *L)
{
    const struct callback *callback = lua_touserdata(L, 1);

    lua_pushcfunction(L, report_from_callback);
    lua_rawgeti(L, LUA_REGISTRYINDEX, callback->function);
    const int arguments = callback->push ? callback->push(L, callback->user) : 0;
    const int status = lua_pcall(L, arguments, 1, 2);
    if (status != LUA_OK)
        return lua_error(L);
    if (callback->take)
        callback->take(L, callback->user);
    return 0;
}

bool callback_run(struct run *run, const struct callback *callback)
{
    lua_State *L = run->callback_L;

    if (callback->function == LUA_NOREF || run->closing || run->over)
        return false;
    run->callback_device = callback->device;
    const int status = sandbox_protected(L, run_callback, (void *)callback, 0);
    run->callback_device = NULL;
    if (status == LUA_OK && run->sandbox.doom == SANDBOX_ALIVE)
        return true;
    if (!run->over)
        task_report_error(run, L, status);
    lua_settop(L, 0);
    return false;
}
