/* SPDX-License-Identifier: MIT */
/* Reading several values at once. */
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
    struct blr_gatt_value values[16];
    uint8_t octets[16][64];
};

static int set_up(void **state)
{
    static struct fixture fixture;
    struct fixture *f = &fixture;

    memset(f, 0, sizeof *f);
    gatt_pair_open(&f->pair, 23, 23);
    *state = f;
    return 0;
}

static void on_values(struct blr_conn *conn, int error, const struct blr_gatt_value *values,
                      size_t count, void *user)
{
    struct fixture *f = user;
    (void)conn;

    f->done++;
    f->error = error;
    f->count = count;
    assert_in_range(count, 0, 16);
    assert_true(!error || count == 0);
    for (size_t i = 0; i < count; i++) {
        f->values[i] = values[i];
        assert_in_range(values[i].len, 0, 64);
        if (values[i].len)
            memcpy(f->octets[i], values[i].value, values[i].len);
    }
}

static int ask(struct fixture *f, const uint16_t *handles, size_t count)
{
    f->done = 0;
    return blr_gatt_read_multiple_variable(&f->pair.client.conn, handles, count, on_values, f);
}

static void test_against_our_server(void **state)
{
    static const uint16_t handles[] = {0x12, 0x32, 0x05, 0x22};
    static const size_t lengths[] = {1, 0, 2, 11};
    struct fixture *f = *state;

    assert_int_equal(ask(f, handles, 4), 0);
    gatt_pair_run(&f->pair);
    assert_int_equal(f->done, 1);
    assert_int_equal(f->error, 0);
    assert_int_equal(f->count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(f->values[i].handle, handles[i]);
        assert_int_equal(f->values[i].len, lengths[i]);
    }
    assert_int_equal(f->octets[0][0], 0x64);
    assert_int_equal(f->octets[2][1], 0x03);
    assert_int_equal(f->octets[3][10], 10);
    assert_int_equal(f->values[2].whole_len, 2);
    assert_int_equal(f->values[3].whole_len, 40); /* and 11 of them came */
}

static void test_no_room_for_the_last(void **state)
{
    static const uint16_t handles[] = {0x22, 0x12};
    struct fixture *f = *state;

    assert_int_equal(ask(f, handles, 2), 0);
    gatt_pair_run(&f->pair);
    assert_int_equal(f->error, 0);
    assert_int_equal(f->count, 1);
    assert_int_equal(f->values[0].len, 20);
}

static void test_refused(void **state)
{
    static const uint16_t handles[] = {0x12, 0x24};
    struct fixture *f = *state;

    assert_int_equal(ask(f, handles, 2), 0);
    gatt_pair_run(&f->pair);
    assert_int_equal(f->error, BLR_ERR_ATT(ATT_ERR_READ_NOT_PERMITTED));
    assert_int_equal(ask(f, handles, 1), BLR_ERR_INVALID);
    uint16_t many[12] = {0};
    assert_int_equal(ask(f, many, 12), BLR_ERR_TOO_LONG);
    assert_int_equal(ask(f, many, 11), 0);
    att_end_disconnect(&f->pair.client);
    assert_int_equal(f->error, BLR_ERR_NOT_CONNECTED);
    att_end_connect(&f->pair.client, 23);
}

struct lie {
    const char *name;
    const char *response;
    int error;
    size_t count;
};

static const struct lie lies[] = {
    {"as it should be", "21 0100 AA 0000", 0, 2},
    {"cut in the second", "21 0100 AA 0500 BB", 0, 2},
    {"one value alone", "21 0400 AABBCCDD", 0, 1},
    {"three values for two", "21 0000 0000 0000", BLR_ERR_MALFORMED, 0},
    {"an octet behind two", "21 0000 0000 00", BLR_ERR_MALFORMED, 0},
    {"half a length", "21 0200 AABB 00", BLR_ERR_MALFORMED, 0},
    {"no list", "21", BLR_ERR_MALFORMED, 0},
    {"an empty value alone, and half a length", "21 0000 00", BLR_ERR_MALFORMED, 0},
};

static void test_lies(void **state)
{
    static const uint16_t handles[] = {0x12, 0x24};
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        assert_int_equal(ask(f, handles, 2), 0);
        assert_att_sent(&f->pair.client, "20 1200 2400");
        att_end_hear(&f->pair.client, lies[i].response);
        if (f->done != 1 || f->error != lies[i].error || f->count != lies[i].count)
            fail_msg("%s: done %u, error %d, %zu values", lies[i].name, f->done, f->error,
                     f->count);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_against_our_server, set_up, gatt_pair_tear_down),
        cmocka_unit_test_setup_teardown(test_no_room_for_the_last, set_up, gatt_pair_tear_down),
        cmocka_unit_test_setup_teardown(test_refused, set_up, gatt_pair_tear_down),
        cmocka_unit_test_setup_teardown(test_lies, set_up, gatt_pair_tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
