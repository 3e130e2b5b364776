/* SPDX-License-Identifier: MIT */
/*
 * Direct test mode (Core v5.4, Vol 6, Part F), by HCI and over the real radio:
 *
 *   tx: LE Transmitter Test ---- test packets, every I(L) ----> rx: LE Receiver Test
 *   tx: LE Test End, 0                                          rx: LE Test End, how many
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hci_tester.h"
#include "rows.h"
#include "sim/controller.h"
#include "wire/ll.h"

struct room {
    struct trace_sink sink; /* first, so that heard() finds its way back */
    struct sim_world *world;
    struct sim_controller *tx, *rx;
    struct hci_tester tx_host, rx_host;
    unsigned sent;
    sim_ns first, last;
    struct trace_air_packet packet; /* the last one, its PDU in `pdu` */
    uint8_t pdu[LL_PDU_MAX];
};

static void heard(struct trace_sink *sink, const struct trace_air_packet *packet)
{
    struct room *room = (struct room *)sink;

    if (room->sent++ == 0)
        room->first = packet->start;
    room->last = packet->start;
    room->packet = *packet;
    memcpy(room->pdu, packet->pdu, packet->len);
}

static const struct trace_sink_ops sink_ops = {.air = heard};

static int setup(void **state)
{
    const struct sim_controller_profile profile = sim_controller_profile_default();
    struct room *room = calloc(1, sizeof *room);

    assert_non_null(room);
    room->sink.ops = &sink_ops;
    room->world = sim_world_new(3);
    assert_non_null(room->world);
    room->tx = sim_controller_new(room->world, "tx", &profile);
    room->rx = sim_controller_new(room->world, "rx", &profile);
    assert_non_null(room->tx);
    assert_non_null(room->rx);
    hci_tester_init(&room->tx_host, room->world, sim_controller_host_end(room->tx));
    hci_tester_init(&room->rx_host, room->world, sim_controller_host_end(room->rx));
    radio_medium_trace(sim_controller_radio(room->tx)->medium, &room->sink);
    *state = room;
    return 0;
}

static int teardown(void **state)
{
    struct room *room = *state;

    sim_controller_free(room->tx);
    sim_controller_free(room->rx);
    sim_world_free(room->world);
    free(room);
    return 0;
}

static uint8_t command(struct hci_tester *host, uint16_t opcode, const uint8_t *params, size_t len)
{
    return hci_tester_command(host, opcode, params, len, NULL);
}

static unsigned end_test(struct hci_tester *host)
{
    uint8_t ret[2];

    assert_int_equal(hci_tester_command(host, HCI_OP_LE_TEST_END, NULL, 0, ret), 0);
    return ret[0] + 256U * ret[1];
}

/* --- what is sent, and when --- */

static const struct sent_row {
    const char *name;
    uint8_t params[4]; /* of LE Transmitter Test [v2] */
    uint16_t mhz;
    uint16_t interval_625us;
    uint8_t air_phy;
    const char *begins; /* the payload, as far as eight octets */
} rows[] = {
    /* 80 us without payload, 8 us an octet of it: 376 us and 249 are one interval. */
    {"PRBS9", {0, 37, 0, 1}, 2402, 1, 1, "\xFF\xC1\xFB\xE8\x4C\x90\x72\x8B"},
    {"PRBS9, one octet over an interval", {0, 38, 0, 1}, 2402, 2, 1,
     "\xFF\xC1\xFB\xE8\x4C\x90\x72\x8B"},
    {"11110000", {19, 37, 1, 1}, 2440, 1, 1, "\x0F\x0F\x0F\x0F\x0F\x0F\x0F\x0F"},
    {"10101010", {39, 255, 2, 1}, 2480, 4, 1, "\x55\x55\x55\x55\x55\x55\x55\x55"},
    {"PRBS15", {1, 16, 3, 1}, 2404, 1, 1, "\xFF\x7F\x00\x20\x00\x18\x00\x0A"},
    {"ones", {12, 8, 4, 2}, 2426, 1, 2, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"},
    {"zeros", {12, 255, 5, 2}, 2426, 3, 2, "\x00\x00\x00\x00\x00\x00\x00\x00"},
    {"00001111", {12, 255, 6, 3}, 2426, 28, 3, "\xF0\xF0\xF0\xF0\xF0\xF0\xF0\xF0"},
    {"01010101", {12, 255, 7, 4}, 2426, 8, 4, "\xAA\xAA\xAA\xAA\xAA\xAA\xAA\xAA"},
};

static void packets_are_those_of_the_test(void **state)
{
    const struct sent_row *row = *state;
    void *made = NULL;

    setup(&made);
    struct room *room = made;
    assert_int_equal(command(&room->tx_host, HCI_OP_LE_TRANSMITTER_TEST_V2, row->params, 4), 0);
    hci_tester_run(&room->tx_host, SIM_S(1));
    assert_int_equal(room->packet.mhz, row->mhz);
    assert_int_equal(room->packet.phy, row->air_phy);
    assert_int_equal(room->packet.access_address, 0x71764129);
    assert_true(room->packet.crc_valid);
    assert_int_equal(room->packet.len, 2U + row->params[1]);
    assert_int_equal(room->pdu[0], row->params[2]);
    assert_int_equal(room->pdu[1], row->params[1]);
    assert_memory_equal(room->pdu + 2, row->begins, 8);
    assert_true(room->sent > 10);
    assert_true(room->last - room->first ==
                (room->sent - 1) * row->interval_625us * SIM_US(625));
    assert_int_equal(end_test(&room->tx_host), 0);
    const unsigned sent = room->sent;
    hci_tester_run(&room->tx_host, SIM_S(1));
    assert_int_equal(room->sent, sent);
    teardown(&made);
}

/* 511 bits, then again from the beginning. */
static void prbs9_repeats(void **state)
{
    struct room *room = *state;

    assert_int_equal(command(&room->tx_host, HCI_OP_LE_TRANSMITTER_TEST, BYTES(0, 255, 0)), 0);
    hci_tester_run(&room->tx_host, SIM_MS(10));
    for (unsigned bit = 0; bit + 511 < 255 * 8; bit++) {
        const unsigned later = bit + 511;
        assert_int_equal(room->pdu[2 + bit / 8] >> bit % 8 & 1,
                         room->pdu[2 + later / 8] >> later % 8 & 1);
    }
}

/* --- what is counted --- */

static const struct counted_row {
    const char *name;
    uint8_t tx[4], rx[3];
    bool heard;
} counted[] = {
    {"1M", {5, 37, 0, 1}, {5, 1, 0}, true},
    {"2M", {5, 37, 0, 2}, {5, 2, 0}, true},
    {"S8", {5, 37, 0, 3}, {5, 3, 0}, true},
    {"S2", {5, 37, 0, 4}, {5, 3, 0}, true},
    {"nothing in them", {5, 0, 0, 1}, {5, 1, 0}, true},
    {"another channel", {5, 37, 0, 1}, {6, 1, 0}, false},
    {"another PHY", {5, 37, 0, 2}, {5, 1, 0}, false},
};

static void what_is_sent_is_counted(void **state)
{
    const struct counted_row *row = *state;
    void *made = NULL;

    setup(&made);
    struct room *room = made;
    assert_int_equal(command(&room->rx_host, HCI_OP_LE_RECEIVER_TEST_V2, row->rx, 3), 0);
    assert_int_equal(command(&room->tx_host, HCI_OP_LE_TRANSMITTER_TEST_V2, row->tx, 4), 0);
    hci_tester_run(&room->tx_host, SIM_MS(500));
    assert_int_equal(end_test(&room->tx_host), 0);
    hci_tester_run(&room->rx_host, SIM_MS(20));
    const unsigned received = end_test(&room->rx_host);
    /* The one that the end has cut off is not among them. */
    assert_in_range(received, row->heard ? room->sent - 1 : 0, row->heard ? room->sent : 0);
    hci_tester_expect_none(&room->rx_host);
    /* Counted anew. */
    assert_int_equal(command(&room->rx_host, HCI_OP_LE_RECEIVER_TEST, BYTES(5)), 0);
    assert_int_equal(end_test(&room->rx_host), 0);
    teardown(&made);
}

/* Of a weaker medium: every second packet is lost, and every fourth broken, by rule. */
static void what_is_lost_or_broken_is_not(void **state)
{
    struct room *room = *state;
    struct radio_medium *medium = sim_controller_radio(room->tx)->medium;
    const struct radio_rule lose = {.action = RADIO_RULE_LOSE, .count = 100};
    const struct radio_rule corrupt = {.action = RADIO_RULE_CORRUPT, .count = 50};
    uint32_t id;

    assert_int_equal(radio_medium_add_rule(medium, &lose, &id), 0);
    assert_int_equal(radio_medium_add_rule(medium, &corrupt, &id), 0);
    assert_int_equal(command(&room->rx_host, HCI_OP_LE_RECEIVER_TEST, BYTES(5)), 0);
    assert_int_equal(command(&room->tx_host, HCI_OP_LE_TRANSMITTER_TEST, BYTES(5, 37, 0)), 0);
    hci_tester_run(&room->tx_host, SIM_MS(625));
    const unsigned received = end_test(&room->rx_host);
    assert_in_range(received, room->sent - 151, room->sent - 150);
}

/* --- what is refused --- */

static const struct refused_row {
    const char *name;
    uint16_t opcode;
    uint8_t params[4];
    size_t len;
    uint8_t status;
} refused[] = {
    {"receiver, channel 40", HCI_OP_LE_RECEIVER_TEST, {40}, 1, 0x12},
    {"receiver v2, channel 40", HCI_OP_LE_RECEIVER_TEST_V2, {40, 1, 0}, 3, 0x12},
    {"receiver v2, PHY 0", HCI_OP_LE_RECEIVER_TEST_V2, {0, 0, 0}, 3, 0x12},
    {"receiver v2, PHY 4", HCI_OP_LE_RECEIVER_TEST_V2, {0, 4, 0}, 3, 0x12},
    {"receiver v2, stable index", HCI_OP_LE_RECEIVER_TEST_V2, {0, 1, 1}, 3, 0x11},
    {"receiver v2, index 2", HCI_OP_LE_RECEIVER_TEST_V2, {0, 1, 2}, 3, 0x12},
    {"transmitter, channel 40", HCI_OP_LE_TRANSMITTER_TEST, {40, 0, 0}, 3, 0x12},
    {"transmitter, payload 8", HCI_OP_LE_TRANSMITTER_TEST, {0, 0, 8}, 3, 0x12},
    {"transmitter v2, PHY 0", HCI_OP_LE_TRANSMITTER_TEST_V2, {0, 0, 0, 0}, 4, 0x12},
    {"transmitter v2, PHY 5", HCI_OP_LE_TRANSMITTER_TEST_V2, {0, 0, 0, 5}, 4, 0x12},
    {"transmitter v2, PHY 255", HCI_OP_LE_TRANSMITTER_TEST_V2, {0, 0, 0, 255}, 4, 0x12},
    {"the end of none", HCI_OP_LE_TEST_END, {0}, 0, 0x0C},
};

static void is_refused(void **state)
{
    const struct refused_row *row = *state;
    void *made = NULL;

    setup(&made);
    struct room *room = made;
    assert_int_equal(command(&room->tx_host, row->opcode, row->params, row->len), row->status);
    assert_int_equal(command(&room->tx_host, HCI_OP_LE_TEST_END, NULL, 0), 0x0C);
    hci_tester_run(&room->tx_host, SIM_S(1));
    assert_int_equal(room->sent, 0);
    teardown(&made);
}

/* While a test runs nothing else begins, and while something else runs no test does. */
static void alone_or_not_at_all(void **state)
{
    struct room *room = *state;
    struct hci_tester *host = &room->tx_host;
    const uint8_t create[25] = {0x10, 0, 0x10, 0, 0, 0, 9, 9, 9, 9, 9, 9, 0,
                                6,    0, 6,    0, 0, 0, 100};

    assert_int_equal(command(host, HCI_OP_LE_TRANSMITTER_TEST, BYTES(5, 37, 0)), 0);
    assert_int_equal(command(host, HCI_OP_LE_TRANSMITTER_TEST, BYTES(5, 37, 0)), 0x0C);
    assert_int_equal(command(host, HCI_OP_LE_RECEIVER_TEST, BYTES(5)), 0x0C);
    assert_int_equal(command(host, HCI_OP_LE_SET_ADVERTISING_ENABLE, BYTES(1)), 0x0C);
    assert_int_equal(command(host, HCI_OP_LE_SET_SCAN_ENABLE, BYTES(1, 0)), 0x0C);
    assert_int_equal(command(host, HCI_OP_LE_CREATE_CONNECTION, create, sizeof create), 0x0C);
    assert_int_equal(command(host, HCI_OP_VENDOR_WRITE_BD_ADDR, BYTES(1, 2, 3, 4, 5, 6)), 0x0C);
    assert_int_equal(end_test(host), 0);
    assert_int_equal(command(host, HCI_OP_LE_SET_ADVERTISING_ENABLE, BYTES(1)), 0);
    assert_int_equal(command(host, HCI_OP_LE_TRANSMITTER_TEST, BYTES(5, 37, 0)), 0x0C);
    assert_int_equal(command(host, HCI_OP_LE_SET_ADVERTISING_ENABLE, BYTES(0)), 0);
    assert_int_equal(command(host, HCI_OP_LE_SET_SCAN_ENABLE, BYTES(1, 0)), 0);
    assert_int_equal(command(host, HCI_OP_LE_RECEIVER_TEST, BYTES(5)), 0x0C);
    assert_int_equal(command(host, HCI_OP_LE_SET_SCAN_ENABLE, BYTES(0, 0)), 0);
    assert_int_equal(command(host, HCI_OP_LE_RECEIVER_TEST, BYTES(5)), 0);
}

static void reset_ends_it(void **state)
{
    struct room *room = *state;

    assert_int_equal(command(&room->tx_host, HCI_OP_LE_TRANSMITTER_TEST, BYTES(5, 37, 0)), 0);
    hci_tester_run(&room->tx_host, SIM_MS(10));
    assert_int_equal(command(&room->tx_host, HCI_OP_RESET, NULL, 0), 0);
    const unsigned sent = room->sent;
    assert_true(sent > 10);
    hci_tester_run(&room->tx_host, SIM_S(1));
    assert_int_equal(room->sent, sent);
    assert_int_equal(command(&room->tx_host, HCI_OP_LE_TEST_END, NULL, 0), 0x0C);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(prbs9_repeats),
        TEST(what_is_lost_or_broken_is_not),
        TEST(alone_or_not_at_all),
        TEST(reset_ends_it),
    };
    int failed = RUN_ROWS(rows, packets_are_those_of_the_test);

    failed += RUN_ROWS(counted, what_is_sent_is_counted);
    failed += RUN_ROWS(refused, is_refused);
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
