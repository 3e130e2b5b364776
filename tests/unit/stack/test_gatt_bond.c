/* SPDX-License-Identifier: MIT */
/*
 * What a server keeps of a bonded client (Core v5.4, Vol 3, Part G, 2.5.2, 3.3.3.3, 7.2), and what
 * it sends on links that are not good enough for it (Part C, 10.3.1.1).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "secure_gatt.h"

static struct blr_subscription *subscription;

static void heard(struct blr_conn *conn, uint16_t handle, bool indication, const uint8_t *value,
                  size_t len, void *user)
{
    struct secure_side *side = user;

    (void)conn;
    assert_true(len >= 1);
    secure_room_log(side->room, "%s heard %04x%s %u\n", side->name, handle,
                    indication ? " indicated" : "", value[0]);
}

static void confirmed(struct blr_attribute *attr, struct blr_conn *conn, int error, void *user)
{
    struct secure_side *side = user;

    (void)attr;
    (void)conn;
    secure_room_log(side->room, "%s confirmed %s\n", side->name, told_error(error));
}

static void write_cccd(struct secure_gatt *f, unsigned kind, uint8_t bits)
{
    const uint8_t value[2] = {bits, 0};
    const uint16_t handle = (uint16_t)(secure_gatt_handle(f, kind) + 1);

    assert_int_equal(blr_gatt_write(f->room.phone.conn, handle, value, 2, NULL, NULL), 0);
    secure_gatt_run(f);
}

static uint16_t cccd(const struct secure_gatt *f, unsigned kind)
{
    return blr_attribute_cccd(f->attr[kind], f->room.lock.conn);
}

/* The phone hears what comes for a value, whatever it has configured. */
static void listen(struct secure_gatt *f, unsigned kind)
{
    const uint16_t handle = secure_gatt_handle(f, kind);

    /* Its CCCD is "written" to one of another characteristic, so that nothing changes. */
    assert_int_equal(blr_gatt_subscribe(f->room.phone.conn, handle,
                                        (uint16_t)(secure_gatt_handle(f, SECURE_OPEN) + 1), 3,
                                        heard, NULL, &f->room.phone, &subscription),
                     0);
    secure_gatt_run(f);
    secure_room_forget_log(&f->room);
}

static int notify(struct secure_gatt *f, unsigned kind)
{
    return blr_gatt_notify(f->attr[kind], f->room.lock.conn, (const uint8_t[]){7}, 1);
}

static int indicate(struct secure_gatt *f, unsigned kind)
{
    return blr_gatt_indicate(f->attr[kind], f->room.lock.conn, (const uint8_t[]){8}, 1, confirmed,
                             &f->room.lock);
}

/* --- what comes back --- */

static void cccds_come_back(void **state)
{
    struct secure_gatt *f = *state;

    write_cccd(f, SECURE_OPEN, 1);
    secure_gatt_just_works(f); /* what has been configured before becomes the bond's */
    write_cccd(f, SECURE_ENCRYPTED, 2);
    secure_gatt_reconnect(f);
    assert_int_equal(cccd(f, SECURE_OPEN), 1);
    assert_int_equal(cccd(f, SECURE_ENCRYPTED), 2);
    assert_int_equal(cccd(f, SECURE_AUTHENTICATED), 0);
    secure_gatt_encrypt(f);
    assert_int_equal(cccd(f, SECURE_OPEN), 1);
    write_cccd(f, SECURE_OPEN, 0);
    secure_gatt_reconnect(f);
    assert_int_equal(cccd(f, SECURE_OPEN), 0);
    assert_int_equal(cccd(f, SECURE_ENCRYPTED), 2);
}

static void nothing_comes_back_without_a_bond(void **state)
{
    struct secure_gatt *f = *state;

    write_cccd(f, SECURE_OPEN, 1);
    secure_gatt_reconnect(f);
    assert_int_equal(cccd(f, SECURE_OPEN), 0);

    secure_gatt_just_works(f);
    write_cccd(f, SECURE_OPEN, 1);
    blr_bond_delete_all(f->room.lock.host);
    secure_gatt_reconnect(f);
    assert_int_equal(cccd(f, SECURE_OPEN), 0);
}

/* Whoever has the address and not the key changes nothing for good. */
static void an_impostor_changes_nothing(void **state)
{
    struct secure_gatt *f = *state;

    secure_gatt_just_works(f);
    write_cccd(f, SECURE_OPEN, 1);
    secure_gatt_reconnect(f);
    write_cccd(f, SECURE_OPEN, 0);
    assert_int_equal(cccd(f, SECURE_OPEN), 0);
    secure_gatt_reconnect(f);
    assert_int_equal(cccd(f, SECURE_OPEN), 1);
    /* He who has it did, before he encrypted. */
    write_cccd(f, SECURE_OPEN, 2);
    secure_gatt_encrypt(f);
    secure_gatt_reconnect(f);
    assert_int_equal(cccd(f, SECURE_OPEN), 2);
}

static void a_service_that_has_gone_takes_its_cccds(void **state)
{
    struct secure_gatt *f = *state;

    secure_gatt_just_works(f);
    write_cccd(f, SECURE_OPEN, 1);
    secure_room_disconnect(&f->room);
    blr_service_free(f->service);
    secure_room_connect(&f->room);
    secure_gatt_encrypt(f);
    const struct blr_bond *bond = blr_bond_next(f->room.lock.host, NULL);
    assert_int_equal(bond->cccd_count, 1); /* nothing has been written since */
    assert_non_null(f->room.lock.conn);
}

static void pair_with_robust_caching(struct secure_gatt *f)
{
    secure_gatt_just_works(f);
    assert_int_equal(
        blr_gatt_set_client_features(f->room.phone.conn, GATT_CLIENT_ROBUST_CACHING, NULL, NULL),
        0);
    secure_gatt_run(f);
}

static void features_come_back(void **state)
{
    struct secure_gatt *f = *state;
    struct secure_side *phone = &f->room.phone;

    pair_with_robust_caching(f);
    secure_gatt_reconnect(f);
    assert_int_equal(blr_gatt_read(phone->conn, 0x000D, told_value, phone), 0);
    secure_gatt_run(f);
    expect_log(&f->room, "phone read ok [01]\n");
}

/* --- a database that has changed meanwhile --- */

static uint16_t changed_cccd(struct secure_gatt *f)
{
    const struct blr_uuid uuid = blr_uuid16(GATT_UUID_SERVICE_CHANGED);

    for (uint16_t handle = 1; handle < 0x20; handle++) {
        const struct blr_attribute *attr = blr_attribute_find(f->room.lock.host, handle);
        if (attr && blr_uuid_equal(blr_attribute_uuid(attr), &uuid))
            return (uint16_t)(handle + 1);
    }
    return 0;
}

static void add_service(struct secure_gatt *f)
{
    const struct blr_uuid uuid = blr_uuid16(0xFF20);
    struct blr_service *service;

    assert_int_equal(blr_service_new(f->room.lock.host, &uuid, true, 0, &service), 0);
    assert_int_equal(blr_service_publish(service), 0);
}

static void service_changed(void **state)
{
    struct secure_gatt *f = *state;
    struct secure_side *phone = &f->room.phone;
    const uint16_t handle = changed_cccd(f);

    secure_gatt_just_works(f);
    assert_int_equal(blr_gatt_write(phone->conn, handle, (const uint8_t[]){2, 0}, 2, NULL, NULL),
                     0);
    secure_gatt_run(f);
    secure_gatt_reconnect(f);
    secure_gatt_encrypt(f);
    assert_false(blr_bond_next(f->room.lock.host, NULL)->unaware);
    secure_room_disconnect(&f->room);
    add_service(f);
    secure_room_connect(&f->room);
    secure_room_forget_log(&f->room);
    /* It has been indicated and confirmed already; the bond knows when the link is encrypted. */
    secure_gatt_encrypt(f);
    const struct blr_bond *bond = blr_bond_next(f->room.lock.host, NULL);
    uint8_t hash[16];
    assert_false(bond->unaware);
    memcpy(hash, bond->database_hash, sizeof hash);
    add_service(f); /* while it is connected */
    secure_gatt_run(f);
    assert_memory_not_equal(bond->database_hash, hash, sizeof hash);
}

static void out_of_sync_after_a_change(void **state)
{
    struct secure_gatt *f = *state;
    struct secure_side *phone = &f->room.phone;

    pair_with_robust_caching(f);
    secure_room_disconnect(&f->room);
    add_service(f);
    secure_room_connect(&f->room);
    secure_room_forget_log(&f->room);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(
            blr_gatt_read(phone->conn, secure_gatt_handle(f, SECURE_OPEN), told_value, phone), 0);
        secure_gatt_run(f);
    }
    expect_log(&f->room, "phone read Database Out Of Sync []\n"
                         "phone read ok [00]\n");
    secure_gatt_encrypt(f);
    secure_gatt_reconnect(f);
    assert_int_equal(
        blr_gatt_read(phone->conn, secure_gatt_handle(f, SECURE_OPEN), told_value, phone), 0);
    secure_gatt_run(f);
    expect_log(&f->room, "phone read ok [00]\n");
}

/* --- what waits for encryption --- */

/* Who wants both kinds of an encrypted value, on a link that is not. */
static void come_back(struct secure_gatt *f)
{
    secure_gatt_just_works(f);
    write_cccd(f, SECURE_ENCRYPTED, 3);
    secure_gatt_reconnect(f);
    listen(f, SECURE_ENCRYPTED);
}

static void values_wait_for_encryption(void **state)
{
    struct secure_gatt *f = *state;

    come_back(f);
    assert_int_equal(indicate(f, SECURE_ENCRYPTED), 0);
    assert_int_equal(notify(f, SECURE_ENCRYPTED), BLR_ERR_STATE);
    assert_int_equal(indicate(f, SECURE_ENCRYPTED), 0);
    secure_gatt_run(f);
    expect_log(&f->room, "lock changed ok, level 2\n"
                         "phone changed ok, level 2\n"
                         "phone heard 0105 indicated 8\n"
                         "lock confirmed ok\n"
                         "phone heard 0105 indicated 8\n"
                         "lock confirmed ok\n");
    assert_int_equal(notify(f, SECURE_ENCRYPTED), 0);
    secure_gatt_run(f);
    expect_log(&f->room, "phone heard 0105 7\n");
}

static void the_client_has_lost_its_key(void **state)
{
    struct secure_gatt *f = *state;

    come_back(f);
    blr_bond_delete_all(f->room.phone.host);
    f->room.phone.refuses = true;
    assert_int_equal(indicate(f, SECURE_ENCRYPTED), 0);
    secure_gatt_run(f);
    expect_log(&f->room, "phone requested bonding\n"
                         "lock finished Pairing Not Supported\n"
                         "lock confirmed Pairing Not Supported\n");
}

static void nothing_helps(void **state)
{
    struct secure_gatt *f = *state;

    /* Configured by one whose bond was better than the new one. */
    secure_gatt_pair(f, SMP_IO_KEYBOARD_ONLY, SMP_IO_DISPLAY_ONLY, true, 16);
    write_cccd(f, SECURE_AUTHENTICATED, 3);
    write_cccd(f, SECURE_LONG_KEY, 3);
    secure_side_configure(&f->room.phone, SMP_IO_NO_INPUT_NO_OUTPUT, false, true);
    struct blr_security_config config = *blr_security_config_of(f->room.phone.host);
    config.max_key_size = 15;
    assert_int_equal(blr_security_configure(f->room.phone.host, &config), 0);
    blr_bond_delete_all(f->room.lock.host);
    assert_int_equal(blr_security_pair(f->room.phone.conn, NULL, NULL), 0);
    secure_gatt_run(f);
    assert_int_equal(blr_conn_security(f->room.lock.conn), BLR_SECURITY_ENCRYPTED);
    for (unsigned i = 0; i < 2; i++) {
        const unsigned kinds[] = {SECURE_AUTHENTICATED, SECURE_LONG_KEY};
        for (unsigned k = 0; k < 2; k++) {
            assert_int_equal(cccd(f, kinds[k]), 3);
            assert_int_equal(notify(f, kinds[k]), BLR_ERR_STATE);
            assert_int_equal(indicate(f, kinds[k]), BLR_ERR_STATE);
        }
        secure_room_forget_log(&f->room);
        secure_gatt_run(f);
        expect_log(&f->room, "");
        /* Nor is the central asked to encrypt with the bond, of which nothing would come. */
        secure_gatt_reconnect(f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SECURE_GATT(cccds_come_back),
        SECURE_GATT(nothing_comes_back_without_a_bond),
        SECURE_GATT(an_impostor_changes_nothing),
        SECURE_GATT(a_service_that_has_gone_takes_its_cccds),
        SECURE_GATT(features_come_back),
        SECURE_GATT(service_changed),
        SECURE_GATT(out_of_sync_after_a_change),
        SECURE_GATT(values_wait_for_encryption),
        SECURE_GATT(the_client_has_lost_its_key),
        SECURE_GATT(nothing_helps),
    };

    return cmocka_run_group_tests_name("bonded clients", tests, NULL, NULL);
}
