/* SPDX-License-Identifier: MIT */
/*
 * The toolbox of the host's cryptography. Octet strings stand as the specification prints them,
 * most significant octet first; who sends them reverses them where it must.
 */
#ifndef WIRE_CRYPTO_H
#define WIRE_CRYPTO_H

#include <stddef.h>
#include <stdint.h>

#include "wire/error.h"

#define CRYPTO_BLOCK_SIZE 16U

/* AES-CMAC (Core v5.4, Vol 3, Part H, 2.2.5; RFC 4493). BLR_ERR_NO_MEMORY. */
int crypto_aes_cmac(const uint8_t key[static CRYPTO_BLOCK_SIZE], const uint8_t *message, size_t len,
                    uint8_t mac[static CRYPTO_BLOCK_SIZE]) BLR_MUST_CHECK;

#endif
