/* SPDX-License-Identifier: MIT */
/* Device addresses as text and on the wire. */
#include "rows.h"

#include "wire/addr.h"

struct text_row {
    const char *name;
    const char *text;
    bool good;
};

static const struct text_row texts[] = {
    {"colons", "C0:00:00:00:18:0D", true},
    {"lower case", "c0:00:00:00:18:0d", true},
    {"no colons", "C0000000180D", true},
    {"empty", "", false},
    {"one octet", "C0", false},
    {"five octets", "C0:00:00:00:18", false},
    {"seven octets", "C0:00:00:00:18:0D:01", false},
    {"a colon too many at the end", "C0:00:00:00:18:0D:", false},
    {"one colon only", "C0:000000180D", false},
    {"first colon missing", "C000:00:00:18:0D", false},
    {"dashes", "C0-00-00-00-18-0D", false},
    {"not hex", "C0:00:00:00:18:0G", false},
    {"half an octet", "C0:0:00:00:18:0D", false},
    {"ends inside an octet", "C0:00:00:00:18:0", false},
    {"space before", " C0:00:00:00:18:0D", false},
    {"space behind", "C0:00:00:00:18:0D ", false},
    {"eleven digits", "C0000000180", false},
    {"thirteen digits", "C0000000180D0", false},
};

static void parses_or_refuses(void **state)
{
    static const struct bd_addr expected = {{0x0D, 0x18, 0, 0, 0, 0xC0}, BD_ADDR_PUBLIC};
    static const struct bd_addr untouched = {{1, 2, 3, 4, 5, 6}, BD_ADDR_RANDOM};
    const struct text_row *row = *state;
    struct bd_addr addr = untouched;
    char text[BD_ADDR_TEXT_SIZE];

    if (!row->good) {
        assert_int_equal(bd_addr_parse(row->text, &addr), BLR_ERR_INVALID);
        assert_true(bd_addr_equal(&addr, &untouched));
        return;
    }
    assert_int_equal(bd_addr_parse(row->text, &addr), 0);
    assert_true(bd_addr_equal(&addr, &expected));
    assert_string_equal(bd_addr_format(&addr, text), "C0:00:00:00:18:0D");
}

static void wire_order_is_least_significant_first(void **state)
{
    const struct bd_addr addr = {{0x0D, 0x18, 0, 0, 1, 0xC0}, BD_ADDR_RANDOM};
    const uint8_t expected[6] = {0x0D, 0x18, 0, 0, 1, 0xC0};
    uint8_t out[6];
    struct wr w = wr_init(out, sizeof out);
    struct rd r = rd_init(out, sizeof out);

    (void)state;
    wr_addr_octets(&w, &addr);
    assert_true(wr_ok(&w));
    assert_memory_equal(out, expected, 6);
    const struct bd_addr back = rd_addr_octets(&r, BD_ADDR_RANDOM);
    assert_true(rd_done(&r));
    assert_true(bd_addr_equal(&addr, &back));
}

static void type_is_part_of_an_address(void **state)
{
    const struct bd_addr a = {{1, 2, 3, 4, 5, 6}, BD_ADDR_PUBLIC};
    const struct bd_addr b = {{1, 2, 3, 4, 5, 6}, BD_ADDR_RANDOM};

    (void)state;
    assert_false(bd_addr_equal(&a, &b));
}

static void kinds_of_random_addresses(void **state)
{
    (void)state;
    assert_int_equal(bd_addr_random_kind(&(struct bd_addr){{0, 0, 0, 0, 0, 0xC0}, 1}), 3);
    assert_int_equal(bd_addr_random_kind(&(struct bd_addr){{0, 0, 0, 0, 0, 0x7F}, 1}), 1);
    assert_int_equal(bd_addr_random_kind(&(struct bd_addr){{0, 0, 0, 0, 0, 0x3F}, 1}), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wire_order_is_least_significant_first),
        cmocka_unit_test(type_is_part_of_an_address),
        cmocka_unit_test(kinds_of_random_addresses),
    };

    return RUN_ROWS(texts, parses_or_refuses) + cmocka_run_group_tests(tests, NULL, NULL);
}
