/* SPDX-License-Identifier: MIT */
/*
 * Memory in the host's lower half: each allocation in turn fails; what is steady allocates nothing;
 * what a host and a connection cost.
 */
#include "fail_alloc.h"
#include "host_internal.h"
#include "host_story.h"
#include "rows.h"

static void each_allocation_of_a_host_fails(void **state)
{
    struct manual_clock clock;
    struct fake_controller fake;
    const struct blr_host_config config = {.clock = &clock.clock, .link = &fake.end};
    struct blr_host *host = NULL;
    unsigned n = 0;

    (void)state;
    manual_clock_init(&clock);
    fake_controller_init(&fake);
    while (!host) {
        assert_true(n < 1000);
        fail_alloc_from(++n);
        host = blr_host_new(&config);
        assert_int_equal(host == NULL, fail_alloc_happened());
        fail_alloc_from(0);
        assert_int_equal(fake.end.party == NULL, host == NULL);
    }
    assert_true(n > 1);
    blr_host_free(host);
    assert_null(fake.end.party);
}

static void each_allocation_of_a_peripheral_fails(void **state)
{
    struct host_story *story = *state;
    const struct bd_addr peer = host_story_peer(0x40);
    unsigned n = 0;

    story->fake.in_place = true;
    while (!blr_conn_first(story->host)) {
        assert_true(n < 1000);
        fail_alloc_from(++n);
        fake_controller_connected(&story->fake, 0, 0x40, BLR_PERIPHERAL, &peer);
        assert_int_equal(blr_conn_first(story->host) == NULL, fail_alloc_happened());
        fail_alloc_from(0);
        if (blr_conn_first(story->host))
            break;
        expect_told(story, "");
        expect_answer(story, "0406 40 00 14"); /* nobody is there: the link is ended */
    }
    assert_true(n > 1);
    expect_told(story, "connected 0040 peripheral C0:00:00:00:00:40\n");
}

static void each_allocation_of_a_central_fails(void **state)
{
    struct host_story *story = *state;
    const struct bd_addr peer = host_story_peer(0x40);
    const struct blr_connect_params params = {.peer = peer, .timeout_ns = SIM_S(1)};
    unsigned n = 0;

    story->fake.in_place = true;
    while (!blr_conn_first(story->host)) {
        assert_true(n < 1000);
        fail_alloc_from(++n);
        assert_int_equal(blr_gap_connect(story->host, &params, told_connect, story), 0);
        expect_answer(story, "200d");
        fake_controller_connected(&story->fake, 0, 0x40, BLR_CENTRAL, &peer);
        fail_alloc_from(0);
        if (blr_conn_first(story->host))
            break;
        expect_told(story, "connect Out of memory\n");
        expect_answer(story, "0406 40 00 14");
        assert_int_equal(story->clock.count, 0);
    }
    assert_true(n > 1);
    expect_told(story, "connected 0040 central C0:00:00:00:00:40\nconnect ok\n");
}

static void steady_state_allocates_nothing(void **state)
{
    struct host_story *story = *state;
    struct blr_conn *conn = host_story_connect(story, 0x40, BLR_PERIPHERAL);
    const struct blr_adv_params adv = {.kind = BLR_ADV_CONNECTABLE};
    const struct blr_scan_params scan = {.active = true};
    uint8_t report[] = {2, 1, 0, 1, 0, 0, 0, 0, 0, 0xC0, 3, 2, 1, 6, 0xC4};
    uint8_t sdu[200] = {4, 0, 4, 0};

    story->fake.in_place = true;
    const unsigned before = fail_alloc_count();
    for (unsigned i = 0; i < 1000; i++) {
        assert_int_equal(l2cap_send(conn->channels, sdu, 100), 0);
        fake_controller_completed(&story->fake, 0x40, 4);
        while (fake_controller_acl(&story->fake))
            ;
        host_story_acl(story, 0x40, 2, "06 00 05 00 7e 01");
        host_story_acl(story, 0x40, 1, "02 00 aa bb");
        fake_controller_completed(&story->fake, 0x40, 1);
        assert_int_equal(blr_gap_scan(story->host, &scan, NULL, NULL, NULL), 0);
        fake_controller_answer_all(&story->fake);
        fake_controller_event(&story->fake, HCI_EV_LE_META, report, sizeof report);
        assert_int_equal(blr_gap_scan_stop(story->host, NULL, NULL), 0);
        assert_int_equal(blr_gap_advertise(story->host, &adv, NULL, NULL), 0);
        assert_int_equal(blr_gap_read_rssi(conn, NULL, NULL), 0);
        fake_controller_answer_all(&story->fake);
    }
    assert_int_equal(fail_alloc_count(), before);
}

/* Octets asked for, the upper half of the host included. */
static void costs(void **state)
{
    struct host_story *story = *state;

    story->fake.in_place = true;
    const size_t before = fail_alloc_octets();
    host_story_connect(story, 0x40, BLR_PERIPHERAL);
    const size_t connection = fail_alloc_octets() - before;
    print_message("host %zu, connection %zu, of these the bearer %zu octets\n",
                  sizeof(struct blr_host), connection,
                  connection - sizeof(struct blr_conn) - (4 + 247));
    assert_true(sizeof(struct blr_host) < 4096);
    assert_true(sizeof(struct blr_conn) + 4 + 247 < 6400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_allocation_of_a_host_fails),
        STORY(each_allocation_of_a_peripheral_fails),
        STORY(each_allocation_of_a_central_fails),
        STORY(steady_state_allocates_nothing),
        STORY(costs),
    };

    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
