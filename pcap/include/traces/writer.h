/* SPDX-License-Identifier: MIT */
/*
 * Trace files, written: btsnoop of HCI links and pcap of the air.
 *
 * A writer is a trace sink. It writes to PATH.part and gives the file its name when it is closed
 * without an error, so that a half-written trace never looks whole. Virtual time 0 is
 * 2020-01-01T00:00:00Z in every file.
 */
#ifndef TRACES_WRITER_H
#define TRACES_WRITER_H

#include "wire/error.h"
#include "wire/trace_sink.h"

struct trace_writer;

/* btsnoop, version 1, datalink 1002 (HCI UART, H4). BLR_ERR_IO (see errno), BLR_ERR_NO_MEMORY. */
int trace_writer_btsnoop(const char *path, struct trace_writer **writer) BLR_MUST_CHECK;

/*
 * The air: classic pcap by libpcap, nanosecond stamps, DLT 256 (Bluetooth LE LL with pseudo-header).
 * A file has one view, for a dissector would take one packet in two views for a retransmission:
 *
 * - decoded: an encrypted PDU as what it says (header and plaintext, no MIC), flagged decrypted and
 *   MIC checked, and MIC valid if it is. Where nobody can tell what it says it stands as it was
 *   sent, without these flags. The CRC is the one that was sent, so it does not fit a plaintext.
 * - raw: the octets that were sent.
 *
 * What was sent in clear is the same in both. Both are omniscient: what was sent, by whoever, heard
 * or not. All packets of the medium's trace may go to either.
 */
int trace_writer_air(const char *path, struct trace_writer **writer) BLR_MUST_CHECK;
int trace_writer_air_raw(const char *path, struct trace_writer **writer) BLR_MUST_CHECK;

/*
 * What one receiver heard, in the same format. Whoever writes it hands over each packet as it was
 * received: power_dbm is the RSSI, the octets and the CRC are those that came in, crc_valid tells
 * whether they fit; `plain` is never looked at. Records stand in the order in which they are given.
 */
int trace_writer_sniffer(const char *path, struct trace_writer **writer) BLR_MUST_CHECK;

struct trace_sink *trace_writer_sink(struct trace_writer *writer);

/*
 * Flushes, closes, renames. BLR_ERR_IO when any write failed (a full disk): then no file of that
 * name is made or replaced and the part is removed. Frees the writer in any case.
 */
int trace_writer_close(struct trace_writer *writer) BLR_MUST_CHECK;
/* Drops it: nothing of that name is made or replaced. NULL is fine. */
void trace_writer_abort(struct trace_writer *writer);

#endif
