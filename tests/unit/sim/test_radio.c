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
#include "rows.h"
#include "wire/crc24.h"

/* 3 octets on LE 1M: preamble 1, access address 4, CRC 3, 8 us each. */
#define AIR SIM_US(88)

/* Vol 6, Part B, 2.1 and 2.2. Coded: 80 + 256 + 16 (CI) + 24 (TERM1) us, then PDU, CRC, TERM2. */
static const struct air_time_row {
    const char *name;
    uint8_t phy;
    size_t len;
    sim_ns air;
} air_time_rows[] = {
    {"1M, empty PDU", RADIO_PHY_1M, 2, SIM_US(80)},
    {"1M, CONNECT_IND", RADIO_PHY_1M, 36, SIM_US(352)},
    {"1M, longest", RADIO_PHY_1M, 257, SIM_US(2120)},
    {"2M, empty PDU", RADIO_PHY_2M, 2, SIM_US(44)},
    {"2M, longest", RADIO_PHY_2M, 257, SIM_US(1064)},
    {"coded S8, empty PDU", RADIO_PHY_CODED_S8, 2, SIM_US(376 + (16 + 24 + 3) * 8)},
    {"coded S2, empty PDU", RADIO_PHY_CODED_S2, 2, SIM_US(376 + (16 + 24 + 3) * 2)},
    {"coded S8, longest", RADIO_PHY_CODED_S8, 257, SIM_US(17040)},
};

static void test_air_time(void **state)
{
    const struct air_time_row *row = *state;
    struct radio_pair *p = radio_pair_open();
    struct radio_packet packet = room_packet(1234567, row->len);
    struct radio_listen window = room_window(0, SIM_NEVER);
    packet.phy = window.phy = row->phy;
    packet.direction = AIR_CENTRAL_TO_PERIPHERAL;
    room_radio_hear(&p->bob, &window);
    room_radio_send(&p->amy, &packet);
    radio_room_run(&p->room, SIM_S(1));
    if (p->bob.rx.end != 1234567 + row->air)
        fail_msg("%s: %llu", row->name, (unsigned long long)(p->bob.rx.end - 1234567));
    assert_int_equal(p->bob.rx.start, 1234567);
    assert_int_equal(p->bob.rx.mhz, 2402);
    assert_int_equal(p->bob.rx.phy, row->phy);
    assert_int_equal(p->bob.rx.direction, AIR_CENTRAL_TO_PERIPHERAL);
    assert_int_equal(p->bob.rx.len, row->len);
    assert_int_equal(p->bob.rx.access_address, LL_ADVERTISING_ACCESS_ADDRESS);
    assert_int_equal(p->bob.rx.crc, crc24(CRC24_INIT_ADVERTISING, packet.pdu, row->len));
    radio_pair_close(p);
}

/* Receivers by rank, the sender last; bytes, RSSI at no distance (as at 0.1 m). */
static void test_order_of_callbacks(void **state)
{
    struct radio_pair *p = radio_pair_open();
    struct room_radio abe;
    const struct radio_packet packet = room_packet(1000, 3);
    const struct radio_listen window = room_window(0, SIM_NEVER);
    (void)state;

    room_radio_hear(&p->bob, &window);
    room_radio_join(&abe, &p->room, "abe");
    room_radio_hear(&abe, &window);
    room_radio_send(&p->amy, &packet);
    radio_room_run(&p->room, 1000 + AIR - 1);
    assert_room_log(&p->room, "");
    radio_room_run(&p->room, 1000 + AIR);
    assert_room_log(&p->room, "89000 rx abe ok -20 00 01 02\n"
                              "89000 rx bob ok -20 00 01 02\n"
                              "89000 sent amy\n");
    room_radio_leave(&abe);
    radio_pair_close(p);
}

static const struct window_edges_row {
    const char *name;
    sim_ns open, close;
    const char *log;
} window_edges_rows[] = {
    {"opens at the start", 5000, 9000, "93000 rx bob ok -20 00 01 02\n93000 sent amy\n"},
    {"opens 1 ns late", 5001, 9000, "9000 timeout bob\n93000 sent amy\n"},
    {"closes at the start", 0, 5000, "93000 rx bob ok -20 00 01 02\n93000 sent amy\n"},
    {"closes 1 ns early", 0, 4999, "4999 timeout bob\n93000 sent amy\n"},
    {"one instant", 5000, 5000, "93000 rx bob ok -20 00 01 02\n93000 sent amy\n"},
    {"never closes", 0, SIM_NEVER, "93000 rx bob ok -20 00 01 02\n93000 sent amy\n"},
    {"closes when the packet ends", 0, 93000, "93000 rx bob ok -20 00 01 02\n93000 sent amy\n"},
};

static void test_window_edges(void **state)
{
    const struct window_edges_row *row = *state;
    struct radio_pair *p = radio_pair_open();
    const struct radio_packet packet = room_packet(5000, 3);
    const struct radio_listen window = room_window(row->open, row->close);
    room_radio_hear(&p->bob, &window);
    room_radio_send(&p->amy, &packet);
    radio_room_run(&p->room, SIM_S(1));
    if (strcmp(p->room.log, row->log) != 0)
        fail_msg("%s: %s", row->name, p->room.log);
    radio_pair_close(p);
}

struct late {
    struct room_radio *radio;
    struct timer timer;
};

static void listen_now(void *user)
{
    struct late *late = user;
    const sim_ns now = sim_world_now(late->radio->room->world);
    const struct radio_listen window = room_window(now, now + 10);

    room_radio_hear(late->radio, &window);
}

/* In the instant in which a packet begins, SIM_PHASE_LL is too late and SIM_PHASE_AIR_END is not.
 */
static void test_listen_in_the_same_instant(void **state)
{
    (void)state;
    for (int ll = 0; ll < 2; ll++) {
        struct radio_pair *p = radio_pair_open();
        const struct radio_packet packet = room_packet(5000, 3);
        struct late late = {.radio = &p->bob};
        sim_timer_init(&late.timer, &p->bob.actor, ll ? SIM_PHASE_LL : SIM_PHASE_AIR_END,
                       listen_now, &late);
        sim_timer_arm(&late.timer, 5000);
        room_radio_send(&p->amy, &packet);
        radio_room_run(&p->room, SIM_S(1));
        assert_room_log(&p->room, ll ? "5010 timeout bob\n93000 sent amy\n"
                                     : "93000 rx bob ok -20 00 01 02\n93000 sent amy\n");
        radio_pair_close(p);
    }
}

static const struct verdicts_row {
    const char *name;
    uint16_t mhz;
    uint8_t tx_phy, rx_phy;
    uint32_t access_address;
    int16_t power_ddbm;
    const char *verdict;
} verdicts_rows[] = {
    {"heard", 2402, 1, 1, LL_ADVERTISING_ACCESS_ADDRESS, 0, "0 amy>bob heard -200\n"},
    {"next MHz", 2403, 1, 1, LL_ADVERTISING_ACCESS_ADDRESS, 0, "0 amy>bob other channel -200\n"},
    {"2M to 1M", 2402, 2, 1, LL_ADVERTISING_ACCESS_ADDRESS, 0, "0 amy>bob other channel -200\n"},
    {"1M to S8", 2402, 1, 3, LL_ADVERTISING_ACCESS_ADDRESS, 0, "0 amy>bob other channel -200\n"},
    {"S8 to S2", 2402, 3, 4, LL_ADVERTISING_ACCESS_ADDRESS, 0, "0 amy>bob heard -200\n"},
    {"S2 to S8", 2402, 4, 3, LL_ADVERTISING_ACCESS_ADDRESS, 0, "0 amy>bob heard -200\n"},
    {"another access address", 2402, 1, 1, 0x8E89BED7, 0, "0 amy>bob other channel -200\n"},
    {"just strong enough", 2402, 1, 1, LL_ADVERTISING_ACCESS_ADDRESS, -750,
     "0 amy>bob heard -950\n"},
    {"0.1 dB too weak", 2402, 1, 1, LL_ADVERTISING_ACCESS_ADDRESS, -751,
     "0 amy>bob too weak -951\n"},
};

static void test_verdicts(void **state)
{
    const struct verdicts_row *row = *state;
    struct radio_pair *p = radio_pair_open();
    struct radio_packet packet = room_packet(0, 3);
    struct radio_listen window = room_window(0, 100);
    radio_room_observe(&p->room, true);
    packet.mhz = row->mhz;
    packet.phy = row->tx_phy;
    packet.access_address = row->access_address;
    window.phy = row->rx_phy;
    p->amy.radio.power_ddbm = row->power_ddbm;
    room_radio_hear(&p->bob, &window);
    room_radio_send(&p->amy, &packet);
    radio_room_run(&p->room, SIM_S(1));
    if (strcmp(p->room.verdicts, row->verdict) != 0)
        fail_msg("%s: %s", row->name, p->room.verdicts);
    const bool heard = strstr(row->verdict, "heard") != NULL;
    assert_int_equal(heard, strstr(p->room.log, "rx bob") != NULL);
    assert_int_equal(!heard, strstr(p->room.log, "100 timeout bob") != NULL);
    radio_pair_close(p);
}

/* A locked receiver is busy; whoever sends or sleeps does not listen; each gets a verdict. */
static void test_busy_and_not_listening(void **state)
{
    struct radio_pair *p = radio_pair_open();
    struct room_radio cat, dan;
    const struct radio_listen window = room_window(0, 1000);
    (void)state;

    room_radio_join(&dan, &p->room, "dan");
    room_radio_join(&cat, &p->room, "cat");
    radio_room_observe(&p->room, true);
    room_radio_hear(&p->bob, &window);
    struct radio_packet packet = room_packet(1000, 3);
    room_radio_send(&p->amy, &packet);
    /* 50 us later, past amy's access address, so faint that it disturbs nobody. */
    packet.start = 51000;
    cat.radio.power_ddbm = -600;
    room_radio_send(&cat, &packet);
    radio_room_run(&p->room, SIM_S(1));
    assert_string_equal(p->room.verdicts, "1000 amy>cat not listening -200\n"
                                          "1000 amy>dan not listening -200\n"
                                          "51000 cat>amy not listening -800\n"
                                          "51000 cat>bob busy -800\n"
                                          "51000 cat>dan not listening -800\n"
                                          "1000 amy>bob heard -200\n");
    assert_room_log(&p->room, "89000 rx bob ok -20 00 01 02\n89000 sent amy\n139000 sent cat\n");
    const struct radio_stats *stats = radio_medium_stats(p->room.medium);
    assert_int_equal(stats->sent, 2);
    assert_int_equal(stats->verdict[RADIO_HEARD], 1);
    assert_int_equal(stats->verdict[RADIO_BUSY], 1);
    assert_int_equal(stats->verdict[RADIO_NOT_LISTENING], 0);
    room_radio_leave(&cat);
    room_radio_leave(&dan);
    radio_pair_close(p);
}

static void test_refusals(void **state)
{
    struct radio_pair *p = radio_pair_open();
    struct radio_packet good = room_packet(SIM_MS(1), 3);
    struct radio_listen window = room_window(SIM_MS(1), SIM_MS(2));
    (void)state;

    radio_room_run(&p->room, SIM_MS(1));
    room_radio_hear(&p->amy, &window);
    struct radio_packet bad[6] = {good, good, good, good, good, good};
    bad[0].start = SIM_MS(1) - 1;
    bad[1].mhz = 2399;
    bad[2].mhz = 2484;
    bad[3].len = LL_PDU_MAX + 1;
    bad[4].phy = 0;
    bad[5].phy = 5;
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(radio_transmit(&p->amy.radio, &bad[i]), BLR_ERR_INVALID);
    struct radio_listen wrong[5] = {window, window, window, window, window};
    wrong[0].open = SIM_MS(1) - 1;
    wrong[1].close = SIM_MS(1) - 1;
    wrong[2].mhz = 2399;
    wrong[3].mhz = 2484;
    wrong[4].phy = 0;
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(radio_listen(&p->amy.radio, &wrong[i]), BLR_ERR_INVALID);
    /* Nothing of this made it turn away from its window. */
    assert_int_equal(p->amy.radio.state, RADIO_RX);
    radio_room_run(&p->room, SIM_MS(3));
    assert_room_log(&p->room, "2000000 timeout amy\n");
    radio_pair_close(p);
}

static void test_lowest_and_highest_frequency(void **state)
{
    (void)state;
    for (uint16_t mhz = 2400; mhz <= 2483; mhz = (uint16_t)(mhz + 83)) {
        struct radio_pair *p = radio_pair_open();
        struct radio_packet packet = room_packet(0, 0);
        struct radio_listen window = room_window(0, 0);
        packet.mhz = window.mhz = mhz;
        packet.pdu = NULL;
        room_radio_hear(&p->bob, &window);
        room_radio_send(&p->amy, &packet);
        radio_room_run(&p->room, SIM_S(1));
        assert_room_log(&p->room, "64000 rx bob ok -20\n64000 sent amy\n");
        radio_pair_close(p);
    }
}

static const struct crc_row {
    const char *name;
    uint32_t sent_init, heard_init;
    bool bad_crc, any_access_address, ok;
} crc_rows[] = {
    {"shared preset", 0x123456, 0x123456, false, false, true},
    {"another preset", 0x123456, 0x123457, false, false, false},
    {"inverted", 0x123456, 0x123456, true, false, false},
    {"any access address: the sender's own", 0x123456, 0, false, true, true},
    {"any access address, inverted", 0x123456, 0, true, true, false},
};

static void test_crc(void **state)
{
    const struct crc_row *row = *state;
    struct radio_pair *p = radio_pair_open();
    struct radio_packet packet = room_packet(0, 3);
    struct radio_listen window = room_window(0, 0);
    packet.crc_init = row->sent_init;
    packet.bad_crc = row->bad_crc;
    window.crc_init = row->heard_init;
    window.any_access_address = row->any_access_address;
    room_radio_hear(&p->bob, &window);
    room_radio_send(&p->amy, &packet);
    radio_room_run(&p->room, SIM_S(1));
    if (p->bob.rx.crc_ok != row->ok)
        fail_msg("%s", row->name);
    uint32_t crc = crc24(row->sent_init, packet.pdu, 3);
    assert_int_equal(p->bob.rx.crc, row->bad_crc ? crc ^ 0xFFFFFF : crc);
    radio_pair_close(p);
}

/* --- a sender or receiver that changes its mind --- */

static void test_cut_off(void **state)
{
    struct radio_pair *p = radio_pair_open();
    struct room_radio cat;
    struct radio_listen window = room_window(0, 10000);
    const struct radio_packet packet = room_packet(1000, 3);
    (void)state;

    room_radio_join(&cat, &p->room, "cat");
    radio_room_observe(&p->room, true);
    room_radio_hear(&p->bob, &window);
    window.close = SIM_US(60);
    room_radio_hear(&cat, &window);
    room_radio_send(&p->amy, &packet);
    radio_room_run(&p->room, SIM_US(50));
    assert_true(radio_busy(&p->amy.radio));
    assert_true(radio_busy(&p->bob.radio));
    radio_room_clear(&p->room);
    radio_stop(&p->amy.radio);
    assert_false(radio_busy(&p->bob.radio));
    assert_room_verdicts(&p->room, "1000 amy>bob cut off -200\n1000 amy>cat cut off -200\n");
    /* bob's window is over, cat's is not. */
    radio_room_run(&p->room, SIM_US(50));
    assert_room_log(&p->room, "50000 timeout bob\n");
    radio_room_run(&p->room, SIM_S(1));
    assert_room_log(&p->room, "60000 timeout cat\n");
    room_radio_leave(&cat);
    radio_pair_close(p);
}

static void test_stop(void **state)
{
    struct radio_pair *p = radio_pair_open();
    const struct radio_listen window = room_window(0, 10000);
    const struct radio_packet packet = room_packet(1000, 3);
    (void)state;

    /* Each state once: armed to send, window open, locked. No callback comes. */
    room_radio_send(&p->amy, &packet);
    radio_stop(&p->amy.radio);
    room_radio_hear(&p->bob, &window);
    radio_stop(&p->bob.radio);
    radio_stop(&p->bob.radio);
    radio_room_run(&p->room, 500);
    room_radio_send(&p->amy, &packet);
    struct radio_listen now = room_window(500, 10000);
    room_radio_hear(&p->bob, &now);
    radio_room_run(&p->room, 2000);
    assert_int_equal(p->bob.radio.state, RADIO_RX_LOCKED);
    radio_room_observe(&p->room, true);
    radio_stop(&p->bob.radio);
    assert_room_verdicts(&p->room, "1000 amy>bob cut off -200\n");
    radio_room_run(&p->room, SIM_S(1));
    assert_room_log(&p->room, "89000 sent amy\n");
    radio_pair_close(p);
}

/* A new window in place of an open one: the timer follows, never, earlier or later. */
static void test_listen_again(void **state)
{
    struct radio_pair *p = radio_pair_open();
    static const sim_ns closes[] = {5000, SIM_NEVER, 7000, 3000, 6000};
    (void)state;

    for (size_t i = 0; i < sizeof closes / sizeof closes[0]; i++) {
        const struct radio_listen window = room_window(0, closes[i]);
        room_radio_hear(&p->bob, &window);
    }
    radio_room_run(&p->room, SIM_S(1));
    assert_room_log(&p->room, "6000 timeout bob\n");
    radio_pair_close(p);
}

/* --- callbacks that change the room under the medium --- */

static void hook_leave_other(struct room_radio *radio, enum radio_room_event event)
{
    (void)event;
    radio->hook = NULL;
    room_radio_leave(radio->hook_user);
    free(radio->hook_user);
}

static void hook_leave(struct room_radio *radio, enum radio_room_event event)
{
    (void)event;
    room_radio_leave(radio);
    free(radio);
}

static void hook_send(struct room_radio *radio, enum radio_room_event event)
{
    struct room_radio *sender = radio->hook_user;
    static const uint8_t other = 0xEE;
    struct radio_packet packet = room_packet(sim_world_now(radio->room->world), 1);

    (void)event;
    packet.pdu = &other;
    radio->hook = NULL;
    room_radio_send(sender, &packet);
}

static void hook_hear(struct room_radio *radio, enum radio_room_event event)
{
    const struct radio_listen window = room_window(sim_world_now(radio->room->world), SIM_NEVER);

    (void)event;
    room_radio_hear(radio, &window);
}

enum who { NOBODY, AMY, BOB, CAT, DAN };

/* amy sends; bob, cat and dan receive in this order; `actor` does something when called. */
static const struct reentrancy_row {
    const char *name;
    enum who actor, target;
    room_radio_hook *hook;
    const char *log;
} reentrancy_rows[] = {
    {"a receiver leaves", BOB, BOB, hook_leave, "rx bob\nrx cat\nrx dan\nsent amy\n"},
    {"the last receiver leaves", DAN, DAN, hook_leave, "rx bob\nrx cat\nrx dan\nsent amy\n"},
    {"the sender leaves when done", AMY, AMY, hook_leave, "rx bob\nrx cat\nrx dan\nsent amy\n"},
    {"the next receiver is ended", BOB, CAT, hook_leave_other, "rx bob\nrx dan\nsent amy\n"},
    {"the last receiver is ended", BOB, DAN, hook_leave_other, "rx bob\nrx cat\nsent amy\n"},
    {"a receiver that was told is ended", CAT, BOB, hook_leave_other,
     "rx bob\nrx cat\nrx dan\nsent amy\n"},
    {"the sender is ended", BOB, AMY, hook_leave_other, "rx bob\nrx cat\nrx dan\n"},
    {"a receiver is ended by the sender", AMY, CAT, hook_leave_other,
     "rx bob\nrx cat\nrx dan\nsent amy\n"},
    {"a receiver answers at once", BOB, BOB, hook_send,
     "rx bob\nrx cat\nrx dan\nsent amy\nsent bob\n"},
    {"another receiver is made to send", BOB, CAT, hook_send,
     "rx bob\nrx dan\nsent amy\nsent cat\n"},
    {"the sender is made to send again", BOB, AMY, hook_send, "rx bob\nrx cat\nrx dan\nsent amy\n"},
    {"the sender sends again", AMY, AMY, hook_send, "rx bob\nrx cat\nrx dan\nsent amy\nsent amy\n"},
    {"a receiver listens again", CAT, CAT, hook_hear, "rx bob\nrx cat\nrx dan\nsent amy\n"},
};

static void test_reentrancy(void **state)
{
    const struct reentrancy_row *row = *state;
    struct radio_room *room = malloc(sizeof *room);
    struct room_radio *radio[5] = {NULL};
    static const char *const names[] = {"", "amy", "bob", "cat", "dan"};
    const struct radio_listen window = room_window(0, SIM_NEVER);
    const struct radio_packet packet = room_packet(0, 3);
    radio_room_open(room, 1);
    radio_room_observe(room, true);
    /* One block each, so that the sanitizer sees a touch after the end. */
    for (int who = AMY; who <= DAN; who++) {
        radio[who] = malloc(sizeof *radio[who]);
        room_radio_join(radio[who], room, names[who]);
        if (who != AMY)
            room_radio_hear(radio[who], &window);
    }
    radio[row->actor]->hook = row->hook;
    radio[row->actor]->hook_user = radio[row->target];
    room_radio_send(radio[AMY], &packet);
    radio_room_run(room, SIM_S(1));
    char got[256] = "";
    for (char *line = strtok(room->log, "\n"); line; line = strtok(NULL, "\n")) {
        char event[16], name[16];
        assert_int_equal(sscanf(line, "%*u %15s %15s", event, name), 2);
        /* What amy sends next does not reach those who are still to be told of the first. */
        assert_true(strcmp(event, "rx") != 0 || strstr(line, "ok -20 00 01 02"));
        snprintf(got + strlen(got), sizeof got - strlen(got), "%s %s\n", event, name);
    }
    if (strcmp(got, row->log) != 0)
        fail_msg("%s: %s", row->name, got);
    const bool left = row->hook == hook_leave || row->hook == hook_leave_other;
    for (int who = AMY; who <= DAN; who++) {
        if (left && who == (int)row->target)
            continue;
        room_radio_leave(radio[who]);
        free(radio[who]);
    }
    radio_room_close(room);
    free(room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_of_callbacks),
        cmocka_unit_test(test_listen_in_the_same_instant),
        cmocka_unit_test(test_busy_and_not_listening),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_lowest_and_highest_frequency),
        cmocka_unit_test(test_cut_off),
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_listen_again),

    };

    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    failed += RUN_ROWS(air_time_rows, test_air_time);
    failed += RUN_ROWS(window_edges_rows, test_window_edges);
    failed += RUN_ROWS(verdicts_rows, test_verdicts);
    failed += RUN_ROWS(crc_rows, test_crc);
    failed += RUN_ROWS(reentrancy_rows, test_reentrancy);
    return failed;
}
