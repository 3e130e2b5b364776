/* SPDX-License-Identifier: MIT */
/*
 * The global table `crypto`: the functions of wire/crypto.h, smp_crypto.h and ll_cipher.h on octet
 * strings. Each costs as many instructions as it takes time.
 */
#include "crypto_box.h"

#include <stdio.h>
#include <string.h>

#include "device.h"
#include "failure.h"
#include "opts.h"
#include "raw.h"
#include "wire/ll_cipher.h"
#include "wire/smp_crypto.h"

enum {
    BLOCK_COST = 300, /* instructions: a call of the library, with a key of its own */
    CURVE_COST = 20000,
    OCTETS_OF_ONE = 4, /* so many octets of a message cost one */
};

static int check(lua_State *L, int error, const char *call)
{
    return error ? failure_raise(L, error, call, NULL) : 0;
}

/* An argument of exactly so many octets. */
static const uint8_t *octets(lua_State *L, int index, const char *call, const char *name,
                             size_t size)
{
    char what[96];
    size_t len;

    snprintf(what, sizeof what, "%s: %s", call, name);
    const uint8_t *bytes = value_bytes(L, index, what, &len, size);
    if (len != size)
        luaL_error(L, "%s has %I octets, got %I", what, (LUAI_UACINT)size, (LUAI_UACINT)len);
    return bytes;
}

/* The same as a named field. */
static const uint8_t *field(const struct opts *opts, const char *name, size_t size)
{
    if (!opts_push(opts, name))
        luaL_error(opts->L, "%s: %s is needed", opts->call, name);
    const uint8_t *bytes = octets(opts->L, -1, opts->call, name, size);
    lua_pop(opts->L, 1);
    return bytes;
}

static const uint8_t *message(lua_State *L, int index, const char *what, size_t *len)
{
    const uint8_t *bytes = value_bytes(L, index, what, len, SIZE_MAX);

    sandbox_charge(L, BLOCK_COST + *len / OCTETS_OF_ONE);
    return bytes;
}

static int give(lua_State *L, const uint8_t *bytes, size_t len)
{
    lua_pushlstring(L, (const char *)bytes, len);
    return 1;
}

/* A device, a raw radio, or text with a field <name>_type. */
static struct bd_addr address(const struct opts *opts, const char *name)
{
    lua_State *L = opts->L;
    char type[32], what[96];
    struct bd_addr found;

    if (!opts_push(opts, name))
        luaL_error(L, "%s: %s is needed", opts->call, name);
    const struct device *device = object_test(L, -1, &device_type);
    const struct raw *raw = object_test(L, -1, &raw_type);
    snprintf(type, sizeof type, "%s_type", name);
    if (device)
        found = *blr_host_address(room_device_host(device->room));
    else if (raw)
        found = raw->address;
    else
        found = value_address(L, -1, opts_what(opts, name, what), opts_string(opts, type, NULL));
    lua_pop(L, 1);
    return found;
}

/* --- wire/crypto.h --- */

static int box_aes(lua_State *L)
{
    const uint8_t *key = octets(L, 1, "crypto.aes", "the key", 16);
    const uint8_t *plain = octets(L, 2, "crypto.aes", "the block", 16);
    uint8_t out[16];

    sandbox_charge(L, BLOCK_COST);
    check(L, crypto_aes(key, plain, out), "crypto.aes");
    return give(L, out, sizeof out);
}

static int box_cmac(lua_State *L)
{
    const uint8_t *key = octets(L, 1, "crypto.cmac", "the key", 16);
    size_t len;
    const uint8_t *text = message(L, 2, "crypto.cmac: the message", &len);
    uint8_t out[16];

    check(L, crypto_aes_cmac(key, text, len, out), "crypto.cmac");
    return give(L, out, sizeof out);
}

static int box_p256_public(lua_State *L)
{
    const uint8_t *key = octets(L, 1, "crypto.p256_public", "the private key", 32);
    uint8_t out[CRYPTO_P256_POINT_SIZE];

    sandbox_charge(L, CURVE_COST);
    const int error = crypto_p256_public(key, out);
    if (error == BLR_ERR_INVALID)
        return luaL_error(L, "crypto.p256_public: that is no private key");
    check(L, error, "crypto.p256_public");
    return give(L, out, sizeof out);
}

static int box_p256_dhkey(lua_State *L)
{
    static const char call[] = "crypto.p256_dhkey";
    const uint8_t *key = octets(L, 1, call, "the private key", 32);
    const uint8_t *peer = octets(L, 2, call, "the public key", CRYPTO_P256_POINT_SIZE);
    uint8_t out[CRYPTO_P256_SIZE];

    sandbox_charge(L, CURVE_COST);
    if (!crypto_p256_private_valid(key))
        return luaL_error(L, "%s: that is no private key", call);
    const int error = crypto_p256_dhkey(key, peer, out);
    if (error == BLR_ERR_INVALID) {
        lua_pushnil(L);
        return 1;
    }
    check(L, error, call);
    return give(L, out, sizeof out);
}

/* --- wire/smp_crypto.h --- */

static int box_c1(lua_State *L)
{
    static const char *const known[] = {"initiator", "initiator_type", "k", "preq", "pres", "r",
                                        "responder", "responder_type", NULL};
    const struct opts opts = opts_open(L, 1, "crypto.c1", known, false);
    const struct smp_parties parties = {address(&opts, "initiator"), address(&opts, "responder")};
    const uint8_t *k = field(&opts, "k", 16);
    const uint8_t *r = field(&opts, "r", 16);
    const uint8_t *preq = field(&opts, "preq", SMP_PDU_SIZE);
    const uint8_t *pres = field(&opts, "pres", SMP_PDU_SIZE);
    uint8_t out[16];

    sandbox_charge(L, 2 * BLOCK_COST);
    check(L, smp_c1(k, r, preq, pres, &parties, out), "crypto.c1");
    return give(L, out, sizeof out);
}

static int box_s1(lua_State *L)
{
    const uint8_t *k = octets(L, 1, "crypto.s1", "k", 16);
    const uint8_t *r1 = octets(L, 2, "crypto.s1", "r1", 16);
    const uint8_t *r2 = octets(L, 3, "crypto.s1", "r2", 16);
    uint8_t out[16];

    sandbox_charge(L, BLOCK_COST);
    check(L, smp_s1(k, r1, r2, out), "crypto.s1");
    return give(L, out, sizeof out);
}

static int box_f4(lua_State *L)
{
    const uint8_t *u = octets(L, 1, "crypto.f4", "u", 32);
    const uint8_t *v = octets(L, 2, "crypto.f4", "v", 32);
    const uint8_t *x = octets(L, 3, "crypto.f4", "x", 16);
    const uint8_t z = (uint8_t)value_integer(L, 4, "crypto.f4: z", 0, 0xFF);
    uint8_t out[16];

    sandbox_charge(L, BLOCK_COST);
    check(L, smp_f4(u, v, x, z, out), "crypto.f4");
    return give(L, out, sizeof out);
}

static int box_f5(lua_State *L)
{
    static const char *const known[] = {"dhkey", "initiator", "initiator_type", "n1",
                                        "n2",    "responder", "responder_type", NULL};
    const struct opts opts = opts_open(L, 1, "crypto.f5", known, false);
    const struct smp_parties parties = {address(&opts, "initiator"), address(&opts, "responder")};
    const uint8_t *dhkey = field(&opts, "dhkey", 32);
    const uint8_t *n1 = field(&opts, "n1", 16);
    const uint8_t *n2 = field(&opts, "n2", 16);
    uint8_t mackey[16], ltk[16];

    sandbox_charge(L, 3 * BLOCK_COST);
    check(L, smp_f5(dhkey, n1, n2, &parties, mackey, ltk), "crypto.f5");
    give(L, mackey, sizeof mackey);
    return 1 + give(L, ltk, sizeof ltk);
}

static int box_f6(lua_State *L)
{
    static const char *const known[] = {"a1", "a1_type", "a2", "a2_type", "io_cap",
                                        "n1", "n2",      "r",  "w",       NULL};
    const struct opts opts = opts_open(L, 1, "crypto.f6", known, false);
    const struct bd_addr a1 = address(&opts, "a1");
    const struct bd_addr a2 = address(&opts, "a2");
    const uint8_t *w = field(&opts, "w", 16);
    const uint8_t *n1 = field(&opts, "n1", 16);
    const uint8_t *n2 = field(&opts, "n2", 16);
    const uint8_t *r = field(&opts, "r", 16);
    const uint8_t *io_cap = field(&opts, "io_cap", 3);
    uint8_t out[16];

    sandbox_charge(L, BLOCK_COST);
    check(L, smp_f6(w, n1, n2, r, io_cap, &a1, &a2, out), "crypto.f6");
    return give(L, out, sizeof out);
}

static int box_g2(lua_State *L)
{
    const uint8_t *u = octets(L, 1, "crypto.g2", "u", 32);
    const uint8_t *v = octets(L, 2, "crypto.g2", "v", 32);
    const uint8_t *x = octets(L, 3, "crypto.g2", "x", 16);
    const uint8_t *y = octets(L, 4, "crypto.g2", "y", 16);
    uint32_t value = 0;

    sandbox_charge(L, BLOCK_COST);
    check(L, smp_g2(u, v, x, y, &value), "crypto.g2");
    lua_pushinteger(L, value);
    return 1;
}

static int box_h6(lua_State *L)
{
    const uint8_t *w = octets(L, 1, "crypto.h6", "w", 16);
    const uint8_t *id = octets(L, 2, "crypto.h6", "the key ID", 4);
    uint8_t out[16];

    sandbox_charge(L, BLOCK_COST);
    const uint32_t key_id =
        (uint32_t)id[0] << 24 | (uint32_t)id[1] << 16 | (uint32_t)id[2] << 8 | id[3];
    check(L, smp_h6(w, key_id, out), "crypto.h6");
    return give(L, out, sizeof out);
}

static int box_h7(lua_State *L)
{
    const uint8_t *salt = octets(L, 1, "crypto.h7", "the salt", 16);
    const uint8_t *w = octets(L, 2, "crypto.h7", "w", 16);
    uint8_t out[16];

    sandbox_charge(L, BLOCK_COST);
    check(L, smp_h7(salt, w, out), "crypto.h7");
    return give(L, out, sizeof out);
}

static int box_ah(lua_State *L)
{
    const uint8_t *irk = octets(L, 1, "crypto.ah", "the IRK", 16);
    const uint8_t *prand = octets(L, 2, "crypto.ah", "prand", 3);
    uint8_t out[3];

    sandbox_charge(L, BLOCK_COST);
    check(L, smp_ah(irk, prand, out), "crypto.ah");
    return give(L, out, sizeof out);
}

static int box_rpa_make(lua_State *L)
{
    const uint8_t *irk = octets(L, 1, "crypto.rpa_make", "the IRK", 16);
    const uint8_t *prand = octets(L, 2, "crypto.rpa_make", "prand", 3);
    struct bd_addr made;

    sandbox_charge(L, BLOCK_COST);
    check(L, smp_rpa_make(irk, prand, &made), "crypto.rpa_make");
    value_push_address(L, &made);
    return 1;
}

static int box_rpa_resolves(lua_State *L)
{
    const uint8_t *irk = octets(L, 1, "crypto.rpa_resolves", "the IRK", 16);
    const struct bd_addr private =
        value_address(L, 2, "crypto.rpa_resolves: the address", "random");
    bool resolved = false;

    sandbox_charge(L, BLOCK_COST);
    check(L, smp_rpa_resolves(irk, &private, &resolved), "crypto.rpa_resolves");
    lua_pushboolean(L, resolved);
    return 1;
}

static int box_sign(lua_State *L)
{
    const uint8_t *csrk = octets(L, 1, "crypto.sign", "the CSRK", 16);
    size_t len;
    const uint8_t *text = message(L, 2, "crypto.sign: the message", &len);
    const uint32_t counter =
        (uint32_t)value_integer(L, 3, "crypto.sign: the counter", 0, UINT32_MAX);
    uint8_t out[8];

    check(L, smp_sign(csrk, text, len, counter, out), "crypto.sign");
    return give(L, out, sizeof out);
}

/* --- wire/ll_cipher.h --- */

static int box_session_key(lua_State *L)
{
    static const char *const known[] = {"ltk", "skd_c", "skd_p", NULL};
    const struct opts opts = opts_open(L, 1, "crypto.session_key", known, false);
    const uint8_t *ltk = field(&opts, "ltk", 16);
    struct ll_session session = {0};
    uint8_t out[16];

    memcpy(session.skd_c, field(&opts, "skd_c", 8), 8);
    memcpy(session.skd_p, field(&opts, "skd_p", 8), 8);
    sandbox_charge(L, BLOCK_COST);
    check(L, ll_session_key(ltk, &session, out), "crypto.session_key");
    return give(L, out, sizeof out);
}

/* Seals or opens one PDU by the fields of the table at 1; pushes the octets, or nil. */
static int ccm(lua_State *L, const char *call, bool seal)
{
    static const char *const known[] = {"counter", "data", "from_central", "header",
                                        "iv_c",    "iv_p", "key",          NULL};
    const struct opts opts = opts_open(L, 1, call, known, false);
    const uint8_t *key = field(&opts, "key", 16);
    struct ll_session session = {0};
    uint8_t out[LL_PDU_MAX + LL_MIC_SIZE];
    size_t len;

    memcpy(session.iv_c, field(&opts, "iv_c", 4), 4);
    memcpy(session.iv_p, field(&opts, "iv_p", 4), 4);
    const struct ll_cipher_pdu pdu = {
        .counter = (uint64_t)opts_integer(&opts, "counter", 0, 0, LL_PACKET_COUNTER_END - 1),
        .from_central = opts_bool(&opts, "from_central", false),
        .header = (uint8_t)opts_integer(&opts, "header", LL_LLID_START, 0, 0xFF),
    };
    const uint8_t *data = opts_bytes(&opts, "data", &len, seal ? 255 - LL_MIC_SIZE : 255);
    if (!data)
        return luaL_error(L, "%s: data is needed", call);
    sandbox_charge(L, 2 * BLOCK_COST + len / OCTETS_OF_ONE);
    struct ll_cipher *cipher = ll_cipher_new();
    int error = cipher ? ll_cipher_start(cipher, key, &session) : BLR_ERR_NO_MEMORY;
    if (!error)
        error = seal ? ll_cipher_seal(cipher, &pdu, data, len, out)
                     : ll_cipher_open(cipher, &pdu, data, len, out);
    ll_cipher_free(cipher);
    if (error == BLR_ERR_INVALID && !seal) {
        lua_pushnil(L);
        return 1;
    }
    check(L, error, call);
    return give(L, out, seal ? len + LL_MIC_SIZE : len - LL_MIC_SIZE);
}

static int box_ccm_seal(lua_State *L)
{
    return ccm(L, "crypto.ccm_seal", true);
}

static int box_ccm_open(lua_State *L)
{
    return ccm(L, "crypto.ccm_open", false);
}

const luaL_Reg crypto_functions[] = {
    {"aes", box_aes},
    {"ah", box_ah},
    {"c1", box_c1},
    {"ccm_open", box_ccm_open},
    {"ccm_seal", box_ccm_seal},
    {"cmac", box_cmac},
    {"f4", box_f4},
    {"f5", box_f5},
    {"f6", box_f6},
    {"g2", box_g2},
    {"h6", box_h6},
    {"h7", box_h7},
    {"p256_dhkey", box_p256_dhkey},
    {"p256_public", box_p256_public},
    {"rpa_make", box_rpa_make},
    {"rpa_resolves", box_rpa_resolves},
    {"s1", box_s1},
    {"session_key", box_session_key},
    {"sign", box_sign},
    {NULL, NULL},
};
