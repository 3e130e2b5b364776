/* SPDX-License-Identifier: MIT */
/*
 * Two peers that send a host anything: ACL data into connections of either role, on a controller
 * that behaves.
 *
 * The input is a sequence of steps: an octet of which bit 0 chooses the connection and bits 2 and 1
 * say what: 0: the next octet counts the octets of one L2CAP SDU for the channel that the octet
 * after it names, sent in fragments of 27; 1, 2: the next octet counts those of a start or a
 * continuation fragment; 3: the next octet is a call of the application, and a second passes.
 */
#include <stddef.h>
#include <stdint.h>

#include "fuzz_host.h"
#include "wire/l2cap.h"
#include "wire/rd.h"
#include "wire/wr.h"

enum {
    MOST_STEPS = 2000,
    FRAGMENT = 27,
};

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

static void run_step(struct fuzz_host *fuzz, struct rd *r)
{
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
    struct fuzz_host fuzz;

    fuzz_host_new(&fuzz);
    fuzz_host_up(&fuzz);
    fuzz_host_call(&fuzz, call_connect);
    fake_controller_answer_all(&fuzz.fake);
    fake_controller_connected(&fuzz.fake, 0, 0, 0, &peer);
    fake_controller_connected(&fuzz.fake, 0, 1, 1, &peer);
    for (unsigned step = 0; rd_left(&r) && step < MOST_STEPS; step++)
        run_step(&fuzz, &r);
    fuzz_host_free(&fuzz);
    return 0;
}
