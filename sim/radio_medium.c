/* SPDX-License-Identifier: MIT */
#include "radio_medium.h"

#include <stdlib.h>

#include "wire/crc24.h"

struct radio_medium *radio_medium_new(struct sim_world *world)
{
    struct radio_medium *medium = calloc(1, sizeof *medium);

    if (medium) {
        medium->world = world;
        medium->exponent_tenths = 20;
    }
    return medium;
}

void radio_medium_free(struct radio_medium *medium)
{
    if (!medium)
        return;
    while (medium->spare) {
        struct radio_reception *next = medium->spare->next;
        free(medium->spare);
        medium->spare = next;
    }
    radio_loss_free(medium);
    radio_rules_free(medium);
    free(medium->interferers);
    free(medium);
}

const char *radio_verdict_name(enum radio_verdict verdict)
{
    switch (verdict) {
    case RADIO_HEARD:
        return "heard";
    case RADIO_CORRUPTED:
        return "corrupted";
    case RADIO_WINDOW_CLOSED:
        return "window closed";
    case RADIO_OTHER_CHANNEL:
        return "other channel";
    case RADIO_NOT_LISTENING:
        return "not listening";
    case RADIO_TOO_WEAK:
        return "too weak";
    case RADIO_BUSY:
        return "busy";
    case RADIO_COLLIDED:
        return "collided";
    case RADIO_LOST_BY_RULE:
        return "lost by rule";
    case RADIO_CUT_OFF:
        return "cut off";
    }
    return "unknown";
}

void radio_medium_observe(struct radio_medium *medium, radio_verdict_fn *fn, void *user)
{
    medium->observer = fn;
    medium->observer_user = user;
}

void radio_medium_trace(struct radio_medium *medium, struct trace_sink *sink)
{
    medium->sink = sink && sink->ops->air ? sink : NULL;
}

const struct radio_stats *radio_medium_stats(const struct radio_medium *medium)
{
    return &medium->stats;
}

void radio_medium_trace_start(struct radio_medium *medium, const struct radio *tx)
{
    const struct radio_packet *packet = &tx->tx;
    const uint32_t crc = crc24(packet->crc_init, packet->pdu, packet->len);
    const int power = tx->power_ddbm / 10;
    const struct trace_air_packet air = {
        .start = packet->start,
        .mhz = packet->mhz,
        .phy = packet->phy,
        .direction = packet->direction,
        .power_dbm = (int8_t)(power < INT8_MIN   ? INT8_MIN
                              : power > INT8_MAX ? INT8_MAX
                                                 : power),
        .crc_valid = !packet->bad_crc,
        .access_address = packet->access_address,
        .crc = packet->bad_crc ? crc ^ 0xFFFFFFU : crc,
        .pdu = packet->pdu,
        .len = packet->len,
        .plain = packet->plain,
        .plain_len = packet->plain ? packet->plain_len : 0,
        .mic_valid = packet->plain && packet->mic_valid,
    };

    medium->sink->ops->air(medium->sink, &air);
}

void radio_medium_verdict(struct radio_medium *medium, const struct radio *from,
                          const struct radio *to, const struct radio_reception *reception,
                          enum radio_verdict verdict)
{
    radio_medium_count(medium, to, verdict);
    if (!medium->observer || !from)
        return;
    /* A sender that is being delivered may have been given its next packet already. */
    const struct radio_packet *packet =
        from == medium->delivery.sender ? &medium->delivery.packet : &from->tx;
    const struct radio_verdict_info info = {
        .from = from,
        .to = to,
        .start = packet->start,
        .mhz = packet->mhz,
        .verdict = verdict,
        .power_ddbm = reception->power_ddbm,
        .margin_ddb = reception->margin_ddb,
    };
    medium->observer(medium->observer_user, &info);
}

/* Why a radio that could not lock did not, found again from what has not changed since. */
static enum radio_verdict reason(const struct radio *tx, const struct radio *rx,
                                 struct radio_reception *seen)
{
    seen->power_ddbm = radio_power_at(tx, rx);
    switch (rx->state) {
    case RADIO_IDLE:
    case RADIO_TX_WAIT:
    case RADIO_TX:
        return RADIO_NOT_LISTENING;
    case RADIO_RX_LOCKED:
        return rx->window.mhz == tx->tx.mhz ? RADIO_BUSY : RADIO_OTHER_CHANNEL;
    case RADIO_RX:
        break;
    }
    if (!rx->listen_link)
        return RADIO_WINDOW_CLOSED;
    if (!rx->window.any_frequency && rx->window.mhz != tx->tx.mhz)
        return RADIO_OTHER_CHANNEL;
    const enum radio_verdict verdict = radio_judge(tx, rx, seen);
    return verdict == RADIO_HEARD ? RADIO_LOST_BY_RULE : verdict;
}

void radio_medium_explain(struct radio_medium *medium, const struct radio *tx)
{
    const struct radio_reception *receiving = tx->receptions;

    for (const struct radio *rx = medium->all; rx; rx = rx->all_next) {
        if (rx->actor == tx->actor)
            continue;
        /* Both lists are by rank, so that one walk is enough. */
        if (receiving && receiving->to == rx) {
            receiving = receiving->next;
            continue;
        }
        struct radio_reception seen = {.margin_ddb = INT16_MAX};
        const enum radio_verdict verdict = reason(tx, rx, &seen);
        const struct radio_verdict_info info = {
            .from = tx,
            .to = rx,
            .start = tx->tx.start,
            .mhz = tx->tx.mhz,
            .verdict = verdict,
            .power_ddbm = seen.power_ddbm,
            .margin_ddb = verdict == RADIO_COLLIDED ? seen.margin_ddb : (int16_t)0,
        };
        medium->observer(medium->observer_user, &info);
    }
}
