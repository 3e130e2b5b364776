/* SPDX-License-Identifier: MIT */
/* A serial port for a program in the wall's time, at a pseudo-terminal of the test. */
#define _XOPEN_SOURCE 700
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/serial.h"

struct party {
    struct serial *serial;
    int other; /* the other side of the port */
    uint8_t got[64];
    size_t got_len, takes;
    unsigned writable, fired[3], fires;
};

struct alarm {
    struct timer timer;
    struct party *party;
    unsigned number;
};

static size_t received(void *user, const uint8_t *bytes, size_t len)
{
    struct party *party = user;
    const size_t taken = len < party->takes ? len : party->takes;

    assert_true(taken <= sizeof party->got - party->got_len);
    memcpy(party->got + party->got_len, bytes, taken);
    party->got_len += taken;
    return taken;
}

static void writable(void *user)
{
    ((struct party *)user)->writable++;
}

static const struct byte_link_party is_party = {.received = received, .writable = writable};

static void open_party(struct party *party)
{
    *party = (struct party){.takes = SIZE_MAX};
    party->other = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
    assert_true(party->other >= 0);
    assert_int_equal(grantpt(party->other), 0);
    assert_int_equal(unlockpt(party->other), 0);
    assert_int_equal(serial_open(ptsname(party->other), &party->serial), 0);
    byte_link_attach(serial_end(party->serial), &is_party, party);
}

static void close_party(struct party *party)
{
    serial_close(party->serial);
    if (party->other >= 0)
        close(party->other);
}

static void fire(void *user)
{
    struct alarm *alarm = user;

    alarm->party->fired[alarm->party->fires++] = alarm->number;
}

static void arm(struct party *party, struct alarm *alarm, unsigned number, sim_ns after)
{
    struct clock *clock = serial_clock(party->serial);

    *alarm = (struct alarm){.party = party, .number = number};
    timer_init(&alarm->timer, fire, alarm);
    clock_arm(clock, &alarm->timer, clock_now(clock) + after);
}

static void test_octets_as_they_are(void **state)
{
    static const uint8_t octets[] = {0x00, 0x03, 0x0D, 0x0A, 0x11, 0x13, 0x7F, 0xFF};
    uint8_t back[sizeof octets];
    struct party party;

    (void)state;
    open_party(&party);
    assert_int_equal(write(party.other, octets, sizeof octets), sizeof octets);
    while (party.got_len < sizeof octets)
        assert_true(serial_wait(party.serial));
    assert_memory_equal(party.got, octets, sizeof octets);
    assert_int_equal(byte_link_send(serial_end(party.serial), octets, sizeof octets), 0);
    assert_int_equal(read(party.other, back, sizeof back), sizeof back);
    assert_memory_equal(back, octets, sizeof octets);
    close_party(&party);
}

static void test_a_party_that_takes_a_part(void **state)
{
    struct alarm alarm;
    struct party party;

    (void)state;
    open_party(&party);
    party.takes = 2;
    assert_int_equal(write(party.other, "abcde", 5), 5);
    assert_true(serial_wait(party.serial));
    assert_int_equal(party.got_len, 2);
    /* Nothing can be until it resumes, but for a timer. */
    assert_false(serial_wait(party.serial));
    arm(&party, &alarm, 0, SIM_MS(2));
    assert_true(serial_wait(party.serial));
    assert_int_equal(party.fires, 1);
    assert_int_equal(party.got_len, 2);
    party.takes = SIZE_MAX;
    byte_link_resume(serial_end(party.serial));
    assert_int_equal(party.got_len, 2);
    assert_true(serial_wait(party.serial));
    assert_int_equal(party.got_len, 5);
    assert_memory_equal(party.got, "abcde", 5);
    close_party(&party);
}

static void test_a_port_that_is_full(void **state)
{
    static const uint8_t octets[4096];
    uint8_t drained[4096];
    struct party party;
    size_t sent = 0, came = 0;
    int error;

    (void)state;
    open_party(&party);
    struct byte_link_end *end = serial_end(party.serial);
    assert_int_equal(byte_link_send(end, octets, sizeof octets + 1), BLR_ERR_TOO_LONG);
    while (!(error = byte_link_send(end, octets, 1000)))
        sent += 1000;
    assert_int_equal(error, BLR_ERR_AGAIN);
    while (came < sent) {
        const ssize_t len = read(party.other, drained, sizeof drained);
        if (len > 0)
            came += (size_t)len;
        else if (!party.writable)
            assert_true(serial_wait(party.serial));
        else /* what is left goes with the next send, or wait */
            assert_int_equal(byte_link_send(end, octets, 0), 0);
    }
    assert_int_equal(came, sent);
    assert_int_equal(party.writable, 1);
    close_party(&party);
}

static void test_timers_in_their_order(void **state)
{
    struct alarm alarms[3];
    struct party party;

    (void)state;
    open_party(&party);
    arm(&party, &alarms[0], 0, SIM_MS(3));
    arm(&party, &alarms[1], 1, SIM_MS(1));
    arm(&party, &alarms[2], 2, SIM_MS(2));
    assert_true(timer_armed(&alarms[2].timer));
    clock_cancel(serial_clock(party.serial), &alarms[2].timer);
    assert_false(timer_armed(&alarms[2].timer));
    clock_cancel(serial_clock(party.serial), &alarms[2].timer);
    const sim_ns due = alarms[0].timer.at;
    while (party.fires < 2)
        assert_true(serial_wait(party.serial));
    assert_int_equal(party.fired[0], 1);
    assert_int_equal(party.fired[1], 0);
    assert_true(clock_now(serial_clock(party.serial)) >= due);
    arm(&party, &alarms[2], 2, SIM_S(60));
    close_party(&party); /* with one that is armed */
    assert_false(timer_armed(&alarms[2].timer));
}

static void test_a_port_that_is_lost(void **state)
{
    struct alarm alarm;
    struct party party;

    (void)state;
    open_party(&party);
    assert_int_equal(write(party.other, "last", 4), 4);
    assert_true(serial_wait(party.serial));
    assert_int_equal(party.got_len, 4);
    arm(&party, &alarm, 0, SIM_MS(20));
    close(party.other);
    party.other = -1;
    assert_true(serial_wait(party.serial)); /* the timer, as nothing else comes */
    assert_int_equal(party.fires, 1);
    assert_true(serial_lost(party.serial));
    assert_false(serial_wait(party.serial));
    assert_int_equal(byte_link_send(serial_end(party.serial), (const uint8_t *)"x", 1),
                     BLR_ERR_IO);
    close_party(&party);
}

static void test_what_is_no_port(void **state)
{
    static const struct {
        const char *path;
        int error;
    } rows[] = {{"/nonexistent/port", ENOENT}, {"/dev/null", ENOTTY}, {"/", EISDIR}};
    struct serial *serial;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(serial_open(rows[i].path, &serial), BLR_ERR_IO);
        assert_int_equal(errno, rows[i].error);
    }
    serial_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_octets_as_they_are),
        cmocka_unit_test(test_a_party_that_takes_a_part),
        cmocka_unit_test(test_a_port_that_is_full),
        cmocka_unit_test(test_timers_in_their_order),
        cmocka_unit_test(test_a_port_that_is_lost),
        cmocka_unit_test(test_what_is_no_port),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
