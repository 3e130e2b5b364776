/* SPDX-License-Identifier: MIT */
#include "link.h"

#include <string.h>

bool link_init(struct link *link, const struct ll_connect_ind *ind, bool central, sim_ns end)
{
    *link = (struct link){.user = link->user,
                          .central = central,
                          .ind = *ind,
                          .tx_phy = RADIO_PHY_1M,
                          .rx_phy = RADIO_PHY_1M};
    link->anchor = end + SIM_US(1250) + SIM_US(1250) * ind->win_offset_1250us;
    ll_chan_init(&link->chan, ind->ch_sel, ind->hop, ind->access_address);
    if (!ll_chan_set_map(&link->chan, ind->channel_map))
        return false;
    link->channel = ll_chan_select(&link->chan, 0);
    return true;
}

static void at_instant(struct link *link)
{
    struct link_instant *instant = &link->instant;

    if (instant->update) {
        link->anchor += SIM_US(1250) * instant->win_offset_1250us + instant->late;
        link->ind.interval_1250us = instant->interval_1250us;
    }
    /* A map of too few channels changes nothing. */
    if (instant->map)
        (void)ll_chan_set_map(&link->chan, instant->channel_map);
    if (instant->phy && instant->tx_phy)
        link->tx_phy = (enum radio_phy)instant->tx_phy;
    if (instant->phy && instant->rx_phy)
        link->rx_phy = (enum radio_phy)instant->rx_phy;
    *instant = (struct link_instant){0};
}

void link_skip(struct link *link, unsigned events)
{
    for (; events > 0; events--) {
        link->counter++;
        link->anchor += SIM_US(1250) * link->ind.interval_1250us;
        if (link->counter == link->instant.at)
            at_instant(link);
    }
    link->channel = ll_chan_select(&link->chan, link->counter);
    link->last_end = 0;
}

sim_ns link_next_start(const struct link *link)
{
    return link->last_end ? link->last_end + LL_T_IFS : link->anchor;
}

size_t link_pdu(struct link *link, uint8_t pdu[static LL_PDU_MAX], uint8_t llid,
                const uint8_t *payload, size_t len, bool md)
{
    struct wr w = wr_init(pdu, LL_PDU_MAX);
    const size_t mic = link->tx_sealed && len > 0 ? LL_MIC_SIZE : 0;
    const struct ll_data_header header = {
        .llid = llid, .nesn = link->nesn, .sn = link->sn, .md = md, .length = (uint8_t)(len + mic)};

    wr_ll_data_header(&w, &header);
    link->sent_sealed = mic != 0;
    if (!mic) {
        wr_bytes(&w, payload, len);
        return wr_ok(&w) ? w.len : 0;
    }
    const struct ll_cipher_pdu place = {link->tx_counter, link->central, pdu[0]};
    uint8_t *sealed = wr_room(&w, len + mic);
    const bool done = sealed && ll_cipher_seal(link->cipher, &place, payload, len, sealed) == 0;
    return done ? w.len : 0;
}

struct radio_packet link_packet(const struct link *link, sim_ns start, const uint8_t *pdu,
                                size_t len)
{
    return (struct radio_packet){
        .start = start,
        .mhz = ll_channel_mhz(link->channel),
        .phy = (uint8_t)link->tx_phy,
        .direction = link->central ? AIR_CENTRAL_TO_PERIPHERAL : AIR_PERIPHERAL_TO_CENTRAL,
        .access_address = link->ind.access_address,
        .crc_init = link->ind.crc_init,
        .pdu = pdu,
        .len = len,
    };
}

/* Plaintext takes the place of ciphertext. A PDU that is heard again has the number that it had. */
static bool open_pdu(struct link *link)
{
    const struct ll_cipher_pdu place = {
        .counter = link->new_data ? link->rx_counter : link->rx_counter - 1,
        .from_central = !link->central,
        .header = link->raw[0],
    };

    if (ll_cipher_open(link->cipher, &place, link->raw + 2, link->raw_len - 2, link->pdu + 2) != 0)
        return false;
    link->rx_counter += link->new_data;
    link->header.length = (uint8_t)(link->header.length - LL_MIC_SIZE);
    link->pdu[1] = link->header.length;
    link->len -= LL_MIC_SIZE;
    return true;
}

bool link_heard(struct link *link, const struct radio_rx *rx)
{
    struct rd r = rd_init(rx->pdu, rx->len);
    const struct ll_data_header header = rd_ll_data_header(&r);

    if (!rd_ok(&r))
        return false;
    link->header = header;
    memcpy(link->pdu, rx->pdu, rx->len);
    memcpy(link->raw, rx->pdu, rx->len);
    link->len = rx->len;
    link->raw_len = rx->len;
    link->start = rx->start;
    link->last_end = rx->end;
    link->acked = header.nesn != link->sn;
    if (link->acked) {
        link->sn = !link->sn;
        link->tx_counter += link->sent_sealed;
        link->sent_sealed = false;
    }
    link->new_data = header.sn == link->nesn;
    if (link->new_data)
        link->nesn = !link->nesn;
    link->mic_ok = !link->rx_sealed || rx->len == 2 || open_pdu(link);
    return true;
}

/* --- encryption --- */

int link_key(struct link *link, const uint8_t ltk[static 16])
{
    uint8_t key[16];

    if (!link->cipher)
        link->cipher = ll_cipher_new();
    if (!link->cipher || ll_session_key(ltk, &link->session, key) != 0)
        return BLR_ERR_NO_MEMORY;
    link->tx_counter = 0;
    link->rx_counter = 0;
    return ll_cipher_start(link->cipher, key, &link->session);
}

void link_seal(struct link *link, bool on)
{
    link->tx_sealed = on;
    link->rx_sealed = on;
}

void link_forget_key(struct link *link)
{
    ll_cipher_free(link->cipher);
    link->cipher = NULL;
    link_seal(link, false);
}

bool link_take_session(struct link *link)
{
    struct ll_session *session = &link->session;
    struct rd r = rd_init(link->pdu, link->len);

    rd_skip(&r, 2);
    const uint8_t opcode = rd_u8(&r);
    if (opcode != (link->central ? LL_ENC_RSP : LL_ENC_REQ))
        return false;
    rd_skip(&r, link->central ? 0 : 10); /* Rand, EDIV */
    rd_copy(&r, link->central ? session->skd_p : session->skd_c, 8);
    rd_copy(&r, link->central ? session->iv_p : session->iv_c, 4);
    return rd_done(&r);
}

/* --- control PDUs --- */

size_t link_update_ind(uint8_t pdu[static LINK_CONTROL_MAX], const struct link_update *update)
{
    struct wr w = wr_init(pdu, LINK_CONTROL_MAX);

    wr_u8(&w, LL_CONNECTION_UPDATE_IND);
    wr_u8(&w, update->win_size_1250us);
    wr_u16(&w, update->win_offset_1250us);
    wr_u16(&w, update->interval_1250us);
    wr_u16(&w, update->latency);
    wr_u16(&w, update->timeout_10ms);
    wr_u16(&w, update->instant);
    return w.len;
}

struct link_update link_update_read(struct rd *ctr_data)
{
    struct link_update update = {.win_size_1250us = rd_u8(ctr_data)};

    update.win_offset_1250us = rd_u16(ctr_data);
    update.interval_1250us = rd_u16(ctr_data);
    update.latency = rd_u16(ctr_data);
    update.timeout_10ms = rd_u16(ctr_data);
    update.instant = rd_u16(ctr_data);
    return update;
}

size_t link_map_ind(uint8_t pdu[static LINK_CONTROL_MAX], const uint8_t map[static 5],
                    uint16_t instant)
{
    struct wr w = wr_init(pdu, LINK_CONTROL_MAX);

    wr_u8(&w, LL_CHANNEL_MAP_IND);
    wr_bytes(&w, map, 5);
    wr_u16(&w, instant);
    return w.len;
}

size_t link_param_pdu(uint8_t pdu[static LINK_CONTROL_MAX], uint8_t opcode,
                      const struct link_params *params)
{
    struct wr w = wr_init(pdu, LINK_CONTROL_MAX);

    wr_u8(&w, opcode);
    wr_u16(&w, params->interval_min_1250us);
    wr_u16(&w, params->interval_max_1250us);
    wr_u16(&w, params->latency);
    wr_u16(&w, params->timeout_10ms);
    wr_u8(&w, params->periodicity_1250us);
    wr_u16(&w, params->reference);
    wr_fill(&w, 0xFF, 12);
    return w.len;
}

void link_follow_update(struct link *link, const struct link_update *update, sim_ns late)
{
    link->instant = (struct link_instant){
        .update = true,
        .at = update->instant,
        .win_offset_1250us = update->win_offset_1250us,
        .interval_1250us = update->interval_1250us,
        .late = late,
    };
}

void link_follow_map(struct link *link, const uint8_t map[static 5], uint16_t instant)
{
    link->instant = (struct link_instant){.map = true, .at = instant};
    memcpy(link->instant.channel_map, map, 5);
}

/* The PHY of one bit of LL_PHY_UPDATE_IND's fields (2.4.2.24). */
static uint8_t one_phy(uint8_t mask)
{
    switch (mask) {
    case 1:
        return RADIO_PHY_1M;
    case 2:
        return RADIO_PHY_2M;
    case 4:
        return RADIO_PHY_CODED_S8;
    }
    return 0;
}

void link_follow(struct link *link, const uint8_t *pdu, size_t len)
{
    struct rd r = rd_init(pdu, len);
    const uint8_t opcode = rd_u8(&r);
    uint8_t ctr_data_len = 0;

    if (!rd_ok(&r) || !ll_control_name(opcode, &ctr_data_len) || rd_left(&r) != ctr_data_len)
        return;
    if (opcode == LL_CONNECTION_UPDATE_IND) {
        const struct link_update update = link_update_read(&r);

        if (!update.interval_1250us)
            return;
        link_follow_update(link, &update, 0);
        link->ind.win_size_1250us = update.win_size_1250us;
        link->ind.timeout_10ms = update.timeout_10ms;
    } else if (opcode == LL_CHANNEL_MAP_IND) {
        uint8_t map[5];
        rd_copy(&r, map, sizeof map);
        link_follow_map(link, map, rd_u16(&r));
    } else if (opcode == LL_PHY_UPDATE_IND) {
        const uint8_t to_peripheral = one_phy(rd_u8(&r));
        const uint8_t to_central = one_phy(rd_u8(&r));
        link->instant = (struct link_instant){
            .phy = true,
            .at = rd_u16(&r),
            .tx_phy = link->central ? to_peripheral : to_central,
            .rx_phy = link->central ? to_central : to_peripheral,
        };
    }
}
