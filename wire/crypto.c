/* SPDX-License-Identifier: MIT */
#include "wire/crypto.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

static int encrypt_block(EVP_CIPHER_CTX *context, const uint8_t *key, const uint8_t *plain,
                         uint8_t *cipher)
{
    int len;

    if (!EVP_EncryptInit_ex2(context, EVP_aes_128_ecb(), key, NULL, NULL) ||
        !EVP_EncryptUpdate(context, cipher, &len, plain, CRYPTO_BLOCK_SIZE))
        return BLR_ERR_NO_MEMORY;
    return 0;
}

int crypto_aes(const uint8_t key[static CRYPTO_BLOCK_SIZE],
               const uint8_t plain[static CRYPTO_BLOCK_SIZE],
               uint8_t cipher[static CRYPTO_BLOCK_SIZE])
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    const int error = context ? encrypt_block(context, key, plain, cipher) : BLR_ERR_NO_MEMORY;

    EVP_CIPHER_CTX_free(context);
    return error;
}

static int mac_with(EVP_MAC_CTX *context, const uint8_t *key, const uint8_t *message, size_t len,
                    uint8_t *mac)
{
    char cipher[] = "AES-128-CBC"; /* what the library builds a CMAC from */
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, cipher, 0),
        OSSL_PARAM_construct_end(),
    };
    size_t size;

    if (!EVP_MAC_init(context, key, CRYPTO_BLOCK_SIZE, params) ||
        (len && !EVP_MAC_update(context, message, len)) ||
        !EVP_MAC_final(context, mac, &size, CRYPTO_BLOCK_SIZE))
        return BLR_ERR_NO_MEMORY;
    return 0;
}

int crypto_aes_cmac(const uint8_t key[static CRYPTO_BLOCK_SIZE], const uint8_t *message, size_t len,
                    uint8_t mac[static CRYPTO_BLOCK_SIZE])
{
    EVP_MAC *algorithm = EVP_MAC_fetch(NULL, "CMAC", NULL);
    EVP_MAC_CTX *context = algorithm ? EVP_MAC_CTX_new(algorithm) : NULL;
    const int error = context ? mac_with(context, key, message, len, mac) : BLR_ERR_NO_MEMORY;

    EVP_MAC_CTX_free(context);
    EVP_MAC_free(algorithm);
    return error;
}
