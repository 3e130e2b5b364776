/* SPDX-License-Identifier: MIT */
/* Each way out of the sandbox that we know of, tried; and the order that it promises. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "rows.h"
#include "sandbox.h"
#include "sim/stream.h"

struct row {
    const char *name;
    const char *script;
    const char *expected; /* what it returns, as tostring() shows it, or the error */
};

struct fixture {
    struct sandbox sandbox;
    struct sim_stream stream;
    char text[512];
};

static uint64_t draw(void *user)
{
    return sim_stream_u64(user);
}

/* Runs the script as the engine does: in a coroutine. The answer is in fixture->text. */
static void run(struct fixture *fixture, const char *script)
{
    struct sandbox *sandbox = &fixture->sandbox;
    lua_State *L = lua_newthread(sandbox->L);
    int results = 0;
    int status = sandbox_load(L, script, strlen(script), "test.lua");

    if (status == LUA_OK)
        status = lua_resume(L, NULL, 0, &results);
    if (sandbox_doomed_by(L, status))
        snprintf(fixture->text, sizeof fixture->text, "doomed: %s", sandbox->doom_text);
    else if (status == LUA_OK && results == 0)
        snprintf(fixture->text, sizeof fixture->text, "nothing");
    else
        snprintf(fixture->text, sizeof fixture->text, "%s", sandbox_tostring(L, -1));
    lua_resetthread(L);
}

static void open_fixture(struct fixture *fixture, uint64_t seed)
{
    const struct sandbox_config config = {
        .max_instructions = 2000000,
        .max_memory = 4 << 20,
        .lib_dir = BLR_SOURCE_DIR "/tests/scripts/lib",
        .random = draw,
        .user = &fixture->stream,
    };

    sim_stream_init(&fixture->stream, seed, "test", "script");
    assert_int_equal(sandbox_open(&fixture->sandbox, &config), 0);
}

#define GONE(name)                                                                                 \
    {                                                                                              \
        name, "return " name, "test.lua:1: there is no global '" name "'"                          \
    }

static const struct row rows[] = {
    /* what is not there */
    GONE("os"),
    GONE("io"),
    GONE("debug"),
    GONE("package"),
    GONE("coroutine"),
    GONE("load"),
    GONE("loadstring"),
    GONE("loadfile"),
    GONE("dofile"),
    GONE("collectgarbage"),
    GONE("warn"),
    {"string.dump", "return string.dump", "nil"},
    {"string.dump as a method", "return pcall(function() return ('x'):dump() end)",
     "test.lua:1: attempt to call a nil value (method 'dump')"},
    {"math.randomseed", "return math.randomseed", "nil"},
    {"math.sin", "return math.sin", "nil"},
    {"only what is listed",
     "local names = {} for k in pairs(_G) do names[#names + 1] = k end "
     "return table.concat(names, ' ')",
     "_G _VERSION assert error getmetatable ipairs math next pairs pcall print rawequal rawget "
     "rawlen rawset require select setmetatable string table tonumber tostring type utf8 xpcall"},
    {"string metatable", "return getmetatable('').__index",
     "test.lua:1: attempt to index a "
     "boolean value"},
    {"global metatable", "return getmetatable(_G)", "false"},

    /* addresses */
    {"tostring of a table", "return tostring({})", "table"},
    {"tostring of a function", "return tostring(print)", "function"},
    {"tostring with __name", "return tostring(setmetatable({}, {__name = 'thing'}))", "thing"},
    {"tostring with __tostring",
     "return tostring(setmetatable({}, {__tostring = function() return 'me' end}))", "me"},
    {"%p", "return string.format('%p', {})",
     "test.lua:1: string.format: %p is not available to scripts"},
    {"%p with flags", "return ('%d %-20p'):format(1, {})",
     "test.lua:1: string.format: %p is not available to scripts"},
    {"%%p", "return ('%%p'):format()", "%p"},
    {"%s of a table", "return ('%s %5s|%d'):format({}, 'x', 3)", "table     x|3"},

    /* order */
    {"pairs",
     "local t = {z = 1, a = 1, [10] = 1, [-3] = 1, [true] = 1, [false] = 1, ab = 1, ['a\\0'] = 1} "
     "local s = '' for k in pairs(t) do s = s .. tostring(k) .. ',' end return #s .. s:gsub('%z', "
     "'0')",
     "27-3,10,a,a0,ab,z,false,true,"},
    {"pairs with a table as key", "for k in pairs({[{}] = 1}) do end",
     "test.lua:1: pairs: a key of type table has no place in the order of a table (integers, "
     "strings, booleans)"},
    {"pairs with a float as key", "for k in pairs({[1.5] = 1}) do end",
     "test.lua:1: pairs: a key of type number has no place in the order of a table (integers, "
     "strings, booleans)"},
    {"pairs and removal",
     "local t = {a = 1, b = 2, c = 3} local s = '' "
     "for k in pairs(t) do s = s .. k t.b = nil t.d = 4 end return s",
     "ac"},
    {"pairs of nothing", "for k in pairs(nil) do end",
     "test.lua:1: bad argument #1 to 'pairs' (table expected, got nil)"},
    {"__pairs",
     "for k, v in pairs(setmetatable({}, {__pairs = function() return function(_, k) "
     "if not k then return 1, 2 end end end})) do return k .. v end",
     "12"},
    {"next",
     "local t = {b = 1, a = 2, [7] = 3} local k = next(t) local l = next(t, k) "
     "return k .. l .. next(t, l) .. tostring(next(t, 'b'))",
     "7abnil"},
    {"next of an empty table", "return next({})", "nil"},
    {"table.sort is stable",
     "local t = {} for i = 1, 500 do t[i] = {i // 10, i} end "
     "table.sort(t, function(a, b) return a[1] % 7 < b[1] % 7 end) "
     "for i = 2, 500 do if t[i][1] % 7 == t[i-1][1] % 7 then assert(t[i][2] > t[i-1][2]) end end "
     "return t[500][2]",
     "489"},
    {"table.sort by <", "local t = {3, 1, 2} table.sort(t) return table.concat(t)", "123"},
    {"table.sort of one", "local t = {3} table.sort(t) return table.concat(t)", "3"},
    {"table.sort by nonsense",
     "local t = {} for i = 1, 300 do t[i] = i % 7 end "
     "table.sort(t, function() return true end) return #t",
     "300"},
    {"table.sort of what does not compare", "table.sort({1, 'a'})",
     "attempt to compare string with number"},

    /* metatables */
    {"__gc", "setmetatable({}, {__gc = print})",
     "test.lua:1: setmetatable: __gc is not available to scripts"},
    {"__mode", "setmetatable({}, {__mode = 'k'})",
     "test.lua:1: setmetatable: __mode is not available to scripts"},
    {"__mode, added later",
     "local m = {} local t = setmetatable({}, m) m.__mode = 'k' "
     "while true do t[{}] = 1 end",
     "doomed: weak tables (__mode) are not available to scripts"},
    {"__gc, added later",
     "local n = 0 for i = 1, 30000 do local m = {} setmetatable({}, m) "
     "m.__gc = function() n = n + 1 end end return n",
     "0"},
    {"a protected metatable", "setmetatable(setmetatable({}, {__metatable = 1}), {})",
     "test.lua:1: cannot change a protected metatable"},

    /* bytecode and files */
    {"bytecode", "\x1bLua", "test.lua:1: this is bytecode, and scripts are text"},
    {"a script that does not end", "local x = {\n1,", "test.lua:2: unexpected symbol near <eof>"},
    {"require", "return require('answer')", "42"},
    {"require twice is once", "return require('counter').next() + require('counter').next()", "3"},
    {"require of what is not there", "require 'nowhere'",
     "test.lua:1: require: no library 'nowhere' (lib/nowhere.lua)"},
    {"require up", "require '../bad'",
     "test.lua:1: require: a library's name has letters, digits and '_' only"},
    {"require absolute", "require '/etc/passwd'",
     "test.lua:1: require: a library's name has letters, digits and '_' only"},
    {"require with a zero", "require 'answer\\0x'",
     "test.lua:1: require: a library's name has letters, digits and '_' only"},
    {"require in a circle", "require 'circle'",
     "lib/circle.lua:2: require: library 'circle' requires itself"},
    {"a library with an error", "require 'broken'", "lib/broken.lua:3: unexpected symbol near '='"},

    /* limits that nothing catches */
    {"endless loop", "while true do end", "doomed: test.lua:1: more than 2000000 instructions"},
    {"endless loop in pcall", "pcall(function() while true do end end) return 'out'",
     "doomed: test.lua:1: more than 2000000 instructions"},
    {"catching for ever", "while true do pcall(error) end",
     "doomed: test.lua:1: more than 2000000 instructions"},
    {"catching each other for ever",
     "local function f() while true do pcall(f) end end while true do pcall(f) end", "doomed: "},
    {"catching one's own failing for ever", "local f f = function() return pcall(f) or f() end f()",
     "doomed: test.lua:1: more than 2000000 instructions"},
    {"handling one's own failing for ever",
     "local f f = function() return xpcall(f, print) or f() end f()",
     "doomed: test.lua:1: more than 2000000 instructions"},
    {"pcall, deep", "local function f(n) return n == 0 and pcall(print) or (f(n - 1)) end f(500)",
     "test.lua:1: pcall: more than 400 calls within each other"},
    {"xpcall, deep",
     "local function f(n) return n == 0 and xpcall(print, print) or (f(n - 1)) end f(500)",
     "test.lua:1: xpcall: more than 400 calls within each other"},
    {"pcall, not so deep",
     "local function f(n) return n == 0 and pcall(print) or (f(n - 1)) end return f(300)", "true"},
    {"a handler that stays",
     "xpcall(function() while true do end end, function() while true do end end) return 'out'",
     "doomed: test.lua:1: more than 2000000 instructions"},
    {"a handler that loops on an error of its own",
     "xpcall(error, function() while true do end end) return 'out'",
     "doomed: test.lua:1: more than 2000000 instructions"},
    {"a closing value that stays",
     "local function stay() while true do end end "
     "while true do pcall(function() local x <close> = setmetatable({}, {__close = stay}) "
     "while true do end end) end",
     "doomed: test.lua:1: more than 2000000 instructions"},
    {"a metamethod that stays",
     "return setmetatable({}, {__index = function() while true do end end}).x",
     "doomed: test.lua:1: more than 2000000 instructions"},
    {"an order function that stays", "table.sort({1, 2}, function() while true do end end)",
     "doomed: test.lua:1: more than 2000000 instructions"},
    {"a replacement that stays", "('x'):gsub('x', function() while true do end end)",
     "doomed: test.lua:1: more than 2000000 instructions"},
    {"eats memory with strings", "local s = 'x' while true do s = s .. s end",
     "doomed: the script uses too much memory"},
    {"eats memory with tables", "local t = {} while true do t[#t + 1] = {} end",
     "doomed: the script uses too much memory"},
    {"eats memory in pcall", "pcall(string.rep, 'x', 1 << 30) return 'out'",
     "doomed: the script uses too much memory"},
    {"eats memory for ever", "while true do pcall(string.rep, 'x', 1 << 30) end",
     "doomed: the script uses too much memory"},
    {"eats memory in xpcall", "xpcall(string.rep, print, 'x', 1 << 30) return 'out'",
     "doomed: the script uses too much memory"},
    {"table.concat of much",
     "local t = {} for i = 1, 100 do t[i] = ('x'):rep(100000) end "
     "pcall(table.concat, t) return 'out'",
     "doomed: the script uses too much memory"},
    {"finding in much for ever",
     "local s = ('x'):rep(1000000) while true do s:find('y', 1, true) end",
     "doomed: test.lua:1: more than 2000000 instructions"},
    {"copying much for ever", "while true do local s = ('x'):rep(1000000) end",
     "doomed: test.lua:1: more than 2000000 instructions"},
    {"pushing much aside for ever",
     "local t = {} for i = 1, 100000 do t[i] = i end while true do table.insert(t, 1, 0) end",
     "doomed: test.lua:1: more than 2000000 instructions"},
    {"drawing much near for ever",
     "local t = {} for i = 1, 100000 do t[i] = i end "
     "while true do t[100000] = 1 table.remove(t, 1) end",
     "doomed: test.lua:1: more than 2000000 instructions"},
    {"moving without end", "table.move({}, 1, 1 << 62, 2)",
     "doomed: test.lua:1: more than 2000000 instructions"},
    {"unpacking for ever",
     "local t = {} for i = 1, 10000 do t[i] = i end while true do select('#', table.unpack(t)) "
     "end",
     "doomed: test.lua:1: more than 2000000 instructions"},
    {"counting characters for ever", "local s = ('x'):rep(1000000) while true do utf8.len(s) end",
     "doomed: test.lua:1: more than 2000000 instructions"},
    {"nothing, very often", "return #(''):rep(1 << 62) .. #(''):rep(1 << 62, '')", "00"},
    {"printing for ever", "local n = 0 while true do print('x') end",
     "doomed: test.lua:1: more than 2000000 instructions"},
    {"what stands before a library keeps its words", "table.insert(nil, 1)",
     "test.lua:1: bad argument #1 to 'insert' (table expected, got nil)"},
    {"what stands before a method keeps its words", "('x'):rep('often')",
     "test.lua:1: bad argument #1 to 'rep' (number expected, got string)"},
    {"table.unpack, table.move, table.concat, in part",
     "local t = table.move({1, 2, 3}, 2, 3, 1) "
     "return table.concat(t, ',', 1, 2) .. table.concat({}) .. select('#', table.unpack(t, 2)) "
     ".. table.remove(t) .. table.remove(t, 1) .. select('#', table.unpack({}, 1, 3))",
     "2,32323"},
    {"much garbage is no crime",
     "local n = 0 for i = 1, 2000 do n = n + #('x'):rep(100000 + i) end return n", "202001000"},
    {"recursion", "local function f() return 1 + f() end return (select(2, pcall(f)))",
     "doomed: the script uses too much memory"},
    {"the error nil", "local ok, e = pcall(error) return tostring(ok) .. tostring(e)", "falsenil"},
    {"recursion through C", "local function f() return pcall(f) end f() return 'ended'", "ended"},

    /* chance */
    {"math.random within",
     "for i = 1, 2000 do local x = math.random() assert(x >= 0 and x < 1) "
     "local y = math.random(6) assert(y >= 1 and y <= 6) "
     "local z = math.random(-2, 2) assert(z >= -2 and z <= 2) end return 'fine'",
     "fine"},
    {"math.random of all integers",
     "return math.type(math.random(math.mininteger, math.maxinteger))", "integer"},
    {"math.random of nothing", "math.random(0)",
     "test.lua:1: bad argument #1 to 'random' (interval is empty)"},
    {"string.pack is little-endian",
     "return ('%02x %02x'):format(string.pack('I2', 0x180D):byte(1, 2))", "0d 18"},
    {"string.unpack is little-endian", "return (string.unpack('I2', '\\x0d\\x18'))", "6157"},

    /* errors as values */
    {"pcall", "local ok, e = pcall(error, {code = 3}) return tostring(ok) .. e.code", "false3"},
    {"pcall returns all", "return select('#', pcall(function() return nil, nil end))", "3"},
    {"xpcall",
     "local ok, e = xpcall(function(a) error(a .. '!', 0) end, "
     "function(e) return '<' .. e .. '>' end, 'x') return tostring(ok) .. e",
     "false<x!>"},
    {"xpcall without a function", "xpcall(print, 3)",
     "test.lua:1: bad argument #2 to 'xpcall' (function expected, got number)"},
};

static void run_row(void **state)
{
    const struct row *row = *state;
    struct fixture fixture;

    open_fixture(&fixture, 1);
    run(&fixture, row->script);
    /* Errors say more than the table wants to know behind what it asks for. */
    if (strncmp(fixture.text, row->expected, strlen(row->expected)) != 0 ||
        (!strchr(row->expected, ':') && strcmp(fixture.text, row->expected) != 0))
        fail_msg("expected '%s', got '%s'", row->expected, fixture.text);
    sandbox_close(&fixture.sandbox);
}

/* Twenty states at different addresses: the same order each time. */
static void test_order_does_not_depend_on_the_state(void **state)
{
    static const char script[] =
        "local t = {} for i = 1, 200 do t['key' .. math.random(1000000)] = i end "
        "local s = '' for k, v in pairs(t) do s = s .. k .. v end "
        "local h = 0 for i = 1, #s do h = (h * 31 + s:byte(i)) & 0xffffffff end return h";
    struct fixture fixtures[20];

    (void)state;
    for (size_t i = 0; i < 20; i++) {
        open_fixture(&fixtures[i], 7);
        run(&fixtures[i], script);
        assert_string_equal(fixtures[i].text, fixtures[0].text);
    }
    for (size_t i = 0; i < 20; i++)
        sandbox_close(&fixtures[i].sandbox);
}

static void test_seeds_differ(void **state)
{
    struct fixture a, b;

    (void)state;
    open_fixture(&a, 1);
    open_fixture(&b, 2);
    run(&a, "return math.random(1 << 40)");
    run(&b, "return math.random(1 << 40)");
    assert_string_not_equal(a.text, b.text);
    sandbox_close(&a.sandbox);
    sandbox_close(&b.sandbox);
}

/* A doomed state stays doomed, whatever runs in it next. */
static void test_doom_is_final(void **state)
{
    struct fixture fixture;

    (void)state;
    open_fixture(&fixture, 1);
    run(&fixture, "while true do end");
    run(&fixture, "return 1");
    assert_string_equal(fixture.text, "doomed: test.lua:1: more than 2000000 instructions");
    sandbox_close(&fixture.sandbox);
}

/* A state that cannot be made for want of memory says so, whichever allocation fails. */
static void test_out_of_memory_while_opening(void **state)
{
    struct sandbox sandbox;
    int opened = 0;

    (void)state;
    for (size_t limit = 0; limit < 64 << 10; limit += 61) {
        const struct sandbox_config config = {.max_instructions = 1000, .max_memory = limit};
        const int error = sandbox_open(&sandbox, &config);
        assert_true(error == 0 || error == BLR_ERR_NO_MEMORY);
        opened += error == 0;
        if (error == 0)
            sandbox_close(&sandbox);
    }
    assert_true(opened > 0);
}

int main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test(test_order_does_not_depend_on_the_state),
        cmocka_unit_test(test_seeds_differ),
        cmocka_unit_test(test_doom_is_final),
        cmocka_unit_test(test_out_of_memory_while_opening),
    };
    const int failed = RUN_ROWS(rows, run_row);

    return failed + cmocka_run_group_tests_name("others", others, NULL, NULL);
}
