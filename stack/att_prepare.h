/* SPDX-License-Identifier: MIT */
/*
 * What one client has prepared and not executed yet (Core v5.4, Vol 3, Part F, 3.4.6): a bounded
 * queue of parts, in the order in which they came. Its memory is taken with the first part that
 * the client prepares, and kept for the next.
 */
#ifndef STACK_ATT_PREPARE_H
#define STACK_ATT_PREPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct blr_attribute;
struct blr_service;

/* Two values of full length in parts of the smallest MTU. Beyond: Prepare Queue Full. */
enum { ATT_PREPARE_PARTS = 64, ATT_PREPARE_OCTETS = 1024 };

struct att_prepared_part {
    struct blr_attribute *attr; /* NULL once it is gone */
    uint16_t handle, offset;
    uint16_t at, len; /* in `octets` */
};

struct att_prepared {
    size_t count;
    struct att_prepared_part part[ATT_PREPARE_PARTS];
    size_t used;
    uint8_t octets[ATT_PREPARE_OCTETS];
};

/* The attributes of a service are about to go. `prepared` may be NULL. */
void att_prepared_forget(struct att_prepared *prepared, const struct blr_service *service);

#endif
