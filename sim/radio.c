/* SPDX-License-Identifier: MIT */
#include "sim/radio.h"

#include <string.h>

#include "radio_medium.h"
#include "wire/crc24.h"

static void air_start(void *user);
static void air_end(void *user);
static void window_close(void *user);

static void arm(struct radio *radio, enum sim_phase phase, timer_fn *fn, sim_ns at)
{
    if (timer_armed(&radio->timer))
        sim_timer_cancel(&radio->timer);
    sim_timer_init(&radio->timer, radio->actor, phase, fn, radio);
    sim_timer_arm(&radio->timer, at);
}

/*
 * The one timer of a listening radio. It may stay armed while the radio is locked or idle, where
 * window_close() ignores it: most windows are opened again with the same close.
 */
static void arm_close(struct radio *radio, sim_ns at)
{
    if (timer_armed(&radio->timer) && radio->timer.fn == window_close) {
        if (at == SIM_NEVER)
            sim_timer_cancel(&radio->timer);
        else if (radio->timer.at != at)
            sim_timer_arm(&radio->timer, at);
    } else if (at != SIM_NEVER) {
        arm(radio, SIM_PHASE_LL, window_close, at);
    }
}

static bool coded(uint8_t phy)
{
    return phy == RADIO_PHY_CODED_S8 || phy == RADIO_PHY_CODED_S2;
}

static bool phy_known(uint8_t phy)
{
    return phy >= RADIO_PHY_1M && phy <= RADIO_PHY_CODED_S2;
}

/* Preamble and access address, in what the PHY needs for them (Vol 6, Part B, 2.1 and 2.2). */
static sim_ns sync_time(uint8_t phy)
{
    if (coded(phy))
        return SIM_US(80 + 256);
    return phy == RADIO_PHY_2M ? SIM_US(8 + 16) : SIM_US(8 + 32);
}

/* --- lists --- */

static void listen_link(struct radio *radio)
{
    struct radio_medium *medium = radio->medium;
    struct radio **head = radio->window.any_frequency
                              ? &medium->sniffers
                              : &medium->listeners[radio->window.mhz - RADIO_MHZ_MIN];

    radio->listen_next = *head;
    radio->listen_link = head;
    if (*head)
        (*head)->listen_link = &radio->listen_next;
    *head = radio;
}

static void listen_unlink(struct radio *radio)
{
    if (!radio->listen_link)
        return;
    *radio->listen_link = radio->listen_next;
    if (radio->listen_next)
        radio->listen_next->listen_link = radio->listen_link;
    radio->listen_link = NULL;
}

static void air_link(struct radio *tx)
{
    struct radio **head = &tx->medium->air;

    tx->air_next = *head;
    tx->air_link = head;
    if (*head)
        (*head)->air_link = &tx->air_next;
    *head = tx;
}

static void air_unlink(struct radio *tx)
{
    *tx->air_link = tx->air_next;
    if (tx->air_next)
        tx->air_next->air_link = tx->air_link;
}

/* --- a packet begins --- */

enum radio_verdict radio_judge(const struct radio *tx, const struct radio *rx,
                               struct radio_reception *reception)
{
    const struct radio_packet *packet = &tx->tx;
    const struct radio_listen *window = &rx->window;

    if (packet->start < window->open || packet->start > window->close)
        return RADIO_WINDOW_CLOSED;
    if (!window->any_frequency && packet->phy != window->phy &&
        !(coded(packet->phy) && coded(window->phy)))
        return RADIO_OTHER_CHANNEL;
    if (!window->any_access_address && packet->access_address != window->access_address)
        return RADIO_OTHER_CHANNEL;
    reception->power_ddbm = radio_power_at(tx, rx);
    if (reception->power_ddbm < rx->sensitivity_ddbm)
        return RADIO_TOO_WEAK;
    int16_t sync;
    reception->margin_ddb = radio_collision_margin(tx, rx, reception->power_ddbm, &sync);
    if (sync >= 0)
        return RADIO_HEARD;
    reception->margin_ddb = sync;
    return RADIO_COLLIDED;
}

/* Those of a list who can lock, in any order, before the others of `found`. */
static size_t collect(struct radio *tx, struct radio *list, struct radio_reception **found)
{
    size_t n = 0;

    for (struct radio *rx = list; rx; rx = rx->listen_next) {
        if (rx->actor == tx->actor)
            continue;
        struct radio_reception seen;
        enum radio_verdict verdict = radio_judge(tx, rx, &seen);
        struct radio_reception *reception = NULL;
        if (verdict == RADIO_HEARD) {
            reception = radio_reception_new(rx);
            /* Without memory for one more at once, a sniffer has its hands full. */
            verdict = reception ? RADIO_HEARD : RADIO_BUSY;
        }
        if (!reception) {
            radio_medium_count(tx->medium, rx, verdict);
            continue;
        }
        reception->power_ddbm = seen.power_ddbm;
        reception->margin_ddb = seen.margin_ddb;
        reception->flips = 0;
        reception->next = *found;
        *found = reception;
        n++;
    }
    return n;
}

static void lock(struct radio_reception *reception, sim_ns end)
{
    struct radio *to = reception->to;

    if (reception != &to->reception) {
        reception->side_next = to->side;
        reception->side_link = &to->side;
        if (to->side)
            to->side->side_link = &reception->side_next;
        to->side = reception;
        return;
    }
    listen_unlink(to);
    to->state = RADIO_RX_LOCKED;
    if (timer_armed(&to->timer) && to->window.close <= end)
        sim_timer_cancel(&to->timer);
}

static void lock_all(struct radio *tx, struct radio_reception *found)
{
    struct radio_medium *medium = tx->medium;
    struct radio_reception **link = &tx->receptions;

    while (found) {
        struct radio_reception *reception = found;
        found = found->next;
        if (medium->rules && radio_rules_lose(medium, tx, reception)) {
            radio_medium_count(medium, reception->to, RADIO_LOST_BY_RULE);
            radio_reception_discard(reception);
            continue;
        }
        reception->link = link;
        *link = reception;
        link = &reception->next;
        lock(reception, tx->tx_end);
    }
    *link = NULL;
}

/* What the new packet does to those who are receiving others. */
static void disturb(const struct radio *tx)
{
    for (struct radio *other = tx->medium->air; other; other = other->air_next) {
        struct radio_reception *next;
        for (struct radio_reception *r = other->receptions; r; r = next) {
            next = r->next;
            if (r->to->actor == tx->actor)
                continue;
            const int16_t margin = radio_collision_against(other, r->to, r->power_ddbm, tx);
            if (margin < r->margin_ddb)
                r->margin_ddb = margin;
            if (margin < 0 && tx->tx.start < other->tx_sync)
                radio_reception_drop(other, r, RADIO_COLLIDED);
            else if (r->to->window.mhz == tx->tx.mhz && !r->to->window.any_frequency)
                radio_medium_count(tx->medium, r->to, RADIO_BUSY);
        }
    }
}

static void air_start(void *user)
{
    struct radio *tx = user;
    struct radio_medium *medium = tx->medium;
    struct radio_reception *found = NULL;

    tx->state = RADIO_TX;
    arm(tx, SIM_PHASE_AIR_END, air_end, tx->tx_end);
    medium->stats.sent++;
    if (medium->sink)
        radio_medium_trace_start(medium, tx);
    disturb(tx);
    size_t n = collect(tx, medium->listeners[tx->tx.mhz - RADIO_MHZ_MIN], &found);
    n += collect(tx, medium->sniffers, &found);
    lock_all(tx, radio_receptions_sort(found, n));
    if (medium->observer)
        radio_medium_explain(medium, tx);
    air_link(tx);
}

/* --- a packet ends --- */

static uint32_t crc_on_air(const struct radio_packet *packet)
{
    const uint32_t crc = crc24(packet->crc_init, packet->pdu, packet->len);

    return packet->bad_crc ? crc ^ 0xFFFFFFU : crc;
}

static uint32_t delivery_crc(struct radio_delivery *delivery)
{
    if (!delivery->crc_known)
        delivery->crc = crc_on_air(&delivery->packet);
    delivery->crc_known = true;
    return delivery->crc;
}

/* Fills in CRC and bytes as this receiver gets them. */
static void receive_bytes(struct radio_delivery *delivery, struct radio *to,
                          const struct radio_reception *reception, struct radio_rx *rx)
{
    const struct radio_packet *packet = &delivery->packet;
    const uint32_t preset = to->window.any_access_address ? packet->crc_init : to->window.crc_init;
    const bool flipped = reception->margin_ddb < 0 || reception->flips;

    rx->pdu = packet->pdu;
    rx->len = packet->len;
    if (!flipped && preset == packet->crc_init) {
        rx->crc_ok = !packet->bad_crc;
        rx->crc = to->window.want_crc ? delivery_crc(delivery) : 0;
        return;
    }
    rx->crc = delivery_crc(delivery);
    if (flipped) {
        memcpy(delivery->corrupted, packet->pdu, packet->len);
        rx->pdu = delivery->corrupted;
    }
    if (reception->flips) {
        struct sim_stream stream;
        sim_stream_init_key(&stream, reception->flips);
        radio_flip_bits(&stream, delivery->corrupted, rx->len, &rx->crc);
    }
    if (reception->margin_ddb < 0)
        radio_flip_bits(&to->noise, delivery->corrupted, rx->len, &rx->crc);
    rx->crc_ok = crc24(preset, rx->pdu, rx->len) == rx->crc;
    if (!to->window.want_crc)
        rx->crc = 0;
}

static int8_t rssi(int16_t power_ddbm)
{
    const int dbm = (power_ddbm + (power_ddbm < 0 ? -5 : 5)) / 10;

    /* The range that HCI can tell (Vol 4, Part E, 7.7.65.2). */
    return (int8_t)(dbm < -127 ? -127 : dbm > 20 ? 20 : dbm);
}

static void deliver(struct radio_medium *medium, struct radio_reception *reception)
{
    struct radio_delivery *delivery = &medium->delivery;
    const struct radio_packet *packet = &delivery->packet;
    struct radio *to = reception->to;
    enum radio_verdict verdict = RADIO_HEARD;
    struct radio_rx rx = {
        .start = packet->start,
        .end = delivery->end,
        .mhz = packet->mhz,
        .phy = packet->phy,
        .direction = packet->direction,
        .rssi_dbm = rssi(reception->power_ddbm),
        .access_address = packet->access_address,
    };

    receive_bytes(delivery, to, reception, &rx);
    if (reception->margin_ddb < 0)
        verdict = RADIO_COLLIDED;
    else if (reception->flips)
        verdict = RADIO_CORRUPTED;
    radio_medium_verdict(medium, delivery->sender, to, reception, verdict);
    radio_reception_end(reception);
    if (to->ops->rx)
        to->ops->rx(to, &rx);
}

/*
 * Callbacks may use, stop or end any radio, the sender included. So what is delivered is copied out
 * of the sender first, and the list of those to tell hangs in the medium, where a radio that is
 * given up takes itself out of it.
 */
static void air_end(void *user)
{
    struct radio *tx = user;
    struct radio_medium *medium = tx->medium;
    struct radio_delivery *delivery = &medium->delivery;

    air_unlink(tx);
    tx->state = RADIO_IDLE;
    delivery->sender = tx;
    delivery->tx_done_due = true;
    delivery->end = tx->tx_end;
    delivery->receptions = tx->receptions;
    if (tx->receptions) {
        tx->receptions->link = &delivery->receptions;
        tx->receptions = NULL;
        delivery->crc_known = false;
        delivery->packet = tx->tx;
        delivery->packet.pdu = delivery->pdu;
        memcpy(delivery->pdu, tx->tx_pdu, tx->tx.len);
    }
    while (delivery->receptions)
        deliver(medium, delivery->receptions);
    delivery->sender = NULL;
    if (delivery->tx_done_due && tx->ops->tx_done)
        tx->ops->tx_done(tx, delivery->end);
}

static void window_close(void *user)
{
    struct radio *radio = user;

    if (radio->state != RADIO_RX)
        return;
    listen_unlink(radio);
    if (radio->side)
        return;
    radio->state = RADIO_IDLE;
    if (radio->ops->rx_timeout)
        radio->ops->rx_timeout(radio);
}

void radio_reception_drop(struct radio *tx, struct radio_reception *reception,
                          enum radio_verdict verdict)
{
    struct radio *to = reception->to;
    const bool sniffer = reception != &to->reception;

    radio_medium_verdict(to->medium, tx, to, reception, verdict);
    radio_reception_end(reception);
    if (sniffer)
        return;
    to->state = RADIO_RX;
    listen_link(to);
    arm_close(to, to->window.close); /* which may be past, and means now */
}

/* --- the owner's side --- */

static void cut_off(struct radio *tx)
{
    air_unlink(tx);
    while (tx->receptions)
        radio_reception_drop(tx, tx->receptions, RADIO_CUT_OFF);
}

static void turn_away(struct radio_reception *reception)
{
    struct radio_medium *medium = reception->to->medium;

    /* Whose packet it is matters to the observer alone, so nothing points there. */
    const struct radio *from = medium->delivery.sender;
    if (medium->observer) {
        for (const struct radio *tx = medium->air; tx; tx = tx->air_next) {
            for (const struct radio_reception *r = tx->receptions; r; r = r->next) {
                if (r == reception)
                    from = tx;
            }
        }
    }
    radio_medium_verdict(medium, from, reception->to, reception, RADIO_CUT_OFF);
    radio_reception_end(reception);
}

/* Leaves a close timer armed for arm_close(). */
static void give_up(struct radio *radio)
{
    struct radio_delivery *delivery = &radio->medium->delivery;

    if (delivery->sender == radio)
        delivery->tx_done_due = false;
    switch (radio->state) {
    case RADIO_IDLE:
        break;
    case RADIO_TX_WAIT:
        sim_timer_cancel(&radio->timer);
        break;
    case RADIO_TX:
        sim_timer_cancel(&radio->timer);
        cut_off(radio);
        break;
    case RADIO_RX:
        listen_unlink(radio);
        while (radio->side)
            turn_away(radio->side);
        break;
    case RADIO_RX_LOCKED:
        turn_away(&radio->reception);
        break;
    }
    radio->state = RADIO_IDLE;
}

int radio_packet_check(const struct radio_packet *packet, sim_ns now)
{
    const bool bytes = packet->len <= LL_PDU_MAX && (packet->len == 0 || packet->pdu) &&
                       (!packet->plain || packet->plain_len <= LL_PDU_MAX);
    const bool channel = packet->mhz >= RADIO_MHZ_MIN && packet->mhz <= RADIO_MHZ_MAX;

    return bytes && channel && phy_known(packet->phy) && packet->start >= now ? 0 : BLR_ERR_INVALID;
}

int radio_transmit(struct radio *radio, const struct radio_packet *packet)
{
    if (radio_packet_check(packet, sim_world_now(radio->actor->world)))
        return BLR_ERR_INVALID;
    give_up(radio);
    radio->tx = *packet;
    radio->tx.pdu = radio->tx_pdu;
    if (packet->len)
        memmove(radio->tx_pdu, packet->pdu, packet->len);
    radio->tx.plain = NULL;
    if (packet->plain && radio->medium->sink) {
        memmove(radio->tx_plain, packet->plain, packet->plain_len);
        radio->tx.plain = radio->tx_plain;
    }
    radio->tx_sync = packet->start + sync_time(packet->phy);
    radio->tx_end = packet->start + ll_air_time((enum radio_phy)packet->phy, packet->len);
    radio->state = RADIO_TX_WAIT;
    arm(radio, SIM_PHASE_AIR_START, air_start, packet->start);
    return 0;
}

int radio_listen(struct radio *radio, const struct radio_listen *window)
{
    if (window->close < window->open || window->open < sim_world_now(radio->actor->world))
        return BLR_ERR_INVALID;
    if (!window->any_frequency &&
        (window->mhz < RADIO_MHZ_MIN || window->mhz > RADIO_MHZ_MAX || !phy_known(window->phy)))
        return BLR_ERR_INVALID;
    give_up(radio);
    radio->window = *window;
    radio->state = RADIO_RX;
    listen_link(radio);
    arm_close(radio, window->close);
    return 0;
}

void radio_stop(struct radio *radio)
{
    give_up(radio);
    sim_timer_cancel(&radio->timer);
}

/* Behind the actor's other radios, or else behind those of the nearest actor before it. */
static void enter_all(struct radio *radio)
{
    struct radio_medium *medium = radio->medium;
    const struct sim_actor *actor = radio->actor;

    while (actor && !actor->radio)
        actor = actor->prev;
    struct radio *prev = actor ? actor->radio : NULL;
    struct radio *next = prev ? prev->all_next : medium->all;
    radio->all_prev = prev;
    radio->all_next = next;
    if (prev)
        prev->all_next = radio;
    else
        medium->all = radio;
    if (next)
        next->all_prev = radio;
    radio->actor->radio = radio;
}

static void leave_all(struct radio *radio)
{
    struct radio *prev = radio->all_prev;

    if (radio->actor->radio == radio)
        radio->actor->radio = prev && prev->actor == radio->actor ? prev : NULL;
    if (prev)
        prev->all_next = radio->all_next;
    else
        radio->medium->all = radio->all_next;
    if (radio->all_next)
        radio->all_next->all_prev = prev;
}

void radio_init(struct radio *radio, struct sim_actor *actor, const struct radio_ops *ops,
                void *user)
{
    struct radio_medium *medium = sim_world_medium(actor->world);
    const uint64_t seed = sim_world_seed(actor->world);

    memset(radio, 0, sizeof *radio);
    radio->ops = ops;
    radio->user = user;
    radio->medium = medium;
    radio->actor = actor;
    radio->sensitivity_ddbm = -950;
    radio->id = ++medium->next_id;
    radio->name_key = radio_rules_name_key(seed, actor->name);
    sim_stream_init(&radio->noise, seed, actor->name, "collisions");
    sim_timer_init(&radio->timer, actor, SIM_PHASE_LL, window_close, radio);

    enter_all(radio);
}

void radio_fini(struct radio *radio)
{
    struct radio_medium *medium = radio->medium;

    radio_stop(radio);
    if (medium->delivery.sender == radio)
        medium->delivery.sender = NULL;
    radio_loss_forget(radio);
    leave_all(radio);
}
