/* SPDX-License-Identifier: MIT */
/*
 * Encryption by raw HCI between two controllers (Core v5.4, Vol 4, Part E, 7.8.24 to 7.8.26, 7.7.8,
 * 7.7.39, 7.7.65.5), and what an omniscient trace of the air sees of it.
 *
 *   phone (central)                          sensor (peripheral)
 *     | LE Enable Encryption                   |
 *     |                                        | LE Long Term Key Request
 *     |                                        | LE Long Term Key Request Reply
 *     | Encryption Change                      | Encryption Change
 *     | LE Enable Encryption, another key      |
 *     |                                        | LE Long Term Key Request, and so on
 *     | Encryption Key Refresh Complete        | Encryption Key Refresh Complete
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
#include "wire/ll.h"

static const uint8_t sensor_address[6] = {0x0D, 0x18, 0x00, 0xDC, 0x1B, 0x00};
static const uint8_t enable[28] = {0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0x34, 0x12, 0xBF, 0x01};
static const uint8_t reply[18] = {0, 0, 0xBF, 0x01};
static const uint8_t request[] = {0x3E, 13, 5, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0x34, 0x12};
static const uint8_t changed[] = {0x08, 4, 0, 0, 0, 1}, refreshed[] = {0x30, 3, 0, 0, 0};

/* A sink that looks at what the packets say they are. */
struct air {
    struct trace_sink sink;
    unsigned clear, sealed; /* PDUs of connections that are not empty */
    uint8_t last[LL_PDU_MAX];
    size_t last_len;
};

struct pair {
    struct sim_world *world;
    struct sim_controller *phone, *sensor;
    struct hci_tester p, s;
    struct air air;
};

static void see(struct trace_sink *sink, const struct trace_air_packet *packet)
{
    struct air *air = (struct air *)sink;

    if (packet->access_address == LL_ADVERTISING_ACCESS_ADDRESS || packet->len == 2)
        return;
    if (!packet->plain) {
        air->clear++;
        assert_false(packet->mic_valid);
        return;
    }
    air->sealed++;
    assert_true(packet->mic_valid);
    assert_int_equal(packet->plain_len + 4, packet->len);
    assert_int_equal(packet->plain[0], packet->pdu[0]);
    assert_int_equal(packet->plain[1] + 4, packet->pdu[1]);
    assert_memory_not_equal(packet->plain + 2, packet->pdu + 2, packet->plain_len - 2);
    memcpy(air->last, packet->plain, packet->plain_len);
    air->last_len = packet->plain_len;
}

static const struct trace_sink_ops air_ops = {.air = see};

static void command(struct hci_tester *tester, uint16_t opcode, const uint8_t *params, size_t len)
{
    assert_int_equal(hci_tester_command(tester, opcode, params, len, NULL), HCI_ERR_SUCCESS);
}

static void connect_pair(struct pair *pair)
{
    command(&pair->s, HCI_OP_LE_SET_ADVERTISING_PARAMETERS,
            BYTES(0xA0, 0, 0xA0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0));
    command(&pair->s, HCI_OP_LE_SET_ADVERTISING_ENABLE, BYTES(1));
    command(&pair->p, HCI_OP_LE_CREATE_CONNECTION,
            BYTES(0x60, 0, 0x60, 0, 0, 0, 0x0D, 0x18, 0, 0xDC, 0x1B, 0, 0, 24, 0, 24, 0, 0, 0, 100,
                  0, 0, 0, 0, 0));
    hci_tester_event(&pair->p, HCI_EV_LE_META, SIM_S(1));
    hci_tester_event(&pair->s, HCI_EV_LE_META, SIM_S(1));
    hci_tester_run(&pair->p, SIM_MS(50));
    pair->p.count = 0;
    pair->s.count = 0;
}

static int setup(void **state)
{
    struct sim_controller_profile profile = sim_controller_profile_default();
    struct pair *pair = calloc(1, sizeof *pair);

    assert_non_null(pair);
    pair->world = sim_world_new(3);
    pair->phone = hci_tester_controller(&pair->p, pair->world, "phone", &profile);
    memcpy(profile.address.octet, sensor_address, 6);
    pair->sensor = hci_tester_controller(&pair->s, pair->world, "sensor", &profile);
    hci_tester_bring_up(&pair->p);
    hci_tester_bring_up(&pair->s);
    pair->air.sink.ops = &air_ops;
    radio_medium_trace(sim_world_medium(pair->world), &pair->air.sink);
    connect_pair(pair);
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

static void expect(struct hci_tester *tester, const uint8_t *event, size_t len)
{
    const struct hci_tester_packet got = hci_tester_next(tester, SIM_S(1));

    assert_int_equal(got.type, HCI_PACKET_EVENT);
    assert_int_equal(got.len, len);
    assert_memory_equal(got.bytes, event, len);
}

static void encrypt(struct pair *pair, const uint8_t *told, size_t len)
{
    uint8_t handle[2] = {0xFF, 0xFF};

    command(&pair->p, HCI_OP_LE_ENABLE_ENCRYPTION, enable, sizeof enable);
    expect(&pair->s, request, sizeof request);
    assert_int_equal(hci_tester_command(&pair->s, HCI_OP_LE_LONG_TERM_KEY_REQUEST_REPLY, reply,
                                        sizeof reply, handle),
                     0);
    assert_memory_equal(handle, "\0\0", 2);
    expect(&pair->s, told, len);
    expect(&pair->p, told, len);
}

static void send_data(struct pair *pair)
{
    static const uint8_t data[] = {3, 0, 0x40, 0, 7, 8, 9};

    hci_tester_send_acl(&pair->p, 0, data, sizeof data);
    const struct hci_tester_packet got = hci_tester_next(&pair->s, SIM_S(1));
    assert_int_equal(got.type, HCI_PACKET_ACL);
    assert_memory_equal(got.bytes + 4, data, sizeof data);
    hci_tester_event(&pair->p, HCI_EV_NUMBER_OF_COMPLETED_PACKETS, SIM_S(1));
}

static void encrypted_and_refreshed(void **state)
{
    struct pair *pair = *state;

    encrypt(pair, changed, sizeof changed);
    send_data(pair);
    encrypt(pair, refreshed, sizeof refreshed);
    send_data(pair);
    hci_tester_run(&pair->p, SIM_S(1));
    hci_tester_expect_none(&pair->p);
    hci_tester_expect_none(&pair->s);
}

/* LL_ENC_REQ, LL_ENC_RSP and LL_START_ENC_REQ in clear; then two LL_START_ENC_RSP and the data. */
static void seen_in_plaintext(void **state)
{
    struct pair *pair = *state;

    pair->air.clear = 0;
    encrypt(pair, changed, sizeof changed);
    assert_int_equal(pair->air.clear, 3);
    send_data(pair);
    assert_int_equal(pair->air.sealed, 3);
    assert_int_equal(pair->air.last_len, 2 + 7);
    assert_int_equal(pair->air.last[0] & 3, LL_LLID_START);
    assert_memory_equal(pair->air.last + 1, "\x07\x03\x00\x40\x00\x07\x08\x09", 8);
}

static void refused_by_the_host(void **state)
{
    static const uint8_t failed[] = {0x08, 4, 0x06, 0, 0, 0};
    struct pair *pair = *state;

    command(&pair->p, HCI_OP_LE_ENABLE_ENCRYPTION, enable, sizeof enable);
    expect(&pair->s, request, sizeof request);
    command(&pair->s, HCI_OP_LE_LONG_TERM_KEY_REQUEST_NEGATIVE_REPLY, BYTES(0, 0));
    expect(&pair->p, failed, sizeof failed);
    send_data(pair);
    encrypt(pair, changed, sizeof changed);
}

static void masked_at_the_host(void **state)
{
    static const uint8_t failed[] = {0x08, 4, 0x06, 0, 0, 0};
    struct pair *pair = *state;

    command(&pair->s, HCI_OP_LE_SET_EVENT_MASK, BYTES(0x0F, 0, 0, 0, 0, 0, 0, 0));
    command(&pair->p, HCI_OP_LE_ENABLE_ENCRYPTION, enable, sizeof enable);
    expect(&pair->p, failed, sizeof failed);
    hci_tester_expect_none(&pair->s);
    send_data(pair);
}

static uint8_t status_of(struct hci_tester *tester, uint16_t opcode, const uint8_t *params,
                         size_t len)
{
    return hci_tester_command(tester, opcode, params, len, NULL);
}

/* 7.8.24 to 7.8.26: in the wrong role, when nobody asked, twice, for a handle of none. */
static void disallowed(void **state)
{
    const uint8_t unknown[28] = {1, 0};
    struct pair *pair = *state;
    struct hci_tester *p = &pair->p, *s = &pair->s;

    assert_int_equal(status_of(s, HCI_OP_LE_ENABLE_ENCRYPTION, enable, sizeof enable), 0x0C);
    assert_int_equal(status_of(p, HCI_OP_LE_ENABLE_ENCRYPTION, unknown, 28), 0x02);
    for (int i = 0; i < 2; i++) {
        struct hci_tester *host = i ? s : p;
        assert_int_equal(status_of(host, HCI_OP_LE_LONG_TERM_KEY_REQUEST_REPLY, reply, 18), 0x0C);
        assert_int_equal(status_of(host, HCI_OP_LE_LONG_TERM_KEY_REQUEST_NEGATIVE_REPLY, reply, 2),
                         0x0C);
        assert_int_equal(status_of(host, HCI_OP_LE_LONG_TERM_KEY_REQUEST_REPLY, unknown, 18), 0x02);
    }
    command(p, HCI_OP_LE_ENABLE_ENCRYPTION, enable, sizeof enable);
    assert_int_equal(status_of(p, HCI_OP_LE_ENABLE_ENCRYPTION, enable, sizeof enable), 0x0C);
    expect(s, request, sizeof request);
    command(s, HCI_OP_LE_LONG_TERM_KEY_REQUEST_REPLY, reply, sizeof reply);
    assert_int_equal(status_of(s, HCI_OP_LE_LONG_TERM_KEY_REQUEST_REPLY, reply, 18), 0x0C);
    expect(s, changed, sizeof changed);
    expect(p, changed, sizeof changed);
}

/* Nobody answers: the phone's radio is gone. Its host hears of it if it asked to (7.3.69). */
static void payload_timeout_is_told(void **state)
{
    struct pair *pair = *state;
    const struct radio_rule rule = {
        .action = RADIO_RULE_LOSE, .kind = RADIO_RULE_DATA, .from = "phone"};
    uint32_t id;

    command(&pair->s, HCI_OP_SET_EVENT_MASK_PAGE_2, BYTES(0, 0, 0x80, 0, 0, 0, 0, 0));
    command(&pair->s, HCI_OP_WRITE_AUTHENTICATED_PAYLOAD_TIMEOUT, BYTES(0, 0, 50, 0));
    encrypt(pair, changed, sizeof changed);
    hci_tester_run(&pair->p, SIM_S(5));
    hci_tester_expect_none(&pair->s);
    assert_int_equal(radio_medium_add_rule(sim_world_medium(pair->world), &rule, &id), 0);
    const struct hci_tester_packet got = hci_tester_next(&pair->s, SIM_S(1));
    assert_int_equal(got.len, 4);
    assert_memory_equal(got.bytes, "\x57\x02\x00\x00", 4);
    hci_tester_event(&pair->s, HCI_EV_DISCONNECTION_COMPLETE, SIM_S(2));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(encrypted_and_refreshed), TEST(seen_in_plaintext), TEST(refused_by_the_host),
        TEST(masked_at_the_host),      TEST(disallowed),        TEST(payload_timeout_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
