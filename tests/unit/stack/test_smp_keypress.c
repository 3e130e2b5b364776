/* SPDX-License-Identifier: MIT */
/* Keys that are told of as they are pressed (Core v5.4, Vol 3, Part H, 3.5.8). */
#include "rows.h"
#include "smp_cases.h"

/* Both sides want to hear of them, and their users think. */
static void open_keypress(struct smp_couple *couple, const struct smp_case *c)
{
    smp_case_open(c, couple);
    couple->central.setup.config.keypress = couple->peripheral.setup.config.keypress = true;
    couple->central.silent = couple->peripheral.silent = true;
    smp_couple_pair(couple);
}

static void keypresses(void **state)
{
    const struct smp_case *c = *state;

    for (unsigned central = 0; central < 2; central++) {
        struct smp_couple couple;
        open_keypress(&couple, c);
        struct smp_side *side = central ? &couple.central : &couple.peripheral;
        struct smp_side *other = central ? &couple.peripheral : &couple.central;
        const bool enters = side->told.asked;
        assert_int_equal(smp_keypress(side->smp, 5), BLR_ERR_INVALID);
        for (uint8_t type = 0; type <= SMP_KEYPRESS_COMPLETED; type++) {
            assert_int_equal(smp_keypress(side->smp, type), enters ? 0 : BLR_ERR_STATE);
            smp_couple_run(&couple);
            assert_int_equal(other->told.keypresses, enters ? type + 1 : 0);
            assert_int_equal(other->told.keypress, enters ? type : 0);
        }
        if (enters)
            assert_int_equal(smp_enter_passkey(side->smp, SMP_CASE_PASSKEY), 0);
        assert_int_equal(smp_keypress(side->smp, 0), BLR_ERR_STATE);
        smp_couple_run(&couple);
        if (other->told.asked)
            assert_int_equal(smp_enter_passkey(other->smp, SMP_CASE_PASSKEY), 0);
        for (unsigned i = 0; i < 2; i++) {
            struct smp_side *who = i ? side : other;
            if (who->told.compared)
                assert_int_equal(smp_confirm(who->smp, true), 0);
        }
        smp_couple_run(&couple);
        assert_smp_finished(side, 0);
        assert_smp_finished(other, 0);
        smp_couple_close(&couple);
    }
}

/* One that is of no known type, or from a side that enters nothing. */
static void wrong_keypresses(void **state)
{
    const struct smp_case *c = *state;

    if (c->method != BLR_PASSKEY_ENTRY)
        return;
    for (unsigned n = 0; n < 4; n++) {
        struct smp_couple couple;
        open_keypress(&couple, c);
        struct smp_side *side = n & 1 ? &couple.central : &couple.peripheral;
        struct smp_side *other = n & 1 ? &couple.peripheral : &couple.central;
        side->sent_count = 0;
        smp_side_hear_hex(side, n & 2 ? "0E 05" : "0E FF");
        const uint8_t reason =
            other->told.asked ? SMP_REASON_INVALID_PARAMETERS : SMP_REASON_UNSPECIFIED_REASON;
        assert_smp_finished(side, BLR_ERR_SMP(reason));
        assert_int_equal(side->told.keypresses, 0);
        smp_couple_close(&couple);
    }
}

/* One side does not want to hear of any. */
static void unwanted_keypresses(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 3; n++) {
        struct smp_couple couple;
        smp_case_open(&smp_cases[3], &couple);
        couple.central.setup.config.keypress = n & 1;
        couple.peripheral.setup.config.keypress = n & 2;
        couple.central.silent = true;
        smp_couple_pair(&couple);
        assert_int_equal(couple.central.told.asked, 1);
        assert_int_equal(smp_keypress(couple.central.smp, 0), BLR_ERR_STATE);
        smp_side_hear_hex(&couple.peripheral, "0E 00");
        assert_smp_finished(&couple.peripheral, BLR_ERR_SMP(SMP_REASON_UNSPECIFIED_REASON));
        smp_couple_close(&couple);
    }
}

/* They leave room in the queue for what matters. */
static void many_keypresses(void **state)
{
    struct smp_couple couple;
    int error = 0;

    (void)state;
    open_keypress(&couple, &smp_cases[9]);
    struct smp_side *side = &couple.central;
    smp_side_make_room(side, 0);
    for (unsigned i = 0; i < 100 && !error; i++)
        error = smp_keypress(side->smp, SMP_KEYPRESS_DIGIT_ENTERED);
    assert_int_equal(error, BLR_ERR_AGAIN);
    assert_int_equal(smp_enter_passkey(side->smp, SMP_CASE_PASSKEY), 0);
    assert_true(smp_running(side->smp));
    smp_side_make_room(side, SMP_SIDE_PDUS);
    smp_couple_run(&couple);
    assert_smp_finished(side, 0);
    assert_smp_finished(&couple.peripheral, 0);
    smp_couple_close(&couple);
}

/* They keep a slow pairing alive. */
static void slow_keypresses(void **state)
{
    struct smp_couple couple;

    (void)state;
    open_keypress(&couple, &smp_cases[9]);
    struct smp_side *side = &couple.central;
    for (unsigned i = 0; i < 5; i++) {
        manual_clock_advance(&couple.clock, SIM_S(29));
        assert_int_equal(smp_keypress(side->smp, SMP_KEYPRESS_DIGIT_ERASED), 0);
        smp_couple_run(&couple);
    }
    assert_int_equal(smp_enter_passkey(side->smp, SMP_CASE_PASSKEY), 0);
    smp_couple_run(&couple);
    assert_smp_finished(side, 0);
    assert_smp_finished(&couple.peripheral, 0);
    smp_couple_close(&couple);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unwanted_keypresses),
        cmocka_unit_test(many_keypresses),
        cmocka_unit_test(slow_keypresses),
    };

    return RUN_ROWS(smp_cases, keypresses) + RUN_ROWS(smp_cases, wrong_keypresses) +
           cmocka_run_group_tests(tests, NULL, NULL);
}
