/* SPDX-License-Identifier: MIT */
/*
 * Memory in pairing, bonds and what is kept of clients: each allocation in turn fails; encrypting
 * and refreshing, reading what is protected, signing: all that is steady allocates nothing.
 */
#include <string.h>

#include "fail_alloc.h"
#include "host_internal.h"
#include "host_story.h"
#include "rows.h"

enum { LINK = 0x40 };

static void draw(void *user, uint8_t *out, size_t len)
{
    (void)user;
    memset(out, 7, len);
}

static struct blr_bond a_bond(uint8_t last)
{
    struct blr_bond bond = {
        .identity = host_story_peer(last),
        .secure_connections = true,
        .key_size = 16,
        .ours = {.has_ltk = true, .has_csrk = true},
        .theirs = {.has_ltk = true, .has_csrk = true},
        .cccd_count = 1,
        .cccds = {{0x000B, 2}},
    };

    return bond;
}

static struct blr_conn *link_up(struct host_story *story, enum blr_role role)
{
    story->host->random = draw;
    story->fake.in_place = true;
    struct blr_conn *conn = host_story_connect(story, LINK, role);
    fake_controller_answer_all(&story->fake);
    return conn;
}

static void told_call(struct blr_conn *conn, int error, void *user)
{
    (void)conn;
    host_story_log(user, "called back %s\n", error ? blr_strerror(error) : "ok");
}

/* Until it succeeds, nothing happens, and the caller is told. */
static void each_allocation_of_a_pairing_fails(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = link_up(story, BLR_CENTRAL);
    unsigned n = 0;
    int error;

    do {
        assert_true(n < 100);
        fail_alloc_from(++n);
        error = blr_security_pair(conn, told_call, story);
        fail_alloc_from(0);
        assert_true(error == 0 || error == BLR_ERR_NO_MEMORY);
        if (error)
            expect_no_acl(story);
    } while (error);
    assert_true(n > 1);
    expect_acl(story, "0040 0 07 00 06 00 01 03 00 09 10 07 07");
    expect_told(story, "");
}

/* A peer that wants one meanwhile is told that it cannot be, and may try again. */
static void each_allocation_of_a_peers_pairing_fails(void **state)
{
    struct host_story *story = *state;
    unsigned n = 0;
    bool happened;

    link_up(story, BLR_PERIPHERAL);
    do {
        assert_true(n < 100);
        fail_alloc_from(++n);
        host_story_acl(story, LINK, 2, "07 00 06 00 01 03 00 01 10 00 00");
        happened = fail_alloc_happened();
        fail_alloc_from(0);
        expect_acl(story, happened ? "0040 0 02 00 06 00 05 08"
                                   : "0040 0 07 00 06 00 02 03 00 09 10 00 00");
        fake_controller_completed(&story->fake, LINK, 1);
    } while (happened);
    assert_true(n > 1);
}

static void each_allocation_of_an_import_fails(void **state)
{
    struct host_story *story = *state;
    struct blr_bond_trouble trouble;
    char text[4096];
    unsigned n = 0;
    int error;

    for (uint8_t i = 0; i < 3; i++) {
        const struct blr_bond bond = a_bond(i);
        assert_int_equal(bonds_put(story->host, &bond), 0);
    }
    const size_t len = blr_bonds_export(story->host, text, sizeof text);
    blr_bond_delete_all(story->host);
    do {
        assert_true(n < 100);
        fail_alloc_from(++n);
        error = blr_bonds_import(story->host, text, len, &trouble);
        fail_alloc_from(0);
        assert_true(error == 0 || error == BLR_ERR_NO_MEMORY);
        assert_int_equal(blr_bond_next(story->host, NULL) == NULL, error != 0);
    } while (error);
    assert_int_equal(n, 4);
    assert_int_equal(story->host->security.bonds.count, 3);
}

static int save(void *user, const char *text, size_t len)
{
    (void)text;
    (void)len;
    host_story_log(user, "saved\n");
    return 0;
}

static void not_saved(void *user, int error)
{
    host_story_log(user, "not saved: %s\n", blr_strerror(error));
}

static void the_store_gets_no_text(void **state)
{
    static const struct blr_bond_store store = {save, not_saved};
    struct host_story *story = *state;
    const struct blr_bond bond = a_bond(1);

    blr_bond_set_store(story->host, &store, story);
    assert_int_equal(bonds_put(story->host, &bond), 0);
    fail_alloc_from(1);
    bonds_changed(story->host);
    fail_alloc_from(0);
    expect_told(story, "not saved: Out of memory\n");
    bonds_changed(story->host);
    expect_told(story, "saved\n");
    fail_alloc_from(1);
    bonds_changed(story->host); /* what it has is enough */
    fail_alloc_from(0);
    expect_told(story, "saved\n");
    blr_bond_set_store(story->host, NULL, NULL);
}

/* A bonded client whose things cannot be brought back has a link all the same. */
static void each_allocation_of_a_return_fails(void **state)
{
    struct host_story *story = *state;
    const struct bd_addr peer = host_story_peer(LINK);
    const struct blr_bond bond = a_bond(LINK);
    unsigned n = 0;
    bool happened;

    story->fake.in_place = true;
    assert_int_equal(bonds_put(story->host, &bond), 0);
    do {
        assert_true(n < 100);
        fail_alloc_from(++n);
        fake_controller_connected(&story->fake, 0, LINK, BLR_PERIPHERAL, &peer);
        happened = fail_alloc_happened();
        fail_alloc_from(0);
        if (blr_conn_first(story->host))
            fake_controller_disconnected(&story->fake, LINK, 0x13);
        fake_controller_answer_all(&story->fake);
    } while (happened);
    assert_true(n > 2);
    assert_int_equal(blr_bond_next(story->host, NULL)->cccd_count, 1);
}

static void steady_state_allocates_nothing(void **state)
{
    struct host_story *story = *state;
    const struct blr_bond bond = a_bond(LINK);

    assert_int_equal(bonds_put(story->host, &bond), 0);
    struct blr_conn *conn = link_up(story, BLR_CENTRAL);
    assert_int_equal(blr_security_raise(conn, BLR_SECURITY_ENCRYPTED, NULL, NULL), 0);
    fake_controller_answer_all(&story->fake);
    host_story_event(story, "08 04 00 40 00 01");
    manual_clock_advance(&story->clock, 0);
    const unsigned before = fail_alloc_count();
    for (unsigned i = 0; i < 1000; i++) {
        assert_int_equal(blr_security_refresh(conn, NULL, NULL), 0);
        fake_controller_answer_all(&story->fake);
        host_story_event(story, "30 03 00 40 00");
        manual_clock_advance(&story->clock, 0);
        assert_int_equal(blr_security_raise(conn, BLR_SECURITY_ENCRYPTED, NULL, NULL), 0);
        manual_clock_advance(&story->clock, 0);
        host_story_acl(story, LINK, 2, "03 00 04 00 0a 03 00");
        while (fake_controller_acl(&story->fake))
            ;
        fake_controller_completed(&story->fake, LINK, 1);
    }
    assert_int_equal(fail_alloc_count(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(each_allocation_of_a_pairing_fails), STORY(each_allocation_of_a_peers_pairing_fails),
        STORY(each_allocation_of_an_import_fails), STORY(the_store_gets_no_text),
        STORY(each_allocation_of_a_return_fails),  STORY(steady_state_allocates_nothing),
    };

    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
