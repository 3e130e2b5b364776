/* SPDX-License-Identifier: MIT */
/*
 * The library's AES-CCM with its contexts kept: a PDU costs a new nonce, not a new key schedule,
 * and nothing is allocated. There are two because its block routine is chosen with the key for one
 * direction of work.
 */
#include "wire/ll_cipher.h"

#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "wire/crypto.h"
#include "wire/rd.h"
#include "wire/wr.h"

#define NONCE_SIZE 13 /* Core v5.4, Vol 6, Part E, 2.1 */

/* Of the first octet of the header, all but NESN, SN and MD is authenticated (2.2). */
#define AUTHENTICATED_HEADER 0xE3U

struct ll_cipher {
    EVP_CIPHER_CTX *seal, *open;
    uint8_t iv[8];
    bool started;
};

enum { OPEN = 0, SEAL = 1 }; /* as EVP_CipherInit_ex2() numbers them */

static EVP_CIPHER_CTX *context_new(const EVP_CIPHER *ccm, int work)
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();

    if (context && EVP_CipherInit_ex2(context, ccm, NULL, NULL, work, NULL) &&
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN, NONCE_SIZE, NULL) > 0 &&
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, LL_MIC_SIZE, NULL) > 0)
        return context;
    EVP_CIPHER_CTX_free(context);
    return NULL;
}

struct ll_cipher *ll_cipher_new(void)
{
    struct ll_cipher *cipher = calloc(1, sizeof *cipher);
    EVP_CIPHER *ccm = EVP_CIPHER_fetch(NULL, "AES-128-CCM", NULL);

    if (cipher && ccm) {
        cipher->seal = context_new(ccm, SEAL);
        cipher->open = context_new(ccm, OPEN);
    }
    EVP_CIPHER_free(ccm);
    if (cipher && cipher->seal && cipher->open)
        return cipher;
    ll_cipher_free(cipher);
    return NULL;
}

void ll_cipher_free(struct ll_cipher *cipher)
{
    if (!cipher)
        return;
    EVP_CIPHER_CTX_free(cipher->seal);
    EVP_CIPHER_CTX_free(cipher->open);
    free(cipher);
}

int ll_session_key(const uint8_t ltk[static 16], const struct ll_session *session,
                   uint8_t key[static 16])
{
    uint8_t skd[16];
    struct wr w = wr_init(skd, sizeof skd);

    /* SKD is SKD_P and SKD_C, most significant octet first (Vol 6, Part B, 5.1.3.1). */
    wr_reversed(&w, session->skd_p, sizeof session->skd_p);
    wr_reversed(&w, session->skd_c, sizeof session->skd_c);
    return crypto_aes(ltk, skd, key);
}

int ll_cipher_start(struct ll_cipher *cipher, const uint8_t session_key[static 16],
                    const struct ll_session *session)
{
    struct wr w = wr_init(cipher->iv, sizeof cipher->iv);

    cipher->started = false;
    wr_bytes(&w, session->iv_c, sizeof session->iv_c);
    wr_bytes(&w, session->iv_p, sizeof session->iv_p);
    if (!EVP_CipherInit_ex2(cipher->seal, NULL, session_key, NULL, SEAL, NULL) ||
        !EVP_CipherInit_ex2(cipher->open, NULL, session_key, NULL, OPEN, NULL))
        return BLR_ERR_NO_MEMORY;
    cipher->started = true;
    return 0;
}

/* Vol 6, Part E, 2.1: 39 bits of counter, the direction, the IV. */
static void nonce_write(const struct ll_cipher *cipher, const struct ll_cipher_pdu *pdu,
                        uint8_t nonce[static NONCE_SIZE])
{
    struct wr w = wr_init(nonce, NONCE_SIZE);

    wr_u32(&w, (uint32_t)pdu->counter);
    wr_u8(&w, (uint8_t)(pdu->counter >> 32 | (uint64_t)pdu->from_central << 7));
    wr_bytes(&w, cipher->iv, sizeof cipher->iv);
}

/* What stands before the octets themselves: how many they are, and the header (2.2). */
static bool begin(EVP_CIPHER_CTX *context, const struct ll_cipher_pdu *pdu, size_t len)
{
    const uint8_t header = (uint8_t)(pdu->header & AUTHENTICATED_HEADER);
    int count;

    return EVP_CipherUpdate(context, NULL, &count, NULL, (int)len) &&
           EVP_CipherUpdate(context, NULL, &count, &header, sizeof header);
}

static int refused(const struct ll_cipher *cipher, const struct ll_cipher_pdu *pdu, size_t len)
{
    if (!cipher->started)
        return BLR_ERR_STATE;
    return pdu->counter >= LL_PACKET_COUNTER_END || len > LL_SEALED_MAX ? BLR_ERR_INVALID : 0;
}

int ll_cipher_seal(struct ll_cipher *cipher, const struct ll_cipher_pdu *pdu, const uint8_t *plain,
                   size_t len, uint8_t *out)
{
    EVP_CIPHER_CTX *context = cipher->seal;
    static const uint8_t nothing[1];
    uint8_t nonce[NONCE_SIZE];
    int count;
    const int error = refused(cipher, pdu, len);

    if (error)
        return error;
    nonce_write(cipher, pdu, nonce);
    if (!EVP_CipherInit_ex2(context, NULL, NULL, nonce, SEAL, NULL) || !begin(context, pdu, len) ||
        !EVP_CipherUpdate(context, out, &count, len ? plain : nothing, (int)len) ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, LL_MIC_SIZE, out + len) <= 0)
        return BLR_ERR_NO_MEMORY;
    return 0;
}

int ll_cipher_open(struct ll_cipher *cipher, const struct ll_cipher_pdu *pdu, const uint8_t *sealed,
                   size_t len, uint8_t *plain)
{
    EVP_CIPHER_CTX *context = cipher->open;
    uint8_t nonce[NONCE_SIZE], mic[LL_MIC_SIZE], nothing[1];
    int count;

    if (len < LL_MIC_SIZE)
        return BLR_ERR_INVALID;
    len -= LL_MIC_SIZE;
    const int error = refused(cipher, pdu, len);
    if (error)
        return error;
    nonce_write(cipher, pdu, nonce);
    struct rd r = rd_init(sealed + len, LL_MIC_SIZE);
    rd_copy(&r, mic, sizeof mic);
    if (!EVP_CipherInit_ex2(context, NULL, NULL, nonce, OPEN, NULL) ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, LL_MIC_SIZE, mic) <= 0 ||
        !begin(context, pdu, len))
        return BLR_ERR_NO_MEMORY;
    /* A wrong MIC is no error of this thread's: what the library notes of it is taken back. */
    ERR_set_mark();
    const bool valid = EVP_CipherUpdate(context, len ? plain : nothing, &count, sealed, (int)len);
    ERR_pop_to_mark();
    return valid ? 0 : BLR_ERR_INVALID;
}
