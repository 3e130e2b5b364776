/* SPDX-License-Identifier: MIT */
/*
 * A host that speaks raw HCI: sends any packet, keeps what comes with its time. What is not as
 * expected fails the test.
 */
#ifndef HCI_TESTER_H
#define HCI_TESTER_H

#include <stddef.h>
#include <stdint.h>

#include "sim/controller.h"
#include "sim/world.h"
#include "wire/hci.h"
#include "wire/hci_link.h"

/* "bytes, length" of two arguments at once. */
#define BYTES(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})

struct hci_tester_packet {
    sim_ns at; /* when it came */
    enum hci_packet_type type;
    uint16_t len;
    uint8_t bytes[4 + 255];
};

#define HCI_TESTER_PACKETS 512

struct hci_tester {
    struct sim_world *world;
    struct hci_link_end *end;
    unsigned writable; /* times that there was room again */
    unsigned count;    /* kept packets, the oldest first */
    struct hci_tester_packet packets[HCI_TESTER_PACKETS];
};

/* Takes the end. Nothing is sent. */
void hci_tester_init(struct hci_tester *tester, struct sim_world *world, struct hci_link_end *end);

/* A controller, which the caller frees, with the tester as its host. */
struct sim_controller *hci_tester_controller(struct hci_tester *tester, struct sim_world *world,
                                             const char *name,
                                             const struct sim_controller_profile *profile);

/*
 * Reset, all events unmasked but LE Enhanced Connection Complete, which would stand in the place of
 * LE Connection Complete.
 */
void hci_tester_bring_up(struct hci_tester *tester);

void hci_tester_run(struct hci_tester *tester, sim_ns ns);

void hci_tester_send(struct hci_tester *tester, enum hci_packet_type type, const uint8_t *packet,
                     size_t len);
/* Puts the header before the parameters. */
void hci_tester_send_command(struct hci_tester *tester, uint16_t opcode, const uint8_t *params,
                             size_t len);
/* handle_flags: handle, PB and BC as in the packet. */
void hci_tester_send_acl(struct hci_tester *tester, uint16_t handle_flags, const uint8_t *data,
                         size_t len);

/* The oldest packet, removed; the world runs for at most `within` until there is one. */
struct hci_tester_packet hci_tester_next(struct hci_tester *tester, sim_ns within);

/* The oldest event with that code (LE: and subevent), removed; older packets stay. */
struct hci_tester_packet hci_tester_event(struct hci_tester *tester, uint8_t code, sim_ns within);
struct hci_tester_packet hci_tester_le_event(struct hci_tester *tester, uint8_t subevent,
                                             sim_ns within);

/* The oldest packet is this, and came at that time. */
void hci_tester_expect(struct hci_tester *tester, sim_ns at, enum hci_packet_type type,
                       const uint8_t *packet, size_t len);
/* No packet is kept. */
void hci_tester_expect_none(const struct hci_tester *tester);

/*
 * Sends a command and waits for its answer, Command Complete or Command Status, which must be the
 * one that wire/hci.h names and as long. Returns the status; copies what is behind it to `ret`, if
 * not NULL (of the length that wire/hci.h gives, less one).
 */
uint8_t hci_tester_command(struct hci_tester *tester, uint16_t opcode, const uint8_t *params,
                           size_t len, uint8_t *ret);

#endif
