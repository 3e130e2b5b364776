/* SPDX-License-Identifier: MIT */
/*
 * Data channel selection, algorithms #1 and #2 (Core v5.4, Vol 6, Part B, 4.5.8).
 */
#ifndef SIM_LL_CHAN_H
#define SIM_LL_CHAN_H

#include <stdbool.h>
#include <stdint.h>

#define LL_DATA_CHANNELS 37U

struct ll_chan {
    bool algorithm_2;
    uint8_t hop;           /* #1 */
    uint8_t last_unmapped; /* #1: of last_counter */
    uint8_t used_count;
    uint16_t last_counter;
    uint16_t identifier; /* #2: channelIdentifier */
    uint8_t map[5];
    uint8_t used[LL_DATA_CHANNELS]; /* the used channels, ascending */
};

/* For event 0 next; the map is to be set before the first selection. */
void ll_chan_init(struct ll_chan *chan, bool algorithm_2, uint8_t hop, uint32_t access_address);

/*
 * Takes effect with the next selection. Refuses a map with fewer than two channels (returns false,
 * and nothing changes); bits 37 to 39 are ignored.
 */
bool ll_chan_set_map(struct ll_chan *chan, const uint8_t map[static 5]);

/* The channel index of a connection event. Events may be left out; they come in order. */
uint8_t ll_chan_select(struct ll_chan *chan, uint16_t counter);

#endif
