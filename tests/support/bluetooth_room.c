/* SPDX-License-Identifier: MIT */
#include "bluetooth_room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool step(void *user)
{
    return sim_world_step(user, SIM_NEVER);
}

void bluetooth_side_open(struct bluetooth_room *room, struct bluetooth_side *side, const char *name)
{
    const struct room_device_config config = {
        .name = name,
        .profile = sim_controller_profile_default(),
    };

    assert_int_equal(room_device_new(room->world, &config, &side->device), 0);
    side->host = room_device_host(side->device);
    assert_int_equal(room_device_start(side->device), 0);
    const struct blr_bluetooth_config bluetooth = {
        .host = side->host, .wait = step, .wait_user = room->world};
    side->bt = blr_bluetooth_new(&bluetooth);
    assert_non_null(side->bt);
}

void bluetooth_side_close(struct bluetooth_side *side)
{
    blr_bluetooth_free(side->bt);
    room_device_free(side->device);
}

void bluetooth_room_open(struct bluetooth_room *room)
{
    memset(room, 0, sizeof *room);
    room->world = sim_world_new(1);
    assert_non_null(room->world);
    bluetooth_side_open(room, &room->phone, "phone");
    bluetooth_side_open(room, &room->sensor, "sensor");
}

void bluetooth_room_close(struct bluetooth_room *room)
{
    bluetooth_side_close(&room->phone);
    bluetooth_side_close(&room->sensor);
    sim_world_free(room->world);
}

int bluetooth_room_setup_off(void **state)
{
    struct bluetooth_room *room = malloc(sizeof *room);

    assert_non_null(room);
    bluetooth_room_open(room);
    *state = room;
    return 0;
}

int bluetooth_room_setup(void **state)
{
    const struct blr_bluetooth_options options = bluetooth_plain_options();

    bluetooth_room_setup_off(state);
    struct bluetooth_room *room = *state;
    assert_int_equal(blr_bluetooth_init(room->phone.bt, &options), 0);
    assert_int_equal(blr_bluetooth_init(room->sensor.bt, &options), 0);
    return 0;
}

int bluetooth_room_teardown(void **state)
{
    bluetooth_room_close(*state);
    free(*state);
    return 0;
}

void bluetooth_room_run(struct bluetooth_room *room, sim_ns ns)
{
    sim_world_run_until(room->world, sim_world_now(room->world) + ns);
}

struct blr_bluetooth_options bluetooth_plain_options(void)
{
    struct blr_bluetooth_options options = blr_bluetooth_options_default();

    options.privacy = false;
    return options;
}

void bluetooth_sensor_advertises(struct bluetooth_room *room, const char *name)
{
    const struct blr_bluetooth_advertisement adv = {.name = name};

    assert_int_equal(blr_bluetooth_set_advertisement(room->sensor.bt, &adv), 0);
    assert_int_equal(blr_bluetooth_advertise(room->sensor.bt, true), 0);
}

struct blr_gattc_connection *bluetooth_room_connect(struct bluetooth_room *room)
{
    struct blr_gattc_connection *conn;

    if (!blr_bluetooth_isadvertising(room->sensor.bt))
        bluetooth_sensor_advertises(room, NULL);
    assert_int_equal(
        blr_bluetooth_connect_peer(room->phone.bt, blr_privacy_own_address(room->sensor.host), 5000,
                                   &conn),
        0);
    bluetooth_room_run(room, SIM_MS(100));
    assert_true(blr_bluetooth_client_connected(room->sensor.bt));
    return conn;
}

struct blr_gatts_characteristic *bluetooth_sensor_serves(struct bluetooth_room *room,
                                                         uint16_t service, uint16_t chr,
                                                         unsigned properties)
{
    const struct blr_uuid service_uuid = blr_uuid16(service), uuid = blr_uuid16(chr);
    const struct blr_bluetooth_service_def def = blr_bluetooth_service_default(&service_uuid);
    struct blr_gatts_characteristic_def what = blr_gatts_characteristic_default(&uuid);
    struct blr_gatts_characteristic *made;
    struct blr_gatts_service *srv;

    if (properties)
        what.properties = properties;
    assert_int_equal(blr_bluetooth_service(room->sensor.bt, &def, &srv), 0);
    assert_int_equal(blr_gatts_characteristic(srv, &what, &made), 0);
    return made;
}

struct blr_gattc_characteristic *bluetooth_phone_finds(struct blr_gattc_connection *conn,
                                                       uint16_t service, uint16_t chr)
{
    const struct blr_uuid service_uuid = blr_uuid16(service), uuid = blr_uuid16(chr);

    assert_int_equal(blr_gattc_services(conn), 0);
    struct blr_gattc_service *srv = blr_gattc_service_find(conn, &service_uuid);
    assert_non_null(srv);
    assert_int_equal(blr_gattc_characteristics(srv), 0);
    struct blr_gattc_characteristic *found = blr_gattc_characteristic_find(srv, &uuid);
    assert_non_null(found);
    return found;
}

void expect_octets(struct blr_bluetooth_value value, const void *octets, size_t len)
{
    assert_int_equal(value.len, len);
    if (len)
        assert_memory_equal(value.octets, octets, len);
}
