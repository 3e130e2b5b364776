/* SPDX-License-Identifier: MIT */
#include "wire/smp_crypto.h"

#include <stdlib.h>
#include <string.h>

/* An address as f5 and f6 take it: its type in an octet, then the address (2.2.7). */
static void wr_typed_addr(struct wr *w, const struct bd_addr *addr)
{
    wr_u8(w, addr->type & 1);
    wr_reversed(w, addr->octet, sizeof addr->octet);
}

static void xor_block(uint8_t *block, const uint8_t *with)
{
    for (size_t i = 0; i < CRYPTO_BLOCK_SIZE; i++)
        block[i] ^= with[i];
}

int smp_c1(const uint8_t k[static 16], const uint8_t r[static 16],
           const uint8_t preq[static SMP_PDU_SIZE], const uint8_t pres[static SMP_PDU_SIZE],
           const struct smp_parties *parties, uint8_t confirm[static 16])
{
    uint8_t p1[CRYPTO_BLOCK_SIZE], p2[CRYPTO_BLOCK_SIZE];
    struct wr w1 = wr_init(p1, sizeof p1), w2 = wr_init(p2, sizeof p2);

    wr_reversed(&w1, pres, SMP_PDU_SIZE);
    wr_reversed(&w1, preq, SMP_PDU_SIZE);
    wr_u8(&w1, parties->responder.type & 1);
    wr_u8(&w1, parties->initiator.type & 1);
    wr_fill(&w2, 0, 4);
    wr_reversed(&w2, parties->initiator.octet, sizeof parties->initiator.octet);
    wr_reversed(&w2, parties->responder.octet, sizeof parties->responder.octet);
    xor_block(p1, r);
    const int error = crypto_aes(k, p1, p1);
    if (error)
        return error;
    xor_block(p1, p2);
    return crypto_aes(k, p1, confirm);
}

int smp_s1(const uint8_t k[static 16], const uint8_t r1[static 16], const uint8_t r2[static 16],
           uint8_t stk[static 16])
{
    uint8_t halves[CRYPTO_BLOCK_SIZE];
    struct wr w = wr_init(halves, sizeof halves);

    wr_bytes(&w, r1 + 8, 8); /* the least significant half of each */
    wr_bytes(&w, r2 + 8, 8);
    return crypto_aes(k, halves, stk);
}

int smp_f4(const uint8_t u[static 32], const uint8_t v[static 32], const uint8_t x[static 16],
           uint8_t z, uint8_t confirm[static 16])
{
    uint8_t message[32 + 32 + 1];
    struct wr w = wr_init(message, sizeof message);

    wr_bytes(&w, u, 32);
    wr_bytes(&w, v, 32);
    wr_u8(&w, z);
    return crypto_aes_cmac(x, message, sizeof message, confirm);
}

/* One of the two keys of f5. */
static int f5_key(const uint8_t *t, uint8_t counter, const uint8_t *n1, const uint8_t *n2,
                  const struct smp_parties *parties, uint8_t *key)
{
    static const uint8_t key_id[] = {'b', 't', 'l', 'e'};
    uint8_t message[1 + sizeof key_id + 16 + 16 + 7 + 7 + 2];
    struct wr w = wr_init(message, sizeof message);

    wr_u8(&w, counter);
    wr_bytes(&w, key_id, sizeof key_id);
    wr_bytes(&w, n1, 16);
    wr_bytes(&w, n2, 16);
    wr_typed_addr(&w, &parties->initiator);
    wr_typed_addr(&w, &parties->responder);
    wr_u16_be(&w, 256); /* how many bits are wanted */
    return crypto_aes_cmac(t, message, sizeof message, key);
}

int smp_f5(const uint8_t dhkey[static 32], const uint8_t n1[static 16], const uint8_t n2[static 16],
           const struct smp_parties *parties, uint8_t mackey[static 16], uint8_t ltk[static 16])
{
    static const uint8_t salt[16] = {0x6c, 0x88, 0x83, 0x91, 0xaa, 0xf5, 0xa5, 0x38,
                                     0x60, 0x37, 0x0b, 0xdb, 0x5a, 0x60, 0x83, 0xbe};
    uint8_t t[16];
    int error = crypto_aes_cmac(salt, dhkey, 32, t);

    if (!error)
        error = f5_key(t, 0, n1, n2, parties, mackey);
    if (!error)
        error = f5_key(t, 1, n1, n2, parties, ltk);
    return error;
}

int smp_f6(const uint8_t w[static 16], const uint8_t n1[static 16], const uint8_t n2[static 16],
           const uint8_t r[static 16], const uint8_t io_cap[static 3], const struct bd_addr *a1,
           const struct bd_addr *a2, uint8_t check[static 16])
{
    uint8_t message[16 + 16 + 16 + 3 + 7 + 7];
    struct wr m = wr_init(message, sizeof message);

    wr_bytes(&m, n1, 16);
    wr_bytes(&m, n2, 16);
    wr_bytes(&m, r, 16);
    wr_bytes(&m, io_cap, 3);
    wr_typed_addr(&m, a1);
    wr_typed_addr(&m, a2);
    return crypto_aes_cmac(w, message, sizeof message, check);
}

int smp_g2(const uint8_t u[static 32], const uint8_t v[static 32], const uint8_t x[static 16],
           const uint8_t y[static 16], uint32_t *value)
{
    uint8_t message[32 + 32 + 16], mac[16];
    struct wr w = wr_init(message, sizeof message);

    wr_bytes(&w, u, 32);
    wr_bytes(&w, v, 32);
    wr_bytes(&w, y, 16);
    const int error = crypto_aes_cmac(x, message, sizeof message, mac);
    if (error)
        return error;
    struct rd r = rd_init(mac, sizeof mac);
    rd_skip(&r, 12);
    *value = rd_u32_be(&r) % 1000000;
    return 0;
}

int smp_h6(const uint8_t w[static 16], uint32_t key_id, uint8_t out[static 16])
{
    uint8_t message[4];
    struct wr m = wr_init(message, sizeof message);

    wr_u32_be(&m, key_id);
    return crypto_aes_cmac(w, message, sizeof message, out);
}

int smp_h7(const uint8_t salt[static 16], const uint8_t w[static 16], uint8_t out[static 16])
{
    return crypto_aes_cmac(salt, w, 16, out);
}

int smp_ah(const uint8_t irk[static 16], const uint8_t prand[static 3], uint8_t hash[static 3])
{
    uint8_t block[CRYPTO_BLOCK_SIZE];
    struct wr w = wr_init(block, sizeof block);

    wr_fill(&w, 0, 13);
    wr_bytes(&w, prand, 3);
    const int error = crypto_aes(irk, block, block);
    if (!error)
        memcpy(hash, block + 13, 3);
    return error;
}

int smp_rpa_make(const uint8_t irk[static 16], const uint8_t prand[static 3],
                 struct bd_addr *address)
{
    const uint8_t resolvable[3] = {(prand[0] & 0x3F) | 0x40, prand[1], prand[2]};
    uint8_t hash[3];
    const int error = smp_ah(irk, resolvable, hash);

    if (error)
        return error;
    *address = (struct bd_addr){
        .octet = {hash[2], hash[1], hash[0], resolvable[2], resolvable[1], resolvable[0]},
        .type = BD_ADDR_RANDOM,
    };
    return 0;
}

int smp_rpa_resolves(const uint8_t irk[static 16], const struct bd_addr *address, bool *resolved)
{
    const uint8_t prand[3] = {address->octet[5], address->octet[4], address->octet[3]};
    uint8_t hash[3];

    *resolved = false;
    if (address->type != BD_ADDR_RANDOM || bd_addr_random_kind(address) != 1)
        return 0;
    const int error = smp_ah(irk, prand, hash);
    if (error)
        return error;
    *resolved = hash[0] == address->octet[2] && hash[1] == address->octet[1] &&
                hash[2] == address->octet[0];
    return 0;
}

int smp_sign(const uint8_t csrk[static 16], const uint8_t *message, size_t len, uint32_t counter,
             uint8_t mac[static 8])
{
    uint8_t full[16];
    uint8_t *reversed = len <= SIZE_MAX - 4 ? malloc(len + 4) : NULL;

    if (!reversed)
        return BLR_ERR_NO_MEMORY;
    /* Message and counter are one number, least significant octet first (2.4.5). */
    struct wr w = wr_init(reversed, len + 4);
    wr_u32_be(&w, counter);
    wr_reversed(&w, message, len);
    const int error = crypto_aes_cmac(csrk, reversed, len + 4, full);
    free(reversed);
    if (error)
        return error;
    /* Its most significant half. */
    struct wr sent = wr_init(mac, 8);
    wr_reversed(&sent, full, 8);
    return 0;
}
