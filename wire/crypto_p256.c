/* SPDX-License-Identifier: MIT */
/*
 * P-256 by the library's group arithmetic, which is the one interface of it that makes a public
 * key of a given private one. A scalar multiplication of the curve that it has by heart draws no
 * random number that could reach a result.
 */
#include "wire/crypto.h"

#include <string.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

const uint8_t crypto_p256_debug_private[CRYPTO_P256_SIZE] = {
    0x3f, 0x49, 0xf6, 0xd4, 0xa3, 0xc5, 0x5f, 0x38, 0x74, 0xc9, 0xb3, 0xe3, 0xd2, 0x10, 0x3f, 0x50,
    0x4a, 0xff, 0x60, 0x7b, 0xeb, 0x40, 0xb7, 0x99, 0x58, 0x99, 0xb8, 0xa6, 0xcd, 0x3c, 0x1a, 0xbd,
};

const uint8_t crypto_p256_debug_public[CRYPTO_P256_POINT_SIZE] = {
    0x20, 0xb0, 0x03, 0xd2, 0xf2, 0x97, 0xbe, 0x2c, 0x5e, 0x2c, 0x83, 0xa7, 0xe9, 0xf9, 0xa5, 0xb9,
    0xef, 0xf4, 0x91, 0x11, 0xac, 0xf4, 0xfd, 0xdb, 0xcc, 0x03, 0x01, 0x48, 0x0e, 0x35, 0x9d, 0xe6,
    0xdc, 0x80, 0x9c, 0x49, 0x65, 0x2a, 0xeb, 0x6d, 0x63, 0x32, 0x9a, 0xbf, 0x5a, 0x52, 0x15, 0x5c,
    0x76, 0x63, 0x45, 0xc2, 0x8f, 0xed, 0x30, 0x24, 0x74, 0x1c, 0x8e, 0xd0, 0x15, 0x89, 0xd2, 0x8b,
};

/* The order of the curve (Vol 2, Part H, 7.6). */
static const uint8_t order[CRYPTO_P256_SIZE] = {
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
};

/* What one multiplication needs. */
struct curve {
    EC_GROUP *group;
    EC_POINT *point, *product;
    BIGNUM *scalar, *x, *y;
    BN_CTX *scratch;
};

static void curve_close(struct curve *curve)
{
    EC_POINT_free(curve->point);
    EC_POINT_free(curve->product);
    EC_GROUP_free(curve->group);
    BN_clear_free(curve->scalar);
    BN_free(curve->x);
    BN_free(curve->y);
    BN_CTX_free(curve->scratch);
}

static int curve_open(struct curve *curve, const uint8_t *private_key)
{
    *curve = (struct curve){
        .group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1),
        .scalar = BN_bin2bn(private_key, CRYPTO_P256_SIZE, NULL),
        .x = BN_new(),
        .y = BN_new(),
        .scratch = BN_CTX_new(),
    };
    if (curve->group) {
        curve->point = EC_POINT_new(curve->group);
        curve->product = EC_POINT_new(curve->group);
    }
    if (curve->point && curve->product && curve->scalar && curve->x && curve->y && curve->scratch)
        return 0;
    curve_close(curve);
    return BLR_ERR_NO_MEMORY;
}

/*
 * Whether x and y are below the prime p of the field and satisfy y^2 = (x^2 + a) x + b modulo p.
 * The library checks the same when it takes the point, but does not tell a bad one from a lack of
 * memory.
 */
static int on_curve(const struct curve *curve, const BIGNUM *x, const BIGNUM *y)
{
    BN_CTX *scratch = curve->scratch;
    int error = BLR_ERR_NO_MEMORY;

    BN_CTX_start(scratch);
    BIGNUM *p = BN_CTX_get(scratch), *a = BN_CTX_get(scratch), *b = BN_CTX_get(scratch);
    BIGNUM *left = BN_CTX_get(scratch), *right = BN_CTX_get(scratch);
    if (right && EC_GROUP_get_curve(curve->group, p, a, b, scratch) &&
        BN_mod_sqr(left, y, p, scratch) && BN_mod_sqr(right, x, p, scratch) &&
        BN_mod_add(right, right, a, p, scratch) && BN_mod_mul(right, right, x, p, scratch) &&
        BN_mod_add(right, right, b, p, scratch))
        error =
            BN_cmp(x, p) < 0 && BN_cmp(y, p) < 0 && BN_cmp(left, right) == 0 ? 0 : BLR_ERR_INVALID;
    BN_CTX_end(scratch);
    return error;
}

static int point_set(const struct curve *curve, const uint8_t *public_key)
{
    if (!BN_bin2bn(public_key, CRYPTO_P256_SIZE, curve->x) ||
        !BN_bin2bn(public_key + CRYPTO_P256_SIZE, CRYPTO_P256_SIZE, curve->y))
        return BLR_ERR_NO_MEMORY;
    const int error = on_curve(curve, curve->x, curve->y);
    if (error)
        return error;
    if (!EC_POINT_set_affine_coordinates(curve->group, curve->point, curve->x, curve->y,
                                         curve->scratch))
        return BLR_ERR_NO_MEMORY;
    return 0;
}

/* The scalar times the peer's point, or the generator if that is NULL, to x, and to y if not NULL.
 */
static int multiply(struct curve *curve, const uint8_t *peer, uint8_t *x, uint8_t *y)
{
    const int error = peer ? point_set(curve, peer) : 0;

    if (error)
        return error;
    if (!EC_POINT_mul(curve->group, curve->product, peer ? NULL : curve->scalar,
                      peer ? curve->point : NULL, peer ? curve->scalar : NULL, curve->scratch) ||
        !EC_POINT_get_affine_coordinates(curve->group, curve->product, curve->x, curve->y,
                                         curve->scratch) ||
        BN_bn2binpad(curve->x, x, CRYPTO_P256_SIZE) < 0 ||
        (y && BN_bn2binpad(curve->y, y, CRYPTO_P256_SIZE) < 0))
        return BLR_ERR_NO_MEMORY;
    return 0;
}

static int product_of(const uint8_t *private_key, const uint8_t *peer, uint8_t *x, uint8_t *y)
{
    struct curve curve;

    if (!crypto_p256_private_valid(private_key))
        return BLR_ERR_INVALID;
    int error = curve_open(&curve, private_key);
    if (error)
        return error;
    error = multiply(&curve, peer, x, y);
    curve_close(&curve);
    return error;
}

bool crypto_p256_private_valid(const uint8_t private_key[static CRYPTO_P256_SIZE])
{
    static const uint8_t zero[CRYPTO_P256_SIZE];

    return memcmp(private_key, zero, sizeof zero) != 0 &&
           memcmp(private_key, order, sizeof order) < 0;
}

int crypto_p256_public(const uint8_t private_key[static CRYPTO_P256_SIZE],
                       uint8_t public_key[static CRYPTO_P256_POINT_SIZE])
{
    return product_of(private_key, NULL, public_key, public_key + CRYPTO_P256_SIZE);
}

/* The X coordinate (Vol 3, Part H, 2.3.5.6.1). */
int crypto_p256_dhkey(const uint8_t private_key[static CRYPTO_P256_SIZE],
                      const uint8_t peer_public_key[static CRYPTO_P256_POINT_SIZE],
                      uint8_t dhkey[static CRYPTO_P256_SIZE])
{
    return product_of(private_key, peer_public_key, dhkey, NULL);
}
