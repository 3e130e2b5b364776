/* SPDX-License-Identifier: MIT */
/* Long and reliable writes: against our own server, and against one that does what it likes. */
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
};

static int set_up(void **state)
{
    static struct fixture fixture;
    struct fixture *f = &fixture;

    memset(f, 0, sizeof *f);
    gatt_pair_open(&f->pair, 23, 100);
    *state = f;
    return 0;
}

static void on_done(struct blr_conn *conn, int error, void *user)
{
    struct fixture *f = user;
    (void)conn;

    f->done++;
    f->error = error;
}

static void run(struct fixture *f, int error)
{
    f->done = 0;
    gatt_pair_run(&f->pair);
    assert_int_equal(f->done, 1);
    assert_int_equal(f->error, error);
}

static void test_long_lengths(void **state)
{
    static const size_t lengths[] = {0, 1, 17, 18, 19, 36, 37, 511, 512};
    struct fixture *f = *state;
    uint8_t value[513];

    for (size_t i = 0; i < sizeof value; i++)
        value[i] = (uint8_t)(i * 5);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        size_t len;
        assert_int_equal(
            blr_gatt_write_long(&f->pair.client.conn, 0x22, value, lengths[i], on_done, f), 0);
        run(f, 0);
        const uint8_t *stored = blr_attribute_value(f->pair.database.text, &len);
        assert_int_equal(len, lengths[i]);
        if (len)
            assert_memory_equal(stored, value, len);
    }
    assert_int_equal(blr_gatt_write_long(&f->pair.client.conn, 0x22, value, 513, on_done, f),
                     BLR_ERR_TOO_LONG);
}

static void test_long_refusals(void **state)
{
    struct fixture *f = *state;
    const uint8_t value[40] = {0};

    assert_int_equal(blr_gatt_write_long(&f->pair.client.conn, 0x12, value, 40, on_done, f), 0);
    run(f, BLR_ERR_ATT(ATT_ERR_WRITE_NOT_PERMITTED));
    assert_int_equal(blr_gatt_write_long(&f->pair.client.conn, 0x24, value, 40, on_done, f), 0);
    run(f, BLR_ERR_ATT(ATT_ERR_INVALID_ATTRIBUTE_VALUE_LENGTH));
    assert_int_equal(blr_gatt_write_long(&f->pair.client.conn, 0x28, value, 2, on_done, f), 0);
    run(f, BLR_ERR_ATT(0x81));
}

static void test_reliable(void **state)
{
    struct fixture *f = *state;
    const uint8_t value[40] = {1, 2, 3};
    const struct blr_gatt_write_item items[] = {
        {.handle = 0x22, .value = value, .len = 40},
        {.handle = 0x24, .value = value, .len = 3},
        {.handle = 0x24, .value = NULL, .len = 0},
        {.handle = 0x24, .value = value, .len = 2},
    };
    size_t len;

    assert_int_equal(blr_gatt_write_reliable(&f->pair.client.conn, items, 4, on_done, f), 0);
    run(f, 0);
    blr_attribute_value(f->pair.database.short_value, &len);
    assert_int_equal(len, 2);
    const uint8_t *stored = blr_attribute_value(f->pair.database.text, &len);
    assert_int_equal(len, 40);
    assert_memory_equal(stored, value, 40);
    assert_int_equal(blr_gatt_write_reliable(&f->pair.client.conn, items, 0, on_done, f),
                     BLR_ERR_INVALID);
}

static void test_an_overflow_takes_everything_back(void **state)
{
    struct fixture *f = *state;
    uint8_t value[512] = {0};
    const struct blr_gatt_write_item items[] = {
        {.handle = 0x22, .value = value, .len = 512},
        {.handle = 0x22, .value = value, .len = 512},
        {.handle = 0x22, .value = value, .len = 1},
    };

    assert_int_equal(blr_gatt_write_reliable(&f->pair.client.conn, items, 3, on_done, f), 0);
    run(f, BLR_ERR_ATT(ATT_ERR_PREPARE_QUEUE_FULL));
    /* The queue is empty again: all of it is there for the next. */
    assert_int_equal(blr_gatt_write_reliable(&f->pair.client.conn, items, 2, on_done, f), 0);
    run(f, 0);
}

/* --- against a test that answers by hand --- */

static void start_two(struct fixture *f)
{
    const struct blr_gatt_write_item items[] = {
        {.handle = 0x22, .value = (const uint8_t *)"ab", .len = 2},
        {.handle = 0x24, .value = (const uint8_t *)"c", .len = 1},
    };

    assert_int_equal(blr_gatt_write_reliable(&f->pair.client.conn, items, 2, on_done, f), 0);
    assert_att_sent(&f->pair.client, "16 2200 0000 6162");
}

struct echo_row {
    const char *name;
    const char *echo;
};

static const struct echo_row echoes[] = {
    {"another handle", "17 2300 0000 6162"},   {"another offset", "17 2200 0100 6162"},
    {"another value", "17 2200 0000 6163"},    {"a shorter value", "17 2200 0000 61"},
    {"a longer value", "17 2200 0000 616263"}, {"no value", "17 2200 0000"},
};

static void test_wrong_echoes(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof echoes / sizeof echoes[0]; i++) {
        f->done = 0;
        start_two(f);
        att_end_hear(&f->pair.client, echoes[i].echo);
        assert_int_equal(f->done, 0);
        assert_att_sent(&f->pair.client, "18 00"); /* taken back (4.9.5) */
        att_end_hear(&f->pair.client, i % 2 ? "19" : "01 18 0000 0E");
        assert_int_equal(f->done, 1);
        assert_int_equal(f->error, BLR_ERR_MALFORMED);
        assert_att_sent(&f->pair.client, "");
    }
}

static void test_a_long_write_does_not_look_at_the_echo(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(
        blr_gatt_write_long(&f->pair.client.conn, 0x22, (const uint8_t *)"ab", 2, on_done, f), 0);
    assert_att_sent(&f->pair.client, "16 2200 0000 6162");
    att_end_hear(&f->pair.client, "17 2300 0000 6163");
    assert_att_sent(&f->pair.client, "18 01");
    att_end_hear(&f->pair.client, "19");
    assert_int_equal(f->done, 1);
    assert_int_equal(f->error, 0);
}

static void test_refused_at_each_step(void **state)
{
    struct fixture *f = *state;

    start_two(f); /* nothing is queued yet: nothing to take back */
    att_end_hear(&f->pair.client, "01 16 2200 03");
    assert_att_sent(&f->pair.client, "");
    assert_int_equal(f->error, BLR_ERR_ATT(ATT_ERR_WRITE_NOT_PERMITTED));
    start_two(f);
    att_end_hear(&f->pair.client, "17 2200 0000 6162");
    assert_att_sent(&f->pair.client, "16 2400 0000 63");
    att_end_hear(&f->pair.client, "01 16 2400 09");
    assert_att_sent(&f->pair.client, "18 00");
    att_end_hear(&f->pair.client, "19");
    assert_int_equal(f->error, BLR_ERR_ATT(ATT_ERR_PREPARE_QUEUE_FULL));
    start_two(f);
    att_end_hear(&f->pair.client, "17 2200 0000 6162");
    assert_att_sent(&f->pair.client, "16 2400 0000 63");
    att_end_hear(&f->pair.client, "17 2400 0000 63");
    assert_att_sent(&f->pair.client, "18 01");
    att_end_hear(&f->pair.client, "01 18 2400 07");
    assert_att_sent(&f->pair.client, "");
    assert_int_equal(f->error, BLR_ERR_ATT(ATT_ERR_INVALID_OFFSET));
    assert_int_equal(f->done, 3);
}

/* In each state: one callback, and nothing left behind. */
static void test_the_link_is_lost(void **state)
{
    static const char *const answers[] = {"17 2200 0000 6162", "17 2400 0000 63"};
    struct fixture *f = *state;

    for (size_t answered = 0; answered <= 2; answered++) {
        f->done = 0;
        start_two(f);
        for (size_t i = 0; i < answered; i++)
            att_end_hear(&f->pair.client, answers[i]);
        att_end_disconnect(&f->pair.client);
        assert_int_equal(f->done, 1);
        assert_int_equal(f->error, BLR_ERR_NOT_CONNECTED);
        att_end_connect(&f->pair.client, 23);
    }
    f->done = 0;
    start_two(f);
    att_end_hear(&f->pair.client, "17 2200 0000 00"); /* lost while it is taken back */
    att_end_disconnect(&f->pair.client);
    assert_int_equal(f->done, 1);
    assert_int_equal(f->error, BLR_ERR_NOT_CONNECTED);
    assert_int_equal(blr_gatt_write_long(&f->pair.client.conn, 1, NULL, 0, NULL, NULL),
                     BLR_ERR_NOT_CONNECTED);
}

static void test_no_answer(void **state)
{
    struct fixture *f = *state;

    start_two(f);
    att_end_hear(&f->pair.client, "17 2200 0000 6162");
    manual_clock_advance(&f->pair.clock, SIM_S(30));
    assert_int_equal(f->done, 1);
    assert_int_equal(f->error, BLR_ERR_TIMEOUT);
    assert_int_equal(f->pair.client.broken, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_long_lengths, set_up, gatt_pair_tear_down),
        cmocka_unit_test_setup_teardown(test_long_refusals, set_up, gatt_pair_tear_down),
        cmocka_unit_test_setup_teardown(test_reliable, set_up, gatt_pair_tear_down),
        cmocka_unit_test_setup_teardown(test_an_overflow_takes_everything_back, set_up,
                                        gatt_pair_tear_down),
        cmocka_unit_test_setup_teardown(test_wrong_echoes, set_up, gatt_pair_tear_down),
        cmocka_unit_test_setup_teardown(test_a_long_write_does_not_look_at_the_echo, set_up,
                                        gatt_pair_tear_down),
        cmocka_unit_test_setup_teardown(test_refused_at_each_step, set_up, gatt_pair_tear_down),
        cmocka_unit_test_setup_teardown(test_the_link_is_lost, set_up, gatt_pair_tear_down),
        cmocka_unit_test_setup_teardown(test_no_answer, set_up, gatt_pair_tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
