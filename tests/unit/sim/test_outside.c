/* SPDX-License-Identifier: MIT */
/* The place of a controller outside: its link, who holds it up, and its trace. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hci_tester.h"
#include "sim/outside.h"

struct fixture {
    struct sim_world *world;
    struct sim_outside *outside;
    struct hci_tester host, far;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    f->world = sim_world_new(1);
    assert_non_null(f->world);
    f->outside = sim_outside_new(f->world, "phone");
    assert_non_null(f->outside);
    hci_tester_init(&f->host, f->world, sim_outside_host_end(f->outside));
    hci_tester_init(&f->far, f->world, sim_outside_far_end(f->outside));
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    sim_outside_free(f->outside);
    sim_world_free(f->world);
    free(f);
    return 0;
}

static void both_ways_at_once(void **state)
{
    struct fixture *f = *state;

    hci_tester_send(&f->host, HCI_PACKET_COMMAND, BYTES(3, 12, 0));
    hci_tester_expect(&f->far, 1, HCI_PACKET_COMMAND, BYTES(3, 12, 0));
    sim_world_run_until(f->world, SIM_MS(3));
    hci_tester_send(&f->far, HCI_PACKET_EVENT, BYTES(0x10, 1, 0));
    hci_tester_expect(&f->host, SIM_MS(3) + 1, HCI_PACKET_EVENT, BYTES(0x10, 1, 0));
    hci_tester_expect_none(&f->far);
}

/* What waits goes out when there is room, in its order, and a host that goes on is refused. */
static void the_far_end_is_full(void **state)
{
    struct fixture *f = *state;
    static const uint8_t data[250];
    unsigned sent = 0;

    sim_outside_full(f->outside, true);
    hci_tester_send(&f->host, HCI_PACKET_COMMAND, BYTES(3, 12, 0));
    hci_tester_run(&f->far, SIM_S(1));
    hci_tester_expect_none(&f->far);
    while (hci_link_send(f->host.end, HCI_PACKET_ACL, data, sizeof data) == 0)
        assert_true(++sent < 100);
    assert_true(sent > 1);
    sim_outside_full(f->outside, false);
    hci_tester_expect(&f->far, SIM_S(1), HCI_PACKET_COMMAND, BYTES(3, 12, 0));
    for (; sent; sent--)
        hci_tester_expect(&f->far, SIM_S(1) + 1, HCI_PACKET_ACL, data, sizeof data);
    hci_tester_expect_none(&f->far);
    assert_int_equal(hci_link_send(f->host.end, HCI_PACKET_ACL, data, sizeof data), 0);
}

static void the_host_stands_still(void **state)
{
    struct fixture *f = *state;

    sim_outside_freeze_host(f->outside, true);
    hci_tester_send(&f->far, HCI_PACKET_EVENT, BYTES(0x10, 1, 0));
    hci_tester_run(&f->host, SIM_S(2));
    hci_tester_expect_none(&f->host);
    sim_outside_freeze_host(f->outside, false);
    hci_tester_run(&f->host, SIM_S(3));
    assert_int_equal(f->host.count, 1);
}

static void names(void **state)
{
    struct fixture *f = *state;

    assert_null(sim_outside_new(f->world, "phone"));
    assert_string_equal(sim_outside_actor(f->outside)->name, "phone");
    sim_outside_free(NULL);
}

struct heard {
    struct trace_sink sink;
    unsigned to_host, from_host;
};

static void hear(struct trace_sink *sink, sim_ns at, bool to_host, enum hci_packet_type type,
                 const uint8_t *packet, size_t len)
{
    struct heard *heard = (struct heard *)sink;

    (void)at;
    (void)type;
    (void)packet;
    (void)len;
    if (to_host)
        heard->to_host++;
    else
        heard->from_host++;
}

static void trace(void **state)
{
    static const struct trace_sink_ops ops = {.hci = hear};
    struct fixture *f = *state;
    struct heard heard = {.sink.ops = &ops};

    sim_outside_trace(f->outside, &heard.sink);
    hci_tester_send(&f->host, HCI_PACKET_COMMAND, BYTES(3, 12, 0));
    hci_tester_send(&f->far, HCI_PACKET_EVENT, BYTES(0x10, 1, 0));
    assert_int_equal(heard.from_host, 1);
    assert_int_equal(heard.to_host, 0);
    sim_world_run_until(f->world, 1);
    assert_int_equal(heard.to_host, 1);
    sim_outside_trace(f->outside, NULL);
    hci_tester_send(&f->host, HCI_PACKET_COMMAND, BYTES(3, 12, 0));
    assert_int_equal(heard.from_host, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(both_ways_at_once), TEST(the_far_end_is_full), TEST(the_host_stands_still),
        TEST(names),             TEST(trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
