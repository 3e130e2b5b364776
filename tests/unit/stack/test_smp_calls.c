/* SPDX-License-Identifier: MIT */
/*
 * What the owner may call and is told outside the run of a pairing: Security Requests, refusals,
 * the 30 s of each PDU, arguments that make no sense.
 */
#include <string.h>

#include "rows.h"
#include "smp_cases.h"

/* --- Security Request (2.4.6) --- */

struct auth_row {
    const char *name;
    bool bonding, mitm, sc, only_sc, keypress;
    uint8_t level;
    const char *request;
};

static const struct auth_row auth_rows[] = {
    {"nothing", false, false, false, false, false, 0, "0B 00"},
    {"bonding", true, false, false, false, false, 2, "0B 01"},
    {"MITM", true, true, false, false, false, 0, "0B 05"},
    {"level 3", true, false, false, false, false, 3, "0B 05"},
    {"Secure Connections", true, false, true, false, false, 0, "0B 09"},
    {"Secure Connections Only", false, false, false, true, false, 0, "0B 0C"},
    {"keypress", false, false, false, false, true, 0, "0B 10"},
};

static void auth_req(void **state)
{
    const struct auth_row *row = *state;
    struct smp_couple couple;

    smp_couple_open(&couple);
    struct smp_setup *setup = &couple.peripheral.setup;
    setup->config.bonding = row->bonding;
    setup->mitm = row->mitm;
    setup->config.secure_connections = row->sc;
    setup->config.only_secure_connections = row->only_sc;
    setup->config.keypress = row->keypress;
    setup->required_level = row->level;
    assert_int_equal(smp_pair(couple.peripheral.smp, setup), 0);
    assert_smp_sent(&couple.peripheral, row->request);
    assert_false(smp_running(couple.peripheral.smp));
    smp_couple_close(&couple);
}

static void pair_at_once(struct smp_side *side)
{
    side->meddle = NULL;
    assert_int_equal(smp_pair(side->smp, &side->setup), 0);
}

/* It was this host's own wish, so nobody is asked. */
static void request_is_followed(void **state)
{
    struct smp_couple couple;

    (void)state;
    smp_couple_open(&couple);
    couple.central.meddle = pair_at_once;
    assert_int_equal(smp_pair(couple.peripheral.smp, &couple.peripheral.setup), 0);
    smp_couple_run(&couple);
    assert_int_equal(couple.central.told.security_requested, 1);
    assert_int_equal(couple.central.told.auth_req, 0x09);
    assert_int_equal(couple.peripheral.told.requested, 0);
    assert_smp_finished(&couple.central, 0);
    assert_smp_finished(&couple.peripheral, 0);
    /* The next one is the peer's. */
    smp_couple_pair(&couple);
    assert_int_equal(couple.peripheral.told.requested, 1);
    smp_couple_close(&couple);
}

/* It is followed by a pairing that fails before anything is encrypted: that was it. */
static void request_is_used_up(void **state)
{
    struct smp_couple couple;

    (void)state;
    smp_couple_open(&couple);
    assert_int_equal(smp_pair(couple.peripheral.smp, &couple.peripheral.setup), 0);
    smp_couple_run(&couple);
    smp_side_hear_hex(&couple.peripheral, "01 03 00 01 06 07 07");
    assert_smp_finished(&couple.peripheral, BLR_ERR_SMP(SMP_REASON_ENCRYPTION_KEY_SIZE));
    smp_side_hear_hex(&couple.peripheral, "05 08");
    assert_int_equal(couple.peripheral.told.requested, 0);
    smp_side_hear_hex(&couple.peripheral, "01 03 00 01 10 07 07");
    assert_int_equal(couple.peripheral.told.requested, 1);
    assert_int_equal(couple.peripheral.told.finished, 1);
    smp_couple_close(&couple);
}

static void request_is_refused(void **state)
{
    struct smp_couple couple;

    (void)state;
    smp_couple_open(&couple);
    couple.central.refusal = SMP_REASON_PAIRING_NOT_SUPPORTED;
    assert_int_equal(smp_pair(couple.peripheral.smp, &couple.peripheral.setup), 0);
    smp_couple_run(&couple);
    assert_smp_finished(&couple.peripheral, BLR_ERR_SMP(SMP_REASON_PAIRING_NOT_SUPPORTED));
    assert_int_equal(couple.central.told.finished, 0);
    /* Told once. */
    smp_side_hear_hex(&couple.peripheral, "05 05");
    assert_int_equal(couple.peripheral.told.finished, 1);
    smp_couple_close(&couple);
}

/* The central encrypts with what it has: the wish is gone, and so is its time. */
static void request_is_over(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 2; n++) {
        struct smp_couple couple;
        smp_couple_open(&couple);
        assert_int_equal(smp_pair(couple.peripheral.smp, &couple.peripheral.setup), 0);
        smp_couple_run(&couple);
        manual_clock_advance(&couple.clock, SMP_TIMEOUT_NS - 1);
        if (n)
            smp_encrypted(couple.peripheral.smp, 0);
        if (n)
            manual_clock_advance(&couple.clock, SMP_TIMEOUT_NS);
        assert_int_equal(couple.peripheral.told.finished, 0);
        smp_couple_pair(&couple);
        assert_int_equal(couple.peripheral.told.requested, n);
        assert_smp_finished(&couple.peripheral, 0);
        smp_couple_close(&couple);
    }
}

/* 3.4: the Security Request has a time as well. */
static void request_is_not_answered(void **state)
{
    struct smp_couple couple;

    (void)state;
    smp_couple_open(&couple);
    struct smp_side *side = &couple.peripheral;
    assert_int_equal(smp_pair(side->smp, &side->setup), 0);
    smp_couple_run(&couple);
    manual_clock_advance(&couple.clock, SMP_TIMEOUT_NS);
    assert_int_equal(side->told.finished, 0);
    assert_int_equal(smp_pair(side->smp, &side->setup), BLR_ERR_TIMEOUT);
    smp_side_hear_hex(side, "01 03 00 01 10 07 07");
    assert_smp_sent(side, "");
    assert_int_equal(side->told.requested, 0);
    smp_couple_close(&couple);
}

/* It crosses the central's Pairing Request, or what begins encryption. */
static void request_crosses(void **state)
{
    struct smp_couple couple;

    (void)state;
    smp_couple_open(&couple);
    assert_int_equal(smp_pair(couple.central.smp, &couple.central.setup), 0);
    smp_side_hear_hex(&couple.central, "0B 01");
    while (!couple.central.encrypting)
        assert_true(smp_couple_step(&couple));
    smp_side_hear_hex(&couple.central, "0B 01");
    smp_couple_run(&couple);
    assert_int_equal(couple.central.told.security_requested, 0);
    assert_smp_finished(&couple.central, 0);
    assert_smp_finished(&couple.peripheral, 0);
    smp_couple_close(&couple);
}

static void request_of_wrong_length(void **state)
{
    struct smp_couple couple;

    (void)state;
    smp_couple_open(&couple);
    smp_side_hear_hex(&couple.central, "0B");
    assert_smp_sent(&couple.central, "05 0A");
    smp_side_hear_hex(&couple.central, "0B 01 00");
    assert_smp_sent(&couple.central, "05 0A");
    assert_int_equal(couple.central.told.security_requested, 0);
    smp_couple_close(&couple);
}

/* --- refusing --- */

static void owner_refuses(void **state)
{
    struct smp_couple couple;

    (void)state;
    smp_couple_open(&couple);
    couple.peripheral.refuses = true;
    smp_couple_pair(&couple);
    assert_smp_finished(&couple.central, BLR_ERR_SMP(SMP_REASON_PAIRING_NOT_SUPPORTED));
    assert_int_equal(couple.peripheral.told.finished, 0);
    manual_clock_advance(&couple.clock, 2 * SMP_TIMEOUT_NS);
    assert_int_equal(couple.peripheral.told.finished, 0);
    /* It is no failure of a proof: the next may come at once. */
    couple.peripheral.refuses = false;
    smp_couple_pair(&couple);
    assert_int_equal(couple.central.told.error, 0);
    smp_couple_close(&couple);
}

static void setup_of_owner_makes_no_sense(void **state)
{
    struct smp_couple couple;

    (void)state;
    smp_couple_open(&couple);
    couple.peripheral.setup.config.io_capability = 5;
    smp_couple_pair(&couple);
    assert_smp_finished(&couple.central, BLR_ERR_SMP(SMP_REASON_UNSPECIFIED_REASON));
    assert_smp_finished(&couple.peripheral, BLR_ERR_SMP(SMP_REASON_UNSPECIFIED_REASON));
    smp_couple_close(&couple);
}

/* --- while the owner makes up his mind, which may take time --- */

static void hear_failed(struct smp_side *side)
{
    if (!smp_running(side->smp) || side->told.finished)
        return;
    side->meddle = NULL;
    smp_side_hear_hex(side, "05 08");
}

static void hear_request(struct smp_side *side)
{
    side->meddle = NULL;
    smp_side_hear_hex(side, "01 03 00 01 10 07 07");
    smp_side_hear_hex(side, "01 03 00 01 10 07 07");
}

static void wait_too_long(struct smp_side *side)
{
    side->meddle = NULL;
    manual_clock_advance(side->clock, SMP_TIMEOUT_NS);
}

static void lose_link(struct smp_side *side)
{
    side->meddle = NULL;
    smp_closed(side->smp, BLR_ERR_NOT_CONNECTED);
}

struct meanwhile_row {
    const char *name;
    void (*what)(struct smp_side *side);
    int error;
    const char *sent; /* also when the owner refuses */
};

static const struct meanwhile_row meanwhile_rows[] = {
    {"the peer gives up", hear_failed, BLR_ERR_SMP(SMP_REASON_UNSPECIFIED_REASON), ""},
    {"the peer asks again", hear_request, BLR_ERR_SMP(SMP_REASON_UNSPECIFIED_REASON), "05 08"},
    {"30 s", wait_too_long, BLR_ERR_TIMEOUT, ""},
    {"the link goes", lose_link, BLR_ERR_NOT_CONNECTED, ""},
};

/* If he accepts, he is told how it ended; if not, nothing had begun. */
static void meanwhile(void **state)
{
    const struct meanwhile_row *row = *state;

    for (unsigned refuses = 0; refuses < 2; refuses++) {
        struct smp_couple couple;
        smp_couple_open(&couple);
        struct smp_side *side = &couple.peripheral;
        side->refuses = refuses;
        side->meddle = row->what;
        smp_side_hear_hex(side, "01 03 00 01 10 07 07");
        assert_smp_sent(side, row->sent);
        assert_smp_sent(side, "");
        if (refuses)
            assert_int_equal(side->told.finished, 0);
        else
            assert_smp_finished(side, row->error);
        assert_false(smp_running(side->smp));
        smp_couple_close(&couple);
    }
}

/* --- 30 s begin anew with each PDU that is sent (3.4) --- */

static void slow_users(void **state)
{
    struct smp_couple couple;

    (void)state;
    smp_case_open(&smp_cases[10], &couple);
    couple.central.silent = couple.peripheral.silent = true;
    smp_couple_pair(&couple);
    manual_clock_advance(&couple.clock, SIM_S(29));
    assert_int_equal(smp_enter_passkey(couple.central.smp, SMP_CASE_PASSKEY), 0);
    smp_couple_run(&couple);
    /* The central has sent its confirm value now; the peripheral nothing since the beginning. */
    manual_clock_advance(&couple.clock, SIM_S(1) - 1);
    assert_true(smp_running(couple.peripheral.smp));
    manual_clock_advance(&couple.clock, 1);
    assert_smp_finished(&couple.peripheral, BLR_ERR_TIMEOUT);
    assert_true(smp_running(couple.central.smp));
    manual_clock_advance(&couple.clock, SIM_S(29));
    assert_smp_finished(&couple.central, BLR_ERR_TIMEOUT);
    smp_couple_close(&couple);
}

/* --- arguments --- */

struct setup_row {
    const char *name;
    uint8_t io, level, min, max;
    uint32_t passkey;
    int error;
};

static const struct setup_row setup_rows[] = {
    {"fine", 4, 4, 7, 16, 999999, 0},
    {"capability", 5, 0, 0, 0, 0, BLR_ERR_INVALID},
    {"level", 3, 5, 0, 0, 0, BLR_ERR_INVALID},
    {"least size 6", 3, 0, 6, 0, 0, BLR_ERR_INVALID},
    {"largest size 17", 3, 0, 0, 17, 0, BLR_ERR_INVALID},
    {"least over largest", 3, 0, 16, 15, 0, BLR_ERR_INVALID},
    {"largest under 7", 3, 0, 0, 6, 0, BLR_ERR_INVALID},
    {"passkey", 3, 0, 0, 0, 1000000, BLR_ERR_INVALID},
};

static void setups(void **state)
{
    const struct setup_row *row = *state;

    for (unsigned central = 0; central < 2; central++) {
        struct smp_couple couple;
        smp_couple_open(&couple);
        struct smp_side *side = central ? &couple.central : &couple.peripheral;
        side->setup.config.io_capability = row->io;
        side->setup.required_level = row->level;
        side->setup.config.min_key_size = row->min;
        side->setup.config.max_key_size = row->max;
        side->setup.passkey = &row->passkey;
        assert_int_equal(smp_pair(side->smp, &side->setup), row->error);
        assert_int_equal(side->sent_count, row->error == 0);
        smp_couple_close(&couple);
    }
}

static void calls_out_of_turn(void **state)
{
    struct smp_couple couple;

    (void)state;
    smp_couple_open(&couple);
    struct smp_side *side = &couple.central;
    assert_int_equal(smp_fail(side->smp, SMP_REASON_UNSPECIFIED_REASON), BLR_ERR_STATE);
    assert_int_equal(smp_fail(side->smp, 0), BLR_ERR_INVALID);
    assert_int_equal(smp_fail(side->smp, 0x10), BLR_ERR_INVALID);
    assert_int_equal(smp_enter_passkey(side->smp, 0), BLR_ERR_STATE);
    assert_int_equal(smp_confirm(side->smp, true), BLR_ERR_STATE);
    assert_int_equal(smp_keypress(side->smp, 0), BLR_ERR_STATE);
    assert_int_equal(smp_pair(side->smp, &side->setup), 0);
    assert_int_equal(smp_pair(side->smp, &side->setup), BLR_ERR_BUSY);
    smp_couple_run(&couple);
    assert_smp_finished(side, 0);
    smp_couple_close(&couple);
    smp_free(NULL);
}

/* What has ended is told before anything else happens. */
static void event_at_the_end(void **state)
{
    struct smp_couple couple;

    (void)state;
    smp_couple_open(&couple);
    struct smp_side *side = &couple.central;
    assert_int_equal(smp_pair(side->smp, &side->setup), 0);
    assert_int_equal(smp_fail(side->smp, SMP_REASON_UNSPECIFIED_REASON), 0);
    assert_int_equal(side->told.finished, 0);
    smp_side_hear_hex(side, "0B 01");
    assert_smp_finished(side, BLR_ERR_SMP(SMP_REASON_UNSPECIFIED_REASON));
    assert_int_equal(side->told.security_requested, 1);
    smp_couple_close(&couple);
}

static void nothing_gets_out(void **state)
{
    struct smp_couple couple;
    int error = 0;

    (void)state;
    smp_couple_open(&couple);
    couple.central.send_error = BLR_ERR_NOT_CONNECTED;
    assert_int_equal(smp_pair(couple.central.smp, &couple.central.setup), BLR_ERR_NOT_CONNECTED);
    assert_false(smp_running(couple.central.smp));
    couple.peripheral.room = 0;
    for (unsigned i = 0; i < 200 && !error; i++)
        error = smp_pair(couple.peripheral.smp, &couple.peripheral.setup);
    assert_int_equal(error, BLR_ERR_AGAIN);
    manual_clock_advance(&couple.clock, 2 * SMP_TIMEOUT_NS);
    assert_int_equal(couple.central.told.finished + couple.peripheral.told.finished, 0);
    smp_couple_close(&couple);
}

/* Random numbers that are all zeros make no private key, and nothing waits for one for ever. */
static void on_zeros(void *user, uint8_t *out, size_t len)
{
    (void)user;
    memset(out, 0, len);
}

static void told(void *user, int error, const struct smp_outcome *outcome)
{
    int *is = user;

    assert_null(outcome);
    *is = error;
}

static int no_send(struct l2cap_channel *channel, const uint8_t *sdu, size_t len)
{
    (void)channel;
    (void)sdu;
    (void)len;
    return 0;
}

static void no_randomness(void **state)
{
    static const struct smp_ops ops = {.random = on_zeros, .finished = told};
    const struct smp_setup setup = {.config.secure_connections = true};
    struct manual_clock clock;
    int error = 0;

    (void)state;
    manual_clock_init(&clock);
    struct smp *smp = smp_new(&clock.clock, true, &ops, &error);
    struct l2cap_channel *channel = smp_channel(smp);
    channel->send = no_send;
    assert_int_equal(smp_pair(smp, &setup), 0);
    const uint8_t response[] = {2, 3, 0, 8, 16, 0, 0};
    channel->ops->received(channel, response, sizeof response);
    assert_int_equal(error, BLR_ERR_UNSUPPORTED);
    smp_free(smp);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_is_followed),
        cmocka_unit_test(request_is_refused),
        cmocka_unit_test(request_is_used_up),
        cmocka_unit_test(request_is_over),
        cmocka_unit_test(request_is_not_answered),
        cmocka_unit_test(request_crosses),
        cmocka_unit_test(request_of_wrong_length),
        cmocka_unit_test(owner_refuses),
        cmocka_unit_test(setup_of_owner_makes_no_sense),
        cmocka_unit_test(slow_users),
        cmocka_unit_test(calls_out_of_turn),
        cmocka_unit_test(event_at_the_end),
        cmocka_unit_test(nothing_gets_out),
        cmocka_unit_test(no_randomness),
    };

    return RUN_ROWS(auth_rows, auth_req) + RUN_ROWS(meanwhile_rows, meanwhile) +
           RUN_ROWS(setup_rows, setups) + cmocka_run_group_tests(tests, NULL, NULL);
}
