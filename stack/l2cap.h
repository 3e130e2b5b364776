/* SPDX-License-Identifier: MIT */
/*
 * L2CAP on LE inside the host (Core v5.4, Vol 3, Part A): what ATT, SMP and the
 * credit-based channels stand on. A channel is an object: its user (an ATT bearer, say) knows
 * nothing of connections, and whoever owns the link fills in `send`.
 */
#ifndef STACK_L2CAP_H
#define STACK_L2CAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/error.h"
#include "wire/l2cap.h"

struct l2cap_channel;

/* What the user of a channel implements; `sdu` lives until the call returns. */
struct l2cap_channel_ops {
    void (*received)(struct l2cap_channel *channel, const uint8_t *sdu, size_t len);
    /* One came of more octets than `mtu`, or cut short; NULL: it is dropped. */
    void (*overlong)(struct l2cap_channel *channel);
    /* There is room again after l2cap_send() answered BLR_ERR_AGAIN. */
    void (*writable)(struct l2cap_channel *channel);
};

/* Embedded in its user, who sets `ops` and `mtu`; the rest is the link's. */
struct l2cap_channel {
    const struct l2cap_channel_ops *ops;
    uint16_t mtu; /* largest SDU that the user takes */
    uint16_t cid;      /* at this end */
    uint16_t peer_cid; /* at the other; of a fixed channel the same */
    void *link;
    int (*send)(struct l2cap_channel *channel, const uint8_t *sdu, size_t len);
    struct l2cap_channel *next;
    bool wants_writable;
};

/*
 * Sends a copy of the SDU. BLR_ERR_AGAIN: the connection's queue is full, wait for writable();
 * BLR_ERR_NOT_CONNECTED; BLR_ERR_TOO_LONG.
 */
BLR_MUST_CHECK static inline int l2cap_send(struct l2cap_channel *channel, const uint8_t *sdu,
                                            size_t len)
{
    return channel->send(channel, sdu, len);
}

#endif
