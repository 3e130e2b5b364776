/* SPDX-License-Identifier: MIT */
/*
 * Two devices of a room, a phone (central) and a lock (peripheral), each with a virtual controller
 * and a host of ours, for tests of everything that security means between two hosts. What the
 * hosts' listeners and the callbacks here are told is logged, a line each ("lock finished ok
 * just_works sc 16 bonded"); users answer what they are asked as the sides say.
 */
#ifndef TESTS_SECURE_ROOM_H
#define TESTS_SECURE_ROOM_H

#include "blueroom/bond.h"
#include "blueroom/gatt_client.h"
#include "blueroom/gatt_server.h"
#include "blueroom/security.h"
#include "engine/room.h"
#include "sim/world.h"

struct secure_side {
    struct secure_room *room;
    const char *name;
    struct room_device *device;
    struct blr_host *host;
    struct blr_conn *conn; /* NULL: none */
    bool refuses;          /* what the peer asks for */
    bool mistypes;         /* another passkey than is shown */
    bool differs;          /* says no to the comparison */
    bool silent;           /* answers no question */
};

struct secure_room {
    struct sim_world *world;
    struct secure_side phone, lock;
    uint32_t shown; /* the passkey that was displayed last */
    char log[16384];
    size_t log_len;
};

void secure_room_open(struct secure_room *room, uint64_t seed);
void secure_room_close(struct secure_room *room);
/* cmocka's setup and teardown: a room of its own, connected. */
int secure_room_setup(void **state);
int secure_room_teardown(void **state);

#define SECURE(f) cmocka_unit_test_setup_teardown(f, secure_room_setup, secure_room_teardown)

void secure_room_log(struct secure_room *room, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* What was logged since the last time is this and nothing else. */
void expect_log(struct secure_room *room, const char *text);
void secure_room_forget_log(struct secure_room *room);

void secure_room_run(struct secure_room *room, sim_ns ns);
/* The lock advertises and the phone connects; nothing of it is logged. */
void secure_room_connect(struct secure_room *room);
void secure_room_disconnect(struct secure_room *room);
/* One after the other, with nothing in the log behind it. */
void secure_room_reconnect(struct secure_room *room);

/* The configuration with which a side pairs from now on: capability, MITM, SC. */
void secure_side_configure(struct secure_side *side, uint8_t io_capability, bool mitm, bool sc);

/* blr_security_raise() by a side, and 3 s for whatever comes of it. */
void secure_side_raise(struct secure_side *side, enum blr_security_level level);
/* The same with blr_security_pair(). */
void secure_side_pair(struct secure_side *side);
/* Both ends of the link have it. */
void expect_levels(const struct secure_room *room, enum blr_security_level level);
/* Pairs with a passkey that the lock shows; logged. */
void secure_room_passkey(struct secure_room *room);

/* Callbacks that log: `user` is the side. */
void told_security(struct blr_conn *conn, int error, void *user);
void told_value(struct blr_conn *conn, int error, const uint8_t *value, size_t len, void *user);
void told_done(struct blr_conn *conn, int error, void *user);

/* "SMP: Confirm Value Failed", or "ok". */
const char *told_error(int error);

#endif
