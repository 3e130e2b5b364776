/* SPDX-License-Identifier: MIT */
/*
 * The radio medium and the transceivers in it.
 *
 * A transmission is an interval of time at a centre frequency with a PHY, an access address, a
 * power and real bytes. A receiver is a window of time at a frequency. A receiver locks onto a
 * transmission whose PHY and access address it waits for, whose preamble begins within the window
 * and which is strong enough; when the transmission ends, the receiver is told what came. What
 * overlaps it meanwhile collides by power difference: the carrier-to-interference ratios are those
 * that Core v5.4, Vol 6, Part A, 4.2 demands of a receiver, by frequency offset. Propagation takes
 * no time. The cost of a transmission grows with those who listen on its frequency.
 */
#ifndef SIM_RADIO_H
#define SIM_RADIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/stream.h"
#include "sim/world.h"
#include "wire/ll.h"
#include "wire/trace_sink.h"

struct radio;

/* What goes on the air. */
struct radio_packet {
    sim_ns start; /* first bit of the preamble; not in the past */
    uint16_t mhz;
    uint8_t phy;       /* enum radio_phy */
    uint8_t direction; /* enum air_direction, for omniscient traces alone */
    uint32_t access_address;
    uint32_t crc_init;
    const uint8_t *pdu; /* header and payload; copied */
    size_t len;         /* up to LL_PDU_MAX */
    bool bad_crc;       /* a lower tester's: send the CRC inverted */
    /* As in struct trace_air_packet, for omniscient traces alone; copied while there is one. */
    const uint8_t *plain; /* up to LL_PDU_MAX octets */
    size_t plain_len;
    bool mic_valid;
};

/*
 * What to wait for. A window that opens or closes in the very instant in which a packet begins
 * hears it; but radio_listen() called when that instant's SIM_PHASE_AIR_START is over comes too
 * late for what began in it. A receiver that has locked stays so past its window's close until the
 * packet ends.
 */
struct radio_listen {
    sim_ns open;  /* not in the past */
    sim_ns close; /* the preamble must begin at or before this; SIM_NEVER: until radio_stop() */
    uint16_t mhz;
    uint8_t phy; /* a Coded window hears both codings */
    uint32_t access_address;
    uint32_t crc_init;
    /*
     * A sniffer's. any_frequency: hears every frequency and PHY at once, any number of packets side
     * by side, and goes on listening through its rx calls until the window closes.
     * any_access_address: locks onto whatever comes and judges each CRC by its sender's own preset.
     */
    bool any_frequency, any_access_address;
    bool want_crc; /* fill in radio_rx.crc, which costs time */
};

/* What was heard; pdu lives until the call returns. */
struct radio_rx {
    sim_ns start, end;
    uint16_t mhz;
    uint8_t phy;
    uint8_t direction;
    int8_t rssi_dbm;
    bool crc_ok;
    uint32_t access_address;
    uint32_t crc; /* as received, if the window has want_crc; else 0 */
    const uint8_t *pdu;
    size_t len; /* as sent, even where flipped bits make the header say otherwise */
};

/*
 * How a radio's owner is called. Each call comes with the radio idle (but a sniffer's, see
 * any_frequency): it may transmit or listen again from within, and may stop, use or end any other
 * radio. tx_done and rx run in SIM_PHASE_AIR_END of the instant in which the packet ends, the
 * receivers in the order of their actors' ranks and the sender last; rx_timeout in SIM_PHASE_LL of
 * the instant in which the window closes, unless a packet is being received then.
 *
 * A packet that collides after its access address was received comes with crc_ok false and flipped
 * bits. One that collides while its preamble and access address are on the air is never noticed:
 * the receiver listens on, and can lock onto the stronger one instead. A receiver whose packet goes
 * away like that, or is cut off by its sender, after its window has closed gets rx_timeout in that
 * instant.
 */
struct radio_ops {
    void (*tx_done)(struct radio *radio, sim_ns end);
    void (*rx)(struct radio *radio, const struct radio_rx *rx);
    void (*rx_timeout)(struct radio *radio);
};

enum radio_state {
    RADIO_IDLE,
    RADIO_TX_WAIT,   /* armed, not begun */
    RADIO_TX,        /* on the air */
    RADIO_RX,        /* window armed or open; a sniffer's also while packets come in */
    RADIO_RX_LOCKED, /* receiving a packet */
};

struct radio_position {
    int32_t x_mm, y_mm, z_mm;
};

/* One transmission on its way to one receiver. Private. */
struct radio_reception {
    struct radio *to;
    struct radio_reception *next, **link;           /* of one transmission, by rank */
    struct radio_reception *side_next, **side_link; /* of one sniffer */
    int16_t power_ddbm;
    int16_t margin_ddb; /* worst carrier-to-interference margin so far; below 0: collided */
    uint64_t flips;     /* a rule corrupts it: what the flipped bits are drawn from; 0: none */
};

/* One half-duplex transceiver, embedded in its owner. Fields are the medium's but where noted. */
struct radio {
    const struct radio_ops *ops;
    void *user;
    struct radio_medium *medium;
    struct sim_actor *actor;
    struct timer timer;
    enum radio_state state;
    int16_t power_ddbm;             /* tenths of dBm; the owner may set it while idle */
    int16_t sensitivity_ddbm;       /* weaker signals are not noticed; the owner may set it */
    struct radio_position position; /* set by radio_set_position() */
    uint32_t id;                    /* order of joining the medium */
    uint64_t name_key;
    struct sim_stream noise;                  /* bits that collisions flip */
    struct radio *all_prev, *all_next;        /* every radio of the medium, by rank */
    struct radio *listen_next, **listen_link; /* those that listen on one frequency */
    struct radio_listen window;
    struct radio_reception reception;   /* while RADIO_RX_LOCKED */
    struct radio_reception *side;       /* a sniffer's, side by side */
    struct radio_reception *receptions; /* of the packet being sent */
    struct radio *air_next, **air_link; /* transmissions on the air */
    struct radio_packet tx;
    sim_ns tx_sync, tx_end; /* the access address ends; the packet ends */
    uint8_t tx_pdu[LL_PDU_MAX];
    uint8_t tx_plain[LL_PDU_MAX]; /* what tx.plain points to, if it points anywhere */
};

/*
 * Joins the world's medium under the actor's name. Defaults: 0 dBm, sensitivity -95 dBm, position
 * at the origin. `ops` members may be NULL for what the owner never does.
 */
void radio_init(struct radio *radio, struct sim_actor *actor, const struct radio_ops *ops,
                void *user);
void radio_fini(struct radio *radio);

/*
 * Sends. What the radio did before is given up, as by radio_stop(). Refuses with BLR_ERR_INVALID a
 * PDU over LL_PDU_MAX, a start in the past, a frequency outside 2400 to 2483 MHz, an unknown PHY;
 * then nothing is given up. The radios of one actor neither hear nor disturb each other.
 */
int radio_transmit(struct radio *radio, const struct radio_packet *packet) BLR_MUST_CHECK;

/* What radio_transmit() would answer at the time `now`. */
int radio_packet_check(const struct radio_packet *packet, sim_ns now) BLR_MUST_CHECK;

/* Opens a receive window; what the radio did before is given up. BLR_ERR_INVALID as above. */
int radio_listen(struct radio *radio, const struct radio_listen *window) BLR_MUST_CHECK;

/*
 * Gives up: a packet on the air is cut off and reaches nobody; no callback comes, also not the one
 * that is due in this instant.
 */
void radio_stop(struct radio *radio);

/* A packet is being received or sent at this moment. */
static inline bool radio_busy(const struct radio *radio)
{
    return radio->state == RADIO_TX || radio->state == RADIO_RX_LOCKED;
}

/* --- the medium --- */

/* Why a receiver did or did not get a transmission. */
enum radio_verdict {
    RADIO_HEARD,
    RADIO_CORRUPTED,     /* heard with bits flipped by a rule */
    RADIO_WINDOW_CLOSED, /* listening on the frequency, but not when the packet began */
    RADIO_OTHER_CHANNEL, /* listening elsewhere, or for another PHY or access address */
    RADIO_NOT_LISTENING, /* idle or sending */
    RADIO_TOO_WEAK,
    RADIO_BUSY,     /* locked onto another packet */
    RADIO_COLLIDED, /* see margin_ddb: how many tenths of dB short */
    RADIO_LOST_BY_RULE,
    RADIO_CUT_OFF, /* the sender stopped, or the receiver turned away */
};
#define RADIO_VERDICTS 10

const char *radio_verdict_name(enum radio_verdict verdict);

struct radio_verdict_info {
    const struct radio *from, *to;
    sim_ns start;
    uint16_t mhz;
    enum radio_verdict verdict;
    int16_t power_ddbm; /* at the receiver */
    int16_t margin_ddb; /* RADIO_COLLIDED: negative */
};
typedef void radio_verdict_fn(void *user, const struct radio_verdict_info *info);

/*
 * Tells an observer the verdict of every (transmission, radio of another actor) pair, by rank: of
 * those that receive it when that ends, of all others when it begins. While there is one, a
 * transmission costs as many steps as there are radios; without one nothing is spent. It must not
 * touch radios or medium from within. NULL: none.
 */
void radio_medium_observe(struct radio_medium *medium, radio_verdict_fn *fn, void *user);

/* Every transmission, as it begins, goes to the sink's air(). NULL: none. */
void radio_medium_trace(struct radio_medium *medium, struct trace_sink *sink);

struct radio_stats {
    uint64_t sent;
    /* Of the pairs that cost nothing to know: those listening, but onlookers (any_frequency or
     * any_access_address). */
    uint64_t verdict[RADIO_VERDICTS];
};
const struct radio_stats *radio_medium_stats(const struct radio_medium *medium);

/*
 * Path loss between two radios in tenths of dB: the matrix entry if there is one, else by distance
 * with a log-distance table: 40.0 dB at 1 m (and below 0.1 m as at 0.1 m), then `exponent_tenths`
 * (20 in free space) times log10.
 */
int16_t radio_path_loss(const struct radio *a, const struct radio *b);
/* Both directions of the pair. BLR_ERR_NO_MEMORY. */
int radio_set_path_loss(struct radio *a, struct radio *b, int16_t loss_ddb) BLR_MUST_CHECK;
/* What the matrix says of `from` it says of `to` as well. BLR_ERR_NO_MEMORY. */
int radio_copy_path_loss(const struct radio *from, struct radio *to) BLR_MUST_CHECK;
void radio_medium_set_exponent(struct radio_medium *medium, uint8_t exponent_tenths);
void radio_set_position(struct radio *radio, struct radio_position position);

enum radio_rule_action {
    RADIO_RULE_LOSE,
    RADIO_RULE_CORRUPT, /* flips one to eight bits of PDU and CRC, drawn from the rule's stream */
};

enum radio_rule_kind {
    RADIO_RULE_ANY,
    RADIO_RULE_ADVERTISING, /* access address 0x8E89BED6 */
    RADIO_RULE_DATA,
};

/*
 * Applies to a (transmission, receiver) pair that would otherwise be heard, as far as can be known
 * when the packet begins. All that is set must match. A sniffer (any_frequency or
 * any_access_address) is touched and counted only by a rule that names it in `to`, so that watching
 * changes nothing. Chance depends on seed, rule, both names and time, not on what came before.
 */
struct radio_rule {
    enum radio_rule_action action;
    enum radio_rule_kind kind;
    const char *from, *to;      /* device names, or NULL for any; copied */
    sim_ns after, before;       /* start of the packet: after <= start < before (0: no end) */
    uint16_t mhz_low, mhz_high; /* inclusive; 0 and 0: any */
    uint32_t skip;              /* let the first matches pass */
    uint32_t count;             /* then take this many; 0: all */
    uint32_t chance_ppm;        /* of those, by chance; 0 means always */
};

/* Rules are asked in the order added; the first that takes the packet decides. BLR_ERR_NO_MEMORY.
 */
int radio_medium_add_rule(struct radio_medium *medium, const struct radio_rule *rule,
                          uint32_t *id) BLR_MUST_CHECK;
/* An unknown id is fine. */
void radio_medium_remove_rule(struct radio_medium *medium, uint32_t id);

/*
 * An interferer: a carrier `bandwidth_mhz` wide around `mhz` whose power at every receiver is
 * `power_ddbm`, on the air from `from` until `until`. BLR_ERR_NO_MEMORY.
 */
int radio_medium_add_interferer(struct radio_medium *medium, uint16_t mhz, uint16_t bandwidth_mhz,
                                int16_t power_ddbm, sim_ns from, sim_ns until) BLR_MUST_CHECK;

#endif
