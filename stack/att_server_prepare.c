/* SPDX-License-Identifier: MIT */
/* Queued writes (Core v5.4, Vol 3, Part F, 3.4.6). */
#include <stdlib.h>

#include "att_server.h"

enum execute_flag {
    EXECUTE_CANCEL = 0x00,
    EXECUTE_WRITE = 0x01,
};

/* An attribute in the queue, and the value that all its parts together come to. */
struct outcome {
    struct blr_attribute *attr;
    size_t at, len; /* in the scratch */
};

struct execution {
    struct att_request *request;
    struct gatt_op *scratch; /* its octets alone are of use */
    struct outcome outcome[ATT_PREPARE_PARTS];
    size_t count;
};

void att_prepared_forget(struct att_prepared *prepared, const struct blr_service *service)
{
    for (size_t i = 0; prepared && i < prepared->count; i++) {
        struct att_prepared_part *part = &prepared->part[i];
        if (part->attr && part->attr->service == service)
            part->attr = NULL;
    }
}

/* Who may write is asked here, what may be written when it is executed (3.4.6.1, 3.4.6.3). */
uint8_t att_server_prepare_write(struct att_request *request)
{
    struct gatt_server *server = &request->bearer->server;
    const uint16_t handle = rd_u16(&request->in);
    const uint16_t offset = rd_u16(&request->in);
    const size_t len = rd_left(&request->in);
    const uint8_t *bytes = rd_bytes(&request->in, len);
    struct blr_attribute *attr = gatt_db_find(request->db, handle);

    request->handle_in_error = handle;
    if (!attr)
        return ATT_ERR_INVALID_HANDLE;
    const uint8_t error = gatt_attribute_may_write(request->bearer, attr, GATT_WRITE_REQUEST);
    if (error)
        return error;
    if (!server->prepared)
        server->prepared = calloc(1, sizeof *server->prepared);
    struct att_prepared *prepared = server->prepared;
    if (!prepared)
        return ATT_ERR_INSUFFICIENT_RESOURCES;
    if (prepared->count == ATT_PREPARE_PARTS || len > ATT_PREPARE_OCTETS - prepared->used)
        return ATT_ERR_PREPARE_QUEUE_FULL;
    prepared->part[prepared->count++] = (struct att_prepared_part){
        .attr = attr,
        .handle = handle,
        .offset = offset,
        .at = (uint16_t)prepared->used,
        .len = (uint16_t)len,
    };
    if (len)
        memcpy(prepared->octets + prepared->used, bytes, len);
    prepared->used += len;
    wr_u16(&request->out, handle);
    wr_u16(&request->out, offset);
    wr_bytes(&request->out, bytes, len);
    return 0;
}

/* The outcome of an attribute, at first the value that it has. NULL: out of memory. */
static struct outcome *find_outcome(struct execution *execution, struct blr_attribute *attr)
{
    struct gatt_value value;

    for (size_t i = 0; i < execution->count; i++) {
        if (execution->outcome[i].attr == attr)
            return &execution->outcome[i];
    }
    gatt_attribute_value(execution->request->bearer, attr, &value);
    const size_t at = execution->scratch->len;
    uint8_t *room = gatt_op_grow(execution->scratch, ATT_MAX_VALUE);
    if (!room)
        return NULL;
    if (value.len)
        memcpy(room, value.bytes, value.len);
    struct outcome *outcome = &execution->outcome[execution->count++];
    *outcome = (struct outcome){.attr = attr, .at = at, .len = value.len};
    return outcome;
}

/*
 * The offset is checked before the length (3.4.6.3). Where the length is not fixed a value ends
 * with the part that was written last, as it does after an ATT_WRITE_REQ, which is a part from 0:
 * otherwise a long value could never get shorter.
 */
static uint8_t apply(struct execution *execution, const struct att_prepared *prepared,
                     const struct att_prepared_part *part)
{
    struct blr_attribute *attr = part->attr;
    const size_t end = (size_t)part->offset + part->len;

    if (!attr)
        return ATT_ERR_INVALID_HANDLE; /* its service went meanwhile */
    struct outcome *outcome = find_outcome(execution, attr);
    if (!outcome)
        return ATT_ERR_INSUFFICIENT_RESOURCES;
    if (part->offset > outcome->len)
        return ATT_ERR_INVALID_OFFSET;
    if (end > gatt_attribute_max_len(attr) || (attr->fixed_len && end > outcome->len))
        return ATT_ERR_INVALID_ATTRIBUTE_VALUE_LENGTH;
    if (part->len)
        memcpy(execution->scratch->bytes + outcome->at + part->offset, prepared->octets + part->at,
               part->len);
    if (!attr->fixed_len)
        outcome->len = end;
    return 0;
}

static uint8_t apply_all(struct execution *execution, const struct att_prepared *prepared)
{
    for (size_t i = 0; i < prepared->count; i++) {
        execution->request->handle_in_error = prepared->part[i].handle;
        const uint8_t error = apply(execution, prepared, &prepared->part[i]);
        if (error)
            return error;
    }
    return 0;
}

/* All or nothing: everybody is asked before anything is stored. */
static uint8_t store_all(struct execution *execution)
{
    struct att_request *request = execution->request;
    const uint8_t *scratch = execution->scratch->bytes;

    if (gatt_server_reserve_cccds(request->bearer, execution->count) != 0)
        return ATT_ERR_INSUFFICIENT_RESOURCES;
    for (size_t i = 0; i < execution->count; i++) {
        const struct outcome *outcome = &execution->outcome[i];
        request->handle_in_error = outcome->attr->handle;
        const uint8_t error = gatt_attribute_accept(request->bearer, outcome->attr,
                                                    scratch + outcome->at, outcome->len);
        if (error)
            return error;
    }
    for (size_t i = 0; i < execution->count; i++) {
        const struct outcome *outcome = &execution->outcome[i];
        request->handle_in_error = outcome->attr->handle;
        const uint8_t error =
            gatt_attribute_ask(request->bearer, outcome->attr, scratch + outcome->at, outcome->len);
        if (error)
            return error;
    }
    for (size_t i = 0; i < execution->count; i++) {
        const struct outcome *outcome = &execution->outcome[i];
        gatt_attribute_store(request->bearer, outcome->attr, scratch + outcome->at, outcome->len);
        att_server_wrote(request, outcome->attr, scratch + outcome->at, outcome->len);
    }
    return 0;
}

/* Whatever becomes of it, the queue is empty afterwards (3.4.6.3). */
static uint8_t execute(struct att_request *request, struct att_prepared *prepared)
{
    struct execution execution = {.request = request, .count = 0};

    execution.scratch = gatt_op_new(request->bearer);
    if (!execution.scratch) {
        prepared->count = prepared->used = 0;
        return ATT_ERR_INSUFFICIENT_RESOURCES;
    }
    uint8_t error = apply_all(&execution, prepared);
    prepared->count = prepared->used = 0;
    if (!error)
        error = store_all(&execution);
    gatt_op_free(execution.scratch);
    return error;
}

uint8_t att_server_execute_write(struct att_request *request)
{
    struct att_prepared *prepared = request->bearer->server.prepared;
    const uint8_t flags = rd_u8(&request->in);

    if (flags != EXECUTE_CANCEL && flags != EXECUTE_WRITE)
        return ATT_ERR_INVALID_PDU;
    if (!prepared)
        return 0;
    if (flags == EXECUTE_WRITE)
        return execute(request, prepared);
    prepared->count = prepared->used = 0;
    return 0;
}
