/* SPDX-License-Identifier: MIT */
#include "dump_ll_control.h"

#include "wire/ll.h"

static const struct field nothing_f[1];
static const struct field update_f[] = {
    F_TIME8("win_size", 1250), F_TIME("win_offset", 1250), F_TIME("interval", 1250),
    F_U16("latency"),          F_TIME("timeout", 10000),   F_U16("instant"),
};
static const struct field map_f[] = {F_X40("map"), F_U16("instant")};
static const struct field reason_f[] = {F_ERROR("reason")};
static const struct field enc_req_f[] = {F_X64("rand"), F_X16("ediv"), F_OCTETS("skd_c", 8),
                                         F_OCTETS("iv_c", 4)};
static const struct field enc_rsp_f[] = {F_OCTETS("skd_p", 8), F_OCTETS("iv_p", 4)};
static const struct field unknown_f[] = {F_KIND("type", FIELD_LL_OPCODE)};
static const struct field features_f[] = {F_X64("features")};
static const struct field version_f[] = {F_KIND("version", FIELD_VERSION), F_X16("company"),
                                         F_X16("subversion")};
static const struct field param_f[] = {
    F_TIME("min", 1250), F_TIME("max", 1250), F_U16("latency"), F_TIME("timeout", 10000),
    F_U8("periodicity"), F_U16("reference"),  F_X16("offset0"), F_X16("offset1"),
    F_X16("offset2"),    F_X16("offset3"),    F_X16("offset4"), F_X16("offset5"),
};
static const struct field reject_ext_f[] = {F_KIND("type", FIELD_LL_OPCODE), F_ERROR("reason")};
static const struct field length_f[] = {F_U16("rx_octets"), F_U16("rx_us"), F_U16("tx_octets"),
                                        F_U16("tx_us")};
static const struct field phys_f[] = {F_X8("tx"), F_X8("rx")};
static const struct field phy_update_f[] = {F_X8("c_to_p"), F_X8("p_to_c"), F_U16("instant")};
static const struct field used_f[] = {F_X8("phys"), F_U8("channels")};

static const struct field_list lists[] = {
    [LL_CONNECTION_UPDATE_IND] = FIELDS(update_f),
    [LL_CHANNEL_MAP_IND] = FIELDS(map_f),
    [LL_TERMINATE_IND] = FIELDS(reason_f),
    [LL_ENC_REQ] = FIELDS(enc_req_f),
    [LL_ENC_RSP] = FIELDS(enc_rsp_f),
    [LL_START_ENC_REQ] = {nothing_f, 0},
    [LL_START_ENC_RSP] = {nothing_f, 0},
    [LL_UNKNOWN_RSP] = FIELDS(unknown_f),
    [LL_FEATURE_REQ] = FIELDS(features_f),
    [LL_FEATURE_RSP] = FIELDS(features_f),
    [LL_PAUSE_ENC_REQ] = {nothing_f, 0},
    [LL_PAUSE_ENC_RSP] = {nothing_f, 0},
    [LL_VERSION_IND] = FIELDS(version_f),
    [LL_REJECT_IND] = FIELDS(reason_f),
    [LL_PERIPHERAL_FEATURE_REQ] = FIELDS(features_f),
    [LL_CONNECTION_PARAM_REQ] = FIELDS(param_f),
    [LL_CONNECTION_PARAM_RSP] = FIELDS(param_f),
    [LL_REJECT_EXT_IND] = FIELDS(reject_ext_f),
    [LL_PING_REQ] = {nothing_f, 0},
    [LL_PING_RSP] = {nothing_f, 0},
    [LL_LENGTH_REQ] = FIELDS(length_f),
    [LL_LENGTH_RSP] = FIELDS(length_f),
    [LL_PHY_REQ] = FIELDS(phys_f),
    [LL_PHY_RSP] = FIELDS(phys_f),
    [LL_PHY_UPDATE_IND] = FIELDS(phy_update_f),
    [LL_MIN_USED_CHANNELS_IND] = FIELDS(used_f),
};

void dump_ll_control(struct trace_dump *d, struct link *link, struct rd *r)
{
    static const struct field rest[] = {F_REST("data")};
    static const struct field_list unknown = FIELDS(rest);
    const uint8_t opcode = rd_u8(r);

    text_char(&d->text, ' ');
    if (!rd_ok(r)) {
        text_str(&d->text, "LL control PDU");
        dump_malformed(d, "opcode", r);
        return;
    }
    dump_ll_opcode(d, opcode);
    if (opcode < sizeof lists / sizeof lists[0] && lists[opcode].fields)
        dump_exactly(d, r, lists[opcode]);
    else
        dump_fields(d, r, unknown);
    /*
     * From here on both sides encrypt (5.1.3.1), but for an attacker who sends it out of the blue;
     * pausing is undone by the next start.
     */
    if (opcode == LL_ENC_REQ)
        link->asked = true;
    if (opcode == LL_START_ENC_REQ && (link->asked || !link->whole))
        link->encrypted = true;
    if (opcode == LL_PAUSE_ENC_RSP)
        link->encrypted = link->decrypted = false;
}
