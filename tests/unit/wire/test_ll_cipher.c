/* SPDX-License-Identifier: MIT */
/*
 * Session key and encrypted PDUs against tests/vectors/ll_encryption.txt, bit for bit, and what a
 * hostile peer might send instead.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "hex.h"
#include "rows.h"
#include "vectors.h"
#include "wire/hex.h"
#include "wire/ll_cipher.h"

static struct vectors vectors;

static const struct vector *find(const char *name)
{
    for (size_t i = 0; i < vectors.count; i++) {
        if (strcmp(vectors.records[i].name, name) == 0)
            return &vectors.records[i];
    }
    fail_msg("no [%s]", name);
    return NULL;
}

/* `len` octets that the file has most significant first, in the order of the air. */
static void air(const char *key, uint8_t *out, size_t len)
{
    uint8_t printed[16];

    assert_int_equal(vector_octets(find("session_key"), key, printed, sizeof printed), len);
    for (size_t i = 0; i < len; i++)
        out[i] = printed[len - 1 - i];
}

static struct ll_session session(void)
{
    struct ll_session s;

    air("skd_c_be", s.skd_c, 8);
    air("skd_p_be", s.skd_p, 8);
    air("iv_c_be", s.iv_c, 4);
    air("iv_p_be", s.iv_p, 4);
    return s;
}

static struct ll_cipher *started(void)
{
    const struct ll_session s = session();
    struct ll_cipher *cipher = ll_cipher_new();
    uint8_t key[16];

    assert_non_null(cipher);
    assert_int_equal(vector_octets(find("session_key"), "sk_be", key, 16), 16);
    assert_int_equal(ll_cipher_start(cipher, key, &s), 0);
    return cipher;
}

static void session_key(void **state)
{
    const struct ll_session s = session();
    uint8_t ltk[16], wanted[16], key[16];

    (void)state;
    assert_int_equal(vector_octets(find("session_key"), "ltk_be", ltk, 16), 16);
    assert_int_equal(vector_octets(find("session_key"), "sk_be", wanted, 16), 16);
    assert_int_equal(ll_session_key(ltk, &s, key), 0);
    assert_memory_equal(key, wanted, 16);
}

/* The halves of SKD and IV are what the sample LL_ENC_REQ and LL_ENC_RSP carry. */
static void session_on_the_air(void **state)
{
    const struct ll_session s = session();
    uint8_t req[25], rsp[15];

    (void)state;
    assert_int_equal(vector_octets(find("ll_enc_req"), "pdu_air", req, sizeof req), sizeof req);
    assert_int_equal(vector_octets(find("ll_enc_rsp"), "pdu_air", rsp, sizeof rsp), sizeof rsp);
    assert_memory_equal(req + 13, s.skd_c, 8);
    assert_memory_equal(req + 21, s.iv_c, 4);
    assert_memory_equal(rsp + 3, s.skd_p, 8);
    assert_memory_equal(rsp + 11, s.iv_p, 4);
}

/* --- the packets --- */

struct packet {
    uint8_t plain[257], sealed[257]; /* whole PDUs, header included */
    size_t plain_len, sealed_len;
    struct ll_cipher_pdu pdu;
};

static struct packet packet_of(const struct vector *vector)
{
    struct packet p = {
        .pdu.counter = strtoull(vector_text(vector, "counter_dec"), NULL, 10),
        .pdu.from_central = vector_hex(vector, "direction") == 1,
    };

    p.plain_len = vector_octets(vector, "plain_pdu_air", p.plain, sizeof p.plain);
    p.sealed_len = vector_octets(vector, "pdu_air", p.sealed, sizeof p.sealed);
    assert_int_equal(p.sealed_len, p.plain_len + LL_MIC_SIZE);
    p.pdu.header = p.plain[0];
    return p;
}

static bool opens(struct ll_cipher *cipher, const struct ll_cipher_pdu *pdu, const uint8_t *sealed,
                  size_t len)
{
    uint8_t plain[257];
    const int error = ll_cipher_open(cipher, pdu, sealed, len, plain);

    assert_true(error == 0 || error == BLR_ERR_INVALID);
    return error == 0;
}

static void packet_bit_for_bit(void **state)
{
    const struct packet p = packet_of(*state);
    struct ll_cipher *cipher = started();
    const size_t len = p.plain_len - 2;
    uint8_t out[257];

    assert_int_equal(ll_cipher_seal(cipher, &p.pdu, p.plain + 2, len, out), 0);
    assert_memory_equal(out, p.sealed + 2, len + LL_MIC_SIZE);
    assert_int_equal(ll_cipher_open(cipher, &p.pdu, p.sealed + 2, len + LL_MIC_SIZE, out), 0);
    assert_memory_equal(out, p.plain + 2, len);
    /* In place, both ways, and as often as one likes. */
    memcpy(out, p.plain + 2, len);
    assert_int_equal(ll_cipher_seal(cipher, &p.pdu, out, len, out), 0);
    assert_memory_equal(out, p.sealed + 2, len + LL_MIC_SIZE);
    assert_int_equal(ll_cipher_open(cipher, &p.pdu, out, len + LL_MIC_SIZE, out), 0);
    assert_memory_equal(out, p.plain + 2, len);
    ll_cipher_free(cipher);
}

static void every_flipped_bit_is_seen(void **state)
{
    struct packet p = packet_of(*state);
    struct ll_cipher *cipher = started();
    uint8_t *sealed = p.sealed + 2;
    const size_t len = p.sealed_len - 2;

    for (size_t i = 0; i < len * 8; i++) {
        sealed[i / 8] ^= (uint8_t)(1U << i % 8);
        assert_false(opens(cipher, &p.pdu, sealed, len));
        sealed[i / 8] ^= (uint8_t)(1U << i % 8);
    }
    /* A failure leaves nothing behind that the next one could trip over. */
    assert_true(opens(cipher, &p.pdu, sealed, len));
    ll_cipher_free(cipher);
}

static void place_is_authenticated(void **state)
{
    const struct packet p = packet_of(*state);
    struct ll_cipher *cipher = started();
    const uint8_t *sealed = p.sealed + 2;
    const size_t len = p.sealed_len - 2;

    for (unsigned bit = 0; bit < 8; bit++) {
        struct ll_cipher_pdu pdu = p.pdu;
        pdu.header ^= (uint8_t)(1U << bit);
        /* NESN, SN and MD may differ, nothing else (Vol 6, Part E, 2.2). */
        assert_int_equal(opens(cipher, &pdu, sealed, len), bit >= 2 && bit <= 4);
    }
    for (unsigned bit = 0; bit < 39; bit++) {
        struct ll_cipher_pdu pdu = p.pdu;
        pdu.counter ^= 1ULL << bit;
        assert_false(opens(cipher, &pdu, sealed, len));
    }
    struct ll_cipher_pdu reflected = p.pdu;
    reflected.from_central = !reflected.from_central;
    assert_false(opens(cipher, &reflected, sealed, len));
    ll_cipher_free(cipher);
}

static void truncated_is_refused(void **state)
{
    const struct packet p = packet_of(*state);
    struct ll_cipher *cipher = started();

    for (size_t len = 0; len < p.sealed_len - 2; len++) {
        /* Exactly as long as said, so that a sanitizer sees a read behind it. */
        char text[600];
        hex_format(text, p.sealed + 2, len);
        size_t exact_len;
        uint8_t *exact = hex_exact(text, &exact_len);
        assert_false(opens(cipher, &p.pdu, exact, len));
        free(exact);
    }
    ll_cipher_free(cipher);
}

/* --- limits --- */

static void every_length_comes_back(void **state)
{
    struct ll_cipher *cipher = started();
    uint8_t plain[LL_SEALED_MAX], sealed[LL_SEALED_MAX + LL_MIC_SIZE], out[LL_SEALED_MAX];

    (void)state;
    for (size_t len = 0; len <= LL_SEALED_MAX; len++) {
        const struct ll_cipher_pdu pdu = {.counter = len, .header = 2};
        for (size_t i = 0; i < len; i++)
            plain[i] = (uint8_t)(i * 5 + len);
        assert_int_equal(ll_cipher_seal(cipher, &pdu, len ? plain : NULL, len, sealed), 0);
        assert_int_equal(ll_cipher_open(cipher, &pdu, sealed, len + LL_MIC_SIZE, len ? out : NULL),
                         0);
        assert_memory_equal(out, plain, len);
        sealed[len] ^= 0x80;
        assert_false(opens(cipher, &pdu, sealed, len + LL_MIC_SIZE));
    }
    ll_cipher_free(cipher);
}

struct refusal {
    const char *name;
    uint64_t counter;
    size_t len;
    int seal, open; /* open has LL_MIC_SIZE octets more */
};

static const struct refusal refusals[] = {
    {"last counter", LL_PACKET_COUNTER_END - 1, 1, 0, 0},
    {"counter at its end", LL_PACKET_COUNTER_END, 1, BLR_ERR_INVALID, BLR_ERR_INVALID},
    {"counter with the direction bit", 1ULL << 39 | 5, 1, BLR_ERR_INVALID, BLR_ERR_INVALID},
    {"highest counter", UINT64_MAX, 1, BLR_ERR_INVALID, BLR_ERR_INVALID},
    {"longest", 0, 251, 0, 0},
    {"one too long", 0, 252, BLR_ERR_INVALID, BLR_ERR_INVALID},
    {"as long as a PDU of advertising", 0, 255, BLR_ERR_INVALID, BLR_ERR_INVALID},
    {"longer than its length field", 0, 65536 + 1, BLR_ERR_INVALID, BLR_ERR_INVALID},
    {"longest of all", 0, SIZE_MAX - LL_MIC_SIZE, BLR_ERR_INVALID, BLR_ERR_INVALID},
};

static void refused(void **state)
{
    const struct refusal *row = *state;
    const struct ll_cipher_pdu pdu = {.counter = row->counter, .header = 1};
    struct ll_cipher *cipher = started();
    uint8_t plain[251] = {7}, sealed[255] = {0};

    assert_int_equal(ll_cipher_seal(cipher, &pdu, plain, row->len, sealed), row->seal);
    assert_int_equal(ll_cipher_open(cipher, &pdu, sealed, row->len + LL_MIC_SIZE, plain),
                     row->open);
    ll_cipher_free(cipher);
}

static void not_started(void **state)
{
    static const struct ll_cipher_pdu pdu = {.header = 1};
    struct ll_cipher *cipher = ll_cipher_new();
    uint8_t octets[8] = {0};

    (void)state;
    assert_int_equal(ll_cipher_seal(cipher, &pdu, octets, 1, octets), BLR_ERR_STATE);
    assert_int_equal(ll_cipher_open(cipher, &pdu, octets, 5, octets), BLR_ERR_STATE);
    ll_cipher_free(cipher);
    ll_cipher_free(NULL);
}

/* A key refresh (Vol 6, Part B, 5.1.3.2): the same object, another key, another IV, and back. */
static void started_again(void **state)
{
    static const uint8_t other_key[16] = {1};
    static const struct ll_session other_session = {.iv_p = {9}};
    const struct packet p = packet_of(find("ll_data1"));
    struct ll_cipher *cipher = started(), *again = started();
    const struct ll_session s = session();
    const size_t len = p.sealed_len - 2;
    uint8_t key[16];

    (void)state;
    assert_int_equal(vector_octets(find("session_key"), "sk_be", key, 16), 16);
    assert_int_equal(ll_cipher_start(cipher, other_key, &s), 0);
    assert_false(opens(cipher, &p.pdu, p.sealed + 2, len));
    assert_int_equal(ll_cipher_start(cipher, key, &other_session), 0);
    assert_false(opens(cipher, &p.pdu, p.sealed + 2, len));
    assert_int_equal(ll_cipher_start(cipher, key, &s), 0);
    assert_true(opens(cipher, &p.pdu, p.sealed + 2, len));
    /* Another cipher knows nothing of it. */
    assert_true(opens(again, &p.pdu, p.sealed + 2, len));
    ll_cipher_free(cipher);
    ll_cipher_free(again);
}

/* A peer's wrong MIC leaves nothing in the library's queue, and takes nothing out of it. */
static void errors_of_others_are_kept(void **state)
{
    const struct packet p = packet_of(find("ll_data1"));
    struct ll_cipher *cipher = started();

    (void)state;
    assert_false(opens(cipher, &p.pdu, p.sealed + 2, p.sealed_len - 3));
    assert_int_equal(ERR_peek_error(), 0);
    ERR_raise(ERR_LIB_USER, 7);
    assert_false(opens(cipher, &p.pdu, p.sealed + 2, p.sealed_len - 3));
    assert_true(opens(cipher, &p.pdu, p.sealed + 2, p.sealed_len - 2));
    assert_int_equal(ERR_GET_REASON(ERR_get_error()), 7);
    assert_int_equal(ERR_get_error(), 0);
    ll_cipher_free(cipher);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(session_key),   cmocka_unit_test(session_on_the_air),
        cmocka_unit_test(not_started),   cmocka_unit_test(every_length_comes_back),
        cmocka_unit_test(started_again), cmocka_unit_test(errors_of_others_are_kept),
    };
    struct vector packets[16];
    size_t count = 0;

    vectors = vectors_load("ll_encryption.txt");
    for (size_t i = 0; i < vectors.count && count < 16; i++) {
        for (size_t k = 0; k < vectors.records[i].fields; k++) {
            if (strcmp(vectors.records[i].field[k].key, "mic_air") == 0)
                packets[count++] = vectors.records[i];
        }
    }
    const int failed = RUN_ROWS_N(packets, count, packet_bit_for_bit) +
                       RUN_ROWS_N(packets, count, every_flipped_bit_is_seen) +
                       RUN_ROWS_N(packets, count, place_is_authenticated) +
                       RUN_ROWS_N(packets, count, truncated_is_refused) +
                       RUN_ROWS(refusals, refused) + cmocka_run_group_tests(tests, NULL, NULL);
    vectors_free(&vectors);
    return failed;
}
