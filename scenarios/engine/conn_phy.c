/* SPDX-License-Identifier: MIT */
/* PHYs and data lengths of a connection: conn:phy(), conn:set_phy(), conn:data_length(). */
#include "conn.h"
#include "failure.h"
#include "opts.h"
#include "task.h"

static const char *const names[] = {"1M", "2M", "coded"}; /* by enum blr_phy, less one */

static void got_phys(struct blr_conn *link, int error, struct blr_conn_phys phys, void *user)
{
    (void)link;
    task_complete_number(user, error, (uint64_t)phys.tx << 8 | phys.rx);
}

/* Returns the names of both. */
static int phys_done(lua_State *L, int status, lua_KContext context)
{
    struct task *task = (struct task *)context;
    const uint64_t number = task->outcome.number;

    (void)status;
    if (task->outcome.error)
        return failure_raise(L, task->outcome.error, task->what, NULL);
    lua_pushstring(L, names[(number >> 8) - 1]);
    lua_pushstring(L, names[(number & 0xFF) - 1]);
    return 2;
}

int conn_phy(lua_State *L)
{
    struct conn *conn = conn_self(L, 1, "conn:phy");
    struct task *task = task_current(L, "%s: conn:phy", conn->device->name);

    task_start_operation(task);
    const int error = blr_gap_read_phy(conn_link(L, conn, task->what), got_phys, task);
    if (error)
        return failure_raise(L, error, task->what, NULL);
    return task_await(task, phys_done, (lua_KContext)task);
}

/* 0, no preference, when the field is not there. */
static uint8_t phy_option(const struct opts *opts, const char *field)
{
    const char *name = opts_string(opts, field, NULL);
    char what[96];

    if (!name)
        return 0;
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0)
            return (uint8_t)(1U << i);
    }
    luaL_error(opts->L, "%s: expected \"1M\", \"2M\" or \"coded\", got \"%s\"",
               opts_what(opts, field, what), name);
    return 0;
}

int conn_set_phy(lua_State *L)
{
    static const char *const known[] = {"coding", "rx", "tx", NULL};
    struct conn *conn = conn_self(L, 1, "conn:set_phy");
    const struct opts opts = opts_open(L, 2, "conn:set_phy", known, false);
    const struct blr_phy_params params = {
        .tx_phys = phy_option(&opts, "tx"),
        .rx_phys = phy_option(&opts, "rx"),
        .coding = (uint8_t)opts_integer(&opts, "coding", 0, 2, 8),
    };
    struct task *task = task_current(L, "%s: conn:set_phy", conn->device->name);

    task_start_operation(task);
    const int error = blr_gap_set_phy(conn_link(L, conn, task->what), &params, got_phys, task);
    if (error)
        return failure_raise(L, error, task->what, NULL);
    return task_await(task, phys_done, (lua_KContext)task);
}

/* --- data lengths --- */

static void length_set(struct blr_conn *link, int error, void *user)
{
    (void)link;
    task_complete(user, error);
}

static void push_field(lua_State *L, const char *field, lua_Integer value)
{
    lua_pushinteger(L, value);
    lua_setfield(L, -2, field);
}

static int push_length(lua_State *L, const struct conn *conn, const char *what)
{
    const struct blr_data_length *length = blr_conn_data_length(conn_link(L, conn, what));

    lua_createtable(L, 0, 4);
    push_field(L, "rx_octets", length->rx_octets);
    push_field(L, "rx_time", (lua_Integer)SIM_US(length->rx_time_us));
    push_field(L, "tx_octets", length->tx_octets);
    push_field(L, "tx_time", (lua_Integer)SIM_US(length->tx_time_us));
    return 1;
}

static int length_done(lua_State *L, int status, lua_KContext context)
{
    struct task *task = (struct task *)context;

    (void)status;
    if (task->outcome.error)
        return failure_raise(L, task->outcome.error, task->what, NULL);
    return push_length(L, object_check(L, 1, &conn_type, "conn:data_length"), task->what);
}

int conn_data_length(lua_State *L)
{
    static const char *const known[] = {"octets", "time", NULL};
    struct conn *conn = conn_self(L, 1, "conn:data_length");
    const struct opts opts = opts_open(L, 2, "conn:data_length", known, true);
    const uint16_t octets = (uint16_t)opts_integer(&opts, "octets", BLR_DATA_OCTETS_MAX,
                                                   BLR_DATA_OCTETS_MIN, BLR_DATA_OCTETS_MAX);
    const uint16_t time_us =
        opts_time_units(&opts, "time", SIM_US(1), "1 us", BLR_DATA_TIME_MAX_US);

    if (!opts.index)
        return push_length(L, conn, "conn:data_length");
    struct task *task = task_current(L, "%s: conn:data_length", conn->device->name);
    task_start_operation(task);
    const int error = blr_gap_set_data_length(conn_link(L, conn, task->what), octets, time_us,
                                              length_set, task);
    if (error)
        return failure_raise(L, error, task->what, NULL);
    return task_await(task, length_done, (lua_KContext)task);
}
