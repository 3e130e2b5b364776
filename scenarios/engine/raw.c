/* SPDX-License-Identifier: MIT */
/* raw { ... }: a radio that sends and hears any packet at any instant. */
#include "raw.h"

#include <stdlib.h>
#include <string.h>

#include "callback.h"
#include "device.h"
#include "failure.h"
#include "place.h"

enum { RAW_COST = 5000, PACKET_COST = 300 };

struct raw_packet {
    struct radio_rx rx; /* but pdu */
    uint8_t pdu[LL_PDU_MAX];
};

/* --- what is heard --- */

struct heard {
    const struct radio_rx *rx;
    bool taken;
};

static int push_heard(lua_State *L, void *user)
{
    const struct heard *heard = user;

    raw_packet_push(L, heard->rx);
    return 1;
}

static void take_answer(lua_State *L, void *user)
{
    struct heard *heard = user;

    heard->taken = lua_toboolean(L, -1);
}

void raw_on_rx(void *user, const struct radio_rx *rx)
{
    struct raw *raw = user;
    struct heard heard = {.rx = rx};
    const struct callback callback = {
        .function = raw->on_heard, .push = push_heard, .take = take_answer, .user = &heard};
    struct raw_packet packet = {.rx = *rx};

    if (raw->run->closing || raw->run->over)
        return;
    callback_run(raw->run, &callback);
    if (heard.taken || raw->run->over)
        return;
    if (rx->len)
        memcpy(packet.pdu, rx->pdu, rx->len);
    queue_put(&raw->heard, raw->run, NULL, 0, (const uint8_t *)&packet,
              offsetof(struct raw_packet, pdu) + rx->len);
}

static int next_k(lua_State *L, int status, lua_KContext context)
{
    struct task *task = (struct task *)context;
    struct raw *raw = lua_touserdata(L, 2);

    (void)status;
    if (raw->heard.first) {
        const struct queue_item *item = raw->heard.first;
        struct raw_packet packet;
        memcpy(&packet, item->bytes, item->len);
        packet.rx.pdu = packet.pdu;
        free(queue_take(&raw->heard));
        raw_packet_push(L, &packet.rx);
        return 1;
    }
    if (raw->heard.overflowed)
        return luaL_error(L, "%s: more packets came than a script may leave unread", task->what);
    if (task_timed_out(task))
        return failure_raise(L, BLR_ERR_TIMEOUT, task->what, "nothing was heard");
    return task_wait(task, &raw->heard.signal, next_k, context);
}

int raw_next(lua_State *L, const struct object_type *type, const char *call)
{
    struct raw *raw = object_check(L, 1, type, call);
    const sim_ns timeout = task_timeout_argument(L, 2, call);
    struct task *task = task_current(L, "%s:next", raw->name);

    lua_settop(L, 1);
    lua_pushlightuserdata(L, raw);
    task_begin_wait(task, timeout);
    return next_k(L, LUA_OK, (lua_KContext)task);
}

/* --- declaring --- */

struct raw *raw_declare(lua_State *L, const struct opts *opts)
{
    struct run *run = run_of(L);
    const char *name = place_name(opts);
    const int16_t power = (int16_t)(opts_integer(opts, "power", 0, -127, 20) * 10);
    const int16_t sensitivity = (int16_t)(opts_integer(opts, "sensitivity", -95, -127, 0) * 10);
    const struct radio_position position = place_position_option(opts);

    sandbox_charge(L, RAW_COST);
    struct raw *raw = run_alloc_or_raise(L, sizeof *raw);
    raw->run = run;
    raw->on_heard = LUA_NOREF;
    memcpy(raw->name, name, strlen(name) + 1);
    raw->radio = raw_radio_new(run->world, raw->name);
    if (!raw->radio)
        luaL_error(L, "%s: out of memory", opts->call);
    *run->raws_end = raw;
    run->raws_end = &raw->next;
    queue_init(&raw->heard, run);
    raw_radio_on_rx(raw->radio, raw_on_rx, raw);
    raw_radio_sender(raw->radio)->power_ddbm = power;
    raw_radio_receiver(raw->radio)->sensitivity_ddbm = sensitivity;
    radio_set_position(raw_radio_sender(raw->radio), position);
    radio_set_position(raw_radio_receiver(raw->radio), position);
    return raw;
}

void raw_close_all(struct run *run)
{
    for (struct raw *raw = run->raws; raw; raw = raw->next) {
        for (struct raw_link_object *object = raw->links; object; object = object->next)
            raw_link_free(object->link);
        raw_radio_free(raw->radio);
        raw->radio = NULL;
        text_free(&raw->trace_path);
        text_free(&raw->trace_part);
    }
}

struct radio *raw_next_radio(const struct raw *raw, const struct radio *radio)
{
    struct radio *sender = raw_radio_sender(raw->radio);
    struct radio *receiver = raw_radio_receiver(raw->radio);
    const struct raw_link_object *object = raw->links;

    if (!radio)
        return sender;
    if (radio == sender)
        return receiver;
    if (radio != receiver) {
        while (raw_link_radio(object->link) != radio)
            object = object->next;
        object = object->next;
    }
    return object ? raw_link_radio(object->link) : NULL;
}

/* A static random one of its own, as no device has: drawn from seed and name. */
static struct bd_addr own_address(const struct run *run, const char *name)
{
    struct bd_addr address = {.type = BD_ADDR_RANDOM};
    struct sim_stream stream;

    sim_stream_init(&stream, run->options->seed, name, "raw address");
    sim_stream_bytes(&stream, address.octet, sizeof address.octet);
    address.octet[5] |= 0xC0;
    return address;
}

struct bd_addr raw_address_option(const struct opts *opts, const char *field)
{
    char what[96];

    opts_push(opts, field);
    const struct bd_addr address = value_address(opts->L, -1, opts_what(opts, field, what),
                                                 opts_string(opts, "address_type", NULL));
    lua_pop(opts->L, 1);
    return address;
}

static int global_raw(lua_State *L)
{
    static const char *const known[] = {"address", "address_type", "name", "position",
                                        "power",   "sensitivity",  NULL};
    const struct opts opts = opts_open(L, 1, "raw", known, false);
    const bool addressed = opts_has(&opts, "address");
    struct bd_addr address = {0};

    if (addressed)
        address = raw_address_option(&opts, "address");
    struct raw *raw = raw_declare(L, &opts);
    raw->address = addressed ? address : own_address(raw->run, raw->name);
    object_push(L, &raw_type, raw);
    return 1;
}

/* --- sending and hearing --- */

static int send_packet(lua_State *L, const struct opts *opts, struct raw *raw,
                       struct radio_packet *packet)
{
    size_t len;

    packet->crc_init = raw_packet_crc_init(opts);
    packet->bad_crc = opts_bool(opts, "bad_crc", false);
    packet->pdu = opts_bytes(opts, "pdu", &len, LL_PDU_MAX);
    packet->len = len;
    if (!packet->pdu)
        return luaL_error(L, "%s: a pdu is needed", opts->call);
    sandbox_charge(L, PACKET_COST);
    sandbox_charge_memory(L, LL_PDU_MAX);
    const int error = raw_radio_send(raw->radio, packet);
    if (error == BLR_ERR_INVALID)
        return luaL_error(L, "%s: its time is past, or before the end of what is sent already",
                          opts->call);
    if (error)
        return failure_raise(L, error, opts->call, NULL);
    lua_pushinteger(
        L, (lua_Integer)(packet->start + ll_air_time((enum radio_phy)packet->phy, packet->len)));
    return 1;
}

static int raw_send(lua_State *L)
{
    static const char call[] = "raw:send";
    static const char *const known[] = {"access_address", "at",  "bad_crc", "channel", "coding",
                                        "crc_init",       "mhz", "pdu",     "phy",     NULL};
    struct raw *raw = object_check(L, 1, &raw_type, call);
    const struct opts opts = opts_open(L, 2, call, known, false);
    struct radio_packet packet = {
        .start = opts_time(&opts, "at", sim_world_now(raw->run->world)),
        .mhz = raw_packet_mhz(&opts, 0),
        .phy = raw_packet_phy(&opts, RADIO_PHY_1M),
        .access_address = raw_packet_access_address(&opts, LL_ADVERTISING_ACCESS_ADDRESS),
    };

    if (!packet.mhz)
        return luaL_error(L, "%s: a channel or mhz is needed", call);
    return send_packet(L, &opts, raw, &packet);
}

/* A field of a packet that next() or on_heard gave. */
static lua_Integer packet_field(lua_State *L, const char *field, lua_Integer high)
{
    char what[96] = "raw:reply: the packet's ";

    strcat(what, field);
    lua_getfield(L, 2, field);
    const lua_Integer value = value_integer(L, -1, what, 0, high);
    lua_pop(L, 1);
    return value;
}

static int raw_reply(lua_State *L)
{
    static const char call[] = "raw:reply";
    static const char *const known[] = {"after", "bad_crc", "crc_init", "pdu", NULL};
    static const char *const packet_fields[] = {
        "access_address", "channel", "coding", "crc", "crc_ok", "ended", "mhz", "pdu", "phy",
        "rssi",           "time",    "type",   NULL};
    struct raw *raw = object_check(L, 1, &raw_type, call);
    const struct opts heard = opts_open(L, 2, call, packet_fields, false);
    const struct opts opts = opts_open(L, 3, call, known, false);
    const sim_ns after = opts_time(&opts, "after", LL_T_IFS);
    struct radio_packet packet = {
        .mhz = (uint16_t)packet_field(L, "mhz", 2483),
        .phy = raw_packet_phy(&heard, RADIO_PHY_1M),
        .access_address = (uint32_t)packet_field(L, "access_address", UINT32_MAX),
    };

    packet.start = (sim_ns)packet_field(L, "ended", LUA_MAXINTEGER) + after;
    return send_packet(L, &opts, raw, &packet);
}

static int raw_hear(lua_State *L)
{
    static const char call[] = "raw:hear";
    static const char *const known[] = {"access_address", "after", "before", "channel", "coding",
                                        "crc_init",       "mhz",   "phy",    NULL};
    struct raw *raw = object_check(L, 1, &raw_type, call);
    const struct opts opts = opts_open(L, 2, call, known, false);
    const struct radio_listen window = {
        .open = opts_time(&opts, "after", sim_world_now(raw->run->world)),
        .close = opts_time(&opts, "before", SIM_NEVER),
        .mhz = raw_packet_mhz(&opts, 0),
        .phy = raw_packet_phy(&opts, RADIO_PHY_1M),
        .access_address = raw_packet_access_address(&opts, LL_ADVERTISING_ACCESS_ADDRESS),
        .crc_init = raw_packet_crc_init(&opts),
    };

    if (!window.mhz)
        return luaL_error(L, "%s: a channel or mhz is needed", call);
    const int error = raw_radio_hear(raw->radio, &window);
    if (error == BLR_ERR_INVALID)
        return luaL_error(L, "%s: its time is past, or ends before it begins", call);
    if (error)
        return failure_raise(L, error, call, NULL);
    return 0;
}

static int raw_hear_all(lua_State *L)
{
    struct raw *raw = object_check(L, 1, &raw_type, "raw:hear_all");
    const int error = raw_radio_hear_all(raw->radio);

    if (error)
        return failure_raise(L, error, "raw:hear_all", NULL);
    return 0;
}

static int raw_hear_nothing(lua_State *L)
{
    struct raw *raw = object_check(L, 1, &raw_type, "raw:hear_nothing");

    radio_stop(raw_radio_receiver(raw->radio));
    return 0;
}

static int raw_method_next(lua_State *L)
{
    return raw_next(L, &raw_type, "raw:next");
}

static int raw_on_heard(lua_State *L)
{
    struct raw *raw = object_check(L, 1, &raw_type, "raw:on_heard");

    if (!lua_isnoneornil(L, 2) && lua_type(L, 2) != LUA_TFUNCTION)
        return luaL_error(L, "raw:on_heard takes a function or nil, got %s", luaL_typename(L, 2));
    luaL_unref(L, LUA_REGISTRYINDEX, raw->on_heard);
    lua_settop(L, 2);
    raw->on_heard = lua_isnil(L, 2) ? LUA_NOREF : luaL_ref(L, LUA_REGISTRYINDEX);
    return 0;
}

static int raw_move(lua_State *L)
{
    struct raw *raw = object_check(L, 1, &raw_type, "raw:move");
    const struct radio_position position = place_position(L, 2, "raw:move");

    for (struct radio *radio = NULL; (radio = raw_next_radio(raw, radio));)
        radio_set_position(radio, position);
    return 0;
}

static int field_address(lua_State *L)
{
    const struct raw *raw = object_check(L, 1, &raw_type, "raw.address");

    value_push_address(L, &raw->address);
    return 1;
}

static int field_heard(lua_State *L)
{
    const struct raw *raw = object_check(L, 1, &raw_type, "raw.heard");

    lua_pushinteger(L, (lua_Integer)raw->heard.count);
    return 1;
}

static int field_name(lua_State *L)
{
    const struct raw *raw = object_check(L, 1, &raw_type, "raw.name");

    lua_pushstring(L, raw->name);
    return 1;
}

static const char *title(void *object)
{
    const struct raw *raw = object;

    return raw->name;
}

static const luaL_Reg methods[] = {
    {"advertise", raw_advertise},
    {"connect", raw_connect},
    {"hear", raw_hear},
    {"hear_all", raw_hear_all},
    {"hear_nothing", raw_hear_nothing},
    {"move", raw_move},
    {"next", raw_method_next},
    {"on_heard", raw_on_heard},
    {"reply", raw_reply},
    {"send", raw_send},
    {NULL, NULL},
};

static const luaL_Reg fields[] = {
    {"address", field_address}, {"heard", field_heard}, {"name", field_name}, {NULL, NULL}};

const struct object_type raw_type = {"raw", methods, fields, title};

const luaL_Reg raw_globals[] = {{"raw", global_raw}, {"sniffer", sniffer_declare}, {NULL, NULL}};
