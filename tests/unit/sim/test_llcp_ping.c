/* SPDX-License-Identifier: MIT */
/* LE Ping (Core v5.4, Vol 6, Part B, 5.1.8); the payload timeout (Vol 4, Part E, 7.3.93, 7.3.94).
 */
#include "link_tester.h"
#include "rows.h"

static const uint8_t req[] = {LL_PING_REQ}, rsp[] = {LL_PING_RSP};

/* Each one is answered; an answer to nothing is nothing. */
static void answered(void **state)
{
    const struct link_role *row = *state;
    struct link_room f;

    link_room_open(&f, row->central, UINT64_MAX);
    for (int i = 0; i < 3; i++)
        link_exchange_control(&f.link, req, sizeof req, rsp, sizeof rsp);
    link_send_control(&f.link, rsp, sizeof rsp);
    link_quiet_events(&f, 3);
    ll_room_close(&f.room);
}

static void unclaimed(void **state)
{
    const struct link_role *row = *state;
    const uint8_t unknown[] = {LL_UNKNOWN_RSP, LL_PING_REQ};
    struct link_room f;

    link_room_open(&f, row->central, 0);
    link_exchange_control(&f.link, req, sizeof req, unknown, sizeof unknown);
    link_quiet_events(&f, 3);
    ll_room_close(&f.room);
}

struct timeout_row {
    const char *name;
    uint16_t latency, timeout_10ms;
    uint8_t status;
};

/* The interval is 30 ms. */
static const struct timeout_row timeouts[] = {
    {"none", 0, 0, 0x12},
    {"below the interval", 0, 2, 0x12},
    {"the interval", 0, 3, 0},
    {"below the silence of latency", 9, 29, 0x12},
    {"the silence of latency", 9, 30, 0},
    {"most", 9, 0xFFFF, 0},
};

static void timeout_written(void **state)
{
    const struct timeout_row *row = *state;
    struct ll_connect_ind ind = link_connect_ind(upper_address(1));
    struct link_room f;
    uint16_t now = 0;

    ind.latency = row->latency;
    link_room_open_peripheral(&f, &ind);
    struct ll *ll = f.upper->ll;
    assert_int_equal(ll_read_payload_timeout(ll, 1, &now), 0x02);
    assert_int_equal(ll_write_payload_timeout(ll, 1, row->timeout_10ms), 0x02);
    assert_int_equal(ll_write_payload_timeout(ll, 0, row->timeout_10ms), row->status);
    assert_int_equal(ll_read_payload_timeout(ll, 0, &now), 0);
    assert_int_equal(now, row->status ? 3000 : row->timeout_10ms);
    ll_room_close(&f.room);
}

int main(void)
{
    int failed = RUN_ROWS(link_roles, answered);

    failed += RUN_ROWS(link_roles, unclaimed);
    failed += RUN_ROWS(timeouts, timeout_written);
    return failed;
}
