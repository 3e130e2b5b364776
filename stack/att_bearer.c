/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdlib.h>

#include "att.h"
#include "gatt_db.h"

static_assert(offsetof(struct att_bearer, channel) == 0, "a channel is its bearer");

void att_bearer_hold(struct att_bearer *bearer)
{
    bearer->holds++;
}

void att_bearer_release(struct att_bearer *bearer)
{
    if (--bearer->holds)
        return;
    gatt_op_free_spares(bearer);
    att_queue_fini(&bearer->queue);
    free(bearer->server.cccds);
    free(bearer->server.prepared);
    free(bearer);
}

bool att_bearer_usable(const struct att_bearer *bearer)
{
    return !bearer->closed && !bearer->death;
}

void att_bearer_set_mtu(struct att_bearer *bearer, uint16_t theirs)
{
    const uint16_t ours = bearer->config.mtu;

    bearer->mtu = theirs < ours ? theirs : ours;
}

int att_bearer_send(struct att_bearer *bearer, enum att_send_kind kind, const uint8_t *pdu,
                    size_t len)
{
    if (!att_bearer_usable(bearer) || !bearer->channel.send)
        return BLR_ERR_NOT_CONNECTED;
    if (bearer->queue.len == 0) {
        const int error = l2cap_send(&bearer->channel, pdu, len);
        if (error != BLR_ERR_AGAIN)
            return error;
    }
    const int error = att_queue_push(&bearer->queue, kind, pdu, len);
    if (error == BLR_ERR_AGAIN)
        bearer->client.wants_writable = true;
    return error;
}

static void died(void *user)
{
    struct att_bearer *bearer = user;
    const int error = bearer->death;

    att_bearer_hold(bearer);
    att_bearer_close(bearer, error);
    if (bearer->config.broken)
        bearer->config.broken(bearer->config.conn, error);
    att_bearer_release(bearer);
}

void att_bearer_break(struct att_bearer *bearer, int error)
{
    if (!att_bearer_usable(bearer))
        return;
    bearer->death = error;
    clock_arm(bearer->config.clock, &bearer->death_timer, clock_now(bearer->config.clock));
}

/*
 * Who asked for what: requests and commands go to the server, all else to the client. Lengths are
 * checked here, by the table; what a wrong length means is the receiver's (Part F, 3.3 and 3.4).
 */
static void route(struct att_bearer *bearer, const uint8_t *pdu, size_t len)
{
    const struct att_pdu_info *info = att_pdu_info(pdu[0]);
    const size_t max = info && info->max_len ? info->max_len : bearer->mtu;
    const bool well_formed = info && len >= info->min_len && len <= max;

    switch (att_pdu_kind(pdu[0])) {
    case ATT_REQUEST:
    case ATT_COMMAND:
        att_server_received(bearer, info, pdu, len);
        break;
    case ATT_RESPONSE:
        gatt_client_response(bearer, pdu, len, well_formed);
        break;
    case ATT_NOTIFICATION:
    case ATT_INDICATION:
        if (well_formed)
            gatt_subscribe_received(bearer, pdu, len);
        break;
    case ATT_CONFIRMATION:
        if (well_formed)
            gatt_server_confirmed(bearer);
        break;
    }
}

static void received(struct l2cap_channel *channel, const uint8_t *sdu, size_t len)
{
    struct att_bearer *bearer = (struct att_bearer *)channel;

    if (!att_bearer_usable(bearer) || len == 0)
        return;
    att_bearer_hold(bearer);
    route(bearer, sdu, len);
    att_bearer_release(bearer);
}

static void writable(struct l2cap_channel *channel)
{
    struct att_bearer *bearer = (struct att_bearer *)channel;
    uint8_t pdu[BLR_GATT_MAX_MTU];

    if (!att_bearer_usable(bearer))
        return;
    for (size_t len; (len = att_queue_peek(&bearer->queue, pdu));) {
        const int error = l2cap_send(channel, pdu, len);
        if (error == BLR_ERR_AGAIN)
            return;
        if (error) {
            att_bearer_break(bearer, error);
            return;
        }
        att_queue_pop(&bearer->queue);
    }
    struct gatt_client *client = &bearer->client;
    if (client->wants_writable && client->writable) {
        client->wants_writable = false;
        client->writable(bearer->config.conn, client->writable_user);
    }
}

static const struct l2cap_channel_ops channel_ops = {
    .received = received,
    .writable = writable,
};

struct att_bearer *att_bearer_new(const struct att_bearer_config *config)
{
    struct att_bearer *bearer = calloc(1, sizeof *bearer);

    if (!bearer)
        return NULL;
    bearer->config = *config;
    if (bearer->config.mtu < ATT_DEFAULT_MTU)
        bearer->config.mtu = ATT_DEFAULT_MTU;
    if (bearer->config.mtu > BLR_GATT_MAX_MTU)
        bearer->config.mtu = BLR_GATT_MAX_MTU;
    if (att_queue_init(&bearer->queue, bearer->config.mtu) != 0) {
        free(bearer);
        return NULL;
    }
    bearer->channel.ops = &channel_ops;
    bearer->channel.mtu = bearer->config.mtu;
    bearer->mtu = ATT_DEFAULT_MTU;
    bearer->holds = 1;
    timer_init(&bearer->death_timer, died, bearer);
    gatt_server_init(bearer);
    gatt_client_init(bearer);
    gatt_db_attach(bearer->config.db, bearer);
    return bearer;
}

struct l2cap_channel *att_bearer_channel(struct att_bearer *bearer)
{
    return &bearer->channel;
}

void att_bearer_close(struct att_bearer *bearer, int error)
{
    if (bearer->closed)
        return;
    bearer->closed = true;
    att_bearer_hold(bearer);
    clock_cancel(bearer->config.clock, &bearer->death_timer);
    att_queue_clear(&bearer->queue);
    gatt_client_close(bearer, error);
    gatt_subscribe_close(bearer);
    gatt_server_close(bearer, error);
    gatt_db_detach(bearer->config.db, bearer);
    att_bearer_release(bearer);
}

void att_bearer_free(struct att_bearer *bearer)
{
    if (!bearer)
        return;
    att_bearer_close(bearer, BLR_ERR_NOT_CONNECTED);
    att_bearer_release(bearer);
}
