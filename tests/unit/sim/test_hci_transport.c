/* SPDX-License-Identifier: MIT */
/* The HCI transport: latency, order, bounds, flow control, trace. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hci_tester.h"
#include "hci_transport.h"

#define TO_CONTROLLER SIM_US(70)
#define TO_HOST       SIM_US(130)

/* A transport with a tester at either end. */
struct fixture {
    struct sim_world *world;
    struct sim_actor actor;
    struct hci_transport transport;
    struct hci_tester host, controller;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    f->world = sim_world_new(1);
    assert_non_null(f->world);
    assert_int_equal(sim_actor_join(&f->actor, f->world, "dut"), 0);
    hci_transport_init(&f->transport, &f->actor, TO_CONTROLLER, TO_HOST);
    hci_tester_init(&f->host, f->world, hci_transport_host_end(&f->transport));
    hci_tester_init(&f->controller, f->world, hci_transport_controller_end(&f->transport));
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    hci_transport_fini(&f->transport);
    sim_actor_leave(&f->actor);
    sim_world_free(f->world);
    free(f);
    return 0;
}

static void each_way_has_its_latency(void **state)
{
    struct fixture *f = *state;

    sim_world_run_until(f->world, SIM_US(10));
    hci_tester_send(&f->host, HCI_PACKET_COMMAND, BYTES(3, 12, 0));
    hci_tester_send(&f->controller, HCI_PACKET_EVENT, BYTES(0x10, 1, 0));
    sim_world_run_until(f->world, SIM_US(10) + TO_CONTROLLER - 1);
    hci_tester_expect_none(&f->controller);
    hci_tester_expect_none(&f->host);
    hci_tester_expect(&f->controller, SIM_US(80), HCI_PACKET_COMMAND, BYTES(3, 12, 0));
    hci_tester_expect(&f->host, SIM_US(140), HCI_PACKET_EVENT, BYTES(0x10, 1, 0));
    hci_tester_run(&f->host, SIM_S(1));
    hci_tester_expect_none(&f->controller);
    hci_tester_expect_none(&f->host);
}

static void order_is_kept(void **state)
{
    struct fixture *f = *state;

    for (uint8_t i = 0; i < 5; i++)
        hci_tester_send(&f->host, HCI_PACKET_ACL, &i, 1);
    sim_world_run_until(f->world, 1);
    for (uint8_t i = 5; i < 10; i++)
        hci_tester_send(&f->host, HCI_PACKET_ACL, &i, 1);
    for (uint8_t i = 0; i < 10; i++)
        hci_tester_expect(&f->controller, TO_CONTROLLER + (i < 5 ? 0 : 1), HCI_PACKET_ACL, &i, 1);
}

static void one_nanosecond_is_the_least(void **state)
{
    struct fixture *f = *state;
    struct sim_actor actor;
    struct hci_transport fast;
    struct hci_tester *host = &f->host;

    assert_int_equal(sim_actor_join(&actor, f->world, "fast"), 0);
    hci_transport_init(&fast, &actor, 1, 1);
    hci_tester_init(host, f->world, hci_transport_host_end(&fast));
    assert_int_equal(
        hci_link_send(hci_transport_controller_end(&fast), HCI_PACKET_EVENT, BYTES(0x0E, 0)), 0);
    sim_world_run_until(f->world, 0);
    hci_tester_expect_none(host);
    hci_tester_expect(host, 1, HCI_PACKET_EVENT, BYTES(0x0E, 0));
    hci_transport_fini(&fast);
    sim_actor_leave(&actor);
}

static void empty_and_longest_packets_pass(void **state)
{
    struct fixture *f = *state;
    static const uint8_t zeros[HCI_TRANSPORT_PACKET_MAX + 1];

    assert_int_equal(hci_link_send(f->host.end, HCI_PACKET_ACL, zeros, sizeof zeros),
                     BLR_ERR_TOO_LONG);
    hci_link_attach(f->controller.end, NULL, NULL);
    hci_tester_send(&f->host, HCI_PACKET_ACL, zeros, HCI_TRANSPORT_PACKET_MAX);
    hci_tester_run(&f->host, TO_CONTROLLER);
    hci_tester_init(&f->controller, f->world, f->controller.end);
    hci_tester_send(&f->host, HCI_PACKET_COMMAND, NULL, 0);
    hci_tester_expect(&f->controller, 2 * TO_CONTROLLER, HCI_PACKET_COMMAND, zeros, 0);
}

/* Sends packets of 200 octets until refused; each begins with its number. */
static unsigned fill(struct hci_tester *from, uint8_t first)
{
    uint8_t packet[200] = {0};
    unsigned sent = 0;

    for (;; sent++) {
        packet[0] = (uint8_t)(first + sent);
        const int error = hci_link_send(from->end, HCI_PACKET_ACL, packet, sizeof packet);
        if (error) {
            assert_int_equal(error, BLR_ERR_AGAIN);
            return sent;
        }
    }
}

static void full_means_again_and_then_writable(void **state)
{
    struct fixture *f = *state;
    const unsigned sent = fill(&f->host, 0);
    uint8_t expected[200] = {0};

    assert_int_equal(sent, HCI_TRANSPORT_BOUND / hci_transport_cost(200));
    assert_int_equal(f->host.writable, 0);
    for (unsigned i = 0; i < sent; i++) {
        expected[0] = (uint8_t)i;
        hci_tester_expect(&f->controller, TO_CONTROLLER, HCI_PACKET_ACL, expected, 200);
    }
    assert_int_equal(f->host.writable, 1);
    assert_int_equal(f->controller.writable, 0);
    assert_int_equal(fill(&f->host, 100), sent);
    hci_tester_run(&f->host, SIM_S(1));
    assert_int_equal(f->host.writable, 2);
}

/* What was refused is longer than what the first delivery frees. */
static void writable_waits_for_room_enough(void **state)
{
    struct fixture *f = *state;
    static const uint8_t zeros[1000];

    while (hci_link_send(f->host.end, HCI_PACKET_ACL, zeros, 100) == 0)
        ;
    assert_int_equal(hci_link_send(f->host.end, HCI_PACKET_ACL, zeros, 1000), BLR_ERR_AGAIN);
    const size_t before = f->transport.to_controller.used;
    while (f->host.writable == 0)
        hci_tester_next(&f->controller, SIM_S(1));
    assert_true(HCI_TRANSPORT_BOUND - before < hci_transport_cost(1000));
    hci_tester_send(&f->host, HCI_PACKET_ACL, zeros, 1000);
}

/* Every place in the ring comes to be a packet's begin; growth happens with the ring wrapped. */
static void bytes_survive_wrapping_and_growing(void **state)
{
    struct fixture *f = *state;
    uint32_t sent = 0, got = 0;

    for (unsigned round = 0; round < 300; round++) {
        for (unsigned i = 0; i < 1 + round % 40; i++, sent++) {
            uint8_t packet[255];
            const size_t len = 1 + sent * 7 % 254;
            memset(packet, (int)(sent & 0xFF), len);
            if (hci_link_send(f->controller.end, HCI_PACKET_EVENT, packet, len) != 0)
                break;
        }
        while (sent - got > round % 20) {
            const struct hci_tester_packet packet = hci_tester_next(&f->host, SIM_S(1));
            assert_int_equal(packet.len, 1 + got * 7 % 254);
            for (size_t i = 0; i < packet.len; i++)
                assert_int_equal(packet.bytes[i], got & 0xFF);
            got++;
        }
    }
    assert_true(sent > 5000);
    assert_true(f->transport.to_host.capacity <= HCI_TRANSPORT_BOUND);
}

static void the_controller_waits_while_the_host_is_slow(void **state)
{
    struct fixture *f = *state;

    hci_transport_set_reserve(&f->transport, hci_transport_cost(200) * 4);
    fill(&f->controller, 0);
    hci_tester_send(&f->host, HCI_PACKET_COMMAND, BYTES(1));
    hci_tester_send(&f->host, HCI_PACKET_COMMAND, BYTES(2));
    hci_tester_run(&f->host, TO_HOST - 1);
    hci_tester_expect_none(&f->controller);
    hci_tester_expect(&f->controller, TO_HOST, HCI_PACKET_COMMAND, BYTES(1));
    hci_tester_expect(&f->controller, TO_HOST, HCI_PACKET_COMMAND, BYTES(2));
    /* And then no longer: what the host gets does not hurry what it sends. */
    hci_tester_send(&f->controller, HCI_PACKET_EVENT, BYTES(3));
    hci_tester_run(&f->host, TO_HOST - 1);
    hci_tester_send(&f->host, HCI_PACKET_COMMAND, BYTES(4));
    hci_tester_expect(&f->controller, 2 * TO_HOST - 1 + TO_CONTROLLER, HCI_PACKET_COMMAND,
                      BYTES(4));
}

static void nobody_there_drops(void **state)
{
    struct fixture *f = *state;

    hci_link_attach(f->host.end, NULL, NULL);
    hci_tester_send(&f->controller, HCI_PACKET_EVENT, BYTES(1));
    hci_tester_run(&f->controller, TO_HOST);
    hci_tester_init(&f->host, f->world, f->host.end);
    hci_tester_send(&f->controller, HCI_PACKET_EVENT, BYTES(2));
    hci_tester_expect(&f->host, 2 * TO_HOST, HCI_PACKET_EVENT, BYTES(2));
}

struct traced {
    struct trace_sink sink;
    unsigned count;
    struct {
        sim_ns at;
        bool to_host;
        uint8_t type, first;
    } packet[4];
};

static void trace_packet(struct trace_sink *sink, sim_ns at, bool to_host,
                         enum hci_packet_type type, const uint8_t *packet, size_t len)
{
    struct traced *traced = (struct traced *)sink;

    assert_true(traced->count < 4);
    assert_int_equal(len, 1);
    traced->packet[traced->count].at = at;
    traced->packet[traced->count].to_host = to_host;
    traced->packet[traced->count].type = (uint8_t)type;
    traced->packet[traced->count++].first = packet[0];
}

static void the_trace_is_tapped_at_the_host(void **state)
{
    static const struct trace_sink_ops ops = {.hci = trace_packet};
    static const struct trace_sink_ops deaf = {0};
    struct fixture *f = *state;
    struct traced traced = {.sink.ops = &ops};
    struct trace_sink silent = {.ops = &deaf};

    hci_transport_trace(&f->transport, &traced.sink);
    sim_world_run_until(f->world, SIM_US(5));
    hci_tester_send(&f->host, HCI_PACKET_COMMAND, BYTES(0xAA));
    hci_tester_send(&f->controller, HCI_PACKET_EVENT, BYTES(0xBB));
    hci_tester_run(&f->host, SIM_S(1));
    hci_transport_trace(&f->transport, &silent);
    hci_tester_send(&f->host, HCI_PACKET_COMMAND, BYTES(0xCC));
    hci_transport_trace(&f->transport, NULL);
    hci_tester_send(&f->host, HCI_PACKET_COMMAND, BYTES(0xDD));
    hci_tester_run(&f->host, SIM_S(1));

    assert_int_equal(traced.count, 2);
    assert_int_equal(traced.packet[0].at, SIM_US(5));
    assert_false(traced.packet[0].to_host);
    assert_int_equal(traced.packet[0].type, HCI_PACKET_COMMAND);
    assert_int_equal(traced.packet[0].first, 0xAA);
    assert_int_equal(traced.packet[1].at, SIM_US(5) + TO_HOST);
    assert_true(traced.packet[1].to_host);
    assert_int_equal(traced.packet[1].type, HCI_PACKET_EVENT);
    assert_int_equal(traced.packet[1].first, 0xBB);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(each_way_has_its_latency),
        TEST(order_is_kept),
        TEST(one_nanosecond_is_the_least),
        TEST(empty_and_longest_packets_pass),
        TEST(full_means_again_and_then_writable),
        TEST(writable_waits_for_room_enough),
        TEST(bytes_survive_wrapping_and_growing),
        TEST(the_controller_waits_while_the_host_is_slow),
        TEST(nobody_there_drops),
        TEST(the_trace_is_tapped_at_the_host),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
