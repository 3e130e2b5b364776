/* SPDX-License-Identifier: MIT */
/* What a server elsewhere has: services and characteristics, found and kept. */
#include "bluetooth_internal.h"

#include <stdlib.h>

/* --- calls that wait --- */

static void later(void *user)
{
    struct gattc_op *op = user;

    gattc_op_finish(op, op->error, NULL, 0);
}

struct gattc_op *gattc_op_new(struct blr_gattc_connection *conn, enum gattc_kind kind, void *user)
{
    struct gattc_op *op = calloc(1, sizeof *op);
    struct gattc_op **end = &conn->ops;

    if (!op)
        return NULL;
    op->conn = conn;
    op->kind = kind;
    op->user = user;
    timer_init(&op->later, later, op);
    while (*end)
        end = &(*end)->next;
    *end = op;
    return op;
}

static void take_out(struct gattc_op *op)
{
    struct gattc_op **at = &op->conn->ops;

    while (*at != op)
        at = &(*at)->next;
    *at = op->next;
    clock_cancel(blr_host_clock(op->conn->bt->host), &op->later);
}

int gattc_op_drop(struct gattc_op *op, int error)
{
    take_out(op);
    free(op);
    return error;
}

void gattc_op_later(struct gattc_op *op, int error)
{
    const struct blr_bluetooth *bt = op->conn->bt;

    op->error = error;
    clock_arm(blr_host_clock(bt->host), &op->later, bluetooth_now(bt));
}

static void call_back(const struct gattc_op *op, int error, struct blr_bluetooth_value value)
{
    switch (op->kind) {
    case GATTC_SERVICES:
        if (op->cb.conn)
            op->cb.conn(op->conn, error, op->user);
        break;
    case GATTC_CHARACTERISTICS:
        if (op->cb.service)
            op->cb.service(op->service, error, op->user);
        break;
    case GATTC_DESCRIPTORS:
    case GATTC_READ_DESCRIPTOR:
        if (op->cb.descriptor)
            op->cb.descriptor(op->chr, error, value, op->user);
        break;
    case GATTC_READ:
    case GATTC_WRITE:
    case GATTC_FIND_CCCD:
    case GATTC_SUBSCRIBE:
    case GATTC_UNSUBSCRIBE:
        if (op->cb.chr)
            op->cb.chr(op->chr, error, op->user);
        break;
    }
}

void gattc_op_finish(struct gattc_op *op, int error, const uint8_t *value, size_t len)
{
    struct blr_bluetooth *bt = op->conn->bt;

    take_out(op);
    bt->inside++;
    call_back(op, error, error ? blr_bluetooth_none() : blr_bluetooth_bytes(value, len));
    bt->inside--;
    free(op);
    bluetooth_settled(bt);
}

void gattc_cancel_all(struct blr_gattc_connection *conn)
{
    while (conn->ops) {
        struct gattc_op *op = conn->ops;
        /* A subscription's callbacks go by its characteristic. */
        const void *user = op->kind == GATTC_SUBSCRIBE ? (void *)op->chr : (void *)op;
        if (!conn->link || blr_gatt_cancel(conn->link, user) == 0)
            gattc_op_finish(op, BLR_ERR_CANCELLED, NULL, 0);
    }
}

/* --- services --- */

/*
 * Both lists go by rising handles, so that one walk along them is enough however many a peer has.
 * Returns where the service stands, or belongs, at `at` or behind it.
 */
static struct blr_gattc_service **seek_service(struct blr_gattc_service **at,
                                               const struct blr_gatt_service *found)
{
    while (*at && ((*at)->found.start < found->start ||
                   ((*at)->found.start == found->start &&
                    !blr_uuid_equal(&(*at)->found.uuid, &found->uuid))))
        at = &(*at)->next;
    return at;
}

static int add_service(struct blr_gattc_connection *conn, struct blr_gattc_service **at,
                       const struct blr_gatt_service *found)
{
    if (*at && (*at)->found.start == found->start)
        return 0;
    struct blr_gattc_service *service = calloc(1, sizeof *service);
    if (!service)
        return BLR_ERR_NO_MEMORY;
    service->conn = conn;
    service->found = *found;
    service->next = *at;
    *at = service;
    return 0;
}

/* What is new is there before anything changes, so that nothing has if memory ends. */
static int keep_services(struct blr_gattc_connection *conn, const struct blr_gatt_service *found,
                         size_t count)
{
    struct blr_gattc_service **at = &conn->services;

    for (size_t i = 0; i < count; i++) {
        at = seek_service(at, &found[i]);
        if (add_service(conn, at, &found[i]) != 0)
            return BLR_ERR_NO_MEMORY;
    }
    for (struct blr_gattc_service *service = conn->services; service; service = service->next)
        service->listed = false;
    at = &conn->services;
    for (size_t i = 0; i < count; i++) {
        at = seek_service(at, &found[i]);
        (*at)->found = found[i];
        (*at)->listed = true;
    }
    return 0;
}

static void services_found(struct blr_conn *link, int error,
                           const struct blr_gatt_service *services, size_t count, void *user)
{
    struct gattc_op *op = user;

    (void)link;
    if (!error)
        error = keep_services(op->conn, services, count);
    gattc_op_finish(op, error, NULL, 0);
}

int blr_gattc_services_async(struct blr_gattc_connection *conn, blr_gattc_done *cb, void *user)
{
    int error = gattc_may_ask(conn);

    if (error)
        return error;
    struct gattc_op *op = gattc_op_new(conn, GATTC_SERVICES, user);
    if (!op)
        return BLR_ERR_NO_MEMORY;
    op->cb.conn = cb;
    error = blr_gatt_discover_services(conn->link, NULL, services_found, op);
    return error ? gattc_op_drop(op, error) : 0;
}

static struct blr_gattc_service *listed_service(struct blr_gattc_service *service)
{
    while (service && !service->listed)
        service = service->next;
    return service;
}

struct blr_gattc_service *blr_gattc_service_first(const struct blr_gattc_connection *conn)
{
    return listed_service(conn->services);
}

struct blr_gattc_service *blr_gattc_service_next(const struct blr_gattc_service *service)
{
    return listed_service(service->next);
}

struct blr_gattc_service *blr_gattc_service_find(const struct blr_gattc_connection *conn,
                                                 const struct blr_uuid *uuid)
{
    struct blr_gattc_service *service = blr_gattc_service_first(conn);

    while (service && !blr_uuid_equal(&service->found.uuid, uuid))
        service = blr_gattc_service_next(service);
    return service;
}

struct blr_gattc_connection *blr_gattc_service_connection(const struct blr_gattc_service *service)
{
    return service->conn;
}

/* Discovery finds primary ones alone (Core v5.4, Vol 3, Part G, 4.4.1). */
bool blr_gattc_service_isprimary(const struct blr_gattc_service *service)
{
    (void)service;
    return true;
}

const struct blr_uuid *blr_gattc_service_uuid(const struct blr_gattc_service *service)
{
    return &service->found.uuid;
}

unsigned blr_gattc_service_instance(const struct blr_gattc_service *service)
{
    const struct blr_gattc_service *other = blr_gattc_service_first(service->conn);
    unsigned instance = 0;

    for (; other && other->found.start < service->found.start;
         other = blr_gattc_service_next(other))
        instance += blr_uuid_equal(&other->found.uuid, &service->found.uuid);
    return instance;
}

/* --- characteristics --- */

static struct blr_gattc_characteristic **seek_characteristic(
    struct blr_gattc_characteristic **at, const struct blr_gatt_characteristic *found)
{
    while (*at && ((*at)->found.value < found->value ||
                   ((*at)->found.value == found->value &&
                    !blr_uuid_equal(&(*at)->found.uuid, &found->uuid))))
        at = &(*at)->next;
    return at;
}

static int add_characteristic(struct blr_gattc_service *service,
                              struct blr_gattc_characteristic **at,
                              const struct blr_gatt_characteristic *found)
{
    if (*at && (*at)->found.value == found->value)
        return 0;
    struct blr_gattc_characteristic *chr = calloc(1, sizeof *chr);
    if (!chr)
        return BLR_ERR_NO_MEMORY;
    chr->service = service;
    chr->found = *found;
    chr->next = *at;
    *at = chr;
    return 0;
}

static int keep_characteristics(struct blr_gattc_service *service,
                                const struct blr_gatt_characteristic *found, size_t count)
{
    struct blr_gattc_characteristic **at = &service->characteristics;

    for (size_t i = 0; i < count; i++) {
        at = seek_characteristic(at, &found[i]);
        if (add_characteristic(service, at, &found[i]) != 0)
            return BLR_ERR_NO_MEMORY;
    }
    for (struct blr_gattc_characteristic *chr = service->characteristics; chr; chr = chr->next)
        chr->listed = false;
    at = &service->characteristics;
    for (size_t i = 0; i < count; i++) {
        at = seek_characteristic(at, &found[i]);
        (*at)->found = found[i];
        (*at)->listed = true;
    }
    return 0;
}

static void characteristics_found(struct blr_conn *link, int error,
                                  const struct blr_gatt_characteristic *characteristics,
                                  size_t count, void *user)
{
    struct gattc_op *op = user;

    (void)link;
    if (!error)
        error = keep_characteristics(op->service, characteristics, count);
    gattc_op_finish(op, error, NULL, 0);
}

int blr_gattc_characteristics_async(struct blr_gattc_service *service, blr_gattc_service_done *cb,
                                    void *user)
{
    struct blr_gattc_connection *conn = service->conn;
    int error = gattc_may_ask(conn);

    if (error)
        return error;
    struct gattc_op *op = gattc_op_new(conn, GATTC_CHARACTERISTICS, user);
    if (!op)
        return BLR_ERR_NO_MEMORY;
    op->service = service;
    op->cb.service = cb;
    error = blr_gatt_discover_characteristics(conn->link, service->found.start,
                                              service->found.end, characteristics_found, op);
    return error ? gattc_op_drop(op, error) : 0;
}

static struct blr_gattc_characteristic *listed_characteristic(struct blr_gattc_characteristic *chr)
{
    while (chr && !chr->listed)
        chr = chr->next;
    return chr;
}

struct blr_gattc_characteristic *blr_gattc_characteristic_first(
    const struct blr_gattc_service *service)
{
    return listed_characteristic(service->characteristics);
}

struct blr_gattc_characteristic *blr_gattc_characteristic_next(
    const struct blr_gattc_characteristic *chr)
{
    return listed_characteristic(chr->next);
}

struct blr_gattc_characteristic *blr_gattc_characteristic_find(
    const struct blr_gattc_service *service, const struct blr_uuid *uuid)
{
    struct blr_gattc_characteristic *chr = blr_gattc_characteristic_first(service);

    while (chr && !blr_uuid_equal(&chr->found.uuid, uuid))
        chr = blr_gattc_characteristic_next(chr);
    return chr;
}

void gattc_free_services(struct blr_gattc_connection *conn)
{
    while (conn->services) {
        struct blr_gattc_service *service = conn->services;
        conn->services = service->next;
        while (service->characteristics) {
            struct blr_gattc_characteristic *chr = service->characteristics;
            service->characteristics = chr->next;
            free(chr);
        }
        free(service);
    }
}

/* --- what one is --- */

struct blr_gattc_service *blr_gattc_characteristic_service(
    const struct blr_gattc_characteristic *chr)
{
    return chr->service;
}

const struct blr_uuid *blr_gattc_characteristic_uuid(const struct blr_gattc_characteristic *chr)
{
    return &chr->found.uuid;
}

unsigned blr_gattc_characteristic_instance(const struct blr_gattc_characteristic *chr)
{
    const struct blr_gattc_characteristic *other = blr_gattc_characteristic_first(chr->service);
    unsigned instance = 0;

    for (; other && other->found.value < chr->found.value;
         other = blr_gattc_characteristic_next(other))
        instance += blr_uuid_equal(&other->found.uuid, &chr->found.uuid);
    return instance;
}

unsigned blr_gattc_characteristic_properties(const struct blr_gattc_characteristic *chr)
{
    return chr->found.properties;
}
