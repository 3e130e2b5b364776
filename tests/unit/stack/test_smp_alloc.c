/* SPDX-License-Identifier: MIT */
/*
 * Pairings when memory is short. The protocol itself takes none but for its object; what computes
 * does. Both sides are told once, and there is a next time.
 */
#include "fail_alloc.h"
#include "libcrypto_alloc.h"
#include "rows.h"
#include "smp_cases.h"

static void assert_told_of_it(const struct smp_side *side)
{
    assert_int_equal(side->told.finished, 1);
    assert_true(side->told.error == 0 || side->told.error == BLR_ERR_NO_MEMORY ||
                side->told.error == BLR_ERR_SMP(SMP_REASON_UNSPECIFIED_REASON));
    assert_false(smp_running(side->smp));
}

static void pair_without(const struct smp_case *c, unsigned n, bool *happened)
{
    struct smp_couple couple;

    smp_case_open(c, &couple);
    fail_alloc_from(n);
    smp_couple_pair(&couple);
    *happened = fail_alloc_happened();
    fail_alloc_from(0);
    const int central = couple.central.told.error, peripheral = couple.peripheral.told.error;
    assert_told_of_it(&couple.central);
    assert_told_of_it(&couple.peripheral);
    assert_int_equal(central == 0, peripheral == 0);
    manual_clock_advance(&couple.clock, SIM_S(2));
    smp_couple_pair(&couple);
    assert_int_equal(couple.central.told.finished, 2);
    assert_int_equal(couple.central.told.error, 0);
    assert_int_equal(couple.peripheral.told.error, 0);
    smp_couple_close(&couple);
}

static void each_allocation_fails(void **state)
{
    const struct smp_case *c = *state;
    bool happened = true;

    for (unsigned n = 1; happened; n += 1 + n / 16)
        pair_without(c, n, &happened);
}

static void no_object(void **state)
{
    static const struct smp_ops ops;
    struct manual_clock clock;

    (void)state;
    manual_clock_init(&clock);
    fail_alloc_from(1);
    assert_null(smp_new(&clock.clock, true, &ops, NULL));
    fail_alloc_from(0);
}

/* What is sent and received needs no memory of ours. */
static void none_of_its_own(void **state)
{
    struct smp_couple couple;

    (void)state;
    smp_couple_open(&couple);
    fail_alloc_from(1);
    assert_int_equal(smp_pair(couple.central.smp, &couple.central.setup), 0);
    assert_int_equal(smp_pair(couple.peripheral.smp, &couple.peripheral.setup), 0);
    assert_int_equal(smp_fail(couple.central.smp, SMP_REASON_UNSPECIFIED_REASON), 0);
    assert_false(fail_alloc_happened());
    fail_alloc_from(0);
    smp_couple_close(&couple);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_object),
        cmocka_unit_test(none_of_its_own),
    };

    if (!fail_alloc_of_libcrypto())
        return 1;
    return RUN_ROWS(smp_cases, each_allocation_fails) + cmocka_run_group_tests(tests, NULL, NULL);
}
