/* SPDX-License-Identifier: MIT */
/*
 * The btsnoop file format, version 1: a header of 16 octets, then records of a header of 24 octets
 * and packet bytes, all integers big-endian.
 */
#ifndef BTSNOOP_H
#define BTSNOOP_H

#define BTSNOOP_MAGIC              "btsnoop" /* eight octets with its NUL */
#define BTSNOOP_VERSION            1U
#define BTSNOOP_FILE_HEADER_SIZE   16U
#define BTSNOOP_RECORD_HEADER_SIZE 24U

enum btsnoop_datalink {
    BTSNOOP_HCI = 1001,     /* packets without the H4 indicator; the flags tell the type */
    BTSNOOP_H4 = 1002,      /* packets with it */
    BTSNOOP_MONITOR = 2001, /* Linux monitor: the flags hold adapter index and opcode */
};

enum btsnoop_flag {
    BTSNOOP_RECEIVED = 1, /* controller to host */
    BTSNOOP_COMMAND_OR_EVENT = 2,
};

/* 1970-01-01 in microseconds since midnight of January 1st, 0 AD, whence btsnoop counts. */
#define BTSNOOP_UNIX_EPOCH_US INT64_C(0x00DCDDB30F2F8000)

#endif
