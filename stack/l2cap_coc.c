/* SPDX-License-Identifier: MIT */
/*
 * SDUs through channels with LE credit-based flow control (Core v5.4, Vol 3, Part A, 3.4, 10.1).
 *
 * Out: SDUs wait in the channel's ring until there are credits and room in the link's queue. In:
 * one SDU is put together at a time. Credits are given back when half of the first ones are used
 * up.
 */
#include <assert.h>
#include <stdlib.h>

#include "host_internal.h"
#include "l2cap_coc.h"

static_assert(offsetof(struct blr_l2cap_channel, channel) == 0, "one is the other");

static const struct l2cap_channel_ops coc_ops;

struct blr_l2cap_channel *coc_of(struct l2cap_channel *channel)
{
    return channel && channel->ops == &coc_ops ? (struct blr_l2cap_channel *)channel : NULL;
}

static struct blr_l2cap_channel *from(struct l2cap_channel *channel)
{
    while (channel && !coc_of(channel))
        channel = channel->next;
    return coc_of(channel);
}

struct blr_l2cap_channel *coc_first(struct blr_conn *conn)
{
    return from(conn->channels);
}

struct blr_l2cap_channel *coc_next(struct blr_l2cap_channel *coc)
{
    return from(coc->channel.next);
}

/* --- lifetime --- */

static void hold(struct blr_l2cap_channel *coc)
{
    coc->holds++;
}

static void release(struct blr_l2cap_channel *coc)
{
    if (--coc->holds == 0)
        free(coc);
}

bool coc_params_valid(const struct blr_conn *conn, const struct blr_l2cap_params *params)
{
    return params->ops && (!params->mtu || params->mtu >= L2CAP_LE_MIN_MTU) &&
           (!params->mps || params->mps >= L2CAP_LE_MIN_MPS) && params->mps <= conn->mtu;
}

static uint16_t free_cid(const struct blr_conn *conn)
{
    for (uint16_t cid = L2CAP_CID_DYNAMIC_FIRST; cid <= L2CAP_CID_DYNAMIC_LAST; cid++) {
        const struct l2cap_channel *channel = conn->channels;
        while (channel && channel->cid != cid)
            channel = channel->next;
        if (!channel)
            return cid;
    }
    return 0;
}

/* So many frames as two SDUs take. */
static uint16_t default_credits(uint32_t mtu, uint32_t mps)
{
    const uint32_t frames = (mtu + L2CAP_SDU_LENGTH_SIZE + mps - 1) / mps;

    return (uint16_t)(2 * frames);
}

static void unanswered(void *user)
{
    struct blr_l2cap_channel *coc = user;

    if (coc->state == COC_WAIT_DISCONNECTION_RSP)
        coc_close(coc, coc->why);
    else
        coc_close(coc, coc->give_up ? BLR_ERR_CANCELLED : BLR_ERR_TIMEOUT);
}

struct blr_l2cap_channel *coc_new(struct blr_conn *conn, uint16_t spsm,
                                  const struct blr_l2cap_params *params)
{
    const uint16_t cid = free_cid(conn);
    const uint16_t mtu = params->mtu ? params->mtu : COC_DEFAULT_MTU;
    const uint16_t mps = params->mps ? params->mps : conn->mtu;
    const uint32_t queue = params->queue ? params->queue : COC_DEFAULT_QUEUE;

    if (cid == 0 || queue > SIZE_MAX - sizeof(struct blr_l2cap_channel) - mtu)
        return NULL;
    struct blr_l2cap_channel *coc = calloc(1, sizeof *coc + mtu + queue);
    if (!coc)
        return NULL;
    coc->channel.ops = &coc_ops;
    coc->channel.mtu = mps;
    coc->channel.cid = cid;
    coc->conn = conn;
    coc->ops = params->ops;
    coc->user = params->user;
    coc->holds = 1;
    coc->spsm = spsm;
    coc->manual_credits = params->manual_credits;
    coc->rx_initial = params->credits;
    if (!params->credits && !params->manual_credits)
        coc->rx_initial = default_credits(mtu, mps);
    coc->rx_credits = coc->rx_initial;
    coc->rx_mtu = mtu;
    coc->rx = coc->memory;
    coc->tx = (struct ring){.bytes = coc->memory + mtu, .size = queue};
    timer_init(&coc->rtx, unanswered, coc);
    l2cap_channel_plug(conn, &coc->channel);
    return coc;
}

static void unplug(struct blr_l2cap_channel *coc)
{
    coc->state = COC_CLOSED;
    clock_cancel(coc->conn->host->clock, &coc->rtx);
    l2cap_channel_unplug(coc->conn, &coc->channel);
}

void coc_discard(struct blr_l2cap_channel *coc)
{
    unplug(coc);
    release(coc);
}

void coc_close(struct blr_l2cap_channel *coc, int error)
{
    if (coc->state == COC_CLOSED)
        return;
    unplug(coc);
    if (coc->ops->closed)
        coc->ops->closed(coc, error, coc->user);
    release(coc);
}

static void wait_for_answer(struct blr_l2cap_channel *coc, enum coc_state state)
{
    struct clock *clock = coc->conn->host->clock;

    coc->state = state;
    coc->identifier = 0;
    clock_arm(clock, &coc->rtx, clock_now(clock) + L2CAP_RTX);
    coc_flush(coc);
}

void coc_end(struct blr_l2cap_channel *coc, int why)
{
    coc->why = why;
    coc->tx.used = 0;
    coc->rx_grant = 0;
    coc->tell_drained = false;
    wait_for_answer(coc, COC_WAIT_DISCONNECTION_RSP);
}

void coc_opened(struct blr_l2cap_channel *coc, uint16_t remote_cid, uint16_t mtu, uint16_t mps,
                uint16_t credits)
{
    clock_cancel(coc->conn->host->clock, &coc->rtx);
    coc->state = COC_OPEN;
    coc->identifier = 0;
    coc->channel.peer_cid = remote_cid;
    coc->remote_mtu = mtu;
    coc->remote_mps = mps;
    coc->tx_credits = credits;
}

void coc_tell_opened(struct blr_l2cap_channel *coc)
{
    if (coc->ops->opened)
        coc->ops->opened(coc, coc->user);
}

/* --- out --- */

/* One K-frame: the first of an SDU tells its length (3.4.2). False: it has to wait. */
static bool send_frame(struct blr_l2cap_channel *coc)
{
    const size_t mps = coc->remote_mps < COC_MPS_MAX ? coc->remote_mps : COC_MPS_MAX;
    uint8_t frame[COC_MPS_MAX];
    struct wr w = wr_init(frame, mps);
    const size_t head = coc->tx_begun ? 0 : L2CAP_SDU_LENGTH_SIZE;
    const uint16_t left = coc->tx_begun ? coc->tx_left : ring_peek_u16(&coc->tx);
    const size_t n = left < mps - head ? left : mps - head;

    if (!coc->tx_begun)
        wr_u16(&w, left);
    ring_peek(&coc->tx, head, n, &w);
    if (l2cap_send(&coc->channel, frame, w.len))
        return false;
    ring_drop(&coc->tx, head + n);
    coc->tx_credits--;
    coc->tx_left = (uint16_t)(left - n);
    coc->tx_begun = coc->tx_left > 0;
    return true;
}

static void send_open(struct blr_l2cap_channel *coc)
{
    if (coc->rx_grant && coc_send_credits(coc, coc->rx_grant)) {
        coc->rx_credits = (uint16_t)(coc->rx_credits + coc->rx_grant);
        coc->rx_grant = 0;
    }
    while (coc->tx.used && coc->tx_credits && send_frame(coc)) {
    }
}

void coc_flush(struct blr_l2cap_channel *coc)
{
    switch (coc->state) {
    case COC_WAIT_CONNECTION_RSP:
        if (!coc->identifier)
            (void)coc_send_connection_req(coc);
        break;
    case COC_OPEN:
        send_open(coc);
        break;
    case COC_WAIT_DISCONNECTION_RSP:
        if (!coc->identifier)
            (void)coc_send_disconnection_req(coc);
        break;
    case COC_CLOSED:
        break;
    }
}

/* From an event: what was waiting may all be gone now. */
static void go_on(struct blr_l2cap_channel *coc)
{
    coc_flush(coc);
    if (!coc->tell_drained || coc->tx.used)
        return;
    coc->tell_drained = false;
    if (coc->ops->drained)
        coc->ops->drained(coc, coc->user);
}

static void writable(struct l2cap_channel *channel)
{
    go_on(coc_of(channel));
}

void coc_credited(struct blr_l2cap_channel *coc, uint16_t credits)
{
    if (coc->state != COC_OPEN)
        return;
    if (credits > L2CAP_MAX_CREDITS - coc->tx_credits) {
        coc_end(coc, BLR_ERR_MALFORMED);
        return;
    }
    coc->tx_credits = (uint16_t)(coc->tx_credits + credits);
    go_on(coc);
}

/* --- in --- */

static void give_back_credits(struct blr_l2cap_channel *coc)
{
    const unsigned there = coc->rx_credits + coc->rx_grant;

    if (coc->manual_credits || there > coc->rx_initial / 2U)
        return;
    coc->rx_grant = (uint16_t)(coc->rx_grant + coc->rx_initial - there);
    coc_flush(coc);
}

/* The SDU is whole when this answers true; BLR_ERR_MALFORMED in `error` for what may not be. */
static bool take_frame(struct blr_l2cap_channel *coc, struct rd *r, int *error)
{
    *error = BLR_ERR_MALFORMED;
    if (coc->rx_credits == 0)
        return false;
    coc->rx_credits--;
    if (!coc->rx_active) {
        coc->rx_expected = rd_u16(r);
        coc->rx_got = 0;
        if (!rd_ok(r) || coc->rx_expected > coc->rx_mtu)
            return false;
    }
    const size_t n = rd_left(r);
    if (n > (size_t)(coc->rx_expected - coc->rx_got))
        return false;
    struct wr w = wr_init(coc->rx + coc->rx_got, coc->rx_expected - coc->rx_got);
    wr_bytes(&w, rd_bytes(r, n), n);
    coc->rx_got = (uint16_t)(coc->rx_got + n);
    coc->rx_active = coc->rx_got < coc->rx_expected;
    *error = 0;
    return !coc->rx_active;
}

/* 3.4.3, 10.1: a frame too many, too long, or beyond its SDU ends the channel. */
static void received(struct l2cap_channel *channel, const uint8_t *frame, size_t len)
{
    struct blr_l2cap_channel *coc = coc_of(channel);
    struct rd r = rd_init(frame, len);
    int error;

    if (coc->state != COC_OPEN) {
        coc->conn->host->counters.dropped_pdus++;
        return;
    }
    const bool whole = take_frame(coc, &r, &error);
    if (error) {
        coc_end(coc, error);
        return;
    }
    hold(coc);
    if (whole && coc->ops->received)
        coc->ops->received(coc, coc->rx, coc->rx_got, coc->user);
    if (coc->state == COC_OPEN)
        give_back_credits(coc);
    release(coc);
}

static void overlong(struct l2cap_channel *channel)
{
    struct blr_l2cap_channel *coc = coc_of(channel);

    if (coc->state == COC_OPEN)
        coc_end(coc, BLR_ERR_MALFORMED);
}

static const struct l2cap_channel_ops coc_ops = {
    .received = received,
    .overlong = overlong,
    .writable = writable,
};

/* --- what the application calls --- */

int blr_l2cap_connect(struct blr_conn *conn, uint16_t spsm, const struct blr_l2cap_params *params,
                      struct blr_l2cap_channel **channel)
{
    if (conn->closed)
        return BLR_ERR_NOT_CONNECTED;
    if (conn->host->state != HOST_UP)
        return BLR_ERR_STATE;
    if (spsm < L2CAP_SPSM_FIRST || spsm > L2CAP_SPSM_LAST || !coc_params_valid(conn, params))
        return BLR_ERR_INVALID;
    struct blr_l2cap_channel *coc = coc_new(conn, spsm, params);
    if (!coc)
        return BLR_ERR_NO_MEMORY;
    wait_for_answer(coc, COC_WAIT_CONNECTION_RSP);
    if (channel)
        *channel = coc;
    return 0;
}

/* 0 if it is open. */
static int may_use(const struct blr_l2cap_channel *coc)
{
    switch (coc->state) {
    case COC_WAIT_CONNECTION_RSP:
        return BLR_ERR_STATE;
    case COC_OPEN:
        return 0;
    case COC_WAIT_DISCONNECTION_RSP:
    case COC_CLOSED:
        return BLR_ERR_NOT_CONNECTED;
    }
    return BLR_ERR_STATE;
}

int blr_l2cap_send(struct blr_l2cap_channel *coc, const uint8_t *sdu, size_t len)
{
    uint8_t head[L2CAP_SDU_LENGTH_SIZE];
    struct wr w = wr_init(head, sizeof head);
    const int error = may_use(coc);

    if (error)
        return error;
    if (len > coc->remote_mtu || len + sizeof head > coc->tx.size)
        return BLR_ERR_TOO_LONG;
    if (len + sizeof head > ring_room(&coc->tx)) {
        coc->tell_drained = true;
        return BLR_ERR_AGAIN;
    }
    wr_u16(&w, (uint16_t)len);
    ring_put(&coc->tx, head, sizeof head);
    ring_put(&coc->tx, sdu, len);
    coc_flush(coc);
    coc->tell_drained = coc->tx.used > 0;
    return 0;
}

int blr_l2cap_give_credits(struct blr_l2cap_channel *coc, uint16_t credits)
{
    const int error = may_use(coc);

    if (error)
        return error;
    if (credits == 0 || credits > L2CAP_MAX_CREDITS - coc->rx_credits - coc->rx_grant)
        return BLR_ERR_INVALID;
    coc->rx_grant = (uint16_t)(coc->rx_grant + credits);
    coc_flush(coc);
    return 0;
}

int blr_l2cap_disconnect(struct blr_l2cap_channel *coc)
{
    switch (coc->state) {
    case COC_WAIT_CONNECTION_RSP:
        if (coc->give_up)
            return BLR_ERR_BUSY;
        coc->give_up = true;
        return 0;
    case COC_OPEN:
        coc_end(coc, 0);
        return 0;
    case COC_WAIT_DISCONNECTION_RSP:
        return BLR_ERR_BUSY;
    case COC_CLOSED:
        return BLR_ERR_NOT_CONNECTED;
    }
    return BLR_ERR_STATE;
}

size_t blr_l2cap_queued(const struct blr_l2cap_channel *coc)
{
    return coc->tx.used;
}

struct blr_conn *blr_l2cap_conn(const struct blr_l2cap_channel *coc)
{
    return coc->conn;
}

uint16_t blr_l2cap_spsm(const struct blr_l2cap_channel *coc)
{
    return coc->spsm;
}

uint16_t blr_l2cap_local_cid(const struct blr_l2cap_channel *coc)
{
    return coc->channel.cid;
}

uint16_t blr_l2cap_remote_cid(const struct blr_l2cap_channel *coc)
{
    return coc->channel.peer_cid;
}

uint16_t blr_l2cap_remote_mtu(const struct blr_l2cap_channel *coc)
{
    return coc->remote_mtu;
}

uint16_t blr_l2cap_remote_mps(const struct blr_l2cap_channel *coc)
{
    return coc->remote_mps;
}

uint16_t blr_l2cap_tx_credits(const struct blr_l2cap_channel *coc)
{
    return coc->tx_credits;
}

uint16_t blr_l2cap_rx_credits(const struct blr_l2cap_channel *coc)
{
    return coc->rx_credits;
}
