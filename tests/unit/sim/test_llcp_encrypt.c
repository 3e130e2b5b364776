/* SPDX-License-Identifier: MIT */
/*
 * Encryption of a link (Core v5.4, Vol 6, Part B, 5.1.3, Part E), one end of which is the lower
 * tester's.
 *
 *   central                        peripheral
 *     LL_ENC_REQ         --->
 *                        <---  LL_ENC_RSP
 *                        <---  LL_START_ENC_REQ
 *     LL_START_ENC_RSP   --->                     encrypted
 *                        <---  LL_START_ENC_RSP   encrypted
 */
#include "link_tester.h"
#include "rows.h"

static void open_encrypted(struct link_room *f, bool central)
{
    link_room_open(f, central, UINT64_MAX);
    link_encrypt(&f->link, f->upper);
}

static void close_encrypted(struct link_room *f)
{
    link_forget_key(&f->link);
    ll_room_close(&f->room);
}

/* One data PDU each way; the Link Layer under test sends in the event after. */
static void exchange_data(struct link_room *f)
{
    static const uint8_t to[] = {1, 2, 3, 4, 5}, from[] = {6, 7, 8};

    link_event(&f->link, LL_LLID_START, to, sizeof to);
    link_idle_event(&f->link);
    const struct upper_event *event = upper_expect(f->upper, UP_ACL, 0);
    assert_int_equal(event->len, sizeof to);
    assert_memory_equal(event->data, to, sizeof to);
    assert_int_equal(ll_acl_send(f->upper->ll, 0, true, from, sizeof from), 0);
    link_swap(&f->link, NULL, 0);
    assert_int_equal(f->link.header.llid, LL_LLID_START);
    assert_int_equal(f->link.header.length, sizeof from);
    assert_memory_equal(f->link.pdu + 2, from, sizeof from);
    link_idle_event(&f->link);
    upper_expect(f->upper, UP_COMPLETED, 0);
}

static void started(void **state)
{
    const struct link_role *row = *state;
    struct link_room f;

    open_encrypted(&f, row->central);
    for (int i = 0; i < 3; i++)
        exchange_data(&f);
    link_quiet_events(&f, 3);
    close_encrypted(&f);
}

static void refreshed(void **state)
{
    const struct link_role *row = *state;
    struct link_room f;

    open_encrypted(&f, row->central);
    exchange_data(&f);
    for (int i = 0; i < 3; i++) {
        link_encrypt(&f.link, f.upper);
        exchange_data(&f);
    }
    link_quiet_events(&f, 3);
    close_encrypted(&f);
}

int main(void)
{
    int failed = RUN_ROWS(link_roles, started);

    failed += RUN_ROWS(link_roles, refreshed);
    return failed;
}
