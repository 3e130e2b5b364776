/* SPDX-License-Identifier: MIT */
#include "ll_tester.h"

static void two_link_layers(void **state)
{
    struct ll_room room;
    (void)state;

    ll_room_open(&room, 1);
    const struct sim_controller_profile a = upper_profile(1), b = upper_profile(2);
    struct upper *central = upper_new(&room, "central", &a);
    struct upper *peripheral = upper_new(&room, "peripheral", &b);

    upper_connect(central, peripheral, 24);
    ll_room_run(&room, SIM_S(10));
    upper_expect_none(central);
    ll_room_close(&room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_link_layers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
