/* SPDX-License-Identifier: MIT */
/* Devices in scripts: advertising, scanning, connections, GATT at both ends, faults. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "rows.h"
#include "script.h"

#define TWO "local b = device { name = 'b' } local a = device { name = 'a' } "
/* a serves one characteristic of `properties`, b is connected to it. */
#define PAIR(properties, more)                                                                     \
    TWO "local value = a:service(0x180D):characteristic { uuid = 0x2A37, properties = "            \
        "'" properties "'" more                                                                    \
        " } a:advertise {} local conn = b:connect(a) local link = a:wait_connected(s(1)) "
#define THERE "local there = conn:characteristic(0x180D, 0x2A37) "

static const struct script_row rows[] = {
    /* devices */
    GOOD("a device knows itself",
         "local a = device { name = 'a', address = '00:1B:DC:00:00:01' } "
         "local r = device { name = 'r', address = 'C0:00:00:00:00:01' } "
         "print(a.name, a.address, a.address_type, r.address_type, a, a == a, a == r)",
         "a\t00:1B:DC:00:00:01\tpublic\trandom\tdevice a\ttrue\tfalse\n"),
    GOOD("an address may be public whatever its bits",
         "print(device { name = 'a', address = 'C0:00:00:00:00:01', address_type = 'public' }"
         ".address_type)",
         "public\n"),
    BAD("a device without a name", "device {}", "device: a device has a name"),
    BAD("a device with the name of another", TWO "device { name = 'a' }",
        "device: there is a device 'a' already"),
    BAD("a name that is a path", "device { name = '../a' }",
        "device: a name has 1 to 64 letters, digits, '_', '-' and '.' and does not begin with '.'"),
    BAD("a name with a slash", "device { name = 'a/b' }", "device: a name has 1 to 64 letters"),
    BAD("a name with a zero", "device { name = 'a\\0b' }", "device: a name has 1 to 64 letters"),
    BAD("an unknown field", "device { name = 'a', adress = '00:1B:DC:00:00:01' }",
        "device: unknown field 'adress' (known: acl_len, acl_packets, address, address_type, "
        "appearance, device_name, drift, features, max_connections, min_used_channels, mtu, "
        "name, name_writable, pin, position, power, preferred, privacy, sca, security, "
        "sensitivity)"),
    BAD("too few channels used at least", "device { name = 'a', min_used_channels = 1 }",
        "device: min_used_channels must be a whole number from 2 to 37, got 1"),
    BAD("features below zero", "device { name = 'a', features = -1 }", "device: features must be "),
    BAD("the least of unknown fields", "device { zz = 1, aa = 2, mm = 3 }",
        "device: unknown field 'aa' "),
    BAD("a field without a name", "device { 'a' }", "device: arguments have names"),
    BAD("no table", "device('a')", "device takes a table of named arguments, got string"),
    BAD("a wrong type", "device { name = 1 }", "device: name must be a string, got number"),
    BAD("no address", "device { name = 'a', address = 'C0:00' }",
        "device: address: 'C0:00' is not an address"),
    BAD("no type of address",
        "device { name = 'a', address = '00:1B:DC:00:00:01', "
        "address_type = 'static' }",
        "device: address: the type of an address is \"public\" or \"random\", not 'static'"),
    BAD("a random address that is not static",
        "device { name = 'a', address = '00:1B:DC:00:00:01',"
        " address_type = 'random' }",
        "device: address: a static random address has its top two bits set"),
    BAD("a number out of range", "device { name = 'a', power = 200 }",
        "device: power must be a whole number from -127 to 20, got 200"),
    BAD("a fraction", "device { name = 'a', mtu = 23.5 }",
        "device: mtu must be a whole number from 23 to 517, got 23.5"),
    BAD("a position of nonsense", "device { name = 'a', position = { x = 0.0001 } }",
        "device: position: x: 0.0001 is not a whole multiple of 1/1000"),
    BAD("an unknown method", TWO "a:advertize {}",
        "device has no 'advertize' (it has: accept_updates, address, address_type, advertise, "
        "advertise_stop, advertising, agent, bond, bonds, connect, connections, export_bonds, "
        "forget, freeze, import_bonds, irk, listen_l2cap, make_oob, move, name, observe, "
        "own_address, power_off, power_on, powered, prefer, privacy, privacy_mode, scan, scan_all, script, "
        "security, service, set_pin, take_oob, thaw, use_channels, wait_connected)"),
    BAD("a method with '.'", TWO "a.scan {}",
        "device:scan is called with ':' on an object of type device, got table"),
    BAD("a field that cannot be set", TWO "a.name = 'c'", "device: 'name' cannot be set"),
    BAD("the metatable of a device", TWO "getmetatable(a).__index = nil",
        "attempt to index a boolean value"),

    /* advertising and scanning */
    GOOD("an advertisement taken apart",
         TWO "a:advertise { name = 'Hi', services = { 0x180D, 0x180F }, appearance = 0x0341, "
             "manufacturer = { company = 0x1234, data = 'xy' }, tx_power = -4 } "
             "local adv = b:scan { name = 'Hi' } "
             "print(adv.type, adv.connectable, adv.scannable, adv.name, adv.flags, adv.appearance, "
             "adv.tx_power, adv.services[1], adv.services[2], adv.manufacturer[1].company, "
             "adv.manufacturer[1].data, #adv.structures, adv.address == a.address, adv.ibeacon) "
             "print(hex(adv.data))",
         "ADV_IND\ttrue\ttrue\tHi\t6\t833\t-4\t6157\t6159\t4660\txy\t6\ttrue\tnil\n"
         "02 01 06 05 03 0d 18 0f 18 05 ff 34 12 78 79 03 19 41 03 02 0a fc 03 09 48 69\n"),
    GOOD("a name in the scan response",
         TWO "a:advertise { services = { 0x180D }, scan_response = { name = 'In the response' } } "
             "local adv = b:scan { name = 'In the response', service = 0x180D } "
             "print(adv.name, hex(adv.scan_response:sub(1, 4)), adv.type)",
         "In the response\t10 09 49 6e\tADV_IND\n"),
    GOOD("a passive scanner gets no scan response",
         TWO "a:advertise { scan_response = { name = 'x' } } "
             "print(expect_error(function() b:scan { name = 'x', active = false, timeout = s(1) } "
             "end, 'Timed out: nothing that matches among').layer)",
         "host\n"),
    GOOD("raw octets",
         TWO "a:advertise { data = '\\x02\\x01\\x05', connectable = false } "
             "local adv = b:scan {} print(hex(adv.data), adv.type, adv.name)",
         "02 01 05\tADV_NONCONN_IND\tnil\n"),
    GOOD("scannable",
         TWO "a:advertise { connectable = false, scan_response = '' } "
             "print(b:scan({}).type)",
         "ADV_SCAN_IND\n"),
    GOOD("an iBeacon",
         TWO "a:advertise { ibeacon = { uuid = 'E2C56DB5-DFFB-48D2-B060-D0F5A71096E0', "
             "major = 1, minor = 2 } } local i = b:scan({}).ibeacon "
             "print(i.uuid, i.major, i.minor, i.measured_power)",
         "e2c56db5-dffb-48d2-b060-d0f5a71096e0\t1\t2\t-59\n"),
    GOOD("service data",
         TWO "a:advertise { service_data = { uuid = 0xFEAA, data = '\\x10' } } "
             "local d = b:scan({}).service_data[1] print(d.uuid, hex(d.data))",
         "65194\t10\n"),
    GOOD("filters",
         "local c = device { name = 'c' } " TWO "a:advertise { name = 'A', services = { 0x1800 } } "
         "c:advertise { name = 'C', manufacturer = { company = 7, data = '' } } "
         "print(b:scan({ address = c }).name, b:scan({ service = 0x1800 }).name, "
         "b:scan({ manufacturer = 7 }).name, b:scan({ match = function(adv) "
         "return adv.name == 'A' end }).name, b:scan({ address = a.address }).name)",
         "C\tA\tC\tA\tA\n"),
    GOOD("scan_all",
         "local c = device { name = 'c' } " TWO
         "a:advertise { name = 'A' } c:advertise { name = 'C' } "
         "local all = b:scan_all { timeout = s(1) } table.sort(all, function(x, y) "
         "return x.name < y.name end) print(#all, all[1].name, all[2].name, "
         "all[1].count > 5, #b:scan_all { name = 'nobody' })",
         "2\tA\tC\ttrue\t0\n"),
    GOOD("observe",
         TWO "a:advertise { name = 'A', connectable = false } local o = b:observe {} "
             "local one, two = o:next(s(1)), o:next(s(1)) "
             "print(one.name, two.time - one.time > ms(90)) o:stop() o:stop() "
             "print(b:scan({}).name)",
         "A\ttrue\nA\n"),
    GOOD("RSSI falls with distance",
         TWO "a:advertise {} local near = b:scan({}).rssi "
             "b:move { x = 10 } local far = b:scan({}).rssi "
             "path_loss(a, b, 42.5) print(near, far, b:scan({}).rssi)",
         "-20\t-60\t-43\n"),
    GOOD("advertise_stop",
         TWO "a:advertise {} print(a.advertising) a:advertise_stop() "
             "print(a.advertising, #b:scan_all {})",
         "true\nfalse\t0\n"),
    FAIL("nobody there", TWO "b:scan { timeout = ms(100) }",
         "b:scan: Timed out: nothing that matches among 0 reports of 0 devices\n  line:"),
    FAIL("the controller refuses", TWO "a:advertise { interval = ms(10) }", "a:advertise: "),
    BAD("an unknown field of an advertisement", TWO "a:advertise {} print(b:scan({}).nme)",
        "an advertisement has no 'nme' (it has: address, address_type, "),
    BAD("too much", TWO "a:advertise { name = ('x'):rep(30) }",
        "device:advertise: these structures do not fit 31 octets"),
    BAD("too many octets", TWO "a:advertise { data = ('x'):rep(32) }",
        "device:advertise: data: 32 octets, at most 31 fit"),
    BAD("data and more", TWO "a:advertise { data = '', name = 'x' }",
        "device:advertise: data is the whole payload"),
    BAD("an interval between", TWO "a:advertise { interval = us(100001) }",
        "device:advertise: interval must be a multiple of 0.625 ms"),
    BAD("an interval that is a number", TWO "a:advertise { interval = 100.5 }",
        "device:advertise: interval must be a time such as ms(100), got a fraction"),
    BAD("a channel that is none", TWO "a:advertise { channels = { 36 } }",
        "device:advertise: channels must be a whole number from 37 to 39, got 36"),
    BAD("an iBeacon's short UUID", TWO "a:advertise { ibeacon = { uuid = 0x180D } }",
        "device:advertise: ibeacon: a uuid of 128 bits is needed"),
    BAD("no UUID", TWO "b:scan { service = '18' }", "device:scan: service: '18' is not a UUID"),
    BAD("two scans at once", TWO "b:script(function() b:scan_all {} end) sleep(ms(10)) b:scan {}",
        "device:scan: b scans already"),
    BAD("a filter that fails",
        TWO "a:advertise {} b:scan { match = function(adv) return adv.x end }",
        "an advertisement has no 'x'"),

    /* connections */
    GOOD("both ends",
         PAIR("read", "") "print(conn.role, link.role, conn.peer == a.address, "
                          "link.peer == b.address, conn.connected, conn.mtu, "
                          "conn.device == b, #b:connections(), conn.reason)",
         "central\tperipheral\ttrue\ttrue\ttrue\t23\ttrue\t1\tnil\n"),
    GOOD("parameters",
         TWO "a:advertise {} local conn = b:connect(a, { interval = ms(30), latency = "
             "2, supervision_timeout = s(1) }) print(conn.interval == ms(30), "
             "conn.latency, conn.supervision_timeout == s(1))",
         "true\t2\ttrue\n"),
    GOOD("disconnect",
         PAIR("read", "") "print(conn:disconnect()) "
                          "print(link:wait_disconnected(s(1))) "
                          "print(conn.connected, conn.reason, #a:connections())",
         "22\tConnection Terminated By Local Host\n19\tRemote User Terminated Connection\n"
         "false\t22\t0\n"),
    GOOD("disconnect with a reason",
         PAIR("read", "") "conn:disconnect(0x15) "
                          "print((link:wait_disconnected()))",
         "21\n"),
    GOOD("connect by address", TWO "a:advertise {} print(b:connect(a.address).peer == a.address)",
         "true\n"),
    GOOD("version, features, RSSI",
         PAIR("read", "") "print(math.type(conn:rssi()), conn:remote_version().version >= 8, "
                          "math.type(conn:remote_features()))",
         "integer\ttrue\tinteger\n"),
    GOOD("the central updates",
         PAIR("read",
              "") "conn:update { interval = ms(15), latency = 3, supervision_timeout = s(1) } "
                  "print(conn.interval == ms(15), link.interval == ms(15), link.latency, "
                  "link.supervision_timeout == s(1))",
         "true\ttrue\t3\ttrue\n"),
    GOOD("the peripheral updates",
         PAIR("read", "") "link:update { interval = ms(100) } "
                          "print(conn.interval == ms(100), link.interval == ms(100))",
         "true\ttrue\n"),
    GOOD("an update is refused",
         PAIR("read",
              "") "conn.device:accept_updates(false) local before = conn.interval "
                  "local e = expect_error(function() link:update { interval = ms(100) } end, "
                  "'Unacceptable Connection Parameters') conn.device:accept_updates(true) "
                  "print(e.layer, e.code, link.interval == before) "
                  "link:update { interval = ms(100) } print(conn.interval == ms(100))",
         "hci\t59\ttrue\ntrue\n"),
    FAIL("an update out of range", PAIR("read", "") "conn:update { interval = ms(5) }",
         "b: conn:update: Invalid argument"),
    BAD("an update between the units", PAIR("read", "") "conn:update { interval = ms(16) }",
        "conn:update: interval must be a multiple of 1.25 ms"),
    BAD("updates accepted or what", TWO "a:accept_updates(1)",
        "bad argument #1 to 'accept_updates' (boolean expected, got number)"),
    GOOD("channels",
         PAIR("read", "") "print(#conn:channels()) conn.device:use_channels { 7, 0, 36 } "
                          "sleep(s(1)) print(table.concat(conn:channels(), ' ')) "
                          "print(table.concat(link:channels(), ' ')) conn.device:use_channels() "
                          "sleep(s(1)) print(#link:channels())",
         "37\n0 7 36\n0 7 36\n37\n"),
    FAIL("one channel", TWO "a:use_channels { 7 }", "a:use_channels: "),
    BAD("no data channel", TWO "a:use_channels { 7, 37 }", "device:use_channels: a channel"),
    BAD("channels of what", TWO "a:use_channels(7)",
        "bad argument #1 to 'use_channels' (table expected, got number)"),
    GOOD("MTU", PAIR("read", "") "print(conn:exchange_mtu(), conn.mtu, link.mtu)",
         "247\t247\t247\n"),
    GOOD("nobody there to connect to",
         TWO "local e = expect_error(function() b:connect('00:11:22:33:44:55', { timeout = ms(500) "
             "}) end) print(e.name, e.layer, e.what, now() < s(1))",
         "Timed out\thost\tb:connect to 00:11:22:33:44:55\ttrue\n"),
    GOOD("a connection that is gone",
         PAIR("read", "") THERE "conn:disconnect() "
                                "print(expect_error(function() there:read() end, 'Not connected'))",
         "test.lua:1: b: characteristic:read: Not connected: the link ended with Connection "
         "Terminated By Local Host (0x16)\n"),
    GOOD("a link that falls silent",
         PAIR("read",
              "") "sleep(ms(500)) lose { kind = 'data' } print(conn:wait_disconnected(s(30))) "
                  "print((link:wait_disconnected(s(30))))",
         "8\tConnection Timeout\n8\n"),
    GOOD("wait_connected with a timeout",
         TWO "print(expect_error(function() a:wait_connected(ms(5)) end, 'Timed out'))",
         "test.lua:1: a:wait_connected: Timed out: no central connected\n"),
    BAD("connect to nonsense", TWO "b:connect(3)",
        "device:connect: an advertisement, an address or a device is needed, got number"),
    BAD("an interval between steps", TWO "b:connect(a, { interval = ms(31) })",
        "device:connect: interval must be a multiple of 1.25 ms"),

    /* GATT */
    GOOD("services of a peer",
         PAIR("read", "") "local s = '' for _, one in ipairs(conn:services()) "
                          "do s = s .. ('%04x '):format(one.uuid) end print(s)",
         "1800 1801 180d \n"),
    GOOD("characteristics of a service",
         PAIR("read, notify", "") "local list = conn:service(0x180D):characteristics() "
                                  "print(#list, list[1].uuid == 0x2A37, "
                                  "table.concat(list[1].properties, ' '), list[1].handle == "
                                  "value.handle, list[1] == conn:characteristic(0x180D, 0x2A37))",
         "1\ttrue\tread notify\ttrue\ttrue\n"),
    GOOD("descriptors",
         PAIR("read, notify", "") THERE
         "local list = there:descriptors() print(#list, list[1].uuid == 0x2902, "
         "hex(list[1]:read()), hex(there:descriptor(0x2902):read()))",
         "1\ttrue\t00 00\t00 00\n"),
    GOOD("read and write",
         PAIR("read, write", ", value = 'one'") THERE
         "print(there:read(), value:value()) there:write('two') print(there:read(), value:value(), "
         "value:next_write()) value:set('three') print(there:read())",
         "one\tone\ntwo\ttwo\ttwo\nthree\n"),
    GOOD("long values",
         PAIR("read", ", value = ('x'):rep(300)") THERE "print(#there:read(), #there:read_long())",
         "22\t300\n"),
    GOOD("by handle",
         PAIR("read, write",
              ", handle = 0x40, value = 'v'") "print(conn:read(0x40), conn:read_long(0x40), "
                                              "conn:read_by_uuid(0x2A37)) "
                                              "conn:write(0x40, 'w') print(conn:read_multiple { "
                                              "0x40, 0x40 })",
         "v\tv\tv\nww\n"),
    GOOD("write without response",
         PAIR("write_without_response", "") THERE
         "for i = 1, 40 do there:write_without_response(tostring(i)) end "
         "for i = 1, 40 do expect(value:next_write(s(1))):equals(tostring(i)) end print('all')",
         "all\n"),
    GOOD("notifications",
         PAIR("notify", "") THERE
         "print(value:notify('nobody')) local news = there:subscribe() "
         "print(value:wait_subscribed().peer == b.address, value:notify('x'), value:notify('y', "
         "link)) print(news:next(s(1)), news.kind, news.time <= now()) "
         "print(news:next(s(1)), news.count) news:unsubscribe() print(value:notify('z'))",
         "0\ntrue\t1\t1\nx\tnotification\ttrue\ny\t0\n0\n"),
    GOOD(
        "many notifications",
        PAIR("notify", "") THERE
        "local news = there:subscribe() for i = 1, 100 do value:notify(string.pack('I4', i)) end "
        "for i = 1, 100 do expect(string.unpack('I4', news:next(s(1)))):equals(i) end print('all')",
        "all\n"),
    GOOD("indications",
         PAIR("indicate", "") THERE "local news = there:subscribe() print(value:indicate('x')) "
                                    "print(news:next(s(1)), news.kind, news.count)",
         "1\nx\tindication\t0\n"),
    GOOD("what is not subscribed to",
         PAIR("notify, indicate", "") "print(expect_error(function() value:notify('x', link) end, "
                                      "'has not subscribed').name)",
         "Not possible in this state\n"),
    GOOD("on_read",
         PAIR("read", ", on_read = function(conn) return conn.peer end") THERE
         "print(there:read() == b.address)",
         "true\n"),
    GOOD("on_read refuses",
         PAIR("read", ", on_read = function() return 0x81 end") THERE
         "local e = expect_error(function() there:read() end, { layer = 'att', code = 0x81 }) "
         "print(e)",
         "test.lua:1: b: characteristic:read: Application Error (att 0x81)\n"),
    GOOD("on_write",
         PAIR("write", ", on_write = function(v, conn) if v == 'bad' then return false "
                       "end print(v, conn.role) end") THERE
         "there:write('good') expect_error(function() there:write('bad') end, 0xFC) "
         "print(value:next_write(), value.writer == link, "
         "expect_error(function() value:next_write(ms(1)) end).name)",
         "a: good\tperipheral\ngood\ttrue\tTimed out\n"),
    GOOD("on_subscribe",
         PAIR("notify, indicate", ", on_subscribe = function(n, i) print(n, i) end") THERE
         "there:subscribe() there:subscribe { indications = true, notifications = false }",
         "a: true\tfalse\na: true\ttrue\n"),
    GOOD("on_authorize",
         PAIR("read", ", permissions = 'read authorization', on_authorize = function() return "
                      "false end") THERE
         "expect_error(function() there:read() end, 'Insufficient Authorization')",
         ""),
    GOOD("what is not permitted",
         PAIR("write", "") THERE
         "local ok, e = pcall(there.read, there) print(ok, e.name, e.code, e.layer, e.what)",
         "false\tRead Not Permitted\t2\tatt\tb: characteristic:read\n"),
    GOOD("what is not there",
         PAIR("read", "") "expect_error(function() conn:service(0x1234) end, 'Not found: the peer "
                          "has no service 1234')"
                          "expect_error(function() conn:characteristic(0x180D, 0x1234) end, 'Not "
                          "found: the service "
                          "has no characteristic 1234') "
                          "expect_error(function() conn:characteristic(0x180D, 0x2A37):subscribe() "
                          "end, 'Not found') "
                          "expect_error(function() conn:read(0xFFFF) end, 'Invalid Handle')",
         ""),
    GOOD("a service that comes later",
         PAIR("read", "") "expect_error(function() conn:service(0x180F) end) "
                          "local late = a:service(0x180F):characteristic { uuid = 0x2A19, "
                          "properties = 'read', value "
                          "= 'W' } print(late.handle) sleep(0) print(math.type(late.handle)) "
                          "print(conn:characteristic(0x180F, 0x2A19):read())",
         "nil\ninteger\nW\n"),
    GOOD("a service that goes",
         TWO "local service = a:service(0x180F) local c = service:characteristic { uuid = 1, "
             "properties = 'read' } service:publish() service:remove() a:advertise {} local conn = "
             "b:connect(a) expect_error(function() conn:service(0x180F) end, 'Not found') "
             "print(select(2, pcall(c.value, c)))",
         "server_characteristic:value: the service was removed\n"),
    GOOD("descriptors of one's own",
         TWO "local c = a:service(1):characteristic { uuid = 2, properties = 'read' } "
             "local d = c:descriptor { uuid = 0x2901, value = 'name' } a:advertise {} "
             "local conn = b:connect(a) print(conn:characteristic(1, 2):descriptor(0x2901):read(), "
             "d:value(), d.uuid == 0x2901) d:set('new') "
             "print(conn:characteristic(1, 2):descriptor(0x2901):read(), d.handle == c.handle + 1)",
         "name\tname\ttrue\nnew\ttrue\n"),
    GOOD("subscription of a link that is gone",
         PAIR("notify", "") THERE
         "local news = there:subscribe() value:notify('last') sleep(ms(200)) conn:disconnect() "
         "print((news:next())) expect_error(function() news:next() end, 'Not connected')",
         "last\n"),
    FAIL("an expectation in a callback",
         PAIR("read", ", on_read = function() expect(1):equals(2) "
                      "end") THERE "there:read()",
         "expectation failed\n"),
    BAD("an error in a callback",
        PAIR("read", ", on_read = function() return {} end") THERE "there:read()",
        "what this function returned cannot be taken (table): on_read returns a value, an ATT "
        "error code or nothing\n"),
    BAD("waiting in a callback",
        PAIR("read", ", on_read = function() sleep(1) end") THERE "there:read()",
        "sleep waits, which a callback cannot do\n"),
    BAD("an endless callback",
        PAIR("read", ", on_read = function() while true do end end") THERE "there:read()",
        "more than 2000000 instructions\n"),
    BAD("a property that is none",
        TWO "a:service(1):characteristic { uuid = 2, properties = 'reed' }",
        "server_service:characteristic: properties: there is no 'reed'"),
    BAD("handles that overlap", TWO "a:service(1, { handle = 1 }) sleep(1)",
        "this service of a cannot be published: Invalid argument (do its handles overlap others?)"),
    BAD("a characteristic too late",
        TWO "local s = a:service(1) sleep(1) s:characteristic { uuid = 2, properties = 'read' }",
        "server_service:characteristic: the service was published when the script first waited"),
    BAD("notify without the property", PAIR("read", "") "value:notify('x')",
        "server_characteristic:notify: the characteristic has not got that property"),
    BAD("a value that is a number", PAIR("write", "") THERE "there:write(1)",
        "characteristic:write must be a string of octets, got number"),
    BAD("another's connection", PAIR("notify", "") "value:notify('x', conn)",
        "server_characteristic:notify: that is no connection of a"),

    /* faults */
    GOOD("lost by rule",
         TWO "a:advertise { channels = { 37 }, interval = ms(100) } "
             "lose { from = a, to = 'b', channel = 37, kind = 'advertising', before = s(1) } "
             "print(b:scan({}).time > s(1))",
         "true\n"),
    GOOD("a rule that is removed",
         TWO
         "a:advertise {} local rule = lose {} print(#b:scan_all {}) rule:remove() rule:remove() "
         "print(#b:scan_all {})",
         "0\n1\n"),
    GOOD("retransmission",
         PAIR("read", ", value = 'v'") THERE "lose { kind = 'data', chance = 0.5 } for i = 1, 20 "
                                             "do expect(there:read()):equals('v') end "
                                             "print('all')",
         "all\n"),
    GOOD("corrupted packets are sent again",
         PAIR("read", ", value = 'v'") THERE
         "corrupt { kind = 'data', chance = 0.3 } "
         "for i = 1, 20 do expect(there:read()):equals('v') end print('all')",
         "all\n"),
    GOOD("an interferer",
         TWO
         "a:advertise { channels = { 37 } } interferer { channel = 37, power = 0, before = s(1) "
         "} print(b:scan({}).time > s(1))",
         "true\n"),
    BAD("a device that is none", "lose { from = 'x' }", "lose: from: there is no device 'x'"),
    BAD("a kind that is none", "lose { kind = 'beacon' }",
        "lose: kind is \"advertising\" or \"data\", not 'beacon'"),
    BAD("a chance over one", "lose { chance = 1.5 }", "lose: chance: 1.5 is out of range"),
    BAD("an interferer nowhere", "interferer { power = 0 }",
        "interferer: either a channel or mhz is needed"),
    BAD("path loss to oneself", TWO "path_loss(a, a, 3)", "path_loss: two devices are needed"),
};

int main(void)
{
    return RUN_ROWS(rows, script_test_row);
}
