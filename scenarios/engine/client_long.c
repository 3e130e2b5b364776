/* SPDX-License-Identifier: MIT */
/*
 * The GATT client's less common procedures: long and reliable writes, several values at once,
 * included services, and what the client tells the server that it can take.
 */
#include <stdlib.h>
#include <string.h>

#include "conn.h"
#include "failure.h"
#include "opts.h"

enum { MAX_ITEMS = 64 };

static void got_done(struct blr_conn *link, int error, void *user)
{
    (void)link;
    task_complete(user, error);
}

/* --- long writes --- */

int conn_write_long(lua_State *L)
{
    static const char call[] = "conn:write_long";
    struct conn *conn = conn_self(L, 1, call);

    return client_write(L, blr_gatt_write_long, conn, client_handle_argument(L, 2, call), 3, call);
}

int characteristic_write_long(lua_State *L)
{
    static const char call[] = "characteristic:write_long";
    const struct client_characteristic *one = object_check(L, 1, &characteristic_type, call);

    return client_write(L, blr_gatt_write_long, one->service->conn, one->info.value, 2, call);
}

int descriptor_write_long(lua_State *L)
{
    static const char call[] = "descriptor:write_long";
    const struct client_descriptor *one = object_check(L, 1, &descriptor_type, call);

    return client_write(L, blr_gatt_write_long, one->characteristic->service->conn,
                        one->info.handle, 2, call);
}

/* --- reliable writes --- */

/* The handle of { characteristic, value } or { handle, value } at the top. */
static uint16_t item_handle(lua_State *L, struct conn *conn, const char *call)
{
    lua_rawgeti(L, -1, 1);
    if (lua_isinteger(L, -1)) {
        const uint16_t handle = client_handle_argument(L, -1, call);
        lua_pop(L, 1);
        return handle;
    }
    const struct client_characteristic *one = object_check(L, -1, &characteristic_type, call);
    if (one->service->conn != conn)
        luaL_error(L, "%s: that characteristic is of another connection", call);
    lua_pop(L, 1);
    return one->info.value;
}

int conn_write_reliable(lua_State *L)
{
    static const char call[] = "conn:write_reliable";
    struct conn *conn = conn_self(L, 1, call);
    struct blr_gatt_write_item items[MAX_ITEMS];

    if (lua_type(L, 2) != LUA_TTABLE)
        return luaL_error(L, "%s takes a list of { characteristic, value }, got %s", call,
                          luaL_typename(L, 2));
    const size_t count = lua_rawlen(L, 2);
    if (count < 1 || count > MAX_ITEMS)
        return luaL_error(L, "%s takes 1 to %d writes", call, (int)MAX_ITEMS);
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, 2, (lua_Integer)i + 1);
        if (lua_type(L, -1) != LUA_TTABLE)
            return luaL_error(L, "%s takes a list of { characteristic, value }", call);
        items[i].handle = item_handle(L, conn, call);
        lua_rawgeti(L, -1, 2);
        items[i].value = value_bytes(L, -1, call, &items[i].len, ATT_MAX_VALUE);
        lua_pop(L, 2); /* the list holds on to the value */
    }
    struct task *task = task_current(L, "%s: %s", conn->device->name, call);
    struct blr_conn *link = conn_link(L, conn, task->what);
    task_start_operation(task);
    const int error = blr_gatt_write_reliable(link, items, count, got_done, task);
    if (error)
        return failure_raise(L, error, task->what, NULL);
    return task_await(task, task_done, (lua_KContext)task);
}

/* --- several values of any length --- */

/* The values one behind the other, each with the two octets of its length. */
static void got_values(struct blr_conn *link, int error, const struct blr_gatt_value *values,
                       size_t count, void *user)
{
    uint8_t octets[BLR_GATT_MAX_MTU];
    struct wr w = wr_init(octets, sizeof octets);

    (void)link;
    for (size_t i = 0; i < count; i++) {
        wr_u16(&w, (uint16_t)values[i].len);
        wr_bytes(&w, values[i].value, values[i].len);
    }
    task_complete_data(user, error, octets, w.len, 1);
}

static int values_done(lua_State *L, int status, lua_KContext context)
{
    const struct task *task = (const struct task *)context;
    lua_Integer count = 0;

    (void)status;
    if (task->outcome.error)
        return failure_raise(L, task->outcome.error, task->what, NULL);
    struct rd r = rd_init(task->outcome.data, task->outcome.count);
    lua_newtable(L);
    while (rd_left(&r)) {
        const uint16_t len = rd_u16(&r);
        const char *value = (const char *)rd_bytes(&r, len);
        lua_pushlstring(L, len ? value : "", len);
        lua_rawseti(L, -2, ++count);
    }
    return 1;
}

int conn_read_multiple_variable(lua_State *L)
{
    static const char call[] = "conn:read_multiple_variable";
    struct conn *conn = conn_self(L, 1, call);
    uint16_t handles[MAX_ITEMS];
    const size_t count = client_handles_argument(L, 2, call, handles, MAX_ITEMS);
    struct task *task = task_current(L, "%s: %s", conn->device->name, call);
    struct blr_conn *link = conn_link(L, conn, task->what);

    task_start_operation(task);
    const int error = blr_gatt_read_multiple_variable(link, handles, count, got_values, task);
    if (error)
        return failure_raise(L, error, task->what, NULL);
    return task_await(task, values_done, (lua_KContext)task);
}

/* --- included services --- */

static void got_includes(struct blr_conn *link, int error, const struct blr_gatt_include *includes,
                         size_t count, void *user)
{
    (void)link;
    task_complete_data(user, error, includes, count, sizeof *includes);
}

static int includes_done(lua_State *L, int status, lua_KContext context)
{
    const struct task *task = (const struct task *)context;
    struct client_service *service = object_check(L, 1, &service_type, "service:includes");
    const struct blr_gatt_include *includes = task->outcome.data;

    (void)status;
    if (task->outcome.error)
        return failure_raise(L, task->outcome.error, task->what, NULL);
    lua_newtable(L);
    for (size_t i = 0; i < task->outcome.count; i++) {
        struct client_service *included =
            client_included_service(L, service->conn, &includes[i].service);
        object_push(L, &service_type, included);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

int service_includes(lua_State *L)
{
    static const char call[] = "service:includes";
    struct client_service *service = object_check(L, 1, &service_type, call);
    struct task *task = task_current(L, "%s: %s", service->conn->device->name, call);
    struct blr_conn *link = conn_link(L, service->conn, task->what);

    device_touch(service->conn->device);
    task_start_operation(task);
    const int error =
        blr_gatt_find_included(link, service->info.start, service->info.end, got_includes, task);
    if (error)
        return failure_raise(L, error, task->what, NULL);
    return task_await(task, includes_done, (lua_KContext)task);
}

/* --- what the client can take --- */

int conn_set_client_features(lua_State *L)
{
    static const char call[] = "conn:set_client_features";
    static const char *const known[] = {"multiple_notifications", "robust_caching", NULL};
    struct conn *conn = conn_self(L, 1, call);
    const struct opts opts = opts_open(L, 2, call, known, false);
    uint8_t features = 0;

    if (opts_bool(&opts, "robust_caching", false))
        features |= GATT_CLIENT_ROBUST_CACHING;
    if (opts_bool(&opts, "multiple_notifications", false))
        features |= GATT_CLIENT_MULTIPLE_NOTIFICATIONS;
    if (!features)
        return luaL_error(L, "%s: no feature is true, and none can be taken back", call);
    struct task *task = task_current(L, "%s: %s", conn->device->name, call);
    struct blr_conn *link = conn_link(L, conn, task->what);
    task_start_operation(task);
    const int error = blr_gatt_set_client_features(link, features, got_done, task);
    if (error)
        return failure_raise(L, error, task->what, NULL);
    return task_await(task, task_done, (lua_KContext)task);
}

/* What scripts still hold of it stays as it was. */
int conn_forget_services(lua_State *L)
{
    struct conn *conn = conn_self(L, 1, "conn:forget_services");

    conn->services = NULL;
    conn->all_services = false;
    return 0;
}
