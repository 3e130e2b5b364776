/* SPDX-License-Identifier: MIT */
/*
 * Encryption of data physical channel PDUs (Core v5.4, Vol 6, Part B, 5.1.3.1 and Part E): the
 * session key and AES-CCM with a MIC of four octets. One cipher serves one connection, both
 * directions; it is made when the connection is, and sealing and opening never allocate.
 */
#ifndef WIRE_LL_CIPHER_H
#define WIRE_LL_CIPHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/error.h"

#define LL_MIC_SIZE           4U
#define LL_SEALED_MAX         251U         /* octets of plaintext in one PDU */
#define LL_PACKET_COUNTER_END (1ULL << 39) /* no counter reaches this */

struct ll_cipher;

/* What both ends have contributed, as LL_ENC_REQ and LL_ENC_RSP carry it: in the order of the air.
 */
struct ll_session {
    uint8_t skd_c[8], skd_p[8];
    uint8_t iv_c[4], iv_p[4];
};

/* NULL: out of memory. */
struct ll_cipher *ll_cipher_new(void);
void ll_cipher_free(struct ll_cipher *cipher); /* NULL is fine */

/* The session key, from an LTK with the most significant octet first. BLR_ERR_NO_MEMORY. */
int ll_session_key(const uint8_t ltk[static 16], const struct ll_session *session,
                   uint8_t key[static 16]) BLR_MUST_CHECK;

/* From now on with this session key and the session's IV. BLR_ERR_NO_MEMORY. */
int ll_cipher_start(struct ll_cipher *cipher, const uint8_t session_key[static 16],
                    const struct ll_session *session) BLR_MUST_CHECK;

/* One PDU's place: the direction bit and the counter of its nonce, and its first header octet. */
struct ll_cipher_pdu {
    uint64_t counter;
    bool from_central;
    uint8_t header; /* as sent; NESN, SN and MD do not matter */
};

/*
 * Both refuse with BLR_ERR_INVALID a counter from LL_PACKET_COUNTER_END on, or more octets than a
 * PDU has room for, and with BLR_ERR_STATE a cipher that was never started. Input and output may
 * begin at the same octet. An empty PDU is never encrypted on the air (Vol 6, Part B, 2.4); who
 * asks for it, as an attacker might, gets a MIC alone.
 */

/* Writes len octets of ciphertext and the MIC to `out`. */
int ll_cipher_seal(struct ll_cipher *cipher, const struct ll_cipher_pdu *pdu, const uint8_t *plain,
                   size_t len, uint8_t *out) BLR_MUST_CHECK;
/*
 * `sealed` has len octets, the MIC included; writes len - LL_MIC_SIZE of plaintext.
 * BLR_ERR_INVALID as well: the MIC is wrong, or there is no room for one. What `plain` then holds
 * is of no use.
 */
int ll_cipher_open(struct ll_cipher *cipher, const struct ll_cipher_pdu *pdu, const uint8_t *sealed,
                   size_t len, uint8_t *plain) BLR_MUST_CHECK;

#endif
