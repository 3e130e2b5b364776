/* SPDX-License-Identifier: MIT */
#include "wire/bgapi.h"

#include <string.h>

#include "wire/rd.h"

struct field_row {
    const char *name;
    enum bgapi_type type;
};

static const struct field_row field_rows[BGAPI_FIELDS] = {
    [BGAPI_NO_FIELD] = {"", BGAPI_U8},
    [BGAPI_ACTIVE] = {"active", BGAPI_U8},
    [BGAPI_ADDRESS] = {"address", BGAPI_ADDR},
    [BGAPI_ADDRESS_TYPE] = {"address_type", BGAPI_U8},
    [BGAPI_BOND] = {"bond", BGAPI_U8},
    [BGAPI_BONDABLE] = {"bondable", BGAPI_U8},
    [BGAPI_BONDING] = {"bonding", BGAPI_U8},
    [BGAPI_BUILD] = {"build", BGAPI_U16},
    [BGAPI_COMMIT] = {"commit", BGAPI_U8},
    [BGAPI_CONN] = {"conn", BGAPI_U8},
    [BGAPI_CONNECT] = {"connect", BGAPI_U8},
    [BGAPI_COUNT] = {"count", BGAPI_U8},
    [BGAPI_DATA] = {"data", BGAPI_U8A},
    [BGAPI_DFU] = {"dfu", BGAPI_U8},
    [BGAPI_DISCOVER] = {"discover", BGAPI_U8},
    [BGAPI_END] = {"end", BGAPI_U16},
    [BGAPI_FLAGS] = {"flags", BGAPI_U8},
    [BGAPI_HANDLE] = {"handle", BGAPI_U16},
    [BGAPI_HW] = {"hw", BGAPI_U8},
    [BGAPI_INTERVAL] = {"interval", BGAPI_U16},
    [BGAPI_INTERVAL_MAX] = {"interval_max", BGAPI_U16},
    [BGAPI_INTERVAL_MIN] = {"interval_min", BGAPI_U16},
    [BGAPI_IO_CAPABILITIES] = {"io_capabilities", BGAPI_U8},
    [BGAPI_KEYS] = {"keys", BGAPI_U8},
    [BGAPI_KEY_SIZE] = {"key_size", BGAPI_U8},
    [BGAPI_LATENCY] = {"latency", BGAPI_U16},
    [BGAPI_LL_VERSION] = {"ll_version", BGAPI_U16},
    [BGAPI_MAJOR] = {"major", BGAPI_U16},
    [BGAPI_MIN_KEY_SIZE] = {"min_key_size", BGAPI_U8},
    [BGAPI_MINOR] = {"minor", BGAPI_U16},
    [BGAPI_MITM] = {"mitm", BGAPI_U8},
    [BGAPI_MODE] = {"mode", BGAPI_U8},
    [BGAPI_OFFSET] = {"offset", BGAPI_U16},
    [BGAPI_PACKET_TYPE] = {"packet_type", BGAPI_U8},
    [BGAPI_PASSKEY] = {"passkey", BGAPI_U32},
    [BGAPI_PATCH] = {"patch", BGAPI_U16},
    [BGAPI_PROTOCOL] = {"protocol", BGAPI_U8},
    [BGAPI_REASON] = {"reason", BGAPI_U16},
    [BGAPI_RESULT] = {"result", BGAPI_U16},
    [BGAPI_RSSI] = {"rssi", BGAPI_I8},
    [BGAPI_START] = {"start", BGAPI_U16},
    [BGAPI_TIMEOUT] = {"timeout", BGAPI_U16},
    [BGAPI_TYPE] = {"type", BGAPI_U8},
    [BGAPI_UUID] = {"uuid", BGAPI_U8A},
    [BGAPI_VALUE] = {"value", BGAPI_U8A},
    [BGAPI_WINDOW] = {"window", BGAPI_U16},
};

#define COMMAND(code, name, ...)  {BGAPI_COMMAND, code, name, {__VA_ARGS__}}
#define RESPONSE(code, name, ...) {BGAPI_RESPONSE, code, name, {__VA_ARGS__}}
#define EVENT(code, name, ...)    {BGAPI_EVENT, code, name, {__VA_ARGS__}}
#define NOTHING                   BGAPI_NO_FIELD

static const struct bgapi_layout layouts[] = {
    COMMAND(BGAPI_SYSTEM_RESET, "system_reset", BGAPI_DFU),
    COMMAND(BGAPI_SYSTEM_HELLO, "system_hello", NOTHING),
    RESPONSE(BGAPI_SYSTEM_HELLO, "system_hello", NOTHING),
    COMMAND(BGAPI_SYSTEM_ADDRESS_GET, "system_address_get", NOTHING),
    RESPONSE(BGAPI_SYSTEM_ADDRESS_GET, "system_address_get", BGAPI_ADDRESS),

    COMMAND(BGAPI_CONNECTION_DISCONNECT, "connection_disconnect", BGAPI_CONN),
    RESPONSE(BGAPI_CONNECTION_DISCONNECT, "connection_disconnect", BGAPI_CONN, BGAPI_RESULT),
    COMMAND(BGAPI_CONNECTION_GET_RSSI, "connection_get_rssi", BGAPI_CONN),
    RESPONSE(BGAPI_CONNECTION_GET_RSSI, "connection_get_rssi", BGAPI_CONN, BGAPI_RSSI),
    COMMAND(BGAPI_CONNECTION_UPDATE, "connection_update", BGAPI_CONN, BGAPI_INTERVAL_MIN,
            BGAPI_INTERVAL_MAX, BGAPI_LATENCY, BGAPI_TIMEOUT),
    RESPONSE(BGAPI_CONNECTION_UPDATE, "connection_update", BGAPI_CONN, BGAPI_RESULT),

    COMMAND(BGAPI_ATTCLIENT_READ_BY_GROUP_TYPE, "attclient_read_by_group_type", BGAPI_CONN,
            BGAPI_START, BGAPI_END, BGAPI_UUID),
    RESPONSE(BGAPI_ATTCLIENT_READ_BY_GROUP_TYPE, "attclient_read_by_group_type", BGAPI_CONN,
             BGAPI_RESULT),
    COMMAND(BGAPI_ATTCLIENT_FIND_INFORMATION, "attclient_find_information", BGAPI_CONN,
            BGAPI_START, BGAPI_END),
    RESPONSE(BGAPI_ATTCLIENT_FIND_INFORMATION, "attclient_find_information", BGAPI_CONN,
             BGAPI_RESULT),
    COMMAND(BGAPI_ATTCLIENT_READ_BY_HANDLE, "attclient_read_by_handle", BGAPI_CONN, BGAPI_HANDLE),
    RESPONSE(BGAPI_ATTCLIENT_READ_BY_HANDLE, "attclient_read_by_handle", BGAPI_CONN, BGAPI_RESULT),
    COMMAND(BGAPI_ATTCLIENT_ATTRIBUTE_WRITE, "attclient_attribute_write", BGAPI_CONN, BGAPI_HANDLE,
            BGAPI_DATA),
    RESPONSE(BGAPI_ATTCLIENT_ATTRIBUTE_WRITE, "attclient_attribute_write", BGAPI_CONN,
             BGAPI_RESULT),
    COMMAND(BGAPI_ATTCLIENT_WRITE_COMMAND, "attclient_write_command", BGAPI_CONN, BGAPI_HANDLE,
            BGAPI_DATA),
    RESPONSE(BGAPI_ATTCLIENT_WRITE_COMMAND, "attclient_write_command", BGAPI_CONN, BGAPI_RESULT),
    COMMAND(BGAPI_ATTCLIENT_READ_LONG, "attclient_read_long", BGAPI_CONN, BGAPI_HANDLE),
    RESPONSE(BGAPI_ATTCLIENT_READ_LONG, "attclient_read_long", BGAPI_CONN, BGAPI_RESULT),
    COMMAND(BGAPI_ATTCLIENT_PREPARE_WRITE, "attclient_prepare_write", BGAPI_CONN, BGAPI_HANDLE,
            BGAPI_OFFSET, BGAPI_DATA),
    RESPONSE(BGAPI_ATTCLIENT_PREPARE_WRITE, "attclient_prepare_write", BGAPI_CONN, BGAPI_RESULT),
    COMMAND(BGAPI_ATTCLIENT_EXECUTE_WRITE, "attclient_execute_write", BGAPI_CONN, BGAPI_COMMIT),
    RESPONSE(BGAPI_ATTCLIENT_EXECUTE_WRITE, "attclient_execute_write", BGAPI_CONN, BGAPI_RESULT),

    COMMAND(BGAPI_SM_ENCRYPT_START, "sm_encrypt_start", BGAPI_CONN, BGAPI_BONDING),
    RESPONSE(BGAPI_SM_ENCRYPT_START, "sm_encrypt_start", BGAPI_CONN, BGAPI_RESULT),
    COMMAND(BGAPI_SM_SET_BONDABLE_MODE, "sm_set_bondable_mode", BGAPI_BONDABLE),
    RESPONSE(BGAPI_SM_SET_BONDABLE_MODE, "sm_set_bondable_mode", NOTHING),
    COMMAND(BGAPI_SM_DELETE_BONDING, "sm_delete_bonding", BGAPI_BOND),
    RESPONSE(BGAPI_SM_DELETE_BONDING, "sm_delete_bonding", BGAPI_RESULT),
    COMMAND(BGAPI_SM_SET_PARAMETERS, "sm_set_parameters", BGAPI_MITM, BGAPI_MIN_KEY_SIZE,
            BGAPI_IO_CAPABILITIES),
    RESPONSE(BGAPI_SM_SET_PARAMETERS, "sm_set_parameters", NOTHING),
    COMMAND(BGAPI_SM_PASSKEY_ENTRY, "sm_passkey_entry", BGAPI_CONN, BGAPI_PASSKEY),
    RESPONSE(BGAPI_SM_PASSKEY_ENTRY, "sm_passkey_entry", BGAPI_RESULT),
    COMMAND(BGAPI_SM_GET_BONDS, "sm_get_bonds", NOTHING),
    RESPONSE(BGAPI_SM_GET_BONDS, "sm_get_bonds", BGAPI_COUNT),

    COMMAND(BGAPI_GAP_SET_MODE, "gap_set_mode", BGAPI_DISCOVER, BGAPI_CONNECT),
    RESPONSE(BGAPI_GAP_SET_MODE, "gap_set_mode", BGAPI_RESULT),
    COMMAND(BGAPI_GAP_DISCOVER, "gap_discover", BGAPI_MODE),
    RESPONSE(BGAPI_GAP_DISCOVER, "gap_discover", BGAPI_RESULT),
    COMMAND(BGAPI_GAP_CONNECT_DIRECT, "gap_connect_direct", BGAPI_ADDRESS, BGAPI_ADDRESS_TYPE,
            BGAPI_INTERVAL_MIN, BGAPI_INTERVAL_MAX, BGAPI_TIMEOUT, BGAPI_LATENCY),
    RESPONSE(BGAPI_GAP_CONNECT_DIRECT, "gap_connect_direct", BGAPI_RESULT, BGAPI_CONN),
    COMMAND(BGAPI_GAP_END_PROCEDURE, "gap_end_procedure", NOTHING),
    RESPONSE(BGAPI_GAP_END_PROCEDURE, "gap_end_procedure", BGAPI_RESULT),
    COMMAND(BGAPI_GAP_SET_SCAN_PARAMETERS, "gap_set_scan_parameters", BGAPI_INTERVAL,
            BGAPI_WINDOW, BGAPI_ACTIVE),
    RESPONSE(BGAPI_GAP_SET_SCAN_PARAMETERS, "gap_set_scan_parameters", BGAPI_RESULT),

    EVENT(BGAPI_EVT_SYSTEM_BOOT, "system_boot", BGAPI_MAJOR, BGAPI_MINOR, BGAPI_PATCH, BGAPI_BUILD,
          BGAPI_LL_VERSION, BGAPI_PROTOCOL, BGAPI_HW),
    EVENT(BGAPI_EVT_CONNECTION_STATUS, "connection_status", BGAPI_CONN, BGAPI_FLAGS, BGAPI_ADDRESS,
          BGAPI_ADDRESS_TYPE, BGAPI_INTERVAL, BGAPI_TIMEOUT, BGAPI_LATENCY, BGAPI_BONDING),
    EVENT(BGAPI_EVT_CONNECTION_DISCONNECTED, "connection_disconnected", BGAPI_CONN, BGAPI_REASON),
    EVENT(BGAPI_EVT_ATTCLIENT_PROCEDURE_COMPLETED, "attclient_procedure_completed", BGAPI_CONN,
          BGAPI_RESULT, BGAPI_HANDLE),
    EVENT(BGAPI_EVT_ATTCLIENT_GROUP_FOUND, "attclient_group_found", BGAPI_CONN, BGAPI_START,
          BGAPI_END, BGAPI_UUID),
    EVENT(BGAPI_EVT_ATTCLIENT_FIND_INFORMATION_FOUND, "attclient_find_information_found",
          BGAPI_CONN, BGAPI_HANDLE, BGAPI_UUID),
    EVENT(BGAPI_EVT_ATTCLIENT_ATTRIBUTE_VALUE, "attclient_attribute_value", BGAPI_CONN,
          BGAPI_HANDLE, BGAPI_TYPE, BGAPI_VALUE),
    EVENT(BGAPI_EVT_SM_BONDING_FAIL, "sm_bonding_fail", BGAPI_CONN, BGAPI_RESULT),
    EVENT(BGAPI_EVT_SM_PASSKEY_DISPLAY, "sm_passkey_display", BGAPI_CONN, BGAPI_PASSKEY),
    EVENT(BGAPI_EVT_SM_PASSKEY_REQUEST, "sm_passkey_request", BGAPI_CONN),
    EVENT(BGAPI_EVT_SM_BOND_STATUS, "sm_bond_status", BGAPI_BOND, BGAPI_KEY_SIZE, BGAPI_MITM,
          BGAPI_KEYS),
    EVENT(BGAPI_EVT_GAP_SCAN_RESPONSE, "gap_scan_response", BGAPI_RSSI, BGAPI_PACKET_TYPE,
          BGAPI_ADDRESS, BGAPI_ADDRESS_TYPE, BGAPI_BOND, BGAPI_DATA),
};

enum {
    LAYOUT_COUNT = sizeof layouts / sizeof layouts[0],
};

const char *bgapi_field_name(enum bgapi_field field)
{
    return field_rows[field].name;
}

enum bgapi_type bgapi_field_type(enum bgapi_field field)
{
    return field_rows[field].type;
}

const struct bgapi_layout *bgapi_layout_next(const struct bgapi_layout *layout)
{
    if (!layout)
        return layouts;
    return layout + 1 < layouts + LAYOUT_COUNT ? layout + 1 : NULL;
}

const struct bgapi_layout *bgapi_layout(enum bgapi_kind kind, uint16_t code)
{
    for (size_t i = 0; i < LAYOUT_COUNT; i++)
        if (layouts[i].kind == kind && layouts[i].code == code)
            return &layouts[i];
    return NULL;
}

const struct bgapi_layout *bgapi_layout_named(enum bgapi_kind kind, const char *name)
{
    for (size_t i = 0; i < LAYOUT_COUNT; i++)
        if (layouts[i].kind == kind && strcmp(layouts[i].name, name) == 0)
            return &layouts[i];
    return NULL;
}

bool bgapi_layout_has(const struct bgapi_layout *layout, enum bgapi_field field)
{
    for (const uint8_t *f = layout->fields; *f != BGAPI_NO_FIELD; f++)
        if (*f == field)
            return true;
    return false;
}

/* False: it does not fit its type. */
static bool put_number(struct wr *w, enum bgapi_type type, int64_t number)
{
    const int64_t low = type == BGAPI_I8 ? INT8_MIN : 0;
    const int64_t high = type == BGAPI_U8    ? UINT8_MAX
                         : type == BGAPI_I8  ? INT8_MAX
                         : type == BGAPI_U16 ? UINT16_MAX
                                             : UINT32_MAX;

    if (number < low || number > high)
        return false;
    if (type == BGAPI_U16)
        wr_u16(w, (uint16_t)number);
    else if (type == BGAPI_U32)
        wr_u32(w, (uint32_t)number);
    else
        wr_u8(w, (uint8_t)number);
    return true;
}

static bool put_field(struct wr *w, enum bgapi_field field, const struct bgapi_fields *fields)
{
    const enum bgapi_type type = field_rows[field].type;

    switch (type) {
    case BGAPI_U8:
    case BGAPI_I8:
    case BGAPI_U16:
    case BGAPI_U32:
        return put_number(w, type, fields->number[field]);
    case BGAPI_ADDR:
        wr_addr_octets(w, &fields->address);
        break;
    case BGAPI_U8A:
        wr_u8(w, (uint8_t)fields->data_len);
        wr_bytes(w, fields->data, fields->data_len);
        break;
    }
    return true;
}

int bgapi_encode(enum bgapi_kind kind, uint16_t code, const struct bgapi_fields *fields,
                 struct wr *w)
{
    const struct bgapi_layout *layout = bgapi_layout(kind, code);
    uint8_t payload[BGAPI_PAYLOAD_MAX];
    struct wr p = wr_init(payload, sizeof payload);

    if (!layout)
        return BLR_ERR_INVALID;
    for (const uint8_t *f = layout->fields; *f != BGAPI_NO_FIELD; f++)
        if (!put_field(&p, (enum bgapi_field)*f, fields))
            return BLR_ERR_INVALID;
    if (!wr_ok(&p))
        return BLR_ERR_TOO_LONG;
    return bgapi_encode_raw(kind == BGAPI_EVENT ? 0x80 : 0x00, code, payload, p.len, w);
}

static bool begins_packet(uint8_t octet)
{
    return (octet & 0x77) == 0;
}

int bgapi_encode_raw(uint8_t first, uint16_t code, const uint8_t *payload, size_t len,
                     struct wr *w)
{
    if (!begins_packet(first))
        return BLR_ERR_INVALID;
    if (len > BGAPI_PAYLOAD_MAX || wr_left(w) < BGAPI_HEADER_SIZE + len)
        return BLR_ERR_TOO_LONG;
    wr_u8(w, first);
    wr_u8(w, (uint8_t)len);
    wr_u8(w, BGAPI_CODE_CLASS(code));
    wr_u8(w, BGAPI_CODE_ID(code));
    wr_bytes(w, payload, len);
    return 0;
}

static void take_field(struct rd *r, enum bgapi_field field, struct bgapi_fields *fields)
{
    switch (field_rows[field].type) {
    case BGAPI_U8:
        fields->number[field] = rd_u8(r);
        break;
    case BGAPI_I8:
        fields->number[field] = rd_i8(r);
        break;
    case BGAPI_U16:
        fields->number[field] = rd_u16(r);
        break;
    case BGAPI_U32:
        fields->number[field] = rd_u32(r);
        break;
    case BGAPI_ADDR:
        fields->address = rd_addr_octets(r, BD_ADDR_PUBLIC);
        break;
    case BGAPI_U8A:
        fields->data_len = rd_u8(r);
        fields->data = rd_bytes(r, fields->data_len);
        break;
    }
}

int bgapi_decode(enum bgapi_kind kind, uint16_t code, const uint8_t *payload, size_t len,
                 struct bgapi_fields *fields)
{
    const struct bgapi_layout *layout = bgapi_layout(kind, code);
    struct rd r = rd_init(payload, len);

    memset(fields, 0, sizeof *fields);
    if (!layout)
        return BLR_ERR_NOT_FOUND;
    for (const uint8_t *f = layout->fields; *f != BGAPI_NO_FIELD; f++)
        take_field(&r, (enum bgapi_field)*f, fields);
    if (rd_done(&r))
        return 0;
    memset(fields, 0, sizeof *fields);
    return BLR_ERR_MALFORMED;
}

void bgapi_reader_init(struct bgapi_reader *reader)
{
    reader->skipped = 0;
    reader->len = 0;
    reader->whole = false;
}

/* How long the packet is, as far as can be told. */
static size_t wanted(const struct bgapi_reader *reader)
{
    return BGAPI_HEADER_SIZE + (reader->len > 1 ? reader->octet[1] : 0U);
}

bool bgapi_read(struct bgapi_reader *reader, const uint8_t **bytes, size_t *len,
                struct bgapi_packet *packet)
{
    if (reader->whole) {
        reader->whole = false;
        reader->len = 0;
    }
    while (*len) {
        const uint8_t octet = *(*bytes)++;
        --*len;
        if (reader->len == 0 && !begins_packet(octet)) {
            reader->skipped++;
            continue;
        }
        reader->octet[reader->len++] = octet;
        if (reader->len < wanted(reader))
            continue;
        reader->whole = true;
        *packet = (struct bgapi_packet){
            .first = reader->octet[0],
            .code = BGAPI_CODE(reader->octet[2], reader->octet[3]),
            .payload = reader->octet + BGAPI_HEADER_SIZE,
            .len = reader->len - BGAPI_HEADER_SIZE,
        };
        return true;
    }
    return false;
}

uint16_t bgapi_result(int error)
{
    const unsigned code = (unsigned)error & 0xFF;

    switch (error & ~0xFF) {
    case BLR_ERR_BASE_HCI:
        return (uint16_t)(BGAPI_HCI_BASE + code);
    case BLR_ERR_BASE_ATT:
        return (uint16_t)(BGAPI_ATT_BASE + code);
    case BLR_ERR_BASE_SMP:
        return (uint16_t)(BGAPI_SMP_BASE + code);
    default:
        break;
    }
    switch (error) {
    case BLR_OK:
        return BGAPI_OK;
    case BLR_ERR_NO_MEMORY:
        return BGAPI_OUT_OF_MEMORY;
    case BLR_ERR_INVALID:
    case BLR_ERR_TOO_LONG:
        return BGAPI_INVALID_PARAMETER;
    case BLR_ERR_TIMEOUT:
        return BGAPI_TIMED_OUT;
    case BLR_ERR_NOT_CONNECTED:
        return BGAPI_NOT_CONNECTED;
    case BLR_ERR_UNSUPPORTED:
        return BGAPI_NOT_IMPLEMENTED;
    default:
        return BGAPI_WRONG_STATE;
    }
}

int bgapi_error(uint16_t result)
{
    const int code = result & 0xFF;

    switch (result & 0xFF00) {
    case BGAPI_HCI_BASE:
        return BLR_ERR_HCI(code);
    case BGAPI_ATT_BASE:
        return BLR_ERR_ATT(code);
    case BGAPI_SMP_BASE:
        return BLR_ERR_SMP(code);
    default:
        break;
    }
    switch (result) {
    case BGAPI_OK:
        return BLR_OK;
    case BGAPI_INVALID_PARAMETER:
        return BLR_ERR_INVALID;
    case BGAPI_WRONG_STATE:
        return BLR_ERR_STATE;
    case BGAPI_OUT_OF_MEMORY:
    case BGAPI_OUT_OF_BONDS:
        return BLR_ERR_NO_MEMORY;
    case BGAPI_NOT_IMPLEMENTED:
    case BGAPI_UNKNOWN_COMMAND:
        return BLR_ERR_UNSUPPORTED;
    case BGAPI_TIMED_OUT:
        return BLR_ERR_TIMEOUT;
    case BGAPI_NOT_CONNECTED:
        return BLR_ERR_NOT_CONNECTED;
    default:
        return BLR_ERR_MALFORMED;
    }
}
