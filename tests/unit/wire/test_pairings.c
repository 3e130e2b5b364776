/* SPDX-License-Identifier: MIT */
/*
 * Pairings of real devices, recomputed (tests/vectors/pairings.txt): the confirm values of both
 * sides, the passkey that an eavesdropper finds, and packets of the link that was encrypted then.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rows.h"
#include "vectors.h"
#include "wire/ll_cipher.h"
#include "wire/smp.h"
#include "wire/smp_crypto.h"

struct pairing {
    struct smp_parties parties;
    uint8_t preq[SMP_PDU_SIZE], pres[SMP_PDU_SIZE];
    /* Most significant octet first. */
    uint8_t confirm[2][16], random[2][16];
    struct ll_session session;
};

static void reversed(const struct vector *record, const char *key, uint8_t *out, size_t len)
{
    uint8_t octets[16];

    assert_int_equal(vector_octets(record, key, octets, sizeof octets), len);
    for (size_t i = 0; i < len; i++)
        out[i] = octets[len - 1 - i];
}

static struct pairing pairing_of(const struct vector *record)
{
    struct pairing p = {
        .parties.initiator.type = (uint8_t)vector_hex(record, "iat"),
        .parties.responder.type = (uint8_t)vector_hex(record, "rat"),
    };
    uint8_t req[25], rsp[15];

    reversed(record, "ia", p.parties.initiator.octet, 6);
    reversed(record, "ra", p.parties.responder.octet, 6);
    assert_int_equal(vector_octets(record, "preq_air", p.preq, 7), 7);
    assert_int_equal(vector_octets(record, "pres_air", p.pres, 7), 7);
    reversed(record, "mconfirm_air", p.confirm[0], 16);
    reversed(record, "sconfirm_air", p.confirm[1], 16);
    reversed(record, "mrand_air", p.random[0], 16);
    reversed(record, "srand_air", p.random[1], 16);
    assert_int_equal(vector_octets(record, "enc_req_air", req, sizeof req), sizeof req);
    assert_int_equal(vector_octets(record, "enc_rsp_air", rsp, sizeof rsp), sizeof rsp);
    struct rd r = rd_init(req, sizeof req);
    rd_skip(&r, 13); /* header, opcode, Rand, EDIV */
    rd_copy(&r, p.session.skd_c, 8);
    rd_copy(&r, p.session.iv_c, 4);
    assert_true(rd_done(&r));
    r = rd_init(rsp, sizeof rsp);
    rd_skip(&r, 3);
    rd_copy(&r, p.session.skd_p, 8);
    rd_copy(&r, p.session.iv_p, 4);
    assert_true(rd_done(&r));
    return p;
}

/* A passkey as a TK (Core v5.4, Vol 3, Part H, 2.3.5.3); 0 is that of Just Works. */
static void tk_of(uint32_t passkey, uint8_t tk[static 16])
{
    struct wr w = wr_init(tk, 16);

    wr_fill(&w, 0, 12);
    wr_u32_be(&w, passkey);
}

static bool confirms(const struct pairing *p, unsigned side, uint32_t passkey)
{
    uint8_t tk[16], confirm[16];

    tk_of(passkey, tk);
    assert_int_equal(smp_c1(tk, p->random[side], p->preq, p->pres, &p->parties, confirm), 0);
    return memcmp(confirm, p->confirm[side], sizeof confirm) == 0;
}

static void confirm_values(void **state)
{
    const struct pairing p = pairing_of(*state);
    const uint32_t passkey = vector_decimal(*state, "tk_dec");

    for (unsigned side = 0; side < 2; side++) {
        assert_true(confirms(&p, side, passkey));
        assert_false(confirms(&p, side, passkey ^ 1));
    }
}

static struct ll_cipher *cipher_of(const struct pairing *p, uint32_t passkey)
{
    struct ll_cipher *cipher = ll_cipher_new();
    uint8_t tk[16], stk[16], key[16];

    assert_non_null(cipher);
    tk_of(passkey, tk);
    assert_int_equal(smp_s1(tk, p->random[1], p->random[0], stk), 0);
    assert_int_equal(ll_session_key(stk, &p->session, key), 0);
    assert_int_equal(ll_cipher_start(cipher, key, &p->session), 0);
    return cipher;
}

static void link_is_opened(void **state)
{
    const struct vector *record = *state;
    const struct pairing p = pairing_of(record);
    const uint32_t passkey = vector_decimal(record, "tk_dec");
    struct ll_cipher *right = cipher_of(&p, passkey);
    struct ll_cipher *wrong = cipher_of(&p, passkey ^ 1);
    unsigned opened = 0;

    for (size_t i = 0; i < record->fields; i++) {
        char key[32], side;
        unsigned counter;
        if (sscanf(record->field[i].key, "pdu_%c%u_air", &side, &counter) != 2)
            continue;
        uint8_t pdu[64], wanted[64], plain[64];
        const size_t len = vector_octets(record, record->field[i].key, pdu, sizeof pdu);
        snprintf(key, sizeof key, "plain_%c%u_air", side, counter);
        assert_int_equal(vector_octets(record, key, wanted, sizeof wanted) + LL_MIC_SIZE + 2, len);
        const struct ll_cipher_pdu place = {
            .counter = counter, .from_central = side == 'c', .header = pdu[0]};
        assert_int_equal(ll_cipher_open(right, &place, pdu + 2, len - 2, plain), 0);
        assert_memory_equal(plain, wanted, len - 2 - LL_MIC_SIZE);
        assert_int_equal(ll_cipher_open(wrong, &place, pdu + 2, len - 2, plain), BLR_ERR_INVALID);
        opened++;
    }
    assert_true(opened >= 2);
    ll_cipher_free(right);
    ll_cipher_free(wrong);
}

/* What an eavesdropper does to Passkey Entry of LE legacy pairing: try all million of them. */
static void one_passkey_of_a_million(void **state)
{
    const struct vectors *vectors = *state;
    const struct vector *record = &vectors->records[0];
    const struct pairing p = pairing_of(record);
    unsigned found = 0;

    assert_string_equal(record->name, "crackle_numeric_pin");
    for (uint32_t passkey = 0; passkey <= SMP_PASSKEY_MAX; passkey++) {
        if (!confirms(&p, 0, passkey))
            continue;
        found++;
        assert_int_equal(passkey, 461140);
    }
    assert_int_equal(found, 1);
}

int main(void)
{
    struct vectors vectors = vectors_load("pairings.txt");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(one_passkey_of_a_million, &vectors),
    };
    const int failed = RUN_ROWS_N(vectors.records, vectors.count, confirm_values) +
                       RUN_ROWS_N(vectors.records, vectors.count, link_is_opened) +
                       cmocka_run_group_tests(tests, NULL, NULL);

    vectors_free(&vectors);
    return failed;
}
