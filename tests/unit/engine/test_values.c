/* SPDX-License-Identifier: MIT */
/* Times, UUIDs, addresses, octets and expectations, through scripts. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "rows.h"
#include "script.h"

static const struct script_row rows[] = {
    /* times */
    GOOD("times", "print(ns(1), us(2), ms(3), s(4))", "1\t2000\t3000000\t4000000000\n"),
    GOOD("fractions of times", "print(ms(1.5), s(0.1), us(0.001), ms(0.29), s(1.1), ms(0.625))",
         "1500000\t100000000\t1\t290000\t1100000000\t625000\n"),
    GOOD("times are integers", "print(math.type(s(0.5)), math.type(ms(2.0)))",
         "integer\tinteger\n"),
    BAD("a third of a nanosecond", "ns(1 / 3)",
        "ns: 0.33333333333333 is not a whole multiple of 1/1"),
    BAD("a third of a second", "s(1 / 3)",
        "s: 0.33333333333333 is not a whole multiple of 1/1000000000"),
    BAD("half a nanosecond", "us(0.0005)", "us: 0.0005 is not a whole multiple of 1/1000"),
    BAD("a sum that is not what it looks like", "ms(0.1 + 0.2)",
        "ms: 0.3 is not a whole multiple of 1/1000000"),
    BAD("negative time", "ms(-1)", "ms: -1 is out of range"),
    BAD("too long a time", "s(1 << 40)", "s: 1099511627776 is out of range"),
    BAD("infinite time", "s(math.huge)", "s: inf is out of range"),
    BAD("no time at all", "s('1')", "s must be a number, got string"),
    BAD("nothing at all", "s()", "bad argument #1 to 's' (value expected)"),
    BAD("a float as a time", "sleep(1.5)",
        "sleep: its argument must be a time such as ms(100), got a fraction"),
    BAD("a text as a time", "sleep('1')",
        "sleep: its argument must be a time such as ms(100), got string"),
    GOOD("now", "local before = now() sleep(ms(5)) print(now() - before)", "5000000\n"),

    /* octets */
    GOOD("bytes and hex", "print(hex(bytes('00 48:aB-ff')), #bytes(''), hex(''))",
         "00 48 ab ff\t0\t\n"),
    BAD("bytes: odd", "bytes('004')", "bytes: an odd number of hex digits"),
    BAD("bytes: no digit", "bytes('00 4x')", "bytes: character 5 is no pair of hex digits"),
    BAD("bytes: torn pair", "bytes('0 048')", "bytes: character 2 is no pair of hex digits"),
    BAD("bytes: a zero", "bytes('00\\0')", "bytes: character 3 is no pair of hex digits"),
    BAD("hex of a number", "hex(1)", "hex: its argument must be a string of octets, got number"),

    /* what holds */
    GOOD("equals",
         "expect(1):equals(1) expect('a'):equals('a') expect(1):equals(1.0) "
         "expect({1, {x = 'y'}}):equals({1, {x = 'y'}}) expect(nil):equals(nil)",
         ""),
    GOOD("chained", "expect(5):at_least(5):at_most(5):above(4):below(6):near(6, 1):differs(4)", ""),
    GOOD("kinds",
         "expect(nil):is_nil() expect(0):exists() expect(true):is_true() "
         "expect(false):is_false() expect('abc'):has_length(3):matches('^a.c$') "
         "expect('a.c'):contains('.') expect({1, 2}):contains(2):has_length(2) "
         "expect('b'):above('a') expect(1.5):near(1.4, 0.2)",
         ""),
    GOOD("expect takes the first value",
         "local function two() return 1, 'x' end expect(two()):equals(1)", ""),
    GOOD("expect_error",
         "expect_error(function() error('no!') end, 'no!') "
         "expect_error(function() error({}) end) "
         "print(expect_error(function() error('why', 0) end))",
         "why\n"),
    GOOD("expect_error may wait",
         "expect_error(function() sleep(ms(1)) error('later') end, 'later')", ""),

    /* what does not */
    FAIL("equals fails", "expect('\\0H'):equals('\\0I')",
         "expectation failed\n  expected: \"\\0I\" (00 49)\n  came:     \"\\0H\" (00 48)\n  line:  "
         "   "
         "scenario('test', function() expect('\\0H'):equals('\\0I')\n  time:     0.000000000 s\n"),
    FAIL("with a name", "expect(72):named('beats'):equals(9)",
         "expectation failed: beats\n  expected: 9\n  came:     72 (0x48)\n"),
    FAIL("tables", "expect({1, b = {2}}):equals({1, b = {3}, c = true})",
         "expectation failed\n  expected: {1, b = {3}, c = true}\n  came:     {1, b = {2}}\n"),
    FAIL("a longer table", "expect({1, 2}):equals({1})",
         "expectation failed\n  expected: {1}\n  came:     {1, 2}\n"),
    FAIL("a shorter table", "expect({1}):equals({1, 2})",
         "expectation failed\n  expected: {1, 2}\n  came:     {1}\n"),
    FAIL("a type", "expect('1'):equals(1)",
         "expectation failed\n  expected: 1\n  came:     \"1\" (31)\n"),
    FAIL("differs fails", "expect(1):differs(1)",
         "expectation failed\n  expected: anything but 1\n  came:     1\n"),
    FAIL("exists fails", "expect(nil):exists()",
         "expectation failed\n  expected: anything but nil\n  came:     nil\n"),
    FAIL("is_nil fails", "expect(false):is_nil()",
         "expectation failed\n  expected: nil\n  came:     false\n"),
    FAIL("is_true fails", "expect(1):is_true()",
         "expectation failed\n  expected: true\n  came:     1\n"),
    FAIL("is_false fails", "expect(nil):is_false()",
         "expectation failed\n  expected: false\n  came:     nil\n"),
    FAIL("at_least fails", "expect(-80):at_least(-70)",
         "expectation failed\n  expected: at least -70\n  came:     -80\n"),
    FAIL("at_most fails", "expect(3):at_most(2)",
         "expectation failed\n  expected: at most 2\n  came:     3\n"),
    FAIL("above fails", "expect(2):above(2)",
         "expectation failed\n  expected: above 2\n  came:     2\n"),
    FAIL("below fails", "expect(2):below(2)",
         "expectation failed\n  expected: below 2\n  came:     2\n"),
    FAIL("numbers are not strings", "expect('3'):at_least(2)",
         "expectation failed\n  expected: at least 2\n  came:     \"3\" (33)\n"),
    FAIL("near fails", "expect(10):near(7, 2)",
         "expectation failed\n  expected: 7 give or take 2\n  came:     10 (0xa)\n"),
    FAIL("near of nil", "expect(nil):near(7, 2)",
         "expectation failed\n  expected: 7 give or take 2\n  came:     nil\n"),
    FAIL("matches fails", "expect('abc'):matches('^b')",
         "expectation failed\n  expected: a string that matches \"^b\" (5e 62)\n"),
    FAIL("contains fails", "expect({1, 2}):contains(3)",
         "expectation failed\n  expected: something that contains 3\n  came:     {1, 2}\n"),
    FAIL("has_length fails", "expect('abc'):has_length(2)",
         "expectation failed\n  expected: length 2\n  came:     \"abc\" (61 62 63)\n"),
    FAIL("expect_error without one", "expect_error(function() end)",
         "expectation failed\n  expected: an error\n  came:     no error\n"),
    FAIL("expect_error with another", "expect_error(function() error('this', 0) end, 'that')",
         "expectation failed\n  expected: an error \"that\" (74 68 61 74)\n  came:     this\n"),
    FAIL("pcall does not catch it", "pcall(function() expect(1):equals(2) end) print('on')",
         "expectation failed\n"),
    FAIL("expect_error does not catch it",
         "expect_error(function() expect(1):equals(2) end) print('on')", "expectation failed\n"),
    FAIL("error()", "error('I give up')", "I give up\n"),
    FAIL("assert()", "assert(1 == 2, 'sums')", "sums\n"),
    FAIL("assert() without words", "assert(false)", "assertion failed\n"),
    FAIL("error() of a table", "error({})", "table\n"),

    /* wrong calls */
    BAD("expect of nothing", "expect()", "expect takes a value"),
    BAD("an unknown expectation", "expect(1):eqals(1)",
        "expectation has no 'eqals' (it has: above, at_least, at_most, below, contains, differs, "
        "equals, exists, has_length, is_false, is_nil, is_true, matches, named, near)"),
    BAD("expectation with '.'", "expect(1).equals(1)",
        "expect:equals is called with ':' on an object of type expectation, got number"),
    BAD("too many arguments", "expect(1):equals(1, 2)", "expect:equals takes 1 argument"),
    BAD("at_least of nothing", "expect(1):at_least()",
        "expect:at_least compares with a number or a string, got nil"),
    BAD("expect_error of no function", "expect_error(1)",
        "expect_error takes a function, got number"),
    BAD("expect_error of nonsense", "expect_error(error, true)",
        "expect_error: what is expected is a text, a code or { layer =, code = }, got boolean"),
};

int main(void)
{
    return RUN_ROWS(rows, script_test_row);
}
