/* SPDX-License-Identifier: MIT */
/*
 * The lower tester's end of one connection, in either role: it keeps anchor points, channels and
 * sequence numbers as a correct peer would, and every part of it may be changed to be wrong.
 */
#ifndef LINK_TESTER_H
#define LINK_TESTER_H

#include "ll_chan.h"
#include "ll_tester.h"

/* What changes in an event to come (5.5). */
struct link_instant {
    bool update, map; /* which of both; neither: nothing changes */
    uint16_t at;
    uint16_t win_offset_1250us, interval_1250us;
    sim_ns late; /* how far into the transmit window the first packet comes */
    uint8_t channel_map[5];
};

struct link {
    struct ll_room *room;
    bool central; /* the lower tester is */
    struct ll_connect_ind ind;
    struct ll_chan chan;
    struct link_instant instant;
    uint16_t counter;
    sim_ns anchor;    /* of event `counter` */
    uint8_t channel;  /* of the event under way */
    sim_ns last_end;  /* of the last packet of the event */
    enum radio_phy tx_phy, rx_phy; /* to send on, and to hear on */
    bool sn, nesn;
    bool acked;       /* the last PDU heard acknowledged the last one sent */
    bool new_data;    /* and was not a repetition */
    struct ll_data_header header; /* of the last PDU heard */
    uint8_t pdu[LL_PDU_MAX];
    size_t len;
    sim_ns start;     /* of the last PDU heard */
};

/* A CONNECT_IND that is right: interval 24 (30 ms), timeout 1 s, window offset 0, size 1. */
struct ll_connect_ind link_connect_ind(struct bd_addr peer);
/* Answers the next ADV_IND with it, and takes up connected(): the lower tester is the central. */
void link_open_central(struct link *link, struct upper *peripheral,
                       const struct ll_connect_ind *ind);
/* Advertises until the upper's CONNECT_IND comes: the lower tester is the peripheral. */
void link_open_peripheral(struct link *link, struct upper *central, bool ch_sel);

/* Central: begins the next event at its anchor point, with an offset to be early or late. */
void link_begin(struct link *link);
/* Leaves out that many events. */
void link_skip(struct link *link, unsigned events);

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

/* --- control PDUs; the Link Layer under test has nothing else to send --- */

/* It sends this one, and gets its acknowledgement. */
void link_expect_control(struct link *link, const uint8_t *pdu, size_t len);
/* It receives this one, acknowledges it, and has nothing to say to it. */
void link_send_control(struct link *link, const uint8_t *pdu, size_t len);
/* It receives this one and answers: a peripheral at once, a central in its next event. */
void link_exchange_control(struct link *link, const uint8_t *pdu, size_t len,
                           const uint8_t *answer, size_t answer_len);

/* CtrData and all; each returns the length. */
#define LINK_CONTROL_MAX 24U

struct link_update {
    uint8_t win_size_1250us;
    uint16_t win_offset_1250us, interval_1250us, latency, timeout_10ms, instant;
};
size_t link_update_ind(uint8_t pdu[static LINK_CONTROL_MAX], const struct link_update *update);
size_t link_map_ind(uint8_t pdu[static LINK_CONTROL_MAX], const uint8_t map[static 5],
                    uint16_t instant);

struct link_params {
    uint16_t interval_min_1250us, interval_max_1250us, latency, timeout_10ms;
    uint8_t periodicity_1250us;
    uint16_t reference;
};
/* LL_CONNECTION_PARAM_REQ or _RSP, without offsets. */
size_t link_param_pdu(uint8_t pdu[static LINK_CONTROL_MAX], uint8_t opcode,
                      const struct link_params *params);

/* From the instant on, the tester's end follows. */
void link_follow_update(struct link *link, const struct link_update *update, sim_ns late);
void link_follow_map(struct link *link, const uint8_t map[static 5], uint16_t instant);

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
