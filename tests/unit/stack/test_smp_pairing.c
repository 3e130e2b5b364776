/* SPDX-License-Identifier: MIT */
/* Whole pairings, two sides back to back (Core v5.4, Vol 3, Part H, 2.3 and 2.4). */
#include <stdlib.h>
#include <string.h>

#include "rows.h"
#include "smp_cases.h"

static void assert_both_finished(const struct smp_couple *couple, int error)
{
    assert_smp_finished(&couple->central, error);
    assert_smp_finished(&couple->peripheral, error);
}

/* --- each method --- */

static void assert_outcome(const struct smp_case *c, const struct smp_side *side)
{
    const struct smp_outcome *outcome = &side->told.outcome;

    assert_int_equal(outcome->pairing.method, c->method);
    assert_int_equal(outcome->pairing.secure_connections, c->sc);
    assert_int_equal(outcome->bond.secure_connections, c->sc);
    assert_int_equal(outcome->pairing.authenticated, c->method != BLR_JUST_WORKS);
    assert_int_equal(outcome->bond.authenticated, c->method != BLR_JUST_WORKS);
    assert_true(outcome->pairing.bonded);
    assert_int_equal(outcome->pairing.key_size, 16);
    assert_int_equal(outcome->bond.key_size, 16);
    assert_int_equal(side->told.key_size, 16);
}

static void assert_same_keys(const struct blr_bond_keys *a, const struct blr_bond_keys *b)
{
    assert_int_equal(a->has_ltk, b->has_ltk);
    assert_int_equal(a->has_irk, b->has_irk);
    assert_int_equal(a->has_csrk, b->has_csrk);
    assert_memory_equal(a->ltk, b->ltk, sizeof a->ltk);
    assert_int_equal(a->ediv, b->ediv);
    assert_memory_equal(a->rand, b->rand, sizeof a->rand);
    assert_memory_equal(a->irk, b->irk, sizeof a->irk);
    assert_memory_equal(a->csrk, b->csrk, sizeof a->csrk);
    assert_int_equal(a->sign_counter, 0);
    assert_int_equal(b->sign_counter, 0);
}

static void assert_same_bond(const struct smp_couple *couple)
{
    const struct blr_bond *c = &couple->central.told.outcome.bond;
    const struct blr_bond *p = &couple->peripheral.told.outcome.bond;

    assert_same_keys(&c->ours, &p->theirs);
    assert_same_keys(&c->theirs, &p->ours);
}

static void method(void **state)
{
    const struct smp_case *c = *state;
    struct smp_couple couple;

    smp_case_open(c, &couple);
    smp_couple_pair(&couple);
    assert_both_finished(&couple, 0);
    assert_outcome(c, &couple.central);
    assert_outcome(c, &couple.peripheral);
    assert_same_bond(&couple);
    assert_int_equal(couple.central.told.requested, 0);
    assert_int_equal(couple.peripheral.told.requested, 1);
    assert_int_equal(couple.peripheral.told.mitm, c->mitm);
    assert_true(couple.peripheral.told.bonding);
    const struct blr_bond *bond = &couple.central.told.outcome.bond;
    assert_true(bond->ours.has_ltk && bond->ours.has_irk && bond->ours.has_csrk);
    assert_true(couple.central.told.outcome.has_identity);
    assert_true(bd_addr_equal(&bond->identity, &couple.peripheral.setup.identity));
    assert_memory_equal(bond->theirs.irk, couple.peripheral.setup.irk, 16);
    assert_memory_equal(bond->theirs.csrk, couple.peripheral.setup.csrk, 16);
    /* Of Secure Connections it is the link's own key; legacy ones were drawn. */
    assert_int_equal(memcmp(bond->ours.ltk, bond->theirs.ltk, 16) == 0, c->sc);
    assert_int_equal(memcmp(bond->ours.ltk, couple.central.told.key, 16) == 0, c->sc);
    assert_int_equal(bond->ours.ediv != 0, !c->sc);
    smp_couple_close(&couple);
}

/* Two pairings are two keys, unless the random numbers are the same. */
static void repeated(void **state)
{
    const struct smp_case *c = *state;
    struct smp_couple couple;
    uint8_t first[16];

    smp_case_open(c, &couple);
    smp_couple_pair(&couple);
    memcpy(first, couple.central.told.key, sizeof first);
    smp_couple_pair(&couple);
    assert_int_equal(couple.central.told.finished, 2);
    assert_int_equal(couple.central.told.error, 0);
    assert_memory_not_equal(first, couple.central.told.key, sizeof first);
    smp_couple_close(&couple);
    smp_case_open(c, &couple);
    smp_couple_pair(&couple);
    assert_memory_equal(first, couple.central.told.key, sizeof first);
    smp_couple_close(&couple);
}

/* --- users who err --- */

static int expected_of_wrong_passkey(const struct smp_case *c)
{
    return c->method == BLR_PASSKEY_ENTRY        ? BLR_ERR_SMP(SMP_REASON_CONFIRM_VALUE_FAILED)
           : c->method == BLR_NUMERIC_COMPARISON ? BLR_ERR_SMP(SMP_REASON_NUMERIC_COMPARISON_FAILED)
                                                 : 0;
}

static void wrong_user(void **state)
{
    const struct smp_case *c = *state;

    for (unsigned central = 0; central < 2; central++) {
        struct smp_couple couple;
        smp_case_open(c, &couple);
        struct smp_side *side = central ? &couple.central : &couple.peripheral;
        side->disagrees = true;
        side->enters ^= 1;
        smp_couple_pair(&couple);
        const bool answers = side->told.asked || side->told.compared;
        assert_both_finished(&couple, answers ? expected_of_wrong_passkey(c) : 0);
        if (answers)
            assert_int_equal(couple.central.told.encrypts + couple.peripheral.told.encrypts, 0);
        smp_couple_close(&couple);
    }
}

/* Each of the twenty bits counts, and is found in its own round. */
static void wrong_bit(void **state)
{
    static const struct smp_case *const with_rounds[] = {&smp_cases[8], &smp_cases[9],
                                                         &smp_cases[10]};
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        for (unsigned bit = 0; bit < 20; bit++) {
            const uint32_t wrong = SMP_CASE_PASSKEY ^ 1U << bit;
            struct smp_couple couple;
            if (wrong > SMP_PASSKEY_MAX)
                continue;
            smp_case_open(with_rounds[i], &couple);
            couple.peripheral.enters = wrong;
            couple.central.enters = with_rounds[i] == &smp_cases[10] ? SMP_CASE_PASSKEY : wrong;
            smp_couple_pair(&couple);
            assert_both_finished(&couple, BLR_ERR_SMP(SMP_REASON_CONFIRM_VALUE_FAILED));
            /* Features, public keys, whole rounds, then Confirm, Confirm, Random, Failed. */
            assert_int_equal(couple.moved, 4 + 4 * bit + 4);
            smp_couple_close(&couple);
        }
    }
}

/* --- late users --- */

/* The answers, each of which only the question at hand takes. */
static void answer(struct smp_side *side)
{
    if (side->told.asked) {
        assert_int_equal(smp_confirm(side->smp, true), BLR_ERR_STATE);
        assert_int_equal(smp_enter_passkey(side->smp, 1000000), BLR_ERR_INVALID);
        assert_int_equal(smp_enter_passkey(side->smp, SMP_CASE_PASSKEY), 0);
    } else if (side->told.compared) {
        assert_int_equal(smp_enter_passkey(side->smp, 0), BLR_ERR_STATE);
        assert_int_equal(smp_confirm(side->smp, true), 0);
    }
    assert_int_equal(smp_enter_passkey(side->smp, 0), BLR_ERR_STATE);
    assert_int_equal(smp_confirm(side->smp, true), BLR_ERR_STATE);
}

/* Everything that can happen before a user answers has happened; then he does, and the other. */
static void late_user(void **state)
{
    const struct smp_case *c = *state;

    for (unsigned central_first = 0; central_first < 2; central_first++) {
        struct smp_couple couple;
        smp_case_open(c, &couple);
        couple.central.silent = couple.peripheral.silent = true;
        smp_couple_pair(&couple);
        answer(central_first ? &couple.central : &couple.peripheral);
        smp_couple_run(&couple);
        const bool both = couple.central.told.asked + couple.central.told.compared &&
                          couple.peripheral.told.asked + couple.peripheral.told.compared;
        assert_false(both && (couple.central.told.finished || couple.central.told.encrypts ||
                              couple.peripheral.told.encrypts));
        answer(central_first ? &couple.peripheral : &couple.central);
        smp_couple_run(&couple);
        assert_both_finished(&couple, 0);
        assert_int_equal(couple.central.told.value, couple.peripheral.told.value);
        smp_couple_close(&couple);
    }
}

/* A passkey of nobody's choice, shown to one user and entered by the other. */
static void drawn_passkey(void **state)
{
    const struct smp_case *c = *state;
    struct smp_couple couple;

    smp_case_open(c, &couple);
    for (unsigned i = 0; i < 2; i++) {
        struct smp_side *side = i ? &couple.central : &couple.peripheral;
        side->setup.passkey = NULL;
        side->silent = true;
    }
    smp_couple_pair(&couple);
    for (unsigned i = 0; i < 2; i++) {
        struct smp_side *side = i ? &couple.central : &couple.peripheral;
        struct smp_side *other = i ? &couple.peripheral : &couple.central;
        if (side->told.asked) {
            assert_true(other->told.passkey <= SMP_PASSKEY_MAX);
            assert_int_not_equal(other->told.passkey, other->told.shown ? SMP_CASE_PASSKEY : 1);
            assert_int_equal(smp_enter_passkey(side->smp, other->told.passkey), 0);
        }
        if (side->told.compared)
            assert_int_equal(smp_confirm(side->smp, true), 0);
    }
    smp_couple_run(&couple);
    assert_both_finished(&couple, 0);
    smp_couple_close(&couple);
}

/* --- keys --- */

struct size_row {
    const char *name;
    bool sc;
};

static const struct size_row size_rows[] = {
    {"legacy", false},
    {"Secure Connections", true},
};

static void assert_masked(const uint8_t key[static 16], unsigned size)
{
    for (unsigned i = 0; i < 16 - size; i++)
        assert_int_equal(key[i], 0);
    assert_true(key[16 - size] != 0 || key[17 - size] != 0);
}

static void sizes(void **state)
{
    const struct size_row *row = *state;

    for (uint8_t c = 7; c <= 16; c++) {
        for (uint8_t p = 7; p <= 16; p++) {
            const uint8_t size = c < p ? c : p;
            struct smp_couple couple;
            smp_couple_open(&couple);
            couple.central.setup.config.secure_connections = row->sc;
            couple.central.setup.config.max_key_size = c;
            couple.peripheral.setup.config.max_key_size = p;
            smp_couple_pair(&couple);
            assert_both_finished(&couple, 0);
            assert_same_bond(&couple);
            const struct smp_told *told = &couple.central.told;
            assert_int_equal(told->outcome.pairing.key_size, size);
            assert_int_equal(told->outcome.bond.key_size, size);
            assert_int_equal(told->key_size, size);
            assert_masked(told->key, size);
            assert_masked(told->outcome.bond.ours.ltk, size);
            assert_masked(told->outcome.bond.theirs.ltk, size);
            smp_couple_close(&couple);
        }
    }
}

static void too_small(void **state)
{
    const struct size_row *row = *state;

    for (unsigned central = 0; central < 2; central++) {
        for (uint8_t min = 8; min <= 16; min++) {
            struct smp_couple couple;
            smp_couple_open(&couple);
            couple.central.setup.config.secure_connections = row->sc;
            struct smp_side *wants = central ? &couple.central : &couple.peripheral;
            struct smp_side *gives = central ? &couple.peripheral : &couple.central;
            wants->setup.config.min_key_size = min;
            gives->setup.config.max_key_size = (uint8_t)(min - 1);
            smp_couple_pair(&couple);
            assert_both_finished(&couple, BLR_ERR_SMP(SMP_REASON_ENCRYPTION_KEY_SIZE));
            smp_couple_close(&couple);
        }
    }
}

/* What one side gives and the other takes is distributed, and nothing else. */
static void masks(void **state)
{
    const struct size_row *row = *state;

    for (unsigned bits = 0; bits < 1U << 12; bits += 5) {
        struct smp_couple couple;
        smp_couple_open(&couple);
        struct blr_security_config *c = &couple.central.setup.config;
        struct blr_security_config *p = &couple.peripheral.setup.config;
        c->secure_connections = row->sc;
        c->send_keys = bits & 7;
        c->accept_keys = bits >> 3 & 7;
        p->send_keys = bits >> 6 & 7;
        p->accept_keys = bits >> 9 & 7;
        smp_couple_pair(&couple);
        assert_both_finished(&couple, 0);
        assert_same_bond(&couple);
        const struct blr_bond *bond = &couple.central.told.outcome.bond;
        const unsigned ours = c->send_keys & p->accept_keys;
        const unsigned theirs = p->send_keys & c->accept_keys;
        assert_int_equal(bond->ours.has_ltk, row->sc || ours & 1);
        assert_int_equal(bond->ours.has_irk, (ours & 2) != 0);
        assert_int_equal(bond->ours.has_csrk, (ours & 4) != 0);
        assert_int_equal(bond->theirs.has_ltk, row->sc || theirs & 1);
        assert_int_equal(bond->theirs.has_irk, (theirs & 2) != 0);
        assert_int_equal(bond->theirs.has_csrk, (theirs & 4) != 0);
        assert_int_equal(couple.central.told.outcome.has_identity, (theirs & 2) != 0);
        assert_true(bd_addr_equal(&bond->identity, theirs & 2 ? &couple.peripheral.setup.identity
                                                              : &couple.central.setup.peer));
        smp_couple_close(&couple);
    }
}

/* The order of 3.6.1: all of the responder's, then all of the initiator's. */
static void order(void **state)
{
    static const uint8_t codes[] = {0x06, 0x07, 0x08, 0x09, 0x0A};
    const struct size_row *row = *state;
    struct smp_couple couple;
    struct smp_pdu pdu;

    smp_couple_open(&couple);
    couple.central.setup.config.secure_connections = row->sc;
    assert_int_equal(smp_pair(couple.central.smp, &couple.central.setup), 0);
    while (!couple.central.encrypting || !couple.peripheral.encrypting)
        assert_true(smp_couple_step(&couple));
    smp_encrypted(couple.central.smp, 0);
    assert_false(smp_side_take(&couple.central, &pdu));
    smp_encrypted(couple.peripheral.smp, 0);
    const unsigned first = row->sc ? 2 : 0;
    for (unsigned i = first; i < sizeof codes; i++) {
        assert_true(smp_side_take(&couple.peripheral, &pdu));
        assert_int_equal(pdu.bytes[0], codes[i]);
        assert_int_equal(couple.central.sent_count, 0);
        smp_side_hear(&couple.central, pdu.bytes, pdu.len);
    }
    assert_int_equal(couple.peripheral.sent_count, 0);
    assert_int_equal(couple.central.told.finished, 1);
    for (unsigned i = first; i < sizeof codes; i++) {
        assert_int_equal(couple.peripheral.told.finished, 0);
        assert_true(smp_side_take(&couple.central, &pdu));
        assert_int_equal(pdu.bytes[0], codes[i]);
        smp_side_hear(&couple.peripheral, pdu.bytes, pdu.len);
    }
    assert_both_finished(&couple, 0);
    smp_couple_close(&couple);
}

static bool fill_ltk(struct smp_couple *couple, bool from_central, struct smp_pdu *pdu)
{
    (void)couple;
    (void)from_central;
    if (pdu->bytes[0] == SMP_ENCRYPTION_INFORMATION)
        memset(pdu->bytes + 1, 0xFF, 16);
    return true;
}

/* A peer that does not mask what it gives away: the bond's key is no longer than it says. */
static void unmasked_ltk(void **state)
{
    const uint8_t masked[16] = {[9] = 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    struct smp_couple couple;

    (void)state;
    smp_couple_open(&couple);
    couple.central.setup.config.secure_connections = false;
    couple.central.setup.config.max_key_size = 7;
    couple.tamper = fill_ltk;
    smp_couple_pair(&couple);
    assert_both_finished(&couple, 0);
    assert_memory_equal(couple.central.told.outcome.bond.theirs.ltk, masked, 16);
    assert_memory_equal(couple.peripheral.told.outcome.bond.theirs.ltk, masked, 16);
    smp_couple_close(&couple);
}

/* An IRK of zeros is none; the identity address is told all the same. */
static void no_irk(void **state)
{
    struct smp_couple couple;

    (void)state;
    smp_couple_open(&couple);
    memset(couple.peripheral.setup.irk, 0, 16);
    smp_couple_pair(&couple);
    assert_both_finished(&couple, 0);
    assert_same_bond(&couple);
    const struct smp_outcome *outcome = &couple.central.told.outcome;
    assert_false(outcome->bond.theirs.has_irk);
    assert_true(outcome->bond.ours.has_irk && outcome->has_identity);
    assert_true(bd_addr_equal(&outcome->bond.identity, &couple.peripheral.setup.identity));
    smp_couple_close(&couple);
}

/* A bond takes two; who makes none neither gives nor takes keys. */
static void bonding(void **state)
{
    const struct size_row *row = *state;

    for (unsigned who = 0; who < 4; who++) {
        struct smp_couple couple;
        smp_couple_open(&couple);
        couple.central.setup.config.secure_connections = row->sc;
        couple.central.setup.config.bonding = who & 1;
        couple.peripheral.setup.config.bonding = who & 2;
        smp_couple_pair(&couple);
        assert_both_finished(&couple, 0);
        assert_int_equal(couple.peripheral.told.bonding, who & 1);
        assert_int_equal(couple.central.told.outcome.pairing.bonded, who == 3);
        assert_int_equal(couple.peripheral.told.outcome.pairing.bonded, who == 3);
        assert_int_equal(couple.central.told.outcome.bond.theirs.has_irk, who == 3);
        assert_int_equal(couple.peripheral.told.outcome.bond.theirs.has_irk, who == 3);
        smp_couple_close(&couple);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_bit),
        cmocka_unit_test(unmasked_ltk),
        cmocka_unit_test(no_irk),
    };

    return RUN_ROWS(smp_cases, method) + RUN_ROWS(smp_cases, repeated) +
           RUN_ROWS(smp_cases, wrong_user) + RUN_ROWS(smp_cases, late_user) +
           RUN_ROWS(smp_cases, drawn_passkey) + RUN_ROWS(size_rows, sizes) +
           RUN_ROWS(size_rows, too_small) + RUN_ROWS(size_rows, masks) +
           RUN_ROWS(size_rows, bonding) + RUN_ROWS(size_rows, order) +
           cmocka_run_group_tests(tests, NULL, NULL);
}
