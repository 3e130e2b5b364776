/* SPDX-License-Identifier: MIT */
/* BGAPIBackend in scripts: calls that make no sense, and ends of scenarios in the middle of one. */
#include "rows.h"
#include "script.h"

#define STICK   "local stick = dongle { name = 'stick', port = '/dev/ttyACM0' }\n"
#define STARTED STICK "local a = BGAPIBackend()\nscenario('s', function()\na:start()\n"
#define END     "\nend)"

#define WHOLE_BAD(name, script, text)                                                              \
    {                                                                                              \
        name, script, SCENARIO_TROUBLE, text, true                                                 \
    }
#define WHOLE_FAIL(name, script, text)                                                             \
    {                                                                                              \
        name, script, SCENARIO_FAILED, text, true                                                  \
    }
#define WHOLE_GOOD(name, script)                                                                   \
    {                                                                                              \
        name, script, SCENARIO_PASSED, "", true                                                    \
    }

static const struct script_row rows[] = {
    BAD("an argument that there is not", "BGAPIBackend { port = 'x' }",
        "BGAPIBackend: unknown field 'port' (known: on_disconnected, "),
    FAIL("no dongle in the room", "BGAPIBackend():start()",
         "adapter:start: BGAPIError: no dongle (2458:0001) was found"),
    BAD("a port without a name", "BGAPIBackend { serial_port = '' }",
        "BGAPIBackend: serial_port is a name of 1 to 127 letters"),
    WHOLE_BAD("outside a scenario", STICK "BGAPIBackend():start()",
              "test.lua:2: adapter:start waits, which only a scenario or a device's script can do"),
    WHOLE_FAIL("an error that nobody catches", STARTED "a:scan { scan_interval = 3 }" END,
               "test.lua:5: adapter:scan: BGAPIError: scan_interval is 4 to 16384, got 3"),
    WHOLE_BAD(
        "discover_mode", STARTED "a:scan { discover_mode = 'all' }" END,
        "test.lua:5: adapter:scan: discover_mode is limited, general or observation, got all"),
    WHOLE_BAD("time as a time", STARTED "a:scan { timeout = s(10) }" END,
              "test.lua:5: adapter:scan: timeout: 10000000000 is out of range"),
    WHOLE_BAD("a name for a number", STARTED "a:scan { scan_interval = 'often' }" END,
              "test.lua:5: adapter:scan: scan_interval must be"),
    WHOLE_BAD("address", STARTED "a:connect('nobody')" END, "test.lua:5: adapter:connect: address"),
    WHOLE_BAD("address_type",
              STARTED "a:connect('01:23:45:67:89:AB', { address_type = 'own' })" END,
              "test.lua:5: adapter:connect: "),
    WHOLE_BAD("bondable", STARTED "a:set_bondable(1)" END,
              "test.lua:5: adapter:set_bondable: bondable is true or false, got number"),
    WHOLE_FAIL(
        "no connection of that number", STARTED "a:discover_characteristics(3)" END,
        "test.lua:5: adapter:discover_characteristics: NotConnectedError: no such connection"),
    WHOLE_BAD("a choice that is no packet", STARTED "a:expect_any { 'gap_respond' }" END,
              "test.lua:5: adapter:expect_any: 'gap_respond' is no response and no event"),
    WHOLE_BAD("a packet to expect that is no name", STARTED "a:expect({}, 'system_hello')" END,
              "test.lua:5: adapter:expect: a packet is a response's or an event's name, got table"),
    WHOLE_BAD("a choice that is no name", STARTED "a:expect_any { 6 }" END,
              "test.lua:5: adapter:expect_any: a packet is a response's or an event's name, got"),
    WHOLE_BAD("parameters that there are not: the least is told of",
              STARTED "a:send_command('gap_discover', { zz = 1, yy = 1, xx = 1, mode = 1 })" END,
              "test.lua:5: adapter:send_command: gap_discover: unknown field 'xx' (known: mode)"),
    WHOLE_BAD("a parameter without a name",
              STARTED "a:send_command('gap_discover', { [{}] = 1 })" END,
              "test.lua:5: adapter:send_command: gap_discover: arguments have names"),
    WHOLE_BAD("a parameter that is missing", STARTED "a:send_command('gap_discover')" END,
              "test.lua:5: adapter:send_command: gap_discover needs the parameter mode"),
    WHOLE_BAD("parameters that are no table", STARTED "a:send_command('gap_discover', 1)" END,
              "test.lua:5: adapter:send_command: gap_discover takes a table of named arguments"),
    WHOLE_BAD("choices that are no list", STARTED "a:expect_any('gap_scan_response')" END,
              "test.lua:5: adapter:expect_any: expected_packet_choices is a list, got string"),
    WHOLE_BAD("a command that is none", STARTED "a:send_command(6)" END,
              "test.lua:5: adapter:send_command: a command is a name or a table, got number"),
    WHOLE_BAD("a method on another object", STARTED "a.stop(stick)" END,
              "test.lua:5: adapter:stop"),
    WHOLE_FAIL("two calls at once",
               STARTED "local d = device { name = 'd' }\nd:script(function() a:scan() end)\n"
                       "sleep(ms(1))\na:get_mac()" END,
               "test.lua:8: adapter:get_mac: BGAPIError: scan has not ended yet"),
    WHOLE_GOOD("the scenario ends in the middle of a call",
               STARTED "local d = device { name = 'd' }\nd:script(function() a:scan() end)\n"
                       "sleep(ms(100))" END),
    WHOLE_GOOD("the scenario ends while connected",
               STARTED "local d = device { name = 'd', address = '01:23:45:67:89:AB' }\n"
                       "d:advertise {}\na:connect('01:23:45:67:89:AB')" END),
    WHOLE_FAIL("a callback that fails",
               STARTED "local d = device { name = 'd' }\nd:advertise {}\n"
                       "a:scan { scan_cb = function() error('no') end }" END,
               "test.lua:7: no"),
    WHOLE_BAD("a callback that waits",
              STARTED "local d = device { name = 'd' }\nd:advertise {}\n"
                      "a:scan { scan_cb = function() sleep(1) end }" END,
              "test.lua:7: sleep waits, which a callback cannot do"),
    BAD("a dongle without a name", "dongle {}", "dongle: a dongle has a name"),
    BAD("a dongle of a name that is taken", "device { name = 'd' } dongle { name = 'd' }",
        "dongle: there is a device 'd' already"),
    BAD("a device of a dongle's name", "dongle { name = 'd' } device { name = 'd' }",
        "device: there is a device 'd' already"),
    BAD("two dongles at one port",
        "dongle { name = 'd', port = 'COM9' } dongle { name = 'e', port = 'COM9' }",
        "dongle: there is a port COM9 already"),
    BAD("a dongle's port without a name", "dongle { name = 'd', port = '' }",
        "dongle: port is a name of 1 to 127 letters"),
    BAD("a dongle's power", "dongle { name = 'd', power = 21 }", "dongle: power"),
    BAD("a dongle's place", "dongle { name = 'd', position = 3 }",
        "dongle: position must be metres"),
    WHOLE_GOOD("two dongles, and which one is found",
               "local d = dongle { name = 'd', address = '00:07:80:00:00:0D' }\n"
               "local e = dongle { name = 'e', address = '00:07:80:00:00:0E' }\n"
               "scenario('s', function()\n"
               "expect(d.port .. e.port .. d.name):equals('/dev/ttyACM0/dev/ttyACM1d')\n"
               "local a, b = BGAPIBackend(), BGAPIBackend { serial_port = '/dev/ttyACM1' }\n"
               "a:start() b:start()\n"
               "expect(a:get_mac()):equals('00:07:80:00:00:0D')\n"
               "expect(b:get_mac()):equals('00:07:80:00:00:0E')\n"
               "a:stop() a:start { serial_port = '/dev/ttyACM0', receive_queue_timeout = 0.3 }\n"
               "local before = now() pcall(function() a:expect_any { 'system_boot' } end)\n"
               "expect(now() - before):equals(s(1.2))" END),
    WHOLE_GOOD("kinds of advertisements",
               STARTED "local d = device { name = 'd' }\n"
                       "local function kind(what) d:advertise(what)\n"
                       "return a:scan({ timeout = 1, active = false })[1].type end\n"
                       "expect(kind {}):equals('ADV_IND')\n"
                       "expect(kind { connectable = false }):equals('ADV_NONCONN_IND')\n"
                       "expect(kind { connectable = false, scannable = true })"
                       ":equals('ADV_SCAN_IND')" END),
    WHOLE_GOOD("a dongle that is moved, and behind a wall",
               STARTED "local d = device { name = 'd' } d:advertise {}\n"
                       "local function rssi() return a:scan({ timeout = 1 })[1].rssi end\n"
                       "local near = rssi() stick:move { x = 5 } expect(rssi()):below(near)\n"
                       "path_loss(stick, d, 90) expect(rssi()):below(-80)" END),
    WHOLE_GOOD(
        "the three errors by name, layer and code", STARTED
        "local function name(f) local ok, e = pcall(f) return e.layer .. e.name .. e.code end\n"
        "expect(name(function() a:connect('01:23:45:67:89:AB', { timeout = 0.5 }) end))"
        ":equals('bgapiNotConnectedError390')\n"
        "expect(name(function() a:expect_any { 'system_boot' } end))"
        ":equals('bgapiExpectedResponseTimeout389')\n"
        "expect(name(function() a:scan { scan_window = 0 } end)):equals('bgapiBGAPIError384')" END),
};

int main(void)
{
    return RUN_ROWS(rows, script_test_row);
}
