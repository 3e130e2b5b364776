/* SPDX-License-Identifier: MIT */
/* The global Bluetooth: what makes objects, and the constants. */
#include <stdio.h>
#include <string.h>

#include "bluetooth.h"

#define ADV_DATA(name)   {#name, BLUETOOTH_ADV_DATA, BLR_BT_##name}
#define PROPERTY(name)   {#name, BLUETOOTH_PROPERTY, BLR_BT_##name}
#define PERMISSION(name) {#name, BLUETOOTH_PERMISSION, BLR_BT_##name}
#define EVENT(name)      {#name, BLUETOOTH_EVENT, BLR_BT_##name}
#define LEVEL(name)      {#name, BLUETOOTH_POWER_LEVEL, BLR_BT_##name}
#define ADV_TYPE(name)   {#name, BLUETOOTH_ADV_TYPE, BLR_BT_##name}
#define OWN(name)        {#name, BLUETOOTH_OWN_ADDR_TYPE, BLR_BT_##name}
#define CHANNEL(name)    {#name, BLUETOOTH_CHANNEL, BLR_BT_##name}
#define POLICY(name)     {#name, BLUETOOTH_FILTER_POLICY, BLR_BT_##name}

const struct bluetooth_constant bluetooth_constants[] = {
    {"BLE", BLUETOOTH_MODE, BLR_BT_BLE},
    {"INT_ANT", BLUETOOTH_ANTENNA, BLR_BT_INT_ANT},
    {"EXT_ANT", BLUETOOTH_ANTENNA, BLR_BT_EXT_ANT},
    {"MAN_ANT", BLUETOOTH_ANTENNA, BLR_BT_MAN_ANT},
    {"CONN_ADV", BLUETOOTH_HEARD_TYPE, BLR_BT_CONN_ADV},
    {"CONN_DIR_ADV", BLUETOOTH_HEARD_TYPE, BLR_BT_CONN_DIR_ADV},
    {"DISC_ADV", BLUETOOTH_HEARD_TYPE, BLR_BT_DISC_ADV},
    {"NON_CONN_ADV", BLUETOOTH_HEARD_TYPE, BLR_BT_NON_CONN_ADV},
    {"SCAN_RSP", BLUETOOTH_HEARD_TYPE, BLR_BT_SCAN_RSP},
    {"PUBLIC_ADDR", BLUETOOTH_ADDR_TYPE, BLR_BT_PUBLIC_ADDR},
    {"RANDOM_ADDR", BLUETOOTH_ADDR_TYPE, BLR_BT_RANDOM_ADDR},
    {"PUBLIC_RPA_ADDR", BLUETOOTH_ADDR_TYPE, BLR_BT_PUBLIC_RPA_ADDR},
    {"RANDOM_RPA_ADDR", BLUETOOTH_ADDR_TYPE, BLR_BT_RANDOM_RPA_ADDR},
    ADV_DATA(ADV_FLAG),
    ADV_DATA(ADV_16SRV_PART),
    ADV_DATA(ADV_T16SRV_CMPL),
    ADV_DATA(ADV_16SRV_CMPL),
    ADV_DATA(ADV_32SRV_PART),
    ADV_DATA(ADV_32SRV_CMPL),
    ADV_DATA(ADV_128SRV_PART),
    ADV_DATA(ADV_128SRV_CMPL),
    ADV_DATA(ADV_NAME_SHORT),
    ADV_DATA(ADV_NAME_CMPL),
    ADV_DATA(ADV_TX_PWR),
    ADV_DATA(ADV_DEV_CLASS),
    ADV_DATA(ADV_SERVICE_DATA),
    ADV_DATA(ADV_APPEARANCE),
    ADV_DATA(ADV_ADV_INT),
    ADV_DATA(ADV_32SERVICE_DATA),
    ADV_DATA(ADV_128SERVICE_DATA),
    ADV_DATA(ADV_MANUFACTURER_DATA),
    PROPERTY(PROP_BROADCAST),
    PROPERTY(PROP_READ),
    PROPERTY(PROP_WRITE_NR),
    PROPERTY(PROP_WRITE),
    PROPERTY(PROP_NOTIFY),
    PROPERTY(PROP_INDICATE),
    PROPERTY(PROP_AUTH),
    PROPERTY(PROP_EXT_PROP),
    PERMISSION(PERM_READ),
    PERMISSION(PERM_READ_ENCRYPTED),
    PERMISSION(PERM_READ_ENC_MITM),
    PERMISSION(PERM_WRITE),
    PERMISSION(PERM_WRITE_ENCRYPTED),
    PERMISSION(PERM_WRITE_ENC_MITM),
    PERMISSION(PERM_WRITE_SIGNED),
    EVENT(NEW_ADV_EVENT),
    EVENT(CLIENT_CONNECTED),
    EVENT(CLIENT_DISCONNECTED),
    EVENT(CHAR_READ_EVENT),
    EVENT(CHAR_WRITE_EVENT),
    EVENT(CHAR_NOTIFY_EVENT),
    EVENT(CHAR_SUBSCRIBE_EVENT),
    {"TX_PWR_CONN", BLUETOOTH_POWER_TYPE, BLR_BT_TX_PWR_CONN},
    {"TX_PWR_ADV", BLUETOOTH_POWER_TYPE, BLR_BT_TX_PWR_ADV},
    {"TX_PWR_SCAN", BLUETOOTH_POWER_TYPE, BLR_BT_TX_PWR_SCAN},
    {"TX_PWR_DEFAULT", BLUETOOTH_POWER_TYPE, BLR_BT_TX_PWR_DEFAULT},
    LEVEL(TX_PWR_N12),
    LEVEL(TX_PWR_N9),
    LEVEL(TX_PWR_N6),
    LEVEL(TX_PWR_N3),
    LEVEL(TX_PWR_0),
    LEVEL(TX_PWR_P3),
    LEVEL(TX_PWR_P6),
    LEVEL(TX_PWR_P9),
    ADV_TYPE(ADV_TYPE_IND),
    ADV_TYPE(ADV_TYPE_DIRECT_IND_HIGH),
    ADV_TYPE(ADV_TYPE_SCAN_IND),
    ADV_TYPE(ADV_TYPE_NONCONN_IND),
    ADV_TYPE(ADV_TYPE_DIRECT_IND_LOW),
    OWN(BLE_ADDR_TYPE_PUBLIC),
    OWN(BLE_ADDR_TYPE_RANDOM),
    OWN(BLE_ADDR_TYPE_RPA_PUBLIC),
    OWN(BLE_ADDR_TYPE_RPA_RANDOM),
    CHANNEL(ADV_CHNL_37),
    CHANNEL(ADV_CHNL_38),
    CHANNEL(ADV_CHNL_39),
    CHANNEL(ADV_CHNL_ALL),
    POLICY(ADV_FILTER_ALLOW_SCAN_ANY_CON_ANY),
    POLICY(ADV_FILTER_ALLOW_SCAN_WLST_CON_ANY),
    POLICY(ADV_FILTER_ALLOW_SCAN_ANY_CON_WLST),
    POLICY(ADV_FILTER_ALLOW_SCAN_WLST_CON_WLST),
};

enum { COUNT = sizeof bluetooth_constants / sizeof bluetooth_constants[0] };

const size_t bluetooth_constant_count = COUNT;

/* --- constants as arguments --- */

/* Raises: "bluetooth:callback: trigger must be made of Bluetooth.NEW_ADV_EVENT, ..., got 64". */
static void refuse(lua_State *L, int index, const char *what, enum bluetooth_group group,
                   unsigned known)
{
    struct text *text = run_scratch(L, 0);
    bool first = true;

    for (size_t i = 0; i < COUNT; i++) {
        const struct bluetooth_constant *one = &bluetooth_constants[i];
        if (one->group != group || one->value & ~known)
            continue;
        text_add(text, "%sBluetooth.%s", first ? "" : ", ", one->name);
        first = false;
    }
    text_add(text, ", got ");
    value_show(L, index, text);
    luaL_error(L, "%s %s", what, text_get(text));
}

static bool is_number(lua_State *L, int index, lua_Integer *number)
{
    *number = 0;
    if (lua_type(L, index) != LUA_TNUMBER || !lua_isinteger(L, index))
        return false;
    *number = lua_tointeger(L, index);
    return true;
}

unsigned bluetooth_choice(lua_State *L, int index, const char *call, const char *name,
                          enum bluetooth_group group, unsigned otherwise)
{
    char what[160];
    lua_Integer number;

    if (lua_isnil(L, index))
        return otherwise;
    const bool good = is_number(L, index, &number);
    for (size_t i = 0; i < COUNT && good; i++)
        if (bluetooth_constants[i].group == group && bluetooth_constants[i].value == number)
            return bluetooth_constants[i].value;
    snprintf(what, sizeof what, "%s: %s must be one of", call, name);
    refuse(L, index, what, group, ~0U);
    return otherwise;
}

unsigned bluetooth_bits(lua_State *L, int index, const char *call, const char *name,
                        enum bluetooth_group group, unsigned otherwise, unsigned known)
{
    char what[160];
    lua_Integer number;

    if (lua_isnil(L, index))
        return otherwise;
    if (is_number(L, index, &number) && !(number & ~(lua_Integer)known))
        return (unsigned)number;
    snprintf(what, sizeof what, "%s: %s must be made of", call, name);
    refuse(L, index, what, group, known);
    return otherwise;
}

/* --- the global --- */

/* What an error is called whose timeout has passed, as in `err.name`. */
static void push_timeout(lua_State *L)
{
    lua_pushstring(L, blr_strerror(BLR_ERR_TIMEOUT));
}

static int global_index(lua_State *L)
{
    const char *name = sandbox_tostring(L, 2);
    const char *known[COUNT + 2];

    for (size_t i = 0; i < COUNT; i++) {
        known[i] = bluetooth_constants[i].name;
        if (strcmp(known[i], name) == 0) {
            lua_pushinteger(L, bluetooth_constants[i].value);
            return 1;
        }
    }
    if (strcmp(name, "timeout") == 0) {
        push_timeout(L);
        return 1;
    }
    known[COUNT] = "timeout";
    known[COUNT + 1] = NULL;
    return object_unknown_field(L, "Bluetooth", name, known);
}

static int global_newindex(lua_State *L)
{
    return luaL_error(L, "Bluetooth: '%s' cannot be set", sandbox_tostring(L, 2));
}

static int global_call(lua_State *L)
{
    lua_remove(L, 1);
    return bluetooth_declare(L);
}

static int global_tostring(lua_State *L)
{
    lua_pushliteral(L, "Bluetooth");
    return 1;
}

void bluetooth_open(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"__call", global_call},         {"__index", global_index},
        {"__newindex", global_newindex}, {"__tostring", global_tostring},
        {NULL, NULL},
    };

    lua_newtable(L);
    object_push_metatable(L, bluetooth_constants, "Bluetooth", functions);
    lua_setmetatable(L, -2);
    lua_setfield(L, -2, "Bluetooth");
}
