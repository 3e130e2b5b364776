/* SPDX-License-Identifier: MIT */
/* From the octets of one record to what they mean, by datalink. Each sets record->kind. */
#ifndef READER_RECORD_H
#define READER_RECORD_H

#include "traces/reader.h"
#include "wire/rd.h"

/* An H4 indicator, then the packet: btsnoop 1002. */
void record_h4(struct trace_record *record, bool to_host, struct rd *r);
/* btsnoop 1001: the type is in the flags. */
void record_hci(struct trace_record *record, uint32_t flags, struct rd *r);
/* btsnoop 2001: adapter and opcode are in the flags. */
void record_monitor(struct trace_record *record, uint32_t flags, struct rd *r);
/* DLT 201: direction in four octets, then H4. */
void record_h4_phdr(struct trace_record *record, struct rd *r);
/* DLT 251. */
void record_le(struct trace_record *record, struct rd *r);
/* DLT 256. */
void record_le_phdr(struct trace_record *record, struct rd *r);

#endif
