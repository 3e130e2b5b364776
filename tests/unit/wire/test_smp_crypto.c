/* SPDX-License-Identifier: MIT */
/* The functions of the Security Manager against tests/vectors/smp.txt, a test a record. */
#include <stdlib.h>
#include <string.h>

#include "hex.h"
#include "rows.h"
#include "vectors.h"
#include "wire/smp_crypto.h"

/* A value that must have exactly that many octets. */
static const uint8_t *get(const struct vector *record, const char *key, uint8_t *out, size_t len)
{
    assert_int_equal(vector_octets(record, key, out, len), len);
    return out;
}

#define GET(name, octets)                                                                          \
    uint8_t name[octets];                                                                          \
    get(record, #name, name, octets)

static void reverse(uint8_t *octets, size_t len)
{
    for (size_t i = 0; i < len / 2; i++) {
        const uint8_t swapped = octets[i];
        octets[i] = octets[len - 1 - i];
        octets[len - 1 - i] = swapped;
    }
}

static struct bd_addr address(const uint8_t printed[static 6], unsigned type)
{
    struct bd_addr addr = {.type = (uint8_t)type};

    memcpy(addr.octet, printed, 6);
    reverse(addr.octet, 6);
    return addr;
}

static void c1(const struct vector *record)
{
    uint8_t wanted[16], got[16];
    GET(k, 16);
    GET(r, 16);
    GET(preq, 7);
    GET(pres, 7);
    GET(ia, 6);
    GET(ra, 6);
    struct smp_parties parties = {
        .initiator = address(ia, vector_hex(record, "iat")),
        .responder = address(ra, vector_hex(record, "rat")),
    };

    reverse(preq, 7);
    reverse(pres, 7);
    get(record, "c1", wanted, 16);
    assert_int_equal(smp_c1(k, r, preq, pres, &parties, got), 0);
    assert_memory_equal(got, wanted, 16);
    /* An identity address in use counts as what it is (Vol 4, Part E, 7.7.65.10: types 2, 3). */
    parties.initiator.type |= 2;
    parties.responder.type |= 2;
    assert_int_equal(smp_c1(k, r, preq, pres, &parties, got), 0);
    assert_memory_equal(got, wanted, 16);
    parties.initiator.type ^= 1;
    assert_int_equal(smp_c1(k, r, preq, pres, &parties, got), 0);
    assert_memory_not_equal(got, wanted, 16);
    parties.initiator.type ^= 1;
    parties.responder.octet[0] ^= 1;
    assert_int_equal(smp_c1(k, r, preq, pres, &parties, got), 0);
    assert_memory_not_equal(got, wanted, 16);
}

static void s1(const struct vector *record)
{
    uint8_t wanted[16], got[16];
    GET(k, 16);
    GET(r1, 16);
    GET(r2, 16);

    get(record, "s1", wanted, 16);
    assert_int_equal(smp_s1(k, r1, r2, got), 0);
    assert_memory_equal(got, wanted, 16);
    r1[0] ^= 1; /* the half that does not count */
    assert_int_equal(smp_s1(k, r1, r2, got), 0);
    assert_memory_equal(got, wanted, 16);
    assert_int_equal(smp_s1(k, r2, r1, got), 0);
    assert_memory_not_equal(got, wanted, 16);
}

static void f4(const struct vector *record)
{
    const uint8_t z = (uint8_t)vector_hex(record, "z");
    uint8_t wanted[16], got[16];
    GET(u, 32);
    GET(v, 32);
    GET(x, 16);

    get(record, "f4", wanted, 16);
    assert_int_equal(smp_f4(u, v, x, z, got), 0);
    assert_memory_equal(got, wanted, 16);
    assert_int_equal(smp_f4(v, u, x, z, got), 0);
    assert_memory_not_equal(got, wanted, 16);
}

/* Type and address in seven octets, as f5 and f6 print them. */
static struct bd_addr typed_address(const struct vector *record, const char *key)
{
    uint8_t octets[7];

    get(record, key, octets, sizeof octets);
    return address(octets + 1, octets[0]);
}

static void f5(const struct vector *record)
{
    uint8_t wanted_mackey[16], wanted_ltk[16], mackey[16], ltk[16];
    GET(w, 32);
    GET(n1, 16);
    GET(n2, 16);
    struct smp_parties parties = {
        .initiator = typed_address(record, "a1"),
        .responder = typed_address(record, "a2"),
    };

    get(record, "mackey", wanted_mackey, 16);
    get(record, "ltk", wanted_ltk, 16);
    assert_int_equal(smp_f5(w, n1, n2, &parties, mackey, ltk), 0);
    assert_memory_equal(mackey, wanted_mackey, 16);
    assert_memory_equal(ltk, wanted_ltk, 16);
    parties.initiator.type |= 2;
    assert_int_equal(smp_f5(w, n1, n2, &parties, mackey, ltk), 0);
    assert_memory_equal(ltk, wanted_ltk, 16);
    parties.responder.type ^= 1;
    assert_int_equal(smp_f5(w, n1, n2, &parties, mackey, ltk), 0);
    assert_memory_not_equal(mackey, wanted_mackey, 16);
    assert_memory_not_equal(ltk, wanted_ltk, 16);
}

static void f6(const struct vector *record)
{
    const struct bd_addr a1 = typed_address(record, "a1"), a2 = typed_address(record, "a2");
    uint8_t wanted[16], got[16];
    GET(w, 16);
    GET(n1, 16);
    GET(n2, 16);
    GET(r, 16);
    GET(io_cap, 3);

    get(record, "f6", wanted, 16);
    assert_int_equal(smp_f6(w, n1, n2, r, io_cap, &a1, &a2, got), 0);
    assert_memory_equal(got, wanted, 16);
    assert_int_equal(smp_f6(w, n1, n2, r, io_cap, &a2, &a1, got), 0);
    assert_memory_not_equal(got, wanted, 16);
}

static void g2(const struct vector *record)
{
    uint32_t value = 0;
    GET(u, 32);
    GET(v, 32);
    GET(x, 16);
    GET(y, 16);

    assert_int_equal(smp_g2(u, v, x, y, &value), 0);
    assert_int_equal(value, vector_decimal(record, "numeric_dec"));
    assert_int_equal(value, vector_hex(record, "g2") % 1000000);
}

static void h6(const struct vector *record)
{
    uint8_t wanted[16], got[16];
    GET(w, 16);

    get(record, "h6", wanted, 16);
    assert_int_equal(smp_h6(w, vector_hex(record, "key_id"), got), 0);
    assert_memory_equal(got, wanted, 16);
}

static void h7(const struct vector *record)
{
    uint8_t wanted[16], got[16];
    GET(salt, 16);
    GET(w, 16);

    get(record, "h7", wanted, 16);
    assert_int_equal(smp_h7(salt, w, got), 0);
    assert_memory_equal(got, wanted, 16);
}

/* Key conversions between the transports (2.4.2.4, 2.4.2.5): h7 or h6 to begin with, then h6. */
static void conversion(const struct vector *record, const char *from, const char *to)
{
    const bool ct2 = strstr(record->name, "ct2_1") != NULL;
    uint8_t key[16], salt[16], wanted[16], got[16];

    get(record, from, key, 16);
    if (ct2)
        assert_int_equal(smp_h7(get(record, "salt", salt, 16), key, got), 0);
    else
        assert_int_equal(smp_h6(key, vector_hex(record, "key_id_1"), got), 0);
    get(record, "intermediate", wanted, 16);
    assert_memory_equal(got, wanted, 16);
    assert_int_equal(smp_h6(wanted, vector_hex(record, "key_id_2"), got), 0);
    get(record, to, wanted, 16);
    assert_memory_equal(got, wanted, 16);
}

static void ltk_to_link_key(const struct vector *record)
{
    conversion(record, "ltk", "link_key");
}

static void link_key_to_ltk(const struct vector *record)
{
    conversion(record, "link_key", "ltk");
}

static void ah(const struct vector *record)
{
    uint8_t got[3];
    bool resolved = false;
    GET(irk, 16);
    GET(prand, 3);
    GET(hash, 3);
    GET(rpa, 6);
    struct bd_addr wanted = address(rpa, BD_ADDR_RANDOM), made;

    assert_int_equal(smp_ah(irk, prand, got), 0);
    assert_memory_equal(got, hash, 3);
    prand[0] ^= 0xC0; /* what the two top bits were does not matter */
    assert_int_equal(smp_rpa_make(irk, prand, &made), 0);
    assert_true(bd_addr_equal(&made, &wanted));
    assert_int_equal(smp_rpa_resolves(irk, &made, &resolved), 0);
    assert_true(resolved);
    for (unsigned bit = 0; bit < 48; bit++) {
        struct bd_addr other = made;
        other.octet[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_int_equal(smp_rpa_resolves(irk, &other, &resolved), 0);
        assert_false(resolved);
    }
    made.type = BD_ADDR_PUBLIC;
    assert_int_equal(smp_rpa_resolves(irk, &made, &resolved), 0);
    assert_false(resolved);
    made.type = BD_ADDR_RANDOM;
    irk[15] ^= 1;
    assert_int_equal(smp_rpa_resolves(irk, &made, &resolved), 0);
    assert_false(resolved);
}

static void sign(const struct vector *record)
{
    uint8_t csrk[16], signature[12], mac[8];
    size_t len;
    uint8_t *message = hex_exact(vector_text(record, "msg_air"), &len);
    const uint32_t counter = vector_decimal(record, "counter_dec");

    get(record, "csrk_air", csrk, 16);
    reverse(csrk, 16);
    get(record, "signature_air", signature, sizeof signature);
    struct rd r = rd_init(signature, sizeof signature);
    assert_int_equal(rd_u32(&r), counter);
    assert_int_equal(smp_sign(csrk, message, len, counter, mac), 0);
    assert_memory_equal(mac, signature + 4, 8);
    assert_int_equal(smp_sign(csrk, message, len, counter + 1, mac), 0);
    assert_memory_not_equal(mac, signature + 4, 8);
    free(message);
}

struct function {
    const char *name;
    void (*check)(const struct vector *record);
};

static const struct function functions[] = {
    {"c1", c1},
    {"s1", s1},
    {"f4", f4},
    {"f5", f5},
    {"f6", f6},
    {"g2", g2},
    {"h6", h6},
    {"h7", h7},
    {"ah", ah},
    {"sign", sign},
    {"ltk_", ltk_to_link_key},
    {"link_", link_key_to_ltk},
};

static void sample(void **state)
{
    const struct vector *record = *state;

    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        if (strncmp(record->name, functions[i].name, strlen(functions[i].name)) == 0) {
            functions[i].check(record);
            return;
        }
    }
    fail_msg("[%s] is of no function", record->name);
}

/* A row that a file loses is a test that nobody misses. */
static void every_function_has_a_sample(void **state)
{
    const struct vectors *vectors = *state;

    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        size_t found = 0;
        for (size_t k = 0; k < vectors->count; k++)
            found += strncmp(vectors->records[k].name, functions[i].name,
                             strlen(functions[i].name)) == 0;
        assert_true(found > 0);
    }
}

/* A static or non-resolvable address is nobody's, even if its hash would fit (1.3.2). */
static void only_resolvable_addresses_resolve(void **state)
{
    static const uint8_t irk[16] = {1, 2, 3};

    (void)state;
    for (unsigned kind = 0; kind < 4; kind++) {
        const uint8_t prand[3] = {(uint8_t)(kind << 6 | 5), 6, 7};
        uint8_t hash[3];
        bool resolved = false;
        assert_int_equal(smp_ah(irk, prand, hash), 0);
        const struct bd_addr addr = {
            .octet = {hash[2], hash[1], hash[0], prand[2], prand[1], prand[0]},
            .type = BD_ADDR_RANDOM,
        };
        assert_int_equal(smp_rpa_resolves(irk, &addr, &resolved), 0);
        assert_int_equal(resolved, kind == 1);
    }
}

/* Longer than any attribute, at the highest counter: answered, each octet of it counts. */
static void long_signature(void **state)
{
    static const uint8_t csrk[16] = {5};
    uint8_t *message = calloc(70000, 1), mac[8], other[8];

    (void)state;
    assert_non_null(message);
    assert_int_equal(smp_sign(csrk, message, 70000, UINT32_MAX, mac), 0);
    message[69999] = 1;
    assert_int_equal(smp_sign(csrk, message, 70000, UINT32_MAX, other), 0);
    assert_memory_not_equal(mac, other, 8);
    assert_int_equal(smp_sign(csrk, message, SIZE_MAX - 3, 0, mac), BLR_ERR_NO_MEMORY);
    free(message);
}

int main(void)
{
    struct vectors vectors = vectors_load("smp.txt");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(every_function_has_a_sample, &vectors),
        cmocka_unit_test(only_resolvable_addresses_resolve),
        cmocka_unit_test(long_signature),
    };
    const int failed = RUN_ROWS_N(vectors.records, vectors.count, sample) +
                       cmocka_run_group_tests(tests, NULL, NULL);

    vectors_free(&vectors);
    return failed;
}
