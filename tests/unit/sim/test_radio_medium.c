/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "radio_room.h"
#include "wire/crc24.h"

/* --- traces and sniffers --- */

struct recorder {
    struct trace_sink sink;
    unsigned packets;
    struct trace_air_packet last;
};

static void record(struct trace_sink *sink, const struct trace_air_packet *packet)
{
    struct recorder *recorder = (struct recorder *)sink;

    recorder->packets++;
    recorder->last = *packet;
}

static void test_trace(void **state)
{
    static const struct trace_sink_ops ops = {.air = record};
    struct recorder recorder = {.sink.ops = &ops};
    struct radio_pair *p = radio_pair_open();
    struct radio_packet packet = room_packet(700, 3);
    (void)state;

    radio_medium_trace(p->room.medium, &recorder.sink);
    packet.bad_crc = true;
    packet.direction = AIR_PERIPHERAL_TO_CENTRAL;
    p->amy.radio.power_ddbm = -80;
    room_radio_send(&p->amy, &packet);
    radio_room_run(&p->room, 699);
    assert_int_equal(recorder.packets, 0);
    radio_room_run(&p->room, 700);
    assert_int_equal(recorder.packets, 1);
    assert_int_equal(recorder.last.start, 700);
    assert_int_equal(recorder.last.mhz, 2402);
    assert_int_equal(recorder.last.phy, RADIO_PHY_1M);
    assert_int_equal(recorder.last.direction, AIR_PERIPHERAL_TO_CENTRAL);
    assert_int_equal(recorder.last.power_dbm, -8);
    assert_false(recorder.last.crc_valid);
    assert_int_equal(recorder.last.crc, crc24(CRC24_INIT_ADVERTISING, packet.pdu, 3) ^ 0xFFFFFF);
    assert_int_equal(recorder.last.len, 3);
    assert_memory_equal(recorder.last.pdu, packet.pdu, 3);
    radio_medium_trace(p->room.medium, NULL);
    radio_room_run(&p->room, SIM_S(1));
    packet.start = SIM_S(1);
    room_radio_send(&p->amy, &packet);
    radio_room_run(&p->room, SIM_S(2));
    assert_int_equal(recorder.packets, 1);
    radio_pair_close(p);
}

/* Three packets side by side on frequencies far apart, one of them coded: a sniffer gets all. */
static void test_sniffer(void **state)
{
    struct radio_pair *p = radio_pair_open();
    struct room_radio cat, sniffer;
    struct radio_listen window = {
        .close = SIM_US(100), .any_frequency = true, .any_access_address = true};
    (void)state;

    room_radio_join(&cat, &p->room, "cat");
    room_radio_join(&sniffer, &p->room, "sniffer");
    radio_room_observe(&p->room, true);
    room_radio_hear(&sniffer, &window);
    struct radio_packet packet = room_packet(1000, 3);
    room_radio_send(&p->amy, &packet);
    packet.start = 2000;
    packet.mhz = 2450;
    packet.access_address = 0x12345678;
    room_radio_send(&p->bob, &packet);
    packet.start = 3000;
    packet.mhz = 2480;
    packet.phy = RADIO_PHY_CODED_S8;
    packet.len = 2;
    room_radio_send(&cat, &packet);
    radio_room_run(&p->room, SIM_US(99));
    assert_int_equal(sniffer.radio.state, RADIO_RX);
    assert_room_log(&p->room, "89000 rx sniffer ok -20 00 01 02\n89000 sent amy\n"
                              "90000 rx sniffer ok -20 00 01 02\n90000 sent bob\n");
    /* The window closes while cat still sends; that packet is the last. */
    radio_room_run(&p->room, SIM_S(1));
    assert_room_log(&p->room, "723000 rx sniffer ok -20 00 01\n723000 sent cat\n");
    assert_int_equal(sniffer.radio.state, RADIO_IDLE);
    window.open = SIM_S(1);
    window.close = SIM_S(1) + 5;
    room_radio_hear(&sniffer, &window);
    radio_room_run(&p->room, SIM_S(2));
    assert_room_log(&p->room, "1000000005 timeout sniffer\n");
    room_radio_leave(&sniffer);
    room_radio_leave(&cat);
    radio_pair_close(p);
}

/* Turned off, or ended, with packets on their way to it. */
static void test_sniffer_turns_away(void **state)
{
    struct radio_pair *p = radio_pair_open();
    struct room_radio sniffer;
    struct radio_listen window = {
        .close = SIM_NEVER, .any_frequency = true, .any_access_address = true};
    struct radio_packet packet = room_packet(1000, 3);
    (void)state;

    room_radio_join(&sniffer, &p->room, "sniffer");
    radio_room_observe(&p->room, true);
    room_radio_hear(&sniffer, &window);
    room_radio_send(&p->amy, &packet);
    packet.mhz = 2480;
    room_radio_send(&p->bob, &packet);
    radio_room_run(&p->room, 2000);
    radio_room_clear(&p->room);
    radio_stop(&sniffer.radio);
    assert_room_verdicts(&p->room,
                         "1000 bob>sniffer cut off -200\n1000 amy>sniffer cut off -200\n");
    window.open = 2000;
    room_radio_hear(&sniffer, &window);
    radio_room_run(&p->room, SIM_S(1));
    assert_room_log(&p->room, "89000 sent amy\n89000 sent bob\n");
    packet.start = SIM_S(1);
    room_radio_send(&p->amy, &packet);
    radio_room_run(&p->room, SIM_S(1));
    room_radio_leave(&sniffer);
    radio_room_run(&p->room, SIM_S(2));
    assert_room_log(&p->room, "1000088000 sent amy\n");
    radio_pair_close(p);
}

/* --- determinism --- */

#define CROWD 10

struct member {
    struct room_radio radio;
    struct sim_stream stream;
};

static void member_acts(struct room_radio *radio, enum radio_room_event event)
{
    struct member *member = (struct member *)radio;
    const sim_ns now = sim_world_now(radio->room->world);
    const sim_ns wait = sim_stream_below(&member->stream, 200000);
    const uint16_t mhz = (uint16_t)(2402 + sim_stream_below(&member->stream, 3));

    if (event == ROOM_TX_DONE) {
        struct radio_listen window = room_window(now, now + 2 * wait);
        window.mhz = mhz;
        room_radio_hear(radio, &window);
        return;
    }
    struct radio_packet packet = room_packet(now + wait, 3);
    packet.mhz = mhz;
    room_radio_send(radio, &packet);
}

/* Everybody talks and listens at random; gives the log. */
static char *crowd_log(bool backwards, bool observed, bool sniffed)
{
    static const char *const names[CROWD] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"};
    struct radio_room *room = malloc(sizeof *room);
    struct member *members = calloc(CROWD, sizeof *members);
    struct room_radio sniffer;
    uint32_t id;
    const struct radio_rule rule = {.action = RADIO_RULE_CORRUPT, .chance_ppm = 100000};
    const struct radio_rule third = {.action = RADIO_RULE_LOSE, .from = "c", .skip = 2};

    assert_true(room && members);
    radio_room_open(room, 42);
    radio_room_observe(room, observed);
    assert_int_equal(radio_medium_add_rule(room->medium, &rule, &id), 0);
    assert_int_equal(radio_medium_add_rule(room->medium, &third, &id), 0);
    if (sniffed) {
        const struct radio_listen all = {
            .close = SIM_NEVER, .any_frequency = true, .any_access_address = true};
        room_radio_join(&sniffer, room, "dd");
        room_radio_hear(&sniffer, &all);
    }
    for (int i = 0; i < CROWD; i++) {
        const int who = backwards ? CROWD - 1 - i : i;
        room_radio_join(&members[who].radio, room, names[who]);
        sim_stream_init(&members[who].stream, 42, names[who], "test");
        members[who].radio.radio.position.x_mm = who * who * 3000;
        members[who].radio.hook = member_acts;
        member_acts(&members[who].radio, who % 2 ? ROOM_TX_DONE : ROOM_TIMEOUT);
    }
    radio_room_run(room, SIM_MS(10));
    char *log = malloc(RADIO_ROOM_LOG);
    assert_non_null(log);
    size_t len = 0;
    for (char *line = strtok(room->log, "\n"); line; line = strtok(NULL, "\n")) {
        if (!strstr(line, " rx dd "))
            len += (size_t)snprintf(log + len, RADIO_ROOM_LOG - len, "%s\n", line);
    }
    for (int i = 0; i < CROWD; i++)
        room_radio_leave(&members[i].radio);
    if (sniffed)
        room_radio_leave(&sniffer);
    radio_room_close(room);
    free(members);
    free(room);
    return log;
}

static void test_determinism(void **state)
{
    char *const log = crowd_log(false, false, false);
    (void)state;

    /* Everything happened that can. */
    assert_non_null(strstr(log, " ok "));
    assert_non_null(strstr(log, " bad "));
    assert_non_null(strstr(log, "timeout"));
    for (int i = 1; i < 8; i++) {
        char *const again = crowd_log(i & 1, i & 2, i & 4);
        assert_string_equal(log, again);
        free(again);
    }
    free(log);
}

static void test_verdict_names(void **state)
{
    (void)state;
    for (int i = 0; i < RADIO_VERDICTS; i++)
        assert_string_not_equal(radio_verdict_name((enum radio_verdict)i), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trace),
        cmocka_unit_test(test_sniffer),
        cmocka_unit_test(test_sniffer_turns_away),
        cmocka_unit_test(test_determinism),
        cmocka_unit_test(test_verdict_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
