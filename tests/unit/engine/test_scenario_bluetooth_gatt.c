/* SPDX-License-Identifier: MIT */
/* The GATT classes of the Bluetooth interface in scripts. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "rows.h"
#include "script.h"

#define TWO "local a = device { name = 'a', address = 'C0:00:00:00:00:01' } " \
            "local b = device { name = 'b', address = '00:1B:DC:00:00:02' } "
/* a serves. */
#define SERVER TWO "local bt = Bluetooth(a, { privacy = false }) "
/* One characteristic, with what is said of it besides. */
#define SERVES(more)                                                                               \
    SERVER "local service = bt:service(1234) local chr = service:characteristic { uuid = 4567" more \
           " } bt:set_advertisement('x') bt:advertise() "
/* And b is its client, by the device's own calls. */
#define PLAIN "local conn = b:connect(a) local there = conn:characteristic(1234, 4567) "
/* Or by its own object. */
#define CLIENT                                                                                     \
    "local bb = Bluetooth(b, { privacy = false }) local conn = bb:connect(a) "                     \
    "local services = conn:services() local there = services[3]:characteristics()[1] "
/* a serves by the device's own calls, b is a client by its object. */
#define PEER(more)                                                                                 \
    TWO "local value = a:service(1234):characteristic { uuid = 4567" more " } a:advertise {} " CLIENT

static const struct script_row rows[] = {
    /* a connection */
    GOOD("services",
         PEER(", properties = 'read'") "for _, s in ipairs(services) do print(s:uuid(), "
                                       "s:isprimary(), s:instance()) end "
                                       "print(conn:services()[3] == services[3], conn)",
         "6144\ttrue\t0\n6145\ttrue\t0\n1234\ttrue\t0\ntrue\tgattc_connection\n"),
    GOOD("two services of one UUID",
         TWO "for i = 1, 2 do a:service(0x180F):characteristic { uuid = 0x2A19, properties = 'read'"
             ", value = tostring(i) } end a:advertise {} " CLIENT
             "for i = 3, 4 do print(services[i]:uuid(), services[i]:instance(), "
             "services[i]:characteristics()[1]:read()) end",
         "6159\t0\t1\n6159\t1\t2\n"),
    GOOD("UUIDs of 16 octets",
         TWO "a:service('e2c56db5-dffb-48d2-b060-d0f5a71096e0'):characteristic { uuid = "
             "'36353433-3231-3039-3837-363534333231', properties = 'read' } a:advertise {} " CLIENT
             "print(hex(services[3]:uuid())) print(there:uuid())",
         "e0 96 10 a7 f5 d0 60 b0 d2 48 fb df b5 6d c5 e2\n1234567890123456\n"),
    GOOD("the connection ends",
         PEER(", properties = 'read'") "print(conn:isconnected(), conn.conn.device == b) "
                                       "conn:disconnect() print(conn:isconnected(), conn.conn)",
         "true\ttrue\nfalse\tnil\n"),
    FAIL("it has ended already", PEER(", properties = 'read'") "conn:disconnect() conn:disconnect()",
         "b: gattc_connection:disconnect: Not connected"),
    FAIL("services of nobody", PEER(", properties = 'read'") "conn:disconnect() conn:services()",
         "b: gattc_connection:services: Not connected"),
    FAIL("characteristics of nobody",
         PEER(", properties = 'read'") "conn:disconnect() services[3]:characteristics()",
         "b: gattc_service:characteristics: Not connected"),

    /* a client's characteristic */
    GOOD("what it is",
         PEER(", properties = 'read, write, notify'")
             "print(there:uuid(), there:instance(), there:properties())",
         "4567\t0\t26\n"),
    GOOD("two characteristics of one UUID",
         TWO "local s = a:service(1234) for i = 1, 2 do s:characteristic { uuid = 4567, "
             "properties = 'read', value = tostring(i) } end a:advertise {} " CLIENT
             "for _, c in ipairs(services[3]:characteristics()) do print(c:instance(), c:read()) end",
         "0\t1\n1\t2\n"),
    GOOD("read and value",
         PEER(", properties = 'read', value = 'one'") "print(there:value(), there:read(), "
                                                      "there:value()) value:set('two') "
                                                      "print(there:value(), there:read())",
         "nil\tone\tone\none\ttwo\n"),
    GOOD("a long value",
         PEER(", properties = 'read', value = ('x'):rep(500)") "print(#there:read())", "500\n"),
    GOOD("write",
         PEER(", properties = 'write'") "there:write('one') print(value:next_write()) "
                                        "there:write(0x1234) print(hex(value:next_write())) "
                                        "there:write { value = 7 } print(hex(value:next_write()))",
         "one\n12 34\n07\n"),
    GOOD("write without a response, however many",
         PEER(", properties = 'write_without_response'")
             "for i = 1, 250 do there:write(i) end for i = 1, 250 do "
             "expect(value:next_write(s(9))):equals(string.char(i)) end print('all')",
         "all\n"),
    GOOD("a descriptor",
         TWO "local value = a:service(1234):characteristic { uuid = 4567, properties = 'read' } "
             "value:descriptor { uuid = 0x2901, value = 'what it is' } a:advertise {} " CLIENT
             "print(there:read_descriptor(0x2901)) expect_error(function() "
             "there:read_descriptor { uuid = 0x2904 } end, 'Not found')",
         "what it is\n"),
    GOOD("notifications",
         PEER(", properties = 'notify'")
             "there:callback(Bluetooth.CHAR_NOTIFY_EVENT, function(x) print(x == there, x:value(), "
             "x:events()) end) value:notify('one') sleep(s(1)) value:notify('two') sleep(s(1)) "
             "there:callback() print(value:notify('three')) sleep(s(1)) print(there:events())",
         "b: true\tone\t32\nb: true\ttwo\t32\n0\n0\n"),
    GOOD("indications, and an argument",
         PEER(", properties = 'indicate'")
             "there:callback { trigger = Bluetooth.CHAR_NOTIFY_EVENT, arg = 'x', "
             "handler = function(x) print(x, there:value()) end } "
             "print(value:indicate('one')) sleep(s(1))",
         "b: x\tone\n1\n"),
    GOOD("a handler that reads",
         PEER(", properties = 'notify, read', value = 'all of it'")
             "there:callback(Bluetooth.CHAR_NOTIFY_EVENT, function(x) print(x:value(), x:read()) "
             "end) value:notify('one') sleep(s(1))",
         "b: one\tall of it\n"),
    FAIL("a value that is not to be read", PEER(", properties = 'write'") "there:read()",
         "b: gattc_characteristic:read: Read Not Permitted (att 0x02)"),
    FAIL("a value too long", PEER(", properties = 'write', max_length = 3") "there:write('long')",
         "b: gattc_characteristic:write: "),
    FAIL("nothing to subscribe to",
         PEER(", properties = 'read'") "there:callback(Bluetooth.CHAR_NOTIFY_EVENT, print)",
         "b: gattc_characteristic:callback: "),
    BAD("a value that is none", PEER(", properties = 'write'") "there:write()",
        "gattc_characteristic:write: value must be an integer or a string of octets, got nil"),
    BAD("a value below zero", PEER(", properties = 'write'") "there:write(-1)",
        "gattc_characteristic:write: value must be a whole number from 0 to 4294967295, got -1"),
    BAD("a value of too many octets", PEER(", properties = 'write'") "there:write(('x'):rep(513))",
        "gattc_characteristic:write: value: 513 octets, at most 512 fit"),
    BAD("another trigger", PEER(", properties = 'notify'") "there:callback(8, print)",
        "gattc_characteristic:callback: trigger must be made of Bluetooth.CHAR_NOTIFY_EVENT, "
        "got 8"),
    BAD("a handler that is none", PEER(", properties = 'notify'") "there:callback(32, 1)",
        "gattc_characteristic:callback: handler must be a function, got number"),
    BAD("a descriptor of no UUID", PEER(", properties = 'read'") "there:read_descriptor()",
        "gattc_characteristic:read_descriptor: uuid must be a UUID"),

    /* the server */
    GOOD("what it has unless told",
         SERVES("") PLAIN "print(there.properties[1], there.properties[2], there.properties[3], "
                          "#there:read(), chr:uuid(), service.started)",
         "read\twrite\tnotify\t0\t4567\ttrue\n"),
    GOOD("integers in the fewest octets",
         SERVES("") PLAIN "for _, v in ipairs { 0, 255, 256, 65535, 65536, 4294967295 } do "
                          "chr:value(v) print(chr:value(), hex(there:read())) end",
         "0\t00\n255\tff\n256\t01 00\n65535\tff ff\n65536\t00 01 00 00\n"
         "4294967295\tff ff ff ff\n"),
    GOOD("strings",
         SERVES(", value = 'first'") PLAIN "print(chr:value(), there:read()) chr:value { value = "
                                           "'second' } print(chr:value(), there:read()) "
                                           "there:write('third') print(chr:value())",
         "first\tfirst\nsecond\tsecond\nthird\n"),
    GOOD("properties and permissions",
         SERVES(", properties = Bluetooth.PROP_READ | Bluetooth.PROP_INDICATE, permissions = "
                "Bluetooth.PERM_READ_ENCRYPTED, value = 'v'")
             PLAIN "print(there.properties[1], there.properties[2]) expect_error(function() "
                   "there:read() end, 'Insufficient') conn:pair() print(there:read())",
         "read\tindicate\nv\n"),
    GOOD("by position",
         SERVER "local service = bt:service(0x180F, true, 2, false) print(service.started) "
                "service:characteristic(0x2A19, Bluetooth.PERM_READ, Bluetooth.PROP_READ, 87) "
                "service:characteristic(0x2A1B) service:start() print(service.started) "
                "bt:set_advertisement() bt:advertise() print(b:connect(a):characteristic(0x180F, "
                "0x2A19):read())",
         "false\ntrue\nW\n"),
    GOOD("a secondary service",
         SERVER "bt:service(1234, false):characteristic(4567) bt:set_advertisement() bt:advertise() "
                "local conn = b:connect(a) print(#conn:services())",
         "2\n"),
    GOOD("stopped and started",
         SERVES(", value = 'v'") PLAIN
         "service:stop() expect_error(function() there:read() end, { layer = 'att' }) "
         "conn:forget_services() expect_error(function() conn:service(1234) end, 'Not found') "
         "service:start() conn:forget_services() print(conn:characteristic(1234, 4567):read())",
         "v\n"),
    GOOD("a read handler's value",
         SERVES(", value = 'v'") PLAIN
         "local answer chr:callback(Bluetooth.CHAR_READ_EVENT, function(x) print(x == chr, "
         "x:events()) return answer end) print(there:read()) answer = 'w' print(there:read()) "
         "answer = 0x1234 print(hex(there:read())) answer = nil print(hex(there:read()))",
         "a: true\t8\nv\na: true\t8\nw\na: true\t8\n12 34\na: true\t8\n12 34\n"),
    GOOD("a write handler",
         SERVES("") PLAIN "chr:callback { trigger = Bluetooth.CHAR_WRITE_EVENT, arg = { 'y' }, "
                          "handler = function(x) print(x[1], chr:value(), chr:events()) return 'z' "
                          "end } there:write('w') print(chr:value()) chr:callback() "
                          "there:write('v') print(chr:value(), chr:events())",
         "a: y\tw\t16\nw\nv\t16\n"),
    GOOD("who subscribes hears the value",
         SERVES(", value = 'v'") PLAIN
         "chr:callback(Bluetooth.CHAR_SUBSCRIBE_EVENT, function(x) print(x.subscribed, x:events()) "
         "end) local news = there:subscribe() print(news:next(s(1))) chr:value('w') "
         "print(news:next(s(1)), chr.subscribed == Bluetooth.PROP_NOTIFY) news:unsubscribe() "
         "sleep(s(1)) print(chr.subscribed)",
         "a: 16\t64\nv\nw\ttrue\na: 0\t64\n0\n"),
    GOOD("more notifications than the queue holds",
         SERVES(", value = 'v'") PLAIN "local news = there:subscribe() for i = 1, 250 do "
                                       "chr:value(i) end news:next(s(1)) for i = 1, 250 do "
                                       "expect(news:next(s(9))):equals(string.char(i)) end "
                                       "print('all')",
         "all\n"),
    GOOD("both ends by the interface",
         SERVES(", value = 5") CLIENT
         "print(hex(there:read())) there:callback(32, function(x) print(hex(x:value())) end) "
         "sleep(s(1)) chr:value(6) sleep(s(1))",
         "05\nb: 05\nb: 06\n"),
    FAIL("more characteristics than the service has room for",
         SERVES("") "service:characteristic(1)", "gatts_service:characteristic: "),
    BAD("a service without a UUID", SERVER "bt:service()",
        "bluetooth:service: uuid must be a UUID such as 0x180D or \"180d\", got nil"),
    BAD("a service of too many", SERVER "bt:service(1, { nbr_chars = 1001 })",
        "bluetooth:service: nbr_chars must be a whole number from 0 to 1000, got 1001"),
    BAD("primary or what", SERVER "bt:service(1, 1)",
        "bluetooth:service: isprimary must be true or false, got number"),
    BAD("started or what", SERVER "bt:service { uuid = 1, start = 1 }",
        "bluetooth:service: start must be true or false, got number"),
    BAD("a characteristic without a UUID", SERVER "bt:service(1):characteristic {}",
        "gatts_service:characteristic: uuid must be a UUID"),
    BAD("permissions that are none", SERVER "bt:service(1):characteristic(2, 8)",
        "gatts_service:characteristic: permissions must be made of Bluetooth.PERM_READ, "),
    BAD("properties that are none", SERVER "bt:service(1):characteristic(2, nil, 256)",
        "gatts_service:characteristic: properties must be made of Bluetooth.PROP_BROADCAST, "),
    BAD("a value that is a table", SERVER "bt:service(1):characteristic(2, nil, nil, {}, nil)",
        "gatts_service:characteristic takes at most 4 arguments, got 5"),
    BAD("a value that is a truth", SERVES("") "chr:value(true)",
        "gatts_characteristic:value: value must be an integer or a string of octets, got boolean"),
    BAD("a value too large", SERVES("") "chr:value(4294967296)",
        "gatts_characteristic:value: value must be a whole number from 0 to 4294967295, "
        "got 4294967296"),
    BAD("a value too long", SERVES("") "chr:value(('x'):rep(513))",
        "gatts_characteristic:value: value: 513 octets, at most 512 fit"),
    BAD("a trigger of the object", SERVES("") "chr:callback(2, print)",
        "gatts_characteristic:callback: trigger must be made of Bluetooth.CHAR_READ_EVENT, "
        "Bluetooth.CHAR_WRITE_EVENT, Bluetooth.CHAR_SUBSCRIBE_EVENT, got 2"),
    BAD("no handler", SERVES("") "chr:callback(8, {}, 1)",
        "gatts_characteristic:callback: handler must be a function, got table"),
    BAD("a handler that waits",
        SERVES("") PLAIN "chr:callback(8, function() sleep(1) end) there:read()",
        "sleep waits, which a callback cannot do"),
    BAD("a handler that returns a truth",
        SERVES("") PLAIN "chr:callback(8, function() return true end) there:read()",
        "what this function returned cannot be taken (boolean): an integer, a string or nothing"),
    BAD("a handler that returns too large a number",
        SERVES("") PLAIN "chr:callback(8, function() return -1 end) there:read()",
        "what this function returned cannot be taken (number): a whole number from 0 to "
        "4294967295"),
    BAD("a handler that returns too much",
        SERVES("") PLAIN "chr:callback(8, function() return ('x'):rep(513) end) there:read()",
        "what this function returned cannot be taken (string): a string of at most 512 octets"),
};

int main(void)
{
    return RUN_ROWS(rows, script_test_row);
}
