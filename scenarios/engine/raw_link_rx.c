/* SPDX-License-Identifier: MIT */
/* What a raw radio hears on a link that it holds: PDUs, L2CAP frames, answers made ahead. */
#include <stdlib.h>
#include <string.h>

#include "callback.h"
#include "failure.h"
#include "raw.h"
#include "task.h"
#include "wire/hci.h"

enum { MAX_FRAME = 4 + 0xFFFF, ANSWER_MEMORY = 300 };

/* The control PDU `to` is answered with `pdu` as soon as it comes. */
struct raw_link_answer {
    struct raw_link_answer *next;
    uint8_t to;
    bool off;
    size_t len;
    uint8_t pdu[255];
};

static bool is_control(const struct raw_link_rx *rx)
{
    return rx->header.llid == LL_LLID_CONTROL && (!rx->encrypted || rx->mic_ok);
}

static void push_pdu(lua_State *L, const struct raw_link_rx *rx, const uint8_t *payload)
{
    luaL_checkstack(L, 4, NULL);
    lua_createtable(L, 0, 16);
    value_set_integer(L, "time", (lua_Integer)rx->start);
    value_set_integer(L, "ended", (lua_Integer)rx->end);
    value_set_integer(L, "event", rx->event);
    value_set_integer(L, "channel", rx->channel);
    value_set_integer(L, "rssi", rx->rssi_dbm);
    value_set_integer(L, "llid", rx->header.llid);
    value_set_integer(L, "length", rx->header.length);
    value_set_boolean(L, "md", rx->header.md);
    value_set_boolean(L, "encrypted", rx->encrypted);
    if (rx->encrypted)
        value_set_boolean(L, "mic_ok", rx->mic_ok);
    lua_pushlstring(L, (const char *)payload, rx->len);
    lua_setfield(L, -2, "payload");
    if (!is_control(rx) || !rx->len)
        return;
    uint8_t len;
    const char *name = ll_control_name(payload[0], &len);
    value_set_integer(L, "opcode", payload[0]);
    lua_pushstring(L, name ? name : "unknown");
    lua_setfield(L, -2, "control");
    lua_pushlstring(L, (const char *)payload + 1, rx->len - 1);
    lua_setfield(L, -2, "data");
}

/* --- in the instant in which it comes --- */

struct heard {
    const struct raw_link_rx *rx;
    bool taken;
};

static int push_heard(lua_State *L, void *user)
{
    const struct heard *heard = user;

    push_pdu(L, heard->rx, heard->rx->payload);
    return 1;
}

static void take_answer(lua_State *L, void *user)
{
    struct heard *heard = user;

    heard->taken = lua_toboolean(L, -1);
}

/* Sends what was registered for this PDU; false when nothing was. */
static bool answered(struct raw_link_object *object, const struct raw_link_rx *rx)
{
    const struct raw_link_answer *answer = object->answers;

    if (!is_control(rx) || !rx->len)
        return false;
    while (answer && (answer->off || answer->to != rx->payload[0]))
        answer = answer->next;
    if (!answer)
        return false;
    const struct raw_link_pdu pdu = {
        .llid = LL_LLID_CONTROL, .payload = answer->pdu, .len = answer->len};
    return raw_link_send(object->link, &pdu) == 0;
}

/* A control PDU of this end, made of values. */
static bool say(struct raw_link_object *object, uint8_t opcode, const uint8_t *data, size_t len)
{
    uint8_t payload[16] = {opcode};
    const struct raw_link_pdu pdu = {.llid = LL_LLID_CONTROL, .payload = payload, .len = len + 1};

    if (len)
        memcpy(payload + 1, data, len);
    return raw_link_send(object->link, &pdu) == 0;
}

/*
 * Procedures that peers begin by themselves, answered as by a controller that has encryption and
 * nothing else. False: this is none of them.
 */
static bool answer_procedure(struct raw_link_object *object, const struct raw_link_rx *rx)
{
    static const uint8_t features[8] = {1U << LL_FEATURE_ENCRYPTION};
    static const uint8_t version[5] = {HCI_VERSION_4_2, 0xFF, 0xFF, 0, 0};
    static const uint8_t lengths[8] = {27, 0, 0x48, 0x01, 27, 0, 0x48, 0x01}; /* 328 us */

    if (!object->procedures || !is_control(rx) || !rx->len)
        return false;
    switch (rx->payload[0]) {
    case LL_VERSION_IND:
        if (object->version_sent)
            return false;
        object->version_sent = true;
        return say(object, LL_VERSION_IND, version, sizeof version);
    case LL_FEATURE_REQ:
    case LL_PERIPHERAL_FEATURE_REQ:
        return say(object, LL_FEATURE_RSP, features, sizeof features);
    case LL_LENGTH_REQ:
        return say(object, LL_LENGTH_RSP, lengths, sizeof lengths);
    case LL_PING_REQ:
        return say(object, LL_PING_RSP, NULL, 0);
    case LL_PHY_REQ:
    case LL_CONNECTION_PARAM_REQ:
        return say(object, LL_UNKNOWN_RSP, rx->payload, 1);
    }
    return false;
}

void raw_link_take(struct raw_link_object *object, const struct raw_link_rx *rx)
{
    struct run *run = object->raw->run;
    struct heard heard = {.rx = rx};
    const struct callback callback = {
        .function = object->on_heard, .push = push_heard, .take = take_answer, .user = &heard};
    struct raw_pdu pdu = {.rx = *rx};

    if (run->closing || run->over || answered(object, rx))
        return;
    callback_run(run, &callback);
    if (heard.taken || run->over || answer_procedure(object, rx))
        return;
    memcpy(pdu.payload, rx->payload, rx->len);
    queue_put(&object->pdus, run, NULL, 0, (const uint8_t *)&pdu,
              offsetof(struct raw_pdu, payload) + rx->len);
}

int raw_link_on_heard(lua_State *L)
{
    struct raw_link_object *object = raw_link_self(L, "raw_link:on_heard");

    if (!lua_isnoneornil(L, 2) && lua_type(L, 2) != LUA_TFUNCTION)
        return luaL_error(L, "raw_link:on_heard takes a function or nil, got %s",
                          luaL_typename(L, 2));
    luaL_unref(L, LUA_REGISTRYINDEX, object->on_heard);
    lua_settop(L, 2);
    object->on_heard = lua_isnil(L, 2) ? LUA_NOREF : luaL_ref(L, LUA_REGISTRYINDEX);
    return 0;
}

uint8_t raw_link_opcode(lua_State *L, int index, const char *call)
{
    char what[96];

    if (lua_type(L, index) == LUA_TSTRING) {
        const char *name = lua_tostring(L, index);
        for (unsigned opcode = 0; opcode <= 0xFF; opcode++) {
            uint8_t len;
            const char *known = ll_control_name((uint8_t)opcode, &len);
            if (known && strcmp(known, name) == 0)
                return (uint8_t)opcode;
        }
        luaL_error(L, "%s: there is no control PDU '%s'", call, name);
    }
    strcpy(what, call);
    strcat(what, ": the opcode");
    return (uint8_t)value_integer(L, index, what, 0, 0xFF);
}

/* raw_link:answer(opcode, with, [data]); with nil, no more. */
int raw_link_answer(lua_State *L)
{
    static const char call[] = "raw_link:answer";
    struct raw_link_object *object = raw_link_self(L, call);
    const uint8_t to = raw_link_opcode(L, 2, call);
    size_t len = 0;

    for (struct raw_link_answer *answer = object->answers; answer; answer = answer->next)
        answer->off |= answer->to == to;
    if (lua_isnoneornil(L, 3))
        return 0;
    const uint8_t opcode = raw_link_opcode(L, 3, call);
    const uint8_t *data =
        lua_isnoneornil(L, 4) ? NULL : value_bytes(L, 4, "raw_link:answer: the data", &len, 254);
    struct raw_link_answer *answer = run_alloc_or_raise(L, sizeof *answer);
    answer->to = to;
    answer->pdu[0] = opcode;
    if (data)
        memcpy(answer->pdu + 1, data, len);
    answer->len = len + 1;
    answer->next = object->answers;
    object->answers = answer;
    return 0;
}

/* --- what waits for the script --- */

static void read_item(const struct queue_item *item, struct raw_pdu *pdu)
{
    memcpy(pdu, item->bytes, item->len);
}

/* Nothing is there: waits on, or says why nothing will come. */
static int wait_on(lua_State *L, struct raw_link_object *object, struct task *task, lua_KFunction k)
{
    if (object->pdus.overflowed)
        return luaL_error(L, "%s: more came than a script may leave unread", task->what);
    if (object->closed)
        return failure_raise(L, BLR_ERR_NOT_CONNECTED, task->what, "the link has ended");
    if (task_timed_out(task))
        return failure_raise(L, BLR_ERR_TIMEOUT, task->what, "nothing came");
    return task_wait(task, &object->pdus.signal, k, (lua_KContext)task);
}

static int give(lua_State *L, struct queue_item *item)
{
    struct raw_pdu pdu;

    read_item(item, &pdu);
    free(item);
    push_pdu(L, &pdu.rx, pdu.payload);
    return 1;
}

static int next_k(lua_State *L, int status, lua_KContext context)
{
    struct raw_link_object *object = raw_link_self(L, "raw_link:next");
    struct queue_item *item = queue_take(&object->pdus);

    (void)status;
    return item ? give(L, item) : wait_on(L, object, (struct task *)context, next_k);
}

int raw_link_next(lua_State *L)
{
    return raw_link_wait(L, "raw_link:next", 2, next_k);
}

/* `user`: the opcode, or -1 for any. */
static bool wanted_control(const struct queue_item *item, void *user)
{
    const int *opcode = user;
    struct raw_pdu pdu;

    read_item(item, &pdu);
    return is_control(&pdu.rx) && pdu.rx.len && (*opcode < 0 || pdu.payload[0] == *opcode);
}

static int next_control_k(lua_State *L, int status, lua_KContext context)
{
    struct raw_link_object *object = raw_link_self(L, "raw_link:next_control");
    int opcode = (int)lua_tointeger(L, 2);
    struct queue_item *item = queue_take_if(&object->pdus, wanted_control, &opcode);

    (void)status;
    return item ? give(L, item) : wait_on(L, object, (struct task *)context, next_control_k);
}

/* Waits for one of a kind: the number stands in the place of argument 2. */
static int wait_for(lua_State *L, const char *call, lua_Integer wanted, lua_KFunction k)
{
    lua_settop(L, 3);
    lua_pushinteger(L, wanted);
    lua_replace(L, 2);
    return raw_link_wait(L, call, 3, k);
}

int raw_link_next_control(lua_State *L)
{
    static const char call[] = "raw_link:next_control";

    raw_link_self(L, call);
    return wait_for(L, call, lua_isnoneornil(L, 2) ? -1 : raw_link_opcode(L, 2, call),
                    next_control_k);
}

/* --- L2CAP frames, put together as a script asks for them --- */

static bool wanted_data(const struct queue_item *item, void *user)
{
    struct raw_pdu pdu;

    (void)user;
    read_item(item, &pdu);
    return (pdu.rx.header.llid == LL_LLID_START || pdu.rx.header.llid == LL_LLID_CONTINUATION) &&
           (!pdu.rx.encrypted || pdu.rx.mic_ok);
}

/* A fragment: whoever begins a frame drops the one that was not complete. */
static void put_together(struct raw_link_object *object, const struct raw_pdu *pdu)
{
    const bool start = pdu->rx.header.llid == LL_LLID_START;

    if (start)
        object->frame_len = 0;
    object->frame_open |= start;
    if (!object->frame_open || object->frame_len + pdu->rx.len > MAX_FRAME)
        return;
    memcpy(object->frame + object->frame_len, pdu->payload, pdu->rx.len);
    object->frame_len += pdu->rx.len;
    struct rd r = rd_init(object->frame, object->frame_len);
    const uint16_t len = rd_u16(&r);
    const uint16_t cid = rd_u16(&r);
    if (!rd_ok(&r) || object->frame_len < len + 4U)
        return;
    object->frame_open = false;
    queue_put(&object->frames, object->raw->run, NULL, cid, object->frame + 4, len);
}

static bool wanted_frame(const struct queue_item *item, void *user)
{
    const lua_Integer *cid = user;

    return *cid < 0 || item->tag == (uint32_t)*cid;
}

static int next_l2cap_k(lua_State *L, int status, lua_KContext context)
{
    struct raw_link_object *object = raw_link_self(L, "raw_link:next_l2cap");
    lua_Integer cid = lua_tointeger(L, 2);
    struct queue_item *item;

    (void)status;
    if (!object->frame)
        object->frame = run_alloc_or_raise(L, MAX_FRAME);
    while ((item = queue_take_if(&object->pdus, wanted_data, NULL))) {
        struct raw_pdu pdu;
        read_item(item, &pdu);
        free(item);
        put_together(object, &pdu);
    }
    item = queue_take_if(&object->frames, wanted_frame, &cid);
    if (!item)
        return wait_on(L, object, (struct task *)context, next_l2cap_k);
    /* Out of memory raises: nothing is ours then. */
    uint8_t bytes[MAX_FRAME];
    const size_t len = item->len;
    const lua_Integer tag = item->tag;
    memcpy(bytes, item->bytes, len);
    free(item);
    lua_pushlstring(L, (const char *)bytes, len);
    lua_pushinteger(L, tag);
    return 2;
}

int raw_link_next_l2cap(lua_State *L)
{
    static const char call[] = "raw_link:next_l2cap";

    raw_link_self(L, call);
    const lua_Integer cid =
        lua_isnoneornil(L, 2) ? -1 : value_integer(L, 2, "raw_link:next_l2cap: the CID", 0, 0xFFFF);
    return wait_for(L, call, cid, next_l2cap_k);
}
