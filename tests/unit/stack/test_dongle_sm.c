/* SPDX-License-Identifier: MIT */
/* The BGAPI dongle's security manager: pairings of every kind, and bonds with their numbers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blueroom/security.h"
#include "dongle_room.h"
#include "rows.h"

#define STATUS(flags, bond)                                                                        \
    "evt connection_status conn=0 flags=" flags " address=" DONGLE_PEER                            \
    " address_type=1 interval=24 timeout=100 latency=0 bonding=" bond "\n"

static void peer_has(struct dongle_room *room, uint8_t io_capability, bool mitm)
{
    struct blr_security_config config = blr_security_config_default();

    config.io_capability = io_capability;
    config.mitm = mitm;
    assert_int_equal(blr_security_configure(room->peer, &config), 0);
}

static void leave_and_return(struct dongle_room *room)
{
    dongle_do(room, "connection_disconnect conn=0");
    dongle_peer_advertises(room, BLR_ADV_CONNECTABLE, "020106");
    dongle_forget(room);
    dongle_do(room, "gap_connect_direct address=" DONGLE_PEER " address_type=1 interval_min=24 "
                    "interval_max=24 timeout=100");
}

static void bonds(void **state)
{
    struct dongle_room *room = *state;

    dongle_do(room, "sm_set_bondable_mode bondable=1");
    dongle_do(room, "sm_encrypt_start conn=0 bonding=1");
    expect_said(room, "rsp sm_set_bondable_mode\n"
                      "rsp sm_encrypt_start conn=0 result=0x0000\n" STATUS("3", "255")
                      STATUS("3", "0"));
    dongle_do(room, "sm_get_bonds");
    expect_said(room, "rsp sm_get_bonds count=1\n"
                      "evt sm_bond_status bond=0 key_size=16 mitm=0 keys=61\n");
    dongle_do(room, "attclient_read_by_handle conn=0 handle=0x010b");
    expect_heard(room, "evt attclient_attribute_value conn=0 handle=267 type=0 value=00\n");
    leave_and_return(room);
    expect_said(room, "rsp gap_connect_direct result=0x0000 conn=0\n" STATUS("5", "0"));
    dongle_do(room, "sm_encrypt_start conn=0 bonding=1");
    expect_said(room, "rsp sm_encrypt_start conn=0 result=0x0000\n" STATUS("3", "0"));
    dongle_do(room, "sm_encrypt_start conn=0 bonding=1"); /* it is so already */
    expect_said(room, "rsp sm_encrypt_start conn=0 result=0x0000\n" STATUS("3", "0"));
    dongle_do(room, "sm_delete_bonding bond=0");
    dongle_do(room, "sm_get_bonds");
    dongle_do(room, "sm_delete_bonding bond=0");
    expect_said(room, "rsp sm_delete_bonding result=0x0000\n"
                      "rsp sm_get_bonds count=0\n"
                      "rsp sm_delete_bonding result=0x0180\n");
}

/* A client waits a second for the event, at the longest interval that it asks for itself. */
static void is_encrypted_within_a_second(void **state)
{
    struct dongle_room *room = *state;

    dongle_peer_advertises(room, BLR_ADV_CONNECTABLE, "020106");
    dongle_do(room, "gap_connect_direct address=" DONGLE_PEER " address_type=1 interval_min=60 "
                    "interval_max=76 timeout=100");
    dongle_forget(room);
    dongle_command(room, "sm_encrypt_start conn=0 bonding=1");
    dongle_room_run(room, SIM_S(1));
    expect_heard(room, "evt connection_status conn=0 flags=3 ");
}

static void is_not_kept_unless_bondable(void **state)
{
    struct dongle_room *room = *state;

    dongle_do(room, "sm_encrypt_start conn=0 bonding=1");
    expect_said(room, "rsp sm_encrypt_start conn=0 result=0x0000\n" STATUS("3", "255"));
    dongle_do(room, "sm_get_bonds");
    expect_said(room, "rsp sm_get_bonds count=0\n");
}

static void is_not_kept_unless_asked(void **state)
{
    struct dongle_room *room = *state;

    dongle_do(room, "sm_set_bondable_mode bondable=1");
    dongle_do(room, "sm_encrypt_start conn=0 bonding=0");
    dongle_do(room, "sm_get_bonds");
    expect_said(room, "rsp sm_set_bondable_mode\n"
                      "rsp sm_encrypt_start conn=0 result=0x0000\n" STATUS("3", "255")
                      "rsp sm_get_bonds count=0\n");
}

/* --- passkeys --- */

static void is_given_a_passkey(void **state)
{
    struct dongle_room *room = *state;
    char command[64];

    peer_has(room, SMP_IO_DISPLAY_ONLY, true);
    dongle_do(room, "sm_set_bondable_mode bondable=1");
    dongle_do(room, "sm_set_parameters mitm=1 min_key_size=7 io_capabilities=2");
    dongle_do(room, "sm_passkey_entry conn=0 passkey=1");
    dongle_do(room, "sm_encrypt_start conn=0 bonding=1");
    expect_said(room, "rsp sm_set_bondable_mode\n"
                      "rsp sm_set_parameters\n"
                      "rsp sm_passkey_entry result=0x0181\n"
                      "rsp sm_encrypt_start conn=0 result=0x0000\n"
                      "evt sm_passkey_request conn=0\n");
    assert_true(room_dongle_owes(room->dongle));
    dongle_do(room, "sm_encrypt_start conn=0 bonding=1");
    expect_said(room, "rsp sm_encrypt_start conn=0 result=0x0181\n"
                      "evt sm_bonding_fail conn=0 result=0x0181\n");
    dongle_do(room, "sm_passkey_entry conn=0 passkey=1000000");
    expect_said(room, "rsp sm_passkey_entry result=0x0180\n");
    snprintf(command, sizeof command, "sm_passkey_entry conn=0 passkey=%u", room->peer_shows);
    dongle_do(room, command);
    expect_said(room, "rsp sm_passkey_entry result=0x0000\n" STATUS("3", "255") STATUS("3", "0"));
    assert_false(room_dongle_owes(room->dongle));
    dongle_do(room, "sm_get_bonds");
    expect_said(room, "rsp sm_get_bonds count=1\n"
                      "evt sm_bond_status bond=0 key_size=16 mitm=1 keys=61\n");
    dongle_do(room, "attclient_read_by_handle conn=0 handle=0x010e");
    expect_heard(room, "evt attclient_attribute_value conn=0 handle=270 type=0 value=00\n");
}

static void is_given_a_wrong_passkey(void **state)
{
    struct dongle_room *room = *state;
    char command[64];

    peer_has(room, SMP_IO_DISPLAY_ONLY, true);
    dongle_do(room, "sm_set_parameters mitm=1 min_key_size=7 io_capabilities=4");
    dongle_do(room, "sm_encrypt_start conn=0 bonding=1");
    dongle_do(room, "sm_encrypt_start conn=0 bonding=1"); /* is refused, and changes nothing */
    dongle_forget(room);
    snprintf(command, sizeof command, "sm_passkey_entry conn=0 passkey=%u", room->peer_shows ^ 1);
    dongle_do(room, command);
    expect_said(room, "rsp sm_passkey_entry result=0x0000\n"
                      "evt sm_bonding_fail conn=0 result=0x0304\n");
}

static void shows_a_passkey(void **state)
{
    struct dongle_room *room = *state;
    unsigned passkey = 0;

    peer_has(room, SMP_IO_KEYBOARD_ONLY, true);
    room->peer_types = 1; /* it cannot know */
    dongle_do(room, "sm_set_parameters mitm=1 min_key_size=16 io_capabilities=0");
    dongle_forget(room);
    dongle_do(room, "sm_encrypt_start conn=0 bonding=1");
    assert_int_equal(sscanf(room->log,
                            "rsp sm_encrypt_start conn=0 result=0x0000\n"
                            "evt sm_passkey_display conn=0 passkey=%u\n", &passkey), 1);
    assert_in_range(passkey, 2, 999999);
    expect_heard(room, "evt sm_bonding_fail conn=0 result=0x0304\n");
}

/* Protection is asked for that cannot be had. */
static void has_neither_keys_nor_display(void **state)
{
    struct dongle_room *room = *state;

    dongle_do(room, "sm_set_parameters mitm=1 min_key_size=7 io_capabilities=3");
    dongle_forget(room);
    dongle_do(room, "sm_encrypt_start conn=0 bonding=1");
    expect_said(room, "rsp sm_encrypt_start conn=0 result=0x0000\n"
                      "evt sm_bonding_fail conn=0 result=0x0303\n");
}

static void wants_longer_keys(void **state)
{
    struct dongle_room *room = *state;
    struct blr_security_config config = blr_security_config_default();

    config.max_key_size = 10;
    assert_int_equal(blr_security_configure(room->peer, &config), 0);
    dongle_do(room, "sm_set_parameters mitm=0 min_key_size=11 io_capabilities=3");
    dongle_forget(room);
    dongle_do(room, "sm_encrypt_start conn=0 bonding=1");
    expect_said(room, "rsp sm_encrypt_start conn=0 result=0x0000\n"
                      "evt sm_bonding_fail conn=0 result=0x0306\n");
}

/* --- what the peer does --- */

static void the_peer_has_lost_its_key(void **state)
{
    struct dongle_room *room = *state;

    dongle_do(room, "sm_set_bondable_mode bondable=1");
    dongle_do(room, "sm_encrypt_start conn=0 bonding=1");
    blr_bond_delete_all(room->peer);
    leave_and_return(room);
    dongle_forget(room);
    dongle_do(room, "sm_encrypt_start conn=0 bonding=1");
    expect_said(room, "rsp sm_encrypt_start conn=0 result=0x0000\n"
                      "evt sm_bonding_fail conn=0 result=0x0206\n");
    dongle_do(room, "sm_delete_bonding bond=0");
    dongle_do(room, "sm_encrypt_start conn=0 bonding=1");
    expect_heard(room, STATUS("3", "0"));
}

static void the_link_goes_meanwhile(void **state)
{
    struct dongle_room *room = *state;

    dongle_command(room, "sm_encrypt_start conn=0 bonding=1");
    dongle_room_run(room, SIM_MS(40));
    assert_int_equal(blr_gap_disconnect(room->peer_conn, 0x13), 0);
    dongle_room_run(room, SIM_S(1));
    expect_said(room, "rsp sm_encrypt_start conn=0 result=0x0000\n"
                      "evt sm_bonding_fail conn=0 result=0x0186\n"
                      "evt connection_disconnected conn=0 reason=0x0213\n");
}

static void the_peer_asks_for_security(void **state)
{
    struct dongle_room *room = *state;

    dongle_do(room, "sm_set_bondable_mode bondable=1");
    dongle_forget(room);
    assert_int_equal(blr_security_raise(room->peer_conn, BLR_SECURITY_ENCRYPTED, NULL, NULL), 0);
    dongle_room_run(room, SIM_S(3));
    expect_said(room, STATUS("3", "255") STATUS("3", "0"));
}

static void the_peer_asks_for_too_much(void **state)
{
    struct dongle_room *room = *state;

    peer_has(room, SMP_IO_DISPLAY_ONLY, true);
    assert_int_equal(blr_security_raise(room->peer_conn, BLR_SECURITY_AUTHENTICATED, NULL, NULL),
                     0);
    dongle_room_run(room, SIM_S(3));
    expect_said(room, "evt sm_bonding_fail conn=0 result=0x0303\n");
}

/* --- the numbers --- */

static void import(struct dongle_room *room, unsigned first, unsigned count)
{
    struct blr_bond_trouble trouble;

    for (unsigned i = first; i < first + count; i++) {
        const struct blr_bond bond = {
            .identity = {.octet = {(uint8_t)i, 2, 3, 4, 5, 0xC6}, .type = BD_ADDR_RANDOM},
            .authenticated = i % 2,
            .key_size = 16,
            .theirs = {.has_ltk = true},
        };
        char text[2048];
        const size_t len = blr_bond_export(&bond, text, sizeof text);
        assert_in_range(len, 1, sizeof text - 1);
        assert_int_equal(
            blr_bonds_import(room_dongle_host(room->dongle), text, len, &trouble), 0);
    }
}

static void eight_bonds(void **state)
{
    struct dongle_room *room = *state;

    import(room, 0, 8);
    dongle_do(room, "sm_get_bonds");
    expect_said(room, "rsp sm_get_bonds count=8\n"
                      "evt sm_bond_status bond=0 key_size=16 mitm=0 keys=21\n"
                      "evt sm_bond_status bond=1 key_size=16 mitm=1 keys=21\n"
                      "evt sm_bond_status bond=2 key_size=16 mitm=0 keys=21\n"
                      "evt sm_bond_status bond=3 key_size=16 mitm=1 keys=21\n"
                      "evt sm_bond_status bond=4 key_size=16 mitm=0 keys=21\n"
                      "evt sm_bond_status bond=5 key_size=16 mitm=1 keys=21\n"
                      "evt sm_bond_status bond=6 key_size=16 mitm=0 keys=21\n"
                      "evt sm_bond_status bond=7 key_size=16 mitm=1 keys=21\n");
    dongle_do(room, "sm_set_bondable_mode bondable=1");
    dongle_do(room, "sm_encrypt_start conn=0 bonding=1");
    expect_said(room, "rsp sm_set_bondable_mode\n"
                      "rsp sm_encrypt_start conn=0 result=0x018b\n"
                      "evt sm_bonding_fail conn=0 result=0x018b\n");
    /* Numbers stay when others go, and the lowest that is free is given again. */
    dongle_do(room, "sm_delete_bonding bond=6");
    dongle_do(room, "sm_delete_bonding bond=2");
    dongle_do(room, "sm_encrypt_start conn=0 bonding=1");
    expect_heard(room, STATUS("3", "2"));
    dongle_forget(room);
    dongle_do(room, "sm_get_bonds");
    expect_heard(room, "rsp sm_get_bonds count=7\n");
    expect_heard(room, "evt sm_bond_status bond=2 key_size=16 mitm=0 keys=61\n");
    assert_null(strstr(room->log, "bond=6"));
    /* A peer that is full of its own bonds, and has one here, may have it anew. */
    import(room, 20, 1);
    dongle_do(room, "sm_get_bonds");
    dongle_do(room, "sm_delete_bonding bond=8");
    expect_heard(room, "rsp sm_get_bonds count=8\n");
    expect_heard(room, "rsp sm_delete_bonding result=0x0180\n");
}

static void nobody_bonds_by_himself_when_there_is_no_room(void **state)
{
    struct dongle_room *room = *state;

    import(room, 0, 8);
    dongle_do(room, "sm_get_bonds");
    dongle_do(room, "sm_set_bondable_mode bondable=1");
    dongle_forget(room);
    assert_int_equal(blr_security_raise(room->peer_conn, BLR_SECURITY_ENCRYPTED, NULL, NULL), 0);
    dongle_room_run(room, SIM_S(3));
    expect_said(room, STATUS("3", "255"));
    dongle_do(room, "sm_get_bonds");
    expect_heard(room, "rsp sm_get_bonds count=8\n");
}

static void a_reset_keeps_bonds_and_forgets_the_rest(void **state)
{
    struct dongle_room *room = *state;

    dongle_do(room, "sm_set_bondable_mode bondable=1");
    dongle_do(room, "sm_set_parameters mitm=0 min_key_size=7 io_capabilities=4");
    dongle_do(room, "sm_encrypt_start conn=0 bonding=1");
    dongle_do(room, "system_reset");
    dongle_forget(room);
    dongle_do(room, "sm_get_bonds");
    expect_heard(room, "rsp sm_get_bonds count=1\n");
    dongle_do(room, "sm_delete_bonding bond=0");
    blr_bond_delete_all(room->peer);
    dongle_peer_advertises(room, BLR_ADV_CONNECTABLE, "020106");
    dongle_do(room, "gap_connect_direct address=" DONGLE_PEER " address_type=1 interval_min=24 "
                    "interval_max=24 timeout=100");
    dongle_forget(room);
    dongle_do(room, "sm_encrypt_start conn=0 bonding=1"); /* not bondable any more */
    expect_said(room, "rsp sm_encrypt_start conn=0 result=0x0000\n" STATUS("3", "255"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        DONGLE_CONNECTED(bonds),
        DONGLE(is_encrypted_within_a_second),
        DONGLE_CONNECTED(is_not_kept_unless_bondable),
        DONGLE_CONNECTED(is_not_kept_unless_asked),
        DONGLE_CONNECTED(is_given_a_passkey),
        DONGLE_CONNECTED(is_given_a_wrong_passkey),
        DONGLE_CONNECTED(shows_a_passkey),
        DONGLE_CONNECTED(has_neither_keys_nor_display),
        DONGLE_CONNECTED(wants_longer_keys),
        DONGLE_CONNECTED(the_peer_has_lost_its_key),
        DONGLE_CONNECTED(the_link_goes_meanwhile),
        DONGLE_CONNECTED(the_peer_asks_for_security),
        DONGLE_CONNECTED(the_peer_asks_for_too_much),
        DONGLE_CONNECTED(eight_bonds),
        DONGLE_CONNECTED(nobody_bonds_by_himself_when_there_is_no_room),
        DONGLE_CONNECTED(a_reset_keeps_bonds_and_forgets_the_rest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
