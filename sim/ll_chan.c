/* SPDX-License-Identifier: MIT */
#include "ll_chan.h"

#include <string.h>

static bool in_map(const uint8_t map[static 5], unsigned channel)
{
    return map[channel / 8] >> (channel % 8) & 1;
}

void ll_chan_init(struct ll_chan *chan, bool algorithm_2, uint8_t hop, uint32_t access_address)
{
    *chan = (struct ll_chan){
        .algorithm_2 = algorithm_2,
        .hop = hop,
        /* lastUnmappedChannel is 0 before event 0 (4.5.8.2). */
        .last_counter = UINT16_MAX,
        .identifier = (uint16_t)(access_address >> 16 ^ access_address),
    };
}

bool ll_chan_set_map(struct ll_chan *chan, const uint8_t map[static 5])
{
    uint8_t used[LL_DATA_CHANNELS];
    uint8_t count = 0;

    for (uint8_t channel = 0; channel < LL_DATA_CHANNELS; channel++) {
        if (in_map(map, channel))
            used[count++] = channel;
    }
    if (count < 2)
        return false;
    memcpy(chan->map, map, sizeof chan->map);
    chan->map[4] &= 0x1F;
    memcpy(chan->used, used, count);
    chan->used_count = count;
    return true;
}

/* PERM (4.5.8.3.2): the bits of each octet reversed. */
static uint16_t permute(uint16_t v)
{
    v = (uint16_t)((v & 0xAAAA) >> 1 | (v & 0x5555) << 1);
    v = (uint16_t)((v & 0xCCCC) >> 2 | (v & 0x3333) << 2);
    return (uint16_t)((v & 0xF0F0) >> 4 | (v & 0x0F0F) << 4);
}

/* The event's pseudo-random number prn_e (4.5.8.3.3). */
static uint16_t prn_e(uint16_t counter, uint16_t identifier)
{
    uint16_t v = counter ^ identifier;

    for (int round = 0; round < 3; round++)
        v = (uint16_t)(17U * permute(v) + identifier);
    return v ^ identifier;
}

static uint8_t select_1(struct ll_chan *chan, uint16_t counter)
{
    const uint16_t steps = (uint16_t)(counter - chan->last_counter);
    const uint8_t unmapped =
        (uint8_t)((chan->last_unmapped + (uint32_t)chan->hop * steps) % LL_DATA_CHANNELS);

    chan->last_unmapped = unmapped;
    chan->last_counter = counter;
    if (in_map(chan->map, unmapped))
        return unmapped;
    return chan->used[unmapped % chan->used_count];
}

static uint8_t select_2(const struct ll_chan *chan, uint16_t counter)
{
    const uint16_t prn = prn_e(counter, chan->identifier);
    const uint8_t unmapped = (uint8_t)(prn % LL_DATA_CHANNELS);

    if (in_map(chan->map, unmapped))
        return unmapped;
    return chan->used[(uint32_t)chan->used_count * prn >> 16];
}

uint8_t ll_chan_select(struct ll_chan *chan, uint16_t counter)
{
    return chan->algorithm_2 ? select_2(chan, counter) : select_1(chan, counter);
}
