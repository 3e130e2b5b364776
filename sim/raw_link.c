/* SPDX-License-Identifier: MIT */
#include "sim/raw_link.h"

#include <stdlib.h>
#include <string.h>

#include "raw_link_internal.h"
#include "wire/hci.h"

/* The timer of an event comes so much before its first packet may begin. */
#define LEAD SIM_US(5)
/* How exactly the peer keeps T_IFS (Core v5.4, Vol 6, Part B, 4.2.1), and its anchor points. */
#define ACTIVE_JITTER SIM_US(2)
#define SLEEP_JITTER  SIM_US(32)

static sim_ns now_of(const struct raw_link *link)
{
    return sim_world_now(raw_radio_actor(link->raw)->world);
}

static sim_ns interval_of(const struct raw_link *link)
{
    return SIM_US(1250) * link->end.ind.interval_1250us;
}

/* --- from event to event --- */

/*
 * How far the peer's clock can have gone since it was heard last: by more than any device claims
 * (4.2.2), since nothing else is on this access address.
 */
static sim_ns widening(const struct raw_link *link)
{
    const sim_ns span = link->end.anchor - link->last_anchor;
    const sim_ns most = interval_of(link) / 2 - LL_T_IFS;
    const sim_ns widened = span / 500 + SLEEP_JITTER;

    return widened < most ? widened : most;
}

static sim_ns event_opens(const struct raw_link *link)
{
    const sim_ns anchor = link->end.anchor;

    if (link->end.central)
        return anchor;
    const sim_ns wide = widening(link);
    return anchor > wide ? anchor - wide : 0;
}

static void arm_event(struct raw_link *link)
{
    const sim_ns opens = event_opens(link);

    sim_timer_arm(&link->timer, opens > LEAD ? opens - LEAD : 0);
}

static void next_event(struct raw_link *link)
{
    struct link *end = &link->end;
    const bool was_update = end->instant.update;
    const unsigned silent = link->silent;

    link->silent = 0;
    link->counts.events += 1 + silent;
    link->counts.missed += !link->heard_any + silent;
    link->last_valid += silent * interval_of(link); /* nobody was listened for */
    if (link->heard_any)
        link->window = 0;
    link->heard_any = false;
    link_skip(end, 1 + silent);
    if (was_update && !end->instant.update)
        link->window = SIM_US(1250) * end->ind.win_size_1250us;
    arm_event(link);
}

void raw_link_close(struct raw_link *link, uint8_t reason)
{
    if (link->state == RAW_LINK_CLOSED)
        return;
    link->state = RAW_LINK_CLOSED;
    sim_timer_cancel(&link->timer);
    radio_stop(&link->radio);
    if (link->ops->closed)
        link->ops->closed(link->user, reason);
}

static bool supervised(struct raw_link *link)
{
    const sim_ns timeout =
        link->established ? SIM_MS(10) * link->end.ind.timeout_10ms : 6 * interval_of(link);

    return link->end.anchor < link->last_valid + timeout;
}

void raw_link_begin(struct raw_link *link, bool central, sim_ns end)
{
    link->state = RAW_LINK_CONNECTED;
    link->began = true;
    if (!link_init(&link->end, &link->ind, central, end)) { /* was checked by who sent it */
        raw_link_close(link, HCI_ERR_UNACCEPTABLE_CONNECTION_PARAMETERS);
        return;
    }
    link->last_anchor = link->last_valid = link->end.anchor;
    link->window = SIM_US(1250) * link->ind.win_size_1250us;
    arm_event(link);
    if (link->ops->connected)
        link->ops->connected(link->user);
}

/* --- sending --- */

static void drop_item(struct raw_link *link, struct raw_link_item *item)
{
    struct raw_link_item **at = &link->items;

    while (*at != item)
        at = &(*at)->next;
    *at = item->next;
    if (!item->next)
        link->items_end = at;
    link->pending--;
    free(item);
}

/* The header as the PDU is to be wrong, and what omniscient traces get to see. */
static void dress(struct raw_link_item *item, struct radio_packet *packet, uint8_t *pdu)
{
    pdu[0] ^= (uint8_t)((item->wrong_nesn ? 0x04 : 0) | (item->wrong_sn ? 0x08 : 0));
    pdu[1] = item->length;
    if (item->sealed) {
        item->plain[0] = pdu[0];
        packet->plain = item->plain;
        packet->plain_len = item->plain_len;
        packet->mic_valid = item->mic_valid;
    }
    if (item->bad_crc) {
        item->bad_crc--;
        packet->bad_crc = true;
    }
}

/* Sends what has not been acknowledged, else the next PDU, else an empty one. */
static void transmit(struct raw_link *link, sim_ns start)
{
    uint8_t pdu[LL_PDU_MAX];
    struct raw_link_item *item = link->unacked ? link->flying : link->items;
    const bool more = link->items && link->items->next;
    const size_t len = link_pdu(&link->end, pdu, item ? item->llid : LL_LLID_CONTINUATION,
                                item ? item->payload : NULL, item ? item->len : 0, more);
    struct radio_packet packet = link_packet(&link->end, start, pdu, len);

    if (item)
        dress(item, &packet, pdu);
    link->counts.sent++;
    link->counts.resent += link->unacked;
    link->flying = item;
    link->unacked = true;
    link->said_more = more;
    link->end.last_end = start + ll_air_time(link->end.tx_phy, len);
    const int error = radio_transmit(&link->radio, &packet);
    if (item && item->wrong_sn) {
        link->unacked = false;
        link->flying = NULL;
        drop_item(link, item);
        if (!link->items && link->ops->acked)
            link->ops->acked(link->user);
    }
    if (error) /* its time has gone by */
        next_event(link);
}

/* Listens for the peer's packet that begins from `open` to `close`. */
static void listen(struct raw_link *link, sim_ns open, sim_ns close)
{
    const struct radio_listen window = {
        .open = open,
        .close = close,
        .mhz = ll_channel_mhz(link->end.channel),
        .phy = (uint8_t)link->end.rx_phy,
        .access_address = link->end.ind.access_address,
        .crc_init = link->end.ind.crc_init,
    };

    if (radio_listen(&link->radio, &window) != 0)
        next_event(link);
}

static void event_due(void *user)
{
    struct raw_link *link = user;

    if (link->state != RAW_LINK_CONNECTED) {
        raw_link_begin_timer(link);
        return;
    }
    if (!supervised(link)) {
        raw_link_close(link, link->established ? HCI_ERR_CONNECTION_TIMEOUT
                                               : HCI_ERR_CONNECTION_FAILED_TO_BE_ESTABLISHED);
        return;
    }
    if (link->silent) {
        link->silent--;
        next_event(link);
        return;
    }
    if (link->end.central) {
        transmit(link, link->end.anchor);
        return;
    }
    const sim_ns now = now_of(link);
    const sim_ns opens = event_opens(link);
    listen(link, opens > now ? opens : now, link->end.anchor + link->window + widening(link));
}

/* Whether a packet from here and its answer end before the next event. */
static bool time_left(const struct raw_link *link)
{
    const sim_ns next = link->end.anchor + interval_of(link);
    const sim_ns longest =
        ll_air_time(link->end.tx_phy, LL_PDU_MAX) + ll_air_time(link->end.rx_phy, 2) + 3 * LL_T_IFS;

    return link->end.last_end + longest + SIM_MS(1) / 2 < next;
}

static void tx_done(struct radio *radio, sim_ns end)
{
    struct raw_link *link = radio->user;

    if (link->state != RAW_LINK_CONNECTED) {
        raw_link_begin_tx_done(link, end);
        return;
    }
    if (link->close_reason) { /* what the peer said last is acknowledged */
        raw_link_close(link, link->close_reason);
        return;
    }
    /* A peripheral listens on while either side has more (4.5.6). */
    if (link->end.central || ((link->end.header.md || link->said_more) && time_left(link)))
        listen(link, end + LL_T_IFS - ACTIVE_JITTER, end + LL_T_IFS + ACTIVE_JITTER);
    else
        next_event(link);
}

/* --- hearing --- */

/* The payload in clear, and whether its MIC was right. */
static void open_payload(struct raw_link *link, struct raw_link_rx *told, uint8_t *plain)
{
    const struct ll_cipher_pdu place = {
        .counter = link->receive_counter,
        .from_central = !link->end.central,
        .header = link->end.pdu[0],
    };

    told->encrypted = true;
    told->mic_ok = ll_cipher_open(link->cipher, &place, told->payload, told->len, plain) == 0;
    if (!told->mic_ok)
        return;
    link->receive_counter++;
    told->payload = plain;
    told->len -= LL_MIC_SIZE;
}

/* A new PDU of the peer that is not empty. */
static void tell(struct raw_link *link, const struct radio_rx *rx)
{
    uint8_t plain[LL_PDU_MAX];
    struct raw_link_rx told = {
        .start = rx->start,
        .end = rx->end,
        .event = link->end.counter,
        .channel = link->end.channel,
        .rssi_dbm = rx->rssi_dbm,
        .header = link->end.header,
        .payload = link->end.pdu + 2,
        .len = link->end.len - 2,
    };

    if (link->receive_sealed)
        open_payload(link, &told, plain);
    const bool clear = !told.encrypted || told.mic_ok;
    if (clear && told.header.llid == LL_LLID_CONTROL && told.len) {
        link_follow(&link->end, told.payload, told.len);
        if (told.payload[0] == LL_TERMINATE_IND && told.len == 2)
            link->close_reason = told.payload[1] ? told.payload[1] : 0xFF;
    }
    if (link->ops->heard)
        link->ops->heard(link->user, &told);
}

/* The PDU that was sent last has arrived. */
static void arrived(struct raw_link *link)
{
    struct raw_link_item *item = link->flying;

    link->unacked = false;
    link->flying = NULL;
    if (!item)
        return;
    const uint8_t *said = item->sealed ? item->plain + 2 : item->payload;
    const size_t len = item->sealed ? item->plain_len - 2U : item->len;
    const bool over =
        item->follow && item->llid == LL_LLID_CONTROL && len == 2 && said[0] == LL_TERMINATE_IND;
    drop_item(link, item);
    if (!link->items && link->ops->acked)
        link->ops->acked(link->user);
    if (over)
        raw_link_close(link, HCI_ERR_CONNECTION_TERMINATED_BY_LOCAL_HOST);
}

/* What a packet with a good CRC brings. */
static void take(struct raw_link *link, const struct radio_rx *rx)
{
    const bool nesn = link->end.nesn;

    if (!link_heard(&link->end, rx))
        return;
    link->established = true;
    link->last_valid = rx->start;
    if (link->end.acked)
        arrived(link);
    if (link->hold) {
        link->end.nesn = nesn;
        return;
    }
    if (!link->end.new_data)
        link->counts.repeated++;
    else if (link->end.len > 2 && link->state == RAW_LINK_CONNECTED)
        tell(link, rx);
}

static void answer(struct raw_link *link, bool crc_ok)
{
    if (!link->end.central) {
        transmit(link, link->end.last_end + LL_T_IFS);
        return;
    }
    if (crc_ok && (link->said_more || link->end.header.md) && time_left(link))
        transmit(link, link->end.last_end + LL_T_IFS);
    else
        next_event(link);
}

static void heard(struct radio *radio, const struct radio_rx *rx)
{
    struct raw_link *link = radio->user;

    if (link->state != RAW_LINK_CONNECTED) {
        raw_link_begin_rx(link, rx);
        return;
    }
    /* A peripheral's clock follows the first packet of an event, whatever its CRC (4.5.1). */
    if (!link->end.central && !link->heard_any) {
        link->end.anchor = rx->start;
        link->last_anchor = rx->start;
    }
    link->heard_any = true;
    link->end.last_end = rx->end;
    if (rx->crc_ok)
        take(link, rx);
    else
        link->counts.bad_crc++;
    if (link->state == RAW_LINK_CONNECTED)
        answer(link, rx->crc_ok);
}

static void rx_timeout(struct radio *radio)
{
    struct raw_link *link = radio->user;

    if (link->state == RAW_LINK_CONNECTED)
        next_event(link);
    else
        raw_link_begin_rx_timeout(link);
}

/* --- what its holder can do --- */

struct raw_link *raw_link_new(struct raw_radio *raw, const struct raw_link_ops *ops, void *user)
{
    static const struct radio_ops radio_ops = {
        .tx_done = tx_done, .rx = heard, .rx_timeout = rx_timeout};
    struct raw_link *link = calloc(1, sizeof *link);

    if (!link)
        return NULL;
    link->cipher = ll_cipher_new();
    if (!link->cipher) {
        free(link);
        return NULL;
    }
    link->raw = raw;
    link->ops = ops;
    link->user = user;
    link->items_end = &link->items;
    struct sim_actor *actor = raw_radio_actor(raw);
    radio_init(&link->radio, actor, &radio_ops, link);
    const struct radio *sender = raw_radio_sender(raw);
    link->radio.power_ddbm = sender->power_ddbm;
    link->radio.sensitivity_ddbm = raw_radio_receiver(raw)->sensitivity_ddbm;
    radio_set_position(&link->radio, sender->position);
    sim_timer_init(&link->timer, actor, SIM_PHASE_LL, event_due, link);
    if (radio_copy_path_loss(sender, &link->radio) != 0) {
        raw_link_free(link);
        return NULL;
    }
    return link;
}

void raw_link_free(struct raw_link *link)
{
    if (!link)
        return;
    sim_timer_cancel(&link->timer);
    radio_fini(&link->radio);
    while (link->items)
        drop_item(link, link->items);
    ll_cipher_free(link->cipher);
    free(link);
}

struct radio *raw_link_radio(struct raw_link *link)
{
    return &link->radio;
}

bool raw_link_up(const struct raw_link *link)
{
    return link->state == RAW_LINK_CONNECTED;
}

const struct ll_connect_ind *raw_link_connect_ind(const struct raw_link *link)
{
    return link->began ? &link->end.ind : NULL;
}

bool raw_link_central(const struct raw_link *link)
{
    return link->end.central;
}

uint16_t raw_link_event(const struct raw_link *link)
{
    return link->end.counter;
}

const struct raw_link_counts *raw_link_counts(const struct raw_link *link)
{
    return &link->counts;
}

size_t raw_link_pending(const struct raw_link *link)
{
    return link->pending;
}

/* Ciphertext and MIC take the place of the plaintext, which is kept for traces. */
static int seal(struct raw_link *link, struct raw_link_item *item, bool bad_mic)
{
    const struct ll_cipher_pdu place = {
        .counter = link->send_counter,
        .from_central = link->end.central,
        .header = item->llid,
    };
    const int error = ll_cipher_seal(link->cipher, &place, item->payload, item->len, item->payload);

    if (error)
        return error;
    link->send_counter++;
    item->len = (uint8_t)(item->len + LL_MIC_SIZE);
    item->sealed = true;
    item->mic_valid = !bad_mic;
    for (unsigned i = 1; bad_mic && i <= LL_MIC_SIZE; i++)
        item->payload[item->len - i] ^= 0xFF;
    return 0;
}

int raw_link_send(struct raw_link *link, const struct raw_link_pdu *pdu)
{
    const bool sealed = link->send_sealed && !pdu->plain && pdu->len > 0;
    const size_t most = sealed ? 255U - LL_MIC_SIZE : 255U;

    if (link->state != RAW_LINK_CONNECTED)
        return BLR_ERR_NOT_CONNECTED;
    if (pdu->llid > 3)
        return BLR_ERR_INVALID;
    if (pdu->len > most)
        return BLR_ERR_TOO_LONG;
    struct raw_link_item *item = calloc(1, sizeof *item);
    if (!item)
        return BLR_ERR_NO_MEMORY;
    item->llid = pdu->llid;
    item->len = (uint8_t)pdu->len;
    if (pdu->len)
        memcpy(item->payload, pdu->payload, pdu->len);
    item->plain[1] = item->len;
    item->plain_len = (uint16_t)(pdu->len + 2U);
    memcpy(item->plain + 2, item->payload, pdu->len);
    item->wrong_sn = pdu->wrong_sn;
    item->wrong_nesn = pdu->wrong_nesn;
    item->follow = !pdu->ignore;
    item->bad_crc = pdu->bad_crc;
    const int error = sealed ? seal(link, item, pdu->bad_mic) : 0;
    if (error) {
        free(item);
        return error;
    }
    item->length = pdu->wrong_length ? pdu->length : item->len;
    if (item->follow && item->llid == LL_LLID_CONTROL)
        link_follow(&link->end, item->plain + 2, pdu->len);
    *link->items_end = item;
    link->items_end = &item->next;
    link->pending++;
    return 0;
}

void raw_link_silence(struct raw_link *link, unsigned events)
{
    link->silent = events;
}

void raw_link_hold(struct raw_link *link, bool hold)
{
    link->hold = hold;
}

void raw_link_stop(struct raw_link *link)
{
    raw_link_close(link, HCI_ERR_CONNECTION_TERMINATED_BY_LOCAL_HOST);
}

int raw_link_encrypt(struct raw_link *link, const struct raw_link_keys *keys, bool send,
                     bool receive)
{
    if (keys->send_counter >= LL_PACKET_COUNTER_END ||
        keys->receive_counter >= LL_PACKET_COUNTER_END)
        return BLR_ERR_INVALID;
    const int error = ll_cipher_start(link->cipher, keys->session_key, &keys->session);
    if (error)
        return error;
    if (send) {
        link->send_sealed = true;
        link->send_counter = keys->send_counter;
    }
    if (receive) {
        link->receive_sealed = true;
        link->receive_counter = keys->receive_counter;
    }
    return 0;
}

void raw_link_plain(struct raw_link *link, bool send, bool receive)
{
    if (send)
        link->send_sealed = false;
    if (receive)
        link->receive_sealed = false;
}
