/* SPDX-License-Identifier: MIT */
/* conn:notify_multiple(): several values of this device's in one packet. */
#include "conn.h"
#include "failure.h"
#include "opts.h"
#include "server.h"

enum { MAX_ITEMS = 64 };

/* The list at 2: { { characteristic, value }, ... }. The strings are the list's. */
static size_t read_items(lua_State *L, const struct conn *conn,
                         struct blr_gatt_notify_item items[static MAX_ITEMS], const char *call)
{
    if (lua_type(L, 2) != LUA_TTABLE)
        luaL_error(L, "%s takes a list of { characteristic, value }, got %s", call,
                   luaL_typename(L, 2));
    const size_t count = lua_rawlen(L, 2);
    if (count < 2 || count > MAX_ITEMS)
        luaL_error(L, "%s: 2 to %d values", call, MAX_ITEMS);
    for (size_t i = 0; i < count; i++) {
        if (lua_rawgeti(L, 2, (lua_Integer)i + 1) != LUA_TTABLE)
            luaL_error(L, "%s: entry %I must be { characteristic, value }", call,
                       (LUAI_UACINT)i + 1);
        lua_rawgeti(L, -1, 1);
        lua_rawgeti(L, -2, 2);
        struct server_attribute *attribute = object_check(L, -2, &server_characteristic_type, call);
        if (attribute->service->device != conn->device)
            luaL_error(L, "%s: entry %I is of another device", call, (LUAI_UACINT)i + 1);
        items[i].attr = server_handle(L, attribute, call);
        items[i].value = value_bytes(L, -1, call, &items[i].len, ATT_MAX_VALUE);
        lua_pop(L, 3);
    }
    return count;
}

static int notify_multiple_k(lua_State *L, int status, lua_KContext context)
{
    static const char call[] = "conn:notify_multiple";
    struct task *task = (struct task *)context;
    struct conn *conn = object_check(L, 1, &conn_type, call);
    struct blr_gatt_notify_item items[MAX_ITEMS];

    (void)status;
    luaL_checkstack(L, 6, NULL);
    const size_t count = read_items(L, conn, items, call);
    const int error = blr_gatt_notify_multiple(conn_link(L, conn, task->what), items, count);
    if (error == BLR_ERR_AGAIN) {
        /* The stack is full: a connection interval later there is room. */
        task_begin_wait(task, conn->interval_1250us * SIM_US(1250));
        return task_wait(task, &conn->gone, notify_multiple_k, context);
    }
    if (error)
        return failure_raise(L, error, task->what, NULL);
    return 0;
}

int conn_notify_multiple(lua_State *L)
{
    const struct conn *conn = conn_self(L, 1, "conn:notify_multiple");
    struct task *task = task_current(L, "%s: conn:notify_multiple", conn->device->name);

    lua_settop(L, 2);
    return notify_multiple_k(L, LUA_OK, (lua_KContext)task);
}
