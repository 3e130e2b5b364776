/* SPDX-License-Identifier: MIT */
/* Bonds of a device, and what it exchanges out of band. */
#include "blueroom/bond.h"

#include <stdlib.h>
#include <string.h>

#include "adv.h"
#include "conn.h"
#include "failure.h"
#include "opts.h"
#include "security.h"

enum { BOND_COST = 200, MAX_TEXT = 1 << 20 };

/* --- as tables --- */

static void set_keys(lua_State *L, const char *field, const struct blr_bond_keys *keys)
{
    lua_createtable(L, 0, 6);
    if (keys->has_ltk) {
        value_set_bytes(L, "ltk", keys->ltk, sizeof keys->ltk);
        value_set_integer(L, "ediv", keys->ediv);
        value_set_bytes(L, "rand", keys->rand, sizeof keys->rand);
    }
    if (keys->has_irk)
        value_set_bytes(L, "irk", keys->irk, sizeof keys->irk);
    if (keys->has_csrk) {
        value_set_bytes(L, "csrk", keys->csrk, sizeof keys->csrk);
        value_set_integer(L, "sign_counter", keys->sign_counter);
    }
    lua_setfield(L, -2, field);
}

static void push_bond(lua_State *L, const struct blr_bond *bond)
{
    luaL_checkstack(L, 6, NULL);
    sandbox_charge(L, BOND_COST);
    lua_createtable(L, 0, 9);
    value_push_address(L, &bond->identity);
    lua_setfield(L, -2, "identity");
    lua_pushstring(L, bond->identity.type == BD_ADDR_RANDOM ? "random" : "public");
    lua_setfield(L, -2, "identity_type");
    value_set_boolean(L, "secure_connections", bond->secure_connections);
    value_set_boolean(L, "authenticated", bond->authenticated);
    value_set_integer(L, "key_size", bond->key_size);
    lua_pushstring(L, bond->privacy_mode == BLR_DEVICE_PRIVACY ? "device" : "network");
    lua_setfield(L, -2, "privacy_mode");
    set_keys(L, "ours", &bond->ours);
    set_keys(L, "theirs", &bond->theirs);
    lua_createtable(L, 0, bond->cccd_count);
    for (uint8_t i = 0; i < bond->cccd_count; i++) {
        lua_pushinteger(L, bond->cccds[i].bits);
        lua_rawseti(L, -2, bond->cccds[i].handle);
    }
    lua_setfield(L, -2, "cccds");
}

/* The string at a field of the table at index, or NULL; it is the table's. */
static const char *string_field(lua_State *L, int index, const char *field)
{
    lua_pushstring(L, field);
    const bool there = lua_rawget(L, index) == LUA_TSTRING;
    const char *text = there ? lua_tostring(L, -1) : NULL;
    lua_pop(L, 1);
    return text;
}

struct bd_addr identity_argument(lua_State *L, int index, const char *call)
{
    const struct device *device = object_test(L, index, &device_type);
    const struct conn *conn = object_test(L, index, &conn_type);
    char what[96] = "";

    strncat(what, call, sizeof what - 16);
    strcat(what, ": the peer");
    if (device)
        return *blr_host_address(room_device_host(device->room));
    if (conn)
        return conn->link ? *blr_conn_identity(conn->link) : conn->security.identity;
    if (lua_type(L, index) == LUA_TTABLE) {
        const char *identity = string_field(L, index, "identity");
        if (identity) {
            lua_pushstring(L, identity);
            const struct bd_addr address =
                value_address(L, -1, what, string_field(L, index, "identity_type"));
            lua_pop(L, 1);
            return address;
        }
    }
    return value_address(L, index, what, NULL);
}

int device_bonds(lua_State *L)
{
    struct device *device = device_self(L, "device:bonds");
    const struct blr_bond *bond = NULL;
    lua_Integer count = 0;

    lua_newtable(L);
    while ((bond = blr_bond_next(device_host(device), bond))) {
        push_bond(L, bond);
        lua_rawseti(L, -2, ++count);
    }
    return 1;
}

int device_bond(lua_State *L)
{
    struct device *device = device_self(L, "device:bond");
    const struct bd_addr identity = identity_argument(L, 2, "device:bond");
    const struct blr_bond *bond = blr_bond_find(device_host(device), &identity);

    if (bond)
        push_bond(L, bond);
    else
        lua_pushnil(L);
    return 1;
}

int device_forget(lua_State *L)
{
    struct device *device = device_self(L, "device:forget");

    if (lua_isnoneornil(L, 2)) {
        blr_bond_delete_all(device_host(device));
        return 0;
    }
    const struct bd_addr identity = identity_argument(L, 2, "device:forget");
    const int error = blr_bond_delete(device_host(device), &identity);
    if (error)
        return failure_raise(L, error, "device:forget", NULL);
    return 0;
}

/* --- as text --- */

int device_export_bonds(lua_State *L)
{
    struct device *device = device_self(L, "device:export_bonds");
    const size_t size = blr_bonds_export(device_host(device), NULL, 0) + 1;
    luaL_Buffer buffer;

    sandbox_charge(L, BOND_COST + size);
    char *text = luaL_buffinitsize(L, &buffer, size);
    blr_bonds_export(device_host(device), text, size);
    luaL_pushresultsize(&buffer, size - 1);
    return 1;
}

int device_import_bonds(lua_State *L)
{
    static const char call[] = "device:import_bonds";
    struct device *device = device_self(L, call);
    struct blr_bond_trouble trouble = {0};
    size_t len;
    const uint8_t *text = value_bytes(L, 2, "device:import_bonds: the text", &len, MAX_TEXT);

    sandbox_charge(L, BOND_COST + len);
    sandbox_charge_memory(L, len);
    const int error = blr_bonds_import(device_host(device), (const char *)text, len, &trouble);
    if (error == BLR_ERR_MALFORMED)
        return failure_raise(L, error, call, "line %u: %s", trouble.line, trouble.what);
    if (error)
        return failure_raise(L, error, call, NULL);
    return 0;
}

/* --- out of band --- */

int device_make_oob(lua_State *L)
{
    struct device *device = device_self(L, "device:make_oob");
    struct blr_oob oob;
    const int error = blr_security_make_oob(device_host(device), &oob);

    if (error)
        return failure_raise(L, error, "device:make_oob", NULL);
    lua_createtable(L, 0, 3);
    if (oob.legacy)
        value_set_bytes(L, "tk", oob.tk, sizeof oob.tk);
    if (oob.secure_connections) {
        value_set_bytes(L, "r", oob.r, sizeof oob.r);
        value_set_bytes(L, "c", oob.c, sizeof oob.c);
    }
    return 1;
}

int device_take_oob(lua_State *L)
{
    static const char call[] = "device:take_oob";
    static const char *const known[] = {"c", "r", "tk", NULL};
    struct device *device = device_self(L, call);
    struct blr_oob oob = {0};

    if (lua_isnoneornil(L, 2)) {
        blr_security_take_oob(device_host(device), NULL);
        return 0;
    }
    const struct opts opts = opts_open(L, 2, call, known, false);
    oob.legacy = opts_has(&opts, "tk");
    oob.secure_connections = opts_has(&opts, "r") || opts_has(&opts, "c");
    if (oob.legacy)
        opts_octets(&opts, "tk", oob.tk, sizeof oob.tk);
    if (oob.secure_connections) {
        opts_octets(&opts, "r", oob.r, sizeof oob.r);
        opts_octets(&opts, "c", oob.c, sizeof oob.c);
    }
    blr_security_take_oob(device_host(device), &oob);
    return 0;
}
