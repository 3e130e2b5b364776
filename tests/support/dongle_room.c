/* SPDX-License-Identifier: MIT */
#include "dongle_room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bgapi_text.h"
#include "blueroom/security.h"
#include "hex.h"
#include "text_log.h"

/* Enough for any procedure at the intervals of these tests. */
#define A_WHILE SIM_S(3)

/* --- the client --- */

static void add(struct dongle_room *room, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void add(struct dongle_room *room, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    text_log_add(room->log, sizeof room->log, &room->log_len, format, args);
    va_end(args);
}

static size_t received(void *user, const uint8_t *bytes, size_t len)
{
    struct dongle_room *room = user;
    struct bgapi_packet packet;
    size_t left = len;

    if (room->deaf)
        return 0;
    while (bgapi_read(&room->reader, &bytes, &left, &packet)) {
        char text[1024];
        bgapi_text_packet(&packet, text, sizeof text);
        add(room, "%s\n", text);
    }
    assert_int_equal(room->reader.skipped, 0);
    return len;
}

void dongle_send(struct dongle_room *room, const char *hex)
{
    size_t len;
    uint8_t *bytes = hex_exact(hex, &len);

    assert_int_equal(byte_link_send(room->port, bytes, len), 0);
    free(bytes);
}

void dongle_command(struct dongle_room *room, const char *text)
{
    uint8_t packet[BGAPI_PACKET_MAX];
    struct wr w = wr_init(packet, sizeof packet);

    bgapi_text_command(text, &w);
    assert_int_equal(byte_link_send(room->port, packet, w.len), 0);
}

void dongle_do(struct dongle_room *room, const char *text)
{
    dongle_command(room, text);
    dongle_room_run(room, A_WHILE);
}

void dongle_room_run(struct dongle_room *room, sim_ns ns)
{
    sim_world_run_until(room->world, sim_world_now(room->world) + ns);
}

void dongle_forget(struct dongle_room *room)
{
    room->log_len = 0;
    room->log[0] = '\0';
}

void expect_said(struct dongle_room *room, const char *text)
{
    assert_string_equal(room->log, text);
    dongle_forget(room);
}

void expect_heard(const struct dongle_room *room, const char *text)
{
    if (!strstr(room->log, text))
        fail_msg("not heard: %sin:\n%s", text, room->log);
}

/* --- the peer --- */

static void connected(struct blr_conn *conn, void *user)
{
    ((struct dongle_room *)user)->peer_conn = conn;
}

static void disconnected(struct blr_conn *conn, uint8_t reason, void *user)
{
    struct dongle_room *room = user;

    (void)reason;
    if (room->peer_conn == conn)
        room->peer_conn = NULL;
}

static void display_passkey(struct blr_conn *conn, uint32_t passkey, void *user)
{
    (void)conn;
    ((struct dongle_room *)user)->peer_shows = passkey;
}

static void enter_passkey(struct blr_conn *conn, void *user)
{
    const struct dongle_room *room = user;

    assert_int_equal(blr_security_enter_passkey(conn, room->peer_types), 0);
}

static void add_value(struct dongle_room *room, struct blr_service *service, unsigned i,
                      size_t len, uint8_t level)
{
    uint8_t value[50];
    struct blr_characteristic_def def = {
        .uuid = blr_uuid16((uint16_t)(0x2A37 + i)),
        .properties = GATT_PROP_READ | GATT_PROP_WRITE | GATT_PROP_WRITE_WITHOUT_RESPONSE |
                      GATT_PROP_NOTIFY | GATT_PROP_INDICATE,
        .read_level = level,
        .write_level = level,
        .value = value,
        .value_len = len,
    };

    for (size_t k = 0; k < sizeof value; k++)
        value[k] = (uint8_t)k;
    if (i == 0)
        value[1] = 0x48;
    if (i == 1)
        assert_int_equal(blr_uuid_parse("6e400003-b5a3-f393-e0a9-e50e24dcca9e", &def.uuid), 0);
    assert_int_equal(blr_service_add_characteristic(service, &def, &room->value[i]), 0);
}

static void build_service(struct dongle_room *room)
{
    const struct blr_uuid uuid = blr_uuid16(0x180D);
    struct blr_service *service;

    assert_int_equal(blr_service_new(room->peer, &uuid, true, 0x0100, &service), 0);
    add_value(room, service, 0, 2, 0);
    add_value(room, service, 1, 50, 0);
    add_value(room, service, 2, 44, 0);
    add_value(room, service, 3, 1, BLR_SECURITY_ENCRYPTED);
    add_value(room, service, 4, 1, BLR_SECURITY_AUTHENTICATED);
    assert_int_equal(blr_service_publish(service), 0);
    assert_int_equal(blr_attribute_handle(room->value[4]), DONGLE_AUTHENTICATED);
}

static void open_peer(struct dongle_room *room)
{
    static const struct blr_gap_listener listener = {
        .connected = connected,
        .disconnected = disconnected,
    };
    static const struct blr_security_listener security = {
        .display_passkey = display_passkey,
        .enter_passkey = enter_passkey,
    };
    struct room_device_config config = {
        .name = "peer",
        .profile = sim_controller_profile_default(),
        .own_address_type = BD_ADDR_RANDOM,
    };

    assert_int_equal(bd_addr_parse("C0:00:00:00:18:0D", &config.random_address), 0);
    config.random_address.type = BD_ADDR_RANDOM;
    assert_int_equal(room_device_new(room->world, &config, &room->device), 0);
    room->peer = room_device_host(room->device);
    blr_gap_listen(room->peer, &listener, room);
    blr_security_listen(room->peer, &security, room);
    assert_int_equal(room_device_start(room->device), 0);
    build_service(room);
}

void dongle_peer_advertises(struct dongle_room *room, enum blr_adv_kind kind, const char *hex)
{
    uint8_t data[31];
    const struct blr_adv_params params = {
        .kind = kind,
        .interval_min_625us = 160,
        .interval_max_625us = 160,
        .data = data,
        .data_len = hex_read(hex, data, sizeof data),
        .scan_response = (const uint8_t *)"\x03\x08hr",
        .scan_response_len = kind == BLR_ADV_NON_CONNECTABLE ? 0 : 4,
    };

    assert_int_equal(blr_gap_advertise(room->peer, &params, NULL, NULL), 0);
    dongle_room_run(room, SIM_MS(5));
}

/* --- the room --- */

void dongle_room_open(struct dongle_room *room, bool boot_event)
{
    static const struct byte_link_party party = {.received = received};
    struct room_dongle_config config = {
        .device = {.name = "dongle", .profile = sim_controller_profile_default()},
        .boot_event = boot_event,
    };

    memset(room, 0, sizeof *room);
    bgapi_reader_init(&room->reader);
    room->world = sim_world_new(7);
    assert_non_null(room->world);
    assert_int_equal(bd_addr_parse("00:07:80:00:00:01", &config.device.profile.address), 0);
    assert_int_equal(room_dongle_new(room->world, &config, &room->dongle), 0);
    assert_int_equal(room_dongle_start(room->dongle), 0);
    room->port = room_dongle_port(room->dongle);
    byte_link_attach(room->port, &party, room);
    open_peer(room);
}

void dongle_room_close(struct dongle_room *room)
{
    room_dongle_free(room->dongle);
    room_device_free(room->device);
    sim_world_free(room->world);
}

static struct dongle_room *set_up(void **state)
{
    struct dongle_room *room = malloc(sizeof *room);

    assert_non_null(room);
    dongle_room_open(room, false);
    *state = room;
    return room;
}

int dongle_room_setup(void **state)
{
    set_up(state);
    return 0;
}

int dongle_room_setup_connected(void **state)
{
    dongle_connect(set_up(state));
    return 0;
}

int dongle_room_teardown(void **state)
{
    dongle_room_close(*state);
    free(*state);
    return 0;
}

void dongle_connect(struct dongle_room *room)
{
    dongle_peer_advertises(room, BLR_ADV_CONNECTABLE, "020106");
    dongle_do(room, "gap_connect_direct address=" DONGLE_PEER " address_type=1 interval_min=24 "
                    "interval_max=24 timeout=100");
    expect_said(room,
                "rsp gap_connect_direct result=0x0000 conn=0\n"
                "evt connection_status conn=0 flags=5 address=" DONGLE_PEER
                " address_type=1 interval=24 timeout=100 latency=0 bonding=255\n");
    assert_non_null(room->peer_conn);
}
