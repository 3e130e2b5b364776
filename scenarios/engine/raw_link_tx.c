/* SPDX-License-Identifier: MIT */
/* What a raw radio sends on a link that it holds, what is wrong with it, and encryption. */
#include <string.h>

#include "failure.h"
#include "raw.h"

enum { SEND_COST = 300, USUAL_OCTETS = 27 /* of a PDU, before the data length is changed */ };

/* --- sending --- */

static const char *const fault_names[] = {"bad_crc", "bad_mic",    "follow",   "length", "octets",
                                          "plain",   "wrong_nesn", "wrong_sn", NULL};

/* What is to be wrong with a PDU, from the table at index, if there is one. */
static void read_faults(const struct opts *opts, struct raw_link_pdu *pdu)
{
    if (opts_push(opts, "bad_crc")) {
        if (lua_type(opts->L, -1) == LUA_TBOOLEAN)
            pdu->bad_crc = (unsigned)lua_toboolean(opts->L, -1);
        else
            pdu->bad_crc = (unsigned)value_integer(opts->L, -1, "bad_crc (how often)", 0, 1000000);
        lua_pop(opts->L, 1);
    }
    pdu->bad_mic = opts_bool(opts, "bad_mic", false);
    pdu->plain = opts_bool(opts, "plain", false);
    pdu->wrong_sn = opts_bool(opts, "wrong_sn", false);
    pdu->wrong_nesn = opts_bool(opts, "wrong_nesn", false);
    pdu->ignore = !opts_bool(opts, "follow", true);
    pdu->wrong_length = opts_has(opts, "length");
    pdu->length = (uint8_t)opts_integer(opts, "length", 0, 0, 0xFF);
}

static int send_pdu(lua_State *L, struct raw_link_object *object, const struct raw_link_pdu *pdu,
                    const char *call)
{
    sandbox_charge(L, SEND_COST);
    const int error = raw_link_send(object->link, pdu);

    if (error == BLR_ERR_NOT_CONNECTED)
        return failure_raise(L, error, call,
                             object->connected ? "the link has ended" : "nobody has connected");
    if (error)
        return failure_raise(L, error, call, NULL);
    return 0;
}

int raw_link_tx_send(lua_State *L)
{
    static const char call[] = "raw_link:send";
    struct raw_link_object *object = raw_link_self(L, call);
    struct raw_link_pdu pdu = {.llid =
                                   (uint8_t)value_integer(L, 2, "raw_link:send: the LLID", 0, 3)};

    pdu.payload = value_bytes(L, 3, "raw_link:send: the payload", &pdu.len, 255);
    const struct opts opts = opts_open(L, 4, call, fault_names, true);
    read_faults(&opts, &pdu);
    return send_pdu(L, object, &pdu, call);
}

int raw_link_tx_control(lua_State *L)
{
    static const char call[] = "raw_link:control";
    struct raw_link_object *object = raw_link_self(L, call);
    uint8_t payload[255];
    struct raw_link_pdu pdu = {.llid = LL_LLID_CONTROL, .payload = payload};
    size_t len = 0;

    payload[0] = raw_link_opcode(L, 2, call);
    object->version_sent |= payload[0] == LL_VERSION_IND;
    if (!lua_isnoneornil(L, 3)) {
        const uint8_t *data = value_bytes(L, 3, "raw_link:control: the data", &len, 254);
        memcpy(payload + 1, data, len);
    }
    pdu.len = len + 1;
    const struct opts opts = opts_open(L, 4, call, fault_names, true);
    read_faults(&opts, &pdu);
    return send_pdu(L, object, &pdu, call);
}

/* An L2CAP frame in as many PDUs as it takes. Faults are those of the first. */
int raw_link_tx_l2cap(lua_State *L)
{
    static const char call[] = "raw_link:l2cap";
    struct raw_link_object *object = raw_link_self(L, call);
    const uint16_t cid = (uint16_t)value_integer(L, 2, "raw_link:l2cap: the CID", 0, 0xFFFF);
    size_t len, at = 0;
    const uint8_t *payload = value_bytes(L, 3, "raw_link:l2cap: the payload", &len, 0xFFFF);
    const struct opts opts = opts_open(L, 4, call, fault_names, true);
    const size_t octets = (size_t)opts_integer(&opts, "octets", USUAL_OCTETS, 1, 251);
    struct raw_link_pdu pdu = {.llid = LL_LLID_START};
    luaL_Buffer buffer;

    uint8_t *frame = (uint8_t *)luaL_buffinitsize(L, &buffer, len + 4);
    struct wr w = wr_init(frame, len + 4);
    wr_u16(&w, (uint16_t)len);
    wr_u16(&w, cid);
    wr_bytes(&w, payload, len);
    read_faults(&opts, &pdu);
    while (at < len + 4) {
        pdu.payload = frame + at;
        pdu.len = len + 4 - at < octets ? len + 4 - at : octets;
        send_pdu(L, object, &pdu, call);
        at += pdu.len;
        pdu = (struct raw_link_pdu){.llid = LL_LLID_CONTINUATION, .plain = pdu.plain};
    }
    return 0;
}

static int flush_k(lua_State *L, int status, lua_KContext context)
{
    struct task *task = (struct task *)context;
    struct raw_link_object *object = raw_link_self(L, "raw_link:flush");

    (void)status;
    if (!raw_link_pending(object->link))
        return 0;
    if (object->closed)
        return failure_raise(L, BLR_ERR_NOT_CONNECTED, task->what, "the link has ended");
    if (task_timed_out(task))
        return failure_raise(L, BLR_ERR_TIMEOUT, task->what, "not all was acknowledged");
    return task_wait(task, &object->changed, flush_k, context);
}

int raw_link_tx_flush(lua_State *L)
{
    return raw_link_wait(L, "raw_link:flush", 2, flush_k);
}

/* --- misbehaving, and encryption --- */

int raw_link_tx_silence(lua_State *L)
{
    struct raw_link_object *object = raw_link_self(L, "raw_link:silence");

    raw_link_silence(object->link,
                     (unsigned)value_integer(L, 2, "raw_link:silence: the events", 0, 1000000));
    return 0;
}

int raw_link_tx_hold(lua_State *L)
{
    struct raw_link_object *object = raw_link_self(L, "raw_link:hold");

    luaL_checktype(L, 2, LUA_TBOOLEAN);
    raw_link_hold(object->link, lua_toboolean(L, 2));
    return 0;
}

int raw_link_tx_encrypt(lua_State *L)
{
    static const char call[] = "raw_link:encrypt";
    static const char *const known[] = {
        "iv_c", "iv_p",         "key",   "ltk",   "receive", "receive_counter",
        "send", "send_counter", "skd_c", "skd_p", NULL};
    struct raw_link_object *object = raw_link_self(L, call);
    const struct opts opts = opts_open(L, 2, call, known, false);
    const lua_Integer most = (lua_Integer)LL_PACKET_COUNTER_END - 1;
    struct raw_link_keys keys = {
        .send_counter = (uint64_t)opts_integer(&opts, "send_counter", 0, 0, most),
        .receive_counter = (uint64_t)opts_integer(&opts, "receive_counter", 0, 0, most),
    };
    uint8_t ltk[16];
    int error = 0;

    if (opts_has(&opts, "key") == opts_has(&opts, "ltk"))
        return luaL_error(L, "%s: either a (session) key or an ltk", call);
    opts_octets(&opts, "iv_c", keys.session.iv_c, 4);
    opts_octets(&opts, "iv_p", keys.session.iv_p, 4);
    if (opts_has(&opts, "key")) {
        opts_octets(&opts, "key", keys.session_key, 16);
    } else {
        opts_octets(&opts, "ltk", ltk, 16);
        opts_octets(&opts, "skd_c", keys.session.skd_c, 8);
        opts_octets(&opts, "skd_p", keys.session.skd_p, 8);
        error = ll_session_key(ltk, &keys.session, keys.session_key);
    }
    sandbox_charge(L, SEND_COST);
    if (!error)
        error = raw_link_encrypt(object->link, &keys, opts_bool(&opts, "send", true),
                                 opts_bool(&opts, "receive", true));
    if (error)
        return failure_raise(L, error, call, NULL);
    return 0;
}

int raw_link_tx_plain(lua_State *L)
{
    static const char call[] = "raw_link:plain";
    static const char *const known[] = {"receive", "send", NULL};
    struct raw_link_object *object = raw_link_self(L, call);
    const struct opts opts = opts_open(L, 2, call, known, true);

    raw_link_plain(object->link, opts_bool(&opts, "send", true), opts_bool(&opts, "receive", true));
    return 0;
}
