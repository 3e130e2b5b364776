/* SPDX-License-Identifier: MIT */
/*
 * The GATT client of a connection: services, characteristics and descriptors, discovered when they
 * are first asked for and kept.
 *
 * Each call looks at what is known; when something is missing it starts the discovery, yields, and
 * is called again from the beginning: task->step then tells what was asked.
 */
#include <string.h>

#include "conn.h"
#include "failure.h"
#include "opts.h"
#include "properties.h"

enum step {
    FIRST,
    ASKED_ALL_SERVICES,
    ASKED_SERVICE,
    ASKED_CHARACTERISTICS,
    ASKED_DESCRIPTORS,
};

static void got_services(struct blr_conn *link, int error, const struct blr_gatt_service *services,
                         size_t count, void *user)
{
    (void)link;
    task_complete_data(user, error, services, count, sizeof *services);
}

static void got_characteristics(struct blr_conn *link, int error,
                                const struct blr_gatt_characteristic *characteristics, size_t count,
                                void *user)
{
    (void)link;
    task_complete_data(user, error, characteristics, count, sizeof *characteristics);
}

static void got_descriptors(struct blr_conn *link, int error,
                            const struct blr_gatt_descriptor *descriptors, size_t count, void *user)
{
    (void)link;
    task_complete_data(user, error, descriptors, count, sizeof *descriptors);
}

/* --- what is known --- */

/* Adds a service in the order of handles, unless it is there. */
static void add_service(lua_State *L, struct conn *conn, const struct blr_gatt_service *info)
{
    struct client_service **at = &conn->services;

    while (*at && (*at)->info.start < info->start)
        at = &(*at)->next;
    if (*at && (*at)->info.start == info->start && (*at)->info.end == info->end &&
        blr_uuid_equal(&(*at)->info.uuid, &info->uuid))
        return;
    struct client_service *service = run_alloc_or_raise(L, sizeof *service);
    service->conn = conn;
    service->info = *info;
    service->next = *at;
    *at = service;
}

struct client_service *client_included_service(lua_State *L, struct conn *conn,
                                               const struct blr_gatt_service *info)
{
    struct client_service *service = conn->services;

    while (service && !(service->info.start == info->start && service->info.end == info->end))
        service = service->next;
    if (service)
        return service;
    service = run_alloc_or_raise(L, sizeof *service);
    service->conn = conn;
    service->info = *info;
    return service;
}

static struct client_service *find_service(const struct conn *conn, const struct blr_uuid *uuid)
{
    struct client_service *service = conn->services;

    while (service && !blr_uuid_equal(&service->info.uuid, uuid))
        service = service->next;
    return service;
}

static void add_characteristics(lua_State *L, struct client_service *service,
                                const struct outcome *outcome)
{
    const struct blr_gatt_characteristic *infos = outcome->data;
    struct client_characteristic **end = &service->characteristics;

    for (size_t i = 0; i < outcome->count; i++) {
        struct client_characteristic *characteristic =
            run_alloc_or_raise(L, sizeof *characteristic);
        characteristic->service = service;
        characteristic->info = infos[i];
        *end = characteristic;
        end = &characteristic->next;
    }
    service->has_characteristics = true;
}

static void add_descriptors(lua_State *L, struct client_characteristic *characteristic,
                            const struct outcome *outcome)
{
    const struct blr_gatt_descriptor *infos = outcome->data;
    struct client_descriptor **end = &characteristic->descriptors;

    for (size_t i = 0; i < outcome->count; i++) {
        struct client_descriptor *descriptor = run_alloc_or_raise(L, sizeof *descriptor);
        descriptor->characteristic = characteristic;
        descriptor->info = infos[i];
        *end = descriptor;
        end = &descriptor->next;
    }
    characteristic->has_descriptors = true;
}

/* Raises when the discovery before failed. */
static void check_outcome(lua_State *L, const struct task *task)
{
    if (task->step != FIRST && task->outcome.error)
        failure_raise(L, task->outcome.error, task->what, NULL);
}

/* --- what is needed: each returns when it is known, or yields --- */

static void await_discovery(lua_State *L, struct task *task, int error, enum step step,
                            lua_KFunction k)
{
    if (error)
        failure_raise(L, error, task->what, NULL);
    task->step = (int)step;
    task_await(task, k, (lua_KContext)task);
}

static void need_all_services(lua_State *L, struct task *task, struct conn *conn, lua_KFunction k)
{
    check_outcome(L, task);
    if (task->step == ASKED_ALL_SERVICES) {
        const struct blr_gatt_service *infos = task->outcome.data;
        for (size_t i = 0; i < task->outcome.count; i++)
            add_service(L, conn, &infos[i]);
        conn->all_services = true;
        task->step = FIRST;
    }
    if (conn->all_services)
        return;
    struct blr_conn *link = conn_link(L, conn, task->what);
    task_start_operation(task);
    await_discovery(L, task, blr_gatt_discover_services(link, NULL, got_services, task),
                    ASKED_ALL_SERVICES, k);
}

static struct client_service *need_service(lua_State *L, struct task *task, struct conn *conn,
                                           const struct blr_uuid *uuid, lua_KFunction k)
{
    char text[BLR_UUID_TEXT_SIZE];

    check_outcome(L, task);
    const bool asked = task->step == ASKED_SERVICE;
    if (asked) {
        const struct blr_gatt_service *infos = task->outcome.data;
        for (size_t i = 0; i < task->outcome.count; i++)
            add_service(L, conn, &infos[i]);
        task->step = FIRST;
    }
    struct client_service *service = find_service(conn, uuid);
    if (service)
        return service;
    if (asked || conn->all_services)
        failure_raise(L, BLR_ERR_NOT_FOUND, task->what, "the peer has no service %s",
                      blr_uuid_format(uuid, text));
    struct blr_conn *link = conn_link(L, conn, task->what);
    task_start_operation(task);
    await_discovery(L, task, blr_gatt_discover_services(link, uuid, got_services, task),
                    ASKED_SERVICE, k);
    return NULL;
}

static void need_characteristics(lua_State *L, struct task *task, struct client_service *service,
                                 lua_KFunction k)
{
    check_outcome(L, task);
    if (task->step == ASKED_CHARACTERISTICS) {
        if (!service->has_characteristics)
            add_characteristics(L, service, &task->outcome);
        task->step = FIRST;
    }
    if (service->has_characteristics)
        return;
    struct blr_conn *link = conn_link(L, service->conn, task->what);
    task_start_operation(task);
    await_discovery(L, task,
                    blr_gatt_discover_characteristics(link, service->info.start, service->info.end,
                                                      got_characteristics, task),
                    ASKED_CHARACTERISTICS, k);
}

static struct client_characteristic *need_characteristic(lua_State *L, struct task *task,
                                                         struct client_service *service,
                                                         const struct blr_uuid *uuid,
                                                         lua_KFunction k)
{
    char text[BLR_UUID_TEXT_SIZE];

    need_characteristics(L, task, service, k);
    struct client_characteristic *characteristic = service->characteristics;
    while (characteristic && !blr_uuid_equal(&characteristic->info.uuid, uuid))
        characteristic = characteristic->next;
    if (!characteristic)
        failure_raise(L, BLR_ERR_NOT_FOUND, task->what, "the service has no characteristic %s",
                      blr_uuid_format(uuid, text));
    return characteristic;
}

void client_need_descriptors(lua_State *L, struct task *task,
                             struct client_characteristic *characteristic, lua_KFunction k)
{
    const struct blr_gatt_characteristic *info = &characteristic->info;

    check_outcome(L, task);
    if (task->step == ASKED_DESCRIPTORS) {
        if (!characteristic->has_descriptors)
            add_descriptors(L, characteristic, &task->outcome);
        task->step = FIRST;
    }
    if (info->value >= info->end)
        characteristic->has_descriptors = true;
    if (characteristic->has_descriptors)
        return;
    struct blr_conn *link = conn_link(L, characteristic->service->conn, task->what);
    task_start_operation(task);
    await_discovery(L, task,
                    blr_gatt_discover_descriptors(link, (uint16_t)(info->value + 1), info->end,
                                                  got_descriptors, task),
                    ASKED_DESCRIPTORS, k);
}

/* --- methods of conn --- */

static int conn_services_k(lua_State *L, int status, lua_KContext context)
{
    struct task *task = (struct task *)context;
    struct conn *conn = object_check(L, 1, &conn_type, "conn:services");
    lua_Integer count = 0;

    (void)status;
    need_all_services(L, task, conn, conn_services_k);
    lua_newtable(L);
    for (struct client_service *service = conn->services; service; service = service->next) {
        object_push(L, &service_type, service);
        lua_rawseti(L, -2, ++count);
    }
    return 1;
}

int conn_services(lua_State *L)
{
    struct conn *conn = conn_self(L, 1, "conn:services");
    struct task *task = task_current(L, "%s: conn:services", conn->device->name);

    return conn_services_k(L, LUA_OK, (lua_KContext)task);
}

static int conn_service_k(lua_State *L, int status, lua_KContext context)
{
    struct task *task = (struct task *)context;
    struct conn *conn = object_check(L, 1, &conn_type, "conn:service");
    const struct blr_uuid uuid = value_uuid(L, 2, "conn:service: the UUID");

    (void)status;
    object_push(L, &service_type, need_service(L, task, conn, &uuid, conn_service_k));
    return 1;
}

int conn_service(lua_State *L)
{
    struct conn *conn = conn_self(L, 1, "conn:service");
    struct task *task = task_current(L, "%s: conn:service", conn->device->name);

    return conn_service_k(L, LUA_OK, (lua_KContext)task);
}

static int conn_characteristic_k(lua_State *L, int status, lua_KContext context)
{
    struct task *task = (struct task *)context;
    struct conn *conn = object_check(L, 1, &conn_type, "conn:characteristic");
    const struct blr_uuid service_uuid =
        value_uuid(L, 2, "conn:characteristic: the service's UUID");
    const struct blr_uuid uuid = value_uuid(L, 3, "conn:characteristic: its UUID");
    enum { SERVICE = 4 };

    (void)status;
    /* While its characteristics are asked for it may be forgotten: then all begins anew. */
    if (task->step == ASKED_CHARACTERISTICS &&
        object_check(L, SERVICE, &service_type, task->what) != find_service(conn, &service_uuid))
        task->step = FIRST;
    if (task->step != ASKED_CHARACTERISTICS) {
        struct client_service *known =
            need_service(L, task, conn, &service_uuid, conn_characteristic_k);
        lua_settop(L, SERVICE - 1);
        object_push(L, &service_type, known);
    }
    struct client_service *service = object_check(L, SERVICE, &service_type, task->what);
    object_push(L, &characteristic_type,
                need_characteristic(L, task, service, &uuid, conn_characteristic_k));
    return 1;
}

int conn_characteristic(lua_State *L)
{
    struct conn *conn = conn_self(L, 1, "conn:characteristic");
    struct task *task = task_current(L, "%s: conn:characteristic", conn->device->name);

    return conn_characteristic_k(L, LUA_OK, (lua_KContext)task);
}

/* --- services --- */

static int service_characteristics_k(lua_State *L, int status, lua_KContext context)
{
    struct task *task = (struct task *)context;
    struct client_service *service = object_check(L, 1, &service_type, "service:characteristics");
    lua_Integer count = 0;

    (void)status;
    need_characteristics(L, task, service, service_characteristics_k);
    lua_newtable(L);
    for (struct client_characteristic *one = service->characteristics; one; one = one->next) {
        object_push(L, &characteristic_type, one);
        lua_rawseti(L, -2, ++count);
    }
    return 1;
}

static int service_characteristics(lua_State *L)
{
    struct client_service *service = object_check(L, 1, &service_type, "service:characteristics");
    struct task *task = task_current(L, "%s: service:characteristics", service->conn->device->name);

    device_touch(service->conn->device);
    return service_characteristics_k(L, LUA_OK, (lua_KContext)task);
}

static int service_characteristic_k(lua_State *L, int status, lua_KContext context)
{
    struct task *task = (struct task *)context;
    struct client_service *service = object_check(L, 1, &service_type, "service:characteristic");
    const struct blr_uuid uuid = value_uuid(L, 2, "service:characteristic: the UUID");

    (void)status;
    object_push(L, &characteristic_type,
                need_characteristic(L, task, service, &uuid, service_characteristic_k));
    return 1;
}

static int service_characteristic(lua_State *L)
{
    struct client_service *service = object_check(L, 1, &service_type, "service:characteristic");
    struct task *task = task_current(L, "%s: service:characteristic", service->conn->device->name);

    device_touch(service->conn->device);
    return service_characteristic_k(L, LUA_OK, (lua_KContext)task);
}

static int service_field_uuid(lua_State *L)
{
    const struct client_service *service = object_check(L, 1, &service_type, "service.uuid");

    value_push_uuid(L, &service->info.uuid);
    return 1;
}

static int service_field_first(lua_State *L)
{
    const struct client_service *service = object_check(L, 1, &service_type, "service.first");

    lua_pushinteger(L, service->info.start);
    return 1;
}

static int service_field_last(lua_State *L)
{
    const struct client_service *service = object_check(L, 1, &service_type, "service.last");

    lua_pushinteger(L, service->info.end);
    return 1;
}

static const luaL_Reg service_methods[] = {
    {"characteristic", service_characteristic},
    {"characteristics", service_characteristics},
    {"includes", service_includes},
    {NULL, NULL},
};

static const luaL_Reg service_fields[] = {
    {"first", service_field_first},
    {"last", service_field_last},
    {"uuid", service_field_uuid},
    {NULL, NULL},
};

const struct object_type service_type = {"service", service_methods, service_fields, NULL};

/* --- characteristics and descriptors --- */

static int characteristic_descriptors_k(lua_State *L, int status, lua_KContext context)
{
    struct task *task = (struct task *)context;
    struct client_characteristic *characteristic =
        object_check(L, 1, &characteristic_type, "characteristic:descriptors");
    lua_Integer count = 0;

    (void)status;
    client_need_descriptors(L, task, characteristic, characteristic_descriptors_k);
    lua_newtable(L);
    for (struct client_descriptor *one = characteristic->descriptors; one; one = one->next) {
        object_push(L, &descriptor_type, one);
        lua_rawseti(L, -2, ++count);
    }
    return 1;
}

static int characteristic_descriptors(lua_State *L)
{
    struct client_characteristic *characteristic =
        object_check(L, 1, &characteristic_type, "characteristic:descriptors");
    struct device *device = characteristic->service->conn->device;
    struct task *task = task_current(L, "%s: characteristic:descriptors", device->name);

    device_touch(device);
    return characteristic_descriptors_k(L, LUA_OK, (lua_KContext)task);
}

static int characteristic_descriptor_k(lua_State *L, int status, lua_KContext context)
{
    struct task *task = (struct task *)context;
    struct client_characteristic *characteristic =
        object_check(L, 1, &characteristic_type, "characteristic:descriptor");
    const struct blr_uuid uuid = value_uuid(L, 2, "characteristic:descriptor: the UUID");
    char text[BLR_UUID_TEXT_SIZE];

    (void)status;
    client_need_descriptors(L, task, characteristic, characteristic_descriptor_k);
    for (struct client_descriptor *one = characteristic->descriptors; one; one = one->next)
        if (blr_uuid_equal(&one->info.uuid, &uuid)) {
            object_push(L, &descriptor_type, one);
            return 1;
        }
    return failure_raise(L, BLR_ERR_NOT_FOUND, task->what,
                         "the characteristic has no descriptor %s", blr_uuid_format(&uuid, text));
}

static int characteristic_descriptor(lua_State *L)
{
    struct client_characteristic *characteristic =
        object_check(L, 1, &characteristic_type, "characteristic:descriptor");
    struct device *device = characteristic->service->conn->device;
    struct task *task = task_current(L, "%s: characteristic:descriptor", device->name);

    device_touch(device);
    return characteristic_descriptor_k(L, LUA_OK, (lua_KContext)task);
}

static int characteristic_field_uuid(lua_State *L)
{
    const struct client_characteristic *characteristic =
        object_check(L, 1, &characteristic_type, "characteristic.uuid");

    value_push_uuid(L, &characteristic->info.uuid);
    return 1;
}

static int characteristic_field_handle(lua_State *L)
{
    const struct client_characteristic *characteristic =
        object_check(L, 1, &characteristic_type, "characteristic.handle");

    lua_pushinteger(L, characteristic->info.value);
    return 1;
}

static int characteristic_field_properties(lua_State *L)
{
    const struct client_characteristic *characteristic =
        object_check(L, 1, &characteristic_type, "characteristic.properties");

    properties_push(L, characteristic->info.properties);
    return 1;
}

static const luaL_Reg characteristic_methods[] = {
    {"descriptor", characteristic_descriptor},
    {"descriptors", characteristic_descriptors},
    {"read", characteristic_read},
    {"read_long", characteristic_read_long},
    {"subscribe", characteristic_subscribe},
    {"write", characteristic_write},
    {"write_long", characteristic_write_long},
    {"write_signed", characteristic_write_signed},
    {"write_without_response", characteristic_write_without_response},
    {NULL, NULL},
};

static const luaL_Reg characteristic_fields[] = {
    {"handle", characteristic_field_handle},
    {"properties", characteristic_field_properties},
    {"uuid", characteristic_field_uuid},
    {NULL, NULL},
};

const struct object_type characteristic_type = {"characteristic", characteristic_methods,
                                                characteristic_fields, NULL};

static int descriptor_field_uuid(lua_State *L)
{
    const struct client_descriptor *descriptor =
        object_check(L, 1, &descriptor_type, "descriptor.uuid");

    value_push_uuid(L, &descriptor->info.uuid);
    return 1;
}

static int descriptor_field_handle(lua_State *L)
{
    const struct client_descriptor *descriptor =
        object_check(L, 1, &descriptor_type, "descriptor.handle");

    lua_pushinteger(L, descriptor->info.handle);
    return 1;
}

static const luaL_Reg descriptor_methods[] = {
    {"read", descriptor_read},
    {"read_long", descriptor_read_long},
    {"write", descriptor_write},
    {"write_long", descriptor_write_long},
    {NULL, NULL},
};

static const luaL_Reg descriptor_fields[] = {
    {"handle", descriptor_field_handle},
    {"uuid", descriptor_field_uuid},
    {NULL, NULL},
};

const struct object_type descriptor_type = {"descriptor", descriptor_methods, descriptor_fields,
                                            NULL};
