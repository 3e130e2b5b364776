/* SPDX-License-Identifier: MIT */
/*
 * LE Secure Connections recomputed from what went over the air and the private keys: every confirm
 * value, DHKey check, six digits and LTK by the formulas of Core v5.4, Vol 3, Part H, 2.3.5.6, as
 * they are printed there, with A the initiator and B the responder. And a confirm value that real
 * devices exchanged.
 */
#include <string.h>

#include "rows.h"
#include "smp_cases.h"
#include "vectors.h"

/* What was said, most significant octet first; index 0 of each round. */
struct said {
    uint8_t io_cap_a[3], io_cap_b[3];
    uint8_t pka[64], pkb[64];
    uint8_t ca[20][16], cb[20][16], na[20][16], nb[20][16], ea[16], eb[16];
    unsigned ca_count, cb_count, na_count, nb_count, ea_count, eb_count;
};

static void turn(const uint8_t *air, uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++)
        out[i] = air[len - 1 - i];
}

static void note_value(uint8_t values[][16], unsigned *count, const uint8_t *air)
{
    assert_true(*count < 20);
    turn(air, values[(*count)++], 16);
}

static bool note(struct smp_couple *couple, bool from_central, struct smp_pdu *pdu)
{
    struct said *said = couple->user;
    const uint8_t *p = pdu->bytes;

    switch (p[0]) {
    case SMP_PAIRING_REQUEST:
        turn(p + 1, said->io_cap_a, 3);
        break;
    case SMP_PAIRING_RESPONSE:
        turn(p + 1, said->io_cap_b, 3);
        break;
    case SMP_PAIRING_PUBLIC_KEY:
        turn(p + 1, from_central ? said->pka : said->pkb, 32);
        turn(p + 33, (from_central ? said->pka : said->pkb) + 32, 32);
        break;
    case SMP_PAIRING_CONFIRM:
        note_value(from_central ? said->ca : said->cb,
                   from_central ? &said->ca_count : &said->cb_count, p + 1);
        break;
    case SMP_PAIRING_RANDOM:
        note_value(from_central ? said->na : said->nb,
                   from_central ? &said->na_count : &said->nb_count, p + 1);
        break;
    case SMP_PAIRING_DHKEY_CHECK:
        turn(p + 1, from_central ? said->ea : said->eb, 16);
        *(from_central ? &said->ea_count : &said->eb_count) += 1;
        break;
    default:
        break;
    }
    return true;
}

static void assert_f4(const uint8_t *u, const uint8_t *v, const uint8_t *x, uint8_t z,
                      const uint8_t *is)
{
    uint8_t confirm[16];

    assert_int_equal(smp_f4(u, v, x, z, confirm), 0);
    assert_memory_equal(confirm, is, sizeof confirm);
}

/* 2.3.5.6.2 to 2.3.5.6.4; answers how many nonces there were. */
static unsigned check_stage_1(const struct smp_case *c, const struct said *s)
{
    if (c->method == BLR_OOB) {
        assert_int_equal(s->ca_count + s->cb_count, 0);
        return 1;
    }
    if (c->method != BLR_PASSKEY_ENTRY) {
        assert_int_equal(s->ca_count, 0);
        assert_int_equal(s->cb_count, 1);
        assert_f4(s->pkb, s->pka, s->nb[0], 0, s->cb[0]);
        return 1;
    }
    assert_int_equal(s->ca_count, 20);
    assert_int_equal(s->cb_count, 20);
    for (unsigned i = 0; i < 20; i++) {
        const uint8_t ri = SMP_CASE_PASSKEY >> i & 1 ? 0x81 : 0x80;
        assert_f4(s->pka, s->pkb, s->na[i], ri, s->ca[i]);
        assert_f4(s->pkb, s->pka, s->nb[i], ri, s->cb[i]);
    }
    return 20;
}

/* 2.3.5.6.5: ra and rb are what A and B gave away, 0 if the other has not got it. */
static void check_stage_2(const struct smp_case *c, const struct smp_couple *couple,
                          const struct said *s, unsigned nonces)
{
    const struct smp_setup *a = &couple->central.setup, *b = &couple->peripheral.setup;
    const struct smp_parties parties = {.initiator = a->own, .responder = b->own};
    const uint8_t *na = s->na[nonces - 1], *nb = s->nb[nonces - 1];
    const uint8_t passkey[16] = {
        [13] = SMP_CASE_PASSKEY >> 16 & 0xFF,
        [14] = SMP_CASE_PASSKEY >> 8 & 0xFF,
        [15] = SMP_CASE_PASSKEY & 0xFF,
    };
    uint8_t ra[16] = {0}, rb[16] = {0}, dhkey[32], mackey[16], ltk[16], e[16];

    if (c->method == BLR_PASSKEY_ENTRY) {
        memcpy(ra, passkey, sizeof ra);
        memcpy(rb, passkey, sizeof rb);
    }
    if (c->peripheral_has)
        memcpy(ra, a->oob_ours.r, sizeof ra);
    if (c->central_has)
        memcpy(rb, b->oob_ours.r, sizeof rb);
    assert_int_equal(crypto_p256_dhkey(a->private_key, s->pkb, dhkey), 0);
    assert_int_equal(smp_f5(dhkey, na, nb, &parties, mackey, ltk), 0);
    assert_memory_equal(couple->central.told.key, ltk, sizeof ltk);
    assert_int_equal(smp_f6(mackey, na, nb, rb, s->io_cap_a, &a->own, &b->own, e), 0);
    assert_memory_equal(s->ea, e, sizeof e);
    assert_int_equal(smp_f6(mackey, nb, na, ra, s->io_cap_b, &b->own, &a->own, e), 0);
    assert_memory_equal(s->eb, e, sizeof e);
}

static void by_the_book(void **state)
{
    const struct smp_case *c = *state;
    const uint8_t private_a[32] = {1, 2, 3}, private_b[32] = {4, 5, 6};
    struct said said = {.ca_count = 0};
    struct smp_couple couple;

    if (!c->sc)
        return;
    smp_case_open(c, &couple);
    if (!couple.central.setup.private_key) {
        couple.central.setup.private_key = private_a;
        couple.peripheral.setup.private_key = private_b;
    }
    couple.tamper = note;
    couple.user = &said;
    smp_couple_pair(&couple);
    assert_smp_finished(&couple.central, 0);
    assert_smp_finished(&couple.peripheral, 0);
    const unsigned nonces = check_stage_1(c, &said);
    assert_int_equal(said.na_count, nonces);
    assert_int_equal(said.nb_count, nonces);
    assert_int_equal(said.ea_count, 1);
    assert_int_equal(said.eb_count, 1);
    check_stage_2(c, &couple, &said, nonces);
    if (c->method == BLR_NUMERIC_COMPARISON) {
        uint32_t value;
        assert_int_equal(smp_g2(said.pka, said.pkb, said.na[0], said.nb[0], &value), 0);
        assert_int_equal(couple.central.told.value, value);
        assert_int_equal(couple.peripheral.told.value, value);
    }
    smp_couple_close(&couple);
}

/* --- real devices --- */

static void get(const struct vector *v, const char *key, uint8_t *out, size_t len)
{
    uint8_t air[32];

    assert_int_equal(vector_octets(v, key, air, sizeof air), len);
    turn(air, out, len);
}

static void heard_on_the_air(void **state)
{
    struct vectors vectors = vectors_load("pairing_sc.txt");
    uint8_t pka[64], pkb[64], cb[16], nb[16], dhkey[32];

    (void)state;
    assert_int_equal(vectors.count, 1);
    const struct vector *v = &vectors.records[0];
    get(v, "pka_x_air", pka, 32);
    get(v, "pka_y_air", pka + 32, 32);
    get(v, "pkb_x_air", pkb, 32);
    get(v, "pkb_y_air", pkb + 32, 32);
    get(v, "cb_air", cb, sizeof cb);
    get(v, "nb_air", nb, sizeof nb);
    assert_f4(pkb, pka, nb, 0, cb);
    /* Both are points of the curve. */
    assert_int_equal(crypto_p256_dhkey(crypto_p256_debug_private, pka, dhkey), 0);
    assert_int_equal(crypto_p256_dhkey(crypto_p256_debug_private, pkb, dhkey), 0);
    vectors_free(&vectors);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(heard_on_the_air)};

    return RUN_ROWS(smp_cases, by_the_book) + cmocka_run_group_tests(tests, NULL, NULL);
}
