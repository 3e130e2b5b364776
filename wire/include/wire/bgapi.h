/* SPDX-License-Identifier: MIT */
/*
 * BGAPI, the protocol of BLED112-class dongles on a serial line: its packets, and one table of
 * commands, responses and events that both ends are written with.
 *
 * A packet is four octets of header and a payload: 0x00 for a command or its response, 0x80 for an
 * event; the payload's length; class; id. Everything is little-endian; there is no checksum. The
 * low three bits of the first octet are the length's high ones: they are always 0 here, for clients
 * are known that reckon wrongly with others, so that no payload is over 255 octets.
 *
 * No allocation, no state but the reader's.
 */
#ifndef WIRE_BGAPI_H
#define WIRE_BGAPI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/addr.h"
#include "wire/error.h"
#include "wire/wr.h"

#define BGAPI_HEADER_SIZE 4U
#define BGAPI_PAYLOAD_MAX 255U
#define BGAPI_PACKET_MAX  (BGAPI_HEADER_SIZE + BGAPI_PAYLOAD_MAX)

enum bgapi_kind {
    BGAPI_COMMAND,
    BGAPI_RESPONSE,
    BGAPI_EVENT,
};

/* What a packet is about: class in the high octet, id in the low one. */
#define BGAPI_CODE(cls, id)  ((uint16_t)((cls) << 8 | (id)))
#define BGAPI_CODE_CLASS(code) ((uint8_t)((code) >> 8))
#define BGAPI_CODE_ID(code)    ((uint8_t)((code) & 0xFF))

/* Commands, and the responses to them. */
enum bgapi_command {
    BGAPI_SYSTEM_RESET = 0x0000, /* has no response */
    BGAPI_SYSTEM_HELLO = 0x0001,
    BGAPI_SYSTEM_ADDRESS_GET = 0x0002,
    BGAPI_CONNECTION_DISCONNECT = 0x0300,
    BGAPI_CONNECTION_GET_RSSI = 0x0301,
    BGAPI_CONNECTION_UPDATE = 0x0302,
    BGAPI_ATTCLIENT_READ_BY_GROUP_TYPE = 0x0401,
    BGAPI_ATTCLIENT_FIND_INFORMATION = 0x0403,
    BGAPI_ATTCLIENT_READ_BY_HANDLE = 0x0404,
    BGAPI_ATTCLIENT_ATTRIBUTE_WRITE = 0x0405,
    BGAPI_ATTCLIENT_WRITE_COMMAND = 0x0406,
    BGAPI_ATTCLIENT_READ_LONG = 0x0408,
    BGAPI_ATTCLIENT_PREPARE_WRITE = 0x0409,
    BGAPI_ATTCLIENT_EXECUTE_WRITE = 0x040A,
    BGAPI_SM_ENCRYPT_START = 0x0500,
    BGAPI_SM_SET_BONDABLE_MODE = 0x0501,
    BGAPI_SM_DELETE_BONDING = 0x0502,
    BGAPI_SM_SET_PARAMETERS = 0x0503,
    BGAPI_SM_PASSKEY_ENTRY = 0x0504,
    BGAPI_SM_GET_BONDS = 0x0505,
    BGAPI_GAP_SET_MODE = 0x0601,
    BGAPI_GAP_DISCOVER = 0x0602,
    BGAPI_GAP_CONNECT_DIRECT = 0x0603,
    BGAPI_GAP_END_PROCEDURE = 0x0604,
    BGAPI_GAP_SET_SCAN_PARAMETERS = 0x0607,
};

enum bgapi_event {
    BGAPI_EVT_SYSTEM_BOOT = 0x0000,
    BGAPI_EVT_CONNECTION_STATUS = 0x0300,
    BGAPI_EVT_CONNECTION_DISCONNECTED = 0x0304,
    BGAPI_EVT_ATTCLIENT_PROCEDURE_COMPLETED = 0x0401,
    BGAPI_EVT_ATTCLIENT_GROUP_FOUND = 0x0402,
    BGAPI_EVT_ATTCLIENT_FIND_INFORMATION_FOUND = 0x0404,
    BGAPI_EVT_ATTCLIENT_ATTRIBUTE_VALUE = 0x0405,
    BGAPI_EVT_SM_BONDING_FAIL = 0x0501,
    BGAPI_EVT_SM_PASSKEY_DISPLAY = 0x0502,
    BGAPI_EVT_SM_PASSKEY_REQUEST = 0x0503,
    BGAPI_EVT_SM_BOND_STATUS = 0x0504,
    BGAPI_EVT_GAP_SCAN_RESPONSE = 0x0600,
};

enum bgapi_type {
    BGAPI_U8,
    BGAPI_I8,
    BGAPI_U16,
    BGAPI_U32,
    BGAPI_ADDR, /* six octets, least significant first */
    BGAPI_U8A,  /* an octet of length, and so many octets; always the last of a payload */
};

/* Every field of every packet. A packet has no field twice, at most one address and one u8a. */
enum bgapi_field {
    BGAPI_NO_FIELD, /* ends a list of them */
    BGAPI_ACTIVE,
    BGAPI_ADDRESS,
    BGAPI_ADDRESS_TYPE,
    BGAPI_BOND,
    BGAPI_BONDABLE,
    BGAPI_BONDING,
    BGAPI_BUILD,
    BGAPI_COMMIT,
    BGAPI_CONN,
    BGAPI_CONNECT,
    BGAPI_COUNT,
    BGAPI_DATA,
    BGAPI_DFU,
    BGAPI_DISCOVER,
    BGAPI_END,
    BGAPI_FLAGS,
    BGAPI_HANDLE,
    BGAPI_HW,
    BGAPI_INTERVAL,
    BGAPI_INTERVAL_MAX,
    BGAPI_INTERVAL_MIN,
    BGAPI_IO_CAPABILITIES,
    BGAPI_KEYS,
    BGAPI_KEY_SIZE,
    BGAPI_LATENCY,
    BGAPI_LL_VERSION,
    BGAPI_MAJOR,
    BGAPI_MIN_KEY_SIZE,
    BGAPI_MINOR,
    BGAPI_MITM,
    BGAPI_MODE,
    BGAPI_OFFSET,
    BGAPI_PACKET_TYPE,
    BGAPI_PASSKEY,
    BGAPI_PATCH,
    BGAPI_PROTOCOL,
    BGAPI_REASON,
    BGAPI_RESULT,
    BGAPI_RSSI,
    BGAPI_START,
    BGAPI_TIMEOUT,
    BGAPI_TYPE,
    BGAPI_UUID,
    BGAPI_VALUE,
    BGAPI_WINDOW,
    BGAPI_FIELDS, /* how many there are */
};

/* Of a field: "interval_min". */
const char *bgapi_field_name(enum bgapi_field field);
enum bgapi_type bgapi_field_type(enum bgapi_field field);

#define BGAPI_LAYOUT_MAX 10U

struct bgapi_layout {
    enum bgapi_kind kind;
    uint16_t code;
    const char *name; /* "attclient_read_long"; a response is named as its command */
    uint8_t fields[BGAPI_LAYOUT_MAX]; /* enum bgapi_field, up to BGAPI_NO_FIELD */
};

/* NULL: there is no such packet. */
const struct bgapi_layout *bgapi_layout(enum bgapi_kind kind, uint16_t code);
const struct bgapi_layout *bgapi_layout_named(enum bgapi_kind kind, const char *name);
/* All of them, for those who walk the table; NULL begins, NULL ends. */
const struct bgapi_layout *bgapi_layout_next(const struct bgapi_layout *layout);
bool bgapi_layout_has(const struct bgapi_layout *layout, enum bgapi_field field);

/* The values of a packet's fields. Others are 0 when decoded, and ignored when encoded. */
struct bgapi_fields {
    int64_t number[BGAPI_FIELDS]; /* of BGAPI_U8 to BGAPI_U32 */
    struct bd_addr address;       /* of BGAPI_ADDR; its type is no part of it */
    const uint8_t *data;          /* of BGAPI_U8A: within the bytes that were decoded */
    size_t data_len;
};

/*
 * Writes a whole packet. BLR_ERR_INVALID: no such packet, or a number does not fit its type;
 * BLR_ERR_TOO_LONG: the data do not fit. Nothing is written then. An address's type is written by
 * BGAPI_ADDRESS_TYPE alone.
 */
int bgapi_encode(enum bgapi_kind kind, uint16_t code, const struct bgapi_fields *fields,
                 struct wr *w) BLR_MUST_CHECK;
/* A packet of any code and payload, as it is. `first` is 0x00, 0x80, 0x08 or 0x88. */
int bgapi_encode_raw(uint8_t first, uint16_t code, const uint8_t *payload, size_t len,
                     struct wr *w) BLR_MUST_CHECK;
/*
 * Reads a payload. BLR_ERR_NOT_FOUND: no such packet; BLR_ERR_MALFORMED: too short, too long, or a
 * u8a whose length is not that of the rest.
 */
int bgapi_decode(enum bgapi_kind kind, uint16_t code, const uint8_t *payload, size_t len,
                 struct bgapi_fields *fields) BLR_MUST_CHECK;

/* --- packets on a stream of octets --- */

struct bgapi_packet {
    uint8_t first; /* the first octet of its header */
    uint16_t code;
    const uint8_t *payload;
    size_t len;
};

static inline bool bgapi_is_event(const struct bgapi_packet *packet)
{
    return packet->first & 0x80;
}

struct bgapi_reader {
    uint64_t skipped; /* octets that began no packet, since the beginning */
    size_t len;
    bool whole; /* was yielded: the next call begins another */
    uint8_t octet[BGAPI_PACKET_MAX];
};

void bgapi_reader_init(struct bgapi_reader *reader);
/*
 * Takes octets up to the end of a packet (true) or all of them (false); *bytes and *len step over
 * what was taken. Call again until false. A packet begins with 0x00, 0x80, 0x08 or 0x88; any other
 * octet in that place is skipped. So 259 octets of 0xFF bring a reader that has lost its way back
 * on it, whatever came before. *packet lives until the next call.
 */
bool bgapi_read(struct bgapi_reader *reader, const uint8_t **bytes, size_t *len,
                struct bgapi_packet *packet);

/* --- results --- */

enum bgapi_result {
    BGAPI_OK = 0,
    BGAPI_INVALID_PARAMETER = 0x0180,
    BGAPI_WRONG_STATE = 0x0181,
    BGAPI_OUT_OF_MEMORY = 0x0182,
    BGAPI_NOT_IMPLEMENTED = 0x0183,
    BGAPI_UNKNOWN_COMMAND = 0x0184,
    BGAPI_TIMED_OUT = 0x0185,
    BGAPI_NOT_CONNECTED = 0x0186,
    BGAPI_OUT_OF_BONDS = 0x018B,
    BGAPI_HCI_BASE = 0x0200, /* + Core v5.4, Vol 1, Part F error code */
    BGAPI_SMP_BASE = 0x0300, /* + Vol 3, Part H, 3.5.5 reason */
    BGAPI_ATT_BASE = 0x0400, /* + Vol 3, Part F, 3.4.1.1 error code */
};

/* Between our errors (wire/error.h) and results: what has no counterpart is BGAPI_WRONG_STATE, or
 * BLR_ERR_MALFORMED. */
uint16_t bgapi_result(int error);
int bgapi_error(uint16_t result);

/* Of connection_status. */
enum bgapi_connection_flag {
    BGAPI_CONNECTED = 0x01,
    BGAPI_ENCRYPTED = 0x02,
    BGAPI_COMPLETED = 0x04, /* the connection is new */
    BGAPI_PARAMETERS_CHANGED = 0x08,
};

#define BGAPI_NO_BOND 0xFF

/* Of attclient_attribute_value. */
enum bgapi_value_type {
    BGAPI_VALUE_READ = 0,
    BGAPI_VALUE_NOTIFY = 1,
    BGAPI_VALUE_INDICATE = 2,
    BGAPI_VALUE_READ_BY_TYPE = 3,
    BGAPI_VALUE_READ_BLOB = 4,
    BGAPI_VALUE_INDICATE_RSP_REQ = 5,
};

/* Of gap_scan_response: those of these four alone are understood by clients. */
enum bgapi_scan_packet {
    BGAPI_SCAN_CONNECTABLE = 0,
    BGAPI_SCAN_NON_CONNECTABLE = 2,
    BGAPI_SCAN_RESPONSE = 4,
    BGAPI_SCAN_DISCOVERABLE = 6,
};

/* Of gap_discover. */
enum bgapi_discover_mode {
    BGAPI_DISCOVER_LIMITED = 0,
    BGAPI_DISCOVER_GENERIC = 1,
    BGAPI_DISCOVER_OBSERVATION = 2,
};

/* gap_connection_get_rssi's value for "not known". */
#define BGAPI_NO_RSSI 25

#endif
