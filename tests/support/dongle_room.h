/* SPDX-License-Identifier: MIT */
/*
 * A BGAPI dongle and a peer of ours in a room, and the client's end of the dongle's line. What the
 * client hears is a log of packets as text (bgapi_text.h), a line each.
 *
 * The peer is C0:00:00:00:18:0D (random) and has a service at 0x0100 with the values below, each of
 * them readable, writable with and without a response, and with a CCCD one handle behind the value.
 */
#ifndef TESTS_DONGLE_ROOM_H
#define TESTS_DONGLE_ROOM_H

#include "blueroom/bond.h"
#include "blueroom/gatt_server.h"
#include "engine/dongle.h"
#include "sim/world.h"
#include "wire/bgapi.h"

#define DONGLE_PEER "0d18000000c0" /* its address on the wire */

/* Handles of the values. */
enum {
    DONGLE_SHORT = 0x0102,         /* 0x2A37: "\x00\x48" */
    DONGLE_LONG = 0x0105,          /* 128 bits: 50 octets, 0x00 to 0x31 */
    DONGLE_EXACT = 0x0108,         /* 0x2A39: 44 octets, two full responses */
    DONGLE_ENCRYPTED = 0x010B,     /* 0x2A3A, asks for encryption */
    DONGLE_AUTHENTICATED = 0x010E, /* 0x2A3B, asks for a passkey */
    DONGLE_VALUES = 5,
};

struct dongle_room {
    struct sim_world *world;
    struct room_dongle *dongle;
    struct byte_link_end *port;
    struct room_device *device; /* the peer's */
    struct blr_host *peer;
    struct blr_conn *peer_conn; /* NULL: none */
    struct blr_attribute *value[DONGLE_VALUES];
    uint32_t peer_shows; /* the last passkey that the peer displayed */
    uint32_t peer_types; /* what it enters when asked */
    bool deaf;           /* the client reads nothing */
    struct bgapi_reader reader;
    char log[1 << 18];
    size_t log_len;
};

/* The dongle and the peer are up; the peer does nothing. */
void dongle_room_open(struct dongle_room *room, bool boot_event);
void dongle_room_close(struct dongle_room *room);
/* cmocka's setups and teardown: a room of its own; and connected, with nothing in the log. */
int dongle_room_setup(void **state);
int dongle_room_setup_connected(void **state);
int dongle_room_teardown(void **state);

#define DONGLE(f) cmocka_unit_test_setup_teardown(f, dongle_room_setup, dongle_room_teardown)
#define DONGLE_CONNECTED(f)                                                                        \
    cmocka_unit_test_setup_teardown(f, dongle_room_setup_connected, dongle_room_teardown)

void dongle_room_run(struct dongle_room *room, sim_ns ns);

/* Octets, in hex, and commands as text: to the dongle, no time passes. */
void dongle_send(struct dongle_room *room, const char *hex);
void dongle_command(struct dongle_room *room, const char *text);
/* The command, then time for whatever comes of it. */
void dongle_do(struct dongle_room *room, const char *text);

/* What was heard since the last time is this, and nothing else. */
void expect_said(struct dongle_room *room, const char *text);
/* What was heard contains these lines next to each other. */
void expect_heard(const struct dongle_room *room, const char *text);
void dongle_forget(struct dongle_room *room);

/* The peer advertises connectable with these octets of data. */
void dongle_peer_advertises(struct dongle_room *room, enum blr_adv_kind kind, const char *hex);
/* Both as connection 0, nothing in the log. */
void dongle_connect(struct dongle_room *room);

#endif
