/* SPDX-License-Identifier: MIT */
/* Raw links when memory runs out at the n-th allocation, whichever it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fail_alloc.h"
#include "sim/raw_link.h"

static const struct raw_link_ops ops = {0};

/* 0 or what failed. */
static int story(struct sim_world *world)
{
    struct raw_radio *radio = raw_radio_new(world, "a");
    struct raw_link *link = radio ? raw_link_new(radio, &ops, NULL) : NULL;
    const struct ll_connect_ind ind = {.access_address = 0x71764129,
                                       .interval_1250us = 24,
                                       .timeout_10ms = 100,
                                       .channel_map = {0xFF}};
    const struct raw_link_keys keys = {.session_key = {1}};
    const struct raw_link_pdu pdu = {.llid = 2, .payload = (const uint8_t *)"x", .len = 1};
    int error = link ? 0 : BLR_ERR_NO_MEMORY;

    if (!error)
        error = raw_link_take_over(link, &ind, true, sim_world_now(world));
    if (!error)
        error = raw_link_encrypt(link, &keys, true, true);
    for (int i = 0; i < 3 && !error; i++)
        error = raw_link_send(link, &pdu);
    sim_world_run_until(world, sim_world_now(world) + SIM_S(1));
    raw_link_free(link);
    raw_radio_free(radio);
    return error;
}

static void test_no_memory(void **state)
{
    unsigned failed = 0;

    (void)state;
    for (unsigned n = 1;; n++) {
        struct sim_world *world = sim_world_new(1);
        assert_non_null(world);
        fail_alloc_from(n);
        const int error = story(world);
        const bool done = !fail_alloc_happened();
        fail_alloc_from(0);
        sim_world_free(world);
        if (done) {
            assert_int_equal(error, 0);
            break;
        }
        assert_int_equal(error, BLR_ERR_NO_MEMORY);
        failed++;
    }
    assert_true(failed > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_no_memory)};

    return cmocka_run_group_tests_name("raw link, out of memory", tests, NULL, NULL);
}
