/* SPDX-License-Identifier: MIT */
/*
 * The lower tester's end of one connection, in either role, stepped through packet by packet: a
 * struct link (sim/link.h) whose `user` is the room. Every part of it may be changed to be wrong.
 */
#ifndef LINK_TESTER_H
#define LINK_TESTER_H

#include "link.h"
#include "ll_tester.h"

/* A CONNECT_IND that is right: interval 24 (30 ms), timeout 1 s, window offset 0, size 1. */
struct ll_connect_ind link_connect_ind(struct bd_addr peer);
/* Answers the next ADV_IND with it, and takes up connected(): the lower tester is the central. */
void link_open_central(struct link *link, struct upper *peripheral,
                       const struct ll_connect_ind *ind);
/* Advertises until the upper's CONNECT_IND comes: the lower tester is the peripheral. */
void link_open_peripheral(struct link *link, struct upper *central, bool ch_sel);

/* Central: begins the next event at its anchor point, with an offset to be early or late. */
void link_begin(struct link *link);
/* Sends at T_IFS (or the anchor point, first in an event) with the numbers of the moment. */
void link_send(struct link *link, uint8_t llid, const void *payload, size_t len, bool md);
void link_send_empty(struct link *link, bool md);
/* Any bytes; `bad_crc` spoils the CRC. */
void link_send_raw(struct link *link, const uint8_t *pdu, size_t len, bool bad_crc);

/*
 * The peer's PDU comes: at T_IFS after the last, or (first in an event, as the peripheral) at the
 * anchor point; channel, access address and lengths are checked, numbers updated.
 */
void link_hear(struct link *link);
/* And it is this one. */
void link_expect(struct link *link, uint8_t llid, const void *payload, size_t len, bool md);
void link_expect_empty(struct link *link);
/* Nothing comes at T_IFS. */
void link_expect_nothing(struct link *link);

/* One whole event in which only empty PDUs go both ways. */
void link_idle_event(struct link *link);
/*
 * One whole event: a PDU goes to the Link Layer under test, an empty one (that acknowledges) comes.
 */
void link_event(struct link *link, uint8_t llid, const void *payload, size_t len);

/* One whole event: this control PDU goes to the Link Layer under test (len 0: an empty one), any comes. */
void link_swap(struct link *link, const uint8_t *pdu, size_t len);
/* And the one that came is a control PDU that begins so. */
void link_swap_control(struct link *link, const uint8_t *pdu, size_t len, uint8_t expected);
/* And the one that came is empty. */
void link_swap_empty(struct link *link, const uint8_t *pdu, size_t len);

/* --- encryption --- */

/* The tester's part of the session, whatever it is. */
#define LINK_SKD 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18
#define LINK_IV  0x21, 0x22, 0x23, 0x24

/* "bytes, length" of LL_ENC_REQ and LL_ENC_RSP with that. */
#define LINK_ENC_REQ                                                                               \
    ((const uint8_t[]){LL_ENC_REQ, 1, 2, 3, 4, 5, 6, 7, 8, 0x34, 0x12, LINK_SKD, LINK_IV}), 23
#define LINK_ENC_RSP ((const uint8_t[]){LL_ENC_RSP, LINK_SKD, LINK_IV}), 13

extern const uint8_t link_ltk[16];
/* What a host gives when it asks the Link Layer under test for encryption with that. */
struct ll_encrypt_params link_encrypt_params(void);

/* The peer's LL_ENC_REQ or LL_ENC_RSP was heard last: the key that follows, not in use yet. */
void link_agree(struct link *link);

/* As the peripheral: the answer to LL_PAUSE_ENC_RSP, and LL_ENC_REQ, in one event. */
void link_hear_restart(struct link *link);

/*
 * The whole encryption start procedure with link_ltk, from the host's request to its news. In a
 * link that is encrypted: pause, and start again.
 */
void link_encrypt(struct link *link, struct upper *upper);

/* --- control PDUs; the Link Layer under test has nothing else to send --- */

/* It sends this one, and gets its acknowledgement. */
void link_expect_control(struct link *link, const uint8_t *pdu, size_t len);
/* It receives this one, acknowledges it, and has nothing to say to it. */
void link_send_control(struct link *link, const uint8_t *pdu, size_t len);
/* It receives this one and answers: a peripheral at once, a central in its next event. */
void link_exchange_control(struct link *link, const uint8_t *pdu, size_t len,
                           const uint8_t *answer, size_t answer_len);

/* --- a room with one connection --- */

struct link_room {
    struct ll_room room;
    struct upper *upper; /* the Link Layer under test, at upper_address(1) */
    struct link link;
};

/* Connected; an empty PDU went each way. `central`: the Link Layer under test is. */
void link_room_open(struct link_room *r, bool central, uint64_t features);
/* Connected; nothing was exchanged. NULL: by link_connect_ind(upper_address(1)). */
void link_room_open_peripheral(struct link_room *r, const struct ll_connect_ind *ind);
void link_room_open_central(struct link_room *r, bool ch_sel);

/* Events in which empty PDUs go each way; in quiet ones nothing is told to the host either. */
void link_idle_events(struct link_room *r, unsigned events);
void link_quiet_events(struct link_room *r, unsigned events);

/* Rows for what holds in both roles. */
struct link_role {
    const char *name;
    bool central; /* the Link Layer under test */
};

extern const struct link_role link_roles[2];

#endif
