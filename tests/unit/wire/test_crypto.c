/* SPDX-License-Identifier: MIT */
/* The sample data of the specification, tests/vectors/crypto.txt. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "rows.h"
#include "vectors.h"
#include "wire/crypto.h"

static void test_cmac(void **state)
{
    const struct vector *vector = *state;
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

int main(void)
{
    struct vectors vectors = vectors_load("crypto.txt");
    const int failed = RUN_ROWS_N(vectors.records, vectors.count, test_cmac);

    vectors_free(&vectors);
    return failed;
}
