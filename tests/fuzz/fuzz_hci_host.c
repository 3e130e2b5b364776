/* SPDX-License-Identifier: MIT */
/*
 * A controller that sends a host anything, at any time, while an application calls anything.
 *
 * The input is a sequence of steps. The first octet of each says what, modulo 8:
 * 0, 1: an event, 2: ACL data: the next octet counts the octets of the packet
 * 3: the oldest command is answered well; 4: all are
 * 5: the next octet chooses a call of the application
 * 6: time passes, 50 ms times the next octet
 * 7: the next octet is what the link does: packets that it takes (0: it breaks), and it is writable
 */
#include <stddef.h>
#include <stdint.h>

#include "fuzz_host.h"
#include "wire/rd.h"

enum { MOST_STEPS = 2000 };

static void send_packet(struct fuzz_host *fuzz, enum hci_packet_type type, struct rd *r)
{
    const size_t len = rd_u8(r);
    const size_t there = len < rd_left(r) ? len : rd_left(r);

    fake_controller_send(&fuzz->fake, type, rd_bytes(r, there), there);
}

static void set_link(struct fuzz_host *fuzz, uint8_t room)
{
    fuzz->fake.send_error = room ? 0 : BLR_ERR_IO;
    fuzz->fake.room = room % FAKE_QUEUE + 1U;
    fake_controller_writable(&fuzz->fake);
}

static void run_step(struct fuzz_host *fuzz, struct rd *r)
{
    switch (rd_u8(r) % 8) {
    case 0:
    case 1:
        send_packet(fuzz, HCI_PACKET_EVENT, r);
        break;
    case 2:
        send_packet(fuzz, HCI_PACKET_ACL, r);
        break;
    case 3:
        fake_controller_answer(&fuzz->fake);
        break;
    case 4:
        fake_controller_answer_all(&fuzz->fake);
        break;
    case 5:
        fuzz_host_call(fuzz, rd_u8(r));
        break;
    case 6:
        manual_clock_advance(&fuzz->clock, SIM_MS(50) * rd_u8(r));
        break;
    case 7:
        set_link(fuzz, rd_u8(r));
        break;
    default:
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rd r = rd_init(data, size);
    struct fuzz_host fuzz;

    fuzz_host_new(&fuzz);
    for (unsigned step = 0; rd_left(&r) && step < MOST_STEPS; step++)
        run_step(&fuzz, &r);
    fuzz_host_free(&fuzz);
    return 0;
}
