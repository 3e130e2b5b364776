/* SPDX-License-Identifier: MIT */
/* The client's procedures against our own server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "att.h"
#include "gatt_pair.h"

struct fixture {
    struct gatt_pair pair; /* first, for the teardown */
    unsigned done;
    int error;
    size_t count;
    uint16_t mtu;
    struct blr_gatt_service services[16];
    struct blr_gatt_characteristic characteristics[16];
    struct blr_gatt_descriptor descriptors[64];
    uint8_t value[600];
    size_t len;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    struct fixture *f = &fixture;

    memset(f, 0, sizeof *f);
    gatt_pair_open(&f->pair, 247, 100);
    *state = f;
    return 0;
}

static void note(struct fixture *f, const struct blr_conn *conn, int error, size_t count)
{
    assert_ptr_equal(conn, &f->pair.client.conn);
    f->done++;
    f->error = error;
    f->count = count;
    if (error)
        assert_int_equal(count, 0);
}

static void on_mtu(struct blr_conn *conn, int error, uint16_t mtu, void *user)
{
    struct fixture *f = user;

    note(f, conn, error, 0);
    f->mtu = mtu;
}

static void on_services(struct blr_conn *conn, int error, const struct blr_gatt_service *services,
                        size_t count, void *user)
{
    struct fixture *f = user;

    note(f, conn, error, count);
    assert_in_range(count, 0, 16);
    if (count)
        memcpy(f->services, services, count * sizeof *services);
}

static void on_characteristics(struct blr_conn *conn, int error,
                               const struct blr_gatt_characteristic *items, size_t count,
                               void *user)
{
    struct fixture *f = user;

    note(f, conn, error, count);
    assert_in_range(count, 0, 16);
    if (count)
        memcpy(f->characteristics, items, count * sizeof *items);
}

static void on_descriptors(struct blr_conn *conn, int error,
                           const struct blr_gatt_descriptor *items, size_t count, void *user)
{
    struct fixture *f = user;

    note(f, conn, error, count);
    assert_in_range(count, 0, 64);
    if (count)
        memcpy(f->descriptors, items, count * sizeof *items);
}

static void on_value(struct blr_conn *conn, int error, const uint8_t *value, size_t len, void *user)
{
    struct fixture *f = user;

    note(f, conn, error, 0);
    f->len = len;
    assert_in_range(len, 0, sizeof f->value);
    if (len)
        memcpy(f->value, value, len);
}

static void on_done(struct blr_conn *conn, int error, void *user)
{
    note(user, conn, error, 0);
}

/* Lets both sides talk; one operation is done, with that result. */
static void run(struct fixture *f, int error)
{
    f->done = 0;
    gatt_pair_run(&f->pair);
    assert_int_equal(f->done, 1);
    assert_int_equal(f->error, error);
}

static void exchange_mtu(struct fixture *f)
{
    assert_int_equal(blr_gatt_exchange_mtu(&f->pair.client.conn, on_mtu, f), 0);
    run(f, 0);
}

/* --- against our own server --- */

static void test_exchange_mtu(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(blr_gatt_mtu(&f->pair.client.conn), 23);
    exchange_mtu(f);
    assert_int_equal(f->mtu, 100);
    assert_int_equal(blr_gatt_mtu(&f->pair.client.conn), 100);
    assert_int_equal(blr_gatt_mtu(&f->pair.server.conn), 100);
    assert_int_equal(blr_gatt_exchange_mtu(&f->pair.client.conn, on_mtu, f), BLR_ERR_STATE);
    /* The other side asks as well. */
    assert_int_equal(blr_gatt_exchange_mtu(&f->pair.server.conn, NULL, NULL), 0);
    gatt_pair_run(&f->pair);
    assert_int_equal(blr_gatt_mtu(&f->pair.client.conn), 100);
    assert_int_equal(blr_gatt_mtu(&f->pair.server.conn), 100);
    /* A new link begins anew. */
    att_end_disconnect(&f->pair.client);
    att_end_connect(&f->pair.client, 50);
    assert_int_equal(blr_gatt_mtu(&f->pair.client.conn), 23);
    assert_int_equal(blr_gatt_exchange_mtu(&f->pair.client.conn, NULL, NULL), 0);
}

static void test_both_exchange_at_once(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(blr_gatt_exchange_mtu(&f->pair.client.conn, on_mtu, f), 0);
    assert_int_equal(blr_gatt_exchange_mtu(&f->pair.server.conn, NULL, NULL), 0);
    run(f, 0);
    assert_int_equal(blr_gatt_mtu(&f->pair.client.conn), 100);
    assert_int_equal(blr_gatt_mtu(&f->pair.server.conn), 100);
}

static void test_discover_services(void **state)
{
    static const uint16_t ranges[][2] = {{1, 7}, {8, 15}, {0x10, 0x14}, {0x20, 0x2B}};
    struct fixture *f = *state;

    assert_int_equal(blr_gatt_discover_services(&f->pair.client.conn, NULL, on_services, f), 0);
    run(f, 0);
    assert_int_equal(f->count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(f->services[i].start, ranges[i][0]);
        assert_int_equal(f->services[i].end, ranges[i][1]);
    }
    assert_int_equal(blr_uuid_as_u16(&f->services[2].uuid), 0x180F);
    assert_int_equal(f->services[3].uuid.size, 16);
    assert_int_equal(f->services[3].uuid.octet[15], 15);
}

/* As few requests as may be: three services, one service, no more. */
static void test_discovery_is_frugal(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(blr_gatt_discover_services(&f->pair.client.conn, NULL, on_services, f), 0);
    assert_att_sent(&f->pair.client, "10 0100 FFFF 0028");
    att_end_hear(&f->pair.client, "11 06 0100 0500 0018 0800 0800 0118 1000 1400 0F18");
    assert_att_sent(&f->pair.client, "10 1500 FFFF 0028");
    att_end_hear(&f->pair.client, "11 06 2000 FFFF 0118");
    assert_att_sent(&f->pair.client, ""); /* there is nothing behind FFFF */
    assert_int_equal(f->done, 1);
    assert_int_equal(f->count, 4);

    assert_int_equal(
        blr_gatt_discover_characteristics(&f->pair.client.conn, 0x10, 0x12, on_characteristics, f),
        0);
    assert_att_sent(&f->pair.client, "08 1000 1200 0328");
    att_end_hear(&f->pair.client, "09 07 1200 02 1300 012A");
    assert_att_sent(&f->pair.client, "");
    assert_int_equal(f->done, 2);
    assert_int_equal(f->count, 1);

    assert_int_equal(
        blr_gatt_discover_descriptors(&f->pair.client.conn, 0x13, 0x14, on_descriptors, f), 0);
    assert_att_sent(&f->pair.client, "04 1300 1400");
    att_end_hear(&f->pair.client, "05 01 1300 0229 1400 0129");
    assert_att_sent(&f->pair.client, "");
    assert_int_equal(f->done, 3);
    assert_int_equal(f->count, 2);
}

static void test_discover_services_by_uuid(void **state)
{
    struct fixture *f = *state;
    struct blr_uuid uuid = blr_uuid16(0x180F);

    assert_int_equal(blr_gatt_discover_services(&f->pair.client.conn, &uuid, on_services, f), 0);
    run(f, 0);
    assert_int_equal(f->count, 1);
    assert_int_equal(f->services[0].start, 0x10);
    assert_int_equal(f->services[0].end, 0x14);
    assert_true(blr_uuid_equal(&f->services[0].uuid, &uuid));

    assert_int_equal(blr_gatt_discover_services(&f->pair.client.conn,
                                                blr_attribute_uuid(f->pair.database.text),
                                                on_services, f),
                     0);
    run(f, 0);
    assert_int_equal(f->count, 0); /* none is not an error */
    uuid = (struct blr_uuid){.size = 16};
    for (uint8_t i = 0; i < 16; i++)
        uuid.octet[i] = i;
    assert_int_equal(blr_gatt_discover_services(&f->pair.client.conn, &uuid, on_services, f), 0);
    run(f, 0);
    assert_int_equal(f->count, 1);
    assert_int_equal(f->services[0].end, 0x2B);
}

static void test_discover_characteristics(void **state)
{
    static const struct {
        uint16_t declaration, value, end;
        uint8_t properties;
    } expected[] = {
        {0x21, 0x22, 0x22, 0x0A}, {0x23, 0x24, 0x24, 0x08}, {0x25, 0x26, 0x26, 0x02},
        {0x27, 0x28, 0x28, 0x0A}, {0x29, 0x2A, 0x2B, 0x10},
    };
    struct fixture *f = *state;

    assert_int_equal(
        blr_gatt_discover_characteristics(&f->pair.client.conn, 0x20, 0x2B, on_characteristics, f),
        0);
    run(f, 0);
    assert_int_equal(f->count, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(f->characteristics[i].declaration, expected[i].declaration);
        assert_int_equal(f->characteristics[i].value, expected[i].value);
        assert_int_equal(f->characteristics[i].end, expected[i].end);
        assert_int_equal(f->characteristics[i].properties, expected[i].properties);
    }
    assert_int_equal(f->characteristics[0].uuid.size, 16);
    assert_int_equal(blr_uuid_as_u16(&f->characteristics[4].uuid), 0xFF04);
    assert_int_equal(
        blr_gatt_discover_characteristics(&f->pair.client.conn, 0x2B, 0x2B, on_characteristics, f),
        0);
    run(f, 0);
    assert_int_equal(f->count, 0);
    assert_int_equal(blr_gatt_discover_characteristics(&f->pair.client.conn, 0, 1, NULL, NULL),
                     BLR_ERR_INVALID);
    assert_int_equal(blr_gatt_discover_characteristics(&f->pair.client.conn, 2, 1, NULL, NULL),
                     BLR_ERR_INVALID);
}

static void test_discover_descriptors(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(
        blr_gatt_discover_descriptors(&f->pair.client.conn, 1, 0xFFFF, on_descriptors, f), 0);
    run(f, 0);
    assert_int_equal(f->count, 41);
    for (size_t i = 1; i < f->count; i++)
        assert_true(f->descriptors[i].handle > f->descriptors[i - 1].handle);
    assert_int_equal(f->descriptors[18].handle, 0x13);
    assert_int_equal(blr_uuid_as_u16(&f->descriptors[18].uuid), 0x2902);
    assert_int_equal(f->descriptors[22].handle, 0x22);
    assert_int_equal(f->descriptors[22].uuid.size, 16);
    assert_int_equal(blr_gatt_discover_descriptors(&f->pair.client.conn, 9, 8, NULL, NULL),
                     BLR_ERR_INVALID);
}

static void test_read(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(blr_gatt_read(&f->pair.client.conn, 0x12, on_value, f), 0);
    run(f, 0);
    assert_int_equal(f->len, 1);
    assert_int_equal(f->value[0], 0x64);
    assert_int_equal(blr_gatt_read(&f->pair.client.conn, 0x22, on_value, f), 0);
    run(f, 0);
    assert_int_equal(f->len, 22);
    assert_int_equal(blr_gatt_read(&f->pair.client.conn, 0x24, on_value, f), 0);
    run(f, BLR_ERR_ATT(ATT_ERR_READ_NOT_PERMITTED));
    assert_int_equal(f->len, 0);
    assert_int_equal(blr_gatt_read(&f->pair.client.conn, 0x28, on_value, f), 0);
    run(f, BLR_ERR_ATT(0x80));
    assert_int_equal(blr_gatt_read(&f->pair.client.conn, 0x32, on_value, f), 0);
    run(f, 0);
    assert_int_equal(f->len, 0);
}

static void test_read_long(void **state)
{
    /* Below, at and above what one response or several carry, up to the longest. */
    static const size_t lengths[] = {0, 1, 21, 22, 23, 43, 44, 45, 511, 512};
    struct fixture *f = *state;
    uint8_t value[512];

    for (size_t i = 0; i < sizeof value; i++)
        value[i] = (uint8_t)(i * 7);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        assert_int_equal(blr_attribute_set(f->pair.database.text, value, lengths[i]), 0);
        assert_int_equal(blr_gatt_read_long(&f->pair.client.conn, 0x22, on_value, f), 0);
        run(f, 0);
        assert_int_equal(f->len, lengths[i]);
        assert_memory_equal(f->value, value, f->len);
    }
    exchange_mtu(f);
    assert_int_equal(blr_gatt_read_long(&f->pair.client.conn, 0x38, on_value, f), 0);
    run(f, 0);
    assert_int_equal(f->len, 300);
    /* One that has no long parts at all. */
    assert_int_equal(blr_gatt_read_long(&f->pair.client.conn, 0x12, on_value, f), 0);
    run(f, 0);
    assert_int_equal(f->len, 1);
    assert_int_equal(blr_gatt_read_long(&f->pair.client.conn, 0x24, on_value, f), 0);
    run(f, BLR_ERR_ATT(ATT_ERR_READ_NOT_PERMITTED));
}

static void test_read_long_ends(void **state)
{
    static const char *const ends[] = {"01 0C 2200 07", "01 0C 2200 0B", "0D"};
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        assert_int_equal(blr_gatt_read_long(&f->pair.client.conn, 0x22, on_value, f), 0);
        assert_att_sent(&f->pair.client, "0A 2200");
        att_end_hear(&f->pair.client, "0B 000102030405060708090A0B0C0D0E0F101112131415");
        assert_att_sent(&f->pair.client, "0C 2200 1600");
        att_end_hear(&f->pair.client, ends[i]);
        assert_int_equal(f->done, i + 1);
        assert_int_equal(f->error, 0);
        assert_int_equal(f->len, 22);
    }
    assert_int_equal(blr_gatt_read_long(&f->pair.client.conn, 0x22, on_value, f), 0);
    att_end_hear(&f->pair.client, "01 0A 2200 07");
    assert_int_equal(f->error, BLR_ERR_ATT(ATT_ERR_INVALID_OFFSET));
}

/* The longest value fills its responses to the last octet: nothing is asked behind it. */
static void test_longest_value(void **state)
{
    struct fixture *f = *state;
    uint8_t value[512] = {0}, part[65] = {ATT_OP_READ_BLOB_RSP};

    att_end_disconnect(&f->pair.client);
    att_end_connect(&f->pair.client, sizeof part);
    exchange_mtu(f);
    assert_int_equal(blr_attribute_set(f->pair.database.text, value, sizeof value), 0);
    assert_int_equal(blr_gatt_read_long(&f->pair.client.conn, 0x22, on_value, f), 0);
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(f->pair.client.sent_count, 1);
        f->pair.client.sent_count = 0;
        part[0] = i ? ATT_OP_READ_BLOB_RSP : ATT_OP_READ_RSP;
        att_end_hear_bytes(&f->pair.client, part, sizeof part);
    }
    assert_int_equal(f->pair.client.sent_count, 0);
    assert_int_equal(f->len, 512);
}

/* The peer raises the MTU while a long value is read: none of it is lost. */
static void test_mtu_changes_within_read_long(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(blr_gatt_read_long(&f->pair.client.conn, 0x22, on_value, f), 0);
    assert_int_equal(blr_gatt_exchange_mtu(&f->pair.server.conn, NULL, NULL), 0);
    run(f, 0);
    assert_int_equal(f->len, 40);
}

static void test_read_by_uuid(void **state)
{
    struct fixture *f = *state;
    struct blr_uuid uuid = blr_uuid16(0x2A19);

    assert_int_equal(blr_gatt_read_by_uuid(&f->pair.client.conn, 1, 0xFFFF, &uuid, on_value, f), 0);
    run(f, 0);
    assert_int_equal(f->len, 1);
    assert_int_equal(f->value[0], 0x64);
    uuid = blr_uuid16(0x2803); /* several: the first */
    assert_int_equal(blr_gatt_read_by_uuid(&f->pair.client.conn, 1, 0xFFFF, &uuid, on_value, f), 0);
    run(f, 0);
    assert_int_equal(f->len, 5);
    assert_int_equal(f->value[1], 0x03);
    uuid = blr_uuid16(0x1234);
    assert_int_equal(blr_gatt_read_by_uuid(&f->pair.client.conn, 1, 0xFFFF, &uuid, on_value, f), 0);
    run(f, BLR_ERR_ATT(ATT_ERR_ATTRIBUTE_NOT_FOUND));
    assert_int_equal(blr_gatt_read_by_uuid(&f->pair.client.conn, 0, 1, &uuid, on_value, f),
                     BLR_ERR_INVALID);
}

static void test_read_multiple(void **state)
{
    static const uint16_t handles[12] = {0x12, 0x05, 0x12};
    struct fixture *f = *state;

    assert_int_equal(blr_gatt_read_multiple(&f->pair.client.conn, handles, 3, on_value, f), 0);
    run(f, 0);
    assert_int_equal(f->len, 4);
    assert_memory_equal(f->value, "\x64\x41\x03\x64", 4);
    assert_int_equal(blr_gatt_read_multiple(&f->pair.client.conn, handles, 1, on_value, f),
                     BLR_ERR_INVALID);
    assert_int_equal(blr_gatt_read_multiple(&f->pair.client.conn, handles, 12, on_value, f),
                     BLR_ERR_TOO_LONG);
    assert_int_equal(blr_gatt_read_multiple(&f->pair.client.conn, handles, 11, on_value, f), 0);
    run(f, BLR_ERR_ATT(ATT_ERR_INVALID_HANDLE)); /* handle 0 */
}

static void test_write(void **state)
{
    struct fixture *f = *state;
    const uint8_t value[21] = {1, 2, 3};
    size_t len;

    assert_int_equal(blr_gatt_write(&f->pair.client.conn, 0x22, value, 20, on_done, f), 0);
    run(f, 0);
    assert_memory_equal(blr_attribute_value(f->pair.database.text, &len), value, 20);
    assert_int_equal(len, 20);
    assert_int_equal(blr_gatt_write(&f->pair.client.conn, 0x22, value, 21, on_done, f),
                     BLR_ERR_TOO_LONG);
    assert_int_equal(blr_gatt_write(&f->pair.client.conn, 0x12, value, 1, on_done, f), 0);
    run(f, BLR_ERR_ATT(ATT_ERR_WRITE_NOT_PERMITTED));
    assert_int_equal(blr_gatt_write_without_response(&f->pair.client.conn, 0x22, value, 3), 0);
    gatt_pair_run(&f->pair);
    blr_attribute_value(f->pair.database.text, &len);
    assert_int_equal(len, 3);
    assert_int_equal(blr_gatt_write_without_response(&f->pair.client.conn, 0x22, value, 21),
                     BLR_ERR_TOO_LONG);
    exchange_mtu(f);
    assert_int_equal(blr_gatt_write(&f->pair.client.conn, 0x22, value, 21, NULL, NULL), 0);
    gatt_pair_run(&f->pair);
    blr_attribute_value(f->pair.database.text, &len);
    assert_int_equal(len, 21);
}

/* All at once, with a link that takes one PDU at a time. */
static void test_queued_operations_keep_their_order(void **state)
{
    struct fixture *f = *state;
    const uint8_t one = 1;

    f->pair.client.room = 1;
    f->pair.server.room = 1;
    assert_int_equal(blr_gatt_exchange_mtu(&f->pair.client.conn, on_mtu, f), 0);
    assert_int_equal(blr_gatt_discover_services(&f->pair.client.conn, NULL, on_services, f), 0);
    assert_int_equal(blr_gatt_write(&f->pair.client.conn, 0x22, &one, 1, on_done, f), 0);
    assert_int_equal(blr_gatt_read_long(&f->pair.client.conn, 0x22, on_value, f), 0);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(blr_gatt_write_without_response(&f->pair.client.conn, 0x24, &one, 1), 0);
    gatt_pair_run(&f->pair);
    assert_int_equal(f->done, 4);
    assert_int_equal(f->len, 1);
    assert_int_equal(f->value[0], 1);
    assert_int_equal(f->mtu, 100);
}

static void on_value_read_again(struct blr_conn *conn, int error, const uint8_t *value, size_t len,
                                void *user)
{
    struct fixture *f = user;

    on_value(conn, error, value, len, user);
    if (f->done < 5)
        assert_int_equal(blr_gatt_read(conn, 0x12, on_value_read_again, f), 0);
}

static void test_callback_starts_the_next(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(blr_gatt_read(&f->pair.client.conn, 0x12, on_value_read_again, f), 0);
    gatt_pair_run(&f->pair);
    assert_int_equal(f->done, 5);
    assert_int_equal(f->error, 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, gatt_pair_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_exchange_mtu),
        TEST(test_both_exchange_at_once),
        TEST(test_discover_services),
        TEST(test_discovery_is_frugal),
        TEST(test_discover_services_by_uuid),
        TEST(test_discover_characteristics),
        TEST(test_discover_descriptors),
        TEST(test_read),
        TEST(test_read_long),
        TEST(test_read_long_ends),
        TEST(test_longest_value),
        TEST(test_mtu_changes_within_read_long),
        TEST(test_read_by_uuid),
        TEST(test_read_multiple),
        TEST(test_write),
        TEST(test_queued_operations_keep_their_order),
        TEST(test_callback_starts_the_next),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
