/* SPDX-License-Identifier: MIT */
/* Queued writes against a fixed database (Core v5.4, Vol 3, Part F, 3.4.6). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "att.h"
#include "att_database.h"
#include "att_pair.h"
#include "rows.h"

struct row {
    const char *name;
    const char *step[20]; /* what the client sends, what the server answers, and so on */
};

static const struct row rows[] = {
    {"a value in two parts",
     {"16 2200 0000 0102", "17 2200 0000 0102", "16 2200 0200 03", "17 2200 0200 03", "18 01", "19",
      "0A 2200", "0B 010203"}},
    {"nothing is written before it is executed",
     {"16 2400 0000 0102", "17 2400 0000 0102", "12 2400 AA", "13", "18 01", "19"}},
    {"cancelled",
     {"16 2200 0000 01", "17 2200 0000 01", "18 00", "19", "18 01", "19", "0A 2200",
      "0B 000102030405060708090A0B0C0D0E0F101112131415"}},
    {"executed once",
     {"16 2200 0000 01", "17 2200 0000 01", "18 01", "19", "12 2200 02", "13", "18 01", "19",
      "0A 2200", "0B 02"}},
    {"execute an empty queue", {"18 01", "19"}},
    {"cancel an empty queue", {"18 00", "19"}},
    {"flags that do not exist keep the queue",
     {"16 2200 0000 01", "17 2200 0000 01", "18 02", "01 18 0000 04", "18 01", "19", "0A 2200",
      "0B 01"}},
    {"an empty part", {"16 2200 0000", "17 2200 0000", "18 01", "19", "0A 2200", "0B"}},
    {"two values in turns",
     {"16 2200 0000 01", "17 2200 0000 01", "16 1300 0000 0300", "17 1300 0000 0300",
      "16 2200 0100 02", "17 2200 0100 02", "18 01", "19", "0A 2200", "0B 0102", "0A 1300",
      "0B 0300"}},
    {"what comes later wins",
     {"16 2200 0000 0102", "17 2200 0000 0102", "16 2200 0100 03", "17 2200 0100 03", "18 01", "19",
      "0A 2200", "0B 0103"}},
    {"a CCCD in two parts",
     {"16 1300 0000 02", "17 1300 0000 02", "16 1300 0100 00", "17 1300 0100 00", "18 01", "19",
      "0A 1300", "0B 0200"}},

    /* checked when it is prepared */
    {"prepare handle 0", {"16 0000 0000 01", "01 16 0000 01"}},
    {"prepare in a gap", {"16 1500 0000 01", "01 16 1500 01"}},
    {"prepare what may only be read", {"16 1200 0000 01", "01 16 1200 03"}},
    {"prepare a declaration", {"16 1100 0000 01", "01 16 1100 03"}},
    {"prepare without authorization", {"16 2600 0000 01", "01 16 2600 08"}},
    {"prepare, short", {"16 2200 00", "01 16 0000 04"}},
    {"prepare, over the MTU",
     {"16 2200 0000 000102030405060708090A0B0C0D0E0F101112", "01 16 0000 04"}},
    {"execute, short", {"18", "01 18 0000 04"}},
    {"execute, long", {"18 01 00", "01 18 0000 04"}},
    {"what is refused is not queued, and leaves what is",
     {"16 2200 0000 01", "17 2200 0000 01", "16 1200 0000 01", "01 16 1200 03", "18 01", "19",
      "0A 2200", "0B 01"}},

    /* checked when it is executed; then the queue is empty */
    {"an offset behind the end",
     {"16 2200 2900 01", "17 2200 2900 01", "18 01", "01 18 2200 07", "18 01", "19"}},
    {"an offset at the end", {"16 2200 2800 28", "17 2200 2800 28", "18 01", "19"}},
    {"an offset behind what was queued",
     {"16 2200 0000 01", "17 2200 0000 01", "16 2200 0200 01", "17 2200 0200 01", "18 01",
      "01 18 2200 07", "0A 2200", "0B 000102030405060708090A0B0C0D0E0F101112131415"}},
    {"longer than the value may be",
     {"16 2400 0000 0102030405", "17 2400 0000 0102030405", "18 01", "01 18 2400 0D"}},
    {"the offset comes before the length",
     {"16 2400 0500 01", "17 2400 0500 01", "18 01", "01 18 2400 07"}},
    {"the greatest offset", {"16 2400 FFFF 01", "17 2400 FFFF 01", "18 01", "01 18 2400 07"}},
    {"longer than a CCCD",
     {"16 1300 0000 010000", "17 1300 0000 010000", "18 01", "01 18 1300 0D"}},
    {"a CCCD with what the characteristic lacks",
     {"16 2B00 0000 0200", "17 2B00 0000 0200", "18 01", "01 18 2B00 13"}},
    {"an application error", {"16 2800 0000 01", "17 2800 0000 01", "18 01", "01 18 2800 81"}},
    {"all or nothing: a bad offset",
     {"16 2200 0000 01", "17 2200 0000 01", "16 2400 0500 01", "17 2400 0500 01", "18 01",
      "01 18 2400 07", "0A 2200", "0B 000102030405060708090A0B0C0D0E0F101112131415"}},
    {"all or nothing: an application error",
     {"16 2200 0000 01", "17 2200 0000 01", "16 1300 0000 0300", "17 1300 0000 0300",
      "16 2800 0000 01", "17 2800 0000 01", "18 01", "01 18 2800 81", "0A 2200",
      "0B 000102030405060708090A0B0C0D0E0F101112131415", "0A 1300", "0B 0000"}},
};

struct fixture {
    struct manual_clock clock;
    struct att_end end;
    struct att_database database;
};

static void set_up(struct fixture *f, uint16_t mtu)
{
    manual_clock_init(&f->clock);
    att_end_open(&f->end, &f->clock, mtu);
    att_database_build(&f->database, &f->end.host);
}

static void say(struct fixture *f, const char *request, const char *response)
{
    att_end_hear(&f->end, request);
    assert_att_sent(&f->end, response);
    assert_att_sent(&f->end, "");
}

static void test_row(void **state)
{
    const struct row *row = *state;
    struct fixture f;

    set_up(&f, 23);
    for (size_t i = 0; row->step[i]; i += 2)
        say(&f, row->step[i], row->step[i + 1]);
    assert_int_equal(f.clock.count, 0);
    att_end_close(&f.end);
}

static void test_more_parts_than_the_queue_takes(void **state)
{
    struct fixture f;
    (void)state;

    set_up(&f, 23);
    for (size_t i = 0; i < ATT_PREPARE_PARTS; i++)
        say(&f, "16 2200 0000 01", "17 2200 0000 01");
    say(&f, "16 2200 0000 02", "01 16 2200 09");
    say(&f, "16 1200 0000 02", "01 16 1200 03"); /* who may not write hears that first */
    say(&f, "18 01", "19");                      /* what was taken is written */
    say(&f, "0A 2200", "0B 01");
    say(&f, "16 2200 0000 03", "17 2200 0000 03");
    att_end_close(&f.end);
}

static void test_more_octets_than_the_queue_takes(void **state)
{
    struct fixture f;
    uint8_t pdu[5 + 256] = {ATT_OP_PREPARE_WRITE_REQ, 0x22};
    (void)state;

    set_up(&f, 517);
    say(&f, "02 0502", "03 0502");
    for (size_t i = 0; i < ATT_PREPARE_OCTETS / 256; i++) {
        att_end_hear_bytes(&f.end, pdu, sizeof pdu);
        assert_int_equal(f.end.sent[0].len, sizeof pdu);
        f.end.sent_count = 0;
    }
    say(&f, "16 2200 0000 02", "01 16 2200 09");
    say(&f, "16 2200 0000", "17 2200 0000"); /* no octets, no room needed */
    say(&f, "18 00", "19");
    say(&f, "16 2200 0000 02", "17 2200 0000 02");
    att_end_close(&f.end);
}

static void test_the_queue_goes_with_the_link(void **state)
{
    struct fixture f;
    (void)state;

    set_up(&f, 23);
    say(&f, "16 2400 0000 01", "17 2400 0000 01");
    att_end_disconnect(&f.end);
    att_end_connect(&f.end, 23);
    say(&f, "18 01", "19");
    size_t len;
    blr_attribute_value(f.database.short_value, &len);
    assert_int_equal(len, 0);
    att_end_close(&f.end);
}

static void test_the_service_goes(void **state)
{
    struct fixture f;
    (void)state;

    set_up(&f, 23);
    say(&f, "16 2400 0000 01", "17 2400 0000 01");
    say(&f, "16 1300 0000 0100", "17 1300 0000 0100");
    blr_service_free(f.database.own);
    say(&f, "18 01", "01 18 2400 01");
    say(&f, "0A 1300", "0B 0000");
    att_end_close(&f.end);
}

static void test_fixed_length(void **state)
{
    struct fixture f;
    (void)state;

    set_up(&f, 23);
    att_database_add_fixed(&f.end.host, "abcd");
    /* A part replaces what it covers, and the length stays. */
    say(&f, "16 4200 0100 7879", "17 4200 0100 7879");
    say(&f, "18 01", "19");
    say(&f, "0A 4200", "0B 61787964");
    say(&f, "16 4200 0300 7879", "17 4200 0300 7879");
    say(&f, "18 01", "01 18 4200 0D");
    say(&f, "0A 4200", "0B 61787964");
    att_end_close(&f.end);
}

/* --- what the application hears --- */

struct story {
    struct blr_service *service;
    struct blr_attribute *attr[2];
    unsigned asked, written;
    uint8_t answer; /* of the second */
    bool removes;   /* its service, when it is asked */
    size_t len;
};

static uint8_t on_write(struct blr_attribute *attr, struct blr_conn *conn, const uint8_t *value,
                        size_t len, void *user)
{
    struct story *story = user;
    (void)conn;
    (void)value;

    assert_int_equal(story->written, 0);
    story->asked++;
    story->len = len;
    if (story->removes) {
        blr_service_free(story->service);
        story->removes = false;
    }
    return attr == story->attr[1] ? story->answer : 0;
}

static void on_written(struct blr_attribute *attr, struct blr_conn *conn, const uint8_t *value,
                       size_t len, void *user)
{
    struct story *story = user;
    size_t stored;
    (void)conn;

    assert_memory_equal(blr_attribute_value(attr, &stored), value, len);
    assert_int_equal(stored, len);
    story->written++;
}

static void add_story(struct fixture *f, struct story *story)
{
    static const struct blr_attribute_callbacks callbacks = {
        .write = on_write,
        .written = on_written,
    };
    const struct blr_uuid uuid = blr_uuid16(0x1234);

    *story = (struct story){0};
    assert_int_equal(blr_service_new(&f->end.host, &uuid, true, 0x40, &story->service), 0);
    for (size_t i = 0; i < 2; i++) {
        const struct blr_characteristic_def def = {
            .uuid = uuid,
            .properties = GATT_PROP_READ | GATT_PROP_WRITE,
            .callbacks = &callbacks,
            .user = story,
        };
        assert_int_equal(blr_service_add_characteristic(story->service, &def, &story->attr[i]), 0);
    }
    assert_int_equal(blr_service_publish(story->service), 0);
}

static void test_callbacks(void **state)
{
    struct fixture f;
    struct story story;
    (void)state;

    set_up(&f, 23);
    add_story(&f, &story);
    say(&f, "16 4200 0000 0102", "17 4200 0000 0102");
    say(&f, "16 4200 0200 03", "17 4200 0200 03");
    say(&f, "16 4400 0000 04", "17 4400 0000 04");
    assert_int_equal(story.asked, 0);
    story.answer = 0x85;
    say(&f, "18 01", "01 18 4400 85");
    assert_int_equal(story.asked, 2); /* one question a value */
    assert_int_equal(story.written, 0);
    story.answer = 0;
    story.asked = 0;
    say(&f, "16 4200 0000 0102", "17 4200 0000 0102");
    say(&f, "16 4200 0200 03", "17 4200 0200 03");
    say(&f, "18 01", "19");
    assert_int_equal(story.asked, 1);
    assert_int_equal(story.written, 1);
    assert_int_equal(story.len, 3);
    story.written = 0;
    say(&f, "12 4400 01", "13");
    assert_int_equal(story.written, 1);
    att_end_close(&f.end);
}

static void test_a_callback_removes_the_service(void **state)
{
    struct fixture f;
    struct story story;
    (void)state;

    set_up(&f, 23);
    add_story(&f, &story);
    story.removes = true;
    say(&f, "16 4200 0000 01", "17 4200 0000 01");
    say(&f, "16 1300 0000 0100", "17 1300 0000 0100");
    say(&f, "18 01", "19");
    assert_int_equal(story.written, 0); /* there is nobody left to tell */
    say(&f, "0A 4200", "01 0A 4200 01");
    say(&f, "0A 1300", "0B 0100");
    att_end_close(&f.end);
}

static void test_configured_by_the_queue(void **state)
{
    struct fixture f;
    (void)state;

    set_up(&f, 23);
    say(&f, "16 1300 0000 0100", "17 1300 0000 0100");
    say(&f, "16 2B00 0000 0100", "17 2B00 0000 0100");
    assert_int_equal(f.database.subscribed, 0);
    say(&f, "18 01", "19");
    assert_int_equal(f.database.subscribed, 1);
    assert_int_equal(f.database.subscribed_cccd, 1);
    assert_int_equal(blr_attribute_cccd(f.database.notify_only, &f.end.conn), 1);
    att_end_close(&f.end);
}

int main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test(test_more_parts_than_the_queue_takes),
        cmocka_unit_test(test_more_octets_than_the_queue_takes),
        cmocka_unit_test(test_the_queue_goes_with_the_link),
        cmocka_unit_test(test_the_service_goes),
        cmocka_unit_test(test_fixed_length),
        cmocka_unit_test(test_callbacks),
        cmocka_unit_test(test_a_callback_removes_the_service),
        cmocka_unit_test(test_configured_by_the_queue),
    };
    const int failed = RUN_ROWS(rows, test_row);

    return failed + cmocka_run_group_tests_name("stories", others, NULL, NULL);
}
