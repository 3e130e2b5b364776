/* SPDX-License-Identifier: MIT */
/*
 * Every code at every step of every pairing, in either role, and every length: what is answered is
 * written down at expected_reason(), after smp_pdus.c's order. What each side is to hear is typed
 * from Core v5.4, Vol 3, Part H, 2.3.5 and 2.4.3.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hex.h"
#include "rows.h"
#include "smp_cases.h"

/* A code; E: the link must be encrypted first; 2: twenty rounds of Confirm and Random. */
#define LEGACY_KEYS "E\x06\x07\x08\x09\x0A"
#define SC_KEYS     "E\x08\x09\x0A"

static const char *heard_in(const struct smp_case *c, bool central)
{
    if (!c->sc)
        return central ? "\x02\x03\x04" LEGACY_KEYS : "\x01\x03\x04" LEGACY_KEYS;
    switch (c->method) {
    case BLR_JUST_WORKS:
    case BLR_NUMERIC_COMPARISON:
        return central ? "\x02\x0C\x03\x04\x0D" SC_KEYS : "\x01\x0C\x04\x0D" SC_KEYS;
    case BLR_PASSKEY_ENTRY:
        return central ? "\x02\x0C"
                         "2\x0D" SC_KEYS
                       : "\x01\x0C"
                         "2\x0D" SC_KEYS;
    case BLR_OOB:
        return central ? "\x02\x0C\x04\x0D" SC_KEYS : "\x01\x0C\x04\x0D" SC_KEYS;
    }
    return "";
}

/* The code that comes after `heard` PDUs; 'E'; 0: no more. */
static uint8_t next_code(const char *script, unsigned heard, bool encrypted)
{
    unsigned n = 0;

    for (const char *p = script; *p; p++) {
        if (*p == 'E') {
            if (!encrypted && n == heard)
                return 'E';
            continue;
        }
        const unsigned span = *p == '2' ? 40 : 1;
        if (heard < n + span)
            return *p == '2' ? (heard - n) % 2 ? 0x04 : 0x03 : (uint8_t)*p;
        n += span;
    }
    return 0;
}

/* --- a pairing stopped somewhere --- */

struct stop {
    struct smp_couple couple;
    struct smp_side *side, *other;
    bool central;
    unsigned heard[2]; /* by the peripheral, by the central */
    bool encrypted;
    struct smp_pdu last; /* that the side heard */
};

static bool count(struct smp_couple *couple, bool from_central, struct smp_pdu *pdu)
{
    struct stop *stop = couple->user;

    stop->heard[!from_central]++;
    if (from_central != stop->central)
        stop->last = *pdu;
    return true;
}

static void begin(struct stop *stop, const struct smp_case *c, bool central, unsigned steps)
{
    memset(stop, 0, sizeof *stop);
    smp_case_open(c, &stop->couple);
    stop->couple.tamper = count;
    stop->couple.user = stop;
    stop->central = central;
    stop->side = central ? &stop->couple.central : &stop->couple.peripheral;
    stop->other = central ? &stop->couple.peripheral : &stop->couple.central;
    if (smp_pair(stop->couple.central.smp, &stop->couple.central.setup))
        abort();
    for (unsigned i = 0; i < steps; i++) {
        const bool due = stop->side->encrypting && stop->other->encrypting;
        smp_couple_step(&stop->couple);
        stop->encrypted = stop->encrypted || (due && !stop->side->encrypting);
    }
}

static unsigned steps_of(const struct smp_case *c)
{
    struct stop stop;
    unsigned steps = 0;

    begin(&stop, c, true, 0);
    while (smp_couple_step(&stop.couple))
        steps++;
    assert_int_equal(stop.couple.central.told.error, 0);
    smp_couple_close(&stop.couple);
    return steps;
}

/* The middle ones of the twenty rounds are all alike. */
static bool skipped(unsigned step, unsigned steps)
{
    return step > 10 && step + 14 < steps;
}

static uint8_t due(const struct smp_case *c, const struct stop *stop)
{
    return next_code(heard_in(c, stop->central), stop->heard[stop->central], stop->encrypted);
}

/* --- every code --- */

enum { NOTHING = 0, ENDS = 0x100 };

static bool crosses(uint8_t code, bool central, uint8_t due_code)
{
    return central && code == SMP_SECURITY_REQUEST && (due_code == 0x02 || due_code == 'E');
}

/* A reason that is sent; NOTHING; or ENDS: the pairing, without a word. */
static unsigned expected_reason(uint8_t code, bool central, bool running, uint8_t due_code)
{
    const bool wrong_role = central ? code == SMP_PAIRING_REQUEST
                                    : code == SMP_PAIRING_RESPONSE || code == SMP_SECURITY_REQUEST;
    const bool asks = code == SMP_PAIRING_REQUEST || code == SMP_SECURITY_REQUEST;

    if (code == 0 || code > 0x0E)
        return NOTHING;
    if (code == SMP_PAIRING_FAILED)
        return running ? ENDS : NOTHING;
    if (crosses(code, central, due_code))
        return NOTHING;
    if (wrong_role)
        return running || asks ? SMP_REASON_COMMAND_NOT_SUPPORTED : NOTHING;
    return running ? SMP_REASON_UNSPECIFIED_REASON : NOTHING;
}

static bool is_key(uint8_t code)
{
    return code >= SMP_ENCRYPTION_INFORMATION && code <= SMP_SIGNING_INFORMATION;
}

static size_t right_length(uint8_t code)
{
    static const size_t lengths[] = {17, 7, 7, 17, 17, 2, 17, 11, 17, 8, 17, 2, 65, 17, 2};

    return code <= 0x0E ? lengths[code] : 17;
}

static void assert_answer(struct stop *stop, unsigned reason, bool was_running)
{
    struct smp_side *side = stop->side;
    struct smp_pdu pdu;

    if (reason == NOTHING || reason == ENDS) {
        assert_false(smp_side_take(side, &pdu));
    } else {
        assert_true(smp_side_take(side, &pdu));
        assert_int_equal(pdu.len, 2);
        assert_int_equal(pdu.bytes[0], SMP_PAIRING_FAILED);
        assert_int_equal(pdu.bytes[1], reason);
        assert_false(smp_side_take(side, &pdu));
    }
    assert_int_equal(smp_running(side->smp), was_running && reason == NOTHING);
    if (was_running && reason != NOTHING) {
        assert_int_equal(side->told.finished, 1);
        assert_int_equal(side->told.error,
                         BLR_ERR_SMP(reason == ENDS ? SMP_REASON_KEY_REJECTED : reason));
    }
}

static void hear_code(const struct smp_case *c, bool central, unsigned step, uint8_t code)
{
    uint8_t pdu[65] = {code, SMP_REASON_KEY_REJECTED};
    struct stop stop;

    begin(&stop, c, central, step);
    const bool running = smp_running(stop.side->smp);
    const uint8_t due_code = due(c, &stop);
    const bool begins =
        !running && (central ? code == SMP_SECURITY_REQUEST : code == SMP_PAIRING_REQUEST);
    if (code != due_code && !begins) {
        const unsigned finished = stop.side->told.finished;
        stop.side->sent_count = 0;
        smp_side_hear(stop.side, pdu, right_length(code));
        if (due_code == 'E' && is_key(code)) /* it might have overtaken the news of encryption */
            manual_clock_advance(&stop.couple.clock, SIM_MS(2));
        assert_answer(&stop, expected_reason(code, central, running, due_code), running);
        if (!running)
            assert_int_equal(stop.side->told.finished, finished);
    }
    smp_couple_close(&stop.couple);
}

/* None of the reserved codes changes anything. */
static void hear_reserved(const struct smp_case *c, bool central, unsigned step)
{
    struct stop stop;
    uint8_t pdu[65] = {0};

    begin(&stop, c, central, step);
    const size_t sent = stop.side->sent_count;
    for (unsigned code = 0; code < 256; code++) {
        if (code >= 1 && code <= 0x0E)
            continue;
        pdu[0] = (uint8_t)code;
        smp_side_hear(stop.side, pdu, 1 + code % 65);
    }
    smp_side_hear(stop.side, pdu, 0);
    assert_int_equal(stop.side->sent_count, sent);
    smp_couple_run(&stop.couple);
    assert_int_equal(stop.side->told.finished, 1);
    assert_int_equal(stop.side->told.error, 0);
    assert_int_equal(stop.other->told.error, 0);
    smp_couple_close(&stop.couple);
}

static void codes(void **state)
{
    const struct smp_case *c = *state;
    const unsigned steps = steps_of(c);

    for (unsigned i = 0; i <= 2 * steps + 1; i++) {
        if (skipped(i / 2, steps))
            continue;
        for (uint8_t code = 1; code <= 0x0E; code++)
            hear_code(c, i & 1, i / 2, code);
        hear_reserved(c, i & 1, i / 2);
    }
}

/* --- every length --- */

static void hear_length(const struct smp_case *c, bool central, unsigned step, size_t len)
{
    uint8_t pdu[66] = {0};
    struct stop stop;

    begin(&stop, c, central, step);
    const bool running = smp_running(stop.side->smp);
    pdu[0] = due(c, &stop);
    if (pdu[0] && pdu[0] != 'E' && len != right_length(pdu[0])) {
        stop.side->sent_count = 0;
        smp_side_hear(stop.side, pdu, len);
        const bool unseen = len == 0 || (len > 65 && !running);
        assert_answer(&stop, unseen ? NOTHING : SMP_REASON_INVALID_PARAMETERS, running);
        assert_int_equal(stop.couple.peripheral.told.requested,
                         stop.couple.peripheral.told.requested && running);
    }
    smp_couple_close(&stop.couple);
}

static void lengths(void **state)
{
    const struct smp_case *c = *state;
    const unsigned steps = steps_of(c);

    for (unsigned i = 0; i <= 2 * steps + 1; i++) {
        if (skipped(i / 2, steps))
            continue;
        static const size_t some[] = {0, 1, 2, 6, 8, 16, 18, 64, 65, 66};
        for (unsigned n = 0; n < sizeof some / sizeof some[0]; n++)
            hear_length(c, i & 1, i / 2, some[n]);
    }
}

static void every_length(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 24; i++)
        for (size_t len = 0; len <= 66; len++)
            hear_length(&smp_cases[0], i & 1, i / 2, len);
}

/* Pairing Failed ends a pairing also when it is too short or too long, or gives no known reason. */
static void failed_of_any_kind(void **state)
{
    static const struct {
        const char *pdu;
        uint8_t reason;
    } rows[] = {
        {"05", SMP_REASON_UNSPECIFIED_REASON},         {"05 00", SMP_REASON_UNSPECIFIED_REASON},
        {"05 10", SMP_REASON_UNSPECIFIED_REASON},      {"05 FF", SMP_REASON_UNSPECIFIED_REASON},
        {"05 01 02", SMP_REASON_PASSKEY_ENTRY_FAILED}, {"05 0F", SMP_REASON_KEY_REJECTED},
    };

    (void)state;
    for (unsigned i = 0; i < 2 * sizeof rows / sizeof rows[0]; i++) {
        struct stop stop;
        begin(&stop, &smp_cases[0], i & 1, 3);
        stop.side->sent_count = 0;
        smp_side_hear_hex(stop.side, rows[i / 2].pdu);
        assert_int_equal(stop.side->told.finished, 1);
        assert_int_equal(stop.side->told.error, BLR_ERR_SMP(rows[i / 2].reason));
        assert_smp_sent(stop.side, "");
        smp_couple_close(&stop.couple);
    }
}

/* --- heard twice --- */

/* What was right once is wrong the next time: it is not due any more. */
static void repeated(void **state)
{
    const struct smp_case *c = *state;
    const unsigned steps = steps_of(c);

    for (unsigned i = 0; i <= 2 * steps + 1; i++) {
        struct stop stop;
        begin(&stop, c, i & 1, i / 2);
        const bool running = smp_running(stop.side->smp);
        if (stop.last.len && running) {
            stop.side->sent_count = 0;
            smp_side_hear(stop.side, stop.last.bytes, stop.last.len);
            assert_answer(&stop, SMP_REASON_UNSPECIFIED_REASON, true);
        }
        smp_couple_close(&stop.couple);
    }
}

/* --- features --- */

struct feature_row {
    const char *name;
    const char *hex; /* without the code */
    unsigned reason; /* 0: they are fine */
};

static const struct feature_row feature_rows[] = {
    {"as they should be", "03 00 01 10 07 07", 0},
    {"IO capability reserved", "05 00 01 10 07 07", SMP_REASON_INVALID_PARAMETERS},
    {"IO capability 255", "FF 00 01 10 07 07", SMP_REASON_INVALID_PARAMETERS},
    {"OOB flag reserved", "03 02 01 10 07 07", SMP_REASON_INVALID_PARAMETERS},
    {"OOB flag 255", "03 FF 01 10 07 07", SMP_REASON_INVALID_PARAMETERS},
    {"key size 17", "03 00 01 11 07 07", SMP_REASON_INVALID_PARAMETERS},
    {"key size 253", "03 00 01 FD 07 07", SMP_REASON_INVALID_PARAMETERS},
    {"key size 255", "03 00 01 FF 07 07", SMP_REASON_INVALID_PARAMETERS},
    {"key size 7", "03 00 01 07 07 07", 0},
    {"key size 6", "03 00 01 06 07 07", SMP_REASON_ENCRYPTION_KEY_SIZE},
    {"key size 1", "03 00 01 01 07 07", SMP_REASON_ENCRYPTION_KEY_SIZE},
    {"key size 0", "03 00 01 00 07 07", SMP_REASON_ENCRYPTION_KEY_SIZE},
    {"AuthReq's reserved bits", "03 00 C1 10 07 07", 0},
    {"bonding flags reserved", "03 00 03 10 07 07", 0},
    {"CT2 and keypress", "03 00 31 10 07 07", 0},
    {"keys' reserved bits", "03 00 01 10 F7 F7", 0},
    {"no keys", "03 00 01 10 00 00", 0},
};

static size_t features(uint8_t pdu[static 7], uint8_t code, const char *hex)
{
    char text[32] = "";

    (void)!snprintf(text, sizeof text, "%02x %s", code, hex);
    return hex_read(text, pdu, 7);
}

static void of_request(void **state)
{
    const struct feature_row *row = *state;
    struct smp_couple couple;
    uint8_t pdu[7];
    struct smp_pdu answer;

    smp_couple_open(&couple);
    struct smp_side *side = &couple.peripheral;
    smp_side_hear(side, pdu, features(pdu, SMP_PAIRING_REQUEST, row->hex));
    assert_true(smp_side_take(side, &answer));
    assert_int_equal(answer.bytes[0], row->reason ? SMP_PAIRING_FAILED : SMP_PAIRING_RESPONSE);
    if (row->reason)
        assert_int_equal(answer.bytes[1], row->reason);
    assert_int_equal(smp_running(side->smp), row->reason == 0);
    assert_int_equal(side->told.finished, side->told.requested && row->reason);
    assert_int_equal(side->told.bonding, side->told.requested && (pdu[3] & 3) == 1);
    /* What was out of its range has not even been a question. */
    assert_int_equal(side->told.requested, row->reason != SMP_REASON_INVALID_PARAMETERS);
    smp_couple_close(&couple);
}

static void of_response(void **state)
{
    const struct feature_row *row = *state;
    struct smp_couple couple;
    uint8_t pdu[7];
    struct smp_pdu answer;

    smp_couple_open(&couple);
    struct smp_side *side = &couple.central;
    assert_int_equal(smp_pair(side->smp, &side->setup), 0);
    assert_smp_sent(side, "01 04 00 09 10 07 07");
    smp_side_hear(side, pdu, features(pdu, SMP_PAIRING_RESPONSE, row->hex));
    assert_true(smp_side_take(side, &answer));
    assert_int_equal(answer.bytes[0], row->reason ? SMP_PAIRING_FAILED : SMP_PAIRING_CONFIRM);
    if (row->reason)
        assert_int_equal(answer.bytes[1], row->reason);
    assert_int_equal(side->told.finished, row->reason != 0);
    smp_couple_close(&couple);
}

/* A response may leave out keys, and not add any (3.5.2); reserved bits say nothing. */
static void keys_added(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits < 64; bits++) {
        const unsigned asked = bits & 7, answered = bits >> 3;
        for (unsigned responder = 0; responder < 2; responder++) {
            struct smp_couple couple;
            uint8_t pdu[7] = {2, 3, 0, 1, 16, 0, 0};
            struct smp_pdu answer;
            smp_couple_open(&couple);
            struct smp_side *side = &couple.central;
            *(responder ? &side->setup.config.accept_keys : &side->setup.config.send_keys) =
                (uint8_t)asked;
            pdu[responder ? 6 : 5] = (uint8_t)(0xF0 | answered);
            assert_int_equal(smp_pair(side->smp, &side->setup), 0);
            side->sent_count = 0;
            smp_side_hear(side, pdu, sizeof pdu);
            assert_true(smp_side_take(side, &answer));
            assert_int_equal(answer.bytes[0],
                             answered & ~asked ? SMP_PAIRING_FAILED : SMP_PAIRING_CONFIRM);
            if (answered & ~asked)
                assert_int_equal(answer.bytes[1], SMP_REASON_INVALID_PARAMETERS);
            smp_couple_close(&couple);
        }
    }
}

/* --- an identity that is none (3.6.5) --- */

static const struct feature_row identity_rows[] = {
    {"public", "00 06 05 04 03 02 01", 0},
    {"static", "01 06 05 04 03 02 C1", 0},
    {"resolvable", "01 06 05 04 03 02 41", SMP_REASON_INVALID_PARAMETERS},
    {"non-resolvable", "01 06 05 04 03 02 01", SMP_REASON_INVALID_PARAMETERS},
    {"kind reserved", "01 06 05 04 03 02 81", SMP_REASON_INVALID_PARAMETERS},
    {"type 2", "02 06 05 04 03 02 C1", SMP_REASON_INVALID_PARAMETERS},
    {"type 255", "FF 06 05 04 03 02 C1", SMP_REASON_INVALID_PARAMETERS},
    {"none", "00 00 00 00 00 00 00", SMP_REASON_KEY_REJECTED},
    {"that of the one who hears it", "01 01 02 03 04 05 C0", SMP_REASON_KEY_REJECTED},
    {"nearly that", "00 06 02 03 04 05 C0", 0},
};

static bool replace_identity(struct smp_couple *couple, bool from_central, struct smp_pdu *pdu)
{
    const struct feature_row *row = couple->user;

    if (!from_central && pdu->bytes[0] == SMP_IDENTITY_ADDRESS_INFORMATION)
        hex_read(row->hex, pdu->bytes + 1, 7);
    return true;
}

static void identity(void **state)
{
    struct feature_row row = *(const struct feature_row *)*state;
    struct smp_couple couple;

    smp_couple_open(&couple);
    couple.tamper = replace_identity;
    couple.user = &row;
    smp_couple_pair(&couple);
    assert_int_equal(couple.central.told.error, row.reason ? BLR_ERR_SMP(row.reason) : 0);
    assert_int_equal(couple.central.told.finished, 1);
    if (!row.reason)
        assert_int_equal(couple.central.told.outcome.bond.identity.octet[0], 6);
    smp_couple_close(&couple);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_length),
        cmocka_unit_test(failed_of_any_kind),
        cmocka_unit_test(keys_added),
    };

    return RUN_ROWS(smp_cases, codes) + RUN_ROWS(smp_cases, lengths) +
           RUN_ROWS(smp_cases, repeated) + RUN_ROWS(feature_rows, of_request) +
           RUN_ROWS(feature_rows, of_response) + RUN_ROWS(identity_rows, identity) +
           cmocka_run_group_tests(tests, NULL, NULL);
}
