/* SPDX-License-Identifier: MIT */
/* Commands and packets by their names: those of the codec's table, or whatever a script makes up.
 */
#include <stdio.h>
#include <string.h>

#include "backend.h"

/* What came, as it is copied for the script. */
struct came {
    bool event;
    uint16_t code;
    size_t len;
    uint8_t payload[BGAPI_PAYLOAD_MAX];
};

/* --- what is sent --- */

/* The field on top of the stack. */
static void take_field(lua_State *L, enum bgapi_field field, const char *what,
                       struct bgapi_fields *fields)
{
    switch (bgapi_field_type(field)) {
    case BGAPI_U8:
    case BGAPI_I8:
    case BGAPI_U16:
    case BGAPI_U32:
        if (lua_isboolean(L, -1))
            fields->number[field] = lua_toboolean(L, -1);
        else
            fields->number[field] = value_integer(L, -1, what, INT32_MIN, UINT32_MAX);
        break;
    case BGAPI_ADDR:
        fields->address = value_address(L, -1, what, NULL);
        break;
    case BGAPI_U8A:
        fields->data = value_bytes(L, -1, what, &fields->data_len, BGAPI_PAYLOAD_MAX);
        break;
    }
}

/* The names of a packet's fields, for opts_open(). */
static void list_fields(const struct bgapi_layout *layout,
                        const char *names[static BGAPI_LAYOUT_MAX + 1])
{
    size_t count = 0;

    for (const uint8_t *f = layout->fields; *f != BGAPI_NO_FIELD; f++)
        names[count++] = bgapi_field_name((enum bgapi_field)*f);
    names[count] = NULL;
}

static int encode_named(lua_State *L, int index, const char *call, struct wr *w)
{
    const struct bgapi_layout *layout = bgapi_layout_named(BGAPI_COMMAND, lua_tostring(L, index));
    const char *names[BGAPI_LAYOUT_MAX + 1];
    struct bgapi_fields fields = {.data = NULL};
    char command[96], what[96];

    if (!layout)
        return luaL_error(L, "%s: there is no command '%s'", call, lua_tostring(L, index));
    list_fields(layout, names);
    snprintf(command, sizeof command, "%s: %s", call, layout->name);
    const struct opts opts = opts_open(L, index + 1, command, names, true);
    for (const uint8_t *f = layout->fields; *f != BGAPI_NO_FIELD; f++) {
        const char *name = bgapi_field_name((enum bgapi_field)*f);
        if (!opts_push(&opts, name))
            return luaL_error(L, "%s needs the parameter %s", command, name);
        take_field(L, (enum bgapi_field)*f, opts_what(&opts, name, what), &fields);
        lua_pop(L, 1);
    }
    return bgapi_encode(BGAPI_COMMAND, layout->code, &fields, w);
}

/* A command of its name with its parameters, or { class =, id =, payload = }. */
static int encode(lua_State *L, int index, const char *call, struct wr *w)
{
    static const char *const known[] = {"class", "id", "payload", NULL};

    if (lua_type(L, index) == LUA_TSTRING)
        return encode_named(L, index, call, w);
    if (!lua_istable(L, index))
        return luaL_error(L, "%s: a command is a name or a table, got %s", call,
                          luaL_typename(L, index));
    const struct opts opts = opts_open(L, index, call, known, false);
    const lua_Integer class = opts_integer(&opts, "class", 0, 0, UINT8_MAX);
    const lua_Integer id = opts_integer(&opts, "id", 0, 0, UINT8_MAX);
    size_t len = 0;
    const uint8_t *payload = opts_bytes(&opts, "payload", &len, BGAPI_PAYLOAD_MAX);
    return bgapi_encode_raw(0x00, (uint16_t)(class << 8 | id), payload, len, w);
}

/* As the dongle would have it: a parameter that does not fit. */
static void check_encoded(lua_State *L, int error, const char *call)
{
    if (error)
        backend_raise(L, BLR_ERR_INVALID, BLR_BGAPI_NO_ERROR, "a parameter does not fit its type",
                      call);
}

/* --- what is awaited --- */

static struct blr_bgapi_expected expected_named(lua_State *L, int index, const char *call)
{
    if (lua_type(L, index) != LUA_TSTRING)
        luaL_error(L, "%s: a packet is a response's or an event's name, got %s", call,
                   luaL_typename(L, index));
    const char *name = lua_tostring(L, index);
    const struct bgapi_layout *layout = bgapi_layout_named(BGAPI_EVENT, name);
    if (!layout)
        layout = bgapi_layout_named(BGAPI_RESPONSE, name);
    if (!layout)
        luaL_error(L, "%s: '%s' is no response and no event", call, name);
    return (struct blr_bgapi_expected){layout->kind, layout->code};
}

static void packet_done(struct blr_bgapi *bgapi, int error, const struct bgapi_packet *packet,
                        void *user)
{
    struct backend_call *call = backend_ended(user, error);
    struct came came = {.len = 0};

    (void)bgapi;
    if (!call)
        return;
    if (packet) {
        came.event = bgapi_is_event(packet);
        came.code = packet->code;
        came.len = packet->len;
        if (packet->len)
            memcpy(came.payload, packet->payload, packet->len);
    }
    task_complete_data(call->task, error, &came, packet ? 1 : 0, sizeof came);
}

static void set_field(lua_State *L, enum bgapi_field field, const struct bgapi_fields *fields)
{
    const char *name = bgapi_field_name(field);

    switch (bgapi_field_type(field)) {
    case BGAPI_U8:
    case BGAPI_I8:
    case BGAPI_U16:
    case BGAPI_U32:
        value_set_integer(L, name, fields->number[field]);
        break;
    case BGAPI_ADDR:
        value_push_address(L, &fields->address);
        lua_setfield(L, -2, name);
        break;
    case BGAPI_U8A:
        value_set_bytes(L, name, fields->data, fields->data_len);
        break;
    }
}

static int push_packet(lua_State *L, int status, lua_KContext context)
{
    const struct backend_call *call = (const struct backend_call *)context;
    const struct came *came = call->task->outcome.data;
    struct bgapi_fields fields;

    (void)status;
    backend_check(L, call);
    lua_pushnil(L);
    if (!came)
        return 1;
    const enum bgapi_kind kind = came->event ? BGAPI_EVENT : BGAPI_RESPONSE;
    const struct bgapi_layout *layout = bgapi_layout(kind, came->code);
    lua_newtable(L);
    lua_pushstring(L, came->event ? "event" : "response");
    lua_setfield(L, -2, "kind");
    value_set_integer(L, "class", BGAPI_CODE_CLASS(came->code));
    value_set_integer(L, "id", BGAPI_CODE_ID(came->code));
    value_set_bytes(L, "payload", came->payload, came->len);
    if (!layout || bgapi_decode(kind, came->code, came->payload, came->len, &fields) != 0)
        return 1;
    lua_pushstring(L, layout->name);
    lua_setfield(L, -2, "packet");
    for (const uint8_t *f = layout->fields; *f != BGAPI_NO_FIELD; f++)
        set_field(L, (enum bgapi_field)*f, &fields);
    return 1;
}

/* --- the calls --- */

int adapter_send_command(lua_State *L)
{
    static const char what[] = "adapter:send_command";
    struct adapter *adapter = object_check(L, 1, &adapter_type, what);
    uint8_t octets[BGAPI_PACKET_MAX];
    struct wr w = wr_init(octets, sizeof octets);

    lua_settop(L, 3);
    check_encoded(L, encode(L, 2, what, &w), what);
    struct backend_call *call = backend_begin(L, what);
    return backend_await(
        L, adapter, call,
        blr_bgapi_send_command_async(adapter->bgapi, octets, w.len, packet_done, adapter),
        push_packet);
}

int adapter_expect(lua_State *L)
{
    static const char what[] = "adapter:expect";
    static const char *const known[] = {"timeout", NULL};
    struct adapter *adapter = object_check(L, 1, &adapter_type, what);
    uint8_t octets[BGAPI_PACKET_MAX];
    struct wr w = wr_init(octets, sizeof octets);

    lua_settop(L, 5);
    const struct blr_bgapi_expected expected = expected_named(L, 2, what);
    const struct opts opts = opts_open(L, 5, what, known, true);
    const sim_ns timeout = backend_seconds(&opts, "timeout", BLR_BGAPI_RESPONSE_TIMEOUT);
    check_encoded(L, encode(L, 3, what, &w), what);
    struct backend_call *call = backend_begin(L, what);
    return backend_await(L, adapter, call,
                         blr_bgapi_expect_async(adapter->bgapi, expected, octets, w.len, timeout,
                                                packet_done, adapter),
                         push_packet);
}

int adapter_expect_any(lua_State *L)
{
    static const char what[] = "adapter:expect_any";
    static const char *const known[] = {"assert_return_success", "timeout", NULL};
    struct adapter *adapter = object_check(L, 1, &adapter_type, what);
    struct blr_bgapi_expected choices[BLR_BGAPI_CHOICES_MAX];
    size_t count = 0;

    if (!lua_istable(L, 2))
        return luaL_error(L, "%s: expected_packet_choices is a list, got %s", what,
                          luaL_typename(L, 2));
    const struct opts opts = opts_open(L, 3, what, known, true);
    for (; lua_rawgeti(L, 2, (lua_Integer)count + 1) != LUA_TNIL; count++) {
        if (count == BLR_BGAPI_CHOICES_MAX)
            return luaL_error(L, "%s: at most %d choices", what, BLR_BGAPI_CHOICES_MAX);
        choices[count] = expected_named(L, -1, what);
        lua_pop(L, 1);
    }
    const sim_ns timeout = backend_seconds(&opts, "timeout", BLR_BGAPI_RESPONSE_TIMEOUT);
    const bool success = opts_bool(&opts, "assert_return_success", true);
    struct backend_call *call = backend_begin(L, what);
    return backend_await(L, adapter, call,
                         blr_bgapi_expect_any_async(adapter->bgapi, choices, count, timeout,
                                                    success, packet_done, adapter),
                         push_packet);
}
