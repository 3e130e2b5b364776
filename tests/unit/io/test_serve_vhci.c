/* SPDX-License-Identifier: MIT */
/*
 * The first words with /dev/vhci, whose other side is here the test: a socket that keeps packets
 * apart. The device itself is used where there is one, by the Linux guest (tests/interop/linux/).
 */
#define _XOPEN_SOURCE 700
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "rows.h"
#include "serve_internal.h"

struct packet {
    uint8_t bytes[12];
    size_t len;
};

#define PACKET(...) {{__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})}
#define RESET PACKET(0x01, 0x03, 0x0C, 0x00)

struct row {
    const char *name;
    struct packet sent[3]; /* by the kernel, then it closes */
    int result;
    bool early;
};

static const struct row rows[] = {
    {"hci0", {PACKET(0xFF, 0x00, 0x00, 0x00)}, 0, false},
    {"hci513", {PACKET(0xFF, 0x00, 0x01, 0x02)}, 513, false},
    {"a command before the answer", {RESET, PACKET(0xFF, 0x00, 0x03, 0x00)}, 3, true},
    {"two commands before the answer", {RESET, RESET, PACKET(0xFF, 0x00, 0x03, 0x00)}, -EPROTO,
     true},
    {"closed", {{{0}, 0}}, -EPROTO, false},
    {"closed after a command", {RESET}, -EPROTO, true},
    {"an answer that is cut", {PACKET(0xFF, 0x00, 0x00)}, -EPROTO, true},
    {"an answer that is too long", {PACKET(0xFF, 0x00, 0x00, 0x00, 0x00)}, -EPROTO, true},
    {"another kind of controller", {PACKET(0xFF, 0x01, 0x00, 0x00)}, -EPROTO, true},
};

static void test_row(void **state)
{
    const struct row *row = *state;
    static const uint8_t reset[] = {0x01, 0x03, 0x0C, 0x00}, create[] = {0xFF, 0x00};
    uint8_t early[H4_PACKET_MAX], asked[8];
    size_t early_len = 99;
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
    for (size_t i = 0; i < 3 && row->sent[i].len; i++)
        assert_int_equal(write(ends[1], row->sent[i].bytes, row->sent[i].len), row->sent[i].len);
    assert_int_equal(shutdown(ends[1], SHUT_WR), 0);
    assert_int_equal(vhci_create(ends[0], early, &early_len), row->result);
    assert_int_equal(early_len != 0, row->early);
    if (row->result >= 0 && row->early) {
        assert_int_equal(early_len, sizeof reset);
        assert_memory_equal(early, reset, sizeof reset);
    }
    assert_int_equal(read(ends[1], asked, sizeof asked), sizeof create);
    assert_memory_equal(asked, create, sizeof create);
    close(ends[0]);
    close(ends[1]);
}

static void test_no_device(void **state)
{
    uint8_t early[H4_PACKET_MAX];
    size_t early_len;
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    /* The end that is read from takes no octet. */
    assert_int_equal(vhci_create(ends[0], early, &early_len), -EBADF);
    assert_int_equal(early_len, 0);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_device),
    };

    return RUN_ROWS(rows, test_row) + cmocka_run_group_tests(tests, NULL, NULL);
}
