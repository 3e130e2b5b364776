/* SPDX-License-Identifier: MIT */
/* A whole scenario while memory runs out at each allocation: an answer, no leak, no crash. */
#define _GNU_SOURCE /* accept4(), ptsname_r() */
#include <stdarg.h>
#include <stddef.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "fail_alloc.h"
#include "script.h"
#include "temp_dir.h"

static const char plain[] =
    "local a = device { name = 'a' } local b = device { name = 'b' }\n"
    "scenario('x', function()\n"
    "local value = a:service(0x180D):characteristic { uuid = 1, properties = 'read, write, notify',"
    " value = 'v', on_read = function() return 'w' end }\n"
    "a:advertise { name = 'x', services = { 0x180D }, scan_response = { tx_power = 0 } }\n"
    "lose { kind = 'data', skip = 3, count = 1 }\n"
    "local conn = b:connect(b:scan { name = 'x' })\n"
    "local there = conn:characteristic(0x180D, 1)\n"
    "expect(there:read()):equals('w') there:write('y') expect(value:next_write()):equals('y')\n"
    "local news = there:subscribe() value:notify('z') expect(news:next(s(1))):equals('z')\n"
    "a:script(function() a:wait_connected() end):join()\n"
    "expect_error(function() conn:read(0xFFFF) end, 'Invalid Handle') conn:disconnect() "
    "a:advertise {} local l = raw { name = 'c' }:connect { to = a } "
    "l:answer('LL_PING_REQ', 'LL_PING_RSP') l:encrypt { ltk = ('l'):rep(16), skd_c = ('s'):rep(8), "
    "skd_p = ('s'):rep(8), iv_c = 'abcd', iv_p = 'abcd', receive = false } l:plain() "
    "l:l2cap(4, '\\x0a\\1\\0') expect(l:next_l2cap(4, s(1))):exists() "
    "local ear = sniffer { name = 'ear' } expect(ear:next(s(1)).crc_ok):is_true() "
    "crypto.p256_public(('x'):rep(32)) end)";

static const char secure[] =
    "local a = device { name = 'a', pin = '1', privacy = true } "
    "local b = device { name = 'b', security = { io = 'keyboard_only' } }\n"
    "scenario('security', function()\n"
    "b:agent { enter = function() return 1 end } a:advertise { name = 'x' }\n"
    "local conn = b:connect(b:scan { name = 'x' }) local link = a:wait_connected(s(1))\n"
    "expect(conn:pair().level):equals(4) link:wait_pairing(s(1)) conn:refresh_key()\n"
    "local text = b:export_bonds() b:forget() b:import_bonds(text)\n"
    "expect(b:bond(a).theirs.irk):equals(a.irk) b:make_oob() end)";

static const char bluetooth[] =
    "local a = device { name = 'a' } local b = device { name = 'b' }\n"
    "local bt = Bluetooth(a, { privacy = false, mtu = 100 })\n"
    "scenario('bluetooth', function()\n"
    "local chr = bt:service { uuid = 1234 }:characteristic { uuid = 4567, value = 'v' }\n"
    "chr:callback(Bluetooth.CHAR_READ_EVENT, function() return 'w' end)\n"
    "bt:callback(Bluetooth.CLIENT_CONNECTED, function() sleep(1) end)\n"
    "bt:set_advertisement { name = 'x', service_uuid = '1234567890123456' } bt:advertise()\n"
    "local bb = Bluetooth(b) bb:start_scan(-1) local adv while not adv do sleep(ms(50)) "
    "adv = bb:get_adv() end\n"
    "expect(bb:resolve_adv_data(adv.data, Bluetooth.ADV_NAME_CMPL)):equals('x')\n"
    "local conn = bb:connect(adv.mac, 5000) local there = conn:services()[3]:characteristics()[1]\n"
    "expect(there:read()):equals('w') there:write('y') local heard\n"
    "there:callback(Bluetooth.CHAR_NOTIFY_EVENT, function(x) heard = x:value() end) "
    "chr:value(7) sleep(s(1)) expect(heard):equals('\\7')\n"
    "bb:tx_power(Bluetooth.TX_PWR_CONN, Bluetooth.TX_PWR_0) conn:disconnect() bb:deinit() end)";

static const char backend[] =
    "local a = device { name = 'a', address = '01:23:45:67:89:AB' }\n"
    "dongle { name = 'b' } local adapter = BGAPIBackend { on_disconnected = function() end }\n"
    "scenario('backend', function()\n"
    "local rate = a:service(0x180D):characteristic { uuid = 0x2A37, properties = 'read, notify', "
    "value = 'v' } a:advertise { name = 'x' }\n"
    "adapter:start { delay_after_reset_s = 0 } adapter:get_mac()\n"
    "expect(adapter:scan({ timeout = 0.3, scan_cb = function() end })[1].name):equals('x')\n"
    "local peer = adapter:connect('01:23:45:67:89:AB', { interval_min = 6, interval_max = 6 })\n"
    "expect(peer:discover_characteristics()[0x2A37].descriptors[0x2902]):exists()\n"
    "expect(peer:char_read(0x2A37)):equals('v') local heard\n"
    "peer:subscribe(0x2A37, { callback = function(handle, value) heard = value end })\n"
    "rate:notify('w') sleep(ms(100)) expect(heard):equals('w') peer:bond { permanent = true }\n"
    "expect_error(function() peer:char_write(0x2A37, 'y') end, BGAPIError)\n"
    "adapter:clear_bond() adapter:send_command('system_hello') adapter:stop() end)";

static void test_every_allocation(void **state)
{
    const char *script = *state;
    struct script_run run;
    bool failed = true;
    unsigned seen = 0;

    /* The first hundreds one by one, then some of the many. */
    for (unsigned n = 1; failed; n += n < 300 ? 1 : 7) {
        script_run_init(&run);
        fail_alloc_from(n);
        script_run_text(&run, script);
        failed = fail_alloc_happened();
        fail_alloc_from(0);
        if (!failed)
            assert_string_equal(run.text, "");
        /* What a script did not need, it may have gone without. */
        if (run.result != SCENARIO_PASSED) {
            assert_true(failed);
            assert_true(run.reports > 0);
            seen++;
        }
        assert_true(n < 1000000);
    }
    assert_true(seen > 100);
    assert_int_equal(run.result, SCENARIO_PASSED);
}

/* A controller outside that is there, and never says a word. */
static void test_outside(void **state)
{
    static const char script[] = "device { name = 'a', position = { x = 1 } } device { name = 'b' }\n"
                                 "scenario('x', function() sleep(s(1)) end)";
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct scenario_controller controllers[2];
    struct temp_dir dir;
    struct script_run run;
    char path[512], where[520];
    bool failed = true;
    unsigned seen = 0;

    (void)state;
    temp_dir_make(&dir);
    temp_dir_path(&dir, "hci", path);
    snprintf(where, sizeof where, "unix:%s", path);
    assert_true(strlen(path) < sizeof address.sun_path);
    memcpy(address.sun_path, path, strlen(path));
    const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(listener, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, 128), 0);
    controllers[0] = (struct scenario_controller){.device = "a", .where = where};
    controllers[1] = (struct scenario_controller){.device = "b", .where = where};
    for (unsigned n = 1; failed; n++) {
        script_run_init(&run);
        run.options.controllers = controllers;
        run.options.controller_count = 2;
        run.options.speed = 100; /* of two seconds' patience */
        fail_alloc_from(n);
        script_run_text(&run, script);
        failed = fail_alloc_happened();
        fail_alloc_from(0);
        assert_int_equal(run.result, SCENARIO_TROUBLE);
        assert_true(run.reports > 0);
        seen += failed;
        assert_true(n < 1000);
        for (int peer; (peer = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0;)
            close(peer);
    }
    assert_true(seen > 50);
    assert_non_null(strstr(run.text, ") does not answer\n"));
    close(listener);
    unlink(path);
    temp_dir_remove(&dir);
}

/* A port outside at which nobody answers. */
static void test_serial(void **state)
{
    static const char script[] = "local a = BGAPIBackend() scenario('x', function()\n"
                                 "a:start { reset = false } end)";
    struct script_run run;
    char name[64], where[80];
    bool failed = true;
    unsigned seen = 0;

    (void)state;
    const int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
    assert_int_equal(ptsname_r(terminal, name, sizeof name), 0);
    snprintf(where, sizeof where, "pty:%s", name);
    const struct scenario_serial serial = {.name = "COM9", .where = where};
    for (unsigned n = 1; failed; n++) {
        script_run_init(&run);
        run.options.serials = &serial;
        run.options.serial_count = 1;
        run.options.speed = 100; /* of a second's patience */
        fail_alloc_from(n);
        script_run_text(&run, script);
        failed = fail_alloc_happened();
        fail_alloc_from(0);
        assert_int_not_equal(run.result, SCENARIO_PASSED);
        assert_true(run.reports > 0);
        seen += failed;
        assert_true(n < 1000);
    }
    assert_true(seen > 50);
    assert_non_null(strstr(run.text, "BGAPIError: the dongle has not answered"));
    close(terminal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        {"plain", test_every_allocation, NULL, NULL, (void *)plain},
        {"secure", test_every_allocation, NULL, NULL, (void *)secure},
        {"bluetooth", test_every_allocation, NULL, NULL, (void *)bluetooth},
        {"backend", test_every_allocation, NULL, NULL, (void *)backend},
        {"outside", test_outside, NULL, NULL, NULL},
        {"serial", test_serial, NULL, NULL, NULL},
    };

    return cmocka_run_group_tests_name("scenario, allocations", tests, NULL, NULL);
}
