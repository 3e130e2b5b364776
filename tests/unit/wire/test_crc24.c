/* SPDX-License-Identifier: MIT */
/* The CRC of LE packets against tests/vectors/crc24.txt and against one bit at a time. */
#include "rows.h"

#include "vectors.h"
#include "wire/crc24.h"

static void packet(void **state)
{
    const struct vector *vector = *state;
    uint8_t pdu[257], air[3], expected[3];
    const size_t len = vector_octets(vector, "pdu_air", pdu, sizeof pdu);
    const uint32_t crc = crc24(vector_hex(vector, "crc_init"), pdu, len);

    assert_int_equal(crc, vector_hex(vector, "crc_reg"));
    crc24_to_air(crc, air);
    assert_int_equal(vector_octets(vector, "crc_air", expected, sizeof expected), 3);
    assert_memory_equal(air, expected, 3);
    assert_int_equal(crc24_from_air(air), crc);
}

/* The shift register of Figure 3.1 as it is drawn. */
static uint32_t by_bits(uint32_t reg, const uint8_t *pdu, size_t len)
{
    for (size_t bit = 0; bit < 8 * len; bit++) {
        const uint32_t feedback = (reg >> 23 & 1) ^ (pdu[bit / 8] >> bit % 8 & 1);
        reg = reg << 1 & 0xFFFFFF;
        if (feedback)
            reg ^= 0x00065B;
    }
    return reg;
}

static void every_length_as_by_bits(void **state)
{
    uint8_t pdu[257];
    uint32_t init = CRC24_INIT_ADVERTISING;

    (void)state;
    for (size_t i = 0; i < sizeof pdu; i++)
        pdu[i] = (uint8_t)(i * 167 + 13);
    for (size_t len = 0; len <= sizeof pdu; len++) {
        assert_int_equal(crc24(init, pdu, len), by_bits(init, pdu, len));
        init = (init * 5 + 0x123457) & 0xFFFFFF;
    }
}

static void every_single_bit_error_is_seen(void **state)
{
    uint8_t pdu[39] = {0x40, 0x25};

    (void)state;
    const uint32_t good = crc24(CRC24_INIT_ADVERTISING, pdu, sizeof pdu);
    for (size_t bit = 0; bit < 8 * sizeof pdu; bit++) {
        pdu[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_int_not_equal(crc24(CRC24_INIT_ADVERTISING, pdu, sizeof pdu), good);
        pdu[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_length_as_by_bits),
        cmocka_unit_test(every_single_bit_error_is_seen),
    };
    struct vectors vectors = vectors_load("crc24.txt");
    int failed = RUN_ROWS_N(vectors.records, vectors.count, packet);

    failed += cmocka_run_group_tests(tests, NULL, NULL);
    vectors_free(&vectors);
    return failed;
}
