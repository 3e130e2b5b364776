/* SPDX-License-Identifier: MIT */
/* Packets of the air as tables, and the fields by which a script says what it sends and hears. */
#include <string.h>

#include "raw.h"
#include "wire/crc24.h"

uint16_t raw_packet_mhz(const struct opts *opts, uint16_t otherwise)
{
    const bool channel = opts_has(opts, "channel");

    if (channel && opts_has(opts, "mhz"))
        luaL_error(opts->L, "%s: either a channel or mhz", opts->call);
    if (channel)
        return ll_channel_mhz((uint8_t)opts_integer(opts, "channel", 0, 0, 39));
    return (uint16_t)opts_integer(opts, "mhz", otherwise, 2400, 2483);
}

uint8_t raw_packet_phy(const struct opts *opts, uint8_t otherwise)
{
    const char *phy = opts_string(opts, "phy", NULL);
    const lua_Integer coding = opts_integer(opts, "coding", 8, 2, 8);

    if (coding != 8 && coding != 2)
        luaL_error(opts->L, "%s: coding is 2 or 8", opts->call);
    if (!phy)
        return otherwise;
    if (strcmp(phy, "1M") == 0)
        return RADIO_PHY_1M;
    if (strcmp(phy, "2M") == 0)
        return RADIO_PHY_2M;
    if (strcmp(phy, "coded") != 0)
        luaL_error(opts->L, "%s: phy is \"1M\", \"2M\" or \"coded\", not '%s'", opts->call, phy);
    return coding == 2 ? RADIO_PHY_CODED_S2 : RADIO_PHY_CODED_S8;
}

uint32_t raw_packet_access_address(const struct opts *opts, uint32_t otherwise)
{
    return (uint32_t)opts_integer(opts, "access_address", otherwise, 0, UINT32_MAX);
}

uint32_t raw_packet_crc_init(const struct opts *opts)
{
    return (uint32_t)opts_integer(opts, "crc_init", CRC24_INIT_ADVERTISING, 0, 0xFFFFFF);
}

void raw_packet_set_phy(lua_State *L, uint8_t phy)
{
    const bool coded = phy == RADIO_PHY_CODED_S2 || phy == RADIO_PHY_CODED_S8;

    lua_pushstring(L, coded ? "coded" : phy == RADIO_PHY_2M ? "2M" : "1M");
    lua_setfield(L, -2, "phy");
    if (coded)
        value_set_integer(L, "coding", phy == RADIO_PHY_CODED_S2 ? 2 : 8);
}

void raw_packet_push(lua_State *L, const struct radio_rx *rx)
{
    const uint8_t channel = ll_mhz_channel(rx->mhz);

    luaL_checkstack(L, 4, NULL);
    lua_createtable(L, 0, 12);
    value_set_integer(L, "time", (lua_Integer)rx->start);
    value_set_integer(L, "ended", (lua_Integer)rx->end);
    value_set_integer(L, "mhz", rx->mhz);
    if (channel != 0xFF)
        value_set_integer(L, "channel", channel);
    raw_packet_set_phy(L, rx->phy);
    value_set_integer(L, "rssi", rx->rssi_dbm);
    lua_pushboolean(L, rx->crc_ok);
    lua_setfield(L, -2, "crc_ok");
    value_set_integer(L, "crc", rx->crc);
    value_set_integer(L, "access_address", rx->access_address);
    lua_pushlstring(L, rx->len ? (const char *)rx->pdu : "", rx->len);
    lua_setfield(L, -2, "pdu");
    if (rx->access_address == LL_ADVERTISING_ACCESS_ADDRESS && rx->len >= 2) {
        const char *name = ll_adv_pdu_name(rx->pdu[0] & 0x0F);
        lua_pushstring(L, name ? name : "reserved");
        lua_setfield(L, -2, "type");
    }
}
