/* SPDX-License-Identifier: MIT */
/*
 * A raw link: one side of a connection, held by a raw radio (the lower tester, the attacker). It
 * keeps anchor points, channels, sequence numbers and acknowledgements as a correct peer does
 * (Core v5.4, Vol 6, Part B, 4.5), carries any PDU, encrypted with a given key or not at all, and
 * does wrong what it is told to do wrong. It answers nothing by itself: control procedures are the
 * business of whoever holds it. It only follows what changes the link for both ends: connection
 * updates, channel maps, PHYs, and LL_TERMINATE_IND.
 *
 * A link has a transceiver of its own, so that a raw radio holds any number of them and hears and
 * sends meanwhile.
 */
#ifndef SIM_RAW_LINK_H
#define SIM_RAW_LINK_H

#include "sim/raw_radio.h"
#include "wire/ll_cipher.h"

struct raw_link;

/* A new data or control PDU of the peer, not empty; acknowledged, unless raw_link_hold() says no.
 */
struct raw_link_rx {
    sim_ns start, end;
    uint16_t event;
    uint8_t channel;
    int8_t rssi_dbm;
    struct ll_data_header header; /* as received: its length counts the MIC */
    bool encrypted;               /* the link is, in this direction */
    bool mic_ok;                  /* of an encrypted one; else `payload` is as it was received */
    const uint8_t *payload;       /* plaintext */
    size_t len;
};

/*
 * Called in SIM_PHASE_AIR_END: what is sent from within heard() goes T_IFS later where it is this
 * end's turn. A link that is freed from within is a mistake. Members may be NULL.
 */
struct raw_link_ops {
    void (*connected)(void *user);
    void (*heard)(void *user, const struct raw_link_rx *rx);
    void (*acked)(void *user); /* nothing is left to be acknowledged */
    /*
     * It is over: HCI's error code. 0x08 supervision timeout, 0x3E the peer was never heard, 0x16
     * LL_TERMINATE_IND was sent and acknowledged or raw_link_stop() was called, else the reason in
     * the peer's LL_TERMINATE_IND.
     */
    void (*closed)(void *user, uint8_t reason);
};

/* NULL: out of memory. The raw radio outlives the link; power and position are its sender's. */
struct raw_link *raw_link_new(struct raw_radio *raw, const struct raw_link_ops *ops, void *user);
void raw_link_free(struct raw_link *link); /* NULL is fine */
struct radio *raw_link_radio(struct raw_link *link);

/* --- how it begins: once for each link --- */

/*
 * As central: answers the next ADV_IND or ADV_DIRECT_IND of ind->adv_a on that primary channel with
 * this CONNECT_IND. ch_sel: asked for; in force if the advertiser has it too. BLR_ERR_INVALID: a
 * link cannot be kept with that map or interval 0; BLR_ERR_STATE.
 */
int raw_link_initiate(struct raw_link *link, const struct ll_connect_ind *ind,
                      uint8_t channel) BLR_MUST_CHECK;

struct raw_link_advertising {
    struct bd_addr address;
    const struct bd_addr *directed; /* ADV_DIRECT_IND to it; NULL: ADV_IND */
    const uint8_t *data, *scan_response;
    size_t data_len, scan_response_len; /* up to 31 */
    uint8_t channels;                   /* bits 0 to 2: 37 to 39; 0: all */
    sim_ns interval;                    /* exactly */
    bool ch_sel;
};
/* As peripheral: advertises, answers SCAN_REQ, and takes the first CONNECT_IND that is for it. */
int raw_link_advertise(struct raw_link *link,
                       const struct raw_link_advertising *advertising) BLR_MUST_CHECK;

/* As either, of a CONNECT_IND that was on the air and ended at `end`. */
int raw_link_take_over(struct raw_link *link, const struct ll_connect_ind *ind, bool central,
                       sim_ns end) BLR_MUST_CHECK;

/* Connected and not closed. */
bool raw_link_up(const struct raw_link *link);
/* Of the link; NULL before it is connected. */
const struct ll_connect_ind *raw_link_connect_ind(const struct raw_link *link);
bool raw_link_central(const struct raw_link *link);
/* The event under way, or the one to come. */
uint16_t raw_link_event(const struct raw_link *link);

struct raw_link_counts {
    uint64_t events, missed; /* in which nothing was heard */
    uint64_t bad_crc, repeated;
    uint64_t sent, resent; /* PDUs, empty ones too */
};
const struct raw_link_counts *raw_link_counts(const struct raw_link *link);

/* --- sending --- */

/* A PDU, and what is to be wrong with it. All zero but llid and payload: nothing is. */
struct raw_link_pdu {
    uint8_t llid; /* 0 to 3 */
    const uint8_t *payload;
    size_t len;        /* up to 255, the MIC included */
    bool plain;        /* in clear though the link is encrypted */
    bool bad_mic;      /* of an encrypted one: all of its bits inverted */
    bool wrong_sn;     /* sent once with the other SN, as if it were a repetition, and forgotten */
    bool wrong_nesn;   /* each time it is sent, NESN is the other one */
    bool ignore;       /* this end does not follow what the PDU says */
    bool wrong_length; /* `length` stands in the header */
    uint8_t length;
    unsigned bad_crc; /* so many times with a bad CRC, before it goes as it should */
};
/*
 * Queues it; sealed now, with the next counter, if the link is encrypted. BLR_ERR_TOO_LONG,
 * BLR_ERR_NO_MEMORY, BLR_ERR_NOT_CONNECTED.
 */
int raw_link_send(struct raw_link *link, const struct raw_link_pdu *pdu) BLR_MUST_CHECK;
/* PDUs that wait or are not acknowledged. */
size_t raw_link_pending(const struct raw_link *link);

/* --- misbehaving as a whole --- */

/* The next `events` events go by without this end; the link is kept. */
void raw_link_silence(struct raw_link *link, unsigned events);
/* While true, nothing of the peer is acknowledged, nor told. */
void raw_link_hold(struct raw_link *link, bool hold);
/* Silent for ever; closed() is called from within. */
void raw_link_stop(struct raw_link *link);

/* --- encryption --- */

struct raw_link_keys {
    uint8_t session_key[16]; /* most significant octet first, as ll_session_key() makes it */
    struct ll_session session;
    uint64_t send_counter, receive_counter;
};
/*
 * From now on, as far as `send` and `receive` say: what is queued from now on is sealed, what is
 * heard is opened. BLR_ERR_INVALID: a counter past its end. BLR_ERR_NO_MEMORY.
 */
int raw_link_encrypt(struct raw_link *link, const struct raw_link_keys *keys, bool send,
                     bool receive) BLR_MUST_CHECK;
/* In clear again, as far as they say. */
void raw_link_plain(struct raw_link *link, bool send, bool receive);

#endif
