/* SPDX-License-Identifier: MIT */
/* Advertisements as tables: what was heard, taken apart. */
#include <string.h>

#include "adv.h"
#include "object.h"
#include "sandbox.h"
#include "values.h"

/* Registry key of the metatable. */
static const char metatable_key;

/* The table at the top gets `field` as a list, if it has not got one yet; pushes it. */
static void push_list(lua_State *L, const char *field)
{
    lua_pushstring(L, field);
    if (lua_rawget(L, -2) != LUA_TNIL)
        return;
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, field);
}

/* Puts the value at the top at the end of the list below it, and takes both off. */
static void append(lua_State *L)
{
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
    lua_pop(L, 1);
}

static void add_services(lua_State *L, const struct ad_structure *ad, size_t width)
{
    struct rd r = rd_init(ad->data, ad->len);

    while (rd_left(&r) >= width) {
        const struct blr_uuid uuid = rd_uuid(&r, width);
        push_list(L, "services");
        value_push_uuid(L, &uuid);
        append(L);
    }
}

static void add_service_data(lua_State *L, const struct ad_structure *ad, size_t width)
{
    struct rd r = rd_init(ad->data, ad->len);
    const struct blr_uuid uuid = rd_uuid(&r, width);

    if (!rd_ok(&r))
        return;
    push_list(L, "service_data");
    lua_createtable(L, 0, 2);
    value_push_uuid(L, &uuid);
    lua_setfield(L, -2, "uuid");
    value_set_bytes(L, "data", ad->data + width, ad->len - width);
    append(L);
}

static void add_ibeacon(lua_State *L, const struct ad_ibeacon *beacon)
{
    struct blr_uuid uuid = {.size = 16};

    for (size_t i = 0; i < 16; i++)
        uuid.octet[i] = beacon->uuid[15 - i];
    lua_createtable(L, 0, 4);
    value_push_uuid(L, &uuid);
    lua_setfield(L, -2, "uuid");
    value_set_integer(L, "major", beacon->major);
    value_set_integer(L, "minor", beacon->minor);
    value_set_integer(L, "measured_power", beacon->measured_power_dbm);
    lua_setfield(L, -2, "ibeacon");
}

static void add_manufacturer(lua_State *L, const struct ad_structure *ad)
{
    struct rd r = rd_init(ad->data, ad->len);
    struct ad_ibeacon beacon;
    const uint16_t company = rd_u16(&r);

    if (!rd_ok(&r))
        return;
    push_list(L, "manufacturer");
    lua_createtable(L, 0, 2);
    value_set_integer(L, "company", company);
    value_set_bytes(L, "data", ad->data + 2, ad->len - 2U);
    append(L);
    if (ad_ibeacon_decode(ad, &beacon))
        add_ibeacon(L, &beacon);
}

static void add_structure(lua_State *L, const struct ad_structure *ad)
{
    const size_t width = ad_uuid_list_width(ad->type);
    const size_t data_width = ad_service_data_width(ad->type);

    push_list(L, "structures");
    lua_createtable(L, 0, 2);
    value_set_integer(L, "type", ad->type);
    value_set_bytes(L, "data", ad->data, ad->len);
    append(L);
    if (width)
        add_services(L, ad, width);
    if (data_width)
        add_service_data(L, ad, data_width);
    switch (ad->type) {
    case AD_MANUFACTURER_DATA:
        add_manufacturer(L, ad);
        break;
    case AD_FLAGS:
        if (ad->len >= 1)
            value_set_integer(L, "flags", ad->data[0]);
        break;
    case AD_TX_POWER_LEVEL:
        if (ad->len == 1)
            value_set_integer(L, "tx_power", (int8_t)ad->data[0]);
        break;
    case AD_APPEARANCE:
        if (ad->len == 2)
            value_set_integer(L, "appearance", ad->data[0] | ad->data[1] << 8);
        break;
    }
}

static void add_payload(lua_State *L, const uint8_t *payload, size_t len)
{
    char name[AD_LEGACY_MAX + 1];
    struct rd it = rd_init(payload, len);
    struct ad_structure ad;

    while (ad_next(&it, &ad))
        add_structure(L, &ad);
    if (ad_local_name(payload, len, name, sizeof name)) {
        lua_pushstring(L, name);
        lua_setfield(L, -2, "name");
    }
}

static int adv_index(lua_State *L)
{
    static const char *const known[] = {
        "address",    "address_type", "appearance",    "bond",         "connectable",  "count",
        "data",       "flags",        "ibeacon",       "identity",     "identity_type",
        "manufacturer", "name",       "resolved",
        "rssi",       "scannable",    "scan_response", "service_data", "services",
        "structures", "time",         "tx_power",      "type",         NULL,
    };
    const char *name = sandbox_tostring(L, 2);

    for (size_t i = 0; known[i]; i++)
        if (strcmp(known[i], name) == 0)
            return 0; /* known, and not in this one */
    return object_unknown_field(L, "an advertisement", name, known);
}

static int adv_tostring(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_pushliteral(L, "address");
    lua_rawget(L, 1);
    if (lua_isstring(L, -1))
        lua_pushfstring(L, "advertisement of %s", lua_tostring(L, -1));
    else
        lua_pushliteral(L, "advertisement");
    return 1;
}

static void push_metatable(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"__index", adv_index},
        {"__tostring", adv_tostring},
        {NULL, NULL},
    };

    object_push_metatable(L, &metatable_key, "advertisement", functions);
}

void adv_push(lua_State *L, const struct adv *adv)
{
    static const char *const types[] = {
        "ADV_IND", "ADV_DIRECT_IND", "ADV_SCAN_IND", "ADV_NONCONN_IND", "SCAN_RSP",
    };
    const uint8_t type = adv->event_type;

    luaL_checkstack(L, 10, NULL);
    lua_createtable(L, 0, 20);
    value_push_address(L, &adv->address);
    lua_setfield(L, -2, "address");
    lua_pushstring(L, adv->address.type == BD_ADDR_RANDOM ? "random" : "public");
    lua_setfield(L, -2, "address_type");
    value_push_address(L, &adv->identity);
    lua_setfield(L, -2, "identity");
    lua_pushstring(L, adv->identity.type == BD_ADDR_RANDOM ? "random" : "public");
    lua_setfield(L, -2, "identity_type");
    value_set_boolean(L, "resolved", adv->resolved);
    lua_pushstring(L, type < sizeof types / sizeof types[0] ? types[type] : "unknown");
    lua_setfield(L, -2, "type");
    value_set_boolean(L, "connectable", type <= 1);
    value_set_boolean(L, "scannable", type == 0 || type == 2 || adv->has_response);
    value_set_integer(L, "time", (lua_Integer)adv->at);
    value_set_integer(L, "count", (lua_Integer)adv->count);
    if (adv->rssi_dbm != 127) /* not available: Vol 4, Part E, 7.7.65.2 */
        value_set_integer(L, "rssi", adv->rssi_dbm);
    push_list(L, "services");
    lua_pop(L, 1);
    value_set_bytes(L, "data", adv->data, adv->data_len);
    /* The response first: where both have a field, the advertisement itself counts. */
    if (adv->has_response) {
        value_set_bytes(L, "scan_response", adv->response, adv->response_len);
        add_payload(L, adv->response, adv->response_len);
    }
    add_payload(L, adv->data, adv->data_len);
    push_metatable(L);
    lua_setmetatable(L, -2);
}

bool adv_test(lua_State *L, int index, struct bd_addr *address)
{
    index = lua_absindex(L, index);
    if (!object_has_metatable(L, index, &metatable_key))
        return false;
    lua_pushliteral(L, "address_type");
    lua_rawget(L, index);
    lua_pushliteral(L, "address");
    lua_rawget(L, index);
    *address = value_address(L, -1, "advertisement: address",
                             lua_isstring(L, -2) ? lua_tostring(L, -2) : NULL);
    lua_pop(L, 2);
    return true;
}
