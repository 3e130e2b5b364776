/* SPDX-License-Identifier: MIT */
/* The Bluetooth interface in scripts: its object, its constants, its arguments. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "rows.h"
#include "script.h"

#define TWO "local a = device { name = 'a', address = 'C0:00:00:00:00:01' } " \
            "local b = device { name = 'b', address = '00:1B:DC:00:00:02' } "
/* a has an object. */
#define BT TWO "local bt = Bluetooth(a, { privacy = false }) "
/* And advertises by it as x, every 20 ms. */
#define ADVERTISES BT "bt:set_advertisement('x') bt:advertise() "
#define B          "local bb = Bluetooth(b, { privacy = false }) "

static const struct script_row rows[] = {
    /* constants: as the field has them */
    GOOD("mode and antennas",
         "print(Bluetooth.BLE, Bluetooth.INT_ANT, Bluetooth.EXT_ANT, Bluetooth.MAN_ANT)",
         "1\t0\t1\t2\n"),
    GOOD("types of advertisements",
         "print(Bluetooth.CONN_ADV, Bluetooth.CONN_DIR_ADV, Bluetooth.DISC_ADV, "
         "Bluetooth.NON_CONN_ADV, Bluetooth.SCAN_RSP)",
         "0\t1\t2\t3\t4\n"),
    GOOD("types of addresses",
         "print(Bluetooth.PUBLIC_ADDR, Bluetooth.RANDOM_ADDR, Bluetooth.PUBLIC_RPA_ADDR, "
         "Bluetooth.RANDOM_RPA_ADDR)",
         "0\t1\t2\t3\n"),
    GOOD("types of advertising data",
         "print(Bluetooth.ADV_FLAG, Bluetooth.ADV_16SRV_PART, Bluetooth.ADV_T16SRV_CMPL, "
         "Bluetooth.ADV_16SRV_CMPL, Bluetooth.ADV_32SRV_PART, Bluetooth.ADV_32SRV_CMPL, "
         "Bluetooth.ADV_128SRV_PART, Bluetooth.ADV_128SRV_CMPL, Bluetooth.ADV_NAME_SHORT, "
         "Bluetooth.ADV_NAME_CMPL, Bluetooth.ADV_TX_PWR, Bluetooth.ADV_DEV_CLASS, "
         "Bluetooth.ADV_SERVICE_DATA, Bluetooth.ADV_APPEARANCE, Bluetooth.ADV_ADV_INT, "
         "Bluetooth.ADV_32SERVICE_DATA, Bluetooth.ADV_128SERVICE_DATA, "
         "Bluetooth.ADV_MANUFACTURER_DATA)",
         "1\t2\t3\t3\t4\t5\t6\t7\t8\t9\t10\t13\t22\t25\t26\t32\t33\t255\n"),
    GOOD("properties",
         "print(Bluetooth.PROP_BROADCAST, Bluetooth.PROP_READ, Bluetooth.PROP_WRITE_NR, "
         "Bluetooth.PROP_WRITE, Bluetooth.PROP_NOTIFY, Bluetooth.PROP_INDICATE, "
         "Bluetooth.PROP_AUTH, Bluetooth.PROP_EXT_PROP)",
         "1\t2\t4\t8\t16\t32\t64\t128\n"),
    GOOD("permissions",
         "print(Bluetooth.PERM_READ, Bluetooth.PERM_READ_ENCRYPTED, Bluetooth.PERM_READ_ENC_MITM, "
         "Bluetooth.PERM_WRITE, Bluetooth.PERM_WRITE_ENCRYPTED, Bluetooth.PERM_WRITE_ENC_MITM, "
         "Bluetooth.PERM_WRITE_SIGNED)",
         "1\t2\t4\t16\t32\t64\t128\n"),
    GOOD("events, as numbers",
         "print(Bluetooth.NEW_ADV_EVENT, Bluetooth.CLIENT_CONNECTED, "
         "Bluetooth.CLIENT_DISCONNECTED, Bluetooth.CHAR_READ_EVENT, Bluetooth.CHAR_WRITE_EVENT, "
         "Bluetooth.CHAR_NOTIFY_EVENT, Bluetooth.CHAR_SUBSCRIBE_EVENT)",
         "1\t2\t4\t8\t16\t32\t64\n"),
    GOOD("power, as numbers",
         "print(Bluetooth.TX_PWR_CONN, Bluetooth.TX_PWR_ADV, Bluetooth.TX_PWR_SCAN, "
         "Bluetooth.TX_PWR_DEFAULT) print(Bluetooth.TX_PWR_N12, Bluetooth.TX_PWR_N9, "
         "Bluetooth.TX_PWR_N6, Bluetooth.TX_PWR_N3, Bluetooth.TX_PWR_0, Bluetooth.TX_PWR_P3, "
         "Bluetooth.TX_PWR_P6, Bluetooth.TX_PWR_P9)",
         "0\t9\t10\t11\n0\t1\t2\t3\t4\t5\t6\t7\n"),
    GOOD("types of advertising, and whose addresses",
         "print(Bluetooth.ADV_TYPE_IND, Bluetooth.ADV_TYPE_DIRECT_IND_HIGH, "
         "Bluetooth.ADV_TYPE_SCAN_IND, Bluetooth.ADV_TYPE_NONCONN_IND, "
         "Bluetooth.ADV_TYPE_DIRECT_IND_LOW) print(Bluetooth.BLE_ADDR_TYPE_PUBLIC, "
         "Bluetooth.BLE_ADDR_TYPE_RANDOM, Bluetooth.BLE_ADDR_TYPE_RPA_PUBLIC, "
         "Bluetooth.BLE_ADDR_TYPE_RPA_RANDOM)",
         "0\t1\t2\t3\t4\n0\t1\t2\t3\n"),
    GOOD("channels and policies",
         "print(Bluetooth.ADV_CHNL_37, Bluetooth.ADV_CHNL_38, Bluetooth.ADV_CHNL_39, "
         "Bluetooth.ADV_CHNL_ALL, Bluetooth.ADV_FILTER_ALLOW_SCAN_ANY_CON_ANY, "
         "Bluetooth.ADV_FILTER_ALLOW_SCAN_WLST_CON_ANY, "
         "Bluetooth.ADV_FILTER_ALLOW_SCAN_ANY_CON_WLST, "
         "Bluetooth.ADV_FILTER_ALLOW_SCAN_WLST_CON_WLST)",
         "1\t2\t4\t7\t0\t1\t2\t3\n"),
    GOOD("the timeout", "print(Bluetooth.timeout, Bluetooth)", "Timed out\tBluetooth\n"),
    BAD("no such constant", "print(Bluetooth.ADV_NAME)",
        "Bluetooth has no 'ADV_NAME' (it has: ADV_128SERVICE_DATA, ADV_128SRV_CMPL, "),
    BAD("a constant that is set", "Bluetooth.BLE = 2", "Bluetooth: 'BLE' cannot be set"),

    /* the object */
    GOOD("one object a device",
         TWO "local bt = Bluetooth(a) print(bt, bt == Bluetooth(a), bt == Bluetooth(b), "
             "bt.device == a, bt.initialised)",
         "bluetooth a\ttrue\tfalse\ttrue\ttrue\n"),
    GOOD("the documents' defaults",
         TWO "local o = Bluetooth(a).options print(o.id, o.mode, o.antenna, o.modem_sleep, o.pin, "
             "o.privacy, o.secure_connections, o.mtu, o.secure, o.pad_adv_data)",
         "0\t1\t0\ttrue\tnil\ttrue\ttrue\t200\tfalse\tfalse\n"),
    GOOD("options by position",
         TWO "local o = Bluetooth(a, 0, Bluetooth.BLE, Bluetooth.EXT_ANT, false, '12', false, "
             "false, 23, true, true).options print(o.id, o.mode, o.antenna, o.modem_sleep, o.pin, "
             "o.privacy, o.secure_connections, o.mtu, o.secure, o.pad_adv_data)",
         "0\t1\t1\tfalse\t000012\tfalse\tfalse\t23\ttrue\ttrue\n"),
    GOOD("options by name, behind one by position",
         TWO "local o = Bluetooth(a, 0, { pin = 1234, mtu = 100 }).options print(o.pin, o.mtu)",
         "001234\t100\n"),
    GOOD("the MTU",
         TWO "local bt = Bluetooth(a, { privacy = false, mtu = 50 }) bt:set_advertisement('x') "
             "bt:advertise() " B "print(bb:connect(a).conn.mtu)",
         "50\n"),
    GOOD("private, or not",
         TWO "local bt = Bluetooth(a) bt:set_advertisement('x') bt:advertise() "
             "local adv = b:scan { name = 'x' } print(adv.address_type, adv.address == a.address) "
             "bt:deinit() bt:init { privacy = false } bt:set_advertisement('x') bt:advertise() "
             "print(b:scan({ name = 'x' }).address == a.address)",
         "random\tfalse\ntrue\n"),
    GOOD("a secure server",
         TWO "local bt = Bluetooth(a, { privacy = false, secure = true }) bt:service(1234):"
             "characteristic { uuid = 4567, value = 'v' } bt:set_advertisement('x') bt:advertise() "
             "local c = b:connect(a) print(c.encrypted, c:wait_pairing(s(5)).method, c.encrypted, "
             "c:characteristic(1234, 4567):read()) c:disconnect() bt:deinit() "
             "bt:init { privacy = false } bt:set_advertisement('x') bt:advertise() b:forget() "
             "local d = b:connect(a) sleep(s(5)) print(d.encrypted)",
         "false\tjust_works\ttrue\tv\nfalse\n"),
    GOOD("secure connections, or not",
         TWO "for _, yes in ipairs { true, false } do local bt = Bluetooth(a, { privacy = false, "
             "secure = true, secure_connections = yes }) bt:set_advertisement('x') bt:advertise() "
             "local c = b:connect(a) print(c:wait_pairing(s(5)).secure_connections) sleep(s(1)) "
             "c:disconnect() bt:deinit() a:forget() b:forget() end",
         "true\nfalse\n"),
    {"an object from outside the scenario",
     "local a = device { name = 'a' } local bt = Bluetooth(a, { mtu = 50, pin = '7' }) "
     "scenario('x', function() print(bt.initialised, bt.options.mtu, bt.options.pin, "
     "bt == Bluetooth(a)) end)",
     SCENARIO_PASSED, "true\t50\t000007\ttrue\n", true},
    {"one object, outside the scenario",
     "local a = device { name = 'a' } local bt = Bluetooth(a) local same = bt == Bluetooth(a) "
     "scenario('x', function() print(same, bt.initialised) end)",
     SCENARIO_PASSED, "true\ttrue\n", true},
    {"twice, outside the scenario",
     "local a = device { name = 'a' } Bluetooth(a, { mtu = 50 }) Bluetooth(a, { mtu = 60 }) "
     "scenario('x', function() end)",
     SCENARIO_TROUBLE, "test.lua:1: Bluetooth: a has been set up above", true},
    {"a call outside the scenario",
     "local a = device { name = 'a' } local bt = Bluetooth(a) bt:start_scan(1) "
     "scenario('x', function() end)",
     SCENARIO_FAILED, "test.lua:1: bluetooth:start_scan: ", true},
    GOOD("off and on again",
         BT "bt:deinit() print(bt.initialised, bt:get_adv(), bt:isscanning(), bt:events()) "
            "bt:init { mtu = 44 } print(bt.initialised, bt.options.mtu, bt.options.privacy) "
            "bt:start_scan(1) print(bt:isscanning())",
         "false\tnil\tfalse\t0\ntrue\t44\ttrue\ntrue\n"),
    GOOD("what was off is made again by its name",
         BT "bt:deinit() print(Bluetooth(a).initialised)", "true\n"),
    FAIL("on twice", BT "bt:init()", "a: bluetooth:init: Operation already in progress: it is initialised, or about to be"),
    FAIL("on twice, with other options", BT "Bluetooth(a, { mtu = 50 })",
         "a: Bluetooth: Operation already in progress: it is initialised, or about to be"),
    GOOD("on by two scripts at once",
         TWO "local script = a:script(function() local bt = Bluetooth(a) return bt, "
             "bt.initialised end) local bt = Bluetooth(a, { mtu = 50 }) local other, yes = "
             "script:join() print(bt == other, yes, other.options.mtu)",
         "true\ttrue\t50\n"),
    GOOD("with other options by two scripts at once",
         TWO "local script = a:script(function() return pcall(Bluetooth, a, { mtu = 60 }) end) "
             "Bluetooth(a, { mtu = 50 }) print(script:join())",
         "false\ta: Bluetooth: Operation already in progress: it is initialised, or about to be\n"),
    FAIL("off twice", BT "bt:deinit() bt:deinit()", "a: bluetooth:deinit: "),
    GOOD("without power it is off",
         ADVERTISES "local c = b:connect(a) sleep(s(1)) a:power_off() print(bt.initialised, "
                    "bt.client_connected) a:power_on() bt:init { privacy = false } "
                    "bt:set_advertisement('y') bt:advertise() print(b:scan { name = 'y' }.name)",
         "false\tfalse\ny\n"),
    FAIL("off", BT "bt:deinit() bt:start_scan(1)", "bluetooth:start_scan: "),
    BAD("no device", "Bluetooth()", "Bluetooth: argument 1 must be a device, got no value"),
    BAD("options in place of a device", "Bluetooth { mtu = 50 }",
        "Bluetooth: argument 1 must be a device, got table"),
    BAD("another id", TWO "Bluetooth(a, 1)", "Bluetooth: id must be 0, there is one radio"),
    BAD("another mode", TWO "Bluetooth(a, { mode = 2 })",
        "Bluetooth: mode must be one of Bluetooth.BLE, got 2"),
    BAD("no antenna", TWO "Bluetooth(a, { antenna = 3 })",
        "Bluetooth: antenna must be one of Bluetooth.INT_ANT, Bluetooth.EXT_ANT, "
        "Bluetooth.MAN_ANT, got 3"),
    BAD("no truth", TWO "Bluetooth(a, { privacy = 1 })",
        "Bluetooth: privacy must be true or false, got number"),
    BAD("an MTU too small", TWO "Bluetooth(a, { mtu = 22 })",
        "Bluetooth: mtu must be a whole number from 23 to 200, got 22"),
    BAD("an MTU too large", BT "bt:init { mtu = 201 }",
        "bluetooth:init: mtu must be a whole number from 23 to 200, got 201"),
    BAD("a PIN of letters", TWO "Bluetooth(a, { pin = '12a4' })",
        "Bluetooth: pin has one to six digits, not '12a4'"),
    BAD("a PIN of nothing", TWO "Bluetooth(a, { pin = '' })",
        "Bluetooth: pin has one to six digits, not ''"),
    BAD("a PIN of seven digits", TWO "Bluetooth(a, { pin = '1234567' })",
        "Bluetooth: pin has one to six digits, not '1234567'"),
    BAD("a number too large for a PIN", TWO "Bluetooth(a, { pin = 1000000 })",
        "Bluetooth: pin must be a whole number from 0 to 999999, got 1000000"),
    BAD("a table for a PIN", TWO "Bluetooth(a, 0, nil, nil, nil, {}, nil)",
        "Bluetooth: pin must be an integer or a string of digits, got table"),
    BAD("no such option", TWO "Bluetooth(a, { mtus = 50 })",
        "Bluetooth: unknown field 'mtus' (known: id, mode, antenna, modem_sleep, pin, privacy, "
        "secure_connections, mtu, secure, pad_adv_data)"),
    BAD("an option twice", TWO "Bluetooth(a, 0, { id = 0 })", "Bluetooth: id is given twice"),
    BAD("too many", BT "bt:start_scan(1, 2)",
        "bluetooth:start_scan takes at most 1 arguments, got 2"),
    BAD("a method with '.'", BT "bt.start_scan(1)",
        "bluetooth:start_scan is called with ':' on an object of type bluetooth, got number"),
    BAD("no such method", BT "bt:scan()",
        "bluetooth has no 'scan' (it has: advertise, advertising, callback, client_connected, "),

    /* scanning */
    GOOD("for so many seconds",
         BT "local t = now() bt:start_scan { timeout = 2 } while bt:isscanning() do sleep(ms(100)) "
            "end print(now() - t == s(2))",
         "true\n"),
    GOOD("until it is stopped",
         BT "bt:start_scan(-1) sleep(s(30)) print(bt:isscanning()) bt:stop_scan() "
            "print(bt:isscanning()) bt:stop_scan()",
         "true\nfalse\n"),
    GOOD("an advertisement",
         ADVERTISES B "bb:start_scan(1) sleep(s(1)) local adv = bb:get_adv() "
                      "print(hex(adv.mac), adv.addr_type, adv.adv_type, adv.rssi < 0, "
                      "bb:resolve_adv_data(adv.data, Bluetooth.ADV_NAME_CMPL)) "
                      "print(#adv, adv[1] == adv.mac, adv[2] == adv.addr_type, "
                      "adv[3] == adv.adv_type, adv[4] == adv.rssi, adv[5] == adv.data, adv[6])",
         "c0 00 00 00 00 01\t1\t0\ttrue\tx\n5\ttrue\ttrue\ttrue\ttrue\ttrue\tnil\n"),
    GOOD("data of 31 octets",
         ADVERTISES "local bb = Bluetooth(b, { privacy = false, pad_adv_data = true }) "
                    "bb:start_scan(1) sleep(s(1)) print(hex(bb:get_adv().data))",
         "02 01 06 02 09 78 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
         "00 00\n"),
    GOOD("sixteen and no more",
         ADVERTISES B "bb:start_scan(5) sleep(s(3)) local advs = bb:get_advertisements() "
                      "print(#advs, bb.dropped > 0, #bb:get_advertisements(), bb:get_adv())",
         "16\ttrue\t0\tnil\n"),
    GOOD("what data hold",
         BT "local data = '\\2\\1\\6\\3\\3\\15\\24\\2\\10\\252\\3\\25\\65\\3\\5\\255\\1\\2xy\\3\\8ab' "
            "for _, name in ipairs { 'ADV_FLAG', 'ADV_T16SRV_CMPL', 'ADV_TX_PWR', "
            "'ADV_APPEARANCE', 'ADV_MANUFACTURER_DATA', 'ADV_NAME_SHORT', 'ADV_NAME_CMPL' } do "
            "local v = bt:resolve_adv_data(data, Bluetooth[name]) "
            "print(type(v) == 'string' and hex(v) or v) end",
         "6\n0f 18\n-4\n833\n01 02 78 79\n61 62\nnil\n"),
    BAD("a scan of no time", BT "bt:start_scan(0)",
        "bluetooth:start_scan: timeout is a number of seconds, or -1 for ever; not 0"),
    BAD("a scan without a time", BT "bt:start_scan()",
        "bluetooth:start_scan: timeout is a number of seconds, or -1 for ever; not nil"),
    BAD("an advertisement in place of a time",
        ADVERTISES "bt:start_scan(b:scan {})",
        "bluetooth:start_scan: timeout must be a number, got table"),
    BAD("a scan of half a second", BT "bt:start_scan(0.5)",
        "bluetooth:start_scan: timeout must be a whole number from -2147483648 to 2147483647, "
        "got 0.5"),
    FAIL("two scans", BT "bt:start_scan(1) bt:start_scan(1)", "bluetooth:start_scan: Operation already in progress"),
    BAD("data that are none", BT "bt:resolve_adv_data(nil, 1)",
        "bluetooth:resolve_adv_data: data and data_type are needed"),
    BAD("data that are a number", BT "bt:resolve_adv_data(1, 1)",
        "bluetooth:resolve_adv_data: data must be a string of octets, got number"),
    BAD("a data type that is none", BT "bt:resolve_adv_data('', 0x24)",
        "bluetooth:resolve_adv_data: data_type must be one of Bluetooth.ADV_FLAG, "),
    BAD("a field of an advertisement that is none",
        ADVERTISES B "bb:start_scan(1) sleep(s(1)) print(bb:get_adv().address)",
        "an advertisement has no 'address' (it has: addr_type, adv_type, data, mac, rssi)"),

    /* connecting */
    GOOD("by octets, text, device and advertisement",
         ADVERTISES B "bb:start_scan(1) sleep(s(1)) for _, to in ipairs { bb:get_adv().mac, "
                      "'c00000000001', 'C0:00:00:00:00:01', a } do local c = bb:connect(to, 2000) "
                      "print(c:isconnected(), c.conn.peer, c.conn.mtu) c:disconnect() "
                      "print(c:isconnected(), c.conn) end "
                      "print(bb:connect(b:scan { name = 'x' }):isconnected())",
         "true\tC0:00:00:00:00:01\t200\nfalse\tnil\n"
         "true\tC0:00:00:00:00:01\t200\nfalse\tnil\n"
         "true\tC0:00:00:00:00:01\t200\nfalse\tnil\n"
         "true\tC0:00:00:00:00:01\t200\nfalse\tnil\ntrue\n"),
    GOOD("the timeout has passed",
         BT "local t = now() local ok, err = pcall(bt.connect, bt, '010203040506', 500) "
            "print(ok, err.name == Bluetooth.timeout, err.what, now() - t < ms(600))",
         "false\ttrue\ta: bluetooth:connect\ttrue\n"),
    FAIL("two at once",
         BT "a:script(function() bt:connect('010203040506', 900) end) sleep(1) "
            "bt:connect('010203040507')",
         "a: bluetooth:connect: Operation already in progress"),
    GOOD("ended in the middle by deinit",
         BT "local script = a:script(function() return pcall(bt.connect, bt, '010203040506') end) "
            "bt:start_scan(-1) sleep(s(1)) bt:deinit() print(script:join())",
         "false\ta: bluetooth:connect: Cancelled\n"),
    GOOD("ended in the middle by the scenario",
         BT "a:script(function() bt:connect('010203040506') end) bt:start_scan(-1) "
            "bt:callback(1, function() sleep(s(99)) end) sleep(s(1)) print('end')",
         "end\n"),
    BAD("no address", BT "bt:connect('01020304050')",
        "bluetooth:connect: mac_addr: '01020304050' is no address"),
    BAD("nobody", BT "bt:connect()",
        "bluetooth:connect: mac_addr must be six octets, text such as \"112233eeddff\" or a "
        "device, got nil"),
    BAD("no time", BT "bt:connect('010203040506', 0)",
        "bluetooth:connect: timeout must be a whole number from 1 to 4294967295, got 0"),
    BAD("connecting in a callback",
        BT "b:advertise { name = 'x' } b:service(1):characteristic { uuid = 2, properties = 'read', "
           "on_read = function() bt:connect('010203040506') end } "
           "local c = a:connect(b) c:characteristic(1, 2):read()",
        "a: bluetooth:connect waits, which a callback cannot do"),

    /* advertising */
    GOOD("everything in one",
         BT "bt:set_advertisement('n', '\\1\\2m', '\\10\\24d', 0x180D) bt:advertise() "
            "local adv = b:scan { name = 'n' } print(adv.type, adv.manufacturer[1].company, "
            "adv.manufacturer[1].data, adv.service_data[1].uuid, adv.services[1], adv.flags)",
         "ADV_IND\t513\tm\t6154\t6157\t6\n"),
    GOOD("a UUID of 16 octets",
         BT "bt:set_advertisement { service_uuid = '1234567890123456' } bt:advertise(true) "
            "print(b:scan({ service = '36353433-3231-3039-3837-363534333231' }).services[1])",
         "36353433-3231-3039-3837-363534333231\n"),
    GOOD("a UUID as text",
         BT "bt:set_advertisement { service_uuid = 'e2c56db5-dffb-48d2-b060-d0f5a71096e0' } "
            "bt:advertise() print(b:scan({}).services[1])",
         "e2c56db5-dffb-48d2-b060-d0f5a71096e0\n"),
    GOOD("how",
         BT "bt:set_advertisement('x') bt:set_advertisement_params(0x640, 0x640, "
            "Bluetooth.ADV_TYPE_NONCONN_IND, Bluetooth.BLE_ADDR_TYPE_PUBLIC, Bluetooth.ADV_CHNL_38, "
            "Bluetooth.ADV_FILTER_ALLOW_SCAN_ANY_CON_ANY) bt:advertise() "
            "local ear = sniffer { name = 'ear' } local one = ear:next(s(2)) "
            "local two = ear:next(s(2)) print(one.channel, two.channel, one.type, "
            "(two.time - one.time) // ms(100))",
         "38\t38\tADV_NONCONN_IND\t10\n"),
    GOOD("whose address",
         BT "bt:set_advertisement('x') bt:advertise() for _, type in ipairs { "
            "Bluetooth.BLE_ADDR_TYPE_PUBLIC, Bluetooth.BLE_ADDR_TYPE_RANDOM, "
            "Bluetooth.BLE_ADDR_TYPE_RPA_PUBLIC, Bluetooth.BLE_ADDR_TYPE_RPA_RANDOM } do "
            "bt:set_advertisement_params { own_addr_type = type } sleep(s(1)) "
            "local adv = b:scan { name = 'x' } print(adv.address_type, adv.address == a.address) end",
         "random\ttrue\nrandom\ttrue\nrandom\tfalse\nrandom\tfalse\n"),
    GOOD("off again", ADVERTISES "print(bt.advertising) bt:advertise(false) print(bt.advertising, "
                                 "#b:scan_all {})",
         "true\nfalse\t0\n"),
    GOOD("to one device alone",
         BT "bt:set_advertisement() bt:set_advertisement_params { adv_type = "
            "Bluetooth.ADV_TYPE_DIRECT_IND_LOW, peer = b } bt:advertise() "
            "print(b:connect(a).role)",
         "central\n"),
    GOOD("for some alone",
         BT "local c = device { name = 'c' } bt:set_advertisement('x') bt:set_accept_list { b, "
            "'112233eeddff' } bt:set_advertisement_params { adv_filter_policy = "
            "Bluetooth.ADV_FILTER_ALLOW_SCAN_ANY_CON_WLST } bt:advertise() "
            "print(c:connect(a):wait_disconnected(s(1))) print(b:connect(a).role)",
         "62\tConnection Failed to be Established / Synchronization Timeout\ncentral\n"),
    FAIL("nothing to advertise", BT "bt:advertise()", "bluetooth:advertise: "),
    FAIL("too much", BT "bt:set_advertisement { manufacturer_data = ('x'):rep(30) }",
         "bluetooth:set_advertisement: Too long: that fits neither the advertisement nor its "
         "response"),
    BAD("a name with a zero", BT "bt:set_advertisement('a\\0b')",
        "bluetooth:set_advertisement: name must not have a zero in it"),
    BAD("a name that is a number", BT "bt:set_advertisement(1)",
        "bluetooth:set_advertisement: name must be a string of octets, got number"),
    BAD("no UUID", BT "bt:set_advertisement { service_uuid = '123' }",
        "bluetooth:set_advertisement: service_uuid: '123' is not a UUID"),
    BAD("an interval too short", BT "bt:set_advertisement_params(0x1F)",
        "bluetooth:set_advertisement_params: adv_int_min must be a whole number from 32 to 16384, "
        "got 31"),
    BAD("an interval too long", BT "bt:set_advertisement_params { adv_int_max = 0x4001 }",
        "bluetooth:set_advertisement_params: adv_int_max must be a whole number from 32 to 16384, "
        "got 16385"),
    BAD("intervals backwards", BT "bt:set_advertisement_params(0x50, 0x40)",
        "bluetooth:set_advertisement_params: adv_int_max must not be below adv_int_min, "
        "got 64 and 80"),
    BAD("a type that is none", BT "bt:set_advertisement_params { adv_type = 5 }",
        "bluetooth:set_advertisement_params: adv_type must be one of Bluetooth.ADV_TYPE_IND, "),
    BAD("an address type that is none", BT "bt:set_advertisement_params { own_addr_type = 4 }",
        "bluetooth:set_advertisement_params: own_addr_type must be one of "
        "Bluetooth.BLE_ADDR_TYPE_PUBLIC, "),
    BAD("no channels", BT "bt:set_advertisement_params { channel_map = 0 }",
        "bluetooth:set_advertisement_params: channel_map must not be empty"),
    BAD("channels that are none", BT "bt:set_advertisement_params { channel_map = 8 }",
        "bluetooth:set_advertisement_params: channel_map must be made of Bluetooth.ADV_CHNL_37, "
        "Bluetooth.ADV_CHNL_38, Bluetooth.ADV_CHNL_39, Bluetooth.ADV_CHNL_ALL, got 8"),
    BAD("a policy that is none", BT "bt:set_advertisement_params { adv_filter_policy = 4 }",
        "bluetooth:set_advertisement_params: adv_filter_policy must be one of "
        "Bluetooth.ADV_FILTER_ALLOW_SCAN_ANY_CON_ANY, "),
    BAD("a list that is none", BT "bt:set_accept_list('112233eeddff')",
        "bluetooth:set_accept_list takes a list of addresses, got string"),
    BAD("a list too long",
        BT "local l = {} for i = 1, 17 do l[i] = a end bt:set_accept_list(l)",
        "bluetooth:set_accept_list: 17 addresses, at most 16 fit"),
    BAD("on or what", BT "bt:advertise(1)",
        "bluetooth:advertise: on must be true or false, got number"),

    /* events of the object */
    GOOD("events",
         ADVERTISES "local c = b:connect(a) sleep(s(1)) print(bt:events(), bt:events()) "
                    "c:disconnect() sleep(s(1)) print(bt:events())",
         "2\t0\n4\n"),
    GOOD("a handler gets the object",
         ADVERTISES "bt:callback(Bluetooth.CLIENT_CONNECTED, function(x) print(x == bt, "
                    "x:events()) end) b:connect(a) sleep(s(1))",
         "a: true\t2\n"),
    GOOD("or its argument, also a table",
         ADVERTISES "bt:callback(Bluetooth.CLIENT_CONNECTED, function(x) print(x.y) end, "
                    "{ y = 'z' }) b:connect(a) sleep(s(1))",
         "a: z\n"),
    GOOD("one call an event, one after the other",
         ADVERTISES B "local n, at = 0, -s(1) bb:callback(Bluetooth.NEW_ADV_EVENT, function() "
                      "expect(now() - at):at_least(ms(300)) at = now() sleep(ms(300)) n = n + 1 end)"
                      " bb:start_scan(1) sleep(s(2.05)) print(n) bb:callback() sleep(s(2)) print(n)",
         "6\n7\n"),
    GOOD("another handler",
         ADVERTISES "bt:callback(6, function() print('one') end) bt:callback { trigger = 6, "
                    "handler = function() print('two') end } local c = b:connect(a) sleep(s(1)) "
                    "bt:callback(0) c:disconnect() sleep(s(1))",
         "a: two\n"),
    GOOD("a handler that never begins", BT "bt:callback(2, print)", ""),
    GOOD("a handler that nobody waits for",
         ADVERTISES "bt:callback(2, function() sleep(s(9)) print('never') end) b:connect(a) "
                    "bt:callback(2, print)",
         ""),
    GOOD("a handler that takes its own place",
         ADVERTISES "bt:callback(6, function() print('one') bt:callback(6, function() "
                    "print('two') end) end) local c = b:connect(a) sleep(s(1)) c:disconnect() "
                    "sleep(s(1))",
         "a: one\na: two\n"),
    BAD_TEXT("a handler alone cannot go on", BT "bt:callback(2, print) a:wait_connected()",
             "test.lua: deadlock: every script waits, and nothing can happen any more\n"
             "  the scenario waits in a:wait_connected at test.lua:1\n"
             "  a script of a waits in bluetooth:callback\n"),
    BAD("a handler that fails",
        ADVERTISES "bt:callback(2, function() nothing() end) b:connect(a) sleep(s(1))",
        "there is no global 'nothing'"),
    BAD("a trigger of a characteristic", BT "bt:callback(8, print)",
        "bluetooth:callback: trigger must be made of Bluetooth.NEW_ADV_EVENT, "
        "Bluetooth.CLIENT_CONNECTED, Bluetooth.CLIENT_DISCONNECTED, got 8"),
    BAD("a handler that is none", BT "bt:callback(2, 'x')",
        "bluetooth:callback: handler must be a function, got string"),
    GOOD("the client's connection is ended",
         ADVERTISES "local c = b:connect(a) sleep(s(1)) print(bt.client_connected) "
                    "bt:disconnect_client() print(c:wait_disconnected(s(1))) sleep(s(1)) "
                    "print(bt.client_connected)",
         "true\n19\tRemote User Terminated Connection\nfalse\n"),
    GOOD("a second client is closed",
         ADVERTISES "local c = device { name = 'c' } local one = b:connect(a) sleep(s(1)) "
                    "a:advertise {} print(c:connect(a):wait_disconnected(s(2))) "
                    "print(one.connected, bt.client_connected)",
         "20\tRemote Device Terminated Connection due to Low Resources\ntrue\ttrue\n"),
    FAIL("nobody to be disconnected", BT "bt:disconnect_client()",
         "bluetooth:disconnect_client: Not connected"),

    /* power, PIN */
    GOOD("power",
         BT "print(bt:tx_power(Bluetooth.TX_PWR_ADV)) bt:tx_power(Bluetooth.TX_PWR_ADV, "
            "Bluetooth.TX_PWR_P9) print(bt:tx_power { type = Bluetooth.TX_PWR_ADV }) "
            "bt:set_advertisement('x') bt:advertise() local loud = b:scan({}).rssi "
            "bt:tx_power(Bluetooth.TX_PWR_ADV, Bluetooth.TX_PWR_N12) "
            "print(loud - b:scan({}).rssi)",
         "4\n7\n21\n"),
    BAD("power of nothing", BT "bt:tx_power()", "bluetooth:tx_power: a type is needed"),
    BAD("power of what", BT "bt:tx_power(1)",
        "bluetooth:tx_power: type must be one of Bluetooth.TX_PWR_CONN, Bluetooth.TX_PWR_ADV, "
        "Bluetooth.TX_PWR_SCAN, Bluetooth.TX_PWR_DEFAULT, got 1"),
    BAD("too much power", BT "bt:tx_power(0, 8)",
        "bluetooth:tx_power: level must be one of Bluetooth.TX_PWR_N12, "),
    GOOD("another PIN",
         ADVERTISES "local c = b:connect(a) bt:set_pin(1234) print(c:wait_disconnected(s(1))) "
                    "sleep(s(1)) print(bt.advertising, bt.options.pin, #b:scan_all {})",
         "19\tRemote User Terminated Connection\nfalse\t001234\t0\n"),
    BAD("no PIN", BT "bt:set_pin()", "bluetooth:set_pin: a pin is needed"),
    BAD("a PIN below zero", BT "bt:set_pin(-1)",
        "bluetooth:set_pin: pin must be a whole number from 0 to 999999, got -1"),
    BAD("a PIN with a space", BT "bt:set_pin('12 4')",
        "bluetooth:set_pin: pin has one to six digits, not '12 4'"),
    GOOD("all went well", BT "bt:start_scan(1) sleep(s(2)) print(bt:error())", "nil\n"),
};

int main(void)
{
    return RUN_ROWS(rows, script_test_row);
}
