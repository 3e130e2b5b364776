/* SPDX-License-Identifier: MIT */
/*
 * Encryption without memory: what a connection needs is there before it comes, what runs needs
 * none, and a start that cannot be made ends the connection, not the program. libcrypto's memory
 * counts.
 */
#include "fail_alloc.h"
#include "libcrypto_alloc.h"
#include "ll_tester.h"
#include "wire/ll_cipher.h"

static const struct ll_encrypt_params key = {.ltk = {1, 2, 3}};

struct pair {
    struct ll_room room;
    struct upper *central, *peripheral;
};

static void open_pair(struct pair *f)
{
    const struct sim_controller_profile a = upper_profile(1), b = upper_profile(2);

    ll_room_open(&f->room, 1);
    /* It would keep what it hears. */
    raw_radio_free(f->room.lower);
    f->room.lower = NULL;
    f->central = upper_new(&f->room, "central", &a);
    f->peripheral = upper_new(&f->room, "peripheral", &b);
}

/* Each allocation that a connection's encryption needs fails in turn, where a connection is asked
 * for. */
static void connections_without_memory(void **state)
{
    const struct ll_create_params create = upper_create_params(upper_address(2), 24);
    struct pair f;
    unsigned failed = 0;
    uint8_t status;

    (void)state;
    open_pair(&f);
    do {
        fail_alloc_from(++failed);
        status = ll_create_connection(f.central->ll, &create);
        fail_alloc_from(0);
        assert_true(status == 0 || status == HCI_ERR_MEMORY_CAPACITY_EXCEEDED);
    } while (status != 0);
    assert_true(failed > 3); /* the connection, the cipher, libcrypto's contexts */
    ll_room_close(&f.room);
}

static void encrypt(struct pair *f, enum upper_kind told)
{
    assert_int_equal(ll_enable_encryption(f->central->ll, 0, &key), 0);
    upper_expect(f->peripheral, UP_KEY_REQUEST, SIM_S(1));
    assert_int_equal(ll_long_term_key_reply(f->peripheral->ll, 0, key.ltk), 0);
    assert_int_equal(upper_expect(f->peripheral, told, SIM_S(1))->status, 0);
    assert_int_equal(upper_expect(f->central, told, SIM_S(1))->status, 0);
}

static void what_runs_needs_none(void **state)
{
    const uint8_t data[200] = {0};
    struct pair f;

    (void)state;
    open_pair(&f);
    upper_connect(f.central, f.peripheral, 24);
    encrypt(&f, UP_ENCRYPTION);
    f.central->keep_nothing = f.peripheral->keep_nothing = true;
    const unsigned before = fail_alloc_count();
    for (int i = 0; i < 50; i++) {
        assert_int_equal(ll_acl_send(f.central->ll, 0, true, data, sizeof data), 0);
        assert_int_equal(ll_acl_send(f.peripheral->ll, 0, true, data, sizeof data), 0);
        ll_room_run(&f.room, SIM_MS(500));
    }
    ll_room_run(&f.room, SIM_S(60)); /* with pings */
    assert_int_equal(fail_alloc_count(), before);
    assert_int_equal(f.central->acl_octets, 50 * sizeof data);
    assert_int_equal(f.peripheral->acl_octets, 50 * sizeof data);
    ll_room_close(&f.room);
}

/* The peripheral can say why it ends the connection, the central not any more. */
static void keys_without_memory(void **state)
{
    struct pair f;

    (void)state;
    for (int central = 0; central < 2; central++) {
        open_pair(&f);
        upper_connect(f.central, f.peripheral, 24);
        assert_int_equal(ll_enable_encryption(f.central->ll, 0, &key), 0);
        upper_expect(f.peripheral, UP_KEY_REQUEST, SIM_S(1));
        if (!central)
            fail_alloc_from(1);
        assert_int_equal(ll_long_term_key_reply(f.peripheral->ll, 0, key.ltk), 0);
        if (central)
            fail_alloc_from(1);
        ll_room_run(&f.room, SIM_S(2));
        assert_true(fail_alloc_happened());
        fail_alloc_from(0);
        const uint8_t here = central ? 0x07 : 0x14, there = central ? 0x08 : 0x14;
        assert_int_equal(upper_expect(f.central, UP_ENCRYPTION, 0)->status, here);
        assert_int_equal(upper_expect(f.central, UP_DISCONNECTED, 0)->status, here);
        assert_int_equal(upper_expect(f.peripheral, UP_DISCONNECTED, 0)->status, there);
        ll_room_close(&f.room);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connections_without_memory),
        cmocka_unit_test(what_runs_needs_none),
        cmocka_unit_test(keys_without_memory),
    };

    if (!fail_alloc_of_libcrypto())
        return 1;
    /* libcrypto does not survive a want of memory while it sets itself up. */
    ll_cipher_free(ll_cipher_new());
    return cmocka_run_group_tests(tests, NULL, NULL);
}
