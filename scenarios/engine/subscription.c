/* SPDX-License-Identifier: MIT */
/* Subscriptions: the notifications and indications of a characteristic, queued for the script. */
#include <stdlib.h>

#include "conn.h"
#include "failure.h"
#include "opts.h"
#include "queue.h"

struct subscription {
    struct subscription *next; /* of the connection */
    struct client_characteristic *characteristic;
    struct blr_subscription *handle; /* NULL: over */
    struct task *task;               /* awaits the CCCD's write */
    struct queue queue;
    /* Of the value that was taken last. */
    sim_ns at;
    const char *kind;
};

static void came(struct blr_conn *link, uint16_t handle, bool indication, const uint8_t *value,
                 size_t len, void *user)
{
    struct subscription *subscription = user;
    struct run *run = subscription->characteristic->service->conn->device->run;

    (void)link;
    (void)handle;
    if (!run->closing && !run->over)
        queue_put(&subscription->queue, run, NULL, indication, value, len);
}

static void written(struct blr_conn *link, int error, void *user)
{
    struct subscription *subscription = user;

    (void)link;
    if (error)
        subscription->handle = NULL;
    if (subscription->task)
        task_complete(subscription->task, error);
    subscription->task = NULL;
}

void subscription_conn_closed(struct conn *conn)
{
    for (struct subscription *one = conn->subscriptions; one; one = one->next) {
        one->handle = NULL;
        signal_fire(&one->queue.signal);
    }
}

size_t subscription_cancel(struct conn *conn, const struct task *only)
{
    size_t count = 0;

    for (struct subscription *one = conn->subscriptions; one; one = one->next)
        if (one->task && (!only || one->task == only))
            count += blr_gatt_cancel(conn->link, one);
    return count;
}

/* --- characteristic:subscribe --- */

/* What the CCCD is to say: bit 0 notifications, bit 1 indications. */
static uint16_t wanted_bits(lua_State *L, uint8_t properties)
{
    static const char call[] = "characteristic:subscribe";
    static const char *const known[] = {"indications", "notifications", NULL};
    const struct opts opts = opts_open(L, 2, call, known, true);
    const bool can_notify = properties & GATT_PROP_NOTIFY;
    const bool can_indicate = properties & GATT_PROP_INDICATE;
    const bool indications = opts_bool(&opts, "indications", can_indicate && !can_notify);
    const bool notifications = opts_bool(&opts, "notifications", !indications);

    if (!notifications && !indications)
        luaL_error(L, "%s: neither notifications nor indications", call);
    return (uint16_t)(notifications | indications << 1);
}

static int subscribed(lua_State *L, int status, lua_KContext context)
{
    struct task *task = (struct task *)context;

    (void)status;
    if (task->outcome.error)
        return failure_raise(L, task->outcome.error, task->what, NULL);
    object_push(L, &subscription_type, lua_touserdata(L, -1));
    return 1;
}

static int subscribe_k(lua_State *L, int status, lua_KContext context)
{
    struct task *task = (struct task *)context;
    struct client_characteristic *characteristic =
        object_check(L, 1, &characteristic_type, "characteristic:subscribe");
    struct conn *conn = characteristic->service->conn;
    struct client_descriptor *cccd;

    (void)status;
    client_need_descriptors(L, task, characteristic, subscribe_k);
    const struct blr_uuid cccd_uuid = blr_uuid16(GATT_UUID_CCCD);
    for (cccd = characteristic->descriptors; cccd; cccd = cccd->next)
        if (blr_uuid_equal(&cccd->info.uuid, &cccd_uuid))
            break;
    if (!cccd)
        return failure_raise(L, BLR_ERR_NOT_FOUND, task->what,
                             "the characteristic has no descriptor 2902 to subscribe with");
    struct blr_conn *link = conn_link(L, conn, task->what);
    struct subscription *subscription = run_alloc_or_raise(L, sizeof *subscription);
    subscription->characteristic = characteristic;
    subscription->task = task;
    queue_init(&subscription->queue, conn->device->run);
    task_start_operation(task);
    const int error = blr_gatt_subscribe(link, characteristic->info.value, cccd->info.handle,
                                         wanted_bits(L, characteristic->info.properties), came,
                                         written, subscription, &subscription->handle);
    if (error)
        return failure_raise(L, error, task->what, NULL);
    subscription->next = conn->subscriptions;
    conn->subscriptions = subscription;
    lua_pushlightuserdata(L, subscription);
    return task_await(task, subscribed, context);
}

int characteristic_subscribe(lua_State *L)
{
    static const char call[] = "characteristic:subscribe";
    struct client_characteristic *characteristic = object_check(L, 1, &characteristic_type, call);
    struct device *device = characteristic->service->conn->device;
    struct task *task = task_current(L, "%s: %s", device->name, call);

    wanted_bits(L, characteristic->info.properties);
    device_touch(device);
    return subscribe_k(L, LUA_OK, (lua_KContext)task);
}

/* --- the subscription --- */

static struct conn *conn_of_subscription(const struct subscription *subscription)
{
    return subscription->characteristic->service->conn;
}

static int next_k(lua_State *L, int status, lua_KContext context)
{
    struct task *task = (struct task *)context;
    struct subscription *subscription = object_check(L, 1, &subscription_type, "subscription:next");
    struct queue *queue = &subscription->queue;

    (void)status;
    if (queue->first) {
        lua_pushlstring(L, (const char *)queue->first->bytes, queue->first->len);
        subscription->at = queue->first->at;
        subscription->kind = queue->first->tag ? "indication" : "notification";
        free(queue_take(queue));
        return 1;
    }
    if (queue->overflowed)
        return luaL_error(L, "%s: more values came than a script may leave unread", task->what);
    if (!subscription->handle) {
        conn_link(L, conn_of_subscription(subscription), task->what);
        return luaL_error(L, "%s: the subscription has ended", task->what);
    }
    if (task_timed_out(task))
        return failure_raise(L, BLR_ERR_TIMEOUT, task->what, "nothing came");
    return task_wait(task, &queue->signal, next_k, context);
}

static int subscription_next(lua_State *L)
{
    struct subscription *subscription = object_check(L, 1, &subscription_type, "subscription:next");
    const sim_ns timeout = task_timeout_argument(L, 2, "subscription:next");
    struct device *device = conn_of_subscription(subscription)->device;
    struct task *task = task_current(L, "%s: subscription:next", device->name);

    device_touch(device);
    lua_settop(L, 1);
    task_begin_wait(task, timeout);
    return next_k(L, LUA_OK, (lua_KContext)task);
}

static int subscription_unsubscribe(lua_State *L)
{
    struct subscription *subscription =
        object_check(L, 1, &subscription_type, "subscription:unsubscribe");
    struct conn *conn = conn_of_subscription(subscription);
    struct task *task = task_current(L, "%s: subscription:unsubscribe", conn->device->name);

    device_touch(conn->device);
    conn_link(L, conn, task->what);
    if (!subscription->handle)
        return luaL_error(L, "%s: the subscription has ended", task->what);
    task_start_operation(task);
    subscription->task = task;
    const int error = blr_gatt_unsubscribe(subscription->handle, written, subscription);
    if (error) {
        subscription->task = NULL;
        return failure_raise(L, error, task->what, NULL);
    }
    subscription->handle = NULL;
    signal_fire(&subscription->queue.signal);
    return task_await(task, task_done, (lua_KContext)task);
}

static int field_count(lua_State *L)
{
    const struct subscription *subscription =
        object_check(L, 1, &subscription_type, "subscription.count");

    lua_pushinteger(L, (lua_Integer)subscription->queue.count);
    return 1;
}

static const luaL_Reg methods[] = {
    {"next", subscription_next},
    {"unsubscribe", subscription_unsubscribe},
    {NULL, NULL},
};

static int field_kind(lua_State *L)
{
    const struct subscription *subscription =
        object_check(L, 1, &subscription_type, "subscription.kind");

    lua_pushstring(L, subscription->kind);
    return 1;
}

static int field_time(lua_State *L)
{
    const struct subscription *subscription =
        object_check(L, 1, &subscription_type, "subscription.time");

    if (subscription->kind)
        lua_pushinteger(L, (lua_Integer)subscription->at);
    else
        lua_pushnil(L);
    return 1;
}

static const luaL_Reg fields[] = {
    {"count", field_count},
    {"kind", field_kind},
    {"time", field_time},
    {NULL, NULL},
};

const struct object_type subscription_type = {"subscription", methods, fields, NULL};
