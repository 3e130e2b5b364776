/* SPDX-License-Identifier: MIT */
/*
 * Pairings that something happens to after each of their steps: the peer stops, the link goes, the
 * owner ends it or takes it away, the channel is clogged. Every pairing that was begun is finished
 * once, and the other side is not left waiting where it need not be.
 */
#include "rows.h"
#include "smp_cases.h"

typedef void deed(struct smp_couple *couple, struct smp_side *side, struct smp_side *other);

static void begin(const struct smp_case *c, struct smp_couple *couple, unsigned steps)
{
    smp_case_open(c, couple);
    assert_int_equal(smp_pair(couple->central.smp, &couple->central.setup), 0);
    for (unsigned i = 0; i < steps; i++)
        smp_couple_step(couple);
}

static unsigned steps_of(const struct smp_case *c)
{
    struct smp_couple couple;
    unsigned steps = 0;

    begin(c, &couple, 0);
    while (smp_couple_step(&couple))
        steps++;
    smp_couple_close(&couple);
    return steps;
}

/* Does the deed to either side after every step. */
static void at_each_step(const struct smp_case *c, deed *act)
{
    const unsigned steps = steps_of(c);

    assert_true(steps > 6);
    for (unsigned i = 0; i <= 2 * steps + 1; i++) {
        struct smp_couple couple;
        begin(c, &couple, i / 2);
        struct smp_side *side = i & 1 ? &couple.central : &couple.peripheral;
        act(&couple, side, i & 1 ? &couple.peripheral : &couple.central);
        smp_couple_close(&couple);
    }
}

static void assert_told(const struct smp_side *side, bool was_running, int error)
{
    if (was_running)
        assert_smp_finished(side, error);
}

/* --- the peer stops: 30 s (3.4) --- */

static void silence(struct smp_couple *couple, struct smp_side *side, struct smp_side *other)
{
    const bool running = smp_running(side->smp);
    const unsigned finished = side->told.finished;

    (void)other;
    if (!running)
        return;
    manual_clock_advance(&couple->clock, SMP_TIMEOUT_NS - 1);
    assert_int_equal(side->told.finished, finished);
    manual_clock_advance(&couple->clock, 1);
    assert_told(side, running, BLR_ERR_TIMEOUT);
    /* No more SMP on this link. */
    side->sent_count = 0;
    smp_side_hear_hex(side, "01 03 00 01 10 07 07");
    smp_side_hear_hex(side, "0B 01");
    smp_side_hear_hex(side, "05 08");
    assert_smp_sent(side, "");
    assert_int_equal(smp_pair(side->smp, &side->setup), BLR_ERR_TIMEOUT);
    manual_clock_advance(&couple->clock, 10 * SMP_TIMEOUT_NS);
    assert_int_equal(side->told.finished, 1);
}

static void peer_stops(void **state)
{
    at_each_step(*state, silence);
}

/* --- the link goes --- */

static void loss(struct smp_couple *couple, struct smp_side *side, struct smp_side *other)
{
    const bool running = smp_running(side->smp);
    const unsigned finished = side->told.finished;

    (void)other;
    smp_closed(side->smp, BLR_ERR_NOT_CONNECTED);
    assert_told(side, running, BLR_ERR_NOT_CONNECTED);
    assert_int_equal(side->told.finished, finished + running);
    side->sent_count = 0;
    smp_side_hear_hex(side, "01 03 00 01 10 07 07");
    smp_encrypted(side->smp, 0);
    assert_smp_sent(side, "");
    assert_int_equal(smp_pair(side->smp, &side->setup), BLR_ERR_NOT_CONNECTED);
    smp_closed(side->smp, BLR_ERR_NOT_CONNECTED);
    manual_clock_advance(&couple->clock, 2 * SMP_TIMEOUT_NS);
    assert_int_equal(side->told.finished, finished + running);
}

static void link_goes(void **state)
{
    at_each_step(*state, loss);
}

/* --- the owner ends it --- */

static void cancel(struct smp_couple *couple, struct smp_side *side, struct smp_side *other)
{
    const bool running = smp_running(side->smp), other_running = smp_running(other->smp);
    const unsigned finished = side->told.finished;
    const int error = BLR_ERR_SMP(SMP_REASON_PAIRING_NOT_SUPPORTED);

    assert_int_equal(smp_fail(side->smp, SMP_REASON_PAIRING_NOT_SUPPORTED),
                     running ? 0 : BLR_ERR_STATE);
    if (!running)
        return;
    /* Never from within the call. */
    assert_int_equal(side->told.finished, finished);
    assert_int_equal(smp_fail(side->smp, SMP_REASON_PAIRING_NOT_SUPPORTED), BLR_ERR_STATE);
    assert_int_equal(smp_pair(side->smp, &side->setup), BLR_ERR_BUSY);
    assert_int_equal(smp_enter_passkey(side->smp, 0), BLR_ERR_STATE);
    assert_int_equal(smp_confirm(side->smp, true), BLR_ERR_STATE);
    smp_couple_run(couple);
    assert_told(side, running, error);
    /* All keys may have been on their way already. */
    const bool done = other->told.encrypts && other->told.finished && other->told.error == 0;
    assert_told(other, other_running, done ? 0 : error);
    /* Nothing is left over but, perhaps, a wait. */
    manual_clock_advance(&couple->clock, SIM_S(2));
    smp_couple_pair(couple);
    assert_int_equal(side->told.finished, 2);
    assert_int_equal(side->told.error, 0);
    assert_int_equal(other->told.error, 0);
}

static void owner_ends_it(void **state)
{
    at_each_step(*state, cancel);
}

/* --- the owner takes it away --- */

static void take_away(struct smp_couple *couple, struct smp_side *side, struct smp_side *other)
{
    const unsigned finished = side->told.finished;

    (void)other;
    smp_free(side->smp);
    side->smp = NULL;
    manual_clock_advance(&couple->clock, 2 * SMP_TIMEOUT_NS);
    assert_int_equal(side->told.finished, finished);
}

static void owner_takes_it_away(void **state)
{
    at_each_step(*state, take_away);
}

/* --- the channel breaks --- */

static void no_more_sending(struct smp_couple *couple, struct smp_side *side,
                            struct smp_side *other)
{
    const bool running = smp_running(side->smp);

    (void)other;
    side->send_error = BLR_ERR_NOT_CONNECTED;
    smp_couple_run(couple);
    /* If it had no more to send, the pairing may well have come to its end. */
    if (running && side->told.finished && side->told.error)
        assert_told(side, true, BLR_ERR_NOT_CONNECTED);
    manual_clock_advance(&couple->clock, SMP_TIMEOUT_NS);
    assert_int_equal(side->told.finished, running || side->told.finished);
}

static void channel_breaks(void **state)
{
    at_each_step(*state, no_more_sending);
}

/* --- encryption fails --- */

static void encryption_fails(void **state)
{
    for (unsigned central = 0; central < 2; central++) {
        struct smp_couple couple;
        begin(*state, &couple, 0);
        while (!couple.central.encrypting || !couple.peripheral.encrypting)
            assert_true(smp_couple_step(&couple));
        struct smp_side *side = central ? &couple.central : &couple.peripheral;
        struct smp_side *other = central ? &couple.peripheral : &couple.central;
        side->encrypting = false;
        smp_encrypted(side->smp, 0x06);
        assert_told(side, true, BLR_ERR_HCI(0x06));
        smp_couple_run(&couple);
        assert_told(other, true, BLR_ERR_SMP(SMP_REASON_UNSPECIFIED_REASON));
        smp_couple_close(&couple);
    }
}

/* News of encryption at any other time change nothing. */
static void news(struct smp_couple *couple, struct smp_side *side, struct smp_side *other)
{
    if (side->encrypting)
        return;
    smp_encrypted(side->smp, 0);
    smp_encrypted(side->smp, 0x06);
    smp_couple_run(couple);
    assert_int_equal(side->told.finished, 1);
    assert_int_equal(side->told.error, 0);
    assert_int_equal(other->told.error, 0);
}

static void news_of_encryption(void **state)
{
    at_each_step(*state, news);
}

/* --- a clogged channel --- */

static void clogged(struct smp_couple *couple, struct smp_side *side, struct smp_side *other)
{
    smp_side_make_room(side, 0);
    smp_couple_run(couple);
    manual_clock_advance(&couple->clock, SMP_TIMEOUT_NS - 1);
    /* Told of success only when everything has left. */
    const bool done = side->told.finished;
    const unsigned moved = couple->moved;
    smp_side_make_room(side, 1);
    assert_true(!done || side->sent_count == 0);
    smp_couple_run(couple);
    assert_true(!done || couple->moved == moved);
    assert_told(side, true, 0);
    assert_told(other, true, 0);
}

static void channel_is_clogged(void **state)
{
    at_each_step(*state, clogged);
}

static void channel_of_one(void **state)
{
    struct smp_couple couple;

    smp_case_open(*state, &couple);
    couple.central.room = 1;
    couple.peripheral.room = 1;
    smp_couple_pair(&couple);
    assert_told(&couple.central, true, 0);
    assert_told(&couple.peripheral, true, 0);
    smp_couple_close(&couple);
}

/* --- callbacks that call --- */

static void free_it(struct smp_side *side)
{
    smp_free(side->smp);
    side->smp = NULL;
}

static void close_it(struct smp_side *side)
{
    smp_closed(side->smp, BLR_ERR_NOT_CONNECTED);
}

static void end_it(struct smp_side *side)
{
    (void)!smp_fail(side->smp, SMP_REASON_UNSPECIFIED_REASON);
}

/* As a listener may do: lets time pass, in which everything goes on. */
static void wait_a_little(struct smp_side *side)
{
    side->meddle = NULL;
    smp_couple_run(side->couple);
}

static void meddle_with(const struct smp_case *c, void (*meddle)(struct smp_side *side))
{
    for (unsigned central = 0; central < 2; central++) {
        struct smp_couple couple;
        smp_case_open(c, &couple);
        struct smp_side *side = central ? &couple.central : &couple.peripheral;
        side->meddle = meddle;
        smp_couple_pair(&couple);
        manual_clock_advance(&couple.clock, 2 * SMP_TIMEOUT_NS);
        const struct smp_told *told = &side->told;
        if (meddle == free_it)
            assert_int_equal(told->finished + told->requested + told->shown + told->asked +
                                 told->compared + told->encrypts,
                             1);
        else
            assert_int_equal(told->finished, 1);
        if (meddle == wait_a_little)
            assert_int_equal(told->error, 0);
        smp_couple_close(&couple);
    }
}

static void freed_by_callback(void **state)
{
    meddle_with(*state, free_it);
}

static void closed_by_callback(void **state)
{
    meddle_with(*state, close_it);
}

static void ended_by_callback(void **state)
{
    meddle_with(*state, end_it);
}

static void time_passes_in_callback(void **state)
{
    meddle_with(*state, wait_a_little);
}

/* --- keys that overtake the news of encryption --- */

/* Up to the key of the link; who is told of it first sends his keys. */
static struct smp_side *one_knows(const struct smp_case *c, struct smp_couple *couple,
                                  bool central_is_late)
{
    smp_case_open(c, couple);
    struct smp_side *late = central_is_late ? &couple->central : &couple->peripheral;
    struct smp_side *first = central_is_late ? &couple->peripheral : &couple->central;
    if (!central_is_late) /* else it waits for the peripheral's */
        couple->central.setup.config.accept_keys = 0;
    assert_int_equal(smp_pair(couple->central.smp, &couple->central.setup), 0);
    while (!couple->central.encrypting || !couple->peripheral.encrypting)
        assert_true(smp_couple_step(couple));
    assert_int_equal(late->sent_count + first->sent_count, 0);
    couple->central.encrypting = couple->peripheral.encrypting = false;
    smp_encrypted(first->smp, 0);
    for (struct smp_pdu pdu; smp_side_take(first, &pdu);)
        smp_side_hear(late, pdu.bytes, pdu.len);
    assert_int_equal(late->told.finished + late->sent_count, 0);
    return late;
}

static void keys_overtake_the_event(void **state)
{
    for (unsigned central = 0; central < 2; central++) {
        struct smp_couple couple;
        struct smp_side *late = one_knows(*state, &couple, central);
        manual_clock_advance(&couple.clock, SIM_US(1999));
        smp_encrypted(late->smp, 0);
        smp_couple_run(&couple);
        manual_clock_advance(&couple.clock, SIM_S(1));
        for (unsigned i = 0; i < 2; i++) {
            const struct smp_told *told = i ? &couple.central.told : &couple.peripheral.told;
            assert_int_equal(told->finished, 1);
            assert_int_equal(told->error, 0);
        }
        assert_true(late->told.outcome.has_identity && late->told.outcome.bond.theirs.has_csrk);
        smp_couple_close(&couple);
    }
}

/* They are not kept for another pairing, nor is there room for more than there can be. */
static void keys_overtake_a_failure(void **state)
{
    const uint8_t csrk[17] = {SMP_SIGNING_INFORMATION};

    for (unsigned n = 0; n < 4; n++) {
        struct smp_couple couple;
        struct smp_side *late = one_knows(*state, &couple, n & 1);
        for (unsigned i = 0; n & 2 && i < 5; i++)
            smp_side_hear(late, csrk, sizeof csrk);
        if (!(n & 2))
            smp_encrypted(late->smp, 0x3D);
        assert_int_equal(late->told.finished, 1);
        assert_int_equal(late->told.error,
                         n & 2 ? BLR_ERR_SMP(SMP_REASON_UNSPECIFIED_REASON) : BLR_ERR_HCI(0x3D));
        smp_encrypted(late->smp, 0);
        manual_clock_advance(&couple.clock, SIM_S(1));
        assert_int_equal(late->told.finished, 1);
        assert_smp_sent(late, "05 08");
        assert_smp_sent(late, "");
        smp_couple_close(&couple);
    }
}

int main(void)
{
    return RUN_ROWS(smp_cases, peer_stops) + RUN_ROWS(smp_cases, link_goes) +
           RUN_ROWS(smp_cases, owner_ends_it) + RUN_ROWS(smp_cases, owner_takes_it_away) +
           RUN_ROWS(smp_cases, channel_breaks) + RUN_ROWS(smp_cases, encryption_fails) +
           RUN_ROWS(smp_cases, news_of_encryption) + RUN_ROWS(smp_cases, channel_is_clogged) +
           RUN_ROWS(smp_cases, channel_of_one) + RUN_ROWS(smp_cases, freed_by_callback) +
           RUN_ROWS(smp_cases, closed_by_callback) + RUN_ROWS(smp_cases, ended_by_callback) +
           RUN_ROWS(smp_cases, time_passes_in_callback) +
           RUN_ROWS(smp_cases, keys_overtake_the_event) +
           RUN_ROWS(smp_cases, keys_overtake_a_failure);
}
