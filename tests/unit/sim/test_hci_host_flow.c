/* SPDX-License-Identifier: MIT */
/* Controller-to-host flow control (Core v5.4, Vol 4, Part E, 4.2, 7.3.38 to 7.3.40). */
#include "face_fixture.h"
#include "rows.h"

#define LATENCY SIM_US(100)
#define OTHER   0x0007

static const uint8_t data[251] = "\x03\x00\x04\x00 and so on";

static uint8_t set_flow(struct fixture *f, uint8_t enable)
{
    return hci_tester_command(&f->host, HCI_OP_SET_CONTROLLER_TO_HOST_FLOW_CONTROL, BYTES(enable),
                              NULL);
}

static uint8_t set_buffers(struct fixture *f, uint8_t len, uint8_t packets)
{
    return hci_tester_command(&f->host, HCI_OP_HOST_BUFFER_SIZE,
                              BYTES(len, 0, 0, packets, 0, 0, 0), NULL);
}

static void connect(struct fixture *f, uint16_t handle)
{
    const struct ll_connection_info info = {.handle = handle, .interval_1250us = 24};

    f->ll->up->connected(f->ll->user, &info);
    hci_tester_le_event(&f->host, HCI_LE_EV_CONNECTION_COMPLETE, SIM_MS(1));
    hci_tester_le_event(&f->host, HCI_LE_EV_CHANNEL_SELECTION_ALGORITHM, SIM_MS(1));
}

static void disconnect(struct fixture *f, uint16_t handle)
{
    f->ll->up->disconnected(f->ll->user, handle, 0x13);
    hci_tester_event(&f->host, HCI_EV_DISCONNECTION_COMPLETE, SIM_MS(1));
}

static bool receive(struct fixture *f, uint16_t handle, size_t len)
{
    return f->ll->up->acl_received(f->ll->user, handle, true, data, len);
}

static void expect_piece(struct fixture *f, uint16_t handle_flags, size_t from, size_t len)
{
    uint8_t packet[4 + sizeof data] = {(uint8_t)handle_flags, (uint8_t)(handle_flags >> 8),
                                       (uint8_t)len};

    memcpy(packet + 4, data + from, len);
    const struct hci_tester_packet got = hci_tester_next(&f->host, SIM_MS(1));
    assert_int_equal(got.type, HCI_PACKET_ACL);
    assert_int_equal(got.len, 4 + len);
    assert_memory_equal(got.bytes, packet, 4 + len);
}

static void complete(struct fixture *f, const uint8_t *params, size_t len)
{
    hci_tester_send_command(&f->host, HCI_OP_HOST_NUMBER_OF_COMPLETED_PACKETS, params, len);
    hci_tester_run(&f->host, SIM_MS(1));
}

/*
 * Two buffers: the third PDU is withheld until the host gives one back, which it does without an
 * answer; over both connections together.
 */
static void withholds_until_there_is_room(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(set_buffers(f, 251, 2), 0);
    assert_int_equal(set_flow(f, 1), 0);
    connect(f, FAKE_HANDLE);
    connect(f, OTHER);
    assert_true(receive(f, FAKE_HANDLE, 20));
    assert_true(receive(f, OTHER, 30));
    assert_false(receive(f, FAKE_HANDLE, 40));
    assert_false(receive(f, OTHER, 40));
    assert_int_equal(sim_controller_stats(f->controller)->acl_withheld, 2);
    expect_piece(f, FAKE_HANDLE | 0x2000, 0, 20);
    expect_piece(f, OTHER | 0x2000, 0, 30);
    complete(f, BYTES(1, OTHER, 0, 1, 0));
    hci_tester_expect_none(&f->host);
    assert_true(receive(f, FAKE_HANDLE, 40));
    assert_false(receive(f, FAKE_HANDLE, 50));
    expect_piece(f, FAKE_HANDLE | 0x2000, 0, 40);
    complete(f, BYTES(1, 0x40, 0, 2, 0));
    hci_tester_expect_none(&f->host);
    assert_true(receive(f, OTHER, 1));
    assert_true(receive(f, OTHER, 2));
    assert_false(receive(f, OTHER, 3));
}

/* A PDU longer than the host's buffers goes in pieces; what it has is not given again. */
static void pieces(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(set_buffers(f, 27, 2), 0);
    assert_int_equal(set_flow(f, 1), 0);
    connect(f, FAKE_HANDLE);
    assert_false(receive(f, FAKE_HANDLE, 70));
    expect_piece(f, FAKE_HANDLE | 0x2000, 0, 27);
    expect_piece(f, FAKE_HANDLE | 0x1000, 27, 27);
    assert_false(receive(f, FAKE_HANDLE, 70));
    hci_tester_run(&f->host, SIM_MS(1));
    hci_tester_expect_none(&f->host);
    complete(f, BYTES(1, 0x40, 0, 1, 0));
    assert_true(receive(f, FAKE_HANDLE, 70));
    expect_piece(f, FAKE_HANDLE | 0x1000, 54, 16);
    /* The next PDU begins at its beginning. */
    complete(f, BYTES(1, 0x40, 0, 2, 0));
    assert_true(receive(f, FAKE_HANDLE, 27));
    expect_piece(f, FAKE_HANDLE | 0x2000, 0, 27);
    /* A peer that makes a repetition shorter than what was given gains nothing by it. */
    assert_false(receive(f, FAKE_HANDLE, 54));
    expect_piece(f, FAKE_HANDLE | 0x2000, 0, 27);
    assert_true(receive(f, FAKE_HANDLE, 5));
    hci_tester_run(&f->host, SIM_MS(1));
    hci_tester_expect_none(&f->host);
}

/* Host Buffer Size alone cuts to size, without counting. */
static void size_alone(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(set_buffers(f, 27, 1), 0);
    connect(f, FAKE_HANDLE);
    assert_true(receive(f, FAKE_HANDLE, 60));
    expect_piece(f, FAKE_HANDLE | 0x2000, 0, 27);
    expect_piece(f, FAKE_HANDLE | 0x1000, 27, 27);
    expect_piece(f, FAKE_HANDLE | 0x1000, 54, 6);
}

/* 4.2: what a connection held is free when it has ended. */
static void disconnection_frees(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(set_buffers(f, 251, 1), 0);
    assert_int_equal(set_flow(f, 1), 0);
    connect(f, FAKE_HANDLE);
    connect(f, OTHER);
    assert_true(receive(f, FAKE_HANDLE, 20));
    assert_false(receive(f, OTHER, 20));
    expect_piece(f, FAKE_HANDLE | 0x2000, 0, 20);
    disconnect(f, FAKE_HANDLE);
    assert_true(receive(f, OTHER, 20));
    expect_piece(f, OTHER | 0x2000, 0, 20);
    /* The host is late with what it knew before: there is no such handle. */
    complete(f, BYTES(1, 0x40, 0, 1, 0));
    const struct hci_tester_packet got = hci_tester_event(&f->host, HCI_EV_COMMAND_COMPLETE, 0);
    assert_memory_equal(got.bytes, "\x0E\x04\x01\x35\x0C\x12", 6);
}

/* Switched on first, as some hosts do: nothing comes until Host Buffer Size (7.3.39). */
static void buffers_told_afterwards(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(set_flow(f, 1), 0);
    connect(f, FAKE_HANDLE);
    assert_false(receive(f, FAKE_HANDLE, 20));
    hci_tester_run(&f->host, SIM_MS(1));
    hci_tester_expect_none(&f->host);
    assert_int_equal(set_buffers(f, 27, 1), 0);
    assert_true(receive(f, FAKE_HANDLE, 20));
    expect_piece(f, FAKE_HANDLE | 0x2000, 0, 20);
    assert_false(receive(f, FAKE_HANDLE, 20));
}

/* Only while there is no connection; a Reset forgets all of it. */
static void when_it_may_be_switched(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(set_flow(f, 0), 0);
    assert_int_equal(set_flow(f, 2), 0);
    assert_int_equal(set_flow(f, 4), HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS);
    assert_int_equal(set_buffers(f, 26, 1), HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS);
    assert_int_equal(set_buffers(f, 27, 0), HCI_ERR_INVALID_HCI_COMMAND_PARAMETERS);
    assert_int_equal(set_buffers(f, 27, 1), 0);
    assert_int_equal(set_flow(f, 3), 0);
    connect(f, FAKE_HANDLE);
    assert_int_equal(set_flow(f, 1), 0);
    assert_int_equal(set_flow(f, 0), HCI_ERR_COMMAND_DISALLOWED);
    disconnect(f, FAKE_HANDLE);
    assert_int_equal(set_flow(f, 0), 0);
    assert_int_equal(set_flow(f, 1), 0);
    connect(f, FAKE_HANDLE);
    assert_int_equal(hci_tester_command(&f->host, HCI_OP_RESET, NULL, 0, NULL), 0);
    for (int i = 0; i < 5; i++)
        assert_true(receive(f, FAKE_HANDLE, 20));
}

static const struct wrong {
    const char *name;
    uint8_t params[16];
    size_t len;
    uint8_t status;
} wrongs[] = {
    {"nothing", {0}, 0, 0x12},
    {"a handle missing", {1}, 1, 0x12},
    {"a count missing", {1, 0x40, 0}, 3, 0x12},
    {"half a count", {1, 0x40, 0, 1}, 4, 0x12},
    {"one octet more", {1, 0x40, 0, 1, 0, 0}, 6, 0x12},
    {"more than were sent", {1, 0x40, 0, 3, 0}, 5, 0x12},
    {"more than were sent, in two", {2, 0x40, 0, 2, 0, 0x40, 0, 1, 0}, 9, 0x12},
    {"an unknown handle", {1, 0x41, 0, 1, 0}, 5, 0x12},
    {"a good one and a bad one", {2, 0x40, 0, 1, 0, 0x41, 0, 1, 0}, 9, 0x12},
};

/* Answered by an error, and then nothing of it counts. */
static void wrong_completion(void **state)
{
    const struct wrong *row = *state;
    struct fixture *f = fixture_brought_up();

    assert_int_equal(set_buffers(f, 251, 2), 0);
    assert_int_equal(set_flow(f, 1), 0);
    connect(f, FAKE_HANDLE);
    assert_true(receive(f, FAKE_HANDLE, 20));
    assert_true(receive(f, FAKE_HANDLE, 21));
    expect_piece(f, FAKE_HANDLE | 0x2000, 0, 20);
    expect_piece(f, FAKE_HANDLE | 0x2000, 0, 21);
    hci_tester_send_command(&f->host, HCI_OP_HOST_NUMBER_OF_COMPLETED_PACKETS, row->params,
                            row->len);
    hci_tester_expect(&f->host, sim_world_now(f->world) + 2 * LATENCY, HCI_PACKET_EVENT,
                      BYTES(0x0E, 4, 1, 0x35, 0x0C, row->status));
    assert_false(receive(f, FAKE_HANDLE, 22));
    fixture_free(f);
}

/* 7.3.38: without flow control it is ignored, whatever it says. */
static void ignored_without_flow_control(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(set_buffers(f, 251, 2), 0);
    connect(f, FAKE_HANDLE);
    complete(f, BYTES(1, 0x40, 0, 1, 0));
    complete(f, BYTES(1, 0x41, 0, 9, 0));
    hci_tester_expect_none(&f->host);
    assert_true(receive(f, FAKE_HANDLE, 22));
}

/* None is a completion too, if an idle one. */
static void no_handles(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(set_buffers(f, 251, 2), 0);
    assert_int_equal(set_flow(f, 1), 0);
    complete(f, BYTES(0));
    hci_tester_expect_none(&f->host);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_brought_up, teardown)
    const struct CMUnitTest tests[] = {
        TEST(withholds_until_there_is_room),
        TEST(pieces),
        TEST(size_alone),
        TEST(disconnection_frees),
        TEST(buffers_told_afterwards),
        TEST(when_it_may_be_switched),
        TEST(ignored_without_flow_control),
        TEST(no_handles),
    };
    const int failed = RUN_ROWS(wrongs, wrong_completion);

    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
