/* SPDX-License-Identifier: MIT */
/* Security between two hosts, over virtual controllers and the air. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "host_internal.h"
#include "rows.h"
#include "secure_room.h"

/* --- ways of pairing --- */

struct pairing_row {
    const char *name;
    uint8_t phone, lock; /* IO capabilities */
    bool mitm, sc;
    enum blr_security_level level;
    bool mistypes, differs;
    const char *log;
};

static const struct pairing_row pairings[] = {
    {"just works, Secure Connections", SMP_IO_NO_INPUT_NO_OUTPUT, SMP_IO_NO_INPUT_NO_OUTPUT, false,
     true, BLR_SECURITY_ENCRYPTED, false, false,
     "lock requested bonding\n"
     "lock changed ok, level 2\n"
     "phone changed ok, level 2\n"
     "phone finished ok just_works sc 16 bonded\n"
     "phone called back ok, level 2\n"
     "lock finished ok just_works sc 16 bonded\n"},
    {"just works, legacy", SMP_IO_NO_INPUT_NO_OUTPUT, SMP_IO_NO_INPUT_NO_OUTPUT, false, false,
     BLR_SECURITY_ENCRYPTED, false, false,
     "lock requested bonding\n"
     "lock changed ok, level 2\n"
     "phone changed ok, level 2\n"
     "phone finished ok just_works legacy 16 bonded\n"
     "phone called back ok, level 2\n"
     "lock finished ok just_works legacy 16 bonded\n"},
    {"a passkey, Secure Connections", SMP_IO_KEYBOARD_ONLY, SMP_IO_DISPLAY_ONLY, true, true,
     BLR_SECURITY_AUTHENTICATED_SC, false, false,
     "lock requested bonding mitm\n"
     "lock shows a passkey\n"
     "phone is asked for a passkey\n"
     "lock changed ok, level 4\n"
     "phone changed ok, level 4\n"
     "phone finished ok passkey sc authenticated 16 bonded\n"
     "phone called back ok, level 4\n"
     "lock finished ok passkey sc authenticated 16 bonded\n"},
    {"a passkey, legacy", SMP_IO_KEYBOARD_ONLY, SMP_IO_DISPLAY_ONLY, true, false,
     BLR_SECURITY_AUTHENTICATED, false, false,
     "lock requested bonding mitm\n"
     "lock shows a passkey\n"
     "phone is asked for a passkey\n"
     "lock changed ok, level 3\n"
     "phone changed ok, level 3\n"
     "phone finished ok passkey legacy authenticated 16 bonded\n"
     "phone called back ok, level 3\n"
     "lock finished ok passkey legacy authenticated 16 bonded\n"},
    {"numbers are compared", SMP_IO_DISPLAY_YES_NO, SMP_IO_DISPLAY_YES_NO, true, true,
     BLR_SECURITY_AUTHENTICATED_SC, false, false,
     "lock requested bonding mitm\n"
     "lock compares\n"
     "phone compares\n"
     "lock changed ok, level 4\n"
     "phone changed ok, level 4\n"
     "phone finished ok comparison sc authenticated 16 bonded\n"
     "phone called back ok, level 4\n"
     "lock finished ok comparison sc authenticated 16 bonded\n"},
    {"the wrong passkey, legacy", SMP_IO_KEYBOARD_ONLY, SMP_IO_DISPLAY_ONLY, true, false,
     BLR_SECURITY_AUTHENTICATED, true, false,
     "lock requested bonding mitm\n"
     "lock shows a passkey\n"
     "phone is asked for a passkey\n"
     "lock finished Confirm Value Failed\n"
     "phone finished Confirm Value Failed\n"
     "phone called back Confirm Value Failed, level 1\n"},
    {"the numbers differ", SMP_IO_DISPLAY_YES_NO, SMP_IO_DISPLAY_YES_NO, true, true,
     BLR_SECURITY_AUTHENTICATED_SC, false, true,
     "lock requested bonding mitm\n"
     "lock compares\n"
     "phone compares\n"
     "phone finished Numeric Comparison Failed\n"
     "phone called back Numeric Comparison Failed, level 1\n"
     "lock finished Numeric Comparison Failed\n"},
    {"a level that cannot be reached", SMP_IO_NO_INPUT_NO_OUTPUT, SMP_IO_DISPLAY_ONLY, false, true,
     BLR_SECURITY_AUTHENTICATED, false, false,
     "lock requested bonding mitm\n"
     "phone finished Authentication Requirements\n"
     "phone called back Authentication Requirements, level 1\n"
     "lock finished Authentication Requirements\n"},
};

static void test_pairing(void **state)
{
    const struct pairing_row *row = *state;
    static struct secure_room room;

    secure_room_open(&room, 1);
    secure_side_configure(&room.phone, row->phone, row->mitm, row->sc);
    secure_side_configure(&room.lock, row->lock, row->mitm, row->sc);
    room.phone.mistypes = row->mistypes;
    room.phone.differs = row->differs;
    secure_room_connect(&room);
    secure_side_raise(&room.phone, row->level);
    expect_log(&room, row->log);
    const bool failed = strstr(row->log, "bonded") == NULL;
    assert_int_equal(blr_conn_bonded(room.phone.conn), !failed);
    assert_int_equal(blr_conn_bonded(room.lock.conn), !failed);
    expect_levels(&room, failed ? BLR_SECURITY_NONE : row->level);

    if (!failed) { /* the next link takes the key of the bond */
        secure_room_reconnect(&room);
        expect_levels(&room, BLR_SECURITY_NONE);
        secure_side_raise(&room.phone, row->level);
        expect_levels(&room, row->level);
        assert_null(strstr(room.log, "finished"));
        assert_non_null(strstr(room.log, "phone called back ok"));
    }
    secure_room_close(&room);
}

/* --- the peripheral asks --- */

static void peripheral_raises(void **state)
{
    struct secure_room *room = *state;

    secure_side_raise(&room->lock, BLR_SECURITY_ENCRYPTED);
    expect_log(room, "phone requested bonding\n"
                     "lock changed ok, level 2\n"
                     "phone changed ok, level 2\n"
                     "phone finished ok just_works sc 16 bonded\n"
                     "lock finished ok just_works sc 16 bonded\n"
                     "lock called back ok, level 2\n");
    secure_room_reconnect(room);
    secure_side_raise(&room->lock, BLR_SECURITY_ENCRYPTED);
    expect_log(room, "lock changed ok, level 2\n"
                     "lock called back ok, level 2\n"
                     "phone changed ok, level 2\n");
}

static void peripheral_is_refused(void **state)
{
    struct secure_room *room = *state;

    room->phone.refuses = true;
    secure_side_raise(&room->lock, BLR_SECURITY_ENCRYPTED);
    expect_log(room, "phone requested bonding\n"
                     "lock finished Pairing Not Supported\n"
                     "lock called back Pairing Not Supported, level 1\n");
}

static void peripheral_asks_for_more(void **state)
{
    struct secure_room *room = *state;

    secure_side_raise(&room->phone, BLR_SECURITY_ENCRYPTED);
    secure_side_configure(&room->phone, SMP_IO_KEYBOARD_ONLY, false, true);
    secure_side_configure(&room->lock, SMP_IO_DISPLAY_ONLY, false, true);
    secure_room_forget_log(room);
    secure_side_raise(&room->lock, BLR_SECURITY_AUTHENTICATED_SC);
    expect_log(room, "phone requested bonding mitm\n"
                     "lock shows a passkey\n"
                     "phone is asked for a passkey\n"
                     "lock changed ok, level 4\n"
                     "phone changed ok, level 4\n"
                     "phone finished ok passkey sc authenticated 16 bonded\n"
                     "lock finished ok passkey sc authenticated 16 bonded\n"
                     "lock called back ok, level 4\n");
}

/* --- bonds that one side has lost --- */

static void the_lock_has_forgotten(void **state)
{
    struct secure_room *room = *state;

    secure_side_raise(&room->phone, BLR_SECURITY_ENCRYPTED);
    secure_room_reconnect(room);
    blr_bond_delete_all(room->lock.host);
    secure_side_raise(&room->phone, BLR_SECURITY_ENCRYPTED);
    expect_log(room, "phone changed PIN or Key Missing, level 1\n"
                     "phone called back PIN or Key Missing, level 1\n");
    assert_true(blr_conn_bonded(room->phone.conn)); /* the application decides */

    secure_side_pair(&room->phone);
    expect_log(room, "lock requested bonding\n"
                     "lock changed ok, level 2\n"
                     "phone changed ok, level 2\n"
                     "phone finished ok just_works sc 16 bonded\n"
                     "phone called back ok, level 2\n"
                     "lock finished ok just_works sc 16 bonded\n");
}

static void the_phone_has_forgotten(void **state)
{
    struct secure_room *room = *state;

    secure_side_raise(&room->phone, BLR_SECURITY_ENCRYPTED);
    secure_room_reconnect(room);
    blr_bond_delete_all(room->phone.host);
    secure_side_raise(&room->lock, BLR_SECURITY_ENCRYPTED);
    expect_log(room, "phone requested bonding\n"
                     "lock changed ok, level 2\n"
                     "phone changed ok, level 2\n"
                     "phone finished ok just_works sc 16 bonded\n"
                     "lock finished ok just_works sc 16 bonded\n"
                     "lock called back ok, level 2\n");
    assert_null(blr_bond_next(room->lock.host, blr_bond_next(room->lock.host, NULL)));
}

/* Whoever claims to be the phone does not get rid of what the real one has. */
static void a_weaker_pairing_is_refused(void **state)
{
    struct secure_room *room = *state;

    secure_room_passkey(room);
    secure_room_reconnect(room);
    blr_bond_delete_all(room->phone.host);
    secure_side_configure(&room->phone, SMP_IO_NO_INPUT_NO_OUTPUT, false, true);
    secure_side_raise(&room->phone, BLR_SECURITY_ENCRYPTED);
    expect_log(room, "lock requested bonding\n"
                     "lock finished Authentication Requirements\n"
                     "phone finished Authentication Requirements\n"
                     "phone called back Authentication Requirements, level 1\n");
    assert_true(blr_bond_next(room->lock.host, NULL)->authenticated);
    /* Nor is it asked for by asking for security. */
    secure_room_run(room, SIM_S(5)); /* repeated attempts */
    secure_side_raise(&room->lock, BLR_SECURITY_ENCRYPTED);
    expect_log(room, "phone requested bonding mitm\n"
                     "lock finished Authentication Requirements\n"
                     "lock called back Authentication Requirements, level 1\n"
                     "phone finished Authentication Requirements\n");
    /* Unless the lock's own application wants it so. */
    secure_room_run(room, SIM_S(5)); /* repeated attempts */
    secure_side_pair(&room->lock);
    expect_log(room, "phone requested bonding\n"
                     "lock changed ok, level 2\n"
                     "phone changed ok, level 2\n"
                     "phone finished ok just_works sc 16 bonded\n"
                     "lock finished ok just_works sc 16 bonded\n"
                     "lock called back ok, level 2\n");
    assert_false(blr_bond_next(room->lock.host, NULL)->authenticated);
}

/* Nor by claiming an identity that the address does not show. */
static void an_identity_is_claimed(void **state)
{
    struct secure_room *room = *state;

    secure_room_passkey(room);
    blr_bond_delete_all(room->phone.host);
    struct bd_addr other = blr_bond_next(room->lock.host, NULL)->identity;
    other.octet[0] ^= 1;
    bonds_find(room->lock.host, blr_conn_identity(room->lock.conn))->identity = other;
    secure_room_reconnect(room);
    room->phone.host->public_address = other;
    secure_side_configure(&room->phone, SMP_IO_NO_INPUT_NO_OUTPUT, false, true);
    secure_side_raise(&room->phone, BLR_SECURITY_ENCRYPTED);
    assert_non_null(strstr(room->log, "lock finished ok just_works sc 16\n"));
    const struct blr_bond *bond = blr_bond_next(room->lock.host, NULL);
    assert_true(bond->authenticated);
    assert_null(blr_bond_next(room->lock.host, bond));
}

/* One as well authenticated as the bond, of legacy pairing as that is, but with a shorter key. */
static void a_shorter_key_is_refused(void **state)
{
    struct secure_room *room = *state;

    secure_side_configure(&room->phone, SMP_IO_KEYBOARD_ONLY, true, false);
    secure_side_configure(&room->lock, SMP_IO_DISPLAY_ONLY, true, false);
    secure_side_raise(&room->phone, BLR_SECURITY_AUTHENTICATED);
    secure_room_reconnect(room);
    blr_bond_delete_all(room->phone.host);
    struct blr_security_config config = *blr_security_config_of(room->phone.host);
    config.max_key_size = 15;
    assert_int_equal(blr_security_configure(room->phone.host, &config), 0);
    secure_side_raise(&room->phone, BLR_SECURITY_AUTHENTICATED);
    expect_log(room, "lock requested bonding mitm\n"
                     "lock finished Encryption Key Size\n"
                     "phone finished Encryption Key Size\n"
                     "phone called back Encryption Key Size, level 1\n");
    assert_int_equal(blr_bond_next(room->lock.host, NULL)->key_size, 16);
}

/* Under an address that says nothing, somebody pairs and then calls himself the phone. */
static void nobody_takes_the_name_of_a_bonded_peer(void **state)
{
    const struct bd_addr unknown = {{1, 2, 3, 4, 5, 0x40}, BD_ADDR_RANDOM};
    struct secure_room *room = *state;

    for (int anew = 0; anew <= 1; anew++) {
        blr_bond_delete_all(room->lock.host);
        blr_bond_delete_all(room->phone.host);
        secure_room_passkey(room);
        secure_room_reconnect(room);
        blr_bond_delete_all(room->phone.host);
        secure_side_configure(&room->phone, SMP_IO_NO_INPUT_NO_OUTPUT, false, true);
        room->lock.conn->identity = unknown;
        secure_room_forget_log(room);
        struct secure_side *side = anew ? &room->lock : &room->phone;
        secure_side_pair(side);
        assert_true(blr_conn_encrypted(room->lock.conn));
        assert_false(blr_conn_bonded(room->lock.conn));
        assert_true(bd_addr_equal(blr_conn_identity(room->lock.conn), &unknown));
        const struct blr_bond *bond = blr_bond_next(room->lock.host, NULL);
        assert_true(bond->authenticated);
        assert_null(blr_bond_next(room->lock.host, bond));
        secure_room_forget_log(room);
        secure_room_reconnect(room);
    }
}

/* As well authenticated, but with a key of fewer octets than the bond has. */
static void nor_with_a_shorter_key(void **state)
{
    const struct bd_addr unknown = {{1, 2, 3, 4, 5, 0x40}, BD_ADDR_RANDOM};
    struct secure_room *room = *state;

    secure_room_passkey(room);
    secure_room_reconnect(room);
    blr_bond_delete_all(room->phone.host);
    struct blr_security_config config = *blr_security_config_of(room->phone.host);
    config.max_key_size = 15;
    assert_int_equal(blr_security_configure(room->phone.host, &config), 0);
    room->lock.conn->identity = unknown;
    secure_side_raise(&room->phone, BLR_SECURITY_AUTHENTICATED);
    expect_levels(room, BLR_SECURITY_AUTHENTICATED);
    assert_false(blr_conn_bonded(room->lock.conn));
    assert_true(bd_addr_equal(blr_conn_identity(room->lock.conn), &unknown));
    assert_int_equal(blr_bond_next(room->lock.host, NULL)->key_size, 16);
}

static void without_bonding_keys_die_with_the_link(void **state)
{
    struct secure_room *room = *state;
    struct blr_security_config config = *blr_security_config_of(room->lock.host);

    config.bonding = false;
    assert_int_equal(blr_security_configure(room->lock.host, &config), 0);
    secure_side_raise(&room->phone, BLR_SECURITY_ENCRYPTED);
    expect_log(room, "lock requested bonding\n"
                     "lock changed ok, level 2\n"
                     "lock finished ok just_works sc 16\n"
                     "phone changed ok, level 2\n"
                     "phone finished ok just_works sc 16\n"
                     "phone called back ok, level 2\n");
    assert_null(blr_bond_next(room->phone.host, NULL));
    assert_null(blr_bond_next(room->lock.host, NULL));
    assert_int_equal(blr_security_refresh(room->phone.conn, told_security, &room->phone), 0);
    secure_room_run(room, SIM_S(1));
    expect_log(room, "lock changed ok, level 2\n"
                     "phone changed ok, level 2\n"
                     "phone called back ok, level 2\n");
}

/* --- refresh --- */

static void refresh(struct secure_room *room, bool sc)
{
    secure_side_configure(&room->phone, SMP_IO_NO_INPUT_NO_OUTPUT, false, sc);
    assert_int_equal(blr_security_refresh(room->phone.conn, told_security, &room->phone),
                     BLR_ERR_STATE);
    secure_side_raise(&room->phone, BLR_SECURITY_ENCRYPTED);
    assert_int_equal(blr_security_refresh(room->lock.conn, NULL, NULL), BLR_ERR_STATE);
    for (unsigned i = 0; i < 3; i++) {
        secure_room_forget_log(room);
        assert_int_equal(blr_security_refresh(room->phone.conn, told_security, &room->phone), 0);
        assert_int_equal(blr_security_refresh(room->phone.conn, NULL, NULL), BLR_ERR_BUSY);
        secure_room_run(room, SIM_S(1));
        expect_log(room, "lock changed ok, level 2\n"
                         "phone changed ok, level 2\n"
                         "phone called back ok, level 2\n");
        expect_levels(room, BLR_SECURITY_ENCRYPTED);
    }
}

/* Not again in this link, either. */
static void the_bond_of_the_key_is_deleted(void **state)
{
    struct secure_room *room = *state;

    secure_side_raise(&room->phone, BLR_SECURITY_ENCRYPTED);
    blr_bond_delete_all(room->phone.host);
    expect_levels(room, BLR_SECURITY_ENCRYPTED);
    assert_int_equal(blr_security_refresh(room->phone.conn, NULL, NULL), BLR_ERR_STATE);
    secure_room_disconnect(room);
    blr_bond_delete_all(room->lock.host);
    secure_room_connect(room);
    secure_side_raise(&room->phone, BLR_SECURITY_ENCRYPTED);
    blr_bond_delete_all(room->lock.host);
    secure_room_forget_log(room);
    assert_int_equal(blr_security_refresh(room->phone.conn, told_security, &room->phone), 0);
    secure_room_run(room, SIM_S(1));
    /* A refresh without a key ends the link (Vol 6, Part B, 5.1.3.2). */
    expect_log(room, "lock disconnected 06\n"
                     "phone changed PIN or Key Missing, level 2\n"
                     "phone called back PIN or Key Missing, level 1\n"
                     "phone disconnected 06\n");
}

static void the_key_is_refreshed(void **state)
{
    refresh(*state, true);
}

static void a_legacy_key_is_refreshed(void **state)
{
    refresh(*state, false);
}

/* --- ends --- */

/* A pairing that waits for the passkey. */
static void pair_unanswered(struct secure_room *room)
{
    secure_side_configure(&room->phone, SMP_IO_KEYBOARD_ONLY, true, true);
    secure_side_configure(&room->lock, SMP_IO_DISPLAY_ONLY, true, true);
    room->phone.silent = true;
    secure_side_raise(&room->phone, BLR_SECURITY_AUTHENTICATED);
}

static void the_link_goes_during_a_pairing(void **state)
{
    struct secure_room *room = *state;

    pair_unanswered(room);
    assert_int_equal(blr_security_raise(room->phone.conn, BLR_SECURITY_ENCRYPTED, NULL, NULL),
                     BLR_ERR_BUSY);
    assert_int_equal(blr_security_pair(room->lock.conn, NULL, NULL), BLR_ERR_BUSY);
    secure_room_forget_log(room);
    assert_int_equal(blr_gap_disconnect(room->lock.conn, 0x13), 0);
    secure_room_run(room, SIM_S(1));
    expect_log(room, "lock finished Not connected\n"
                     "lock disconnected 16\n"
                     "phone finished Not connected\n"
                     "phone called back Not connected, level 1\n"
                     "phone disconnected 13\n");
}

static void nobody_answers_for_30_s(void **state)
{
    struct secure_room *room = *state;

    pair_unanswered(room);
    secure_room_forget_log(room);
    secure_room_run(room, SIM_S(31));
    expect_log(room, "phone finished Timed out\n"
                     "phone called back Timed out, level 1\n"
                     "lock finished Timed out\n");
    assert_int_equal(blr_security_pair(room->phone.conn, NULL, NULL), BLR_ERR_TIMEOUT);
}

static void an_application_ends_a_pairing(void **state)
{
    struct secure_room *room = *state;

    assert_int_equal(blr_security_fail(room->lock.conn, SMP_REASON_UNSPECIFIED_REASON),
                     BLR_ERR_STATE);
    pair_unanswered(room);
    secure_room_forget_log(room);
    assert_int_equal(blr_security_enter_passkey(room->phone.conn, 1000000), BLR_ERR_INVALID);
    assert_int_equal(blr_security_confirm(room->phone.conn, true), BLR_ERR_STATE);
    assert_int_equal(blr_security_fail(room->lock.conn, SMP_REASON_PASSKEY_ENTRY_FAILED), 0);
    secure_room_run(room, SIM_S(1));
    expect_log(room, "lock finished Passkey Entry Failed\n"
                     "phone finished Passkey Entry Failed\n"
                     "phone called back Passkey Entry Failed, level 1\n");
}

/* --- what the configuration takes --- */

static void configurations(void **state)
{
    struct secure_room *room = *state;
    const struct blr_security_config good = blr_security_config_default();
    struct blr_security_config config = good;

    config.io_capability = SMP_IO_KEYBOARD_DISPLAY + 1;
    assert_int_equal(blr_security_configure(room->lock.host, &config), BLR_ERR_INVALID);
    config = good;
    config.min_key_size = 6;
    assert_int_equal(blr_security_configure(room->lock.host, &config), BLR_ERR_INVALID);
    config = good;
    config.max_key_size = 17;
    assert_int_equal(blr_security_configure(room->lock.host, &config), BLR_ERR_INVALID);
    config.min_key_size = 12;
    config.max_key_size = 11;
    assert_int_equal(blr_security_configure(room->lock.host, &config), BLR_ERR_INVALID);
    config = good;
    config.only_secure_connections = true;
    config.secure_connections = false;
    assert_int_equal(blr_security_configure(room->lock.host, &config), BLR_ERR_INVALID);
    config = good;
    config.send_keys = 0x10;
    assert_int_equal(blr_security_configure(room->lock.host, &config), BLR_ERR_INVALID);
    config = good;
    config.min_key_size = config.max_key_size = 0;
    assert_int_equal(blr_security_configure(room->lock.host, &config), 0);
    assert_int_equal(blr_security_config_of(room->lock.host)->max_key_size, 16);

    config.refuse = true;
    assert_int_equal(blr_security_configure(room->lock.host, &config), 0);
    assert_int_equal(blr_security_pair(room->lock.conn, NULL, NULL), BLR_ERR_UNSUPPORTED);
    secure_side_raise(&room->phone, BLR_SECURITY_ENCRYPTED);
    expect_log(room, "phone finished Pairing Not Supported\n"
                     "phone called back Pairing Not Supported, level 1\n");
    assert_int_equal(blr_security_raise(room->phone.conn, 5, NULL, NULL), BLR_ERR_INVALID);
    secure_side_raise(&room->phone, BLR_SECURITY_NONE);
    expect_log(room, "phone called back ok, level 1\n");
}

static void only_secure_connections(void **state)
{
    struct secure_room *room = *state;
    struct blr_security_config config;

    secure_side_raise(&room->phone, BLR_SECURITY_ENCRYPTED);
    secure_room_reconnect(room);
    config = *blr_security_config_of(room->lock.host);
    config.only_secure_connections = true;
    assert_int_equal(blr_security_configure(room->lock.host, &config), 0);
    /* What had been good enough is so no more. */
    secure_side_raise(&room->phone, BLR_SECURITY_ENCRYPTED);
    expect_log(room, "phone changed PIN or Key Missing, level 1\n"
                     "phone called back PIN or Key Missing, level 1\n");
    secure_side_pair(&room->phone);
    expect_log(room, "lock requested bonding\n"
                     "lock finished Authentication Requirements\n"
                     "phone finished Authentication Requirements\n"
                     "phone called back Authentication Requirements, level 1\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SECURE(peripheral_raises),
        SECURE(peripheral_is_refused),
        SECURE(peripheral_asks_for_more),
        SECURE(the_lock_has_forgotten),
        SECURE(the_phone_has_forgotten),
        SECURE(a_weaker_pairing_is_refused),
        SECURE(a_shorter_key_is_refused),
        SECURE(an_identity_is_claimed),
        SECURE(nobody_takes_the_name_of_a_bonded_peer),
        SECURE(nor_with_a_shorter_key),
        SECURE(without_bonding_keys_die_with_the_link),
        SECURE(the_key_is_refreshed),
        SECURE(the_bond_of_the_key_is_deleted),
        SECURE(a_legacy_key_is_refreshed),
        SECURE(the_link_goes_during_a_pairing),
        SECURE(nobody_answers_for_30_s),
        SECURE(an_application_ends_a_pairing),
        SECURE(configurations),
        SECURE(only_secure_connections),
    };

    return RUN_ROWS(pairings, test_pairing) +
           cmocka_run_group_tests_name("two hosts", tests, NULL, NULL);
}
