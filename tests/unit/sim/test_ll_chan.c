/* SPDX-License-Identifier: MIT */
/* Data channel selection against tests/vectors/channel_selection.txt. */
#include "rows.h"

#include <stdlib.h>
#include <string.h>

#include "ll_chan.h"
#include "vectors.h"

#define LIST_MAX 64

static bool has(const struct vector *vector, const char *key)
{
    for (size_t i = 0; i < vector->fields; i++) {
        if (strcmp(vector->field[i].key, key) == 0)
            return true;
    }
    return false;
}

static size_t read_list(const struct vector *vector, const char *key, unsigned long *out)
{
    const char *text = vector_text(vector, key);
    size_t count = 0;

    while (*text) {
        char *end;

        assert_true(count < LIST_MAX);
        out[count++] = strtoul(text, &end, 10);
        assert_ptr_not_equal(end, text);
        text = end + strspn(end, " ");
    }
    return count;
}

/* The algorithm that the record is for, with its map. */
static struct ll_chan chan_of(const struct vector *vector)
{
    const bool algorithm_2 = !has(vector, "hop");
    struct ll_chan chan;
    uint8_t map[5];

    assert_int_equal(vector_octets(vector, "chan_map_air", map, sizeof map), sizeof map);
    ll_chan_init(&chan, algorithm_2,
                 algorithm_2 ? 0 : (uint8_t)vector_decimal(vector, "hop"),
                 algorithm_2 ? vector_hex(vector, "access_address") : 0);
    assert_true(ll_chan_set_map(&chan, map));
    assert_int_equal(chan.used_count, vector_decimal(vector, "used_count"));
    return chan;
}

static void sample(void **state)
{
    const struct vector *vector = *state;
    struct ll_chan chan = chan_of(vector);
    unsigned long counters[LIST_MAX] = {0}, channels[LIST_MAX];

    if (has(vector, "channel")) {
        assert_int_equal(ll_chan_select(&chan, (uint16_t)vector_decimal(vector, "counter")),
                         vector_decimal(vector, "channel"));
        return;
    }
    const size_t count = read_list(vector, "channels", channels);
    assert_true(count > 1);
    if (has(vector, "counters")) {
        assert_int_equal(read_list(vector, "counters", counters), count);
    } else {
        for (size_t i = 0; i < count; i++)
            counters[i] = i;
    }
    for (size_t i = 0; i < count; i++)
        assert_int_equal(ll_chan_select(&chan, (uint16_t)counters[i]), channels[i]);
}

/* Leaving events out leads to the same channels. */
static void sample_with_skips(void **state)
{
    const struct vector *vector = *state;
    unsigned long channels[LIST_MAX];

    if (!has(vector, "hop"))
        return;
    const size_t count = read_list(vector, "channels", channels);
    for (size_t stride = 2; stride < 7; stride++) {
        struct ll_chan chan = chan_of(vector);

        for (size_t i = 0; i < count; i += stride)
            assert_int_equal(ll_chan_select(&chan, (uint16_t)i), channels[i]);
    }
}

static void counter_wraps_in_algorithm_1(void **state)
{
    static const uint8_t all[5] = {0xFF, 0xFF, 0xFF, 0xFF, 0x1F};
    struct ll_chan chan;
    unsigned unmapped = 0;
    (void)state;

    ll_chan_init(&chan, false, 11, 0);
    assert_true(ll_chan_set_map(&chan, all));
    for (unsigned event = 0; event < 70000; event++) {
        unmapped = (unmapped + 11) % 37;
        assert_int_equal(ll_chan_select(&chan, (uint16_t)event), unmapped);
    }
}

struct map_row {
    const char *name;
    uint8_t map[5];
    bool good;
    uint8_t used;
};

static const struct map_row maps[] = {
    {"no channel", {0}, false, 0},
    {"one channel", {0, 0, 1}, false, 0},
    {"one channel and the advertising channels", {0, 0, 1, 0, 0xE0}, false, 0},
    {"two channels", {1, 0, 0, 0, 0x10}, true, 2},
    {"all, the advertising channels ignored", {0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, true, 37},
};

static void map_checked(void **state)
{
    const struct map_row *row = *state;
    static const uint8_t before[5] = {0x07};
    struct ll_chan chan;

    ll_chan_init(&chan, true, 0, 0x12345678);
    assert_true(ll_chan_set_map(&chan, before));
    assert_int_equal(ll_chan_set_map(&chan, row->map), row->good);
    assert_int_equal(chan.used_count, row->good ? row->used : 3);
    if (!row->good)
        assert_memory_equal(chan.map, before, sizeof before);
    assert_int_equal(chan.map[4] & 0xE0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counter_wraps_in_algorithm_1),
    };
    struct vectors vectors = vectors_load("channel_selection.txt");
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    failed += RUN_ROWS_N(vectors.records, vectors.count, sample);
    failed += RUN_ROWS_N(vectors.records, vectors.count, sample_with_skips);
    failed += RUN_ROWS(maps, map_checked);
    vectors_free(&vectors);
    return failed;
}
