/* SPDX-License-Identifier: MIT */
/* The PIN, out of band data, and what a test fixes, between two hosts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "secure_room.h"

/* --- the PIN --- */

static void a_pin(void **state)
{
    static const char *const wrong[] = {"", "1234567", "12a4", " 123", "-1", "+1", "1.5"};
    struct secure_room *room = *state;
    const struct blr_adv_params adv = {.kind = BLR_ADV_CONNECTABLE};

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(blr_security_set_pin(room->lock.host, wrong[i]), BLR_ERR_INVALID);
    secure_side_raise(&room->phone, BLR_SECURITY_ENCRYPTED);
    assert_int_equal(blr_gap_advertise(room->lock.host, &adv, NULL, NULL), 0);
    secure_room_run(room, SIM_S(1));
    secure_room_forget_log(room);

    assert_int_equal(blr_security_set_pin(room->lock.host, "1234"), 0);
    assert_null(blr_bond_next(room->lock.host, NULL));
    secure_room_run(room, SIM_S(1));
    expect_log(room, "lock disconnected 16\nphone disconnected 13\n");
    assert_false(blr_gap_advertising(room->lock.host));

    secure_side_configure(&room->phone, SMP_IO_KEYBOARD_ONLY, false, true);
    blr_bond_delete_all(room->phone.host);
    secure_room_connect(room);
    secure_side_raise(&room->phone, BLR_SECURITY_ENCRYPTED);
    assert_int_equal(room->shown, 1234); /* 001234 */
    expect_levels(room, BLR_SECURITY_AUTHENTICATED_SC);

    assert_int_equal(blr_security_set_pin(room->lock.host, NULL), 0);
    assert_non_null(blr_bond_next(room->lock.host, NULL));
    assert_int_equal(blr_security_pair(room->phone.conn, NULL, NULL), 0);
    secure_room_run(room, SIM_S(3));
    assert_int_not_equal(room->shown, 1234);
}

/* Who has paired with the old one, and whose only key is on its way, leaves no bond. */
static void a_new_pin_ends_a_pairing(void **state)
{
    struct secure_room *room = *state;
    struct blr_security_config config = *blr_security_config_of(room->lock.host);

    secure_room_disconnect(room);
    config.accept_keys = SMP_DIST_SIGN_KEY;
    assert_int_equal(blr_security_configure(room->lock.host, &config), 0);
    assert_int_equal(blr_security_set_pin(room->lock.host, "1234"), 0);
    secure_side_configure(&room->phone, SMP_IO_KEYBOARD_ONLY, false, true);
    secure_room_connect(room);
    assert_int_equal(blr_security_pair(room->phone.conn, NULL, NULL), 0);
    while (!strstr(room->log, "phone finished ok"))
        secure_room_run(room, SIM_MS(1));
    assert_null(strstr(room->log, "lock finished"));
    assert_int_equal(blr_security_set_pin(room->lock.host, "2345"), 0);
    secure_room_run(room, SIM_S(1));
    assert_null(room->lock.conn);
    assert_null(blr_bond_next(room->lock.host, NULL));
}

/* --- out of band --- */

static void hand_over(struct secure_side *from, struct secure_side *to)
{
    struct blr_oob oob;

    assert_int_equal(blr_security_make_oob(from->host, &oob), 0);
    blr_security_take_oob(to->host, &oob);
}

static void oob_both_ways(void **state)
{
    struct secure_room *room = *state;

    hand_over(&room->lock, &room->phone);
    hand_over(&room->phone, &room->lock);
    secure_side_raise(&room->phone, BLR_SECURITY_AUTHENTICATED_SC);
    expect_log(room, "lock requested bonding mitm\n"
                     "lock changed ok, level 4\n"
                     "phone changed ok, level 4\n"
                     "phone finished ok oob sc authenticated 16 bonded\n"
                     "phone called back ok, level 4\n"
                     "lock finished ok oob sc authenticated 16 bonded\n");
}

static void oob_one_way(void **state)
{
    struct secure_room *room = *state;

    hand_over(&room->lock, &room->phone);
    secure_side_raise(&room->phone, BLR_SECURITY_AUTHENTICATED_SC);
    expect_levels(room, BLR_SECURITY_AUTHENTICATED_SC);
    /* It served that one pairing. */
    secure_room_forget_log(room);
    secure_side_pair(&room->phone);
    assert_null(strstr(room->log, "oob"));
}

static void oob_legacy(void **state)
{
    struct secure_room *room = *state;

    secure_side_configure(&room->lock, SMP_IO_NO_INPUT_NO_OUTPUT, false, false);
    hand_over(&room->lock, &room->phone);
    secure_side_raise(&room->phone, BLR_SECURITY_AUTHENTICATED);
    expect_log(room, "lock requested bonding mitm\n"
                     "lock changed ok, level 3\n"
                     "phone changed ok, level 3\n"
                     "phone finished ok oob legacy authenticated 16 bonded\n"
                     "phone called back ok, level 3\n"
                     "lock finished ok oob legacy authenticated 16 bonded\n");
}

/* What was handed over is of the debug key, or not, whatever else is fixed or configured. */
static void oob_and_the_debug_key(void **state)
{
    struct secure_room *room = *state;
    static const uint8_t one[32] = {[31] = 1};
    const struct blr_security_fixed fixed = {.private_key = one};
    struct blr_security_config config = *blr_security_config_of(room->phone.host);

    config.accept_debug_key = true;
    assert_int_equal(blr_security_configure(room->phone.host, &config), 0);
    assert_int_equal(blr_security_fix(room->lock.host, &fixed), 0);
    for (unsigned n = 0; n < 4; n++) {
        config.use_debug_key = n & 1;
        assert_int_equal(blr_security_configure(room->lock.host, &config), 0);
        hand_over(&room->lock, &room->phone);
        config.use_debug_key = n & 2;
        assert_int_equal(blr_security_configure(room->lock.host, &config), 0);
        secure_room_forget_log(room);
        assert_int_equal(blr_security_pair(room->phone.conn, NULL, NULL), 0);
        secure_room_run(room, SIM_S(3));
        assert_non_null(strstr(room->log, "phone finished ok oob sc authenticated 16 bonded\n"));
    }
}

static void oob_of_somebody_else(void **state)
{
    struct secure_room *room = *state;
    struct blr_oob oob;

    assert_int_equal(blr_security_make_oob(room->lock.host, &oob), 0);
    oob.c[0] ^= 1;
    blr_security_take_oob(room->phone.host, &oob);
    secure_side_raise(&room->phone, BLR_SECURITY_AUTHENTICATED_SC);
    assert_non_null(strstr(room->log, "phone called back Confirm Value Failed"));
    secure_room_forget_log(room);
    blr_security_take_oob(room->phone.host, NULL);
    secure_room_run(room, SIM_S(5));
    secure_side_raise(&room->phone, BLR_SECURITY_ENCRYPTED);
    assert_non_null(strstr(room->log, "phone finished ok just_works"));
}

/* --- what a test fixes --- */

static void fixed_secrets(void **state)
{
    struct secure_room *room = *state;
    static const uint8_t zero[32], one[32] = {[31] = 1};
    static const uint8_t irk[16] = {1, 2, 3}, csrk[16] = {4, 5, 6};
    const uint32_t passkey = 461140, too_large = 1000000;
    struct blr_security_fixed fixed = {.private_key = zero};

    assert_int_equal(blr_security_fix(room->lock.host, &fixed), BLR_ERR_INVALID);
    fixed = (struct blr_security_fixed){.passkey = &too_large};
    assert_int_equal(blr_security_fix(room->lock.host, &fixed), BLR_ERR_INVALID);
    fixed = (struct blr_security_fixed){
        .private_key = one, .passkey = &passkey, .irk = irk, .csrk = csrk};
    assert_int_equal(blr_security_fix(room->lock.host, &fixed), 0);
    secure_room_passkey(room);
    assert_int_equal(room->shown, passkey);
    const struct blr_bond *bond = blr_bond_next(room->phone.host, NULL);
    assert_memory_equal(bond->theirs.irk, irk, sizeof irk);
    assert_memory_equal(bond->theirs.csrk, csrk, sizeof csrk);
    bond = blr_bond_next(room->lock.host, NULL);
    assert_memory_equal(bond->ours.irk, irk, sizeof irk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SECURE(a_pin),
        SECURE(a_new_pin_ends_a_pairing),
        SECURE(oob_both_ways),
        SECURE(oob_one_way),
        SECURE(oob_legacy),
        SECURE(oob_and_the_debug_key),
        SECURE(oob_of_somebody_else),
        SECURE(fixed_secrets),
    };

    return cmocka_run_group_tests_name("secrets", tests, NULL, NULL);
}
