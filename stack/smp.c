/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdlib.h>

#include "smp_internal.h"

static_assert(offsetof(struct smp, channel) == 0, "a channel is its protocol");

/* --- what runs, and for how long the memory must stay --- */

static void hold(struct smp *smp)
{
    smp->holds++;
}

static void release(struct smp *smp)
{
    if (--smp->holds == 0 && smp->freed)
        free(smp);
}

/* An authenticated pairing makes good what failed before. */
static void count_attempt(struct smp *smp)
{
    if (smp->error && smp->run.agreed)
        smp_attempts_failed(&smp->attempts, clock_now(smp->clock));
    if (!smp->error && smp->run.method.method != BLR_JUST_WORKS)
        smp->attempts = (struct smp_attempts){0};
}

static void deliver(struct smp *smp)
{
    struct smp_outcome outcome;
    const int error = smp->error;

    clock_cancel(smp->clock, &smp->ending);
    if (!error)
        smp_outcome_of(smp, &outcome);
    count_attempt(smp);
    smp->run = (struct smp_run){0};
    smp->state = SMP_IDLE;
    smp->ops->finished(smp->user, error, error ? NULL : &outcome);
}

/* Each event begins and ends with these; what has ended meanwhile is told at once. */
static void enter(struct smp *smp)
{
    hold(smp);
    if (smp->state == SMP_ENDING)
        deliver(smp);
}

static void leave(struct smp *smp)
{
    if (smp->state == SMP_ENDING)
        deliver(smp);
    release(smp);
}

static void end_due(void *user)
{
    struct smp *smp = user;

    enter(smp);
    leave(smp);
}

bool smp_running(const struct smp *smp)
{
    return smp->state != SMP_IDLE;
}

void smp_end(struct smp *smp, int error)
{
    clock_cancel(smp->clock, &smp->timeout);
    clock_cancel(smp->clock, &smp->early);
    if (smp->state == SMP_IDLE || smp->state == SMP_ENDING)
        return;
    if (smp->state == SMP_DECIDING) {
        /* The owner has not begun yet: see smp_request_received(). */
        if (!smp->error)
            smp->error = error;
        return;
    }
    smp->state = SMP_ENDING;
    smp->error = error;
    clock_arm(smp->clock, &smp->ending, clock_now(smp->clock));
}

/* --- sending --- */

static int flush(struct smp *smp)
{
    while (smp->queued) {
        const size_t len = smp->queue[0];
        const int error = l2cap_send(&smp->channel, smp->queue + 1, len);
        if (error)
            return error == BLR_ERR_AGAIN ? 0 : error;
        smp->queued -= 1 + len;
        memmove(smp->queue, smp->queue + 1 + len, smp->queued);
    }
    return 0;
}

void smp_restart_timer(struct smp *smp)
{
    clock_arm(smp->clock, &smp->timeout, clock_now(smp->clock) + SMP_TIMEOUT_NS);
}

int smp_send(struct smp *smp, const struct wr *w)
{
    struct wr queue = wr_init(smp->queue, sizeof smp->queue);

    assert(wr_ok(w));
    if (smp->closed || smp->timed_out || !smp->channel.send)
        return BLR_ERR_NOT_CONNECTED;
    queue.len = smp->queued;
    wr_u8(&queue, (uint8_t)w->len);
    wr_bytes(&queue, w->p, w->len);
    if (!wr_ok(&queue))
        return BLR_ERR_AGAIN;
    smp->queued = queue.len;
    if (smp->state != SMP_IDLE)
        smp_restart_timer(smp);
    return flush(smp);
}

int smp_send_value(struct smp *smp, enum smp_code code, const uint8_t value[static 16])
{
    uint8_t pdu[1 + SMP_KEY_SIZE];
    struct wr w = wr_init(pdu, sizeof pdu);

    wr_u8(&w, (uint8_t)code);
    wr_reversed(&w, value, SMP_KEY_SIZE);
    return smp_send(smp, &w);
}

/* Nothing that is still waiting matters to the peer any more, unless nothing runs. */
void smp_send_failed(struct smp *smp, enum smp_reason reason)
{
    uint8_t pdu[2];
    struct wr w = wr_init(pdu, sizeof pdu);

    wr_u8(&w, SMP_PAIRING_FAILED);
    wr_u8(&w, (uint8_t)reason);
    if (smp->state != SMP_IDLE)
        smp->queued = 0;
    /* A link that is gone is told of elsewhere; a clogged one keeps what waits. */
    (void)!smp_send(smp, &w);
}

void smp_break(struct smp *smp, int error)
{
    const bool refused = error >= BLR_ERR_BASE_SMP && error < BLR_ERR_BASE_L2CAP;
    const int reason = refused ? error - BLR_ERR_BASE_SMP : SMP_REASON_UNSPECIFIED_REASON;

    if (smp->state == SMP_ENDING || (smp->state == SMP_DECIDING && smp->error))
        return;
    if (error != BLR_ERR_NOT_CONNECTED)
        smp_send_failed(smp, (enum smp_reason)reason);
    /* The queue is of a size that a peer which takes turns cannot fill. */
    smp_end(smp, error == BLR_ERR_AGAIN ? BLR_ERR_SMP(SMP_REASON_UNSPECIFIED_REASON) : error);
}

/* One that answers a Security Request is told although nothing has begun. */
void smp_peer_failed(struct smp *smp, uint8_t reason)
{
    if (smp->state == SMP_IDLE && smp->asked)
        smp->state = SMP_WAIT_CONFIRM;
    smp->asked = false;
    if (smp_running(smp))
        smp->queued = 0;
    smp_end(smp, BLR_ERR_SMP(reason));
}

/* --- what the methods share --- */

void smp_draw_nonce(struct smp *smp)
{
    if (smp->setup.random)
        memcpy(smp->run.own_nonce, smp->setup.random, SMP_KEY_SIZE);
    else
        smp->ops->random(smp->user, smp->run.own_nonce, SMP_KEY_SIZE);
}

struct smp_parties smp_parties_of(const struct smp *smp)
{
    const struct smp_setup *setup = &smp->setup;

    return (struct smp_parties){
        .initiator = smp->central ? setup->own : setup->peer,
        .responder = smp->central ? setup->peer : setup->own,
    };
}

void smp_mask_key(const struct smp *smp, uint8_t key[static SMP_KEY_SIZE])
{
    memset(key, 0, SMP_KEY_SIZE - smp->run.key_size);
}

void smp_encrypt(struct smp *smp)
{
    uint8_t key[SMP_KEY_SIZE];

    memcpy(key, smp->run.key, sizeof key);
    smp->state = SMP_WAIT_ENCRYPTED;
    smp->ops->encrypt(smp->user, key, smp->run.key_size);
}

/* --- events --- */

static void timed_out(void *user)
{
    struct smp *smp = user;

    enter(smp);
    smp->timed_out = true;
    smp->asked = false;
    smp->queued = 0;
    smp_end(smp, BLR_ERR_TIMEOUT);
    leave(smp);
}

/* They did not overtake anything: they came in the clear. */
static void were_too_early(void *user)
{
    struct smp *smp = user;

    enter(smp);
    smp_break(smp, smp_refusal(SMP_REASON_UNSPECIFIED_REASON));
    leave(smp);
}

static bool usable(const struct smp *smp)
{
    return !smp->closed && !smp->timed_out;
}

static void received(struct l2cap_channel *channel, const uint8_t *sdu, size_t len)
{
    struct smp *smp = (struct smp *)channel;

    enter(smp);
    if (usable(smp))
        smp_pdu_received(smp, sdu, len);
    leave(smp);
}

/* Nobody knows its code: outside a pairing it is ignored like a reserved one. */
static void overlong(struct l2cap_channel *channel)
{
    struct smp *smp = (struct smp *)channel;

    enter(smp);
    if (usable(smp) && smp_running(smp))
        smp_break(smp, smp_refusal(SMP_REASON_INVALID_PARAMETERS));
    leave(smp);
}

static void writable(struct l2cap_channel *channel)
{
    struct smp *smp = (struct smp *)channel;

    enter(smp);
    const int error = usable(smp) ? flush(smp) : 0;
    if (error)
        smp_end(smp, error);
    else
        smp_keys_check(smp);
    leave(smp);
}

void smp_encrypted(struct smp *smp, uint8_t status)
{
    enter(smp);
    if (smp->asked)
        clock_cancel(smp->clock, &smp->timeout);
    smp->asked = false;
    clock_cancel(smp->clock, &smp->early);
    if (smp->state == SMP_WAIT_ENCRYPTED) {
        const int error = status ? BLR_ERR_HCI(status) : smp_keys_begin(smp);
        if (error)
            smp_break(smp, error);
        else
            smp_early_received(smp);
    }
    leave(smp);
}

void smp_closed(struct smp *smp, int error)
{
    enter(smp);
    smp->closed = true;
    smp->queued = 0;
    smp_end(smp, error ? error : BLR_ERR_NOT_CONNECTED);
    leave(smp);
}

/* --- calls --- */

int smp_pair(struct smp *smp, const struct smp_setup *setup)
{
    if (smp->closed)
        return BLR_ERR_NOT_CONNECTED;
    if (smp->timed_out)
        return BLR_ERR_TIMEOUT;
    if (smp_running(smp))
        return BLR_ERR_BUSY;
    if (!smp_setup_valid(setup))
        return BLR_ERR_INVALID;
    if (!smp_attempts_allow(&smp->attempts, clock_now(smp->clock)))
        return BLR_ERR_SMP(SMP_REASON_REPEATED_ATTEMPTS);
    smp->setup = *setup;
    if (!smp->central)
        return smp_security_request(smp);
    const int error = smp_request(smp);
    if (error) {
        clock_cancel(smp->clock, &smp->timeout);
        smp->run = (struct smp_run){0};
        smp->state = SMP_IDLE;
    }
    return error;
}

int smp_enter_passkey(struct smp *smp, uint32_t passkey)
{
    if (!smp->run.asking || !smp->run.method.enters || smp->state == SMP_ENDING)
        return BLR_ERR_STATE;
    if (passkey > SMP_PASSKEY_MAX)
        return BLR_ERR_INVALID;
    smp->run.asking = false;
    smp_passkey_set(smp, passkey);
    const int error =
        smp->run.sc ? smp_rounds_passkey_entered(smp) : smp_legacy_passkey_entered(smp);
    if (error)
        smp_break(smp, error);
    return 0;
}

int smp_confirm(struct smp *smp, bool equal)
{
    if (!smp->run.asking || smp->run.method.enters || smp->state == SMP_ENDING)
        return BLR_ERR_STATE;
    smp->run.asking = false;
    hold(smp);
    const int error =
        equal ? smp_sc_compared(smp) : smp_refusal(SMP_REASON_NUMERIC_COMPARISON_FAILED);
    if (error)
        smp_break(smp, error);
    release(smp);
    return 0;
}

int smp_keypress(struct smp *smp, uint8_t type)
{
    uint8_t pdu[2];
    struct wr w = wr_init(pdu, sizeof pdu);

    if (type > SMP_KEYPRESS_COMPLETED)
        return BLR_ERR_INVALID;
    if (!smp->run.asking || !smp->run.method.enters || !smp->run.keypress ||
        smp->state == SMP_ENDING)
        return BLR_ERR_STATE;
    /* What waits already might be all that fits. */
    if (smp->queued > SMP_QUEUE_SIZE / 4)
        return BLR_ERR_AGAIN;
    wr_u8(&w, SMP_PAIRING_KEYPRESS_NOTIFICATION);
    wr_u8(&w, type);
    return smp_send(smp, &w);
}

int smp_fail(struct smp *smp, uint8_t reason)
{
    if (!smp_reason_name(reason))
        return BLR_ERR_INVALID;
    if (!smp_running(smp) || smp->state == SMP_ENDING)
        return BLR_ERR_STATE;
    smp_break(smp, BLR_ERR_SMP(reason));
    return 0;
}

/* --- its life --- */

static const struct l2cap_channel_ops channel_ops = {
    .received = received,
    .overlong = overlong,
    .writable = writable,
};

struct smp *smp_new(struct clock *clock, bool central, const struct smp_ops *ops, void *user)
{
    struct smp *smp = calloc(1, sizeof *smp);

    if (!smp)
        return NULL;
    smp->channel.ops = &channel_ops;
    smp->channel.mtu = SMP_MTU;
    smp->clock = clock;
    smp->central = central;
    smp->ops = ops;
    smp->user = user;
    timer_init(&smp->timeout, timed_out, smp);
    timer_init(&smp->ending, end_due, smp);
    timer_init(&smp->early, were_too_early, smp);
    return smp;
}

void smp_free(struct smp *smp)
{
    if (!smp)
        return;
    hold(smp);
    smp->freed = true;
    smp->closed = true;
    smp->state = SMP_IDLE;
    clock_cancel(smp->clock, &smp->timeout);
    clock_cancel(smp->clock, &smp->ending);
    clock_cancel(smp->clock, &smp->early);
    release(smp);
}

struct l2cap_channel *smp_channel(struct smp *smp)
{
    return &smp->channel;
}

struct smp_attempts smp_attempts(const struct smp *smp)
{
    return smp->attempts;
}

void smp_set_attempts(struct smp *smp, const struct smp_attempts *attempts)
{
    smp->attempts = *attempts;
}
