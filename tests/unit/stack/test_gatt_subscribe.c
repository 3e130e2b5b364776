/* SPDX-License-Identifier: MIT */
/* Subscriptions: what the client writes, and who is handed what comes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "att.h"
#include "gatt_pair.h"

struct fixture;

/* One subscriber, and what it does when called. */
struct listener {
    struct fixture *f;
    struct blr_subscription *subscription;
    unsigned done, heard, indications;
    int error;
    uint16_t handle;
    uint8_t last; /* first octet of the last value */
    size_t len;
    bool unsubscribe, disconnect, subscribe_other;
};

struct fixture {
    struct gatt_pair pair; /* first, for the teardown */
    struct listener one, two;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    struct fixture *f = &fixture;

    memset(f, 0, sizeof *f);
    f->one.f = f->two.f = f;
    gatt_pair_open(&f->pair, 100, 100);
    *state = f;
    return 0;
}

static void on_done(struct blr_conn *conn, int error, void *user)
{
    struct listener *l = user;

    assert_ptr_equal(conn, &l->f->pair.client.conn);
    l->done++;
    l->error = error;
}

static int subscribe(struct listener *l, uint16_t cccd);

static void on_value(struct blr_conn *conn, uint16_t handle, bool indication, const uint8_t *value,
                     size_t len, void *user)
{
    struct listener *l = user;

    assert_ptr_equal(conn, &l->f->pair.client.conn);
    l->heard++;
    l->indications += indication;
    l->handle = handle;
    l->len = len;
    if (len)
        l->last = value[0];
    if (l->unsubscribe)
        assert_int_equal(blr_gatt_unsubscribe(l->subscription, on_done, l), 0);
    l->unsubscribe = false;
    if (l->subscribe_other)
        assert_int_equal(subscribe(&l->f->two, 1), 0);
    l->subscribe_other = false;
    if (l->disconnect)
        att_end_disconnect(&l->f->pair.client);
}

static int subscribe(struct listener *l, uint16_t cccd)
{
    return blr_gatt_subscribe(&l->f->pair.client.conn, 0x12, 0x13, cccd, on_value, on_done, l,
                              &l->subscription);
}

static void run(struct fixture *f)
{
    gatt_pair_run(&f->pair);
}

static void subscribed(struct listener *l, uint16_t cccd)
{
    assert_int_equal(subscribe(l, cccd), 0);
    run(l->f);
    assert_int_equal(l->done, 1);
    assert_int_equal(l->error, 0);
    l->done = 0;
}

static void test_notifications(void **state)
{
    struct fixture *f = *state;

    subscribed(&f->one, 1);
    assert_int_equal(f->pair.database.subscribed_cccd, 1);
    assert_int_equal(blr_gatt_notify(f->pair.database.level, NULL, (const uint8_t *)"xyz", 3), 0);
    run(f);
    assert_int_equal(f->one.heard, 1);
    assert_int_equal(f->one.indications, 0);
    assert_int_equal(f->one.handle, 0x12);
    assert_int_equal(f->one.len, 3);
    assert_int_equal(f->one.last, 'x');
    assert_int_equal(blr_gatt_unsubscribe(f->one.subscription, on_done, &f->one), 0);
    att_end_hear(&f->pair.client, "1B 1200 61"); /* one that was under way */
    assert_int_equal(f->one.heard, 1);
    run(f);
    assert_int_equal(f->one.done, 1);
    assert_int_equal(f->pair.database.subscribed_cccd, 0);
}

static void test_indications_are_confirmed(void **state)
{
    struct fixture *f = *state;

    subscribed(&f->one, 2);
    assert_int_equal(
        blr_gatt_indicate(f->pair.database.level, &f->pair.server.conn, NULL, 0, NULL, NULL), 0);
    assert_int_equal(
        blr_gatt_indicate(f->pair.database.level, &f->pair.server.conn, NULL, 0, NULL, NULL), 0);
    run(f);
    assert_int_equal(f->one.heard, 2);
    assert_int_equal(f->one.indications, 2);
    manual_clock_advance(&f->pair.clock, SIM_S(40));
    assert_int_equal(f->pair.server.broken, 0);
}

static void test_unasked_values(void **state)
{
    struct fixture *f = *state;

    att_end_hear(&f->pair.client, "1D 1200 61"); /* nobody listens: confirmed nevertheless */
    assert_att_sent(&f->pair.client, "1E");
    att_end_hear(&f->pair.client, "1B 1200 61");
    assert_att_sent(&f->pair.client, "");
    subscribed(&f->one, 1);
    att_end_hear(&f->pair.client, "1D 0000");
    assert_att_sent(&f->pair.client, "1E");
    att_end_hear(&f->pair.client, "1D 1200 61"); /* of the other kind */
    assert_att_sent(&f->pair.client, "1E");
    att_end_hear(&f->pair.client, "1B 1300 61"); /* of another handle */
    att_end_hear(&f->pair.client, "1B 12");      /* too short */
    att_end_hear(&f->pair.client, "1D 12");
    att_end_hear(&f->pair.client,
                 "1B 1200 000102030405060708090A0B0C0D0E0F1011121314"); /* too long */
    att_end_hear(&f->pair.client, "23 1200 0100");                      /* too short */
    assert_att_sent(&f->pair.client, "");
    assert_int_equal(f->one.heard, 0);
    att_end_hear(&f->pair.client, "1B 1200");
    assert_int_equal(f->one.heard, 1);
    assert_int_equal(f->one.len, 0);
}

static void test_several_at_once(void **state)
{
    struct fixture *f = *state;

    att_end_hear(&f->pair.client, "23 1200 0100 61 1200 0100 61"); /* nobody listens */
    subscribed(&f->one, 1);
    att_end_hear(&f->pair.client, "23 1200 0100 61 1300 0000 1200 0200 6161");
    assert_int_equal(f->one.heard, 2);
    assert_int_equal(f->one.len, 2);
    assert_int_equal(f->one.indications, 0);
    att_end_hear(&f->pair.client, "23 1200 0100 61 1200 0200 61"); /* the second is cut short */
    assert_int_equal(f->one.heard, 3);
    assert_int_equal(f->one.len, 1);
    att_end_hear(&f->pair.client, "23 1200 0100 61 1200 02"); /* half a length */
    assert_int_equal(f->one.heard, 4);
    att_end_hear(&f->pair.client, "23 1200 FFFF 61 1200 02");
    assert_int_equal(f->one.heard, 4);
    assert_att_sent(&f->pair.client, "");
}

static void test_arguments(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(subscribe(&f->one, 0), BLR_ERR_INVALID);
    assert_int_equal(subscribe(&f->one, 4), BLR_ERR_INVALID);
    f->pair.client.send_error = BLR_ERR_NOT_CONNECTED;
    assert_int_equal(subscribe(&f->one, 1), BLR_ERR_NOT_CONNECTED);
    f->pair.client.send_error = 0;
    assert_int_equal(f->one.done, 0);
    assert_null(f->pair.client.conn.bearer->client.subscriptions);
    subscribed(&f->one, 1);
    f->pair.client.send_error = BLR_ERR_NOT_CONNECTED;
    assert_int_equal(blr_gatt_unsubscribe(f->one.subscription, on_done, &f->one),
                     BLR_ERR_NOT_CONNECTED);
    f->pair.client.send_error = 0;
    att_end_hear(&f->pair.client, "1B 1200"); /* nothing happened: it is still there */
    assert_int_equal(f->one.heard, 1);
    assert_int_equal(blr_gatt_unsubscribe(f->one.subscription, NULL, NULL), 0);
    assert_null(f->pair.client.conn.bearer->client.subscriptions);
}

static void test_refused(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(blr_gatt_subscribe(&f->pair.client.conn, 0x2A, 0x2B, 2, on_value, on_done,
                                        &f->one, &f->one.subscription),
                     0);
    run(f);
    assert_int_equal(f->one.done, 1);
    assert_int_equal(f->one.error, BLR_ERR_ATT(ATT_ERR_VALUE_NOT_ALLOWED));
    assert_null(f->pair.client.conn.bearer->client.subscriptions);
}

/* A value that comes before the write's response is handed on. */
static void test_value_before_the_response(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(subscribe(&f->one, 1), 0);
    att_end_hear(&f->pair.client, "1B 1200 61");
    assert_int_equal(f->one.heard, 1);
    att_end_hear(&f->pair.client, "13");
    assert_int_equal(f->one.done, 1);
}

static void test_unsubscribed_before_the_response(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(subscribe(&f->one, 1), 0);
    assert_int_equal(blr_gatt_unsubscribe(f->one.subscription, on_done, &f->two), 0);
    assert_int_equal(blr_gatt_unsubscribe(f->one.subscription, on_done, &f->two), BLR_ERR_STATE);
    att_end_hear(&f->pair.client, "1B 1200 61");
    assert_int_equal(f->one.heard, 0);
    run(f);
    assert_int_equal(f->one.done, 1);
    assert_int_equal(f->two.done, 1);
    assert_int_equal(f->pair.database.subscribed, 2);
    assert_int_equal(f->pair.database.subscribed_cccd, 0);
    assert_null(f->pair.client.conn.bearer->client.subscriptions);
}

static void test_two_share_a_cccd(void **state)
{
    struct fixture *f = *state;

    subscribed(&f->one, 1);
    subscribed(&f->two, 2);
    assert_int_equal(f->pair.database.subscribed_cccd, 3);
    assert_int_equal(blr_gatt_notify(f->pair.database.level, NULL, (const uint8_t *)"n", 1), 0);
    assert_int_equal(blr_gatt_indicate(f->pair.database.level, &f->pair.server.conn,
                                       (const uint8_t *)"i", 1, NULL, NULL),
                     0);
    run(f);
    assert_int_equal(f->one.heard, 1);
    assert_int_equal(f->one.last, 'n');
    assert_int_equal(f->two.heard, 1);
    assert_int_equal(f->two.last, 'i');
    assert_int_equal(blr_gatt_unsubscribe(f->one.subscription, NULL, NULL), 0);
    run(f);
    assert_int_equal(f->pair.database.subscribed_cccd, 2);
    assert_int_equal(blr_gatt_unsubscribe(f->two.subscription, NULL, NULL), 0);
    run(f);
    assert_int_equal(f->pair.database.subscribed_cccd, 0);
}

static void test_unsubscribe_from_within(void **state)
{
    struct fixture *f = *state;

    subscribed(&f->one, 1);
    subscribed(&f->two, 1);
    f->one.unsubscribe = true;
    att_end_hear(&f->pair.client, "1B 1200 61");
    assert_int_equal(f->one.heard, 1);
    assert_int_equal(f->two.heard, 1);
    att_end_hear(&f->pair.client, "1B 1200 61");
    assert_int_equal(f->one.heard, 1);
    assert_int_equal(f->two.heard, 2);
    run(f);
    assert_int_equal(f->one.done, 1);
}

static void test_subscribe_from_within(void **state)
{
    struct fixture *f = *state;

    subscribed(&f->one, 1);
    f->one.subscribe_other = true;
    att_end_hear(&f->pair.client, "1B 1200 61");
    assert_int_equal(f->two.heard, 0); /* from the next on */
    att_end_hear(&f->pair.client, "1B 1200 61");
    assert_int_equal(f->two.heard, 1);
}

static void test_link_lost_from_within(void **state)
{
    struct fixture *f = *state;

    subscribed(&f->one, 1);
    subscribed(&f->two, 1);
    f->one.disconnect = true;
    att_end_hear(&f->pair.client, "1B 1200 61");
    assert_int_equal(f->one.heard, 1);
    assert_int_equal(f->two.heard, 0);
    assert_null(f->pair.client.conn.bearer);
}

static void test_link_lost_before_the_response(void **state)
{
    struct fixture *f = *state;

    subscribed(&f->two, 1);
    assert_int_equal(subscribe(&f->one, 1), 0);
    att_end_disconnect(&f->pair.client);
    assert_int_equal(f->one.done, 1);
    assert_int_equal(f->one.error, BLR_ERR_NOT_CONNECTED);
    assert_int_equal(f->two.done, 0);
}

static void test_nobody_to_call(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(
        blr_gatt_subscribe(&f->pair.client.conn, 0x12, 0x13, 1, NULL, NULL, NULL, NULL), 0);
    run(f);
    assert_int_equal(f->pair.database.subscribed_cccd, 1);
    att_end_hear(&f->pair.client, "1B 1200 61");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, gatt_pair_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_notifications),
        TEST(test_indications_are_confirmed),
        TEST(test_unasked_values),
        TEST(test_several_at_once),
        TEST(test_arguments),
        TEST(test_refused),
        TEST(test_value_before_the_response),
        TEST(test_unsubscribed_before_the_response),
        TEST(test_two_share_a_cccd),
        TEST(test_unsubscribe_from_within),
        TEST(test_subscribe_from_within),
        TEST(test_link_lost_from_within),
        TEST(test_link_lost_before_the_response),
        TEST(test_nobody_to_call),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
