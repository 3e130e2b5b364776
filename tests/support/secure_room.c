/* SPDX-License-Identifier: MIT */
#include "secure_room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hex.h"
#include "text_log.h"

void secure_room_log(struct secure_room *room, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    text_log_add(room->log, sizeof room->log, &room->log_len, format, args);
    va_end(args);
}

void secure_room_forget_log(struct secure_room *room)
{
    room->log_len = 0;
    room->log[0] = '\0';
}

void expect_log(struct secure_room *room, const char *text)
{
    assert_string_equal(room->log, text);
    secure_room_forget_log(room);
}

const char *told_error(int error)
{
    return error ? blr_strerror(error) : "ok";
}

void told_security(struct blr_conn *conn, int error, void *user)
{
    const struct secure_side *side = user;

    secure_room_log(side->room, "%s called back %s, level %d\n", side->name, told_error(error),
                    blr_conn_security(conn));
}

void told_value(struct blr_conn *conn, int error, const uint8_t *value, size_t len, void *user)
{
    const struct secure_side *side = user;
    char hex[3 * 512 + 2];

    (void)conn;
    secure_room_log(side->room, "%s read %s [%s]\n", side->name, told_error(error),
                    hex_write(value, len, hex, sizeof hex));
}

void told_done(struct blr_conn *conn, int error, void *user)
{
    const struct secure_side *side = user;

    (void)conn;
    secure_room_log(side->room, "%s done %s\n", side->name, told_error(error));
}

/* --- the users --- */

static bool requested(struct blr_conn *conn, bool bonding, bool mitm, void *user)
{
    const struct secure_side *side = user;

    (void)conn;
    secure_room_log(side->room, "%s requested%s%s\n", side->name, bonding ? " bonding" : "",
                    mitm ? " mitm" : "");
    return !side->refuses;
}

static void display_passkey(struct blr_conn *conn, uint32_t passkey, void *user)
{
    const struct secure_side *side = user;

    (void)conn;
    side->room->shown = passkey;
    secure_room_log(side->room, "%s shows a passkey\n", side->name);
}

static void enter_passkey(struct blr_conn *conn, void *user)
{
    const struct secure_side *side = user;

    secure_room_log(side->room, "%s is asked for a passkey\n", side->name);
    if (side->silent)
        return;
    const uint32_t passkey = side->room->shown ^ (side->mistypes ? 1U : 0U);
    assert_int_equal(blr_security_enter_passkey(conn, passkey), 0);
}

static void compare(struct blr_conn *conn, uint32_t value, void *user)
{
    const struct secure_side *side = user;

    (void)value;
    secure_room_log(side->room, "%s compares\n", side->name);
    if (!side->silent)
        assert_int_equal(blr_security_confirm(conn, !side->differs), 0);
}

static void finished(struct blr_conn *conn, int error, const struct blr_pairing *pairing,
                     void *user)
{
    static const char *const methods[] = {"just_works", "passkey", "comparison", "oob"};
    const struct secure_side *side = user;

    (void)conn;
    assert_int_equal(pairing == NULL, error != 0);
    secure_room_log(side->room, "%s finished %s", side->name, told_error(error));
    if (pairing)
        secure_room_log(side->room, " %s %s%s %u%s", methods[pairing->method],
                        pairing->secure_connections ? "sc" : "legacy",
                        pairing->authenticated ? " authenticated" : "", pairing->key_size,
                        pairing->bonded ? " bonded" : "");
    secure_room_log(side->room, "\n");
}

static void changed(struct blr_conn *conn, int error, void *user)
{
    const struct secure_side *side = user;

    secure_room_log(side->room, "%s changed %s, level %d\n", side->name, told_error(error),
                    blr_conn_security(conn));
}

static void identified(struct blr_conn *conn, void *user)
{
    const struct secure_side *side = user;
    char address[BD_ADDR_TEXT_SIZE];

    secure_room_log(side->room, "%s identified %s\n", side->name,
                    bd_addr_format(blr_conn_identity(conn), address));
}

static const struct blr_security_listener security_listener = {
    .requested = requested,
    .display_passkey = display_passkey,
    .enter_passkey = enter_passkey,
    .compare = compare,
    .finished = finished,
    .changed = changed,
    .identified = identified,
};

/* --- the room --- */

static void connected(struct blr_conn *conn, void *user)
{
    struct secure_side *side = user;

    side->conn = conn;
}

static void disconnected(struct blr_conn *conn, uint8_t reason, void *user)
{
    struct secure_side *side = user;

    assert_ptr_equal(conn, side->conn);
    side->conn = NULL;
    secure_room_log(side->room, "%s disconnected %02x\n", side->name, reason);
}

static const struct blr_gap_listener gap_listener = {
    .connected = connected,
    .disconnected = disconnected,
};

static void add_side(struct secure_room *room, struct secure_side *side, const char *name)
{
    const struct room_device_config config = {
        .name = name,
        .profile = sim_controller_profile_default(),
    };

    side->room = room;
    side->name = name;
    assert_int_equal(room_device_new(room->world, &config, &side->device), 0);
    assert_int_equal(room_device_start(side->device), 0);
    side->host = room_device_host(side->device);
    blr_gap_listen(side->host, &gap_listener, side);
    blr_security_listen(side->host, &security_listener, side);
}

void secure_room_open(struct secure_room *room, uint64_t seed)
{
    memset(room, 0, sizeof *room);
    room->world = sim_world_new(seed);
    assert_non_null(room->world);
    add_side(room, &room->phone, "phone");
    add_side(room, &room->lock, "lock");
}

void secure_room_close(struct secure_room *room)
{
    room_device_free(room->phone.device);
    room_device_free(room->lock.device);
    sim_world_free(room->world);
}

void secure_room_run(struct secure_room *room, sim_ns ns)
{
    sim_world_run_until(room->world, sim_world_now(room->world) + ns);
}

static bool joined(void *user)
{
    const struct secure_room *room = user;

    return room->phone.conn && room->lock.conn;
}

static bool parted(void *user)
{
    const struct secure_room *room = user;

    return !room->phone.conn && !room->lock.conn;
}

void secure_room_connect(struct secure_room *room)
{
    const struct blr_connect_params params = {
        .peer = *blr_host_address(room->lock.host),
        .timeout_ns = SIM_S(5),
        .interval_min_1250us = 8,
        .interval_max_1250us = 8,
    };
    const struct blr_adv_params adv = {.kind = BLR_ADV_CONNECTABLE};

    assert_int_equal(blr_gap_advertise(room->lock.host, &adv, NULL, NULL), 0);
    assert_int_equal(blr_gap_connect(room->phone.host, &params, NULL, NULL), 0);
    assert_true(
        sim_world_run_while(room->world, joined, room, sim_world_now(room->world) + SIM_S(10)));
    secure_room_run(room, SIM_MS(100));
}

void secure_room_disconnect(struct secure_room *room)
{
    assert_int_equal(blr_gap_disconnect(room->phone.conn, 0x13), 0);
    assert_true(
        sim_world_run_while(room->world, parted, room, sim_world_now(room->world) + SIM_S(10)));
    secure_room_forget_log(room);
}

void secure_room_reconnect(struct secure_room *room)
{
    secure_room_disconnect(room);
    secure_room_connect(room);
    secure_room_forget_log(room);
}

int secure_room_setup(void **state)
{
    struct secure_room *room = malloc(sizeof *room);

    assert_non_null(room);
    secure_room_open(room, 1);
    secure_room_connect(room);
    *state = room;
    return 0;
}

int secure_room_teardown(void **state)
{
    secure_room_close(*state);
    free(*state);
    return 0;
}

void secure_side_configure(struct secure_side *side, uint8_t io_capability, bool mitm, bool sc)
{
    struct blr_security_config config = *blr_security_config_of(side->host);

    config.io_capability = io_capability;
    config.mitm = mitm;
    config.secure_connections = sc;
    assert_int_equal(blr_security_configure(side->host, &config), 0);
}

void secure_side_raise(struct secure_side *side, enum blr_security_level level)
{
    assert_int_equal(blr_security_raise(side->conn, level, told_security, side), 0);
    secure_room_run(side->room, SIM_S(3));
}

void secure_side_pair(struct secure_side *side)
{
    assert_int_equal(blr_security_pair(side->conn, told_security, side), 0);
    secure_room_run(side->room, SIM_S(3));
}

void expect_levels(const struct secure_room *room, enum blr_security_level level)
{
    assert_int_equal(blr_conn_security(room->phone.conn), level);
    assert_int_equal(blr_conn_security(room->lock.conn), level);
}

void secure_room_passkey(struct secure_room *room)
{
    secure_side_configure(&room->phone, SMP_IO_KEYBOARD_ONLY, false, true);
    secure_side_configure(&room->lock, SMP_IO_DISPLAY_ONLY, false, true);
    secure_side_raise(&room->phone, BLR_SECURITY_AUTHENTICATED_SC);
    expect_levels(room, BLR_SECURITY_AUTHENTICATED_SC);
}
