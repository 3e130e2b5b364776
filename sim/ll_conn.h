/* SPDX-License-Identifier: MIT */
/*
 * A connection (Core v5.4, Vol 6, Part B, 4.5): ll_conn.c keeps its life and its place in time,
 * ll_conn_event.c plays the connection events, ll_conn_tx.c decides what is sent.
 */
#ifndef SIM_LL_CONN_H
#define SIM_LL_CONN_H

#include <stdbool.h>
#include <stdint.h>

#include "ll.h"
#include "ll_chan.h"
#include "ll_encrypt.h"
#include "ll_sched.h"
#include "llcp.h"
#include "wire/ll.h"

struct ll_acl_buf;

/* A data PDU before a data length update (4.5.10): its payload, its packet on LE 1M. */
#define LL_DATA_LEN_MIN     27U
#define LL_DATA_TIME_MIN_US 328U

#define LL_TRANSMIT_WINDOW_DELAY SIM_US(1250) /* after a CONNECT_IND (4.5.3) */

enum ll_conn_state {
    CONN_WAIT_EVENT,
    CONN_TX,
    CONN_RX,
};

enum ll_tx_kind {
    LL_TX_NONE, /* all that was sent is acknowledged */
    LL_TX_EMPTY,
    LL_TX_DATA,
    LL_TX_CONTROL,
};

struct ll_conn {
    struct ll *ll;
    struct ll_slot slot;
    uint16_t handle;
    bool central;
    bool established; /* a packet came from the peer */
    enum ll_conn_state state;
    struct bd_addr peer; /* its identity, if that is known */
    uint32_t access_address, crc_init;
    struct ll_chan chan;
    uint16_t interval_1250us, latency, timeout_10ms;
    uint8_t peer_sca;
    uint16_t payload_timeout_10ms;
    enum radio_phy tx_phy, rx_phy;
    struct ll_phy_masks phy_wanted; /* what the host likes */
    uint8_t phy_options;            /* enum ll_phy_options: on LE Coded */
    struct ll_data_lengths length;        /* connEffectiveMax... */
    struct ll_data_lengths own_length;    /* connMax... */
    struct ll_data_lengths remote_length; /* connRemoteMax... */
    struct ll_data_lengths told_length;   /* connMax... as last sent to the peer */
    uint16_t most_rx_octets; /* the most that length.rx has been */
    int8_t rssi_dbm, power_dbm;

    /* When: the anchor point of event `counter`, the one to come or under way. */
    uint16_t counter;
    uint16_t skipped;  /* events before it left out by peripheral latency */
    sim_ns anchor;
    sim_ns synced;     /* peripheral: the last anchor that was heard, or the CONNECT_IND's end */
    sim_ns window;     /* peripheral: size of the transmit window while that is awaited */
    sim_ns created;
    sim_ns heard_at;   /* end of the last valid packet; supervision counts from here */
    struct timer supervision;

    /* Within an event. */
    uint16_t mhz;
    bool heard;        /* something came in this event */
    bool valid;        /* something with a good CRC */
    bool md, peer_md;  /* as last sent and received */
    uint8_t crc_errors; /* in a row */

    /* Acknowledgement (4.5.9). */
    bool sn, nesn; /* transmitSeqNum, nextExpectedSeqNum */
    enum ll_tx_kind sent; /* kind of the PDU that carries sn */
    uint8_t sent_len;     /* of its payload, without the MIC */
    bool sent_sealed;     /* it is ciphertext */

    struct ll_acl_buf *acl_first, *acl_last;
    struct llcp llcp;
    struct ll_encrypt encrypt;
    uint8_t end_reason; /* nonzero: to be ended as soon as the present packet is dealt with */
};

/* --- ll_conn.c --- */

/* There is room for one more connection, those being made included. */
bool ll_conn_room(const struct ll *ll);
/* A connection in waiting, without a handle. NULL: no memory. */
struct ll_conn *ll_conn_new(struct ll *ll);
/* Stops it, frees its buffers, gives up its handle; nothing is indicated. NULL is fine. */
void ll_conn_free(struct ll_conn *conn);

struct ll_conn *ll_conn_find(const struct ll *ll, uint16_t handle);
struct ll_conn *ll_conn_find_peer(const struct ll *ll, const struct bd_addr *peer);

/* 4.5.1, 4.5.2 */
bool ll_conn_params_valid(uint16_t interval_1250us, uint16_t latency, uint16_t timeout_10ms);

/* Every field within the ranges of 2.3.3.1 and 4.5.2. */
bool ll_connect_ind_valid(const struct ll_connect_ind *ind);

/* Who makes a connection, as ll_connection_info tells it. */
struct ll_parties {
    struct bd_addr peer;
    bool peer_resolved;
    uint8_t local_rpa[6], peer_rpa[6];
};

/*
 * The connection begins with a CONNECT_IND that ended at `created`: takes a handle and tells the
 * host. ind->ch_sel: algorithm #2 is used. The central's first anchor point is the beginning of
 * the transmit window.
 */
void ll_conn_start(struct ll_conn *conn, const struct ll_connect_ind *ind,
                   const struct ll_parties *parties, bool central, sim_ns created);

/* Frees it and tells the host. The caller must not touch it again. */
void ll_conn_end(struct ll_conn *conn, uint8_t reason);

/* After an event, heard or missed or lost to others: reserves the next one. */
void ll_conn_next_event(struct ll_conn *conn);

/* There is something to send: a peripheral that sleeps by its latency wakes up for it. */
void ll_conn_wake(struct ll_conn *conn);

/* Half of the receive window of a peripheral at its anchor point, beyond the transmit window. */
sim_ns ll_conn_widening(const struct ll_conn *conn, sim_ns at);

/* Until when an event may last for the next one to be prepared in time. */
sim_ns ll_conn_event_limit(const struct ll_conn *conn);

/* What is reserved for an event: a PDU of LL_DATA_LEN_MIN each way. */
sim_ns ll_conn_exchange_time(const struct ll_conn *conn);

/*
 * WinOffset for a central connection whose transmit window could begin at `earliest`: its anchor
 * points keep clear of the other connections', if any offset permits. `self` (NULL: a new one) is
 * not in its own way.
 */
uint16_t ll_conn_choose_offset(const struct ll *ll, const struct ll_conn *self, sim_ns earliest,
                               uint16_t interval_1250us);

/* The first packet of the peer has come (4.5.2): the supervision timeout counts from now on. */
void ll_conn_established(struct ll_conn *conn);

/* New parameters hold from conn->anchor on; the supervision timeout begins anew there. */
void ll_conn_set_params(struct ll_conn *conn, uint16_t interval_1250us, uint16_t latency,
                        uint16_t timeout_10ms);

/* --- ll_conn_event.c --- */

extern const struct ll_slot_ops ll_conn_slot_ops;

/* --- ll_conn_tx.c --- */

struct ll_tx_pdu {
    size_t len, plain_len; /* plain_len 0: it is not encrypted */
    uint8_t bytes[LL_PDU_MAX];
    uint8_t plain[LL_PDU_MAX]; /* as in struct trace_air_packet */
};

/* Writes the PDU to send at `start`, new or again. Sets conn->md. */
void ll_conn_tx_pdu(struct ll_conn *conn, sim_ns start, struct ll_tx_pdu *pdu);
/* How long the next PDU is on the air, as things stand. */
sim_ns ll_conn_tx_time(const struct ll_conn *conn);
/* The PDU that carries sn was acknowledged. */
void ll_conn_tx_acked(struct ll_conn *conn);
/* Something but empty PDUs waits to be sent, or is not acknowledged yet. */
bool ll_conn_tx_pending(const struct ll_conn *conn);
void ll_conn_tx_flush(struct ll_conn *conn);

#endif
