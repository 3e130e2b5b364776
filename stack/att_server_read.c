/* SPDX-License-Identifier: MIT */
/* Reading values (Core v5.4, Vol 3, Part F, 3.4.4). */
#include "att_server.h"

#define LIST_VALUE_MAX 253U /* the length field of a list counts the handle too */

static uint16_t smaller(size_t a, size_t b)
{
    return (uint16_t)(a < b ? a : b);
}

/* Writes as much of a value as there is room for. */
static void write_part(struct wr *out, const struct gatt_value *value, size_t offset)
{
    wr_bytes(out, value->bytes + offset, smaller(value->len - offset, wr_left(out)));
}

static uint8_t read_at(struct att_request *request, uint16_t handle, uint16_t offset,
                       struct gatt_value *value)
{
    struct blr_attribute *attr = gatt_db_find(request->db, handle);

    request->handle_in_error = handle;
    return attr ? gatt_attribute_read(request->bearer, attr, offset, value)
                : ATT_ERR_INVALID_HANDLE;
}

uint8_t att_server_read(struct att_request *request)
{
    struct gatt_value value;
    const uint8_t error = read_at(request, rd_u16(&request->in), 0, &value);

    if (!error)
        write_part(&request->out, &value, 0);
    return error;
}

uint8_t att_server_read_blob(struct att_request *request)
{
    const uint16_t handle = rd_u16(&request->in);
    const uint16_t offset = rd_u16(&request->in);
    struct gatt_value value;

    const uint8_t error = read_at(request, handle, offset, &value);
    if (error)
        return error;
    if (offset > value.len)
        return ATT_ERR_INVALID_OFFSET;
    if (value.fixed_len && value.len <= request->bearer->mtu - 1U)
        return ATT_ERR_ATTRIBUTE_NOT_LONG;
    write_part(&request->out, &value, offset);
    return 0;
}

/* With lengths, the last value may be cut: what stands before it tells its whole length. */
static uint8_t read_values(struct att_request *request, bool lengths)
{
    if (rd_left(&request->in) % 2)
        return ATT_ERR_INVALID_PDU;
    while (rd_left(&request->in)) {
        struct gatt_value value;
        const uint8_t error = read_at(request, rd_u16(&request->in), 0, &value);
        if (error)
            return error;
        if (lengths && wr_left(&request->out) < sizeof(uint16_t))
            continue; /* no room for a length; an error may still come */
        if (lengths)
            wr_u16(&request->out, (uint16_t)value.len);
        write_part(&request->out, &value, 0);
    }
    return 0;
}

uint8_t att_server_read_multiple(struct att_request *request)
{
    return read_values(request, false);
}

/* 3.4.4.11 */
uint8_t att_server_read_multiple_variable(struct att_request *request)
{
    return read_values(request, true);
}

/*
 * 3.4.4.1: values of one length, as long as they can be read. Only the first one's error is told;
 * at any other the list just ends before it.
 */
uint8_t att_server_read_by_type(struct att_request *request)
{
    uint16_t start, end;
    const uint8_t range_error = att_server_range(request, &start, &end);
    const struct blr_uuid type = rd_uuid(&request->in, rd_left(&request->in));

    if (!rd_done(&request->in) || type.size == 4) {
        request->handle_in_error = 0;
        return ATT_ERR_INVALID_PDU;
    }
    if (range_error)
        return range_error;
    size_t item = 0;
    for (uint32_t next = start;;) {
        struct blr_attribute *attr = gatt_db_from_type(request->db, next, end, &type);
        if (!attr || (item && wr_left(&request->out) < item))
            return item ? 0 : ATT_ERR_ATTRIBUTE_NOT_FOUND;
        const uint16_t handle = attr->handle;
        next = handle + 1U;
        struct gatt_value value;
        const uint8_t error = gatt_attribute_read(request->bearer, attr, 0, &value);
        if (error && item)
            return 0;
        if (error) {
            request->handle_in_error = handle;
            return error;
        }
        const uint16_t len = smaller(value.len, smaller(LIST_VALUE_MAX, request->bearer->mtu - 4U));
        if (item && item != len + 2U)
            return 0;
        if (!item)
            wr_u8(&request->out, (uint8_t)(len + 2U));
        item = len + 2U;
        wr_u16(&request->out, handle);
        wr_bytes(&request->out, value.bytes, len);
    }
}

/* 3.4.4.9; GATT groups by service alone (Part G, 2.5.3). */
uint8_t att_server_read_by_group_type(struct att_request *request)
{
    uint16_t start, end;
    const uint8_t range_error = att_server_range(request, &start, &end);
    const struct blr_uuid type = rd_uuid(&request->in, rd_left(&request->in));
    const uint16_t group = blr_uuid_as_u16(&type);

    if (!rd_done(&request->in) || type.size == 4) {
        request->handle_in_error = 0;
        return ATT_ERR_INVALID_PDU;
    }
    if (range_error)
        return range_error;
    if (group != GATT_UUID_PRIMARY_SERVICE && group != GATT_UUID_SECONDARY_SERVICE)
        return ATT_ERR_UNSUPPORTED_GROUP_TYPE;
    const struct blr_attribute *attr = gatt_db_from_type(request->db, start, end, &type);
    if (!attr)
        return ATT_ERR_ATTRIBUTE_NOT_FOUND;
    const uint8_t size = attr->service->uuid.size;
    const size_t item = 4U + size;
    wr_u8(&request->out, (uint8_t)item);
    while (attr && attr->service->uuid.size == size && wr_left(&request->out) >= item) {
        wr_u16(&request->out, attr->handle);
        wr_u16(&request->out, attr->service->end);
        wr_uuid(&request->out, &attr->service->uuid);
        attr = gatt_db_from_type(request->db, attr->service->end + 1U, end, &type);
    }
    return 0;
}
