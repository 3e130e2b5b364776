/* SPDX-License-Identifier: MIT */
/* Private addresses with a controller that has a resolving list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "privacy_story.h"

static const struct bd_addr own_static = {.octet = {1, 2, 3, 4, 5, 0xC6}, .type = BD_ADDR_RANDOM};

static int set_up(void **state)
{
    struct host_story *story = malloc(sizeof *story);

    assert_non_null(story);
    privacy_story_up(story, STORY_LL_PRIVACY, NULL);
    blr_bond_delete_all(story->host);
    *state = story;
    return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, host_story_teardown)

static struct blr_conn *conn(struct host_story *story)
{
    struct blr_conn *found = blr_conn_first(story->host);

    assert_non_null(found);
    return found;
}

static void assert_address(const struct bd_addr *is, const struct bd_addr *expected)
{
    char a[BD_ADDR_TEXT_SIZE], b[BD_ADDR_TEXT_SIZE];

    assert_string_equal(bd_addr_format(is, a), bd_addr_format(expected, b));
    assert_int_equal(is->type, expected->type);
}

static void advertise(struct host_story *story, enum blr_adv_kind kind, const struct bd_addr *peer)
{
    struct blr_adv_params params = {.kind = kind};

    if (peer)
        params.peer = *peer;
    assert_int_equal(blr_gap_advertise(story->host, &params, told_advertise, story), 0);
}

/* --- the list --- */

static void brought_up(void **state)
{
    struct host_story *story = *state;
    bool size = false, mask = false;

    assert_int_equal(blr_host_controller_gone(story->host), 0);
    manual_clock_advance(&story->clock, 0);
    expect_told(story, "failure Input or output failed\n");
    assert_int_equal(blr_host_start(story->host, told_started, story), 0);
    while (story->fake.commands.count) {
        const struct fake_packet *packet = &story->fake.commands.packets[story->fake.commands.head];
        size = size || packet->opcode == HCI_OP_LE_READ_RESOLVING_LIST_SIZE;
        /* LE Enhanced Connection Complete is bit 9. */
        mask = mask || (packet->opcode == HCI_OP_LE_SET_EVENT_MASK && packet->bytes[1] & 0x02);
        assert_int_not_equal(packet->opcode, HCI_OP_LE_SET_ADDRESS_RESOLUTION_ENABLE);
        fake_controller_answer(&story->fake);
    }
    assert_true(size && mask);
    expect_told(story, "started ok\n");
}

static void follows_the_bonds(void **state)
{
    struct host_story *story = *state;
    const struct bd_addr peer = host_story_peer(0x40);

    privacy_story_bond(story, 0x40, BLR_DEVICE_PRIVACY);
    expect_add(story, 0x40, false);
    expect_answer(story, "204e 01 40 00 00 00 00 c0 01");
    expect_answer(story, "202d 01");
    expect_no_command(story);
    privacy_story_bond(story, 0x41, BLR_NETWORK_PRIVACY); /* which is what an entry has at first */
    expect_add(story, 0x41, false);
    expect_no_command(story);
    assert_int_equal(blr_bond_delete(story->host, &peer), 0);
    expect_answer(story, "2028 01 40 00 00 00 00 c0");
    expect_no_command(story);
    blr_bond_delete_all(story->host);
    expect_answer(story, "2028 01 41 00 00 00 00 c0");
    expect_answer(story, "202d 00");
    expect_no_command(story);
}

/* The controller forgets, the host does not. */
static void is_filled_anew(void **state)
{
    struct host_story *story = *state;

    privacy_story_bond(story, 0x40, BLR_NETWORK_PRIVACY);
    fake_controller_answer_all(&story->fake);
    assert_int_equal(blr_host_controller_gone(story->host), 0);
    manual_clock_advance(&story->clock, 0);
    assert_int_equal(blr_host_start(story->host, told_started, story), 0);
    while (story->fake.commands.packets[story->fake.commands.head].opcode != 0x2027)
        assert_true(fake_controller_answer(&story->fake));
    expect_add(story, 0x40, false);
    expect_answer(story, "202d 01");
    expect_no_command(story);
}

static void with_an_irk_of_our_own(void **state)
{
    struct host_story *story = *state;
    const struct blr_privacy_params params = {.on = true, .timeout_s = 60};

    privacy_story_bond(story, 0x40, BLR_NETWORK_PRIVACY);
    fake_controller_answer_all(&story->fake);
    assert_int_equal(blr_privacy_set(story->host, &params, told_started, story), 0);
    expect_answer(story, "2028 01 40 00 00 00 00 c0");
    expect_answer(story, "2027 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
                         "10 0f 0e 0d 0c 0b 0a 09 08 07 06 05 04 03 02 01");
    expect_add(story, 0x40, true);
    expect_told(story, "");
    expect_answer(story, "202e 3c 00");
    expect_told(story, "started ok\n");
    expect_no_command(story);
}

/* Its entry would be taken out and put in, or change its mode, without end. */
static void a_peer_with_the_identity_of_nobody(void **state)
{
    struct host_story *story = *state;
    struct blr_bond bond = {.privacy_mode = BLR_DEVICE_PRIVACY, .theirs = {.has_irk = true}};

    for (int irk = 1; irk >= 0; irk--) {
        bond.theirs.has_irk = irk;
        bond.theirs.irk[0] = 1;
        assert_int_equal(bonds_put(story->host, &bond), 0);
        bonds_changed(story->host);
        expect_no_command(story);
    }
    const struct blr_privacy_params params = {.on = true, .timeout_s = 60};
    assert_int_equal(blr_privacy_set(story->host, &params, told_started, story), 0);
    expect_answer(story, "2027 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
                         "10 0f 0e 0d 0c 0b 0a 09 08 07 06 05 04 03 02 01");
    expect_answer(story, "202e 3c 00");
    expect_answer(story, "202d 01");
    expect_told(story, "started ok\n");
    expect_no_command(story);
}

static void changes_its_mode(void **state)
{
    struct host_story *story = *state;
    const struct bd_addr peer = host_story_peer(0x40), other = host_story_peer(0x41);

    privacy_story_bond(story, 0x40, BLR_NETWORK_PRIVACY);
    fake_controller_answer_all(&story->fake);
    assert_int_equal(blr_privacy_set_mode(story->host, &other, BLR_DEVICE_PRIVACY),
                     BLR_ERR_NOT_FOUND);
    assert_int_equal(blr_privacy_set_mode(story->host, &peer, (enum blr_privacy_mode)2),
                     BLR_ERR_INVALID);
    assert_int_equal(blr_privacy_set_mode(story->host, &peer, BLR_DEVICE_PRIVACY), 0);
    expect_answer(story, "204e 01 40 00 00 00 00 c0 01");
    assert_int_equal(blr_privacy_set_mode(story->host, &peer, BLR_NETWORK_PRIVACY), 0);
    expect_answer(story, "204e 01 40 00 00 00 00 c0 00");
    expect_no_command(story);
}

/* --- what the controller refuses --- */

static void the_list_is_full(void **state)
{
    struct host_story *story = *state;

    story->host->privacy.list_size = 1;
    privacy_story_bond(story, 0x40, BLR_NETWORK_PRIVACY);
    privacy_story_bond(story, 0x41, BLR_NETWORK_PRIVACY);
    expect_add(story, 0x40, false);
    expect_answer(story, "202d 01");
    expect_no_command(story);
    const struct bd_addr rpa = privacy_story_peer_rpa(0x41, 7), second = host_story_peer(0x41);
    privacy_story_connected(story, 0, 0x10, BLR_PERIPHERAL, 1, &rpa, NULL, NULL);
    assert_address(&conn(story)->identity, &second);
    const struct bd_addr first = host_story_peer(0x40);
    assert_int_equal(blr_bond_delete(story->host, &first), 0);
    expect_answer(story, "2028");
    expect_add(story, 0x41, false);
    expect_no_command(story);
}

static void an_entry_is_refused(void **state)
{
    struct host_story *story = *state;

    story->fake.fails_opcode = HCI_OP_LE_ADD_DEVICE_TO_RESOLVING_LIST;
    story->fake.fails_status = HCI_ERR_MEMORY_CAPACITY_EXCEEDED;
    privacy_story_bond(story, 0x40, BLR_DEVICE_PRIVACY);
    expect_answer(story, "2027");
    expect_no_command(story);
    blr_bond_delete_all(story->host);
    expect_no_command(story);
}

static void resolution_is_refused(void **state)
{
    struct host_story *story = *state;

    story->fake.fails_opcode = HCI_OP_LE_SET_ADDRESS_RESOLUTION_ENABLE;
    story->fake.fails_status = HCI_ERR_UNKNOWN_HCI_COMMAND;
    privacy_story_bond(story, 0x40, BLR_NETWORK_PRIVACY);
    expect_answer(story, "2027");
    expect_answer(story, "202d 01");
    expect_no_command(story);
    const struct bd_addr rpa = privacy_story_peer_rpa(0x40, 7);
    privacy_story_connected(story, 0, 0x10, BLR_PERIPHERAL, 1, &rpa, NULL, NULL);
    assert_true(conn(story)->identified);
}

static void without_modes(void **state)
{
    struct host_story *story = *state;
    const struct blr_connect_params params = {.peer = host_story_peer(0x40)};

    story->host->privacy.has_modes = false;
    privacy_story_bond(story, 0x40, BLR_DEVICE_PRIVACY);
    expect_add(story, 0x40, false);
    expect_answer(story, "202d 01");
    expect_no_command(story);
    /* Random identity address: type 3. */
    assert_int_equal(blr_gap_connect(story->host, &params, told_connect, story), 0);
    expect_answer(story, "200d 60 00 30 00 00 03 40 00 00 00 00 c0 00 18 00 28 00 00 00 a4 01 00 00 "
                         "00 00");
}

/* --- addresses of one's own --- */

static void advertises_by_the_list(void **state)
{
    struct host_story *story = *state;

    privacy_story_on(story, false, 60);
    advertise(story, BLR_ADV_CONNECTABLE, NULL);
    const struct bd_addr fallback = expect_random_address(story, PRIVACY_RANDOM_RESOLVABLE);
    expect_answer(story, "2006 a0 00 a0 00 00 03 00 00 00 00 00 00 00 07 00");
    fake_controller_answer_all(&story->fake);
    expect_told(story, "advertise ok\n");
    assert_address(blr_privacy_own_address(story->host), &fallback);
    /* The controller sees to the addresses in use. */
    manual_clock_advance(&story->clock, SIM_S(61));
    expect_no_command(story);
    const struct bd_addr peer = host_story_peer(9), local = privacy_story_peer_rpa(1, 1);
    privacy_story_connected(story, 0, 0x10, BLR_PERIPHERAL, 1, &peer, &local, NULL);
    assert_address(&conn(story)->own_air, &local);
    assert_address(&conn(story)->peer_air, &peer);
    assert_address(blr_privacy_own_address(story->host), &local);
    /* Whoever begins next gets a new one. */
    advertise(story, BLR_ADV_CONNECTABLE, NULL);
    const struct bd_addr next = expect_random_address(story, PRIVACY_RANDOM_RESOLVABLE);
    assert_false(bd_addr_equal(&next, &fallback));
    fake_controller_answer_all(&story->fake);
}

/* The entry that made the addresses goes with the bond: from then on the host renews its own. */
static void its_bond_goes_while_it_advertises(void **state)
{
    struct host_story *story = *state;
    const struct bd_addr peer = host_story_peer(0x40);

    privacy_story_bond(story, 0x40, BLR_NETWORK_PRIVACY);
    fake_controller_answer_all(&story->fake);
    privacy_story_on(story, false, 60);
    advertise(story, BLR_ADV_DIRECTED, &peer);
    const struct bd_addr first = expect_random_address(story, PRIVACY_RANDOM_RESOLVABLE);
    expect_answer(story, "2006 a0 00 a0 00 04 03 01 40 00 00 00 00 c0 07 00");
    fake_controller_answer_all(&story->fake);
    expect_told(story, "advertise ok\n");
    assert_int_equal(blr_bond_delete(story->host, &peer), 0);
    expect_answer(story, "200a 00");
    expect_answer(story, "2028 01 40 00 00 00 00 c0");
    expect_answer(story, "200a 01");
    expect_no_command(story);
    manual_clock_advance(&story->clock, SIM_S(60));
    expect_answer(story, "200a 00");
    const struct bd_addr second = expect_random_address(story, PRIVACY_RANDOM_RESOLVABLE);
    assert_false(bd_addr_equal(&first, &second));
    expect_answer(story, "200a 01");
    expect_no_command(story);
    expect_told(story, "");
}

/* A scan may ask anybody, so its address is the host's to renew. */
static void scans_under_addresses_of_its_making(void **state)
{
    struct host_story *story = *state;
    const struct blr_scan_params params = {.active = true, .filter_duplicates = true};

    privacy_story_on(story, false, 60);
    assert_int_equal(blr_gap_scan(story->host, &params, told_report, told_scan, story), 0);
    const struct bd_addr first = expect_random_address(story, PRIVACY_RANDOM_RESOLVABLE);
    expect_answer(story, "200b 01 60 00 60 00 03 00");
    expect_answer(story, "200c 01 01");
    expect_told(story, "scan ok\n");
    manual_clock_advance(&story->clock, SIM_S(60));
    expect_answer(story, "200c 00 00");
    const struct bd_addr second = expect_random_address(story, PRIVACY_RANDOM_RESOLVABLE);
    assert_false(bd_addr_equal(&first, &second));
    expect_answer(story, "200c 01 01");
    expect_told(story, "");
    expect_no_command(story);
}

static const struct own_row {
    const char *name;
    bool is_static, privacy;
    enum blr_own_address own_address;
    enum blr_adv_kind kind;
    bool bonded; /* the peer of directed advertising */
    const char *params;
    int random; /* enum privacy_random; 0: none is set */
} own_rows[] = {
    {"public", false, false, 0, BLR_ADV_CONNECTABLE, false,
     "2006 a0 00 a0 00 00 00 00 00 00 00 00 00 00 07 00", 0},
    {"public although private", false, true, BLR_OWN_IDENTITY, BLR_ADV_CONNECTABLE, false,
     "2006 a0 00 a0 00 00 00 00 00 00 00 00 00 00 07 00", 0},
    {"static", true, false, 0, BLR_ADV_CONNECTABLE, false,
     "2006 a0 00 a0 00 00 01 00 00 00 00 00 00 00 07 00", 0},
    {"private", true, true, 0, BLR_ADV_CONNECTABLE, false,
     "2006 a0 00 a0 00 00 03 00 00 00 00 00 00 00 07 00", PRIVACY_RANDOM_RESOLVABLE},
    {"private without privacy", false, false, BLR_OWN_RESOLVABLE, BLR_ADV_CONNECTABLE, false,
     "2006 a0 00 a0 00 00 01 00 00 00 00 00 00 00 07 00", PRIVACY_RANDOM_RESOLVABLE},
    {"of nobody", false, false, BLR_OWN_NON_RESOLVABLE, BLR_ADV_NON_CONNECTABLE, false,
     "2006 a0 00 a0 00 03 01 00 00 00 00 00 00 00 07 00", PRIVACY_RANDOM_NON_RESOLVABLE},
    {"directed to anybody", false, false, 0, BLR_ADV_DIRECTED, false,
     "2006 a0 00 a0 00 04 00 01 40 00 00 00 00 c0 07 00", 0},
    {"directed to a bonded peer", false, false, 0, BLR_ADV_DIRECTED, true,
     "2006 a0 00 a0 00 04 02 01 40 00 00 00 00 c0 07 00", 0},
    {"directed to a bonded peer, static", true, false, 0, BLR_ADV_DIRECTED, true,
     "2006 a0 00 a0 00 04 03 01 40 00 00 00 00 c0 07 00", 0},
    {"directed to a bonded peer, private", false, true, 0, BLR_ADV_DIRECTED_HIGH_DUTY, true,
     "2006 a0 00 a0 00 01 03 01 40 00 00 00 00 c0 07 00", PRIVACY_RANDOM_RESOLVABLE},
};

static void own_addresses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof own_rows / sizeof own_rows[0]; i++) {
        const struct own_row *row = &own_rows[i];
        struct host_story story;
        const struct blr_adv_params params = {
            .kind = row->kind, .peer = host_story_peer(0x40), .own_address = row->own_address};
        privacy_story_up(&story, STORY_LL_PRIVACY, row->is_static ? &own_static : NULL);
        blr_bond_delete_all(story.host);
        if (row->bonded)
            privacy_story_bond(&story, 0x40, BLR_NETWORK_PRIVACY);
        fake_controller_answer_all(&story.fake);
        if (row->privacy)
            privacy_story_on(&story, false, 0);
        assert_int_equal(blr_gap_advertise(story.host, &params, told_advertise, &story), 0);
        if (row->random)
            (void)expect_random_address(&story, (enum privacy_random)row->random);
        expect_answer(&story, row->params);
        host_story_free(&story);
    }
}

static void back_to_the_static_one(void **state)
{
    struct host_story story;
    const struct blr_adv_params identity = {.own_address = BLR_OWN_IDENTITY};

    (void)state;
    privacy_story_up(&story, STORY_LL_PRIVACY, &own_static);
    privacy_story_on(&story, false, 0);
    advertise(&story, BLR_ADV_CONNECTABLE, NULL);
    (void)expect_random_address(&story, PRIVACY_RANDOM_RESOLVABLE);
    fake_controller_answer_all(&story.fake);
    assert_int_equal(blr_gap_advertise(story.host, &identity, told_advertise, &story), 0);
    expect_answer(&story, "200a 00");
    (void)expect_random_address(&story, PRIVACY_RANDOM_IDENTITY);
    expect_answer(&story, "200a 00");
    expect_answer(&story, "2006 a0 00 a0 00 00 01 00 00 00 00 00 00 00 07 00");
    fake_controller_answer_all(&story.fake);
    expect_told(&story, "advertise ok\nadvertise ok\n");
    host_story_free(&story);
}

/* --- addresses of others --- */

static const struct conn_row {
    const char *name;
    enum blr_role role;
    uint8_t peer_type;
    uint16_t peer; /* handle of its identity; 0: a private address of 0x40's instead */
    bool local_rpa, peer_rpa, identified;
} conn_rows[] = {
    {"a stranger", BLR_PERIPHERAL, 1, 0x41, false, false, false},
    {"resolved by the controller", BLR_PERIPHERAL, 3, 0x40, true, true, true},
    {"resolved by the controller, as central", BLR_CENTRAL, 3, 0x40, true, true, true},
    {"resolved by the host", BLR_PERIPHERAL, 1, 0, false, false, true},
    {"a bonded peer under its identity", BLR_PERIPHERAL, 1, 0x40, false, false, false},
};

static void connections(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof conn_rows / sizeof conn_rows[0]; i++) {
        const struct conn_row *row = &conn_rows[i];
        struct host_story story;
        const struct bd_addr local = privacy_story_peer_rpa(1, 1);
        const struct bd_addr rpa = privacy_story_peer_rpa(0x40, 2);
        const struct bd_addr peer = row->peer ? host_story_peer(row->peer) : rpa;
        const struct bd_addr identity = host_story_peer(row->peer ? row->peer : 0x40);
        const struct blr_connect_params params = {.peer = identity};

        privacy_story_up(&story, STORY_LL_PRIVACY, NULL);
        blr_bond_delete_all(story.host);
        privacy_story_bond(&story, 0x40, BLR_NETWORK_PRIVACY);
        fake_controller_answer_all(&story.fake);
        if (row->role == BLR_CENTRAL)
            assert_int_equal(blr_gap_connect(story.host, &params, NULL, NULL), 0);
        fake_controller_answer_all(&story.fake);
        privacy_story_connected(&story, 0, 0x10, row->role, row->peer_type, &peer,
                                row->local_rpa ? &local : NULL, row->peer_rpa ? &rpa : NULL);
        assert_address(&conn(&story)->own_air,
                       row->local_rpa ? &local : blr_host_address(story.host));
        assert_address(&conn(&story)->peer_air, row->peer_rpa ? &rpa : &peer);
        assert_address(blr_conn_peer(conn(&story)), row->peer_rpa ? &rpa : &peer);
        assert_address(&conn(&story)->identity, &identity);
        assert_int_equal(conn(&story)->identified, row->identified);
        host_story_free(&story);
    }
}

/* Whatever it is called by, LE Create Connection names the identity. */
static void connects_to_the_identity(void **state)
{
    struct host_story *story = *state;
    const struct blr_connect_params params = {.peer = privacy_story_peer_rpa(0x40, 3)};

    privacy_story_bond(story, 0x40, BLR_NETWORK_PRIVACY);
    fake_controller_answer_all(&story->fake);
    assert_int_equal(blr_gap_connect(story->host, &params, told_connect, story), 0);
    expect_answer(story, "200d 60 00 30 00 00 01 40 00 00 00 00 c0 00 18 00 28 00 00 00 a4 01 00 00 "
                         "00 00");
}

static struct blr_adv_report last;

static void keep_report(struct blr_host *host, const struct blr_adv_report *report, void *user)
{
    (void)host;
    last = *report;
    host_story_log(user, "report\n");
}

static void reports(void **state)
{
    struct host_story *story = *state;
    const struct blr_scan_params params = {0};
    const struct bd_addr peer = host_story_peer(0x40), rpa = privacy_story_peer_rpa(0x40, 9);
    const struct bd_addr stranger = privacy_story_peer_rpa(0x41, 9);

    privacy_story_bond(story, 0x40, BLR_NETWORK_PRIVACY);
    fake_controller_answer_all(&story->fake);
    assert_int_equal(blr_gap_scan(story->host, &params, keep_report, told_scan, story), 0);
    fake_controller_answer_all(&story->fake);
    privacy_story_report(story, 0, 3, &peer);
    expect_told(story, "scan ok\nreport\n");
    assert_true(last.resolved);
    assert_address(&last.identity, &peer);
    assert_address(&last.address, &peer);
    /* Whom the controller knows it would have known. */
    privacy_story_report(story, 0, 1, &rpa);
    assert_false(last.resolved);
    assert_address(&last.identity, &rpa);
    privacy_story_report(story, 0, 1, &stranger);
    assert_false(last.resolved);
    assert_address(&last.identity, &stranger);
}

/* --- what makes no sense --- */

static void refused_calls(void **state)
{
    struct host_story *story = *state;
    struct blr_privacy_params params = {.on = true, .timeout_s = 3601};
    const struct blr_adv_params connectable = {.own_address = BLR_OWN_NON_RESOLVABLE};
    const struct blr_adv_params unknown = {.own_address = (enum blr_own_address)4};
    const struct blr_connect_params connect = {.peer = host_story_peer(1),
                                               .own_address = BLR_OWN_NON_RESOLVABLE};

    assert_int_equal(blr_privacy_set(story->host, &params, NULL, NULL), BLR_ERR_INVALID);
    params = (struct blr_privacy_params){.on = true, .mode = (enum blr_privacy_mode)2};
    assert_int_equal(blr_privacy_set(story->host, &params, NULL, NULL), BLR_ERR_INVALID);
    assert_int_equal(blr_gap_advertise(story->host, &connectable, NULL, NULL), BLR_ERR_INVALID);
    assert_int_equal(blr_gap_advertise(story->host, &unknown, NULL, NULL), BLR_ERR_INVALID);
    assert_int_equal(blr_gap_connect(story->host, &connect, NULL, NULL), BLR_ERR_INVALID);
    params = (struct blr_privacy_params){.on = true};
    assert_int_equal(blr_privacy_set(story->host, &params, NULL, NULL), 0);
    assert_int_equal(blr_privacy_set(story->host, &params, NULL, NULL), BLR_ERR_BUSY);
    fake_controller_answer_all(&story->fake);
    advertise(story, BLR_ADV_CONNECTABLE, NULL);
    assert_int_equal(blr_privacy_set(story->host, &params, NULL, NULL), BLR_ERR_STATE);
    fake_controller_answer_all(&story->fake);
    assert_int_equal(blr_privacy_set(story->host, &params, NULL, NULL), BLR_ERR_STATE);
    story->host->random = NULL;
    assert_int_equal(blr_gap_advertise_stop(story->host, NULL, NULL), 0);
    fake_controller_answer_all(&story->fake);
    assert_int_equal(blr_privacy_set(story->host, &params, NULL, NULL), BLR_ERR_UNSUPPORTED);
    expect_no_command(story);
}

/* Told later, although there was nothing to do. */
static void set_to_what_it_is(void **state)
{
    struct host_story *story = *state;
    const struct blr_privacy_params params = {.on = false};

    assert_int_equal(blr_privacy_set(story->host, &params, told_started, story), 0);
    expect_no_command(story);
    expect_told(story, "");
    manual_clock_advance(&story->clock, 0);
    expect_told(story, "started ok\n");
}

static void the_controller_goes_meanwhile(void **state)
{
    struct host_story *story = *state;
    const struct blr_privacy_params params = {.on = true};

    assert_int_equal(blr_privacy_set(story->host, &params, told_started, story), 0);
    expect_answer(story, "2027");
    assert_int_equal(blr_host_controller_gone(story->host), 0);
    manual_clock_advance(&story->clock, 0);
    expect_told(story, "started Input or output failed\nfailure Input or output failed\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(brought_up),
        TEST(follows_the_bonds),
        TEST(is_filled_anew),
        TEST(with_an_irk_of_our_own),
        TEST(a_peer_with_the_identity_of_nobody),
        TEST(changes_its_mode),
        TEST(the_list_is_full),
        TEST(an_entry_is_refused),
        TEST(resolution_is_refused),
        TEST(without_modes),
        TEST(advertises_by_the_list),
        TEST(its_bond_goes_while_it_advertises),
        TEST(scans_under_addresses_of_its_making),
        cmocka_unit_test(own_addresses),
        cmocka_unit_test(back_to_the_static_one),
        cmocka_unit_test(connections),
        TEST(connects_to_the_identity),
        TEST(reports),
        TEST(refused_calls),
        TEST(set_to_what_it_is),
        TEST(the_controller_goes_meanwhile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
