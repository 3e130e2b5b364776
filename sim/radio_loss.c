/* SPDX-License-Identifier: MIT */
/*
 * How strong a signal arrives: integers alone, so that every machine computes the same.
 */
#include <stdlib.h>

#include "radio_medium.h"

/* A pair of the matrix; ids are never used twice. low is 0 in a free place. */
struct radio_loss_entry {
    uint32_t low, high;
    int16_t loss_ddb;
};

/* log2(1 + i / 64) in units of 2^-16 */
static const uint32_t log2_table[65] = {
    0,     1466,  2909,  4331,  5732,  7112,  8473,  9814,  11136, 12440, 13727, 14996, 16248,
    17484, 18704, 19909, 21098, 22272, 23433, 24579, 25711, 26830, 27936, 29029, 30109, 31178,
    32234, 33279, 34312, 35334, 36346, 37346, 38336, 39316, 40286, 41246, 42196, 43137, 44068,
    44990, 45904, 46809, 47705, 48593, 49472, 50344, 51207, 52063, 52911, 53751, 54584, 55410,
    56229, 57040, 57845, 58643, 59434, 60219, 60997, 61769, 62534, 63294, 64047, 64794, 65536,
};

/* log10 in units of 2^-32; x is not 0. */
static uint64_t log10_fixed(uint64_t x)
{
    /* The mantissa in 63 bits, the leading one at the top. */
    const int shift = __builtin_clzll(x);
    const uint64_t mantissa = x << shift;
    const uint32_t index = (uint32_t)(mantissa >> 57) & 63U;
    const uint32_t fraction = (uint32_t)(mantissa >> 41) & 0xFFFFU;
    const uint32_t low = log2_table[index];
    const uint32_t step = log2_table[index + 1] - low;
    const uint64_t log2 = ((uint64_t)(63 - shift) << 16) + low + ((step * fraction) >> 16);

    return log2 * 19728U; /* log10(2) in units of 2^-16 */
}

static uint64_t square_of_difference(int32_t a, int32_t b)
{
    const int64_t difference = (int64_t)a - b;
    const uint64_t distance = (uint64_t)(difference < 0 ? -difference : difference);
    const uint64_t most = INT32_MAX;

    return distance < most ? distance * distance : most * most;
}

static int16_t clamp(int64_t value)
{
    return (int16_t)(value < INT16_MIN ? INT16_MIN : value > INT16_MAX ? INT16_MAX : value);
}

static int16_t loss_by_distance(const struct radio *a, const struct radio *b)
{
    const uint64_t square_mm = square_of_difference(a->position.x_mm, b->position.x_mm) +
                               square_of_difference(a->position.y_mm, b->position.y_mm) +
                               square_of_difference(a->position.z_mm, b->position.z_mm);
    const uint64_t nearest = 100U * 100U;
    const int64_t per_decade_ddb = a->medium->exponent_tenths * 10;
    int64_t loss = 400 - per_decade_ddb;

    if (square_mm > nearest) {
        /* Twice the decades beyond 0.1 m: the logarithm is the square's. */
        const uint64_t decades = log10_fixed(square_mm) - log10_fixed(nearest);
        loss += (int64_t)(((uint64_t)per_decade_ddb * (decades >> 1) + (UINT64_C(1) << 31)) >> 32);
    }
    return clamp(loss);
}

static uint32_t pair_hash(uint32_t low, uint32_t high)
{
    uint64_t x = ((uint64_t)high << 32 | low) * UINT64_C(0x9E3779B97F4A7C15);

    return (uint32_t)(x >> 32);
}

/* The place of the pair, or the free one where it belongs. */
static struct radio_loss_entry *find(struct radio_loss_entry *table, uint32_t size, uint32_t low,
                                     uint32_t high)
{
    uint32_t i = pair_hash(low, high) & (size - 1);

    while (table[i].low && (table[i].low != low || table[i].high != high))
        i = (i + 1) & (size - 1);
    return &table[i];
}

static struct radio_loss_entry *find_pair(const struct radio *a, const struct radio *b)
{
    const bool in_order = a->id < b->id;

    return find(a->medium->losses, a->medium->loss_size, in_order ? a->id : b->id,
                in_order ? b->id : a->id);
}

int16_t radio_path_loss(const struct radio *a, const struct radio *b)
{
    if (a->medium->loss_count) {
        const struct radio_loss_entry *entry = find_pair(a, b);
        if (entry->low)
            return entry->loss_ddb;
    }
    return loss_by_distance(a, b);
}

int16_t radio_power_at(const struct radio *tx, const struct radio *rx)
{
    return clamp((int64_t)tx->power_ddbm - radio_path_loss(tx, rx));
}

/* Copies what does not concern `without` (an id, or 0) into a table of the size. */
static void refill(struct radio_medium *medium, struct radio_loss_entry *table, uint32_t size,
                   uint32_t without)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < medium->loss_size; i++) {
        const struct radio_loss_entry *entry = &medium->losses[i];
        if (!entry->low || entry->low == without || entry->high == without)
            continue;
        *find(table, size, entry->low, entry->high) = *entry;
        count++;
    }
    free(medium->losses);
    medium->losses = table;
    medium->loss_size = size;
    medium->loss_count = count;
}

int radio_set_path_loss(struct radio *a, struct radio *b, int16_t loss_ddb)
{
    struct radio_medium *medium = a->medium;

    if (a == b || medium != b->medium)
        return BLR_ERR_INVALID;
    if (medium->loss_count >= medium->loss_size / 2) {
        const uint32_t size = medium->loss_size ? medium->loss_size * 2 : 16;
        struct radio_loss_entry *table = calloc(size, sizeof *table);
        if (!table)
            return BLR_ERR_NO_MEMORY;
        refill(medium, table, size, 0);
    }
    struct radio_loss_entry *entry = find_pair(a, b);
    if (!entry->low)
        medium->loss_count++;
    entry->low = a->id < b->id ? a->id : b->id;
    entry->high = a->id < b->id ? b->id : a->id;
    entry->loss_ddb = loss_ddb;
    return 0;
}

int radio_copy_path_loss(const struct radio *from, struct radio *to)
{
    int error = 0;

    for (struct radio *other = from->medium->all; other && !error; other = other->all_next) {
        if (other == from || other == to || !from->medium->loss_count)
            continue;
        const struct radio_loss_entry *entry = find_pair(from, other);
        if (entry->low)
            error = radio_set_path_loss(to, other, entry->loss_ddb);
    }
    return error;
}

/*
 * Takes the pairs of a radio that leaves out of the table. Ids are never used twice, so without
 * memory for a new table they may as well stay: nobody finds them.
 */
void radio_loss_forget(struct radio *radio)
{
    struct radio_medium *medium = radio->medium;
    bool any = false;

    for (uint32_t i = 0; i < medium->loss_size && !any; i++)
        any = medium->losses[i].low == radio->id || medium->losses[i].high == radio->id;
    if (!any)
        return;
    struct radio_loss_entry *table = calloc(medium->loss_size, sizeof *table);
    if (table)
        refill(medium, table, medium->loss_size, radio->id);
}

void radio_loss_free(struct radio_medium *medium)
{
    free(medium->losses);
}

void radio_medium_set_exponent(struct radio_medium *medium, uint8_t exponent_tenths)
{
    medium->exponent_tenths = exponent_tenths;
}

void radio_set_position(struct radio *radio, struct radio_position position)
{
    radio->position = position;
}
