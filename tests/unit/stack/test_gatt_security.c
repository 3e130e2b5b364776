/* SPDX-License-Identifier: MIT */
/*
 * Attributes that ask for security (Core v5.4, Vol 3, Part C, 10.3), and what is kept of a bonded
 * client (Part G, 2.5.2), between two hosts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "rows.h"
#include "secure_gatt.h"

static void read_all(struct secure_gatt *f)
{
    for (unsigned i = 0; i < SECURE_KINDS; i++)
        assert_int_equal(
            blr_gatt_read(f->room.phone.conn, secure_gatt_handle(f, i), told_value, &f->room.phone),
            0);
    secure_gatt_run(f);
}

/* --- Table 10.2 --- */

struct table_row {
    const char *name;
    bool pairs;
    uint8_t phone, lock; /* IO capabilities */
    bool sc;
    uint8_t key_size;
    bool reconnects; /* and then there is a key, but it is not used */
    const char *log;
};

#define OK(n)     "phone read ok [0" #n "]\n"
#define AUTH      "phone read Insufficient Authentication []\n"
#define ENCRYPT   "phone read Insufficient Encryption []\n"
#define KEY_SHORT "phone read Encryption Key Size Too Short []\n"

static const struct table_row table[] = {
    {"not encrypted, no key", false, 0, 0, false, 0, false, OK(0) AUTH AUTH AUTH AUTH},
    {"unauthenticated", true, SMP_IO_NO_INPUT_NO_OUTPUT, SMP_IO_NO_INPUT_NO_OUTPUT, true, 16, false,
     OK(0) OK(1) AUTH AUTH OK(4)},
    {"unauthenticated, a short key", true, SMP_IO_NO_INPUT_NO_OUTPUT, SMP_IO_NO_INPUT_NO_OUTPUT,
     true, 7, false, OK(0) OK(1) AUTH AUTH KEY_SHORT},
    {"authenticated, legacy", true, SMP_IO_KEYBOARD_ONLY, SMP_IO_DISPLAY_ONLY, false, 16, false,
     OK(0) OK(1) OK(2) AUTH OK(4)},
    {"authenticated, a short key", true, SMP_IO_KEYBOARD_ONLY, SMP_IO_DISPLAY_ONLY, true, 15, false,
     OK(0) OK(1) OK(2) AUTH KEY_SHORT},
    {"authenticated, Secure Connections", true, SMP_IO_KEYBOARD_ONLY, SMP_IO_DISPLAY_ONLY, true, 16,
     false, OK(0) OK(1) OK(2) OK(3) OK(4)},
    {"not encrypted, an unauthenticated key", true, SMP_IO_NO_INPUT_NO_OUTPUT,
     SMP_IO_NO_INPUT_NO_OUTPUT, true, 16, true, OK(0) ENCRYPT ENCRYPT ENCRYPT ENCRYPT},
    {"not encrypted, an authenticated key", true, SMP_IO_KEYBOARD_ONLY, SMP_IO_DISPLAY_ONLY, true,
     16, true, OK(0) ENCRYPT ENCRYPT ENCRYPT ENCRYPT},
};

static void test_table(void **state)
{
    const struct table_row *row = *state;
    struct secure_gatt *f;

    secure_gatt_setup((void **)&f);
    if (row->pairs)
        secure_gatt_pair(f, row->phone, row->lock, row->sc, row->key_size);
    if (row->reconnects)
        secure_gatt_reconnect(f);
    read_all(f);
    expect_log(&f->room, row->log);
    secure_gatt_teardown((void **)&f);
}

/* --- every way to a value --- */

static void every_way_is_barred(void **state)
{
    struct secure_gatt *f = *state;
    struct secure_side *phone = &f->room.phone;
    const uint16_t open_first[] = {secure_gatt_handle(f, SECURE_OPEN),
                                   secure_gatt_handle(f, SECURE_ENCRYPTED)};
    const uint8_t value[40] = {9};
    const struct blr_uuid uuid = blr_uuid16(0xFF02);

    assert_int_equal(
        blr_gatt_read_long(phone->conn, secure_gatt_handle(f, SECURE_ENCRYPTED), told_value, phone),
        0);
    assert_int_equal(blr_gatt_read_by_uuid(phone->conn, 1, 0xFFFF, &uuid, told_value, phone), 0);
    assert_int_equal(blr_gatt_read_multiple(phone->conn, open_first, 2, told_value, phone), 0);
    assert_int_equal(blr_gatt_write(phone->conn, secure_gatt_handle(f, SECURE_ENCRYPTED), value, 1,
                                    told_done, phone),
                     0);
    assert_int_equal(blr_gatt_write_long(phone->conn, secure_gatt_handle(f, SECURE_ENCRYPTED),
                                         value, 40, told_done, phone),
                     0);
    assert_int_equal(blr_gatt_write_without_response(
                         phone->conn, secure_gatt_handle(f, SECURE_ENCRYPTED), value, 1),
                     0);
    /* The CCCD tells what is configured, and lets it be configured by who may read. */
    assert_int_equal(blr_gatt_read(phone->conn,
                                   (uint16_t)(secure_gatt_handle(f, SECURE_ENCRYPTED) + 1),
                                   told_value, phone),
                     0);
    assert_int_equal(blr_gatt_write(phone->conn,
                                    (uint16_t)(secure_gatt_handle(f, SECURE_ENCRYPTED) + 1),
                                    (const uint8_t[]){1, 0}, 2, told_done, phone),
                     0);
    secure_gatt_run(f);
    expect_log(&f->room, "phone read Insufficient Authentication []\n"
                         "phone read Insufficient Authentication []\n"
                         "phone read Insufficient Authentication []\n"
                         "phone done Insufficient Authentication\n"
                         "phone done Insufficient Authentication\n"
                         "phone read ok [00 00]\n"
                         "phone done Insufficient Authentication\n");
    size_t len;
    assert_int_equal(blr_attribute_value(f->attr[SECURE_ENCRYPTED], &len)[0], SECURE_ENCRYPTED);
    assert_int_equal(len, 1);
}

static uint8_t count_asked(struct blr_attribute *attr, struct blr_conn *conn, void *user)
{
    (void)attr;
    (void)conn;
    ++*(unsigned *)user;
    return 0;
}

/* The application is asked about clients who have what the link must have, and no others. */
static void authorization_comes_behind(void **state)
{
    static const struct blr_attribute_callbacks callbacks = {.authorize = count_asked};
    struct secure_gatt *f = *state;
    struct secure_side *phone = &f->room.phone;
    unsigned asked = 0;
    const struct blr_uuid uuid = blr_uuid16(0xFF10);
    const struct blr_characteristic_def def = {
        .uuid = blr_uuid16(0xFF11),
        .properties = GATT_PROP_READ | GATT_PROP_WRITE,
        .permissions = BLR_PERM_READ | BLR_PERM_WRITE | BLR_PERM_AUTHORIZATION,
        .read_level = BLR_SECURITY_ENCRYPTED,
        .write_level = BLR_SECURITY_ENCRYPTED,
        .callbacks = &callbacks,
        .user = &asked,
    };
    struct blr_service *service;
    struct blr_attribute *attr;

    assert_int_equal(blr_service_new(f->room.lock.host, &uuid, true, 0, &service), 0);
    assert_int_equal(blr_service_add_characteristic(service, &def, &attr), 0);
    assert_int_equal(blr_service_publish(service), 0);
    const uint16_t handle = blr_attribute_handle(attr);
    for (unsigned encrypted = 0; encrypted < 2; encrypted++) {
        assert_int_equal(blr_gatt_read(phone->conn, handle, NULL, NULL), 0);
        assert_int_equal(blr_gatt_write(phone->conn, handle, (const uint8_t[]){1}, 1, NULL, NULL),
                         0);
        secure_gatt_run(f);
        assert_int_equal(asked, encrypted ? 2 : 0);
        secure_gatt_just_works(f);
    }
}

/* Who could not read the value for want of octets is not sent it either. */
static void a_short_key_subscribes_to_nothing(void **state)
{
    struct secure_gatt *f = *state;
    struct secure_side *phone = &f->room.phone;
    const uint16_t cccd = (uint16_t)(secure_gatt_handle(f, SECURE_LONG_KEY) + 1);

    secure_gatt_pair(f, SMP_IO_NO_INPUT_NO_OUTPUT, SMP_IO_NO_INPUT_NO_OUTPUT, true, 15);
    assert_int_equal(
        blr_gatt_write(phone->conn, cccd, (const uint8_t[]){1, 0}, 2, told_done, phone), 0);
    secure_gatt_run(f);
    expect_log(&f->room, "phone done Encryption Key Size Too Short\n");
    assert_int_equal(blr_attribute_cccd(f->attr[SECURE_LONG_KEY], f->room.lock.conn), 0);
}

static void definitions(void **state)
{
    struct secure_gatt *f = *state;
    const struct blr_uuid uuid = blr_uuid16(0xFF10);
    struct blr_characteristic_def def = {.uuid = uuid, .properties = GATT_PROP_READ};
    struct blr_descriptor_def descriptor = {.uuid = uuid};
    struct blr_service *service;

    assert_int_equal(blr_service_new(f->room.lock.host, &uuid, true, 0, &service), 0);
    def.read_level = 5;
    assert_int_equal(blr_service_add_characteristic(service, &def, NULL), BLR_ERR_INVALID);
    def.read_level = 0;
    def.key_size = 7;
    assert_int_equal(blr_service_add_characteristic(service, &def, NULL), BLR_ERR_INVALID);
    def.write_level = 2;
    def.key_size = 17;
    assert_int_equal(blr_service_add_characteristic(service, &def, NULL), BLR_ERR_INVALID);
    def.key_size = 16;
    assert_int_equal(blr_service_add_characteristic(service, &def, NULL), 0);
    descriptor.write_level = 9;
    assert_int_equal(blr_service_add_descriptor(service, &descriptor, NULL), BLR_ERR_INVALID);
    descriptor.write_level = 4;
    assert_int_equal(blr_service_add_descriptor(service, &descriptor, NULL), 0);
    blr_service_free(service);
}

/* --- the client raises by itself --- */

static void be_automatic(struct secure_gatt *f)
{
    struct blr_security_config config = *blr_security_config_of(f->room.phone.host);

    config.automatic = true;
    assert_int_equal(blr_security_configure(f->room.phone.host, &config), 0);
}

static void automatic_pairing(void **state)
{
    struct secure_gatt *f = *state;

    secure_side_configure(&f->room.phone, SMP_IO_KEYBOARD_ONLY, false, true);
    secure_side_configure(&f->room.lock, SMP_IO_DISPLAY_ONLY, false, true);
    be_automatic(f);
    read_all(f);
    expect_log(&f->room, "phone read ok [00]\n"
                         "lock requested bonding\n"
                         "lock changed ok, level 2\n"
                         "phone changed ok, level 2\n"
                         "phone finished ok just_works sc 16 bonded\n"
                         "lock finished ok just_works sc 16 bonded\n"
                         "phone read ok [01]\n"
                         "lock requested bonding mitm\n"
                         "lock shows a passkey\n"
                         "phone is asked for a passkey\n"
                         "lock changed ok, level 4\n"
                         "phone changed ok, level 4\n"
                         "phone finished ok passkey sc authenticated 16 bonded\n"
                         "lock finished ok passkey sc authenticated 16 bonded\n"
                         "phone read ok [02]\n"
                         "phone read ok [03]\n"
                         "phone read ok [04]\n");
    secure_gatt_reconnect(f);
    read_all(f);
    expect_log(&f->room, "phone read ok [00]\n"
                         "lock changed ok, level 4\n"
                         "phone changed ok, level 4\n"
                         "phone read ok [01]\n"
                         "phone read ok [02]\n"
                         "phone read ok [03]\n"
                         "phone read ok [04]\n");
}

static void automatic_pairing_fails(void **state)
{
    struct secure_gatt *f = *state;

    f->room.lock.refuses = true;
    be_automatic(f);
    assert_int_equal(blr_gatt_read(f->room.phone.conn, secure_gatt_handle(f, SECURE_ENCRYPTED),
                                   told_value, &f->room.phone),
                     0);
    secure_gatt_run(f);
    expect_log(&f->room, "lock requested bonding\n"
                         "phone finished Pairing Not Supported\n"
                         "phone read Insufficient Authentication []\n");
}

static void automatic_long_write(void **state)
{
    struct secure_gatt *f = *state;
    struct secure_side *phone = &f->room.phone;
    const struct blr_gatt_write_item items[] = {
        {secure_gatt_handle(f, SECURE_OPEN), (const uint8_t[40]){1}, 40},
        {secure_gatt_handle(f, SECURE_ENCRYPTED), (const uint8_t[40]){2}, 40},
    };
    size_t len;

    be_automatic(f);
    assert_int_equal(blr_gatt_write_reliable(phone->conn, items, 2, told_done, phone), 0);
    secure_gatt_run(f);
    assert_non_null(strstr(f->room.log, "phone done ok"));
    assert_int_equal(blr_attribute_value(f->attr[SECURE_OPEN], &len)[0], 1);
    assert_int_equal(blr_attribute_value(f->attr[SECURE_ENCRYPTED], &len)[0], 2);
    assert_int_equal(len, 40);
}

static void cancelled_while_it_pairs(void **state)
{
    struct secure_gatt *f = *state;
    struct secure_side *phone = &f->room.phone;
    const struct blr_gatt_write_item items[] = {
        {secure_gatt_handle(f, SECURE_OPEN), (const uint8_t[40]){1}, 40},
        {secure_gatt_handle(f, SECURE_ENCRYPTED), (const uint8_t[40]){2}, 40},
    };

    be_automatic(f);
    assert_int_equal(blr_gatt_write_reliable(phone->conn, items, 2, told_done, phone), 0);
    assert_int_equal(
        blr_gatt_read(phone->conn, secure_gatt_handle(f, SECURE_OPEN), told_value, &f->room.lock),
        0);
    while (!strstr(f->room.log, "requested"))
        secure_room_run(&f->room, SIM_MS(1));
    secure_room_forget_log(&f->room);
    assert_int_equal(blr_gatt_cancel(phone->conn, phone), 1);
    expect_log(&f->room, "phone done Cancelled\n");
    secure_gatt_run(f);
    expect_log(&f->room, "lock changed ok, level 2\n"
                         "phone changed ok, level 2\n"
                         "phone finished ok just_works sc 16 bonded\n"
                         "lock finished ok just_works sc 16 bonded\n"
                         "lock read ok [00]\n");
}

static void what_was_queued_is_taken_back(void **state)
{
    struct secure_gatt *f = *state;
    struct secure_side *phone = &f->room.phone;
    size_t len;

    cancelled_while_it_pairs(state);
    assert_int_equal(blr_gatt_write_long(phone->conn, secure_gatt_handle(f, SECURE_ENCRYPTED),
                                         (const uint8_t[40]){3}, 40, told_done, phone),
                     0);
    secure_gatt_run(f);
    expect_log(&f->room, "phone done ok\n");
    assert_int_equal(blr_attribute_value(f->attr[SECURE_ENCRYPTED], &len)[0], 3);
    assert_int_equal(blr_attribute_value(f->attr[SECURE_OPEN], &len)[0], 0);
    assert_int_equal(len, 1);
}

static void the_link_goes_while_it_pairs(void **state)
{
    struct secure_gatt *f = *state;

    secure_side_configure(&f->room.phone, SMP_IO_KEYBOARD_ONLY, true, true);
    secure_side_configure(&f->room.lock, SMP_IO_DISPLAY_ONLY, true, true);
    be_automatic(f);
    f->room.phone.silent = true;
    read_all(f);
    secure_room_forget_log(&f->room);
    assert_int_equal(blr_gap_disconnect(f->room.phone.conn, 0x13), 0);
    secure_gatt_run(f);
    assert_non_null(strstr(f->room.log, "phone finished Not connected\n"
                                        "phone read Insufficient Authentication []\n"));
    assert_non_null(strstr(f->room.log, "phone read Not connected []\n"
                                        "phone read Not connected []\n"
                                        "phone read Not connected []\n"
                                        "phone disconnected 16\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SECURE_GATT(every_way_is_barred),
        SECURE_GATT(authorization_comes_behind),
        SECURE_GATT(a_short_key_subscribes_to_nothing),
        SECURE_GATT(definitions),
        SECURE_GATT(automatic_pairing),
        SECURE_GATT(automatic_pairing_fails),
        SECURE_GATT(automatic_long_write),
        SECURE_GATT(cancelled_while_it_pairs),
        SECURE_GATT(what_was_queued_is_taken_back),
        SECURE_GATT(the_link_goes_while_it_pairs),
    };

    return RUN_ROWS(table, test_table) +
           cmocka_run_group_tests_name("attributes", tests, NULL, NULL);
}
