/* SPDX-License-Identifier: MIT */
/* Connections: device:connect(), device:wait_connected(), and what a connection can do but GATT. */
#include "conn.h"

#include <string.h>

#include "adv.h"
#include "failure.h"
#include "opts.h"
#include "wire/hci.h"

/* --- as the stack tells --- */

static void note_parameters(struct conn *conn)
{
    conn->interval_1250us = blr_conn_interval_1250us(conn->link);
    conn->latency = blr_conn_latency(conn->link);
    conn->timeout_10ms = blr_conn_timeout_10ms(conn->link);
    conn->mtu = blr_gatt_mtu(conn->link);
}

void conn_opened(struct device *device, struct blr_conn *link)
{
    if (device->run->closing || device->run->over)
        return;
    struct conn *conn = run_alloc(device->run, sizeof *conn);
    if (!conn)
        return;
    conn->device = device;
    conn->link = link;
    conn->peer = *blr_conn_peer(link);
    conn->central = blr_conn_role(link) == BLR_CENTRAL;
    conn->handle = blr_conn_handle(link);
    conn_security_opened(conn);
    note_parameters(conn);
    *device->conns_end = conn;
    device->conns_end = &conn->next;
    blr_conn_set_user(link, conn);
    signal_fire(&device->connected);
}

struct conn *conn_of(struct device *device, const struct blr_conn *link)
{
    struct conn *conn = device->conns;

    while (conn && conn->link != link)
        conn = conn->next;
    return conn;
}

void conn_closed(struct device *device, struct blr_conn *link, uint8_t reason)
{
    struct conn *conn = conn_of(device, link);

    if (!conn)
        return;
    note_parameters(conn);
    conn->link = NULL;
    conn->reason = reason;
    subscription_conn_closed(conn);
    conn_security_closed(conn);
    signal_fire(&conn->gone);
}

struct conn *conn_self(lua_State *L, int index, const char *call)
{
    struct conn *conn = object_check(L, index, &conn_type, call);

    device_touch(conn->device);
    return conn;
}

struct blr_conn *conn_link(lua_State *L, const struct conn *conn, const char *what)
{
    if (!conn->link)
        failure_raise(L, BLR_ERR_NOT_CONNECTED, what, "the link ended with %s (0x%02x)",
                      hci_error_name(conn->reason) ? hci_error_name(conn->reason)
                                                   : "an unknown "
                                                     "reason",
                      conn->reason);
    return conn->link;
}

/* --- device:connect --- */

static void connected(struct blr_host *host, struct blr_conn *link, int error, void *user)
{
    struct task *task = user;

    (void)host;
    /* Ours, not the stack's: the link may be gone again before the script resumes. */
    task->outcome.object = error ? NULL : blr_conn_user(link);
    task_complete(task, error);
}

static int connect_done(lua_State *L, int status, lua_KContext context)
{
    struct task *task = (struct task *)context;
    struct conn *conn = task->outcome.object;

    (void)status;
    if (task->outcome.error)
        return failure_raise(L, task->outcome.error, task->what, NULL);
    if (!conn)
        return failure_raise(L, BLR_ERR_NO_MEMORY, task->what, NULL);
    conn->taken = true;
    object_push(L, &conn_type, conn);
    return 1;
}

static struct bd_addr read_target(lua_State *L, const struct opts *opts)
{
    struct bd_addr address;
    const struct device *target = object_test(L, 2, &device_type);

    if (target)
        return *blr_host_address(room_device_host(target->room));
    if (adv_test(L, 2, &address))
        return address;
    if (lua_type(L, 2) != LUA_TSTRING)
        luaL_error(L, "device:connect: an advertisement, an address or a device is needed, got %s",
                   luaL_typename(L, 2));
    return value_address(L, 2, "device:connect: the address",
                         opts_string(opts, "address_type", NULL));
}

int device_connect(lua_State *L)
{
    static const char call[] = "device:connect";
    static const char *const known[] = {
        "address_type", "interval",            "interval_max", "latency",
        "own_address",  "supervision_timeout", "timeout",      NULL,
    };
    struct device *device = device_self(L, call);
    const struct opts opts = opts_open(L, 3, call, known, true);
    const uint16_t interval = opts_time_units(&opts, "interval", SIM_US(1250), "1.25 ms", 0);
    const struct blr_connect_params params = {
        .peer = read_target(L, &opts),
        .timeout_ns = opts_time(&opts, "timeout", SIM_S(10)),
        .interval_min_1250us = interval,
        .interval_max_1250us =
            opts_time_units(&opts, "interval_max", SIM_US(1250), "1.25 ms", interval),
        .latency = (uint16_t)opts_integer(&opts, "latency", 0, 0, 499),
        .timeout_10ms = opts_time_units(&opts, "supervision_timeout", SIM_MS(10), "10 ms", 0),
        .own_address = own_address_option(&opts),
    };
    char address[BD_ADDR_TEXT_SIZE];
    struct task *task =
        task_current(L, "%s:connect to %s", device->name, bd_addr_format(&params.peer, address));

    task_start_operation(task);
    const int error = blr_gap_connect(device_host(device), &params, connected, task);
    if (error)
        return failure_raise(L, error, task->what, NULL);
    return task_await(task, connect_done, (lua_KContext)task);
}

/* --- device:wait_connected, device:connections --- */

static int wait_connected_goes_on(lua_State *L, int status, lua_KContext context)
{
    struct task *task = (struct task *)context;
    struct device *device = object_check(L, 1, &device_type, "device:wait_connected");

    (void)status;
    for (struct conn *conn = device->conns; conn; conn = conn->next) {
        if (conn->central || conn->taken || !conn->link)
            continue;
        conn->taken = true;
        object_push(L, &conn_type, conn);
        return 1;
    }
    if (task_timed_out(task))
        return failure_raise(L, BLR_ERR_TIMEOUT, task->what, "no central connected");
    return task_wait(task, &device->connected, wait_connected_goes_on, context);
}

int device_wait_connected(lua_State *L)
{
    struct device *device = device_self(L, "device:wait_connected");
    const sim_ns timeout = task_timeout_argument(L, 2, "device:wait_connected");
    struct task *task = task_current(L, "%s:wait_connected", device->name);

    lua_settop(L, 1);
    task_begin_wait(task, timeout);
    return wait_connected_goes_on(L, LUA_OK, (lua_KContext)task);
}

int device_connections(lua_State *L)
{
    struct device *device = device_self(L, "device:connections");
    lua_Integer count = 0;

    lua_newtable(L);
    for (struct conn *conn = device->conns; conn; conn = conn->next) {
        if (!conn->link)
            continue;
        object_push(L, &conn_type, conn);
        lua_rawseti(L, -2, ++count);
    }
    return 1;
}

/* --- the end of a connection --- */

static int push_reason(lua_State *L, const struct conn *conn)
{
    const char *name = hci_error_name(conn->reason);

    lua_pushinteger(L, conn->reason);
    lua_pushstring(L, name ? name : "unknown");
    return 2;
}

static int wait_gone_goes_on(lua_State *L, int status, lua_KContext context)
{
    struct task *task = (struct task *)context;
    struct conn *conn = object_check(L, 1, &conn_type, "conn:wait_disconnected");

    (void)status;
    if (!conn->link)
        return push_reason(L, conn);
    if (task_timed_out(task))
        return failure_raise(L, BLR_ERR_TIMEOUT, task->what, "the link is still there");
    return task_wait(task, &conn->gone, wait_gone_goes_on, context);
}

static int conn_wait_disconnected(lua_State *L)
{
    struct conn *conn = conn_self(L, 1, "conn:wait_disconnected");
    const sim_ns timeout = task_timeout_argument(L, 2, "conn:wait_disconnected");
    struct task *task = task_current(L, "%s: conn:wait_disconnected", conn->device->name);

    lua_settop(L, 1);
    task_begin_wait(task, timeout);
    return wait_gone_goes_on(L, LUA_OK, (lua_KContext)task);
}

static int conn_disconnect(lua_State *L)
{
    struct conn *conn = conn_self(L, 1, "conn:disconnect");
    const lua_Integer reason = lua_isnoneornil(L, 2)
                                   ? HCI_ERR_REMOTE_USER_TERMINATED_CONNECTION
                                   : value_integer(L, 2, "conn:disconnect: the reason", 0, 0xFF);
    struct task *task = task_current(L, "%s: conn:disconnect", conn->device->name);
    const int error = blr_gap_disconnect(conn_link(L, conn, task->what), (uint8_t)reason);

    if (error)
        return failure_raise(L, error, task->what, NULL);
    lua_settop(L, 1);
    task_begin_wait(task, SIM_NEVER);
    return wait_gone_goes_on(L, LUA_OK, (lua_KContext)task);
}

/* --- GATT procedures that are not waited for any longer --- */

static int conn_cancel(lua_State *L)
{
    struct conn *conn = conn_self(L, 1, "conn:cancel");
    const struct task *only =
        lua_isnoneornil(L, 2) ? NULL : object_check(L, 2, &script_type, "conn:cancel");
    struct blr_conn *link = conn_link(L, conn, "conn:cancel");
    size_t count = 0;

    for (const struct task *task = conn->device->run->tasks; task; task = task->next)
        if (task->state == TASK_WAITING && (!only || task == only))
            count += blr_gatt_cancel(link, task);
    count += subscription_cancel(conn, only);
    lua_pushinteger(L, (lua_Integer)count);
    return 1;
}

/* --- what the controller knows of the link and the peer --- */

static void got_rssi(struct blr_conn *link, int error, int8_t rssi_dbm, void *user)
{
    (void)link;
    task_complete_number(user, error, (uint64_t)(int64_t)rssi_dbm);
}

static int conn_rssi(lua_State *L)
{
    struct conn *conn = conn_self(L, 1, "conn:rssi");
    struct task *task = task_current(L, "%s: conn:rssi", conn->device->name);

    task_start_operation(task);
    const int error = blr_gap_read_rssi(conn_link(L, conn, task->what), got_rssi, task);
    if (error)
        return failure_raise(L, error, task->what, NULL);
    return task_await(task, task_number, (lua_KContext)task);
}

static void got_features(struct blr_conn *link, int error, uint64_t features, void *user)
{
    (void)link;
    task_complete_number(user, error, features);
}

static int conn_remote_features(lua_State *L)
{
    struct conn *conn = conn_self(L, 1, "conn:remote_features");
    struct task *task = task_current(L, "%s: conn:remote_features", conn->device->name);

    task_start_operation(task);
    const int error =
        blr_gap_read_remote_features(conn_link(L, conn, task->what), got_features, task);
    if (error)
        return failure_raise(L, error, task->what, NULL);
    return task_await(task, task_number, (lua_KContext)task);
}

static void got_version(struct blr_conn *link, int error, const struct blr_remote_version *version,
                        void *user)
{
    (void)link;
    task_complete_data(user, error, version, 1, sizeof *version);
}

static int version_done(lua_State *L, int status, lua_KContext context)
{
    struct task *task = (struct task *)context;

    (void)status;
    if (task->outcome.error)
        return failure_raise(L, task->outcome.error, task->what, NULL);
    const struct blr_remote_version *version = task->outcome.data;
    lua_createtable(L, 0, 3);
    lua_pushinteger(L, version->version);
    lua_setfield(L, -2, "version");
    lua_pushinteger(L, version->company);
    lua_setfield(L, -2, "company");
    lua_pushinteger(L, version->subversion);
    lua_setfield(L, -2, "subversion");
    return 1;
}

static int conn_remote_version(lua_State *L)
{
    struct conn *conn = conn_self(L, 1, "conn:remote_version");
    struct task *task = task_current(L, "%s: conn:remote_version", conn->device->name);

    task_start_operation(task);
    const int error =
        blr_gap_read_remote_version(conn_link(L, conn, task->what), got_version, task);
    if (error)
        return failure_raise(L, error, task->what, NULL);
    return task_await(task, version_done, (lua_KContext)task);
}

/* --- fields --- */

static struct conn *refreshed(lua_State *L)
{
    struct conn *conn = object_check(L, 1, &conn_type, "conn");

    if (conn->link)
        note_parameters(conn);
    return conn;
}

static int field_connected(lua_State *L)
{
    lua_pushboolean(L, refreshed(L)->link != NULL);
    return 1;
}

static int field_device(lua_State *L)
{
    object_push(L, &device_type, refreshed(L)->device);
    return 1;
}

static int field_handle(lua_State *L)
{
    lua_pushinteger(L, refreshed(L)->handle);
    return 1;
}

static int field_interval(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)(refreshed(L)->interval_1250us * SIM_US(1250)));
    return 1;
}

static int field_latency(lua_State *L)
{
    lua_pushinteger(L, refreshed(L)->latency);
    return 1;
}

static int field_mtu(lua_State *L)
{
    lua_pushinteger(L, refreshed(L)->mtu);
    return 1;
}

static int field_peer(lua_State *L)
{
    value_push_address(L, &refreshed(L)->peer);
    return 1;
}

static int field_peer_type(lua_State *L)
{
    lua_pushstring(L, refreshed(L)->peer.type == BD_ADDR_RANDOM ? "random" : "public");
    return 1;
}

static int field_reason(lua_State *L)
{
    const struct conn *conn = refreshed(L);

    if (conn->link)
        lua_pushnil(L);
    else
        lua_pushinteger(L, conn->reason);
    return 1;
}

static int field_role(lua_State *L)
{
    lua_pushstring(L, refreshed(L)->central ? "central" : "peripheral");
    return 1;
}

static int field_supervision_timeout(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)(refreshed(L)->timeout_10ms * SIM_MS(10)));
    return 1;
}

static const char *title(void *object)
{
    const struct conn *conn = object;

    return conn->device->name;
}

static const luaL_Reg methods[] = {
    {"cancel", conn_cancel},
    {"cancel_pairing", conn_cancel_pairing},
    {"channels", conn_channels},
    {"characteristic", conn_characteristic},
    {"confirm", conn_confirm},
    {"data_length", conn_data_length},
    {"disconnect", conn_disconnect},
    {"enter_passkey", conn_enter_passkey},
    {"exchange_mtu", conn_exchange_mtu},
    {"forget_services", conn_forget_services},
    {"keypress", conn_keypress},
    {"l2cap", conn_l2cap},
    {"notify_multiple", conn_notify_multiple},
    {"pair", conn_pair},
    {"phy", conn_phy},
    {"read", conn_read},
    {"read_by_uuid", conn_read_by_uuid},
    {"read_long", conn_read_long},
    {"read_multiple", conn_read_multiple},
    {"read_multiple_variable", conn_read_multiple_variable},
    {"refresh_key", conn_refresh_key},
    {"remote_features", conn_remote_features},
    {"remote_version", conn_remote_version},
    {"rssi", conn_rssi},
    {"secure", conn_secure},
    {"service", conn_service},
    {"services", conn_services},
    {"set_client_features", conn_set_client_features},
    {"set_phy", conn_set_phy},
    {"update", conn_update},
    {"wait_disconnected", conn_wait_disconnected},
    {"wait_pairing", conn_wait_pairing},
    {"wait_passkey", conn_wait_passkey},
    {"wait_question", conn_wait_question},
    {"wait_security", conn_wait_security},
    {"write", conn_write},
    {"write_long", conn_write_long},
    {"write_reliable", conn_write_reliable},
    {"write_signed", conn_write_signed},
    {"write_without_response", conn_write_without_response},
    {NULL, NULL},
};

static const luaL_Reg fields[] = {
    {"bonded", conn_field_bonded},
    {"connected", field_connected},
    {"device", field_device},
    {"encrypted", conn_field_encrypted},
    {"handle", field_handle},
    {"identity", conn_field_identity},
    {"identity_type", conn_field_identity_type},
    {"interval", field_interval},
    {"key_size", conn_field_key_size},
    {"latency", field_latency},
    {"mtu", field_mtu},
    {"own_address", conn_field_own_address},
    {"own_address_type", conn_field_own_address_type},
    {"peer", field_peer},
    {"peer_type", field_peer_type},
    {"reason", field_reason},
    {"role", field_role},
    {"security", conn_field_security},
    {"supervision_timeout", field_supervision_timeout},
    {NULL, NULL},
};

const struct object_type conn_type = {"conn", methods, fields, title};
