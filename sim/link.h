/* SPDX-License-Identifier: MIT */
/*
 * One end of a connection as a correct peer keeps it (Core v5.4, Vol 6, Part B, 4.5): anchor
 * points, channels, sequence numbers, and what changes at an instant. It is arithmetic alone, for
 * lower testers: raw_link.h lets a radio follow it, tests step through it packet by packet, and
 * every field may be changed to be wrong.
 */
#ifndef SIM_LINK_H
#define SIM_LINK_H

#include "ll_chan.h"
#include "sim/radio.h"
#include "wire/ll_cipher.h"

/* What changes in an event to come (5.5). */
struct link_instant {
    bool update, map, phy; /* which of them; none: nothing changes */
    uint16_t at;
    uint16_t win_offset_1250us, interval_1250us;
    sim_ns late; /* how far into the transmit window the first packet comes */
    uint8_t channel_map[5];
    uint8_t tx_phy, rx_phy; /* 0: as it is */
};

struct link {
    void *user;   /* of the file that keeps it */
    bool central; /* this end is */
    struct ll_connect_ind ind;
    struct ll_chan chan;
    struct link_instant instant;
    uint16_t counter;
    sim_ns anchor;                 /* of event `counter` */
    uint8_t channel;               /* of the event under way */
    sim_ns last_end;               /* of the last packet of the event; 0: none yet */
    enum radio_phy tx_phy, rx_phy; /* to send on, and to hear on */
    /* Encryption, after link_key(): which PDUs that are not empty are ciphertext from now on. */
    bool tx_sealed, rx_sealed;
    uint64_t tx_counter, rx_counter; /* of the next new PDU (Part E, 2.1) */
    struct ll_session session;
    struct ll_cipher *cipher;
    bool sent_sealed; /* the last PDU sent is */
    bool mic_ok;      /* the last PDU heard was not, or its MIC is right */
    bool sn, nesn;
    bool acked;                   /* the last PDU heard acknowledged the last one sent */
    bool new_data;                /* and was not a repetition */
    struct ll_data_header header; /* of the last PDU heard, in plaintext if mic_ok */
    uint8_t pdu[LL_PDU_MAX];
    size_t len;
    uint8_t raw[LL_PDU_MAX]; /* the same as it was sent */
    size_t raw_len;
    sim_ns start; /* of the last PDU heard */
};

/*
 * Before event 0: the CONNECT_IND ended at `end`. The anchor point is the beginning of the transmit
 * window. False: its channel map has fewer than two channels.
 */
bool link_init(struct link *link, const struct ll_connect_ind *ind, bool central, sim_ns end);

/* Leaves out that many events. */
void link_skip(struct link *link, unsigned events);

/* When this end sends next: T_IFS after the last packet, or at the anchor point. */
sim_ns link_next_start(const struct link *link);

/*
 * Writes a PDU with the numbers of the moment; returns its length. Up to 255 octets of payload, the
 * MIC included; 0: too many.
 */
size_t link_pdu(struct link *link, uint8_t pdu[static LL_PDU_MAX], uint8_t llid,
                const uint8_t *payload, size_t len, bool md);

/* The packet that carries a PDU of this end at that time. */
struct radio_packet link_packet(const struct link *link, sim_ns start, const uint8_t *pdu,
                                size_t len);

/* A packet of the peer with a good CRC: numbers follow. False: it is too short for a header. */
bool link_heard(struct link *link, const struct radio_rx *rx);

/* --- encryption --- */

/*
 * The session key from the LTK (most significant octet first) and link->session: counters at zero,
 * not in use yet. BLR_ERR_NO_MEMORY.
 */
int link_key(struct link *link, const uint8_t ltk[static 16]) BLR_MUST_CHECK;
/* Both directions from now on. */
void link_seal(struct link *link, bool on);
/* Must be called once there was a key. */
void link_forget_key(struct link *link);
/*
 * The peer's parts of the session from the LL_ENC_REQ or LL_ENC_RSP that was heard last. False: it
 * is none.
 */
bool link_take_session(struct link *link);

/* --- control PDUs: CtrData and all; each returns the length --- */

#define LINK_CONTROL_MAX 24U

struct link_update {
    uint8_t win_size_1250us;
    uint16_t win_offset_1250us, interval_1250us, latency, timeout_10ms, instant;
};
size_t link_update_ind(uint8_t pdu[static LINK_CONTROL_MAX], const struct link_update *update);
/* The CtrData of LL_CONNECTION_UPDATE_IND. */
struct link_update link_update_read(struct rd *ctr_data);
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

/* From the instant on, this end follows. */
void link_follow_update(struct link *link, const struct link_update *update, sim_ns late);
void link_follow_map(struct link *link, const uint8_t map[static 5], uint16_t instant);
/*
 * The same by the control PDU that was sent or heard: LL_CONNECTION_UPDATE_IND, LL_CHANNEL_MAP_IND,
 * LL_PHY_UPDATE_IND. Others, those of a wrong length, and an interval of 0 change nothing.
 */
void link_follow(struct link *link, const uint8_t *pdu, size_t len);

#endif
