/* SPDX-License-Identifier: MIT */
/* Writing values (Core v5.4, Vol 3, Part F, 3.4.5). A command is handled like a request. */
#include "att_server.h"

void att_server_wrote(struct att_request *request, struct blr_attribute *attr,
                      const uint8_t *bytes, size_t len)
{
    if (attr->kind == GATT_CCCD)
        request->configured[request->configured_count++] = attr->value;
    else if (attr->handle && attr->callbacks && attr->callbacks->written)
        attr->callbacks->written(attr, request->bearer->config.conn, bytes, len, attr->user);
}

static uint8_t write_value(struct att_request *request, uint16_t handle,
                           enum gatt_write_kind kind, const uint8_t *bytes, size_t len)
{
    struct blr_attribute *attr = gatt_db_find(request->db, handle);

    request->handle_in_error = handle;
    if (!attr)
        return ATT_ERR_INVALID_HANDLE;
    const uint8_t error = gatt_attribute_write(request->bearer, attr, kind, bytes, len);
    if (!error)
        att_server_wrote(request, attr, bytes, len);
    return error;
}

uint8_t att_server_write(struct att_request *request)
{
    const uint16_t handle = rd_u16(&request->in);
    const size_t len = rd_left(&request->in);
    const uint8_t *bytes = rd_bytes(&request->in, len);

    return write_value(request, handle, request->kind, bytes, len);
}

/* 3.4.5.4: what is signed wrongly, or comes again, is ignored, as is every error. */
uint8_t att_server_signed_write(struct att_request *request)
{
    struct rd whole = request->in;
    const uint16_t handle = rd_u16(&request->in);
    const size_t len = rd_left(&request->in) - GATT_SIGNATURE_SIZE;
    const uint8_t *bytes = rd_bytes(&request->in, len);

    if (!gatt_signed_verify(request->bearer, &whole))
        return ATT_ERR_INSUFFICIENT_AUTHENTICATION;
    return write_value(request, handle, GATT_WRITE_SIGNED, bytes, len);
}
