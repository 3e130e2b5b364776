/* SPDX-License-Identifier: MIT */
/* Octets and packets of the client, the one thing that a call awaits, and what nobody took. */
#include <string.h>

#include "bgapi_client_internal.h"
#include "wire/rd.h"

/* --- out --- */

static int flush(struct blr_bgapi *b)
{
    if (!b->out_len)
        return 0;
    const int error = byte_link_send(b->link, b->out, b->out_len);
    if (error == 0)
        b->out_len = 0;
    return error == BLR_ERR_AGAIN ? 0 : error;
}

int client_send(struct blr_bgapi *b, const uint8_t *bytes, size_t len)
{
    if (len > sizeof b->out - b->out_len)
        return BLR_ERR_AGAIN;
    memcpy(b->out + b->out_len, bytes, len);
    b->out_len += len;
    const int error = flush(b);
    if (error)
        b->out_len = 0;
    return error;
}

static void fail_later(struct blr_bgapi *b)
{
    client_fail(b, b->call.error);
}

/* A deadline, seen at the next look at the queue. */
static void arm(struct blr_bgapi *b, sim_ns timeout)
{
    const sim_ns looks = (timeout + b->grain_ns - 1) / b->grain_ns;

    clock_arm(b->config.clock, &b->timer, clock_now(b->config.clock) + looks * b->grain_ns);
}

void client_command(struct blr_bgapi *b, enum bgapi_command code, const struct bgapi_fields *fields,
                    client_answer *answer)
{
    uint8_t octets[BGAPI_PACKET_MAX];
    struct wr w = wr_init(octets, sizeof octets);

    b->call.error = bgapi_encode(BGAPI_COMMAND, (uint16_t)code, fields, &w);
    if (!b->call.error)
        b->call.error = client_send(b, octets, w.len);
    if (b->call.error) {
        client_pause(b, 0, fail_later);
        return;
    }
    b->await =
        (struct client_await){.what = AWAIT_RESPONSE, .code = (uint16_t)code, .answer = answer};
    arm(b, BLR_BGAPI_RESPONSE_TIMEOUT);
}

void client_await(struct blr_bgapi *b, sim_ns timeout, client_take *take, client_step *late)
{
    b->await = (struct client_await){.what = AWAIT_PACKET, .take = take, .late = late};
    arm(b, timeout);
}

void client_pause(struct blr_bgapi *b, sim_ns time, client_step *then)
{
    b->await = (struct client_await){.what = AWAIT_TIME, .late = then};
    clock_arm(b->config.clock, &b->timer, clock_now(b->config.clock) + time);
}

void client_timer(void *user)
{
    struct blr_bgapi *b = user;
    const struct client_await await = b->await;

    b->inside++;
    b->await = (struct client_await){.what = AWAIT_NOTHING};
    /* Half a packet that is never finished would swallow the next one. */
    if (await.what != AWAIT_TIME) {
        b->skipped += b->reader.skipped + (b->reader.whole ? 0 : b->reader.len);
        bgapi_reader_init(&b->reader);
    }
    if (await.late)
        await.late(b);
    else
        client_fail(b, BLR_ERR_TIMEOUT);
    b->inside--;
}

/* --- what nobody took --- */

void client_queue_clear(struct blr_bgapi *b)
{
    b->queue.first = b->queue.len = 0;
}

static uint8_t queue_octet(const struct client_queue *queue, size_t at)
{
    return queue->octet[(queue->first + at) % sizeof queue->octet];
}

/* Octets of the oldest: two of length, and the packet. */
static size_t queue_oldest(const struct client_queue *queue)
{
    return 2 + (size_t)(queue_octet(queue, 0) | queue_octet(queue, 1) << 8);
}

static void queue_drop(struct client_queue *queue)
{
    const size_t size = queue_oldest(queue);

    queue->first = (queue->first + size) % sizeof queue->octet;
    queue->len -= size;
}

static void queue_add(struct client_queue *queue, uint8_t octet)
{
    queue->octet[(queue->first + queue->len++) % sizeof queue->octet] = octet;
}

static void queue_put(struct blr_bgapi *b, const struct bgapi_packet *packet)
{
    struct client_queue *queue = &b->queue;
    uint8_t octets[BGAPI_PACKET_MAX];
    struct wr w = wr_init(octets, sizeof octets);

    if (bgapi_encode_raw(packet->first, packet->code, packet->payload, packet->len, &w) != 0)
        return;
    while (sizeof queue->octet - queue->len < 2 + w.len) {
        queue_drop(queue);
        b->dropped++;
    }
    queue_add(queue, (uint8_t)w.len);
    queue_add(queue, (uint8_t)(w.len >> 8));
    for (size_t i = 0; i < w.len; i++)
        queue_add(queue, octets[i]);
}

void client_queue_offer(struct blr_bgapi *b, client_take *take)
{
    struct client_queue *queue = &b->queue;
    uint8_t octets[BGAPI_PACKET_MAX];

    while (queue->len) {
        const size_t len = queue_oldest(queue) - 2;
        for (size_t i = 0; i < len; i++)
            octets[i] = queue_octet(queue, 2 + i);
        queue_drop(queue);
        struct bgapi_packet packet = {
            .first = octets[0],
            .code = BGAPI_CODE(octets[2], octets[3]),
            .payload = octets + BGAPI_HEADER_SIZE,
            .len = len - BGAPI_HEADER_SIZE,
        };
        struct bgapi_fields fields;
        const bool known = client_decode(b, &packet, &fields);
        if (take(b, &(struct client_packet){&packet, known ? &fields : NULL}))
            return;
    }
}

/* --- in --- */

static enum bgapi_kind kind_of(const struct bgapi_packet *packet)
{
    return bgapi_is_event(packet) ? BGAPI_EVENT : BGAPI_RESPONSE;
}

bool client_decode(struct blr_bgapi *b, const struct bgapi_packet *packet,
                   struct bgapi_fields *fields)
{
    const int error =
        bgapi_decode(kind_of(packet), packet->code, packet->payload, packet->len, fields);

    if (error == BLR_ERR_MALFORMED)
        b->malformed++;
    return error == 0;
}

/* The answer to the command of the call; false: it makes no sense. */
static bool take_response(struct blr_bgapi *b, const struct client_packet *packet)
{
    const struct client_await await = b->await;
    struct bgapi_fields refusal = {.data = NULL};

    if (!packet->fields) {
        /* A dongle that does not know the command answers with a result alone. */
        struct rd r = rd_init(packet->packet->payload, packet->packet->len);
        refusal.number[BGAPI_RESULT] = rd_u16(&r);
        if (!rd_done(&r) || refusal.number[BGAPI_RESULT] == BGAPI_OK)
            return false;
    }
    clock_cancel(b->config.clock, &b->timer);
    b->await = (struct client_await){.what = AWAIT_NOTHING};
    if (packet->fields)
        await.answer(b, packet->fields);
    else
        (void)client_refused(b, &refusal);
    return true;
}

/* The answer to client_send() of a passkey. */
static void passkey_taken(struct blr_bgapi *b, const struct client_packet *packet)
{
    b->passkeys--;
    if (packet->fields && b->call.name && b->call.device && b->await.what == AWAIT_PACKET)
        (void)client_refused(b, packet->fields);
}

static void packet_came(struct blr_bgapi *b, const struct bgapi_packet *packet)
{
    struct bgapi_fields fields;
    const uint64_t malformed = b->malformed;
    const bool known = client_decode(b, packet, &fields);
    const struct client_packet came = {packet, known ? &fields : NULL};
    const bool event = bgapi_is_event(packet);

    if (!event && b->passkeys && packet->code == BGAPI_SM_PASSKEY_ENTRY) {
        passkey_taken(b, &came);
        return;
    }
    if (!event && b->await.what == AWAIT_RESPONSE && b->await.code == packet->code &&
        take_response(b, &came))
        return;
    if (b->malformed != malformed)
        return;
    const bool noted = event && known && client_note(b, &came);
    if (b->await.what == AWAIT_PACKET && b->await.take(b, &came))
        return;
    if (!noted)
        queue_put(b, packet);
}

/* Everything is taken: what nobody awaits goes into the queue. */
static size_t received(void *user, const uint8_t *bytes, size_t len)
{
    struct blr_bgapi *b = user;
    const size_t taken = len;
    struct bgapi_packet packet;

    /* A callback may let go of the port. */
    b->inside++;
    while (b->link && bgapi_read(&b->reader, &bytes, &len, &packet))
        packet_came(b, &packet);
    b->inside--;
    return taken;
}

static void writable(void *user)
{
    struct blr_bgapi *b = user;
    const int error = flush(b);

    if (!error)
        return;
    b->out_len = 0;
    b->inside++;
    if (b->call.name)
        client_fail(b, error);
    b->inside--;
}

const struct byte_link_party client_party = {.received = received, .writable = writable};

uint64_t blr_bgapi_malformed(const struct blr_bgapi *b)
{
    return b->malformed + b->skipped + b->reader.skipped;
}

uint64_t blr_bgapi_dropped(const struct blr_bgapi *b)
{
    return b->dropped;
}
