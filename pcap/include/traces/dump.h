/* SPDX-License-Identifier: MIT */
/*
 * One line a packet, every layer named: what `blueroom dump` prints, what golden traces are made of
 * and what a failed expectation shows.
 *
 *   HCI   "     0.001200 > CMD  LE Set Scan Enable enable=1 filter_duplicates=0"
 *   air   "     0.100000150 - ch=37 1M    0dBm AA=8e89bed6 ADV_IND C0:00:00:00:18:0D(random) {}"
 *
 * Time counts from world zero in traces that begin on the first virtual day, and from the first
 * record in all others. `>` goes to the controller, or from the central; `<` comes from it, or from
 * the peripheral; `-` has no direction. What cannot be decoded stands as [malformed: what at offset
 * N] with the octets behind it in hex: nothing is hidden. Offsets count from the first octet of the
 * HCI packet, of the LL PDU, or of an L2CAP frame that came in fragments.
 *
 * Encrypted PDUs that the trace tells the plaintext of are marked [decrypted]; of the others there
 * is [encrypted, N octets] and the octets. What was sent in clear in an encrypted connection is
 * marked [in clear]. Keys are shown in full.
 *
 * A dump remembers links, to put L2CAP frames together and to know ciphertext and retransmissions.
 * Memory grows with what was seen, never by a length that a packet claims.
 */
#ifndef TRACES_DUMP_H
#define TRACES_DUMP_H

#include "traces/reader.h"

struct trace_dump;

/* NULL: out of memory. */
struct trace_dump *trace_dump_new(void);
void trace_dump_free(struct trace_dump *dump);

/*
 * The line, without its end, NUL ended; it lives until the next call. *len may be NULL. Returns
 * NULL when memory runs out.
 */
const char *trace_dump_record(struct trace_dump *dump, const struct trace_record *record,
                              size_t *len);

/*
 * The same for packets as sinks get them; time counts from world zero in any case. Of the air's
 * views it is the decoded one.
 */
const char *trace_dump_hci(struct trace_dump *dump, sim_ns at, bool to_host,
                           enum hci_packet_type type, const uint8_t *packet, size_t len);
const char *trace_dump_air(struct trace_dump *dump, const struct trace_air_packet *packet);

#endif
