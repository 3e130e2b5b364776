/* SPDX-License-Identifier: MIT */
/* Raw radios, links that they hold, and sniffers in scripts. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "rows.h"
#include "script.h"

#define TESTER "local tester = raw { name = 'tester' } "
#define HRM                                                                                        \
    TESTER "local hrm = device { name = 'hrm' } local rate = hrm:service(0x180D):characteristic "  \
           "{ uuid = 0x2A37, properties = 'read write', value = 'x' } "
#define CENTRAL HRM "hrm:advertise {} local l = tester:connect { to = hrm } "
#define PAIR                                                                                       \
    TESTER "local other = raw { name = 'other' } local b = other:advertise { interval = ms(20) } " \
           "local a = tester:connect { to = other } b:wait_connected(s(1)) "
#define KEYS "{ key = ('k'):rep(16), iv_c = 'abcd', iv_p = 'efgh' }"

static const struct script_row rows[] = {
    GOOD("a packet as it was sent and heard",
         TESTER "local ear = raw { name = 'ear', position = { x = 10 } } ear:hear_all() "
                "local e = tester:send { channel = 7, at = us(100), pdu = 'abc', access_address = "
                "0x12345678, crc_init = 5, phy = '2M' } local p = ear:next(s(1)) "
                "print(p.time, p.ended == e, p.channel, p.mhz, p.phy, p.rssi, p.pdu, p.crc_ok, "
                "p.access_address == 0x12345678, p.type)",
         "100000\ttrue\t7\t2418\t2M\t-60\tabc\ttrue\ttrue\tnil\n"),
    GOOD("a bad CRC, the coded PHY, a frequency between channels",
         TESTER "local ear = raw { name = 'ear' } ear:hear_all() "
                "tester:send { mhz = 2403, pdu = 'x', phy = 'coded', coding = 2, bad_crc = true } "
                "local p = ear:next(s(1)) print(p.channel, p.mhz, p.phy, p.coding, p.crc_ok)",
         "nil\t2403\tcoded\t2\tfalse\n"),
    GOOD("one channel, one access address, for a while",
         TESTER "local ear = raw { name = 'ear' } "
                "ear:hear { channel = 5, access_address = 9, before = ms(3) } "
                "for i = 1, 4 do tester:send { channel = i < 4 and 5 or 6, access_address = "
                "i == 2 and 8 or 9, at = ms(i), pdu = 'p' .. i } end sleep(ms(1.5)) "
                "print(ear.heard) sleep(s(1)) print(ear.heard, ear:next().pdu, ear:next().pdu)",
         "1\n2\tp1\tp3\n"),
    GOOD("a reply is T_IFS later",
         TESTER "local other = raw { name = 'other' } other:hear { channel = 37 } "
                "other:on_heard(function(p) other:reply(p, { pdu = p.pdu:reverse() }) end) "
                "tester:hear { channel = 37 } local e = tester:send { channel = 37, pdu = 'abc' } "
                "local p = tester:next(s(1)) print(p.pdu, p.time - e, other.heard)",
         "cba\t150000\t1\n"),
    GOOD("what on_heard takes, next does not give",
         TESTER "local other = raw { name = 'other' } other:hear { channel = 37 } "
                "other:on_heard(function(p) return p.pdu == 'b' end) "
                "for i, v in ipairs { 'a', 'b', 'c' } do "
                "tester:send { channel = 37, pdu = v, at = ms(i) } end sleep(s(1)) "
                "print(other.heard) other:on_heard() "
                "print(other:next().pdu, other:next().pdu) other:hear_nothing() "
                "tester:send { channel = 37, pdu = 'd' } sleep(s(1)) print(other.heard)",
         "2\na\tc\n0\n"),
    GOOD("it reads an attribute",
         CENTRAL "l:l2cap(4, '\\x0a' .. string.pack('I2', rate.handle)) "
                 "print(l:next_l2cap(4, s(1))) print(l.role, l.peer == hrm.address, l.interval, "
                 "l.address == tester.address, l.up, l.reason)",
         "\x0bx\t4\ncentral\ttrue\t30000000\ttrue\ttrue\tnil\n"),
    GOOD("to an advertisement",
         TESTER "local hrm = device { name = 'hrm', privacy = true } local phone = device { name = "
                "'phone' } hrm:advertise { name = 'H' } local adv = phone:scan { name = 'H' } "
                "print(tester:connect({ to = adv }).peer == adv.address, adv.address == hrm.address)",
         "true\tfalse\n"),
    GOOD("a long frame in many parts, each way",
         CENTRAL "l:l2cap(4, '\\x02' .. string.pack('I2', 247)) l:next_l2cap(4, s(1)) "
                 "l:l2cap(4, '\\x12' .. string.pack('I2', rate.handle) .. ('v'):rep(200)) "
                 "print(hex((l:next_l2cap(4, s(1))))) "
                 "l:l2cap(4, '\\x0a' .. string.pack('I2', rate.handle), { octets = 1 }) "
                 "print(#l:next_l2cap(4, s(1)))",
         "13\n201\n"),
    GOOD("it answers what a controller asks by itself",
         TESTER "local phone = device { name = 'phone' } local l = tester:advertise {} "
                "local c = phone:connect(tester.address) print(l.role, l.peer == phone.address) "
                "print(c:remote_features(), c:remote_version().version) sleep(s(1)) "
                "print(l.pending, pcall(function() l:next(s(0)) end)) c:disconnect() "
                "print(l:wait_closed(s(1)))",
         "peripheral\ttrue\n1\t8\n0\tfalse\ttest.lua:1: tester: raw_link:next: Timed out: nothing "
         "came\n19\tRemote User Terminated Connection\n"),
    GOOD("unless it is not to",
         TESTER "local phone = device { name = 'phone' } "
                "local l = tester:advertise { procedures = false } "
                "local c = phone:connect(tester.address) "
                "print(l:next_control('LL_LENGTH_REQ', s(1)).control)",
         "LL_LENGTH_REQ\n"),
    GOOD("an answer of the script's",
         PAIR "b:answer('LL_PING_REQ', 'LL_UNKNOWN_RSP', '\\x12') a:control('LL_PING_REQ') "
              "print(hex(a:next_control(nil, s(1)).payload)) b:answer('LL_PING_REQ') "
              "a:control('LL_PING_REQ') print(a:next(s(1)).control)",
         "07 12\nLL_PING_RSP\n"),
    GOOD("what it advertises",
         TESTER "local phone = device { name = 'phone' } tester:advertise { data = '\\2\\1\\6', "
                "scan_response = '\\2\\9Q', interval = ms(20), address = 'C0:00:00:00:00:07' } "
                "local adv = phone:scan { name = 'Q' } print(adv.address, adv.flags, adv.type, "
                "#adv.data, adv.scan_response == '\\2\\9Q')",
         "C0:00:00:00:00:07\t6\tADV_IND\t3\ttrue\n"),
    GOOD("it calls one device",
         TESTER "local phone = device { name = 'phone' } local other = device { name = 'other' } "
                "local l = tester:advertise { directed = phone, interval = ms(20) } "
                "expect_error(function() other:connect(tester.address, { timeout = s(1) }) end) "
                "print(phone:scan({ address = tester.address }).type) "
                "phone:connect(tester.address) print(l.up, l.peer == phone.address)",
         "ADV_DIRECT_IND\ntrue\ttrue\n"),
    GOOD("a connection request is for one",
         TESTER "local other, l = raw { name = 'other' }, tester:advertise {} local whose "
                "other:hear { channel = 37 } other:on_heard(function(p) other:reply(p, { pdu = "
                "'\\x85\\x22' .. ('\\1'):rep(6) .. whose(p) .. 'AAAACCC\\1\\0\\0\\x18\\0\\0\\0"
                "\\x64\\0\\xff\\xff\\xff\\xff\\x1f\\7' }) end) "
                "function whose() return ('\\2'):rep(6) end sleep(s(1)) print(l.up) "
                "function whose(p) return p.pdu:sub(3, 8) end l:wait_connected(s(1)) print(l.up, "
                "l.peer, l.crc_init == 0x434343, l.access_address == 0x41414141)",
         "false\ntrue\t01:01:01:01:01:01\ttrue\ttrue\n"),
    GOOD("versions are exchanged once",
         PAIR "a:control('LL_VERSION_IND', '\\9\\0\\0\\0\\0') "
              "print(a:next_control(nil, s(1)).data:byte()) sleep(s(1)) "
              "print(a.pending, b.pending, pcall(function() b:next(s(0)) end))",
         "8\n0\t0\tfalse\ttest.lua:1: other: raw_link:next: Timed out: nothing came\n"),
    GOOD("in the very instant",
         PAIR "local at b:on_heard(function(p) at = p.ended b:send(2, p.payload) return true end) "
              "sleep(ms(50)) a:send(2, 'echo') local p = a:next(s(1)) "
              "print(p.payload, p.time - at, p.llid, p.length, p.encrypted, p.mic_ok)",
         "echo\t150000\t2\t4\tfalse\tnil\n"),
    GOOD("one kind at a time",
         PAIR "a:send(2, 'x') a:control('LL_TERMINATE_IND', '\\x13', { follow = false }) "
              "print(b:next_control('LL_TERMINATE_IND', s(1)).data == '\\x13', b:next().payload) "
              "print(b:wait_closed(s(1)))",
         "true\tx\n19\tRemote User Terminated Connection\n"),
    GOOD("encrypted",
         PAIR "a:encrypt " KEYS " b:encrypt " KEYS " a:send(2, 'secret') local p = b:next(s(1)) "
              "print(p.payload, p.encrypted, p.mic_ok, p.length) "
              "a:send(2, 'plain', { plain = true }) local p = b:next(s(1)) "
              "print(p.payload, p.mic_ok) a:send(2, 'bad', { bad_mic = true }) "
              "print(b:next(s(1)).mic_ok) a:plain() b:plain { send = false } a:send(2, 'clear') "
              "print(b:next(s(1)).payload)",
         "secret\ttrue\ttrue\t10\nplain\tfalse\nfalse\nclear\n"),
    GOOD("from an LTK, as the air shows it",
         PAIR "local air = raw { name = 'air' } air:hear_all() "
              "local k = { ltk = ('l'):rep(16), skd_c = 'abcdefgh', skd_p = 'ijklmnop', "
              "iv_c = 'abcd', iv_p = 'efgh', send_counter = 7, receive_counter = 3 } a:encrypt(k) "
              "a:send(2, 'secret') a:flush(s(1)) local found repeat found = air:next(s(1)) until "
              "#found.pdu > 2 print(crypto.ccm_open { key = crypto.session_key { ltk = k.ltk, "
              "skd_c = k.skd_c, skd_p = k.skd_p }, iv_c = k.iv_c, iv_p = k.iv_p, counter = 7, "
              "from_central = true, data = found.pdu:sub(3) })",
         "secret\n"),
    GOOD("faults",
         PAIR "sleep(ms(50)) a:send(0, 'zero', { length = 99 }) local p = b:next(s(1)) "
              "print(p.llid, p.length, p.payload) a:send(2, 'lost', { wrong_sn = true }) "
              "a:send(2, 'crc', { bad_crc = true }) print(b:next(s(1)).payload) "
              "print(b.counts.repeated, b.counts.bad_crc, a.counts.resent) a:silence(3) "
              "sleep(s(1)) print(b.counts.missed) b:hold(true) a:send(2, 'held') sleep(ms(100)) "
              "print(a.pending) b:hold(false) a:flush(s(1)) print(a.pending)",
         "0\t99\tzero\ncrc\n1\t1\t1\n3\n1\n0\n"),
    GOOD("who stops is not heard any more",
         CENTRAL "local c = hrm:wait_connected(s(1)) sleep(s(1)) l:stop() "
                 "print(l.up, l.reason, (c:wait_disconnected(s(9))))",
         "false\t22\t8\n"),
    GOOD("faults of the room concern them too",
         TESTER "local ear = raw { name = 'ear' } ear:hear_all() lose { from = tester, count = 1 } "
                "path_loss(tester, ear, 50) tester:send { channel = 0, pdu = 'a' } "
                "tester:send { channel = 0, pdu = 'b', at = ms(1) } "
                "local p = ear:next(s(1)) print(p.pdu, p.rssi)",
         "a\t-50\n"),
    GOOD("a link hears as its radio does",
         TESTER "local other = raw { name = 'other', position = { x = 1 } } "
                "path_loss(tester, other, 60) local b = other:advertise {} "
                "local a = tester:connect { to = other } b:wait_connected() a:send(2, 'x') "
                "print(b:next(s(1)).rssi) other:move { x = 10 } path_loss(other, tester, 77) "
                "a:send(2, 'x') print(b:next(s(1)).rssi)",
         "-60\n-77\n"),
    GOOD("a sniffer hears all, and keeps nothing if told so",
         HRM "local ear = sniffer { name = 'ear' } local deaf = sniffer { name = 'deaf', "
             "keep = false } hrm:advertise { connectable = false } local p = ear:next(s(1)) "
             "print(p.type, p.crc_ok, ear.name, deaf.heard) ear:move { x = 1000000 / 100 } "
             "sleep(ms(1)) local n = ear.heard sleep(s(1)) print(ear.heard == n)",
         "ADV_NONCONN_IND\ttrue\tear\t0\ntrue\n"),

    BAD("no name", "raw {}", "raw: a raw has a name"),
    BAD("a name that is taken", HRM "raw { name = 'hrm' }", "raw: there is a device 'hrm' already"),
    BAD("a raw radio's name", TESTER "device { name = 'tester' }",
        "device: there is a device 'tester' already"),
    BAD("the air's name", "sniffer { name = 'air' }", "sniffer: 'air' is the name of a trace"),
    BAD("no packet", TESTER "tester:send { channel = 1 }", "raw:send: a pdu is needed"),
    BAD("no channel", TESTER "tester:send { pdu = 'x' }", "raw:send: a channel or mhz is needed"),
    BAD("two channels", TESTER "tester:send { pdu = 'x', channel = 1, mhz = 2402 }",
        "raw:send: either a channel or mhz"),
    BAD("channel 40", TESTER "tester:send { pdu = 'x', channel = 40 }", "raw:send: channel"),
    BAD("too long", TESTER "tester:send { pdu = ('x'):rep(258), channel = 1 }",
        "raw:send: pdu: 258 octets, at most 257 fit"),
    BAD("the past", TESTER "sleep(s(1)) tester:send { pdu = 'x', channel = 1, at = ms(1) }",
        "raw:send: its time is past"),
    BAD("overlap", TESTER "for i = 1, 2 do tester:send { pdu = 'xxx', channel = 1 } end",
        "raw:send: its time is past, or before the end"),
    BAD("no such PHY", TESTER "tester:send { pdu = 'x', channel = 1, phy = '3M' }",
        "raw:send: phy is"),
    BAD("no such coding", TESTER "tester:send { pdu = 'x', channel = 1, coding = 4 }",
        "raw:send: coding is 2 or 8"),
    BAD("a window in the past", TESTER "sleep(s(1)) tester:hear { channel = 1, after = ms(1) }",
        "raw:hear: its time is past"),
    BAD("a reply to nothing", TESTER "tester:reply({}, { pdu = 'x' })",
        "raw:reply: the packet's mhz must be a number"),
    BAD("a callback that waits",
        TESTER "local o = raw { name = 'o' } o:hear { channel = 1 } "
               "o:on_heard(function() sleep(s(1)) end) tester:send { channel = 1, pdu = 'x' } "
               "sleep(s(1))",
        "sleep waits, which a callback cannot do"),
    BAD("no function", TESTER "tester:on_heard(7)", "raw:on_heard takes a function or nil"),
    BAD("to nobody", TESTER "tester:connect {}", "raw:connect: to whom?"),
    BAD("a map of one channel", HRM "tester:connect { to = hrm, channels = { 7 } }",
        "raw:connect: a link needs an interval and two channels"),
    BAD("no interval", HRM "tester:connect { to = hrm, interval = 0 }",
        "raw:connect: a link needs an interval"),
    BAD("too often", TESTER "tester:advertise { interval = ms(1) }",
        "raw:advertise: an interval has 5 ms at least"),
    BAD("too much data", TESTER "tester:advertise { data = ('x'):rep(32) }",
        "raw:advertise: data: 32 octets"),
    FAIL("who is not there", TESTER "tester:connect { to = 'C0:00:00:00:00:01', timeout = s(1) }",
         "tester:connect: Timed out"),
    FAIL("not connected yet", TESTER "tester:advertise {}:send(1, '')",
         "raw_link:send: Not connected: nobody has connected"),
    FAIL("after the end", PAIR "a:stop() a:send(1, '')",
         "raw_link:send: Not connected: the link has ended"),
    FAIL("nothing comes after the end", PAIR "a:stop() a:next()",
         "tester: raw_link:next: Not connected"),
    FAIL("nor is flushed", PAIR "b:stop() a:send(2, 'x') a:flush()",
         "tester: raw_link:flush: Not connected"),
    BAD("LLID 4", PAIR "a:send(4, '')", "raw_link:send: the LLID must be"),
    BAD("256 octets", PAIR "a:send(2, ('x'):rep(256))", "raw_link:send: the payload: 256 octets"),
    FAIL("no room for a MIC", PAIR "a:encrypt " KEYS " a:send(2, ('x'):rep(252))",
         "raw_link:send: Too long"),
    BAD("no such opcode", PAIR "a:control('LL_NONSENSE')",
        "raw_link:control: there is no control PDU 'LL_NONSENSE'"),
    BAD("a fault that does not exist", PAIR "a:send(2, '', { bad = 1 })",
        "raw_link:send: unknown field 'bad'"),
    BAD("a frame too long", PAIR "a:l2cap(4, ('x'):rep(65536))", "raw_link:l2cap: the payload"),
    BAD("keys of both kinds", PAIR "a:encrypt { key = 'x', ltk = 'y' }",
        "raw_link:encrypt: either a (session) key or an ltk"),
    BAD("a short key", PAIR "a:encrypt { key = 'x', iv_c = 'abcd', iv_p = 'abcd' }",
        "raw_link:encrypt: key has 16 octets"),
    BAD("a counter past its end",
        PAIR "a:encrypt { key = ('k'):rep(16), iv_c = 'abcd', iv_p = 'abcd', "
             "send_counter = 1 << 39 }",
        "raw_link:encrypt: send_counter"),
    BAD("fields before there is a link", TESTER "print(tester:advertise {}.peer)",
        "raw_link: nobody has connected"),
    BAD("path loss to itself", TESTER "path_loss(tester, tester, 5)",
        "path_loss: two devices are needed"),
    BAD("too many links", TESTER "while true do tester:advertise {} end",
        "more than 2000000 instructions"),
};

int main(void)
{
    return RUN_ROWS(rows, script_test_row);
}
