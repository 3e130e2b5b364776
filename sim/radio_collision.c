/* SPDX-License-Identifier: MIT */
/*
 * Collisions: what overlaps a packet in time disturbs it by its power and its distance in
 * frequency. A receiver is as good as Core v5.4, Vol 6, Part A, 4.2 demands and no better. Each
 * disturber counts by itself; powers are not added up. The image frequency, whose place the
 * specification leaves to the receiver, is not modelled.
 */
#include <stdlib.h>

#include "radio_medium.h"

/* C/I in tenths of dB at 0, 1, 2 and 3 or more channel spacings: 1 MHz, or 2 MHz with LE 2M. */
static const int16_t ratio_ddb[][4] = {
    [RADIO_PHY_1M] = {210, 150, -170, -270},
    [RADIO_PHY_2M] = {210, 150, -170, -270},
    [RADIO_PHY_CODED_S8] = {120, 60, -260, -360},
    [RADIO_PHY_CODED_S2] = {170, 110, -210, -310},
};

static int16_t ratio(uint8_t phy, unsigned offset_mhz)
{
    const unsigned spacings = phy == RADIO_PHY_2M ? offset_mhz / 2 : offset_mhz;

    return ratio_ddb[phy][spacings < 3 ? spacings : 3];
}

static int16_t margin_of(uint8_t phy, int carrier_ddbm, int disturber_ddbm, unsigned offset_mhz)
{
    const int margin = carrier_ddbm - disturber_ddbm - ratio(phy, offset_mhz);

    return (int16_t)(margin < INT16_MIN ? INT16_MIN : margin > INT16_MAX ? INT16_MAX : margin);
}

int16_t radio_collision_against(const struct radio *tx, const struct radio *rx, int16_t power_ddbm,
                                const struct radio *other)
{
    const int offset = tx->tx.mhz - other->tx.mhz;

    return margin_of(tx->tx.phy, power_ddbm, radio_power_at(other, rx),
                     (unsigned)(offset < 0 ? -offset : offset));
}

/* From the carrier to the nearest edge of the interferer; 0 inside. */
static unsigned edge_offset(uint16_t mhz, const struct radio_interferer *interferer)
{
    const int distance = abs(mhz - interferer->mhz) * 2 - interferer->bandwidth_mhz;

    return distance > 0 ? (unsigned)(distance + 1) / 2 : 0;
}

static int16_t interferer_margin(const struct radio *tx, int16_t power_ddbm,
                                 const struct radio_interferer *interferer)
{
    return margin_of(tx->tx.phy, power_ddbm, interferer->power_ddbm,
                     edge_offset(tx->tx.mhz, interferer));
}

int16_t radio_collision_margin(const struct radio *tx, const struct radio *rx, int16_t power_ddbm,
                               int16_t *sync)
{
    const struct radio_medium *medium = tx->medium;
    int16_t worst = INT16_MAX;

    for (const struct radio *other = medium->air; other; other = other->air_next) {
        if (other->actor == rx->actor || other == tx)
            continue;
        const int16_t margin = radio_collision_against(tx, rx, power_ddbm, other);
        if (margin < worst)
            worst = margin;
    }
    *sync = worst;
    for (size_t i = 0; i < medium->interferer_count; i++) {
        const struct radio_interferer *interferer = &medium->interferers[i];
        if (interferer->from >= tx->tx_end || interferer->until <= tx->tx.start)
            continue;
        const int16_t margin = interferer_margin(tx, power_ddbm, interferer);
        if (margin < worst)
            worst = margin;
        if (margin < *sync && interferer->from < tx->tx_sync)
            *sync = margin;
    }
    return worst;
}

/* What a new interferer does to a packet that is on the air already. */
static void interfere(struct radio *tx, const struct radio_interferer *interferer, sim_ns now)
{
    struct radio_reception *next;

    for (struct radio_reception *r = tx->receptions; r; r = next) {
        next = r->next;
        const int16_t margin = interferer_margin(tx, r->power_ddbm, interferer);
        if (margin < r->margin_ddb)
            r->margin_ddb = margin;
        if (margin < 0 && now < tx->tx_sync && interferer->from < tx->tx_sync)
            radio_reception_drop(tx, r, RADIO_COLLIDED);
    }
}

int radio_medium_add_interferer(struct radio_medium *medium, uint16_t mhz, uint16_t bandwidth_mhz,
                                int16_t power_ddbm, sim_ns from, sim_ns until)
{
    const sim_ns now = sim_world_now(medium->world);
    struct radio_interferer interferer = {
        .mhz = mhz,
        .bandwidth_mhz = bandwidth_mhz,
        .power_ddbm = power_ddbm,
        .from = from > now ? from : now,
        .until = until,
    };

    /* Those that are over make room. */
    for (size_t i = 0; i < medium->interferer_count;) {
        if (medium->interferers[i].until <= now)
            medium->interferers[i] = medium->interferers[--medium->interferer_count];
        else
            i++;
    }
    if (until <= interferer.from)
        return 0;
    if (medium->interferer_count == medium->interferer_cap) {
        const size_t cap = medium->interferer_cap ? medium->interferer_cap * 2 : 8;
        struct radio_interferer *more = realloc(medium->interferers, cap * sizeof *more);
        if (!more)
            return BLR_ERR_NO_MEMORY;
        medium->interferers = more;
        medium->interferer_cap = cap;
    }
    medium->interferers[medium->interferer_count++] = interferer;
    for (struct radio *tx = medium->air; tx; tx = tx->air_next) {
        if (interferer.from < tx->tx_end)
            interfere(tx, &interferer, now);
    }
    return 0;
}
