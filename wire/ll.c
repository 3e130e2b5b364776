/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700
#include "wire/ll.h"

#include <strings.h>

#define CONNECT_IND_PAYLOAD_SIZE 34U

sim_ns ll_air_time(enum radio_phy phy, size_t len)
{
    const sim_ns n = len;

    switch (phy) {
    case RADIO_PHY_1M: /* preamble 1, access address 4, CRC 3 octets; 8 us an octet (2.1) */
        return SIM_US((1 + 4 + n + 3) * 8);
    case RADIO_PHY_2M: /* preamble 2 octets; 4 us an octet */
        return SIM_US((2 + 4 + n + 3) * 4);
    /* Preamble 80 us, then FEC block 1, always at S=8: access address 256, CI 16, TERM1 24 us;
     * then FEC block 2: PDU, CRC and TERM2 of 3 bits (2.2). */
    case RADIO_PHY_CODED_S8:
        return SIM_US(80 + 256 + 16 + 24 + (8 * n + 24 + 3) * 8);
    case RADIO_PHY_CODED_S2:
        return SIM_US(80 + 256 + 16 + 24 + (8 * n + 24 + 3) * 2);
    }
    return 0;
}

uint16_t ll_channel_mhz(uint8_t channel_index)
{
    if (channel_index <= 10)
        return (uint16_t)(2404 + 2 * channel_index);
    if (channel_index <= 36)
        return (uint16_t)(2406 + 2 * channel_index);
    switch (channel_index) {
    case 37:
        return 2402;
    case 38:
        return 2426;
    case 39:
        return 2480;
    }
    return 0;
}

uint8_t ll_mhz_channel(uint16_t mhz)
{
    if (mhz < 2402 || mhz > 2480 || mhz % 2 != 0)
        return 0xFF;
    switch (mhz) {
    case 2402:
        return 37;
    case 2426:
        return 38;
    case 2480:
        return 39;
    }
    return (uint8_t)(mhz < 2426 ? (mhz - 2404) / 2 : (mhz - 2406) / 2);
}

struct ll_adv_header rd_ll_adv_header(struct rd *r)
{
    const uint8_t first = rd_u8(r);
    const uint8_t length = rd_u8(r);

    return (struct ll_adv_header){
        .type = first & 0x0F,
        .ch_sel = (first & 0x20) != 0,
        .tx_add = (first & 0x40) != 0,
        .rx_add = (first & 0x80) != 0,
        .length = length,
    };
}

void wr_ll_adv_header(struct wr *w, const struct ll_adv_header *header)
{
    wr_u8(w, (uint8_t)((header->type & 0x0F) | header->ch_sel << 5 | header->tx_add << 6 |
                       header->rx_add << 7));
    wr_u8(w, header->length);
}

const char *ll_adv_pdu_name(uint8_t type)
{
    static const char *const names[] = {
        [LL_ADV_IND] = "ADV_IND",
        [LL_ADV_DIRECT_IND] = "ADV_DIRECT_IND",
        [LL_ADV_NONCONN_IND] = "ADV_NONCONN_IND",
        [LL_SCAN_REQ] = "SCAN_REQ",
        [LL_SCAN_RSP] = "SCAN_RSP",
        [LL_CONNECT_IND] = "CONNECT_IND",
        [LL_ADV_SCAN_IND] = "ADV_SCAN_IND",
        [LL_ADV_EXT_IND] = "ADV_EXT_IND",
    };

    return type < sizeof names / sizeof names[0] ? names[type] : NULL;
}

int ll_connect_ind_decode(const uint8_t *pdu, size_t len, struct ll_connect_ind *ind)
{
    struct rd r = rd_init(pdu, len);
    const struct ll_adv_header header = rd_ll_adv_header(&r);
    struct ll_connect_ind parsed = {.ch_sel = header.ch_sel};

    parsed.init_a = rd_addr_octets(&r, header.tx_add);
    parsed.adv_a = rd_addr_octets(&r, header.rx_add);
    parsed.access_address = rd_u32(&r);
    parsed.crc_init = rd_u24(&r);
    parsed.win_size_1250us = rd_u8(&r);
    parsed.win_offset_1250us = rd_u16(&r);
    parsed.interval_1250us = rd_u16(&r);
    parsed.latency = rd_u16(&r);
    parsed.timeout_10ms = rd_u16(&r);
    rd_copy(&r, parsed.channel_map, sizeof parsed.channel_map);
    const uint8_t hop_sca = rd_u8(&r);
    parsed.hop = hop_sca & 0x1F;
    parsed.sca = hop_sca >> 5;
    if (!rd_done(&r) || header.type != LL_CONNECT_IND || header.length != CONNECT_IND_PAYLOAD_SIZE)
        return BLR_ERR_MALFORMED;
    *ind = parsed;
    return 0;
}

void ll_connect_ind_encode(struct wr *w, const struct ll_connect_ind *ind)
{
    const struct ll_adv_header header = {
        .type = LL_CONNECT_IND,
        .ch_sel = ind->ch_sel,
        .tx_add = ind->init_a.type == BD_ADDR_RANDOM,
        .rx_add = ind->adv_a.type == BD_ADDR_RANDOM,
        .length = CONNECT_IND_PAYLOAD_SIZE,
    };

    wr_ll_adv_header(w, &header);
    wr_addr_octets(w, &ind->init_a);
    wr_addr_octets(w, &ind->adv_a);
    wr_u32(w, ind->access_address);
    wr_u24(w, ind->crc_init);
    wr_u8(w, ind->win_size_1250us);
    wr_u16(w, ind->win_offset_1250us);
    wr_u16(w, ind->interval_1250us);
    wr_u16(w, ind->latency);
    wr_u16(w, ind->timeout_10ms);
    wr_bytes(w, ind->channel_map, sizeof ind->channel_map);
    wr_u8(w, (uint8_t)((ind->hop & 0x1F) | ind->sca << 5));
}

struct ll_data_header rd_ll_data_header(struct rd *r)
{
    const uint8_t first = rd_u8(r);
    const uint8_t length = rd_u8(r);

    return (struct ll_data_header){
        .llid = first & 0x03,
        .nesn = (first & 0x04) != 0,
        .sn = (first & 0x08) != 0,
        .md = (first & 0x10) != 0,
        .length = length,
    };
}

void wr_ll_data_header(struct wr *w, const struct ll_data_header *header)
{
    wr_u8(w,
          (uint8_t)((header->llid & 0x03) | header->nesn << 2 | header->sn << 3 | header->md << 4));
    wr_u8(w, header->length);
}

const char *ll_control_name(uint8_t opcode, uint8_t *ctr_data_len)
{
    switch (opcode) {
#define X(ident, value, len)                                                                       \
    case value:                                                                                    \
        *ctr_data_len = len;                                                                       \
        return "LL_" #ident;
        LL_CONTROL_PDUS(X)
#undef X
    }
    return NULL;
}

const char *ll_feature_name(unsigned bit)
{
    static const char *const names[] = {
        "LE Encryption",
        "Connection Parameters Request Procedure",
        "Extended Reject Indication",
        "Peripheral-initiated Features Exchange",
        "LE Ping",
        "LE Data Packet Length Extension",
        "LL Privacy",
        "Extended Scanning Filter Policies",
        "LE 2M PHY",
        "Stable Modulation Index - Transmitter",
        "Stable Modulation Index - Receiver",
        "LE Coded PHY",
        "LE Extended Advertising",
        "LE Periodic Advertising",
        "Channel Selection Algorithm #2",
        "LE Power Class 1",
        "Minimum Number of Used Channels Procedure",
        "Connection CTE Request",
        "Connection CTE Response",
        "Connectionless CTE Transmitter",
        "Connectionless CTE Receiver",
        "Antenna Switching During CTE Transmission (AoD)",
        "Antenna Switching During CTE Reception (AoA)",
        "Receiving Constant Tone Extensions",
        "Periodic Advertising Sync Transfer - Sender",
        "Periodic Advertising Sync Transfer - Recipient",
        "Sleep Clock Accuracy Updates",
        "Remote Public Key Validation",
        "Connected Isochronous Stream - Central",
        "Connected Isochronous Stream - Peripheral",
        "Isochronous Broadcaster",
        "Synchronized Receiver",
        "Connected Isochronous Stream (Host Support)",
        "LE Power Control Request",
        "LE Power Control Request",
        "LE Path Loss Monitoring",
        "Periodic Advertising ADI support",
        "Connection Subrating",
        "Connection Subrating (Host Support)",
        "Channel Classification",
        "Advertising Coding Selection",
        "Advertising Coding Selection (Host Support)",
        NULL,
        "Periodic Advertising with Responses - Advertiser",
        "Periodic Advertising with Responses - Scanner",
    };

    return bit < sizeof names / sizeof names[0] ? names[bit] : NULL;
}

bool ll_feature_bit(const char *name, unsigned *bit)
{
    for (*bit = 0; *bit < 64; ++*bit) {
        const char *known = ll_feature_name(*bit);
        if (known && strcasecmp(known, name) == 0)
            return true;
    }
    return false;
}
