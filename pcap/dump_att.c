/* SPDX-License-Identifier: MIT */
/* ATT PDUs (Core v5.4, Vol 3, Part F, 3.4). */
#include "layers.h"
#include "wire/att.h"
#include "wire/error.h"

#define SIGNATURE_SIZE 12U /* of ATT_SIGNED_WRITE_CMD (3.4.5.4) */

static const struct field handle_f[] = {F_HANDLE};
static const struct field range_f[] = {F_X16("start"), F_X16("end")};
static const struct field mtu_f[] = {F_U16("mtu")};
static const struct field value_f[] = {F_VALUE("value")};
static const struct field handle_value_f[] = {F_HANDLE, F_VALUE("value")};
static const struct field handle_offset_f[] = {F_HANDLE, F_U16("offset")};
static const struct field prepare_f[] = {F_HANDLE, F_U16("offset"), F_VALUE("value")};
static const struct field execute_f[] = {F_X8("flags")};
static const struct field group_f[] = {F_HANDLE, F_X16("end")};
static const struct field declaration_f[] = {F_HANDLE, F_X8("properties"), F_X16("value_handle")};

/* The PDUs that a list of fields tells; false for the others. */
static bool plain_fields(uint8_t opcode, struct field_list *list)
{
#define CASE(ident, fields)                                                                        \
    case ATT_OP_##ident:                                                                           \
        *list = (struct field_list)FIELDS(fields);                                                 \
        return true

    switch (opcode) {
        CASE(EXCHANGE_MTU_REQ, mtu_f);
        CASE(EXCHANGE_MTU_RSP, mtu_f);
        CASE(FIND_INFORMATION_REQ, range_f);
        CASE(READ_REQ, handle_f);
        CASE(READ_RSP, value_f);
        CASE(READ_BLOB_REQ, handle_offset_f);
        CASE(READ_BLOB_RSP, value_f);
        CASE(READ_MULTIPLE_RSP, value_f);
        CASE(WRITE_REQ, handle_value_f);
        CASE(PREPARE_WRITE_REQ, prepare_f);
        CASE(PREPARE_WRITE_RSP, prepare_f);
        CASE(EXECUTE_WRITE_REQ, execute_f);
        CASE(HANDLE_VALUE_NTF, handle_value_f);
        CASE(HANDLE_VALUE_IND, handle_value_f);
        CASE(WRITE_CMD, handle_value_f);
    case ATT_OP_WRITE_RSP:
    case ATT_OP_EXECUTE_WRITE_RSP:
    case ATT_OP_HANDLE_VALUE_CFM:
        *list = (struct field_list){handle_f, 0};
        return true;
    }
    return false;
#undef CASE
}

static void opcode_name(struct trace_dump *d, uint8_t opcode)
{
    const struct att_pdu_info *info = att_pdu_info(opcode);

    if (info) {
        text_str(&d->text, info->name);
    } else {
        text_str(&d->text, "ATT opcode=");
        text_0x(&d->text, opcode, 2);
    }
}

static void error_rsp(struct trace_dump *d, struct rd *r)
{
    static const struct field_list list = FIELDS(handle_f);
    const uint8_t request = rd_u8(r);

    if (!rd_ok(r)) {
        dump_malformed(d, "request", r);
        return;
    }
    dump_key(d, "request");
    opcode_name(d, request);
    dump_fields(d, r, list);
    if (!rd_ok(r))
        return;
    const uint8_t code = rd_u8(r);
    if (!rd_ok(r)) {
        dump_malformed(d, "error", r);
        return;
    }
    dump_key(d, "error");
    dump_error_name(d, att_error_name(code), code);
    dump_nothing_left(d, r);
}

/* " uuid=" and all that is left, which has to be 2 or 16 octets. */
static void uuid_rest(struct trace_dump *d, const char *key, struct rd *r)
{
    const size_t len = rd_left(r);

    if (!rd_ok(r))
        return;
    if (len != 2 && len != 16) {
        dump_malformed(d, key, r);
        return;
    }
    dump_key(d, key);
    dump_uuid(d, r, len);
}

static void by_type_req(struct trace_dump *d, struct link_stream *stream, struct rd *r, bool group)
{
    static const struct field_list list = FIELDS(range_f);

    dump_fields(d, r, list);
    struct rd type = *r;
    if (!group)
        stream->read_type = rd_left(&type) == 2 ? rd_u16(&type) : 0;
    uuid_rest(d, "type", r);
}

static void by_type_value_req(struct trace_dump *d, struct rd *r)
{
    static const struct field_list range = FIELDS(range_f), value = FIELDS(value_f);

    dump_fields(d, r, range);
    if (!rd_ok(r))
        return;
    struct rd type = rd_sub(r, 2);
    if (!rd_ok(r)) {
        dump_malformed(d, "type", r);
        return;
    }
    uuid_rest(d, "type", &type);
    /* A UUID as the value: a service of that kind is looked for. */
    if (rd_left(r) == 2 || rd_left(r) == 16)
        uuid_rest(d, "value", r);
    else
        dump_fields(d, r, value);
}

enum item {
    ITEM_VALUE,
    ITEM_DECLARATION,
    ITEM_INFORMATION,
    ITEM_GROUP,
    ITEM_RANGE,
};

static void item(struct trace_dump *d, enum item kind, struct rd *r)
{
    static const struct field_list values = FIELDS(handle_value_f);
    static const struct field_list handles = FIELDS(handle_f);
    static const struct field_list groups = FIELDS(group_f);
    static const struct field_list declarations = FIELDS(declaration_f);

    switch (kind) {
    case ITEM_VALUE:
        dump_fields(d, r, values);
        break;
    case ITEM_DECLARATION:
        dump_fields(d, r, declarations);
        uuid_rest(d, "uuid", r);
        break;
    case ITEM_INFORMATION:
        dump_fields(d, r, handles);
        uuid_rest(d, "uuid", r);
        break;
    case ITEM_GROUP:
        dump_fields(d, r, groups);
        uuid_rest(d, "uuid", r);
        break;
    case ITEM_RANGE:
        dump_fields(d, r, groups);
        break;
    }
}

/* " {handle=... ...}" for each item of `size` octets; what is left is malformed. */
static void items(struct trace_dump *d, enum item kind, size_t size, struct rd *r)
{
    while (size && rd_left(r) >= size) {
        struct rd one = rd_sub(r, size);
        text_str(&d->text, " {");
        const size_t at = d->text.len;
        item(d, kind, &one);
        if (d->text.len > at) /* fields begin with a space: not behind the brace */
            memmove(d->text.p + at, d->text.p + at + 1, --d->text.len - at);
        text_char(&d->text, '}');
    }
    if (rd_left(r) > 0)
        dump_malformed(d, "list", r);
}

static void sized_list(struct trace_dump *d, uint8_t opcode, uint16_t read_type, struct rd *r)
{
    const struct rd before = *r;
    const uint8_t octet = rd_u8(r);
    enum item kind = ITEM_VALUE;
    size_t size = octet, least = 2;

    if (opcode == ATT_OP_FIND_INFORMATION_RSP) {
        kind = ITEM_INFORMATION;
        size = octet == 1 ? 4 : octet == 2 ? 18 : 0;
    } else if (opcode == ATT_OP_READ_BY_GROUP_TYPE_RSP) {
        kind = ITEM_GROUP;
        least = 4;
    } else if (read_type == GATT_UUID_CHARACTERISTIC && (octet == 7 || octet == 21)) {
        kind = ITEM_DECLARATION;
    }
    if (!rd_ok(r) || size < least)
        dump_malformed(d, "item length", &before);
    else
        items(d, kind, size, r);
}

static void handle_list(struct trace_dump *d, struct rd *r)
{
    static const struct field_list list = FIELDS(handle_f);

    while (rd_left(r) > 0)
        dump_fields(d, r, list);
}

/* Values with a length each, and with a handle each before it. */
static void value_list(struct trace_dump *d, struct rd *r, bool handles)
{
    static const struct field_list handle = FIELDS(handle_f), value = FIELDS(value_f);

    while (rd_left(r) > 0) {
        if (handles)
            dump_fields(d, r, handle);
        if (!rd_ok(r))
            return;
        const struct rd before = *r;
        const uint16_t len = rd_u16(r);
        struct rd one = rd_sub(r, len);
        if (!rd_ok(r)) {
            dump_malformed(d, "value length", &before);
            return;
        }
        dump_fields(d, &one, value);
    }
}

/* The value ends where the signature begins: a SignCounter, and the MAC (Part H, 2.4.5). */
static void signed_write(struct trace_dump *d, struct rd *r)
{
    static const struct field signature_f[] = {F_U32("counter"), F_OCTETS("mac", 8)};
    static const struct field_list handle = FIELDS(handle_f), value = FIELDS(value_f);
    static const struct field_list signature = FIELDS(signature_f);

    dump_fields(d, r, handle);
    if (!rd_ok(r))
        return;
    if (rd_left(r) < SIGNATURE_SIZE) {
        dump_malformed(d, "signature", r);
        return;
    }
    struct rd octets = rd_sub(r, rd_left(r) - SIGNATURE_SIZE);
    dump_fields(d, &octets, value);
    dump_exactly(d, r, signature);
}

void dump_att(struct trace_dump *d, struct link *link, unsigned direction, struct rd *r)
{
    static const struct field rest_f[] = {F_REST("data")};
    struct field_list list = FIELDS(rest_f);
    const uint8_t opcode = rd_u8(r);

    text_char(&d->text, ' ');
    if (!rd_ok(r)) {
        text_str(&d->text, "ATT");
        dump_malformed(d, "opcode", r);
        return;
    }
    opcode_name(d, opcode);
    if (plain_fields(opcode, &list)) {
        dump_exactly(d, r, list);
        return;
    }
    switch (opcode) {
    case ATT_OP_ERROR_RSP:
        error_rsp(d, r);
        break;
    case ATT_OP_SIGNED_WRITE_CMD:
        signed_write(d, r);
        break;
    case ATT_OP_READ_BY_TYPE_REQ:
        by_type_req(d, &link->stream[direction], r, false);
        break;
    case ATT_OP_READ_BY_GROUP_TYPE_REQ:
        by_type_req(d, &link->stream[direction], r, true);
        break;
    case ATT_OP_FIND_BY_TYPE_VALUE_REQ:
        by_type_value_req(d, r);
        break;
    case ATT_OP_FIND_INFORMATION_RSP:
    case ATT_OP_READ_BY_TYPE_RSP:
    case ATT_OP_READ_BY_GROUP_TYPE_RSP:
        sized_list(d, opcode, link->stream[!direction].read_type, r);
        break;
    case ATT_OP_FIND_BY_TYPE_VALUE_RSP:
        items(d, ITEM_RANGE, 4, r);
        break;
    case ATT_OP_READ_MULTIPLE_REQ:
    case ATT_OP_READ_MULTIPLE_VARIABLE_REQ:
        handle_list(d, r);
        break;
    case ATT_OP_READ_MULTIPLE_VARIABLE_RSP:
        value_list(d, r, false);
        break;
    case ATT_OP_MULTIPLE_HANDLE_VALUE_NTF:
        value_list(d, r, true);
        break;
    default:
        dump_fields(d, r, list);
        break;
    }
}
