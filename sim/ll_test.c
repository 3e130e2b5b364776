/* SPDX-License-Identifier: MIT */
/*
 * Direct test mode (Core v5.4, Vol 6, Part F): test packets on one channel, sent at their interval
 * or counted, until the test is ended. Nothing else uses the radio meanwhile, so the one
 * reservation is held to the end.
 */
#include <assert.h>
#include <string.h>

#include "ll_internal.h"
#include "wire/crc24.h"

#define LAST_CHANNEL 39

/* Packet_Payload (4.1.5); the first bit sent is the least significant one. */
enum payload {
    PRBS9,
    ONES_ZEROS_4, /* 11110000 */
    ONE_ZERO,     /* 10101010 */
    PRBS15,
    ALL_ONES,
    ALL_ZEROS,
    ZEROS_ONES_4,
    ZERO_ONE,
};

/*
 * Of a shift register of that many stages that starts with all ones; what the stage `tap` and the
 * last one give, added modulo two, is fed to the first (of 15, as in ITU-T O.150: the 14th).
 */
static void fill_prbs(uint8_t *out, size_t len, unsigned stages, unsigned tap)
{
    uint32_t reg = (1U << stages) - 1; /* the last stage is bit 0, and what comes out */

    for (size_t i = 0; i < len * 8; i++) {
        const uint32_t fed = (reg ^ reg >> (stages - tap)) & 1;

        out[i / 8] |= (uint8_t)((reg & 1) << i % 8);
        reg = reg >> 1 | fed << (stages - 1);
    }
}

static void fill_payload(uint8_t *out, size_t len, uint8_t payload)
{
    static const uint8_t repeated[] = {
        [ONES_ZEROS_4] = 0x0F, [ONE_ZERO] = 0x55,     [ALL_ONES] = 0xFF,
        [ALL_ZEROS] = 0x00,    [ZEROS_ONES_4] = 0xF0, [ZERO_ONE] = 0xAA,
    };

    memset(out, 0, len);
    if (payload == PRBS9)
        fill_prbs(out, len, 9, 5);
    else if (payload == PRBS15)
        fill_prbs(out, len, 15, 14);
    else
        memset(out, repeated[payload], len);
}

static uint16_t test_mhz(const struct ll_test *test)
{
    return (uint16_t)(2402 + 2 * test->packets.channel);
}

/* I(L), from packet to packet (4.1.6). */
static sim_ns packet_interval(const struct ll_test_packets *packets)
{
    const sim_ns time = ll_air_time((enum radio_phy)packets->phy, 2U + packets->length);
    const sim_ns slot = SIM_US(625);

    return (time + SIM_US(249) + slot - 1) / slot * slot;
}

static void send_packet(struct ll_test *test)
{
    uint8_t pdu[LL_PDU_MAX] = {test->packets.payload, test->packets.length};
    const struct radio_packet packet = {
        .start = test->next,
        .mhz = test_mhz(test),
        .phy = test->packets.phy,
        .access_address = LL_TEST_ACCESS_ADDRESS,
        .crc_init = CRC24_INIT_ADVERTISING, /* the same */
        .pdu = pdu,
        .len = 2U + test->packets.length,
    };

    ll_use_power(test->ll, test->ll->profile.power_dbm);
    fill_payload(pdu + 2, test->packets.length, test->packets.payload);
    const int error = radio_transmit(&test->ll->radio, &packet);
    assert(error == 0);
    (void)error;
    test->next += packet_interval(&test->packets);
}

static void listen_on(struct ll_test *test)
{
    const struct radio_listen window = {
        .open = ll_now(test->ll),
        .close = SIM_NEVER,
        .mhz = test_mhz(test),
        .phy = test->packets.phy,
        .access_address = LL_TEST_ACCESS_ADDRESS,
        .crc_init = CRC24_INIT_ADVERTISING,
    };
    const int error = radio_listen(&test->ll->radio, &window);

    assert(error == 0);
    (void)error;
}

static void reserve(struct ll_test *test)
{
    test->next = ll_now(test->ll) + 2 * LL_SCHED_LEAD;
    ll_sched_reserve(&test->ll->sched, &test->slot, test->next, test->next + 1);
}

static void on_begin(struct ll_slot *slot)
{
    struct ll_test *test = slot->user;

    if (test->state == TEST_TX)
        send_packet(test);
    else
        listen_on(test);
}

/* Nobody takes the radio from a test; should it be, the test goes on with the next chance. */
static void on_taken(struct ll_slot *slot)
{
    reserve(slot->user);
}

static void on_tx_done(struct ll_slot *slot, sim_ns end)
{
    (void)end;
    send_packet(slot->user);
}

static void on_rx(struct ll_slot *slot, const struct radio_rx *rx)
{
    struct ll_test *test = slot->user;

    if (rx->crc_ok && test->received < UINT16_MAX)
        test->received++;
    listen_on(test);
}

static void on_rx_timeout(struct ll_slot *slot)
{
    listen_on(slot->user);
}

static const struct ll_slot_ops slot_ops = {
    .begin = on_begin,
    .lost = on_taken,
    .stop = on_taken,
    .tx_done = on_tx_done,
    .rx = on_rx,
    .rx_timeout = on_rx_timeout,
};

void ll_test_init(struct ll_test *test, struct ll *ll)
{
    *test = (struct ll_test){.ll = ll};
    ll_slot_init(&test->slot, &slot_ops, test);
    test->slot.priority = LL_PRIORITY_CONNECTION_URGENT;
}

void ll_test_stop(struct ll_test *test)
{
    if (test->state == TEST_OFF)
        return;
    ll_sched_cancel(&test->ll->sched, &test->slot);
    test->state = TEST_OFF;
}

/* --- from above --- */

static bool phy_supported(const struct ll *ll, uint8_t phy)
{
    const uint8_t masks[] = {
        [RADIO_PHY_1M] = 1, [RADIO_PHY_2M] = 2, [RADIO_PHY_CODED_S8] = 4, [RADIO_PHY_CODED_S2] = 4};

    return masks[phy] & ll_supported_phys(ll);
}

static uint8_t start(struct ll *ll, enum ll_test_state state, const struct ll_test_packets *packets)
{
    struct ll_test *test = &ll->test;

    if (packets->channel > LAST_CHANNEL || packets->payload > ZERO_ONE ||
        packets->phy < RADIO_PHY_1M || packets->phy > RADIO_PHY_CODED_S2)
        return HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS;
    if (!phy_supported(ll, packets->phy))
        return HCI_ERR_UNSUPPORTED_FEATURE_OR_PARAMETER_VALUE;
    if (ll_busy(ll))
        return HCI_ERR_COMMAND_DISALLOWED;
    test->packets = *packets;
    test->received = 0;
    test->state = state;
    reserve(test);
    return 0;
}

uint8_t ll_test_receive(struct ll *ll, uint8_t channel, uint8_t phy)
{
    const struct ll_test_packets packets = {.channel = channel, .phy = phy};

    return start(ll, TEST_RX, &packets);
}

uint8_t ll_test_transmit(struct ll *ll, const struct ll_test_packets *packets)
{
    return start(ll, TEST_TX, packets);
}

uint8_t ll_test_end(struct ll *ll, uint16_t *received)
{
    struct ll_test *test = &ll->test;

    if (test->state == TEST_OFF)
        return HCI_ERR_COMMAND_DISALLOWED;
    *received = test->received;
    ll_test_stop(test);
    return 0;
}
