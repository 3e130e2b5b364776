/* SPDX-License-Identifier: MIT */
/* The bounded reader: every width, both orders, and every way to run out of bytes. */
#include "rows.h"

#include <string.h>

#include "wire/rd.h"

static const uint8_t bytes[8] = {0x81, 0x02, 0x03, 0x84, 0x05, 0x06, 0x07, 0x88};

static uint64_t get_u8(struct rd *r)
{
    return rd_u8(r);
}
static uint64_t get_i8(struct rd *r)
{
    return (uint64_t)(int64_t)rd_i8(r);
}
static uint64_t get_u16(struct rd *r)
{
    return rd_u16(r);
}
static uint64_t get_u16_be(struct rd *r)
{
    return rd_u16_be(r);
}
static uint64_t get_i16_be(struct rd *r)
{
    return (uint64_t)(int64_t)rd_i16_be(r);
}
static uint64_t get_u24(struct rd *r)
{
    return rd_u24(r);
}
static uint64_t get_u32(struct rd *r)
{
    return rd_u32(r);
}
static uint64_t get_u32_be(struct rd *r)
{
    return rd_u32_be(r);
}
static uint64_t get_u64(struct rd *r)
{
    return rd_u64(r);
}
static uint64_t get_u64_be(struct rd *r)
{
    return rd_u64_be(r);
}

struct width {
    const char *name;
    uint64_t (*get)(struct rd *r);
    size_t size;
    uint64_t expected;
};

static const struct width widths[] = {
    {"u8", get_u8, 1, 0x81},
    {"i8 is signed", get_i8, 1, (uint64_t)-127},
    {"u16", get_u16, 2, 0x0281},
    {"u16_be", get_u16_be, 2, 0x8102},
    {"i16_be is signed", get_i16_be, 2, (uint64_t)(0x8102 - 0x10000)},
    {"u24", get_u24, 3, 0x030281},
    {"u32", get_u32, 4, 0x84030281},
    {"u32_be", get_u32_be, 4, 0x81020384},
    {"u64", get_u64, 8, 0x8807060584030281},
    {"u64_be", get_u64_be, 8, 0x8102038405060788},
};

static void reads_its_width(void **state)
{
    const struct width *row = *state;
    struct rd r = rd_init(bytes, row->size);

    assert_true(row->get(&r) == row->expected);
    assert_true(rd_done(&r));
    assert_int_equal(rd_left(&r), 0);
}

static void fails_one_byte_short(void **state)
{
    const struct width *row = *state;
    uint8_t exact[8];

    for (size_t len = 0; len < row->size; len++) {
        /* At the end of the array, so that the sanitizer sees a read past it. */
        memcpy(exact + sizeof exact - len, bytes, len);
        struct rd r = rd_init(exact + sizeof exact - len, len);
        /* The halves of a 64-bit read fail one by one, so that only the verdict counts. */
        const uint64_t value = row->get(&r);
        if (row->size < 8)
            assert_true(value == 0);
        assert_false(rd_ok(&r));
        assert_false(rd_done(&r));
        assert_int_equal(rd_left(&r), 0);
    }
}

static void failure_sticks(void **state)
{
    struct rd r = rd_init(bytes, 3);

    (void)state;
    assert_int_equal(rd_u32(&r), 0);
    assert_int_equal(rd_u8(&r), 0);
    assert_null(rd_bytes(&r, 0));
    assert_false(rd_ok(&r));
}

static void done_only_at_the_end(void **state)
{
    struct rd r = rd_init(bytes, 2);

    (void)state;
    assert_false(rd_done(&r));
    rd_skip(&r, 1);
    assert_true(rd_ok(&r));
    assert_false(rd_done(&r));
    rd_skip(&r, 1);
    assert_true(rd_done(&r));
}

static void a_huge_length_fails(void **state)
{
    struct rd r = rd_init(bytes, sizeof bytes);

    (void)state;
    rd_skip(&r, 3);
    assert_null(rd_bytes(&r, SIZE_MAX));
    assert_false(rd_ok(&r));
}

static void nothing_of_nothing_is_fine(void **state)
{
    struct rd r = rd_init(NULL, 0);
    uint8_t out[1] = {0xAA};

    (void)state;
    assert_true(rd_done(&r));
    assert_non_null(rd_bytes(&r, 0));
    rd_copy(&r, out, 0);
    assert_int_equal(out[0], 0xAA);
    assert_true(rd_done(&r));
    assert_int_equal(rd_u8(&r), 0);
    assert_false(rd_ok(&r));
}

static void copy_of_too_much_is_zeros(void **state)
{
    struct rd r = rd_init(bytes, 2);
    uint8_t out[3] = {0xAA, 0xAA, 0xAA};
    const uint8_t zeros[3] = {0};

    (void)state;
    rd_copy(&r, out, sizeof out);
    assert_memory_equal(out, zeros, sizeof out);
    assert_false(rd_ok(&r));
}

static void reversed_is_the_last_first(void **state)
{
    struct rd r = rd_init(bytes, 5);
    uint8_t out[3] = {0xAA, 0xAA, 0xAA};
    const uint8_t zeros[3] = {0};

    (void)state;
    rd_reversed(&r, out, sizeof out);
    assert_memory_equal(out, ((const uint8_t[]){3, 2, 0x81}), 3);
    rd_reversed(&r, out, 0);
    assert_true(rd_ok(&r));
    rd_reversed(&r, out, sizeof out);
    assert_memory_equal(out, zeros, sizeof out);
    assert_false(rd_ok(&r));
}

static void sub_reader_is_bounded(void **state)
{
    struct rd r = rd_init(bytes, sizeof bytes);
    struct rd sub = rd_sub(&r, 3);

    (void)state;
    assert_int_equal(rd_u16(&sub), 0x0281);
    assert_int_equal(rd_u16(&sub), 0);
    assert_false(rd_ok(&sub));
    assert_int_equal(rd_u8(&r), 0x84);
    assert_true(rd_ok(&r));

    struct rd beyond = rd_sub(&r, 5);
    assert_false(rd_ok(&beyond));
    assert_false(rd_ok(&r));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failure_sticks),
        cmocka_unit_test(done_only_at_the_end),
        cmocka_unit_test(a_huge_length_fails),
        cmocka_unit_test(nothing_of_nothing_is_fine),
        cmocka_unit_test(copy_of_too_much_is_zeros),
        cmocka_unit_test(reversed_is_the_last_first),
        cmocka_unit_test(sub_reader_is_bounded),
    };
    int failed = RUN_ROWS(widths, reads_its_width);

    failed += RUN_ROWS(widths, fails_one_byte_short);
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
