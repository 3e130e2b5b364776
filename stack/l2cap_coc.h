/* SPDX-License-Identifier: MIT */
/*
 * Inside of a channel with LE credit-based flow control (see blueroom/l2cap.h). l2cap_coc.c moves
 * SDUs; l2cap_coc_signal.c opens and closes.
 */
#ifndef STACK_L2CAP_COC_H
#define STACK_L2CAP_COC_H

#include "blueroom/l2cap.h"

#include "l2cap.h"
#include "ring.h"

enum {
    COC_MPS_MAX = 517, /* larger frames are neither sent nor taken */
    COC_DEFAULT_MTU = 512,
    COC_DEFAULT_QUEUE = 4096,
};

enum coc_state {
    COC_WAIT_CONNECTION_RSP,
    COC_OPEN,
    COC_WAIT_DISCONNECTION_RSP,
    COC_CLOSED,
};

struct blr_l2cap_channel {
    struct l2cap_channel channel; /* its cid is ours, its mtu our MPS */
    struct blr_conn *conn;        /* valid until it is closed */
    const struct blr_l2cap_ops *ops;
    void *user;
    enum coc_state state;
    bool give_up; /* blr_l2cap_disconnect() before the answer has come */
    bool manual_credits;
    uint8_t identifier; /* of the request that waits for its answer; 0: it could not be sent yet */
    unsigned holds;
    int why; /* it is being ended */
    struct timer rtx;
    uint16_t spsm, remote_mtu, remote_mps;

    uint16_t tx_credits;
    uint16_t tx_left; /* of the SDU at the head of the queue, which has begun to go */
    bool tx_begun;
    bool tell_drained;
    struct ring tx; /* each SDU behind its length */

    uint16_t rx_credits; /* frames that the peer may send */
    uint16_t rx_grant;   /* credits that it has not been told of */
    uint16_t rx_initial;
    uint16_t rx_mtu;
    uint16_t rx_expected; /* octets of the SDU that is coming */
    uint16_t rx_got;
    bool rx_active;
    uint8_t *rx;
    uint8_t memory[]; /* of rx, then of tx */
};

/* NULL unless it is one of these. */
struct blr_l2cap_channel *coc_of(struct l2cap_channel *channel);

/* The first of a link, and the one behind another. */
struct blr_l2cap_channel *coc_first(struct blr_conn *conn);
struct blr_l2cap_channel *coc_next(struct blr_l2cap_channel *coc);

bool coc_params_valid(const struct blr_conn *conn, const struct blr_l2cap_params *params);
/* With the lowest CID that is free. NULL: none is, or out of memory. */
struct blr_l2cap_channel *coc_new(struct blr_conn *conn, uint16_t spsm,
                                  const struct blr_l2cap_params *params);

/* As the other side has told its half. */
void coc_opened(struct blr_l2cap_channel *coc, uint16_t remote_cid, uint16_t mtu, uint16_t mps,
                uint16_t credits);
void coc_tell_opened(struct blr_l2cap_channel *coc);
/* Never has been: no callback. */
void coc_discard(struct blr_l2cap_channel *coc);
/* Over: tells, and lets go. */
void coc_close(struct blr_l2cap_channel *coc, int error);
/* Asks the peer to end it, and then closes it with `why`. */
void coc_end(struct blr_l2cap_channel *coc, int why);

/* The peer takes so many more frames. */
void coc_credited(struct blr_l2cap_channel *coc, uint16_t credits);

/* Sends whatever waits: a request, credits, frames. */
void coc_flush(struct blr_l2cap_channel *coc);

/* --- l2cap_coc_signal.c: false: there is no room for it --- */

bool coc_send_connection_req(struct blr_l2cap_channel *coc);
bool coc_send_disconnection_req(struct blr_l2cap_channel *coc);
bool coc_send_credits(struct blr_l2cap_channel *coc, uint16_t credits);

#endif
