/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "radio_room.h"
#include "rows.h"
#include "sim/raw_radio.h"
#include "wire/crc24.h"

/* A room with one ordinary radio, bob, and two raw ones. */
struct lab {
    struct radio_room room;
    struct room_radio bob;
    struct raw_radio *tester, *other;
    unsigned answers;
};

static struct lab *lab_open(void)
{
    struct lab *lab = calloc(1, sizeof *lab);

    assert_non_null(lab);
    radio_room_open(&lab->room, 1);
    room_radio_join(&lab->bob, &lab->room, "bob");
    lab->tester = raw_radio_new(lab->room.world, "tester");
    lab->other = raw_radio_new(lab->room.world, "other");
    assert_true(lab->tester && lab->other);
    return lab;
}

static void lab_close(struct lab *lab)
{
    raw_radio_free(lab->other);
    raw_radio_free(lab->tester);
    room_radio_leave(&lab->bob);
    radio_room_close(&lab->room);
    free(lab);
}

static void send(struct raw_radio *raw, const struct radio_packet *packet)
{
    assert_int_equal(raw_radio_send(raw, packet), 0);
}

static void test_names(void **state)
{
    struct lab *lab = lab_open();
    char name[] = "copied";
    (void)state;

    assert_null(raw_radio_new(lab->room.world, "bob"));
    assert_null(raw_radio_new(lab->room.world, "tester"));
    struct raw_radio *raw = raw_radio_new(lab->room.world, name);
    name[0] = 'z';
    assert_string_equal(raw_radio_sender(raw)->actor->name, "copied");
    assert_ptr_equal(raw_radio_sender(raw)->actor, raw_radio_receiver(raw)->actor);
    raw_radio_free(raw);
    raw_radio_free(NULL);
    lab_close(lab);
}

/* Packets follow each other without a gap; each is copied; each is kept whole. */
static void test_send_queue(void **state)
{
    struct lab *lab = lab_open();
    const struct radio_listen window = room_window(0, SIM_NEVER);
    uint8_t pdu[LL_PDU_MAX];
    (void)state;

    assert_int_equal(raw_radio_hear(lab->other, &window), 0);
    sim_ns at = 1000;
    for (unsigned i = 0; i < 40; i++) {
        struct radio_packet packet = room_packet(at, 2 + i * 5);
        memset(pdu, (int)i, sizeof pdu);
        packet.pdu = pdu;
        send(lab->tester, &packet);
        at += ll_air_time(RADIO_PHY_1M, packet.len);
    }
    radio_room_run(&lab->room, SIM_S(1));
    at = 1000;
    for (unsigned i = 0; i < 40; i++) {
        const struct radio_rx *rx = raw_radio_next(lab->other);
        assert_non_null(rx);
        assert_int_equal(rx->start, at);
        assert_int_equal(rx->len, 2 + i * 5);
        assert_true(rx->crc_ok);
        memset(pdu, (int)i, sizeof pdu);
        assert_memory_equal(rx->pdu, pdu, rx->len);
        assert_int_equal(rx->crc, crc24(CRC24_INIT_ADVERTISING, pdu, rx->len));
        at = rx->end;
    }
    assert_null(raw_radio_next(lab->other));
    assert_int_equal(raw_radio_lost(lab->other), 0);
    lab_close(lab);
}

/* What a trace gets of ciphertext: the plaintext that came with each packet. */
struct plain_sink {
    struct trace_sink sink;
    uint8_t seen;
};

static void see_plain(struct trace_sink *sink, const struct trace_air_packet *packet)
{
    struct plain_sink *plain = (struct plain_sink *)sink;

    plain->seen++;
    if (plain->seen == 3) {
        assert_null(packet->plain);
        assert_int_equal(packet->plain_len, 0);
        assert_false(packet->mic_valid);
        return;
    }
    assert_int_equal(packet->plain_len, 4);
    assert_int_equal(packet->plain[3], plain->seen);
    assert_true(packet->mic_valid == (plain->seen != 2));
}

static void test_plaintext_is_copied(void **state)
{
    static const struct trace_sink_ops ops = {.air = see_plain};
    struct plain_sink sink = {.sink.ops = &ops};
    uint8_t plain[LL_PDU_MAX + 1] = {0};
    struct lab *lab = lab_open();
    (void)state;

    radio_medium_trace(lab->room.medium, &sink.sink);
    for (uint8_t i = 1; i <= 4; i++) {
        struct radio_packet packet = room_packet(SIM_MS(i), 8);
        plain[3] = i;
        packet.plain = i == 3 ? NULL : plain;
        packet.plain_len = 4;
        packet.mic_valid = i != 2;
        send(lab->tester, &packet);
    }
    memset(plain, 0xEE, sizeof plain);
    radio_room_run(&lab->room, SIM_S(1));
    assert_int_equal(sink.seen, 4);
    struct radio_packet packet = room_packet(SIM_S(2), 8);
    packet.plain = plain;
    packet.plain_len = sizeof plain;
    assert_int_equal(raw_radio_send(lab->tester, &packet), BLR_ERR_INVALID);
    lab_close(lab);
}

static void test_send_refusals(void **state)
{
    struct lab *lab = lab_open();
    struct radio_packet packet = room_packet(1000, 2);
    (void)state;

    radio_room_run(&lab->room, 500);
    packet.start = 499;
    assert_int_equal(raw_radio_send(lab->tester, &packet), BLR_ERR_INVALID);
    packet.start = 1000;
    send(lab->tester, &packet);
    packet.start = 1000 + SIM_US(80) - 1; /* the one before is still on the air */
    assert_int_equal(raw_radio_send(lab->tester, &packet), BLR_ERR_INVALID);
    packet.start = SIM_MS(1);
    packet.mhz = 2399;
    assert_int_equal(raw_radio_send(lab->tester, &packet), BLR_ERR_INVALID);
    packet.mhz = 2402;
    packet.len = LL_PDU_MAX + 1;
    assert_int_equal(raw_radio_send(lab->tester, &packet), BLR_ERR_INVALID);
    packet.len = 2;
    packet.phy = 9;
    assert_int_equal(raw_radio_send(lab->tester, &packet), BLR_ERR_INVALID);
    packet.phy = RADIO_PHY_1M;
    /* A packet that was refused takes no time in the queue. */
    packet.start = 1000 + SIM_US(80);
    send(lab->tester, &packet);
    radio_room_run(&lab->room, SIM_S(1));
    assert_int_equal(radio_medium_stats(lab->room.medium)->sent, 2);
    lab_close(lab);
}

/* hear() opens again after each packet, as long as the window lasts. */
static void test_hear_reopens(void **state)
{
    struct lab *lab = lab_open();
    const struct radio_listen window = room_window(0, SIM_MS(2));
    (void)state;

    assert_int_equal(raw_radio_hear(lab->other, &window), 0);
    for (unsigned i = 0; i < 5; i++) {
        const struct radio_packet packet = room_packet(i * SIM_MS(1), 3);
        send(lab->tester, &packet);
    }
    radio_room_run(&lab->room, SIM_S(1));
    for (unsigned i = 0; i < 3; i++) {
        const struct radio_rx *rx = raw_radio_next(lab->other);
        assert_non_null(rx);
        assert_int_equal(rx->start, i * SIM_MS(1));
    }
    assert_null(raw_radio_next(lab->other));
    lab_close(lab);
}

/*
 * Hears while it sends: bob's packet, on the same channel and weaker than its own, which would
 * drown it, before or after. It never hears itself.
 */
static void hears_while_sending(sim_ns own_start)
{
    struct lab *lab = lab_open();
    const struct radio_packet own = room_packet(own_start, 30);
    const struct radio_packet bobs = room_packet(2000, 3);

    assert_int_equal(raw_radio_hear_all(lab->tester), 0);
    radio_set_position(&lab->bob.radio, (struct radio_position){50000, 0, 0});
    send(lab->tester, &own);
    room_radio_send(&lab->bob, &bobs);
    radio_room_run(&lab->room, SIM_S(1));
    const struct radio_rx *rx = raw_radio_next(lab->tester);
    assert_non_null(rx);
    assert_int_equal(rx->start, 2000);
    assert_true(rx->crc_ok);
    assert_int_equal(rx->rssi_dbm, -74);
    assert_null(raw_radio_next(lab->tester));
    lab_close(lab);
}

static void test_hears_while_sending(void **state)
{
    (void)state;
    hears_while_sending(1000);
    hears_while_sending(3000);
    hears_while_sending(50000);
}

/* hear_all judges by the sender's preset, or by the one that it was told to follow. */
static const struct follow_row {
    const char *name;
    uint32_t sent_init, follow_init;
    bool follow, bad_crc, ok;
} follow_rows[] = {
    {"not followed", 0x112233, 0, false, false, true},
    {"not followed, bad", 0x112233, 0, false, true, false},
    {"followed", 0x112233, 0x112233, true, false, true},
    {"followed, bad", 0x112233, 0x112233, true, true, false},
    {"followed with another preset", 0x112233, 0x112232, true, false, false},
};

static void test_follow(void **state)
{
    const struct follow_row *row = *state;
    struct lab *lab = lab_open();
    struct radio_packet packet = room_packet(0, 3);
    assert_int_equal(raw_radio_hear_all(lab->other), 0);
    if (row->follow) {
        assert_int_equal(raw_radio_follow(lab->other, 0x12345678, 1), 0);
        assert_int_equal(raw_radio_follow(lab->other, 0x12345678, row->follow_init), 0);
        assert_int_equal(raw_radio_follow(lab->other, 0x87654321, 2), 0);
    }
    packet.access_address = 0x12345678;
    packet.crc_init = row->sent_init;
    packet.bad_crc = row->bad_crc;
    packet.mhz = 2444;
    packet.phy = RADIO_PHY_2M;
    send(lab->tester, &packet);
    radio_room_run(&lab->room, SIM_S(1));
    const struct radio_rx *rx = raw_radio_next(lab->other);
    assert_non_null(rx);
    if (rx->crc_ok != row->ok)
        fail_msg("%s", row->name);
    assert_int_equal(rx->mhz, 2444);
    assert_int_equal(rx->phy, RADIO_PHY_2M);
    assert_int_equal(rx->access_address, 0x12345678);
    lab_close(lab);
}

static void answer(void *user, const struct radio_rx *rx)
{
    struct lab *lab = user;
    const struct radio_packet packet = room_packet(rx->end + LL_T_IFS, 2);

    lab->answers++;
    assert_int_equal(rx->end, sim_world_now(lab->room.world));
    send(lab->tester, &packet);
}

/* A reply sent from the callback begins T_IFS after the end of what it answers, to the ns. */
static void test_answers_in_time(void **state)
{
    struct lab *lab = lab_open();
    const struct radio_listen window = room_window(0, SIM_NEVER);
    const struct radio_packet question = room_packet(1000, 3);
    (void)state;

    assert_int_equal(raw_radio_hear(lab->tester, &window), 0);
    assert_int_equal(raw_radio_hear_all(lab->other), 0);
    raw_radio_on_rx(lab->tester, answer, lab);
    room_radio_send(&lab->bob, &question);
    radio_room_run(&lab->room, SIM_S(1));
    assert_int_equal(lab->answers, 1);
    assert_null(raw_radio_next(lab->tester)); /* told, not kept */
    const struct radio_rx *rx = raw_radio_next(lab->other);
    assert_int_equal(rx->end, 89000);
    rx = raw_radio_next(lab->other);
    assert_int_equal(rx->start, 239000);
    assert_null(raw_radio_next(lab->other));
    raw_radio_on_rx(lab->tester, NULL, NULL);
    const struct radio_packet more = room_packet(SIM_S(1), 3);
    room_radio_send(&lab->bob, &more);
    radio_room_run(&lab->room, SIM_S(2));
    assert_non_null(raw_radio_next(lab->tester));
    lab_close(lab);
}

static void free_self(void *user, const struct radio_rx *rx)
{
    struct lab *lab = user;

    (void)rx;
    raw_radio_free(lab->tester);
    lab->tester = NULL;
}

static void test_freed_from_its_callback(void **state)
{
    struct lab *lab = lab_open();
    const struct radio_packet packet = room_packet(1000, 3);
    (void)state;

    assert_int_equal(raw_radio_hear_all(lab->tester), 0);
    assert_int_equal(raw_radio_hear_all(lab->other), 0);
    raw_radio_on_rx(lab->tester, free_self, lab);
    room_radio_send(&lab->bob, &packet);
    radio_room_run(&lab->room, SIM_S(1));
    assert_null(lab->tester);
    assert_non_null(raw_radio_next(lab->other));
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_send_queue),
        cmocka_unit_test(test_plaintext_is_copied),
        cmocka_unit_test(test_send_refusals),
        cmocka_unit_test(test_hear_reopens),
        cmocka_unit_test(test_hears_while_sending),

        cmocka_unit_test(test_answers_in_time),
        cmocka_unit_test(test_freed_from_its_callback),
    };

    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    failed += RUN_ROWS(follow_rows, test_follow);
    return failed;
}
