/* SPDX-License-Identifier: MIT */
/* Values of a device's own characteristics: callbacks of the script, notifications, writes. */
#include <stdlib.h>
#include <string.h>

#include "callback.h"
#include "conn.h"
#include "failure.h"
#include "opts.h"
#include "server.h"

/* --- on_read and its like: called by the stack, answered at once --- */

struct call {
    struct server_attribute *attribute;
    int function;
    struct conn *conn;
    const uint8_t *value; /* on_write */
    size_t len;
    uint16_t cccd; /* on_subscribe */
    int results;
    uint8_t att_error;
};

/* The result at the top: an ATT error code, or what the callback makes of it. */
static void take_result(lua_State *L, void *user)
{
    struct call *call = user;
    size_t len;

    switch (lua_type(L, -1)) {
    case LUA_TNIL:
        return;
    case LUA_TNUMBER:
        if (!lua_isinteger(L, -1) || lua_tointeger(L, -1) < 1 || lua_tointeger(L, -1) > 0xFF)
            callback_wrong_result(L, call->function, "an ATT error code is 1 to 255");
        call->att_error = (uint8_t)lua_tointeger(L, -1);
        return;
    case LUA_TBOOLEAN:
        if (lua_toboolean(L, -1))
            return;
        call->att_error = call->function == call->attribute->on_authorize
                              ? ATT_ERR_INSUFFICIENT_AUTHORIZATION
                              : ATT_ERR_WRITE_REQUEST_REJECTED;
        return;
    case LUA_TSTRING:
        if (call->function == call->attribute->on_read) {
            if (!call->attribute->handle) { /* on_read removed its own service */
                call->att_error = ATT_ERR_INVALID_HANDLE;
                return;
            }
            const char *value = lua_tolstring(L, -1, &len);
            const int error =
                blr_attribute_set(call->attribute->handle, (const uint8_t *)value, len);
            if (error)
                callback_wrong_result(L, call->function, blr_strerror(error));
            return;
        }
        break;
    }
    callback_wrong_result(L, call->function,
                 call->function == call->attribute->on_read
                     ? "on_read returns a value, an ATT error code or nothing"
                     : "it returns an ATT error code, false, true or nothing");
}

static int push_arguments(lua_State *L, void *user)
{
    const struct call *call = user;
    int arguments = 1;

    if (call->function == call->attribute->on_write) {
        lua_pushlstring(L, call->value ? (const char *)call->value : "", call->len);
        arguments = 2;
    } else if (call->function == call->attribute->on_subscribe) {
        lua_pushboolean(L, call->cccd & 1);
        lua_pushboolean(L, call->cccd & 2);
        arguments = 3;
    }
    object_push(L, &conn_type, call->conn);
    return arguments;
}

/* 0, or the ATT error that the client gets. A callback that fails ends the scenario. */
static uint8_t call_script(struct call *call, struct blr_conn *link)
{
    struct device *device = call->attribute->service->device;
    struct run *run = device->run;
    const struct callback callback = {
        .function = call->function,
        .device = device,
        .push = push_arguments,
        .take = call->results ? take_result : NULL,
        .user = call,
    };

    if (call->function == LUA_NOREF || run->closing || run->over)
        return 0;
    call->conn = conn_of(device, link);
    if (!call->conn || !callback_run(run, &callback))
        return ATT_ERR_UNLIKELY_ERROR;
    return call->att_error;
}

static uint8_t on_read(struct blr_attribute *handle, struct blr_conn *link, void *user)
{
    struct server_attribute *attribute = user;
    struct call call = {.attribute = attribute, .function = attribute->on_read, .results = 1};

    (void)handle;
    return call_script(&call, link);
}

static uint8_t on_write(struct blr_attribute *handle, struct blr_conn *link, const uint8_t *value,
                        size_t len, void *user)
{
    struct server_attribute *attribute = user;
    struct call call = {
        .attribute = attribute,
        .function = attribute->on_write,
        .value = value,
        .len = len,
        .results = 1,
    };

    (void)handle;
    return call_script(&call, link);
}

static void on_written(struct blr_attribute *handle, struct blr_conn *link, const uint8_t *value,
                       size_t len, void *user)
{
    struct server_attribute *attribute = user;
    struct device *device = attribute->service->device;

    (void)handle;
    if (attribute->keeps_writes && !device->run->closing)
        queue_put(&attribute->writes, device->run, conn_of(device, link), 0, value, len);
}

static void on_subscribe(struct blr_attribute *handle, struct blr_conn *link, uint16_t cccd,
                         void *user)
{
    struct server_attribute *attribute = user;
    struct call call = {.attribute = attribute, .function = attribute->on_subscribe, .cccd = cccd};

    (void)handle;
    call_script(&call, link);
    signal_fire(&attribute->subscribed);
}

static uint8_t on_authorize(struct blr_attribute *handle, struct blr_conn *link, void *user)
{
    struct server_attribute *attribute = user;
    struct call call = {.attribute = attribute, .function = attribute->on_authorize, .results = 1};

    (void)handle;
    return call_script(&call, link);
}

const struct blr_attribute_callbacks server_callbacks = {
    .read = on_read,
    .write = on_write,
    .written = on_written,
    .subscribed = on_subscribe,
    .authorize = on_authorize,
};

/* --- values --- */

static struct server_attribute *attribute_self(lua_State *L, const struct object_type *type,
                                               const char *call)
{
    struct server_attribute *attribute = object_check(L, 1, type, call);

    device_touch(attribute->service->device);
    server_handle(L, attribute, call);
    return attribute;
}

static int push_value(lua_State *L, const struct object_type *type, const char *call)
{
    size_t len;
    const struct server_attribute *attribute = attribute_self(L, type, call);
    const uint8_t *value = blr_attribute_value(attribute->handle, &len);

    lua_pushlstring(L, value ? (const char *)value : "", len);
    return 1;
}

static int set_value(lua_State *L, const struct object_type *type, const char *call)
{
    size_t len;
    const struct server_attribute *attribute = attribute_self(L, type, call);
    const uint8_t *value = value_bytes(L, 2, call, &len, ATT_MAX_VALUE);
    const int error = blr_attribute_set(attribute->handle, value, len);

    if (error)
        return failure_raise(L, error, call, NULL);
    return 0;
}

int server_characteristic_value(lua_State *L)
{
    return push_value(L, &server_characteristic_type, "server_characteristic:value");
}

int server_characteristic_set(lua_State *L)
{
    return set_value(L, &server_characteristic_type, "server_characteristic:set");
}

int server_descriptor_value(lua_State *L)
{
    return push_value(L, &server_descriptor_type, "server_descriptor:value");
}

int server_descriptor_set(lua_State *L)
{
    return set_value(L, &server_descriptor_type, "server_descriptor:set");
}

/* --- notifications and indications, to one client or to all who subscribed --- */

/*
 * Stack of both: 1 the characteristic, 2 the value, 3 the one connection or nil, 4 the connection
 * that is next (light userdata, or nil at the end), 5 how many were sent to.
 */
enum { VALUE = 2, ONLY = 3, NEXT = 4, SENT = 5 };

static struct server_attribute *begin_sending(lua_State *L, const char *call, uint16_t bit)
{
    struct server_attribute *attribute = attribute_self(L, &server_characteristic_type, call);
    struct conn *only = NULL;
    size_t len;

    if (!(bit == 1 ? attribute->can_notify : attribute->can_indicate))
        luaL_error(L, "%s: the characteristic has not got that property", call);
    value_bytes(L, VALUE, call, &len, ATT_MAX_VALUE);
    lua_settop(L, 3);
    if (!lua_isnil(L, ONLY)) {
        only = object_check(L, ONLY, &conn_type, call);
        conn_link(L, only, call);
        if (only->device != attribute->service->device)
            luaL_error(L, "%s: that is no connection of %s", call,
                       attribute->service->device->name);
    }
    lua_pushlightuserdata(L, only ? only : attribute->service->device->conns);
    lua_pushinteger(L, 0);
    return attribute;
}

/* The next connection to send to, from the one on the stack on; NULL: done. */
static struct conn *next_client(lua_State *L, const struct server_attribute *attribute,
                                uint16_t bit)
{
    struct conn *conn = lua_touserdata(L, NEXT);

    if (!lua_isnil(L, ONLY))
        return conn;
    while (conn && !(conn->link && blr_attribute_cccd(attribute->handle, conn->link) & bit))
        conn = conn->next;
    return conn;
}

static void sent_to(lua_State *L, const struct conn *conn)
{
    struct conn *next = lua_isnil(L, ONLY) ? conn->next : NULL;

    lua_pushlightuserdata(L, next);
    lua_replace(L, NEXT);
    lua_pushinteger(L, lua_tointeger(L, SENT) + 1);
    lua_replace(L, SENT);
}

static int notify_k(lua_State *L, int status, lua_KContext context)
{
    static const char call[] = "server_characteristic:notify";
    struct server_attribute *attribute = object_check(L, 1, &server_characteristic_type, call);
    struct run *run = run_of(L);
    struct conn *conn;
    size_t len;
    const uint8_t *value = (const uint8_t *)lua_tolstring(L, VALUE, &len);

    (void)status;
    (void)context;
    server_handle(L, attribute, call);
    while ((conn = next_client(L, attribute, 1))) {
        const int error = blr_gatt_notify(attribute->handle, conn_link(L, conn, call), value, len);
        if (error == BLR_ERR_AGAIN && run->current && run->current->L == L && lua_isyieldable(L)) {
            /* The stack is full: a connection interval later there is room. */
            struct task *task = task_current(L, "%s: %s", conn->device->name, call);
            lua_pushlightuserdata(L, conn);
            lua_replace(L, NEXT);
            task_begin_wait(task, conn->interval_1250us * SIM_US(1250));
            return task_wait(task, &conn->gone, notify_k, 0);
        }
        if (error)
            return failure_raise(L, error, call, "%s",
                                 error == BLR_ERR_STATE ? "that client has not subscribed" : "");
        sent_to(L, conn);
    }
    lua_pushvalue(L, SENT);
    return 1;
}

int server_characteristic_notify(lua_State *L)
{
    begin_sending(L, "server_characteristic:notify", 1);
    return notify_k(L, LUA_OK, 0);
}

static void confirmed(struct blr_attribute *handle, struct blr_conn *link, int error, void *user)
{
    (void)handle;
    (void)link;
    task_complete(user, error);
}

static int indicate_k(lua_State *L, int status, lua_KContext context)
{
    struct task *task = (struct task *)context;
    struct server_attribute *attribute =
        object_check(L, 1, &server_characteristic_type, "server_characteristic:indicate");
    size_t len;
    const uint8_t *value = (const uint8_t *)lua_tolstring(L, VALUE, &len);

    (void)status;
    if (task->step && task->outcome.error)
        return failure_raise(L, task->outcome.error, task->what, NULL);
    server_handle(L, attribute, task->what);
    struct conn *conn = next_client(L, attribute, 2);
    if (!conn) {
        lua_pushvalue(L, SENT);
        return 1;
    }
    task_start_operation(task);
    task->step = 1;
    const int error = blr_gatt_indicate(attribute->handle, conn_link(L, conn, task->what), value,
                                        len, confirmed, task);
    if (error)
        return failure_raise(L, error, task->what, "%s",
                             error == BLR_ERR_STATE ? "that client has not subscribed" : "");
    sent_to(L, conn);
    return task_await(task, indicate_k, context);
}

int server_characteristic_indicate(lua_State *L)
{
    static const char call[] = "server_characteristic:indicate";
    struct server_attribute *attribute = begin_sending(L, call, 2);
    struct task *task = task_current(L, "%s: %s", attribute->service->device->name, call);

    return indicate_k(L, LUA_OK, (lua_KContext)task);
}

/* --- waiting for clients --- */

static int next_write_k(lua_State *L, int status, lua_KContext context)
{
    struct task *task = (struct task *)context;
    struct server_attribute *attribute =
        object_check(L, 1, &server_characteristic_type, "server_characteristic:next_write");
    struct queue *queue = &attribute->writes;

    (void)status;
    if (queue->first) {
        lua_pushlstring(L, (const char *)queue->first->bytes, queue->first->len);
        attribute->writer = queue->first->from;
        free(queue_take(queue));
        return 1;
    }
    if (queue->overflowed)
        return luaL_error(L, "%s: more writes came than a script may leave unread", task->what);
    server_handle(L, attribute, task->what);
    if (task_timed_out(task))
        return failure_raise(L, BLR_ERR_TIMEOUT, task->what, "nothing was written");
    return task_wait(task, &queue->signal, next_write_k, context);
}

int server_characteristic_next_write(lua_State *L)
{
    static const char call[] = "server_characteristic:next_write";
    struct server_attribute *attribute = attribute_self(L, &server_characteristic_type, call);
    const sim_ns timeout = task_timeout_argument(L, 2, call);
    struct task *task = task_current(L, "%s: %s", attribute->service->device->name, call);

    if (!attribute->keeps_writes)
        return luaL_error(L, "%s: the characteristic cannot be written", call);
    lua_settop(L, 1);
    task_begin_wait(task, timeout);
    return next_write_k(L, LUA_OK, (lua_KContext)task);
}

static int wait_subscribed_k(lua_State *L, int status, lua_KContext context)
{
    struct task *task = (struct task *)context;
    struct server_attribute *attribute =
        object_check(L, 1, &server_characteristic_type, "server_characteristic:wait_subscribed");

    (void)status;
    server_handle(L, attribute, task->what);
    for (struct conn *conn = attribute->service->device->conns; conn; conn = conn->next)
        if (conn->link && blr_attribute_cccd(attribute->handle, conn->link)) {
            object_push(L, &conn_type, conn);
            return 1;
        }
    if (task_timed_out(task))
        return failure_raise(L, BLR_ERR_TIMEOUT, task->what, "no client subscribed");
    return task_wait(task, &attribute->subscribed, wait_subscribed_k, context);
}

int server_characteristic_wait_subscribed(lua_State *L)
{
    static const char call[] = "server_characteristic:wait_subscribed";
    struct server_attribute *attribute = attribute_self(L, &server_characteristic_type, call);
    const sim_ns timeout = task_timeout_argument(L, 2, call);
    struct task *task = task_current(L, "%s: %s", attribute->service->device->name, call);

    lua_settop(L, 1);
    task_begin_wait(task, timeout);
    return wait_subscribed_k(L, LUA_OK, (lua_KContext)task);
}
