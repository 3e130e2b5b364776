/* SPDX-License-Identifier: MIT */
/* A client and a server joined by one bearer; the server has the database of att_database.h. */
#ifndef TESTS_GATT_PAIR_H
#define TESTS_GATT_PAIR_H

#include "att_database.h"
#include "att_pair.h"

struct gatt_pair {
    struct manual_clock clock;
    struct att_end client, server;
    struct att_database database;
};

void gatt_pair_open(struct gatt_pair *pair, uint16_t client_mtu, uint16_t server_mtu);

/* A cmocka teardown: closes both ends. The test's state begins with a struct gatt_pair. */
int gatt_pair_tear_down(void **state);

/* Moves PDUs between the two until nothing more is sent. */
void gatt_pair_run(struct gatt_pair *pair);

#endif
