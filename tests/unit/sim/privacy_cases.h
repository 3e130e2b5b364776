/* SPDX-License-Identifier: MIT */
/*
 * Who is before the "dut" of a privacy_room, and under which address either of them goes on the
 * air: the cases that advertiser, scanner and initiator have in common.
 */
#ifndef PRIVACY_CASES_H
#define PRIVACY_CASES_H

#include "privacy_room.h"

enum kind {
    IDENTITY,
    RPA,            /* of the peer's IRK */
    STRANGER_RPA,   /* of an IRK that is not on the list */
    STRANGER,       /* an identity that is not on the list */
    NON_RESOLVABLE, /* a stranger's too */
};

static inline struct bd_addr address_of(enum kind kind)
{
    struct bd_addr address = peer_identity();

    switch (kind) {
    case IDENTITY:
        break;
    case RPA:
        return peer_rpa(7);
    case STRANGER_RPA:
        return rpa_of(other_irk, 7);
    case STRANGER:
        address.octet[0] ^= 1;
        break;
    case NON_RESOLVABLE:
        return (struct bd_addr){.octet = {1, 2, 3, 4, 5, 6}, .type = BD_ADDR_RANDOM};
    }
    return address;
}

/* Resolvable, of no IRK that is known here. */
static inline struct bd_addr nth_stranger(unsigned n)
{
    return (struct bd_addr){.octet = {(uint8_t)n, (uint8_t)(n >> 8), 7, 0, 0, 0x40},
                            .type = BD_ADDR_RANDOM};
}

/*
 * The list has the peer with these IRKs and this privacy mode, or without a peer's IRK (NULL) two
 * other devices, one of them without an IRK. The accept list has the peer's identity.
 */
static inline void open_with(struct privacy_room *p, bool resolution, const uint8_t *irk,
                             const uint8_t *local, bool device_mode)
{
    const struct bd_addr peer = peer_identity();

    privacy_open(p);
    if (irk) {
        assert_int_equal(list_device(p->ll, peer, irk, local), 0);
        assert_int_equal(ll_set_privacy_mode(p->ll, &peer, device_mode), 0);
    } else {
        assert_int_equal(list_device(p->ll, upper_address(8), other_irk, local), 0);
        assert_int_equal(list_device(p->ll, upper_address(9), no_irk, local), 0);
    }
    assert_int_equal(ll_accept_list_add(p->ll, &peer), 0);
    assert_int_equal(ll_set_address_resolution(p->ll, resolution), 0);
}

/* The address that the dut takes for its own. */
enum own {
    REFUSED, /* none: Invalid HCI Command Parameters */
    PUBLIC,
    STATIC,
    PRIVATE, /* an RPA of local_irk */
};

static inline void expect_own(const struct bd_addr *address, enum own own)
{
    const struct bd_addr fixed = static_address(), public = upper_address(1);

    assert_int_equal(bd_addr_equal(address, &public), own == PUBLIC);
    assert_int_equal(bd_addr_equal(address, &fixed), own == STATIC);
    assert_int_equal(made_by(local_irk, address), own == PRIVATE);
}

/* From the lower tester, soon; returns when it ends. */
static inline sim_ns send_adv(struct privacy_room *p, uint8_t type, struct bd_addr from,
                              const struct bd_addr *to, const uint8_t *data, size_t data_len)
{
    uint8_t pdu[LL_PDU_MAX];
    const size_t len = lower_adv_pdu(pdu, type, from, to, data, data_len);
    const sim_ns start = ll_room_now(&p->room) + SIM_US(50);

    lower_send_adv(&p->room, 37, start, pdu, len);
    return start + ll_air_time(RADIO_PHY_1M, len);
}

/* The same where an answer to what was heard belongs. */
static inline void answer_adv(struct privacy_room *p, const struct radio_rx *rx, uint8_t type,
                              struct bd_addr from, const struct bd_addr *to, const uint8_t *data,
                              size_t data_len)
{
    uint8_t pdu[LL_PDU_MAX];
    const size_t len = lower_adv_pdu(pdu, type, from, to, data, data_len);

    lower_send_adv(&p->room, ll_mhz_channel(rx->mhz), rx->end + LL_T_IFS, pdu, len);
}

/* The peer was called `from` on the air; `own` is the dut's RPA there, NULL: it had none. */
static inline void expect_peer(const struct upper_event *connected, struct bd_addr from,
                               bool resolved, const struct bd_addr *own)
{
    const struct bd_addr none = {0}, peer = resolved ? peer_identity() : from;

    assert_int_equal(connected->status, 0);
    assert_true(bd_addr_equal(&connected->info.peer, &peer));
    assert_int_equal(connected->info.peer_resolved, resolved);
    assert_true(octets_are(connected->info.peer_rpa, resolved ? &from : &none));
    assert_true(octets_are(connected->info.local_rpa, own ? own : &none));
}

#endif
