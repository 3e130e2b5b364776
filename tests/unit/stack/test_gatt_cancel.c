/* SPDX-License-Identifier: MIT */
/* Cancelled procedures: one callback each, and the bearer goes on as ATT wants it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "att.h"
#include "att_pair.h"

struct asker {
    unsigned done;
    int error;
    struct att_end *end;
    bool again; /* begins another from within the callback */
};

struct fixture {
    struct manual_clock clock;
    struct att_end end;
    struct asker a, b;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    struct fixture *f = &fixture;

    memset(f, 0, sizeof *f);
    manual_clock_init(&f->clock);
    att_end_open(&f->end, &f->clock, 100);
    f->a.end = f->b.end = &f->end;
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    att_end_close(&f->end);
    assert_int_equal(f->clock.count, 0);
    return 0;
}

static void on_value(struct blr_conn *conn, int error, const uint8_t *value, size_t len, void *user)
{
    struct asker *asker = user;
    (void)value;
    (void)len;

    asker->done++;
    asker->error = error;
    if (asker->again) {
        asker->again = false;
        assert_int_equal(blr_gatt_read(conn, 9, on_value, asker), 0);
    }
}

static void on_done(struct blr_conn *conn, int error, void *user)
{
    on_value(conn, error, NULL, 0, user);
}

static void on_mtu(struct blr_conn *conn, int error, uint16_t mtu, void *user)
{
    (void)mtu;
    on_value(conn, error, NULL, 0, user);
}

static void read_by(struct fixture *f, struct asker *asker, uint16_t handle)
{
    assert_int_equal(blr_gatt_read(&f->end.conn, handle, on_value, asker), 0);
}

static void assert_cancelled(const struct asker *asker, unsigned done)
{
    assert_int_equal(asker->done, done);
    assert_int_equal(asker->error, BLR_ERR_CANCELLED);
}

static void test_waiting(void **state)
{
    struct fixture *f = *state;

    read_by(f, &f->b, 1);
    read_by(f, &f->a, 2);
    read_by(f, &f->b, 3);
    read_by(f, &f->a, 4);
    assert_int_equal(blr_gatt_cancel(&f->end.conn, &f->a), 2);
    assert_cancelled(&f->a, 2);
    assert_int_equal(f->b.done, 0);
    assert_att_sent(&f->end, "0A 0100");
    att_end_hear(&f->end, "0B");
    assert_att_sent(&f->end, "0A 0300");
    att_end_hear(&f->end, "0B");
    assert_att_sent(&f->end, "");
    assert_int_equal(f->b.done, 2);
    assert_int_equal(f->b.error, 0);
    assert_int_equal(blr_gatt_cancel(&f->end.conn, &f->a), 0);
    read_by(f, &f->a, 5); /* the list is whole */
    assert_att_sent(&f->end, "0A 0500");
    att_end_hear(&f->end, "0B");
    assert_int_equal(f->a.error, 0);
    assert_int_equal(f->a.done, 3);
}

static void test_on_the_air(void **state)
{
    struct fixture *f = *state;

    read_by(f, &f->a, 1);
    read_by(f, &f->b, 2);
    assert_att_sent(&f->end, "0A 0100");
    assert_int_equal(blr_gatt_cancel(&f->end.conn, &f->a), 1);
    assert_cancelled(&f->a, 1);
    assert_int_equal(blr_gatt_cancel(&f->end.conn, &f->a), 0); /* once */
    assert_att_sent(&f->end, "");                              /* one request at a time */
    att_end_hear(&f->end, "0B 61");
    assert_cancelled(&f->a, 1);
    assert_att_sent(&f->end, "0A 0200");
    att_end_hear(&f->end, "01 0A 0200 01");
    assert_int_equal(f->b.done, 1);
    assert_int_equal(f->b.error, BLR_ERR_ATT(ATT_ERR_INVALID_HANDLE));
}

static void test_of_several_requests(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(blr_gatt_read_long(&f->end.conn, 1, on_value, &f->a), 0);
    assert_att_sent(&f->end, "0A 0100");
    assert_int_equal(blr_gatt_cancel(&f->end.conn, &f->a), 1);
    att_end_hear(&f->end, "0B 000102030405060708090A0B0C0D0E0F101112131415");
    assert_att_sent(&f->end, ""); /* no other part is asked for */
    assert_cancelled(&f->a, 1);
    read_by(f, &f->b, 2);
    assert_att_sent(&f->end, "0A 0200");
    att_end_hear(&f->end, "0B");
    assert_int_equal(f->b.error, 0);
}

/* A queue on the server is not left behind. */
static void test_long_write(void **state)
{
    struct fixture *f = *state;

    for (unsigned answered = 0; answered < 2; answered++) {
        f->a.done = 0;
        assert_int_equal(blr_gatt_write_long(&f->end.conn, 1,
                                             (const uint8_t *)"0123456789012345678", 19, on_done,
                                             &f->a),
                         0);
        assert_att_sent(&f->end, "16 0100 0000 303132333435363738393031323334353637");
        if (answered) {
            att_end_hear(&f->end, "17 0100 0000 303132333435363738393031323334353637");
            assert_att_sent(&f->end, "16 0100 1200 38");
        }
        assert_int_equal(blr_gatt_cancel(&f->end.conn, &f->a), 1);
        read_by(f, &f->b, 2);
        att_end_hear(&f->end, answered ? "17 0100 1200 38"
                                       : "17 0100 0000 303132333435363738393031323334353637");
        assert_att_sent(&f->end, "18 00");
        att_end_hear(&f->end, "19");
        assert_cancelled(&f->a, 1);
        assert_att_sent(&f->end, "0A 0200");
        att_end_hear(&f->end, "0B");
    }
    assert_int_equal(f->b.done, 2);
}

static void test_long_write_refused_afterwards(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(blr_gatt_write_long(&f->end.conn, 1, (const uint8_t *)"a", 1, on_done, &f->a),
                     0);
    assert_att_sent(&f->end, "16 0100 0000 61");
    assert_int_equal(blr_gatt_cancel(&f->end.conn, &f->a), 1);
    att_end_hear(&f->end, "01 16 0100 03");
    assert_att_sent(&f->end, ""); /* nothing was queued */
    /* What is being executed cannot be stopped any more. */
    assert_int_equal(blr_gatt_write_long(&f->end.conn, 1, (const uint8_t *)"a", 1, on_done, &f->a),
                     0);
    assert_att_sent(&f->end, "16 0100 0000 61");
    att_end_hear(&f->end, "17 0100 0000 61");
    assert_att_sent(&f->end, "18 01");
    assert_int_equal(blr_gatt_cancel(&f->end.conn, &f->a), 1);
    att_end_hear(&f->end, "19");
    assert_att_sent(&f->end, "");
    assert_cancelled(&f->a, 2);
}

static void test_mtu_exchange(void **state)
{
    struct fixture *f = *state;

    read_by(f, &f->b, 1);
    assert_int_equal(blr_gatt_exchange_mtu(&f->end.conn, on_mtu, &f->a), 0);
    assert_int_equal(blr_gatt_cancel(&f->end.conn, &f->a), 1);
    assert_att_sent(&f->end, "0A 0100");
    att_end_hear(&f->end, "0B");
    assert_att_sent(&f->end, "");
    /* It was never sent, so it may be; what is agreed while nobody listens is in force. */
    assert_int_equal(blr_gatt_exchange_mtu(&f->end.conn, on_mtu, &f->a), 0);
    assert_att_sent(&f->end, "02 6400");
    assert_int_equal(blr_gatt_cancel(&f->end.conn, &f->a), 1);
    att_end_hear(&f->end, "03 5000");
    assert_int_equal(blr_gatt_mtu(&f->end.conn), 80);
    assert_cancelled(&f->a, 2);
    assert_int_equal(blr_gatt_exchange_mtu(&f->end.conn, on_mtu, &f->a), BLR_ERR_STATE);
}

static void on_notify(struct blr_conn *conn, uint16_t handle, bool indication, const uint8_t *value,
                      size_t len, void *user)
{
    (void)conn;
    (void)handle;
    (void)indication;
    (void)value;
    (void)len;
    (void)user;
    fail_msg("the subscription was cancelled");
}

static void test_subscription(void **state)
{
    struct fixture *f = *state;

    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(blr_gatt_subscribe(&f->end.conn, 1, 2, 1, on_notify, on_done, &f->a, NULL),
                         0);
    assert_att_sent(&f->end, "12 0200 0100");
    assert_int_equal(blr_gatt_cancel(&f->end.conn, &f->a), 2); /* on the air, and waiting */
    assert_cancelled(&f->a, 2);
    assert_null(f->end.conn.bearer->client.subscriptions);
    att_end_hear(&f->end, "1B 0100 61");
    att_end_hear(&f->end, "13");
    assert_att_sent(&f->end, "");
    assert_cancelled(&f->a, 2);
}

static void test_begun_from_within(void **state)
{
    struct fixture *f = *state;

    read_by(f, &f->b, 1);
    read_by(f, &f->a, 2);
    f->a.again = true;
    assert_int_equal(blr_gatt_cancel(&f->end.conn, &f->a), 1); /* not the new one */
    assert_cancelled(&f->a, 1);
    assert_att_sent(&f->end, "0A 0100");
    att_end_hear(&f->end, "0B");
    assert_att_sent(&f->end, "0A 0900");
    att_end_hear(&f->end, "0B");
    assert_int_equal(f->a.done, 2);
    assert_int_equal(f->a.error, 0);
}

static void test_the_link_is_lost_afterwards(void **state)
{
    struct fixture *f = *state;

    read_by(f, &f->a, 1);
    read_by(f, &f->b, 2);
    assert_int_equal(blr_gatt_cancel(&f->end.conn, &f->a), 1);
    att_end_disconnect(&f->end);
    assert_cancelled(&f->a, 1);
    assert_int_equal(f->b.done, 1);
    assert_int_equal(f->b.error, BLR_ERR_NOT_CONNECTED);
    assert_int_equal(blr_gatt_cancel(&f->end.conn, &f->a), 0);
    att_end_connect(&f->end, 23);
}

/* Cancelled or not, who does not answer for 30 s has lost the bearer (Part F, 3.3.3). */
static void test_never_answered(void **state)
{
    struct fixture *f = *state;

    read_by(f, &f->a, 1);
    assert_int_equal(blr_gatt_cancel(&f->end.conn, &f->a), 1);
    manual_clock_advance(&f->clock, SIM_S(30));
    assert_int_equal(f->end.broken_error, BLR_ERR_TIMEOUT);
    assert_cancelled(&f->a, 1);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_waiting),
        TEST(test_on_the_air),
        TEST(test_of_several_requests),
        TEST(test_long_write),
        TEST(test_long_write_refused_afterwards),
        TEST(test_mtu_exchange),
        TEST(test_subscription),
        TEST(test_begun_from_within),
        TEST(test_the_link_is_lost_afterwards),
        TEST(test_never_answered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
