/* SPDX-License-Identifier: MIT */
/*
 * Cryptography when memory is short: each function with each of its allocations failing, those of
 * libcrypto included, which takes its memory from here. And none at all for a packet.
 */
#include <stdlib.h>
#include <string.h>

#include "fail_alloc.h"
#include "libcrypto_alloc.h"
#include "rows.h"
#include "wire/crypto.h"
#include "wire/ll_cipher.h"
#include "wire/smp_crypto.h"

/* --- each function, with any of its arguments --- */

static const uint8_t key[64] = {1, 2, 3};
static const struct smp_parties parties;

static int aes(void)
{
    uint8_t out[16];

    return crypto_aes(key, key, out);
}

static int cmac(void)
{
    uint8_t out[16];

    return crypto_aes_cmac(key, key, sizeof key, out);
}

static int public_key(void)
{
    uint8_t out[CRYPTO_P256_POINT_SIZE];

    return crypto_p256_public(crypto_p256_debug_private, out);
}

static int dhkey(void)
{
    uint8_t out[CRYPTO_P256_SIZE];

    return crypto_p256_dhkey(key, crypto_p256_debug_public, out);
}

static int c1(void)
{
    uint8_t out[16];

    return smp_c1(key, key, key, key, &parties, out);
}

static int s1(void)
{
    uint8_t out[16];

    return smp_s1(key, key, key, out);
}

static int f4(void)
{
    uint8_t out[16];

    return smp_f4(key, key, key, 0, out);
}

static int f5(void)
{
    uint8_t mackey[16], ltk[16];

    return smp_f5(key, key, key, &parties, mackey, ltk);
}

static int f6(void)
{
    uint8_t out[16];

    return smp_f6(key, key, key, key, key, &parties.initiator, &parties.responder, out);
}

static int g2(void)
{
    uint32_t value;

    return smp_g2(key, key, key, key, &value);
}

static int h6(void)
{
    uint8_t out[16];

    return smp_h6(key, 0, out);
}

static int h7(void)
{
    uint8_t out[16];

    return smp_h7(key, key, out);
}

static int rpa_make(void)
{
    struct bd_addr address;

    return smp_rpa_make(key, key, &address);
}

static int rpa_resolves(void)
{
    static const struct bd_addr address = {.octet = {0, 0, 0, 0, 0, 0x40}, .type = BD_ADDR_RANDOM};
    bool resolved = true;
    const int error = smp_rpa_resolves(key, &address, &resolved);

    assert_false(resolved);
    return error;
}

static int sign(void)
{
    uint8_t mac[8];

    return smp_sign(key, key, sizeof key, 0, mac);
}

static int session_key(void)
{
    static const struct ll_session session;
    uint8_t out[16];

    return ll_session_key(key, &session, out);
}

static int cipher_new(void)
{
    struct ll_cipher *cipher = ll_cipher_new();
    const int error = cipher ? 0 : BLR_ERR_NO_MEMORY;

    ll_cipher_free(cipher);
    return error;
}

struct function {
    const char *name;
    int (*call)(void);
};

static const struct function functions[] = {
    {"aes", aes},
    {"cmac", cmac},
    {"public key", public_key},
    {"dhkey", dhkey},
    {"c1", c1},
    {"s1", s1},
    {"f4", f4},
    {"f5", f5},
    {"f6", f6},
    {"g2", g2},
    {"h6", h6},
    {"h7", h7},
    {"rpa_make", rpa_make},
    {"rpa_resolves", rpa_resolves},
    {"sign", sign},
    {"session key", session_key},
    {"cipher", cipher_new},
};

static void each_allocation_fails(void **state)
{
    const struct function *function = *state;
    unsigned n = 1;

    /* What the library keeps for good it fetches now. */
    assert_int_equal(function->call(), 0);
    for (;; n++) {
        fail_alloc_from(n);
        const int error = function->call();
        const bool happened = fail_alloc_happened();
        fail_alloc_from(0);
        if (!happened) {
            assert_int_equal(error, 0);
            break;
        }
        /* The library may do without some of them. */
        assert_true(error == 0 || error == BLR_ERR_NO_MEMORY);
        assert_int_equal(function->call(), 0);
    }
    assert_true(n > 1);
}

/* A failed first octet of memory is never taken for a bad key. */
static void the_first_fails(void **state)
{
    const struct function *function = *state;

    fail_alloc_from(1);
    assert_int_equal(function->call(), BLR_ERR_NO_MEMORY);
    fail_alloc_from(0);
}

static void packets_need_no_memory(void **state)
{
    static const struct ll_session session;
    struct ll_cipher *cipher = ll_cipher_new();
    uint8_t plain[LL_SEALED_MAX] = {0}, sealed[LL_SEALED_MAX + LL_MIC_SIZE];

    (void)state;
    assert_non_null(cipher);
    for (unsigned turn = 0; turn < 3; turn++) {
        fail_alloc_from(1);
        /* A key refresh too. */
        assert_int_equal(ll_cipher_start(cipher, key + turn, &session), 0);
        for (size_t len = 0; len <= LL_SEALED_MAX; len++) {
            const struct ll_cipher_pdu pdu = {.counter = len, .header = 2};
            assert_int_equal(ll_cipher_seal(cipher, &pdu, plain, len, sealed), 0);
            assert_int_equal(ll_cipher_open(cipher, &pdu, sealed, len + LL_MIC_SIZE, plain), 0);
        }
        assert_false(fail_alloc_happened());
        /* A wrong MIC is no memory's fault, even if the library has none to note it down. */
        sealed[0] ^= 1;
        const struct ll_cipher_pdu pdu = {.counter = LL_SEALED_MAX, .header = 2};
        assert_int_equal(ll_cipher_open(cipher, &pdu, sealed, sizeof sealed, plain),
                         BLR_ERR_INVALID);
        fail_alloc_from(0);
    }
    ll_cipher_free(cipher);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(packets_need_no_memory)};

    if (!fail_alloc_of_libcrypto())
        return 1;
    return RUN_ROWS(functions, each_allocation_fails) + RUN_ROWS(functions, the_first_fails) +
           cmocka_run_group_tests(tests, NULL, NULL);
}
