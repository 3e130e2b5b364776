/* SPDX-License-Identifier: MIT */
/* Link layers that run out of memory: an error, nothing half made, and nothing from the air. */
#include "fail_alloc.h"
#include "link_tester.h"
#include "privacy_room.h"

static const struct ll_indications none;

static void each_allocation_of_ll_new(void **state)
{
    struct ll_room room;
    struct sim_actor actor;
    const struct sim_controller_profile profile = upper_profile(1);
    struct ll *ll = NULL;
    unsigned failed = 0;
    (void)state;

    ll_room_open(&room, 1);
    assert_int_equal(sim_actor_join(&actor, room.world, "device"), 0);
    for (unsigned n = 1; !ll; n++) {
        fail_alloc_from(n);
        ll = ll_new(&actor, &profile, &none, NULL);
        failed += fail_alloc_happened();
        assert_true((ll == NULL) == fail_alloc_happened());
        fail_alloc_from(0);
    }
    assert_true(failed >= 3);
    ll_free(ll);
    sim_actor_leave(&actor);
    ll_room_close(&room);
}

/* Who may become connected needs memory then, and not when the connection comes. */
static void connections_are_allocated_ahead(void **state)
{
    const struct sim_controller_profile a = upper_profile(1), b = upper_profile(2);
    const struct ll_create_params create = upper_create_params(upper_address(2), 24);
    const struct ll_adv_params adv = upper_adv_params(0, 160);
    struct ll_room room;
    (void)state;

    ll_room_open(&room, 1);
    raw_radio_free(room.lower);
    room.lower = NULL;
    struct upper *central = upper_new(&room, "central", &a);
    struct upper *peripheral = upper_new(&room, "peripheral", &b);
    assert_int_equal(ll_adv_set_params(peripheral->ll, &adv), 0);
    fail_alloc_from(1);
    assert_int_equal(ll_adv_enable(peripheral->ll, true), HCI_ERR_MEMORY_CAPACITY_EXCEEDED);
    assert_int_equal(ll_create_connection(central->ll, &create),
                     HCI_ERR_MEMORY_CAPACITY_EXCEEDED);
    fail_alloc_from(0);
    ll_room_run(&room, SIM_S(1));
    assert_int_equal(ll_adv_enable(peripheral->ll, true), 0);
    assert_int_equal(ll_create_connection(central->ll, &create), 0);
    const unsigned before = fail_alloc_count();
    upper_expect(central, UP_CONNECTED, SIM_S(1));
    upper_expect(peripheral, UP_CONNECTED, 0);
    const uint8_t data[60] = {0};
    for (int i = 0; i < 50; i++) {
        assert_int_equal(ll_acl_send(central->ll, 0, true, data, sizeof data), 0);
        assert_int_equal(ll_read_remote_version(peripheral->ll, 0), 0);
        central->keep_nothing = peripheral->keep_nothing = true;
        ll_room_run(&room, SIM_MS(300));
    }
    assert_int_equal(peripheral->acl_octets, 50 * sizeof data);
    /* Nothing is allocated for what runs. */
    assert_int_equal(fail_alloc_count(), before);
    ll_room_close(&room);
}

/* The first entry of the resolving list is refused for want of memory; addresses need none. */
static void the_resolving_list(void **state)
{
    struct privacy_room p;
    struct bd_addr peer = peer_identity(), rpa;
    struct ll_adv_params adv = upper_adv_params(0, 160);
    (void)state;

    privacy_open(&p);
    raw_radio_free(p.room.lower);
    p.room.lower = NULL;
    fail_alloc_from(1);
    assert_int_equal(list_device(p.ll, peer, peer_irk, local_irk),
                     HCI_ERR_MEMORY_CAPACITY_EXCEEDED);
    fail_alloc_from(0);
    assert_int_equal(ll_resolving_remove(p.ll, &peer), HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER);
    assert_int_equal(list_device(p.ll, peer, peer_irk, local_irk), 0);
    fail_alloc_from(1);
    assert_int_equal(list_device(p.ll, upper_address(9), other_irk, local_irk), 0);
    assert_int_equal(ll_set_rpa_timeout(p.ll, 1), 0);
    assert_int_equal(ll_read_local_rpa(p.ll, &peer, &rpa), 0);
    fail_alloc_from(0);
    adv.own_address_type = 2;
    adv.peer = peer;
    assert_int_equal(ll_adv_set_params(p.ll, &adv), 0);
    assert_int_equal(ll_adv_enable(p.ll, true), 0);
    const unsigned before = fail_alloc_count();
    ll_room_run(&p.room, SIM_S(5));
    assert_int_equal(fail_alloc_count(), before);
    ll_room_close(&p.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_allocation_of_ll_new),
        cmocka_unit_test(connections_are_allocated_ahead),
        cmocka_unit_test(the_resolving_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
