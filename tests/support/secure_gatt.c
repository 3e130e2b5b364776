/* SPDX-License-Identifier: MIT */
#include "secure_gatt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void subscribed(struct blr_attribute *attr, struct blr_conn *conn, uint16_t cccd, void *user)
{
    struct secure_gatt *f = user;

    (void)conn;
    secure_room_log(&f->room, "lock subscribed %04x %u\n", blr_attribute_handle(attr), cccd);
}

static const struct blr_attribute_callbacks callbacks = {.subscribed = subscribed};

static void build(struct secure_gatt *f)
{
    static const struct {
        uint8_t level, key_size;
    } kinds[SECURE_KINDS] = {
        {0, 0},
        {BLR_SECURITY_ENCRYPTED, 0},
        {BLR_SECURITY_AUTHENTICATED, 0},
        {BLR_SECURITY_AUTHENTICATED_SC, 0},
        {BLR_SECURITY_ENCRYPTED, 16},
    };
    const struct blr_uuid uuid = blr_uuid16(0xFF00);

    assert_int_equal(blr_service_new(f->room.lock.host, &uuid, true, 0x0100, &f->service), 0);
    for (unsigned i = 0; i < SECURE_KINDS; i++) {
        const uint8_t value = (uint8_t)i;
        const struct blr_characteristic_def def = {
            .uuid = blr_uuid16((uint16_t)(0xFF01 + i)),
            .properties = GATT_PROP_READ | GATT_PROP_WRITE | GATT_PROP_NOTIFY | GATT_PROP_INDICATE,
            .read_level = kinds[i].level,
            .write_level = kinds[i].level,
            .key_size = kinds[i].key_size,
            .value = &value,
            .value_len = 1,
            .callbacks = &callbacks,
            .user = f,
        };
        assert_int_equal(blr_service_add_characteristic(f->service, &def, &f->attr[i]), 0);
    }
    assert_int_equal(blr_service_publish(f->service), 0);
}

int secure_gatt_setup(void **state)
{
    struct secure_gatt *f = calloc(1, sizeof *f);

    assert_non_null(f);
    secure_room_open(&f->room, 3);
    build(f);
    secure_room_connect(&f->room);
    *state = f;
    return 0;
}

int secure_gatt_teardown(void **state)
{
    struct secure_gatt *f = *state;

    secure_room_close(&f->room);
    free(f);
    return 0;
}

uint16_t secure_gatt_handle(const struct secure_gatt *f, unsigned kind)
{
    return blr_attribute_handle(f->attr[kind]);
}

void secure_gatt_run(struct secure_gatt *f)
{
    secure_room_run(&f->room, SIM_S(3));
}

void secure_gatt_pair(struct secure_gatt *f, uint8_t phone, uint8_t lock, bool sc,
                      uint8_t max_key_size)
{
    struct blr_security_config config;

    secure_side_configure(&f->room.phone, phone, phone != SMP_IO_NO_INPUT_NO_OUTPUT, sc);
    secure_side_configure(&f->room.lock, lock, false, sc);
    config = *blr_security_config_of(f->room.phone.host);
    config.max_key_size = max_key_size;
    assert_int_equal(blr_security_configure(f->room.phone.host, &config), 0);
    assert_int_equal(blr_security_pair(f->room.phone.conn, NULL, NULL), 0);
    secure_gatt_run(f);
    assert_true(blr_conn_encrypted(f->room.lock.conn));
    secure_room_forget_log(&f->room);
}

void secure_gatt_just_works(struct secure_gatt *f)
{
    secure_gatt_pair(f, SMP_IO_NO_INPUT_NO_OUTPUT, SMP_IO_NO_INPUT_NO_OUTPUT, true, 16);
}

void secure_gatt_reconnect(struct secure_gatt *f)
{
    secure_room_reconnect(&f->room);
}

void secure_gatt_encrypt(struct secure_gatt *f)
{
    assert_int_equal(blr_security_raise(f->room.phone.conn, BLR_SECURITY_ENCRYPTED, NULL, NULL), 0);
    secure_gatt_run(f);
    assert_true(blr_conn_encrypted(f->room.lock.conn));
    secure_room_forget_log(&f->room);
}
