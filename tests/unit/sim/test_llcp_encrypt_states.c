/* SPDX-License-Identifier: MIT */
/*
 * What our own host and the passage of time do to a link in each state of encryption (Core v5.4,
 * Vol 6, Part B, 5.1.3, 5.1.6, 5.2): it terminates, it has other things to say, the peer is silent.
 */
#include "llcp_encrypt_states.h"
#include "rows.h"

static const struct state_row states[] = {STATE_ROWS};

/* LL_TERMINATE_IND goes at once, in clear or encrypted as the peer then expects it. */
static void terminated(void **state)
{
    static const uint8_t terminate[] = {LL_TERMINATE_IND, 0x13};
    const struct state_row *row = *state;
    struct hostile f;

    hostile_open(&f, row->central, row->state);
    struct link *link = &f.room.link;
    assert_int_equal(ll_disconnect(f.room.upper->ll, 0, 0x13), 0);
    link_begin(link);
    if (link->central)
        link_send_empty(link, false);
    link_expect(link, LL_LLID_CONTROL, terminate, sizeof terminate, false);
    if (!link->central) {
        link_send_empty(link, false);
        link_expect_nothing(link);
    } else {
        link_begin(link);
        link_send_empty(link, false);
    }
    link_expect_nothing(link);
    expect_gone(&f, HCI_ERR_CONNECTION_TERMINATED_BY_LOCAL_HOST);
    hostile_close(&f);
}

/* The peer says nothing more (5.2). Our host may take as long as it likes. */
static bool times_out(const struct state_row *row)
{
    if (row->central)
        return row->state != C_IDLE && row->state != C_ENCRYPTED;
    return row->state != P_IDLE && row->state != P_KEY && row->state != P_ENCRYPTED &&
           row->state != P_REKEY;
}

static void never_answered(void **state)
{
    const struct state_row *row = *state;
    struct hostile f;

    hostile_open(&f, row->central, row->state);
    const sim_ns latest = ll_room_now(&f.room.room) + SIM_S(40);
    const sim_ns earliest = latest - 5 * SIM_MS(30);
    /* Pings would be sent. */
    assert_int_equal(ll_write_payload_timeout(f.room.upper->ll, 0, 0xFFFF), 0);
    while (ll_room_now(&f.room.room) < earliest - SIM_MS(30))
        link_idle_event(&f.room.link);
    upper_expect_none(f.room.upper);
    if (times_out(row)) {
        ll_room_run(&f.room.room, latest - ll_room_now(&f.room.room));
        lower_forget(&f.room.room);
        expect_gone(&f, HCI_ERR_LL_RESPONSE_TIMEOUT);
    } else {
        link_quiet_events(&f.room, 10);
        leave(&f);
        expect_works(&f);
    }
    hostile_close(&f);
}

/* --- data and procedures of our own wait until the link is encrypted (5.1.3.1) --- */

static const struct state_row under_way[] = {UNDER_WAY_ROWS};

static void expect_version_and_data(struct hostile *f, const uint8_t *data, size_t len)
{
    struct link *link = &f->room.link;

    link_begin(link);
    if (link->central)
        link_send_empty(link, false);
    link_hear(link);
    assert_int_equal(link->header.llid, LL_LLID_CONTROL);
    assert_int_equal(link->pdu[2], LL_VERSION_IND);
    link_send_empty(link, false);
    link_expect(link, LL_LLID_START, data, len, false);
    if (!link->central)
        link_send_empty(link, false);
    link_expect_nothing(link);
    if (link->central)
        link_idle_event(link);
}

static void held_back(void **state)
{
    static const uint8_t data[] = {1, 2, 3}, version[] = {LL_VERSION_IND, 9, 1, 0, 2, 0};
    const struct state_row *row = *state;
    struct hostile f;

    hostile_open(&f, row->central, row->state);
    struct ll *ll = f.room.upper->ll;
    struct link *link = &f.room.link;
    assert_int_equal(ll_acl_send(ll, 0, true, data, sizeof data), 0);
    assert_int_equal(ll_read_remote_version(ll, 0), 0);
    /* Their time begins when they do: a host that looks for its key costs them nothing. */
    link_quiet_events(&f.room, times_out(row) ? 5 : 1400);
    while (f.state != last_step(&f))
        advance(&f);
    /* By hand, as more follows at once. */
    link_begin(link);
    if (link->central) {
        link_send(link, LL_LLID_CONTROL, start_rsp, 1, false);
        link_expect(link, LL_LLID_CONTROL, start_rsp, 1, true);
    } else {
        link_expect_empty(link);
        link_send(link, LL_LLID_CONTROL, start_rsp, 1, false);
    }
    link_expect_nothing(link);
    expect_status(&f, refreshing(&f) ? UP_REFRESHED : UP_ENCRYPTION, 0);
    expect_version_and_data(&f, data, sizeof data);
    upper_expect(f.room.upper, UP_COMPLETED, 0);
    link_send_control(link, version, sizeof version);
    upper_expect(f.room.upper, UP_VERSION, 0);
    expect_works(&f);
    hostile_close(&f);
}

int main(void)
{
    int failed = RUN_ROWS(states, terminated);

    failed += RUN_ROWS(states, never_answered);
    failed += RUN_ROWS(under_way, held_back);
    return failed;
}
