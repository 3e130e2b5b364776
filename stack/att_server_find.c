/* SPDX-License-Identifier: MIT */
/* Finding attributes by handle, type and value (Core v5.4, Vol 3, Part F, 3.4.3). */
#include "att_server.h"

enum find_information_format {
    FORMAT_UUID16 = 1,
    FORMAT_UUID128 = 2,
};

uint8_t att_server_find_information(struct att_request *request)
{
    uint16_t start, end;
    const uint8_t error = att_server_range(request, &start, &end);

    if (error)
        return error;
    const struct blr_attribute *attr = gatt_db_from(request->db, start, end);
    if (!attr)
        return ATT_ERR_ATTRIBUTE_NOT_FOUND;
    const uint8_t size = attr->uuid.size;
    wr_u8(&request->out, size == 2 ? FORMAT_UUID16 : FORMAT_UUID128);
    while (attr && attr->uuid.size == size && wr_left(&request->out) >= 2U + size) {
        wr_u16(&request->out, attr->handle);
        wr_uuid(&request->out, &attr->uuid);
        attr = gatt_db_from(request->db, attr->handle + 1U, end);
    }
    return 0;
}

/* The end of the group that an attribute begins, or itself (3.4.3.4). */
static uint16_t group_end(const struct blr_attribute *attr)
{
    return attr->kind == GATT_SERVICE_DECLARATION ? attr->service->end : attr->handle;
}

uint8_t att_server_find_by_type_value(struct att_request *request)
{
    uint16_t start, end;
    const uint8_t error = att_server_range(request, &start, &end);
    const struct blr_uuid type = rd_uuid(&request->in, 2);
    const size_t len = rd_left(&request->in);
    const uint8_t *wanted = rd_bytes(&request->in, len);

    if (error)
        return error;
    bool found = false;
    for (uint32_t next = start; wr_left(&request->out) >= 4;) {
        struct blr_attribute *attr = gatt_db_from_type(request->db, next, end, &type);
        if (!attr)
            break;
        next = attr->handle + 1U;
        /* One that this client may not read does not match; it shall not learn what it is. */
        struct gatt_value value;
        const uint16_t handle = attr->handle;
        if (gatt_attribute_read(request->bearer, attr, 0, &value) != 0 || value.len != len ||
            memcmp(value.bytes, wanted, len) != 0)
            continue;
        wr_u16(&request->out, handle);
        wr_u16(&request->out, group_end(attr));
        found = true;
    }
    return found ? 0 : ATT_ERR_ATTRIBUTE_NOT_FOUND;
}
