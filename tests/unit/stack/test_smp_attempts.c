/* SPDX-License-Identifier: MIT */
/* Repeated attempts (Core v5.4, Vol 3, Part H, 2.3.6). */
#include "rows.h"
#include "smp_cases.h"

static void fail_once(struct smp_couple *couple)
{
    couple->central.told.finished = couple->peripheral.told.finished = 0;
    couple->peripheral.enters = 1;
    smp_couple_pair(couple);
    assert_smp_finished(&couple->central, BLR_ERR_SMP(SMP_REASON_CONFIRM_VALUE_FAILED));
    assert_smp_finished(&couple->peripheral, BLR_ERR_SMP(SMP_REASON_CONFIRM_VALUE_FAILED));
}

/* Neither side begins one, and the peripheral does not let the other begin one either. */
static void assert_must_wait(struct smp_couple *couple, bool must)
{
    const struct smp_attempts none = {0}, c = smp_attempts(couple->central.smp);
    const int refused = BLR_ERR_SMP(SMP_REASON_REPEATED_ATTEMPTS);
    struct smp_pdu pdu;

    if (!must) {
        assert_true(clock_now(&couple->clock.clock) >= c.until);
        return;
    }
    assert_int_equal(smp_pair(couple->central.smp, &couple->central.setup), refused);
    assert_int_equal(smp_pair(couple->peripheral.smp, &couple->peripheral.setup), refused);
    assert_false(smp_side_take(&couple->central, &pdu));
    /* A central that forgets. */
    smp_set_attempts(couple->central.smp, &none);
    couple->central.told.finished = 0;
    const unsigned requested = couple->peripheral.told.requested;
    smp_couple_pair(couple);
    assert_smp_finished(&couple->central, refused);
    assert_int_equal(couple->peripheral.told.requested, requested);
    assert_int_equal(smp_attempts(couple->central.smp).failures, 0);
    smp_set_attempts(couple->central.smp, &c);
}

static void wait_grows(void **state)
{
    static const unsigned seconds[] = {1, 2, 4, 8, 16, 32, 64, 64, 64};
    struct smp_couple couple;

    (void)state;
    smp_case_open(&smp_cases[8], &couple);
    for (unsigned i = 0; i < sizeof seconds / sizeof seconds[0]; i++) {
        fail_once(&couple);
        assert_must_wait(&couple, true);
        manual_clock_advance(&couple.clock, SIM_S(seconds[i]) - 1);
        assert_must_wait(&couple, true);
        manual_clock_advance(&couple.clock, 1);
        assert_must_wait(&couple, false);
    }
    /* Each quiet while takes one back: from 64 s, which are seven failures, to 8 s. */
    manual_clock_advance(&couple.clock, 4 * SIM_S(128) - SIM_S(64));
    fail_once(&couple);
    manual_clock_advance(&couple.clock, SIM_S(8) - 1);
    assert_must_wait(&couple, true);
    manual_clock_advance(&couple.clock, 1);
    assert_must_wait(&couple, false);
    /* What was proved clears the record. */
    couple.peripheral.enters = SMP_CASE_PASSKEY;
    couple.central.told.finished = 0;
    smp_couple_pair(&couple);
    assert_smp_finished(&couple.central, 0);
    assert_int_equal(smp_attempts(couple.central.smp).failures, 0);
    assert_int_equal(smp_attempts(couple.peripheral.smp).failures, 0);
    smp_couple_close(&couple);
}

/* Just Works proves nothing, so the record stays. */
static void unproved_success(void **state)
{
    const struct smp_attempts one = {.failures = 1};
    struct smp_couple couple;

    (void)state;
    smp_couple_open(&couple);
    smp_set_attempts(couple.central.smp, &one);
    smp_couple_pair(&couple);
    assert_smp_finished(&couple.central, 0);
    assert_int_equal(smp_attempts(couple.central.smp).failures, 1);
    smp_couple_close(&couple);
}

/* A failure that is carried over to the next link counts there; features that do not fit do not. */
static void carried_over(void **state)
{
    struct smp_couple couple;

    (void)state;
    smp_case_open(&smp_cases[2], &couple);
    fail_once(&couple);
    const struct smp_attempts attempts = smp_attempts(couple.peripheral.smp);
    assert_int_equal(attempts.failures, 1);
    smp_couple_close(&couple);
    smp_case_open(&smp_cases[0], &couple);
    smp_set_attempts(couple.peripheral.smp, &attempts);
    smp_couple_pair(&couple);
    assert_smp_finished(&couple.central, BLR_ERR_SMP(SMP_REASON_REPEATED_ATTEMPTS));
    couple.peripheral.setup.config.min_key_size = 16;
    couple.central.setup.config.max_key_size = 7;
    couple.central.told.finished = 0;
    manual_clock_advance(&couple.clock, SIM_S(1));
    smp_couple_pair(&couple);
    assert_smp_finished(&couple.central, BLR_ERR_SMP(SMP_REASON_ENCRYPTION_KEY_SIZE));
    assert_int_equal(smp_attempts(couple.central.smp).failures, 0);
    assert_int_equal(smp_attempts(couple.peripheral.smp).failures, 1);
    smp_couple_close(&couple);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wait_grows),
        cmocka_unit_test(unproved_success),
        cmocka_unit_test(carried_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
