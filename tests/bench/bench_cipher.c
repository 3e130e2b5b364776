/* SPDX-License-Identifier: MIT */
/* What cryptography costs: a packet of an encrypted link, a resolvable address, a pairing. */
#define _GNU_SOURCE
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "wire/crypto.h"
#include "wire/ll_cipher.h"
#include "wire/smp_crypto.h"

#define PACKETS 200000U
#define LINKS   64U

static void must(int error)
{
    if (error) {
        fprintf(stderr, "bench_cipher: %s\n", blr_strerror(error));
        exit(2);
    }
}

static uint8_t key[64] = {0x2b, 0x7e};
static struct smp_parties parties = {.initiator.octet = {1}, .responder.octet = {2}};
static const struct ll_session session = {.iv_c = {1, 2, 3, 4}, .iv_p = {5, 6, 7, 8}};

/* Time of one call in nanoseconds; each begins with a changed key. */
static void time_of(const char *name, void (*call)(void), unsigned times, const char *goal)
{
    const double begin = bench_cpu_s();

    for (unsigned i = 0; i < times; i++) {
        key[0] = (uint8_t)i;
        call();
    }
    bench_print(name, (bench_cpu_s() - begin) / times * 1e9, "ns", goal);
}

/* --- packets --- */

static void packets(struct ll_cipher *cipher, size_t len)
{
    uint8_t plain[LL_SEALED_MAX] = {0}, sealed[LL_SEALED_MAX + LL_MIC_SIZE];
    char name[64];
    double begin = bench_cpu_s();

    for (unsigned i = 0; i < PACKETS; i++) {
        const struct ll_cipher_pdu pdu = {.counter = i, .from_central = true, .header = 2};
        must(ll_cipher_seal(cipher, &pdu, plain, len, sealed));
    }
    snprintf(name, sizeof name, "cipher_seal_%zu_octets", len);
    bench_print(name, (bench_cpu_s() - begin) / PACKETS * 1e9, "ns", len < 100 ? "under 500" : "");
    const struct ll_cipher_pdu last = {.counter = PACKETS - 1, .from_central = true, .header = 2};
    begin = bench_cpu_s();
    for (unsigned i = 0; i < PACKETS; i++)
        must(ll_cipher_open(cipher, &last, sealed, len + LL_MIC_SIZE, plain));
    snprintf(name, sizeof name, "cipher_open_%zu_octets", len);
    bench_print(name, (bench_cpu_s() - begin) / PACKETS * 1e9, "ns", len < 100 ? "under 500" : "");
}

static void links(void)
{
    struct ll_cipher *ciphers[LINKS];
    const size_t before = mallinfo2().uordblks;
    double begin = bench_cpu_s();

    for (unsigned i = 0; i < LINKS; i++) {
        ciphers[i] = ll_cipher_new();
        if (!ciphers[i])
            must(BLR_ERR_NO_MEMORY);
    }
    bench_print("cipher_new", (bench_cpu_s() - begin) / LINKS * 1e9, "ns", "");
    bench_print("cipher_heap", (double)(mallinfo2().uordblks - before) / LINKS, "bytes/link", "");
    begin = bench_cpu_s();
    for (unsigned i = 0; i < PACKETS; i++)
        must(ll_cipher_start(ciphers[i % LINKS], key + i % 16, &session));
    bench_print("cipher_start", (bench_cpu_s() - begin) / PACKETS * 1e9, "ns", "");
    packets(ciphers[0], 1);
    packets(ciphers[0], 27);
    packets(ciphers[0], 251);
    for (unsigned i = 0; i < LINKS; i++)
        ll_cipher_free(ciphers[i]);
}

/* --- functions --- */

static void aes(void)
{
    uint8_t out[16];

    must(crypto_aes(key, key, out));
}

static void cmac(void)
{
    uint8_t out[16];

    must(crypto_aes_cmac(key, key, sizeof key, out));
}

static void resolve(void)
{
    const struct bd_addr address = {.octet = {key[0], 0, 0, 0, 0, 0x40}, .type = BD_ADDR_RANDOM};
    bool resolved;

    must(smp_rpa_resolves(key, &address, &resolved));
}

static void public_key(void)
{
    uint8_t out[CRYPTO_P256_POINT_SIZE];

    must(crypto_p256_public(crypto_p256_debug_private, out));
}

static void dhkey(void)
{
    uint8_t out[CRYPTO_P256_SIZE];

    key[1] = 1; /* never zero */
    must(crypto_p256_dhkey(key, crypto_p256_debug_public, out));
}

/* All that the two ends of a numeric comparison compute. */
static void pairing(void)
{
    uint8_t public_keys[2][CRYPTO_P256_POINT_SIZE], shared[CRYPTO_P256_SIZE];
    uint8_t out[16], mackey[16];
    uint32_t digits;

    for (unsigned end = 0; end < 2; end++) {
        must(crypto_p256_public(crypto_p256_debug_private, public_keys[end]));
        must(crypto_p256_dhkey(crypto_p256_debug_private, public_keys[end], shared));
        must(smp_f4(key, key, key, 0, out));
        must(smp_g2(key, key, key, key, &digits));
        must(smp_f5(shared, key, key, &parties, mackey, out));
        must(smp_f6(mackey, key, key, key, key, &parties.initiator, &parties.responder, out));
        must(smp_f6(mackey, key, key, key, key, &parties.responder, &parties.initiator, out));
    }
}

int main(void)
{
    aes(); /* the library sets itself up */
    links();
    time_of("crypto_aes", aes, 100000, "");
    time_of("crypto_aes_cmac_64_octets", cmac, 20000, "");
    time_of("crypto_rpa_resolve", resolve, 100000, "");
    time_of("crypto_p256_public", public_key, 2000, "");
    time_of("crypto_p256_dhkey", dhkey, 2000, "");
    const double begin = bench_cpu_s();
    for (unsigned i = 0; i < 100; i++)
        pairing();
    bench_print("crypto_100_pairings", (bench_cpu_s() - begin) * 1e3, "ms", "");
    return 0;
}
