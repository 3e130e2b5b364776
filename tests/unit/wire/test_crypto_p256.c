/* SPDX-License-Identifier: MIT */
/* Key pairs, DH keys and points that are none: tests/vectors/p256.txt, a test a record. */
#include <string.h>

#include <openssl/err.h>

#include "hex.h"
#include "rows.h"
#include "vectors.h"
#include "wire/crypto.h"

static bool has(const struct vector *record, const char *key)
{
    for (size_t i = 0; i < record->fields; i++) {
        if (strcmp(record->field[i].key, key) == 0)
            return true;
    }
    return false;
}

static void number(const struct vector *record, const char *key, uint8_t *out)
{
    assert_int_equal(vector_octets(record, key, out, CRYPTO_P256_SIZE), CRYPTO_P256_SIZE);
}

static void point(const struct vector *record, const char *x, const char *y, uint8_t *out)
{
    number(record, x, out);
    number(record, y, out + CRYPTO_P256_SIZE);
}

static void pair(const struct vector *record)
{
    static const char *const names[2][3] = {
        {"private_a", "public_a_x", "public_a_y"},
        {"private_b", "public_b_x", "public_b_y"},
    };
    uint8_t private_key[2][CRYPTO_P256_SIZE], public_key[2][CRYPTO_P256_POINT_SIZE];
    uint8_t wanted[CRYPTO_P256_SIZE], got[CRYPTO_P256_POINT_SIZE];

    number(record, "dhkey", wanted);
    for (unsigned i = 0; i < 2; i++) {
        number(record, names[i][0], private_key[i]);
        point(record, names[i][1], names[i][2], public_key[i]);
        assert_int_equal(crypto_p256_public(private_key[i], got), 0);
        assert_memory_equal(got, public_key[i], sizeof got);
    }
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(crypto_p256_dhkey(private_key[i], public_key[1 - i], got), 0);
        assert_memory_equal(got, wanted, sizeof wanted);
    }
}

static void one(const struct vector *record)
{
    static const uint8_t untouched[CRYPTO_P256_SIZE] = {0xEE, 0xEE};
    uint8_t public_key[CRYPTO_P256_POINT_SIZE], private_key[CRYPTO_P256_SIZE];
    uint8_t wanted[CRYPTO_P256_SIZE], got[CRYPTO_P256_POINT_SIZE] = {0xEE, 0xEE};

    point(record, "public_x", "public_y", public_key);
    if (has(record, "valid") && vector_hex(record, "valid") == 0) {
        assert_int_equal(crypto_p256_dhkey(crypto_p256_debug_private, public_key, got),
                         BLR_ERR_INVALID);
        assert_memory_equal(got, untouched, sizeof untouched);
        assert_int_equal(ERR_peek_error(), 0); /* nothing left for the next who looks */
        return;
    }
    number(record, "private", private_key);
    if (has(record, "dhkey")) {
        number(record, "dhkey", wanted);
        assert_int_equal(crypto_p256_dhkey(private_key, public_key, got), 0);
        assert_memory_equal(got, wanted, sizeof wanted);
    } else {
        assert_int_equal(crypto_p256_public(private_key, got), 0);
        assert_memory_equal(got, public_key, sizeof public_key);
    }
}

static void sample(void **state)
{
    const struct vector *record = *state;

    if (has(record, "private_a"))
        pair(record);
    else
        one(record);
}

static void debug_pair(void **state)
{
    uint8_t public_key[CRYPTO_P256_POINT_SIZE];

    (void)state;
    assert_int_equal(crypto_p256_public(crypto_p256_debug_private, public_key), 0);
    assert_memory_equal(public_key, crypto_p256_debug_public, sizeof public_key);
}

/* --- what is no key, and what no point --- */

#define ORDER "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc6325"
#define PRIME "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"

struct private_row {
    const char *name;
    const char *key;
    bool valid;
};

static const struct private_row privates[] = {
    {"zero", "0000000000000000000000000000000000000000000000000000000000000000", false},
    {"one", "0000000000000000000000000000000000000000000000000000000000000001", true},
    {"the order less one", ORDER "50", true},
    {"the order", ORDER "51", false},
    {"the order and one", ORDER "52", false},
    {"all ones", "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", false},
};

static void private_key_range(void **state)
{
    const struct private_row *row = *state;
    const int wanted = row->valid ? 0 : BLR_ERR_INVALID;
    uint8_t key[CRYPTO_P256_SIZE], out[CRYPTO_P256_POINT_SIZE];

    assert_int_equal(hex_read(row->key, key, sizeof key), sizeof key);
    assert_int_equal(crypto_p256_private_valid(key), row->valid);
    assert_int_equal(crypto_p256_public(key, out), wanted);
    assert_int_equal(crypto_p256_dhkey(key, crypto_p256_debug_public, out), wanted);
}

/*
 * Coordinates beyond the field: the curve has points with X = 5 and with Y = 5, small enough to
 * have the prime added, so that p + 5 is the same number modulo p, yet no coordinate (SEC
 * 1, 2.3.6).
 */
struct point_row {
    const char *name;
    const char *x, *y;
    int error;
};

#define FIVE           "0000000000000000000000000000000000000000000000000000000000000005"
#define FIVE_AND_PRIME "ffffffff00000001000000000000000000000001000000000000000000000004"
#define Y_OF_FIVE      "459243b9aa581806fe913bce99817ade11ca503c64d9a3c533415c083248fbcc"

#define X_OF_FIVE "d7325d7646cd60d80a92738ceb345f844cffaf35841022cab176f692de8de1d7"

static const struct point_row points[] = {
    {"X small", FIVE, Y_OF_FIVE, 0},
    {"X small, the prime added", FIVE_AND_PRIME, Y_OF_FIVE, BLR_ERR_INVALID},
    {"X all ones", "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", Y_OF_FIVE,
     BLR_ERR_INVALID},
    {"Y is the prime", FIVE, PRIME, BLR_ERR_INVALID},
    {"Y small", X_OF_FIVE, FIVE, 0},
    {"Y small, the prime added", X_OF_FIVE, FIVE_AND_PRIME, BLR_ERR_INVALID},
};

static void point_range(void **state)
{
    const struct point_row *row = *state;
    uint8_t key[CRYPTO_P256_POINT_SIZE], out[CRYPTO_P256_SIZE];

    assert_int_equal(hex_read(row->x, key, CRYPTO_P256_SIZE), CRYPTO_P256_SIZE);
    assert_int_equal(hex_read(row->y, key + CRYPTO_P256_SIZE, CRYPTO_P256_SIZE), CRYPTO_P256_SIZE);
    assert_int_equal(crypto_p256_dhkey(crypto_p256_debug_private, key, out), row->error);
}

/* No bit of a public key may be another without being noticed. */
static void every_flipped_bit_is_off_the_curve(void **state)
{
    uint8_t key[CRYPTO_P256_POINT_SIZE], out[CRYPTO_P256_SIZE];

    (void)state;
    memcpy(key, crypto_p256_debug_public, sizeof key);
    for (size_t i = 0; i < sizeof key * 8; i++) {
        key[i / 8] ^= (uint8_t)(1U << i % 8);
        assert_int_equal(crypto_p256_dhkey(crypto_p256_debug_private, key, out), BLR_ERR_INVALID);
        key[i / 8] ^= (uint8_t)(1U << i % 8);
    }
}

/* What an application left in the library's queue stays there. */
static void errors_of_others_are_kept(void **state)
{
    static const uint8_t nowhere[CRYPTO_P256_POINT_SIZE];
    uint8_t out[CRYPTO_P256_SIZE];

    (void)state;
    ERR_raise(ERR_LIB_USER, 7);
    assert_int_equal(crypto_p256_dhkey(crypto_p256_debug_private, nowhere, out), BLR_ERR_INVALID);
    assert_int_equal(ERR_GET_REASON(ERR_get_error()), 7);
    assert_int_equal(ERR_get_error(), 0);
}

int main(void)
{
    struct vectors vectors = vectors_load("p256.txt");
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(debug_pair),
        cmocka_unit_test(every_flipped_bit_is_off_the_curve),
        cmocka_unit_test(errors_of_others_are_kept),
    };
    const int failed = RUN_ROWS_N(vectors.records, vectors.count, sample) +
                       RUN_ROWS(privates, private_key_range) + RUN_ROWS(points, point_range) +
                       cmocka_run_group_tests(tests, NULL, NULL);

    vectors_free(&vectors);
    return failed;
}
