/* SPDX-License-Identifier: MIT */
#include "att_server.h"

struct row {
    uint8_t opcode;
    uint8_t (*handle)(struct att_request *request);
};

/*
 * 3.4.2. Asked once in a connection; whoever asks again gets the same answer, and the MTU stays as
 * it was agreed.
 */
static uint8_t exchange_mtu(struct att_request *request)
{
    struct att_bearer *bearer = request->bearer;
    const uint16_t client_mtu = rd_u16(&request->in);

    if (client_mtu < ATT_DEFAULT_MTU)
        return ATT_ERR_INVALID_PDU;
    if (!bearer->server.mtu_exchanged)
        request->client_mtu = client_mtu;
    bearer->server.mtu_exchanged = true;
    wr_u16(&request->out, bearer->config.mtu);
    return 0;
}

static const struct row rows[] = {
    {ATT_OP_EXCHANGE_MTU_REQ, exchange_mtu},
    {ATT_OP_FIND_INFORMATION_REQ, att_server_find_information},
    {ATT_OP_FIND_BY_TYPE_VALUE_REQ, att_server_find_by_type_value},
    {ATT_OP_READ_BY_TYPE_REQ, att_server_read_by_type},
    {ATT_OP_READ_REQ, att_server_read},
    {ATT_OP_READ_BLOB_REQ, att_server_read_blob},
    {ATT_OP_READ_MULTIPLE_REQ, att_server_read_multiple},
    {ATT_OP_READ_MULTIPLE_VARIABLE_REQ, att_server_read_multiple_variable},
    {ATT_OP_READ_BY_GROUP_TYPE_REQ, att_server_read_by_group_type},
    {ATT_OP_WRITE_REQ, att_server_write},
    {ATT_OP_PREPARE_WRITE_REQ, att_server_prepare_write},
    {ATT_OP_EXECUTE_WRITE_REQ, att_server_execute_write},
    {ATT_OP_WRITE_CMD, att_server_write},
    {ATT_OP_SIGNED_WRITE_CMD, att_server_signed_write},
};

static const struct row *find_row(uint8_t opcode)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].opcode == opcode)
            return &rows[i];
    }
    return NULL;
}

uint8_t att_server_range(struct att_request *request, uint16_t *start, uint16_t *end)
{
    *start = rd_u16(&request->in);
    *end = rd_u16(&request->in);
    request->handle_in_error = *start;
    return *start == 0 || *start > *end ? ATT_ERR_INVALID_HANDLE : 0;
}

/*
 * In this order (3.3, 3.4.1.1): a request that is not supported, its length, whether the client
 * knows the database (Part G, 2.5.2.1), then what the handler finds. The handle in error is 0 for the first two.
 */
static uint8_t handle(struct att_request *request, const struct att_pdu_info *info, uint8_t opcode,
                      size_t len)
{
    const struct row *row = find_row(opcode);

    if (!row)
        return ATT_ERR_REQUEST_NOT_SUPPORTED;
    if (len < info->min_len || len > (info->max_len ? info->max_len : request->bearer->mtu))
        return ATT_ERR_INVALID_PDU;
    if (gatt_caching_out_of_sync(request->bearer, opcode, request->in)) {
        request->handle_in_error = rd_u16(&request->in);
        return ATT_ERR_DATABASE_OUT_OF_SYNC;
    }
    return row->handle(request);
}

static void respond(struct att_request *request, uint8_t opcode, uint8_t error)
{
    if (error) {
        request->out.len = 0;
        wr_u8(&request->out, ATT_OP_ERROR_RSP);
        wr_u8(&request->out, opcode);
        wr_u16(&request->out, request->handle_in_error);
        wr_u8(&request->out, error);
    }
    const int failure =
        att_bearer_send(request->bearer, ATT_SEND_RESPONSE, request->out.p, request->out.len);
    /* A response waits already: the client sent a request before it came (3.3.2). */
    if (failure == BLR_ERR_STATE)
        att_bearer_break(request->bearer, BLR_ERR_MALFORMED);
    else if (failure)
        att_bearer_break(request->bearer, failure);
}

void att_server_received(struct att_bearer *bearer, const struct att_pdu_info *info,
                         const uint8_t *pdu, size_t len)
{
    uint8_t out[BLR_GATT_MAX_MTU];
    struct blr_attribute *configured[ATT_PREPARE_PARTS];
    const uint8_t opcode = pdu[0];
    struct att_request request = {
        .bearer = bearer,
        .db = bearer->config.db,
        .in = rd_init(pdu + 1, len - 1),
        .out = wr_init(out, bearer->mtu),
        .kind = opcode == ATT_OP_WRITE_CMD ? GATT_WRITE_COMMAND : GATT_WRITE_REQUEST,
        .configured = configured,
    };

    gatt_db_enter(request.db);
    if (att_pdu_kind(opcode) == ATT_REQUEST)
        gatt_caching_request(bearer);
    wr_u8(&request.out, (uint8_t)(opcode + 1U));
    const uint8_t error = handle(&request, info, opcode, len);
    if (att_pdu_kind(opcode) == ATT_REQUEST)
        respond(&request, opcode, error);
    if (request.client_mtu)
        att_bearer_set_mtu(bearer, request.client_mtu);
    for (size_t i = 0; i < request.configured_count; i++) {
        struct blr_attribute *value = configured[i];
        if (value->handle && value->callbacks && value->callbacks->subscribed)
            value->callbacks->subscribed(value, bearer->config.conn,
                                         gatt_server_cccd(bearer, value), value->user);
    }
    gatt_server_resume(bearer);
    gatt_bond_save(bearer);
    gatt_db_leave(request.db);
}
