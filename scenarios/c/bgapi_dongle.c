/* SPDX-License-Identifier: MIT */
/*
 * The usage examples of the BGAPI backend, in a room with a heart-rate sensor and a lock: start
 * with the dongle that is found, the address, both scans, both connections, bonding, and what goes
 * wrong.
 *
 * The program is the client's side; what it says to the dongle are octets on a serial line. The
 * devices and the room are at the end of the file.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "blueroom/bgapi_blocking.h"
#include "blueroom/gatt_server.h"
#include "engine/dongle.h"
#include "engine/room.h"
#include "sim/world.h"
#include "wire/adv.h"

enum {
    HEART_RATE = 0x180D,
    RATE = 0x2A37,
    LOCK = 0xAA00,
    BOLT = 0xAA01,
    MOST = 8, /* devices that are looked at */
};

struct room {
    struct sim_world *world;
    struct room_device *sensor, *lock;
    struct blr_attribute *rate;
    struct room_dongle *dongle;
    struct blr_bgapi_port port;
    struct blr_bgapi *adapter;
};

static bool failed(const struct room *room, int error)
{
    if (error)
        printf("%s: %s\n", blr_bgapi_error_name(blr_bgapi_error_kind(error)),
               blr_bgapi_error_text(room->adapter));
    return error != 0;
}

/* --- the examples --- */

static bool start_it(struct room *room)
{
    struct blr_bgapi_start_params params = BLR_BGAPI_START_DEFAULTS;
    struct bd_addr mac;
    char text[BD_ADDR_TEXT_SIZE];

    params.serial_port = "COM9";
    failed(room, blr_bgapi_start(room->adapter, &params));
    params.serial_port = NULL; /* whatever has the numbers of a BLED112 */
    params.delay_after_reset_ns = SIM_S(2);
    if (failed(room, blr_bgapi_start(room->adapter, &params)) ||
        failed(room, blr_bgapi_get_mac(room->adapter, &mac)))
        return false;
    printf("Adapter MAC: %s\n", bd_addr_format(&mac, text));
    return true;
}

static void scan_callback(struct blr_bgapi *adapter, const struct blr_bgapi_advertiser *device,
                          void *user)
{
    char text[BD_ADDR_TEXT_SIZE];
    unsigned *reports = user;

    (void)adapter;
    if ((*reports)++ < 3)
        printf("Found: %s (%s) RSSI: %d\n", bd_addr_format(&device->address, text), device->name,
               device->rssi_dbm);
}

static bool scan_it(struct room *room)
{
    struct blr_bgapi_scan_params params = BLR_BGAPI_SCAN_DEFAULTS;
    struct blr_bgapi_advertiser devices[MOST];
    char text[BD_ADDR_TEXT_SIZE];
    unsigned reports = 0;
    size_t count;

    params.timeout_ns = SIM_S(15);
    params.scan_interval_625us = 50; /* 31.25 ms */
    params.scan_window_625us = 25;   /* 15.625 ms */
    params.active = true;
    if (failed(room, blr_bgapi_scan(room->adapter, &params, devices, MOST, &count, NULL)))
        return false;
    for (size_t i = 0; i < count; i++)
        printf("%s '%s' %d dBm, %u octets\n", bd_addr_format(&devices[i].address, text),
               devices[i].name, devices[i].rssi_dbm, devices[i].data_len);
    params = (struct blr_bgapi_scan_params)BLR_BGAPI_SCAN_DEFAULTS;
    params.timeout_ns = SIM_S(10);
    params.scan_cb = scan_callback;
    if (failed(room, blr_bgapi_scan(room->adapter, &params, devices, MOST, &count, &reports)))
        return false;
    printf("%u reports of %zu devices\n", reports, count);
    params.scan_window_625us = 100;
    failed(room, blr_bgapi_scan(room->adapter, &params, devices, MOST, &count, NULL));
    return true;
}

static void rate_came(struct blr_bgapi_device *device, uint16_t handle, const uint8_t *value,
                      size_t len, void *user)
{
    (void)device;
    (void)user;
    if (len == 2)
        printf("handle %u: %u beats a minute\n", handle, value[1]);
}

static bool read_it(struct room *room, struct blr_bgapi_device *device)
{
    const struct blr_uuid rate = blr_uuid16(RATE);
    const struct blr_bgapi_characteristic *characteristics;
    char text[BLR_UUID_TEXT_SIZE];
    uint8_t value[20];
    size_t count, len;
    bool available;
    int8_t rssi_dbm = 0;

    if (failed(room, blr_bgapi_discover_characteristics(device, 0, &characteristics, &count)))
        return false;
    for (size_t i = 0; i < count; i++)
        printf("  %s at %u, %zu descriptors\n", blr_uuid_format(&characteristics[i].uuid, text),
               characteristics[i].handle, characteristics[i].descriptor_count);
    if (failed(room, blr_bgapi_char_read(device, &rate, value, sizeof value, &len)) ||
        failed(room, blr_bgapi_get_rssi(device, &available, &rssi_dbm)) ||
        failed(room, blr_bgapi_subscribe(device, &rate, false, rate_came, NULL)))
        return false;
    printf("%zu octets, %u beats a minute, RSSI %d\n", len, len == 2 ? value[1] : 0, rssi_dbm);
    for (uint8_t beats = 70; beats < 73; beats++) {
        const uint8_t measurement[] = {0, beats};
        if (blr_gatt_notify(room->rate, NULL, measurement, sizeof measurement) != 0 ||
            blr_bgapi_sleep(room->adapter, SIM_S(1)) != 0)
            return false;
    }
    return !failed(room, blr_bgapi_unsubscribe(device, &rate));
}

static bool connect_it(struct room *room, const char *text,
                       const struct blr_bgapi_connect_params *params)
{
    struct blr_bgapi_device *device;
    struct bd_addr address;

    if (bd_addr_parse(text, &address) != 0 ||
        failed(room, blr_bgapi_connect(room->adapter, &address, params, &device)))
        return false;
    printf("connected to %s: interval %u, latency %u, timeout %u\n", text,
           blr_bgapi_device_interval_1250us(device), blr_bgapi_device_latency(device),
           blr_bgapi_device_timeout_10ms(device));
    return read_it(room, device) && !failed(room, blr_bgapi_disconnect(device));
}

static bool connect_both(struct room *room)
{
    struct blr_bgapi_connect_params params = BLR_BGAPI_CONNECT_DEFAULTS;

    params.interval_min_1250us = 6; /* 7.5 ms */
    params.interval_max_1250us = 12;
    params.supervision_timeout_10ms = 100;
    params.latency = 0;
    if (!connect_it(room, "01:23:45:67:89:AB", &params))
        return false;
    params.interval_min_1250us = 80; /* 100 ms */
    params.interval_max_1250us = 120;
    params.supervision_timeout_10ms = 400;
    params.latency = 4;
    if (!connect_it(room, "01:23:45:67:89:AB", &params))
        return false;
    params.latency = 501;
    return !connect_it(room, "01:23:45:67:89:AB", &params);
}

static bool bond_it(struct room *room)
{
    const struct blr_uuid bolt = blr_uuid16(BOLT);
    struct blr_bgapi_device *device;
    struct bd_addr address;

    if (bd_addr_parse("01:23:45:67:89:AC", &address) != 0 ||
        failed(room, blr_bgapi_set_bondable(room->adapter, true)) ||
        failed(room, blr_bgapi_connect(room->adapter, &address, NULL, &device)))
        return false;
    failed(room, blr_bgapi_char_write(device, &bolt, (const uint8_t *)"open", 4, true));
    if (failed(room, blr_bgapi_bond(device, true)) ||
        failed(room, blr_bgapi_char_write(device, &bolt, (const uint8_t *)"open", 4, true)))
        return false;
    printf("opened; bond %u\n", blr_bgapi_device_bond(device));
    if (failed(room, blr_bgapi_disconnect(device)) ||
        failed(room, blr_bgapi_clear_bond(room->adapter, &address)))
        return false;
    return failed(room, blr_bgapi_clear_bond(room->adapter, &address));
}

/* Nobody there, and a device that is not connected any more. */
static bool fail_it(struct room *room)
{
    struct blr_bgapi_device *device;
    struct bd_addr address;

    if (bd_addr_parse("01:23:45:67:89:FF", &address) != 0)
        return false;
    const int error = blr_bgapi_connect(room->adapter, &address, NULL, &device);
    failed(room, error);
    if (blr_bgapi_error_cause(room->adapter) == BLR_BGAPI_EXPECTED_RESPONSE_TIMEOUT)
        printf("Connection timeout - device may be out of range\n");
    return !failed(room, blr_bgapi_disable_advertising(room->adapter)) &&
           !failed(room, blr_bgapi_stop(room->adapter));
}

/* --- the room --- */

static void wrote(struct blr_attribute *attr, struct blr_conn *conn, const uint8_t *value,
                  size_t len, void *user)
{
    (void)attr;
    (void)conn;
    (void)user;
    printf("the lock: %.*s\n", (int)len, (const char *)value);
}

static const struct blr_attribute_callbacks lock_callbacks = {.written = wrote};

/* It advertises again when a client has gone. */
static void advertise(struct room_device *device, const char *name)
{
    uint8_t data[AD_LEGACY_MAX];
    struct wr w = wr_init(data, sizeof data);

    ad_wr_flags(&w, AD_FLAG_LE_GENERAL_DISCOVERABLE | AD_FLAG_BR_EDR_NOT_SUPPORTED);
    ad_wr_name(&w, name);
    const struct blr_adv_params params = {.data = data, .data_len = w.len};
    if (blr_gap_advertise(room_device_host(device), &params, NULL, NULL) != 0)
        printf("%s cannot advertise\n", name);
}

static void gone(struct blr_conn *conn, uint8_t reason, void *user)
{
    struct room *room = user;
    const bool sensor = blr_conn_host(conn) == room_device_host(room->sensor);

    (void)reason;
    advertise(sensor ? room->sensor : room->lock, sensor ? "Heart Rate" : "Lock");
}

static const struct blr_gap_listener listener = {.disconnected = gone};

static int add_device(struct room *room, const char *name, const char *address, uint16_t service,
                      const struct blr_characteristic_def *def, struct room_device **device,
                      struct blr_attribute **attr)
{
    struct room_device_config config = {.name = name, .profile = sim_controller_profile_default()};
    const struct blr_uuid uuid = blr_uuid16(service);
    struct blr_service *added;

    int error = bd_addr_parse(address, &config.profile.address);
    if (!error)
        error = room_device_new(room->world, &config, device);
    if (!error)
        error = room_device_start(*device);
    if (!error)
        error = blr_service_new(room_device_host(*device), &uuid, true, 0, &added);
    if (!error)
        error = blr_service_add_characteristic(added, def, attr);
    if (!error)
        error = blr_service_publish(added);
    if (!error)
        blr_gap_listen(room_device_host(*device), &listener, room);
    return error;
}

static const struct blr_bgapi_port *port_at(void *user, size_t index)
{
    const struct room *room = user;

    return index == 0 ? &room->port : NULL;
}

static void open_port(void *user)
{
    room_dongle_open(user);
}

static bool wait(void *user)
{
    return sim_world_step(user, SIM_NEVER);
}

static int furnish(struct room *room, struct sim_clock *clock)
{
    static const uint8_t rate[] = {0, 60};
    const struct blr_characteristic_def rate_def = {
        .uuid = blr_uuid16(RATE),
        .properties = GATT_PROP_READ | GATT_PROP_NOTIFY,
        .value = rate,
        .value_len = sizeof rate,
    };
    const struct blr_characteristic_def bolt_def = {
        .uuid = blr_uuid16(BOLT),
        .properties = GATT_PROP_WRITE,
        .write_level = BLR_SECURITY_ENCRYPTED,
        .callbacks = &lock_callbacks,
    };
    struct room_dongle_config dongle = {
        .device = {.name = "dongle", .profile = sim_controller_profile_default()}};
    struct blr_attribute *bolt;

    int error = add_device(room, "sensor", "01:23:45:67:89:AB", HEART_RATE, &rate_def,
                           &room->sensor, &room->rate);
    if (!error)
        error = add_device(room, "lock", "01:23:45:67:89:AC", LOCK, &bolt_def, &room->lock, &bolt);
    if (!error)
        error = bd_addr_parse("00:07:80:00:00:01", &dongle.device.profile.address);
    if (!error)
        error = room_dongle_new(room->world, &dongle, &room->dongle);
    if (!error)
        error = room_dongle_start(room->dongle);
    if (error)
        return error;
    advertise(room->sensor, "Heart Rate");
    advertise(room->lock, "Lock");
    room->port = (struct blr_bgapi_port){
        .name = "/dev/ttyACM0",
        .vendor_id = BLR_BLED112_VENDOR_ID,
        .product_id = BLR_BLED112_PRODUCT_ID,
        .end = room_dongle_port(room->dongle),
        .open = open_port,
        .user = room->dongle,
    };
    sim_clock_init(clock, sim_controller_actor(room_dongle_controller(room->dongle)),
                   SIM_PHASE_SCRIPT);
    const struct blr_bgapi_config config = {
        .clock = &clock->clock,
        .port = port_at,
        .port_user = room,
        .wait = wait,
        .wait_user = room->world,
    };
    room->adapter = blr_bgapi_new(&config);
    return room->adapter ? 0 : BLR_ERR_NO_MEMORY;
}

int main(void)
{
    struct room room = {.world = sim_world_new(1)};
    struct sim_clock clock;

    if (!room.world)
        return 1;
    const int error = furnish(&room, &clock);
    if (error)
        printf("the room: %s\n", blr_strerror(error));
    const bool good = !error && start_it(&room) && scan_it(&room) && connect_both(&room) &&
                      bond_it(&room) && fail_it(&room);
    printf("%s\n", good ? "good" : "not as it should be");
    blr_bgapi_free(room.adapter);
    room_dongle_free(room.dongle);
    room_device_free(room.lock);
    room_device_free(room.sensor);
    sim_world_free(room.world);
    return good ? 0 : 1;
}
