/* SPDX-License-Identifier: MIT */
/*
 * The toolbox of cryptography, on OpenSSL's libcrypto. Octet strings stand as the specification
 * prints them, most significant octet first; who sends them reverses them where it must. Every
 * function that may fail answers BLR_ERR_NO_MEMORY when the library cannot go on.
 */
#ifndef WIRE_CRYPTO_H
#define WIRE_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/error.h"

#define CRYPTO_BLOCK_SIZE 16U

/* The security function e: AES-128 of one block (Core v5.4, Vol 3, Part H, 2.2.1). */
int crypto_aes(const uint8_t key[static CRYPTO_BLOCK_SIZE],
               const uint8_t plain[static CRYPTO_BLOCK_SIZE],
               uint8_t cipher[static CRYPTO_BLOCK_SIZE]) BLR_MUST_CHECK;

/* AES-CMAC (Core v5.4, Vol 3, Part H, 2.2.5; RFC 4493). */
int crypto_aes_cmac(const uint8_t key[static CRYPTO_BLOCK_SIZE], const uint8_t *message, size_t len,
                    uint8_t mac[static CRYPTO_BLOCK_SIZE]) BLR_MUST_CHECK;

/* --- P-256 (Vol 2, Part H, 7.6): X and Y of a point side by side --- */

#define CRYPTO_P256_SIZE       32U
#define CRYPTO_P256_POINT_SIZE 64U

/* Whether it is a private key: from 1 to the order of the curve less 1. */
bool crypto_p256_private_valid(const uint8_t private_key[static CRYPTO_P256_SIZE]);
/* BLR_ERR_INVALID: not a private key. */
int crypto_p256_public(const uint8_t private_key[static CRYPTO_P256_SIZE],
                       uint8_t public_key[static CRYPTO_P256_POINT_SIZE]) BLR_MUST_CHECK;
/* BLR_ERR_INVALID: not a private key, or the peer's is not a point of the curve. */
int crypto_p256_dhkey(const uint8_t private_key[static CRYPTO_P256_SIZE],
                      const uint8_t peer_public_key[static CRYPTO_P256_POINT_SIZE],
                      uint8_t dhkey[static CRYPTO_P256_SIZE]) BLR_MUST_CHECK;

/* The debug key pair (Vol 3, Part H, 2.3.5.6.1). */
extern const uint8_t crypto_p256_debug_private[CRYPTO_P256_SIZE];
extern const uint8_t crypto_p256_debug_public[CRYPTO_P256_POINT_SIZE];

#endif
