/* SPDX-License-Identifier: MIT */
/*
 * A controller that does only what a test tells it: the far end of a host's HCI link. It keeps what
 * the host sends, and can answer commands as a well-behaved controller does, so that a test need
 * write only what it is about. It calls into the host from the test alone, never from within a
 * send.
 */
#ifndef TESTS_FAKE_CONTROLLER_H
#define TESTS_FAKE_CONTROLLER_H

#include "wire/addr.h"
#include "wire/hci.h"
#include "wire/hci_link.h"

enum {
    FAKE_PACKET_SIZE = 4 + 255,
    FAKE_QUEUE = 64,
};

struct fake_packet {
    enum hci_packet_type type;
    uint16_t opcode; /* of a command */
    uint16_t len;
    uint8_t bytes[FAKE_PACKET_SIZE]; /* a command's parameters; else the whole packet */
};

struct fake_queue {
    unsigned head, count;
    struct fake_packet packets[FAKE_QUEUE];
};

struct fake_controller {
    struct hci_link_end end; /* hand out &fake.end */
    struct fake_queue commands, acl;

    /* What it answers with. */
    struct bd_addr address;
    uint16_t acl_len, shared_acl_len; /* LE Read Buffer Size; Read Buffer Size */
    uint8_t acl_packets;
    uint8_t hci_version;
    uint64_t le_features; /* none at first */
    uint64_t lmp_features;
    uint8_t credits;       /* Num_HCI_Command_Packets in every answer */
    uint16_t fails_opcode; /* this one with fails_status */
    uint8_t fails_status;
    uint16_t short_opcode;  /* this one with half of its return parameters */
    uint16_t silent_opcode; /* this one not at all */
    int8_t rssi_dbm;
    uint8_t resolving_list_size;
    bool no_privacy_modes; /* LE Set Privacy Mode is no supported command */

    bool in_place;  /* it allocates nothing of its own (see fake_controller_send()) */
    int send_error; /* what the link answers; 0: it takes packets */
    unsigned room;  /* packets that the link holds, until they are taken by the test */
};

/* An LE controller with 4 buffers of 27 octets. */
void fake_controller_init(struct fake_controller *fake);

/* The oldest packet that the host sent and that has not been taken; NULL if there is none. Lives
 * until the host sends again. */
const struct fake_packet *fake_controller_command(struct fake_controller *fake);
const struct fake_packet *fake_controller_acl(struct fake_controller *fake);

/* Answers the oldest command that was not taken; false if there is none. */
bool fake_controller_answer(struct fake_controller *fake);
/* Until the host sends no more. */
void fake_controller_answer_all(struct fake_controller *fake);

/* Tells the host that the link has room. */
void fake_controller_writable(struct fake_controller *fake);

/*
 * Any packet to the host, from an exact allocation, so that a read past the end is seen; with
 * in_place from where it lies.
 */
void fake_controller_send(struct fake_controller *fake, enum hci_packet_type type,
                          const uint8_t *packet, size_t len);

void fake_controller_event(struct fake_controller *fake, uint8_t code, const uint8_t *params,
                           size_t len);
/* `ret`: behind the status. */
void fake_controller_complete(struct fake_controller *fake, uint16_t opcode, uint8_t status,
                              const uint8_t *ret, size_t len);
void fake_controller_status(struct fake_controller *fake, uint16_t opcode, uint8_t status);

void fake_controller_connected(struct fake_controller *fake, uint8_t status, uint16_t handle,
                               uint8_t role, const struct bd_addr *peer);
void fake_controller_disconnected(struct fake_controller *fake, uint16_t handle, uint8_t reason);
void fake_controller_completed(struct fake_controller *fake, uint16_t handle, uint16_t count);
void fake_controller_send_acl(struct fake_controller *fake, uint16_t handle, unsigned pb,
                              const uint8_t *data, size_t len);

#endif
