/* SPDX-License-Identifier: MIT */
/* What a device can do and wants in pairings, who answers for its user, and what is fixed. */
#include "security.h"

#include <string.h>

#include "callback.h"
#include "conn.h"
#include "device.h"
#include "failure.h"
#include "opts.h"
#include "properties.h"

/* --- words --- */

static int word_of(const struct opts *opts, const char *field, const char *const *words,
                   int otherwise)
{
    const char *word = opts_string(opts, field, NULL);

    if (!word)
        return otherwise;
    for (int i = 0; words[i]; i++)
        if (strcmp(words[i], word) == 0)
            return i;
    return luaL_error(opts->L, "%s: %s cannot be '%s'", opts->call, field, word);
}

enum blr_own_address own_address_option(const struct opts *opts)
{
    static const char *const words[] = {"default", "identity", "resolvable", "non_resolvable",
                                        NULL}; /* by enum blr_own_address */

    return (enum blr_own_address)word_of(opts, "own_address", words, BLR_OWN_DEFAULT);
}

/* A list of keys: "enc id sign", or a table of them. */
static uint8_t keys_option(const struct opts *opts, const char *field, uint8_t otherwise)
{
    char what[96];

    if (!opts_push(opts, field))
        return otherwise;
    const uint8_t keys = keys_read(opts->L, -1, opts_what(opts, field, what));
    lua_pop(opts->L, 1);
    return keys;
}

/* --- configuration --- */

static const char *const security_fields[] = {"accept_debug_key",
                                              "accept_keys",
                                              "automatic",
                                              "bonding",
                                              "csrk",
                                              "io",
                                              "irk",
                                              "keypress",
                                              "max_key_size",
                                              "min_key_size",
                                              "mitm",
                                              "passkey",
                                              "private_key",
                                              "random",
                                              "refuse",
                                              "secure_connections",
                                              "send_keys",
                                              "use_debug_key",
                                              NULL};

static void read_secure_connections(const struct opts *opts, struct blr_security_config *config)
{
    lua_State *L = opts->L;

    if (!opts_push(opts, "secure_connections"))
        return;
    if (lua_type(L, -1) == LUA_TBOOLEAN)
        config->only_secure_connections = false;
    else if (lua_type(L, -1) == LUA_TSTRING && strcmp(lua_tostring(L, -1), "only") == 0)
        config->only_secure_connections = true;
    else
        luaL_error(L, "%s: secure_connections is true, false or \"only\"", opts->call);
    config->secure_connections = lua_toboolean(L, -1);
    lua_pop(L, 1);
}

static void read_config(const struct opts *opts, struct blr_security_config *config)
{
    static const char *const io[] = {"display_only",     "display_yes_no",
                                     "keyboard_only",    "none",
                                     "keyboard_display", NULL}; /* by enum smp_io_capability */

    config->io_capability = (uint8_t)word_of(opts, "io", io, config->io_capability);
    config->refuse = opts_bool(opts, "refuse", config->refuse);
    config->bonding = opts_bool(opts, "bonding", config->bonding);
    config->mitm = opts_bool(opts, "mitm", config->mitm);
    read_secure_connections(opts, config);
    config->keypress = opts_bool(opts, "keypress", config->keypress);
    config->min_key_size = (uint8_t)opts_integer(opts, "min_key_size", config->min_key_size, 7, 16);
    config->max_key_size = (uint8_t)opts_integer(opts, "max_key_size", config->max_key_size, 7, 16);
    config->send_keys = keys_option(opts, "send_keys", config->send_keys);
    config->accept_keys = keys_option(opts, "accept_keys", config->accept_keys);
    config->use_debug_key = opts_bool(opts, "use_debug_key", config->use_debug_key);
    config->accept_debug_key = opts_bool(opts, "accept_debug_key", config->accept_debug_key);
    config->automatic = opts_bool(opts, "automatic", config->automatic);
    if (config->min_key_size > config->max_key_size)
        luaL_error(opts->L, "%s: min_key_size is above max_key_size", opts->call);
}

/* false: drawn again. */
static bool read_fixed(const struct opts *opts, const char *field, uint8_t *out, size_t size,
                       bool before)
{
    if (!opts_push(opts, field))
        return before;
    const bool off = lua_type(opts->L, -1) == LUA_TBOOLEAN && !lua_toboolean(opts->L, -1);
    lua_pop(opts->L, 1);
    if (!off)
        opts_octets(opts, field, out, size);
    return !off;
}

static bool read_fixed_passkey(const struct opts *opts, struct fixed *fixed)
{
    if (!opts_push(opts, "passkey"))
        return fixed->has_passkey;
    const bool off = lua_type(opts->L, -1) == LUA_TBOOLEAN && !lua_toboolean(opts->L, -1);
    lua_pop(opts->L, 1);
    if (!off)
        fixed->passkey = (uint32_t)opts_integer(opts, "passkey", 0, 0, SMP_PASSKEY_MAX);
    return !off;
}

static void fix(const struct opts *opts, struct device *device)
{
    struct fixed *fixed = &device->security.fixed;

    fixed->has_private_key =
        read_fixed(opts, "private_key", fixed->private_key, 32, fixed->has_private_key);
    fixed->has_random = read_fixed(opts, "random", fixed->random, 16, fixed->has_random);
    fixed->has_irk = read_fixed(opts, "irk", fixed->irk, 16, fixed->has_irk);
    fixed->has_csrk = read_fixed(opts, "csrk", fixed->csrk, 16, fixed->has_csrk);
    fixed->has_passkey = read_fixed_passkey(opts, fixed);
    const struct blr_security_fixed all = {
        .private_key = fixed->has_private_key ? fixed->private_key : NULL,
        .random = fixed->has_random ? fixed->random : NULL,
        .passkey = fixed->has_passkey ? &fixed->passkey : NULL,
        .irk = fixed->has_irk ? fixed->irk : NULL,
        .csrk = fixed->has_csrk ? fixed->csrk : NULL,
    };
    if (blr_security_fix(device_host(device), &all) != 0) {
        fixed->has_private_key = false;
        luaL_error(opts->L, "%s: private_key is no private key", opts->call);
    }
}

/* The table at index: what it does not name stays as it is. */
static void configure(lua_State *L, struct device *device, int index, const char *call)
{
    const struct opts opts = opts_open(L, index, call, security_fields, false);
    struct blr_security_config config = *blr_security_config_of(device_host(device));

    read_config(&opts, &config);
    fix(&opts, device);
    const int error = blr_security_configure(device_host(device), &config);
    if (error)
        failure_raise(L, error, call, NULL);
}

int device_security(lua_State *L)
{
    configure(L, device_self(L, "device:security"), 2, "device:security");
    return 0;
}

static void set_pin(lua_State *L, struct device *device, int index, const char *call)
{
    if (!lua_isnil(L, index) && lua_type(L, index) != LUA_TSTRING)
        luaL_error(L, "%s: a PIN is text of 1 to 6 digits, got %s", call, luaL_typename(L, index));
    size_t len = 0;
    const char *pin = lua_tolstring(L, index, &len);
    const int error = pin && strlen(pin) != len ? BLR_ERR_INVALID
                                                : blr_security_set_pin(device_host(device), pin);
    if (error == BLR_ERR_INVALID)
        luaL_error(L, "%s: a PIN has 1 to 6 digits and nothing else", call);
    if (error)
        failure_raise(L, error, call, NULL);
}

int device_set_pin(lua_State *L)
{
    struct device *device = device_self(L, "device:set_pin");

    lua_settop(L, 2);
    set_pin(L, device, 2, "device:set_pin");
    return 0;
}

/* --- the agent --- */

int device_agent(lua_State *L)
{
    static const char call[] = "device:agent";
    static const char *const known[] = {"compare",  "display",   "enter",
                                        "keypress", "requested", NULL};
    struct device *device = device_self(L, call);
    const struct opts opts = opts_open(L, 2, call, known, true);

    /* The functions that were there before stay in the registry: one of them may be running. */
    device->security.agent = (struct agent){
        .display = opts_function(&opts, "display"),
        .enter = opts_function(&opts, "enter"),
        .compare = opts_function(&opts, "compare"),
        .requested = opts_function(&opts, "requested"),
        .keypress = opts_function(&opts, "keypress"),
    };
    return 0;
}

/* One call of the agent. */
struct asked {
    struct conn *conn;
    int function;
    enum { ASKED_NUMBER, ASKED_NOTHING, ASKED_REQUESTED, ASKED_WORD } arguments;
    uint32_t number;
    bool bonding, mitm;
    const char *word;
    /* What came of it. */
    bool answered, yes;
    uint32_t entered;
};

static int push_asked(lua_State *L, void *user)
{
    const struct asked *asked = user;

    switch (asked->arguments) {
    case ASKED_NUMBER:
        lua_pushinteger(L, asked->number);
        object_push(L, &conn_type, asked->conn);
        return 2;
    case ASKED_NOTHING:
        object_push(L, &conn_type, asked->conn);
        return 1;
    case ASKED_REQUESTED:
        object_push(L, &conn_type, asked->conn);
        lua_pushboolean(L, asked->bonding);
        lua_pushboolean(L, asked->mitm);
        return 3;
    case ASKED_WORD:
        lua_pushstring(L, asked->word);
        object_push(L, &conn_type, asked->conn);
        return 2;
    }
    return 0;
}

static void take_passkey(lua_State *L, void *user)
{
    struct asked *asked = user;

    if (lua_isnil(L, -1))
        return;
    if (!lua_isinteger(L, -1) || lua_tointeger(L, -1) < 0 || lua_tointeger(L, -1) > SMP_PASSKEY_MAX)
        callback_wrong_result(L, asked->function, "a passkey is 0 to 999999, or nil for later");
    asked->answered = true;
    asked->entered = (uint32_t)lua_tointeger(L, -1);
}

static void take_yes(lua_State *L, void *user)
{
    struct asked *asked = user;

    if (lua_isnil(L, -1))
        return;
    if (lua_type(L, -1) != LUA_TBOOLEAN)
        callback_wrong_result(L, asked->function, "it returns true, false, or nil for later");
    asked->answered = true;
    asked->yes = lua_toboolean(L, -1);
}

static void ask(struct asked *asked, void (*take)(lua_State *L, void *user))
{
    struct device *device = asked->conn->device;
    const struct callback callback = {.function = asked->function,
                                      .device = device,
                                      .push = push_asked,
                                      .take = take,
                                      .user = asked};

    callback_run(device->run, &callback);
}

/* --- what the host tells --- */

static struct conn *told_conn(struct blr_conn *link, void *user)
{
    struct device *device = user;

    return device->run->closing || device->run->over ? NULL : conn_of(device, link);
}

static bool on_requested(struct blr_conn *link, bool bonding, bool mitm, void *user)
{
    struct device *device = user;
    struct asked asked = {
        .conn = told_conn(link, user),
        .function = device->security.agent.requested,
        .arguments = ASKED_REQUESTED,
        .bonding = bonding,
        .mitm = mitm,
    };

    if (!asked.conn)
        return false;
    ask(&asked, take_yes);
    return !asked.answered || asked.yes;
}

static void on_display(struct blr_conn *link, uint32_t passkey, void *user)
{
    struct device *device = user;
    struct asked asked = {
        .conn = told_conn(link, user),
        .function = device->security.agent.display,
        .arguments = ASKED_NUMBER,
        .number = passkey,
    };

    if (!asked.conn)
        return;
    asked.conn->security.displayed = true;
    asked.conn->security.passkey = passkey;
    signal_fire(&asked.conn->security.changed);
    ask(&asked, NULL);
}

static void on_enter(struct blr_conn *link, void *user)
{
    struct device *device = user;
    struct asked asked = {
        .conn = told_conn(link, user),
        .function = device->security.agent.enter,
        .arguments = ASKED_NOTHING,
    };

    if (!asked.conn)
        return;
    asked.conn->security.question = QUESTION_ENTER;
    signal_fire(&asked.conn->security.changed);
    ask(&asked, take_passkey);
    /* The script's function may have ended the pairing, or the link. */
    if (asked.answered && asked.conn->link)
        (void)!blr_security_enter_passkey(asked.conn->link, asked.entered);
    if (asked.answered)
        asked.conn->security.question = QUESTION_NONE;
}

static void on_compare(struct blr_conn *link, uint32_t value, void *user)
{
    struct device *device = user;
    struct asked asked = {
        .conn = told_conn(link, user),
        .function = device->security.agent.compare,
        .arguments = ASKED_NUMBER,
        .number = value,
    };

    if (!asked.conn)
        return;
    asked.conn->security.question = QUESTION_COMPARE;
    asked.conn->security.value = value;
    signal_fire(&asked.conn->security.changed);
    ask(&asked, take_yes);
    if (asked.answered && asked.conn->link)
        (void)!blr_security_confirm(asked.conn->link, asked.yes);
    if (asked.answered)
        asked.conn->security.question = QUESTION_NONE;
}

static void on_keypress(struct blr_conn *link, uint8_t type, void *user)
{
    struct device *device = user;
    struct asked asked = {
        .conn = told_conn(link, user),
        .function = device->security.agent.keypress,
        .arguments = ASKED_WORD,
        .word = keypress_name(type),
    };

    if (asked.conn)
        ask(&asked, NULL);
}

static void on_finished(struct blr_conn *link, int error, const struct blr_pairing *pairing,
                        void *user)
{
    const struct blr_pairing none = {0};
    struct conn *conn = told_conn(link, user);

    if (!conn)
        return;
    conn->security.displayed = false;
    conn->security.question = QUESTION_NONE;
    conn_security_note(conn);
    queue_put(&conn->security.pairings, conn->device->run, NULL, (uint32_t)error,
              (const uint8_t *)(pairing ? pairing : &none), sizeof none);
    signal_fire(&conn->security.changed);
}

static void on_changed(struct blr_conn *link, int error, void *user)
{
    struct conn *conn = told_conn(link, user);

    (void)error;
    if (!conn)
        return;
    conn_security_note(conn);
    signal_fire(&conn->security.changed);
}

static void on_identified(struct blr_conn *link, void *user)
{
    on_changed(link, 0, user);
}

/* --- device { } --- */

void device_security_declare(lua_State *L, struct device *device, const struct opts *opts)
{
    static const struct blr_security_listener listener = {
        .requested = on_requested,
        .display_passkey = on_display,
        .enter_passkey = on_enter,
        .compare = on_compare,
        .keypress = on_keypress,
        .finished = on_finished,
        .changed = on_changed,
        .identified = on_identified,
    };

    device->security.agent = (struct agent){LUA_NOREF, LUA_NOREF, LUA_NOREF, LUA_NOREF, LUA_NOREF};
    blr_security_listen(device_host(device), &listener, device);
    if (opts_push(opts, "security")) {
        configure(L, device, lua_gettop(L), "device: security");
        lua_pop(L, 1);
    }
    if (opts_push(opts, "pin")) {
        set_pin(L, device, lua_gettop(L), "device: pin");
        lua_pop(L, 1);
    }
    if (opts_push(opts, "privacy")) {
        device_privacy_read(L, lua_gettop(L), "device: privacy", &device->security.privacy);
        device->security.wants_privacy = true;
        lua_pop(L, 1);
    }
}
