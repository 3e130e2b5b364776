/* SPDX-License-Identifier: MIT */
/* Private addresses made and resolved by the host, on a controller that knows nothing of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "privacy_story.h"

static int set_up_with(void **state, uint64_t features)
{
    struct host_story *story = malloc(sizeof *story);

    assert_non_null(story);
    privacy_story_up(story, features, NULL);
    *state = story;
    return 0;
}

static int set_up(void **state)
{
    return set_up_with(state, 0);
}

static int set_up_with_list(void **state)
{
    return set_up_with(state, STORY_LL_PRIVACY | STORY_FILTERS);
}

#define TEST(f)      cmocka_unit_test_setup_teardown(f, set_up, host_story_teardown)
#define WITH_LIST(f) cmocka_unit_test_setup_teardown(f, set_up_with_list, host_story_teardown)

static void assert_address(const struct bd_addr *is, const struct bd_addr *expected)
{
    char a[BD_ADDR_TEXT_SIZE], b[BD_ADDR_TEXT_SIZE];

    assert_string_equal(bd_addr_format(is, a), bd_addr_format(expected, b));
    assert_int_equal(is->type, expected->type);
}

/* --- one's own --- */

static void a_new_address_when_its_time_is_over(void **state)
{
    struct host_story *story = *state;
    const struct blr_adv_params params = {.kind = BLR_ADV_CONNECTABLE};

    privacy_story_on(story, false, 5);
    assert_int_equal(blr_gap_advertise(story->host, &params, told_advertise, story), 0);
    struct bd_addr last = expect_random_address(story, PRIVACY_RANDOM_RESOLVABLE);
    expect_answer(story, "2006 a0 00 a0 00 00 01 00 00 00 00 00 00 00 07 00");
    fake_controller_answer_all(&story->fake);
    expect_told(story, "advertise ok\n");
    for (int i = 0; i < 3; i++) {
        manual_clock_advance(&story->clock, SIM_S(5) - 1);
        expect_no_command(story);
        manual_clock_advance(&story->clock, 1);
        expect_answer(story, "200a 00");
        const struct bd_addr next = expect_random_address(story, PRIVACY_RANDOM_RESOLVABLE);
        assert_false(bd_addr_equal(&next, &last));
        expect_answer(story, "200a 01");
        expect_no_command(story);
        last = next;
    }
    const struct bd_addr peer = host_story_peer(0x41);
    fake_controller_connected(&story->fake, 0, 0x10, BLR_PERIPHERAL, &peer);
    assert_address(&blr_conn_first(story->host)->own_air, &last);
    expect_told(story, "connected 0010 peripheral C0:00:00:00:00:41\n");
    /* Nobody uses it any more: it is not renewed before somebody does. */
    manual_clock_advance(&story->clock, SIM_S(60));
    expect_no_command(story);
}

static void limited_time_goes_on_while_paused(void **state)
{
    struct host_story *story = *state;
    const uint8_t flags[] = {2, 1, 5};
    const struct blr_adv_params params = {.data = flags, .data_len = sizeof flags};

    privacy_story_on(story, false, 100);
    assert_int_equal(blr_gap_advertise(story->host, &params, told_advertise, story), 0);
    fake_controller_answer_all(&story->fake);
    manual_clock_advance(&story->clock, SIM_S(100));
    fake_controller_answer_all(&story->fake);
    expect_told(story, "advertise ok\n");
    manual_clock_advance(&story->clock, SIM_S(80));
    expect_answer(story, "200a 00");
    expect_told(story, "advertising timed out\n");
}

static void addresses_of_nobody(void **state)
{
    struct host_story *story = *state;
    const struct blr_scan_params params = {.active = true, .own_address = BLR_OWN_NON_RESOLVABLE};
    struct bd_addr last = {0};

    for (int i = 0; i < 3; i++) {
        assert_int_equal(blr_gap_scan(story->host, &params, NULL, NULL, NULL), 0);
        const struct bd_addr next = expect_random_address(story, PRIVACY_RANDOM_NON_RESOLVABLE);
        assert_false(bd_addr_equal(&next, &last));
        expect_answer(story, "200b 01 60 00 60 00 01 00");
        assert_int_equal(blr_gap_scan_stop(story->host, NULL, NULL), 0);
        fake_controller_answer_all(&story->fake);
        last = next;
    }
}

/* All ones, then all zeros (Vol 6, Part B, 1.3.2.2: neither may stand), then something. */
static void draw_badly(void *user, uint8_t *out, size_t len)
{
    unsigned *draws = user;

    memset(out, *draws == 0 ? 0xFF : *draws == 1 ? 0 : 0xA5, len);
    ++*draws;
}

static void draw_nothing_but_ones(void *user, uint8_t *out, size_t len)
{
    (void)user;
    memset(out, 0xFF, len);
}

static void random_parts(void **state)
{
    struct host_story *story = *state;
    const enum privacy_random kinds[] = {PRIVACY_RANDOM_RESOLVABLE, PRIVACY_RANDOM_NON_RESOLVABLE};

    (void)blr_privacy_irk(story->host); /* has been drawn */
    for (int i = 0; i < 2; i++) {
        unsigned draws = 0;
        struct bd_addr address;
        story->host->random = draw_badly;
        story->host->random_user = &draws;
        assert_int_equal(privacy_draw(story->host, kinds[i], &address), 0);
        assert_int_equal(draws, 3);
        assert_int_equal(address.octet[5], i ? 0x25 : 0x65);
        story->host->random = draw_nothing_but_ones;
        assert_int_equal(privacy_draw(story->host, kinds[i], &address), BLR_ERR_UNSUPPORTED);
    }
}

/* One random address for two who want different ones. */
static void conflicts(void **state)
{
    struct host_story *story = *state;
    const struct blr_adv_params adv = {.own_address = BLR_OWN_RESOLVABLE};
    const struct blr_scan_params scan = {.own_address = BLR_OWN_NON_RESOLVABLE}, same = {0};
    const struct blr_adv_params beacon = {.kind = BLR_ADV_NON_CONNECTABLE,
                                          .own_address = BLR_OWN_NON_RESOLVABLE};

    privacy_story_on(story, true, 0);
    assert_int_equal(blr_gap_advertise(story->host, &adv, NULL, NULL), 0);
    assert_int_equal(blr_gap_scan(story->host, &scan, NULL, NULL, NULL), BLR_ERR_STATE);
    fake_controller_answer_all(&story->fake);
    assert_int_equal(blr_gap_scan(story->host, &scan, NULL, NULL, NULL), BLR_ERR_STATE);
    assert_int_equal(blr_gap_scan(story->host, &same, NULL, NULL, NULL), 0);
    fake_controller_answer_all(&story->fake);
    assert_int_equal(blr_gap_advertise(story->host, &beacon, NULL, NULL), BLR_ERR_STATE);
    assert_true(blr_gap_advertising(story->host) && blr_gap_scanning(story->host));
}

/* --- others' --- */

static const struct report_row {
    const char *name;
    enum blr_privacy_mode mode;
    bool by_identity, is_stranger;
    const char *told;
} report_rows[] = {
    {"a private address", BLR_NETWORK_PRIVACY, false, false, "resolved"},
    {"the identity, device privacy", BLR_DEVICE_PRIVACY, true, false, "itself"},
    {"the identity, network privacy", BLR_NETWORK_PRIVACY, true, false, ""},
    {"a stranger's private address", BLR_NETWORK_PRIVACY, false, true, "itself"},
};

static void tell_report(struct blr_host *host, const struct blr_adv_report *report, void *user)
{
    const struct bd_addr identity = host_story_peer(0x40);

    (void)host;
    if (report->resolved)
        assert_true(bd_addr_equal(&report->identity, &identity));
    else
        assert_true(bd_addr_equal(&report->identity, &report->address));
    host_story_log(user, report->resolved ? "resolved" : "itself");
}

static void reports(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof report_rows / sizeof report_rows[0]; i++) {
        const struct report_row *row = &report_rows[i];
        const struct blr_scan_params params = {0};
        struct host_story story;
        privacy_story_up(&story, 0, NULL);
        privacy_story_bond(&story, 0x40, row->mode);
        assert_int_equal(blr_gap_scan(story.host, &params, tell_report, NULL, &story), 0);
        fake_controller_answer_all(&story.fake);
        const struct bd_addr address = row->by_identity
                                           ? host_story_peer(0x40)
                                           : privacy_story_peer_rpa(row->is_stranger ? 7 : 0x40, 3);
        privacy_story_report(&story, 0, 1, &address);
        expect_told(&story, row->told);
        host_story_free(&story);
    }
}

static void directed_report(struct host_story *story, const struct bd_addr *from,
                            const struct bd_addr *to, uint8_t event_type)
{
    uint8_t params[32];
    struct wr w = wr_init(params, sizeof params);

    wr_u8(&w, HCI_LE_EV_DIRECTED_ADVERTISING_REPORT);
    wr_u8(&w, 1);
    wr_u8(&w, event_type);
    wr_u8(&w, 1);
    wr_addr_octets(&w, from);
    wr_u8(&w, 1);
    wr_addr_octets(&w, to);
    wr_i8(&w, -70);
    fake_controller_event(&story->fake, HCI_EV_LE_META, params, w.len);
}

static void directed_reports(void **state)
{
    struct host_story *story = *state;
    const struct blr_scan_params params = {0};
    const struct bd_addr from = privacy_story_peer_rpa(0x40, 5), to = privacy_story_peer_rpa(7, 5);

    privacy_story_bond(story, 0x40, BLR_NETWORK_PRIVACY);
    fake_controller_answer_all(&story->fake);
    privacy_story_on(story, true, 0);
    assert_int_equal(blr_gap_scan(story->host, &params, tell_report, NULL, story), 0);
    const struct bd_addr own = expect_random_address(story, PRIVACY_RANDOM_RESOLVABLE);
    expect_answer(story, "200b 00 60 00 60 00 01 02"); /* all that is directed as well */
    fake_controller_answer_all(&story->fake);
    directed_report(story, &from, &to, 1);
    expect_told(story, ""); /* for somebody else */
    directed_report(story, &from, &own, 1);
    expect_told(story, "resolved");
    directed_report(story, &from, &own, 0);
    host_story_event(story, "3e 12 0b 02 01 01 00 00 00 00 00 00 01 00 00 00 00 00 00 00");
    host_story_event(story, "3e 12 0b 00 01 01 00 00 00 00 00 00 01 00 00 00 00 00 00 00");
    expect_told(story, "");
    assert_int_equal(story->host->counters.malformed_packets, 3);
}

static void directed_advertising(void **state)
{
    struct host_story *story = *state;
    const struct blr_adv_params params = {.kind = BLR_ADV_DIRECTED, .peer = host_story_peer(0x40)};

    privacy_story_bond(story, 0x40, BLR_NETWORK_PRIVACY);
    assert_int_equal(blr_gap_advertise(story->host, &params, told_advertise, story), 0);
    const struct fake_packet *packet = fake_controller_command(&story->fake);
    assert_int_equal(packet->opcode, HCI_OP_LE_SET_ADVERTISING_PARAMETERS);
    struct rd r = rd_init(packet->bytes + 7, 6);
    const struct bd_addr to = rd_addr_octets(&r, packet->bytes[6]);
    const struct blr_bond *bond = privacy_resolve(story->host, &to);
    assert_non_null(bond);
    assert_address(&bond->identity, &params.peer);
}

/* --- connecting --- */

static void connect(struct host_story *story, sim_ns timeout_ns)
{
    const struct blr_connect_params params = {.peer = host_story_peer(0x40),
                                              .timeout_ns = timeout_ns};

    assert_int_equal(blr_gap_connect(story->host, &params, told_connect, story), 0);
}

static void expect_create(struct host_story *story, const struct bd_addr *to)
{
    const struct fake_packet *packet = fake_controller_command(&story->fake);

    assert_non_null(packet);
    assert_int_equal(packet->opcode, HCI_OP_LE_CREATE_CONNECTION);
    struct rd r = rd_init(packet->bytes + 6, 6);
    const struct bd_addr peer = rd_addr_octets(&r, packet->bytes[5]);
    assert_address(&peer, to);
    fake_controller_status(&story->fake, HCI_OP_LE_CREATE_CONNECTION, 0);
}

static void looks_for_the_peer(void **state)
{
    struct host_story *story = *state;
    const struct bd_addr rpa = privacy_story_peer_rpa(0x40, 1), other = privacy_story_peer_rpa(7, 1);
    const struct bd_addr identity = host_story_peer(0x40);

    privacy_story_bond(story, 0x40, BLR_NETWORK_PRIVACY);
    connect(story, 0);
    expect_answer(story, "200b 00 60 00 60 00 00 00");
    expect_answer(story, "200c 01 00");
    assert_false(blr_gap_scanning(story->host)); /* not the application's */
    privacy_story_report(story, 0, 1, &other);
    privacy_story_report(story, 3, 1, &rpa); /* cannot be connected to */
    privacy_story_report(story, 4, 1, &rpa);
    expect_no_command(story);
    privacy_story_report(story, 0, 1, &rpa);
    expect_answer(story, "200c 00 00");
    expect_create(story, &rpa);
    fake_controller_connected(&story->fake, 0, 0x10, BLR_CENTRAL, &rpa);
    const struct blr_conn *conn = blr_conn_first(story->host);
    assert_address(&conn->peer_air, &rpa);
    assert_address(&conn->identity, &identity);
    assert_int_equal(blr_conn_role(conn), BLR_CENTRAL);
    expect_no_command(story);
    assert_int_equal(story->clock.count, 0);
}

/* It may have another address by now. */
static void looks_for_the_peer_again(void **state)
{
    struct host_story *story = *state;
    const struct bd_addr first = privacy_story_peer_rpa(0x40, 1);
    const struct bd_addr second = privacy_story_peer_rpa(0x40, 2), none = {0};

    privacy_story_bond(story, 0x40, BLR_NETWORK_PRIVACY);
    connect(story, SIM_S(10));
    fake_controller_answer_all(&story->fake);
    privacy_story_report(story, 0, 1, &first);
    expect_answer(story, "200c 00 00");
    expect_create(story, &first);
    manual_clock_advance(&story->clock, SIM_S(2));
    expect_answer(story, "200e");
    fake_controller_connected(&story->fake, HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER, 0, BLR_CENTRAL,
                              &none);
    expect_answer(story, "200b");
    expect_answer(story, "200c 01 00");
    privacy_story_report(story, 1, 1, &second); /* directed to this host */
    expect_answer(story, "200c 00 00");
    expect_create(story, &second);
    expect_told(story, "");
    manual_clock_advance(&story->clock, SIM_S(2));
    expect_answer(story, "200e");
    fake_controller_connected(&story->fake, HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER, 0, BLR_CENTRAL,
                              &none);
    fake_controller_answer_all(&story->fake);
    manual_clock_advance(&story->clock, SIM_S(6));
    expect_told(story, "connect Timed out\n");
    expect_answer(story, "200c 00 00");
    expect_no_command(story);
    assert_int_equal(story->clock.count, 0);
}

static void gives_up_looking(void **state)
{
    struct host_story *story = *state;

    privacy_story_bond(story, 0x40, BLR_NETWORK_PRIVACY);
    connect(story, 0);
    expect_answer(story, "200b");
    assert_int_equal(blr_gap_connect_cancel(story->host), 0);
    expect_told(story, "");
    manual_clock_advance(&story->clock, 0);
    expect_told(story, "connect Cancelled\n");
    fake_controller_answer_all(&story->fake);
    connect(story, SIM_MS(100));
    fake_controller_answer_all(&story->fake);
    manual_clock_advance(&story->clock, SIM_MS(100));
    expect_told(story, "connect Timed out\n");
    expect_answer(story, "200c 00 00");
    expect_no_command(story);
}

static void cannot_look(void **state)
{
    struct host_story *story = *state;

    privacy_story_bond(story, 0x40, BLR_NETWORK_PRIVACY);
    story->fake.fails_opcode = HCI_OP_LE_SET_SCAN_ENABLE;
    story->fake.fails_status = HCI_ERR_CONTROLLER_BUSY;
    connect(story, 0);
    expect_answer(story, "200b");
    expect_answer(story, "200c 01 00");
    expect_told(story, "connect Controller Busy\n");
    expect_no_command(story);
}

/* The pause for another bond was the end of its scan: it begins another. */
static void the_scan_is_lost(void **state)
{
    struct host_story *story = *state;

    privacy_story_on(story, true, 5);
    privacy_story_bond(story, 0x40, BLR_NETWORK_PRIVACY);
    connect(story, 0);
    fake_controller_answer_all(&story->fake);
    manual_clock_advance(&story->clock, SIM_S(5));
    expect_answer(story, "200c 00 00");
    (void)expect_random_address(story, PRIVACY_RANDOM_RESOLVABLE);
    story->fake.fails_opcode = HCI_OP_LE_SET_SCAN_ENABLE;
    story->fake.fails_status = HCI_ERR_CONTROLLER_BUSY;
    expect_answer(story, "200c 01 00");
    story->fake.fails_opcode = 0;
    expect_answer(story, "200b");
    expect_answer(story, "200c 01 00");
    expect_told(story, "");
}

/* A scan of the application's finds the peer as well, and goes on. */
static void the_application_scans_already(void **state)
{
    struct host_story *story = *state;
    const struct blr_scan_params params = {.filter_duplicates = true};
    const struct bd_addr rpa = privacy_story_peer_rpa(0x40, 1);

    privacy_story_bond(story, 0x40, BLR_NETWORK_PRIVACY);
    assert_int_equal(blr_gap_scan(story->host, &params, tell_report, told_scan, story), 0);
    fake_controller_answer_all(&story->fake);
    expect_told(story, "scan ok\n");
    connect(story, 0);
    /* Anew, for a peer that it has told of before would not be told of again. */
    expect_answer(story, "200c 00 00");
    expect_answer(story, "200b");
    expect_answer(story, "200c 01 01");
    privacy_story_report(story, 0, 1, &rpa);
    expect_told(story, "resolved");
    expect_create(story, &rpa);
    assert_true(blr_gap_scanning(story->host));
    expect_no_command(story);
}

static void the_application_scans_meanwhile(void **state)
{
    struct host_story *story = *state;
    const struct blr_scan_params params = {.active = true};
    const struct bd_addr rpa = privacy_story_peer_rpa(0x40, 1);

    privacy_story_bond(story, 0x40, BLR_NETWORK_PRIVACY);
    connect(story, 0);
    fake_controller_answer_all(&story->fake);
    assert_int_equal(blr_gap_scan(story->host, &params, tell_report, told_scan, story), 0);
    expect_answer(story, "200c 00 00");
    expect_answer(story, "200b 01 60 00 60 00 00 00");
    expect_answer(story, "200c 01 00");
    expect_told(story, "scan ok\n");
    assert_int_equal(blr_gap_scan_stop(story->host, told_scan_stop, story), 0);
    expect_answer(story, "200c 00 00");
    expect_told(story, "scan_stop ok\n");
    expect_answer(story, "200b 00 60 00 60 00 00 00"); /* the peer is still looked for */
    expect_answer(story, "200c 01 00");
    privacy_story_report(story, 0, 1, &rpa);
    expect_told(story, "");
    expect_answer(story, "200c 00 00");
    expect_create(story, &rpa);
}

/* A controller with a list is told to forget it. */
static void although_the_controller_could(void **state)
{
    struct host_story *story = *state;
    const struct blr_privacy_params params = {.on = true, .by_host = true};

    privacy_story_bond(story, 0x40, BLR_NETWORK_PRIVACY);
    fake_controller_answer_all(&story->fake);
    assert_int_equal(blr_privacy_set(story->host, &params, told_started, story), 0);
    expect_answer(story, "2028 01 40 00 00 00 00 c0");
    expect_answer(story, "202d 00");
    expect_told(story, "started ok\n");
    expect_no_command(story);
    connect(story, 0);
    (void)expect_random_address(story, PRIVACY_RANDOM_RESOLVABLE);
    expect_answer(story, "200b 00 60 00 60 00 01 02");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_address_when_its_time_is_over),
        TEST(limited_time_goes_on_while_paused),
        TEST(addresses_of_nobody),
        TEST(random_parts),
        TEST(conflicts),
        cmocka_unit_test(reports),
        WITH_LIST(directed_reports),
        TEST(directed_advertising),
        TEST(looks_for_the_peer),
        TEST(looks_for_the_peer_again),
        TEST(gives_up_looking),
        TEST(cannot_look),
        TEST(the_scan_is_lost),
        TEST(the_application_scans_already),
        TEST(the_application_scans_meanwhile),
        WITH_LIST(although_the_controller_could),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
