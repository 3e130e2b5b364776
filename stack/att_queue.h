/* SPDX-License-Identifier: MIT */
/*
 * What an ATT bearer could not send yet: a bounded ring of PDUs, in order. Each kind of PDU of
 * which ATT allows one at a time (Core v5.4, Vol 3, Part F, 3.3.2) has its room kept for it, so
 * that notifications and commands, which share the rest, can never crowd out a response.
 */
#ifndef STACK_ATT_QUEUE_H
#define STACK_ATT_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#include "wire/error.h"

enum att_send_kind {
    ATT_SEND_RESPONSE,
    ATT_SEND_REQUEST,
    ATT_SEND_INDICATION,
    ATT_SEND_CONFIRMATION,
    ATT_SEND_UNBOUND, /* notifications and commands */
};

struct att_queue {
    uint8_t *ring;
    size_t cap, head, len;
    size_t unbound_len, unbound_cap;
    unsigned kinds; /* a bit for each enum att_send_kind that waits */
};

/* Room for PDUs of up to `mtu` octets. BLR_ERR_NO_MEMORY. */
int att_queue_init(struct att_queue *queue, uint16_t mtu) BLR_MUST_CHECK;
void att_queue_fini(struct att_queue *queue);

/*
 * Appends a copy. BLR_ERR_AGAIN: the room for notifications and commands is full. BLR_ERR_STATE: a
 * PDU of that kind waits already, which is against ATT.
 */
int att_queue_push(struct att_queue *queue, enum att_send_kind kind, const uint8_t *pdu,
                   size_t len) BLR_MUST_CHECK;

/* Copies the oldest PDU to `pdu`, which has room for the MTU; 0 when there is none. */
size_t att_queue_peek(const struct att_queue *queue, uint8_t *pdu);
/* Drops the oldest. */
void att_queue_pop(struct att_queue *queue);
void att_queue_clear(struct att_queue *queue);

#endif
