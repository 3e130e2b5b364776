/* SPDX-License-Identifier: MIT */
/* Dynamic values, configuration per client and notifications. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "gatt_value_host.h"

/* --- dynamic values --- */

static void test_read_callback(void **state)
{
    struct fixture *f = *state;

    f->reads_as = "one";
    att_end_hear(&f->end, "0A 1200");
    assert_att_sent(&f->end, "0B 6F6E65");
    f->reads_as = "three";
    att_end_hear(&f->end, "0C 1200 0200");
    assert_att_sent(&f->end, "0D 726565");
    att_end_hear(&f->end, "08 0100 FFFF 372A");
    assert_att_sent(&f->end, "09 07 1200 7468726565");
    att_end_hear(&f->end, "06 0100 FFFF 372A 7468726565");
    assert_att_sent(&f->end, "07 1200 1200");
    assert_int_equal(f->reads, 4);
    f->refuse = 0x9F;
    att_end_hear(&f->end, "0A 1200");
    assert_att_sent(&f->end, "01 0A 1200 9F");
}

static void test_write_callback(void **state)
{
    struct fixture *f = *state;
    size_t len;

    att_end_hear(&f->end, "12 1200 6162");
    assert_att_sent(&f->end, "13");
    assert_int_equal(f->written_len, 2);
    assert_memory_equal(f->written, "ab", 2);
    assert_memory_equal(blr_attribute_value(f->attr, &len), "ab", 2);
    f->refuse = 0x80;
    att_end_hear(&f->end, "12 1200 63");
    assert_att_sent(&f->end, "01 12 1200 80");
    assert_memory_equal(blr_attribute_value(f->attr, &len), "ab", 2);
    assert_int_equal(len, 2);
    att_end_hear(&f->end, "52 1200 63");
    assert_att_sent(&f->end, "");
    assert_int_equal(f->writes, 3);
    /* What the client wrote counts, whatever the callback set before. */
    f->refuse = 0;
    f->set_own = true;
    att_end_hear(&f->end, "12 1200 64");
    assert_att_sent(&f->end, "13");
    assert_memory_equal(blr_attribute_value(f->attr, &len), "d", 1);
    assert_int_equal(len, 1);
}

static void test_authorization(void **state)
{
    struct fixture *f = *state;

    blr_service_free(f->service);
    build(f, BLR_PERM_READ | BLR_PERM_AUTHORIZATION);
    att_end_hear(&f->end, "0A 1200");
    assert_att_sent(&f->end, "0B");
    assert_int_equal(f->authorized, 1);
    f->refuse = ATT_ERR_INSUFFICIENT_AUTHORIZATION;
    att_end_hear(&f->end, "0C 1200 FFFF"); /* not Invalid Offset */
    assert_att_sent(&f->end, "01 0C 1200 08");
    att_end_hear(&f->end, "12 1200 00"); /* not Write Not Permitted */
    assert_att_sent(&f->end, "01 12 1200 08");
    assert_int_equal(f->reads, 1);
    f->refuse = 0;
    att_end_hear(&f->end, "12 1200 00");
    assert_att_sent(&f->end, "01 12 1200 03");
    assert_int_equal(f->writes, 0);
    blr_service_free(f->service);
    build(f, BLR_PERM_WRITE | BLR_PERM_AUTHORIZATION);
    att_end_hear(&f->end, "0A 1200");
    assert_att_sent(&f->end, "01 0A 1200 02");
    f->refuse = ATT_ERR_INSUFFICIENT_AUTHORIZATION;
    att_end_hear(&f->end, "0A 1200"); /* not Read Not Permitted */
    assert_att_sent(&f->end, "01 0A 1200 08");
}

/* --- callbacks that change the world --- */

static void test_service_removed_while_read(void **state)
{
    struct fixture *f = *state;

    f->remove_service = true;
    att_end_hear(&f->end, "0A 1200");
    assert_att_sent(&f->end, "01 0A 1200 01");
    build(f, 0);
    f->remove_service = true;
    att_end_hear(&f->end, "0E 1200 1200");
    assert_att_sent(&f->end, "01 0E 1200 01");
    build(f, 0);
    f->remove_service = true;
    att_end_hear(&f->end, "08 0100 FFFF 372A");
    assert_att_sent(&f->end, "01 08 1200 01");
    build(f, 0);
    f->remove_service = true;
    att_end_hear(&f->end, "06 0100 FFFF 372A");
    assert_att_sent(&f->end, "01 06 0100 0A");
}

static void test_service_removed_while_written(void **state)
{
    struct fixture *f = *state;

    f->remove_service = true;
    att_end_hear(&f->end, "12 1200 00");
    assert_att_sent(&f->end, "13");
    att_end_hear(&f->end, "0A 1200");
    assert_att_sent(&f->end, "01 0A 1200 01");
    build(f, BLR_PERM_READ | BLR_PERM_AUTHORIZATION);
    f->remove_service = true;
    att_end_hear(&f->end, "0A 1200");
    assert_att_sent(&f->end, "01 0A 1200 01");
    build(f, 0);
    f->remove_service = true;
    att_end_hear(&f->end, "12 1300 0100");
    assert_att_sent(&f->end, "13");
    assert_int_equal(f->subscribed, 1);
    assert_int_equal(f->end.conn.bearer->server.cccd_count, 0);
}

static void test_link_lost_in_a_callback(void **state)
{
    static const char *const requests[] = {"0A 1200",           "12 1200 00",   "0E 1200 1200",
                                           "08 0100 FFFF 372A", "12 1300 0100", "52 1200 00"};
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        f->disconnect = true;
        att_end_hear(&f->end, requests[i]);
        assert_false(f->disconnect);
        att_end_connect(&f->end, 100);
    }
}

/* --- configuration --- */

static void test_configured_per_client(void **state)
{
    struct fixture *f = *state;

    att_end_hear(&f->end, "12 1300 0100");
    assert_att_sent(&f->end, "13");
    assert_int_equal(blr_attribute_cccd(f->attr, &f->end.conn), 1);
    assert_int_equal(blr_attribute_cccd(f->attr, &f->other.conn), 0);
    att_end_hear(&f->other, "0A 1300");
    assert_att_sent(&f->other, "0B 0000");
    att_end_hear(&f->other, "12 1300 0200");
    assert_att_sent(&f->other, "13");
    att_end_hear(&f->end, "0A 1300");
    assert_att_sent(&f->end, "0B 0100");
    /* Reset when the link goes; the other's stays. */
    att_end_disconnect(&f->end);
    att_end_connect(&f->end, 100);
    assert_int_equal(blr_attribute_cccd(f->attr, &f->end.conn), 0);
    assert_int_equal(blr_attribute_cccd(f->attr, &f->other.conn), 2);
}

static void test_many_cccds(void **state)
{
    struct fixture *f = *state;
    struct blr_service *service;
    struct blr_attribute *attrs[9];
    const struct blr_uuid uuid = blr_uuid16(1);
    char hex[32];

    assert_int_equal(blr_service_new(&f->end.host, &uuid, true, 0x0020, &service), 0);
    for (unsigned i = 0; i < 9; i++) {
        const struct blr_characteristic_def def = {
            .uuid = uuid,
            .properties = GATT_PROP_NOTIFY,
            .handle = (uint16_t)(0x0030 + 3 * i),
        };
        assert_int_equal(blr_service_add_characteristic(service, &def, &attrs[i]), 0);
    }
    assert_int_equal(blr_service_publish(service), 0);
    att_end_hear(&f->end, "12 1300 0300");
    assert_att_sent(&f->end, "13");
    for (unsigned i = 0; i < 9; i++) {
        snprintf(hex, sizeof hex, "12 %02X00 0100", 0x31 + 3 * i);
        att_end_hear(&f->end, hex);
        assert_att_sent(&f->end, "13");
    }
    att_end_hear(&f->end, "12 3400 0000");
    assert_att_sent(&f->end, "13");
    for (unsigned i = 0; i < 9; i++)
        assert_int_equal(blr_attribute_cccd(attrs[i], &f->end.conn), i == 1 ? 0 : 1);
    blr_service_free(service);
    assert_int_equal(f->end.conn.bearer->server.cccd_count, 1);
    assert_int_equal(blr_attribute_cccd(f->attr, &f->end.conn), 3);
}

/* --- notifications --- */

static void test_notify(void **state)
{
    struct fixture *f = *state;
    size_t len;

    assert_int_equal(notify(f, &f->end.conn, "a"), BLR_ERR_STATE);
    assert_int_equal(notify(f, NULL, "a"), 0);
    assert_att_sent(&f->end, "");
    att_end_hear(&f->end, "12 1300 0100");
    assert_att_sent(&f->end, "13");
    att_end_hear(&f->other, "12 1300 0200"); /* indications only */
    assert_att_sent(&f->other, "13");
    assert_int_equal(notify(f, &f->end.conn, "a"), 0);
    assert_att_sent(&f->end, "1B 1200 61");
    assert_int_equal(notify(f, &f->other.conn, "a"), BLR_ERR_STATE);
    att_end_hear(&f->other, "12 1300 0300");
    assert_att_sent(&f->other, "13");
    assert_int_equal(notify(f, NULL, "b"), 0);
    assert_att_sent(&f->end, "1B 1200 62");
    assert_att_sent(&f->other, "1B 1200 62");
    assert_int_equal(notify(f, NULL, ""), 0);
    assert_att_sent(&f->end, "1B 1200");
    blr_attribute_value(f->attr, &len);
    assert_int_equal(len, 0);
    /* One of several is full: the others are served. */
    att_end_make_room(&f->end, 0);
    f->end.send_error = BLR_ERR_NOT_CONNECTED;
    assert_int_equal(notify(f, NULL, "c"), BLR_ERR_NOT_CONNECTED);
    assert_att_sent(&f->other, "1B 1200");
    assert_att_sent(&f->other, "1B 1200 63");
}

static void test_notify_cuts(void **state)
{
    struct fixture *f = *state;
    uint8_t value[513];

    memset(value, 0xAA, sizeof value);
    att_end_hear(&f->end, "12 1300 0300");
    assert_att_sent(&f->end, "13");
    assert_int_equal(blr_gatt_notify(f->attr, NULL, value, 512), 0);
    assert_int_equal(f->end.sent[0].len, 23);
    assert_att_sent(&f->end, "1B 1200 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    assert_int_equal(blr_gatt_notify(f->attr, NULL, value, 513), BLR_ERR_TOO_LONG);
    assert_int_equal(blr_gatt_indicate(f->attr, &f->end.conn, value, 512, NULL, NULL), 0);
    assert_int_equal(f->end.sent[0].len, 23);
    assert_int_equal(blr_gatt_indicate(f->attr, &f->end.conn, value, 513, NULL, NULL),
                     BLR_ERR_TOO_LONG);
}

static void test_what_cannot_be_notified(void **state)
{
    struct fixture *f = *state;
    struct blr_attribute *name = blr_attribute_find(&f->end.host, 3);
    struct blr_attribute *cccd = blr_attribute_find(&f->end.host, VALUE + 1);
    struct blr_conn stranger = {0};

    assert_int_equal(blr_gatt_notify(name, NULL, NULL, 0), BLR_ERR_INVALID);
    assert_int_equal(blr_gatt_notify(cccd, NULL, NULL, 0), BLR_ERR_INVALID);
    assert_int_equal(blr_gatt_notify(f->attr, &stranger, NULL, 0), BLR_ERR_NOT_CONNECTED);
    assert_int_equal(blr_gatt_indicate(name, &f->end.conn, NULL, 0, NULL, NULL), BLR_ERR_INVALID);
    assert_int_equal(blr_gatt_indicate(f->attr, &stranger, NULL, 0, NULL, NULL),
                     BLR_ERR_NOT_CONNECTED);
    assert_int_equal(blr_gatt_indicate(f->attr, NULL, NULL, 0, NULL, NULL), BLR_ERR_NOT_CONNECTED);
    assert_int_equal(blr_gatt_indicate(f->attr, &f->end.conn, NULL, 0, NULL, NULL), BLR_ERR_STATE);
    /* Before it is published. */
    struct blr_service *service;
    struct blr_attribute *attr;
    const struct blr_uuid uuid = blr_uuid16(1);
    const struct blr_characteristic_def def = {.uuid = uuid, .properties = GATT_PROP_NOTIFY};
    assert_int_equal(blr_service_new(&f->end.host, &uuid, true, 0, &service), 0);
    assert_int_equal(blr_service_add_characteristic(service, &def, &attr), 0);
    assert_int_equal(blr_gatt_notify(attr, NULL, NULL, 0), BLR_ERR_STATE);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_read_callback),
        TEST(test_write_callback),
        TEST(test_authorization),
        TEST(test_service_removed_while_read),
        TEST(test_service_removed_while_written),
        TEST(test_link_lost_in_a_callback),
        TEST(test_configured_per_client),
        TEST(test_many_cccds),
        TEST(test_notify),
        TEST(test_notify_cuts),
        TEST(test_what_cannot_be_notified),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
