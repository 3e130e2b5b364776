/* SPDX-License-Identifier: MIT */
/*
 * Two controllers by raw HCI, over the real Link Layer:
 *
 *   phone (central)                        sensor (peripheral)
 *     |                                       | set parameters and data, enable
 *     | scan: ADV_IND, SCAN_RSP reports   <---|
 *     | create connection  ---- CONNECT_IND -->|
 *     | LE Connection Complete                | LE Connection Complete
 *     | version, features  <----------------->|
 *     | ACL data, fragments <---------------->| Number Of Completed Packets
 *     | disconnect (0x16)  ---- TERMINATE --->| Disconnection Complete (0x13)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hci_tester.h"
#include "sim/controller.h"
#include "wire/addr.h"
#include "wire/wr.h"

#define ROUND_TRIP SIM_US(200)

static const uint8_t sensor_address[6] = {0x0D, 0x18, 0x00, 0xDC, 0x1B, 0x00};
static const uint8_t phone_address[6] = {0x01, 0x00, 0x00, 0xDC, 0x1B, 0x00};
static const uint8_t adv_data[31] = {2, 1, 6, 3, 3, 0x0D, 0x18};
static const uint8_t scan_response[31] = {4, 9, 'H', 'R', 'M'};

struct pair {
    struct sim_world *world;
    struct sim_controller *phone, *sensor;
    struct hci_tester p, s; /* their hosts */
    uint16_t ph, sh;        /* their handles */
};

static int setup(void **state)
{
    struct sim_controller_profile phone = sim_controller_profile_default(), sensor = phone;
    struct pair *pair = calloc(1, sizeof *pair);

    assert_non_null(pair);
    pair->world = sim_world_new(3);
    assert_non_null(pair->world);
    memcpy(phone.address.octet, phone_address, 6);
    memcpy(sensor.address.octet, sensor_address, 6);
    phone.sca = 7;
    sensor.sca = 4;
    pair->phone = hci_tester_controller(&pair->p, pair->world, "phone", &phone);
    pair->sensor = hci_tester_controller(&pair->s, pair->world, "sensor", &sensor);
    hci_tester_bring_up(&pair->p);
    hci_tester_bring_up(&pair->s);
    *state = pair;
    return 0;
}

static int teardown(void **state)
{
    struct pair *pair = *state;

    sim_controller_free(pair->phone);
    sim_controller_free(pair->sensor);
    sim_world_free(pair->world);
    free(pair);
    return 0;
}

static void command(struct hci_tester *tester, uint16_t opcode, const uint8_t *params, size_t len)
{
    assert_int_equal(hci_tester_command(tester, opcode, params, len, NULL), HCI_ERR_SUCCESS);
}

static void set_data(struct hci_tester *tester, uint16_t opcode, const uint8_t data[static 31],
                     uint8_t len)
{
    uint8_t params[32] = {len};

    memcpy(params + 1, data, 31);
    command(tester, opcode, params, sizeof params);
}

/* ADV_IND every 100 ms on all channels. */
static void advertise(struct pair *pair)
{
    command(&pair->s, HCI_OP_LE_SET_ADVERTISING_PARAMETERS,
            BYTES(0xA0, 0, 0xA0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0));
    set_data(&pair->s, HCI_OP_LE_SET_ADVERTISING_DATA, adv_data, 7);
    set_data(&pair->s, HCI_OP_LE_SET_SCAN_RESPONSE_DATA, scan_response, 5);
    command(&pair->s, HCI_OP_LE_SET_ADVERTISING_ENABLE, BYTES(1));
}

/* Interval 30 ms, supervision timeout 1 s; towards the sensor. */
static const uint8_t create_params[25] = {0x60, 0, 0x60, 0, 0, 0, 0x0D, 0x18, 0, 0xDC, 0x1B, 0, 0,
                                          24,   0, 24,   0, 0, 0, 100,  0,    0, 0,    0,    0};

static void connect_pair(struct pair *pair)
{
    advertise(pair);
    command(&pair->p, HCI_OP_LE_CREATE_CONNECTION, create_params, sizeof create_params);
    const struct hci_tester_packet p =
        hci_tester_le_event(&pair->p, HCI_LE_EV_CONNECTION_COMPLETE, SIM_S(1));
    const struct hci_tester_packet s =
        hci_tester_le_event(&pair->s, HCI_LE_EV_CONNECTION_COMPLETE, SIM_S(1));
    pair->ph = (uint16_t)(p.bytes[4] | p.bytes[5] << 8);
    pair->sh = (uint16_t)(s.bytes[4] | s.bytes[5] << 8);

    const uint8_t status_role_peer[] = {0,    p.bytes[4], p.bytes[5], 0, 0, 0x0D, 0x18, 0, 0xDC,
                                        0x1B, 0,          24,         0, 0, 0,    100,  0, 0};
    assert_memory_equal(p.bytes + 3, status_role_peer, sizeof status_role_peer);
    const uint8_t at_the_sensor[] = {0,    s.bytes[4], s.bytes[5], 1, 0, 0x01, 0,   0, 0xDC,
                                     0x1B, 0,          24,         0, 0, 0,    100, 0, 7};
    assert_memory_equal(s.bytes + 3, at_the_sensor, sizeof at_the_sensor);
    for (unsigned i = 0; i < 2; i++) {
        struct hci_tester *tester = i ? &pair->s : &pair->p;
        const struct hci_tester_packet csa =
            hci_tester_le_event(tester, HCI_LE_EV_CHANNEL_SELECTION_ALGORITHM, 0);
        assert_int_equal(csa.bytes[5], 1); /* both know #2 */
        hci_tester_expect_none(tester);
    }
}

static void reports_of_an_advertiser(void **state)
{
    struct pair *pair = *state;

    advertise(pair);
    command(&pair->p, HCI_OP_LE_SET_SCAN_PARAMETERS, BYTES(1, 0xA0, 0, 0xA0, 0, 0, 0));
    command(&pair->p, HCI_OP_LE_SET_SCAN_ENABLE, BYTES(1, 1));
    const struct hci_tester_packet adv =
        hci_tester_le_event(&pair->p, HCI_LE_EV_ADVERTISING_REPORT, SIM_S(1));
    const struct hci_tester_packet rsp =
        hci_tester_le_event(&pair->p, HCI_LE_EV_ADVERTISING_REPORT, SIM_S(1));
    uint8_t expected[] = {0x3E, 19, 2, 1, 0, 0, 0x0D, 0x18, 0,    0xDC,
                          0x1B, 0,  7, 2, 1, 6, 3,    3,    0x0D, 0x18};
    assert_int_equal(adv.len, sizeof expected + 1);
    assert_memory_equal(adv.bytes, expected, sizeof expected);
    const uint8_t response[] = {0x3E, 17,   2, 1, 4, 0, 0x0D, 0x18, 0,
                                0xDC, 0x1B, 0, 5, 4, 9, 'H',  'R',  'M'};
    assert_int_equal(rsp.len, sizeof response + 1);
    assert_memory_equal(rsp.bytes, response, sizeof response);
    /* At the same place: 40 dB below 0 dBm is the loss at 1 m, less is nearer. */
    assert_true((int8_t)adv.bytes[adv.len - 1] > -41 && (int8_t)adv.bytes[adv.len - 1] < 0);
    /* Duplicates are filtered. */
    hci_tester_run(&pair->p, SIM_S(1));
    hci_tester_expect_none(&pair->p);
    command(&pair->p, HCI_OP_LE_SET_SCAN_ENABLE, BYTES(0, 0));
    hci_tester_run(&pair->p, SIM_S(1));
    hci_tester_expect_none(&pair->p);
    hci_tester_expect_none(&pair->s);
}

static void connect_exchange_disconnect(void **state)
{
    struct pair *pair = *state;

    connect_pair(pair);
    const uint8_t handle[2] = {(uint8_t)pair->ph, (uint8_t)(pair->ph >> 8)};
    uint8_t ret[8];
    command(&pair->p, HCI_OP_READ_REMOTE_VERSION_INFORMATION, handle, 2);
    const struct hci_tester_packet version =
        hci_tester_event(&pair->p, HCI_EV_READ_REMOTE_VERSION_INFORMATION_COMPLETE, SIM_S(1));
    assert_memory_equal(version.bytes + 2,
                        ((uint8_t[]){0, handle[0], handle[1], HCI_VERSION_5_1, 0xFF, 0xFF, 0, 0}), 8);
    command(&pair->p, HCI_OP_LE_READ_REMOTE_FEATURES, handle, 2);
    const struct hci_tester_packet features =
        hci_tester_le_event(&pair->p, HCI_LE_EV_READ_REMOTE_FEATURES_COMPLETE, SIM_S(1));
    assert_memory_equal(features.bytes + 3, ((uint8_t[]){0, handle[0], handle[1]}), 3);
    command(&pair->s, HCI_OP_LE_READ_LOCAL_SUPPORTED_FEATURES, NULL, 0);
    assert_int_equal(hci_tester_command(&pair->p, HCI_OP_READ_RSSI, handle, 2, ret), 0);
    assert_true((int8_t)ret[2] > -41 && (int8_t)ret[2] < 0);
    assert_int_equal(hci_tester_command(&pair->p, HCI_OP_LE_READ_CHANNEL_MAP, handle, 2, ret), 0);
    assert_memory_equal(ret + 2, "\xFF\xFF\xFF\xFF\x1F", 5);
    hci_tester_expect_none(&pair->p);
    hci_tester_expect_none(&pair->s);

    const sim_ns sent_at = sim_world_now(pair->world);
    hci_tester_send_command(&pair->p, HCI_OP_DISCONNECT, (uint8_t[]){handle[0], handle[1], 0x13},
                            3);
    hci_tester_expect(&pair->p, sent_at + ROUND_TRIP, HCI_PACKET_EVENT,
                      BYTES(0x0F, 4, 0, 1, 0x06, 0x04));
    const struct hci_tester_packet ours =
        hci_tester_event(&pair->p, HCI_EV_DISCONNECTION_COMPLETE, SIM_S(1));
    assert_memory_equal(ours.bytes, ((uint8_t[]){5, 4, 0, handle[0], handle[1], 0x16}), 6);
    const struct hci_tester_packet theirs =
        hci_tester_event(&pair->s, HCI_EV_DISCONNECTION_COMPLETE, SIM_S(1));
    assert_int_equal(theirs.bytes[5], 0x13);
    hci_tester_run(&pair->p, SIM_S(2));
    hci_tester_expect_none(&pair->p);
    hci_tester_expect_none(&pair->s);
    assert_int_equal(hci_tester_command(&pair->p, HCI_OP_READ_RSSI, handle, 2, ret), 2);
}

/*
 * Sends `len` octets in HCI packets of `part`, each when its predecessor was acknowledged or, with
 * burst, at once; collects what arrives: one start, then continuations, in order.
 */
static void transfer(struct hci_tester *from, uint16_t from_handle, struct hci_tester *to,
                     uint16_t to_handle, size_t len, size_t part)
{
    uint8_t sent[512], got[512];
    size_t got_len = 0;
    unsigned packets = 0, completed = 0, fragments = 0;

    assert_true(len <= sizeof sent);
    for (size_t i = 0; i < len; i++)
        sent[i] = (uint8_t)(i * 31 + 7);
    for (size_t off = 0; off < len; off += part, packets++) {
        const size_t n = len - off < part ? len - off : part;
        hci_tester_send_acl(from, (uint16_t)(from_handle | (off ? 1U : 0U) << 12), sent + off, n);
    }
    while (completed < packets) {
        const struct hci_tester_packet e =
            hci_tester_event(from, HCI_EV_NUMBER_OF_COMPLETED_PACKETS, SIM_S(2));
        assert_int_equal(e.bytes[2], 1);
        assert_int_equal(e.bytes[3] | e.bytes[4] << 8, from_handle);
        completed += e.bytes[5];
    }
    assert_int_equal(completed, packets);
    while (got_len < len) {
        const struct hci_tester_packet p = hci_tester_next(to, SIM_S(1));
        assert_int_equal(p.type, HCI_PACKET_ACL);
        assert_int_equal(p.bytes[0] | p.bytes[1] << 8, to_handle | (fragments ? 1U : 2U) << 12);
        assert_true(p.len - 4U <= 27); /* no data length extension yet */
        memcpy(got + got_len, p.bytes + 4, p.len - 4U);
        got_len += p.len - 4U;
        fragments++;
    }
    assert_int_equal(got_len, len);
    assert_memory_equal(got, sent, len);
    hci_tester_expect_none(from);
    hci_tester_expect_none(to);
}

static void data_both_ways(void **state)
{
    static const struct {
        size_t len, part;
    } sizes[] = {{1, 27}, {27, 27}, {28, 251}, {251, 251}, {500, 251}, {54, 27}, {90, 12}};
    struct pair *pair = *state;

    connect_pair(pair);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        transfer(&pair->p, pair->ph, &pair->s, pair->sh, sizes[i].len, sizes[i].part);
        transfer(&pair->s, pair->sh, &pair->p, pair->ph, sizes[i].len, sizes[i].part);
    }
}

/* What the peer has not acknowledged when the connection ends is never completed. */
static void nothing_is_completed_after_the_end(void **state)
{
    struct pair *pair = *state;
    const uint8_t data[251] = {247, 0, 4, 0};

    connect_pair(pair);
    for (unsigned i = 0; i < 8; i++)
        hci_tester_send_acl(&pair->p, pair->ph, data, sizeof data);
    hci_tester_send_command(&pair->p, HCI_OP_DISCONNECT,
                            BYTES((uint8_t)pair->ph, (uint8_t)(pair->ph >> 8), 0x13));
    hci_tester_run(&pair->p, SIM_S(5));
    bool ended = false;
    while (pair->p.count) {
        const struct hci_tester_packet packet = hci_tester_next(&pair->p, 0);
        assert_false(ended);
        ended = packet.bytes[0] == HCI_EV_DISCONNECTION_COMPLETE;
    }
    assert_true(ended);
}

/* 7.8.13: the answer to the cancel comes first, then the connection that did not come to be. */
static void a_cancelled_connection(void **state)
{
    struct pair *pair = *state;

    command(&pair->p, HCI_OP_LE_CREATE_CONNECTION, create_params, sizeof create_params);
    assert_int_equal(hci_tester_command(&pair->p, HCI_OP_LE_CREATE_CONNECTION, create_params,
                                        sizeof create_params, NULL),
                     HCI_ERR_COMMAND_DISALLOWED);
    hci_tester_run(&pair->p, SIM_S(3));
    hci_tester_expect_none(&pair->p);
    const sim_ns sent_at = sim_world_now(pair->world);
    hci_tester_send_command(&pair->p, HCI_OP_LE_CREATE_CONNECTION_CANCEL, NULL, 0);
    hci_tester_expect(&pair->p, sent_at + ROUND_TRIP, HCI_PACKET_EVENT,
                      BYTES(0x0E, 4, 1, 0x0E, 0x20, 0));
    const struct hci_tester_packet complete =
        hci_tester_le_event(&pair->p, HCI_LE_EV_CONNECTION_COMPLETE, SIM_MS(10));
    assert_int_equal(complete.bytes[3], HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER);
    assert_int_equal(
        hci_tester_command(&pair->p, HCI_OP_LE_CREATE_CONNECTION_CANCEL, NULL, 0, NULL),
        HCI_ERR_COMMAND_DISALLOWED);
    hci_tester_run(&pair->p, SIM_S(1));
    hci_tester_expect_none(&pair->p);
}

/* What the commands on a connection refuse, while there is one and while it ends. */
static void errors_on_a_connection(void **state)
{
    struct pair *pair = *state;

    connect_pair(pair);
    const uint8_t low = (uint8_t)pair->ph, high = (uint8_t)(pair->ph >> 8);
    hci_tester_run(&pair->p, SIM_MS(500));
    assert_int_equal(hci_tester_command(&pair->p, HCI_OP_LE_CREATE_CONNECTION, create_params,
                                        sizeof create_params, NULL),
                     HCI_ERR_CONNECTION_ALREADY_EXISTS);
    assert_int_equal(
        hci_tester_command(&pair->p, HCI_OP_READ_TRANSMIT_POWER_LEVEL, BYTES(low, high, 2), NULL),
        HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS);
    command(&pair->p, HCI_OP_READ_TRANSMIT_POWER_LEVEL, BYTES(low, high, 1));
    static const uint8_t reasons[] = {0x00, 0x08, 0x16, 0x3E, 0xFF}; /* not those of 7.1.6 */
    for (size_t i = 0; i < sizeof reasons; i++)
        assert_int_equal(
            hci_tester_command(&pair->p, HCI_OP_DISCONNECT, BYTES(low, high, reasons[i]), NULL),
            HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS);
    hci_tester_expect_none(&pair->p);
    hci_tester_expect_none(&pair->s);
    hci_tester_send_command(&pair->p, HCI_OP_DISCONNECT, BYTES(low, high, 0x15));
    assert_int_equal(hci_tester_command(&pair->p, HCI_OP_DISCONNECT, BYTES(low, high, 0x13), NULL),
                     HCI_ERR_SUCCESS);
    assert_int_equal(hci_tester_event(&pair->p, HCI_EV_COMMAND_STATUS, SIM_MS(1)).bytes[2],
                     HCI_ERR_COMMAND_DISALLOWED);
    assert_int_equal(hci_tester_event(&pair->p, HCI_EV_DISCONNECTION_COMPLETE, SIM_S(1)).bytes[5],
                     HCI_ERR_CONNECTION_TERMINATED_BY_LOCAL_HOST);
    assert_int_equal(hci_tester_event(&pair->s, HCI_EV_DISCONNECTION_COMPLETE, SIM_S(1)).bytes[5],
                     HCI_ERR_REMOTE_POWER_OFF);
}

static struct hci_tester_packet updated(struct hci_tester *tester)
{
    return hci_tester_event(tester, HCI_EV_LE_META, SIM_S(2));
}

/* Either side asks over HCI; the other's host is asked and agrees, both are told, or one only. */
static void parameters_are_negotiated(void **state)
{
    struct pair *pair = *state;

    connect_pair(pair);
    for (int round = 0; round < 2; round++) {
        struct hci_tester *asks = round ? &pair->s : &pair->p;
        struct hci_tester *asked = round ? &pair->p : &pair->s;
        const uint16_t mine = round ? pair->sh : pair->ph, theirs = round ? pair->ph : pair->sh;
        const uint8_t interval = round ? 40 : 80;
        const uint8_t update[] = {(uint8_t)mine, 0, interval, 0, interval, 0, 1, 0, 0x2C, 1,
                                  0, 0, 0, 0};
        uint8_t reply[14];

        command(asks, HCI_OP_LE_CONNECTION_UPDATE, update, sizeof update);
        const struct hci_tester_packet request = updated(asked);
        const uint8_t expected[] = {0x3E, 11, HCI_LE_EV_REMOTE_CONNECTION_PARAMETER_REQUEST,
                                    (uint8_t)theirs, 0, interval, 0, interval, 0, 1, 0, 0x2C, 1};
        assert_int_equal(request.len, sizeof expected);
        assert_memory_equal(request.bytes, expected, sizeof expected);
        memcpy(reply, update, sizeof reply);
        reply[0] = (uint8_t)theirs;
        command(asked, HCI_OP_LE_REMOTE_CONNECTION_PARAMETER_REQUEST_REPLY, reply, sizeof reply);
        for (int side = 0; side < 2; side++) {
            const uint16_t handle = side ? theirs : mine;
            const uint8_t complete[] = {0x3E, 10, HCI_LE_EV_CONNECTION_UPDATE_COMPLETE, 0,
                                        (uint8_t)handle, 0, interval, 0, 1, 0, 0x2C, 1};
            const struct hci_tester_packet got = updated(side ? asked : asks);
            assert_int_equal(got.len, sizeof complete);
            assert_memory_equal(got.bytes, complete, sizeof complete);
        }
    }
    hci_tester_run(&pair->p, SIM_S(5));
    hci_tester_expect_none(&pair->p);
    hci_tester_expect_none(&pair->s);
}

static size_t drain_acl(struct hci_tester *tester)
{
    size_t octets = 0;

    while (tester->count) {
        const struct hci_tester_packet packet = hci_tester_next(tester, 0);
        octets += packet.type == HCI_PACKET_ACL ? packet.len - 4U : 0;
    }
    return octets;
}

/* A sensor whose transport takes a second: the ring towards its host fills. */
static void slow_sensor(struct pair *pair)
{
    struct sim_controller_profile slow = sim_controller_profile_default();

    sim_controller_free(pair->sensor);
    memcpy(slow.address.octet, sensor_address, 6);
    slow.to_host_ns = SIM_CONTROLLER_MAX_LATENCY;
    pair->sensor = sim_controller_new(pair->world, "sensor", &slow);
    assert_non_null(pair->sensor);
    hci_tester_init(&pair->s, pair->world, sim_controller_host_end(pair->sensor));
    hci_tester_bring_up(&pair->s);
}

/* What does not fit is left unacknowledged, and arrives once there is room. */
static void nothing_is_lost_to_a_slow_host(void **state)
{
    struct pair *pair = *state;
    const unsigned packets = 120;
    const uint8_t data[251] = {247, 0, 4, 0};
    uint8_t fast_params[sizeof create_params];
    unsigned sent = 0, completed = 0, credits = 8;
    size_t got = 0;

    slow_sensor(pair);
    advertise(pair);
    memcpy(fast_params, create_params, sizeof fast_params);
    fast_params[13] = fast_params[15] = 6; /* 7.5 ms */
    command(&pair->p, HCI_OP_LE_CREATE_CONNECTION, fast_params, sizeof fast_params);
    hci_tester_le_event(&pair->p, HCI_LE_EV_CONNECTION_COMPLETE, SIM_S(1));
    while (completed < packets) {
        for (; credits && sent < packets; credits--, sent++)
            hci_tester_send_acl(&pair->p, 0, data, sizeof data);
        const struct hci_tester_packet e =
            hci_tester_event(&pair->p, HCI_EV_NUMBER_OF_COMPLETED_PACKETS, SIM_S(5));
        credits += e.bytes[5];
        completed += e.bytes[5];
        got += drain_acl(&pair->s);
    }
    hci_tester_run(&pair->s, SIM_S(2));
    got += drain_acl(&pair->s);
    assert_int_equal(got, packets * sizeof data);
    assert_true(sim_controller_stats(pair->sensor)->acl_withheld > 0);
}

/*
 * The sensor's host has room for two packets: of what the phone sends the third stays on the air,
 * unacknowledged, for as long as the host likes; the link lives on.
 */
static void a_full_host_holds_the_peer(void **state)
{
    struct pair *pair = *state;
    const uint8_t data[20] = {16, 0, 4, 0};

    command(&pair->s, HCI_OP_HOST_BUFFER_SIZE, BYTES(27, 0, 0, 2, 0, 0, 0));
    command(&pair->s, HCI_OP_SET_CONTROLLER_TO_HOST_FLOW_CONTROL, BYTES(1));
    connect_pair(pair);
    for (unsigned i = 0; i < 5; i++)
        hci_tester_send_acl(&pair->p, pair->ph, data, sizeof data);
    hci_tester_run(&pair->p, SIM_S(10));
    assert_int_equal(drain_acl(&pair->s), 2 * sizeof data);
    assert_true(sim_controller_stats(pair->sensor)->acl_withheld > 300);
    unsigned completed = pair->p.count; /* each in an event of its own */
    assert_int_equal(completed, 2);
    for (unsigned i = 0; i < 3; i++) {
        hci_tester_send_command(&pair->s, HCI_OP_HOST_NUMBER_OF_COMPLETED_PACKETS,
                                BYTES(1, (uint8_t)pair->sh, 0, 1, 0));
        hci_tester_run(&pair->s, SIM_S(1));
        assert_int_equal(drain_acl(&pair->s), sizeof data);
        assert_int_equal(pair->p.count, ++completed);
    }
}

/*
 * High duty cycle: the phone, which is its target, is told with event type 1; nobody connects, so
 * after 1.28 s the sensor's host is told of it.
 */
static void directed_advertising(void **state)
{
    struct pair *pair = *state;

    command(&pair->s, HCI_OP_LE_SET_ADVERTISING_PARAMETERS,
            BYTES(0, 0, 0, 0, 1, 0, 0, 0x01, 0, 0, 0xDC, 0x1B, 0, 7, 0));
    command(&pair->p, HCI_OP_LE_SET_SCAN_PARAMETERS, BYTES(0, 0xA0, 0, 0xA0, 0, 0, 0));
    command(&pair->p, HCI_OP_LE_SET_SCAN_ENABLE, BYTES(1, 1));
    command(&pair->s, HCI_OP_LE_SET_ADVERTISING_ENABLE, BYTES(1));
    const sim_ns enabled = sim_world_now(pair->world) - ROUND_TRIP / 2;
    const struct hci_tester_packet adv =
        hci_tester_le_event(&pair->p, HCI_LE_EV_ADVERTISING_REPORT, SIM_MS(10));
    const uint8_t report[] = {0x3E, 12, 2, 1, 1, 0, 0x0D, 0x18, 0, 0xDC, 0x1B, 0, 0};
    assert_int_equal(adv.len, sizeof report + 1);
    assert_memory_equal(adv.bytes, report, sizeof report);
    const struct hci_tester_packet end = hci_tester_next(&pair->s, SIM_S(2));
    const uint8_t timeout[] = {0x3E, 19, 1, 0x3C, 0, 0, 1, 0, 0x01, 0, 0,
                               0xDC, 0x1B, 0, 0, 0, 0, 0, 0, 0, 0};
    assert_int_equal(end.at, enabled + SIM_MS(1280) + ROUND_TRIP / 2);
    assert_int_equal(end.len, sizeof timeout);
    assert_memory_equal(end.bytes, timeout, sizeof timeout);
    hci_tester_run(&pair->s, SIM_S(1));
    hci_tester_expect_none(&pair->s);
    hci_tester_expect_none(&pair->p);
    command(&pair->p, HCI_OP_LE_SET_SCAN_ENABLE, BYTES(0, 0));
    connect_pair(pair);
}

/* The phone's Reset leaves the sensor to its supervision timeout; the phone hears of nothing. */
static void reset_forgets_a_connection(void **state)
{
    struct pair *pair = *state;

    connect_pair(pair);
    hci_tester_run(&pair->p, SIM_MS(500));
    command(&pair->p, HCI_OP_RESET, NULL, 0);
    const struct hci_tester_packet gone =
        hci_tester_event(&pair->s, HCI_EV_DISCONNECTION_COMPLETE, SIM_S(3));
    assert_int_equal(gone.bytes[5], HCI_ERR_CONNECTION_TIMEOUT);
    hci_tester_expect_none(&pair->p);
    hci_tester_bring_up(&pair->p);
    connect_pair(pair);
}

/*
 * The sensor loses its power while connected: silence at once, and a host that nobody hears. With
 * power again it is as new.
 */
static void without_power(void **state)
{
    struct pair *pair = *state;

    connect_pair(pair);
    hci_tester_run(&pair->p, SIM_MS(500));
    hci_tester_send_acl(&pair->s, pair->sh, adv_data, 20);
    sim_controller_power(pair->sensor, false);
    const uint64_t sent = radio_medium_stats(sim_world_medium(pair->world))->sent;
    hci_tester_send_command(&pair->s, HCI_OP_LE_RAND, NULL, 0);
    hci_tester_send_acl(&pair->s, pair->sh, adv_data, 20);
    const struct hci_tester_packet gone =
        hci_tester_event(&pair->p, HCI_EV_DISCONNECTION_COMPLETE, SIM_S(2));
    assert_int_equal(gone.bytes[5], HCI_ERR_CONNECTION_TIMEOUT);
    /* The phone alone has spoken, once every 30 ms. */
    assert_in_range(radio_medium_stats(sim_world_medium(pair->world))->sent - sent, 30, 34);
    hci_tester_expect_none(&pair->s);
    hci_tester_expect_none(&pair->p);
    sim_controller_power(pair->sensor, true);
    hci_tester_run(&pair->s, SIM_S(1));
    hci_tester_expect_none(&pair->s);
    hci_tester_bring_up(&pair->s);
    connect_pair(pair);
}

/* A frozen host gets nothing and is not heard; its controller acknowledges and keeps the link. */
static void with_a_frozen_host(void **state)
{
    struct pair *pair = *state;

    connect_pair(pair);
    sim_controller_freeze_host(pair->sensor, true);
    for (unsigned i = 0; i < 3; i++)
        hci_tester_send_acl(&pair->p, pair->ph, adv_data, 20 + i);
    hci_tester_send_command(&pair->s, HCI_OP_LE_RAND, NULL, 0);
    hci_tester_run(&pair->p, SIM_S(10));
    assert_int_equal(pair->p.count, 3); /* completed */
    hci_tester_expect_none(&pair->s);
    sim_controller_freeze_host(pair->sensor, false);
    hci_tester_run(&pair->s, SIM_S(1));
    assert_int_equal(pair->s.count, 4);
    for (unsigned i = 0; i < 3;) {
        const struct hci_tester_packet packet = hci_tester_next(&pair->s, 0);

        if (packet.type == HCI_PACKET_ACL)
            assert_int_equal(packet.len, 4 + 20 + i++);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(reports_of_an_advertiser),
        TEST(connect_exchange_disconnect),
        TEST(data_both_ways),
        TEST(nothing_is_completed_after_the_end),
        TEST(a_cancelled_connection),
        TEST(errors_on_a_connection),
        TEST(parameters_are_negotiated),
        TEST(nothing_is_lost_to_a_slow_host),
        TEST(a_full_host_holds_the_peer),
        TEST(directed_advertising),
        TEST(reset_forgets_a_connection),
        TEST(without_power),
        TEST(with_a_frozen_host),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
