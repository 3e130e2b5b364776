/* SPDX-License-Identifier: MIT */
#include "expect.h"

#include <string.h>

#include "failure.h"
#include "object.h"
#include "values.h"

/*
 * An expectation is a userdata of its own with the value and its label as user values: many are
 * made, and none is needed later.
 */
enum { VALUE = 1, LABEL = 2 };

/*
 * Ends the scenario as failed. What was expected is in `expected`; the value is at index, or when
 * that is 0, `came` says what came.
 */
static int fail(lua_State *L, int index, const char *came, const char *label, struct text *expected)
{
    struct run *run = run_of(L);
    struct text *text = run_scratch(L, 1);

    if (!run->over) {
        text_add(text, "expectation failed%s%s\n  expected: %s\n  came:     ", label ? ": " : "",
                 label ? label : "", text_get(expected));
        if (index)
            value_show(L, index, text);
        else
            text_add(text, "%s", came);
        report_error(run, L, text_get(text));
        run_end(run, SCENARIO_FAILED, "%s", "");
    }
    sandbox_doom(&run->sandbox, SANDBOX_STOPPED, "expectation failed");
    return sandbox_raise(L);
}

static int global_expect(lua_State *L)
{
    if (lua_gettop(L) == 0)
        return luaL_error(L, "expect takes a value");
    /* Of a call with several results the first counts. */
    lua_settop(L, 1);
    object_push_own(L, &expectation_type, 2);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, VALUE);
    return 1;
}

static int expect_named(lua_State *L)
{
    object_check(L, 1, &expectation_type, "expect:named");
    if (lua_type(L, 2) != LUA_TSTRING)
        return luaL_error(L, "expect:named takes a string, got %s", luaL_typename(L, 2));
    lua_settop(L, 2);
    lua_setiuservalue(L, 1, LABEL);
    return 1;
}

/* Begins a method: pushes value and label behind the arguments; the value's index. */
static int begin(lua_State *L, const char *call, int arguments)
{
    object_check(L, 1, &expectation_type, call);
    if (lua_gettop(L) > arguments + 1)
        luaL_error(L, "%s takes %d argument%s", call, arguments, arguments == 1 ? "" : "s");
    lua_settop(L, arguments + 1);
    lua_getiuservalue(L, 1, VALUE);
    lua_getiuservalue(L, 1, LABEL);
    return arguments + 2;
}

/* Ends a method: the expectation again, so that calls can be chained; or failure. `words` and the
 * argument at `argument` (if not 0) say what was expected. */
static int end(lua_State *L, int value, bool good, const char *words, int argument)
{
    struct text *expected = run_scratch(L, 0);

    if (good) {
        lua_settop(L, 1);
        return 1;
    }
    text_add(expected, "%s", words);
    if (argument)
        value_show(L, argument, expected);
    return fail(L, value, NULL, lua_tostring(L, value + 1), expected);
}

static int expect_equals(lua_State *L)
{
    const int value = begin(L, "expect:equals", 1);

    return end(L, value, value_equal(L, value, 2), "", 2);
}

static int expect_differs(lua_State *L)
{
    const int value = begin(L, "expect:differs", 1);

    return end(L, value, !value_equal(L, value, 2), "anything but ", 2);
}

static int expect_is_nil(lua_State *L)
{
    const int value = begin(L, "expect:is_nil", 0);

    return end(L, value, lua_isnil(L, value), "nil", 0);
}

static int expect_exists(lua_State *L)
{
    const int value = begin(L, "expect:exists", 0);

    return end(L, value, !lua_isnil(L, value), "anything but nil", 0);
}

static int expect_is_true(lua_State *L)
{
    const int value = begin(L, "expect:is_true", 0);

    return end(L, value, lua_isboolean(L, value) && lua_toboolean(L, value), "true", 0);
}

static int expect_is_false(lua_State *L)
{
    const int value = begin(L, "expect:is_false", 0);

    return end(L, value, lua_isboolean(L, value) && !lua_toboolean(L, value), "false", 0);
}

/* Two numbers or two strings compare; anything else is a wrong call, or a failure of the value. */
static int compare(lua_State *L, const char *call, const char *words, bool swap, int operation)
{
    const int value = begin(L, call, 1);
    const int type = lua_type(L, 2);

    if (type != LUA_TNUMBER && type != LUA_TSTRING)
        return luaL_error(L, "%s compares with a number or a string, got %s", call,
                          luaL_typename(L, 2));
    const bool good = lua_type(L, value) == type && (swap ? lua_compare(L, 2, value, operation)
                                                          : lua_compare(L, value, 2, operation));
    return end(L, value, good, words, 2);
}

static int expect_at_least(lua_State *L)
{
    return compare(L, "expect:at_least", "at least ", true, LUA_OPLE);
}

static int expect_at_most(lua_State *L)
{
    return compare(L, "expect:at_most", "at most ", false, LUA_OPLE);
}

static int expect_above(lua_State *L)
{
    return compare(L, "expect:above", "above ", true, LUA_OPLT);
}

static int expect_below(lua_State *L)
{
    return compare(L, "expect:below", "below ", false, LUA_OPLT);
}

static int expect_near(lua_State *L)
{
    const int value = begin(L, "expect:near", 2);
    struct text *expected = run_scratch(L, 0);

    if (lua_type(L, 2) != LUA_TNUMBER || lua_type(L, 3) != LUA_TNUMBER)
        return luaL_error(L, "expect:near takes a number and how far from it is near enough");
    if (lua_type(L, value) == LUA_TNUMBER) {
        lua_pushvalue(L, 2);
        lua_pushvalue(L, 3);
        lua_arith(L, LUA_OPSUB);
        lua_pushvalue(L, 2);
        lua_pushvalue(L, 3);
        lua_arith(L, LUA_OPADD);
        if (lua_compare(L, -2, value, LUA_OPLE) && lua_compare(L, value, -1, LUA_OPLE))
            return end(L, value, true, "", 0);
        lua_pop(L, 2);
    }
    value_show(L, 2, expected);
    text_add(expected, " give or take ");
    value_show(L, 3, expected);
    return fail(L, value, NULL, lua_tostring(L, value + 1), expected);
}

/* Whether string.find(value, pattern, 1, plain) finds something. */
static bool found(lua_State *L, int value, int pattern, bool plain)
{
    if (lua_type(L, value) != LUA_TSTRING)
        return false;
    lua_getglobal(L, "string");
    lua_getfield(L, -1, "find");
    lua_pushvalue(L, value);
    lua_pushvalue(L, pattern);
    lua_pushinteger(L, 1);
    lua_pushboolean(L, plain);
    lua_call(L, 4, 1);
    const bool result = !lua_isnil(L, -1);
    lua_pop(L, 2);
    return result;
}

static int expect_matches(lua_State *L)
{
    const int value = begin(L, "expect:matches", 1);

    if (lua_type(L, 2) != LUA_TSTRING)
        return luaL_error(L, "expect:matches takes a pattern, got %s", luaL_typename(L, 2));
    return end(L, value, found(L, value, 2, false), "a string that matches ", 2);
}

/* A string in a string, or a value in a list. */
static int expect_contains(lua_State *L)
{
    const int value = begin(L, "expect:contains", 1);
    bool good = false;

    if (lua_type(L, value) == LUA_TSTRING && lua_type(L, 2) == LUA_TSTRING) {
        good = found(L, value, 2, true);
    } else if (lua_type(L, value) == LUA_TTABLE) {
        const lua_Integer count = (lua_Integer)lua_rawlen(L, value);
        for (lua_Integer i = 1; i <= count && !good; i++) {
            lua_rawgeti(L, value, i);
            good = value_equal(L, -1, 2);
            lua_pop(L, 1);
        }
    }
    return end(L, value, good, "something that contains ", 2);
}

static int expect_has_length(lua_State *L)
{
    const int value = begin(L, "expect:has_length", 1);
    const lua_Integer length =
        value_integer(L, 2, "expect:has_length: its argument", 0, LUA_MAXINTEGER);
    const int type = lua_type(L, value);
    const bool good =
        (type == LUA_TSTRING || type == LUA_TTABLE) && (lua_Integer)lua_rawlen(L, value) == length;

    return end(L, value, good, "length ", 2);
}

/* --- expect_error --- */

/* Whether the error at index is the one described at `wanted`: text in it, its code, or its layer
 * and code. */
static bool error_matches(lua_State *L, int index, int wanted)
{
    const char *layer, *name;
    lua_Integer code;
    const bool operation = failure_test(L, index, &layer, &code, &name);
    bool good = true;

    switch (lua_type(L, wanted)) {
    case LUA_TNIL:
    case LUA_TNONE:
        return true;
    case LUA_TSTRING: {
        const char *text = sandbox_tostring(L, index);
        good = strstr(text, lua_tostring(L, wanted)) != NULL;
        lua_pop(L, 1);
        return good;
    }
    case LUA_TNUMBER:
        return operation && lua_isinteger(L, wanted) && lua_tointeger(L, wanted) == code;
    case LUA_TTABLE:
        if (!operation)
            return false;
        if (lua_getfield(L, wanted, "layer") != LUA_TNIL)
            good = lua_isstring(L, -1) && strcmp(lua_tostring(L, -1), layer) == 0;
        if (good && lua_getfield(L, wanted, "code") != LUA_TNIL)
            good = lua_isinteger(L, -1) && lua_tointeger(L, -1) == code;
        lua_settop(L, index > wanted ? index : wanted);
        return good;
    }
    luaL_error(L, "expect_error: what is expected is a text, a code or { layer =, code = }, got %s",
               luaL_typename(L, wanted));
    return false;
}

static int error_came(lua_State *L, int status, lua_KContext context)
{
    const bool failed = status != LUA_OK && status != LUA_YIELD;
    struct text *expected = run_scratch(L, 0);

    (void)context;
    if (sandbox_doomed_by(L, failed ? status : LUA_OK))
        return sandbox_raise(L);
    if (failed)
        sandbox_charge(L, SANDBOX_CAUGHT_COST);
    if (failed && error_matches(L, lua_gettop(L), 2))
        return 1;
    text_add(expected, "an error");
    if (!lua_isnil(L, 2)) {
        text_add(expected, " ");
        value_show(L, 2, expected);
    }
    const char *came = failed ? sandbox_tostring(L, -1) : "no error";
    return fail(L, 0, came, NULL, expected);
}

/* expect_error(function, [wanted]): returns the error. */
static int global_expect_error(lua_State *L)
{
    if (lua_type(L, 1) != LUA_TFUNCTION)
        return luaL_error(L, "expect_error takes a function, got %s", luaL_typename(L, 1));
    lua_settop(L, 2);
    sandbox_check_depth(L, "expect_error");
    lua_pushvalue(L, 1);
    return error_came(L, lua_pcallk(L, 0, 0, 0, 0, error_came), 0);
}

const luaL_Reg expect_globals[] = {
    {"expect", global_expect},
    {"expect_error", global_expect_error},
    {NULL, NULL},
};

static const luaL_Reg methods[] = {
    {"above", expect_above},
    {"at_least", expect_at_least},
    {"at_most", expect_at_most},
    {"below", expect_below},
    {"contains", expect_contains},
    {"differs", expect_differs},
    {"equals", expect_equals},
    {"exists", expect_exists},
    {"has_length", expect_has_length},
    {"is_false", expect_is_false},
    {"is_nil", expect_is_nil},
    {"is_true", expect_is_true},
    {"matches", expect_matches},
    {"named", expect_named},
    {"near", expect_near},
    {NULL, NULL},
};

const struct object_type expectation_type = {"expectation", methods, NULL, NULL};
