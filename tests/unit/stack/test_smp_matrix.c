/* SPDX-License-Identifier: MIT */
/*
 * Which way of pairing comes of two sides' capabilities: the tables are typed from Core v5.4,
 * Vol 3, Part H, Table 2.8, a line for each responder, a letter for each initiator, in the order
 * DisplayOnly, DisplayYesNo, KeyboardOnly, NoInputNoOutput, KeyboardDisplay:
 *
 *   J  Just Works             I  the initiator displays and the responder inputs
 *   N  Numeric Comparison     R  the responder displays and the initiator inputs
 *                             B  both input
 */
#include "rows.h"
#include "smp_cases.h"
#include "smp_internal.h"

static const char *const table_2_8[2][5] = {
    /* LE legacy pairing */
    {
        "JJRJR", /* DisplayOnly responds */
        "JJRJR", /* DisplayYesNo */
        "IIBJI", /* KeyboardOnly */
        "JJJJJ", /* NoInputNoOutput */
        "IIRJI", /* KeyboardDisplay */
    },
    /* LE Secure Connections */
    {
        "JJRJR",
        "JNRJN",
        "IIBJI",
        "JJJJJ",
        "INRJN",
    },
};

static const uint32_t passkey = 90817;

struct mitm_row {
    const char *name;
    bool sc, initiator, responder; /* who asks for it */
};

static const struct mitm_row mitm_rows[] = {
    {"legacy, nobody", false, false, false},
    {"legacy, the initiator", false, true, false},
    {"legacy, the responder", false, false, true},
    {"legacy, both", false, true, true},
    {"SC, nobody", true, false, false},
    {"SC, the initiator", true, true, false},
    {"SC, the responder", true, false, true},
    {"SC, both", true, true, true},
};

static char expected(const struct mitm_row *row, unsigned initiator, unsigned responder)
{
    return row->initiator || row->responder ? table_2_8[row->sc][responder][initiator] : 'J';
}

static void open_pair(struct smp_couple *couple, const struct mitm_row *row, unsigned initiator,
                      unsigned responder)
{
    smp_couple_open(couple);
    struct smp_setup *c = &couple->central.setup, *p = &couple->peripheral.setup;
    c->config.io_capability = (uint8_t)initiator;
    p->config.io_capability = (uint8_t)responder;
    c->config.secure_connections = row->sc;
    c->mitm = row->initiator;
    /* The two ways to ask for it. */
    p->config.mitm = row->responder;
    c->passkey = p->passkey = &passkey;
    couple->central.enters = couple->peripheral.enters = passkey;
}

static void assert_way(const struct smp_side *side, char way, bool initiator)
{
    const struct smp_told *told = &side->told;

    assert_int_equal(told->finished, 1);
    assert_int_equal(told->error, 0);
    assert_int_equal(told->shown, way == (initiator ? 'I' : 'R'));
    assert_int_equal(told->asked, way == 'B' || way == (initiator ? 'R' : 'I'));
    assert_int_equal(told->compared, way == 'N');
    assert_int_equal(told->outcome.pairing.authenticated, way != 'J');
    assert_int_equal(told->outcome.pairing.method, way == 'J'   ? BLR_JUST_WORKS
                                                   : way == 'N' ? BLR_NUMERIC_COMPARISON
                                                                : BLR_PASSKEY_ENTRY);
}

static void ways(void **state)
{
    const struct mitm_row *row = *state;

    for (unsigned i = 0; i < 5; i++) {
        for (unsigned r = 0; r < 5; r++) {
            struct smp_couple couple;
            open_pair(&couple, row, i, r);
            smp_couple_pair(&couple);
            assert_way(&couple.central, expected(row, i, r), true);
            assert_way(&couple.peripheral, expected(row, i, r), false);
            smp_couple_close(&couple);
        }
    }
}

/* --- what must be reached, and cannot be: Authentication Requirements --- */

static bool reaches(const struct mitm_row *row, unsigned level, char way)
{
    return level < 3 || (way != 'J' && (level == 3 || row->sc));
}

/* Whoever requires it, asks for protection himself. */
static void levels(void **state)
{
    const struct mitm_row *row = *state;

    for (unsigned n = 0; n < 5U * 5 * 5 * 2; n++) {
        const unsigned i = n % 5, r = n / 5 % 5, level = n / 25 % 5;
        const bool by_central = n / 125;
        struct mitm_row asking = *row;
        struct smp_couple couple;
        if (level >= 3)
            *(by_central ? &asking.initiator : &asking.responder) = true;
        open_pair(&couple, row, i, r);
        struct smp_side *side = by_central ? &couple.central : &couple.peripheral;
        side->setup.required_level = (uint8_t)level;
        smp_couple_pair(&couple);
        const bool reached = reaches(row, level, expected(&asking, i, r));
        const int error = reached ? 0 : BLR_ERR_SMP(SMP_REASON_AUTHENTICATION_REQUIREMENTS);
        assert_int_equal(couple.central.told.error, error);
        assert_int_equal(couple.peripheral.told.error, error);
        assert_int_equal(couple.central.told.finished, 1);
        assert_int_equal(couple.peripheral.told.finished, 1);
        /* It fails before the user of who requires it is bothered. */
        if (!reached)
            assert_int_equal(side->told.shown + side->told.asked + side->told.compared, 0);
        smp_couple_close(&couple);
    }
}

/* Secure Connections Only (Part C, 10.2.4): of one side it is enough. */
static void only_secure_connections(void **state)
{
    const struct mitm_row *row = *state;

    for (unsigned n = 0; n < 4; n++) {
        const bool by_central = n & 1, long_key = n & 2;
        struct smp_couple couple;
        open_pair(&couple, row, SMP_IO_KEYBOARD_DISPLAY, SMP_IO_KEYBOARD_DISPLAY);
        struct smp_side *side = by_central ? &couple.central : &couple.peripheral;
        struct smp_side *other = by_central ? &couple.peripheral : &couple.central;
        side->setup.config.only_secure_connections = true;
        side->setup.config.secure_connections = false;
        other->setup.config.secure_connections = row->sc;
        other->setup.config.max_key_size = long_key ? 16 : 15;
        smp_couple_pair(&couple);
        const int error = !row->sc    ? BLR_ERR_SMP(SMP_REASON_AUTHENTICATION_REQUIREMENTS)
                          : !long_key ? BLR_ERR_SMP(SMP_REASON_ENCRYPTION_KEY_SIZE)
                                      : 0;
        assert_int_equal(side->told.error, error);
        assert_int_equal(other->told.error, error);
        smp_couple_close(&couple);
    }
}

/* --- out of band: Tables 2.6 and 2.7 --- */

static void out_of_band(void **state)
{
    const struct mitm_row *row = *state;

    for (unsigned n = 0; n < 4U * 5 * 5; n++) {
        const bool a_has = n & 1, b_has = n & 2;
        const unsigned i = n / 4 % 5, r = n / 20;
        const struct smp_features a = {(uint8_t)i, a_has, row->initiator};
        const struct smp_features b = {(uint8_t)r, b_has, row->responder};
        const bool oob = row->sc ? a_has || b_has : a_has && b_has;
        const struct smp_method central = smp_choose_method(true, row->sc, &a, &b);
        const struct smp_method peripheral = smp_choose_method(false, row->sc, &a, &b);
        assert_int_equal(central.method, peripheral.method);
        assert_int_equal(central.method == BLR_OOB, oob);
        assert_int_equal(central.shows, !oob && expected(row, i, r) == 'I');
        assert_int_equal(central.enters, peripheral.peer_enters);
        assert_int_equal(peripheral.enters, central.peer_enters);
    }
}

int main(void)
{
    return RUN_ROWS(mitm_rows, ways) + RUN_ROWS(mitm_rows, levels) +
           RUN_ROWS(mitm_rows, only_secure_connections) + RUN_ROWS(mitm_rows, out_of_band);
}
