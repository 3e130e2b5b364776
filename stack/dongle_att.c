/* SPDX-License-Identifier: MIT */
/*
 * BGAPI, class 4: the attribute client. Its commands are requests of ATT (Core v5.4, Vol 3, Part F,
 * 3.4), or as many of them as it takes; what each response brings is told at once. One procedure
 * at a time on a connection.
 */
#include "dongle_internal.h"

#include "blueroom/gatt_client.h"
#include "wire/rd.h"

/* --- events --- */

static void tell_completed(struct blr_dongle *dongle, uint8_t number, uint16_t result,
                           uint16_t handle)
{
    struct bgapi_fields event = {0};

    event.number[BGAPI_CONN] = number;
    event.number[BGAPI_RESULT] = result;
    event.number[BGAPI_HANDLE] = handle;
    dongle_tell(dongle, BGAPI_EVT_ATTCLIENT_PROCEDURE_COMPLETED, &event);
}

static void complete(struct dongle_conn *c, int error, uint16_t handle)
{
    c->procedure.code = 0;
    tell_completed(c->dongle, c->number, bgapi_result(error), handle);
}

static struct bgapi_fields value_event(const struct dongle_conn *c, uint16_t handle,
                                       enum bgapi_value_type type, const uint8_t *value, size_t len)
{
    struct bgapi_fields event = {.data = value, .data_len = len};

    event.number[BGAPI_CONN] = c->number;
    event.number[BGAPI_HANDLE] = handle;
    event.number[BGAPI_TYPE] = type;
    return event;
}

static void notified(struct blr_conn *conn, uint16_t handle, bool indication, const uint8_t *value,
                     size_t len, void *user)
{
    struct dongle_conn *c = user;
    const struct bgapi_fields event =
        value_event(c, handle, indication ? BGAPI_VALUE_INDICATE : BGAPI_VALUE_NOTIFY, value, len);

    (void)conn;
    dongle_mention_of_conn(c, BGAPI_EVT_ATTCLIENT_ATTRIBUTE_VALUE, &event);
}

void dongle_att_opened(struct dongle_conn *c)
{
    blr_gatt_on_notification(c->conn, notified, c);
}

void dongle_att_refused(struct blr_dongle *dongle, const struct bgapi_fields *in, uint16_t result)
{
    const int64_t handle = in->number[BGAPI_HANDLE] | in->number[BGAPI_START];

    tell_completed(dongle, (uint8_t)in->number[BGAPI_CONN], result, (uint16_t)handle);
}

/* --- requests --- */

static int send_next(struct dongle_conn *c);

static void go_on(struct dongle_conn *c)
{
    c->procedure.stalled = !dongle_out_room(c->dongle, OUT_FOR_PROCEDURE);
    if (c->procedure.stalled)
        return;
    const int error = send_next(c);
    if (error)
        complete(c, error, c->procedure.handle);
}

void dongle_att_go_on(struct dongle_conn *c)
{
    if (c->procedure.code && c->procedure.stalled)
        go_on(c);
}

/* The next of a procedure over a range, or its end. */
static void go_on_behind(struct dongle_conn *c, uint16_t last)
{
    if (last >= c->procedure.end) {
        complete(c, 0, c->procedure.found);
    } else {
        c->procedure.handle = (uint16_t)(last + 1);
        go_on(c);
    }
}

/* --- responses --- */

/* A list of handle and UUID (Part F, 3.4.3.2). */
static void take_information(struct dongle_conn *c, struct rd *r)
{
    struct dongle_procedure *procedure = &c->procedure;
    const uint8_t format = rd_u8(r);
    const size_t size = format == 1 ? 2 : 16;
    uint32_t next = procedure->handle;

    if ((format != 1 && format != 2) || rd_left(r) == 0 || rd_left(r) % (2 + size)) {
        complete(c, BLR_ERR_MALFORMED, procedure->handle);
        return;
    }
    while (rd_left(r)) {
        struct bgapi_fields event = {.data_len = size};
        const uint16_t handle = rd_u16(r);
        event.data = rd_bytes(r, size);
        if (handle < next || handle > procedure->end) {
            complete(c, BLR_ERR_MALFORMED, handle);
            return;
        }
        next = handle + 1U;
        procedure->found = handle;
        event.number[BGAPI_CONN] = c->number;
        event.number[BGAPI_HANDLE] = handle;
        dongle_tell(c->dongle, BGAPI_EVT_ATTCLIENT_FIND_INFORMATION_FOUND, &event);
    }
    go_on_behind(c, procedure->found);
}

/* A list of first handle, last handle and value (Part F, 3.4.4.10). */
static void take_groups(struct dongle_conn *c, struct rd *r)
{
    struct dongle_procedure *procedure = &c->procedure;
    const size_t size = rd_u8(r);
    uint32_t next = procedure->handle;

    if (size < 4 || rd_left(r) == 0 || rd_left(r) % size) {
        complete(c, BLR_ERR_MALFORMED, procedure->handle);
        return;
    }
    while (rd_left(r)) {
        struct bgapi_fields event = {.data_len = size - 4};
        const uint16_t start = rd_u16(r);
        const uint16_t end = rd_u16(r);
        event.data = rd_bytes(r, event.data_len);
        if (start < next || end < start) {
            complete(c, BLR_ERR_MALFORMED, start);
            return;
        }
        next = end + 1U;
        procedure->found = end;
        event.number[BGAPI_CONN] = c->number;
        event.number[BGAPI_START] = start;
        event.number[BGAPI_END] = end;
        dongle_tell(c->dongle, BGAPI_EVT_ATTCLIENT_GROUP_FOUND, &event);
    }
    go_on_behind(c, procedure->found);
}

/* A part that does not fill its response is the last (Part G, 4.8.3). */
static void take_part(struct dongle_conn *c, const uint8_t *value, size_t len)
{
    struct dongle_procedure *procedure = &c->procedure;
    const struct bgapi_fields event =
        value_event(c, procedure->handle, BGAPI_VALUE_READ_BLOB, value, len);

    if (len || procedure->offset == 0)
        dongle_tell(c->dongle, BGAPI_EVT_ATTCLIENT_ATTRIBUTE_VALUE, &event);
    procedure->offset = (uint16_t)(procedure->offset + len);
    if (procedure->offset > ATT_MAX_VALUE)
        complete(c, BLR_ERR_MALFORMED, procedure->handle);
    else if (len + 1U < blr_gatt_mtu(c->conn) || procedure->offset == ATT_MAX_VALUE)
        complete(c, 0, procedure->handle);
    else
        go_on(c);
}

/* What only means that there is no more. */
static bool is_end(const struct dongle_procedure *procedure, int error)
{
    switch (procedure->code) {
    case BGAPI_ATTCLIENT_READ_BY_GROUP_TYPE:
    case BGAPI_ATTCLIENT_FIND_INFORMATION:
        return procedure->found && error == BLR_ERR_ATT(ATT_ERR_ATTRIBUTE_NOT_FOUND);
    case BGAPI_ATTCLIENT_READ_LONG:
        return procedure->offset && (error == BLR_ERR_ATT(ATT_ERR_INVALID_OFFSET) ||
                                     error == BLR_ERR_ATT(ATT_ERR_ATTRIBUTE_NOT_LONG));
    default:
        return false;
    }
}

static void tell_value(struct dongle_conn *c, const uint8_t *value, size_t len)
{
    const struct bgapi_fields event =
        value_event(c, c->procedure.handle, BGAPI_VALUE_READ, value, len);

    c->procedure.code = 0;
    dongle_tell(c->dongle, BGAPI_EVT_ATTCLIENT_ATTRIBUTE_VALUE, &event);
}

static void answered(struct blr_conn *conn, int error, const uint8_t *params, size_t len,
                     void *user)
{
    struct dongle_conn *c = blr_conn_user(conn);
    struct rd r = rd_init(params, len);

    (void)user;
    if (!c || !c->procedure.code)
        return;
    const uint16_t found = c->procedure.found;
    if (error) {
        if (is_end(&c->procedure, error))
            complete(c, 0, found ? found : c->procedure.handle);
        else
            complete(c, error, c->procedure.handle);
        return;
    }
    switch (c->procedure.code) {
    case BGAPI_ATTCLIENT_READ_BY_GROUP_TYPE:
        take_groups(c, &r);
        break;
    case BGAPI_ATTCLIENT_FIND_INFORMATION:
        take_information(c, &r);
        break;
    case BGAPI_ATTCLIENT_READ_LONG:
        take_part(c, params, len);
        break;
    case BGAPI_ATTCLIENT_READ_BY_HANDLE:
        tell_value(c, params, len);
        break;
    default:
        complete(c, 0, c->procedure.handle);
        break;
    }
}

static int request(struct dongle_conn *c, const struct wr *w)
{
    if (!wr_ok(w))
        return BLR_ERR_TOO_LONG;
    return blr_gatt_request(c->conn, w->p, w->len, answered, c);
}

/* Of a procedure that takes several requests: what comes next. */
static int send_next(struct dongle_conn *c)
{
    const struct dongle_procedure *procedure = &c->procedure;
    uint8_t pdu[ATT_DEFAULT_MTU];
    struct wr w = wr_init(pdu, sizeof pdu);

    switch (procedure->code) {
    case BGAPI_ATTCLIENT_READ_BY_GROUP_TYPE:
        wr_u8(&w, ATT_OP_READ_BY_GROUP_TYPE_REQ);
        wr_u16(&w, procedure->handle);
        wr_u16(&w, procedure->end);
        wr_uuid(&w, &procedure->type);
        break;
    case BGAPI_ATTCLIENT_FIND_INFORMATION:
        wr_u8(&w, ATT_OP_FIND_INFORMATION_REQ);
        wr_u16(&w, procedure->handle);
        wr_u16(&w, procedure->end);
        break;
    default: /* a read; the first as any other, which is granted of values that are not long */
        wr_u8(&w, procedure->offset ? ATT_OP_READ_BLOB_REQ : ATT_OP_READ_REQ);
        wr_u16(&w, procedure->handle);
        if (procedure->offset)
            wr_u16(&w, procedure->offset);
        break;
    }
    return request(c, &w);
}

/* --- commands --- */

static int begin(struct dongle_conn *c, const struct dongle_procedure *procedure,
                 const struct wr *w)
{
    if (c->procedure.code)
        return BGAPI_WRONG_STATE;
    c->procedure = *procedure;
    const int error = w ? request(c, w) : send_next(c);
    if (error)
        c->procedure.code = 0;
    return bgapi_result(error);
}

static bool good_range(const struct bgapi_fields *in)
{
    return in->number[BGAPI_START] && in->number[BGAPI_START] <= in->number[BGAPI_END];
}

int dongle_read_by_group_type(struct blr_dongle *dongle, const struct bgapi_fields *in,
                              struct bgapi_fields *out)
{
    struct rd r = rd_init(in->data, in->data_len);
    const struct dongle_procedure procedure = {
        .code = BGAPI_ATTCLIENT_READ_BY_GROUP_TYPE,
        .handle = (uint16_t)in->number[BGAPI_START],
        .end = (uint16_t)in->number[BGAPI_END],
        .type = rd_uuid(&r, in->data_len),
    };

    (void)out;
    if (!rd_done(&r) || in->data_len == 4 || !good_range(in))
        return BGAPI_INVALID_PARAMETER;
    return begin(dongle_conn_of(dongle, in), &procedure, NULL);
}

int dongle_find_information(struct blr_dongle *dongle, const struct bgapi_fields *in,
                            struct bgapi_fields *out)
{
    const struct dongle_procedure procedure = {
        .code = BGAPI_ATTCLIENT_FIND_INFORMATION,
        .handle = (uint16_t)in->number[BGAPI_START],
        .end = (uint16_t)in->number[BGAPI_END],
    };

    (void)out;
    if (!good_range(in))
        return BGAPI_INVALID_PARAMETER;
    return begin(dongle_conn_of(dongle, in), &procedure, NULL);
}

static int begin_read(struct blr_dongle *dongle, uint16_t code, const struct bgapi_fields *in)
{
    const struct dongle_procedure procedure = {
        .code = code,
        .handle = (uint16_t)in->number[BGAPI_HANDLE],
    };

    return begin(dongle_conn_of(dongle, in), &procedure, NULL);
}

int dongle_read_by_handle(struct blr_dongle *dongle, const struct bgapi_fields *in,
                          struct bgapi_fields *out)
{
    (void)out;
    return begin_read(dongle, BGAPI_ATTCLIENT_READ_BY_HANDLE, in);
}

int dongle_read_long(struct blr_dongle *dongle, const struct bgapi_fields *in,
                     struct bgapi_fields *out)
{
    (void)out;
    return begin_read(dongle, BGAPI_ATTCLIENT_READ_LONG, in);
}

static int begin_write(struct blr_dongle *dongle, uint16_t code, uint16_t handle,
                       const struct bgapi_fields *in, const struct wr *w)
{
    const struct dongle_procedure procedure = {.code = code, .handle = handle};

    return begin(dongle_conn_of(dongle, in), &procedure, w);
}

int dongle_attribute_write(struct blr_dongle *dongle, const struct bgapi_fields *in,
                           struct bgapi_fields *out)
{
    const uint16_t handle = (uint16_t)in->number[BGAPI_HANDLE];
    uint8_t pdu[ATT_DEFAULT_MTU];
    struct wr w = wr_init(pdu, sizeof pdu);

    (void)out;
    wr_u8(&w, ATT_OP_WRITE_REQ);
    wr_u16(&w, handle);
    wr_bytes(&w, in->data, in->data_len);
    return begin_write(dongle, BGAPI_ATTCLIENT_ATTRIBUTE_WRITE, handle, in, &w);
}

int dongle_write_command(struct blr_dongle *dongle, const struct bgapi_fields *in,
                         struct bgapi_fields *out)
{
    const struct dongle_conn *c = dongle_conn_of(dongle, in);

    (void)out;
    return bgapi_result(blr_gatt_write_without_response(c->conn, (uint16_t)in->number[BGAPI_HANDLE],
                                                        in->data, in->data_len));
}

int dongle_prepare_write(struct blr_dongle *dongle, const struct bgapi_fields *in,
                         struct bgapi_fields *out)
{
    const uint16_t handle = (uint16_t)in->number[BGAPI_HANDLE];
    uint8_t pdu[ATT_DEFAULT_MTU];
    struct wr w = wr_init(pdu, sizeof pdu);

    (void)out;
    wr_u8(&w, ATT_OP_PREPARE_WRITE_REQ);
    wr_u16(&w, handle);
    wr_u16(&w, (uint16_t)in->number[BGAPI_OFFSET]);
    wr_bytes(&w, in->data, in->data_len);
    const int result = begin_write(dongle, BGAPI_ATTCLIENT_PREPARE_WRITE, handle, in, &w);
    if (result == BGAPI_OK)
        dongle_conn_of(dongle, in)->prepared = handle;
    return result;
}

int dongle_execute_write(struct blr_dongle *dongle, const struct bgapi_fields *in,
                         struct bgapi_fields *out)
{
    const uint16_t handle = dongle_conn_of(dongle, in)->prepared;
    uint8_t pdu[2];
    struct wr w = wr_init(pdu, sizeof pdu);

    (void)out;
    if (in->number[BGAPI_COMMIT] > 1)
        return BGAPI_INVALID_PARAMETER;
    wr_u8(&w, ATT_OP_EXECUTE_WRITE_REQ);
    wr_u8(&w, (uint8_t)in->number[BGAPI_COMMIT]);
    return begin_write(dongle, BGAPI_ATTCLIENT_EXECUTE_WRITE, handle, in, &w);
}
