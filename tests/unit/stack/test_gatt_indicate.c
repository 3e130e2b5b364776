/* SPDX-License-Identifier: MIT */
/* Indications: one at a time, confirmed or not, and what becomes of those that wait. */
#include "gatt_value_host.h"

static void on_indicated(struct blr_attribute *attr, struct blr_conn *conn, int error, void *user)
{
    struct fixture *f = user;

    assert_ptr_equal(conn, &f->end.conn);
    assert_int_equal(blr_uuid_as_u16(blr_attribute_uuid(attr)), 0x2A37);
    f->indicated++;
    f->error = error;
    act(f);
}

static int indicate(struct fixture *f, const char *value)
{
    return blr_gatt_indicate(f->attr, &f->end.conn, (const uint8_t *)value, strlen(value),
                             on_indicated, f);
}

static void subscribe(struct fixture *f)
{
    att_end_hear(&f->end, "12 1300 0300");
    assert_att_sent(&f->end, "13");
}

static void test_indications_queue(void **state)
{
    struct fixture *f = *state;

    subscribe(f);
    assert_int_equal(indicate(f, "a"), 0);
    assert_int_equal(indicate(f, "b"), 0);
    assert_int_equal(indicate(f, "c"), 0);
    assert_att_sent(&f->end, "1D 1200 61");
    assert_att_sent(&f->end, "");
    assert_int_equal(notify(f, NULL, "n"), 0); /* a notification waits for nobody */
    assert_att_sent(&f->end, "1B 1200 6E");
    att_end_hear(&f->end, "1E");
    assert_int_equal(f->indicated, 1);
    assert_int_equal(f->error, 0);
    assert_att_sent(&f->end, "1D 1200 62");
    att_end_hear(&f->end, "1E00"); /* too long: not a confirmation */
    assert_int_equal(f->indicated, 1);
    att_end_hear(&f->end, "1E");
    att_end_hear(&f->end, "1E");
    assert_att_sent(&f->end, "1D 1200 63");
    assert_int_equal(f->indicated, 3);
    att_end_hear(&f->end, "1E");
    assert_int_equal(f->indicated, 3);
}

static void test_unsubscribed_before_it_was_sent(void **state)
{
    struct fixture *f = *state;

    subscribe(f);
    assert_int_equal(indicate(f, "a"), 0);
    assert_int_equal(indicate(f, "b"), 0);
    assert_att_sent(&f->end, "1D 1200 61");
    att_end_hear(&f->end, "12 1300 0000");
    assert_att_sent(&f->end, "13");
    att_end_hear(&f->end, "1E");
    assert_int_equal(f->indicated, 2);
    assert_int_equal(f->error, BLR_ERR_CANCELLED);
    assert_att_sent(&f->end, "");
}

static void test_service_freed_with_indications(void **state)
{
    struct fixture *f = *state;

    subscribe(f);
    assert_int_equal(indicate(f, "a"), 0);
    assert_int_equal(indicate(f, "b"), 0);
    assert_int_equal(indicate(f, "c"), 0);
    blr_service_free(f->service);
    assert_int_equal(f->indicated, 3);
    assert_int_equal(f->error, BLR_ERR_CANCELLED);
    assert_att_sent(&f->end, "1D 1200 61");
    /* The peer still owes a confirmation: the next waits for it. */
    build(f, 0);
    subscribe(f);
    assert_int_equal(indicate(f, "d"), 0);
    assert_att_sent(&f->end, "");
    att_end_hear(&f->end, "1E");
    assert_int_equal(f->indicated, 3);
    assert_att_sent(&f->end, "1D 1200 64");
    att_end_hear(&f->end, "1E");
    assert_int_equal(f->indicated, 4);
}

static void test_service_freed_when_confirmed(void **state)
{
    struct fixture *f = *state;

    subscribe(f);
    assert_int_equal(indicate(f, "a"), 0);
    assert_int_equal(indicate(f, "b"), 0);
    f->remove_service = true;
    att_end_hear(&f->end, "1E");
    assert_int_equal(f->indicated, 2);
    assert_int_equal(f->error, BLR_ERR_CANCELLED);
}

static void test_link_lost_when_confirmed(void **state)
{
    struct fixture *f = *state;

    subscribe(f);
    assert_int_equal(indicate(f, "a"), 0);
    assert_int_equal(indicate(f, "b"), 0);
    f->disconnect = true;
    att_end_hear(&f->end, "1E");
    assert_int_equal(f->indicated, 2);
    assert_int_equal(f->error, BLR_ERR_NOT_CONNECTED);
}

static void test_link_lost_with_freed_service(void **state)
{
    struct fixture *f = *state;

    subscribe(f);
    assert_int_equal(indicate(f, "a"), 0);
    assert_int_equal(indicate(f, "b"), 0);
    f->disconnect = true; /* in the first callback of the service's end */
    blr_service_free(f->service);
    assert_int_equal(f->indicated, 2);
}

static void on_indicated_again(struct blr_attribute *attr, struct blr_conn *conn, int error,
                               void *user)
{
    struct fixture *f = user;

    f->indicated++;
    assert_int_equal(error, 0);
    if (f->indicated < 3)
        assert_int_equal(
            blr_gatt_indicate(attr, conn, (const uint8_t *)"again", 5, on_indicated_again, f), 0);
}

static void test_indicate_when_confirmed(void **state)
{
    struct fixture *f = *state;

    subscribe(f);
    assert_int_equal(blr_gatt_indicate(f->attr, &f->end.conn, NULL, 0, on_indicated_again, f), 0);
    assert_att_sent(&f->end, "1D 1200");
    for (unsigned i = 1; i < 3; i++) {
        att_end_hear(&f->end, "1E");
        assert_att_sent(&f->end, "1D 1200 616761696E");
        assert_int_equal(f->indicated, i);
    }
    att_end_hear(&f->end, "1E");
    assert_int_equal(f->indicated, 3);
}

static void test_indication_that_cannot_be_sent(void **state)
{
    struct fixture *f = *state;

    subscribe(f);
    f->end.send_error = BLR_ERR_NOT_CONNECTED;
    assert_int_equal(indicate(f, "a"), BLR_ERR_NOT_CONNECTED);
    f->end.send_error = 0;
    assert_int_equal(indicate(f, "b"), 0);
    assert_int_equal(indicate(f, "c"), 0);
    f->end.send_error = BLR_ERR_NOT_CONNECTED;
    att_end_hear(&f->end, "1E");
    assert_int_equal(f->indicated, 2);
    assert_int_equal(f->error, BLR_ERR_NOT_CONNECTED);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_indications_queue),
        TEST(test_unsubscribed_before_it_was_sent),
        TEST(test_service_freed_with_indications),
        TEST(test_service_freed_when_confirmed),
        TEST(test_link_lost_when_confirmed),
        TEST(test_link_lost_with_freed_service),
        TEST(test_indicate_when_confirmed),
        TEST(test_indication_that_cannot_be_sent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
