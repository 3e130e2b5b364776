/* SPDX-License-Identifier: MIT */
/*
 * The connection parameters that a peripheral prefers (Core v5.4, Vol 3, Part C, 12.3), and asking
 * the central for them.
 */
#ifndef STACK_GAP_PREFERRED_H
#define STACK_GAP_PREFERRED_H

struct blr_conn;

/* A link was made, is gone. */
void gap_preferred_init(struct blr_conn *conn);
void gap_preferred_stop(struct blr_conn *conn);

#endif
