/* SPDX-License-Identifier: MIT */
/* Bonds: the list, the text, the store. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "blueroom/privacy.h"
#include "host_internal.h"
#include "host_story.h"
#include "rows.h"

enum { TEXT_SIZE = 16384 };

static struct blr_bond full_bond(uint8_t last, uint8_t type)
{
    struct blr_bond bond = {
        .identity = {.octet = {last, 0xDE, 0, 0xDC, 0x1B, 0xC0}, .type = type},
        .secure_connections = true,
        .authenticated = true,
        .key_size = 16,
        .ours = {.has_ltk = true, .ediv = 0, .has_irk = true, .has_csrk = true, .sign_counter = 7},
        .theirs = {.has_ltk = true,
                   .ediv = 0xBEEF,
                   .has_irk = true,
                   .has_csrk = true,
                   .sign_counter = UINT32_MAX},
        .privacy_mode = BLR_DEVICE_PRIVACY,
        .client_features = 5,
        .unaware = true,
        .cccd_count = 2,
        .cccds = {{3, 1}, {0xFFFF, 3}},
    };

    for (uint8_t i = 0; i < 16; i++) {
        bond.ours.ltk[i] = bond.theirs.ltk[i] = (uint8_t)(i + 0xA0);
        bond.ours.irk[i] = (uint8_t)(i + 0x10);
        bond.theirs.irk[i] = (uint8_t)(i + 0x20);
        bond.ours.csrk[i] = (uint8_t)(i + 0x30);
        bond.theirs.csrk[i] = (uint8_t)(i + 0x40);
        bond.database_hash[i] = (uint8_t)(i + 0x50);
        bond.theirs.rand[i / 2] = (uint8_t)(i + 0x60);
    }
    return bond;
}

/* A key of seven octets and nothing else. */
static struct blr_bond bare_bond(uint8_t last)
{
    struct blr_bond bond = {
        .identity = {.octet = {last, 1, 2, 3, 4, 5}, .type = BD_ADDR_PUBLIC},
        .key_size = 7,
        .theirs = {.has_ltk = true, .ltk = {[9] = 9, 10, 11, 12, 13, 14, 15}, .ediv = 1},
    };

    return bond;
}

static void put(struct host_story *story, struct blr_bond bond)
{
    assert_int_equal(bonds_put(story->host, &bond), 0);
}

static void same_bond(const struct blr_bond *a, const struct blr_bond *b)
{
    char x[TEXT_SIZE], y[TEXT_SIZE];

    assert_true(blr_bond_export(a, x, sizeof x) < sizeof x);
    assert_true(blr_bond_export(b, y, sizeof y) < sizeof y);
    assert_string_equal(x, y);
    assert_true(bd_addr_equal(&a->identity, &b->identity));
}

/* --- the list --- */

static void the_list(void **state)
{
    struct host_story *story = *state;
    const struct blr_bond a = full_bond(1, BD_ADDR_RANDOM), b = bare_bond(2);
    struct blr_bond a_again = a;

    assert_null(blr_bond_next(story->host, NULL));
    assert_int_equal(blr_bond_delete(story->host, &a.identity), BLR_ERR_NOT_FOUND);
    put(story, a);
    put(story, b);
    a_again.key_size = 15;
    put(story, a_again);
    const struct blr_bond *first = blr_bond_next(story->host, NULL);
    assert_int_equal(first->key_size, 15);
    const struct blr_bond *second = blr_bond_next(story->host, first);
    same_bond(second, &b);
    assert_null(blr_bond_next(story->host, second));
    assert_ptr_equal(blr_bond_find(story->host, &b.identity), second);
    struct bd_addr other = b.identity;
    other.type = BD_ADDR_RANDOM;
    assert_null(blr_bond_find(story->host, &other));
    assert_int_equal(blr_bond_delete(story->host, &a.identity), 0);
    assert_ptr_equal(blr_bond_next(story->host, NULL), second);
    blr_bond_delete_all(story->host);
    assert_null(blr_bond_next(story->host, NULL));
}

static void too_many(void **state)
{
    struct host_story *story = *state;
    struct blr_bond bond = bare_bond(0);

    for (unsigned i = 0; i < HOST_MAX_BONDS; i++) {
        bond.identity.octet[0] = (uint8_t)i;
        put(story, bond);
    }
    bond.identity.octet[1] = 0xFF;
    assert_int_equal(bonds_put(story->host, &bond), BLR_ERR_NO_MEMORY);
}

/* --- the text --- */

static void the_text(void **state)
{
    static const char expected[] = "blueroom_bonds = 1\n"
                                   "identity = C0:1B:DC:00:DE:01 random\n"
                                   "secure_connections = yes\n"
                                   "authenticated = yes\n"
                                   "key_size = 16\n"
                                   "privacy_mode = 1\n"
                                   "client_features = 5\n"
                                   "unaware = yes\n"
                                   "database_hash = 505152535455565758595a5b5c5d5e5f\n"
                                   "ours.ltk = a0a1a2a3a4a5a6a7a8a9aaabacadaeaf\n"
                                   "ours.ediv = 0\n"
                                   "ours.rand = 0000000000000000\n"
                                   "ours.irk = 101112131415161718191a1b1c1d1e1f\n"
                                   "ours.csrk = 303132333435363738393a3b3c3d3e3f\n"
                                   "ours.sign_counter = 7\n"
                                   "theirs.ltk = a0a1a2a3a4a5a6a7a8a9aaabacadaeaf\n"
                                   "theirs.ediv = 48879\n"
                                   "theirs.rand = 61636567696b6d6f\n"
                                   "theirs.irk = 202122232425262728292a2b2c2d2e2f\n"
                                   "theirs.csrk = 404142434445464748494a4b4c4d4e4f\n"
                                   "theirs.sign_counter = 4294967295\n"
                                   "cccd = 3 1\n"
                                   "cccd = 65535 3\n"
                                   "checksum = ";
    struct host_story *story = *state;
    const struct blr_bond bond = full_bond(1, BD_ADDR_RANDOM);
    char text[TEXT_SIZE], again[TEXT_SIZE];
    struct blr_bond_trouble trouble;

    const size_t len = blr_bond_export(&bond, text, sizeof text);
    assert_int_equal(len, strlen(text));
    assert_int_equal(len, strlen(expected) + 7);
    assert_memory_equal(text, expected, strlen(expected));
    /* Exactly as much room as it takes, and one less. */
    assert_int_equal(blr_bond_export(&bond, again, len + 1), len);
    assert_string_equal(again, text);
    memset(again, 'x', sizeof again);
    assert_int_equal(blr_bond_export(&bond, again, len), len);
    assert_int_equal(again[0], '\0');
    assert_int_equal(again[len], 'x');
    assert_int_equal(blr_bond_export(&bond, NULL, 0), len);

    assert_int_equal(blr_bonds_import(story->host, text, len, &trouble), 0);
    const struct blr_bond *imported = blr_bond_next(story->host, NULL);
    assert_int_equal(imported->theirs.sign_counter, UINT32_MAX);
    assert_int_equal(imported->cccds[1].handle, 0xFFFF);
    same_bond(imported, &bond);
}

static void several_and_none(void **state)
{
    struct host_story *story = *state;
    char text[TEXT_SIZE], again[TEXT_SIZE];
    struct blr_bond_trouble trouble;

    size_t len = blr_bonds_export(story->host, text, sizeof text);
    assert_int_equal(blr_bonds_import(story->host, text, len, &trouble), 0);
    assert_null(blr_bond_next(story->host, NULL));

    put(story, full_bond(1, BD_ADDR_RANDOM));
    put(story, bare_bond(2));
    put(story, full_bond(3, BD_ADDR_PUBLIC));
    len = blr_bonds_export(story->host, text, sizeof text);
    blr_bond_delete_all(story->host);
    struct blr_bond older = full_bond(3, BD_ADDR_PUBLIC);
    older.key_size = 16;
    older.unaware = false;
    put(story, older); /* is replaced, in its place */
    assert_int_equal(blr_bonds_import(story->host, text, len, &trouble), 0);
    assert_true(blr_bond_next(story->host, NULL)->unaware);
    assert_int_equal(blr_bonds_export(story->host, again, sizeof again), len);
}

/* --- hostile texts --- */

struct bad_row {
    const char *name;
    const char *find, *replace; /* once, in the text of a bond; the checksum is made right */
    unsigned line;
    const char *what;
};

static const struct bad_row bad[] = {
    {"another format", "bonds = 1", "bonds = 2", 1, "not bonds in a format that is known"},
    {"another file", "blueroom_bonds", "blueroom_bonfs", 1, "not bonds in a format that is known"},
    {"a name missing", "authenticated = yes\n", "", 4, "not the name that belongs here"},
    {"a name twice", "unaware = yes\n", "unaware = yes\nunaware = yes\n", 9,
     "not the name that belongs here"},
    {"names in another order", "key_size = 16\nprivacy_mode = 1\n",
     "privacy_mode = 1\nkey_size = 16\n", 5, "not the name that belongs here"},
    {"a name in capitals", "unaware", "Unaware", 8, "not the name that belongs here"},
    {"no blanks", "key_size = 16", "key_size=16", 5, "not \"name = value\""},
    {"an empty line", "unaware", "\nunaware", 8, "not \"name = value\""},
    {"a carriage return", "key_size = 16\n", "key_size = 16\r\n", 5, "not a decimal number"},
    {"a key that is too short", "key_size = 16", "key_size = 6", 5, "a number out of its range"},
    {"a key that is too long", "key_size = 16", "key_size = 17", 5, "a number out of its range"},
    {"a key shorter than it is", "key_size = 16", "key_size = 15", 10,
     "a key of more octets than key_size"},
    {"a leading zero", "key_size = 16", "key_size = 016", 5, "not a decimal number"},
    {"a sign", "key_size = 16", "key_size = +16", 5, "not a decimal number"},
    {"no number", "key_size = 16", "key_size = ", 5, "not a decimal number"},
    {"a number of many digits", "key_size = 16", "key_size = 99999999999999999999999999", 5,
     "a number out of its range"},
    {"an unknown privacy mode", "privacy_mode = 1", "privacy_mode = 2", 6,
     "a number out of its range"},
    {"unknown features", "client_features = 5", "client_features = 8", 7,
     "a number out of its range"},
    {"perhaps", "unaware = yes", "unaware = perhaps", 8, "neither yes nor no"},
    {"half an address", "C0:1B:DC:00:DE:01 random", "C0:1B:DC", 2, "not an address"},
    {"an address in small letters", "C0:1B:DC:00:DE:01", "c0:1B:DC:00:DE:01", 2, "not an address"},
    {"an address without colons", "C0:1B:DC:00:DE:01 random", "C01BDC00DE01 random", 2,
     "not an address"},
    {"an address of no kind", "DE:01 random", "DE:01 randon", 2,
     "an address that is neither public nor random"},
    {"hex in capitals", "ours.ltk = a0a1", "ours.ltk = A0a1", 10, "not a hex digit in lower case"},
    {"hex too short", "ours.irk = 1011", "ours.irk = 101", 13,
     "not as many hex digits as belong here"},
    {"a key without its EDIV", "theirs.ediv = 48879\n", "", 17, "not the name that belongs here"},
    {"an EDIV of 17 bits", "theirs.ediv = 48879", "theirs.ediv = 65536", 17,
     "a number out of its range"},
    {"a counter of 33 bits", "4294967295", "4294967296", 21, "a number out of its range"},
    {"a handle of 0", "cccd = 3 1", "cccd = 0 1", 22, "not a handle and its bits"},
    {"bits of 0", "cccd = 3 1", "cccd = 3 0", 22, "not a handle and its bits"},
    {"reserved bits", "cccd = 3 1", "cccd = 3 4", 22, "a number out of its range"},
    {"a handle alone", "cccd = 3 1", "cccd = 3", 22, "not a handle and its bits"},
    {"three numbers", "cccd = 3 1", "cccd = 3 1 1", 22, "not a handle and its bits"},
    {"something behind", "checksum", "more = 1\nchecksum", 24, "not the name that belongs here"},
    {"a key after the CCCDs", "checksum", "theirs.ediv = 1\nchecksum", 24,
     "not the name that belongs here"},
};

static size_t seal(char *text)
{
    const size_t len = (size_t)(strstr(text, "checksum") - text);

    return len + (size_t)sprintf(text + len, "checksum = %06lx\n",
                                 (unsigned long)bond_checksum(text, len));
}

static void refused(struct host_story *story, const char *text, size_t len, unsigned line,
                    const char *what)
{
    struct blr_bond_trouble trouble = {0};
    char *exact = malloc(len ? len : 1);

    assert_non_null(exact);
    memcpy(exact, text, len);
    assert_int_equal(blr_bonds_import(story->host, exact, len, &trouble), BLR_ERR_MALFORMED);
    free(exact);
    assert_true(trouble.line > 0);
    assert_non_null(trouble.what);
    if (what) {
        assert_string_equal(trouble.what, what);
        assert_int_equal(trouble.line, line);
    }
    assert_null(blr_bond_next(story->host, NULL));
}

static void test_bad(void **state)
{
    const struct bad_row *row = *state;
    static struct host_story story;
    const struct blr_bond bond = full_bond(1, BD_ADDR_RANDOM);
    char text[TEXT_SIZE], wrong[TEXT_SIZE];

    host_story_new(&story, 0);
    assert_true(blr_bond_export(&bond, text, sizeof text) < sizeof text);
    const char *at = strstr(text, row->find);
    assert_non_null(at);
    snprintf(wrong, sizeof wrong, "%.*s%s%s", (int)(at - text), text, row->replace,
             at + strlen(row->find));
    refused(&story, wrong, seal(wrong), row->line, row->what);
    host_story_free(&story);
}

static void twice_the_same_identity(void **state)
{
    struct host_story *story = *state;
    const struct blr_bond bond = bare_bond(1);
    char text[TEXT_SIZE], twice[TEXT_SIZE];

    assert_true(blr_bond_export(&bond, text, sizeof text) < sizeof text);
    const char *begin = strstr(text, "identity"), *end = strstr(text, "checksum");
    snprintf(twice, sizeof twice, "%.*s%.*s", (int)(end - text), text, (int)(strlen(begin)), begin);
    refused(story, twice, seal(twice), 13, "an identity that has a bond already");
}

static void too_many_cccds(void **state)
{
    struct host_story *story = *state;
    struct blr_bond bond = bare_bond(1);
    char text[TEXT_SIZE], more[TEXT_SIZE];
    struct blr_bond_trouble trouble;

    bond.cccd_count = BLR_BOND_MAX_CCCDS;
    for (unsigned i = 0; i < BLR_BOND_MAX_CCCDS; i++)
        bond.cccds[i] = (struct blr_bond_cccd){(uint16_t)(i + 1), 1};
    const size_t len = blr_bond_export(&bond, text, sizeof text);
    assert_int_equal(blr_bonds_import(story->host, text, len, &trouble), 0);
    blr_bond_delete_all(story->host);
    const char *end = strstr(text, "checksum");
    snprintf(more, sizeof more, "%.*scccd = 99 1\n%s", (int)(end - text), text, end);
    refused(story, more, seal(more), 45, "more than 32 of these");
}

static size_t three(struct host_story *story, char *text)
{
    put(story, full_bond(1, BD_ADDR_RANDOM));
    put(story, bare_bond(2));
    put(story, full_bond(3, BD_ADDR_PUBLIC));
    const size_t len = blr_bonds_export(story->host, text, TEXT_SIZE);
    blr_bond_delete_all(story->host);
    return len;
}

static void every_truncation(void **state)
{
    struct host_story *story = *state;
    char text[TEXT_SIZE];
    const size_t len = three(story, text);

    for (size_t n = 0; n < len; n++)
        refused(story, text, n, 0, NULL);
    text[len] = '\n';
    refused(story, text, len + 1, 0, NULL);
    text[len] = '\0';
    refused(story, text, len + 1, 0, NULL);
}

static void every_bit(void **state)
{
    struct host_story *story = *state;
    char text[TEXT_SIZE];
    const size_t len = three(story, text);

    for (size_t bit = 0; bit < 8 * len; bit++) {
        text[bit / 8] = (char)(text[bit / 8] ^ (1 << bit % 8));
        refused(story, text, len, 0, NULL);
        text[bit / 8] = (char)(text[bit / 8] ^ (1 << bit % 8));
    }
}

/* --- the store --- */

struct store {
    unsigned saved;
    int error, failed;
    char text[TEXT_SIZE];
    size_t len;
};

static int save(void *user, const char *text, size_t len)
{
    struct store *store = user;

    store->saved++;
    assert_true(len < sizeof store->text);
    memcpy(store->text, text, len + 1);
    store->len = len;
    return store->error;
}

static void failed(void *user, int error)
{
    struct store *store = user;

    store->failed = error;
}

static void the_store(void **state)
{
    static const struct blr_bond_store ops = {save, failed};
    struct host_story *story = *state;
    struct store store = {0};
    struct blr_bond_trouble trouble;
    char text[TEXT_SIZE];
    const struct blr_bond bond = full_bond(1, BD_ADDR_RANDOM);
    const size_t len = blr_bond_export(&bond, text, sizeof text);

    blr_bond_set_store(story->host, &ops, &store);
    assert_int_equal(blr_bonds_import(story->host, text, len, &trouble), 0);
    assert_int_equal(store.saved, 1);
    assert_string_equal(store.text, text);
    assert_int_equal(store.len, len);
    assert_int_equal(blr_bond_delete(story->host, &bond.identity), 0);
    assert_int_equal(store.saved, 2);
    assert_null(strstr(store.text, "identity"));
    blr_bond_delete_all(story->host); /* there are none */
    assert_int_equal(store.saved, 2);
    store.error = BLR_ERR_IO;
    assert_int_equal(blr_bonds_import(story->host, text, len, &trouble), 0);
    assert_int_equal(store.failed, BLR_ERR_IO);
    assert_non_null(blr_bond_next(story->host, NULL));
    store.failed = 0;
    assert_int_equal(blr_bonds_import(story->host, "x", 1, &trouble), BLR_ERR_MALFORMED);
    assert_int_equal(store.saved, 3);
    blr_bond_set_store(story->host, NULL, NULL);
    blr_bond_delete_all(story->host);
    assert_int_equal(store.saved, 3);
}

#define STOPPED(f) cmocka_unit_test_setup_teardown(f, host_story_setup_stopped, host_story_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STOPPED(the_list),
        STOPPED(too_many),
        STOPPED(the_text),
        STOPPED(several_and_none),
        STOPPED(twice_the_same_identity),
        STOPPED(too_many_cccds),
        STOPPED(every_truncation),
        STOPPED(every_bit),
        STOPPED(the_store),
    };

    return RUN_ROWS(bad, test_bad) + cmocka_run_group_tests_name("bonds", tests, NULL, NULL);
}
