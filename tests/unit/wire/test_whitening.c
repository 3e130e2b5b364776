/* SPDX-License-Identifier: MIT */
/* Data whitening against tests/vectors/whitening.txt and against one bit at a time. */
#include "rows.h"

#include <stdbool.h>
#include <string.h>

#include "vectors.h"
#include "wire/crc24.h"

static void vector_agrees(void **state)
{
    const struct vector *vector = *state;
    const bool is_sequence = strncmp(vector->name, "sequence", 8) == 0;
    uint8_t plain[64] = {0}, expected[64];
    const size_t len = vector_octets(vector, is_sequence ? "sequence_air" : "whitened_air",
                                     expected, sizeof expected);

    if (!is_sequence)
        assert_int_equal(vector_octets(vector, "plain_air", plain, sizeof plain), len);
    whiten((uint8_t)vector_decimal(vector, "channel"), plain, len);
    assert_memory_equal(plain, expected, len);
}

/* The shift register of Figure 3.5 as it is drawn: bit n of `reg` is position n. */
static void whiten_by_bits(uint8_t channel, uint8_t *bytes, size_t len)
{
    unsigned reg = 1;

    for (unsigned position = 1; position <= 6; position++)
        reg |= ((unsigned)channel >> (6 - position) & 1U) << position;
    for (size_t bit = 0; bit < 8 * len; bit++) {
        const unsigned out = reg >> 6 & 1;
        bytes[bit / 8] ^= (uint8_t)(out << bit % 8);
        reg = (reg << 1 & 0x7F) | out;
        reg ^= out << 4;
    }
}

static void every_channel_as_by_bits(void **state)
{
    (void)state;
    for (uint8_t channel = 0; channel < 40; channel++) {
        uint8_t a[260] = {0}, b[260] = {0};
        whiten(channel, a, sizeof a);
        whiten_by_bits(channel, b, sizeof b);
        assert_memory_equal(a, b, sizeof a);
    }
}

static void twice_is_the_original(void **state)
{
    uint8_t bytes[39], original[39];

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        original[i] = bytes[i] = (uint8_t)(i * 37);
    whiten(17, bytes, sizeof bytes);
    assert_memory_not_equal(bytes, original, sizeof bytes);
    whiten(17, bytes, sizeof bytes);
    assert_memory_equal(bytes, original, sizeof bytes);
}

static void any_channel_number_is_safe(void **state)
{
    uint8_t bytes[4] = {0};

    (void)state;
    for (unsigned channel = 0; channel < 256; channel++)
        whiten((uint8_t)channel, bytes, sizeof bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_channel_as_by_bits),
        cmocka_unit_test(twice_is_the_original),
        cmocka_unit_test(any_channel_number_is_safe),
    };
    struct vectors vectors = vectors_load("whitening.txt");
    int failed = RUN_ROWS_N(vectors.records, vectors.count, vector_agrees);

    failed += cmocka_run_group_tests(tests, NULL, NULL);
    vectors_free(&vectors);
    return failed;
}
