/* SPDX-License-Identifier: MIT */
/* Who runs when: order of scripts, waiting, joining, the end of a scenario, limits. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "rows.h"
#include "script.h"

#define TWO "local b = device { name = 'b' } local a = device { name = 'a' } "

static const struct script_row rows[] = {
    GOOD("scripts resume in the order of names, the body first",
         TWO "local one = b:script(function() for i = 1, 2 do print(i) sleep(ms(1)) end end) "
             "local two = a:script(function() for i = 1, 2 do print(i) sleep(ms(1)) end end) "
             "print('body') sleep(ms(1)) print('body') one:join() two:join()",
         "body\na: 1\nb: 1\nbody\na: 2\nb: 2\n"),
    GOOD("of one device, those that began first",
         TWO "a:script(function() print(1) end) a:script(function() print(2) end) sleep(ms(1))",
         "a: 1\na: 2\n"),
    GOOD("join returns what the script returned",
         TWO "print(a:script(function(x, y) sleep(ms(3)) return x + y, 'z' end, 1, 2):join())",
         "3\tz\n"),
    GOOD("join of one that is done",
         TWO "local one = a:script(function() return 7 end) sleep(ms(1)) "
             "print(one.done, one:join(), one:join())",
         "true\t7\t7\n"),
    GOOD("join with a timeout",
         TWO "local one = a:script(function() sleep(s(1)) end) "
             "print(expect_error(function() one:join(ms(10)) end, 'Timed out').name, one.done)",
         "Timed out\tfalse\n"),
    GOOD("sleep of nothing", "local before = now() sleep(0) print(now() - before)", "0\n"),
    GOOD("scripts that are left end",
         TWO "a:script(function() local x <close> = setmetatable({}, {__close = function() "
             "print('closed') end}) while true do sleep(ms(1)) end end) sleep(ms(2)) print('end')",
         "end\na: closed\n"),
    GOOD("a script that is left cannot wait any more",
         TWO "a:script(function() local x <close> = setmetatable({}, {__close = function() "
             "print(select(2, pcall(sleep, 1))) end}) sleep(s(1)) end) sleep(ms(2))",
         "a: sleep: the scenario is over\n"),
    GOOD("a script starts a script",
         TWO "print(a:script(function() return b:script(function() return 5 end):join() end)"
             ":join())",
         "5\n"),
    GOOD("pcall around waiting", "print(pcall(function() sleep(ms(1)) return 3 end))", "true\t3\n"),
    GOOD("waiting in an iterator",
         "for i in function(_, i) sleep(ms(1)) i = (i or 0) + 1 if i < 3 then return i end end do "
         "print(i) end",
         "1\n2\n"),
    GOOD("math.random is each device's own",
         "local a = device { name = 'a' } local first = a:script(function() return "
         "math.random(1 << 60) end):join() math.random() print(first)",
         "593927027759339891\n"),
    GOOD("math.random does not mind others",
         "local b = device { name = 'b' } local a = device { name = 'a' } "
         "b:script(function() math.random() end):join() math.random() "
         "print(a:script(function() return math.random(1 << 60) end):join())",
         "593927027759339891\n"),

    /* what fails */
    FAIL_TEXT("a script that fails fails the scenario",
              TWO
              "a:script(function() sleep(ms(1)) expect(1):equals(2) end) sleep(s(1)) print('on')",
              "test.lua:1: expectation failed\n"),
    BAD_TEXT("scripts for ever",
             "local d = device { name = 'd' } while true do d:script(function() end) end",
             "test.lua:1: more than 2000000 instructions"),
    BAD_TEXT("devices for ever", "for i = 1, 1000 do device { name = 'd' .. i } end",
             "test.lua:1: more than 2000000 instructions"),
    BAD_TEXT("faults for ever", "while true do lose {} end",
             "test.lua:1: more than 2000000 instructions"),
    BAD_TEXT("faults, caught, for ever", "while true do pcall(corrupt, {}) end",
             "test.lua:1: more than 2000000 instructions"),
    BAD_TEXT("interferers for ever", "while true do interferer { channel = 3 } end",
             "test.lua:1: more than 2000000 instructions"),
    BAD_TEXT("losses for ever", TWO "while true do path_loss(a, b, 42) end",
             "test.lua:1: more than 2000000 instructions"),
    BAD_TEXT("characteristics for ever",
             TWO "local s = a:service(0x180D) while true do s:characteristic { uuid = 0x2A37, "
                 "properties = 'read' } end",
             "test.lua:1: more than 2000000 instructions"),
    BAD_TEXT("log lines for ever", "while true do log('x') end",
             "test.lua:1: more than 2000000 instructions"),
    {"different scenarios for ever",
     "local i = 0 while true do i = i + 1 scenario('x' .. i, print) "
     "end",
     SCENARIO_TROUBLE, "test.lua:1: more than 2000000 instructions\n", true},
    FAIL_TEXT("the error nil", "error()", "test.lua:1: nil\n  line:"),
    FAIL_TEXT("the error nil, of assert", "assert(false, nil)", "test.lua:1: nil\n  line:"),
    FAIL_TEXT("the error false", "error(false)", "test.lua:1: false\n  line:"),
    FAIL_TEXT("a table as error", "error({})", "test.lua:1: table\n  line:"),
    FAIL_TEXT("a number as error", "error(42)", "test.lua:1: 42\n  line:"),
    BAD_TEXT("an error that the script only once threw itself", "pcall(error) local x = nil + 1",
             "test.lua:1: attempt to perform arithmetic on a nil value"),
    FAIL_TEXT("an error in a script", TWO "a:script(function() error('oops') end) sleep(s(1))",
              "test.lua:1: oops\n"),
    BAD_TEXT(
        "a script that never began", TWO "a:script(function() end)",
        "test.lua: the scenario returned before a script of a began (wait for it with join())\n"),
    BAD_TEXT("a script that waits for itself",
             TWO "local me me = a:script(function() me:join() end) me:join()",
             "test.lua:1: script:join: a script cannot wait for itself\n"),
    BAD_TEXT("deadlock", "local a = device { name = 'a' }\na:wait_connected()",
             "test.lua: deadlock: every script waits, and nothing can happen any more\n"
             "  the scenario waits in a:wait_connected at test.lua:2\n  time:     0."),
    BAD_TEXT("deadlock of two",
             TWO "local one = a:script(function()\nb:wait_connected() end)\none:join()",
             "test.lua: deadlock: every script waits, and nothing can happen any more\n"
             "  the scenario waits in script:join at test.lua:3\n"
             "  a script of a waits in b:wait_connected at test.lua:2\n  time:     0."),
    BAD_TEXT(
        "for ever", TWO "a:advertise {} b:wait_connected()",
        "test.lua: the scenario has not ended within its limit of virtual time\n"
        "  the scenario waits in b:wait_connected at test.lua:1\n  time:     3600.000000000 s\n"),
    BAD_TEXT("sleeping and waking for ever", "while true do sleep(0) end",
             "test.lua:1: more than 2000000 instructions\n"),
    BAD_TEXT("endless loop", "while true do\nend", "test.lua:1: more than 2000000 instructions\n"),
    BAD_TEXT("eats memory", "local t = {}\nwhile true do t[#t + 1] = ('x'):rep(1000, #t) end",
             "test.lua:2: the script uses too much memory\n"),
    BAD_TEXT("catches errors for ever", "while true do pcall(error) end",
             "test.lua:1: more than 2000000 instructions\n"),
    BAD_TEXT("waiting in a sort", "table.sort({1, 2}, function() sleep(1) end)",
             "test.lua:1: sleep waits, which a callback cannot do\n"),
    BAD_TEXT("waiting in gsub", "('x'):gsub('x', function() sleep(1) end)",
             "test.lua:1: sleep waits, which a callback cannot do\n"),
    {"waiting at file level", "sleep(1)", SCENARIO_TROUBLE,
     "test.lua:1: sleep waits, which only a scenario or a device's script can do\n", true},
    {"a limit of its own",
     "scenario('short', { time_limit = ms(10) }, function()\nsleep(ms(11)) end)", SCENARIO_TROUBLE,
     "test.lua: the scenario has not ended within its limit of virtual time\n"
     "  the scenario waits in sleep at test.lua:2\n  time:     0.010000000 s\n",
     true},

    /* files */
    {"syntax error", "scenario('x', function()\n  local = 3\nend)", SCENARIO_TROUBLE,
     "test.lua:2: <name> expected near '='\n", true},
    {"unfinished", "scenario('x', function()", SCENARIO_TROUBLE,
     "test.lua:1: 'end' expected near <eof>\n", true},
    {"bytecode", "\x1bLuaS", SCENARIO_TROUBLE,
     "test.lua:1: this is bytecode, and scripts are text\n", true},
    {"nothing", "", SCENARIO_TROUBLE, "test.lua: declares no scenario\n", true},
    {"an unknown call", "scenari('x', function() end)", SCENARIO_TROUBLE,
     "test.lua:1: there is no global 'scenari'\n  line:     scenari('x', function() end)\n", true},
    {"an unknown call within", "scenario('x', function()\nlocal x = 1\nconnect(x) end)",
     SCENARIO_TROUBLE, "test.lua:3: there is no global 'connect'\n  line:     connect(x) end)\n",
     true},
    {"nil called", "scenario('x', function() local f f() end)", SCENARIO_TROUBLE,
     "test.lua:1: attempt to call a nil value (local 'f')\n", true},
    {"called through a function",
     "local function f()\nerror('deep') end\n"
     "scenario('x', function()\nf() f() end)",
     SCENARIO_FAILED,
     "test.lua:2: deep\n  line:     error('deep') end\n  called:   test.lua:4\n  time:", true},
    {"two of one name", "scenario('x', function() end) scenario('x', function() end)",
     SCENARIO_TROUBLE, "test.lua:1: scenario: there is a scenario 'x' already\n", true},
    {"a name of two lines", "scenario('x\\ny', function() end)", SCENARIO_TROUBLE,
     "test.lua:1: scenario: a name is one line of 1 to 200 characters\n", true},
    {"a scenario without a function", "scenario('x')", SCENARIO_TROUBLE,
     "test.lua:1: scenario: the last argument is a function, got no value\n", true},
    {"a scenario in a scenario", "scenario('x', function() scenario('y', function() end) end)",
     SCENARIO_TROUBLE, "test.lua:1: scenario: a scenario cannot stand within another\n", true},
    {"endless at file level", "while true do end", SCENARIO_TROUBLE,
     "test.lua:1: more than 2000000 instructions\n", true},
};

/* Each scenario of a file has a world of its own, and none minds the others. */
static void test_several_scenarios(void **state)
{
    static const char script[] =
        "local a = device { name = 'a' } local first = math.random(1 << 30)\n"
        "scenario('one', function() a:advertise {} print(first, now(), a.advertising) end)\n"
        "scenario('two', function() expect(1):equals(2) end)\n"
        "scenario('three', function() print(first, now(), a.advertising) end)\n";
    struct script_run run;
    char first[64], third[64];

    (void)state;
    script_run_init(&run);
    script_run_text(&run, script);
    assert_string_equal(run.names, "PASS one\nFAIL two\nPASS three\n");
    assert_int_equal(run.result, SCENARIO_FAILED);
    assert_int_equal(
        sscanf(run.log, "%63[0-9]\t%*[0-9]\ttrue\n%63[0-9]\t%*[0-9]\tfalse", first, third), 2);
    assert_string_equal(first, third);
}

static void test_seeds(void **state)
{
    static const char script[] = "scenario('x', function() print(math.random(1 << 60)) end)";
    struct script_run a, b, c;

    (void)state;
    script_run_init(&a);
    script_run_init(&b);
    script_run_init(&c);
    c.options.seed = 2;
    script_run_text(&a, script);
    script_run_text(&b, script);
    script_run_text(&c, script);
    assert_string_equal(a.log, b.log);
    assert_string_not_equal(a.log, c.log);
}

/* Whatever memory the limit leaves, the answer is an answer. */
static void test_little_memory(void **state)
{
    static const char script[] =
        "local a = device { name = 'a' } local b = device { name = 'b' }\n"
        "scenario('x', function() a:service(0x180D):characteristic { uuid = 1, properties = 'read' "
        "}"
        " a:advertise { name = 'x', services = { 0x180D } }\n"
        "local adv = b:scan { name = 'x' } local conn = b:connect(adv)\n"
        "expect(conn:characteristic(0x180D, 1):read()):equals('') conn:disconnect() end)";
    bool passed = false;

    (void)state;
    for (size_t limit = 20000; !passed; limit += 1777) {
        struct script_run run;
        script_run_init(&run);
        run.options.max_memory = limit;
        script_run_text(&run, script);
        passed = run.result == SCENARIO_PASSED;
        assert_true(passed || strstr(run.text, "memory"));
        assert_true(limit < 1 << 20);
    }
}

/* What comes while no script runs counts as well. */
static void test_memory_of_what_comes(void **state)
{
    struct script_run run;

    (void)state;
    script_run_init(&run);
    run.options.max_memory = 512 << 10;
    script_run_text(&run, "local a = device { name = 'a' } local b = device { name = 'b' }\n"
                          "scenario('x', function() a:advertise { interval = ms(20) }\n"
                          "local o = b:observe {} sleep(s(3000)) end)");
    assert_int_equal(run.result, SCENARIO_TROUBLE);
    assert_string_equal(run.text, "test.lua: the script uses too much memory\n");
    /* Taken away, it does not. */
    script_run_init(&run);
    run.options.max_memory = 512 << 10;
    script_run_text(&run, "local a = device { name = 'a' } local b = device { name = 'b' }\n"
                          "scenario('x', function() a:advertise { interval = ms(20) }\n"
                          "local o = b:observe {} for i = 1, 5000 do o:next(s(1)) end end)");
    assert_string_equal(run.text, "");
}

int main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test(test_several_scenarios),
        cmocka_unit_test(test_seeds),
        cmocka_unit_test(test_little_memory),
        cmocka_unit_test(test_memory_of_what_comes),
    };
    const int failed = RUN_ROWS(rows, script_test_row);

    return failed + cmocka_run_group_tests_name("others", others, NULL, NULL);
}
