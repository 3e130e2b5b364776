/* SPDX-License-Identifier: MIT */
/* One bearer: who gets which PDU, time limits, a link that is full, the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "att_bearer.h"
#include "att_database.h"
#include "att_pair.h"
#include "att_queue.h"
#include "blueroom/gatt_client.h"
#include "l2cap.h"
#include "wire/att.h"

struct fixture {
    struct manual_clock clock;
    struct att_end end;
    struct att_database database;
    unsigned done;
    int error;
    size_t len;
    unsigned writable;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    struct fixture *f = &fixture;

    memset(f, 0, sizeof *f);
    manual_clock_init(&f->clock);
    att_end_open(&f->end, &f->clock, 100);
    att_database_build(&f->database, &f->end.host);
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
    struct fixture *f = user;

    assert_ptr_equal(conn, &f->end.conn);
    assert_true(value || len == 0);
    f->done++;
    f->error = error;
    f->len = len;
}

static void on_indicated(struct blr_attribute *attr, struct blr_conn *conn, int error, void *user)
{
    struct fixture *f = user;

    assert_ptr_equal(conn, &f->end.conn);
    assert_ptr_equal(attr, f->database.level);
    f->done++;
    f->error = error;
}

static void on_writable(struct blr_conn *conn, void *user)
{
    struct fixture *f = user;

    assert_ptr_equal(conn, &f->end.conn);
    f->writable++;
}

static void read_one(struct fixture *f)
{
    assert_int_equal(blr_gatt_read(&f->end.conn, 3, on_value, f), 0);
}

static void test_nothing(void **state)
{
    struct fixture *f = *state;

    att_end_hear(&f->end, "");
    assert_att_sent(&f->end, "");
}

static void test_requests_run_one_at_a_time(void **state)
{
    struct fixture *f = *state;

    read_one(f);
    read_one(f);
    assert_att_sent(&f->end, "0A 0300");
    assert_att_sent(&f->end, "");
    att_end_hear(&f->end, "0B 41");
    assert_int_equal(f->done, 1);
    assert_att_sent(&f->end, "0A 0300");
    att_end_hear(&f->end, "0B 4142");
    assert_int_equal(f->done, 2);
    assert_int_equal(f->len, 2);
    assert_att_sent(&f->end, "");
    att_end_hear(&f->end, "0B 4142");
    assert_int_equal(f->done, 2);
}

/* What does not answer our request leaves it waiting. */
static void test_other_responses_are_ignored(void **state)
{
    struct fixture *f = *state;

    read_one(f);
    assert_att_sent(&f->end, "0A 0300");
    att_end_hear(&f->end, "13");
    att_end_hear(&f->end, "0D 41");
    att_end_hear(&f->end, "01 0C 0300 0A");
    att_end_hear(&f->end, "1E");
    att_end_hear(&f->end, "23 0300 0100 41 0300 0100 41");
    assert_int_equal(f->done, 0);
    /* The peer is a client as well. */
    att_end_hear(&f->end, "0A 1200");
    assert_att_sent(&f->end, "0B 64");
    att_end_hear(&f->end, "0B 41");
    assert_int_equal(f->done, 1);
    assert_int_equal(f->error, 0);
}

static void test_malformed_responses(void **state)
{
    static const char *const responses[] = {
        "01",                                                /* Error Response cut short */
        "01 0A 0300",                                        /* ... */
        "01 0A 0300 0A 00",                                  /* too long */
        "0B 000102030405060708090A0B0C0D0E0F10111213141516", /* over the MTU */
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof responses / sizeof responses[0]; i++) {
        read_one(f);
        assert_att_sent(&f->end, "0A 0300");
        f->error = 0;
        att_end_hear(&f->end, responses[i]);
        assert_int_equal(f->done, i + 1);
        assert_int_equal(f->error, BLR_ERR_MALFORMED);
    }
    assert_int_equal(f->end.broken, 0);
}

static void test_error_response(void **state)
{
    struct fixture *f = *state;

    read_one(f);
    assert_att_sent(&f->end, "0A 0300");
    att_end_hear(&f->end, "01 0A 0300 80");
    assert_int_equal(f->error, BLR_ERR_ATT(0x80));
}

/* Part F, 3.3.3: 30 s, not one nanosecond less. */
static void test_request_times_out(void **state)
{
    struct fixture *f = *state;

    manual_clock_advance(&f->clock, SIM_MS(1));
    read_one(f);
    read_one(f);
    manual_clock_advance(&f->clock, SIM_S(30) - 1);
    assert_int_equal(f->done, 0);
    manual_clock_advance(&f->clock, 1);
    assert_int_equal(f->done, 2);
    assert_int_equal(f->error, BLR_ERR_TIMEOUT);
    assert_int_equal(f->end.broken, 1);
    assert_int_equal(f->end.broken_error, BLR_ERR_TIMEOUT);
    /* The bearer is dead: nothing is sent or heard any more. */
    assert_att_sent(&f->end, "0A 0300");
    att_end_hear(&f->end, "0B 41");
    att_end_hear(&f->end, "0A 1200");
    assert_int_equal(blr_gatt_read(&f->end.conn, 3, on_value, f), BLR_ERR_NOT_CONNECTED);
    assert_int_equal(blr_gatt_write_without_response(&f->end.conn, 3, NULL, 0),
                     BLR_ERR_NOT_CONNECTED);
    assert_att_sent(&f->end, "");
    assert_int_equal(f->done, 2);
}

static void test_each_response_stops_the_clock(void **state)
{
    struct fixture *f = *state;

    for (unsigned i = 0; i < 3; i++) {
        read_one(f);
        manual_clock_advance(&f->clock, SIM_S(29));
        att_end_hear(&f->end, "0B");
    }
    manual_clock_advance(&f->clock, SIM_S(60));
    assert_int_equal(f->done, 3);
    assert_int_equal(f->end.broken, 0);
}

static void test_indication_times_out(void **state)
{
    struct fixture *f = *state;

    att_end_hear(&f->end, "12 1300 0200");
    assert_att_sent(&f->end, "13");
    assert_int_equal(blr_gatt_indicate(f->database.level, &f->end.conn, (const uint8_t *)"a", 1,
                                       on_indicated, f),
                     0);
    assert_int_equal(blr_gatt_indicate(f->database.level, &f->end.conn, (const uint8_t *)"b", 1,
                                       on_indicated, f),
                     0);
    assert_att_sent(&f->end, "1D 1200 61");
    assert_att_sent(&f->end, "");
    manual_clock_advance(&f->clock, SIM_S(30) - 1);
    assert_int_equal(f->done, 0);
    manual_clock_advance(&f->clock, 1);
    assert_int_equal(f->done, 2);
    assert_int_equal(f->error, BLR_ERR_TIMEOUT);
    assert_int_equal(f->end.broken, 1);
}

static void test_close_calls_back_once(void **state)
{
    struct fixture *f = *state;

    read_one(f);
    read_one(f);
    att_bearer_close(f->end.conn.bearer, BLR_ERR_CANCELLED);
    assert_int_equal(f->done, 2);
    assert_int_equal(f->error, BLR_ERR_CANCELLED);
    att_bearer_close(f->end.conn.bearer, BLR_ERR_TIMEOUT);
    assert_int_equal(f->done, 2);
    assert_int_equal(f->clock.count, 0);
    assert_int_equal(f->end.broken, 0);
}

static void on_value_again(struct blr_conn *conn, int error, const uint8_t *value, size_t len,
                           void *user)
{
    struct fixture *f = user;
    (void)value;
    (void)len;

    f->done++;
    f->error = error;
    assert_int_equal(blr_gatt_read(conn, 3, on_value_again, f), BLR_ERR_NOT_CONNECTED);
}

static void test_no_operation_begins_while_closing(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(blr_gatt_read(&f->end.conn, 3, on_value_again, f), 0);
    att_end_disconnect(&f->end);
    assert_int_equal(f->done, 1);
    assert_int_equal(f->error, BLR_ERR_NOT_CONNECTED);
    assert_int_equal(blr_gatt_read(&f->end.conn, 3, on_value, f), BLR_ERR_NOT_CONNECTED);
    assert_int_equal(blr_gatt_mtu(&f->end.conn), 23);
}

static void on_value_disconnect(struct blr_conn *conn, int error, const uint8_t *value, size_t len,
                                void *user)
{
    struct fixture *f = user;
    (void)conn;
    (void)error;
    (void)value;
    (void)len;

    f->done++;
    att_end_disconnect(&f->end);
}

/* A callback that lets the world run may see the link go, and its bearer with it. */
static void test_bearer_freed_in_a_callback(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(blr_gatt_read(&f->end.conn, 3, on_value_disconnect, f), 0);
    read_one(f);
    assert_att_sent(&f->end, "0A 0300");
    att_end_hear(&f->end, "0B 41");
    assert_int_equal(f->done, 2);
    assert_int_equal(f->error, BLR_ERR_NOT_CONNECTED);
}

/* --- a link that is full --- */

static void test_full_link_loses_nothing(void **state)
{
    struct fixture *f = *state;

    att_end_hear(&f->end, "12 1300 0300");
    assert_att_sent(&f->end, "13");
    att_end_make_room(&f->end, 0);
    assert_int_equal(blr_gatt_notify(f->database.level, NULL, (const uint8_t *)"1", 1), 0);
    assert_int_equal(blr_gatt_indicate(f->database.level, &f->end.conn, (const uint8_t *)"2", 1,
                                       on_indicated, f),
                     0);
    att_end_hear(&f->end, "0A 1200");
    read_one(f);
    att_end_hear(&f->end, "1D 0300 41");
    assert_int_equal(blr_gatt_write_without_response(&f->end.conn, 3, (const uint8_t *)"3", 1), 0);
    assert_att_sent(&f->end, "");

    att_end_make_room(&f->end, 1);
    assert_att_sent(&f->end, "1B 1200 31");
    assert_att_sent(&f->end, "");
    att_end_make_room(&f->end, 3);
    assert_att_sent(&f->end, "1D 1200 32");
    assert_att_sent(&f->end, "0B 64");
    assert_att_sent(&f->end, "0A 0300");
    assert_att_sent(&f->end, "");
    /* What is sent meanwhile comes behind what waits. */
    assert_int_equal(blr_gatt_notify(f->database.level, NULL, (const uint8_t *)"4", 1), 0);
    att_end_make_room(&f->end, ATT_END_PDUS);
    assert_att_sent(&f->end, "1E");
    assert_att_sent(&f->end, "52 0300 33");
    assert_att_sent(&f->end, "1B 1200 34");
    assert_att_sent(&f->end, "");
    att_end_hear(&f->end, "1E");
    att_end_hear(&f->end, "0B");
    assert_int_equal(f->done, 2);
    assert_int_equal(f->end.broken, 0);
}

static void test_full_queue(void **state)
{
    struct fixture *f = *state;
    const uint8_t value[20] = {0};
    unsigned taken = 0;

    blr_gatt_on_writable(&f->end.conn, on_writable, f);
    att_end_make_room(&f->end, 0);
    while (blr_gatt_write_without_response(&f->end.conn, 0x1234, value, sizeof value) == 0)
        taken++;
    assert_in_range(taken, 2, 20);
    assert_int_equal(blr_gatt_write_without_response(&f->end.conn, 0x1234, value, sizeof value),
                     BLR_ERR_AGAIN);
    /* There is still room for what must not be lost. */
    att_end_hear(&f->end, "0A 1200");
    read_one(f);
    att_end_hear(&f->end, "1D 0300 41");
    assert_int_equal(f->end.broken, 0);
    att_end_make_room(&f->end, taken); /* the last three still wait */
    assert_int_equal(f->writable, 0);
    att_end_make_room(&f->end, ATT_END_PDUS);
    assert_int_equal(f->writable, 1);
    assert_int_equal(f->end.sent_count, taken + 3);
    while (taken--)
        assert_att_sent(&f->end, "52 3412 0000000000000000000000000000000000000000");
    assert_att_sent(&f->end, "0B 64");
    assert_att_sent(&f->end, "0A 0300");
    assert_att_sent(&f->end, "1E");
    /* Full again, but nobody was refused this time. */
    att_end_make_room(&f->end, 0);
    att_end_hear(&f->end, "0A 1200");
    att_end_make_room(&f->end, ATT_END_PDUS);
    assert_att_sent(&f->end, "0B 64");
    assert_int_equal(f->writable, 1);
}

/* Part F, 3.3.2: one request at a time. That the second came tells that the client did not wait. */
static void test_second_request_before_the_response(void **state)
{
    struct fixture *f = *state;

    att_end_make_room(&f->end, 0);
    att_end_hear(&f->end, "0A 1200");
    att_end_hear(&f->end, "0A 1200");
    assert_int_equal(f->end.broken, 0); /* not from within */
    manual_clock_advance(&f->clock, 0);
    assert_int_equal(f->end.broken, 1);
    assert_int_equal(f->end.broken_error, BLR_ERR_MALFORMED);
    att_end_make_room(&f->end, ATT_END_PDUS);
    assert_att_sent(&f->end, "");
}

static void test_second_indication_before_the_confirmation(void **state)
{
    struct fixture *f = *state;

    att_end_make_room(&f->end, 0);
    read_one(f);
    att_end_hear(&f->end, "1D 0300 41");
    att_end_hear(&f->end, "1D 0300 42");
    manual_clock_advance(&f->clock, 0);
    assert_int_equal(f->end.broken, 1);
    assert_int_equal(f->end.broken_error, BLR_ERR_MALFORMED);
    assert_int_equal(f->done, 1);
    assert_int_equal(f->error, BLR_ERR_MALFORMED);
}

static void test_send_fails(void **state)
{
    struct fixture *f = *state;

    f->end.send_error = BLR_ERR_NOT_CONNECTED;
    assert_int_equal(blr_gatt_read(&f->end.conn, 3, on_value, f), BLR_ERR_NOT_CONNECTED);
    assert_int_equal(f->done, 0);
    assert_int_equal(f->end.broken, 0);
    att_end_hear(&f->end, "0A 1200"); /* a response that cannot be sent ends it */
    manual_clock_advance(&f->clock, 0);
    assert_int_equal(f->end.broken, 1);
    assert_int_equal(f->end.broken_error, BLR_ERR_NOT_CONNECTED);
}

static void test_second_operation_cannot_be_sent(void **state)
{
    struct fixture *f = *state;

    read_one(f);
    read_one(f);
    f->end.send_error = BLR_ERR_NOT_CONNECTED;
    att_end_hear(&f->end, "0B 41");
    assert_int_equal(f->done, 2);
    assert_int_equal(f->error, BLR_ERR_NOT_CONNECTED);
}

static void test_mtu_is_what_l2cap_may_take(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(f->end.channel->mtu, 100);
    att_end_disconnect(&f->end);
    att_end_connect(&f->end, 5);
    assert_int_equal(f->end.channel->mtu, 23);
    att_end_disconnect(&f->end);
    att_end_connect(&f->end, 1000);
    assert_int_equal(f->end.channel->mtu, BLR_GATT_MAX_MTU);
}

/* --- att_queue --- */

static void test_queue_wraps(void **state)
{
    struct att_queue queue;
    uint8_t out[100];
    uint8_t next_in = 0, next_out = 0;
    (void)state;

    assert_int_equal(att_queue_init(&queue, 23), 0);
    assert_int_equal(att_queue_peek(&queue, out), 0);
    for (unsigned round = 0; round < 200; round++) {
        const size_t len = 1 + round % 23;
        uint8_t pdu[23];
        memset(pdu, next_in, sizeof pdu);
        while (att_queue_push(&queue, ATT_SEND_UNBOUND, pdu, len) == 0)
            memset(pdu, ++next_in, sizeof pdu);
        for (unsigned i = 0; i < 1 + round % 3 && queue.len; i++) {
            const size_t got = att_queue_peek(&queue, out);
            assert_in_range(got, 1, 23);
            assert_int_equal(out[0], next_out);
            assert_int_equal(out[got - 1], next_out);
            next_out++;
            att_queue_pop(&queue);
        }
    }
    att_queue_clear(&queue);
    assert_int_equal(att_queue_peek(&queue, out), 0);
    att_queue_fini(&queue);
}

static void test_queue_keeps_room_for_each_kind(void **state)
{
    struct att_queue queue;
    uint8_t pdu[23] = {0};
    (void)state;

    assert_int_equal(att_queue_init(&queue, 23), 0);
    while (att_queue_push(&queue, ATT_SEND_UNBOUND, pdu, 1) == 0)
        ;
    for (unsigned kind = ATT_SEND_RESPONSE; kind <= ATT_SEND_CONFIRMATION; kind++) {
        const size_t len = kind == ATT_SEND_CONFIRMATION ? 1 : sizeof pdu;
        assert_int_equal(att_queue_push(&queue, (enum att_send_kind)kind, pdu, len), 0);
        assert_int_equal(att_queue_push(&queue, (enum att_send_kind)kind, pdu, len), BLR_ERR_STATE);
    }
    while (att_queue_peek(&queue, pdu))
        att_queue_pop(&queue);
    assert_int_equal(queue.unbound_len, 0);
    assert_int_equal(queue.kinds, 0);
    assert_int_equal(att_queue_push(&queue, ATT_SEND_RESPONSE, pdu, sizeof pdu), 0);
    att_queue_fini(&queue);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_nothing),
        TEST(test_requests_run_one_at_a_time),
        TEST(test_other_responses_are_ignored),
        TEST(test_malformed_responses),
        TEST(test_error_response),
        TEST(test_request_times_out),
        TEST(test_each_response_stops_the_clock),
        TEST(test_indication_times_out),
        TEST(test_close_calls_back_once),
        TEST(test_no_operation_begins_while_closing),
        TEST(test_bearer_freed_in_a_callback),
        TEST(test_full_link_loses_nothing),
        TEST(test_full_queue),
        TEST(test_second_request_before_the_response),
        TEST(test_second_indication_before_the_confirmation),
        TEST(test_send_fails),
        TEST(test_second_operation_cannot_be_sent),
        TEST(test_mtu_is_what_l2cap_may_take),
        cmocka_unit_test(test_queue_wraps),
        cmocka_unit_test(test_queue_keeps_room_for_each_kind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
