/* SPDX-License-Identifier: MIT */
/*
 * The cryptographic functions of the Security Manager (Core v5.4, Vol 3, Part H, 2.2), and what
 * privacy and signing make of them. Octet strings and arguments are as the specification prints
 * them: most significant octet first. Each answers BLR_ERR_NO_MEMORY or 0.
 */
#ifndef WIRE_SMP_CRYPTO_H
#define WIRE_SMP_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/addr.h"
#include "wire/crypto.h"
#include "wire/error.h"

#define SMP_KEY_SIZE 16U
#define SMP_PDU_SIZE 7U /* Pairing Request and Response, Code included */

/* Whose addresses and whose PDUs stand in c1, f5 and f6. */
struct smp_parties {
    struct bd_addr initiator, responder;
};

/* 2.2.3. `preq` and `pres` are the whole PDUs as they were sent, Code first. */
int smp_c1(const uint8_t k[static 16], const uint8_t r[static 16],
           const uint8_t preq[static SMP_PDU_SIZE], const uint8_t pres[static SMP_PDU_SIZE],
           const struct smp_parties *parties, uint8_t confirm[static 16]) BLR_MUST_CHECK;
/* 2.2.4: r1 is the responder's random number, r2 the initiator's. */
int smp_s1(const uint8_t k[static 16], const uint8_t r1[static 16], const uint8_t r2[static 16],
           uint8_t stk[static 16]) BLR_MUST_CHECK;
/* 2.2.6: u and v are X coordinates. */
int smp_f4(const uint8_t u[static 32], const uint8_t v[static 32], const uint8_t x[static 16],
           uint8_t z, uint8_t confirm[static 16]) BLR_MUST_CHECK;
/* 2.2.7: n1 and a1 are the initiator's. */
int smp_f5(const uint8_t dhkey[static 32], const uint8_t n1[static 16], const uint8_t n2[static 16],
           const struct smp_parties *parties, uint8_t mackey[static 16],
           uint8_t ltk[static 16]) BLR_MUST_CHECK;
/*
 * 2.2.8. `a1` is who checks himself, `io_cap` his AuthReq, OOB flag and IO capability, most
 * significant octet first.
 */
int smp_f6(const uint8_t w[static 16], const uint8_t n1[static 16], const uint8_t n2[static 16],
           const uint8_t r[static 16], const uint8_t io_cap[static 3], const struct bd_addr *a1,
           const struct bd_addr *a2, uint8_t check[static 16]) BLR_MUST_CHECK;
/* 2.2.9: the six digits, already modulo 10^6. */
int smp_g2(const uint8_t u[static 32], const uint8_t v[static 32], const uint8_t x[static 16],
           const uint8_t y[static 16], uint32_t *value) BLR_MUST_CHECK;
/* 2.2.10, 2.2.11 */
int smp_h6(const uint8_t w[static 16], uint32_t key_id, uint8_t out[static 16]) BLR_MUST_CHECK;
int smp_h7(const uint8_t salt[static 16], const uint8_t w[static 16],
           uint8_t out[static 16]) BLR_MUST_CHECK;

/* The random address hash function (2.2.2). */
int smp_ah(const uint8_t irk[static 16], const uint8_t prand[static 3],
           uint8_t hash[static 3]) BLR_MUST_CHECK;
/*
 * A resolvable private address (Vol 6, Part B, 1.3.2.2) of 22 random bits: the two most significant
 * ones of `prand`, whatever they are, become those of a resolvable address.
 */
int smp_rpa_make(const uint8_t irk[static 16], const uint8_t prand[static 3],
                 struct bd_addr *address) BLR_MUST_CHECK;
/* Whether the address is resolvable and `irk` resolves it. */
int smp_rpa_resolves(const uint8_t irk[static 16], const struct bd_addr *address,
                     bool *resolved) BLR_MUST_CHECK;

/*
 * The eight octets of the MAC of signed data (2.4.5), in the order in which they are sent.
 * `message` is as sent, `counter` is the SignCounter.
 */
int smp_sign(const uint8_t csrk[static 16], const uint8_t *message, size_t len, uint32_t counter,
             uint8_t mac[static 8]) BLR_MUST_CHECK;

#endif
