/* SPDX-License-Identifier: MIT */
/*
 * Discovery of services, characteristics and descriptors (Core v5.4, Vol 3, Part G, 4.4 to 4.7).
 *
 * Each procedure asks again behind the last handle that came, until the server has no more. Handles
 * that do not increase, or are outside of what was asked for, would go on for ever: they end it.
 */
#include "att.h"
#include "gatt_db.h"

int gatt_range_refused(struct gatt_op *op, uint8_t code)
{
    (void)op;
    return code == ATT_ERR_ATTRIBUTE_NOT_FOUND ? 0 : BLR_ERR_ATT(code);
}

int gatt_range_go_on(struct gatt_op *op, uint32_t last)
{
    if (last >= op->end)
        return 0;
    op->handle = (uint16_t)(last + 1);
    return GATT_OP_MORE;
}

bool gatt_whole_list(const struct rd *r, size_t size)
{
    return rd_left(r) > 0 && rd_left(r) % size == 0;
}

const void *gatt_results(const struct gatt_op *op, int error, size_t size, size_t *count)
{
    *count = error ? 0 : op->len / size;
    return *count ? op->bytes : NULL;
}

struct gatt_op *gatt_range_op(struct blr_conn *conn, const struct gatt_procedure *procedure,
                                uint16_t start, uint16_t end, void *user, int *error)
{
    if (start == 0 || start > end) {
        *error = BLR_ERR_INVALID;
        return NULL;
    }
    struct gatt_op *op = gatt_client_op(conn, procedure, user, error);
    if (op) {
        op->handle = start;
        op->end = end;
    }
    return op;
}

/* --- services --- */

static int add_service(struct gatt_op *op, uint32_t *next, const struct blr_gatt_service *service)
{
    if (service->start < *next || service->end < service->start)
        return BLR_ERR_MALFORMED;
    *next = service->end + 1U;
    return gatt_op_add(op, (const uint8_t *)service, sizeof *service);
}

static void all_services_request(const struct gatt_op *op, struct wr *w)
{
    wr_u8(w, ATT_OP_READ_BY_GROUP_TYPE_REQ);
    wr_u16(w, op->handle);
    wr_u16(w, op->end);
    wr_u16(w, GATT_UUID_PRIMARY_SERVICE);
}

static int all_services_response(struct gatt_op *op, struct rd *r)
{
    const uint8_t size = rd_u8(r);
    uint32_t next = op->handle;

    if ((size != 6 && size != 20) || !gatt_whole_list(r, size))
        return BLR_ERR_MALFORMED;
    while (rd_left(r)) {
        struct blr_gatt_service service = {0};
        service.start = rd_u16(r);
        service.end = rd_u16(r);
        service.uuid = rd_uuid(r, size - 4U);
        const int error = add_service(op, &next, &service);
        if (error)
            return error;
    }
    return gatt_range_go_on(op, next - 1);
}

static void services_by_uuid_request(const struct gatt_op *op, struct wr *w)
{
    wr_u8(w, ATT_OP_FIND_BY_TYPE_VALUE_REQ);
    wr_u16(w, op->handle);
    wr_u16(w, op->end);
    wr_u16(w, GATT_UUID_PRIMARY_SERVICE);
    wr_uuid(w, &op->uuid);
}

static int services_by_uuid_response(struct gatt_op *op, struct rd *r)
{
    uint32_t next = op->handle;

    if (!gatt_whole_list(r, 4))
        return BLR_ERR_MALFORMED;
    while (rd_left(r)) {
        struct blr_gatt_service service = {.uuid = op->uuid};
        service.start = rd_u16(r);
        service.end = rd_u16(r);
        const int error = add_service(op, &next, &service);
        if (error)
            return error;
    }
    return gatt_range_go_on(op, next - 1);
}

static void services_done(struct gatt_op *op, struct blr_conn *conn, int error)
{
    size_t count;
    const struct blr_gatt_service *services =
        gatt_results(op, error, sizeof(struct blr_gatt_service), &count);

    if (op->cb.services)
        op->cb.services(conn, error, services, count, op->user);
}

int blr_gatt_discover_services(struct blr_conn *conn, const struct blr_uuid *uuid,
                               blr_gatt_services_cb *cb, void *user)
{
    static const struct gatt_procedure all = {
        .request = all_services_request,
        .response = all_services_response,
        .refused = gatt_range_refused,
        .done = services_done,
    };
    static const struct gatt_procedure by_uuid = {
        .request = services_by_uuid_request,
        .response = services_by_uuid_response,
        .refused = gatt_range_refused,
        .done = services_done,
    };
    int error;
    struct gatt_op *op = gatt_range_op(conn, uuid ? &by_uuid : &all, 0x0001, 0xFFFF, user, &error);

    if (!op)
        return error;
    if (uuid)
        op->uuid = gatt_uuid_for_air(uuid);
    op->cb.services = cb;
    return gatt_client_start(op);
}

/* --- characteristics --- */

static void characteristics_request(const struct gatt_op *op, struct wr *w)
{
    wr_u8(w, ATT_OP_READ_BY_TYPE_REQ);
    wr_u16(w, op->handle);
    wr_u16(w, op->end);
    wr_u16(w, GATT_UUID_CHARACTERISTIC);
}

/* The value of the last characteristic so far: no other begins before it. */
static uint16_t last_value(const struct gatt_op *op)
{
    struct blr_gatt_characteristic item = {0};

    if (op->len)
        memcpy(&item, op->bytes + op->len - sizeof item, sizeof item);
    return item.value;
}

static int characteristics_response(struct gatt_op *op, struct rd *r)
{
    const uint8_t size = rd_u8(r);
    uint32_t next = op->handle;

    if ((size != 7 && size != 21) || !gatt_whole_list(r, size))
        return BLR_ERR_MALFORMED;
    while (rd_left(r)) {
        struct blr_gatt_characteristic item = {.end = op->end};
        item.declaration = rd_u16(r);
        item.properties = rd_u8(r);
        item.value = rd_u16(r);
        item.uuid = rd_uuid(r, size - 5U);
        if (item.declaration < next || item.declaration > op->end ||
            item.value <= item.declaration || item.declaration <= last_value(op))
            return BLR_ERR_MALFORMED;
        next = item.declaration + 1U;
        const int error = gatt_op_add(op, (const uint8_t *)&item, sizeof item);
        if (error)
            return error;
    }
    return gatt_range_go_on(op, next - 1);
}

/* Each one ends where the next begins (3.3). */
static void characteristics_done(struct gatt_op *op, struct blr_conn *conn, int error)
{
    size_t count;
    const struct blr_gatt_characteristic *items =
        gatt_results(op, error, sizeof(struct blr_gatt_characteristic), &count);

    for (size_t i = 0; i + 1 < count; i++) {
        struct blr_gatt_characteristic item = items[i];
        item.end = (uint16_t)(items[i + 1].declaration - 1);
        memcpy(op->bytes + i * sizeof item, &item, sizeof item);
    }
    if (op->cb.characteristics)
        op->cb.characteristics(conn, error, items, count, op->user);
}

int blr_gatt_discover_characteristics(struct blr_conn *conn, uint16_t start, uint16_t end,
                                      blr_gatt_characteristics_cb *cb, void *user)
{
    static const struct gatt_procedure procedure = {
        .request = characteristics_request,
        .response = characteristics_response,
        .refused = gatt_range_refused,
        .done = characteristics_done,
    };
    int error;
    struct gatt_op *op = gatt_range_op(conn, &procedure, start, end, user, &error);

    if (!op)
        return error;
    op->cb.characteristics = cb;
    return gatt_client_start(op);
}

/* --- descriptors --- */

static void descriptors_request(const struct gatt_op *op, struct wr *w)
{
    wr_u8(w, ATT_OP_FIND_INFORMATION_REQ);
    wr_u16(w, op->handle);
    wr_u16(w, op->end);
}

static int descriptors_response(struct gatt_op *op, struct rd *r)
{
    const uint8_t format = rd_u8(r); /* 1: 16-bit UUIDs, 2: 128-bit (Part F, 3.4.3.2) */
    const size_t uuid_size = format == 1 ? 2 : 16;
    uint32_t next = op->handle;

    if ((format != 1 && format != 2) || !gatt_whole_list(r, 2 + uuid_size))
        return BLR_ERR_MALFORMED;
    while (rd_left(r)) {
        struct blr_gatt_descriptor item = {0};
        item.handle = rd_u16(r);
        item.uuid = rd_uuid(r, uuid_size);
        if (item.handle < next || item.handle > op->end)
            return BLR_ERR_MALFORMED;
        next = item.handle + 1U;
        const int error = gatt_op_add(op, (const uint8_t *)&item, sizeof item);
        if (error)
            return error;
    }
    return gatt_range_go_on(op, next - 1);
}

static void descriptors_done(struct gatt_op *op, struct blr_conn *conn, int error)
{
    size_t count;
    const struct blr_gatt_descriptor *items =
        gatt_results(op, error, sizeof(struct blr_gatt_descriptor), &count);

    if (op->cb.descriptors)
        op->cb.descriptors(conn, error, items, count, op->user);
}

int blr_gatt_discover_descriptors(struct blr_conn *conn, uint16_t start, uint16_t end,
                                  blr_gatt_descriptors_cb *cb, void *user)
{
    static const struct gatt_procedure procedure = {
        .request = descriptors_request,
        .response = descriptors_response,
        .refused = gatt_range_refused,
        .done = descriptors_done,
    };
    int error;
    struct gatt_op *op = gatt_range_op(conn, &procedure, start, end, user, &error);

    if (!op)
        return error;
    op->cb.descriptors = cb;
    return gatt_client_start(op);
}
