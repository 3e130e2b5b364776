/* SPDX-License-Identifier: MIT */
/* The sample data of the specification, tests/vectors/crypto.txt. */
#include <string.h>

#include "rows.h"
#include "vectors.h"
#include "wire/crypto.h"

static void aes(const struct vector *vector)
{
    uint8_t key[16], plain[16], wanted[16], cipher[16];

    assert_int_equal(vector_octets(vector, "key", key, sizeof key), 16);
    assert_int_equal(vector_octets(vector, "plain", plain, sizeof plain), 16);
    assert_int_equal(vector_octets(vector, "cipher", wanted, sizeof wanted), 16);
    assert_int_equal(crypto_aes(key, plain, cipher), 0);
    assert_memory_equal(cipher, wanted, 16);
    /* In place as well. */
    assert_int_equal(crypto_aes(key, plain, plain), 0);
    assert_memory_equal(plain, wanted, 16);
    key[15] ^= 1;
    assert_int_equal(crypto_aes(key, cipher, cipher), 0);
    assert_memory_not_equal(cipher, wanted, 16);
}

static void cmac(const struct vector *vector)
{
    const bool hash = strcmp(vector->name, "gatt_database_hash") == 0;
    uint8_t key[16], message[256], wanted[16], mac[16];

    assert_int_equal(vector_octets(vector, "key", key, sizeof key), 16);
    const size_t len = vector_octets(vector, hash ? "msg_air" : "msg", message, sizeof message);
    assert_int_equal(vector_octets(vector, hash ? "hash" : "mac", wanted, sizeof wanted), 16);
    assert_int_equal(crypto_aes_cmac(key, message, len, mac), 0);
    assert_memory_equal(mac, wanted, 16);
    /* One bit more or less is another message. */
    key[0] ^= 1;
    assert_int_equal(crypto_aes_cmac(key, message, len, mac), 0);
    assert_memory_not_equal(mac, wanted, 16);
}

static void sample(void **state)
{
    const struct vector *vector = *state;

    if (strcmp(vector->name, "aes") == 0)
        aes(vector);
    else
        cmac(vector);
}

static void cmac_of_nothing_at_all(void **state)
{
    static const uint8_t key[16];
    uint8_t of_null[16], of_empty[16];

    (void)state;
    assert_int_equal(crypto_aes_cmac(key, NULL, 0, of_null), 0);
    assert_int_equal(crypto_aes_cmac(key, key, 0, of_empty), 0);
    assert_memory_equal(of_null, of_empty, 16);
}

int main(void)
{
    struct vectors vectors = vectors_load("crypto.txt");
    const struct CMUnitTest tests[] = {cmocka_unit_test(cmac_of_nothing_at_all)};
    const int failed = RUN_ROWS_N(vectors.records, vectors.count, sample) +
                       cmocka_run_group_tests(tests, NULL, NULL);

    vectors_free(&vectors);
    return failed;
}
