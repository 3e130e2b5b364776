/* SPDX-License-Identifier: MIT */
/*
 * Pairing as a peer sees it that is not of ours: what is refused, what is waited for, what comes in
 * pieces.
 */
#include <string.h>

#include "host_internal.h"
#include "rows.h"
#include "security_story.h"

static const char ltk_request_zero[] = "3e 0d 05 40 00 00 00 00 00 00 00 00 00 00 00";

static const char ltk_request_legacy[] = "3e 0d 05 40 00 08 07 06 05 04 03 02 01 34 12";

static const char reply_key[] = "201a 40 00 0f 0e 0d 0c 0b 0a 09 08 07 06 05 04 03 02 01 00";

static const char reply_negative[] = "201b 40 00";

static const char encrypted[] = "08 04 00 40 00 01";

static void without_random_numbers(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = host_story_connect(story, SECURITY_LINK, BLR_PERIPHERAL);
    struct blr_oob oob;

    fake_controller_answer_all(&story->fake);
    host_story_acl(story, SECURITY_LINK, 2, "07 00 06 00 01 03 00 01 10 00 00");
    expect_acl(story, "0040 0 02 00 06 00 05 05");
    assert_int_equal(blr_security_pair(conn, NULL, NULL), BLR_ERR_UNSUPPORTED);
    assert_int_equal(blr_security_make_oob(story->host, &oob), BLR_ERR_UNSUPPORTED);
}

static void draw_zeros(void *user, uint8_t *out, size_t len)
{
    (void)user;
    memset(out, 0, len);
}

/* Zeros are no private key, and are not drawn for ever. */
static void with_bad_random_numbers(void **state)
{
    struct host_story *story = *state;
    struct blr_oob oob;

    security_story_link(story, BLR_CENTRAL);
    story->host->random = draw_zeros;
    assert_int_equal(blr_security_make_oob(story->host, &oob), BLR_ERR_UNSUPPORTED);
    assert_int_equal(blr_security_pair(blr_conn_first(story->host), security_story_called, story),
                     0);
    expect_acl(story, "0040 0 07 00 06 00 01 03 00 09 10 07 07");
    host_story_acl(story, SECURITY_LINK, 2, "07 00 06 00 02 03 00 09 10 07 07");
    expect_acl(story, "0040 0 02 00 06 00 05 08");
    security_story_pass(story);
    expect_told(story, "finished Not supported\ncalled back Not supported\n");
}

static void who_refuses(void **state)
{
    struct host_story *story = *state;
    struct blr_security_config config = blr_security_config_default();

    security_story_link(story, BLR_PERIPHERAL);
    config.refuse = true;
    assert_int_equal(blr_security_configure(story->host, &config), 0);
    host_story_acl(story, SECURITY_LINK, 2, "07 00 06 00 01 03 00 01 10 00 00");
    expect_acl(story, "0040 0 02 00 06 00 05 05");
    expect_told(story, "");
    config.refuse = false;
    assert_int_equal(blr_security_configure(story->host, &config), 0);
    host_story_acl(story, SECURITY_LINK, 2, "07 00 06 00 01 03 00 01 10 00 00");
    expect_acl(story, "0040 0 07 00 06 00 02 03 00 09 10 00 00"); /* Pairing Response */
    config.refuse = true;
    assert_int_equal(blr_security_configure(story->host, &config), 0);
    host_story_acl(story, SECURITY_LINK, 2, "02 00 06 00 05 08");
    expect_told(story, "finished Unspecified Reason\n");
}

/* Nobody gets round the confirm values by asking for encryption early. */
static void no_key_before_the_pairing_has_come_to_it(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = security_story_link(story, BLR_PERIPHERAL);

    host_story_acl(story, SECURITY_LINK, 2, "07 00 06 00 01 03 00 01 10 00 00");
    expect_acl(story, "0040 0 07 00 06 00 02 03 00 09 10 00 00");
    host_story_event(story, ltk_request_zero);
    expect_answer(story, reply_negative);
    host_story_acl(story, SECURITY_LINK, 2,
                   "11 00 06 00 03 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f");
    host_story_event(story, ltk_request_zero);
    expect_answer(story, reply_negative);
    host_story_event(story, encrypted);
    assert_false(blr_conn_encrypted(conn));
    expect_told(story, "");
}

static void send_value(struct host_story *story, enum smp_code code, const uint8_t value[16])
{
    uint8_t pdu[21] = {17, 0, 6, 0, (uint8_t)code};
    struct wr w = wr_init(pdu + 5, 16);

    wr_reversed(&w, value, 16);
    fake_controller_send_acl(&story->fake, SECURITY_LINK, 2, pdu, sizeof pdu);
}

/* The answer to that. */
static void expect_pdu(struct host_story *story, enum smp_code code)
{
    const struct fake_packet *answer = fake_controller_acl(&story->fake);

    assert_non_null(answer);
    assert_int_equal(answer->bytes[8], code);
}

/* Legacy Just Works with a central of the test's, who asks for all of the peripheral's keys. */
static void pair_up_to_random(struct host_story *story, const struct blr_conn *conn)
{
    static const uint8_t tk[16], mrand[16] = {1, 2, 3};
    static const uint8_t preq[] = {1, 3, 0, 1, 16, 0, 7}, pres[] = {2, 3, 0, 9, 16, 0, 7};
    const struct smp_parties parties = {.initiator = *blr_conn_peer(conn),
                                        .responder = *blr_conn_own_address(conn)};
    uint8_t confirm[16];

    host_story_acl(story, SECURITY_LINK, 2, "07 00 06 00 01 03 00 01 10 00 07");
    expect_acl(story, "0040 0 07 00 06 00 02 03 00 09 10 00 07");
    assert_int_equal(smp_c1(tk, mrand, preq, pres, &parties, confirm), 0);
    send_value(story, SMP_PAIRING_CONFIRM, confirm);
    expect_pdu(story, SMP_PAIRING_CONFIRM);
}

static void send_random(struct host_story *story)
{
    static const uint8_t mrand[16] = {1, 2, 3};

    send_value(story, SMP_PAIRING_RANDOM, mrand);
    expect_pdu(story, SMP_PAIRING_RANDOM);
}

/* The new keys go by the new key, not by one that may have been stolen long ago. */
static void an_older_key_within_a_pairing(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = security_story_bonded(story, BLR_PERIPHERAL, false, false);

    pair_up_to_random(story, conn);
    send_random(story);
    host_story_event(story, ltk_request_legacy);
    expect_answer(story, reply_negative);
    host_story_event(story, encrypted);
    assert_false(blr_conn_encrypted(conn));
    expect_no_acl(story);
    host_story_event(story, ltk_request_zero);
    expect_answer(story, "201a");
    host_story_event(story, encrypted);
    expect_pdu(story, SMP_ENCRYPTION_INFORMATION);
}

/* The same, asked for in time: the link has it, but the pairing waits for its own. */
static void an_older_key_before_it(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = security_story_bonded(story, BLR_PERIPHERAL, false, false);

    pair_up_to_random(story, conn);
    host_story_event(story, ltk_request_legacy);
    expect_answer(story, reply_key);
    send_random(story);
    host_story_event(story, encrypted);
    assert_true(blr_conn_encrypted(conn));
    expect_no_acl(story);
    host_story_event(story, ltk_request_zero);
    expect_answer(story, "201a");
    host_story_event(story, "30 03 00 40 00");
    expect_pdu(story, SMP_ENCRYPTION_INFORMATION);
}

/* A peripheral asks, and nobody does anything about it. */
static void the_central_does_nothing(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = security_story_link(story, BLR_PERIPHERAL);

    security_story_raise(story, conn, BLR_SECURITY_AUTHENTICATED);
    expect_acl(story, "0040 0 02 00 06 00 0b 0d");
    assert_int_equal(blr_security_pair(conn, NULL, NULL), BLR_ERR_BUSY);
    manual_clock_advance(&story->clock, SIM_S(29));
    expect_told(story, "");
    manual_clock_advance(&story->clock, SIM_S(2));
    expect_told(story, "called back Timed out\n");
    /* There is no more SMP on this link (Vol 3, Part H, 3.4). */
    assert_int_equal(blr_security_raise(conn, BLR_SECURITY_ENCRYPTED, NULL, NULL), BLR_ERR_TIMEOUT);
    fake_controller_disconnected(&story->fake, SECURITY_LINK, 0x13);
    expect_told(story, "disconnected 0040 13\n");
}

/* A central that has answered with less than it was asked for is not asked again. */
static void the_central_does_less(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = security_story_bonded(story, BLR_PERIPHERAL, true, false);

    security_story_raise(story, conn, BLR_SECURITY_AUTHENTICATED);
    expect_acl(story, "0040 0 02 00 06 00 0b 0d");
    host_story_event(story, ltk_request_zero);
    expect_answer(story, reply_key);
    host_story_event(story, encrypted);
    security_story_pass(story);
    expect_told(story, "changed ok, level 2\ncalled back Authentication Requirements\n");
    expect_no_acl(story);
}

/* A public key is longer than what the smallest ATT MTU takes, and comes in fragments. */
static void a_public_key_in_fragments(void **state)
{
    struct host_story *story = *state;
    struct blr_security_config config = blr_security_config_default();
    uint8_t pdu[69] = {65, 0, 6, 0, SMP_PAIRING_PUBLIC_KEY};
    struct wr w = wr_init(pdu + 5, 64);

    host_story_free(story);
    host_story_new(story, 23);
    assert_int_equal(blr_host_start(story->host, NULL, NULL), 0);
    fake_controller_answer_all(&story->fake);
    config.accept_debug_key = true;
    assert_int_equal(blr_security_configure(story->host, &config), 0);
    security_story_link(story, BLR_PERIPHERAL);
    host_story_acl(story, SECURITY_LINK, 2, "07 00 06 00 01 03 00 09 10 00 00");
    expect_acl(story, "0040 0 07 00 06 00 02 03 00 09 10 00 00");
    wr_reversed(&w, crypto_p256_debug_public, 32);
    wr_reversed(&w, crypto_p256_debug_public + 32, 32);
    fake_controller_send_acl(&story->fake, SECURITY_LINK, 2, pdu, 27);
    fake_controller_send_acl(&story->fake, SECURITY_LINK, 1, pdu + 27, 27);
    expect_no_acl(story);
    fake_controller_send_acl(&story->fake, SECURITY_LINK, 1, pdu + 54, 15);
    const struct fake_packet *answer = fake_controller_acl(&story->fake);
    assert_non_null(answer);
    assert_int_equal(answer->bytes[8], SMP_PAIRING_PUBLIC_KEY);
    assert_int_equal(story->host->counters.dropped_pdus, 0);
}

/* Of failed pairings the next link remembers. */
static void attempts_are_remembered(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = security_story_link(story, BLR_PERIPHERAL);

    (void)conn;
    host_story_acl(story, SECURITY_LINK, 2, "07 00 06 00 01 03 00 01 10 00 00");
    expect_acl(story, "0040 0 07 00 06 00 02 03 00 09 10 00 00");
    host_story_acl(story, SECURITY_LINK, 2, "02 00 06 00 05 04");
    expect_told(story, "finished Confirm Value Failed\n");
    fake_controller_disconnected(&story->fake, SECURITY_LINK, 0x13);
    host_story_connect(story, SECURITY_LINK, BLR_PERIPHERAL);
    host_story_acl(story, SECURITY_LINK, 2, "07 00 06 00 01 03 00 01 10 00 00");
    expect_acl(story, "0040 0 02 00 06 00 05 09");
    manual_clock_advance(&story->clock, SIM_S(2));
    fake_controller_completed(&story->fake, SECURITY_LINK, 1);
    host_story_acl(story, SECURITY_LINK, 2, "07 00 06 00 01 03 00 01 10 00 00");
    expect_acl(story, "0040 0 07 00 06 00 02 03 00 09 10 00 00");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(without_random_numbers),
        STORY(with_bad_random_numbers),
        STORY(who_refuses),
        STORY(no_key_before_the_pairing_has_come_to_it),
        STORY(an_older_key_within_a_pairing),
        STORY(an_older_key_before_it),
        STORY(the_central_does_nothing),
        STORY(the_central_does_less),
        STORY(a_public_key_in_fragments),
        STORY(attempts_are_remembered),
    };

    return cmocka_run_group_tests_name("pairing with strangers", tests, NULL, NULL);
}
