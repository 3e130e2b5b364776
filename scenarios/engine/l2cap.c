/* SPDX-License-Identifier: MIT */
/* L2CAP channels in scripts: device:listen_l2cap(), conn:l2cap(), and what they return. */
#include "blueroom/l2cap.h"

#include <stdlib.h>

#include "conn.h"
#include "failure.h"
#include "opts.h"
#include "queue.h"
#include "wire/hci.h"

struct channel {
    struct channel *next; /* of the listener */
    struct conn *conn;
    struct blr_l2cap_channel *link;  /* NULL: not yet, or not any more */
    struct l2cap_listener *listener; /* NULL: we asked for it */
    bool open, taken;
    int error; /* why it is closed */
    uint16_t psm, cid, remote_cid, mtu, mps;
    struct queue queue;    /* SDUs that nobody has received */
    struct signal changed; /* opened, drained, closed */
};

struct l2cap_listener {
    struct device *device;
    uint16_t psm;
    enum l2cap_connect_result refuse;
    struct blr_l2cap_params params;
    struct channel *channels, **channels_end;
    struct signal opened;
};

/* --- as the stack tells --- */

static struct run *run_of_channel(const struct channel *channel)
{
    return channel->conn->device->run;
}

static bool is_over(const struct run *run)
{
    return run->closing || run->over;
}

static void opened(struct blr_l2cap_channel *link, void *user)
{
    struct channel *channel = user;

    channel->open = true;
    channel->cid = blr_l2cap_local_cid(link);
    channel->remote_cid = blr_l2cap_remote_cid(link);
    channel->mtu = blr_l2cap_remote_mtu(link);
    channel->mps = blr_l2cap_remote_mps(link);
    channel->link = link;
    if (is_over(run_of_channel(channel)))
        return;
    signal_fire(&channel->changed);
    if (channel->listener)
        signal_fire(&channel->listener->opened);
}

static void received(struct blr_l2cap_channel *link, const uint8_t *sdu, size_t len, void *user)
{
    struct channel *channel = user;
    struct run *run = run_of_channel(channel);

    (void)link;
    if (!is_over(run))
        queue_put(&channel->queue, run, NULL, 0, sdu, len);
}

static void drained(struct blr_l2cap_channel *link, void *user)
{
    struct channel *channel = user;

    (void)link;
    if (!is_over(run_of_channel(channel)))
        signal_fire(&channel->changed);
}

static void closed(struct blr_l2cap_channel *link, int error, void *user)
{
    struct channel *channel = user;

    (void)link;
    channel->link = NULL;
    channel->open = false;
    channel->error = error;
    if (is_over(run_of_channel(channel)))
        return;
    signal_fire(&channel->changed);
    signal_fire(&channel->queue.signal);
}

static const struct blr_l2cap_ops ops = {
    .opened = opened,
    .received = received,
    .drained = drained,
    .closed = closed,
};

static struct channel *channel_new(struct conn *conn, uint16_t psm)
{
    struct run *run = conn->device->run;
    struct channel *channel = run_alloc(run, sizeof *channel);

    if (!channel)
        return NULL;
    channel->conn = conn;
    channel->psm = psm;
    queue_init(&channel->queue, run);
    return channel;
}

/* --- device:listen_l2cap --- */

static void read_params(const struct opts *opts, struct blr_l2cap_params *params)
{
    *params = (struct blr_l2cap_params){
        .ops = &ops,
        .mtu = (uint16_t)opts_integer(opts, "mtu", 0, L2CAP_LE_MIN_MTU, 0xFFFF),
        .mps = (uint16_t)opts_integer(opts, "mps", 0, L2CAP_LE_MIN_MPS, 517),
        .credits = (uint16_t)opts_integer(opts, "credits", 0, 1, 0xFFFF),
        .queue = 0xFFFF + L2CAP_SDU_LENGTH_SIZE, /* so that each SDU fits */
    };
}

static uint16_t read_psm(const struct opts *opts)
{
    if (!opts_has(opts, "psm"))
        luaL_error(opts->L, "%s: a psm is needed", opts->call);
    return (uint16_t)opts_integer(opts, "psm", 0, L2CAP_SPSM_FIRST, L2CAP_SPSM_LAST);
}

static enum l2cap_connect_result accept(struct blr_conn *link,
                                        const struct blr_l2cap_request *request,
                                        struct blr_l2cap_params *params, void *user)
{
    struct l2cap_listener *listener = user;
    struct conn *conn = conn_of(listener->device, link);

    (void)request;
    if (listener->refuse != L2CAP_CONNECT_SUCCESSFUL)
        return listener->refuse;
    struct channel *channel = conn ? channel_new(conn, listener->psm) : NULL;
    if (!channel)
        return L2CAP_CONNECT_NO_RESOURCES;
    channel->listener = listener;
    *listener->channels_end = channel;
    listener->channels_end = &channel->next;
    *params = listener->params;
    params->user = channel;
    return L2CAP_CONNECT_SUCCESSFUL;
}

int device_listen_l2cap(lua_State *L)
{
    static const char call[] = "device:listen_l2cap";
    static const char *const known[] = {"credits", "key_size", "level", "mps",
                                        "mtu",     "psm",      "refuse", NULL};
    struct device *device = device_self(L, call);
    const struct opts opts = opts_open(L, 2, call, known, false);
    struct l2cap_listener *listener = run_alloc_or_raise(L, sizeof *listener);

    listener->device = device;
    listener->psm = read_psm(&opts);
    listener->refuse =
        (enum l2cap_connect_result)opts_integer(&opts, "refuse", L2CAP_CONNECT_SUCCESSFUL, 1, 0xFF);
    listener->channels_end = &listener->channels;
    read_params(&opts, &listener->params);
    const enum blr_security_level level =
        (enum blr_security_level)opts_integer(&opts, "level", 0, 1, 4);
    const uint8_t key_size = (uint8_t)opts_integer(&opts, "key_size", 0, 7, 16);
    int error = blr_l2cap_listen(device_host(device), listener->psm, accept, listener);
    if (!error)
        error = blr_l2cap_require(device_host(device), listener->psm, level, key_size);
    if (error)
        return failure_raise(L, error, call, "psm %d", listener->psm);
    object_push(L, &l2cap_listener_type, listener);
    return 1;
}

static int accept_goes_on(lua_State *L, int status, lua_KContext context)
{
    struct task *task = (struct task *)context;
    struct l2cap_listener *listener = object_check(L, 1, &l2cap_listener_type, "listener:accept");

    (void)status;
    for (struct channel *channel = listener->channels; channel; channel = channel->next) {
        if (!channel->link || channel->taken)
            continue;
        channel->taken = true;
        object_push(L, &channel_type, channel);
        return 1;
    }
    if (task_timed_out(task))
        return failure_raise(L, BLR_ERR_TIMEOUT, task->what, "nobody opened a channel");
    return task_wait(task, &listener->opened, accept_goes_on, context);
}

static int listener_accept(lua_State *L)
{
    static const char call[] = "l2cap_listener:accept";
    struct l2cap_listener *listener = object_check(L, 1, &l2cap_listener_type, call);
    const sim_ns timeout = task_timeout_argument(L, 2, call);
    struct task *task = task_current(L, "%s: %s", listener->device->name, call);

    device_touch(listener->device);
    lua_settop(L, 1);
    task_begin_wait(task, timeout);
    return accept_goes_on(L, LUA_OK, (lua_KContext)task);
}

static int listener_stop(lua_State *L)
{
    struct l2cap_listener *listener =
        object_check(L, 1, &l2cap_listener_type, "l2cap_listener:stop");

    device_touch(listener->device);
    blr_l2cap_unlisten(device_host(listener->device), listener->psm);
    return 0;
}

/* --- conn:l2cap --- */

static int raise_closed(lua_State *L, const struct channel *channel, const char *what)
{
    if (channel->error == BLR_ERR_HCI(HCI_ERR_REMOTE_USER_TERMINATED_CONNECTION))
        return failure_raise(L, BLR_ERR_NOT_CONNECTED, what, "the peer has closed the channel");
    return failure_raise(L, channel->error ? channel->error : BLR_ERR_NOT_CONNECTED, what,
                         "the channel is closed");
}

static int opening_goes_on(lua_State *L, int status, lua_KContext context)
{
    struct task *task = (struct task *)context;
    struct channel *channel = lua_touserdata(L, -1);

    (void)status;
    if (channel->open) {
        object_push(L, &channel_type, channel);
        return 1;
    }
    if (!channel->link)
        return failure_raise(L, channel->error, task->what, NULL);
    return task_wait(task, &channel->changed, opening_goes_on, context);
}

int conn_l2cap(lua_State *L)
{
    static const char call[] = "conn:l2cap";
    static const char *const known[] = {"credits", "mps", "mtu", "psm", NULL};
    struct conn *conn = conn_self(L, 1, call);
    const struct opts opts = opts_open(L, 2, call, known, false);
    struct task *task = task_current(L, "%s: %s", conn->device->name, call);
    struct blr_conn *link = conn_link(L, conn, task->what);
    struct blr_l2cap_params params;
    const uint16_t psm = read_psm(&opts);

    read_params(&opts, &params);
    struct channel *channel = channel_new(conn, psm);
    if (!channel)
        return failure_raise(L, BLR_ERR_NO_MEMORY, task->what, NULL);
    params.user = channel;
    const int error = blr_l2cap_connect(link, psm, &params, &channel->link);
    if (error)
        return failure_raise(L, error, task->what, NULL);
    lua_settop(L, 1);
    lua_pushlightuserdata(L, channel);
    task_begin_wait(task, SIM_NEVER);
    return opening_goes_on(L, LUA_OK, (lua_KContext)task);
}

/* --- the channel --- */

static struct channel *channel_self(lua_State *L, const char *call)
{
    struct channel *channel = object_check(L, 1, &channel_type, call);

    device_touch(channel->conn->device);
    return channel;
}

/* Until all of it is on its way; with -1 the value has still to be queued. */
static int send_goes_on(lua_State *L, int status, lua_KContext context)
{
    struct task *task = (struct task *)context;
    struct channel *channel = object_check(L, 1, &channel_type, "channel:send");

    (void)status;
    if (!channel->link)
        return raise_closed(L, channel, task->what);
    if (task->step == 0) {
        size_t len;
        const uint8_t *sdu = value_bytes(L, 2, "channel:send: the value", &len, 0xFFFF);
        const int error = blr_l2cap_send(channel->link, sdu, len);
        if (error && error != BLR_ERR_AGAIN)
            return failure_raise(L, error, task->what, "%d octets, the peer takes %d", (int)len,
                                 channel->mtu);
        task->step = error == 0;
    }
    if (task->step && blr_l2cap_queued(channel->link) == 0)
        return 0;
    return task_wait(task, &channel->changed, send_goes_on, context);
}

static int channel_send(lua_State *L)
{
    struct channel *channel = channel_self(L, "channel:send");
    struct task *task = task_current(L, "%s: channel:send", channel->conn->device->name);

    lua_settop(L, 2);
    task->step = 0;
    task_begin_wait(task, SIM_NEVER);
    return send_goes_on(L, LUA_OK, (lua_KContext)task);
}

static int receive_goes_on(lua_State *L, int status, lua_KContext context)
{
    struct task *task = (struct task *)context;
    struct channel *channel = object_check(L, 1, &channel_type, "channel:receive");
    struct queue *queue = &channel->queue;

    (void)status;
    if (queue->first) {
        lua_pushlstring(L, (const char *)queue->first->bytes, queue->first->len);
        free(queue_take(queue));
        return 1;
    }
    if (queue->overflowed)
        return luaL_error(L, "%s: more came than a script may leave unread", task->what);
    if (!channel->link)
        return raise_closed(L, channel, task->what);
    if (task_timed_out(task))
        return failure_raise(L, BLR_ERR_TIMEOUT, task->what, "nothing came");
    return task_wait(task, &queue->signal, receive_goes_on, context);
}

static int channel_receive(lua_State *L)
{
    struct channel *channel = channel_self(L, "channel:receive");
    const sim_ns timeout = task_timeout_argument(L, 2, "channel:receive");
    struct task *task = task_current(L, "%s: channel:receive", channel->conn->device->name);

    lua_settop(L, 1);
    task_begin_wait(task, timeout);
    return receive_goes_on(L, LUA_OK, (lua_KContext)task);
}

static int close_goes_on(lua_State *L, int status, lua_KContext context)
{
    struct task *task = (struct task *)context;
    struct channel *channel = object_check(L, 1, &channel_type, "channel:close");

    (void)status;
    if (!channel->link)
        return 0;
    return task_wait(task, &channel->changed, close_goes_on, context);
}

static int channel_close(lua_State *L)
{
    struct channel *channel = channel_self(L, "channel:close");
    struct task *task = task_current(L, "%s: channel:close", channel->conn->device->name);

    if (channel->link) {
        const int error = blr_l2cap_disconnect(channel->link);
        if (error && error != BLR_ERR_BUSY)
            return failure_raise(L, error, task->what, NULL);
    }
    lua_settop(L, 1);
    task_begin_wait(task, SIM_NEVER);
    return close_goes_on(L, LUA_OK, (lua_KContext)task);
}

/* --- fields --- */

static struct channel *field_self(lua_State *L)
{
    return object_check(L, 1, &channel_type, "channel");
}

static int field_cid(lua_State *L)
{
    lua_pushinteger(L, field_self(L)->cid);
    return 1;
}

static int field_conn(lua_State *L)
{
    object_push(L, &conn_type, field_self(L)->conn);
    return 1;
}

static int field_credits(lua_State *L)
{
    const struct channel *channel = field_self(L);

    lua_pushinteger(L, channel->link ? blr_l2cap_tx_credits(channel->link) : 0);
    return 1;
}

static int field_mps(lua_State *L)
{
    lua_pushinteger(L, field_self(L)->mps);
    return 1;
}

static int field_mtu(lua_State *L)
{
    lua_pushinteger(L, field_self(L)->mtu);
    return 1;
}

static int field_open(lua_State *L)
{
    lua_pushboolean(L, field_self(L)->open);
    return 1;
}

static int field_psm(lua_State *L)
{
    lua_pushinteger(L, field_self(L)->psm);
    return 1;
}

static int field_remote_cid(lua_State *L)
{
    lua_pushinteger(L, field_self(L)->remote_cid);
    return 1;
}

static const luaL_Reg listener_methods[] = {
    {"accept", listener_accept},
    {"stop", listener_stop},
    {NULL, NULL},
};

static const luaL_Reg methods[] = {
    {"close", channel_close},
    {"receive", channel_receive},
    {"send", channel_send},
    {NULL, NULL},
};

static const luaL_Reg fields[] = {
    {"cid", field_cid},
    {"conn", field_conn},
    {"credits", field_credits},
    {"mps", field_mps},
    {"mtu", field_mtu},
    {"open", field_open},
    {"psm", field_psm},
    {"remote_cid", field_remote_cid},
    {NULL, NULL},
};

const struct object_type l2cap_listener_type = {"l2cap_listener", listener_methods, NULL, NULL};
const struct object_type channel_type = {"channel", methods, fields, NULL};
