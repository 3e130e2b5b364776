/* SPDX-License-Identifier: MIT */
/*
 * The families of attacks on SMP that were published, and a man in the middle who changes a bit:
 * whatever is forged, the pairing fails on both sides for the same reason, and no key is used.
 */
#include <stdlib.h>
#include <string.h>

#include "rows.h"
#include "smp_cases.h"
#include "vectors.h"

static void assert_failed(const struct smp_side *side, unsigned reason)
{
    assert_smp_finished(side, BLR_ERR_SMP(reason));
}

/* --- one bit is another --- */

struct flip {
    uint8_t code;
    bool from_central;
    unsigned nth, bit; /* of these PDUs, counted from 0; of the octets behind the code */
    unsigned seen;
};

static bool flip_bit(struct smp_couple *couple, bool from_central, struct smp_pdu *pdu)
{
    struct flip *flip = couple->user;

    if (pdu->bytes[0] == flip->code && from_central == flip->from_central &&
        flip->seen++ == flip->nth)
        pdu->bytes[1 + flip->bit / 8] ^= (uint8_t)(1U << flip->bit % 8);
    return true;
}

/* 0: no such PDU was sent. */
static unsigned pair_with(const struct smp_case *c, struct flip flip)
{
    struct smp_couple couple;

    smp_case_open(c, &couple);
    couple.tamper = flip_bit;
    couple.user = &flip;
    smp_couple_pair(&couple);
    const int central = couple.central.told.error, peripheral = couple.peripheral.told.error;
    assert_int_equal(couple.central.told.finished, 1);
    assert_int_equal(couple.peripheral.told.finished, 1);
    assert_int_equal(central, peripheral);
    /* Both given a key: then the link was encrypted, and nothing was amiss. */
    assert_int_equal(couple.central.told.encrypts && couple.peripheral.told.encrypts, central == 0);
    if (flip.seen <= flip.nth)
        assert_int_equal(central, 0);
    smp_couple_close(&couple);
    return central ? (unsigned)(central - BLR_ERR_BASE_SMP) : 0;
}

/* Some of every octet for all cases; all bits of the first where that is quick. */
static void bits_of(const struct smp_case *c, uint8_t code, bool from_central, unsigned nth,
                    unsigned expected)
{
    const unsigned stride = c->method == BLR_PASSKEY_ENTRY && c->sc ? 37 : 5;

    for (unsigned bit = 0; bit < 128; bit += stride)
        assert_int_equal(pair_with(c, (struct flip){code, from_central, nth, bit, 0}), expected);
}

/* Whether a side's nonce was preceded by its confirm value (2.3.5.6). */
static bool commits(const struct smp_case *c, bool central)
{
    return !c->sc || c->method == BLR_PASSKEY_ENTRY || (c->method != BLR_OOB && !central);
}

/* A nonce that nobody is held to is found out by the DHKey check. */
static void confirm_and_random(void **state)
{
    const struct smp_case *c = *state;

    for (unsigned central = 0; central < 2; central++) {
        const bool committed = commits(c, central);
        bits_of(c, SMP_PAIRING_CONFIRM, central, 0,
                committed ? SMP_REASON_CONFIRM_VALUE_FAILED : 0);
        bits_of(c, SMP_PAIRING_RANDOM, central, 0,
                committed ? SMP_REASON_CONFIRM_VALUE_FAILED : SMP_REASON_DHKEY_CHECK_FAILED);
    }
}

static void dhkey_check(void **state)
{
    const struct smp_case *c = *state;

    for (unsigned from_central = 0; from_central < 2; from_central++)
        bits_of(c, SMP_PAIRING_DHKEY_CHECK, from_central, 0,
                c->sc ? SMP_REASON_DHKEY_CHECK_FAILED : 0);
}

/* Of X and of Y: it is no point of the curve any more. */
static void public_key(void **state)
{
    const struct smp_case *c = *state;

    for (unsigned bit = 0; bit < 512; bit += 61) {
        for (unsigned from_central = 0; from_central < 2; from_central++) {
            const unsigned reason =
                pair_with(c, (struct flip){SMP_PAIRING_PUBLIC_KEY, from_central, 0, bit, 0});
            assert_int_equal(reason, c->sc ? SMP_REASON_INVALID_PARAMETERS : 0);
        }
    }
}

/* c1 covers the features as they were sent; f6 AuthReq, OOB flag and IO capability alone. */
static void reserved_feature(void **state)
{
    const struct smp_case *c = *state;

    for (unsigned from_central = 0; from_central < 2; from_central++) {
        const uint8_t code = from_central ? SMP_PAIRING_REQUEST : SMP_PAIRING_RESPONSE;
        for (unsigned bit = 22; bit < 24; bit++)
            assert_int_equal(pair_with(c, (struct flip){code, from_central, 0, bit, 0}),
                             c->sc ? SMP_REASON_DHKEY_CHECK_FAILED
                                   : SMP_REASON_CONFIRM_VALUE_FAILED);
    }
}

/* Each round's confirm value and nonce, both ways. */
static void each_round(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 20 * 4; n++) {
        const struct flip flip = {
            .code = n & 1 ? SMP_PAIRING_CONFIRM : SMP_PAIRING_RANDOM,
            .from_central = n & 2,
            .nth = n / 4,
            .bit = n,
        };
        assert_int_equal(pair_with(&smp_cases[8], flip), SMP_REASON_CONFIRM_VALUE_FAILED);
    }
}

/* --- key size (KNOB): c1 covers it, f6 does not; a minimum is what helps --- */

static bool shorten(struct smp_couple *couple, bool from_central, struct smp_pdu *pdu)
{
    (void)couple;
    (void)from_central;
    if (pdu->bytes[0] == SMP_PAIRING_REQUEST || pdu->bytes[0] == SMP_PAIRING_RESPONSE)
        pdu->bytes[4] = 7;
    return true;
}

static void shortened_key(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 4; n++) {
        const bool sc = n & 1, minimum = n & 2;
        struct smp_couple couple;
        smp_couple_open(&couple);
        couple.central.setup.config.secure_connections = sc;
        couple.peripheral.setup.config.min_key_size = minimum ? 16 : 7;
        couple.tamper = shorten;
        smp_couple_pair(&couple);
        if (minimum)
            assert_failed(&couple.peripheral, SMP_REASON_ENCRYPTION_KEY_SIZE);
        else if (!sc)
            assert_failed(&couple.peripheral, SMP_REASON_CONFIRM_VALUE_FAILED);
        else
            assert_int_equal(couple.peripheral.told.outcome.pairing.key_size, 7);
        smp_couple_close(&couple);
    }
}

/* --- what is said is sent back (Rosa 2013, CVE-2020-26558) --- */

/* A peer that knows no TK, and repeats what it hears. */
static bool echo_confirm(struct smp_couple *couple, bool from_central, struct smp_pdu *pdu)
{
    struct smp_pdu *heard = couple->user;

    if (pdu->bytes[0] == SMP_PAIRING_CONFIRM || pdu->bytes[0] == SMP_PAIRING_RANDOM) {
        if (from_central)
            *heard = *pdu;
        else
            *pdu = *heard;
    }
    return true;
}

static void legacy_reflection(void **state)
{
    struct smp_pdu heard = {0};
    struct smp_couple couple;

    (void)state;
    smp_case_open(&smp_cases[2], &couple);
    couple.tamper = echo_confirm;
    couple.user = &heard;
    smp_couple_pair(&couple);
    assert_failed(&couple.central, SMP_REASON_CONFIRM_VALUE_FAILED);
    /* Its nonce was not given away. */
    assert_int_equal(heard.bytes[0], SMP_PAIRING_CONFIRM);
    smp_couple_close(&couple);
}

/* The same number drawn at both ends is the same, seen from either. */
static void equal_nonces(void **state)
{
    static const uint8_t random[16] = {1, 2, 3};
    const struct smp_case *c = *state;
    struct smp_couple couple;

    smp_case_open(c, &couple);
    couple.central.setup.random = couple.peripheral.setup.random = random;
    smp_couple_pair(&couple);
    if (c->sc) {
        assert_int_equal(couple.central.told.error, 0);
    } else {
        assert_failed(&couple.central, SMP_REASON_CONFIRM_VALUE_FAILED);
        assert_failed(&couple.peripheral, SMP_REASON_CONFIRM_VALUE_FAILED);
        assert_int_equal(couple.peripheral.told.encrypts, 0);
    }
    smp_couple_close(&couple);
}

/* --- public keys (2.3.5.6.1; invalid curve, CVE-2018-5383; own key, CVE-2020-26558) --- */

/* On the air least significant octet first. */
static size_t key_pdu(uint8_t pdu[static 65], const uint8_t key[static 64])
{
    pdu[0] = SMP_PAIRING_PUBLIC_KEY;
    for (unsigned i = 0; i < 32; i++) {
        pdu[1 + i] = key[31 - i];
        pdu[33 + i] = key[63 - i];
    }
    return 65;
}

/* One side of Secure Connections, whose public key is due; what it sent is thrown away. */
static void wait_for_key(struct smp_couple *couple, bool central)
{
    if (central) {
        assert_int_equal(smp_pair(couple->central.smp, &couple->central.setup), 0);
        smp_side_hear_hex(&couple->central, "02 03 00 09 10 07 07");
    } else {
        smp_side_hear_hex(&couple->peripheral, "01 03 00 09 10 07 07");
    }
    couple->central.sent_count = couple->peripheral.sent_count = 0;
}

/* 0: it was accepted. */
static unsigned hear_key(struct smp_couple *couple, bool central, const uint8_t key[static 64])
{
    struct smp_side *side = central ? &couple->central : &couple->peripheral;
    uint8_t pdu[65];
    struct smp_pdu answer;

    wait_for_key(couple, central);
    smp_side_hear(side, pdu, key_pdu(pdu, key));
    if (smp_running(side->smp))
        return 0;
    assert_true(smp_side_take(side, &answer));
    assert_int_equal(answer.bytes[0], SMP_PAIRING_FAILED);
    assert_failed(side, answer.bytes[1]);
    return answer.bytes[1];
}

static void get_key(const struct vectors *vectors, const char *name, uint8_t key[static 64])
{
    for (size_t i = 0; i < vectors->count; i++) {
        const struct vector *v = &vectors->records[i];
        if (strcmp(v->name, name) != 0)
            continue;
        vector_octets(v, "public_x", key, 32);
        vector_octets(v, "public_y", key + 32, 32);
        return;
    }
    fail_msg("no key %s", name);
}

struct key_row {
    const char *name; /* in p256.txt */
    unsigned reason;
    bool own_is_debug, accept_debug;
};

static const struct key_row key_rows[] = {
    {"private_one", 0, false, false},
    {"negated_point", 0, false, false},
    {"invalid_y", SMP_REASON_INVALID_PARAMETERS, false, false},
    {"invalid_y_zero", SMP_REASON_INVALID_PARAMETERS, false, false},
    {"invalid_zero", SMP_REASON_INVALID_PARAMETERS, false, true},
    {"invalid_y_plus_one", SMP_REASON_INVALID_PARAMETERS, false, true},
    /* Everybody knows its private key. */
    {"debug_key", SMP_REASON_INVALID_PARAMETERS, false, false},
    {"debug_key", 0, false, true},
    {"debug_key", SMP_REASON_INVALID_PARAMETERS, true, false},
    {"debug_key", 0, true, true},
    /* Of the own key it is enough that X is the same. */
    {"negated_point", SMP_REASON_INVALID_PARAMETERS, true, false},
    {"negated_point", SMP_REASON_INVALID_PARAMETERS, true, true},
};

static void keys(void **state)
{
    const struct key_row *row = *state;
    struct vectors vectors = vectors_load("p256.txt");
    uint8_t key[64];

    get_key(&vectors, row->name, key);
    for (unsigned central = 0; central < 2; central++) {
        struct smp_couple couple;
        smp_couple_open(&couple);
        struct smp_setup *setup = central ? &couple.central.setup : &couple.peripheral.setup;
        setup->config.use_debug_key = row->own_is_debug;
        setup->config.accept_debug_key = row->accept_debug;
        assert_int_equal(hear_key(&couple, central, key), row->reason);
        smp_couple_close(&couple);
    }
    vectors_free(&vectors);
}

/* Coordinates from p on are none, though they stand for points. */
static void coordinate_of_p(void **state)
{
    uint8_t key[64];

    (void)state;
    memset(key, 0xFF, sizeof key);
    for (unsigned central = 0; central < 2; central++) {
        struct smp_couple couple;
        smp_couple_open(&couple);
        assert_int_equal(hear_key(&couple, central, key), SMP_REASON_INVALID_PARAMETERS);
        smp_couple_close(&couple);
    }
}

static bool echo_key(struct smp_couple *couple, bool from_central, struct smp_pdu *pdu)
{
    struct smp_pdu *heard = couple->user;

    if (pdu->bytes[0] == SMP_PAIRING_PUBLIC_KEY) {
        if (from_central)
            *heard = *pdu;
        else
            *pdu = *heard;
    }
    return true;
}

static void own_key_sent_back(void **state)
{
    const struct smp_case *c = *state;
    struct smp_pdu heard = {0};
    struct smp_couple couple;

    smp_case_open(c, &couple);
    couple.tamper = echo_key;
    couple.user = &heard;
    smp_couple_pair(&couple);
    if (c->sc)
        assert_failed(&couple.central, SMP_REASON_INVALID_PARAMETERS);
    else
        assert_int_equal(couple.central.told.error, 0);
    smp_couple_close(&couple);
}

/* A second key, after the first was committed to. */
static void public_key_twice(void **state)
{
    struct vectors vectors = vectors_load("p256.txt");
    uint8_t key[64], pdu[65];

    (void)state;
    get_key(&vectors, "private_one", key);
    for (unsigned central = 0; central < 2; central++) {
        struct smp_couple couple;
        smp_couple_open(&couple);
        assert_int_equal(hear_key(&couple, central, key), 0);
        struct smp_side *side = central ? &couple.central : &couple.peripheral;
        get_key(&vectors, "negated_point", key);
        smp_side_hear(side, pdu, key_pdu(pdu, key));
        assert_failed(side, SMP_REASON_UNSPECIFIED_REASON);
        smp_couple_close(&couple);
    }
    vectors_free(&vectors);
}

static void debug_key_in_use(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 8; n++) {
        struct smp_couple couple;
        smp_couple_open(&couple);
        couple.central.setup.config.use_debug_key = n & 1;
        couple.central.setup.config.accept_debug_key = true;
        couple.peripheral.setup.config.use_debug_key = n & 2;
        couple.peripheral.setup.config.accept_debug_key = n & 4;
        smp_couple_pair(&couple);
        const bool accepted = !(n & 1) || n & 4;
        assert_int_equal(couple.peripheral.told.error,
                         accepted ? 0 : BLR_ERR_SMP(SMP_REASON_INVALID_PARAMETERS));
        smp_couple_close(&couple);
    }
}

/* --- phases left out --- */

/* Stops the couple as that PDU has been moved. */
static void run_until(struct smp_couple *couple, uint8_t code, bool from_central)
{
    assert_int_equal(smp_pair(couple->central.smp, &couple->central.setup), 0);
    for (;;) {
        struct smp_side *from = from_central ? &couple->central : &couple->peripheral;
        const bool next = from->sent_count && from->sent[0].bytes[0] == code &&
                          (from_central ? couple->peripheral.sent_count == 0 : true);
        assert_true(smp_couple_step(couple));
        if (next)
            return;
    }
}

/* A nonce that is not committed to yet: the initiator keeps its own to itself. */
static void random_before_confirm(void **state)
{
    const struct smp_case *c = *state;
    struct smp_couple couple;

    if (!commits(c, false))
        return;
    smp_case_open(c, &couple);
    run_until(&couple, c->sc ? SMP_PAIRING_PUBLIC_KEY : SMP_PAIRING_RESPONSE, false);
    couple.central.sent_count = 0;
    const uint8_t pdu[17] = {SMP_PAIRING_RANDOM};
    smp_side_hear(&couple.central, pdu, sizeof pdu);
    assert_failed(&couple.central, SMP_REASON_UNSPECIFIED_REASON);
    assert_smp_sent(&couple.central, "05 08");
    smp_couple_close(&couple);
}

/*
 * An initiator that goes over to encryption, or to keys, without having proved that it has the
 * DHKey: the responder has no key for it.
 */
static void check_left_out(void **state)
{
    const struct smp_case *c = *state;
    const uint8_t csrk[17] = {SMP_SIGNING_INFORMATION};

    if (!c->sc)
        return;
    for (unsigned n = 0; n < 4; n++) {
        const bool central = n & 1;
        struct smp_couple couple;
        smp_case_open(c, &couple);
        struct smp_side *side = central ? &couple.central : &couple.peripheral;
        assert_int_equal(smp_pair(couple.central.smp, &couple.central.setup), 0);
        /* Up to the check that the side awaits. */
        for (;;) {
            const struct smp_side *from = central ? &couple.peripheral : &couple.central;
            if (from->sent_count && from->sent[0].bytes[0] == SMP_PAIRING_DHKEY_CHECK)
                break;
            assert_true(smp_couple_step(&couple));
        }
        if (n & 2)
            smp_side_hear(side, csrk, sizeof csrk);
        else
            smp_encrypted(side->smp, 0);
        assert_int_equal(side->told.encrypts, 0);
        assert_int_equal(smp_running(side->smp), !(n & 2));
        assert_int_equal(side->sent_count, n & 2 ? 1 : 0);
        smp_couple_close(&couple);
    }
}

/* Keys before the link is encrypted are not taken; those of our own are not given. */
static void keys_in_the_clear(void **state)
{
    const struct smp_case *c = *state;
    const uint8_t ltk[17] = {SMP_ENCRYPTION_INFORMATION}, irk[17] = {SMP_IDENTITY_INFORMATION};

    for (unsigned central = 0; central < 2; central++) {
        struct smp_couple couple;
        smp_case_open(c, &couple);
        assert_int_equal(smp_pair(couple.central.smp, &couple.central.setup), 0);
        while (!couple.central.encrypting || !couple.peripheral.encrypting)
            assert_true(smp_couple_step(&couple));
        struct smp_side *side = central ? &couple.central : &couple.peripheral;
        assert_int_equal(side->sent_count, 0);
        smp_side_hear(side, c->sc ? irk : ltk, sizeof ltk);
        manual_clock_advance(&couple.clock, SIM_MS(1));
        assert_int_equal(side->told.finished, 0);
        manual_clock_advance(&couple.clock, SIM_MS(1));
        assert_failed(side, SMP_REASON_UNSPECIFIED_REASON);
        assert_smp_sent(side, "05 08");
        smp_couple_close(&couple);
    }
}

/* --- a peer that does not listen --- */

/* Requests without end, of which no answer gets out. */
static void flood(void **state)
{
    struct smp_couple couple;

    (void)state;
    smp_couple_open(&couple);
    couple.peripheral.refuses = true;
    couple.peripheral.room = 0;
    for (unsigned i = 0; i < 1000; i++)
        smp_side_hear_hex(&couple.peripheral, "01 03 00 01 10 07 07");
    assert_int_equal(couple.peripheral.told.requested, 1000);
    couple.peripheral.refuses = false;
    /* It fits no more, so it cannot be. */
    smp_side_hear_hex(&couple.peripheral, "01 03 00 01 10 07 07");
    assert_int_equal(couple.peripheral.told.finished, 1);
    smp_side_make_room(&couple.peripheral, SMP_SIDE_PDUS);
    assert_smp_sent(&couple.peripheral, "05 08");
    assert_smp_sent(&couple.peripheral, "");
    smp_couple_close(&couple);
}

/* Twenty rounds, all right, sent by one who does not take what is sent to him. */
static void blind_rounds(void **state)
{
    struct smp_couple couple;
    uint8_t a[64], b[64], confirm[16], nonce[16] = {9}, pdu[65];

    (void)state;
    smp_case_open(&smp_cases[9], &couple);
    struct smp_side *side = &couple.peripheral;
    side->setup.config.use_debug_key = true;
    memcpy(b, crypto_p256_debug_public, sizeof b);
    const uint8_t one[32] = {[31] = 1};
    assert_int_equal(crypto_p256_public(one, a), 0);
    side->room = 0;
    smp_side_hear_hex(side, "01 02 00 0D 10 07 07");
    smp_side_hear(side, pdu, key_pdu(pdu, a));
    for (unsigned i = 0; i < 20 && smp_running(side->smp); i++) {
        const uint8_t z = (uint8_t)(0x80U | (SMP_CASE_PASSKEY >> i & 1U));
        assert_int_equal(smp_f4(a, b, nonce, z, confirm), 0);
        pdu[0] = SMP_PAIRING_CONFIRM;
        for (unsigned k = 0; k < 16; k++)
            pdu[1 + k] = confirm[15 - k];
        smp_side_hear(side, pdu, 17);
        pdu[0] = SMP_PAIRING_RANDOM;
        for (unsigned k = 0; k < 16; k++)
            pdu[1 + k] = nonce[15 - k];
        smp_side_hear(side, pdu, 17);
    }
    assert_failed(side, SMP_REASON_UNSPECIFIED_REASON);
    smp_side_make_room(side, SMP_SIDE_PDUS);
    assert_smp_sent(side, "05 08");
    smp_couple_close(&couple);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_round),
        cmocka_unit_test(shortened_key),
        cmocka_unit_test(legacy_reflection),
        cmocka_unit_test(coordinate_of_p),
        cmocka_unit_test(public_key_twice),
        cmocka_unit_test(debug_key_in_use),
        cmocka_unit_test(flood),
        cmocka_unit_test(blind_rounds),
    };

    return RUN_ROWS(smp_cases, confirm_and_random) + RUN_ROWS(smp_cases, dhkey_check) +
           RUN_ROWS(smp_cases, public_key) + RUN_ROWS(smp_cases, reserved_feature) +
           RUN_ROWS(smp_cases, equal_nonces) + RUN_ROWS(key_rows, keys) +
           RUN_ROWS(smp_cases, own_key_sent_back) + RUN_ROWS(smp_cases, random_before_confirm) +
           RUN_ROWS(smp_cases, check_left_out) + RUN_ROWS(smp_cases, keys_in_the_clear) +
           cmocka_run_group_tests(tests, NULL, NULL);
}
