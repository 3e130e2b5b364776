/* SPDX-License-Identifier: MIT */
/* The H4 reader: packets whole and in pieces, what it refuses, and how it finds its way back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hex.h"
#include "io/h4.h"
#include "rows.h"

enum { MAX_OUT = 4096 };

struct row {
    const char *name;
    unsigned accepts;
    const char *in;  /* hex */
    const char *out; /* hex of type and packet, "!" for a loss, each ended by a blank */
};

static const struct row streams[] = {
    {"reset", H4_FROM_HOST, "01030c00", "01030c00 "},
    {"acl", H4_FROM_HOST, "0201200300aabbcc", "0201200300aabbcc "},
    {"acl_empty", H4_FROM_HOST, "0201200000", "0201200000 "},
    {"sco", H4_FROM_HOST, "03010001ff", "03010001ff "},
    {"iso_length_is_14_bits", H4_FROM_HOST, "05010001c0ee", "05010001c0ee "},
    {"event", H4_FROM_CONTROLLER, "040e0401030c00", "040e0401030c00 "},
    {"two", H4_FROM_HOST, "01030c0001011000", "01030c00 01011000 "},
    {"unfinished_header", H4_FROM_HOST, "0201", ""},
    {"unfinished_packet", H4_FROM_HOST, "0102100201", ""},
    {"nothing", H4_FROM_HOST, "", ""},
    {"type_0", H4_FROM_HOST, "00", "! "},
    {"type_6", H4_FROM_HOST, "06", "! "},
    {"type_32", H4_FROM_HOST, "20", "! "},
    {"type_33_is_not_1", H4_FROM_HOST, "21030c00", "! "},
    {"event_from_a_host", H4_FROM_HOST, "040e00", "! "},
    {"command_from_a_controller", H4_FROM_CONTROLLER, "01030c00", "! "},
    {"said_once", H4_FROM_HOST, "ffffff00ff", "! "},
    {"reset_behind_garbage", H4_FROM_HOST, "ff01030c00", "! 01030c00 "},
    {"goes_on_behind_the_reset", H4_FROM_HOST, "ff01030c0001011000", "! 01030c00 01011000 "},
    {"other_commands_are_discarded", H4_FROM_HOST, "ff0101100001030c00", "! 01030c00 "},
    {"reset_with_a_parameter_is_none", H4_FROM_HOST, "ff01030c0100", "! "},
    {"01_twice", H4_FROM_HOST, "ff0101030c00", "! 01030c00 "},
    {"broken_off_and_begun_again", H4_FROM_HOST, "ff01030101030c0100" "01030c00",
     "! 01030c00 "},
    {"lost_twice", H4_FROM_HOST, "ff01030c00ff01030c00", "! 01030c00 ! 01030c00 "},
    {"acl_too_long", H4_FROM_HOST, "02010000f0", "! "},
    {"iso_too_long", H4_FROM_HOST, "050100ff3f", "! "},
    {"reset_begins_in_the_header", H4_FROM_HOST, "02ff01030c" "00", "! 01030c00 "},
};

static void put(char *out, const char *text)
{
    assert_true(strlen(out) + strlen(text) < MAX_OUT);
    strcat(out, text);
}

static void read_pieces(const struct row *row, size_t piece, char *out)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t in[512];
    const size_t size = hex_read(row->in, in, sizeof in);
    struct h4_reader reader;

    *out = '\0';
    h4_reader_init(&reader, row->accepts);
    for (size_t at = 0; at < size; at += piece) {
        const uint8_t *bytes = in + at;
        size_t len = piece < size - at ? piece : size - at;
        for (enum h4_result result; (result = h4_read(&reader, &bytes, &len)) != H4_MORE;) {
            if (result == H4_LOST) {
                put(out, "! ");
                continue;
            }
            const char type[] = {'0', digits[reader.type], '\0'};
            put(out, type);
            for (size_t i = 0; i < reader.len; i++) {
                const char octet[] = {digits[reader.packet[i] >> 4], digits[reader.packet[i] & 15],
                                      '\0'};
                put(out, octet);
            }
            put(out, " ");
        }
        assert_int_equal(len, 0);
    }
}

static void test_row(void **state)
{
    const struct row *row = *state;
    char out[MAX_OUT];

    for (size_t piece = 1; piece <= 16; piece++) {
        read_pieces(row, piece, out);
        assert_string_equal(out, row->out);
    }
    read_pieces(row, 512, out);
    assert_string_equal(out, row->out);
}

/* The longest that is taken, and one octet more. */
static void test_longest(void **state)
{
    uint8_t in[1 + H4_PACKET_MAX] = {HCI_PACKET_ACL, 0x01, 0x00, (H4_PACKET_MAX - 4) & 0xFF,
                                     (H4_PACKET_MAX - 4) >> 8};
    const uint8_t *bytes = in;
    size_t len = sizeof in;
    struct h4_reader reader;

    (void)state;
    h4_reader_init(&reader, H4_FROM_HOST);
    assert_int_equal(h4_read(&reader, &bytes, &len), H4_PACKET);
    assert_int_equal(reader.len, H4_PACKET_MAX);
    assert_int_equal(len, 0);

    in[3]++;
    bytes = in;
    len = sizeof in;
    assert_int_equal(h4_read(&reader, &bytes, &len), H4_LOST);
    assert_int_equal(h4_read(&reader, &bytes, &len), H4_MORE);
    assert_int_equal(reader.discarded, sizeof in);
}

static const struct CMUnitTest more[] = {
    cmocka_unit_test(test_longest),
};

int main(void)
{
    int failed = RUN_ROWS(streams, test_row);

    failed += cmocka_run_group_tests(more, NULL, NULL);
    return failed;
}
