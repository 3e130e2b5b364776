/* SPDX-License-Identifier: MIT */
/* Pairing, keys and levels of a connection. */
#include <stdlib.h>
#include <string.h>

#include "conn.h"
#include "failure.h"
#include "opts.h"
#include "security.h"

/* --- what is kept --- */

void conn_security_note(struct conn *conn)
{
    struct conn_security *security = &conn->security;

    security->level = blr_conn_security(conn->link);
    security->key_size = blr_conn_key_size(conn->link);
    security->bonded = blr_conn_bonded(conn->link);
    security->identity = *blr_conn_identity(conn->link);
    security->own = *blr_conn_own_address(conn->link);
}

void conn_security_opened(struct conn *conn)
{
    queue_init(&conn->security.pairings, conn->device->run);
    conn_security_note(conn);
}

void conn_security_closed(struct conn *conn)
{
    conn->security.displayed = false;
    conn->security.question = QUESTION_NONE;
    signal_fire(&conn->security.changed);
}

/* --- pairings --- */

static void push_pairing(lua_State *L, const struct conn *conn, const struct blr_pairing *pairing)
{
    static const char *const methods[] = {"just_works", "passkey_entry", "numeric_comparison",
                                          "oob"}; /* by enum blr_pairing_method */

    lua_createtable(L, 0, 6);
    lua_pushstring(L, methods[pairing->method]);
    lua_setfield(L, -2, "method");
    value_set_boolean(L, "authenticated", pairing->authenticated);
    value_set_boolean(L, "secure_connections", pairing->secure_connections);
    value_set_boolean(L, "bonded", pairing->bonded);
    value_set_integer(L, "key_size", pairing->key_size);
    lua_pushinteger(L, conn->link ? blr_conn_security(conn->link) : conn->security.level);
    lua_setfield(L, -2, "level");
}

/* The last pairing that was over: all of them are taken. */
static bool take_pairings(struct conn *conn, struct blr_pairing *pairing)
{
    struct queue_item *item;
    bool good = false;

    while ((item = queue_take(&conn->security.pairings))) {
        good = item->tag == 0;
        memcpy(pairing, item->bytes, sizeof *pairing);
        free(item);
    }
    return good;
}

static void security_done(struct blr_conn *link, int error, void *user)
{
    (void)link;
    task_complete(user, error);
}

static int paired(lua_State *L, int status, lua_KContext context)
{
    struct task *task = (struct task *)context;
    struct conn *conn = object_check(L, 1, &conn_type, "conn:pair");
    struct blr_pairing pairing = {0};
    const bool good = take_pairings(conn, &pairing);

    (void)status;
    if (task->outcome.error)
        return failure_raise(L, task->outcome.error, task->what, NULL);
    if (!good)
        return failure_raise(L, BLR_ERR_STATE, task->what, "no pairing came of it");
    push_pairing(L, conn, &pairing);
    return 1;
}

int conn_pair(lua_State *L)
{
    struct conn *conn = conn_self(L, 1, "conn:pair");
    struct task *task = task_current(L, "%s: conn:pair", conn->device->name);
    struct blr_pairing before;

    take_pairings(conn, &before);
    task_start_operation(task);
    const int error = blr_security_pair(conn_link(L, conn, task->what), security_done, task);
    if (error)
        return failure_raise(L, error, task->what, NULL);
    return task_await(task, paired, (lua_KContext)task);
}

static int raised(lua_State *L, int status, lua_KContext context)
{
    struct task *task = (struct task *)context;
    const struct conn *conn = object_check(L, 1, &conn_type, "conn:secure");

    (void)status;
    if (task->outcome.error)
        return failure_raise(L, task->outcome.error, task->what, NULL);
    lua_pushinteger(L, conn->link ? blr_conn_security(conn->link) : conn->security.level);
    return 1;
}

static enum blr_security_level level_argument(lua_State *L, int index, const char *what)
{
    return (enum blr_security_level)value_integer(L, index, what, BLR_SECURITY_NONE,
                                                  BLR_SECURITY_AUTHENTICATED_SC);
}

int conn_secure(lua_State *L)
{
    struct conn *conn = conn_self(L, 1, "conn:secure");
    const enum blr_security_level level = lua_isnoneornil(L, 2)
                                              ? BLR_SECURITY_ENCRYPTED
                                              : level_argument(L, 2, "conn:secure: the level");
    struct task *task = task_current(L, "%s: conn:secure", conn->device->name);

    task_start_operation(task);
    const int error =
        blr_security_raise(conn_link(L, conn, task->what), level, security_done, task);
    if (error)
        return failure_raise(L, error, task->what, NULL);
    return task_await(task, raised, (lua_KContext)task);
}

int conn_refresh_key(lua_State *L)
{
    struct conn *conn = conn_self(L, 1, "conn:refresh_key");
    struct task *task = task_current(L, "%s: conn:refresh_key", conn->device->name);

    task_start_operation(task);
    const int error = blr_security_refresh(conn_link(L, conn, task->what), security_done, task);
    if (error)
        return failure_raise(L, error, task->what, NULL);
    return task_await(task, task_done, (lua_KContext)task);
}

/* --- waiting for what the other side does --- */

static int wait_pairing_k(lua_State *L, int status, lua_KContext context)
{
    struct task *task = (struct task *)context;
    struct conn *conn = object_check(L, 1, &conn_type, "conn:wait_pairing");
    struct queue_item *item = queue_take(&conn->security.pairings);
    struct blr_pairing pairing;

    (void)status;
    if (!item) {
        conn_link(L, conn, task->what);
        if (task_timed_out(task))
            return failure_raise(L, BLR_ERR_TIMEOUT, task->what, "no pairing was over");
        return task_wait(task, &conn->security.changed, wait_pairing_k, context);
    }
    const int error = (int)item->tag;
    memcpy(&pairing, item->bytes, sizeof pairing);
    free(item);
    if (error)
        return failure_raise(L, error, task->what, NULL);
    push_pairing(L, conn, &pairing);
    return 1;
}

static int wait_passkey_k(lua_State *L, int status, lua_KContext context)
{
    struct task *task = (struct task *)context;
    struct conn *conn = object_check(L, 1, &conn_type, "conn:wait_passkey");

    (void)status;
    if (conn->security.displayed) {
        conn->security.displayed = false;
        lua_pushinteger(L, conn->security.passkey);
        return 1;
    }
    conn_link(L, conn, task->what);
    if (task_timed_out(task))
        return failure_raise(L, BLR_ERR_TIMEOUT, task->what, "no passkey was displayed");
    return task_wait(task, &conn->security.changed, wait_passkey_k, context);
}

static int wait_question_k(lua_State *L, int status, lua_KContext context)
{
    struct task *task = (struct task *)context;
    struct conn *conn = object_check(L, 1, &conn_type, "conn:wait_question");

    (void)status;
    if (conn->security.question == QUESTION_ENTER) {
        lua_pushliteral(L, "enter");
        return 1;
    }
    if (conn->security.question == QUESTION_COMPARE) {
        lua_pushliteral(L, "compare");
        lua_pushinteger(L, conn->security.value);
        return 2;
    }
    conn_link(L, conn, task->what);
    if (task_timed_out(task))
        return failure_raise(L, BLR_ERR_TIMEOUT, task->what, "nothing was asked");
    return task_wait(task, &conn->security.changed, wait_question_k, context);
}

static int wait_security_k(lua_State *L, int status, lua_KContext context)
{
    struct task *task = (struct task *)context;
    struct conn *conn = object_check(L, 1, &conn_type, "conn:wait_security");
    const struct blr_conn *link = conn_link(L, conn, task->what);

    (void)status;
    if ((lua_Integer)blr_conn_security(link) >= lua_tointeger(L, 2)) {
        lua_pushinteger(L, blr_conn_security(link));
        return 1;
    }
    if (task_timed_out(task))
        return failure_raise(L, BLR_ERR_TIMEOUT, task->what, "the link's level is %d",
                             (int)blr_conn_security(link));
    return task_wait(task, &conn->security.changed, wait_security_k, context);
}

/* Argument timeout_at is how long; those before it stay for k. */
static int wait_for(lua_State *L, const char *call, int timeout_at, lua_KFunction k)
{
    struct conn *conn = conn_self(L, 1, call);
    const sim_ns timeout = task_timeout_argument(L, timeout_at, call);
    struct task *task = task_current(L, "%s: %s", conn->device->name, call);

    lua_settop(L, timeout_at - 1);
    task_begin_wait(task, timeout);
    return k(L, LUA_OK, (lua_KContext)task);
}

int conn_wait_pairing(lua_State *L)
{
    return wait_for(L, "conn:wait_pairing", 2, wait_pairing_k);
}

int conn_wait_passkey(lua_State *L)
{
    return wait_for(L, "conn:wait_passkey", 2, wait_passkey_k);
}

int conn_wait_question(lua_State *L)
{
    return wait_for(L, "conn:wait_question", 2, wait_question_k);
}

int conn_wait_security(lua_State *L)
{
    static const char call[] = "conn:wait_security";

    conn_self(L, 1, call);
    const enum blr_security_level level = level_argument(L, 2, "conn:wait_security: the level");
    lua_pushinteger(L, level);
    lua_replace(L, 2);
    return wait_for(L, call, 3, wait_security_k);
}

/* --- answers of the user --- */

static int answered(lua_State *L, int error, const char *call)
{
    return error ? failure_raise(L, error, call, NULL) : 0;
}

int conn_enter_passkey(lua_State *L)
{
    static const char call[] = "conn:enter_passkey";
    struct conn *conn = conn_self(L, 1, call);
    const uint32_t passkey =
        (uint32_t)value_integer(L, 2, "conn:enter_passkey: the passkey", 0, SMP_PASSKEY_MAX);

    conn->security.question = QUESTION_NONE;
    return answered(L, blr_security_enter_passkey(conn_link(L, conn, call), passkey), call);
}

int conn_confirm(lua_State *L)
{
    static const char call[] = "conn:confirm";
    struct conn *conn = conn_self(L, 1, call);

    if (lua_type(L, 2) != LUA_TBOOLEAN)
        return luaL_error(L, "%s takes true or false, got %s", call, luaL_typename(L, 2));
    conn->security.question = QUESTION_NONE;
    return answered(L, blr_security_confirm(conn_link(L, conn, call), lua_toboolean(L, 2)), call);
}

static const char *const keypresses[] = {"started", "digit_entered", "digit_erased", "cleared",
                                         "completed"}; /* by enum smp_keypress */

const char *keypress_name(uint8_t type)
{
    return type < sizeof keypresses / sizeof keypresses[0] ? keypresses[type] : "reserved";
}

int conn_keypress(lua_State *L)
{
    static const char call[] = "conn:keypress";
    struct conn *conn = conn_self(L, 1, call);
    const char *word = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";

    for (uint8_t type = 0; type < sizeof keypresses / sizeof keypresses[0]; type++)
        if (strcmp(keypresses[type], word) == 0)
            return answered(L, blr_security_keypress(conn_link(L, conn, call), type), call);
    return luaL_error(L,
                      "%s: \"started\", \"digit_entered\", \"digit_erased\", \"cleared\" or "
                      "\"completed\"",
                      call);
}

int conn_cancel_pairing(lua_State *L)
{
    static const char call[] = "conn:cancel_pairing";
    struct conn *conn = conn_self(L, 1, call);
    const uint8_t reason =
        lua_isnoneornil(L, 2)
            ? SMP_REASON_UNSPECIFIED_REASON
            : (uint8_t)value_integer(L, 2, "conn:cancel_pairing: the reason", 1, 0xFF);

    return answered(L, blr_security_fail(conn_link(L, conn, call), reason), call);
}

/* --- fields --- */

static const struct conn_security *field_of(lua_State *L)
{
    struct conn *conn = object_check(L, 1, &conn_type, "conn");

    if (conn->link)
        conn_security_note(conn);
    return &conn->security;
}

static int push_type(lua_State *L, const struct bd_addr *address)
{
    lua_pushstring(L, address->type == BD_ADDR_RANDOM ? "random" : "public");
    return 1;
}

int conn_field_bonded(lua_State *L)
{
    lua_pushboolean(L, field_of(L)->bonded);
    return 1;
}

int conn_field_encrypted(lua_State *L)
{
    lua_pushboolean(L, field_of(L)->key_size != 0);
    return 1;
}

int conn_field_identity(lua_State *L)
{
    value_push_address(L, &field_of(L)->identity);
    return 1;
}

int conn_field_identity_type(lua_State *L)
{
    return push_type(L, &field_of(L)->identity);
}

int conn_field_key_size(lua_State *L)
{
    lua_pushinteger(L, field_of(L)->key_size);
    return 1;
}

int conn_field_own_address(lua_State *L)
{
    value_push_address(L, &field_of(L)->own);
    return 1;
}

int conn_field_own_address_type(lua_State *L)
{
    return push_type(L, &field_of(L)->own);
}

int conn_field_security(lua_State *L)
{
    lua_pushinteger(L, field_of(L)->level);
    return 1;
}
