/* SPDX-License-Identifier: MIT */
/* GATT in scripts beyond a plain read and write: bindings and what they refuse. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "rows.h"
#include "script.h"

/* a serves one characteristic, b is connected to it. */
#define PAIR                                                                                       \
    "local b = device { name = 'b' } local a = device { name = 'a' } "                             \
    "local service = a:service(0x180D) "                                                           \
    "local value = service:characteristic { uuid = 0x2A37, properties = 'read, write', "           \
    "max_length = 100 } "                                                                          \
    "value:descriptor { uuid = 0x2901, value = 'text', permissions = 'read, write' } "             \
    "a:advertise {} local conn = b:connect(a) "
#define THERE "local there = conn:characteristic(0x180D, 0x2A37) "
#define LONG  "local long = string.rep('0123456789', 7) "

/* a serves one value; the options let a callback remove its service. */
#define VANISHING(options)                                                                         \
    "local b = device { name = 'b' } local a = device { name = 'a' } "                             \
    "local service = a:service(0x1851) service:characteristic { uuid = 0x2A41, value = 'q', "      \
    "properties = 'read, write, notify', " options " } a:advertise {} local conn = b:connect(a) "  \
    "local there = conn:characteristic(0x1851, 0x2A41) "

/* a notifies two values, b is connected and subscribed to both. */
#define SEVERAL                                                                                    \
    "local b = device { name = 'b' } local a = device { name = 'a' } local s1 = a:service(1) "     \
    "local x = s1:characteristic { uuid = 2, properties = 'notify' } "                             \
    "local y = s1:characteristic { uuid = 3, properties = 'notify' } a:advertise {} "              \
    "local conn = b:connect(a) local link = a:wait_connected() "                                   \
    "local sx, sy = conn:characteristic(1, 2):subscribe(), conn:characteristic(1, 3):subscribe() "

static const struct script_row rows[] = {
    GOOD("several values in one notification",
         SEVERAL "conn:set_client_features { multiple_notifications = true } "
                 "for i = 1, 40 do link:notify_multiple { { x, 'x' .. i }, { y, 'y' .. i } } end "
                 "for i = 1, 39 do sx:next(s(1)) end print(sx:next(s(1)), sy:next(s(1)), "
                 "radio_stats().sent < 200)",
         "x40\ty1\ttrue\n"),
    GOOD("to a client that does not take them",
         SEVERAL "expect_error(function() link:notify_multiple { { x, 'x' }, { y, 'y' } } end, "
                 "{ layer = 'host' })",
         ""),
    BAD("one value is not several", SEVERAL "link:notify_multiple { { x, 'x' } }",
        "conn:notify_multiple: 2 to 64 values"),
    BAD("no list", SEVERAL "link:notify_multiple(x)", "conn:notify_multiple takes a list"),
    BAD("no pair in it", SEVERAL "link:notify_multiple { x, y }",
        "conn:notify_multiple: entry 1 must be"),
    BAD("a value of somebody else",
        SEVERAL "conn:notify_multiple { { x, 'x' }, { y, 'y' } }",
        "conn:notify_multiple: entry 1 is of another device"),
    BAD("no value", SEVERAL "link:notify_multiple { { x, 'x' }, { y } }",
        "conn:notify_multiple must be a string of octets, got nil"),
    GOOD("what is not waited for any longer",
         PAIR THERE
         "local script = b:script(function() local ok, e = pcall(function() return there:read() "
         "end) print(ok, e.name) end) sleep(ms(1)) print(conn:cancel(script)) script:join() "
         "local one = b:script(function() expect_error(function() there:write('x') end, "
         "'Cancelled') end) local two = b:script(function() expect_error(function() "
         "conn:read(3) end, 'Cancelled') end) sleep(ms(1)) print(conn:cancel(), conn:cancel()) "
         "one:join() two:join() print(there:read())",
         "1\nb: false\tCancelled\n2\t0\n\n"),
    BAD("no script", PAIR "conn:cancel(5)", "conn:cancel: argument 1 must be a script"),
    GOOD("what a device prefers, and asks for",
         "local b = device { name = 'b' } local a = device { name = 'a', preferred = { interval = "
         "ms(100), interval_max = ms(100), ask = true } } a:advertise {} local c = b:connect(a) "
         "sleep(s(4.5)) print(c.interval // ms(1)) sleep(s(2)) print(c.interval // ms(1)) "
         "a:prefer { interval = ms(20), interval_max = ms(30), latency = 3 } sleep(s(7)) "
         "print(c.interval // ms(1), hex(c:read_by_uuid(0x2A04))) "
         "a:prefer { interval = ms(20), interval_max = ms(30), latency = 3, ask = true } "
         "sleep(s(7)) print(c.interval // ms(1), c.latency) a:prefer() "
         "print(hex(c:read_by_uuid(0x2A04)))",
         "50\n100\n100\t10 00 18 00 03 00 ff ff\n30\t3\nff ff ff ff 00 00 ff ff\n"),
    BAD("what cannot be preferred",
        "local a = device { name = 'a' } a:prefer { interval = ms(5) }",
        "device:prefer: interval is out of range"),
    GOOD("a channel that asks for security",
         "local b = device { name = 'b' } local a = device { name = 'a' } "
         "a:listen_l2cap { psm = 0x81, level = 2 } a:advertise {} local c = b:connect(a) "
         "local e = expect_error(function() c:l2cap { psm = 0x81 } end) print(e.layer, e.code) "
         "c:pair() print(c:l2cap({ psm = 0x81 }).open)",
         "l2cap\t5\ntrue\n"),
    GOOD("on_read removes its service and returns a value",
         VANISHING("on_read = function() service:remove() return 'b' end")
         "expect_error(function() there:read() end, 0x01) print(conn.connected)",
         "true\n"),
    GOOD("on_read of several removes the service and returns a value",
         VANISHING("on_read = function() service:remove() return 'b' end")
         "expect_error(function() conn:read_multiple { 3, there.handle } end, 0x01) "
         "print(conn.connected)",
         "true\n"),
    GOOD("on_write removes its service",
         VANISHING("on_write = function() service:remove() return true end")
         "print(pcall(function() there:write('x') end)) print(conn.connected)",
         "true\ntrue\n"),
    GOOD("on_authorize removes its service",
         VANISHING("permissions = 'read, authorization', on_authorize = function() "
                   "service:remove() return true end")
         "expect_error(function() there:read() end, 0x01) print(conn.connected)",
         "true\n"),
    GOOD("on_subscribe removes its service",
         VANISHING("on_subscribe = function() service:remove() end")
         "there:subscribe() sleep(s(1)) print(conn.connected)",
         "true\n"),
    GOOD("services are forgotten while another script discovers",
         PAIR "local function look() return conn:characteristic(0x180D, 0x2A37).handle end "
              "local known, late, missed = look(), 0, 0 for wait = 10, 400, 15 do "
              "conn:forget_services() local found "
              "local x = b:script(function() found = look() end) "
              "sleep(ms(wait)) conn:forget_services() x:join(s(5)) expect(found):equals(known) end "
              "print(conn.connected)",
         "true\n"),
    GOOD("they are forgotten and another script discovers them sooner",
         PAIR "local function look() return conn:characteristic(0x180D, 0x2A37).handle end "
              "local scripts = {} for i = 1, 20 do scripts[i] = b:script(look) "
              "sleep(ms(35)) conn:forget_services() end for i = 1, 20 do "
              "expect(scripts[i]:join(s(30))):equals(value.handle) end print(conn.connected)",
         "true\n"),
    FAIL("the service is removed and forgotten while another script discovers",
         PAIR "local x = b:script(function() conn:characteristic(0x180D, 0x2A37) end) "
              "for i = 1, 40 do sleep(ms(10)) conn:forget_services() "
              "if i == 10 then service:remove() end end x:join()",
         "b: conn:characteristic: Not found: the peer has no service 180d"),
    GOOD("long writes of all kinds",
         PAIR THERE LONG "there:write_long(long) print(value:next_write() == long) "
                         "conn:write_long(there.handle, 'x') print(value:next_write()) "
                         "local d = there:descriptor(0x2901) d:write_long(long) "
                         "print(#d:read(), d:read_long() == long)",
         "true\nx\n22\ttrue\n"),
    GOOD("a long write that is too long",
         PAIR THERE "expect_error(function() there:write_long(string.rep('x', 101)) end, 0x0D) "
                    "print(#value:value())",
         "0\n"),
    FAIL("a long write to nothing", PAIR "conn:write_long(0x100, 'x')",
         "b: conn:write_long: Invalid Handle"),
    BAD("a long write without a value", PAIR THERE "there:write_long()",
        "characteristic:write_long"),
    BAD("a long write of too much", PAIR THERE "there:write_long(string.rep('x', 513))",
        "characteristic:write_long"),
    GOOD("reliable writes by handle and by characteristic",
         PAIR THERE LONG "conn:write_reliable { { there, long }, { there.handle + 1, 'd' } } "
                         "print(value:next_write() == long, there:descriptor(0x2901):read())",
         "true\td\n"),
    GOOD("reliable writes: all or none, and the script hears of none",
         PAIR THERE "expect_error(function() conn:write_reliable { { there, 'x' }, "
                    "{ there.handle + 1, string.rep('x', 512) }, "
                    "{ there, string.rep('x', 101) } } end, 0x0D) "
                    "print(#value:value()) expect_error(function() value:next_write(s(1)) end, "
                    "'Timed out')",
         "0\n"),
    GOOD("reliable writes beyond the queue",
         PAIR THERE "local x = string.rep('x', 100) local all = {} "
                    "for i = 1, 11 do all[i] = { there, x } end "
                    "expect_error(function() conn:write_reliable(all) end, "
                    "'Prepare Queue Full') conn:write_reliable { { there, x } } "
                    "print(#value:value())",
         "100\n"),
    BAD("reliable writes of no list", PAIR "conn:write_reliable('x')",
        "conn:write_reliable takes a list of { characteristic, value }, got string"),
    BAD("reliable writes of an empty list", PAIR "conn:write_reliable {}",
        "conn:write_reliable takes 1 to 64 writes"),
    BAD("reliable writes of strings", PAIR "conn:write_reliable { 'x' }",
        "conn:write_reliable takes a list of { characteristic, value }"),
    BAD("a reliable write to the wrong thing", PAIR "conn:write_reliable { { a, 'x' } }",
        "conn:write_reliable"),
    BAD("a reliable write of nothing", PAIR THERE "conn:write_reliable { { there } }",
        "conn:write_reliable"),
    GOOD("several values of any length",
         PAIR THERE "value:set('') "
                    "for _, v in ipairs(conn:read_multiple_variable { there.handle, 3, 5 }) do "
                    "print(#v) end",
         "0\n1\n2\n"),
    BAD("several values of one", PAIR "conn:read_multiple_variable { 3 }",
        "conn:read_multiple_variable takes 2 to 64 handles"),
    BAD("several values of no list", PAIR "conn:read_multiple_variable(3)",
        "conn:read_multiple_variable takes a list of handles, got number"),
    GOOD("included services",
         "local b = device { name = 'b' } local a = device { name = 'a' } "
         "local inner = a:service('00112233-4455-6677-8899-aabbccddeeff', { primary = false }) "
         "inner:characteristic { uuid = 1, properties = 'read', value = 'inner' } "
         "local outer = a:service(0x1234):include(inner) a:advertise {} "
         "local conn = b:connect(a) print(#conn:services()) "
         "local found = conn:service(0x1234):includes() "
         "print(#found, found[1].uuid, found[1]:characteristic(1):read()) "
         "inner:remove() print(#conn:service(0x1234):includes())",
         "3\n1\t00112233-4455-6677-8899-aabbccddeeff\tinner\n0\n"),
    BAD("a service of another device",
        "local a = device { name = 'a' } local b = device { name = 'b' } "
        "a:service(1):include(b:service(2))",
        "server_service:include: that is no service of a"),
    BAD("a service that includes itself",
        "local a = device { name = 'a' } local one = a:service(1) one:include(one)",
        "server_service:include: a service does not include itself"),
    BAD("an include of what was removed",
        "local a = device { name = 'a' } local one, two = a:service(1), a:service(2) two:remove() "
        "one:include(two)",
        "server_service:include: the included service was removed"),
    BAD("an include that comes late",
        "local a = device { name = 'a' } local one, two = a:service(1), a:service(2) sleep(s(1)) "
        "one:include(two)",
        "server_service:include: the service was published"),
    GOOD("Service Changed",
         PAIR "local changed = conn:characteristic(0x1801, 0x2A05):subscribe() "
              "service:remove() print(hex((changed:next()))) "
              "conn:forget_services() print(#conn:services())",
         "10 00 13 00\n2\n"),
    BAD("no client feature", PAIR "conn:set_client_features {}",
        "conn:set_client_features: no feature is true"),
    BAD("a client feature that is none", PAIR "conn:set_client_features { eatt = true }",
        "conn:set_client_features: unknown field 'eatt'"),
    GOOD("client features add up",
         PAIR "conn:set_client_features { robust_caching = true } "
              "conn:set_client_features { multiple_notifications = true } "
              "print(hex(conn:read_by_uuid(0x2B29)))",
         "05\n"),
    GOOD("GAP's characteristics",
         "local b = device { name = 'b' } "
         "local a = device { name = 'a', name_writable = true, appearance = 833, preferred = "
         "{ interval = ms(7.5), latency = 4, supervision_timeout = s(1) } } a:advertise {} "
         "local conn = b:connect(a) conn:write(3, 'another') print(conn:read_by_uuid(0x2A00)) "
         "print(string.unpack('<I2I2I2I2', conn:read_by_uuid(0x2A04))) "
         "print(string.unpack('<I2', conn:read_by_uuid(0x2A01)))",
         "another\n6\t6\t4\t100\t9\n833\t3\n"),
    GOOD("a name that is not to be written",
         PAIR "expect_error(function() conn:write(3, 'x') end, 'Write Not Permitted') print('so')",
         "so\n"),
    BAD("a preferred interval out of range",
        "device { name = 'a', preferred = { interval = ms(5) } }",
        "device: preferred: interval is out of range"),
    BAD("a preferred timeout out of range",
        "device { name = 'a', preferred = { supervision_timeout = s(33) } }",
        "device: preferred: supervision_timeout is out of range"),
    BAD("preferred intervals backwards",
        "device { name = 'a', preferred = { interval = ms(50), interval_max = ms(40) } }",
        "device: preferred: interval_max is below interval"),
};

int main(void)
{
    return RUN_ROWS(rows, script_test_row);
}
