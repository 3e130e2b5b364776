/* SPDX-License-Identifier: MIT */
/*
 * One Link Layer "dut" with a resolving list, and a lower tester that plays its peer by hand: the
 * peer's identity is peer_identity(), and peer_rpa() makes its resolvable private addresses.
 */
#ifndef PRIVACY_ROOM_H
#define PRIVACY_ROOM_H

#include "ll_tester.h"
#include "wire/smp_crypto.h"

/* Most significant octet first. */
static const uint8_t peer_irk[16] = {0x50, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
static const uint8_t local_irk[16] = {0x4C, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
static const uint8_t other_irk[16] = {0x4F, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
static const uint8_t no_irk[16];

struct privacy_room {
    struct ll_room room;
    struct upper *dut; /* at upper_address(1) */
    struct ll *ll;
};

static inline void privacy_open(struct privacy_room *p)
{
    const struct sim_controller_profile profile = upper_profile(1);

    ll_room_open(&p->room, 11);
    p->dut = upper_new(&p->room, "dut", &profile);
    p->ll = p->dut->ll;
}

static inline struct bd_addr peer_identity(void)
{
    return lower_address(); /* random static */
}

static inline struct bd_addr rpa_of(const uint8_t irk[static 16], uint8_t n)
{
    const uint8_t prand[3] = {0x40, 0x55, n};
    struct bd_addr rpa = {0};

    assert_int_equal(smp_rpa_make(irk, prand, &rpa), 0);
    return rpa;
}

static inline struct bd_addr peer_rpa(uint8_t n)
{
    return rpa_of(peer_irk, n);
}

static inline bool made_by(const uint8_t irk[static 16], const struct bd_addr *address)
{
    bool resolved = false;

    assert_int_equal(smp_rpa_resolves(irk, address, &resolved), 0);
    return resolved;
}

/* As HCI has it: IRKs the other way round. */
static inline uint8_t list_device(struct ll *ll, struct bd_addr identity,
                                  const uint8_t peer[static 16], const uint8_t local[static 16])
{
    uint8_t peer_lsb[16], local_lsb[16];

    for (unsigned i = 0; i < 16; i++) {
        peer_lsb[i] = peer[15 - i];
        local_lsb[i] = local[15 - i];
    }
    return ll_resolving_add(ll, &identity, peer_lsb, local_lsb);
}

static inline struct bd_addr static_address(void)
{
    return (struct bd_addr){.octet = {1, 2, 3, 4, 5, 0xC1}, .type = BD_ADDR_RANDOM};
}

/* The sender of an advertising channel PDU, and whom it names behind that. */
static inline struct bd_addr sender_of(const struct radio_rx *rx)
{
    struct rd r = rd_init(rx->pdu, rx->len);
    const struct ll_adv_header header = rd_ll_adv_header(&r);

    return rd_addr_octets(&r, header.tx_add);
}

static inline struct bd_addr target_of(const struct radio_rx *rx)
{
    struct rd r = rd_init(rx->pdu, rx->len);
    const struct ll_adv_header header = rd_ll_adv_header(&r);

    rd_addr_octets(&r, 0);
    return rd_addr_octets(&r, header.rx_add);
}

static inline bool octets_are(const uint8_t octets[static 6], const struct bd_addr *address)
{
    return memcmp(octets, address->octet, 6) == 0;
}

#endif
