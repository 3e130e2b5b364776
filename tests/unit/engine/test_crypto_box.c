/* SPDX-License-Identifier: MIT */
/*
 * The toolbox of cryptography in scripts: a sample of each function, to see that arguments reach it
 * in their places (tests/vectors has all of them, with their sources), and arguments that are
 * wrong.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "rows.h"
#include "script.h"

#define U          "bytes('20b003d2f297be2c5e2c83a7e9f9a5b9eff49111acf4fddbcc0301480e359de6')"
#define V          "bytes('55188b3d32f6bb9a900afcfbeed4e72a59cb9ac2f19d7cfb6b4fdd49f47fc5fd')"
#define X          "bytes('d5cb8454d177733effffb2ec712baeab')"
#define Y          "bytes('a6e8e7cc25a75f6e216583f7ff3dc4cf')"
#define W          "bytes('ec0234a357c8ad05341010a60a397d9b')"
#define A1         "'56:12:37:37:BF:CE'"
#define A2         "'A7:13:70:2D:CF:C1'"
#define SHOW(call) "print((hex(" call "):gsub(' ', '')))"
#define ZERO       "('\\0'):rep(16)"

static const struct script_row rows[] = {
    GOOD("aes", SHOW("crypto.aes(" W ", bytes('00000000000000000000000000708194'))"),
         "159d5fb72ebe2311a48c1bdcc40dfbaa\n"),
    GOOD("cmac", SHOW("crypto.cmac(bytes('2b7e151628aed2a6abf7158809cf4f3c'), '')"),
         "bb1d6929e95937287fa37d129b756746\n"),
    GOOD("c1",
         SHOW("crypto.c1 { k = " ZERO ", r = bytes('5783d52156ad6f0e6388274ec6702ee0'), "
              "preq = bytes('07071000000101'):reverse(), pres = bytes('05000800000302'):reverse(), "
              "initiator = 'A1:A2:A3:A4:A5:A6', initiator_type = 'random', "
              "responder = 'B1:B2:B3:B4:B5:B6' }"),
         "1e1e3fef878988ead2a74dc5bef13b86\n"),
    GOOD("s1",
         SHOW("crypto.s1(" ZERO ", bytes('000f0e0d0c0b0a091122334455667788'), "
              "bytes('010203040506070899aabbccddeeff00'))"),
         "9a1fe1f0e8b0f49b5b4216ae796da062\n"),
    GOOD("f4", SHOW("crypto.f4(" U ", " V ", " X ", 0x81)"), "79349d5a636c6a3778dde94bf0dabdc7\n"),
    GOOD("f5",
         "local mackey, ltk = crypto.f5 { dhkey = bytes('ec0234a357c8ad05341010a60a397d9b99796b13"
         "b4f866f1868d34f373bfa698'), n1 = " X ", n2 = " Y ", initiator = " A1 ", initiator_type = "
         "'public', responder = " A2 ", responder_type = 'public' } " SHOW("mackey") SHOW("ltk"),
         "2965f176a1084a02fd3f6a20ce636e20\n6986791169d7cd23980522b594750a38\n"),
    GOOD("f6",
         SHOW("crypto.f6 { w = bytes('2965f176a1084a02fd3f6a20ce636e20'), n1 = " X ", n2 = " Y ", "
              "r = bytes('12a3343bb453bb5408da42d20c2d0fc8'), io_cap = '\\1\\1\\2', a1 = " A1
              ", a2 = " A2 ", a2_type = 'public' }"),
         "e3c473989cd0e8c5d26c0b09da958f61\n"),
    GOOD("g2", "print(crypto.g2(" U ", " V ", " X ", " Y "))", "938554\n"),
    GOOD("h6", SHOW("crypto.h6(" W ", 'lebr')"), "2d9ae102e76dc91ce8d3a9e280b16399\n"),
    GOOD("h7", SHOW("crypto.h7(('\\0'):rep(12) .. 'tmp1', " W ")"),
         "fb173597c6a3c0ecd2998c2a75a57011\n"),
    GOOD("ah", SHOW("crypto.ah(" W ", bytes('708194'))"), "0dfbaa\n"),
    GOOD("private addresses",
         "local a = crypto.rpa_make(" W ", bytes('708194')) print(a, crypto.rpa_resolves(" W
         ", a), crypto.rpa_resolves(" X ", a), crypto.rpa_resolves(" W ", " A1 "))",
         "70:81:94:0D:FB:AA\ttrue\tfalse\tfalse\n"),
    GOOD("sign",
         "print(#crypto.sign(" W ", 'message', 1), crypto.sign(" W ", 'm', 1) == "
         "crypto.sign(" W ", 'm', 2))",
         "8\tfalse\n"),
    GOOD("p256",
         "local a, b = ('\\x11'):rep(32), ('\\x22'):rep(32) local A, B = crypto.p256_public(a), "
         "crypto.p256_public(b) print(crypto.p256_dhkey(a, B) == crypto.p256_dhkey(b, A), #A, "
         "crypto.p256_dhkey(a, A:sub(1, 63) .. '\\0'))",
         "true\t64\tnil\n"),
    GOOD("session_key",
         SHOW("crypto.session_key { ltk = bytes('4c68384139f574d836bcf34e9dfb01bf'), "
              "skd_c = bytes('acbdcedfe0f10213'):reverse(), "
              "skd_p = bytes('0213243546576879'):reverse() }"),
         "99ad1b5226a37e3e058e3b8e27c2c666\n"),
    GOOD("ccm",
         "local t = { key = bytes('99ad1b5226a37e3e058e3b8e27c2c666'), "
         "iv_c = bytes('24abdcba'), iv_p = bytes('bebaafde'), from_central = true, header = 0x0f, "
         "data = '\\6' } t.data = crypto.ccm_seal(t) print(hex(t.data)) "
         "print(hex(crypto.ccm_open(t))) t.counter = 1 print(crypto.ccm_open(t)) t.data = 'abc' "
         "print(crypto.ccm_open(t))",
         "9f cd a7 f4 48\n06\nnil\nnil\n"),
    GOOD("a device is an address",
         "local d = device { name = 'd', address = " A1 ", address_type = 'public' } "
         "local r = raw { name = 'r', address = " A2 ", address_type = 'public' } "
         "local t = { dhkey = " U ", n1 = " X ", n2 = " Y ", initiator = d, responder = r } "
         "local one = crypto.f5(t) t.initiator, t.initiator_type = " A1 ", 'public' "
         "print(one == crypto.f5(t))",
         "true\n"),

    BAD("a short key", "crypto.aes('x', " X ")", "crypto.aes: the key has 16 octets, got 1"),
    BAD("a long block", "crypto.aes(" X ", " U ")", "crypto.aes: the block: 32 octets, at most 16"),
    BAD("no block", "crypto.aes(" X ")", "crypto.aes: the block must be a string of octets"),
    BAD("a number for octets", "crypto.cmac(5, '')", "crypto.cmac: the key must be a string"),
    BAD("no message", "crypto.cmac(" X ")", "crypto.cmac: the message must be a string"),
    BAD("private key 0", "crypto.p256_public(('\\0'):rep(32))",
        "crypto.p256_public: that is no private key"),
    BAD("private key too great", "crypto.p256_dhkey(('\\xff'):rep(32), ('x'):rep(64))",
        "crypto.p256_dhkey: that is no private key"),
    BAD("no table", "crypto.c1(5)", "crypto.c1 takes a table of named arguments"),
    BAD("no address", "crypto.c1 { k = " X " }", "crypto.c1: initiator is needed"),
    BAD("no such field", "crypto.f5 { w = " U " }", "crypto.f5: unknown field 'w'"),
    BAD("a field too short", "crypto.session_key { ltk = 'x' }",
        "crypto.session_key: ltk has 16 octets, got 1"),
    BAD("z of 9 bits", "crypto.f4(" U ", " V ", " X ", 256)", "crypto.f4: z must be"),
    BAD("a counter that is negative", "crypto.sign(" W ", '', -1)", "crypto.sign: the counter"),
    BAD("an address that is none", "crypto.rpa_resolves(" W ", 'x')",
        "crypto.rpa_resolves: the address"),
    BAD("data too long",
        "crypto.ccm_seal { key = " X ", iv_c = 'abcd', iv_p = 'abcd', "
        "data = ('x'):rep(252) }",
        "crypto.ccm_seal: data: 252 octets"),
    BAD("no data", "crypto.ccm_open { key = " X ", iv_c = 'abcd', iv_p = 'abcd' }",
        "crypto.ccm_open: data is needed"),
    BAD("curves without end", "while true do crypto.p256_public(" U ") end",
        "more than 2000000 instructions"),
    BAD("blocks without end", "while true do crypto.aes(" X ", " X ") end",
        "more than 2000000 instructions"),
    BAD("a function that does not exist", "crypto.md5('x')", "attempt to call a nil value"),
};

int main(void)
{
    return RUN_ROWS(rows, script_test_row);
}
