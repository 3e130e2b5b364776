/* SPDX-License-Identifier: MIT */
/*
 * Pairings recomputed from what was fixed: those of real devices, to the octet on the wire
 * (tests/vectors/pairings.txt), and Secure Connections with the numbers of the specification's
 * sample data (tests/vectors/p256.txt and smp.txt).
 */
#include <string.h>

#include "rows.h"
#include "smp_couple.h"
#include "vectors.h"

/* --- legacy pairings that were heard on the air --- */

static void reverse(const uint8_t *octets, uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++)
        out[i] = octets[len - 1 - i];
}

static struct bd_addr address(const struct vector *v, const char *octets, const char *type)
{
    struct bd_addr addr = {.type = (uint8_t)vector_hex(v, type)};
    uint8_t printed[6];

    vector_octets(v, octets, printed, sizeof printed);
    reverse(printed, addr.octet, sizeof printed);
    return addr;
}

/* What a device must have been like to have sent these features. */
static void configure(struct smp_setup *setup, const struct vector *v, const char *features,
                      bool central)
{
    uint8_t pdu[7];

    assert_int_equal(vector_octets(v, features, pdu, sizeof pdu), sizeof pdu);
    setup->config.io_capability = pdu[1];
    setup->config.bonding = pdu[3] & SMP_AUTH_BONDING;
    setup->mitm = pdu[3] & SMP_AUTH_MITM;
    setup->config.secure_connections = pdu[3] & SMP_AUTH_SC;
    setup->config.max_key_size = pdu[4];
    setup->config.send_keys = pdu[central ? 5 : 6];
    setup->config.accept_keys = pdu[central ? 6 : 5];
}

struct recording {
    const struct vector *v;
    unsigned next;
};

/* The first PDUs are those that were heard. */
static bool compare(struct smp_couple *couple, bool from_central, struct smp_pdu *pdu)
{
    static const struct {
        const char *key;
        uint8_t code;
        bool from_central;
    } order[] = {
        {"preq_air", 0, true},      {"pres_air", 0, false}, {"mconfirm_air", 3, true},
        {"sconfirm_air", 3, false}, {"mrand_air", 4, true}, {"srand_air", 4, false},
    };
    struct recording *recording = couple->user;
    uint8_t expected[17] = {0};

    if (recording->next == sizeof order / sizeof order[0])
        return true;
    const unsigned i = recording->next++;
    const size_t offset = order[i].code ? 1 : 0;
    expected[0] = order[i].code;
    const size_t len = vector_octets(recording->v, order[i].key, expected + offset, 17 - offset);
    assert_int_equal(from_central, order[i].from_central);
    assert_int_equal(pdu->len, offset + len);
    assert_memory_equal(pdu->bytes, expected, pdu->len);
    return true;
}

static void heard_on_the_air(void **state)
{
    const struct vector *v = *(const struct vector *const *)((const char *const *)*state + 1);
    const uint32_t passkey = vector_decimal(v, "tk_dec");
    uint8_t air[16], mrand[16], srand[16];
    struct recording recording = {.v = v};
    struct smp_couple couple;

    smp_couple_open(&couple);
    struct smp_setup *c = &couple.central.setup, *p = &couple.peripheral.setup;
    configure(c, v, "preq_air", true);
    configure(p, v, "pres_air", false);
    vector_octets(v, "mrand_air", air, sizeof air);
    reverse(air, mrand, sizeof air);
    vector_octets(v, "srand_air", air, sizeof air);
    reverse(air, srand, sizeof air);
    c->random = mrand;
    p->random = srand;
    c->own = p->peer = address(v, "ia", "iat");
    p->own = c->peer = address(v, "ra", "rat");
    c->passkey = p->passkey = &passkey;
    couple.central.enters = couple.peripheral.enters = passkey;
    couple.tamper = compare;
    couple.user = &recording;
    smp_couple_pair(&couple);
    assert_int_equal(recording.next, 6);
    assert_int_equal(couple.central.told.error, 0);
    assert_int_equal(couple.peripheral.told.error, 0);
    /* 2.3.5.5, where TK is of no more than 20 bits. */
    const uint8_t tk[16] = {
        [13] = (uint8_t)(passkey >> 16), [14] = (uint8_t)(passkey >> 8), [15] = (uint8_t)passkey};
    uint8_t stk[16];
    assert_int_equal(smp_s1(tk, srand, mrand, stk), 0);
    assert_memory_equal(couple.central.told.key, stk, sizeof stk);
    /* One of them is called Just Works, but its features say a passkey: it was 000000. */
    const bool just_works = c->config.io_capability == SMP_IO_NO_INPUT_NO_OUTPUT;
    assert_int_equal(couple.central.told.outcome.pairing.method,
                     just_works ? BLR_JUST_WORKS : BLR_PASSKEY_ENTRY);
    assert_true(!just_works || passkey == 0);
    smp_couple_close(&couple);
}

/* --- Secure Connections with sample data --- */

/* The key pairs of data set 1 have the DHKey of the sample of f5, which says LTK. */
static void sample_ltk(void **state)
{
    struct vectors p256 = vectors_load("p256.txt"), smp = vectors_load("smp.txt");
    uint8_t private_a[32], private_b[32], n1[16], n2[16], a1[7], a2[7], ltk[16];
    const struct vector *keys = NULL, *f5 = NULL;
    struct smp_couple couple;

    (void)state;
    for (size_t i = 0; i < p256.count; i++)
        if (strcmp(p256.records[i].name, "data_set_1") == 0)
            keys = &p256.records[i];
    for (size_t i = 0; i < smp.count; i++)
        if (strcmp(smp.records[i].name, "f5") == 0)
            f5 = &smp.records[i];
    assert_non_null(keys);
    assert_non_null(f5);
    vector_octets(keys, "private_a", private_a, sizeof private_a);
    vector_octets(keys, "private_b", private_b, sizeof private_b);
    vector_octets(f5, "n1", n1, sizeof n1);
    vector_octets(f5, "n2", n2, sizeof n2);
    vector_octets(f5, "a1", a1, sizeof a1);
    vector_octets(f5, "a2", a2, sizeof a2);
    vector_octets(f5, "ltk", ltk, sizeof ltk);
    smp_couple_open(&couple);
    struct smp_setup *c = &couple.central.setup, *p = &couple.peripheral.setup;
    c->private_key = private_a;
    p->private_key = private_b;
    c->random = n1;
    p->random = n2;
    /* Side A of the sample has the debug key. */
    p->config.accept_debug_key = true;
    c->own.type = a1[0];
    c->peer.type = a2[0];
    reverse(a1 + 1, c->own.octet, 6);
    reverse(a2 + 1, c->peer.octet, 6);
    p->own = c->peer;
    p->peer = c->own;
    smp_couple_pair(&couple);
    assert_int_equal(couple.central.told.error, 0);
    assert_memory_equal(couple.central.told.key, ltk, sizeof ltk);
    assert_memory_equal(couple.peripheral.told.key, ltk, sizeof ltk);
    assert_memory_equal(couple.central.told.outcome.bond.ours.ltk, ltk, sizeof ltk);
    smp_couple_close(&couple);
    vectors_free(&p256);
    vectors_free(&smp);
}

/* --- the order of draws (smp.h) --- */

struct draw_row {
    const char *name;
    bool sc, mitm;
    uint8_t io;
    size_t central, peripheral; /* octets, all in all */
};

static const struct draw_row draw_rows[] = {
    {"legacy, Just Works", false, false, SMP_IO_DISPLAY_ONLY, 16 + 26, 16 + 26},
    {"legacy, passkey", false, true, SMP_IO_DISPLAY_ONLY, 16 + 26, 8 + 16 + 26},
    {"SC, Just Works", true, false, SMP_IO_DISPLAY_ONLY, 32 + 16, 32 + 16},
    {"SC, passkey", true, true, SMP_IO_DISPLAY_ONLY, 32 + 20 * 16, 32 + 8 + 20 * 16},
    {"SC, Numeric Comparison", true, true, SMP_IO_DISPLAY_YES_NO, 32 + 16, 32 + 16},
};

static void draws(void **state)
{
    const struct draw_row *row = *state;
    struct smp_couple couple;

    smp_couple_open(&couple);
    couple.central.setup.config.secure_connections = row->sc;
    couple.peripheral.setup.mitm = row->mitm;
    couple.peripheral.setup.config.io_capability = row->io;
    couple.central.silent = row->io == SMP_IO_DISPLAY_ONLY;
    smp_couple_pair(&couple);
    if (couple.central.told.asked) {
        assert_int_equal(smp_enter_passkey(couple.central.smp, couple.peripheral.told.passkey), 0);
        smp_couple_run(&couple);
    }
    assert_int_equal(couple.central.told.error, 0);
    assert_int_equal(couple.central.told.finished, 1);
    assert_int_equal(couple.central.drawn, row->central);
    assert_int_equal(couple.peripheral.drawn, row->peripheral);
    smp_couple_close(&couple);
}

int main(void)
{
    struct vectors vectors = vectors_load("pairings.txt");
    struct {
        const char *name;
        const struct vector *v;
    } rows[8];
    const struct CMUnitTest tests[] = {cmocka_unit_test(sample_ltk)};

    assert_true(vectors.count <= 8);
    for (size_t i = 0; i < vectors.count; i++) {
        rows[i].name = vectors.records[i].name;
        rows[i].v = &vectors.records[i];
    }
    const int failed = RUN_ROWS_N(rows, vectors.count, heard_on_the_air) +
                       RUN_ROWS(draw_rows, draws) + cmocka_run_group_tests(tests, NULL, NULL);
    vectors_free(&vectors);
    return failed;
}
