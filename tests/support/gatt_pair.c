/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "gatt_pair.h"

void gatt_pair_open(struct gatt_pair *pair, uint16_t client_mtu, uint16_t server_mtu)
{
    manual_clock_init(&pair->clock);
    att_end_open(&pair->client, &pair->clock, client_mtu);
    att_end_open(&pair->server, &pair->clock, server_mtu);
    att_database_build(&pair->database, &pair->server.host);
}

int gatt_pair_tear_down(void **state)
{
    struct gatt_pair *pair = *state;

    att_end_close(&pair->client);
    att_end_close(&pair->server);
    assert_int_equal(pair->clock.count, 0);
    return 0;
}

void gatt_pair_run(struct gatt_pair *pair)
{
    att_pair_run(&pair->client, &pair->server);
}
