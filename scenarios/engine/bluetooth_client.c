/* SPDX-License-Identifier: MIT */
/* What a connection of the Bluetooth interface offers: its services and their characteristics. */
#include "bluetooth.h"
#include "failure.h"

/* --- connections --- */

static struct bluetooth_object *connection_self(lua_State *L, const char *call)
{
    return bluetooth_object_self(L, &gattc_connection_type, call);
}

static void connection_done(struct blr_gattc_connection *conn, int error, void *user)
{
    (void)conn;
    task_complete(user, error);
}

static int connection_isconnected(lua_State *L)
{
    const struct bluetooth_object *self = connection_self(L, "gattc_connection:isconnected");

    lua_pushboolean(L, blr_gattc_isconnected(self->thing));
    return 1;
}

static int connection_disconnect(lua_State *L)
{
    static const char call[] = "gattc_connection:disconnect";
    struct bluetooth_object *self = connection_self(L, call);
    struct task *task = bluetooth_task(L, self->owner, call);

    bluetooth_check(L, self->owner, blr_gattc_disconnect_async(self->thing, connection_done, task),
                    task->what);
    return task_await(task, task_done, (lua_KContext)task);
}

static int services_found(lua_State *L, int status, lua_KContext context)
{
    struct bluetooth_object *self = connection_self(L, "gattc_connection:services");
    lua_Integer count = 0;

    task_done(L, status, context);
    lua_newtable(L);
    for (struct blr_gattc_service *service = blr_gattc_service_first(self->thing); service;
         service = blr_gattc_service_next(service)) {
        bluetooth_push(L, self->owner, &gattc_service_type, service);
        lua_rawseti(L, -2, ++count);
    }
    return 1;
}

static int connection_services(lua_State *L)
{
    static const char call[] = "gattc_connection:services";
    struct bluetooth_object *self = connection_self(L, call);
    struct task *task = bluetooth_task(L, self->owner, call);

    bluetooth_check(L, self->owner, blr_gattc_services_async(self->thing, connection_done, task),
                    task->what);
    return task_await(task, services_found, (lua_KContext)task);
}

/* The engine's own connection, for what this interface does not have. */
static int connection_field_conn(lua_State *L)
{
    const struct bluetooth_object *self = connection_self(L, "gattc_connection.conn");
    const struct blr_conn *link = blr_gattc_conn(self->thing);
    struct conn *conn = link ? conn_of(self->owner->device, link) : NULL;

    if (conn)
        object_push(L, &conn_type, conn);
    else
        lua_pushnil(L);
    return 1;
}

/* --- services --- */

static struct bluetooth_object *service_self(lua_State *L, const char *call)
{
    return bluetooth_object_self(L, &gattc_service_type, call);
}

static void service_done(struct blr_gattc_service *service, int error, void *user)
{
    (void)service;
    task_complete(user, error);
}

static int characteristics_found(lua_State *L, int status, lua_KContext context)
{
    struct bluetooth_object *self = service_self(L, "gattc_service:characteristics");
    lua_Integer count = 0;

    task_done(L, status, context);
    lua_newtable(L);
    for (struct blr_gattc_characteristic *chr = blr_gattc_characteristic_first(self->thing); chr;
         chr = blr_gattc_characteristic_next(chr)) {
        bluetooth_push(L, self->owner, &gattc_characteristic_type, chr);
        lua_rawseti(L, -2, ++count);
    }
    return 1;
}

static int service_characteristics(lua_State *L)
{
    static const char call[] = "gattc_service:characteristics";
    struct bluetooth_object *self = service_self(L, call);
    struct task *task = bluetooth_task(L, self->owner, call);

    bluetooth_check(L, self->owner, blr_gattc_characteristics_async(self->thing, service_done, task),
                    task->what);
    return task_await(task, characteristics_found, (lua_KContext)task);
}

static int service_instance(lua_State *L)
{
    lua_pushinteger(L, blr_gattc_service_instance(service_self(L, "gattc_service:instance")->thing));
    return 1;
}

static int service_isprimary(lua_State *L)
{
    lua_pushboolean(L,
                    blr_gattc_service_isprimary(service_self(L, "gattc_service:isprimary")->thing));
    return 1;
}

static int service_uuid(lua_State *L)
{
    bluetooth_push_uuid(L, blr_gattc_service_uuid(service_self(L, "gattc_service:uuid")->thing));
    return 1;
}

/* --- characteristics --- */

static struct bluetooth_object *characteristic_self(lua_State *L, const char *call)
{
    return bluetooth_object_self(L, &gattc_characteristic_type, call);
}

static void characteristic_done(struct blr_gattc_characteristic *chr, int error, void *user)
{
    (void)chr;
    task_complete(user, error);
}

static int characteristic_uuid(lua_State *L)
{
    const struct bluetooth_object *self = characteristic_self(L, "gattc_characteristic:uuid");

    bluetooth_push_uuid(L, blr_gattc_characteristic_uuid(self->thing));
    return 1;
}

static int characteristic_instance(lua_State *L)
{
    const struct bluetooth_object *self = characteristic_self(L, "gattc_characteristic:instance");

    lua_pushinteger(L, blr_gattc_characteristic_instance(self->thing));
    return 1;
}

static int characteristic_properties(lua_State *L)
{
    const struct bluetooth_object *self = characteristic_self(L, "gattc_characteristic:properties");

    lua_pushinteger(L, blr_gattc_characteristic_properties(self->thing));
    return 1;
}

static int characteristic_value(lua_State *L)
{
    const struct bluetooth_object *self = characteristic_self(L, "gattc_characteristic:value");
    const struct blr_bluetooth_value value = blr_gattc_value(self->thing);

    bluetooth_push_value(L, &value);
    return 1;
}

static int value_read(lua_State *L, int status, lua_KContext context)
{
    task_done(L, status, context);
    return characteristic_value(L);
}

static int characteristic_read(lua_State *L)
{
    static const char call[] = "gattc_characteristic:read";
    struct bluetooth_object *self = characteristic_self(L, call);
    struct task *task = bluetooth_task(L, self->owner, call);

    bluetooth_check(L, self->owner, blr_gattc_read_async(self->thing, characteristic_done, task),
                    task->what);
    return task_await(task, value_read, (lua_KContext)task);
}

/* A command that the link's queue has no room for waits until it has. */
static int write_k(lua_State *L, int status, lua_KContext context)
{
    static const char call[] = "gattc_characteristic:write";
    enum { VALUE = 2 };
    struct task *task = (struct task *)context;
    struct bluetooth_object *self = characteristic_self(L, call);
    const struct blr_bluetooth_value value = bluetooth_value(L, VALUE, call);

    (void)status;
    task_start_operation(task);
    const int error = blr_gattc_write_async(self->thing, &value, characteristic_done, task);
    if (error == BLR_ERR_AGAIN) {
        task_begin_wait(task, SIM_MS(10));
        return task_wait(task, NULL, write_k, context);
    }
    bluetooth_check(L, self->owner, error, task->what);
    return task_await(task, task_done, context);
}

static int characteristic_write(lua_State *L)
{
    static const char call[] = "gattc_characteristic:write";
    static const char *const names[] = {"value", NULL};
    struct bluetooth_object *self = characteristic_self(L, call);

    args_arrange(L, call, names, 0);
    bluetooth_value(L, 2, call);
    return write_k(L, LUA_OK, (lua_KContext)bluetooth_task(L, self->owner, call));
}

static void descriptor_read(struct blr_gattc_characteristic *chr, int error,
                            struct blr_bluetooth_value value, void *user)
{
    (void)chr;
    task_complete_data(user, error, value.octets, value.len, 1);
}

static int descriptor_came(lua_State *L, int status, lua_KContext context)
{
    const struct task *task = (struct task *)context;

    task_done(L, status, context);
    lua_pushlstring(L, task->outcome.data ? task->outcome.data : "", task->outcome.count);
    return 1;
}

static int characteristic_read_descriptor(lua_State *L)
{
    static const char call[] = "gattc_characteristic:read_descriptor";
    static const char *const names[] = {"uuid", NULL};
    struct bluetooth_object *self = characteristic_self(L, call);

    args_arrange(L, call, names, 0);
    const struct blr_uuid uuid = bluetooth_uuid(L, 2, call, "uuid");
    struct task *task = bluetooth_task(L, self->owner, call);
    bluetooth_check(L, self->owner,
                    blr_gattc_read_descriptor_async(self->thing, &uuid, descriptor_read, task),
                    task->what);
    return task_await(task, descriptor_came, (lua_KContext)task);
}

static void notified(void *arg)
{
    handler_call(arg);
}

static int characteristic_callback(lua_State *L)
{
    static const char call[] = "gattc_characteristic:callback";
    static const char *const names[] = {"trigger", "handler", "arg", NULL};
    enum { TRIGGER = 2, HANDLER, ARG };
    struct bluetooth_object *self = characteristic_self(L, call);

    args_arrange(L, call, names, ARG);
    unsigned trigger =
        bluetooth_bits(L, TRIGGER, call, "trigger", BLUETOOTH_EVENT, 0, BLR_BT_CHAR_NOTIFY_EVENT);
    struct task *task = bluetooth_task(L, self->owner, call);
    const int function = args_function(L, HANDLER, call, "handler");
    const int error = blr_gattc_callback_async(
        self->thing, trigger, function == LUA_NOREF ? NULL : notified, &self->handler,
        characteristic_done, task);
    if (error)
        luaL_unref(L, LUA_REGISTRYINDEX, function);
    bluetooth_check(L, self->owner, error, task->what);
    handler_set(L, &self->handler, trigger ? function : LUA_NOREF, lua_isnil(L, ARG) ? 1 : ARG);
    return task_await(task, task_done, (lua_KContext)task);
}

static int characteristic_events(lua_State *L)
{
    const struct bluetooth_object *self = characteristic_self(L, "gattc_characteristic:events");

    lua_pushinteger(L, blr_gattc_events(self->thing));
    return 1;
}

/* --- types --- */

static const luaL_Reg connection_methods[] = {
    {"disconnect", connection_disconnect},
    {"isconnected", connection_isconnected},
    {"services", connection_services},
    {NULL, NULL},
};

static const luaL_Reg connection_fields[] = {
    {"conn", connection_field_conn},
    {NULL, NULL},
};

const struct object_type gattc_connection_type = {"gattc_connection", connection_methods,
                                                  connection_fields, NULL};

static const luaL_Reg service_methods[] = {
    {"characteristics", service_characteristics},
    {"instance", service_instance},
    {"isprimary", service_isprimary},
    {"uuid", service_uuid},
    {NULL, NULL},
};

const struct object_type gattc_service_type = {"gattc_service", service_methods, NULL, NULL};

static const luaL_Reg characteristic_methods[] = {
    {"callback", characteristic_callback},
    {"events", characteristic_events},
    {"instance", characteristic_instance},
    {"properties", characteristic_properties},
    {"read", characteristic_read},
    {"read_descriptor", characteristic_read_descriptor},
    {"uuid", characteristic_uuid},
    {"value", characteristic_value},
    {"write", characteristic_write},
    {NULL, NULL},
};

const struct object_type gattc_characteristic_type = {"gattc_characteristic",
                                                      characteristic_methods, NULL, NULL};
