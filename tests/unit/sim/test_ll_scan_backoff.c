/* SPDX-License-Identifier: MIT */
/* How often an active scanner asks (Core v5.4, Vol 6, Part B, 4.4.3.2). */
#include "ll_internal.h"
#include "scan_room.h"

/* Sends one ADV_IND; returns whether it was asked. `answer`: with a SCAN_RSP. */
static bool advertise_once(struct fixture *f, bool answer)
{
    /* The scanner is on one channel for 10 s. */
    send_adv(f, 37);
    ll_room_run(&f->room, SIM_US(50) + ll_air_time(RADIO_PHY_1M, f->adv_len) + LL_T_IFS +
                              ll_air_time(RADIO_PHY_1M, f->req_len));
    const struct radio_rx *rx = raw_radio_next(f->room.lower);
    expect_report(f, LL_ADV_IND, sizeof data);
    if (rx && answer) {
        lower_send_adv(&f->room, 37, rx->end + LL_T_IFS, f->rsp, f->rsp_len);
        expect_report(f, LL_SCAN_RSP, 2);
    }
    ll_room_run(&f->room, SIM_MS(1));
    return rx != NULL;
}

/* How many are passed over until the next SCAN_REQ. */
static unsigned passed_over(struct fixture *f, bool answer)
{
    unsigned count = 0;

    while (!advertise_once(f, answer))
        count++;
    return count;
}

/*
 * 4.4.3.2: after two failures in a row upperLimit doubles, at most to 256; backoffCount is drawn
 * from 1 to upperLimit. After two successes in a row it is halved, at least to 1.
 */
static void backoff(void **state)
{
    const struct ll_scan_params params = {
        .type = 1, .interval_625us = 0x4000, .window_625us = 0x4000};
    struct fixture f;
    unsigned most = 0;
    (void)state;

    open_room(&f);
    assert_int_equal(ll_scan_set_params(f.scan->ll, &params), 0);
    assert_int_equal(ll_scan_enable(f.scan->ll, true, false), 0);
    unsigned limit = 1;
    for (int round = 0; round < 8; round++) {
        /* The draw before the doubling, and the one after the first failure. */
        assert_true(passed_over(&f, false) < limit);
        assert_true(passed_over(&f, false) < limit);
        limit *= 2;
    }
    assert_int_equal(ll_scan_enable(f.scan->ll, false, false), 0);
    assert_int_equal(ll_scan_enable(f.scan->ll, true, false), 0);
    /* Begun anew: the limit is 1 again. */
    assert_int_equal(passed_over(&f, false), 0);
    assert_int_equal(passed_over(&f, false), 0); /* limit 2 now */
    for (int i = 0; i < 10; i++) {
        const unsigned passed = passed_over(&f, i % 2); /* alternating: it stays */

        assert_true(passed < 2);
        most = passed > most ? passed : most;
    }
    assert_int_equal(most, 1);
    passed_over(&f, true);
    passed_over(&f, true); /* by now two in a row: 1 */
    passed_over(&f, true); /* drawn before */
    for (int i = 0; i < 20; i++)
        assert_int_equal(passed_over(&f, true), 0);
    ll_room_close(&f.room);
}

static unsigned upper_limit(const struct fixture *f)
{
    return f->scan->ll->scan.upper_limit;
}

/* The whole way up and down, told by the scanner itself. */
static void backoff_limits(void **state)
{
    static const unsigned up[] = {2, 4, 8, 16, 32, 64, 128, 256, 256, 256};
    static const unsigned down[] = {128, 64, 32, 16, 8, 4, 2, 1, 1, 1};
    const struct ll_scan_params params = {
        .type = 1, .interval_625us = 0x4000, .window_625us = 0x4000};
    struct fixture f;
    (void)state;

    open_room(&f);
    assert_int_equal(ll_scan_set_params(f.scan->ll, &params), 0);
    assert_int_equal(ll_scan_enable(f.scan->ll, true, false), 0);
    assert_int_equal(upper_limit(&f), 1);
    for (size_t i = 0; i < sizeof up / sizeof up[0]; i++) {
        const unsigned before = upper_limit(&f);

        passed_over(&f, false);
        assert_int_equal(upper_limit(&f), before); /* one alone changes nothing */
        passed_over(&f, false);
        assert_int_equal(upper_limit(&f), up[i]);
    }
    for (int i = 0; i < 6; i++) {
        passed_over(&f, i % 2 == 0);
        assert_int_equal(upper_limit(&f), 256); /* nor do turns */
    }
    for (size_t i = 0; i < sizeof down / sizeof down[0]; i++) {
        passed_over(&f, true);
        passed_over(&f, true);
        assert_int_equal(upper_limit(&f), down[i]);
    }
    ll_room_close(&f.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(backoff),
        cmocka_unit_test(backoff_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
