/* SPDX-License-Identifier: MIT */
/*
 * Several commands, one after the other, from a table: bring-up, starting to advertise, starting to
 * scan. The first that fails ends it.
 */
#ifndef STACK_HCI_SEQUENCE_H
#define STACK_HCI_SEQUENCE_H

#include "hci_driver.h"

struct blr_host;

struct hci_step {
    uint16_t opcode;
    /* NULL: always. */
    bool (*needed)(const struct blr_host *host);
    /* Writes the parameters. NULL: there are none. */
    void (*build)(struct blr_host *host, struct wr *w);
    /* Takes the return parameters; nonzero ends the sequence with that error. May be NULL. */
    int (*answered)(struct blr_host *host, struct rd *ret);
};

/* When the last step has been answered, or one has failed; from within that answer. */
typedef void hci_sequence_done(void *user, int error);

struct hci_sequence {
    struct hci_driver *driver;
    struct blr_host *host;
    struct hci_command command;
    const struct hci_step *step; /* the one in flight */
    size_t left;                 /* that one and those after it */
    bool abandoned;
    hci_sequence_done *done;
    void *user;
};

void hci_sequence_init(struct hci_sequence *sequence, struct hci_driver *driver,
                       struct blr_host *host, hci_sequence_done *done, void *user);

/* At least one step must be needed. */
void hci_sequence_start(struct hci_sequence *sequence, const struct hci_step *steps, size_t count);

/* Ends it with BLR_ERR_CANCELLED when the step in flight has been answered. */
static inline void hci_sequence_abandon(struct hci_sequence *sequence)
{
    sequence->abandoned = true;
}

#endif
