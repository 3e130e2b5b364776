/* SPDX-License-Identifier: MIT */
/* A link that is encrypted, with the lower tester at its other end. */
#ifndef LLCP_ENCRYPT_LINK_H
#define LLCP_ENCRYPT_LINK_H

#include "link_tester.h"

static inline void open_encrypted(struct link_room *f, bool central)
{
    link_room_open(f, central, UINT64_MAX);
    link_encrypt(&f->link, f->upper);
}

static inline void close_encrypted(struct link_room *f)
{
    link_forget_key(&f->link);
    ll_room_close(&f->room);
}

/* One data PDU each way; the Link Layer under test sends in the event after. */
static inline void exchange_data(struct link_room *f)
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

#endif
