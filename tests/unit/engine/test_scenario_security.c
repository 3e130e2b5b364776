/* SPDX-License-Identifier: MIT */
/* Pairing, levels, bonds, private addresses and out-of-band data in scripts. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "rows.h"
#include "script.h"

/* `a` advertises and is the peripheral; `c` is b's connection, `l` is a's. */
#define TWO(a, b) "local a = device { name = 'a', " a " } local b = device { name = 'b', " b " } "
#define CONNECT                                                                                    \
    "a:advertise { interval = ms(20) } local c = b:connect(a, { interval = ms(10) }) local l = "   \
    "a:wait_connected() "
#define PAIR                                                                                       \
    "local p = c:pair() local q = l:wait_pairing(s(5)) "                                           \
    "print(p.method, p.authenticated, p.secure_connections, p.key_size, p.bonded, p.level, "       \
    "q.method == p.method, l.security == p.level) "
#define DISPLAY  "security = { io = 'display_only', mitm = true }"
#define KEYBOARD "security = { io = 'keyboard_only', mitm = true }"
#define YESNO    "security = { io = 'display_yes_no', mitm = true }"
#define LEGACY   "a:security { secure_connections = false } "
#define IN_BACKGROUND                                                                              \
    "local s1 = b:script(function() local ok, e = pcall(function() return c:pair() end) "          \
    "print(ok, ok and e.method or e.name) end) "

static const struct script_row rows[] = {
    GOOD("just works", TWO("", "") CONNECT PAIR,
         "just_works\tfalse\ttrue\t16\ttrue\t2\ttrue\ttrue\n"),
    GOOD("legacy, with a short key, without a bond",
         TWO("", "security = { max_key_size = 9, bonding = false }") LEGACY CONNECT PAIR
         "print(#a:bonds(), #b:bonds(), c.bonded)",
         "just_works\tfalse\tfalse\t9\tfalse\t2\ttrue\ttrue\n0\t0\tfalse\n"),
    GOOD("fields before and after, and when it is gone",
         TWO("", "") CONNECT "print(c.security, c.encrypted, c.key_size, c.bonded, c.identity == "
                             "a.address, c.own_address == b.address, c.own_address_type) " PAIR
                             "print(c.security, c.encrypted, c.key_size, c.bonded) c:disconnect() "
                             "print(c.security, c.key_size, c.bonded, c.identity == a.address, "
                             "c.identity_type)",
         "1\tfalse\t0\tfalse\ttrue\ttrue\tpublic\n"
         "just_works\tfalse\ttrue\t16\ttrue\t2\ttrue\ttrue\n"
         "2\ttrue\t16\ttrue\n2\t16\ttrue\ttrue\tpublic\n"),
    GOOD("a passkey, by an agent",
         TWO(DISPLAY, KEYBOARD) "local shown a:agent { display = function(p, conn) shown = p "
                                "print('shown', conn) end } "
                                "b:agent { enter = function() return shown end } " CONNECT PAIR,
         "a: shown\tconn a\npasskey_entry\ttrue\ttrue\t16\ttrue\t4\ttrue\ttrue\n"),
    GOOD("a passkey, by waiting",
         TWO(DISPLAY, KEYBOARD) CONNECT IN_BACKGROUND
         "local shown = l:wait_passkey(s(5)) print(c:wait_question(s(5))) c:enter_passkey(shown) "
         "print(l:wait_security(3, s(20))) s1:join()",
         "enter\n4\nb: true\tpasskey_entry\n"),
    GOOD("the wrong passkey",
         TWO(DISPLAY ", pin = '7'",
             KEYBOARD) "b:agent { enter = function() return 8 end } " CONNECT
                       "local e = expect_error(function() c:pair() end, 'Confirm Value Failed') "
                       "print(e.layer, e.code, e.what) "
                       "print(pcall(function() l:wait_pairing(s(1)) end)) print(c.security)",
         "smp\t4\tb: conn:pair\nfalse\ttest.lua:1: a: conn:wait_pairing: Confirm Value Failed "
         "(smp 0x04)\n1\n"),
    GOOD("six digits, by agents",
         TWO(YESNO,
             YESNO) "local x a:agent { compare = function(v) x = v return true end } "
                    "b:agent { compare = function(v) print(v == x) return v == x end } " CONNECT
                        PAIR,
         "b: true\nnumeric_comparison\ttrue\ttrue\t16\ttrue\t4\ttrue\ttrue\n"),
    GOOD("six digits, by waiting, and one says no",
         TWO(YESNO, YESNO) CONNECT IN_BACKGROUND
         "local what, v = l:wait_question(s(5)) local _, w = c:wait_question(s(5)) "
         "print(what, v == w) l:confirm(true) c:confirm(false) s1:join()",
         "compare\ttrue\nb: false\tNumeric Comparison Failed\n"),
    GOOD(
        "keys that are pressed",
        TWO(DISPLAY,
            KEYBOARD) "a:security { keypress = true } b:security { keypress = true } "
                      "a:agent { keypress = function(what) print(what) end } " CONNECT IN_BACKGROUND
                      "local p = l:wait_passkey(s(5)) c:wait_question(s(5)) "
                      "c:keypress('started') c:keypress('digit_entered') "
                      "c:keypress('completed') sleep(s(1)) c:enter_passkey(p) s1:join()",
        "a: started\na: digit_entered\na: completed\nb: true\tpasskey_entry\n"),
    GOOD("a pairing that is refused by the user",
         TWO("", "") "a:agent { requested = function(conn, bonding, mitm) print(conn, bonding, "
                     "mitm) return false end } " CONNECT
                     "expect_error(function() c:pair() end, 'Pairing Not Supported')",
         "a: conn a\ttrue\tfalse\n"),
    GOOD("a pairing that is ended",
         TWO(DISPLAY, KEYBOARD) CONNECT IN_BACKGROUND
         "l:wait_passkey(s(5)) c:wait_question(s(5)) l:cancel_pairing(1) s1:join()",
         "b: false\tPasskey Entry Failed\n"),
    GOOD("no pairing at all",
         TWO("security = { refuse = true }", "") CONNECT
         "expect_error(function() c:pair() end, { layer = 'smp', code = 5 })",
         ""),
    GOOD("by asking the central, and by level",
         TWO("", "") CONNECT "print(l:pair().method) print(c:secure(), l:secure(2)) "
                             "expect_error(function() c:secure(3) end, 'Authentication')",
         "just_works\n2\t2\n"),
    GOOD("a bond encrypts again, and a key is made anew",
         TWO("", "") CONNECT PAIR
         "c:refresh_key() c:disconnect() l:wait_disconnected() "
         "a:advertise {} c = b:connect(a) l = a:wait_connected() print(c.security, c.bonded) "
         "print(c:secure(2)) a:forget() expect_error(function() l:refresh_key() end)",
         "just_works\tfalse\ttrue\t16\ttrue\t2\ttrue\ttrue\n1\ttrue\n2\n"),
    GOOD("a bond that the other has forgotten",
         TWO("", "") CONNECT PAIR
         "c:disconnect() l:wait_disconnected() a:forget(b) a:advertise {} "
         "c = b:connect(a) local e = expect_error(function() c:secure(2) end) print(e.layer, "
         "e.code) print(#b:bonds())",
         "just_works\tfalse\ttrue\t16\ttrue\t2\ttrue\ttrue\nhci\t6\n1\n"),
    GOOD("bonds as tables",
         TWO("", "security = { send_keys = 'id', accept_keys = { 'id', 'sign' } }") CONNECT PAIR
         "local t = b:bond(a) print(#b:bonds(), t.identity == a.address, t.identity_type, "
         "t.secure_connections, t.authenticated, t.key_size) "
         "print(t.ours.ltk == a:bond(c.own_address).theirs.ltk, t.theirs.irk == a.irk, "
         "t.ours.irk == b.irk, t.ours.csrk, #t.theirs.csrk, t.theirs.sign_counter) "
         "print(b:bond('00:00:00:00:00:77'), b:bond(c).identity == b:bond(t).identity)",
         "just_works\tfalse\ttrue\t16\ttrue\t2\ttrue\ttrue\n"
         "1\ttrue\tpublic\ttrue\tfalse\t16\ntrue\ttrue\ttrue\tnil\t16\t0\nnil\ttrue\n"),
    GOOD("bonds as text",
         TWO("", "") CONNECT PAIR
         "local text = b:export_bonds() b:forget(a) print(#b:bonds()) b:import_bonds(text) "
         "print(#b:bonds(), b:export_bonds() == text) "
         "expect_error(function() b:import_bonds(text:gsub('16', '17', 1)) end, 'line ') "
         "expect_error(function() b:forget('00:00:00:00:00:77') end, 'Not found')",
         "just_works\tfalse\ttrue\t16\ttrue\t2\ttrue\ttrue\n0\n1\ttrue\n"),
    GOOD("out of band, both kinds",
         TWO("", "") "local x, y = a:make_oob(), b:make_oob() print(#x.tk, #x.r, #x.c) "
                     "b:take_oob { r = x.r, c = x.c } a:take_oob { r = y.r, c = y.c } " CONNECT PAIR
                     "c:disconnect() l:wait_disconnected() b:take_oob() a:take_oob() a:forget() "
                     "b:forget() "
                     "a:security { secure_connections = false } local k = a:make_oob().tk "
                     "a:take_oob { tk = k } b:take_oob { tk = k } a:advertise {} c = b:connect(a) "
                     "l = a:wait_connected() " PAIR,
         "16\t16\t16\noob\ttrue\ttrue\t16\ttrue\t4\ttrue\ttrue\n"
         "oob\ttrue\tfalse\t16\ttrue\t3\ttrue\ttrue\n"),
    GOOD("the same numbers give the same keys",
         TWO("",
             "") "local key = ('\\x11'):rep(32) "
                 "a:security { private_key = key, random = ('r'):rep(16), irk = ('i'):rep(16) } "
                 "b:security { private_key = ('\\x12'):rep(32), random = ('s'):rep(16) } " CONNECT
                     PAIR
                 "local dhkey = crypto.p256_dhkey(key, crypto.p256_public(('\\x12'):rep(32))) "
                 "local _, ltk = crypto.f5 { dhkey = dhkey, n1 = ('s'):rep(16), n2 = "
                 "('r'):rep(16), initiator = b, responder = a } "
                 "print(ltk == b:bond(a).ours.ltk, b:bond(a).theirs.irk)",
         "just_works\tfalse\ttrue\t16\ttrue\t2\ttrue\ttrue\ntrue\tiiiiiiiiiiiiiiii\n"),
    GOOD("a new PIN forgets and ends everything",
         TWO("pin = '0'", KEYBOARD) "b:agent { enter = function() return 0 end } " CONNECT PAIR
                                    "a:advertise {} a:set_pin('000123') print(#a:bonds(), "
                                    "(c:wait_disconnected(s(1)))) "
                                    "sleep(ms(10)) print(a.advertising)",
         "passkey_entry\ttrue\ttrue\t16\ttrue\t4\ttrue\ttrue\n0\t19\nfalse\n"),
    GOOD(
        "what attributes ask for",
        TWO("", "") "local v = a:service(0xAA00) v:characteristic { uuid = 0xAA01, properties = "
                    "'read write', value = 'x', read_level = 2, write_level = 3 } "
                    "v:characteristic { uuid = 0xAA02, properties = 'read', read_level = 2, "
                    "key_size = 16 } :descriptor { uuid = 0x2901, value = 'd', read_level = 2 "
                    "} " CONNECT "local x = c:characteristic(0xAA00, 0xAA01) "
                    "expect_error(function() x:read() end, 'Insufficient Authentication') "
                    "b:security { max_key_size = 7 } c:pair() l:wait_pairing(s(1)) print(x:read()) "
                    "expect_error(function() x:write('y') end, 'Insufficient Authentication') "
                    "local y = c:characteristic(0xAA00, 0xAA02) "
                    "expect_error(function() y:read() end, 'Key Size') "
                    "print(y:descriptor(0x2901):read())",
        "x\nd\n"),
    GOOD(
        "raised by itself",
        TWO("", "security = { automatic = true }") "a:service(0xAA00):characteristic { uuid = "
                                                   "0xAA01, properties = 'read', value = 'x', "
                                                   "read_level = 2 } " CONNECT
                                                   "print(c:characteristic(0xAA00, 0xAA01):read(), "
                                                   "c.security, c:wait_pairing(s(0)).method)",
        "x\t2\tjust_works\n"),
    GOOD("signed writes",
         TWO("", "") "local v = a:service(0xAA00):characteristic { uuid = 0xAA01, properties = "
                     "'authenticated_signed_writes', permissions = 'signed_write' } " CONNECT
                     "expect_error(function() c:write_signed(v.handle, 'x') end) c:pair() "
                     "l:wait_pairing(s(1)) c:disconnect() l:wait_disconnected() a:advertise {} "
                     "c = b:connect(a) c:write_signed(v.handle, 'one') "
                     "c:characteristic(0xAA00, 0xAA01):write_signed('two') "
                     "print(v:next_write(s(1)), v:next_write(s(1)), b:bond(a).ours.sign_counter)",
         "one\ttwo\t2\n"),
    GOOD("private from the beginning, known to those with a bond",
         TWO("privacy = true",
             "privacy = { timeout = s(5), mode = 'network' }") "a:advertise { name = 'A' } local c "
                                                               "= b:connect(b:scan { name = 'A' }) "
                                                               "local l = a:wait_connected() "
                                                               "print(c.peer ~= a.address, "
                                                               "c.own_address ~= b.address, "
                                                               "c.own_address == l.peer) " PAIR
                                                               "print(c.identity == a.address, "
                                                               "l.identity == b.address) "
                                                               "c:disconnect() "
                                                               "l:wait_disconnected() a:advertise "
                                                               "{ name = 'A' } local adv = b:scan "
                                                               "{ address = a } "
                                                               "print(adv.resolved, adv.identity "
                                                               "== a.address, adv.name, "
                                                               "b:bond(a).privacy_mode) "
                                                               "b:privacy_mode(a, 'device') "
                                                               "print(b:bond(a).privacy_mode) c = "
                                                               "b:connect(adv) "
                                                               "print(c:secure(2))",
         "true\ttrue\ttrue\njust_works\tfalse\ttrue\t16\ttrue\t2\ttrue\ttrue\ntrue\ttrue\n"
         "true\ttrue\tA\tnetwork\ndevice\n2\n"),
    GOOD("private by the host, and not any more",
         TWO("", "") "a:privacy { by_host = true, timeout = s(2) } "
                     "a:advertise { name = 'A', connectable = false } local seen = {} "
                     "for i = 1, 4 do seen[b:scan { name = 'A' }.address] = true sleep(s(3)) end "
                     "local n = 0 for address in pairs(seen) do n = n + 1 "
                     "expect(crypto.rpa_resolves(a.irk, address)):is_true() end print(n > 2) "
                     "a:advertise_stop() a:privacy(false) a:advertise { name = 'A' } "
                     "print(b:scan({ name = 'A' }).address == a.address)",
         "true\ntrue\n"),
    GOOD("an address of one's own choice",
         TWO("", "") "a:advertise { name = 'A', connectable = false, own_address = "
                     "'non_resolvable' } local adv = b:scan { name = 'A', own_address = 'identity' "
                     "} print(adv.address == a.address, adv.address_type, "
                     "adv.address == a.own_address) expect_error(function() a:advertise { "
                     "own_address = 'non_resolvable' } end)",
         "false\trandom\ttrue\n"),
    GOOD("power off and on keeps bonds and privacy",
         TWO("privacy = true", "") "a:advertise { name = 'A' } local c = b:connect(b:scan { name = "
                                   "'A' }) local l = a:wait_connected() " PAIR
                                   "a:power_off() c:wait_disconnected() a:power_on() "
                                   "print(#a:bonds()) a:advertise {} local adv = b:scan { address "
                                   "= a } c = b:connect(adv) "
                                   "print(adv.resolved, c:secure(2))",
         "just_works\tfalse\ttrue\t16\ttrue\t2\ttrue\ttrue\n1\ntrue\t2\n"),
    GOOD("the link goes while a pairing runs",
         TWO(DISPLAY, KEYBOARD) CONNECT IN_BACKGROUND
         "l:wait_passkey(s(5)) l:disconnect() s1:join() "
         "expect_error(function() l:wait_passkey(s(1)) end, 'Not connected') "
         "expect_error(function() c:wait_question(s(1)) end, 'Not connected')",
         "b: false\tNot connected\n"),
    GOOD("nobody answers",
         TWO(DISPLAY, KEYBOARD) CONNECT "local t = now() expect_error(function() c:pair() end, "
                                        "'Timed out') print((now() - t) // s(1))",
         "30\n"),

    BAD("no such capability", "device { name = 'x', security = { io = 'mouse' } }",
        "device: security: io cannot be 'mouse'"),
    BAD("no such field", "device { name = 'x', security = { mitn = true } }",
        "device: security: unknown field 'mitn'"),
    BAD("a key too short", TWO("", "") "a:security { min_key_size = 6 }",
        "device:security: min_key_size must be"),
    BAD("more than the most", TWO("", "") "a:security { min_key_size = 10, max_key_size = 9 }",
        "device:security: min_key_size is above max_key_size"),
    BAD("secure_connections of another kind", TWO("", "") "a:security { secure_connections = 1 }",
        "device:security: secure_connections is true, false or \"only\""),
    BAD("no such key", TWO("", "") "a:security { send_keys = 'all' }",
        "device:security: send_keys: there is no 'all'"),
    BAD("a private key that is none", TWO("", "") "a:security { private_key = ('\\0'):rep(32) }",
        "device:security: private_key is no private key"),
    BAD("a short IRK", TWO("", "") "a:security { irk = 'x' }",
        "device:security: irk has 16 octets"),
    BAD("a passkey of seven digits", TWO("", "") "a:security { passkey = 1000000 }",
        "device:security: passkey must be"),
    BAD("a PIN of letters", "device { name = 'x', pin = 'abcd' }",
        "device: pin: a PIN has 1 to 6 digits"),
    BAD("a PIN of seven digits", TWO("", "") "a:set_pin('1234567')",
        "device:set_pin: a PIN has 1 to 6 digits"),
    BAD("an empty PIN", TWO("", "") "a:set_pin('')", "device:set_pin: a PIN has 1 to 6 digits"),
    BAD("a PIN with a NUL in it", TWO("", "") "a:set_pin('12\\0 34')",
        "device:set_pin: a PIN has 1 to 6 digits"),
    BAD("a number for a PIN", TWO("", "") "a:set_pin(1234)",
        "device:set_pin: a PIN is text of 1 to 6 digits, got number"),
    BAD("an agent that is a function", TWO("", "") "a:agent(print)",
        "device:agent takes a table of named arguments"),
    BAD("an agent of words", TWO("", "") "a:agent { enter = 5 }",
        "device:agent: enter must be a function"),
    BAD("an agent that waits",
        TWO(DISPLAY, KEYBOARD) "b:agent { enter = function() sleep(s(1)) end } " CONNECT "c:pair()",
        "sleep waits, which a callback cannot do"),
    BAD("an agent that enters nonsense",
        TWO(DISPLAY, KEYBOARD) "b:agent { enter = function() return 'x' end } " CONNECT "c:pair()",
        "what this function returned cannot be taken (string): a passkey is 0 to 999999"),
    BAD("an agent that compares nonsense",
        TWO(YESNO, YESNO) "b:agent { compare = function() return 5 end } " CONNECT "c:pair()",
        "what this function returned cannot be taken (number): it returns true, false"),
    BAD("no level", TWO("", "") CONNECT "c:secure(5)", "conn:secure: the level must be"),
    BAD("no key that is pressed", TWO("", "") CONNECT "c:keypress('space')", "conn:keypress: "),
    BAD("neither yes nor no", TWO("", "") CONNECT "c:confirm()",
        "conn:confirm takes true or false"),
    BAD("too many digits", TWO("", "") CONNECT "c:enter_passkey(1000000)",
        "conn:enter_passkey: the passkey must be"),
    FAIL("an answer to nothing", TWO("", "") CONNECT "c:enter_passkey(1)",
         "conn:enter_passkey: Not possible in this state"),
    FAIL("nothing to confirm", TWO("", "") CONNECT "c:confirm(true)",
         "conn:confirm: Not possible in this state"),
    FAIL("nothing to end", TWO("", "") CONNECT "c:cancel_pairing()",
         "conn:cancel_pairing: Not possible in this state"),
    FAIL("a pairing of nobody", TWO("", "") CONNECT "c:disconnect() c:pair()",
         "b: conn:pair: Not connected"),
    FAIL("nobody pairs", TWO("", "") CONNECT "c:wait_pairing(s(1))",
         "b: conn:wait_pairing: Timed out"),
    FAIL("a level that does not come", TWO("", "") CONNECT "c:wait_security(2, s(1))",
         "b: conn:wait_security: Timed out: the link's level is 1"),
    FAIL("rubbish for bonds", TWO("", "") "a:import_bonds('\\0')",
         "device:import_bonds: Malformed data: line 1"),
    BAD("no text for bonds", TWO("", "") "a:import_bonds()",
        "device:import_bonds: the text must be a string"),
    BAD("a bond with nobody", TWO("", "") "a:bond(5)", "device:bond: the peer must be an address"),
    BAD("half of what is needed", TWO("", "") "a:take_oob { r = ('x'):rep(16) }",
        "device:take_oob: c has 16 octets"),
    BAD("no such mode", TWO("", "") "a:privacy { mode = 'secret' }",
        "device:privacy: a mode is \"network\" or \"device\""),
    BAD("a time too long", TWO("", "") "a:privacy { timeout = s(3601) }",
        "device:privacy: timeout is 1 s to 3600 s"),
    BAD("no time at all", TWO("", "") "a:privacy { timeout = 0 }",
        "device:privacy: timeout is 1 s to 3600 s"),
    FAIL("private while it advertises", TWO("", "") "a:advertise {} a:privacy(true)",
         "a:privacy: Not possible in this state"),
    FAIL("the mode of no bond", TWO("", "") "a:privacy_mode(b, 'network')",
         "device:privacy_mode: Not found"),
    BAD("no such address", TWO("", "") "a:advertise { own_address = 'mine' }",
        "device:advertise: own_address cannot be 'mine'"),
    BAD("level 5",
        TWO("", "") "a:service(1):characteristic { uuid = 2, properties = 'read', "
                    "read_level = 5 }",
        "server_service:characteristic: read_level must be"),
    GOOD("a device that was declared wrong is not there",
         "print(pcall(device, { name = 'x', pin = 'x' })) local a = device { name = 'a' } "
         "print(a.powered)",
         "false\tdevice: pin: a PIN has 1 to 6 digits and nothing else\ntrue\n"),
};

/* What a pairing that fails shows: the packets of both ends, by their names. */
static void test_failure_text(void **state)
{
    struct script_run run;

    (void)state;
    script_run_init(&run);
    script_run_text(&run, "local a = device { name = 'a', pin = '7' } "
                          "local b = device { name = 'b', security = { io = 'keyboard_only' } } "
                          "scenario('t', function() b:agent { enter = function() return 8 end } "
                          "a:advertise {} b:connect(a):pair() end)");
    assert_int_equal(run.result, SCENARIO_FAILED);
    assert_non_null(strstr(run.text, "b: conn:pair: Confirm Value Failed (smp 0x04)"));
    assert_non_null(strstr(run.text, "last packets of b:"));
    assert_non_null(strstr(run.text, "Pairing Failed"));
    assert_non_null(strstr(run.text, "Pairing Confirm"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_failure_text)};

    const int failed = RUN_ROWS(rows, script_test_row);
    return failed + cmocka_run_group_tests_name("failure text", tests, NULL, NULL);
}
