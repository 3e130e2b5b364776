/* SPDX-License-Identifier: MIT */
/* Writing values (Core v5.4, Vol 3, Part F, 3.4.5). A command is handled like a request. */
#include "att_server.h"

uint8_t att_server_write(struct att_request *request)
{
    const uint16_t handle = rd_u16(&request->in);
    const size_t len = rd_left(&request->in);
    const uint8_t *bytes = rd_bytes(&request->in, len);
    struct blr_attribute *attr = gatt_db_find(request->db, handle);

    request->handle_in_error = handle;
    if (!attr)
        return ATT_ERR_INVALID_HANDLE;
    const uint8_t error = gatt_attribute_write(request->bearer, attr, bytes, len);
    if (!error)
        request->configured = attr->value;
    return error;
}
