/* SPDX-License-Identifier: MIT */
/* Who of those that are heard wants to be found (Core v5.4, Vol 3, Part C, 9.2.5, 9.2.6). */
#ifndef STACK_GAP_FOUND_H
#define STACK_GAP_FOUND_H

#include "blueroom/gap.h"

enum {
    GAP_FOUND_KNOWN = 64, /* of further devices no scan responses are told */
};

struct gap_found {
    bool limited; /* those in limited discoverable mode alone */
    uint8_t count; /* 0 at first */
    struct bd_addr known[GAP_FOUND_KNOWN];
};

/* Whether a report is of somebody who wants to be found, now or before. */
bool gap_found_take(struct gap_found *found, const struct blr_adv_report *report);

#endif
