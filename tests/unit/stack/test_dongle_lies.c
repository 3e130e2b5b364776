/* SPDX-License-Identifier: MIT */
/*
 * The BGAPI dongle on a controller that does what the test says: servers that lie, reports at the
 * wrong moment, a link that cannot tell its RSSI.
 */
#include <stdlib.h>
#include <string.h>

#include "bgapi_text.h"
#include "blueroom/dongle.h"
#include "hex.h"
#include "host_story.h"
#include "rows.h"

enum { CONN = 0x0040 };

struct lies {
    struct host_story story;
    struct byte_link_end line;
    struct blr_dongle *dongle;
};

static int to_client(struct byte_link_end *end, const uint8_t *bytes, size_t len)
{
    struct lies *f = (struct lies *)((char *)end - offsetof(struct lies, line));
    struct bgapi_reader reader;
    struct bgapi_packet packet;
    char text[1024];

    bgapi_reader_init(&reader);
    assert_true(bgapi_read(&reader, &bytes, &len, &packet)); /* a packet is one send */
    assert_int_equal(len, 0);
    bgapi_text_packet(&packet, text, sizeof text);
    host_story_log(&f->story, "%s\n", text);
    return 0;
}

static void nothing_was_left(struct byte_link_end *end)
{
    (void)end;
}

static void command(struct lies *f, const char *text)
{
    uint8_t bytes[BGAPI_PACKET_MAX];
    struct wr w = wr_init(bytes, sizeof bytes);

    bgapi_text_command(text, &w);
    assert_int_equal(f->line.party->received(f->line.user, bytes, w.len), w.len);
}

static struct lies *open_named(const char *name)
{
    static const struct byte_link_ops ops = {.send = to_client, .resume = nothing_was_left};
    struct lies *f = calloc(1, sizeof *f);

    assert_non_null(f);
    host_story_new(&f->story, 23);
    f->line.ops = &ops;
    const struct blr_dongle_config config = {
        .host = f->story.host,
        .line = &f->line,
        .name = name,
    };
    f->dongle = blr_dongle_new(&config);
    assert_non_null(f->dongle);
    fake_controller_answer_all(&f->story.fake);
    command(f, "system_hello");
    expect_told(&f->story, "rsp system_hello\n");
    return f;
}

static int set_up(void **state)
{
    *state = open_named(NULL);
    return 0;
}

static int tear_down(void **state)
{
    struct lies *f = *state;

    blr_dongle_close(f->dongle);
    host_story_free(&f->story);
    blr_dongle_free(f->dongle);
    free(f);
    return 0;
}

static void connect(struct lies *f)
{
    const struct bd_addr peer = host_story_peer(CONN);

    fake_controller_connected(&f->story.fake, 0, CONN, BLR_PERIPHERAL, &peer);
    f->story.log_len = 0;
    f->story.log[0] = '\0';
    command(f, "system_hello");
    expect_told(&f->story, "rsp system_hello\n");
}

/* --- servers --- */

struct lie {
    const char *name;
    const char *command;
    const char *answers[3]; /* ATT PDUs with their L2CAP header, one a request */
    const char *said;
};

#define MALFORMED(handle)                                                                          \
    "evt attclient_procedure_completed conn=0 result=0x0181 handle=" handle "\n"

static const struct lie lies[] = {
    {"information_backwards", "attclient_find_information conn=0 start=5 end=0xffff",
     {"06000400 05 01 0400 0028"}, MALFORMED("4")},
    {"information_beyond", "attclient_find_information conn=0 start=5 end=9",
     {"06000400 05 01 0a00 0028"}, MALFORMED("10")},
    {"information_twice", "attclient_find_information conn=0 start=5 end=9",
     {"0a000400 05 01 0500 0028 0500 0028"},
     "evt attclient_find_information_found conn=0 handle=5 uuid=0028\n" MALFORMED("5")},
    {"information_for_ever", "attclient_find_information conn=0 start=5 end=9",
     {"06000400 05 01 0600 0028", "06000400 05 01 0600 0028"},
     "evt attclient_find_information_found conn=0 handle=6 uuid=0028\n" MALFORMED("6")},
    {"information_of_no_format", "attclient_find_information conn=0 start=5 end=9",
     {"06000400 05 03 0500 0028"}, MALFORMED("5")},
    {"information_cut_short", "attclient_find_information conn=0 start=5 end=9",
     {"07000400 05 01 0500 0028 06"}, MALFORMED("5")},
    {"information_ends_at_ffff", "attclient_find_information conn=0 start=5 end=0xffff",
     {"06000400 05 01 ffff 0028"},
     "evt attclient_find_information_found conn=0 handle=65535 uuid=0028\n"
     "evt attclient_procedure_completed conn=0 result=0x0000 handle=65535\n"},
    {"groups_backwards", "attclient_read_by_group_type conn=0 start=5 end=0xffff uuid=0028",
     {"08000400 11 06 0400 0500 0d18"}, MALFORMED("4")},
    {"groups_end_before_they_begin",
     "attclient_read_by_group_type conn=0 start=5 end=0xffff uuid=0028",
     {"08000400 11 06 0600 0500 0d18"}, MALFORMED("6")},
    {"groups_of_no_size", "attclient_read_by_group_type conn=0 start=5 end=0xffff uuid=0028",
     {"08000400 11 00 0600 0700 0d18"}, MALFORMED("5")},
    {"groups_of_three_octets", "attclient_read_by_group_type conn=0 start=5 end=0xffff uuid=0028",
     {"08000400 11 03 060007 00 0d18"}, MALFORMED("5")},
    {"groups_cut_short", "attclient_read_by_group_type conn=0 start=5 end=0xffff uuid=0028",
     {"08000400 11 05 0600 0700 0d18"}, MALFORMED("5")},
    {"groups_without_a_value", "attclient_read_by_group_type conn=0 start=5 end=7 uuid=0028",
     {"06000400 11 04 0600 0700"},
     "evt attclient_group_found conn=0 start=6 end=7 uuid=\n"
     "evt attclient_procedure_completed conn=0 result=0x0000 handle=7\n"},
    {"read_of_nothing", "attclient_read_by_handle conn=0 handle=5", {"01000400 0b"},
     "evt attclient_attribute_value conn=0 handle=5 type=0 value=\n"},
    {"long_value_of_nothing", "attclient_read_long conn=0 handle=5", {"01000400 0b"},
     "evt attclient_attribute_value conn=0 handle=5 type=4 value=\n"
     "evt attclient_procedure_completed conn=0 result=0x0000 handle=5\n"},
    {"long_value_ends_with_not_long", "attclient_read_long conn=0 handle=5",
     {"17000400 0b 000102030405060708090a0b0c0d0e0f101112131415", "05000400 01 0c 0500 0b"},
     "evt attclient_attribute_value conn=0 handle=5 type=4 "
     "value=000102030405060708090a0b0c0d0e0f101112131415\n"
     "evt attclient_procedure_completed conn=0 result=0x0000 handle=5\n"},
    {"long_value_is_refused_in_the_middle", "attclient_read_long conn=0 handle=5",
     {"17000400 0b 000102030405060708090a0b0c0d0e0f101112131415", "05000400 01 0c 0500 0e"},
     "evt attclient_attribute_value conn=0 handle=5 type=4 "
     "value=000102030405060708090a0b0c0d0e0f101112131415\n"
     "evt attclient_procedure_completed conn=0 result=0x040e handle=5\n"},
    {"application_error", "attclient_attribute_write conn=0 handle=5 data=00",
     {"05000400 01 12 0500 80"},
     "evt attclient_procedure_completed conn=0 result=0x0480 handle=5\n"},
    {"an_answer_to_something_else", "attclient_read_by_handle conn=0 handle=5",
     {"05000400 01 12 0500 80", "02000400 0b 07"},
     "evt attclient_attribute_value conn=0 handle=5 type=0 value=07\n"},
};

static void check_lie(void **state)
{
    const struct lie *row = *state;
    void *own;

    set_up(&own);
    struct lies *f = own;
    connect(f);
    command(f, row->command);
    assert_non_null(strstr(f->story.log, "result=0x0000\n"));
    f->story.log_len = 0;
    f->story.log[0] = '\0';
    for (size_t i = 0; i < 3 && row->answers[i]; i++)
        host_story_acl(&f->story, CONN, 2, row->answers[i]);
    expect_told(&f->story, row->said);
    tear_down(&own);
}

/* A value that never ends is ended after 512 octets. */
static void a_value_without_end(void **state)
{
    struct lies *f = *state;
    unsigned parts = 0;

    connect(f);
    command(f, "attclient_read_long conn=0 handle=5");
    for (unsigned i = 0; i < 30 && !strstr(f->story.log, "procedure_completed"); i++) {
        host_story_acl(&f->story, CONN, 2, i ? "17000400 0d 00000000000000000000000000000000"
                                               "000000000000"
                                             : "17000400 0b 00000000000000000000000000000000"
                                               "000000000000");
        parts++;
    }
    assert_int_equal(parts, 24); /* 528 octets: more than a value may have */
    assert_non_null(strstr(f->story.log, MALFORMED("5")));
}

/* --- the controller --- */

#define REPORT "3e0c 02 01 00 01 0d18000000c0 00 c4"
#define REPORTED                                                                                   \
    "evt gap_scan_response rssi=-60 packet_type=0 address=0d18000000c0 address_type=1 "            \
    "bond=255 data=\n"

/* Nothing of a scan is told before its response, or behind that of its end. */
static void reports_keep_between_the_responses(void **state)
{
    struct lies *f = *state;

    command(f, "gap_discover mode=2");
    expect_answer(&f->story, "200b");
    host_story_event(&f->story, REPORT);
    expect_told(&f->story, "");
    expect_answer(&f->story, "200c");
    host_story_event(&f->story, REPORT);
    expect_told(&f->story, "rsp gap_discover result=0x0000\n" REPORTED);
    command(f, "gap_end_procedure");
    host_story_event(&f->story, REPORT);
    expect_told(&f->story, "");
    expect_answer(&f->story, "200c");
    host_story_event(&f->story, REPORT);
    expect_told(&f->story, "rsp gap_end_procedure result=0x0000\n");
}

/* What the controller says to a scan is the response. */
static void a_scan_that_is_refused(void **state)
{
    struct lies *f = *state;

    f->story.fake.fails_opcode = 0x200C;
    f->story.fake.fails_status = 0x0C;
    command(f, "gap_discover mode=2");
    fake_controller_answer_all(&f->story.fake);
    expect_told(&f->story, "rsp gap_discover result=0x020c\n");
    f->story.fake.fails_opcode = 0;
    command(f, "gap_end_procedure");
    expect_told(&f->story, "rsp gap_end_procedure result=0x0181\n");
}

/* Of two discoveries the second knows nobody whom the first has found. */
static void a_discovery_begins_anew(void **state)
{
    struct lies *f = *state;

    for (unsigned i = 0; i < 2; i++) {
        command(f, "gap_discover mode=1");
        fake_controller_answer_all(&f->story.fake);
        if (i == 0) /* in general discoverable mode */
            host_story_event(&f->story, "3e0f 02 01 00 01 0d18000000c0 03 020106 c4");
        host_story_event(&f->story, "3e0c 02 01 04 01 0d18000000c0 00 c4"); /* a scan response */
        assert_int_equal(strstr(f->story.log, "packet_type=4") != NULL, i == 0);
        command(f, "gap_end_procedure");
        fake_controller_answer_all(&f->story.fake);
        f->story.log_len = 0;
        f->story.log[0] = '\0';
    }
}

/* 127 is HCI's "not available", 25 is BGAPI's (Core v5.4, Vol 4, Part E, 7.5.4). */
static void rssi_that_is_not_known(void **state)
{
    struct lies *f = *state;

    connect(f);
    f->story.fake.rssi_dbm = 127;
    command(f, "connection_get_rssi conn=0");
    expect_told(&f->story, "");
    fake_controller_answer_all(&f->story.fake);
    expect_told(&f->story, "rsp connection_get_rssi conn=0 rssi=25\n");
    f->story.fake.rssi_dbm = -71;
    command(f, "connection_get_rssi conn=0");
    fake_controller_answer_all(&f->story.fake);
    expect_told(&f->story, "rsp connection_get_rssi conn=0 rssi=-71\n");
}

struct name {
    const char *name, *given;
    const char *advertised; /* AD type, then the name, of which that is the length */
};

static const struct name names[] = {
    {"none", NULL, "\x09" "BGAPI"},
    {"longest", "abcdefghijklmnopqrstuvwxyz", "\x09" "abcdefghijklmnopqrstuvwxyz"},
    {"too_long", "abcdefghijklmnopqrstuvwxyz!", "\x08" "abcdefghijklmnopqrstuvwxyz"},
    {"cut_between_characters", "abcdefghijklmnopqrstuvwxy\xc3\xa9", "\x08"
     "abcdefghijklmnopqrstuvwxy"},
};

static void check_name(void **state)
{
    const struct name *row = *state;
    struct lies *f = open_named(row->given);
    const size_t len = strlen(row->advertised);
    uint8_t expected[32] = {(uint8_t)(4 + len), 0x02, 0x01, 0x06, (uint8_t)len};
    char text[128] = "2008 ", hex[3 * 32 + 1];
    void *own = f;

    memcpy(expected + 5, row->advertised, len);
    strcat(text, hex_write(expected, sizeof expected, hex, sizeof hex));
    command(f, "gap_set_mode discover=2 connect=2");
    expect_answer(&f->story, "2006");
    expect_answer(&f->story, text);
    fake_controller_answer_all(&f->story.fake);
    expect_told(&f->story, "rsp gap_set_mode result=0x0000\n");
    tear_down(&own);
}

/* A command that waits for the controller holds up those behind it, and none is lost. */
static void commands_wait_their_turn(void **state)
{
    static const uint8_t hello[] = {0, 0, 0, 1};
    struct lies *f = *state;

    connect(f);
    command(f, "connection_get_rssi conn=0");
    assert_int_equal(f->line.party->received(f->line.user, hello, sizeof hello), 0);
    expect_told(&f->story, "");
    fake_controller_answer_all(&f->story.fake);
    assert_int_equal(f->line.party->received(f->line.user, hello, sizeof hello), 4);
    expect_told(&f->story, "rsp connection_get_rssi conn=0 rssi=-60\nrsp system_hello\n");
}

/* --- connections that may come about --- */

#define ATTEMPT                                                                                    \
    "gap_connect_direct address=4000000000c0 address_type=1 interval_min=24 interval_max=24 "      \
    "timeout=100"
#define STATUS                                                                                     \
    "evt connection_status conn=0 flags=5 address=4000000000c0 address_type=1 interval=40 "        \
    "timeout=420 latency=0 bonding=255\n"

/* The controller has sent its CONNECT_IND. */
static void come_about(struct lies *f)
{
    const struct bd_addr peer = host_story_peer(CONN);

    expect_answer(&f->story, "200d");
    fake_controller_connected(&f->story.fake, 0, CONN, BLR_CENTRAL, &peer);
    expect_answer(&f->story, "041d 40 00");
}

static void is_told_of_when_its_peer_was_heard(void **state)
{
    struct lies *f = *state;

    command(f, ATTEMPT);
    come_about(f);
    expect_told(&f->story, "rsp gap_connect_direct result=0x0000 conn=0\n");
    assert_true(blr_dongle_owes(f->dongle));
    command(f, "attclient_read_by_handle conn=0 handle=1"); /* not yet */
    expect_told(&f->story, "rsp attclient_read_by_handle conn=0 result=0x0186\n"
                           "evt attclient_procedure_completed conn=0 result=0x0186 handle=1\n");
    host_story_event(&f->story, "0c08 00 4000 06 0000 0000");
    expect_told(&f->story, STATUS);
    assert_false(blr_dongle_owes(f->dongle));
    host_story_event(&f->story, "0504 00 4000 3e");
    expect_told(&f->story, "evt connection_disconnected conn=0 reason=0x023e\n");
}

/* A controller that cannot be asked that: it is told of at once. */
static void is_told_of_where_nobody_can_ask(void **state)
{
    struct lies *f = *state;

    f->story.fake.fails_opcode = 0x041D;
    f->story.fake.fails_status = 0x01;
    command(f, ATTEMPT);
    come_about(f);
    expect_told(&f->story, "rsp gap_connect_direct result=0x0000 conn=0\n" STATUS);
}

/* Five times in all; then the client hears of it. */
static void is_tried_again(void **state)
{
    struct lies *f = *state;

    command(f, ATTEMPT);
    expect_told(&f->story, "rsp gap_connect_direct result=0x0000 conn=0\n");
    for (unsigned i = 0; i < 5; i++) {
        expect_told(&f->story, "");
        come_about(f);
        if (i % 2) /* what is asked of it ends with it, or before */
            host_story_event(&f->story, "0c08 3e 4000 00 0000 0000");
        host_story_event(&f->story, "0504 00 4000 3e");
    }
    expect_told(&f->story, "evt connection_disconnected conn=0 reason=0x023e\n");
    expect_no_command(&f->story);
    command(f, ATTEMPT);
    come_about(f);
    host_story_event(&f->story, "0504 00 4000 3e");
    come_about(f);
    host_story_event(&f->story, "0c08 00 4000 06 0000 0000");
    expect_told(&f->story, "rsp gap_connect_direct result=0x0000 conn=0\n" STATUS);
}

static void ends_before_its_peer_was_heard(void **state)
{
    struct lies *f = *state;

    command(f, ATTEMPT);
    come_about(f);
    host_story_event(&f->story, "0504 00 4000 08");
    expect_told(&f->story, "rsp gap_connect_direct result=0x0000 conn=0\n"
                           "evt connection_disconnected conn=0 reason=0x0208\n");
    expect_no_command(&f->story);
    assert_false(blr_dongle_owes(f->dongle));
}

/* The client gives up in that moment: no connection is left, and it hears of none. */
static void is_given_up_before_its_peer_was_heard(void **state)
{
    struct lies *f = *state;

    command(f, ATTEMPT);
    come_about(f);
    command(f, "gap_end_procedure");
    expect_answer(&f->story, "0406 40 00 13");
    host_story_event(&f->story, "0c08 00 4000 06 0000 0000");
    expect_told(&f->story, "rsp gap_connect_direct result=0x0000 conn=0\n");
    host_story_event(&f->story, "0504 00 4000 16");
    expect_told(&f->story, "rsp gap_end_procedure result=0x0000\n");
    expect_no_command(&f->story);
    command(f, "gap_end_procedure");
    expect_told(&f->story, "rsp gap_end_procedure result=0x0181\n");
}

static void is_reset_before_its_peer_was_heard(void **state)
{
    struct lies *f = *state;

    command(f, ATTEMPT);
    come_about(f);
    command(f, "system_reset");
    expect_told(&f->story, "rsp gap_connect_direct result=0x0000 conn=0\n");
    fake_controller_answer_all(&f->story.fake);
    assert_true(blr_dongle_owes(f->dongle));
    host_story_event(&f->story, "0504 00 4000 3e");
    manual_clock_advance(&f->story.clock, 1);
    assert_false(blr_dongle_owes(f->dongle));
    expect_no_command(&f->story);
    command(f, "gap_end_procedure");
    expect_told(&f->story, "rsp gap_end_procedure result=0x0181\n");
}

#define LIES(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        LIES(a_value_without_end),
        LIES(reports_keep_between_the_responses),
        LIES(a_scan_that_is_refused),
        LIES(a_discovery_begins_anew),
        LIES(rssi_that_is_not_known),
        LIES(commands_wait_their_turn),
        LIES(is_told_of_when_its_peer_was_heard),
        LIES(is_tried_again),
        LIES(is_told_of_where_nobody_can_ask),
        LIES(ends_before_its_peer_was_heard),
        LIES(is_given_up_before_its_peer_was_heard),
        LIES(is_reset_before_its_peer_was_heard),
    };

    return RUN_ROWS(lies, check_lie) + RUN_ROWS(names, check_name) +
           cmocka_run_group_tests(tests, NULL, NULL);
}
