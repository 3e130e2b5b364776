/* SPDX-License-Identifier: MIT */
/* What the layers of the decoder share: the line that is written, and fields by table. */
#ifndef LAYERS_H
#define LAYERS_H

#include "links.h"
#include "text.h"
#include "traces/dump.h"
#include "wire/error.h"
#include "wire/hci.h"
#include "wire/rd.h"

struct trace_dump {
    struct text text;
    const uint8_t *origin; /* first octet of what offsets are counted from */
    struct link_table links;
    int64_t zero_ns;
    bool started;
};

enum field_kind {
    FIELD_UINT,      /* `size` octets, decimal */
    FIELD_HEX,       /* `size` octets as one number */
    FIELD_OCTETS,    /* `size` octets in air order */
    FIELD_REST,      /* all that is left, in air order; not shown when nothing is left */
    FIELD_VALUE,     /* the same, shown also when it is empty */
    FIELD_DBM,
    FIELD_TIME,      /* `size` octets in units of `unit_us` */
    FIELD_NAME,      /* one octet, one of `names`, in hex beyond them */
    FIELD_CODE,      /* one octet, named by `name_of`, in hex where that has no name */
    FIELD_FLAGS,     /* one octet, a bit for each of `names`, other bits in hex */
    FIELD_LL_OPCODE, /* an LL control opcode */
    FIELD_VERSION,   /* one octet, a version of the Core Specification */
    FIELD_ADDR,      /* six octets without a type */
    FIELD_PEER,      /* type, then six octets */
    FIELD_ADV_DATA,  /* length, then exactly 31 octets */
    FIELD_ADV_BLOCK, /* length, then so many octets */
};

struct field {
    const char *name;
    uint8_t kind; /* enum field_kind */
    uint8_t size;
    uint16_t unit_us;
    const char *const *names; /* ends with NULL */
    const char *(*name_of)(unsigned code);
};

struct field_list {
    const struct field *fields;
    size_t count;
};

#define FIELDS(array) {(array), sizeof(array) / sizeof((array)[0])}

#define F_U8(n)        {.name = (n), .kind = FIELD_UINT, .size = 1}
#define F_U16(n)       {.name = (n), .kind = FIELD_UINT, .size = 2}
#define F_U32(n)       {.name = (n), .kind = FIELD_UINT, .size = 4}
#define F_U64(n)       {.name = (n), .kind = FIELD_UINT, .size = 8}
#define F_X8(n)        {.name = (n), .kind = FIELD_HEX, .size = 1}
#define F_X16(n)       {.name = (n), .kind = FIELD_HEX, .size = 2}
#define F_X24(n)       {.name = (n), .kind = FIELD_HEX, .size = 3}
#define F_X32(n)       {.name = (n), .kind = FIELD_HEX, .size = 4}
#define F_X40(n)       {.name = (n), .kind = FIELD_HEX, .size = 5}
#define F_X64(n)       {.name = (n), .kind = FIELD_HEX, .size = 8}
#define F_OCTETS(n, s) {.name = (n), .kind = FIELD_OCTETS, .size = (s)}
#define F_REST(n)      {.name = (n), .kind = FIELD_REST}
#define F_VALUE(n)     {.name = (n), .kind = FIELD_VALUE}
#define F_DBM(n)       {.name = (n), .kind = FIELD_DBM, .size = 1}
#define F_TIME8(n, u)  {.name = (n), .kind = FIELD_TIME, .size = 1, .unit_us = (u)}
#define F_TIME(n, u)   {.name = (n), .kind = FIELD_TIME, .size = 2, .unit_us = (u)}
#define F_NAME(n, s)   {.name = (n), .kind = FIELD_NAME, .size = 1, .names = (s)}
#define F_CODE(n, f)   {.name = (n), .kind = FIELD_CODE, .size = 1, .name_of = (f)}
#define F_FLAGS(n, s)  {.name = (n), .kind = FIELD_FLAGS, .size = 1, .names = (s)}
#define F_ERROR(n)     F_CODE(n, hci_error_name)
#define F_KIND(n, k)   {.name = (n), .kind = (k), .size = 1}
#define F_HANDLE       F_X16("handle")
#define F_STATUS       F_ERROR("status")

/* Of a sleep clock: the eight values and a NULL. */
extern const char *const dump_clock_accuracies[9];
extern const char *const dump_test_payloads[9];

/* " name=value" for each field; stops with [malformed: name at offset N] and what is left in hex. */
void dump_fields(struct trace_dump *d, struct rd *r, struct field_list list);
/* Fields, and nothing behind them. */
void dump_exactly(struct trace_dump *d, struct rd *r, struct field_list list);

/* " name=" */
void dump_key(struct trace_dump *d, const char *name);
/* " [malformed: what at offset N] rest-in-hex", N being where the reader stands. */
void dump_malformed(struct trace_dump *d, const char *what, const struct rd *r);
/* Whatever is left is malformed. */
void dump_nothing_left(struct trace_dump *d, const struct rd *r);
/* The name of a code, or the code in two hex digits. */
void dump_error_name(struct trace_dump *d, const char *name, uint8_t code);
/* `info` is NULL for what is not known. */
void dump_opcode(struct trace_dump *d, uint16_t opcode, const struct hci_command_info *info);
void dump_ll_opcode(struct trace_dump *d, uint8_t opcode);
/* "C0:00:00:00:18:0D" */
void dump_addr(struct trace_dump *d, const uint8_t octets[static 6]);
/* "C0:00:00:00:18:0D(random)", from an HCI address type. */
void dump_peer(struct trace_dump *d, uint8_t type, const uint8_t octets[static 6]);
/* "2a37(Heart Rate Measurement)" or the UUID alone; `size` is 2, 4 or 16. */
void dump_uuid(struct trace_dump *d, struct rd *r, size_t size);

/* The layers. Each writes at the end of the line, beginning with a space. */
void dump_adv_data(struct trace_dump *d, const uint8_t *data, size_t len); /* "{Flags=06; ...}" */
void dump_hci_packet(struct trace_dump *d, uint16_t adapter, const struct trace_hci_record *hci);
void dump_air_packet(struct trace_dump *d, const struct trace_air_record *air);
/* One fragment of an L2CAP frame in a direction; `again`: seen before, and only looked at. */
void dump_l2cap_fragment(struct trace_dump *d, struct link *link, unsigned direction, bool start,
                         bool again, const uint8_t *bytes, size_t len);
/* What a signal says of credit-based channels; `r` at its code. */
void dump_kframe_signal(struct trace_dump *d, struct link *link, unsigned direction, struct rd r);
/* A frame of such a channel, false: of no such channel. `again`: seen before. */
bool dump_kframe(struct trace_dump *d, struct link *link, unsigned direction, uint16_t cid,
                 bool again, struct rd *r);
void dump_att(struct trace_dump *d, struct link *link, unsigned direction, struct rd *r);
void dump_smp(struct trace_dump *d, struct rd *r);

#endif
