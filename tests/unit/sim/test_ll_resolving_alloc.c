/* SPDX-License-Identifier: MIT */
/*
 * Packets of peers whose addresses were resolved already need no memory, that of libcrypto
 * included: whom they come from, and whom they call.
 */
#include "fail_alloc.h"
#include "libcrypto_alloc.h"
#include "ll_internal.h"
#include "privacy_room.h"

/* Two devices that show two addresses each, and call by as many. */
static void known_addresses_need_none(void **state)
{
    const struct bd_addr peers[] = {peer_identity(), static_address()};
    const uint8_t *const irks[] = {peer_irk, other_irk};
    struct privacy_room p;
    unsigned before = 0;
    (void)state;

    privacy_open(&p);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(list_device(p.ll, peers[i], irks[i], local_irk), 0);
    assert_int_equal(ll_set_address_resolution(p.ll, true), 0);
    const struct bd_addr ours = rpa_of(local_irk, 3), anothers = rpa_of(no_irk, 3);
    const struct bd_addr rpas[] = {rpa_of(irks[0], 1), rpa_of(irks[1], 2)};
    for (int round = 0; round < 10; round++) {
        for (unsigned i = 0; i < 2; i++) {
            const struct ll_who who = ll_who_is(p.ll, &rpas[i]);

            assert_true(who.resolved && bd_addr_equal(&who.address, &peers[i]));
            assert_int_equal(ll_resolves_to_us(p.ll, who.entry, i ? &ours : &anothers), i);
        }
        if (round == 0)
            before = fail_alloc_count();
    }
    assert_true(before > 0);
    assert_int_equal(fail_alloc_count(), before);
    /* What is called anew is looked at anew. */
    const struct ll_who who = ll_who_is(p.ll, &rpas[0]);
    assert_true(ll_resolves_to_us(p.ll, who.entry, &ours));
    assert_false(ll_resolves_to_us(p.ll, who.entry, &anothers));
    assert_true(fail_alloc_count() > before);
    ll_room_close(&p.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(known_addresses_need_none)};

    return fail_alloc_of_libcrypto() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
