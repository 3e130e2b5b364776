/* SPDX-License-Identifier: MIT */
/* Between raw_link.c (the events of a link) and raw_link_begin.c (how it comes to be). */
#ifndef SIM_RAW_LINK_INTERNAL_H
#define SIM_RAW_LINK_INTERNAL_H

#include "link.h"
#include "sim/raw_link.h"

enum raw_link_state {
    RAW_LINK_NEW,
    RAW_LINK_WAIT_RX_ADV_IND, /* central to be */
    RAW_LINK_TX_CONNECT_IND,
    RAW_LINK_ADVERTISING, /* peripheral to be */
    RAW_LINK_CONNECTED,
    RAW_LINK_CLOSED,
};

/* A PDU on its way: payload as it goes on the air, sealed if it is to be. */
struct raw_link_item {
    struct raw_link_item *next;
    uint8_t llid, len, length;
    bool wrong_sn, wrong_nesn, follow, sealed, mic_valid;
    unsigned bad_crc;
    uint8_t payload[255];
    uint8_t plain[LL_PDU_MAX]; /* header and plaintext, for traces */
    uint16_t plain_len;
};

struct raw_link {
    struct link end;
    struct raw_radio *raw;
    struct radio radio;
    struct timer timer;
    const struct raw_link_ops *ops;
    void *user;
    enum raw_link_state state;

    /* How it begins. */
    struct ll_connect_ind ind;
    uint8_t channel;
    struct raw_link_advertising adv;
    struct bd_addr directed;
    uint8_t data[LL_LEGACY_ADV_DATA_MAX], response[LL_LEGACY_ADV_DATA_MAX];
    sim_ns adv_event; /* when the advertising event began */
    bool answering;   /* a SCAN_RSP is on the air */

    /* The connection. */
    struct raw_link_item *items, **items_end;
    size_t pending;
    bool unacked;                 /* what was sent last */
    bool said_more;               /* MD in it */
    struct raw_link_item *flying; /* that; NULL: an empty PDU */
    bool heard_any;               /* in this event */
    bool began, established;
    sim_ns window; /* the peer may begin so much later than the anchor point */
    sim_ns last_anchor, last_valid;
    unsigned silent;
    bool hold;
    uint8_t close_reason; /* once the packet on the air has ended; 0: none */
    struct raw_link_counts counts;

    struct ll_cipher *cipher;
    bool send_sealed, receive_sealed;
    uint64_t send_counter, receive_counter;
};

/* A CONNECT_IND ended: event 0 is to come. Tells connected(). */
void raw_link_begin(struct raw_link *link, bool central, sim_ns end);
void raw_link_close(struct raw_link *link, uint8_t reason);

/* The parts of radio_ops and of the timer that belong to the beginning. */
void raw_link_begin_tx_done(struct raw_link *link, sim_ns end);
void raw_link_begin_rx(struct raw_link *link, const struct radio_rx *rx);
void raw_link_begin_rx_timeout(struct raw_link *link);
void raw_link_begin_timer(struct raw_link *link);

#endif
