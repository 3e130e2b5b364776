/* SPDX-License-Identifier: MIT */
/* Devices that vanish, freeze, move and drift; directed advertising; what the radio counted. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "rows.h"
#include "script.h"

#define PAIR                                                                                       \
    "local hrm = device { name = 'hrm' } local phone = device { name = 'phone' } "                 \
    "hrm:service(0x180D):characteristic { uuid = 0x2A37, properties = 'read notify', "             \
    "value = 'x' } "
#define CONNECT                                                                                    \
    "hrm:advertise {} local c = phone:connect(hrm, { interval = ms(50), supervision_timeout = "    \
    "s(1) }) local l = hrm:wait_connected() "

static const struct script_row rows[] = {
    GOOD("power off ends its own links at once, the peer's by supervision",
         PAIR CONNECT "sleep(s(1)) local t = now() hrm:power_off() print(now() - t, l.connected, "
                      "l.reason, hrm.powered) print((c:wait_disconnected())) "
                      "expect(now() - t):above(s(0.9)):below(s(1.1))",
         "0\tfalse\t3\tfalse\n8\n"),
    GOOD("power off in the middle of a packet",
         PAIR "hrm:advertise { interval = ms(20), connectable = false } local sent = 0 "
              "repeat sleep(us(50)) local now = radio_stats().sent local new = now > sent "
              "sent = now until new hrm:power_off() "
              "print(#phone:scan_all { timeout = s(1) }, radio_stats().sent - sent)",
         "0\t0\n"),
    GOOD("power on again",
         PAIR CONNECT "hrm:power_off() c:wait_disconnected() hrm:power_on() print(hrm.powered) "
                      "hrm:advertise {} c = phone:connect(hrm) "
                      "print(c:characteristic(0x180D, 0x2A37):read())",
         "true\nx\n"),
    GOOD("what it was waiting for fails",
         PAIR
         "local script = hrm:script(function() local ok, err = pcall(function() "
         "hrm:connect('00:00:00:00:00:01', { timeout = s(60) }) end) print(ok, err.layer) end) "
         "sleep(s(1)) hrm:power_off() script:join()",
         "hrm: false\thost\n"),
    GOOD("power off while a power on is under way",
         PAIR "hrm:power_off() local script = hrm:script(function() "
              "local ok, err = pcall(function() hrm:power_on() end) print(ok, err.layer) end) "
              "sleep(us(1)) hrm:power_off() print(hrm.powered) script:join() hrm:power_on() "
              "print(hrm.powered) hrm:advertise {} print(#phone:scan_all {})",
         "false\nhrm: false\thost\ntrue\n1\n"),
    GOOD("power off of a host that stands still while it starts",
         PAIR "hrm:power_off() local script = hrm:script(function() "
              "expect_error(function() hrm:power_on() end, 'Input or output failed') end) "
              "sleep(us(1)) hrm:freeze() sleep(s(1)) hrm:power_off() script:join() sleep(s(60)) "
              "hrm:power_on() hrm:advertise {} print(#phone:scan_all {})",
         "1\n"),
    FAIL("nobody catches that power on failed",
         PAIR "hrm:power_off() hrm:script(function() hrm:power_on() end) sleep(us(1)) "
              "hrm:power_off() sleep(s(1))",
         "hrm:power_on: Input or output failed"),
    GOOD("nothing works without power",
         PAIR "hrm:power_off() print(pcall(function() hrm:advertise {} end)) "
              "print(#phone:scan_all {}) hrm:power_on() hrm:advertise {} print(#phone:scan_all {})",
         "false\ttest.lua:1: hrm:advertise: Not possible in this state\n0\n1\n"),
    GOOD("a frozen host answers nothing, its link lives, and it answers all when it goes on",
         PAIR CONNECT
         "local value = c:characteristic(0x180D, 0x2A37) print(value:read()) "
         "hrm:freeze() local t = now() phone:script(function() print(value:read()) "
         "print((now() - t) // s(1)) end) sleep(s(20)) print(c.connected, l.connected) "
         "hrm:thaw() sleep(s(1))",
         "x\ntrue\ttrue\nphone: x\nphone: 20\n"),
    GOOD("frozen for longer than a transaction takes",
         PAIR CONNECT "local value = c:characteristic(0x180D, 0x2A37) hrm:freeze() local t = now() "
                      "expect_error(function() value:read() end, 'Timed out') print(now() - t)",
         "30000000000\n"),
    GOOD("a frozen device that vanishes",
         PAIR CONNECT "hrm:freeze() sleep(s(1)) hrm:power_off() print(l.reason) hrm:power_on() "
                      "hrm:advertise {} print((c:wait_disconnected()))",
         "3\n8\n"),
    GOOD("what a frozen host was told to do, it does later",
         PAIR "hrm:freeze() hrm:script(function() hrm:advertise {} print(now() // s(1)) end) "
              "print(#phone:scan_all { timeout = s(5) }) hrm:thaw() "
              "print(#phone:scan_all { timeout = s(5) })",
         "0\nhrm: 5\n1\n"),
    GOOD("out of reach and back",
         PAIR CONNECT "sleep(s(1)) hrm:move { x = 10000 } print((c:wait_disconnected())) "
                      "hrm:move { x = 5 } hrm:advertise {} print(phone:connect(hrm).connected)",
         "8\ntrue\n"),
    GOOD("a clock that lies",
         "local hrm = device { name = 'hrm', drift = -400, sca = 20 } "
         "local phone = device { name = 'phone', drift = 400, sca = 20 } hrm:advertise {} "
         "local c = phone:connect(hrm, { interval = s(1), supervision_timeout = s(6) }) "
         "print((c:wait_disconnected()))",
         "8\n"),
    GOOD("a clock that says how bad it is",
         "local hrm = device { name = 'hrm', drift = -400, sca = 400 } "
         "local phone = device { name = 'phone', drift = 400, sca = 400 } hrm:advertise {} "
         "local c = phone:connect(hrm, { interval = s(1), supervision_timeout = s(6) }) "
         "sleep(s(100)) print(c.connected)",
         "true\n"),
    GOOD("directed advertising is for one",
         PAIR "local other = device { name = 'other' } hrm:advertise { directed = phone, "
              "interval = ms(20) } print(#other:scan_all {}) "
              "print(phone:scan { address = hrm }.type) "
              "print(pcall(function() other:connect(hrm, { timeout = s(1) }) end)) "
              "print(phone:connect(hrm).connected, hrm.advertising)",
         "0\nADV_DIRECT_IND\nfalse\ttest.lua:1: other:connect to 46:66:F0:46:8B:65: Timed "
         "out\ntrue\tfalse\n"),
    GOOD("high duty cycle ends by itself",
         PAIR "hrm:advertise { directed = phone, high_duty = true } print(hrm.advertising) "
              "sleep(s(1.2)) print(hrm.advertising) sleep(s(0.1)) print(hrm.advertising) "
              "hrm:advertise { directed = phone, high_duty = true } "
              "print(phone:connect(hrm, { timeout = s(1) }).connected)",
         "true\ntrue\nfalse\ntrue\n"),
    GOOD("the radio counts",
         PAIR CONNECT "lose { kind = 'data', count = 3 } corrupt { kind = 'data', skip = 3, "
                      "count = 2 } sleep(s(1)) local r = radio_stats() "
                      "print(r.lost_by_rule, r.corrupted, r.collided, r.sent > 30)",
         "3\t2\t0\ttrue\n"),
    BAD_TEXT("off twice", PAIR "hrm:power_off() hrm:power_off()",
             "test.lua:1: device:power_off: hrm is off already"),
    BAD_TEXT("on twice", PAIR "hrm:power_on()", "test.lua:1: device:power_on: hrm is on already"),
    BAD_TEXT("frozen without power", PAIR "hrm:power_off() hrm:freeze()",
             "test.lua:1: device:freeze: hrm is off"),
    BAD_TEXT("too much drift", "device { name = 'x', drift = 1001 }", "test.lua:1: device: drift"),
    BAD_TEXT("no such accuracy", "device { name = 'x', sca = 501 }", "test.lua:1: device: sca"),
    BAD_TEXT("directed with a name", PAIR "hrm:advertise { directed = phone, name = 'x' }",
             "test.lua:1: device:advertise"),
    BAD_TEXT("high duty with an interval",
             PAIR "hrm:advertise { directed = phone, high_duty = true, interval = ms(20) }",
             "test.lua:1: device:advertise: high_duty takes no interval"),
    BAD_TEXT("directed at nobody", PAIR "hrm:advertise { directed = 7 }",
             "test.lua:1: device:advertise"),
};

int main(void)
{
    return RUN_ROWS(rows, script_test_row);
}
