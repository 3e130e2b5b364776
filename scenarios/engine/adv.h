/* SPDX-License-Identifier: MIT */
/* An advertisement as a scanner has it, and as a script sees it: a table. */
#ifndef ENGINE_ADV_H
#define ENGINE_ADV_H

#include <lauxlib.h>
#include <stdbool.h>
#include <stdint.h>

#include "wire/addr.h"
#include "wire/adv.h"
#include "wire/time.h"

struct adv {
    struct bd_addr address;
    struct bd_addr identity; /* of a bonded device whose address was resolved, else the address */
    bool resolved;
    uint8_t event_type; /* of the advertising PDU, or SCAN_RSP when only that was heard */
    int8_t rssi_dbm;    /* of the last */
    bool has_response;
    uint8_t data_len, response_len;
    uint8_t data[AD_LEGACY_MAX], response[AD_LEGACY_MAX];
    sim_ns at; /* when the last came */
    uint64_t count;
};

/* Pushes the table. */
void adv_push(lua_State *L, const struct adv *adv);
/* Whether the value at index is such a table; the address then. */
bool adv_test(lua_State *L, int index, struct bd_addr *address);

#endif
