/* SPDX-License-Identifier: MIT */
/*
 * The host's end of HCI (Core v5.4, Vol 4, Part E, 4.3 to 4.5): commands go out one at a time, as
 * far as the controller's Num_HCI_Command_Packets allows, and each is answered once.
 *
 * A command is embedded in its owner and may be submitted again when it has been answered: nothing
 * is allocated and no command is refused for want of room. An answer belongs to the command in
 * flight if it names its opcode. A command that is not answered, or for which no credit comes,
 * within HCI_COMMAND_TIMEOUT means that the controller is gone; the specification sets no limit,
 * and two seconds is what hosts commonly wait.
 */
#ifndef STACK_HCI_DRIVER_H
#define STACK_HCI_DRIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/hci.h"
#include "wire/hci_link.h"
#include "wire/rd.h"
#include "wire/timer.h"
#include "wire/wr.h"

#define HCI_COMMAND_TIMEOUT SIM_S(2)

enum { HCI_COMMAND_PARAMS = 39 }; /* the longest that this host sends: to the resolving list */

struct hci_command;

/*
 * error: 0; BLR_ERR_HCI(status); or BLR_ERR_MALFORMED for return parameters that do not have the
 * length of wire/hci.h. `ret` stands behind the status; it is empty unless error is 0. A command
 * that answers by Command Status is done when that has come.
 */
typedef void hci_command_done(void *user, int error, struct rd *ret);

struct hci_command {
    struct hci_command *next;
    hci_command_done *done;
    void *user;
    uint16_t opcode;
    bool pending; /* submitted and not yet answered */
    uint8_t len;
    uint8_t params[HCI_COMMAND_PARAMS];
};

struct hci_driver {
    struct hci_link_end *link;
    struct clock *clock;
    /* The controller does not answer, or the link cannot carry a command; called from a timer or
     * from within hci_command_submit(). The driver is stopped then. */
    void (*failed)(void *user, int error);
    void *user;
    struct hci_command *head, *tail; /* submitted, not sent */
    struct hci_command *current;     /* sent; NULL also if its owner has forgotten it */
    uint16_t current_opcode;
    bool in_flight;
    bool running;
    bool link_full;  /* until the link says writable */
    uint8_t credits; /* commands that the controller can take, by its last answer */
    struct timer timeout;
    uint32_t unexpected_answers; /* named no command in flight, or made no sense for it */
};

/* Prepares; `link`, `clock`, `failed` and `user` are set by the owner. */
void hci_driver_init(struct hci_driver *driver);

/* From a clean slate: nothing queued, one credit (4.4), no link backlog known. */
void hci_driver_start(struct hci_driver *driver);

/* Nothing is sent or called back any more; commands that were pending are free again. */
void hci_driver_stop(struct hci_driver *driver);

static inline void hci_command_init(struct hci_command *command, hci_command_done *done, void *user)
{
    *command = (struct hci_command){.done = done, .user = user};
}

/*
 * Begins a command that is not pending: the caller writes its parameters, then submits. A driver
 * that has failed drops it: its owner, like all others, is told of the failure.
 */
struct wr hci_command_begin(struct hci_command *command, uint16_t opcode);
void hci_command_submit(struct hci_driver *driver, struct hci_command *command,
                        const struct wr *params);

/* The owner goes away: the command will not be sent, or its answer will be dropped. */
void hci_command_forget(struct hci_driver *driver, struct hci_command *command);

/* It is on its way, and no longer in the queue. */
static inline bool hci_command_sent(const struct hci_driver *driver,
                                    const struct hci_command *command)
{
    return driver->in_flight && driver->current == command;
}

/* Events 7.7.14 and 7.7.15, the event's parameters in `r`, their least length checked. */
void hci_driver_command_complete(struct hci_driver *driver, struct rd *r);
void hci_driver_command_status(struct hci_driver *driver, struct rd *r);

/* The link is writable again. */
void hci_driver_writable(struct hci_driver *driver);

/*
 * Sends an ACL data packet: 0, or BLR_ERR_AGAIN until the link is writable. A link that can never
 * carry it is a failure, for which the answer is BLR_ERR_AGAIN as well.
 */
int hci_driver_send_acl(struct hci_driver *driver, const uint8_t *packet,
                        size_t len) BLR_MUST_CHECK;

#endif
