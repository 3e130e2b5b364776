/* SPDX-License-Identifier: MIT */
/* Values of a peer: reading and writing by characteristic, descriptor or handle; the MTU. */
#include "conn.h"
#include "failure.h"
#include "opts.h"

enum { MAX_HANDLES = 64 };

static void got_value(struct blr_conn *link, int error, const uint8_t *value, size_t len,
                      void *user)
{
    (void)link;
    task_complete_data(user, error, value, len, 1);
}

static void got_done(struct blr_conn *link, int error, void *user)
{
    (void)link;
    task_complete(user, error);
}

static int value_done(lua_State *L, int status, lua_KContext context)
{
    struct task *task = (struct task *)context;

    (void)status;
    if (task->outcome.error)
        return failure_raise(L, task->outcome.error, task->what, NULL);
    lua_pushlstring(L, task->outcome.data ? task->outcome.data : "", task->outcome.count);
    return 1;
}

/* Awaits the value that an operation just started (or did not) will bring. */
static int await_value(lua_State *L, struct task *task, int error)
{
    if (error)
        return failure_raise(L, error, task->what, NULL);
    return task_await(task, value_done, (lua_KContext)task);
}

static int read_handle(lua_State *L, struct conn *conn, uint16_t handle, const char *call,
                       bool whole)
{
    struct task *task = task_current(L, "%s: %s", conn->device->name, call);
    struct blr_conn *link = conn_link(L, conn, task->what);

    device_touch(conn->device);
    task_start_operation(task);
    return await_value(L, task,
                       whole ? blr_gatt_read_long(link, handle, got_value, task)
                             : blr_gatt_read(link, handle, got_value, task));
}

int client_write(lua_State *L, client_write_fn *write, struct conn *conn, uint16_t handle,
                 int index, const char *call)
{
    size_t len;
    const uint8_t *value = value_bytes(L, index, call, &len, ATT_MAX_VALUE);
    struct task *task = task_current(L, "%s: %s", conn->device->name, call);
    struct blr_conn *link = conn_link(L, conn, task->what);

    device_touch(conn->device);
    task_start_operation(task);
    const int error = write(link, handle, value, len, got_done, task);
    if (error)
        return failure_raise(L, error, task->what, NULL);
    return task_await(task, task_done, (lua_KContext)task);
}

/* The stack takes a command when it has room; until then an interval at a time is waited. */
static int write_command_k(lua_State *L, int status, lua_KContext context)
{
    struct task *task = (struct task *)context;
    size_t len;
    const uint8_t *value = (const uint8_t *)lua_tolstring(L, 1, &len);
    struct conn *conn = lua_touserdata(L, 2);
    const uint16_t handle = (uint16_t)lua_tointeger(L, 3);
    struct blr_conn *link = conn_link(L, conn, task->what);

    (void)status;
    const bool is_signed = lua_toboolean(L, 4);
    const int error = (is_signed ? blr_gatt_write_signed : blr_gatt_write_without_response)(
        link, handle, value, len);
    if (error == BLR_ERR_AGAIN) {
        task_begin_wait(task, conn->interval_1250us * SIM_US(1250));
        return task_wait(task, &conn->gone, write_command_k, context);
    }
    if (error)
        return failure_raise(L, error, task->what, NULL);
    return 0;
}

static int write_command(lua_State *L, struct conn *conn, uint16_t handle, int index,
                         const char *call, bool is_signed)
{
    size_t len;

    value_bytes(L, index, call, &len, ATT_MAX_VALUE);
    struct task *task = task_current(L, "%s: %s", conn->device->name, call);
    device_touch(conn->device);
    lua_pushvalue(L, index);
    lua_insert(L, 1);
    lua_settop(L, 1);
    lua_pushlightuserdata(L, conn);
    lua_pushinteger(L, handle);
    lua_pushboolean(L, is_signed);
    return write_command_k(L, LUA_OK, (lua_KContext)task);
}

uint16_t client_handle_argument(lua_State *L, int index, const char *call)
{
    char what[96];
    const struct opts opts = {.call = call};

    return (uint16_t)value_integer(L, index, opts_what(&opts, "the handle", what), 1, 0xFFFF);
}

/* --- conn --- */

int conn_read(lua_State *L)
{
    struct conn *conn = conn_self(L, 1, "conn:read");

    return read_handle(L, conn, client_handle_argument(L, 2, "conn:read"), "conn:read", false);
}

int conn_read_long(lua_State *L)
{
    struct conn *conn = conn_self(L, 1, "conn:read_long");

    return read_handle(L, conn, client_handle_argument(L, 2, "conn:read_long"), "conn:read_long",
                       true);
}

int conn_write(lua_State *L)
{
    struct conn *conn = conn_self(L, 1, "conn:write");

    return client_write(L, blr_gatt_write, conn, client_handle_argument(L, 2, "conn:write"), 3,
                        "conn:write");
}

int conn_write_without_response(lua_State *L)
{
    static const char call[] = "conn:write_without_response";
    struct conn *conn = conn_self(L, 1, call);

    return write_command(L, conn, client_handle_argument(L, 2, call), 3, call, false);
}

int conn_write_signed(lua_State *L)
{
    static const char call[] = "conn:write_signed";
    struct conn *conn = conn_self(L, 1, call);

    return write_command(L, conn, client_handle_argument(L, 2, call), 3, call, true);
}

int conn_read_by_uuid(lua_State *L)
{
    struct conn *conn = conn_self(L, 1, "conn:read_by_uuid");
    const struct blr_uuid uuid = value_uuid(L, 2, "conn:read_by_uuid: the UUID");
    struct task *task = task_current(L, "%s: conn:read_by_uuid", conn->device->name);
    struct blr_conn *link = conn_link(L, conn, task->what);

    task_start_operation(task);
    return await_value(L, task, blr_gatt_read_by_uuid(link, 1, 0xFFFF, &uuid, got_value, task));
}

size_t client_handles_argument(lua_State *L, int index, const char *call, uint16_t *handles,
                               size_t max)
{
    if (lua_type(L, index) != LUA_TTABLE)
        luaL_error(L, "%s takes a list of handles, got %s", call, luaL_typename(L, index));
    const size_t count = lua_rawlen(L, index);
    if (count < 2 || count > max)
        luaL_error(L, "%s takes 2 to %d handles", call, (int)max);
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, index, (lua_Integer)i + 1);
        handles[i] = client_handle_argument(L, -1, call);
        lua_pop(L, 1);
    }
    return count;
}

int conn_read_multiple(lua_State *L)
{
    static const char call[] = "conn:read_multiple";
    struct conn *conn = conn_self(L, 1, call);
    uint16_t handles[MAX_HANDLES];
    const size_t count = client_handles_argument(L, 2, call, handles, MAX_HANDLES);
    struct task *task = task_current(L, "%s: %s", conn->device->name, call);
    struct blr_conn *link = conn_link(L, conn, task->what);

    task_start_operation(task);
    return await_value(L, task, blr_gatt_read_multiple(link, handles, count, got_value, task));
}

static void got_mtu(struct blr_conn *link, int error, uint16_t mtu, void *user)
{
    (void)link;
    task_complete_number(user, error, mtu);
}

int conn_exchange_mtu(lua_State *L)
{
    struct conn *conn = conn_self(L, 1, "conn:exchange_mtu");
    struct task *task = task_current(L, "%s: conn:exchange_mtu", conn->device->name);
    struct blr_conn *link = conn_link(L, conn, task->what);

    task_start_operation(task);
    const int error = blr_gatt_exchange_mtu(link, got_mtu, task);
    if (error)
        return failure_raise(L, error, task->what, NULL);
    return task_await(task, task_number, (lua_KContext)task);
}

/* --- characteristic and descriptor --- */

int characteristic_read(lua_State *L)
{
    const struct client_characteristic *one =
        object_check(L, 1, &characteristic_type, "characteristic:read");

    return read_handle(L, one->service->conn, one->info.value, "characteristic:read", false);
}

int characteristic_read_long(lua_State *L)
{
    const struct client_characteristic *one =
        object_check(L, 1, &characteristic_type, "characteristic:read_long");

    return read_handle(L, one->service->conn, one->info.value, "characteristic:read_long", true);
}

int characteristic_write(lua_State *L)
{
    const struct client_characteristic *one =
        object_check(L, 1, &characteristic_type, "characteristic:write");

    return client_write(L, blr_gatt_write, one->service->conn, one->info.value, 2,
                        "characteristic:write");
}

int characteristic_write_without_response(lua_State *L)
{
    static const char call[] = "characteristic:write_without_response";
    const struct client_characteristic *one = object_check(L, 1, &characteristic_type, call);

    return write_command(L, one->service->conn, one->info.value, 2, call, false);
}

int characteristic_write_signed(lua_State *L)
{
    static const char call[] = "characteristic:write_signed";
    const struct client_characteristic *one = object_check(L, 1, &characteristic_type, call);

    return write_command(L, one->service->conn, one->info.value, 2, call, true);
}

int descriptor_read(lua_State *L)
{
    const struct client_descriptor *one = object_check(L, 1, &descriptor_type, "descriptor:read");

    return read_handle(L, one->characteristic->service->conn, one->info.handle, "descriptor:read",
                       false);
}

int descriptor_read_long(lua_State *L)
{
    static const char call[] = "descriptor:read_long";
    const struct client_descriptor *one = object_check(L, 1, &descriptor_type, call);

    return read_handle(L, one->characteristic->service->conn, one->info.handle, call, true);
}

int descriptor_write(lua_State *L)
{
    const struct client_descriptor *one = object_check(L, 1, &descriptor_type, "descriptor:write");

    return client_write(L, blr_gatt_write, one->characteristic->service->conn, one->info.handle, 2,
                        "descriptor:write");
}
