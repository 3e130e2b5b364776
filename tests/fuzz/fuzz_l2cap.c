/* SPDX-License-Identifier: MIT */
/*
 * Two peers that send a host anything: ACL data into connections of either role, on a controller
 * that behaves.
 *
 * The input is a sequence of steps: an octet of which bit 0 chooses the connection and bits 2 and 1
 * say what: 0: the next octet counts the octets of one L2CAP SDU for the channel that the octet
 * after it names, sent in fragments of 27; 1, 2: the next octet counts those of a start or a
 * continuation fragment; 3: the next octet is a call of the application, and a second passes; with
 * bit 3 set, one that has to do with credit-based channels, which call back once for each that was
 * opened, and never from within a call.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "blueroom/l2cap.h"

#include "fuzz_host.h"
#include "wire/l2cap.h"
#include "wire/rd.h"
#include "wire/wr.h"

enum {
    MOST_STEPS = 2000,
    FRAGMENT = 27,
    SPSM = 0x80,
    MOST_CHANNELS = 2 * 64,
};

struct fuzz_l2cap {
    struct fuzz_host host;
    struct blr_l2cap_channel *channels[MOST_CHANNELS];
    unsigned count;
    uint8_t in_callback; /* what to call from within the next callback; 0: nothing */
};

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void call_channels(struct fuzz_l2cap *fuzz, uint8_t what);

static void told(struct fuzz_l2cap *fuzz)
{
    const uint8_t what = fuzz->in_callback;

    check(!fuzz->host.calling);
    fuzz->in_callback = 0;
    if (what)
        call_channels(fuzz, what);
}

/* Where it is; count: it is not one of those. */
static unsigned place(const struct fuzz_l2cap *fuzz, const struct blr_l2cap_channel *channel)
{
    unsigned i = 0;

    while (i < fuzz->count && fuzz->channels[i] != channel)
        i++;
    return i;
}

static void add(struct fuzz_l2cap *fuzz, struct blr_l2cap_channel *channel)
{
    check(fuzz->count < MOST_CHANNELS && place(fuzz, channel) == fuzz->count);
    fuzz->channels[fuzz->count++] = channel;
}

static void opened(struct blr_l2cap_channel *channel, void *user)
{
    struct fuzz_l2cap *fuzz = user;

    if (place(fuzz, channel) == fuzz->count)
        add(fuzz, channel);
    told(fuzz);
}

static void received(struct blr_l2cap_channel *channel, const uint8_t *sdu, size_t len, void *user)
{
    unsigned sum = 0;

    check(place(user, channel) < ((struct fuzz_l2cap *)user)->count && len <= 64);
    for (size_t i = 0; i < len; i++)
        sum += sdu[i];
    check(sum <= 64 * 255);
    told(user);
}

static void drained(struct blr_l2cap_channel *channel, void *user)
{
    check(blr_l2cap_queued(channel) == 0);
    told(user);
}

static void closed(struct blr_l2cap_channel *channel, int error, void *user)
{
    struct fuzz_l2cap *fuzz = user;
    const unsigned i = place(fuzz, channel);

    (void)error;
    check(i < fuzz->count);
    fuzz->channels[i] = fuzz->channels[--fuzz->count];
    told(fuzz);
}

static const struct blr_l2cap_ops channel_ops = {
    .opened = opened, .received = received, .drained = drained, .closed = closed};

static enum l2cap_connect_result accept(struct blr_conn *conn,
                                        const struct blr_l2cap_request *request,
                                        struct blr_l2cap_params *params, void *user)
{
    (void)conn;
    *params = (struct blr_l2cap_params){
        .ops = &channel_ops, .user = user, .mtu = 64, .mps = 32, .queue = 256};
    params->manual_credits = request->credits & 1;
    params->credits = 3;
    told(user);
    return request->mtu & 1 ? L2CAP_CONNECT_SUCCESSFUL : L2CAP_CONNECT_INSUFFICIENT_AUTHENTICATION;
}

static void call_connect(struct fuzz_l2cap *fuzz, unsigned what)
{
    const struct blr_l2cap_params params = {
        .ops = &channel_ops, .user = fuzz, .mtu = 64, .mps = 23, .queue = 128};
    struct blr_conn *conn = blr_conn_first(fuzz->host.host);
    struct blr_l2cap_channel *channel;

    if (conn && what & 1 && blr_conn_next(conn))
        conn = blr_conn_next(conn);
    if (conn && blr_l2cap_connect(conn, SPSM, &params, &channel) == 0)
        add(fuzz, channel);
}

static void call_channels(struct fuzz_l2cap *fuzz, uint8_t what)
{
    static const uint8_t octets[200] = {0};
    const unsigned more = what >> 3U;
    struct blr_l2cap_channel *channel = fuzz->count ? fuzz->channels[more % fuzz->count] : NULL;

    const bool outer = fuzz->host.calling;
    fuzz->host.calling = true;
    switch (what & 7U) {
    case 0:
        call_connect(fuzz, more);
        break;
    case 1:
        if (channel)
            (void)!blr_l2cap_send(channel, octets, 6 * more);
        break;
    case 2:
        if (channel)
            (void)!blr_l2cap_give_credits(channel, (uint16_t)(more << 11U));
        break;
    case 3:
        if (channel)
            (void)!blr_l2cap_disconnect(channel);
        break;
    case 4:
        blr_l2cap_unlisten(fuzz->host.host, SPSM);
        break;
    case 5:
        (void)!blr_l2cap_listen(fuzz->host.host, SPSM, accept, fuzz);
        break;
    default:
        fuzz->in_callback = (uint8_t)(more << 1U | (what & 1U));
        break;
    }
    fuzz->host.calling = outer;
}

/* What the host has sent is gone, and counted. */
static void drain(struct fuzz_host *fuzz)
{
    const struct fake_packet *packet;

    fake_controller_answer_all(&fuzz->fake);
    while ((packet = fake_controller_acl(&fuzz->fake))) {
        struct rd r = rd_init(packet->bytes, packet->len);
        fake_controller_completed(&fuzz->fake, rd_u16(&r) & 0xFFF, 1);
    }
}

static void send_fragments(struct fuzz_host *fuzz, uint16_t handle, const uint8_t *frame,
                           size_t len)
{
    unsigned pb = HCI_ACL_FIRST_FLUSHABLE;

    for (size_t at = 0; at < len; at += FRAGMENT) {
        const size_t n = len - at < FRAGMENT ? len - at : FRAGMENT;
        fake_controller_send_acl(&fuzz->fake, handle, pb, frame + at, n);
        pb = HCI_ACL_CONTINUING;
    }
}

static void send_sdu(struct fuzz_host *fuzz, uint16_t handle, struct rd *r)
{
    uint8_t frame[L2CAP_HEADER_SIZE + 255];
    struct wr w = wr_init(frame, sizeof frame);
    const size_t len = rd_u8(r);
    const uint8_t cid = rd_u8(r);
    const size_t there = len < rd_left(r) ? len : rd_left(r);

    wr_u16(&w, (uint16_t)there);
    wr_u16(&w, cid);
    wr_bytes(&w, rd_bytes(r, there), there);
    send_fragments(fuzz, handle, frame, w.len);
}

static void send_fragment(struct fuzz_host *fuzz, uint16_t handle, unsigned pb, struct rd *r)
{
    const size_t len = rd_u8(r);
    const size_t there = len < rd_left(r) ? len : rd_left(r);

    fake_controller_send_acl(&fuzz->fake, handle, pb, rd_bytes(r, there), there);
}

static void run_step(struct fuzz_l2cap *all, struct rd *r)
{
    struct fuzz_host *fuzz = &all->host;
    const uint8_t what = rd_u8(r);
    const uint16_t handle = what & 1;

    switch (what >> 1 & 3) {
    case 0:
        send_sdu(fuzz, handle, r);
        break;
    case 1:
        send_fragment(fuzz, handle, HCI_ACL_FIRST_FLUSHABLE, r);
        break;
    case 2:
        send_fragment(fuzz, handle, HCI_ACL_CONTINUING, r);
        break;
    case 3:
        if (what & 8)
            call_channels(all, rd_u8(r));
        else
            fuzz_host_call(fuzz, rd_u8(r));
        manual_clock_advance(&fuzz->clock, SIM_S(1));
        break;
    default:
        break;
    }
    drain(fuzz);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct bd_addr peer = {.octet = {1, 0, 0, 0, 0, 0xC0}, .type = BD_ADDR_RANDOM};
    const uint8_t call_connect = 5 << 2;
    struct rd r = rd_init(data, size);
    struct fuzz_l2cap all = {0};
    struct fuzz_host *fuzz = &all.host;

    fuzz_host_new(fuzz);
    fuzz_host_up(fuzz);
    check(blr_l2cap_listen(fuzz->host, SPSM, accept, &all) == 0);
    fuzz_host_call(fuzz, call_connect);
    fake_controller_answer_all(&fuzz->fake);
    fake_controller_connected(&fuzz->fake, 0, 0, 0, &peer);
    fake_controller_connected(&fuzz->fake, 0, 1, 1, &peer);
    for (unsigned step = 0; rd_left(&r) && step < MOST_STEPS; step++)
        run_step(&all, &r);
    all.in_callback = 0;
    fuzz_host_free(fuzz);
    check(all.count == 0);
    return 0;
}
