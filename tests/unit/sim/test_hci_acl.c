/* SPDX-License-Identifier: MIT */
/* ACL data both ways, and Number Of Completed Packets. */
#include "face_fixture.h"
#include "rows.h"

#define LATENCY SIM_US(100)

static const uint8_t data[300] = "\x03\x00\x04\x00\x0A\x03\x00 and so on";

static void starts_and_continuations_go_down(void **state)
{
    struct fixture *f = *state;

    hci_tester_send_acl(&f->host, FAKE_HANDLE, data, 27);
    hci_tester_run(&f->host, LATENCY);
    assert_int_equal(f->ll->requests, 1);
    assert_int_equal(f->ll->handle, FAKE_HANDLE);
    assert_true(f->ll->start);
    assert_int_equal(f->ll->data_len, 27);
    assert_memory_equal(f->ll->data, data, 27);
    hci_tester_send_acl(&f->host, FAKE_HANDLE | HCI_ACL_CONTINUING << 12, data + 3, 251);
    hci_tester_run(&f->host, LATENCY);
    assert_int_equal(f->ll->requests, 2);
    assert_false(f->ll->start);
    assert_int_equal(f->ll->data_len, 251);
    assert_memory_equal(f->ll->data, data + 3, 251);
    hci_tester_expect_none(&f->host);
    assert_int_equal(sim_controller_stats(f->controller)->acl_refused, 0);
}

/* All that a host may get wrong: dropped, counted, no event, no request. */
static const struct bad {
    const char *name;
    uint8_t packet[16];
    size_t len;
} bad[] = {
    {"nothing at all", {0}, 0},
    {"a handle alone", {0x40, 0x00}, 2},
    {"half a length", {0x40, 0x00, 0x01}, 3},
    {"empty", {0x40, 0x00, 0x00, 0x00}, 4},
    {"an empty continuation", {0x40, 0x10, 0x00, 0x00}, 4},
    {"shorter than its length", {0x40, 0x00, 0x05, 0x00, 1, 2, 3, 4}, 8},
    {"longer than its length", {0x40, 0x00, 0x03, 0x00, 1, 2, 3, 4}, 8},
    {"an absurd length", {0x40, 0x00, 0xFF, 0xFF, 1, 2, 3, 4}, 8},
    {"an unknown handle", {0x41, 0x00, 0x04, 0x00, 1, 2, 3, 4}, 8},
    {"a reserved handle", {0xFF, 0x0F, 0x04, 0x00, 1, 2, 3, 4}, 8},
    {"flushable start", {0x40, 0x20, 0x04, 0x00, 1, 2, 3, 4}, 8},
    {"complete PDU", {0x40, 0x30, 0x04, 0x00, 1, 2, 3, 4}, 8},
    {"broadcast", {0x40, 0x40, 0x04, 0x00, 1, 2, 3, 4}, 8},
    {"reserved broadcast", {0x40, 0xC0, 0x04, 0x00, 1, 2, 3, 4}, 8},
};

static void bad_packet_is_dropped(void **state)
{
    const struct bad *row = *state;
    struct fixture *f = fixture_brought_up();

    hci_tester_send(&f->host, HCI_PACKET_ACL, row->packet, row->len);
    hci_tester_run(&f->host, SIM_MS(1));
    assert_int_equal(sim_controller_stats(f->controller)->acl_refused, 1);
    assert_int_equal(f->ll->requests, 0);
    hci_tester_expect_none(&f->host);
    fixture_free(f);
}

static void more_than_a_buffer_holds_is_dropped(void **state)
{
    struct fixture *f = *state;

    hci_tester_send_acl(&f->host, FAKE_HANDLE, data, 252);
    hci_tester_run(&f->host, SIM_MS(1));
    assert_int_equal(sim_controller_stats(f->controller)->acl_refused, 1);
    assert_int_equal(f->ll->requests, 0);
    hci_tester_expect_none(&f->host);
}

static void more_than_the_buffers_overflows(void **state)
{
    struct fixture *f = *state;

    for (unsigned i = 0; i < 9; i++)
        hci_tester_send_acl(&f->host, FAKE_HANDLE, data, 20);
    const sim_ns at = sim_world_now(f->world) + 2 * LATENCY;
    hci_tester_expect(&f->host, at, HCI_PACKET_EVENT, BYTES(0x1A, 1, 1));
    assert_int_equal(f->ll->requests, 8);
    assert_int_equal(sim_controller_stats(f->controller)->acl_refused, 1);
    /* Its event can be masked (bit 25). */
    assert_int_equal(hci_tester_command(&f->host, HCI_OP_SET_EVENT_MASK,
                                        BYTES(0xFF, 0xFF, 0xFF, 0xFD, 0xFF, 0xFF, 0xFF, 0xFF),
                                        NULL),
                     0);
    hci_tester_send_acl(&f->host, FAKE_HANDLE, data, 20);
    hci_tester_run(&f->host, SIM_MS(1));
    hci_tester_expect_none(&f->host);
}

/* While it is being terminated a connection takes no more data; that is no overflow. */
static void other_refusals_are_silent(void **state)
{
    struct fixture *f = *state;

    f->ll->answer = HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER;
    hci_tester_send_acl(&f->host, FAKE_HANDLE, data, 20);
    hci_tester_run(&f->host, SIM_MS(1));
    hci_tester_expect_none(&f->host);
    assert_int_equal(sim_controller_stats(f->controller)->acl_refused, 1);
}

static void data_goes_up(void **state)
{
    struct fixture *f = *state;
    uint8_t longest[4 + 251] = {0x40, 0x20, 251, 0};

    memcpy(longest + 4, data, 251);
    const sim_ns at = sim_world_now(f->world) + LATENCY;
    assert_true(f->ll->up->acl_received(f->ll->user, FAKE_HANDLE, true, data, 251));
    assert_true(f->ll->up->acl_received(f->ll->user, FAKE_HANDLE, false, data, 1));
    hci_tester_expect(&f->host, at, HCI_PACKET_ACL, longest, sizeof longest);
    hci_tester_expect(&f->host, at, HCI_PACKET_ACL, BYTES(0x40, 0x10, 1, 0, 3));
}

/* A host that is too slow: data is withheld, none of it is lost or out of order. */
static void data_is_withheld_when_full(void **state)
{
    struct fixture *f = *state;
    unsigned sent = 0;

    while (f->ll->up->acl_received(f->ll->user, FAKE_HANDLE, true, data, 251))
        sent++;
    assert_true(sent > 20);
    assert_int_equal(sim_controller_stats(f->controller)->acl_withheld, 1);
    hci_tester_run(&f->host, SIM_MS(1));
    assert_int_equal(f->host.count, sent);
    assert_true(f->ll->up->acl_received(f->ll->user, FAKE_HANDLE, true, data, 251));
}

static void completed_packets_are_told_once_an_instant(void **state)
{
    struct fixture *f = *state;
    const struct ll_indications *up = f->ll->up;
    const sim_ns at = sim_world_now(f->world) + LATENCY;

    up->acl_completed(f->ll->user, FAKE_HANDLE, 1);
    up->acl_completed(f->ll->user, 0x0007, 2);
    up->acl_completed(f->ll->user, FAKE_HANDLE, 1);
    hci_tester_expect(&f->host, at, HCI_PACKET_EVENT, BYTES(0x13, 9, 2, 0x40, 0, 2, 0, 7, 0, 2, 0));
    up->acl_completed(f->ll->user, 0x0007, 1);
    hci_tester_expect(&f->host, at + LATENCY, HCI_PACKET_EVENT, BYTES(0x13, 5, 1, 7, 0, 1, 0));
    hci_tester_run(&f->host, SIM_S(1));
    hci_tester_expect_none(&f->host);
}

/* Core v5.4, Vol 4, Part E, 4.3: what is not completed when a connection ends counts as flushed. */
static void nothing_is_completed_after_a_disconnection(void **state)
{
    struct fixture *f = *state;
    const struct ll_indications *up = f->ll->up;
    const sim_ns at = sim_world_now(f->world) + LATENCY;

    up->acl_completed(f->ll->user, FAKE_HANDLE, 1);
    up->acl_completed(f->ll->user, 0x0007, 1);
    up->acl_completed(f->ll->user, 0x0008, 1);
    up->disconnected(f->ll->user, FAKE_HANDLE, HCI_ERR_REMOTE_USER_TERMINATED_CONNECTION);
    hci_tester_expect(&f->host, at, HCI_PACKET_EVENT, BYTES(0x05, 4, 0, 0x40, 0, 0x13));
    hci_tester_expect(&f->host, at, HCI_PACKET_EVENT, BYTES(0x13, 9, 2, 7, 0, 1, 0, 8, 0, 1, 0));
    up->acl_completed(f->ll->user, 0x0007, 1);
    up->disconnected(f->ll->user, 0x0007, HCI_ERR_REMOTE_USER_TERMINATED_CONNECTION);
    hci_tester_expect(&f->host, at + LATENCY, HCI_PACKET_EVENT, BYTES(0x05, 4, 0, 7, 0, 0x13));
    hci_tester_run(&f->host, SIM_S(1));
    hci_tester_expect_none(&f->host);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_brought_up, teardown)
    const struct CMUnitTest tests[] = {
        TEST(starts_and_continuations_go_down),
        TEST(more_than_a_buffer_holds_is_dropped),
        TEST(more_than_the_buffers_overflows),
        TEST(other_refusals_are_silent),
        TEST(data_goes_up),
        TEST(data_is_withheld_when_full),
        TEST(completed_packets_are_told_once_an_instant),
        TEST(nothing_is_completed_after_a_disconnection),
    };
    const int failed = RUN_ROWS(bad, bad_packet_is_dropped);

    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
