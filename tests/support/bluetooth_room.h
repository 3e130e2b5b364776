/* SPDX-License-Identifier: MIT */
/*
 * Two devices of a room with a `Bluetooth` object each, a phone and a sensor, for tests of that
 * interface over the simulated air.
 */
#ifndef TESTS_BLUETOOTH_ROOM_H
#define TESTS_BLUETOOTH_ROOM_H

#include "blueroom/bluetooth_gatt.h"
#include "blueroom/privacy.h"
#include "engine/room.h"
#include "sim/world.h"

struct bluetooth_side {
    struct room_device *device;
    struct blr_host *host;
    struct blr_bluetooth *bt;
};

struct bluetooth_room {
    struct sim_world *world;
    struct bluetooth_side phone, sensor;
    /* For handlers and callbacks of tests. */
    unsigned calls;
    int error;
    void *object;
    char log[4096];
};

/* Both hosts are up; the objects are not initialised. */
void bluetooth_room_open(struct bluetooth_room *room);
void bluetooth_room_close(struct bluetooth_room *room);
/* A further device, of this name; the caller closes it before the room. */
void bluetooth_side_open(struct bluetooth_room *room, struct bluetooth_side *side,
                         const char *name);
void bluetooth_side_close(struct bluetooth_side *side);

/* cmocka's setup and teardown: objects that are initialised without privacy, or not yet. */
int bluetooth_room_setup(void **state);
int bluetooth_room_setup_off(void **state);
int bluetooth_room_teardown(void **state);

#define BLUETOOTH(f)                                                                               \
    cmocka_unit_test_setup_teardown(f, bluetooth_room_setup, bluetooth_room_teardown)
#define BLUETOOTH_OFF(f)                                                                           \
    cmocka_unit_test_setup_teardown(f, bluetooth_room_setup_off, bluetooth_room_teardown)

void bluetooth_room_run(struct bluetooth_room *room, sim_ns ns);
/* Defaults, but for privacy, which is off. */
struct blr_bluetooth_options bluetooth_plain_options(void);

/* The sensor advertises this name, or nothing but Flags. */
void bluetooth_sensor_advertises(struct bluetooth_room *room, const char *name);
/* And the phone connects to it. */
struct blr_gattc_connection *bluetooth_room_connect(struct bluetooth_room *room);
/* A service of the sensor with one characteristic of the defaults; and the same, found by a phone
 * that is connected. */
struct blr_gatts_characteristic *bluetooth_sensor_serves(struct bluetooth_room *room,
                                                         uint16_t service, uint16_t chr,
                                                         unsigned properties);
struct blr_gattc_characteristic *bluetooth_phone_finds(struct blr_gattc_connection *conn,
                                                       uint16_t service, uint16_t chr);
void expect_octets(struct blr_bluetooth_value value, const void *octets, size_t len);

#endif
