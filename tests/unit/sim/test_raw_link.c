/* SPDX-License-Identifier: MIT */
/*
 * One side of a connection, held by a raw radio: with a Link Layer at the other end, and with
 * another raw link, so that both ends may be wrong.
 */
#include "raw_link_lab.h"
#include "rows.h"

/* --- a correct peer --- */

static void test_pair(void **state)
{
    (void)state;
    for (int ch_sel = 0; ch_sel < 2; ch_sel++) {
        struct lab *lab = lab_pair(ch_sel);

        send_pdu(&lab->a, LL_LLID_START, "one");
        send_pdu(&lab->a, LL_LLID_CONTINUATION, "two");
        send_pdu(&lab->b, LL_LLID_START, "three");
        run(lab, SIM_S(20));
        assert_int_equal(lab->b.count, 2);
        expect_heard(&lab->b, 0, LL_LLID_START, "one");
        expect_heard(&lab->b, 1, LL_LLID_CONTINUATION, "two");
        assert_int_equal(lab->b.rx[0].event, lab->b.rx[1].event); /* by MD */
        expect_heard(&lab->a, 0, LL_LLID_START, "three");
        const struct raw_link_counts *counts = raw_link_counts(lab->b.link);
        assert_true(counts->events > 600);
        assert_int_equal(counts->missed + counts->bad_crc + counts->repeated + counts->resent, 0);
        assert_int_equal(raw_link_counts(lab->a.link)->missed, 0);
        assert_int_equal(lab->a.acked, 1);
        lab_close(lab);
    }
}

static void test_answer_in_the_instant(void **state)
{
    struct lab *lab = lab_pair(false);

    (void)state;
    lab->b.echo = true;
    run(lab, SIM_MS(100));
    send_pdu(&lab->a, LL_LLID_CONTROL, "x");
    run(lab, SIM_MS(100));
    assert_int_equal(lab->a.count, 1);
    assert_int_equal(lab->a.rx[0].start, lab->b.rx[0].end + LL_T_IFS);
    lab_close(lab);
}

static void test_with_a_link_layer(void **state)
{
    struct lab *lab = lab_new();
    const struct sim_controller_profile profile = upper_profile(1);
    const struct ll_connect_ind ind = usual(upper_address(1));

    (void)state;
    lab->upper = upper_new(&lab->room, "iut", &profile);
    assert_int_equal(raw_link_initiate(lab->a.link, &ind, 37), 0);
    upper_advertise(lab->upper);
    assert_int_equal(upper_expect(lab->upper, UP_CONNECTED, SIM_MS(200))->status, 0);
    send_pdu(&lab->a, LL_LLID_START, "hello");
    const struct upper_event *event = upper_expect(lab->upper, UP_ACL, SIM_MS(100));
    assert_memory_equal(event->data, "hello", 5);
    assert_int_equal(ll_acl_send(lab->upper->ll, 0, true, (const uint8_t *)"back", 4), 0);
    upper_expect(lab->upper, UP_COMPLETED, SIM_MS(200));
    expect_heard(&lab->a, 0, LL_LLID_START, "back");
    run(lab, SIM_S(3));
    send_pdu(&lab->a, LL_LLID_CONTROL, "\x02\x13");
    assert_int_equal(upper_expect(lab->upper, UP_DISCONNECTED, SIM_MS(100))->status, 0x13);
    assert_true(lab->a.closed == 1 && lab->a.reason == 0x16);
    upper_expect_none(lab->upper);
    lab_close(lab);
}

/* It advertises, answers a scan request, and is connected to. */
static void test_advertises_to_a_link_layer(void **state)
{
    struct lab *lab = lab_new();
    const struct sim_controller_profile profile = upper_profile(1);
    struct raw_link_advertising adv = advertising();

    (void)state;
    lab->upper = upper_new(&lab->room, "iut", &profile);
    adv.data = (const uint8_t *)"\x02\x01\x06";
    adv.data_len = 3;
    adv.scan_response = (const uint8_t *)"\x02\x09Q";
    adv.scan_response_len = 3;
    assert_int_equal(raw_link_advertise(lab->b.link, &adv), 0);
    upper_scan(lab->upper, true, true);
    assert_int_equal(upper_expect(lab->upper, UP_ADV_REPORT, SIM_S(1))->len, 3);
    const struct upper_event *event = upper_expect(lab->upper, UP_ADV_REPORT, SIM_S(1));
    assert_int_equal(event->report.pdu_type, LL_SCAN_RSP);
    assert_memory_equal(event->data, "\x02\x09Q", 3);
    assert_int_equal(ll_scan_enable(lab->upper->ll, false, false), 0);
    upper_create(lab->upper, upper_address(9), 24);
    assert_int_equal(upper_expect(lab->upper, UP_CONNECTED, SIM_S(1))->status, 0);
    run(lab, SIM_S(5));
    assert_true(raw_link_up(lab->b.link));
    assert_int_equal(raw_link_counts(lab->b.link)->missed, 0);
    raw_link_stop(lab->b.link);
    assert_int_equal(upper_expect(lab->upper, UP_DISCONNECTED, SIM_S(2))->status, 0x08);
    lab_close(lab);
}

/* --- what both ends follow --- */

static void test_update(void **state)
{
    struct lab *lab = lab_pair(false);
    uint8_t pdu[LINK_CONTROL_MAX];
    const struct link_update update = {.win_size_1250us = 2,
                                       .win_offset_1250us = 3,
                                       .interval_1250us = 8,
                                       .timeout_10ms = 200,
                                       .instant = 12};
    const size_t len = link_update_ind(pdu, &update);
    const struct raw_link_pdu sent = {.llid = LL_LLID_CONTROL, .payload = pdu, .len = len};

    (void)state;
    assert_int_equal(raw_link_send(lab->a.link, &sent), 0);
    run(lab, SIM_S(2));
    assert_true(raw_link_event(lab->a.link) > 170);
    assert_int_equal(raw_link_counts(lab->a.link)->missed, 0);
    assert_int_equal(raw_link_counts(lab->b.link)->missed, 0);
    lab_close(lab);
}

/* The first packet after an update comes anywhere in its window. */
static void test_late_in_the_window(void **state)
{
    struct lab *lab = lab_pair(false);
    uint8_t pdu[LINK_CONTROL_MAX];
    const struct link_update update = {
        .win_size_1250us = 4, .interval_1250us = 24, .timeout_10ms = 100, .instant = 12};
    const size_t len = link_update_ind(pdu, &update);
    const struct raw_link_pdu sent = {
        .llid = LL_LLID_CONTROL, .payload = pdu, .len = len, .ignore = true};

    (void)state;
    assert_int_equal(raw_link_send(lab->a.link, &sent), 0);
    link_follow_update(&lab->a.link->end, &update, SIM_US(4 * 1250));
    run(lab, SIM_S(2));
    assert_int_equal(raw_link_counts(lab->b.link)->missed, 0);
    lab_close(lab);
}

static void test_map_and_phy(void **state)
{
    struct lab *lab = lab_pair(true);
    uint8_t pdu[LINK_CONTROL_MAX];
    const size_t len = link_map_ind(pdu, (const uint8_t[]){0x81, 0, 0, 0, 0}, 10);
    const struct raw_link_pdu map = {.llid = LL_LLID_CONTROL, .payload = pdu, .len = len};
    /* To the peripheral on LE 2M, back on LE Coded, from event 30 on. */
    const struct raw_link_pdu phy = {
        .llid = LL_LLID_CONTROL, .payload = (const uint8_t *)"\x18\x02\x04\x1e\x00", .len = 5};

    (void)state;
    assert_int_equal(raw_link_send(lab->a.link, &map), 0);
    run(lab, SIM_MS(500));
    assert_int_equal(raw_link_send(lab->a.link, &phy), 0);
    run(lab, SIM_MS(500));
    lower_forget(&lab->room);
    send_pdu(&lab->b, LL_LLID_START, "slow");
    run(lab, SIM_MS(40));
    expect_heard(&lab->a, 0, LL_LLID_START, "slow");
    assert_true(lab->a.rx[0].channel == 0 || lab->a.rx[0].channel == 7);
    assert_int_equal(lab->a.rx[0].end - lab->a.rx[0].start, ll_air_time(RADIO_PHY_CODED_S8, 6));
    assert_int_equal(raw_link_counts(lab->a.link)->missed, 0);
    lab_close(lab);
}

/* Nobody follows an interval of 0, or what was sent with `ignore`. */
static void test_not_followed(void **state)
{
    struct lab *lab = lab_pair(false);
    uint8_t pdu[LINK_CONTROL_MAX];
    struct link_update update = {.instant = 12};
    struct raw_link_pdu sent = {.llid = LL_LLID_CONTROL, .payload = pdu};

    (void)state;
    sent.len = link_update_ind(pdu, &update);
    assert_int_equal(raw_link_send(lab->a.link, &sent), 0);
    run(lab, SIM_S(1));
    assert_true(raw_link_up(lab->a.link) && raw_link_up(lab->b.link));
    const struct raw_link_pdu terminate = {
        .llid = LL_LLID_CONTROL, .payload = (const uint8_t *)"\x02\x15", .len = 2, .ignore = true};
    assert_int_equal(raw_link_send(lab->a.link, &terminate), 0);
    run(lab, SIM_MS(60));
    assert_true(raw_link_up(lab->a.link));
    assert_true(lab->b.closed == 1 && lab->b.reason == 0x15);
    run(lab, SIM_S(2));
    assert_true(lab->a.closed == 1 && lab->a.reason == 0x08);
    lab_close(lab);
}

static void test_terminated_by_central(void **state)
{
    struct lab *lab = lab_pair(false);

    (void)state;
    send_pdu(&lab->b, LL_LLID_CONTROL, "\x02\x14");
    run(lab, SIM_MS(100));
    assert_true(lab->a.closed == 1 && lab->a.reason == 0x14);
    assert_true(lab->b.closed == 1 && lab->b.reason == 0x16);
    const struct raw_link_pdu pdu = {.llid = 1};
    assert_int_equal(raw_link_send(lab->a.link, &pdu), BLR_ERR_NOT_CONNECTED);
    lab_close(lab);
}

static void test_never_established(void **state)
{
    struct lab *lab = lab_new();
    const struct ll_connect_ind ind = usual(upper_address(9));
    const sim_ns now = ll_room_now(&lab->room);

    (void)state;
    assert_int_equal(raw_link_take_over(lab->a.link, &ind, true, now), 0);
    run(lab, SIM_MS(170));
    assert_int_equal(lab->a.closed, 0);
    run(lab, SIM_MS(20));
    assert_true(lab->a.closed == 1 && lab->a.reason == 0x3E);
    assert_int_equal(raw_link_counts(lab->a.link)->missed, 6);
    lab_close(lab);
}

/* --- what is wrong on purpose --- */

struct fault_row {
    const char *name;
    struct raw_link_pdu pdu; /* of "bad", before "good" */
    unsigned heard;          /* PDUs by the other end */
    unsigned repeated, bad_crc, resent;
};

static const struct fault_row faults[] = {
    {"nothing", {.llid = 2}, 2, 0, 0, 0},
    /* Who has not understood MD does not listen on: every other one is not heard. */
    {"a bad CRC", {.llid = 2, .bad_crc = 3}, 2, 0, 2, 4},
    {"a wrong SN", {.llid = 2, .wrong_sn = true}, 1, 1, 0, 0},
    {"LLID 0", {.llid = 0}, 2, 0, 0, 0},
    {"another length", {.llid = 2, .wrong_length = true, .length = 250}, 2, 0, 0, 0},
};

static void test_fault(void **state)
{
    const struct fault_row *row = *state;
    struct lab *lab = lab_pair(false);
    struct raw_link_pdu pdu = row->pdu;

    pdu.payload = (const uint8_t *)"bad";
    pdu.len = 3;
    run(lab, SIM_MS(50));
    assert_int_equal(raw_link_send(lab->a.link, &pdu), 0);
    send_pdu(&lab->a, LL_LLID_START, "good");
    run(lab, SIM_S(1));
    assert_int_equal(lab->b.count, row->heard);
    expect_heard(&lab->b, row->heard - 1, LL_LLID_START, "good");
    if (row->heard == 2) {
        expect_heard(&lab->b, 0, row->pdu.llid, "bad");
        assert_int_equal(lab->b.rx[0].header.length, row->pdu.wrong_length ? row->pdu.length : 3);
    }
    assert_int_equal(raw_link_counts(lab->b.link)->repeated, row->repeated);
    assert_int_equal(raw_link_counts(lab->b.link)->bad_crc, row->bad_crc);
    assert_int_equal(raw_link_counts(lab->a.link)->resent, row->resent);
    assert_int_equal(raw_link_pending(lab->a.link), 0);
    lab_close(lab);
}

/* An empty PDU that was not acknowledged is repeated, though data have come meanwhile. */
static void test_lost_acknowledgement(void **state)
{
    struct lab *lab = lab_pair(false);
    const struct radio_rule rule = {
        .action = RADIO_RULE_LOSE, .kind = RADIO_RULE_DATA, .from = "b", .to = "a", .count = 1};
    uint32_t id;

    (void)state;
    run(lab, SIM_MS(100));
    assert_int_equal(radio_medium_add_rule(sim_world_medium(lab->room.world), &rule, &id), 0);
    run(lab, SIM_MS(30));
    send_pdu(&lab->a, LL_LLID_START, "data");
    run(lab, SIM_MS(100));
    assert_int_equal(lab->b.count, 1);
    expect_heard(&lab->b, 0, LL_LLID_START, "data");
    assert_int_equal(raw_link_counts(lab->b.link)->repeated, 1);
    lab_close(lab);
}

static void test_silence(void **state)
{
    struct lab *lab = lab_pair(false);

    (void)state;
    run(lab, SIM_MS(100));
    raw_link_silence(lab->b.link, 10);
    run(lab, SIM_S(1));
    assert_int_equal(raw_link_counts(lab->a.link)->missed, 10);
    assert_true(raw_link_up(lab->a.link) && raw_link_up(lab->b.link));
    /* Longer than the supervision timeout, both at once: nobody listened, so nobody notices. */
    raw_link_silence(lab->a.link, 40);
    raw_link_silence(lab->b.link, 40);
    run(lab, SIM_S(3));
    assert_true(raw_link_up(lab->a.link) && raw_link_up(lab->b.link));
    raw_link_silence(lab->a.link, 1000);
    run(lab, SIM_S(2));
    assert_true(lab->b.closed == 1 && lab->b.reason == 0x08);
    lab_close(lab);
}

static void test_hold(void **state)
{
    struct lab *lab = lab_pair(false);

    (void)state;
    raw_link_hold(lab->b.link, true);
    send_pdu(&lab->a, LL_LLID_START, "again and again");
    run(lab, SIM_S(3));
    assert_int_equal(lab->b.count, 0);
    assert_int_equal(raw_link_pending(lab->a.link), 1);
    assert_true(raw_link_counts(lab->a.link)->resent > 50);
    raw_link_hold(lab->b.link, false);
    run(lab, SIM_MS(100));
    expect_heard(&lab->b, 0, LL_LLID_START, "again and again");
    lab_close(lab);
}

/* --- what is refused --- */

static void test_refused(void **state)
{
    struct lab *lab = lab_new();
    const struct ll_connect_ind good = usual(upper_address(9));
    struct ll_connect_ind ind = good;
    struct raw_link_advertising adv = advertising();
    const struct raw_link_keys keys = {.send_counter = LL_PACKET_COUNTER_END};
    const uint8_t much[256] = {0};

    (void)state;
    ind.interval_1250us = 0;
    assert_int_equal(raw_link_initiate(lab->a.link, &ind, 37), BLR_ERR_INVALID);
    ind = good;
    memset(ind.channel_map, 0, 5);
    assert_int_equal(raw_link_initiate(lab->a.link, &ind, 37), BLR_ERR_INVALID);
    assert_int_equal(raw_link_initiate(lab->a.link, &good, 36), BLR_ERR_INVALID);
    assert_int_equal(raw_link_take_over(lab->a.link, &good, true, 0), BLR_ERR_INVALID);
    adv.interval = 0;
    assert_int_equal(raw_link_advertise(lab->a.link, &adv), BLR_ERR_INVALID);
    adv = advertising();
    adv.data_len = 32;
    assert_int_equal(raw_link_advertise(lab->a.link, &adv), BLR_ERR_INVALID);
    adv = advertising();
    assert_int_equal(raw_link_advertise(lab->a.link, &adv), 0);
    assert_int_equal(raw_link_advertise(lab->a.link, &adv), BLR_ERR_STATE);
    assert_int_equal(raw_link_initiate(lab->a.link, &good, 37), BLR_ERR_STATE);
    assert_null(raw_link_connect_ind(lab->a.link));
    lab_close(lab);

    lab = lab_pair(false);
    struct raw_link_pdu pdu = {.llid = 4};
    assert_int_equal(raw_link_send(lab->a.link, &pdu), BLR_ERR_INVALID);
    pdu = (struct raw_link_pdu){.llid = 2, .payload = much, .len = 256};
    assert_int_equal(raw_link_send(lab->a.link, &pdu), BLR_ERR_TOO_LONG);
    encrypt(&lab->a, true, true);
    pdu.len = 252;
    assert_int_equal(raw_link_send(lab->a.link, &pdu), BLR_ERR_TOO_LONG);
    pdu.len = 251;
    assert_int_equal(raw_link_send(lab->a.link, &pdu), 0);
    assert_int_equal(raw_link_encrypt(lab->a.link, &keys, true, true), BLR_ERR_INVALID);
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pair),
        cmocka_unit_test(test_answer_in_the_instant),
        cmocka_unit_test(test_with_a_link_layer),
        cmocka_unit_test(test_advertises_to_a_link_layer),
        cmocka_unit_test(test_update),
        cmocka_unit_test(test_late_in_the_window),
        cmocka_unit_test(test_map_and_phy),
        cmocka_unit_test(test_not_followed),
        cmocka_unit_test(test_terminated_by_central),
        cmocka_unit_test(test_never_established),
        cmocka_unit_test(test_lost_acknowledgement),
        cmocka_unit_test(test_silence),
        cmocka_unit_test(test_hold),
        cmocka_unit_test(test_refused),
    };

    const int failed = RUN_ROWS(faults, test_fault);
    return failed + cmocka_run_group_tests_name("raw link", tests, NULL, NULL);
}
