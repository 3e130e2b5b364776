/* SPDX-License-Identifier: MIT */
#ifndef DUMP_LL_CONTROL_H
#define DUMP_LL_CONTROL_H

#include "layers.h"

/* An LL control PDU behind the header (Core v5.4, Vol 6, Part B, 2.4.2). */
void dump_ll_control(struct trace_dump *d, struct link *link, struct rd *r);

#endif
