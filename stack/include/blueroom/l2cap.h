/* SPDX-License-Identifier: MIT */
/*
 * L2CAP channels with LE credit-based flow control (Core v5.4, Vol 3, Part A, 4.22 to 4.24, 10.1):
 * SDUs of up to 65535 octets, cut into K-frames, as many of them at a time as the receiver has
 * given credits for.
 *
 * A channel is the host's. It is valid until its `closed` callback returns, which comes exactly
 * once for every channel that blr_l2cap_connect() made or that was opened from outside: when either
 * side ends it, when the peer breaks its rules, and when the link goes. No callback comes from
 * within a call of this header.
 */
#ifndef BLUEROOM_L2CAP_H
#define BLUEROOM_L2CAP_H

#include <stdbool.h>
#include <stddef.h>

#include "blueroom/security.h"
#include "wire/l2cap.h"

struct blr_l2cap_channel;

/* Members may be NULL. */
struct blr_l2cap_ops {
    void (*opened)(struct blr_l2cap_channel *channel, void *user);
    /* `sdu` lives until the call returns, or lets time pass. */
    void (*received)(struct blr_l2cap_channel *channel, const uint8_t *sdu, size_t len, void *user);
    /* All that had been queued when blr_l2cap_send() returned is on its way. */
    void (*drained)(struct blr_l2cap_channel *channel, void *user);
    /*
     * 0: by blr_l2cap_disconnect(). BLR_ERR_HCI(0x13): by the peer. BLR_ERR_L2CAP_CONNECT(result):
     * the peer refused it. BLR_ERR_L2CAP(reason): the peer rejected the command.
     * BLR_ERR_TIMEOUT: it did not answer for 30 s. BLR_ERR_MALFORMED: it broke the rules of the
     * channel (more frames than credits, an SDU over the MTU, more than 65535 credits and the
     * like). BLR_ERR_NOT_CONNECTED: the link is gone. BLR_ERR_CANCELLED: blr_l2cap_disconnect()
     * before it was open, or the host is being freed.
     */
    void (*closed)(struct blr_l2cap_channel *channel, int error, void *user);
};

/* This side of a channel. */
struct blr_l2cap_params {
    const struct blr_l2cap_ops *ops; /* outlives the channel */
    void *user;
    uint16_t mtu;        /* the largest SDU that is taken, 23 or more; 0: 512 */
    uint16_t mps;        /* the largest K-frame, 23 to the ATT MTU of the host; 0: that MTU */
    uint16_t credits;    /* frames that the peer may send at first; 0: what two SDUs take */
    bool manual_credits; /* `credits` as they stand, and more by blr_l2cap_give_credits() alone */
    uint32_t queue;      /* octets of SDUs that may wait to be sent, and 2 for each; 0: 4096 */
};

/*
 * Asks the peer for a channel to what it offers at `spsm`, 1 to 255: `opened` or `closed` tells.
 * `channel` may be NULL. BLR_ERR_INVALID for parameters out of range, BLR_ERR_NO_MEMORY also when
 * the link has 64 channels.
 */
int blr_l2cap_connect(struct blr_conn *conn, uint16_t spsm, const struct blr_l2cap_params *params,
                      struct blr_l2cap_channel **channel) BLR_MUST_CHECK;

/* What a peer asks for: its side of the channel. */
struct blr_l2cap_request {
    uint16_t spsm, mtu, mps, credits;
};

/*
 * Answers a request that makes sense: L2CAP_CONNECT_SUCCESSFUL with `params` filled in, or the
 * result to refuse it with. Parameters out of range refuse it for want of resources.
 */
typedef enum l2cap_connect_result blr_l2cap_accept_cb(struct blr_conn *conn,
                                                      const struct blr_l2cap_request *request,
                                                      struct blr_l2cap_params *params, void *user);

/* One listener for each SPSM: BLR_ERR_BUSY. It ends with the host. */
int blr_l2cap_listen(struct blr_host *host, uint16_t spsm, blr_l2cap_accept_cb *accept,
                     void *user) BLR_MUST_CHECK;
/*
 * What the link must be for a channel to this listener, at first nothing: else the peer is refused
 * with insufficient authentication, insufficient encryption when there is a key for the link, or
 * encryption key size too short (Vol 3, Part C, 10.3.1). `level` as of blr_security_raise(), 0: any;
 * `key_size` where there is a level, 0: any. BLR_ERR_NOT_FOUND: nobody listens.
 */
int blr_l2cap_require(struct blr_host *host, uint16_t spsm, enum blr_security_level level,
                      uint8_t key_size) BLR_MUST_CHECK;
/* Channels that are open stay so. Ending what there is not is fine. */
void blr_l2cap_unlisten(struct blr_host *host, uint16_t spsm);

/*
 * Queues a copy. BLR_ERR_TOO_LONG for more than the peer's MTU or than the queue ever holds;
 * BLR_ERR_AGAIN when the queue is too full, until `drained`; BLR_ERR_STATE before the channel is
 * open; BLR_ERR_NOT_CONNECTED when it is not any more.
 */
int blr_l2cap_send(struct blr_l2cap_channel *channel, const uint8_t *sdu,
                   size_t len) BLR_MUST_CHECK;
/* Octets of SDUs that wait for credits or for the link. */
size_t blr_l2cap_queued(const struct blr_l2cap_channel *channel);

/* BLR_ERR_INVALID for 0, and for more than 65535 together with those that the peer has. */
int blr_l2cap_give_credits(struct blr_l2cap_channel *channel, uint16_t credits) BLR_MUST_CHECK;

/*
 * Ends it; what is queued is dropped, nothing more is received, and `closed` tells when.
 * BLR_ERR_BUSY when it is ending already.
 */
int blr_l2cap_disconnect(struct blr_l2cap_channel *channel) BLR_MUST_CHECK;

struct blr_conn *blr_l2cap_conn(const struct blr_l2cap_channel *channel);
uint16_t blr_l2cap_spsm(const struct blr_l2cap_channel *channel);
/* The channel's number at this end and at the peer's (0 until it is open). */
uint16_t blr_l2cap_local_cid(const struct blr_l2cap_channel *channel);
uint16_t blr_l2cap_remote_cid(const struct blr_l2cap_channel *channel);
/* The largest SDU and K-frame that the peer takes (0 until it is open). */
uint16_t blr_l2cap_remote_mtu(const struct blr_l2cap_channel *channel);
uint16_t blr_l2cap_remote_mps(const struct blr_l2cap_channel *channel);
/* Frames that may be sent now, and that the peer may send. */
uint16_t blr_l2cap_tx_credits(const struct blr_l2cap_channel *channel);
uint16_t blr_l2cap_rx_credits(const struct blr_l2cap_channel *channel);

#endif
