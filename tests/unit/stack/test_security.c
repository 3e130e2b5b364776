/* SPDX-License-Identifier: MIT */
/*
 * Encryption as the host asks the controller for it, with a controller that says what a test wants
 * it to: good answers, bad ones, none, and events that nobody asked for.
 */
#include <string.h>

#include "host_internal.h"
#include "rows.h"
#include "security_story.h"

static const char ltk_request_legacy[] = "3e 0d 05 40 00 08 07 06 05 04 03 02 01 34 12";
static const char ltk_request_zero[] = "3e 0d 05 40 00 00 00 00 00 00 00 00 00 00 00";
static const char enable_legacy[] = "2019 40 00 08 07 06 05 04 03 02 01 34 12 "
                                    "0f 0e 0d 0c 0b 0a 09 08 07 06 05 04 03 02 01 00";
static const char enable_zero[] = "2019 40 00 00 00 00 00 00 00 00 00 00 00 "
                                  "0f 0e 0d 0c 0b 0a 09 08 07 06 05 04 03 02 01 00";
static const char reply_key[] = "201a 40 00 0f 0e 0d 0c 0b 0a 09 08 07 06 05 04 03 02 01 00";
static const char reply_negative[] = "201b 40 00";
static const char encrypted[] = "08 04 00 40 00 01";
static const char key_missing[] = "08 04 06 40 00 00";
static const char refreshed[] = "30 03 00 40 00";

/* --- the central --- */

static void a_key_of_legacy_pairing(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = security_story_bonded(story, BLR_CENTRAL, false, true);

    security_story_raise(story, conn, BLR_SECURITY_AUTHENTICATED);
    expect_answer(story, enable_legacy);
    security_story_pass(story);
    expect_told(story, "");
    assert_false(blr_conn_encrypted(conn));
    host_story_event(story, encrypted);
    security_story_pass(story);
    expect_told(story, "changed ok, level 3\ncalled back ok\n");
    assert_int_equal(blr_conn_key_size(conn), 16);
    expect_no_command(story);
    /* There it is already. */
    security_story_raise(story, conn, BLR_SECURITY_ENCRYPTED);
    expect_told(story, "");
    security_story_pass(story);
    expect_told(story, "called back ok\n");
    expect_no_command(story);
}

static void a_key_of_secure_connections(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = security_story_bonded(story, BLR_CENTRAL, true, true);

    security_story_raise(story, conn, BLR_SECURITY_AUTHENTICATED_SC);
    expect_answer(story, enable_zero);
    host_story_event(story, encrypted);
    security_story_pass(story);
    expect_told(story, "changed ok, level 4\ncalled back ok\n");

    assert_int_equal(blr_security_refresh(conn, security_story_called, story), 0);
    expect_answer(story, enable_zero);
    host_story_event(story, refreshed);
    security_story_pass(story);
    expect_told(story, "changed ok, level 4\ncalled back ok\n");
}

static void a_key_that_does_not_suffice(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = security_story_bonded(story, BLR_CENTRAL, true, false);

    security_story_raise(story, conn, BLR_SECURITY_AUTHENTICATED);
    expect_no_command(story);
    expect_acl(story, "0040 0 07 00 06 00 01 03 00 0d 10 07 07"); /* Pairing Request, MITM */
    host_story_acl(story, SECURITY_LINK, 2, "02 00 06 00 05 05");
    security_story_pass(story);
    expect_told(story, "finished Pairing Not Supported\ncalled back Pairing Not Supported\n");
}

static void a_key_that_is_too_short(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = security_story_bonded(story, BLR_CENTRAL, true, true);
    struct blr_security_config config = blr_security_config_default();

    bonds_find(story->host, &conn->identity)->key_size = 15;
    config.min_key_size = 16;
    assert_int_equal(blr_security_configure(story->host, &config), 0);
    security_story_raise(story, conn, BLR_SECURITY_ENCRYPTED);
    expect_no_command(story);
    expect_acl(story, "0040 0 07 00 06 00 01 03 00 0d 10 07 07");
}

/* --- each way to fail, and the callback comes once --- */

static void fail_status(struct host_story *story)
{
    expect_command(story, enable_zero);
    fake_controller_status(&story->fake, HCI_OP_LE_ENABLE_ENCRYPTION, 0x0C);
}

static void fail_key_missing(struct host_story *story)
{
    expect_answer(story, enable_zero);
    host_story_event(story, key_missing);
    host_story_event(story, key_missing);
}

static void fail_link(struct host_story *story)
{
    expect_answer(story, enable_zero);
    fake_controller_disconnected(&story->fake, SECURITY_LINK, 0x3D);
}

static void fail_link_before_status(struct host_story *story)
{
    expect_command(story, enable_zero);
    fake_controller_disconnected(&story->fake, SECURITY_LINK, 0x08);
    fake_controller_status(&story->fake, HCI_OP_LE_ENABLE_ENCRYPTION, 0x02);
}

static void fail_silence(struct host_story *story)
{
    expect_command(story, enable_zero);
    manual_clock_advance(&story->clock, SIM_S(3));
}

static void fail_no_event(struct host_story *story)
{
    expect_answer(story, enable_zero);
    manual_clock_advance(&story->clock, SIM_S(31));
    assert_int_equal(
        blr_security_raise(blr_conn_first(story->host), BLR_SECURITY_ENCRYPTED, NULL, NULL),
        BLR_ERR_BUSY);
    host_story_event(story, encrypted); /* late, and true nevertheless */
}

static void fail_hardware(struct host_story *story)
{
    expect_answer(story, enable_zero);
    host_story_event(story, "10 01 00");
}

static void fail_late(struct host_story *story)
{
    expect_answer(story, enable_zero);
    host_story_event(story, key_missing);
    host_story_event(story, encrypted); /* of what? */
    host_story_event(story, refreshed);
}

struct failure_row {
    const char *name;
    void (*happens)(struct host_story *story);
    const char *told;
};

static const struct failure_row failures[] = {
    {"the command is refused", fail_status,
     "changed Command Disallowed, level 1\ncalled back Command Disallowed\n"},
    {"the peer has no key", fail_key_missing,
     "changed PIN or Key Missing, level 1\ncalled back PIN or Key Missing\n"},
    {"the link goes", fail_link, "called back Not connected\ndisconnected 0040 3d\n"},
    {"the link goes before the answer", fail_link_before_status,
     "called back Not connected\ndisconnected 0040 08\n"},
    {"the controller is silent", fail_silence,
     "called back Not connected\ndisconnected 0040 03\nfailure Timed out\n"},
    {"no event comes", fail_no_event, "called back Timed out\nchanged ok, level 4\n"},
    {"the controller fails", fail_hardware,
     "called back Not connected\ndisconnected 0040 03\nfailure Hardware Failure\n"},
    {"events too late", fail_late,
     "changed PIN or Key Missing, level 1\ncalled back PIN or Key Missing\n"},
};

static void test_failure(void **state)
{
    const struct failure_row *row = *state;
    static struct host_story story;

    host_story_up(&story);
    struct blr_conn *conn = security_story_bonded(&story, BLR_CENTRAL, true, true);
    security_story_raise(&story, conn, BLR_SECURITY_ENCRYPTED);
    row->happens(&story);
    security_story_pass(&story);
    expect_told(&story, row->told);
    host_story_free(&story);
    expect_told(&story, "");
}

static void the_host_is_freed(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = security_story_bonded(story, BLR_CENTRAL, true, true);

    security_story_raise(story, conn, BLR_SECURITY_ENCRYPTED);
    blr_host_free(story->host);
    expect_told(story, "called back Cancelled\n");
    assert_int_equal(story->clock.count, 0);
}

static void the_host_is_freed_during_a_pairing(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = security_story_link(story, BLR_CENTRAL);

    security_story_raise(story, conn, BLR_SECURITY_ENCRYPTED);
    blr_host_free(story->host);
    expect_told(story, "finished Cancelled\ncalled back Cancelled\n");
    assert_int_equal(story->clock.count, 0);
}

/* A callback ends the link; what is behind it looks at nothing of it. */
static void disconnects(struct blr_conn *conn, int error, void *user)
{
    struct host_story *story = user;

    (void)error;
    fake_controller_disconnected(&story->fake, blr_conn_handle(conn), 0x13);
}

static void the_link_goes_in_a_callback(void **state)
{
    static const struct blr_security_listener ends = {.changed = disconnects};
    struct host_story *story = *state;
    struct blr_conn *conn = security_story_bonded(story, BLR_CENTRAL, true, true);

    blr_security_listen(story->host, &ends, story);
    security_story_raise(story, conn, BLR_SECURITY_ENCRYPTED);
    expect_answer(story, enable_zero);
    host_story_event(story, encrypted);
    security_story_pass(story);
    expect_told(story, "called back Not connected\ndisconnected 0040 13\n");
}

static void pairing_disconnects(struct blr_conn *conn, int error, const struct blr_pairing *pairing,
                                void *user)
{
    (void)pairing;
    if (error != BLR_ERR_NOT_CONNECTED)
        disconnects(conn, error, user);
}

static void the_link_goes_when_a_pairing_has_failed(void **state)
{
    static const struct blr_security_listener ends = {.finished = pairing_disconnects};
    struct host_story *story = *state;
    struct blr_conn *conn = security_story_link(story, BLR_CENTRAL);

    blr_security_listen(story->host, &ends, story);
    security_story_raise(story, conn, BLR_SECURITY_ENCRYPTED);
    host_story_acl(story, SECURITY_LINK, 2, "02 00 06 00 05 08");
    security_story_pass(story);
    expect_told(story, "called back Not connected\ndisconnected 0040 13\n");
}

/* --- the peripheral: which key, or none --- */

struct ltk_row {
    const char *name;
    bool bonded, sc;
    enum blr_role role;
    const char *event, *command;
};

static const struct ltk_row ltk_rows[] = {
    {"no bond", false, false, BLR_PERIPHERAL, ltk_request_zero, reply_negative},
    {"a legacy key", true, false, BLR_PERIPHERAL, ltk_request_legacy, reply_key},
    {"another EDIV", true, false, BLR_PERIPHERAL, "3e 0d 05 40 00 08 07 06 05 04 03 02 01 35 12",
     reply_negative},
    {"another random number", true, false, BLR_PERIPHERAL,
     "3e 0d 05 40 00 08 07 06 05 04 03 02 00 34 12", reply_negative},
    {"a legacy key, asked for as of Secure Connections", true, false, BLR_PERIPHERAL,
     ltk_request_zero, reply_negative},
    {"a key of Secure Connections", true, true, BLR_PERIPHERAL, ltk_request_zero, reply_key},
    {"that, asked for as a legacy one", true, true, BLR_PERIPHERAL, ltk_request_legacy,
     reply_negative},
    {"a handle that there is not", true, true, BLR_PERIPHERAL,
     "3e 0d 05 41 00 00 00 00 00 00 00 00 00 00 00", NULL},
    {"a handle out of range", true, true, BLR_PERIPHERAL,
     "3e 0d 05 40 10 00 00 00 00 00 00 00 00 00 00", NULL},
    {"a central is not asked", true, true, BLR_CENTRAL, ltk_request_zero, NULL},
    {"too short", true, true, BLR_PERIPHERAL, "3e 0c 05 40 00 00 00 00 00 00 00 00 00 00", NULL},
    {"too long", true, true, BLR_PERIPHERAL, "3e 0e 05 40 00 00 00 00 00 00 00 00 00 00 00 00",
     NULL},
};

static void test_ltk(void **state)
{
    const struct ltk_row *row = *state;
    static struct host_story story;

    host_story_up(&story);
    if (row->bonded)
        security_story_bond(&story, row->sc, false);
    struct blr_conn *conn = security_story_link(&story, row->role);
    host_story_event(&story, row->event);
    const bool with_key = row->command == reply_key;
    if (row->command)
        expect_answer(&story, row->command);
    expect_no_command(&story);
    assert_int_equal(story.host->counters.unexpected_packets +
                         story.host->counters.malformed_packets,
                     !row->command);
    /* Without a key there was, it is not believed. */
    host_story_event(&story, encrypted);
    security_story_pass(&story);
    assert_int_equal(blr_conn_encrypted(conn), with_key);
    expect_told(&story, with_key ? "changed ok, level 2\n" : "");
    host_story_free(&story);
}

static void asked_again_before_the_answer(void **state)
{
    struct host_story *story = *state;

    security_story_bonded(story, BLR_PERIPHERAL, true, false);
    host_story_event(story, ltk_request_zero);
    host_story_event(story, ltk_request_zero);
    expect_answer(story, reply_key);
    expect_no_command(story);
    assert_int_equal(story->host->counters.unexpected_packets, 1);
    host_story_event(story, encrypted);
    host_story_event(story, encrypted);
    assert_int_equal(story->host->counters.unexpected_packets, 2);
    expect_told(story, "changed ok, level 2\n");
}

static void the_reply_is_refused(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = security_story_bonded(story, BLR_PERIPHERAL, true, false);

    story->fake.fails_opcode = HCI_OP_LE_LONG_TERM_KEY_REQUEST_REPLY;
    story->fake.fails_status = 0x0C;
    host_story_event(story, ltk_request_zero);
    expect_answer(story, reply_key);
    expect_told(story, "changed Command Disallowed, level 1\n");
    host_story_event(story, encrypted);
    assert_false(blr_conn_encrypted(conn));
    expect_told(story, "");
}

/* --- events that nobody asked for --- */

static void unasked(void **state)
{
    static const char *const events[] = {
        "08 04 00 40 00 01", "08 04 00 40 00 00", "08 04 06 40 00 00",    "08 04 00 40 00 02",
        "08 04 00 41 00 01", "08 03 00 40 00",    "08 05 00 40 00 01 00", "30 03 00 40 00",
        "30 03 00 41 00",    "30 02 00 40",       "30 04 00 40 00 00",
    };
    struct host_story *story = *state;
    struct blr_conn *conn = security_story_bonded(story, BLR_CENTRAL, true, true);

    for (unsigned i = 0; i < sizeof events / sizeof events[0]; i++) {
        host_story_event(story, events[i]);
        assert_false(blr_conn_encrypted(conn));
        assert_int_equal(story->host->counters.unexpected_packets +
                             story->host->counters.malformed_packets,
                         i + 1);
    }
    expect_told(story, "");
    /* On a link that is encrypted as well. */
    security_story_raise(story, conn, BLR_SECURITY_ENCRYPTED);
    expect_answer(story, enable_zero);
    host_story_event(story, encrypted);
    security_story_pass(story);
    story->log_len = 0;
    host_story_event(story, encrypted);
    host_story_event(story, refreshed);
    host_story_event(story, key_missing);
    story->log[story->log_len] = '\0';
    expect_told(story, "");
    assert_true(blr_conn_encrypted(conn));
    host_story_event(story, "08 04 00 40 00 00"); /* it is not any more */
    assert_int_equal(blr_conn_security(conn), BLR_SECURITY_NONE);
    expect_told(story, "changed ok, level 1\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(a_key_of_legacy_pairing),
        STORY(a_key_of_secure_connections),
        STORY(a_key_that_does_not_suffice),
        STORY(a_key_that_is_too_short),
        cmocka_unit_test_setup_teardown(the_host_is_freed, host_story_setup_up,
                                        host_story_teardown_freed),
        cmocka_unit_test_setup_teardown(the_host_is_freed_during_a_pairing, host_story_setup_up,
                                        host_story_teardown_freed),
        STORY(the_link_goes_in_a_callback),
        STORY(the_link_goes_when_a_pairing_has_failed),
        STORY(asked_again_before_the_answer),
        STORY(the_reply_is_refused),
        STORY(unasked),
    };

    return RUN_ROWS(failures, test_failure) + RUN_ROWS(ltk_rows, test_ltk) +
           cmocka_run_group_tests_name("security", tests, NULL, NULL);
}
