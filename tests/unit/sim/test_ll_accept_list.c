/* SPDX-License-Identifier: MIT */
/* The filter accept list (Core v5.4, Vol 6, Part B, 4.3.1): its size, and when it may be changed.
 */
#include "ll_tester.h"

static void accept_list_limits(void **state)
{
    const struct sim_controller_profile profile = upper_profile(1);
    struct ll_room room;
    (void)state;

    ll_room_open(&room, 7);
    struct upper *adv = upper_new(&room, "adv", &profile);
    struct ll *ll = adv->ll;
    upper_advertise(adv);
    for (uint8_t i = 0; i < 8; i++) {
        const struct bd_addr address = upper_address(i);
        assert_int_equal(ll_accept_list_add(ll, &address), 0);
        assert_int_equal(ll_accept_list_add(ll, &address), 0);
    }
    struct bd_addr address = upper_address(9);
    assert_int_equal(ll_accept_list_add(ll, &address), HCI_ERR_MEMORY_CAPACITY_EXCEEDED);
    assert_int_equal(ll_accept_list_remove(ll, &address), 0);
    address = upper_address(3);
    assert_int_equal(ll_accept_list_remove(ll, &address), 0);
    address.type = 2;
    assert_int_equal(ll_accept_list_add(ll, &address), HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS);
    assert_int_equal(ll_accept_list_remove(ll, &address), HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS);
    assert_int_equal(ll_adv_enable(ll, false), 0);
    struct ll_adv_params params = upper_adv_params(0, 160);
    params.filter_policy = 1;
    assert_int_equal(ll_adv_set_params(ll, &params), 0);
    assert_int_equal(ll_adv_enable(ll, true), 0);
    address.type = 0;
    assert_int_equal(ll_accept_list_add(ll, &address), HCI_ERR_COMMAND_DISALLOWED);
    assert_int_equal(ll_accept_list_remove(ll, &address), HCI_ERR_COMMAND_DISALLOWED);
    assert_int_equal(ll_accept_list_clear(ll), HCI_ERR_COMMAND_DISALLOWED);
    assert_int_equal(ll_adv_enable(ll, false), 0);
    assert_int_equal(ll_accept_list_clear(ll), 0);
    ll_room_close(&room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accept_list_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
