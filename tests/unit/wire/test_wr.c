/* SPDX-License-Identifier: MIT */
/* The bounded writer: every width, both orders, and a write that does not fit writes nothing. */
#include "rows.h"

#include <string.h>

#include "wire/wr.h"

static void put_u8(struct wr *w)
{
    wr_u8(w, 0x81);
}
static void put_i8(struct wr *w)
{
    wr_i8(w, -127);
}
static void put_u16(struct wr *w)
{
    wr_u16(w, 0x8102);
}
static void put_u16_be(struct wr *w)
{
    wr_u16_be(w, 0x8102);
}
static void put_u24(struct wr *w)
{
    wr_u24(w, 0x810203);
}
static void put_u32(struct wr *w)
{
    wr_u32(w, 0x81020304);
}
static void put_u32_be(struct wr *w)
{
    wr_u32_be(w, 0x81020304);
}
static void put_u64(struct wr *w)
{
    wr_u64(w, 0x8102030405060708);
}
static void put_u64_be(struct wr *w)
{
    wr_u64_be(w, 0x8102030405060708);
}
static void put_bytes(struct wr *w)
{
    wr_bytes(w, (const uint8_t[]){1, 2, 3}, 3);
}
static void put_reversed(struct wr *w)
{
    wr_reversed(w, (const uint8_t[]){1, 2, 3}, 3);
}
static void put_fill(struct wr *w)
{
    wr_fill(w, 0xEE, 3);
}

struct width {
    const char *name;
    void (*put)(struct wr *w);
    size_t size;
    uint8_t expected[8];
};

static const struct width widths[] = {
    {"u8", put_u8, 1, {0x81}},
    {"i8", put_i8, 1, {0x81}},
    {"u16", put_u16, 2, {2, 0x81}},
    {"u16_be", put_u16_be, 2, {0x81, 2}},
    {"u24", put_u24, 3, {3, 2, 0x81}},
    {"u32", put_u32, 4, {4, 3, 2, 0x81}},
    {"u32_be", put_u32_be, 4, {0x81, 2, 3, 4}},
    {"u64", put_u64, 8, {8, 7, 6, 5, 4, 3, 2, 0x81}},
    {"u64_be", put_u64_be, 8, {0x81, 2, 3, 4, 5, 6, 7, 8}},
    {"bytes", put_bytes, 3, {1, 2, 3}},
    {"reversed", put_reversed, 3, {3, 2, 1}},
    {"fill", put_fill, 3, {0xEE, 0xEE, 0xEE}},
};

static void writes_its_width(void **state)
{
    const struct width *row = *state;
    uint8_t out[8] = {0};
    struct wr w = wr_init(out, row->size);

    row->put(&w);
    assert_true(wr_ok(&w));
    assert_int_equal(w.len, row->size);
    assert_int_equal(wr_left(&w), 0);
    assert_memory_equal(out, row->expected, row->size);
}

static void fails_when_it_does_not_fit(void **state)
{
    const struct width *row = *state;

    for (size_t cap = 0; cap < row->size; cap++) {
        uint8_t out[8];
        memset(out, 0x55, sizeof out);
        struct wr w = wr_init(out, cap);
        row->put(&w);
        assert_false(wr_ok(&w));
        assert_int_equal(wr_left(&w), 0);
        assert_true(w.len <= cap);
        for (size_t i = cap; i < sizeof out; i++)
            assert_int_equal(out[i], 0x55);
    }
}

static void failure_sticks(void **state)
{
    uint8_t out[3] = {0};
    struct wr w = wr_init(out, sizeof out);

    (void)state;
    wr_u32(&w, 1);
    wr_u8(&w, 7);
    assert_false(wr_ok(&w));
    assert_int_equal(w.len, 0);
    assert_int_equal(out[0], 0);
    assert_null(wr_room(&w, 0));
}

static void room_is_counted(void **state)
{
    uint8_t out[4];
    struct wr w = wr_init(out, sizeof out);

    (void)state;
    wr_u8(&w, 1);
    assert_ptr_equal(wr_room(&w, 2), out + 1);
    assert_int_equal(wr_left(&w), 1);
    assert_null(wr_room(&w, SIZE_MAX));
    assert_false(wr_ok(&w));
}

static void nothing_into_nothing_is_fine(void **state)
{
    struct wr w = wr_init(NULL, 0);

    (void)state;
    wr_bytes(&w, NULL, 0);
    wr_reversed(&w, NULL, 0);
    wr_fill(&w, 1, 0);
    assert_true(wr_ok(&w));
    wr_u8(&w, 1);
    assert_false(wr_ok(&w));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failure_sticks),
        cmocka_unit_test(room_is_counted),
        cmocka_unit_test(nothing_into_nothing_is_fine),
    };
    int failed = RUN_ROWS(widths, writes_its_width);

    failed += RUN_ROWS(widths, fails_when_it_does_not_fit);
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
