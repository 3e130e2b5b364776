/* SPDX-License-Identifier: MIT */
/* ACL termination (Core v5.4, Vol 6, Part B, 5.1.6) between an upper and a lower tester. */
#include "link_tester.h"
#include "rows.h"

/*
 * UT                IUT                LT
 *  disconnect ->     |
 *                    |  LL_TERMINATE_IND -->
 *                    |  <-- not acknowledged
 *                    |  LL_TERMINATE_IND -->
 *                    |  <-- acknowledged
 *  <- disconnected   |    0x16
 */
static void terminates(void **state)
{
    const struct link_role *row = *state;
    const uint8_t pdu[] = {LL_TERMINATE_IND, 0x13};
    struct link_room f;

    link_room_open(&f, row->central, UINT64_MAX);
    assert_int_equal(ll_disconnect(f.upper->ll, 0, 0x13), 0);
    assert_int_equal(ll_disconnect(f.upper->ll, 0, 0x13), HCI_ERR_COMMAND_DISALLOWED);
    for (int i = 0; i < 2; i++) {
        link_begin(&f.link);
        if (!row->central)
            link_send_empty(&f.link, false);
        link_expect(&f.link, LL_LLID_CONTROL, pdu, sizeof pdu, false);
        if (i == 0)
            f.link.nesn = !f.link.nesn;
        if (row->central)
            link_send_empty(&f.link, false);
        upper_expect_none(f.upper);
    }
    if (!row->central) {
        link_begin(&f.link);
        link_send_empty(&f.link, false);
    }
    const struct upper_event *event = upper_expect(f.upper, UP_DISCONNECTED, SIM_MS(31));
    assert_int_equal(event->status, HCI_ERR_CONNECTION_TERMINATED_BY_LOCAL_HOST);
    assert_int_equal(event->at, f.link.last_end);
    lower_expect_silence(&f.room, SIM_S(2));
    ll_room_close(&f.room);
}

/* Never acknowledged: it is over a supervision timeout after it was asked for (5.1.6). */
static void termination_times_out(void **state)
{
    const struct link_role *row = *state;
    const uint8_t pdu[] = {LL_TERMINATE_IND, 0x15};
    struct link_room f;

    link_room_open(&f, row->central, UINT64_MAX);
    const sim_ns asked = ll_room_now(&f.room);
    assert_int_equal(ll_disconnect(f.upper->ll, 0, 0x15), 0);
    while (f.link.anchor + SIM_MS(31) < asked + SIM_S(1)) {
        link_begin(&f.link);
        if (!row->central)
            link_send_empty(&f.link, false);
        link_expect(&f.link, LL_LLID_CONTROL, pdu, sizeof pdu, false);
        f.link.nesn = !f.link.nesn;
        if (row->central)
            link_send_empty(&f.link, false);
        link_expect_nothing(&f.link);
    }
    const struct upper_event *event = upper_expect(f.upper, UP_DISCONNECTED, SIM_MS(40));
    assert_int_equal(event->status, HCI_ERR_CONNECTION_TERMINATED_BY_LOCAL_HOST);
    assert_int_equal(event->at, asked + SIM_S(1));
    lower_forget(&f.room);
    lower_expect_silence(&f.room, SIM_S(1));
    ll_room_close(&f.room);
}

/* Asked for by the peer: it is over when the acknowledgement has been sent. */
static void terminated(void **state)
{
    const struct link_role *row = *state;
    const uint8_t pdu[] = {LL_TERMINATE_IND, 0x14};
    struct link_room f;

    link_room_open(&f, row->central, UINT64_MAX);
    link_begin(&f.link);
    if (row->central) {
        link_expect_empty(&f.link);
        link_send(&f.link, LL_LLID_CONTROL, pdu, sizeof pdu, false);
        link_begin(&f.link);
        link_expect_empty(&f.link);
    } else {
        link_send(&f.link, LL_LLID_CONTROL, pdu, sizeof pdu, false);
        link_expect_empty(&f.link);
    }
    assert_true(f.link.acked);
    const struct upper_event *event = upper_expect(f.upper, UP_DISCONNECTED, 0);
    assert_int_equal(event->status, 0x14);
    assert_int_equal(event->at, f.link.last_end);
    lower_expect_silence(&f.room, SIM_S(2));
    ll_room_close(&f.room);
}

/* Data that waits is not sent any more, procedures that wait are told. */
static void termination_drops_what_waits(void **state)
{
    static const uint8_t data[27] = {1};
    const uint8_t pdu[] = {LL_TERMINATE_IND, 0x13};
    struct link_room f;
    (void)state;

    link_room_open(&f, false, UINT64_MAX);
    assert_int_equal(ll_acl_send(f.upper->ll, 0, true, data, sizeof data), 0);
    assert_int_equal(ll_disconnect(f.upper->ll, 0, 0x13), 0);
    assert_int_equal(ll_acl_send(f.upper->ll, 0, true, data, sizeof data), 0);
    link_begin(&f.link);
    link_send_empty(&f.link, false);
    link_expect(&f.link, LL_LLID_CONTROL, pdu, sizeof pdu, false);
    link_begin(&f.link);
    link_send_empty(&f.link, false);
    assert_int_equal(upper_expect(f.upper, UP_DISCONNECTED, SIM_MS(31))->status, 0x16);
    lower_expect_silence(&f.room, SIM_S(2));
    ll_room_close(&f.room);
}

struct reason_row {
    const char *name;
    uint8_t reason, error;
};

static const struct reason_row reasons[] = {
    {"0x00", 0x00, 0x12}, {"0x05", 0x05, 0}, {"0x08", 0x08, 0x12}, {"0x13", 0x13, 0},
    {"0x14", 0x14, 0},    {"0x15", 0x15, 0}, {"0x16", 0x16, 0x12}, {"0x1A", 0x1A, 0},
    {"0x29", 0x29, 0},    {"0x3B", 0x3B, 0}, {"0x3E", 0x3E, 0x12}, {"0xFF", 0xFF, 0x12},
};

static void reason_checked(void **state)
{
    const struct reason_row *row = *state;
    struct link_room f;

    link_room_open(&f, false, UINT64_MAX);
    assert_int_equal(ll_disconnect(f.upper->ll, 0, row->reason), row->error);
    ll_room_close(&f.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(termination_drops_what_waits),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    failed += RUN_ROWS(link_roles, terminates);
    failed += RUN_ROWS(link_roles, termination_times_out);
    failed += RUN_ROWS(link_roles, terminated);
    failed += RUN_ROWS(reasons, reason_checked);
    return failed;
}
